//! Instants that a message states: `start at 2021-07-01 22:23:04.230332 and lasts 600 seconds`. The words
//! are data (`grammars/rules/stated.toml`).
//!
//! What such an instant means (its zone, and whether it is worth telling) is for whoever knows the clock.

use std::collections::BTreeMap;

use memchr::memmem;
use serde::Deserialize;

use crate::base::{Error, NANOS_PER_SECOND, Result, Stamp, WrittenDate};
use crate::time::recognise;

/// What happened at a stated instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// It began.
    Start,
    /// It ended.
    End,
}

/// An instant stated in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stated {
    /// What happened then.
    pub what: What,
    /// When, as written; never without a year.
    pub stamp: Stamp,
    /// Where the time stands in the text.
    pub span: (usize, usize),
    /// How long it lasted, nanoseconds, where that is said behind it.
    pub lasts: Option<i64>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StatedWords {
    start: Vec<String>,
    end: Vec<String>,
    lasts: Vec<String>,
    /// Milliseconds of each unit.
    units: BTreeMap<String, i64>,
}

/// Most bytes of a text that are looked through.
const LONGEST: usize = 16 * 1024;
/// How far behind the time its duration may begin, bytes.
const NEAR: usize = 32;

impl StatedWords {
    /// The words in the binary.
    pub(super) fn embedded() -> Result<Self> {
        toml::from_str(include_str!("../../grammars/rules/stated.toml"))
            .map_err(|error| Error::new(format!("rules/stated.toml: {error}")))
    }

    /// The first instant that a text states.
    pub(super) fn find(&self, text: &[u8]) -> Option<Stated> {
        let text = &text[..text.len().min(LONGEST)];
        memmem::find_iter(text, b" at ").find_map(|at| self.stated(text, at))
    }

    /// What ` at ` at this place states.
    fn stated(&self, text: &[u8], at: usize) -> Option<Stated> {
        let before = &text[..at];
        let letters = before.iter().rev().take_while(|byte| byte.is_ascii_alphabetic()).count();
        let word = &before[at - letters..];
        let is = |words: &[String]| words.iter().any(|known| word.eq_ignore_ascii_case(known.as_bytes()));
        let what = match (is(&self.start), is(&self.end)) {
            (true, _) => What::Start,
            (_, true) => What::End,
            _ => return None,
        };
        let mut start = at + " at ".len();
        start += usize::from(matches!(text.get(start), Some(b'\'' | b'"' | b'[' | b'(')));
        let (stamp, length) = recognise(&text[start..])?;
        let end = start + length;
        let whole = text.get(end).is_none_or(|byte| !byte.is_ascii_alphanumeric());
        // A number alone may be anything.
        let calendar = stamp.date == WrittenDate::Full && text[start..end].contains(&b':');
        (whole && calendar).then(|| Stated {
            what,
            stamp,
            span: (start, end),
            lasts: self.lasts(&text[end..]),
        })
    }

    /// How long it lasted, from the text behind the time.
    fn lasts(&self, text: &[u8]) -> Option<i64> {
        let text = std::str::from_utf8(&text[..text.len().min(2 * NEAR)]).unwrap_or_else(|error| {
            // Text is cut at a byte: what comes before a broken character is whole.
            std::str::from_utf8(&text[..error.valid_up_to()]).unwrap_or_default()
        });
        let is = |word: &str| self.lasts.iter().any(|known| word.eq_ignore_ascii_case(known));
        let mut words = text.split(|char: char| !(char.is_ascii_alphanumeric() || char == '.'));
        let mut passed = 0;
        loop {
            let word = words.next()?;
            passed += word.len() + 1;
            if passed > NEAR {
                return None;
            }
            if is(word) {
                break;
            }
        }
        let number = words.find(|word| !word.is_empty())?;
        let digits = number.bytes().take_while(|byte| byte.is_ascii_digit() || *byte == b'.').count();
        let (value, unit) = number.split_at(digits);
        let unit = if unit.is_empty() { words.next()? } else { unit };
        let scale = *self.units.get(&unit.to_ascii_lowercase())?;
        let nanos = value.parse::<f64>().ok()? * (scale * (NANOS_PER_SECOND / 1_000)) as f64;
        // Ten years are no duration of anything that a log tells.
        (nanos.is_finite() && nanos < 1e9 * 86_400.0 * 3_653.0).then_some(nanos as i64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(text: &str) -> Option<(What, String, Option<i64>)> {
        let words = StatedWords::embedded().expect("embedded");
        let stated = words.find(text.as_bytes())?;
        Some((stated.what, text[stated.span.0..stated.span.1].to_owned(), stated.lasts))
    }

    #[test]
    fn starts_and_ends_are_found_with_their_durations() {
        const SECOND: i64 = NANOS_PER_SECOND;
        for (text, what, time, lasts) in [
            (
                "[memory_anomalies] trigger a high memory program, start at 2021-07-01 22:23:04.230332 and lasts 600 seconds and use 1g memory",
                What::Start,
                "2021-07-01 22:23:04.230332",
                Some(600 * SECOND),
            ),
            (
                "backup Started at [2014-12-12T01:00:00Z] for 2.5h",
                What::Start,
                "2014-12-12T01:00:00Z",
                Some(9_000 * SECOND),
            ),
            ("job 7 ended at 2014/12/12 01:00:00", What::End, "2014/12/12 01:00:00", None),
            (
                "점검 started at 2014-12-12 01:00:00, 걸린 시간 lasts 5 minutes",
                What::Start,
                "2014-12-12 01:00:00",
                Some(300 * SECOND),
            ),
        ] {
            assert_eq!(find(text), Some((what, time.to_owned(), lasts)), "{text}");
        }
    }

    #[test]
    fn what_states_no_instant_is_left_alone() {
        for text in [
            "next run at 2014-12-12 01:00:00",
            "restart at 2014-12-12 01:00:00",
            "started at 01:00:00",
            "started at Dec 12 01:00:00",
            "started at 1418347859",
            "started at 2014-12-12",
            "start at",
            " at ",
            "started at \u{d55c}",
        ] {
            assert_eq!(find(text), None, "{text}");
        }
    }
}
