//! What is a number. Words that a parser of numbers would take (`inf`, `nan`), dates, times, versions, hashes and
//! numbers with a unit behind them are none: no sample is better than a wrong one.

/// A longer text is an identifier.
const LONGEST: usize = 32;

/// The finite number that a text is; with `commas` also `12,3`.
pub(super) fn number(text: &str, commas: bool) -> Option<f64> {
    let text = text.trim();
    let bytes = text.as_bytes();
    let digits = bytes.strip_prefix(b"-").or(bytes.strip_prefix(b"+")).unwrap_or(bytes);
    if text.len() > LONGEST || !digits.first().is_some_and(|byte| byte.is_ascii_digit() || *byte == b'.') {
        return None;
    }
    let value: f64 = match text.split_once(',') {
        Some((whole, rest)) if commas && rest.bytes().all(|byte| byte.is_ascii_digit()) => {
            let whole = whole.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-').then_some(whole)?;
            format!("{whole}.{rest}").parse().ok()?
        }
        _ => text.parse().ok()?,
    };
    value.is_finite().then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_told_from_what_looks_like_them() {
        for (text, value) in [
            ("0.25", Some(0.25)),
            (" 17 ", Some(17.0)),
            ("-3", Some(-3.0)),
            ("+1.5e+09", Some(1.5e9)),
            (".5", Some(0.5)),
            ("", None),
            ("-", None),
            ("nan", None),
            ("NaN", None),
            ("+Inf", None),
            ("infinity", None),
            ("1e999", None),
            ("895.22K", None),
            ("10%", None),
            ("9:37", None),
            ("2014-12-12", None),
            ("1.2.3", None),
            ("0x10", None),
            ("1_000", None),
            ("12,3", None),
            ("0000000000000000000000000000000012345678", None),
        ] {
            assert_eq!(number(text, false), value, "{text}");
        }
        for (text, value) in [
            ("12,3", Some(12.3)),
            ("-0,25", Some(-0.25)),
            ("12.3", Some(12.3)),
            ("1,234.5", None),
            ("1,2,3", None),
        ] {
            assert_eq!(number(text, true), value, "{text}");
        }
    }
}
