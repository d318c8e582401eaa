//! Which time a row of an interval tool covers: from the stamp of the row before, in the same table, to its
//! own.
//!
//! The header of a `sar` section carries the stamp of the sample before its first row. `vmstat` has headers
//! without one; what its first row says is the average since boot, and so is the first row of each run in a
//! file of several.

use crate::base::{NANOS_PER_SECOND, Start};
use crate::clock::ClockReader;
use crate::grammar::{Grammar, Known, Sections, Slots};
use crate::survey::Layouts;

/// Rows under way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Interval {
    /// The sample before the last one.
    before: Option<i64>,
    /// The last sample.
    last: Option<i64>,
    /// Whether a header without a stamp stands right above.
    fresh: bool,
    /// Samples since the last header without a stamp.
    samples: u32,
}

/// `vmstat` repeats its header once in so many rows, at the earliest: fewer are the end of a run.
const SHORTEST_PAGE: u32 = 20;

impl Interval {
    /// A header, with the key of its stamp if it has one.
    pub fn header(&mut self, key: Option<i64>) {
        match key {
            Some(_) => *self = Self { last: key, ..Self::default() },
            None => self.fresh = true,
        }
    }

    /// A row, or a line among rows that is none.
    pub fn row(&mut self, key: Option<i64>, is_row: bool) -> (Option<i64>, bool) {
        let Some(key) = key.filter(|_| is_row) else { return (None, false) };
        if self.last == Some(key) && !self.fresh {
            return (self.before, false);
        }
        let gap = |from: Option<i64>, to: Option<i64>| Some(to?.saturating_sub(from?));
        let boot = self.fresh && {
            let (usual, now) = (gap(self.before, self.last), gap(self.last, Some(key)));
            let near = usual.zip(now).is_some_and(|(usual, now)| {
                now > 0 && usual.saturating_sub(now).saturating_abs() <= NANOS_PER_SECOND
            });
            !near || self.samples < SHORTEST_PAGE
        };
        self.before = self.last.filter(|last| !boot && *last < key);
        self.last = Some(key);
        self.samples = if self.fresh { 1 } else { self.samples.saturating_add(1) };
        self.fresh = false;
        (self.before, boot)
    }

    /// Takes a line that begins no record, which may be a header.
    #[inline]
    pub fn beside(&mut self, layouts: &Layouts<'_>, line: &[u8], slots: &mut Slots, clock: &mut ClockReader) {
        if let Some(stamp) = layouts.header(line, slots)
            && (stamp.is_some() || Sections::begins_run(line))
        {
            self.header(stamp.and_then(|stamp| clock.key(&stamp, None)));
        }
    }

    /// Takes a record of sections as `begins` left it in `slots`; `None` where it is of no sections.
    #[inline]
    pub fn record(
        &mut self,
        grammar: &Grammar,
        line: &[u8],
        slots: &Slots,
        key: Option<i64>,
    ) -> Option<(Option<i64>, bool)> {
        let sections = grammar.sections.as_ref().filter(|sections| sections.has_intervals())?;
        let Some(stamp) = slots.known(Known::Time) else {
            // A summary, or the first line of another report.
            *self = Self::default();
            return None;
        };
        Some(self.row(key, !sections.is_remark(line.get(stamp.end as usize..)?)))
    }

    /// Keeps what was found of a line, where it differs from what holds above.
    pub(super) fn note(known: &mut Vec<Start>, line: usize, found: Option<(Option<i64>, bool)>) {
        let (Some((from, boot)), line) = (found, line as u32) else { return };
        let same = known.last().map_or((None, false), |last| (last.from, last.boot)) == (from, boot);
        if !same {
            known.push(Start { line, from, boot });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: i64 = NANOS_PER_SECOND;

    #[test]
    fn a_row_begins_where_the_last_one_ended() {
        let mut sar = Interval::default();
        let mut row = |at: i64| sar.row(Some(at * SECOND), true);
        assert_eq!(row(600), (None, false), "cut off above its header");
        assert_eq!(row(1_200), (Some(600 * SECOND), false));
        assert_eq!(row(1_200), (Some(600 * SECOND), false), "another device");
        sar.header(Some(1_200 * SECOND));
        assert_eq!(sar.row(Some(1_800 * SECOND), true), (Some(1_200 * SECOND), false));
        assert_eq!(sar.row(Some(1_801 * SECOND), false), (None, false), "a restart");
        sar.header(Some(3_000 * SECOND));
        assert_eq!(sar.row(Some(3_600 * SECOND), true), (Some(3_000 * SECOND), false));
        assert_eq!(sar.row(Some(60 * SECOND), true), (None, false), "a clock set back");
    }

    #[test]
    fn the_first_row_of_a_run_is_since_boot() {
        let mut vmstat = Interval::default();
        let mut found = Vec::new();
        for at in 0..40 {
            // A header above the first row, one in the stream, one of the next run.
            if [0, 22, 30].contains(&at) {
                vmstat.header(None);
            }
            found.push(vmstat.row(Some((at + i64::from(at >= 30)) * SECOND), true));
        }
        let boots: Vec<usize> = (0..40).filter(|at| found[*at].1).collect();
        assert_eq!(boots, [0, 30]);
        assert_eq!((found[22].0, found[30].0, found[31].0), (Some(21 * SECOND), None, Some(31 * SECOND)));
    }
}
