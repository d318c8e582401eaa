//! `--count-by`: how many matches there are of each value of something.

use std::collections::BTreeMap;

use crate::base::{Batch, Error, Event, Flags, NANOS_PER_SECOND, Result};
use crate::present::thousands;
use crate::query::{Part, Row as _};
use crate::text::clean;
use crate::time::local_time;
use crate::view::{Asked, Scene};

/// What matches are counted by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum CountBy {
    /// Seconds that are counted together.
    Span(i64),
    Level,
    Pattern,
    Pid,
    Part(Part),
    /// A field of the record.
    Field(String),
}

/// Parts that are text.
const PARTS: [(&str, Part); 7] = [
    ("source", Part::Source),
    ("file", Part::File),
    ("format", Part::Format),
    ("host", Part::Host),
    ("program", Part::Program),
    ("message", Part::Message),
    ("stamp", Part::Stamp),
];

impl CountBy {
    pub(super) fn parse(text: &str) -> Result<Self> {
        Ok(match text {
            "" => return Err(Error::new("--count-by needs a name: minute, hour, day, host, status, ...")),
            "second" => Self::Span(1),
            "minute" => Self::Span(60),
            "hour" => Self::Span(3_600),
            "day" => Self::Span(86_400),
            "level" => Self::Level,
            "pattern" => Self::Pattern,
            "pid" => Self::Pid,
            _ => match PARTS.iter().find(|(name, _)| *name == text) {
                Some((_, part)) => Self::Part(*part),
                None => Self::Field(text.strip_prefix("fields.").unwrap_or(text).to_owned()),
            },
        })
    }

    /// Whether what stands in several files is counted in each.
    pub(super) fn is_place(&self) -> bool {
        matches!(self, Self::Part(Part::File | Part::Source))
    }

    /// What an event is counted under; `-` where it has nothing of the kind.
    pub(super) fn key(&self, scene: &Scene<'_>, batch: &Batch, event: &Event) -> String {
        let asked = Asked::unmarked(scene, batch, event);
        let found = match self {
            Self::Span(_) if event.flags.has(Flags::UNDATED) => return "undated".to_owned(),
            Self::Span(seconds) => {
                let utc = event.key.div_euclid(NANOS_PER_SECOND);
                let offset = i64::from(scene.zone.offset_at(utc).0);
                let start = (utc + offset).div_euclid(*seconds) * seconds - offset;
                let shown = local_time(&scene.zone, start.saturating_mul(NANOS_PER_SECOND));
                let digits = match seconds {
                    86_400 => 10,
                    1 => 19,
                    _ => 16,
                };
                return shown[..digits].to_owned();
            }
            Self::Level => event.level.word().map(str::to_owned),
            Self::Pattern => Some(format!("p{:016x}", event.pattern)),
            Self::Pid => asked.pid().map(|pid| pid.to_string()),
            Self::Part(part) => asked.text(*part).map(|text| text.into_owned()),
            Self::Field(name) => asked.field(name).map(|text| text.into_owned()),
        };
        found.unwrap_or_else(|| NONE.to_owned())
    }
}

/// Counts what has nothing to be counted by.
pub(super) const NONE: &str = "-";

/// The counts, most first; times in their order.
pub(super) fn table(by: &CountBy, counts: &BTreeMap<String, u64>) -> String {
    let mut rows: Vec<(&String, u64)> = counts.iter().map(|(key, count)| (key, *count)).collect();
    if !matches!(by, CountBy::Span(_)) {
        rows.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(b.0)));
    }
    let shown: Vec<String> = rows.iter().map(|(_, count)| thousands(*count)).collect();
    let widest = shown.iter().map(String::len).max().unwrap_or(0);
    rows.iter().zip(&shown).map(|((key, _), count)| format!("{count:>widest$}  {}\n", clean(key))).collect()
}
