//! One chunk's bytes to a batch of events.
//!
//! All work on a chunk is pure: it knows its bytes, its grammars and its clock, and no other chunk.

mod filter;
mod gaps;
mod interval;
mod read;

pub use filter::{Filter, Picker};
pub use interval::Interval;
pub use read::{ChunkReader, Context, Notes};
