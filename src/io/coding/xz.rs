//! The .xz container: streams of blocks, each checked. What is inside of a block is LZMA2, and another's.
//!
//! The container is read here because it is small, and because the decoder underneath then gives what it
//! has decoded as it goes: a file that is cut off is read up to its last whole byte.

use std::io::{self, BufRead as _, Read};

use flate2::Crc;
use lzma_rust2::{Action, Lzma2Stream, Status};

use super::crc64::Crc64;
use super::{Coding, Source, behind, cut, damaged, exactly};

const MAGIC: &[u8; 6] = b"\xfd7zXZ\0";
const LZMA2: u64 = 0x21;

/// The largest dictionary that is taken; `xz -9` has 64 MiB.
const MOST_DICTIONARY: u64 = 1 << 30;

/// A decoder of .xz data.
pub(super) struct Xz {
    source: Source,
    state: State,
    most_dictionary: u64,
    /// Bytes and kind of the checks in this stream.
    check: u8,
}

enum State {
    /// Before the first stream, or behind one.
    Between {
        first: bool,
    },
    /// Before a block or the index.
    Stream,
    Block(Box<Block>),
    End,
}

struct Block {
    lzma: Lzma2Stream,
    packed: u64,
    produced: u64,
    /// Sizes that its header names.
    named: [Option<u64>; 2],
    sum: Sum,
}

/// A running check. SHA-256 is not computed: nobody's logs have it, and a hash is not what finds text.
enum Sum {
    None,
    Crc32(Crc),
    Crc64(Crc64),
}

impl Sum {
    fn new(check: u8) -> Self {
        match check {
            1 => Self::Crc32(Crc::new()),
            4 => Self::Crc64(Crc64::new()),
            _ => Self::None,
        }
    }

    fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::None => {}
            Self::Crc32(crc) => crc.update(bytes),
            Self::Crc64(crc) => crc.update(bytes),
        }
    }

    fn fits(&self, stored: &[u8]) -> bool {
        match self {
            Self::None => true,
            Self::Crc32(crc) => stored == crc.sum().to_le_bytes(),
            Self::Crc64(crc) => stored == crc.sum().to_le_bytes(),
        }
    }
}

/// Bytes of a stored check.
fn check_size(check: u8) -> usize {
    match check & 15 {
        0 => 0,
        1..=3 => 4,
        4..=6 => 8,
        7..=9 => 16,
        10..=12 => 32,
        _ => 64,
    }
}

fn crc32(bytes: &[u8]) -> [u8; 4] {
    let mut crc = Crc::new();
    crc.update(bytes);
    crc.sum().to_le_bytes()
}

fn broken() -> io::Error {
    damaged("its checksum does not fit")
}

/// A number of up to nine bytes, seven bits in each.
fn number(mut next: impl FnMut() -> io::Result<u8>) -> io::Result<u64> {
    let mut value = 0;
    for shift in (0..63).step_by(7) {
        let byte = next()?;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Ok(value);
        }
    }
    Err(damaged("a number has no end"))
}

impl Xz {
    pub(super) fn new(source: Source) -> Self {
        Self::limited(source, MOST_DICTIONARY)
    }

    /// The same, where no dictionary may be larger than so many bytes.
    pub(super) fn limited(source: Source, most_dictionary: u64) -> Self {
        Self { source, state: State::Between { first: true }, most_dictionary, check: 0 }
    }

    /// Reads the header of the next stream; whether there is one.
    fn stream(&mut self, first: bool) -> io::Result<bool> {
        // Padding comes in fours; a tape's may not.
        if super::at_end(&mut self.source, !first)? {
            return if first { Err(cut()) } else { Ok(false) };
        }
        if !first && self.source.fill_buf()?.first() != MAGIC.first() {
            return Err(behind(Coding::Xz));
        }
        let mut header = [0; 12];
        exactly(&mut self.source, &mut header)?;
        if !header.starts_with(MAGIC) {
            return Err(if first { damaged("no xz header") } else { behind(Coding::Xz) });
        }
        if crc32(&header[6..8]) != header[8..12] {
            return Err(broken());
        }
        if header[6] != 0 || header[7] > 15 {
            return Err(damaged("a later version of xz wrote it"));
        }
        self.check = header[7];
        Ok(true)
    }

    /// Reads the header of the next block; none where the index begins.
    fn block(&mut self) -> io::Result<Option<Block>> {
        let mut size = [0];
        exactly(&mut self.source, &mut size)?;
        if size[0] == 0 {
            return Ok(None);
        }
        let mut header = vec![0; (usize::from(size[0]) + 1) * 4];
        header[0] = size[0];
        exactly(&mut self.source, &mut header[1..])?;
        let end = header.len() - 4;
        if crc32(&header[..end]) != header[end..] {
            return Err(broken());
        }
        let flags = header[1];
        let mut fields = header[2..end].iter().copied();
        let mut next = || number(|| fields.next().ok_or_else(|| damaged("a block's header is too short")));
        let packed = if flags & 0x40 == 0 { None } else { Some(next()?) };
        let unpacked = if flags & 0x80 == 0 { None } else { Some(next()?) };
        let (filter, properties) = (next()?, next()?);
        if flags & 0x3f != 0 || filter != LZMA2 || properties != 1 {
            return Err(damaged("its filters are not for text"));
        }
        let bits = u32::from(fields.next().unwrap_or(u8::MAX));
        if bits > 40 {
            return Err(damaged("no such size of a dictionary"));
        }
        let dictionary = match bits {
            40 => u64::from(u32::MAX),
            bits => u64::from(2 | (bits & 1)) << (bits / 2 + 11),
        };
        // No need for more than there is to remember.
        let dictionary = unpacked.map_or(dictionary, |size| dictionary.min(size.max(4096)));
        if dictionary > self.most_dictionary {
            return Err(damaged("its dictionary is too large"));
        }
        Ok(Some(Block {
            lzma: Lzma2Stream::new(dictionary as u32),
            packed: 0,
            produced: 0,
            named: [packed, unpacked],
            sum: Sum::new(self.check),
        }))
    }

    /// Checks the end of a block.
    fn end_block(&mut self, block: &Block) -> io::Result<()> {
        let padding = (4 - block.packed % 4) % 4;
        let mut end = vec![0; padding as usize + check_size(self.check)];
        exactly(&mut self.source, &mut end)?;
        let wrong = |named: Option<u64>, size: u64| named.is_some_and(|named| named != size);
        if wrong(block.named[0], block.packed) || wrong(block.named[1], block.produced) {
            return Err(damaged("a block has not the size that it names"));
        }
        if block.sum.fits(&end[padding as usize..]) { Ok(()) } else { Err(broken()) }
    }

    /// Reads the index, whose first byte is gone already, and the footer.
    fn end_stream(&mut self) -> io::Result<()> {
        let mut crc = Crc::new();
        crc.update(&[0]);
        let mut length = 1_u64;
        let mut byte = || {
            let mut byte = [0];
            exactly(&mut self.source, &mut byte)?;
            crc.update(&byte);
            length += 1;
            Ok(byte[0])
        };
        let records = number(&mut byte)?;
        for _ in 0..records {
            number(&mut byte)?;
            number(&mut byte)?;
        }
        while !length.is_multiple_of(4) {
            let mut byte = [0];
            exactly(&mut self.source, &mut byte)?;
            crc.update(&byte);
            length += 1;
        }
        let mut end = [0; 16];
        exactly(&mut self.source, &mut end)?;
        let (index, footer) = end.split_at(4);
        if index != crc.sum().to_le_bytes() || footer[..4] != crc32(&footer[4..10]) {
            return Err(broken());
        }
        if footer[8..] != [0, self.check, b'Y', b'Z'] {
            return Err(damaged("no xz footer"));
        }
        Ok(())
    }

    /// Decodes into `out`; nothing at the end of the block.
    fn decode(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let State::Block(block) = &mut self.state else { return Ok(0) };
        loop {
            let ahead = self.source.fill_buf()?;
            let none_left = ahead.is_empty();
            let step = block.lzma.process(ahead, out, Action::Run)?;
            self.source.consume(step.bytes_consumed);
            block.packed += step.bytes_consumed as u64;
            block.produced += step.bytes_produced as u64;
            block.sum.update(&out[..step.bytes_produced]);
            if step.bytes_produced > 0 || matches!(step.status, Status::StreamEnd) {
                return Ok(step.bytes_produced);
            }
            if none_left {
                return Err(cut());
            }
            if step.bytes_consumed == 0 {
                return Err(damaged("it leads nowhere"));
            }
        }
    }
}

impl Read for Xz {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if out.is_empty() {
            return Ok(0);
        }
        loop {
            match self.state {
                State::End => return Ok(0),
                State::Between { first } => {
                    self.state = if self.stream(first)? { State::Stream } else { State::End };
                }
                State::Stream => match self.block()? {
                    Some(block) => self.state = State::Block(Box::new(block)),
                    None => {
                        self.end_stream()?;
                        self.state = State::Between { first: false };
                    }
                },
                State::Block(_) => {
                    let count = self.decode(out)?;
                    if count > 0 {
                        return Ok(count);
                    }
                    if let State::Block(block) = std::mem::replace(&mut self.state, State::Stream) {
                        self.end_block(&block)?;
                    }
                }
            }
        }
    }
}
