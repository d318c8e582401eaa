//! Records of a clock that nobody had set yet: a machine without a battery starts in 1970, or at the day
//! its image was built, and jumps to the present when it has asked for the time.
//!
//! Without years such a start looks like a New Year. It is told from one by its end: within a day of its
//! own stamps the log is back where it was. What such records say of the time means nothing; they are
//! undated, and stand behind the record before them.
//!
//! The survey cuts a chunk wherever such a stretch may begin or end, so whole surveyed pieces are judged
//! here, and the judgement does not depend on where chunks end.

use memchr::memmem;

use super::file::FileSurvey;
use super::scan::Yearless;
use super::uptimes::uptime;
use crate::base::{NANOS_PER_SECOND, PROXY_YEAR, days_from_civil};

const SECOND: i64 = NANOS_PER_SECOND;
const DAY: i64 = 86_400 * SECOND;
pub(super) const HOUR: i64 = 3_600 * SECOND;

/// No stretch of an unset clock is longer by its own stamps.
pub(super) const LONGEST: i64 = DAY;

/// A file with more places where such a stretch may begin is out of order; nothing is judged in it.
pub(super) const MOST: u32 = 256;

/// A silence across which a log that was back after 1970 may have slept.
const SLEEP: i64 = 45 * DAY;

/// Whether a stamp of the proxy year may be shown soon after the start of 1970, in some zone: `within`
/// nanoseconds behind a quarter of an hour.
fn epoch(at: i64, within: i64) -> bool {
    let start = days_from_civil(PROXY_YEAR, 1, 1) * DAY;
    let since = at - start;
    let day = (0..14 * HOUR + HOUR / 4).contains(&since) || since >= 366 * DAY - 12 * HOUR;
    day && since.rem_euclid(HOUR / 4) < within
}

const BOOT: i64 = 300 * SECOND;

/// The uptime of a record that a kernel says right after its start, by the words that syslog daemons put before it.
pub(super) fn boots(line: &[u8]) -> Option<i64> {
    const NAME: &[u8] = b"kernel: [";
    uptime(&line[memmem::find(line, NAME)? + NAME.len() - 1..]).filter(|uptime| *uptime < BOOT)
}

/// Whether a stretch of an unset clock may begin between two neighbouring stamps of the proxy year; `boots` says
/// that a kernel tells of a start there. A step of all but a whole year is New Year in a log that goes on, or disorder
/// around it; a step of a few days is disorder as well, unless it leads to the very first minute.
pub(super) fn may_begin(previous: i64, next: i64, boots: bool) -> bool {
    let step = next - previous;
    if boots {
        return !(-HOUR..=LONGEST).contains(&step);
    }
    let far = step.abs() > 3 * DAY && (step.abs() > 180 * DAY || epoch(next, BOOT));
    step.abs() < 363 * DAY && far || (-365 * DAY..-DAY).contains(&step) && epoch(next, BOOT / 5)
}

/// Whether two stamps show the same time of day: those of a job that runs then.
fn same_time(one: i64, other: i64) -> bool {
    let apart = (one - other).rem_euclid(DAY);
    apart.min(DAY - apart) <= 120 * SECOND
}

/// What one surveyed piece says, as far as it matters here.
#[derive(Clone, Copy)]
struct Piece {
    yearless: Option<Yearless>,
    /// Whether it holds stamps of other kinds: such a clock had been set.
    other: bool,
    /// Whether its file is judged at all.
    judged: bool,
    /// The uptime that a kernel tells at its beginning.
    boots: Option<i64>,
}

/// Finds the records of unset clocks in a family, oldest file first, and takes them as undated.
pub fn drop_unset(family: &mut [&mut FileSurvey]) {
    let mut pieces: Vec<Piece> = Vec::new();
    let mut last: Option<i64> = None;
    for survey in family.iter() {
        let begins = pieces.len();
        let mut places = 0;
        for (_, chunk) in &survey.chunks {
            if let Some(yearless) = chunk.yearless {
                places += u32::from(
                    last.is_some_and(|last| may_begin(last, yearless.first, chunk.boots.is_some())),
                );
                last = Some(yearless.last);
            }
            let other = chunk.local.is_some() || chunk.zoned.is_some();
            pieces.push(Piece { yearless: chunk.yearless, other, judged: true, boots: chunk.boots });
        }
        for piece in &mut pieces[begins..] {
            piece.judged = places < MOST;
        }
    }
    let unset = judge(&pieces);
    let chunks = family.iter_mut().flat_map(|survey| survey.chunks.iter_mut());
    for ((_, chunk), _) in chunks.zip(unset).filter(|(_, unset)| *unset) {
        if let Some(yearless) = chunk.yearless.take() {
            chunk.undated += yearless.count;
            (chunk.first, chunk.last) = (None, None);
            chunk.unset = true;
        }
    }
}

fn judge(pieces: &[Piece]) -> Vec<bool> {
    let mut unset = vec![false; pieces.len()];
    let mut last: Option<i64> = None;
    let mut index = 0;
    while index < pieces.len() {
        let Some(yearless) = pieces[index].yearless else {
            index += 1;
            continue;
        };
        match stretch(last, &pieces[index..]) {
            Some(length) => {
                for (mark, piece) in unset[index..index + length].iter_mut().zip(&pieces[index..]) {
                    *mark = piece.yearless.is_some();
                }
                index += length;
            }
            None => {
                last = Some(yearless.last);
                index += 1;
            }
        }
    }
    unset
}

/// How many pieces belong to an unset clock, if the first of them does. `last` is the stamp before.
fn stretch(last: Option<i64>, pieces: &[Piece]) -> Option<usize> {
    let &Piece { yearless, boots, .. } = pieces.first()?;
    let start = yearless?.first;
    if last.is_some_and(|last| !may_begin(last, start, boots.is_some()))
        || last.is_none() && !epoch(start, BOOT / 5)
    {
        return None;
    }
    let mut records = 0;
    for (length, piece) in pieces.iter().enumerate() {
        let Some(yearless) = piece.yearless else {
            if piece.other {
                return None;
            }
            continue;
        };
        let within = yearless.turns == 0
            && yearless.range.min.1 >= start - HOUR
            && yearless.range.max.1 <= start + LONGEST;
        if within {
            if piece.other || !piece.judged {
                return None;
            }
            records += yearless.count;
            continue;
        }
        return is_back(last, (start, boots), yearless.first, records).then_some(length);
    }
    None
}

/// Whether a log is back where it was before its clock was lost. `boots` is the uptime of a kernel that tells of the
/// start.
fn is_back(last: Option<i64>, (start, boots): (i64, Option<i64>), back: i64, records: u64) -> bool {
    if (back - start).abs() <= DAY {
        return false;
    }
    // A log that begins so: a start says more than one thing.
    let Some(last) = last else { return records >= 3 && (back - start).abs() > 3 * DAY };
    // It slept over a New Year.
    let later = back + 366 * DAY - last;
    let over_new_year = (0..=SLEEP).contains(&later);
    if let Some(uptime) = boots {
        // A boot between the two is one like any other, unless it is one of 1970: a real one falls into the first
        // minute of a quarter of an hour on New Year's Day once in hundreds of thousands.
        let between =
            if over_new_year { start >= last || start <= back } else { (last..=back).contains(&start) };
        let beside = over_new_year || (-DAY..=SLEEP).contains(&(back - last));
        return beside && (!between || epoch(start - uptime, BOOT / 5));
    }
    if same_time(last, start) && same_time(back, start) {
        return false;
    }
    if !epoch(start, BOOT) {
        return (-HOUR..=6 * HOUR).contains(&(back - last));
    }
    let slept = (back - start).abs() > 3 * DAY && over_new_year;
    (-DAY..=SLEEP).contains(&(back - last)) || epoch(start, BOOT / 5) && slept
}

#[cfg(test)]
mod tests {
    use super::super::scan::{ChunkSurvey, Range};
    use super::*;

    fn at(month: u32, day: u32, second: i64) -> i64 {
        days_from_civil(PROXY_YEAR, month, day) * DAY + second * SECOND
    }

    fn piece(first: i64, last: i64) -> (u64, ChunkSurvey) {
        let range = Range { min: (0, first.min(last)), max: (0, first.max(last)) };
        let yearless = Yearless { first, last, turns: 0, range, leap_turn: None, count: 4 };
        (0, ChunkSurvey { yearless: Some(yearless), records: 4, ..ChunkSurvey::default() })
    }

    fn unset(pieces: &[(i64, i64)]) -> Vec<bool> {
        let mut survey = FileSurvey::default();
        survey.chunks.extend(pieces.iter().map(|(first, last)| piece(*first, *last)));
        drop_unset(&mut [&mut survey]);
        survey.chunks.iter().map(|(_, chunk)| chunk.unset).collect()
    }

    #[test]
    fn a_start_without_a_clock_is_no_new_year() {
        let boot = (at(1, 1, 4), at(1, 1, 40));
        for (before, after) in [
            (at(10, 3, 7_000), at(10, 3, 7_090)),
            (at(1, 20, 7_000), at(1, 20, 7_090)),
            (at(1, 2, 50_000), at(1, 2, 50_090)),
            (at(10, 3, 7_000), at(11, 2, 7_000)),
            (at(12, 20, 7_000), at(1, 10, 7_000)),
            (at(12, 30, 80_000), at(1, 4, 7_000)),
        ] {
            assert_eq!(unset(&[(before - DAY, before), boot, (after, after)]), [false, true, false]);
        }
        // In New York 1970 begins on Dec 31.
        let boot = (at(12, 31, 19 * 3_600 + 4), at(12, 31, 19 * 3_600 + 9));
        assert_eq!(
            unset(&[(at(3, 3, 0), at(3, 3, 9)), boot, (at(3, 3, 60), at(3, 4, 0))]),
            [false, true, false]
        );
        // Two starts in a row, and a log that begins with one.
        let again = (at(1, 1, 2), at(1, 1, 1_900));
        assert_eq!(
            unset(&[again, (at(1, 1, 3_100), at(1, 1, 3_200)), (at(6, 1, 0), at(6, 2, 0))]),
            [true, true, false]
        );
        // The day the image was built.
        let image = (at(2, 11, 40_000), at(2, 11, 40_030));
        let (before, after) = (at(11, 3, 0), at(11, 3, 90));
        assert_eq!(unset(&[(before, before), image, (after, after)]), [false, true, false]);
    }

    #[test]
    fn a_kernel_tells_of_its_start() {
        assert_eq!(boots(b"Jan  1 00:00:01 web1 kernel: [    0.000000] Booting Linux"), Some(0));
        assert_eq!(boots(b"Jan  1 00:00:01 web1 kernel: [  301.000000] eth0: link up"), None);
        assert_eq!(boots(b"Jan  1 00:00:01 web1 init[1]: booting"), None);
        let told = |pieces: &[(i64, i64)]| {
            let mut survey = FileSurvey::default();
            survey.chunks.extend(pieces.iter().map(|(first, last)| piece(*first, *last)));
            survey.chunks[1].1.boots = Some(0);
            drop_unset(&mut [&mut survey]);
            survey.chunks[1].1.unset
        };
        let boot = (at(1, 1, 1), at(1, 1, 16));
        for (before, start, after) in [
            // The day before New Year, New Year's Day itself, and one time of day three times.
            (at(12, 31, 30_000), boot, at(1, 9, 60_000)),
            (at(1, 1, 80_000), boot, at(1, 12, 30_000)),
            (at(8, 12, 1), boot, at(8, 15, 26)),
            // An image's day.
            (at(8, 12, 1), (at(2, 11, 43_201), at(2, 11, 43_216)), at(8, 15, 26)),
            (at(12, 20, 1), (at(2, 11, 43_201), at(2, 11, 43_216)), at(1, 3, 26)),
        ] {
            assert!(told(&[(before - DAY, before), start, (after, after)]), "{before} {start:?} {after}");
        }
        for (before, start, after) in [
            // A boot like any other, between what stands around it, and one behind a long silence.
            (at(1, 20, 1), (at(2, 11, 43_201), at(2, 11, 43_216)), at(2, 13, 26)),
            (at(12, 20, 1), (at(1, 3, 43_201), at(1, 3, 43_216)), at(1, 9, 26)),
            (at(8, 12, 1), (at(2, 11, 43_201), at(2, 11, 43_216)), at(3, 1, 26)),
        ] {
            assert!(!told(&[(before - DAY, before), start, (after, after)]), "{before} {start:?} {after}");
        }
    }

    #[test]
    fn a_new_year_is_one() {
        for pieces in [
            vec![(at(12, 10, 0), at(12, 31, 0)), (at(1, 1, 2), at(1, 1, 9)), (at(1, 9, 0), at(2, 1, 0))],
            vec![(at(12, 10, 0), at(12, 20, 0)), (at(1, 5, 0), at(1, 5, 9)), (at(1, 9, 0), at(2, 1, 0))],
            vec![(at(10, 10, 0), at(10, 20, 0)), (at(1, 1, 2), at(1, 1, 9)), (at(3, 9, 0), at(4, 1, 0))],
            // Jobs at midnight: every day, every week, twice a year.
            vec![(at(12, 31, 2), at(12, 31, 2)), (at(1, 1, 2), at(1, 1, 4)), (at(1, 2, 5), at(1, 2, 6))],
            vec![(at(12, 25, 2), at(12, 25, 2)), (at(1, 1, 2), at(1, 1, 4)), (at(1, 8, 5), at(1, 8, 6))],
            vec![(at(7, 1, 2), at(7, 1, 2)), (at(1, 1, 2), at(1, 1, 4)), (at(7, 1, 5), at(7, 1, 6))],
            vec![(at(1, 1, 3), at(1, 1, 9)), (at(1, 1, 4_000), at(1, 2, 0))],
        ] {
            assert!(unset(&pieces).iter().all(|unset| !unset), "{pieces:?}");
        }
    }
}
