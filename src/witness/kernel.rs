//! What a kernel's line tells: its uptime, and what it says, whoever printed the line.

use super::marks::hash;
use crate::base::NANOS_PER_SECOND;

/// The uptime that a kernel message begins with, `[604065.445632]`, in nanoseconds.
pub fn uptime(message: &[u8]) -> Option<i64> {
    let text = message.strip_prefix(b"[")?;
    let blanks = text.iter().take_while(|byte| **byte == b' ').count();
    let end = memchr::memchr(b']', text.get(..20.min(text.len()))?)?;
    let number = text.get(blanks..end)?;
    let dot = memchr::memchr(b'.', number)?;
    let (whole, fraction) = (&number[..dot], &number[dot + 1..]);
    let digits = |text: &[u8]| !text.is_empty() && text.iter().all(u8::is_ascii_digit);
    if !digits(whole) || !digits(fraction) || whole.len() > 9 || fraction.len() != 6 {
        return None;
    }
    let value = |text: &[u8]| text.iter().fold(0_i64, |value, digit| value * 10 + i64::from(digit - b'0'));
    Some(value(whole) * NANOS_PER_SECOND + value(fraction) * 1_000)
}

/// What a kernel line says behind its uptime.
pub(super) fn said_behind_uptime(message: &[u8]) -> u64 {
    said(memchr::memchr(b']', message).map_or(message, |end| &message[end + 1..]))
}

/// A hash of what a kernel says. Whether it names the task or processor that says it (`[    T1]`) depends
/// on who prints the line.
pub(super) fn said(text: &[u8]) -> u64 {
    let text = text.trim_ascii();
    let caller = text.strip_prefix(b"[").and_then(|rest| {
        let end = memchr::memchr(b']', rest.get(..12.min(rest.len()))?)?;
        let (kind, number) = rest[..end].trim_ascii().split_first()?;
        let named =
            matches!(kind, b'T' | b'C') && !number.is_empty() && number.iter().all(u8::is_ascii_digit);
        named.then(|| rest[end + 1..].trim_ascii())
    });
    hash(&[caller.unwrap_or(text)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_says_it_is_no_part_of_what_is_said() {
        let plain = said(b"Linux version 6.1.0");
        assert_eq!(said_behind_uptime(b"[    0.000000] Linux version 6.1.0"), plain);
        assert_eq!(said_behind_uptime(b"[    0.000000][    T0] Linux version 6.1.0"), plain);
        assert_eq!(said(b"[   C12] Linux version 6.1.0 "), plain);
        assert_ne!(said(b"[drm] Linux version 6.1.0"), plain);
    }

    #[test]
    fn kernel_messages_carry_their_uptime() {
        assert_eq!(uptime(b"[604065.445632] php-fpm[9401]: segfault"), Some(604_065_445_632_000));
        assert_eq!(uptime(b"[    0.000000] Linux version 5.10"), Some(0));
        for other in [&b"[12:00] x"[..], b"604065.445632", b"[v1.2] x", b"[1.5]", b"["] {
            assert_eq!(uptime(other), None);
        }
    }
}
