//! Properties of the order, on random histories whose true times are known.

use super::*;

/// A small generator of pseudo-random numbers (splitmix64).
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % end
    }
}

const SECOND: i64 = 1_000_000_000;

/// A history: true times, the intervals that coarse stamps leave of them, and edges that are true.
struct History {
    times: Vec<i64>,
    nodes: Vec<Node>,
    edges: Vec<Edge>,
}

/// Some processes that write stamps of one second or one minute (or none), and send each other messages.
fn history(random: &mut Random) -> History {
    let count = 2 + random.below(60) as usize;
    let sources = 1 + random.below(4);
    // Times are unique, so that the truth is a total order.
    let span = 1 + random.below(120) as i64;
    let times: Vec<i64> = (0..count)
        .map(|index| random.below((span * SECOND) as u64) as i64 / 64 * 64 + index as i64)
        .collect();
    let widths: Vec<i64> = (0..sources).map(|_| [SECOND, 60 * SECOND][random.below(2) as usize]).collect();
    let nodes: Vec<Node> = times
        .iter()
        .map(|time| {
            let source = random.below(sources);
            let width = widths[source as usize];
            let (earliest, latest) = match random.below(12) {
                0 => (i64::MIN, i64::MAX),
                _ => (time.div_euclid(width) * width, (time.div_euclid(width) + 1) * width),
            };
            Node { earliest, latest, source: source as u32, line: *time as u64 }
        })
        .collect();
    let mut edges = Vec::new();
    for source in 0..sources as u32 {
        let mut lines: Vec<usize> = (0..count).filter(|node| nodes[*node].source == source).collect();
        lines.sort_by_key(|node| times[*node]);
        let class = if source % 2 == 0 { Class::File } else { Class::Pid };
        edges.extend(lines.windows(2).map(|pair| Edge { class, before: pair[0], after: pair[1] }));
    }
    for _ in 0..random.below(30) {
        let (a, b) = (random.below(count as u64) as usize, random.below(count as u64) as usize);
        if times[a] < times[b] {
            edges.push(Edge { class: [Class::Link, Class::Twin][a % 2], before: a, after: b });
        }
    }
    History { times, nodes, edges }
}

/// What must hold of any order: the sequence is whole and agrees with kept edges and intervals.
fn is_sound(order: &Order, nodes: &[Node], edges: &[Edge]) {
    let mut place = vec![usize::MAX; nodes.len()];
    for (at, &node) in order.sequence().iter().enumerate() {
        assert_eq!(std::mem::replace(&mut place[node], at), usize::MAX);
    }
    assert_eq!(order.sequence().len(), nodes.len());
    for edge in edges.iter().filter(|edge| !order.dropped().iter().any(|(gone, _)| gone == *edge)) {
        let shadowed = order.dropped().iter().any(|(gone, _)| {
            (gone.before, gone.after) == (edge.before, edge.after) && gone.class >= edge.class
        });
        assert!(shadowed || place[edge.before] < place[edge.after], "{edge:?}");
    }
    for a in 0..nodes.len() {
        assert!(order.bounds(a).0 < order.bounds(a).1);
        assert!(order.bounds(a).0 >= nodes[a].earliest && order.bounds(a).1 <= nodes[a].latest);
        for b in 0..nodes.len() {
            if order.bounds(a).1 <= order.bounds(b).0 {
                assert!(place[a] < place[b], "{a} {b}");
            }
        }
    }
    let groups = order.groups();
    assert_eq!(groups.iter().map(Range::len).sum::<usize>(), nodes.len());
    for group in groups {
        for at in group.start + 1..group.end {
            assert!(!order.before(order.sequence()[at - 1], order.sequence()[at]));
        }
        if group.start > 0 {
            assert!(order.before(order.sequence()[group.start - 1], order.sequence()[group.start]));
        }
    }
}

#[test]
fn right_edges_keep_the_truth_and_claim_nothing_false() {
    let mut random = Random(1);
    let (mut claims, mut pairs) = (0, 0);
    for round in 0..400 {
        let History { times, nodes, edges } = history(&mut random);
        let order = Order::new(&nodes, &edges);
        assert_eq!(order.dropped(), [], "round {round}");
        is_sound(&order, &nodes, &edges);
        for a in 0..nodes.len() {
            assert!((order.bounds(a).0..order.bounds(a).1).contains(&times[a]), "round {round}");
            for b in 0..nodes.len() {
                pairs += usize::from(times[a] < times[b]);
                if order.before(a, b) {
                    claims += 1;
                    assert!(times[a] < times[b], "round {round}: {a} is not before {b}");
                }
            }
        }
    }
    // Not one false claim; and not by silence.
    assert!(claims * 2 > pairs, "{claims} of {pairs} pairs");
}

#[test]
fn a_path_is_found_wherever_there_is_one() {
    let mut random = Random(2);
    for _ in 0..300 {
        let History { nodes, edges, .. } = history(&mut random);
        let order = Order::new(&nodes, &edges);
        let mut reach = vec![vec![false; nodes.len()]; nodes.len()];
        edges.iter().for_each(|edge| reach[edge.before][edge.after] = true);
        for middle in 0..nodes.len() {
            let onward = reach[middle].clone();
            for row in reach.iter_mut().filter(|row| row[middle]) {
                row.iter_mut().zip(&onward).for_each(|(reached, further)| *reached |= further);
            }
        }
        for (a, row) in reach.iter().enumerate() {
            for (b, path) in row.iter().enumerate() {
                let by_time = order.bounds(a).1 <= order.bounds(b).0;
                assert_eq!(order.before(a, b), a != b && (*path || by_time), "{a} {b}");
            }
        }
    }
}

#[test]
fn wrong_edges_that_time_contradicts_go_and_right_ones_stay() {
    let mut random = Random(3);
    let mut injected = 0;
    for round in 0..400 {
        let History { times, nodes, edges: right } = history(&mut random);
        let mut edges = right.clone();
        for _ in 0..6 {
            let (a, b) =
                (random.below(nodes.len() as u64) as usize, random.below(nodes.len() as u64) as usize);
            if nodes[a].latest <= nodes[b].earliest {
                edges.push(Edge { class: Class::Rule, before: b, after: a });
                injected += 1;
            }
        }
        let order = Order::new(&nodes, &edges);
        is_sound(&order, &nodes, &edges);
        assert!(order.dropped().iter().all(|(edge, _)| edge.class == Class::Rule), "round {round}");
        for a in 0..nodes.len() {
            assert!((order.bounds(a).0..order.bounds(a).1).contains(&times[a]), "round {round}");
            for b in (0..nodes.len()).filter(|b| order.before(a, *b)) {
                assert!(times[a] < times[b], "round {round}: {a} is not before {b}");
            }
        }
    }
    assert!(injected > 200);
}

#[test]
fn any_edges_at_all_end_in_an_order() {
    let classes = [Class::Rule, Class::Twin, Class::Link, Class::Age, Class::Pid, Class::File, Class::Uptime];
    let mut random = Random(4);
    for _ in 0..300 {
        let History { nodes, mut edges, .. } = history(&mut random);
        for _ in 0..random.below(200) {
            edges.push(Edge {
                class: classes[random.below(7) as usize],
                before: random.below(nodes.len() as u64) as usize,
                after: random.below(nodes.len() as u64) as usize,
            });
        }
        is_sound(&Order::new(&nodes, &edges), &nodes, &edges);
    }
}

#[test]
fn the_order_of_the_input_changes_nothing() {
    let mut random = Random(5);
    for _ in 0..500 {
        let History { nodes, mut edges, .. } = history(&mut random);
        for _ in 0..random.below(20) {
            let class = [Class::Rule, Class::Twin, Class::File][random.below(3) as usize];
            let end = nodes.len() as u64;
            edges.push(Edge { class, before: random.below(end) as usize, after: random.below(end) as usize });
        }
        let mut shuffled: Vec<usize> = (0..nodes.len()).collect();
        for at in (1..nodes.len()).rev() {
            shuffled.swap(at, random.below(at as u64 + 1) as usize);
        }
        let mut moved = vec![0; nodes.len()];
        shuffled.iter().enumerate().for_each(|(to, from)| moved[*from] = to);
        let other: Vec<Node> = shuffled.iter().map(|from| nodes[*from]).collect();
        let mut others: Vec<Edge> = edges
            .iter()
            .map(|edge| Edge { before: moved[edge.before], after: moved[edge.after], ..*edge })
            .collect();
        others.reverse();
        let (left, right) = (Order::new(&nodes, &edges), Order::new(&other, &others));
        let names = |order: &Order, nodes: &[Node]| -> Vec<Node> {
            order.sequence().iter().map(|node| nodes[*node]).collect()
        };
        assert_eq!(names(&left, &nodes), names(&right, &other));
        assert_eq!(left.groups(), right.groups());
        for (node, moved) in moved.iter().enumerate() {
            assert_eq!(left.bounds(node), right.bounds(*moved));
        }
        let gone = |order: &Order, nodes: &[Node]| {
            let mut gone: Vec<(Class, Node, Node, Contradiction)> = order
                .dropped()
                .iter()
                .map(|(edge, why)| (edge.class, nodes[edge.before], nodes[edge.after], *why))
                .collect();
            gone.sort();
            gone
        };
        assert_eq!(gone(&left, &nodes), gone(&right, &other));
    }
}

#[test]
fn the_weakest_edge_of_a_circle_goes_and_is_named() {
    let node = |source| Node { earliest: 0, latest: SECOND, source, line: 1 };
    let nodes = [node(0), node(1), node(2)];
    let edge = |class, before, after| Edge { class, before, after };
    let wrong = edge(Class::Twin, 1, 2);
    let order = Order::new(&nodes, &[edge(Class::File, 0, 1), wrong, edge(Class::Link, 2, 0)]);
    assert_eq!(order.dropped(), [(wrong, Contradiction::Cycle)]);
    assert!(order.before(2, 1) && !order.before(1, 2));
    assert_eq!(order.sequence(), [2, 0, 1]);
}

#[test]
fn neighbours_without_a_proof_are_one_group() {
    let nodes = [
        Node { earliest: 0, latest: SECOND, source: 0, line: 1 },
        Node { earliest: 0, latest: SECOND, source: 1, line: 1 },
        Node { earliest: 500, latest: 501, source: 2, line: 1 },
        Node { earliest: SECOND, latest: 2 * SECOND, source: 1, line: 2 },
    ];
    let order = Order::new(&nodes, &[]);
    assert_eq!(order.groups(), [0..3, 3..4]);
    let linked = Order::new(&nodes, &[Edge { class: Class::Link, before: 2, after: 0 }]);
    // The receiver cannot be earlier than the sender.
    assert_eq!(linked.bounds(0), (500, SECOND));
    assert_eq!(linked.sequence(), [1, 2, 0, 3]);
    assert_eq!(linked.groups(), [0..2, 2..3, 3..4]);
}
