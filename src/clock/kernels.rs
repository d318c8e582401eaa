//! Kernel lines of all files in UTC, once zones and years are settled: boots by host, clocks that were
//! set, and for each file what narrows the instants of its kernel lines.

use super::boots::{Boot, Envelope, Moment, PROMPT, Point, REACH, boots};
use super::counted::{Doubt, Known};
use super::proof::{Place, Proof};
use super::spans::local_to_utc;
use super::witnessed::Nodes;
use super::{Clock, Settled};
use crate::base::{Basis, Instant, NANOS_PER_SECOND};
use crate::time::render_rfc3339;
use crate::witness::{UptimePoint, Written};

/// Uptimes are cut off at a microsecond.
const MICRO: i64 = 1_000;

/// What one kernel's lines in one file prove about each other's instants.
#[derive(Clone, Debug)]
pub struct Kernel {
    /// The host that the lines name; empty where they name none.
    host: Vec<u8>,
    /// One per boot, and per piece of it.
    envelope: Envelope,
    /// Lines of less uptime were written when the log daemon started, whenever they were said.
    live_from: i64,
}

/// A boot, as kernel lines tell it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Booted {
    /// When: counted back from the line that tells it best.
    pub instant: Instant,
    /// That line.
    pub place: Place,
    /// Its stamp, nanoseconds since 1970 UTC.
    pub at: i64,
    /// What it tells: nanoseconds since boot.
    pub uptime: i64,
    /// The host that booted, as far as it is known.
    pub host: Option<String>,
    /// Kernel lines of this boot that were heard.
    pub lines: usize,
    /// When its first and last line were written.
    span: (i64, i64),
}

/// A clock that was set: told by whoever set it, or where wall clock and kernel clock part (then the machine may
/// have slept).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClockStep {
    /// The last line before and the first behind it; the same one twice where that tells of it.
    pub places: [Place; 2],
    /// Their stamps as instants, nanoseconds since 1970 UTC.
    pub ends: (i64, i64),
    /// The wall clock gained this much, nanoseconds.
    pub by: i64,
    /// Give or take this much, nanoseconds.
    pub within: i64,
    /// The host, as far as it is known.
    pub host: Option<String>,
}

impl ClockStep {
    /// Whether another one may be this, told more exactly.
    pub(super) fn is(&self, told: &Self) -> bool {
        const CLOSE: i64 = 2 * NANOS_PER_SECOND;
        let span = self.ends.0.min(self.ends.1) - CLOSE..=self.ends.0.max(self.ends.1) + CLOSE;
        self.host == told.host
            && (self.by - told.by).abs() <= self.within + CLOSE
            && span.contains(&told.ends.1)
    }
}

/// What all kernel lines tell.
#[derive(Debug, Default)]
pub(super) struct Told {
    pub boots: Vec<Booted>,
    pub steps: Vec<ClockStep>,
    /// Every boot, or what may be one, as each log tells it.
    pub known: Vec<Known>,
}

/// Hears the kernel lines of all sources, each given by its files, oldest first, and gives their files'
/// clocks what narrows them.
pub(super) fn hear(nodes: &Nodes<'_>, families: &[Vec<usize>], settled: &mut [Settled]) -> Told {
    let mut told = Told::default();
    let mut kernel = 0;
    for family in families {
        let mut names: Vec<&Vec<u8>> =
            family.iter().flat_map(|file| &nodes.files[*file].testimony.kernels).collect();
        names.sort();
        names.dedup();
        // Files of one log that are moved unlike each other look like a clock that was set: no claim.
        let skew = |file: &usize| settled[*file].clock.skew;
        if family.windows(2).any(|pair| skew(&pair[0]) != skew(&pair[1])) {
            continue;
        }
        for name in names {
            let points: Vec<Point> =
                family.iter().flat_map(|file| points(nodes, *file, name, &settled[*file].clock)).collect();
            let host = whose(nodes, family, name, settled);
            let (boots, steps) = boots(&points);
            for step in steps.iter().filter(|step| !step.on_grid()) {
                told.steps.push(ClockStep {
                    places: [step.before.place, step.after.place],
                    ends: (step.before.at, step.after.at),
                    by: step.by,
                    within: step.within,
                    host: host.clone(),
                });
            }
            for boot in &boots {
                for piece in &boot.pieces {
                    let mut files: Vec<usize> = piece.points.iter().map(|point| point.place.file).collect();
                    files.sort_unstable();
                    files.dedup();
                    for file in files {
                        let envelope = piece.envelope.clone();
                        let kernel = Kernel { host: name.clone(), envelope, live_from: piece.live_from() };
                        settled[file].clock.kernels.push(kernel);
                    }
                }
            }
            let found = boots.iter().filter(|boot| boot.plain);
            told.boots.extend(found.filter_map(|boot| booted(nodes, boot, &host, settled)));
            let known = boots.into_iter().filter_map(|boot| known(nodes, boot, &host, kernel, settled));
            told.known.extend(known);
            kernel += 1;
        }
    }
    told.boots = one_per_host(std::mem::take(&mut told.boots));
    for boot in &told.boots {
        let mut at = Vec::new();
        render_rfc3339(&mut at, boot.instant.best, 0, 0, true);
        let text =
            format!("its kernel booted at {}, as its uptime at {{0}} says", String::from_utf8_lossy(&at));
        settled[boot.place.file].clock.boots.push(Proof { text, places: vec![boot.place] });
    }
    told
}

/// One kernel's lines in one file, as UTC, by the clock that its host should have had. Those of an hour that
/// comes twice, or of a clock that was not set, are left out.
fn points(nodes: &Nodes<'_>, file: usize, name: &[u8], clock: &Clock) -> Vec<Point> {
    let facts = &nodes.files[file];
    let own = |point: &&UptimePoint| {
        facts.testimony.kernels.get(point.kernel as usize).is_some_and(|known| known == name)
    };
    let utc = |point: &UptimePoint| {
        let index = facts.survey.chunks.partition_point(|(start, _)| *start <= point.offset);
        let (_, chunk) = &facts.survey.chunks[index.checked_sub(1)?];
        let (_, at) = nodes.locate(file, point.piece, point.written, point.at)?;
        let at = match point.written {
            Written::Zoned => at.checked_add(clock.repair.unwrap_or(0) * NANOS_PER_SECOND)?,
            Written::Yearless if chunk.unset => return None,
            Written::Local | Written::Yearless => {
                let segment = clock.segment(clock.segment_at(point.offset));
                let twice = segment.zone.to_utc(at.div_euclid(NANOS_PER_SECOND)).1.is_some();
                if twice && segment.late_until.is_none() {
                    return None;
                }
                local_to_utc(segment, at)
            }
        };
        let place = Place { file, offset: point.offset };
        Some(Point { at: at.checked_sub(clock.ahead())?, width: point.width, uptime: point.uptime, place })
    };
    facts.testimony.uptimes.iter().filter(own).filter_map(utc).collect()
}

/// The host whose kernel this is: that of its files where most of their records name it as well.
fn whose(nodes: &Nodes<'_>, family: &[usize], name: &[u8], settled: &[Settled]) -> Option<String> {
    let name = String::from_utf8_lossy(name).into_owned();
    let own = family
        .iter()
        .find(|file| name.is_empty() || nodes.files[**file].testimony.host.as_deref() == Some(name.as_str()));
    own.and_then(|file| settled[*file].host.clone()).or_else(|| Some(name).filter(|name| !name.is_empty()))
}

/// How the instant of a kernel line is known, and how much it may be wrong.
fn certainty(nodes: &Nodes<'_>, place: Place, settled: &[Settled]) -> Option<(Basis, Doubt)> {
    const YEAR: i64 = 366 * 86_400 * NANOS_PER_SECOND;
    let clock = &settled[place.file].clock;
    let uptimes = &nodes.files[place.file].testimony.uptimes;
    let index = uptimes.partition_point(|point| point.offset < place.offset);
    let written = uptimes.get(index).filter(|point| point.offset == place.offset)?.written;
    let zone = || clock.segment(clock.segment_at(place.offset)).zone_basis;
    let basis = match written {
        Written::Zoned if clock.repair.is_some() => Basis::ZONE_REPAIRED.with(Basis::YEAR_STAMP),
        Written::Zoned => Basis::OFFSET.with(Basis::YEAR_STAMP),
        Written::Local => zone().with(Basis::YEAR_STAMP),
        Written::Yearless => zone().with(clock.year_basis),
    };
    let basis = if clock.skew.is_some() { basis.with(Basis::SKEW) } else { basis };
    let years = clock.years.spread().filter(|_| written == Written::Yearless);
    let years = years.map_or((0, 0), |(back, on)| {
        (YEAR.saturating_mul(i64::from(back).abs()), YEAR.saturating_mul(i64::from(on).max(0)))
    });
    Some((basis, Doubt { years, clock: clock.doubt() }))
}

/// A boot for those who know its uptimes only. It is as well known as the least known of its lines.
fn known(
    nodes: &Nodes<'_>,
    boot: Boot,
    host: &Option<String>,
    kernel: usize,
    settled: &[Settled],
) -> Option<Known> {
    let each = boot.points().filter_map(|point| certainty(nodes, point.place, settled));
    let (basis, doubt) = each.reduce(|a, b| {
        let basis = if b.0.has(Basis::ZONE_DEFAULT) { b.0 } else { a.0 };
        (basis, a.1.or(b.1))
    })?;
    Some(Known { boot, host: host.clone(), kernel, basis, doubt })
}

/// A boot with its instant.
fn booted(nodes: &Nodes<'_>, boot: &Boot, host: &Option<String>, settled: &[Settled]) -> Option<Booted> {
    let Moment { mut earliest, best, mut latest, witness } = boot.moment()?;
    let place = witness.place;
    let (basis, doubt) = certainty(nodes, place, settled)?;
    (earliest, latest) = doubt.around(earliest, latest);
    // As fine as uptimes are.
    earliest -= earliest.rem_euclid(MICRO);
    latest += (-latest).rem_euclid(MICRO);
    let best = best - best.rem_euclid(MICRO);
    let span =
        boot.points().fold((i64::MAX, i64::MIN), |span, point| (span.0.min(point.at), span.1.max(point.at)));
    Some(Booted {
        instant: Instant { earliest, best, latest, basis: basis.with(Basis::UPTIME) },
        place,
        at: witness.at,
        uptime: witness.uptime,
        host: host.clone(),
        lines: boot.points().count(),
        span,
    })
}

/// Several logs of one host tell of the same boot: the one that knows it best is kept.
fn one_per_host(mut boots: Vec<Booted>) -> Vec<Booted> {
    boots.sort_by_key(|boot| {
        let Instant { earliest, best, latest, .. } = boot.instant;
        (latest.saturating_sub(earliest), best, boot.place.file, boot.place.offset)
    });
    let same = |a: &Booted, b: &Booted| {
        a.host.is_some()
            && a.host == b.host
            && a.instant.earliest < b.instant.latest
            && b.instant.earliest < a.instant.latest
            // What was said before a boot is of another one.
            && a.instant.best < b.span.1
            && b.instant.best < a.span.1
    };
    let mut kept: Vec<Booted> = Vec::new();
    for boot in boots {
        match kept.iter_mut().find(|known| same(known, &boot)) {
            Some(known) => {
                known.lines += boot.lines;
                known.span = (known.span.0.min(boot.span.0), known.span.1.max(boot.span.1));
            }
            None => kept.push(boot),
        }
    }
    kept.sort_by_key(|boot| (boot.instant.best, boot.place.file, boot.place.offset));
    kept
}

impl Booted {
    /// The uptime as kernels write it: `604065.445632`.
    pub fn uptime(&self) -> String {
        let micros = self.uptime / 1_000;
        format!("{}.{:06}", micros / 1_000_000, micros % 1_000_000)
    }
}

impl Clock {
    /// What narrows the instants of kernel lines below a key: for each kernel its host, the uptime from which its lines
    /// were written at once, and uptimes with when the boot was at the latest. What lies [`REACH`] behind the key may
    /// still narrow what lies before it.
    pub fn heard_below(&self, key: i64) -> impl Iterator<Item = (&[u8], i64, &[(i64, i64)])> {
        let until = key.saturating_add(REACH);
        self.kernels.iter().filter_map(move |kernel| {
            let points = kernel.envelope.below(until);
            (!points.is_empty()).then_some((&kernel.host[..], kernel.live_from, points))
        })
    }

    /// The instant of a kernel line whose uptime other lines of its boot bound: what the kernel said, it
    /// said before its edge, and what is said is written at once. Never wider than its stamp; left alone
    /// where it was written late, or before the log daemon ran.
    pub fn tightened(&self, instant: Instant, width: i64, host: Option<&[u8]>, uptime: i64) -> Instant {
        // A year or an hour that is not settled is no matter of seconds; how far the host's clock is off is
        // none of its kernel.
        let doubt = self.doubt();
        let (earliest, end) = (instant.earliest.saturating_add(doubt), instant.latest.saturating_sub(doubt));
        if end.saturating_sub(earliest) != width {
            return instant;
        }
        let name = host.unwrap_or_default();
        let own = self.kernels.iter().filter(|kernel| kernel.host == name && kernel.live_from <= uptime);
        let mut said = own.filter_map(|kernel| Some(kernel.envelope.edge(uptime)?.saturating_add(uptime)));
        // Of several boots only one is near the stamp.
        match said.find(|said| (earliest..end).contains(said)) {
            Some(said) => {
                let latest = said.saturating_add(PROMPT + 2 * MICRO);
                let latest = (latest - latest.rem_euclid(MICRO)).saturating_add(doubt);
                let narrower = latest < instant.latest;
                let basis = if narrower { instant.basis.with(Basis::UPTIME) } else { instant.basis };
                Instant { latest: latest.min(instant.latest), basis, ..instant }
            }
            None => instant,
        }
    }

    /// The number of the segment that holds at an offset of its file.
    pub(super) fn segment_at(&self, offset: u64) -> u16 {
        self.segments.partition_point(|segment| segment.from <= offset).saturating_sub(1) as u16
    }
}
