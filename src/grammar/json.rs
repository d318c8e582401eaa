//! One JSON object per line: its top-level pairs as spans, without building a tree.
//!
//! This is no validator. It follows strings and nesting exactly, and leaves the spelling of numbers
//! and literals to whoever reads them. Values stay as written; `unescape` decodes a string.

use super::slots::Span;

/// What kind of value a pair has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Value {
    /// A string; the span lies between its quotes.
    String,
    /// A number, `true`, `false` or `null`.
    Bare,
    /// An object or an array, brackets included.
    Nested,
}

/// Calls `visit(key, value, kind)` for each top-level pair until it returns `false`. Returns whether
/// the line is an object as far as it was followed.
#[inline]
pub(super) fn pairs(line: &[u8], mut visit: impl FnMut(Span, Span, Value) -> bool) -> bool {
    let mut at = blanks(line, 0);
    if line.get(at) != Some(&b'{') {
        return false;
    }
    at = blanks(line, at + 1);
    if line.get(at) == Some(&b'}') {
        return true;
    }
    loop {
        if line.get(at) != Some(&b'"') {
            return false;
        }
        let Some(key_end) = string_end(line, at + 1) else { return false };
        let key = Span::new(at + 1, key_end);
        at = blanks(line, key_end + 1);
        if line.get(at) != Some(&b':') {
            return false;
        }
        at = blanks(line, at + 1);
        let (value, kind, end) = match line.get(at) {
            Some(b'"') => match string_end(line, at + 1) {
                Some(end) => (Span::new(at + 1, end), Value::String, end + 1),
                None => return false,
            },
            Some(b'{' | b'[') => match nested_end(line, at) {
                Some(end) => (Span::new(at, end), Value::Nested, end),
                None => return false,
            },
            Some(_) => {
                let end = bare_end(line, at);
                if end == at {
                    return false;
                }
                (Span::new(at, end), Value::Bare, end)
            }
            None => return false,
        };
        if !visit(key, value, kind) {
            return true;
        }
        at = blanks(line, end);
        match line.get(at) {
            Some(b',') => at = blanks(line, at + 1),
            Some(b'}') => return true,
            _ => return false,
        }
    }
}

#[inline(always)]
fn blanks(line: &[u8], mut at: usize) -> usize {
    while matches!(line.get(at), Some(b' ' | b'\t' | b'\r' | b'\n')) {
        at += 1;
    }
    at
}

/// Position of the quote that ends the string starting at `at`: eight bytes at a time.
#[inline(always)]
fn string_end(line: &[u8], mut at: usize) -> Option<usize> {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGHS: u64 = 0x8080_8080_8080_8080;
    const fn zeros(word: u64) -> u64 {
        word.wrapping_sub(ONES) & !word & HIGHS
    }
    loop {
        while let Some(chunk) = line.get(at..at + 8) {
            let word = u64::from_le_bytes(chunk.try_into().ok()?);
            let hit = zeros(word ^ (ONES * b'"' as u64)) | zeros(word ^ (ONES * b'\\' as u64));
            if hit != 0 {
                at += hit.trailing_zeros() as usize / 8;
                break;
            }
            at += 8;
        }
        match line.get(at)? {
            b'"' => return Some(at),
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
}

fn nested_end(line: &[u8], mut at: usize) -> Option<usize> {
    let mut depth = 0_usize;
    loop {
        match line.get(at)? {
            b'"' => at = string_end(line, at + 1)?,
            b'{' | b'[' => depth += 1,
            b'}' | b']' => {
                depth -= 1;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            _ => {}
        }
        at += 1;
    }
}

fn bare_end(line: &[u8], mut at: usize) -> usize {
    while line.get(at).is_some_and(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'+' | b'.'))
    {
        at += 1;
    }
    at
}

/// Decodes the escapes of a JSON string into `out`. What is no valid escape stays as written.
pub(super) fn unescape(text: &[u8], out: &mut Vec<u8>) {
    let mut rest = text;
    while let Some(slash) = memchr::memchr(b'\\', rest) {
        out.extend_from_slice(&rest[..slash]);
        let (decoded, used) = escape(&rest[slash..]);
        match decoded {
            Some(c) => {
                let mut buffer = [0; 4];
                out.extend_from_slice(c.encode_utf8(&mut buffer).as_bytes());
            }
            None => out.extend_from_slice(&rest[slash..slash + used]),
        }
        rest = &rest[slash + used..];
    }
    out.extend_from_slice(rest);
}

/// One escape at the start of `text`: its character, if it has one, and its length.
fn escape(text: &[u8]) -> (Option<char>, usize) {
    let simple = match text.get(1) {
        Some(b'n') => '\n',
        Some(b't') => '\t',
        Some(b'r') => '\r',
        Some(b'b') => '\u{8}',
        Some(b'f') => '\u{c}',
        Some(byte @ (b'"' | b'\\' | b'/')) => char::from(*byte),
        Some(b'u') => return unicode(text),
        Some(_) => return (None, 2),
        None => return (None, 1),
    };
    (Some(simple), 2)
}

/// `\uXXXX`, or a surrogate pair of two.
fn unicode(text: &[u8]) -> (Option<char>, usize) {
    let unit = |at: usize| {
        let digits = text.get(at..at + 4).filter(|digits| digits.iter().all(u8::is_ascii_hexdigit))?;
        u32::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
    };
    match unit(2) {
        Some(high @ 0xd800..=0xdbff) if text.get(6..8) == Some(b"\\u") => match unit(8) {
            Some(low @ 0xdc00..=0xdfff) => {
                (char::from_u32(0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00)), 12)
            }
            _ => (None, 6),
        },
        Some(unit) => (char::from_u32(unit), 6),
        None => (None, 2),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> (bool, Vec<(String, String)>) {
        let mut found = Vec::new();
        let text = |span: Span| String::from_utf8_lossy(span.of(line.as_bytes())).into_owned();
        let whole = pairs(line.as_bytes(), |key, value, _| {
            found.push((text(key), text(value)));
            true
        });
        (whole, found)
    }

    #[test]
    fn pairs_follow_strings_and_nesting() {
        let (whole, found) = read(r#" {"a":"x, \"y\"", "b" : {"c":["}",1]} ,"d":-1.5e3,"e":null}"#);
        assert!(whole);
        let values: Vec<_> = found.iter().map(|(_, value)| value.as_str()).collect();
        assert_eq!(values, [r#"x, \"y\""#, r#"{"c":["}",1]}"#, "-1.5e3", "null"]);
    }

    #[test]
    fn what_is_no_object_is_refused() {
        for line in
            ["", "[1]", r#"{"a"}"#, r#"{"a":}"#, r#"{"a":"b"#, r#"{"a":1 "b":2}"#, "{a:1}", r#"{"a":{"b":1}"#]
        {
            assert!(!read(line).0, "{line}");
        }
        assert!(read("{}").0);
    }

    #[test]
    fn escapes_decode_or_stay() {
        for (text, expected) in [
            (r"a\n\t\u00e9\ud83d\ude00", "a\n\t\u{e9}\u{1f600}"),
            (r"\x41 \ud83d \u12", r"\x41 \ud83d \u12"),
            (r"end\", r"end\"),
        ] {
            let mut out = Vec::new();
            unescape(text.as_bytes(), &mut out);
            assert_eq!(String::from_utf8_lossy(&out), expected);
        }
    }
}
