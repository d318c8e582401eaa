//! Everything before the first event: find, open, detect, group, survey, settle, lay out the chunks.

use std::collections::BTreeSet;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rayon::prelude::*;

use super::account::{Extent, account, extents};
use super::behind;
use super::boots::{derive_boots, may_name_a_boot};
use super::gather::{Gathered, gather};
use super::heard::testimonies;
use super::holes::holes;
use super::ledger::Ledger;
use super::mtimes::disbelieve;
use super::noticed::{copies, days, unknown_boots, unset_clocks};
use super::overlong::overlong;
use super::plan::{Plan, Watch};
use super::repeats::derive_repeats;
use super::resume::Growth;
use super::sections::watch_sections;
use super::stated::derive_stated;
use super::surveyed::{News, Past, Surveyed};
use super::surveying::{Surveys, survey_all};
use super::tables::watch_tables;
use crate::base::{Account, Derived, Error, FileId, Loss, Result, SourceId, Unread};
use crate::clock::{
    Booted, ChunkSpan, Clock, ClockStep, DaysKnown, FileFacts, Settled, Shift, SkewShown, settle,
};
use crate::grammar::{Detection, GrammarSet, Headers, detect};
use crate::ingest::{Interval, Picker};
use crate::io::{Found, Head, MAX_LINE, Member, Opened, Rotation, family, walk};
use crate::pattern::LevelRules;
use crate::poll::Change;
use crate::survey::{FileFormat, FileSurvey, Range};
use crate::witness::{Testimony, keep_shared};

/// A file of the run, surveyed and settled.
#[derive(Debug)]
pub struct FileState {
    /// The `file` of the contract.
    pub name: String,
    /// Its source.
    pub source: SourceId,
    /// Whether its records are asked for. The others are settled with it, and not shown.
    pub asked: bool,
    /// Its place in the family.
    pub rotation: Rotation,
    /// Modification time.
    pub mtime: Option<i64>,
    /// When it was made, where that bounds its records.
    pub birth: Option<i64>,
    /// Its formats.
    pub format: FileFormat,
    /// How its format was found.
    pub detection: Detection,
    /// Its settled clock.
    pub clock: Clock,
    /// Its account.
    pub ledger: Account,
    /// Whether any of its stamps name their offset or count from 1970.
    pub zoned: bool,
    /// Records that tell seconds since boot, dated and undated.
    pub uptimes: u64,
    /// Whether any of its stamps name no zone.
    pub zone_less: bool,
    /// Offsets that its stamps name, seconds east of UTC.
    pub labels: Option<Range<i32>>,
    /// The host it was written on, as far as it is known.
    pub host: Option<String>,
    /// How far each segment of its clock reaches.
    pub extents: Vec<Extent>,
    /// Whether any of its stamps name no year.
    pub year_less: bool,
    /// First and last instant, when it holds dated records.
    pub range: Option<(i64, i64)>,
    /// For each segment of its clock the keys `[from, to)` whose stamps it names twice, and how much later
    /// the second time is.
    pub(super) folds: Vec<Vec<(i64, i64, i64)>>,
    /// Whether records state instants of their own.
    pub(super) states: bool,
    /// Whether records only count repetitions.
    pub(super) repeats: bool,
    /// What the columns of a table are called.
    pub headers: Headers,
    pub(super) opened: Opened,
    pub(super) path: PathBuf,
    /// Device and inode it was found as.
    pub(super) identity: (u64, u64),
    /// What it was in an earlier run.
    pub(super) past: Past,
    /// What is behind its former end, where it has grown.
    pub(super) growth: Option<Growth>,
}

/// A source: one log on one host, over all its files.
#[derive(Debug)]
pub struct SourceState {
    /// The `source` of the contract.
    pub name: String,
    /// Its files, oldest first.
    pub files: Vec<FileId>,
}

/// A stretch of a file that begins at a record and is read in one go.
#[derive(Clone, Copy, Debug)]
pub struct Chunk {
    /// The file.
    pub file: FileId,
    /// First byte, in the unpacked file.
    pub start: u64,
    /// One past the last byte.
    pub end: u64,
    /// Physical line, 1-based, of the first byte.
    pub first_line: u64,
    /// Canonical place among all chunks.
    pub rank: u32,
    /// Where it lies in time.
    pub span: ChunkSpan,
    /// Whether it holds records without a stamp, or lines above its first record that may be some.
    pub undated: bool,
    /// Whether it holds records without a stamp.
    pub unstamped: bool,
    /// `(earliest, latest)` of the first dated record behind it, where `undated` ones may end it.
    pub behind: Option<(i64, i64)>,
    /// Rows of an interval tool at its beginning.
    pub interval: Interval,
}

/// All that is known before the first event.
#[derive(Debug)]
pub struct Prepared {
    /// Files by id: by source, oldest first within a source.
    pub files: Vec<FileState>,
    /// Sources by id, by name.
    pub sources: Vec<SourceState>,
    /// Chunks by rank.
    pub chunks: Vec<Chunk>,
    /// What records prove about other moments than their own: the timeline shows it among the records.
    /// Whoever finds some pushes it here before the run is driven.
    pub derived: Vec<Derived>,
    /// What changed in polled tables, by source.
    pub changes: Vec<Change>,
    /// Jumps of stamps that mean something; places by file id.
    pub shifts: Vec<Shift>,
    /// Boots that kernel lines tell of, by time; places by file id.
    pub boots: Vec<Booted>,
    /// Clocks that were set, or machines that slept; places by file id.
    pub steps: Vec<ClockStep>,
    /// Clocks of hosts that stand apart; places by file id.
    pub skews: Vec<SkewShown>,
    /// The account so far.
    pub ledger: Ledger,
    /// The surveys of its files, where a later run may ask for them.
    pub surveyed: Option<Surveyed>,
}

/// A file on its way to a [`FileState`].
pub(super) struct Candidate {
    pub(super) found: Found,
    pub(super) source: String,
    rotation: Rotation,
    pub(super) opened: Opened,
    detection: Detection,
    pub(super) format: FileFormat,
}

/// Prepares a run. Work is spread over the current thread pool.
/// `rules` judge what is only counted. With `ahead`, files in which nothing can match are left out before they are surveyed.
pub fn prepare(
    plan: &Plan,
    set: &GrammarSet,
    rules: &LevelRules,
    ahead: Option<&dyn Picker>,
    watch: &dyn Watch,
) -> Result<Prepared> {
    let inputs: Vec<PathBuf> = plan.inputs.iter().filter(|input| *input != Path::new("-")).cloned().collect();
    let beside = plan.held.iter().any(|(found, _)| found.path != Path::new("-"));
    let (mut found, walked) = walk(&inputs, beside)?;
    if found.is_empty() && walked.is_empty() && plan.held.is_empty() {
        let named: Vec<String> = inputs.iter().map(|input| input.display().to_string()).collect();
        return Err(Error::new(format!("there are no files in {}: nothing to read", named.join(", "))));
    }
    let mut remarks = plan.told.losses.clone();
    if let Some(output) = plan.output.as_ref().and_then(|path| std::fs::metadata(path).ok()) {
        // What stands where this run will write is no input.
        found.retain(|file| file.identity != (output.dev(), output.ino()));
    }
    let (mut candidates, archives) = candidates(plan, set, found, &mut remarks);
    // All that was found: what cannot be read, or is empty, stands in a remark.
    let mut names: Vec<String> = candidates.iter().map(|candidate| candidate.found.name.clone()).collect();
    names.extend(remarks.iter().map(|remark| remark.file.clone()));
    if let Some(ahead) = ahead.filter(|ahead| !may_name_a_boot(*ahead)) {
        let hopeful = hopeful(set, &candidates, ahead);
        let mut hopeful = hopeful.iter();
        candidates.retain(|_| hopeful.next().is_some_and(|hope| *hope));
    }
    candidates.sort_by(|a, b| {
        a.source
            .cmp(&b.source)
            .then_with(|| a.rotation.age_order(&b.rotation))
            .then_with(|| a.found.name.cmp(&b.found.name))
    });
    watch.expect(candidates.iter().map(|candidate| candidate.opened.size * 2).sum());
    let Surveys { files: mut surveys, pasts, kept } = survey_all(plan, set, &candidates, &mut remarks, watch);
    disbelieve(&mut candidates, &surveys, plan.settle.now, &mut remarks);
    unset_clocks(&candidates, &mut surveys, &mut remarks);
    let days = days(plan, set, &candidates, &mut surveys, &mut remarks);
    for (candidate, survey) in candidates.iter_mut().zip(&surveys) {
        let primary = candidate.format.primary;
        candidate.format.others =
            set.secondary().filter(|id| *id != primary && survey.used.contains(id)).collect();
    }
    copies(&candidates, &surveys, &mut remarks);
    let mut testimonies = testimonies(set, &candidates, &surveys);
    keep_shared(&mut testimonies);
    let facts = facts(set, &candidates, &surveys, &testimonies, &days);
    let settlement = settle(&facts, &plan.settle);
    unknown_boots(&facts, &settlement.files, &mut remarks);
    let mut prepared = Prepared {
        files: Vec::new(),
        sources: Vec::new(),
        chunks: Vec::new(),
        derived: Vec::new(),
        changes: Vec::new(),
        shifts: settlement.shifts,
        boots: settlement.boots,
        steps: settlement.steps,
        skews: settlement.skews,
        ledger: Ledger::default(),
        surveyed: kept,
    };
    for (((candidate, survey), settled), past) in
        candidates.into_iter().zip(&surveys).zip(settlement.files).zip(pasts)
    {
        let asked = plan.wants(&candidate.found.name, &candidate.source);
        prepared.add((candidate, asked, past), survey, settled, plan.settle.now);
    }
    remarks.retain(|remark| {
        archives.contains(&remark.file) || plan.wants(&remark.file, &family(&remark.file).0)
    });
    if ahead.is_none() {
        remarks.extend(holes(&prepared.files, &names, &plan.settle.default_zone));
    }
    remarks.extend(overlong(&prepared));
    remarks.extend(walked);
    remarks.sort_by(|a, b| (&a.file, &a.why).cmp(&(&b.file, &b.why)));
    remarks.dedup();
    prepared.ledger.remarks = remarks;
    for (file, testimony) in prepared.files.iter_mut().zip(&testimonies) {
        file.states = testimony.states;
    }
    behind::bound(&mut prepared, set);
    derive(&mut prepared, set, rules);
    Ok(prepared)
}

/// What settling needs to know of each file.
fn facts<'a>(
    set: &'a GrammarSet,
    candidates: &'a [Candidate],
    surveys: &'a [FileSurvey],
    testimonies: &'a [Testimony],
    days: &'a [Option<Arc<DaysKnown>>],
) -> Vec<FileFacts<'a>> {
    candidates
        .iter()
        .zip(surveys)
        .zip(testimonies)
        .zip(days)
        .map(|(((candidate, survey), testimony), days)| FileFacts {
            name: &candidate.found.name,
            source: &candidate.source,
            format: &set.get(candidate.format.primary).name,
            rotation: &candidate.rotation,
            mtime: candidate.found.mtime,
            packed: candidate.opened.packed_time(),
            format_zone: set.get(candidate.format.primary).zone.as_ref(),
            days: days.as_ref(),
            survey,
            testimony,
        })
        .collect()
}

/// Looks once more at what records tell of other moments than their own.
fn derive(prepared: &mut Prepared, set: &GrammarSet, rules: &LevelRules) {
    watch_tables(prepared, set);
    watch_sections(prepared, set);
    derive_stated(prepared, set);
    derive_repeats(prepared, set, rules);
    derive_boots(prepared, set);
}

/// Opens everything and detects the format of every file, in parallel; names of archives as well.
fn candidates(
    plan: &Plan,
    set: &GrammarSet,
    found: Vec<Found>,
    remarks: &mut Vec<Unread>,
) -> (Vec<Candidate>, BTreeSet<String>) {
    let Gathered { members, archives } = gather(plan, found, remarks, &|member| candidate(set, member));
    let mut candidates = Vec::new();
    for member in members {
        match member {
            Ok(candidate) => candidates.push(candidate),
            Err(remark) => remarks.push(remark),
        }
    }
    (candidates, archives)
}

/// Detects the format of a file by its head.
fn candidate(set: &GrammarSet, (found, opened, head): Member) -> std::result::Result<Candidate, Unread> {
    let remark = |why: &str, loss| Unread { file: found.name.clone(), why: why.to_owned(), loss };
    match (opened, head) {
        (Some(opened), Head::Text(sample)) => {
            let detection = detect(set, &sample);
            let primary = detection.winner().unwrap_or(set.plain());
            let others = set.secondary().filter(|id| *id != primary).collect();
            let (source, rotation) = family(&found.name);
            let format = FileFormat { primary, others };
            Ok(Candidate { source, rotation, opened, detection, format, found })
        }
        (_, Head::Unread(why)) => Err(remark(&why, Loss::Whole)),
        _ => Err(remark("empty", Loss::None)),
    }
}

/// For each file, whether a pattern may match in it. Plain files are looked through in pieces of whole
/// lines; compressed ones are left to the reading.
fn hopeful(set: &GrammarSet, candidates: &[Candidate], ahead: &dyn Picker) -> Vec<bool> {
    const PIECE: u64 = 512 * 1024;
    let pieces: Vec<(usize, u64)> = candidates
        .iter()
        .enumerate()
        .filter(|(_, candidate)| !candidate.opened.is_stream())
        .flat_map(|(index, candidate)| {
            (0..candidate.opened.size).step_by(PIECE as usize).map(move |from| (index, from))
        })
        .collect();
    let hits: Vec<usize> = pieces
        .par_iter()
        .with_max_len(8)
        .map_init(Vec::new, |buffer, (index, from)| {
            let opened = &candidates[*index].opened;
            // Lines that reach into the next piece are looked at in both.
            let length = (PIECE as usize + MAX_LINE).min((opened.size - from) as usize);
            buffer.resize(length.max(buffer.len()), 0);
            let own = (PIECE as usize).min(length);
            // A piece that cannot be read is hopeful: reading will tell what is wrong with it.
            let Ok(count) = opened.read_at(*from, &mut buffer[..own]) else { return Some(*index) };
            let mut end = count;
            if count == own && own < length && buffer[..count].last() != Some(&b'\n') {
                let Ok(more) = opened.read_at(from + own as u64, &mut buffer[own..(own + 4096).min(length)])
                else {
                    return Some(*index);
                };
                match memchr::memchr(b'\n', &buffer[own..own + more]) {
                    Some(newline) => end = own + newline,
                    None => return Some(*index),
                }
            }
            (!ahead.rules_out(&buffer[..end])).then_some(*index)
        })
        .flatten()
        .collect();
    // What is derived from a table has words of its own, which stand nowhere in it.
    let speaks = |candidate: &Candidate| set.get(candidate.format.primary).table.is_some();
    let mut hopeful: Vec<bool> =
        candidates.iter().map(|candidate| candidate.opened.is_stream() || speaks(candidate)).collect();
    for index in hits {
        hopeful[index] = true;
    }
    hopeful
}

impl Prepared {
    /// A file by id.
    pub fn file(&self, id: FileId) -> &FileState {
        &self.files[id.0 as usize]
    }

    /// Adds a file; files must come in canonical order.
    fn add(
        &mut self,
        (candidate, asked, past): (Candidate, bool, Past),
        survey: &FileSurvey,
        settled: Settled,
        now: i64,
    ) {
        let Settled { clock, chunks: spans, host } = settled;
        let spans = &spans[..];
        let file = FileId(self.files.len() as u32);
        if self.sources.last().is_none_or(|source| source.name != candidate.source) {
            self.sources.push(SourceState { name: candidate.source.clone(), files: Vec::new() });
        }
        let source = SourceId(self.sources.len() as u32 - 1);
        if let Some(state) = self.sources.last_mut() {
            state.files.push(file);
        }
        let first = self.chunks.len();
        self.lay_out(file, survey, spans);
        let chunks = &mut self.chunks[first..];
        if candidate.opened.is_stream() {
            // A stream is read in order: what comes later must not be due earlier.
            let mut due = i64::MAX;
            for chunk in chunks.iter_mut().rev() {
                due = due.min(chunk.span.min);
                chunk.span.min = due;
            }
        }
        let dated = survey.chunks.iter().zip(spans).filter(|((_, _), span)| span.dated);
        let range = dated.fold(None, |range: Option<(i64, i64)>, (_, span)| {
            let (first, last) = span.range;
            Some(range.map_or((first, last), |(min, max)| (min.min(first), max.max(last))))
        });
        let birth = behind::birth(&candidate.found, candidate.opened.content(), range.is_some(), now);
        let zone_less =
            survey.chunks.iter().any(|(_, chunk)| chunk.local.is_some() || chunk.yearless.is_some());
        let zones = clock.segments.iter().filter(|_| zone_less).map(|segment| &segment.zone);
        let folds = zones.map(|zone| behind::folds(zone, range, clock.ahead())).collect();
        let extents = extents(survey, &clock, spans);
        let ledger = account(survey, spans);
        let growth = match past.news {
            News::Behind { from, torn } => Growth::of((from, torn), survey, spans),
            _ => None,
        };
        self.files.push(FileState {
            past,
            growth,
            name: candidate.found.name,
            source,
            rotation: candidate.rotation,
            mtime: candidate.found.mtime,
            birth,
            format: candidate.format,
            detection: candidate.detection,
            clock,
            ledger,
            zoned: survey.chunks.iter().any(|(_, chunk)| chunk.zoned.is_some()),
            uptimes: survey
                .chunks
                .iter()
                .filter_map(|(_, chunk)| chunk.uptimes)
                .map(|known| known.count)
                .sum(),
            zone_less,
            folds,
            year_less: survey.chunks.iter().any(|(_, chunk)| chunk.yearless.is_some()),
            labels: survey
                .chunks
                .iter()
                .filter_map(|(_, chunk)| chunk.labels)
                .reduce(|a, b| Range { min: a.min.min(b.min), max: a.max.max(b.max) }),
            host,
            extents,
            asked,
            range,
            states: false,
            repeats: survey.chunks.iter().any(|(_, chunk)| chunk.repeats),
            headers: Headers::default(),
            opened: candidate.opened,
            path: candidate.found.path,
            identity: candidate.found.identity,
        });
    }

    /// Cuts a file at the first record of each surveyed chunk; where no record reaches, at its first line.
    fn lay_out(&mut self, file: FileId, survey: &FileSurvey, spans: &[ChunkSpan]) {
        let mut lines = 0;
        let first = self.chunks.len();
        for (((_, chunk), span), loose) in survey.chunks.iter().zip(spans).zip(survey.loose_heads()) {
            let cut = match (loose, chunk.first_line, chunk.first_begin) {
                (true, Some(offset), _) => Some((offset, 0)),
                (_, _, begin) => begin,
            };
            if let Some((offset, before)) = cut {
                let fresh = self.chunks.len() == first;
                let (start, first_line) = if fresh { (0, 1) } else { (offset, lines + before + 1) };
                if let Some(last) = self.chunks[first..].last_mut() {
                    last.end = start;
                }
                let rank = self.chunks.len() as u32;
                let unstamped = chunk.undated > span.counted;
                let end = survey.bytes;
                let span = *span;
                let interval = Interval::default();
                self.chunks.push(Chunk {
                    file,
                    start,
                    end,
                    first_line,
                    rank,
                    span,
                    undated: unstamped || chunk.loose > 0,
                    unstamped,
                    behind: None,
                    interval,
                });
            }
            lines += chunk.lines;
        }
    }
}
