//! What the survey knows of one file as a whole: its chunks, and what shows only where they are joined.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::gaps::Gaps;
use super::scan::{ChunkSurvey, JUMP, LONGEST_RECORD, Seen};
use crate::base::NANOS_PER_SECOND;
use crate::grammar::GrammarId;
use crate::io::Short;

/// Stamps that run back by this and do not regain it at once: a zone that changed by less than the log paused for.
/// What comes late is one record among others.
pub const STEP_BACK: i64 = 60 * NANOS_PER_SECOND;

/// Where one pause in fifty is longer than this, what comes late is not told from a clock that was set back.
const SPARSE: i64 = 300 * NANOS_PER_SECOND;

/// What the survey knows of one file.
#[derive(Clone, Debug, Default)]
pub struct FileSurvey {
    /// Chunks in file order; where each starts in the (unpacked) file.
    pub chunks: Vec<(u64, ChunkSurvey)>,
    /// Formats that records were found of.
    pub used: BTreeSet<GrammarId>,
    /// Bytes, unpacked.
    pub bytes: u64,
    /// Why the end of the file could not be had, if so.
    pub cut: Option<Short>,
    /// What is not kept of lines that are too long, of what must be unpacked.
    pub overlong: Option<Overlong>,
}

/// What is not kept of a file's lines that are too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Overlong {
    /// The first of them, 1-based.
    pub line: u64,
    /// Bytes of all of them.
    pub bytes: u64,
}

impl FileSurvey {
    /// Notices jumps of the stamps at the ends of chunks, as the survey of one chunk cannot. Call once
    /// all chunks are there.
    pub fn join(&mut self) {
        let mut gaps = Gaps::default();
        self.chunks.iter().for_each(|(_, chunk)| gaps.merge(&chunk.gaps));
        let sparse = gaps.quantile(0.98).is_some_and(|usual| usual > SPARSE);
        let mut last: Option<Seen> = None;
        for index in 0..self.chunks.len() {
            let (behind, second) = (self.chunks.get(index + 1), self.chunks[index].1.second);
            let second = second.or_else(|| behind?.1.first);
            let chunk = &mut self.chunks[index].1;
            if let (Some(last), Some(first), false) = (last, chunk.first, chunk.jumped) {
                match first.since(last) {
                    Some(gap) if gap.abs() >= JUMP => {
                        chunk.jumped = true;
                        let jumps = &mut chunk.jumps;
                        *(if gap > 0 { &mut jumps.0 } else { &mut jumps.1 }) += 1;
                    }
                    Some(gap) if gap <= -STEP_BACK => {
                        let regained =
                            second.and_then(|second| second.since(last)).is_some_and(|since| since >= 0);
                        let stays = sparse || !regained;
                        chunk.jumped = stays;
                        if !stays {
                            chunk.gaps.add(gap);
                        }
                    }
                    Some(gap) => chunk.gaps.add(gap),
                    None => {}
                }
            }
            last = chunk.last.or(last);
        }
    }

    /// Whether every jump of its stamps begins a stretch; where not, the file is out of order and nothing
    /// that is known of one part is known of another.
    pub fn is_cut(&self) -> bool {
        !self.chunks.iter().any(|(_, chunk)| chunk.uncut)
    }

    /// For each chunk, whether its lines above its first record belong to no record: because none came
    /// before, or one that began too far back.
    pub fn loose_heads(&self) -> Vec<bool> {
        let mut last_begin: Option<u64> = None;
        let heads = self.chunks.iter().map(|(start, chunk)| {
            let loose = last_begin.is_none_or(|begin| start.saturating_sub(begin) >= LONGEST_RECORD);
            last_begin = chunk.last_begin.or(last_begin);
            loose
        });
        heads.collect()
    }

    /// For each chunk, the number of the stretch between two jumps that it belongs to. `explained` are
    /// chunks whose jump is none.
    pub fn stretches(&self, explained: &[usize]) -> Vec<u32> {
        let mut number = 0;
        let numbers = self.chunks.iter().enumerate().map(|(index, (_, chunk))| {
            number += u32::from(chunk.jumped && !explained.contains(&index));
            number
        });
        numbers.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: i64 = NANOS_PER_SECOND;

    /// A survey of pieces, each with its first two stamps in seconds and the last one.
    fn joined(pieces: &[(i64, i64, i64)], gap: i64) -> Vec<bool> {
        let mut survey = FileSurvey::default();
        for (first, second, last) in pieces {
            let seen = |at: &i64| Some(Seen::Local(at * SECOND));
            let (first, second, last) = (seen(first), seen(second), seen(last));
            let mut chunk = ChunkSurvey { first, second, last, ..ChunkSurvey::default() };
            (0..50).for_each(|_| chunk.gaps.add(gap * SECOND));
            survey.chunks.push((0, chunk));
        }
        survey.join();
        survey.chunks.iter().map(|(_, chunk)| chunk.jumped).collect()
    }

    #[test]
    fn stamps_that_run_back_and_stay_there_begin_a_stretch() {
        let away = (10_000, 10_005, 12_000);
        assert_eq!(joined(&[away, (11_400, 11_405, 13_000)], 5), [false, true]);
        assert_eq!(joined(&[away, (11_400, 12_005, 13_000)], 5), [false, false], "one record came late");
        assert_eq!(joined(&[away, (11_400, 12_005, 13_000)], 700), [false, true], "nobody can tell");
        assert_eq!(joined(&[away, (11_950, 11_955, 13_000)], 5), [false, false], "out of order");
        assert_eq!(joined(&[away, (13_000, 13_005, 14_000)], 5), [false, true]);
    }
}
