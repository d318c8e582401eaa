//! Steps of the clock that the daemon which keeps it tells of: chronyd, ntpd, ntpdate. A step by whole hours (a
//! machine whose hardware clock holds local time) looks like a changed zone in every log, but for this line.

use crate::base::NANOS_PER_SECOND;

/// How daemons tell of a step: whose line it is, what stands before the seconds that the clock gained, and whether
/// anything may stand between the two.
const TOLD: [(&[u8], &str, &str); 3] = [
    (b"chronyd", "System clock was stepped by ", ""),
    (b"ntpd", "time reset ", ""),
    (b"ntpdate", "step time server ", " offset "),
];

/// Longest step that is believed: 68 years, what 32 bits of seconds reach.
const LONGEST: f64 = 2_147_483_648.0;

/// How much the clock gained by the step that a message of a program tells of, nanoseconds.
pub(super) fn stated_step(program: &[u8], message: &[u8]) -> Option<i64> {
    let (_, start, behind) = TOLD.iter().find(|(name, ..)| *name == program)?;
    let rest = std::str::from_utf8(message).ok()?.trim_start().strip_prefix(start)?;
    let rest = &rest[rest.find(behind)? + behind.len()..];
    let digits = |c: char| c.is_ascii_digit() || matches!(c, '.' | '+' | '-');
    let (number, unit) = rest.split_at(rest.find(|c| !digits(c)).unwrap_or(rest.len()));
    let seconds: f64 = number.parse().ok()?;
    let unit = unit.trim_start().starts_with('s');
    (unit && seconds.abs() < LONGEST).then_some((seconds * NANOS_PER_SECOND as f64) as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_found_where_they_are_told() {
        let step = |program: &str, message: &str| stated_step(program.as_bytes(), message.as_bytes());
        let tenth = NANOS_PER_SECOND / 10;
        let told = "System clock was stepped by -32400.300000 seconds";
        assert_eq!(step("chronyd", told), Some(-324_003 * tenth));
        assert_eq!(step("ntpd", "time reset +3.500000 s"), Some(35 * tenth));
        let server = "step time server 192.0.2.7 offset 28799.500000 sec";
        assert_eq!(step("ntpdate", server), Some(287_995 * tenth));
        for (program, message) in [
            ("sh", told),
            ("chronyd", "System clock wrong by -32400.3 seconds"),
            ("chronyd", "System clock was stepped by many seconds"),
            ("chronyd", "System clock was stepped by 1e400 seconds"),
            ("chronyd", "System clock was stepped by 99999999999999999999 seconds"),
            ("chronyd", "System clock was stepped by 3 hours"),
            ("ntpdate", "adjust time server 192.0.2.7 offset 0.1 sec"),
        ] {
            assert_eq!(step(program, message), None, "{program}: {message}");
        }
    }
}
