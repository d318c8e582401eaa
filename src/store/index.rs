//! The index of a part: what its records' texts are made of, so that most questions about texts are answered, or
//! narrowed to few rows, without a column being read.
//!
//! It stands in the part itself, behind its columns, where readers of Parquet look for nothing; the manifest says
//! where, so that no footer is read for it. What it says has hashes of its own: it is read without the rest. A part
//! without one, or with a damaged one, is read as a part without one.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::ops::Range;
use std::path::Path;

use arrow_array::RecordBatch;
use twox_hash::XxHash3_64;
use zstd::bulk::Decompressor;

use super::joined::Joiner;
use super::manifest::PartEntry;
use super::outline::Outliner;
use super::rows::StoredRows;
use super::shape::Part;
use crate::base::Result;

/// Joined numbers are dropped where they would take more than this share of a part.
const MOST_SHARE: usize = 8;

/// Longest that a section may be, packed or not: a damaged length is not believed.
const MOST_BYTES: u64 = 64 << 20;

/// The index of a part under way.
#[derive(Debug, Default)]
pub(super) struct Indexer {
    outliner: Outliner,
    joiner: Joiner,
    rows: u32,
    text: Vec<u8>,
    parts: Vec<(Range<usize>, Part)>,
}

impl Indexer {
    /// Adds the rows of a block.
    pub(super) fn push(&mut self, block: &RecordBatch) -> Result<()> {
        let rows = StoredRows::new(block.columns())?;
        for row in 0..rows.len() as u32 {
            self.text.clear();
            self.parts.clear();
            rows.push_parts(row, &mut self.text, |range, part| self.parts.push((range, part)));
            self.outliner.push(&self.text, &self.parts, rows.pattern(row));
            self.joiner.push(self.rows, &self.text);
            self.rows += 1;
        }
        Ok(())
    }

    /// What is to be written behind `written` bytes of columns, and what the manifest says of it. Joined numbers are
    /// weighed against `columns`, bytes of those that hang on the records alone.
    pub(super) fn finish(self, written: usize, columns: usize) -> (Vec<u8>, String) {
        let mut bytes = zstd::bulk::compress(&self.outliner.finish(), 3).unwrap_or_default();
        let outlines = bytes.len();
        let joined = self.joiner.finish(self.rows);
        if joined.len() <= columns / MOST_SHARE {
            bytes.extend(joined);
        }
        let place = places(written, &bytes, outlines);
        (bytes, place)
    }
}

/// What the manifest says of an index behind `written` bytes, whose first section is so long.
fn places(written: usize, bytes: &[u8], first: usize) -> String {
    let sections = [0..first, first..bytes.len()].map(|section| {
        let (at, hash) = (written + section.start, XxHash3_64::oneshot(&bytes[section.clone()]));
        format!("{at} {} {hash:016x}", section.len())
    });
    sections.join(" ")
}

/// Where a section stands in its part, how long it is, and its hash.
type Section = (u64, u64, u64);

/// The index of a part, found.
#[derive(Debug)]
pub(super) struct PartIndex {
    file: File,
    outlines: Section,
    joined: Section,
}

impl PartIndex {
    /// That of a part of the store in `root`, if it has one.
    pub(super) fn open(root: &Path, part: &PartEntry) -> Option<Self> {
        let mut words = part.index.as_ref()?.split(' ');
        let mut section = || {
            let (at, length) = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
            Some((at, length, u64::from_str_radix(words.next()?, 16).ok()?))
        };
        let (outlines, joined) = (section()?, section()?);
        let file = File::open(root.join(&part.path)).ok()?;
        Some(Self { file, outlines, joined })
    }

    /// The bytes of a section, if they are those that were written.
    fn section(&mut self, (at, length, hash): Section) -> Option<Vec<u8>> {
        self.file.seek(SeekFrom::Start(at)).ok()?;
        let mut bytes = Vec::new();
        (&self.file).take(length.min(MOST_BYTES)).read_to_end(&mut bytes).ok()?;
        (XxHash3_64::oneshot(&bytes) == hash).then_some(bytes)
    }

    /// The whole index as it is to be written behind `written` bytes of columns of the same records, and what the
    /// manifest says of it there.
    pub(super) fn moved(&mut self, written: usize) -> Option<(Vec<u8>, String)> {
        let mut bytes = self.section(self.outlines)?;
        let first = bytes.len();
        bytes.extend(self.section(self.joined)?);
        let place = places(written, &bytes, first);
        Some((bytes, place))
    }

    /// What its texts are made of, in bytes that [`Outlines`](super::outline::Outlines) reads.
    pub(super) fn outlines<'a>(&mut self, unpacker: &'a mut Unpacker) -> Option<&'a [u8]> {
        let bytes = self.section(self.outlines)?;
        unpacker.unpack(&bytes)
    }

    /// Rows by the joined numbers in them.
    pub(super) fn joined(&mut self) -> Option<Vec<u8>> {
        self.section(self.joined)
    }
}

/// Unpacks one section after another into the same memory: there are as many as parts, and clearing new memory for each
/// takes as long as unpacking.
#[derive(Default)]
pub(super) struct Unpacker {
    context: Option<Decompressor<'static>>,
    bytes: Vec<u8>,
}

impl Unpacker {
    /// The bytes of a section; `None` where they are damaged, or more than there may be.
    fn unpack(&mut self, packed: &[u8]) -> Option<&[u8]> {
        let size = zstd::zstd_safe::get_frame_content_size(packed).ok()??;
        self.bytes.clear();
        self.bytes.reserve(size.min(MOST_BYTES) as usize);
        if self.context.is_none() {
            self.context = Decompressor::new().ok();
        }
        self.context.as_mut()?.decompress_to_buffer(packed, &mut self.bytes).ok()?;
        Some(&self.bytes)
    }
}
