//! Bounds of records without a stamp: a record between two dated ones of its file was written between them.
//! And of those whose stamp counts from a boot: their stamps are finer than what is known of them.
//!
//! Kept beside the events, because an event has no room for bounds and most need none. They depend on the
//! file alone, never on what a filter keeps of it.

use super::read::Context;
use crate::base::{Flags, Gap, NANOS_PER_SECOND, Resolution, Stamp, WrittenZone};
use crate::clock::{Landmark, SinceBoot};
use crate::witness::OddWriter;

/// Collects the gaps of one chunk, line by line.
pub(super) struct Gaps<'a> {
    context: &'a Context<'a>,
    done: &'a mut Vec<Gap>,
    /// What uptimes count from here.
    boot: Option<&'a SinceBoot>,
    /// Bounds of the last dated record, where it counts from a boot.
    counted: Option<(i64, i64)>,
    /// The gap that no dated record has ended yet: its first line, and the key of the dated record above it.
    open: Option<(u32, Option<i64>)>,
}

impl<'a> Gaps<'a> {
    pub(super) fn new(context: &'a Context<'a>, done: &'a mut Vec<Gap>) -> Self {
        let boot = context.clock.segment(context.span.segment).boot.as_deref();
        Self { context, done, boot, counted: context.span.carry_counted, open: None }
    }

    /// A record without a stamp begins on this line; `above` is the key of the last dated record.
    #[inline]
    pub(super) fn undated(&mut self, line: usize, above: Option<i64>) {
        if self.open.is_none() {
            self.open = Some((line as u32, above));
        }
    }

    /// A record without a stamp begins whose time another log tells.
    pub(super) fn landmark(&mut self, line: usize, mark: &Landmark) {
        self.close(Some((mark.earliest, mark.latest)));
        self.done.push(Gap { line: line as u32, earliest: mark.earliest, latest: mark.latest });
    }

    /// A dated record begins.
    #[inline]
    pub(super) fn dated(&mut self, line: usize, key: i64, stamp: Option<&Stamp>, odd: Option<&OddWriter>) {
        if let (Some(boot), Some(stamp)) = (self.boot, stamp)
            && stamp.zone == WrittenZone::Boot
        {
            return self.counted(line, boot.bounds(stamp));
        }
        if self.open.is_some() {
            let Context { clock, span, .. } = *self.context;
            let instant = stamp.and_then(|stamp| clock.instant_at(stamp, key, span.segment, odd));
            self.close(instant.map(|instant| (instant.earliest, instant.latest)));
        }
        self.counted = None;
    }

    /// What its bounds make of the record that has just begun, and has this key if it is dated.
    #[inline]
    pub(super) fn flags(&self, key: Option<i64>) -> Flags {
        if key.is_some() && self.counted.is_some() { Flags::COUNTED } else { Flags::default() }
    }

    /// A record begins that counts from a boot.
    #[cold]
    fn counted(&mut self, line: usize, bounds: (i64, i64)) {
        self.close(Some(bounds));
        self.counted = Some(bounds);
        self.done.push(Gap { line: line as u32, earliest: bounds.0, latest: bounds.1 });
    }

    /// The chunk is over.
    pub(super) fn end(mut self) {
        self.close(self.context.behind);
    }

    #[cold]
    fn close(&mut self, below: Option<(i64, i64)>) {
        let Some((line, above)) = self.open.take() else { return };
        let above = above.map(|key| self.above(key));
        let (earliest, latest) = match (above, below) {
            // The stamps around it run back, so neither was taken right before its record was written:
            // anywhere among both.
            (Some(above), Some(below)) if below.0 < above.0 => (below.0, above.1.max(below.1)),
            (Some(above), Some(below)) => (above.0, below.1),
            // A last change before the last stamp is a matter of clocks and bounds nothing.
            (Some((above, _)), None) => {
                (above, Some(self.of_file().1).filter(|end| *end > above).unwrap_or(i64::MAX))
            }
            (None, Some((earliest, latest))) => {
                // A file that is younger than its first stamp is a copy: its birth says nothing of its lines.
                (self.birth().filter(|birth| *birth <= earliest).unwrap_or(i64::MIN), latest)
            }
            (None, None) => self.of_file(),
        };
        self.done.push(Gap { line, earliest, latest });
    }

    /// Bounds of the dated record above, as wide as they can be.
    fn above(&self, key: i64) -> (i64, i64) {
        if let Some(bounds) = self.counted {
            return bounds;
        }
        // Nothing is known better than the clock is, and no stamp is wider than a minute.
        let doubt = self.context.clock.doubt();
        let latest = key.saturating_add(Resolution::MINUTE.width()).saturating_add(doubt);
        (key.saturating_sub(doubt), latest)
    }

    /// When the file was made, by its host's clock or that of the host it was copied to.
    fn birth(&self) -> Option<i64> {
        let (ahead, doubt) = (self.context.clock.ahead(), self.context.clock.doubt());
        self.context.birth.map(|birth| birth.saturating_sub(ahead.max(0) + doubt))
    }

    /// Nothing but the file itself bounds its records. File systems and archives keep a modification time
    /// to a second at worst: the second it names is the last one possible.
    fn of_file(&self) -> (i64, i64) {
        let latest = self.context.mtime.map_or(i64::MAX, |mtime| {
            (mtime.div_euclid(NANOS_PER_SECOND) + 1).saturating_mul(NANOS_PER_SECOND)
        });
        // By its host's clock, or by that of the host it was copied to: nobody knows.
        let (ahead, doubt) = (self.context.clock.ahead(), self.context.clock.doubt());
        let latest = latest.saturating_add((-ahead).max(0) + doubt);
        (self.birth().filter(|birth| *birth < latest).unwrap_or(i64::MIN), latest)
    }
}
