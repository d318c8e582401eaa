//! Lenses over the timeline: what is new, what fell silent, and where to look first.
//!
//! A lens says what it saw and how it is proven. It never says "cause": nothing here has earned that.

mod catalogue;
mod evidence;
mod first;
mod silence;

pub use catalogue::{Catalogue, Example, PatternStat};
pub use evidence::Evidence;
pub use first::{Marker, Verdict, markers, verdict};
pub use silence::{Pulse, Silence, silences};
