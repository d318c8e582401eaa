//! The columns of a store's events: those of the contract, and those by which the program gives back what a run
//! over the logs would have given.
//!
//! Columns whose name begins with `_` are the program's own and may change with the version of the store.

use std::sync::Arc;

use arrow_schema::{DataType, Field, Fields, Schema, TimeUnit};

/// Names of columns.
pub(super) mod column {
    pub(crate) const TIME: &str = "time";
    pub(crate) const SEQ: &str = "seq";
}

/// Columns in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
    /// What a row keeps of its event ([`super::facts`]), and then the record's text ([`super::shape`]).
    Shape,
    /// Nanoseconds below the microseconds of `time`, `earliest` and `latest`.
    Below,
    /// Where an undated record stands in the order, nanoseconds since 1970.
    At,
    /// The interval that orders a record among its neighbours, where it is not that of its instant.
    From,
    Until,
    /// The message's bytes, where they are no UTF-8.
    Odd,
}

/// The unit of all times, as most readers know it.
pub(super) fn time() -> DataType {
    DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()))
}

/// Texts that hardly vary: here as on disk each stands once, and rows name it.
fn few(kind: DataType) -> DataType {
    DataType::Dictionary(Box::new(DataType::Int32), Box::new(kind))
}

/// One of the words of a list.
pub(super) fn word() -> Field {
    Field::new("item", few(DataType::Utf8), false)
}

/// Names of a field's pair, its key and its value.
pub(super) fn entry_names() -> [String; 3] {
    ["key_value", "key", "value"].map(str::to_owned)
}

/// The map of a record's fields: `map<string, string>`.
fn fields() -> DataType {
    map(few(DataType::Utf8))
}

/// A map from texts, kept as `key`, to texts: `map<string, string>`.
pub(super) fn map(key: DataType) -> DataType {
    let [entry, key_name, value] = entry_names();
    let pair = Fields::from(vec![Field::new(key_name, key, false), Field::new(value, DataType::Utf8, true)]);
    DataType::Map(Arc::new(Field::new(entry, DataType::Struct(pair), false)), false)
}

/// How many columns of Parquet a type becomes.
pub(super) fn leaves(kind: &DataType) -> usize {
    match kind {
        DataType::Struct(fields) => fields.iter().map(|field| leaves(field.data_type())).sum(),
        DataType::List(item) | DataType::Map(item, _) => leaves(item.data_type()),
        _ => 1,
    }
}

/// The schema of events and of their copies. Parquet knows no dictionaries as types: other readers see strings.
pub(super) fn schema() -> Arc<Schema> {
    let words = || DataType::List(Arc::new(word()));
    let name = || few(DataType::Utf8);
    let maybe = |name: &str, kind: DataType| Field::new(name, kind, true);
    let always = |name: &str, kind: DataType| Field::new(name, kind, false);
    Arc::new(Schema::new(vec![
        maybe(column::TIME, time()),
        maybe("earliest", time()),
        maybe("latest", time()),
        always(column::SEQ, DataType::UInt64),
        always("source", name()),
        always("file", name()),
        maybe("host", name()),
        maybe("program", name()),
        always("format", name()),
        maybe("level", name()),
        always("pattern", name()),
        always("line", DataType::UInt64),
        always("lines", DataType::UInt32),
        maybe("pid", DataType::UInt32),
        maybe("stamp", DataType::Utf8),
        always("message", DataType::Utf8),
        always("basis", words()),
        always("marks", words()),
        always("fields", fields()),
        always("_shape", few(DataType::Binary)),
        always("_below", DataType::UInt32),
        maybe("_at", DataType::Int64),
        maybe("_from", DataType::Int64),
        maybe("_until", DataType::Int64),
        maybe("_message", DataType::Binary),
    ]))
}
