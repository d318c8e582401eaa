//! What settling found out about clocks, as findings: a zone that changed midway, offsets that lie,
//! writers with clocks of their own. Each with the records that show it.

use crate::base::{FileId, NANOS_PER_SECOND};
use crate::clock::{Apart, Place, Shift, ShiftKind, SkewShown, seconds};
use crate::engine::{FileState, Prepared};
use crate::lens::{Evidence, Finding, Subject, Value};
use crate::text::clean;
use crate::time::{Offset, pretty_span};
use crate::witness::Writer;

/// All findings on clocks, by source and place.
pub(super) fn clock_findings(prepared: &Prepared) -> Vec<Finding> {
    let asked = |shift: &&Shift| prepared.files.get(shift.after.file).is_some_and(|file| file.asked);
    let mut findings: Vec<Finding> =
        prepared.shifts.iter().filter(asked).filter_map(|shift| zone_shift(prepared, shift)).collect();
    for (index, file) in prepared.files.iter().enumerate().filter(|(_, file)| file.asked) {
        let id = FileId(index as u32);
        findings.extend(repaired(prepared, id, file));
        findings.extend(odd_writers(prepared, id, file));
    }
    findings.extend(prepared.skews.iter().filter_map(|shown| skew(prepared, shown)));
    findings
}

/// Clocks of two hosts that stand apart, or records of theirs that contradict each other.
fn skew(prepared: &Prepared, shown: &SkewShown) -> Option<Finding> {
    let evidence: Vec<Evidence> = shown
        .places
        .iter()
        .filter_map(|(place, key)| evidence(prepared, *place, Some(*key)))
        .fold(Vec::new(), |mut all, one| {
            if !all.contains(&one) {
                all.push(one);
            }
            all
        });
    let number = |nanos: i64| Value::Number(nanos as f64 / NANOS_PER_SECOND as f64);
    let (host, reference) = (clean(&shown.host), clean(&shown.reference));
    let (title, values, score) = match shown.apart {
        Apart::By(skewed, applied) => {
            let what = format!("{host}'s clock is {} {} {reference}'s", skewed.amount(), skewed.side());
            let title = match applied {
                true => format!("{what}: taken into account"),
                false => format!("{what}, or its zone is another: left as written"),
            };
            let values = vec![
                ("seconds".into(), number(skewed.offset)),
                ("uncertainty_seconds".into(), number(skewed.uncertainty)),
                ("applied".into(), Value::Flag(applied)),
            ];
            (title, values, 0.7)
        }
        Apart::AtLeast(by) => {
            let side = if by < 0 { "behind" } else { "ahead of" };
            let by_at_least = seconds(by);
            let title =
                format!("{host}'s clock is at least {by_at_least} {side} {reference}'s: left as written");
            let values = vec![
                ("seconds".into(), Value::Unknown),
                ("uncertainty_seconds".into(), Value::Unknown),
                ("at_least_seconds".into(), number(by)),
                ("applied".into(), Value::Flag(false)),
            ];
            (title, values, 0.6)
        }
        Apart::Contradiction(by) => {
            let title = format!(
                "records of {reference} and {host} contradict each other by {}: a clock was set or drifts, or \
                 they are not what they seem; left as written",
                seconds(by)
            );
            let values = vec![
                ("seconds".into(), Value::Unknown),
                ("uncertainty_seconds".into(), Value::Unknown),
                ("contradiction_seconds".into(), number(by)),
                ("applied".into(), Value::Flag(false)),
            ];
            (title, values, 0.5)
        }
    };
    (!evidence.is_empty()).then(|| Finding {
        kind: "skew".into(),
        title,
        start: Some(shown.span.0),
        end: Some(shown.span.1),
        earliest: Some(shown.span.0),
        latest: Some(shown.span.1),
        score,
        subject: Subject { host: Some(shown.host.clone()), ..Subject::default() },
        values,
        claim: 0,
        evidence,
        against: Vec::new(),
    })
}

/// A record, read again, with its place in time.
pub(super) fn evidence(prepared: &Prepared, place: Place, key: Option<i64>) -> Option<Evidence> {
    let (line, text) = prepared.record_at(place)?;
    Some(Evidence::new(FileId(place.file as u32), line, key, &text))
}

fn zone_shift(prepared: &Prepared, shift: &Shift) -> Option<Finding> {
    let file = prepared.files.get(shift.after.file)?;
    let before = shift.before.and_then(|place| evidence(prepared, place, Some(shift.ends.0)));
    let after = evidence(prepared, shift.after, Some(shift.ends.1))?;
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
        kind: "zone_shift".into(),
        title,
        start: Some(shift.ends.0),
        end: Some(shift.ends.1),
        earliest: Some(shift.ends.0.min(shift.ends.1)),
        latest: Some(shift.ends.0.max(shift.ends.1)),
        score: if proven { 0.7 } else { 0.4 },
        subject: Subject { source: Some(file.source), host: file.host.clone(), ..Subject::default() },
        values: vec![
            ("from_offset_seconds".into(), Value::Count(i64::from(from.0))),
            ("to_offset_seconds".into(), Value::Count(i64::from(to.0))),
            ("jump_seconds".into(), Value::Number(shift.jump as f64 / NANOS_PER_SECOND as f64)),
            ("proven".into(), Value::Flag(proven)),
        ],
        claim: 0,
        evidence: before.into_iter().chain([after]).collect(),
        against: Vec::new(),
    })
}

/// A file whose stamps name an offset that its own records prove wrong.
fn repaired(prepared: &Prepared, id: FileId, file: &FileState) -> Option<Finding> {
    let repair = file.clock.repair?;
    let proof = file.clock.proofs.iter().find(|proof| !proof.places.is_empty())?;
    let shown = proof.places.iter().filter_map(|place| evidence(prepared, *place, None)).collect::<Vec<_>>();
    let label = file.labels.map_or(0, |labels| labels.min);
    let real = label - repair as i32;
    (!shown.is_empty()).then(|| Finding {
        kind: "zone".into(),
        title: format!(
            "{}: its stamps say {} and are {}: repaired",
            clean(&prepared.file(id).name),
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
            ("from_offset_seconds".into(), Value::Count(i64::from(label))),
            ("to_offset_seconds".into(), Value::Count(i64::from(real))),
        ],
        claim: 0,
        evidence: shown,
        against: Vec::new(),
    })
}

/// Writers inside a file whose clock differs from the file's.
fn odd_writers(prepared: &Prepared, id: FileId, file: &FileState) -> Vec<Finding> {
    let finding = |odd: &crate::witness::OddWriter| {
        let place = Place { file: id.0 as usize, offset: odd.first.0 };
        let shown = evidence(prepared, place, None)?;
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
            kind: "zone".into(),
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
                ("difference_seconds".into(), Value::Count(seconds)),
                ("certain".into(), Value::Flag(odd.certain)),
                ("records".into(), Value::Count(odd.first.1 as i64)),
            ],
            claim: 0,
            evidence: vec![shown],
            against: Vec::new(),
        })
    };
    file.clock.writers.iter().filter_map(finding).collect()
}
