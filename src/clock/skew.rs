//! Skew between hosts: how far their clocks stand apart, as intervals that the evidence proves.
//!
//! A message written on A and received on B afterwards says `off_B - off_A <= t_B.latest - t_A.earliest`,
//! where `off_X` is what X's clock shows ahead of true time. Such difference constraints are solved by
//! shortest paths (Bellman-Ford; T. H. Cormen et al., "Introduction to Algorithms", section 24.4): the
//! shortest path from R to X is the largest offset of X against R that no evidence contradicts, the one
//! back the smallest. Bounds and not estimates: the midpoints that tracing systems use mis-fire on queues
//! and one-way traffic, while a bound is as wide as what is not known (cf. B. Poirier et al., "Accurate
//! offline synchronization of distributed traces using kernel-level events", SIGOPS OSR 2010).
//!
//! What is assumed: right evidence, and an offset that does not change inside a [`Piece`]. Pieces end at
//! windows, and where evidence of one strength contradicts itself, which is what a step of a clock does. A
//! step that leaves all evidence of its window possible is not seen; where steps are known otherwise, give
//! each stretch between them to [`solve`] on its own.

mod matched;

use std::collections::{BTreeMap, BTreeSet};

use crate::base::NANOS_PER_SECOND;

pub use matched::{Sighting, Visit, copies, enclosed};

/// How two records came to be matched, the weakest first: what is first here is dropped first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Match {
    /// Two messages of different daemons that tell of one and the same thing.
    Twin,
    /// An id that both records name.
    Id,
    /// One and the same message, at its own host and at a collector.
    Copy,
}

/// One record came after another, on another host's clock: `off(to) - off(from) <= most`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Bound {
    /// When this was so, nanoseconds since 1970 by whichever clock: settles the window.
    pub at: i64,
    /// How the records were matched.
    pub class: Match,
    /// The host of the record that came first.
    pub from: u32,
    /// The host of the record that came after it.
    pub to: u32,
    /// Latest of the later record less earliest of the earlier one, each by its own clock; nanoseconds.
    pub most: i64,
    /// Which pair of records this is; the caller's own number.
    pub evidence: u64,
}

/// How far one host's clock stands from the reference's over a stretch of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece {
    /// The host.
    pub host: u32,
    /// The host it is compared with: of all it is linked with, the most linked one.
    pub reference: u32,
    /// First and last instant of the evidence, nanoseconds since 1970; nothing is said outside of them.
    pub span: (i64, i64),
    /// The clock is ahead of the reference by at least this, nanoseconds; `None` when traffic went one way.
    pub least: Option<i64>,
    /// The clock is ahead of the reference by at most this, nanoseconds; `None` when traffic went one way.
    pub most: Option<i64>,
}

impl Piece {
    /// The best guess and how far it may be off, nanoseconds; `None` when only one side is bounded.
    pub fn offset(&self) -> Option<(i64, i64)> {
        let (least, most) = (self.least?, self.most?);
        let half = most.abs_diff(least).div_ceil(2);
        Some((least.midpoint(most), i64::try_from(half).unwrap_or(i64::MAX)))
    }

    /// The offset worth correcting and its uncertainty: larger than the uncertainty and half a second.
    /// Smaller ones are what stamps of whole seconds look like on good clocks.
    pub fn correction(&self) -> Option<(i64, i64)> {
        const WORTH: i64 = NANOS_PER_SECOND / 2;
        self.offset().filter(|(offset, uncertainty)| offset.abs() > uncertainty.saturating_add(WORTH))
    }
}

/// Evidence that cannot all be right under offsets that do not change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict {
    /// The circle of bounds that add up to less than nothing.
    pub circle: Vec<Bound>,
    /// What was made of it.
    pub verdict: Verdict,
}

/// What was made of a conflict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The weakest match was wrong, and is left out.
    Dropped(Bound),
    /// All matches are equally strong: a clock was set between these instants, and nothing is said of the
    /// time in between.
    Step(i64, i64),
}

/// What the evidence says about clocks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Skew {
    /// Pieces by host, then by time. A host that nothing links, and the reference itself, have none.
    pub pieces: Vec<Piece>,
    /// Conflicts by time.
    pub conflicts: Vec<Conflict>,
}

/// A usual width of windows: short against drift (1 ms at 2 ppm), long against the pauses of traffic.
pub const WINDOW: i64 = 600 * NANOS_PER_SECOND;

/// Solves all bounds, each window of `width` nanoseconds on its own. The order of the bounds changes
/// nothing. Time: windows x hosts x host pairs; only the tightest bound of a pair counts.
pub fn solve(bounds: &[Bound], width: i64) -> Skew {
    let mut bounds: Vec<Bound> = bounds.iter().copied().filter(|bound| bound.from != bound.to).collect();
    bounds.sort_unstable();
    bounds.dedup();
    let references = references(&bounds);
    let mut skew = Skew::default();
    for window in bounds.chunk_by(|a, b| a.at.div_euclid(width.max(1)) == b.at.div_euclid(width.max(1))) {
        solve_window(window.to_vec(), &references, &mut skew);
    }
    skew.pieces.sort_by_key(|piece| (piece.host, piece.span));
    skew.conflicts.sort_by_key(|conflict| conflict.circle.iter().map(|bound| bound.at).min());
    skew
}

/// For each host the most linked one it is connected with: by partners, then by bounds, then by number.
fn references(bounds: &[Bound]) -> BTreeMap<u32, u32> {
    let mut partners: BTreeMap<u32, (BTreeSet<u32>, usize)> = BTreeMap::new();
    for bound in bounds {
        for (host, other) in [(bound.from, bound.to), (bound.to, bound.from)] {
            let entry = partners.entry(host).or_default();
            entry.0.insert(other);
            entry.1 += 1;
        }
    }
    let mut references = BTreeMap::new();
    for &start in partners.keys() {
        if references.contains_key(&start) {
            continue;
        }
        let (mut group, mut ahead) = (BTreeSet::from([start]), vec![start]);
        while let Some(host) = ahead.pop() {
            ahead.extend(partners[&host].0.iter().filter(|other| group.insert(**other)));
        }
        let linked = |host: &u32| (partners[host].0.len(), partners[host].1, std::cmp::Reverse(*host));
        let reference = group.iter().copied().max_by_key(|host| linked(host)).unwrap_or(start);
        references.extend(group.into_iter().map(|host| (host, reference)));
    }
    references
}

/// Solves the bounds of one window, sorted by time.
fn solve_window(mut bounds: Vec<Bound>, references: &BTreeMap<u32, u32>, skew: &mut Skew) {
    loop {
        let fits = longest(bounds.len(), |count| negative_circle(&bounds[..count]).is_none());
        if fits == bounds.len() {
            return skew.pieces.extend(pieces(&bounds, references));
        }
        // One bound more, and they contradict each other.
        let Some(circle) = negative_circle(&bounds[..=fits]) else { return };
        let classes = || circle.iter().map(|bound| bound.class);
        // Twins alone prove no step: more likely some are none.
        if classes().min() < classes().max() || classes().max() == Some(Match::Twin) {
            // Of the weakest, the one that asks for most.
            let weak = circle.iter().filter(|bound| Some(bound.class) == classes().min());
            let Some(&gone) = weak.min_by_key(|bound| (bound.most, **bound)) else { return };
            bounds.retain(|bound| *bound != gone);
            skew.conflicts.push(Conflict { circle, verdict: Verdict::Dropped(gone) });
            continue;
        }
        // A clock was set inside the shortest stretch that ends here and contradicts itself. What begins
        // that stretch is before the step, what ends it is behind; of what lies within, nobody knows.
        let behind = longest(fits, |count| negative_circle(&bounds[fits - count..=fits]).is_none());
        let before = fits.saturating_sub(behind + 1);
        let step = Verdict::Step(bounds[before].at, bounds[fits].at);
        skew.conflicts.push(Conflict { circle, verdict: step });
        skew.pieces.extend(pieces(&bounds[..=before], references));
        bounds.drain(..fits);
    }
}

/// The largest count up to `most` that is fine, where whatever is larger than a bad one is bad too.
fn longest(most: usize, fine: impl Fn(usize) -> bool) -> usize {
    let (mut good, mut bad) = (0, most + 1);
    while bad - good > 1 {
        let middle = good + (bad - good) / 2;
        if fine(middle) { good = middle } else { bad = middle }
    }
    good
}

/// The tightest bound of each ordered pair of hosts.
fn tightest(bounds: &[Bound]) -> BTreeMap<(u32, u32), Bound> {
    let mut tightest: BTreeMap<(u32, u32), Bound> = BTreeMap::new();
    for bound in bounds {
        let known = tightest.entry((bound.from, bound.to)).or_insert(*bound);
        // Of equals the strongest, then the earliest: a conflict is blamed on weak evidence only.
        let rank = |bound: &Bound| (bound.most, std::cmp::Reverse(bound.class), *bound);
        if rank(bound) < rank(known) {
            *known = *bound;
        }
    }
    tightest
}

/// Bounds around a circle of hosts that add up to less than nothing, if there are any.
fn negative_circle(bounds: &[Bound]) -> Option<Vec<Bound>> {
    let edges = tightest(bounds);
    // As though a further host had a bound of nothing to each: every distance starts at nothing.
    let mut distance: BTreeMap<u32, i128> = BTreeMap::new();
    for (from, to) in edges.keys() {
        distance.insert(*from, 0);
        distance.insert(*to, 0);
    }
    let mut into: BTreeMap<u32, Bound> = BTreeMap::new();
    let mut moved = None;
    for _ in 0..=distance.len() {
        moved = None;
        for bound in edges.values() {
            let reach = distance[&bound.from] + i128::from(bound.most);
            if reach < distance[&bound.to] {
                distance.insert(bound.to, reach);
                into.insert(bound.to, *bound);
                moved = Some(bound.to);
            }
        }
        moved?;
    }
    // Still moving after as many rounds as there are hosts: what leads here leads round.
    let mut host = moved?;
    for _ in 0..distance.len() {
        host = into.get(&host)?.from;
    }
    let mut circle = Vec::new();
    let first = host;
    loop {
        let bound = *into.get(&host)?;
        circle.push(bound);
        host = bound.from;
        if host == first {
            circle.reverse();
            return Some(circle);
        }
    }
}

/// Shortest distances from a host, along bounds or against them.
fn distances(edges: &BTreeMap<(u32, u32), Bound>, from: u32, against: bool) -> BTreeMap<u32, i128> {
    let mut distance = BTreeMap::from([(from, 0)]);
    // Without negative circles every shortest path has fewer edges than there are hosts.
    loop {
        let mut moved = false;
        for bound in edges.values() {
            let (start, end) = if against { (bound.to, bound.from) } else { (bound.from, bound.to) };
            let Some(reach) = distance.get(&start).map(|start| start + i128::from(bound.most)) else {
                continue;
            };
            if distance.get(&end).is_none_or(|known| reach < *known) {
                distance.insert(end, reach);
                moved = true;
            }
        }
        if !moved {
            return distance;
        }
    }
}

/// What bounds without a conflict say of each host.
fn pieces(bounds: &[Bound], references: &BTreeMap<u32, u32>) -> Vec<Piece> {
    let edges = tightest(bounds);
    let mut spans: BTreeMap<u32, (i64, i64)> = BTreeMap::new();
    for bound in bounds {
        for host in [bound.from, bound.to] {
            let span = spans.entry(host).or_insert((bound.at, bound.at));
            *span = (span.0.min(bound.at), span.1.max(bound.at));
        }
    }
    let here: BTreeSet<u32> = spans.keys().filter_map(|host| references.get(host)).copied().collect();
    let mut pieces = Vec::new();
    for reference in here {
        let (along, against) = (distances(&edges, reference, false), distances(&edges, reference, true));
        for (&host, &span) in spans.iter().filter(|(host, _)| **host != reference) {
            let narrow = |value: i128| i64::try_from(value).ok();
            let most = along.get(&host).and_then(|most| narrow(*most));
            let least = against.get(&host).and_then(|least| narrow(-*least));
            if least.is_some() || most.is_some() {
                pieces.push(Piece { host, reference, span, least, most });
            }
        }
    }
    pieces
}

#[cfg(test)]
mod tests;
