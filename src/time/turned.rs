//! Stamps whose time of day stands before their date: `10:10:59 2014-12-12`, `10:10:59, 12 Dec 2014`. Read as a time
//! of day alone they would get a day that is guessed.
//!
//! Dates of numbers alone in which the year comes last are not read here: which number is the month is settled for a
//! whole file.

use super::forms::{Clock, Written, YEARS, month_and_day, past_weekday, short, year_behind};
use super::known::digits;
use super::tail;
use crate::base::{Stamp, WrittenDate, WrittenZone};

/// The stamp and its length.
pub(super) fn read(bytes: &[u8]) -> Option<(Stamp, usize)> {
    // Cheap: most lines begin with no time of day.
    if !matches!(bytes.get(1..3)?, [b':', _] | [_, b':']) {
        return None;
    }
    let clock = Clock::read(bytes, 0)?;
    let (of_half, end) = half(bytes, clock.end);
    let at = behind(bytes, end)?;
    let (year, month, day, end) = date(bytes, at)?;
    // A date with a time of its own is what the message begins with.
    let goes_on =
        bytes.get(end).is_some_and(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'/'))
            || matches!(bytes.get(end), Some(b' ' | b'T')) && Clock::read(bytes, end + 1).is_some();
    if goes_on {
        return None;
    }
    // Only the date is asked for its end: the half of the day has been passed.
    let (mut stamp, _) = clock.on(Some(year), month, day, &[])?;
    if let Some(half) = of_half {
        (stamp, _) = tail::half_day(half, stamp, 0);
        stamp.zone = WrittenZone::Absent;
    }
    debug_assert!(stamp.date == WrittenDate::Full);
    Some((stamp, end))
}

/// ` AM` or ` PM` at `at`, if it stands there, and its end.
fn half(bytes: &[u8], at: usize) -> (Option<&[u8]>, usize) {
    let start = at + usize::from(bytes.get(at) == Some(&b' '));
    match bytes.get(start..start + 2) {
        Some(b"AM" | b"PM" | b"am" | b"pm") => (bytes.get(start..start + 2), start + 2),
        _ => (None, at),
    }
}

/// Where the date begins behind a time that ends at `at`.
fn behind(bytes: &[u8], at: usize) -> Option<usize> {
    let rest = bytes.get(at..)?;
    let length = [", ", " - ", " "].iter().find(|between| rest.starts_with(between.as_bytes()))?.len();
    Some(at + length)
}

/// A date at `at`: year, month, day and its end.
fn date(bytes: &[u8], at: usize) -> Option<(u32, u32, u32, usize)> {
    let start = at + past_weekday(bytes.get(at..)?, b" ");
    if let Some(year) = digits(bytes, start, 4) {
        let separator = bytes.get(start + 4).filter(|byte| matches!(byte, b'-' | b'/' | b'.'))?;
        let (month, at) = short(bytes, start + 5)?;
        let (day, end) = short(bytes, at + 1).filter(|_| bytes.get(at) == Some(separator))?;
        return YEARS.contains(&year).then_some((year, month, day, end));
    }
    let Written { month, day, separator, at } = month_and_day(bytes, start)?;
    let (year, end) = year_behind(bytes, at, separator)?;
    Some((year, month, day, end))
}

#[cfg(test)]
mod tests {
    use super::super::known::recognise;
    use crate::base::days_from_civil;

    #[test]
    fn the_date_may_stand_behind_the_time() {
        for (text, rest) in [
            ("10:10:59 2014-12-12 x", " x"),
            ("10:10:59 2014/12/12] x", "] x"),
            ("10:10:59 12/Dec/2014 x", " x"),
            ("10:10:59, 12 Dec 2014 x", " x"),
            ("10:10:59 AM Fri, 12 Dec 2014 x", " x"),
            ("10:10:59 Dec 12, 2014: x", ": x"),
        ] {
            let (stamp, end) = recognise(text.as_bytes()).unwrap_or_else(|| panic!("{text}"));
            assert_eq!(
                (stamp.seconds, &text[end..]),
                (days_from_civil(2014, 12, 12) * 86_400 + 36_659, rest),
                "{text}"
            );
        }
        let (evening, _) = recognise(b"10:10:59.5 pm 2014-12-12 x").expect("reads");
        assert_eq!((evening.seconds.rem_euclid(86_400), evening.nanos), (79_859, 500_000_000));
        for text in [
            "10:10:59 12/12/2014 x",
            "10:10:59 2014-12-12 10:10:50 x",
            "10:10:59 2014-12-12T10:10:50Z x",
            "10:10:59 2014-12-121 x",
            "10:10:59 12 monkeys",
            "10:10:59",
            "1:",
        ] {
            assert_eq!(recognise(text.as_bytes()), None, "{text}");
        }
    }
}
