//! Parts: Parquet files of one row group each, in order, by day. Columns are encoded side by side.

use std::fs::File;
use std::hash::Hasher as _;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::Schema;
use arrow_select::concat::concat_batches;
use parquet::arrow::ArrowSchemaConverter;
use parquet::arrow::arrow_writer::{ArrowColumnWriter, ArrowRowGroupWriterFactory, compute_leaves};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use twox_hash::XxHash3_64;

use super::fault;
use super::index::Indexer;
use super::manifest::PartEntry;
use super::open::OpenPart;
use super::piece::day;
use super::properties::PART_ROWS;
use super::renamed::{Move, Renamed, whole};
use super::rows::{first_number, key_of};
use super::schema::Column;
use crate::base::{Error, Result, civil_from_days};

/// Rows that are encoded at once: enough work for all columns.
pub(super) const BLOCK_ROWS: usize = 32_768;

/// Writes the parts of one table.
#[derive(Debug)]
pub(super) struct Parts {
    /// The store's folder.
    root: PathBuf,
    /// The table's folder in it.
    table: &'static str,
    schema: Arc<Schema>,
    properties: Arc<WriterProperties>,
    open: Option<NextPart>,
    gathered: Vec<RecordBatch>,
    gathered_rows: usize,
    done: Vec<PartEntry>,
}

/// How far a table is: what a later build goes on from.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct TableRest {
    /// Parts that are complete.
    done: Vec<PartEntry>,
    /// Rows of the one under way.
    rows: u64,
}

/// A file that is hashed while it is written.
pub(super) struct Sealed {
    file: File,
    hasher: XxHash3_64,
    bytes: u64,
}

impl Sealed {
    /// An empty file.
    pub(super) fn new(file: File) -> Self {
        Self { file, hasher: XxHash3_64::new(), bytes: 0 }
    }

    /// Notes size and hash of the file, which is complete.
    pub(super) fn note(&self, entry: &mut PartEntry) {
        entry.bytes = self.bytes;
        entry.hash = format!("{:016x}", self.hasher.finish());
    }

    /// Notes them when all of it is on the disk.
    pub(super) fn close(self, entry: &mut PartEntry) -> std::io::Result<()> {
        self.note(entry);
        self.file.sync_all()
    }
}

impl Write for Sealed {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let count = self.file.write(bytes)?;
        self.hasher.write(&bytes[..count]);
        self.bytes += count as u64;
        Ok(count)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.file.flush()
    }
}

/// Brings a part of an earlier store in `old` into the one in `root`: the file itself, which nobody writes to any more.
pub(super) fn bring(old: &Path, root: &Path, path: &str) -> Result<()> {
    let (from, to) = (old.join(path), root.join(path));
    let made = to.parent().map_or(Ok(()), std::fs::create_dir_all);
    let linked = made.and_then(|()| std::fs::hard_link(&from, &to));
    // Not every file system knows links.
    let brought = linked.or_else(|_| std::fs::copy(&from, &to).map(|_| ()));
    brought.map_err(|error| Error::io("write", &to, &error))
}

/// An empty part of the store in `root`.
pub(super) fn begin(
    root: &Path,
    path: &str,
    schema: &Arc<Schema>,
    properties: &Arc<WriterProperties>,
) -> parquet::errors::Result<SerializedFileWriter<Sealed>> {
    let path = root.join(path);
    path.parent().map_or(Ok(()), std::fs::create_dir_all)?;
    let columns = ArrowSchemaConverter::new().schema_root("events").convert(schema)?;
    let file = Sealed::new(File::create_new(path)?);
    SerializedFileWriter::new(file, columns.root_schema_ptr(), Arc::clone(properties))
}

/// A part under way.
struct NextPart {
    day: i64,
    entry: PartEntry,
    writer: SerializedFileWriter<Sealed>,
    /// For each column of the schema the writers of its leaves.
    columns: Vec<Vec<ArrowColumnWriter>>,
    indexer: Indexer,
}

impl std::fmt::Debug for NextPart {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NextPart").field("entry", &self.entry).finish_non_exhaustive()
    }
}

impl Parts {
    /// No part yet.
    pub(super) fn new(
        root: &Path,
        table: &'static str,
        schema: Arc<Schema>,
        properties: Arc<WriterProperties>,
    ) -> Self {
        Self {
            root: root.to_owned(),
            table,
            schema,
            properties,
            open: None,
            gathered: Vec::new(),
            gathered_rows: 0,
            done: Vec::new(),
        }
    }

    /// Adds rows of one day, behind all before; `keys` are those of the first and the last.
    pub(super) fn push(&mut self, day: i64, keys: (i64, i64), mut rows: RecordBatch) -> Result<()> {
        let mut key = keys.0;
        while rows.num_rows() > 0 {
            if self.open.as_ref().is_some_and(|part| part.day != day || part.entry.rows >= PART_ROWS) {
                self.close()?;
            }
            let mut part = match self.open.take() {
                Some(part) => part,
                None => self.start(day, key, first_number(&rows).unwrap_or(0))?,
            };
            // Where a part ends must not hang on how the rows came.
            let count = rows.num_rows().min((PART_ROWS - part.entry.rows) as usize);
            let these = rows.slice(0, count);
            rows = rows.slice(count, rows.num_rows() - count);
            part.entry.rows += count as u64;
            part.entry.last_key = match rows.num_rows() {
                0 => keys.1,
                _ => key_of(&these, count - 1).unwrap_or(keys.1),
            };
            key = key_of(&rows, 0).unwrap_or(keys.1);
            self.open = Some(part);
            self.gathered_rows += count;
            self.gathered.push(these);
            if self.gathered_rows >= BLOCK_ROWS {
                self.encode(false)?;
            }
        }
        Ok(())
    }

    /// How far the table is.
    pub(super) fn rest(&self) -> TableRest {
        let rows = self.open.as_ref().map_or(0, |part| part.entry.rows);
        TableRest { done: self.done.clone(), rows }
    }

    /// Goes on where the table of an earlier store in `old` was at rest: its complete parts are that store's, and of the
    /// one that was under way the rows are taken from it. `parts` are all that it has, `renamed` what files are called
    /// now.
    pub(super) fn go_on(
        &mut self,
        old: &Path,
        (parts, rest): (&[PartEntry], &TableRest),
        renamed: &Renamed<'_>,
    ) -> Result<()> {
        let on = Move { old, root: &self.root, schema: &self.schema, properties: &self.properties };
        let bring = |entry: &PartEntry| renamed.bring(on, entry);
        let brought: Vec<Option<PartEntry>> =
            rest.done.par_iter().with_max_len(1).map(bring).collect::<Result<_>>()?;
        for (entry, brought) in rest.done.iter().zip(brought) {
            match brought {
                Some(entry) => self.done.push(entry),
                None => {
                    self.take_rows(old, (entry, entry.rows), renamed)?;
                    self.close()?;
                }
            }
        }
        match parts.get(rest.done.len()) {
            _ if rest.rows == 0 => Ok(()),
            Some(part) => self.take_rows(old, (part, rest.rows), renamed),
            None => Err(Error::new("the store to go on from has fewer parts than it says")),
        }
    }

    /// Takes the first rows of a part of an earlier store.
    fn take_rows(
        &mut self,
        old: &Path,
        (part, count): (&PartEntry, u64),
        renamed: &Renamed<'_>,
    ) -> Result<()> {
        whole(old, part)?;
        for rows in OpenPart::new(old, part)?.batches(0..count)? {
            let keys = (part.first_key, key_of(&rows, rows.num_rows() - 1).unwrap_or(part.last_key));
            self.push(day(part.first_key), keys, renamed.rows(rows)?)?;
        }
        Ok(())
    }

    /// Opens the next part.
    fn start(&self, day: i64, key: i64, first: u64) -> Result<NextPart> {
        let (year, month, date) = civil_from_days(day);
        let folder = format!("{}/date={year:04}-{month:02}-{date:02}", self.table);
        let path = format!("{folder}/{:05}.parquet", self.done.len());
        let writer = begin(&self.root, &path, &self.schema, &self.properties)
            .map_err(|error| super::not_written(&self.root.join(&path), &error))?;
        let factory = ArrowRowGroupWriterFactory::new(&writer, Arc::clone(&self.schema));
        let leaves = factory.create_column_writers(0).map_err(|error| fault(&error))?;
        let mut leaves = leaves.into_iter();
        let columns = self.schema.fields().iter().map(|field| {
            let count = super::schema::leaves(field.data_type());
            leaves.by_ref().take(count).collect()
        });
        let columns = columns.collect();
        let entry = PartEntry {
            path,
            rows: 0,
            bytes: 0,
            first_seq: first,
            first_key: key,
            last_key: key,
            hash: String::new(),
            index: None,
        };
        Ok(NextPart { day, entry, writer, columns, indexer: Indexer::default() })
    }

    /// Encodes the blocks that were gathered, and with `all` what is left as well, column by column in parallel. An
    /// encoder looks only now and then whether a page is full: so the blocks that it is given are the same however
    /// the rows came, and with them the bytes of the part.
    fn encode(&mut self, all: bool) -> Result<()> {
        let Some(part) = self.open.as_mut().filter(|_| self.gathered_rows > 0) else { return Ok(()) };
        let gathered = concat_batches(&self.schema, &self.gathered).map_err(|error| fault(&error))?;
        let count = gathered.num_rows();
        let end = if all { count } else { count - count % BLOCK_ROWS };
        let blocks: Vec<RecordBatch> = (0..end)
            .step_by(BLOCK_ROWS)
            .map(|start| gathered.slice(start, BLOCK_ROWS.min(end - start)))
            .collect();
        let schema = &self.schema;
        let NextPart { columns, indexer, .. } = part;
        let work = columns.par_iter_mut().enumerate().with_max_len(1);
        let encode = || {
            work.try_for_each(|(index, writers)| {
                for block in &blocks {
                    let leaves = compute_leaves(schema.field(index), block.column(index))?;
                    for (writer, leaf) in writers.iter_mut().zip(&leaves) {
                        writer.write(leaf)?;
                    }
                }
                Ok(())
            })
        };
        let (indexed, encoded) =
            rayon::join(|| blocks.iter().try_for_each(|block| indexer.push(block)), encode);
        indexed?;
        encoded.map_err(|error: parquet::errors::ParquetError| fault(&error))?;
        self.gathered_rows = count - end;
        self.gathered = vec![gathered.slice(end, count - end)];
        Ok(())
    }

    /// Completes the part under way.
    fn close(&mut self) -> Result<()> {
        self.encode(true)?;
        let Some(part) = self.open.take() else { return Ok(()) };
        let NextPart { mut entry, mut writer, columns, indexer, .. } = part;
        let path = self.root.join(&entry.path);
        let write = || {
            let chunks: Vec<_> = columns
                .into_par_iter()
                .with_max_len(1)
                .flat_map_iter(|writers| writers.into_iter().map(ArrowColumnWriter::close))
                .collect::<parquet::errors::Result<_>>()?;
            // What files are called decides nothing: they are renamed.
            let of_files = chunks.get(Column::File as usize).map_or(0, |chunk| chunk.close().bytes_written);
            let mut group = writer.next_row_group()?;
            for chunk in chunks {
                chunk.append_to_row_group(&mut group)?;
            }
            group.close()?;
            let written = writer.bytes_written();
            let (index, place) = indexer.finish(written, written.saturating_sub(of_files as usize));
            writer.write_all(&index)?;
            entry.index = Some(place);
            writer.into_inner()
        };
        let sealed = write().map_err(|error| super::not_written(&path, &error))?;
        sealed.note(&mut entry);
        self.done.push(entry);
        Ok(())
    }

    /// Completes the table: its parts, in order, when all of them are on the disk. Waited for only here: most of
    /// them got there while the others were made.
    pub(super) fn finish(mut self) -> Result<Vec<PartEntry>> {
        self.close()?;
        let sync = |entry: &PartEntry| {
            let path = self.root.join(&entry.path);
            let synced = File::open(&path).and_then(|file| file.sync_all());
            synced.map_err(|error| Error::io("write", &path, &error))
        };
        self.done.par_iter().try_for_each(sync)?;
        Ok(self.done)
    }
}

#[cfg(test)]
mod tests {
    use arrow_array::{StringArray, new_null_array};
    use arrow_schema::Field;

    use super::*;
    use crate::store::properties::properties;
    use crate::store::schema::schema;

    /// A part of messages that came so many at once.
    fn written(at_once: usize) -> PartEntry {
        let root = std::env::temp_dir().join(format!("timeline-parts-{}-{at_once}", std::process::id()));
        std::fs::create_dir_all(&root).expect("a folder");
        let nullable = |field: &Arc<Field>| field.as_ref().clone().with_nullable(true);
        let schema = Arc::new(Schema::new(schema().fields().iter().map(nullable).collect::<Vec<_>>()));
        let mut parts = Parts::new(&root, "events", Arc::clone(&schema), properties(false));
        let messages: Vec<String> = (0..70_000).map(|n| format!("{n} {}", "x".repeat(n % 50))).collect();
        for some in messages.chunks(at_once) {
            let fields = schema.fields().iter();
            let mut columns: Vec<_> =
                fields.map(|field| new_null_array(field.data_type(), some.len())).collect();
            columns[Column::Message as usize] = Arc::new(StringArray::from_iter_values(some));
            let rows = RecordBatch::try_new(Arc::clone(&schema), columns).expect("rows");
            parts.push(0, (0, 0), rows).expect("pushed");
        }
        let mut entries = parts.finish().expect("written");
        std::fs::remove_dir_all(&root).expect("removed");
        entries.pop().expect("a part")
    }

    #[test]
    fn a_part_is_the_same_however_its_rows_came() {
        let part = written(70_000);
        assert_eq!(part.rows, 70_000);
        for at_once in [999, 8_192, 33_000] {
            assert_eq!(written(at_once), part, "{at_once} at once");
        }
    }
}
