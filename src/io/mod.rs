//! From what a person typed to files, and from files to bytes.
//!
//! Nothing here knows a format of logs. Two things are kept apart: where bytes lie (`raw`: a file, a part of
//! one, memory) and what stands between them and text (`coding`: gzip and the like, one layer each). Text
//! without a coding is read with positioned reads into buffers that belong to one chunk (see
//! docs/decisions.md for why not memory maps): a file that shrinks or vanishes is an error value, not a
//! signal. Archives (`archive`) are files whose members are files. Binary logs (`binary`) and documents of
//! metrics (`metrics`) are rendered into lines by the last coding of a stack.

mod archive;
pub mod binary;
mod coding;
mod family;
mod held;
mod limits;
mod metrics;
mod open;
mod options;
mod raw;
mod shape;
mod tar;
mod unpack;
mod walk;
mod zip;

pub use archive::Archive;
pub use coding::{Charset, Sum};
pub use family::{Rotation, family};
pub use limits::{Budget, Limits};
pub use open::{Content, Contents, Head, Member, Opened, open, open_bytes};
pub use options::{CharsetChoice, OpenOptions};
pub use unpack::{Short, Unpacker};
pub use walk::{Found, birth_of, walk};

/// No physical line longer than this is kept whole: the rest is counted, not held.
pub const MAX_LINE: usize = 1 << 20;
