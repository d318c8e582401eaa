//! The samples of a store, `series/*.parquet`: what metric text tells, as numbers.
//!
//! Samples are gathered in timeline order, so many at once as a part holds, and each part is sorted by series,
//! labels and time: a series lies in one place of a part, where its numbers compress and a reader of one series
//! skips the others, and a part still is a stretch of time. Sorting all of them would take all of them in memory.

use std::collections::HashMap;
use std::fs::File;
use std::hash::Hash;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_array::builder::{
    Float64Builder, MapBuilder, MapFieldNames, StringBuilder, TimestampMicrosecondBuilder, UInt64Builder,
};
use arrow_schema::{DataType, Field, Schema};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_writer::ArrowWriterOptions;
use serde::{Deserialize, Serialize};

use super::facts::MICRO;
use super::fault;
use super::manifest::PartEntry;
use super::parts::{Sealed, bring};
use super::properties::{PART_ROWS, series_properties};
use super::schema::{map, time};
use crate::base::{Batch, Error, Event, Flags, Result};
use crate::grammar::{GrammarId, Known};
use crate::series::{Sample, samples};
use crate::view::{Record, Scene};

/// Values that come again and again, each kept once.
#[derive(Debug)]
struct Pool<T> {
    numbers: HashMap<T, u32>,
    all: Vec<T>,
}

impl<T> Default for Pool<T> {
    fn default() -> Self {
        Self { numbers: HashMap::new(), all: Vec::new() }
    }
}

impl<T: Hash + Ord + Clone> Pool<T> {
    /// The number of a value.
    fn number(&mut self, value: T) -> u32 {
        if let Some(number) = self.numbers.get(&value) {
            return *number;
        }
        let number = self.all.len() as u32;
        self.all.push(value.clone());
        self.numbers.insert(value, number);
        number
    }

    /// For each number its place in the order of the values.
    fn ranks(&self) -> Vec<u32> {
        let mut order: Vec<u32> = (0..self.all.len() as u32).collect();
        order.sort_unstable_by(|a, b| self.all[*a as usize].cmp(&self.all[*b as usize]));
        let mut ranks = vec![0; order.len()];
        for (rank, number) in order.into_iter().enumerate() {
            ranks[number as usize] = rank as u32;
        }
        ranks
    }
}

/// What rows have in common, by number.
#[derive(Debug, Default)]
struct Words {
    texts: Pool<Option<String>>,
    labels: Pool<Vec<(String, String)>>,
}

/// One sample.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Row {
    /// Where its event stands in time, nanoseconds since 1970.
    key: i64,
    /// `time`, `earliest` and `latest`, microseconds.
    times: [Option<i64>; 3],
    seq: u64,
    source: u32,
    host: u32,
    series: u32,
    labels: u32,
    unit: u32,
    value: f64,
}

/// Samples of a stretch of the timeline.
#[derive(Debug, Default)]
pub(super) struct Samples {
    words: Words,
    rows: Vec<Row>,
}

impl Samples {
    /// Adds what a record tells; `seq` is the number of its event.
    pub(super) fn add(&mut self, scene: &Scene<'_>, (batch, event): (&Batch, &Event), seq: u64) {
        // What is derived from a record has its numbers from there.
        let grammar = scene.set.get(GrammarId(event.layout));
        if !grammar.has_series() || event.flags.has(Flags::DERIVED) {
            return;
        }
        let record = Record::read(scene, batch, event);
        let mut fields: Vec<(String, String)> = Vec::new();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        record.fields(|name, value| fields.push((name.to_owned(), text(value))));
        let has = |name: &str| fields.iter().any(|(field, _)| field == name);
        let Some(spec) = grammar.series(record.program(), has) else { return };
        if record.part(Known::Time).is_none() && !spec.takes_undated() {
            return;
        }
        let known = |at: i64| (at != i64::MIN && at != i64::MAX).then(|| at.div_euclid(MICRO));
        let instant = record.instant;
        let times = [
            (!event.flags.has(Flags::UNDATED)).then(|| event.key.div_euclid(MICRO)),
            instant.and_then(|instant| known(instant.earliest)),
            instant.and_then(|instant| known(instant.latest)),
        ];
        let Words { texts, labels } = &mut self.words;
        let source = texts.number(Some(scene.file(batch.file).source.clone()));
        let host = texts.number(record.part(Known::Host).map(text));
        for Sample { name, labels: of, unit, value } in samples(spec, &fields) {
            let (series, unit, labels) = (texts.number(Some(name)), texts.number(unit), labels.number(of));
            self.rows.push(Row { key: event.key, times, seq, source, host, series, labels, unit, value });
        }
    }
}

/// How far the samples of a store are: what a later build goes on from.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct SeriesRest {
    /// Parts that are complete.
    done: Vec<PartEntry>,
    /// What rows have in common, by number.
    texts: Vec<Option<String>>,
    labels: Vec<Vec<(String, String)>>,
    /// Samples that are in no part yet.
    rows: Vec<Row>,
}

/// Writes the samples of a store.
#[derive(Debug)]
pub(super) struct SeriesParts {
    /// The store's folder.
    root: PathBuf,
    gathered: Samples,
    done: Vec<PartEntry>,
}

impl SeriesParts {
    /// No sample yet.
    pub(super) fn new(root: &Path) -> Self {
        Self { root: root.to_owned(), gathered: Samples::default(), done: Vec::new() }
    }

    /// Adds the samples of the next stretch, whose events are numbered from `first` on.
    pub(super) fn push(&mut self, samples: &Samples, first: u64) -> Result<()> {
        for row in &samples.rows {
            let Words { texts, labels } = &mut self.gathered.words;
            let mut text = |number: u32| texts.number(samples.words.texts.all[number as usize].clone());
            let row = Row {
                seq: first + row.seq,
                source: text(row.source),
                host: text(row.host),
                series: text(row.series),
                unit: text(row.unit),
                labels: labels.number(samples.words.labels.all[row.labels as usize].clone()),
                ..*row
            };
            self.gathered.rows.push(row);
            // Never where a stretch happens to end: that hangs on the number of threads.
            if self.gathered.rows.len() as u64 == PART_ROWS {
                self.write()?;
            }
        }
        Ok(())
    }

    /// How far the table is.
    pub(super) fn rest(&self) -> SeriesRest {
        let Words { texts, labels } = &self.gathered.words;
        SeriesRest {
            done: self.done.clone(),
            texts: texts.all.clone(),
            labels: labels.all.clone(),
            rows: self.gathered.rows.clone(),
        }
    }

    /// Goes on where the table of an earlier store in `old` was at rest.
    pub(super) fn go_on(&mut self, old: &Path, rest: &SeriesRest) -> Result<()> {
        for entry in &rest.done {
            bring(old, &self.root, &entry.path)?;
        }
        self.done.clone_from(&rest.done);
        let Words { texts, labels } = &mut self.gathered.words;
        for text in &rest.texts {
            texts.number(text.clone());
        }
        for label in &rest.labels {
            labels.number(label.clone());
        }
        self.gathered.rows.clone_from(&rest.rows);
        Ok(())
    }

    /// Completes the table: its parts, in timeline order.
    pub(super) fn finish(mut self) -> Result<Vec<PartEntry>> {
        self.write()?;
        Ok(self.done)
    }

    /// Writes what is gathered as a part.
    fn write(&mut self) -> Result<()> {
        let Samples { words, mut rows } = std::mem::take(&mut self.gathered);
        let (Some(first), Some(last)) = (rows.first().copied(), rows.last().copied()) else { return Ok(()) };
        let (texts, labels) = (words.texts.ranks(), words.labels.ranks());
        // Stable: samples of one event that are alike stay in their order.
        rows.sort_by_key(|row| {
            (texts[row.series as usize], labels[row.labels as usize], row.times[0], row.seq)
        });
        let path = format!("series/{:05}.parquet", self.done.len());
        let mut entry = PartEntry {
            path,
            rows: rows.len() as u64,
            bytes: 0,
            first_seq: first.seq,
            first_key: first.key,
            last_key: last.key,
            hash: String::new(),
            index: None,
        };
        let batch = columns(&words, &rows)?;
        let whole = self.root.join(&entry.path);
        let file = std::fs::create_dir_all(self.root.join("series")).and_then(|()| File::create_new(&whole));
        let file = file.map_err(|error| Error::io("write", &whole, &error))?;
        let write = || {
            let options =
                ArrowWriterOptions::new().with_skip_arrow_metadata(true).with_properties(series_properties());
            let mut writer = ArrowWriter::try_new_with_options(Sealed::new(file), batch.schema(), options)?;
            writer.write(&batch)?;
            writer.into_inner()?.close(&mut entry)?;
            Ok(())
        };
        write().map_err(|error| super::not_written(&whole, &error))?;
        self.done.push(entry);
        Ok(())
    }
}

/// The schema of samples.
fn schema() -> Arc<Schema> {
    let maybe = |name: &str, kind: DataType| Field::new(name, kind, true);
    let always = |name: &str, kind: DataType| Field::new(name, kind, false);
    Arc::new(Schema::new(vec![
        maybe("time", time()),
        maybe("earliest", time()),
        maybe("latest", time()),
        always("seq", DataType::UInt64),
        always("source", DataType::Utf8),
        maybe("host", DataType::Utf8),
        always("series", DataType::Utf8),
        always("labels", map(DataType::Utf8)),
        maybe("unit", DataType::Utf8),
        always("value", DataType::Float64),
    ]))
}

/// Rows as columns.
fn columns(words: &Words, rows: &[Row]) -> Result<RecordBatch> {
    let text = |number: fn(&Row) -> u32| {
        let mut column = StringBuilder::new();
        for row in rows {
            column.append_option(words.texts.all[number(row) as usize].as_deref());
        }
        Arc::new(column.finish())
    };
    let times = |which: usize| {
        let mut column = TimestampMicrosecondBuilder::new().with_timezone("UTC");
        rows.iter().for_each(|row| column.append_option(row.times[which]));
        Arc::new(column.finish())
    };
    let (mut seq, mut value) = (UInt64Builder::new(), Float64Builder::new());
    let names =
        MapFieldNames { entry: "key_value".to_owned(), key: "key".to_owned(), value: "value".to_owned() };
    let mut labels = MapBuilder::new(Some(names), StringBuilder::new(), StringBuilder::new());
    for row in rows {
        seq.append_value(row.seq);
        value.append_value(row.value);
        for (name, value) in &words.labels.all[row.labels as usize] {
            labels.keys().append_value(name);
            labels.values().append_value(value);
        }
        labels.append(true).map_err(|error| fault(&error))?;
    }
    let columns: Vec<arrow_array::ArrayRef> = vec![
        times(0),
        times(1),
        times(2),
        Arc::new(seq.finish()),
        text(|row| row.source),
        text(|row| row.host),
        text(|row| row.series),
        Arc::new(labels.finish()),
        text(|row| row.unit),
        Arc::new(value.finish()),
    ];
    RecordBatch::try_new(schema(), columns).map_err(|error| fault(&error))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stretch(count: usize) -> Samples {
        let mut samples = Samples::default();
        for index in 0..count {
            let Words { texts, labels } = &mut samples.words;
            let row = Row {
                key: index as i64 * MICRO,
                times: [Some(index as i64), None, None],
                seq: index as u64 / 2,
                source: texts.number(Some("a.log".to_owned())),
                host: texts.number(None),
                series: texts.number(Some(["b", "a"][index % 2].to_owned())),
                labels: labels.number(vec![("n".to_owned(), (index % 3).to_string())]),
                unit: texts.number(None),
                value: index as f64,
            };
            samples.rows.push(row);
        }
        samples
    }

    /// The parts of some stretches, written one after another.
    fn written(counts: &[usize]) -> Vec<(u64, u64, String)> {
        let root =
            std::env::temp_dir().join(format!("timeline-series-{}-{}", std::process::id(), counts.len()));
        let _ = std::fs::remove_dir_all(&root);
        let mut parts = SeriesParts::new(&root);
        let (whole, mut from) = (stretch(counts.iter().sum()), 0);
        for count in counts {
            let rows = whole.rows[from..from + count].to_vec();
            let words = Words {
                texts: Pool { numbers: HashMap::new(), all: whole.words.texts.all.clone() },
                labels: Pool { numbers: HashMap::new(), all: whole.words.labels.all.clone() },
            };
            parts.push(&Samples { words, rows }, 10).expect("a part");
            from += count;
        }
        let parts = parts.finish().expect("parts");
        let _ = std::fs::remove_dir_all(&root);
        parts.into_iter().map(|part| (part.rows, part.first_seq, part.hash)).collect()
    }

    #[test]
    fn parts_do_not_hang_on_where_stretches_end() {
        let rows = PART_ROWS as usize;
        let whole = written(&[rows + 7]);
        assert_eq!(whole.iter().map(|part| part.0).collect::<Vec<_>>(), [PART_ROWS, 7]);
        assert_eq!(whole[1].1, 10 + PART_ROWS / 2);
        assert_eq!(written(&[3, rows - 1, 5]), whole);
        assert_eq!(written(&[]), []);
    }
}
