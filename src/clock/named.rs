//! Days that a file's name tells.

use crate::base::days_from_civil;
use crate::time::digits;

/// A day that a file's name tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NamedDay {
    /// Days since 1970.
    Full(i64),
    /// `sar12`, `sa12`: the day of some month.
    OfMonth(u32),
}

/// `app-2014-12-12.log`, `sa20141212`, `sar12`.
pub(super) fn day_in_name(name: &str) -> Option<NamedDay> {
    let base = name.rsplit('/').next().unwrap_or(name).as_bytes();
    let number = |text: &[u8]| text.iter().fold(0_u32, |sum, byte| sum * 10 + u32::from(byte - b'0'));
    let mut at = 0;
    while at < base.len() {
        let length = base[at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        let parts = match length {
            8 => Some((
                number(&base[at..at + 4]),
                number(&base[at + 4..at + 6]),
                number(&base[at + 6..at + 8]),
            )),
            4 => parted(&base[at..]).map(|(month, day)| (number(&base[at..at + 4]), month, day)),
            _ => None,
        };
        if let Some((year @ 1990..2100, month @ 1..=12, day @ 1..=31)) = parts {
            return Some(NamedDay::Full(days_from_civil(year as i32, month, day)));
        }
        at += length.max(1);
    }
    let rest = base.strip_prefix(b"sar").or_else(|| base.strip_prefix(b"sa"))?;
    let day = rest.get(..2).filter(|day| day.iter().all(u8::is_ascii_digit))?;
    let ends = !rest.get(2).is_some_and(u8::is_ascii_alphanumeric);
    Some(NamedDay::OfMonth(number(day))).filter(|_| ends && (1..=31).contains(&number(day)))
}

/// `2014-12-12`, with one byte between the parts: month and day.
fn parted(text: &[u8]) -> Option<(u32, u32)> {
    let two = |at: usize| digits(text, at, 2);
    let same = matches!(text.get(4), Some(b'-' | b'_' | b'.')) && text.get(7) == text.get(4);
    (same && !text.get(10).is_some_and(u8::is_ascii_digit)).then(|| Some((two(5)?, two(8)?)))?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_days() {
        let full = Some(NamedDay::Full(days_from_civil(2014, 12, 12)));
        for (name, day) in [
            ("var/log/app-2014-12-12.log", full),
            ("app.log-20141212.gz", full),
            ("sa20141212", full),
            ("sar12", Some(NamedDay::OfMonth(12))),
            ("var/log/sa/sa07.txt", Some(NamedDay::OfMonth(7))),
            ("sar99", None),
            ("sample12", None),
            ("sar123", None),
            ("app-201412120.log", None),
            ("app-2014-12-120.log", None),
            ("10.0.0.1-1234.log", None),
            ("", None),
        ] {
            assert_eq!(day_in_name(name), day, "{name}");
        }
    }
}
