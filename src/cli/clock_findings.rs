//! What settling found out about clocks, as findings: a zone that changed midway, offsets that lie,
//! writers with clocks of their own. Each with the records that show it.

use super::context::Context;
use crate::base::{FileId, NANOS_PER_SECOND};
use crate::clock::{Place, Shift, ShiftKind};
use crate::engine::FileState;
use crate::lens::{Evidence, Finding, Subject, Value};
use crate::text::clean;
use crate::time::{Offset, pretty_span};
use crate::witness::Writer;

/// All findings on clocks, by source and place.
pub(super) fn clock_findings(context: &Context) -> Vec<Finding> {
    let prepared = &context.prepared;
    let mut findings: Vec<Finding> =
        prepared.shifts.iter().filter_map(|shift| zone_shift(context, shift)).collect();
    for (index, file) in prepared.files.iter().enumerate() {
        let id = FileId(index as u32);
        findings.extend(repaired(context, id, file));
        findings.extend(odd_writers(context, id, file));
    }
    findings
}

/// A record, read again, with its place in time.
fn evidence(context: &Context, place: Place, key: Option<i64>) -> Option<Evidence> {
    let (line, text) = context.prepared.record_at(place)?;
    Some(Evidence::new(FileId(place.file as u32), line, key, &text))
}

fn zone_shift(context: &Context, shift: &Shift) -> Option<Finding> {
    let prepared = &context.prepared;
    let file = prepared.files.get(shift.after.file)?;
    let before = shift.before.and_then(|place| evidence(context, place, Some(shift.ends.0)));
    let after = evidence(context, shift.after, Some(shift.ends.1))?;
    let (from, to) = (Offset(shift.offsets.0), Offset(shift.offsets.1));
    let name = clean(&prepared.sources[file.source.0 as usize].name);
    let jump = pretty_span(shift.jump.abs());
    let (title, proven) = match shift.kind {
        ShiftKind::Changed => {
            let sides = "a changed zone, or a clock set by as much";
            (
                format!("{name}: its clock changes from {from} to {to}, its stamps jump by {jump}: {sides}"),
                true,
            )
        }
        ShiftKind::SetBack => {
            (format!("{name}: its zone sets the clock back here, one hour comes twice"), true)
        }
        ShiftKind::Ambiguous => (
            format!(
                "{name}: its stamps jump by {jump}: a zone changed from {from} to {to}, or a silence; nothing tells which"
            ),
            false,
        ),
    };
    Some(Finding {
        kind: "zone_shift",
        title,
        start: Some(shift.ends.0),
        end: Some(shift.ends.1),
        earliest: Some(shift.ends.0.min(shift.ends.1)),
        latest: Some(shift.ends.0.max(shift.ends.1)),
        score: if proven { 0.7 } else { 0.4 },
        subject: Subject { source: Some(file.source), host: file.host.clone(), ..Subject::default() },
        values: vec![
            ("from_offset_seconds", Value::Count(i64::from(from.0))),
            ("to_offset_seconds", Value::Count(i64::from(to.0))),
            ("jump_seconds", Value::Number(shift.jump as f64 / NANOS_PER_SECOND as f64)),
            ("proven", Value::Flag(proven)),
        ],
        claim: 0,
        evidence: before.into_iter().chain([after]).collect(),
        against: Vec::new(),
    })
}

/// A file whose stamps name an offset that its own records prove wrong.
fn repaired(context: &Context, id: FileId, file: &FileState) -> Option<Finding> {
    let repair = file.clock.repair?;
    let proof = file.clock.proofs.iter().find(|proof| !proof.places.is_empty())?;
    let shown = proof.places.iter().filter_map(|place| evidence(context, *place, None)).collect::<Vec<_>>();
    let label = file.labels.map_or(0, |labels| labels.min);
    let real = label - repair as i32;
    (!shown.is_empty()).then(|| Finding {
        kind: "zone",
        title: format!(
            "{}: its stamps say {} and are {}: repaired",
            clean(&context.prepared.file(id).name),
            Offset(label),
            Offset(real)
        ),
        start: file.range.map(|range| range.0),
        end: file.range.map(|range| range.1),
        earliest: file.range.map(|range| range.0),
        latest: file.range.map(|range| range.1),
        score: 0.6,
        subject: Subject { source: Some(file.source), host: file.host.clone(), ..Subject::default() },
        values: vec![
            ("from_offset_seconds", Value::Count(i64::from(label))),
            ("to_offset_seconds", Value::Count(i64::from(real))),
        ],
        claim: 0,
        evidence: shown,
        against: Vec::new(),
    })
}

/// Writers inside a file whose clock differs from the file's.
fn odd_writers(context: &Context, id: FileId, file: &FileState) -> Vec<Finding> {
    let finding = |odd: &crate::witness::OddWriter| {
        let place = Place { file: id.0 as usize, offset: odd.first.0 };
        let shown = evidence(context, place, None)?;
        let (kind, name) = match &odd.writer {
            Writer::Host(name) => ("host", name),
            Writer::Program(name) => ("program", name),
        };
        let text = String::from_utf8_lossy(name).into_owned();
        let seconds = odd.offset / NANOS_PER_SECOND;
        let amount = match odd.certain {
            true => format!("{} away from the file's", Offset(seconds as i32)),
            false => "away from the file's by an unknown amount".to_owned(),
        };
        let named = |wanted: &str| (kind == wanted).then(|| text.clone());
        Some(Finding {
            kind: "zone",
            title: format!(
                "{kind} {} writes by a clock of its own in {}, {amount}",
                clean(&text),
                clean(&file.name)
            ),
            start: file.range.map(|range| range.0),
            end: file.range.map(|range| range.1),
            earliest: file.range.map(|range| range.0),
            latest: file.range.map(|range| range.1),
            score: 0.5,
            subject: Subject {
                source: Some(file.source),
                host: named("host").or_else(|| file.host.clone()),
                program: named("program"),
                ..Subject::default()
            },
            values: vec![
                ("difference_seconds", Value::Count(seconds)),
                ("certain", Value::Flag(odd.certain)),
                ("records", Value::Count(odd.first.1 as i64)),
            ],
            claim: 0,
            evidence: vec![shown],
            against: Vec::new(),
        })
    };
    file.clock.writers.iter().filter_map(finding).collect()
}
