//! Binary logs rendered into lines: against what the daemons' own tools say, and with every byte damaged.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{Cursor, Read as _};

use serde_json::Value;
use timeline::io::binary::{Kind, Rendered, is_journal};

use crate::util::package;

const SAMPLES: [&str; 12] = [
    "wtmp",
    "btmp",
    "lastlog",
    "wtmp-aarch64",
    "zstd.journal",
    "compact.journal",
    "lz4.journal",
    "xz.journal",
    "shop.pcap",
    "big-endian-nanoseconds.pcap",
    "two-interfaces.pcapng",
    "big-endian.pcapng",
];

fn sample(name: &str) -> Vec<u8> {
    fs::read(package().join("samples/binary").join(name)).expect("a sample")
}

/// All lines, and what is said to be lost. Without a kind it is a journal.
fn render(kind: Option<Kind>, bytes: Vec<u8>, ask: usize) -> (String, Option<String>) {
    let length = bytes.len() as u64;
    let mut rendered = match kind {
        Some(kind) => Rendered::of(kind, Box::new(Cursor::new(bytes))),
        None => Rendered::journal(bytes, length),
    };
    let mut text = Vec::new();
    let mut piece = vec![0; ask];
    loop {
        match rendered.read(&mut piece) {
            Ok(0) => return (String::from_utf8_lossy(&text).into_owned(), None),
            Ok(count) => text.extend_from_slice(&piece[..count]),
            Err(error) => {
                assert_eq!(rendered.read(&mut piece).ok(), Some(0), "the end is the end");
                return (String::from_utf8_lossy(&text).into_owned(), Some(error.to_string()));
            }
        }
    }
}

fn kind(name: &str, bytes: &[u8]) -> Option<Kind> {
    let kind = Kind::recognise(bytes, name);
    assert!(kind.is_some() != is_journal(bytes), "{name} is recognised");
    kind
}

#[test]
fn every_sample_is_told_by_its_content() {
    for name in SAMPLES {
        let bytes = sample(name);
        let kind = kind("some-file", &bytes);
        let whole = render(kind, bytes.clone(), 1 << 16);
        assert!(whole.0.ends_with('\n'), "{name}");
        assert_eq!(render(kind, bytes, 7), whole, "{name}: seven bytes at a time");
    }
    for text in ["2014-12-12T01:10:59Z a\n", "", "\0\0\0\0", "Dec 12 10:10:59 web sshd[1]: x\n"] {
        assert_eq!(Kind::recognise(text.repeat(100).as_bytes(), "wtmp"), None, "{text}");
    }
    let zeros = [0; 4096];
    assert_eq!(Kind::recognise(&zeros, "var/log/error.log"), None);
    assert_eq!(Kind::recognise(&zeros, "var/log/lastlog").map(Kind::name), Some("lastlog"));
}

/// A value as bytes: journalctl writes what is no printable text as numbers.
fn bytes(value: &Value) -> Vec<Vec<u8>> {
    match value {
        Value::Array(items) if items.iter().all(Value::is_number) => {
            vec![items.iter().map(|item| item.as_u64().unwrap_or(0) as u8).collect()]
        }
        Value::Array(items) => items.iter().flat_map(bytes).collect(),
        Value::String(text) => vec![text.clone().into_bytes()],
        other => panic!("{other} is no value"),
    }
}

fn fields(line: &[u8]) -> BTreeMap<String, BTreeSet<Vec<u8>>> {
    // The one bad byte of the samples, in place of which JSON needs something.
    let line: Vec<u8> = line.iter().map(|byte| if *byte == 0xff { b'?' } else { *byte }).collect();
    let Value::Object(object) = serde_json::from_slice(&line).expect("JSON") else { panic!("no object") };
    let known = |name: &String| !matches!(name.as_str(), "__CURSOR" | "__SEQNUM");
    let value = |value: &Value| {
        bytes(value).into_iter().map(|mut bytes| {
            bytes.iter_mut().filter(|byte| **byte == 0xff).for_each(|byte| *byte = b'?');
            bytes
        })
    };
    object
        .iter()
        .filter(|(name, _)| known(name))
        .map(|(name, v)| (name.clone(), value(v).collect()))
        .collect()
}

#[test]
fn journals_say_what_journalctl_says() {
    let expected: Vec<_> = sample("journalctl.json")
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
        .map(fields)
        .collect();
    assert_eq!(expected.len(), 8);
    for name in ["zstd.journal", "compact.journal", "lz4.journal", "xz.journal"] {
        let bytes = sample(name);
        let mut rendered = Rendered::journal(bytes.clone(), bytes.len() as u64);
        assert!(is_journal(&bytes));
        let mut text = Vec::new();
        rendered.read_to_end(&mut text).expect("nothing is lost");
        let lines: Vec<_> =
            text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).map(fields).collect();
        assert_eq!(lines, expected, "{name}");
    }
}

#[test]
fn a_damaged_journal_gives_what_is_whole() {
    let whole = sample("zstd.journal");
    let name = None;
    let (text, _) = render(name, whole.clone(), 4096);
    let entries: Vec<&str> = text.lines().collect();
    let mut places = Vec::new();
    let mut at = 264;
    while at < whole.len() {
        let size = u64::from_le_bytes(whole[at + 8..at + 16].try_into().expect("eight bytes")) as usize;
        if whole[at] == 3 {
            places.push(at);
        }
        at += size.next_multiple_of(8);
    }
    assert_eq!(places.len(), entries.len());
    for (index, place) in places.iter().enumerate() {
        let mut damaged = whole.clone();
        damaged[*place..*place + 16].fill(0xee);
        let (text, loss) = render(name, damaged, 4096);
        let mut rest = entries.clone();
        rest.remove(index);
        assert_eq!(text.lines().collect::<Vec<_>>(), rest);
        assert_eq!(loss, Some(format!("damaged stretches, passed over: 1 (at byte {place})")));
        // Cut in the middle of this entry: all before it.
        let (text, loss) = render(name, whole[..place + 40].to_vec(), 4096);
        assert_eq!(text.lines().collect::<Vec<_>>(), entries[..index]);
        assert_eq!(loss, Some(format!("objects cut off where the journal ends: 1 (at byte {place})")));
    }
    // Room set aside behind the last object is no damage, and what a newer systemd wrote is not guessed at.
    let room = [whole.clone(), vec![0; 100_000]].concat();
    assert_eq!(render(name, room, 4096), (text.clone(), None));
    let mut newer = whole;
    newer[12] |= 0x40;
    let (text, loss) = render(name, newer, 4096);
    assert!(text.is_empty() && loss.is_some_and(|why| why.contains("newer systemd")));
}

#[test]
fn damaged_records_are_counted_with_their_places() {
    let mut bytes = sample("wtmp");
    let whole = render(kind("wtmp", &bytes), bytes.clone(), 4096).0;
    bytes[384] = 77;
    bytes.truncate(384 * 8 + 100);
    let layout = kind("wtmp", &sample("wtmp"));
    let (text, loss) = render(layout, bytes, 4096);
    let mut expected: Vec<&str> = whole.lines().take(8).collect();
    expected.remove(1);
    assert_eq!(text.lines().collect::<Vec<_>>(), expected);
    assert_eq!(loss.as_deref(), Some("damaged records: 1 (at byte 384); records cut off: 1 (at byte 3072)"));
}

#[test]
fn no_damage_ends_the_run() {
    for name in SAMPLES {
        let whole = sample(name);
        let kind = kind(name, &whole);
        // Two of the four journals differ in one packed value only.
        let step = if matches!(name, "lz4.journal" | "xz.journal") { 23 } else { 5 };
        for place in (0..whole.len()).step_by(step) {
            let mut flipped = whole.clone();
            flipped[place] ^= [0xff, 0x01, 0x80, 0x7f][place % 4];
            let (text, _) = render(kind, flipped, 1 << 16);
            assert!(text.is_empty() || text.ends_with('\n'), "{name}: byte {place}");
        }
        for length in (0..whole.len()).step_by(17) {
            let (text, _) = render(kind, whole[..length].to_vec(), 1 << 16);
            assert!(text.is_empty() || text.ends_with('\n'), "{name}: cut to {length}");
        }
    }
}
