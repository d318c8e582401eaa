//! Sources for people and machines: format, clock and its reasons, range, ledger.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::fit::Sheet;
use super::patterns::document;
use crate::base::{Account, Basis, Loss, NANOS_PER_SECOND, Unread, is_leap};
use crate::clock::Years;
use crate::text::{clean, width};
use crate::time::{Zone, local_time, pretty_span, render_rfc3339};

/// A stretch of a source in which one zone holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SegmentRow {
    /// The file it begins in.
    pub file: String,
    /// Physical line, 1-based, that it begins at.
    pub from_line: u64,
    /// The zone's name.
    pub zone: String,
    /// Its offset at the file's first record, seconds east of UTC.
    pub offset: i32,
    /// Records in it that have a stamp; not counted where a writer is named.
    pub dated: u64,
    /// How it is known.
    pub basis: Cow<'static, str>,
    /// The writer inside the file that it holds for, (`host` or `program`, name); all others without one.
    pub writer: Option<(Cow<'static, str>, String)>,
}

/// The basis of a source of which a damaged store tells its records alone.
pub const UNKNOWN: &str = "unknown";

impl SegmentRow {
    /// Whether stamps are read alike in both.
    pub fn reads_like(&self, other: &Self) -> bool {
        (&self.zone, self.offset, &self.writer) == (&other.zone, other.offset, &other.writer)
    }
}

impl SourceRow {
    /// Whether any of its files is asked for. The others are settled with them, and not shown.
    pub fn is_asked(&self) -> bool {
        !self.files.is_empty()
    }

    /// Its own segments in which the zone is a guess, and in which it is not: records with a stamp.
    fn open_and_known(&self) -> (u64, u64) {
        let own = self.segments.iter().filter(|segment| segment.writer.is_none());
        let (open, known): (Vec<_>, Vec<_>) = own.partition(|segment| segment.basis == "zone:default");
        let dated = |some: &[&SegmentRow]| some.iter().map(|segment| segment.dated).sum();
        (dated(&open), dated(&known))
    }

    /// The zones of its segments, `UTC, then Asia/Seoul`.
    pub fn zone(&self) -> String {
        let own = self.segments.iter().filter(|segment| segment.writer.is_none());
        let mut zones: Vec<&str> = own.map(|segment| &segment.zone[..]).collect();
        zones.dedup();
        zones.join(", then ")
    }
}

/// One source.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SourceRow {
    /// The `source` of the contract.
    pub name: String,
    /// Its files, oldest first.
    pub files: Vec<String>,
    /// Format of its newest file.
    pub format: String,
    /// Other formats found in it.
    pub others: Vec<String>,
    /// Character sets of its files that are not UTF-8.
    pub encodings: Vec<String>,
    /// How its stamps are read, from where on.
    pub segments: Vec<SegmentRow>,
    /// How the least known of its zones is known; `None` where there are no stamps.
    pub zone_basis: Option<Cow<'static, str>>,
    /// Whether a guess at its zone rests on abbreviations in its stamps.
    #[serde(default)]
    pub ambiguous: bool,
    /// What proves its zones, one sentence each.
    pub proofs: Vec<String>,
    /// Boots that its kernel lines tell of, one sentence each.
    pub boots: Vec<String>,
    /// Basis of the years.
    pub year_basis: Basis,
    /// Which years those of stamps without one may be.
    pub years: Years,
    /// First and last instant.
    pub range: Option<(i64, i64)>,
    /// Whether all its records with a stamp tell seconds since boot, and no other time.
    pub since_boot: bool,
    /// The account.
    pub account: Account,
}

/// An instant in UTC, whole seconds or finer, or null.
pub fn time_json(at: Option<i64>) -> Value {
    at.map_or(Value::Null, |at| {
        let digits = if at % NANOS_PER_SECOND == 0 {
            0
        } else if at % 1_000_000 == 0 {
            3
        } else {
            9
        };
        let mut text = Vec::new();
        render_rfc3339(&mut text, at, digits, 0, true);
        String::from_utf8_lossy(&text).into_owned().into()
    })
}

/// The contract's `sources`, as a document: what a store keeps beside its events.
pub fn sources_document(rows: &[SourceRow]) -> Vec<u8> {
    document(&json!({ "sources": sources_json(rows) }))
}

/// The contract's `sources`.
pub fn sources_json(rows: &[SourceRow]) -> Vec<Value> {
    let row = |row: &SourceRow| {
        let account = row.account;
        let segments: Vec<Value> = row
            .segments
            .iter()
            .map(|segment| {
                let mut segment_json = json!({
                    "from_line": segment.from_line,
                    "zone": segment.zone,
                    "offset_seconds": segment.offset,
                    "file": segment.file,
                    "zone_basis": segment.basis,
                    "dated": segment.dated,
                });
                if let Some((kind, name)) = &segment.writer {
                    segment_json[&**kind] = name.clone().into();
                }
                segment_json
            })
            .collect();
        let mut row_json = json!({
            "source": row.name,
            "files": row.files,
            "format": row.format,
            "other_formats": row.others,
            "zone": row.zone(),
            "zone_basis": row.zone_basis,
            "proof": row.proofs,
            "year_basis": row.year_basis.words().next(),
            "years": row.years.candidates,
            "years_why": (!row.years.candidates.is_empty()).then_some(&row.years.reason),
            "segments": segments,
            "first": time_json(row.range.map(|range| range.0)),
            "last": time_json(row.range.map(|range| range.1)),
            "events": account.records,
            "undated": account.undated,
            "ledger": {
                "bytes": account.bytes, "lines": account.lines, "records": account.records,
                "dated": account.dated, "undated": account.undated, "joined": account.joined,
            },
        });
        if !row.encodings.is_empty() {
            row_json["encodings"] = row.encodings.clone().into();
        }
        if !row.boots.is_empty() {
            row_json["boots"] = row.boots.clone().into();
        }
        row_json
    };
    rows.iter().filter(|row| row.is_asked()).map(row).collect()
}

/// The table for people.
pub fn push_sources(out: &mut Vec<u8>, rows: &[SourceRow], remarks: &[Unread], zone: &Zone, sheet: &Sheet) {
    for row in rows.iter().filter(|row| row.is_asked()) {
        let formats = match row.others.as_slice() {
            [] => row.format.clone(),
            others => format!("{}, with lines of {}", row.format, others.join(", ")),
        };
        out.extend_from_slice(format!("{}\n", clean(&row.name)).as_bytes());
        let mut line = |name: &str, value: &str| sheet.push(out, &format!("  {name:8}"), value);
        line("format", &formats);
        if !row.encodings.is_empty() {
            line("text", &format!("{}, shown as UTF-8 (--encoding overrides)", row.encodings.join(", ")));
        }
        line("clock", &clock(row));
        let own: Vec<&SegmentRow> = row.segments.iter().filter(|segment| segment.writer.is_none()).collect();
        for segment in own.windows(2).filter(|pair| !pair[0].reads_like(pair[1])).map(|pair| pair[1]) {
            line(
                "",
                &format!(
                    "{} from {}:{} on ({})",
                    segment.zone,
                    clean(&segment.file),
                    segment.from_line,
                    segment.basis
                ),
            );
        }
        for proof in row.proofs.iter().chain(&row.boots) {
            line("", &clean(proof));
        }
        if let Some((first, last)) = row.range {
            let range = match last - first {
                0 => local_time(zone, first),
                span => format!(
                    "{} to {} ({})",
                    local_time(zone, first),
                    local_time(zone, last),
                    pretty_span(span)
                ),
            };
            line("range", &range);
        }
        line("ledger", &ledger(&row.account));
        if row.files.len() > 1 || row.files.first().is_some_and(|file| *file != row.name) {
            line("files", &clean(&row.files.join(", ")));
        }
        out.push(b'\n');
    }
    push_remarks(out, remarks, sheet);
}

/// How a source's stamps become instants, in words.
fn clock(row: &SourceRow) -> String {
    let zone = match row.zone_basis.as_deref() {
        Some(UNKNOWN) => "not known: what the store kept of it is damaged".to_owned(),
        None if row.since_boot => "seconds since boot, which no other log dates".to_owned(),
        Some("uptime") => "seconds since boot".to_owned(),
        Some("zone:default") if row.since_boot => {
            "seconds since boot; the zone of the log that dates it is a guess".to_owned()
        }
        None if row.proofs.is_empty() => {
            "no stamps: its records are placed by their neighbours or the file's mtime".to_owned()
        }
        None => "no stamps: its records are placed by lines that other logs have too".to_owned(),
        Some("offset") => "every stamp carries its own offset".to_owned(),
        Some("zone:assumed") => format!("{} (you said so)", row.zone()),
        Some("zone:inferred") if row.proofs.is_empty() => format!("{} (its format says so)", row.zone()),
        Some("zone:inferred") => format!("{} (inferred)", row.zone()),
        Some("zone:repaired") => format!("{} (repaired: the offset in its stamps is wrong)", row.zone()),
        Some(_) => match row.open_and_known() {
            (_, 0) => {
                let lack = if row.ambiguous { "a zone that has meant several" } else { "no zone" };
                format!("{} (a guess: stamps name {lack}; --assume-tz overrides)", row.zone())
            }
            (open, known) => format!(
                "{} (inferred for {} of {}, a guess for the rest; --assume-tz overrides)",
                row.zone(),
                thousands(known),
                counted(open + known, "record")
            ),
        },
    };
    let year = match row.years.candidates.as_slice() {
        [] => String::new(),
        [_] => format!("; years {}", row.years.reason),
        several => {
            format!("; year not settled: {}; --year settles it ({})", either(several), row.years.reason)
        }
    };
    format!("{zone}{year}")
}

/// `2016, 2020 or 2024`
pub(super) fn either(years: &[i32]) -> String {
    match years {
        [] => String::new(),
        [first, .., last] if years.len() > 6 => {
            let leap = if years.iter().all(|year| is_leap(*year)) { "a leap year" } else { "any year" };
            let gaps = (last - first + 1) as usize > years.len() && leap == "any year";
            format!("{leap} from {first} to {last}{}", if gaps { " but some" } else { "" })
        }
        [before @ .., last] => {
            let before: Vec<String> = before.iter().map(ToString::to_string).collect();
            format!("{} or {last}", before.join(", "))
        }
    }
}

/// `5,080 lines = 4,900 records (12 undated) + 180 joined lines, 1.2 MB`
pub(crate) fn ledger(account: &Account) -> String {
    let undated = match account.undated {
        0 => String::new(),
        undated => format!(" ({} undated)", thousands(undated)),
    };
    let joined = match account.joined {
        0 => String::new(),
        joined => format!(" + {} joined", thousands(joined)),
    };
    // Rows of a damaged store tell no bytes.
    let bytes = match account.bytes {
        0 if account.lines > 0 => String::new(),
        bytes => format!(", {}", size(bytes)),
    };
    let (lines, records) = (counted(account.lines, "line"), counted(account.records, "record"));
    format!("{lines} = {records}{undated}{joined}{bytes}")
}

/// `1 record`, `2,000 records`
pub(crate) fn counted(number: u64, what: &str) -> String {
    format!("{} {what}{}", thousands(number), if number == 1 { "" } else { "s" })
}

/// Remarks on files, the losses first.
pub fn push_remarks(out: &mut Vec<u8>, remarks: &[Unread], sheet: &Sheet) {
    for (loss, title) in [(Loss::Whole, "not read"), (Loss::Part, "read in part"), (Loss::None, "noticed")] {
        let some: Vec<_> = remarks.iter().filter(|remark| remark.loss == loss).collect();
        if some.is_empty() {
            continue;
        }
        out.extend_from_slice(format!("{title}\n").as_bytes());
        let widest = some.iter().map(|remark| width(&remark.file)).max().unwrap_or(0).min(40);
        for remark in some {
            let (file, why) = (clean(&remark.file), clean(&remark.why));
            let lead = format!("  {file}{}  ", " ".repeat(widest.saturating_sub(width(&file))));
            // Behind a long name there is no room for a sentence.
            if sheet.has(width(&lead) + width(&why)) || sheet.has(width(&lead) * 2) {
                sheet.push(out, &lead, &why);
            } else {
                out.extend_from_slice(format!("  {file}\n").as_bytes());
                sheet.push(out, "    ", &why);
            }
        }
    }
}

/// A number as people read it: `12,345`.
pub fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1.2 MB`
pub(crate) fn size(bytes: u64) -> String {
    let units = ["B", "kB", "MB", "GB", "TB"];
    let mut value = bytes as f64;
    let mut unit = 0;
    while value >= 1000.0 && unit + 1 < units.len() {
        value /= 1000.0;
        unit += 1;
    }
    if unit == 0 { format!("{bytes} B") } else { format!("{value:.1} {}", units[unit]) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well() {
        assert_eq!(thousands(1_234_567), "1,234,567");
        assert_eq!(thousands(12), "12");
        assert_eq!(size(999), "999 B");
        assert_eq!(size(1_250_000), "1.2 MB");
    }
}
