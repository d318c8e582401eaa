//! A resolved run: no flag names, no defaults left to decide.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::surveyed::Surveyed;
use crate::base::Unread;
use crate::clock::SettleOptions;
use crate::io::{Found, OpenOptions};
use crate::text::glob;

/// Hears how far a run is. Called from many threads.
pub trait Watch: Sync {
    /// `bytes` more of `total` were read, of this file.
    fn advance(&self, bytes: u64, file: &str);
    /// The total is known: bytes that will be read, over both passes.
    fn expect(&self, total: u64);
}

/// What to read and how.
#[derive(Debug)]
pub struct Plan {
    /// Paths as typed. `-` is standard input.
    pub inputs: Vec<PathBuf>,
    /// What is read from memory: standard input, and logs out of stores.
    pub held: Vec<(Found, Vec<u8>)>,
    /// What an earlier run said of logs that are read out of its store.
    pub told: Told,
    /// The file that this run writes, if it does.
    pub output: Option<PathBuf>,
    /// What unpacking may cost, and character sets that were named.
    pub opening: OpenOptions,
    /// Globs of files or sources to read; all when empty.
    pub sources: Vec<String>,
    /// What was said about clocks; its default zone is also the one shown.
    pub settle: SettleOptions,
    /// Bytes of a chunk at most: a matter of speed, never of results.
    pub chunk_size: usize,
    /// What an earlier run surveyed.
    pub surveyed: Option<Surveyed>,
    /// Whether a later run may ask for what this one surveys.
    pub keep_surveys: bool,
}

/// What can no longer be seen of logs that a store holds: their text was read, and decoded, when it was built.
#[derive(Clone, Debug, Default)]
pub struct Told {
    /// What was lost.
    pub losses: Vec<Unread>,
    /// Character sets that a file's text was in, by its name.
    pub encodings: BTreeMap<String, Vec<String>>,
}

/// Of files that overlap in time each has a chunk in memory: all of them together shall not be larger.
const ALL_CHUNKS: usize = 64 << 20;
/// Smaller ones would cost more than they save.
const SMALLEST_CHUNK: usize = 16 << 10;

impl Plan {
    /// Bytes of a chunk in a run of so many files.
    pub(super) fn chunk_of(&self, files: usize) -> usize {
        self.chunk_size.min((ALL_CHUNKS / files.max(1)).max(SMALLEST_CHUNK))
    }

    /// Whether a file is asked for.
    pub fn wants(&self, file: &str, source: &str) -> bool {
        self.sources.is_empty()
            || self.sources.iter().any(|pattern| glob(pattern, file) || glob(pattern, source))
    }
}
