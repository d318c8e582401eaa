//! Columns under construction: what one record becomes in each of them.
//!
//! Texts that hardly vary are appended as entries of a dictionary, which the encoder takes as they are.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use arrow_array::builder::{
    ArrayBuilder as _, BinaryBuilder, Int64Builder, ListBuilder, MapBuilder, MapFieldNames, StringBuilder,
    TimestampMicrosecondBuilder, UInt32Builder, UInt64Builder,
};
use arrow_array::{ArrayRef, RecordBatch};
use memchr::memmem;

use super::facts::{Facts, MICRO, pack_below};
use super::fault;
use super::names::Names;
use super::schema::{entry_names, schema, word};
use super::shape::{Part, arrange, push_shape};
use crate::base::{Batch, Event, Flags, Instant, Result};
use crate::grammar::Known;
use crate::present::start_text;
use crate::text::lossy;
use crate::view::{Record, Scene};

/// Columns under construction.
pub(super) struct Rows {
    time: TimestampMicrosecondBuilder,
    earliest: TimestampMicrosecondBuilder,
    latest: TimestampMicrosecondBuilder,
    seq: UInt64Builder,
    source: Names,
    file: Names,
    host: Names,
    program: Names,
    format: Names,
    level: Names,
    pattern: Names,
    line: UInt64Builder,
    lines: UInt32Builder,
    pid: UInt32Builder,
    stamp: StringBuilder,
    message: StringBuilder,
    basis: ListBuilder<Names>,
    marks: ListBuilder<Names>,
    fields: MapBuilder<Names, StringBuilder>,
    shape: Names,
    below: UInt32Builder,
    at: Int64Builder,
    from: Int64Builder,
    until: Int64Builder,
    odd: BinaryBuilder,
    scratch: Scratch,
}

/// Buffers that rows share.
#[derive(Debug, Default)]
struct Scratch {
    message: Vec<u8>,
    shape: Vec<u8>,
    parts: Vec<(Range<usize>, Part)>,
}

impl std::fmt::Debug for Rows {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rows").field("scratch", &self.scratch).finish_non_exhaustive()
    }
}

impl Default for Rows {
    fn default() -> Self {
        let words = || ListBuilder::new(Names::default()).with_field(word());
        let [entry, key, value] = entry_names();
        let names = MapFieldNames { entry, key, value };
        let time = || TimestampMicrosecondBuilder::new().with_timezone("UTC");
        Self {
            time: time(),
            earliest: time(),
            latest: time(),
            seq: UInt64Builder::new(),
            source: Names::default(),
            file: Names::default(),
            host: Names::default(),
            program: Names::default(),
            format: Names::default(),
            level: Names::default(),
            pattern: Names::default(),
            line: UInt64Builder::new(),
            lines: UInt32Builder::new(),
            pid: UInt32Builder::new(),
            stamp: StringBuilder::new(),
            message: StringBuilder::new(),
            basis: words(),
            marks: words(),
            fields: MapBuilder::new(Some(names), Names::default(), StringBuilder::new()),
            shape: Names::default(),
            below: UInt32Builder::new(),
            at: Int64Builder::new(),
            from: Int64Builder::new(),
            until: Int64Builder::new(),
            odd: BinaryBuilder::new(),
            scratch: Scratch::default(),
        }
    }
}

/// A record's text, in which its parts are looked for.
#[derive(Clone, Copy)]
struct Whole<'a> {
    text: &'a [u8],
    /// The same, where it is UTF-8 throughout.
    valid: Option<&'a str>,
}

impl<'a> Whole<'a> {
    fn new(text: &'a [u8]) -> Self {
        Self { text, valid: std::str::from_utf8(text).ok() }
    }

    /// What a part says: looked at once for all parts, where the whole is UTF-8.
    fn said<'p>(self, part: &'p [u8]) -> Cow<'p, str>
    where
        'a: 'p,
    {
        let piece = self.place(part).and_then(|place| self.valid?.get(place));
        piece.map_or_else(|| lossy(part), Cow::Borrowed)
    }

    /// Where a part stands: itself, or what says the same from `from` on. A value that JSON escapes is a copy, and so
    /// is everything out of a store. Only what is UTF-8 stands anywhere: columns hold no other bytes.
    fn find(self, part: &[u8], from: usize) -> Option<Range<usize>> {
        let range = self.place(part).or_else(|| self.next_word(part, from))?;
        // A piece of valid text is valid if it cuts no character.
        let valid = self.valid.is_some_and(|text| text.get(range.clone()).is_some());
        (valid || std::str::from_utf8(part).is_ok()).then_some(range)
    }

    /// Where a part stands, if it is a piece of the text and not a copy.
    fn place(self, part: &[u8]) -> Option<Range<usize>> {
        let start = (part.as_ptr() as usize).checked_sub(self.text.as_ptr() as usize)?;
        let end = start.checked_add(part.len())?;
        (end <= self.text.len()).then_some(start..end)
    }

    /// Where a value stands next, as a word of its own.
    fn next_word(self, value: &[u8], from: usize) -> Option<Range<usize>> {
        let inside = |at: usize| self.text.get(at).is_some_and(u8::is_ascii_alphanumeric);
        let starts = memmem::find_iter(self.text.get(from..)?, value).take(4).map(|at| from + at);
        let mut words = starts.map(|start| start..start + value.len());
        let whole = words.find(|word| !inside(word.start.wrapping_sub(1)) && !inside(word.end))?;
        (!value.is_empty()).then_some(whole)
    }
}

/// A pattern as the contract writes it: `p` and sixteen hexadecimal digits.
fn pattern_text(pattern: u64) -> [u8; 17] {
    let mut digits = [b'p'; 17];
    for (place, digit) in digits[1..].iter_mut().enumerate() {
        *digit = b"0123456789abcdef"[(pattern >> (60 - 4 * place)) as usize & 0xf];
    }
    digits
}

/// The number that a process id is, and whether that comes back as it was written: `007` does not.
fn number(digits: &[u8]) -> Option<(u32, bool)> {
    let number = std::str::from_utf8(digits).ok()?.parse().ok()?;
    let plain = digits.len() == 1 || digits.first().is_some_and(|digit| matches!(digit, b'1'..=b'9'));
    Some((number, plain))
}

impl Rows {
    /// Adds a record, an event or a copy of one, with this number.
    pub(super) fn push(&mut self, scene: &Scene<'_>, (batch, event): (&Batch, &Event), number: u64) {
        let record = Record::read(scene, batch, event);
        let whole = Whole::new(record.text);
        let file = scene.file(batch.file);
        self.scratch.parts.clear();
        self.times(batch, event, record.instant);
        self.seq.append_value(number);
        // Records of one file mostly have the same of what few texts tell, and of one pattern the same shape.
        let (of_file, of_pattern) = (batch.file.0 as usize, event.pattern as usize);
        self.source.push(of_file, file.source.as_bytes());
        self.file.push(of_file, file.name.as_bytes());
        self.line.append_value(batch.line(event));
        self.lines.append_value(event.lines);
        self.format.push(usize::from(event.layout), record.format().as_bytes());
        self.level.push_option(event.level as usize, event.level.word().map(str::as_bytes));
        self.pattern.push(of_pattern, &pattern_text(event.pattern));
        for word in record.instant.iter().flat_map(|instant| instant.basis.words()) {
            self.basis.values().push_next(word.as_bytes());
        }
        self.basis.values().restart();
        self.basis.append(true);
        if event.flags.has(Flags::DERIVED) {
            self.marks.values().push(0, b"derived");
        } else if event.flags.has(Flags::FIRST) {
            self.marks.values().push(1, b"first");
        }
        self.marks.append(true);
        self.heads(&record, whole, (of_file, of_pattern));
        self.message(&record, whole, event);
        self.fields(&record, whole, event);
        let Scratch { shape, parts, .. } = &mut self.scratch;
        arrange(parts);
        let start = usize::from(event.message);
        let in_shape = parts.iter().any(|(range, part)| *part == Part::Message && range.start == start);
        let facts = Facts {
            flags: Facts::kept(event.flags),
            tail: scene.is_tail(batch, event),
            program_of_format: record.part(Known::Program).is_none(),
            message_in_shape: in_shape,
            resolution: event.resolution,
            body: event.body,
            message: if in_shape { 0 } else { event.message },
        };
        shape.clear();
        shape.extend(facts.pack());
        push_shape(shape, record.text, parts);
        self.shape.push(of_pattern, shape);
    }

    /// When it was.
    fn times(&mut self, batch: &Batch, event: &Event, instant: Option<Instant>) {
        let known = |at: i64| (at != i64::MIN && at != i64::MAX).then_some(at);
        let undated = event.flags.has(Flags::UNDATED);
        let time = (!undated).then_some(event.key);
        let earliest = instant.and_then(|instant| known(instant.earliest));
        let latest = instant.and_then(|instant| known(instant.latest));
        self.time.append_option(time.map(|at| at.div_euclid(MICRO)));
        self.earliest.append_option(earliest.map(|at| at.div_euclid(MICRO)));
        self.latest.append_option(latest.map(|at| at.div_euclid(MICRO)));
        self.below.append_value(pack_below([time, earliest, latest]));
        self.at.append_option(undated.then_some(event.key));
        let (from, until) = batch.interval(event);
        let same = instant.is_some_and(|instant| (instant.earliest, instant.latest) == (from, until));
        let apart = !same && (from, until) != (i64::MIN, i64::MAX);
        self.from.append_option(apart.then_some(from));
        self.until.append_option(apart.then_some(until));
    }

    /// Who says it, and where in its text that stands.
    fn heads(&mut self, record: &Record<'_>, whole: Whole<'_>, (of_file, of_pattern): (usize, usize)) {
        let parts = &mut self.scratch.parts;
        let mut found = |part: Part, bytes: Option<&[u8]>| {
            let range = bytes.and_then(|bytes| whole.find(bytes, 0));
            parts.extend(range.map(|range| (range, part)));
        };
        let (stamp, host) = (record.part(Known::Time), record.part(Known::Host));
        found(Part::Stamp, stamp);
        found(Part::Host, host);
        found(Part::Program, record.part(Known::Program));
        self.stamp.append_option(stamp.map(|stamp| whole.said(stamp)));
        self.host.push_option(of_file, host.map(|host| whole.said(host)).as_deref().map(str::as_bytes));
        let program = record.program().map(|program| whole.said(program));
        self.program.push_option(of_pattern, program.as_deref().map(str::as_bytes));
        let pid = record.part(Known::Pid);
        let read = pid.and_then(number);
        self.pid.append_option(read.map(|(number, _)| number));
        found(Part::Pid, pid.filter(|_| read.is_some_and(|(_, plain)| plain)));
    }

    /// What it says, and where that stands.
    fn message(&mut self, record: &Record<'_>, whole: Whole<'_>, event: &Event) {
        let Scratch { message, parts, .. } = &mut self.scratch;
        message.clear();
        record.message(message);
        let at = usize::from(event.message);
        let stands = record.text.get(at..).is_some_and(|tail| tail.starts_with(message));
        let place = at..at + message.len();
        let said = match whole.valid.filter(|_| stands).and_then(|text| text.get(place.clone())) {
            Some(said) => Cow::Borrowed(said),
            None => lossy(message),
        };
        // Only what is borrowed is what was written.
        let odd = matches!(said, Cow::Owned(_));
        if !odd && stands {
            parts.push((place, Part::Message));
        }
        self.message.append_value(said);
        self.odd.append_option(odd.then_some(&*message));
    }

    /// Its fields, and where they stand.
    fn fields(&mut self, record: &Record<'_>, whole: Whole<'_>, event: &Event) {
        let Self { fields, scratch: Scratch { parts, .. }, .. } = self;
        let (mut count, mut cursor) = (0_usize, 0);
        record.fields(|name, value| {
            let range = whole.find(value, cursor);
            if let (Ok(place_of), Some(range)) = (u8::try_from(count), range) {
                cursor = range.end;
                parts.push((range, Part::Field(place_of)));
            }
            count += 1;
            fields.keys().push_next(name.as_bytes());
            fields.values().append_value(whole.said(value));
        });
        if let Some(start) = start_text(record, event) {
            fields.keys().push_next(b"start");
            fields.values().append_value(start);
        }
        fields.keys().restart();
        // The builder counts keys and values alike: they are appended in pairs.
        let _ = fields.append(true);
    }

    /// The columns, in the order of [`schema`].
    pub(super) fn finish(mut self) -> Result<RecordBatch> {
        let columns: Vec<ArrayRef> = vec![
            Arc::new(self.time.finish()),
            Arc::new(self.earliest.finish()),
            Arc::new(self.latest.finish()),
            Arc::new(self.seq.finish()),
            self.source.finish(),
            self.file.finish(),
            self.host.finish(),
            self.program.finish(),
            self.format.finish(),
            self.level.finish(),
            self.pattern.finish(),
            Arc::new(self.line.finish()),
            Arc::new(self.lines.finish()),
            Arc::new(self.pid.finish()),
            Arc::new(self.stamp.finish()),
            Arc::new(self.message.finish()),
            Arc::new(self.basis.finish()),
            Arc::new(self.marks.finish()),
            Arc::new(self.fields.finish()),
            self.shape.finish_bytes(),
            Arc::new(self.below.finish()),
            Arc::new(self.at.finish()),
            Arc::new(self.from.finish()),
            Arc::new(self.until.finish()),
            Arc::new(self.odd.finish()),
        ];
        RecordBatch::try_new(schema(), columns).map_err(|error| fault(&error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_and_process_ids_are_written_as_they_are_read() {
        assert_eq!(&pattern_text(0x00fe_dcba_9876_5432), b"p00fedcba98765432");
        assert_eq!(number(b"811"), Some((811, true)));
        assert_eq!(number(b"0"), Some((0, true)));
        assert_eq!(number(b"007"), Some((7, false)));
        assert_eq!(number(b"+7"), Some((7, false)));
        assert_eq!(number(b""), None);
        assert_eq!(number(b"4294967296"), None);
    }
}
