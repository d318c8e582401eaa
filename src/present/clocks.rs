//! What was found out about clocks, for people: one line each, and where it shows.

use std::fmt::Write as _;

use super::findings::Report;
use super::fit::Sheet;
use crate::lens::Finding;
use crate::text::clean;

/// Lines of the summary's section: the report has all of them.
const SHOWN: usize = 6;

fn of_clocks<'a>(report: &'a Report<'_>) -> impl Iterator<Item = &'a Finding> {
    report
        .findings
        .iter()
        .filter(|finding| matches!(&*finding.kind, "zone" | "zone_shift" | "clock_step" | "skew"))
}

fn places(report: &Report<'_>, finding: &Finding) -> String {
    let places: Vec<String> = finding.evidence.iter().map(|evidence| report.place(evidence)).collect();
    places.join(", ")
}

/// The summary's section: nothing when all clocks are plain.
pub(super) fn push_clocks(text: &mut String, report: &Report<'_>, sheet: &Sheet) {
    let count = of_clocks(report).count();
    if count == 0 {
        return;
    }
    text.push_str("\nClocks\n");
    for finding in of_clocks(report).take(SHOWN) {
        sheet.write(text, "  ", &clean(&finding.title));
        sheet.write(text, "    ", &places(report, finding));
    }
    if count > SHOWN {
        let _ = writeln!(text, "  and {} more: see `timeline report`", count - SHOWN);
    }
}

/// The report's section.
pub(super) fn markdown_clocks(text: &mut String, report: &Report<'_>, cell: impl Fn(&str) -> String) {
    if of_clocks(report).next().is_none() {
        return;
    }
    text.push_str("## Clocks\n\n");
    for finding in of_clocks(report) {
        let _ = writeln!(text, "- {} ({})", cell(&finding.title), cell(&places(report, finding)));
    }
    text.push('\n');
}
