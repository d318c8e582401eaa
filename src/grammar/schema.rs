//! What a `grammars/*.toml` may say: the file as typed, before anything is compiled.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

/// One grammar file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct GrammarFile {
    /// Short name, as `timeline formats` lists it.
    pub name: Spanned<String>,
    /// One line for people.
    pub title: String,
    /// Where the format is described.
    #[serde(default)]
    pub url: Option<String>,
    /// `program` of records that name none.
    #[serde(default)]
    pub program: Option<String>,
    /// Zone of stamps without one, where the format fixes it (`UTC`).
    #[serde(default)]
    pub zone: Option<Spanned<String>>,
    /// Breaks ties in detection: higher wins. 50 unless given.
    #[serde(default = "middle")]
    pub rank: u8,
    /// The formats that spell the same records: their patterns are compared. Its own name unless given.
    pub family: Option<String>,
    /// Only ever the first format of a file, never one found midway.
    #[serde(default)]
    pub primary_only: bool,
    /// A file has this format only if so many of a hundred of its first lines fit it.
    #[serde(default)]
    pub share: u8,
    /// Whether a year of two digits may stand first in its dates: for programs that nobody knows.
    #[serde(default)]
    pub year_first: bool,
    /// A file has this format only if one of its first lines begins with this text.
    #[serde(default)]
    pub header: Option<String>,
    /// Text layouts, tried in this order.
    #[serde(default)]
    pub layout: Vec<LayoutFile>,
    /// Rows of several tables, each below a header line that has a stamp as well.
    #[serde(default)]
    pub sections: Option<SectionsFile>,
    /// Or a JSON object per line.
    #[serde(default)]
    pub json: Option<PairsFile>,
    /// Or a line of `key=value` pairs.
    #[serde(default)]
    pub logfmt: Option<PairsFile>,
    /// Rows of a table, whose columns a header line names.
    #[serde(default)]
    pub table: Option<TableFile>,
    /// Which numbers of its records are samples of series. The first that fits a record counts.
    #[serde(default)]
    pub series: Vec<SeriesFile>,
    /// Level words of this format, beside the common ones.
    #[serde(default)]
    pub levels: BTreeMap<String, Spanned<String>>,
    /// Levels from ranges of a numeric field.
    #[serde(default)]
    pub level_range: Vec<LevelRangeFile>,
    /// What identifies the pattern of a record: field names; `=name` keeps the value as it is.
    /// The message, unless given.
    #[serde(default)]
    pub pattern_of: Vec<String>,
    /// How the message is put together from fields, where no field is one: `"{request} {status}"`.
    #[serde(default)]
    pub message: Option<Spanned<String>>,
    /// The field that the message begins with and runs on from to the record's end: for formats whose stamp
    /// stands inside the message.
    #[serde(default)]
    pub message_from: Option<String>,
    /// A field that holds how long the recorded thing took, in seconds: its stamp is then its end, and
    /// `fields.start` its beginning.
    #[serde(default)]
    pub duration: Option<String>,
    /// Deeper fields inside messages, read only when fields are asked for.
    #[serde(default)]
    pub body: Vec<BodyFile>,
    /// Lines that this grammar must read, and how.
    #[serde(default)]
    pub sample: Vec<SampleFile>,
    /// Lines that this grammar must leave alone.
    #[serde(default)]
    pub counter_sample: Vec<CounterSampleFile>,
}

const fn middle() -> u8 {
    50
}

const fn yes() -> bool {
    true
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LayoutFile {
    pub pattern: Spanned<String>,
    /// Whether a line of this layout speaks for the format; `false` for a layout that nearly any
    /// line fits, which is read but does not help to detect the format. One without a stamp speaks for it
    /// only where `true` is written, and only of files in which no line has a stamp that is known.
    pub evidence: Option<bool>,
    /// A line that begins a record of this format and has no stamp: `-- Reboot --`. One with a
    /// `{date:date}` names the day of the times of day below it.
    #[serde(default)]
    pub undated: bool,
}

/// How the header lines of sections are told from rows: they hold no number.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SectionsFile {
    /// First words of lines that hold no number either, and are none.
    #[serde(default)]
    pub rows: Vec<String>,
    /// First words of header lines without a stamp.
    #[serde(default)]
    pub first: Vec<String>,
    /// A stamp stands on a line of its own: all below it, headers included, is its record.
    #[serde(default)]
    pub below: bool,
    /// First words of headers below whose rows have a name before the first column: `free`.
    #[serde(default)]
    pub rowed: Vec<String>,
    /// Numbers in lines below the stamp are named by the words beside them.
    #[serde(default)]
    pub counts: bool,
    /// The last word of a header names the zone that stamps are written in.
    #[serde(default)]
    pub zone: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PairsFile {
    /// Keys that hold the stamp, the first one in the line counts. `a.b` is a key of that name, or the key
    /// `b` in the object `a`.
    pub time: Vec<String>,
    #[serde(default)]
    pub level: Vec<String>,
    #[serde(default)]
    pub message: Vec<String>,
    #[serde(default)]
    pub program: Vec<String>,
    #[serde(default)]
    pub host: Vec<String>,
    #[serde(default)]
    pub pid: Vec<String>,
    /// Keys without which this is another format.
    #[serde(default)]
    pub require: Vec<String>,
    /// Whether the stamp of a line without any of `time` may stand at another key that names a time, if it is the only one.
    #[serde(default)]
    pub other_times: bool,
}

/// Which numbers of a record are samples of series. Without any names every field that is a number is a value, and
/// the series is called as the field is.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SeriesFile {
    /// Only for records of this program.
    pub program: Option<String>,
    /// Only for records that have this field.
    pub with: Option<String>,
    /// What a series is called: `"{metric}.{field}"`; `{field}` is the value's own name, and all there is unless given.
    pub name: Option<Spanned<String>>,
    /// The label that keeps the value's own name.
    pub own: Option<String>,
    /// Fields that tell one series from another.
    #[serde(default)]
    pub labels: Vec<String>,
    /// A field that lists labels: `method="post",code="200"`.
    pub list: Option<String>,
    /// The fields that are values; all that are numbers, unless given.
    #[serde(default)]
    pub values: Vec<String>,
    /// Fields that are nothing of both, though they may be numbers.
    #[serde(default)]
    pub ignore: Vec<String>,
    /// All other fields are labels.
    #[serde(default)]
    pub others: bool,
    /// Fields are called `row.column`.
    pub rows: Option<SeriesRowsFile>,
    /// A field that names the unit.
    pub unit: Option<String>,
    /// Units by what series are called: a glob, and the unit.
    #[serde(default)]
    pub units: Vec<(String, String)>,
    /// `12,3` is a number.
    #[serde(default)]
    pub commas: bool,
    /// Records without a stamp tell samples as well.
    #[serde(default)]
    pub undated: bool,
}

/// Fields that are called `row.column`: the series is called as the column is.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SeriesRowsFile {
    /// The label that keeps the row.
    pub label: String,
    /// Rows that are not told from others.
    #[serde(default)]
    pub except: Vec<String>,
    /// Only rows that are called by a number.
    #[serde(default)]
    pub numbered: bool,
}

/// What the columns of a table are called, by their meaning; names in lower case.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TableFile {
    /// The first column of a header is one of these.
    pub time: Vec<String>,
    /// What a row is about.
    #[serde(default)]
    pub entity: Vec<String>,
    /// How long the state has lasted.
    #[serde(default)]
    pub age: Vec<String>,
    /// The state that an age speaks of, the most telling name first.
    #[serde(default)]
    pub state: Vec<String>,
    /// Counters of changes.
    #[serde(default)]
    pub count: Vec<String>,
    /// Values of a healthy state.
    #[serde(default)]
    pub good: Vec<String>,
    /// Values of a broken one.
    #[serde(default)]
    pub bad: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LevelRangeFile {
    pub field: Spanned<String>,
    pub from: u32,
    pub to: u32,
    pub level: Spanned<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct BodyFile {
    /// Only for messages of these programs.
    #[serde(default)]
    pub program: Vec<String>,
    pub pattern: Spanned<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SampleFile {
    /// The record, continuation lines included.
    pub record: Spanned<String>,
    /// In a table's grammar: the header line that names the columns.
    #[serde(default)]
    pub header: Option<String>,
    /// The stamp as written.
    #[serde(default)]
    pub stamp: Option<String>,
    #[serde(default)]
    pub level: Option<String>,
    #[serde(default)]
    pub host: Option<String>,
    #[serde(default)]
    pub program: Option<String>,
    #[serde(default)]
    pub pid: Option<u32>,
    #[serde(default)]
    pub message: Option<String>,
    #[serde(default)]
    pub fields: BTreeMap<String, String>,
    /// Whether this record alone shows its format; `false` where it needs the company of others.
    #[serde(default = "yes")]
    pub detected: bool,
}

/// The file of bodies that every text format shares.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct BodiesFile {
    pub body: Vec<SharedBodyFile>,
}

/// A body, and messages that prove it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SharedBodyFile {
    #[serde(default)]
    pub program: Vec<String>,
    pub pattern: Spanned<String>,
    /// A message that this body must read.
    #[cfg_attr(not(test), expect(dead_code, reason = "the test of the bodies reads it"))]
    pub sample: String,
    /// What it must find there: all of it.
    #[cfg_attr(not(test), expect(dead_code, reason = "the test of the bodies reads it"))]
    pub fields: BTreeMap<String, String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CounterSampleFile {
    pub line: Spanned<String>,
    /// Why this is not ours.
    pub why: String,
}
