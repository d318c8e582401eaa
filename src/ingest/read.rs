//! The read pass: one chunk's bytes, its grammars and its clock to a batch of events. The hot loop.
//!
//! Per line: one look at its head, one run over the rest, one hash of its message. No allocation, no
//! UTF-8 check, no field that nobody asked for.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use super::filter::Filter;
use super::gaps::Gaps;
use super::interval::Interval;
use crate::base::{Event, Flags, Gap, Level, Start, Tally};
use crate::clock::{ChunkSpan, Clock, Landmark, packed_resolution};
use crate::grammar::{Grammar, GrammarId, Head, Known, Reading, Slots};
use crate::pattern::{LevelRules, Skeleton};
use crate::survey::{Layouts, lines};
use crate::witness::OddWriter;

/// Patterns are hashes already.
#[derive(Default)]
struct Same(u64);

impl Hasher for Same {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, _: &[u8]) {}
    fn write_u64(&mut self, value: u64) {
        self.0 = value;
    }
}

/// Reads chunks; one per thread, reused for many chunks.
#[derive(Default)]
pub struct ChunkReader {
    slots: Slots,
    /// Pattern to index in `tallies`.
    seen: HashMap<u64, u32, BuildHasherDefault<Same>>,
    /// A message without the escapes of its format.
    decoded: Vec<u8>,
    /// Level that the words of a pattern suggest, per tally, once asked.
    suggested: Vec<Option<Level>>,
}

impl std::fmt::Debug for ChunkReader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ChunkReader")
    }
}

/// What is known of lines beside their events.
#[derive(Clone, Debug, Default)]
pub struct Notes {
    /// What bounds undated records.
    pub gaps: Vec<Gap>,
    /// Since when rows cover their time.
    pub starts: Vec<Start>,
}

impl Notes {
    /// Forgets everything.
    pub fn clear(&mut self) {
        self.gaps.clear();
        self.starts.clear();
    }
}

/// What a chunk is read with.
pub struct Context<'a> {
    /// The file's formats.
    pub layouts: Layouts<'a>,
    /// The file's clock.
    pub clock: &'a Clock,
    /// Levels from words.
    pub rules: &'a LevelRules,
    /// What to keep.
    pub filter: &'a Filter,
    /// The chunk's place in time, as settled.
    pub span: ChunkSpan,
    /// The file's modification time.
    pub mtime: Option<i64>,
    /// When the file was made, where that bounds its records.
    pub birth: Option<i64>,
    /// Rows of an interval tool at the chunk's beginning.
    pub interval: Interval,
    /// Lines of the chunk whose time other logs tell, where no record of the file has a stamp.
    pub landmarks: &'a [Landmark],
    /// Offset of the chunk in its file.
    pub start: u64,
    /// `(earliest, latest)` of the first dated record behind the chunk; needed only where undated ones may
    /// end it.
    pub behind: Option<(i64, i64)>,
}

impl ChunkReader {
    /// Reads the records of `bytes` into `events` (in time order) and `tallies`, and what is known of lines
    /// beside them into `notes`.
    pub fn read(
        &mut self,
        context: &Context<'_>,
        bytes: &[u8],
        events: &mut Vec<Event>,
        tallies: &mut Vec<Tally>,
        notes: &mut Notes,
    ) {
        let filter = context.filter;
        if filter.skip_chunks && filter.text.as_ref().is_some_and(|text| text.rules_out(bytes)) {
            return;
        }
        self.seen.clear();
        self.suggested.clear();
        let mut clock = context.clock.reader(&context.span);
        let mut last_key = context.span.carry;
        let Notes { gaps, starts } = notes;
        let mut gaps = Gaps::new(context, gaps);
        let mut interval = context.interval;
        let mut landmarks = context.landmarks.iter().peekable();
        let mut open = false; // whether the last record is kept, and so its continuation lines are
        let mut before_any = true;
        let mut first_place = None;
        for (number, (offset, next, line)) in lines(bytes, 0).enumerate() {
            let begun = context.layouts.begins(&bytes[offset..], line.len(), &mut self.slots);
            clock.heed(&context.layouts, line, begun.as_ref(), &mut self.slots);
            let Some((grammar, head)) = begun else {
                interval.beside(&context.layouts, line, &mut self.slots, &mut clock);
                if before_any {
                    let event = self.loose(context, (offset, number), line, last_key, &mut gaps, tallies);
                    events.extend(event);
                } else if let Some(event) = events.last_mut().filter(|_| open) {
                    event.lines += 1;
                    if !line.is_empty() {
                        event.len = (offset + line.len()) as u32 - event.offset;
                    }
                }
                continue;
            };
            before_any = false;
            let odd = match context.clock.writers.is_empty() {
                true => None,
                false => self.odd(context, grammar, line, &head),
            };
            let key = head.stamp.and_then(|stamp| clock.key(&stamp, odd));
            match key {
                Some(key) => gaps.dated(number, key, head.stamp.as_ref(), odd),
                None => {
                    let here = |mark: &&Landmark| mark.offset <= context.start + offset as u64;
                    match landmarks.next_if(here) {
                        Some(mark) => {
                            gaps.landmark(number, mark);
                            last_key = Some(mark.earliest);
                        }
                        None => gaps.undated(number, last_key),
                    }
                }
            }
            let place = key.or(last_key);
            last_key = place;
            first_place = first_place.or(place);
            let found = interval.record(context.layouts.set.get(grammar), line, &self.slots, key);
            Interval::note(starts, number, found);
            let seen = match (&filter.as_written, key, &head.stamp) {
                (Some(zone), Some(key), Some(stamp)) => {
                    context.clock.as_written(stamp, key, context.span.segment, odd, zone)
                }
                _ => place,
            };
            open = seen.is_none_or(|key| (filter.since..filter.until).contains(&key));
            if !open {
                continue;
            }
            // A format whose level or message stands on the next line needs that line read along.
            let more = context.layouts.set.get(grammar).layout_lines - 1;
            let text =
                if more == 0 { line } else { self.with_next(context, bytes, (offset, next), line, more) };
            let mut event = self.event(context, (grammar, &head), (offset, number), text, place, tallies);
            event.len = line.len() as u32;
            event.flags.set(gaps.flags(key));
            events.push(if key.is_some() { event } else { undated(event) });
        }
        gaps.end();
        if !place_head(events, tallies, context, first_place) {
            self.recount(events, tallies, filter.marks);
        }
        self.finish(events, tallies, filter, bytes);
    }

    /// A line above the file's first record: a record of its own, undated.
    #[cold]
    fn loose(
        &mut self,
        context: &Context<'_>,
        (offset, number): (usize, usize),
        line: &[u8],
        place: Option<i64>,
        gaps: &mut Gaps<'_>,
        tallies: &mut Vec<Tally>,
    ) -> Option<Event> {
        let plain = context.layouts.set.plain();
        let head = context.layouts.set.get(plain).begins(line, &mut self.slots)?;
        if line.is_empty() {
            return None;
        }
        gaps.undated(number, place);
        let Filter { since, until, .. } = context.filter;
        let inside = place.is_none_or(|key| (*since..*until).contains(&key));
        inside.then(|| undated(self.event(context, (plain, &head), (offset, number), line, place, tallies)))
    }

    /// How the clock of a record's writer differs from the file's.
    #[cold]
    fn odd<'c>(
        &mut self,
        context: &Context<'c>,
        grammar: GrammarId,
        line: &[u8],
        head: &Head,
    ) -> Option<&'c OddWriter> {
        context.layouts.set.get(grammar).read(line, head, &mut self.slots, false);
        let part = |part: Known| self.slots.known(part).map(|span| span.of(line));
        context.clock.odd(part(Known::Host), part(Known::Program))
    }

    /// A record's first line with up to `more` of the lines behind it that begin no record.
    #[cold]
    fn with_next<'b>(
        &self,
        context: &Context<'_>,
        bytes: &'b [u8],
        (offset, next): (usize, usize),
        line: &'b [u8],
        more: usize,
    ) -> &'b [u8] {
        let mut slots = Slots::default();
        let following = lines(bytes, next).take(more);
        following
            .take_while(|(at, _, line)| {
                context.layouts.begins(&bytes[*at..], line.len(), &mut slots).is_none()
            })
            .last()
            .map_or(line, |(start, _, last)| &bytes[offset..start + last.len()])
    }

    /// One record's event; without a place yet its key is `i64::MIN`.
    #[inline]
    fn event(
        &mut self,
        context: &Context<'_>,
        (mut grammar_id, head): (GrammarId, &Head),
        (offset, number): (usize, usize),
        line: &[u8],
        place: Option<i64>,
        tallies: &mut Vec<Tally>,
    ) -> Event {
        let key = place.unwrap_or(i64::MIN);
        let set = context.layouts.set;
        let filter = context.filter;
        let quick = !filter.names_fields();
        let mut reading = set.get(grammar_id).read(line, head, &mut self.slots, quick);
        if !reading.whole && grammar_id != set.plain() {
            (grammar_id, reading) = self.second_opinion(context, grammar_id, head, line, reading);
        }
        let grammar = set.get(grammar_id);
        let mut flags = Flags::default();
        if filter.names_fields() && filter.wants_fields(grammar, line, &self.slots) || !filter.names_fields()
        {
            flags.set(Flags::MATCH);
        }
        let pattern = self.pattern(grammar, line, &reading);
        let (tally, new) = self.tally(pattern, tallies);
        if new && filter.marks {
            flags.set(Flags::FIRST);
        }
        let level = match reading.level {
            // A pattern made of fields says nothing of the words around them.
            Level::Unknown if grammar.has_pattern_parts() && reading.whole => Level::Unknown,
            Level::Unknown => {
                flags.set(Flags::LEVEL_INFERRED);
                *self.suggested[tally].get_or_insert_with(|| context.rules.suggest(reading.message.of(line)))
            }
            level => level,
        };
        let small = |at: u32| u16::try_from(at).unwrap_or(0);
        let event = Event {
            key,
            pattern,
            offset: offset as u32,
            len: line.len() as u32,
            line: number as u32,
            lines: 1,
            body: small(reading.body),
            message: small(reading.message.start),
            layout: grammar_id.0,
            level,
            flags,
            resolution: head.stamp.as_ref().map_or(0, packed_resolution),
        };
        tallies[tally].add(&event, new);
        event
    }

    /// A line whose head fits its file's format and whose rest does not may be whole in another
    /// format with the same stamp: two daemons share the file.
    #[cold]
    fn second_opinion(
        &mut self,
        context: &Context<'_>,
        first: GrammarId,
        head: &Head,
        line: &[u8],
        reading: Reading,
    ) -> (GrammarId, Reading) {
        let set = context.layouts.set;
        let primary = set.get(first);
        for id in set.secondary_of(line).iter().copied().filter(|id| *id != first) {
            if !set.get(id).is_ruled_out(line, primary, head)
                && let Some(other) = set.get(id).begins(line, &mut self.slots)
                && other.stamp == head.stamp
                && other.stamp.is_some()
            {
                let reading = set.get(id).read(line, &other, &mut self.slots, false);
                if reading.whole {
                    return (id, reading);
                }
            }
        }
        // Nobody reads it whole: back to the head alone.
        match set.get(first).begins(line, &mut self.slots) {
            Some(head) => (first, set.get(first).read(line, &head, &mut self.slots, false)),
            None => (first, reading),
        }
    }

    #[inline]
    fn pattern(&mut self, grammar: &Grammar, line: &[u8], reading: &Reading) -> u64 {
        let mut skeleton = Skeleton::new(grammar.class);
        if grammar.has_pattern_parts() && reading.whole {
            for (value, keep) in grammar.pattern_parts(line, &self.slots) {
                if keep { skeleton.exact(value) } else { skeleton.variable(value) }
            }
            return skeleton.finish();
        }
        if let Some(program) = self.slots.known(Known::Program) {
            skeleton.variable(program.of(line));
        }
        match &grammar.table {
            // Rows are padded: how many blanks stand between two cells says nothing.
            Some(_) => {
                let cells = reading.message.of(line).split(u8::is_ascii_whitespace);
                cells.filter(|cell| !cell.is_empty()).for_each(|cell| skeleton.variable(cell));
            }
            // What JSON escapes is what other spellings of the record write out.
            None if grammar.is_escaped(reading.message.of(line)) => {
                self.decoded.clear();
                grammar.value(line, reading.message, &mut self.decoded);
                skeleton.variable(self.decoded.trim_ascii_start());
            }
            // Blanks at a message's beginning are lost in some spellings of a record.
            None => skeleton.variable(reading.message.of(line).trim_ascii_start()),
        }
        skeleton.finish()
    }

    /// The tally of a pattern, and whether it is new.
    #[inline]
    fn tally(&mut self, pattern: u64, tallies: &mut Vec<Tally>) -> (usize, bool) {
        if let Some(index) = self.seen.get(&pattern) {
            return (*index as usize, false);
        }
        let index = tallies.len();
        self.seen.insert(pattern, index as u32);
        tallies.push(Tally {
            pattern,
            first_key: i64::MAX,
            first_line: 0,
            first: u32::MAX,
            last_key: i64::MIN,
            count: 0,
            level: Level::Unknown,
        });
        self.suggested.push(None);
        (index, true)
    }

    /// Counts patterns once more, of the events that are left.
    #[cold]
    fn recount(&mut self, events: &mut [Event], tallies: &mut Vec<Tally>, marks: bool) {
        self.seen.clear();
        self.suggested.clear();
        tallies.clear();
        for event in events {
            let (tally, new) = self.tally(event.pattern, tallies);
            event.flags.clear(Flags::FIRST);
            if new && marks {
                event.flags.set(Flags::FIRST);
            }
            tallies[tally].add(event, new);
        }
    }

    /// Puts events in time order, drops what the filter does not want, ties tallies to their events.
    fn finish(&self, events: &mut Vec<Event>, tallies: &mut [Tally], filter: &Filter, bytes: &[u8]) {
        let sorted_here = !events.is_sorted_by_key(|event| event.key);
        if sorted_here {
            events.sort_by_key(|event| event.key);
        }
        if filter.marks && sorted_here {
            // The first in the file need not be the first in time.
            for event in events.iter_mut() {
                event.flags.clear(Flags::FIRST);
                if self.seen.get(&event.pattern).is_some_and(|index| {
                    let tally = &tallies[*index as usize];
                    (tally.first_key, tally.first_line) == (event.key, event.line)
                }) {
                    event.flags.set(Flags::FIRST);
                }
            }
        }
        if !filter.is_empty() {
            filter.apply(events, bytes);
        }
        for (index, event) in events.iter().enumerate().filter(|(_, event)| event.flags.has(Flags::FIRST)) {
            if let Some(tally) = self.seen.get(&event.pattern) {
                tallies[*tally as usize].first = index as u32;
            }
        }
    }
}

fn undated(mut event: Event) -> Event {
    event.flags.set(Flags::UNDATED);
    event
}

/// Records above the first dated one stand right before it, or at the file's mtime when there is none. Returns whether
/// they stand in the time that is asked for; where not, they are taken out.
fn place_head(
    events: &mut Vec<Event>,
    tallies: &mut [Tally],
    context: &Context<'_>,
    first_place: Option<i64>,
) -> bool {
    let waiting = events.iter().take_while(|event| event.key == i64::MIN).count();
    if waiting == 0 {
        return true;
    }
    let key = context.span.head.or(first_place).or(context.mtime).unwrap_or(i64::MAX - 1);
    if !(context.filter.since..context.filter.until).contains(&key) {
        events.drain(..waiting);
        return false;
    }
    for event in &mut events[..waiting] {
        event.key = key;
        if context.span.head.is_none() {
            event.flags.set(Flags::MTIME_ONLY);
        }
    }
    for tally in tallies.iter_mut().filter(|tally| tally.first_key == i64::MIN) {
        tally.first_key = key;
        tally.last_key = tally.last_key.max(key);
    }
    true
}
