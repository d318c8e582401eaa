//! Runs in which a clock may have been set without a trace: what is known of some of their records is not known of
//! the others, and says nothing of other runs.

use std::collections::{BTreeMap, BTreeSet};

use super::evidence::Link;
use super::stretches::LONGEST_USUAL;
use super::witnessed::Nodes;
use super::zones::{self, Ballot, Solution, Usual};
use crate::base::NANOS_PER_SECOND;
use crate::survey::{Gaps, JUMP};
use crate::time::{Offset, Zone};

const HOUR: i64 = 3_600;

/// Why a run is known in part only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Unseen {
    /// The offset that some of its records have.
    pub offset: i64,
    /// What may have set the clock of the others.
    pub by: &'static str,
}

/// Solves the clocks, and once more without those runs that are known in part only: a link to one of them may be one
/// to either part.
pub(super) fn solve(
    nodes: &Nodes<'_>,
    links: &[Link],
    ballot: &Ballot,
    usual: &Usual<'_>,
) -> (Solution, BTreeMap<usize, Unseen>) {
    let sparse = sparse(nodes);
    let mut links = links.to_vec();
    let mut found: BTreeMap<usize, Unseen> = BTreeMap::new();
    loop {
        let mut solution = zones::solve(nodes.count, &links, ballot.all(), usual);
        let known = found.len();
        for run in 0..nodes.runs.len() {
            let Some(offset) = solution.decisions[run].map(|decision| decision.offset) else { continue };
            if let Some(by) = other_hour(nodes, &sparse, run, offset) {
                found.entry(run).or_insert(Unseen { offset, by });
            }
        }
        if found.len() == known {
            found.keys().for_each(|run| solution.decisions[*run] = None);
            return (solution, found);
        }
        // Links are told by number, so they keep their places and say nothing.
        for link in &mut links {
            let (a, b) = link.nodes;
            if let Some(part) = [a, b].into_iter().find(|node| found.contains_key(node)) {
                (link.nodes, link.offset) = ((part, part), 0);
            }
        }
    }
}

/// Sources of which one pause in fifty is long enough to begin a run of its own.
fn sparse(nodes: &Nodes<'_>) -> BTreeSet<usize> {
    let mut logs: BTreeMap<usize, (u64, u64)> = BTreeMap::new();
    for run in &nodes.runs {
        let (runs, gaps) = logs.entry(run.source).or_default();
        *runs += 1;
        *gaps += run.stretches.iter().map(|stretch| stretch.gaps.total()).sum::<u64>();
    }
    logs.into_iter()
        .filter(|(_, (runs, gaps))| runs.saturating_sub(1) * 50 > runs + gaps)
        .map(|log| log.0)
        .collect()
}

/// What may have set the clock of some records of a run apart from that of others without a trace, if anything.
fn other_hour(nodes: &Nodes<'_>, sparse: &BTreeSet<usize>, run: usize, offset: i64) -> Option<&'static str> {
    let run = &nodes.runs[run];
    let (first, last) = run.range()?;
    let second = |at: i64| (at - offset).div_euclid(NANOS_PER_SECOND);
    let known = Offset((offset / NANOS_PER_SECOND) as i32);
    // Lines that came late, from before a clock was set.
    let in_order = run.stretches.iter().filter_map(|stretch| stretch.ends).next()?.0;
    if first < in_order - JUMP && Zone::any_sets(known, second(first) - HOUR, second(last) + HOUR) {
        return Some("set their clocks meanwhile, and some of its lines are older than those above them");
    }
    // Where a log pauses for a while anyway, an hour that came twice may have passed in silence.
    let mut gaps = Gaps::default();
    run.stretches.iter().for_each(|stretch| gaps.merge(&stretch.gaps));
    let pauses =
        gaps.quantile(0.98).is_some_and(|usual| usual > LONGEST_USUAL) || sparse.contains(&run.source);
    (pauses && Zone::any_sets_back(known, second(first) - HOUR, second(last) + HOUR))
        .then_some("set their clocks back meanwhile, which its pauses may hide")
}
