//! Ages as tables write them: `65.227`, `93s`, `2h3m`, `4d`, `1-02:03:04`.

use crate::base::NANOS_PER_SECOND;

/// How long something has lasted, and how far off the number may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Age {
    /// Nanoseconds, as written.
    pub nanos: i64,
    /// One unit of the last digit: a cut-off age was longer by less than this.
    pub unit: i64,
    /// Whether the writer may have rounded up: decimals are printed rounded, words like `5m` are cut off.
    pub rounded: bool,
}

/// Longer than this is no age but some other number.
const LONGEST: i64 = 200 * 366 * 86_400 * NANOS_PER_SECOND;

/// Reads an age. None for anything else, a negative number among it.
pub fn age(text: &str) -> Option<Age> {
    let text = text.strip_suffix("ago").unwrap_or(text).trim();
    let read = decimal(text).or_else(|| words(text)).or_else(|| clock(text))?;
    (read.nanos <= LONGEST).then_some(read)
}

/// `2 (30s ago)`: a counter, and how long ago it last went up.
pub fn counter(text: &str) -> Option<(i64, Option<Age>)> {
    let (number, rest) = text.split_once([' ', '(']).unwrap_or((text, ""));
    let ago = rest.trim().trim_start_matches('(').strip_suffix(')').filter(|inner| inner.ends_with("ago"));
    Some((number.parse().ok()?, ago.and_then(age)))
}

/// Seconds, with or without decimals.
fn decimal(text: &str) -> Option<Age> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(fraction) {
        return None;
    }
    let kept = &fraction[..fraction.len().min(9)];
    let unit = 10_i64.pow(9 - kept.len() as u32);
    let below = if kept.is_empty() { 0 } else { kept.parse::<i64>().ok()?.checked_mul(unit)? };
    let nanos = whole.parse::<i64>().ok()?.checked_mul(NANOS_PER_SECOND)?.checked_add(below)?;
    Some(Age { nanos, unit, rounded: true })
}

/// Numbers with units, as Go and Kubernetes write them.
fn words(text: &str) -> Option<Age> {
    const SECOND: i64 = NANOS_PER_SECOND;
    const DAY: i64 = 86_400 * SECOND;
    let (mut nanos, mut unit, mut rest) = (0_i64, i64::MAX, text);
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let number: i64 = rest[..digits].parse().ok()?;
        let tail = &rest[digits..];
        let letters = tail.bytes().take_while(u8::is_ascii_alphabetic).count();
        let scale = match &tail[..letters] {
            "ms" => SECOND / 1_000,
            "s" => SECOND,
            "m" => 60 * SECOND,
            "h" => 3_600 * SECOND,
            "d" => DAY,
            "w" => 7 * DAY,
            "y" => 365 * DAY,
            _ => return None,
        };
        nanos = nanos.checked_add(number.checked_mul(scale)?)?;
        unit = unit.min(scale);
        rest = tail[letters..].trim_start();
    }
    (unit < i64::MAX).then_some(Age { nanos, unit, rounded: false })
}

/// `[[days-]hours:]minutes:seconds`, as `ps` writes them.
fn clock(text: &str) -> Option<Age> {
    let (days, time) = text.split_once('-').unwrap_or(("0", text));
    let parts: Vec<&str> = time.split(':').collect();
    if !(2..=3).contains(&parts.len()) || parts.iter().any(|part| part.len() != 2) {
        return None;
    }
    let number = |text: &str| text.parse::<u32>().ok().map(i64::from);
    let seconds = parts.iter().try_fold(0_i64, |sum, part| Some(sum * 60 + number(part)?))?;
    let seconds = number(days)?.checked_mul(86_400)?.checked_add(seconds)?;
    Some(Age { nanos: seconds.checked_mul(NANOS_PER_SECOND)?, unit: NANOS_PER_SECOND, rounded: false })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_as_they_are_written() {
        const S: i64 = NANOS_PER_SECOND;
        for (text, nanos, unit) in [
            ("65.227", 65_227 * S / 1_000, S / 1_000),
            ("184119.289", 184_119_289 * S / 1_000, S / 1_000),
            ("0", 0, S),
            ("93s", 93 * S, S),
            ("5m", 300 * S, 60 * S),
            ("2h3m", 7_380 * S, 60 * S),
            ("4d", 345_600 * S, 86_400 * S),
            ("2d3h", 183_600 * S, 3_600 * S),
            ("30s ago", 30 * S, S),
            ("02:03", 123 * S, S),
            ("1-02:03:04", 93_784 * S, S),
        ] {
            let read = age(text).map(|age| (age.nanos, age.unit));
            assert_eq!(read, Some((nanos, unit)), "{text}");
        }
    }

    #[test]
    fn what_is_no_age() {
        for text in [
            "",
            "-",
            "-5",
            "-0.5",
            "1.2.3",
            "<invalid>",
            "<unknown>",
            "5x",
            "m",
            "ago",
            "1e9",
            "2021-07-01",
            "99999999999999999999",
            "999999999999",
            "99999999999999y",
            "1:2",
            "é5s",
            "5é",
        ] {
            assert_eq!(age(text), None, "{text}");
        }
    }

    #[test]
    fn restarts_tell_when_they_were() {
        assert_eq!(counter("7"), Some((7, None)));
        let (count, ago) = counter("2 (30s ago)").expect("a counter");
        assert_eq!((count, ago.map(|age| age.nanos)), (2, Some(30 * NANOS_PER_SECOND)));
        assert_eq!(counter("2 (x)"), Some((2, None)));
        assert_eq!(counter("Running"), None);
    }
}
