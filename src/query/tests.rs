//! What must hold for any expression: it never panics, what it prints is read as the same, its opposite wants
//! what it does not, and its bounds shut out nothing that it wants.

use std::borrow::Cow;

use super::{Bounds, Mark, Meaning, Part, Predicate, Row};
use crate::base::{Basis, Level};
use crate::time::Zone;

const NOW: i64 = 1_418_346_659_000_000_000;

/// A row of parts that are at hand, as one of a store is.
struct Made {
    time: Option<i64>,
    level: Level,
    pattern: u64,
    host: Option<&'static str>,
    message: &'static str,
    first: Option<bool>,
    fields: Vec<(&'static str, &'static str)>,
}

impl Row for Made {
    fn time(&self) -> Option<i64> {
        self.time
    }
    fn earliest(&self) -> Option<i64> {
        self.time
    }
    fn latest(&self) -> Option<i64> {
        self.time.map(|at| at + 1_000_000_000)
    }
    fn start(&self) -> Option<i64> {
        None
    }
    fn level(&self) -> Level {
        self.level
    }
    fn pattern(&self) -> u64 {
        self.pattern
    }
    fn line(&self) -> u64 {
        7
    }
    fn lines(&self) -> u64 {
        2
    }
    fn pid(&self) -> Option<u32> {
        Some(4711)
    }
    fn basis(&self) -> Basis {
        Basis::ZONE_INFERRED.with(Basis::YEAR_STAMP)
    }
    fn mark(&self, mark: Mark) -> Option<bool> {
        if mark == Mark::First { self.first } else { Some(false) }
    }
    fn text(&self, part: Part) -> Option<Cow<'_, str>> {
        match part {
            Part::Host => self.host.map(Cow::Borrowed),
            Part::Message => Some(Cow::Borrowed(self.message)),
            _ => None,
        }
    }
    fn field(&self, name: &str) -> Option<Cow<'_, str>> {
        self.fields.iter().find(|(field, _)| *field == name).map(|(_, value)| Cow::Borrowed(*value))
    }
}

fn row() -> Made {
    Made {
        time: Some(NOW),
        level: Level::Error,
        pattern: 0xab,
        host: Some("web1"),
        message: "fork() failed: 메모리 부족",
        first: Some(true),
        fields: vec![
            ("status", "502"),
            ("request_time", "0.750"),
            ("took_ms", "750"),
            ("bytes", "20971520"),
            ("remote_addr", "10.1.2.3"),
            ("version", "1.10"),
            ("odd name", "x"),
            ("empty", ""),
            ("id", "9007199254740993"),
        ],
    }
}

fn parsed(text: &str) -> Predicate {
    let meaning = Meaning { zone: Zone::parse("Asia/Seoul").expect("known"), now: NOW };
    Predicate::parse(text, &meaning).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn constructs_mean_what_docs_say() {
    for (text, wanted) in [
        ("status = 502 and status == 502.0 and status != 500", true),
        ("status = '502' and not status = '502.0'", true),
        ("status in 500..599 and status not in (500, 503..504)", true),
        ("request_time > 500ms and request_time <= 0.75s and took_ms = 750ms", true),
        ("request_time in 100ms..1s", true),
        ("bytes > 10MiB and bytes <= 20MiB and bytes = 20971520", true),
        ("remote_addr in 10.0.0.0/8 and not remote_addr in (192.168.0.0/16, ::/0)", true),
        ("remote_addr in 10.1.2.0..10.1.2.9", true),
        ("version > 1.9", false),
        ("version < '1.9'", true),
        ("id = 9007199254740993 and id != 9007199254740992", true),
        ("level >= warn and level = err and level in (error, alert)", true),
        ("level > error or level < error", false),
        ("message contains '메모리' and message starts fork and message ends 부족", true),
        (r"message ~ '^fork\(\)' and message !~ '(?i)FORKED'", true),
        ("host = web1 and host in (web1, web2) and host > web0", true),
        ("has host and not has program and not has nothing and has empty", true),
        ("empty = '' and nothing != '' and not nothing = ''", true),
        ("nothing > 5 or nothing <= 5 or nothing ~ .", false),
        ("nothing !~ x and nothing not in (1, 2)", true),
        ("pid = 4711 and line in 1..10 and lines > 1", true),
        ("pattern = p00000000000000ab and pattern starts p00", true),
        ("mark = first and marks contains first and not mark = derived", true),
        ("basis = zone:inferred and basis != mtime and basis in (age, year:stamp)", true),
        ("time = 2014-12-12 and time = 2014-12-12T10:10 and time = '2014-12-12 10:10:59'", true),
        ("time >= today 10:10:59 and time < now or time > -1s", true),
        ("time in today 10:00..today 11:00", true),
        ("time in 10:10..10:10:59", false),
        ("earliest >= 2014-12-12T01:10:59Z and latest <= 2014-12-12T01:11Z", true),
        ("local ~ 'T10:' and local = 2014-12-12T10:10:59", true),
        ("has start or start < now", false),
        ("'odd name' = x and fields.'odd name' = x and fields.status = 502", true),
        ("not (status = 502 and level = error)", false),
        ("status = 500 or status = 501 or not not status = 502", true),
    ] {
        assert_eq!(parsed(text).wants(&row()), Some(wanted), "{text}");
    }
}

#[test]
fn marks_can_be_unknown_and_still_not_matter() {
    let unknown = Made { first: None, ..row() };
    for (text, wanted) in [
        ("mark = first", None),
        ("mark != first", None),
        ("mark = first and status = 1", Some(false)),
        ("mark = first or status = 502", Some(true)),
        ("mark = derived", Some(false)),
        ("has mark", None),
        ("mark in (first, derived) and status = 502", None),
    ] {
        assert_eq!(parsed(text).wants(&unknown), wanted, "{text}");
    }
}

/// A small generator: no crate is needed for a few thousand choices.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % limit
    }

    fn pick<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len())]
    }
}

const TESTS: [&str; 22] = [
    "status = 502",
    "status in 500..599",
    "nothing > 1",
    "has host",
    "level >= warn",
    "level < error",
    "level = error",
    "level in (info, error)",
    "time >= 2014-12-12T10:10:59",
    "time < 2014-12-12T10:10:59",
    "time > 2014-12-12T10:10:59",
    "time in 2014-12-12T10:00..2014-12-12T11:00",
    "time in (2014-12-11, 2014-12-12)",
    "pattern = p00000000000000ab",
    "pattern in (p00000000000000ab, p0000000000000001)",
    "host = web1",
    "host in (web1, web2)",
    "host starts web",
    "message contains fork",
    "message ends 부족",
    "message != x",
    "mark = first",
];

fn expression(random: &mut Random, depth: usize) -> String {
    if depth == 0 || random.below(3) == 0 {
        return random.pick(&TESTS).to_owned();
    }
    let (a, b) = (expression(random, depth - 1), expression(random, depth - 1));
    match random.below(4) {
        0 => format!("not ({a})"),
        1 => format!("({a}) or {b}"),
        2 => format!("({a}) and ({b})"),
        _ => format!("{a} and not ({b})"),
    }
}

fn admits(bounds: &Bounds, row: &Made) -> bool {
    let dated = |fits: bool| row.time.is_some() && fits;
    let text = |part: &Part| row.text(*part).map(Cow::into_owned).unwrap_or_default();
    !bounds.nothing
        && (bounds.since == i64::MIN || dated(row.time >= Some(bounds.since)))
        && (bounds.until == i64::MAX || dated(row.time < Some(bounds.until)))
        && row.level >= bounds.level
        && bounds.patterns.as_ref().is_none_or(|patterns| patterns.contains(&row.pattern))
        && bounds.equal.iter().all(|(part, texts)| texts.contains(&text(part)))
        && bounds
            .holds
            .iter()
            .all(|(part, texts)| texts.iter().all(|held| text(part).contains(held.as_str())))
}

#[test]
fn bounds_shut_out_nothing_wanted_and_not_turns_all_around() {
    let mut random = Random(5);
    let mut wanted = 0;
    for round in 0..500 {
        let text = expression(&mut random, 4);
        let predicate = parsed(&text);
        let printed = predicate.to_string();
        assert_eq!(parsed(&printed).to_string(), printed, "{text}");
        let opposite = parsed(&format!("not ({text})"));
        for variant in 0..8 {
            let mut row = row();
            row.time = row.time.filter(|_| variant != 1).map(|at| at + (round % 3 - 1) * 1_800_000_000_000);
            row.level = [Level::Error, Level::Unknown, Level::Info][variant % 3];
            row.host = [Some("web1"), Some("db"), None][round as usize % 3];
            row.pattern = [0xab, 1, 2][(variant + 1) % 3];
            row.first = Some(variant % 2 == 0);
            let answer = predicate.wants(&row);
            assert_eq!(answer.map(|yes| !yes), opposite.wants(&row), "{text}");
            if answer == Some(true) {
                wanted += 1;
                assert!(admits(&predicate.bounds(), &row), "{text}: {:?}", predicate.bounds());
            }
        }
    }
    assert!(wanted > 300, "too few rows were wanted to prove anything: {wanted}");
}

#[test]
fn no_text_breaks_the_parser() {
    const PIECES: [&str; 36] = [
        "status",
        "level",
        "time",
        "mark",
        "fields.",
        " ",
        " ",
        "=",
        "!=",
        "<",
        ">=",
        "~",
        "!",
        "in",
        "not",
        "and",
        "or",
        "has",
        "(",
        ")",
        ",",
        "..",
        "'",
        "\"",
        "\\",
        "500",
        "-2h",
        "today",
        "09:00",
        "10.0.0.0/8",
        "1e999",
        "메모리",
        "p00000000000000ab",
        "warn",
        "\n",
        "99999999999999999999999w",
    ];
    let mut random = Random(7);
    let meaning = Meaning { zone: Zone::parse("UTC").expect("known"), now: NOW };
    let mut understood = 0;
    for _ in 0..10_000 {
        let text: String = (0..random.below(9)).map(|_| random.pick(&PIECES)).collect();
        match Predicate::parse(&text, &meaning) {
            Ok(predicate) => {
                understood += 1;
                let printed = predicate.to_string();
                let again = Predicate::parse(&printed, &meaning).map(|again| again.to_string());
                assert_eq!(again.ok().as_ref(), Some(&printed), "{text}");
                let _ = (predicate.wants(&row()), predicate.bounds());
            }
            Err(error) => assert!(error.to_string().contains('^'), "{text}: {error}"),
        }
    }
    assert!(understood > 30, "{understood}");
}
