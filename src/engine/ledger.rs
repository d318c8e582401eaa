//! What a run has to say of single files. What became of their lines stands in each file's account.

use crate::base::Unread;

/// Remarks of a run.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    /// Whatever is to be said about single files, by name.
    pub remarks: Vec<Unread>,
}
