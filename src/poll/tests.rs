//! Tests of the watcher: tables as text in, changes out; and a random world whose truth is known.

use std::fmt::Write as _;

use super::{Change, Kind, Row, Sighting, Trend, Watcher};
use crate::base::{Basis, FileId, Instant, NANOS_PER_SECOND, SourceId, WrittenZone, civil_from_days};
use crate::grammar::{Columns, GrammarSet, TableSpec};
use crate::time::recognise;

const SECOND: i64 = NANOS_PER_SECOND;

fn spec() -> TableSpec {
    let set = GrammarSet::embedded().expect("the built-in grammars");
    set.iter().find_map(|(_, grammar)| grammar.table.clone()).expect("a table grammar")
}

fn watch(table: &str) -> Vec<Change> {
    watch_as(&spec(), table)
}

/// Watches a table whose stamps name their offset.
fn watch_as(spec: &TableSpec, table: &str) -> Vec<Change> {
    let mut watcher = Watcher::new(SourceId(0), spec);
    let mut columns = None;
    for (index, line) in table.lines().enumerate() {
        if let Some(header) = Columns::header(spec, line.as_bytes()) {
            columns = Some(header);
            watcher.header();
            continue;
        }
        let (Some((stamp, end)), Some(columns)) = (recognise(line.as_bytes()), &columns) else { continue };
        let offset = if let WrittenZone::Offset(offset) = stamp.zone { i64::from(offset) } else { 0 };
        let best = (stamp.seconds - offset)
            .checked_mul(SECOND)
            .and_then(|at| at.checked_add(i64::from(stamp.nanos)));
        let Some(best) = best.filter(|at| at.checked_add(10 * SECOND).is_some()) else { continue };
        let basis = Basis::OFFSET;
        let instant =
            Instant { earliest: best, best, latest: best.saturating_add(stamp.resolution.width()), basis };
        let sighting = Sighting {
            file: FileId(0),
            line: index as u64 + 1,
            instant,
            resolution: stamp.resolution,
            stamp: line[..end].to_owned(),
            raw: line.to_owned(),
        };
        let cells = columns.cells(&line.as_bytes()[end..]);
        let cells = cells.filter_map(|(column, cell)| Some((column, std::str::from_utf8(cell).ok()?)));
        let cells = cells.filter(|(_, cell)| !cell.is_empty()).collect();
        watcher.row(&Row { sighting, cells, columns });
    }
    watcher.finish().0
}

/// Title, and bounds as seconds of the hour with milliseconds.
fn told(table: &str) -> Vec<(String, String, String)> {
    let of_hour = |at: i64| {
        let millis = at.rem_euclid(3_600 * SECOND) / 1_000_000;
        format!("{:02}:{:02}.{:03}", millis / 60_000, millis / 1_000 % 60, millis % 1_000)
    };
    let changes = watch(table);
    let row =
        |change: &Change| (change.title(), of_hour(change.instant.earliest), of_hour(change.instant.latest));
    changes.iter().map(row).collect()
}

fn expect(table: &str, expected: &[(&str, &str, &str)]) {
    let told = told(table);
    let told: Vec<(&str, &str, &str)> =
        told.iter().map(|(a, b, c)| (a.as_str(), b.as_str(), c.as_str())).collect();
    assert_eq!(told, expected, "{table}");
}

#[test]
fn an_age_dates_its_state_and_nothing_else() {
    expect(
        "date, if, carr, state, age, note\n\
         2017-11-30T09:56:02Z, a, 1, up, 1000.000, 1\n\
         2017-11-30T09:57:12Z, a, 0, down, 65.227, 0\n\
         2017-11-30T09:58:22Z, a, 0, down, 135.273, 0\n",
        &[
            ("a state up from here on", "39:21.999", "39:23.001"),
            ("a note 1 -> 0", "56:02.000", "57:13.000"),
            ("a state up -> down, carr 1 -> 0", "56:06.772", "56:07.728"),
        ],
    );
}

#[test]
fn an_age_of_something_else_dates_no_state() {
    // Kubernetes shows the age of the pod beside the state of the moment.
    expect(
        "TIME                  NAME    READY   STATUS             RESTARTS      AGE\n\
         2021-07-01T10:00:00Z  web-1   1/1     Running            0             4d\n\
         2021-07-01T10:01:00Z  web-1   0/1     CrashLoopBackOff   1 (20s ago)   4d\n\
         2021-07-01T10:02:00Z  web-1   1/1     Running            1 (80s ago)   4d\n",
        &[
            ("web-1 STATUS Running -> CrashLoopBackOff, READY 1/1 -> 0/1", "00:00.000", "01:01.000"),
            ("web-1 RESTARTS 0 -> 1", "00:39.000", "00:41.000"),
            ("web-1 STATUS CrashLoopBackOff -> Running, READY 0/1 -> 1/1", "01:00.000", "02:01.000"),
        ],
    );
}

#[test]
fn what_all_rows_of_a_round_share_is_told_once() {
    let table = "date, if, ping, x\n\
         2017-11-30T09:00:00Z, a, 1, 1\n2017-11-30T09:00:01Z, b, 1, 1\n\
         2017-11-30T09:01:00Z, a, 0, 1\n2017-11-30T09:01:01Z, b, 0, 0\n";
    expect(table, &[("ping 1 -> 0", "00:00.000", "01:02.000"), ("b x 1 -> 0", "00:01.000", "01:02.000")]);
    let ping = &watch(table)[0];
    assert_eq!((ping.entity.as_deref(), ping.trend), (None, Trend::Worse));
    assert_eq!((ping.before.line, ping.after.line), (2, 4));
}

#[test]
fn measurements_and_texts_are_no_states() {
    expect(
        "date, if, load, count, text\n\
         2017-11-30T09:00:00Z, a, 0.5, 1, w a\n2017-11-30T09:01:00Z, a, 0.7, 0, w b\n\
         2017-11-30T09:02:00Z, a, 0, 2, w c\n2017-11-30T09:03:00Z, a, 1, 3, w d\n\
         2017-11-30T09:04:00Z, a, 0, 2, w e\n2017-11-30T09:05:00Z, a, 1, 3, w f\n\
         2017-11-30T09:06:00Z, a, 0, 2, w g\n",
        &[],
    );
}

#[test]
fn a_log_written_as_a_table_is_no_poll() {
    let mut table = "date,level,status,message\n".to_owned();
    let mut second = 0;
    for index in 0..40 {
        second += [0, 1, 0, 7, 0, 0, 1, 3][index % 8];
        let (level, status) = [("INFO", "200"), ("ERROR", "500"), ("INFO", "200")][index % 3];
        let _ =
            writeln!(table, "2017-11-30T09:{:02}:{:02}Z,{level},{status},hello", second / 60, second % 60);
    }
    expect(&table, &[]);
}

#[test]
fn junk_does_no_harm() {
    let spec = spec();
    let random = &mut Random(7);
    let words = [
        "date",
        "if",
        "state",
        "age",
        "chngs",
        ",",
        ", ",
        "\"",
        ";",
        "\t",
        "  ",
        "\n",
        "\r\n",
        "1",
        "0",
        "up",
        "-1",
        "9223372036854775807",
        "2017-11-30T09:00:00Z",
        "0001-01-01T00:00:00Z",
        "2262-04-11T23:47:16Z",
        "93s",
        "2 (30s ago)",
        "9223372036854775807 (5m ago)",
        "-9223372036854775808",
        "é",
        "\u{0}",
        "|",
        "date, if, state, age, chngs\n",
    ];
    for _ in 0..2_000 {
        let table: String = (0..random.between(1, 80))
            .map(|_| words[random.between(0, words.len() as i64) as usize])
            .collect();
        for change in watch_as(&spec, &table) {
            let _ = change.derived();
            assert!(change.instant.earliest < change.instant.latest, "{change:?}\n{table}");
        }
    }
}

#[test]
fn a_state_that_came_back_unseen_is_told() {
    expect(
        "date, if, state, age, chngs\n\
         2017-11-30T09:00:00Z, a, up, 100.0, 1\n\
         2017-11-30T09:01:00Z, a, up, 20.0, 3\n",
        &[
            ("a state up from here on", "58:19.900", "58:21.100"),
            ("a state up anew: it changed and came back between two samples", "00:39.900", "00:41.100"),
        ],
    );
    assert_eq!(watch("date, if, state, age, chngs\n2017-11-30T09:00:00Z, a, up, 100.0, 1\n2017-11-30T09:01:00Z, a, up, 20.0, 3\n")[1].missed, 1);
}

#[test]
fn a_clock_set_back_is_said_and_dates_nothing_by_samples() {
    let table = "date, if, state, age, ping\n\
         2017-11-30T09:00:00Z, a, up, 1000.000, 1\n2017-11-30T09:00:00Z, b, up, 1000.000, 1\n\
         2017-11-30T08:01:00Z, a, up, 1060.000, 0\n2017-11-30T08:01:00Z, b, down, 10.000, 0\n\
         2017-11-30T08:02:00Z, a, up, 1120.000, 0\n2017-11-30T08:02:00Z, b, down, 70.000, 0\n";
    let changes = watch(table);
    let titles: Vec<String> = changes.iter().map(Change::title).collect();
    assert_eq!(
        titles,
        [
            "b state up from here on",
            "clock and age disagree: the clock was set back by about 1 h",
            "b state up -> down"
        ]
    );
    let step = &changes[1];
    assert!(matches!(step.kind, Kind::Disagree { moved, or_renewed: _ } if moved == -3_600 * SECOND));
    assert!(step.instant.earliest < step.instant.latest);
    let down = &changes[2].instant;
    assert!(down.basis.has(Basis::AGE) && down.latest - down.earliest < 2 * SECOND);
}

#[test]
fn ragged_and_odd_rows_do_no_harm() {
    expect(
        "date, if, state, age, ping\n\
         2017-11-30T09:00:00Z, a, up, 100.000, 1\n\
         2017-11-30T09:01:00Z\n\
         2017-11-30T09:01:30Z, a\n\
         2017-11-30T09:02:00Z, a, , , 1, 7, 8\n\
         2017-11-30T09:03:00Z, a, down, -5, 1\n\
         2017-11-30T09:04:00Z, a, down, 999999999999999999999, 1\n\
         when, state, if\n\
         2017-11-30T09:05:00Z, up, a\n",
        &[("a state up -> down", "00:00.000", "03:01.000"), ("a state down -> up", "04:00.000", "05:01.000")],
    );
}

/// A small generator of pseudo-random numbers (splitmix64).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb) >> 8
    }

    fn between(&mut self, from: i64, to: i64) -> i64 {
        from + (self.next() % (to - from).max(1) as u64) as i64
    }
}

/// Moments at which something turned from up to down or back, from the world's beginning on.
fn turns(random: &mut Random, end: i64) -> Vec<i64> {
    let mut at = -random.between(0, 100_000 * SECOND);
    let mut turns = vec![at];
    while at < end {
        let longest = [40, 400, 2_000][random.between(0, 3) as usize];
        at += random.between(SECOND / 10, longest * SECOND);
        turns.push(at);
    }
    turns
}

fn last_turn(turns: &[i64], at: i64) -> usize {
    turns.partition_point(|turn| *turn <= at).saturating_sub(1)
}

fn push_stamp(out: &mut String, base: i64, at: i64, digits: u32) {
    let at = base + at;
    let (second, nanos) = (at.div_euclid(SECOND), at.rem_euclid(SECOND));
    let (year, month, day) = civil_from_days(second.div_euclid(86_400));
    let of_day = second.rem_euclid(86_400);
    let (hour, minute, second) = (of_day / 3_600, of_day / 60 % 60, of_day % 60);
    let _ = write!(out, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}");
    if digits > 0 {
        let _ = write!(out, ".{:0width$}", nanos / 10_i64.pow(9 - digits), width = digits as usize);
    }
    out.push('Z');
}

fn push_age(out: &mut String, nanos: i64, style: i64) {
    let (millis, seconds) = (nanos / 1_000_000, nanos / SECOND);
    let _ = match style {
        0 => write!(out, "{}.{:03}", millis / 1_000, millis % 1_000),
        1 => write!(out, "{:.2}", nanos as f64 / SECOND as f64),
        2 => write!(out, "{seconds}"),
        _ if seconds < 120 => write!(out, "{seconds}s"),
        _ if seconds < 600 => write!(out, "{}m{}s", seconds / 60, seconds % 60),
        _ if seconds < 10_800 => write!(out, "{}m", seconds / 60),
        _ => write!(out, "{}h", seconds / 3_600),
    };
}

#[test]
fn the_truth_is_always_inside() {
    let spec = spec();
    let (mut dated, mut doubts) = (0, 0);
    for seed in 0..400 {
        let random = &mut Random(seed);
        let (base, end) = (1_512_000_000 * SECOND + random.between(0, SECOND), 3_000 * SECOND);
        let things: Vec<Vec<i64>> = (0..random.between(2, 5)).map(|_| turns(random, end)).collect();
        let ping = turns(random, end);
        let (digits, style, aged) =
            (random.between(0, 4) as u32, random.between(0, 4), random.between(0, 5) > 0);
        let mut table = String::new();
        let mut truth: Vec<(usize, i64)> = vec![(0, 0)];
        let mut at = random.between(0, 60 * SECOND);
        let word = |turns: &[i64], at: i64| ["up", "down"][last_turn(turns, at) % 2];
        while at < end {
            table.push_str(if aged {
                "date, if, state, age, ping\n"
            } else {
                "date, if, state, other, ping\n"
            });
            truth.push((0, 0));
            let answer = usize::from(word(&ping, at) == "up");
            for (index, thing) in things.iter().enumerate() {
                push_stamp(&mut table, base, at, digits);
                let _ = write!(table, ", if{index}, {}, ", word(thing, at));
                push_age(&mut table, at - thing[last_turn(thing, at)], style);
                let _ = writeln!(table, ", {answer}");
                truth.push((index, at));
                at += random.between(0, SECOND / 50);
            }
            at += random.between(10 * SECOND, 70 * SECOND);
        }
        for change in watch_as(&spec, &table) {
            assert!(
                !matches!(change.kind, Kind::Disagree { or_renewed: false, .. }),
                "seed {seed}: {}\n{table}",
                change.title()
            );
            let inside =
                |turn: &i64| (change.instant.earliest..change.instant.latest).contains(&(base + turn));
            if matches!(change.kind, Kind::Disagree { .. }) {
                doubts += 1;
                continue;
            }
            let (index, row) = truth[change.after.line as usize];
            let right = match &change.entity {
                None => ping.iter().any(inside),
                // Dated by its age: that very turn, the last one before the row.
                Some(_) if change.age.is_some() => inside(&things[index][last_turn(&things[index], row)]),
                Some(_) => things[index].iter().any(inside),
            };
            assert!(right, "seed {seed}: {} not in {:?}\n{table}", change.title(), change.instant);
            dated += usize::from(change.age.is_some());
        }
    }
    assert!(doubts * 50 < dated, "{doubts} doubts beside {dated} changes");
    assert!(dated > 2_000, "only {dated} changes were dated by an age");
}
