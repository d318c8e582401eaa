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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grammar::GrammarSet;
    use crate::io::{Contents, Found, Limits, OpenOptions, Opened, open_bytes};
    use crate::survey::{FileFormat, survey_plain};

    fn opened(bytes: Vec<u8>) -> Opened {
        let limits = Limits { unpacked: 1 << 40, ratio: 1000, depth: 8, held: 1 << 30 };
        let Contents::File((_, Some(opened), _)) =
            open_bytes(Found::unnamed(), bytes, &OpenOptions { limits, charsets: Vec::new() })
        else {
            panic!("text");
        };
        opened
    }

    #[test]
    fn what_is_unpacked_is_surveyed_in_the_stretches_of_a_plain_file() {
        let set = GrammarSet::embedded().expect("grammars");
        let mut text = String::new();
        for second in 0..60 {
            text.push_str(&format!(
                "Dec 12 10:10:{second:02} web app[{second}]: said {}\n",
                "x".repeat(second * 7)
            ));
            text.push_str(["", "  a line below\n", "\n", "no stamp\n"][second % 4]);
        }
        text.push_str("Dec 12 10:12:00 web app: the last one");
        let wide: Vec<u8> =
            std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
        let (plain, stream) = (opened(text.clone().into_bytes()), opened(wide));
        assert!(stream.is_stream() && !plain.is_stream());
        let format = FileFormat { primary: set.find("syslog").expect("a format"), others: Vec::new() };
        let layouts = Layouts { set: &set, format: &format };
        for block in [7, 50, 1_000, 4_096, text.len() as u64, 1 << 20] {
            for cut in [None, Some(0), Some(1_234), Some(text.len() as u64)] {
                let (mut from, mut chunks, mut buffer) = (0, Vec::new(), Vec::new());
                while from < text.len() as u64 {
                    let to = stretch_end(from, block, cut).min(text.len() as u64);
                    let ((some, _), short) =
                        survey_plain(layouts, &plain, (from, to), &mut buffer).expect("in memory");
                    assert!(!short);
                    chunks.extend(some);
                    from = to;
                }
                let survey = survey_stream(layouts, stream.unpack().expect("in memory"), block, cut);
                assert_eq!(survey.bytes, text.len() as u64);
                assert_eq!(format!("{:?}", survey.chunks), format!("{chunks:?}"), "{block} {cut:?}");
            }
        }
    }
}
