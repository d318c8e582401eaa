//! Boots of made-up machines: the truth is always inside, and nothing is claimed that did not happen.

use super::*;

const SECOND: i64 = NANOS_PER_SECOND;
const DAY: i64 = 86_400 * SECOND;
const MILLI: i64 = 1_000_000;
/// 2014-12-05 01:23:24.6 UTC.
const BOOT: i64 = 1_417_742_604 * SECOND + 600 * MILLI;

/// The line that a kernel says at `uptime`, written `late`, with a stamp of a whole second.
fn line(boot: i64, uptime: i64, late: i64) -> Point {
    let written = boot + uptime + late;
    let place = Place { file: 0, offset: 0 };
    Point { at: written - written.rem_euclid(SECOND), width: SECOND, uptime, place }
}

fn lines(boot: i64, uptimes: &[i64]) -> Vec<Point> {
    uptimes.iter().map(|uptime| line(boot, *uptime * SECOND, 0)).collect()
}

#[test]
fn one_line_is_enough() {
    // Dec 12 10:11:10 kernel: [604065.445632], in Korea.
    let uptime = 604_065_445_632_000;
    let at = 1_418_346_670 * SECOND;
    let place = Place { file: 0, offset: 0 };
    let (boots, steps) = boots(&[Point { at, width: SECOND, uptime, place }]);
    let moment = boots[0].moment().expect("a moment");
    assert_eq!(moment.best, 1_417_742_604_554_368_000); // 2014-12-05 10:23:24.554368 in Korea
    // A week of drift.
    assert_eq!((moment.latest - moment.earliest) / SECOND, 605);
    assert!(boots.len() == 1 && boots[0].plain && steps.is_empty());
}

#[test]
fn many_lines_narrow_each_other() {
    let points: Vec<Point> = (0..40).map(|n| line(BOOT, 700 * SECOND + n * 1_370 * MILLI, 0)).collect();
    let (boots, steps) = boots(&points);
    let moment = boots[0].moment().expect("a moment");
    assert!((moment.best - BOOT).abs() < 100 * MILLI, "{moment:?}");
    assert!((moment.earliest..moment.latest).contains(&BOOT) && steps.is_empty());
    for point in &points {
        let latest = boots[0].pieces[0].envelope.edge(point.uptime).expect("an edge") + point.uptime;
        let said = BOOT + point.uptime;
        assert!(said < latest && latest <= point.at + SECOND);
    }
}

#[test]
fn what_a_kernel_says_while_it_boots_is_written_late() {
    // The log daemon starts after 6 s and writes all there is.
    let points: Vec<Point> = [0, 1, 5].map(|up| line(BOOT, up * SECOND, (6 - up) * SECOND)).to_vec();
    let moment = boots(&points).0[0].moment().expect("a moment");
    assert!((moment.earliest..moment.latest).contains(&BOOT), "{moment:?}");
}

#[test]
fn an_uptime_that_falls_is_another_boot_only_as_time_goes_on() {
    let again = BOOT + 900 * SECOND;
    let mut points = lines(BOOT, &[100, 200, 800]);
    points.extend(lines(again, &[5, 30, 2_000]));
    let (found, steps) = boots(&points);
    assert_eq!(
        found.iter().map(|boot| (boot.points().count(), boot.plain)).collect::<Vec<_>>(),
        [(3, true), (3, true)]
    );
    assert!(steps.is_empty());
    // The same lines twice, as in a copy: one boot.
    let mut twice = lines(BOOT, &[100, 200, 800]);
    twice.extend(lines(BOOT, &[100, 200, 800]));
    assert_eq!(boots(&twice).0.len(), 1);
    // No fall: another boot, or a long sleep. Nothing is claimed of it.
    let mut unseen = lines(BOOT, &[100, 200]);
    unseen.extend(lines(BOOT + DAY, &[300, 400]));
    let (found, steps) = boots(&unseen);
    assert_eq!(found.iter().map(|boot| boot.plain).collect::<Vec<_>>(), [true, false]);
    assert!(steps.is_empty());
}

#[test]
fn a_clock_that_is_set_and_a_sleep_are_steps_and_late_lines_are_none() {
    let before = [700, 760, 800, 900];
    let after = [1_000, 1_010, 1_030, 1_100];
    for by in [-3_000, -40, -4, 4, 600] {
        let mut points = lines(BOOT, &before);
        points.extend(lines(BOOT + by * SECOND, &after));
        let (found, steps) = boots(&points);
        assert_eq!((found.len(), steps.len()), (1, 1), "{by} {found:?}");
        assert!((steps[0].by - by * SECOND).abs() <= steps[0].within, "{by} {steps:?}");
        assert_eq!((steps[0].before.uptime, steps[0].after.uptime), (900 * SECOND, 1_000 * SECOND));
    }
    let mut late = lines(BOOT, &before);
    late.push(line(BOOT, 950 * SECOND, 20 * SECOND));
    late.push(line(BOOT, 960 * SECOND, 10 * SECOND));
    late.extend(lines(BOOT, &after));
    assert!(boots(&late).1.is_empty());
    // Two lines that agree are not enough: both may be late.
    let mut few = lines(BOOT, &before);
    few.extend(lines(BOOT + 600 * SECOND, &[1_000, 1_010]));
    assert!(boots(&few).1.is_empty());
}

#[test]
fn a_zone_that_changed_is_told_from_a_clock_that_was_set() {
    let [from, to] = [0, 1].map(|at| line(BOOT, at * SECOND, 0));
    let step = |by: i64| Step { before: from, after: to, by, within: SECOND };
    for (by, zone) in
        [(3_600, true), (-32_401, true), (-900, true), (600, false), (3, false), (-7_300, false)]
    {
        assert_eq!(step(by * SECOND).on_grid(), zone, "{by}");
    }
}

/// xorshift64*
struct Random(u64);

impl Random {
    fn below(&mut self, limit: i64) -> i64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        ((self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 16) as i64).rem_euclid(limit)
    }
}

/// A made-up machine: its boots, its lines, when they were said and written, and its sleeps.
struct Machine {
    boots: Vec<i64>,
    points: Vec<(Point, i64, i64)>,
    slept: usize,
}

fn machine(random: &mut Random, sleeps: bool) -> Machine {
    let mut machine = Machine { boots: Vec::new(), points: Vec::new(), slept: 0 };
    let mut now = BOOT + random.below(DAY);
    for _ in 0..=random.below(3) {
        now += 20 * SECOND + random.below(DAY);
        machine.boots.push(now);
        let ppm = random.below(201) - 100;
        let (mut uptime, mut written) = (0, now);
        let daemon = now + 3 * SECOND + random.below(30 * SECOND);
        let (mut prompt, mut live) = (0, 0);
        for index in 0..5 + random.below(30) {
            // Lines come in groups; a few thousandths of a second to days apart.
            let gap = match random.below(4) {
                0 => random.below(SECOND / 5) + MILLI,
                1 => random.below(20 * SECOND) + 2 * SECOND,
                2 => random.below(3_600 * SECOND),
                _ => random.below(3 * DAY),
            };
            let gap = if index < 3 { random.below(SECOND) + MILLI } else { gap };
            uptime += gap;
            now += gap + gap / 1_000_000 * ppm;
            // A sleep before the first lines that are logged live shows nowhere.
            if sleeps && live > 3 && random.below(12) == 0 {
                machine.slept += 1;
                now += 10 * SECOND + random.below(DAY);
            }
            // Of three live lines in a row at most one is late.
            let late = match prompt > 1 && random.below(4) == 0 {
                true => random.below(7 * SECOND),
                false => random.below(2 * MILLI),
            };
            prompt = if late > SECOND { 0 } else { prompt + i32::from(now > daemon) };
            let said = now;
            live += i32::from(said > daemon);
            written = written.max(daemon).max(said + late);
            let at = written - written.rem_euclid(SECOND);
            let place = Place { file: 0, offset: machine.points.len() as u64 };
            let uptime = uptime - uptime % 1_000;
            machine.points.push((Point { at, width: SECOND, uptime, place }, said, written));
        }
        now = now.max(written) + SECOND;
    }
    machine
}

#[test]
fn the_truth_is_always_inside() {
    let mut narrowed = 0;
    for seed in 1..3_000_u64 {
        let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let machine = machine(&mut random, seed % 2 == 0);
        let points: Vec<Point> = machine.points.iter().map(|(point, ..)| *point).collect();
        let (found, steps) = boots(&points);
        if machine.slept == 0 {
            assert!(steps.is_empty(), "seed {seed}: {steps:?}");
        }
        assert!(steps.len() <= machine.slept, "seed {seed}: {steps:?}");
        assert_eq!(found.iter().map(|boot| boot.points().count()).sum::<usize>(), points.len());
        for boot in found.iter().filter(|boot| boot.plain) {
            let moment = boot.moment().expect("a moment");
            let inside = |truth: &&i64| (moment.earliest..moment.latest).contains(*truth);
            assert_eq!(machine.boots.iter().filter(inside).count(), 1, "seed {seed}: {moment:?}");
            assert!((moment.earliest..moment.latest).contains(&moment.best), "seed {seed}: {moment:?}");
        }
        for piece in found.iter().flat_map(|boot| &boot.pieces) {
            for point in &piece.points {
                let (_, said, written) = machine.points[point.place.offset as usize];
                let Some(edge) = piece.envelope.edge(point.uptime) else { continue };
                // Cut off at a microsecond.
                let latest = edge + point.uptime + 1_000;
                // Otherwise the line is late, and its stamp says all there is.
                if latest > point.at && piece.live_from() <= point.uptime {
                    assert!(said < latest, "seed {seed}: {point:?}");
                    let prompt = written - said <= 100 * MILLI;
                    assert!(!prompt || written < latest + 100 * MILLI, "seed {seed}: {point:?}");
                    narrowed += usize::from(latest < point.at + point.width);
                }
            }
        }
    }
    assert!(narrowed > 10_000, "{narrowed}");
}
