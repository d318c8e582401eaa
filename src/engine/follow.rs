//! `--follow`: what live files grow by, read with the clocks and formats that were settled before.
//!
//! Files are looked at again and again, with nothing but the standard library. Per source the newest file is
//! followed, by its name: where another file stands under that name, the old one is read to its end first (its
//! writer may not have let go of it yet), and where a file is shorter than what was read of it, it was emptied in
//! place and is read from its beginning. A record is handed on when the next one begins, or when nothing came
//! behind it for a while.
//!
//! Not done: clocks are not settled again, files that were not there at the beginning are not found, and what is
//! in a rotated copy is not read twice.

use std::collections::HashSet;
use std::fs::{File, Metadata};
use std::io;
use std::os::unix::fs::{FileExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};

use super::choose::Choice;
use super::prepare::{FileState, Prepared};
use crate::base::{Batch, FileId, Flags, Loss, SourceId, Unread, reason};
use crate::clock::ChunkSpan;
use crate::grammar::Slots;
use crate::ingest::{ChunkReader, Context, Filter, Interval, Notes};
use crate::io::Content;
use crate::lens::Catalogue;
use crate::pattern::LevelRules;
use crate::survey::{Layouts, lines};
use crate::text::is_printable;
use crate::view::Scene;

/// Bytes read of one file at one look: a file that was written in one go is read in several.
const MOST_AT_ONCE: usize = 4 << 20;

/// Bytes of one record that are waited for; what is longer goes on as it is.
const MOST_WAITING: usize = 1 << 20;

/// Looks at which a file that was renamed away must not have grown before its successor is read.
const PATIENCE: u32 = 4;

/// One file that is followed.
struct Tail {
    id: FileId,
    path: PathBuf,
    file: File,
    /// Bytes read, and whole lines handed on.
    read: u64,
    lines: u64,
    /// What was read and not handed on: whole lines, perhaps a record that goes on; then a line that does.
    waiting: Vec<u8>,
    span: ChunkSpan,
    /// Looks since another file stands under the name.
    renamed: u32,
}

/// Reads what files grow by.
pub struct Follower<'a> {
    prepared: &'a Prepared,
    scene: &'a Scene<'a>,
    rules: &'a LevelRules,
    filter: &'a Filter,
    choice: Option<Choice<'a>>,
    tails: Vec<Tail>,
    unread: Vec<Unread>,
    known: HashSet<(SourceId, u64)>,
    rank: u32,
    reader: ChunkReader,
}

impl std::fmt::Debug for Follower<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Follower").field("files", &self.tails.len()).finish_non_exhaustive()
    }
}

impl<'a> Follower<'a> {
    /// Follows the plain files of a run from where that has read them to. What `catalogue` knows is nobody's
    /// first any more.
    pub fn new(
        prepared: &'a Prepared,
        scene: &'a Scene<'a>,
        rules: &'a LevelRules,
        (filter, choice): (&'a Filter, Option<Choice<'a>>),
        catalogue: &Catalogue,
    ) -> Self {
        let (mut tails, mut unread) = (Vec::new(), Vec::new());
        for id in prepared.sources.iter().filter_map(|source| source.files.last()) {
            match Tail::new(*id, prepared) {
                Ok(tail) => tails.extend(tail),
                Err(error) => {
                    let why = format!("not followed: {}", reason(&error));
                    unread.push(Unread { file: prepared.file(*id).name.clone(), why, loss: Loss::Whole });
                }
            }
        }
        let ranks = prepared.chunks.len() + prepared.files.len();
        Self {
            prepared,
            scene,
            rules,
            filter,
            choice,
            tails,
            unread,
            known: catalogue.patterns.keys().copied().collect(),
            rank: u32::try_from(ranks).unwrap_or(u32::MAX),
            reader: ChunkReader::default(),
        }
    }

    /// How many files are followed.
    pub fn files(&self) -> usize {
        self.tails.len()
    }

    /// Files that cannot be followed, and why.
    pub fn unread(&self) -> &[Unread] {
        &self.unread
    }

    /// Looks at every file once: what came since, one batch per file that has something.
    pub fn look(&mut self) -> Vec<Batch> {
        let mut tails = std::mem::take(&mut self.tails);
        let mut batches = Vec::new();
        for tail in &mut tails {
            let format = &self.prepared.file(tail.id).format;
            let layouts = Layouts { set: self.scene.set, format };
            // A file that cannot be read now may be readable at the next look.
            let grown = tail.grow().unwrap_or(false);
            let whole = tail.whole(&layouts, grown);
            if whole > 0 {
                batches.push(self.batch(tail, whole));
            }
            if !grown {
                tail.turn();
            }
        }
        self.tails = tails;
        batches
    }

    fn batch(&mut self, tail: &mut Tail, whole: usize) -> Batch {
        let file = self.prepared.file(tail.id);
        let bytes: Vec<u8> = tail.waiting.drain(..whole).collect();
        let context = Context {
            layouts: Layouts { set: self.scene.set, format: &file.format },
            clock: &file.clock,
            rules: self.rules,
            filter: self.filter,
            span: tail.span,
            mtime: file.mtime,
            birth: file.birth,
            landmarks: &[],
            start: tail.read,
            behind: None,
            interval: Interval::default(),
        };
        let (mut events, mut tallies, mut notes) = (Vec::new(), Vec::new(), Notes::default());
        self.reader.read(&context, &bytes, &mut events, &mut tallies, &mut notes);
        let mut batch = Batch {
            first_line: tail.lines + 1,
            segment: tail.span.segment,
            printable: is_printable(&bytes),
            bytes,
            events,
            tallies,
            gaps: notes.gaps,
            starts: notes.starts,
            folds: file.folds(tail.span.segment),
            doubt: file.clock.doubt(),
            ..Batch::new(tail.id, file.source, self.rank)
        };
        self.rank = self.rank.saturating_add(1);
        tail.lines += lines_in(&batch.bytes);
        if let Some(last) = batch.events.iter().rev().find(|event| !event.flags.has(Flags::UNDATED)) {
            tail.span.carry = Some(last.key);
            tail.span.year = file.clock.year_of(last.key, tail.span.segment);
        }
        for event in &mut batch.events {
            if self.known.contains(&(batch.source, event.pattern)) {
                event.flags.clear(Flags::FIRST);
            }
        }
        self.known.extend(batch.tallies.iter().map(|tally| (batch.source, tally.pattern)));
        if let Some(choice) = self.choice {
            choice.ask_marked(self.scene, &mut batch);
        }
        batch
    }
}

/// Device and inode.
fn identity(metadata: &Metadata) -> (u64, u64) {
    (metadata.dev(), metadata.ino())
}

/// The file that is no longer called `path`, if it stands beside it under another name.
fn renamed(path: &Path, wanted: (u64, u64)) -> Option<File> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // Only that one is opened: a pipe would wait for its writer.
    let mut entries = std::fs::read_dir(folder).ok()?.filter_map(Result::ok);
    let own = entries.find(|entry| entry.metadata().is_ok_and(|metadata| identity(&metadata) == wanted))?;
    File::open(own.path()).ok()
}

/// Line ends.
fn lines_in(bytes: &[u8]) -> u64 {
    memchr::memchr_iter(b'\n', bytes).count() as u64
}

impl Tail {
    /// A file that grows, if it is one.
    fn new(id: FileId, prepared: &Prepared) -> io::Result<Option<Self>> {
        let state: &FileState = prepared.file(id);
        let last = prepared.chunks_of(id).last();
        let Some(last) = last.filter(|_| state.asked && state.opened.content() == Content::Plain) else {
            return Ok(None);
        };
        let path = state.path().to_owned();
        let mut position = (state.opened.size, state.ledger.lines);
        let named = File::open(&path);
        let is_it = |file: &File| file.metadata().is_ok_and(|metadata| identity(&metadata) == state.identity);
        let file = match named {
            Ok(file) if is_it(&file) => file,
            // Renamed since it was read: it is gone on with under its new name, and its successor's turn comes.
            named => match renamed(&path, state.identity) {
                Some(own) => own,
                None => {
                    position = (0, 0);
                    named?
                }
            },
        };
        if !file.metadata()?.is_file() {
            return Ok(None);
        }
        let mut span = last.span;
        let key = state.range.map(|(_, last)| last);
        span.carry = key.or(span.carry);
        if let Some(key) = key {
            span.year = state.clock.year_of(key, span.segment);
        }
        // Nothing is known of when what comes will have been.
        (span.min, span.max) = (i64::MIN, i64::MAX);
        let (read, lines) = position;
        Ok(Some(Self { id, path, file, read, lines, waiting: Vec::new(), span, renamed: 0 }))
    }

    /// Reads what came since the last look; whether anything did.
    fn grow(&mut self) -> io::Result<bool> {
        let length = self.file.metadata()?.len();
        if length < self.read {
            // Emptied in place: what was waiting is all there is of it, and goes first.
            if !self.waiting.is_empty() {
                self.end_line();
                return Ok(false);
            }
            (self.read, self.lines) = (0, 0);
        }
        if length == self.read {
            return Ok(false);
        }
        let mut grown = false;
        let mut piece = vec![0; 64 * 1024];
        while self.waiting.len() < MOST_AT_ONCE {
            let count = self.file.read_at(&mut piece, self.read)?;
            if count == 0 {
                break;
            }
            self.waiting.extend_from_slice(&piece[..count]);
            self.read += count as u64;
            grown = true;
        }
        Ok(grown)
    }

    /// What is waiting is not going on: its last line is one.
    fn end_line(&mut self) {
        if !self.waiting.is_empty() && !self.waiting.ends_with(b"\n") {
            self.waiting.push(b'\n');
        }
    }

    /// How much of what is waiting is whole records: all whole lines, and while the file grows, up to where the
    /// last record begins.
    fn whole(&self, layouts: &Layouts<'_>, grown: bool) -> usize {
        let whole = memchr::memrchr(b'\n', &self.waiting).map_or(0, |end| end + 1);
        if self.waiting.len() - whole > MOST_WAITING {
            return self.waiting.len();
        }
        if !grown || whole > MOST_AT_ONCE / 2 {
            return whole;
        }
        let mut slots = Slots::default();
        let text = &self.waiting[..whole];
        let begins = lines(text, 0)
            .filter(|(offset, _, line)| layouts.begins(&text[*offset..], line.len(), &mut slots).is_some());
        begins.last().map_or(0, |(offset, ..)| offset)
    }

    /// Goes over to the file that stands under the name now, when the old one is done.
    fn turn(&mut self) {
        let (Ok(own), Ok(named)) = (self.file.metadata(), std::fs::metadata(&self.path)) else { return };
        if identity(&own) == identity(&named) || !named.is_file() {
            self.renamed = 0;
            return;
        }
        self.renamed += 1;
        if self.renamed < PATIENCE {
            return;
        }
        if !self.waiting.is_empty() {
            // A line without an end is one after all, and the old file's: it is handed on before.
            self.end_line();
            return;
        }
        let Ok(file) = File::open(&self.path) else { return };
        self.file = file;
        (self.read, self.lines, self.renamed) = (0, 0, 0);
    }
}
