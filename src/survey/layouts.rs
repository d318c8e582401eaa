//! Which of a file's formats a line begins a record of: a pure function of the line.

use memchr::memchr;

use super::dayless::DayMark;
use crate::base::{Stamp, WrittenZone};
use crate::grammar::{GrammarId, GrammarSet, Head, MAX_HEAD, Sections, Slots};

/// The formats of one file.
#[derive(Clone, Debug)]
pub struct FileFormat {
    /// Detected from the file's head.
    pub primary: GrammarId,
    /// What else lines of the file may begin records of, most specific first: in ascending order.
    pub others: Vec<GrammarId>,
}

impl FileFormat {
    fn has(&self, id: GrammarId) -> bool {
        self.others.binary_search(&id).is_ok()
    }
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
            Some(head) if head.stamp.is_some() => Some((primary, head)),
            // An object without a time where this format has it may have one where another has it.
            // Whoever was asked may have left something in the slots: the answer is made anew.
            Some(_) => self
                .other(line, slots)
                .or_else(|| Some((primary, self.set.get(primary).begins(line, slots)?))),
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

    /// Whether lines of the file may say something about the days of those below them.
    pub fn tells_days(&self) -> bool {
        self.set.get(self.format.primary).tells_days()
    }

    /// The stamp of a header line that begins no record, if it has one; `None` where the line is no header.
    #[inline]
    pub fn header(&self, line: &[u8], slots: &mut Slots) -> Option<Option<Stamp>> {
        let grammar = self.set.get(self.format.primary);
        grammar.sections.as_ref()?;
        grammar.header(line, slots).map(|(stamp, _)| stamp)
    }

    /// What a line says about the days of those below it. `begun` and `slots` are what `begins` made of it.
    #[cold]
    pub fn day_mark(
        &self,
        line: &[u8],
        begun: Option<&(GrammarId, Head)>,
        slots: &mut Slots,
    ) -> Option<DayMark> {
        let grammar = self.set.get(self.format.primary);
        match begun {
            Some((id, _)) if *id == self.format.primary => grammar.date(line, slots).map(DayMark::Date),
            Some(_) => None,
            None => {
                let (stamp, rest) = grammar.header(line, slots)?;
                Some(DayMark::Section(Sections::kind(rest), stamp?))
            }
        }
    }

    fn other(&self, line: &[u8], slots: &mut Slots) -> Option<(GrammarId, Head)> {
        if self.format.others.is_empty() {
            return None;
        }
        // The line's first byte rules out nearly all of them: it keeps stack traces cheap.
        self.set.secondary_of(line).iter().filter(|id| self.format.has(**id)).find_map(|id| {
            let head = self.set.get(*id).begins(line, slots)?;
            // A number that a line begins with could count anything: it is a time where its file says so.
            let bare = |stamp: Stamp| {
                stamp.zone == WrittenZone::Epoch && line.first().is_some_and(u8::is_ascii_digit)
            };
            head.stamp.is_some_and(|stamp| !bare(stamp)).then_some((*id, head))
        })
    }
}

/// The physical lines of a text: where each starts (past leading NULs or a byte order mark) and its bytes
/// without the line end.
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
