//! Opening: from a file as found, or bytes in memory, to text that can be read in pieces, or to an archive.
//!
//! Plain text is read at offsets, by any number of threads: a file, a part of one (a member of a tar file),
//! or what is held in memory. Anything with a coding around it is a stream.

use std::io;

use super::archive::{Archive, Kind};
use super::coding::{Coding, charset, element, has_returns};
use super::limits::Limits;
use super::metrics;
use super::options::OpenOptions;
use super::raw::Raw;
use super::shape::{Shape, leading_nuls, shape};
use super::unpack::{Stream, Unpacker};
use super::walk::Found;
use crate::base::{NANOS_PER_SECOND, reason};

/// Bytes of a file's head that are looked at to tell what it is.
pub(super) const HEAD: usize = 64 * 1024;

/// How the text of a file is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// It is the file as it lies on disk: read at offsets.
    Plain,
    /// It lies inside of another file, or in memory: read at offsets too.
    Part,
    /// It must be decoded from its beginning.
    Stream,
}

/// What the first bytes said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Head {
    /// Text: its first bytes, decoded.
    Text(Vec<u8>),
    /// Nothing in it.
    Empty,
    /// Not to be read, and why.
    Unread(String),
}

/// An open file. Cheap to keep: it holds a descriptor only when told to.
#[derive(Debug)]
pub struct Opened {
    raw: Raw,
    codings: Vec<Coding>,
    limits: Limits,
    /// Bytes as they lie there when it was opened: what grows later is not read.
    pub size: u64,
}

/// A file that was looked at: text or not, with what is needed to read it.
pub type Member = (Found, Option<Opened>, Head);

/// What a file is.
#[derive(Debug)]
pub enum Contents {
    /// One log, or nothing that is read.
    File(Member),
    /// An archive of files.
    Archive(Archive),
}

/// Opens a file and looks at its head. With `keep` the descriptor stays open for all passes, so that a file
/// renamed in between is still the same one.
pub fn open(found: Found, keep: bool, options: &OpenOptions) -> Contents {
    let raw = match Raw::open(&found.path) {
        Ok(raw) => raw,
        Err(error) => return Contents::File((found, None, Head::Unread(reason(&error)))),
    };
    let mut contents = look(found, raw.clone(), Vec::new(), 0, options);
    if !keep {
        raw.let_go();
        if let Contents::Archive(archive) = &mut contents {
            archive.lets_go = true;
        }
    }
    contents
}

/// Looks at bytes in memory (standard input) as though they were a file.
pub fn open_bytes(found: Found, bytes: Vec<u8>, options: &OpenOptions) -> Contents {
    look(found, Raw::memory(bytes), Vec::new(), 0, options)
}

/// Takes layer after layer off, until there is text, an archive, or nothing that is read. `codings` are
/// known to be there (those of a zip file's member); `layers` are around the rest.
pub(super) fn look(
    found: Found,
    raw: Raw,
    mut codings: Vec<Coding>,
    layers: usize,
    options: &OpenOptions,
) -> Contents {
    let limits = &options.limits;
    let known = codings.len();
    let depth = |codings: &[Coding]| layers + codings.len() - known;
    loop {
        let unread = |why| Head::Unread(why);
        let mut head = Vec::new();
        let why = match read_head(&raw, &codings, limits, &mut head) {
            Ok(why) => why,
            Err(error) => Some(reason(&error)),
        };
        if head.is_empty() {
            return Contents::File(match why {
                Some(why) => (found, None, unread(why)),
                None => (found, Some(Opened::new(raw, codings, limits)), Head::Empty),
            });
        }
        if codings.last().is_some_and(|last| last.gives_text()) {
            return Contents::File((found, Some(Opened::new(raw, codings, limits)), Head::Text(head)));
        }
        let mut shape = shape(&head, &found.name);
        if codings.is_empty()
            && matches!(shape, Shape::Unread(_))
            && let Some(behind) = behind_hole(&raw, &head)
            && matches!(super::shape::shape(&behind, &found.name), Shape::Text)
        {
            (head, shape) = (behind, Shape::Text);
        }
        let deeper = matches!(shape, Shape::Coded(_) | Shape::Tar | Shape::Zip);
        if deeper && depth(&codings) >= limits.depth {
            return Contents::File((found, None, unread(limits.why_no_deeper())));
        }
        let text = matches!(shape, Shape::Text | Shape::Unread(_));
        if text && !codings.iter().any(|coding| matches!(coding, Coding::Charset(_))) {
            let told = options.charset(&found.name);
            if let Some(charset) = told.unwrap_or_else(|| charset(&head, head.len() < HEAD)) {
                codings.push(Coding::Charset(charset));
                continue;
            }
        }
        match shape {
            Shape::Coded(coding) => codings.push(coding),
            Shape::Binary(kind) => codings.push(Coding::Binary(kind)),
            // It is read at any place: in place, or else held first.
            Shape::Journal if codings.is_empty() => codings.push(Coding::Journal),
            Shape::Tar | Shape::Zip | Shape::Journal => {
                let layers = depth(&codings) + usize::from(shape != Shape::Journal);
                return Contents::Archive(Archive {
                    found,
                    raw,
                    codings,
                    layers,
                    kind: match shape {
                        Shape::Tar => Kind::Tar,
                        Shape::Zip => Kind::Zip,
                        _ => Kind::Journal,
                    },
                    lets_go: false,
                });
            }
            Shape::Unread(why) => {
                let inside = codings.last().map_or(String::new(), |last| format!(", inside {}", last.name()));
                return Contents::File((found, None, unread(format!("{why}{inside}"))));
            }
            Shape::Text => {
                let coding = metrics::Kind::recognise(&head).map(Coding::Metrics);
                if let Some(coding) = coding
                    .or_else(|| element(&head).map(|element| Coding::Json { element }))
                    .or_else(|| has_returns(&head).then_some(Coding::Returns))
                {
                    codings.push(coding);
                    continue;
                }
                return Contents::File((found, Some(Opened::new(raw, codings, limits)), Head::Text(head)));
            }
        }
    }
}

/// The first bytes behind a hole that a file begins with: a log that was truncated under a writer who went on where he
/// was has one. None where the file does not begin with one, or with one that is too long to look behind.
fn behind_hole(raw: &Raw, head: &[u8]) -> Option<Vec<u8>> {
    const LONGEST: u64 = 256 << 20;
    const STEP: usize = 1 << 20;
    if leading_nuls(head) < head.len() || raw.len <= head.len() as u64 {
        return None;
    }
    let mut block = vec![0; STEP];
    let mut from = head.len() as u64;
    while from < LONGEST {
        let count = raw.read_at(from, &mut block).ok().filter(|count| *count > 0)?;
        let hole = leading_nuls(&block[..count]);
        from += hole as u64;
        if hole < count {
            block.truncate(HEAD);
            let count = raw.read_at(from, &mut block).ok()?;
            block.truncate(count);
            return Some(block);
        }
    }
    None
}

/// The first bytes, decoded, and why there are no more, if so.
fn read_head(
    raw: &Raw,
    codings: &[Coding],
    limits: &Limits,
    head: &mut Vec<u8>,
) -> io::Result<Option<String>> {
    if codings.is_empty() {
        head.resize(HEAD.min(usize::try_from(raw.len).unwrap_or(HEAD)), 0);
        let count = raw.read_at(0, head)?;
        head.truncate(count);
        return Ok(None);
    }
    Ok(Stream::new(raw, codings, *limits)?.fill(head, HEAD).err().map(|short| short.why))
}

impl Opened {
    fn new(raw: Raw, codings: Vec<Coding>, limits: &Limits) -> Self {
        Self { size: raw.len, raw, codings, limits: *limits }
    }

    /// How the text is reached.
    pub fn content(&self) -> Content {
        match self.codings.is_empty() {
            true if self.raw.is_whole_file() => Content::Plain,
            true => Content::Part,
            false => Content::Stream,
        }
    }

    /// Whether it must be decoded from its beginning.
    pub fn is_stream(&self) -> bool {
        self.content() == Content::Stream
    }

    /// What stands between its bytes and its text, in words of our own; empty where nothing does.
    pub fn coded(&self) -> String {
        if self.codings.is_empty() { String::new() } else { format!("{:?}", self.codings) }
    }

    /// The character set that its text was in, where it is not UTF-8.
    pub fn charset(&self) -> Option<&'static str> {
        self.codings.iter().find_map(|coding| match coding {
            Coding::Charset(charset) => Some(charset.name()),
            _ => None,
        })
    }

    /// The modification time of what was packed, nanoseconds since 1970, where gzip kept it.
    pub fn packed_time(&self) -> Option<i64> {
        if self.codings.first() != Some(&Coding::Gzip) {
            return None;
        }
        let mut head = [0; 8];
        self.raw.read_at(0, &mut head).ok().filter(|count| *count == 8)?;
        let seconds = u32::from_le_bytes([head[4], head[5], head[6], head[7]]);
        (seconds != 0).then_some(i64::from(seconds) * NANOS_PER_SECOND)
    }

    /// Fills `out` with the bytes at `offset`: how many there were, fewer where the file ends earlier
    /// than it did when it was opened. Not for streams.
    pub fn read_at(&self, offset: u64, out: &mut [u8]) -> io::Result<usize> {
        self.raw.read_at(offset, out)
    }

    /// Starts decoding from the beginning.
    pub fn unpack(&self) -> io::Result<Unpacker> {
        Ok(Unpacker::new(Stream::new(&self.raw, &self.codings, self.limits)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::io::Short;

    const LIMITS: Limits = Limits { unpacked: 1 << 40, ratio: 1000, depth: 8, held: 1 << 30 };

    fn opened(bytes: &[u8]) -> Option<Opened> {
        match open_bytes(
            Found::unnamed(),
            bytes.to_vec(),
            &OpenOptions { limits: LIMITS, charsets: Vec::new() },
        ) {
            Contents::File((_, opened, _)) => opened,
            Contents::Archive(_) => None,
        }
    }

    #[test]
    fn gzip_keeps_the_time_of_what_it_packed() {
        let packed_time = |bytes: &[u8]| opened(bytes).and_then(|opened| opened.packed_time());
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
        let read = |length: usize| -> (Vec<u8>, Option<Short>) {
            let Some(opened) = opened(DAMAGED) else { return (Vec::new(), None) };
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
        // The decoder may meet the damage in the call that gives the last byte before it.
        assert!(whole.0.starts_with(b"2014-12-12T10:10:59Z a"));
        assert!(whole.1.is_some());
        for length in [1, 7, 64, 1023, 1 << 20] {
            assert_eq!(read(length), whole, "asked for {length} bytes at a time");
        }
    }
}
