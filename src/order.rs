//! Causal order over events whose instants are intervals: what is proven to be before what, and what is not.
//!
//! Two kinds of proof (design section 5): intervals that do not overlap, and happens-before edges (L. Lamport,
//! "Time, Clocks, and the Ordering of Events in a Distributed System", CACM 1978). Edges tighten intervals:
//! what comes after something is not earlier than it. An edge that contradicts the rest is dropped, the
//! weakest kind first, and named. Nothing here reads logs; nodes and edges come from whoever knows them.
//! The result depends on what the nodes and edges say, never on the order they are given in.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::ops::Range;

/// An event: when it may have happened, and where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Node {
    /// Not before this, nanoseconds since 1970; `i64::MIN` when nothing is known.
    pub earliest: i64,
    /// Before this, nanoseconds since 1970; `i64::MAX` when nothing is known.
    pub latest: i64,
    /// Its source.
    pub source: u32,
    /// Its line or offset in the source; (source, line) tells nodes of one interval apart.
    pub line: u64,
}

/// Why one event is said to happen before another, the weakest reason first: what is first here is dropped
/// first when reasons contradict each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// A rule of how things live and die: started before it answers, down before it is back.
    Rule,
    /// Two messages of different daemons that tell of one and the same thing.
    Twin,
    /// Send and receive, or an id that both name.
    Link,
    /// An age column: the change lies before the poll that shows it.
    Age,
    /// Order of one process.
    Pid,
    /// Line order in a file that is only appended to.
    File,
    /// The kernel's own monotonic clock, within one boot.
    Uptime,
}

/// `before` happened before `after` (both are indices of nodes).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Edge {
    /// How this is known.
    pub class: Class,
    /// The earlier node.
    pub before: usize,
    /// The later node.
    pub after: usize,
}

/// What was wrong with an edge that is not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Contradiction {
    /// It closes a circle of edges.
    Cycle,
    /// Its path leads from a node to one that was over before the first began.
    Time,
}

/// The order of a set of events.
#[derive(Debug)]
pub struct Order {
    /// Intervals by node, tightened.
    bounds: Vec<(i64, i64)>,
    /// Nodes in a linear extension of the order, and the place of each node in it.
    sequence: Vec<usize>,
    place: Vec<usize>,
    graph: Graph,
    dropped: Vec<(Edge, Contradiction)>,
}

/// Edges by their earlier end, over nodes ranked canonically.
#[derive(Debug, Default)]
struct Graph {
    starts: Vec<usize>,
    edges: Vec<Edge>,
}

impl Graph {
    /// Sorts the edges; ends must be ranks below `count`.
    fn new(count: usize, mut edges: Vec<Edge>) -> Self {
        edges.sort_unstable_by_key(|edge| (edge.before, edge.after, Reverse(edge.class)));
        // Of several reasons for one pair the strongest is enough: the pair goes when that one goes.
        edges.dedup_by_key(|edge| (edge.before, edge.after));
        let mut starts = vec![0; count + 1];
        for edge in &edges {
            starts[edge.before + 1] += 1;
        }
        for index in 0..count {
            starts[index + 1] += starts[index];
        }
        Self { starts, edges }
    }

    fn count(&self) -> usize {
        self.starts.len().saturating_sub(1)
    }

    fn range(&self, node: usize) -> Range<usize> {
        self.starts[node]..self.starts[node + 1]
    }

    fn after(&self, node: usize) -> &[Edge] {
        &self.edges[self.range(node)]
    }

    /// Nodes in an order that all edges agree with, or the nodes that lie on circles or behind them.
    /// `key` settles which of several free nodes comes first.
    fn extend<K: Ord>(&self, key: impl Fn(usize) -> K) -> (Vec<usize>, Vec<bool>) {
        let mut waiting = vec![0_usize; self.count()];
        for edge in &self.edges {
            waiting[edge.after] += 1;
        }
        let mut free: BinaryHeap<Reverse<(K, usize)>> = (0..self.count())
            .filter(|node| waiting[*node] == 0)
            .map(|node| Reverse((key(node), node)))
            .collect();
        let mut sequence = Vec::with_capacity(self.count());
        while let Some(Reverse((_, node))) = free.pop() {
            sequence.push(node);
            for edge in self.after(node) {
                waiting[edge.after] -= 1;
                if waiting[edge.after] == 0 {
                    free.push(Reverse((key(edge.after), edge.after)));
                }
            }
        }
        (sequence, waiting.into_iter().map(|count| count > 0).collect())
    }

    /// A circle among `stuck` nodes (those no extension reached): its edges.
    fn circle(&self, stuck: &[bool]) -> Vec<usize> {
        // Each stuck node has a stuck node before it: walking back long enough goes round.
        let mut into = vec![usize::MAX; self.count()];
        for (index, edge) in self.edges.iter().enumerate() {
            if stuck[edge.before] && stuck[edge.after] && into[edge.after] == usize::MAX {
                into[edge.after] = index;
            }
        }
        let Some(mut node) = stuck.iter().position(|stuck| *stuck) else { return Vec::new() };
        for _ in 0..self.count() {
            node = self.edges[into[node]].before;
        }
        let (first, mut edges) = (node, Vec::new());
        loop {
            edges.push(into[node]);
            node = self.edges[into[node]].before;
            if node == first {
                return edges;
            }
        }
    }

    /// The weakest of some edges; of equals the one whose ends come first.
    fn weakest(&self, indices: &[usize]) -> Option<usize> {
        indices.iter().copied().min_by_key(|index| self.edges[*index])
    }

    /// Takes edges out.
    fn remove(&mut self, mut gone: Vec<usize>) -> Vec<Edge> {
        gone.sort_unstable();
        gone.dedup();
        let removed = gone.iter().map(|index| self.edges[*index]).collect();
        let mut index = 0;
        let count = self.count();
        let mut edges = std::mem::take(&mut self.edges);
        edges.retain(|_| {
            index += 1;
            gone.binary_search(&(index - 1)).is_err()
        });
        *self = Self::new(count, edges);
        removed
    }
}

/// Intervals under edges, with the edge that gave each bound.
struct Tight {
    bounds: Vec<(i64, i64)>,
    from: Vec<Option<usize>>,
    to: Vec<Option<usize>>,
}

impl Tight {
    /// One pass forward, one backward, in an order that all edges agree with.
    fn new(graph: &Graph, sequence: &[usize], own: &[(i64, i64)]) -> Self {
        let (mut from, mut to) = (vec![None; own.len()], vec![None; own.len()]);
        let mut bounds = own.to_vec();
        for &node in sequence {
            for index in graph.range(node) {
                let after = graph.edges[index].after;
                if bounds[node].0 > bounds[after].0 {
                    bounds[after].0 = bounds[node].0;
                    from[after] = Some(index);
                }
            }
        }
        for &node in sequence.iter().rev() {
            for index in graph.range(node) {
                let after = graph.edges[index].after;
                if bounds[after].1 < bounds[node].1 {
                    bounds[node].1 = bounds[after].1;
                    to[node] = Some(index);
                }
            }
        }
        Self { bounds, from, to }
    }

    /// The edges that gave a node its bounds, from where its earliest comes from to where its latest does.
    fn path(&self, graph: &Graph, node: usize) -> Vec<usize> {
        let mut path = Vec::new();
        let mut at = node;
        while let Some(index) = self.from[at] {
            path.push(index);
            at = graph.edges[index].before;
        }
        at = node;
        while let Some(index) = self.to[at] {
            path.push(index);
            at = graph.edges[index].after;
        }
        path
    }
}

impl Order {
    /// Orders events. Time is linear in nodes and edges, times the rounds of contradictions to remove: none
    /// when all edges are right. An edge to or from a node that does not exist is ignored; an interval that
    /// holds no instant is read as its first nanosecond.
    pub fn new(nodes: &[Node], edges: &[Edge]) -> Self {
        // Ranks instead of indices: the order of the input must not matter.
        let mut order: Vec<usize> = (0..nodes.len()).collect();
        order.sort_by_key(|index| nodes[*index]);
        let mut rank = vec![0; nodes.len()];
        for (place, &index) in order.iter().enumerate() {
            rank[index] = place;
        }
        let own: Vec<(i64, i64)> = order
            .iter()
            .map(|index| (nodes[*index].earliest, nodes[*index].latest))
            .map(|(earliest, latest)| (earliest, latest.max(earliest.saturating_add(1))))
            .collect();
        let (mut ranked, mut dropped) = (Vec::with_capacity(edges.len()), Vec::new());
        for edge in edges.iter().filter(|edge| edge.before.max(edge.after) < nodes.len()) {
            let edge = Edge { class: edge.class, before: rank[edge.before], after: rank[edge.after] };
            if edge.before == edge.after {
                dropped.push((edge, Contradiction::Cycle));
            } else {
                ranked.push(edge);
            }
        }
        let mut graph = Graph::new(nodes.len(), ranked);
        let tight = settle(&mut graph, &own, &mut dropped);
        let (ranks, _) = graph.extend(|node| (tight.bounds[node], node));
        let back = |edge: Edge| Edge { before: order[edge.before], after: order[edge.after], ..edge };
        let mut kept: Vec<Edge> = graph.edges.into_iter().map(back).collect();
        kept.sort_unstable();
        dropped.sort_unstable();
        let sequence: Vec<usize> = ranks.into_iter().map(|place| order[place]).collect();
        let mut place = vec![0; nodes.len()];
        for (at, &node) in sequence.iter().enumerate() {
            place[node] = at;
        }
        Self {
            bounds: rank.iter().map(|place| tight.bounds[*place]).collect(),
            sequence,
            place,
            graph: Graph::new(nodes.len(), kept),
            dropped: dropped.into_iter().map(|(edge, why)| (back(edge), why)).collect(),
        }
    }

    /// A node's interval, `[earliest, latest)`, as far as the edges narrow it.
    pub fn bounds(&self, node: usize) -> (i64, i64) {
        self.bounds[node]
    }

    /// All nodes, each behind everything that is before it; else by (earliest, latest, source, line).
    pub fn sequence(&self) -> &[usize] {
        &self.sequence
    }

    /// Edges that contradict stronger ones or the intervals, weakest first.
    pub fn dropped(&self) -> &[(Edge, Contradiction)] {
        &self.dropped
    }

    /// Whether `a` is proven to be before `b`: by time, or by a path of edges.
    ///
    /// Paths through time and edges in turn need no search: edges have moved the bounds already.
    pub fn before(&self, a: usize, b: usize) -> bool {
        if a == b || self.place[a] > self.place[b] {
            return false;
        }
        if self.bounds[a].1 <= self.bounds[b].0 {
            return true;
        }
        let mut seen = std::collections::HashSet::new();
        let mut ahead = vec![a];
        while let Some(node) = ahead.pop() {
            for edge in self.graph.after(node) {
                if edge.after == b {
                    return true;
                }
                // What stands behind `b` leads to it no more.
                if self.place[edge.after] < self.place[b] && seen.insert(edge.after) {
                    ahead.push(edge.after);
                }
            }
        }
        false
    }

    /// Tie groups: the longest ranges of [`Order::sequence`] in which no node is proven to be before the
    /// one right behind it. Every node is in one group; most groups hold one.
    pub fn groups(&self) -> Vec<Range<usize>> {
        let mut groups: Vec<Range<usize>> = Vec::new();
        for (at, &node) in self.sequence.iter().enumerate() {
            // Nothing lies between neighbours, so a path between them is a single edge.
            let proven = at == 0 || {
                let above = self.sequence[at - 1];
                self.bounds[above].1 <= self.bounds[node].0
                    || self.graph.after(above).iter().any(|edge| edge.after == node)
            };
            match groups.last_mut() {
                Some(group) if !proven => group.end = at + 1,
                _ => groups.push(at..at + 1),
            }
        }
        groups
    }
}

/// Drops edges until none contradict, and gives the intervals that the rest leave.
fn settle(graph: &mut Graph, own: &[(i64, i64)], dropped: &mut Vec<(Edge, Contradiction)>) -> Tight {
    loop {
        let (sequence, stuck) = graph.extend(|node| node);
        if sequence.len() < graph.count() {
            let circle = graph.circle(&stuck);
            let weakest = graph.weakest(&circle).into_iter().collect();
            dropped.extend(graph.remove(weakest).into_iter().map(|edge| (edge, Contradiction::Cycle)));
            continue;
        }
        let tight = Tight::new(graph, &sequence, own);
        let mut gone: Vec<usize> = Vec::new();
        for node in (0..own.len()).filter(|node| tight.bounds[*node].0 >= tight.bounds[*node].1) {
            let path = tight.path(graph, node);
            // A path that has lost an edge in this round may be right by now.
            if !path.iter().any(|index| gone.contains(index)) {
                gone.extend(graph.weakest(&path));
            }
        }
        if gone.is_empty() {
            return tight;
        }
        dropped.extend(graph.remove(gone).into_iter().map(|edge| (edge, Contradiction::Time)));
    }
}

#[cfg(test)]
mod tests;
