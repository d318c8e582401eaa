//! The store: the timeline as Parquet files that any reader of Parquet can ask, and enough beside the contract's
//! columns that the program itself answers from it as from the logs, byte for byte.
//!
//! It knows columns, parts and the manifest. It decides nothing about time and judges no event: it keeps what a
//! run found, and hands it on as a run would.

mod columns;
mod facts;
mod hole;
mod index;
mod joined;
mod kept;
mod manifest;
mod names;
mod open;
mod outline;
mod packing;
mod parts;
mod piece;
mod properties;
mod reader;
mod renamed;
mod rows;
mod run;
mod salvage;
mod schema;
mod series;
mod shape;
mod sought;
mod stretch;
mod texts;
mod wanted;
mod writer;

use crate::base::{Error, reason};

/// Why Parquet would not do something, in one sentence.
fn fault(error: &dyn std::fmt::Display) -> Error {
    Error::new(format!("the store cannot be written or read: {error}"))
}

/// That a file of the store could not be written, and why.
fn not_written(path: &std::path::Path, error: &parquet::errors::ParquetError) -> Error {
    Error::new(format!("cannot write {}: {}", path.display(), why(error)))
}

/// Why a file of the store could not be written or read: the system's words where it was the system.
fn why(error: &parquet::errors::ParquetError) -> String {
    match error {
        parquet::errors::ParquetError::External(inner) => match inner.downcast_ref::<std::io::Error>() {
            Some(error) => reason(error),
            None => inner.to_string(),
        },
        other => other.to_string(),
    }
}

pub use kept::{Again, Heard, Kept, Rest};
pub use manifest::{FORMAT_VERSION, InputEntry, Made, Manifest, PartEntry, selection};
pub use piece::{Piece, PieceBuilder};
pub use reader::Store;
pub use run::{Run, StoredFile};
pub use stretch::Files;
pub use writer::{Beside, Writer, WriterRest};
