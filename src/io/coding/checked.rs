//! A member of a zip file on its way out: it must have the length and the checksum that the archive names.
//!
//! What is longer than it says is cut there: limits were checked against what it says.

use std::io::{self, Read};

use flate2::Crc;

use super::{Source, cut, damaged};

/// Bytes as they are, counted and summed up.
pub(super) struct Checked {
    source: Source,
    left: u64,
    crc: u32,
    sum: Crc,
    ended: bool,
}

impl Checked {
    pub(super) fn new(source: Source, len: u64, crc: u32) -> Self {
        Self { source, left: len, crc, sum: Crc::new(), ended: false }
    }

    fn end(&mut self) -> io::Result<usize> {
        if self.ended {
            return Ok(0);
        }
        self.ended = true;
        if self.sum.sum() != self.crc {
            return Err(damaged("its checksum does not fit"));
        }
        match self.source.fill_buf()? {
            [] => Ok(0),
            _ => Err(damaged("it is longer than the archive says")),
        }
    }
}

impl Read for Checked {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let wanted = self.left.min(out.len() as u64) as usize;
        if self.left == 0 {
            return self.end();
        }
        let count = self.source.read(&mut out[..wanted])?;
        if count == 0 && wanted > 0 {
            self.left = 0;
            self.ended = true;
            return Err(cut());
        }
        self.sum.update(&out[..count]);
        self.left -= count as u64;
        Ok(count)
    }
}
