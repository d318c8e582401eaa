//! Parts of an earlier store whose files bear other names now: a log was rotated since.
//!
//! Which file a row is of stands in one column, so that column is encoded anew, and all others are copied as they are,
//! with their statistics and their pages' places: the bytes are those that a build from nothing writes. Few rows quote
//! a file's name elsewhere, those of what a record only counts. Parts that hold such rows are written again from their
//! rows. A part without a renamed file is brought as it is.

use std::collections::HashMap;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use arrow_array::builder::StringBuilder;
use arrow_array::cast::AsArray as _;
use arrow_array::types::Int32Type;
use arrow_array::{Array as _, ArrayRef, DictionaryArray, MapArray, RecordBatch, StringArray, StructArray};
use arrow_schema::Schema;
use arrow_select::concat::concat_batches;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions};
use parquet::arrow::arrow_writer::{ArrowColumnChunk, ArrowRowGroupWriterFactory, compute_leaves};
use parquet::column::writer::ColumnCloseResult;
use parquet::errors::{ParquetError, Result as Encoded};
use parquet::file::metadata::{ColumnChunkMetaData, PageIndexPolicy};
use parquet::file::page_index::column_index::ColumnIndexMetaData;
use parquet::file::properties::WriterProperties;
use parquet::file::statistics::Statistics;
use parquet::file::writer::SerializedFileWriter;

use super::fault;
use super::index::PartIndex;
use super::manifest::PartEntry;
use super::open::OpenPart;
use super::parts::{BLOCK_ROWS, Sealed, begin, bring};
use super::schema::{Column, leaves};
use crate::base::{Error, ORIGINAL, Result};

/// What files were called, and what they are called now.
#[derive(Debug, Default)]
pub(super) struct Renamed<'a>(HashMap<&'a str, &'a str>);

/// Where a part comes from, where it goes, and how parts are written.
#[derive(Clone, Copy)]
pub(super) struct Move<'a> {
    /// The earlier store.
    pub(super) old: &'a Path,
    /// The store under way.
    pub(super) root: &'a Path,
    pub(super) schema: &'a Arc<Schema>,
    pub(super) properties: &'a Arc<WriterProperties>,
}

/// The words of a column of few texts.
fn words(column: &ArrayRef) -> Option<&StringArray> {
    column.as_dictionary_opt::<Int32Type>()?.values().as_string_opt()
}

/// Whether a text is among the words of a column.
fn has_word(column: &ArrayRef, word: &str) -> bool {
    words(column).is_some_and(|words| words.iter().flatten().any(|known| known == word))
}

/// What is wrong with a part that cannot be gone on from.
fn odd() -> Error {
    Error::new("a part of the store is not as it was written")
}

impl<'a> Renamed<'a> {
    /// Of what files were called, and are.
    pub(super) fn new(names: &'a [(String, String)]) -> Self {
        Self(names.iter().map(|(was, name)| (&was[..], &name[..])).collect())
    }

    /// Brings a part into the store under way: its entry there, or `None` where its rows must be written again.
    pub(super) fn bring(&self, on: Move<'_>, entry: &PartEntry) -> Result<Option<PartEntry>> {
        let as_it_is = || bring(on.old, on.root, &entry.path).map(|()| Some(entry.clone()));
        if self.0.is_empty() {
            return as_it_is();
        }
        let part = OpenPart::new(on.old, entry)?;
        let files = part.some(&[Column::File])?;
        if !files.iter().any(|rows| self.names_one(rows.column(0))) {
            return as_it_is();
        }
        whole(on.old, entry)?;
        if part.has_filters() || quotes(&part)? {
            return Ok(None);
        }
        let Some(schema) = files.first().map(RecordBatch::schema) else { return as_it_is() };
        let files = concat_batches(&schema, &files).map_err(|error| fault(&error))?;
        let column = self.column(files.column(0))?;
        let written = write(on, entry, &column);
        written.map(Some).map_err(|error| super::not_written(&on.root.join(&entry.path), &error))
    }

    /// Whether a column names a file that is called otherwise now.
    fn names_one(&self, column: &ArrayRef) -> bool {
        words(column).is_none_or(|words| words.iter().flatten().any(|name| self.0.contains_key(name)))
    }

    /// What a file is called now.
    fn name<'b>(&'b self, was: &'b str) -> &'b str {
        self.0.get(was).copied().unwrap_or(was)
    }

    /// The column of files, as they are called now.
    fn column(&self, column: &ArrayRef) -> Result<ArrayRef> {
        let (Some(files), Some(names)) = (column.as_dictionary_opt::<Int32Type>(), words(column)) else {
            return Err(odd());
        };
        let names = StringArray::from_iter(names.iter().map(|name| name.map(|name| self.name(name))));
        let files = DictionaryArray::<Int32Type>::try_new(files.keys().clone(), Arc::new(names));
        Ok(Arc::new(files.map_err(|error| fault(&error))?))
    }

    /// Rows of a part, with files as they are called now.
    pub(super) fn rows(&self, rows: RecordBatch) -> Result<RecordBatch> {
        let mut columns = rows.columns().to_vec();
        if !self.names_one(&columns[Column::File as usize]) {
            return Ok(rows);
        }
        if may_quote(&columns[Column::Marks as usize], &columns[Column::Fields as usize]) {
            columns[Column::Fields as usize] = self.fields(&columns)?;
        }
        columns[Column::File as usize] = self.column(&columns[Column::File as usize])?;
        RecordBatch::try_new(rows.schema(), columns).map_err(|error| fault(&error))
    }

    /// The column of fields, where what is derived names a record of a file that is called otherwise now.
    fn fields(&self, columns: &[ArrayRef]) -> Result<ArrayRef> {
        let read = || {
            let fields = columns[Column::Fields as usize].as_map_opt()?;
            let names = fields.keys().as_dictionary_opt::<Int32Type>()?.downcast_dict::<StringArray>()?;
            let files = columns[Column::File as usize].as_dictionary_opt::<Int32Type>()?;
            let marks = columns[Column::Marks as usize].as_list_opt::<i32>()?;
            let texts = columns[Column::Message as usize].as_string_opt::<i32>()?;
            Some((
                fields,
                names,
                fields.values().as_string_opt::<i32>()?,
                files.downcast_dict()?,
                marks,
                texts,
            ))
        };
        let (fields, names, values, files, marks, texts) = read().ok_or_else(odd)?;
        let files: arrow_array::TypedDictionaryArray<'_, _, StringArray> = files;
        let mut written = StringBuilder::new();
        let mut place = 0;
        let (files, names): (Vec<Option<&str>>, Vec<Option<&str>>) =
            (files.into_iter().collect(), names.into_iter().collect());
        for (row, ends) in fields.value_offsets().windows(2).enumerate() {
            // Nothing stands between the fields of two rows.
            if ends[0] as usize != place {
                return Err(odd());
            }
            for (name, value) in names[ends[0] as usize..ends[1] as usize].iter().zip(ends[0] as usize..) {
                let value = values.is_valid(value).then(|| values.value(value));
                let original = *name == Some(ORIGINAL) && marks.value_length(row) > 0;
                let moved = value.zip(files[row]).filter(|_| original).and_then(|(value, was)| {
                    let line = value.strip_prefix(was).filter(|line| line.starts_with(':'))?;
                    Some((value, format!("{}{line}", self.name(was))))
                });
                match moved {
                    // Where its text says the same by chance, that is kept as a part of the text.
                    Some((value, moved))
                        if [value, &moved].iter().any(|place| texts.value(row).contains(place)) =>
                    {
                        return Err(odd());
                    }
                    Some((_, moved)) => written.append_value(moved),
                    None => written.append_option(value),
                }
            }
            place = ends[1] as usize;
        }
        let entries = fields.entries();
        let columns: Vec<ArrayRef> = vec![Arc::clone(fields.keys()), Arc::new(written.finish())];
        let entries = StructArray::try_new(entries.fields().clone(), columns, entries.nulls().cloned());
        let field = match fields.data_type() {
            arrow_schema::DataType::Map(field, _) => Arc::clone(field),
            _ => return Err(odd()),
        };
        let entries = entries.map_err(|error| fault(&error))?;
        let map = MapArray::try_new(field, fields.offsets().clone(), entries, fields.nulls().cloned(), false);
        Ok(Arc::new(map.map_err(|error| fault(&error))?))
    }
}

/// Whether rows with these marks and fields may quote the name of a file.
fn may_quote(marks: &ArrayRef, fields: &ArrayRef) -> bool {
    may_be_derived(marks) && may_have_original(fields)
}

fn may_be_derived(marks: &ArrayRef) -> bool {
    marks.as_list_opt::<i32>().is_none_or(|marks| has_word(marks.values(), "derived"))
}

fn may_have_original(fields: &ArrayRef) -> bool {
    fields.as_map_opt().is_none_or(|fields| has_word(fields.keys(), ORIGINAL))
}

/// Whether any row of a part may: fields, which are much, are only read where something is derived.
fn quotes(part: &OpenPart) -> Result<bool> {
    let any = |column: Column, may: fn(&ArrayRef) -> bool| {
        part.some(&[column]).map(|read| read.iter().any(|rows| may(rows.column(0))))
    };
    Ok(any(Column::Marks, may_be_derived)? && any(Column::Fields, may_have_original)?)
}

/// What is gone on from must be what was written.
pub(super) fn whole(old: &Path, entry: &PartEntry) -> Result<()> {
    if entry.sum(old)? == entry.hash { Ok(()) } else { Err(odd()) }
}

/// Writes a part with this column of files, and all else as it is.
fn write(on: Move<'_>, entry: &PartEntry, files: &ArrayRef) -> Encoded<PartEntry> {
    let source = File::open(on.old.join(&entry.path))?;
    let options = ArrowReaderOptions::new()
        .with_skip_arrow_metadata(true)
        .with_encoding_stats_as_mask(false)
        .with_page_index_policy(PageIndexPolicy::Required);
    let metadata = ArrowReaderMetadata::load(&source, options)?;
    let metadata = metadata.metadata();
    let odd = || ParquetError::General("not one group of rows with an index of its pages".to_owned());
    let (indexes, offsets) = metadata.column_index().zip(metadata.offset_index()).ok_or_else(odd)?;
    let (group, indexes, offsets) = match (metadata.row_groups(), &indexes[..], &offsets[..]) {
        ([group], [indexes], [offsets]) => (group, indexes, offsets),
        _ => return Err(odd()),
    };
    let mut writer = begin(on.root, &entry.path, on.schema, on.properties)?;
    let of_files: usize =
        on.schema.fields()[..Column::File as usize].iter().map(|field| leaves(field.data_type())).sum();
    let mut encoded = Some(encode(&writer, on.schema, (of_files, files))?);
    let mut written = writer.next_row_group()?;
    for (leaf, chunk) in group.columns().iter().enumerate() {
        match encoded.take_if(|_| leaf == of_files) {
            Some(files) => files.append_to_row_group(&mut written)?,
            None => {
                let index = indexes.get(leaf).filter(|index| !matches!(index, ColumnIndexMetaData::NONE));
                let close = ColumnCloseResult {
                    bytes_written: chunk.compressed_size() as u64,
                    rows_written: entry.rows,
                    metadata: as_written(chunk)?,
                    bloom_filter: None,
                    column_index: index.cloned(),
                    offset_index: offsets.get(leaf).cloned(),
                };
                written.append_column(&source, close)?;
            }
        }
    }
    written.close()?;
    let mut entry = entry.clone();
    let index = PartIndex::open(on.old, &entry).and_then(|mut index| index.moved(writer.bytes_written()));
    let (index, place) = index.ok_or_else(odd)?;
    writer.write_all(&index)?;
    entry.index = Some(place);
    writer.into_inner()?.note(&mut entry);
    Ok(entry)
}

/// What is known of a chunk, as its writer said it: of numbers with a sign the least and the greatest stand in a second
/// place, for older readers, which is not read.
fn as_written(chunk: &ColumnChunkMetaData) -> Encoded<ColumnChunkMetaData> {
    let statistics = match chunk.statistics() {
        Some(Statistics::Int64(known)) if chunk.column_descr().sort_order().is_signed() => known.clone(),
        _ => return Ok(chunk.clone()),
    };
    let statistics = statistics.with_backwards_compatible_min_max(true);
    chunk.clone().into_builder().set_statistics(Statistics::Int64(statistics)).build()
}

/// The column of files, encoded in the blocks that it would come in.
fn encode(
    writer: &SerializedFileWriter<Sealed>,
    schema: &Arc<Schema>,
    (leaf, files): (usize, &ArrayRef),
) -> Encoded<ArrowColumnChunk> {
    let factory = ArrowRowGroupWriterFactory::new(writer, Arc::clone(schema));
    let column = factory.create_column_writers(0)?.into_iter().nth(leaf);
    let mut column = column.ok_or_else(|| ParquetError::General("no column of files".to_owned()))?;
    for start in (0..files.len()).step_by(BLOCK_ROWS) {
        let block = files.slice(start, BLOCK_ROWS.min(files.len() - start));
        for leaf in compute_leaves(schema.field(Column::File as usize), &block)? {
            column.write(&leaf)?;
        }
    }
    column.close()
}
