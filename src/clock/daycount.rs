//! Counting days: from the day that sections begin on, midnight by midnight, as a file is read.

use crate::base::Stamp;
use crate::survey::{DayMark, Days, NO_SECTION, Track, midnights};
use crate::time::DateOrder;

/// Days under way: the day and the last stamp of each section, as a file is read line by line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct DayCount {
    /// The day that sections begin on.
    day: i64,
    pub(super) current: u64,
    /// Section, its last stamp, that one's day.
    pub(super) sections: Vec<(u64, i64, i64)>,
}

impl DayCount {
    pub(super) fn new(day: i64) -> Self {
        Self { day, current: NO_SECTION, sections: Vec::new() }
    }

    /// The day of the next stamp of the current section, nanoseconds since midnight.
    pub(super) fn stamp(&mut self, at: i64) -> i64 {
        let Some((_, last, day)) = self.sections.iter_mut().find(|(known, ..)| *known == self.current) else {
            self.sections.push((self.current, at, self.day));
            return self.day;
        };
        *day += i64::from(midnights(*last, at));
        *last = at;
        *day
    }

    /// Takes a line that says something about days: the count below it.
    pub(super) fn mark(count: &mut Option<Self>, order: DateOrder, mark: &DayMark) {
        match (mark, count.as_mut()) {
            (DayMark::Date(date), _) => *count = date.day(order).map(Self::new),
            (DayMark::Section(section, stamp), Some(known)) => {
                known.current = *section;
                known.stamp(stamp.nanos_of_day());
            }
            (DayMark::Section(..), None) => {}
        }
    }

    /// The day that a track of a chunk begins on.
    fn begin(&self, section: u64, track: &Track) -> i64 {
        let known = self.sections.iter().find(|(known, ..)| *known == section);
        known.map_or(self.day, |(_, last, day)| day + i64::from(midnights(*last, track.first)))
    }

    /// Goes past the tracks of a chunk: each with its section, whether it was carried over, and its day.
    pub(super) fn pass(&mut self, days: &Days) -> Vec<(Option<u64>, i64, Track)> {
        let mut begun = Vec::new();
        let carried = days.carried.iter().map(|track| (None, *track));
        for (name, track) in
            carried.chain(days.sections.iter().map(|(section, track)| (Some(*section), *track)))
        {
            let section = name.unwrap_or(self.current);
            let day = self.begin(section, &track);
            begun.push((name, day, track));
            let end = (section, track.last, day + i64::from(track.midnights));
            match self.sections.iter_mut().find(|(known, ..)| *known == section) {
                Some(known) => *known = end,
                None => self.sections.push(end),
            }
        }
        self.current = days.current.unwrap_or(self.current);
        begun
    }
}

/// The day of a settled key, for a stamp that names none: its wall clock shows the stamp's time of day.
pub(super) fn day_at(stamp: &Stamp, local: i64) -> i64 {
    // What a fold or the width of a stamp may shift is far less than half a day.
    let of_day = stamp.seconds.rem_euclid(86_400);
    (local - of_day + 43_200).div_euclid(86_400)
}
