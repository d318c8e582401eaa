//! Going on where an earlier run stood: whether all events below a moment are those that it found there.
//!
//! A run may stop at a moment of its timeline, and a later one begin there, when nothing that is new reaches below
//! that moment and nothing that decides about the events below it has changed: the bytes of their files, how those are
//! cut into records, the clocks, what is derived. All of that is known before anything is read. What decides is hashed
//! for each file, in a form that does not hang on how the file is cut into chunks, nor on what it is called: a file that
//! was renamed, packed or copied since goes on being what it was, as long as the files of the earlier run stand in the
//! same order. Where two hashes differ everything is read again, which is always right.

use std::collections::HashMap;
use std::fmt::{self, Write as _};
use std::hash::{DefaultHasher, Hasher as _};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::drive::crowded;
use super::prepare::{Chunk, FileState, Prepared};
use super::surveyed::News;
use crate::base::{Derived, FileId, NANOS_PER_SECOND, ORIGINAL};
use crate::clock::{ChunkSpan, REACH, Segment};
use crate::survey::FileSurvey;
use crate::view::second;
use crate::witness::{REGION, WHOLE};

/// What stands behind the former end of a file that has grown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Growth {
    /// None of its events has a smaller key.
    least: i64,
    /// The key of the last dated record above.
    above: Option<i64>,
    /// Whether it may belong to a record above, or bound one that has no stamp.
    joins: bool,
}

impl Growth {
    /// What stands at an offset and behind it, where a chunk of the survey begins there.
    pub(super) fn of((from, torn): (u64, bool), survey: &FileSurvey, spans: &[ChunkSpan]) -> Option<Self> {
        let index = survey.chunks.partition_point(|(start, _)| *start < from);
        let (_, first) = survey.chunks.get(index)?;
        let above = index.checked_sub(1).and_then(|above| survey.chunks.get(above));
        Some(Self {
            least: spans[index..].iter().map(|span| span.min).min()?,
            above: spans[index].carry,
            joins: torn
                || first.loose > 0
                || first.first_begin.is_none_or(|(offset, _)| offset != from)
                || above.is_some_and(|(_, above)| above.undated > 0),
        })
    }

    /// Whether no event below a key has to do with it.
    fn is_behind(&self, key: i64) -> bool {
        self.least >= key && (!self.joins || self.above.is_some_and(|above| above >= key))
    }
}

/// All that decides about the events below a moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Below {
    /// The moment: a key, at the beginning of a second.
    pub key: i64,
    /// What decides about the events of each file, in their order.
    files: Vec<(String, u64)>,
    /// What is derived below the moment.
    derived: u64,
}

/// Writes into a hash.
#[derive(Default)]
struct Hash(DefaultHasher);

impl fmt::Write for Hash {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.write(text.as_bytes());
        Ok(())
    }
}

/// Which names files are known by: those of this run, or of the one before.
#[derive(Clone, Copy)]
enum Names {
    Now,
    Then,
}

impl Prepared {
    /// What decides about the events below a key.
    pub fn below(&self, key: i64) -> Below {
        let files = self.files.iter().enumerate();
        let decided = |(id, file): (usize, &FileState)| {
            (file.name.clone(), self.decides(FileId(id as u32), file.opened_size(), key))
        };
        Below { key, files: files.map(decided).collect(), derived: self.derived_below(key, Names::Now) }
    }

    /// Why the events below the moment of an earlier run may not be those of this one, in words; `Ok` where they are.
    pub fn goes_on(&self, below: &Below) -> Result<(), String> {
        let places = below.files.iter().enumerate();
        let mut places: HashMap<&str, usize> = places.map(|(place, (name, _))| (&name[..], place)).collect();
        let (mut last, mut fresh) = (None, Vec::new());
        for (id, file) in self.files.iter().enumerate() {
            let id = FileId(id as u32);
            let Some(place) = file.past.was.as_deref().and_then(|was| places.remove(was)) else {
                fresh.push((id, file));
                continue;
            };
            // What happened at one instant stands in the order of files.
            if last.replace(place).is_some_and(|last| last > place) {
                return Err(format!("{} stands elsewhere among the files of its log", file.name));
            }
            let end = match (file.past.news, file.growth) {
                (News::Behind { from, .. }, Some(growth)) if growth.is_behind(below.key) => from,
                (News::Behind { .. }, _) => {
                    return Err(format!("what was appended to {} reaches back", file.name));
                }
                _ => file.opened_size(),
            };
            if self.decides(id, end, below.key) != below.files[place].1 {
                return Err(format!("{} is read otherwise by what is new", file.name));
            }
            // Records without a stamp at its end are bounded by when it was changed.
            let open = self.chunks_of(id).iter().rev().scan(false, |dated, chunk| {
                (!std::mem::replace(dated, chunk.span.dated)).then_some(chunk.undated)
            });
            if file.past.moved && open.into_iter().any(|undated| undated) {
                return Err(format!("{} was written at another time", file.name));
            }
        }
        // The first of them in their order.
        if let Some((name, _)) = below.files.iter().find(|(name, _)| places.contains_key(&name[..])) {
            let what =
                if fresh.iter().any(|(_, file)| file.name == *name) { "has changed" } else { "is gone" };
            return Err(format!("{name} {what}"));
        }
        for (id, file) in &fresh {
            if self.chunks_of(*id).iter().any(|chunk| chunk.span.min < below.key) {
                return Err(format!("{} is new, and reaches back", file.name));
            }
        }
        if self.derived_below(below.key, Names::Then) != below.derived || self.is_crowded() {
            return Err("what is derived from records has changed".to_owned());
        }
        Ok(())
    }

    /// Files that were there in the earlier run and bear other names now: the name then, and now.
    pub fn renamed(&self) -> Vec<(String, String)> {
        let files = self.files.iter().filter_map(|file| Some((file.past.was.as_ref()?, &file.name)));
        files.filter(|(was, name)| was != name).map(|(was, name)| (was.clone(), name.clone())).collect()
    }

    /// For each file its name in the earlier run; an empty one where it was not there.
    pub fn names_then(&self) -> Vec<&str> {
        self.files.iter().map(|file| file.past.was.as_deref().unwrap_or_default()).collect()
    }

    /// What a file was called in the earlier run, if nothing of it is new.
    pub fn unchanged(&self, name: &str) -> Option<&str> {
        let file = self.files.iter().find(|file| file.name == name)?;
        file.past.was.as_deref().filter(|_| file.past.news == News::Nothing)
    }

    /// What of the files was read, where a run goes on from an earlier one: a sentence.
    pub fn told_of_news(&self) -> String {
        let count = |wanted: fn(&FileState) -> bool| self.files.iter().filter(|file| wanted(file)).count();
        let counts = [
            (count(|file| matches!(file.past.news, News::Behind { .. })), "had grown"),
            (count(|file| file.past.was.is_none()), "came"),
            (self.renamed().len(), "had been renamed"),
        ];
        let mut told: Vec<String> = Vec::new();
        for (count, what) in counts.into_iter().filter(|(count, _)| *count > 0) {
            let files = match (told.is_empty(), count) {
                (false, _) => "",
                (true, 1) => " file",
                (true, _) => " files",
            };
            told.push(format!("{count}{files} {what}"));
        }
        // A file can have changed without its text.
        let told = if told.is_empty() { "0 files had grown".to_owned() } else { told.join(", ") };
        format!("Only what is new was read: {told}\n")
    }

    /// Where this run can stop for a later one to go on: so late that little is left behind it, and not behind the end
    /// of a log that goes on though its stamps lag. `None` where nothing is dated.
    pub fn resting_key(&self) -> Option<i64> {
        /// What is left behind is one part in so many, about.
        const LEFT: f64 = 128.0;
        /// And no more than this for the sake of logs that lag.
        const MOST_LEFT: f64 = 12.0;
        let chunks: Vec<&Chunk> = self.chunks.iter().filter(|chunk| chunk.span.dated).collect();
        if chunks.is_empty() || self.is_crowded() {
            return None;
        }
        let earliest = behind(&chunks, MOST_LEFT);
        let lower = self.lagging_ends().chain(self.open_ends()).filter(|end| *end >= earliest);
        Some(second(lower.fold(behind(&chunks, LEFT), i64::min)))
    }

    /// For each log with kernel lines the key below which they tell the same when it has grown: what stands at the end
    /// of a log is heard as long as it is the end, and bounds what was said before it.
    fn open_ends(&self) -> impl Iterator<Item = i64> {
        let heard = |id: &FileId| self.file(*id).clock.heard_below(i64::MAX).next().is_some();
        // Of one that was rotated just now too, which has none yet.
        let told = self.sources.iter().filter(move |source| source.files.iter().any(heard));
        let newest =
            told.filter_map(|source| source.files.iter().rfind(|id| self.file(**id).range.is_some()));
        newest.filter_map(|id| {
            let end = self.file(*id).opened_size();
            let heard = if end > WHOLE { end - REGION } else { end };
            let mut of_file = self.chunks_of(*id).iter().filter(|chunk| chunk.span.dated);
            // About where it begins is enough: a later run sees whether it was above.
            let last = match heard < end {
                true => of_file.rfind(|chunk| chunk.start < heard).map(|chunk| {
                    let (span, length) = (&chunk.span, (chunk.end - chunk.start).max(1));
                    let share = (heard - chunk.start) as f64 / length as f64 - 0.1;
                    span.min + ((span.max - span.min) as f64 * share.clamp(0.0, 1.0)) as i64
                })?,
                false => of_file.map(|chunk| chunk.span.max).max()?,
            };
            Some(last.saturating_sub(2 * REACH))
        })
    }

    /// Ends of logs whose last stamp is further from that of all logs than their last change from that of all: what is
    /// appended to one lies not behind what the others hold.
    fn lagging_ends(&self) -> impl Iterator<Item = i64> {
        const SLACK: i64 = 60 * NANOS_PER_SECOND;
        let newest = self.sources.iter().filter_map(|source| source.files.last());
        let ends = newest.map(|id| self.file(*id)).filter_map(|file| Some((file.range?.1, file.mtime)));
        let last = ends.clone().map(|(end, _)| end).max().unwrap_or(i64::MIN);
        let changed = ends.clone().filter_map(|(_, mtime)| mtime).max();
        ends.filter(move |(end, mtime)| {
            let idle = changed.zip(*mtime).map_or(0, |(last, mtime)| last - mtime);
            last.saturating_sub(*end) > idle.saturating_add(SLACK)
        })
        .map(|(end, _)| end)
    }

    /// Whether so much without a stamp stands at one second that no copies are looked for there.
    fn is_crowded(&self) -> bool {
        !crowded(&self.chunks.iter().collect::<Vec<_>>()).is_empty()
    }

    /// A hash of all that decides about the events below a key in a file's first `end` bytes, but those bytes.
    fn decides(&self, id: FileId, end: u64, key: i64) -> u64 {
        let file = self.file(id);
        let mut hash = Hash::default();
        // Writing into a hash does not fail.
        let chunks = self.chunks_of(id);
        let chunks = &chunks[..chunks.partition_point(|chunk| chunk.start < end)];
        let _ = file.write_clock(&mut hash, (end, key), chunks);
        let _ = write_chunks(&mut hash, chunks, end, self.block());
        hash.0.finish()
    }

    /// Bytes of a block of the survey.
    fn block(&self) -> u64 {
        self.surveyed.as_ref().map_or(u64::MAX, |surveyed| surveyed.block().max(1))
    }

    /// A hash of what is derived below a key, in whatever order.
    fn derived_below(&self, key: i64, names: Names) -> u64 {
        let below = self.derived.iter().filter(|derived| derived.instant.best < key);
        below.fold(0, |sum: u64, derived| {
            let mut hash = Hash::default();
            let mut unnamed = Derived { file: FileId(0), ..derived.clone() };
            for (_, place) in unnamed.fields.iter_mut().filter(|(name, _)| name == ORIGINAL) {
                // A place in the same file.
                *place = place.rsplit(':').next().unwrap_or_default().to_owned();
            }
            let file = self.file(derived.file);
            let name = match names {
                Names::Now => Some(&file.name),
                Names::Then => file.past.was.as_ref(),
            };
            let _ = write!(hash, "{name:?} {unnamed:?}");
            sum.wrapping_add(hash.0.finish())
        })
    }
}

impl FileState {
    /// Bytes of the log, as they are read.
    fn opened_size(&self) -> u64 {
        self.ledger.bytes
    }

    /// Writes what the file's clock says of events below a key in its first `end` bytes, and what else holds for all of
    /// its records.
    fn write_clock(&self, hash: &mut Hash, (end, key): (u64, i64), chunks: &[Chunk]) -> fmt::Result {
        let clock = &self.clock;
        write!(hash, "{} {:?}", self.asked, self.format.primary)?;
        for segment in clock.segments.iter().filter(|segment| segment.from < end) {
            // What shows it is no part of it.
            let boot = segment.boot.as_ref().map(|boot| Arc::new(boot.unproven()));
            write!(hash, "{:?}", Segment { boot, ..segment.clone() })?;
        }
        write!(hash, "{:?} {} {:?}", clock.year_basis, clock.years.best, clock.years.candidates)?;
        write!(hash, "{:?} {:?} {:?}", clock.repair, clock.skew, clock.writers)?;
        for kernel in clock.heard_below(key) {
            write!(hash, "{kernel:?}")?;
        }
        write!(hash, "{:?}", clock.landmarks)?;
        write!(hash, "{:?} {:?}", clock.days, self.headers)?;
        // Its birth bounds what stands above the first stamp. A file that was packed or copied has another one.
        if chunks.iter().any(|chunk| chunk.undated && chunk.span.carry.is_none()) {
            write!(hash, "{:?}", self.birth)?;
        }
        if self.range.is_none() {
            write!(hash, "{:?}", self.mtime)?;
        }
        Ok(())
    }
}

/// Writes how the chunks of a file are read, those that begin above `end`: for each block what its first one
/// begins with and what bounds its last record, and everything else where it changes.
fn write_chunks(hash: &mut Hash, chunks: &[Chunk], end: u64, block: u64) -> fmt::Result {
    write!(hash, "{:?}", chunks.first().map(|chunk| chunk.span.head))?;
    let mut last = None;
    for of_block in chunks.chunk_by(|a, b| a.start / block == b.start / block) {
        for chunk in of_block {
            let reading = Some((chunk.span.segment, chunk.span.unset));
            if reading != last {
                write!(hash, "{} {reading:?}", chunk.start)?;
                last = reading;
            }
        }
        let (Some(first), Some(last)) = (of_block.first(), of_block.last()) else { continue };
        let span = &first.span;
        write!(hash, "{} {} {}", first.start, first.first_line, span.year)?;
        write!(hash, "{:?} {:?} {:?}", span.carry, span.carry_counted, first.interval)?;
        // Of the block that the end lies in, whoever looks at what is behind it knows.
        let whole = (first.start / block + 1).saturating_mul(block) <= end;
        // Nor do lines go with no record for being the first behind where it was cut as it grew.
        if whole && (first.undated || of_block.iter().any(|chunk| chunk.unstamped)) {
            write!(hash, "{:?}", last.behind)?;
        }
    }
    Ok(())
}

/// The key behind which one part in `parts` of all bytes lie, about: they are taken to be spread evenly over the time
/// of their chunk.
fn behind(chunks: &[&Chunk], parts: f64) -> i64 {
    let total: f64 = chunks.iter().map(|chunk| (chunk.end - chunk.start) as f64).sum();
    let left = |key: i64| -> f64 {
        let of_chunk = |chunk: &&Chunk| {
            let (min, max) = (chunk.span.min as f64, chunk.span.max as f64);
            let share = ((max - key as f64) / (max - min).max(1.0)).clamp(0.0, 1.0);
            share * (chunk.end - chunk.start) as f64
        };
        chunks.iter().map(of_chunk).sum()
    };
    let mut low = chunks.iter().map(|chunk| chunk.span.min).min().unwrap_or(0);
    let mut high = chunks.iter().map(|chunk| chunk.span.max).max().unwrap_or(0);
    while high.saturating_sub(low) > NANOS_PER_SECOND {
        let middle = low.midpoint(high);
        if left(middle) > total / parts {
            low = middle;
        } else {
            high = middle;
        }
    }
    low
}
