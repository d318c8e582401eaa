//! The cells in front of a line's text, as bytes that are ready to copy.

use super::style::Style;
use crate::base::{Event, Flags, Level, NANOS_PER_SECOND};

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

/// Columns of a relative time.
const RELATIVE: usize = 17;

/// Appends an event's time as it is from an instant: `T+00:01.250`, `T-1:02:03`, `T+3d 01:02:03`.
pub(super) fn push_relative(out: &mut Vec<u8>, event: &Event, zero: i64) {
    let span = i128::from(event.key) - i128::from(zero);
    let sign = if span < 0 { '-' } else { '+' };
    let millis = (span.unsigned_abs() / 1_000_000) as u64;
    let (seconds, millis) = (millis / 1_000, millis % 1_000);
    let (days, hours, minutes, second) =
        (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60, seconds % 60);
    let fine = match event.resolution {
        _ if event.flags.has(Flags::UNDATED) => String::new(),
        0 | 10 | 11 if zero.rem_euclid(NANOS_PER_SECOND) == 0 => "    ".to_owned(),
        _ => format!(".{millis:03}"),
    };
    let text = match (days, hours) {
        _ if event.flags.has(Flags::UNDATED) => "(undated)".to_owned(),
        (0, 0) => format!("T{sign}{minutes:02}:{second:02}{fine}"),
        (0, _) => format!("T{sign}{hours}:{minutes:02}:{second:02}{fine}"),
        _ => format!("T{sign}{days}d {hours:02}:{minutes:02}:{second:02}{fine}"),
    };
    out.extend_from_slice(format!("{text:>RELATIVE$}").as_bytes());
}
