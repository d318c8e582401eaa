//! Known distortions of what real daemons wrote: whole logs in other zones, zones changed midway, other years,
//! modification times that are right, those of a copy, or none. What the program claims of each record must hold
//! its true time; where it only guesses a zone, the day is right.
//!
//! The recording is `samples/php-fpm-oom`. Its access log names its offset and stays as it is, but for the day.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::{Duration, SystemTime};

use chrono::{DateTime, NaiveDateTime};
use serde_json::Value;

use crate::util::{Random, Scratch, nanos, package};

const SECOND: i64 = 1_000_000_000;
const DAY: i64 = 86_400 * SECOND;
const RECORDING: &str = "samples/php-fpm-oom/var/log";

/// Minutes east of UTC: where the recording was made, and elsewhere.
const OFFSETS: [i64; 8] = [0, 0, 540, 540, -480, 330, -300, 60];

/// Days that the whole recording is moved by: not at all, over New Year, into a leap year, years back.
const MOVED: [i64; 6] = [0, 0, 17, 24, 452, -700];

/// A log of the recording: its name, its lines, and for each line with a stamp that stamp and its time.
struct Log {
    name: String,
    lines: Vec<String>,
    stamps: BTreeMap<usize, (String, i64)>,
}

fn events(scratch: &Scratch, args: &[&str]) -> Vec<Value> {
    let all = [args, &["--format", "jsonl", "--no-dedupe"]].concat();
    let output = String::from_utf8(scratch.good(&all)).expect("UTF-8");
    let events = output.lines().map(|line| serde_json::from_str(line).expect("JSON"));
    events
        .filter(|event: &Value| {
            event["marks"].as_array().is_some_and(|marks| !marks.contains(&"derived".into()))
        })
        .collect()
}

/// The recording, as its daemons wrote it.
fn recording() -> Vec<Log> {
    let scratch = Scratch::new("recording");
    let folder = package().join(RECORDING);
    let zone = ["--tz", "Asia/Seoul", "--assume-tz", "Asia/Seoul"];
    let mut logs: BTreeMap<String, Log> = BTreeMap::new();
    for event in events(&scratch, &[&["show", folder.to_str().expect("a path")], &zone[..]].concat()) {
        let name = event["file"].as_str().expect("a file").to_owned();
        let log = logs.entry(name.clone()).or_insert_with(|| {
            let bytes = fs::read(folder.join(&name)).expect("a log");
            let mut text = String::new();
            match name.ends_with(".gz") {
                true => {
                    std::io::Read::read_to_string(&mut flate2::read::GzDecoder::new(&bytes[..]), &mut text)
                        .map(drop)
                        .expect("a gzipped log")
                }
                false => text = String::from_utf8(bytes).expect("a log in UTF-8"),
            }
            Log { name, lines: text.lines().map(str::to_owned).collect(), stamps: BTreeMap::new() }
        });
        if let (Some(stamp), Some(time)) = (event["stamp"].as_str(), event["time"].as_str()) {
            let line = event["line"].as_u64().expect("a line") as usize - 1;
            log.stamps.insert(line, (stamp.to_owned(), nanos(time)));
        }
    }
    logs.into_values().collect()
}

/// Wall clock `offset` minutes east of UTC.
fn wall(at: i64, offset: i64) -> NaiveDateTime {
    DateTime::from_timestamp_nanos(at + offset * 60 * SECOND).naive_utc()
}

/// A time in the form of another stamp.
fn rewritten(stamp: &str, at: i64, offset: i64) -> String {
    let form = match stamp.as_bytes() {
        [b'A'..=b'Z', ..] => "%b %e %H:%M:%S",
        [_, _, b'-', ..] => "%d-%b-%Y %H:%M:%S",
        [_, _, _, _, b'/', ..] => "%Y/%m/%d %H:%M:%S",
        // It names the offset of the recording.
        _ => return wall(at, 540).format("%Y-%m-%dT%H:%M:%S+09:00").to_string(),
    };
    wall(at, offset).format(form).to_string()
}

/// The log of a file: rotated ones are its past.
fn family(name: &str) -> &str {
    name.split_once("-20").map_or(name, |(family, _)| family)
}

/// The name of a rotated file, some days later.
fn renamed(name: &str, days: i64) -> String {
    let Some(at) = name.find("-20") else { return name.to_owned() };
    let date = NaiveDateTime::parse_from_str(&format!("{} 00:00", &name[at + 1..at + 9]), "%Y%m%d %H:%M");
    let date = date.expect("a date") + chrono::Duration::days(days);
    format!("{}-{}{}", &name[..at], date.format("%Y%m%d"), &name[at + 9..])
}

/// A recording that was distorted, on disk: the true time of each line by its file.
fn distort(scratch: &Scratch, logs: &[Log], random: &mut Random) -> BTreeMap<(String, u64), i64> {
    let days = *random.pick(&MOVED);
    let host = *random.pick(&OFFSETS);
    let mtimes = random.below(3);
    let mut clocks: BTreeMap<&str, (i64, i64, i64)> = BTreeMap::new();
    let mut truth = BTreeMap::new();
    for log in logs {
        let (first, change, then) =
            *clocks.entry(family(&log.name)).or_insert_with(|| match random.below(4) {
                0 => {
                    let all: Vec<i64> = log.stamps.values().map(|(_, at)| *at).collect();
                    (*random.pick(&OFFSETS), *random.pick(&all), *random.pick(&OFFSETS))
                }
                1 => (*random.pick(&OFFSETS), i64::MAX, 0),
                _ => (host, i64::MAX, 0),
            });
        let name = renamed(&log.name, days);
        let mut lines = log.lines.clone();
        let mut last = i64::MIN;
        for (line, (stamp, at)) in &log.stamps {
            let now = at + days * DAY;
            let offset = if *at < change { first } else { then };
            lines[*line] = lines[*line].replacen(stamp, &rewritten(stamp, now, offset), 1);
            truth.insert((name.clone(), *line as u64 + 1), now);
            last = last.max(now);
        }
        let text = lines.join("\n") + "\n";
        let bytes =
            if name.ends_with(".gz") { crate::util::gzip(text.as_bytes(), 6) } else { text.into_bytes() };
        let changed = match mtimes {
            0 => last,
            1 => nanos("2018-05-05T00:00:00Z"),
            _ => 0,
        };
        changed_at(&scratch.write(&format!("logs/{name}"), bytes), changed);
    }
    truth
}

fn changed_at(path: &Path, at: i64) {
    let file = fs::File::options().write(true).open(path).expect("a log");
    file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_nanos(at as u64)).expect("a time");
}

#[test]
fn what_is_claimed_of_distorted_recordings_is_true() {
    let logs = recording();
    assert!(logs.iter().map(|log| log.stamps.len()).sum::<usize>() > 4_000, "the recording was read");
    let (mut claimed, mut guessed) = (0_u32, 0_u32);
    for seed in 0..24 {
        let mut random = Random(seed);
        let scratch = Scratch::new("recorded");
        let truth = distort(&scratch, &logs, &mut random);
        let zone = *random.pick(&["Asia/Seoul", "UTC", "America/New_York"]);
        for event in events(&scratch, &["show", "logs", "--tz", zone]) {
            let place =
                (event["file"].as_str().expect("a file").to_owned(), event["line"].as_u64().expect("a line"));
            let Some(true_time) = truth.get(&place).copied().filter(|_| event["time"].is_string()) else {
                continue;
            };
            let time = |key: &str| nanos(event[key].as_str().expect("a time"));
            if event["basis"].as_array().is_some_and(|basis| basis.contains(&"zone:default".into())) {
                guessed += 1;
                let off = (time("time") - true_time).abs();
                assert!(off < DAY + 2 * 3_600 * SECOND, "seed {seed}, --tz {zone}: {true_time} and {event}");
            } else {
                claimed += 1;
                let holds = (time("earliest")..time("latest")).contains(&true_time);
                assert!(holds, "seed {seed}, --tz {zone}: {true_time} is not in {event}");
            }
        }
    }
    // The access log alone is more than that: the others must have been decided now and then.
    assert!(claimed > 24 * 3_496 && guessed > 0, "{claimed} claimed, {guessed} guessed");
}
