//! What turns a source's stamps into instants.
//!
//! `settle` looks at the surveys of all sources together, before any event gets its instant, and
//! decides the zone and the years of each file. A `Clock` then carries the decision and its reasons.
//! No other code may compare stamps of two sources.

mod settle;
mod skew;
mod years;

use crate::base::{Basis, Instant, NANOS_PER_SECOND, Resolution, Stamp, WrittenZone};
use crate::survey::turn_between;
use crate::time::{OffsetCursor, Zone};

pub use settle::{Assumption, ChunkSpan, FileFacts, SettleOptions, Settled, settle};
pub use skew::{
    Bound, Conflict, Match, Piece, Sighting, Skew, Verdict, Visit, WINDOW, copies, enclosed, solve,
};

/// The settled clock of one file.
#[derive(Clone, Debug)]
pub struct Clock {
    /// How stamps without a zone are read.
    pub zone: Zone,
    /// How that zone is known.
    pub zone_basis: Basis,
    /// How the years of stamps without one are known.
    pub year_basis: Basis,
}

impl Clock {
    /// A reader for one chunk whose first stamp without a year lies in `year`.
    pub fn reader(&self, year: i32) -> ClockReader {
        ClockReader { cursor: self.zone.cursor(), year, last_yearless: None }
    }

    /// The full instant of a stamp, its interval and reasons. `year` is the one settled for it.
    pub fn instant(&self, stamp: &Stamp, year: i32) -> Option<Instant> {
        let seconds = stamp.seconds_in_year(year)?;
        let (first, second, mut basis) = match stamp.zone {
            WrittenZone::Offset(offset) => (seconds - i64::from(offset), None, Basis::OFFSET),
            WrittenZone::Epoch => (seconds, None, Basis::EPOCH),
            WrittenZone::Absent => {
                let (first, second) = self.zone.to_utc(seconds);
                (first, second, self.zone_basis)
            }
        };
        basis = basis.with(match (stamp.has_year, stamp.zone) {
            (_, WrittenZone::Epoch) => Basis::default(),
            (true, _) => Basis::YEAR_STAMP,
            (false, _) => self.year_basis,
        });
        let best = first.checked_mul(NANOS_PER_SECOND)?.checked_add(i64::from(stamp.nanos))?;
        // A wall clock set back names some seconds twice: both readings stay possible.
        let fold = second.map_or(0, |second| (second - first) * NANOS_PER_SECOND);
        let width = stamp.resolution.width();
        Some(Instant { earliest: best, best, latest: best.checked_add(width)?.checked_add(fold)?, basis })
    }
}

/// Turns the stamps of one chunk, in file order, into sort keys.
#[derive(Clone, Debug)]
pub struct ClockReader {
    cursor: OffsetCursor,
    year: i32,
    last_yearless: Option<i64>,
}

impl ClockReader {
    /// The best instant of a stamp, nanoseconds since 1970 UTC; `None` when there is no such time.
    #[inline]
    pub fn key(&mut self, stamp: &Stamp) -> Option<i64> {
        let mut seconds = stamp.seconds;
        if !stamp.has_year {
            let nanos = stamp.seconds * NANOS_PER_SECOND + i64::from(stamp.nanos);
            self.year += self.last_yearless.map_or(0, |last| turn_between(last, nanos));
            self.last_yearless = Some(nanos);
            seconds = stamp.seconds_in_year(self.year)?;
        }
        let utc = match stamp.zone {
            WrittenZone::Absent => self.cursor.to_utc(seconds),
            WrittenZone::Offset(offset) => seconds - i64::from(offset),
            WrittenZone::Epoch => seconds,
        };
        utc.checked_mul(NANOS_PER_SECOND)?.checked_add(i64::from(stamp.nanos))
    }
}

/// The year in which a settled key lies on the file's own wall clock.
pub fn year_of(clock: &Clock, key: i64) -> i32 {
    let utc = key.div_euclid(NANOS_PER_SECOND);
    let local = utc + i64::from(clock.zone.offset_at(utc).0);
    crate::base::civil_from_days(local.div_euclid(86_400)).0
}

/// Resolution of a stamp as an event carries it.
pub fn packed_resolution(stamp: &Stamp) -> u8 {
    Resolution::code(stamp.resolution)
}
