//! Accounts: what came in and what became of it. Lines in are lines out.

use serde::{Deserialize, Serialize};

/// The account of a file, a source or a run.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct Account {
    /// Bytes of text read, unpacked.
    pub bytes: u64,
    /// Physical lines.
    pub lines: u64,
    /// Records.
    pub records: u64,
    /// Records with an instant.
    pub dated: u64,
    /// Records without one.
    pub undated: u64,
    /// Lines that belong to the record above them, and empty lines.
    pub joined: u64,
}

impl Account {
    /// Adds another account.
    pub fn add(&mut self, other: &Self) {
        self.bytes += other.bytes;
        self.lines += other.lines;
        self.records += other.records;
        self.dated += other.dated;
        self.undated += other.undated;
        self.joined += other.joined;
    }
}
