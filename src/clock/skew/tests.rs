//! Properties of the skew solver, on traffic whose true offsets are known.

use super::*;

/// A small generator of pseudo-random numbers (splitmix64).
struct Random(u64);

impl Random {
    fn below(&mut self, end: i64) -> i64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % end as u64) as i64
    }
}

const SECOND: i64 = NANOS_PER_SECOND;
const MILLI: i64 = SECOND / 1_000;

/// A message from one host to another, as stamps of some width tell of it.
fn message(
    random: &mut Random,
    offset: &dyn Fn(u32, i64) -> i64,
    (from, to): (u32, u32),
    sent: i64,
    slowest: i64,
) -> Bound {
    let stamp = |at: i64, width: i64| (at.div_euclid(width) * width, (at.div_euclid(width) + 1) * width);
    let width = [SECOND, MILLI][random.below(2) as usize];
    let received = sent + random.below(slowest);
    let earliest = stamp(sent + offset(from, sent), width).0;
    let latest = stamp(received + offset(to, received), width).1;
    let evidence = random.below(i64::MAX) as u64;
    Bound { at: sent, class: Match::Copy, from, to, most: latest - earliest, evidence }
}

/// That every piece holds the truth at each instant of its evidence.
fn holds(skew: &Skew, bounds: &[Bound], offset: &dyn Fn(u32, i64) -> i64, round: u64) {
    for piece in &skew.pieces {
        for bound in bounds.iter().filter(|bound| bound.from == piece.host || bound.to == piece.host) {
            if (piece.span.0..=piece.span.1).contains(&bound.at) {
                let truth = offset(piece.host, bound.at) - offset(piece.reference, bound.at);
                assert!(piece.least.is_none_or(|least| least <= truth), "round {round}: {piece:?} {truth}");
                assert!(piece.most.is_none_or(|most| truth <= most), "round {round}: {piece:?} {truth}");
            }
        }
    }
}

#[test]
fn the_truth_lies_in_every_piece() {
    let mut random = Random(1);
    let (mut narrow, mut corrected) = (0, 0);
    for round in 0..400 {
        let hosts = 2 + random.below(6);
        // Another offset in each window, up to two minutes either way.
        let offsets: Vec<i64> = (0..4 * hosts).map(|_| random.below(240 * SECOND) - 120 * SECOND).collect();
        let offset = |host: u32, at: i64| offsets[(at.div_euclid(WINDOW) * hosts) as usize + host as usize];
        let mut bounds = Vec::new();
        for _ in 0..random.below(200) {
            let (from, to) = (random.below(hosts) as u32, random.below(hosts) as u32);
            // Nothing is under way while clocks are set.
            let sent = random.below(4) * WINDOW + random.below(WINDOW - 60 * SECOND);
            bounds.push(message(&mut random, &offset, (from, to), sent, 20 * SECOND));
        }
        let skew = solve(&bounds, WINDOW);
        assert_eq!(skew.conflicts, [], "round {round}");
        holds(&skew, &bounds, &offset, round);
        narrow += skew.pieces.iter().filter(|piece| piece.offset().is_some()).count();
        corrected += skew.pieces.iter().filter(|piece| piece.correction().is_some()).count();
    }
    assert!(narrow > 1_000 && corrected > 900, "{narrow} bounded on both sides, {corrected} corrected");
}

#[test]
fn a_step_inside_a_window_is_found_and_neither_side_is_wrong() {
    let mut random = Random(2);
    for round in 0..400 {
        let (base, jump) = (random.below(100 * SECOND), 10 * SECOND + random.below(4_000 * SECOND));
        let jump = if random.below(2) == 0 { jump } else { -jump };
        let set = random.below(WINDOW);
        let offset = |host: u32, at: i64| match host {
            1 => base + if at >= set { jump } else { 0 },
            host => i64::from(host) * SECOND,
        };
        let mut bounds = Vec::new();
        for _ in 0..4 + random.below(60) {
            // A question and its answer, neither under way while the clock is set.
            let at = random.below(WINDOW - 3 * SECOND);
            if (at - 3 * SECOND..at + 3 * SECOND).contains(&set) {
                continue;
            }
            let other = [0, 2][random.below(2) as usize];
            bounds.push(message(&mut random, &offset, (1, other), at, SECOND));
            bounds.push(message(&mut random, &offset, (other, 1), at, SECOND));
            bounds.push(message(&mut random, &offset, (0, 2), at, SECOND));
            bounds.push(message(&mut random, &offset, (2, 0), at, SECOND));
        }
        let skew = solve(&bounds, WINDOW);
        holds(&skew, &bounds, &offset, round);
        let is_before = |bound: &Bound| bound.at < set && (bound.from == 1 || bound.to == 1);
        let is_behind = |bound: &Bound| bound.at >= set && (bound.from == 1 || bound.to == 1);
        let seen = bounds.iter().any(is_before) && bounds.iter().any(is_behind);
        let steps = skew.conflicts.iter().filter(
            |conflict| matches!(conflict.verdict, Verdict::Step(from, to) if from <= set && set <= to),
        );
        assert_eq!(steps.count(), usize::from(seen), "round {round}: {:?}", skew.conflicts);
    }
}

#[test]
fn good_clocks_need_no_correction() {
    let mut random = Random(3);
    for round in 0..400 {
        let hosts = 2 + random.below(6);
        let offset = |_: u32, _: i64| 0;
        let bounds: Vec<Bound> = (0..random.below(300))
            .map(|_| {
                let pair = (random.below(hosts) as u32, random.below(hosts) as u32);
                let sent = random.below(3 * WINDOW);
                let slowest = [MILLI, 30 * SECOND][random.below(2) as usize];
                message(&mut random, &offset, pair, sent, slowest)
            })
            .collect();
        let skew = solve(&bounds, WINDOW);
        assert_eq!(skew.conflicts, [], "round {round}");
        assert!(skew.pieces.iter().all(|piece| piece.correction().is_none()), "round {round}");
    }
}

#[test]
fn a_wrong_match_of_a_weaker_kind_is_dropped_and_named() {
    let mut random = Random(4);
    let (mut dropped, mut whole) = (0, 0);
    for round in 0..400 {
        let offset = |host: u32, _: i64| i64::from(host) * 7 * SECOND;
        let mut bounds = Vec::new();
        for _ in 0..40 {
            let (from, to) = (random.below(3) as u32, random.below(3) as u32);
            let sent = random.below(WINDOW);
            bounds.push(message(&mut random, &offset, (from, to), sent, 5 * SECOND));
        }
        let right = bounds.clone();
        for evidence in 0..3 {
            let (from, to) = (random.below(3) as u32, random.below(3) as u32);
            let most = -(40 * SECOND + random.below(100 * SECOND));
            bounds.push(Bound { at: random.below(WINDOW), class: Match::Twin, from, to, most, evidence });
        }
        let skew = solve(&bounds, WINDOW);
        for conflict in &skew.conflicts {
            assert!(conflict.circle.iter().map(|bound| bound.most).sum::<i64>() < 0);
            assert!(matches!(conflict.verdict, Verdict::Dropped(bound) if bound.class == Match::Twin));
            dropped += 1;
        }
        let wrong = bounds.iter().filter(|bound| bound.class == Match::Twin && bound.from != bound.to);
        if skew.conflicts.len() == wrong.count() {
            holds(&skew, &right, &offset, round);
            whole += 1;
        }
    }
    assert!(dropped > 500 && whole > 200, "{dropped} dropped, all of them in {whole} rounds");
}

#[test]
fn the_order_of_the_bounds_changes_nothing() {
    let mut random = Random(5);
    for _ in 0..200 {
        let offset = |host: u32, at: i64| if at > WINDOW / 3 { i64::from(host) * 9 * SECOND } else { 0 };
        let mut bounds: Vec<Bound> = (0..80)
            .map(|_| {
                let pair = (random.below(4) as u32, random.below(4) as u32);
                let sent = random.below(2 * WINDOW);
                message(&mut random, &offset, pair, sent, SECOND)
            })
            .collect();
        let expected = solve(&bounds, WINDOW);
        for at in (1..bounds.len()).rev() {
            bounds.swap(at, random.below(at as i64 + 1) as usize);
        }
        assert_eq!(solve(&bounds, WINDOW), expected);
    }
}

#[test]
fn one_way_traffic_bounds_one_side() {
    let bound = Bound { at: 0, class: Match::Id, from: 0, to: 1, most: 3 * SECOND, evidence: 1 };
    let skew = solve(&[bound], WINDOW);
    let piece = Piece { host: 1, reference: 0, span: (0, 0), least: None, most: Some(3 * SECOND) };
    assert_eq!(skew.pieces, [piece]);
    assert_eq!(piece.offset(), None);
    assert_eq!(piece.correction(), None);
}
