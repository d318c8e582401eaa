//! Questions about records: what `grep` looks for in their text, and what `--where` asks of their parts.
//!
//! An expression is parsed (`parse`) into what was typed (`tree`), checked against what its names can be
//! (`check`), and asked of rows (`ask`). A row is whatever can tell its parts: a record read again from a log,
//! or a row of a store. Nothing here knows where rows come from.

mod ask;
mod automaton;
mod bounds;
mod check;
mod fault;
mod matcher;
mod measure;
mod name;
mod parse;
mod predicate;
mod row;
#[cfg(test)]
mod tests;
mod tree;

pub use automaton::{Automaton, State, Step, Walker};
pub use bounds::Bounds;
pub use matcher::{Matcher, MatcherOptions};
pub use name::{Part, closest_name};
pub use predicate::{Meaning, Predicate};
pub use row::{Mark, Row};
