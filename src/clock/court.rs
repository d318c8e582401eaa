//! Hears all evidence about zones together and decides each run; turns decisions into clocks and tells
//! which jumps of a log mean something. What the evidence is, is found elsewhere.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::abbreviations::{self, Guess, Reading, Readings};
use super::announced::announced;
use super::claims::{agreeing, jumps_back, labels, lies, queued, steady};
use super::evidence::{self, Link, LinkKind};
use super::kin::Kin;
use super::proof::{Place, Proof, Shift, ShiftKind};
use super::settle::{SettleOptions, Settled};
use super::spans::{local_to_utc, utc};
use super::stretches::{Follows, Sequence, Stretch};
use super::unseen::{self, Unseen};
use super::usual::{Usual, offset_at};
use super::witnessed::Nodes;
use super::zones::{self, Ballot, By, Decision, ON_EARTH, Solution, VoteKind};
use super::{Clock, Landmarks, Segment, Years, company, reasons};
use crate::base::{Basis, NANOS_PER_SECOND};
use crate::survey::{JUMP, Part};
use crate::time::{Offset, Zone};
use crate::witness::{OddWriter, Writer};

/// Seconds of an hour.
const HOUR: i64 = 3_600;

/// Proofs kept of one file: a log of many runs has many of the same kind.
const MOST_PROOFS: usize = 64;

/// Hears all evidence and decides the zones.
pub(super) struct Court<'a> {
    nodes: &'a Nodes<'a>,
    said: &'a [(Zone, Basis)],
    default_zone: &'a Zone,
    ballot: Ballot,
    links: Vec<Link>,
    solution: Solution,
    /// Runs of which only a part is known, by what, and at which offset.
    unseen: BTreeMap<usize, Unseen>,
    /// For each node a group of clocks whose differences are known, and its own, nanoseconds.
    relations: Vec<(usize, i64)>,
    /// Offsets that these logs are known to use.
    usual: BTreeSet<i64>,
    /// Per file: seconds that its labels are wrong by.
    repairs: Vec<Option<i64>>,
    /// Runs that are known by their company, and by whose.
    company: Vec<Option<(i64, Vec<usize>)>>,
    /// For each run the nearest ones of its source with an offset, before it and behind it: run, offset.
    around: Vec<[Option<(usize, i64)>; 2]>,
    /// The runs of each source whose clocks differ by known amounts, by source and group.
    related: BTreeMap<(usize, usize), Vec<usize>>,
    /// Sources into which writers with clocks of their own write.
    mixed: BTreeSet<usize>,
    /// The host of each file, as far as it is known.
    hosts: &'a [Option<String>],
    /// Where stamps run back, by wall clock, and in which file.
    steps: Vec<(i64, usize)>,
    /// Zones that records state.
    stated: Vec<Zone>,
    /// The zone that settings on a file's host state, and where.
    settings: BTreeMap<usize, (Zone, Place)>,
    /// Offsets that logs are known to use, by host.
    used: OnceCell<BTreeMap<Option<&'a str>, BTreeSet<Offset>>>,
}

impl<'a> Court<'a> {
    pub(super) fn hear(
        nodes: &'a Nodes<'a>,
        sequences: &[Sequence],
        said: &'a [(Zone, Basis)],
        hosts: &'a [Option<String>],
        options: &'a SettleOptions,
    ) -> Self {
        let default_zone = &options.default_zone;
        let quoted = Ballot::new(nodes.count, nodes.quoted());
        let mtimes = nodes.mtimes();
        let repairs = lies(nodes, &quoted, &mtimes);
        let mut usual = Usual::new(nodes, default_zone, &mtimes, options.now);
        let announced = announced(nodes, sequences, hosts, &usual.all());
        let mut votes = quoted.all().to_vec();
        let steady = steady(nodes, &quoted);
        votes.retain(|vote| nodes.runs.get(vote.node).is_none_or(|run| steady(run.source, vote.offset)));
        votes.extend(mtimes);
        votes.extend(nodes.beside());
        votes.extend(labels(nodes, said, &repairs));
        votes.extend(announced.votes);
        let ballot = Ballot::new(nodes.count, votes);
        let mut links = nodes.uptimes();
        links.extend(jumps_back(nodes, sequences, &links));
        let kin = Kin::new(nodes, hosts);
        let marks = evidence::links(nodes.marks(&kin), |a, b| kin.related(a, b));
        let ends = nodes.log_ends();
        links.extend(marks.into_iter().filter(|link| !queued(&ends, link)));
        links.extend(agreeing(nodes, &quoted));
        // What some logs prove by themselves, others may use.
        let relations = zones::solve(nodes.count, &links, &[], &|_, _| false).groups;
        links.retain(|link| !link.changes_clock());
        let first =
            zones::solve(nodes.count, &links, ballot.all(), &|node, offset| usual.holds(node, offset));
        for (node, decision) in first.decisions.iter().enumerate() {
            if let Some(Decision { offset, by: By::Own(VoteKind::Quoted), .. }) = decision {
                usual.learn(node, *offset);
            }
        }
        // A label needs a second voice, UTC as any other. Neither the zone that was given is one, nor another log that
        // is in that zone or names it: labels that lie mostly name a zone that others there are in.
        let (solution, unseen) =
            unseen::solve(nodes, &links, &ballot, &|node, offset| usual.holds(node, offset));
        let mut court = Self {
            nodes,
            said,
            default_zone,
            ballot,
            links,
            solution,
            usual: usual.all(),
            unseen,
            relations,
            repairs,
            company: Vec::new(),
            around: Vec::new(),
            related: BTreeMap::new(),
            mixed: nodes.mixed(),
            hosts,
            steps: sequences.iter().flat_map(Sequence::steps_back).collect(),
            stated: announced.zones,
            settings: announced.settings,
            used: OnceCell::new(),
        };
        court.doubt_identifiers();
        court.company = company::company(nodes, &court.solution, &court.ballot, hosts);
        court.around = court.around();
        for run in 0..nodes.runs.len() {
            court.related.entry((nodes.runs[run].source, court.relations[run].0)).or_default().push(run);
        }
        court
    }

    /// Opens what identifiers alone decided in a source that says something else by itself: a queue that waits for
    /// whole quarters of an hour looks like a zone.
    fn doubt_identifiers(&mut self) {
        let mut more: BTreeSet<usize> = BTreeSet::new();
        for link in self.links.iter().filter(|link| link.kind != LinkKind::Ids) {
            more.extend([link.nodes.0, link.nodes.1]);
        }
        let mut own: BTreeMap<usize, BTreeSet<i64>> = BTreeMap::new();
        for vote in self.ballot.all().iter().filter(|vote| vote.kind == VoteKind::Beside) {
            if let Some(run) = self.nodes.runs.get(vote.node) {
                own.entry(run.source).or_default().insert(vote.offset);
            }
        }
        // To half a minute: by chance one file in thirty looks so, and it takes no more than doubt.
        for vote in self.nodes.changed(30 * NANOS_PER_SECOND).0 {
            if let Some(run) = self.nodes.runs.get(vote.node) {
                own.entry(run.source).or_default().insert(vote.offset);
            }
        }
        for (node, run) in self.nodes.runs.iter().enumerate() {
            let other = |offset: i64| own.get(&run.source).is_some_and(|own| !own.contains(&offset));
            let linked = |decision: &mut Decision| {
                matches!(decision.by, By::Link(_)) && !more.contains(&node) && other(decision.offset)
            };
            if self.solution.decisions[node].take_if(|decision| linked(decision)).is_some() {
                self.solution.disputed.insert(node);
            }
        }
    }

    /// The offset that evidence gives a run.
    fn offset(&self, run: usize) -> Option<i64> {
        let decided = self.solution.decisions[run].as_ref().map(|decision| decision.offset);
        decided.or_else(|| self.company.get(run)?.as_ref().map(|(offset, _)| *offset))
    }

    /// For each run the nearest ones of its source that have an offset.
    fn around(&self) -> Vec<[Option<(usize, i64)>; 2]> {
        let runs = &self.nodes.runs;
        let mut around = vec![[None; 2]; runs.len()];
        let mut walk = |order: &mut dyn Iterator<Item = usize>, side: usize| {
            let mut last: Option<(usize, i64)> = None;
            for run in order {
                around[run][side] = last.filter(|(other, _)| runs[*other].source == runs[run].source);
                last = self.offset(run).map(|offset| (run, offset)).or(last);
            }
        };
        walk(&mut (0..runs.len()), 0);
        walk(&mut (0..runs.len()).rev(), 1);
        around
    }

    /// For a run without an offset, that of the nearest ones before and behind it in its source, if they
    /// have the same: a zone that changed twice in between would be strange indeed, unless stamps run back there, or
    /// summer time may have brought back what a change took away.
    fn between(&self, run: usize, sequence: &Sequence) -> Option<i64> {
        /// Summer time lasts longer, and comes and goes within a year.
        const LONGEST: i64 = 21 * 86_400 * NANOS_PER_SECOND;
        let [Some((first, before)), Some((last, after))] = self.around[run] else { return None };
        let ends = (self.nodes.runs[first].range()?.1, self.nodes.runs[last].range()?.0);
        let second = |at: i64| (at - before).div_euclid(NANOS_PER_SECOND);
        let known = Offset((before / NANOS_PER_SECOND) as i32);
        let near = before == after
            && ends.1 - ends.0 <= LONGEST
            && !self.run_back(sequence, first, last)
            && !self.stepped(run, (ends.0 - before, ends.1 - before))
            && !Zone::any_sets(known, second(ends.0) - HOUR, second(ends.1) + HOUR);
        // Which of several writers' clocks is the file's own may differ from file to file.
        (near && !self.mixed.contains(&self.nodes.runs[run].source) && !self.solution.disputed.contains(&run))
            .then_some(before)
    }

    /// Whether stamps of some log on a run's host run back between two instants: that log shows what this one may have
    /// slept through, a zone that was changed there and back. Its own zone is not known, so its steps lie within hours.
    fn stepped(&self, run: usize, (from, to): (i64, i64)) -> bool {
        const FURTHEST: i64 = 14 * HOUR * NANOS_PER_SECOND;
        let host = &self.hosts[self.nodes.file(run)];
        self.steps.iter().any(|(at, file)| {
            (from - FURTHEST..=to + FURTHEST).contains(at) && (host.is_none() || self.hosts[*file] == *host)
        })
    }

    /// Whether stamps run back somewhere between two runs of a source, by as much as zones differ.
    fn run_back(&self, sequence: &Sequence, first: usize, last: usize) -> bool {
        let within =
            |stretch: &&Stretch| self.nodes.run_of(stretch).is_some_and(|run| (first..=last).contains(&run));
        let ends: Vec<(i64, i64)> =
            sequence.stretches.iter().filter(within).filter_map(|stretch| stretch.ends).collect();
        ends.windows(2).any(|pair| pair[1].0 < pair[0].1 - JUMP)
    }

    /// The offset of the nearest run of the same source that has one: a guess, better than none.
    fn nearby(&self, run: usize) -> Option<i64> {
        let known = self.around[run].into_iter().flatten();
        known.min_by_key(|(other, _)| (other.abs_diff(run), *other)).map(|(_, offset)| offset)
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
            let (Some(old), Some(new)) = (nodes.run_of(before), nodes.run_of(after)) else { return false };
            let (other, at) = match (old == run, new == run) {
                (true, _) => (new, after.ends.map(|ends| ends.0)),
                (_, true) => (old, before.ends.map(|ends| ends.1)),
                _ => return false,
            };
            let (Some(offset), Some(at)) = (self.offset(other), at) else { return false };
            offset_at(self.default_zone, at - offset) == offset
        })
    }

    /// A guess at a run from the others of its source whose clocks differ from its own by a known amount:
    /// from one that is decided, or from the last, if that one is in the default zone. (A server's zone is
    /// changed to the one that its people live in.)
    fn relative(&self, run: usize) -> Option<i64> {
        let runs = &self.nodes.runs;
        let (group, at) = self.relations[run];
        let mut linked = self.related.get(&(runs[run].source, group))?.iter().rev().copied();
        let last = linked.next().filter(|last| *last != run || linked.clone().next().is_some())?;
        let (anchor, offset) = match linked.find_map(|other| Some((other, self.offset(other)?))) {
            Some(decided) if self.offset(last).is_none() => decided,
            _ => {
                let end = runs[last].range()?.1;
                (last, self.offset(last).unwrap_or(end - utc(self.default_zone, end)))
            }
        };
        Some(offset + at - self.relations[anchor].1).filter(|offset| ON_EARTH.contains(offset))
    }

    /// How far evidence sets the clocks of two stretches apart, nanoseconds.
    fn difference(&self, before: &Stretch, after: &Stretch) -> Option<i64> {
        let relation = |stretch: &Stretch| Some(self.relations[self.nodes.run_of(stretch)?]);
        let (before, after) = (relation(before)?, relation(after)?);
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
            // A zone's name says more than its offset: that of one that these logs are known to use.
            let holds = |zone: &&Zone| {
                let at = |at: i64| offset_at(zone, at - offset) == offset;
                range.is_some_and(|(first, last)| at(first) && at(last))
            };
            let mut known = std::iter::once(self.default_zone).chain(&self.stated);
            known.find(holds).cloned().unwrap_or_else(|| Zone::fixed((offset / NANOS_PER_SECOND) as i32))
        };
        if let Some(Unseen { offset, by }) = self.unseen.get(&run) {
            let at = range.map_or(0, |(_, last)| last - offset);
            let fits = offset_at(self.default_zone, at) == *offset;
            let zone = if fits { self.default_zone.clone() } else { named(*offset) };
            return (zone, Basis::ZONE_DEFAULT, reasons::hidden(*offset, by));
        }
        if let Some(decision) = self.solution.decisions[run] {
            let proofs = reasons::proofs(self.nodes, run, &decision, &self.ballot, &self.links);
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
        if let Some(offset) = self.between(run, &sequences[self.nodes.runs[run].source]) {
            return (named(offset), Basis::ZONE_INFERRED, reasons::between(offset));
        }
        let proofs = reasons::open(run, &self.ballot, self.solution.disputed.contains(&run));
        if let Some(offset) = self.solution.hints.get(&run) {
            let proofs = reasons::alone(self.nodes, run, &self.links).into_iter().chain(proofs).collect();
            return (named(*offset), Basis::ZONE_DEFAULT, proofs);
        }
        // Written by whoever wrote the stamps, but only now and then: a change between two headers shows in none.
        if let ([(seconds, at)], true) = (&self.nodes.files[file].testimony.header_zones[..], range.is_some())
        {
            let offset = i64::from(*seconds) * NANOS_PER_SECOND;
            return (
                named(offset),
                Basis::ZONE_DEFAULT,
                reasons::header(offset, Place { file, offset: *at }),
            );
        }
        match self.relative(run).or_else(|| self.nearby(run)) {
            Some(offset) => (named(offset), Basis::ZONE_DEFAULT, proofs),
            None => match self.settings.get(&file).filter(|_| range.is_some()) {
                Some((zone, place)) => {
                    (zone.clone(), Basis::ZONE_DEFAULT, reasons::settings(zone.name(), *place))
                }
                None => (said.clone(), Basis::ZONE_DEFAULT, proofs),
            },
        }
    }

    /// The clock of a file.
    pub(super) fn clock(
        &self,
        file: usize,
        year_basis: Basis,
        sequences: &[Sequence],
        source: usize,
    ) -> Clock {
        let mut segments: Vec<Segment> = Vec::new();
        let mut proofs: Vec<Proof> = Vec::new();
        let mut last_run = None;
        let sequence = &sequences[source];
        let stretches = sequence.stretches.iter().zip(&sequence.follows);
        let stretches = stretches.filter(|(stretch, _)| stretch.file == file);
        let parts = abbreviations::found(self.nodes.files[file].survey);
        let mut read: Option<(Zone, Readings)> = None;
        for (stretch, follows) in stretches {
            let Some(run) = self.nodes.run_of(stretch) else { continue };
            let set_back = matches!(follows, Follows::SetBack);
            if last_run == Some(run) && !set_back {
                continue;
            }
            let (mut zone, mut zone_basis, mut why) = self.zone(run, sequences);
            // What is known of some records of a file that is out of order is not known of the others.
            if zone_basis == Basis::ZONE_INFERRED
                && self.said[file].1 == Basis::ZONE_DEFAULT
                && !self.nodes.files[file].survey.is_cut()
            {
                zone_basis = Basis::ZONE_DEFAULT;
            }
            let readings = match zone_basis == Basis::ZONE_DEFAULT {
                true => self.abbreviated(file, (&parts, &mut read), &mut zone, &mut why),
                false => Arc::default(),
            };
            if last_run != Some(run) && proofs.len() < MOST_PROOFS {
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
                (&last.zone, last.zone_basis, &last.readings) == (&zone, zone_basis, &readings)
                    && late_until.is_none()
            });
            if !same {
                segments.push(Segment { from, zone, zone_basis, late_until, readings, boot: None });
            }
        }
        if segments.is_empty() {
            let (zone, zone_basis) = self.said[file].clone();
            let readings = Arc::default();
            segments.push(Segment { from: 0, zone, zone_basis, late_until: None, readings, boot: None });
        }
        let repair = self.repairs[file];
        let shared = self.nodes.files[file].testimony.mixed_labels;
        if (repair.is_some() || shared)
            && let Some(node) = self.nodes.zoned(file)
            && let Some(proof) = reasons::lie(node, shared, &self.ballot)
        {
            proofs.push(proof);
        }
        proofs.truncate(MOST_PROOFS);
        let writers = self.writers(file, &segments);
        // How far a writer is from the others is known by their wall clocks.
        if !writers.is_empty() {
            segments.iter_mut().for_each(|segment| segment.readings = Arc::default());
        }
        proofs.extend(writers.iter().map(|odd| reasons::writer(file, odd)));
        Clock {
            kernels: Vec::new(),
            boots: Vec::new(),
            landmarks: Landmarks::default(),
            segments,
            year_basis,
            years: Years::default(),
            days: None,
            repair,
            skew: None,
            writers,
            proofs,
        }
    }

    /// How the ambiguous abbreviations in a file are read where its zone is a guess, which may become another by them.
    /// `read` is what was found for the guess before.
    fn abbreviated(
        &self,
        file: usize,
        (parts, read): (&[Part], &mut Option<(Zone, Readings)>),
        zone: &mut Zone,
        why: &mut Vec<Proof>,
    ) -> Arc<[Reading]> {
        if parts.is_empty() {
            return Arc::default();
        }
        let found = read.take().filter(|(guess, _)| *guess == *zone).unwrap_or_else(|| {
            let none = BTreeSet::new();
            let host = self.used.get_or_init(|| self.used_by_hosts()).get(&self.hosts[file].as_deref());
            let guess = Guess { zone, given: *zone == self.said[file].0, host: host.unwrap_or(&none) };
            (zone.clone(), abbreviations::read(file, parts, guess))
        });
        let (_, known) = read.insert(found);
        if let Some(other) = &known.zone {
            *zone = other.clone();
        }
        why.extend(known.proofs.iter().cloned());
        Arc::clone(&known.readings)
    }

    /// Offsets that stamps of a host's logs name, or that its runs were decided to be at.
    fn used_by_hosts(&self) -> BTreeMap<Option<&'a str>, BTreeSet<Offset>> {
        let mut used: BTreeMap<Option<&str>, BTreeSet<Offset>> = BTreeMap::new();
        let mut add = |file: usize, offset: i64| {
            let host = self.hosts[file].as_deref();
            used.entry(host).or_default().insert(Offset((offset / NANOS_PER_SECOND) as i32));
        };
        for file in (0..self.nodes.files.len()).filter(|file| self.repairs[*file].is_none()) {
            self.nodes.named(file).into_iter().for_each(|(min, max)| {
                add(file, min);
                add(file, max);
            });
        }
        for run in 0..self.nodes.runs.len() {
            self.offset(run).into_iter().for_each(|offset| add(self.nodes.file(run), offset));
        }
        used
    }

    /// Writers inside a file whose clock is not the file's. Another host's clock may stand hours away because
    /// one of the two is wrong: then its records are in a zone that nobody here uses.
    fn writers(&self, file: usize, segments: &[Segment]) -> Vec<OddWriter> {
        let mut writers = self.nodes.files[file].testimony.writers.clone();
        let known = || segments.iter().filter(|segment| segment.zone_basis != Basis::ZONE_DEFAULT);
        let of_file = |stretch: &Stretch| stretch.file == file;
        let runs = || self.nodes.runs.iter().filter(|run| run.stretches.iter().any(of_file));
        for odd in writers.iter_mut().filter(|odd| odd.certain && matches!(odd.writer, Writer::Host(_))) {
            let used =
                |zone: &Zone, at: i64| self.usual.contains(&(offset_at(zone, utc(zone, at)) + odd.offset));
            let ends = || runs().filter_map(|run| run.range()).flat_map(|(first, last)| [first, last]);
            if known().any(|segment| !ends().any(|at| used(&segment.zone, at))) {
                (odd.certain, odd.offset) = (false, 0);
            }
        }
        writers
    }

    /// The jumps of a source that mean something.
    pub(super) fn shifts(&self, sequence: &Sequence, settled: &[Settled]) -> Vec<Shift> {
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
                let offset = |segment: &Segment, at: i64| offset_at(&segment.zone, at);
                let offsets = (offset(old, ends.0), offset(new, ends.1));
                let open = |segment: &Segment| segment.zone_basis == Basis::ZONE_DEFAULT;
                let kind = match follows {
                    Follows::SetBack => Some((ShiftKind::SetBack, offsets)),
                    Follows::Suspect { .. } | Follows::Unknown
                        if (!open(old) && !open(new)) || self.difference(last, stretch).is_some() =>
                    {
                        (offsets.0 != offsets.1).then_some((ShiftKind::Changed, offsets))
                    }
                    Follows::Suspect { grid, .. } => {
                        let readings = match offsets.0 + grid {
                            other if ON_EARTH.contains(&other) => (offsets.0, other),
                            _ => (offsets.0 - grid, offsets.0),
                        };
                        // Any silence of some hours looks like a change between two zones that nobody has.
                        let used = |offset: i64| self.usual.contains(&offset);
                        (used(readings.0) && used(readings.1)).then_some((ShiftKind::Ambiguous, readings))
                    }
                    Follows::Plainly | Follows::SetForward | Follows::Unknown => None,
                };
                if let Some((kind, offsets)) = kind {
                    let seconds = |offset: i64| (offset / NANOS_PER_SECOND) as i32;
                    let offsets = (seconds(offsets.0), seconds(offsets.1));
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
