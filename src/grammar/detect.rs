//! Which format a file has, from its first records: with the margin and the runner-up.
//!
//! Votes are lines of the sample on which a whole layout fits (one that counts as evidence). Among the formats that explain nearly
//! as many lines as the best one, the most demanding wins; the order never depends on anything but
//! the grammars and the sample.

use super::load::GrammarSet;
use super::model::{Grammar, GrammarId};
use super::slots::{Known, Slots};
use super::table::{Columns, TableSpec};
use crate::base::ByteSet;

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

/// Whether a grammar is the winner of a sample; asks the others only if it fits any line.
pub(super) fn wins(set: &GrammarSet, id: GrammarId, sample: &[u8]) -> bool {
    let grammar = set.get(id);
    let mut slots = Slots::default();
    let mut any = || sampled(sample).any(|line| fits(grammar, line.window, line.length, &mut slots));
    (grammar.table.is_some() || any()) && detect(set, sample).winner() == Some(id)
}

/// The lines of a sample that vote. Its last one may be cut, but among a few lines it may be the only record.
fn sampled(sample: &[u8]) -> impl Iterator<Item = Line<'_>> {
    const FEW: usize = 24;
    let few = memchr::memchr_iter(b'\n', sample).nth(FEW).is_none();
    let complete = memchr::memrchr(b'\n', sample).filter(|_| !few).unwrap_or(sample.len());
    Line::all(complete, sample).take(SAMPLE_LINES)
}

/// Detects the format of a sample: the head of a file, cut anywhere.
pub fn detect(set: &GrammarSet, sample: &[u8]) -> Detection {
    let lines: Vec<Line<'_>> = sampled(sample).collect();
    let mut slots = Slots::default();
    let mut candidates = vote(set, &lines, true, &mut slots);
    if candidates.is_empty() {
        candidates = vote(set, &lines, false, &mut slots);
    }
    if candidates.is_empty() {
        candidates = undated(set, &lines, &mut slots);
    }
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

/// The formats that fit any of the lines. With `probe` only those that fit one of a few lines are asked about
/// all of them: most formats fit none, and there are many formats.
fn vote(set: &GrammarSet, lines: &[Line<'_>], probe: bool, slots: &mut Slots) -> Vec<Candidate> {
    // Most formats cannot begin a record with any of these bytes: they need not even be compiled.
    let first: Vec<u8> = lines.iter().filter_map(|line| line.window.first().copied()).collect();
    let mut candidates = Vec::new();
    for (id, grammar) in set.starting(ByteSet::of(first)) {
        let mut fits = |line: &Line<'_>| fits(grammar, line.window, line.length, slots);
        let count = match &grammar.table {
            Some(spec) => rows(grammar, spec, lines, slots),
            None if grammar.sections.is_some() => section_rows(grammar, lines, slots),
            None if probe && !lines.iter().enumerate().any(|(at, line)| probed(at) && fits(line)) => 0,
            None => lines.iter().filter(|line| fits(line)).count(),
        };
        if count > 0 && is_had(grammar, count, lines) {
            candidates.push(Candidate { grammar: id, lines: count });
        }
    }
    candidates
}

/// Whether a file of which `count` lines fit has all else that the grammar asks for.
fn is_had(grammar: &Grammar, count: usize, lines: &[Line<'_>]) -> bool {
    let header = |text: &String| lines.iter().any(|line| line.text().starts_with(text.as_bytes()));
    count * 100 >= lines.len() * usize::from(grammar.share) && grammar.header.as_ref().is_none_or(header)
}

/// The formats that some of the lines show although no line has a stamp.
fn undated(set: &GrammarSet, lines: &[Line<'_>], slots: &mut Slots) -> Vec<Candidate> {
    let first: Vec<u8> = lines.iter().filter_map(|line| line.window.first().copied()).collect();
    let mut candidates = Vec::new();
    for (id, grammar) in set.starting(ByteSet::of(first)).filter(|(_, grammar)| grammar.shows_undated()) {
        let shows = |line: &&Line<'_>| {
            let head = grammar.begins(line.text(), slots).filter(|head| head.stamp.is_none());
            head.is_some_and(|head| grammar.read(line.text(), &head, slots, false).evidence)
        };
        let count = lines.iter().filter(shows).count();
        if count > 0 {
            candidates.push(Candidate { grammar: id, lines: count });
        }
    }
    candidates
}

/// Whether a line is among the few: the first ones, which show records of up to so many lines, and further ones
/// in two steps that no other period meets.
const fn probed(at: usize) -> bool {
    at < 24 || at % 7 == 3 || at % 11 == 5
}

/// A line of the sample: the first bytes of all that stands from its beginning on.
struct Line<'a> {
    window: &'a [u8],
    length: usize,
}

impl<'a> Line<'a> {
    /// The lines of the first `complete` bytes that are not empty.
    fn all(complete: usize, text: &'a [u8]) -> impl Iterator<Item = Self> {
        let mut at = 0;
        text[..complete].split(|byte| *byte == b'\n').filter_map(move |line| {
            let start = at + line.len() - trim(line).len() - usize::from(line.ends_with(b"\r"));
            at += line.len() + 1;
            let length = trim(line).len();
            (length > 0).then(|| Self { window: &text[start..], length })
        })
    }

    fn text(&self) -> &'a [u8] {
        &self.window[..self.length]
    }
}

/// Whether a whole layout that speaks for the format fits the line and gives it a stamp. The line is the
/// first `length` bytes of `window`.
pub(super) fn fits(grammar: &Grammar, window: &[u8], length: usize, slots: &mut Slots) -> bool {
    let may_begin = window.first().is_some_and(|byte| grammar.first.has(*byte));
    may_begin
        && grammar.begins_in(window, length, slots).is_some_and(|head| {
            let text = match grammar.peeks {
                true => first_lines(window, grammar.layout_lines),
                false => &window[..length],
            };
            head.stamp.is_some() && grammar.read(text, &head, slots, false).evidence
        })
}

fn first_lines(text: &[u8], count: usize) -> &[u8] {
    let end = memchr::memchr_iter(b'\n', text).nth(count.saturating_sub(1)).unwrap_or(text.len());
    &text[..end]
}

/// The lines that are rows of a table: below a header, and with as many cells as it has.
fn rows(grammar: &Grammar, spec: &TableSpec, lines: &[Line<'_>], slots: &mut Slots) -> usize {
    let mut columns: Option<Columns> = None;
    let mut count = 0;
    for line in lines.iter().map(Line::text) {
        if let Some(header) = Columns::header(spec, line) {
            columns = Some(header);
        } else if let Some(columns) = &columns
            && fits(grammar, line, line.len(), slots)
            && let Some(stamp) = slots.known(Known::Time)
        {
            count += usize::from(columns.count_cells(&line[stamp.end as usize..]) + 1 == columns.len());
        }
    }
    count
}

/// The lines that are rows of sections: below a header, and with no fewer cells than it has.
fn section_rows(grammar: &Grammar, lines: &[Line<'_>], slots: &mut Slots) -> usize {
    let cells = |rest: &[u8]| rest.split(u8::is_ascii_whitespace).filter(|cell| !cell.is_empty()).count();
    let Some(sections) = &grammar.sections else { return 0 };
    if sections.is_below() {
        // A stamp alone on its line is no evidence: what stands below it is, or beside it.
        let mut stamped = false;
        let shows = |line: &&Line<'_>| {
            let below = stamped && grammar.shows_below(line.text());
            let above = stamped && line.text().starts_with(b"#");
            stamped = fits(grammar, line.window, line.length, slots) || above;
            let beside = || {
                let end = slots.known(Known::Time)?.end as usize;
                Some(end > line.length || line.text()[end..].iter().any(u8::is_ascii_digit))
            };
            below || stamped && beside() == Some(true)
        };
        return lines.iter().filter(shows).count();
    }
    let lines = lines.iter().map(Line::text);
    let mut columns = usize::MAX;
    let mut count = 0;
    for line in lines {
        if let Some((_, rest)) = grammar.header(line, slots) {
            columns = cells(rest);
        } else if fits(grammar, line, line.len(), slots)
            && let Some(stamp) = slots.known(Known::Time)
        {
            // A layout whose stamp stands last has told all its cells.
            let behind = cells(&line[stamp.end as usize..]);
            let numbers = line[stamp.end as usize..].iter().any(u8::is_ascii_digit);
            count += usize::from(behind == 0 || behind >= columns && numbers);
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
