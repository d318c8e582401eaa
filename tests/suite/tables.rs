//! Polled tables as a whole: however they are read, they tell the same, and nothing is lost.

use std::fs;

use crate::util::{Scratch, gzip, package};

fn incident() -> Vec<u8> {
    fs::read(package().join("samples/vrrp-bond-down/r1/home/vyatta/checker.csv")).expect("the sample")
}

#[test]
fn threads_chunks_and_gzip_change_nothing_of_a_table() {
    let plain = Scratch::new("tables");
    let packed = Scratch::new("tables-packed");
    let text = incident();
    plain.write("checker.csv", &text);
    // A row that begins a second member, and a cut in the middle of a line.
    let half = text.len() / 2;
    packed.write("checker.csv.gz", [gzip(&text[..half], 6), gzip(&text[half..], 6)].concat());
    let args = ["show", ".", "--tz", "Asia/Seoul", "--format", "jsonl"];
    let expected = plain.good(&args);
    let derived = expected.windows(9).filter(|window| window == b"\"derived\"").count();
    assert!(derived >= 5, "only {derived} derived events");
    for chunk in ["1", "7", "100", "1000", "100000"] {
        for jobs in ["1", "3"] {
            let more = [&args[..], &["--chunk-size", chunk, "-j", jobs]].concat();
            assert_eq!(plain.good(&more), expected, "chunks of {chunk}, {jobs} threads");
            let unpacked = String::from_utf8(packed.good(&more))
                .expect("UTF-8")
                .replace("checker.csv.gz", "checker.csv");
            assert_eq!(unpacked.into_bytes(), expected, "gzip, chunks of {chunk}, {jobs} threads");
        }
    }
}

#[test]
fn derived_events_are_no_records() {
    let scratch = Scratch::new("tables-ledger");
    scratch.write("checker.csv", incident());
    let report = scratch.good(&["report", ".", "--tz", "UTC", "--format", "json"]);
    let report: serde_json::Value = serde_json::from_slice(&report).expect("JSON");
    let count = |key: &str| report["ledger"][key].as_u64().expect("a count");
    assert_eq!(count("lines"), 63);
    assert_eq!(count("lines"), count("events") + count("joined"));
    let shown = scratch.good(&["show", ".", "--tz", "UTC", "--format", "jsonl"]);
    let shown = String::from_utf8(shown).expect("UTF-8");
    let records = shown.lines().filter(|line| !line.contains("\"marks\":[\"derived\"]")).count();
    assert_eq!(records as u64, count("events"));
}
