//! The story of one stamp: what was written, what it lacks, what was made of it and why; and the answer in
//! one line. `explain_prose` and `explain_json` tell the rest of it.

use crate::base::{Instant, NANOS_PER_SECOND, Resolution, Stamp, WrittenDate, WrittenZone};
use crate::poll::narrow_span;
use crate::text::clean;
use crate::time::{Zone, render_rfc3339};

/// One record's story.
#[derive(Clone, Debug)]
pub struct Explanation {
    /// Its file, its first line, and how many lines it has.
    pub file: String,
    /// First physical line, 1-based.
    pub line: u64,
    /// Physical lines.
    pub lines: u64,
    /// The line that was asked for.
    pub asked: u64,
    /// Its source.
    pub source: String,
    /// The format that read it.
    pub format: String,
    /// The record as written, its first line.
    pub record: String,
    /// The record as an event of the contract, one JSON object.
    pub event: Vec<u8>,
    /// The stamp as written, and what it says.
    pub stamp: Option<(String, Stamp)>,
    /// The stamp as written of a record that it does not date: nothing tells its day, or its clock was not set.
    pub unsettled: Option<String>,
    /// The same, where it counts from a boot.
    pub uptime: Option<String>,
    /// Its instant, or the bounds of an undated one.
    pub instant: Option<Instant>,
    /// How its zone is known; `None` where it has no stamp.
    pub zone: Option<ZoneRow>,
    /// The writer inside its file whose clock is another one.
    pub writer: Option<WriterRow>,
    /// What shows how far its host's clock was off, where that was taken away.
    pub skew: Option<String>,
    /// How its year is known, where the stamp has none.
    pub year: Option<YearRow>,
    /// How its day is known, where the stamp names a time of day only.
    pub day: Option<DayRow>,
    /// The stamped records around one without, as `file:line`: the one above, the one below.
    pub bounds: (Option<String>, Option<String>),
    /// What other logs tell of its file, where no record of that has a stamp.
    pub landmarks: Option<String>,
    /// Which time before its stamp it speaks of.
    pub covers: Option<Covers>,
    /// What follows from it.
    pub derived: Vec<DerivedRow>,
    /// The lines above and below it in the timeline.
    pub neighbours: (Option<Neighbour>, Option<Neighbour>),
    /// Its pattern.
    pub pattern: PatternRow,
    /// The zone shown.
    pub shown: Zone,
    /// Whether no other file was read.
    pub alone: bool,
}

/// Which time before its stamp a record speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Covers {
    /// From this instant on, nanoseconds since 1970.
    From(i64),
    /// Since its machine started.
    Boot,
}

/// How a zone is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// The stamp names its offset.
    Offset(i32),
    /// The stamp counts from 1970.
    Epoch,
    /// The stamp counts from a boot.
    Boot,
    /// The stamp names this offset, and evidence proves it wrong by so many seconds.
    Repaired(i32, i64),
    /// Somebody said so.
    Assumed,
    /// The format fixes it.
    Format,
    /// Evidence.
    Inferred,
    /// A guess.
    Default,
}

/// The zone of a stamp.
#[derive(Clone, Debug)]
pub struct ZoneRow {
    /// Its name and its offset at the stamp, seconds east of UTC.
    pub name: String,
    /// Seconds east of UTC.
    pub offset: i32,
    /// How it is known.
    pub how: How,
    /// The lines of the file it holds for: from, and to where another one follows.
    pub from_line: u64,
    /// The last one; `None` to the end.
    pub to_line: Option<u64>,
    /// What proves it, or keeps it open.
    pub proofs: Vec<String>,
    /// Where the zone is open: what the stamp would mean in other zones.
    pub readings: Vec<(String, i64)>,
    /// What would settle it.
    pub settle: Option<String>,
}

/// A writer with a clock of its own.
#[derive(Clone, Debug)]
pub struct WriterRow {
    /// Its clock minus the file's, seconds, where that is known.
    pub offset: Option<i32>,
    /// What shows it.
    pub proof: String,
}

/// The year of a stamp that names none.
#[derive(Clone, Debug)]
pub struct YearRow {
    /// The year.
    pub year: i32,
    /// The basis word.
    pub basis: &'static str,
    /// All years that are possible, ascending.
    pub candidates: Vec<i32>,
    /// How it is known, or what excluded the others.
    pub why: String,
}

impl YearRow {
    /// Whether several are.
    pub(super) fn is_open(&self) -> bool {
        self.candidates.len() > 1
    }
}

/// The day of a stamp that names none.
#[derive(Clone, Debug)]
pub struct DayRow {
    /// The day, as `2014-12-12`.
    pub day: String,
    /// The basis word.
    pub basis: &'static str,
    /// The first and the last day that are possible, where it is a guess.
    pub open: Option<(String, String)>,
    /// How it is known.
    pub why: String,
}

/// What follows from a record.
#[derive(Clone, Debug)]
pub struct DerivedRow {
    /// What happened.
    pub message: String,
    /// When.
    pub instant: Instant,
    /// How fine that is written.
    pub digits: usize,
}

/// What is known of the order of two neighbours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ordered {
    /// Lines of one source.
    File,
    /// One interval ends before the other begins.
    Time,
    /// The same, if what is guessed of zones and years is right.
    IfGuessed,
    /// Lines of one source, whose stamps contradict their order in it.
    Against,
    /// Their intervals overlap.
    Unknown,
}

/// A neighbour in the timeline.
#[derive(Clone, Debug)]
pub struct Neighbour {
    /// Its place, `file:line`.
    pub place: String,
    /// Its file and line apart.
    pub at: (String, u64),
    /// Its instant; `None` when it is undated.
    pub key: Option<i64>,
    /// How fine that is written.
    pub digits: usize,
    /// Whether it is derived from a record.
    pub derived: bool,
    /// What it says.
    pub text: String,
    /// The order of the two.
    pub order: Ordered,
}

/// Records like this one in its source.
#[derive(Clone, Debug)]
pub struct PatternRow {
    /// Identity.
    pub id: u64,
    /// How many there are.
    pub count: u64,
    /// The first one, `file:line`.
    pub first: String,
    /// Whether this is it.
    pub is_first: bool,
}

impl Explanation {
    /// The instant, when it is that of a stamp.
    pub(super) fn dated(&self) -> Option<(&Instant, Resolution)> {
        let (_, stamp) = self.stamp.as_ref()?;
        Some((self.instant.as_ref()?, stamp.resolution))
    }

    /// The answer in one line.
    pub fn answer(&self) -> String {
        let place = format!("{}:{}", clean(&self.file), self.line);
        let place = match self.asked {
            asked if asked == self.line => place,
            asked => {
                let number = asked - self.line + 1;
                format!("{}:{asked} is line {number} of {} of {place}, which", clean(&self.file), self.lines)
            }
        };
        let Some((instant, resolution)) = self.dated() else { return self.undated(&place) };
        let digits = resolution.fraction_digits();
        let mut text = format!("{place} was written at {}", both(&self.shown, instant.best, digits));
        let open_zone = self.zone.as_ref().filter(|zone| zone.how == How::Default);
        let open_year = self.year.as_ref().filter(|year| year.is_open());
        let open_day = self.day.as_ref().filter(|day| day.open.is_some());
        if let Some(day) = open_day {
            let zone = open_zone.map_or_else(String::new, |zone| format!(" and its zone {}", zone.name));
            let guesses = if zone.is_empty() { "which is a guess" } else { "both guesses" };
            text.push_str(&format!(" if its day is {}{zone}, {guesses}: its stamp names none", day.day));
            return text;
        }
        text.push_str(&match (open_zone, open_year) {
            (None, None) => format!(", certain to {}", width_words(instant.latest - instant.earliest)),
            (Some(zone), None) => {
                let lack = match self.stamp {
                    Some((_, Stamp { zone: WrittenZone::Ambiguous(name), .. })) => {
                        format!("{name:?} has meant several")
                    }
                    _ => "its stamp names none".to_owned(),
                };
                format!(" if its zone is {}, which is a guess: {lack}", zone.name)
            }
            (None, Some(year)) => format!(" if its year is {}, which is a guess", year.year),
            (Some(zone), Some(year)) => {
                format!(" if its zone is {} and its year {}: both are guesses", zone.name, year.year)
            }
        });
        text
    }

    fn undated(&self, place: &str) -> String {
        let place = match (&self.uptime, &self.unsettled) {
            (Some(uptime), _) => format!("{place} tells {uptime} s since boot, which no other log dates"),
            (None, Some(text)) => format!("{place} has a stamp that does not date it, {}", clean(text)),
            (None, None) => format!("{place} has no stamp"),
        };
        let known = |at: i64| (at != i64::MIN && at != i64::MAX).then_some(at);
        let ends = self.instant.map(|instant| (known(instant.earliest), known(instant.latest)));
        let at = |at: i64| both(&self.shown, at, digits_of(at));
        let when = match ends.unwrap_or_default() {
            (Some(from), Some(to)) => {
                let zone = match (self.shown.name(), self.shown.offset_at(to.div_euclid(NANOS_PER_SECOND))) {
                    (name, _) if self.shown.is_fixed() => name.to_owned(),
                    (name, offset) => format!("{name} ({offset})"),
                };
                let [from, to, apart] = [
                    clock(&self.shown, from, digits_of(from)),
                    clock(&self.shown, to, digits_of(to)),
                    narrow_span(to - from),
                ];
                return format!("{place}: written between {from} and {to} {zone}, {apart} apart");
            }
            (None, Some(to)) => format!("before {}", at(to)),
            (Some(from), None) => format!("not before {}", at(from)),
            (None, None) => return format!("{place}, and nothing tells when it was written"),
        };
        format!("{place}: written {when}")
    }
}

/// `2014-12-12 10:10:59.120`, in a zone.
pub(super) fn clock(zone: &Zone, at: i64, digits: usize) -> String {
    let mut text = Vec::new();
    let offset = zone.offset_at(at.div_euclid(NANOS_PER_SECOND)).0;
    render_rfc3339(&mut text, at, digits, offset, false);
    text.truncate(19 + if digits > 0 { digits + 1 } else { 0 });
    String::from_utf8_lossy(&text).replace('T', " ")
}

/// `2014-12-12 10:10:59 Asia/Seoul (+09:00) = 01:10:59 UTC`
pub(super) fn both(zone: &Zone, at: i64, digits: usize) -> String {
    let local = clock(zone, at, digits);
    let offset = zone.offset_at(at.div_euclid(NANOS_PER_SECOND));
    let utc = clock(&Zone::utc(), at, digits);
    let day = if utc[..10] == local[..10] { 11 } else { 0 };
    match zone.name() {
        "UTC" => format!("{utc} UTC"),
        name if zone.is_fixed() => format!("{local} {name} = {} UTC", &utc[day..]),
        name => format!("{local} {name} ({offset}) = {} UTC", &utc[day..]),
    }
}

/// Digits that show an instant exactly.
pub(super) fn digits_of(at: i64) -> usize {
    [0, 3, 6].into_iter().find(|digits| at % 10_i64.pow(9 - *digits as u32) == 0).unwrap_or(9)
}

/// A width: `1 s`, `1 ms`, `1 us`.
pub(super) fn width_words(nanos: i64) -> String {
    match nanos {
        0..1_000 => format!("{nanos} ns"),
        1_000..1_000_000 => format!("{} us", nanos / 1_000),
        _ => narrow_span(nanos),
    }
}

/// What a stamp lacks, in words.
pub(super) fn lacks(stamp: &Stamp) -> Vec<&'static str> {
    let mut lacks = Vec::new();
    if stamp.date == WrittenDate::NoYear && stamp.zone != WrittenZone::Epoch {
        lacks.push("year");
    }
    if stamp.date == WrittenDate::NoDay {
        lacks.push("date");
    }
    if stamp.zone.is_open() {
        lacks.push("zone");
    }
    if stamp.resolution.fraction_digits() == 0 {
        lacks.push("fraction");
    }
    lacks
}
