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

/// The usual offsets, nanoseconds.
#[derive(Debug)]
pub(super) struct Usual {
    /// At any time.
    used: BTreeSet<i64>,
    /// Of each node at its ends: in winter, an offset of summer is as unusual as any.
    seasons: Vec<[i64; 2]>,
}

impl Usual {
    /// What is usual before any evidence was weighed. `now` stands for the newest record where there is none.
    pub(super) fn new(nodes: &Nodes<'_>, zone: &Zone, mtimes: &[Vote], now: i64) -> Self {
        let newest = nodes.runs.iter().filter_map(|run| Some(run.range()?.1)).max().unwrap_or(now);
        let mut used: BTreeSet<i64> = nodes.labels();
        used.insert(0);
        used.extend(agreed(nodes, mtimes, newest));
        Self { used, seasons: seasons(nodes, zone, newest) }
    }

    /// Adds what evidence has shown to be used.
    pub(super) fn extend(&mut self, offsets: impl Iterator<Item = i64>) {
        self.used.extend(offsets);
    }

    /// Whether an offset is usual for a node.
    pub(super) fn holds(&self, node: usize, offset: i64) -> bool {
        self.used.contains(&offset) || self.seasons[node].contains(&offset)
    }

    /// All of them, of whatever time.
    pub(super) fn all(&self) -> BTreeSet<i64> {
        self.used.iter().chain(self.seasons.iter().flatten()).copied().collect()
    }
}

/// Offsets of zones at which files of several programs were last changed when their last records were written: not by
/// chance.
fn agreed(nodes: &Nodes<'_>, mtimes: &[Vote], newest: i64) -> impl Iterator<Item = i64> {
    let mut found: BTreeMap<i64, [BTreeSet<i64>; 2]> = BTreeMap::new();
    for vote in mtimes.iter().filter(|vote| vote.node < nodes.runs.len()) {
        let [logs, moments] = found.entry(vote.offset).or_default();
        logs.insert(vote.log as i64);
        moments.insert(vote.moment);
    }
    found
        .into_iter()
        .filter(|(_, [logs, moments])| logs.len() > 1 && moments.len() > 1)
        .filter(move |(offset, _)| {
            let second = |nanos: i64| nanos.div_euclid(NANOS_PER_SECOND);
            Zone::any_has(Offset(second(*offset) as i32), second(newest))
        })
        .map(|(offset, _)| offset)
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
