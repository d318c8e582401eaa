//! What kernel lines told, as findings: boots, and clocks that were set while a machine ran.

use super::clock_findings::evidence;
use crate::base::{FileId, NANOS_PER_SECOND};
use crate::clock::{Booted, ClockStep, Place};
use crate::engine::Prepared;
use crate::lens::{Evidence, Finding, Subject, Value};
use crate::text::clean;
use crate::time::pretty_span;

/// Nanoseconds as seconds.
fn seconds(nanos: i64) -> f64 {
    nanos as f64 / NANOS_PER_SECOND as f64
}

/// All boots, then all steps.
pub(super) fn boot_findings(prepared: &Prepared) -> Vec<Finding> {
    let asked = |place: &Place| prepared.files.get(place.file).is_some_and(|file| file.asked);
    let boots =
        prepared.boots.iter().filter(|boot| asked(&boot.place)).filter_map(|boot| booted(prepared, boot));
    boots
        .chain(
            prepared
                .steps
                .iter()
                .filter(|step| asked(&step.places[0]))
                .filter_map(|step| stepped(prepared, step)),
        )
        .collect()
}

fn named(host: Option<&String>) -> String {
    host.map_or_else(|| "the machine".to_owned(), |host| clean(host))
}

fn booted(prepared: &Prepared, boot: &Booted) -> Option<Finding> {
    let shown = evidence(prepared, boot.place, Some(boot.at))?;
    let file = prepared.file(FileId(boot.place.file as u32));
    let basis: Vec<&str> = boot.instant.basis.words().collect();
    Some(Finding {
        kind: "change".into(),
        title: format!("{} booted (kernel uptime {} s)", named(boot.host.as_ref()), boot.uptime()),
        start: Some(boot.instant.best),
        end: Some(boot.instant.best),
        earliest: Some(boot.instant.earliest),
        latest: Some(boot.instant.latest),
        score: 0.4,
        subject: Subject {
            source: Some(file.source),
            host: boot.host.clone(),
            program: Some("kernel".to_owned()),
            ..Subject::default()
        },
        values: vec![
            ("what".into(), Value::Text("boot".to_owned())),
            ("uptime_seconds".into(), Value::Number(seconds(boot.uptime))),
            ("kernel_lines".into(), Value::Count(boot.lines as i64)),
            ("basis".into(), Value::Text(basis.join(" "))),
        ],
        claim: 0,
        evidence: vec![shown],
        against: Vec::new(),
    })
}

fn stepped(prepared: &Prepared, step: &ClockStep) -> Option<Finding> {
    let [before, after] = step.places;
    // Whoever set the clock says so, right behind it.
    let told = before == after;
    let shown = evidence(prepared, before, Some(step.ends.0)).filter(|_| !told);
    let evidence: Vec<Evidence> =
        shown.into_iter().chain([evidence(prepared, after, Some(step.ends.1))?]).collect();
    let file = prepared.file(FileId(after.file as u32));
    let (host, span) = (named(step.host.as_ref()), pretty_span(step.by.saturating_abs()));
    // A machine that sleeps only ever loses time.
    let title = match (step.by, told) {
        (..0, true) => format!("{host}: its clock was set back by {span}"),
        (_, true) => format!("{host}: its clock was set forward by {span}"),
        (..0, false) => format!("{host}: its clock was set back by about {span}"),
        (_, false) => format!("{host}: its clock was set forward by about {span}, or it slept so long"),
    };
    Some(Finding {
        kind: "clock_step".into(),
        title,
        start: Some(step.ends.0),
        end: Some(step.ends.1),
        earliest: Some(step.ends.0.min(step.ends.1)),
        latest: Some(step.ends.0.max(step.ends.1)),
        score: if step.by.abs() < NANOS_PER_SECOND { 0.2 } else { 0.5 },
        subject: Subject { source: Some(file.source), host: step.host.clone(), ..Subject::default() },
        values: vec![
            ("seconds".into(), Value::Number(seconds(step.by))),
            ("uncertainty_seconds".into(), Value::Number(seconds(step.within))),
            ("or_suspend".into(), Value::Flag(step.by > 0 && !told)),
        ],
        claim: u8::from(step.by < 0 && !told),
        evidence,
        against: Vec::new(),
    })
}
