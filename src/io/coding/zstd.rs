//! zstd: which bytes are frames, so that what stands behind the last one is told from damage. What is inside
//! of a frame is another's.

use std::io::{self, BufRead as _, Read};

use zrip_decode::streaming::FrameDecoder;

use super::{Coding, Source, at_end, behind, cut, damaged, exactly};

const MAGIC: u32 = 0xfd2f_b528;

/// A decoder of zstd frames.
pub(super) struct Zstd(FrameDecoder<Frames>);

impl Zstd {
    pub(super) fn new(source: Source) -> Self {
        let frames = Frames { source, first: true, part: Part::Frame, pending: Vec::new(), left: 0 };
        Self(FrameDecoder::new(frames))
    }
}

impl Read for Zstd {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        self.0.read(out)
    }
}

/// The frames of a source, without what is padding or not theirs.
struct Frames {
    source: Source,
    first: bool,
    /// What begins once `pending` and `left` are through.
    part: Part,
    /// Bytes that were looked at.
    pending: Vec<u8>,
    /// Bytes to pass on.
    left: u64,
}

#[derive(Clone, Copy)]
enum Part {
    Frame,
    Block { checksum: bool },
    Checksum,
    End,
}

impl Frames {
    fn look(&mut self, count: usize) -> io::Result<&[u8]> {
        let start = self.pending.len();
        self.pending.resize(start + count, 0);
        let read = exactly(&mut self.source, &mut self.pending[start..]);
        if read.is_err() {
            self.pending.clear();
        }
        read.map(|()| &self.pending[start..])
    }

    fn number(&mut self) -> io::Result<u32> {
        Ok(self.look(4)?.iter().rev().fold(0, |value, byte| value << 8 | u32::from(*byte)))
    }

    fn next_part(&mut self) -> io::Result<()> {
        match self.part {
            Part::End => {}
            Part::Checksum => {
                self.left = 4;
                self.part = Part::Frame;
            }
            Part::Block { checksum } => {
                let header = self.look(3)?;
                let header = u32::from(header[0]) | u32::from(header[1]) << 8 | u32::from(header[2]) << 16;
                // Of a run only one byte is there.
                self.left = if header >> 1 & 3 == 1 { 1 } else { u64::from(header >> 3) };
                if header & 1 != 0 {
                    self.part = if checksum { Part::Checksum } else { Part::Frame };
                }
            }
            Part::Frame => self.next_frame()?,
        }
        Ok(())
    }

    fn next_frame(&mut self) -> io::Result<()> {
        if at_end(&mut self.source, !self.first)? {
            self.part = Part::End;
            return if self.first { Err(cut()) } else { Ok(()) };
        }
        // Of what is not zstd even four bytes may not be there.
        let low = self.source.fill_buf()?.first().copied().unwrap_or_default();
        if !self.first && low != 0x28 && low & 0xf0 != 0x50 {
            return Err(behind(Coding::Zstd));
        }
        match self.number()? {
            MAGIC => {
                let descriptor = self.look(1)?[0];
                let single = descriptor & 0x20 != 0;
                let dictionary = [0, 1, 2, 4][usize::from(descriptor & 3)];
                let size = match descriptor >> 6 {
                    0 => u64::from(single),
                    power => 1 << power,
                };
                self.left = u64::from(!single) + dictionary + size;
                self.part = Part::Block { checksum: descriptor & 4 != 0 };
            }
            0x184d_2a50..=0x184d_2a5f => self.left = u64::from(self.number()?),
            _ if self.first => return Err(damaged("no zstd frame")),
            _ => {
                self.pending.clear();
                return Err(behind(Coding::Zstd));
            }
        }
        self.first = false;
        Ok(())
    }
}

impl Read for Frames {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        while self.pending.is_empty() && self.left == 0 && !matches!(self.part, Part::End) {
            self.next_part()?;
        }
        if !self.pending.is_empty() {
            let count = self.pending.len().min(out.len());
            out[..count].copy_from_slice(&self.pending[..count]);
            self.pending.drain(..count);
            return Ok(count);
        }
        let wanted = self.left.min(out.len() as u64) as usize;
        let count = self.source.read(&mut out[..wanted])?;
        self.left -= count as u64;
        Ok(count)
    }
}
