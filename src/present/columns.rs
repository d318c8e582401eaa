//! `--columns`: which parts of an event stand in a line, and how wide.
//!
//! A part whose widest value is not known beforehand has a usual width; what is longer pushes the rest of its line
//! to the right and is never cut.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::base::{Batch, Event, Flags, NANOS_PER_SECOND};
use crate::query::{Part, Row};
use crate::text::push_clean;
use crate::time::{Zone, render_rfc3339};
use crate::view::{Asked, Scene};

/// One column.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Cell {
    /// A cell of its own, drawn by whoever draws the usual ones.
    Own(Own),
    /// The process.
    Pid,
    /// The first line in the file.
    Line,
    /// How many lines.
    Lines,
    /// The pattern's identity.
    Pattern,
    /// How the instant is known.
    Basis,
    /// Both ends of what is known of it, and when what the record tells of began.
    Earliest,
    Latest,
    Start,
    /// A part that is text.
    Part(Part),
    /// A field of the record.
    Field(String),
}

/// Columns that are drawn as they are without being asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Own {
    /// When; behind it the tie.
    Time,
    /// `*` and `»`.
    Mark,
    /// The level.
    Level,
    /// The source's short name.
    Source,
}

/// Columns that have a name of their own: those that an expression can ask for.
const NAMES: [(&str, Cell); 18] = [
    ("time", Cell::Own(Own::Time)),
    ("mark", Cell::Own(Own::Mark)),
    ("level", Cell::Own(Own::Level)),
    ("source", Cell::Own(Own::Source)),
    ("message", Cell::Part(Part::Message)),
    ("host", Cell::Part(Part::Host)),
    ("program", Cell::Part(Part::Program)),
    ("pid", Cell::Pid),
    ("file", Cell::Part(Part::File)),
    ("line", Cell::Line),
    ("lines", Cell::Lines),
    ("format", Cell::Part(Part::Format)),
    ("stamp", Cell::Part(Part::Stamp)),
    ("earliest", Cell::Earliest),
    ("latest", Cell::Latest),
    ("start", Cell::Start),
    ("basis", Cell::Basis),
    ("pattern", Cell::Pattern),
];

/// Other words for some of them, which are understood and not told.
const SYNONYMS: [(&str, Cell); 3] =
    [("local", Cell::Own(Own::Time)), ("marks", Cell::Own(Own::Mark)), ("msg", Cell::Part(Part::Message))];

impl Cell {
    /// The column of a name: of a part, else of a field.
    fn named(name: &str) -> Self {
        match NAMES.iter().chain(&SYNONYMS).find(|(known, _)| *known == name) {
            Some((_, cell)) => cell.clone(),
            None => match name.strip_prefix("fields.").unwrap_or(name) {
                "start" => Self::Start,
                field => Self::Field(field.to_owned()),
            },
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
            Self::Basis => 12,
            Self::Lines => 5,
            Self::Earliest | Self::Latest | Self::Start => 25,
            Self::Part(_) | Self::Field(_) => 12,
            Self::Own(_) => 0,
        }
    }

    /// What it shows of an event.
    fn text(&self, scene: &Scene<'_>, asked: &Asked<'_>) -> Option<String> {
        let at = |at: Option<i64>| Some(time(&scene.zone, at?));
        match self {
            Self::Pid => asked.pid().map(|pid| pid.to_string()),
            Self::Line => Some(asked.line().to_string()),
            Self::Lines => Some(asked.lines().to_string()),
            Self::Pattern => Some(format!("p{:016x}", asked.pattern())),
            Self::Basis => Some(asked.basis().words().collect::<Vec<_>>().join(" ")),
            Self::Earliest => at(asked.earliest()),
            Self::Latest => at(asked.latest()),
            Self::Start => at(asked.start()),
            Self::Part(part) => asked.text(*part).map(|text| text.into_owned()),
            Self::Field(name) => asked.field(name).map(|text| text.into_owned()),
            Self::Own(_) => None,
        }
    }
}

/// An instant in a zone, as fine as it is.
fn time(zone: &Zone, at: i64) -> String {
    let fine = [0, 3, 6].into_iter().find(|digits| at % 10_i64.pow(9 - *digits as u32) == 0);
    let mut text = Vec::new();
    let offset = zone.offset_at(at.div_euclid(NANOS_PER_SECOND)).0;
    render_rfc3339(&mut text, at, fine.unwrap_or(9), offset, false);
    String::from_utf8_lossy(&text).into_owned()
}

/// The columns that were asked for; none for the usual ones.
#[derive(Debug, Default)]
pub struct Columns {
    /// Each with whether any event had something to show there.
    cells: Vec<(Cell, AtomicBool)>,
}

impl Columns {
    /// The columns of these names.
    pub fn named<'a>(names: impl Iterator<Item = &'a str>) -> Self {
        Self { cells: names.map(|name| (Cell::named(name), AtomicBool::new(false))).collect() }
    }

    /// The names that are no fields.
    pub fn names() -> impl Iterator<Item = &'static str> {
        NAMES.into_iter().map(|(name, _)| name)
    }

    /// Whether none was asked for.
    pub fn is_empty(&self) -> bool {
        self.cells.is_empty()
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.cells.len()
    }

    /// The fields among them that no event had.
    pub fn never_met(&self) -> impl Iterator<Item = &str> {
        self.cells.iter().filter_map(|(cell, met)| match cell {
            Cell::Field(name) if !met.load(Ordering::Relaxed) => Some(&name[..]),
            _ => None,
        })
    }

    /// The one at a place, if it is drawn as ever.
    pub(super) fn own(&self, index: usize) -> Option<Own> {
        match self.cells.get(index)? {
            (Cell::Own(own), _) => Some(*own),
            _ => None,
        }
    }

    /// Appends what the one at a place shows of an event, without what pads it; `-` for what the event does not have.
    pub(super) fn push(&self, index: usize, out: &mut Vec<u8>, scene: &Scene<'_>, event: (&Batch, &Event)) {
        let (cell, met) = &self.cells[index];
        let text = cell.text(scene, &Asked::marked(scene, event.0, event.1));
        if text.is_some() && !met.load(Ordering::Relaxed) {
            met.store(true, Ordering::Relaxed);
        }
        // A value of several lines would break the row: its lines stand side by side.
        let text = text.map(|text| text.replace("\r\n", " ⏎ ").replace('\n', " ⏎ "));
        push_clean(out, text.as_deref().filter(|text| !text.is_empty()).unwrap_or("-").as_bytes());
    }

    /// Pads what takes so many columns, and parts it from the next one.
    pub(super) fn pad(&self, index: usize, out: &mut Vec<u8>, used: usize) {
        out.extend(std::iter::repeat_n(b' ', self.cells[index].0.room().saturating_sub(used) + 2));
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
