//! A rotation family as one sequence of stamps without years: the turns of the year inside it, and what
//! bounds the year it begins in.

use super::settle::{FileFacts, SettleOptions};
use super::years::{self, FileBound};
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
}

/// Settles the years of a family. `order` are its files from the oldest, `others` the range of sources
/// whose stamps name their years.
pub(super) fn family_years(
    files: &[FileFacts<'_>],
    order: &[usize],
    others: Option<(i64, i64)>,
    options: &SettleOptions,
) -> FamilyYears {
    let mut bounds: Vec<FileBound> = Vec::new();
    let mut turns: Vec<Vec<i32>> = Vec::new();
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
                            Some(days_from_civil(*year, *month, *day) * DAY)
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
        Some(earliest) => {
            let quoted = quoted_year(files, order, &turns);
            match (options.year, quoted) {
                (None, Some(year)) if years::possible(&bounds, year, options.now) => {
                    (year, Basis::YEAR_INFERRED)
                }
                _ => years::solve(&bounds, earliest, options.year, others, options.now),
            }
        }
        None => (PROXY_YEAR, Basis::default()),
    };
    for start in turns.iter_mut().flatten() {
        *start += year;
    }
    FamilyYears { years: turns, basis }
}

/// The year of turn 0 that full dates quoted in the family's own records agree on: a record and a date
/// within a day of each other belong to one year. At least three different dates, and nearly all.
fn quoted_year(files: &[FileFacts<'_>], order: &[usize], turns: &[Vec<i32>]) -> Option<i32> {
    const NEAR: i64 = 26 * 3_600 * NANOS_PER_SECOND + NANOS_PER_SECOND * 1_800;
    let mut votes: std::collections::BTreeMap<i32, usize> = std::collections::BTreeMap::new();
    for (&file, turns) in order.iter().zip(turns) {
        let numbers = files[file].survey.stretches();
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
