//! What can be made of a store whose manifest or whose `run.json` is damaged: the parts that stand there are asked
//! themselves. What they cannot tell stays unknown, and that is said.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::Path;

use parquet::file::reader::{FileReader as _, SerializedFileReader};

use super::manifest::{MANIFEST, Made, Manifest, PartEntry};
use super::open::{OpenPart, selection};
use super::reader::Store;
use super::run::{Run, StoredFile};
use super::schema::Column;
use crate::base::{Account, Basis, Error, Flags, Loss, Result, SourceId, Unread, reason};
use crate::clock::Years;
use crate::present::{SourceRow, UNKNOWN};

/// Rows that are looked at together.
const AT_ONCE: usize = 8_192;

/// A manifest of the parts that stand in a store's folder, and what it cannot know. `why` says what is wrong with the
/// one that was written.
pub(super) fn manifest(root: &Path, why: &Error) -> Result<(Manifest, Vec<Unread>)> {
    let mut lost = Vec::new();
    let mut tell =
        |file: &str, why: String, loss: Loss| lost.push(Unread { file: file.to_owned(), why, loss });
    // What is told holds for the reader: what to do about it was done.
    let why = why.to_string();
    let why = why.split_once(" is damaged: ").map_or(&why[..], |(_, why)| why);
    let why = why.split(';').next().unwrap_or_default();
    let unknown = "which parts there were, of what logs it was made and what chose its events is not known: the parts that are there are taken as they are";
    tell(MANIFEST, format!("{why}; {unknown}"), Loss::Part);
    let mut manifest = Manifest::new(Made { tz: "UTC".to_owned(), ..Made::default() });
    for table in ["events", "copies"] {
        let mut parts = Vec::new();
        for path in parts_of(root, table) {
            match part(root, &path) {
                Ok(part) => parts.push(part),
                Err(error) => tell(&path, error.to_string(), Loss::Whole),
            }
        }
        parts.sort_by_key(|part: &PartEntry| part.first_seq);
        if table == "copies" {
            manifest.copies = parts;
            continue;
        }
        let mut next = 0;
        for part in &parts {
            if part.first_seq != next {
                let gap =
                    format!("events {next} to {} are missing before it", part.first_seq.saturating_sub(1));
                tell(&part.path, gap, Loss::Part);
            }
            next = part.first_seq.saturating_add(part.rows);
        }
        manifest.rows = parts.iter().map(|part| part.rows).sum();
        manifest.events = parts;
    }
    if manifest.events.is_empty() {
        return Err(Error::new(format!("{}: no part of its events can be read", root.display())));
    }
    manifest.checksum = manifest.sum(root);
    Ok((manifest, lost))
}

/// Paths of a table's files, in order.
fn parts_of(root: &Path, table: &str) -> Vec<String> {
    let names = |folder: &Path| -> Vec<String> {
        let entries = fs::read_dir(folder).into_iter().flatten().flatten();
        let mut names: Vec<String> =
            entries.filter_map(|entry| entry.file_name().into_string().ok()).collect();
        names.sort();
        names
    };
    let folder = root.join(table);
    let in_day = |day: &String| {
        let names = names(&folder.join(day)).into_iter().filter(|name| name.ends_with(".parquet"));
        names.map(|name| format!("{table}/{day}/{name}")).collect::<Vec<String>>()
    };
    names(&folder).iter().flat_map(in_day).collect()
}

/// A part as it tells of itself.
fn part(root: &Path, path: &str) -> Result<PartEntry> {
    const KEYS: [Column; 4] = [Column::Seq, Column::Time, Column::Below, Column::At];
    let file = File::open(root.join(path)).map_err(|error| Error::new(reason(&error)))?;
    let bytes = file.metadata().map_err(|error| Error::new(reason(&error)))?.len();
    let footer = SerializedFileReader::new(file).map_err(|error| Error::new(super::why(&error)))?;
    let rows = u64::try_from(footer.metadata().file_metadata().num_rows()).unwrap_or(0);
    let mut part = PartEntry {
        path: path.to_owned(),
        rows,
        bytes,
        first_seq: 0,
        first_key: 0,
        last_key: 0,
        hash: String::new(),
        // Without it texts are read.
        index: None,
    };
    part.hash = part.sum(root)?;
    let open = OpenPart::new(root, &part)?;
    let row = |number: u64| -> Result<(u64, i64)> {
        let read = open.read_some(&selection(number..number + 1), 1, Some(&KEYS))?;
        let read = read.first().filter(|read| read.len() > 0);
        read.map(|read| (read.seq.value(0), read.key(0))).ok_or_else(|| Error::new("it holds no rows"))
    };
    ((part.first_seq, part.first_key), part.last_key) = (row(0)?, row(rows.saturating_sub(1))?.1);
    Ok(part)
}

/// A source as its rows tell of it.
#[derive(Default)]
struct Known {
    files: Vec<String>,
    formats: BTreeMap<String, u64>,
    range: Option<(i64, i64)>,
    account: Account,
}

/// What the rows of a store tell of its files and sources. Findings, what was lost when it was built and how clocks are
/// known are not in there. `why` says what is wrong with what was kept of that.
pub(super) fn run(store: &Store, why: &str) -> Result<Run> {
    const COLUMNS: [Column; 9] = [
        Column::Source,
        Column::File,
        Column::Format,
        Column::Lines,
        Column::Time,
        Column::Below,
        Column::At,
        Column::Shape,
        Column::Seq,
    ];
    let mut sources: BTreeMap<String, Known> = BTreeMap::new();
    for part in store.parts() {
        let read = OpenPart::new(store.root(), part)
            .and_then(|open| open.read_some(&selection(0..part.rows), AT_ONCE, Some(&COLUMNS)));
        // Whoever reads its events will tell what is wrong with it.
        for rows in read.into_iter().flatten() {
            for row in 0..rows.len() as u32 {
                let place = row as usize;
                let Some((source, file)) = rows.source.get(place).zip(rows.file.get(place)) else { continue };
                if !sources.contains_key(source) {
                    sources.insert(source.to_owned(), Known::default());
                }
                let Some(known) = sources.get_mut(source) else { continue };
                if !known.files.iter().any(|name| name == file) {
                    known.files.push(file.to_owned());
                }
                let flags = Flags::from_bits(rows.facts(row).flags);
                if flags.has(Flags::DERIVED) {
                    continue;
                }
                *known.formats.entry(rows.format.get(place).unwrap_or_default().to_owned()).or_default() += 1;
                let lines = u64::from(rows.lines(row)).max(1);
                let undated = flags.has(Flags::UNDATED);
                known.account.add(&Account {
                    lines,
                    records: 1,
                    joined: lines - 1,
                    dated: u64::from(!undated),
                    undated: u64::from(undated),
                    ..Account::default()
                });
                let key = rows.key(row);
                if !undated {
                    let (first, last) = known.range.unwrap_or((key, key));
                    known.range = Some((first.min(key), last.max(key)));
                }
            }
        }
    }
    let mut run = Run::default();
    for (id, (name, known)) in sources.into_iter().enumerate() {
        let source = SourceId(id as u32);
        let files = known.files.iter().cloned();
        run.files.extend(files.map(|name| StoredFile { name, source, mtime: None, birth: None }));
        run.sources.push(known.row(name));
    }
    let unknown = "how clocks are known, findings, and what was lost when it was built are not known; sources and their counts are those of its records";
    run.remarks.push(Unread {
        file: Manifest::RUN.to_owned(),
        why: format!("{why}: {unknown}"),
        loss: Loss::Part,
    });
    Ok(run)
}

impl Known {
    /// As a source is told.
    fn row(self, name: String) -> SourceRow {
        let most = self.formats.iter().max_by_key(|(_, count)| **count).map(|(name, _)| name.clone());
        let format = most.unwrap_or_default();
        let others = self.formats.into_keys().filter(|other| *other != format).collect();
        SourceRow {
            name,
            files: self.files,
            others,
            format,
            encodings: Vec::new(),
            segments: Vec::new(),
            zone_basis: self.range.map(|_| UNKNOWN.into()),
            proofs: Vec::new(),
            boots: Vec::new(),
            year_basis: Basis::default(),
            years: Years::default(),
            range: self.range,
            ambiguous: false,
            since_boot: false,
            account: self.account,
        }
    }
}
