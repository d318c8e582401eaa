//! What bounds records from outside of their chunk: for those without a stamp the first dated record behind
//! it and the file's birth, for the others the hours that their clock names twice.
//!
//! The survey knows that instant but not how wide it is. So the few chunks that follow one with undated
//! records are looked into once more, up to their first stamp; a compressed file with such chunks is
//! unpacked once more. Files whose records all have stamps cost nothing.

use rayon::prelude::*;

use super::prepare::{Chunk, FileState, Prepared};
use crate::base::NANOS_PER_SECOND;
use crate::grammar::{GrammarId, GrammarSet, Head, Known, Slots};
use crate::io::{Content, Found, MAX_LINE};
use crate::survey::{Layouts, lines};
use crate::time::Zone;
use crate::witness::OddWriter;

/// Gives each chunk that may end with undated records the bounds of the first dated one behind it.
pub(super) fn bound(prepared: &mut Prepared, set: &GrammarSet) {
    let Prepared { files, chunks, .. } = prepared;
    let mut of_files: Vec<&mut [Chunk]> = chunks.chunk_by_mut(|a, b| a.file == b.file).collect();
    of_files.par_iter_mut().with_max_len(1).for_each(|chunks| {
        let Some(file) = chunks.first().map(|chunk| &files[chunk.file.0 as usize]) else { return };
        if !file.clock.landmarks.marks.is_empty() {
            for chunk in chunks.iter_mut() {
                let next = file.clock.landmarks.from(chunk.end);
                chunk.behind = next.map(|mark| (mark.earliest, mark.latest));
            }
            return;
        }
        // Which chunk each one needs; none where nothing dated follows.
        let mut next = None;
        let mut wanted = vec![false; chunks.len()];
        for (index, chunk) in chunks.iter().enumerate().rev() {
            if let Some(next) = next.filter(|_| chunk.undated) {
                wanted[next] = true;
            }
            next = if chunk.span.dated { Some(index) } else { next };
        }
        if !wanted.contains(&true) {
            return;
        }
        let mut firsts = first_instants(file, set, chunks, &wanted);
        let mut behind = None;
        for (chunk, first) in chunks.iter_mut().zip(&mut firsts).rev() {
            chunk.behind = behind;
            behind = first.take().or(behind);
        }
    });
}

/// The interval of the first dated record of each wanted chunk.
fn first_instants(
    file: &FileState,
    set: &GrammarSet,
    chunks: &[Chunk],
    wanted: &[bool],
) -> Vec<Option<(i64, i64)>> {
    let layouts = Layouts { set, format: &file.format };
    let mut firsts = vec![None; chunks.len()];
    let mut bytes = Vec::new();
    // What cannot be read bounds nothing; reading it for its records will tell why.
    let mut unpacker = match file.opened.is_stream() {
        true => file.opened.unpack().ok(),
        false => None,
    };
    let Some(last) = wanted.iter().rposition(|wanted| *wanted) else { return firsts };
    for (index, chunk) in chunks[..=last].iter().enumerate() {
        let length = (chunk.end - chunk.start) as usize;
        match &mut unpacker {
            Some(unpacker) => {
                bytes.clear();
                if unpacker.fill(&mut bytes, length).is_err() {
                    return firsts;
                }
            }
            None if wanted[index] => {
                bytes.resize(length.min(4 * MAX_LINE), 0);
                let count = file.opened.read_at(chunk.start, &mut bytes).unwrap_or(0);
                bytes.truncate(count);
            }
            None => {}
        }
        if wanted[index] {
            firsts[index] = first_instant(file, layouts, chunk, &bytes);
        }
    }
    firsts
}

/// How the clock of a record's writer differs from its file's.
fn odd_writer<'a>(
    file: &'a FileState,
    layouts: Layouts<'_>,
    (id, head): (GrammarId, &Head),
    line: &[u8],
    slots: &mut Slots,
) -> Option<&'a OddWriter> {
    if file.clock.writers.is_empty() {
        return None;
    }
    layouts.set.get(id).read(line, head, slots, false);
    let part = |part: Known| slots.known(part).map(|span| span.of(line));
    file.clock.odd(part(Known::Host), part(Known::Program))
}

/// The interval of the first dated record in `bytes`.
fn first_instant(file: &FileState, layouts: Layouts<'_>, chunk: &Chunk, bytes: &[u8]) -> Option<(i64, i64)> {
    let mut slots = Slots::default();
    let segment = chunk.span.segment;
    let mut clock = file.clock.reader(&chunk.span);
    lines(bytes, 0).find_map(|(at, _, line)| {
        let begun = layouts.begins(&bytes[at..], line.len(), &mut slots);
        clock.heed(&layouts, line, begun.as_ref(), &mut slots);
        let (id, head) = begun?;
        let stamp = head.stamp?;
        let odd = odd_writer(file, layouts, (id, &head), line, &mut slots);
        let key = clock.key(&stamp, odd)?;
        let instant = file.clock.instant_at(&stamp, key, segment, odd)?;
        Some((instant.earliest, instant.latest))
    })
}

/// The folds of a zone that a file's instants touch, all in nanoseconds; its clock is `ahead` of them.
pub(super) fn folds(zone: &Zone, range: Option<(i64, i64)>, ahead: i64) -> Vec<(i64, i64, i64)> {
    let Some((first, last)) = range else { return Vec::new() };
    let second = |at: i64| at.saturating_add(ahead).div_euclid(NANOS_PER_SECOND);
    let nanos = |second: i64| second.saturating_mul(NANOS_PER_SECOND);
    let folds = zone.folds(second(first), second(last)).into_iter();
    folds.map(|(from, to, by)| (nanos(from) - ahead, nanos(to) - ahead, nanos(by))).collect()
}

/// A file's birth, as far as it can bound its records.
///
/// A compressed file is younger than its text, and standard input has no birth. Above a first stamp, the
/// stamp itself shows whether the birth is that of the log or of a copy. Without any stamp only the time
/// between birth and last change shows it: a copy is written at once, faster than a log grows. A change after `now`
/// shows nothing.
pub(super) fn birth(found: &Found, content: Content, dated: bool, now: i64) -> Option<i64> {
    /// Copies take less than a minute, or are faster than this many bytes a second.
    const SLOWEST_COPY: i64 = 256 * 1024;
    const SHORTEST_LIFE: i64 = 60;
    let birth = found.birth.filter(|_| matches!(content, Content::Plain))?;
    let life = (found.mtime?.saturating_sub(birth)) / NANOS_PER_SECOND;
    let changed = found.mtime.is_some_and(|mtime| mtime <= now);
    (dated || changed && life >= SHORTEST_LIFE + found.size as i64 / SLOWEST_COPY).then_some(birth)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_file_that_grew_is_bounded_by_its_birth() {
        const DAY: i64 = 86_400 * NANOS_PER_SECOND;
        let born = 100 * DAY;
        let file = |changed: i64, size: u64| Found {
            birth: Some(born),
            mtime: Some(changed),
            size,
            ..Found::unnamed()
        };
        let bound = |found: &Found, dated: bool| birth(found, Content::Plain, dated, born + 2 * DAY);
        assert_eq!(bound(&file(born + DAY, 30), false), Some(born), "it grew for a day");
        assert_eq!(bound(&file(born + NANOS_PER_SECOND, 30), false), None, "written at once, as a copy is");
        assert_eq!(bound(&file(born + DAY / 24, 4 << 30), false), None, "as fast as a copy");
        assert_eq!(bound(&file(born + 3 * DAY, 30), false), None, "changed at a time that is not yet");
        assert_eq!(
            bound(&file(born + NANOS_PER_SECOND, 30), true),
            Some(born),
            "its stamps show which it is"
        );
    }
}
