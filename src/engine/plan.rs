//! A resolved run: no flag names, no defaults left to decide.

use std::path::PathBuf;

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
    /// The file that this run writes, if it does.
    pub output: Option<PathBuf>,
    /// What unpacking may cost, and character sets that were named.
    pub opening: OpenOptions,
    /// Globs of files or sources to read; all when empty.
    pub sources: Vec<String>,
    /// What was said about clocks; its default zone is also the one shown.
    pub settle: SettleOptions,
    /// Bytes of a chunk: a matter of speed, never of results.
    pub chunk_size: usize,
}

impl Plan {
    /// Whether a file is asked for.
    pub fn wants(&self, file: &str, source: &str) -> bool {
        self.sources.is_empty()
            || self.sources.iter().any(|pattern| glob(pattern, file) || glob(pattern, source))
    }
}
