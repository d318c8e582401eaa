//! Settling: from the surveys and the testimony of all files to clocks, years and the place of every
//! chunk in time.
//!
//! The order matters: years first (a wall clock is no number without one), then runs between suspect
//! jumps, then all zones together, then segments and spans.

use std::sync::Arc;

use super::court::Court;
use super::days::DaysKnown;
use super::family::family_years;
use super::landmarks::landmarks;
use super::proof::{Place, Shift};
use super::skewed::{SkewShown, skews};
use super::spans::{ChunkSpan, local_to_utc, spans, utc};
use super::stretches::{Follows, Sequence};
use super::witnessed::{Nodes, Run};
use super::{Booted, Clock, ClockStep, Years, counted, hosts, kernels};
use crate::base::{Basis, NANOS_PER_SECOND};
use crate::io::Rotation;
use crate::survey::FileSurvey;
use crate::text::glob;
use crate::time::Zone;
use crate::witness::{StepStated, Testimony};

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
    /// The days of stamps that name none.
    pub days: Option<&'a Arc<DaysKnown>>,
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
    let said: Vec<(Zone, Basis)> =
        files.iter().map(|file| zone_of((file.name, file.source), file.format_zone, options)).collect();
    let hosts = hosts::hosts(
        &files.iter().map(|file| (file.name, file.testimony.host.as_deref())).collect::<Vec<_>>(),
    );
    let others = dated_ranges(files, &said);
    let mut years: Vec<Vec<i32>> = vec![Vec::new(); files.len()];
    let mut year_bases = vec![Basis::default(); files.len()];
    let mut told = vec![Years::default(); files.len()];
    let mut sequences: Vec<Sequence> = Vec::new();
    let families = families(files);
    let mut source_of = vec![0; files.len()];
    for (source, order) in families.iter().enumerate() {
        let family = family_years(files, order, &others, options);
        let newest = order.last().map_or(0, |file| *file);
        sequences.push(Sequence::new(files, order, &family.years, &said[newest].0));
        for (&file, chunk_years) in order.iter().zip(family.years) {
            source_of[file] = source;
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
            days: files[file].days.cloned(),
            ..court.clock(file, year_bases[file], &sequences, source_of[file])
        })
        .collect();
    let skews = skews(&nodes, &mut clocks, &hosts);
    let marked = landmarks(&nodes, &clocks, &hosts);
    for (clock, found) in clocks.iter_mut().zip(marked) {
        if let Some((landmarks, proof)) = found {
            clock.landmarks = landmarks;
            clock.proofs.insert(0, proof);
        }
    }
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
    let told = kernels::hear(&nodes, &families, &mut settled);
    for (file, dated) in counted::settle(&nodes, &told.known, &mut settled).into_iter().enumerate() {
        if dated {
            settled[file].chunks = spans(&files[file], &settled[file].clock, &nodes.years[file]);
        }
    }
    let stated = stated_steps(&nodes, &settled);
    let mut steps = told.steps;
    // Kernel lines on both sides tell the same step less exactly.
    steps.retain(|step| !stated.iter().any(|told| step.is(told)));
    steps.extend(stated);
    Settlement { files: settled, shifts, boots: told.boots, steps, skews }
}

/// Steps of clocks that records tell of, each from the instant it left to the one it went to.
fn stated_steps(nodes: &Nodes<'_>, settled: &[Settled]) -> Vec<ClockStep> {
    let step = |file: usize, stated: &StepStated| {
        let (piece, written, at) = stated.when;
        let (node, at) = nodes.locate(file, piece, written, at)?;
        let Settled { clock, chunks, host } = &settled[file];
        let number = nodes.files[file].testimony.stretches.iter().position(|number| *number == piece)?;
        let instant = match nodes.runs.get(node) {
            Some(_) => local_to_utc(clock.segment(chunks[number].segment), at),
            None => at + clock.repair.unwrap_or(0) * NANOS_PER_SECOND,
        } - clock.ahead();
        Some(ClockStep {
            places: [Place { file, offset: stated.offset }; 2],
            ends: (instant.saturating_sub(stated.by), instant),
            by: stated.by,
            within: 0,
            host: host.clone(),
        })
    };
    let files = nodes.files.iter().enumerate();
    files
        .flat_map(|(file, facts)| facts.testimony.steps.iter().filter_map(move |stated| step(file, stated)))
        .collect()
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
pub(super) fn zone_of(
    (name, source): (&str, &str),
    format_zone: Option<&Zone>,
    options: &SettleOptions,
) -> (Zone, Basis) {
    let fits = |assumption: &&Assumption| match &assumption.glob {
        Some(pattern) => glob(pattern, name) || glob(pattern, source),
        None => true,
    };
    if let Some(assumption) = options.assumptions.iter().rev().find(fits) {
        return (assumption.zone.clone(), Basis::ZONE_ASSUMED);
    }
    match format_zone {
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
