//! What stands below a stamp that has a line of its own: the tables of `iostat -t`, and the output of commands
//! that a loop ran below the output of `date`.
//!
//! All of it is one record. Here its numbers get names: by the header of their table, by a pattern of the grammar,
//! or by the words beside them. A number that is not named that way has none: better no name than a wrong one.

use super::bodies::Body;
use super::model::{Grammar, Shape};
use super::sections::{Sections, cells};
use super::slots::{Known, Slots, Span};
use super::step::Step;

/// A line below a stamp.
enum Stacked<'a, 'b> {
    /// What a row is about, the names of its cells, its cells.
    Row(&'a [u8], &'b [&'a [u8]], &'b [&'a [u8]]),
    /// Anything else.
    Line(&'a [u8]),
}

impl Grammar {
    /// What stands below a stamp: a line for each row, its cells with their names.
    pub(super) fn stacked_message(&self, text: &[u8], slots: &Slots, out: &mut Vec<u8>) {
        let Some(sections) = &self.sections else { return };
        let start = out.len();
        let first = text.split(|byte| *byte == b'\n').next().unwrap_or_default();
        let opens = slots.known(Known::Time).is_none() && sections.opens(first);
        if sections.has_counts() && !opens && says_more(first, slots.known(Known::Time)) {
            out.extend_from_slice(first.trim_ascii());
        }
        sections.stacked(text, slots, |stacked| {
            if out.len() > start {
                out.push(b'\n');
            }
            match stacked {
                Stacked::Row(what, names, cells) => {
                    out.extend_from_slice(what);
                    for (name, cell) in names.iter().zip(cells) {
                        for part in [b"  ", *name, b" ", *cell] {
                            out.extend_from_slice(part);
                        }
                    }
                }
                Stacked::Line(line) => out.extend_from_slice(line.trim_ascii_end()),
            }
        });
        if out.len() == start {
            out.extend_from_slice(text);
        }
    }

    /// Calls `visit(name, value)` for every cell below a stamp (`sda.r/s`), and for every number that words beside it
    /// name. What is named twice gets a number from the second time on.
    pub(super) fn stacked_fields(&self, text: &[u8], slots: &Slots, mut visit: impl FnMut(&str, &[u8])) {
        let Some(sections) = &self.sections else { return };
        let mut seen = std::collections::HashMap::<String, u32>::new();
        let mut visit = |name: &str, value: &[u8]| {
            let times = seen.entry(name.to_owned()).or_default();
            *times += 1;
            match times {
                1 => visit(name, value),
                times => visit(&format!("{name}_{times}"), value),
            }
        };
        let mut groups = Groups::default();
        sections.stacked(text, slots, |stacked| match stacked {
            Stacked::Row(what, names, cells) => {
                for (column, cell) in names.iter().zip(cells) {
                    visit(&format!("{}.{}", shown(what), shown(column)), cell);
                }
            }
            Stacked::Line(line) if sections.has_counts() => {
                if !bodies(&self.bodies, line, &mut visit) {
                    groups.counts(line, &mut visit);
                }
            }
            Stacked::Line(_) => {}
        });
    }

    /// Whether a line below a stamp shows that its record is one of these.
    pub(super) fn shows_below(&self, line: &[u8]) -> bool {
        let Some(sections) = &self.sections else { return false };
        let mut any = false;
        let mut visit = |_: &str, _: &[u8]| any = true;
        sections.opens(line)
            || sections.has_counts()
                && (bodies(&self.bodies, line, &mut visit) || {
                    let mut groups = Groups::default();
                    groups.counts(line, &mut visit);
                    any || !groups.0.is_empty()
                })
    }
}

impl Grammar {
    /// Whether a line without a stamp may show this format.
    pub(super) fn shows_undated(&self) -> bool {
        let is_time = |step: &Step| matches!(step, Step::Time(_));
        match &self.shape {
            Shape::Text(groups) => groups
                .iter()
                .any(|group| !group.head.iter().any(is_time) && group.tails.iter().any(|tail| tail.evidence)),
            _ => false,
        }
    }
}

/// Whether a line with a stamp has words of its own.
fn says_more(line: &[u8], stamp: Option<Span>) -> bool {
    let Some(stamp) = stamp.filter(|stamp| stamp.end as usize <= line.len()) else { return true };
    let around = line[..stamp.start as usize].iter().chain(&line[stamp.end as usize..]);
    around.into_iter().any(u8::is_ascii_alphanumeric)
}

fn bodies(bodies: &[Body], line: &[u8], visit: &mut impl FnMut(&str, &[u8])) -> bool {
    let line = line.trim_ascii();
    bodies.iter().any(|body| body.fields(None, line, visit))
}

fn shown(part: &[u8]) -> String {
    String::from_utf8_lossy(part).into_owned()
}

/// What a row is about, the names of its cells, its cells.
type Row<'a, 'b> = (&'a [u8], &'b [&'a [u8]], Vec<&'a [u8]>);

impl Sections {
    /// Goes through the lines below a record's first: rows with the names of their columns, and what is none.
    fn stacked<'a>(&self, text: &'a [u8], slots: &Slots, mut visit: impl FnMut(Stacked<'a, '_>)) {
        let mut header: Vec<&[u8]> = Vec::new();
        // Without a stamp a record may begin with the header itself.
        let first = text.split(|byte| *byte == b'\n').next().unwrap_or_default();
        let stamped = slots.known(Known::Time).is_some() || !self.opens(first);
        for line in text.split(|byte| *byte == b'\n').skip(usize::from(stamped)) {
            let row: Vec<&[u8]> = cells(line).collect();
            if self.is_header(line) {
                // One that is not known names nothing: better no names than wrong ones.
                header = if self.opens(line) { row } else { Vec::new() };
                if header.is_empty() {
                    visit(Stacked::Line(line));
                }
            } else if let Some((what, names, cells)) = self.row(&header, &row, line) {
                visit(Stacked::Row(what.strip_suffix(b":").unwrap_or(what), names, &cells));
            } else if row.is_empty() {
                header.clear();
            } else {
                visit(Stacked::Line(line));
            }
        }
    }

    /// What a line is about, the names of its cells and they, if it is a row below a header.
    fn row<'a, 'b>(&self, header: &'b [&'a [u8]], row: &[&'a [u8]], line: &'a [u8]) -> Option<Row<'a, 'b>> {
        let ([first, names @ ..], [what, cells @ ..]) = (header, row) else { return None };
        if self.names_rows(first) {
            let fits =
                cells.len() >= 3 && cells.len() <= header.len() && cells.iter().all(|cell| is_number(cell));
            return (fits && !is_number(what)).then(|| (*what, header, cells.to_vec()));
        }
        match header.len().checked_sub(row.len()) {
            Some(0) => Some((*what, names, cells.to_vec())),
            // A row of numbers only: the header says what it is about.
            Some(1) if row.iter().all(|cell| cell[0].is_ascii_digit()) => Some((*first, names, row.to_vec())),
            Some(_) => None,
            // A command has blanks of its own.
            None if matches!(names.last(), Some(&(b"COMMAND" | b"Command" | b"CMD"))) => {
                let last = line.len() - behind(line, names.len()).len();
                let cells = cells.get(..names.len() - 1)?.iter().copied();
                Some((*what, names, cells.chain([line[last..].trim_ascii()]).collect()))
            }
            None => None,
        }
    }
}

/// What stands behind so many cells of a line.
fn behind(line: &[u8], count: usize) -> &[u8] {
    let mut rest = line.trim_ascii_start();
    for _ in 0..count {
        let end = rest.iter().position(u8::is_ascii_whitespace).unwrap_or(rest.len());
        rest = rest[end..].trim_ascii_start();
    }
    rest
}

/// Lines like `Tcp:`, each with how far it is indented: what is indented further belongs to them.
#[derive(Default)]
struct Groups(Vec<(usize, String)>);

/// No name is longer, and no line that names its numbers.
const LONGEST_NAME: usize = 60;
const LONGEST_LINE: usize = 1024;
/// A name in words has no more of them: anything beyond is prose.
const MOST_WORDS: usize = 10;

impl Groups {
    /// Calls `visit(name, value)` for every number of a line that words beside it name: `12 total packets received`,
    /// `LISTEN 3`, `TCP: 11 (estab 1, closed 7)`, `db0:keys=1,expires=0`, `role:master`.
    fn counts(&mut self, line: &[u8], visit: &mut impl FnMut(&str, &[u8])) {
        let text = line.trim_ascii();
        let indent = line.len() - line.trim_ascii_start().len();
        self.0.retain(|(above, _)| *above < indent);
        if text.len() > LONGEST_LINE {
            return;
        }
        let Ok(text) = std::str::from_utf8(text) else { return };
        let named = text.split_once(':').map(|(name, rest)| (name.trim_end(), rest)).filter(|(name, _)| {
            name.len() <= LONGEST_NAME
                && name.starts_with(|c: char| c.is_alphabetic() || matches!(c, '%' | '_'))
        });
        let Some((name, rest)) = named else {
            if let Some((name, value)) = counted(text).filter(|(name, _)| !name.is_empty()) {
                visit(&self.path(&[&name]), value.as_bytes());
            }
            return;
        };
        let value = rest.trim();
        if value.is_empty() {
            return self.0.push((indent, name.to_owned()));
        }
        let items = value.split([',', '(', ')']).flat_map(|item| item.split(". ")).map(str::trim);
        let items: Vec<_> = items
            .filter(|item| !item.is_empty())
            .map(|item| assigned(item).or_else(|| counted(item)))
            .collect();
        if items.iter().all(Option::is_some) {
            for (inner, value) in items.into_iter().flatten() {
                visit(&self.path(&[name, &inner]), value.as_bytes());
            }
        } else if !rest.starts_with(' ') {
            visit(&self.path(&[name]), value.as_bytes());
        }
    }

    fn path(&self, names: &[&str]) -> String {
        let groups = self.0.iter().map(|(_, name)| name.as_str());
        groups.chain(names.iter().copied()).filter(|name| !name.is_empty()).collect::<Vec<_>>().join(".")
    }
}

/// `keys=1`
fn assigned(item: &str) -> Option<(String, &str)> {
    let (name, value) = item.split_once('=')?;
    (!name.is_empty() && !item.contains(' ')).then(|| (name.to_owned(), value))
}

/// The one number of a few words, and the words.
fn counted(item: &str) -> Option<(String, &str)> {
    let words: Vec<&str> = item.split_ascii_whitespace().take(MOST_WORDS + 1).collect();
    let is_number = |word: &&&str| is_number(word.as_bytes());
    let number = words.iter().find(is_number)?;
    if words.len() > MOST_WORDS || words.iter().filter(is_number).count() != 1 {
        return None;
    }
    let name: Vec<&str> = words.iter().filter(|word| !is_number(word)).copied().collect();
    Some((name.join(" "), number))
}

/// Digits, perhaps with a sign, a point and a percent sign.
fn is_number(word: &[u8]) -> bool {
    let word = word.strip_suffix(b"%").unwrap_or(word);
    let word = word.strip_prefix(b"-").unwrap_or(word);
    let points = word.iter().filter(|byte| **byte == b'.').count();
    word.len() > points && points <= 1 && word.iter().all(|byte| byte.is_ascii_digit() || *byte == b'.')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_named_by_the_words_beside_them() {
        let text = "\
Tasks:  95 total,   2 running
MiB Swap:      0.5 total,      0.0 used.  21657.6 avail Mem
TCP:   11 (estab 1, timewait 0)
Ip:
    16547 total packets received
    OutTransmits: 10495
Icmp:
    ICMP input histogram:
        destination unreachable: 24
    24 ICMP messages sent
      1 ESTAB
LISTEN 3
db0:keys=1,expires=0
role:master
os:Linux 6.1.0 x86_64
config_file:
# Clients
MemTotal:       24684092 kB
%Cpu(s):100.0 us,  0.0 sy
Quick ack mode was activated 5 times
from 10.0.0.1 to 10.0.0.2
took 3 of 4
note: a word of prose, 3 of them";
        let mut groups = Groups::default();
        let mut found = String::new();
        for line in text.lines() {
            groups.counts(line.as_bytes(), &mut |name, value| {
                found += &format!("{name}={}\n", String::from_utf8_lossy(value));
            });
        }
        assert_eq!(
            found,
            "\
Tasks.total=95
Tasks.running=2
MiB Swap.total=0.5
MiB Swap.used=0.0
MiB Swap.avail Mem=21657.6
TCP=11
TCP.estab=1
TCP.timewait=0
Ip.total packets received=16547
Ip.OutTransmits=10495
Icmp.ICMP input histogram.destination unreachable=24
Icmp.ICMP messages sent=24
Icmp.ESTAB=1
LISTEN=3
db0.keys=1
db0.expires=0
role=master
os=Linux 6.1.0 x86_64
MemTotal.kB=24684092
%Cpu(s).us=100.0
%Cpu(s).sy=0.0
Quick ack mode was activated times=5
"
        );
    }
}
