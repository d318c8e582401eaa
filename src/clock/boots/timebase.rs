//! From the kernel lines of one boot to what the wall clock showed at any of its uptimes.
//!
//! A knot is a line that was logged live. When it was said the wall clock was before its stamp's end, as it
//! had been said when it was written; and not long before its stamp, as of three lines in a row one was
//! written at once. An uptime between two knots is bounded by both sides together, never by one of them:
//! the clock may have been set between, or the machine may have slept.

use super::{AGREE, Boot, Piece, Point, STARTED, STEP, drift};
use crate::base::NANOS_PER_SECOND;

/// A log daemon that runs writes a line within this time, nanoseconds.
pub(in crate::clock) const PROMPT: i64 = 100_000_000;

/// Where there are fewer than three lines to go by, each of them may be this late, nanoseconds: a daemon that
/// waits longer waits for a disk that is gone.
const ALONE: i64 = 60 * NANOS_PER_SECOND;

/// Uptimes are cut off at a microsecond.
const MICRO: i64 = 1_000;

/// What a line tells of the difference between wall clock and uptime, nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Knot {
    uptime: i64,
    /// Not less; `None` for a line that was written late, or may have been said before the machine slept.
    low: Option<i64>,
    best: i64,
    /// Less than this.
    high: i64,
    /// Index of its piece.
    piece: usize,
}

/// The wall clock of one boot by uptime.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::clock) struct Timebase {
    /// By uptime; never empty, all with a `low`.
    knots: Vec<Knot>,
}

/// Bounds of wall clock less uptime.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::clock) struct Bounds {
    pub(in crate::clock) low: i64,
    pub(in crate::clock) best: i64,
    pub(in crate::clock) high: i64,
}

impl Timebase {
    /// Of the lines of one boot, given in one or more parts in their order. `None` where they tell nothing.
    pub(in crate::clock) fn new(boots: &[&Boot]) -> Option<Self> {
        let pieces: Vec<&Piece> = boots.iter().flat_map(|boot| &boot.pieces).collect();
        let mut knots: Vec<Knot> = (0..pieces.len()).flat_map(|index| knots(&pieces, index)).collect();
        // Of knots at one uptime the tighter one comes last: it is the one that is looked up.
        knots.sort_by_key(|knot| (knot.uptime, knot.low, std::cmp::Reverse(knot.high)));
        knots.dedup_by_key(|knot| (knot.uptime, knot.low, knot.high));
        // A late line is bounded from below by those around it.
        for index in 0..knots.len() {
            if knots[index].low.is_none() {
                let uptime = knots[index].uptime;
                let low = |knot: &Knot| Some(knot.low? - drift(knot.uptime - uptime));
                let (before, after) =
                    (knots[..index].iter().rev().find_map(low), knots[index..].iter().find_map(low));
                // Or from neither of them: where the clock was set back and on again.
                let own = knots[index].high.saturating_sub(ALONE);
                knots[index].low = before.into_iter().chain(after).chain([own]).min();
            }
        }
        knots.retain(|knot| knot.low.is_some_and(|low| low < knot.high));
        // One difference as long as it is possible: order inside a boot is that of uptimes.
        let mut last: Option<(usize, i64)> = None;
        for knot in &mut knots {
            let start = last.filter(|(piece, _)| *piece == knot.piece).map_or(knot.best, |(_, best)| best);
            knot.best = start.clamp(knot.low.unwrap_or(start), knot.high - 1);
            last = Some((knot.piece, knot.best));
        }
        (!knots.is_empty()).then_some(Self { knots })
    }

    /// The smallest and the largest uptime that a line tells of.
    pub(in crate::clock) fn range(&self) -> (i64, i64) {
        let end = |knot: Option<&Knot>| knot.map_or(0, |knot| knot.uptime);
        (end(self.knots.first()), end(self.knots.last()))
    }

    /// Wall clock less uptime at an uptime. Behind the last line and before the first it holds as long as
    /// nobody sets the clock and the machine does not sleep. Where it may have slept before or behind this
    /// uptime, `woken` says which is likelier.
    pub(in crate::clock) fn at(&self, uptime: i64, woken: bool) -> Bounds {
        let next = self.knots.partition_point(|knot| knot.uptime <= uptime);
        let left = next.checked_sub(1).map(|left| self.knots[left]);
        let right = self.knots.get(next).copied().filter(|_| left.is_none_or(|left| left.uptime != uptime));
        let bounds = |knot: Knot| {
            let apart = drift(uptime.saturating_sub(knot.uptime));
            (knot.low.unwrap_or(knot.best).saturating_sub(apart), knot.high.saturating_add(apart))
        };
        let both = left.map(bounds).into_iter().chain(right.map(bounds));
        let (low, high) = both.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1))).unwrap_or((0, 1));
        let best = match (left, right) {
            (Some(left), Some(right)) if left.piece == right.piece => between(left, right, uptime),
            (_, Some(knot)) if woken => knot.best,
            (Some(knot), _) | (None, Some(knot)) => knot.best,
            (None, None) => low,
        };
        Bounds { low, best: best.clamp(low, high - 1), high }
    }

    /// Bounds of the best values of all uptimes.
    pub(in crate::clock) fn reach(&self) -> (i64, i64) {
        let ends = self.knots.iter().map(|knot| (knot.best, knot.best));
        ends.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1))).unwrap_or((0, 0))
    }
}

/// The best value on the line between two knots.
fn between(left: Knot, right: Knot, uptime: i64) -> i64 {
    let (span, gone) = (right.uptime - left.uptime, uptime - left.uptime);
    let risen = i128::from(right.best - left.best) * i128::from(gone) / i128::from(span.max(1));
    left.best + risen as i64
}

/// The knots of one piece of a boot, by its index; the first begins with the boot.
fn knots(pieces: &[&Piece], index: usize) -> Vec<Knot> {
    let piece = pieces[index];
    let Some(first) = piece.points.first() else { return Vec::new() };
    // What was said before a sleep is written behind it, all in one go.
    let awake = |point: &Point| point.at >= first.at.saturating_add(first.width.max(STEP));
    let live = |point: &&Point| if index == 0 { piece.is_live(point) } else { awake(point) };
    let lowest = |uptime: i64| piece.envelope.lowest(uptime).unwrap_or(i64::MAX);
    let prompt = |point: &Point| point.edge() <= lowest(point.uptime).saturating_add(STEP);
    let best = piece.moment().map_or(first.start(), |moment| moment.best);
    let knot = |point: &Point, low: Option<i64>| Knot {
        uptime: point.uptime,
        low,
        best,
        high: point.edge(),
        piece: index,
    };
    let (mut lines, late): (Vec<Point>, Vec<Point>) =
        piece.points.iter().filter(live).copied().partition(|point| prompt(point));
    lines.sort_by_key(|point| (point.at, point.uptime));
    let same = |a: &Point, b: &Point| a.at == b.at;
    let own = lines.chunk_by(same).count();
    // A late line hides that the clock was set back before it; those behind it do not.
    let mut behind = pieces.get(index + 1).map_or_else(Vec::new, |next| next.points.clone());
    behind.sort_by_key(|point| (point.at, point.uptime));
    let groups: Vec<&[Point]> = lines.chunk_by(same).chain(behind.chunk_by(same).take(AGREE - 1)).collect();
    let asleep = piece.points.iter().filter(|point| index > 0 && !awake(point));
    let mut knots: Vec<Knot> = late.iter().chain(asleep).map(|point| knot(point, None)).collect();
    for (number, group) in groups.iter().enumerate().take(own) {
        // Two on both sides: on one of them the clock was not set, and there are three of it with this one.
        let window = &groups[number.saturating_sub(AGREE - 1)..groups.len().min(number + AGREE)];
        knots.extend(group.iter().map(|point| knot(point, low(window, point))));
    }
    // Only lines that were written in one go: nobody knows how late.
    if own == 0
        && let Some(point) =
            piece.points.iter().filter(|point| prompt(point)).max_by_key(|point| point.uptime)
    {
        knots.push(knot(point, Some(point.start().saturating_sub(STARTED))));
    }
    knots
}

/// What lines of some stamps tell of one of them from below, if of three in a row one was written at once.
fn low(window: &[&[Point]], point: &Point) -> Option<i64> {
    let start = |other: &Point| other.start().saturating_sub(drift(other.uptime - point.uptime));
    let each = window.iter().filter_map(|group| group.iter().map(start).min());
    // The clock was set before those that are far ahead: they say nothing of this one.
    let near = each.filter(|other| *other <= point.start().saturating_add(STEP));
    let (count, low) = near.fold((0, i64::MAX), |(count, low), other| (count + 1, low.min(other)));
    let late = if count < AGREE { ALONE } else { PROMPT };
    (count > 0).then_some(low.saturating_sub(late + MICRO))
}

#[cfg(test)]
mod tests;
