//! Finds one record in the timeline, with its neighbours: a sink that keeps three events of a run.

use std::ops::ControlFlow;

use crate::base::{Basis, Batch, Event, FileId, Flags, Instant, Resolution, Result, Stamp, WrittenDate};
use crate::engine::{Sink, Stretch};
use crate::grammar::Known;
use crate::present::push_jsonl;
use crate::view::{Entry, Place, Record, Scene};
use crate::witness::OddWriter;

/// An event, as its neighbours see it.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    pub place: Place,
    pub file: FileId,
    pub line: u64,
    /// Best instant; `None` without a stamp.
    pub key: Option<i64>,
    pub resolution: Resolution,
    /// Whether its instant rests on a guess: of its zone, or of its year.
    pub guessed: bool,
    pub derived: bool,
    pub text: String,
}

/// The record that was asked for.
#[derive(Clone, Debug)]
pub(super) struct Spotted {
    pub seen: Seen,
    pub lines: u64,
    /// Its first line as written.
    pub record: String,
    pub format: String,
    pub event: Vec<u8>,
    pub stamp: Option<(String, Stamp)>,
    pub instant: Option<Instant>,
    pub segment: u16,
    pub odd: Option<OddWriter>,
    pub pattern: u64,
    pub first: bool,
}

/// What a stretch holds of all this.
pub(super) struct Part {
    ends: Option<(Seen, Seen)>,
    spotted: Option<(Option<Seen>, Spotted, Option<Seen>)>,
    /// Lines of the file's stamped records next to the one asked for: above, below.
    stamped: (Option<u64>, Option<u64>),
}

/// Looks for one line of one file.
pub(super) struct Spot<'a> {
    pub scene: &'a Scene<'a>,
    pub file: FileId,
    pub line: u64,
    pub spotted: Option<Spotted>,
    pub above: Option<Seen>,
    pub below: Option<Seen>,
    pub stamped: (Option<u64>, Option<u64>),
}

impl<'a> Spot<'a> {
    pub(super) fn new(scene: &'a Scene<'a>, file: FileId, line: u64) -> Self {
        Self { scene, file, line, spotted: None, above: None, below: None, stamped: (None, None) }
    }

    fn is_it(&self, batch: &Batch, event: &Event) -> bool {
        let first = batch.line(event);
        batch.file == self.file
            && !event.flags.has(Flags::DERIVED)
            && (first..first + u64::from(event.lines)).contains(&self.line)
    }

    fn seen(&self, batch: &Batch, event: &Event) -> Seen {
        let record = Record::read(self.scene, batch, event);
        let mut text = Vec::new();
        record.message(&mut text);
        let zone = record.instant.is_some_and(|instant| instant.basis.has(Basis::ZONE_DEFAULT));
        let open = self.scene.file(batch.file).clock.years.candidates.len() > 1;
        let year = open && record.stamp.is_some_and(|stamp| stamp.date == WrittenDate::NoYear);
        Seen {
            place: Place::of(batch, event),
            file: batch.file,
            line: batch.line(event),
            key: (!event.flags.has(Flags::UNDATED)).then_some(event.key),
            resolution: Resolution::from_code(event.resolution),
            guessed: zone || year,
            derived: event.flags.has(Flags::DERIVED),
            text: String::from_utf8_lossy(&text).into_owned(),
        }
    }

    fn spotted(&self, batch: &Batch, event: &Event) -> Spotted {
        let record = Record::read(self.scene, batch, event);
        let mut json = Vec::new();
        push_jsonl(&mut json, self.scene, Entry { batch, event, also: &[] });
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let first_line = record.text.split(|byte| *byte == b'\n').next().unwrap_or_default();
        let clock = &self.scene.file(batch.file).clock;
        let dated = !event.flags.has(Flags::UNDATED);
        let stamp = record.part(Known::Time).zip(record.stamp).filter(|_| dated);
        Spotted {
            seen: self.seen(batch, event),
            lines: u64::from(event.lines),
            record: text(first_line),
            format: record.grammar.name.clone(),
            event: json,
            stamp: stamp.map(|(written, stamp)| (text(written), stamp)),
            instant: record.instant,
            segment: batch.segment,
            odd: clock.odd(record.part(Known::Host), record.part(Known::Program)).cloned(),
            pattern: event.pattern,
            first: event.flags.has(Flags::FIRST),
        }
    }
}

impl Sink for Spot<'_> {
    type Part = Part;

    fn part(&self, stretch: &mut dyn Stretch) -> Part {
        let (mut count, mut index) = (0, None);
        let mut stamped = (None, None);
        stretch.each(&mut |Entry { batch, event, .. }| {
            if self.is_it(batch, event) {
                index = Some(count);
            }
            count += 1;
            if batch.file == self.file && !event.flags.any(Flags::UNDATED, Flags::DERIVED) {
                stamped = nearer(stamped, batch.line(event), self.line);
            }
        });
        let mut part = Part { ends: None, spotted: None, stamped };
        let (mut above, mut at) = (None, 0_usize);
        let mut first = None;
        // Once more, to take those few out that are of interest.
        stretch.each(&mut |Entry { batch, event, .. }| {
            if at == 0 {
                first = Some(self.seen(batch, event));
            }
            if at + 1 == count {
                part.ends = first.take().map(|first| (first, self.seen(batch, event)));
            }
            if index == Some(at) {
                part.spotted = Some((above.take(), self.spotted(batch, event), None));
            } else if index == Some(at + 1) {
                above = Some(self.seen(batch, event));
            } else if at > 0
                && index == Some(at - 1)
                && let Some(spotted) = &mut part.spotted
            {
                spotted.2 = Some(self.seen(batch, event));
            }
            at += 1;
        });
        part
    }

    fn accept(&mut self, part: Part) -> Result<ControlFlow<()>> {
        let (above, below) = part.stamped;
        for line in [above, below].into_iter().flatten() {
            self.stamped = nearer(self.stamped, line, self.line);
        }
        let Some((first, last)) = part.ends else { return Ok(ControlFlow::Continue(())) };
        if self.spotted.is_some() && self.below.is_none() {
            self.below = Some(first);
        }
        match part.spotted {
            Some((above, spotted, below)) => {
                self.above = above.or(self.above.take());
                self.spotted = Some(spotted);
                self.below = below;
            }
            None if self.spotted.is_none() => self.above = Some(last),
            None => {}
        }
        Ok(ControlFlow::Continue(()))
    }
}

/// Of two lines around `line`, each the nearer one.
fn nearer((above, below): (Option<u64>, Option<u64>), at: u64, line: u64) -> (Option<u64>, Option<u64>) {
    match at < line {
        true => (Some(above.map_or(at, |known: u64| known.max(at))), below),
        false if at > line => (above, Some(below.map_or(at, |known: u64| known.min(at)))),
        false => (above, below),
    }
}
