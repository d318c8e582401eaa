//! The words everyone shares: stamps, instants, sources, events, batches, the ledger and errors.
//!
//! Nothing here reads a file, knows a format or decides what a stamp means.

mod account;
mod batch;
mod bytes;
mod derived;
mod error;
mod event;
mod instant;
mod level;
mod source;
mod stamp;
mod told;

pub use account::Account;
pub use batch::{Batch, Gap, Start, Tally};
pub use bytes::ByteSet;
pub use derived::{Derived, ORIGINAL};
pub(crate) use error::reason;
pub use error::{Error, Result};
pub use event::{Event, Flags};
pub use instant::{Basis, Instant, NANOS_PER_SECOND};
pub use level::Level;
pub use source::{FileId, LogFile, Loss, SourceId, Unread};
pub use stamp::{
    Abbreviation, PROXY_YEAR, Resolution, Stamp, WrittenDate, WrittenZone, civil_from_days, days_from_civil,
    is_leap,
};
pub use told::{Told, ToldRows};
