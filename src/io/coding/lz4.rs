//! The LZ4 frame format: frames of blocks. A block that is whole is unpacked by the library; of one that is
//! cut off, what is there is unpacked here, because a block may be all of a small file.

use std::io::{self, BufRead as _, Read};

use lz4_flex::block::{decompress_into, decompress_into_with_dict};
use std::hash::Hasher as _;

use twox_hash::XxHash32;

use super::{Coding, Source, at_end, behind, cut, damaged, exactly};

const MAGIC: u32 = 0x184d_2204;

/// How far a block may look back into those before it.
const WINDOW: usize = 64 * 1024;

/// A decoder of LZ4 frames.
pub(super) struct Lz4 {
    source: Source,
    frame: Option<Frame>,
    first: bool,
    ended: bool,
    packed: Vec<u8>,
    /// The window, then the block under way.
    text: Vec<u8>,
    /// Where the block under way begins in `text`.
    block: usize,
    /// What of `text` is not taken yet.
    ready: std::ops::Range<usize>,
    /// What is told behind it.
    failure: Option<io::Error>,
}

struct Frame {
    linked: bool,
    block_checks: bool,
    /// The sum over all text, where the frame ends with one.
    sum: Option<XxHash32>,
    /// Text still to come, where the frame names its length.
    left: Option<u64>,
    most: usize,
}

impl Lz4 {
    pub(super) fn new(source: Source) -> Self {
        Self {
            source,
            frame: None,
            first: true,
            ended: false,
            packed: Vec::new(),
            text: Vec::new(),
            block: 0,
            ready: 0..0,
            failure: None,
        }
    }

    fn word(&mut self) -> io::Result<u32> {
        let mut word = [0; 4];
        exactly(&mut self.source, &mut word)?;
        Ok(u32::from_le_bytes(word))
    }

    /// Reads the header of the next frame; whether there is one.
    fn next_frame(&mut self) -> io::Result<bool> {
        loop {
            if at_end(&mut self.source, !self.first)? {
                return if self.first { Err(cut()) } else { Ok(false) };
            }
            let low = self.source.fill_buf()?.first().copied().unwrap_or_default();
            if !self.first && low != 0x04 && low & 0xf0 != 0x50 {
                return Err(behind(Coding::Lz4));
            }
            match self.word()? {
                MAGIC => break,
                // A skippable frame.
                0x184d_2a50..=0x184d_2a5f => {
                    let length = u64::from(self.word()?);
                    let skipped = io::copy(&mut (&mut self.source).take(length), &mut io::sink())?;
                    if skipped < length {
                        return Err(cut());
                    }
                }
                _ if self.first => return Err(damaged("no LZ4 frame")),
                _ => return Err(behind(Coding::Lz4)),
            }
            self.first = false;
        }
        self.first = false;
        self.frame = Some(self.header()?);
        self.text.clear();
        Ok(true)
    }

    fn header(&mut self) -> io::Result<Frame> {
        let mut header = [0; 15];
        exactly(&mut self.source, &mut header[..2])?;
        let (flags, sizes) = (header[0], header[1]);
        if flags >> 6 != 1 || flags & 2 != 0 || sizes & 0x8f != 0 || sizes < 0x40 {
            return Err(damaged("a later version of LZ4 wrote it"));
        }
        if flags & 1 != 0 {
            return Err(damaged("it needs a dictionary that is not in it"));
        }
        let length = if flags & 8 == 0 { 2 } else { 10 };
        exactly(&mut self.source, &mut header[2..=length])?;
        if header[length] != (XxHash32::oneshot(0, &header[..length]) >> 8) as u8 {
            return Err(damaged("its checksum does not fit"));
        }
        let size: [u8; 8] = header[2..10].try_into().unwrap_or_default();
        Ok(Frame {
            linked: flags & 0x20 == 0,
            block_checks: flags & 0x10 != 0,
            sum: (flags & 4 != 0).then(|| XxHash32::with_seed(0)),
            left: (flags & 8 != 0).then(|| u64::from_le_bytes(size)),
            most: 1 << (8 + 2 * usize::from(sizes >> 4)),
        })
    }

    /// Reads the next block of the frame under way into `text`.
    fn next_block(&mut self) -> io::Result<()> {
        let size = self.word()?;
        let Some(frame) = &mut self.frame else { return Ok(()) };
        if size == 0 {
            let Some(frame) = self.frame.take() else { return Ok(()) };
            if frame.left.is_some_and(|left| left != 0) {
                return Err(damaged("a frame has not the length that it names"));
            }
            return match frame.sum {
                Some(sum) if self.word()? != sum.finish_32() => Err(damaged("its checksum does not fit")),
                _ => Ok(()),
            };
        }
        let (stored, size) = (size >> 31 != 0, (size & 0x7fff_ffff) as usize);
        if size > frame.most {
            return Err(damaged("a block is larger than its frame says"));
        }
        let (checks, most) = (frame.block_checks, frame.most);
        let window = if frame.linked { self.text.len().min(WINDOW) } else { 0 };
        self.text.drain(..self.text.len() - window);
        self.block = window;
        self.packed.clear();
        (&mut self.source).take(size as u64).read_to_end(&mut self.packed)?;
        if self.packed.len() < size {
            self.failure = Some(cut());
            match stored {
                true => self.text.extend_from_slice(&self.packed),
                false => unpack_part(&self.packed, &mut self.text, window + most),
            }
        } else {
            if checks && self.word()? != XxHash32::oneshot(0, &self.packed) {
                self.failure = Some(damaged("its checksum does not fit"));
            }
            self.whole_block(stored, most);
        }
        self.ready = self.block..self.text.len();
        let Some(frame) = &mut self.frame else { return Ok(()) };
        let text = &self.text[self.block..];
        if let Some(sum) = &mut frame.sum {
            sum.write(text);
        }
        if let Some(left) = &mut frame.left {
            match left.checked_sub(text.len() as u64) {
                Some(less) => *left = less,
                None => return Err(damaged("a frame has not the length that it names")),
            }
        }
        Ok(())
    }

    fn whole_block(&mut self, stored: bool, most: usize) {
        if stored {
            return self.text.extend_from_slice(&self.packed);
        }
        let window = self.block;
        self.text.resize(window + most, 0);
        let (dictionary, out) = self.text.split_at_mut(window);
        let unpacked = match dictionary.is_empty() {
            true => decompress_into(&self.packed, out),
            false => decompress_into_with_dict(&self.packed, out, dictionary),
        };
        match unpacked {
            Ok(count) => self.text.truncate(window + count),
            Err(_) => {
                self.text.truncate(window);
                unpack_part(&self.packed, &mut self.text, window + most);
                self.failure.get_or_insert_with(|| damaged("a block of it makes no sense"));
            }
        }
    }
}

impl Read for Lz4 {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if out.is_empty() {
            return Ok(0);
        }
        while self.ready.is_empty() {
            if let Some(failure) = self.failure.take() {
                self.ended = true;
                return Err(failure);
            }
            if self.ended {
                return Ok(0);
            }
            let more = match &self.frame {
                Some(_) => self.next_block().map(|()| true),
                None => self.next_frame(),
            };
            match more {
                Ok(more) => self.ended = !more,
                // What was unpacked before comes first.
                Err(error) => self.failure = Some(error),
            }
        }
        let count = self.ready.len().min(out.len());
        out[..count].copy_from_slice(&self.text[self.ready.start..self.ready.start + count]);
        self.ready.start += count;
        Ok(count)
    }
}

/// Unpacks as much of a block as makes sense, up to `most` bytes in `text` altogether.
fn unpack_part(packed: &[u8], text: &mut Vec<u8>, most: usize) {
    let mut bytes = packed.iter().copied();
    let length = |bytes: &mut std::iter::Copied<std::slice::Iter<'_, u8>>, nibble: u8| -> Option<usize> {
        let mut length = usize::from(nibble);
        let mut more = nibble == 15;
        while more {
            let byte = bytes.next()?;
            length = length.checked_add(usize::from(byte))?;
            more = byte == 255;
        }
        Some(length)
    };
    while let Some(token) = bytes.next() {
        let Some(literals) = length(&mut bytes, token >> 4) else { return };
        let room = most.saturating_sub(text.len());
        text.extend(bytes.by_ref().take(literals.min(room)));
        let (Some(low), Some(high)) = (bytes.next(), bytes.next()) else { return };
        let back = usize::from(u16::from_le_bytes([low, high]));
        let Some(count) = length(&mut bytes, token & 15) else { return };
        if back == 0 || back > text.len() {
            return;
        }
        for _ in 0..count.saturating_add(4).min(most.saturating_sub(text.len())) {
            text.push(text[text.len() - back]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_of_a_block_is_unpacked_as_far_as_it_goes() {
        let text: Vec<u8> =
            (0..400).flat_map(|at| format!("line {at} of {} lines\n", at % 7).into_bytes()).collect();
        let packed = lz4_flex::block::compress(&text);
        for end in 0..=packed.len() {
            let mut part = Vec::new();
            unpack_part(&packed[..end], &mut part, 1 << 20);
            assert!(text.starts_with(&part), "{end} of {}", packed.len());
            assert!(end < packed.len() || part == text);
        }
        let mut part = Vec::new();
        unpack_part(&packed, &mut part, 10);
        assert_eq!(part, text[..10]);
    }
}
