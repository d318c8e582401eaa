//! The trial of clocks, bounded: a few made-up worlds and all named traps, in which no answer may be wrong.
//!
//! What is left open is no failure here; `cargo run --example trial` shows it, and runs more worlds.

use std::path::Path;

use crate::util::{Scratch, TIMELINE};
use crate::worlds::{Answers, Asked, Lie, TRAPS, Tally, Verdict, World, oracle, score, trap, write};

/// What the program must never get wrong. Years have a test of their own; see there.
const CLOCKS: [Asked; 5] = [Asked::Zone, Asked::Label, Asked::Clock, Asked::Bounds, Asked::Line];

fn try_world(name: &str, mut world: World, options: &[String], tally: &mut Tally) {
    let scratch = Scratch::new("trial");
    let written = write(&mut world, &scratch.work()).expect("a world on disk");
    let answers = Answers::ask(Path::new(TIMELINE), &world, &scratch.work(), options);
    tally.add(name, score(&world, &written, &answers.expect("answers")));
}

fn random_worlds(seeds: std::ops::Range<u64>) -> Tally {
    let mut tally = Tally::default();
    for seed in seeds {
        try_world(&format!("trial --seed {seed} --keep DIR"), World::generate(seed), &[], &mut tally);
    }
    tally
}

fn named_worlds() -> Tally {
    let mut tally = Tally::default();
    for (name, ..) in TRAPS {
        let world = trap(name, 0).expect("a known trap");
        try_world(&format!("trial --trap {name} --keep DIR"), world, &[], &mut tally);
    }
    tally
}

fn assert_none_wrong(tally: &Tally, asked: &[Asked]) {
    let faults = tally.faults(asked);
    assert!(faults.is_empty(), "{faults}\ncargo run --example {}", faults.lines().next().unwrap_or_default());
}

#[test]
fn no_clock_is_told_wrongly() {
    assert_none_wrong(&random_worlds(0..20), &CLOCKS);
}

#[test]
fn no_clock_of_more_worlds_is_told_wrongly() {
    assert_none_wrong(&random_worlds(20..40), &CLOCKS);
}

/// Worlds that were told wrongly once, and what was wrong in each.
const ONCE_WRONG: [(u64, &str); 31] = [
    (2079, "two writers on both sides of New Year were a year apart"),
    (2158, "a late line was read by what is known of the lines around it, across a change to summer time"),
    (2405, "a label was repaired for all by what one daemon with a clock of its own quotes"),
    (2526, "what a host quotes whose clock was set wrongly moved the clock of the collector"),
    (
        2666,
        "a silence as long as a change of zone hid it, where one file of a sparse log goes on in the next",
    ),
    (2965, "a queue that waits for an hour looked like summer time in winter"),
    (3316, "a zone that was left and, by summer time, came back: the same offset on both sides"),
    (3339, "an uptime is dated by the clock that was set, and by no other (the scorer was wrong)"),
    (3569, "late lines between two stretches of one offset, from before summer time"),
    (3904, "a modification time of a sparse log is of the program that wrote last"),
    (5794, "a zone that was left in silence, and came back by summer time"),
    (7513, "a lease that is renewed every two hours looked like a zone that was changed by two hours"),
    (7957, "a queue that waits for half an hour, against the modification time of the worker's log"),
    (7987, "a queue that waits for two hours, against the modification time of the worker's log"),
    (4001, "times to come that are quoted in a log of times gone by, three of which agreed"),
    (7256, "a start without a clock on the day of New Year, in a log of few lines"),
    (9030, "what one host's cron says at its whole hours, another says at its own"),
    (9822, "two writers of few lines each, both an hour ahead of a daemon, were late lines"),
    (9951, "a queue that waits for an hour looked like summer time, which was over since the morning"),
    (9972, "a zone that is a quarter of an hour back, of which a pause of seven minutes hid a half"),
    (21020, "times of an hour ahead and of an hour back, three of which agreed"),
    (21067, "a start without a clock at the time of day at which the log was written before and after"),
    (22314, "a start without a clock at New Year's Eve, in 1970 and in truth"),
    (22455, "a start without a clock at the time of day at which the log was written before and after"),
    (22975, "a start without a clock on New Year's Day, in 1970 and in truth"),
    (23269, "a modification time by the collector's clock, a last record by another host's"),
    (
        25669,
        "an hour that came twice, of which a pause hid all but ten minutes, and the kernel's lines before it",
    ),
    (31957, "a start without a clock at the time of day at which the log was written before and after"),
    (32199, "a start without a clock between two lines of one time of day"),
    (33214, "a modification time by the collector's clock, a last record by another host's"),
    (33760, "a queue that waits for as long as its reader's zone is behind"),
];

#[test]
fn no_clock_is_told_wrongly_again() {
    let mut tally = Tally::default();
    for (seed, what) in ONCE_WRONG {
        let name = format!("trial --seed {seed} --keep DIR  # {what}");
        try_world(&name, World::generate(seed), &[], &mut tally);
    }
    assert_none_wrong(&tally, &CLOCKS);
    assert_none_wrong(&tally, &[Asked::Year]);
}

#[test]
fn no_trap_catches_a_clock() {
    assert_none_wrong(&named_worlds(), &CLOCKS);
}

#[test]
fn no_year_is_told_wrongly() {
    assert_none_wrong(&random_worlds(0..40), &[Asked::Year]);
    assert_none_wrong(&named_worlds(), &[Asked::Year]);
}

/// A scorer that finds nothing proves nothing.
#[test]
fn the_scorer_knows_right_from_wrong() {
    let world = || trap("kathmandu", 0).expect("a known trap");
    let mut told = Tally::default();
    let truth: Vec<String> =
        world().spoken_zones().into_iter().flat_map(|zone| ["--assume-tz".into(), zone]).collect();
    try_world("truth", world(), &truth, &mut told);
    assert_none_wrong(&told, &CLOCKS);
    assert_eq!(told.count(Asked::Zone, Verdict::Open), 0, "{}", told.table());
    assert!(told.count(Asked::Zone, Verdict::Right) >= 5, "{}", told.table());

    let mut lied = Tally::default();
    try_world("lie", world(), &["--assume-tz".into(), "+05:00".into()], &mut lied);
    let wrong = lied.count(Asked::Zone, Verdict::Wrong);
    assert_eq!(wrong, told.count(Asked::Zone, Verdict::Right), "{}", lied.table());
    assert!(lied.faults(&[Asked::Zone]).contains("truth "), "{}", lied.faults(&[Asked::Zone]));
    let listed = lied.list().lines().filter(|line| line.starts_with("Zone Wrong")).count();
    assert_eq!(listed, wrong as usize, "{}", lied.list());

    let mut old = Tally::default();
    try_world("year", world(), &["--year".into(), "2011".into()], &mut old);
    assert!(old.count(Asked::Year, Verdict::Wrong) >= 2, "{}", old.table());
}

/// Nothing that is true may be called wrong, and no lie right.
#[test]
fn the_scorer_believes_the_truth_alone() {
    let [mut truth, mut quarter, mut late, mut clocks] = [(); 4].map(|()| Tally::default());
    for seed in 0..60 {
        let scratch = Scratch::new("oracle");
        let mut world = World::generate(seed);
        let written = write(&mut world, &scratch.work()).expect("a world on disk");
        let name = format!("seed {seed}");
        for (tally, lie) in [
            (&mut truth, Lie::Nothing),
            (&mut quarter, Lie::Quarter),
            (&mut late, Lie::SegmentLate),
            (&mut clocks, Lie::Overcorrected),
        ] {
            tally.add(&name, score(&world, &written, &oracle(&world, &written, lie)));
        }
    }
    assert_none_wrong(&truth, &CLOCKS);
    assert_none_wrong(&truth, &[Asked::Year]);
    for asked in [Asked::Zone, Asked::Year, Asked::Label] {
        assert_eq!(
            truth.count(asked, Verdict::Part) + truth.count(asked, Verdict::Open),
            0,
            "{}",
            truth.table()
        );
    }
    let right = truth.count(Asked::Zone, Verdict::Right);
    assert_eq!(quarter.count(Asked::Zone, Verdict::Wrong), right);
    let changed = late.count(Asked::Zone, Verdict::Wrong);
    assert!(changed >= 10, "{changed} of {right}");
    assert_eq!(clocks.count(Asked::Clock, Verdict::Open), 0, "{}", clocks.table());
    assert!(clocks.count(Asked::Clock, Verdict::Wrong) >= 10, "{}", clocks.table());
}

#[test]
fn the_same_seed_gives_the_same_world() {
    let text = |seed| {
        let scratch = Scratch::new("trial");
        let mut world = World::generate(seed);
        let written = write(&mut world, &scratch.work()).expect("a world on disk");
        let read = |name: &String| std::fs::read(scratch.work().join(name)).expect("a file");
        written.logs.keys().map(|name| (name.clone(), read(name))).collect::<Vec<_>>()
    };
    assert_eq!(text(7), text(7));
    assert_ne!(text(7), text(8));
}
