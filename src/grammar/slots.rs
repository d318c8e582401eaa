//! Where the parts of a line were found: spans by slot number, no copying, no allocation.

use crate::time::MinuteCache;

/// A stretch of the record: start and end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span {
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    pub(super) const fn new(start: usize, end: usize) -> Self {
        Self { start: start as u32, end: end as u32 }
    }

    /// The bytes of `text` this names.
    #[inline]
    pub fn of(self, text: &[u8]) -> &[u8] {
        &text[self.start as usize..self.end as usize]
    }
}

/// Slots that mean the same in every grammar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
#[allow(missing_docs, reason = "the names are the documentation")]
pub enum Known {
    Time,
    Level,
    Program,
    Pid,
    Host,
    Message,
    Priority,
}

impl Known {
    /// Slot names as patterns write them, in slot order.
    pub(super) const NAMES: [&'static str; 7] = ["time", "level", "program", "pid", "host", "message", "pri"];
}

/// Most slots one grammar may use.
pub(super) const MAX_SLOTS: usize = 32;

/// The spans of one record, and what reading one record leaves behind for the next.
#[derive(Clone, Copy, Debug, Default)]
pub struct Slots {
    set: u32,
    spans: [Span; MAX_SLOTS],
    /// The minute of the last stamp.
    pub(super) minute: MinuteCache,
}

impl Slots {
    /// Forgets everything, without touching the spans.
    #[inline]
    pub fn clear(&mut self) {
        self.set = 0;
    }

    /// The span in a slot, if that part was found.
    #[inline]
    pub fn get(&self, slot: u8) -> Option<Span> {
        (self.set & (1 << slot) != 0).then(|| self.spans[usize::from(slot)])
    }

    /// The span of a well-known part.
    #[inline]
    pub fn known(&self, part: Known) -> Option<Span> {
        self.get(part as u8)
    }

    #[inline]
    pub(super) fn put(&mut self, slot: u8, span: Span) {
        self.set |= 1 << slot;
        self.spans[usize::from(slot) & (MAX_SLOTS - 1)] = span;
    }

    pub(super) const fn mark(&self) -> u32 {
        self.set
    }

    pub(super) const fn rewind(&mut self, mark: u32) {
        self.set = mark;
    }
}
