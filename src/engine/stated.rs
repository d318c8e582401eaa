//! Instants that records state, as events of their own: a record written at 22:33:05 that says `start at
//! 22:23:04` tells what happened ten minutes before it. The record itself stays where its stamp puts it.
//!
//! Only files in which the sample found such a record are looked through.

use super::further::{self, MOST, Told};
use super::prepare::{Chunk, FileState, Prepared};
use crate::base::{Derived, FileId, Level, NANOS_PER_SECOND, Stamp, WrittenZone};
use crate::clock::ClockReader;
use crate::grammar::{GrammarSet, Known, Slots, What};
use crate::survey::Layouts;
use crate::time::render_rfc3339;

/// A record is taken as a report of what it states when that lies no further away than this: a process that
/// `started at` some day last year is no news.
const NEAR: i64 = 86_400 * NANOS_PER_SECOND;

/// Pushes an event for every instant that a record states and its stamp does not.
pub(super) fn derive_stated(prepared: &mut Prepared, set: &GrammarSet) {
    further::derive(prepared, |file| file.states, |prepared, id| in_file(prepared, set, id));
}

fn in_file(prepared: &Prepared, set: &GrammarSet, id: FileId) -> Told {
    let mut reports = Reports { set, id, state: prepared.file(id), slots: Slots::default() };
    let more = format_args!("state a time of their own; only the first {MOST} are shown at it");
    further::each_line(prepared, id, ("stated times", more), |reader, chunk, number, line| {
        reports.line(reader, chunk, number, line)
    })
}

/// What the records of one file state.
struct Reports<'a> {
    set: &'a GrammarSet,
    id: FileId,
    state: &'a FileState,
    slots: Slots,
}

impl Reports<'_> {
    fn line(
        &mut self,
        reader: &mut ClockReader,
        chunk: &Chunk,
        number: u64,
        (window, line): (&[u8], &[u8]),
    ) -> Option<Derived> {
        let layouts = Layouts { set: self.set, format: &self.state.format };
        let begun = layouts.begins(window, line.len(), &mut self.slots);
        reader.heed(&layouts, line, begun.as_ref(), &mut self.slots);
        let (id, head) = begun?;
        let grammar = self.set.get(id);
        let reading = grammar.read(line, &head, &mut self.slots, false);
        let text = |part: Known| {
            self.slots.known(part).map(|span| String::from_utf8_lossy(span.of(line)).into_owned())
        };
        let (host, program) = (text(Known::Host), text(Known::Program));
        let clock = &self.state.clock;
        let odd = clock.odd(host.as_deref().map(str::as_bytes), program.as_deref().map(str::as_bytes));
        // The reader must see every stamp in order, also where nothing is stated.
        let stamp = head.stamp?;
        let key = reader.key(&stamp, odd)?;
        let message = reading.message.of(line);
        let stated = self.set.stated(message)?;
        let meant = meant(&stated.stamp, &stamp)?;
        let segment = chunk.span.segment;
        let instant = clock.instant_at(&meant, key, segment, odd)?;
        let written = clock.instant_at(&stamp, key, segment, odd)?;
        // What lies at the stamp, but for a second, is no news.
        let apart = (instant.best - written.best).abs();
        let width = written.latest - written.earliest + NANOS_PER_SECOND;
        if apart <= width || apart > NEAR {
            return None;
        }
        let what = match stated.what {
            What::Start => "start",
            What::End => "end",
        };
        let mut fields =
            vec![("derived".to_owned(), "stated".to_owned()), ("stated".to_owned(), what.to_owned())];
        if let Some(lasts) = stated.lasts {
            let other = match stated.what {
                What::Start => ("end", instant.best.checked_add(lasts)?),
                What::End => ("start", instant.best.checked_sub(lasts)?),
            };
            fields.push((other.0.to_owned(), utc(other.1, meant.resolution.fraction_digits())));
        }
        Some(Derived {
            file: self.id,
            line: number,
            lines: 1,
            instant,
            resolution: meant.resolution,
            stamp: text(Known::Time),
            host,
            program: program.or_else(|| grammar.program.clone()),
            level: Level::Unknown,
            message: String::from_utf8_lossy(message).into_owned(),
            fields,
        })
    }
}

/// The stated time with the zone it means: what it names, else what the record's own stamp names. A stamp in
/// UTC leaves it open whether a time without a zone beside it is in UTC as well.
fn meant(stated: &Stamp, own: &Stamp) -> Option<Stamp> {
    match (stated.zone, own.zone) {
        (WrittenZone::Absent, WrittenZone::Offset(0) | WrittenZone::Epoch) => None,
        (WrittenZone::Absent, zone) => Some(Stamp { zone, ..*stated }),
        _ => Some(*stated),
    }
}

/// An instant in UTC.
fn utc(nanos: i64, digits: usize) -> String {
    let mut text = Vec::new();
    render_rfc3339(&mut text, nanos, digits, 0, true);
    String::from_utf8_lossy(&text).into_owned()
}
