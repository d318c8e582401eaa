//! Messages that syslogd only counted: what is made of `last message repeated N times`, against a syslogd made up
//! here that knows when each of them was.

use serde_json::Value;

use crate::util::{Random, Scratch, diff, gzip};

/// A message that was really logged.
struct Truth {
    second: u64,
    text: String,
}

fn stamp(second: u64) -> String {
    format!("Dec 12 {:02}:{:02}:{:02}", 10 + second / 3_600, second / 60 % 60, second % 60)
}

/// What was logged, and how syslogd writes it: it counts what is the same as the message before, and tells of
/// it when another one comes, or half a minute has passed.
fn syslogd(random: &mut Random, dashes: bool) -> (Vec<Truth>, String) {
    let (mut truths, mut log) = (Vec::new(), String::new());
    let (mut second, mut text, mut count, mut since) = (0, String::new(), 0_u64, 0);
    let tell = |log: &mut String, second: u64, count: &mut u64| {
        let plural = if *count == 1 && dashes { "" } else { "s" };
        match std::mem::take(count) {
            0 => {}
            count if dashes => {
                log.push_str(&format!(
                    "{} --- last message repeated {count} time{plural} ---\n",
                    stamp(second)
                ));
            }
            count => log.push_str(&format!("{} web1 last message repeated {count} times\n", stamp(second))),
        }
    };
    for _ in 0..200 {
        second += random.below(12);
        if text.is_empty() || random.chance(30) {
            tell(&mut log, second, &mut count);
            text = format!("app[{}]: {} {}", random.below(3), random.pick(&["up", "down"]), second);
            log.push_str(&format!("{} web1 {text}\n", stamp(second)));
            since = second;
        } else {
            count += 1;
            if second - since >= 30 {
                tell(&mut log, second, &mut count);
                since = second;
            }
        }
        truths.push(Truth { second, text: text.split_once(": ").expect("a tag").1.to_owned() });
    }
    tell(&mut log, second, &mut count);
    (truths, log)
}

fn second_of(event: &Value, key: &str) -> u64 {
    let clock = &event[key].as_str().expect("a time")["2014-12-12T".len()..];
    let part = |at: usize| clock[at..at + 2].parse::<u64>().expect("digits");
    (part(0) - 10) * 3_600 + part(3) * 60 + part(6)
}

#[test]
fn what_was_counted_lies_in_its_interval() {
    for seed in 0..10 {
        let mut random = Random(seed);
        let (truths, log) = syslogd(&mut random, seed % 2 == 1);
        let scratch = Scratch::new("repeats");
        scratch.write("messages", &log);
        let run = |name: &str, more: &[&str]| {
            let base = ["show", "--format", "jsonl", "--tz", "UTC", "--year", "2014", name];
            String::from_utf8(scratch.good(&[&base[..], more].concat())).expect("JSON is UTF-8")
        };
        let shown = run("messages", &["-j", "1"]);
        let events: Vec<Value> =
            shown.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
        let is_derived = |event: &&Value| event["fields"]["derived"] == "repeats";
        assert_eq!(
            events.iter().filter(|event| !is_derived(event)).count(),
            log.lines().count(),
            "seed {seed}: every line is a record"
        );
        // At one second the timeline has records first.
        let mut by_line: Vec<&Value> = events.iter().collect();
        by_line.sort_by_key(|event| event["line"].as_u64());
        let mut truths = truths.iter();
        for event in by_line {
            let message = event["message"].as_str().expect("a message");
            let times = match is_derived(&event) {
                true => event["fields"]["repeated"].as_str().expect("a count").parse().expect("a number"),
                false => usize::from(!message.contains("last message repeated")),
            };
            for truth in truths.by_ref().take(times) {
                assert_eq!(truth.text, message, "seed {seed}: {event}");
                let inside = second_of(event, "earliest")..=second_of(event, "latest");
                assert!(inside.contains(&truth.second), "seed {seed}: {} s: {event}", truth.second);
            }
        }
        assert_eq!(truths.count(), 0, "seed {seed}: nothing is left out");
        for more in [["-j", "2", "--chunk-size", "64"], ["-j", "1", "--chunk-size", "300"]] {
            let got = run("messages", &more);
            assert!(got == shown, "seed {seed}: {more:?}\n{}", diff(&shown, &got));
            scratch.write("packed.gz", gzip(log.as_bytes(), 6));
            let packed = run("packed.gz", &more);
            assert_eq!(packed.lines().count(), shown.lines().count(), "seed {seed}: {more:?}");
        }
    }
}
