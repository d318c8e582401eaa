//! What `grep` looks for: one or many patterns, plain or regular, held against whole records.
//!
//! Plain text goes through memmem (one) or aho-corasick (many); everything else through one regular
//! expression. `^` and `$` match at every line of a record.

use aho_corasick::AhoCorasick;
use memchr::memmem;
use regex::bytes::{Regex, RegexBuilder};

use crate::base::{Error, Result};
use crate::ingest::Picker;

/// How patterns are meant.
#[derive(Clone, Copy, Debug, Default)]
pub struct MatcherOptions {
    /// Plain text, not regular expressions.
    pub fixed: bool,
    /// Upper and lower case are the same.
    pub ignore_case: bool,
    /// Whole words only.
    pub word: bool,
    /// Records that do not match.
    pub invert: bool,
}

#[derive(Clone, Debug)]
enum Engine {
    Literal(Box<memmem::Finder<'static>>),
    Literals(AhoCorasick),
    Regex(Regex),
    /// No pattern at all (an empty pattern file): nothing matches.
    Nothing,
}

/// Compiled patterns.
#[derive(Clone, Debug)]
pub struct Matcher {
    engine: Engine,
    /// The same as a regular expression, where it is of a bearable size.
    expression: Option<String>,
    /// What every match holds, in upper or lower case.
    required: Option<String>,
    invert: bool,
}

/// Longest expression that is handed on: more words than that are looked for in texts.
const LONGEST: usize = 4_096;

impl Matcher {
    /// Compiles patterns; a record matches when any of them does.
    pub fn new(patterns: &[String], options: MatcherOptions) -> Result<Self> {
        let words: Vec<String> = match options.fixed {
            true => patterns.to_vec(),
            // Without a special character, or with each of them escaped, a regular expression is plain text.
            false => patterns.iter().filter_map(|pattern| plain_text(pattern)).collect(),
        };
        let fixed = words.len() == patterns.len();
        let plain = fixed && !options.word;
        let joined = joined(patterns, options).join("|");
        // Digits and dots have no case.
        let caseless =
            |word: &String| !word.contains(|letter: char| letter.is_alphabetic() || !letter.is_ascii());
        let ignore_case = options.ignore_case && !(fixed && words.iter().all(caseless));
        let (engine, flags) = match &words[..] {
            _ if patterns.is_empty() => (Engine::Nothing, ""),
            [one] if plain && !ignore_case => {
                (Engine::Literal(Box::new(memmem::Finder::new(one.as_bytes()).into_owned())), "")
            }
            many if plain && (!ignore_case || many.iter().all(|word| word.is_ascii())) => {
                let built = AhoCorasick::builder().ascii_case_insensitive(ignore_case).build(many);
                let built =
                    built.map_err(|error| Error::new(format!("cannot use these patterns: {error}")))?;
                (Engine::Literals(built), if ignore_case { "i-u" } else { "" })
            }
            _ => {
                let flags = if ignore_case { "mi" } else { "m" };
                (Engine::Regex(regex(patterns, &joined, options)?), flags)
            }
        };
        let told = !patterns.is_empty() && joined.len() <= LONGEST;
        let expression = told.then(|| format!("(?{flags}:{joined})"));
        let required = words.into_iter().next().filter(|_| fixed && patterns.len() == 1);
        Ok(Self { engine, expression, required, invert: options.invert })
    }

    /// Whether any pattern occurs.
    fn finds(&self, text: &[u8]) -> bool {
        match &self.engine {
            Engine::Literal(finder) => finder.find(text).is_some(),
            Engine::Literals(words) => words.is_match(text),
            Engine::Regex(regex) => regex.is_match(text),
            Engine::Nothing => false,
        }
    }

    /// Calls `visit` with the start and end of every match that is not empty, left to right.
    pub fn matches(&self, text: &[u8], mut visit: impl FnMut(usize, usize)) {
        let mut tell = |start: usize, end: usize| {
            if start < end {
                visit(start, end);
            }
        };
        match &self.engine {
            Engine::Literal(finder) => {
                finder.find_iter(text).for_each(|start| tell(start, start + finder.needle().len()));
            }
            Engine::Literals(words) => {
                words.find_iter(text).for_each(|found| tell(found.start(), found.end()))
            }
            Engine::Regex(regex) => regex.find_iter(text).for_each(|found| tell(found.start(), found.end())),
            Engine::Nothing => {}
        }
    }

    /// Whether a match can never span lines: then text may be looked through in pieces of whole lines.
    pub fn stays_in_lines(&self) -> bool {
        !self.invert && !matches!(self.engine, Engine::Regex(_))
    }

    /// Whether what matches is to be left out.
    pub fn inverts(&self) -> bool {
        self.invert
    }
}

impl Picker for Matcher {
    fn wants(&self, record: &[u8]) -> bool {
        self.finds(record) != self.invert
    }

    fn rules_out(&self, bytes: &[u8]) -> bool {
        !self.invert && !self.finds(bytes)
    }

    fn literal(&self) -> Option<&[u8]> {
        match &self.engine {
            Engine::Literal(finder) if !self.invert => Some(finder.needle()),
            _ => None,
        }
    }

    fn expression(&self) -> Option<(&str, bool)> {
        Some((self.expression.as_deref()?, self.invert))
    }

    fn required(&self) -> Option<&[u8]> {
        self.required.as_ref().filter(|_| !self.invert).map(String::as_bytes)
    }
}

/// The plain text that a regular expression is, if it is one.
fn plain_text(pattern: &str) -> Option<String> {
    let mut text = String::with_capacity(pattern.len());
    let mut rest = pattern.chars();
    while let Some(letter) = rest.next() {
        match letter {
            '\\' => {
                text.push(rest.next().filter(char::is_ascii_punctuation).filter(|it| !"<>".contains(*it))?)
            }
            '.' | '+' | '*' | '?' | '(' | ')' | '|' | '[' | ']' | '{' | '}' | '^' | '$' => return None,
            letter => text.push(letter),
        }
    }
    Some(text)
}

/// Each pattern as a regular expression.
fn joined(patterns: &[String], options: MatcherOptions) -> Vec<String> {
    let one = |pattern: &String| {
        let pattern = if options.fixed { regex::escape(pattern) } else { pattern.clone() };
        // As grep -w: no word character on either side.
        if options.word {
            format!(r"\b{{start-half}}(?:{pattern})\b{{end-half}}")
        } else {
            format!("(?:{pattern})")
        }
    };
    patterns.iter().map(one).collect()
}

fn regex(patterns: &[String], joined: &str, options: MatcherOptions) -> Result<Regex> {
    if !options.fixed {
        // One at a time, so that a mistake is blamed on the pattern that holds it.
        for pattern in patterns {
            RegexBuilder::new(pattern).build().map_err(|error| {
                Error::new(format!(
                    "`{pattern}` is no regular expression (give -F to search for it as plain text):\n{error}"
                ))
            })?;
        }
    }
    RegexBuilder::new(joined)
        .case_insensitive(options.ignore_case)
        .multi_line(true)
        .build()
        .map_err(|error| Error::new(format!("cannot use these patterns together: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finds(patterns: &[&str], options: MatcherOptions, text: &str) -> bool {
        let patterns: Vec<String> = patterns.iter().map(|pattern| (*pattern).to_owned()).collect();
        Matcher::new(&patterns, options).unwrap_or_else(|error| panic!("{error}")).wants(text.as_bytes())
    }

    #[test]
    fn options_mean_what_greps_do() {
        let plain = MatcherOptions { fixed: true, ..MatcherOptions::default() };
        let word = MatcherOptions { word: true, ..MatcherOptions::default() };
        let case = MatcherOptions { ignore_case: true, ..MatcherOptions::default() };
        assert!(finds(&["fork() failed"], plain, "ERROR: fork() failed: x"));
        assert!(!finds(&["fork() failed"], MatcherOptions::default(), "ERROR: fork() failed: x"));
        assert!(finds(&["a", "b"], plain, "xb") && !finds(&["a", "b"], plain, "xc"));
        assert!(finds(
            &["메모리"],
            MatcherOptions { fixed: true, ignore_case: true, ..plain },
            "메모리 부족"
        ));
        assert!(finds(&["ERR"], MatcherOptions { fixed: true, ..case }, "an err"));
        assert!(finds(&["fail"], word, "to fail.") && !finds(&["fail"], word, "failed"));
        assert!(finds(&["^second"], MatcherOptions::default(), "first\nsecond"));
        assert!(finds(&["x"], MatcherOptions { invert: true, ..plain }, "abc"));
        assert!(!finds(&[], plain, "abc"));
    }

    #[test]
    fn what_is_handed_on_means_the_same() {
        let texts =
            ["a.b", "axb", "A.B", "k", "\u{212a}", "x\ny", "fails", "fail.", "메모리 부족", "#&-~ ", ""];
        let patterns: [&[&str]; 12] = [
            &["a.b"],
            &[r"a\.b"],
            &["a", "k"],
            &["k"],
            &["^y$"],
            &["fail"],
            &["메모리"],
            &[r"\-\~\#"],
            &["#&-~ "],
            &[""],
            &[r"\<fail\>"],
            &[r"a\x2eb"],
        ];
        for flags in 0..16_u8 {
            let [fixed, ignore_case, word, invert] = [1, 2, 4, 8].map(|bit| flags & bit != 0);
            let options = MatcherOptions { fixed, ignore_case, word, invert };
            for patterns in patterns {
                let words: Vec<String> = patterns.iter().map(|pattern| (*pattern).to_owned()).collect();
                let matcher = Matcher::new(&words, options).unwrap_or_else(|error| panic!("{error}"));
                let (expression, inverted) = matcher.expression().expect("short");
                let regex = Regex::new(expression).unwrap_or_else(|error| panic!("{error}"));
                for text in texts.map(str::as_bytes) {
                    let wants = matcher.wants(text);
                    assert_eq!(wants, regex.is_match(text) != inverted, "{patterns:?} {options:?} {text:?}");
                    let required = matcher.required().map(<[u8]>::to_ascii_lowercase).unwrap_or_default();
                    let holds = memmem::find(&text.to_ascii_lowercase(), &required).is_some();
                    // But for what only Unicode knows as another case of a letter.
                    assert!(!wants || holds || text == "\u{212a}".as_bytes(), "{patterns:?} {text:?}");
                }
            }
        }
    }

    #[test]
    fn a_bad_pattern_is_blamed_by_name() {
        let error = Matcher::new(&["ok".into(), "fork(".into()], MatcherOptions::default()).err();
        let text = error.map(|error| error.to_string()).unwrap_or_default();
        assert!(text.contains("`fork(`") && text.contains("-F"), "{text}");
    }
}
