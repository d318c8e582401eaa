//! A stretch of the timeline as columns: pure work, done on many threads at once. The writer numbers its rows.

use std::ops::Range;
use std::sync::Arc;

use arrow_array::builder::{
    BinaryBuilder, Int64Builder, ListBuilder, MapBuilder, MapFieldNames, StringBuilder,
    TimestampMicrosecondBuilder, UInt32Builder, UInt64Builder,
};
use arrow_array::{ArrayRef, RecordBatch, UInt32Array, UInt64Array};
use arrow_schema::{DataType, Field};
use memchr::memmem;

use super::fault;
use super::outline::Outliner;
use super::schema::{Column, schema};
use super::series::Samples;
use super::shape::{Part, arrange, push_shape};
use crate::base::{Batch, Event, Flags, Instant, NANOS_PER_SECOND, Result};
use crate::grammar::Known;
use crate::present::start_text;
use crate::view::{Entry, Record, Scene};

/// Nanoseconds of a microsecond, the unit of the columns.
pub(super) const MICRO: i64 = 1_000;

/// What a row keeps of its event beside the contract: bits of one number, as it is the same for most rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Facts {
    /// Bits of [`Flags`].
    pub flags: u8,
    /// Whether lines show the end of the record's text as it is.
    pub tail: bool,
    /// Whether the program is that of the format, and not named in the record.
    pub program_of_format: bool,
    /// Code of [`Resolution`].
    pub resolution: u8,
    /// Where the part worth printing starts.
    pub body: u16,
    /// Where the message starts.
    pub message: u16,
}

impl Facts {
    /// As one number.
    pub(super) fn pack(self) -> u64 {
        u64::from(self.flags)
            | u64::from(self.tail) << 8
            | u64::from(self.program_of_format) << 9
            | u64::from(self.resolution) << 16
            | u64::from(self.body) << 24
            | u64::from(self.message) << 40
    }

    /// The inverse of [`Facts::pack`].
    pub(super) fn unpack(bits: u64) -> Self {
        Self {
            flags: bits as u8,
            tail: bits >> 8 & 1 == 1,
            program_of_format: bits >> 9 & 1 == 1,
            resolution: (bits >> 16) as u8,
            body: (bits >> 24) as u16,
            message: (bits >> 40) as u16,
        }
    }
}

/// Nanoseconds below the microseconds of three instants, as one number.
pub(super) fn pack_below(times: [Option<i64>; 3]) -> u32 {
    times.iter().fold(0, |bits, time| bits << 10 | time.map_or(0, |time| time.rem_euclid(MICRO)) as u32)
}

/// The inverse of [`pack_below`].
pub(super) fn unpack_below(bits: u32) -> [i64; 3] {
    [bits >> 20, bits >> 10, bits].map(|bits| i64::from(bits & 0x3ff))
}

/// The day, counted from 1970 in UTC, in whose folder an event stands.
pub(super) fn day(key: i64) -> i64 {
    key.div_euclid(86_400 * NANOS_PER_SECOND)
}

/// Events of one day in a row, as columns; numbered from 0 within their piece.
#[derive(Debug)]
pub(super) struct Slice {
    /// Days since 1970.
    pub day: i64,
    /// Keys of the first and of the last event.
    pub keys: (i64, i64),
    /// The columns.
    pub batch: RecordBatch,
}

/// A stretch of the timeline as columns.
#[derive(Debug, Default)]
pub struct Piece {
    /// Events, in order.
    pub(super) events: Vec<Slice>,
    /// Copies of events, each numbered as the event that it is a copy of.
    pub(super) copies: Vec<Slice>,
    /// What its records tell of series.
    pub(super) samples: Samples,
    /// How many events.
    pub(super) count: u64,
    /// Outlines of all these records.
    pub(super) outliner: Outliner,
}

/// Makes a piece of the entries of a stretch.
#[derive(Debug)]
pub struct PieceBuilder<'a> {
    scene: &'a Scene<'a>,
    piece: Piece,
    events: Option<Open>,
    copies: Option<Open>,
}

/// Rows of one day on their way into columns.
#[derive(Debug)]
struct Open {
    day: i64,
    keys: (i64, i64),
    rows: Rows,
}

impl<'a> PieceBuilder<'a> {
    /// An empty piece.
    pub fn new(scene: &'a Scene<'a>) -> Self {
        let piece = Piece { outliner: Outliner::new(), ..Piece::default() };
        Self { scene, piece, events: None, copies: None }
    }

    /// Adds an event and its copies.
    pub fn push(&mut self, entry: Entry<'_>) -> Result<()> {
        let number = self.piece.count;
        self.piece.count += 1;
        // A copy stands in the folder of its event: they are read together.
        let at = entry.event.key;
        self.piece.samples.add(self.scene, (entry.batch, entry.event), number);
        let outliner = &mut self.piece.outliner;
        let rows = open(&mut self.events, &mut self.piece.events, at)?;
        rows.push(self.scene, (entry.batch, entry.event), number);
        rows.outline(outliner, entry.batch.record(entry.event), false);
        for (batch, event) in entry.also {
            let rows = open(&mut self.copies, &mut self.piece.copies, at)?;
            rows.push(self.scene, (batch, event), number);
            // Whoever counts events does not count their copies.
            rows.outline(outliner, batch.record(event), true);
        }
        Ok(())
    }

    /// The piece.
    pub fn finish(mut self) -> Result<Piece> {
        self.piece.events.extend(self.events.map(Open::close).transpose()?);
        self.piece.copies.extend(self.copies.map(Open::close).transpose()?);
        Ok(self.piece)
    }
}

/// The open rows of the day of `key`; those of the day before are closed.
fn open<'a>(rows: &'a mut Option<Open>, closed: &mut Vec<Slice>, key: i64) -> Result<&'a mut Rows> {
    if let Some(done) = rows.take_if(|rows| rows.day != day(key)) {
        closed.push(done.close()?);
    }
    let open = rows.get_or_insert_with(|| Open { day: day(key), keys: (key, key), rows: Rows::default() });
    open.keys.1 = key;
    Ok(&mut open.rows)
}

impl Open {
    fn close(self) -> Result<Slice> {
        Ok(Slice { day: self.day, keys: self.keys, batch: self.rows.finish()? })
    }
}

/// Columns under construction.
#[derive(Debug)]
struct Rows {
    time: TimestampMicrosecondBuilder,
    earliest: TimestampMicrosecondBuilder,
    latest: TimestampMicrosecondBuilder,
    seq: UInt64Builder,
    source: StringBuilder,
    file: StringBuilder,
    host: StringBuilder,
    program: StringBuilder,
    format: StringBuilder,
    level: StringBuilder,
    pattern: StringBuilder,
    line: UInt64Builder,
    lines: UInt32Builder,
    pid: UInt32Builder,
    stamp: StringBuilder,
    message: StringBuilder,
    basis: ListBuilder<StringBuilder>,
    marks: ListBuilder<StringBuilder>,
    fields: MapBuilder<StringBuilder, StringBuilder>,
    shape: BinaryBuilder,
    facts: UInt64Builder,
    below: UInt32Builder,
    at: Int64Builder,
    from: Int64Builder,
    until: Int64Builder,
    odd: BinaryBuilder,
    outline: UInt32Builder,
    scratch: Scratch,
}

/// Buffers that rows share.
#[derive(Debug, Default)]
struct Scratch {
    message: Vec<u8>,
    shape: Vec<u8>,
    parts: Vec<(Range<usize>, Part)>,
}

impl Default for Rows {
    fn default() -> Self {
        let words =
            || ListBuilder::new(StringBuilder::new()).with_field(Field::new("item", DataType::Utf8, false));
        let names =
            MapFieldNames { entry: "key_value".to_owned(), key: "key".to_owned(), value: "value".to_owned() };
        let time = || TimestampMicrosecondBuilder::new().with_timezone("UTC");
        Self {
            time: time(),
            earliest: time(),
            latest: time(),
            seq: UInt64Builder::new(),
            source: StringBuilder::new(),
            file: StringBuilder::new(),
            host: StringBuilder::new(),
            program: StringBuilder::new(),
            format: StringBuilder::new(),
            level: StringBuilder::new(),
            pattern: StringBuilder::new(),
            line: UInt64Builder::new(),
            lines: UInt32Builder::new(),
            pid: UInt32Builder::new(),
            stamp: StringBuilder::new(),
            message: StringBuilder::new(),
            basis: words(),
            marks: words(),
            fields: MapBuilder::new(Some(names), StringBuilder::new(), StringBuilder::new()),
            shape: BinaryBuilder::new(),
            facts: UInt64Builder::new(),
            below: UInt32Builder::new(),
            at: Int64Builder::new(),
            from: Int64Builder::new(),
            until: Int64Builder::new(),
            odd: BinaryBuilder::new(),
            outline: UInt32Builder::new(),
            scratch: Scratch::default(),
        }
    }
}

/// Text for a column: bytes that are no UTF-8 become U+FFFD, as they do in JSON.
fn text(bytes: &[u8]) -> std::borrow::Cow<'_, str> {
    String::from_utf8_lossy(bytes)
}

/// Where a part stands in a text, if it is a piece of that text and not a copy.
fn place(text: &[u8], part: &[u8]) -> Option<Range<usize>> {
    let start = (part.as_ptr() as usize).checked_sub(text.as_ptr() as usize)?;
    let end = start.checked_add(part.len())?;
    (end <= text.len() && std::str::from_utf8(part).is_ok()).then_some(start..end)
}

/// Where a part stands in a text: itself, or what says the same from `from` on. A value out of JSON is a copy, and
/// so is everything out of a store.
fn find(text: &[u8], part: &[u8], from: usize) -> Option<Range<usize>> {
    place(text, part).or_else(|| next_word(text, part, from))
}

/// Where a value stands next in a text, as a word of its own.
fn next_word(text: &[u8], value: &[u8], from: usize) -> Option<Range<usize>> {
    let inside = |at: usize| text.get(at).is_some_and(u8::is_ascii_alphanumeric);
    let starts = memmem::find_iter(text.get(from..)?, value).take(4).map(|at| from + at);
    let mut words = starts.map(|start| start..start + value.len());
    let whole = words.find(|word| !inside(word.start.wrapping_sub(1)) && !inside(word.end))?;
    (!value.is_empty() && std::str::from_utf8(value).is_ok()).then_some(whole)
}

impl Rows {
    /// Notes the outline of the record that was just added.
    fn outline(&mut self, outliner: &mut Outliner, text: &[u8], copy: bool) {
        self.outline.append_value(outliner.push(text, &self.scratch.parts, copy));
    }

    fn push(&mut self, scene: &Scene<'_>, (batch, event): (&Batch, &Event), number: u64) {
        let record = Record::read(scene, batch, event);
        let file = scene.file(batch.file);
        self.scratch.parts.clear();
        self.times(batch, event, record.instant);
        self.seq.append_value(number);
        self.source.append_value(&file.source);
        self.file.append_value(&file.name);
        self.line.append_value(batch.line(event));
        self.lines.append_value(event.lines);
        self.format.append_value(record.format());
        self.level.append_option(event.level.word());
        self.pattern.append_value(format!("p{:016x}", event.pattern));
        for word in record.instant.iter().flat_map(|instant| instant.basis.words()) {
            self.basis.values().append_value(word);
        }
        self.basis.append(true);
        if event.flags.has(Flags::DERIVED) {
            self.marks.values().append_value("derived");
        } else if event.flags.has(Flags::FIRST) {
            self.marks.values().append_value("first");
        }
        self.marks.append(true);
        self.parts(&record, event);
        self.shape.append_value({
            self.scratch.shape.clear();
            arrange(&mut self.scratch.parts);
            push_shape(&mut self.scratch.shape, record.text, &self.scratch.parts);
            &self.scratch.shape
        });
        let mut flags = event.flags;
        flags.clear(Flags::MATCH);
        flags.clear(Flags::TOLD);
        let facts = Facts {
            flags: flags.bits(),
            tail: scene.is_tail(batch, event),
            program_of_format: record.part(Known::Program).is_none(),
            resolution: event.resolution,
            body: event.body,
            message: event.message,
        };
        self.facts.append_value(facts.pack());
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

    /// What it says, and where in its text the parts stand.
    fn parts(&mut self, record: &Record<'_>, event: &Event) {
        let Scratch { message, parts, .. } = &mut self.scratch;
        let mut found = |part: Part, bytes: Option<&[u8]>| {
            let range = bytes.and_then(|bytes| find(record.text, bytes, 0));
            parts.extend(range.map(|range| (range, part)));
        };
        let (stamp, host) = (record.part(Known::Time), record.part(Known::Host));
        found(Part::Stamp, stamp);
        found(Part::Host, host);
        found(Part::Program, record.part(Known::Program));
        self.stamp.append_option(stamp.map(text));
        self.host.append_option(host.map(text));
        self.program.append_option(record.program().map(text));
        let pid = record.part(Known::Pid);
        let number = pid.and_then(|pid| std::str::from_utf8(pid).ok()?.parse::<u32>().ok());
        self.pid.append_option(number);
        // `007` does not come back from a number.
        found(
            Part::Pid,
            pid.filter(|pid| number.is_some_and(|number| number.to_string().as_bytes() == *pid)),
        );
        message.clear();
        record.message(message);
        self.message.append_value(text(message));
        let at = usize::from(event.message);
        let odd = std::str::from_utf8(message).is_err();
        self.odd.append_option(odd.then_some(&*message));
        if !odd && record.text.get(at..).is_some_and(|tail| tail.starts_with(message)) {
            parts.push((at..at + message.len(), Part::Message));
        }
        let (mut count, mut cursor) = (0_usize, 0);
        record.fields(|name, value| {
            let range = find(record.text, value, cursor);
            if let (Ok(place_of), Some(range)) = (u8::try_from(count), range) {
                cursor = range.end;
                parts.push((range, Part::Field(place_of)));
            }
            count += 1;
            self.fields.keys().append_value(name);
            self.fields.values().append_value(text(value));
        });
        if let Some(start) = start_text(record, event) {
            self.fields.keys().append_value("start");
            self.fields.values().append_value(start);
        }
        // The builder counts keys and values alike: they are appended in pairs.
        let _ = self.fields.append(true);
    }

    fn finish(mut self) -> Result<RecordBatch> {
        let columns: Vec<ArrayRef> = vec![
            Arc::new(self.time.finish()),
            Arc::new(self.earliest.finish()),
            Arc::new(self.latest.finish()),
            Arc::new(self.seq.finish()),
            Arc::new(self.source.finish()),
            Arc::new(self.file.finish()),
            Arc::new(self.host.finish()),
            Arc::new(self.program.finish()),
            Arc::new(self.format.finish()),
            Arc::new(self.level.finish()),
            Arc::new(self.pattern.finish()),
            Arc::new(self.line.finish()),
            Arc::new(self.lines.finish()),
            Arc::new(self.pid.finish()),
            Arc::new(self.stamp.finish()),
            Arc::new(self.message.finish()),
            Arc::new(self.basis.finish()),
            Arc::new(self.marks.finish()),
            Arc::new(self.fields.finish()),
            Arc::new(self.shape.finish()),
            Arc::new(self.facts.finish()),
            Arc::new(self.below.finish()),
            Arc::new(self.at.finish()),
            Arc::new(self.from.finish()),
            Arc::new(self.until.finish()),
            Arc::new(self.odd.finish()),
            Arc::new(self.outline.finish()),
        ];
        RecordBatch::try_new(schema(), columns).map_err(|error| fault(&error))
    }
}

/// The rows of a slice, counted on from `first`, with the outlines that those of the slice are in all.
pub(super) fn numbered(batch: &RecordBatch, first: u64, outlines: &[u32]) -> Result<RecordBatch> {
    let mut columns = batch.columns().to_vec();
    let (seq, outline) = (Column::Seq as usize, Column::Outline as usize);
    if let Some(numbers) = columns[seq].as_any().downcast_ref::<UInt64Array>() {
        columns[seq] = Arc::new(numbers.unary::<_, arrow_array::types::UInt64Type>(|number| number + first));
    }
    if let Some(ids) = columns[outline].as_any().downcast_ref::<UInt32Array>() {
        let known = |id: u32| outlines.get(id as usize).copied().unwrap_or(u32::MAX);
        columns[outline] = Arc::new(ids.unary::<_, arrow_array::types::UInt32Type>(known));
    }
    RecordBatch::try_new(batch.schema(), columns).map_err(|error| fault(&error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Resolution;

    #[test]
    fn what_is_packed_comes_back() {
        let facts = Facts {
            flags: 0xa5,
            tail: true,
            program_of_format: false,
            resolution: Resolution::LEAP.code(),
            body: u16::MAX,
            message: 17,
        };
        assert_eq!(Facts::unpack(facts.pack()), facts);
        assert_eq!(unpack_below(pack_below([Some(-1), None, Some(123_456_789)])), [999, 0, 789]);
    }
}
