//! The survey of all files, in parallel: plain ones block by block, compressed ones each in one go. What an earlier
//! run surveyed and is as it was is taken from there.

use std::sync::Mutex;

use rayon::prelude::*;

use super::overlong::told;
use super::plan::{Plan, Watch};
use super::prepare::Candidate;
use super::surveyed::{Past, Piece, Recalled, Surveyed, stretches};
use crate::base::{Loss, Unread, reason};
use crate::grammar::GrammarSet;
use crate::io::Short;
use crate::survey::{FileSurvey, Layouts, survey_plain, survey_stream};

/// What is to be surveyed of a file.
enum Task {
    Stretch(usize, (u64, u64)),
    Stream(usize),
}

/// The surveys of files.
pub(super) struct Surveys {
    /// One per file.
    pub(super) files: Vec<FileSurvey>,
    /// What each was in an earlier run.
    pub(super) pasts: Vec<Past>,
    /// The same for a later run, where one asks for it.
    pub(super) kept: Option<Surveyed>,
}

/// Surveys all files.
pub(super) fn survey_all(
    plan: &Plan,
    set: &GrammarSet,
    candidates: &[Candidate],
    remarks: &mut Vec<Unread>,
    watch: &dyn Watch,
) -> Surveys {
    let block = plan.chunk_of(candidates.len());
    let mut recalled = Surveyed::recall(plan.surveyed.as_ref(), candidates, block as u64);
    let tasks = tasks(candidates, &recalled, block as u64);
    let faults = Mutex::new(Vec::new());
    let results: Vec<(usize, u64, FileSurvey)> = tasks
        .par_iter()
        .with_max_len(1)
        .map_init(Vec::new, |buffer, task| match *task {
            Task::Stretch(index, (from, to)) => {
                let survey = stretch(set, &candidates[index], (from, to), buffer);
                watch.advance(to - from, &candidates[index].found.name);
                (index, from, survey)
            }
            Task::Stream(index) => {
                let candidate = &candidates[index];
                watch.advance(candidate.opened.size, &candidate.found.name);
                let cut = recalled[index].past.news.cut();
                let survey = stream(set, candidate, block as u64, cut).unwrap_or_else(|why| {
                    if let Ok(mut faults) = faults.lock() {
                        faults.push((index, why));
                    }
                    FileSurvey::default()
                });
                (index, 0, survey)
            }
        })
        .collect();
    let mut surveys: Vec<FileSurvey> = candidates.iter().map(|_| FileSurvey::default()).collect();
    for (survey, recalled) in surveys.iter_mut().zip(&mut recalled) {
        (survey.overlong, survey.cut) = (recalled.overlong, recalled.cut.take());
    }
    for (index, from, part) in results {
        let FileSurvey { chunks, used, bytes, cut, overlong } = part;
        surveys[index].cut = surveys[index].cut.take().or(cut);
        surveys[index].overlong = surveys[index].overlong.or(overlong);
        recalled[index].pieces.push(Piece { from, to: from + bytes, chunks, used });
    }
    let mut faults = faults.into_inner().unwrap_or_default();
    faults.sort();
    let mut kept = plan.keep_surveys.then(|| Surveyed::new(block as u64));
    let mut pasts = Vec::with_capacity(candidates.len());
    for (index, mut recalled) in recalled.into_iter().enumerate() {
        let survey = &mut surveys[index];
        pasts.push(recalled.past.clone());
        recalled.pieces.sort_by_key(|piece| piece.from);
        for piece in &recalled.pieces {
            survey.bytes += piece.to - piece.from;
            survey.used.extend(&piece.used);
        }
        let whole = !faults.iter().any(|(faulty, _)| *faulty == index);
        match kept.as_mut().filter(|_| whole) {
            Some(kept) => {
                let chunks = recalled.pieces.iter().flat_map(|piece| piece.chunks.iter().cloned());
                survey.chunks = chunks.collect();
                kept.keep(&candidates[index], recalled, survey);
            }
            None => survey.chunks = recalled.pieces.into_iter().flat_map(|piece| piece.chunks).collect(),
        }
        survey.join();
    }
    for (index, why) in faults {
        remarks.push(Unread { file: candidates[index].found.name.clone(), why, loss: Loss::Whole });
    }
    for (candidate, survey) in candidates.iter().zip(&surveys) {
        if let Some(overlong) = survey.overlong {
            let why = told(overlong);
            remarks.push(Unread { file: candidate.found.name.clone(), why, loss: Loss::Part });
        }
        if let Some(Short { why, loss }) = &survey.cut {
            remarks.push(Unread { file: candidate.found.name.clone(), why: why.clone(), loss: *loss });
        }
    }
    Surveys { files: surveys, pasts, kept }
}

/// What is left to be surveyed. Streams come first: each keeps one thread busy.
fn tasks(candidates: &[Candidate], recalled: &[Recalled], block: u64) -> Vec<Task> {
    let all = || candidates.iter().zip(recalled).enumerate();
    let streams =
        all().filter(|(_, (candidate, recalled))| candidate.opened.is_stream() && recalled.pieces.is_empty());
    let mut tasks: Vec<Task> = streams.map(|(index, _)| Task::Stream(index)).collect();
    for (index, (candidate, recalled)) in all().filter(|(_, (candidate, _))| !candidate.opened.is_stream()) {
        let stretches = stretches(candidate.opened.size, block, recalled.past.news).into_iter();
        let known = |from: u64| recalled.pieces.binary_search_by_key(&from, |piece| piece.from).is_ok();
        tasks
            .extend(stretches.filter(|(from, _)| !known(*from)).map(|stretch| Task::Stretch(index, stretch)));
    }
    tasks
}

/// Surveys a file that must be unpacked, or says why it cannot be.
fn stream(
    set: &GrammarSet,
    candidate: &Candidate,
    block: u64,
    cut: Option<u64>,
) -> Result<FileSurvey, String> {
    let unpacker = candidate.opened.unpack().map_err(|error| reason(&error))?;
    Ok(survey_stream(Layouts { set, format: &candidate.format }, unpacker, block, cut))
}

/// Surveys a stretch of a plain file.
fn stretch(
    set: &GrammarSet,
    candidate: &Candidate,
    (from, to): (u64, u64),
    buffer: &mut Vec<u8>,
) -> FileSurvey {
    let mut survey = FileSurvey::default();
    let layouts = Layouts { set, format: &candidate.format };
    match survey_plain(layouts, &candidate.opened, (from, to), buffer) {
        Ok(((chunks, used), short)) => {
            let why = "shrank while it was read: what was cut off is not here".to_owned();
            survey.cut = short.then_some(Short { why, loss: Loss::Part });
            (survey.chunks, survey.used, survey.bytes) = (chunks, used, to - from);
        }
        Err(error) => survey.cut = Some(Short { why: reason(&error), loss: Loss::Part }),
    }
    survey
}
