//! What turns a source's stamps into instants.
//!
//! `settle` looks at the surveys and the testimony of all sources together, before any event gets its
//! instant, and decides the zone and the years of each file, stretch by stretch where they change. A
//! `Clock` then carries the decision and its reasons. No other code may compare stamps of two sources.

mod abbreviations;
mod announced;
mod boots;
mod claims;
mod company;
mod counted;
mod court;
mod daycount;
mod days;
mod evidence;
mod family;
mod hosts;
mod kernels;
mod kin;
mod landmarks;
mod named;
mod proof;
mod reasons;
mod settle;
mod skew;
mod skewed;
mod spans;
mod stretches;
mod unseen;
mod usual;
mod witnessed;
mod years;
mod zones;

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::base::{Basis, Instant, NANOS_PER_SECOND, Resolution, Stamp, WrittenDate, WrittenZone};
use crate::grammar::{GrammarId, Head, Slots};
use crate::survey::{Layouts, turn_between};
use crate::time::{DateOrder, OffsetCursor, Zone};
use crate::witness::{OddWriter, odd_one};
use daycount::DayCount;

pub use abbreviations::Reading;
pub use boots::REACH;
pub use counted::SinceBoot;
pub use days::{DayFacts, DaysKnown, DaysSettled, settle_days};
pub use kernels::{Booted, ClockStep, Kernel};
pub use landmarks::{Landmark, Landmarks};
pub use proof::{Place, Proof, Shift, ShiftKind};
pub use settle::{Assumption, FileFacts, SettleOptions, Settled, Settlement, settle};
pub use skew::{
    Bound, Conflict, Match, Piece, Sighting, Skew, Verdict, Visit, WINDOW, copies, enclosed, solve,
};
pub use skewed::{Apart, SkewShown, Skewed, seconds};
pub use spans::ChunkSpan;
pub use witnessed::AT_ONCE;

/// A stretch of a file in which one zone holds.
#[derive(Clone, Debug)]
pub struct Segment {
    /// Offset in the (unpacked) file where it begins.
    pub from: u64,
    /// How stamps without a zone are read.
    pub zone: Zone,
    /// How that zone is known.
    pub zone_basis: Basis,
    /// The zone set its clock back right before: wall clocks before this one, in seconds, that come
    /// twice are read the later way.
    pub late_until: Option<i64>,
    /// How stamps with an ambiguous abbreviation are read, where the zone is a guess.
    pub readings: Arc<[Reading]>,
    /// What stamps that count from a boot count from.
    pub boot: Option<Arc<SinceBoot>>,
}

impl Segment {
    /// The offset that stamps of a zone like this are read by, if it is not that of the segment.
    #[inline]
    pub fn reading(&self, zone: WrittenZone) -> Option<i32> {
        reading(&self.readings, zone)
    }
}

#[inline]
fn reading(readings: &[Reading], zone: WrittenZone) -> Option<i32> {
    let WrittenZone::Ambiguous(name) = zone else { return None };
    readings.iter().find(|reading| reading.name == name).map(|reading| reading.offset)
}

/// The years of a source whose stamps name none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Years {
    /// The year of its newest record: known, or the likeliest.
    pub best: i32,
    /// All that are possible, ascending. One if it is settled; none where stamps name their years.
    pub candidates: Vec<i32>,
    /// What settled it, or what excluded the others.
    pub reason: String,
}

impl Years {
    /// Years that a stamp may lie before and after its best one, when that is not settled.
    fn spread(&self) -> Option<(i32, i32)> {
        let (first, last) = (self.candidates.first()?, self.candidates.last()?);
        (first != last).then_some((first - self.best, last - self.best))
    }
}

/// The settled clock of one file.
#[derive(Clone, Debug)]
pub struct Clock {
    /// Its segments, in file order; never empty.
    pub segments: Vec<Segment>,
    /// How the years of stamps without one are known.
    pub year_basis: Basis,
    /// Which years those may be.
    pub years: Years,
    /// The days of stamps that name none.
    pub days: Option<Arc<DaysKnown>>,
    /// Seconds added to what stamps with an offset say, where the offset they name was proven wrong.
    pub repair: Option<i64>,
    /// How far its host's clock was off, where that is known.
    pub skew: Option<Skewed>,
    /// Writers inside the file whose clock differs from it.
    pub writers: Vec<OddWriter>,
    /// What proves the decision, best first; at the end one for each of the writers, then that of the skew.
    pub proofs: Vec<Proof>,
    /// What narrows the instants of kernel lines.
    pub kernels: Vec<Kernel>,
    /// Boots that its kernel lines tell best.
    pub boots: Vec<Proof>,
    /// Lines whose time other logs tell, in a file without stamps.
    pub landmarks: Landmarks,
}

impl Clock {
    /// The clock of records that a store tells of: their instants are settled, and nothing reads them with it.
    pub fn told() -> Self {
        let segment = Segment {
            from: 0,
            zone: Zone::utc(),
            zone_basis: Basis::default(),
            late_until: None,
            readings: Arc::default(),
            boot: None,
        };
        Self {
            segments: vec![segment],
            year_basis: Basis::default(),
            years: Years::default(),
            days: None,
            repair: None,
            skew: None,
            writers: Vec::new(),
            proofs: Vec::new(),
            kernels: Vec::new(),
            boots: Vec::new(),
            landmarks: Landmarks::default(),
        }
    }

    /// A reader for one chunk.
    pub fn reader(&self, chunk: &ChunkSpan) -> ClockReader {
        let segment = self.segment(chunk.segment);
        let days = self.days.as_ref().map(|days| days.start(chunk.piece));
        let (days, order) = days.unwrap_or((None, DateOrder::MonthFirst));
        ClockReader {
            cursor: segment.zone.cursor(),
            late: segment.late_until.map(|until| (until, segment.zone.clone())),
            readings: Arc::clone(&segment.readings),
            boot: segment.boot.clone(),
            repair: self.repair.unwrap_or(0),
            ahead: self.ahead(),
            year: chunk.year,
            unset: chunk.unset,
            last_yearless: None,
            tells_days: self.days.is_some(),
            days,
            order,
        }
    }

    /// A segment by number; the last one when there is no such segment.
    pub fn segment(&self, number: u16) -> &Segment {
        &self.segments[usize::from(number).min(self.segments.len() - 1)]
    }

    /// The weakest basis of its zones: a file is known as well as its least known segment.
    pub fn zone_basis(&self) -> Basis {
        let open = self.segments.iter().find(|segment| segment.zone_basis == Basis::ZONE_DEFAULT);
        open.unwrap_or(&self.segments[0]).zone_basis
    }

    /// Whether ambiguous abbreviations in its stamps are read by a guess at what they mean.
    pub fn reads_abbreviations(&self) -> bool {
        self.segments.iter().any(|segment| !segment.readings.is_empty())
    }

    /// How far its host's clock is ahead, nanoseconds: settled keys are less than stamps say by this.
    #[inline]
    pub fn ahead(&self) -> i64 {
        self.skew.map_or(0, |skew| skew.offset)
    }

    /// How much that may be wrong, nanoseconds.
    #[inline]
    pub fn doubt(&self) -> i64 {
        self.skew.map_or(0, |skew| skew.uncertainty)
    }

    /// How a writer's clock differs from the file's; `None` for most.
    #[inline]
    pub fn odd(&self, host: Option<&[u8]>, program: Option<&[u8]>) -> Option<&OddWriter> {
        odd_one(&self.writers, host, program)
    }

    /// What proves its zones, and what proves that the offset in its stamps is wrong.
    pub fn zone_proofs(&self) -> &[Proof] {
        let others = self.writers.len() + usize::from(self.skew.is_some());
        &self.proofs[..self.proofs.len().saturating_sub(others)]
    }

    /// The best of those, and what shows the writers: enough for whoever looks at a file as a whole.
    pub fn main_proofs(&self) -> impl Iterator<Item = &Proof> {
        const MOST: usize = 4;
        let zones = self.zone_proofs();
        zones.iter().take(MOST).chain(&self.proofs[zones.len()..])
    }

    /// What shows from which boots its uptimes count, each once.
    pub fn boot_proofs(&self) -> impl Iterator<Item = &Proof> {
        let boots = self.segments.iter().filter_map(|segment| segment.boot.as_ref());
        let mut last = None;
        boots.map(|boot| &boot.proof).filter(move |proof| last.replace(*proof) != Some(*proof))
    }

    /// Whether a proof may speak of this segment: a place in another one says that it does not.
    pub fn speaks_of(&self, proof: &Proof, file: usize, segment: u16) -> bool {
        let mut own = proof.places.iter().filter(|place| place.file == file).peekable();
        let holds = |place: &Place| {
            self.segments.partition_point(|known| known.from <= place.offset) == usize::from(segment) + 1
        };
        match own.peek() {
            Some(_) => own.any(holds),
            // Of a file time or of company: of those segments that are known.
            None => self.segments.len() == 1 || self.segment(segment).zone_basis != Basis::ZONE_DEFAULT,
        }
    }

    /// What shows that a writer has a clock of its own.
    pub fn writer_proof(&self, odd: &OddWriter) -> Option<&Proof> {
        let index = self.writers.iter().position(|writer| writer == odd)?;
        self.proofs.get(self.zone_proofs().len() + index)
    }

    /// What shows how far its host's clock was off.
    pub fn skew_proof(&self) -> Option<&Proof> {
        self.proofs.last().filter(|_| self.skew.is_some())
    }

    /// The full instant of a stamp, its interval and reasons. `year` is the one settled for it; `odd` how
    /// its writer's clock differs from the file's.
    pub fn instant(
        &self,
        stamp: &Stamp,
        year: i32,
        segment: u16,
        odd: Option<&OddWriter>,
    ) -> Option<Instant> {
        if stamp.zone == WrittenZone::Boot {
            return Some(self.segment(segment).boot.as_ref()?.instant(stamp));
        }
        let odd = odd.filter(|_| stamp.zone.is_open());
        let seconds = years::seconds(stamp, year) - odd.map_or(0, |odd| odd.offset / NANOS_PER_SECOND);
        let segment = self.segment(segment);
        let zone_basis = match odd {
            Some(odd) if !odd.certain => Basis::ZONE_DEFAULT,
            Some(_) if segment.zone_basis != Basis::ZONE_DEFAULT => Basis::ZONE_INFERRED,
            _ => segment.zone_basis,
        };
        let (first, second, mut basis) = match stamp.zone {
            WrittenZone::Offset(offset) => {
                let repaired = if self.repair.is_some() { Basis::ZONE_REPAIRED } else { Basis::OFFSET };
                (seconds - i64::from(offset) + self.repair.unwrap_or(0), None, repaired)
            }
            WrittenZone::Epoch => (seconds, None, Basis::EPOCH),
            WrittenZone::Boot => return None,
            WrittenZone::Absent | WrittenZone::Ambiguous(_) => match segment.reading(stamp.zone) {
                Some(offset) => (seconds - i64::from(offset), None, zone_basis),
                None => {
                    let (first, second) = segment.zone.to_utc(seconds);
                    match (segment.late_until, second) {
                        (Some(until), Some(second)) if seconds < until => (second, None, zone_basis),
                        _ => (first, second, zone_basis),
                    }
                }
            },
        };
        basis = basis.with(match (stamp.date, stamp.zone) {
            (_, WrittenZone::Epoch) => Basis::default(),
            (WrittenDate::Full, _) => Basis::YEAR_STAMP,
            (WrittenDate::NoYear, _) => self.year_basis,
            (WrittenDate::NoDay, _) => self.days.as_ref().map_or_else(Basis::default, |days| days.basis),
        });
        let best = first.checked_mul(NANOS_PER_SECOND)?.checked_add(i64::from(stamp.nanos))?;
        // A wall clock set back names some seconds twice: both readings stay possible.
        let fold = second.map_or(0, |second| (second - first) * NANOS_PER_SECOND);
        let width = stamp.resolution.width();
        let latest = best.checked_add(width)?.checked_add(fold)?;
        let (earliest, latest) = match self.years.spread().filter(|_| stamp.date == WrittenDate::NoYear) {
            // A day on both sides: what bounds years knows of no zones.
            Some((back, on)) => {
                const SLACK: i64 = 86_400;
                let shift = |by: i32, slack: i64| {
                    (years::seconds(stamp, year + by) - seconds + slack) * NANOS_PER_SECOND
                };
                (best.checked_add(shift(back, -SLACK))?, latest.checked_add(shift(on, SLACK))?)
            }
            None => (best, latest),
        };
        let (earliest, latest) = self.day_spread(stamp.date, (earliest, latest))?;
        let Some(skew) = self.skew else { return Some(Instant { earliest, best, latest, basis }) };
        Some(Instant {
            earliest: earliest.checked_sub(skew.offset)?.checked_sub(skew.uncertainty)?,
            best: best.checked_sub(skew.offset)?,
            latest: latest.checked_sub(skew.offset)?.checked_add(skew.uncertainty)?,
            basis: basis.with(Basis::SKEW),
        })
    }

    /// The full instant of a stamp whose sort key is known: that settles its year.
    pub fn instant_at(
        &self,
        stamp: &Stamp,
        key: i64,
        segment: u16,
        odd: Option<&OddWriter>,
    ) -> Option<Instant> {
        let (year, stamp) = self.dated(stamp, key, segment, odd);
        self.instant(&stamp, year, segment, odd)
    }

    /// The wall clock that a stamp writes, whatever its zone, as though it were written in `zone`:
    /// nanoseconds since 1970. What a person sees who reads the file.
    pub fn as_written(
        &self,
        stamp: &Stamp,
        key: i64,
        segment: u16,
        odd: Option<&OddWriter>,
        zone: &Zone,
    ) -> Option<i64> {
        let (year, stamp) = self.dated(stamp, key, segment, odd);
        let wall = match stamp.zone {
            // No wall clock is written: that of its host is as good as any.
            WrittenZone::Epoch | WrittenZone::Boot => return Some(key.saturating_add(self.ahead())),
            _ => stamp.seconds_in_year(year)?,
        };
        zone.to_utc(wall).0.checked_mul(NANOS_PER_SECOND)?.checked_add(i64::from(stamp.nanos))
    }

    /// The interval of a stamp, widened by what its day may be off.
    fn day_spread(&self, date: WrittenDate, (earliest, latest): (i64, i64)) -> Option<(i64, i64)> {
        let spread = self.days.as_ref().and_then(|days| days.spread);
        match spread.filter(|_| date == WrittenDate::NoDay) {
            Some((back, on)) => {
                // A zone's change of offset may lie in between.
                let days = |count: i64| (count * 86_400 + 3_600 * i64::from(count > 0)) * NANOS_PER_SECOND;
                Some((earliest.checked_sub(days(back))?, latest.checked_add(days(on))?))
            }
            None => Some((earliest, latest)),
        }
    }

    /// The year in which a settled key lies on the file's own wall clock.
    pub fn year_of(&self, key: i64, segment: u16) -> i32 {
        crate::base::civil_from_days(self.local_of(key, segment).div_euclid(86_400)).0
    }

    /// The second that the file's own wall clock shows at a settled key.
    fn local_of(&self, key: i64, segment: u16) -> i64 {
        let utc = key.saturating_add(self.ahead()).div_euclid(NANOS_PER_SECOND);
        utc + i64::from(self.segment(segment).zone.offset_at(utc).0)
    }

    /// The year of a stamp whose sort key is known, and the stamp on its day.
    pub fn dated(&self, stamp: &Stamp, key: i64, segment: u16, odd: Option<&OddWriter>) -> (i32, Stamp) {
        let local = self.local_of(key.saturating_add(odd.map_or(0, |odd| odd.offset)), segment);
        let year = crate::base::civil_from_days(local.div_euclid(86_400)).0;
        (year, stamp.on_day(daycount::day_at(stamp, local)))
    }
}

/// Turns the stamps of one chunk, in file order, into sort keys.
#[derive(Clone, Debug)]
pub struct ClockReader {
    cursor: OffsetCursor,
    late: Option<(i64, Zone)>,
    readings: Arc<[Reading]>,
    boot: Option<Arc<SinceBoot>>,
    repair: i64,
    ahead: i64,
    year: i32,
    unset: bool,
    last_yearless: Option<i64>,
    /// Whether lines may say something about the days of those below them.
    tells_days: bool,
    days: Option<DayCount>,
    order: DateOrder,
}

impl ClockReader {
    /// Takes note of what a line says about the days of those below it. `begun` and `slots` are what the
    /// file's layouts made of it; to be told every line, in order, before its stamp.
    #[inline]
    pub fn heed(
        &mut self,
        layouts: &Layouts<'_>,
        line: &[u8],
        begun: Option<&(GrammarId, Head)>,
        slots: &mut Slots,
    ) {
        if self.tells_days
            && let Some(mark) = layouts.day_mark(line, begun, slots)
        {
            DayCount::mark(&mut self.days, self.order, &mark);
        }
    }

    /// The best instant of a stamp, nanoseconds since 1970 UTC; `None` when there is no such time. `odd`
    /// is how its writer's clock differs from the file's.
    #[inline]
    pub fn key(&mut self, stamp: &Stamp, odd: Option<&OddWriter>) -> Option<i64> {
        let mut seconds = stamp.seconds;
        if stamp.date == WrittenDate::NoYear {
            if self.unset {
                return None;
            }
            let nanos = stamp.seconds * NANOS_PER_SECOND + i64::from(stamp.nanos);
            self.year += self.last_yearless.map_or(0, |last| turn_between(last, nanos));
            self.last_yearless = Some(nanos);
            seconds = years::seconds(stamp, self.year);
        } else if stamp.date == WrittenDate::NoDay {
            let day = self.days.as_mut()?.stamp(stamp.nanos_of_day());
            seconds = stamp.on_day(day).seconds;
        }
        if let Some(odd) = odd.filter(|_| stamp.zone.is_open()) {
            seconds -= odd.offset / NANOS_PER_SECOND;
        }
        let utc = match stamp.zone {
            WrittenZone::Absent => self.utc(seconds),
            WrittenZone::Ambiguous(_) => match reading(&self.readings, stamp.zone) {
                Some(offset) => seconds - i64::from(offset),
                None => self.utc(seconds),
            },
            WrittenZone::Offset(offset) => seconds - i64::from(offset) + self.repair,
            WrittenZone::Epoch => seconds,
            WrittenZone::Boot => return Some(self.boot.as_ref()?.key(stamp)),
        };
        utc.checked_mul(NANOS_PER_SECOND)?.checked_add(i64::from(stamp.nanos))?.checked_sub(self.ahead)
    }

    /// The UTC second of a wall clock that names no zone.
    #[inline]
    fn utc(&mut self, seconds: i64) -> i64 {
        match &self.late {
            Some((until, zone)) if seconds < *until => {
                let (first, second) = zone.to_utc(seconds);
                second.unwrap_or(first)
            }
            _ => self.cursor.to_utc(seconds),
        }
    }
}

/// Resolution of a stamp as an event carries it.
pub fn packed_resolution(stamp: &Stamp) -> u8 {
    Resolution::code(stamp.resolution)
}
