//! Bytes held in memory in packed blocks, each of which can be read on its own: members of archives that
//! cannot be read at random where they are.
//!
//! LZ4 costs a tenth of what most other decoders do, so such a member is unpacked once at that price and
//! then read as though it were a file.

use std::io;

use lz4_flex::block::{compress_into_with_table, decompress_into, get_maximum_output_size};

use super::limits::{Budget, Limits};

/// Bytes of a block: reading one byte costs unpacking so many.
const BLOCK: usize = 128 * 1024;

/// Packed blocks.
#[derive(Debug, Default)]
pub(super) struct Held {
    blocks: Vec<Block>,
    len: u64,
    /// Bytes of memory.
    pub cost: u64,
}

#[derive(Debug)]
enum Block {
    Packed(Box<[u8]>),
    /// Bytes that LZ4 cannot shrink.
    Stored(Box<[u8]>),
}

impl Held {
    pub(super) fn len(&self) -> u64 {
        self.len
    }

    pub(super) fn read_at(&self, offset: u64, out: &mut [u8]) -> io::Result<usize> {
        let wanted = self.len.saturating_sub(offset).min(out.len() as u64) as usize;
        let mut filled = 0;
        let mut whole = Vec::new();
        while filled < wanted {
            let at = offset + filled as u64;
            let (index, skip) = ((at / BLOCK as u64) as usize, (at % BLOCK as u64) as usize);
            let size = BLOCK.min((self.len - (at - skip as u64)) as usize);
            let count = (size - skip).min(wanted - filled);
            let out = &mut out[filled..filled + count];
            match self.blocks.get(index) {
                Some(Block::Stored(bytes)) => out.copy_from_slice(&bytes[skip..skip + count]),
                Some(Block::Packed(packed)) if count == size => unpack(packed, out)?,
                Some(Block::Packed(packed)) => {
                    whole.resize(size, 0);
                    unpack(packed, &mut whole)?;
                    out.copy_from_slice(&whole[skip..skip + count]);
                }
                None => return Ok(filled),
            }
            filled += count;
        }
        Ok(filled)
    }
}

fn unpack(packed: &[u8], out: &mut [u8]) -> io::Result<()> {
    // They were packed by this very process.
    decompress_into(packed, out).map(drop).map_err(|_| io::Error::other("held bytes are damaged"))
}

/// Takes bytes to hold, as long as there is memory for them.
pub(super) struct Holder<'a> {
    budget: &'a Budget,
    held: Held,
    pending: Vec<u8>,
    packed: Vec<u8>,
    table: Table,
    pack: bool,
    full: bool,
}

/// LZ4's table for compression, used again for each block.
type Table = lz4_flex::block::CompressTable;

impl<'a> Holder<'a> {
    pub(super) fn new(budget: &'a Budget) -> Self {
        Self {
            budget,
            held: Held::default(),
            pending: Vec::new(),
            packed: Vec::new(),
            table: Table::large(),
            pack: false,
            full: false,
        }
    }

    /// Starts over. With `pack`, packing is worth a try: not for what is packed already.
    pub(super) fn begin(&mut self, pack: bool) {
        self.pack = pack;
        self.full = false;
        self.pending.clear();
    }

    /// Takes bytes; whether there was memory for them.
    pub(super) fn push(&mut self, mut bytes: &[u8]) -> bool {
        while !bytes.is_empty() && !self.full {
            let count = bytes.len().min(BLOCK - self.pending.len());
            self.pending.extend_from_slice(&bytes[..count]);
            bytes = &bytes[count..];
            if self.pending.len() == BLOCK {
                self.block();
            }
        }
        !self.full
    }

    fn block(&mut self) {
        if self.pending.is_empty() {
            return;
        }
        self.packed.resize(get_maximum_output_size(BLOCK), 0);
        let packed = match self.pack {
            true => compress_into_with_table(&self.pending, &mut self.packed, &mut self.table).ok(),
            false => None,
        };
        // Not worth unpacking it again for less.
        let packed = packed.filter(|size| size + size / 8 < self.pending.len());
        let size = packed.unwrap_or(self.pending.len());
        let cost = (size + size_of::<Block>()) as u64;
        if !self.budget.take(cost) {
            self.full = true;
            return;
        }
        self.held.cost += cost;
        self.held.len += self.pending.len() as u64;
        self.held.blocks.push(match packed {
            Some(size) => Block::Packed(self.packed[..size].into()),
            None => Block::Stored(self.pending.as_slice().into()),
        });
        self.pending.clear();
    }

    /// All that was taken, or nothing if it did not fit: its memory is then free again.
    pub(super) fn finish(&mut self) -> Option<Held> {
        self.block();
        let mut held = std::mem::take(&mut self.held);
        if self.full {
            self.budget.give_back(held.cost);
            return None;
        }
        held.blocks.shrink_to_fit();
        Some(held)
    }
}

/// Memory that stays free for the bookkeeping of one member, so that very many empty ones cost something.
pub(super) const MEMBER_COST: u64 = 512;

/// Whether a member may be kept at all.
pub(super) fn room_for_a_member(budget: &Budget, limits: &Limits) -> Result<(), String> {
    if budget.take(MEMBER_COST) { Ok(()) } else { Err(limits.why_not_held()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits { unpacked: 1 << 40, ratio: 1000, depth: 8, held: 4 << 20 };

    fn bytes(count: usize, random: bool) -> Vec<u8> {
        let mut state = 1_u64;
        let mut next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 56) as u8
        };
        (0..count).map(|at| if random { next() } else { b"a line of a log\n"[at % 16] }).collect()
    }

    #[test]
    fn what_is_held_reads_as_it_was() {
        for (random, pack) in [(false, true), (true, true), (false, false)] {
            let text = bytes(3 * BLOCK + 77, random);
            let budget = Budget::in_order(&LIMITS);
            let mut holder = Holder::new(&budget);
            holder.begin(pack);
            assert!(text.chunks(1000).all(|piece| holder.push(piece)));
            let held = holder.finish().expect("it fits");
            assert_eq!(held.len(), text.len() as u64);
            let mut out = vec![0; text.len() + 10];
            assert_eq!(held.read_at(0, &mut out).expect("memory"), text.len());
            assert!(out[..text.len()] == text);
            for (at, length) in [(1, 5), (BLOCK - 2, 4), (2 * BLOCK, BLOCK), (3 * BLOCK + 70, 100)] {
                let mut out = vec![0; length];
                let count = held.read_at(at as u64, &mut out).expect("memory");
                assert_eq!(&out[..count], &text[at..(at + length).min(text.len())]);
            }
            assert_eq!(held.read_at(text.len() as u64 + 5, &mut out).expect("memory"), 0);
        }
    }

    #[test]
    fn what_does_not_fit_costs_nothing() {
        let limits = Limits { held: 200 << 10, ..LIMITS };
        let budget = Budget::in_order(&limits);
        let mut holder = Holder::new(&budget);
        holder.begin(true);
        assert!(!holder.push(&bytes(1 << 20, true)));
        assert!(holder.finish().is_none());
        assert!(budget.take(200 << 10));
    }
}
