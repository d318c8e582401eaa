//! What a kernel's line says, whoever printed it.

use super::marks::hash;

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
}
