//! Where bytes are before anything is decoded: a file on disk, memory, or a part of either.
//!
//! Reads name their offset, so any number of threads may read at once. Nothing here knows what the bytes
//! mean.

use std::fs::File;
use std::io::{self, BufRead, Read};
use std::os::unix::fs::{FileExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, RwLock};

use super::binary::ReadAt;
use super::held::Held;

/// Bytes read at once by a reader from the beginning.
const READ_AHEAD: usize = 64 * 1024;

/// A stretch of bytes, cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct Raw {
    store: Arc<Store>,
    start: u64,
    /// Bytes in it when it was made: what grows later is not read.
    pub len: u64,
}

#[derive(Debug)]
enum Store {
    File(OnDisk),
    Memory(Box<[u8]>),
    Held(Held),
}

#[derive(Debug)]
struct OnDisk {
    path: PathBuf,
    identity: (u64, u64),
    /// The descriptor, while it is kept.
    file: RwLock<Option<Arc<File>>>,
}

impl Raw {
    /// Opens a file. Its descriptor is kept until [`Raw::let_go`].
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        let metadata = file.metadata()?;
        let identity = (metadata.dev(), metadata.ino());
        let file = RwLock::new(Some(Arc::new(file)));
        let store = Arc::new(Store::File(OnDisk { path: path.to_owned(), identity, file }));
        Ok(Self { store, start: 0, len: metadata.len() })
    }

    /// Bytes in memory.
    pub(super) fn memory(bytes: Vec<u8>) -> Self {
        let len = bytes.len() as u64;
        Self { store: Arc::new(Store::Memory(bytes.into())), start: 0, len }
    }

    /// Bytes held in packed blocks.
    pub(super) fn held(held: Held) -> Self {
        let len = held.len();
        Self { store: Arc::new(Store::Held(held)), start: 0, len }
    }

    /// A part of it; what would reach beyond its end is cut.
    pub(super) fn part(&self, start: u64, len: u64) -> Self {
        let start = start.min(self.len);
        Self { store: Arc::clone(&self.store), start: self.start + start, len: len.min(self.len - start) }
    }

    /// Whether it is a file from its first byte to its last.
    pub(super) fn is_whole_file(&self) -> bool {
        matches!(&*self.store, Store::File(_)) && self.start == 0
    }

    /// Closes the descriptor: it is opened again for each read.
    pub(super) fn let_go(&self) {
        if let Store::File(on_disk) = &*self.store
            && let Ok(mut file) = on_disk.file.write()
        {
            *file = None;
        }
    }

    /// Opens the descriptor again, for many reads in a row.
    pub(super) fn hold_open(&self) -> io::Result<()> {
        if let Store::File(on_disk) = &*self.store {
            let open = on_disk.file()?;
            if let Ok(mut file) = on_disk.file.write() {
                *file = Some(open);
            }
        }
        Ok(())
    }

    /// Fills `out` with the bytes at `offset`: how many there were, fewer only where they end.
    pub(super) fn read_at(&self, offset: u64, out: &mut [u8]) -> io::Result<usize> {
        let wanted = self.len.saturating_sub(offset).min(out.len() as u64) as usize;
        let (at, out) = (self.start + offset, &mut out[..wanted]);
        match &*self.store {
            Store::File(on_disk) if wanted > 0 => read_file(&*on_disk.file()?, at, out),
            Store::File(_) => Ok(0),
            Store::Memory(bytes) => {
                let start = (at as usize).min(bytes.len());
                let count = out.len().min(bytes.len() - start);
                out[..count].copy_from_slice(&bytes[start..start + count]);
                Ok(count)
            }
            Store::Held(held) => held.read_at(at, out),
        }
    }

    /// Reads it from its beginning. A file stays open as long as its reader.
    pub(super) fn reader(&self) -> io::Result<RawReader> {
        let file = match &*self.store {
            Store::File(on_disk) => Some(on_disk.file()?),
            _ => None,
        };
        Ok(RawReader { raw: self.clone(), file, at: 0, buffer: vec![0; READ_AHEAD], ready: 0..0 })
    }
}

impl OnDisk {
    /// The open file, opened again if need be, unless another one has taken its name.
    fn file(&self) -> io::Result<Arc<File>> {
        if let Ok(file) = self.file.read()
            && let Some(file) = &*file
        {
            return Ok(Arc::clone(file));
        }
        let file = File::open(&self.path)?;
        let metadata = file.metadata()?;
        if (metadata.dev(), metadata.ino()) == self.identity {
            Ok(Arc::new(file))
        } else {
            Err(io::Error::other("another file took its name while it was read (rotated)"))
        }
    }
}

fn read_file(file: &File, at: u64, out: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < out.len() {
        match file.read_at(&mut out[filled..], at + filled as u64) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

/// Reads bytes from their beginning.
pub(super) struct RawReader {
    raw: Raw,
    file: Option<Arc<File>>,
    at: u64,
    buffer: Vec<u8>,
    ready: std::ops::Range<usize>,
}

impl ReadAt for RawReader {
    fn read_at(&self, offset: u64, out: &mut [u8]) -> io::Result<usize> {
        let wanted = self.raw.len.saturating_sub(offset).min(out.len() as u64) as usize;
        match &self.file {
            Some(file) if wanted > 0 => read_file(file, self.raw.start + offset, &mut out[..wanted]),
            _ => self.raw.read_at(offset, out),
        }
    }
}

impl BufRead for RawReader {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.ready.is_empty() {
            let wanted = (self.raw.len - self.at).min(READ_AHEAD as u64) as usize;
            let out = &mut self.buffer[..wanted];
            let count = match &self.file {
                Some(file) => read_file(file, self.raw.start + self.at, out)?,
                None => self.raw.read_at(self.at, out)?,
            };
            self.at += count as u64;
            self.ready = 0..count;
        }
        Ok(&self.buffer[self.ready.clone()])
    }

    fn consume(&mut self, count: usize) {
        self.ready.start = (self.ready.start + count).min(self.ready.end);
    }
}

/// `Read` for whoever is `BufRead` by a buffer of its own: what is ready, at most.
pub(super) fn read_ready(source: &mut impl BufRead, out: &mut [u8]) -> io::Result<usize> {
    let ready = source.fill_buf()?;
    let count = ready.len().min(out.len());
    out[..count].copy_from_slice(&ready[..count]);
    source.consume(count);
    Ok(count)
}

impl Read for RawReader {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        read_ready(self, out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_end_where_they_should() {
        let raw = Raw::memory((0..100).collect());
        let part = raw.part(10, 20).part(5, 100);
        assert_eq!(part.len, 15);
        let mut out = [0; 30];
        assert_eq!(part.read_at(0, &mut out).expect("memory"), 15);
        assert_eq!((out[0], out[14], out[15]), (15, 29, 0));
        assert_eq!(part.read_at(14, &mut out).expect("memory"), 1);
        assert_eq!(part.read_at(99, &mut out).expect("memory"), 0);
        assert_eq!(raw.part(200, 5).len, 0);
        let mut all = Vec::new();
        part.reader().expect("memory").read_to_end(&mut all).expect("memory");
        assert_eq!(all, (15..30).collect::<Vec<u8>>());
    }
}
