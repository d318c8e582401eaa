//! What `build` prints: the answer first, then markers, silences, sources, ledger.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::beginning::{push_beginning, shown_markers};
use super::clocks::push_clocks;
use super::findings::{Report, headline, silence_span};
use super::orders::push_orders;
use super::sources::{counted, ledger, push_remarks, thousands};
use crate::base::{Account, Level, Loss, SourceId, Unread};
use crate::lens::Marker;
use crate::poll::Change;
use crate::text::{clean, excerpt, width};
use crate::time::{local_time, pretty_span};

/// What a question mark behind a level means.
pub(super) const GUESSED: &str =
    "  (? marks a level read from words of the message: BSD syslog files keep none)\n";

/// How a summary looks.
#[derive(Clone, Copy, Debug)]
pub struct SummaryStyle {
    /// Colours.
    pub color: bool,
    /// Columns of the screen.
    pub columns: usize,
}

impl SummaryStyle {
    /// Fewer columns than a full date and a message need.
    const fn is_narrow(self) -> bool {
        self.columns < 100
    }
}

/// Appends the summary. `labels` are the sources' short names.
pub fn push_summary(out: &mut Vec<u8>, report: &Report<'_>, labels: &[String], style: SummaryStyle) {
    let mut text = String::new();
    let bold = |text: &str| if style.color { format!("\x1b[1m{text}\x1b[0m") } else { text.to_owned() };
    let head = headline(report);
    let _ = writeln!(text, "{}", bold(&excerpt(&head, style.columns.max(72) * 2)));
    let explained = push_beginning(&mut text, report, labels, style);
    push_orders(&mut text, report, style.columns);
    push_clocks(&mut text, report, style.columns);
    push_markers(&mut text, report, labels, explained, style);
    push_silences(&mut text, report, labels, style);
    push_sources(&mut text, report, labels, style);
    out.extend_from_slice(text.as_bytes());
    push_ledger(out, report);
}

/// The top first occurrences that the beginning does not already show.
fn push_markers(
    text: &mut String,
    report: &Report<'_>,
    labels: &[String],
    explained: bool,
    style: SummaryStyle,
) {
    let shown: Vec<(SourceId, u64)> =
        shown_markers(report).map(|marker| (marker.source, marker.pattern)).collect();
    let mut rest =
        report.telling().filter(|marker| !shown.contains(&(marker.source, marker.pattern))).peekable();
    if rest.peek().is_none() {
        return;
    }
    let _ = writeln!(text, "\nFirst occurrences, worst and rarest first");
    // A year that all logs share is above already; a narrow screen needs its columns.
    let skip = if style.is_narrow() && one_year(report) { "2014-".len() } else { 0 };
    let columns = "2014-12-12 10:10:59".len() - skip;
    for marker in rest.take(10) {
        let at = if marker.example.dated {
            local_time(report.zone, marker.stat.first_key).split_off(skip)
        } else {
            "undated".to_owned()
        };
        push_row(text, &format!("{at:columns$}"), marker, labels, style);
    }
    if !explained && report.telling().any(|marker| marker.level_guessed()) {
        text.push_str(GUESSED);
    }
}

/// Whether all logs lie in one year of the zone shown.
fn one_year(report: &Report<'_>) -> bool {
    report
        .range
        .is_some_and(|(from, to)| local_time(report.zone, from)[..4] == local_time(report.zone, to)[..4])
}

/// A first occurrence, in a line: when, how bad, where, how often, what.
pub(super) fn push_row(
    text: &mut String,
    lead: &str,
    marker: &Marker,
    labels: &[String],
    style: SummaryStyle,
) {
    let label = &labels[marker.source.0 as usize];
    let guess = if marker.level_guessed() { "?" } else { "" };
    let level = match marker.stat.level {
        Level::Critical => "crit",
        Level::Emergency => "emerg",
        Level::Notice => "note",
        level => level.word().unwrap_or(""),
    };
    let message = match &marker.example.program {
        Some(program) if marker.example.program_written && !label.contains(program.as_str()) => {
            format!("{program}: {}", marker.example.message)
        }
        _ => marker.example.message.clone(),
    };
    let level = (format!("{level}{guess}"), marker.stat.level >= Level::Error);
    push_told(text, lead, &level, (marker.source, labels), (marker.stat.count, &message), style);
}

/// A change for the worse that a polled table saw, in the same columns.
pub(super) fn push_change(
    text: &mut String,
    lead: &str,
    change: &Change,
    labels: &[String],
    style: SummaryStyle,
) {
    let level = ("polled".to_owned(), false);
    push_told(text, lead, &level, (change.source, labels), (1, &change.told()), style);
}

fn push_told(
    text: &mut String,
    lead: &str,
    (level, severe): &(String, bool),
    (source, labels): (SourceId, &[String]),
    (count, message): (u64, &str),
    style: SummaryStyle,
) {
    let label = &labels[source.0 as usize];
    let widest = labels.iter().map(|label| width(label)).max().unwrap_or(0);
    let pad = " ".repeat(widest - width(label));
    let count = format!("{}x", thousands(count));
    let used = 2 + width(lead) + 2 + 6 + 2 + widest + 2 + 7 + 2;
    let room = style.columns.saturating_sub(used).max(16);
    let level = match (style.color, severe) {
        (true, true) => format!("\x1b[31m{level:6}\x1b[0m"),
        (true, false) => format!("\x1b[33m{level:6}\x1b[0m"),
        _ => format!("{level:6}"),
    };
    let message = excerpt(&clean(message), room);
    let _ = writeln!(text, "  {lead}  {level}  {label}{pad}  {count:>7}  {message}");
}

fn push_silences(text: &mut String, report: &Report<'_>, labels: &[String], style: SummaryStyle) {
    if report.silences.is_empty() {
        return;
    }
    let _ = writeln!(text, "\nSilences of sources with a steady cadence");
    for silence in report.silences {
        let line = format!(
            "  {}  {}  nothing for {}, usually every {}{}",
            silence.before.key.map_or(String::new(), |key| local_time(report.zone, key)),
            labels[silence.source.0 as usize],
            silence_span(silence),
            pretty_span(silence.period),
            if silence.after.is_none() { "; never came back" } else { "" },
        );
        let _ = writeln!(text, "{}", excerpt(&line, style.columns));
    }
}

fn push_sources(text: &mut String, report: &Report<'_>, labels: &[String], style: SummaryStyle) {
    let _ = writeln!(text, "\nSources, times in {}", report.zone.name());
    let widest = labels.iter().map(|label| width(label)).max().unwrap_or(0);
    let skip = if style.is_narrow() && one_year(report) { "2014-".len() } else { 0 };
    let time = |at: i64| local_time(report.zone, at)[skip..16].to_owned();
    let columns = 2 * (16 - skip) + " to ".len();
    for (source, label) in report.sources.iter().zip(labels).filter(|(source, _)| source.is_asked()) {
        let pad = " ".repeat(widest - width(label));
        let range = match source.range {
            Some((first, last)) => format!("{} to {}", time(first), time(last)),
            None => "no stamps".to_owned(),
        };
        let known = [source.zone_basis.as_deref(), source.year_basis.words().next()];
        let known = known.into_iter().flatten().collect::<Vec<_>>().join(" ");
        // The zone shown needs no repeating; any other one does.
        let zone = source.zone();
        let zone = if zone == report.zone.name() || source.zone_basis.as_deref() == Some("offset") {
            ""
        } else {
            &zone
        };
        let zone = if zone.is_empty() || source.range.is_none() { String::new() } else { format!("{zone} ") };
        let count = thousands(source.account.records);
        let line = format!("  {label}{pad}  {count:>9}  {range:columns$}  {zone}{known}");
        let _ = writeln!(text, "{}", excerpt(line.trim_end(), style.columns));
    }
    let mut guessed: BTreeMap<(bool, String), u64> = BTreeMap::new();
    for source in report.sources.iter().filter(|source| source.zone_basis.as_deref() == Some("zone:default"))
    {
        let zone = source.zone();
        *guessed.entry((zone != report.zone.name(), zone)).or_default() += 1;
    }
    for ((other, zone), count) in guessed {
        let verb = if count == 1 { "names" } else { "name" };
        let why = if other {
            "a guess by other records (timeline explain)"
        } else {
            "a guess unless --tz is theirs"
        };
        let _ = writeln!(text, "  {} {verb} no zone: read as {zone}, {why}", counted(count, "source"));
    }
}

fn push_ledger(out: &mut Vec<u8>, report: &Report<'_>) {
    let mut total = Account::default();
    for source in report.sources {
        total.add(&source.account);
    }
    let files: usize = report.sources.iter().map(|source| source.files.len()).sum();
    let lost = report.remarks.iter().filter(|remark| remark.loss > Loss::None).count();
    let verdict = if lost == 0 { "nothing lost".to_owned() } else { format!("{lost} with losses") };
    let line = format!("\nLedger: {verdict}\n  {}, {}\n", counted(files as u64, "file"), ledger(&total));
    out.extend_from_slice(line.as_bytes());
    let mut remarks: Vec<Unread> = report.remarks.to_vec();
    remarks.retain(|remark| remark.why != "empty");
    push_remarks(out, &remarks);
}
