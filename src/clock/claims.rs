//! What logs claim about their own clocks, and each other's: labels, labels proven wrong, jumps back, and
//! quotes that agree.

use std::collections::{BTreeMap, BTreeSet};

use super::evidence::{self, Link};
use super::spans::utc;
use super::stretches::{Follows, Sequence};
use super::witnessed::{Labelled, Nodes};
use super::zones::{self, Ballot, Vote, VoteKind};
use crate::base::{Basis, NANOS_PER_SECOND};
use crate::time::Zone;

/// Files whose records prove that the offset their stamps name is wrong: seconds to add. Times quoted in
/// one form alone may be the ones that are wrong; a modification time that agrees with them settles it.
pub(super) fn lies(nodes: &Nodes<'_>, quoted: &Ballot, mtimes: &[Vote]) -> Vec<Option<i64>> {
    const FEWEST: usize = 3;
    let mut repairs = vec![None; nodes.files.len()];
    for (file, repair) in repairs.iter_mut().enumerate() {
        // Whose clock is wrong is not known where several share the label.
        let Some(node) = nodes.zoned(file).filter(|_| !nodes.files[file].testimony.mixed_labels) else {
            continue;
        };
        let own = quoted.of(node);
        let alone = own.iter().map(|vote| Vote { node: 0, ..*vote }).collect::<Vec<_>>();
        let decided =
            zones::solve(1, &[], &alone, &|_, _| false).decisions[0].map(|decision| decision.offset);
        let backed = || {
            let offset = own.first()?.offset;
            let agree = own.iter().all(|vote| vote.offset == offset) && zones::distinct(own.iter()) >= FEWEST;
            let changed = mtimes.iter().any(|vote| vote.node == node && vote.offset == offset);
            (agree && changed).then_some(offset)
        };
        if let Some(offset) = decided.or_else(backed).filter(|offset| *offset != 0) {
            *repair = Some(-offset / NANOS_PER_SECOND);
        }
    }
    repairs
}

/// Votes of stamps that name their offset, and of zones that were said or that a format fixes.
pub(super) fn labels(nodes: &Nodes<'_>, said: &[(Zone, Basis)], repairs: &[Option<i64>]) -> Vec<Vote> {
    let label = |node: usize, offset: i64, named: Option<i64>| {
        let file = nodes.file(node);
        Vote {
            node,
            kind: VoteKind::Label,
            offset,
            log: nodes.log(file),
            form: None,
            place: (file, None),
            value: file as i64,
            moment: file as i64,
            tight: true,
            named,
        }
    };
    let ranges = nodes.labelled();
    let mut votes = Vec::new();
    for (file, repair) in repairs.iter().enumerate() {
        if let Some(node) = nodes.zoned(file) {
            // One that follows a zone, or was proven wrong and set right, is beyond doubt.
            let one = nodes.named(file).filter(|(min, max)| min == max && repair.is_none());
            let one = one.filter(|(named, _)| !in_time(&ranges, nodes.files[file].source, *named));
            votes.push(label(node, -repair.unwrap_or(0) * NANOS_PER_SECOND, one.map(|(named, _)| named)));
        }
    }
    for (index, run) in nodes.runs.iter().enumerate() {
        let (zone, basis) = &said[nodes.file(index)];
        let Some((first, last)) = run.range().filter(|_| *basis != Basis::ZONE_DEFAULT) else { continue };
        let offset = |at: i64| at - utc(zone, at);
        // A zone that changes its offset inside the run is no single number.
        if offset(first) == offset(last) {
            votes.push(label(index, offset(first), None));
        }
    }
    votes
}

/// Whether a log whose stamps name an offset covers the same time as one of another program that names another: if
/// the offset were not so, both its ends would lie as far from the other's as the offset is long.
fn in_time(ranges: &BTreeMap<&str, Labelled>, source: &str, named: i64) -> bool {
    let Some(own) = ranges.get(source) else { return false };
    ranges.values().any(|other| {
        // One that says UTC would be off by what the other names.
        let off = if named == 0 { other.named } else { named }.abs();
        let near = |a: i64, b: i64| (a - b).abs() <= off / 4;
        other.log != own.log
            && other.named != own.named
            && near(own.range.0, other.range.0)
            && near(own.range.1, other.range.1)
    })
}

/// A log whose stamps fall back by a whole offset goes on: time does not run backwards, so its wall clock
/// was changed by just that. Not where kernel lines have already told.
pub(super) fn jumps_back(nodes: &Nodes<'_>, sequences: &[Sequence], known: &[Link]) -> Vec<Link> {
    let mut links = Vec::new();
    for sequence in sequences {
        for (index, follows) in sequence.follows.iter().enumerate().skip(1) {
            let Follows::Suspect { grid, .. } = follows else { continue };
            let (before, after) = (&sequence.stretches[index - 1], &sequence.stretches[index]);
            let (Some(old), Some(new)) = (nodes.run_of(before), nodes.run_of(after)) else { continue };
            let told = known.iter().any(|link| link.nodes == (new, old));
            if *grid >= 0 || told || old == new || before.file != after.file {
                continue;
            }
            let start = nodes.begin(after);
            links.push(Link {
                kind: evidence::LinkKind::Jump,
                nodes: (new, old),
                offset: *grid,
                votes: (100, 100),
                example: [(after.file, start), (before.file, start.saturating_sub(1))],
            });
        }
    }
    links
}

/// Whether identifiers that set two logs a whole offset apart look like a queue that waits as long: read without
/// the offset, the two logs end closer to each other than with it.
pub(super) fn queued(ends: &[Option<i64>], link: &Link) -> bool {
    if link.kind != evidence::LinkKind::Ids || link.offset == 0 {
        return false;
    }
    let (Some(a), Some(b)) = (ends[link.nodes.0], ends[link.nodes.1]) else { return false };
    (a - b).abs() < (a - b - link.offset).abs()
}

/// Whether the quotes of a source speak for an offset. A zone is changed once, or there and back; a log that quotes
/// now one, now another, or three of them, quotes old times, or times to come, and of those some always agree.
pub(super) fn steady(nodes: &Nodes<'_>, ballot: &Ballot) -> impl Fn(usize, i64) -> bool {
    const MOST_CHANGES: usize = 2;
    const MOST_OFFSETS: usize = 2;
    let mut quoted: BTreeMap<usize, Vec<i64>> = BTreeMap::new();
    for run in 0..nodes.runs.len() {
        let offsets = ballot.quotes(run).map(|vote| vote.offset);
        quoted.entry(nodes.runs[run].source).or_default().extend(offsets);
    }
    move |source, offset| {
        let Some(quoted) = quoted.get(&source) else { return true };
        let changes = quoted.windows(2).filter(|pair| pair[0] != pair[1]).count();
        let agree = quoted.iter().filter(|quote| **quote == offset).count();
        let offsets = quoted.iter().collect::<BTreeSet<_>>().len();
        (changes <= MOST_CHANGES && offsets <= MOST_OFFSETS) || agree * 5 >= quoted.len() * 4
    }
}

/// Runs that quote times of one offset and of no other: those of one source one after the other, and those
/// of different logs that quote more than once. Together they have more to say than each alone.
pub(super) fn agreeing(nodes: &Nodes<'_>, ballot: &Ballot) -> Vec<Link> {
    struct Speaker {
        run: usize,
        log: usize,
        offset: i64,
        place: (usize, u64),
        quotes: usize,
    }
    let speaker = |run: usize| -> Option<Speaker> {
        let own = || ballot.quotes(run);
        let first = own().next()?;
        own().all(|vote| vote.offset == first.offset).then_some(Speaker {
            run,
            log: first.log,
            offset: first.offset,
            place: (first.place.0, first.place.1?),
            quotes: zones::distinct(own()),
        })
    };
    let steady = steady(nodes, ballot);
    let quoting: Vec<(usize, Option<Speaker>)> = (0..nodes.runs.len())
        .filter(|run| ballot.quotes(*run).next().is_some())
        .map(|run| (run, speaker(run).filter(|speaker| steady(nodes.runs[run].source, speaker.offset))))
        .collect();
    let link = |a: &Speaker, b: &Speaker| Link {
        kind: evidence::LinkKind::Agreeing,
        nodes: (a.run, b.run),
        offset: 0,
        votes: (1, 1),
        example: [a.place, b.place],
    };
    let mut links = Vec::new();
    for pair in quoting.windows(2) {
        if let [(before, Some(old)), (after, Some(new))] = pair
            && nodes.runs[*before].source == nodes.runs[*after].source
            && old.offset == new.offset
        {
            links.push(link(new, old));
        }
    }
    // One of each log is enough to join them.
    let mut heard: Vec<&Speaker> = Vec::new();
    for speaker in quoting.iter().filter_map(|(_, speaker)| speaker.as_ref()) {
        if speaker.quotes < 2 {
            continue;
        }
        match heard.iter().find(|other| other.offset == speaker.offset) {
            Some(other) if other.log != speaker.log => links.push(link(speaker, other)),
            Some(_) => {}
            None => heard.push(speaker),
        }
    }
    links
}
