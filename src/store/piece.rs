//! A stretch of the timeline as columns: pure work, done on many threads at once. The writer numbers its rows.

use std::sync::Arc;

use arrow_array::{RecordBatch, UInt64Array};

use super::columns::Rows;
use super::fault;
use super::schema::Column;
use super::series::Samples;
use crate::base::{NANOS_PER_SECOND, Result};
use crate::view::{Entry, Scene};

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
        Self { scene, piece: Piece::default(), events: None, copies: None }
    }

    /// Adds an event and its copies.
    pub fn push(&mut self, entry: Entry<'_>) -> Result<()> {
        let number = self.piece.count;
        self.piece.count += 1;
        // A copy stands in the folder of its event: they are read together.
        let at = entry.event.key;
        self.piece.samples.add(self.scene, (entry.batch, entry.event), number);
        let rows = open(&mut self.events, &mut self.piece.events, at)?;
        rows.push(self.scene, (entry.batch, entry.event), number);
        for (batch, event) in entry.also {
            let rows = open(&mut self.copies, &mut self.piece.copies, at)?;
            rows.push(self.scene, (batch, event), number);
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

/// The rows of a slice, counted on from `first`.
pub(super) fn numbered(batch: &RecordBatch, first: u64) -> Result<RecordBatch> {
    let mut columns = batch.columns().to_vec();
    let seq = Column::Seq as usize;
    if let Some(numbers) = columns[seq].as_any().downcast_ref::<UInt64Array>() {
        columns[seq] = Arc::new(numbers.unary::<_, arrow_array::types::UInt64Type>(|number| number + first));
    }
    RecordBatch::try_new(batch.schema(), columns).map_err(|error| fault(&error))
}
