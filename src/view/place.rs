//! Where an event stands, and whether that proves it to be later than the one above it.

use crate::base::{Batch, Event, Flags};

/// An event's interval and its line: all that neighbours in a timeline need of each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    earliest: i64,
    latest: i64,
    /// Its source and its line there (chunk, line: file order, rotations included). What is derived has
    /// none: the line that proves it says nothing of when it was.
    source: u32,
    line: (u32, u32),
}

impl Place {
    /// An event's place.
    #[inline(always)]
    pub fn of(batch: &Batch, event: &Event) -> Self {
        let (earliest, latest) = batch.interval(event);
        if event.flags.has(Flags::DERIVED) {
            return Self { earliest, latest, source: u32::MAX, line: (u32::MAX, u32::MAX) };
        }
        Self { earliest, latest, source: batch.source.0, line: (batch.rank, event.line) }
    }

    /// Whether this stands further down in the same source.
    pub fn stands_below(&self, other: &Self) -> bool {
        self.source == other.source && self.line > other.line
    }

    /// Whether this is proven to be before `other`, which stands right below it: its interval ends before
    /// the other begins, or both are of one source, and its line is the earlier one.
    #[inline(always)]
    pub fn is_before(&self, other: &Self) -> bool {
        self.latest <= other.earliest || (self.source == other.source && self.line < other.line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_or_file_order_proves() {
        let place = |earliest, latest, source, line| Place { earliest, latest, source, line: (source, line) };
        let above = place(0, 10, 1, 5);
        assert!(above.is_before(&place(10, 20, 2, 1)), "over before the other begins");
        assert!(!above.is_before(&place(9, 19, 2, 9)), "they overlap");
        assert!(above.is_before(&place(0, 10, 1, 6)), "the line above");
        assert!(!above.is_before(&place(9, 19, 1, 4)), "the line below, and they overlap");
        let derived =
            |earliest, latest| Place { earliest, latest, source: u32::MAX, line: (u32::MAX, u32::MAX) };
        assert!(!derived(0, 10).is_before(&derived(9, 19)), "no line of its own orders it");
        assert!(derived(0, 10).is_before(&derived(10, 19)), "its interval does");
    }
}
