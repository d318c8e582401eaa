//! Which parts of a file are looked at. Small files whole; of large ones the beginning, the end and
//! places between, and both sides of every jump of the stamps. A function of the file alone: neither
//! chunks nor threads change it. And a file that grows is looked at where it was before, but for its end:
//! what was heard in it goes on being heard, until it is twice as large.

use std::io;

use crate::io::Opened;
use crate::survey::FileSurvey;

/// Files up to this size are looked at whole, in bytes.
pub const WHOLE: u64 = 1 << 20;

/// Of larger files: half of this many regions to this many, of so many bytes each, and one at the end.
const REGIONS: u64 = 16;
/// Bytes of a region.
pub const REGION: u64 = 128 << 10;

/// What is looked at on each side of a jump, in bytes, and of how many jumps.
const BESIDE_JUMP: u64 = 32 << 10;
const MOST_JUMPS: usize = 16;

/// Of compressed files, which can only be read from their beginning, in bytes.
const OF_STREAM: usize = 4 << 20;

/// The regions of a plain file, in order, none touching the next.
fn regions(size: u64, jumps: impl Iterator<Item = u64>) -> Vec<(u64, u64)> {
    if size <= WHOLE {
        return vec![(0, size)];
    }
    let stride = (size.next_power_of_two() / REGIONS).max(2 * REGION);
    let spread = (0..size - REGION).step_by(usize::try_from(stride).unwrap_or(usize::MAX));
    let mut regions: Vec<(u64, u64)> = spread.map(|from| (from, from + REGION)).collect();
    regions.push((size - REGION, size));
    let beside = |at: u64| (at.saturating_sub(BESIDE_JUMP), (at + BESIDE_JUMP).min(size));
    regions.extend(jumps.take(MOST_JUMPS).map(beside));
    regions.sort_unstable();
    let mut joined: Vec<(u64, u64)> = Vec::new();
    for (from, to) in regions {
        match joined.last_mut() {
            Some(last) if from <= last.1 => last.1 = last.1.max(to),
            _ => joined.push((from, to)),
        }
    }
    joined
}

/// Calls `region` with the bytes of each region and the offset of the first. Regions begin at the start
/// of a line. Errors: what the file system says.
pub(super) fn each_region(
    opened: &Opened,
    survey: &FileSurvey,
    mut region: impl FnMut(u64, &[u8]),
) -> io::Result<()> {
    if opened.is_stream() {
        let mut text = Vec::new();
        // The survey has already told of a stream that ends early.
        let _ = opened.unpack()?.fill(&mut text, OF_STREAM);
        region(0, &text);
        return Ok(());
    }
    let jumps = survey.chunks.iter().filter(|(_, chunk)| chunk.jumped).map(|(start, _)| *start);
    for (from, to) in regions(survey.bytes, jumps) {
        let base = from.saturating_sub(1);
        let mut text = vec![0; (to - base) as usize];
        let count = opened.read_at(base, &mut text)?;
        text.truncate(count);
        let start = match from {
            0 => 0,
            _ => memchr::memchr(b'\n', &text).map_or(text.len(), |newline| newline + 1),
        };
        region(base + start as u64, &text[start..]);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_files_are_looked_at_in_parts() {
        assert_eq!(regions(1000, [].into_iter()), [(0, 1000)]);
        let large = regions(1 << 30, [5 << 20, 900 << 20].into_iter());
        assert_eq!(large.first().map(|region| region.0), Some(0));
        assert_eq!(large.last().map(|region| region.1), Some(1 << 30));
        assert!(large.windows(2).all(|pair| pair[0].1 < pair[1].0), "{large:?}");
        assert!(large.iter().any(|(from, to)| (*from..*to).contains(&(5 << 20))));
    }

    #[test]
    fn a_file_that_grows_is_looked_at_where_it_was() {
        for size in [(1 << 20) + 1, 3_000_000, 11_184_833, 500 << 20] {
            let (before, after) = (regions(size, [].into_iter()), regions(size + size / 100, [].into_iter()));
            let kept = before.len() - 1;
            assert!(kept >= 4, "{before:?}");
            assert_eq!(before[..kept - 1], after[..kept - 1]);
        }
    }
}
