//! Hand-written readers of the stamps that most lines carry, and one that recognises any of them.
//!
//! Each takes bytes that start at the stamp and gives the stamp and its length. None of them
//! allocates, and none accepts a date that the calendar does not have.

use super::abbreviation::{self, Word};
use super::forms;
use super::rare;
use super::tail;
use super::turned;
use crate::base::{PROXY_YEAR, Resolution, Stamp, WrittenDate, WrittenZone, days_from_civil, is_leap};

/// Civil parts on their way to a [`Stamp`].
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Parts {
    pub year: Option<i32>,
    pub month: u32,
    pub day: u32,
    pub hour: u32,
    pub minute: u32,
    pub second: u32,
}

impl Parts {
    /// The stamp these parts name, if the calendar has it. A leap second counts as second 59, two seconds wide.
    #[inline]
    pub(super) fn stamp(self, nanos: u32, zone: WrittenZone, resolution: Resolution) -> Option<Stamp> {
        let year = self.year.unwrap_or(PROXY_YEAR);
        if self.month.wrapping_sub(1) > 11
            || self.day.wrapping_sub(1) > 30
            || self.hour > 23
            || self.minute > 59
            || self.second > 60
            || (self.day > 28 && self.day > month_length(year, self.month))
        {
            return None;
        }
        let of_day = self.hour * 3_600 + self.minute * 60 + self.second.min(59);
        Some(Stamp {
            seconds: days_from_civil(year, self.month, self.day) * 86_400 + i64::from(of_day),
            nanos: if self.second == 60 { 0 } else { nanos },
            zone,
            resolution: if self.second == 60 { Resolution::LEAP } else { resolution },
            date: if self.year.is_some() { WrittenDate::Full } else { WrittenDate::NoYear },
        })
    }
}

const fn month_length(year: i32, month: u32) -> u32 {
    match month {
        2 => 28 + is_leap(year) as u32,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Value of exactly `count` ASCII digits at `at`.
#[inline(always)]
pub fn digits(bytes: &[u8], at: usize, count: usize) -> Option<u32> {
    let field = bytes.get(at..at + count)?;
    let mut value = 0_u32;
    let mut wrong = false;
    for &byte in field {
        let digit = byte.wrapping_sub(b'0');
        wrong |= digit > 9;
        value = value * 10 + u32::from(digit);
    }
    if wrong { None } else { Some(value) }
}

/// Month of a three-letter English abbreviation, any case: 1 to 12.
#[inline(always)]
pub fn month(bytes: &[u8], at: usize) -> Option<u32> {
    let name = bytes.get(at..at + 3)?;
    let key = u32::from_le_bytes([name[0], name[1], name[2], 0]) | 0x0020_2020;
    const fn of(name: &[u8; 3]) -> u32 {
        u32::from_le_bytes([name[0], name[1], name[2], 0])
    }
    const NAMES: [u32; 12] = [
        of(b"jan"),
        of(b"feb"),
        of(b"mar"),
        of(b"apr"),
        of(b"may"),
        of(b"jun"),
        of(b"jul"),
        of(b"aug"),
        of(b"sep"),
        of(b"oct"),
        of(b"nov"),
        of(b"dec"),
    ];
    NAMES.iter().position(|&candidate| candidate == key).map(|index| index as u32 + 1)
}

/// `HH:MM:SS` at `at`.
#[inline(always)]
fn clock_time(bytes: &[u8], at: usize) -> Option<(u32, u32, u32)> {
    let field: &[u8; 8] = bytes.get(at..at + 8)?.try_into().ok()?;
    if field[2] != b':' || field[5] != b':' {
        return None;
    }
    Some((digits(field, 0, 2)?, digits(field, 3, 2)?, digits(field, 6, 2)?))
}

/// An optional fraction (`.` or `,`, then digits) at `at`: nanoseconds, digits written, end.
#[inline]
pub(super) fn fraction(bytes: &[u8], at: usize) -> (u32, u8, usize) {
    match bytes.get(at) {
        Some(b'.' | b',') => {}
        Some(b':') => return thousandths(bytes, at),
        _ => return (0, 0, at),
    }
    let mut end = at + 1;
    let mut nanos = 0_u32;
    while let Some(digit) = bytes.get(end).map(|byte| byte.wrapping_sub(b'0')).filter(|digit| *digit < 10) {
        if end - at <= 9 {
            nanos = nanos * 10 + u32::from(digit);
        }
        end += 1;
    }
    let written = (end - at - 1).min(9);
    // Behind a comma stand thousandths or finer, as nearly all that write it so do: `10:10:59,3.1` is a row of CSV.
    // ISO 8601 allows for fewer, and a zone right behind them makes them what they are.
    let is_cell = bytes[at] == b','
        && (written < 3 && !zone_follows(bytes, end)
            || bytes.get(end) == Some(&b'.') && bytes.get(end + 1).is_some_and(u8::is_ascii_digit));
    if written == 0 || is_cell {
        return (0, 0, at);
    }
    (nanos * 10_u32.pow(9 - written as u32), written as u8, end)
}

/// `:123` or `:123456` at `at`, as Windows and Java write thousandths and millionths: so many digits and no more.
#[cold]
fn thousandths(bytes: &[u8], at: usize) -> (u32, u8, usize) {
    for (count, unit) in [(3_u8, 1_000_000), (6, 1_000)] {
        let end = at + 1 + usize::from(count);
        let ends = matches!(
            bytes.get(end),
            None | Some(b' ' | b'\t' | b'\r' | b'\n' | b'+' | b'-' | b'Z' | b']' | b')' | b'|' | b',')
        );
        if let Some(value) = digits(bytes, at + 1, usize::from(count)).filter(|_| ends) {
            return (value * unit, count, end);
        }
    }
    (0, 0, at)
}

/// Whether `Z`, `±hhmm` or `±hh:mm` stands at `at`, after a blank or not.
fn zone_follows(bytes: &[u8], at: usize) -> bool {
    let start = at + usize::from(bytes.get(at) == Some(&b' '));
    let (found, end) = offset_zone(bytes, at, true);
    found != WrittenZone::Absent && (matches!(bytes[start], b'Z' | b'z') || end >= start + 5)
}

/// An optional zone at `at`: `Z`, `±hh`, `±hhmm`, `±hh:mm`, `UTC`, `GMT` or an abbreviation, which may be ambiguous,
/// after at most one blank where `spaced` allows it.
#[inline]
pub(super) fn zone(bytes: &[u8], at: usize, spaced: bool) -> (WrittenZone, usize) {
    let (found, end) = offset_zone(bytes, at, spaced);
    let start = at + usize::from(spaced && bytes.get(at) == Some(&b' '));
    if found != WrittenZone::Absent || !bytes.get(start).is_some_and(u8::is_ascii_uppercase) {
        return (found, end);
    }
    abbreviated(bytes, start).unwrap_or((WrittenZone::Absent, at))
}

/// An abbreviation at `at`, and its end.
#[inline]
pub(super) fn abbreviated(bytes: &[u8], at: usize) -> Option<(WrittenZone, usize)> {
    abbreviation::read(bytes, at).map(|(word, end)| match word {
        Word::Offset(seconds) => (WrittenZone::Offset(seconds), end),
        Word::Ambiguous(name) => (WrittenZone::Ambiguous(name), end),
    })
}

/// The same without the abbreviations that may be a zone's name as well: `CET` has summer time as a zone.
#[inline]
pub(super) fn offset_zone(bytes: &[u8], at: usize, spaced: bool) -> (WrittenZone, usize) {
    let start = at + usize::from(spaced && bytes.get(at) == Some(&b' '));
    let found = match bytes.get(start) {
        Some(b'Z') => Some((0, start + 1)),
        // RFC 3339 allows for it; behind a blank it is a word.
        Some(b'z') if start == at => Some((0, start + 1)),
        Some(sign @ (b'+' | b'-')) => offset(bytes, start + 1)
            .or_else(|| minutes(bytes, start + 1).filter(|_| start == at))
            .map(|(seconds, end)| (if *sign == b'-' { -seconds } else { seconds }, end)),
        Some(&tail::MINUS) if bytes[start..].starts_with("\u{2212}".as_bytes()) => {
            offset(bytes, start + 3).map(|(seconds, end)| (-seconds, end))
        }
        Some(b'U' | b'G') if bytes[start..].starts_with(b"UTC") || bytes[start..].starts_with(b"GMT") => {
            Some(from_greenwich(bytes, start + 3))
        }
        // Of the other abbreviations only those that mean one offset everywhere.
        Some(b'K' | b'J') if bytes[start..].starts_with(b"KST") || bytes[start..].starts_with(b"JST") => {
            Some((9 * 3_600, start + 3))
        }
        _ => None,
    };
    match found {
        // A longer word or number that merely starts like a zone is no zone.
        Some((seconds, end)) if !bytes.get(end).is_some_and(u8::is_ascii_alphanumeric) => {
            (WrittenZone::Offset(seconds), end)
        }
        _ => (WrittenZone::Absent, at),
    }
}

/// What stands behind `UTC` or `GMT` and belongs to it: `+9`, `-03:30`, `+0900`, as JavaScript and Java write it.
fn from_greenwich(bytes: &[u8], at: usize) -> (i32, usize) {
    let sign = match bytes.get(at) {
        Some(b'+') => 1,
        Some(b'-') => -1,
        _ => return (0, at),
    };
    let of_one_digit = || {
        let hours = digits(bytes, at + 1, 1)?;
        let minutes = digits(bytes, at + 3, 2).filter(|_| bytes.get(at + 2) == Some(&b':'));
        let end = if minutes.is_some() { at + 5 } else { at + 2 };
        Some(((hours * 3_600 + minutes.unwrap_or(0) * 60) as i32, end))
    };
    match offset(bytes, at + 1).or_else(of_one_digit) {
        // Zones are whole quarters of an hour apart.
        Some((seconds, end))
            if seconds % 900 == 0 && !bytes.get(end).is_some_and(u8::is_ascii_alphanumeric) =>
        {
            (sign * seconds, end)
        }
        _ => (0, at),
    }
}

/// `hh`, `hhmm` or `hh:mm` at `at`, up to 15 hours: seconds and end.
fn offset(bytes: &[u8], at: usize) -> Option<(i32, usize)> {
    let hours = digits(bytes, at, 2)?;
    let (minutes, end) = match bytes.get(at + 2) {
        Some(b':') => digits(bytes, at + 3, 2).map_or((0, at + 2), |minutes| (minutes, at + 5)),
        Some(byte) if byte.is_ascii_digit() => (digits(bytes, at + 2, 2)?, at + 4),
        _ => (0, at + 2),
    };
    (hours <= 15 && minutes < 60).then_some(((hours * 3_600 + minutes * 60) as i32, end))
}

/// `540` at `at`: minutes, as DB2 and WMI write them right behind millionths of a second: `10:10:59-480` may be
/// thousandths.
fn minutes(bytes: &[u8], at: usize) -> Option<(i32, usize)> {
    let point = at.checked_sub(8)?;
    digits(bytes, point + 1, 6).filter(|_| bytes[point] == b'.')?;
    let minutes = digits(bytes, at, 3).filter(|minutes| *minutes <= 900 && minutes % 15 == 0)?;
    (bytes.get(at + 3) != Some(&b':')).then_some((minutes as i32 * 60, at + 3))
}

/// ISO 8601 / RFC 3339: `2014-12-12T10:10:59[.fff][zone]`; a blank, `_` or `-` may stand for the
/// `T`, and `/` or `.` for the dashes of the date.
#[inline]
pub fn iso(bytes: &[u8]) -> Option<(Stamp, usize)> {
    let head: &[u8; 19] = bytes.get(..19)?.try_into().ok()?;
    // `2014:12:12-10:10:59` is that of Sophos' UTM and DirectAdmin.
    if !matches!(head[4], b'-' | b'/' | b'.' | b':')
        || head[7] != head[4]
        || !matches!(head[10], b'T' | b' ' | b't' | b'_' | b'-' | b':')
        || head[4] == b':' && head[10] != b'-'
        || head[10] == b':' && head[4] != b'/'
    {
        return None;
    }
    let (hour, minute, second) = clock_time(head, 11)?;
    let parts = Parts {
        year: Some(digits(head, 0, 4)? as i32),
        month: digits(head, 5, 2)?,
        day: digits(head, 8, 2)?,
        hour,
        minute,
        second,
    };
    let (nanos, written, end) = fraction(bytes, 19);
    let (zone, end) = zone(bytes, end, true);
    Some((parts.stamp(nanos, zone, Resolution::digits(written))?, end))
}

/// RFC 3164: `Dec  4 10:10:59`, with a fraction, a year (`Dec  4 2014 10:10:59`) or a zone where a
/// device writes them.
#[inline]
pub fn syslog(bytes: &[u8]) -> Option<(Stamp, usize)> {
    let month = month(bytes, 0)?;
    if bytes.get(3) != Some(&b' ') {
        return None;
    }
    let (day, mut at) = match (bytes.get(4)?, bytes.get(5)?) {
        (b' ', low) if low.is_ascii_digit() => (u32::from(low - b'0'), 6),
        (digit, b' ') if digit.is_ascii_digit() => (u32::from(digit - b'0'), 5),
        _ => (digits(bytes, 4, 2)?, 6),
    };
    if bytes.get(at) != Some(&b' ') {
        return None;
    }
    at += 1;
    let mut year = None;
    if bytes.get(at + 2) != Some(&b':') {
        year = Some(digits(bytes, at, 4)? as i32);
        if bytes.get(at + 4) != Some(&b' ') {
            return None;
        }
        at += 5;
    }
    let (hour, minute, second) = clock_time(bytes, at)?;
    let (nanos, written, end) = fraction(bytes, at + 8);
    let parts = Parts { year, month, day, hour, minute, second };
    Some((parts.stamp(nanos, WrittenZone::Absent, Resolution::digits(written))?, end))
}

/// Common log format: `12/Dec/2014:10:10:59 +0900`.
fn common_log(bytes: &[u8]) -> Option<(Stamp, usize)> {
    if bytes.get(2) != Some(&b'/') || bytes.get(6) != Some(&b'/') || bytes.get(11) != Some(&b':') {
        return None;
    }
    let (hour, minute, second) = clock_time(bytes, 12)?;
    let parts = Parts {
        year: Some(digits(bytes, 7, 4)? as i32),
        month: month(bytes, 3)?,
        day: digits(bytes, 0, 2)?,
        hour,
        minute,
        second,
    };
    let (nanos, written, end) = fraction(bytes, 20);
    let (zone, end) = zone(bytes, end, true);
    Some((parts.stamp(nanos, zone, Resolution::digits(written))?, end))
}

/// `12-Dec-2014 10:10:59` and `12 Dec 2014 10:10:59`, the day with one or two digits.
fn day_month_year(bytes: &[u8]) -> Option<(Stamp, usize)> {
    let width = if bytes.get(1)?.is_ascii_digit() { 2 } else { 1 };
    let day = digits(bytes, 0, width)?;
    let separator = *bytes.get(width)?;
    if !matches!(separator, b'-' | b' ') || bytes.get(width + 4) != Some(&separator) {
        return None;
    }
    let month = month(bytes, width + 1)?;
    let (year, at) = match bytes.get(width + 7) {
        Some(b':') if separator == b' ' => (None, width + 5),
        _ => (Some(digits(bytes, width + 5, 4)? as i32), width + 10),
    };
    if bytes.get(at - 1) != Some(&b' ') {
        return None;
    }
    let (hour, minute, second) = clock_time(bytes, at)?;
    let (nanos, written, end) = fraction(bytes, at + 8);
    // Without a year an offset is left alone: the two together fit no clock.
    let (zone, end) = if year.is_some() { zone(bytes, end, true) } else { (WrittenZone::Absent, end) };
    let parts = Parts { year, month, day, hour, minute, second };
    Some((parts.stamp(nanos, zone, Resolution::digits(written))?, end))
}

/// A weekday first: C's `asctime` (`Fri Dec 12 10:10:59[.fff] 2014`) or RFC 5322
/// (`Fri, 12 Dec 2014 10:10:59 +0900`).
fn weekday_first(bytes: &[u8]) -> Option<(Stamp, usize)> {
    const DAYS: [&[u8; 3]; 7] = [b"mon", b"tue", b"wed", b"thu", b"fri", b"sat", b"sun"];
    let name = bytes.get(..3)?.to_ascii_lowercase();
    if !DAYS.iter().any(|day| day[..] == name[..]) {
        return None;
    }
    if bytes.get(3..5) == Some(b", ") {
        let (stamp, end) = day_month_year(&bytes[5..])?;
        return Some((stamp, end + 5));
    }
    let (stamp, end) = syslog(bytes.get(4..).filter(|_| bytes[3] == b' ')?)?;
    let (mut stamp, end) = tail::half_day(bytes, stamp, end + 4);
    if stamp.date != WrittenDate::Full {
        // Without a year an offset is left alone: the two together fit no clock.
        return Some(tail::year(bytes, stamp, end).unwrap_or((stamp, end)));
    }
    if stamp.zone != WrittenZone::Absent {
        return Some((stamp, end));
    }
    let (zone, end) = zone(bytes, end, true);
    stamp.zone = zone;
    Some((stamp, end))
}

/// Seconds, milliseconds, microseconds or nanoseconds since 1970, told apart by their magnitude
/// (10, 13, 16 or 19 digits), with an optional fraction: years 2001 to 2106, where 32 bits without a sign end.
/// Larger numbers are telephone numbers, sizes and hashes.
#[inline]
pub fn epoch(bytes: &[u8]) -> Option<(Stamp, usize)> {
    let length = bytes.iter().take(20).take_while(|byte| byte.is_ascii_digit()).count();
    let per_second: i64 = match length {
        10 => 1,
        13 => 1_000,
        16 => 1_000_000,
        19 => 1_000_000_000,
        _ => return None,
    };
    let value = bytes[..length]
        .iter()
        .try_fold(0_i64, |sum, byte| sum.checked_mul(10)?.checked_add(i64::from(byte - b'0')))?;
    if value / per_second > i64::from(u32::MAX) {
        return None;
    }
    let (nanos, written, end) = match length {
        10 if bytes.get(length) == Some(&b'.') => fraction(bytes, length),
        10 => (0, 0, length),
        _ => ((value % per_second * (1_000_000_000 / per_second)) as u32, length as u8 - 10, length),
    };
    let stamp = Stamp {
        seconds: value / per_second,
        nanos,
        zone: WrittenZone::Epoch,
        resolution: Resolution::digits(written),
        date: WrittenDate::Full,
    };
    Some((stamp, end))
}

/// Any stamp of this module that starts at the first byte and shows that it is one: what the fallback grammar
/// dates lines by. A bare number is none: whether it counts seconds, only a format can know.
#[inline]
pub fn recognise(bytes: &[u8]) -> Option<(Stamp, usize)> {
    recognise_whole_day(bytes).map(|(stamp, end)| tail::with_year(bytes, stamp, end))
}

#[inline]
fn recognise_whole_day(bytes: &[u8]) -> Option<(Stamp, usize)> {
    let first = *bytes.first()?;
    if first.is_ascii_digit() {
        return iso(bytes)
            .or_else(|| common_log(bytes))
            .or_else(|| day_month_year(bytes))
            .or_else(|| rare::year_month_day(bytes))
            .or_else(|| forms::dense(bytes))
            .or_else(|| forms::of_year(bytes))
            .or_else(|| forms::worded(bytes))
            .or_else(|| turned::read(bytes))
            .or_else(|| forms::local_syslog(bytes));
    }
    if first.is_ascii_alphabetic() {
        return syslog(bytes)
            .or_else(|| weekday_first(bytes))
            .or_else(|| forms::worded(bytes))
            .or_else(|| forms::local_syslog(bytes));
    }
    forms::local_syslog(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<(i64, u32, WrittenZone, usize)> {
        recognise(text.as_bytes()).map(|(s, end)| (s.seconds, s.nanos, s.zone, end))
    }

    #[test]
    fn the_same_second_in_every_layout() {
        let ambiguous = |name: &str| {
            crate::base::Abbreviation::of(name.as_bytes()).map_or(WrittenZone::Absent, WrittenZone::Ambiguous)
        };
        let second = days_from_civil(2014, 12, 12) * 86_400 + 36_659;
        for (text, zone) in [
            ("2014-12-12T10:10:59", WrittenZone::Absent),
            ("2014-12-12 10:10:59,", WrittenZone::Absent),
            ("2014/12/12 10:10:59 [error]", WrittenZone::Absent),
            ("2014-12-12T10:10:59Z", WrittenZone::Offset(0)),
            ("2014-12-12T10:10:59+0900", WrittenZone::Offset(32_400)),
            ("2014-12-12T10:10:59-03:30", WrittenZone::Offset(-12_600)),
            ("12-Dec-2014 10:10:59] ERROR", WrittenZone::Absent),
            ("12 Dec 2014 10:10:59 * Ready", WrittenZone::Absent),
            ("12/Dec/2014:10:10:59 +0900]", WrittenZone::Offset(32_400)),
            ("Fri Dec 12 10:10:59 2014] [error]", WrittenZone::Absent),
            ("Fri, 12 Dec 2014 10:10:59 GMT", WrittenZone::Offset(0)),
            ("Fri Dec 12 10:10:59 2014 +0900", WrittenZone::Offset(32_400)),
            ("Fri Dec 12 10:10:59 XYZ 2014", WrittenZone::Absent),
            ("2014-12-12 10:10:59 CEST x", WrittenZone::Offset(7_200)),
            ("2014-12-12 10:10:59 CST x", ambiguous("CST")),
            ("Fri Dec 12 10:10:59 AM KST 2014", WrittenZone::Offset(32_400)),
            ("2014-12-12 10:10:59 AM +0900", WrittenZone::Offset(32_400)),
            ("2014-12-12 10:10:59 AMQP broker", WrittenZone::Absent),
            ("2014-12-12 10:10:59.5 AM", WrittenZone::Absent),
            ("Dec 12 2014 10:10:59 asa", WrittenZone::Absent),
            ("2014-12-12 10:10:59 KST x", WrittenZone::Offset(32_400)),
            ("2014-12-12 10:10:59.000 CEST [1]", WrittenZone::Offset(7_200)),
            ("2014-12-12 10:10:59 ACST x", WrittenZone::Offset(34_200)),
            ("2014-12-12 10:10:59 PDT", WrittenZone::Offset(-25_200)),
            // These mean several offsets; the next ones are no zones.
            ("2014-12-12 10:10:59 EST x", ambiguous("EST")),
            ("2014-12-12 10:10:59 IST x", ambiguous("IST")),
            ("2014-12-12 10:10:59 CETI x", WrittenZone::Absent),
            ("2014-12-12 10:10:59 KSTX", WrittenZone::Absent),
            ("2014 Dec 12 10:10:59.0 leaf1", WrittenZone::Absent),
            ("Dec 12, 2014 10:10:59 AM x", WrittenZone::Absent),
        ] {
            let (seconds, nanos, found, _) = read(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!((seconds, nanos % 500_000_000, found), (second, 0, zone), "{text}");
        }
    }

    #[test]
    fn fractions_keep_their_digits() {
        for (text, nanos, digits) in [
            ("2014-12-12T10:10:59.5Z", 500_000_000, 1),
            ("2014-12-12 10:10:59,123", 123_000_000, 3),
            ("2014-12-12 10:10:59.123456789123", 123_456_789, 9),
            ("12/Dec/2014:10:10:59.123 +0900] x", 123_000_000, 3),
            ("2020-01-01T00:00:00,5Z", 500_000_000, 1),
            ("2020-01-01T00:00:00,50Z", 500_000_000, 2),
            ("2020-01-01T00:00:00,5+09:00", 500_000_000, 1),
            ("2020-01-01 00:00:00,5 +0900", 500_000_000, 1),
        ] {
            let (stamp, end) = recognise(text.as_bytes()).unwrap_or_else(|| panic!("{text}"));
            assert_eq!((stamp.nanos, stamp.resolution.fraction_digits()), (nanos, digits), "{text}");
            assert!(end >= text.trim_end_matches("] x").trim_end().len(), "{text}");
        }
    }

    #[test]
    fn a_cell_behind_a_stamp_is_no_fraction() {
        for text in [
            "2021/07/01 22:20:00,3.1",
            "2021-07-01 22:20:00,17",
            "2021-07-01 22:20:00,123.5",
            "2021-07-01 22:20:00,3 zones",
            "2021-07-01 22:20:00,3-5",
        ] {
            assert_eq!(
                recognise(text.as_bytes()).map(|(stamp, end)| (stamp.nanos, end)),
                Some((0, 19)),
                "{text}"
            );
        }
    }

    #[test]
    fn an_epoch_is_of_our_time() {
        let read = |text: &str| epoch(text.as_bytes()).map(|(stamp, end)| (stamp.seconds, stamp.nanos, end));
        assert_eq!(read("1418379059.5 x"), Some((1_418_379_059, 500_000_000, 12)));
        assert_eq!(read("1418379059123 x"), Some((1_418_379_059, 123_000_000, 13)));
        assert_eq!(read("1418379059123456789"), Some((1_418_379_059, 123_456_789, 19)));
        assert_eq!(read("1418379059,123"), Some((1_418_379_059, 0, 10)), "a row of CSV");
        for text in ["5551234567 a telephone", "9999999999999", "141837905", "14183790591"] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn afternoons_are_twelve_hours_later() {
        let hour =
            |text: &str| recognise(text.as_bytes()).map(|(stamp, end)| (stamp.seconds / 3_600 % 24, end));
        assert_eq!(hour("2014-12-12 10:10:59 PM x"), Some((22, 22)));
        assert_eq!(hour("2014-12-12 12:10:59 AM x"), Some((0, 22)));
        assert_eq!(hour("Dec 12 12:10:59 PM x"), Some((12, 18)));
        assert_eq!(hour("2014-12-12 22:10:59 PM x"), Some((22, 22)));
        assert_eq!(hour("2014-12-12 10:10:59pm x"), Some((22, 21)));
        assert_eq!(hour("Dec 12 10:10:59 pm sshd[1]: x"), Some((10, 15)), "a host's name");
        assert_eq!(hour("2014-12-12 10:10:59 PM-1 x"), Some((10, 19)));
    }

    #[test]
    fn what_the_calendar_lacks_is_no_stamp() {
        for text in [
            "2014-02-29 10:10:59",
            "2014-13-01 10:10:59",
            "2014-12-12 24:10:59",
            "Foo 12 10:10:59",
            "Feb 30 10:10:59",
            "2014-12-1210:10:59",
            "14183790 x",
            "1418379059 x",
            "",
            "Dec",
            "12-Dec-2014",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
        assert!(read("Feb 29 10:10:59").is_some(), "the year is not known, so the day may exist");
    }
}
