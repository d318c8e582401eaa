//! Logs without years: several New Years, starts without a clock, disorder. What is told must not depend
//! on how files are cut, and the ledger must count as the timeline shows.

use crate::util::{Random, Scratch, date, events_of_any_cut};

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

fn line(second: i64, text: &str) -> String {
    let (_, month, day) = date(second.div_euclid(86_400));
    let of_day = second.rem_euclid(86_400);
    let (hour, minute) = (of_day / 3_600, of_day / 60 % 60);
    let month = MONTHS[month as usize - 1];
    format!("{month} {day:2} {hour:02}:{minute:02}:{:02} web app: {text}\n", of_day % 60)
}

/// A log of some years, sparse or dense, and how many of its lines an unset clock wrote.
fn log(random: &mut Random) -> (String, u64) {
    let mut text = String::new();
    let mut unset = 0;
    let mut second = 1_420_070_400 + random.below(300 * 86_400) as i64;
    let longest = *random.pick(&[60, 4_000, 86_400, 20 * 86_400]);
    for _ in 0..random.below(300) {
        second += random.below(longest) as i64;
        text.push_str(&line(second, "going on"));
        if random.chance(2) {
            // 1970 begins at another time of the day in other zones.
            let start = *random.pick(&[0, 9 * 3_600, -5 * 3_600, 20_700]);
            let count = 1 + random.below(30) as i64;
            for number in 0..count {
                text.push_str(&line(start + number * 31, "no clock yet"));
            }
            unset += count as u64;
            second += 40 + count * 31;
            text.push_str(&line(second, "time set"));
        } else if random.chance(3) {
            text.push_str(&line(second - random.below(86_400) as i64, "late"));
        }
    }
    (text, unset)
}

#[test]
fn chunks_change_no_year() {
    let [mut found, mut lost, mut unset] = [0_u64; 3];
    for seed in 0..30 {
        let mut random = Random(seed);
        let scratch = Scratch::new("years");
        for name in ["a.log", "a.log.1", "b.log"] {
            let (text, count) = log(&mut random);
            unset += count;
            scratch.write(name, text);
        }
        for event in events_of_any_cut(&scratch, &format!("seed {seed}")) {
            match (event["time"].is_null(), event.to_string().contains("no clock yet")) {
                (true, true) => found += 1,
                (true, false) => lost += 1,
                _ => {}
            }
        }
    }
    assert!(unset > 500 && found * 100 >= unset * 95, "{found} of {unset}");
    assert_eq!(lost, 0, "records of a set clock were taken as undated");
}
