//! Asks a store: finds the parts and pages that a question needs, reads them side by side, and hands the timeline
//! on as a run over the logs would.

use std::ops::{ControlFlow, Range};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parquet::arrow::arrow_reader::RowSelector;
use rayon::prelude::*;

use super::manifest::{Manifest, PartEntry};
use super::open::{OpenPart, selection};
use super::rows::StoredRows;
use super::run::Run;
use super::salvage;
use super::stretch::{Builder, Files, Stored};
use super::wanted::{Answer, Wanted, selected};
use crate::base::{Error, Loss, Result, Unread};
use crate::engine::{Choice, Outcome, Sink, Stretch, beside};
use crate::ingest::Filter;
use crate::view::Scene;

/// Rows that one task reads.
const TASK_ROWS: u64 = 65_536;

/// The least that are worth a task of their own.
const LEAST_ROWS: u64 = 2_048;

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
    /// First occurrences are those that the store knows.
    marked: bool,
    /// What rows are to be read, where not all are.
    wanted: Option<Wanted<'a>>,
}

/// Takes no part: what is asked is asked for the sake of asking.
struct Nobody;

impl Sink for Nobody {
    type Part = ();

    fn part(&self, _: &mut dyn Stretch) {}

    fn accept(&mut self, (): ()) -> Result<ControlFlow<()>> {
        Ok(ControlFlow::Continue(()))
    }
}

/// Rows of one part that one task reads.
#[derive(Clone, Debug)]
struct Task<'a> {
    part: &'a PartEntry,
    rows: Range<u64>,
    /// The part, where it had to be opened to know its rows: those at a window's ends.
    open: Option<Arc<OpenPart>>,
}

impl Store {
    /// Whether a path is a store: a folder that holds a manifest.
    pub fn is_store(path: &Path) -> bool {
        // One whose manifest is gone is a damaged store, and no folder of logs.
        let named = path.extension().is_some_and(|extension| extension == "timeline");
        path.join(super::manifest::MANIFEST).is_file() || named && path.join(Manifest::RUN).is_file()
    }

    /// Opens a store. Of a damaged one, what is whole is kept with `salvage`, and otherwise nothing.
    pub fn open(root: &Path, salvage: bool) -> Result<Self> {
        let (manifest, lost) = match Manifest::read(root, salvage) {
            Ok(manifest) => (manifest, Vec::new()),
            Err(why) if salvage && !Manifest::is_of_another_version(root) => salvage::manifest(root, &why)?,
            Err(why) => return Err(why),
        };
        let mut store = Self { root: root.to_owned(), manifest, salvage, lost };
        if salvage && store.manifest.checksum != store.manifest.sum(root) {
            let why = "it was edited, or a file beside it, since the store was written: what they say is taken as it is";
            let file = super::manifest::MANIFEST.to_owned();
            store.lost.push(Unread { file, why: why.to_owned(), loss: Loss::Part });
        }
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
        let read = std::fs::read(&path).map_err(|error| Error::io("read", &path, &error));
        let run = match read.and_then(|bytes| Run::from_json(&bytes)) {
            Err(why) if self.salvage => salvage::run(self, &why.to_string()),
            Err(why) => Err(Error::new(format!(
                "{} is damaged: {why}; build the store again from its logs, or read what is whole with --salvage",
                path.display()
            ))),
            run => run,
        };
        let mut run = run?;
        run.remarks.extend(self.lost.iter().cloned());
        run.remarks.sort_by(|a, b| (&a.file, &a.why).cmp(&(&b.file, &b.why)));
        Ok(run)
    }

    /// How many events hold the text that is looked for, where nothing else is asked and indexes tell: then no more is
    /// read than the texts of records that may hold it.
    pub fn count_of(&self, filter: &Filter) -> Option<u64> {
        if !filter.is_of_text() || !self.lost.is_empty() || self.salvage {
            return None;
        }
        let parts: Vec<&PartEntry> = self.parts().collect();
        let mut wanted = Wanted::new(filter, None);
        wanted.look(&self.root, &parts);
        let count = |part: &PartEntry| wanted.answer(part)?.count();
        // A copy may hold what its event does not, and then it counts.
        if self.manifest.copies.iter().any(|part| count(part) != Some(0)) {
            return None;
        }
        let open: Vec<&PartEntry> =
            self.manifest.events.iter().filter(|part| count(part).is_none()).collect();
        self.verify(&open).ok()?;
        let known: u64 = self.manifest.events.iter().filter_map(count).sum();
        let read = self.tasks(&open, i64::MIN, i64::MAX).into_par_iter().with_max_len(1).map(|task| {
            let rows = OpenPart::new(&self.root, task.part)
                .and_then(|open| wanted.rows(task.part, &open, &task.rows))
                .ok()??;
            Some(rows.iter().filter(|wanted| **wanted).count() as u64)
        });
        let read: Option<Vec<u64>> = read.collect();
        Some(known + read?.iter().sum::<u64>())
    }

    /// Whether every part is there and as long as it was written, which costs nothing. With `salvage` every byte
    /// is looked at; without, those of the parts that an answer needs, before it is given.
    fn check(&mut self) -> Result<()> {
        let all: Vec<_> = self.parts().chain(&self.manifest.series).collect();
        let faults = faults(&self.root, &all, self.salvage);
        if let (Some((path, why)), false) = (faults.first(), self.salvage) {
            return Err(self.damaged(path, why));
        }
        let Self { manifest, lost, .. } = self;
        let whole = |part: &PartEntry| !faults.iter().any(|(path, _)| *path == part.path);
        manifest.events.retain(whole);
        manifest.copies.retain(whole);
        manifest.series.retain(whole);
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
        let marked = filter.marks && !filter.counts && self.knows_marks(files, filter);
        let free = !filter.keep_all && (marked || !filter.marks);
        let wanted = |choice| free.then(|| Wanted::new(filter, choice));
        let outcome = self.ask(scene, Ask { files, filter, marked, wanted: wanted(choice) }, choice, sink)?;
        // Of a field that no row had, all rows must be asked before that is said.
        if free && choice.is_some_and(|choice| choice.predicate.misses_fields()) {
            self.ask(scene, Ask { files, filter, marked, wanted: wanted(None) }, choice, &mut Nobody)?;
        }
        Ok(outcome)
    }

    /// Whether the marks of first occurrences are those that stand in the rows: they were settled among the
    /// same records.
    fn knows_marks(&self, files: &Files, filter: &Filter) -> bool {
        const HARMLESS: [&str; 6] =
            ["--assume-tz=", "--year=", "--encoding=", "--max-", "--as-written", "--bloom"];
        let all_asked = files.by_name.values().all(|(_, _, asked)| *asked);
        let harmless = |option: &String| HARMLESS.iter().any(|known| option.starts_with(known));
        let whole = self.lost.is_empty() && !self.salvage;
        whole
            && all_asked
            && filter.since == i64::MIN
            && filter.fold_copies
            && self.manifest.options.iter().all(harmless)
    }

    /// Hands on what is asked.
    fn ask<'a, S: Sink>(
        &'a self,
        scene: &Scene<'_>,
        mut ask: Ask<'a>,
        choice: Option<Choice<'_>>,
        sink: &mut S,
    ) -> Result<Outcome> {
        let mut outcome = Outcome { remarks: self.lost.clone(), ..Outcome::default() };
        let filter = ask.filter;
        let (since, until) = ask.wanted.as_ref().map_or((filter.since, filter.until), Wanted::window);
        let inside = |part: &&PartEntry| part.last_key >= since && part.first_key < until;
        let mut parts: Vec<&PartEntry> = self.manifest.events.iter().filter(inside).collect();
        if let Some(wanted) = &mut ask.wanted {
            wanted.look(&self.root, &parts);
            let none = |part: &PartEntry| wanted.answer(part).and_then(Answer::count) == Some(0);
            parts.retain(|part| {
                !none(part) || !self.copies_of(&(part.first_seq..part.first_seq + part.rows)).is_empty()
            });
        }
        let ask = &ask;
        if let (Some(first), Some(last)) = (parts.first(), parts.last()) {
            let copies = self.copies_of(&(first.first_seq..last.first_seq + last.rows));
            self.verify(&parts.iter().copied().chain(copies).collect::<Vec<_>>())?;
        }
        let tasks = self.tasks(&parts, since, until);
        for wave in tasks.chunks(2 * rayon::current_num_threads()) {
            let read = wave.par_iter().with_max_len(1).map(|task| self.read(task, ask));
            let read: Vec<Result<Vec<Stored>>> = beside(sink, || read.collect())?;
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
            if filter.marks && !ask.marked {
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
        sink.catch_up()?;
        Ok(outcome)
    }

    /// The work that a question is: the parts that reach into its window, and of those at its ends the rows.
    fn tasks<'a>(&self, parts: &[&'a PartEntry], since: i64, until: i64) -> Vec<Task<'a>> {
        let inside = parts.iter().map(|part| {
            let whole = part.first_key >= since && part.last_key < until;
            // Reading it will tell what is wrong with it.
            let open = if whole { None } else { OpenPart::new(&self.root, part).ok().map(Arc::new) };
            let inside = open.as_ref().and_then(|open| open.inside(since, until).ok());
            (*part, inside.unwrap_or(0..part.rows), open)
        });
        let inside: Vec<_> = inside.collect();
        // Of few rows every thread gets a share, though two may unpack one page then.
        let rows: u64 = inside.iter().map(|(_, rows, _)| rows.end - rows.start).sum();
        let share = rows.div_ceil(rayon::current_num_threads() as u64).clamp(LEAST_ROWS, TASK_ROWS);
        let mut tasks = Vec::new();
        for (part, rows, open) in inside {
            for start in rows.clone().step_by(share as usize) {
                tasks.push(Task { part, rows: start..rows.end.min(start + share), open: open.clone() });
            }
        }
        tasks
    }

    /// Reads the rows of a task as stretches.
    fn read(&self, task: &Task<'_>, ask: &Ask<'_>) -> Result<Vec<Stored>> {
        let open = match &task.open {
            Some(open) => Arc::clone(open),
            None => Arc::new(OpenPart::new(&self.root, task.part)?),
        };
        let copies = self.copies(task)?;
        let wanted = ask
            .wanted
            .as_ref()
            .map(|wanted| wanted.rows(task.part, &open, &task.rows))
            .transpose()?
            .flatten();
        let rows = wanted.map(|wanted| chosen(task, wanted, &copies));
        let rows = rows.unwrap_or_else(|| selection(task.rows.clone()));
        let mut stretches = Vec::new();
        for rows in open.read_some(&rows, STRETCH_ROWS, None)? {
            let mut builder = Builder::new(ask.files, ask.filter, ask.marked);
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

/// Rows of a task as a selection: the wanted ones, and those with copies, which may hold what their event does not.
fn chosen(task: &Task<'_>, mut wanted: Vec<bool>, copies: &[Arc<StoredRows>]) -> Vec<RowSelector> {
    let first = task.part.first_seq + task.rows.start;
    for number in copies.iter().flat_map(|rows| rows.seq.values()) {
        if let Some(row) = wanted.get_mut(number.saturating_sub(first) as usize) {
            *row = true;
        }
    }
    selected(task.rows.start, &wanted)
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
