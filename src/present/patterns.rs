//! Patterns for machines: how often, first and last, with an example of each.

use serde_json::{Value, json};

use super::findings::Report;
use super::sources::time_json;
use crate::lens::Catalogue;

/// Patterns by source, as a document: what a store keeps beside its events. Those of one source stand by their
/// first event.
pub fn patterns_document(catalogue: &Catalogue, report: &Report<'_>) -> Vec<u8> {
    let mut patterns: Vec<_> = catalogue.patterns.iter().collect();
    patterns.sort_by_key(|((source, pattern), stat)| (*source, stat.first_key, stat.first_place, *pattern));
    let rows: Vec<Value> = patterns
        .into_iter()
        .map(|((source, pattern), stat)| {
            let example = stat.example.as_ref();
            json!({
                "pattern": format!("p{pattern:016x}"),
                "source": report.source(*source).name,
                "count": stat.count,
                "first": time_json(Some(stat.first_key)),
                "last": time_json(Some(stat.last_key)),
                "level": stat.level.word(),
                "file": report.files.get(stat.first_place.0.0 as usize),
                "line": stat.first_place.1,
                "host": example.and_then(|example| example.host.as_deref()),
                "program": example.and_then(|example| example.program.as_deref()),
                "message": example.map(|example| example.message.as_str()),
            })
        })
        .collect();
    document(&json!({ "patterns": rows }))
}

/// A document as a file holds it.
pub(super) fn document(value: &Value) -> Vec<u8> {
    let mut out = serde_json::to_vec_pretty(value).unwrap_or_default();
    out.push(b'\n');
    out
}
