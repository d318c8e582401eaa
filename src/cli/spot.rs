//! Finds one record in the timeline, with its neighbours: a sink that keeps three events of a run.

use std::ops::ControlFlow;

use crate::base::{
    Basis, Batch, Event, FileId, Flags, Instant, Resolution, Result, Stamp, WrittenDate, WrittenZone,
};
use crate::engine::{Sink, Stretch};
use crate::grammar::Known;
use crate::present::{Covers, push_jsonl};
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
    /// The stamp as written of a record that it does not date.
    pub unsettled: Option<String>,
    /// The same, where it counts from a boot.
    pub uptime: Option<String>,
    pub instant: Option<Instant>,
    /// Which time before its stamp it speaks of.
    pub covers: Option<Covers>,
    /// Whether the date of its time of day stands on its own line.
    pub own_date: bool,
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
        let clock = &self.scene.file(batch.file).clock;
        let boot = clock.segment(batch.segment).boot.as_ref();
        let year = record.stamp.is_some_and(|stamp| match stamp.zone {
            WrittenZone::Boot => boot.is_some_and(|boot| boot.is_any_year()),
            _ => open && stamp.date == WrittenDate::NoYear,
        });
        let days = clock.days.as_ref();
        let day = days.is_some_and(|days| days.spread.is_some())
            && record.stamp.is_some_and(|stamp| stamp.date == WrittenDate::NoDay);
        Seen {
            place: Place::of(batch, event),
            file: batch.file,
            line: batch.line(event),
            key: (!event.flags.has(Flags::UNDATED)).then_some(event.key),
            resolution: Resolution::from_code(event.resolution),
            guessed: zone || year || day,
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
        let stamp = record.part(Known::Time).zip(record.stamp);
        let (uptime, unsettled) = match stamp.filter(|_| !dated) {
            Some(stamp) if stamp.1.zone == WrittenZone::Boot => (Some(stamp), None),
            other => (None, other),
        };
        let stamp = stamp.filter(|_| dated);
        Spotted {
            seen: self.seen(batch, event),
            lines: u64::from(event.lines),
            record: text(first_line),
            format: record.format().to_owned(),
            event: json,
            stamp: stamp.map(|(written, stamp)| (text(written), stamp)),
            unsettled: unsettled.map(|(written, _)| text(written)),
            uptime: uptime.map(|(written, _)| text(written)),
            instant: record.instant,
            covers: match record.start() {
                _ if record.is_since_boot() => Some(Covers::Boot),
                start => start.map(Covers::From),
            },
            own_date: record.has_own_date(),
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
