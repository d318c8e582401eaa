//! What data objects hold, `NAME=value`, unpacked where it is packed.

use std::collections::HashMap;
use std::io::{self, Read as _};
use std::sync::Arc;

use super::Found;
use super::object::{Kind, Object};
use super::pages::Pages;
use crate::io::binary::number;
use crate::io::coding::xz;

/// A longer one is left out. journald's own limit for a line of a service is 48 KiB; whole core dumps were
/// stored as values once.
pub(super) const MOST: usize = 256 * 1024;

/// Values that many entries name are kept: of at most so many bytes, all together at most so many.
const KEPT: usize = 4 * 1024;
const KEPT_TOGETHER: usize = 4 << 20;

/// What a data object gave.
pub(super) enum Payload {
    Whole(Arc<[u8]>),
    /// Too long: its first bytes, which hold the name.
    Large(Vec<u8>),
    Damaged,
}

/// Reads data objects.
#[derive(Default)]
pub(super) struct Payloads {
    kept: HashMap<u64, Arc<[u8]>>,
    size: usize,
}

impl Payloads {
    /// What the data object at a place holds.
    pub(super) fn read(&mut self, pages: &mut Pages, offset: u64, compact: bool) -> io::Result<Payload> {
        if let Some(kept) = self.kept.get(&offset) {
            return Ok(Payload::Whole(Arc::clone(kept)));
        }
        let Found::Object(object) = pages.object(offset)? else { return Ok(Payload::Damaged) };
        let start = if compact { 72 } else { 64 };
        if object.kind != Kind::Data || object.size < start {
            return Ok(Payload::Damaged);
        }
        let shared = pages.whole::<8>(offset + 56)?.is_some_and(|count| u64::from_le_bytes(count) > 1);
        let length = (object.size - start) as usize;
        let mut packed = vec![0; length.min(MOST + 1)];
        let got = pages.read(offset + start, &mut packed)?;
        if got < packed.len() {
            return Ok(Payload::Damaged);
        }
        if length > MOST {
            // Packed, its name cannot be had without unpacking it all.
            packed.truncate(if object.flags == 0 { 256 } else { 0 });
            return Ok(Payload::Large(packed));
        }
        let payload = match unpack(&object, packed) {
            Unpacked::Whole(bytes) if bytes.contains(&b'=') => Arc::<[u8]>::from(bytes),
            Unpacked::Large => return Ok(Payload::Large(Vec::new())),
            _ => return Ok(Payload::Damaged),
        };
        if shared && payload.len() <= KEPT {
            if self.size > KEPT_TOGETHER {
                self.kept.clear();
                self.size = 0;
            }
            // The table's own slot counts as well.
            self.size += payload.len() + 64;
            self.kept.insert(offset, Arc::clone(&payload));
        }
        Ok(Payload::Whole(payload))
    }
}

enum Unpacked {
    Whole(Vec<u8>),
    Large,
    Damaged,
}

fn unpack(object: &Object, packed: Vec<u8>) -> Unpacked {
    match object.flags {
        0 => Unpacked::Whole(packed),
        1 => unpack_xz(packed),
        2 => unpack_lz4(&packed),
        _ => unpack_zstd(&packed),
    }
}

fn unpack_xz(packed: Vec<u8>) -> Unpacked {
    // journald packs with a dictionary of 1 MiB.
    const MOST_DICTIONARY: u64 = 8 << 20;
    let mut bytes = Vec::new();
    let unpacked =
        xz(packed, MOST_DICTIONARY).and_then(|decoder| decoder.take(MOST as u64 + 1).read_to_end(&mut bytes));
    whole(unpacked, bytes)
}

fn unpack_lz4(packed: &[u8]) -> Unpacked {
    let Some(size) = number(packed, 0).map(u64::from_le_bytes) else { return Unpacked::Damaged };
    if size > MOST as u64 {
        return Unpacked::Large;
    }
    let mut bytes = vec![0; size as usize];
    match lz4_flex::block::decompress_into(&packed[8..], &mut bytes) {
        Ok(count) if count == bytes.len() => Unpacked::Whole(bytes),
        _ => Unpacked::Damaged,
    }
}

fn unpack_zstd(packed: &[u8]) -> Unpacked {
    let mut bytes = Vec::new();
    let unpacked = zstd::stream::read::Decoder::with_buffer(packed)
        .and_then(|decoder| decoder.take(MOST as u64 + 1).read_to_end(&mut bytes));
    whole(unpacked, bytes)
}

/// What was unpacked, if it is not too long.
fn whole(unpacked: io::Result<usize>, bytes: Vec<u8>) -> Unpacked {
    match unpacked {
        Ok(_) if bytes.len() > MOST => Unpacked::Large,
        Ok(_) => Unpacked::Whole(bytes),
        Err(_) => Unpacked::Damaged,
    }
}
