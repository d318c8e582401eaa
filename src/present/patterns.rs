//! Patterns for people and machines: how often, first and last, with an example of each.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::cells::level_cell;
use super::findings::Report;
use super::sources::{thousands, time_json};
use crate::base::Level;
use crate::lens::Catalogue;
use crate::pattern::skeleton_text;
use crate::text::{clean, excerpt, width};
use crate::time::{Zone, local_time};

/// A pattern of a source.
#[derive(Clone, Debug)]
pub struct CountedPattern {
    /// Its identity.
    pub pattern: u64,
    /// Its source.
    pub source: String,
    /// The source's short name.
    pub label: String,
    /// Events that carry it.
    pub count: u64,
    /// When the first of them was; `None` where it has no stamp.
    pub first: Option<i64>,
    /// When the last of them was.
    pub last: Option<i64>,
    /// The highest level seen with it.
    pub level: Level,
    /// Whether that was read from words.
    pub guessed: bool,
    /// The file of its first event.
    pub file: String,
    /// The line of its first event.
    pub line: u64,
    /// The host of its first event.
    pub host: Option<String>,
    /// The program of its first event.
    pub program: Option<String>,
    /// Whether the record itself names its program.
    pub named: bool,
    /// The message of its first event.
    pub message: String,
}

impl CountedPattern {
    /// The message with holes for what varies.
    pub(super) fn template(&self) -> String {
        String::from_utf8_lossy(&skeleton_text(self.message.as_bytes())).into_owned()
    }

    /// The same for people, behind the program that the record names.
    pub(super) fn told(&self) -> String {
        let template = self.template();
        let named = self.program.as_ref().filter(|_| self.named);
        let told = named.map_or(template.clone(), |program| format!("{program}: {template}"));
        clean(&told)
    }
}

/// Appends patterns as one JSON object a line.
pub fn push_pattern_rows(out: &mut Vec<u8>, rows: &[CountedPattern]) {
    for row in rows {
        let value = json!({
            "pattern": format!("p{:016x}", row.pattern),
            "source": row.source,
            "count": row.count,
            "first": time_json(row.first),
            "last": time_json(row.last),
            "level": row.level.word(),
            "template": row.template(),
            "file": row.file,
            "line": row.line,
            "host": row.host,
            "program": row.program,
            "message": row.message,
        });
        out.extend_from_slice(value.to_string().as_bytes());
        out.push(b'\n');
    }
}

/// Appends patterns as a table, on as many columns as the screen has, if there is one.
pub fn push_patterns(
    out: &mut Vec<u8>,
    rows: &[CountedPattern],
    zone: &Zone,
    (columns, color): (Option<usize>, bool),
) {
    const TIME: usize = "2014-12-12 10:10:59".len();
    if rows.is_empty() {
        return;
    }
    let counts: Vec<String> = rows.iter().map(|row| thousands(row.count)).collect();
    let widest = |least: &str, all: &mut dyn Iterator<Item = usize>| all.max().unwrap_or(0).max(least.len());
    let count = widest("count", &mut counts.iter().map(String::len));
    let label = widest("source", &mut rows.iter().map(|row| width(&row.label)));
    let (dim, plain) = if color { ("\x1b[2m", "\x1b[0m") } else { ("", "") };
    let mut text = String::new();
    let _ = writeln!(
        text,
        "{dim}{:>count$}  {:TIME$}  {:TIME$}  level  {:label$}  message{plain}",
        "count", "first", "last", "source"
    );
    let time = |at: Option<i64>| at.map_or_else(|| "undated".to_owned(), |at| local_time(zone, at));
    let room = columns.map(|columns| columns.saturating_sub(count + 2 * (TIME + 2) + 9 + label + 2).max(16));
    for (row, number) in rows.iter().zip(&counts) {
        let level = String::from_utf8_lossy(level_cell(row.level, row.guessed)).into_owned();
        let (on, off) = match row.level {
            _ if !color => ("", ""),
            Level::Warn => ("\x1b[33m", "\x1b[0m"),
            level if level >= Level::Error => ("\x1b[31m", "\x1b[0m"),
            _ => ("", ""),
        };
        let pad = " ".repeat(label - width(&row.label));
        let message = row.told();
        let message = room.map_or(message.clone(), |room| excerpt(&message, room));
        let (first, last) = (time(row.first), time(row.last));
        let _ = writeln!(
            text,
            "{number:>count$}  {first:TIME$}  {last:TIME$}  {on}{level}{off}{}{pad}  {message}",
            clean(&row.label),
        );
    }
    out.extend_from_slice(text.as_bytes());
}

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
