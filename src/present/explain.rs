//! The story of one stamp, for people: what was written, what it lacks, what was made of it and why.
//!
//! The first line answers. Everything below it is evidence, each piece with its file and line.

use super::sources::{counted, either, thousands};
use crate::base::{Basis, Instant, NANOS_PER_SECOND, Resolution, Stamp, WrittenZone};
use crate::poll::narrow_span;
use crate::text::{clean, excerpt};
use crate::time::{Offset, Zone, render_rfc3339};

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
    /// Its instant, or the bounds of an undated one.
    pub instant: Option<Instant>,
    /// How its zone is known; `None` where it has no stamp.
    pub zone: Option<ZoneRow>,
    /// The writer inside its file whose clock is another one.
    pub writer: Option<WriterRow>,
    /// How its year is known, where the stamp has none.
    pub year: Option<YearRow>,
    /// The stamped records around one without, as `file:line`: the one above, the one below.
    pub bounds: (Option<String>, Option<String>),
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

/// How a zone is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// The stamp names its offset.
    Offset(i32),
    /// The stamp counts from 1970.
    Epoch,
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
    fn is_open(&self) -> bool {
        self.candidates.len() > 1
    }
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

/// Columns of an excerpt.
const WIDE: usize = 100;
const NARROW: usize = 60;

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
        text.push_str(&match (open_zone, open_year) {
            (None, None) => format!(", certain to {}", width_words(instant.latest - instant.earliest)),
            (Some(zone), None) => {
                format!(" if its zone is {}, which is a guess: its stamp names none", zone.name)
            }
            (None, Some(year)) => format!(" if its year is {}, which is a guess", year.year),
            (Some(zone), Some(year)) => {
                format!(" if its zone is {} and its year {}: both are guesses", zone.name, year.year)
            }
        });
        text
    }

    fn undated(&self, place: &str) -> String {
        let known = |at: i64| (at != i64::MIN && at != i64::MAX).then_some(at);
        let ends = self.instant.map(|instant| (known(instant.earliest), known(instant.latest)));
        let at = |at: i64| both(&self.shown, at, digits_of(at));
        let when = match ends.unwrap_or_default() {
            (Some(from), Some(to)) => {
                return format!(
                    "{place} has no stamp: written between {} and {} ({})",
                    clock(&self.shown, from, digits_of(from)),
                    at(to),
                    narrow_span(to - from)
                );
            }
            (None, Some(to)) => format!("before {}", at(to)),
            (Some(from), None) => format!("not before {}", at(from)),
            (None, None) => return format!("{place} has no stamp, and nothing tells when it was written"),
        };
        format!("{place} has no stamp: written {when}")
    }
}

/// `2014-12-12 10:10:59.120`, in a zone.
fn clock(zone: &Zone, at: i64, digits: usize) -> String {
    let mut text = Vec::new();
    let offset = zone.offset_at(at.div_euclid(NANOS_PER_SECOND)).0;
    render_rfc3339(&mut text, at, digits, offset, false);
    text.truncate(19 + if digits > 0 { digits + 1 } else { 0 });
    String::from_utf8_lossy(&text).replace('T', " ")
}

/// `2014-12-12 10:10:59 Asia/Seoul (+09:00) = 01:10:59 UTC`
fn both(zone: &Zone, at: i64, digits: usize) -> String {
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
fn digits_of(at: i64) -> usize {
    [0, 3, 6].into_iter().find(|digits| at % 10_i64.pow(9 - *digits as u32) == 0).unwrap_or(9)
}

/// A width: `1 s`, `1 ms`, `1 us`.
fn width_words(nanos: i64) -> String {
    match nanos {
        0..1_000 => format!("{nanos} ns"),
        1_000..1_000_000 => format!("{} us", nanos / 1_000),
        _ => narrow_span(nanos),
    }
}

/// What a stamp lacks, in words.
pub(super) fn lacks(stamp: &Stamp) -> Vec<&'static str> {
    let mut lacks = Vec::new();
    if !stamp.has_year && stamp.zone != WrittenZone::Epoch {
        lacks.push("year");
    }
    if stamp.zone == WrittenZone::Absent {
        lacks.push("zone");
    }
    if stamp.resolution.fraction_digits() == 0 {
        lacks.push("fraction");
    }
    lacks
}

fn list(words: &[&str]) -> String {
    match words {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [all @ .., last] => format!("{} and {last}", all.join(", ")),
    }
}

/// Appends the story, the answer first.
pub fn push_explanation(out: &mut Vec<u8>, story: &Explanation) {
    out.extend_from_slice(story.answer().as_bytes());
    out.extend_from_slice(b"\n\n");
    let mut line = |name: &str, value: &str| {
        out.extend_from_slice(format!("  {name:10}{value}").trim_end().as_bytes());
        out.push(b'\n');
    };
    line("record", &excerpt(&clean(&story.record), WIDE));
    if let Some((text, stamp)) = &story.stamp {
        let lacks: Vec<String> = lacks(stamp).iter().map(|part| format!("no {part}")).collect();
        let lacks: Vec<&str> = lacks.iter().map(String::as_str).collect();
        let holes = if lacks.is_empty() { String::new() } else { format!("{}; ", list(&lacks)) };
        line("stamp", &format!("{}: {holes}{} wide", clean(text), width_words(stamp.resolution.width())));
    }
    line("format", &story.format);
    if let Some(zone) = &story.zone {
        line("zone", &zone_words(zone));
        zone.proofs.iter().for_each(|proof| line("", &clean(proof)));
        for (name, at) in &zone.readings {
            line("", &format!("read in {name} it would be {}", both(&story.shown, *at, digits_of(*at))));
        }
        if let Some(settle) = &zone.settle {
            line("", settle);
        }
        let open = zone.how == How::Default || story.year.as_ref().is_some_and(YearRow::is_open);
        if open && story.alone {
            line("", "only this file was read: the logs beside it, given as INPUT, may know more");
        }
    }
    if let Some(writer) = &story.writer {
        line("writer", &clean(&writer.proof));
    }
    if let Some(year) = &story.year {
        match year.is_open() {
            true => {
                line("year", &format!("{} shown, not settled: {}", year.year, either(&year.candidates)));
                line("", &format!("{}; --year settles it", clean(&year.why)));
            }
            false => line("year", &format!("{}, {}", year.year, clean(&year.why))),
        }
    }
    line("interval", &interval(story));
    let words: Vec<&str> = story.instant.iter().flat_map(|instant| instant.basis.words()).collect();
    if !words.is_empty() {
        line("basis", &words.join(" "));
    }
    for row in &story.derived {
        let name = if std::ptr::eq(row, &story.derived[0]) { "derived" } else { "" };
        line(name, &derived(story, row));
    }
    neighbours(story, &mut line);
    line("pattern", &pattern(story));
}

fn zone_words(zone: &ZoneRow) -> String {
    let reach = match (zone.from_line, zone.to_line) {
        (1, None) => String::new(),
        (from, None) => format!(", from line {from} on"),
        (from, Some(to)) => format!(", lines {from} to {to}"),
    };
    let name = match Offset(zone.offset).to_string() {
        offset if offset == zone.name || zone.name == "UTC" => zone.name.clone(),
        offset => format!("{} ({offset})", zone.name),
    };
    match zone.how {
        How::Offset(_) => format!("{}: the stamp says so", zone.name),
        How::Epoch => "none needed: the stamp counts from 1970 UTC".to_owned(),
        How::Repaired(written, by) => format!(
            "the stamp says {}, which is wrong: read as {}",
            Offset(written),
            Offset(written - by as i32)
        ),
        How::Assumed => format!("{name}: you said so (--assume-tz)"),
        How::Format => format!("{name}: its format says so"),
        How::Inferred => format!("{name}: inferred{reach}"),
        How::Default if zone.proofs.is_empty() => {
            format!("{name}: a guess{reach}; nothing tells the zone of its stamps")
        }
        How::Default => format!("{name}: a guess{reach}"),
    }
}

fn interval(story: &Explanation) -> String {
    let Some(instant) = story.instant else { return "not known".to_owned() };
    let end = |at: i64| match at {
        i64::MIN | i64::MAX => "?".to_owned(),
        at => {
            let mut text = Vec::new();
            render_rfc3339(&mut text, at, digits_of(at), 0, true);
            String::from_utf8_lossy(&text).into_owned()
        }
    };
    let ends = format!("{} to {}", end(instant.earliest), end(instant.latest));
    match &story.stamp {
        Some(_) if story.year.as_ref().is_some_and(YearRow::is_open) => {
            format!("{ends}: all years that are possible, and a day on both sides")
        }
        Some((_, stamp)) if instant.latest - instant.earliest > stamp.resolution.width() => {
            format!("{ends}: its clock was set back here and showed this time twice")
        }
        Some(_) if instant.basis.has(Basis::SKEW) => ends,
        Some(_) => format!("{ends}, by its machine's own clock"),
        None => {
            let (above, below) = &story.bounds;
            match (above, below) {
                (Some(above), Some(below)) => {
                    format!("{ends}: {above} and {below} have the stamps around it")
                }
                (Some(above), None) => format!("{ends}: {above} has the last stamp above it"),
                (None, Some(below)) => format!("{ends}: {below} has the first stamp below it"),
                (None, None) => format!("{ends}: no record of its file has a stamp"),
            }
        }
    }
}

fn derived(story: &Explanation, row: &DerivedRow) -> String {
    let words: Vec<&str> = row.instant.basis.words().collect();
    format!(
        "» {}  {} ({})",
        clock(&story.shown, row.instant.best, row.digits),
        clean(&row.message),
        words.join(" ")
    )
}

fn neighbours(story: &Explanation, line: &mut impl FnMut(&str, &str)) {
    let (before, after) = &story.neighbours;
    for (name, neighbour) in [("above", before), ("below", after)] {
        let Some(neighbour) = neighbour else {
            line(
                name,
                if name == "above" {
                    "nothing: the timeline begins here"
                } else {
                    "nothing: the timeline ends here"
                },
            );
            continue;
        };
        let time = match neighbour.key {
            Some(at) => clock(&story.shown, at, neighbour.digits),
            None => "(undated)".to_owned(),
        };
        let mark = if neighbour.derived { "» " } else { "" };
        line(
            name,
            &format!(
                "{time}  {}  {mark}{}",
                clean(&neighbour.place),
                excerpt(&clean(&neighbour.text), NARROW)
            ),
        );
        line("", order_words(neighbour.order, name == "above"));
    }
}

fn order_words(order: Ordered, above: bool) -> &'static str {
    match (order, above) {
        (Ordered::File, true) => "earlier: a line above it in the same log",
        (Ordered::File, false) => "later: a line below it in the same log",
        (Ordered::Time, true) => "earlier: it was over before this one began",
        (Ordered::Time, false) => "later: it began when this one was over",
        (Ordered::IfGuessed, true) => "earlier, if what is guessed of zones and years is right",
        (Ordered::IfGuessed, false) => "later, if what is guessed of zones and years is right",
        (Ordered::Unknown, _) => "~ order not known: either may have been first",
    }
}

fn pattern(story: &Explanation) -> String {
    let pattern = &story.pattern;
    let source = clean(&story.source);
    match (pattern.count, pattern.is_first) {
        (..=1, _) => format!("the only one of its kind in {source}"),
        (count, true) => format!("the first of {} like it in {source}", counted(count, "record")),
        (count, false) => {
            format!("one of {} like it in {source}; the first is {}", thousands(count), clean(&pattern.first))
        }
    }
}
