//! One record in several files and spellings: made-up hosts whose every record may stand in an ISO 8601 file, a
//! BSD syslog and a relay's RFC 5424. How many events are shown is counted here in another way, every line must
//! be one event or one of its places, and neither threads, chunks nor the order of arguments matter.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::util::{Random, Scratch, diff};

/// What of a record must agree: second, host, pid and message.
type Said = (u64, &'static str, u64, &'static str);

/// Records, in order: what they say and their microsecond.
fn records(random: &mut Random, count: usize, pause: u64) -> Vec<(Said, u64)> {
    let mut at = 0;
    let one = |_| {
        at += random.below(pause);
        let said = (
            at / 1_000_000,
            *random.pick(&["web1", "web2"]),
            4 + random.below(2),
            *random.pick(&["job 1 done", "job 2 done", "late"]),
        );
        (said, at % 1_000_000)
    };
    (0..count).map(one).collect()
}

/// The texts of the three files, and how many events they must be shown as.
fn files(random: &mut Random, records: &[(Said, u64)], kept: u64) -> ([String; 3], usize) {
    let mut texts = [const { String::new() }; 3];
    // For each thing said how often the BSD file has it, and how often each finer file at each microsecond.
    let mut cut: BTreeMap<Said, usize> = BTreeMap::new();
    let mut fine: BTreeMap<Said, BTreeMap<u64, [usize; 2]>> = BTreeMap::new();
    for &(said, micros) in records {
        let (second, host, pid, message) = said;
        let clock = format!("{:02}:{:02}:{:02}", 10 + second / 3_600, second / 60 % 60, second % 60);
        let finer = fine.entry(said).or_default().entry(micros).or_default();
        if random.chance(kept) {
            finer[0] += 1;
            texts[0] += &format!("2014-12-12T{clock}.{micros:06}+00:00 {host} cron[{pid}]: {message}\n");
        }
        if random.chance(kept) {
            *cut.entry(said).or_default() += 1;
            texts[1] += &format!("Dec 12 {clock} {host} cron[{pid}]: {message}\n");
        }
        if random.chance(kept) {
            finer[1] += 1;
            texts[2] += &format!("<30>1 2014-12-12T{clock}.{micros:06}Z {host} cron {pid} - -  {message}\n");
        }
    }
    let shown = fine.iter().map(|(said, finer)| {
        let finer: usize = finer.values().map(|[one, other]| *one.max(other)).sum();
        let cut = cut.get(said).copied().unwrap_or_default();
        if finer == cut { finer } else { finer + cut }
    });
    let shown = shown.sum();
    (texts, shown)
}

const NAMES: [&str; 3] = ["all.log", "messages", "relay.log"];

/// Every line is an event or one of its places, once; and there are as many events as must be.
fn every_line_once(shown: &str, texts: &[String; 3], events: usize, seed: u64) {
    let mut places = BTreeSet::new();
    let mut place = |of: &Value| {
        let file = of["file"].as_str().expect("a file").to_owned();
        assert!(places.insert((file, of["line"].as_u64().expect("a line"))), "seed {seed}: twice: {of}");
    };
    for line in shown.lines() {
        let event: Value = serde_json::from_str(line).expect("JSON");
        place(&event);
        event["also"].as_array().into_iter().flatten().for_each(&mut place);
    }
    assert_eq!(shown.lines().count(), events, "seed {seed}");
    let lines: usize = texts.iter().map(|text| text.lines().count()).sum();
    assert_eq!(places.len(), lines, "seed {seed}");
}

fn show(scratch: &Scratch, names: &[&str], more: &[&str]) -> String {
    let base = ["show", "--format", "jsonl", "--tz", "UTC", "--year", "2014"];
    String::from_utf8(scratch.good(&[&base[..], names, more].concat())).expect("JSON is UTF-8")
}

#[test]
fn a_record_in_three_spellings_is_shown_once() {
    for seed in 0..12 {
        let mut random = Random(seed);
        let pause = *random.pick(&[50_000, 400_000, 3_000_000]);
        let records = records(&mut random, 150, pause);
        let kept = *random.pick(&[100, 90, 50]);
        let (texts, events) = files(&mut random, &records, kept);
        let scratch = Scratch::new("copies");
        NAMES.iter().zip(&texts).for_each(|(name, text)| drop(scratch.write(name, text)));
        let expected = show(&scratch, &NAMES, &["-j", "1"]);
        every_line_once(&expected, &texts, events, seed);
        for (names, more) in [
            (["relay.log", "messages", "all.log"], ["-j", "2", "--chunk-size", "64"]),
            (["messages", "all.log", "relay.log"], ["-j", "1", "--chunk-size", "700"]),
        ] {
            let got = show(&scratch, &names, &more);
            assert!(got == expected, "seed {seed}: {more:?}\n{}", diff(&expected, &got));
        }
    }
}

#[test]
fn where_a_wave_ends_does_not_matter() {
    // More than a wave of two megabytes, of some hundred records a second.
    let mut random = Random(7);
    let records = records(&mut random, 32_000, 9_000);
    let (texts, events) = files(&mut random, &records, 95);
    let scratch = Scratch::new("copies");
    NAMES.iter().zip(&texts).for_each(|(name, text)| drop(scratch.write(name, text)));
    assert!(texts.iter().map(String::len).sum::<usize>() > 4 << 20);
    let expected = show(&scratch, &NAMES, &["-j", "1"]);
    every_line_once(&expected, &texts, events, 7);
    for more in [["-j", "2", "--chunk-size", "65536"], ["-j", "1", "--chunk-size", "3000"]] {
        assert!(show(&scratch, &NAMES, &more) == expected, "{more:?}");
    }
}

#[test]
fn a_second_with_megabytes_without_stamps_is_left_as_it_is() {
    let records = |clock: [&str; 2]| clock.map(|clock| format!("{clock} web1 cron[4]: done\n")).concat();
    let scratch = Scratch::new("copies");
    scratch.write("messages", records(["Dec 12 10:00:00", "Dec 12 10:00:09"]));
    scratch.write("syslog", records(["2014-12-12T10:00:00.7+00:00", "2014-12-12T10:00:09.7+00:00"]));
    // Without stamps, its lines stand where the file was last changed.
    let notes = scratch.write("notes", "nothing to be seen, and no time either\n".repeat(250_000));
    let changed = std::time::UNIX_EPOCH + std::time::Duration::from_millis(1_418_378_400_300);
    let file = std::fs::File::options().append(true).open(notes).expect("a file");
    file.set_modified(changed).expect("a time");
    for more in [["-j", "1", "--chunk-size", "65536"], ["-j", "2", "--chunk-size", "1000000"]] {
        let args = ["grep", "-F", "cron[", ".", "--tz", "UTC", "--year", "2014"];
        let shown = scratch.good(&[&args[..], &more].concat());
        let shown = String::from_utf8_lossy(&shown);
        let also: Vec<bool> = shown.lines().map(|line| line.contains("(also messages)")).collect();
        assert_eq!(also, [false, false, true], "{more:?}\n{shown}");
    }
}
