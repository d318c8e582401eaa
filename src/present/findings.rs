//! What a report or a summary tells: findings over sources, and the sentence that sums them up.

use super::orders::interval;
use super::sources::{SourceRow, counted};
use crate::base::{Level, NANOS_PER_SECOND, SourceId, Unread};
use crate::lens::{Evidence, Finding, Marker, Order, Silence, Verdict, lead};
use crate::poll::{Change, Trend};
use crate::text::{clean, excerpt};
use crate::time::{Zone, local_time, pretty_span};

/// At most this many first occurrences become findings: the rest is in `timeline show`.
const FIRSTS: usize = 200;

/// Everything a report says.
#[derive(Debug)]
pub struct Report<'a> {
    /// The zone shown.
    pub zone: &'a Zone,
    /// First and last instant of all sources.
    pub range: Option<(i64, i64)>,
    /// First occurrences, the most telling first.
    pub markers: &'a [Marker],
    /// What broke first.
    pub verdict: Option<Verdict<'a>>,
    /// Silences, by time.
    pub silences: &'a [Silence],
    /// What changed in polled tables.
    pub changes: &'a [Change],
    /// Which of two things that went wrong came first.
    pub orders: &'a [Order],
    /// Findings of all further kinds.
    pub findings: &'a [Finding],
    /// Sources by id.
    pub sources: &'a [SourceRow],
    /// File names by id.
    pub files: &'a [String],
    /// Remarks on files.
    pub remarks: &'a [Unread],
}

impl Report<'_> {
    /// First occurrences worth a finding: severe, or not from a warm-up.
    pub(super) fn telling(&self) -> impl Iterator<Item = &Marker> {
        self.markers.iter().filter(|marker| marker.stat.level >= Level::Warn || !marker.warm_up).take(FIRSTS)
    }

    /// The change for the worse of a polled table that comes before all that was logged: before the first error, if
    /// it still held then, or before the first warning where no error was logged.
    pub(super) fn opening(&self) -> Option<&Change> {
        if let Some(verdict) = self.verdict.as_ref().filter(|verdict| verdict.level >= Level::Error) {
            let onset = verdict.first.example.bounds.0;
            return lead(self.changes, onset, |source| self.source(source).range);
        }
        let worse = self.changes.iter().filter(|change| change.trend == Trend::Worse);
        let first = worse.min_by_key(|change| change.place())?;
        let logged = self.verdict.as_ref();
        logged.is_none_or(|verdict| first.instant.earliest <= verdict.first.stat.first_key).then_some(first)
    }

    pub(super) fn source(&self, id: SourceId) -> &SourceRow {
        &self.sources[id.0 as usize]
    }

    /// Where a first occurrence stands, and where else.
    pub(super) fn places(&self, marker: &Marker) -> String {
        let also: Vec<String> = marker.also.iter().map(|evidence| self.place(evidence)).collect();
        let also = if also.is_empty() { String::new() } else { format!(" (also {})", also.join(", ")) };
        format!("{}{also}", self.place(&marker.evidence))
    }

    pub(super) fn place(&self, evidence: &Evidence) -> String {
        format!("{}:{}", clean(&self.files[evidence.file.0 as usize]), evidence.line)
    }
}

/// How long a silence lasted, in words: of one that did not end, for how long it is seen.
pub(super) fn silence_span(silence: &Silence) -> String {
    let span = pretty_span(silence.end - silence.before.key.unwrap_or(silence.end));
    match silence.after {
        Some(_) => span,
        None => format!("{span}, to the end of the logs beside it"),
    }
}

/// The sentence that answers "what broke first, and when".
pub(super) fn headline(report: &Report<'_>) -> String {
    if let Some(change) = report.opening() {
        let at = change.instant.earliest;
        let offset = report.zone.offset_at(at.div_euclid(NANOS_PER_SECOND));
        let error = report.verdict.as_ref().is_some_and(|verdict| verdict.level >= Level::Error);
        let what = if error { "First to break" } else { "No error logged; first change for the worse" };
        return format!(
            "{what}: {} {} ({offset}), {}: {}",
            interval(report.zone, &change.instant),
            report.zone.name(),
            clean(&report.source(change.source).name),
            clean(&excerpt(&change.title(), 300)),
        );
    }
    match &report.verdict {
        Some(verdict) => {
            let marker = verdict.first;
            let at = marker.stat.first_key;
            let offset = report.zone.offset_at(at.div_euclid(NANOS_PER_SECOND));
            let what = if verdict.level >= Level::Error {
                "First to break"
            } else {
                "Nothing at level error; first warning"
            };
            let guess = if marker.level_guessed() { " (level guessed from its words)" } else { "" };
            format!(
                "{what}: {} {} ({offset}), {}: {}{guess}",
                local_time(report.zone, at),
                report.zone.name(),
                speaker(report, marker),
                clean(&excerpt(&marker.example.message, 300)),
            )
        }
        None => calm(report),
    }
}

/// The headline when no dated record is at `warn` or worse.
fn calm(report: &Report<'_>) -> String {
    let undated = report.markers.iter().find(|marker| marker.stat.level >= Level::Error);
    if let Some(marker) = undated {
        return format!(
            "When it broke these logs do not say; undated at level {}: {} ({})",
            marker.stat.level.word().unwrap_or("error"),
            clean(&excerpt(&marker.example.message, 300)),
            report.place(&marker.evidence),
        );
    }
    let records: u64 = report.sources.iter().map(|source| source.account.records).sum();
    format!(
        "Nothing broke, as far as these logs show: {}, none at level warn or worse",
        counted(records, "record")
    )
}

/// Who said it: the program, or the source when it names none.
fn speaker(report: &Report<'_>, marker: &Marker) -> String {
    clean(marker.example.program.as_deref().unwrap_or(&report.source(marker.source).name))
}
