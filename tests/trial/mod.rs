//! Adversarial trial of clocks: small made-up worlds whose true times are known to the nanosecond, the
//! program's answers about them, and a count of what it got right, left open, or got wrong.
//!
//! A wrong answer is worse than none: whoever reads a timeline trusts what it decided. So the only thing
//! demanded is `wrong == 0`; how much is left open is shown, not demanded. The worlds know nothing of the
//! program's inside and the scorer reads its two contracts only: `sources` and `show`, both as JSON lines.
//!
//! `plan` says which distortions a world has, `world` and its stories write the logs, `disk` puts them into
//! files, `score` asks the program, `tally` counts. Shared by `examples/trial.rs` and the test suite.

mod clock;
mod disk;
mod harder;
mod line;
#[cfg(test)]
mod oracle;
mod plan;
mod random;
mod score;
mod services;
mod tally;
mod traps;
mod web;
mod world;
mod years;

pub(crate) use disk::write;
#[cfg(test)]
pub(crate) use oracle::{Lie, oracle};
pub(crate) use score::{Answers, score};
pub(crate) use tally::{Asked, Tally, Verdict};
pub(crate) use traps::{TRAPS, trap};
pub(crate) use world::World;
