//! Looks once through every file whose rows stand below headers, between settling and reading: what cells are
//! called from which line on, and which time the first rows of each chunk cover.

use rayon::prelude::*;

use super::prepare::Prepared;
use crate::base::{FileId, Loss, Unread, reason};
use crate::grammar::{Columns, GrammarSet, Headers, Sections, Slots};
use crate::ingest::Interval;
use crate::survey::{Layouts, lines};

/// What one file told.
struct Told {
    file: FileId,
    headers: Headers,
    /// Rows under way at the beginning of each of its chunks.
    intervals: Vec<Interval>,
    fault: Option<String>,
}

/// Goes through all such files.
pub(super) fn watch_sections(prepared: &mut Prepared, set: &GrammarSet) {
    let shared: &Prepared = prepared;
    let has_sections =
        |(_, file): &(usize, &super::FileState)| set.get(file.format.primary).sections.is_some();
    let files: Vec<FileId> =
        shared.files.iter().enumerate().filter(has_sections).map(|(index, _)| FileId(index as u32)).collect();
    let told: Vec<Told> = files
        .into_par_iter()
        .with_max_len(1)
        .map(|file| {
            let mut told = Told { file, headers: Headers::default(), intervals: Vec::new(), fault: None };
            if let Err(error) = look(shared, set, &mut told) {
                // Reading meets the same fault and tells of it; this tells what it means for the cells.
                told.fault = Some(format!("not all of its headers could be read: {}", reason(&error)));
            }
            told
        })
        .collect();
    for told in told {
        let first = prepared.chunks.partition_point(|chunk| chunk.file < told.file);
        for (chunk, interval) in prepared.chunks[first..].iter_mut().zip(told.intervals) {
            chunk.interval = interval;
        }
        let state = &mut prepared.files[told.file.0 as usize];
        let lost = told.headers.lost_from();
        let lost =
            lost.map(|line| format!("its columns change too often: from line {line} on cells have no names"));
        let remark = |why| Unread { file: state.name.clone(), why, loss: Loss::None };
        let remarks: Vec<Unread> = told.fault.into_iter().chain(lost).map(remark).collect();
        state.headers = told.headers;
        prepared.ledger.remarks.extend(remarks);
    }
}

fn look(prepared: &Prepared, set: &GrammarSet, told: &mut Told) -> std::io::Result<()> {
    let file = prepared.file(told.file);
    let layouts = Layouts { set, format: &file.format };
    let grammar = set.get(file.format.primary);
    let mut slots = Slots::default();
    let mut interval = Interval::default();
    let Told { headers, intervals, file: id, .. } = told;
    prepared.each_chunk(*id, |chunk, bytes| {
        intervals.push(interval);
        let mut clock = file.clock.reader(&chunk.span);
        for (index, (at, _, line)) in lines(bytes, 0).enumerate() {
            let begun = layouts.begins(&bytes[at..], line.len(), &mut slots);
            clock.heed(&layouts, line, begun.as_ref(), &mut slots);
            let Some((id, head)) = begun else {
                if let Some((stamp, names)) = grammar.header(line, &mut slots) {
                    headers.put(chunk.first_line + index as u64, Columns::section(names));
                    if stamp.is_some() || Sections::begins_run(line) {
                        interval.header(stamp.and_then(|stamp| clock.key(&stamp, None)));
                    }
                }
                continue;
            };
            let key = head.stamp.and_then(|stamp| clock.key(&stamp, None));
            interval.record(set.get(id), line, &slots, key);
        }
    })
}
