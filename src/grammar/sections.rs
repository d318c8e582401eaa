//! Sections: several tables in one file, each below a header line that carries a stamp like its rows, as
//! `sar`, `mpstat` and `pidstat` print them.
//!
//! A header is told from a row by the line alone: it holds no number. So both passes over the input see the
//! same lines as rows, however a file is cut; what the cells of a row are called is the business of
//! [`super::Columns`].

use super::model::{Grammar, Head};
use super::schema::SectionsFile;
use super::slots::{Known, Slots};
use super::table::Columns;
use crate::base::Stamp;
use crate::time::WrittenDay;

/// How headers of sections are told from rows.
#[derive(Clone, Debug)]
pub struct Sections {
    typed: SectionsFile,
}

/// A header is short.
const LONGEST_HEADER: usize = 4096;

impl Grammar {
    /// The stamp of a header line of sections, if it has one, and the names of the columns.
    pub fn header<'a>(&self, line: &'a [u8], slots: &mut Slots) -> Option<(Option<Stamp>, &'a [u8])> {
        let sections = self.sections.as_ref().filter(|sections| !sections.is_below())?;
        let Some(head) = self.head(line, line.len(), slots) else {
            return sections.opens(line).then_some((None, line));
        };
        let rest = line.get(head.end as usize..).filter(|rest| sections.is_header(rest))?;
        Some((head.stamp, rest))
    }

    /// The date that a line without a stamp names, as `begins` left it in `slots`.
    pub fn date(&self, line: &[u8], slots: &Slots) -> Option<WrittenDay> {
        let date = slots.get(self.date?)?;
        Some(WrittenDay::read(date.of(line))?.0)
    }

    /// Whether its records may name a time of day only, whose day other lines tell.
    pub fn tells_days(&self) -> bool {
        self.date.is_some() || self.sections.is_some()
    }

    /// What stands below a stamp: a line for each row, its cells with their names.
    pub(super) fn stacked_message(&self, text: &[u8], out: &mut Vec<u8>) {
        let Some(sections) = &self.sections else { return };
        let start = out.len();
        sections.stacked(text, |stacked| {
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

    /// Calls `visit(name, value)` for every cell below a stamp: `sda.r/s`.
    pub(super) fn stacked_fields(&self, text: &[u8], mut visit: impl FnMut(&str, &[u8])) {
        let Some(sections) = &self.sections else { return };
        let name = |part: &[u8]| String::from_utf8_lossy(part).into_owned();
        sections.stacked(text, |stacked| {
            if let Stacked::Row(what, names, cells) = stacked {
                for (column, cell) in names.iter().zip(cells) {
                    visit(&format!("{}.{}", name(what), name(column)), cell);
                }
            }
        });
    }

    /// The lines below a row's first, but for blank ones and headers: they belong to the table's frame.
    pub fn further_lines(&self, text: &[u8], out: &mut Vec<u8>) {
        let mut slots = Slots::default();
        for line in text.split(|byte| *byte == b'\n').skip(1) {
            if !line.trim_ascii().is_empty() && self.header(line, &mut slots).is_none() {
                out.push(b'\n');
                out.extend_from_slice(line);
            }
        }
    }

    /// Calls `visit(name, value)` for every cell of a row that begins with `head`.
    pub fn cells(
        &self,
        text: &[u8],
        (head, slots): (&Head, &Slots),
        columns: &Columns,
        visit: impl FnMut(&str, &[u8]),
    ) {
        let first = text.split(|byte| matches!(byte, b'\n' | b'\r')).next().unwrap_or_default();
        let at = (head.end as usize).min(first.len());
        let behind = first[at..].trim_ascii();
        // A stamp that stands last has its cells before it.
        let start = slots.known(Known::Time).map_or(0, |stamp| stamp.start as usize);
        let before = first.get(..start).unwrap_or_default();
        columns.fields(if behind.is_empty() { before } else { behind }, visit);
    }
}

/// A line below a stamp that stands alone.
enum Stacked<'a, 'b> {
    /// What a row is about, the names of its cells, its cells.
    Row(&'a [u8], &'b [&'a [u8]], &'b [&'a [u8]]),
    /// Anything else.
    Line(&'a [u8]),
}

impl Sections {
    pub(super) const fn new(typed: SectionsFile) -> Self {
        Self { typed }
    }

    /// Whether stamps stand on lines of their own, above all that they date.
    pub const fn is_below(&self) -> bool {
        self.typed.below
    }

    /// Goes through the lines below a record's first: rows with the names of their columns, and what is none.
    fn stacked<'a>(&self, text: &'a [u8], mut visit: impl FnMut(Stacked<'a, '_>)) {
        let mut header: Vec<&[u8]> = Vec::new();
        for line in text.split(|byte| *byte == b'\n').skip(1) {
            let row: Vec<&[u8]> = cells(line).collect();
            if self.is_header(line) {
                // One that is not known names nothing: better no names than wrong ones.
                header = if self.opens(line) { row } else { Vec::new() };
                if header.is_empty() {
                    visit(Stacked::Line(line));
                }
            } else if let ([what, names @ ..], Some(less)) =
                (&header[..], header.len().checked_sub(row.len()))
                && let Some((what, cells)) = match less {
                    0 => row.split_first().map(|(what, cells)| (*what, cells)),
                    // A row of numbers only: the header says what it is about.
                    1 if row.iter().all(|cell| cell[0].is_ascii_digit()) => Some((*what, &row[..])),
                    _ => None,
                }
            {
                let what = what.strip_suffix(b":").unwrap_or(what);
                visit(Stacked::Row(what, names, cells));
            } else if !row.is_empty() {
                visit(Stacked::Line(line));
            }
        }
    }

    /// Whether what stands behind a stamp names columns: two cells or more, and none begins like a number.
    #[inline]
    pub fn is_header(&self, rest: &[u8]) -> bool {
        if rest.len() > LONGEST_HEADER {
            return false;
        }
        let mut cells = cells(rest);
        let Some(first) = cells.next().filter(|cell| is_name(cell)) else { return false };
        let mut more = false;
        for cell in cells {
            if !is_name(cell) {
                return false;
            }
            more = true;
        }
        more && !self.typed.rows.iter().any(|word| word.as_bytes() == first)
    }

    /// Whether what stands behind a stamp is no row although it holds a number: `LINUX RESTART (2 CPU)`.
    pub fn is_remark(&self, rest: &[u8]) -> bool {
        cells(rest).next().is_some_and(|first| self.typed.rows.iter().any(|word| word.as_bytes() == first))
    }

    /// Whether a line without a stamp names columns: its first cell says so.
    #[inline]
    pub fn opens(&self, line: &[u8]) -> bool {
        !self.typed.first.is_empty()
            && self.is_header(line)
            && cells(line)
                .next()
                .is_some_and(|first| self.typed.first.iter().any(|word| word.as_bytes() == first))
    }

    /// What tells one section from another: a number made of the names of its columns.
    pub fn kind(rest: &[u8]) -> u64 {
        let mut hash = 0xcbf2_9ce4_8422_2325_u64;
        for cell in cells(rest) {
            for byte in cell.iter().chain(b" ") {
                hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
            }
        }
        hash
    }
}

fn cells(rest: &[u8]) -> impl Iterator<Item = &[u8]> {
    rest.split(u8::is_ascii_whitespace).filter(|cell| !cell.is_empty())
}

/// Names of columns begin with a letter or with `%`: `runq-sz`, `%user`.
fn is_name(cell: &[u8]) -> bool {
    matches!(cell.first(), Some(b'a'..=b'z' | b'A'..=b'Z' | b'%' | b'_'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_hold_no_number() {
        let sections = Sections::new(SectionsFile {
            rows: vec!["LINUX".into(), "COM".into()],
            first: vec!["r".into()],
            below: false,
        });
        for (rest, header) in [
            ("     CPU     %user     %nice", true),
            ("  runq-sz  plist-sz   ldavg-1   blocked", true),
            ("  all      0.25      0.00", false),
            ("  eth0  - ", false),
            ("  LINUX RESTART\t(2 CPU)", false),
            ("  LINUX RESTART", false),
            ("  COM  a remark", false),
            ("  one", false),
            ("", false),
        ] {
            assert_eq!(sections.is_header(rest.as_bytes()), header, "{rest}");
        }
        assert!(sections.opens(b" r  b  swpd") && !sections.opens(b"CPU  %user") && !sections.opens(b" r"));
        assert_eq!(Sections::kind(b"  CPU   %user "), Sections::kind(b"CPU %user"));
        assert_ne!(Sections::kind(b"CPU %user"), Sections::kind(b"CPU %nice"));
    }
}
