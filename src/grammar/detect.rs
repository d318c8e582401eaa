//! Which format a file has, from its first records: with the margin and the runner-up.
//!
//! Votes are lines of the sample on which a whole layout fits (one that counts as evidence). Among the formats that explain nearly
//! as many lines as the best one, the most demanding wins; the order never depends on anything but
//! the grammars and the sample.

use super::load::GrammarSet;
use super::model::{Grammar, GrammarId, Shape};
use super::slots::{Known, Slots};
use super::table::{Columns, TableSpec};

/// At most this many lines of a sample vote.
const SAMPLE_LINES: usize = 200;

/// One format's result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// The format.
    pub grammar: GrammarId,
    /// Sample lines on which a whole layout fitted.
    pub lines: usize,
}

/// The formats that fit a sample, best first; none when no line carries a stamp we know.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Detection {
    /// Formats by merit.
    pub candidates: Vec<Candidate>,
    /// Lines that voted.
    pub sampled: usize,
}

impl Detection {
    /// The winner.
    pub fn winner(&self) -> Option<GrammarId> {
        self.candidates.first().map(|candidate| candidate.grammar)
    }
}

/// Detects the format of a sample: the head of a file, cut anywhere.
pub fn detect(set: &GrammarSet, sample: &[u8]) -> Detection {
    let complete = match memchr::memrchr(b'\n', sample) {
        Some(end) => &sample[..end],
        None => sample,
    };
    let lines: Vec<&[u8]> = complete
        .split(|byte| *byte == b'\n')
        .map(trim)
        .filter(|line| !line.is_empty())
        .take(SAMPLE_LINES)
        .collect();
    let mut slots = Slots::default();
    let mut candidates: Vec<Candidate> = set
        .iter()
        .filter(|(_, grammar)| !matches!(grammar.shape, Shape::Plain))
        .map(|(id, grammar)| Candidate {
            grammar: id,
            lines: match &grammar.table {
                Some(spec) => rows(grammar, spec, &lines, &mut slots),
                None if grammar.sections.is_some() => section_rows(grammar, &lines, &mut slots),
                None => lines.iter().filter(|line| fits(grammar, line, &mut slots)).count(),
            },
        })
        .filter(|candidate| candidate.lines > 0)
        .collect();
    let most = candidates.iter().map(|candidate| candidate.lines).max().unwrap_or(0);
    // What a third of the lines fits is no accident: the lines it misses find their own format one by
    // one. A format that fits fewer is out, however demanding it is.
    candidates.sort_by_key(|candidate| {
        let grammar = set.get(candidate.grammar);
        let near = candidate.lines * 3 >= most;
        (!near, std::cmp::Reverse((grammar.rank, grammar.weight)), candidate.grammar)
    });
    Detection { candidates, sampled: lines.len() }
}

/// Whether a whole layout that speaks for the format fits the line and gives it a stamp.
pub(super) fn fits(grammar: &Grammar, line: &[u8], slots: &mut Slots) -> bool {
    grammar
        .begins(line, slots)
        .is_some_and(|head| head.stamp.is_some() && grammar.read(line, &head, slots, false).evidence)
}

/// The lines that are rows of a table: below a header, and with as many cells as it has.
fn rows(grammar: &Grammar, spec: &TableSpec, lines: &[&[u8]], slots: &mut Slots) -> usize {
    let mut columns: Option<Columns> = None;
    let mut count = 0;
    for line in lines {
        if let Some(header) = Columns::header(spec, line) {
            columns = Some(header);
        } else if let Some(columns) = &columns
            && fits(grammar, line, slots)
            && let Some(stamp) = slots.known(Known::Time)
        {
            count += usize::from(columns.count_cells(&line[stamp.end as usize..]) + 1 == columns.len());
        }
    }
    count
}

/// The lines that are rows of sections: below a header, and with no fewer cells than it has.
fn section_rows(grammar: &Grammar, lines: &[&[u8]], slots: &mut Slots) -> usize {
    let cells = |rest: &[u8]| rest.split(u8::is_ascii_whitespace).filter(|cell| !cell.is_empty()).count();
    let mut columns = usize::MAX;
    let mut count = 0;
    for line in lines {
        if let Some((_, rest)) = grammar.header(line, slots) {
            columns = cells(rest);
        } else if fits(grammar, line, slots)
            && let Some(stamp) = slots.known(Known::Time)
        {
            // A layout whose stamp stands last has told all its cells.
            let behind = cells(&line[stamp.end as usize..]);
            count += usize::from(behind == 0 || behind >= columns);
        }
    }
    count
}

fn trim(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let line = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line);
    let start = line.iter().position(|byte| *byte != 0).unwrap_or(line.len());
    &line[start..]
}
