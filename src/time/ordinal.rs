//! Days that are counted: the day of the year, and ISO 8601's weeks.

use super::forms::Clock;
use super::known::digits;
use crate::base::{Stamp, days_from_civil};

/// `2014-346T10:10:59`, `2014-346 10:10:59`, `2014:346:10:10:59`, `2014/346 10:10:59`, `2014346T101059`,
/// `2014-W50-5T10:10:59`: the stamp and its length. The year stands there and has been read.
pub(super) fn read(year: u32, bytes: &[u8]) -> Option<(Stamp, usize)> {
    let (day, at) = match bytes.get(4)? {
        b'-' if bytes.get(5) == Some(&b'W') => (of_week(year, bytes)?, 10),
        b'-' | b'/' | b':' | b'.' => (of_year(year, bytes, 5)?, 8),
        // Seven digits: only before a `T`, as ISO 8601 has it.
        byte if byte.is_ascii_digit() && bytes.get(7) == Some(&b'T') => (of_year(year, bytes, 4)?, 7),
        _ => return None,
    };
    let clock = match bytes.get(at)? {
        b'T' => Clock::read(bytes, at + 1).or_else(|| Clock::dense(bytes, at + 1))?,
        b' ' | b'-' => Clock::read(bytes, at + 1)?,
        b':' if bytes[4] == b':' => Clock::read(bytes, at + 1)?,
        _ => return None,
    };
    let (mut stamp, end) = clock.on(Some(year), 1, 1, bytes)?;
    stamp.seconds += day * 86_400;
    Some((stamp, end))
}

/// Days since 1 January, of the three digits at `at`.
fn of_year(year: u32, bytes: &[u8], at: usize) -> Option<i64> {
    let day = i64::from(digits(bytes, at, 3)?) - 1;
    (0..first_of(year + 1) - first_of(year)).contains(&day).then_some(day)
}

/// Days since 1 January of `2014-W50-5`: week 1 is that of 4 January, and Monday is day 1. The first week may begin in
/// the year before, and the last end in the next.
fn of_week(year: u32, bytes: &[u8]) -> Option<i64> {
    /// 1970-01-01 was a Thursday.
    const THURSDAY: i64 = 3;
    let week = i64::from(digits(bytes, 6, 2)?);
    let day = i64::from(digits(bytes, 9, 1).filter(|_| bytes.get(8) == Some(&b'-'))?);
    if !(1..=53).contains(&week) || !(1..=7).contains(&day) {
        return None;
    }
    let fourth = first_of(year) + 3;
    let monday = fourth - (fourth + THURSDAY).rem_euclid(7) + (week - 1) * 7;
    // A week belongs to the year of its Thursday.
    (monday + THURSDAY < first_of(year + 1)).then(|| monday + day - 1 - first_of(year))
}

fn first_of(year: u32) -> i64 {
    days_from_civil(year as i32, 1, 1)
}

#[cfg(test)]
mod tests {
    use super::super::known::recognise;
    use super::*;

    #[test]
    fn counted_days_name_the_same_second() {
        for text in [
            "2014-346T10:10:59 x",
            "2014-346 10:10:59 x",
            "2014:346:10:10:59 x",
            "2014/346 10:10:59 x",
            "2014346T101059 x",
            "2014-W50-5T10:10:59 x",
        ] {
            let (stamp, end) = recognise(text.as_bytes()).unwrap_or_else(|| panic!("{text}"));
            assert_eq!(
                (stamp.seconds, &text[end..]),
                (days_from_civil(2014, 12, 12) * 86_400 + 36_659, " x")
            );
        }
    }

    #[test]
    fn weeks_cross_the_year() {
        for (text, (year, month, day)) in [
            ("2015-W53-7T00:00:00Z", (2016, 1, 3)),
            ("2019-W01-1T00:00:00Z", (2018, 12, 31)),
            ("2021-W01-1T00:00:00Z", (2021, 1, 4)),
        ] {
            let (stamp, _) = recognise(text.as_bytes()).unwrap_or_else(|| panic!("{text}"));
            assert_eq!(stamp.seconds, days_from_civil(year, month, day) * 86_400, "{text}");
        }
        for text in
            ["2014-W53-1T00:00:00Z", "2014-W00-1T00:00:00Z", "2014-W01-8T00:00:00Z", "2013-366 10:10:59"]
        {
            assert_eq!(recognise(text.as_bytes()), None, "{text}");
        }
    }
}
