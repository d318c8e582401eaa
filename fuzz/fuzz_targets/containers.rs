//! Containers of any bytes: what can be had is had, the rest is a sentence, how much is asked for at a time
//! changes nothing, and nothing is larger than its limit.
//!
//! The first byte chooses: the input as it is, or behind a magic number, or packed (into gzip, gzip again,
//! tar, tar in gzip) and then damaged as the next four bytes say (cut, one byte changed, more members or
//! garbage behind it).

#![no_main]

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use libfuzzer_sys::fuzz_target;
use timeline::io::{Budget, CharsetChoice, Contents, Found, Head, Limits, Member, OpenOptions, Opened, Short, open_bytes};

const LIMITS: Limits = Limits { unpacked: 4 << 20, ratio: 1000, depth: 4, held: 1 << 20 };

/// What is packed begins with it, and so is no container itself.
const LINE: &[u8] = b"2014-12-12T10:10:59Z web app: a log\n";

/// What containers begin with.
const MAGICS: [&[u8]; 9] = [
    b"\x1f\x8b\x08\0\0\0\0\0\0\x03",
    b"\x28\xb5\x2f\xfd",
    b"\xfd7zXZ\0",
    b"BZh91AY&SY",
    b"\x04\x22\x4d\x18",
    b"PK\x03\x04",
    b"\x50\x2a\x4d\x18",
    b"[{\"time\":1},",
    b"",
];

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).and_then(|()| encoder.finish()).unwrap_or_else(|error| panic!("{error}"))
}

/// A tar archive with one file.
fn tar(bytes: &[u8]) -> Vec<u8> {
    let mut header = [0; 512];
    header[..5].copy_from_slice(b"a.log");
    header[124..136].copy_from_slice(format!("{:011o}\0", bytes.len()).as_bytes());
    header[148..156].fill(b' ');
    header[156] = b'0';
    header[257..265].copy_from_slice(b"ustar\x0000");
    let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
    header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    let padding = vec![0; bytes.len().next_multiple_of(512) - bytes.len() + 1024];
    [&header[..], bytes, &padding].concat()
}

/// A container, more or less, and what it holds if it was left whole.
fn file(choice: u8, [low, high, value, extra]: [u8; 4], rest: &[u8]) -> (Vec<u8>, Option<Vec<u8>>) {
    if choice & 1 == 0 {
        return ([MAGICS[usize::from(choice >> 1) % MAGICS.len()], rest].concat(), None);
    }
    // Long enough for lines that are not kept whole, for many reads, and for damage behind the head.
    let rest = if choice & 0x80 == 0 { rest.to_vec() } else { rest.repeat(1 + usize::from(extra)) };
    let text = [LINE, &rest].concat();
    let mut packed = match choice >> 1 & 3 {
        0 => gzip(&text),
        1 => gzip(&gzip(&text)),
        2 => tar(&text),
        _ => gzip(&tar(&text)),
    };
    let place = usize::from(u16::from_le_bytes([low, high])) % packed.len();
    match choice >> 3 & 7 {
        0 => packed.truncate(place),
        1 => packed[place] ^= value | 1,
        2 => packed.extend(std::iter::repeat_n(value, usize::from(extra))),
        3 => packed.extend(gzip(&text)),
        4 => packed.drain(place..(place + usize::from(extra)).min(packed.len())).for_each(drop),
        _ => return (packed, Some(text)),
    }
    (packed, None)
}

/// All that can be had, in pieces of these lengths; why there is no more; bytes left out.
fn unpack(opened: &Opened, lengths: &[usize]) -> (Vec<u8>, Option<Short>, u64) {
    let mut unpacker = opened.unpack().unwrap_or_else(|error| panic!("{error}"));
    let mut out = Vec::new();
    for length in lengths.iter().cycle() {
        let before = out.len();
        let result = unpacker.fill(&mut out, *length);
        let got = out.len() - before;
        assert!(got <= *length);
        if let Err(short) = result {
            assert!(!short.why.is_empty());
            assert_eq!(unpacker.fill(&mut out, 10), Ok(()), "the end is the end");
            return (out, Some(short), unpacker.dropped());
        }
        if got < *length {
            break;
        }
    }
    (out, None, unpacker.dropped())
}

/// The same of what is read in place.
fn read(opened: &Opened, length: usize) -> Vec<u8> {
    let mut out = Vec::new();
    let mut piece = vec![0; length];
    loop {
        let count = opened.read_at(out.len() as u64, &mut piece).unwrap_or_else(|error| panic!("{error}"));
        out.extend_from_slice(&piece[..count]);
        if count < length {
            return out;
        }
    }
}

/// What a member holds, however it is asked.
fn member((found, opened, head): &Member) -> Option<Vec<u8>> {
    let Some(opened) = opened else {
        assert!(!matches!(head, Head::Text(_)), "{}", found.name);
        return None;
    };
    let all = if opened.is_stream() {
        let all = unpack(opened, &[1 << 22]);
        for lengths in [&[7, 4096, 64][..], &[1000, 1]] {
            let other = unpack(opened, lengths);
            assert_eq!((other.0.len(), &other.1, other.2), (all.0.len(), &all.1, all.2), "{lengths:?}");
            assert!(other.0 == all.0);
        }
        assert!(all.0.len() as u64 + all.2 <= LIMITS.unpacked);
        // Of a line that is too long the rest is not handed out.
        if all.2 > 0 {
            return None;
        }
        all.0
    } else {
        let all = read(opened, 1 << 20);
        assert!(read(opened, 7) == all && all.len() as u64 == opened.size);
        all
    };
    if let Head::Text(head) = head {
        assert!(all.starts_with(head));
    }
    Some(all)
}

fuzz_target!(|data: &[u8]| {
    let Some((choice, rest)) = data.split_first_chunk::<5>() else { return };
    let (bytes, holds) = file(choice[0], [choice[1], choice[2], choice[3], choice[4]], rest);
    let options = OpenOptions { limits: LIMITS, charsets: vec![CharsetChoice { glob: None, charset: None }] };
    let members = match open_bytes(Found::unnamed(), bytes, &options) {
        Contents::File(member) => vec![member],
        Contents::Archive(archive) => {
            let open = || archive.open(&options, &Budget::in_order(&LIMITS));
            let (members, remarks) = open();
            assert!(remarks.iter().all(|remark| !remark.why.is_empty()));
            let names =
                |members: &[Member]| members.iter().map(|member| member.0.name.clone()).collect::<Vec<_>>();
            assert_eq!(names(&open().0), names(&members), "opened again");
            members
        }
    };
    let held: Vec<Option<Vec<u8>>> = members.iter().map(member).collect();
    // What was packed and left whole is there to its last byte, if it passes as text.
    if let (Some(holds), [(.., Head::Text(_))], [Some(all)]) = (holds, &members[..], &held[..]) {
        assert!(*all == holds);
    }
});
