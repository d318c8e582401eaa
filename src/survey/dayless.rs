//! Stamps that name a time of day only, as one chunk holds them: how often midnight passes, kept apart for
//! each section, because `sar` prints section after section and each begins in the morning again.
//!
//! Nothing here knows a day. Days are counted from the date line above, or from the chunk's beginning where
//! that stands further up; `clock::days` puts the chunks together. The read pass counts the same way, stamp
//! by stamp.

use crate::base::{NANOS_PER_SECOND, Stamp};
use crate::time::{DateOrder, WrittenDay};
use serde::{Deserialize, Serialize};

use super::scan::Range;

/// Nanoseconds of a day.
pub const DAY: i64 = 86_400 * NANOS_PER_SECOND;

/// What a line says about the days of those below it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DayMark {
    /// They begin on this date.
    Date(WrittenDay),
    /// A section begins: which one, and the stamp of its header.
    Section(u64, Stamp),
}

/// The section of stamps below a date line and above any header.
pub const NO_SECTION: u64 = 0;

/// Midnights between two neighbouring times of day, nanoseconds: 1 where the time falls by more than half a
/// day, -1 for a line that was written a moment before midnight and stands behind one that was not. A
/// smaller fall is disorder or a clock set back, and a rise is a pause.
pub const fn midnights(previous: i64, next: i64) -> i32 {
    const LATE: i64 = 60 * NANOS_PER_SECOND;
    let step = next - previous;
    if step < -DAY / 2 {
        1
    } else if step > DAY - LATE {
        -1
    } else {
        0
    }
}

/// Stamps of one section, in file order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Track {
    /// The first, nanoseconds of its day; headers count.
    pub first: i64,
    /// The last.
    pub last: i64,
    /// Midnights between the two.
    pub midnights: i32,
    /// Records among them: smallest and largest (midnights, nanoseconds).
    pub range: Option<Range<(i32, i64)>>,
}

/// Stamps between two date lines, or between one and an end of the chunk.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Days {
    /// Those above the first header: they go on with what the chunk above ends in.
    pub carried: Option<Track>,
    /// Sections by first appearance.
    pub sections: Vec<(u64, Track)>,
    /// The section at the end; `None` where no header was seen.
    pub current: Option<u64>,
}

/// More sections than this in one file are no sections.
pub const MOST_SECTIONS: usize = 256;

impl Days {
    /// Takes a stamp: the midnights since its track began. `None` where there are too many tracks.
    fn add(&mut self, at: i64, record: bool) -> Option<(Option<u64>, i32, i64)> {
        let fresh = Track { first: at, last: at, midnights: 0, range: None };
        let track = match self.current {
            None => self.carried.get_or_insert(fresh),
            Some(section) => {
                let index = match self.sections.iter().position(|(known, _)| *known == section) {
                    Some(index) => index,
                    None if self.sections.len() >= MOST_SECTIONS => return None,
                    None => {
                        self.sections.push((section, fresh));
                        self.sections.len() - 1
                    }
                };
                &mut self.sections.get_mut(index)?.1
            }
        };
        let passed = midnights(track.last, at);
        let pause = at - track.last + i64::from(passed) * DAY;
        track.midnights = track.midnights.saturating_add(passed);
        track.last = at;
        if record {
            Range::add(&mut track.range, (track.midnights, at));
        }
        Some((self.current, track.midnights, pause))
    }

    /// Tracks in the order in which they began.
    fn tracks(&self) -> impl Iterator<Item = &Track> {
        self.carried.iter().chain(self.sections.iter().map(|(_, track)| track))
    }
}

/// A record's stamp, as far as its chunk can place it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DayPlace {
    /// The date line above it in its chunk.
    pub date: Option<WrittenDay>,
    /// Its section; `None` where no header stands above it in its chunk.
    pub section: Option<u64>,
    /// Midnights since its section's first stamp in the chunk, or since the date line.
    pub midnights: i32,
    /// Nanoseconds of its day.
    pub at: i64,
}

/// Date lines of a chunk, and what stands below them. Arrays are by [`DateOrder::ALL`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dated {
    /// The first date line.
    pub first: WrittenDay,
    /// The last one.
    pub last: WrittenDay,
    /// Whether the calendar has all of them.
    pub valid: [bool; 3],
    /// Whether none is before the one above it.
    pub ascends: [bool; 3],
    /// Wall clocks of records below all date lines but the last.
    pub done: [Option<Range<i64>>; 3],
    /// What stands below the last.
    pub below: Days,
}

/// Stamps without a day in one chunk.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dayless {
    /// Above the chunk's first record: headers, which the chunk before reads along.
    pub lead: Option<Days>,
    /// Above the chunk's first date line.
    pub above: Days,
    /// From there on.
    pub dated: Option<Dated>,
    /// Records above the first date line, and below it.
    pub counts: (u64, u64),
    /// The first record.
    pub first: Option<DayPlace>,
    /// The first one below a date line.
    pub first_dated: Option<DayPlace>,
    /// The last record.
    pub last: Option<DayPlace>,
    /// The longest pause between two neighbours of one section.
    pub longest: i64,
    /// Whether there were too many sections to follow.
    pub lost: bool,
}

impl Dayless {
    /// The chunk's first record begins.
    pub(super) fn record_begins(&mut self) {
        self.lead = Some(self.above.clone());
    }

    /// Takes a record's stamp.
    pub(super) fn record(&mut self, at: i64) {
        let Some((section, midnights)) = self.add(at, true) else { return };
        let date = self.dated.as_ref().map(|dated| dated.last);
        let place = DayPlace { date, section, midnights, at };
        self.first.get_or_insert(place);
        self.last = Some(place);
        match date {
            Some(_) => {
                self.first_dated.get_or_insert(place);
                self.counts.1 += 1;
            }
            None => self.counts.0 += 1,
        }
    }

    fn add(&mut self, at: i64, record: bool) -> Option<(Option<u64>, i32)> {
        let days = self.dated.as_mut().map_or(&mut self.above, |dated| &mut dated.below);
        let Some((section, midnights, pause)) = days.add(at, record) else {
            self.lost = true;
            return None;
        };
        self.longest = self.longest.max(pause);
        Some((section, midnights))
    }

    /// Takes a line that says something about days.
    pub(super) fn mark(&mut self, mark: DayMark) {
        match mark {
            DayMark::Date(date) => match &mut self.dated {
                Some(dated) => dated.next(date),
                None => self.dated = Some(Dated::new(date)),
            },
            DayMark::Section(section, stamp) => {
                let days = self.dated.as_mut().map_or(&mut self.above, |dated| &mut dated.below);
                days.current = Some(section);
                self.add(stamp.nanos_of_day(), false);
            }
        }
    }
}

impl Dated {
    fn new(date: WrittenDay) -> Self {
        Self {
            first: date,
            last: date,
            valid: DateOrder::ALL.map(|order| date.day(order).is_some()),
            ascends: [true; 3],
            done: [None; 3],
            below: Days { current: Some(NO_SECTION), ..Days::default() },
        }
    }

    fn next(&mut self, date: WrittenDay) {
        for (index, order) in DateOrder::ALL.into_iter().enumerate() {
            let (last, next) = (self.last.day(order), date.day(order));
            self.valid[index] &= next.is_some();
            self.ascends[index] &= last <= next;
            if let Some(range) = last.and_then(|day| self.below.range(day)) {
                Range::add(&mut self.done[index], range.min);
                Range::add(&mut self.done[index], range.max);
            }
        }
        self.last = date;
        self.below = Days { current: Some(NO_SECTION), ..Days::default() };
    }
}

impl Days {
    /// Wall clocks of the records, where every track begins on one day.
    fn range(&self, day: i64) -> Option<Range<i64>> {
        let mut range = None;
        for Range { min, max } in self.tracks().filter_map(|track| track.range) {
            Range::add(&mut range, wall(day, min));
            Range::add(&mut range, wall(day, max));
        }
        range
    }
}

/// The wall clock of a time of day so many midnights behind a day.
pub const fn wall(day: i64, (midnights, at): (i32, i64)) -> i64 {
    day.saturating_add(midnights as i64).saturating_mul(DAY).saturating_add(at)
}
