//! Uptimes in a chunk: stamps that count from a boot. They are no wall clock, so they are kept apart from
//! those, and mean nothing until the boot is known.
//!
//! What was written since one boot, without a sleep between, is one stretch: the survey cuts where uptimes
//! fall and behind records that tell of going to sleep or of waking up. Whether neighbouring chunks belong
//! together is asked again where they are joined, so the answer does not depend on where chunks end.

use serde::{Deserialize, Serialize};
use std::sync::LazyLock;

use memchr::memmem::Finder;

use super::file::FileSurvey;
use super::scan::Range;
use crate::base::NANOS_PER_SECOND;

/// Processors write at once and take their stamps before that, so uptimes fall a little inside one boot.
const DISORDER: i64 = NANOS_PER_SECOND / 10;

/// More stretches than this in one file are disorder: nothing is known of any of them.
pub(super) const MOST: usize = 1_024;

/// The uptime that a kernel message begins with, `[604065.445632]`, in nanoseconds.
pub fn uptime(message: &[u8]) -> Option<i64> {
    let text = message.strip_prefix(b"[")?;
    let blanks = text.iter().take_while(|byte| **byte == b' ').count();
    let end = memchr::memchr(b']', text.get(..20.min(text.len()))?)?;
    let number = text.get(blanks..end)?;
    let dot = memchr::memchr(b'.', number)?;
    let (whole, fraction) = (&number[..dot], &number[dot + 1..]);
    let digits = |text: &[u8]| !text.is_empty() && text.iter().all(u8::is_ascii_digit);
    if !digits(whole) || !digits(fraction) || whole.len() > 9 || fraction.len() != 6 {
        return None;
    }
    let value = |text: &[u8]| text.iter().fold(0_i64, |value, digit| value * 10 + i64::from(digit - b'0'));
    Some(value(whole) * NANOS_PER_SECOND + value(fraction) * 1_000)
}

/// What a record says of sleep.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Rest {
    /// The machine is about to sleep: nobody knows how long.
    Sleeps,
    /// It is awake again.
    Wakes,
}

/// What a kernel says before and after it sleeps.
static RESTS: LazyLock<[(Finder<'static>, Rest); 6]> = LazyLock::new(|| {
    [
        ("PM: suspend entry", Rest::Sleeps),
        ("hibernation entry", Rest::Sleeps),
        // Kernels before 4.15 say no more than this.
        ("Freezing user space processes", Rest::Sleeps),
        ("PM: suspend exit", Rest::Wakes),
        ("hibernation exit", Rest::Wakes),
        ("Restarting tasks", Rest::Wakes),
    ]
    .map(|(words, rest)| (Finder::new(words), rest))
});

/// Uptimes of a chunk, nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Uptimes {
    /// The first one.
    pub first: i64,
    /// The last one.
    pub last: i64,
    /// The smallest and the largest.
    pub range: Range<i64>,
    /// How many there are.
    pub count: u64,
    /// Whether no record with a time of its own stands before the first one.
    pub leads: bool,
    /// Whether none stands behind the last one.
    pub trails: bool,
    /// What the last one says of sleep.
    pub rest: Option<Rest>,
}

impl Uptimes {
    /// A stretch that begins with one uptime.
    pub(super) const fn new(uptime: i64, leads: bool, rest: Option<Rest>) -> Self {
        let range = Range { min: uptime, max: uptime };
        Self { first: uptime, last: uptime, range, count: 1, leads, trails: true, rest }
    }

    /// Takes the next one, which does not end the stretch.
    pub(super) fn add(&mut self, uptime: i64, rest: Option<Rest>) {
        self.last = uptime;
        self.range = Range { min: self.range.min.min(uptime), max: self.range.max.max(uptime) };
        self.count += 1;
        self.trails = true;
        self.rest = rest;
    }

    /// Whether an uptime that follows is one of another boot.
    pub(super) const fn falls_to(&self, next: i64) -> bool {
        next < self.last - DISORDER
    }
}

/// What a record says of sleep.
pub(super) fn rest(line: &[u8]) -> Option<Rest> {
    RESTS.iter().find(|(words, _)| words.find(line).is_some()).map(|(_, rest)| *rest)
}

/// Uptimes that count from one boot, with no sleep between them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// Its surveyed chunks: from, to. Between them may be chunks without an uptime.
    pub chunks: (usize, usize),
    /// Smallest and largest uptime, nanoseconds.
    pub range: Range<i64>,
    /// Whether it may reach from before a sleep to behind it: what is said between going to sleep and
    /// waking up.
    pub asleep: bool,
    /// Whether the machine slept, or began to, right before it.
    pub rested: bool,
    /// Whether it sleeps, or wakes up, right behind it.
    pub rests: bool,
}

impl FileSurvey {
    /// Uptimes by boot, as far as the file tells: where they fall another boot begins. Each boot is given
    /// by its stretches; none where they are out of order.
    pub fn boots(&self) -> Vec<Vec<Stretch>> {
        let mut boots: Vec<Vec<Stretch>> = Vec::new();
        let mut before: Option<Uptimes> = None;
        let mut count = 0;
        for (index, uptimes) in
            self.chunks.iter().enumerate().filter_map(|(index, (_, chunk))| Some((index, chunk.uptimes?)))
        {
            let fell = before.is_none_or(|before| before.falls_to(uptimes.first));
            let rest = before.and_then(|before| before.rest).filter(|_| !fell);
            before = Some(uptimes);
            if fell {
                boots.push(Vec::new());
            }
            let Some(boot) = boots.last_mut() else { continue };
            match boot.last_mut() {
                Some(last) if rest.is_none() => {
                    last.chunks.1 = index + 1;
                    last.range.min = last.range.min.min(uptimes.range.min);
                    last.range.max = last.range.max.max(uptimes.range.max);
                }
                _ => {
                    // What wakes up without going to sleep was asleep all along: its beginning is lost.
                    let woken = rest == Some(Rest::Wakes);
                    if let Some(last) = boot.last_mut() {
                        last.rests = true;
                        last.asleep |= woken;
                    }
                    let range = uptimes.range;
                    let (asleep, rested) = (rest == Some(Rest::Sleeps), rest.is_some());
                    boot.push(Stretch { chunks: (index, index + 1), range, asleep, rested, rests: false });
                    count += 1;
                }
            }
        }
        if count > MOST { Vec::new() } else { boots }
    }
}

#[cfg(test)]
mod tests {
    use super::super::scan::ChunkSurvey;
    use super::*;

    const SECOND: i64 = NANOS_PER_SECOND;

    fn survey(chunks: &[(i64, i64, Option<Rest>)]) -> FileSurvey {
        let chunk = |(first, last, rest): &(i64, i64, Option<Rest>)| {
            let mut uptimes = Uptimes::new(first * SECOND, true, None);
            uptimes.add(last * SECOND, *rest);
            (0, ChunkSurvey { uptimes: Some(uptimes), ..ChunkSurvey::default() })
        };
        FileSurvey { chunks: chunks.iter().map(chunk).collect(), ..FileSurvey::default() }
    }

    #[test]
    fn a_boot_ends_where_uptimes_fall() {
        let boots = survey(&[(0, 9, None), (9, 30, None), (0, 4, None)]).boots();
        let chunks = boots.iter().map(|boot| boot.iter().map(|stretch| stretch.chunks).collect());
        assert_eq!(chunks.collect::<Vec<Vec<_>>>(), [vec![(0, 2)], vec![(2, 3)]]);
        assert_eq!(boots[0][0].range, Range { min: 0, max: 30 * SECOND });
        let many: Vec<_> = (0..=MOST as i64).map(|_| (5, 9, None)).collect();
        assert!(survey(&many).boots().is_empty(), "disorder");
    }

    #[test]
    fn what_is_said_between_falling_asleep_and_waking_up_is_of_both_sides() {
        let sleep = [(0, 9, Some(Rest::Sleeps)), (9, 11, Some(Rest::Wakes)), (11, 20, None)];
        let told: Vec<_> =
            survey(&sleep).boots()[0].iter().map(|one| (one.asleep, one.rested, one.rests)).collect();
        assert_eq!(told, [(false, false, true), (true, true, true), (false, true, false)]);
        // The buffer has wrapped: nobody knows when it fell asleep.
        let lost = survey(&[(9, 11, Some(Rest::Wakes)), (11, 20, None)]).boots();
        assert!(lost[0][0].asleep && !lost[0][1].asleep);
        // A boot is no waking up.
        let reset = survey(&[(0, 9, Some(Rest::Sleeps)), (0, 20, None)]).boots();
        assert!(reset.iter().all(|boot| boot.len() == 1 && !boot[0].asleep && !boot[0].rested));
    }

    #[test]
    fn a_kernel_tells_of_sleep() {
        for (line, said) in [
            (&b"[ 1000.123456] PM: suspend entry (deep)"[..], Some(Rest::Sleeps)),
            (b"[ 1000.123456] PM: hibernation: hibernation entry", Some(Rest::Sleeps)),
            (
                b"[ 1000.123456] Freezing user space processes ... (elapsed 0.001 seconds) done.",
                Some(Rest::Sleeps),
            ),
            (b"[ 1002.000001] PM: suspend exit", Some(Rest::Wakes)),
            (b"[ 1002.000001] PM: suspend devices took 0.100 seconds", None),
        ] {
            assert_eq!(rest(line), said);
        }
    }

    #[test]
    fn kernel_messages_carry_their_uptime() {
        assert_eq!(uptime(b"[604065.445632] php-fpm[9401]: segfault"), Some(604_065_445_632_000));
        assert_eq!(uptime(b"[    0.000000] Linux version 5.10"), Some(0));
        for other in [&b"[12:00] x"[..], b"604065.445632", b"[v1.2] x", b"[1.5]", b"["] {
            assert_eq!(uptime(other), None);
        }
    }
}
