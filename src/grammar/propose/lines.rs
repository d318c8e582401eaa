//! The lines of a file that a proposal is made from, and the records that a grammar makes of them.

use crate::grammar::model::{Grammar, Head};
use crate::grammar::slots::Slots;

/// Lines looked at in the file's beginning, and in each further stretch.
const FIRST_LINES: usize = 2500;
const FURTHER_LINES: usize = 750;

/// A physical line without its end.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line<'a> {
    pub text: &'a [u8],
    /// Counted from 1, where it is known: in the file's beginning.
    pub number: Option<usize>,
    /// Whether what stands above it was not looked at.
    pub opens: bool,
}

/// All lines looked at.
#[derive(Debug)]
pub(super) struct Lines<'a> {
    pub all: Vec<Line<'a>>,
}

/// A record as a grammar delimits it.
#[derive(Debug)]
pub(super) struct Record {
    /// All its lines.
    pub text: Vec<u8>,
    /// Index of the first.
    pub line: usize,
    /// How many.
    pub lines: usize,
    pub head: Head,
    /// Whether a layout fits, and whether one that speaks for the format does.
    pub whole: bool,
    pub evidence: bool,
}

/// What a grammar makes of all lines.
#[derive(Debug, Default)]
pub(super) struct Records {
    pub all: Vec<Record>,
    /// Lines that are not empty and belong to no record, by index.
    pub loose: Vec<usize>,
    /// Further lines of records that are not empty, by index.
    pub further: Vec<usize>,
}

impl<'a> Lines<'a> {
    pub(super) fn of(stretches: &'a [Vec<u8>]) -> Self {
        let mut all: Vec<Line<'a>> = Vec::new();
        for (index, stretch) in stretches.iter().enumerate() {
            let most = if index == 0 { FIRST_LINES } else { FURTHER_LINES };
            let text = stretch.strip_suffix(b"\n").unwrap_or(stretch);
            for (at, line) in text.split(|byte| *byte == b'\n').enumerate().take(most) {
                let number = (index == 0).then_some(at + 1);
                all.push(Line { text: trim(line), number, opens: at == 0 });
            }
        }
        if all.iter().all(|line| line.text.is_empty()) {
            all.clear();
        }
        Self { all }
    }

    /// Reads all lines with a grammar.
    pub(super) fn records(&self, grammar: &Grammar) -> Records {
        let mut records = Records::default();
        let mut slots = Slots::default();
        let mut open = false;
        for (index, line) in self.all.iter().enumerate() {
            open &= !line.opens;
            if let Some(head) = grammar.begins(line.text, &mut slots) {
                let reading = grammar.read(line.text, &head, &mut slots, false);
                let (whole, evidence) = (reading.whole, reading.evidence);
                let text = line.text.to_vec();
                records.all.push(Record { text, line: index, lines: 1, head, whole, evidence });
                open = true;
            } else if let Some(record) = records.all.last_mut().filter(|_| open) {
                record.text.push(b'\n');
                record.text.extend_from_slice(line.text);
                record.lines += 1;
                if !line.text.is_empty() {
                    records.further.push(index);
                }
            } else if !line.text.is_empty() {
                records.loose.push(index);
            }
        }
        records
    }
}

/// As all passes see a line: without a byte order mark, NULs in front and a carriage return.
fn trim(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let line = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line);
    let start = line.iter().position(|byte| *byte != 0).unwrap_or(line.len());
    &line[start..]
}
