//! One part, open: which of its rows lie in a window, and the rows themselves.

use std::fs::File;
use std::ops::Range;
use std::path::Path;

use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder, RowSelection, RowSelector,
};
use parquet::errors::ParquetError;
use parquet::file::metadata::PageIndexPolicy;
use parquet::file::page_index::column_index::ColumnIndexMetaData;

use super::manifest::PartEntry;
use super::piece::MICRO;
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

    /// Reads rows, at most so many at once.
    pub(super) fn read(self, rows: Range<u64>, at_once: usize) -> Result<Vec<StoredRows>> {
        let count = rows.end.saturating_sub(rows.start) as usize;
        let selection =
            RowSelection::from(vec![RowSelector::skip(rows.start as usize), RowSelector::select(count)]);
        let reader = ParquetRecordBatchReaderBuilder::new_with_metadata(self.file, self.metadata)
            .with_batch_size(at_once)
            .with_row_selection(selection)
            .build()
            .map_err(|error| cannot(&error))?;
        let batch = |batch: std::result::Result<_, arrow_schema::ArrowError>| {
            let batch: arrow_array::RecordBatch = batch.map_err(|error| Error::new(error.to_string()))?;
            StoredRows::new(batch.columns())
        };
        reader.map(batch).collect()
    }
}
