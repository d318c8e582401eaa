//! Further spellings of a whole stamp, each of which can be nothing else: dates without separators, numbers of one
//! digit, stamps to the minute, days of the year, and months by their names, in full and in other languages. The
//! readers in `known` come first: these are asked where those found nothing.
//!
//! Dates of numbers alone in which the year comes last are not read here: which number is the month is settled for a
//! whole file.

use super::known::{Parts, digits, fraction, zone};
use crate::base::{Resolution, Stamp, WrittenDate, WrittenZone, days_from_civil, is_leap};

/// Names of months and their abbreviations as locales of glibc, Java and Windows have them, without a point. Left out
/// are those that mean one month in one language and another in the next (`lis`, `srp`).
const MONTHS: [&[&str]; 12] = [
    &["jan", "january", "janv", "janvier", "januar", "januari", "ene", "enero", "gen", "jän", "янв"],
    &["feb", "february", "févr", "fév", "février", "februar", "febrero", "fev", "фев"],
    &["mar", "march", "mars", "mär", "märz", "mrt", "marzo", "мар"],
    &["apr", "april", "avr", "avril", "abr", "abril", "апр"],
    &["may", "mai", "mayo", "mag", "mei", "maj", "май", "мая"],
    &["jun", "june", "juin", "juni", "junio", "giu", "июн"],
    &["jul", "july", "juil", "juillet", "juli", "julio", "lug", "июл"],
    &["aug", "august", "août", "agosto", "ago", "авг"],
    &["sep", "sept", "september", "septembre", "septiembre", "set", "сен"],
    &["oct", "october", "octobre", "octubre", "okt", "oktober", "ott", "out", "окт"],
    &["nov", "november", "novembre", "noviembre", "ноя"],
    &["dec", "december", "déc", "décembre", "dez", "dezember", "dic", "diciembre", "des", "дек"],
];

const WEEKDAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

/// Years that logs may name.
const YEARS: std::ops::Range<u32> = 1970..2100;

/// A time of day: its parts, the fraction, how fine it is and where it ends.
struct Clock {
    hour: u32,
    minute: u32,
    second: u32,
    nanos: u32,
    resolution: Resolution,
    end: usize,
}

impl Clock {
    /// `H:MM:SS` at `at`, with a fraction.
    fn read(bytes: &[u8], at: usize) -> Option<Self> {
        let clock = Self::to_minute(bytes, at)?;
        let second = digits(bytes, clock.end + 1, 2).filter(|_| bytes.get(clock.end) == Some(&b':'))?;
        let (nanos, written, end) = fraction(bytes, clock.end + 3);
        let resolution = Resolution::digits(written);
        (!bytes.get(end).is_some_and(u8::is_ascii_digit)).then_some(Self {
            second,
            nanos,
            resolution,
            end,
            ..clock
        })
    }

    /// `H:MM` at `at`.
    fn to_minute(bytes: &[u8], at: usize) -> Option<Self> {
        let (hour, colon) = short(bytes, at)?;
        let minute = digits(bytes, colon + 1, 2).filter(|_| bytes.get(colon) == Some(&b':'))?;
        Some(Self { hour, minute, second: 0, nanos: 0, resolution: Resolution::MINUTE, end: colon + 3 })
    }

    /// `H-M-S` at `at`, with a fraction.
    fn dashed(bytes: &[u8], at: usize) -> Option<Self> {
        let dash = |at: usize| bytes.get(at) == Some(&b'-');
        let (hour, at) = short(bytes, at)?;
        let (minute, at) = short(bytes, at + 1).filter(|_| dash(at))?;
        let (second, at) = short(bytes, at + 1).filter(|_| dash(at))?;
        let (nanos, written, end) = fraction(bytes, at);
        let resolution = Resolution::digits(written);
        (!bytes.get(end).is_some_and(u8::is_ascii_digit)).then_some(Self {
            hour,
            minute,
            second,
            nanos,
            resolution,
            end,
        })
    }

    /// `HHMMSS` at `at`, with a fraction.
    fn dense(bytes: &[u8], at: usize) -> Option<Self> {
        let (hour, minute, second) =
            (digits(bytes, at, 2)?, digits(bytes, at + 2, 2)?, digits(bytes, at + 4, 2)?);
        let (nanos, written, end) = fraction(bytes, at + 6);
        let resolution = Resolution::digits(written);
        (!bytes.get(end).is_some_and(u8::is_ascii_digit)).then_some(Self {
            hour,
            minute,
            second,
            nanos,
            resolution,
            end,
        })
    }

    /// The stamp of this time on a day, with the zone behind it.
    fn on(self, year: Option<u32>, month: u32, day: u32, bytes: &[u8]) -> Option<(Stamp, usize)> {
        let Self { hour, minute, second, .. } = self;
        let parts = Parts { year: year.map(|year| year as i32), month, day, hour, minute, second };
        let (zone, end) = match year {
            Some(_) => zone(bytes, self.end, true),
            None => (WrittenZone::Absent, self.end),
        };
        Some((parts.stamp(self.nanos, zone, self.resolution)?, end))
    }
}

/// `20141212T101059Z`, `20141212_101059`, `20141212 10:10:59.123`, `20141212.101059,123`, `20141212:101059`.
pub(super) fn dense(bytes: &[u8]) -> Option<(Stamp, usize)> {
    let year = digits(bytes, 0, 4).filter(|year| YEARS.contains(year))?;
    let (month, day) = (digits(bytes, 4, 2)?, digits(bytes, 6, 2)?);
    if !matches!(bytes.get(8)?, b'T' | b't' | b' ' | b'_' | b'-' | b'.' | b':') {
        return None;
    }
    Clock::read(bytes, 9).or_else(|| Clock::dense(bytes, 9))?.on(Some(year), month, day, bytes)
}

/// A year first, with numbers of one digit (`2014-1-2 1:02:03`, `2014\1\2 1:02:03`), to the minute
/// (`2014-12-12 10:10`), with dashes in its time (`2014-12-12+10-10-59.123`), none (`2014-12-12T101059`), or with the
/// day of the year (`2014-346T10:10:59`).
pub(super) fn of_year(bytes: &[u8]) -> Option<(Stamp, usize)> {
    let year = digits(bytes, 0, 4).filter(|year| YEARS.contains(year))?;
    let separator = *bytes.get(4).filter(|byte| matches!(byte, b'-' | b'/' | b'.' | b'\\'))?;
    if separator == b'-' && bytes.get(8) == Some(&b'T') {
        return day_of_year(year, digits(bytes, 5, 3)?, Clock::read(bytes, 9)?, bytes);
    }
    let (month, at) = short(bytes, 5)?;
    let (day, at) = short(bytes, at + 1).filter(|_| bytes.get(at) == Some(&separator))?;
    if !matches!(bytes.get(at)?, b' ' | b'T' | b'+') {
        return None;
    }
    let dense = || Clock::dense(bytes, at + 1).filter(|_| bytes[at] == b'T');
    let clock =
        Clock::read(bytes, at + 1).or_else(|| Clock::dashed(bytes, at + 1)).or_else(dense).or_else(|| {
            Clock::to_minute(bytes, at + 1)
                .filter(|clock| !matches!(bytes.get(clock.end), Some(b':' | b'.' | b',' | b'0'..=b'9')))
        })?;
    clock.on(Some(year), month, day, bytes)
}

fn day_of_year(year: u32, day: u32, clock: Clock, bytes: &[u8]) -> Option<(Stamp, usize)> {
    let length = 365 + u32::from(is_leap(year as i32));
    let (mut stamp, end) = clock.on(Some(year), 1, 1, bytes).filter(|_| (1..=length).contains(&day))?;
    stamp.seconds += i64::from(day - 1) * 86_400;
    debug_assert!(stamp.seconds >= days_from_civil(year as i32, 1, 1) * 86_400);
    Some((stamp, end))
}

/// A month by its name, in full or not, and perhaps a weekday before it: `Friday, December 12, 2014 10:10:59`,
/// `12 December 2014 10:10:59`, `12-Dec-14 10:10:59`, `12/sept./2014:10:10:59`, `Dec-12-14 10:10:59`,
/// `Dec-12 10:10:59`.
pub(super) fn worded(bytes: &[u8]) -> Option<(Stamp, usize)> {
    let start = past_weekday(bytes);
    let first_is_day = bytes.get(start)?.is_ascii_digit();
    let (day, month, separator, at) = if first_is_day {
        let (day, at) = short(bytes, start)?;
        let separator = *bytes.get(at)?;
        let (month, at) = month_name(bytes, at + 1)?;
        (day, month, separator, at)
    } else {
        let (month, at) = month_name(bytes, start)?;
        let separator = *bytes.get(at)?;
        let padded = usize::from(separator == b' ' && bytes.get(at + 1) == Some(&b' '));
        let (day, at) = short(bytes, at + 1 + padded)?;
        (day, month, separator, at)
    };
    if !matches!(separator, b' ' | b'-' | b'/') {
        return None;
    }
    let comma = usize::from(separator == b' ' && bytes.get(at) == Some(&b','));
    let at = at + comma;
    // Without a year: only where no other reader takes it.
    if bytes.get(at) == Some(&b' ') && separator == b'-' && !first_is_day {
        return Clock::read(bytes, at + 1)?.on(None, month, day, bytes);
    }
    let (year, at) =
        year(bytes, at + 1).filter(|_| bytes.get(at) == Some(&if comma > 0 { b' ' } else { separator }))?;
    let at = at + usize::from(bytes.get(at) == Some(&b','));
    if !matches!(bytes.get(at)?, b' ' | b':' | b'T') {
        return None;
    }
    Clock::read(bytes, at + 1)?.on(Some(year), month, day, bytes)
}

/// BSD syslog in another language, as journalctl prints it there: `août 19 11:08:37`, `12월 12 10:10:59`.
pub(super) fn local_syslog(bytes: &[u8]) -> Option<(Stamp, usize)> {
    /// The longest abbreviation and its point.
    const LONGEST: usize = 12;
    let blank = bytes.iter().take(LONGEST).position(|byte| *byte == b' ')?;
    // Cheap: most lines have no time there.
    let padded = usize::from(bytes.get(blank + 1) == Some(&b' '));
    let (day, at) = short(bytes, blank + 1 + padded)?;
    let clock = Clock::read(bytes, at + 1).filter(|_| bytes.get(at) == Some(&b' '))?;
    let (month, end) = numbered_month(bytes).or_else(|| month_name(bytes, 0))?;
    let (stamp, end) = clock.on(None, month, day, bytes).filter(|_| end == blank)?;
    debug_assert!(stamp.date == WrittenDate::NoYear);
    Some((stamp, end))
}

/// `12월`, `12月`.
fn numbered_month(bytes: &[u8]) -> Option<(u32, usize)> {
    let (month, at) = short(bytes, 0)?;
    let rest = bytes.get(at..)?;
    ["월", "月"].iter().find(|word| rest.starts_with(word.as_bytes())).map(|word| (month, at + word.len()))
}

/// The month that a word at `at` names, and its end, a point behind it included. A number stands behind it.
fn month_name(bytes: &[u8], at: usize) -> Option<(u32, usize)> {
    let rest = bytes.get(at..)?;
    let length = rest.iter().take(16).take_while(|byte| byte.is_ascii_alphabetic() || **byte >= 0x80).count();
    let word = &rest[..length];
    let end = at + length + usize::from(rest.get(length) == Some(&b'.'));
    // Cheap: most words are no month.
    let padded = usize::from(bytes.get(end + 1) == Some(&b' '));
    let numbered = bytes.get(end + 1 + padded).is_some_and(u8::is_ascii_digit);
    if !numbered || !matches!(bytes.get(end), Some(b' ' | b'-' | b'/')) {
        return None;
    }
    let named = |names: &&[&str]| names.iter().any(|name| word.eq_ignore_ascii_case(name.as_bytes()));
    Some((MONTHS.iter().position(named)? as u32 + 1, end))
}

/// Where an English weekday at the beginning, with its point or comma and the blanks behind it, ends.
fn past_weekday(bytes: &[u8]) -> usize {
    let length = bytes.iter().take(10).take_while(|byte| byte.is_ascii_alphabetic()).count();
    let word = &bytes[..length];
    let names = |name: &&str| {
        let name = name.as_bytes();
        length >= 3 && (word.eq_ignore_ascii_case(name) || word.eq_ignore_ascii_case(&name[..3]))
    };
    if !WEEKDAYS.iter().any(names) {
        return 0;
    }
    let end = length + usize::from(matches!(bytes.get(length), Some(b',' | b'.')));
    end + bytes[end..].iter().take_while(|byte| **byte == b' ').count()
}

/// A year of four digits, or of two: as POSIX strptime has it, 69..99 are the 1900s.
fn year(bytes: &[u8], at: usize) -> Option<(u32, usize)> {
    if bytes.get(at + 2).is_some_and(u8::is_ascii_digit) {
        return digits(bytes, at, 4).filter(|year| YEARS.contains(year)).map(|year| (year, at + 4));
    }
    let year = digits(bytes, at, 2)?;
    Some((if year < 69 { 2000 + year } else { 1900 + year }, at + 2))
}

/// One or two digits: the value and the end.
fn short(bytes: &[u8], at: usize) -> Option<(u32, usize)> {
    let width = if bytes.get(at + 1).is_some_and(u8::is_ascii_digit) { 2 } else { 1 };
    Some((digits(bytes, at, width)?, at + width))
}

#[cfg(test)]
mod tests {
    use super::super::known::recognise;
    use super::*;

    const SECOND: i64 = days_from_civil(2014, 12, 12) * 86_400 + 36_659;

    #[test]
    fn the_same_second_in_every_spelling() {
        for (text, zone, rest) in [
            ("20141212T101059Z x", WrittenZone::Offset(0), " x"),
            ("20141212_101059 -11:00 x", WrittenZone::Offset(-39_600), " x"),
            ("20141212 10:10:59 x", WrittenZone::Absent, " x"),
            ("20141212-10:10:59] x", WrittenZone::Absent, "] x"),
            ("2014:12:12-10:10:59 fw x", WrittenZone::Absent, " fw x"),
            ("2014/12/12:10:10:59 x", WrittenZone::Absent, " x"),
            ("2014-346T10:10:59: x", WrittenZone::Absent, ": x"),
            ("2014-12-12T101059-11:00 x", WrittenZone::Offset(-39_600), " x"),
            ("2014-12-12 10-10-59: x", WrittenZone::Absent, ": x"),
            ("2014-12-12+10-10-59 -0800 x", WrittenZone::Offset(-28_800), " x"),
            ("2014\\12\\12 10:10:59 AM x", WrittenZone::Absent, " x"),
            ("20141212:101059 x", WrittenZone::Absent, " x"),
            ("2014-12-12 10:10:59 +09: x", WrittenZone::Offset(32_400), ": x"),
            ("Friday, December 12, 2014 10:10:59 AM x", WrittenZone::Absent, " x"),
            ("Fri. Dec. 12 2014 10:10:59 +0900", WrittenZone::Offset(32_400), ""),
            ("12 December 2014 10:10:59 x", WrittenZone::Absent, " x"),
            ("12-Dec-14 10:10:59 x", WrittenZone::Absent, " x"),
            ("12/déc./2014:10:10:59 +0100]", WrittenZone::Offset(3_600), "]"),
            ("Dec-12-14 10:10:59 [x]", WrittenZone::Absent, " [x]"),
            ("Dec-12-2014 10:10:59 x", WrittenZone::Absent, " x"),
        ] {
            let (stamp, end) = recognise(text.as_bytes()).unwrap_or_else(|| panic!("{text}"));
            assert_eq!((stamp.seconds, stamp.zone, &text[end..]), (SECOND, zone, rest), "{text}");
        }
    }

    #[test]
    fn a_month_without_a_year_in_every_language() {
        let proxy = days_from_civil(crate::base::PROXY_YEAR, 8, 19) * 86_400 + 40_117;
        for text in [
            "Aug-19 11:08:37 x",
            "août 19 11:08:37 nb a[1]: x",
            "Aug. 19 11:08:37 nb a[1]: x",
            "8월 19 11:08:37 nb a[1]: x",
            "8月 19 11:08:37 nb a[1]: x",
            "ago 19 11:08:37 nb a[1]: x",
            "авг 19 11:08:37 nb a[1]: x",
        ] {
            let (stamp, _) = recognise(text.as_bytes()).unwrap_or_else(|| panic!("{text}"));
            assert_eq!((stamp.seconds, stamp.date), (proxy, WrittenDate::NoYear), "{text}");
        }
    }

    #[test]
    fn a_stamp_to_the_minute_is_a_minute_wide() {
        for text in ["2014-12-12 10:10 backup", "2014-12-12T10:10Z", "2014/12/12 10:10"] {
            let (stamp, _) = recognise(text.as_bytes()).unwrap_or_else(|| panic!("{text}"));
            assert_eq!((stamp.seconds, stamp.resolution), (SECOND - 59, Resolution::MINUTE), "{text}");
        }
    }

    #[test]
    fn what_is_no_stamp_stays_unread() {
        for text in [
            "20141312 101059 x",
            "20141212 251059 x",
            "20141212 1010590 x",
            "20141212101059",
            "99991212 101059 x",
            "2014-12-12 10:10:5",
            "2014-12-12 10:10.5",
            "2014-367T10:10:59",
            "2013-366T10:10:59",
            "12-Foo-14 10:10:59",
            "lis 12 10:10:59 web x",
            "13월 12 10:10:59 web x",
            "outage 12 10:10:59",
            "out of 12 10:10:59",
            "December 12 2014",
            "1/2/2014 10:10:59",
            "",
            "août",
            "Friday",
        ] {
            assert_eq!(recognise(text.as_bytes()), None, "{text}");
        }
    }
}
