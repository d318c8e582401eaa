//! What a run found beside its events, as the store keeps it for the program itself: files, sources, findings.

use serde::{Deserialize, Serialize};

use crate::base::{Error, Result, SourceId, Unread};
use crate::lens::Finding;
use crate::poll::Change;
use crate::present::SourceRow;

/// A file as a store knows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredFile {
    /// The `file` of the contract.
    pub name: String,
    /// Its source.
    pub source: SourceId,
    /// Modification time, nanoseconds since 1970.
    pub mtime: Option<i64>,
    /// When it was made, where that bounds its records.
    pub birth: Option<i64>,
}

/// What a run found beside its events. Ids of files and sources are places in these lists.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Run {
    /// Files, by id.
    pub files: Vec<StoredFile>,
    /// Sources, by id.
    pub sources: Vec<SourceRow>,
    /// Findings that do not follow from the events alone: of clocks and boots.
    pub findings: Vec<Finding>,
    /// What changed in polled tables.
    pub changes: Vec<Change>,
    /// What there is to be said about single files.
    pub remarks: Vec<Unread>,
}

impl Run {
    /// As the store's file.
    pub fn to_json(&self) -> Result<Vec<u8>> {
        serde_json::to_vec(self).map_err(|error| Error::new(format!("cannot write the store: {error}")))
    }

    /// The inverse of [`Run::to_json`].
    pub fn from_json(bytes: &[u8]) -> Result<Self> {
        serde_json::from_slice(bytes).map_err(|error| Error::new(error.to_string()))
    }
}
