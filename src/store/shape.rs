//! A record's text as a shape: what is the same from record to record, with references to what stands in columns
//! of its own.
//!
//! `Dec 12 10:10:59 web1 sshd[811]: Failed password` becomes `{stamp} {host} {program}[{pid}]: {message}`, which
//! is the same for a million records and costs nothing. A reference stands only where the column holds the very
//! bytes that it replaces: so a text comes back byte for byte, whatever it holds.

use std::ops::Range;

/// What a reference names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Part {
    /// The stamp.
    Stamp,
    /// The host.
    Host,
    /// The program.
    Program,
    /// The process id.
    Pid,
    /// The message.
    Message,
    /// A field, by its place among the fields.
    Field(u8),
}

/// The byte before a literal byte that would be taken for a reference.
const ESCAPE: u8 = 0;
/// The byte of a field's reference; the field's place stands behind it.
const FIELD: u8 = 6;

impl Part {
    /// The reference's byte.
    const fn code(self) -> u8 {
        match self {
            Self::Stamp => 1,
            Self::Host => 2,
            Self::Program => 3,
            Self::Pid => 4,
            Self::Message => 5,
            Self::Field(_) => FIELD,
        }
    }
}

/// Puts parts in the order of their places. Of parts that overlap, the one that begins first stays, of those that
/// begin together the longest.
pub(super) fn arrange(parts: &mut Vec<(Range<usize>, Part)>) {
    parts.sort_unstable_by_key(|(range, part)| (range.start, std::cmp::Reverse(range.end), *part));
    let mut end = 0;
    parts.retain(|(range, _)| {
        let stays = !range.is_empty() && range.start >= end;
        if stays {
            end = range.end;
        }
        stays
    });
}

/// Calls `visit` for every piece of a text in order: literal text, and text that is one of the arranged parts.
pub(super) fn pieces_of<'a>(
    text: &'a [u8],
    parts: &[(Range<usize>, Part)],
    mut visit: impl FnMut(&'a [u8], Option<Part>),
) {
    let mut at = 0;
    for (range, part) in parts {
        visit(&text[at..range.start], None);
        visit(&text[range.clone()], Some(*part));
        at = range.end;
    }
    visit(&text[at..], None);
}

/// Appends the shape of a text in which the arranged `parts` stand.
pub(super) fn push_shape(out: &mut Vec<u8>, text: &[u8], parts: &[(Range<usize>, Part)]) {
    pieces_of(text, parts, |piece, part| match part {
        None => push_literal(out, piece),
        Some(part) => {
            out.push(part.code());
            if let Part::Field(place) = part {
                out.push(place);
            }
        }
    });
}

fn push_literal(out: &mut Vec<u8>, text: &[u8]) {
    for &byte in text {
        if byte <= FIELD {
            out.push(ESCAPE);
        }
        out.push(byte);
    }
}

/// Whether a shape may refer to fields: the byte of a reference may also be a literal one.
pub(super) fn names_fields(shape: &[u8]) -> bool {
    memchr::memchr(FIELD, shape).is_some()
}

/// Appends the text of a shape. `part` is told where in `out` a reference stands, and gives what it stands for; a store
/// that was damaged may hold references to nothing, which give nothing.
pub(super) fn push_text<'a>(
    out: &mut Vec<u8>,
    shape: &[u8],
    mut part: impl FnMut(Part, usize) -> Option<&'a str>,
) {
    let mut rest = shape;
    while let Some(&byte) = rest.first() {
        let literal = rest.iter().position(|byte| *byte <= FIELD).unwrap_or(rest.len());
        if literal > 0 {
            out.extend_from_slice(&rest[..literal]);
            rest = &rest[literal..];
            continue;
        }
        rest = &rest[1..];
        let named = match byte {
            1 => Part::Stamp,
            2 => Part::Host,
            3 => Part::Program,
            4 => Part::Pid,
            5 => Part::Message,
            _ => {
                let Some((next, behind)) = rest.split_first() else { return };
                rest = behind;
                if byte == ESCAPE {
                    out.push(*next);
                    continue;
                }
                Part::Field(*next)
            }
        };
        let text = part(named, out.len()).unwrap_or_default();
        out.extend_from_slice(text.as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_comes_back_whatever_it_holds() {
        let text = b"Dec 12 10:10:59 web1 sshd[811]: a\x00b\x01\x06 Failed";
        let mut parts = vec![
            (32..text.len(), Part::Message),
            (0..15, Part::Stamp),
            (16..20, Part::Host),
            (26..29, Part::Pid),
            (21..25, Part::Program),
            (40..46, Part::Field(0)),
            (3..3, Part::Field(1)),
        ];
        arrange(&mut parts);
        let mut shape = Vec::new();
        push_shape(&mut shape, text, &parts);
        assert_eq!(shape, b"\x01 \x02 \x03[\x04]: \x05");
        let mut literal = Vec::new();
        push_shape(&mut literal, text, &[]);
        for shape in [shape, literal] {
            let mut back = Vec::new();
            push_text(&mut back, &shape, |part, _| {
                let (range, _) = parts.iter().find(|(_, of)| *of == part)?;
                std::str::from_utf8(&text[range.clone()]).ok()
            });
            assert_eq!(back, text);
        }
    }

    #[test]
    fn a_damaged_shape_is_no_panic() {
        for shape in [&b"\x00"[..], b"a\x06", b"\x06\xff\x05\x04"] {
            push_text(&mut Vec::new(), shape, |_, _| None);
        }
    }
}
