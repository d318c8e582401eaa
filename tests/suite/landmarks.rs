//! Lines without stamps that other logs have too: what is said of the lines around them is true.

use serde_json::Value;

use crate::util::{Random, Scratch};

/// Seconds of a day as `HH:MM:SS`.
fn clock(second: u64) -> String {
    format!("{:02}:{:02}:{:02}", second / 3_600, second / 60 % 60, second % 60)
}

/// An application's own file without stamps, and the host's syslog that has some of its lines, up to two
/// seconds later; among them lines that come again and again. Returns the true second of each line.
fn world(random: &mut Random, scratch: &Scratch) -> Vec<u64> {
    let (mut own, mut syslog) = (String::new(), Vec::new());
    let mut truth = Vec::new();
    let mut second = 3_600 + random.below(3_600);
    for number in 0..60 + random.below(60) {
        second += random.below(90);
        let message = match random.below(4) {
            0 => "connection pool refreshed, 10 idle".to_owned(),
            1 => format!("order {} paid by customer {}", number * 7 + 1_000, random.below(9_000)),
            2 => format!("cache miss {}", random.below(50)),
            _ => format!("request 4f{:014x} took {} ms", random.below(1 << 50), random.below(900)),
        };
        own.push_str(&format!("{message}\n"));
        truth.push(second);
        if random.chance(40) {
            syslog.push((second + random.below(3), format!("shop[41]: {message}")));
        }
        if random.chance(40) {
            syslog.push((second, format!("cron[9]: tick {}", random.below(9))));
        }
    }
    syslog.sort();
    let lines = syslog.iter().map(|(at, text)| format!("2014-12-12T{}+09:00 web1 {text}\n", clock(*at)));
    scratch.write("var/log/syslog", lines.collect::<String>());
    scratch.write("home/shop/node.log", own);
    truth
}

/// Seconds of the day in UTC, of `2014-12-12T01:10:59Z`; the day before and behind count on.
fn second(text: &str) -> i64 {
    let part = |from: usize| text[from..from + 2].parse::<i64>().expect("digits");
    (part(8) - 12) * 86_400 + part(11) * 3_600 + part(14) * 60 + part(17)
}

#[test]
fn what_bounds_a_line_between_landmarks_holds_its_truth() {
    let mut bounded = 0;
    for seed in 0..24 {
        let mut random = Random(seed);
        let scratch = Scratch::new("landmarks");
        let truth = world(&mut random, &scratch);
        let show = |args: &[&str]| {
            let mut command = vec!["show", ".", "--tz", "Asia/Seoul", "--format", "jsonl"];
            command.extend(args);
            String::from_utf8(scratch.good(&command)).expect("UTF-8")
        };
        let text = show(&[]);
        assert_eq!(text, show(&["-j", "1"]), "seed {seed}");
        for event in text.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON")) {
            if event["format"] != "plain" {
                continue;
            }
            let line = event["line"].as_u64().expect("a line") as usize;
            let at = truth[line - 1] as i64 - 9 * 3_600;
            if let Some(earliest) = event["earliest"].as_str() {
                assert!(second(earliest) <= at, "seed {seed}: {event}");
                bounded += 1;
            }
            if let Some(latest) = event["latest"].as_str().filter(|latest| latest.starts_with("2014")) {
                assert!(at < second(latest), "seed {seed}: {event}");
                bounded += 1;
            }
        }
    }
    assert!(bounded > 2_000, "{bounded} bounds");
}

#[test]
fn lines_that_come_elsewhere_in_another_order_bound_nothing() {
    let scratch = Scratch::new("shuffled");
    let message = |number: u64| format!("order {} paid by customer 77", 1_000 + number * 13);
    let own: String = (0..12).map(|number| format!("{}\n", message(number))).collect();
    let late = |number: u64| clock(36_000 + (11 - number) * 60);
    let other: String = (0..12)
        .rev()
        .map(|number| format!("2014-12-12T{}+09:00 web1 shop[41]: {}\n", late(number), message(number)))
        .collect();
    scratch.write("var/log/syslog", other);
    scratch.write("home/shop/node.log", own);
    let printed = scratch.good(&["show", ".", "--tz", "UTC", "--format", "jsonl"]);
    for line in String::from_utf8(printed).expect("UTF-8").lines() {
        let event: Value = serde_json::from_str(line).expect("JSON");
        let free = event["earliest"].is_null() && !event["latest"].as_str().unwrap_or("").starts_with("2014");
        assert!(event["format"] != "plain" || free, "{event}");
    }
}
