//! Parts of a rendered line: its time, words, JSON strings.

use std::io::Write as _;

use crate::base::NANOS_PER_SECOND;
use crate::time::render_rfc3339;

/// Appends `2014-12-12T01:10:59.123456Z`, or as many digits as the format keeps. Seconds that no 64 bits of
/// nanoseconds hold are capped: they are damage.
pub(super) fn push_time(out: &mut Vec<u8>, seconds: i64, nanos: u32, digits: usize) {
    let most = i64::MAX / NANOS_PER_SECOND - 1;
    let at = seconds.clamp(-most, most) * NANOS_PER_SECOND + i64::from(nanos);
    render_rfc3339(out, at, digits, 0, true);
}

/// Appends ` key=value`. A value keeps to one word: blanks, quotes, backslashes, control characters and what
/// is no UTF-8 become `\xNN`.
pub(super) fn push_pair(out: &mut Vec<u8>, key: &str, value: &[u8]) {
    out.push(b' ');
    out.extend_from_slice(key.as_bytes());
    out.push(b'=');
    push_word(out, value);
}

/// Appends one word, as above.
pub(super) fn push_word(out: &mut Vec<u8>, value: &[u8]) {
    for chunk in value.utf8_chunks() {
        for c in chunk.valid().chars() {
            let mut buffer = [0; 4];
            let bytes = c.encode_utf8(&mut buffer).as_bytes();
            if c.is_whitespace() || c.is_control() || matches!(c, '"' | '\\') {
                bytes.iter().for_each(|byte| push_hex(out, *byte));
            } else {
                out.extend_from_slice(bytes);
            }
        }
        chunk.invalid().iter().for_each(|byte| push_hex(out, *byte));
    }
}

fn push_hex(out: &mut Vec<u8>, byte: u8) {
    // Writing into memory cannot fail.
    let _ = write!(out, "\\x{byte:02x}");
}

/// Appends a JSON string. Bytes that are no UTF-8 stay as they are: lines are bytes.
pub(super) fn push_json(out: &mut Vec<u8>, text: &[u8]) {
    out.push(b'"');
    for byte in text {
        match byte {
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\t' => out.extend_from_slice(b"\\t"),
            b'\r' => out.extend_from_slice(b"\\r"),
            0..=0x1f | 0x7f => {
                let _ = write!(out, "\\u{byte:04x}");
            }
            _ => out.push(*byte),
        }
    }
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_stays_a_word_and_a_string_a_string() {
        let mut out = Vec::new();
        push_pair(&mut out, "user", b"a b\\\x1b\xff");
        push_pair(&mut out, "name", "탭".as_bytes());
        assert_eq!(String::from_utf8_lossy(&out), "\u{20}user=a\\x20b\\x5c\\x1b\\xff name=탭");
        out.clear();
        push_json(&mut out, b"a\n\"b\"\\\x1b");
        assert_eq!(out, b"\"a\\n\\\"b\\\"\\\\\\u001b\"");
    }

    #[test]
    fn times_outside_of_any_calendar_are_capped() {
        let mut out = Vec::new();
        push_time(&mut out, i64::MIN, 0, 0);
        push_time(&mut out, 4_294_967_295, 999_999_999, 6);
        assert!(out.ends_with(b"2106-02-07T06:28:15.999999Z"), "{}", String::from_utf8_lossy(&out));
    }
}
