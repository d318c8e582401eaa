//! A source's stretches between jumps of its stamps, and which jumps could be a changed zone.
//!
//! Works on wall clocks only: years are settled, zones are not. Inside a stretch the zone cannot have
//! changed: its stamps would have jumped. Across a jump it may have, and what is known of one side is not
//! known of the other. A jump by whole hours (or quarters of one) in a log that otherwise never pauses is
//! suspect: it looks like a changed zone.

use super::settle::FileFacts;
use super::years;
use crate::base::NANOS_PER_SECOND;
use crate::survey::{Gaps, JUMP, STEP_BACK, Seen};
use crate::time::Zone;

/// What lies between two jumps: surveyed chunks of one file.
#[derive(Clone, Debug)]
pub(super) struct Stretch {
    /// Index of the file.
    pub file: usize,
    /// Number of the stretch in its file, as the witness counts.
    pub number: u32,
    /// Surveyed chunks of the file: from, to.
    pub pieces: (usize, usize),
    /// First and last wall clock in file order, nanoseconds; `None` without stamps that lack a zone.
    pub ends: Option<(i64, i64)>,
    /// Smallest and largest wall clock, nanoseconds.
    pub range: Option<(i64, i64)>,
    /// How far its stamps stand apart.
    pub gaps: Gaps,
}

/// How a stretch follows the one before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Follows {
    /// In the same zone: no jump.
    Plainly,
    /// In the zone that is guessed at first, which sets its clock forward just here.
    SetForward,
    /// After a pause, or a step back: a zone may have changed in it, though nothing looks like it.
    Unknown,
    /// In the zone that is guessed at first, which sets its clock back just here: wall clocks that come
    /// twice are now to be read the later way.
    SetBack,
    /// After a jump near a whole number of quarter hours: `grid` nanoseconds of it, `rest` remaining.
    Suspect { grid: i64, rest: i64 },
}

/// A source's stretches in the order they were written, and how each follows the one before it.
#[derive(Clone, Debug, Default)]
pub(super) struct Sequence {
    pub stretches: Vec<Stretch>,
    pub follows: Vec<Follows>,
}

/// Local nanoseconds of what the survey saw, in the year given for turn 0 of its chunk.
pub(super) fn wall(seen: Seen, year: i32) -> Option<i64> {
    match seen {
        Seen::Yearless(turn, at) => Some(years::in_year(year + turn, at)),
        _ => seen.wall(),
    }
}

impl Sequence {
    /// The stretches of a source. `order` are its files from the oldest, `years` the year of the first
    /// stamp of each of their chunks, `zone` the zone that is guessed at first.
    pub(super) fn new(files: &[FileFacts<'_>], order: &[usize], years: &[Vec<i32>], zone: &Zone) -> Self {
        let mut sequence = Self::default();
        let jumps: u32 = order.iter().map(|file| files[*file].testimony.jumps).sum();
        for (&file, years) in order.iter().zip(years) {
            let numbers = files[file].testimony.stretches.clone();
            let chunks = files[file].survey.chunks.iter().zip(years).zip(numbers).enumerate();
            for (index, (((_, chunk), year), number)) in chunks {
                let same =
                    sequence.stretches.last().is_some_and(|last| (last.file, last.number) == (file, number));
                if !same {
                    sequence.stretches.push(Stretch {
                        file,
                        number,
                        pieces: (index, index),
                        ends: None,
                        range: None,
                        gaps: Gaps::default(),
                    });
                }
                let Some(stretch) = sequence.stretches.last_mut() else { continue };
                stretch.pieces.1 = index + 1;
                stretch.gaps.merge(&chunk.gaps);
                for at in [chunk.first, chunk.last].into_iter().flatten().filter_map(|seen| wall(seen, *year))
                {
                    stretch.ends = Some((stretch.ends.map_or(at, |ends| ends.0), at));
                }
                let local = chunk.local.map(|range| (range.min, range.max));
                let yearless = chunk.yearless.map(|yearless| {
                    let at = |(turn, at): (i32, i64)| years::in_year(year + turn, at);
                    (at(yearless.range.min), at(yearless.range.max))
                });
                for (min, max) in local.into_iter().chain(yearless) {
                    stretch.range =
                        Some(stretch.range.map_or((min, max), |range| (range.0.min(min), range.1.max(max))));
                }
            }
        }
        let mixed = order.iter().any(|file| !files[*file].testimony.writers.is_empty());
        sequence.follow(zone, jumps <= MOST_JUMPS, mixed);
        sequence
    }

    /// Where stamps run back and not for a late record alone: the wall clock before, and the file.
    pub(super) fn steps_back(&self) -> Vec<(i64, usize)> {
        let mut found = Vec::new();
        let mut last: Option<(i64, usize)> = None;
        for (stretch, follows) in self.stretches.iter().zip(&self.follows) {
            let Some((first, end)) = stretch.ends else { continue };
            let back = last.filter(|(at, _)| *follows != Follows::Plainly && first <= at - STEP_BACK);
            found.extend(back);
            last = Some((end, stretch.file));
        }
        found
    }

    /// Judges every jump. With `trust` off the log is sparse or out of order, and no jump is suspect.
    fn follow(&mut self, zone: &Zone, trust: bool, mixed: bool) {
        let mut gaps = Gaps::default();
        for stretch in &self.stretches {
            gaps.merge(&stretch.gaps);
        }
        let usual = gaps.quantile(0.98).filter(|_| trust && gaps.total() >= 8);
        let sparse = gaps.quantile(0.98).is_some_and(|usual| usual > LONGEST_USUAL);
        let mut last: Option<i64> = None;
        let mut file = None;
        for stretch in &self.stretches {
            let new_file = file.replace(stretch.file).is_some_and(|before| before != stretch.file);
            let follows = match (last, stretch.ends) {
                // Which of several writers' clocks is the file's own may differ from file to file.
                (Some(_), Some(_)) if new_file && mixed => Follows::Unknown,
                // A log that pauses for hours goes on in its next file after a while, by whatever clock.
                (Some(last), Some((first, _))) if new_file && sparse && first - last > LATE => {
                    Follows::Unknown
                }
                (Some(last), Some((first, _))) => judge(last, first, usual, zone),
                _ => Follows::Plainly,
            };
            self.follows.push(follows);
            last = stretch.ends.map(|ends| ends.1).or(last);
        }
        // A few records out of order between two stretches that follow each other part nothing.
        // Unless several writers' clocks are in it: then each stray may be by another.
        let strays = if mixed { 0..0 } else { 1..self.stretches.len().saturating_sub(1) };
        for index in strays {
            let [before, stray, after] = &self.stretches[index - 1..=index + 1] else { continue };
            let (Some((_, last)), Some((first, _))) = (before.ends, after.ends) else { continue };
            let goes_on = (-LATE..JUMP).contains(&(first - last));
            // What comes late is older than what it stands between; what is from the future is by another clock.
            let late = stray.ends.is_some_and(|(first, _)| first < last);
            if late && stray.gaps.total() < MOST_STRAY && before.gaps.total() >= MOST_STRAY && goes_on {
                self.follows[index] = Follows::Plainly;
                self.follows[index + 1] = Follows::Plainly;
            }
        }
    }
}

/// A log with more jumps than these is sparse: none of them is suspect.
const MOST_JUMPS: u32 = 64;

/// Records in a row that may be out of order, and by how much the order may run back behind them.
const MOST_STRAY: u64 = 8;
const LATE: i64 = 60 * NANOS_PER_SECOND;

/// Longest pause that may be usual in a log whose jumps are judged: in a sparser one every pause is a
/// jump.
pub(super) const LONGEST_USUAL: i64 = 300 * NANOS_PER_SECOND;

/// What a jump from `last` to `first` may be; `usual` is a pause that 98 % do not exceed.
fn judge(last: i64, first: i64, usual: Option<i64>, zone: &Zone) -> Follows {
    const SECOND: i64 = NANOS_PER_SECOND;
    const DAY: i64 = 86_400 * SECOND;
    let jump = first - last;
    if (1 - STEP_BACK..JUMP).contains(&jump) {
        return Follows::Plainly;
    }
    // Less than the finest grid: a pause hides the rest of it.
    if jump.abs() < JUMP {
        return Follows::Unknown;
    }
    let Some(usual) = usual.filter(|usual| *usual <= LONGEST_USUAL) else { return Follows::Unknown };
    // A zone that changes its offset right here explains the jump.
    let utc = |at: i64| {
        let (first, second) = zone.to_utc(at.div_euclid(SECOND));
        (first * SECOND + at.rem_euclid(SECOND), second.map(|second| second * SECOND + at.rem_euclid(SECOND)))
    };
    let before = utc(last).0;
    let (early, late) = utc(first);
    let explained = |after: i64| (-SECOND..=usual.max(2 * SECOND)).contains(&(after - before));
    if late.is_some_and(explained) {
        return Follows::SetBack;
    }
    if explained(early) {
        return Follows::SetForward;
    }
    // The finer the grid, the more jumps lie near it by chance.
    for (step, finest) in [(3_600, LONGEST_USUAL), (1_800, 35 * SECOND), (900, 9 * SECOND)] {
        let step = step * SECOND;
        // The rest is never negative but for the order of two writers.
        let grid = (jump + SECOND).div_euclid(step) * step;
        let rest = jump - grid;
        if usual <= finest && grid != 0 && grid.abs() <= DAY + 2 * 3_600 * SECOND && rest <= usual.max(SECOND)
        {
            return Follows::Suspect { grid, rest };
        }
    }
    Follows::Unknown
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: i64 = NANOS_PER_SECOND;

    #[test]
    fn only_whole_quarters_in_a_busy_log_are_suspect() {
        let seoul = Zone::parse("Asia/Seoul").expect("known");
        let day = 16_000 * 86_400 * SECOND;
        let judge = |jump: i64, usual: i64| judge(day, day + jump * SECOND, Some(usual * SECOND), &seoul);
        assert_eq!(judge(9 * 3_600 + 3, 8), Follows::Suspect { grid: 9 * 3_600 * SECOND, rest: 3 * SECOND });
        assert_eq!(
            judge(-9 * 3_600 + 3, 8),
            Follows::Suspect { grid: -9 * 3_600 * SECOND, rest: 3 * SECOND }
        );
        assert_eq!(judge(20_700, 4), Follows::Suspect { grid: 20_700 * SECOND, rest: 0 });
        assert_eq!(judge(20_700, 60), Follows::Unknown, "too slow a log for quarter hours");
        assert_eq!(judge(9 * 3_600 + 30, 8), Follows::Unknown, "30 s off");
        assert_eq!(judge(9 * 3_600, 900), Follows::Unknown, "a sparse log");
        assert_eq!(judge(600, 8), Follows::Plainly);
    }

    #[test]
    fn summer_time_of_the_zone_itself_is_no_suspect() {
        let berlin = Zone::parse("Europe/Berlin").expect("known");
        let at = |day: i64, second: i64| {
            (crate::base::days_from_civil(2014, 10, 26) + day) * 86_400 * SECOND + second * SECOND
        };
        // 02:59:58 summer time, then 02:00:00 winter time.
        let back = judge(at(0, 10_798), at(0, 7_200), Some(8 * SECOND), &berlin);
        assert_eq!(back, Follows::SetBack);
        let seoul = Zone::parse("Asia/Seoul").expect("known");
        let back = judge(at(0, 10_798), at(0, 7_200), Some(8 * SECOND), &seoul);
        assert_eq!(back, Follows::Suspect { grid: -3_600 * SECOND, rest: 2 * SECOND });
    }
}
