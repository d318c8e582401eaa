//! Derived events: what a record proves about another moment than its own.
//!
//! A state change dated by an `age`, the boot that an uptime points back to, a stated instant, a clock
//! step: each is an event of its own beside its record, with the record's file and line. It never
//! stands for the record, the ledger does not count it, and it is nobody's first occurrence.

use super::instant::Instant;
use super::level::Level;
use super::source::FileId;
use super::stamp::Resolution;

/// The field that names the record whose message a derived event repeats, as `file:line` of the event's own file.
pub const ORIGINAL: &str = "original";

/// One derived event. Whoever finds one pushes it into the run before reading; the timeline shows it
/// in its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Derived {
    /// File of the record that proves it.
    pub file: FileId,
    /// First physical line of that record, 1-based.
    pub line: u64,
    /// Physical lines of that record.
    pub lines: u32,
    /// When it happened: the interval, and how it is known.
    pub instant: Instant,
    /// How fine the instant's ends are written.
    pub resolution: Resolution,
    /// The record's stamp as written.
    pub stamp: Option<String>,
    /// The record's host.
    pub host: Option<String>,
    /// The record's program.
    pub program: Option<String>,
    /// Severity, where there is reason for one. It is a judgement, and shown as one.
    pub level: Level,
    /// What happened, in words.
    pub message: String,
    /// The same in parts: name, value.
    pub fields: Vec<(String, String)>,
}
