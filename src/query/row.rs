//! What a predicate can ask of anything that is an event: a record of a log, or a row of a store.
//!
//! Whoever implements it answers as `--format jsonl` prints: what is `null` there is `None` here, and a field
//! is the text that stands there. Then one predicate means the same on logs and on a store.

use std::borrow::Cow;

use super::name::Part;
use crate::base::{Basis, Level};

/// A mark of the contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// The first record of its kind in its source.
    First,
    /// Follows from a record without being one.
    Derived,
}

impl Mark {
    /// Every mark.
    pub const ALL: [Self; 2] = [Self::First, Self::Derived];

    /// The contract's word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::First => "first",
            Self::Derived => "derived",
        }
    }
}

/// One event, part by part. Parts are asked for only when an answer hangs on them.
pub trait Row {
    /// The best instant, nanoseconds since 1970; `None` when undated.
    fn time(&self) -> Option<i64>;
    /// Not before this, where that is known.
    fn earliest(&self) -> Option<i64>;
    /// Before this, where that is known.
    fn latest(&self) -> Option<i64>;
    /// When what the record tells of began (`fields.start`).
    fn start(&self) -> Option<i64>;
    /// The level; `Unknown` when there is none.
    fn level(&self) -> Level;
    /// The pattern's identity.
    fn pattern(&self) -> u64;
    /// First line in its file, 1-based.
    fn line(&self) -> u64;
    /// Physical lines.
    fn lines(&self) -> u64;
    /// The process.
    fn pid(&self) -> Option<u32>;
    /// How the instant is known.
    fn basis(&self) -> Basis;
    /// Whether it carries a mark; `None` while that is not known yet.
    fn mark(&self, mark: Mark) -> Option<bool>;
    /// A part that is text.
    fn text(&self, part: Part) -> Option<Cow<'_, str>>;
    /// A field.
    fn field(&self, name: &str) -> Option<Cow<'_, str>>;
}
