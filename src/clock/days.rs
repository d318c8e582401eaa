//! Days for stamps that name a time of day only.
//!
//! The day is that of the date line above in the same file; else the file's name or its modification time
//! gives the day of its records, as a guess unless both ends fit. From there on days are counted by
//! midnights, section by section ([`crate::survey::Dayless`]). Where nothing tells the day, or a date may be
//! read in two ways, records stay undated. Runs before zones are settled: once its day is known, such a stamp
//! is a wall clock like any other.

use super::daycount::DayCount;
use super::named::{NamedDay, day_in_name};
use super::settle::{SettleOptions, zone_of};
use super::spans::utc;
use crate::base::{Basis, NANOS_PER_SECOND, civil_from_days};
use crate::survey::{ChunkSurvey, DAY, DayPlace, FileSurvey, MOST_SECTIONS, Range, Seen, Track, wall};
use crate::time::{DateOrder, WrittenDay, Zone};

/// What is known of a file besides its lines.
#[derive(Clone, Copy, Debug)]
pub struct DayFacts<'a> {
    /// The file's name.
    pub name: &'a str,
    /// Its source's name.
    pub source: &'a str,
    /// Modification time.
    pub mtime: Option<i64>,
    /// A zone that its format fixes.
    pub format_zone: Option<&'a Zone>,
}

/// How the days of a file are known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DaysKnown {
    /// How.
    pub basis: Basis,
    /// How many days a stamp may lie before and behind the day shown, where that is a guess.
    pub spread: Option<(i64, i64)>,
    /// What told it, in words.
    pub reason: String,
    /// Which number of its dates is the month.
    order: DateOrder,
    /// For each surveyed chunk, the count at its beginning; `None` where no day is known.
    starts: Vec<Option<DayCount>>,
}

impl DaysKnown {
    /// The count at the beginning of a surveyed chunk, and how its date lines are read.
    pub(super) fn start(&self, piece: u32) -> (Option<DayCount>, DateOrder) {
        (self.starts.get(piece as usize).cloned().flatten(), self.order)
    }
}

/// What settling the days of a file found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DaysSettled {
    /// The days; `None` where nothing tells them.
    pub known: Option<DaysKnown>,
    /// What people should know of it.
    pub remark: Option<String>,
}

/// Pauses longer than this in a log of times of day alone: it may as well have been silent for days.
const LONGEST_PAUSE: i64 = 6 * 3_600 * NANOS_PER_SECOND;

/// How far back a file whose day only its modification time bounds may reach: as with years.
const OLDEST: i64 = 30 * 366;

/// Settles the days of a file, and turns its stamps without a day into wall clocks. `None` where it has no
/// such stamps.
pub fn settle_days(
    facts: &DayFacts<'_>,
    survey: &mut FileSurvey,
    options: &SettleOptions,
) -> Option<DaysSettled> {
    let seen = Told::of(survey)?;
    let told = if seen.lost {
        Err("too many tables take turns".to_owned())
    } else if seen.dates > 0 {
        by_dates(&seen, facts, options)
    } else {
        by_file(&seen, facts, survey, options)
    };
    let mut known = match told {
        Ok(known) => known,
        Err(why) => {
            leave(survey);
            let remark = format!("{} of a time of day alone: undated, as {why}", records(seen.count));
            return Some(DaysSettled { known: None, remark: (seen.count > 0).then_some(remark) });
        }
    };
    let start = known.starts.pop().flatten();
    let open = seen.dates == 0 && known.spread.is_some();
    known.starts = place(survey, start, known.order);
    let remark = open.then(|| {
        format!("{} of a time of day alone: the day shown is a guess, {}", records(seen.count), known.reason)
    });
    Some(DaysSettled { known: Some(known), remark })
}

fn records(count: u64) -> String {
    format!("{count} record{}", if count == 1 { "" } else { "s" })
}

/// What the stamps without a day of a file say together.
#[derive(Debug, Default)]
struct Told {
    count: u64,
    lost: bool,
    /// Date lines, as far as they are kept: the first and the last of each chunk.
    dates: usize,
    first: Option<WrittenDay>,
    last: Option<WrittenDay>,
    valid: [bool; 3],
    ascends: [bool; 3],
    /// The longest pause.
    longest: i64,
}

impl Told {
    fn of(survey: &FileSurvey) -> Option<Self> {
        let mut seen = Self { valid: [true; 3], ascends: [true; 3], ..Self::default() };
        let mut any = false;
        // With day 0 for every beginning, pauses across the ends of chunks show as well.
        let mut count = DayCount::default();
        for dayless in survey.chunks.iter().filter_map(|(_, chunk)| chunk.dayless.as_deref()) {
            any = true;
            seen.count += dayless.counts.0 + dayless.counts.1;
            seen.lost |= dayless.lost;
            seen.longest = seen.longest.max(dayless.longest);
            let before = count.clone();
            for (name, day, track) in count.pass(&dayless.above) {
                let section = name.unwrap_or(before.current);
                let known = before.sections.iter().find(|(known, ..)| *known == section);
                let pause =
                    known.map_or(0, |(_, last, of)| wall(day, (0, track.first)) - wall(*of, (0, *last)));
                seen.longest = seen.longest.max(pause);
            }
            if let Some(dated) = &dayless.dated {
                seen.dates += 1;
                for (index, order) in DateOrder::ALL.into_iter().enumerate() {
                    let last = seen.last.and_then(|last| last.day(order));
                    seen.valid[index] &= dated.valid[index];
                    seen.ascends[index] &= dated.ascends[index] && last <= dated.first.day(order);
                }
                seen.first.get_or_insert(dated.first);
                seen.last = Some(dated.last);
                count = DayCount::new(0);
                count.pass(&dated.below);
            }
            seen.lost |= count.sections.len() > MOST_SECTIONS;
        }
        any.then_some(seen)
    }
}

/// Days from date lines. Both orders are asked what they would mean; what the calendar, the file's name or
/// its modification time exclude is out.
fn by_dates(seen: &Told, facts: &DayFacts<'_>, options: &SettleOptions) -> Result<DaysKnown, String> {
    let (Some(first), Some(last)) = (seen.first, seen.last) else { return Err("no date is left".into()) };
    let days = |order: DateOrder| Some((first.day(order)?, last.day(order)?));
    // A clock may be ahead of the present by a zone, and a file was written after what stands in it.
    let latest = facts.mtime.unwrap_or(options.now).min(options.now).div_euclid(DAY) + 1;
    let mut orders: Vec<DateOrder> = DateOrder::ALL
        .into_iter()
        .enumerate()
        .filter(|(index, _)| seen.valid[*index])
        .map(|(_, order)| order)
        .collect();
    let keep = |orders: &mut Vec<DateOrder>, fits: &dyn Fn(DateOrder, (i64, i64)) -> bool| {
        let fit = |order: &DateOrder| days(*order).is_some_and(|days| fits(*order, days));
        if orders.iter().any(fit) {
            orders.retain(fit);
        }
    };
    keep(&mut orders, &|_, (_, last)| last <= latest);
    keep(&mut orders, &|order, _| seen.ascends[order as usize]);
    match day_in_name(facts.name) {
        Some(NamedDay::Full(named)) => {
            keep(&mut orders, &|_, (first, last)| (first..=last + 1).contains(&named));
        }
        Some(NamedDay::OfMonth(named)) => keep(&mut orders, &|_, (first, last)| {
            [first, last].iter().any(|day| civil_from_days(*day).2 == named)
        }),
        None => {}
    }
    if let Some(mtime) = facts.mtime {
        let written = mtime.div_euclid(DAY);
        keep(&mut orders, &|_, (_, last)| (last - 1..=last + 2).contains(&written));
    }
    // What counts days in one order counts years in another: a log of days is not one of as many years.
    let spans = orders.iter().filter_map(|order| days(*order)).map(|(first, last)| last - first);
    if let Some(least) = spans.min().filter(|least| *least > 0) {
        keep(&mut orders, &|_, (first, last)| last - first <= least * MOST_STRETCHED);
    }
    let Some(order) = orders.first().copied() else {
        return Err("the calendar does not have the dates above them".into());
    };
    if orders.iter().any(|other| days(*other) != days(order)) {
        let month = orders.contains(&DateOrder::MonthFirst) && orders.contains(&DateOrder::DayFirst);
        return Err(match month {
            true => {
                "the dates above them may be month/day or day/month: \
                 sar's own S_TIME_FORMAT=ISO, or a file name with the date, tells"
            }
            false => "their dates may begin or end with the year",
        }
        .into());
    }
    Ok(DaysKnown {
        basis: Basis::YEAR_STAMP,
        spread: None,
        reason: "from the date line above it".into(),
        order,
        starts: vec![None],
    })
}

/// How many times as long a log may be in one order of its dates as in another: months for days, but not years.
const MOST_STRETCHED: i64 = 100;

/// Days from the file itself: one number, the day that its first section begins on.
fn by_file(
    seen: &Told,
    facts: &DayFacts<'_>,
    survey: &FileSurvey,
    options: &SettleOptions,
) -> Result<DaysKnown, String> {
    let Some((passed, at)) = last_stamp(survey) else { return Err("none names a day".into()) };
    let zone = zone_of((facts.name, facts.source), facts.format_zone, options).0;
    let known = |day: i64, basis: Basis, spread: Option<(i64, i64)>, reason: String| DaysKnown {
        basis,
        spread,
        reason,
        order: DateOrder::MonthFirst,
        starts: vec![Some(DayCount::new(day))],
    };
    let sparse = seen.longest > LONGEST_PAUSE;
    // The last day on which the last stamp does not lie behind the file's last change, and how long before.
    let written = facts.mtime.map(|mtime| {
        let local = mtime.div_euclid(DAY) + 2;
        let day = (local - 4..=local).rev().find(|day| utc(&zone, wall(*day, (0, at))) <= mtime);
        let day = day.unwrap_or(local - 4);
        (day, mtime.saturating_sub(utc(&zone, wall(day, (0, at)))))
    });
    let fits = written.filter(|(_, late)| (0..=120 * NANOS_PER_SECOND).contains(late));
    if let Some(NamedDay::Full(named)) = day_in_name(facts.name) {
        // The day it was opened; or the day it was rotated on, with records up to that day or the one before.
        let days = [named, named - passed, named - passed - 1];
        let least = days.iter().copied().min().unwrap_or(named);
        let most = days.iter().copied().max().unwrap_or(named);
        let day = match fits.map(|(day, _)| day - passed).filter(|day| days.contains(day)) {
            Some(day) if !sparse => {
                return Ok(known(
                    day,
                    Basis::YEAR_ROTATION,
                    None,
                    "from the date in the file's name, which its modification time fits".into(),
                ));
            }
            Some(day) => day,
            None => named - passed,
        };
        let month = if sparse { 31 } else { 0 };
        return Ok(known(
            day,
            Basis::YEAR_ROTATION,
            Some((day - least + month, most - day + month)),
            "from the date in the file's name".into(),
        ));
    }
    let Some((day, _)) = written else {
        return Err("nothing tells their day: no date line, no date in the name, no modification time".into());
    };
    if fits.is_some() && !sparse {
        return Ok(known(
            day - passed,
            Basis::YEAR_MTIME,
            None,
            "from the modification time, which fits the last record".into(),
        ));
    }
    let reason = "from the modification time, before which they were written";
    Ok(known(day - passed, Basis::YEAR_MTIME, Some((OLDEST, 1)), reason.into()))
}

/// The last stamp, as midnights since the first section began and nanoseconds of its day; of several
/// sections the one that reaches furthest.
fn last_stamp(survey: &FileSurvey) -> Option<(i64, i64)> {
    let mut count = DayCount::default();
    let mut last = None;
    for dayless in survey.chunks.iter().filter_map(|(_, chunk)| chunk.dayless.as_deref()) {
        for (_, day, track) in count.pass(&dayless.above) {
            let ends = track.range.map(|_| (day + i64::from(track.midnights), track.last));
            last = last.max(ends);
        }
    }
    last
}

/// Puts all stamps without a day into their days; the counts that chunks begin with.
fn place(survey: &mut FileSurvey, start: Option<DayCount>, order: DateOrder) -> Vec<Option<DayCount>> {
    let mut count = start;
    let mut starts = Vec::with_capacity(survey.chunks.len());
    let loose = survey.loose_heads();
    for ((_, chunk), loose) in survey.chunks.iter_mut().zip(loose) {
        starts.push(read_from(count.as_ref(), chunk, loose));
        let Some(dayless) = chunk.dayless.take() else { continue };
        let mut above = Vec::new();
        if let Some(count) = &mut count {
            above = count.pass(&dayless.above);
            for (_, day, track) in &above {
                add(chunk, *day, track);
            }
        } else {
            chunk.undated += dayless.counts.0;
        }
        let known = |range: &Option<Range<i64>>| range.map(|range| [range.min, range.max]);
        if let Some(dated) = &dayless.dated {
            let index = order as usize;
            for at in known(&dated.done[index]).into_iter().flatten() {
                Range::add(&mut chunk.local, at);
            }
            // The calendar has all dates in this order: `by_dates` asked it.
            count = dated.last.day(order).map(DayCount::new);
            for (_, day, track) in count.iter_mut().flat_map(|count| count.pass(&dated.below)) {
                add(chunk, day, &track);
            }
        }
        let at = |place: DayPlace| -> Option<Seen> {
            let day = match place.date {
                Some(date) => date.day(order)?,
                None => above.iter().find(|(name, ..)| *name == place.section).map(|(_, day, _)| *day)?,
            };
            Some(Seen::Local(wall(day, (place.midnights, place.at))))
        };
        if chunk.first == Some(Seen::Dayless) {
            chunk.first = dayless.first.and_then(at).or_else(|| dayless.first_dated.and_then(at));
        }
        if chunk.last == Some(Seen::Dayless) {
            chunk.last = dayless.last.and_then(at);
        }
    }
    starts
}

/// The count where a chunk is read from: its first record, but for lines that belong to no record.
fn read_from(count: Option<&DayCount>, chunk: &ChunkSurvey, loose: bool) -> Option<DayCount> {
    let mut count = count?.clone();
    if let Some(lead) = chunk.dayless.as_ref().and_then(|dayless| dayless.lead.as_ref()).filter(|_| !loose) {
        count.pass(lead);
    }
    Some(count)
}

/// Leaves all stamps without a day undated.
fn leave(survey: &mut FileSurvey) {
    for (_, chunk) in &mut survey.chunks {
        let Some(dayless) = chunk.dayless.take() else { continue };
        chunk.undated += dayless.counts.0 + dayless.counts.1;
        chunk.first = chunk.first.filter(|seen| *seen != Seen::Dayless);
        chunk.last = chunk.last.filter(|seen| *seen != Seen::Dayless);
    }
}

fn add(chunk: &mut ChunkSurvey, day: i64, track: &Track) {
    if let Some(Range { min, max }) = track.range {
        Range::add(&mut chunk.local, wall(day, min));
        Range::add(&mut chunk.local, wall(day, max));
    }
}
