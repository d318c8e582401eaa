//! The sink behind `build` and `report`: rhythms of sources while the timeline goes by, then findings.

use std::collections::HashMap;
use std::ops::ControlFlow;

use super::boot_findings::boot_findings;
use super::clock_findings::clock_findings;
use super::context::Context;
use super::output::Output;
use crate::base::{Flags, Result, SourceId, Unread};
use crate::engine::{Outcome, Sink, Stretch};
use crate::ingest::Filter;
use crate::lens::{Finding, Marker, Order, Pulse, Silence, markers, orders, silences};
use crate::poll::Change;
use crate::present::{Report, SourceRow, push_jsonl};
use crate::view::Scene;

/// Feels the pulse of every source, and writes events on the side where asked to.
struct Analyst<'a> {
    scene: &'a Scene<'a>,
    pulses: Vec<Pulse>,
    again: Again,
    rows: Option<Output>,
}

/// How many records of a pattern its source has in another of its files as well.
type Again = HashMap<(SourceId, u64), u64>;

impl Sink for Analyst<'_> {
    type Part = (Vec<(usize, Pulse)>, Again, Vec<u8>);

    fn part(&self, stretch: &mut dyn Stretch) -> Self::Part {
        let mut pulses: Vec<Option<Pulse>> = vec![None; self.pulses.len()];
        let mut again = Again::new();
        let mut bytes = Vec::new();
        stretch.each(&mut |entry| {
            // What is derived is no beat of its source; a copy is one.
            for (batch, event) in
                std::iter::once((entry.batch, entry.event)).chain(entry.also.iter().copied())
            {
                if !event.flags.has(Flags::DERIVED) {
                    pulses[batch.source.0 as usize].get_or_insert_default().add(batch, event);
                }
            }
            for (index, (batch, event)) in entry.also.iter().enumerate() {
                let earlier = std::iter::once(entry.batch).chain(entry.also[..index].iter().map(|tie| tie.0));
                if !event.flags.has(Flags::DERIVED)
                    && earlier.into_iter().any(|one| one.source == batch.source)
                {
                    *again.entry((batch.source, event.pattern)).or_default() += 1;
                }
            }
            if self.rows.is_some() {
                push_jsonl(&mut bytes, self.scene, entry);
            }
        });
        let spoke = pulses.into_iter().enumerate().filter_map(|(source, pulse)| Some((source, pulse?)));
        (spoke.collect(), again, bytes)
    }

    fn accept(&mut self, (pulses, again, bytes): Self::Part) -> Result<ControlFlow<()>> {
        for (source, pulse) in pulses {
            self.pulses[source].append(pulse);
        }
        for (pattern, count) in again {
            *self.again.entry(pattern).or_default() += count;
        }
        if let Some(rows) = &mut self.rows {
            rows.write(&bytes)?;
        }
        Ok(ControlFlow::Continue(()))
    }
}

/// What an analysis found.
pub(super) struct Analysis {
    pub rows: Vec<SourceRow>,
    pub markers: Vec<Marker>,
    pub silences: Vec<Silence>,
    pub changes: Vec<Change>,
    pub orders: Vec<Order>,
    /// Findings of further kinds: whoever makes some adds them here.
    pub findings: Vec<Finding>,
    pub files: Vec<String>,
    pub remarks: Vec<Unread>,
}

/// Reads everything and looks at it.
pub(super) fn analyse(context: &Context, filter: &Filter, events: Option<Output>) -> Result<Analysis> {
    let scene = context.scene();
    let rows = context.source_rows(true);
    let pulses = vec![Pulse::default(); rows.len()];
    let mut analyst = Analyst { scene: &scene, pulses, again: Again::new(), rows: events };
    let mut outcome: Outcome = context.drive(&scene, filter, &mut analyst)?;
    if let Some(rows) = analyst.rows.take() {
        rows.finish()?;
    }
    outcome.catalogue.uncount(&analyst.again);
    let ends = neighbours_end(&rows);
    let mut remarks = context.prepared.ledger.remarks.clone();
    remarks.extend(outcome.remarks);
    remarks.sort_by(|a, b| (&a.file, &a.why).cmp(&(&b.file, &b.why)));
    let inside = |change: &&Change| {
        (filter.since..filter.until).contains(&change.instant.best)
            && rows[change.source.0 as usize].is_asked()
    };
    let changes: Vec<Change> = context.prepared.changes.iter().filter(inside).cloned().collect();
    Ok(Analysis {
        orders: orders(&changes),
        changes,
        findings: clock_findings(context).into_iter().chain(boot_findings(context)).collect(),
        markers: markers(&outcome.catalogue, filter.fold_copies, |source| rows[source.0 as usize].range),
        silences: silences(&analyst.pulses, &ends),
        files: context.prepared.files.iter().map(|file| file.name.clone()).collect(),
        rows,
        remarks,
    })
}

/// For each source, an instant that at least two other sources of its host (those under the same first
/// folder) wrote at or after: one stray record of one neighbour proves nothing.
fn neighbours_end(rows: &[SourceRow]) -> Vec<Option<i64>> {
    let host = |row: &SourceRow| row.name.split_once('/').map_or("", |(first, _)| first).to_owned();
    rows.iter()
        .enumerate()
        .map(|(index, row)| {
            let others = rows.iter().enumerate().filter(|(other, _)| *other != index);
            let mut ends: Vec<i64> = others
                .filter(|(_, other)| host(other) == host(row))
                .filter_map(|(_, other)| Some(other.range?.1))
                .collect();
            ends.sort_unstable_by(|a, b| b.cmp(a));
            ends.get(1).copied()
        })
        .collect()
}

impl Analysis {
    /// The report over it.
    pub(super) fn report<'a>(&'a self, context: &'a Context) -> Report<'a> {
        Report {
            zone: &context.plan.settle.default_zone,
            range: self.rows.iter().filter_map(|row| row.range).reduce(|a, b| (a.0.min(b.0), a.1.max(b.1))),
            markers: &self.markers,
            verdict: crate::lens::verdict(&self.markers),
            silences: &self.silences,
            changes: &self.changes,
            orders: &self.orders,
            findings: &self.findings,
            sources: &self.rows,
            files: &self.files,
            remarks: &self.remarks,
        }
    }
}
