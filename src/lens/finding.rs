//! A finding of any kind, in the contract's shape: what a lens saw, when, and what proves it.
//!
//! Lenses with a shape of their own (first occurrences, silences) keep it. Everything else becomes one of
//! these, and every output shows it without knowing its kind.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::evidence::Evidence;
use crate::base::SourceId;

/// A value of a finding.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Value {
    /// Words.
    Text(String),
    /// A measure; its unit is in the value's name.
    Number(f64),
    /// A count.
    Count(i64),
    /// A measure that nothing tells.
    Unknown,
    /// Yes or no.
    Flag(bool),
    /// An instant, nanoseconds since 1970.
    Time(i64),
}

/// What a finding is about; all that is known of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subject {
    /// The source.
    pub source: Option<SourceId>,
    /// The host.
    pub host: Option<String>,
    /// The program.
    pub program: Option<String>,
    /// The pattern.
    pub pattern: Option<u64>,
    /// A key that records share.
    pub key: Option<String>,
    /// The thing itself: an interface, a disk, a pod.
    pub entity: Option<String>,
}

/// A finding.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// The contract's word for its kind.
    pub kind: Cow<'static, str>,
    /// One line for people.
    pub title: String,
    /// When it begins, nanoseconds since 1970; `None` when no record is dated.
    pub start: Option<i64>,
    /// When it ends.
    pub end: Option<i64>,
    /// Bounds of its beginning: not before.
    pub earliest: Option<i64>,
    /// Bounds of its beginning: before.
    pub latest: Option<i64>,
    /// How much it deserves attention, 0 to 1.
    pub score: f64,
    /// What it is about.
    pub subject: Subject,
    /// The contract's values of its kind, and any further ones.
    pub values: Vec<(Cow<'static, str>, Value)>,
    /// 0 together, order unknown; 1 before; 2 linked; 3 likely cause; 4 confirmed.
    pub claim: u8,
    /// The records that prove it: never none.
    pub evidence: Vec<Evidence>,
    /// The records that speak against it.
    pub against: Vec<Evidence>,
}
