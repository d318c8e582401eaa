//! A rotation family as one sequence of stamps without years: the turns of the year inside it, and what
//! bounds the year it begins in.

use super::Years;
use super::settle::{FileFacts, SettleOptions};
use super::years::{self, Around, FileBound};
use crate::base::{Basis, NANOS_PER_SECOND, PROXY_YEAR, civil_from_days, days_from_civil};
use crate::io::Rotation;
use crate::survey::turn_between;
use crate::witness::Written;

const DAY: i64 = 86_400 * NANOS_PER_SECOND;

/// The years of a family.
#[derive(Clone, Debug)]
pub(super) struct FamilyYears {
    /// For each file in family order, the year of the first stamp of each of its chunks.
    pub years: Vec<Vec<i32>>,
    /// How they are known.
    pub basis: Basis,
    /// All that are possible, as years of the newest record.
    pub told: Years,
}

/// Settles the years of a family. `order` are its files from the oldest, `others` the ranges of sources
/// whose stamps name their years.
pub(super) fn family_years(
    files: &[FileFacts<'_>],
    order: &[usize],
    others: &[(i64, i64)],
    options: &SettleOptions,
) -> FamilyYears {
    let mut bounds: Vec<FileBound> = Vec::new();
    let mut turns: Vec<Vec<i32>> = Vec::new();
    let mut turn = 0;
    let mut last: Option<i64> = None;
    let mut previous_suffix = None;
    for &index in order {
        let file = &files[index];
        let suffix = match file.rotation {
            Rotation::Date(year, month, day, _) => Some(days_from_civil(*year, *month, *day) * DAY),
            _ => None,
        };
        let mut starts = Vec::new();
        let mut bound: Option<FileBound> = None;
        for (_, chunk) in &file.survey.chunks {
            let Some(yearless) = chunk.yearless else {
                starts.push(turn);
                continue;
            };
            turn += last.map_or(0, |last| turn_between(last, yearless.first));
            let shifted = |(inner, at): (i32, i64)| (turn + inner, at);
            let (earliest, latest) = (shifted(yearless.range.min), shifted(yearless.range.max));
            let entry = bound.get_or_insert_with(|| FileBound {
                earliest,
                latest,
                mtime: file.mtime,
                packed: file.packed,
                suffix,
                previous_suffix,
                ..FileBound::default()
            });
            entry.earliest = entry.earliest.min(earliest);
            entry.latest = entry.latest.max(latest);
            entry.leap_turns.extend(yearless.leap_turn.map(|inner| turn + inner));
            starts.push(turn);
            turn += yearless.turns;
            entry.last = (turn, yearless.last);
            last = Some(yearless.last);
        }
        bounds.extend(bound);
        turns.push(starts);
        previous_suffix = suffix.or(previous_suffix);
    }
    let mut family = FamilyYears { years: turns, basis: Basis::default(), told: Years::default() };
    let mut year = PROXY_YEAR;
    if !bounds.is_empty() {
        let quoted = quoted_year(files, order, &family.years);
        let solved = years::solve(&bounds, Around { given: options.year, quoted, others, now: options.now });
        let last_turn = bounds.iter().map(|bound| bound.latest.0).max().unwrap_or(0);
        year = solved.year;
        family.basis = solved.basis;
        family.told = Years {
            best: year + last_turn,
            candidates: solved.candidates.iter().map(|year| year + last_turn).collect(),
            reason: solved.reason,
        };
    }
    for start in family.years.iter_mut().flatten() {
        *start += year;
    }
    family
}

/// The year of turn 0 that full dates quoted in the family's own records agree on: a record and a date
/// within a day of each other belong to one year. At least three different dates, and nearly all.
fn quoted_year(files: &[FileFacts<'_>], order: &[usize], turns: &[Vec<i32>]) -> Option<i32> {
    const NEAR: i64 = 26 * 3_600 * NANOS_PER_SECOND + NANOS_PER_SECOND * 1_800;
    let mut votes: std::collections::BTreeMap<i32, usize> = std::collections::BTreeMap::new();
    for (&file, turns) in order.iter().zip(turns) {
        let numbers = &files[file].testimony.stretches;
        for anchor in
            files[file].testimony.anchors.iter().filter(|anchor| anchor.written == Written::Yearless)
        {
            let Some(index) = numbers.iter().position(|number| *number == anchor.piece) else { continue };
            let end = numbers.iter().rposition(|number| *number == anchor.piece).unwrap_or(index);
            let inner = &files[file].survey.chunks[index..=end];
            if inner.iter().any(|(_, chunk)| chunk.yearless.is_some_and(|yearless| yearless.turns != 0))
                || turns[index] != turns[end]
            {
                // A New Year inside the stretch: which side the record stands on is not known here.
                continue;
            }
            let around = civil_from_days(anchor.utc.div_euclid(DAY)).0;
            let near = (around - 1..=around + 1)
                .find(|year| (years::in_year(*year, anchor.at) - anchor.utc).abs() <= NEAR);
            if let Some(year) = near {
                *votes.entry(year - turns[index]).or_default() += 1;
            }
        }
    }
    let total: usize = votes.values().sum();
    let (year, most) = votes.into_iter().max_by_key(|(_, count)| *count)?;
    (most >= 3 && most * 5 >= total * 4).then_some(year)
}
