//! An event of a log as a row that can be asked: each part as `--format jsonl` prints it, read when asked for.

use std::borrow::Cow;
use std::cell::OnceCell;

use super::record::Record;
use super::scene::Scene;
use crate::base::{Basis, Batch, Event, Flags, Level};
use crate::grammar::Known;
use crate::query::{Mark, Part, Row};
use crate::time::{Bound, Zone, parse_bound};

/// One event and its surroundings.
pub struct Asked<'a> {
    scene: &'a Scene<'a>,
    batch: &'a Batch,
    event: &'a Event,
    /// Whether it is known by now what is a first occurrence.
    settled: bool,
    record: OnceCell<Record<'a>>,
}

impl std::fmt::Debug for Asked<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Asked").field("event", self.event).finish_non_exhaustive()
    }
}

impl<'a> Asked<'a> {
    /// An event of which it is not known yet whether it is the first of its kind.
    pub fn unmarked(scene: &'a Scene<'a>, batch: &'a Batch, event: &'a Event) -> Self {
        Self { scene, batch, event, settled: false, record: OnceCell::new() }
    }

    /// An event whose marks are settled.
    pub fn marked(scene: &'a Scene<'a>, batch: &'a Batch, event: &'a Event) -> Self {
        Self { settled: true, ..Self::unmarked(scene, batch, event) }
    }

    fn record(&self) -> &Record<'a> {
        self.record.get_or_init(|| Record::read(self.scene, self.batch, self.event))
    }

    fn known(&self, part: Known) -> Option<Cow<'_, str>> {
        self.record().part(part).map(String::from_utf8_lossy)
    }

    fn bound(at: i64) -> Option<i64> {
        (at != i64::MIN && at != i64::MAX).then_some(at)
    }
}

impl Row for Asked<'_> {
    fn time(&self) -> Option<i64> {
        (!self.event.flags.has(Flags::UNDATED)).then_some(self.event.key)
    }

    fn earliest(&self) -> Option<i64> {
        Self::bound(self.record().instant?.earliest)
    }

    fn latest(&self) -> Option<i64> {
        Self::bound(self.record().instant?.latest)
    }

    fn start(&self) -> Option<i64> {
        self.time()?;
        // A store tells it as the field that it is.
        let told = || match parse_bound(&self.field("start")?, &Zone::utc(), 0) {
            Ok(Bound::At(at)) if self.batch.told(self.event).is_some() => Some(at),
            _ => None,
        };
        self.record().start().or_else(told)
    }

    fn level(&self) -> Level {
        self.event.level
    }

    fn pattern(&self) -> u64 {
        self.event.pattern
    }

    fn line(&self) -> u64 {
        self.batch.line(self.event)
    }

    fn lines(&self) -> u64 {
        u64::from(self.event.lines)
    }

    fn pid(&self) -> Option<u32> {
        self.known(Known::Pid)?.parse().ok()
    }

    fn basis(&self) -> Basis {
        self.record().instant.map_or_else(Basis::default, |instant| instant.basis)
    }

    fn mark(&self, mark: Mark) -> Option<bool> {
        let derived = self.event.flags.has(Flags::DERIVED);
        match mark {
            Mark::Derived => Some(derived),
            Mark::First if derived => Some(false),
            // What its chunk has seen before can be nobody's first; the others wait.
            Mark::First => {
                let first = self.event.flags.has(Flags::FIRST);
                (self.settled || !first).then_some(first)
            }
        }
    }

    fn text(&self, part: Part) -> Option<Cow<'_, str>> {
        let file = || self.scene.file(self.batch.file);
        match part {
            Part::Stamp => self.known(Known::Time),
            Part::Source => Some(Cow::Borrowed(&file().source)),
            Part::File => Some(Cow::Borrowed(&file().name)),
            Part::Host => self.known(Known::Host),
            Part::Program => self.record().program().map(String::from_utf8_lossy),
            Part::Format => Some(Cow::Borrowed(self.record().format())),
            Part::Message => {
                let mut message = Vec::new();
                self.record().message(&mut message);
                Some(match String::from_utf8_lossy(&message) {
                    Cow::Owned(text) => Cow::Owned(text),
                    Cow::Borrowed(text) => Cow::Owned(text.to_owned()),
                })
            }
        }
    }

    fn field(&self, name: &str) -> Option<Cow<'_, str>> {
        let mut found = None;
        self.record().fields(|field, value| {
            if found.is_none() && field == name {
                found = Some(String::from_utf8_lossy(value).into_owned());
            }
        });
        found.map(Cow::Owned)
    }
}
