//! Stamps that name a time of day only: the day comes from a date line above, from the file's name or from
//! its modification time, and midnights are counted. What is told must not depend on how files are cut, the
//! ledger must count as the timeline shows, and the truth must lie inside every interval.

use std::fs::File;
use std::time::{Duration, SystemTime};

use serde_json::Value;

use crate::util::{Random, Scratch, date, days, events_of_any_cut};

const DAY: i64 = 86_400;

fn clock(second: i64) -> String {
    let of_day = second.rem_euclid(DAY);
    format!("{:02}:{:02}:{:02}", of_day / 3_600, of_day / 60 % 60, of_day % 60)
}

fn rfc3339(second: i64) -> String {
    let (year, month, day) = date(second.div_euclid(DAY));
    format!("{year:04}-{month:02}-{day:02}T{}Z", clock(second))
}

/// A file under way: its text, and the true second of every record that has one, by its number.
#[derive(Default)]
struct Log {
    text: String,
    records: u64,
}

impl Log {
    /// A row that tells its own true time, for whoever checks.
    fn row(&mut self, second: i64) {
        self.text.push_str(&format!("{}  all  {}.5  true{}\n", clock(second), self.records, rfc3339(second)));
        self.records += 1;
    }

    fn header(&mut self, second: i64, name: &str) {
        self.text.push_str(&format!("\n{}  CPU  %{name}  true\n", clock(second)));
    }

    fn date(&mut self, second: i64, style: u64) {
        let (year, month, day) = date(second.div_euclid(DAY));
        let date = match style {
            0 => format!("{year:04}-{month:02}-{day:02}"),
            1 => format!("{year}년 {month:02}월 {day:02}일"),
            2 => format!("{day:02}.{month:02}.{year:04}"),
            _ => format!("{month:02}/{day:02}/{:02}", year % 100),
        };
        self.text.push_str(&format!("Linux 5.10.0 (web1) \t{date} \t_x86_64_\t(2 CPU)\n"));
    }
}

/// What `sar -A -f` prints of one day's file: section after section, each from the morning to the first
/// sample of the next day.
fn of_a_file(log: &mut Log, random: &mut Random, midnight: i64, style: u64) {
    log.date(midnight, style);
    let step = *random.pick(&[600, 1_200, 3_600]);
    let first = 1 + random.below(3) as i64;
    let begins = first + if random.chance(30) { random.below(20) as i64 * step } else { 0 };
    for section in 0..1 + random.below(5) {
        let mut at = begins;
        log.header(midnight + at, &format!("s{section}"));
        let mut rows = 0;
        while at + step <= DAY + first {
            at += step;
            // Switched off for a while: no row, a new header.
            if random.chance(1) && at < DAY / 2 {
                at += random.below(9) as i64 * step;
                log.text.push_str(&format!("\n{}  LINUX RESTART\t(2 CPU)\n", clock(midnight + at)));
                log.records += 1;
                log.header(midnight + at, &format!("s{section}"));
                continue;
            }
            rows += 1;
            if rows % 20 == 0 {
                log.header(midnight + at - step, &format!("s{section}"));
            }
            log.row(midnight + at);
        }
        if random.chance(70) {
            log.text.push_str("Average:  all  1.5  x\n");
        }
    }
}

/// What `sar -A 60` prints as it goes: the sections take turns, for days.
fn of_a_run(log: &mut Log, random: &mut Random, start: i64, style: u64) {
    log.date(start, style);
    let step = *random.pick(&[60, 600, 3_600]);
    let sections = 1 + random.below(3);
    let mut at = start;
    for _ in 0..40 + random.below(60) {
        let next = at + step;
        for section in 0..sections {
            log.header(at, &format!("s{section}"));
            log.row(next);
            if random.chance(20) {
                log.row(next);
            }
        }
        at = next;
    }
}

/// An application's log: pauses of hours, lines that are a moment late.
fn of_an_application(log: &mut Log, random: &mut Random, start: i64) -> i64 {
    let longest = *random.pick(&[40, 900, 5 * 3_600]);
    let (mut at, mut last) = (start, start);
    for number in 0..20 + random.below(200) {
        at += if number == 0 { 0 } else { random.below(longest) as i64 };
        last = if random.chance(4) { (at - random.below(40) as i64).max(start) } else { at };
        log.text.push_str(&format!(
            "{}.250 [main] INFO c.e.App - {} true{}\n",
            clock(last),
            log.records,
            rfc3339(last)
        ));
        log.records += 1;
    }
    last
}

fn touch(scratch: &Scratch, name: &str, second: i64) {
    let time = SystemTime::UNIX_EPOCH + Duration::from_secs(second as u64);
    let file = File::options().write(true).open(scratch.work().join(name)).expect("the file");
    file.set_modified(time).expect("a time");
}

/// Every dated row holds the truth; how many are dated, and how many to the second.
fn check(events: &[Value], what: &str) -> (u64, u64) {
    let (mut dated, mut exact) = (0, 0);
    for event in events {
        let message = event["message"].as_str().expect("text");
        let Some((_, truth)) = message.split_once("true2").filter(|_| !event["time"].is_null()) else {
            continue;
        };
        let truth = format!("2{}", &truth[..truth.len().min(18)]);
        let (earliest, latest) = (event["earliest"].as_str(), event["latest"].as_str());
        let inside = earliest.is_some_and(|at| at[..19] <= truth[..])
            && latest.is_some_and(|at| at[..19] >= truth[..]);
        assert!(inside, "{what}: {event}");
        dated += 1;
        exact += u64::from(event["time"].as_str().is_some_and(|at| at[..19] == truth[..]));
    }
    (dated, exact)
}

#[test]
fn below_a_date_line_every_day_is_exact() {
    for seed in 0..10 {
        let mut random = Random(seed);
        let scratch = Scratch::new("days");
        let midnight =
            days(2010 + random.below(15) as i64, 1 + random.below(12) as i64, 13 + random.below(15) as i64)
                * DAY;
        let style = random.below(4);
        let mut log = Log::default();
        let mut at = midnight;
        for _ in 0..1 + random.below(3) {
            if seed % 2 == 0 {
                of_a_file(&mut log, &mut random, at, style);
            } else {
                let start = at + random.below(DAY as u64) as i64;
                of_a_run(&mut log, &mut random, start, style);
            }
            at += DAY * (1 + random.below(3) as i64);
        }
        scratch.write("sar.txt", &log.text);
        touch(&scratch, "sar.txt", at + 400 * DAY);
        let what = format!("seed {seed}");
        let events = events_of_any_cut(&scratch, &what);
        let (dated, exact) = check(&events, &what);
        let rows = events
            .iter()
            .filter(|event| event["message"].as_str().is_some_and(|text| text.contains("true2")));
        assert_eq!((dated, exact), (rows.count() as u64, dated), "{what}");
        assert!(dated > 20, "{what}");
    }
}

#[test]
fn what_the_file_tells_holds_the_truth() {
    let (mut exact, mut all) = (0, 0);
    for seed in 0..10 {
        let mut random = Random(1_000 + seed);
        let scratch = Scratch::new("days");
        let start = days(2014, 1 + random.below(12) as i64, 1 + random.below(28) as i64) * DAY
            + random.below(DAY as u64) as i64;
        let mut log = Log::default();
        let last = of_an_application(&mut log, &mut random, start);
        let (year, month, day) = date(start.div_euclid(DAY));
        let opened = format!("app-{year:04}-{month:02}-{day:02}.log");
        let (year, month, day) = date(last.div_euclid(DAY));
        let rotated = format!("app.log-{year:04}{month:02}{day:02}");
        let name = random.pick(&["app.log".to_owned(), opened, rotated]).clone();
        scratch.write(&name, &log.text);
        // Written at once, copied much later, or with a clock in another zone.
        touch(&scratch, &name, last + *random.pick(&[0, 1, 3_000, 40 * DAY, 9 * 3_600 + 1]));
        let what = format!("seed {seed}, {name}");
        let (dated, found) = check(&events_of_any_cut(&scratch, &what), &what);
        assert_eq!(dated, log.records, "{what}");
        (exact, all) = (exact + found, all + dated);
    }
    assert!(exact * 10 >= all * 4, "{exact} of {all}");
}

#[test]
fn a_date_of_two_readings_dates_nothing() {
    let scratch = Scratch::new("days");
    let text = "Linux 5.10.0 (web1) \t06/07/14 \t_x86_64_\t(2 CPU)\n\n10:10:01  CPU  %user  %nice\n10:20:01  all  1.5  2.5\n";
    scratch.write("sar.txt", text);
    let dated = |name: &str| {
        let output = scratch.run(&["show", name, "--tz", "UTC", "--format", "jsonl"]);
        let text = String::from_utf8(output.stdout).expect("JSON");
        let row = text.lines().last().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
        let sources = scratch.run(&["sources", name]);
        (row.expect("a row")["time"].clone(), String::from_utf8_lossy(&sources.stdout).into_owned())
    };
    let (time, remark) = dated("sar.txt");
    assert!(time.is_null() && remark.contains("month/day or day/month"), "{time} {remark}");
    // The file was last changed on one of them; a name tells the day of the month.
    touch(&scratch, "sar.txt", days(2014, 7, 6) * DAY + 50_000);
    assert_eq!(dated("sar.txt").0, "2014-07-06T10:20:01Z");
    scratch.write("sar07", text);
    assert_eq!(dated("sar07").0, "2014-06-07T10:20:01Z");
    scratch.write("sar06", text);
    assert_eq!(dated("sar06").0, "2014-07-06T10:20:01Z");
}
