//! Solves the offsets of all runs together: what one knows by itself, its relations pass on.
//!
//! Runs are nodes, links say how two clocks differ, votes how a clock differs from UTC. Links join nodes
//! into groups of known relative offsets (union-find with potentials); a group whose votes agree is
//! decided as a whole. What contradicts itself stays open: an open clock is a guess that says so, a
//! wrong one is a lie.

use std::collections::{BTreeMap, BTreeSet};

use super::evidence::{Link, LinkKind};
use crate::base::NANOS_PER_SECOND;
use crate::witness::Form;

/// How a run's offset can be known without any other run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum VoteKind {
    /// Its stamps name their offset.
    Label,
    /// A record quotes an absolute time of the same moment.
    Quoted,
    /// What is known to the second stands right beside a record: the last change of the file, or a record that counts
    /// from 1970.
    Beside,
}

/// A vote for one offset of one node's clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Vote {
    pub node: usize,
    pub kind: VoteKind,
    /// Clock minus UTC, nanoseconds.
    pub offset: i64,
    /// The log that speaks: a number for its source; and in which form, where several are possible.
    pub log: usize,
    pub form: Option<Form>,
    /// File and offset of what shows it; no offset for a file as a whole.
    pub place: (usize, Option<u64>),
    /// What is quoted, and when, in seconds: both must differ for two votes to count as two. One record
    /// may list ten times of one day long ago, and one old time may be quoted every minute.
    pub value: i64,
    pub moment: i64,
    /// Whether hardly any delay is left: by chance that is ten times rarer.
    pub tight: bool,
    /// Of a label: the offset it names, nanoseconds; none where it is beyond doubt.
    pub named: Option<i64>,
}

/// How a node was decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum By {
    /// By votes of its own.
    Own(VoteKind),
    /// By a link to a node whose group is decided: index of the link.
    Link(usize),
}

/// A decided clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Decision {
    /// Clock minus UTC, nanoseconds.
    pub offset: i64,
    pub by: By,
    /// Votes of the deciding kind in its group: for it, and all.
    pub votes: (u32, u32),
}

/// What came out.
#[derive(Clone, Debug, Default)]
pub(super) struct Solution {
    /// Per node.
    pub decisions: Vec<Option<Decision>>,
    /// For each node its group, and its clock minus that of the group's root: what is known of clocks
    /// relative to each other.
    pub groups: Vec<(usize, i64)>,
    /// Nodes whose group holds contradicting votes.
    pub disputed: BTreeSet<usize>,
    /// What a label says of a node, where nothing but that label says so.
    pub hints: BTreeMap<usize, i64>,
}

/// How far west and east clocks are set, nanoseconds.
pub(super) const ON_EARTH: std::ops::RangeInclusive<i64> =
    -12 * 3_600 * NANOS_PER_SECOND..=14 * 3_600 * NANOS_PER_SECOND;

/// Fewest quoted times that decide, and of all fresh ones at least this share.
const FEWEST_QUOTED: u32 = 3;
const SHARE: f64 = 0.8;
const FEWEST_SPEAKERS: usize = 2;

/// How many of the votes count: different things quoted at different times.
pub(super) fn distinct<'a>(votes: impl Iterator<Item = &'a Vote>) -> usize {
    let (mut values, mut moments) = (BTreeSet::new(), BTreeSet::new());
    for vote in votes {
        values.insert(vote.value);
        moments.insert(vote.moment);
    }
    values.len().min(moments.len())
}

/// Votes by node, for those who ask one node after the other.
#[derive(Debug)]
pub(super) struct Ballot {
    votes: Vec<Vote>,
    /// Where each node's votes start, and where the last one's end.
    starts: Vec<usize>,
}

impl Ballot {
    /// Sorts the votes of `nodes` nodes; those of one node keep their order.
    pub(super) fn new(nodes: usize, mut votes: Vec<Vote>) -> Self {
        votes.sort_by_key(|vote| vote.node);
        let starts = (0..=nodes).map(|node| votes.partition_point(|vote| vote.node < node)).collect();
        Self { votes, starts }
    }

    /// All votes, by node.
    pub(super) fn all(&self) -> &[Vote] {
        &self.votes
    }

    /// The votes of a node.
    pub(super) fn of(&self, node: usize) -> &[Vote] {
        &self.votes[self.starts[node]..self.starts[node + 1]]
    }

    /// The votes of a node that rest on quoted times.
    pub(super) fn quotes(&self, node: usize) -> impl Iterator<Item = &Vote> {
        self.of(node).iter().filter(|vote| vote.kind == VoteKind::Quoted)
    }
}

/// What links say of one node.
#[derive(Clone, Copy, Debug, Default)]
struct Linked {
    /// The best link that touches it: an index.
    first: Option<usize>,
    /// The most votes of a link that touches it.
    best: u32,
    /// Whether one of them rests on shared marks.
    marks: bool,
}

/// Of a node and an offset: see [`solve`].
pub(super) type Usual<'a> = dyn Fn(usize, i64) -> bool + 'a;

struct Groups {
    parent: Vec<usize>,
    /// Clock of the node minus clock of its parent.
    potential: Vec<i64>,
}

impl Groups {
    fn find(&self, mut node: usize) -> (usize, i64) {
        let mut offset = 0;
        while self.parent[node] != node {
            offset += self.potential[node];
            node = self.parent[node];
        }
        (node, offset)
    }
}

/// Solves `nodes` clocks. Links must come best first. `usual` says of a node and an offset whether it needs less
/// proof: UTC, and what the zone that was given first has at the time.
pub(super) fn solve(nodes: usize, links: &[Link], votes: &[Vote], usual: &Usual<'_>) -> Solution {
    let mut groups = Groups { parent: (0..nodes).collect(), potential: vec![0; nodes] };
    let mut solution = Solution { decisions: vec![None; nodes], ..Solution::default() };
    let mut tainted = vec![false; nodes];
    let mut linked = vec![Linked::default(); nodes];
    for (index, link) in links.iter().enumerate() {
        let (a, b) = link.nodes;
        let ((root_a, at_a), (root_b, at_b)) = (groups.find(a), groups.find(b));
        let best = linked[a].best.max(linked[b].best);
        for node in [a, b] {
            let linked = &mut linked[node];
            linked.first = linked.first.or(Some(index));
            linked.best = linked.best.max(link.votes.0);
            linked.marks |= matches!(link.kind, LinkKind::Marks | LinkKind::Ids);
        }
        if root_a == root_b {
            // A weak link against strong ones is a mistake of its own; a strong one casts doubt.
            if at_a - at_b != link.offset && link.votes.0 * 5 > best {
                (tainted[a], tainted[b]) = (true, true);
            }
            continue;
        }
        groups.parent[root_a] = root_b;
        groups.potential[root_a] = at_b + link.offset - at_a;
    }
    let mut members: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for node in 0..nodes {
        members.entry(groups.find(node).0).or_default().push(node);
    }
    let mut of_node: Vec<Vec<&Vote>> = vec![Vec::new(); nodes];
    for vote in votes {
        of_node[vote.node].push(vote);
    }
    solution.groups = (0..nodes).map(|node| groups.find(node)).collect();
    for group in members.values() {
        decide(group, &groups, &linked, &of_node, usual, &tainted, &mut solution);
    }
    solution
}

/// Votes for the offset of a group's root, by kind: how many that differ.
fn tally(group: &[usize], groups: &Groups, of_node: &[Vec<&Vote>], tainted: &[bool]) -> Tallies {
    let mut tallies: BTreeMap<VoteKind, BTreeMap<i64, Vec<&Vote>>> = BTreeMap::new();
    for &node in group.iter().filter(|node| !tainted[**node]) {
        let at = groups.find(node).1;
        for vote in &of_node[node] {
            tallies.entry(vote.kind).or_default().entry(vote.offset - at).or_default().push(vote);
        }
    }
    tallies
        .into_iter()
        .map(|(kind, votes)| {
            (kind, votes.into_iter().map(|(offset, votes)| (offset, distinct(votes.into_iter()))).collect())
        })
        .collect()
}

/// Votes by kind and by offset of the group's root: how many that differ.
type Tallies = BTreeMap<VoteKind, BTreeMap<i64, usize>>;

/// Whether something else says the same as the labels of a group: other programs, a file time, a quoted time. One
/// program may write a label that is not so, and whoever shares marks with it would follow.
fn vouched(label: i64, tallies: &Tallies, votes: &[&Vote]) -> bool {
    let agrees =
        |kind| tallies.get(&kind).is_some_and(|tally| tally.len() == 1 && tally.contains_key(&label));
    if agrees(VoteKind::Quoted) || agrees(VoteKind::Beside) {
        return true;
    }
    let mut labels = votes.iter().filter(|vote| vote.kind == VoteKind::Label).map(|vote| vote.named);
    let first = labels.next().flatten();
    first.is_none() || labels.any(|named| named != first)
}

fn decide(
    group: &[usize],
    groups: &Groups,
    linked: &[Linked],
    of_node: &[Vec<&Vote>],
    usual: &Usual<'_>,
    tainted: &[bool],
    solution: &mut Solution,
) {
    let tallies = tally(group, groups, of_node, tainted);
    let sound = group.iter().filter(|node| !tainted[**node]);
    let votes_of: Vec<&Vote> = sound.flat_map(|node| &of_node[*node]).copied().collect();
    // A program that computes its times wrongly is wrong by the same amount in all of them: it takes two
    // logs that quote times, or one that quotes them in two forms.
    let speakers = |offset: i64| {
        let agree =
            |vote: &&&Vote| vote.kind == VoteKind::Quoted && vote.offset - groups.find(vote.node).1 == offset;
        let speakers: BTreeSet<(usize, Option<Form>)> =
            votes_of.iter().filter(agree).map(|vote| (vote.log, vote.form)).collect();
        speakers.len()
    };
    let winner = |kind: VoteKind| -> Option<(i64, (u32, u32))> {
        let tally = tallies.get(&kind)?;
        let total: usize = tally.values().sum();
        let (offset, count) = tally.iter().max_by_key(|(offset, count)| (**count, **offset))?;
        let enough = match kind {
            VoteKind::Label => *count == total,
            VoteKind::Quoted => {
                *count as u32 >= FEWEST_QUOTED
                    && *count as f64 >= SHARE * total as f64
                    && speakers(*offset) >= FEWEST_SPEAKERS
            }
            VoteKind::Beside => {
                let votes = group.iter().flat_map(|node| &of_node[*node]);
                let own = votes
                    .filter(|vote| vote.kind == VoteKind::Beside)
                    .all(|vote| usual(vote.node, vote.offset));
                *count == total && (total >= 2 || own)
            }
        };
        enough.then_some((*offset, (*count as u32, total as u32)))
    };
    let label = winner(VoteKind::Label);
    let quoted = winner(VoteKind::Quoted);
    // A file that was last changed a whole offset away from its last record: one of the two is wrong.
    let changed = tallies.get(&VoteKind::Beside);
    let belied =
        |label: i64| changed.is_some_and(|tally| !tally.contains_key(&label) || tally.keys().len() > 1);
    let disputed = match (&label, &quoted) {
        (Some((label, _)), _) if belied(*label) => true,
        (Some((label, _)), Some((quoted, _))) => label != quoted,
        (None, _) => tallies.contains_key(&VoteKind::Label),
        (Some(_), None) => false,
    };
    if disputed {
        solution.disputed.extend(group);
        return;
    }
    if let Some((root, _)) = label.filter(|(root, _)| !vouched(*root, &tallies, &votes_of)) {
        let hint = |node: &usize| (*node, root + groups.find(*node).1);
        solution.hints.extend(group.iter().filter(|node| !tainted[**node]).map(hint));
        return;
    }
    // Quotes that agree on nothing are no evidence, and no other evidence overrules them.
    let silent = !tallies.contains_key(&VoteKind::Quoted);
    let found = label
        .map(|found| (VoteKind::Label, found))
        .or_else(|| quoted.map(|found| (VoteKind::Quoted, found)))
        .or_else(|| winner(VoteKind::Beside).filter(|_| silent).map(|found| (VoteKind::Beside, found)));
    let Some((kind, (root, votes))) = found else { return };
    for &node in group.iter().filter(|node| !tainted[**node]) {
        let offset = root + groups.find(node).1;
        if !ON_EARTH.contains(&offset) {
            continue;
        }
        // A run whose own quotes all say otherwise was joined to the wrong group.
        let mut quotes = of_node[node].iter().filter(|vote| vote.kind == VoteKind::Quoted).peekable();
        if quotes.peek().is_some() && quotes.all(|vote| vote.offset != offset) {
            continue;
        }
        let own = of_node[node].iter().filter(|vote| vote.offset == offset).map(|vote| vote.kind).min();
        // A queue that waits for an hour looks like a zone an hour away. So an offset that a run has from
        // shared marks alone must be one that these logs are known to use.
        let alone = own.is_none_or(|own| own > kind) && linked[node].marks;
        if alone && !usual(node, offset) {
            continue;
        }
        let by = match own {
            Some(own) if own <= kind => By::Own(own),
            _ => match linked[node].first {
                Some(link) => By::Link(link),
                None => By::Own(kind),
            },
        };
        solution.decisions[node] = Some(Decision { offset, by, votes });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::NANOS_PER_SECOND;

    const HOUR: i64 = 3_600 * NANOS_PER_SECOND;

    fn link(a: usize, b: usize, hours: i64, votes: u32) -> Link {
        Link {
            kind: LinkKind::Marks,
            nodes: (a, b),
            offset: hours * HOUR,
            votes: (votes, votes),
            example: [(a, 0), (b, 0)],
        }
    }

    fn quoted(node: usize, hours: i64, value: i64) -> Vote {
        Vote {
            node,
            kind: VoteKind::Quoted,
            offset: hours * HOUR,
            log: node,
            form: Some(if value % 2 == 0 { Form::Calendar } else { Form::Epoch }),
            place: (node, Some(0)),
            value,
            moment: value,
            tight: true,
            named: None,
        }
    }

    fn hours(solution: &Solution) -> Vec<Option<i64>> {
        solution.decisions.iter().map(|decision| Some(decision.as_ref()?.offset / HOUR)).collect()
    }

    #[test]
    fn one_that_knows_tells_the_others() {
        let votes: Vec<Vote> = (0..3).map(|value| quoted(0, 2, value)).collect();
        let links = [link(0, 1, 0, 40), link(1, 2, 7, 20)];
        let usual = |_, offset| [2 * HOUR, -5 * HOUR].contains(&offset);
        assert_eq!(hours(&solve(4, &links, &votes, &usual)), [Some(2), Some(2), Some(-5), None]);
        assert_eq!(
            hours(&solve(4, &links, &votes, &|_, _| false)),
            [Some(2), None, None, None],
            "a queue may wait"
        );
    }

    #[test]
    fn two_quotes_are_not_enough_and_neither_is_one_thrice() {
        let two: Vec<Vote> = (0..2).map(|value| quoted(0, 2, value)).collect();
        assert_eq!(hours(&solve(1, &[], &two, &|_, _| false)), [None]);
        assert_eq!(hours(&solve(1, &[], &[quoted(0, 2, 7); 5], &|_, _| false)), [None]);
    }

    #[test]
    fn contradictions_stay_open() {
        let mut votes: Vec<Vote> = (0..3).map(|value| quoted(0, 2, value)).collect();
        votes.extend((3..6).map(|value| quoted(1, 9, value)));
        assert_eq!(hours(&solve(2, &[link(0, 1, 0, 40)], &votes, &|_, _| false)), [None, None]);
        // Two labels that cannot both be true.
        let label = |node| Vote {
            node,
            kind: VoteKind::Label,
            offset: 0,
            log: node,
            form: None,
            place: (node, None),
            value: node as i64,
            moment: node as i64,
            tight: true,
            named: None,
        };
        let solution =
            solve(3, &[link(0, 1, 9, 40), link(1, 2, 0, 30)], &[label(0), label(1)], &|_, _| false);
        assert_eq!((hours(&solution), solution.disputed.len()), (vec![None, None, None], 3));
    }

    #[test]
    fn one_mtime_is_believed_only_for_a_usual_offset() {
        let mtime = |node, hours: i64, value| Vote {
            node,
            kind: VoteKind::Beside,
            offset: hours * HOUR,
            log: node,
            form: None,
            place: (node, None),
            value,
            moment: value,
            tight: true,
            named: None,
        };
        assert_eq!(
            hours(&solve(1, &[], &[mtime(0, 9, 1)], &|_, offset| [0, 9 * HOUR].contains(&offset))),
            [Some(9)]
        );
        assert_eq!(
            hours(&solve(1, &[], &[mtime(0, 5, 1)], &|_, offset| [0, 9 * HOUR].contains(&offset))),
            [None]
        );
        assert_eq!(
            hours(&solve(1, &[], &[mtime(0, 5, 1), mtime(0, 5, 2)], &|_, offset| [0].contains(&offset))),
            [Some(5)]
        );
    }
}
