//! Aligned lines for people: time, tie, mark, level, source, text.
//!
//! The tie cell is the blank behind the time: `~` there says that the line is not proven to be later than
//! the one above. Which line that is, a renderer of one stretch does not know for its first line: it tells
//! where the cell is, and whoever joins stretches fills it in.
//!
//! The second last rendered is kept, so most lines copy their time instead of computing it.

use super::cells::{PlainPrefix, level_cell, push_padded_array, push_relative, tie_cell};
use super::columns::{Columns, Own, mark_cell};
use super::fit::{seen, wrap};
use super::rules::{push_day_rule, push_gap_rule};
use super::style::{Ends, Style, calm, short_labels};
use crate::base::{Batch, Event, Flags, Level, NANOS_PER_SECOND};
use crate::text::{is_clean, push_clean, width};
use crate::time::{OffsetCursor, push_padded, render_rfc3339};
use crate::view::{Entry, Place, Record, Scene};

const DIM: &[u8] = b"\x1b[2m";
const RESET: &[u8] = b"\x1b[0m";
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
    /// Whether nothing but the usual cells is asked for.
    plain: bool,
    /// Other cells than the usual ones.
    shown: Option<&'a Columns>,
    /// Key of the first and the last dated record rendered.
    first_key: Option<i64>,
    key: Option<i64>,
    /// Where the line under way begins in the output.
    line: usize,
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
        // On a narrow screen the text needs the room more than the source's name does.
        let most = style.columns.map_or(usize::MAX, |columns| (columns / 5).clamp(10, 40));
        let short = short_labels(&scene.labels, most);
        let widest = short.iter().map(|label| width(label)).max().unwrap_or(0);
        let labels = short.iter().zip(&scene.labels).map(|(label, whole)| {
            let mut bytes = Vec::new();
            if style.color {
                bytes.extend_from_slice(format!("\x1b[38;5;{}m", calm(whole)).as_bytes());
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
            plain: style.is_plain(),
            shown: None,
            first_key: None,
            key: None,
            line: 0,
        }
    }

    /// The same with other cells than the usual ones.
    #[must_use]
    pub fn with_columns(mut self, shown: &'a Columns) -> Self {
        self.shown = Some(shown).filter(|shown| !shown.is_empty());
        self.plain &= self.shown.is_none();
        self
    }

    /// Keys of the first and the last dated record rendered: a rule belongs between stretches that are far
    /// apart.
    pub fn keys(&self) -> Ends<i64> {
        self.first_key.zip(self.key)
    }

    /// Forgets what was rendered last: the next event draws no rule of its own, and no tie.
    pub fn forget(&mut self) {
        self.day = None;
        self.above = None;
        self.top = None;
        self.first_key = None;
        self.key = None;
    }

    /// The first and the last event rendered, each with where its tie cell is in the output.
    pub fn ends(&self) -> Ends<(Place, usize)> {
        self.top.zip(self.above)
    }

    /// Days of the first and the last event rendered: a rule belongs between stretches whose days differ.
    pub fn days(&self) -> Ends<i64> {
        Some((self.first_day?, self.day?))
    }

    /// Appends one event. `decorate` may change its text, which is clean by then.
    #[inline]
    pub fn event(&mut self, out: &mut Vec<u8>, entry: Entry<'_>, decorate: Option<&Decorate<'_>>) {
        let Entry { batch, event, also } = entry;
        let place = Place::of(batch, event);
        let tied = self.above.is_some_and(|(above, _)| !above.is_before(&place));
        let common = !event.flags.has(Flags::UNDATED) && !event.flags.has(Flags::DERIVED);
        if self.plain && common {
            let cell = self.plain_prefix(out, batch, event, tied);
            self.below(place, cell);
            self.body(out, batch, event, decorate);
            self.copies(out, also);
            out.push(b'\n');
            return;
        }
        if common {
            self.gap(out, event.key);
        }
        self.line = out.len();
        let text = if let Some(shown) = self.shown {
            self.cells(out, shown, (batch, event), (place, tied), decorate)
        } else {
            self.time(out, event);
            self.below(place, out.len());
            self.between(out, batch, event, tied);
            let text = out.len();
            self.body(out, batch, event, decorate);
            text
        };
        self.copies(out, also);
        if let Some(columns) = self.style.columns {
            let indent = seen(&String::from_utf8_lossy(&out[self.line..text]));
            wrap(out, self.line, columns, indent);
        }
        out.push(b'\n');
    }

    /// Draws the rule above a record that comes long after the one before.
    fn gap(&mut self, out: &mut Vec<u8>, key: i64) {
        if let (Some(gaps), Some(last)) = (self.style.gaps, self.key)
            && key.saturating_sub(last) >= gaps.least
        {
            push_gap_rule(out, key.saturating_sub(last), gaps, self.style);
        }
        self.first_key.get_or_insert(key);
        self.key = Some(self.key.map_or(key, |last| last.max(key)));
    }

    /// The cells that were asked for. Returns where the last one begins.
    fn cells(
        &mut self,
        out: &mut Vec<u8>,
        shown: &Columns,
        (batch, event): (&Batch, &Event),
        (place, tied): (Place, bool),
        decorate: Option<&Decorate<'_>>,
    ) -> usize {
        let mut start = out.len();
        for index in 0..shown.len() {
            let is_last = index + 1 == shown.len();
            let own = shown.own(index);
            if index == 0 && own != Some(Own::Time) && self.style.collapse_dates {
                self.new_day(out, event.key.div_euclid(NANOS_PER_SECOND));
            }
            start = out.len();
            match own {
                Some(Own::Time) => {
                    self.time(out, event);
                    self.below(place, out.len());
                    out.extend_from_slice(tie_cell(tied, self.style));
                    out.push(b' ');
                }
                Some(Own::Mark) => out.extend_from_slice(mark_cell(event.flags, self.style.color)),
                Some(Own::Level) => self.level(out, event),
                Some(Own::Source) => {
                    let (label, length) = &self.labels[batch.source.0 as usize];
                    push_padded_array(out, label, *length);
                }
                None => {
                    let mut value = std::mem::take(&mut self.scratch);
                    value.clear();
                    shown.push(index, &mut value, self.scene, (batch, event));
                    match decorate {
                        Some(decorate) => decorate(&value, out),
                        None => out.extend_from_slice(&value),
                    }
                    if !is_last {
                        shown.pad(index, out, width(&String::from_utf8_lossy(&value)));
                    }
                    self.scratch = value;
                }
            }
        }
        start
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
        out.extend_from_slice(mark_cell(event.flags, self.style.color));
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
            self.new_day(out, second);
        }
        if let Some(zero) = self.style.relative {
            return push_relative(out, event, zero);
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

    /// Draws the rule above the first event of a day.
    fn new_day(&mut self, out: &mut Vec<u8>, second: i64) {
        let local = second.saturating_add(i64::from(self.offset.offset_at(second)));
        let day = local.div_euclid(86_400);
        if self.day.is_some_and(|last| last != day) {
            push_day_rule(out, self.scene, day, self.style);
            self.line = out.len();
        }
        self.first_day.get_or_insert(day);
        self.day = Some(day);
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
