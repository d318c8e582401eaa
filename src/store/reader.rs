//! Asks a store: finds the parts and pages that a question needs, reads them side by side, and hands the timeline
//! on as a run over the logs would.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::RecordBatch;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder, RowSelection, RowSelector,
};
use parquet::file::metadata::PageIndexPolicy;
use rayon::prelude::*;

use super::manifest::{Manifest, PartEntry};
use super::rows::StoredRows;
use super::schema::schema;
use super::stretch::{Builder, Files, Stored};
use crate::base::{Error, Loss, Result, Unread};
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
    /// Parts that cannot be read, and why.
    lost: Vec<Unread>,
}

/// Rows of one part that one task reads.
#[derive(Clone, Copy, Debug)]
struct Task<'a> {
    part: &'a PartEntry,
    first: u64,
    count: u64,
}

impl Store {
    /// Whether a path is a store: a folder that holds a manifest.
    pub fn is_store(path: &Path) -> bool {
        path.join(super::manifest::MANIFEST).is_file()
    }

    /// Opens a store. Of a damaged one, what is whole is kept with `salvage`, and otherwise nothing.
    pub fn open(root: &Path, salvage: bool) -> Result<Self> {
        let manifest = Manifest::read(root, salvage)?;
        let mut store = Self { root: root.to_owned(), manifest, lost: Vec::new() };
        store.check(salvage)?;
        Ok(store)
    }

    /// The manifest.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// What the program itself keeps beside the events.
    pub fn beside(&self, name: &str) -> Result<Vec<u8>> {
        let path = self.root.join(name);
        std::fs::read(&path).map_err(|error| Error::io("read", &path, &error))
    }

    /// Whether every part is there and as long as it was written.
    fn check(&mut self, salvage: bool) -> Result<()> {
        let Self { root, manifest, lost } = self;
        let mut fault = None;
        let mut whole = |part: &PartEntry| {
            let why = match std::fs::metadata(root.join(&part.path)) {
                Ok(data) if data.len() == part.bytes => return true,
                Ok(data) => format!("it has {} bytes, and was written with {}", data.len(), part.bytes),
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => "it is missing".to_owned(),
                Err(error) => crate::base::reason(&error),
            };
            lost.push(Unread { file: part.path.clone(), why: why.clone(), loss: Loss::Whole });
            fault.get_or_insert_with(|| format!("{}: {why}", part.path));
            false
        };
        manifest.events.retain(&mut whole);
        manifest.copies.retain(&mut whole);
        match fault {
            Some(fault) if !salvage => Err(Error::new(format!(
                "{} is damaged: {fault}; build it again from its logs, or read the rest with --salvage",
                root.display()
            ))),
            _ => Ok(()),
        }
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
        let inside = |part: &&PartEntry| part.last_key >= filter.since && part.first_key < filter.until;
        let tasks: Vec<Task<'_>> = self.manifest.events.iter().filter(inside).flat_map(tasks).collect();
        for wave in tasks.chunks(2 * rayon::current_num_threads()) {
            let read: Vec<Result<Vec<Stored>>> =
                wave.par_iter().with_max_len(1).map(|task| self.read(task, files, filter)).collect();
            let mut stretches = Vec::new();
            for (task, read) in wave.iter().zip(read) {
                match read {
                    Ok(read) => stretches.extend(read),
                    Err(error) => return Err(self.damaged(task.part, &error)),
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

    fn damaged(&self, part: &PartEntry, error: &Error) -> Error {
        Error::new(format!(
            "{} is damaged: {}: {error}; build it again from its logs, or read the rest with --salvage",
            self.root.display(),
            part.path
        ))
    }

    /// Reads the rows of a task as stretches.
    fn read(&self, task: &Task<'_>, files: &Files, filter: &Filter) -> Result<Vec<Stored>> {
        let batches = self.batches(task.part, Some((task.first, task.count)), filter)?;
        let copies = self.copies(task, filter)?;
        let mut stretches = Vec::new();
        for batch in batches {
            let rows = Arc::new(StoredRows::new(batch.columns())?);
            let mut builder = Builder::new(files, filter);
            builder.push(&rows, &copies);
            stretches.push(builder.finish());
        }
        Ok(stretches)
    }

    /// Copies of the events of a task.
    fn copies(&self, task: &Task<'_>, filter: &Filter) -> Result<Vec<Arc<StoredRows>>> {
        let from = task.part.first_seq + task.first;
        let until = from + task.count;
        let parts = &self.manifest.copies;
        let first = parts.partition_point(|part| part.first_seq <= from).saturating_sub(1);
        let mut found = Vec::new();
        for part in parts[first..].iter().take_while(|part| part.first_seq < until) {
            for batch in self.batches(part, None, filter)? {
                let rows = StoredRows::new(batch.columns())?;
                let numbers = rows.seq.values();
                let (start, end) = (
                    numbers.partition_point(|number| *number < from),
                    numbers.partition_point(|number| *number < until),
                );
                if start < end {
                    let batch = batch.slice(start, end - start);
                    found.push(Arc::new(StoredRows::new(batch.columns())?));
                }
            }
        }
        Ok(found)
    }

    /// Reads rows `(first, count)` of a part, all of it without.
    fn batches(
        &self,
        part: &PartEntry,
        rows: Option<(u64, u64)>,
        filter: &Filter,
    ) -> Result<Vec<RecordBatch>> {
        let path = self.root.join(&part.path);
        let file = File::open(&path).map_err(|error| Error::io("read", &path, &error))?;
        let cannot = |error: parquet::errors::ParquetError| Error::new(super::why(&error));
        let options = ArrowReaderOptions::new()
            .with_skip_arrow_metadata(true)
            .with_schema(schema())
            .with_page_index_policy(PageIndexPolicy::Optional);
        let metadata = ArrowReaderMetadata::load(&file, options).map_err(cannot)?;
        let mut builder = ParquetRecordBatchReaderBuilder::new_with_metadata(file, metadata)
            .with_batch_size(STRETCH_ROWS)
            .with_projection(ProjectionMask::all());
        if let Some((first, count)) = rows {
            let skip = RowSelector::skip(first as usize);
            builder = builder
                .with_row_selection(RowSelection::from(vec![skip, RowSelector::select(count as usize)]));
        }
        let _ = filter;
        let reader = builder.build().map_err(cannot)?;
        reader.map(|batch| batch.map_err(|error| Error::new(error.to_string()))).collect()
    }
}

/// A part, cut into pieces for tasks.
fn tasks(part: &PartEntry) -> impl Iterator<Item = Task<'_>> {
    (0..part.rows).step_by(TASK_ROWS as usize).map(move |first| Task {
        part,
        first,
        count: TASK_ROWS.min(part.rows - first),
    })
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
                batch.events[index as usize].flags.clear(crate::base::Flags::FIRST);
            }
        }
    }
}
