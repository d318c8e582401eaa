//! `--columns`: which parts of an event stand in a line, and how wide.
//!
//! A part whose widest value is not known beforehand has a usual width; what is longer pushes the rest of its line
//! to the right and is never cut.

use crate::base::{Batch, Event, Flags};
use crate::query::{Part, Row as _};
use crate::text::push_clean;
use crate::view::{Asked, Scene};

/// One column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Column {
    /// When; behind it the tie.
    Time,
    /// `*` and `»`.
    Mark,
    /// The level.
    Level,
    /// The source's short name.
    Source,
    /// The process.
    Pid,
    /// The line in the file.
    Line,
    /// The pattern's identity.
    Pattern,
    /// A part that is text.
    Part(Part),
    /// A field of the record.
    Field(String),
}

/// Columns that have a name of their own.
const NAMES: [(&str, Column); 15] = [
    ("time", Column::Time),
    ("mark", Column::Mark),
    ("marks", Column::Mark),
    ("level", Column::Level),
    ("source", Column::Source),
    ("pid", Column::Pid),
    ("line", Column::Line),
    ("pattern", Column::Pattern),
    ("stamp", Column::Part(Part::Stamp)),
    ("file", Column::Part(Part::File)),
    ("host", Column::Part(Part::Host)),
    ("program", Column::Part(Part::Program)),
    ("format", Column::Part(Part::Format)),
    ("message", Column::Part(Part::Message)),
    ("msg", Column::Part(Part::Message)),
];

impl Column {
    /// The column of a name: of a part, else of a field.
    pub fn named(name: &str) -> Self {
        match NAMES.iter().find(|(known, _)| *known == name) {
            Some((_, column)) => column.clone(),
            None => Self::Field(name.strip_prefix("fields.").unwrap_or(name).to_owned()),
        }
    }

    /// Columns of the screen that it takes at least.
    const fn room(&self) -> usize {
        match self {
            Self::Pid => 7,
            Self::Line => 6,
            Self::Pattern => 17,
            Self::Part(Part::Stamp) => 19,
            Self::Part(Part::File) => 24,
            Self::Part(_) | Self::Field(_) => 12,
            Self::Time | Self::Mark | Self::Level | Self::Source => 0,
        }
    }

    /// Appends what it shows of an event, without what pads it; `-` for what the event does not have.
    pub(super) fn push(&self, out: &mut Vec<u8>, scene: &Scene<'_>, batch: &Batch, event: &Event) {
        let asked = Asked::marked(scene, batch, event);
        let text = match self {
            Self::Pid => asked.pid().map(|pid| pid.to_string()),
            Self::Line => Some(asked.line().to_string()),
            Self::Pattern => Some(format!("p{:016x}", event.pattern)),
            Self::Part(part) => asked.text(*part).map(|text| text.into_owned()),
            Self::Field(name) => asked.field(name).map(|text| text.into_owned()),
            Self::Time | Self::Mark | Self::Level | Self::Source => None,
        };
        // A value of several lines would break the row: its lines stand side by side.
        let text = text.map(|text| text.replace("\r\n", " ⏎ ").replace('\n', " ⏎ "));
        push_clean(out, text.as_deref().filter(|text| !text.is_empty()).unwrap_or("-").as_bytes());
    }

    /// Pads what takes so many columns, and parts it from the next one.
    pub(super) fn pad(&self, out: &mut Vec<u8>, used: usize) {
        out.extend(std::iter::repeat_n(b' ', self.room().saturating_sub(used) + 2));
    }
}

/// The mark of an event: two columns.
pub(super) const fn mark_cell(flags: Flags, color: bool) -> &'static [u8] {
    match (flags.has(Flags::DERIVED), flags.has(Flags::FIRST), color) {
        // Stands before what was derived from a record.
        (true, _, _) => "» ".as_bytes(),
        (false, false, _) => b"  ",
        (false, true, false) => b"* ",
        (false, true, true) => b"\x1b[1;33m*\x1b[0m ",
    }
}
