//! From testimony to evidence: votes of a run for its own offset, and links between two runs.
//!
//! All of it works the same way: the difference between a wall clock and a time that belongs to the same
//! moment is an offset plus a delay. Offsets are multiples of a quarter of an hour, delays are short, so
//! the difference splits into both; one that does not was no pair of the same moment.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::base::NANOS_PER_SECOND;
use crate::witness::{MarkKind, SaidBy};

/// The grid that offsets lie on: a quarter of an hour, nanoseconds. (Offsets since 1972 do.)
pub(super) const QUARTER: i64 = 900 * NANOS_PER_SECOND;

/// Offsets lie within -12:00 to +14:00; differences between two within 26 hours.
pub(super) const WIDEST: i64 = 26 * 3_600 * NANOS_PER_SECOND;

/// A difference split into quarters and delay, if the delay is in `fresh` (from, to).
pub(super) fn split(difference: i64, fresh: (i64, i64)) -> Option<i64> {
    if difference.unsigned_abs() > (WIDEST + QUARTER).unsigned_abs() {
        return None;
    }
    let quarters = (difference - fresh.0).div_euclid(QUARTER) * QUARTER;
    (difference - quarters <= fresh.1).then_some(quarters)
}

/// How long before its record a quoted time may lie, and how far behind it for the coarseness of both.
pub(super) const FRESH: (i64, i64) = (-2 * NANOS_PER_SECOND, 30 * NANOS_PER_SECOND);

/// A delay this short is hardly one: the coarseness of a second on both sides.
pub(super) const TIGHT: i64 = 2 * NANOS_PER_SECOND;

/// A mark seen in one run: a node of the graph that zones are solved on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seen {
    pub node: usize,
    pub kind: MarkKind,
    pub hash: u64,
    /// First and last, nanoseconds by the run's own clock.
    pub span: (i64, i64),
    pub count: u32,
    /// Where it was first seen: file and offset.
    pub place: (usize, u64),
    /// Whose record it is, hosts by the numbers of [`Kin`](super::kin::Kin).
    pub by: SaidBy,
}

/// What a link rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LinkKind {
    /// Kernel lines on both sides of a jump in one file.
    Uptime,
    /// A jump back by a whole offset in one file.
    Jump,
    /// Messages and other events that both tell of, and identifiers.
    Marks,
    /// Identifiers in both, and nothing else.
    Ids,
    /// Two runs of one log that quote times of the same offset.
    Agreeing,
}

/// How the logs of two marks stand to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Related {
    /// Both are of one log.
    Log,
    /// Told of one host: there the same message in two files is the same event.
    Host,
    No,
}

/// Links between two runs: how often their shared marks agree on an offset between their clocks.
#[derive(Clone, Debug)]
pub(super) struct Link {
    pub kind: LinkKind,
    /// The two nodes, the smaller first.
    pub nodes: (usize, usize),
    /// Clock of the first minus clock of the second, nanoseconds.
    pub offset: i64,
    /// Marks that agree on it, and all marks compared.
    pub votes: (u32, u32),
    /// One of them: file and offset in each.
    pub example: [(usize, u64); 2],
}

impl Link {
    /// Whether it tells of a wall clock that was changed: by another zone, or by being set by as much. So
    /// it tells how two clocks differ, and not what either of them is.
    pub(super) fn changes_clock(&self) -> bool {
        self.offset != 0 && matches!(self.kind, LinkKind::Uptime | LinkKind::Jump)
    }
}

/// Marks that last longer than this in one run name no moment.
const TRANSIENT: i64 = 60 * NANOS_PER_SECOND;

/// How far apart one moment's identifier may be written in two logs, and one event's message.
pub(super) const ID_APART: i64 = 30 * NANOS_PER_SECOND;
pub(super) const MESSAGE_APART: i64 = 3 * NANOS_PER_SECOND;

/// Marks in more runs than this link too many pairs to be worth it.
const MOST_RUNS: usize = 12;

/// Fewest marks that must agree when all do; and when some do not, how many, and which share of all.
const FEWEST_UNANIMOUS: u32 = 3;
const FEWEST: u32 = 5;
const SHARE: f64 = 0.8;

/// Events whose marks speak for an offset, and where one of them stands in each file. Messages of one second are
/// one event, however many lines it took; identifiers of one record are.
type Spoken = (BTreeSet<Event>, [(usize, u64); 2]);
type Event = (i64, u64);

/// What marks of two nodes say together.
#[derive(Default)]
struct Tally {
    /// By offset.
    votes: BTreeMap<i64, Spoken>,
    /// Events whose marks speak for none.
    astray: BTreeSet<Event>,
    /// Whether a mark is more than an identifier.
    events: bool,
}

impl Tally {
    /// The offset that most events agree on.
    fn link(self, nodes: (usize, usize)) -> Option<Link> {
        let count = |events: &BTreeSet<Event>| u32::try_from(events.len()).unwrap_or(u32::MAX);
        let total = self.votes.values().map(|(events, _)| count(events)).sum::<u32>() + count(&self.astray);
        let (offset, (events, example)) =
            self.votes.into_iter().max_by_key(|(_, (events, _))| events.len())?;
        let votes = count(&events);
        let enough = (votes >= FEWEST_UNANIMOUS && votes == total)
            || (votes >= FEWEST && f64::from(votes) >= SHARE * f64::from(total));
        enough.then_some(Link {
            kind: if self.events { LinkKind::Marks } else { LinkKind::Ids },
            nodes,
            offset,
            votes: (votes, total),
            example,
        })
    }
}

/// Finds the links. `related` tells of two marks how their logs stand to each other.
pub(super) fn links(mut seen: Vec<Seen>, related: impl Fn(&Seen, &Seen) -> Related) -> Vec<Link> {
    seen.sort_unstable_by_key(|seen| (seen.hash, seen.kind, seen.node));
    let mut tallies: HashMap<(usize, usize), Tally> = HashMap::new();
    for group in seen.chunk_by(|a, b| (a.hash, a.kind) == (b.hash, b.kind)) {
        if !(2..=MOST_RUNS).contains(&group.len()) {
            continue;
        }
        for (index, a) in group.iter().enumerate() {
            for b in &group[index + 1..] {
                let message = a.kind == MarkKind::Message;
                let apart = match related(a, b) {
                    // A log tells one event once: what comes again is another.
                    Related::Log => true,
                    Related::Host => false,
                    Related::No => a.kind != MarkKind::Id,
                };
                if apart || (message && a.count != b.count) {
                    continue;
                }
                if a.span.1 - a.span.0 > TRANSIENT || b.span.1 - b.span.0 > TRANSIENT {
                    continue;
                }
                let apart = if a.kind == MarkKind::Id { ID_APART } else { MESSAGE_APART };
                let tally = tallies.entry((a.node, b.node)).or_default();
                tally.events |= a.kind != MarkKind::Id;
                let event = match message {
                    true => (a.span.0.div_euclid(NANOS_PER_SECOND), 0),
                    false => (a.place.0 as i64, a.place.1),
                };
                match split(a.span.0 - b.span.0, (-apart, apart)) {
                    Some(offset) => {
                        let example = [a.place, b.place];
                        let (events, _) = tally.votes.entry(offset).or_insert((BTreeSet::new(), example));
                        events.insert(event);
                    }
                    None => _ = tally.astray.insert(event),
                }
            }
        }
    }
    let mut links: Vec<Link> = tallies.into_iter().filter_map(|(nodes, tally)| tally.link(nodes)).collect();
    // The best supported first; nothing here may depend on the order of a hash table.
    links.sort_by(|a, b| b.votes.0.cmp(&a.votes.0).then_with(|| a.nodes.cmp(&b.nodes)));
    links
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 3_600 * NANOS_PER_SECOND;

    #[test]
    fn a_difference_splits_into_offset_and_delay() {
        let second = NANOS_PER_SECOND;
        assert_eq!(split(2 * HOUR + second, FRESH), Some(2 * HOUR));
        assert_eq!(split(2 * HOUR - second, FRESH), Some(2 * HOUR));
        assert_eq!(split(-4 * HOUR + 20 * second, FRESH), Some(-4 * HOUR));
        assert_eq!(split(2 * HOUR + 40 * second, FRESH), None);
        assert_eq!(split(5 * HOUR + 45 * 60 * second, FRESH), Some(5 * HOUR + 45 * 60 * second));
        assert_eq!(split(300 * HOUR, FRESH), None);
    }

    fn seen(node: usize, hash: u64, at: i64) -> Seen {
        Seen {
            node,
            kind: MarkKind::Id,
            hash,
            span: (at, at),
            count: 1,
            place: (node, hash),
            by: SaidBy::Unnamed,
        }
    }

    #[test]
    fn five_of_a_kind_make_a_link_and_strays_break_it() {
        let marks = |strays: u64| -> Vec<Seen> {
            (0..6 + strays)
                .flat_map(|id| {
                    let at = id as i64 * 17 * NANOS_PER_SECOND;
                    let stray = if id < 6 { 0 } else { (100 + id as i64 * 77) * NANOS_PER_SECOND };
                    [seen(0, id, at + 9 * HOUR), seen(1, id, at + stray)]
                })
                .collect()
        };
        let found = links(marks(1), |_, _| Related::Host);
        assert_eq!((found[0].nodes, found[0].offset, found[0].votes), ((0, 1), 9 * HOUR, (6, 7)));
        assert!(links(marks(4), |_, _| Related::Host).is_empty());
        assert!(links(marks(0).split_off(8), |_, _| Related::Host).is_empty(), "too few");
        assert!(links(marks(0), |_, _| Related::Log).is_empty(), "one log tells one event once");
        let at_once = marks(0).into_iter().map(|seen| {
            let at = seen.node as i64 * 9 * HOUR;
            Seen { kind: MarkKind::Message, span: (at, at), ..seen }
        });
        assert!(links(at_once.collect(), |_, _| Related::Host).is_empty(), "six messages of one moment");
    }
}
