//! One state as long as it lasts: what its growing age says of its beginning, sample by sample.

use std::sync::Arc;

use super::age::Age;
use super::change::{Sighting, Turn};
use crate::base::Instant;

/// What an age says of a beginning: `[from, to)`, nanoseconds since 1970.
pub(super) type Window = (i64, i64);

/// The beginning that a row's instant and its age point back to. The instant names an interval, and so
/// does the age: cut off it was longer by up to a unit, and rounded it may have been shorter as well.
pub(super) fn window(instant: &Instant, age: &Age) -> Option<Window> {
    let from = instant.earliest.checked_sub(age.nanos)?.checked_sub(age.unit)?;
    let to = instant.latest.checked_sub(age.nanos)?.checked_add(if age.rounded { age.unit } else { 0 })?;
    Some((from, to))
}

/// What two windows have in common.
pub(super) fn common(a: Window, b: Window) -> Option<Window> {
    let both = (a.0.max(b.0), a.1.min(b.1));
    (both.0 < both.1).then_some(both)
}

/// Two clocks of one machine part by up to this, plus the time between reading one and reading the other.
const DRIFT_PARTS: i64 = 5_000;
const READING: i64 = 250_000_000;

/// How a further sample fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fit {
    /// It says the same, perhaps more narrowly.
    Agrees,
    /// It is off by no more than clocks drift. It says nothing new.
    Drifts,
    /// It speaks of another beginning, so far from the one known.
    Apart(i64),
}

/// A state under way.
#[derive(Debug)]
pub(super) struct Run {
    /// When it began, by all samples that agree with the first.
    pub(super) began: Window,
    /// When it began, on the clock of late: differs from `began` once the clock was set or drifted.
    now: Window,
    frozen: bool,
    /// Samples behind `began`.
    pub(super) samples: u32,
    pub(super) age: i64,
    /// Its first row and that row's age, as written.
    pub(super) first: Arc<Sighting>,
    pub(super) written: String,
    /// Its latest row.
    pub(super) last: Arc<Sighting>,
    /// What the state is called, as its first row had it.
    pub(super) state: Turn,
    /// The state changed while the age went on: it is the age of something else.
    pub(super) foreign: bool,
    /// Its change among the watcher's; none when it began before the table.
    pub(super) change: Option<usize>,
}

impl Run {
    /// A state first seen in this row. `began` may be narrower than the age alone says.
    pub(super) fn new(
        (window, began): (Window, Window),
        age: &Age,
        written: &str,
        row: &Arc<Sighting>,
        state: Turn,
    ) -> Self {
        Self {
            began,
            now: window,
            frozen: false,
            samples: 1,
            age: age.nanos,
            first: Arc::clone(row),
            written: written.to_owned(),
            last: Arc::clone(row),
            state,
            foreign: false,
            change: None,
        }
    }

    /// How a window fits; nothing changes by asking.
    pub(super) fn fit(&self, window: Window, row: &Sighting) -> Fit {
        if common(self.now, window).is_some() {
            return Fit::Agrees;
        }
        let gap = if window.0 >= self.now.1 {
            window.0.saturating_sub(self.now.1)
        } else {
            self.now.0.saturating_sub(window.1)
        };
        let elapsed = row.instant.earliest.saturating_sub(self.first.instant.earliest).saturating_abs();
        match gap <= READING.saturating_add(elapsed / DRIFT_PARTS) {
            true => Fit::Drifts,
            false => Fit::Apart(window.0.saturating_sub(self.now.0)),
        }
    }

    /// Takes a further sample of the same state.
    pub(super) fn take(&mut self, fit: Fit, window: Window, age: &Age, row: &Arc<Sighting>) {
        match (fit, common(self.now, window)) {
            (Fit::Agrees, Some(both)) => {
                self.now = both;
                if let Some(narrower) = common(self.began, window).filter(|_| !self.frozen) {
                    self.began = narrower;
                    self.samples += 1;
                }
            }
            _ => {
                // Two clocks: what the first samples said stands, being the nearest to the beginning.
                self.frozen = true;
                self.now = window;
            }
        }
        self.age = age.nanos;
        self.last = Arc::clone(row);
    }
}
