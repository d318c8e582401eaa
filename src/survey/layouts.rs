//! Which of a file's formats a line begins a record of: a pure function of the line.

use memchr::memchr;

use crate::grammar::{GrammarId, GrammarSet, Head, MAX_HEAD, Slots};
use crate::time::month;

/// The formats of one file.
#[derive(Clone, Debug)]
pub struct FileFormat {
    /// Detected from the file's head.
    pub primary: GrammarId,
    /// What else lines of the file may begin records of, most specific first.
    pub others: Vec<GrammarId>,
}

/// A file's formats, ready to be asked.
#[derive(Clone, Copy, Debug)]
pub struct Layouts<'a> {
    /// Where the grammars are.
    pub set: &'a GrammarSet,
    /// Which of them this file has.
    pub format: &'a FileFormat,
}

impl Layouts<'_> {
    /// The format whose record begins with a line, if one does. `text` starts with that line, which has
    /// `length` bytes; the lines below it are looked at by formats whose stamp stands there.
    #[inline]
    pub fn begins(&self, text: &[u8], length: usize, slots: &mut Slots) -> Option<(GrammarId, Head)> {
        let primary = self.format.primary;
        if self.set.get(primary).peeks {
            return self.peek(text, length, slots);
        }
        let line = &text[..length.min(MAX_HEAD)];
        if primary == self.set.plain() {
            // A file that showed no stamp at first may show some later.
            return self
                .other(line, slots)
                .or_else(|| Some((primary, self.set.get(primary).begins(line, slots)?)));
        }
        match self.set.get(primary).begins(line, slots) {
            Some(head) => Some((primary, head)),
            None => self.other(line, slots),
        }
    }

    /// A format that looks below its first line shares a file with no other: a record of another one in the
    /// middle of its heads would depend on where the file is cut into chunks.
    #[cold]
    fn peek(&self, text: &[u8], length: usize, slots: &mut Slots) -> Option<(GrammarId, Head)> {
        let primary = self.format.primary;
        Some((primary, self.set.get(primary).begins_in(text, length, slots)?))
    }

    fn other(&self, line: &[u8], slots: &mut Slots) -> Option<(GrammarId, Head)> {
        if !plausible(line) {
            return None;
        }
        self.format.others.iter().find_map(|id| {
            let head = self.set.get(*id).begins(line, slots)?;
            head.stamp.is_some().then_some((*id, head))
        })
    }
}

/// Whether a line could begin with a stamp or an object at all: keeps stack traces cheap.
#[inline]
fn plausible(line: &[u8]) -> bool {
    match line.first() {
        Some(b'0'..=b'9' | b'[' | b'<' | b'{') => true,
        Some(b'A'..=b'Z') => {
            month(line, 0).is_some()
                || line.get(..3).is_some_and(|day| {
                    [b"Mon", b"Tue", b"Wed", b"Thu", b"Fri", b"Sat", b"Sun"]
                        .iter()
                        .any(|known| known[..] == *day)
                })
        }
        _ => false,
    }
}

/// The physical lines of a text: where each starts (past leading NULs or a
/// byte order mark) and its bytes without the line
/// end.
#[inline]
pub fn lines(text: &[u8], from: usize) -> impl Iterator<Item = (usize, usize, &[u8])> {
    let mut at = from;
    std::iter::from_fn(move || {
        if at >= text.len() {
            return None;
        }
        let end = memchr(b'\n', &text[at..]).map_or(text.len(), |length| at + length);
        let mut start = at;
        at = end + 1;
        match text[start..end].first() {
            Some(0) => start += text[start..end].iter().take_while(|byte| **byte == 0).count(),
            Some(0xef) if text[start..end].starts_with(b"\xef\xbb\xbf") => start += 3,
            _ => {}
        }
        let line = &text[start..end];
        Some((start, at.min(text.len()), line.strip_suffix(b"\r").unwrap_or(line)))
    })
}
