//! Modification times that cannot be: those of files whose records were all written later.
//!
//! A file that was written has the time of its last record or a later one. Where all records are later, the time was
//! given by whoever unpacked or copied it (an archive made to be reproducible, an image build, a machine without a
//! clock), and the files that have the very same time with it were given theirs so as well. Times that are beyond
//! belief by themselves are left out where files are found.

use std::collections::BTreeSet;

use super::prepare::Candidate;
use crate::base::{Loss, NANOS_PER_SECOND, Unread};
use crate::clock::AT_ONCE;
use crate::survey::FileSurvey;
use crate::time::{Zone, local_time};

/// A stamp without a zone is at most so far from UTC, and clocks are set wrong by a while.
const SLACK: i64 = 2 * 86_400 * NANOS_PER_SECOND;

/// Takes away modification times that cannot be, and tells of them. `now` is when the run began, nanoseconds since 1970.
pub(super) fn disbelieve(
    candidates: &mut [Candidate],
    surveys: &[FileSurvey],
    now: i64,
    remarks: &mut Vec<Unread>,
) {
    let mut false_times: BTreeSet<i64> = BTreeSet::new();
    let mut proof: Option<(usize, i64)> = None;
    for (index, (candidate, survey)) in candidates.iter().zip(surveys).enumerate() {
        let Some(mtime) = candidate.found.mtime else { continue };
        // Records of a time that is not yet are those of a clock that is ahead.
        let proven = mtime.saturating_add(SLACK)..now;
        if begins(survey).is_some_and(|first| proven.contains(&first)) {
            false_times.insert(mtime);
            proof.get_or_insert((index, mtime));
        }
    }
    let Some((index, mtime)) = proof else { return };
    let given = |mtime: i64| {
        let around = mtime.saturating_sub(AT_ONCE)..=mtime.saturating_add(AT_ONCE);
        false_times.range(around).next().is_some()
    };
    let mut yearless = 0;
    for (candidate, survey) in candidates.iter_mut().zip(surveys) {
        if candidate.found.mtime.is_some_and(given) {
            candidate.found.mtime = None;
            yearless += u64::from(survey.chunks.iter().any(|(_, chunk)| chunk.yearless.is_some()));
        }
    }
    // Where all stamps name their years nothing rests on it.
    let files = match yearless {
        0 => return,
        1 => "1 file".to_owned(),
        more => format!("{more} files"),
    };
    remarks.push(Unread {
        file: candidates[index].found.name.clone(),
        why: format!(
            "its modification time, {} UTC, is earlier than all of its records: that of {files} without years, which is the same, bounds none",
            local_time(&Zone::utc(), mtime)
        ),
        loss: Loss::None,
    });
}

/// The earliest stamp of a file, of those that name their years, nanoseconds since 1970; as if in UTC where it has no
/// zone. `None` where some stamps name no year: they may be earlier.
fn begins(survey: &FileSurvey) -> Option<i64> {
    let mut first: Option<i64> = None;
    for (_, chunk) in &survey.chunks {
        if chunk.yearless.is_some() || chunk.dayless.is_some() {
            return None;
        }
        let named = chunk.zoned.iter().chain(&chunk.local).map(|range| range.min);
        first = named.chain(first).min();
    }
    first
}
