//! Sections: several tables in one file, each below a header line that carries a stamp like its rows, as
//! `sar`, `mpstat` and `pidstat` print them.
//!
//! A header is told from a row by the line alone: it holds no number. So both passes over the input see the
//! same lines as rows, however a file is cut; what the cells of a row are called is the business of
//! [`super::Columns`].

use super::schema::SectionsFile;

/// How headers of sections are told from rows.
#[derive(Clone, Debug)]
pub struct Sections {
    typed: SectionsFile,
}

/// A header is short.
const LONGEST_HEADER: usize = 4096;

impl Sections {
    pub(super) const fn new(typed: SectionsFile) -> Self {
        Self { typed }
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
        let sections =
            Sections::new(SectionsFile { rows: vec!["LINUX".into(), "COM".into()], first: vec!["r".into()] });
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
