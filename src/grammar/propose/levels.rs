//! Which columns hold levels, and what words mean there that are no common level words.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::base::{Error, Level, Result};

/// The guesses of `grammars/rules/guesses.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Guesses {
    letters: BTreeMap<String, String>,
    words: BTreeMap<String, String>,
}

/// Letters of glog, Android and most others.
const USUAL: [&str; 5] = ["D", "I", "W", "E", "F"];

/// What a column of levels holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Words {
    /// Words that every format knows.
    Common,
    /// Single letters.
    Letters,
    /// Other words among them.
    Own,
}

impl Guesses {
    pub(super) fn embedded() -> Result<Self> {
        toml::from_str(include_str!("../../../grammars/rules/guesses.toml"))
            .map_err(|error| Error::new(format!("rules/guesses.toml: {error}")))
    }

    /// The level that a word probably means, if it is no common one.
    pub(super) fn level(&self, word: &[u8]) -> Option<&str> {
        [&self.letters, &self.words].into_iter().find_map(|known| {
            let same = |(name, _): &(&String, &String)| name.as_bytes().eq_ignore_ascii_case(word);
            known.iter().find(same).map(|(_, level)| level.as_str())
        })
    }

    /// The letters that a log which has one of them most likely has too, in the case that `like` has.
    pub(super) fn usual(&self, like: &str) -> impl Iterator<Item = (String, &str)> {
        let small = like.chars().all(char::is_lowercase);
        let usual = self.letters.iter().filter(|(letter, _)| USUAL.contains(&letter.as_str()));
        usual.map(move |(letter, level)| {
            (if small { letter.to_lowercase() } else { letter.clone() }, level.as_str())
        })
    }

    /// Whether nine of ten values are words that name a level, and which sort of words.
    pub(super) fn column(&self, values: &[&[u8]]) -> Option<Words> {
        let sure = values.iter().any(|value| value.len() == 1 && b"DIWEdiwe".contains(&value[0]));
        let common = values.iter().filter(|value| Level::parse(value).is_some()).count();
        let known = values.iter().filter(|value| match value.len() {
            1 => sure && self.level(value).is_some(),
            _ => Level::parse(value).is_some() || self.level(value).is_some(),
        });
        if values.is_empty() || known.count() * 10 < values.len() * 9 {
            return None;
        }
        Some(match () {
            () if common == values.len() => Words::Common,
            () if values.iter().all(|value| value.len() == 1) => Words::Letters,
            () => Words::Own,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_of_levels_are_told_from_others() {
        let guesses = Guesses::embedded().unwrap_or_else(|error| panic!("{error}"));
        let column = |values: &[&str]| {
            guesses.column(&values.iter().map(|value| value.as_bytes()).collect::<Vec<_>>())
        };
        assert_eq!(column(&["WARN", "error"]), Some(Words::Common));
        assert_eq!(column(&["W", "F", "A"]), Some(Words::Letters));
        assert_eq!(column(&["A", "C"]), None);
        assert_eq!(column(&["정보", "경고"]), Some(Words::Own));
        assert_eq!(column(&["INFO", "web1"]), None);
        assert_eq!(column(&[]), None);
        assert!(guesses.usual("w").any(|(letter, level)| letter == "w" && level == "warn"));
        for level in guesses.letters.values().chain(guesses.words.values()) {
            assert!(Level::parse(level.as_bytes()).is_some(), "{level}");
        }
    }
}
