//! How parts are written: measured settings (docs/performance.md), the same for every part.

use std::sync::Arc;

use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::file::metadata::SortingColumn;
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterPropertiesBuilder};
use parquet::schema::types::ColumnPath;

use super::schema::{Column, column};

/// Most rows of a part, which is one row group: small enough that a window reads little, large enough that
/// columns compress.
pub(super) const PART_ROWS: u64 = 262_144;

/// Rows of a page: the least that a window reads of a column.
const PAGE_ROWS: usize = 20_000;

/// Columns whose values hardly ever come twice: a dictionary would only cost.
const UNIQUE: [&str; 8] = ["time", "earliest", "latest", "seq", "line", "pid", "message", "stamp"];

/// Columns of numbers that grow slowly.
const DELTAS: [&str; 5] = ["time", "earliest", "latest", "seq", "line"];

/// Columns whose least and greatest value are worth keeping for every part.
const RANGES: [&str; 6] = ["time", "seq", "source", "level", "pattern", "host"];

/// What all parts have in common: one row group, small pages, statistics where a column asks for them.
fn sorted_by(columns: Vec<SortingColumn>) -> WriterPropertiesBuilder {
    WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(1).unwrap_or_default()))
        .set_created_by(format!("timeline {}", env!("CARGO_PKG_VERSION")))
        .set_data_page_row_count_limit(PAGE_ROWS)
        .set_max_row_group_row_count(None)
        .set_statistics_enabled(EnabledStatistics::None)
        .set_sorting_columns(Some(columns))
}

/// The properties of parts of series: columns whose order finds a series and a time in it.
pub(super) fn series_properties() -> WriterProperties {
    /// Its place among the columns of Parquet.
    const SERIES: i32 = 6;
    let path = |column: &str| ColumnPath::from(column);
    let mut builder =
        sorted_by(vec![SortingColumn { column_idx: SERIES, descending: false, nulls_first: false }]);
    for column in ["time", "earliest", "latest", "seq"] {
        builder = builder
            .set_column_dictionary_enabled(path(column), false)
            .set_column_encoding(path(column), Encoding::DELTA_BINARY_PACKED);
    }
    for column in ["series", column::TIME] {
        builder = builder.set_column_statistics_enabled(path(column), EnabledStatistics::Page);
    }
    builder.build()
}

/// The properties of parts. With `bloom`, whoever uses bloom filters can rule out values of fields unread.
pub(super) fn properties(bloom: bool) -> Arc<WriterProperties> {
    let path = |column: &str| ColumnPath::from(column);
    let mut builder = sorted_by(vec![
        SortingColumn { column_idx: Column::Time as i32, descending: false, nulls_first: true },
        SortingColumn { column_idx: Column::Seq as i32, descending: false, nulls_first: false },
    ]);
    for column in UNIQUE {
        builder = builder.set_column_dictionary_enabled(path(column), false);
    }
    for column in DELTAS {
        builder = builder.set_column_encoding(path(column), Encoding::DELTA_BINARY_PACKED);
    }
    for column in RANGES {
        builder = builder.set_column_statistics_enabled(path(column), EnabledStatistics::Chunk);
    }
    builder = builder.set_column_statistics_enabled(path(column::TIME), EnabledStatistics::Page);
    let values = ColumnPath::from(vec!["fields".to_owned(), "key_value".to_owned(), "value".to_owned()]);
    builder = builder.set_column_dictionary_enabled(values.clone(), false);
    if bloom {
        builder = builder.set_column_bloom_filter_enabled(values, true);
    }
    Arc::new(builder.build())
}
