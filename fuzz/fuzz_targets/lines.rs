//! Any bytes as a file: the survey and the read pass cut it alike, whatever the size of a chunk, and
//! every line of it is accounted for.
//!
//! The first byte chooses the zone and whether the format is detected or chosen by the second byte.

#![no_main]

use std::collections::BTreeSet;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use timeline::base::Flags;
use timeline::clock::{FileFacts, SettleOptions, Settled, settle};
use timeline::grammar::{GrammarId, GrammarSet, detect};
use timeline::ingest::{ChunkReader, Context, Filter, Notes};
use timeline::io::{CharsetChoice, Contents, Found, Head, Limits, OpenOptions, Opened, family, open_bytes};
use timeline::pattern::LevelRules;
use timeline::survey::{FileFormat, FileSurvey, Layouts, survey_plain};
use timeline::time::Zone;
use timeline::witness::Testimony;

/// When the run began and the file was changed last.
const NOW: i64 = 1_418_346_659_000_000_000;
const MTIME: i64 = NOW - 3_600_000_000_000;
const LIMITS: Limits = Limits { unpacked: 1 << 20, ratio: 1000, depth: 4, held: 1 << 20 };
/// A chunk size that holds any input whole.
const WHOLE: usize = 1 << 20;

struct Tools {
    set: GrammarSet,
    rules: LevelRules,
    zones: Vec<Zone>,
    filter: Filter,
}

static TOOLS: LazyLock<Tools> = LazyLock::new(|| Tools {
    set: GrammarSet::embedded().unwrap_or_else(|error| panic!("{error}")),
    rules: LevelRules::embedded().unwrap_or_else(|error| panic!("{error}")),
    zones: ["UTC", "Asia/Seoul", "Europe/Berlin"].iter().filter_map(|name| Zone::parse(name).ok()).collect(),
    filter: Filter::default(),
});

/// What must not depend on the size of a chunk.
#[derive(Debug, PartialEq)]
struct Record {
    offset: u64,
    line: u64,
    lines: u32,
    len: u32,
    layout: u8,
    pattern: u64,
    level: String,
    undated: bool,
    key: i64,
}

fn survey(format: &FileFormat, opened: &Opened, chunk_size: usize) -> FileSurvey {
    let layouts = Layouts { set: &TOOLS.set, format };
    let mut buffer = Vec::new();
    let mut survey = FileSurvey { bytes: opened.size, ..FileSurvey::default() };
    for from in (0..opened.size).step_by(chunk_size) {
        let to = opened.size.min(from + chunk_size as u64);
        let ((chunks, used), _) =
            survey_plain(layouts, opened, (from, to), &mut buffer).unwrap_or_else(|error| panic!("{error}"));
        survey.chunks.extend(chunks);
        survey.used.extend(used);
    }
    survey
}

/// Reads what the survey laid out, as the engine does.
fn read(format: &FileFormat, opened: &Opened, survey: &FileSurvey, settled: &Settled) -> Vec<Record> {
    // (start, first line, span), the engine's way to cut a file.
    let mut cuts = Vec::new();
    let mut lines = 0;
    let mut begun = false;
    for ((_, chunk), span) in survey.chunks.iter().zip(&settled.chunks) {
        let cut = match (begun, chunk.first_line, chunk.first_begin) {
            (false, Some(offset), _) => Some((offset, 0)),
            (_, _, begin) => begin,
        };
        if let Some((offset, before)) = cut {
            cuts.push(if cuts.is_empty() { (0, 1, span) } else { (offset, lines + before + 1, span) });
        }
        begun |= chunk.first_begin.is_some();
        lines += chunk.lines;
    }
    let mut records = Vec::new();
    let mut reader = ChunkReader::default();
    for (index, (start, first_line, span)) in cuts.iter().enumerate() {
        let end = cuts.get(index + 1).map_or(opened.size, |(start, ..)| *start);
        let mut bytes = vec![0; (end - start) as usize];
        let count = opened.read_at(*start, &mut bytes).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(count, bytes.len());
        let context = Context {
            layouts: Layouts { set: &TOOLS.set, format },
            clock: &settled.clock,
            rules: &TOOLS.rules,
            filter: &TOOLS.filter,
            span: **span,
            mtime: Some(MTIME),
            birth: None,
            behind: None,
            landmarks: &[],
            start: *start,
            interval: Default::default(),
        };
        let (mut events, mut tallies, mut notes) = (Vec::new(), Vec::new(), Notes::default());
        reader.read(&context, &bytes, &mut events, &mut tallies, &mut notes);
        assert!(events.is_sorted_by_key(|event| event.key));
        assert_eq!(tallies.iter().map(|tally| tally.count as usize).sum::<usize>(), events.len());
        for event in &events {
            assert!((event.offset + event.len) as usize <= bytes.len());
            assert!(
                (span.min..=span.max).contains(&event.key),
                "key {} outside of what its chunk was said to hold: {span:?}",
                event.key
            );
            records.push(Record {
                offset: start + u64::from(event.offset),
                line: first_line + u64::from(event.line),
                lines: event.lines,
                len: event.len,
                layout: event.layout,
                pattern: event.pattern,
                level: format!("{:?}", event.level),
                undated: event.flags.has(Flags::UNDATED),
                key: event.key,
            });
        }
    }
    records.sort_by_key(|record| record.offset);
    records
}

/// Physical lines of a text.
fn count_lines(text: &[u8]) -> u64 {
    let newlines = text.iter().filter(|byte| **byte == b'\n').count() as u64;
    newlines + u64::from(text.last().is_some_and(|byte| *byte != b'\n'))
}

fn format(choice: [u8; 2], sample: &[u8]) -> FileFormat {
    let set = &TOOLS.set;
    let detected = detect(set, sample).winner().unwrap_or(set.plain());
    let ids: Vec<GrammarId> = set.iter().map(|(id, _)| id).collect();
    let primary = if choice[0] & 0x80 == 0 { detected } else { ids[usize::from(choice[1]) % ids.len()] };
    let others = set.secondary().filter(|id| *id != primary).collect();
    FileFormat { primary, others }
}

fuzz_target!(|data: &[u8]| {
    let Some((choice, bytes)) = data.split_first_chunk::<2>() else { return };
    let contents = open_bytes(Found::unnamed(), bytes.to_vec(), &OpenOptions { limits: LIMITS, charsets: vec![CharsetChoice { glob: None, charset: None }] });
    let Contents::File((_, Some(opened), Head::Text(sample))) = contents else { return };
    // What is decoded first is another target's.
    if opened.is_stream() {
        return;
    }
    let tools = &*TOOLS;
    let mut format = format(*choice, &sample);
    let zone = tools.zones[usize::from(choice[0] & 0x7f) % tools.zones.len()].clone();
    let options = SettleOptions { default_zone: zone, assumptions: Vec::new(), year: None, now: NOW };
    // The engine surveys with all formats and reads with those that were found.
    let mut all: Option<(BTreeSet<GrammarId>, Vec<Record>)> = None;
    let everything = format.others.clone();
    let blank: Vec<bool> = timeline::survey::lines(bytes, 0).map(|(_, _, line)| line.is_empty()).collect();
    for chunk_size in [WHOLE, 4096, 100, 64] {
        format.others.clone_from(&everything);
        let survey = survey(&format, &opened, chunk_size);
        // Times of day and of boots are settled with what other lines and logs say: that is not done here.
        if survey.chunks.iter().any(|(_, chunk)| chunk.dayless.is_some() || chunk.uptimes.is_some()) {
            return;
        }
        let lines: u64 = survey.chunks.iter().map(|(_, chunk)| chunk.lines).sum();
        assert_eq!(lines, count_lines(bytes), "lines, chunks of {chunk_size}");
        format.others.retain(|id| survey.used.contains(id));
        let (source, rotation) = family("app.log");
        let stretches = vec![0; survey.chunks.len()];
        let testimony = Testimony { stretches, ..Testimony::default() };
        let facts = FileFacts {
            name: "app.log",
            source: &source,
            format: &tools.set.get(format.primary).name,
            rotation: &rotation,
            mtime: Some(MTIME),
            packed: None,
            format_zone: tools.set.get(format.primary).zone.as_ref(),
            days: None,
            survey: &survey,
            testimony: &testimony,
        };
        let settled = settle(&[facts], &options).files.pop().unwrap_or_else(|| panic!("one file, one clock"));
        let records = read(&format, &opened, &survey, &settled);

        let mut above = true;
        let mut expected = 0;
        let mut undated = 0;
        for (_, chunk) in &survey.chunks {
            let loose = if above { chunk.loose } else { 0 };
            expected += chunk.records + loose;
            undated += chunk.undated + loose;
            above &= chunk.first_begin.is_none();
        }
        assert_eq!(records.len() as u64, expected, "records, chunks of {chunk_size}");
        let found = records.iter().filter(|record| record.undated).count() as u64;
        assert_eq!(found, undated, "undated records, chunks of {chunk_size}");
        // Records follow each other without a gap: only blank lines may stand in none.
        let mut next = 1;
        for record in &records {
            assert!(record.line >= next, "two records hold line {}", record.line);
            assert!((next..record.line).all(|line| blank[line as usize - 1]), "a gap above {record:?}");
            next = record.line + u64::from(record.lines);
        }
        assert!(next <= lines + 1 && (next..=lines).all(|line| blank[line as usize - 1]), "a gap at the end");
        match &all {
            None => all = Some((survey.used, records)),
            Some((used, known)) => {
                assert_eq!(used, &survey.used, "formats, chunks of {chunk_size}");
                for (record, known) in records.iter().zip(known) {
                    assert_eq!(record, known, "chunks of {chunk_size}");
                }
            }
        }
    }
});
