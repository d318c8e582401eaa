//! Series: what metric text becomes in a store, as a reader of Parquet sees it, whatever the threads; and that lost
//! parts are told. `tests/series.txt` holds what the samples of formats give (`UPDATE_CASES=1` writes it: read it).

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use arrow_array::cast::AsArray as _;
use arrow_array::types::{Float64Type, TimestampMicrosecondType, UInt64Type};
use arrow_array::{Array as _, RecordBatch};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use crate::util::{Scratch, diff, package};

/// One sample: source, series with labels and unit, time, number of its event, value.
#[derive(Debug, PartialEq)]
struct Row {
    source: String,
    series: String,
    time: Option<i64>,
    seq: u64,
    value: f64,
}

/// The parts of a store's series, by name.
fn parts(store: &Path) -> Vec<PathBuf> {
    let folder = fs::read_dir(store.join("series")).into_iter().flatten();
    let mut parts: Vec<PathBuf> = folder.map(|entry| entry.expect("an entry").path()).collect();
    parts.sort();
    parts
}

fn rows(store: &Path) -> Vec<Row> {
    let mut rows = Vec::new();
    for part in parts(store) {
        let file = fs::File::open(part).expect("a part");
        let reader = ParquetRecordBatchReaderBuilder::try_new(file).expect("Parquet").build().expect("rows");
        for batch in reader {
            read(&batch.expect("a batch"), &mut rows);
        }
    }
    rows
}

fn read(batch: &RecordBatch, rows: &mut Vec<Row>) {
    let column = |name: &str| batch.column_by_name(name).expect("a column");
    let text = |name: &str, row: usize| {
        let texts = column(name).as_string::<i32>();
        texts.is_valid(row).then(|| texts.value(row).to_owned())
    };
    for row in 0..batch.num_rows() {
        let labels = column("labels").as_map().value(row);
        let (names, values) = (labels.column(0).as_string::<i32>(), labels.column(1).as_string::<i32>());
        let labels: Vec<String> = names
            .iter()
            .flatten()
            .zip(values.iter().flatten())
            .map(|(name, of)| format!("{name}={of}"))
            .collect();
        let times = column("time").as_primitive::<TimestampMicrosecondType>();
        let unit = text("unit", row).map(|unit| format!(" [{unit}]")).unwrap_or_default();
        rows.push(Row {
            source: text("source", row).expect("a source"),
            series: format!("{}{{{}}}{unit}", text("series", row).expect("a name"), labels.join(",")),
            time: times.is_valid(row).then(|| times.value(row)),
            seq: column("seq").as_primitive::<UInt64Type>().value(row),
            value: column("value").as_primitive::<Float64Type>().value(row),
        });
    }
}

/// A store of all samples of metric text.
fn build(scratch: &Scratch, name: &str, more: &[&str]) -> PathBuf {
    const NAMES: [&str; 11] = [
        "date-free-ss.txt",
        "date-loadavg.txt",
        "date-netstat.txt",
        "iostat.txt",
        "pidstat-h.txt",
        "redis-info.txt",
        "sadf.json",
        "sar-cpu.txt",
        "sar-memory.txt",
        "sar-net.txt",
        "vmstat.txt",
    ];
    let folder = scratch.work().join("metrics");
    fs::create_dir_all(&folder).expect("a folder");
    for sample in NAMES.into_iter().chain(["top.txt"]) {
        fs::copy(package().join("samples/formats").join(sample), folder.join(sample)).expect("a sample");
    }
    scratch.good(&[&["build", "metrics", "--tz", "UTC", "-o", name], more].concat());
    scratch.work().join(name)
}

#[test]
fn metric_text_becomes_samples() {
    let scratch = Scratch::new("series");
    let rows = rows(&build(&scratch, "a.timeline", &[]));
    // For each series how many samples it has, the first and the last of them.
    let mut told: BTreeMap<(&str, &str), Vec<&Row>> = BTreeMap::new();
    for row in &rows {
        told.entry((&row.source, &row.series)).or_default().push(row);
    }
    let mut text = String::new();
    for ((source, series), rows) in told {
        let ascending =
            rows.windows(2).all(|pair| (pair[0].time, pair[0].seq) <= (pair[1].time, pair[1].seq));
        assert!(ascending, "{source} {series}");
        let (first, last) = (rows[0], rows[rows.len() - 1]);
        writeln!(text, "{source}: {series} x{}: {} .. {}", rows.len(), first.value, last.value)
            .expect("memory");
    }
    let golden = package().join("tests/series.txt");
    if std::env::var_os("UPDATE_CASES").is_some() {
        fs::write(&golden, &text).expect("a file");
    }
    let expected = fs::read_to_string(golden).expect("tests/series.txt");
    assert!(text == expected, "{}", diff(&expected, &text));
}

#[test]
fn neither_threads_nor_chunks_change_a_part() {
    let scratch = Scratch::new("series-threads");
    let bytes = |store: PathBuf| -> Vec<Vec<u8>> {
        parts(&store).iter().map(|part| fs::read(part).expect("a part")).collect()
    };
    let one = bytes(build(&scratch, "a.timeline", &["-j", "1"]));
    assert_eq!(one.len(), 1);
    for (name, more) in [
        ("b.timeline", ["-j", "2", "--chunk-size", "700"]),
        ("c.timeline", ["-j", "1", "--chunk-size", "64"]),
    ] {
        assert!(bytes(build(&scratch, name, &more)) == one, "{more:?}");
    }
}

#[test]
fn a_lost_part_is_told() {
    let scratch = Scratch::new("series-lost");
    let store = build(&scratch, "a.timeline", &[]);
    let part = parts(&store).remove(0);
    let bytes = fs::read(&part).expect("a part");
    for harm in [None, Some(&bytes[..bytes.len() / 2])] {
        match harm {
            None => fs::remove_file(&part).expect("a part"),
            Some(rest) => fs::write(&part, rest).expect("a part"),
        }
        let shown = scratch.run(&["show", "a.timeline"]);
        let stderr = String::from_utf8_lossy(&shown.stderr).into_owned();
        assert_eq!(shown.status.code(), Some(2));
        assert!(stderr.contains("series/00000.parquet") && stderr.contains("--salvage"), "{stderr}");
        let rest = scratch.run(&["show", "a.timeline", "--salvage", "--strict"]);
        assert_eq!(rest.status.code(), Some(1), "{}", String::from_utf8_lossy(&rest.stderr));
        assert!(!rest.stdout.is_empty());
    }
}

#[test]
fn logs_without_numbers_have_no_series() {
    let scratch = Scratch::new("series-none");
    scratch.write("a.log", "2024-05-01T10:00:00Z took 12 ms\n");
    scratch.good(&["build", "a.log", "-o", "a.timeline"]);
    assert_eq!(parts(&scratch.work().join("a.timeline")), Vec::<PathBuf>::new());
}
