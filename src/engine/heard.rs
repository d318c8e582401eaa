//! Hears what all files say about clocks, before any of them is settled. What is heard in one file, `witness`
//! knows; here is in which order and how much.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::prepare::Candidate;
use crate::grammar::GrammarSet;
use crate::survey::{FileSurvey, Layouts};
use crate::witness::{Testimony, Writer, testify};

/// Marks of each kind that are kept of one file: at most and, of however many files, at least; and of all.
const MOST_MARKS: usize = 4096;
const FEWEST_MARKS: usize = 128;
const ALL_MARKS: usize = 1 << 20;

/// Hears what files say about clocks, in parallel. Where every stamp names its offset there is nothing
/// to settle but the rare lie, and one file alone cannot be compared: both are still heard, from a
/// bounded sample.
pub(super) fn testimonies(
    set: &GrammarSet,
    candidates: &[Candidate],
    surveys: &[FileSurvey],
) -> Vec<Testimony> {
    // Thousands of files must fit into memory together; those few have in common are still heard, as every
    // file keeps the same ones first.
    let most = (ALL_MARKS / candidates.len().max(1)).clamp(FEWEST_MARKS, MOST_MARKS);
    let hear = |candidate: &Candidate, survey: &FileSurvey, known: &[Writer]| {
        // A file that cannot be read a second time says nothing; reading it in full will tell why.
        let layouts = Layouts { set, format: &candidate.format };
        testify(layouts, &candidate.opened, survey, most, known).unwrap_or_default()
    };
    let mut heard: Vec<Testimony> = candidates
        .par_iter()
        .zip(surveys)
        .with_max_len(1)
        .map(|(candidate, survey)| hear(candidate, survey, &[]))
        .collect();
    // Who has a clock of its own in one file of a log has it in the others too, though they may not show it.
    let mut odd: BTreeMap<&str, Vec<Writer>> = BTreeMap::new();
    for (candidate, testimony) in candidates.iter().zip(&heard) {
        let writers = testimony.writers.iter().map(|odd| odd.writer.clone());
        if !testimony.writers.is_empty() {
            odd.entry(&candidate.source).or_default().extend(writers);
        }
    }
    candidates.par_iter().zip(surveys).zip(&mut heard).with_max_len(1).for_each(
        |((candidate, survey), testimony)| {
            let known = odd.get(candidate.source.as_str()).map_or(&[][..], Vec::as_slice);
            if known.iter().any(|writer| !testimony.writers.iter().any(|odd| odd.writer == *writer)) {
                *testimony = hear(candidate, survey, known);
            }
        },
    );
    heard
}
