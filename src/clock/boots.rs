//! From kernel lines, which carry a wall clock and the time since boot at once, to boots: which lines are
//! of one boot, when that was, and where the wall clock and the kernel's clock part.
//!
//! Pure: one kernel's lines in the order they stand in its log, as UTC. What a stamp means in UTC, which
//! log is whose, and what a finding says is settled elsewhere.
//!
//! A line written in `[s, s+w)` that tells uptime `u` was said at or before it was written, so the boot
//! was before `s+w-u`: the line's *edge*. Delays only raise an edge. The lower end needs an assumption:
//! of the first three lines that were logged live, one was written as it was said, within its stamp's
//! width. Lines are live once the log daemon runs: what a kernel says while it boots is written when that
//! daemon starts, all in one go. Between two lines the clocks may drift apart, by [`DRIFT`] at most.

mod timebase;

use std::sync::Arc;

use super::proof::Place;
use crate::base::NANOS_PER_SECOND;

pub(super) use timebase::{PROMPT, Timebase};

/// How fast a kernel's clock may part from the wall clock, in parts per million: what NTP can correct at
/// all, and what a kernel accepts of a clock when it calibrates it.
const DRIFT: i64 = 500;

/// The clocks part by more than this, drift aside, where a clock was set or a machine slept: nanoseconds.
const STEP: i64 = 2 * NANOS_PER_SECOND;

/// By this uptime a log daemon runs: nanoseconds. What it took to start is no longer than this either.
const STARTED: i64 = 600 * NANOS_PER_SECOND;

/// Lines that agree on an edge are prompt: unlike delays do not agree.
const AGREE: usize = 3;

/// Zones lie on this grid; a wall clock that moves by a part of it changed its zone.
const GRID: i64 = 900 * NANOS_PER_SECOND;

/// A line bounds others that far away in uptime: by then drift has used up a second, so that a step that
/// nothing shows leaves no second to narrow, but a contradiction.
pub const REACH: i64 = 2_000 * NANOS_PER_SECOND;

/// How far the clocks may part in a span of time, nanoseconds.
const fn drift(span: i64) -> i64 {
    (span.saturating_abs() / 1_000_000).saturating_mul(DRIFT)
}

/// A kernel line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Point {
    /// Its stamp, nanoseconds since 1970 UTC.
    pub(super) at: i64,
    /// How wide the stamp is, nanoseconds.
    pub(super) width: i64,
    /// What it tells: nanoseconds since boot.
    pub(super) uptime: i64,
    /// Where it stands.
    pub(super) place: Place,
}

impl Point {
    /// The boot was before this.
    pub(super) const fn edge(&self) -> i64 {
        (self.at.saturating_add(self.width)).saturating_sub(self.uptime)
    }

    /// The boot, if the line was written when it was said, and at the beginning of its stamp.
    const fn start(&self) -> i64 {
        self.at.saturating_sub(self.uptime)
    }

    fn agrees(&self, other: &Self) -> bool {
        let gap = (self.uptime - other.uptime).abs();
        let tolerance = self.width.max(other.width) + drift(gap);
        self.at != other.at && gap <= REACH && self.edge().abs_diff(other.edge()) <= tolerance.unsigned_abs()
    }
}

/// The lowest edge around each uptime: `(uptime, edge)`, without those that a neighbour's edge makes
/// needless.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Envelope(Arc<[(i64, i64)]>);

impl Envelope {
    fn new(points: &[Point]) -> Self {
        let mut edges: Vec<(i64, i64)> = points.iter().map(|point| (point.uptime, point.edge())).collect();
        edges.sort_unstable();
        let mut kept: Vec<(i64, i64)> = Vec::new();
        for (uptime, edge) in edges {
            let gap = |other: &(i64, i64)| drift(uptime - other.0);
            let near = |other: &&(i64, i64)| uptime - other.0 <= REACH;
            if kept.last().filter(near).is_some_and(|last| last.1 + gap(last) <= edge) {
                continue;
            }
            while kept.last().filter(near).is_some_and(|last| edge + gap(last) <= last.1) {
                kept.pop();
            }
            kept.push((uptime, edge));
        }
        Self(kept.into())
    }

    /// What it knows of lines that were said before an instant.
    pub(super) fn below(&self, until: i64) -> &[(i64, i64)] {
        &self.0[..self.0.partition_point(|(uptime, edge)| edge.saturating_add(*uptime) < until)]
    }

    /// What was said at this uptime was said before the boot's edge plus it; the edge.
    pub(super) fn edge(&self, uptime: i64) -> Option<i64> {
        let next = self.0.partition_point(|(known, _)| *known < uptime);
        let near = self.0.get(next).into_iter().chain(next.checked_sub(1).and_then(|last| self.0.get(last)));
        let near = near.filter(|(known, _)| (uptime - known).abs() <= REACH);
        near.map(|(known, edge)| edge.saturating_add(drift(uptime - known))).min()
    }

    /// The same, however far away.
    fn lowest(&self, uptime: i64) -> Option<i64> {
        let next = self.0.partition_point(|(known, _)| *known < uptime);
        let around =
            self.0.get(next).into_iter().chain(next.checked_sub(1).and_then(|last| self.0.get(last)));
        around.map(|(known, edge)| edge.saturating_add(drift(uptime - known))).min()
    }
}

/// Lines between which neither clock was set and the machine did not sleep.
#[derive(Clone, Debug, Default)]
pub(super) struct Piece {
    /// Its lines, in log order.
    pub(super) points: Vec<Point>,
    /// What they bound.
    pub(super) envelope: Envelope,
}

/// What can be said of the moment of a boot, nanoseconds since 1970 UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Moment {
    /// Not before this.
    pub(super) earliest: i64,
    /// The likeliest: counted back from the witness.
    pub(super) best: i64,
    /// Before this.
    pub(super) latest: i64,
    /// The line that tells it best.
    pub(super) witness: Point,
}

/// A boot.
#[derive(Clone, Debug, Default)]
pub(super) struct Boot {
    /// Its lines; a new piece where the clocks part.
    pub(super) pieces: Vec<Piece>,
    /// Whether it began where the log does or where the uptime fell. Not so where the clocks part by more
    /// than the whole uptime before: that may be another boot, or a long sleep.
    pub(super) plain: bool,
}

/// Wall clock and kernel clock part between two lines of one boot: the clock was set, or the machine slept
/// and the kernel did not count it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Step {
    /// The last line before.
    pub(super) before: Point,
    /// The first line after.
    pub(super) after: Point,
    /// The wall clock gained this much, nanoseconds.
    pub(super) by: i64,
    /// Give or take this much, nanoseconds.
    pub(super) within: i64,
}

impl Step {
    /// Whether it may be a zone that changed: a whole number of quarters of an hour.
    pub(super) const fn on_grid(&self) -> bool {
        let rest = (self.by + GRID / 2).rem_euclid(GRID) - GRID / 2;
        self.by.abs() > GRID / 2 && rest.abs() <= self.within + STEP
    }
}

/// Sorts one kernel's lines into boots, and finds where the clocks part.
pub(super) fn boots(points: &[Point]) -> (Vec<Boot>, Vec<Step>) {
    let mut boots: Vec<(Vec<Point>, bool)> = Vec::new();
    // The line with the most uptime of the current boot.
    let mut top: Option<Point> = None;
    for point in points {
        let plain = match top {
            None => Some(true),
            // Said after all that was said before: by another boot, or by the same after a long sleep.
            Some(top) if point.start() > top.at.saturating_add(top.width) => Some(point.uptime < top.uptime),
            // The clock was set back, and the uptime fell as well: another boot, when nobody knows.
            Some(top)
                if point.uptime < top.uptime
                    && point.edge() < top.start() - drift(top.uptime - point.uptime) - STEP =>
            {
                Some(false)
            }
            // Goes on; or falls and time does not follow: lines out of order, or written twice.
            Some(_) => None,
        };
        match (plain, boots.last_mut()) {
            (None, Some((lines, _))) => lines.push(*point),
            (plain, _) => {
                boots.push((vec![*point], plain.unwrap_or(false)));
                top = None;
            }
        }
        if top.is_none_or(|top| point.uptime >= top.uptime) {
            top = Some(*point);
        }
    }
    let mut steps = Vec::new();
    let boots = boots
        .into_iter()
        .map(|(points, plain)| Boot { pieces: pieces(&points, &mut steps), plain })
        .collect();
    (boots, steps)
}

/// Cuts the lines of one boot where the clocks part.
fn pieces(points: &[Point], steps: &mut Vec<Step>) -> Vec<Piece> {
    let mut pieces: Vec<Vec<Point>> = vec![Vec::new()];
    // Lines with edges too high: late, or behind a step.
    let mut high: Vec<Point> = Vec::new();
    // The last point known to be prompt, and the lowest edge of the piece, to be read with drift.
    let mut prompt: Option<Point> = None;
    let mut low: Option<Point> = None;
    for point in points {
        let Some(last) = pieces.last_mut() else { break };
        let apart = |other: &Point| drift(point.uptime - other.uptime);
        if let Some(known) = prompt
            && point.edge() < known.start() - apart(&known) - STEP
        {
            steps.push(step(last, known, *point));
            last.append(&mut high);
            pieces.push(vec![*point]);
            (prompt, low) = (None, Some(*point));
            continue;
        }
        let limit = low.map(|low| low.edge() + apart(&low));
        if limit.is_some_and(|limit| point.edge() > limit + STEP) {
            high.push(*point);
            if let (Some(found), Some(known)) = (agreed(&high), low) {
                // The first that agrees is the first behind the step.
                let from = high.iter().position(|one| *one == found || one.agrees(&found)).unwrap_or(0);
                let fresh = high.split_off(from);
                let after = fresh.first().copied().unwrap_or(found);
                steps.push(Step { after, ..step(last, known, found) });
                last.append(&mut high);
                pieces.push(fresh);
                (prompt, low) = (Some(found), Some(found));
            }
            continue;
        }
        // One that fits shows that those above were late.
        last.append(&mut high);
        last.push(*point);
        if limit.is_none_or(|limit| point.edge() <= limit) {
            low = Some(*point);
        }
        prompt = agreed(last).or(prompt);
    }
    if let Some(last) = pieces.last_mut() {
        last.append(&mut high);
    }
    let pieces = pieces.into_iter().map(|points| Piece { envelope: Envelope::new(&points), points });
    pieces.collect()
}

/// The lowest of the last lines, if enough of them agree with the newest.
fn agreed(points: &[Point]) -> Option<Point> {
    const LOOK: usize = 8;
    let newest = points.last()?;
    let near = &points[points.len().saturating_sub(LOOK)..];
    let mut same: Vec<&Point> = near.iter().filter(|point| point.agrees(newest)).collect();
    same.dedup_by_key(|point| point.at);
    (same.len() + 1 >= AGREE)
        .then(|| same.into_iter().chain([newest]).min_by_key(|point| point.edge()).copied())?
}

/// Between the last line of a piece and a later one, measured from a line that knows the piece's edge.
fn step(piece: &[Point], known: Point, after: Point) -> Step {
    let before = piece.last().copied().unwrap_or(known);
    let within = known.width.max(after.width) + drift(after.uptime - known.uptime);
    Step { before, after, by: after.edge() - known.edge(), within }
}

impl Boot {
    /// When it was; `None` without a line.
    pub(super) fn moment(&self) -> Option<Moment> {
        let first = self.pieces.first()?;
        let mut moment = first.moment()?;
        // Where a clock was set, it was wrong before or after: either may be right about the boot.
        for other in self.pieces[1..].iter().filter_map(Piece::moment) {
            moment.earliest = moment.earliest.min(other.earliest);
            moment.latest = moment.latest.max(other.latest);
        }
        Some(moment)
    }

    /// All its lines.
    pub(super) fn points(&self) -> impl Iterator<Item = &Point> {
        self.pieces.iter().flat_map(|piece| &piece.points)
    }
}

impl Piece {
    /// Whether a line was written while the log daemon ran: not in one go when it started.
    fn is_live(&self, point: &Point) -> bool {
        let begun = self.points.first();
        let live = |begun: &Point| point.at >= begun.at.saturating_add(begun.width.max(STEP));
        point.uptime >= STARTED || begun.is_some_and(live)
    }

    /// From this uptime on lines are written as they are said.
    pub(super) fn live_from(&self) -> i64 {
        let live = self.points.iter().filter(|point| self.is_live(point));
        live.map(|point| point.uptime).min().unwrap_or(STARTED)
    }

    /// When the boot was, as far as this piece's clock tells.
    fn moment(&self) -> Option<Moment> {
        let live = |point: &&Point| self.is_live(point);
        let high = |point: &Point| point.edge().saturating_add(drift(point.uptime));
        let low = |point: &Point| point.start().saturating_sub(drift(point.uptime));
        let latest = self.points.iter().map(high).min()?;
        let witness = self.points.iter().filter(live).min_by_key(|point| high(point));
        // Those of the first stamps: lines written at once are late at once.
        let lives: Vec<&Point> = self.points.iter().filter(live).collect();
        let first = lives.chunk_by(|a, b| a.at == b.at).take(AGREE).flatten();
        let (witness, earliest) = match first.map(|point| low(point)).min() {
            Some(earliest) => (witness?, earliest),
            None => {
                let witness = self.points.iter().min_by_key(|point| high(point))?;
                (witness, low(witness).saturating_sub(STARTED))
            }
        };
        // Prompt lines around the witness begin behind the boot as well; the last of them is nearest to it.
        let near = self.points.iter().filter(live).filter(|point| point.agrees(witness));
        let start = near.map(Point::start).max().unwrap_or(i64::MIN);
        let start = start.clamp(witness.start(), witness.edge() - 1);
        let best = match start < latest {
            true => start,
            false => latest.saturating_sub(witness.width),
        };
        Some(Moment { earliest: earliest.min(best), best, latest, witness: *witness })
    }
}

#[cfg(test)]
mod tests;
