//! Stamps that count from a boot, as `dmesg` prints them: which boot of the host that is, and what its
//! uptimes mean then.
//!
//! A file is cut where its uptimes fall, and each part finds its boot alone: by kernel lines that stand in
//! a log with wall times as well, the same words at the same microsecond of uptime. Nothing else is proof
//! enough: all boots of a machine share the range of their uptimes and most of their words. A part without
//! a boot stays undated, and so does a stretch of it behind a sleep that no such line is behind of.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::boots::{Boot, Timebase};
use super::proof::{Place, Proof};
use super::witnessed::Nodes;
use super::{Segment, Settled};
use crate::base::{Basis, Instant, NANOS_PER_SECOND, Stamp};
use crate::survey::{Range, Stretch};
use crate::time::render_rfc3339;
use crate::witness::Counted;

/// Uptimes are cut off at a microsecond.
const MICRO: i64 = 1_000;

/// From this uptime on no two boots say the same words at the same microsecond; before it they may, a few
/// times in hundreds of lines.
const TELLING: i64 = 60 * NANOS_PER_SECOND;

/// Lines before that uptime that it takes; one behind it weighs as much.
const FEWEST: usize = 3;

/// What the uptimes of a stretch of a file count from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SinceBoot {
    base: Arc<Timebase>,
    /// The machine woke up right before the stretch.
    woken: bool,
    doubt: Doubt,
    basis: Basis,
    /// What shows it.
    pub proof: Proof,
}

/// A boot with wall times.
#[derive(Clone, Debug)]
pub(super) struct Known {
    pub(super) boot: Boot,
    pub(super) host: Option<String>,
    /// Numbers the kernels of sources: boots of one number follow each other.
    pub(super) kernel: usize,
    pub(super) basis: Basis,
    pub(super) doubt: Doubt,
}

/// How much the instants of a boot's kernel lines may be wrong, nanoseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Doubt {
    /// By the years that are possible: before and behind.
    pub(super) years: (i64, i64),
    /// By what is not known of how far their clock was off.
    pub(super) clock: i64,
}

impl Doubt {
    /// An interval with all doubts on both sides.
    pub(super) fn around(self, earliest: i64, latest: i64) -> (i64, i64) {
        (
            earliest.saturating_sub(self.years.0).saturating_sub(self.clock),
            latest.saturating_add(self.years.1).saturating_add(self.clock),
        )
    }

    /// The larger ones of two.
    pub(super) fn or(self, other: Self) -> Self {
        let years = (self.years.0.max(other.years.0), self.years.1.max(other.years.1));
        Self { years, clock: self.clock.max(other.clock) }
    }
}

/// Nanoseconds that a stamp counts.
fn uptime(stamp: &Stamp) -> i64 {
    stamp.seconds.saturating_mul(NANOS_PER_SECOND).saturating_add(i64::from(stamp.nanos))
}

impl SinceBoot {
    /// The same without what shows it: that names files by their places in a run.
    #[must_use]
    pub fn unproven(&self) -> Self {
        Self { proof: Proof { text: String::new(), places: Vec::new() }, ..self.clone() }
    }

    /// Whether the zone of the log that dates it is a guess.
    pub fn is_guessed(&self) -> bool {
        self.basis.has(Basis::ZONE_DEFAULT)
    }

    /// Whether the year of the log that dates it is open.
    pub fn is_any_year(&self) -> bool {
        self.doubt.years != (0, 0)
    }

    /// The sort key of a stamp.
    pub(super) fn key(&self, stamp: &Stamp) -> i64 {
        self.moment(uptime(stamp))
    }

    /// The same of nanoseconds.
    pub(super) fn moment(&self, uptime: i64) -> i64 {
        let at = uptime.saturating_add(self.base.at(uptime, self.woken).best);
        at - at.rem_euclid(MICRO)
    }

    /// The instant of a stamp.
    pub(super) fn instant(&self, stamp: &Stamp) -> Instant {
        let (earliest, latest) = self.within(uptime(stamp), self.doubt);
        Instant { earliest, best: self.key(stamp), latest, basis: self.basis }
    }

    /// The interval of a stamp, if the years that are shown are right: what order is proven by.
    pub fn bounds(&self, stamp: &Stamp) -> (i64, i64) {
        self.bounds_of(uptime(stamp))
    }

    /// The same of nanoseconds.
    pub(super) fn bounds_of(&self, uptime: i64) -> (i64, i64) {
        self.within(uptime, Doubt { years: (0, 0), ..self.doubt })
    }

    fn within(&self, uptime: i64, doubt: Doubt) -> (i64, i64) {
        let bounds = self.base.at(uptime, self.woken);
        let best = self.moment(uptime);
        let (earliest, latest) = doubt.around(
            uptime.saturating_add(bounds.low),
            uptime.saturating_add(bounds.high).saturating_add(MICRO),
        );
        let (earliest, latest) =
            (earliest - earliest.rem_euclid(MICRO), latest.saturating_add((-latest).rem_euclid(MICRO)));
        (earliest.min(best), latest.max(best + 1))
    }

    /// The keys of the smallest and the largest of some uptimes, and how far others may lie outside.
    pub(super) fn span(&self, uptimes: Range<i64>) -> (i64, i64, i64) {
        let ends = (self.moment(uptimes.min), self.moment(uptimes.max));
        let (low, high) = self.base.reach();
        let (min, max) = (ends.0.min(ends.1), ends.0.max(ends.1));
        let below = min.saturating_sub(uptimes.min.saturating_add(low)).saturating_add(MICRO);
        let above = uptimes.max.saturating_add(high).saturating_sub(max);
        (min, max, below.max(above).max(0))
    }
}

/// Finds the boots of all uptimes without a wall time and cuts their files' clocks by them. `known` are the
/// boots of kernel lines that have one. Returns whether each file was given any.
pub(super) fn settle(nodes: &Nodes<'_>, known: &[Known], settled: &mut [Settled]) -> Vec<bool> {
    let heard = nodes.files.iter().map(|facts| !facts.testimony.counted.is_empty()).collect::<Vec<_>>();
    if known.is_empty() || !heard.contains(&true) {
        return vec![false; heard.len()];
    }
    let told: Vec<Words> = known.iter().map(|known| Words::new(nodes, known)).collect();
    let mut given = vec![false; heard.len()];
    for (file, given) in given.iter_mut().enumerate().filter(|(file, _)| heard[*file]) {
        for part in nodes.files[file].survey.boots() {
            *given |= dated(nodes, file, &part, (known, &told), settled);
        }
    }
    given
}

/// The words of a boot by hash: at which uptimes they are said, and where they stand.
struct Words(BTreeMap<u64, Vec<(i64, Place)>>);

impl Words {
    fn new(nodes: &Nodes<'_>, known: &Known) -> Self {
        let mut words: BTreeMap<u64, Vec<(i64, Place)>> = BTreeMap::new();
        for point in known.boot.points() {
            let lines = &nodes.files[point.place.file].testimony.uptimes;
            let index = lines.partition_point(|line| line.offset < point.place.offset);
            if let Some(line) = lines.get(index).filter(|line| line.offset == point.place.offset) {
                words.entry(line.said).or_default().push((point.uptime, point.place));
            }
        }
        Self(words)
    }
}

/// What speaks for a boot.
struct Match {
    index: usize,
    weight: usize,
    lines: usize,
    /// One line in both, the one with the most uptime.
    example: (Counted, Place),
}

/// Compares lines with the words of a boot: `None` unless they are of that boot.
fn compare(lines: &[Counted], once: &BTreeMap<u64, bool>, index: usize, words: &Words) -> Option<Match> {
    let (mut weight, mut agreeing, mut against) = (0, 0, 0);
    let mut example: Option<(Counted, Place)> = None;
    for line in lines {
        let Some(said) = words.0.get(&line.said) else { continue };
        match said.iter().find(|(uptime, _)| *uptime == line.uptime) {
            // All kernels say the same at the very beginning.
            Some(_) if line.uptime == 0 => {}
            Some((_, place)) => {
                agreeing += 1;
                weight += if line.uptime >= TELLING { FEWEST } else { 1 };
                if example.is_none_or(|(known, _)| known.uptime <= line.uptime) {
                    example = Some((*line, *place));
                }
            }
            None if said.len() == 1 && once.get(&line.said) == Some(&true) => against += 1,
            None => {}
        }
    }
    // Words that each side says once, and at another moment, are of another boot.
    let enough = weight >= FEWEST && weight >= 2 * against;
    example.filter(|_| enough).map(|example| Match { index, weight, lines: agreeing, example })
}

/// Whether each of the words of some lines is said once.
fn once(lines: &[Counted]) -> BTreeMap<u64, bool> {
    let mut once = BTreeMap::new();
    for line in lines {
        once.entry(line.said).and_modify(|once| *once = false).or_insert(true);
    }
    once
}

/// Finds the boot of one part of a file and dates its stretches as far as that goes.
fn dated(
    nodes: &Nodes<'_>,
    file: usize,
    part: &[Stretch],
    (known, told): (&[Known], &[Words]),
    settled: &mut [Settled],
) -> bool {
    let chunks = &nodes.files[file].survey.chunks;
    let (Some(first), Some(last)) = (part.first(), part.last()) else { return false };
    let from = chunks[first.chunks.0].0;
    let to = chunks.get(last.chunks.1).map_or(u64::MAX, |(start, _)| *start);
    let inside = |line: &&Counted| (from..to).contains(&line.offset);
    let lines: Vec<Counted> = nodes.files[file].testimony.counted.iter().filter(inside).copied().collect();
    let once = once(&lines);
    let host = settled[file].host.clone();
    let near = |known: &Known| host.is_none() || known.host.is_none() || known.host == host;
    let matches = known.iter().zip(told).enumerate().filter(|(_, (known, _))| near(known));
    let matches: Vec<Match> =
        matches.filter_map(|(index, (_, words))| compare(&lines, &once, index, words)).collect();
    let Some((base, found)) = agreed(&matches, known) else { return false };
    let base = Arc::new(base);
    let since = SinceBoot {
        woken: false,
        doubt: known[found.index].doubt,
        basis: known[found.index].basis.with(Basis::UPTIME),
        proof: proof(file, found, &base),
        base,
    };
    let mut given = false;
    for stretch in part {
        let reached = reaches(&since.base, stretch);
        given |= reached;
        let woken = stretch.rested && !stretch.asleep;
        let boot = reached.then(|| Arc::new(SinceBoot { woken, ..since.clone() }));
        let end = chunks.get(stretch.chunks.1).map_or(u64::MAX, |(start, _)| *start);
        cut(&mut settled[file].clock.segments, chunks[stretch.chunks.0].0, end, &boot);
    }
    given
}

/// The one boot that all matches speak of. A log may have it in parts, where the machine slept longer than
/// it had been up, and several logs may have it.
fn agreed<'m>(matches: &'m [Match], known: &[Known]) -> Option<(Timebase, &'m Match)> {
    let weight = |kernel: usize| -> usize {
        matches.iter().filter(|found| known[found.index].kernel == kernel).map(|found| found.weight).sum()
    };
    let best = matches.iter().max_by_key(|found| {
        (weight(known[found.index].kernel), found.weight, std::cmp::Reverse(found.index))
    })?;
    let kernel = known[best.index].kernel;
    let (own, others): (Vec<&Match>, Vec<&Match>) =
        matches.iter().partition(|found| known[found.index].kernel == kernel);
    let parts: Vec<&Boot> = own.iter().map(|found| &known[found.index].boot).collect();
    let ends = |boot: &Boot| {
        let uptimes = boot.points().map(|point| point.uptime);
        uptimes.fold((i64::MAX, i64::MIN), |ends, uptime| (ends.0.min(uptime), ends.1.max(uptime)))
    };
    if parts.windows(2).any(|pair| ends(pair[0]).1 >= ends(pair[1]).0) {
        return None;
    }
    let base = Timebase::new(&parts)?;
    let agrees = |other: &&Match| {
        let uptime = other.example.0.uptime;
        let theirs = Timebase::new(&[&known[other.index].boot]).map(|theirs| theirs.at(uptime, false));
        let ours = base.at(uptime, false);
        theirs.is_some_and(|theirs| theirs.low < ours.high && ours.low < theirs.high)
    };
    others.iter().all(agrees).then_some((base, best))
}

/// Whether what is known of a boot holds in a whole stretch: between lines it does, outside of them only
/// as far as the machine did not sleep.
fn reaches(base: &Timebase, stretch: &Stretch) -> bool {
    let (first, last) = base.range();
    let Range { min, max } = stretch.range;
    match stretch.asleep {
        true => min >= first && max <= last,
        false => !(min > last && stretch.rested || max < first && stretch.rests),
    }
}

fn proof(file: usize, found: &Match, base: &Timebase) -> Proof {
    let (line, place) = found.example;
    let at = line.uptime.saturating_add(base.at(line.uptime, false).best).saturating_sub(line.uptime);
    let mut boot = Vec::new();
    render_rfc3339(&mut boot, at, 0, 0, true);
    let boot = String::from_utf8_lossy(&boot).into_owned();
    let text = match found.lines {
        1 => format!("its uptimes count from the boot of {boot}: {{0}} is {{1}} as well, which has a time"),
        lines => format!(
            "its uptimes count from the boot of {boot}: {lines} of its kernel lines stand in a log with times as well, as {{0}} and {{1}}"
        ),
    };
    Proof { text, places: vec![Place { file, offset: line.offset }, place] }
}

/// Gives the part `[from, to)` of a file's segments a boot.
fn cut(segments: &mut Vec<Segment>, from: u64, to: u64, boot: &Option<Arc<SinceBoot>>) {
    for at in [from, to] {
        let next = segments.partition_point(|segment| segment.from < at);
        let begins = segments.get(next).is_some_and(|segment| segment.from == at);
        if !begins && at != u64::MAX && at > 0 {
            let before = Segment { from: at, ..segments[next - 1].clone() };
            segments.insert(next, before);
        }
    }
    for segment in segments.iter_mut().filter(|segment| (from..to).contains(&segment.from)) {
        segment.boot.clone_from(boot);
    }
}
