//! Absolute times inside messages: stamps with an offset, and seconds since 1970. A record that quotes
//! one written in the same moment tells what its own stamp means.
//!
//! A quoted time says nothing by itself: it may be a day old, or the hour at which a token expires. What
//! plainly points to another moment (`expires`, `next run at`, whole quarters of an hour) is left out
//! here; the rest is for the clock to weigh.

use memchr::memchr_iter;

use crate::base::{NANOS_PER_SECOND, WrittenDate, WrittenZone, days_from_civil};
use crate::time::{digits, month, recognise};

/// How an absolute time is written: programs that get one form wrong rarely get another wrong as well.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Form {
    /// Calendar and offset.
    Calendar,
    /// HTTP's date.
    Http,
    /// Seconds or milliseconds since 1970.
    Epoch,
}

/// An absolute time found in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Embedded {
    /// Nanoseconds since 1970 UTC.
    pub utc: i64,
    /// How it is written.
    pub form: Form,
    /// Where it starts in the text.
    pub start: usize,
    /// One past its last byte.
    pub end: usize,
}

/// Most bytes of a record that are looked through.
const LONGEST: usize = 16 * 1024;

/// Calls `found` for every absolute time in `text` that may be of the moment it was written in.
pub fn embedded(text: &[u8], mut found: impl FnMut(Embedded)) {
    let text = &text[..text.len().min(LONGEST)];
    for colon in memchr_iter(b':', text) {
        if let Some(time) = clock_time(text, colon).filter(|time| is_of_the_moment(text, time)) {
            found(time);
        }
    }
    let mut at = 0;
    while at < text.len() {
        if !text[at].is_ascii_digit() {
            at += 1;
            continue;
        }
        let length = text[at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        if let Some(time) = epoch(text, at, length).filter(|time| is_of_the_moment(text, time)) {
            found(time);
        }
        at += length;
    }
}

/// A stamp with an offset around the first colon of `HH:MM:SS`: ISO 8601, `26/Jun/2018:03:21:45 +0200`,
/// `Tue, 26 Jun 2018 01:21:45 GMT`.
fn clock_time(text: &[u8], colon: usize) -> Option<Embedded> {
    let time = colon.checked_sub(2)?;
    if text.get(colon + 3) != Some(&b':') || digits(text, time, 2).is_none() {
        return None;
    }
    digits(text, colon + 1, 2)?;
    digits(text, colon + 4, 2)?;
    // `2018-06-26T` or `2018-06-26 `, `26/Jun/2018:` and `26 Jun 2018 ` are all eleven or twelve bytes.
    for width in [11, 12] {
        let Some(start) = time.checked_sub(width) else { continue };
        if start > 0 && text[start - 1].is_ascii_alphanumeric() {
            continue;
        }
        if let Some((stamp, length)) = recognise(&text[start..])
            && stamp.date == WrittenDate::Full
            && start + length > colon + 5
            && let WrittenZone::Offset(offset) = stamp.zone
        {
            let utc = (stamp.seconds - i64::from(offset)).checked_mul(NANOS_PER_SECOND)?;
            return Some(Embedded {
                utc: utc + i64::from(stamp.nanos),
                form: Form::Calendar,
                start,
                end: start + length,
            });
        }
    }
    http_date(text, time)
}

/// `26 Jun 2018 01:21:45 GMT` (RFC 9110, section 5.6.7); `time` is where the hours stand.
fn http_date(text: &[u8], time: usize) -> Option<Embedded> {
    let start = time.checked_sub(12)?;
    if text[start + 2] != b' ' || text[start + 6] != b' ' || text[start + 11] != b' ' {
        return None;
    }
    if !matches!(text.get(time + 8..time + 12), Some(b" GMT" | b" UTC")) {
        return None;
    }
    let (day, month, year) = (digits(text, start, 2)?, month(text, start + 3)?, digits(text, start + 7, 4)?);
    let of_day =
        digits(text, time, 2)? * 3_600 + digits(text, time + 3, 2)? * 60 + digits(text, time + 6, 2)?;
    let seconds = days_from_civil(year as i32, month, day) * 86_400 + i64::from(of_day);
    Some(Embedded { utc: seconds.checked_mul(NANOS_PER_SECOND)?, form: Form::Http, start, end: time + 12 })
}

/// `1529976378`, `1529976378.7` or `1529976378123`, from 2001 to 2065, standing alone.
fn epoch(text: &[u8], start: usize, length: usize) -> Option<Embedded> {
    const FIRST: i64 = 1_000_000_000;
    const LAST: i64 = 3_000_000_000;
    if length != 10 && length != 13 {
        return None;
    }
    let end = start + length;
    let borders = |byte: Option<&u8>, also: &[u8]| {
        byte.is_none_or(|byte| !byte.is_ascii_alphanumeric() && !also.contains(byte))
    };
    // Part of a longer number, an address, a name or a decimal fraction.
    if !borders(start.checked_sub(1).map(|before| &text[before]), b".-_/+%") {
        return None;
    }
    let value = text[start..end].iter().fold(0_i64, |value, digit| value * 10 + i64::from(digit - b'0'));
    if length == 13 {
        let seconds = value / 1_000;
        return (borders(text.get(end), b"._/%-") && (FIRST..LAST).contains(&seconds)).then(|| Embedded {
            utc: value * 1_000_000,
            form: Form::Epoch,
            start,
            end,
        });
    }
    if !(FIRST..LAST).contains(&value) {
        return None;
    }
    let mut utc = value * NANOS_PER_SECOND;
    let mut last = end;
    if text.get(end) == Some(&b'.') && text.get(end + 1).is_some_and(u8::is_ascii_digit) {
        let mut unit = NANOS_PER_SECOND / 10;
        last = end + 1;
        while let Some(digit) = text.get(last).filter(|byte| byte.is_ascii_digit()) {
            utc += i64::from(digit - b'0') * unit;
            unit /= 10;
            last += 1;
        }
    }
    borders(text.get(last), b"_/%-").then_some(Embedded { utc, form: Form::Epoch, start, end: last })
}

/// Words before a time that set it in another moment than the record's.
const ELSEWHEN: [&[u8]; 21] = [
    b"exp",
    b"until",
    b"valid",
    b"not_after",
    b"notafter",
    b"not after",
    b"notbefore",
    b"not before",
    b"next",
    b"retry",
    b"deadline",
    b"schedul",
    b"timeout",
    b"lease",
    b"renew",
    b"ttl",
    b"since",
    b"last",
    b"birth",
    b"due",
    b"max",
];

/// Whether a time may be of the moment in which the record was written.
fn is_of_the_moment(text: &[u8], time: &Embedded) -> bool {
    const LOOK_BACK: usize = 28;
    // Nobody writes in whole quarters of an hour: windows, schedules and dates without a time do.
    if time.utc % (900 * NANOS_PER_SECOND) == 0 {
        return false;
    }
    let before = &text[time.start.saturating_sub(LOOK_BACK)..time.start];
    // `Last-Modified: Sun, 12 Mar 2023 20:33:45 GMT`: the weekday belongs to the time.
    let weekday =
        before.len().checked_sub(5).filter(|at| before[*at].is_ascii_alphabetic() && before.ends_with(b", "));
    let before = weekday.map_or(before, |at| &before[..at]);
    // Only the words that belong to it: behind the last separator of fields.
    let from = before.iter().rposition(|byte| matches!(byte, b',' | b';' | b'{' | b'(' | b'|' | b'&'));
    let words = before[from.map_or(0, |at| at + 1)..].to_ascii_lowercase();
    !ELSEWHEN.iter().any(|word| words.windows(word.len()).any(|window| window == *word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn times(text: &str) -> Vec<i64> {
        let mut times = Vec::new();
        embedded(text.as_bytes(), |time| times.push(time.utc / NANOS_PER_SECOND));
        times
    }

    #[test]
    fn absolute_times_are_found_in_any_dress() {
        for text in [
            "created_at=2018-06-26T01:21:45Z,deleted",
            "{'created_at': u'2018-06-26T01:21:45Z'}",
            "at 2018-06-26T03:21:45+02:00 x",
            "at 2018-06-26 03:21:45.123+0200",
            "[26/Jun/2018:03:21:45 +0200] GET /",
            "Date: Tue, 26 Jun 2018 01:21:45 GMT",
            "iat 1529976105 ok",
            "\"ts\":1529976105.25}",
            "ts=1529976105123",
        ] {
            assert_eq!(times(text), [1_529_976_105], "{text}");
        }
    }

    #[test]
    fn other_moments_and_other_numbers_are_left_alone() {
        for text in [
            "expires_at: 2018-06-26T02:21:45Z",
            "valid until 2018-06-26T02:21:45Z",
            "retry after 1529976105",
            "Last-Modified: Tue, 26 Jun 2018 01:21:45 GMT",
            "2018-06-26 03:21:45 without a zone",
            "window from 2018-06-26T01:00:00Z",
            "tempest-cirros-1529976062 size",
            "0.1529976062",
            "10.0.0.1:1529976062x",
            "8529976062 bytes",
            "serial 152997606212",
            "12:34:56 no date",
        ] {
            assert_eq!(times(text), [] as [i64; 0], "{text}");
        }
    }
}
