//! The survey pass: where records begin and what range of stamps each chunk holds, and no more.
//!
//! Its results are small and the same for any number of threads. A stamp stays a stamp here: ranges
//! are kept apart for stamps with an offset, without a zone, and without a year.

use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

use super::abbreviated::Abbreviated;
use super::dayless::Dayless;
use super::file::STEP_BACK;
use super::gaps::Gaps;
use super::layouts::{Layouts, lines};
use super::unset;
use super::uptimes::{self, Uptimes, rest};
use crate::base::{Abbreviation, NANOS_PER_SECOND, Stamp, WrittenDate, WrittenZone};
use crate::grammar::{GrammarId, MAX_HEAD, Slots};
use crate::io::Opened;

/// Smallest and largest value seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Range<T> {
    /// Smallest.
    pub min: T,
    /// Largest.
    pub max: T,
}

impl<T: Ord + Copy> Range<T> {
    /// Makes a range reach to a value.
    pub fn add(range: &mut Option<Self>, value: T) {
        match range {
            Some(range) => {
                range.min = range.min.min(value);
                range.max = range.max.max(value);
            }
            None => *range = Some(Self { min: value, max: value }),
        }
    }
}

/// Stamps without a year, in file order. A turn is a New Year passed since the chunk's first stamp.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Yearless {
    /// The first, nanoseconds in the proxy year.
    pub first: i64,
    /// The last, nanoseconds in the proxy year.
    pub last: i64,
    /// Turns between the first and the last.
    pub turns: i32,
    /// Range of (turn, nanoseconds in the proxy year).
    pub range: Range<(i32, i64)>,
    /// The turn of a Feb 29, if one was seen: that year is a leap year.
    pub leap_turn: Option<i32>,
    /// How many there are.
    pub count: u64,
}

/// What kind of stamp was seen last, and its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Seen {
    /// Nanoseconds since 1970 UTC.
    Zoned(i64),
    /// Wall-clock nanoseconds.
    Local(i64),
    /// Wall-clock nanoseconds, and an abbreviation that only a few offsets fit.
    Abbreviated(Abbreviation, i64),
    /// Turn, nanoseconds in the proxy year.
    Yearless(i32, i64),
    /// A time of day: [`Dayless`] knows more of it, and settling days puts it into a day.
    Dayless,
}

impl Seen {
    /// Wall-clock nanoseconds since another stamp, if both name as little as each other.
    pub(super) fn since(self, last: Self) -> Option<i64> {
        match (last, self) {
            (Self::Yearless(_, last), Self::Yearless(_, next)) => Some(across_years(last, next)),
            _ => self.wall()?.checked_sub(last.wall()?),
        }
    }

    /// Wall-clock nanoseconds of a stamp that names its year and no offset.
    pub fn wall(self) -> Option<i64> {
        match self {
            Self::Local(at) | Self::Abbreviated(_, at) => Some(at),
            Self::Zoned(_) | Self::Yearless(..) | Self::Dayless => None,
        }
    }
}

/// The words of a record that only counts repetitions of another.
pub const REPEATED: &[u8] = b"message repeated ";

/// What the survey knows of one chunk.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct ChunkSurvey {
    /// Physical lines that start in the chunk.
    pub lines: u64,
    /// Offset in the file of the first record that begins in it, and the lines before it.
    pub first_begin: Option<(u64, u64)>,
    /// Offset of the last record that begins in it.
    pub last_begin: Option<u64>,
    /// Offset of the first line that starts in it.
    pub first_line: Option<u64>,
    /// Stamps with an offset, as UTC.
    pub zoned: Option<Range<i64>>,
    /// Stamps without a zone, as wall clock.
    pub local: Option<Range<i64>>,
    /// The same by abbreviation, if some name one that is ambiguous.
    pub abbreviated: Option<Box<Abbreviated>>,
    /// Stamps without a year (and without a zone).
    pub yearless: Option<Yearless>,
    /// Stamps without a day.
    pub dayless: Option<Box<Dayless>>,
    /// Stamps that count from a boot; their records count as undated here.
    pub uptimes: Option<Uptimes>,
    /// The chunk's first dated record.
    pub first: Option<Seen>,
    /// The chunk's last dated record.
    pub last: Option<Seen>,
    /// Records that begin in it.
    pub records: u64,
    /// Records without a stamp.
    pub undated: u64,
    /// Lines with text above the first record that begins in it.
    pub loose: u64,
    /// Whether the stretch begins where the stamps jump, not where a chunk happened to end.
    pub jumped: bool,
    /// Jumps forward and back between neighbouring stamps inside it, those it was not cut at included.
    pub jumps: (u32, u32),
    /// Whether it was not cut at a jump: there were too many.
    pub uncut: bool,
    /// How far its stamps stand apart.
    pub gaps: Gaps,
    /// Offsets that its stamps name, seconds east of UTC.
    pub labels: Option<Range<i32>>,
    /// Whether its stamps are those of a clock that was not set yet: they mean nothing.
    pub unset: bool,
    /// The uptime that its first record without a year tells, if it is a kernel's right after its start.
    pub boots: Option<i64>,
    /// The chunk's second dated record.
    pub second: Option<Seen>,
    /// Whether some line of the bytes it was surveyed with has [`REPEATED`] in it.
    pub repeats: bool,
}

/// A record is not followed further than this: lines beyond are undated records of their own. A file
/// with one stamp at its top and a gigabyte below it is no single record.
pub(super) const LONGEST_RECORD: u64 = 8 << 20;

/// Surveys lines one by one into a chunk.
pub(super) struct Surveyor<'a> {
    layouts: Layouts<'a>,
    /// Whether lines may say something about the days of those below them.
    tells_days: bool,
    slots: Slots,
    pub(super) used: BTreeSet<GrammarId>,
    last_used: Option<GrammarId>,
    chunk: ChunkSurvey,
    /// Stretches that ended at a jump of the stamps, and where each starts.
    done: Vec<(u64, ChunkSurvey)>,
    /// Where the current stretch starts.
    start: u64,
    cuts: u32,
    most_cuts: u32,
    /// Whether the clock may not be set since the current stretch began.
    maybe_unset: bool,
    /// Places where an unset clock may begin.
    starts: u32,
    /// Stretches that ended with a boot or a sleep, where stamps stepped back, or where they name another offset.
    rifts: usize,
    steps_back: u32,
    relabels: u32,
}

/// Neighbouring stamps this far apart, one way or the other, begin a new stretch: a zone that changed, a
/// clock that stepped or a silence. Just below the quarter of an hour that is the finest grid of zones.
pub const JUMP: i64 = 895 * NANOS_PER_SECOND;

/// A chunk with more steps back than these is out of order, and none of them says anything.
const MOST_STEPS_BACK: u32 = 16;

/// A chunk whose stamps name other offsets more often than this is of several writers.
const MOST_RELABELS: u32 = 16;

/// Of a chunk's jumps no more than these begin a stretch: a large log with more of them is out of order,
/// and no single one of its jumps says anything.
const MOST_CUTS: u32 = 64;

/// The same for small files, which may be sparse, and the size in bytes that makes one.
const MOST_CUTS_OF_SMALL: u32 = 1024;
const SMALL: u64 = 4 << 20;

/// Whether a file of so many bytes counts as small, and may have more jumps.
pub const fn is_small(size: u64) -> bool {
    size <= SMALL
}

/// New Years passed between two neighbouring stamps of the proxy year: 1, 0, or -1 for a line of last
/// year that arrived late. A step back by more than half a year is a New Year; smaller ones are disorder
/// or a clock set back.
pub fn turn_between(previous: i64, next: i64) -> i32 {
    const DAY: i64 = 86_400 * NANOS_PER_SECOND;
    match next - previous {
        step if step < -180 * DAY => 1,
        step if step > 364 * DAY => -1,
        _ => 0,
    }
}

/// Nanoseconds between two neighbouring stamps of the proxy year, a New Year between them counted.
pub fn across_years(previous: i64, next: i64) -> i64 {
    const PROXY_YEAR_LENGTH: i64 = 366 * 86_400 * NANOS_PER_SECOND;
    next - previous + i64::from(turn_between(previous, next)) * PROXY_YEAR_LENGTH
}

impl<'a> Surveyor<'a> {
    pub(super) fn new(layouts: Layouts<'a>, start: u64, size: u64) -> Self {
        Self {
            tells_days: layouts.tells_days(),
            layouts,
            slots: Slots::default(),
            used: BTreeSet::new(),
            last_used: None,
            chunk: ChunkSurvey::default(),
            done: Vec::new(),
            start,
            cuts: 0,
            most_cuts: if is_small(size) { MOST_CUTS_OF_SMALL } else { MOST_CUTS },
            maybe_unset: true,
            starts: 0,
            rifts: 0,
            steps_back: 0,
            relabels: 0,
        }
    }

    /// The stretches surveyed so far; the next one starts at `next`.
    fn take(&mut self, next: u64) -> Vec<(u64, ChunkSurvey)> {
        let mut chunks = std::mem::take(&mut self.done);
        chunks.push((self.start, std::mem::take(&mut self.chunk)));
        self.start = next;
        (self.cuts, self.starts, self.rifts, self.steps_back, self.relabels) = (0, 0, 0, 0, 0);
        self.maybe_unset = true;
        chunks
    }

    /// Takes the lines of `text`, which stands at `base` in the file, from `start` on, as far as they start above `to`;
    /// the stretches that they are.
    pub(super) fn stretch(
        &mut self,
        text: &[u8],
        start: usize,
        (base, to): (u64, u64),
    ) -> Vec<(u64, ChunkSurvey)> {
        let limit = (to - base) as usize;
        let mut line_start = start;
        for (at, next, line) in lines(text, start) {
            if line_start >= limit {
                break;
            }
            self.line(base + line_start as u64, &text[at..], line);
            line_start = next;
        }
        self.chunk.repeats =
            memchr::memmem::find(&text[start..line_start.min(text.len())], REPEATED).is_some();
        self.take(to)
    }

    /// Takes the line that `text` starts with and that starts at `offset`; whether a record begins with it.
    #[inline]
    fn line(&mut self, offset: u64, text: &[u8], line: &[u8]) -> bool {
        let begun = self.layouts.begins(text, line.len(), &mut self.slots);
        if let (Some(_), None, Some(dayless)) =
            (&begun, self.chunk.first_begin, self.chunk.dayless.as_deref_mut())
        {
            dayless.record_begins();
        }
        if self.tells_days
            && let Some(mark) = self.layouts.day_mark(line, begun.as_ref(), &mut self.slots)
        {
            self.chunk.dayless.get_or_insert_default().mark(mark);
        }
        if let Some(stamp) = begun.as_ref().and_then(|(_, head)| head.stamp) {
            let leapt = self.leapt(&stamp, line);
            if let Some(gap) = self.gap(&stamp) {
                self.step(gap, offset);
            }
            if (leapt && self.chunk.yearless.is_some()) || self.relabelled(&stamp) {
                self.cut(offset, false);
            }
            if stamp.date == WrittenDate::NoYear && self.chunk.yearless.is_none() {
                self.chunk.boots = unset::boots(line);
            }
            if stamp.zone == WrittenZone::Boot {
                self.uptime(&stamp, offset, line);
            }
        }
        self.chunk.first_line.get_or_insert(offset);
        if let Some((grammar, head)) = &begun {
            self.chunk.last_begin = Some(offset);
            if self.chunk.first_begin.is_none() {
                self.chunk.first_begin = Some((offset, self.chunk.lines));
            }
            self.chunk.records += 1;
            if self.last_used != Some(*grammar) {
                self.used.insert(*grammar);
                self.last_used = Some(*grammar);
            }
            let dated = head.stamp.is_some_and(|stamp| self.stamp(&stamp, offset));
            self.chunk.undated += u64::from(!dated);
        }
        self.chunk.loose += u64::from(self.chunk.first_begin.is_none() && !line.is_empty());
        self.chunk.lines += 1;
        begun.is_some()
    }

    /// Wall-clock nanoseconds from the stamp before to this one, if both name as little as each other.
    #[inline]
    fn gap(&self, stamp: &Stamp) -> Option<i64> {
        let next = nanos(stamp)?;
        match (self.chunk.last?, stamp.date) {
            (Seen::Yearless(_, last), WrittenDate::NoYear) => Some(across_years(last, next)),
            (last, WrittenDate::Full) if stamp.zone.is_open() => next.checked_sub(last.wall()?),
            _ => None,
        }
    }

    /// Whether the stretch is to be cut before this stamp, because an unset clock may begin or end there.
    #[inline]
    fn leapt(&mut self, stamp: &Stamp, line: &[u8]) -> bool {
        if stamp.date != WrittenDate::NoYear {
            return false;
        }
        let last = self.chunk.yearless.as_ref().map(|yearless| yearless.last);
        match (last, nanos(stamp)) {
            (Some(last), Some(next)) if next < last - unset::HOUR || next - last > unset::LONGEST => {
                self.leap(last, next, unset::boots(line).is_some())
            }
            _ => false,
        }
    }

    #[cold]
    fn leap(&mut self, last: i64, next: i64, boots: bool) -> bool {
        if !boots && (next - last).abs() <= unset::LONGEST {
            return false;
        }
        let begins = unset::may_begin(last, next, boots);
        let ends = std::mem::replace(&mut self.maybe_unset, begins);
        self.starts += u32::from(begins);
        let within = self.chunk.yearless.as_ref().is_some_and(|yearless| {
            let (min, max) = (yearless.range.min, yearless.range.max);
            yearless.turns == 0 && max.1 - min.1 <= 2 * unset::LONGEST
        });
        (begins && self.starts <= unset::MOST) || (ends && within)
    }

    /// Whether the stretch is to be cut before this stamp, because it names another offset than those above it.
    #[inline]
    fn relabelled(&mut self, stamp: &Stamp) -> bool {
        let (Some(named), WrittenZone::Offset(offset)) = (self.chunk.labels, stamp.zone) else {
            return false;
        };
        let other = (named.min, named.max) != (offset, offset) && self.relabels < MOST_RELABELS;
        self.relabels += u32::from(other);
        other
    }

    /// Takes the uptime of the record at `offset`; a boot or a sleep before it ends the stretch.
    #[cold]
    fn uptime(&mut self, stamp: &Stamp, offset: u64, line: &[u8]) {
        let Some(uptime) = nanos(stamp) else { return };
        let ends = |known: Uptimes| known.rest.is_some() || known.falls_to(uptime);
        if self.chunk.uptimes.is_some_and(ends) && self.rifts <= uptimes::MOST {
            self.rifts += 1;
            self.cut(offset, false);
        }
        let leads = self.chunk.first.is_none();
        match &mut self.chunk.uptimes {
            Some(known) => known.add(uptime, rest(line)),
            None => self.chunk.uptimes = Some(Uptimes::new(uptime, leads, rest(line))),
        }
    }

    /// Ends the stretch before the record at `offset`.
    fn cut(&mut self, offset: u64, jumped: bool) {
        let chunk = ChunkSurvey { jumped, ..ChunkSurvey::default() };
        self.done.push((self.start, std::mem::replace(&mut self.chunk, chunk)));
        self.start = offset;
    }

    /// Takes note of the gap before the record at `offset`; a jump ends the stretch.
    #[inline]
    fn step(&mut self, gap: i64, offset: u64) {
        if gap.abs() < JUMP {
            // Whether it stays back is seen when the survey is joined.
            if gap <= -STEP_BACK && self.steps_back < MOST_STEPS_BACK {
                self.steps_back += 1;
                return self.cut(offset, false);
            }
            self.chunk.gaps.add(gap);
            return;
        }
        if gap > 0 {
            self.chunk.jumps.0 += 1;
        } else {
            self.chunk.jumps.1 += 1;
        }
        if self.cuts == self.most_cuts {
            self.chunk.uncut = true;
        } else {
            self.cuts += 1;
            self.cut(offset, true);
        }
    }

    #[inline]
    fn stamp(&mut self, stamp: &Stamp, offset: u64) -> bool {
        let Some(nanos) = nanos(stamp) else { return false };
        let chunk = &mut self.chunk;
        let seen = match (stamp.date, stamp.zone) {
            // No time until its boot is known.
            (_, WrittenZone::Boot) => return false,
            (WrittenDate::NoDay, _) => {
                chunk.dayless.get_or_insert_default().record(stamp.nanos_of_day());
                Seen::Dayless
            }
            (WrittenDate::Full, WrittenZone::Absent) => {
                Range::add(&mut chunk.local, nanos);
                if let Some(abbreviated) = chunk.abbreviated.as_deref_mut() {
                    abbreviated.add(None, nanos, offset);
                }
                Seen::Local(nanos)
            }
            (WrittenDate::Full, WrittenZone::Ambiguous(name)) => {
                let abbreviated = chunk.abbreviated.get_or_insert_with(|| Abbreviated::behind(chunk.local));
                abbreviated.add(Some(name), nanos, offset);
                Range::add(&mut chunk.local, nanos);
                Seen::Abbreviated(name, nanos)
            }
            (WrittenDate::Full, WrittenZone::Epoch) => {
                Range::add(&mut chunk.zoned, nanos);
                Seen::Zoned(nanos)
            }
            (WrittenDate::Full, WrittenZone::Offset(named)) => {
                let Some(utc) = nanos.checked_sub(i64::from(named) * NANOS_PER_SECOND) else { return false };
                Range::add(&mut chunk.zoned, utc);
                Range::add(&mut chunk.labels, named);
                Seen::Zoned(utc)
            }
            (WrittenDate::NoYear, _) => {
                let yearless = chunk.yearless.get_or_insert(Yearless {
                    first: nanos,
                    last: nanos,
                    turns: 0,
                    range: Range { min: (0, nanos), max: (0, nanos) },
                    leap_turn: None,
                    count: 0,
                });
                yearless.count += 1;
                yearless.turns += turn_between(yearless.last, nanos);
                yearless.last = nanos;
                let value = (yearless.turns, nanos);
                yearless.range =
                    Range { min: yearless.range.min.min(value), max: yearless.range.max.max(value) };
                if stamp.is_leap_day() {
                    yearless.leap_turn = Some(yearless.turns);
                }
                Seen::Yearless(yearless.turns, nanos)
            }
        };
        match chunk.first {
            Some(_) if chunk.second.is_none() => chunk.second = Some(seen),
            Some(_) => {}
            None => chunk.first = Some(seen),
        }
        chunk.last = Some(seen);
        if let Some(uptimes) = &mut chunk.uptimes {
            uptimes.trails = false;
        }
        true
    }
}

/// A stamp's wall clock in nanoseconds; `None` outside the years that fit 64 bits (1678 to 2261).
#[inline]
fn nanos(stamp: &Stamp) -> Option<i64> {
    stamp.seconds.checked_mul(NANOS_PER_SECOND)?.checked_add(i64::from(stamp.nanos))
}

/// Stretches of a file, each with where it starts, and the formats that were met there.
pub type Surveyed = (Vec<(u64, ChunkSurvey)>, BTreeSet<GrammarId>);

/// Surveys the lines that start in `[from, to)` of a file read in place: one stretch, or several where
/// the stamps jump, and whether there was less than the file's size says. `buffer` is reused.
pub fn survey_plain(
    layouts: Layouts<'_>,
    opened: &Opened,
    (from, to): (u64, u64),
    buffer: &mut Vec<u8>,
) -> std::io::Result<(Surveyed, bool)> {
    let mut surveyor = Surveyor::new(layouts, from, opened.size);
    // One byte before, to know whether a line starts at `from`; a line's head behind, for the last one.
    let base = from.saturating_sub(1);
    let length = (to - base) as usize + MAX_HEAD;
    if buffer.len() < length {
        buffer.resize(length, 0);
    }
    let length = length.min(opened.size.saturating_sub(base) as usize);
    let count = opened.read_at(base, &mut buffer[..length])?;
    let text = &buffer[..count];
    let start = match from {
        0 => 0,
        _ => memchr::memchr(b'\n', text).map_or(text.len(), |newline| newline + 1),
    };
    let chunks = surveyor.stretch(text, start, (base, to));
    Ok(((chunks, surveyor.used), count < length))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turns_are_new_years_and_not_disorder() {
        let at = |day: i64| day * 86_400 * NANOS_PER_SECOND;
        for (previous, next, turn) in [
            (365, 0, 1),  // Dec 31, Jan 1
            (300, 10, 1), // Oct, Jan
            (0, 365, -1), // Jan 1, then a late Dec 31
            (10, 300, 0), // a long silence within a year
            (100, 98, 0), // two days back
            (5, 3, 0),    // two days back right after New Year
        ] {
            assert_eq!(turn_between(at(previous), at(next)), turn, "{previous} {next}");
        }
    }
}
