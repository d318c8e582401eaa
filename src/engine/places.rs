//! Places in files, read once more: the physical line at an offset, and its text. For the few records that
//! prove something.

use std::io;
use std::path::Path;

use super::prepare::{Chunk, FileState, Prepared};
use crate::base::FileId;
use crate::clock::Place;
use crate::io::{MAX_LINE, Opened};

impl FileState {
    /// The character set that its text was in, where it is not UTF-8.
    pub fn charset(&self) -> Option<&'static str> {
        self.opened.charset()
    }

    /// Where it was opened: the path as typed, or below it.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Keys `[from, to)` whose stamps a segment of its clock names twice, and how much later the second
    /// time is.
    pub(super) fn folds(&self, segment: u16) -> Vec<(i64, i64, i64)> {
        self.folds.get(usize::from(segment)).or(self.folds.last()).cloned().unwrap_or_default()
    }
}

impl Prepared {
    /// The chunks of a file, in order.
    pub(super) fn chunks_of(&self, id: FileId) -> &[Chunk] {
        let place = |at: FileId| self.chunks.partition_point(|chunk| chunk.file < at);
        &self.chunks[place(id)..place(FileId(id.0 + 1))]
    }

    /// Goes through a file once more, chunk by chunk. Of a chunk around an endless line only its beginning
    /// is read, where the file allows it. Errors: what the file system says.
    pub(super) fn each_chunk(&self, id: FileId, mut visit: impl FnMut(&Chunk, &[u8])) -> io::Result<()> {
        let opened = &self.file(id).opened;
        let mut unpacker = match opened.is_stream() {
            true => Some(opened.unpack()?),
            false => None,
        };
        let mut bytes = Vec::new();
        for chunk in self.chunks_of(id) {
            let length = (chunk.end - chunk.start) as usize;
            bytes.clear();
            match &mut unpacker {
                // The survey has told of a stream that ends early.
                Some(unpacker) => drop(unpacker.fill(&mut bytes, length)),
                None => {
                    bytes.resize(length.min(4 * MAX_LINE), 0);
                    let count = opened.read_at(chunk.start, &mut bytes)?;
                    bytes.truncate(count);
                }
            }
            visit(chunk, &bytes);
        }
        Ok(())
    }

    /// The physical line, 1-based, that stands at a place. Reads from the place's chunk on; `None` where
    /// the file cannot be read again.
    pub fn line_at(&self, place: Place) -> Option<u64> {
        let file = FileId(place.file as u32);
        let state = self.files.get(place.file)?;
        let end = self.chunks.partition_point(|chunk| (chunk.file, chunk.start) <= (file, place.offset));
        let chunk = self.chunks[..end].last().filter(|chunk| chunk.file == file)?;
        let text = stretch(&state.opened, chunk.start, (place.offset - chunk.start) as usize)?;
        Some(chunk.first_line + memchr::memchr_iter(b'\n', &text).count() as u64)
    }

    /// The physical line at a place, 1-based, and its text, cut to its first kilobyte.
    pub fn record_at(&self, place: Place) -> Option<(u64, Vec<u8>)> {
        const LONGEST: usize = 1024;
        let line = self.line_at(place)?;
        let opened = &self.files.get(place.file)?.opened;
        let mut text = stretch(opened, place.offset, LONGEST)?;
        text.truncate(memchr::memchr(b'\n', &text).unwrap_or(text.len()));
        Some((line, text))
    }
}

/// Up to `length` bytes of text at an offset. A stream is unpacked up to there.
fn stretch(opened: &Opened, from: u64, length: usize) -> Option<Vec<u8>> {
    let mut text = Vec::new();
    if !opened.is_stream() {
        text.resize(length, 0);
        let count = opened.read_at(from, &mut text).ok()?;
        text.truncate(count);
        return Some(text);
    }
    let mut unpacker = opened.unpack().ok()?;
    let mut left = from;
    while left > 0 {
        text.clear();
        // The survey has told of a stream that ends early.
        let _ = unpacker.fill(&mut text, left.min(MAX_LINE as u64) as usize);
        left -= text.len() as u64;
        if text.is_empty() {
            return None;
        }
    }
    text.clear();
    let _ = unpacker.fill(&mut text, length);
    Some(text)
}
