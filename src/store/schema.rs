//! The columns of a store's events: those of the contract, and those by which the program gives back what a run
//! over the logs would have given.
//!
//! Columns whose name begins with `_` are the program's own and may change with the version of the store.

use std::sync::Arc;

use arrow_schema::{DataType, Field, Fields, Schema, TimeUnit};

/// Names of columns.
pub(super) mod name {
    pub(crate) const TIME: &str = "time";
    pub(crate) const SEQ: &str = "seq";
}

/// Columns in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(dead_code, reason = "all columns stand here, in their order: that is what their numbers say")]
pub(super) enum Column {
    Time,
    Earliest,
    Latest,
    Seq,
    Source,
    File,
    Host,
    Program,
    Format,
    Level,
    Pattern,
    Line,
    Lines,
    Pid,
    Stamp,
    Message,
    Basis,
    Marks,
    Fields,
    /// The record's text ([`super::shape`]).
    Shape,
    /// Bits of [`super::piece::Facts`].
    Facts,
    /// Nanoseconds below the microseconds of `time`, `earliest` and `latest`.
    Below,
    /// Where an undated record stands in the order, nanoseconds since 1970.
    At,
    /// The interval that orders a record among its neighbours, where it is not that of its instant.
    From,
    Until,
    /// The message's bytes, where they are no UTF-8.
    Odd,
    /// The outline of its text ([`super::outline`]).
    Outline,
}

/// The unit of all times, as most readers know it.
pub(super) fn time() -> DataType {
    DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()))
}

fn words() -> DataType {
    DataType::List(Arc::new(Field::new("item", DataType::Utf8, false)))
}

/// The map of a record's fields: `map<string, string>`.
pub(super) fn fields() -> DataType {
    let entry = Fields::from(vec![
        Field::new("key", DataType::Utf8, false),
        Field::new("value", DataType::Utf8, true),
    ]);
    DataType::Map(Arc::new(Field::new("key_value", DataType::Struct(entry), false)), false)
}

/// How many columns of Parquet a type becomes.
pub(super) fn leaves(kind: &DataType) -> usize {
    match kind {
        DataType::Struct(fields) => fields.iter().map(|field| leaves(field.data_type())).sum(),
        DataType::List(item) | DataType::Map(item, _) => leaves(item.data_type()),
        _ => 1,
    }
}

/// The schema of events and of their copies.
pub(super) fn schema() -> Arc<Schema> {
    let maybe = |name: &str, kind: DataType| Field::new(name, kind, true);
    let always = |name: &str, kind: DataType| Field::new(name, kind, false);
    Arc::new(Schema::new(vec![
        maybe(name::TIME, time()),
        maybe("earliest", time()),
        maybe("latest", time()),
        always(name::SEQ, DataType::UInt64),
        always("source", DataType::Utf8),
        always("file", DataType::Utf8),
        maybe("host", DataType::Utf8),
        maybe("program", DataType::Utf8),
        always("format", DataType::Utf8),
        maybe("level", DataType::Utf8),
        always("pattern", DataType::Utf8),
        always("line", DataType::UInt64),
        always("lines", DataType::UInt32),
        maybe("pid", DataType::UInt32),
        maybe("stamp", DataType::Utf8),
        always("message", DataType::Utf8),
        always("basis", words()),
        always("marks", words()),
        always("fields", fields()),
        always("_shape", DataType::Binary),
        always("_facts", DataType::UInt64),
        always("_below", DataType::UInt32),
        maybe("_at", DataType::Int64),
        maybe("_from", DataType::Int64),
        maybe("_until", DataType::Int64),
        maybe("_message", DataType::Binary),
        always("_outline", DataType::UInt32),
    ]))
}
