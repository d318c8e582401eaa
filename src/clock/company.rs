//! Logs that were collected together: the same kind of program on the same host, over the same time.
//!
//! Programs of one kind on one host share a zone, unless something shows otherwise. What could show it
//! is when they were written: a log in another zone would lie hours away from the others. So a log whose
//! own records say nothing has its company's zone if in that zone, and in no other, it lies in the stretch
//! of time that the company covers.

use super::evidence::QUARTER;
use super::witnessed::Nodes;
use super::zones::{Ballot, Solution, distinct};
use crate::base::NANOS_PER_SECOND;

/// Formats that say nothing of who writes them: their logs keep no company.
const GENERIC: [&str; 4] = ["plain", "stamped", "json", "ctime"];

/// Fewest logs that speak for the company, and fewest different times that they quote together.
const FEWEST_PEERS: usize = 2;
const FEWEST_QUOTED: usize = 4;
const FEWEST_TIGHT: usize = 3;

/// With so many, a log may be much shorter than its company.
const MANY_PEERS: usize = 5;

/// Fewest pauses between records that make a log of a company's size, and how far it may reach beyond it,
/// nanoseconds.
const FEWEST_PAUSES: u64 = 3;
const SLACK: i64 = 120 * NANOS_PER_SECOND;

/// A log that speaks for its company's zone.
struct Peer {
    run: usize,
    offset: i64,
    /// First and last instant, UTC.
    ends: (i64, i64),
}

/// For each run that nothing else decides: the offset of its company, and who that is.
pub(super) fn company(
    nodes: &Nodes<'_>,
    solution: &Solution,
    ballot: &Ballot,
    hosts: &[Option<String>],
) -> Vec<Option<(i64, Vec<usize>)>> {
    let mut found: Vec<Option<(i64, Vec<usize>)>> = vec![None; nodes.runs.len()];
    // Those that fill their company's time join first; with them it may be large enough for the short.
    for _ in 0..2 {
        let peers: Vec<Peer> = (0..nodes.runs.len())
            .filter_map(|run| {
                let decided = solution.decisions[run].as_ref().map(|decision| decision.offset);
                let joined = found[run].as_ref().map(|(offset, _)| *offset);
                let quoted = || Some(ballot.quotes(run).next()?.offset);
                let offset = decided.or(joined).or_else(quoted)?;
                let (first, last) = nodes.ends(run)?;
                Some(Peer { run, offset, ends: (first - offset, last - offset) })
            })
            .collect();
        let open: Vec<usize> = (0..nodes.runs.len())
            .filter(|run| solution.decisions[*run].is_none() && !solution.disputed.contains(run))
            .filter(|run| found[*run].is_none())
            .collect();
        for run in open {
            found[run] = company_of(run, nodes, &peers, ballot, hosts);
        }
    }
    found
}

fn company_of(
    run: usize,
    nodes: &Nodes<'_>,
    peers: &[Peer],
    ballot: &Ballot,
    hosts: &[Option<String>],
) -> Option<(i64, Vec<usize>)> {
    let file = nodes.file(run);
    let format = nodes.files[file].format;
    let pauses: u64 = nodes.runs[run].stretches.iter().map(|stretch| stretch.gaps.total()).sum();
    if GENERIC.contains(&format) || pauses == 0 {
        return None;
    }
    let mut alike: Vec<&Peer> = peers
        .iter()
        .filter(|peer| {
            let other = nodes.file(peer.run);
            let own = nodes.files[other].source == nodes.files[file].source;
            nodes.files[other].format == format && hosts[other] == hosts[file] && !own
        })
        .collect();
    // Each log speaks once.
    alike.dedup_by_key(|peer| nodes.runs[peer.run].source);
    let offset = alike.first()?.offset;
    let said = || alike.iter().flat_map(|peer| ballot.quotes(peer.run)).filter(|vote| vote.offset == offset);
    // One that says otherwise, and nobody speaks for the company.
    if alike.len() < FEWEST_PEERS
        || alike.iter().any(|peer| peer.offset != offset)
        || (distinct(said()) < FEWEST_QUOTED && distinct(said().filter(|vote| vote.tight)) < FEWEST_TIGHT)
        || ballot.quotes(run).any(|vote| vote.offset != offset)
    {
        return None;
    }
    let middle = |mut ends: Vec<i64>| {
        ends.sort_unstable();
        ends[ends.len() / 2]
    };
    let start = middle(alike.iter().map(|peer| peer.ends.0).collect()) - SLACK;
    let end = middle(alike.iter().map(|peer| peer.ends.1).collect()) + SLACK;
    let (first, last) = nodes.ends(run)?;
    let inside = start <= first - offset && last - offset <= end;
    let only_there = (end - start) - (last - first) < QUARTER;
    let long = (last - first) * 4 > end - start && pauses >= FEWEST_PAUSES;
    (inside && only_there && (long || alike.len() >= MANY_PEERS))
        .then(|| (offset, alike.iter().map(|peer| peer.run).filter(|peer| *peer != run).collect()))
}
