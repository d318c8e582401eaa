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

/// Appends the shape of a text in which `parts` stand at these places. Of parts that overlap, the one that begins
/// first is taken, of those that begin together the longest.
pub(super) fn push_shape(out: &mut Vec<u8>, text: &[u8], parts: &mut [(Range<usize>, Part)]) {
    parts.sort_unstable_by_key(|(range, part)| (range.start, std::cmp::Reverse(range.end), *part));
    let mut at = 0;
    for (range, part) in parts.iter().filter(|(range, _)| !range.is_empty()) {
        if range.start < at {
            continue;
        }
        push_literal(out, &text[at..range.start]);
        out.push(part.code());
        if let Part::Field(place) = part {
            out.push(*place);
        }
        at = range.end;
    }
    push_literal(out, &text[at..]);
}

fn push_literal(out: &mut Vec<u8>, text: &[u8]) {
    for &byte in text {
        if byte <= FIELD {
            out.push(ESCAPE);
        }
        out.push(byte);
    }
}

/// Appends the text of a shape. `part` gives what a reference stands for; a store that was damaged may hold
/// references to nothing, which give nothing.
pub(super) fn push_text<'a>(out: &mut Vec<u8>, shape: &[u8], mut part: impl FnMut(Part) -> Option<&'a str>) {
    let mut rest = shape;
    while let Some((&byte, behind)) = rest.split_first() {
        rest = behind;
        let named = match byte {
            1 => Part::Stamp,
            2 => Part::Host,
            3 => Part::Program,
            4 => Part::Pid,
            5 => Part::Message,
            ESCAPE | FIELD => {
                let Some((&next, behind)) = rest.split_first() else { return };
                rest = behind;
                if byte == ESCAPE {
                    out.push(next);
                    continue;
                }
                Part::Field(next)
            }
            _ => {
                out.push(byte);
                continue;
            }
        };
        out.extend_from_slice(part(named).unwrap_or_default().as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_comes_back_whatever_it_holds() {
        let text = b"Dec 12 10:10:59 web1 sshd[811]: a\x00b\x01\x06 Failed";
        let mut parts = [
            (32..text.len(), Part::Message),
            (0..15, Part::Stamp),
            (16..20, Part::Host),
            (26..29, Part::Pid),
            (21..25, Part::Program),
            (40..46, Part::Field(0)),
            (3..3, Part::Field(1)),
        ];
        let mut shape = Vec::new();
        push_shape(&mut shape, text, &mut parts);
        assert_eq!(shape, b"\x01 \x02 \x03[\x04]: \x05");
        let mut literal = Vec::new();
        push_shape(&mut literal, text, &mut []);
        for shape in [shape, literal] {
            let mut back = Vec::new();
            push_text(&mut back, &shape, |part| {
                let (range, _) = parts.iter().find(|(_, of)| *of == part)?;
                std::str::from_utf8(&text[range.clone()]).ok()
            });
            assert_eq!(back, text);
        }
    }

    #[test]
    fn a_damaged_shape_is_no_panic() {
        for shape in [&b"\x00"[..], b"a\x06", b"\x06\xff\x05\x04"] {
            push_text(&mut Vec::new(), shape, |_| None);
        }
    }
}
