//! Rows of a part as they are asked for: columns held as they were read, values looked up when somebody wants them.

use std::ops::Range;

use arrow_array::cast::AsArray as _;
use arrow_array::types::{Int32Type, Int64Type, TimestampMicrosecondType, UInt32Type, UInt64Type};
use arrow_array::{
    Array, ArrayRef, ArrowPrimitiveType, BinaryArray, Int32Array, Int64Array, ListArray, MapArray,
    PrimitiveArray, RecordBatch, StringArray, TimestampMicrosecondArray, UInt32Array, UInt64Array,
};

use super::facts::{Facts, MICRO, unpack_below};
use super::schema::Column;
use super::shape::{Part, names_fields, push_text};
use crate::base::{Basis, Error, Instant, Level, Result, ToldRows};

/// A column of numbers.
fn column<T: ArrowPrimitiveType>(batch: &RecordBatch, column: Column) -> Option<&PrimitiveArray<T>> {
    batch.columns().get(column as usize)?.as_primitive_opt()
}

/// The number of a batch's first row.
pub(super) fn first_number(batch: &RecordBatch) -> Option<u64> {
    column::<UInt64Type>(batch, Column::Seq)?.values().first().copied()
}

/// Where a row of a batch stands in time, nanoseconds since 1970.
pub(super) fn key_of(batch: &RecordBatch, row: usize) -> Option<i64> {
    let at = column::<Int64Type>(batch, Column::At).filter(|at| row < at.len())?;
    if at.is_valid(row) {
        return Some(at.value(row));
    }
    let below = unpack_below(column::<UInt32Type>(batch, Column::Below)?.value(row))[0];
    let time = column::<TimestampMicrosecondType>(batch, Column::Time)?.value(row);
    Some(time.saturating_mul(MICRO).saturating_add(below))
}

/// A column of few different texts: each stands once, rows name it.
#[derive(Debug)]
pub(super) struct Names {
    /// For each row the place of its text.
    keys: Int32Array,
    values: StringArray,
}

impl Names {
    fn new(array: &dyn Array, column: Column) -> Result<Self> {
        let names = array.as_dictionary_opt::<Int32Type>().ok_or_else(|| odd(column))?;
        let values = names.values().as_string_opt::<i32>().cloned().ok_or_else(|| odd(column))?;
        Ok(Self { keys: names.keys().clone(), values })
    }

    /// The place of a row's text.
    fn key(&self, row: usize) -> Option<usize> {
        let key = self.keys.is_valid(row).then(|| self.keys.value(row) as usize);
        // Whoever made a store by hand may name what is not there.
        key.filter(|key| *key < self.values.len())
    }

    /// A row's text.
    pub(super) fn get(&self, row: usize) -> Option<&str> {
        self.key(row).map(|key| self.values.value(key))
    }

    /// What each text means.
    fn each<T>(&self, read: impl FnMut(&str) -> T) -> Vec<T> {
        self.values.iter().map(Option::unwrap_or_default).map(read).collect()
    }
}

/// Process ids as text, one behind the other.
#[derive(Debug, Default)]
struct Digits {
    text: String,
    /// For each row where its text ends.
    ends: Vec<u32>,
}

impl Digits {
    fn new(numbers: &UInt32Array) -> Self {
        let mut digits = Self::default();
        for number in numbers {
            let mut buffer = [0; 10];
            let mut start = buffer.len();
            let mut rest = number;
            while let Some(number) = rest {
                start -= 1;
                buffer[start] = b'0' + (number % 10) as u8;
                rest = Some(number / 10).filter(|rest| *rest > 0);
            }
            digits.text.push_str(std::str::from_utf8(&buffer[start..]).unwrap_or_default());
            digits.ends.push(digits.text.len() as u32);
        }
        digits
    }

    fn get(&self, row: usize) -> &str {
        let start = row.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.text[start as usize..self.ends[row] as usize]
    }
}

/// Columns of some rows. Those that were not asked for are empty, and give nothing.
#[derive(Debug)]
pub(super) struct StoredRows {
    time: TimestampMicrosecondArray,
    earliest: TimestampMicrosecondArray,
    latest: TimestampMicrosecondArray,
    pub(super) seq: UInt64Array,
    pub(super) source: Names,
    pub(super) file: Names,
    host: Names,
    program: Names,
    pub(super) format: Names,
    level: Names,
    /// What its texts mean.
    levels: Vec<Level>,
    pattern: Names,
    patterns: Vec<u64>,
    pub(super) line: UInt64Array,
    lines: UInt32Array,
    pid: UInt32Array,
    pids: Digits,
    stamp: StringArray,
    message: StringArray,
    basis: ListArray,
    /// Words of all lists, and what they mean.
    words: Names,
    sets: Vec<Basis>,
    fields: MapArray,
    /// Keys and values of all fields.
    names: Names,
    values: StringArray,
    /// Facts and shapes: for each row the place of its own.
    shapes: Int32Array,
    shape: BinaryArray,
    facts: Vec<Facts>,
    below: UInt32Array,
    at: Int64Array,
    from: Int64Array,
    until: Int64Array,
    odd: BinaryArray,
}

/// What is wrong with a column.
fn odd(column: Column) -> Error {
    Error::new(format!("column {column:?} is not of its type"))
}

fn texts(columns: &[ArrayRef], column: Column) -> Result<StringArray> {
    columns[column as usize].as_string_opt::<i32>().cloned().ok_or_else(|| odd(column))
}

macro_rules! numbers {
    ($columns:expr, $column:expr, $kind:ty) => {
        $columns[$column as usize].as_primitive_opt::<$kind>().cloned().ok_or_else(|| odd($column))
    };
}

impl StoredRows {
    /// The columns that a record's text is made of; the first of them are the fields, which few are made of.
    pub(super) const TEXT: [Column; 7] = [
        Column::Fields,
        Column::Host,
        Column::Program,
        Column::Pid,
        Column::Stamp,
        Column::Message,
        Column::Shape,
    ];

    /// Takes the columns of a batch in the order of [`super::schema`].
    pub(super) fn new(columns: &[ArrayRef]) -> Result<Self> {
        let names = |column: Column| Names::new(&columns[column as usize], column);
        let fields =
            columns[Column::Fields as usize].as_map_opt().cloned().ok_or_else(|| odd(Column::Fields))?;
        let values = fields.values().as_string_opt::<i32>().cloned().ok_or_else(|| odd(Column::Fields))?;
        let basis = columns[Column::Basis as usize].as_list_opt::<i32>().cloned();
        let basis = basis.ok_or_else(|| odd(Column::Basis))?;
        let words = Names::new(basis.values(), Column::Basis)?;
        let shapes = columns[Column::Shape as usize].as_dictionary_opt::<Int32Type>();
        let shapes = shapes.ok_or_else(|| odd(Column::Shape))?;
        let shape = shapes.values().as_binary_opt::<i32>().cloned().ok_or_else(|| odd(Column::Shape))?;
        let (level, pattern) = (names(Column::Level)?, names(Column::Pattern)?);
        let pid = numbers!(columns, Column::Pid, UInt32Type)?;
        Ok(Self {
            time: numbers!(columns, Column::Time, TimestampMicrosecondType)?,
            earliest: numbers!(columns, Column::Earliest, TimestampMicrosecondType)?,
            latest: numbers!(columns, Column::Latest, TimestampMicrosecondType)?,
            seq: numbers!(columns, Column::Seq, UInt64Type)?,
            source: names(Column::Source)?,
            file: names(Column::File)?,
            host: names(Column::Host)?,
            program: names(Column::Program)?,
            format: names(Column::Format)?,
            levels: level.each(|word| Level::parse(word.as_bytes()).unwrap_or(Level::Unknown)),
            level,
            patterns: pattern.each(Self::pattern_of),
            pattern,
            line: numbers!(columns, Column::Line, UInt64Type)?,
            lines: numbers!(columns, Column::Lines, UInt32Type)?,
            pids: Digits::new(&pid),
            pid,
            stamp: texts(columns, Column::Stamp)?,
            message: texts(columns, Column::Message)?,
            basis,
            sets: words.each(|word| Basis::of_word(word).unwrap_or_default()),
            words,
            names: Names::new(fields.keys(), Column::Fields)?,
            fields,
            values,
            shapes: shapes.keys().clone(),
            facts: shape.iter().map(|shape| Facts::unpack(shape.unwrap_or_default()).0).collect(),
            shape,
            below: numbers!(columns, Column::Below, UInt32Type)?,
            at: numbers!(columns, Column::At, Int64Type)?,
            from: numbers!(columns, Column::From, Int64Type)?,
            until: numbers!(columns, Column::Until, Int64Type)?,
            odd: columns[Column::Odd as usize]
                .as_binary_opt::<i32>()
                .cloned()
                .ok_or_else(|| odd(Column::Odd))?,
        })
    }

    /// How many rows.
    pub(super) fn len(&self) -> usize {
        self.shapes.len()
    }

    /// The place of a row's facts and shape.
    fn shape_at(&self, row: u32) -> Option<usize> {
        let at = self.shapes.is_valid(row as usize).then(|| self.shapes.value(row as usize) as usize);
        at.filter(|at| *at < self.facts.len())
    }

    /// What a row keeps of its event.
    pub(super) fn facts(&self, row: u32) -> Facts {
        self.shape_at(row).map(|at| self.facts[at]).unwrap_or_default()
    }

    /// Where it stands in time, nanoseconds since 1970.
    pub(super) fn key(&self, row: u32) -> i64 {
        let row = row as usize;
        if self.at.is_valid(row) {
            return self.at.value(row);
        }
        let below = unpack_below(self.below.value(row))[0];
        self.time.value(row).saturating_mul(MICRO).saturating_add(below)
    }

    /// Its level.
    pub(super) fn level(&self, row: u32) -> Level {
        self.level.key(row as usize).map_or(Level::Unknown, |key| self.levels[key])
    }

    /// Its pattern.
    pub(super) fn pattern(&self, row: u32) -> u64 {
        self.pattern.key(row as usize).map_or(0, |key| self.patterns[key])
    }

    /// Takes rows out of those that are wanted, by what they have in a column of few texts: each text is asked once.
    pub(super) fn keep(
        &self,
        column: Column,
        wanted: &mut [bool],
        mut asked: impl FnMut(Option<&str>) -> bool,
    ) {
        let names = match column {
            Column::Source => &self.source,
            Column::File => &self.file,
            Column::Host => &self.host,
            Column::Program => &self.program,
            Column::Format => &self.format,
            Column::Level => &self.level,
            Column::Pattern => &self.pattern,
            _ => return,
        };
        let known: Vec<bool> = names.values.iter().map(&mut asked).collect();
        let none = asked(None);
        for (row, wanted) in wanted.iter_mut().enumerate().take(self.len()) {
            *wanted &= names.key(row).map_or(none, |key| known[key]);
        }
    }

    /// Physical lines.
    pub(super) fn lines(&self, row: u32) -> u32 {
        self.lines.value(row as usize)
    }

    /// Appends the record's text; where in it the message starts.
    pub(super) fn push_text(&self, row: u32, out: &mut Vec<u8>) -> u16 {
        self.push_parts(row, out, |_, _| {})
    }

    /// The same; `visit` is told where in `out` which part stands.
    pub(super) fn push_parts(
        &self,
        row: u32,
        out: &mut Vec<u8>,
        mut visit: impl FnMut(Range<usize>, Part),
    ) -> u16 {
        let (fields, start) = (self.span(row), out.len());
        let Some(at) = self.shape_at(row) else { return 0 };
        let (facts, shape) = (self.facts[at], Facts::unpack(self.shape.value(at)).1);
        let mut message = usize::from(facts.message);
        push_text(out, shape, |part, place| {
            let text = match part {
                Part::Stamp => self.stamp(row),
                Part::Host => self.host(row),
                Part::Program => self.program.get(row as usize),
                Part::Pid => self.pid(row),
                Part::Message => {
                    if facts.message_in_shape {
                        message = place - start;
                    }
                    Some(self.message.value(row as usize))
                }
                Part::Field(place) => {
                    fields.clone().nth(usize::from(place)).and_then(|at| optional(&self.values, at as u32))
                }
            };
            visit(place..place + text.map_or(0, str::len), part);
            text
        });
        u16::try_from(message).unwrap_or_default()
    }

    /// For each row whether its text is made of fields.
    pub(super) fn of_fields(&self) -> Vec<bool> {
        let named = |shape: Option<&[u8]>| names_fields(Facts::unpack(shape.unwrap_or_default()).1);
        let known: Vec<bool> = self.shape.iter().map(named).collect();
        (0..self.len() as u32).map(|row| self.shape_at(row).is_some_and(|at| known[at])).collect()
    }

    /// The ends of its instant, as far as they are known.
    fn bounds(&self, row: u32) -> (Option<i64>, Option<i64>) {
        let at = row as usize;
        let [_, earliest, latest] = unpack_below(self.below.value(at));
        let full = |times: &TimestampMicrosecondArray, below: i64| {
            times.is_valid(at).then(|| times.value(at).saturating_mul(MICRO).saturating_add(below))
        };
        (full(&self.earliest, earliest), full(&self.latest, latest))
    }

    /// Where a row's fields stand among those of all.
    fn span(&self, row: u32) -> std::ops::Range<usize> {
        let offsets = self.fields.value_offsets();
        offsets[row as usize] as usize..offsets[row as usize + 1] as usize
    }

    /// The identity that a pattern's text names.
    pub(super) fn pattern_of(text: &str) -> u64 {
        text.strip_prefix('p').and_then(|digits| u64::from_str_radix(digits, 16).ok()).unwrap_or(0)
    }

    /// How its instant is known.
    fn basis(&self, row: u32) -> Basis {
        let offsets = self.basis.value_offsets();
        let words = offsets[row as usize] as usize..offsets[row as usize + 1] as usize;
        words.filter_map(|at| self.words.key(at)).fold(Basis::default(), |all, key| all.with(self.sets[key]))
    }
}

fn optional(texts: &StringArray, row: u32) -> Option<&str> {
    texts.is_valid(row as usize).then(|| texts.value(row as usize))
}

impl ToldRows for StoredRows {
    fn format(&self, row: u32) -> &str {
        self.format.get(row as usize).unwrap_or_default()
    }

    fn instant(&self, row: u32) -> Option<Instant> {
        let (earliest, latest) = self.bounds(row);
        let basis = self.basis(row);
        if earliest.is_none() && latest.is_none() && basis == Basis::default() {
            return None;
        }
        Some(Instant {
            earliest: earliest.unwrap_or(i64::MIN),
            best: self.key(row),
            latest: latest.unwrap_or(i64::MAX),
            basis,
        })
    }

    fn interval(&self, row: u32) -> (i64, i64) {
        let at = row as usize;
        if self.from.is_valid(at) && self.until.is_valid(at) {
            return (self.from.value(at), self.until.value(at));
        }
        let (earliest, latest) = self.bounds(row);
        (earliest.unwrap_or(i64::MIN), latest.unwrap_or(i64::MAX))
    }

    fn stamp(&self, row: u32) -> Option<&str> {
        optional(&self.stamp, row)
    }

    fn host(&self, row: u32) -> Option<&str> {
        self.host.get(row as usize)
    }

    fn program(&self, row: u32) -> Option<(&str, bool)> {
        Some((self.program.get(row as usize)?, !self.facts(row).program_of_format))
    }

    fn pid(&self, row: u32) -> Option<&str> {
        self.pid.is_valid(row as usize).then(|| self.pids.get(row as usize))
    }

    fn message(&self, row: u32) -> &[u8] {
        match self.odd.is_valid(row as usize) {
            true => self.odd.value(row as usize),
            false => self.message.value(row as usize).as_bytes(),
        }
    }

    fn is_tail(&self, row: u32) -> bool {
        self.facts(row).tail
    }

    fn fields(&self, row: u32, visit: &mut dyn FnMut(&str, &str)) {
        for at in self.span(row) {
            visit(self.names.get(at).unwrap_or_default(), self.values.value(at));
        }
    }
}
