//! What a survey says of a file as a whole: its account (lines in are lines out) and how far each segment of
//! its clock reaches.

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

/// A file's account, from its survey. What is dated by its uptime only counts as undated there.
pub(super) fn account(survey: &FileSurvey, spans: &[ChunkSpan]) -> Account {
    let mut ledger = Account { bytes: survey.bytes, ..Account::default() };
    for (((_, chunk), span), loose_head) in survey.chunks.iter().zip(spans).zip(survey.loose_heads()) {
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
