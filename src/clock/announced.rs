//! Zones that records state. That a machine's zone was changed proves something only where stamps jump right behind
//! it, by as much as the change would make them: a daemon that was not started again goes on as before. What
//! settings state is the best guess where nothing else is known.

use std::collections::BTreeMap;

use super::proof::Place;
use super::spans::utc;
use super::stretches::{Follows, Sequence, Stretch};
use super::witnessed::Nodes;
use super::zones::{ON_EARTH, Vote, VoteKind};
use crate::base::NANOS_PER_SECOND;
use crate::survey::Gaps;
use crate::time::Zone;
use std::collections::BTreeSet;

/// How long after a change of the machine's zone a daemon may be started again, nanoseconds.
const FOLLOWS: i64 = 3_600 * NANOS_PER_SECOND;

/// The longest usual pause of a log whose jumps are weighed here.
const LONGEST_PAUSE: i64 = 900 * NANOS_PER_SECOND;

/// What records state of zones.
#[derive(Debug, Default)]
pub(super) struct Announced {
    /// Votes of those whose stamps bear them out.
    pub votes: Vec<Vote>,
    /// All zones stated, by name.
    pub zones: Vec<Zone>,
    /// By file, the zone that settings on its host state, and where.
    pub settings: BTreeMap<usize, (Zone, Place)>,
}

/// A change of a machine's zone that stamps bear out.
#[derive(Clone, Copy, Debug)]
struct Change {
    /// Offsets before and after, nanoseconds.
    offsets: (i64, i64),
    /// When, by the clock before it.
    at: i64,
}

/// Hears what records state of zones. `usual` are offsets that a zone may have been changed from.
pub(super) fn announced(
    nodes: &Nodes<'_>,
    sequences: &[Sequence],
    hosts: &[Option<String>],
    usual: &BTreeSet<i64>,
) -> Announced {
    let mut heard = Announced::default();
    let mut of_host: BTreeMap<&str, Vec<(Zone, Place)>> = BTreeMap::new();
    for (file, facts) in nodes.files.iter().enumerate() {
        for stated in &facts.testimony.zones {
            let Ok(zone) = Zone::parse(&stated.name) else { continue };
            let place = Place { file, offset: stated.offset };
            match (stated.changed, stated.when) {
                (true, Some((piece, written, at))) => {
                    if let Some((node, at)) = nodes.locate(file, piece, written, at) {
                        follow(nodes, sequences, hosts, usual, (&zone, node, at, place), &mut heard.votes);
                    }
                }
                (true, None) => {}
                (false, _) => {
                    if let Some(host) = &hosts[file] {
                        of_host.entry(host).or_default().push((zone.clone(), place));
                    }
                }
            }
            if !heard.zones.contains(&zone) {
                heard.zones.push(zone);
            }
        }
    }
    heard.zones.sort_by(|a, b| a.name().cmp(b.name()));
    for (file, host) in hosts.iter().enumerate() {
        let stated = host.as_deref().and_then(|host| of_host.get(host));
        // Settings that differ are of several programs.
        if let Some([first, rest @ ..]) = stated.map(Vec::as_slice)
            && rest.iter().all(|(zone, _)| *zone == first.0)
        {
            heard.settings.insert(file, first.clone());
        }
    }
    heard
}

/// Votes of the log that tells of a change, if its stamps jump there, and of others of its host that jump alike.
fn follow(
    nodes: &Nodes<'_>,
    sequences: &[Sequence],
    hosts: &[Option<String>],
    usual: &BTreeSet<i64>,
    (zone, node, at, place): (&Zone, usize, i64, Place),
    votes: &mut Vec<Vote>,
) {
    let Some(own) = nodes.runs.get(node).map(|run| run.source) else { return };
    let jumps = |source: usize| jumps(nodes, &sequences[source], zone, usual);
    let told = jumps(own).into_iter().find_map(|(runs, offsets, ends)| {
        let at = match (runs.0 == node, runs.1 == node) {
            (true, _) => at,
            (_, true) => at - (offsets.1 - offsets.0),
            _ => return None,
        };
        let change = Change { offsets, at };
        behind(change, offsets, ends).then_some((runs, change))
    });
    let Some((runs, change)) = told else { return };
    let mut changed = vec![runs];
    for source in (0..sequences.len()).filter(|source| *source != own) {
        let file = sequences[source].stretches.first().map(|stretch| stretch.file);
        if file.is_some_and(|file| hosts[file].is_some() && hosts[file] == hosts[place.file]) {
            let found = jumps(source).into_iter().find(|(_, offsets, ends)| behind(change, *offsets, *ends));
            changed.extend(found.map(|(runs, ..)| runs));
        }
    }
    for (before, after) in changed {
        for (run, offset) in [(before, change.offsets.0), (after, change.offsets.1)] {
            votes.push(Vote {
                node: run,
                kind: VoteKind::Label,
                offset,
                log: nodes.log(place.file),
                form: None,
                place: (place.file, Some(place.offset)),
                value: offset,
                moment: offset,
                tight: true,
                named: None,
            });
        }
    }
}

/// Whether a jump comes right behind a change of the machine's zone, and is of the same offsets.
fn behind(change: Change, offsets: (i64, i64), (last, first): (i64, i64)) -> bool {
    const SLACK: i64 = 2 * NANOS_PER_SECOND;
    let back = first - (offsets.1 - offsets.0);
    offsets == change.offsets && last <= change.at + FOLLOWS && back + SLACK >= change.at
}

/// The runs before and behind a jump, the offsets that explain it, and its ends.
type Jump = ((usize, usize), (i64, i64), (i64, i64));

/// Jumps of a log that a change to a zone explains, from one usual offset and no other.
fn jumps(nodes: &Nodes<'_>, sequence: &Sequence, zone: &Zone, usual: &BTreeSet<i64>) -> Vec<Jump> {
    let mut gaps = Gaps::default();
    sequence.stretches.iter().for_each(|stretch| gaps.merge(&stretch.gaps));
    let Some(pause) = gaps.quantile(0.95).filter(|pause| *pause <= LONGEST_PAUSE && gaps.total() >= 8) else {
        return Vec::new();
    };
    // A lease that is renewed every two hours leaves such pauses all day.
    let ends: Vec<(i64, i64)> = sequence.stretches.iter().filter_map(|stretch| stretch.ends).collect();
    let often = |shift: i64| {
        const MOST: usize = 2;
        let long = ends.windows(2).filter(|pair| pair[1].0 - pair[0].1 >= shift / 2).count();
        shift > 0 && long > MOST
    };
    let judge = |(before, (after, follows)): (&Stretch, (&Stretch, &Follows))| {
        if !matches!(follows, Follows::Suspect { .. } | Follows::Unknown) {
            return None;
        }
        let runs = (nodes.run_of(before)?, nodes.run_of(after)?);
        let (last, first) = (before.ends?.1, after.ends?.0);
        let to = first - utc(zone, first);
        let rest = |from: i64| first - last - (to - from);
        let explains = |from: &&i64| {
            **from != to && (-NANOS_PER_SECOND..=pause.max(2 * NANOS_PER_SECOND)).contains(&rest(**from))
        };
        let mut from = usual.iter().filter(explains);
        let one = from.next().filter(|from| ON_EARTH.contains(*from))?;
        (from.next().is_none() && !often(to - one)).then_some((runs, (*one, to), (last, first)))
    };
    let pairs = sequence.stretches.iter().zip(sequence.stretches.iter().zip(&sequence.follows).skip(1));
    pairs.filter_map(judge).collect()
}
