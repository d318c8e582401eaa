//! A hash of bytes that come piece by piece, to know them again: the one that a store's manifest has of its inputs.

use std::hash::Hasher as _;

use twox_hash::XxHash3_64;

/// XXH3 (64 bits) under way.
pub struct Sum(XxHash3_64);

impl std::fmt::Debug for Sum {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sum").finish_non_exhaustive()
    }
}

impl Default for Sum {
    fn default() -> Self {
        Self(XxHash3_64::new())
    }
}

impl Sum {
    /// Adds bytes.
    pub fn add(&mut self, bytes: &[u8]) {
        self.0.write(bytes);
    }

    /// That of all bytes.
    pub fn finish(&self) -> u64 {
        self.0.finish()
    }
}
