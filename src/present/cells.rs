//! The cells in front of a line's text, as bytes that are ready to copy.

use super::prose::Style;
use crate::base::Level;

/// What stands before the text of a source's plain lines: time, tie, mark, level, label.
pub(super) struct PlainPrefix {
    /// The second that is in there.
    pub(super) second: i64,
    pub(super) bytes: [u8; 128],
    pub(super) length: usize,
}

impl PlainPrefix {
    /// `2014-12-12T10:10:59+09:00`
    pub(super) const CLOCK: usize = 25;
    /// Behind the clock and the milliseconds.
    pub(super) const TIE: usize = 29;

    pub(super) fn new(label: &[u8]) -> Self {
        let mut bytes = [b' '; 128];
        let length = (39 + label.len()).min(bytes.len());
        bytes[39..length].copy_from_slice(&label[..length - 39]);
        Self { second: i64::MIN, bytes, length }
    }
}

/// The tie cell: `~` where order relative to the line above is not known, else the blank that is one byte.
pub const fn tie_cell(tied: bool, style: Style) -> &'static [u8] {
    match (tied, style.color) {
        (false, _) => b" ",
        (true, false) => b"~",
        (true, true) => b"\x1b[2m~\x1b[0m",
    }
}

/// A level and its blank, with `?` behind a guess.
pub(super) const fn level_cell(level: Level, guessed: bool) -> &'static [u8; 7] {
    match (level, guessed) {
        (Level::Unknown, _) => b"       ",
        (Level::Trace, false) => b"trace  ",
        (Level::Trace, true) => b"trace? ",
        (Level::Debug, false) => b"debug  ",
        (Level::Debug, true) => b"debug? ",
        (Level::Info, false) => b"info   ",
        (Level::Info, true) => b"info?  ",
        (Level::Notice, false) => b"note   ",
        (Level::Notice, true) => b"note?  ",
        (Level::Warn, false) => b"warn   ",
        (Level::Warn, true) => b"warn?  ",
        (Level::Error, false) => b"error  ",
        (Level::Error, true) => b"error? ",
        (Level::Critical, false) => b"crit   ",
        (Level::Critical, true) => b"crit?  ",
        (Level::Alert, false) => b"alert  ",
        (Level::Alert, true) => b"alert? ",
        (Level::Emergency, false) => b"emerg  ",
        (Level::Emergency, true) => b"emerg? ",
    }
}

/// Appends the first `length` bytes of an array: a copy of fixed size and a cut are cheaper than a copy
/// of a size known late.
#[inline(always)]
pub(super) fn push_padded_array(out: &mut Vec<u8>, array: &[u8; 128], length: usize) {
    let end = out.len() + length;
    match length {
        0..=32 => out.extend_from_slice(&array[..32]),
        33..=64 => out.extend_from_slice(&array[..64]),
        _ => out.extend_from_slice(array),
    }
    out.truncate(end);
}
