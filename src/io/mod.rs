//! From what a person typed to files, and from files to bytes.
//!
//! Nothing here knows a format. Files are read with positioned reads into buffers that belong to one
//! chunk (see docs/decisions.md for why not memory maps): a file that shrinks or vanishes is an error
//! value, not a signal.

pub mod binary;
mod family;
mod open;
mod walk;

pub use family::{Rotation, family};
pub use open::{Content, GARBAGE, Head, Opened, Unpacker, open};
pub use walk::{Found, walk};

/// No physical line longer than this is kept whole: the rest is counted, not held.
pub const MAX_LINE: usize = 1 << 20;
