//! Text whose lines end in a carriage return alone, as those of old Macintosh programs do, and of terminals that were
//! recorded: each return becomes a newline. A newline behind one is the rest of the same end. Nothing else is changed.

use std::io::{self, BufRead as _, Read};

use super::Source;

/// Whether a file that begins with `head` has such lines: several returns and not one newline.
pub(in crate::io) fn has_returns(head: &[u8]) -> bool {
    const FEWEST: usize = 2;
    memchr::memchr(b'\n', head).is_none() && memchr::memchr_iter(b'\r', head).count() >= FEWEST
}

/// The same text with newlines.
pub(super) struct Returns {
    source: Source,
    /// Whether the last byte was a return.
    returned: bool,
}

impl Returns {
    pub(super) fn new(source: Source) -> Self {
        Self { source, returned: false }
    }
}

impl Read for Returns {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        loop {
            let piece = self.source.fill_buf()?;
            let taken = piece.len().min(out.len());
            let mut count = 0;
            for &byte in &piece[..taken] {
                let second = byte == b'\n' && self.returned;
                self.returned = byte == b'\r';
                if !second {
                    out[count] = if self.returned { b'\n' } else { byte };
                    count += 1;
                }
            }
            self.source.consume(taken);
            // A piece of nothing but the second half of a line's end is not the end.
            if count > 0 || taken == 0 {
                return Ok(count);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &[u8], step: usize) -> Vec<u8> {
        let source = io::BufReader::with_capacity(step, io::Cursor::new(text.to_vec()));
        let mut out = Vec::new();
        Returns::new(Box::new(source)).read_to_end(&mut out).expect("reads");
        out
    }

    #[test]
    fn returns_become_newlines_wherever_the_pieces_end() {
        for step in 1..8 {
            assert_eq!(read(b"a\rb\r\rc\r\nd\ne\r", step), b"a\nb\n\nc\nd\ne\n", "{step}");
            assert_eq!(read(b"", step), b"");
        }
    }

    #[test]
    fn only_files_without_a_newline_are_such() {
        assert!(has_returns(b"Dec 12 10:10:59 web a\rDec 12 10:11:00 web b\r"));
        for head in [&b"one line\r"[..], b"a\r\nb\r\n", b"10 %\r20 %\rdone\n", b""] {
            assert!(!has_returns(head));
        }
    }
}
