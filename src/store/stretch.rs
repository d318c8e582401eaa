//! Rows of a store as a stretch of the timeline: what a run's merge gives, given back.

use std::collections::HashMap;
use std::sync::Arc;

use super::rows::StoredRows;
use crate::base::{
    Basis, Batch, Derived, Event, FileId, Flags, Instant, Resolution, SourceId, Tally, Told, ToldRows as _,
};
use crate::engine::{Choice, Stretch};
use crate::ingest::Filter;
use crate::text::is_printable;
use crate::view::{Entry, Scene};

/// What a store knows of its files, by the name that rows give.
#[derive(Debug)]
pub struct Files {
    /// Its id, its source, and whether it is asked for.
    pub by_name: HashMap<String, (FileId, SourceId, bool)>,
    /// Formats by name. No stored record is read with one, but what is derived is shown with its name.
    pub formats: HashMap<String, u8>,
    /// The format that records are filed under whose own is not known here.
    pub plain: u8,
}

/// An event and its copies: places in the stretch.
type Place = (u32, u32);

/// A stretch of the timeline out of a store.
#[derive(Debug, Default)]
pub(super) struct Stored {
    pub(super) batches: Vec<Batch>,
    /// Events in timeline order, and how many copies each has.
    order: Vec<(Place, u32)>,
    /// Copies, in the order of their events.
    also: Vec<Place>,
}

impl Stretch for Stored {
    fn each(&mut self, emit: &mut dyn FnMut(Entry<'_>)) {
        let at = |(batch, event): Place| {
            let batch = &self.batches[batch as usize];
            (batch, &batch.events[event as usize])
        };
        let mut copies = &self.also[..];
        let mut also = Vec::new();
        for (place, count) in &self.order {
            let (own, rest) = copies.split_at(*count as usize);
            copies = rest;
            also.clear();
            also.extend(own.iter().map(|place| at(*place)));
            let (batch, event) = at(*place);
            emit(Entry { batch, event, also: &also });
        }
    }
}

impl Stored {
    /// Keeps what is chosen. Where an event is not and one of its copies is, that stands in; with `keep_all` all
    /// stays, and what is not chosen loses its match.
    pub(super) fn choose(&mut self, scene: &Scene<'_>, choice: &Choice<'_>, keep_all: bool) {
        let Self { batches, order, also } = self;
        let wanted = |batches: &[Batch], (batch, event): Place| {
            let batch = &batches[batch as usize];
            let event = &batch.events[event as usize];
            event.flags.has(Flags::MATCH) && choice.wants(scene, batch, event)
        };
        if keep_all {
            for (place, _) in order.iter() {
                if !wanted(batches, *place) {
                    let (batch, event) = *place;
                    batches[batch as usize].events[event as usize].flags.clear(Flags::MATCH);
                }
            }
            return;
        }
        let mut copies = std::mem::take(also).into_iter();
        let mut kept = Vec::with_capacity(order.len());
        for (place, count) in order.iter() {
            let own = copies.by_ref().take(*count as usize).filter(|place| wanted(batches, *place));
            let mut own: Vec<Place> = own.collect();
            let place = match wanted(batches, *place) {
                true => Some(*place),
                false => finest(batches, &own).map(|index| own.remove(index)),
            };
            if let Some(place) = place {
                kept.push((place, own.len() as u32));
                also.extend(own);
            }
        }
        *order = kept;
    }
}

/// Builds a stretch from rows.
pub(super) struct Builder<'a> {
    files: &'a Files,
    filter: &'a Filter,
    /// First occurrences are those that the store knows: nothing is counted.
    marked: bool,
    stretch: Stored,
    /// The batch of a file's records, by the rows that they are of, and the batch of what is derived from it.
    open: HashMap<(FileId, Option<usize>), u32>,
    /// Patterns by batch: where they are counted.
    seen: HashMap<(u32, u64), u32>,
}

impl<'a> Builder<'a> {
    pub(super) fn new(files: &'a Files, filter: &'a Filter, marked: bool) -> Self {
        Self { files, filter, marked, stretch: Stored::default(), open: HashMap::new(), seen: HashMap::new() }
    }

    /// Adds rows in timeline order, with the copies of any of them: those are ordered by number too.
    pub(super) fn push(&mut self, rows: &Arc<StoredRows>, copies: &[Arc<StoredRows>]) {
        let mut waiting = copies.iter().flat_map(|rows| (0..rows.len() as u32).map(move |row| (rows, row)));
        let mut next = waiting.next();
        for row in 0..rows.len() as u32 {
            let number = rows.seq.value(row as usize);
            let place = self.add(rows, row);
            let first = self.stretch.also.len();
            while let Some((copies, copy)) =
                next.filter(|(rows, row)| rows.seq.value(*row as usize) <= number)
            {
                if copies.seq.value(copy as usize) == number {
                    let place = self.add(copies, copy);
                    self.stretch.also.extend(place);
                }
                next = waiting.next();
            }
            match place {
                Some(place) => {
                    self.stretch.order.push((place, (self.stretch.also.len() - first) as u32));
                }
                // Its copies say the same, but another host or file may be asked for: then one stands in.
                None => self.stand_in(first),
            }
        }
    }

    /// Makes the copy with the finest stamp the event whose copies the others from `first` on are.
    fn stand_in(&mut self, first: usize) {
        let Stored { batches, order, also } = &mut self.stretch;
        if let Some(finest) = finest(batches, &also[first..]) {
            let place = also.remove(first + finest);
            order.push((place, (also.len() - first) as u32));
        }
    }

    /// Adds a row to its file's batch; `None` when it is not asked for.
    fn add(&mut self, rows: &Arc<StoredRows>, row: u32) -> Option<Place> {
        let (file, source, asked) = *self.files.by_name.get(rows.file.get(row as usize)?)?;
        let key = rows.key(row);
        if !asked || !(self.filter.since..self.filter.until).contains(&key) {
            return None;
        }
        let facts = rows.facts(row);
        let flags = Flags::from_bits(facts.flags);
        let derived = flags.has(Flags::DERIVED);
        let batch = self.batch(file, source, derived, rows);
        let store = &mut self.stretch.batches[batch as usize];
        let offset = store.bytes.len() as u32;
        let message = rows.push_text(row, &mut store.bytes);
        let mut event = Event {
            key,
            pattern: rows.pattern(row),
            offset,
            len: store.bytes.len() as u32 - offset,
            line: (rows.line.value(row as usize).saturating_sub(1)).min(u64::from(u32::MAX)) as u32,
            lines: rows.lines(row),
            body: facts.body,
            message,
            layout: self.files.formats.get(rows.format(row)).copied().unwrap_or(self.files.plain),
            level: rows.level(row),
            flags,
            resolution: facts.resolution,
        };
        if !self.marked {
            event.flags.clear(Flags::FIRST);
        }
        let keep = if derived {
            event.line = store.derived.len() as u32;
            let told = derive(rows, row, file, &event);
            let (keep, matches) = self.filter.weigh(&told);
            if matches {
                event.flags.set(Flags::MATCH);
            }
            store.derived.extend(keep.then_some(told));
            keep
        } else {
            event.flags.set(Flags::TOLD);
            self.weigh(batch, rows, row, &mut event)
        };
        let store = &mut self.stretch.batches[batch as usize];
        if !keep {
            store.bytes.truncate(offset as usize);
            return None;
        }
        // One byte more: no two records begin at one place.
        store.bytes.push(b'\n');
        if let (Some(told), false) = (&mut store.told, derived) {
            told.places.push((offset, row));
        }
        store.events.push(event);
        Some((batch, store.events.len() as u32 - 1))
    }

    /// Counts a record, and whether the filter keeps it.
    fn weigh(&mut self, batch: u32, rows: &StoredRows, row: u32, event: &mut Event) -> bool {
        let filter = self.filter;
        let store = &mut self.stretch.batches[batch as usize];
        let new = filter.marks && !self.marked && tally(&mut self.seen, batch, &mut store.tallies, event);
        if new {
            event.flags.set(Flags::FIRST);
        }
        let text = &store.bytes[event.offset as usize..(event.offset + event.len) as usize];
        let program = rows.program(row).map(|(program, _)| program);
        let matches = filter.matches(event.level, rows.host(row), program, text);
        if matches {
            event.flags.set(Flags::MATCH);
        }
        let keep = matches || filter.keep_all;
        if new && keep {
            let index = store.events.len() as u32;
            if let Some(tally) = store.tallies.last_mut() {
                tally.first = index;
            }
        }
        keep
    }

    /// The batch of a file's records, or of what is derived from them.
    fn batch(&mut self, file: FileId, source: SourceId, derived: bool, rows: &Arc<StoredRows>) -> u32 {
        let batches = &mut self.stretch.batches;
        let of = (!derived).then_some(Arc::as_ptr(rows) as usize);
        if let Some(index) = self.open.get(&(file, of)) {
            return *index;
        }
        let told = (!derived).then(|| Told { rows: Arc::clone(rows) as _, places: Vec::new() });
        batches.push(Batch { told, ..Batch::new(file, source, file.0) });
        let index = batches.len() as u32 - 1;
        self.open.insert((file, of), index);
        index
    }

    /// The stretch.
    pub(super) fn finish(mut self) -> Stored {
        if !self.filter.fold_copies {
            self.unfold();
        }
        for batch in &mut self.stretch.batches {
            batch.printable = is_printable(&batch.bytes);
        }
        self.stretch
    }
}

impl Builder<'_> {
    /// Makes every copy an event of its own, in its place.
    fn unfold(&mut self) {
        let Stored { batches, order, also } = &mut self.stretch;
        order.iter_mut().for_each(|(_, count)| *count = 0);
        order.extend(also.drain(..).map(|place| (place, 0)));
        // At one instant the files stand in their order, and what is derived behind them.
        order.sort_by_key(|((batch, event), _)| {
            let batch = &batches[*batch as usize];
            let event = &batch.events[*event as usize];
            (event.key, event.flags.has(Flags::DERIVED), batch.rank, event.line)
        });
    }
}

/// The place whose stamp is finest: what stands in for an event that is not asked for.
fn finest(batches: &[Batch], places: &[Place]) -> Option<usize> {
    let width = |(batch, event): Place| {
        let event = &batches[batch as usize].events[event as usize];
        Resolution::from_code(event.resolution).width()
    };
    (0..places.len()).min_by_key(|index| width(places[*index]))
}

/// Counts an event; whether it is the first of its pattern here.
fn tally(seen: &mut HashMap<(u32, u64), u32>, batch: u32, tallies: &mut Vec<Tally>, event: &Event) -> bool {
    let next = tallies.len() as u32;
    let index = *seen.entry((batch, event.pattern)).or_insert(next);
    if let Some(tally) = tallies.get_mut(index as usize) {
        tally.count += 1;
        tally.level = tally.level.max(event.level);
        tally.last_key = tally.last_key.max(event.key);
        return false;
    }
    tallies.push(Tally {
        pattern: event.pattern,
        first_key: event.key,
        first_line: event.line,
        first: u32::MAX,
        last_key: event.key,
        count: 1,
        level: event.level,
    });
    true
}

/// What a derived event is.
fn derive(rows: &StoredRows, row: u32, file: FileId, event: &Event) -> Derived {
    let mut fields = Vec::new();
    rows.fields(row, &mut |name, value| fields.push((name.to_owned(), value.to_owned())));
    let bounds = Instant { earliest: i64::MIN, best: event.key, latest: i64::MAX, basis: Basis::default() };
    Derived {
        file,
        line: rows.line.value(row as usize),
        lines: event.lines,
        instant: rows.instant(row).unwrap_or(bounds),
        resolution: Resolution::from_code(event.resolution),
        stamp: rows.stamp(row).map(str::to_owned),
        host: rows.host(row).map(str::to_owned),
        program: rows.program(row).map(|(program, _)| program.to_owned()),
        level: event.level,
        message: String::from_utf8_lossy(rows.message(row)).into_owned(),
        fields,
    }
}
