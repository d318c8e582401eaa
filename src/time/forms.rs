//! Further spellings of a whole stamp, each of which can be nothing else: dates without separators, numbers of one
//! digit, stamps to the minute, days of the year, and months by their names, in full and in other languages. The
//! readers in `known` come first: these are asked where those found nothing.
//!
//! Dates of numbers alone in which the year comes last are not read here: which number is the month is settled for a
//! whole file.

use super::known::{self, Parts, digits, fraction, zone};
use super::ordinal;
use crate::base::{Resolution, Stamp, WrittenDate, WrittenZone};

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
pub(super) const YEARS: std::ops::Range<u32> = 1970..2100;

/// A time of day: its parts, the fraction, how fine it is and where it ends.
pub(super) struct Clock {
    hour: u32,
    minute: u32,
    second: u32,
    nanos: u32,
    resolution: Resolution,
    pub(super) end: usize,
}

impl Clock {
    /// `H:MM:SS` at `at`, with a fraction.
    pub(super) fn read(bytes: &[u8], at: usize) -> Option<Self> {
        let clock = Self::to_minute(bytes, at)?;
        let second = digits(bytes, clock.end + 1, 2).filter(|_| bytes.get(clock.end) == Some(&b':'))?;
        Self::to_second(bytes, (clock.hour, clock.minute, second), clock.end + 3)
    }

    /// These hours, minutes and seconds, with the fraction that stands at `at`; none where a number goes on.
    fn to_second(bytes: &[u8], (hour, minute, second): (u32, u32, u32), at: usize) -> Option<Self> {
        let (nanos, written, end) = fraction(bytes, at);
        let resolution = Resolution::digits(written);
        let goes_on = bytes.get(end).is_some_and(u8::is_ascii_digit);
        (!goes_on).then_some(Self { hour, minute, second, nanos, resolution, end })
    }

    /// `H:MM` at `at`.
    fn to_minute(bytes: &[u8], at: usize) -> Option<Self> {
        let (hour, colon) = short(bytes, at)?;
        let minute = digits(bytes, colon + 1, 2).filter(|_| bytes.get(colon) == Some(&b':'))?;
        Some(Self { hour, minute, second: 0, nanos: 0, resolution: Resolution::MINUTE, end: colon + 3 })
    }

    /// `H-M-S` at `at`, or `HH.MM.SS`, with a fraction.
    fn dashed(bytes: &[u8], at: usize) -> Option<Self> {
        let (hour, at) = short(bytes, at)?;
        let separator = *bytes.get(at).filter(|byte| matches!(byte, b'-' | b'.'))?;
        let next = |at: usize| {
            short(bytes, at + 1).filter(|(_, end)| {
                // Numbers of one digit with points between them are an address or a version.
                bytes.get(at) == Some(&separator) && (separator == b'-' || *end == at + 3)
            })
        };
        let (minute, at) = next(at)?;
        let (second, at) = next(at)?;
        // Three digits at most behind a third point are the end of an address: `10.10.59.12`.
        let address = separator == b'.' && bytes.get(at) == Some(&b'.') && fraction(bytes, at).1 < 4;
        Self::to_second(bytes, (hour, minute, second), at).filter(|_| !address)
    }

    /// `HHMMSS` at `at`, with a fraction.
    pub(super) fn dense(bytes: &[u8], at: usize) -> Option<Self> {
        let parts = (digits(bytes, at, 2)?, digits(bytes, at + 2, 2)?, digits(bytes, at + 4, 2)?);
        Self::to_second(bytes, parts, at + 6)
    }

    /// The stamp of this time on a day, with the zone behind it.
    pub(super) fn on(self, year: Option<u32>, month: u32, day: u32, bytes: &[u8]) -> Option<(Stamp, usize)> {
        let Self { hour, minute, second, .. } = self;
        let parts = Parts { year: year.map(|year| year as i32), month, day, hour, minute, second };
        let (zone, end) = match year {
            Some(_) => zone(bytes, self.end, true),
            None => (WrittenZone::Absent, self.end),
        };
        Some((parts.stamp(self.nanos, zone, self.resolution)?, end))
    }
}

/// Where the time begins behind a date that ends at `at`: behind a separator or two (`T`, `_`, ` at `, `; `, ` - `), and
/// perhaps a weekday (` (Fri) `).
fn to_clock(bytes: &[u8], at: usize) -> Option<usize> {
    let mut at =
        at + usize::from(matches!(bytes.get(at), Some(b',' | b';')) && bytes.get(at + 1) == Some(&b' '));
    match bytes.get(at)? {
        b' ' => {
            at += run_of_blanks(bytes, at);
            let enclosed = usize::from(bytes.get(at) == Some(&b'('));
            let day = past_weekday(bytes.get(at + enclosed..)?, b" )");
            if day > 0 {
                at += enclosed + day;
            }
            for word in [&b"at "[..], b"- ", b"@ "] {
                if bytes[at..].starts_with(word) {
                    return Some(at + word.len());
                }
            }
            Some(at)
        }
        b':' if bytes.get(at + 1) == Some(&b':') => Some(at + 2),
        b'T' | b't' | b'+' | b'_' | b'-' | b'|' | b':' | b'@' => Some(at + 1),
        _ => None,
    }
}

fn run_of_blanks(bytes: &[u8], at: usize) -> usize {
    bytes[at..].iter().take_while(|byte| **byte == b' ').count()
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
/// (`2014-12-12 10:10`), with dashes or points in its time (`2014-12-12+10-10-59.123`, `2014-12-12-10.10.59.123456`),
/// none (`2014-12-12T101059`), with a weekday (`2014-12-12 (Fri) 10:10:59`), with the month by its name
/// (`2014-Dec-12 10:10:59`), or with the day of the year or the week (`2014-346T10:10:59`, `2014-W50-5T10:10:59`).
pub(super) fn of_year(bytes: &[u8]) -> Option<(Stamp, usize)> {
    let year = digits(bytes, 0, 4).filter(|year| YEARS.contains(year))?;
    if let Some(found) = ordinal::read(year, bytes) {
        return Some(found);
    }
    let separator = *bytes.get(4)?;
    let (month, day, at) = match separator {
        b'A'..=b'Z' | b'a'..=b'z' => {
            let (day, at) = short(bytes, 7)?;
            (known::month(bytes, 4)?, day, at)
        }
        b'-' | b'/' | b'.' | b'\\' | b'_' => {
            let (month, at) = short(bytes, 5).or_else(|| month_name(bytes, 5))?;
            let (day, at) = short(bytes, at + 1).filter(|_| bytes.get(at) == Some(&separator))?;
            (month, day, at)
        }
        _ => return None,
    };
    let start = to_clock(bytes, at)?;
    let dense = || Clock::dense(bytes, start).filter(|_| matches!(bytes[start - 1], b'T' | b't'));
    let clock =
        Clock::read(bytes, start).or_else(|| Clock::dashed(bytes, start)).or_else(dense).or_else(|| {
            let whole = matches!(bytes[start - 1], b' ' | b'T') && separator != b'_';
            Clock::to_minute(bytes, start).filter(|clock| {
                whole && !matches!(bytes.get(clock.end), Some(b':' | b'.' | b',' | b'0'..=b'9'))
            })
        })?;
    clock.on(Some(year), month, day, bytes)
}

/// A month by its name, in full or not, and perhaps a weekday before it: `Friday, December 12, 2014 10:10:59`,
/// `12 December 2014 10:10:59`, `12. Dec 2014 10:10:59`, `12-Dec-14 10:10:59`, `12/sept./2014:10:10:59`,
/// `12Dec2014 10:10:59`, `Dec-12-14 10:10:59`, `Dec-12 10:10:59`, `Friday December 12 10:10:59`.
pub(super) fn worded(bytes: &[u8]) -> Option<(Stamp, usize)> {
    let start = past_weekday(bytes, b" ");
    let Written { month, day, separator, at } = month_and_day(bytes, start)?;
    let first_is_day = bytes[start].is_ascii_digit();
    // Without a year: only where no other reader takes it. It may stand behind the time.
    if bytes.get(at) == Some(&b' ')
        && matches!(separator, Some(b' ' | b'-'))
        && !first_is_day
        && let Some(clock) = Clock::read(bytes, at + run_of_blanks(bytes, at))
    {
        return clock.on(None, month, day, bytes);
    }
    let (year, at) = year_behind(bytes, at, separator)?;
    let start = to_clock(bytes, at)?;
    let clock = Clock::read(bytes, start)
        .or_else(|| Clock::dashed(bytes, start))
        .or_else(|| Clock::dense(bytes, start).filter(|_| separator.is_none()))?;
    clock.on(Some(year), month, day, bytes)
}

/// A month by its name and a day beside it.
pub(super) struct Written {
    pub(super) month: u32,
    pub(super) day: u32,
    /// What stands between them; nothing in `12Dec2014`.
    pub(super) separator: Option<u8>,
    pub(super) at: usize,
}

/// `12 Dec`, `12. Dec`, `12-Dec`, `12Dec`, `Dec 12`, `Dec-12` at `start`.
pub(super) fn month_and_day(bytes: &[u8], start: usize) -> Option<Written> {
    if !bytes.get(start)?.is_ascii_digit() {
        let (month, at) = month_name(bytes, start)?;
        let separator = *bytes.get(at)?;
        let padded = usize::from(separator == b' ' && bytes.get(at + 1) == Some(&b' '));
        let (day, at) = short(bytes, at + 1 + padded)?;
        return Some(Written { month, day, separator: Some(separator), at });
    }
    let (day, at) = short(bytes, start)?;
    if let Some(month) = known::month(bytes, at).filter(|_| bytes.get(at + 3).is_some_and(u8::is_ascii_digit))
    {
        return Some(Written { month, day, separator: None, at: at + 3 });
    }
    let at = at + usize::from(bytes.get(at) == Some(&b'.') && bytes.get(at + 1) == Some(&b' '));
    let separator = *bytes.get(at).filter(|byte| matches!(byte, b' ' | b'-' | b'/'))?;
    let (month, at) = month_name(bytes, at + 1)?;
    Some(Written { month, day, separator: Some(separator), at })
}

/// The year behind a day and month that end at `at`, and its end.
pub(super) fn year_behind(bytes: &[u8], at: usize, separator: Option<u8>) -> Option<(u32, usize)> {
    let Some(separator) = separator else { return year(bytes, at) };
    let comma = usize::from(separator == b' ' && bytes.get(at) == Some(&b','));
    let at = at + comma;
    year(bytes, at + 1).filter(|_| bytes.get(at) == Some(&if comma > 0 { b' ' } else { separator }))
}

/// `1212/101059`, month and day and time: Chromium's, where nothing else stands.
pub fn month_and_time(bytes: &[u8]) -> Option<(Stamp, usize)> {
    let (month, day) = (digits(bytes, 0, 2)?, digits(bytes, 2, 2).filter(|_| bytes.get(4) == Some(&b'/'))?);
    Clock::dense(bytes, 5)?.on(None, month, day, bytes)
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
pub(super) fn month_name(bytes: &[u8], at: usize) -> Option<(u32, usize)> {
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

/// Where an English weekday at the beginning, with its point or comma and one of `ends` and the blanks behind it, ends.
pub(super) fn past_weekday(bytes: &[u8], ends: &[u8]) -> usize {
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
    let end = end + usize::from(bytes.get(end).is_some_and(|byte| *byte != b' ' && ends.contains(byte)));
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
pub(super) fn short(bytes: &[u8], at: usize) -> Option<(u32, usize)> {
    let width = if bytes.get(at + 1).is_some_and(u8::is_ascii_digit) { 2 } else { 1 };
    Some((digits(bytes, at, width)?, at + width))
}

#[cfg(test)]
mod tests {
    use super::super::known::recognise;
    use super::*;
    use crate::base::days_from_civil;

    const SECOND: i64 = days_from_civil(2014, 12, 12) * 86_400 + 36_659;

    #[test]
    fn the_same_second_in_every_spelling() {
        let pst = crate::base::Abbreviation::of(b"PST").map_or(WrittenZone::Absent, WrittenZone::Ambiguous);
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
            ("2014-Dec-12 10:10:59 x", WrittenZone::Absent, " x"),
            ("2014/dec/12 10:10:59Z x", WrittenZone::Offset(0), " x"),
            ("2014Dec12 10:10:59 x", WrittenZone::Absent, " x"),
            ("2014_12_12 10:10:59 x", WrittenZone::Absent, " x"),
            ("2014-12-12_10-10-59 x", WrittenZone::Absent, " x"),
            ("2014-12-12-10.10.59 x", WrittenZone::Absent, " x"),
            ("2014-12-12-10.10.59.000000+540 x", WrittenZone::Offset(32_400), " x"),
            ("2014-12-12 10:10:59-480 x", WrittenZone::Absent, "-480 x"),
            ("2014-12-12 10:10:59 UTC-5 x", WrittenZone::Offset(-18_000), " x"),
            ("2014-12-12 10:10:59 GMT+0900 (KST)", WrittenZone::Offset(32_400), " (KST)"),
            ("2014-12-12 10:10:59 UTC-1234 x", WrittenZone::Offset(0), "-1234 x"),
            ("2014-12-12 10:10:59 UTC+9:", WrittenZone::Offset(32_400), ":"),
            ("2014-12-12 10:10:59 UTC+9:30: x", WrittenZone::Offset(34_200), ": x"),
            ("2014-12-12 10:10:59 (UTC) x", WrittenZone::Offset(0), " x"),
            ("2014-12-12 10:10:59 [3] x", WrittenZone::Absent, " [3] x"),
            ("2014-12-12 10:10:59 am: x", WrittenZone::Absent, ": x"),
            ("2014-12-12 10:10:59 a.m. x", WrittenZone::Absent, " x"),
            ("2014-12-12 10:10:59 pst x", pst, " x"),
            ("2014-12-12 10:10:59 cat x", WrittenZone::Absent, " cat x"),
            ("2014.12.12-10.10.59: x", WrittenZone::Absent, ": x"),
            ("2014-12-12|10:10:59|x", WrittenZone::Absent, "|x"),
            ("2014-12-12 at 10:10:59 x", WrittenZone::Absent, " x"),
            ("2014-12-12 Fri 10:10:59 x", WrittenZone::Absent, " x"),
            ("2014/12/12 (Fri) 10:10:59 x", WrittenZone::Absent, " x"),
            ("12Dec2014 10:10:59 x", WrittenZone::Absent, " x"),
            ("12Dec14:10:10:59 x", WrittenZone::Absent, " x"),
            ("12DEC2014T101059Z x", WrittenZone::Offset(0), " x"),
            ("12. Dec 2014 10:10:59 x", WrittenZone::Absent, " x"),
            ("12. Dezember 2014 10:10:59 x", WrittenZone::Absent, " x"),
            ("12-Dec-2014::10:10:59 x", WrittenZone::Absent, " x"),
            ("12-Dec-14 10.10.59 AM x", WrittenZone::Absent, " x"),
            ("Fri Dec 12 2014; 10:10:59 x", WrittenZone::Absent, " x"),
            ("Dec 12 2014 - 10:10:59 x", WrittenZone::Absent, " x"),
            ("December 12, 2014 at 10:10:59 AM x", WrittenZone::Absent, " x"),
            ("FRIDAY December 12 10:10:59 2014 PST x", pst, " x"),
            ("fri dec 12 2014 10:10:59 +09:00 x", WrittenZone::Offset(32_400), " x"),
            ("fri dec 12 10:10:59 2014 utc x", WrittenZone::Offset(0), " x"),
            ("fri dec 12 10:10:59 utc 2014 x", WrittenZone::Offset(0), " x"),
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
            "2014-12-12 1.2.3",
            "2014-12-12 10.10.59.12 is up",
            "2014-12-12 10.10.59. is up",
            "2014.12.12 10.1.2.3 is up",
            "2014-12-12_10:10",
            "12Dec10:10:59",
            "sunday best 12 10:10:59",
            "",
            "août",
            "Friday",
        ] {
            assert_eq!(recognise(text.as_bytes()), None, "{text}");
        }
    }
}
