//! Looks through every polled table once, between settling and reading: what its columns are called
//! from which line on, and what changed between its samples. Tables of one source are one table.

use std::sync::Arc;

use rayon::prelude::*;

use super::prepare::{Chunk, FileState, Prepared, SourceState};
use crate::base::{FileId, Loss, SourceId, Unread, reason};
use crate::grammar::{Columns, Grammar, GrammarSet, Headers, Known, MAX_HEAD, Slots, TableSpec};
use crate::poll::{Change, Row, Sighting, Watcher};
use crate::survey::lines;

/// Of a row at most this much is kept as evidence.
const LONGEST_ROW: usize = 1024;

/// What one source's tables told.
struct Told {
    headers: Vec<(FileId, Headers)>,
    changes: Vec<Change>,
    remarks: Vec<Unread>,
}

/// Watches all tables of a run.
pub(super) fn watch_tables(prepared: &mut Prepared, set: &GrammarSet) {
    let shared: &Prepared = prepared;
    let told: Vec<Told> = shared
        .sources
        .par_iter()
        .enumerate()
        .with_max_len(1)
        .filter_map(|(index, source)| {
            let is_table = |file: &&FileId| set.get(shared.file(**file).format.primary).table.is_some();
            let files: Vec<FileId> = source.files.iter().filter(is_table).copied().collect();
            let grammar = set.get(shared.file(*files.first()?).format.primary);
            Some(watch_source(shared, grammar, SourceId(index as u32), source, &files))
        })
        .collect();
    for told in told {
        for (file, headers) in told.headers {
            prepared.files[file.0 as usize].headers = headers;
        }
        prepared.derived.extend(told.changes.iter().map(Change::derived));
        prepared.changes.extend(told.changes);
        prepared.ledger.remarks.extend(told.remarks);
    }
}

fn watch_source(
    prepared: &Prepared,
    grammar: &Grammar,
    id: SourceId,
    source: &SourceState,
    files: &[FileId],
) -> Told {
    let mut told = Told { headers: Vec::new(), changes: Vec::new(), remarks: Vec::new() };
    let Some(spec) = &grammar.table else { return told };
    let mut table = Table { grammar, spec, watcher: Watcher::new(id, spec), headers: Headers::default() };
    for &file in files {
        let state = prepared.file(file);
        // A rotated table goes on under the header of the file before it.
        table.headers = table.headers.carried();
        if let Err(error) = prepared.each_chunk(file, |chunk, bytes| table.chunk(state, chunk, bytes)) {
            // Reading meets the same fault and tells of it; this tells what it means for the table.
            let why = format!("not all of the table could be watched for changes: {}", reason(&error));
            told.remarks.push(Unread { file: state.name.clone(), why, loss: Loss::Part });
        }
        if let Some(line) = table.headers.lost_from() {
            let why = format!("its columns change too often: from line {line} on cells have no names");
            told.remarks.push(Unread { file: state.name.clone(), why, loss: Loss::None });
        }
        told.headers.push((file, table.headers.clone()));
    }
    let (changes, remarks) = table.watcher.finish();
    told.changes = changes;
    told.remarks.extend(remarks.into_iter().map(|why| Unread {
        file: source.name.clone(),
        why,
        loss: Loss::None,
    }));
    told
}

/// A table under way.
struct Table<'a> {
    grammar: &'a Grammar,
    spec: &'a TableSpec,
    watcher: Watcher<'a>,
    headers: Headers,
}

impl Table<'_> {
    fn chunk(&mut self, file: &FileState, chunk: &Chunk, bytes: &[u8]) {
        let mut slots = Slots::default();
        let mut clock = file.clock.reader(&chunk.span);
        for (index, (_, _, line)) in lines(bytes, 0).enumerate() {
            let number = chunk.first_line + index as u64;
            let head = self.grammar.begins(&line[..line.len().min(MAX_HEAD)], &mut slots);
            let stamp = head.and_then(|head| head.stamp);
            let (Some(stamp), Some(span)) = (stamp, slots.known(Known::Time)) else {
                if let Some(columns) = Columns::header(self.spec, line) {
                    self.headers.put(number, columns);
                    self.watcher.header();
                }
                continue;
            };
            let instant = clock
                .key(&stamp, None)
                .and_then(|key| file.clock.instant_at(&stamp, key, chunk.span.segment, None));
            let (Some(instant), Some(columns)) = (instant, self.headers.at(number)) else { continue };
            let rest = &line[span.end as usize..];
            let cells = columns
                .cells(rest)
                .filter_map(|(column, cell)| Some((column, std::str::from_utf8(cell).ok()?)))
                .filter(|(_, cell)| !matches!(*cell, "" | "-"))
                .collect();
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            let sighting = Sighting {
                file: chunk.file,
                line: number,
                instant,
                resolution: stamp.resolution,
                stamp: text(span.of(line)),
                raw: text(&line[..line.len().min(LONGEST_ROW)]),
            };
            let columns: Arc<Columns> = Arc::clone(columns);
            self.watcher.row(&Row { sighting, cells, columns: &columns });
        }
    }
}
