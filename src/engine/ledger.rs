//! The ledger: what came in and what became of it. Lines in are lines out.

use crate::base::{Account, Unread};

/// The run's account.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    /// Files that were read, at least in part.
    pub files: u64,
    /// The sum over all files.
    pub total: Account,
    /// Whatever is to be said about single files, by name.
    pub remarks: Vec<Unread>,
}
