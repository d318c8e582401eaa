//! What surveys tell before files are read: records of clocks that were not set, days of stamps that name none,
//! copies, boots that nobody knows. Each is said in a remark; nothing here decides a zone or a year.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::plan::Plan;
use super::prepare::Candidate;
use crate::base::{Loss, Unread};
use crate::clock::{DayFacts, DaysKnown, FileFacts, Settled, settle_days};
use crate::grammar::GrammarSet;
use crate::survey::{FileSurvey, drop_unset};

/// Takes records of clocks that were not set yet as undated, and says so.
pub(super) fn unset_clocks(candidates: &[Candidate], surveys: &mut [FileSurvey], remarks: &mut Vec<Unread>) {
    for (sources, family) in
        candidates.chunk_by(|a, b| a.source == b.source).scan(surveys, |rest, sources| {
            let (family, behind) = std::mem::take(rest).split_at_mut(sources.len());
            *rest = behind;
            Some((sources, family))
        })
    {
        drop_unset(&mut family.iter_mut().collect::<Vec<_>>());
        for (candidate, survey) in sources.iter().zip(family) {
            let unset = survey.chunks.iter().filter(|(_, chunk)| chunk.unset);
            let count: u64 = unset.map(|(_, chunk)| chunk.undated).sum();
            if count > 0 {
                let why = format!(
                    "{count} record{} of a clock that was not set yet (a start without a clock: its stamps jump away, and back where they were): undated",
                    if count == 1 { "" } else { "s" }
                );
                remarks.push(Unread { file: candidate.found.name.clone(), why, loss: Loss::None });
            }
        }
    }
}

/// Settles the days of stamps that name a time of day only, and tells of what is a guess or stays open.
pub(super) fn days(
    plan: &Plan,
    set: &GrammarSet,
    candidates: &[Candidate],
    surveys: &mut [FileSurvey],
    remarks: &mut Vec<Unread>,
) -> Vec<Option<Arc<DaysKnown>>> {
    let mut days = Vec::new();
    for (candidate, survey) in candidates.iter().zip(surveys) {
        let facts = DayFacts {
            name: &candidate.found.name,
            source: &candidate.source,
            mtime: candidate.opened.packed_time().or(candidate.found.mtime),
            format_zone: set.get(candidate.format.primary).zone.as_ref(),
        };
        let settled = settle_days(&facts, survey, &plan.settle);
        let (known, why) = settled.map_or((None, None), |settled| (settled.known, settled.remark));
        days.push(known.map(Arc::new));
        remarks.extend(why.map(|why| Unread { file: candidate.found.name.clone(), why, loss: Loss::None }));
    }
    days
}

/// Notices files of one family that begin with the same bytes: a copy made before a truncation.
pub(super) fn copies(candidates: &[Candidate], surveys: &[FileSurvey], remarks: &mut Vec<Unread>) {
    const LOOK: usize = 4096;
    let mut heads: BTreeMap<(&str, Vec<u8>), &str> = BTreeMap::new();
    for (candidate, survey) in candidates.iter().zip(surveys) {
        // All boots of a machine begin with the same lines.
        let boots = survey.chunks.iter().any(|(_, chunk)| chunk.uptimes.is_some());
        if candidate.opened.is_stream() || survey.bytes < 256 || boots {
            continue;
        }
        let mut head = vec![0; LOOK.min(survey.bytes as usize)];
        let Ok(count) = candidate.opened.read_at(0, &mut head) else { continue };
        head.truncate(count.min(256));
        if let Some(first) = heads.insert((&candidate.source, head), &candidate.found.name) {
            remarks.push(Unread {
                file: candidate.found.name.clone(),
                why: format!("begins with the same lines as {first} (copied, then truncated?): both are read, so these lines appear twice"),
                loss: Loss::None,
            });
        }
    }
}

/// Says of records whose uptimes count from a boot that nobody knows that they stay undated.
pub(super) fn unknown_boots(files: &[FileFacts<'_>], settled: &[Settled], remarks: &mut Vec<Unread>) {
    for (file, settled) in files.iter().zip(settled) {
        let all: u64 =
            file.survey.chunks.iter().filter_map(|(_, chunk)| chunk.uptimes).map(|one| one.count).sum();
        let open = all - settled.chunks.iter().map(|span| span.counted).sum::<u64>();
        if open > 0 {
            let why = format!(
                "{open} record{} only seconds since boot: undated, as no kernel line of that boot, and behind its sleeps, stands in a log with times as well (kern.log, messages, syslog)",
                if open == 1 { " tells" } else { "s tell" }
            );
            remarks.push(Unread { file: file.name.to_owned(), why, loss: Loss::None });
        }
    }
}
