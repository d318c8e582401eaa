//! Sections: several tables in one file, each below a header line that carries a stamp like its rows, as
//! `sar`, `mpstat` and `pidstat` print them.
//!
//! A header is told from a row by the line alone: it holds no number. So both passes over the input see the
//! same lines as rows, however a file is cut; what the cells of a row are called is the business of
//! [`super::Columns`]. Tables whose stamp stands on a line of its own are the business of `super::below`.

use super::model::{Grammar, Head};
use super::schema::SectionsFile;
use super::slots::{Known, Slots};
use super::table::Columns;
use crate::base::Stamp;
use crate::time::{WrittenDay, offset_of};

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
            return sections.opens(line).then(|| (None, Sections::names(line)));
        };
        let rest = line.get(head.end as usize..).filter(|rest| sections.is_header(rest))?;
        Some((head.stamp, rest))
    }

    /// The offset of the zone that a header line without a stamp names for the stamps below it, seconds east of UTC.
    pub fn header_zone(&self, line: &[u8]) -> Option<i32> {
        let names = |sections: &&Sections| sections.typed.zone && sections.opens(line);
        self.sections.as_ref().filter(names).and_then(|_| offset_of(cells(line).last()?))
    }

    /// The date that a line without a stamp names, as `begins` left it in `slots`.
    pub fn date(&self, line: &[u8], slots: &Slots) -> Option<WrittenDay> {
        let date = slots.get(self.date?)?;
        let (day, _) = WrittenDay::read(date.of(line))?;
        Some(if self.year_first { day } else { day.with_year_last() })
    }

    /// Whether its records may name a time of day only, whose day other lines tell.
    pub fn tells_days(&self) -> bool {
        self.date.is_some() || self.sections.is_some()
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

impl Sections {
    pub(super) const fn new(typed: SectionsFile) -> Self {
        Self { typed }
    }

    /// Whether stamps stand on lines of their own, above all that they date.
    pub const fn is_below(&self) -> bool {
        self.typed.below
    }

    /// The names of a header without a stamp. `pidstat -h` writes `# Time` where the stamp stands below.
    fn names(line: &[u8]) -> &[u8] {
        let Some(named) = line.trim_ascii_start().strip_prefix(b"#") else { return line };
        let named = named.trim_ascii_start();
        named.strip_prefix(b"Time").unwrap_or(named)
    }

    /// Whether a row covers the time since the one before: a moment's counts do not.
    pub const fn has_intervals(&self) -> bool {
        !self.typed.counts
    }

    /// Whether a header without a stamp may begin a run: one that is written over each sample does not.
    pub fn begins_run(line: &[u8]) -> bool {
        !line.trim_ascii_start().starts_with(b"#")
    }

    /// Whether lines below a stamp that are no table name their numbers.
    pub(super) const fn has_counts(&self) -> bool {
        self.typed.counts
    }

    /// Whether the rows below a header have a name before its first column.
    pub(super) fn names_rows(&self, first: &[u8]) -> bool {
        self.typed.rowed.iter().any(|word| word.as_bytes() == first)
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

pub(super) fn cells(rest: &[u8]) -> impl Iterator<Item = &[u8]> {
    rest.split(u8::is_ascii_whitespace).filter(|cell| !cell.is_empty())
}

/// Names of columns begin with a letter or with `%`: `runq-sz`, `%user`. A `#` may stand before all of them.
fn is_name(cell: &[u8]) -> bool {
    matches!(cell, [b'a'..=b'z' | b'A'..=b'Z' | b'%' | b'_', ..] | b"#")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_hold_no_number() {
        let sections = Sections::new(SectionsFile {
            rows: vec!["LINUX".into(), "COM".into()],
            first: vec!["r".into()],
            ..SectionsFile::default()
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
