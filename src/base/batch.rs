//! A batch: one chunk of one file, read, or what was derived from one file. The only thing that
//! crosses threads.

use super::derived::Derived;
use super::event::{Event, Flags};
use super::level::Level;
use super::source::{FileId, SourceId};

/// What one batch saw of one pattern.
#[derive(Clone, Copy, Debug)]
pub struct Tally {
    /// The pattern.
    pub pattern: u64,
    /// Key of its first event.
    pub first_key: i64,
    /// Line of its first event, counted from the batch's first line.
    pub first_line: u32,
    /// Index of its first event in the batch; `u32::MAX` when a filter left that one out.
    pub first: u32,
    /// Key of its last event.
    pub last_key: i64,
    /// How many events carry it.
    pub count: u32,
    /// The highest level seen with it.
    pub level: Level,
}

/// The events of one chunk, in time order, and the bytes they point into.
#[derive(Debug)]
pub struct Batch {
    /// The file the chunk belongs to.
    pub file: FileId,
    /// The source the file belongs to.
    pub source: SourceId,
    /// The chunk's place among all chunks of the run: settles ties between equal instants.
    pub rank: u32,
    /// Physical line, 1-based, of the chunk's first line.
    pub first_line: u64,
    /// The segment of the file's clock that it was read with.
    pub segment: u16,
    /// Whether the bytes are printable ASCII, tabs and newlines throughout: safe for any terminal.
    pub printable: bool,
    /// The chunk's bytes, record starts included.
    pub bytes: Vec<u8>,
    /// Its events, by `key`, then by place in the file.
    pub events: Vec<Event>,
    /// Its patterns.
    pub tallies: Vec<Tally>,
    /// What its derived events are; empty in a batch of records.
    pub derived: Vec<Derived>,
}

impl Batch {
    /// The bytes of a record: its first line and its continuation lines.
    #[inline]
    pub fn record(&self, event: &Event) -> &[u8] {
        &self.bytes[event.offset as usize..(event.offset + event.len) as usize]
    }

    /// Physical line, 1-based, of an event.
    pub fn line(&self, event: &Event) -> u64 {
        match self.derived(event) {
            Some(derived) => derived.line,
            None => self.first_line + u64::from(event.line),
        }
    }

    /// What a derived event is; `None` for a record.
    #[inline]
    pub fn derived(&self, event: &Event) -> Option<&Derived> {
        if event.flags.has(Flags::DERIVED) { self.derived.get(event.line as usize) } else { None }
    }
}
