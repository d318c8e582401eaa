//! zstd: which bytes are frames, so that what stands behind the last one is told from damage. What is inside
//! of a frame is another's: the C library's.

use std::io::{self, BufRead as _, BufReader, Read};

use zstd::stream::read::Decoder;

use super::{Coding, Source, at_end, behind, cut, damaged, exactly};

const MAGIC: u32 = 0xfd2f_b528;

/// The largest window is two to this power, 128 MiB: as `zstd -d` has it without options.
const MOST_WINDOW: u32 = 27;

/// A decoder of zstd frames.
pub(super) struct Zstd(Decoder<'static, BufReader<Frames>>);

impl Zstd {
    pub(super) fn new(source: Source) -> io::Result<Self> {
        let frames = Frames { source, first: true, part: Part::Frame, pending: Vec::new(), left: 0 };
        let mut decoder = Decoder::new(frames)?;
        decoder.window_log_max(MOST_WINDOW)?;
        Ok(Self(decoder))
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

#[cfg(test)]
mod tests {
    use super::*;

    const SKIPPED: &[u8] = b"\x52\x2a\x4d\x18\x05\0\0\0other";

    /// What comes out when `step` bytes are asked for at a time, and how it ends.
    fn decoded(packed: &[u8], step: usize) -> (Vec<u8>, Option<io::ErrorKind>) {
        let mut decoder = Zstd::new(Box::new(io::Cursor::new(packed.to_vec()))).expect("a decoder");
        let (mut out, mut piece) = (Vec::new(), vec![0; step]);
        loop {
            match decoder.read(&mut piece) {
                Ok(0) => return (out, None),
                Ok(count) => out.extend_from_slice(&piece[..count]),
                Err(error) => return (out, Some(error.kind())),
            }
        }
    }

    fn frame(text: &[u8]) -> Vec<u8> {
        let mut encoder = zstd::stream::write::Encoder::new(Vec::new(), 3).expect("an encoder");
        encoder.include_checksum(true).expect("an encoder");
        io::Write::write_all(&mut encoder, text).expect("memory");
        encoder.finish().expect("memory")
    }

    /// Several blocks, a skippable frame, another frame, padding; and the text.
    fn sample() -> (Vec<u8>, Vec<u8>) {
        let lines = (0..16_000_u32).map(|line| format!("{line} {}\n", line.wrapping_mul(2_654_435_761)));
        let text = lines.collect::<String>().into_bytes();
        let packed = [&frame(&text), SKIPPED, &frame(b"last\n"), &[0; 7]].concat();
        (packed, [&text[..], b"last\n"].concat())
    }

    #[test]
    fn frames_follow_each_other() {
        let (packed, text) = sample();
        for step in [1, 4096, 32 * 1024, 1 << 20] {
            assert!(decoded(&packed, step) == (text.clone(), None), "{step}");
        }
    }

    #[test]
    fn what_stands_before_damage_is_read() {
        let (packed, text) = sample();
        let end = packed.len() - 7;
        for cut in (4..end).step_by(997).chain(end - 6..end) {
            let (out, error) = decoded(&packed[..cut], 32 * 1024);
            assert_eq!(error, Some(io::ErrorKind::UnexpectedEof), "{cut}");
            // All blocks but the one that is cut.
            assert!(text.starts_with(&out) && (cut < end / 2 || out.len() >= 1 << 17), "{cut}");
        }
        for at in (0..end).step_by(331).chain(end - 20..end) {
            let mut damaged = packed.clone();
            damaged[at] ^= 1 << (at % 8);
            let (out, error) = decoded(&damaged, 32 * 1024);
            assert!(error.is_some() || out == text, "{at}");
        }
    }

    #[test]
    fn a_window_has_a_limit() {
        // A frame with a window of 2^27 or 2^30 bytes, and one raw block of a byte.
        let frame = |power: u8| [0x28, 0xb5, 0x2f, 0xfd, 0, (power - 10) << 3, 9, 0, 0, b'x'];
        assert_eq!(decoded(&frame(27), 10), (b"x".to_vec(), None));
        assert_eq!(decoded(&frame(30), 10), (Vec::new(), Some(io::ErrorKind::Other)));
    }
}
