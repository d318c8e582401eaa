//! tar: headers and where the bytes of each member lie. v7, ustar, GNU and pax; read in place, or as a stream
//! that comes out of a coding.
//!
//! A damaged header is looked past to the next one that is whole, as `tar` does it. Nothing is ever written to
//! disk, so a name with `..` is only a name.

use super::Short;
use super::raw::Raw;
use super::unpack::Stream;
use crate::base::{Loss, NANOS_PER_SECOND, reason};
use crate::text::file_name;

const BLOCK: usize = 512;

/// Extended headers up to this size are read, in bytes: they hold names.
const LONGEST_NAME: u64 = 1 << 20;

/// What stands behind the end mark and is no header.
const BEHIND: &str = "bytes behind the end of the tar archive are ignored";

/// Whether a head begins with a tar header: its checksum fits.
pub(super) fn is_header(head: &[u8]) -> bool {
    head.first_chunk().is_some_and(|block| sum_fits(block) && !block.starts_with(&[0]))
}

/// The sum of all bytes, those of the sum itself taken as blanks. Some old programs summed signed bytes.
fn sum_fits(block: &[u8; BLOCK]) -> bool {
    let Some(stored) = number(&block[148..156]) else { return false };
    let bytes =
        || block.iter().enumerate().map(|(at, byte)| if (148..156).contains(&at) { b' ' } else { *byte });
    stored == bytes().map(u64::from).sum::<u64>()
        || i64::try_from(stored).ok() == Some(bytes().map(|byte| i64::from(byte as i8)).sum())
}

/// An octal number between blanks, or GNU's binary one. `None` for anything else, and below zero.
fn number(field: &[u8]) -> Option<u64> {
    if let [first @ 0x80..=0xff, rest @ ..] = field {
        let (zeros, low) = rest.split_at(rest.len().saturating_sub(8));
        let small = first & 0x7f == 0 && zeros.iter().all(|byte| *byte == 0);
        return small.then(|| low.iter().fold(0, |value, byte| value << 8 | u64::from(*byte)));
    }
    let text = field.split(|byte| *byte == 0).next().unwrap_or_default();
    let text = std::str::from_utf8(text).ok()?.trim();
    if text.is_empty() { Some(0) } else { u64::from_str_radix(text, 8).ok() }
}

fn text(field: &[u8]) -> String {
    file_name(field.split(|byte| *byte == 0).next().unwrap_or_default())
}

/// Where tar is read from.
pub(super) enum Tape {
    /// Bytes that can be reached at any place.
    InPlace(Raw),
    /// Bytes that come once, one after another.
    Stream(Stream),
}

/// What a member is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    File,
    /// Bytes with holes between them, which we do not put together.
    Sparse,
    Link,
    Folder,
    /// A device or a pipe.
    Special,
}

/// A member's header.
#[derive(Debug)]
pub(super) struct Entry {
    pub name: String,
    pub kind: Kind,
    /// Bytes of data that follow.
    pub size: u64,
    /// Last change, nanoseconds since 1970.
    pub mtime: Option<i64>,
}

/// What extended headers say of the member behind them.
#[derive(Clone, Default)]
struct Extended {
    name: Option<String>,
    size: Option<u64>,
    mtime: Option<i64>,
    sparse: bool,
}

/// A tar archive on its way past.
pub(super) struct Tar {
    tape: Tape,
    at: u64,
    /// Of the member under way, bytes of data and of padding that were not taken yet.
    left: u64,
    padding: u64,
    global: Extended,
    /// Whether two blocks of zeros were met: the end.
    marked: bool,
    skipped: u64,
    /// What the ledger must hear of.
    pub remarks: Vec<Short>,
    buffer: Vec<u8>,
}

impl Tar {
    pub(super) fn new(tape: Tape) -> Self {
        Self {
            tape,
            at: 0,
            left: 0,
            padding: 0,
            global: Extended::default(),
            marked: false,
            skipped: 0,
            remarks: Vec::new(),
            buffer: Vec::new(),
        }
    }

    fn remark(&mut self, why: impl Into<String>, loss: Loss) {
        self.remarks.push(Short { why: why.into(), loss });
    }

    /// Reads up to `length` bytes into the buffer; fewer only at the end.
    fn pull(&mut self, length: usize) {
        self.buffer.clear();
        let fault = match &mut self.tape {
            Tape::Stream(stream) => stream.fill(&mut self.buffer, length).err(),
            Tape::InPlace(raw) => {
                self.buffer.resize(length, 0);
                let read = raw.read_at(self.at, &mut self.buffer);
                self.buffer.truncate(*read.as_ref().unwrap_or(&0));
                read.err().map(|error| Short { why: reason(&error), loss: Loss::Part })
            }
        };
        self.remarks.extend(fault);
        self.at += self.buffer.len() as u64;
    }

    /// Passes over bytes; whether they were there.
    fn skip(&mut self, mut length: u64) -> bool {
        if let Tape::InPlace(raw) = &self.tape {
            let there = raw.len.saturating_sub(self.at).min(length);
            self.at += there;
            return there == length;
        }
        while length > 0 {
            self.pull(length.min(64 * 1024) as usize);
            if self.buffer.is_empty() {
                return false;
            }
            length -= self.buffer.len() as u64;
        }
        true
    }

    /// The next bytes of the member under way, at most so many; none at its end.
    pub(super) fn data(&mut self, most: usize) -> &[u8] {
        let wanted = self.left.min(most as u64) as usize;
        self.pull(wanted);
        self.left -= self.buffer.len() as u64;
        &self.buffer
    }

    /// Bytes of the member under way that [`Tar::data`] has not given.
    pub(super) fn left(&self) -> u64 {
        self.left
    }

    /// All bytes of the member under way, where they lie: not for streams, nor once some were taken.
    pub(super) fn part(&self) -> Option<Raw> {
        match &self.tape {
            Tape::InPlace(raw) => Some(raw.part(self.at, self.left)),
            Tape::Stream(_) => None,
        }
    }

    /// The next member; what is left of the one before is passed over.
    pub(super) fn next(&mut self) -> Option<Entry> {
        let mut extended = self.global.clone();
        let behind = self.left + self.padding;
        self.left = 0;
        if behind > 0 && !self.skip(behind) {
            // Whoever took the member's data knows that it is cut; here only its padding may be missing.
            return None;
        }
        loop {
            self.pull(BLOCK);
            if self.buffer.is_empty() {
                self.ended();
                return None;
            }
            let Some(block) = self.buffer.first_chunk::<BLOCK>().copied() else {
                self.buffer.clear();
                match self.marked {
                    true => self.remark(BEHIND, Loss::None),
                    false => self.remark("the tar archive is cut off in a header", Loss::Part),
                }
                return None;
            };
            if block.iter().all(|byte| *byte == 0) {
                self.marked = true;
                continue;
            }
            if !sum_fits(&block) {
                if self.marked {
                    self.remark(BEHIND, Loss::None);
                    return None;
                }
                self.skipped += BLOCK as u64;
                continue;
            }
            // Archives written one behind another: `cat a.tar b.tar`.
            self.marked = false;
            self.tell_skipped();
            let size = extended.size.or_else(|| number(&block[124..136])).unwrap_or(0);
            match block[156] {
                b'L' | b'K' | b'x' | b'X' | b'g' => {
                    if !self.extended(block[156], size, &mut extended) {
                        self.remark("the tar archive is cut off in a header", Loss::Part);
                        return None;
                    }
                }
                kind => return Some(self.entry(&block, kind, size, extended)),
            }
        }
    }

    fn tell_skipped(&mut self) {
        let skipped = std::mem::take(&mut self.skipped);
        if skipped > 0 {
            let why = format!(
                "the tar archive is damaged: {skipped} bytes up to offset {} are no header and are passed over",
                self.at.saturating_sub(BLOCK as u64)
            );
            self.remark(why, Loss::Part);
        }
    }

    /// Says what an archive without its end mark lacks, unless the stream has said why.
    fn ended(&mut self) {
        self.tell_skipped();
        if !self.marked && self.remarks.is_empty() {
            self.remark(
                "the tar archive has no end mark: it is cut off, and members may be missing",
                Loss::Part,
            );
        }
    }

    fn entry(&mut self, block: &[u8; BLOCK], kind: u8, size: u64, extended: Extended) -> Entry {
        let mut name = text(&block[..100]);
        // GNU keeps other things where ustar has the beginning of long names.
        let prefix = text(&block[345..500]);
        if &block[257..263] == b"ustar\0" && !prefix.is_empty() {
            name = format!("{prefix}/{name}");
        }
        let name = extended.name.unwrap_or(name);
        let kind = match kind {
            b'0' | 0 | b'7' if name.ends_with('/') => Kind::Folder,
            b'0' | 0 | b'7' if extended.sparse => Kind::Sparse,
            b'1' | b'2' => Kind::Link,
            b'3' | b'4' | b'6' => Kind::Special,
            b'5' | b'D' | b'V' | b'M' | b'N' => Kind::Folder,
            b'S' => Kind::Sparse,
            _ => Kind::File,
        };
        let mut more = block[156] == b'S' && block[482] != 0;
        while more {
            self.pull(BLOCK);
            more = self.buffer.get(504).is_some_and(|byte| *byte != 0);
        }
        // Links and devices have no data, whatever their size says.
        let size = if matches!(block[156], b'1'..=b'6') { 0 } else { size };
        self.left = size;
        self.padding = (BLOCK as u64 - size % BLOCK as u64) % BLOCK as u64;
        let stamped = number(&block[136..148]).filter(|seconds| *seconds > 0);
        let nanos = |seconds: u64| i64::try_from(seconds).ok()?.checked_mul(NANOS_PER_SECOND);
        Entry { name, kind, size, mtime: extended.mtime.or_else(|| stamped.and_then(nanos)) }
    }

    /// Reads an extended header; whether all of it was there.
    fn extended(&mut self, kind: u8, size: u64, extended: &mut Extended) -> bool {
        let padded = size.saturating_add(BLOCK as u64 - 1) / BLOCK as u64 * BLOCK as u64;
        if size > LONGEST_NAME {
            self.remark("a tar header is too large: what it says is not read", Loss::Part);
            return self.skip(padded);
        }
        self.pull(padded as usize);
        if (self.buffer.len() as u64) < padded {
            self.buffer.clear();
            return false;
        }
        let data = &self.buffer[..size as usize];
        match kind {
            b'L' => extended.name = Some(text(data)),
            b'K' => {}
            b'g' => {
                pax(data, &mut self.global);
                pax(data, extended);
            }
            _ => pax(data, extended),
        }
        true
    }
}

/// Reads records such as `30 mtime=1418378400.123456789\n`.
fn pax(mut data: &[u8], extended: &mut Extended) {
    while let Some(blank) = memchr::memchr(b' ', data) {
        let length = std::str::from_utf8(&data[..blank]).ok().and_then(|text| text.parse::<usize>().ok());
        let Some(record) = length.and_then(|length| data.get(blank + 1..length)) else { return };
        let record = record.strip_suffix(b"\n").unwrap_or(record);
        data = &data[length.unwrap_or(data.len())..];
        let Some(equals) = memchr::memchr(b'=', record) else { continue };
        let (key, value) = (&record[..equals], file_name(&record[equals + 1..]));
        match key {
            b"path" if !extended.sparse => extended.name = Some(value),
            b"GNU.sparse.name" => extended.name = Some(value),
            b"size" => extended.size = value.parse().ok(),
            b"mtime" => extended.mtime = seconds(&value),
            _ => {}
        }
        extended.sparse |= key.starts_with(b"GNU.sparse.");
    }
}

/// `1418378400.5` in nanoseconds.
fn seconds(text: &str) -> Option<i64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let whole = whole.parse::<i64>().ok().filter(|seconds| *seconds > 0)?.checked_mul(NANOS_PER_SECOND)?;
    let mut digits = fraction.bytes().chain(std::iter::repeat(b'0')).take(9);
    let nanos = digits
        .try_fold(0_i64, |value, digit| digit.is_ascii_digit().then(|| value * 10 + i64::from(digit - b'0')));
    whole.checked_add(nanos?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_octal_or_binary() {
        for (field, value) in [
            (&b"0000644\0"[..], Some(0o644)),
            (b"   644 \0", Some(0o644)),
            (b"\0\0\0\0", Some(0)),
            (b"\x80\0\0\0\0\0\0\x02\0\0\0\x05", Some((2 << 32) + 5)),
            (b"\x80\x01\0\0\0\0\0\0\0\0\0\0", None),
            (b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", None),
            (b"12x\0", None),
        ] {
            assert_eq!(number(field), value, "{field:?}");
        }
    }

    #[test]
    fn pax_records_are_read() {
        let mut extended = Extended::default();
        pax(
            b"20 path=var/log/a b\n30 mtime=1418378400.123456789\n12 size=12x\n13 size=1234\n",
            &mut extended,
        );
        assert_eq!(extended.name.as_deref(), Some("var/log/a b"));
        assert_eq!((extended.mtime, extended.size), (Some(1_418_378_400_123_456_789), Some(1234)));
        pax(b"11 path=\xfe\xff\n", &mut extended);
        assert_eq!(extended.name.as_deref(), Some("\\xfe\\xff"));
        for broken in [&b"99 path=a\n"[..], b"0 path=a\n", b"x", b"2 ", b"18446744073709551615 a=b\n"] {
            pax(broken, &mut extended);
        }
    }
}
