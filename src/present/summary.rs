//! What `build` prints: the answer first, then markers, silences, sources, ledger.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::beginning::{Step, push_beginning, shown_markers, steps};
use super::clocks::push_clocks;
use super::findings::{Report, headline, silence_span};
use super::fit::Sheet;
use super::orders::push_orders;
use super::sources::{SourceRow, counted, ledger, push_remarks, thousands};
use super::style::short_labels;
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
pub fn push_summary(
    out: &mut Vec<u8>,
    report: &Report<'_>,
    labels: &[String],
    (style, sheet): (SummaryStyle, &Sheet),
) {
    let labels = &short_labels(labels, style.columns / 3);
    let mut text = String::new();
    push_headline(out, report, style, sheet);
    let steps = steps(report);
    let explained = push_beginning(&mut text, (report, &steps), labels, (style, sheet));
    push_orders(&mut text, report, sheet);
    push_clocks(&mut text, report, sheet);
    push_markers(&mut text, (report, &steps), labels, explained, style);
    push_silences(&mut text, report, labels, sheet);
    push_sources(&mut text, report, labels, style);
    out.extend_from_slice(text.as_bytes());
    push_ledger(out, report, sheet);
}

fn push_headline(out: &mut Vec<u8>, report: &Report<'_>, style: SummaryStyle, sheet: &Sheet) {
    let (bold, plain) = if style.color { ("\x1b[1m", "\x1b[0m") } else { ("", "") };
    out.extend_from_slice(bold.as_bytes());
    sheet.push(out, "", &excerpt(&headline(report), style.columns.max(120) * 2));
    // The line ends behind its colour.
    out.truncate(out.len() - 1);
    out.extend_from_slice(format!("{plain}\n").as_bytes());
}

/// The top first occurrences that the beginning does not already show.
fn push_markers(
    text: &mut String,
    (report, steps): (&Report<'_>, &[Step<'_>]),
    labels: &[String],
    explained: bool,
    style: SummaryStyle,
) {
    let shown: Vec<(SourceId, u64)> =
        shown_markers(steps).map(|marker| (marker.source, marker.pattern)).collect();
    let mut rest =
        report.telling().filter(|marker| !shown.contains(&(marker.source, marker.pattern))).peekable();
    if rest.peek().is_none() {
        return;
    }
    let _ = writeln!(text, "\nFirst occurrences, worst and rarest first");
    // A year that all logs share is above already; a narrow screen needs its columns.
    let skip = if style.is_narrow() && one_year(report) { "2014-".len() } else { 0 };
    let columns = "2014-12-12 10:10:59".len() - skip;
    let mut guessed = false;
    for marker in rest.take(10) {
        guessed |= marker.level_guessed();
        let at = if marker.example.dated {
            local_time(report.zone, marker.stat.first_key).split_off(skip)
        } else {
            "undated".to_owned()
        };
        push_row(text, &format!("{at:columns$}"), marker, labels, style);
    }
    if guessed && !explained {
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

fn push_silences(text: &mut String, report: &Report<'_>, labels: &[String], sheet: &Sheet) {
    if report.silences.is_empty() {
        return;
    }
    let _ = writeln!(text, "\nSilences of sources with a steady cadence");
    for silence in report.silences {
        let at = silence.before.key.map_or(String::new(), |key| local_time(report.zone, key));
        let lead = format!("  {at}  {}  ", labels[silence.source.0 as usize]);
        let (span, period) = (silence_span(silence), pretty_span(silence.period));
        sheet.write(text, &lead, &format!("nothing for {span}, usually every {period}"));
    }
}

/// What the summary tells of a source.
struct SourceCells {
    count: String,
    range: String,
    /// The words of how its clock is known, and the zone if it is another one than that shown.
    known: String,
}

fn source_rows(report: &Report<'_>, style: SummaryStyle) -> Vec<SourceCells> {
    let skip = if style.is_narrow() && one_year(report) { "2014-".len() } else { 0 };
    let time = |at: i64| local_time(report.zone, at)[skip..16].to_owned();
    let cells = |source: &SourceRow| {
        let range = match source.range {
            Some((first, last)) => format!("{} to {}", time(first), time(last)),
            None => "no stamps".to_owned(),
        };
        let known = [source.zone_basis.as_deref(), source.year_basis.words().next()];
        let known = known.into_iter().flatten().collect::<Vec<_>>().join(" ");
        // The zone shown needs no repeating; any other one does.
        let zone = source.zone();
        let same = zone == report.zone.name() || source.zone_basis.as_deref() == Some("offset");
        let zone = match same || zone.is_empty() || source.range.is_none() {
            true => String::new(),
            false => format!("{zone} "),
        };
        let known = format!("{zone}{known}").trim().to_owned();
        SourceCells { count: thousands(source.account.records), range, known }
    };
    report.sources.iter().filter(|source| source.is_asked()).map(cells).collect()
}

fn push_sources(text: &mut String, report: &Report<'_>, labels: &[String], style: SummaryStyle) {
    let _ = writeln!(text, "\nSources, times in {}", report.zone.name());
    let rows = source_rows(report, style);
    let asked = report.sources.iter().zip(labels).filter(|(source, _)| source.is_asked());
    let mut labels: Vec<String> = asked.map(|(_, label)| label.clone()).collect();
    let most = |cell: fn(&SourceCells) -> usize| rows.iter().map(cell).max().unwrap_or(0);
    let (range, known) = (most(|row| row.range.len()), most(|row| row.known.len()));
    let mut count = 9.max(most(|row| row.count.len()));
    let widest = |labels: &[String]| labels.iter().map(|label| width(label)).max().unwrap_or(0);
    let over = |label: usize, known: usize, count: usize| {
        (2 + label + 2 + count + 2 + range + 2 + known).saturating_sub(style.columns)
    };
    // What is known of a clock is not cut: counts give up their blanks first, then names their beginnings. What does
    // not fit then stands on a line of its own, and needs no room beside names.
    if over(widest(&labels), known, count) > 0 {
        const LEAST: usize = 12;
        count = most(|row| row.count.len());
        let beside = rows.iter().map(|row| row.known.len()).filter(|known| over(LEAST, *known, count) == 0);
        let label = widest(&labels);
        let beyond = over(label, beside.max().unwrap_or(0), count);
        labels = short_labels(&labels, label.saturating_sub(beyond).max(LEAST));
    }
    let label_room = widest(&labels);
    for (row, label) in rows.iter().zip(&labels) {
        let pad = " ".repeat(label_room - width(label));
        let lead = format!("  {label}{pad}  {:>count$}  {:range$}", row.count, row.range);
        if row.known.is_empty() || width(&lead) + 2 + width(&row.known) <= style.columns {
            let _ = writeln!(text, "{}", format!("{lead}  {}", row.known).trim_end());
        } else {
            let known = format!("{:>room$}", row.known, room = style.columns);
            let _ = writeln!(text, "{}\n{known}", lead.trim_end());
        }
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

fn push_ledger(out: &mut Vec<u8>, report: &Report<'_>, sheet: &Sheet) {
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
    push_remarks(out, &remarks, sheet);
}
