//! Anything behind a gzip magic: what can be had is had, the rest is a sentence, and how much is asked
//! for at a time changes nothing.
//!
//! The first byte chooses: the input as it is behind a gzip header, or the input packed and then damaged
//! (cut, one byte changed, more members or garbage behind it) as the next four bytes say.

#![no_main]

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;
use std::sync::LazyLock;

use flate2::Compression;
use flate2::write::GzEncoder;
use libfuzzer_sys::fuzz_target;
use timeline::grammar::GrammarSet;
use timeline::io::{Content, Found, Head, Opened, open};
use timeline::survey::{FileFormat, Layouts, survey_stream};

static SET: LazyLock<GrammarSet> =
    LazyLock::new(|| GrammarSet::embedded().unwrap_or_else(|error| panic!("{error}")));

static PATH: LazyLock<PathBuf> =
    LazyLock::new(|| std::env::temp_dir().join(format!("timeline-fuzz-{}.log.gz", std::process::id())));

const HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3];

fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).and_then(|()| encoder.finish()).unwrap_or_else(|error| panic!("{error}"))
}

/// A gzip file, more or less, and what it holds if it was left whole.
fn file(choice: u8, [low, high, value, extra]: [u8; 4], rest: &[u8]) -> (Vec<u8>, Option<Vec<u8>>) {
    // Long enough for lines that are not kept whole, for many reads, and for damage behind the head.
    let long;
    let rest = if choice & 16 == 0 {
        rest
    } else {
        long = rest.repeat(1 + usize::from(extra) * 16);
        &long
    };
    let mut file = packed(rest);
    let place = usize::from(u16::from_le_bytes([low, high])) % file.len();
    match choice % 8 {
        0 => ([&HEADER[..2], rest].concat(), None),
        1 => ([&HEADER[..], rest].concat(), None),
        2 => {
            file.truncate(place.max(2));
            (file, None)
        }
        3 => {
            file[place.max(2)] ^= value | 1;
            (file, None)
        }
        4 => {
            let more = &rest[..place.min(rest.len())];
            file.extend(packed(more));
            (file, Some([rest, more].concat()))
        }
        5 => {
            file.extend(std::iter::repeat_n(value, usize::from(extra)));
            (file, None)
        }
        _ => (file, Some(rest.to_vec())),
    }
}

/// All that can be had, `length` bytes at a time; why there is no more; bytes left out.
fn unpack(opened: &Opened, lengths: &[usize]) -> (Vec<u8>, Option<String>, u64) {
    let mut unpacker = opened.unpack().unwrap_or_else(|error| panic!("{error}"));
    let mut out = Vec::new();
    for length in lengths.iter().cycle() {
        let before = out.len();
        let result = unpacker.fill(&mut out, *length);
        let got = out.len() - before;
        assert!(got <= *length);
        if let Err(why) = result {
            assert!(!why.is_empty());
            // The end is the end.
            assert_eq!(unpacker.fill(&mut out, 10), Ok(()));
            return (out, Some(why), unpacker.dropped());
        }
        if got < *length {
            break;
        }
    }
    (out, None, unpacker.dropped())
}

fuzz_target!(|data: &[u8]| {
    let Some((choice, rest)) = data.split_first_chunk::<5>() else { return };
    let (bytes, holds) = file(choice[0], [choice[1], choice[2], choice[3], choice[4]], rest);
    fs::write(&*PATH, &bytes).unwrap_or_else(|error| panic!("{error}"));
    let metadata = fs::metadata(&*PATH).unwrap_or_else(|error| panic!("{error}"));
    let found = Found {
        name: "app.log.gz".into(),
        path: PATH.clone(),
        size: metadata.len(),
        mtime: None,
        identity: (metadata.dev(), metadata.ino()),
    };
    let (opened, head) = open(&found, choice[0] & 8 != 0);
    let Some(opened) = opened else {
        assert!(matches!(head, Head::Unread(why) if !why.is_empty()));
        return;
    };
    assert!(matches!(opened.content(), Content::Gzip));
    // Two passes ask for different lengths, and must be given the same bytes.
    let all = unpack(&opened, &[1 << 22]);
    for lengths in [&[7, 4096, 64][..], &[100, 1]] {
        let other = unpack(&opened, lengths);
        assert_eq!((other.0.len(), &other.1, other.2), (all.0.len(), &all.1, all.2), "{lengths:?}");
        assert!(other.0 == all.0);
    }
    if let Some(holds) = holds {
        assert_eq!((all.0.len() as u64 + all.2, &all.1), (holds.len() as u64, &None));
        assert!(all.2 > 0 || all.0 == holds);
    }
    if let Head::Text(head) = &head {
        assert!(all.0.starts_with(head));
    }
    let primary = SET.find("logback").unwrap_or(SET.plain());
    let others = SET.secondary().filter(|id| *id != primary).collect();
    let format = FileFormat { primary, others };
    let layouts = Layouts { set: &SET, format: &format };
    let mut counts = Vec::new();
    for chunk_size in [64, 4096, 1 << 22] {
        let unpacker = opened.unpack().unwrap_or_else(|error| panic!("{error}"));
        let survey = survey_stream(layouts, unpacker, chunk_size);
        let sum = |count: fn(&timeline::survey::ChunkSurvey) -> u64| -> u64 {
            survey.chunks.iter().map(|(_, chunk)| count(chunk)).sum()
        };
        assert_eq!(survey.bytes, all.0.len() as u64);
        counts.push((sum(|chunk| chunk.lines), sum(|chunk| chunk.records), sum(|chunk| chunk.undated)));
    }
    assert!(counts.iter().all(|other| *other == counts[0]), "{counts:?}");
});
