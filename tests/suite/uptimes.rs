//! Made-up machines that boot, sleep and have their clock set, as their own logs tell them: what is said of
//! `dmesg`, which has no times, is true.

use std::fmt::Write as _;

use serde_json::Value;

use crate::util::{Random, Scratch, date, days, nanos};

const SECOND: i64 = 1_000_000_000;
const MILLI: i64 = 1_000_000;

/// A wall clock as `2026-11-20T10:10:59.123456Z`.
fn iso(at: i64) -> String {
    let (year, month, day) = date(at.div_euclid(86_400 * SECOND));
    let second = at.div_euclid(SECOND).rem_euclid(86_400);
    format!(
        "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}.{:06}Z",
        second / 3_600,
        second / 60 % 60,
        second % 60,
        at.rem_euclid(SECOND) / 1_000
    )
}

/// What happened to a machine, and what it wrote of it.
#[derive(Default)]
struct World {
    /// What the wall clock showed at each line, by its number, and when it was written to a log.
    lines: Vec<(i64, i64)>,
    boots: Vec<i64>,
    kern: String,
    app: String,
    /// The ring buffer of each boot.
    dmesg: Vec<String>,
    slept: bool,
    set: bool,
}

impl World {
    fn app(&mut self, at: i64) {
        let number = self.lines.len();
        self.lines.push((at, at));
        let _ = writeln!(self.app, "{} h1 app[9]: e={number} works", iso(at));
    }

    /// One boot, from the wall clock's `wall` on; returns when it ends.
    fn boot(&mut self, random: &mut Random, mut wall: i64) -> i64 {
        let below = |random: &mut Random, limit: i64| random.below(limit as u64) as i64;
        self.boots.push(wall);
        let daemon = wall + 4 * SECOND + below(random, 6 * SECOND);
        let count = 36 + below(random, 20);
        // One change in the middle, with enough lines on both sides to tell it from a late line.
        let (change, what) = (14 + below(random, 8), random.below(3));
        let (mut uptime, mut written, mut ring) = (0, i64::MIN, String::new());
        // Lines that a log waits for: what is said before a sleep is written behind it.
        for index in 0..count {
            let gap = match random.below(3) {
                _ if index < 4 => below(random, SECOND) + MILLI,
                _ if index < 10 => below(random, SECOND) + 2 * SECOND,
                0 => below(random, 20 * SECOND) + 2 * SECOND,
                _ => below(random, 1_800 * SECOND) + 2 * SECOND,
            };
            (uptime, wall) = (uptime + gap, wall + gap);
            let mut asleep = 0;
            let mut said = format!("e={} of boot {}", self.lines.len(), self.boots.len());
            if index == change && what == 1 {
                said = format!("PM: suspend entry (deep) e={}", self.lines.len());
                asleep = 60 * SECOND + below(random, 86_400 * SECOND);
                self.slept = true;
            } else if index == change && what == 2 {
                let by = SECOND * (1 + below(random, 900));
                wall += if random.chance(50) { by } else { -by };
                written = i64::MIN;
                self.set = true;
            } else if index == change + 1 && what == 1 {
                said = format!("PM: suspend exit e={}", self.lines.len());
            }
            let late = if index > 10 && index % 4 == 0 && random.chance(30) { 2 * SECOND } else { MILLI };
            // The line at its place in the ring buffer, and the log's where it did not lose it.
            let _ = writeln!(ring, "[{:5}.{:06}] {said}", uptime / SECOND, uptime % SECOND / 1_000);
            written = written.max(wall + asleep + below(random, late)).max(daemon);
            let spared = index > 10 && (index < change - 4 || index > change + 5) && index + 3 < count;
            if !(spared && random.chance(40)) {
                let stamp = iso(written);
                let day = stamp[8..10].trim_start_matches('0');
                let month = ["Nov", "Dec"][usize::from(&stamp[5..7] == "12")];
                let (whole, micro) = (uptime / SECOND, uptime % SECOND / 1_000);
                let _ = writeln!(
                    self.kern,
                    "{month} {day:>2} {} h1 kernel: [{whole:5}.{micro:06}] {said}",
                    &stamp[11..19]
                );
            }
            self.lines.push((wall, written));
            wall += asleep;
            if random.chance(60) {
                let at = wall + below(random, 2 * SECOND);
                self.app(at);
            }
        }
        self.dmesg.push(ring);
        wall.max(written)
    }

    fn new(random: &mut Random, scratch: &Scratch) -> Self {
        let mut world = Self::default();
        let mut wall = days(2026, 11, 2) * 86_400 * SECOND + random.below(1 << 46) as i64;
        for _ in 0..=random.below(2) {
            wall = world.boot(random, wall) + (30 + random.below(20_000) as i64) * SECOND;
        }
        scratch.write("h1/kern.log", &world.kern);
        scratch.write("h1/app.log", &world.app);
        for (ago, ring) in world.dmesg.iter().rev().enumerate() {
            scratch
                .write(&if ago == 0 { "h1/dmesg".to_owned() } else { format!("h1/dmesg.{}", ago - 1) }, ring);
        }
        world
    }
}

const ARGS: [&str; 8] = ["show", ".", "--tz", "UTC", "--assume-tz", "UTC", "--year", "2026"];

/// The number of a line, from what is shown of it.
fn number(text: &str) -> Option<usize> {
    let (_, rest) = text.split_once("e=")?;
    rest[..rest.bytes().take_while(u8::is_ascii_digit).count()].parse().ok()
}

/// Every line of `dmesg` is where it was, or undated; returns how many are dated, and how many of them to
/// three seconds.
fn check_lines(seed: u64, world: &World, printed: &str) -> (usize, usize) {
    let (mut dated, mut narrow) = (0, 0);
    for line in printed.lines() {
        let event: Value = serde_json::from_str(line).expect("JSON");
        let bound = |key: &str| event[key].as_str().map(nanos);
        if event["fields"]["derived"] == "boot" {
            let (earliest, latest) = (bound("earliest").expect("a bound"), bound("latest").expect("a bound"));
            let inside = world.boots.iter().filter(|boot| (earliest..latest).contains(*boot));
            assert_eq!(inside.count(), 1, "seed {seed}: {line}");
        }
        if event["format"] != "dmesg" {
            continue;
        }
        let (at, _) = world.lines[number(line).expect("a line of ours")];
        let (earliest, latest) = (bound("earliest").unwrap_or(i64::MIN), bound("latest").unwrap_or(i64::MAX));
        assert!((earliest..latest).contains(&at), "seed {seed}: {} is not in {line}", iso(at));
        if event["time"].is_string() {
            dated += 1;
            narrow += usize::from(latest - earliest < 3 * SECOND);
        }
    }
    (dated, narrow)
}

#[test]
fn what_is_said_of_uptimes_is_true() {
    let (mut dated, mut narrow, mut all, mut slept, mut set) = (0, 0, 0, 0, 0);
    for seed in 0..24 {
        let mut random = Random(seed);
        let scratch = Scratch::new("uptimes");
        let world = World::new(&mut random, &scratch);
        let printed = scratch.good(&[&ARGS[..], &["--format", "jsonl"]].concat());
        let found = check_lines(seed, &world, std::str::from_utf8(&printed).expect("UTF-8"));
        (dated, narrow) = (dated + found.0, narrow + found.1);
        all += world.dmesg.iter().map(|ring| ring.lines().count()).sum::<usize>();
        (slept, set) = (slept + usize::from(world.slept), set + usize::from(world.set));
        for more in [["-j", "1", "--chunk-size", "90"], ["-j", "3", "--chunk-size", "1000"]] {
            let other = scratch.good(&[&ARGS[..], &["--format", "jsonl"], &more].concat());
            assert!(other == printed, "seed {seed}: {more:?}");
        }
    }
    assert!(slept > 5 && set > 5, "{slept} slept, {set} set");
    assert!(dated * 10 > all * 9 && narrow * 2 > dated, "{narrow} narrow, {dated} dated of {all}");
}

#[test]
fn no_order_is_claimed_that_uptimes_do_not_prove() {
    // Behind the time and its offset.
    const TIE: usize = 29;
    let (mut proven, mut tied) = (0, 0);
    for seed in 0..24 {
        let mut random = Random(seed);
        let scratch = Scratch::new("uptimes");
        let world = World::new(&mut random, &scratch);
        let printed = String::from_utf8(scratch.good(&ARGS)).expect("UTF-8");
        let lines: Vec<&str> = printed.lines().collect();
        let source =
            |line: &str| ["dmesg", "kern.log", "app.log"].iter().position(|name| line.contains(name));
        for pair in lines.windows(2) {
            let [Some(above), Some(below)] = [pair[0], pair[1]].map(number) else { continue };
            // A file is in order, whatever its clock shows.
            if source(pair[0]) == source(pair[1]) || [pair[0], pair[1]].iter().any(|line| line.contains('»'))
            {
                continue;
            }
            if pair[1].as_bytes().get(TIE) == Some(&b'~') {
                tied += 1;
                continue;
            }
            proven += 1;
            let (above, below) = (world.lines[above], world.lines[below]);
            assert!(above.0 <= below.1, "seed {seed}:\n{}\n{}", pair[0], pair[1]);
        }
    }
    assert!(proven > 100 && tied > 100, "{proven} proven, {tied} tied");
}
