//! Opening a file: what it holds by its first bytes, and reading it piece by piece.
//!
//! A plain file is read at offsets, by any number of threads. A gzip file is a stream, unpacked from
//! its start once per pass. Other containers are recognised and named, not read yet.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Cursor, Read as _};
use std::os::unix::fs::{FileExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use flate2::bufread::GzDecoder;

use super::MAX_LINE;
use super::binary::{Kind, Rendered};
use super::walk::Found;
use crate::base::{NANOS_PER_SECOND, reason};

/// Bytes of a file's head that are looked at to tell what it is.
const HEAD: usize = 64 * 1024;

/// How the bytes of a file are reached.
#[derive(Clone, Debug)]
pub enum Content {
    /// As they are.
    Plain,
    /// Through gzip (RFC 1952), any number of members.
    Gzip,
    /// Already in memory: standard input.
    Held(Arc<[u8]>),
}

/// What the first bytes said.
#[derive(Clone, Debug)]
pub enum Head {
    /// Text: its first bytes, unpacked.
    Text(Vec<u8>),
    /// Nothing in it.
    Empty,
    /// Not to be read, and why.
    Unread(String),
}

/// An open file. Cheap to keep: it holds a descriptor only when told to.
#[derive(Debug)]
pub struct Opened {
    path: PathBuf,
    identity: (u64, u64),
    file: Option<File>,
    content: Content,
    /// The compressed bytes, when they are in memory.
    raw: Option<Arc<[u8]>>,
    /// What it is, if it is a binary log.
    binary: Option<Kind>,
    /// Bytes on disk (or in memory) when it was opened: what grows later is not read.
    pub size: u64,
}

/// Opens a file and looks at its head. With `keep` the descriptor stays open for both passes, so that
/// a file renamed in between is still the same one.
pub fn open(found: &Found, keep: bool) -> (Option<Opened>, Head) {
    let file = match File::open(&found.path) {
        Ok(file) => file,
        Err(error) => return (None, Head::Unread(reason(&error))),
    };
    let (size, identity) = match file.metadata() {
        Ok(metadata) => (metadata.len(), (metadata.dev(), metadata.ino())),
        Err(error) => return (None, Head::Unread(reason(&error))),
    };
    let opened = Opened {
        path: found.path.clone(),
        identity,
        file: Some(file),
        content: Content::Plain,
        raw: None,
        binary: None,
        size,
    };
    let (mut opened, head) = opened.sniff();
    if !keep && let Some(opened) = &mut opened {
        opened.file = None;
    }
    (opened, head)
}

impl Opened {
    /// Bytes in memory, as though they were a file.
    pub fn held(bytes: Vec<u8>) -> (Option<Self>, Head) {
        let size = bytes.len() as u64;
        let content = Content::Held(bytes.into());
        let opened = Self {
            path: PathBuf::from("-"),
            identity: (0, 0),
            file: None,
            content,
            raw: None,
            binary: None,
            size,
        };
        opened.sniff()
    }

    /// How the bytes are reached.
    pub fn content(&self) -> &Content {
        &self.content
    }

    /// The modification time of what was packed, nanoseconds since 1970, where gzip kept it.
    pub fn packed_time(&self) -> Option<i64> {
        let mut head = [0; 8];
        match (&self.content, &self.raw) {
            (Content::Gzip, Some(raw)) => head.copy_from_slice(raw.get(..8)?),
            (Content::Gzip, None) => {
                self.read_at(0, &mut head).ok().filter(|count| *count == 8)?;
            }
            _ => return None,
        }
        let seconds = u32::from_le_bytes([head[4], head[5], head[6], head[7]]);
        (seconds != 0).then_some(i64::from(seconds) * NANOS_PER_SECOND)
    }

    fn sniff(mut self) -> (Option<Self>, Head) {
        let mut raw = vec![0; HEAD.min(self.size as usize)];
        match self.read_at(0, &mut raw) {
            Ok(count) => raw.truncate(count),
            Err(error) => return (None, Head::Unread(reason(&error))),
        }
        if raw.is_empty() {
            return (Some(self), Head::Empty);
        }
        self.binary = Kind::recognise(&raw, &self.path.to_string_lossy());
        if self.binary.is_some() || raw.starts_with(&[0x1f, 0x8b]) {
            if let Content::Held(bytes) = std::mem::replace(&mut self.content, Content::Gzip) {
                self.raw = Some(bytes);
            }
            let mut head = Vec::new();
            let why = match self.unpack() {
                Ok(mut unpacker) => unpacker.fill(&mut head, HEAD).err(),
                Err(error) => Some(reason(&error)),
            };
            return match (head.is_empty(), why) {
                (true, None) => (Some(self), Head::Empty),
                (false, _) if self.binary.is_some() => (Some(self), Head::Text(head)),
                (true, Some(why)) => (None, Head::Unread(why)),
                (false, _) => match not_text(&head) {
                    Some(why) => (None, Head::Unread(format!("{why}, inside gzip"))),
                    None => (Some(self), Head::Text(head)),
                },
            };
        }
        match not_text(&raw) {
            Some(why) => (None, Head::Unread(why)),
            None => (Some(self), Head::Text(raw)),
        }
    }

    /// Fills `out` with the bytes at `offset`: how many there were, fewer where the file ends earlier
    /// than it did when it was opened.
    pub fn read_at(&self, offset: u64, out: &mut [u8]) -> io::Result<usize> {
        if let Content::Held(bytes) = &self.content {
            let start = (offset as usize).min(bytes.len());
            let count = out.len().min(bytes.len() - start);
            out[..count].copy_from_slice(&bytes[start..start + count]);
            return Ok(count);
        }
        let reopened;
        let file = match &self.file {
            Some(file) => file,
            None => {
                reopened = reopen(&self.path, self.identity)?;
                &reopened
            }
        };
        let mut filled = 0;
        while filled < out.len() {
            match file.read_at(&mut out[filled..], offset + filled as u64) {
                Ok(0) => break,
                Ok(count) => filled += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(filled)
    }

    /// Starts unpacking a compressed file from its beginning.
    pub fn unpack(&self) -> io::Result<Unpacker> {
        let start: Box<dyn Fn() -> io::Result<Source> + Send + Sync> = match &self.raw {
            Some(bytes) => {
                let bytes = Arc::clone(bytes);
                Box::new(move || Ok(Box::new(Cursor::new(Arc::clone(&bytes))) as Source))
            }
            None => {
                let (path, identity) = (self.path.clone(), self.identity);
                Box::new(move || {
                    let file = reopen(&path, identity)?;
                    Ok(Box::new(BufReader::with_capacity(64 * 1024, file)) as Source)
                })
            }
        };
        let rendered = match self.binary {
            Some(kind) => Some(Rendered::of(kind, start()?, self.size)?),
            None => None,
        };
        Ok(Unpacker {
            decoder: Some(GzDecoder::new(start()?)),
            rendered,
            start,
            step: vec![0; STEP],
            careful: false,
            ready: 0..0,
            failure: None,
            produced: 0,
            line: 0,
            dropped: 0,
        })
    }
}

/// Opens a file again, unless another one has taken its name.
fn reopen(path: &Path, identity: (u64, u64)) -> io::Result<File> {
    let file = File::open(path)?;
    let metadata = file.metadata()?;
    if (metadata.dev(), metadata.ino()) == identity {
        Ok(file)
    } else {
        Err(io::Error::other("another file took its name while it was read (rotated)"))
    }
}

type Source = Box<dyn BufRead + Send + Sync>;

/// Bytes unpacked in one go, and in one go once damage was met: what a damaged block can cost at most.
const STEP: usize = 32 * 1024;
const CAREFUL_STEP: usize = 256;

/// A gzip stream on its way out: its members one after another, and what stands behind the last.
pub struct Unpacker {
    /// The member under way; `None` at the end.
    decoder: Option<GzDecoder<Source>>,
    rendered: Option<Rendered>,
    /// Starts over: to come to a damaged place once more, in small steps.
    start: Box<dyn Fn() -> io::Result<Source> + Send + Sync>,
    /// Unpacked bytes not yet handed out. The decoder is asked for fixed steps: when it meets damage it
    /// drops what the step had decoded, and that must not depend on who asks for how much.
    step: Vec<u8>,
    careful: bool,
    ready: std::ops::Range<usize>,
    /// Why there is nothing behind what is ready.
    failure: Option<String>,
    produced: u64,
    /// Bytes of the line under way that were handed out.
    line: usize,
    /// Bytes of overlong lines that were not.
    dropped: u64,
}

impl std::fmt::Debug for Unpacker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Unpacker").field("produced", &self.produced).finish_non_exhaustive()
    }
}

/// What stands behind whole gzip data and is no gzip.
pub const GARBAGE: &str = "bytes behind the gzip data that are not gzip are ignored";

impl Unpacker {
    /// Appends up to `length` bytes; none at the end of the data. An error tells why the rest cannot be
    /// had: what came before it is already in `out`. Of a line longer than [`MAX_LINE`] only so much is
    /// handed out; offsets count what is handed out, and so are the same in every pass.
    pub fn fill(&mut self, out: &mut Vec<u8>, length: usize) -> Result<(), String> {
        let start = out.len();
        while out.len() - start < length
            && (self.decoder.is_some() || !self.ready.is_empty() || self.failure.is_some())
        {
            let before = out.len();
            let wanted = (length - (before - start)).min(MAX_LINE);
            let filled = self.fill_raw(out, wanted);
            self.cap_lines(out, before);
            filled?;
        }
        Ok(())
    }

    /// Bytes of overlong lines that were left out.
    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    /// Cuts the first line of `out[start..]` to what is left of its allowance. Lines inside a piece of at
    /// most [`MAX_LINE`] bytes cannot be longer than that.
    fn cap_lines(&mut self, out: &mut Vec<u8>, start: usize) {
        let first = memchr::memchr(b'\n', &out[start..]).unwrap_or(out.len() - start);
        let surplus = (self.line + first).saturating_sub(MAX_LINE).min(first);
        if surplus > 0 {
            out.drain(start + first - surplus..start + first);
            self.dropped += surplus as u64;
        }
        self.line = match memchr::memrchr(b'\n', &out[start..]) {
            Some(newline) => out.len() - start - newline - 1,
            None => self.line + out.len() - start,
        };
    }

    fn fill_raw(&mut self, out: &mut Vec<u8>, length: usize) -> Result<(), String> {
        let start = out.len();
        while out.len() - start < length {
            if self.ready.is_empty() && !self.unpack_step() {
                return self.failure.take().map_or(Ok(()), Err);
            }
            let count = self.ready.len().min(length - (out.len() - start));
            out.extend_from_slice(&self.step[self.ready.start..self.ready.start + count]);
            self.ready.start += count;
        }
        Ok(())
    }

    /// Unpacks the next step; whether there is one.
    fn unpack_step(&mut self) -> bool {
        let size = if self.careful { CAREFUL_STEP } else { STEP };
        let mut filled = 0;
        if let Some(rendered) = &mut self.rendered {
            self.decoder = None;
            match rendered.read(&mut self.step) {
                Ok(count) => filled = count,
                Err(error) => self.failure = Some(reason(&error)),
            }
        }
        while filled < size
            && let Some(decoder) = &mut self.decoder
        {
            match decoder.read(&mut self.step[filled..size]) {
                Ok(0) => self.failure = self.next_member(),
                Ok(count) => filled += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                // What was decoded on the way to the damage is lost: come again in smaller steps.
                Err(_) if !self.careful && self.start_carefully() => return self.unpack_step(),
                Err(error) => {
                    self.decoder = None;
                    self.failure = Some(gzip_reason(&error, self.produced + filled as u64));
                }
            }
        }
        self.produced += filled as u64;
        self.ready = 0..filled;
        filled > 0
    }

    /// Goes back to the start and on to where the last whole step ended; whether that worked.
    fn start_carefully(&mut self) -> bool {
        let Ok(source) = (self.start)() else { return false };
        let goal = std::mem::take(&mut self.produced);
        self.careful = true;
        self.decoder = Some(GzDecoder::new(source));
        while self.produced < goal {
            if !self.unpack_step() {
                return false;
            }
        }
        true
    }

    /// Goes on to the member behind the one that ended. Zeros there are padding (tapes, tar); anything
    /// else that does not start like gzip is told.
    fn next_member(&mut self) -> Option<String> {
        let mut source = self.decoder.take()?.into_inner();
        loop {
            let behind = match source.fill_buf() {
                Ok(behind) => behind,
                Err(error) => return Some(reason(&error)),
            };
            let zeros = behind.iter().take_while(|byte| **byte == 0).count();
            match behind.get(zeros..) {
                Some([]) if zeros == 0 => return None,
                Some([]) => source.consume(zeros),
                Some([0x1f, ..]) if zeros == 0 => {
                    self.decoder = Some(GzDecoder::new(source));
                    return None;
                }
                _ => return Some(GARBAGE.to_owned()),
            }
        }
    }
}

fn gzip_reason(error: &io::Error, produced: u64) -> String {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => format!("the gzip data is cut off after {produced} unpacked bytes"),
        _ if error.to_string().contains("checksum") => {
            format!("the gzip data is damaged after {produced} unpacked bytes (its checksum does not fit)")
        }
        _ => format!("the gzip data is damaged after {produced} unpacked bytes ({})", reason(error)),
    }
}

/// Why a head is no text we can read, or `None`.
fn not_text(head: &[u8]) -> Option<String> {
    const MAGIC: [(&[u8], &str); 9] = [
        (b"\xfd7zXZ\0", "xz"),
        (b"\x28\xb5\x2f\xfd", "zstd"),
        (b"BZh", "bzip2"),
        (b"\x04\x22\x4d\x18", "lz4"),
        (b"PK\x03\x04", "zip"),
        (b"LPKSHHRH", "systemd journal"),
        (b"\xff\xfe", "UTF-16"),
        (b"\xfe\xff", "UTF-16"),
        (b"\x7fELF", "a program"),
    ];
    if let Some((_, name)) = MAGIC.iter().find(|(magic, _)| head.starts_with(magic)) {
        return Some(format!("{name} is not read yet"));
    }
    if head.get(257..262) == Some(b"ustar") {
        return Some("tar is not read yet".to_owned());
    }
    // A crash or copytruncate leaves runs of NUL in honest text, so NUL alone proves nothing.
    let looked = &head[..head.len().min(8 * 1024)];
    let text = looked.iter().filter(|byte| **byte != 0).count();
    let control = looked
        .iter()
        .filter(|byte| **byte < 0x20 && !matches!(byte, 0 | b'\t' | b'\n' | b'\r' | 0x1b))
        .count();
    let nul = looked.len() - text;
    if text == 0 {
        return Some("nothing but NUL bytes".to_owned());
    }
    // One run after a crash is honest text; NUL behind every other byte is not.
    let runs = looked.windows(2).filter(|pair| pair[0] != 0 && pair[1] == 0).count();
    let scattered = nul * 10 > looked.len() && runs * 100 > text;
    (control * 20 > text || scattered).then(|| "binary data, not text".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_are_told_apart() {
        for (head, part) in [
            (&b"\xfd7zXZ\0rest"[..], Some("xz")),
            (b"\x01\x02\x03\x04\x05binary", Some("binary")),
            (b"a\0b\0c\0d\0e\0", Some("binary")),
            (b"\0\0\0\0", Some("NUL")),
            (b"\0\0\0\0\0\0\0\0Dec 12 10:10:59 web sshd[1]: after a crash\n", None),
            (b"Dec 12 10:10:59 web sshd[1]: \x1b[31mred\x1b[0m\n", None),
            ("한글 로그\n".as_bytes(), None),
            (b"\xff\xfea\0", Some("UTF-16")),
        ] {
            let why = not_text(head);
            assert_eq!(why.is_some(), part.is_some(), "{head:?}: {why:?}");
            assert!(why.unwrap_or_default().contains(part.unwrap_or_default()));
        }
    }

    #[test]
    fn gzip_keeps_the_time_of_what_it_packed() {
        let packed_time =
            |bytes: &[u8]| Opened::held(bytes.to_vec()).0.and_then(|opened| opened.packed_time());
        for (seconds, expected) in [(0, None), (1_418_378_400, Some(1_418_378_400 * NANOS_PER_SECOND))] {
            let mut encoder =
                flate2::GzBuilder::new().mtime(seconds).write(Vec::new(), flate2::Compression::fast());
            std::io::Write::write_all(&mut encoder, b"Dec 12 10:10:59 web app: a\n").expect("in memory");
            assert_eq!(packed_time(&encoder.finish().expect("in memory")), expected);
        }
        assert_eq!(packed_time(b"2014-12-12T10:10:59Z a plain line\n"), None);
    }

    /// One stored block with an intact line, then a block of no known kind.
    const DAMAGED: &[u8] = b"\x1f\x8b\x08\0\0\0\0\0\0\x03\x00\x17\x00\xe8\xff2014-12-12T10:10:59Z a\n\x07";

    #[test]
    fn damage_costs_the_same_whoever_asks() {
        let read = |length: usize| {
            let (opened, _) = Opened::held(DAMAGED.to_vec());
            let Some(opened) = opened else { return (Vec::new(), None) };
            let mut unpacker = opened.unpack().expect("in memory");
            let mut out = Vec::new();
            loop {
                let before = out.len();
                if let Err(why) = unpacker.fill(&mut out, length) {
                    return (out, Some(why));
                }
                if out.len() == before {
                    return (out, None);
                }
            }
        };
        let whole = read(4096);
        for length in [1, 7, 64, 1023, 1 << 20] {
            assert_eq!(read(length), whole, "asked for {length} bytes at a time");
        }
    }
}
