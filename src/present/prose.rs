//! Aligned lines for people: time, tie, mark, level, source, text.
//!
//! The tie cell is the blank behind the time: `~` there says that the line is not proven to be later than
//! the one above. Which line that is, a renderer of one stretch does not know for its first line: it tells
//! where the cell is, and whoever joins stretches fills it in.
//!
//! The second last rendered is kept, so most lines copy their time instead of computing it.

use super::cells::{PlainPrefix, level_cell, push_padded_array, tie_cell};
use crate::base::{Batch, Event, Flags, Level, NANOS_PER_SECOND, civil_from_days};
use crate::text::{is_clean, push_clean, width};
use crate::time::{OffsetCursor, push_padded, render_rfc3339};
use crate::view::{Entry, Place, Record, Scene};

/// How lines look.
#[derive(Clone, Copy, Debug, Default)]
pub struct Style {
    /// Colours.
    pub color: bool,
    /// The date once per day instead of on every line.
    pub collapse_dates: bool,
}

const DIM: &[u8] = b"\x1b[2m";
const RESET: &[u8] = b"\x1b[0m";
/// Stands before what was derived from a record.
const DERIVED: &[u8] = "» ".as_bytes();
const UNDATED: &[u8] = b"(undated)";

/// Copies a clean text to the output, changed as its owner likes: highlights.
pub type Decorate<'a> = dyn Fn(&[u8], &mut Vec<u8>) + 'a;

/// Renders events of one stretch of the timeline.
pub struct Prose<'a> {
    scene: &'a Scene<'a>,
    style: Style,
    offset: OffsetCursor,
    /// The second rendered last, and how it looks.
    second: i64,
    clock: Vec<u8>,
    clock_offset: i32,
    /// Day of the event rendered last, and of the first one, as days of the zone shown.
    day: Option<i64>,
    first_day: Option<i64>,
    scratch: Vec<u8>,
    clean: Vec<u8>,
    /// The event rendered last, and where its tie cell is in the output.
    above: Option<(Place, usize)>,
    /// The same of the first event of the stretch.
    top: Option<(Place, usize)>,
    /// Source labels, padded and coloured.
    labels: Vec<([u8; 128], usize)>,
    /// Prefixes of plain lines, by source.
    prefixes: Vec<PlainPrefix>,
}

impl std::fmt::Debug for Prose<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Prose").field("style", &self.style).finish_non_exhaustive()
    }
}

impl<'a> Prose<'a> {
    /// A renderer. It knows no day yet: the caller draws the rule above its first line.
    pub fn new(scene: &'a Scene<'a>, style: Style) -> Self {
        let widest = scene.labels.iter().map(|label| width(label)).max().unwrap_or(0);
        let labels = scene.labels.iter().enumerate().map(|(index, label)| {
            let mut bytes = Vec::new();
            if style.color {
                // Six calm colours, stable by source.
                bytes.extend_from_slice(format!("\x1b[{}m", [36, 34, 35, 32, 33, 94][index % 6]).as_bytes());
            }
            bytes.extend_from_slice(label.as_bytes());
            bytes.extend(std::iter::repeat_n(b' ', widest - width(label)));
            if style.color {
                bytes.extend_from_slice(RESET);
            }
            bytes.extend_from_slice(b"  ");
            let mut array = [0; 128];
            let length = bytes.len().min(array.len());
            array[..length].copy_from_slice(&bytes[..length]);
            (array, length)
        });
        let labels: Vec<([u8; 128], usize)> = labels.collect();
        let prefixes = labels.iter().map(|(label, length)| PlainPrefix::new(&label[..*length])).collect();
        Self {
            labels,
            prefixes,
            scene,
            style,
            offset: scene.zone.cursor(),
            second: i64::MIN,
            clock: Vec::new(),
            clock_offset: 0,
            day: None,
            first_day: None,
            scratch: Vec::new(),
            clean: Vec::new(),
            above: None,
            top: None,
        }
    }

    /// Forgets what was rendered last: the next event draws no rule of its own, and no tie.
    pub fn forget(&mut self) {
        self.day = None;
        self.above = None;
        self.top = None;
    }

    /// The first and the last event rendered, each with where its tie cell is in the output.
    pub fn ends(&self) -> Option<((Place, usize), (Place, usize))> {
        self.top.zip(self.above)
    }

    /// Days of the first and the last event rendered: a rule belongs between stretches whose days differ.
    pub fn days(&self) -> Option<(i64, i64)> {
        Some((self.first_day?, self.day?))
    }

    /// Appends one event. `decorate` may change its text, which is clean by then.
    #[inline]
    pub fn event(&mut self, out: &mut Vec<u8>, entry: Entry<'_>, decorate: Option<&Decorate<'_>>) {
        let Entry { batch, event, also } = entry;
        let place = Place::of(batch, event);
        let tied = self.above.is_some_and(|(above, _)| !above.is_before(&place));
        let common = !event.flags.has(Flags::UNDATED) && !event.flags.has(Flags::DERIVED);
        if !self.style.color && !self.style.collapse_dates && common {
            let cell = self.plain_prefix(out, batch, event, tied);
            self.below(place, cell);
            self.body(out, batch, event, decorate);
            self.copies(out, also);
            out.push(b'\n');
            return;
        }
        self.time(out, event);
        self.below(place, out.len());
        self.between(out, batch, event, tied);
        self.body(out, batch, event, decorate);
        self.copies(out, also);
        out.push(b'\n');
    }

    /// Where else the record stands: `(also messages, syslog)`.
    #[inline]
    fn copies(&self, out: &mut Vec<u8>, also: &[(&Batch, &Event)]) {
        if also.is_empty() {
            return;
        }
        out.extend_from_slice(if self.style.color { &b"  \x1b[2m(also "[..] } else { b"  (also " });
        for (index, (batch, _)) in also.iter().enumerate() {
            if index > 0 {
                out.extend_from_slice(b", ");
            }
            out.extend_from_slice(self.scene.label(batch).as_bytes());
        }
        out.extend_from_slice(if self.style.color { &b")\x1b[0m"[..] } else { b")" });
    }

    /// Remembers the event just rendered: the next one stands below it.
    #[inline]
    fn below(&mut self, place: Place, cell: usize) {
        self.above = Some((place, cell));
        if self.top.is_none() {
            self.top = self.above;
        }
    }

    /// Everything between the time and the text: tie, mark, level, label.
    #[inline]
    fn between(&self, out: &mut Vec<u8>, batch: &Batch, event: &Event, tied: bool) {
        out.extend_from_slice(tie_cell(tied, self.style));
        match (event.flags.has(Flags::FIRST), self.style.color) {
            _ if event.flags.has(Flags::DERIVED) => out.extend_from_slice(DERIVED),
            (false, _) => out.extend_from_slice(b"  "),
            (true, false) => out.extend_from_slice(b"* "),
            (true, true) => out.extend_from_slice(b"\x1b[1;33m*\x1b[0m "),
        }
        self.level(out, event);
        let (label, length) = &self.labels[batch.source.0 as usize];
        push_padded_array(out, label, *length);
    }

    /// Everything before the text, where nothing about it varies in length: patched in place and copied in
    /// one go. The same bytes as `time` and `between` give one by one. Returns where the tie cell is.
    #[inline]
    fn plain_prefix(&mut self, out: &mut Vec<u8>, batch: &Batch, event: &Event, tied: bool) -> usize {
        let second = event.key.div_euclid(NANOS_PER_SECOND);
        if second != self.second {
            self.new_second(second);
        }
        let prefix = &mut self.prefixes[batch.source.0 as usize];
        if prefix.second != second && self.clock.len() == PlainPrefix::CLOCK {
            prefix.second = second;
            prefix.bytes[..19].copy_from_slice(&self.clock[..19]);
            prefix.bytes[23..29].copy_from_slice(&self.clock[19..]);
        }
        if prefix.second != second {
            // A year of five digits: rare enough for the slow way.
            self.time(out, event);
            let cell = out.len();
            self.between(out, batch, event, tied);
            return cell;
        }
        match event.resolution {
            0 | 10 | 11 => prefix.bytes[19..23].copy_from_slice(b"    "),
            _ => {
                let millis = (event.key.rem_euclid(NANOS_PER_SECOND) / 1_000_000) as u32;
                prefix.bytes[19] = b'.';
                for (at, unit) in [(20, 100), (21, 10), (22, 1)] {
                    prefix.bytes[at] = b'0' + (millis / unit % 10) as u8;
                }
            }
        }
        prefix.bytes[PlainPrefix::TIE] = if tied { b'~' } else { b' ' };
        prefix.bytes[30] = if event.flags.has(Flags::FIRST) { b'*' } else { b' ' };
        let guessed = event.flags.has(Flags::LEVEL_INFERRED);
        prefix.bytes[32..39].copy_from_slice(level_cell(event.level, guessed));
        let cell = out.len() + PlainPrefix::TIE;
        push_padded_array(out, &prefix.bytes, prefix.length);
        cell
    }

    #[inline]
    fn time(&mut self, out: &mut Vec<u8>, event: &Event) {
        let second = event.key.div_euclid(NANOS_PER_SECOND);
        if second != self.second {
            self.new_second(second);
        }
        if self.style.collapse_dates {
            let local = second.saturating_add(i64::from(self.offset.offset_at(second)));
            let day = local.div_euclid(86_400);
            if self.day.is_some_and(|last| last != day) {
                push_day_rule(out, self.scene, day, self.style);
            }
            self.first_day.get_or_insert(day);
            self.day = Some(day);
        }
        let full = self.clock.len();
        if event.flags.has(Flags::UNDATED) {
            out.extend_from_slice(UNDATED);
            out.extend(std::iter::repeat_n(b' ', full + 4 - UNDATED.len()));
            return;
        }
        // Milliseconds have their own place, so that a second without them still lines up.
        let (seconds, zone) =
            self.clock.split_at(if self.style.collapse_dates { full } else { full.min(19) });
        out.extend_from_slice(seconds);
        match event.resolution {
            0 | 10 | 11 => out.extend_from_slice(b"    "),
            _ => {
                out.push(b'.');
                push_padded(out, (event.key.rem_euclid(NANOS_PER_SECOND) / 1_000_000) as u32, 3);
            }
        }
        out.extend_from_slice(zone);
    }

    fn new_second(&mut self, second: i64) {
        let offset = self.offset.offset_at(second);
        let local = second.saturating_add(i64::from(offset));
        let known = self.second.saturating_add(i64::from(offset));
        let start = if self.style.collapse_dates { 0 } else { 11 };
        if offset == self.clock_offset
            && local.div_euclid(86_400) == known.div_euclid(86_400)
            && self.second != i64::MIN
        {
            // Same day: only the time of day changes.
            self.second = second;
            let of_day = local.rem_euclid(86_400) as u32;
            for (at, value) in [(0, of_day / 3_600), (3, of_day / 60 % 60), (6, of_day % 60)] {
                self.clock[start + at] = b'0' + (value / 10) as u8;
                self.clock[start + at + 1] = b'0' + (value % 10) as u8;
            }
            return;
        }
        self.second = second;
        self.clock_offset = offset;
        self.clock.clear();
        let nanos = second.saturating_mul(NANOS_PER_SECOND);
        render_rfc3339(&mut self.clock, nanos, 0, offset, false);
        if self.style.collapse_dates {
            self.clock.drain(..11);
            self.clock.truncate(8);
        }
    }

    #[inline]
    fn level(&self, out: &mut Vec<u8>, event: &Event) {
        let color: &[u8] = match event.level {
            Level::Trace | Level::Debug => DIM,
            Level::Warn => b"\x1b[33m",
            Level::Error => b"\x1b[31m",
            Level::Critical | Level::Alert | Level::Emergency => b"\x1b[1;31m",
            _ => b"",
        };
        let cell = level_cell(event.level, event.flags.has(Flags::LEVEL_INFERRED));
        if self.style.color && !color.is_empty() {
            out.extend_from_slice(color);
            out.extend_from_slice(&cell[..6]);
            out.extend_from_slice(RESET);
            out.push(b' ');
        } else {
            out.extend_from_slice(cell);
        }
    }

    #[inline]
    fn body(&mut self, out: &mut Vec<u8>, batch: &Batch, event: &Event, decorate: Option<&Decorate<'_>>) {
        let as_it_is = self.scene.is_tail(batch, event);
        if as_it_is && decorate.is_none() {
            let body = &batch.record(event)[usize::from(event.body)..];
            if (event.lines == 1 || event.flags.has(Flags::DERIVED)) && (batch.printable || is_clean(body)) {
                return out.extend_from_slice(body);
            }
        }
        self.scratch.clear();
        if as_it_is {
            self.scratch.extend_from_slice(&batch.record(event)[usize::from(event.body)..]);
        } else {
            Record::read_message(self.scene, batch, event).message(&mut self.scratch);
        }
        let mut clean = std::mem::take(&mut self.clean);
        clean.clear();
        for (index, line) in self.scratch.split(|byte| *byte == b'\n').enumerate() {
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            if index > 0 && line.is_empty() {
                continue;
            }
            if index > 0 {
                clean.extend_from_slice(b"\n        | ");
            }
            push_clean(&mut clean, line);
        }
        match decorate {
            Some(decorate) => decorate(&clean, out),
            None => out.extend_from_slice(&clean),
        }
        self.clean = clean;
    }
}

/// Appends the rule that names a day: `── 2014-12-12 Fri ── Asia/Seoul +09:00`.
fn push_day_rule(out: &mut Vec<u8>, scene: &Scene<'_>, day: i64, style: Style) {
    const NAMES: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    let (year, month, date) = civil_from_days(day);
    let name = NAMES[day.rem_euclid(7) as usize];
    let offset = scene.zone.offset_at(day.saturating_mul(86_400));
    if style.color {
        out.extend_from_slice(DIM);
    }
    out.extend_from_slice(
        format!("── {year:04}-{month:02}-{date:02} {name} ── {} {offset} ", scene.zone.name()).as_bytes(),
    );
    out.extend_from_slice("─".repeat(20).as_bytes());
    if style.color {
        out.extend_from_slice(RESET);
    }
    out.push(b'\n');
}

/// The rule that names a day, as a line.
pub fn day_rule(scene: &Scene<'_>, day: i64, style: Style) -> Vec<u8> {
    let mut out = Vec::new();
    push_day_rule(&mut out, scene, day, style);
    out
}
