//! Settling: from the surveys and the testimony of all files to clocks, years and the place of every
//! chunk in time.
//!
//! The order matters: years first (a wall clock is no number without one), then runs between suspect
//! jumps, then all zones together, then segments and spans.

use super::evidence::{self, Link};
use super::family::family_years;
use super::proof::{Place, Proof, Shift, ShiftKind};
use super::skewed::{SkewShown, skews};
use super::spans::{ChunkSpan, local_to_utc, spans, utc};
use super::stretches::{Follows, Sequence, Stretch};
use super::witnessed::{Nodes, Run};
use super::zones::{self, By, Decision, Solution, Vote, VoteKind};
use super::{Booted, Clock, ClockStep, Segment, Years, company, hosts, kernels, reasons};
use crate::base::{Basis, NANOS_PER_SECOND};
use crate::io::Rotation;
use crate::survey::FileSurvey;
use crate::text::glob;
use crate::time::Zone;
use crate::witness::Testimony;

/// `--assume-tz [GLOB=]ZONE`.
#[derive(Clone, Debug)]
pub struct Assumption {
    /// Files or sources it holds for; all of them without one.
    pub glob: Option<String>,
    /// The zone of their stamps.
    pub zone: Zone,
}

/// What a person said about clocks.
#[derive(Clone, Debug)]
pub struct SettleOptions {
    /// `--tz`: the first guess for stamps without a zone.
    pub default_zone: Zone,
    /// `--assume-tz`, in the order given; the last that fits wins.
    pub assumptions: Vec<Assumption>,
    /// `--year`: of the newest record of each source.
    pub year: Option<i32>,
    /// When the run began, nanoseconds since 1970.
    pub now: i64,
}

/// What settling needs to know of one file.
#[derive(Clone, Copy, Debug)]
pub struct FileFacts<'a> {
    /// The file's name.
    pub name: &'a str,
    /// Its source's name: files of one source must follow each other.
    pub source: &'a str,
    /// Its format's name.
    pub format: &'a str,
    /// Its place in the family.
    pub rotation: &'a Rotation,
    /// Modification time.
    pub mtime: Option<i64>,
    /// Modification time of what gzip packed, where it was kept.
    pub packed: Option<i64>,
    /// A zone that its format fixes.
    pub format_zone: Option<&'a Zone>,
    /// Its survey.
    pub survey: &'a FileSurvey,
    /// What it says about clocks.
    pub testimony: &'a Testimony,
}

/// The settled clock of a file and the place of its chunks.
#[derive(Clone, Debug)]
pub struct Settled {
    /// The clock.
    pub clock: Clock,
    /// One per surveyed chunk.
    pub chunks: Vec<ChunkSpan>,
    /// The host the file was written on, as far as it is known.
    pub host: Option<String>,
}

/// What settling found.
#[derive(Clone, Debug)]
pub struct Settlement {
    /// One per file.
    pub files: Vec<Settled>,
    /// Jumps that mean something, by source and place.
    pub shifts: Vec<Shift>,
    /// Boots that kernel lines tell of, by time.
    pub boots: Vec<Booted>,
    /// Clocks that were set, or machines that slept, as kernel lines tell; by source and place.
    pub steps: Vec<ClockStep>,
    /// Clocks of hosts that stand apart, by host.
    pub skews: Vec<SkewShown>,
}

/// Settles all files. `files` must be sorted so that each source's files are neighbours.
pub fn settle(files: &[FileFacts<'_>], options: &SettleOptions) -> Settlement {
    let said: Vec<(Zone, Basis)> = files.iter().map(|file| zone(file, options)).collect();
    let hosts = hosts::hosts(
        &files.iter().map(|file| (file.name, file.testimony.host.as_deref())).collect::<Vec<_>>(),
    );
    let others = dated_ranges(files, &said);
    let mut years: Vec<Vec<i32>> = vec![Vec::new(); files.len()];
    let mut year_bases = vec![Basis::default(); files.len()];
    let mut told = vec![Years::default(); files.len()];
    let mut sequences: Vec<Sequence> = Vec::new();
    for order in families(files) {
        let family = family_years(files, &order, &others, options);
        let newest = order.last().map_or(0, |file| *file);
        sequences.push(Sequence::new(files, &order, &family.years, &said[newest].0));
        for (file, chunk_years) in order.into_iter().zip(family.years) {
            years[file] = chunk_years;
            year_bases[file] = family.basis;
            told[file] = family.told.clone();
        }
    }
    let runs = runs(&sequences);
    let nodes = Nodes::new(files, years, runs);
    let court = Court::hear(&nodes, &sequences, &said, &hosts, options);
    let mut shifts = Vec::new();
    let mut clocks: Vec<Clock> = (0..files.len())
        .map(|file| Clock {
            years: std::mem::take(&mut told[file]),
            ..court.clock(file, year_bases[file], &sequences)
        })
        .collect();
    let skews = skews(&nodes, &mut clocks, &hosts);
    let mut settled = clocks
        .into_iter()
        .enumerate()
        .map(|(file, clock)| {
            let chunks = spans(&files[file], &clock, &nodes.years[file]);
            Settled { clock, chunks, host: hosts[file].clone() }
        })
        .collect::<Vec<_>>();
    for sequence in &sequences {
        shifts.extend(court.shifts(sequence, &settled));
    }
    let told = kernels::hear(&nodes, &families(files), &mut settled);
    Settlement { files: settled, shifts, boots: told.boots, steps: told.steps, skews }
}

/// The files of each source, oldest first.
fn families(files: &[FileFacts<'_>]) -> Vec<Vec<usize>> {
    let mut families = Vec::new();
    let mut start = 0;
    while start < files.len() {
        let end = start + files[start..].iter().take_while(|file| file.source == files[start].source).count();
        let mut order: Vec<usize> = (start..end).collect();
        order.sort_by(|a, b| {
            files[*a].rotation.age_order(files[*b].rotation).then_with(|| files[*a].name.cmp(files[*b].name))
        });
        families.push(order);
        start = end;
    }
    families
}

/// Cuts sequences where a zone may have changed.
fn runs(sequences: &[Sequence]) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    for (source, sequence) in sequences.iter().enumerate() {
        for (stretch, follows) in sequence.stretches.iter().zip(&sequence.follows) {
            let same = runs.last().is_some_and(|run| run.source == source) && *follows == Follows::Plainly;
            if !same {
                runs.push(Run { source, stretches: Vec::new() });
            }
            if let Some(run) = runs.last_mut() {
                run.stretches.push(stretch.clone());
            }
        }
    }
    runs
}

/// The zone of a file's zone-less stamps as far as no evidence is needed: what was said, what the format
/// fixes, else the default.
fn zone(file: &FileFacts<'_>, options: &SettleOptions) -> (Zone, Basis) {
    let fits = |assumption: &&Assumption| match &assumption.glob {
        Some(pattern) => glob(pattern, file.name) || glob(pattern, file.source),
        None => true,
    };
    if let Some(assumption) = options.assumptions.iter().rev().find(fits) {
        return (assumption.zone.clone(), Basis::ZONE_ASSUMED);
    }
    match file.format_zone {
        Some(zone) => (zone.clone(), Basis::ZONE_INFERRED),
        None => (options.default_zone.clone(), Basis::ZONE_DEFAULT),
    }
}

/// The range, per source, of all stamps that name their year.
fn dated_ranges(files: &[FileFacts<'_>], zones: &[(Zone, Basis)]) -> Vec<(i64, i64)> {
    let mut ranges: Vec<(&str, (i64, i64))> = Vec::new();
    for (file, (zone, _)) in files.iter().zip(zones) {
        for (_, chunk) in &file.survey.chunks {
            let zoned = chunk.zoned.map(|zoned| (zoned.min, zoned.max));
            let local = chunk.local.map(|local| (utc(zone, local.min), utc(zone, local.max)));
            for (min, max) in zoned.into_iter().chain(local) {
                match ranges.last_mut().filter(|(source, _)| *source == file.source) {
                    Some((_, range)) => *range = (range.0.min(min), range.1.max(max)),
                    None => ranges.push((file.source, (min, max))),
                }
            }
        }
    }
    ranges.into_iter().map(|(_, range)| range).collect()
}

/// Proofs kept of one file: a log of many runs has many of the same kind.
const MOST_PROOFS: usize = 64;

/// Hears all evidence and decides the zones.
struct Court<'a> {
    nodes: &'a Nodes<'a>,
    said: &'a [(Zone, Basis)],
    default_zone: &'a Zone,
    votes: Vec<Vote>,
    links: Vec<Link>,
    solution: Solution,
    /// For each node a group of clocks whose differences are known, and its own, nanoseconds.
    relations: Vec<(usize, i64)>,
    /// Per file: seconds that its labels are wrong by.
    repairs: Vec<Option<i64>>,
    /// Runs that are known by their company, and by whose.
    company: Vec<Option<(i64, Vec<usize>)>>,
    /// Runs between two that are known to have one offset.
    between: Vec<Option<i64>>,
}

impl<'a> Court<'a> {
    fn hear(
        nodes: &'a Nodes<'a>,
        sequences: &[Sequence],
        said: &'a [(Zone, Basis)],
        hosts: &[Option<String>],
        options: &'a SettleOptions,
    ) -> Self {
        let default_zone = &options.default_zone;
        let mut votes = nodes.quoted();
        let mtimes = nodes.mtimes();
        let repairs = lies(nodes, &votes, &mtimes);
        votes.extend(mtimes);
        votes.extend(labels(nodes, said, &repairs));
        let mut links = nodes.uptimes();
        links.extend(jumps_back(nodes, sequences, &links));
        let same_host = |a: usize, b: usize| {
            let (a, b) = (nodes.file(a), nodes.file(b));
            hosts[a].is_some() && hosts[a] == hosts[b]
        };
        links.extend(evidence::links(nodes.marks(), same_host));
        links.extend(agreeing(nodes, &votes));
        let offset_now = |zone: &Zone, at: i64| {
            i64::from(zone.offset_at(at.div_euclid(NANOS_PER_SECOND)).0) * NANOS_PER_SECOND
        };
        let newest = nodes.runs.iter().filter_map(|run| Some(run.range()?.1)).max().unwrap_or(options.now);
        let mut usual = vec![0, offset_now(default_zone, newest)];
        usual.extend(nodes.runs.iter().filter_map(|run| Some(offset_now(default_zone, run.range()?.0))));
        usual.extend(nodes.labels());
        // What some logs prove by themselves, others may use.
        let relations = zones::solve(nodes.count, &links, &[], &[]).groups;
        links.retain(|link| !link.changes_clock());
        let first = zones::solve(nodes.count, &links, &votes, &usual);
        let quoted = |decision: &&Decision| decision.by == By::Own(VoteKind::Quoted);
        usual.extend(first.decisions.iter().flatten().filter(quoted).map(|decision| decision.offset));
        let solution = zones::solve(nodes.count, &links, &votes, &usual);
        let mut court = Self {
            nodes,
            said,
            default_zone,
            votes,
            links,
            solution,
            relations,
            repairs,
            company: Vec::new(),
            between: Vec::new(),
        };
        court.company = company::company(nodes, &court.solution, &court.votes, hosts);
        court.between = court.between();
        court
    }

    /// The offset that evidence gives a run.
    fn offset(&self, run: usize) -> Option<i64> {
        let decided = self.solution.decisions[run].as_ref().map(|decision| decision.offset);
        decided.or_else(|| self.company.get(run)?.as_ref().map(|(offset, _)| *offset))
    }

    /// For each run without an offset, that of the nearest ones before and behind it in its source, if
    /// they have the same: a zone that changed twice in between would be strange indeed.
    fn between(&self) -> Vec<Option<i64>> {
        let runs = &self.nodes.runs;
        let known =
            |run: usize, source: usize| (runs[run].source == source).then(|| self.offset(run)).flatten();
        (0..runs.len())
            .map(|run| {
                let source = runs[run].source;
                if self.offset(run).is_some() || self.solution.disputed.contains(&run) {
                    return None;
                }
                let before = (0..run).rev().take_while(|other| runs[*other].source == source);
                let after = (run + 1..runs.len()).take_while(|other| runs[*other].source == source);
                let before = before.into_iter().find_map(|other| known(other, source))?;
                let after = after.into_iter().find_map(|other| known(other, source))?;
                (before == after).then_some(before)
            })
            .collect()
    }

    /// The offset of the nearest run of the same source that has one: a guess, better than none.
    fn nearby(&self, run: usize) -> Option<i64> {
        let runs = &self.nodes.runs;
        let mut others: Vec<usize> = (0..runs.len())
            .filter(|other| runs[*other].source == runs[run].source && *other != run)
            .collect();
        others.sort_by_key(|other| (other.abs_diff(run), *other));
        others.into_iter().find_map(|other| self.offset(other))
    }

    /// Whether a run lies next to one that is known to have the default zone's offset, and the jump
    /// between them is that zone's own: then both are in it.
    fn set_by_default_zone(&self, run: usize, sequences: &[Sequence]) -> bool {
        let nodes = self.nodes;
        let sequence = &sequences[nodes.runs[run].source];
        sequence.follows.iter().enumerate().skip(1).any(|(index, follows)| {
            if !matches!(follows, Follows::SetForward | Follows::SetBack) {
                return false;
            }
            let (before, after) = (&sequence.stretches[index - 1], &sequence.stretches[index]);
            let run_of = |stretch: &Stretch| nodes.run(stretch.file, stretch.number);
            let (Some(old), Some(new)) = (run_of(before), run_of(after)) else { return false };
            let (other, at) = match (old == run, new == run) {
                (true, _) => (new, after.ends.map(|ends| ends.0)),
                (_, true) => (old, before.ends.map(|ends| ends.1)),
                _ => return false,
            };
            let (Some(offset), Some(at)) = (self.offset(other), at) else { return false };
            let seconds =
                i64::from(self.default_zone.offset_at((at - offset).div_euclid(NANOS_PER_SECOND)).0);
            seconds * NANOS_PER_SECOND == offset
        })
    }

    /// A guess at a run from the others of its source whose clocks differ from its own by a known amount:
    /// from one that is decided, or from the last, if that one is in the default zone. (A server's zone is
    /// changed to the one that its people live in.)
    fn relative(&self, run: usize) -> Option<i64> {
        const WEST: i64 = -12 * 3_600 * NANOS_PER_SECOND;
        const EAST: i64 = 14 * 3_600 * NANOS_PER_SECOND;
        let runs = &self.nodes.runs;
        let (group, at) = self.relations[run];
        let mut linked = (0..runs.len())
            .filter(|other| runs[*other].source == runs[run].source && self.relations[*other].0 == group)
            .rev();
        let last = linked.next().filter(|last| *last != run || linked.clone().next().is_some())?;
        let (anchor, offset) = match linked.find_map(|other| Some((other, self.offset(other)?))) {
            Some(decided) if self.offset(last).is_none() => decided,
            _ => {
                let end = runs[last].range()?.1;
                (last, self.offset(last).unwrap_or(end - utc(self.default_zone, end)))
            }
        };
        Some(offset + at - self.relations[anchor].1).filter(|offset| (WEST..=EAST).contains(offset))
    }

    /// How far evidence sets the clocks of two stretches apart, nanoseconds.
    fn difference(&self, before: &Stretch, after: &Stretch) -> Option<i64> {
        let run = |stretch: &Stretch| self.nodes.run(stretch.file, stretch.number);
        let (before, after) = (self.relations[run(before)?], self.relations[run(after)?]);
        (before.0 == after.0).then_some(after.1 - before.1)
    }

    /// The zone of a run, how it is known, and why.
    fn zone(&self, run: usize, sequences: &[Sequence]) -> (Zone, Basis, Vec<Proof>) {
        let file = self.nodes.file(run);
        let (said, basis) = &self.said[file];
        if *basis != Basis::ZONE_DEFAULT {
            return (said.clone(), *basis, Vec::new());
        }
        let range = self.nodes.runs[run].range();
        let named = |offset: i64| {
            let seconds = (offset / NANOS_PER_SECOND) as i32;
            let holds = |at: i64| {
                let utc = (at - offset).div_euclid(NANOS_PER_SECOND);
                self.default_zone.offset_at(utc).0 == seconds
            };
            match range {
                Some((first, last)) if holds(first) && holds(last) => self.default_zone.clone(),
                _ => Zone::fixed(seconds),
            }
        };
        if let Some(decision) = self.solution.decisions[run] {
            let proofs = reasons::proofs(self.nodes, run, &decision, &self.votes, &self.links);
            return (named(decision.offset), Basis::ZONE_INFERRED, proofs);
        }
        if let Some((offset, peers)) = &self.company[run] {
            let proofs = reasons::company(self.nodes, peers);
            return (named(*offset), Basis::ZONE_INFERRED, proofs);
        }
        if self.set_by_default_zone(run, sequences) {
            let proofs = reasons::clock_change(self.default_zone.name());
            return (self.default_zone.clone(), Basis::ZONE_INFERRED, proofs);
        }
        if let Some(offset) = self.between[run] {
            return (named(offset), Basis::ZONE_INFERRED, reasons::between(offset));
        }
        let proofs = reasons::open(run, &self.votes, self.solution.disputed.contains(&run));
        match self.relative(run).or_else(|| self.nearby(run)) {
            Some(offset) => (named(offset), Basis::ZONE_DEFAULT, proofs),
            None => (said.clone(), Basis::ZONE_DEFAULT, proofs),
        }
    }

    /// The clock of a file.
    fn clock(&self, file: usize, year_basis: Basis, sequences: &[Sequence]) -> Clock {
        let mut segments: Vec<Segment> = Vec::new();
        let mut proofs: Vec<Proof> = Vec::new();
        let mut last_run = None;
        let stretches = sequences
            .iter()
            .flat_map(|sequence| sequence.stretches.iter().zip(&sequence.follows))
            .filter(|(stretch, _)| stretch.file == file);
        for (stretch, follows) in stretches {
            let Some(run) = self.nodes.run(file, stretch.number) else { continue };
            let set_back = matches!(follows, Follows::SetBack);
            if last_run == Some(run) && !set_back {
                continue;
            }
            let (zone, mut zone_basis, why) = self.zone(run, sequences);
            // What is known of some records of a file that is out of order is not known of the others.
            if zone_basis == Basis::ZONE_INFERRED
                && self.said[file].1 == Basis::ZONE_DEFAULT
                && !self.nodes.files[file].survey.is_cut()
            {
                zone_basis = Basis::ZONE_DEFAULT;
            }
            if last_run != Some(run) {
                proofs.extend(why.into_iter().filter(|proof| !proofs.contains(proof)).collect::<Vec<_>>());
            }
            last_run = Some(run);
            let from = match segments.is_empty() {
                true => 0,
                false => self.nodes.files[file].survey.chunks[stretch.pieces.0].0,
            };
            // The hours that come twice end within three hours of the set-back.
            let late_until =
                stretch.ends.filter(|_| set_back).map(|ends| ends.0.div_euclid(NANOS_PER_SECOND) + 3 * 3_600);
            let same = segments.last().is_some_and(|last: &Segment| {
                (&last.zone, last.zone_basis) == (&zone, zone_basis) && late_until.is_none()
            });
            if !same {
                segments.push(Segment { from, zone, zone_basis, late_until });
            }
        }
        if segments.is_empty() {
            let (zone, zone_basis) = self.said[file].clone();
            segments.push(Segment { from: 0, zone, zone_basis, late_until: None });
        }
        let repair = self.repairs[file];
        if repair.is_some()
            && let Some(node) = self.nodes.zoned(file)
            && let Some(proof) = reasons::lie(node, &self.votes)
        {
            proofs.push(proof);
        }
        proofs.truncate(MOST_PROOFS);
        let writers = self.nodes.files[file].testimony.writers.clone();
        proofs.extend(writers.iter().map(|odd| reasons::writer(file, odd)));
        Clock {
            kernels: Vec::new(),
            boots: Vec::new(),
            segments,
            year_basis,
            years: Years::default(),
            repair,
            skew: None,
            writers,
            proofs,
        }
    }

    /// The jumps of a source that mean something.
    fn shifts(&self, sequence: &Sequence, settled: &[Settled]) -> Vec<Shift> {
        let mut shifts = Vec::new();
        let mut before: Option<&Stretch> = None;
        for (stretch, follows) in sequence.stretches.iter().zip(&sequence.follows) {
            if let Some(last) = before
                && let (Some((_, from)), Some((to, _))) = (last.ends, stretch.ends)
                && !matches!(follows, Follows::Plainly | Follows::SetForward)
            {
                let ahead = |stretch: &Stretch| settled[stretch.file].clock.ahead();
                let segment = |stretch: &Stretch| {
                    let settled = &settled[stretch.file];
                    settled.clock.segment(settled.chunks[stretch.pieces.0].segment)
                };
                let (old, new) = (segment(last), segment(stretch));
                let ends = (local_to_utc(old, from), local_to_utc(new, to));
                let offset =
                    |segment: &Segment, at: i64| segment.zone.offset_at(at.div_euclid(NANOS_PER_SECOND)).0;
                let offsets = (offset(old, ends.0), offset(new, ends.1));
                let open = |segment: &Segment| segment.zone_basis == Basis::ZONE_DEFAULT;
                let kind = match follows {
                    Follows::SetBack => Some((ShiftKind::SetBack, offsets)),
                    Follows::Suspect { .. } | Follows::Unknown if !open(old) && !open(new) => {
                        (offsets.0 != offsets.1).then_some((ShiftKind::Changed, offsets))
                    }
                    Follows::Suspect { .. } | Follows::Unknown
                        if self.difference(last, stretch).is_some() =>
                    {
                        (offsets.0 != offsets.1).then_some((ShiftKind::Changed, offsets))
                    }
                    Follows::Suspect { grid, .. } => {
                        // No zone is further east than +14:00, or further west than -12:00.
                        let grid = (grid / NANOS_PER_SECOND) as i32;
                        let readings = match offsets.0 + grid {
                            other if (-43_200..=50_400).contains(&other) => (offsets.0, other),
                            _ => (offsets.0 - grid, offsets.0),
                        };
                        Some((ShiftKind::Ambiguous, readings))
                    }
                    Follows::Plainly | Follows::SetForward | Follows::Unknown => None,
                };
                if let Some((kind, offsets)) = kind {
                    let after = Place { file: stretch.file, offset: self.nodes.begin(stretch) };
                    let chunks = &self.nodes.files[last.file].survey.chunks[..last.pieces.1];
                    let begin = chunks.iter().rev().find_map(|(_, chunk)| chunk.last_begin);
                    let before = begin.map(|offset| Place { file: last.file, offset });
                    let ends = (ends.0 - ahead(last), ends.1 - ahead(stretch));
                    shifts.push(Shift { before, after, kind, offsets, ends, jump: to - from });
                }
            }
            if stretch.ends.is_some() {
                before = Some(stretch);
            }
        }
        shifts
    }
}

/// Files whose records prove that the offset their stamps name is wrong: seconds to add. Times quoted in
/// one form alone may be the ones that are wrong; a modification time that agrees with them settles it.
fn lies(nodes: &Nodes<'_>, votes: &[Vote], mtimes: &[Vote]) -> Vec<Option<i64>> {
    const FEWEST: usize = 3;
    let mut repairs = vec![None; nodes.files.len()];
    for (file, repair) in repairs.iter_mut().enumerate() {
        let Some(node) = nodes.zoned(file) else { continue };
        let own: Vec<Vote> = votes.iter().filter(|vote| vote.node == node).copied().collect();
        let alone = own.iter().map(|vote| Vote { node: 0, ..*vote }).collect::<Vec<_>>();
        let decided = zones::solve(1, &[], &alone, &[]).decisions[0].map(|decision| decision.offset);
        let backed = || {
            let offset = own.first()?.offset;
            let agree = own.iter().all(|vote| vote.offset == offset) && zones::distinct(own.iter()) >= FEWEST;
            let changed = mtimes.iter().any(|vote| vote.node == node && vote.offset == offset);
            (agree && changed).then_some(offset)
        };
        if let Some(offset) = decided.or_else(backed).filter(|offset| *offset != 0) {
            *repair = Some(-offset / NANOS_PER_SECOND);
        }
    }
    repairs
}

/// Votes of stamps that name their offset, and of zones that were said or that a format fixes.
fn labels(nodes: &Nodes<'_>, said: &[(Zone, Basis)], repairs: &[Option<i64>]) -> Vec<Vote> {
    let mut votes = Vec::new();
    for (file, repair) in repairs.iter().enumerate() {
        if let Some(node) = nodes.zoned(file) {
            let offset = -repair.unwrap_or(0) * NANOS_PER_SECOND;
            let place = (file, None);
            votes.push(Vote {
                node,
                kind: VoteKind::Label,
                offset,
                log: nodes.log(file),
                form: None,
                place,
                value: file as i64,
                moment: file as i64,
                tight: true,
            });
        }
    }
    for (index, run) in nodes.runs.iter().enumerate() {
        let file = nodes.file(index);
        let (zone, basis) = &said[file];
        let Some((first, last)) = run.range().filter(|_| *basis != Basis::ZONE_DEFAULT) else { continue };
        let offset = |at: i64| at - utc(zone, at);
        // A zone that changes its offset inside the run is no single number.
        if offset(first) == offset(last) {
            let place = (file, None);
            votes.push(Vote {
                node: index,
                kind: VoteKind::Label,
                offset: offset(first),
                log: nodes.log(file),
                form: None,
                place,
                value: file as i64,
                moment: file as i64,
                tight: true,
            });
        }
    }
    votes
}

/// A log whose stamps fall back by a whole offset goes on: time does not run backwards, so its wall clock
/// was changed by just that. Not where kernel lines have already told.
fn jumps_back(nodes: &Nodes<'_>, sequences: &[Sequence], known: &[Link]) -> Vec<Link> {
    let mut links = Vec::new();
    for sequence in sequences {
        for (index, follows) in sequence.follows.iter().enumerate().skip(1) {
            let Follows::Suspect { grid, .. } = follows else { continue };
            let (before, after) = (&sequence.stretches[index - 1], &sequence.stretches[index]);
            let run = |stretch: &Stretch| nodes.run(stretch.file, stretch.number);
            let (Some(old), Some(new)) = (run(before), run(after)) else { continue };
            let told = known.iter().any(|link| link.nodes == (new, old));
            if *grid >= 0 || told || old == new || before.file != after.file {
                continue;
            }
            let start = nodes.begin(after);
            links.push(Link {
                kind: evidence::LinkKind::Jump,
                nodes: (new, old),
                offset: *grid,
                votes: (100, 100),
                example: [(after.file, start), (before.file, start.saturating_sub(1))],
            });
        }
    }
    links
}

/// Runs that quote times of one offset and of no other: those of one source one after the other, and those
/// of different logs that quote more than once. Together they have more to say than each alone.
fn agreeing(nodes: &Nodes<'_>, votes: &[Vote]) -> Vec<Link> {
    struct Speaker {
        run: usize,
        log: usize,
        offset: i64,
        place: (usize, u64),
        quotes: usize,
    }
    let speaker = |run: usize| -> Option<Speaker> {
        let own = || votes.iter().filter(|vote| vote.node == run && vote.kind == VoteKind::Quoted);
        let first = own().next()?;
        own().all(|vote| vote.offset == first.offset).then_some(Speaker {
            run,
            log: first.log,
            offset: first.offset,
            place: (first.place.0, first.place.1?),
            quotes: zones::distinct(own()),
        })
    };
    let quoting: Vec<(usize, Option<Speaker>)> = (0..nodes.runs.len())
        .filter(|run| votes.iter().any(|vote| vote.node == *run && vote.kind == VoteKind::Quoted))
        .map(|run| (run, speaker(run)))
        .collect();
    let link = |a: &Speaker, b: &Speaker| Link {
        kind: evidence::LinkKind::Agreeing,
        nodes: (a.run, b.run),
        offset: 0,
        votes: (1, 1),
        example: [a.place, b.place],
    };
    let mut links = Vec::new();
    for pair in quoting.windows(2) {
        if let [(before, Some(old)), (after, Some(new))] = pair
            && nodes.runs[*before].source == nodes.runs[*after].source
            && old.offset == new.offset
        {
            links.push(link(new, old));
        }
    }
    // One of each log is enough to join them.
    let mut heard: Vec<&Speaker> = Vec::new();
    for speaker in quoting.iter().filter_map(|(_, speaker)| speaker.as_ref()) {
        if speaker.quotes < 2 {
            continue;
        }
        match heard.iter().find(|other| other.offset == speaker.offset) {
            Some(other) if other.log != speaker.log => links.push(link(speaker, other)),
            Some(_) => {}
            None => heard.push(speaker),
        }
    }
    links
}
