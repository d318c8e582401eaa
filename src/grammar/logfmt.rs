//! logfmt: one record of `key=value` pairs per line, as spans.
//!
//! A value is a quoted string, or it runs to the blank before the next `key=`: what is written without
//! the quotes it should have stays whole. Escapes are JSON's. Bare words before the first pair make it
//! another format.

use super::json::Value;
use super::slots::Span;

/// Calls `visit(key, value, kind)` for each pair of the line until it returns `false`. Returns whether
/// the line is nothing but pairs as far as it was followed.
#[inline]
pub(super) fn pairs(line: &[u8], mut visit: impl FnMut(Span, Span, Value) -> bool) -> bool {
    let end = memchr::memchr(b'\n', line).unwrap_or(line.len());
    let line = &line[..end];
    let mut at = 0;
    loop {
        let Some(equals) = key_end(line, at) else { return false };
        let key = Span::new(at, equals);
        let start = equals + 1;
        let (value, kind, next) = match line.get(start) {
            Some(b'"') => match quote_end(line, start + 1) {
                Some(end) => (Span::new(start + 1, end), Value::String, end + 1),
                None => return false,
            },
            _ => {
                let end = bare_end(line, start);
                (Span::new(start, end), Value::Bare, end)
            }
        };
        if !visit(key, value, kind) {
            return true;
        }
        at = next;
        while line.get(at) == Some(&b' ') {
            at += 1;
        }
        if at == line.len() {
            return true;
        }
        if at == next {
            // Something right behind a closing quote.
            return false;
        }
    }
}

/// Where the `=` of a key that starts at `at` stands.
fn key_end(line: &[u8], at: usize) -> Option<usize> {
    if !line.get(at).is_some_and(|byte| byte.is_ascii_alphabetic() || matches!(byte, b'_' | b'@')) {
        return None;
    }
    let mut end = at + 1;
    while line
        .get(end)
        .is_some_and(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-' | b'@' | b'/'))
    {
        end += 1;
    }
    (line.get(end) == Some(&b'=')).then_some(end)
}

fn quote_end(line: &[u8], mut at: usize) -> Option<usize> {
    loop {
        at += memchr::memchr2(b'"', b'\\', line.get(at..)?)?;
        if line[at] == b'"' {
            return Some(at);
        }
        at += 2;
    }
}

/// Where an unquoted value ends: at the end of the line, or at a blank with another key behind it.
fn bare_end(line: &[u8], start: usize) -> usize {
    let mut at = start;
    while let Some(blank) = memchr::memchr(b' ', line.get(at..).unwrap_or_default()) {
        let blank = at + blank;
        let next = blank + line[blank..].iter().take_while(|byte| **byte == b' ').count();
        if next == line.len() || key_end(line, next).is_some() {
            return blank;
        }
        at = next;
    }
    line.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> (bool, Vec<String>) {
        let mut found = Vec::new();
        let text = |span: Span| String::from_utf8_lossy(span.of(line.as_bytes())).into_owned();
        let whole = pairs(line.as_bytes(), |key, value, _| {
            found.push(format!("{}:{}", text(key), text(value)));
            true
        });
        (whole, found)
    }

    #[test]
    fn pairs_are_found_quoted_or_not() {
        let (whole, found) = read(r#"ts=1.5 msg="a \"b\" c=d" err= url=http://x/?a=b d=  "#);
        assert!(whole);
        assert_eq!(found, ["ts:1.5", r#"msg:a \"b\" c=d"#, "err:", "url:http://x/?a=b", "d:"]);
        let (whole, found) = read("level=info msg=not quoted at all port=80\nmore=1");
        assert!(whole);
        assert_eq!(found, ["level:info", "msg:not quoted at all", "port:80"]);
    }

    #[test]
    fn what_is_no_list_of_pairs_is_refused() {
        for line in ["", "word", "=x", "1=2", "a b=c", r#"a="b"#, r#"a="b"c=d"#, r#"a="b\"#] {
            assert!(!read(line).0, "{line}");
        }
    }
}
