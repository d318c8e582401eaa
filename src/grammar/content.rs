//! What a record says once it was read: the message as people read it, and its fields.
//!
//! Only records that are shown, searched or stored come here; neither pass over the input needs it.

use super::json;
use super::model::{Grammar, Piece, Reading, Shape};
use super::sections::Sections;
use super::slots::{Known, Slots, Span};
use super::table::Columns;

impl Grammar {
    /// What it calls the fields of its records, as far as its layouts name them.
    pub fn field_names(&self) -> impl Iterator<Item = &str> {
        self.slot_names.iter().map(String::as_str)
    }

    /// How long what a record tells of took, nanoseconds, where the format says so: the stamp is its end.
    pub fn duration(&self, text: &[u8], slots: &Slots) -> Option<i64> {
        let seconds: f64 =
            std::str::from_utf8(slots.get(self.duration?)?.of(text)).ok()?.trim().parse().ok()?;
        (0.0..1.0e9).contains(&seconds).then(|| (seconds * 1e9).round() as i64)
    }

    /// Whether the message is the tail of the record as written, so that it can be copied out.
    #[inline]
    pub fn message_is_tail(&self) -> bool {
        self.compose.is_none()
            && self.table.is_none()
            && self.sections.is_none()
            && !matches!(self.shape, Shape::Pairs(_))
    }

    /// The message of a record as people read it: decoded, put together where the grammar says so.
    pub fn message(&self, text: &[u8], slots: &Slots, reading: &Reading, out: &mut Vec<u8>) {
        if let Some(spec) = &self.table {
            // A header repeated below a row belongs to the table's frame, not to what the row says.
            let lines = reading.message.of(text).split(|byte| *byte == b'\n').enumerate();
            for (index, line) in
                lines.filter(|(index, line)| *index == 0 || Columns::header(spec, line).is_none())
            {
                if index > 0 {
                    out.push(b'\n');
                }
                out.extend_from_slice(line);
            }
            return;
        }
        if self.sections.as_ref().is_some_and(Sections::is_below) {
            return self.stacked_message(text, slots, out);
        }
        if self.sections.is_some() {
            let message = reading.message.of(text);
            out.extend_from_slice(message.split(|byte| *byte == b'\n').next().unwrap_or_default());
            return self.further_lines(message, out);
        }
        let Some(pieces) = &self.compose else {
            return self.value(text, reading.message, out);
        };
        for piece in pieces {
            match piece {
                Piece::Literal(literal) => out.extend_from_slice(literal.as_bytes()),
                Piece::Slot(slot) => match slots.get(*slot).filter(|span| span.start < span.end) {
                    Some(span) => self.value(text, span, out),
                    None => out.push(b'-'),
                },
                Piece::Others => {
                    if let Shape::Pairs(spec) = &self.shape {
                        spec.others(text, slots, out);
                    }
                }
            }
        }
    }

    /// Whether a value stands for other characters than it is written with.
    #[inline]
    pub fn is_escaped(&self, value: &[u8]) -> bool {
        matches!(self.shape, Shape::Pairs(_)) && memchr::memchr(b'\\', value).is_some()
    }

    /// Appends a value as people read it.
    pub fn value(&self, text: &[u8], span: Span, out: &mut Vec<u8>) {
        match self.shape {
            Shape::Pairs(_) => json::unescape(span.of(text), out),
            _ => out.extend_from_slice(span.of(text)),
        }
    }

    /// Calls `visit(name, value)` for every field of a record beyond stamp, level, host, program, pid
    /// and message; values as written. `slots` must come from reading this very text.
    pub fn fields(&self, text: &[u8], slots: &Slots, message: Span, mut visit: impl FnMut(&str, &[u8])) {
        if let Shape::Pairs(spec) = &self.shape {
            spec.fields(text, slots, &mut visit);
            return;
        }
        for (slot, name) in self.slot_names.iter().enumerate().skip(Known::NAMES.len()) {
            if let Some(span) = slots.get(slot as u8) {
                visit(name, span.of(text));
            }
        }
        if self.sections.as_ref().is_some_and(Sections::is_below) {
            return self.stacked_fields(text, slots, visit);
        }
        let program = slots.known(Known::Program).map(|span| span.of(text));
        let program = program.or(self.program.as_deref().map(str::as_bytes));
        let message = message.of(text);
        // The first body that fits, the grammar's own first.
        let _ = self.bodies.iter().any(|body| body.fields(program, message, &mut visit))
            || (self.shared)().fields(program, message, &mut visit);
    }
}
