//! How it began: what broke first, logged or seen by a poll, and what followed within ten minutes.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::findings::Report;
use super::fit::Sheet;
use super::orders::{moment, place};
use super::sources::thousands;
use super::summary::{GUESSED, SummaryStyle, push_change, push_row};
use crate::lens::{Marker, STRETCH};
use crate::poll::{Change, Kind, Trend};
use crate::time::{local_time, pretty_span};

/// Steps shown in the summary: the report has all of them.
const SHOWN: usize = 8;

/// One step of a beginning.
#[derive(Clone, Copy, Debug)]
pub(super) enum Step<'a> {
    /// A first occurrence in a log.
    Logged(&'a Marker),
    /// A change for the worse that a polled table saw.
    Polled(&'a Change),
}

impl Step<'_> {
    /// From when to when it happened, half-open, and where it stands.
    fn when(&self) -> (i64, i64) {
        match self {
            Self::Logged(marker) => (marker.stat.first_key, marker.example.bounds.1),
            Self::Polled(change) => (change.instant.earliest, change.instant.latest),
        }
    }
}

/// What broke first and what followed, in time order; empty where nothing did.
pub(super) fn steps<'a>(report: &'a Report<'_>) -> Vec<Step<'a>> {
    let opening = report.opening();
    let logged = report.verdict.as_ref();
    let markers: Vec<&Marker> =
        logged.map(|verdict| [&[verdict.first], verdict.followers.as_slice()].concat()).unwrap_or_default();
    let first = opening.map(Step::Polled).or(markers.first().map(|marker| Step::Logged(marker)));
    let Some(first) = first else { return Vec::new() };
    let mut rest: Vec<Step<'_>> =
        markers.iter().skip(usize::from(opening.is_none())).map(|marker| Step::Logged(marker)).collect();
    let until = logged.map_or(first.when().0, |verdict| verdict.first.stat.first_key).saturating_add(STRETCH);
    rest.extend(fallen(report, opening, (first.when().0, until)).into_iter().map(Step::Polled));
    rest.sort_by_key(Step::when);
    // A stable sort: what began at once stands as the verdict has it.
    std::iter::once(first).chain(rest).collect()
}

/// The first occurrences among the steps that the summary shows.
pub(super) fn shown_markers<'a>(steps: &[Step<'a>]) -> impl Iterator<Item = &'a Marker> {
    steps.iter().take(1 + SHOWN).filter_map(|step| match step {
        Step::Logged(marker) => Some(*marker),
        Step::Polled(_) => None,
    })
}

/// The first change for the worse of each subject in a stretch, but for the one that opens it.
fn fallen<'a>(
    report: &'a Report<'_>,
    opening: Option<&'a Change>,
    (from, until): (i64, i64),
) -> Vec<&'a Change> {
    let subject = |change: &Change| (change.source, change.subject());
    let mut told: BTreeSet<_> = opening.map(subject).into_iter().collect();
    let worse = |change: &&Change| {
        change.trend == Trend::Worse
            && change.kind == Kind::Changed
            && (from..until).contains(&change.instant.earliest)
    };
    let mut fallen: Vec<&Change> = report.changes.iter().filter(worse).collect();
    fallen.sort_by_key(|change| change.place());
    fallen.retain(|change| told.insert(subject(change)));
    fallen
}

/// The evidence under the headline, and what followed. Whether guessed levels are explained with it.
pub(super) fn push_beginning(
    text: &mut String,
    (report, steps): (&Report<'_>, &[Step<'_>]),
    labels: &[String],
    (style, sheet): (SummaryStyle, &Sheet),
) -> bool {
    let Some((first, next)) = steps.split_first() else { return false };
    let (from, by) = match first {
        Step::Logged(marker) => {
            let times = match marker.stat.count {
                1 => "once".to_owned(),
                count => {
                    let last = local_time(report.zone, marker.stat.last_key);
                    format!("{} times until {last}", thousands(count))
                }
            };
            sheet.write(text, "  ", &format!("{}, {times}", report.places(marker)));
            (marker.stat.first_key, marker.example.bounds.1)
        }
        // It is over by its interval's end: from there the time of what followed is counted.
        Step::Polled(change) => {
            sheet.write(text, "  ", &place(report, change));
            (change.instant.latest, change.instant.latest)
        }
    };
    if next.is_empty() {
        return false;
    }
    let tied = |step: &Step<'_>| step.when().0 < by;
    let ties = if next.iter().any(tied) { "; ~ order not known" } else { "" };
    let counted = match first {
        Step::Logged(_) => String::new(),
        Step::Polled(_) => format!("; + counts from {}", &moment(report.zone, from)[11..]),
    };
    let _ = writeln!(text, "\nNext, within 10 minutes (order in time, not cause{counted}{ties})");
    for step in next.iter().take(SHOWN) {
        // Inside the first one's interval the order is unknown.
        let after =
            if tied(step) { "~".to_owned() } else { format!("+{}", pretty_span(step.when().0 - from)) };
        let lead = format!("{after:>10}");
        match step {
            Step::Logged(marker) => push_row(text, &lead, marker, labels, style),
            Step::Polled(change) => push_change(text, &lead, change, labels, style),
        }
    }
    if next.len() > SHOWN {
        let _ = writeln!(text, "  {:>10}  and {} more", "", next.len() - SHOWN);
    }
    let guessed = |step: &Step<'_>| matches!(step, Step::Logged(marker) if marker.level_guessed());
    let explained = next.iter().take(SHOWN).any(guessed);
    if explained {
        text.push_str(GUESSED);
    }
    explained
}
