//! Settling: from the surveys of all files to clocks, years and the place of every chunk in time.

use super::Clock;
use super::years::{self, FileBound};
use crate::base::{Basis, NANOS_PER_SECOND, PROXY_YEAR, days_from_civil};
use crate::io::Rotation;
use crate::survey::{ChunkSurvey, FileSurvey, Seen, turn_between};
use crate::text::glob;
use crate::time::Zone;

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
    /// Its place in the family.
    pub rotation: &'a Rotation,
    /// Modification time.
    pub mtime: Option<i64>,
    /// A zone that its format fixes.
    pub format_zone: Option<&'a Zone>,
    /// Its survey.
    pub survey: &'a FileSurvey,
}

/// Where a chunk lies in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChunkSpan {
    /// No event of the chunk has a smaller key.
    pub min: i64,
    /// No event of the chunk has a larger key.
    pub max: i64,
    /// Its first and last instants, exactly; meaningless when `dated` is not set.
    pub range: (i64, i64),
    /// The key for records before the chunk's first dated one.
    pub carry: Option<i64>,
    /// The key for records before the file's first dated one: that one's.
    pub head: Option<i64>,
    /// The year of its first stamp without one.
    pub year: i32,
    /// Whether it holds a dated record.
    pub dated: bool,
}

/// The settled clock of a file and the place of its chunks.
#[derive(Clone, Debug)]
pub struct Settled {
    /// The clock.
    pub clock: Clock,
    /// One per surveyed chunk.
    pub chunks: Vec<ChunkSpan>,
}

/// Settles all files. `files` must be sorted so that each source's files are neighbours.
pub fn settle(files: &[FileFacts<'_>], options: &SettleOptions) -> Vec<Settled> {
    let zones: Vec<(Zone, Basis)> = files.iter().map(|file| zone(file, options)).collect();
    let others = dated_range(files, &zones);
    let mut settled: Vec<Option<Settled>> = vec![None; files.len()];
    let mut start = 0;
    while start < files.len() {
        let end = start + files[start..].iter().take_while(|file| file.source == files[start].source).count();
        let mut order: Vec<usize> = (start..end).collect();
        order.sort_by(|a, b| {
            files[*a].rotation.age_order(files[*b].rotation).then_with(|| files[*a].name.cmp(files[*b].name))
        });
        let (first_year, basis, turns) = family_years(files, &order, others, options);
        for (index, turns) in order.into_iter().zip(turns) {
            let (zone, zone_basis) = zones[index].clone();
            let clock = Clock { zone, zone_basis, year_basis: basis };
            let chunks = spans(&files[index], &clock, first_year, &turns);
            settled[index] = Some(Settled { clock, chunks });
        }
        start = end;
    }
    settled.into_iter().flatten().collect()
}

/// The zone of a file's zone-less stamps: what was said, what the format fixes, else the default.
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

/// The range of all stamps that name their year.
fn dated_range(files: &[FileFacts<'_>], zones: &[(Zone, Basis)]) -> Option<(i64, i64)> {
    let mut range: Option<(i64, i64)> = None;
    let mut add = |min: i64, max: i64| {
        range = Some(range.map_or((min, max), |(from, to)| (from.min(min), to.max(max))));
    };
    for (file, (zone, _)) in files.iter().zip(zones) {
        for (_, chunk) in &file.survey.chunks {
            if let Some(zoned) = chunk.zoned {
                add(zoned.min, zoned.max);
            }
            if let Some(local) = chunk.local {
                add(utc(zone, local.min), utc(zone, local.max));
            }
        }
    }
    range
}

/// The year of turn 0 of a family, how it is known, and the turn at which each chunk starts.
fn family_years(
    files: &[FileFacts<'_>],
    order: &[usize],
    others: Option<(i64, i64)>,
    options: &SettleOptions,
) -> (i32, Basis, Vec<Vec<i32>>) {
    let mut bounds: Vec<FileBound> = Vec::new();
    let mut turns = Vec::new();
    let mut turn = 0;
    let mut last: Option<i64> = None;
    let mut earliest: Option<(i32, i64)> = None;
    for &index in order {
        let file = &files[index];
        let mut starts = Vec::new();
        let mut bound: Option<FileBound> = None;
        for (_, chunk) in &file.survey.chunks {
            if let Some(yearless) = chunk.yearless {
                turn += last.map_or(0, |last| turn_between(last, yearless.first));
                let shifted = |(inner, at): (i32, i64)| (turn + inner, at);
                let latest = shifted(yearless.range.max);
                let first = shifted(yearless.range.min);
                earliest = Some(earliest.map_or(first, |known| known.min(first)));
                let entry = bound.get_or_insert(FileBound {
                    latest,
                    leap_turn: None,
                    mtime: file.mtime,
                    suffix: match file.rotation {
                        Rotation::Date(year, month, day, _) => {
                            Some(days_from_civil(*year, *month, *day) * 86_400 * NANOS_PER_SECOND)
                        }
                        _ => None,
                    },
                });
                entry.latest = entry.latest.max(latest);
                entry.leap_turn = yearless.leap_turn.map(|inner| turn + inner).or(entry.leap_turn);
                starts.push(turn);
                turn += yearless.turns;
                last = Some(yearless.last);
            } else {
                starts.push(turn);
            }
        }
        bounds.extend(bound);
        turns.push(starts);
    }
    let (year, basis) = match earliest {
        Some(earliest) => years::solve(&bounds, earliest, options.year, others, options.now),
        None => (PROXY_YEAR, Basis::default()),
    };
    (year, basis, turns)
}

/// The place in time of every chunk of a file.
fn spans(file: &FileFacts<'_>, clock: &Clock, first_year: i32, turns: &[i32]) -> Vec<ChunkSpan> {
    // Around a change of offset the wall clock runs back: an hour of slack keeps the bounds true.
    let slack = if clock.zone.is_fixed() { 0 } else { 3_600 * NANOS_PER_SECOND };
    let at = |seen: Seen, year: i32| match seen {
        Seen::Zoned(at) => at,
        Seen::Local(at) => utc(&clock.zone, at),
        Seen::Yearless(turn, at) => utc(&clock.zone, years::in_year(year + turn, at)),
    };
    // Records above the file's first dated one stand right before it.
    let mut dated = file.survey.chunks.iter().zip(turns);
    let head = dated.find_map(|((_, chunk), turn)| Some(at(chunk.first?, first_year + turn)));
    let mut carry = None;
    let mut spans = Vec::new();
    for ((_, chunk), turn) in file.survey.chunks.iter().zip(turns) {
        let year = first_year + turn;
        let mut span = ChunkSpan {
            min: i64::MAX,
            max: i64::MIN,
            range: (i64::MAX, i64::MIN),
            carry,
            head,
            year,
            dated: false,
        };
        for (min, max, slack) in ranges(chunk, clock, year, slack) {
            span.range = (span.range.0.min(min), span.range.1.max(max));
            span.min = span.min.min(min.saturating_sub(slack));
            span.max = span.max.max(max.saturating_add(slack));
            span.dated = true;
        }
        let bound = carry.or(head).or(file.mtime).unwrap_or(i64::MAX - 1);
        if !span.dated {
            (span.min, span.max) = (bound, bound);
        } else if chunk.undated > 0 || chunk.loose > 0 {
            // What has no stamp stands behind the dated record before it.
            if let Some(place) = carry.or(head) {
                span.min = span.min.min(place);
                span.max = span.max.max(place);
            }
        }
        spans.push(span);
        carry = chunk.last.map(|last| at(last, year)).or(carry);
    }
    spans
}

/// (min, max, slack) of each kind of stamp in a chunk, as UTC nanoseconds.
fn ranges(
    chunk: &ChunkSurvey,
    clock: &Clock,
    year: i32,
    slack: i64,
) -> impl Iterator<Item = (i64, i64, i64)> {
    let zoned = chunk.zoned.map(|range| (range.min, range.max, 0));
    let local = chunk.local.map(|range| (utc(&clock.zone, range.min), utc(&clock.zone, range.max), slack));
    let yearless = chunk.yearless.map(|yearless| {
        let at = |(turn, at): (i32, i64)| utc(&clock.zone, years::in_year(year + turn, at));
        (at(yearless.range.min), at(yearless.range.max), slack)
    });
    zoned.into_iter().chain(local).chain(yearless)
}

/// Wall-clock nanoseconds to UTC nanoseconds.
fn utc(zone: &Zone, local: i64) -> i64 {
    let seconds = zone.to_utc(local.div_euclid(NANOS_PER_SECOND)).0;
    seconds.saturating_mul(NANOS_PER_SECOND).saturating_add(local.rem_euclid(NANOS_PER_SECOND))
}
