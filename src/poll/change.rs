//! What watching a table finds: changes between samples, each with the two rows that prove it.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::base::{Basis, Derived, FileId, Instant, Level, NANOS_PER_SECOND, Resolution, SourceId};
use crate::time::pretty_span;

/// A row as seen: where, when, and what it says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sighting {
    /// Its file.
    pub file: FileId,
    /// Its physical line, 1-based.
    pub line: u64,
    /// Its instant: that of the sample.
    pub instant: Instant,
    /// How fine its stamp is.
    pub resolution: Resolution,
    /// Its stamp as written.
    pub stamp: String,
    /// The row as written.
    pub raw: String,
}

/// A value that became another one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Turn {
    /// The column.
    pub column: String,
    /// Its value before.
    pub from: String,
    /// Its value after.
    pub to: String,
}

/// Which way a change went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Trend {
    /// From health to trouble.
    Worse,
    /// Out of trouble.
    Better,
    /// Neither, as far as the words tell.
    Neither,
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kind {
    /// Values changed.
    Changed,
    /// The state is the same, but it is another one of the same name: it changed and came back.
    Renewed,
    /// The state of the table's first row began, before the table did.
    Began,
    /// Clock and age contradict each other by so many nanoseconds.
    Disagree {
        /// How far the clock moved against the age.
        moved: i64,
        /// Whether a state that changed and came back would explain it too.
        or_renewed: bool,
    },
}

/// One finding of a table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// The table's source.
    pub source: SourceId,
    /// What it is about; none when it is the same for all rows of a round.
    pub entity: Option<String>,
    /// What happened.
    pub kind: Kind,
    /// What became what, the most telling first.
    pub turns: Vec<Turn>,
    /// Which way.
    pub trend: Trend,
    /// When: it happened in here.
    pub instant: Instant,
    /// How fine the ends of that are written.
    pub resolution: Resolution,
    /// The age it is dated by, as written.
    pub age: Option<String>,
    /// Samples that agree on it.
    pub samples: u32,
    /// Further changes that a counter tells of and no sample saw.
    pub missed: u64,
    /// The last row before.
    pub before: Arc<Sighting>,
    /// The first row after.
    pub after: Arc<Sighting>,
}

impl Change {
    /// Where it stands among others: by time, then by row.
    pub fn place(&self) -> (i64, i64, FileId, u64) {
        (self.instant.earliest, self.instant.latest, self.after.file, self.after.line)
    }

    /// What it is about, in words: `dp0bond0 state`, `ping_2`.
    pub fn subject(&self) -> String {
        let column = self.turns.first().map_or("", |turn| turn.column.as_str());
        match &self.entity {
            Some(entity) => format!("{entity} {column}"),
            None => column.to_owned(),
        }
    }

    /// What happened, in words: `dp0bond0 state up -> down, carr 1 -> 0`.
    pub fn title(&self) -> String {
        let turns: Vec<String> =
            self.turns.iter().map(|turn| format!("{} {} -> {}", turn.column, turn.from, turn.to)).collect();
        let turns = turns.join(", ");
        let state = self.turns.first().map_or("", |turn| turn.to.as_str());
        let subject = self.subject();
        match self.kind {
            Kind::Changed => match &self.entity {
                Some(entity) => format!("{entity} {turns}"),
                None => turns,
            },
            Kind::Renewed => format!("{subject} {state} anew: it changed and came back between two samples"),
            Kind::Began => format!("{subject} {state} from here on"),
            Kind::Disagree { .. } if self.entity.is_some() => {
                format!("{subject}: this age contradicts the rows before it").replace(" :", ":")
            }
            Kind::Disagree { moved, or_renewed } => {
                let direction = if moved < 0 { "back" } else { "forward" };
                let span = pretty_span(moved);
                let guess = if or_renewed { ", or a state changed and came back unseen" } else { "" };
                format!("clock and age disagree: the clock was set {direction} by about {span}{guess}")
            }
        }
    }

    /// What happened, and how well it is known when: `ping_2 1 -> 0 (within 1 m 11 s)`.
    pub fn told(&self) -> String {
        let width = self.instant.latest.saturating_sub(self.instant.earliest);
        format!("{} (within {})", self.title(), narrow_span(width))
    }

    /// The event of its own that it makes on the timeline.
    pub fn derived(&self) -> Derived {
        let mut fields = Vec::new();
        let mut put = |name: &str, value: String| fields.push((name.to_owned(), value));
        put(
            "derived",
            match self.kind {
                Kind::Changed => "change",
                Kind::Renewed => "renewed",
                Kind::Began => "began",
                Kind::Disagree { .. } => "clock_step",
            }
            .to_owned(),
        );
        if let Some(entity) = &self.entity {
            put("entity", entity.clone());
        }
        if let Some(turn) = self.turns.first() {
            put("column", turn.column.clone());
            if self.kind == Kind::Changed {
                put("from", turn.from.clone());
            }
            put("to", turn.to.clone());
        }
        for turn in self.turns.iter().skip(1) {
            put(&turn.column, format!("{} -> {}", turn.from, turn.to));
        }
        if let Some(age) = &self.age {
            put("age", age.clone());
            put("samples", self.samples.to_string());
        }
        if self.missed > 0 {
            put("missed_changes", self.missed.to_string());
        }
        if let Kind::Disagree { moved, .. } = self.kind {
            put("seconds", format!("{:.3}", moved as f64 / NANOS_PER_SECOND as f64));
        }
        if self.before != self.after {
            put("sample_before_line", self.before.line.to_string());
        }
        Derived {
            file: self.after.file,
            line: self.after.line,
            lines: 1,
            instant: self.instant,
            resolution: self.resolution,
            stamp: Some(self.after.stamp.clone()),
            host: None,
            program: None,
            level: if self.trend == Trend::Worse { Level::Warn } else { Level::Unknown },
            message: self.told(),
            fields,
        }
    }
}

/// A span for people, to the millisecond below a minute.
pub fn narrow_span(nanos: i64) -> String {
    let second = NANOS_PER_SECOND;
    if (second..60 * second).contains(&nanos) && nanos % second >= 1_000_000 {
        let millis = nanos / 1_000_000;
        return format!("{}.{:03} s", millis / 1_000, millis % 1_000);
    }
    pretty_span(nanos)
}

/// An interval as an instant: its earliest end is the one shown.
pub(super) fn between(from: i64, to: i64, basis: Basis) -> Instant {
    Instant { earliest: from, best: from, latest: to, basis }
}
