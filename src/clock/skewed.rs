//! From records of several hosts to how far their clocks stand apart: what the files tell is read on UTC,
//! matched, solved (see `skew`), and what holds for a host everywhere is applied to its files.
//!
//! One wrong match would move a whole host. So matches count only in numbers and where the whole of them
//! looks like what it is taken for: backends that take most of their proxy's time, copies that all arrive
//! about as late.

use std::collections::{BTreeMap, BTreeSet};

use super::settle::FileFacts;
use super::skew::{Bound, Piece, Sighting, Visit, WINDOW, copies, enclosed, solve};
use super::witnessed::Nodes;
use super::{Clock, Place, Proof};
use crate::base::{Basis, NANOS_PER_SECOND};
use crate::witness::{When, Written};

/// How far a host's clock is ahead of that of the host it is compared with; taken away from its stamps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Skewed {
    /// Ahead by this, nanoseconds; behind where it is negative.
    pub offset: i64,
    /// And this much more or less.
    pub uncertainty: i64,
}

/// What is known of the clocks of two hosts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Apart {
    /// The clock is ahead by so much; the flag says whether it was taken away.
    By(Skewed, bool),
    /// The clock is ahead by at least this, or, negative, behind by at least this.
    AtLeast(i64),
    /// No one difference fits all records: they contradict each other by this much, nanoseconds.
    Contradiction(i64),
}

/// A finding on the clocks of two hosts, with two records that show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SkewShown {
    /// The host.
    pub host: String,
    /// The host that it is compared with.
    pub reference: String,
    /// What is known.
    pub apart: Apart,
    /// First and last instant of what proves it, nanoseconds since 1970.
    pub span: (i64, i64),
    /// The records, the first one that came first, and their settled instants.
    pub places: Vec<(Place, i64)>,
}

/// Matches that it takes before two hosts are compared.
const FEWEST: usize = 3;

/// Daemons stamp a request a little before or behind its end; nanoseconds.
const TOLERANCE: i64 = NANOS_PER_SECOND / 10;

/// Solves the skew of all hosts and gives it to the clocks of their files. Returns what was found.
pub(super) fn skews(nodes: &Nodes<'_>, clocks: &mut [Clock], hosts: &[Option<String>]) -> Vec<SkewShown> {
    // Most runs hear nothing that could be compared.
    let heard = |facts: &FileFacts<'_>| facts.testimony.spoken.len() + facts.testimony.served.len() > 0;
    let speaking = nodes.files.iter().zip(hosts).filter(|(facts, _)| heard(facts));
    if speaking.filter_map(|(_, host)| host.as_deref()).collect::<BTreeSet<_>>().len() < 2 {
        return Vec::new();
    }
    let mut court = Court::new(nodes, clocks, hosts);
    court.hear_copies();
    court.hear_requests();
    let (found, applied) = court.judge();
    for (file, clock) in clocks.iter_mut().enumerate() {
        let Some((skewed, proof)) = hosts[file].as_ref().and_then(|host| applied.get(host)) else { continue };
        if own_records(&nodes.files[file], hosts[file].as_deref()) {
            clock.skew = Some(*skewed);
            clock.proofs.push(proof.clone());
        }
    }
    let settled = |(place, at): (Place, i64)| (place, at - clocks[place.file].ahead());
    found
        .into_iter()
        .map(|shown| SkewShown { places: shown.places.into_iter().map(settled).collect(), ..shown })
        .collect()
}

/// Whether a name that a record gives is that of a host: with or without its domain.
fn same_host(name: &str, host: &str) -> bool {
    let short = |name: &str| name.split('.').next().unwrap_or(name).to_ascii_lowercase();
    short(name) == short(host)
}

/// Whether all of a file's records are its host's own: others may bring the stamps of another clock.
fn own_records(facts: &FileFacts<'_>, host: Option<&str>) -> bool {
    host.is_some_and(|host| facts.testimony.hosts.iter().all(|name| same_host(name, host)))
}

/// A message relayed: its bound, the record at home and the one received.
type Relayed<'s> = (Bound, &'s Sighting, &'s Sighting);

struct Court<'a> {
    nodes: &'a Nodes<'a>,
    clocks: &'a [Clock],
    hosts: &'a [Option<String>],
    names: Vec<&'a str>,
    bounds: Vec<Bound>,
    /// The records of each piece of evidence, the one that came first before the other.
    evidence: Vec<[(Place, i64); 2]>,
}

impl<'a> Court<'a> {
    fn new(nodes: &'a Nodes<'a>, clocks: &'a [Clock], hosts: &'a [Option<String>]) -> Self {
        let names: BTreeSet<&str> = hosts.iter().flatten().map(String::as_str).collect();
        let names = names.into_iter().collect();
        Self { nodes, clocks, hosts, names, bounds: Vec::new(), evidence: Vec::new() }
    }

    /// The number of the host that a file was written on. A file in which several hosts speak is known
    /// by its folder only: most of its records are not its host's.
    fn host(&self, file: usize) -> Option<u32> {
        let name = self.hosts[file].as_deref()?;
        let facts = &self.nodes.files[file];
        let of_folder = super::hosts::machine(facts.name) == Some(name);
        (of_folder || own_records(facts, Some(name)))
            .then(|| self.names.iter().position(|known| *known == name).map(|at| at as u32))?
    }

    /// A stamp on UTC, `[earliest, latest)`, by its host's clock; `None` where it is not known well enough.
    fn utc(&self, file: usize, when: &When) -> Option<(i64, i64)> {
        let clock = &self.clocks[file];
        let at = match when.written {
            Written::Zoned if clock.repair.is_some() => return None,
            Written::Zoned => when.at,
            Written::Yearless if clock.years.spread().is_some() => return None,
            Written::Local | Written::Yearless => {
                let (_, wall) = self.nodes.locate(file, when.piece, when.written, when.at)?;
                let number = clock.segments.partition_point(|segment| segment.from <= when.offset);
                let segment = clock.segment(number.saturating_sub(1) as u16);
                let (utc, second) = segment.zone.to_utc(wall.div_euclid(NANOS_PER_SECOND));
                if segment.zone_basis == Basis::ZONE_DEFAULT || second.is_some() {
                    return None;
                }
                utc.checked_mul(NANOS_PER_SECOND)?.checked_add(wall.rem_euclid(NANOS_PER_SECOND))?
            }
        };
        Some((at, at.checked_add(when.width)?))
    }

    fn place(file: usize, when: &When) -> Place {
        Place { file, offset: when.offset }
    }

    /// Messages that stand at the host that said them and at a collector.
    fn hear_copies(&mut self) {
        let mut sightings: Vec<Sighting> = Vec::new();
        let mut places: Vec<Place> = Vec::new();
        for (file, facts) in self.nodes.files.iter().enumerate() {
            let (Some(clock), Some(host)) = (self.host(file), self.hosts[file].as_deref()) else { continue };
            for spoken in &facts.testimony.spoken {
                let Some(interval) = self.utc(file, &spoken.when) else { continue };
                let own = same_host(&facts.testimony.hosts[spoken.host as usize], host);
                let evidence = places.len() as u64;
                sightings.push(Sighting { message: spoken.hash, clock, own, interval, evidence });
                places.push(Self::place(file, &spoken.when));
            }
        }
        sightings.sort_unstable();
        // One message in two files of one host, with one stamp, is said once.
        sightings.dedup_by_key(|one| (one.message, one.clock, one.own, one.interval));
        let by_evidence: BTreeMap<u64, &Sighting> = sightings.iter().map(|one| (one.evidence, one)).collect();
        let mut own: BTreeMap<(u64, u32), &Sighting> = BTreeMap::new();
        for one in sightings.iter().filter(|one| one.own) {
            own.insert((one.message, one.clock), one);
        }
        let mut pairs: BTreeMap<(u32, u32), Vec<Relayed<'_>>> = BTreeMap::new();
        for bound in copies(&sightings) {
            let Some(received) = by_evidence.get(&bound.evidence) else { continue };
            let Some(sent) = own.get(&(received.message, bound.from)) else { continue };
            pairs.entry((bound.from, bound.to)).or_default().push((bound, sent, received));
        }
        for mut pair in pairs.into_values() {
            let late = |(_, sent, received): &Relayed<'_>| received.interval.0 - sent.interval.0;
            pair.sort_by_key(|one| (late(one), one.0));
            // Stamps passed on, some of them cut to the second, are the sender's still.
            let passed = pair.iter().filter(|(_, sent, received)| {
                sent.interval.0 < received.interval.1 && received.interval.0 < sent.interval.1
            });
            let passed = passed.count() * 2 > pair.len();
            // Copies of one another arrive about as late. Messages that only look alike do not.
            let spread = late(&pair[pair.len() * 3 / 4]) - late(&pair[pair.len() / 8]);
            if pair.len() < FEWEST || passed || spread > 30 * NANOS_PER_SECOND {
                continue;
            }
            for (bound, sent, received) in pair {
                let place = |one: &Sighting| (places[one.evidence as usize], one.interval.0);
                self.add(bound, [place(sent), place(received)]);
            }
        }
    }

    fn add(&mut self, bound: Bound, records: [(Place, i64); 2]) {
        self.bounds.push(Bound { evidence: self.evidence.len() as u64, ..bound });
        self.evidence.push(records);
    }

    /// Requests that two hosts saw: the one whose visits take longer passed them on.
    fn hear_requests(&mut self) {
        struct Seen {
            host: u32,
            took: i64,
            end: (i64, i64),
            place: Place,
        }
        // Of each identifier the one visit of each host; `None` for more than one.
        let mut by_id: BTreeMap<u64, BTreeMap<u32, Option<Seen>>> = BTreeMap::new();
        for (file, facts) in self.nodes.files.iter().enumerate() {
            let Some(host) = self.host(file) else { continue };
            for served in &facts.testimony.served {
                let Some(end) = self.utc(file, &served.when) else { continue };
                let place = Self::place(file, &served.when);
                let seen = Seen { host, took: served.took, end, place };
                let visits = by_id.entry(served.hash).or_default();
                visits.entry(host).and_modify(|known| *known = None).or_insert(Some(seen));
            }
        }
        let mut pairs: BTreeMap<(u32, u32), Vec<(&Seen, &Seen)>> = BTreeMap::new();
        // Several identifiers of one request are one.
        let mut known: BTreeSet<(usize, u64, usize, u64)> = BTreeSet::new();
        for visits in by_id.values() {
            let visits: Vec<&Option<Seen>> = visits.values().collect();
            // Of three hosts nobody knows who asked whom.
            if let [Some(a), Some(b)] = visits[..]
                && known.insert((a.place.file, a.place.offset, b.place.file, b.place.offset))
            {
                pairs.entry((a.host, b.host)).or_default().push((a, b));
            }
        }
        let mut heard = Vec::new();
        for pair in pairs.into_values() {
            const CLOSE: i64 = NANOS_PER_SECOND / 500;
            let longer = pair.iter().filter(|(a, b)| a.took > b.took + CLOSE).count();
            let shorter = pair.iter().filter(|(a, b)| b.took > a.took + CLOSE).count();
            let (most, least) = (longer.max(shorter), longer.min(shorter));
            if most < FEWEST || most < 9 * least {
                continue;
            }
            let turned = pair.into_iter().map(|(a, b)| if longer == most { (a, b) } else { (b, a) });
            // A proxy that gave up does not enclose what its backend went on with.
            let inside: Vec<_> =
                turned.filter(|(proxy, backend)| backend.took <= proxy.took + CLOSE).collect();
            // A proxy waits for its backend most of its time. Two services that one caller asked in turn
            // have nothing of the kind.
            let waits = inside.iter().filter(|(proxy, backend)| backend.took >= proxy.took / 2).count();
            if waits * 2 > inside.len() {
                heard.extend(inside);
            }
        }
        for (proxy, backend) in heard {
            let visit = |seen: &Seen| Visit {
                clock: seen.host,
                start: (seen.end.0 - seen.took - TOLERANCE / 2, seen.end.1 - seen.took + TOLERANCE / 2),
                end: (seen.end.0 - TOLERANCE / 2, seen.end.1 + TOLERANCE / 2),
                evidence: 0,
            };
            for bound in enclosed(&visit(proxy), &visit(backend)) {
                self.add(bound, [(proxy.place, proxy.end.0), (backend.place, backend.end.0)]);
            }
        }
    }

    /// What all bounds together say: findings, and what to apply by host.
    fn judge(&self) -> (Vec<SkewShown>, BTreeMap<String, (Skewed, Proof)>) {
        let skew = solve(&self.bounds, WINDOW);
        let mut found = Vec::new();
        let mut applied = BTreeMap::new();
        let mut doubtful: BTreeSet<u32> = BTreeSet::new();
        // Of each circle of hosts the worst contradiction.
        let mut worst: BTreeMap<Vec<u32>, (i64, &[Bound])> = BTreeMap::new();
        for conflict in &skew.conflicts {
            let mut hosts: Vec<u32> = conflict.circle.iter().map(|bound| bound.to).collect();
            hosts.sort_unstable();
            // Whether it was a step or a wrong match, no one difference holds for these clocks.
            doubtful.extend(&hosts);
            let by = -conflict.circle.iter().fold(0_i64, |sum, bound| sum.saturating_add(bound.most));
            let entry = worst.entry(hosts).or_insert((by, &conflict.circle));
            if by > entry.0 {
                *entry = (by, &conflict.circle);
            }
        }
        for (hosts, (by, circle)) in worst {
            let span = span(circle.iter());
            let places = circle.iter().flat_map(|bound| self.records(bound)).collect();
            let [reference, host] = [hosts.first(), hosts.last()].map(|host| host.map_or(0, |host| *host));
            found.push(self.shown(host, reference, Apart::Contradiction(by), span, places));
        }
        for pieces in skew.pieces.chunk_by(|a, b| a.host == b.host) {
            let (host, reference) = (pieces[0].host, pieces[0].reference);
            if pieces.iter().any(|piece| piece.reference != reference) || doubtful.contains(&host) {
                continue;
            }
            let all = Piece {
                host,
                reference,
                span: pieces
                    .iter()
                    .map(|piece| piece.span)
                    .fold(pieces[0].span, |a, b| (a.0.min(b.0), a.1.max(b.1))),
                least: pieces.iter().filter_map(|piece| piece.least).max(),
                most: pieces.iter().filter_map(|piece| piece.most).min(),
            };
            let Some(places) = self.shows(&all) else { continue };
            if let (Some(least), Some(most)) = (all.least, all.most)
                && least > most
            {
                let apart = Apart::Contradiction(least - most);
                found.push(self.shown(host, reference, apart, all.span, places));
            } else if let Some((offset, uncertainty)) = all.correction() {
                let skewed = Skewed { offset, uncertainty };
                // A difference like that of two zones may be one, and then only of some files.
                const QUARTER: i64 = 900 * NANOS_PER_SECOND;
                let off_grid = (offset + QUARTER / 2).rem_euclid(QUARTER) - QUARTER / 2;
                let like_a_zone = offset.abs() > QUARTER / 2
                    && off_grid.abs() <= uncertainty.saturating_add(2 * NANOS_PER_SECOND);
                let apply = !like_a_zone && !doubtful.contains(&reference);
                if apply {
                    let text = format!(
                        "its host's clock is {} {} that of {}, which is taken into account: {{0}} and {{1}} tell",
                        skewed.amount(),
                        skewed.side(),
                        self.names[reference as usize]
                    );
                    let proof = Proof { text, places: places.iter().map(|(place, _)| *place).collect() };
                    applied.insert(self.names[host as usize].to_owned(), (skewed, proof));
                }
                found.push(self.shown(host, reference, Apart::By(skewed, apply), all.span, places));
            } else if all.offset().is_none() {
                // From one side only: worth telling where it proves a clock wrong.
                const WORTH: i64 = NANOS_PER_SECOND / 2;
                let proven =
                    all.least.filter(|least| *least > WORTH).or(all.most.filter(|most| *most < -WORTH));
                if let Some(by) = proven {
                    found.push(self.shown(host, reference, Apart::AtLeast(by), all.span, places));
                }
            }
        }
        (found, applied)
    }

    fn shown(
        &self,
        host: u32,
        reference: u32,
        apart: Apart,
        span: (i64, i64),
        places: Vec<(Place, i64)>,
    ) -> SkewShown {
        let name = |host: u32| self.names[host as usize].to_owned();
        SkewShown { host: name(host), reference: name(reference), apart, span, places }
    }

    fn records(&self, bound: &Bound) -> [(Place, i64); 2] {
        self.evidence[bound.evidence as usize]
    }

    /// The two records that bound a host's clock the tightest, on the side that proves it wrong: of those
    /// it shares with the reference, else of any.
    fn shows(&self, piece: &Piece) -> Option<Vec<(Place, i64)>> {
        let ahead = match (piece.least, piece.most) {
            (Some(least), Some(most)) => least.midpoint(most) > 0,
            (least, _) => least.is_some_and(|least| least > 0),
        };
        let ends = |bound: &Bound| if ahead { (bound.from, bound.to) } else { (bound.to, bound.from) };
        let bounds = self.bounds.iter().filter(|bound| ends(bound).0 == piece.host);
        let best = bounds.min_by_key(|bound| (ends(bound).1 != piece.reference, bound.most, **bound))?;
        Some(self.records(best).to_vec())
    }
}

fn span<'b>(bounds: impl Iterator<Item = &'b Bound>) -> (i64, i64) {
    let ends = bounds.map(|bound| (bound.at, bound.at));
    ends.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1))).unwrap_or_default()
}

impl Skewed {
    /// `37.2 s ± 0.4 s`.
    pub fn amount(&self) -> String {
        format!("{} ± {}", seconds(self.offset), seconds(self.uncertainty))
    }

    /// Which side of the other clock it is on.
    pub const fn side(&self) -> &'static str {
        if self.offset < 0 { "behind" } else { "ahead of" }
    }
}

/// Tenths of seconds.
pub fn seconds(nanos: i64) -> String {
    format!("{:.1} s", nanos.unsigned_abs() as f64 / NANOS_PER_SECOND as f64)
}
