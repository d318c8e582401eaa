//! Rows for machines: one JSON object per event, in the contract's shape.

use crate::base::{Batch, Event, Flags, Resolution};
use crate::grammar::Known;
use crate::time::render_rfc3339;
use crate::view::{Entry, Record, Scene};

/// Appends one event as a line of JSON (design contract 4.2).
pub fn push_jsonl(out: &mut Vec<u8>, scene: &Scene<'_>, entry: Entry<'_>) {
    let Entry { batch, event, also } = entry;
    let record = Record::read(scene, batch, event);
    let file = scene.file(batch.file);
    let digits = Resolution::from_code(event.resolution).fraction_digits();
    let undated = event.flags.has(Flags::UNDATED);
    let offset = scene.zone.offset_at(event.key.div_euclid(crate::base::NANOS_PER_SECOND)).0;
    out.extend_from_slice(b"{\"time\":");
    push_time(out, (!undated).then_some(event.key), digits_of(event.key, digits), 0);
    out.extend_from_slice(b",\"local\":");
    push_time(out, (!undated).then_some(event.key), digits_of(event.key, digits), offset);
    if let Some(instant) = record.instant {
        let known = |at: i64| (at != i64::MIN && at != i64::MAX).then_some(at);
        out.extend_from_slice(b",\"earliest\":");
        push_time(out, known(instant.earliest), digits_of(instant.earliest, digits), 0);
        out.extend_from_slice(b",\"latest\":");
        push_time(out, known(instant.latest), digits_of(instant.latest, digits), 0);
    }
    out.extend_from_slice(b",\"basis\":[");
    for (index, word) in record.instant.iter().flat_map(|instant| instant.basis.words()).enumerate() {
        if index > 0 {
            out.push(b',');
        }
        push_string(out, word.as_bytes());
    }
    out.extend_from_slice(b"],\"stamp\":");
    push_optional(out, record.part(Known::Time));
    out.extend_from_slice(b",\"file\":");
    push_string(out, file.name.as_bytes());
    out.extend_from_slice(format!(",\"line\":{},\"lines\":{}", batch.line(event), event.lines).as_bytes());
    out.extend_from_slice(b",\"source\":");
    push_string(out, file.source.as_bytes());
    out.extend_from_slice(b",\"format\":");
    push_string(out, record.format().as_bytes());
    out.extend_from_slice(b",\"host\":");
    push_optional(out, record.part(Known::Host));
    out.extend_from_slice(b",\"program\":");
    push_optional(out, record.program());
    out.extend_from_slice(b",\"pid\":");
    let pid = record.part(Known::Pid).and_then(|pid| std::str::from_utf8(pid).ok()?.parse::<u32>().ok());
    match pid {
        Some(pid) => out.extend_from_slice(pid.to_string().as_bytes()),
        None => out.extend_from_slice(b"null"),
    }
    out.extend_from_slice(b",\"level\":");
    push_optional(out, event.level.word().map(str::as_bytes));
    if event.flags.has(Flags::LEVEL_INFERRED) && event.level.word().is_some() {
        out.extend_from_slice(b",\"level_basis\":\"words\"");
    }
    out.extend_from_slice(b",\"message\":");
    let mut message = Vec::new();
    record.message(&mut message);
    push_string(out, &message);
    out.extend_from_slice(b",\"fields\":{");
    let mut first = true;
    record.fields(|name, value| {
        if !std::mem::take(&mut first) {
            out.push(b',');
        }
        push_string(out, name.as_bytes());
        out.push(b':');
        push_string(out, value);
    });
    if let Some(start) = start_text(&record, event) {
        if !first {
            out.push(b',');
        }
        out.extend_from_slice(format!("\"start\":\"{start}\"").as_bytes());
    }
    out.extend_from_slice(format!("}},\"pattern\":\"p{:016x}\",\"marks\":[", event.pattern).as_bytes());
    // A derived event is nobody's first.
    if event.flags.has(Flags::DERIVED) {
        out.extend_from_slice(b"\"derived\"");
    } else if event.flags.has(Flags::FIRST) {
        out.extend_from_slice(b"\"first\"");
    }
    out.push(b']');
    push_also(out, scene, also);
    out.extend_from_slice(b"}\n");
}

/// When what the record tells of began, as its field `start`: RFC 3339, in UTC.
pub fn start_text(record: &Record<'_>, event: &Event) -> Option<String> {
    let start = record.start().filter(|_| !event.flags.has(Flags::UNDATED))?;
    let digits = Resolution::from_code(event.resolution).fraction_digits().max(3);
    let mut out = Vec::new();
    render_rfc3339(&mut out, start, digits_of(start, digits), 0, true);
    Some(String::from_utf8_lossy(&out).into_owned())
}

/// Where else the record stands.
fn push_also(out: &mut Vec<u8>, scene: &Scene<'_>, also: &[(&Batch, &Event)]) {
    if also.is_empty() {
        return;
    }
    for (index, (batch, event)) in also.iter().enumerate() {
        out.extend_from_slice(if index == 0 { &b",\"also\":[{\"file\":"[..] } else { b",{\"file\":" });
        push_string(out, scene.file(batch.file).name.as_bytes());
        out.extend_from_slice(format!(",\"line\":{}}}", batch.line(event)).as_bytes());
    }
    out.push(b']');
}

/// Digits that show a bound exactly: the stamp's own, or thousands of them when those are not enough.
fn digits_of(at: i64, digits: usize) -> usize {
    let exact = |digits: &usize| at % 10_i64.pow(9 - *digits as u32) == 0;
    [digits, 3, 6].into_iter().find(|more| *more >= digits && exact(more)).unwrap_or(9)
}

fn push_time(out: &mut Vec<u8>, at: Option<i64>, digits: usize, offset: i32) {
    match at {
        Some(at) => {
            out.push(b'"');
            render_rfc3339(out, at, digits, offset, true);
            out.push(b'"');
        }
        None => out.extend_from_slice(b"null"),
    }
}

fn push_optional(out: &mut Vec<u8>, text: Option<&[u8]>) {
    match text {
        Some(text) => push_string(out, text),
        None => out.extend_from_slice(b"null"),
    }
}

/// A JSON string; bytes that are no UTF-8 become U+FFFD, as JSON has no other way.
fn push_string(out: &mut Vec<u8>, text: &[u8]) {
    let text = String::from_utf8_lossy(text);
    if serde_json::to_writer(&mut *out, &*text).is_err() {
        // Writing a string to memory cannot fail.
        out.extend_from_slice(b"null");
    }
}
