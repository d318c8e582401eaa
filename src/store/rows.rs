//! Rows of a part as they are asked for: columns held as they were read, values looked up when somebody wants them.

use arrow_array::cast::AsArray as _;
use arrow_array::types::{Int64Type, TimestampMicrosecondType, UInt32Type, UInt64Type};
use arrow_array::{
    Array as _, ArrayRef, BinaryArray, Int64Array, ListArray, MapArray, RecordBatch, StringArray,
    TimestampMicrosecondArray, UInt32Array, UInt64Array,
};

use super::piece::{Facts, MICRO, unpack_below};
use super::schema::Column;
use super::shape::{Part, push_text};
use crate::base::{Basis, Error, Instant, Level, Result, ToldRows};

/// The number of a batch's first row.
pub(super) fn first_number(batch: &RecordBatch) -> Option<u64> {
    let numbers = batch.column(Column::Seq as usize).as_primitive_opt::<UInt64Type>()?;
    (!numbers.is_empty()).then(|| numbers.value(0))
}

/// Columns of some rows. Those that were not asked for are empty, and give nothing.
#[derive(Debug)]
pub(super) struct StoredRows {
    time: TimestampMicrosecondArray,
    earliest: TimestampMicrosecondArray,
    latest: TimestampMicrosecondArray,
    pub(super) seq: UInt64Array,
    pub(super) file: StringArray,
    host: StringArray,
    program: StringArray,
    format: StringArray,
    level: StringArray,
    pattern: StringArray,
    pub(super) line: UInt64Array,
    lines: UInt32Array,
    pid: UInt32Array,
    stamp: StringArray,
    message: StringArray,
    basis: ListArray,
    fields: MapArray,
    /// Keys and values of all fields.
    names: StringArray,
    values: StringArray,
    shape: BinaryArray,
    facts: UInt64Array,
    below: UInt32Array,
    at: Int64Array,
    from: Int64Array,
    until: Int64Array,
    odd: BinaryArray,
    pub(super) outline: UInt32Array,
    /// Process ids as text.
    pids: Vec<String>,
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
    /// The columns that a record's text is made of.
    pub(super) const TEXT: [Column; 8] = [
        Column::Host,
        Column::Program,
        Column::Pid,
        Column::Stamp,
        Column::Message,
        Column::Fields,
        Column::Shape,
        Column::Facts,
    ];

    /// Takes the columns of a batch in the order of [`super::schema`].
    pub(super) fn new(columns: &[ArrayRef]) -> Result<Self> {
        let fields =
            columns[Column::Fields as usize].as_map_opt().cloned().ok_or_else(|| odd(Column::Fields))?;
        let names = fields.keys().as_string_opt::<i32>().cloned().ok_or_else(|| odd(Column::Fields))?;
        let values = fields.values().as_string_opt::<i32>().cloned().ok_or_else(|| odd(Column::Fields))?;
        let pid = numbers!(columns, Column::Pid, UInt32Type)?;
        let pids = pid.iter().map(|pid| pid.map(|pid| pid.to_string()).unwrap_or_default()).collect();
        Ok(Self {
            time: numbers!(columns, Column::Time, TimestampMicrosecondType)?,
            earliest: numbers!(columns, Column::Earliest, TimestampMicrosecondType)?,
            latest: numbers!(columns, Column::Latest, TimestampMicrosecondType)?,
            seq: numbers!(columns, Column::Seq, UInt64Type)?,
            file: texts(columns, Column::File)?,
            host: texts(columns, Column::Host)?,
            program: texts(columns, Column::Program)?,
            format: texts(columns, Column::Format)?,
            level: texts(columns, Column::Level)?,
            pattern: texts(columns, Column::Pattern)?,
            line: numbers!(columns, Column::Line, UInt64Type)?,
            lines: numbers!(columns, Column::Lines, UInt32Type)?,
            pid,
            stamp: texts(columns, Column::Stamp)?,
            message: texts(columns, Column::Message)?,
            basis: columns[Column::Basis as usize]
                .as_list_opt::<i32>()
                .cloned()
                .ok_or_else(|| odd(Column::Basis))?,
            fields,
            names,
            values,
            shape: columns[Column::Shape as usize]
                .as_binary_opt::<i32>()
                .cloned()
                .ok_or_else(|| odd(Column::Shape))?,
            facts: numbers!(columns, Column::Facts, UInt64Type)?,
            below: numbers!(columns, Column::Below, UInt32Type)?,
            at: numbers!(columns, Column::At, Int64Type)?,
            from: numbers!(columns, Column::From, Int64Type)?,
            until: numbers!(columns, Column::Until, Int64Type)?,
            odd: columns[Column::Odd as usize]
                .as_binary_opt::<i32>()
                .cloned()
                .ok_or_else(|| odd(Column::Odd))?,
            outline: numbers!(columns, Column::Outline, UInt32Type)?,
            pids,
        })
    }

    /// How many rows.
    pub(super) fn len(&self) -> usize {
        self.outline.len()
    }

    /// What a row keeps of its event.
    pub(super) fn facts(&self, row: u32) -> Facts {
        Facts::unpack(self.facts.value(row as usize))
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
        optional(&self.level, row).and_then(|word| Level::parse(word.as_bytes())).unwrap_or(Level::Unknown)
    }

    /// Its pattern.
    pub(super) fn pattern(&self, row: u32) -> u64 {
        let text = self.pattern.value(row as usize);
        text.strip_prefix('p').and_then(|digits| u64::from_str_radix(digits, 16).ok()).unwrap_or(0)
    }

    /// Physical lines.
    pub(super) fn lines(&self, row: u32) -> u32 {
        self.lines.value(row as usize)
    }

    /// Appends the record's text.
    pub(super) fn push_text(&self, row: u32, out: &mut Vec<u8>) {
        let fields = self.span(row);
        push_text(out, self.shape.value(row as usize), |part| match part {
            Part::Stamp => self.stamp(row),
            Part::Host => self.host(row),
            Part::Program => optional(&self.program, row),
            Part::Pid => self.pid(row),
            Part::Message => Some(self.message.value(row as usize)),
            Part::Field(place) => {
                fields.clone().nth(usize::from(place)).and_then(|at| optional(&self.values, at as u32))
            }
        });
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
}

fn optional(texts: &StringArray, row: u32) -> Option<&str> {
    texts.is_valid(row as usize).then(|| texts.value(row as usize))
}

impl ToldRows for StoredRows {
    fn format(&self, row: u32) -> &str {
        self.format.value(row as usize)
    }

    fn instant(&self, row: u32) -> Option<Instant> {
        let (earliest, latest) = self.bounds(row);
        let words = self.basis.value(row as usize);
        let words = words.as_string_opt::<i32>()?;
        let sets = words.iter().flatten().filter_map(Basis::of_word);
        let basis = sets.fold(Basis::default(), Basis::with);
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
        optional(&self.host, row)
    }

    fn program(&self, row: u32) -> Option<(&str, bool)> {
        Some((optional(&self.program, row)?, !self.facts(row).program_of_format))
    }

    fn pid(&self, row: u32) -> Option<&str> {
        self.pid.is_valid(row as usize).then(|| self.pids[row as usize].as_str())
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
            visit(self.names.value(at), self.values.value(at));
        }
    }
}
