//! Merging sorted runs of events into one order: stable, and in O(log runs) per change of run.
//!
//! A run is a stretch of one batch. The order is (key, rank of the batch, place in the batch), so two
//! events of the same instant keep the order of their file, and events of different files stand in the
//! canonical order of files. Nothing here depends on threads or on the command line.

use crate::base::{Batch, Event};

/// A stretch of a batch's events.
#[derive(Clone, Copy, Debug)]
pub struct Run<'a> {
    /// The batch.
    pub batch: &'a Batch,
    /// First event.
    pub start: usize,
    /// One past the last event.
    pub end: usize,
}

/// The next event of a run: (key, rank of its batch), and which run.
type Head = ((i64, u32), usize);

/// Calls `emit` for every event of the runs, in timeline order.
pub fn merge<'a>(runs: &[Run<'a>], mut emit: impl FnMut(&'a Batch, &'a Event)) {
    let mut position: Vec<usize> = runs.iter().map(|run| run.start).collect();
    let mut heads: Vec<Head> = runs
        .iter()
        .enumerate()
        .filter(|(_, run)| run.start < run.end)
        .map(|(index, run)| ((run.batch.events[run.start].key, run.batch.rank), index))
        .collect();
    // A sorted list is a heap.
    heads.sort_unstable();
    while let Some(&((_, rank), index)) = heads.first() {
        let run = &runs[index];
        // Everything before the runner-up goes out without touching the heap again.
        let limit = heads[1..].iter().take(2).map(|(place, _)| *place).min().unwrap_or((i64::MAX, u32::MAX));
        let events = &run.batch.events[position[index]..run.end];
        let mut count = 0;
        while let Some(event) = events.get(count).filter(|event| (event.key, rank) <= limit) {
            emit(run.batch, event);
            count += 1;
        }
        position[index] += count;
        match events.get(count) {
            Some(next) => heads[0].0.0 = next.key,
            None => {
                heads.swap_remove(0);
            }
        }
        sink(&mut heads);
    }
}

/// Lets the first head of a binary heap sink to its place.
#[inline]
fn sink(heads: &mut [Head]) {
    let mut parent = 0;
    loop {
        let left = 2 * parent + 1;
        let Some(mut child) = heads.get(left).map(|_| left) else { return };
        if heads.get(left + 1).is_some_and(|right| *right < heads[left]) {
            child = left + 1;
        }
        if heads[parent] <= heads[child] {
            return;
        }
        heads.swap(parent, child);
        parent = child;
    }
}

/// Cuts the events of `runs` into about `parts` groups of runs that follow each other in time: each
/// group can be merged on its own, and their order is the order of the whole. No multiple of `whole`
/// nanoseconds is cut into.
pub fn split<'a>(runs: &[Run<'a>], parts: usize, whole: i64) -> Vec<Vec<Run<'a>>> {
    const SAMPLE: usize = 256;
    let mut keys: Vec<i64> = Vec::new();
    // Counted on from run to run: of a thousand short runs the first events alone would say nothing of the others.
    let mut next = 0;
    for run in runs {
        let events = &run.batch.events[run.start..run.end];
        keys.extend(events.iter().skip(next).step_by(SAMPLE).map(|event| event.key));
        next = match events.len().checked_sub(next) {
            Some(behind) => behind.next_multiple_of(SAMPLE) - behind,
            None => next - events.len(),
        };
    }
    keys.sort_unstable();
    let cuts = (1..parts).filter_map(|part| keys.get(keys.len() * part / parts));
    let mut cuts: Vec<i64> = cuts.map(|key| key.saturating_sub(key.rem_euclid(whole))).collect();
    cuts.dedup();
    let mut groups = Vec::with_capacity(cuts.len() + 1);
    let mut position: Vec<usize> = runs.iter().map(|run| run.start).collect();
    for cut in cuts.into_iter().map(Some).chain([None]) {
        let mut group = Vec::new();
        for (run, start) in runs.iter().zip(&mut position) {
            let end = match cut {
                Some(cut) => {
                    *start + run.batch.events[*start..run.end].partition_point(|event| event.key < cut)
                }
                None => run.end,
            };
            if end > *start {
                group.push(Run { batch: run.batch, start: *start, end });
            }
            *start = end;
        }
        if !group.is_empty() {
            groups.push(group);
        }
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{FileId, Flags, Level, SourceId};

    fn batch(rank: u32, keys: &[i64]) -> Batch {
        let events = keys
            .iter()
            .enumerate()
            .map(|(line, key)| Event {
                key: *key,
                pattern: 0,
                offset: 0,
                len: 0,
                line: line as u32,
                lines: 1,
                body: 0,
                message: 0,
                layout: 0,
                level: Level::Unknown,
                flags: Flags::default(),
                resolution: 0,
            })
            .collect();
        Batch { printable: true, events, ..Batch::new(FileId(rank), SourceId(rank), rank) }
    }

    /// A small generator of pseudo-random numbers (splitmix64).
    fn random(state: &mut u64) -> u64 {
        *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (*state ^ (*state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb) >> 8
    }

    #[test]
    fn merging_is_a_stable_sort_however_it_is_split() {
        let mut state = 7;
        for round in 0..300 {
            let batches: Vec<Batch> = (0..random(&mut state) % 9)
                .map(|rank| {
                    let mut keys: Vec<i64> =
                        (0..random(&mut state) % 700).map(|_| (random(&mut state) % 50) as i64).collect();
                    keys.sort_unstable();
                    batch(rank as u32, &keys)
                })
                .collect();
            let runs: Vec<Run<'_>> =
                batches.iter().map(|batch| Run { batch, start: 0, end: batch.events.len() }).collect();
            let mut expected: Vec<(i64, u32, u32)> = batches
                .iter()
                .flat_map(|batch| batch.events.iter().map(|event| (event.key, batch.rank, event.line)))
                .collect();
            expected.sort();
            for (parts, whole) in [(1, 1), (2, 1), (7, 1), (7, 10)] {
                let mut merged = Vec::new();
                for group in split(&runs, parts, whole) {
                    let before = merged.len();
                    merge(&group, |batch, event| merged.push((event.key, batch.rank, event.line)));
                    let above = merged[..before].last();
                    assert!(above.is_none_or(|above| above.0 / whole < merged[before].0 / whole));
                }
                assert_eq!(merged, expected, "round {round}, {parts} parts");
            }
        }
    }
}
