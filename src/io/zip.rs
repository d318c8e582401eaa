//! zip: which members there are, and where the bytes of each lie.
//!
//! The central directory at the end says it; without one (a file that is cut off) the headers before the
//! members do.

use super::coding::Coding;
use super::raw::Raw;
use crate::base::NANOS_PER_SECOND;
use crate::text::file_name;

const LOCAL: &[u8; 4] = b"PK\x03\x04";
const CENTRAL: &[u8; 4] = b"PK\x01\x02";
const END: &[u8; 4] = b"PK\x05\x06";

/// The longest end record: 22 bytes and a comment.
const LONGEST_END: u64 = 22 + 0xffff;

/// Central directories up to this size are read: some two million members.
const LARGEST_DIRECTORY: u64 = 256 << 20;

/// A member.
#[derive(Debug)]
pub(super) struct Entry {
    pub name: String,
    /// Its bytes, as they lie there.
    pub raw: Raw,
    /// What to do with them.
    pub codings: Vec<Coding>,
    /// Bytes once unpacked, as the archive says.
    pub size: u64,
    /// Last change, nanoseconds since 1970. zip's own field names no zone, so only an extra one counts.
    pub mtime: Option<i64>,
    /// Why it cannot be read.
    pub unread: Option<String>,
    /// A folder, a link or the like.
    pub is_file: bool,
    /// Bytes that the archive says are there and are not.
    pub missing: u64,
    at: u64,
    end: u64,
}

/// The members in the order of the archive, and what is wrong with it.
pub(super) fn entries(raw: &Raw) -> std::io::Result<(Vec<Entry>, Option<String>)> {
    let (mut entries, why) = match directory(raw)? {
        Some((bytes, base)) => {
            let (entries, whole) = from_directory(raw, &bytes, base)?;
            let why = "the zip archive's directory is damaged: some members may be missing";
            (entries, (!whole).then(|| why.to_owned()))
        }
        None => {
            let why = "the zip archive has no directory (cut off?): its members are read one after another";
            (walk(raw)?, Some(why.to_owned()))
        }
    };
    // Members that share bytes are how a small archive pretends to be a huge one.
    let mut order: Vec<usize> = (0..entries.len()).collect();
    order.sort_by_key(|index| entries[*index].at);
    let mut end = 0;
    for index in order {
        let entry = &mut entries[index];
        if entry.at < end {
            entry.unread = Some("its bytes are those of another member too: not read".to_owned());
        }
        end = end.max(entry.end);
    }
    Ok((entries, why))
}

fn u16_at(bytes: &[u8], at: usize) -> u64 {
    bytes
        .get(at..at + 2)
        .and_then(|field| field.first_chunk())
        .map_or(0, |field| u16::from_le_bytes(*field).into())
}

fn u32_at(bytes: &[u8], at: usize) -> u64 {
    bytes
        .get(at..at + 4)
        .and_then(|field| field.first_chunk())
        .map_or(0, |field| u32::from_le_bytes(*field).into())
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    bytes.get(at..at + 8).and_then(|field| field.first_chunk()).map_or(0, |field| u64::from_le_bytes(*field))
}

fn read(raw: &Raw, at: u64, length: u64) -> std::io::Result<Vec<u8>> {
    let length = length.min(raw.len.saturating_sub(at));
    let mut bytes = vec![0; length as usize];
    let count = raw.read_at(at, &mut bytes)?;
    bytes.truncate(count);
    Ok(bytes)
}

/// The central directory, and what must be added to the offsets in it: bytes that stand before the archive.
fn directory(raw: &Raw) -> std::io::Result<Option<(Vec<u8>, u64)>> {
    let from = raw.len.saturating_sub(LONGEST_END);
    let tail = read(raw, from, LONGEST_END)?;
    let ends = (0..tail.len().saturating_sub(21)).rev();
    let Some(at) = ends
        .filter(|at| tail[*at..].starts_with(END))
        .find(|at| u16_at(&tail, at + 20) as usize + at + 22 <= tail.len())
    else {
        return Ok(None);
    };
    let (mut size, mut offset) = (u32_at(&tail, at + 12), u32_at(&tail, at + 16));
    let mut end = from + at as u64;
    let locator = read(raw, end.saturating_sub(20), 20)?;
    if locator.starts_with(b"PK\x06\x07") {
        let large = read(raw, u64_at(&locator, 8), 56)?;
        if large.starts_with(b"PK\x06\x06") {
            end = u64_at(&locator, 8);
            (size, offset) = (u64_at(&large, 40), u64_at(&large, 48));
        }
    }
    let Some(start) = end.checked_sub(size) else { return Ok(None) };
    if size > LARGEST_DIRECTORY {
        return Ok(None);
    }
    let bytes = read(raw, start, size)?;
    if !bytes.is_empty() && !bytes.starts_with(CENTRAL) {
        return Ok(None);
    }
    Ok(Some((bytes, start.saturating_sub(offset))))
}

/// The members of a central directory, and whether all of it made sense.
fn from_directory(raw: &Raw, bytes: &[u8], base: u64) -> std::io::Result<(Vec<Entry>, bool)> {
    let mut entries = Vec::new();
    let mut rest = bytes;
    while let Some(header) = rest.get(..46).filter(|header| header.starts_with(CENTRAL)) {
        let [name, extra, comment] = [28, 30, 32].map(|at| u16_at(header, at) as usize);
        let Some(variable) = rest.get(46..46 + name + extra) else { break };
        let mut fields = Fields {
            flags: u16_at(header, 8),
            method: u16_at(header, 10),
            crc: u32_at(header, 16) as u32,
            packed: u32_at(header, 20),
            size: u32_at(header, 24),
            at: u32_at(header, 42),
            mtime: None,
        };
        fields.extra(&variable[name..]);
        fields.at = fields.at.saturating_add(base);
        // The upper half is a Unix mode where Unix made it.
        let mode = if header[5] == 3 { u32_at(header, 38) >> 28 } else { 0 };
        let mut entry = fields.entry(raw, &variable[..name])?;
        entry.is_file &= matches!(mode, 0 | 8);
        entries.push(entry);
        rest = rest.get(46 + name + extra + comment..).unwrap_or_default();
    }
    Ok((entries, rest.is_empty()))
}

/// Members by the headers before them, for as long as there are any.
fn walk(raw: &Raw) -> std::io::Result<Vec<Entry>> {
    let mut entries = Vec::new();
    let mut at = 0;
    loop {
        let header = read(raw, at, 30)?;
        if header.len() < 30 || !header.starts_with(LOCAL) {
            return Ok(entries);
        }
        let (name, extra) = (u16_at(&header, 26), u16_at(&header, 28));
        let variable = read(raw, at + 30, name + extra)?;
        if (variable.len() as u64) < name + extra {
            return Ok(entries);
        }
        let mut fields = Fields {
            flags: u16_at(&header, 6),
            method: u16_at(&header, 8),
            crc: u32_at(&header, 14) as u32,
            packed: u32_at(&header, 18),
            size: u32_at(&header, 22),
            at,
            mtime: None,
        };
        fields.extra(&variable[name as usize..]);
        let data = at + 30 + name + extra;
        let unknown = fields.flags & 8 != 0 && fields.packed == 0;
        if unknown {
            // Its length stands behind it: find where it ends.
            fields.packed = descriptor(raw, data)?;
        }
        let mut entry = fields.entry(raw, &variable[..name as usize])?;
        if unknown {
            // Nor is its checksum known; deflate itself tells damage.
            entry.codings.retain(|coding| !matches!(coding, Coding::Checked { .. }));
        }
        at = data.saturating_add(fields.packed);
        let behind = read(raw, at, 4)?;
        if fields.flags & 8 != 0 && behind.starts_with(b"PK\x07\x08") {
            let long = read(raw, at + 24, 4)?;
            let is_long = long.starts_with(LOCAL) || long.starts_with(CENTRAL);
            at += if is_long { 24 } else { 16 };
        }
        entries.push(entry);
    }
}

/// Bytes from `from` up to the next data descriptor, or to the end.
fn descriptor(raw: &Raw, from: u64) -> std::io::Result<u64> {
    const PIECE: u64 = 64 * 1024;
    let mut at = from;
    loop {
        let bytes = read(raw, at, PIECE + 20)?;
        let found = memchr::memmem::find_iter(&bytes, b"PK\x07\x08").find(|found| {
            // It names the number of bytes before it.
            u32_at(&bytes, found + 8) == (at + *found as u64 - from) & 0xffff_ffff
        });
        if let Some(found) = found {
            return Ok(at + found as u64 - from);
        }
        if (bytes.len() as u64) < PIECE + 20 {
            return Ok(raw.len - from);
        }
        at += PIECE;
    }
}

/// What a header says, of either kind.
struct Fields {
    flags: u64,
    method: u64,
    crc: u32,
    packed: u64,
    size: u64,
    at: u64,
    mtime: Option<i64>,
}

impl Fields {
    /// Reads the extra fields: sizes of more than 32 bits, and times that are UTC.
    fn extra(&mut self, mut extra: &[u8]) {
        while extra.len() >= 4 {
            let (id, length) = (u16_at(extra, 0), u16_at(extra, 2) as usize);
            let Some(data) = extra.get(4..4 + length) else { return };
            extra = &extra[4 + length..];
            match id {
                1 => {
                    let mut longs = data.chunks_exact(8).map(|long| u64_at(long, 0));
                    for field in [&mut self.size, &mut self.packed, &mut self.at] {
                        if *field == 0xffff_ffff
                            && let Some(long) = longs.next()
                        {
                            *field = long;
                        }
                    }
                }
                // The extended timestamp: Unix seconds.
                0x5455 if length >= 5 && data[0] & 1 != 0 => {
                    let seconds = i64::from(u32_at(data, 1) as u32 as i32);
                    self.mtime = (seconds > 0).then_some(seconds * NANOS_PER_SECOND);
                }
                // NTFS: hundreds of nanoseconds since 1601.
                0x000a if length >= 32 && u16_at(data, 4) == 1 && self.mtime.is_none() => {
                    const TO_1970: i64 = 116_444_736_000_000_000;
                    let ticks =
                        i64::try_from(u64_at(data, 8)).ok().and_then(|ticks| ticks.checked_sub(TO_1970));
                    self.mtime = ticks.filter(|ticks| *ticks > 0).and_then(|ticks| ticks.checked_mul(100));
                }
                _ => {}
            }
        }
    }

    fn entry(&self, raw: &Raw, name: &[u8]) -> std::io::Result<Entry> {
        let name = file_name(name);
        let checked = Coding::Checked { len: self.size, crc: self.crc };
        let mut unread = None;
        let codings = match self.method {
            0 => Vec::new(),
            8 => vec![Coding::Deflate, checked],
            12 => vec![Coding::Bzip2, checked],
            93 => vec![Coding::Zstd, checked],
            95 => vec![Coding::Xz, checked],
            method => {
                unread = Some(format!("zip's method {method} is not read"));
                Vec::new()
            }
        };
        if self.flags & 1 != 0 {
            unread = Some("encrypted: not read".to_owned());
        }
        let local = read(raw, self.at, 30)?;
        if !local.starts_with(LOCAL) {
            unread = Some("the zip archive is damaged or cut off where it should be".to_owned());
        }
        let data = self.at.saturating_add(30 + u16_at(&local, 26) + u16_at(&local, 28));
        let part = raw.part(data, self.packed);
        Ok(Entry {
            is_file: !name.ends_with('/'),
            name,
            missing: self.packed - part.len,
            raw: part,
            codings,
            size: self.size,
            mtime: self.mtime,
            unread,
            at: self.at,
            end: data.saturating_add(self.packed),
        })
    }
}
