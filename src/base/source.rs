//! Files, the sources they form, and the ledger entry each file keeps.

use serde::{Deserialize, Serialize};

/// Index of a file in the run, in canonical order (never in command-line order).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct FileId(pub u32);

/// Index of a source in the run, in canonical order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SourceId(pub u32);

/// What a file is called and which source it belongs to.
#[derive(Clone, Debug)]
pub struct LogFile {
    /// As reached from the input given: the `file` of the contract.
    pub name: String,
    /// The source it belongs to.
    pub source: SourceId,
    /// Modification time, nanoseconds since 1970, when the system knows one.
    pub mtime: Option<i64>,
}

/// Something that did not come through, with its reason, in one file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unread {
    /// The file's name.
    pub file: String,
    /// Why, as a phrase.
    pub why: String,
    /// Whether anything was lost, or only noticed.
    pub loss: Loss,
}

/// How much a ledger remark weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Loss {
    /// Worth knowing; nothing was lost.
    None,
    /// A part of the file was not read.
    Part,
    /// Nothing of the file was read.
    Whole,
}
