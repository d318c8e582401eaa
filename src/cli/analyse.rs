//! The sink behind `build` and `report`: rhythms of sources while the timeline goes by, then findings.

use std::ops::ControlFlow;
use std::sync::{Mutex, PoisonError};

use super::context::{Context, reach};
use super::output::Output;
use super::question::Question;
use crate::base::{Flags, Loss, Result, Unread};
use crate::engine::{Outcome, Sink, Stretch};
use crate::ingest::Filter;
use crate::lens::{Catalogue, Finding, Marker, Order, Pulse, Silence, markers, orders, silences};
use crate::poll::Change;
use crate::present::{Report, SourceRow, push_jsonl};
use crate::store::{Again, Heard, Piece, PieceBuilder, Writer, WriterRest};
use crate::view::{Entry, Scene};

/// What becomes of the events while they go by.
#[derive(Default)]
pub(super) enum Events {
    /// Nothing: the analysis is all.
    #[default]
    Nothing,
    /// One JSON object a line.
    Rows(Output),
    /// A store. Only who catches up writes it: the lock is never waited for.
    Store(Mutex<Storing>),
}

/// A store under way, and the stretches that wait to be written into it while the next ones are made.
pub(super) struct Storing {
    writer: Box<Writer>,
    waiting: Vec<Piece>,
}

impl Storing {
    pub(super) fn new(writer: Writer) -> Self {
        Self { writer: Box::new(writer), waiting: Vec::new() }
    }
}

/// Events of a stretch on their way there.
enum Written {
    Nothing,
    Rows(Vec<u8>),
    Store(Result<Box<Piece>>),
}

/// Where a run begins that goes on from an earlier one, and where it takes note of how far it is for a later one.
#[derive(Debug, Default)]
pub(super) struct Course {
    /// What was heard of the events below a key, which are not read again.
    pub known: Option<(i64, Heard)>,
    /// The key at which it takes note.
    pub rest: Option<i64>,
}

/// What an analysis leaves of its events: the store that was written, which lacks what stands beside them, and what it
/// took note of.
pub(super) type Left = (Option<Box<Writer>>, Option<(i64, Heard, WriterRest)>);

/// Feels the pulse of every source, and writes events on the side where asked to.
struct Analyst<'a> {
    scene: &'a Scene<'a>,
    pulses: Vec<Pulse>,
    again: Again,
    events: Events,
}

impl Analyst<'_> {
    /// How far everything is; `None` where no store is written.
    fn rest(&mut self, key: i64, catalogue: &Catalogue) -> Option<(i64, Heard, WriterRest)> {
        let Events::Store(storing) = &mut self.events else { return None };
        let writer = storing.get_mut().unwrap_or_else(PoisonError::into_inner).writer.rest();
        let (pulses, again) = (self.pulses.clone(), self.again.clone());
        Some((key, Heard { catalogue: catalogue.clone(), pulses, again }, writer))
    }

    /// What the events of a stretch are written into.
    fn writing(&self) -> Writing<'_> {
        match &self.events {
            Events::Nothing => Writing::Nothing,
            Events::Rows(_) => Writing::Rows(Vec::new()),
            Events::Store(_) => Writing::Store(Box::new(PieceBuilder::new(self.scene)), Ok(())),
        }
    }
}

/// Events of a stretch being written.
enum Writing<'a> {
    Nothing,
    Rows(Vec<u8>),
    Store(Box<PieceBuilder<'a>>, Result<()>),
}

impl Writing<'_> {
    fn push(&mut self, scene: &Scene<'_>, entry: Entry<'_>) {
        match self {
            Self::Nothing => {}
            Self::Rows(bytes) => push_jsonl(bytes, scene, entry),
            Self::Store(piece, fault) => {
                if fault.is_ok() {
                    *fault = piece.push(entry);
                }
            }
        }
    }

    fn finish(self) -> Written {
        match self {
            Self::Nothing => Written::Nothing,
            Self::Rows(bytes) => Written::Rows(bytes),
            Self::Store(piece, fault) => Written::Store(fault.and_then(|()| piece.finish()).map(Box::new)),
        }
    }
}

impl Sink for Analyst<'_> {
    type Part = (Vec<(usize, Pulse)>, Again, Written);

    fn part(&self, stretch: &mut dyn Stretch) -> Self::Part {
        let mut pulses: Vec<Option<Pulse>> = vec![None; self.pulses.len()];
        let (mut again, mut writing) = (Again::new(), self.writing());
        stretch.each(&mut |entry| {
            writing.push(self.scene, entry);
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
        });
        let spoke = pulses.into_iter().enumerate().filter_map(|(source, pulse)| Some((source, pulse?)));
        (spoke.collect(), again, writing.finish())
    }

    fn accept(&mut self, (pulses, again, written): Self::Part) -> Result<ControlFlow<()>> {
        for (source, pulse) in pulses {
            self.pulses[source].append(pulse);
        }
        for (pattern, count) in again {
            *self.again.entry(pattern).or_default() += count;
        }
        match (&mut self.events, written) {
            (Events::Rows(rows), Written::Rows(bytes)) => rows.write(&bytes)?,
            (Events::Store(storing), Written::Store(piece)) => {
                storing.get_mut().unwrap_or_else(PoisonError::into_inner).waiting.push(*piece?);
            }
            _ => {}
        }
        Ok(ControlFlow::Continue(()))
    }

    fn catch_up(&self) -> Result<()> {
        let Events::Store(storing) = &self.events else { return Ok(()) };
        let mut storing = storing.lock().unwrap_or_else(PoisonError::into_inner);
        let Storing { writer, waiting } = &mut *storing;
        waiting.drain(..).try_for_each(|piece| writer.append(piece))
    }
}

/// What an analysis found.
pub(super) struct Analysis {
    pub rows: Vec<SourceRow>,
    pub catalogue: Catalogue,
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
pub(super) fn analyse(context: &Context, question: &Question, events: Events) -> Result<Analysis> {
    let (analysis, _) = analyse_on(context, question, events, Course::default())?;
    Ok(analysis)
}

/// The same on a course of its own: then nothing but the time is chosen.
pub(super) fn analyse_on(
    context: &Context,
    question: &Question,
    events: Events,
    course: Course,
) -> Result<(Analysis, Left)> {
    let filter = &question.filter;
    let scene = context.scene();
    let rows = context.source_rows(true);
    let resumed = course.known.is_some();
    let known = course.known.unwrap_or_else(|| (filter.since, Heard::default()));
    let (since, Heard { catalogue, mut pulses, again }) = known;
    pulses.resize(rows.len(), Pulse::default());
    let mut analyst = Analyst { scene: &scene, pulses, again, events };
    let stretch =
        |since, until| Filter { since, until, fold_copies: filter.fold_copies, ..Filter::default() };
    let mut rest = None;
    let outcome = match course.rest.map(|rest| rest.max(since)) {
        None if !resumed => context.drive_on(&scene, (filter, question.choice()), &mut analyst, catalogue)?,
        None => context.drive_on(&scene, (&stretch(since, i64::MAX), None), &mut analyst, catalogue)?,
        Some(key) => {
            let below = context.drive_on(&scene, (&stretch(since, key), None), &mut analyst, catalogue)?;
            // What is lost is told by whoever reads it.
            if below.remarks.iter().all(|remark| remark.loss == Loss::None) {
                rest = analyst.rest(key, &below.catalogue);
            }
            let above = (&stretch(key, i64::MAX), None);
            let mut outcome = context.drive_on(&scene, above, &mut analyst, below.catalogue)?;
            outcome.remarks.extend(below.remarks);
            outcome
        }
    };
    context.hush();
    let Outcome { mut catalogue, remarks: read } = outcome;
    let writer = match std::mem::take(&mut analyst.events) {
        Events::Nothing => None,
        Events::Rows(rows) => {
            rows.finish()?;
            None
        }
        Events::Store(storing) => Some(storing.into_inner().unwrap_or_else(PoisonError::into_inner).writer),
    };
    catalogue.uncount(&analyst.again);
    let ends = neighbours_end(&rows);
    let mut remarks = context.remarks().to_vec();
    // A chunk on both sides of a moment is read twice, and tells of its faults twice.
    remarks.extend(read);
    remarks.sort_by(|a, b| (&a.file, &a.why).cmp(&(&b.file, &b.why)));
    remarks.dedup();
    let inside = |change: &&Change| {
        (filter.since..filter.until).contains(&change.instant.best)
            && rows[change.source.0 as usize].is_asked()
    };
    let changes: Vec<Change> = context.changes().iter().filter(inside).cloned().collect();
    let analysis = Analysis {
        orders: orders(&changes),
        changes,
        findings: context.findings(),
        markers: markers(&catalogue, filter.fold_copies, |source| rows[source.0 as usize].range),
        catalogue,
        silences: silences(&analyst.pulses, &ends),
        files: context.files().into_iter().map(|file| file.name).collect(),
        rows,
        remarks,
    };
    Ok((analysis, (writer, rest)))
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
            range: reach(&self.rows),
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
