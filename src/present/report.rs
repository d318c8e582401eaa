//! The postmortem: findings with their evidence, sources with their clocks, the ledger. One frame for
//! JSON (the contract's shape) and Markdown; later lenses fill `incident`, `chain` and `suspects`.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::beginning::{Step, steps};
use super::clocks::markdown_clocks;
use super::findings::{Report, headline, silence_span};
use super::orders::{interval, markdown_orders, place};
use super::sources::{SourceRow, push_remarks, size, sources_json, thousands, time_json};
use crate::base::NANOS_PER_SECOND;
use crate::lens::{Evidence, Finding, Marker, Order, Silence, Value as Known};
use crate::poll::Change;
use crate::text::{clean, excerpt};
use crate::time::{local_time, pretty_span, render_rfc3339};

impl Report<'_> {
    fn evidence(&self, evidence: &Evidence) -> Value {
        json!({
            "file": self.files[evidence.file.0 as usize],
            "line": evidence.line,
            "time": time_json(evidence.key),
            "raw": evidence.raw,
        })
    }

    fn first(&self, marker: &Marker) -> Value {
        let stat = &marker.stat;
        let source = self.source(marker.source);
        let known = |at: i64| (at != i64::MIN && at != i64::MAX).then_some(at);
        let dated = marker.example.dated;
        json!({
            "kind": "first",
            "title": format!("first: {}", excerpt(&marker.example.message, 160)),
            "start": time_json(dated.then_some(stat.first_key)),
            "end": time_json(dated.then_some(stat.first_key)),
            "earliest": time_json(known(marker.example.bounds.0)),
            "latest": time_json(known(marker.example.bounds.1)),
            "score": round(marker.score()),
            "subject": {
                "source": source.name,
                "host": marker.example.host,
                "program": marker.example.program,
                "pattern": format!("p{:016x}", marker.pattern),
                "key": null,
                "entity": null,
            },
            "values": {
                "count": stat.count,
                "last": time_json(dated.then_some(stat.last_key)),
                "level": stat.level.word(),
                "level_basis": if marker.level_guessed() { "words" } else { "field" },
                "warm_up": marker.warm_up,
            },
            "claim": 0,
            "evidence": std::iter::once(&marker.evidence).chain(&marker.also).map(|one| self.evidence(one)).collect::<Vec<_>>(),
            "against": [],
        })
    }

    fn silence(&self, silence: &Silence) -> Value {
        let mut evidence = vec![self.evidence(&silence.before)];
        evidence.extend(silence.after.iter().map(|after| self.evidence(after)));
        let name = &self.source(silence.source).name;
        json!({
            "kind": "silence",
            "title": format!("{name} said nothing for {}{}", silence_span(silence), if silence.after.is_none() { " and never came back" } else { "" }),
            "start": time_json(silence.before.key),
            "end": time_json(Some(silence.end)),
            "earliest": time_json(silence.before.key),
            "latest": time_json(Some(silence.end)),
            "score": round(0.6),
            "subject": {"source": name, "host": null, "program": null, "pattern": null, "key": null, "entity": null},
            "values": {
                "expected_period_seconds": silence.period as f64 / NANOS_PER_SECOND as f64,
                "missing": silence.missing,
            },
            "claim": 0,
            "evidence": evidence,
            "against": [],
        })
    }

    /// A finding of any other kind.
    fn finding(&self, finding: &Finding) -> Value {
        let evidence = |all: &[Evidence]| all.iter().map(|one| self.evidence(one)).collect::<Vec<_>>();
        let values: serde_json::Map<String, Value> = finding
            .values
            .iter()
            .map(|(name, value)| {
                let value = match value {
                    Known::Text(text) => text.as_str().into(),
                    Known::Number(number) => round(*number).into(),
                    Known::Unknown => Value::Null,
                    Known::Count(count) => (*count).into(),
                    Known::Flag(flag) => (*flag).into(),
                    Known::Time(at) => time_json(Some(*at)),
                };
                (name.clone().into_owned(), value)
            })
            .collect();
        let subject = &finding.subject;
        json!({
            "kind": finding.kind,
            "title": finding.title,
            "start": time_json(finding.start),
            "end": time_json(finding.end),
            "earliest": time_json(finding.earliest),
            "latest": time_json(finding.latest),
            "score": round(finding.score),
            "subject": {
                "source": subject.source.map(|source| self.source(source).name.as_str()),
                "host": subject.host,
                "program": subject.program,
                "pattern": subject.pattern.map(|pattern| format!("p{pattern:016x}")),
                "key": subject.key,
                "entity": subject.entity,
            },
            "values": values,
            "claim": finding.claim,
            "evidence": evidence(&finding.evidence),
            "against": evidence(&finding.against),
        })
    }
}

fn round(score: f64) -> f64 {
    (score * 1000.0).round() / 1000.0
}

/// The report in the contract's JSON (design contract 4.3), indented, with a newline at the end.
pub fn report_json(report: &Report<'_>) -> Vec<u8> {
    let mut findings: Vec<Value> = report.telling().map(|marker| report.first(marker)).collect();
    findings.extend(report.silences.iter().map(|silence| report.silence(silence)));
    findings.extend(report.orders.iter().map(|order| report.finding(&Order::finding(order))));
    findings.extend(report.findings.iter().map(|finding| report.finding(finding)));
    findings.sort_by(|a, b| {
        let score = |finding: &Value| finding["score"].as_f64().unwrap_or(0.0);
        let start = |finding: &Value| finding["start"].as_str().unwrap_or("~").to_owned();
        score(b).total_cmp(&score(a)).then_with(|| start(a).cmp(&start(b)))
    });
    for (index, finding) in findings.iter_mut().enumerate() {
        finding["id"] = format!("f{}", index + 1).into();
    }
    let total = |pick: fn(&SourceRow) -> u64| report.sources.iter().map(pick).sum::<u64>();
    let files: usize = report.sources.iter().map(|source| source.files.len()).sum();
    let unread: Vec<Value> = report
        .remarks
        .iter()
        .map(|remark| json!({"file": remark.file, "why": remark.why, "lost": remark.loss > crate::base::Loss::None}))
        .collect();
    let value = json!({
        "schema": 1,
        "tz": report.zone.name(),
        "range": {
            "start": time_json(report.range.map(|range| range.0)),
            "end": time_json(report.range.map(|range| range.1)),
        },
        "incident": null,
        "findings": findings,
        "chain": [],
        "suspects": [],
        "sources": sources_json(report.sources),
        "ledger": {
            "files": files,
            "bytes": total(|source| source.account.bytes),
            "lines": total(|source| source.account.lines),
            "events": total(|source| source.account.records),
            "undated": total(|source| source.account.undated),
            "joined": total(|source| source.account.joined),
            "unread": unread,
        },
    });
    let mut out = serde_json::to_vec_pretty(&value).unwrap_or_default();
    out.push(b'\n');
    out
}

/// The report as Markdown: what broke first, what is new, what fell silent, what was read and how its
/// clocks are known.
pub fn report_markdown(report: &Report<'_>) -> Vec<u8> {
    let mut text = String::from("# Timeline report\n\n");
    let zone = report.zone;
    let _ = writeln!(text, "{}\n", cell(&headline(report)));
    if let Some((from, to)) = report.range {
        let _ = writeln!(
            text,
            "Logs from {} to {} ({}), times in {} unless marked UTC.\n",
            local_time(zone, from),
            local_time(zone, to),
            pretty_span(to - from),
            zone.name()
        );
    }
    text.push_str("Order in time is all this report claims: it names no cause.\n\n");
    let steps = steps(report);
    if !steps.is_empty() {
        text.push_str("## How it began\n\n");
        markdown_table(&mut text, report, &steps);
    }
    markdown_orders(&mut text, report, cell);
    markdown_clocks(&mut text, report, cell);
    text.push_str("## First occurrences\n\n");
    let telling: Vec<Step<'_>> = report.telling().take(40).map(Step::Logged).collect();
    if telling.is_empty() {
        text.push_str("None beyond the sources' own beginnings.\n\n");
    } else {
        markdown_table(&mut text, report, &telling);
    }
    markdown_silences(&mut text, report);
    markdown_sources(&mut text, report);
    markdown_ledger(&mut text, report);
    text.into_bytes()
}

fn markdown_silences(text: &mut String, report: &Report<'_>) {
    text.push_str("## Silences\n\n");
    if report.silences.is_empty() {
        text.push_str("No source with a steady cadence fell silent.\n");
    }
    for silence in report.silences {
        let _ = writeln!(
            text,
            "- {} said nothing for {} from {}; usually a record every {}, about {} missing ({}{})",
            cell(&report.source(silence.source).name),
            silence_span(silence),
            silence.before.key.map_or(String::new(), |key| local_time(report.zone, key)),
            pretty_span(silence.period),
            thousands(silence.missing.unsigned_abs()),
            report.place(&silence.before),
            silence
                .after
                .as_ref()
                .map_or(", never came back".to_owned(), |after| format!(" to {}", report.place(after))),
        );
    }
    text.push('\n');
}

fn markdown_sources(text: &mut String, report: &Report<'_>) {
    text.push_str("## Sources and clocks\n\n| source | format | zone | known by | first | last | records | undated |\n|---|---|---|---|---|---|---|---|\n");
    for source in report.sources.iter().filter(|source| source.is_asked()) {
        let at = |at: Option<i64>| at.map_or(String::new(), |at| local_time(report.zone, at));
        let known = [source.zone_basis.as_deref(), source.year_basis.words().next()];
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} | {} | {} | {} | {} |",
            cell(&source.name),
            source.format,
            source.zone(),
            known.into_iter().flatten().collect::<Vec<_>>().join(", "),
            at(source.range.map(|range| range.0)),
            at(source.range.map(|range| range.1)),
            thousands(source.account.records),
            thousands(source.account.undated),
        );
    }
    text.push('\n');
}

fn markdown_ledger(text: &mut String, report: &Report<'_>) {
    let total = |pick: fn(&SourceRow) -> u64| thousands(report.sources.iter().map(pick).sum::<u64>());
    let _ = writeln!(
        text,
        "## Ledger\n\n{} lines = {} records ({} undated) + {} lines joined to the record above them; {}.\n",
        total(|source| source.account.lines),
        total(|source| source.account.records),
        total(|source| source.account.undated),
        total(|source| source.account.joined),
        size(report.sources.iter().map(|source| source.account.bytes).sum()),
    );
    if !report.remarks.is_empty() {
        let mut remarks = Vec::new();
        push_remarks(&mut remarks, report.remarks);
        let _ = writeln!(text, "```text\n{}```", String::from_utf8_lossy(&remarks));
    }
}

fn markdown_table(text: &mut String, report: &Report<'_>, steps: &[Step<'_>]) {
    // A second column for UTC says nothing where it is the zone.
    let (times, rule) = match report.zone.name() {
        "UTC" => ("UTC".to_owned(), "---"),
        zone => (format!("{zone} | UTC"), "---|---"),
    };
    let _ = writeln!(text, "| {times} | level | source | message | evidence |\n|{rule}|---|---|---|---|");
    for step in steps {
        let _ = match step {
            Step::Logged(marker) => writeln!(text, "{}", logged_row(report, marker)),
            Step::Polled(change) => writeln!(text, "{}", polled_row(report, change)),
        };
    }
    text.push('\n');
}

/// Both columns of times, or the one that there is in UTC.
fn both(report: &Report<'_>, local: String, utc: impl FnOnce() -> String) -> String {
    if report.zone.name() == "UTC" { local } else { format!("{local} | {}", utc()) }
}

fn utc(at: i64) -> String {
    let mut out = Vec::new();
    render_rfc3339(&mut out, at, 0, 0, true);
    String::from_utf8_lossy(&out).into_owned()
}

fn logged_row(report: &Report<'_>, marker: &Marker) -> String {
    let key = marker.example.dated.then_some(marker.stat.first_key);
    let time = key.map_or("undated".to_owned(), |key| local_time(report.zone, key));
    let guess = if marker.level_guessed() { "?" } else { "" };
    format!(
        "| {} | {}{guess} | {} | {} ({}×) | {} |",
        both(report, time, || key.map(utc).unwrap_or_default()),
        marker.stat.level.word().unwrap_or(""),
        cell(&report.source(marker.source).name),
        cell(&excerpt(&marker.example.message, 160)),
        thousands(marker.stat.count),
        cell(&report.places(marker)),
    )
}

fn polled_row(report: &Report<'_>, change: &Change) -> String {
    let ends = change.instant;
    let local = interval(report.zone, &ends);
    format!(
        "| {} | polled | {} | {} | {} |",
        both(report, local, || format!("{} to {}", utc(ends.earliest), utc(ends.latest))),
        cell(&report.source(change.source).name),
        cell(&excerpt(&change.told(), 160)),
        cell(&place(report, change)),
    )
}

/// Text that is safe inside a Markdown table cell.
fn cell(text: &str) -> String {
    clean(text).replace('|', "\\|").replace(['\n', '\r'], " ").replace('<', "&lt;").replace('`', "\\`")
}
