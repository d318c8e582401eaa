//! What stands right behind a stamp and is part of it, whether or not its pattern asked for it: `AM` and `PM`, an
//! offset from UTC, a year. Left out, any of them would make a wrong instant of a right one.

use super::forms::YEARS;
use super::known::{abbreviated, digits, offset_zone, zone};
use crate::base::{Stamp, WrittenDate, WrittenZone};

/// The first byte of the sign that ISO 8601 calls minus, `−`, where others have a hyphen.
pub(super) const MINUS: u8 = 0xe2;

/// A stamp that ends at `end`, with the half of the day and the offset that stand there, and where they end.
#[inline]
pub(super) fn of(bytes: &[u8], stamp: Stamp, end: usize) -> (Stamp, usize) {
    let (stamp, end) = half_day(bytes, stamp, end);
    with_offset(bytes, stamp, end)
}

/// The same for a stamp that names its month: one without a year may have it behind the time, as asctime and the
/// syslog of some devices have it: `Dec 12 10:10:59 2014 +0900`.
#[inline]
pub(super) fn with_year(bytes: &[u8], stamp: Stamp, end: usize) -> (Stamp, usize) {
    let (stamp, end) = half_day(bytes, stamp, end);
    if stamp.date == WrittenDate::NoYear
        && bytes.get(end) == Some(&b' ')
        && matches!(
            bytes.get(end + 1),
            Some(&(b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'+' | b'-' | MINUS))
        )
        && let Some((dated, after)) = year(bytes, stamp, end)
        && (dated.zone != WrittenZone::Absent || stands_alone(bytes, after))
    {
        return (dated, after);
    }
    with_offset(bytes, stamp, end)
}

/// The year at `end`, with the zone before or behind it: `2014`, `KST 2014`, `CST 2014`, `2014 +0900`.
pub(super) fn year(bytes: &[u8], stamp: Stamp, end: usize) -> Option<(Stamp, usize)> {
    let (mut before, mut at) = zone(bytes, end, true);
    if before == WrittenZone::Absent {
        (before, at) = small(bytes, end).unwrap_or((before, over_abbreviation(bytes, end)));
    }
    let year =
        digits(bytes, at + 1, 4).filter(|year| bytes.get(at) == Some(&b' ') && YEARS.contains(year))?;
    if bytes.get(at + 5).is_some_and(u8::is_ascii_alphanumeric) {
        return None;
    }
    let mut stamp = Stamp {
        seconds: stamp.seconds_in_year(year as i32)?,
        zone: before,
        date: WrittenDate::Full,
        ..stamp
    };
    at += 5;
    if before == WrittenZone::Absent {
        (stamp.zone, at) = zone(bytes, at, true);
    }
    Some((stamp, at))
}

/// Whether what ends at `at` was no part of a longer word: `2001:db8::7` and `2014.example.com` are hosts.
fn stands_alone(bytes: &[u8], at: usize) -> bool {
    match bytes.get(at) {
        None | Some(b' ' | b'\t' | b'\r' | b'\n' | b'[' | b']' | b')' | b'|' | b',' | b';') => true,
        Some(b':') => bytes.get(at + 1).is_none_or(u8::is_ascii_whitespace),
        _ => false,
    }
}

/// A stamp with its whole date takes the zone behind it. Without a year the two fit no clock.
#[inline]
fn with_offset(bytes: &[u8], stamp: Stamp, end: usize) -> (Stamp, usize) {
    match bytes.get(end) {
        Some(&(b' ' | b'+' | b'-' | b'Z' | MINUS))
            if stamp.zone == WrittenZone::Absent && stamp.date == WrittenDate::Full =>
        {
            if let Some((seconds, after)) = offset(bytes, end) {
                return (Stamp { zone: WrittenZone::Offset(seconds), ..stamp }, after);
            }
            let found = match (bytes[end], bytes.get(end + 1)) {
                // `UTC` may be what the message begins with: it is not looked for.
                (b' ', Some(b'A'..=b'Z')) => abbreviated(bytes, end + 1),
                (b' ', Some(b'a'..=b'z')) => small(bytes, end),
                (b' ', Some(b'(' | b'[')) => enclosed(bytes, end + 1),
                _ => None,
            };
            match found {
                Some((zone, after)) => (Stamp { zone, ..stamp }, after),
                None => (stamp, end),
            }
        }
        _ => (stamp, end),
    }
}

/// `(UTC)`, `[GMT+09:00]`, `(+0900)` at `at`, and where it ends.
#[cold]
fn enclosed(bytes: &[u8], at: usize) -> Option<(WrittenZone, usize)> {
    let close = if bytes[at] == b'(' { b')' } else { b']' };
    let (found, end) = offset_zone(bytes, at + 1, false);
    // Of numbers only those of four digits: `[+1]` counts.
    let named = matches!(bytes.get(at + 1), Some(b'U' | b'G' | b'K' | b'J'));
    let whole = named || end >= at + 6;
    (found != WrittenZone::Absent && whole && bytes.get(end) == Some(&close)).then_some((found, end + 1))
}

/// An abbreviation in small letters behind a blank at `end`: only such as are no words of a language.
fn small(bytes: &[u8], end: usize) -> Option<(WrittenZone, usize)> {
    const SHORT: [&str; 13] =
        ["utc", "gmt", "kst", "jst", "hkt", "pst", "pdt", "mdt", "cst", "cdt", "edt", "cet", "msk"];
    /// Of the longer ones the only word.
    const WORD: &str = "mart";
    const LONGEST: usize = 5;
    let rest = bytes.get(end + 1..).filter(|_| bytes.get(end) == Some(&b' '))?;
    let length = rest.iter().take(LONGEST + 1).take_while(|byte| byte.is_ascii_lowercase()).count();
    if !(3..=LONGEST).contains(&length) || !stands_alone(rest, length) {
        return None;
    }
    let is = |name: &str| name.as_bytes() == &rest[..length];
    if is(WORD) || length == 3 && !SHORT.iter().any(|name| is(name)) {
        return None;
    }
    let mut name = [0; LONGEST];
    name[..length].copy_from_slice(&rest[..length]);
    name.make_ascii_uppercase();
    let (found, _) = zone(&name[..length], 0, false);
    (found != WrittenZone::Absent).then_some((found, end + 1 + length))
}

/// An offset at `end` that can be nothing else: `+0900`, `-03:30`, of whole quarter hours, after one blank at most, or
/// `Z` right there. Two digits alone may be a number, but for `-08`, and `-11]`.
pub(super) fn offset(bytes: &[u8], end: usize) -> Option<(i32, usize)> {
    const QUARTER: i32 = 900;
    let at = end + usize::from(bytes.get(end) == Some(&b' '));
    let sign = match *bytes.get(at)? {
        b'Z' => at == end,
        b'+' | b'-' | MINUS => true,
        _ => false,
    };
    let number = at + if bytes[at] == MINUS { 3 } else { 1 };
    match offset_zone(bytes, at, false) {
        (WrittenZone::Offset(seconds), after)
            if sign
                && seconds % QUARTER == 0
                && (after >= number + 4
                    || bytes[at] == b'Z'
                    || bytes[number] == b'0'
                    || matches!(bytes.get(after), Some(b']' | b')' | b'}' | b'>'))) =>
        {
            Some((seconds, after))
        }
        _ => None,
    }
}

/// A stamp that ends at `end`, moved by the `AM` or `PM` that stands there, and where that ends. A stamp of
/// an hour past twelve stays as it is: its writer's clock had 24.
#[inline]
pub(super) fn half_day(bytes: &[u8], stamp: Stamp, end: usize) -> (Stamp, usize) {
    match bytes.get(end) {
        Some(b' ' | b'A' | b'P' | b'a' | b'p') => read_half_day(bytes, stamp, end),
        _ => (stamp, end),
    }
}

fn read_half_day(bytes: &[u8], stamp: Stamp, end: usize) -> (Stamp, usize) {
    let spaced = bytes[end] == b' ';
    let at = end + usize::from(spaced);
    let afternoon = match bytes.get(at..at + 2) {
        Some(b"AM") => false,
        Some(b"PM") => true,
        // In small letters with a blank before it, it may be a host, which stands behind stamps without a year.
        Some(b"am") if !spaced || stamp.date == WrittenDate::Full => false,
        Some(b"pm") if !spaced || stamp.date == WrittenDate::Full => true,
        Some(b"a." | b"A.") if of_two_words(bytes, at) => false,
        Some(b"p." | b"P.") if of_two_words(bytes, at) => true,
        _ => return (stamp, end),
    };
    let at = at + if bytes[at + 1] == b'.' { 2 } else { 0 };
    if bytes
        .get(at + 2)
        .is_some_and(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
    {
        return (stamp, end);
    }
    let hour = stamp.seconds.div_euclid(3_600).rem_euclid(24);
    let moved = match (hour, afternoon) {
        (12, false) => -12,
        (1..=11, true) => 12,
        _ => 0,
    };
    let mut stamp = Stamp { seconds: stamp.seconds + moved * 3_600, ..stamp };
    let mut end = at + 2;
    if stamp.zone == WrittenZone::Absent && stamp.date == WrittenDate::Full {
        (stamp.zone, end) = zone(bytes, end, true);
    }
    (stamp, end)
}

/// `a.m.`, `p.m.`
fn of_two_words(bytes: &[u8], at: usize) -> bool {
    matches!(bytes.get(at + 2..at + 4), Some(b"m." | b"M."))
}

/// The end of an ambiguous abbreviation of a zone at `at`, if a year stands behind it: `CST 2014`.
fn over_abbreviation(bytes: &[u8], at: usize) -> usize {
    let letters =
        bytes.get(at + 1..).unwrap_or_default().iter().take_while(|byte| byte.is_ascii_uppercase()).count();
    let end = at + 1 + letters;
    let year = bytes.get(end) == Some(&b' ') && digits(bytes, end + 1, 4).is_some();
    if bytes.get(at) == Some(&b' ') && (2..=5).contains(&letters) && year { end } else { at }
}

#[cfg(test)]
mod tests {
    use super::super::known::recognise;
    use super::super::{MinuteCache, TimePattern};
    use super::*;
    use crate::base::days_from_civil;

    const SECOND: i64 = days_from_civil(2014, 12, 12) * 86_400 + 36_659;

    #[test]
    fn what_no_pattern_asked_for_is_read() {
        for (pattern, text, zone, rest) in [
            ("%d-%b-%Y %H:%M:%S", "12-Dec-2014 10:10:59 +0200]: x", Some(7_200), "]: x"),
            ("%d-%m-%Y %H:%M:%S", "12-12-2014 10:10:59 -03:30 x", Some(-12_600), " x"),
            ("%Y%m%d %H%M%S", "20141212 101059Z x", Some(0), " x"),
            ("%a %b %e %H:%M:%S%f %Y", "Fri Dec 12 10:10:59 2014 +0945: x", Some(35_100), ": x"),
            ("%m/%d/%Y %I:%M:%S %p", "12/12/2014 10:10:59 AM +0900", Some(32_400), ""),
            ("%d-%b-%Y %H:%M:%S", "12-Dec-2014 10:10:59 +09 x", Some(32_400), " x"),
            ("%d-%b-%Y %H:%M:%S", "12-Dec-2014 10:10:59 -11] x", Some(-39_600), "] x"),
            ("%d-%b-%Y %H:%M:%S", "12-Dec-2014 10:10:59 \u{2212}08:00 x", Some(-28_800), " x"),
            ("%d-%b-%Y %H:%M:%S", "12-Dec-2014 10:10:59 NZDT] x", Some(46_800), "] x"),
            ("%d-%b-%Y %H:%M:%S", "12-Dec-2014 10:10:59 -11 x", None, " -11 x"),
            ("%d-%b-%Y %H:%M:%S", "12-Dec-2014 10:10:59 -12: out of memory", None, " -12: out of memory"),
            ("%d-%b-%Y %H:%M:%S", "12-Dec-2014 10:10:59 UTC is off", None, " UTC is off"),
            ("%b-%e %H:%M:%S", "Dec-12 10:10:59 2014 -0800 x", Some(-28_800), " x"),
            ("%d-%b-%Y %H:%M:%S", "12-Dec-2014 10:10:59 -1234 x", None, " -1234 x"),
            ("%d-%b-%Y %H:%M:%S", "12-Dec-2014 10:10:59 +09000 x", None, " +09000 x"),
            ("%d-%b-%Y %H:%M:%S", "12-Dec-2014 10:10:59 Z x", None, " Z x"),
            ("syslog", "Dec 12 2014 10:10:59 +0900 asa", Some(32_400), " asa"),
            ("syslog", "Dec 12 10:10:59 2014 +0900 asa", Some(32_400), " asa"),
            ("syslog", "Dec 12 10:10:59 KST 2014: x", Some(32_400), ": x"),
            ("syslog", "Dec 12 10:10:59 2014", None, ""),
            ("any", "Dec 12 10:10:59.000 2014|x", None, "|x"),
        ] {
            let compiled = TimePattern::compile(pattern).expect(pattern);
            let mut cache = MinuteCache::default();
            // Twice: the second time from the minute that was kept.
            for _ in 0..2 {
                let (stamp, end) = compiled.read(text.as_bytes(), &mut cache).expect(text);
                let wanted = zone.map_or(WrittenZone::Absent, WrittenZone::Offset);
                assert_eq!((stamp.seconds, stamp.zone, &text[end..]), (SECOND, wanted, rest), "{text}");
            }
        }
    }

    #[test]
    fn a_host_is_no_year() {
        for text in [
            "Dec 12 10:10:59 2001:db8::7 sshd[1]: x",
            "Dec 12 10:10:59 2014.example.com sshd[1]: x",
            "Dec 12 10:10:59 2014-web sshd[1]: x",
            "Dec 12 10:10:59 20145 x",
            "Dec 12 10:10:59 +0900 x",
        ] {
            let (stamp, end) = recognise(text.as_bytes()).expect(text);
            assert_eq!((stamp.date, end), (WrittenDate::NoYear, 15), "{text}");
        }
    }
}
