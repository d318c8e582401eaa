//! Polled tables: what changed between two samples of the same thing, and in what interval.
//!
//! A row tells what was so when it was sampled. Two rows of one entity that differ bound a change: it
//! lies between them. An `age` column dates it better: the row's instant less the age, as wide as the
//! stamp's and the age's resolution; every further row of that state says the same once more, and all of
//! them together leave a narrow interval. A wrong clock or a state that came and went makes them
//! contradict each other: then they are not put together, and the contradiction is told.
//!
//! Nothing here reads files or settles clocks: rows come in order, with their instants, and leave as
//! [`Change`]s.

mod age;
mod ageing;
mod change;
mod column;
mod run;
#[cfg(test)]
mod tests;
mod watch;

pub use age::{Age, age, counter};
pub use change::{Change, Kind, Sighting, Trend, Turn, narrow_span};
pub use watch::{Row, Watcher};
