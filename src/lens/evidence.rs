//! Evidence: one record, where it stands and what it says. A finding without evidence does not exist.

use crate::base::FileId;
use crate::text::lossy;
use serde::{Deserialize, Serialize};

/// A record that proves something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// Its file.
    pub file: FileId,
    /// Its first physical line, 1-based.
    pub line: u64,
    /// Its best instant; `None` when it is undated.
    pub key: Option<i64>,
    /// The record as written, cut to its first kilobyte.
    pub raw: String,
}

impl Evidence {
    /// Longest text kept.
    const LONGEST: usize = 1024;

    /// Evidence from a record's text.
    pub fn new(file: FileId, line: u64, key: Option<i64>, text: &[u8]) -> Self {
        let cut = &text[..text.len().min(Self::LONGEST)];
        Self { file, line, key, raw: lossy(cut).into_owned() }
    }
}
