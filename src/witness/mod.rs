//! What files say about each other's clocks: absolute times quoted in messages, identifiers and messages
//! that stand in several files, kernel uptimes, the host's name.
//!
//! Read between survey and settling, from a bounded sample of each file whose choice depends on the
//! file alone. Nothing is decided here.

mod embedded;
mod heard;
mod interleaved;
mod kernel;
mod marks;
mod sample;
mod shared;
mod stated_step;
mod stated_zone;
mod testimony;
mod writers;

pub use embedded::{Embedded, Form, embedded};
pub use heard::{Served, Spoken, When};
pub use marks::{MarkKind, SaidBy, Sight};
pub use sample::{REGION, WHOLE};
pub use shared::keep_shared;
pub use testimony::{
    Anchor, Counted, KERNEL, Loose, StepStated, Testimony, UptimePoint, Written, ZoneStated, odd_one, testify,
};
pub use writers::{OddWriter, Writer};
