//! Lenses over the timeline: what is new, what fell silent, what came first, and where to look first.
//!
//! A lens says what it saw and how it is proven. It never says "cause": nothing here has earned that.

mod catalogue;
mod contrast;
mod evidence;
mod finding;
mod first;
mod lead;
mod order;
mod silence;

pub use catalogue::{Catalogue, Example, PatternStat};
pub use contrast::{Contrast, contrast};
pub use evidence::Evidence;
pub use finding::{Finding, Subject, Value};
pub use first::{Marker, STRETCH, Verdict, markers, verdict};
pub use lead::lead;
pub use order::{Order, orders};
pub use silence::{Pulse, Silence, silences};
