//! The header of a journal file, and the head that every object in it has.

use std::io;

use super::Found;
use super::pages::Pages;
use crate::io::binary::number;

/// What must be understood to read a file: compression of three kinds, keyed hashes, small offsets.
const KNOWN_FEATURES: u32 = 0b1_1111;
const COMPACT: u32 = 1 << 4;

/// What the walk needs of a file's header.
#[derive(Clone, Copy, Debug)]
pub(super) struct Header {
    /// Its length: where the first object begins.
    pub size: u64,
    /// Where the last object begins.
    pub tail: u64,
    /// Whether offsets in entries are small.
    pub compact: bool,
}

impl Header {
    pub(super) fn read(pages: &mut Pages) -> io::Result<Self> {
        let damaged = || io::Error::new(io::ErrorKind::InvalidData, "the journal's header is cut off");
        let bytes: [u8; 144] = pages.whole(0)?.ok_or_else(damaged)?;
        let features = number(&bytes, 12).map_or(0, u32::from_le_bytes);
        if features & !KNOWN_FEATURES != 0 {
            let why = format!("written by a newer systemd (incompatible flags {features:#x})");
            return Err(io::Error::new(io::ErrorKind::Unsupported, why));
        }
        let long = |at| number(&bytes, at).map_or(0, u64::from_le_bytes);
        // A damaged length is corrected by the search for the first object.
        let size = long(88).clamp(208, 4096).next_multiple_of(8);
        Ok(Self { size, tail: long(136), compact: features & COMPACT != 0 })
    }
}

/// The kinds of objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Data,
    Entry,
    /// Hash tables, field names, arrays of entries, seals: not needed.
    Other,
}

/// An object that fits into the file.
#[derive(Clone, Copy, Debug)]
pub(super) struct Object {
    pub kind: Kind,
    /// Compression: 1 xz, 2 lz4, 4 zstd.
    pub flags: u8,
    pub offset: u64,
    pub size: u64,
}

impl Object {
    /// Judges the head of an object in a file of `len` bytes.
    pub(super) fn judge(offset: u64, head: &[u8; 16], len: u64) -> Found {
        let [kind, flags, reserved @ .., _, _, _, _, _, _, _, _] = *head;
        let size = number(head, 8).map_or(0, u64::from_le_bytes);
        if *head == [0; 16] {
            return Found::Zeros;
        }
        let (kind, least) = match kind {
            1 => (Kind::Data, 64),
            2 => (Kind::Other, 40),
            3 => (Kind::Entry, 64),
            4 | 5 => (Kind::Other, 16),
            6 => (Kind::Other, 24),
            7 => (Kind::Other, 64),
            _ => return Found::Damaged,
        };
        let compressed = flags == 0 || (kind == Kind::Data && matches!(flags, 1 | 2 | 4));
        let placed = offset.is_multiple_of(8) && reserved == [0; 6];
        // No object is larger than 4 GiB: a larger one is damage, not a file that was cut off.
        if !compressed || !placed || size < least || size > u64::from(u32::MAX) {
            return Found::Damaged;
        }
        if offset.checked_add(size).is_none_or(|end| end > len) {
            return Found::Cut;
        }
        Found::Object(Self { kind, flags, offset, size })
    }

    /// Where the next object begins.
    pub(super) fn end(&self) -> u64 {
        self.offset + self.size.next_multiple_of(8)
    }
}
