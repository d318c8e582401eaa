//! An entry of a journal as one line of JSON.

use std::io::{self, Write as _};
use std::sync::Arc;

use super::Journal;
use super::object::{Header, Object};
use super::payload::Payload;
use crate::io::binary::line::push_json;
use crate::io::binary::number;

/// Fields that open a line, in this order: what a reader looks for. All others follow by name.
const FIRST: [&[u8]; 5] = [b"_HOSTNAME", b"SYSLOG_IDENTIFIER", b"_PID", b"PRIORITY", b"MESSAGE"];

/// journald takes no more fields than that in an entry.
const MOST_FIELDS: usize = 1024;

/// Bytes of JSON for the values of one line: a longer line is cut, and no JSON then.
const MOST_TOGETHER: usize = 768 * 1024;

/// What a value that is left out counts for in that: to see that it is too long costs something.
const LARGE: usize = 128 * 1024;

/// The last year of journald's own check, 2^55 microseconds since 1970.
const LATEST: u64 = 1 << 55;

/// Field names and values of an entry; a value that is left out is `None`.
type Fields = Vec<(Arc<[u8]>, usize, bool)>;

impl Journal {
    /// Renders the entry that is `object`.
    pub(super) fn entry(&mut self, header: &Header, object: &Object, out: &mut Vec<u8>) -> io::Result<()> {
        let at = object.offset;
        let Some(head) = self.pages.whole::<64>(at)? else {
            self.entries.add(at);
            return Ok(());
        };
        let long = |place: usize| number(&head, place).map_or(0, u64::from_le_bytes);
        let (sequence, realtime, monotonic) = (long(16), long(24), long(32));
        let width = if header.compact { 4 } else { 16 };
        let count = (object.size - 64) / width;
        if sequence == 0 || realtime == 0 || realtime > LATEST || count == 0 {
            self.entries.add(at);
            return Ok(());
        }
        if count > MOST_FIELDS as u64 {
            self.fields.add(at);
        }
        let mut items = vec![0; (count.min(MOST_FIELDS as u64) * width) as usize];
        let got = self.pages.read(at + 64, &mut items)?;
        let mut fields = Fields::new();
        let mut total = 0;
        for item in items[..got].chunks_exact(width as usize) {
            let offset = match header.compact {
                true => number(item, 0).map_or(0, u32::from_le_bytes).into(),
                false => number(item, 0).map_or(0, u64::from_le_bytes),
            };
            self.field(header, at, offset, &mut fields, &mut total)?;
        }
        fields.sort_by(|a, b| order(name(a)).cmp(&order(name(b))));
        let _ = write!(out, "{{\"__REALTIME_TIMESTAMP\":\"{realtime}\"");
        push_fields(out, &fields);
        if !fields.iter().any(|field| name(field) == b"_BOOT_ID") {
            out.extend_from_slice(b",\"_BOOT_ID\":\"");
            head[40..56].iter().for_each(|byte| drop(write!(out, "{byte:02x}")));
            out.push(b'"');
        }
        let _ = writeln!(out, ",\"__MONOTONIC_TIMESTAMP\":\"{monotonic}\",\"__SEQNUM\":\"{sequence}\"}}");
        Ok(())
    }

    fn field(
        &mut self,
        header: &Header,
        entry: u64,
        offset: u64,
        fields: &mut Fields,
        total: &mut usize,
    ) -> io::Result<()> {
        if *total > MOST_TOGETHER {
            self.large.add(entry);
            return Ok(());
        }
        let payload = match offset {
            0 => Payload::Damaged,
            _ => self.payloads.read(&mut self.pages, offset, header.compact)?,
        };
        let (bytes, whole) = match payload {
            Payload::Whole(bytes) => (bytes, true),
            Payload::Large(start) => {
                self.large.add(entry);
                *total += LARGE;
                (start.into(), false)
            }
            Payload::Damaged => {
                self.fields.add(entry);
                return Ok(());
            }
        };
        let Some(end) = memchr::memchr(b'=', &bytes) else {
            // Too long, and packed: not even its name is known.
            return Ok(());
        };
        if end == 0
            || !bytes[..end].iter().all(|byte| byte.is_ascii_graphic() && *byte != b'"' && *byte != b'\\')
        {
            self.fields.add(entry);
            return Ok(());
        }
        *total += cost(&bytes);
        let fits = *total <= MOST_TOGETHER;
        if whole && !fits {
            self.large.add(entry);
        }
        fields.push((bytes, end, whole && fits));
        Ok(())
    }
}

/// Bytes that a value takes in JSON, at most.
fn cost(value: &[u8]) -> usize {
    match std::str::from_utf8(value) {
        Ok(_) => {
            value.iter().map(|byte| if matches!(byte, 0..=0x1f | b'"' | b'\\' | 0x7f) { 6 } else { 1 }).sum()
        }
        Err(_) => value.len() * 6,
    }
}

fn name(field: &(Arc<[u8]>, usize, bool)) -> &[u8] {
    &field.0[..field.1]
}

/// Where a field stands in its line.
fn order(name: &[u8]) -> (usize, &[u8]) {
    (FIRST.iter().position(|first| *first == name).unwrap_or(FIRST.len()), name)
}

/// Appends the fields; those with one name become an array, as journalctl writes them.
fn push_fields(out: &mut Vec<u8>, fields: &Fields) {
    for same in fields.chunk_by(|a, b| name(a) == name(b)) {
        let Some(first) = same.first() else { continue };
        out.push(b',');
        push_json(out, name(first));
        out.push(b':');
        if let [only] = same {
            push_value(out, only);
            continue;
        }
        for (index, field) in same.iter().enumerate() {
            out.push(if index == 0 { b'[' } else { b',' });
            push_value(out, field);
        }
        out.push(b']');
    }
}

/// Appends a value: a string if it is text, else its bytes as numbers, as journalctl does. A message is
/// always a string: one bad byte must not hide its words.
fn push_value(out: &mut Vec<u8>, field: &(Arc<[u8]>, usize, bool)) {
    let value = &field.0[field.1 + 1..];
    if !field.2 {
        out.extend_from_slice(b"null");
    } else if name(field) == b"MESSAGE" || std::str::from_utf8(value).is_ok() {
        push_json(out, value);
    } else {
        for (index, byte) in value.iter().enumerate() {
            out.push(if index == 0 { b'[' } else { b',' });
            let _ = write!(out, "{byte}");
        }
        out.push(b']');
    }
}
