//! A stamp: a time exactly as a log line wrote it, with its holes.
//!
//! A stamp is not an instant. It may lack its year, its zone or its fraction, and no code outside
//! `clock` may compare two stamps of different sources. The calendar arithmetic used everywhere
//! (proleptic Gregorian) also lives here because a stamp needs it to exist at all.

use super::instant::NANOS_PER_SECOND;
use serde::{Deserialize, Serialize};

/// The year a stamp without a year is filed under: a leap year, so that Feb 29 exists.
pub const PROXY_YEAR: i32 = 2000;

/// Days from 1970-01-01 to January 1 of [`PROXY_YEAR`].
const PROXY_DAY: i64 = days_from_civil(PROXY_YEAR, 1, 1);

/// An abbreviation of a zone that has meant several offsets: `PST`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Abbreviation([u8; Abbreviation::LONGEST]);

impl Abbreviation {
    /// Letters of the longest.
    pub const LONGEST: usize = 5;

    /// A word of two to five letters.
    pub fn of(word: &[u8]) -> Option<Self> {
        let mut name = [0; Self::LONGEST];
        name.get_mut(..word.len())?.copy_from_slice(word);
        (word.len() > 1 && word.iter().all(u8::is_ascii_alphabetic)).then_some(Self(name))
    }

    /// The word.
    pub fn name(&self) -> &str {
        let length = self.0.iter().take_while(|byte| **byte != 0).count();
        std::str::from_utf8(&self.0[..length]).unwrap_or_default()
    }
}

impl std::fmt::Debug for Abbreviation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// What the line itself says about its zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WrittenZone {
    /// Nothing: the wall clock of some place that the clock must settle.
    Absent,
    /// An abbreviation that has meant several offsets: as little as nothing, but that only few offsets fit.
    Ambiguous(Abbreviation),
    /// An explicit offset, seconds east of UTC.
    Offset(i32),
    /// Seconds since 1970: already UTC by definition.
    Epoch,
    /// Seconds since the machine booted: no time at all until the clock knows that boot. `seconds` counts
    /// from 0, and no calendar reads it.
    Boot,
}

impl WrittenZone {
    /// Whether no offset is named: the wall clock of some place that the clock must settle.
    #[inline]
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Absent | Self::Ambiguous(_))
    }
}

/// How much of its date a stamp names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WrittenDate {
    /// All of it.
    Full,
    /// Month and day.
    NoYear,
    /// Nothing: a time of day alone.
    NoDay,
}

/// How fine a stamp is: the width of the interval it names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Resolution(u8);

impl Resolution {
    /// A whole minute.
    pub const MINUTE: Self = Self(10);
    /// A leap second: clocks that have none place it in the second before or after.
    pub const LEAP: Self = Self(11);
    /// A whole second.
    pub const SECOND: Self = Self(0);

    /// A fraction of a second with this many decimal digits (more than nine count as nine).
    pub const fn digits(digits: u8) -> Self {
        Self(if digits > 9 { 9 } else { digits })
    }

    /// Decimal digits of the second as written: 0 to 9.
    pub const fn fraction_digits(self) -> usize {
        if self.0 > 9 { 0 } else { self.0 as usize }
    }

    /// Width of the interval, in nanoseconds.
    pub const fn width(self) -> i64 {
        // By fraction digits, then minute and leap second; a table, as every line shown asks for it.
        const WIDTHS: [i64; 12] = [
            1_000_000_000,
            100_000_000,
            10_000_000,
            1_000_000,
            100_000,
            10_000,
            1_000,
            100,
            10,
            1,
            60_000_000_000,
            2_000_000_000,
        ];
        WIDTHS[self.0 as usize]
    }

    /// The packed form an event carries.
    pub const fn code(self) -> u8 {
        self.0
    }

    /// The inverse of [`Resolution::code`].
    pub const fn from_code(code: u8) -> Self {
        Self(if code > 11 { 9 } else { code })
    }
}

/// A time as written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// Wall-clock seconds since 1970-01-01T00:00:00, read as though the wall clock were UTC.
    /// Without a year they lie in [`PROXY_YEAR`], without a day on its first.
    pub seconds: i64,
    /// Nanoseconds of the second.
    pub nanos: u32,
    /// What the line says about its zone.
    pub zone: WrittenZone,
    /// How fine it was written.
    pub resolution: Resolution,
    /// How much of the date the line names.
    pub date: WrittenDate,
}

impl Stamp {
    /// The wall-clock seconds of a stamp without a year, moved into `year`.
    ///
    /// `None` when the stamp is Feb 29 and `year` is no leap year.
    pub fn seconds_in_year(&self, year: i32) -> Option<i64> {
        const FEB_29: i64 = 59;
        if self.date != WrittenDate::NoYear {
            return Some(self.seconds);
        }
        let day = self.seconds.div_euclid(86_400) - PROXY_DAY;
        let second = self.seconds.rem_euclid(86_400);
        let day = match (day, is_leap(year)) {
            (FEB_29, false) => return None,
            (day, false) if day > FEB_29 => day - 1,
            (day, _) => day,
        };
        Some((days_from_civil(year, 1, 1) + day) * 86_400 + second)
    }

    /// A stamp without a day: seconds since midnight, below a day.
    pub fn of_day(seconds: u32, nanos: u32, resolution: Resolution) -> Self {
        Self {
            seconds: PROXY_DAY * 86_400 + i64::from(seconds.min(86_399)),
            nanos,
            zone: WrittenZone::Absent,
            resolution,
            date: WrittenDate::NoDay,
        }
    }

    /// Nanoseconds since midnight.
    #[inline]
    pub fn nanos_of_day(&self) -> i64 {
        self.seconds.rem_euclid(86_400) * NANOS_PER_SECOND + i64::from(self.nanos)
    }

    /// The same time of day on a day, counted from 1970; a stamp that names its day keeps it.
    #[must_use]
    pub fn on_day(self, day: i64) -> Self {
        match self.date {
            WrittenDate::NoDay => Self {
                seconds: day.saturating_mul(86_400).saturating_add(self.seconds.rem_euclid(86_400)),
                ..self
            },
            _ => self,
        }
    }

    /// Whether a stamp without a year is a Feb 29.
    #[inline]
    pub fn is_leap_day(&self) -> bool {
        const START: i64 = days_from_civil(PROXY_YEAR, 2, 29) * 86_400;
        self.date == WrittenDate::NoYear && (START..START + 86_400).contains(&self.seconds)
    }
}

/// Whether `year` has a Feb 29.
pub const fn is_leap(year: i32) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

/// Days from 1970-01-01 to a civil date (Howard Hinnant, "chrono-Compatible Low-Level Date
/// Algorithms"). `month` and `day` are 1-based; a day past the month's end counts on.
#[inline]
pub const fn days_from_civil(year: i32, month: u32, day: u32) -> i64 {
    let year = year as i64 - (month <= 2) as i64;
    let era = year.div_euclid(400);
    let year_of_era = year - era * 400;
    let shifted = (month as i64 + 9) % 12;
    let day_of_year = (153 * shifted + 2) / 5 + day as i64 - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// The civil date (year, month, day) of a day count since 1970-01-01: the inverse of
/// [`days_from_civil`].
#[inline]
pub const fn civil_from_days(days: i64) -> (i32, u32, u32) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = (day_of_year - (153 * shifted + 2) / 5 + 1) as u32;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 } as u32;
    ((year_of_era + era * 400 + (month <= 2) as i64) as i32, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn civil_round_trips_over_a_whole_gregorian_cycle() {
        for day in days_from_civil(1900, 1, 1)..days_from_civil(2300, 12, 31) {
            let (year, month, date) = civil_from_days(day);
            assert_eq!(days_from_civil(year, month, date), day);
        }
        assert_eq!(civil_from_days(0), (1970, 1, 1));
        assert_eq!(days_from_civil(2000, 3, 1) - days_from_civil(2000, 2, 28), 2);
    }

    #[test]
    fn a_stamp_without_a_year_moves_into_any_year() {
        let at = |month, day| Stamp {
            seconds: days_from_civil(PROXY_YEAR, month, day) * 86_400 + 7,
            nanos: 0,
            zone: WrittenZone::Absent,
            resolution: Resolution::SECOND,
            date: WrittenDate::NoYear,
        };
        for (year, month, day) in [(2014, 12, 12), (2016, 2, 29), (2015, 3, 1), (2014, 1, 1)] {
            let expected = days_from_civil(year, month, day) * 86_400 + 7;
            assert_eq!(at(month, day).seconds_in_year(year), Some(expected));
        }
        assert_eq!(at(2, 29).seconds_in_year(2015), None);
    }
}
