//! Reads a file for the clocks of its writers, before it is heard: which of them have one of their own, and which
//! jumps of the stamps that explains.

use std::collections::BTreeMap;
use std::io;

use super::sample::each_region;
use super::testimony::{Written, odd_one};
use super::writers::{self, OddWriter, Writer, odd_elsewhere, odd_writers};
use crate::grammar::{Known, Slots};
use crate::io::Opened;
use crate::survey::{FileSurvey, JUMP, Layouts, across_years, lines};

/// A record on its way to `odd_writers`: indices of its host and program, stamp, offset.
type Plain = (usize, usize, i64, u64);

/// Counts New Years among stamps without a year: two writers on both sides of one are hours apart, not a year.
#[derive(Default)]
struct NewYears {
    last: Option<i64>,
    passed: i64,
}

impl NewYears {
    /// A stamp of the proxy year, counted on from the first one's.
    fn count(&mut self, at: i64) -> i64 {
        let last = self.last.replace(at).unwrap_or(at);
        self.passed += across_years(last, at) - (at - last);
        at + self.passed
    }
}

/// Finds writers whose clock is not the file's, and the chunks whose jump they explain. `known` are those of other
/// files of the log. Errors: what the file system says.
pub(super) fn interleaved(
    layouts: Layouts<'_>,
    opened: &Opened,
    survey: &FileSurvey,
    known: &[Writer],
) -> io::Result<(Vec<OddWriter>, Vec<usize>)> {
    let mut names: BTreeMap<Vec<u8>, usize> = BTreeMap::new();
    let mut regions: Vec<Vec<Plain>> = Vec::new();
    let mut slots = Slots::default();
    each_region(opened, survey, |base, text| {
        let mut region = Vec::new();
        let mut years = NewYears::default();
        for (start, _, line) in lines(text, 0) {
            let Some((id, head)) = layouts.begins(&text[start..], line.len(), &mut slots) else {
                continue;
            };
            let Some((written, at)) = head.stamp.as_ref().and_then(Written::of) else { continue };
            if written == Written::Zoned {
                continue;
            }
            layouts.set.get(id).read(line, &head, &mut slots, false);
            let mut name = |part: Known| {
                let text = slots.known(part).map_or(&b""[..], |span| span.of(line));
                let next = names.len();
                *names.entry(text.to_vec()).or_insert(next)
            };
            let (host, program) = (name(Known::Host), name(Known::Program));
            let at = if written == Written::Yearless { years.count(at) } else { at };
            region.push((host, program, at, base + start as u64));
        }
        regions.push(region);
    })?;
    let mut by_index: Vec<&[u8]> = vec![b""; names.len()];
    for (name, index) in &names {
        by_index[*index] = name;
    }
    let written =
        |name: usize, plain: &Plain| writers::Written { name: by_index[name], at: plain.2, offset: plain.3 };
    let by_host: Vec<Vec<_>> =
        regions.iter().map(|region| region.iter().map(|plain| written(plain.0, plain)).collect()).collect();
    let mut odd = odd_writers(&by_host, |name| Writer::Host(name.to_vec()));
    let foreign: Vec<Vec<u8>> = odd
        .iter()
        .filter_map(|odd| if let Writer::Host(name) = &odd.writer { Some(name.clone()) } else { None })
        .collect();
    let own = |plain: &&Plain| !foreign.iter().any(|name| name == by_index[plain.0]);
    let by_program: Vec<Vec<_>> = regions
        .iter()
        .map(|region| region.iter().filter(own).map(|plain| written(plain.1, plain)).collect())
        .collect();
    odd.extend(odd_writers(&by_program, |name| Writer::Program(name.to_vec())));
    odd.retain(|odd| !matches!(&odd.writer, Writer::Host(name) | Writer::Program(name) if name.is_empty()));
    let fresh = |writer: &&Writer| !odd.iter().any(|odd| odd.writer == **writer);
    let hosts = known.iter().filter(fresh).filter_map(|writer| match writer {
        Writer::Host(name) => Some((name.as_slice(), writer)),
        Writer::Program(_) => None,
    });
    let programs = known.iter().filter(fresh).filter_map(|writer| match writer {
        Writer::Program(name) => Some((name.as_slice(), writer)),
        Writer::Host(_) => None,
    });
    let elsewhere = [odd_elsewhere(&by_host, hosts), odd_elsewhere(&by_program, programs)].concat();
    odd.extend(elsewhere);
    let read = |plain: &Plain| odd_one(&odd, Some(by_index[plain.0]), Some(by_index[plain.1]));
    let mut doubtful = hidden(&regions, survey, read);
    doubtful.retain(|plain| !by_index[plain.1].is_empty() && read(plain).is_none());
    let mut unsure: BTreeMap<&[u8], (u64, usize)> = BTreeMap::new();
    for plain in &doubtful {
        unsure.entry(by_index[plain.1]).or_insert((plain.3, 0)).1 += 1;
    }
    let unsure: Vec<OddWriter> = unsure
        .into_iter()
        .map(|(name, first)| {
            let writer = Writer::Program(name.to_vec());
            OddWriter { writer, offset: 0, certain: false, first, elsewhere: false }
        })
        .collect();
    odd.extend(unsure);
    let explained = explained(&regions, survey, |plain| {
        odd_one(&odd, Some(by_index[plain.0]), Some(by_index[plain.1])).map(|odd| odd.offset)
    });
    Ok((odd, explained))
}

/// Records on both sides of a step back that shows only once every writer is read by its own clock: beside the
/// record of another zone stands one that has it too, though others by its writer have not.
fn hidden<'a>(
    regions: &[Vec<Plain>],
    survey: &FileSurvey,
    odd: impl Fn(&Plain) -> Option<&'a OddWriter>,
) -> Vec<Plain> {
    let cut = |at: u64| {
        let index = survey.chunks.partition_point(|(start, _)| *start < at);
        survey.chunks.get(index).is_some_and(|(start, chunk)| *start == at && chunk.jumped)
    };
    let own = |plain: &Plain| match odd(plain) {
        Some(odd) => odd.certain.then_some(plain.2 - odd.offset),
        None => Some(plain.2),
    };
    let mut found = Vec::new();
    for pair in regions.iter().flat_map(|region| region.windows(2)) {
        let [before, after] = pair else { continue };
        let (Some(last), Some(next)) = (own(before), own(after)) else { continue };
        if next - last <= -JUMP && (after.2 - before.2).abs() < JUMP && !cut(after.3) {
            found.extend([*before, *after]);
        }
    }
    found
}

/// Chunks that begin at a jump which is none once every writer is read by its own clock.
fn explained(regions: &[Vec<Plain>], survey: &FileSurvey, odd: impl Fn(&Plain) -> Option<i64>) -> Vec<usize> {
    let mut explained = Vec::new();
    for (index, (start, _)) in survey.chunks.iter().enumerate().filter(|(_, (_, chunk))| chunk.jumped) {
        for region in regions {
            let next = region.partition_point(|plain| plain.3 < *start);
            let (Some(before), Some(after)) = (next.checked_sub(1).map(|at| &region[at]), region.get(next))
            else {
                continue;
            };
            let (one, other) = (odd(before), odd(after));
            let gap = (after.2 - other.unwrap_or(0)) - (before.2 - one.unwrap_or(0));
            if (one.is_some() || other.is_some()) && gap.abs() < JUMP {
                explained.push(index);
            }
        }
    }
    explained
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_writers_around_new_year_are_hours_apart() {
        const HOUR: i64 = 3_600 * crate::base::NANOS_PER_SECOND;
        let end = 366 * 24 * HOUR;
        let mut years = NewYears::default();
        // Seoul, UTC, Seoul, and UTC once it is New Year there as well.
        let counted =
            [HOUR, end - 8 * HOUR, 2 * HOUR, end - 7 * HOUR, 12 * HOUR, 3 * HOUR].map(|at| years.count(at));
        let hours = counted.map(|at| at / HOUR);
        assert_eq!(hours, [1, -8, 2, -7, 12, 3]);
    }
}
