//! Which offsets need less proof than others: UTC, what is known to be used in these logs, and what the zone that is
//! guessed at first has at the time. Nothing is decided here.

use std::collections::{BTreeMap, BTreeSet};

use super::spans::utc;
use super::witnessed::Nodes;
use super::zones::Vote;
use crate::base::NANOS_PER_SECOND;
use crate::time::{Offset, Zone};

/// A zone's offset at an instant, nanoseconds both.
pub(super) fn offset_at(zone: &Zone, utc: i64) -> i64 {
    i64::from(zone.offset_at(utc.div_euclid(NANOS_PER_SECOND)).0) * NANOS_PER_SECOND
}

/// First and last instant, nanoseconds.
type Span = (i64, i64);

/// The usual offsets, nanoseconds.
#[derive(Debug)]
pub(super) struct Usual {
    /// When each was shown to be used.
    used: BTreeMap<i64, Vec<Span>>,
    /// First and last wall clock of each run.
    ranges: Vec<Option<Span>>,
    /// What the zone has at the ends of each node: in winter, an offset of summer is as unusual as any.
    seasons: Vec<[i64; 2]>,
}

impl Usual {
    /// What is usual before any evidence was weighed. `now` stands for the newest record where there is none.
    pub(super) fn new(nodes: &Nodes<'_>, zone: &Zone, mtimes: &[Vote], now: i64) -> Self {
        let newest = nodes.runs.iter().filter_map(|run| Some(run.range()?.1)).max().unwrap_or(now);
        let ranges = nodes.runs.iter().map(super::witnessed::Run::range).collect();
        let mut usual = Self { used: nodes.labels(), ranges, seasons: seasons(nodes, zone, newest) };
        usual.extend(agreed(nodes, mtimes, newest));
        usual
    }

    /// Adds what evidence has shown to be used, and when.
    pub(super) fn extend(&mut self, offsets: impl IntoIterator<Item = (i64, Span)>) {
        for (offset, span) in offsets {
            self.used.entry(offset).or_default().push(span);
        }
    }

    /// Adds what is known of a run.
    pub(super) fn learn(&mut self, run: usize, offset: i64) {
        let range = self.ranges.get(run).copied().flatten();
        self.extend(range.map(|(first, last)| (offset, (first - offset, last - offset))));
    }

    /// Whether an offset is usual for a node: used when it was written, or at another time, and no zone that has it
    /// sets its clock in between.
    pub(super) fn holds(&self, node: usize, offset: i64) -> bool {
        if offset == 0 || self.seasons[node].contains(&offset) {
            return true;
        }
        let Some(spans) = self.used.get(&offset) else { return false };
        let Some((first, last)) = self.ranges.get(node).copied().flatten() else { return true };
        let (first, last) = (first - offset, last - offset);
        let second = |at: i64| at.div_euclid(NANOS_PER_SECOND);
        let known = Offset(second(offset) as i32);
        let set = |from: i64, to: i64| from < to && Zone::any_sets(known, second(from), second(to));
        spans.iter().any(|(from, to)| !set(first, *from) && !set(*to, last))
    }

    /// All of them, of whatever time.
    pub(super) fn all(&self) -> BTreeSet<i64> {
        self.used.keys().chain(self.seasons.iter().flatten()).copied().chain([0]).collect()
    }
}

/// Offsets of zones at which files of several programs were last changed when their last records were written: not by
/// chance.
fn agreed(nodes: &Nodes<'_>, mtimes: &[Vote], newest: i64) -> Vec<(i64, Span)> {
    let mut found: BTreeMap<i64, [BTreeSet<i64>; 2]> = BTreeMap::new();
    for vote in mtimes.iter().filter(|vote| vote.node < nodes.runs.len()) {
        let [logs, moments] = found.entry(vote.offset).or_default();
        logs.insert(vote.log as i64);
        moments.insert(vote.moment);
    }
    let second = |nanos: i64| nanos.div_euclid(NANOS_PER_SECOND);
    let minute = |moment: &i64| moment * 60 * NANOS_PER_SECOND;
    found
        .into_iter()
        .filter(|(_, [logs, moments])| logs.len() > 1 && moments.len() > 1)
        .filter(|(offset, _)| Zone::any_has(Offset(second(*offset) as i32), second(newest)))
        .filter_map(|(offset, [_, moments])| {
            Some((offset, (minute(moments.first()?), minute(moments.last()?))))
        })
        .collect()
}

/// For each node the offsets that a zone has at its ends; for stamps that name theirs, the one it has now.
fn seasons(nodes: &Nodes<'_>, zone: &Zone, newest: i64) -> Vec<[i64; 2]> {
    let now = offset_at(zone, newest);
    let at = |run: usize| {
        let (first, last) = nodes.runs.get(run)?.range()?;
        Some([first, last].map(|at| offset_at(zone, utc(zone, at))))
    };
    (0..nodes.count).map(|node| at(node).unwrap_or([now; 2])).collect()
}
