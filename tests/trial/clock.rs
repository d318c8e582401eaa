//! True clocks: which zone a writer is in at which time, and by how much its host's clock is off.

use chrono::{DateTime, Datelike as _, NaiveDateTime, Offset as _, TimeZone as _};
use chrono_tz::Tz;

pub(crate) const SECOND: i64 = 1_000_000_000;
pub(crate) const MINUTE: i64 = 60 * SECOND;
pub(crate) const HOUR: i64 = 60 * MINUTE;
pub(crate) const DAY: i64 = 24 * HOUR;

/// A zone of a writer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Zone {
    /// Seconds east of UTC, all year.
    Fixed(i32),
    Named(Tz),
}

impl Zone {
    pub(crate) const UTC: Self = Self::Fixed(0);

    /// Seconds east of UTC at an instant (nanoseconds since 1970).
    pub(crate) fn offset(self, at: i64) -> i32 {
        match self {
            Self::Fixed(offset) => offset,
            Self::Named(zone) => zone.offset_from_utc_datetime(&civil(at)).fix().local_minus_utc(),
        }
    }

    /// As people type it: an IANA name or `+09:00`.
    pub(crate) fn name(self) -> String {
        match self {
            Self::Fixed(offset) => signed(offset, ":"),
            Self::Named(zone) => zone.name().to_owned(),
        }
    }

    /// What `name` wrote, or what the program says.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        if let Ok(zone) = text.parse::<Tz>() {
            return Some(Self::Named(zone));
        }
        let (sign, digits) = match text.split_at_checked(1)? {
            ("+", digits) => (1, digits),
            ("-", digits) => (-1, digits),
            _ => return None,
        };
        let digits: String = digits.chars().filter(|c| *c != ':').collect();
        let hours: i32 = digits.get(..2)?.parse().ok()?;
        let minutes: i32 = digits.get(2..4).unwrap_or("0").parse().ok()?;
        Some(Self::Fixed(sign * (hours * 3_600 + minutes * 60)))
    }

    /// The instants within a span at which the offset changes, to the minute.
    pub(crate) fn changes(self, from: i64, to: i64) -> Vec<i64> {
        let mut changes = Vec::new();
        let mut at = from;
        while at < to {
            let next = at + DAY;
            if self.offset(at) != self.offset(next) {
                let (mut low, mut high) = (at, next);
                while high - low > MINUTE {
                    let middle = low + (high - low) / 2;
                    if self.offset(middle) == self.offset(at) { low = middle } else { high = middle }
                }
                changes.push(high);
            }
            at = next;
        }
        changes
    }
}

/// `+09:00` with `:` between, `+0900` with nothing.
pub(crate) fn signed(offset: i32, between: &str) -> String {
    let sign = if offset < 0 { '-' } else { '+' };
    let minutes = offset.abs() / 60;
    format!("{sign}{:02}{between}{:02}", minutes / 60, minutes % 60)
}

/// The civil time of nanoseconds since 1970.
pub(crate) fn civil(nanos: i64) -> NaiveDateTime {
    DateTime::from_timestamp_nanos(nanos).naive_utc()
}

/// Nanoseconds since 1970 of a civil time in UTC.
pub(crate) fn utc(year: i32, month: u32, day: u32, hour: u32) -> i64 {
    chrono::NaiveDate::from_ymd_opt(year, month, day)
        .and_then(|date| date.and_hms_opt(hour, 0, 0))
        .and_then(|time| time.and_utc().timestamp_nanos_opt())
        .expect("a date of this century")
}

pub(crate) fn year(nanos: i64) -> i32 {
    civil(nanos).year()
}

/// `2019-05-24T01:02:03Z`, with `digits` of the second.
pub(crate) fn zulu(nanos: i64, digits: usize) -> String {
    let time = civil(nanos);
    match digits {
        0 => time.format("%Y-%m-%dT%H:%M:%SZ").to_string(),
        3 => time.format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string(),
        _ => time.format("%Y-%m-%dT%H:%M:%S%.6fZ").to_string(),
    }
}

/// What holds from one instant on, until the next.
#[derive(Clone, Debug)]
pub(crate) struct Course<T>(Vec<(i64, T)>);

impl<T: Copy + PartialEq> Course<T> {
    pub(crate) fn constant(value: T) -> Self {
        Self(vec![(i64::MIN, value)])
    }

    /// Changes to `value` at an instant later than all before.
    pub(crate) fn then(&mut self, from: i64, value: T) {
        self.0.push((from, value));
    }

    pub(crate) fn at(&self, at: i64) -> T {
        let index = self.0.partition_point(|(from, _)| *from <= at);
        self.0[index.saturating_sub(1)].1
    }

    /// All values it has.
    pub(crate) fn values(&self) -> impl Iterator<Item = T> {
        self.0.iter().map(|(_, value)| *value)
    }

    pub(crate) fn changes(&self) -> bool {
        self.0.windows(2).any(|pair| pair[0].1 != pair[1].1)
    }
}
