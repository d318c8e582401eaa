//! Landmarks: lines of a file without any stamp that stand in a stamped log as well. They bound all lines
//! around them.
//!
//! One equal line is chance. Landmarks count when there are several, nearly all in the order of their times:
//! a file is written from its top down.

use std::collections::HashMap;

use super::evidence::{ID_APART, MESSAGE_APART};
use super::proof::{Place, Proof};
use super::witnessed::Nodes;
use super::{Clock, spans};
use crate::base::{Basis, NANOS_PER_SECOND};
use crate::witness::{MarkKind, Sight, WHOLE, Written};

/// A line of a file without stamps whose time another log tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Landmark {
    /// Offset of the line in the (unpacked) file.
    pub offset: u64,
    /// Not written before this, nanoseconds since 1970 UTC. Ascending with the offsets.
    pub earliest: i64,
    /// Written before this.
    pub latest: i64,
}

/// The landmarks of one file; none in most.
#[derive(Clone, Debug, Default)]
pub struct Landmarks {
    /// In file order.
    pub marks: Vec<Landmark>,
    /// What is guessed of the clocks they are read from, if anything.
    pub basis: Basis,
}

impl Landmarks {
    /// Those within a stretch of the file.
    pub fn within(&self, from: u64, to: u64) -> &[Landmark] {
        let index = |offset: u64| self.marks.partition_point(|mark| mark.offset < offset);
        &self.marks[index(from)..index(to).max(index(from))]
    }

    /// The last one before an offset.
    pub fn before(&self, offset: u64) -> Option<&Landmark> {
        self.marks[..self.marks.partition_point(|mark| mark.offset < offset)].last()
    }

    /// The first one at an offset or behind it.
    pub fn from(&self, offset: u64) -> Option<&Landmark> {
        self.marks.get(self.marks.partition_point(|mark| mark.offset < offset))
    }
}

/// Fewest landmarks that count.
const FEWEST: usize = 3;
/// How wide a second's stamp is: marks do not keep their stamps' widths, and none is wider than this but a
/// minute's, which is told apart by nothing here.
const WIDTH: i64 = NANOS_PER_SECOND;

/// A line and the records elsewhere that are like it.
struct Matched {
    mark: Landmark,
    basis: Basis,
    place: Place,
}

/// The landmarks of every file without stamps, and what shows them.
pub(super) fn landmarks(
    nodes: &Nodes<'_>,
    clocks: &[Clock],
    hosts: &[Option<String>],
) -> Vec<Option<(Landmarks, Proof)>> {
    let wanted = nodes.files.iter().any(|facts| !facts.testimony.loose.is_empty());
    let mut known: HashMap<(MarkKind, u64), Vec<(usize, &Sight)>> = HashMap::new();
    for (file, facts) in nodes.files.iter().enumerate().filter(|_| wanted) {
        for sight in &facts.testimony.sights {
            known.entry((sight.kind, sight.hash)).or_default().push((file, sight));
        }
    }
    let of_file = |file: usize| {
        let elsewhere = |other: usize| match (&hosts[file], &hosts[other]) {
            (Some(own), Some(other)) => own == other,
            _ => true,
        };
        let loose = &nodes.files[file].testimony.loose;
        let mut matched: Vec<Matched> = Vec::new();
        for lines in loose.chunk_by(|a, b| (a.kind, a.hash) == (b.kind, b.hash)) {
            let [line] = lines else { continue };
            let Some(sights) = known.get(&(line.kind, line.hash)) else { continue };
            if sights.iter().any(|(_, sight)| sight.count > 1) {
                continue;
            }
            // Of a large file a sample was heard: a message seen once may stand in it often.
            let heard = |file: usize| nodes.files[file].survey.bytes <= WHOLE;
            if line.kind != MarkKind::Id && !(heard(file) && sights.iter().all(|(other, _)| heard(*other))) {
                continue;
            }
            let sights = sights.iter().filter(|(other, _)| line.kind == MarkKind::Id || elsewhere(*other));
            let sights: Vec<(usize, &Sight)> = sights.copied().collect();
            matched.extend(matching(nodes, clocks, line.kind, line.offset, &sights));
        }
        matched.sort_by_key(|matched| (matched.mark.offset, matched.mark.latest - matched.mark.earliest));
        matched.dedup_by_key(|matched| matched.mark.offset);
        let all = matched.len();
        let kept = ascending(matched);
        if kept.len() < FEWEST || kept.len() * 5 < all * 4 {
            return None;
        }
        let basis = kept.iter().fold(Basis::default(), |basis, matched| basis.with(matched.basis));
        let text = format!(
            "{} of its lines stand in other logs too, as {{0}} does at {{1}}: the lines around them lie between",
            kept.len()
        );
        let first = kept.first()?;
        let places = vec![Place { file, offset: first.mark.offset }, first.place];
        let marks = kept.iter().map(|matched| matched.mark).collect();
        Some((Landmarks { marks, basis }, Proof { text, places }))
    };
    (0..nodes.files.len())
        .map(|file| if nodes.files[file].testimony.loose.is_empty() { None } else { of_file(file) })
        .collect()
}

/// The landmark that a line is, if all that is like it was written at once.
fn matching(
    nodes: &Nodes<'_>,
    clocks: &[Clock],
    kind: MarkKind,
    offset: u64,
    sights: &[(usize, &Sight)],
) -> Option<Matched> {
    let apart = if kind == MarkKind::Id { ID_APART } else { MESSAGE_APART };
    let mut range: Option<(i64, i64)> = None;
    let mut basis = Basis::default();
    for (file, sight) in sights {
        let (at, known) = utc(nodes, &clocks[*file], *file, sight)?;
        range = Some(range.map_or((at, at), |(min, max)| (min.min(at), max.max(at))));
        basis = basis.with(known);
    }
    let (min, max) = range.filter(|(min, max)| max - min <= apart)?;
    let doubt = sights.iter().map(|(file, _)| clocks[*file].doubt()).max().unwrap_or(0);
    let earliest = min.checked_sub(apart)?.checked_sub(doubt)?;
    let latest = max.checked_add(apart)?.checked_add(WIDTH)?.checked_add(doubt)?;
    let (file, sight) = sights.first()?;
    let place = Place { file: *file, offset: sight.offset };
    Some(Matched { mark: Landmark { offset, earliest, latest }, basis, place })
}

/// When a mark was seen, nanoseconds since 1970 UTC, and what of that is guessed.
fn utc(nodes: &Nodes<'_>, clock: &Clock, file: usize, sight: &Sight) -> Option<(i64, Basis)> {
    let (_, at) = nodes.locate(file, sight.piece, sight.written, sight.span.0)?;
    let (at, basis) = match sight.written {
        Written::Zoned => (at + clock.repair.unwrap_or(0) * NANOS_PER_SECOND, Basis::default()),
        Written::Yearless if clock.years.spread().is_some() => return None,
        Written::Local | Written::Yearless => {
            let number = clock.segments.partition_point(|segment| segment.from <= sight.offset);
            let segment = clock.segment(number.saturating_sub(1) as u16);
            (spans::local_to_utc(segment, at), segment.zone_basis)
        }
    };
    let guessed = if basis == Basis::ZONE_DEFAULT { basis } else { Basis::default() };
    Some((at.checked_sub(clock.ahead())?, guessed))
}

/// The longest part of them whose times ascend (patience sorting: Aldous and Diaconis, 1999).
fn ascending(matched: Vec<Matched>) -> Vec<Matched> {
    let mut ends: Vec<usize> = Vec::new();
    let mut before: Vec<Option<usize>> = vec![None; matched.len()];
    for (index, one) in matched.iter().enumerate() {
        let at = ends.partition_point(|end| matched[*end].mark.earliest <= one.mark.earliest);
        before[index] = at.checked_sub(1).map(|last| ends[last]);
        match ends.get_mut(at) {
            Some(end) => *end = index,
            None => ends.push(index),
        }
    }
    let mut kept = vec![false; matched.len()];
    let mut next = ends.last().copied();
    while let Some(index) = next {
        kept[index] = true;
        next = before[index];
    }
    matched.into_iter().zip(kept).filter_map(|(one, kept)| kept.then_some(one)).collect()
}
