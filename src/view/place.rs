//! Where an event stands, and whether that proves it to be later than the one above it.

use crate::base::{Batch, Event};

/// An event's interval and its line: all that neighbours in a timeline need of each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    earliest: i64,
    latest: i64,
    source: u32,
    /// Chunk and line: file order within a source, rotations included.
    line: (u32, u32),
}

impl Place {
    /// An event's place.
    #[inline(always)]
    pub fn of(batch: &Batch, event: &Event) -> Self {
        let (earliest, latest) = batch.interval(event);
        Self { earliest, latest, source: batch.source.0, line: (batch.rank, event.line) }
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
    }
}
