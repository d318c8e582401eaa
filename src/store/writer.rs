//! Writes a store: into a folder beside its place, which takes that place whole at the end.
//!
//! Whatever ends a build early, an old store stays as it was: the new one is exchanged for it in one step. The
//! folder that is written to bears one name for one store, so that two builds into it see each other, and what a
//! killed build left behind is swept up by the next.

use std::ffi::OsString;
use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

use arrow_array::RecordBatch;
use rustix::fs::{CWD, RenameFlags, renameat_with};
use serde::{Deserialize, Serialize};

use super::kept::KEPT;
use super::manifest::{MANIFEST, Made, Manifest};
use super::parts::{Parts, TableRest};
use super::piece::{Piece, Slice, numbered};
use super::properties::properties;
use super::renamed::Renamed;
use super::schema::schema;
use super::series::{SeriesParts, SeriesRest};
use crate::base::{Error, Result};

/// The folder that a store is written into until it is whole.
#[derive(Debug)]
pub(super) struct Scaffold {
    /// Where the store will stand.
    place: PathBuf,
    /// Where it is written.
    folder: PathBuf,
    /// Held as long as this build writes.
    _lock: File,
    finished: bool,
}

/// `place` with something before and behind its last part.
fn sibling(place: &Path, end: &str) -> PathBuf {
    let mut name = OsString::from(".");
    name.push(place.file_name().unwrap_or_default());
    name.push(end);
    place.with_file_name(name)
}

impl Scaffold {
    /// Makes the folder. Another build that writes for the same place is an error; what a killed one left is
    /// removed.
    pub(super) fn raise(place: &Path) -> Result<Self> {
        let cannot = |error: &std::io::Error| Error::io("write", place, error);
        let folder = sibling(place, ".building");
        match fs::create_dir(&folder) {
            Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => return Err(cannot(&error)),
            _ => {}
        }
        let lock = File::open(&folder).map_err(|error| cannot(&error))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(Error::new(format!(
                    "another build is writing {} just now; wait for it, or give another name with -o",
                    place.display()
                )));
            }
            Err(TryLockError::Error(error)) => return Err(cannot(&error)),
        }
        // Nobody holds it: what stands in it is of a build that was killed.
        for entry in fs::read_dir(&folder).map_err(|error| cannot(&error))?.flatten() {
            let left = entry.path();
            let removed = if left.is_dir() { fs::remove_dir_all(&left) } else { fs::remove_file(&left) };
            removed.map_err(|error| cannot(&error))?;
        }
        Ok(Self { place: place.to_owned(), folder, _lock: lock, finished: false })
    }

    /// Where the store is written.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Writes a file of the store, and waits until it is on the disk.
    pub(super) fn write(&self, name: &str, bytes: &[u8]) -> Result<()> {
        let path = self.folder.join(name);
        let write = || {
            fs::write(&path, bytes)?;
            File::open(&path)?.sync_all()
        };
        write().map_err(|error| Error::io("write", &self.place.join(name), &error))
    }

    /// Puts the store in its place: exchanged for the one that stands there, if one does. That one is gone then, or
    /// stands `aside`.
    pub(super) fn finish(mut self, aside: Option<&Path>) -> Result<()> {
        let cannot = |error: std::io::Error| Error::io("write", &self.place, &error);
        File::open(&self.folder).and_then(|folder| folder.sync_all()).map_err(cannot)?;
        let exchange = self.place.exists();
        let flags = if exchange { RenameFlags::EXCHANGE } else { RenameFlags::NOREPLACE };
        renameat_with(CWD, &self.folder, CWD, &self.place, flags)
            .map_err(|error| cannot(std::io::Error::from(error)))?;
        self.finished = true;
        let parent = self.place.parent().filter(|parent| !parent.as_os_str().is_empty());
        // The name is kept by its folder; one that cannot be synced keeps it a little later.
        let _ = File::open(parent.unwrap_or(Path::new("."))).and_then(|parent| parent.sync_all());
        match aside.filter(|_| exchange) {
            // What cannot be moved stays under the name of a build, and the next one would sweep it up: it is told.
            Some(aside) => {
                fs::rename(&self.folder, aside).map_err(|error| Error::io("write", aside, &error))?
            }
            None if exchange => drop(fs::remove_dir_all(&self.folder)),
            None => {}
        }
        Ok(())
    }
}

impl Drop for Scaffold {
    fn drop(&mut self) {
        if !self.finished {
            // The build failed: leave no half store behind.
            let _ = fs::remove_dir_all(&self.folder);
        }
    }
}

/// A store under way.
#[derive(Debug)]
pub struct Writer {
    scaffold: Scaffold,
    events: Parts,
    copies: Parts,
    series: SeriesParts,
    /// Events so far.
    rows: u64,
}

/// How far a store is.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct WriterRest {
    rows: u64,
    events: TableRest,
    copies: TableRest,
    series: SeriesRest,
}

/// What the other files of a store say: they are written as they are.
#[derive(Debug, Default)]
pub struct Beside {
    /// `sources.json`.
    pub sources: Vec<u8>,
    /// `patterns.json`.
    pub patterns: Vec<u8>,
    /// `findings.json`.
    pub findings: Vec<u8>,
    /// What the program itself needs to answer as it did when the store was built.
    pub run: Vec<u8>,
    /// What a later build goes on from; not written where it is empty.
    pub kept: Vec<u8>,
}

impl Writer {
    /// Begins a store that will stand at `place`.
    pub fn create(place: &Path, bloom: bool) -> Result<Self> {
        let scaffold = Scaffold::raise(place)?;
        let properties = properties(bloom);
        let parts = |table| Parts::new(scaffold.folder(), table, schema(), properties.clone());
        let (events, copies) = (parts("events"), parts("copies"));
        let series = SeriesParts::new(scaffold.folder());
        Ok(Self { events, copies, series, scaffold, rows: 0 })
    }

    /// How far the store is: what a later build of the same events goes on from.
    pub fn rest(&self) -> WriterRest {
        WriterRest {
            rows: self.rows,
            events: self.events.rest(),
            copies: self.copies.rest(),
            series: self.series.rest(),
        }
    }

    /// Goes on where an earlier store, which stands at `old` with this manifest, was at rest. Files that are `renamed`
    /// were called otherwise there: the name then, and now.
    pub fn go_on(
        &mut self,
        old: &Path,
        manifest: &Manifest,
        rest: &WriterRest,
        renamed: &[(String, String)],
    ) -> Result<()> {
        let renamed = Renamed::new(renamed);
        self.events.go_on(old, (&manifest.events, &rest.events), &renamed)?;
        self.copies.go_on(old, (&manifest.copies, &rest.copies), &renamed)?;
        self.series.go_on(old, &rest.series)?;
        self.rows = rest.rows;
        Ok(())
    }

    /// Adds a stretch of the timeline behind those before.
    pub fn append(&mut self, piece: Piece) -> Result<()> {
        let first = self.rows;
        self.rows += piece.count;
        push(&mut self.events, piece.events, first)?;
        push(&mut self.copies, piece.copies, first)?;
        self.series.push(&piece.samples, first)
    }

    /// Completes the store and puts it in its place; the number of its events. The one that stands there is put
    /// `aside`, where that is asked for.
    pub fn finish(self, beside: &Beside, made: Made, aside: Option<&Path>) -> Result<u64> {
        let Self { scaffold, events, copies, series, rows } = self;
        let mut manifest = Manifest::new(made);
        manifest.rows = rows;
        manifest.events = events.finish()?;
        manifest.copies = copies.finish()?;
        manifest.series = series.finish()?;
        for (name, bytes) in beside.files() {
            scaffold.write(name, bytes)?;
        }
        if !beside.kept.is_empty() {
            scaffold.write(KEPT, &beside.kept)?;
        }
        manifest.checksum = manifest.sum(scaffold.folder());
        scaffold.write(MANIFEST, &manifest.to_json())?;
        scaffold.finish(aside)?;
        Ok(rows)
    }
}

impl Beside {
    /// The files, by name.
    fn files(&self) -> [(&'static str, &[u8]); 4] {
        let [sources, patterns, findings, run, _] = Manifest::BESIDE;
        [(sources, &self.sources), (patterns, &self.patterns), (findings, &self.findings), (run, &self.run)]
    }
}

/// Adds slices whose rows are counted on from `first`.
fn push(parts: &mut Parts, slices: Vec<Slice>, first: u64) -> Result<()> {
    for slice in slices {
        let rows: RecordBatch = numbered(&slice.batch, first)?;
        parts.push(slice.day, slice.keys, rows)?;
    }
    Ok(())
}
