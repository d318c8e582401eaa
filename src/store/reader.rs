//! Asks a store: finds the parts and pages that a question needs, reads them side by side, and hands the timeline
//! on as a run over the logs would.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rayon::prelude::*;

use super::manifest::{Manifest, PartEntry};
use super::open::OpenPart;
use super::rows::StoredRows;
use super::run::Run;
use super::stretch::{Builder, Files, Stored};
use crate::base::{Error, Flags, Loss, Result, Unread};
use crate::engine::{Outcome, Sink};
use crate::ingest::Filter;
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

/// Rows of one part that one task reads.
#[derive(Clone, Debug)]
struct Task<'a> {
    part: &'a PartEntry,
    rows: Range<u64>,
}

impl Store {
    /// Name of the file in a store's folder that makes it one.
    pub const MANIFEST: &str = super::manifest::MANIFEST;

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

    /// Whether every part is there and as it was written. Its size tells most damage, and costs nothing; with
    /// `salvage`, which is asked for when something is wrong, every byte is looked at.
    fn check(&mut self) -> Result<()> {
        let Self { root, manifest, lost, salvage } = self;
        let parts: Vec<&PartEntry> = manifest.events.iter().chain(&manifest.copies).collect();
        let faults: Vec<(String, String)> = parts
            .into_par_iter()
            .filter_map(|part| Some((part.path.clone(), part.fault(root, *salvage)?)))
            .collect();
        if let (Some((path, why)), false) = (faults.first(), *salvage) {
            return Err(damaged(root, path, why));
        }
        let whole = |part: &PartEntry| !faults.iter().any(|(path, _)| *path == part.path);
        manifest.events.retain(whole);
        manifest.copies.retain(whole);
        lost.extend(faults.into_iter().map(|(file, why)| Unread { file, why, loss: Loss::Whole }));
        Ok(())
    }

    /// Hands the timeline to `sink`, as far as `filter` wants it.
    pub fn drive<S: Sink>(
        &self,
        scene: &Scene<'_>,
        files: &Files,
        filter: &Filter,
        sink: &mut S,
    ) -> Result<Outcome> {
        let mut outcome = Outcome { remarks: self.lost.clone(), ..Outcome::default() };
        let tasks = self.tasks(filter)?;
        for wave in tasks.chunks(2 * rayon::current_num_threads()) {
            let read: Vec<Result<Vec<Stored>>> =
                wave.par_iter().with_max_len(1).map(|task| self.read(task, files, filter)).collect();
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
    fn tasks(&self, filter: &Filter) -> Result<Vec<Task<'_>>> {
        let mut tasks = Vec::new();
        for part in &self.manifest.events {
            if part.last_key < filter.since || part.first_key >= filter.until {
                continue;
            }
            let whole = part.first_key >= filter.since && part.last_key < filter.until;
            let rows = match whole {
                true => 0..part.rows,
                false => match OpenPart::new(&self.root, part) {
                    Ok(open) => open.window(filter.since, filter.until),
                    // Reading it will tell what is wrong with it.
                    Err(_) => 0..part.rows,
                },
            };
            let starts = rows.clone().step_by(TASK_ROWS as usize);
            tasks.extend(starts.map(|start| Task { part, rows: start..rows.end.min(start + TASK_ROWS) }));
        }
        Ok(tasks)
    }

    /// Reads the rows of a task as stretches.
    fn read(&self, task: &Task<'_>, files: &Files, filter: &Filter) -> Result<Vec<Stored>> {
        let batches = OpenPart::new(&self.root, task.part)?.read(task.rows.clone(), STRETCH_ROWS)?;
        let copies = self.copies(task)?;
        let mut stretches = Vec::new();
        for rows in batches {
            let mut builder = Builder::new(files, filter);
            builder.push(&Arc::new(rows), &copies);
            stretches.push(builder.finish());
        }
        Ok(stretches)
    }

    /// Copies of the events of a task.
    fn copies(&self, task: &Task<'_>) -> Result<Vec<Arc<StoredRows>>> {
        let (from, until) = (task.part.first_seq + task.rows.start, task.part.first_seq + task.rows.end);
        let parts = &self.manifest.copies;
        let first = parts.partition_point(|part| part.first_seq <= from).saturating_sub(1);
        let mut found = Vec::new();
        for part in parts[first.min(parts.len())..].iter().take_while(|part| part.first_seq < until) {
            for rows in OpenPart::new(&self.root, part)?.read(0..part.rows, STRETCH_ROWS)? {
                found.extend(rows.between(from, until).map(Arc::new));
            }
        }
        Ok(found)
    }
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
            let event = batch.events[index as usize];
            if !outcome.catalogue.confirm(scene, batch, &event) {
                batch.events[index as usize].flags.clear(Flags::FIRST);
            }
        }
    }
}
