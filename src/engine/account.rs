//! What a survey says of a file as a whole: its account (lines in are lines out), which of its lines belong
//! to no record, how far each segment of its clock reaches.

use crate::base::Account;
use crate::clock::{ChunkSpan, Clock};
use crate::survey::FileSurvey;

/// How far a segment of a clock reaches in its file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extent {
    /// First physical line, 1-based.
    pub first_line: u64,
    /// Records with a stamp.
    pub dated: u64,
}

/// A record is not followed further than this: lines beyond are undated records of their own. A file
/// with one stamp at its top and a gigabyte below it is no single record.
const LONGEST_RECORD: u64 = 8 << 20;

/// For each surveyed chunk, whether its lines above its first record belong to no record: because none
/// came before, or one that began too far back.
pub(super) fn loose_heads(survey: &FileSurvey) -> Vec<bool> {
    let mut last_begin: Option<u64> = None;
    let heads = survey.chunks.iter().map(|(start, chunk)| {
        let loose = last_begin.is_none_or(|begin| start.saturating_sub(begin) >= LONGEST_RECORD);
        last_begin = chunk.last_begin.or(last_begin);
        loose
    });
    heads.collect()
}

/// A file's account, from its survey. What is dated by its uptime only counts as undated there.
pub(super) fn account(survey: &FileSurvey, spans: &[ChunkSpan]) -> Account {
    let mut ledger = Account { bytes: survey.bytes, ..Account::default() };
    for (((_, chunk), span), loose_head) in survey.chunks.iter().zip(spans).zip(loose_heads(survey)) {
        let loose = if loose_head { chunk.loose } else { 0 };
        ledger.lines += chunk.lines;
        ledger.records += chunk.records + loose;
        ledger.undated += chunk.undated - span.counted + loose;
    }
    ledger.dated = ledger.records - ledger.undated;
    ledger.joined = ledger.lines - ledger.records;
    ledger
}

/// How far each segment of a clock reaches.
pub(super) fn extents(survey: &FileSurvey, clock: &Clock, spans: &[ChunkSpan]) -> Vec<Extent> {
    let ends = clock.segments.iter().skip(1).map(|segment| segment.from).chain([u64::MAX]);
    let mut chunks = survey.chunks.iter().zip(spans).peekable();
    let mut line = 1;
    ends.map(|end| {
        let mut extent = Extent { first_line: line, dated: 0 };
        while let Some(((_, chunk), span)) = chunks.next_if(|((start, _), _)| *start < end) {
            line += chunk.lines;
            extent.dated += chunk.records - chunk.undated + span.counted;
        }
        extent
    })
    .collect()
}
