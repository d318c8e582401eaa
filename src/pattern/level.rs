//! Severity read from words, for records that name none: data in `grammars/rules/levels.toml`.

use aho_corasick::{AhoCorasick, MatchKind};
use serde::Deserialize;

use super::skeleton::skeleton_text;
use crate::base::{Error, Level, Result};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Words {
    critical: Vec<String>,
    error: Vec<String>,
    warn: Vec<String>,
    mild: Vec<String>,
}

/// The compiled rules.
#[derive(Debug)]
pub struct LevelRules {
    words: AhoCorasick,
    /// Level of each word; `Unknown` for a phrase that is milder than it looks.
    levels: Vec<Level>,
}

impl LevelRules {
    /// The rules in the binary.
    pub fn embedded() -> Result<Self> {
        let text = include_str!("../../grammars/rules/levels.toml");
        let words: Words =
            toml::from_str(text).map_err(|error| Error::new(format!("rules/levels.toml: {error}")))?;
        let mut list = Vec::new();
        let mut levels = Vec::new();
        for (words, level) in [
            (words.mild, Level::Unknown),
            (words.critical, Level::Critical),
            (words.error, Level::Error),
            (words.warn, Level::Warn),
        ] {
            levels.extend(std::iter::repeat_n(level, words.len()));
            list.extend(words);
        }
        let words = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .match_kind(MatchKind::LeftmostLongest)
            .build(&list)
            .map_err(|error| Error::new(format!("rules/levels.toml: {error}")))?;
        Ok(Self { words, levels })
    }

    /// The level that a message's constant words suggest: the same for all messages of one pattern.
    pub fn suggest(&self, message: &[u8]) -> Level {
        let text = skeleton_text(message);
        // A word ends where no letter follows, and `libgpg-error-dev` or `error.log` is one word.
        let part = |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
        let inside = |next: Option<&u8>, beyond: Option<&u8>| {
            part(next) || (matches!(next, Some(b'-' | b'.' | b'/')) && part(beyond))
        };
        self.words
            .find_iter(&text)
            .filter(|found| {
                let back = |by: usize| found.start().checked_sub(by).and_then(|at| text.get(at));
                let ahead = |by: usize| text.get(found.end() + by);
                !inside(back(1), back(2)) && !inside(ahead(0), ahead(1))
            })
            .map(|found| self.levels[found.pattern().as_usize()])
            .max()
            .unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_weigh() {
        let rules = LevelRules::embedded().expect("the embedded rules parse");
        for (message, level) in [
            ("php-fpm[9401]: segfault at 80001000321 ip 5c8", Level::Error),
            ("Out of memory: Kill process 123 (php-fpm)", Level::Critical),
            ("VRRP_Instance(a) Entering FAULT STATE", Level::Error),
            ("Failed password for root from 203.0.113.66", Level::Unknown),
            ("seems busy", Level::Warn),
            ("Started Session 4 of user root.", Level::Unknown),
            ("opened /var/log/error/error.log", Level::Unknown),
            ("terrors of the deep", Level::Unknown),
            ("status installed libgpg-error-dev:amd64 <none>", Level::Unknown),
            ("rotated error.log", Level::Unknown),
            ("it failed. again", Level::Error),
            ("메모리를 할당할 수 없습니다", Level::Error),
            ("서버 오류: 연결 실패", Level::Error),
            ("점검 완료, 오류 없음", Level::Unknown),
        ] {
            assert_eq!(rules.suggest(message.as_bytes()), level, "{message}");
        }
    }
}
