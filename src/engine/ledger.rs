//! The ledger: what came in and what became of it. Lines in are lines out.

use crate::base::{Loss, Unread};

/// One file's account.
#[derive(Clone, Debug, Default)]
pub struct FileLedger {
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

impl FileLedger {
    /// Adds another account.
    pub fn add(&mut self, other: &Self) {
        self.bytes += other.bytes;
        self.lines += other.lines;
        self.records += other.records;
        self.dated += other.dated;
        self.undated += other.undated;
        self.joined += other.joined;
    }

    /// Lines in = lines out.
    pub fn balances(&self) -> bool {
        self.lines == self.records + self.joined && self.records == self.dated + self.undated
    }
}

/// The run's account.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    /// Files that were read, at least in part.
    pub files: u64,
    /// The sum over all files.
    pub total: FileLedger,
    /// Whatever is to be said about single files, by name.
    pub remarks: Vec<Unread>,
}

impl Ledger {
    /// Whether anything was lost.
    pub fn lost(&self) -> bool {
        self.remarks.iter().any(|remark| remark.loss > Loss::None)
    }
}
