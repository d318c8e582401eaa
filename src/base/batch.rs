//! A batch: one chunk of one file, read, or what was derived from one file. The only thing that
//! crosses threads.

use super::derived::Derived;
use super::event::{Event, Flags};
use super::level::Level;
use super::source::{FileId, SourceId};
use super::stamp::Resolution;
use super::told::{Told, ToldRows};

/// What one batch saw of one pattern.
#[derive(Clone, Copy, Debug)]
pub struct Tally {
    /// The pattern.
    pub pattern: u64,
    /// Key of its first event.
    pub first_key: i64,
    /// Line of its first event, counted from the batch's first line.
    pub first_line: u32,
    /// Index of its first event in the batch; `u32::MAX` when a filter left that one out.
    pub first: u32,
    /// Key of its last event.
    pub last_key: i64,
    /// How many events carry it.
    pub count: u32,
    /// The highest level seen with it.
    pub level: Level,
}

impl Tally {
    /// Counts an event; the first one in the file is `new`.
    #[inline]
    pub fn add(&mut self, event: &Event, new: bool) {
        self.count += 1;
        self.level = self.level.max(event.level);
        self.last_key = self.last_key.max(event.key);
        if new || event.key < self.first_key {
            (self.first_key, self.first_line) = (event.key, event.line);
        }
    }
}

/// What bounds the records of a stretch of lines that are undated, or one that counts from a boot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gap {
    /// The stretch's first line, counted from the batch's first line; it reaches to the next gap's.
    pub line: u32,
    /// Not before this, nanoseconds since 1970; `i64::MIN` when nothing is known.
    pub earliest: i64,
    /// Before this, nanoseconds since 1970; `i64::MAX` when nothing is known.
    pub latest: i64,
}

/// Since when the rows of an interval tool cover their time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Start {
    /// First line it holds for, counted from the batch's first line; it reaches to the next one's.
    pub line: u32,
    /// The stamp of the row before, nanoseconds since 1970.
    pub from: Option<i64>,
    /// Whether it is the first row of a tool that begins with the average since boot.
    pub boot: bool,
}

/// The events of one chunk, in time order, and the bytes they point into.
#[derive(Debug)]
pub struct Batch {
    /// The file the chunk belongs to.
    pub file: FileId,
    /// The source the file belongs to.
    pub source: SourceId,
    /// The chunk's place among all chunks of the run: settles ties between equal instants.
    pub rank: u32,
    /// Physical line, 1-based, of the chunk's first line.
    pub first_line: u64,
    /// The segment of the file's clock that it was read with.
    pub segment: u16,
    /// Whether the bytes are printable ASCII, tabs and newlines throughout: safe for any terminal.
    pub printable: bool,
    /// The chunk's bytes, record starts included.
    pub bytes: Vec<u8>,
    /// Its events, by `key`, then by place in the file.
    pub events: Vec<Event>,
    /// Its patterns.
    pub tallies: Vec<Tally>,
    /// Bounds of its undated records, and of those that count from a boot, by line.
    pub gaps: Vec<Gap>,
    /// Since when its rows cover their time, by line; empty but for interval tools.
    pub starts: Vec<Start>,
    /// Keys `[from, to)` whose stamps its file's clock names twice, and how much later the second time is:
    /// nanoseconds. Mostly empty.
    pub folds: Vec<(i64, i64, i64)>,
    /// How much its file's clock may be wrong, beyond the width of its stamps: nanoseconds. Mostly none.
    pub doubt: i64,
    /// What its derived events are; empty in a batch of records.
    pub derived: Vec<Derived>,
    /// What a store tells of its records; `None` for records that were read here.
    pub told: Option<Told>,
}

impl Batch {
    /// A batch of a file that holds nothing yet.
    pub const fn new(file: FileId, source: SourceId, rank: u32) -> Self {
        Self {
            file,
            source,
            rank,
            first_line: 1,
            segment: 0,
            printable: false,
            bytes: Vec::new(),
            events: Vec::new(),
            tallies: Vec::new(),
            gaps: Vec::new(),
            starts: Vec::new(),
            folds: Vec::new(),
            doubt: 0,
            derived: Vec::new(),
            told: None,
        }
    }

    /// What bounds an event that is undated, or counts from a boot: `(earliest, latest)`, each at its end of time when it is not known.
    #[cold]
    pub fn gap(&self, event: &Event) -> (i64, i64) {
        let index = self.gaps.partition_point(|gap| gap.line <= event.line);
        let gap = index.checked_sub(1).and_then(|index| self.gaps.get(index));
        gap.map_or((i64::MIN, i64::MAX), |gap| (gap.earliest, gap.latest))
    }

    /// The interval of an event that its own stamp does not give.
    #[cold]
    fn interval_apart(&self, event: &Event) -> (i64, i64) {
        if let Some(derived) = self.derived(event) {
            return (derived.instant.earliest, derived.instant.latest);
        }
        match self.told(event) {
            Some((rows, row)) => rows.interval(row),
            None => self.gap(event),
        }
    }

    /// The interval of an event, `[earliest, latest)`, as far as it is known without reading its record
    /// again: at least as wide as what reading it would give.
    #[inline(always)]
    pub fn interval(&self, event: &Event) -> (i64, i64) {
        if event.flags.any(Flags::APART, Flags::APART) {
            return self.interval_apart(event);
        }
        let mut latest = event
            .key
            .saturating_add(self.doubt)
            .saturating_add(Resolution::from_code(event.resolution).width());
        for (from, to, by) in &self.folds {
            if (*from..*to).contains(&event.key) {
                latest = latest.saturating_add(*by);
            }
        }
        (event.key.saturating_sub(self.doubt), latest)
    }

    /// Since when a row covers its time.
    pub fn start(&self, event: &Event) -> Option<Start> {
        if event.flags.has(Flags::DERIVED) {
            return None;
        }
        let above = self.starts.partition_point(|start| start.line <= event.line);
        self.starts.get(above.checked_sub(1)?).copied()
    }

    /// The bytes of a record: its first line and its continuation lines.
    #[inline]
    pub fn record(&self, event: &Event) -> &[u8] {
        &self.bytes[event.offset as usize..(event.offset + event.len) as usize]
    }

    /// Physical line, 1-based, of an event.
    pub fn line(&self, event: &Event) -> u64 {
        match self.derived(event) {
            Some(derived) => derived.line,
            None => self.first_line + u64::from(event.line),
        }
    }

    /// What a store tells of a record: the rows, and which one it is.
    #[inline]
    pub fn told(&self, event: &Event) -> Option<(&dyn ToldRows, u32)> {
        if !event.flags.has(Flags::TOLD) {
            return None;
        }
        let told = self.told.as_ref()?;
        Some((&*told.rows, told.row(event.offset)?))
    }

    /// What a derived event is; `None` for a record.
    #[inline]
    pub fn derived(&self, event: &Event) -> Option<&Derived> {
        if event.flags.has(Flags::DERIVED) { self.derived.get(event.line as usize) } else { None }
    }
}
