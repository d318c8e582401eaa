//! Asks a store: finds the parts and pages that a question needs, reads them side by side, and hands the timeline
//! on as a run over the logs would.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parquet::arrow::arrow_reader::RowSelector;
use rayon::prelude::*;

use super::manifest::{Manifest, PartEntry};
use super::open::{OpenPart, selection};
use super::outline::Outlines;
use super::rows::StoredRows;
use super::run::Run;
use super::schema::Column;
use super::stretch::{Builder, Files, Stored};
use crate::base::{Error, Loss, Result, Unread};
use crate::engine::{Choice, Outcome, Sink};
use crate::ingest::{Filter, Picker};
use crate::view::Scene;

/// Rows that one task reads.
const TASK_ROWS: u64 = 65_536;
/// Rows of a stretch: what a renderer gets at once.
const STRETCH_ROWS: usize = 8_192;

/// A store that is open.
#[derive(Debug)]
pub struct Store {
    root: PathBuf,
    manifest: Manifest,
    /// Whether what is damaged is left out, and told of.
    salvage: bool,
    /// Parts that cannot be read, and why.
    lost: Vec<Unread>,
}

/// What is asked of every task.
struct Ask<'a> {
    files: &'a Files,
    filter: &'a Filter,
    /// Patterns that may hold the text that is looked for, where outlines tell.
    patterns: Option<Vec<u64>>,
}

/// Rows of one part that one task reads.
#[derive(Clone, Debug)]
struct Task<'a> {
    part: &'a PartEntry,
    rows: Range<u64>,
}

impl Store {
    /// Whether a path is a store: a folder that holds a manifest.
    pub fn is_store(path: &Path) -> bool {
        path.join(super::manifest::MANIFEST).is_file()
    }

    /// Opens a store. Of a damaged one, what is whole is kept with `salvage`, and otherwise nothing.
    pub fn open(root: &Path, salvage: bool) -> Result<Self> {
        let manifest = Manifest::read(root, salvage)?;
        let mut store = Self { root: root.to_owned(), manifest, salvage, lost: Vec::new() };
        store.check()?;
        Ok(store)
    }

    /// Its folder.
    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// All its parts: events, then copies.
    pub(super) fn parts(&self) -> impl Iterator<Item = &PartEntry> {
        self.manifest.events.iter().chain(&self.manifest.copies)
    }

    /// What is wrong with one of its files, and what to do.
    pub(super) fn damaged(&self, path: &str, why: &str) -> Error {
        damaged(&self.root, path, why)
    }

    /// The manifest.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// What the program itself keeps beside the events.
    pub fn run(&self) -> Result<Run> {
        let path = self.root.join(Manifest::RUN);
        let bytes = std::fs::read(&path).map_err(|error| Error::io("read", &path, &error))?;
        Run::from_json(&bytes).map_err(|error| {
            Error::new(format!("{} is damaged: {error}; build the store again from its logs", path.display()))
        })
    }

    /// How many events hold a plain text, where the outlines of texts tell: then no part is read.
    pub fn count_of(&self, text: &[u8]) -> Option<u64> {
        if self.lost.is_empty() { self.outlines()?.count(text) } else { None }
    }

    /// The outlines of its texts; nothing is lost without them but time.
    fn outlines(&self) -> Option<Outlines> {
        Outlines::from_bytes(&std::fs::read(self.root.join(Manifest::OUTLINES)).ok()?)
    }

    /// Whether every part is there and as long as it was written, which costs nothing. With `salvage` every byte
    /// is looked at; without, those of the parts that an answer needs, before it is given.
    fn check(&mut self) -> Result<()> {
        let faults = faults(&self.root, &self.parts().collect::<Vec<_>>(), self.salvage);
        if let (Some((path, why)), false) = (faults.first(), self.salvage) {
            return Err(self.damaged(path, why));
        }
        let Self { manifest, lost, .. } = self;
        let whole = |part: &PartEntry| !faults.iter().any(|(path, _)| *path == part.path);
        manifest.events.retain(whole);
        manifest.copies.retain(whole);
        lost.extend(faults.into_iter().map(|(file, why)| Unread { file, why, loss: Loss::Whole }));
        Ok(())
    }

    /// Whether the bytes of parts are those that were written: what reads them trusts them.
    pub(super) fn verify(&self, parts: &[&PartEntry]) -> Result<()> {
        // With `salvage` they were looked at before, and the others are gone.
        let faults = if self.salvage { Vec::new() } else { faults(&self.root, parts, true) };
        faults.first().map_or(Ok(()), |(path, why)| Err(self.damaged(path, why)))
    }

    /// Hands the timeline to `sink`, as far as `filter` wants it and `choice` chooses of that.
    pub fn drive<S: Sink>(
        &self,
        scene: &Scene<'_>,
        files: &Files,
        (filter, choice): (&Filter, Option<Choice<'_>>),
        sink: &mut S,
    ) -> Result<Outcome> {
        let mut outcome = Outcome { remarks: self.lost.clone(), ..Outcome::default() };
        let inside = |part: &&PartEntry| part.last_key >= filter.since && part.first_key < filter.until;
        let parts: Vec<&PartEntry> = self.manifest.events.iter().filter(inside).collect();
        if let (Some(first), Some(last)) = (parts.first(), parts.last()) {
            let copies = self.copies_of(&(first.first_seq..last.first_seq + last.rows));
            self.verify(&parts.iter().copied().chain(copies).collect::<Vec<_>>())?;
        }
        let tasks = self.tasks(&parts, filter);
        let literal = filter.text.as_ref().and_then(|picker| picker.literal());
        let patterns = literal.and_then(|text| self.outlines()?.patterns(text));
        let ask = Ask { files, filter, patterns };
        for wave in tasks.chunks(2 * rayon::current_num_threads()) {
            let read: Vec<Result<Vec<Stored>>> =
                wave.par_iter().with_max_len(1).map(|task| self.read(task, &ask)).collect();
            let mut stretches = Vec::new();
            for (task, read) in wave.iter().zip(read) {
                match read {
                    Ok(read) => stretches.extend(read),
                    Err(error) if self.salvage => {
                        let (file, why) = (task.part.path.clone(), error.to_string());
                        outcome.remarks.push(Unread { file, why, loss: Loss::Part });
                    }
                    Err(error) => return Err(self.damaged(&task.part.path, &error.to_string())),
                }
            }
            if filter.marks {
                mark(&mut outcome, scene, &mut stretches);
            }
            if let Some(choice) = choice {
                stretches.par_iter_mut().for_each(|stretch| stretch.choose(scene, &choice, filter.keep_all));
            }
            let shared: &S = sink;
            let parts: Vec<S::Part> = stretches
                .into_par_iter()
                .with_max_len(1)
                .map(|mut stretch| shared.part(&mut stretch))
                .collect();
            for part in parts {
                if sink.accept(part)?.is_break() {
                    return Ok(outcome);
                }
            }
        }
        Ok(outcome)
    }

    /// The work that a question is: the parts that reach into its window, and of those at its ends the rows.
    fn tasks<'a>(&self, parts: &[&'a PartEntry], filter: &Filter) -> Vec<Task<'a>> {
        let mut tasks = Vec::new();
        for part in parts {
            let whole = part.first_key >= filter.since && part.last_key < filter.until;
            let rows = match whole {
                true => 0..part.rows,
                // Reading it will tell what is wrong with it.
                false => OpenPart::new(&self.root, part)
                    .and_then(|open| open.inside(filter.since, filter.until))
                    .unwrap_or(0..part.rows),
            };
            let starts = rows.clone().step_by(TASK_ROWS as usize);
            tasks.extend(starts.map(|start| Task { part, rows: start..rows.end.min(start + TASK_ROWS) }));
        }
        tasks
    }

    /// Reads the rows of a task as stretches.
    fn read(&self, task: &Task<'_>, ask: &Ask<'_>) -> Result<Vec<Stored>> {
        let open = OpenPart::new(&self.root, task.part)?;
        let copies = self.copies(task)?;
        let rows = match &ask.filter.text {
            Some(picker) if !ask.filter.keep_all && !ask.filter.marks => {
                let wanted = match &ask.patterns {
                    Some(patterns) => by_pattern(&open, task, patterns)?,
                    None => by_text(&open, task, &**picker)?,
                };
                chosen(task, wanted, &copies)
            }
            _ => selection(task.rows.clone()),
        };
        let mut stretches = Vec::new();
        for rows in open.read_some(&rows, STRETCH_ROWS, None)? {
            let mut builder = Builder::new(ask.files, ask.filter);
            builder.push(&Arc::new(rows), &copies);
            stretches.push(builder.finish());
        }
        Ok(stretches)
    }

    /// Parts that may hold copies of the events with these numbers.
    fn copies_of(&self, numbers: &Range<u64>) -> &[PartEntry] {
        let parts = &self.manifest.copies;
        let first = parts.partition_point(|part| part.first_seq <= numbers.start).saturating_sub(1);
        let end = parts.partition_point(|part| part.first_seq < numbers.end);
        parts.get(first..end).unwrap_or_default()
    }

    /// Copies of the events of a task.
    fn copies(&self, task: &Task<'_>) -> Result<Vec<Arc<StoredRows>>> {
        let numbers = task.part.first_seq + task.rows.start..task.part.first_seq + task.rows.end;
        let mut found = Vec::new();
        for part in self.copies_of(&numbers) {
            let open = OpenPart::new(&self.root, part)?;
            let rows = open.numbered(&numbers)?;
            if rows.is_empty() {
                continue;
            }
            found.extend(open.read(rows, STRETCH_ROWS)?.into_iter().map(Arc::new));
        }
        Ok(found)
    }
}

/// Whether each row of a task may hold a text, by its pattern.
fn by_pattern(open: &OpenPart, task: &Task<'_>, patterns: &[u64]) -> Result<Vec<bool>> {
    let read = open.read_some(&selection(task.rows.clone()), TASK_ROWS as usize, Some(&[Column::Pattern]))?;
    Ok(read.iter().flat_map(|rows| rows.of_patterns(patterns)).collect())
}

/// Whether each row of a task holds a text, by its text.
fn by_text(open: &OpenPart, task: &Task<'_>, picker: &dyn Picker) -> Result<Vec<bool>> {
    let read = open.read_some(&selection(task.rows.clone()), STRETCH_ROWS, Some(&StoredRows::TEXT))?;
    let (mut wanted, mut bytes, mut ends) = (Vec::new(), Vec::new(), Vec::new());
    for rows in read {
        bytes.clear();
        ends.clear();
        for row in 0..rows.len() as u32 {
            rows.push_text(row, &mut bytes);
            ends.push(bytes.len());
            bytes.push(b'\n');
        }
        if picker.rules_out(&bytes) {
            wanted.extend(std::iter::repeat_n(false, rows.len()));
            continue;
        }
        let mut start = 0;
        wanted.extend(ends.iter().map(|end| {
            let text = &bytes[start..*end];
            start = end + 1;
            picker.wants(text)
        }));
    }
    Ok(wanted)
}

/// Rows of a task as a selection: the wanted ones, and those with copies, which may hold what their event does not.
fn chosen(task: &Task<'_>, mut wanted: Vec<bool>, copies: &[Arc<StoredRows>]) -> Vec<RowSelector> {
    let first = task.part.first_seq + task.rows.start;
    for number in copies.iter().flat_map(|rows| rows.seq.values()) {
        if let Some(row) = wanted.get_mut(number.saturating_sub(first) as usize) {
            *row = true;
        }
    }
    let mut rows = vec![RowSelector::skip(task.rows.start as usize)];
    for run in wanted.chunk_by(|a, b| a == b) {
        rows.push(if run[0] { RowSelector::select(run.len()) } else { RowSelector::skip(run.len()) });
    }
    rows
}

/// Parts that are not as they were written, and what is wrong with each; with `wholly`, by all of their bytes.
fn faults(root: &Path, parts: &[&PartEntry], wholly: bool) -> Vec<(String, String)> {
    let look = |part: &&PartEntry| Some((part.path.clone(), part.fault(root, wholly)?));
    parts.par_iter().filter_map(look).collect()
}

/// What is wrong with a store, and what to do.
fn damaged(root: &Path, path: &str, why: &str) -> Error {
    Error::new(format!(
        "{} is damaged: {path}: {why}; build it again from its logs, or read the rest with --salvage",
        root.display()
    ))
}

/// Counts patterns, and keeps the marks of events that really are the first of theirs.
fn mark(outcome: &mut Outcome, scene: &Scene<'_>, stretches: &mut [Stored]) {
    for batch in stretches.iter().flat_map(|stretch| &stretch.batches) {
        outcome.catalogue.count(batch);
    }
    for batch in stretches.iter_mut().flat_map(|stretch| &mut stretch.batches) {
        let firsts: Vec<u32> =
            batch.tallies.iter().map(|tally| tally.first).filter(|first| *first != u32::MAX).collect();
        for index in firsts {
            outcome.catalogue.mark(scene, batch, index);
        }
    }
}
