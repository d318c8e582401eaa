//! `timeline explain FILE:LINE`: the story of one stamp. Here it is gathered; `present` tells it.

use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use super::args::{ExplainArgs, ExplainFormat, Input};
use super::context::{Context, proven};
use super::outcome::Ending;
use super::output::Output;
use super::spot::{Seen, Spot, Spotted};
use crate::base::{
    Basis, Error, FileId, NANOS_PER_SECOND, Result, Stamp, WrittenDate, WrittenZone, civil_from_days,
};
use crate::clock::{Clock, Proof, ShiftKind};
use crate::engine::{FileState, Outcome, Prepared};
use crate::ingest::Filter;
use crate::present::{
    DayRow, DerivedRow, Explanation, How, Neighbour, Ordered, PatternRow, WriterRow, YearRow, ZoneRow,
    explanation_json, push_explanation,
};
use crate::text::{clean, file_name, glob};
use crate::time::{Offset, Zone, pretty_span};

/// Files named in a message.
const MOST_NAMED: usize = 8;

/// Proofs told of one zone.
const MOST_PROOFS: usize = 4;

/// Jumps told of one log.
const MOST_JUMPS: usize = 3;

/// Runs `timeline explain`.
pub(super) fn run(args: &ExplainArgs) -> Result<Ending> {
    let (name, line) = wanted(&args.line)?;
    let mut inputs = args.input.inputs.clone();
    if inputs.is_empty() {
        inputs.push(PathBuf::from(name));
    }
    let given = !args.input.inputs.is_empty();
    if !given && name != "-" && !Path::new(name).exists() {
        return Err(Error::new(format!(
            "there is no file {}; if it is a name that another command printed, give that command's INPUT too",
            clean(name)
        )));
    }
    if !given && Path::new(name).is_dir() {
        return Err(Error::new(format!("{} is a folder; name a file in it", clean(name))));
    }
    let context = Context::with_all_sources(&Input { inputs }, &args.common)?;
    context.hush();
    let prepared = context.prepared()?;
    let file = find(prepared, name, (given, &args.common.source))?;
    let state = prepared.file(file);
    if line > state.ledger.lines || line == 0 {
        return Err(Error::new(format!(
            "{} has {} line{}; there is no line {line}",
            clean(&state.name),
            state.ledger.lines,
            if state.ledger.lines == 1 { "" } else { "s" },
        )));
    }
    let scene = context.scene();
    let mut spot = Spot::new(&scene, file, line);
    let outcome = context.drive(&scene, (&Filter::default(), None), &mut spot)?;
    let Some(spotted) = spot.spotted.take() else {
        return Err(Error::new(format!(
            "line {line} of {} belongs to no record: it is empty and stands above the first one",
            clean(&state.name)
        )));
    };
    let story = Teller { context: &context, prepared, outcome: &outcome, state }.story(&spot, spotted);
    let mut text = Vec::new();
    match args.format {
        ExplainFormat::Prose => push_explanation(&mut text, &story, &context.sheet()),
        ExplainFormat::Json => {
            text.extend_from_slice(explanation_json(&story).to_string().as_bytes());
            text.push(b'\n');
        }
    }
    let mut output = Output::stdout();
    output.write(&text)?;
    output.finish()?;
    Ok(context.ending(&outcome.remarks, Ending::Good))
}

/// `FILE:LINE` taken apart.
fn wanted(text: &str) -> Result<(&str, u64)> {
    let parts = text.rsplit_once(':').and_then(|(file, line)| Some((file, line.parse::<u64>().ok()?)));
    parts.filter(|(file, _)| !file.is_empty()).ok_or_else(|| {
        Error::new(format!(
            "`{}` names no line; write FILE:LINE, for example `timeline explain var/log/messages:12 INPUT`",
            clean(text)
        ))
    })
}

/// The file that a name means, of the sources that are asked for: the name as printed, a path, or the end of either.
fn find(prepared: &Prepared, name: &str, (given, sources): (bool, &[String])) -> Result<FileId> {
    let files = &prepared.files;
    let asked = |file: &FileState| {
        let source = &prepared.sources[file.source.0 as usize].name;
        let fits = |pattern: &String| glob(pattern, &file.name) || glob(pattern, source);
        sources.is_empty() || sources.iter().any(fits)
    };
    let typed = name.strip_prefix("./").unwrap_or(name);
    let ends =
        |path: &str| path.strip_suffix(typed).is_some_and(|rest| rest.is_empty() || rest.ends_with('/'));
    let path = |file: &FileState| file_name(file.path().as_os_str().as_bytes());
    let exact = |file: &FileState| file.name == typed || file.name == name || file.path() == Path::new(typed);
    let fits = |file: &FileState| ends(&file.name) || ends(&path(file));
    let of = |wanted: &dyn Fn(&FileState) -> bool| -> Vec<usize> {
        (0..files.len()).filter(|index| wanted(&files[*index]) && asked(&files[*index])).collect()
    };
    let mut found = of(&exact);
    if found.is_empty() {
        found = of(&fits);
    }
    let shown = clean(name);
    if let [one] = found[..] {
        return Ok(FileId(one as u32));
    }
    if !found.is_empty() {
        let names = named(found.iter().map(|index| &files[*index].name));
        return Err(Error::new(format!(
            "`{shown}` is the end of {} names: {names}; write more of the one you mean",
            found.len()
        )));
    }
    let remark = prepared.ledger.remarks.iter().find(|remark| ends(&remark.file) || !given);
    if let Some(remark) = remark {
        return Err(Error::new(format!("{} was not read: {}", clean(&remark.file), clean(&remark.why))));
    }
    let asked_names = || files.iter().filter(|file| asked(file)).map(|file| &file.name);
    let last =
        Path::new(typed).file_name().map(|last| last.to_string_lossy().into_owned()).unwrap_or_default();
    let alike: Vec<&String> = asked_names().filter(|file| !last.is_empty() && file.contains(&last)).collect();
    let names = match alike.is_empty() {
        true => named(asked_names()),
        false => named(alike.into_iter()),
    };
    Err(Error::new(match names.is_empty() {
        true => format!("no file called `{shown}` was read"),
        false => format!("no file called `{shown}` was read; these were: {names}"),
    }))
}

/// Names in a message: the first few.
fn named<'a>(names: impl Iterator<Item = &'a String>) -> String {
    let mut names: Vec<String> = names.map(|name| clean(name)).collect();
    let more = names.len().saturating_sub(MOST_NAMED);
    names.truncate(MOST_NAMED);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{more}", names.join(", "))
}

/// Gathers what is to be told of one record.
struct Teller<'a> {
    context: &'a Context,
    prepared: &'a Prepared,
    outcome: &'a Outcome,
    state: &'a FileState,
}

impl Teller<'_> {
    fn story(&self, spot: &Spot<'_>, spotted: Spotted) -> Explanation {
        let prepared = self.prepared;
        let (file, line) = (spotted.seen.file, spotted.seen.line);
        let source = prepared.sources[self.state.source.0 as usize].name.clone();
        let stamp = spotted.stamp.as_ref().map(|(_, stamp)| *stamp);
        let odd = spotted.odd.as_ref().filter(|_| stamp.is_some_and(|stamp| stamp.zone.is_open()));
        let writer = odd.and_then(|odd| {
            Some(WriterRow {
                offset: odd.certain.then_some((odd.offset / NANOS_PER_SECOND) as i32),
                proof: proven(self.prepared, self.state.clock.writer_proof(odd)?),
            })
        });
        let own = prepared.derived.iter().filter(|derived| (derived.file, derived.line) == (file, line));
        let derived = own.map(|derived| DerivedRow {
            message: derived.message.clone(),
            instant: derived.instant,
            digits: derived.resolution.fraction_digits(),
        });
        let place = |line: Option<u64>| Some(format!("{}:{}", self.state.name, line?));
        let bounds = match stamp {
            Some(_) => (None, None),
            None => (place(spot.stamped.0), place(spot.stamped.1)),
        };
        let stat = self.outcome.catalogue.patterns.get(&(self.state.source, spotted.pattern));
        let first = stat.map_or((file, line), |stat| stat.first_place);
        Explanation {
            file: self.state.name.clone(),
            line,
            lines: spotted.lines,
            asked: spot.line,
            source,
            format: spotted.format.clone(),
            record: spotted.record.clone(),
            event: spotted.event.clone(),
            unsettled: spotted.unsettled.clone(),
            instant: spotted.instant,
            zone: stamp.and_then(|stamp| self.zone(&stamp, &spotted)),
            writer,
            skew: stamp.and(self.state.clock.skew_proof()).map(|proof| proven(self.prepared, proof)),
            year: stamp.and_then(|stamp| self.year(&stamp, &spotted)),
            day: stamp.and_then(|stamp| self.day(&stamp, &spotted)),
            bounds,
            landmarks: self.landmarks(),
            covers: spotted.covers,
            derived: derived.collect(),
            neighbours: (
                spot.above.as_ref().map(|above| self.neighbour(above, &spotted.seen, true)),
                spot.below.as_ref().map(|below| self.neighbour(below, &spotted.seen, false)),
            ),
            pattern: PatternRow {
                id: spotted.pattern,
                count: stat.map_or(1, |stat| stat.count),
                first: format!("{}:{}", prepared.file(first.0).name, first.1),
                is_first: spotted.first,
            },
            uptime: spotted.uptime,
            stamp: spotted.stamp,
            shown: self.context.plan.settle.default_zone.clone(),
            alone: prepared.files.len() == 1,
        }
    }

    /// The zone of the stamp, how it is known, and where it is open what else it could be.
    fn zone(&self, stamp: &Stamp, spotted: &Spotted) -> Option<ZoneRow> {
        let clock = &self.state.clock;
        let instant = spotted.instant?;
        let number = usize::from(spotted.segment).min(clock.segments.len() - 1);
        let segment = &clock.segments[number];
        let offset = segment.zone.offset_at(instant.best.div_euclid(NANOS_PER_SECOND)).0;
        let plain = |how| ZoneRow {
            name: segment.zone.name().to_owned(),
            offset,
            how,
            from_line: 1,
            to_line: None,
            proofs: Vec::new(),
            readings: Vec::new(),
            settle: None,
        };
        let file = spotted.seen.file.0 as usize;
        let proofs = || {
            let own = clock.zone_proofs().iter();
            let own = own.filter(|proof| clock.speaks_of(proof, file, spotted.segment)).take(MOST_PROOFS);
            own.map(|proof| proven(self.prepared, proof)).collect::<Vec<String>>()
        };
        match (stamp.zone, clock.repair) {
            (WrittenZone::Offset(written), None) => {
                let name = Zone::fixed(written).name().to_owned();
                return Some(ZoneRow { name, offset: written, ..plain(How::Offset(written)) });
            }
            (WrittenZone::Offset(written), Some(by)) => {
                let offset = written - by as i32;
                let name = Zone::fixed(offset).name().to_owned();
                return Some(ZoneRow { name, offset, proofs: proofs(), ..plain(How::Repaired(written, by)) });
            }
            (WrittenZone::Epoch, _) => {
                return Some(ZoneRow { name: "UTC".to_owned(), offset: 0, ..plain(How::Epoch) });
            }
            (WrittenZone::Boot, _) => {
                let boot = segment.boot.as_ref()?;
                let how = if boot.is_guessed() { How::Default } else { How::Boot };
                return Some(ZoneRow { proofs: vec![proven(self.prepared, &boot.proof)], ..plain(how) });
            }
            (WrittenZone::Absent | WrittenZone::Ambiguous(_), _) => {}
        }
        let format = self.context.set.get(self.state.format.primary).zone.is_some();
        let how = match segment.zone_basis {
            _ if instant.basis.has(Basis::ZONE_DEFAULT) => How::Default,
            Basis::ZONE_ASSUMED => How::Assumed,
            Basis::ZONE_INFERRED if format => How::Format,
            Basis::ZONE_INFERRED => How::Inferred,
            _ => How::Default,
        };
        let next = self.state.extents.get(number + 1);
        let own = segment.reading(stamp.zone).filter(|_| spotted.odd.is_none());
        let offset = own.unwrap_or(offset);
        let name = match own {
            Some(offset) if segment.zone.offset_at(instant.best.div_euclid(NANOS_PER_SECOND)).0 != offset => {
                Zone::fixed(offset).name().to_owned()
            }
            _ => segment.zone.name().to_owned(),
        };
        let mut row = ZoneRow {
            name,
            offset,
            from_line: self.state.extents.get(number).map_or(1, |extent| extent.first_line),
            to_line: next.map(|extent| extent.first_line.saturating_sub(1)),
            ..plain(how)
        };
        if matches!(how, How::Inferred | How::Default) {
            row.proofs = proofs();
        }
        if how == How::Default {
            row.readings = self.readings(clock, stamp, spotted);
            row.proofs.extend(self.jumps());
            let source = &self.prepared.sources[self.state.source.0 as usize].name;
            row.settle = Some(match self.prepared.files.len() {
                1 => "--assume-tz ZONE decides it".to_owned(),
                _ => format!("--assume-tz '{}=ZONE' decides it", clean(source)),
            });
        }
        Some(row)
    }

    /// What a stamp whose zone is open would mean in UTC and in `--tz`.
    fn readings(&self, clock: &Clock, stamp: &Stamp, spotted: &Spotted) -> Vec<(String, i64)> {
        let (Some(instant), chosen) = (spotted.instant, clock.segment(spotted.segment)) else {
            return Vec::new();
        };
        let (year, stamp) = clock.dated(stamp, instant.best, spotted.segment, None);
        let Some(seconds) = stamp.seconds_in_year(year) else { return Vec::new() };
        let zones = [Zone::utc(), self.context.plan.settle.default_zone.clone()];
        let mut readings: Vec<(String, i64)> = Vec::new();
        for zone in zones {
            let at = zone.to_utc(seconds).0 * NANOS_PER_SECOND + i64::from(stamp.nanos) - clock.ahead();
            let known = at == instant.best || readings.iter().any(|(_, other)| *other == at);
            if !known && zone != chosen.zone {
                readings.push((zone.name().to_owned(), at));
            }
        }
        readings
    }

    /// What other logs tell of lines of a file without stamps.
    fn landmarks(&self) -> Option<String> {
        let clock = &self.state.clock;
        let proof = clock.proofs.first().filter(|_| !clock.landmarks.marks.is_empty())?;
        Some(proven(self.prepared, proof))
    }

    /// Jumps of its log that may be a changed zone or a silence.
    fn jumps(&self) -> Vec<String> {
        let prepared = self.prepared;
        let files = &prepared.sources[self.state.source.0 as usize].files;
        let open = prepared.shifts.iter().filter(|shift| {
            shift.kind == ShiftKind::Ambiguous && files.contains(&FileId(shift.after.file as u32))
        });
        let told = open.take(MOST_JUMPS).map(|shift| {
            let (from, to) = (Offset(shift.offsets.0), Offset(shift.offsets.1));
            let proof = Proof {
                text: format!(
                    "its stamps jump by {} at {{0}}: a silence, or a zone changed from {from} to {to}",
                    pretty_span(shift.jump)
                ),
                places: vec![shift.after],
            };
            proven(self.prepared, &proof)
        });
        told.collect()
    }

    /// The year of a stamp that names none; of one that counts from a boot that of the log that dates it,
    /// where it is open.
    fn year(&self, stamp: &Stamp, spotted: &Spotted) -> Option<YearRow> {
        let clock = match (stamp.zone, stamp.date) {
            (WrittenZone::Boot, _) => {
                let boot = self.state.clock.segment(spotted.segment).boot.as_ref()?;
                let place = boot.proof.places.last().filter(|_| boot.is_any_year())?;
                &self.prepared.files[place.file].clock
            }
            (WrittenZone::Epoch, _) | (_, WrittenDate::Full | WrittenDate::NoDay) => return None,
            (_, WrittenDate::NoYear) => &self.state.clock,
        };
        let years = &clock.years;
        let year = self.state.clock.year_of(spotted.instant?.best, spotted.segment);
        // They are told as years of the newest record: this one may stand before a New Year.
        let candidates = years.candidates.iter().map(|candidate| candidate - years.best + year).collect();
        let basis = clock.year_basis.words().next().unwrap_or("");
        Some(YearRow { year, basis, candidates, why: years.reason.clone() })
    }

    /// The day of a stamp that names a time of day only.
    fn day(&self, stamp: &Stamp, spotted: &Spotted) -> Option<DayRow> {
        if stamp.date != WrittenDate::NoDay {
            return None;
        }
        let days = self.state.clock.days.as_ref()?;
        let (_, dated) = self.state.clock.dated(stamp, spotted.instant?.best, spotted.segment, None);
        let day = dated.seconds.div_euclid(86_400);
        let name = |day: i64| {
            let (year, month, day) = civil_from_days(day);
            format!("{year:04}-{month:02}-{day:02}")
        };
        Some(DayRow {
            day: name(day),
            basis: days.basis.words().next().unwrap_or(""),
            open: days.spread.map(|(back, on)| (name(day - back), name(day + on))),
            why: match spotted.own_date {
                true => "from the date before it".to_owned(),
                false => days.reason.clone(),
            },
        })
    }

    /// A neighbour, and what is known of the order of the two.
    fn neighbour(&self, other: &Seen, own: &Seen, above: bool) -> Neighbour {
        let file = self.prepared.file(other.file);
        let same = file.source == self.state.source && !other.derived;
        let before = match above {
            true => other.place.is_before(&own.place),
            false => own.place.is_before(&other.place),
        };
        let guessed = other.guessed || own.guessed;
        // By its stamp a line may stand where it does not stand in the file.
        let late = same && other.place.stands_below(&own.place) == above;
        let order = match (before, same) {
            (_, true) if late => Ordered::Against,
            (false, _) => Ordered::Unknown,
            (true, true) => Ordered::File,
            (true, false) if guessed && file.source != self.state.source => Ordered::IfGuessed,
            (true, false) => Ordered::Time,
        };
        Neighbour {
            place: format!("{}:{}", file.name, other.line),
            at: (file.name.clone(), other.line),
            key: other.key,
            digits: other.resolution.fraction_digits(),
            derived: other.derived,
            text: other.text.clone(),
            order,
        }
    }
}
