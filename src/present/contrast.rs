//! What two sets of logs have not in common, for people and machines.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::cells::level_cell;
use super::fit::Sheet;
use super::patterns::CountedPattern;
use super::sources::{counted, thousands, time_json};
use crate::base::{Level, NANOS_PER_SECOND};
use crate::lens::Contrast;
use crate::text::{clean, excerpt, width};
use crate::time::{Zone, local_time, pretty_span};

/// One of the two sets.
#[derive(Clone, Debug)]
pub struct Side {
    /// As it was typed.
    pub name: String,
    /// Its records.
    pub records: u64,
    /// Kinds of messages among them.
    pub kinds: u64,
    /// From the first to the last record, in nanoseconds; `None` where no record has a stamp.
    pub span: Option<i64>,
}

/// Two sets of logs, and in what their rates are counted.
#[derive(Clone, Debug)]
pub struct Sides {
    /// A and B.
    pub sides: [Side; 2],
}

/// A set must be as long as this for records per hour to mean anything.
const LEAST: i64 = 60 * NANOS_PER_SECOND;

const HOUR: f64 = 3_600.0 * NANOS_PER_SECOND as f64;

impl Sides {
    /// Whether rates are by time; otherwise they are by number.
    fn by_time(&self) -> bool {
        self.sides.iter().all(|side| side.span.is_some_and(|span| span >= LEAST))
    }

    /// How long the sets are: hours, or thousands of records where one of them has no length in time.
    pub fn lengths(&self) -> (f64, f64) {
        let length = |side: &Side| match side.span.filter(|_| self.by_time()) {
            Some(span) => span as f64 / HOUR,
            None => side.records.max(1) as f64 / 1_000.0,
        };
        (length(&self.sides[0]), length(&self.sides[1]))
    }

    fn unit(&self) -> &'static str {
        if self.by_time() { "records an hour" } else { "of a thousand records" }
    }

    fn rates(&self, row: &Contrasted) -> (f64, f64) {
        let (a, b) = self.lengths();
        let count = |side: &Option<CountedPattern>| side.as_ref().map_or(0, |row| row.count) as f64;
        (count(&row.a) / a, count(&row.b) / b)
    }
}

/// A kind of message that the sets have not in common.
#[derive(Clone, Debug)]
pub struct Contrasted {
    /// How it differs.
    pub contrast: Contrast,
    /// In A.
    pub a: Option<CountedPattern>,
    /// In B.
    pub b: Option<CountedPattern>,
}

impl Contrasted {
    /// Where it is shown from: B, where it has it.
    pub fn shown(&self) -> Option<&CountedPattern> {
        self.b.as_ref().or(self.a.as_ref())
    }

    /// The worst level that it has anywhere.
    pub fn level(&self) -> Level {
        let level = |row: &Option<CountedPattern>| row.as_ref().map_or(Level::Unknown, |row| row.level);
        level(&self.a).max(level(&self.b))
    }
}

/// Appends differences as one JSON object a line.
pub fn push_contrast_rows(out: &mut Vec<u8>, sides: &Sides, rows: &[Contrasted]) {
    for row in rows {
        let Some(shown) = row.shown() else { continue };
        let (rate_a, rate_b) = sides.rates(row);
        let rate = if sides.by_time() { "per_hour" } else { "per_thousand" };
        let side = |side: &Option<CountedPattern>, of: f64| match side {
            None => Value::Null,
            Some(side) => json!({
                "count": side.count,
                rate: (of * 1_000.0).round() / 1_000.0,
                "first": time_json(side.first),
                "last": time_json(side.last),
                "source": side.source,
                "file": side.file,
                "line": side.line,
                "message": side.message,
            }),
        };
        let value = json!({
            "diff": match row.contrast {
                Contrast::New => "new",
                Contrast::Gone => "gone",
                Contrast::More => "more",
                Contrast::Less => "less",
            },
            "pattern": format!("p{:016x}", shown.pattern),
            "level": row.level().word(),
            "template": shown.template(),
            "program": shown.program,
            "a": side(&row.a, rate_a),
            "b": side(&row.b, rate_b),
        });
        out.extend_from_slice(value.to_string().as_bytes());
        out.push(b'\n');
    }
}

/// Appends both sets and their differences, on as many columns as the screen has, if there is one.
pub fn push_contrasts(
    out: &mut Vec<u8>,
    sides: &Sides,
    rows: &[Contrasted],
    zone: &Zone,
    (sheet, color): (&Sheet, bool),
) {
    let mut text = String::new();
    for (letter, side) in ["A", "B"].into_iter().zip(&sides.sides) {
        let span = match side.span {
            None => "none of them dated".to_owned(),
            Some(0) => "all at one time".to_owned(),
            Some(span) => format!("in {}", pretty_span(span)),
        };
        let name = clean(&side.name);
        let (records, kinds) = (counted(side.records, "record"), counted(side.kinds, "kind"));
        sheet.write(&mut text, &format!("{letter}  "), &format!("{name}: {records} of {kinds}, {span}"));
    }
    if rows.is_empty() {
        text.push_str("\nNo difference: what one has the other has, about as often\n");
    }
    let unit = sides.unit();
    for (contrast, title) in [
        (Contrast::New, "Only in B".to_owned()),
        (Contrast::Gone, "Only in A".to_owned()),
        (Contrast::More, format!("At least twice as often in B, beyond chance ({unit})")),
        (Contrast::Less, format!("At least twice as often in A, beyond chance ({unit})")),
    ] {
        let rows: Vec<&Contrasted> = rows.iter().filter(|row| row.contrast == contrast).collect();
        if !rows.is_empty() {
            let (bold, plain) = if color { ("\x1b[1m", "\x1b[0m") } else { ("", "") };
            let _ = writeln!(text, "\n{bold}{title}: {}{plain}", counted(rows.len() as u64, "kind"));
            push_table(&mut text, sides, &rows, zone, (sheet.columns, color));
        }
    }
    out.extend_from_slice(text.as_bytes());
}

/// Rows that differ in one way: how often and since when, or both rates.
fn push_table(
    text: &mut String,
    sides: &Sides,
    rows: &[&Contrasted],
    zone: &Zone,
    (columns, color): (Option<usize>, bool),
) {
    let numbers = |row: &Contrasted| match (row.contrast, row.shown()) {
        (Contrast::New | Contrast::Gone, Some(shown)) => {
            let first = shown.first.map_or("undated".to_owned(), |at| local_time(zone, at));
            (thousands(shown.count), first)
        }
        _ => {
            let (a, b) = sides.rates(row);
            (rate(a), rate(b))
        }
    };
    let numbers: Vec<(String, String)> = rows.iter().map(|row| numbers(row)).collect();
    let heads = match rows.first().map(|row| row.contrast) {
        Some(Contrast::New | Contrast::Gone) => ("count", "first"),
        _ => ("A", "B"),
    };
    let one = numbers.iter().map(|(one, _)| one.len()).max().unwrap_or(0).max(heads.0.len());
    let two = numbers.iter().map(|(_, two)| two.len()).max().unwrap_or(0).max(heads.1.len());
    let label = |row: &Contrasted| row.shown().map_or(String::new(), |shown| clean(&shown.label));
    let labels = rows.iter().map(|row| width(&label(row))).max().unwrap_or(0).max("source".len());
    let (dim, plain) = if color { ("\x1b[2m", "\x1b[0m") } else { ("", "") };
    let _ = writeln!(
        text,
        "  {dim}{:>one$}  {:>two$}  level  {:labels$}  message{plain}",
        heads.0, heads.1, "source"
    );
    let room = columns.map(|columns| columns.saturating_sub(2 + one + 2 + two + 9 + labels + 2).max(16));
    for (row, (first, second)) in rows.iter().zip(&numbers) {
        let Some(shown) = row.shown() else { continue };
        let label = label(row);
        let pad = " ".repeat(labels - width(&label));
        let level = String::from_utf8_lossy(level_cell(shown.level, shown.guessed)).into_owned();
        let (on, off) = match shown.level {
            Level::Warn if color => ("\x1b[33m", "\x1b[0m"),
            level if color && level >= Level::Error => ("\x1b[31m", "\x1b[0m"),
            _ => ("", ""),
        };
        let message = shown.told();
        let message = room.map_or(message.clone(), |room| excerpt(&message, room));
        let _ = writeln!(text, "  {first:>one$}  {second:>two$}  {on}{level}{off}{label}{pad}  {message}");
    }
}

/// A rate with two digits that tell something.
fn rate(rate: f64) -> String {
    match rate {
        rate if rate >= 10.0 => thousands(rate.round() as u64),
        rate if rate >= 1.0 => format!("{rate:.1}"),
        rate if rate >= 0.01 => format!("{rate:.2}"),
        _ => "<0.01".to_owned(),
    }
}
