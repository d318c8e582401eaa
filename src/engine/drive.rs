//! The read pass: waves of chunks, each read, merged and handed on in time order.
//!
//! Invariants of a wave:
//! 1. Chunks are read in the order of (smallest key they can hold, rank), so no unread chunk holds an
//!    event below the horizon, which is that pair of the next unread chunk.
//! 2. Everything below the horizon is final: it is merged, marked and handed on, and nothing earlier can
//!    still turn up.
//! 3. What lies at or above the horizon stays in its batch for the next wave.
//!
//! So memory holds the chunks that overlap one moment, plus a wave. Results depend on chunks and ranks
//! only, never on threads.

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::sync::Mutex;

use rayon::prelude::*;

use super::choose::Choice;
use super::derive::derived_batches;
use super::overlong::{may_be_in, read_cut};
use super::plan::Watch;
use super::prepare::{Chunk, Prepared};
use crate::base::{Batch, Event, FileId, Flags, Loss, NANOS_PER_SECOND, Result, Tally, Unread, reason};
use crate::ingest::{ChunkReader, Context, Filter, Notes};
use crate::io::{Content, Unpacker};
use crate::lens::Catalogue;
use crate::merge::{Run, merge, split};
use crate::pattern::LevelRules;
use crate::survey::Layouts;
use crate::text::is_printable;
use crate::view::{Copies, Entry, Scene, second};

/// Consumes the timeline: stretches of it in parallel, their results in order.
pub trait Sink: Sync {
    /// What a stretch becomes.
    type Part: Send;
    /// Turns a stretch of the timeline into a part. Pure; called on many threads.
    fn part(&self, stretch: &mut dyn Stretch) -> Self::Part;
    /// Takes the parts, in timeline order. `Break` ends the run.
    fn accept(&mut self, part: Self::Part) -> Result<ControlFlow<()>>;
    /// Does what accepted parts left to be done, while other threads read on and make further parts of what they
    /// read. Called by one thread at a time, and once more at the end.
    fn catch_up(&self) -> Result<()> {
        Ok(())
    }
}

/// Does something while a sink catches up.
pub fn beside<S: Sink, T: Send>(sink: &S, work: impl FnOnce() -> T + Send) -> Result<T> {
    let (caught_up, done) = rayon::join(|| sink.catch_up(), work);
    caught_up.map(|()| done)
}

/// A stretch of the timeline.
pub trait Stretch {
    /// Calls `emit` for each of its events, in order; a copy comes with its original, if the filter says so.
    fn each(&mut self, emit: &mut dyn FnMut(Entry<'_>));
}

struct Merged<'a> {
    runs: Vec<Run<'a>>,
    /// Where copies are to be shown once, and the seconds in which none are looked for.
    folds: Option<(&'a Scene<'a>, &'a [i64])>,
    /// Events that do not match are only still there because they could not be told apart before.
    matching_only: bool,
}

impl Stretch for Merged<'_> {
    fn each(&mut self, emit: &mut dyn FnMut(Entry<'_>)) {
        let wanted = |event: &Event| !self.matching_only || event.flags.has(Flags::MATCH);
        let Some((scene, crowded)) = self.folds else {
            return merge(&self.runs, |batch, event| {
                if wanted(event) {
                    emit(Entry { batch, event, also: &[] });
                }
            });
        };
        let mut copies = Copies::new(scene, crowded);
        merge(&self.runs, |batch, event| {
            if wanted(event) {
                copies.push(batch, event, emit);
            }
        });
        copies.finish(emit);
    }
}

/// What a run leaves behind.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Every pattern.
    pub catalogue: Catalogue,
    /// Remarks made while reading.
    pub remarks: Vec<Unread>,
}

/// A batch on its way through waves: how far it was handed on.
struct Live {
    batch: Batch,
    next: usize,
}

impl Live {
    /// Where its events begin that are not final yet.
    fn end(&self, horizon: (i64, u32)) -> usize {
        let events = &self.batch.events[self.next..];
        self.next + events.partition_point(|event| (event.key, self.batch.rank) < horizon)
    }
}

/// Compressed files kept open at once: well below the usual limit of 256 descriptors and more.
const MOST_STREAMS: usize = 100;

/// Bytes read in one wave, per thread.
const WAVE_BYTES: u64 = 2 << 20;

/// Events that are handed on as one group, about, as many as of a usual wave: where thousands of files overlap, what
/// becomes final at once is far more, and all of it as text or columns is more than its records.
const GROUP_EVENTS: usize = 4 << 10;

/// Reads all chunks, and hands the timeline to `sink`: what `filter` keeps and `choice` chooses. A run that goes on
/// where another stopped counts on from that one's catalogue.
pub fn drive<S: Sink>(
    prepared: &Prepared,
    scene: &Scene<'_>,
    rules: &LevelRules,
    (filter, choice): (&Filter, Option<Choice<'_>>),
    sink: &mut S,
    watch: &dyn Watch,
    catalogue: Catalogue,
) -> Result<Outcome> {
    let order = in_order(prepared, filter);
    let reader = WaveReader::new(prepared, scene, rules, (filter, choice), watch);
    let crowded = (filter.fold_copies && prepared.files.len() > 1).then(|| crowded(&order));
    let matching_only = choice.is_some() && !filter.keep_all;
    let wave_bytes = WAVE_BYTES * rayon::current_num_threads() as u64;
    let mut outcome = Outcome { catalogue, remarks: Vec::new() };
    // What is derived is known before anything is read, and waits among the batches for its time.
    let mut derived = derived_batches(prepared, scene.set, filter);
    if let Some(choice) = choice {
        derived.iter_mut().for_each(|batch| choice.ask(scene, filter.keep_all, batch));
    }
    let mut live: Vec<Live> = derived.into_iter().map(|batch| Live { batch, next: 0 }).collect();
    let mut firsts: Vec<(i64, u32, u32)> = Vec::new();
    let mut rest = &order[..];
    loop {
        let mut bytes = 0;
        let count = rest.iter().take_while(|chunk| {
            let fits = bytes < wave_bytes;
            bytes += chunk.end - chunk.start;
            fits
        });
        let (wave, later) = rest.split_at(count.count());
        rest = later;
        for batch in beside(sink, || reader.read(wave))? {
            if filter.marks {
                outcome.catalogue.count(&batch);
                let tallies = batch.tallies.iter().filter(|tally| tally.first != u32::MAX);
                firsts.extend(tallies.map(|tally| (tally.first_key, batch.rank, tally.first)));
            }
            live.push(Live { batch, next: 0 });
        }
        live.sort_by_key(|live| live.batch.rank);
        let horizon = horizon(rest, crowded.as_deref());
        if filter.marks {
            confirm(&mut outcome.catalogue, &mut firsts, &mut live, scene, horizon);
        }
        if let Some(choice) = choice {
            let final_ones = live.par_iter_mut().map(|live| {
                let end = live.end(horizon);
                (&mut live.batch, live.next..end)
            });
            choice.settle(scene, final_ones);
        }
        let runs: Vec<Run<'_>> = live
            .iter()
            .map(|live| Run { batch: &live.batch, start: live.next, end: live.end(horizon) })
            .collect();
        let folds = crowded.as_deref().map(|crowded| (scene, crowded));
        let whole = if folds.is_some() { NANOS_PER_SECOND } else { 1 };
        let at_once = 4 * rayon::current_num_threads();
        let events: usize = runs.iter().map(|run| run.end - run.start).sum();
        let mut groups = split(&runs, at_once.max(events / GROUP_EVENTS), whole);
        let ends: Vec<usize> = runs.iter().map(|run| run.end).collect();
        while !groups.is_empty() {
            let later = groups.split_off(groups.len().min(at_once));
            let merged = |group| Merged { runs: group, folds, matching_only };
            let shared: &S = sink;
            let parts = groups.into_par_iter().with_max_len(1).map(|group| shared.part(&mut merged(group)));
            for part in beside(shared, || parts.collect::<Vec<S::Part>>())? {
                if sink.accept(part)?.is_break() {
                    return Ok(outcome);
                }
            }
            groups = later;
        }
        for (live, end) in live.iter_mut().zip(ends) {
            live.next = end;
        }
        let (done, still): (Vec<Live>, Vec<Live>) =
            live.into_iter().partition(|live| live.next == live.batch.events.len());
        live = still;
        reader.recycle(done.into_iter().map(|live| live.batch));
        if rest.is_empty() {
            break;
        }
    }
    sink.catch_up()?;
    outcome.remarks = reader.finish();
    Ok(outcome)
}

/// The chunks that can hold what a filter keeps, by the smallest key that they can hold.
fn in_order<'a>(prepared: &'a Prepared, filter: &Filter) -> Vec<&'a Chunk> {
    // A wall clock as written lies at most a day and two hours from the instant it means.
    let skew = prepared.files.iter().map(|file| file.clock.ahead().saturating_abs()).max().unwrap_or(0);
    let day = (26 * 3_600 * NANOS_PER_SECOND).saturating_add(skew);
    let slack = if filter.as_written.is_some() { day } else { 0 };
    let mut order: Vec<&Chunk> = prepared
        .chunks
        .iter()
        .filter(|chunk| {
            prepared.file(chunk.file).asked
                && chunk.span.max.saturating_add(slack) >= filter.since
                && chunk.span.min.saturating_sub(slack) < filter.until
        })
        .collect();
    order.sort_by_key(|chunk| (chunk.span.min, chunk.rank));
    order
}

/// Bytes without a stamp at one second, beyond which no copies are looked for there: the second would have to
/// be held until the last of them is read.
const CROWD: u64 = 8 << 20;

/// The seconds in which too much without a stamp stands, ascending. They follow from the chunks alone, so what
/// is shown does not hang on where a wave happens to end.
pub(super) fn crowded(order: &[&Chunk]) -> Vec<i64> {
    let undated = order.iter().filter(|chunk| !chunk.span.dated);
    let undated: Vec<(i64, u64)> =
        undated.map(|chunk| (second(chunk.span.min), chunk.end - chunk.start)).collect();
    let seconds = undated.chunk_by(|a, b| a.0 == b.0);
    let crowded = seconds.filter(|chunks| chunks.iter().map(|(_, bytes)| bytes).sum::<u64>() > CROWD);
    crowded.filter_map(|chunks| Some(chunks.first()?.0)).collect()
}

/// Where the events begin that are not final yet. Copies are looked for among the events of one second: so
/// those of the first unread second wait, unless it is `crowded`.
fn horizon(rest: &[&Chunk], crowded: Option<&[i64]>) -> (i64, u32) {
    let Some(first) = rest.first() else { return (i64::MAX, u32::MAX) };
    let second = second(first.span.min);
    match crowded {
        Some(crowded) if crowded.binary_search(&second).is_err() => (second, 0),
        _ => (first.span.min, first.rank),
    }
}

/// Keeps the marks of events below the horizon that really are the first of their pattern.
fn confirm(
    catalogue: &mut Catalogue,
    firsts: &mut Vec<(i64, u32, u32)>,
    live: &mut [Live],
    scene: &Scene<'_>,
    horizon: (i64, u32),
) {
    let (due, later): (Vec<_>, Vec<_>) = firsts.iter().partition(|(key, rank, _)| (*key, *rank) < horizon);
    *firsts = later;
    for (_, rank, index) in due {
        let Ok(at) = live.binary_search_by_key(&rank, |live| live.batch.rank) else { continue };
        let batch = &mut live[at].batch;
        catalogue.mark(scene, batch, index);
    }
}

/// Vectors that a batch gives back when it is done.
#[derive(Default)]
struct Spare {
    bytes: Vec<u8>,
    events: Vec<Event>,
    tallies: Vec<Tally>,
    notes: Notes,
}

/// Reads the chunks of a wave, in parallel.
struct WaveReader<'a> {
    prepared: &'a Prepared,
    scene: &'a Scene<'a>,
    rules: &'a LevelRules,
    filter: &'a Filter,
    choice: Option<Choice<'a>>,
    watch: &'a dyn Watch,
    spares: Mutex<Vec<Spare>>,
    streams: Mutex<HashMap<FileId, (Unpacker, u64)>>,
    remarks: Mutex<Vec<Unread>>,
}

enum Task<'a> {
    Piece(&'a Chunk),
    Stream(FileId, Vec<&'a Chunk>),
}

fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    // A thread that panicked has already ended the run; its data is whole.
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

impl<'a> WaveReader<'a> {
    fn new(
        prepared: &'a Prepared,
        scene: &'a Scene<'a>,
        rules: &'a LevelRules,
        (filter, choice): (&'a Filter, Option<Choice<'a>>),
        watch: &'a dyn Watch,
    ) -> Self {
        Self {
            prepared,
            scene,
            rules,
            filter,
            choice,
            watch,
            spares: Mutex::default(),
            streams: Mutex::default(),
            remarks: Mutex::default(),
        }
    }

    fn read(&self, wave: &[&Chunk]) -> Vec<Batch> {
        let mut tasks: Vec<Task<'_>> = Vec::new();
        for &chunk in wave {
            if !self.prepared.files[chunk.file.0 as usize].opened.is_stream() {
                tasks.push(Task::Piece(chunk));
                continue;
            }
            match tasks.iter_mut().find_map(|task| match task {
                Task::Stream(file, chunks) if *file == chunk.file => Some(chunks),
                _ => None,
            }) {
                Some(chunks) => chunks.push(chunk),
                None => tasks.push(Task::Stream(chunk.file, vec![chunk])),
            }
        }
        // Streams first: each keeps one thread busy, and its chunks feed the others.
        tasks.sort_by_key(|task| matches!(task, Task::Piece(_)));
        tasks
            .into_par_iter()
            .with_max_len(1)
            .map_init(ChunkReader::default, |reader, task| match task {
                Task::Piece(chunk) => vec![self.piece(reader, chunk)],
                Task::Stream(file, chunks) => self.stream(file, &chunks),
            })
            .flatten_iter()
            .collect()
    }

    fn spare(&self) -> Spare {
        locked(&self.spares).pop().unwrap_or_default()
    }

    fn remark(&self, file: FileId, why: String, loss: Loss) {
        let file = self.prepared.files[file.0 as usize].name.clone();
        locked(&self.remarks).push(Unread { file, why, loss });
    }

    fn piece(&self, reader: &mut ChunkReader, chunk: &Chunk) -> Batch {
        let file = &self.prepared.files[chunk.file.0 as usize];
        let mut spare = self.spare();
        let length = (chunk.end - chunk.start) as usize;
        if may_be_in(chunk) {
            let count = self.cut(chunk, &mut spare.bytes);
            return self.batch(reader, chunk, spare, count);
        }
        if spare.bytes.len() < length {
            spare.bytes.resize(length, 0);
        }
        let count = match file.opened.read_at(chunk.start, &mut spare.bytes[..length]) {
            Ok(count) => {
                self.shrank(chunk, count as u64);
                count
            }
            Err(error) => {
                self.remark(chunk.file, reason(&error), Loss::Part);
                0
            }
        };
        self.batch(reader, chunk, spare, count)
    }

    /// Whether chunks of a file lie at or behind an offset.
    fn is_unfinished(&self, file: FileId, at: u64) -> bool {
        self.prepared.chunks_of(file).last().is_some_and(|last| last.start >= at)
    }

    /// Reads a chunk in which a line may be too long. Returns how many bytes were kept.
    fn cut(&self, chunk: &Chunk, kept: &mut Vec<u8>) -> usize {
        let file = &self.prepared.files[chunk.file.0 as usize];
        kept.clear();
        match read_cut(&file.opened, chunk, |piece| kept.extend_from_slice(piece)) {
            // What is left out was told before.
            Ok((_, count)) => self.shrank(chunk, count),
            Err(error) => self.remark(chunk.file, reason(&error), Loss::Part),
        }
        kept.len()
    }

    /// Tells of a chunk of which there are no more than so many bytes.
    fn shrank(&self, chunk: &Chunk, count: u64) {
        let gone = chunk.end - chunk.start - count;
        if gone > 0 {
            let from = chunk.start + count;
            let why = format!("shrank while it was read: {gone} bytes from offset {from} are gone");
            self.remark(chunk.file, why, Loss::Part);
        }
    }

    /// Unpacks the chunks of a stream one after another, and reads each while the next is unpacked.
    fn stream(&self, file: FileId, chunks: &[&Chunk]) -> Vec<Batch> {
        let state = locked(&self.streams).remove(&file);
        let (mut unpacker, mut at) = match state {
            Some(state) => state,
            None => match self.prepared.files[file.0 as usize].opened.unpack() {
                Ok(unpacker) => (unpacker, 0),
                Err(error) => {
                    self.remark(file, reason(&error), Loss::Part);
                    return Vec::new();
                }
            },
        };
        let batches = Mutex::new(Vec::with_capacity(chunks.len()));
        rayon::scope(|scope| {
            for &chunk in chunks {
                let mut spare = self.spare();
                let mut skipped = Vec::new();
                // Chunks outside the time asked for are unpacked and dropped.
                while at < chunk.start {
                    skipped.clear();
                    let length = (chunk.start - at).min(1 << 20) as usize;
                    if unpacker.fill(&mut skipped, length).is_err() || skipped.is_empty() {
                        break;
                    }
                    at += skipped.len() as u64;
                }
                spare.bytes.clear();
                let length = (chunk.end - chunk.start) as usize;
                // The survey has already told of a stream that ends early.
                let _ = unpacker.fill(&mut spare.bytes, length);
                let count = spare.bytes.len();
                at += count as u64;
                let batches = &batches;
                scope.spawn(move |_| {
                    let batch = self.batch(&mut ChunkReader::default(), chunk, spare, count);
                    locked(batches).push(batch);
                });
            }
        });
        // A stream that has given its last chunk is closed; of very many at once, some are closed early and
        // unpacked again when their turn comes: slow, and better than running out of descriptors.
        let mut streams = locked(&self.streams);
        if self.is_unfinished(file, at) && streams.len() < MOST_STREAMS {
            streams.insert(file, (unpacker, at));
        }
        drop(streams);
        batches.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn batch(&self, reader: &mut ChunkReader, chunk: &Chunk, spare: Spare, count: usize) -> Batch {
        let Spare { bytes, mut events, mut tallies, mut notes } = spare;
        events.clear();
        tallies.clear();
        notes.clear();
        let file = &self.prepared.files[chunk.file.0 as usize];
        let context = Context {
            layouts: Layouts { set: self.scene.set, format: &file.format },
            clock: &file.clock,
            rules: self.rules,
            filter: self.filter,
            span: chunk.span,
            mtime: file.mtime,
            birth: file.birth,
            landmarks: file.clock.landmarks.within(chunk.start, chunk.end),
            start: chunk.start,
            behind: chunk.behind,
            interval: chunk.interval,
        };
        reader.read(&context, &bytes[..count], &mut events, &mut tallies, &mut notes);
        self.watch.advance(count as u64, &file.name);
        let mut batch = Batch {
            first_line: chunk.first_line,
            segment: chunk.span.segment,
            printable: is_printable(&bytes[..count]),
            bytes,
            events,
            tallies,
            gaps: notes.gaps,
            starts: notes.starts,
            folds: file.folds(chunk.span.segment),
            doubt: file.clock.doubt(),
            ..Batch::new(chunk.file, file.source, chunk.rank)
        };
        if let Some(choice) = self.choice {
            choice.ask(self.scene, self.filter.keep_all, &mut batch);
        }
        batch
    }

    fn recycle(&self, batches: impl Iterator<Item = Batch>) {
        locked(&self.spares).extend(batches.map(|batch| Spare {
            bytes: batch.bytes,
            events: batch.events,
            tallies: batch.tallies,
            notes: Notes { gaps: batch.gaps, starts: batch.starts },
        }));
    }

    /// The remarks made on the way, by file.
    fn finish(self) -> Vec<Unread> {
        let mut remarks = self.remarks.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
        for file in self.prepared.files.iter().filter(|file| file.asked) {
            if let Ok(metadata) = std::fs::metadata(&file.path)
                && file.opened.content() == Content::Plain
                && metadata.len() > file.opened.size
            {
                let why = format!(
                    "grew by {} bytes while it was read; they are not in here",
                    metadata.len() - file.opened.size
                );
                remarks.push(Unread { file: file.name.clone(), why, loss: Loss::None });
            }
        }
        remarks.sort_by(|a, b| (&a.file, &a.why).cmp(&(&b.file, &b.why)));
        remarks
    }
}
