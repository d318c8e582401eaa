//! A proxy in front of an application's host whose clock is off: requests stand in the logs of both.
//!
//! Where the clocks were set against each other, the true instants lie inside of what is said, by the clock of one
//! of the two; where they were not, each host's records are where its own clock puts them.

use std::fmt::Write as _;

use serde_json::Value;

use crate::util::{Random, Scratch, date, nanos};

const SECOND: i64 = 1_000_000_000;

/// A record's true instant, and how far its host's clock was ahead; nanoseconds.
#[derive(Clone, Copy)]
struct Truth {
    at: i64,
    ahead: i64,
}

fn stamp(at: i64, digits: usize) -> String {
    let second = at.div_euclid(SECOND);
    let (year, month, day) = date(second.div_euclid(86_400));
    let of_day = second.rem_euclid(86_400);
    let fraction = match digits {
        0 => String::new(),
        _ => format!(".{:03}", at.rem_euclid(SECOND) / 1_000_000),
    };
    let (hour, minute, second) = (of_day / 3_600, of_day / 60 % 60, of_day % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{fraction}+00:00")
}

/// Requests through both hosts, with the true instants of all records by file and line.
fn world(random: &mut Random, scratch: &Scratch, ahead: i64) -> [Vec<Truth>; 2] {
    let (mut proxy, mut backend) = (Vec::new(), Vec::new());
    // 2024-05-06T10:00:00Z
    let mut at = 1_714_989_600 * SECOND;
    let digits = if random.chance(50) { 3 } else { 0 };
    for number in 0..10 + random.below(60) {
        at += random.below(30 * SECOND as u64) as i64;
        let took = 40_000_000 + random.below(3 * SECOND as u64) as i64;
        // What the network and the proxy itself take on both ways.
        let (there, back) = (1 + random.below(4_000_000) as i64, 1 + random.below(4_000_000) as i64);
        let id = format!("{:016x}{number:016x}", random.below(u64::MAX));
        let line = |end: i64, took: i64, ahead: i64| {
            format!(
                "{{\"time_iso8601\":\"{}\",\"request\":\"GET /cart/{number} HTTP/1.1\",\"status\":200,\"request_time\":{:.3},\"request_id\":\"{id}\"}}",
                stamp(end + ahead, digits),
                took as f64 / SECOND as f64
            )
        };
        let end = at + there + took;
        backend.push((end, line(end, took, ahead)));
        // Some requests the proxy answers by itself.
        if random.chance(90) {
            proxy.push((end + back, line(end + back, there + took + back, 0)));
        }
    }
    let files =
        [("web1/var/log/nginx/access.log", proxy, 0), ("web2/var/log/nginx/access.log", backend, ahead)];
    files.map(|(name, mut rows, ahead)| {
        rows.sort();
        let mut text = String::new();
        rows.iter().for_each(|(_, line)| writeln!(text, "{line}").expect("a string"));
        scratch.write(name, text);
        rows.iter().map(|(at, _)| Truth { at: *at, ahead }).collect()
    })
}

#[test]
fn what_two_clocks_say_together_holds_the_truth() {
    let mut moved = 0;
    for seed in 0..12 {
        let mut random = Random(seed);
        let scratch = Scratch::new("proxies");
        // One in four is right, or nearly.
        let ahead = match seed % 4 {
            0 => random.below(400_000_000) as i64,
            _ => random.below(240 * SECOND as u64) as i64 - 120 * SECOND,
        };
        let truths = world(&mut random, &scratch, ahead);
        let printed = scratch.good(&["show", ".", "--tz", "UTC", "--format", "jsonl", "--quiet"]);
        let events: Vec<Value> = String::from_utf8(printed)
            .expect("UTF-8")
            .lines()
            .map(|line| serde_json::from_str(line).expect("an event"))
            .collect();
        assert_eq!(events.len(), truths.iter().map(Vec::len).sum::<usize>(), "seed {seed}");
        let skewed = |event: &Value| {
            event["basis"].as_array().is_some_and(|basis| basis.iter().any(|word| word == "skew"))
        };
        let set = events.iter().any(skewed);
        moved += u32::from(set);
        // The instant by the clock of either host; where nothing was set, by each record's own.
        let holds = |by: &dyn Fn(Truth) -> i64| {
            events.iter().all(|event| {
                let host = usize::from(event["file"].as_str().expect("a file").starts_with("web2"));
                let truth = truths[host][event["line"].as_u64().expect("a line") as usize - 1];
                let bound = |key: &str| nanos(event[key].as_str().expect("a bound"));
                (bound("earliest")..bound("latest")).contains(&by(truth))
            })
        };
        let true_of = match set {
            true => holds(&|truth| truth.at) || holds(&|truth| truth.at + ahead),
            false => holds(&|truth| truth.at + truth.ahead),
        };
        assert!(
            true_of,
            "seed {seed}: web2 is {} s ahead, set against each other: {set}",
            ahead as f64 / 1e9
        );
    }
    assert!(moved >= 6, "of nine hosts that are off only {moved} were found");
}
