//! The survey of what must be unpacked: the same stretches as of a file that is read in place, from text that comes in
//! order and once.

use super::file::{FileSurvey, Overlong};
use super::layouts::Layouts;
use super::scan::Surveyor;
use crate::grammar::MAX_HEAD;
use crate::io::{Short, Unpacker};

/// Surveys a file that must be unpacked, from its beginning: in the stretches that a plain file is surveyed in, blocks of
/// `block` bytes of its text, of which one may be `cut`. So what is known of a file goes on when it is packed.
pub fn survey_stream(
    layouts: Layouts<'_>,
    mut unpacker: Unpacker,
    block: u64,
    cut: Option<u64>,
) -> FileSurvey {
    let mut survey = FileSurvey::default();
    let mut surveyor = Surveyor::new(layouts, 0, 0);
    let mut text = Text::default();
    let mut from = 0;
    loop {
        let to = stretch_end(from, block, cut);
        if let Err(why) = text.reach(&mut unpacker, to + MAX_HEAD as u64) {
            survey.cut = Some(why);
        }
        if text.end() <= from {
            break;
        }
        // One byte before, to know whether a line starts there.
        let base = from.saturating_sub(1);
        let window = text.within(base, to + MAX_HEAD as u64);
        let start = match from {
            0 => 0,
            _ => memchr::memchr(b'\n', window).map_or(window.len(), |newline| newline + 1),
        };
        survey.chunks.extend(surveyor.stretch(window, start, (base, to)));
        from = to;
        text.forget(from - 1);
    }
    survey.bytes = text.end();
    survey.used = surveyor.used;
    survey.overlong = text.first_cut.map(|line| Overlong { line, bytes: unpacker.dropped() });
    survey
}

/// Where the stretch ends that begins at `from`: with its block, or where that is cut.
pub fn stretch_end(from: u64, block: u64, cut: Option<u64>) -> u64 {
    let to = (from / block + 1).saturating_mul(block);
    cut.filter(|cut| (from + 1..to).contains(cut)).unwrap_or(to)
}

/// Text on its way out of its codings, as much of it as is looked at.
#[derive(Default)]
struct Text {
    bytes: Vec<u8>,
    /// The offset of the first of them.
    base: u64,
    ended: bool,
    /// Newlines so far, and the first line that was cut.
    newlines: u64,
    first_cut: Option<u64>,
}

impl Text {
    /// Where it ends, as far as it came.
    fn end(&self) -> u64 {
        self.base + self.bytes.len() as u64
    }

    /// Unpacks up to an offset, or to the end. An error tells why there is no more.
    fn reach(&mut self, unpacker: &mut Unpacker, offset: u64) -> Result<(), Short> {
        let (before, at) = (self.bytes.len(), self.end());
        let wanted = offset.saturating_sub(at) as usize;
        if self.ended || wanted == 0 {
            return Ok(());
        }
        let filled = unpacker.fill(&mut self.bytes, wanted);
        let came = &self.bytes[before..];
        self.ended = came.len() < wanted;
        if let (None, Some(cut)) = (self.first_cut, unpacker.first_cut()) {
            let above = &came[..(cut.saturating_sub(at) as usize).min(came.len())];
            self.first_cut = Some(self.newlines + memchr::memchr_iter(b'\n', above).count() as u64 + 1);
        }
        self.newlines += memchr::memchr_iter(b'\n', came).count() as u64;
        filled
    }

    /// The bytes from one offset to another, or to the end.
    fn within(&self, from: u64, to: u64) -> &[u8] {
        let place = |offset: u64| (offset.saturating_sub(self.base) as usize).min(self.bytes.len());
        &self.bytes[place(from)..place(to)]
    }

    /// Lets go of what stands above an offset, now and then.
    fn forget(&mut self, offset: u64) {
        let above = (offset.saturating_sub(self.base) as usize).min(self.bytes.len());
        if above * 2 >= self.bytes.len() {
            self.bytes.drain(..above);
            self.base += above as u64;
        }
    }
}
