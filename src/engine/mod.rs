//! The run: wires walking, surveying, settling, reading and merging to whoever consumes the timeline.

mod account;
mod behind;
mod boots;
mod choose;
mod derive;
mod drive;
mod follow;
mod further;
mod gather;
mod heard;
mod holes;
mod ledger;
mod mtimes;
mod noticed;
mod overlong;
mod places;
mod plan;
mod prepare;
mod recognised;
mod repeats;
mod resume;
mod sections;
mod stated;
mod surveyed;
mod surveying;
mod tables;

pub use account::Extent;
pub use choose::Choice;
pub use drive::{Outcome, Sink, Stretch, beside, drive};
pub use follow::Follower;
pub use ledger::Ledger;
pub use plan::{Plan, Told, Watch};
pub use prepare::{Chunk, FileState, Prepared, SourceState, prepare};
pub use resume::Below;
pub use surveyed::Surveyed;
