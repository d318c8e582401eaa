//! Uptimes of made-up machines that sleep and whose clocks are set: the truth is always inside, or nothing
//! is claimed.

use super::super::{Point, boots};
use super::*;
use crate::clock::proof::Place;

const SECOND: i64 = crate::base::NANOS_PER_SECOND;
const DAY: i64 = 86_400 * SECOND;
const MILLI: i64 = 1_000_000;

/// xorshift64*
struct Random(u64);

impl Random {
    fn below(&mut self, limit: i64) -> i64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        ((self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 16) as i64).rem_euclid(limit)
    }

    fn once_in(&mut self, times: i64) -> bool {
        self.below(times) == 0
    }
}

/// What a kernel says in one boot, and what of it a log has.
#[derive(Default)]
struct Machine {
    logged: Vec<Point>,
    /// Uptime, what the wall clock showed, and how often the machine had slept.
    said: Vec<(i64, i64, usize)>,
}

/// A boot of `count` lines. `fine`: stamps of a microsecond, not of a second.
fn machine(random: &mut Random, sleeps: bool, sets: bool, fine: bool) -> Machine {
    let mut machine = Machine::default();
    let width = if fine { 1_000 } else { SECOND };
    let mut wall = 1_417_742_604 * SECOND + random.below(DAY);
    let (mut uptime, mut slept, mut written, mut prompt, mut live, mut since) = (0, 0, i64::MIN, 0, 0, 0);
    let ppm = random.below(401) - 200;
    let daemon = wall + 3 * SECOND + random.below(20 * SECOND);
    for index in 0..10 + random.below(60) {
        let gap = match random.below(4) {
            _ if index < 4 => random.below(SECOND) + MILLI,
            0 => random.below(SECOND / 5) + MILLI,
            1 => random.below(20 * SECOND) + 2 * SECOND,
            2 => random.below(3_600 * SECOND),
            _ => random.below(2 * DAY),
        };
        uptime += gap;
        wall += gap + gap / 1_000_000 * ppm;
        // A clock that is set and a sleep within three lines of a log are more than it can tell.
        if sleeps && live > 3 && (since > 2 || !sets) && random.once_in(12) {
            (slept, since) = (slept + 1, 0);
            wall += 10 * SECOND + random.below(DAY);
        }
        // Not twice within a few lines that are logged, and not right before their end.
        if sets && since > 5 && random.once_in(8) {
            since = 0;
            let by = random.below(3 * SECOND) * [1, 1, 40, 4_000][random.below(4) as usize];
            wall += if random.once_in(2) { by } else { -by };
            written = i64::MIN;
        }
        machine.said.push((uptime - uptime % 1_000, wall, slept));
        if live > 3 && random.once_in(2) {
            continue;
        }
        // Of three logged live lines in a row at most one is late.
        let late = match prompt > 1 && random.once_in(4) {
            true => random.below(7 * SECOND),
            false => random.below(2 * MILLI),
        };
        live += i32::from(wall > daemon);
        written = written.max(if live == 0 { daemon } else { wall + late }).max(wall + late);
        // What is said behind a late line waits for it.
        prompt = if written - wall > PROMPT { 0 } else { prompt + i32::from(wall > daemon) };
        let at = written - written.rem_euclid(width);
        let fresh = machine.logged.last().is_none_or(|last| last.at != at);
        since += i32::from(wall > daemon && fresh);
        let place = Place { file: 0, offset: machine.logged.len() as u64 };
        machine.logged.push(Point { at, width, uptime: uptime - uptime % 1_000, place });
    }
    if sets && since < 3 {
        return Machine::default();
    }
    machine
}

/// Asserts that every line is inside of what its log makes of it, as far as that claims anything; returns
/// how many lines that are, and how many of them are known to five seconds.
fn check(seed: u64, machine: &Machine, sets: bool) -> (usize, usize) {
    let (found, _) = boots(&machine.logged);
    let Some(base) = Timebase::new(&found.iter().collect::<Vec<_>>()) else { return (0, 0) };
    let (first, last) = base.range();
    let (mut inside, mut narrow) = (0, 0);
    for stretch in machine.said.chunk_by(|a, b| a.2 == b.2) {
        let (min, max) = (stretch[0].0, stretch[stretch.len() - 1].0);
        let (rested, rests) = (stretch[0].2 > 0, stretch[0].2 < machine.said[machine.said.len() - 1].2);
        if min > last && rested || max < first && rests {
            continue;
        }
        // A clock that is set behind the last line is set where nobody looks.
        for (uptime, wall, slept) in stretch.iter().filter(|said| !sets || (first..=last).contains(&said.0)) {
            let bounds = base.at(*uptime, *slept > 0);
            let (low, high) = (uptime + bounds.low, uptime + bounds.high + 1_000);
            assert!((low..high).contains(wall), "seed {seed}: at {uptime} {wall} is not in {low}..{high}");
            assert!((bounds.low..bounds.high).contains(&bounds.best), "seed {seed}");
            inside += 1;
            narrow += usize::from(high - low < 5 * SECOND);
        }
    }
    (inside, narrow)
}

#[test]
fn the_truth_is_always_inside() {
    for (sleeps, sets) in [(false, false), (true, false), (false, true), (true, true)] {
        let (mut inside, mut narrow) = (0, 0);
        for seed in 1..1_000_u64 {
            let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
            let machine = machine(&mut random, sleeps, sets, seed % 3 == 0);
            let found = check(seed, &machine, sets);
            (inside, narrow) = (inside + found.0, narrow + found.1);
        }
        assert!(inside > 10_000 && narrow * 20 > inside, "{sleeps} {sets}: {narrow} of {inside}");
    }
}

#[test]
fn uptimes_keep_their_order() {
    for seed in 1..300_u64 {
        let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let machine = machine(&mut random, false, false, false);
        let (found, _) = boots(&machine.logged);
        let Some(base) = Timebase::new(&found.iter().collect::<Vec<_>>()) else { continue };
        let best = |uptime: i64| uptime + base.at(uptime, false).best;
        let order: Vec<i64> = machine.said.iter().map(|(uptime, ..)| best(*uptime)).collect();
        assert!(order.is_sorted(), "seed {seed}");
    }
}
