//! What the survey knows of one file as a whole: its chunks, and what shows only where they are joined.

use std::collections::BTreeSet;

use super::scan::{ChunkSurvey, JUMP, LONGEST_RECORD, Seen, across_years};
use crate::grammar::GrammarId;
use crate::io::Short;

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
    /// Bytes of overlong lines that are not kept.
    pub dropped: u64,
}

impl FileSurvey {
    /// Notices jumps of the stamps at the ends of chunks, as the survey of one chunk cannot. Call once
    /// all chunks are there.
    pub fn join(&mut self) {
        let mut last: Option<Seen> = None;
        for (_, chunk) in &mut self.chunks {
            if let (Some(last), Some(first), false) = (last, chunk.first, chunk.jumped) {
                let gap = match (last, first) {
                    (Seen::Local(last), Seen::Local(first)) => first.checked_sub(last),
                    (Seen::Yearless(_, last), Seen::Yearless(_, first)) => Some(across_years(last, first)),
                    _ => None,
                };
                match gap {
                    Some(gap) if gap.abs() >= JUMP => {
                        chunk.jumped = true;
                        let jumps = &mut chunk.jumps;
                        *(if gap > 0 { &mut jumps.0 } else { &mut jumps.1 }) += 1;
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
