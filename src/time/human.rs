//! What people type for a time or a duration, and how spans are shown to them.

use super::known;
use super::zone::{Zone, render_rfc3339};
use crate::base::{Error, NANOS_PER_SECOND, Result, WrittenDate, WrittenZone};

/// A time typed as a bound of a range: an instant, or a distance from the other bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// Nanoseconds since 1970.
    At(i64),
    /// Nanoseconds after (before, when negative) the other bound.
    Relative(i64),
}

/// Reads a bound: an absolute time (`2014-12-12`, `2014-12-12 10:10[:59]`, RFC 3339, `@EPOCH`, any
/// known stamp), `now`, `today 09:00`, `yesterday`, `09:00` (today), `-2h` and `30m ago` (before
/// now), `+30m` (after the other bound). Bare times are read in `zone`; `now` is nanoseconds.
pub fn parse_bound(text: &str, zone: &Zone, now: i64) -> Result<Bound> {
    let trimmed = text.trim();
    let lower = trimmed.to_ascii_lowercase();
    let wrong = || {
        Error::new(format!(
            "cannot read `{text}` as a time; write 2014-12-12T10:10, \"2014-12-12 10:10:59\", -2h, \"30m ago\", \"today 09:00\" or +30m"
        ))
    };
    if lower == "now" {
        return Ok(Bound::At(now));
    }
    if let Some(span) = lower.strip_prefix('+') {
        return duration(span).map(Bound::Relative).map_err(|_| wrong());
    }
    if let Some(span) = lower.strip_prefix('-') {
        return duration(span).map(|span| Bound::At(now.saturating_sub(span))).map_err(|_| wrong());
    }
    if let Some(span) = lower.strip_suffix(" ago") {
        return duration(span).map(|span| Bound::At(now.saturating_sub(span))).map_err(|_| wrong());
    }
    if let Some(epoch) = lower.strip_prefix('@') {
        let (stamp, end) = known::epoch(epoch.as_bytes()).ok_or_else(wrong)?;
        return if end == epoch.len() {
            nanos(stamp.seconds, stamp.nanos).map(Bound::At).ok_or_else(wrong)
        } else {
            Err(wrong())
        };
    }
    let local_now =
        now.div_euclid(NANOS_PER_SECOND) + i64::from(zone.offset_at(now.div_euclid(NANOS_PER_SECOND)).0);
    let today = local_now.div_euclid(86_400) * 86_400;
    let (day, clock) = match lower.split_once(' ') {
        Some(("today", clock)) => (Some(today), clock),
        Some(("yesterday", clock)) => (Some(today - 86_400), clock),
        None if lower == "today" => (Some(today), "00:00"),
        None if lower == "yesterday" => (Some(today - 86_400), "00:00"),
        None if lower.len() <= 8 && lower.contains(':') => (Some(today), lower.as_str()),
        _ => (None, ""),
    };
    if let Some(day) = day {
        let second = time_of_day(clock).ok_or_else(wrong)?;
        return nanos(zone.to_utc(day + second).0, 0).map(Bound::At).ok_or_else(wrong);
    }
    absolute(trimmed, zone).map(Bound::At).ok_or_else(wrong)
}

/// A full date, with or without a time and a zone.
fn absolute(text: &str, zone: &Zone) -> Option<i64> {
    let completed = match text.len() {
        10 => format!("{text}T00:00:00"),
        13 => format!("{text}:00:00"),
        16 => format!("{text}:00"),
        // Minutes with a zone: `2014-12-12T10:10Z`.
        17.. if text.is_char_boundary(16) && matches!(text.as_bytes()[16], b'Z' | b'+' | b'-' | b' ') => {
            format!("{}:00{}", &text[..16], &text[16..])
        }
        _ => text.to_owned(),
    };
    let (stamp, end) = known::recognise(completed.as_bytes())?;
    if end != completed.len() || stamp.date == WrittenDate::NoYear {
        return None;
    }
    let seconds = match stamp.zone {
        WrittenZone::Offset(offset) => stamp.seconds - i64::from(offset),
        WrittenZone::Epoch => stamp.seconds,
        WrittenZone::Boot => return None,
        WrittenZone::Absent => zone.to_utc(stamp.seconds).0,
        WrittenZone::Ambiguous(name) => stamp.seconds - i64::from(zone.offset_named(name.name())?.0),
    };
    nanos(seconds, stamp.nanos)
}

/// Nanoseconds since 1970; `None` outside the years 1678 to 2261.
fn nanos(seconds: i64, nanos: u32) -> Option<i64> {
    seconds.checked_mul(NANOS_PER_SECOND)?.checked_add(i64::from(nanos))
}

/// `HH:MM` or `HH:MM:SS` as seconds of the day.
fn time_of_day(text: &str) -> Option<i64> {
    let mut total = 0;
    let mut count = 0;
    for (part, (limit, unit)) in text.split(':').zip([(24, 3_600), (60, 60), (60, 1)]) {
        let value: i64 = part.parse().ok().filter(|value| (0..limit).contains(value))?;
        total += value * unit;
        count += 1;
    }
    (count >= 2 && text.split(':').count() == count).then_some(total)
}

/// An instant in a zone, whole seconds, `2014-12-12 10:10:59`.
pub fn local_time(zone: &Zone, at: i64) -> String {
    let mut text = Vec::new();
    let offset = zone.offset_at(at.div_euclid(NANOS_PER_SECOND));
    render_rfc3339(&mut text, at, 0, offset.0, false);
    text.truncate(19);
    String::from_utf8_lossy(&text).replace('T', " ")
}

/// A duration: `90s`, `30m`, `2h`, `1h30m`, `3d`, `1w`, `250ms`, `1.5h`; nanoseconds.
pub fn duration(text: &str) -> Result<i64> {
    let wrong =
        || Error::new(format!("cannot read `{text}` as a duration; write 30s, 5m, 2h, 1h30m, 3d or 1w"));
    let mut rest = text.trim();
    let mut total = 0.0;
    if rest.is_empty() {
        return Err(wrong());
    }
    while !rest.is_empty() {
        let number = rest.find(|c: char| !c.is_ascii_digit() && c != '.').ok_or_else(wrong)?;
        let value: f64 = rest[..number].parse().map_err(|_| wrong())?;
        rest = rest[number..].trim_start();
        let unit = rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len());
        let seconds = match &rest[..unit] {
            "ms" => 0.001,
            "s" | "sec" | "secs" | "second" | "seconds" => 1.0,
            "m" | "min" | "mins" | "minute" | "minutes" => 60.0,
            "h" | "hr" | "hour" | "hours" => 3_600.0,
            "d" | "day" | "days" => 86_400.0,
            "w" | "week" | "weeks" => 604_800.0,
            _ => return Err(wrong()),
        };
        total += value * seconds;
        rest = rest[unit..].trim_start();
    }
    let nanos = total * 1e9;
    if nanos.is_finite() && nanos < 9.0e18 { Ok(nanos as i64) } else { Err(wrong()) }
}

/// A span for people: its two largest units, `4 m 12 s`, `14 d 3 h`, `250 ms`.
pub fn pretty_span(nanos: i64) -> String {
    let millis = nanos.unsigned_abs() / 1_000_000;
    if millis < 1_000 {
        return format!("{millis} ms");
    }
    let seconds = millis / 1_000;
    let parts =
        [(seconds / 86_400, "d"), (seconds / 3_600 % 24, "h"), (seconds / 60 % 60, "m"), (seconds % 60, "s")];
    let first = parts.iter().position(|(value, _)| *value > 0).unwrap_or(3);
    let mut text = format!("{} {}", parts[first].0, parts[first].1);
    if let Some((value, unit)) = parts.get(first + 1).filter(|(value, _)| *value > 0) {
        text.push_str(&format!(" {value} {unit}"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_418_346_659 * NANOS_PER_SECOND; // 2014-12-12T01:10:59Z, 10:10:59 in Seoul

    #[test]
    fn bounds_as_people_type_them() {
        let seoul = Zone::parse("Asia/Seoul").expect("known");
        let second = NANOS_PER_SECOND;
        for (text, expected) in [
            ("2014-12-12 10:10:59", Bound::At(NOW)),
            ("2014-12-12T01:10:59Z", Bound::At(NOW)),
            ("2014-12-12T10:10", Bound::At(NOW - 59 * second)),
            ("2014-12-12T01:10Z", Bound::At(NOW - 59 * second)),
            ("2014-12-12T10:10+09:00", Bound::At(NOW - 59 * second)),
            ("2014-12-12", Bound::At(NOW - 36_659 * second)),
            ("@1418346659", Bound::At(NOW)),
            ("today 10:10:59", Bound::At(NOW)),
            ("10:10:59", Bound::At(NOW)),
            ("yesterday", Bound::At(NOW - (86_400 + 36_659) * second)),
            ("-2h", Bound::At(NOW - 7_200 * second)),
            ("30m ago", Bound::At(NOW - 1_800 * second)),
            ("+1h30m", Bound::Relative(5_400 * second)),
            ("now", Bound::At(NOW)),
        ] {
            assert_eq!(parse_bound(text, &seoul, NOW).ok(), Some(expected), "{text}");
        }
        for text in [
            "",
            "soon",
            "2014-13-01",
            "25:00",
            "-2x",
            "Dec 12 10:10:59",
            "10",
            "9999-12-31",
            "0001-01-01",
            "@9999999999",
        ] {
            assert!(parse_bound(text, &seoul, NOW).is_err(), "{text}");
        }
    }

    #[test]
    fn spans_show_two_units() {
        let second = NANOS_PER_SECOND;
        assert_eq!(pretty_span(252 * second), "4 m 12 s");
        assert_eq!(pretty_span(86_400 * second), "1 d");
        assert_eq!(pretty_span(second / 4), "250 ms");
    }
}
