//! `--where` on the way through the waves: what an event tells is asked as soon as its chunk is read, in
//! parallel; what hangs on marks waits until those are settled.

use rayon::prelude::*;

use crate::base::{Batch, Event, Flags};
use crate::query::Predicate;
use crate::view::{Asked, Scene};

/// What to choose of what a filter keeps.
#[derive(Clone, Copy, Debug)]
pub struct Choice<'a> {
    /// The expression.
    pub predicate: &'a Predicate,
    /// Where all of the timeline is read for the sake of marks: the range of keys that is wanted of it.
    pub window: (i64, i64),
}

impl Choice<'_> {
    /// Asks the events of a batch. Those that are not wanted lose their match, and unless all are to be kept
    /// they go.
    pub(super) fn ask(&self, scene: &Scene<'_>, keep_all: bool, batch: &mut Batch) {
        let matching = batch.events.iter().enumerate().filter(|(_, event)| event.flags.has(Flags::MATCH));
        let wanted = |event| self.predicate.wants(&Asked::unmarked(scene, batch, event)) != Some(false);
        let out: Vec<usize> = matching.filter(|(_, event)| !wanted(event)).map(|(index, _)| index).collect();
        out.iter().for_each(|index| batch.events[*index].flags.clear(Flags::MATCH));
        if keep_all || out.is_empty() {
            return;
        }
        // Tallies tell where the first of their events is: fewer stand before it now, or it is gone.
        for tally in batch.tallies.iter_mut().filter(|tally| tally.first != u32::MAX) {
            let first = tally.first as usize;
            let before = out.partition_point(|index| *index < first);
            tally.first = if out.get(before) == Some(&first) { u32::MAX } else { (first - before) as u32 };
        }
        batch.events.retain(|event| event.flags.has(Flags::MATCH));
    }

    /// Whether an event is wanted whose marks are settled.
    pub fn wants(&self, scene: &Scene<'_>, batch: &Batch, event: &Event) -> bool {
        (self.window.0..self.window.1).contains(&event.key)
            && self.predicate.wants(&Asked::marked(scene, batch, event)) == Some(true)
    }

    /// Asks the events of a batch whose marks are settled. Those that are not wanted lose their match.
    pub(super) fn ask_marked(&self, scene: &Scene<'_>, batch: &mut Batch) {
        for index in 0..batch.events.len() {
            let event = &batch.events[index];
            if event.flags.has(Flags::MATCH) && !self.wants(scene, batch, event) {
                batch.events[index].flags.clear(Flags::MATCH);
            }
        }
    }

    /// Asks again those that waited for their marks, among events that are final. Those that are not wanted
    /// lose their match.
    pub(super) fn settle<'b>(
        &self,
        scene: &Scene<'_>,
        events: impl IndexedParallelIterator<Item = (&'b mut Batch, std::ops::Range<usize>)>,
    ) {
        if !self.predicate.needs_marks() {
            return;
        }
        events.for_each(|(batch, range)| {
            let matching = range.filter(|index| batch.events[*index].flags.has(Flags::MATCH));
            let wanted = |index: &usize| self.wants(scene, batch, &batch.events[*index]);
            let out: Vec<usize> = matching.filter(|index| !wanted(index)).collect();
            out.into_iter().for_each(|index| batch.events[index].flags.clear(Flags::MATCH));
        });
    }
}
