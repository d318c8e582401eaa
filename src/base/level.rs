//! Severity, in the contract's words and order.

use serde::{Deserialize, Serialize};

/// How bad a record says it is. `Unknown` sorts below everything and prints as nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[repr(u8)]
#[allow(missing_docs, reason = "the names are the documentation")]
pub enum Level {
    #[default]
    Unknown,
    Trace,
    Debug,
    Info,
    Notice,
    Warn,
    Error,
    Critical,
    Alert,
    Emergency,
}

impl Level {
    /// Every known level, mildest first.
    pub const ALL: [Self; 9] = [
        Self::Trace,
        Self::Debug,
        Self::Info,
        Self::Notice,
        Self::Warn,
        Self::Error,
        Self::Critical,
        Self::Alert,
        Self::Emergency,
    ];

    /// The contract's word, or `None` for a record that names no level.
    pub const fn word(self) -> Option<&'static str> {
        Some(match self {
            Self::Unknown => return None,
            Self::Trace => "trace",
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Notice => "notice",
            Self::Warn => "warn",
            Self::Error => "error",
            Self::Critical => "critical",
            Self::Alert => "alert",
            Self::Emergency => "emergency",
        })
    }

    /// A level word as daemons and people write it, in any case.
    #[inline]
    pub fn parse(word: &[u8]) -> Option<Self> {
        let first = word.first()?.to_ascii_lowercase();
        let is = |names: &[&str]| names.iter().any(|name| word.eq_ignore_ascii_case(name.as_bytes()));
        let level = match first {
            b't' if is(&["trace", "trc"]) => Self::Trace,
            b'f' if is(&["finest", "finer"]) => Self::Trace,
            b'v' if is(&["verbose", "vrb"]) => Self::Trace,
            b'd' if is(&["debug", "dbg"]) => Self::Debug,
            b'f' if is(&["fine"]) => Self::Debug,
            b'i' if is(&["info", "inf", "information", "informational"]) => Self::Info,
            b'c' if is(&["config"]) => Self::Info,
            b'n' if is(&["notice"]) => Self::Notice,
            b'w' if is(&["warn", "warning", "wrn"]) => Self::Warn,
            b'e' if is(&["error", "err", "eror"]) => Self::Error,
            b's' if is(&["severe"]) => Self::Error,
            b'c' if is(&["crit", "critical"]) => Self::Critical,
            b'f' if is(&["fatal", "ftl"]) => Self::Critical,
            b'a' if is(&["alert"]) => Self::Alert,
            b'p' if is(&["panic"]) => Self::Emergency,
            b'e' if is(&["emerg", "emergency"]) => Self::Emergency,
            _ => return None,
        };
        Some(level)
    }

    /// The severity half of a syslog priority (RFC 5424 section 6.2.1): `priority & 7`.
    pub const fn from_syslog(priority: u32) -> Self {
        match priority & 7 {
            0 => Self::Emergency,
            1 => Self::Alert,
            2 => Self::Critical,
            3 => Self::Error,
            4 => Self::Warn,
            5 => Self::Notice,
            6 => Self::Info,
            _ => Self::Debug,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_reads_back() {
        for level in Level::ALL {
            assert_eq!(Level::parse(level.word().unwrap_or_default().as_bytes()), Some(level));
        }
        assert_eq!(Level::parse(b"WARNING"), Some(Level::Warn));
        assert_eq!(Level::parse(b"errors"), None);
        assert_eq!(Level::parse(b""), None);
    }
}
