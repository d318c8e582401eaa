//! Proven order, for people: what came before, what came after, and the rows that hold each between them.

use std::fmt::Write as _;

use super::findings::Report;
use crate::base::{Instant, NANOS_PER_SECOND};
use crate::lens::Order;
use crate::poll::{Change, Sighting};
use crate::text::{clean, excerpt, width};
use crate::time::{Zone, local_time, pretty_span};

/// Orders shown in the summary: the report has all of them.
const SHOWN: usize = 5;

/// A moment in the zone shown, with its milliseconds where it has any.
pub(super) fn moment(zone: &Zone, at: i64) -> String {
    let mut text = local_time(zone, at);
    let millis = at.rem_euclid(NANOS_PER_SECOND) / 1_000_000;
    if millis > 0 {
        let _ = write!(text, ".{millis:03}");
    }
    text
}

/// Both ends of an interval, the day once where it is the same: `2017-11-30 18:53:48 to 18:54:59`.
pub(super) fn interval(zone: &Zone, instant: &Instant) -> String {
    let (from, to) = (moment(zone, instant.earliest), moment(zone, instant.latest));
    let to = if from[..10] == to[..10] { &to[11..] } else { to.as_str() };
    format!("{from} to {to}")
}

/// Where the two rows around a change stand.
pub(super) fn place(report: &Report<'_>, change: &Change) -> String {
    let file = |row: &Sighting| clean(&report.files[row.file.0 as usize]);
    let (before, after) = (&change.before, &change.after);
    match () {
        () if before == after => format!("{}:{}", file(after), after.line),
        () if before.file == after.file => format!("{}:{} and {}", file(after), before.line, after.line),
        () => format!("{}:{} and {}:{}", file(before), before.line, file(after), after.line),
    }
}

/// All rows that prove an order: `a.csv:2, 9, 16, 23`.
fn rows_of(report: &Report<'_>, order: &Order) -> String {
    let mut text = String::new();
    let mut last = None;
    for evidence in order.evidence() {
        if last == Some(evidence.file) {
            let _ = write!(text, ", {}", evidence.line);
        } else {
            let comma = if last.is_some() { ", " } else { "" };
            let _ = write!(text, "{comma}{}", report.place(&evidence));
        }
        last = Some(evidence.file);
    }
    text
}

/// The summary's section: nothing when nothing is proven.
pub(super) fn push_orders(text: &mut String, report: &Report<'_>, columns: usize) {
    let proven: Vec<&Order> = report.orders.iter().filter(|order| order.proven).collect();
    if proven.is_empty() {
        return;
    }
    let _ = writeln!(text, "\nProven order (in time, not cause; each happened inside its interval)");
    for order in proven.iter().take(SHOWN) {
        let rows = [("before", &order.before), ("after", &order.after)];
        let rows = rows.map(|(word, change)| (word, interval(report.zone, &change.instant), change));
        let widest = rows.iter().map(|(_, interval, _)| width(interval)).max().unwrap_or(0);
        for (word, interval, change) in &rows {
            let what = clean(&change.title());
            let line = format!("  {word:6}  {interval:widest$}  {what}");
            let _ = writeln!(text, "{}", excerpt(&line, columns.max(72)));
        }
        // Evidence is never cut, however narrow the screen.
        let _ = writeln!(
            text,
            "          at least {} apart: {}",
            pretty_span(order.gap()),
            rows_of(report, order)
        );
    }
    if proven.len() > SHOWN {
        let _ = writeln!(text, "  and {} more in `timeline report`", proven.len() - SHOWN);
    }
}

/// The report's sections: proven order, and order that the samples leave open.
pub(super) fn markdown_orders(text: &mut String, report: &Report<'_>, cell: fn(&str) -> String) {
    let (proven, open): (Vec<&Order>, Vec<&Order>) = report.orders.iter().partition(|order| order.proven);
    if !proven.is_empty() {
        text.push_str(
            "## Proven order\n\nEach change happened inside its interval. Order in time, not cause.\n\n",
        );
    }
    for order in proven {
        let _ = writeln!(
            text,
            "**{}** came before **{}**, by at least {}:\n\n| | {} | what | evidence |\n|---|---|---|---|",
            cell(&order.before.title()),
            cell(&order.after.title()),
            pretty_span(order.gap()),
            report.zone.name(),
        );
        for (word, change) in [("before", &order.before), ("after", &order.after)] {
            let (interval, place) = (interval(report.zone, &change.instant), place(report, change));
            let _ = writeln!(text, "| {word} | {interval} | {} | {} |", cell(&change.title()), cell(&place));
        }
        text.push_str("\n```text\n");
        for evidence in order.evidence() {
            // What a row says must not end the block it stands in.
            let raw = clean(&evidence.raw).replace("```", "'''");
            let _ = writeln!(text, "{}: {raw}", report.place(&evidence));
        }
        text.push_str("```\n\n");
    }
    if !open.is_empty() {
        text.push_str("## Order unknown\n\nThese went wrong together: their intervals overlap, or their clocks cannot be compared.\n\n");
    }
    for order in &open {
        let _ = writeln!(
            text,
            "- {} ({}; {}) and {} ({}; {})",
            cell(&order.before.title()),
            interval(report.zone, &order.before.instant),
            cell(&place(report, &order.before)),
            cell(&order.after.title()),
            interval(report.zone, &order.after.instant),
            cell(&place(report, &order.after)),
        );
    }
    if !open.is_empty() {
        text.push('\n');
    }
}
