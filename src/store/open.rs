//! One part, open: which of its rows lie in a window, and the rows themselves.

use std::fs::File;
use std::ops::Range;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use arrow_array::{ArrayRef, RecordBatch, new_null_array};
use arrow_schema::{Field, Schema};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder, RowSelection, RowSelector,
};
use parquet::errors::ParquetError;
use parquet::file::metadata::PageIndexPolicy;
use parquet::file::page_index::column_index::ColumnIndexMetaData;

use super::facts::MICRO;
use super::manifest::PartEntry;
use super::rows::StoredRows;
use super::schema::{Column, schema};
use crate::base::{Error, Result};

/// A part whose footer was read.
#[derive(Debug)]
pub(super) struct OpenPart {
    file: File,
    metadata: ArrowReaderMetadata,
    rows: u64,
}

/// Rows that are looked at together where few columns are read.
const AT_ONCE: usize = 8_192;

/// Why a part could not be read.
fn cannot(error: &ParquetError) -> Error {
    Error::new(super::why(error))
}

impl OpenPart {
    /// Opens a part of the store in `root`.
    pub(super) fn new(root: &Path, part: &PartEntry) -> Result<Self> {
        let path = root.join(&part.path);
        let file = File::open(&path).map_err(|error| Error::io("read", &path, &error))?;
        let options = ArrowReaderOptions::new()
            .with_skip_arrow_metadata(true)
            .with_schema(schema())
            .with_page_index_policy(PageIndexPolicy::Optional);
        let metadata = ArrowReaderMetadata::load(&file, options).map_err(|error| cannot(&error))?;
        let rows = metadata.metadata().file_metadata().num_rows();
        if rows != part.rows as i64 || metadata.metadata().num_row_groups() != 1 {
            return Err(Error::new(format!("it holds {rows} rows, and was written with {}", part.rows)));
        }
        Ok(Self { file, metadata, rows: part.rows })
    }

    /// Rows that stand in time from `since` until `until`: of the pages that may hold some, by their keys alone.
    pub(super) fn inside(&self, since: i64, until: i64) -> Result<Range<u64>> {
        const KEYS: [Column; 3] = [Column::Time, Column::Below, Column::At];
        let pages = self.window(since, until);
        let mut inside = pages.end..pages.start;
        let mut number = pages.start;
        for rows in self.read_some(&selection(pages), AT_ONCE, Some(&KEYS))? {
            for row in 0..rows.len() as u32 {
                if (since..until).contains(&rows.key(row)) {
                    inside = inside.start.min(number)..number + 1;
                }
                number += 1;
            }
        }
        Ok(if inside.start < inside.end { inside } else { 0..0 })
    }

    /// Rows of these numbers: rows are ordered by them.
    pub(super) fn numbered(&self, numbers: &Range<u64>) -> Result<Range<u64>> {
        let (mut before, mut until) = (0, 0);
        for rows in self.read_some(&selection(0..self.rows), AT_ONCE, Some(&[Column::Seq]))? {
            let all = rows.seq.values();
            before += all.partition_point(|number| *number < numbers.start) as u64;
            until += all.partition_point(|number| *number < numbers.end) as u64;
        }
        Ok(before..until)
    }

    /// Rows of the pages that may hold instants from `since` until `until`, by the index of pages: all rows
    /// without one. Rows are in order, and undated ones stand among their neighbours: so the page before the
    /// first and the one after the last may hold some.
    pub(super) fn window(&self, since: i64, until: i64) -> Range<u64> {
        let (column, metadata) = (Column::Time as usize, self.metadata.metadata());
        let index = metadata.column_index().and_then(|groups| groups.first()?.get(column));
        let places = metadata.offset_index().and_then(|groups| groups.first()?.get(column));
        let (Some(ColumnIndexMetaData::INT64(index)), Some(places)) = (index, places) else {
            return 0..self.rows;
        };
        let places = places.page_locations();
        // The last nanosecond that a microsecond stands for.
        let ends_before = |micros: &i64| micros.saturating_mul(MICRO).saturating_add(MICRO - 1) < since;
        let begins_after = |micros: &i64| micros.saturating_mul(MICRO) >= until;
        let first = index
            .max_values_iter()
            .position(|most| most.is_some_and(|most| !ends_before(most)))
            .unwrap_or(places.len());
        let last = places.len()
            - index
                .min_values_iter()
                .collect::<Vec<_>>()
                .into_iter()
                .rev()
                .position(|least| least.is_some_and(|least| !begins_after(least)))
                .unwrap_or(places.len());
        let row = |page: usize| places.get(page).map_or(self.rows, |page| page.first_row_index as u64);
        row(first.saturating_sub(1))..row(last + 1).max(row(first.saturating_sub(1)))
    }

    /// Some columns of all rows, as they were written.
    pub(super) fn some(&self, columns: &[Column]) -> Result<Vec<RecordBatch>> {
        let file = self.file.try_clone().map_err(|error| Error::new(crate::base::reason(&error)))?;
        let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(file, self.metadata.clone());
        let roots = columns.iter().map(|column| *column as usize);
        let mask = ProjectionMask::roots(builder.parquet_schema(), roots);
        let reader = builder.with_batch_size(AT_ONCE).with_projection(mask).build();
        let reader = reader.map_err(|error| cannot(&error))?;
        reader.map(|batch| batch.map_err(|error| Error::new(error.to_string()))).collect()
    }

    /// Whether it has filters of values that are in it.
    pub(super) fn has_filters(&self) -> bool {
        let mut columns = self.metadata.metadata().row_groups().iter().flat_map(|group| group.columns());
        columns.any(|column| column.bloom_filter_offset().is_some())
    }

    /// Rows as they were written, by all of their columns.
    pub(super) fn batches(&self, rows: Range<u64>) -> Result<Vec<RecordBatch>> {
        let file = self.file.try_clone().map_err(|error| Error::new(crate::base::reason(&error)))?;
        let reader = ParquetRecordBatchReaderBuilder::new_with_metadata(file, self.metadata.clone())
            .with_batch_size(AT_ONCE)
            .with_row_selection(RowSelection::from(selection(rows)))
            .build()
            .map_err(|error| cannot(&error))?;
        let batch = |batch: std::result::Result<RecordBatch, arrow_schema::ArrowError>| {
            let batch = batch.map_err(|error| Error::new(error.to_string()))?;
            RecordBatch::try_new(schema(), batch.columns().to_vec())
                .map_err(|error| Error::new(error.to_string()))
        };
        reader.map(batch).collect()
    }

    /// Reads rows, at most so many at once.
    pub(super) fn read(&self, rows: Range<u64>, at_once: usize) -> Result<Vec<StoredRows>> {
        self.read_some(&selection(rows), at_once, None)
    }

    /// Reads some rows; with `columns` only those, and all others are empty.
    pub(super) fn read_some(
        &self,
        rows: &[RowSelector],
        at_once: usize,
        columns: Option<&[Column]>,
    ) -> Result<Vec<StoredRows>> {
        let file = self.file.try_clone().map_err(|error| Error::new(crate::base::reason(&error)))?;
        let mut builder = ParquetRecordBatchReaderBuilder::new_with_metadata(file, self.metadata.clone())
            .with_batch_size(at_once)
            .with_row_selection(RowSelection::from(rows.to_vec()));
        if let Some(columns) = columns {
            let roots = columns.iter().map(|column| *column as usize);
            let mask = ProjectionMask::roots(builder.parquet_schema(), roots);
            builder = builder.with_projection(mask);
        }
        let reader = builder.build().map_err(|error| cannot(&error))?;
        let schema = self.metadata.schema();
        let batch = |batch: std::result::Result<_, arrow_schema::ArrowError>| {
            let batch: RecordBatch = batch.map_err(|error| Error::new(error.to_string()))?;
            StoredRows::new(&whole(&batch, schema))
        };
        reader.map(batch).collect()
    }
}

/// Rows, as a selection of those of a part.
pub(super) fn selection(rows: Range<u64>) -> Vec<RowSelector> {
    let count = rows.end.saturating_sub(rows.start) as usize;
    vec![RowSelector::skip(rows.start as usize), RowSelector::select(count)]
}

/// All columns of the schema: those that were not read hold nothing.
fn whole(batch: &RecordBatch, schema: &Schema) -> Vec<ArrayRef> {
    /// Columns that hold nothing: made once, since most questions read few of many.
    static EMPTY: OnceLock<Vec<ArrayRef>> = OnceLock::new();
    if batch.num_columns() == schema.fields().len() {
        return batch.columns().to_vec();
    }
    let nothing = |rows: usize| {
        let column = |field: &Arc<Field>| new_null_array(field.data_type(), rows);
        schema.fields().iter().map(column).collect::<Vec<_>>()
    };
    let rows = batch.num_rows();
    let empty = match rows {
        ..=AT_ONCE => EMPTY.get_or_init(|| nothing(AT_ONCE)),
        _ => &nothing(rows),
    };
    let column = |(field, empty): (&Arc<Field>, &ArrayRef)| match batch.column_by_name(field.name()) {
        Some(column) => Arc::clone(column),
        None => empty.slice(0, rows),
    };
    schema.fields().iter().zip(empty).map(column).collect()
}
