//! One chunk's bytes to a batch of events.
//!
//! All work on a chunk is pure: it knows its bytes, its grammars and its clock, and no other chunk.

mod gaps;
mod interval;
mod read;

pub use interval::Interval;
pub use read::{ChunkReader, Context, Filter, Notes, Picker};
