//! Every pattern of every source: how often, first and last, and an example. Order-free: counts add
//! up, and the first is settled by (instant, place), whatever order batches come in.

use serde::{Deserialize, Serialize};
use std::collections::HashMap;

use crate::base::{Batch, Event, FileId, Flags, Level, SourceId};
use crate::view::{Record, Scene};

/// What is known of one pattern in one source.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PatternStat {
    /// Events that carry it.
    pub count: u64,
    /// Key of its first event.
    pub first_key: i64,
    /// Where its first event is.
    pub first_place: (FileId, u64),
    /// Key of its last event.
    pub last_key: i64,
    /// The highest level seen with it.
    pub level: Level,
    /// Its first event: message, record, program, and whether it is dated; `None` when a filter left it
    /// out.
    pub example: Option<Example>,
}

/// The first event of a pattern, as text.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Example {
    /// The message.
    pub message: String,
    /// The record as written.
    pub raw: String,
    /// The program.
    pub program: Option<String>,
    /// Whether the record itself names its program.
    pub program_written: bool,
    /// The host.
    pub host: Option<String>,
    /// Whether the level was read from words.
    pub level_inferred: bool,
    /// Whether it has a stamp.
    pub dated: bool,
    /// Bounds of its instant, each at its end of time when it is not known.
    pub bounds: (i64, i64),
}

/// All patterns of a run.
#[derive(Clone, Debug, Default)]
pub struct Catalogue {
    /// By source and pattern.
    pub patterns: HashMap<(SourceId, u64), PatternStat>,
}

impl Catalogue {
    /// Adds the counts of a batch.
    pub fn count(&mut self, batch: &Batch) {
        for tally in &batch.tallies {
            let place = (batch.file, batch.first_line + u64::from(tally.first_line));
            let stat = self.patterns.entry((batch.source, tally.pattern)).or_insert(PatternStat {
                count: 0,
                first_key: tally.first_key,
                first_place: place,
                last_key: tally.last_key,
                level: tally.level,
                example: None,
            });
            stat.count += u64::from(tally.count);
            stat.last_key = stat.last_key.max(tally.last_key);
            stat.level = stat.level.max(tally.level);
            if (tally.first_key, place) < (stat.first_key, stat.first_place) {
                (stat.first_key, stat.first_place) = (tally.first_key, place);
            }
        }
    }

    /// Takes off what a source has more than once in its files, `.1` and `.1.gz`: it was said once.
    pub fn uncount(&mut self, again: &HashMap<(SourceId, u64), u64>) {
        for (pattern, count) in again {
            if let Some(stat) = self.patterns.get_mut(pattern) {
                stat.count = stat.count.saturating_sub(*count).max(1);
            }
        }
    }

    /// Keeps the mark of an event that really is the first of its pattern, and clears any other's.
    pub fn mark(&mut self, scene: &Scene<'_>, batch: &mut Batch, index: u32) {
        let event = batch.events[index as usize];
        if !self.confirm(scene, batch, &event) {
            batch.events[index as usize].flags.clear(Flags::FIRST);
        }
    }

    /// Whether an event is the first of its pattern; then it becomes the pattern's example.
    fn confirm(&mut self, scene: &Scene<'_>, batch: &Batch, event: &Event) -> bool {
        let Some(stat) = self.patterns.get_mut(&(batch.source, event.pattern)) else { return false };
        if (stat.first_key, stat.first_place) != (event.key, (batch.file, batch.line(event))) {
            return false;
        }
        let record = Record::read(scene, batch, event);
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let mut message = Vec::new();
        record.message(&mut message);
        stat.example = Some(Example {
            message: text(&message),
            raw: text(record.text),
            program: record.program().map(text),
            program_written: record.part(crate::grammar::Known::Program).is_some(),
            host: record.part(crate::grammar::Known::Host).map(text),
            level_inferred: event.flags.has(Flags::LEVEL_INFERRED),
            dated: !event.flags.has(Flags::UNDATED),
            bounds: record.instant.map_or((i64::MIN, i64::MAX), |instant| (instant.earliest, instant.latest)),
        });
        true
    }
}
