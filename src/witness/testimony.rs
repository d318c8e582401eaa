//! Reads the sampled parts of one file for what they say about clocks.

use std::collections::{BTreeMap, HashSet};
use std::io;

use super::embedded::{Form, embedded};
use super::heard::{Served, Smallest, Spoken, When};
use super::interleaved::interleaved;
use super::kernel::{said, said_behind_uptime};
use super::marks::{MarkKind, Marks, SaidBy, Sight, behind_name, deeds, hash, ids};
use super::sample::each_region;
use super::stated_step::stated_step;
use super::stated_zone::stated_zone;
use super::writers::{OddWriter, Writer};
use crate::base::{NANOS_PER_SECOND, Stamp, WrittenDate, WrittenZone};
use crate::grammar::{GrammarId, Head, Known, Slots};
use crate::io::Opened;
use crate::survey::{FileSurvey, JUMP, Layouts, STEP_BACK, lines, uptime};

/// How much a stamp says: what its nanoseconds count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Written {
    /// UTC: the stamp names its offset, or is an epoch.
    Zoned,
    /// Wall clock.
    Local,
    /// Wall clock of the proxy year.
    Yearless,
}

impl Written {
    /// What a stamp says, in nanoseconds; `None` where they do not fit.
    pub fn of(stamp: &Stamp) -> Option<(Self, i64)> {
        let nanos = |seconds: i64| seconds.checked_mul(NANOS_PER_SECOND)?.checked_add(i64::from(stamp.nanos));
        match (stamp.date, stamp.zone) {
            (_, WrittenZone::Epoch) => Some((Self::Zoned, nanos(stamp.seconds)?)),
            // The clock of no zone.
            (_, WrittenZone::Boot) => None,
            (WrittenDate::Full, WrittenZone::Offset(offset)) => {
                Some((Self::Zoned, nanos(stamp.seconds - i64::from(offset))?))
            }
            (WrittenDate::Full, WrittenZone::Absent | WrittenZone::Ambiguous(_)) => {
                Some((Self::Local, nanos(stamp.seconds)?))
            }
            // Which day it was is not known here.
            (WrittenDate::NoDay, _) => None,
            (WrittenDate::NoYear, _) => Some((Self::Yearless, nanos(stamp.seconds)?)),
        }
    }
}

/// A record that quotes an absolute time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Anchor {
    /// The stretch of the file.
    pub piece: u32,
    /// How much the record's stamp says.
    pub written: Written,
    /// The record's stamp, nanoseconds.
    pub at: i64,
    /// The time quoted, nanoseconds since 1970 UTC.
    pub utc: i64,
    /// How it is written.
    pub form: Form,
    /// Offset of the line that quotes it.
    pub offset: u64,
}

/// A kernel line: wall clock and monotonic clock at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UptimePoint {
    /// The stretch of the file.
    pub piece: u32,
    /// How much the record's stamp says.
    pub written: Written,
    /// The record's stamp, nanoseconds, and how wide it is.
    pub at: i64,
    /// Width of the stamp, nanoseconds.
    pub width: i64,
    /// Nanoseconds since boot.
    pub uptime: i64,
    /// Whose kernel: index in [`Testimony::kernels`].
    pub kernel: u32,
    /// Hash of what it says.
    pub said: u64,
    /// Offset of the record.
    pub offset: u64,
}

/// A record that tells its uptime and no other time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counted {
    /// Nanoseconds since boot.
    pub uptime: i64,
    /// Hash of what it says: the same as that of a kernel line that says the same.
    pub said: u64,
    /// Offset of the record.
    pub offset: u64,
}

/// A record that states a zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ZoneStated {
    /// The stretch of the file, how much the record's stamp says, and the stamp in nanoseconds; none in a file
    /// without stamps.
    pub when: Option<(u32, Written, i64)>,
    /// The zone's name, as written.
    pub name: String,
    /// Whether it says that the machine's zone was changed to it just then.
    pub changed: bool,
    /// Offset of the record.
    pub offset: u64,
}

/// A record that tells of a step of its machine's clock, written right behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StepStated {
    /// The stretch of the file, how much the record's stamp says, and the stamp in nanoseconds.
    pub when: (u32, Written, i64),
    /// How much the clock gained, nanoseconds.
    pub by: i64,
    /// Offset of the record.
    pub offset: u64,
}

/// A mark in a file without stamps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Loose {
    /// What it is made of.
    pub kind: MarkKind,
    /// Hash of the mark.
    pub hash: u64,
    /// Offset of its line.
    pub offset: u64,
}

/// Everything one file says about clocks.
#[derive(Clone, Debug, Default)]
pub struct Testimony {
    /// Quoted absolute times, each value once, in file order.
    pub anchors: Vec<Anchor>,
    /// Records without a zone right beside others that count from 1970, with what those say.
    pub beside: Vec<Anchor>,
    /// Identifiers and messages.
    pub sights: Vec<Sight>,
    /// Kernel lines.
    pub uptimes: Vec<UptimePoint>,
    /// Hosts that kernel lines name; an empty one where they name none.
    pub kernels: Vec<Vec<u8>>,
    /// Records without a time but their uptime: a sample, in file order.
    pub counted: Vec<Counted>,
    /// The host that most records name.
    pub host: Option<String>,
    /// All hosts that records name, as long as there are not too many.
    pub hosts: Vec<String>,
    /// Messages with the host that said them, by hash.
    pub spoken: Vec<Spoken>,
    /// Requests with a duration, by hash.
    pub served: Vec<Served>,
    /// Writers whose clock is not the file's.
    pub writers: Vec<OddWriter>,
    /// For each surveyed chunk, the number of the stretch between two jumps that it belongs to; jumps
    /// between writers with different clocks are none.
    pub stretches: Vec<u32>,
    /// Offsets of the zones that header lines name for the stamps below them, seconds, each once, and where.
    pub header_zones: Vec<(i32, u64)>,
    /// Jumps of the stamps that no writer explains.
    pub jumps: u32,
    /// Marks of a file in which no record has a stamp, by kind, hash and place.
    pub loose: Vec<Loose>,
    /// Records that state a zone: the first ones, in file order.
    pub zones: Vec<ZoneStated>,
    /// Records that tell of steps of the clock: the first ones, in file order.
    pub steps: Vec<StepStated>,
    /// Whether a record states an instant of its own (`started at ...`).
    pub states: bool,
    /// Hash of the program of the last record that was heard.
    pub last_program: Option<u64>,
    /// Whether records of several programs were heard.
    pub programs: bool,
    /// Whether stamps that name their offset run back again and again by as much as zones differ: writers with
    /// clocks of their own share a label that is not true of all of them.
    pub mixed_labels: bool,
}

impl Testimony {
    /// The writer's clock minus the file's, and whether that is certain; `None` for a writer whose clock
    /// is the file's.
    pub fn odd(&self, host: Option<&[u8]>, program: Option<&[u8]>) -> Option<&OddWriter> {
        odd_one(&self.writers, host, program)
    }
}

/// The odd writer that wrote a record of this host and program, if one did.
#[inline]
pub fn odd_one<'a>(
    writers: &'a [OddWriter],
    host: Option<&[u8]>,
    program: Option<&[u8]>,
) -> Option<&'a OddWriter> {
    writers.iter().find(|odd| match &odd.writer {
        Writer::Host(name) => host == Some(name),
        Writer::Program(name) => program == Some(name),
    })
}

/// Most anchors and most kernel lines kept of one file.
const MOST: usize = 4096;

/// Most statements of zones kept of one file.
const MOST_ZONES: usize = 64;

/// Most statements of steps kept of one file.
const MOST_STEPS: usize = 256;

/// Shortest message that is recognised in another file, in bytes.
const SHORTEST_MESSAGE: usize = 16;

/// What kernels call themselves in logs.
pub const KERNEL: &[u8] = b"kernel";

struct Witness<'a> {
    layouts: Layouts<'a>,
    survey: &'a FileSurvey,
    stretches: Vec<u32>,
    slots: Slots,
    said: Testimony,
    marks: Marks,
    quoted: HashSet<(i64, Form)>,
    /// Number of each host, in the order met, and how many records name it.
    hosts: BTreeMap<Vec<u8>, (u32, u32)>,
    spoken: Smallest<Spoken>,
    served: Smallest<Served>,
    counted: Smallest<Counted>,
    loose: Smallest<Loose>,
    /// Whether no record of the file has a stamp.
    stampless: bool,
    /// The record that lines belong to: its stretch and stamp.
    current: Option<(u32, Written, i64)>,
    /// The record above: whether it counts from 1970, its stretch, how much its stamp says, the stamp; its place.
    neighbour: Option<((bool, u32, Written, i64), u64)>,
    /// The last stamp without a zone, nanoseconds, and how often one lies well before the one above it.
    last: Option<i64>,
    steps_back: u32,
    /// The same of stamps that name theirs, as instants.
    last_zoned: Option<i64>,
    zoned_back: u32,
}

/// Hears one file, and keeps up to `most` marks of each kind. `known` are writers with a clock of their own in
/// other files of the same log. Errors: what the file system says.
pub fn testify(
    layouts: Layouts<'_>,
    opened: &Opened,
    survey: &FileSurvey,
    most: usize,
    known: &[Writer],
) -> io::Result<Testimony> {
    let jumps_back = survey.chunks.iter().any(|(_, chunk)| chunk.jumps.1 > 0);
    if !jumps_back && known.is_empty() {
        let (said, steps_back) = hear(layouts, opened, survey, most, Default::default())?;
        // Two zones a quarter of an hour apart leave no jump, but steps.
        if steps_back < FEWEST_STEPS {
            return Ok(said);
        }
    }
    let writers = interleaved(layouts, opened, survey, known)?;
    Ok(hear(layouts, opened, survey, most, writers)?.0)
}

/// Steps back that make a file look as if several writers' clocks were in it.
const FEWEST_STEPS: u32 = 3;

/// Hears one file whose writers with clocks of their own are known, with the chunks whose jump they explain. Tells
/// how often its stamps step back.
fn hear(
    layouts: Layouts<'_>,
    opened: &Opened,
    survey: &FileSurvey,
    most: usize,
    (writers, explained): (Vec<OddWriter>, Vec<usize>),
) -> io::Result<(Testimony, u32)> {
    let mut witness = Witness {
        layouts,
        survey,
        stretches: survey.stretches(&explained),
        slots: Slots::default(),
        said: Testimony { writers, ..Testimony::default() },
        marks: Marks::new(most),
        quoted: HashSet::new(),
        hosts: BTreeMap::new(),
        spoken: Smallest::new(most),
        served: Smallest::new(most),
        counted: Smallest::new(most),
        loose: Smallest::new(most),
        stampless: survey.chunks.iter().all(|(_, chunk)| chunk.first.is_none() && chunk.uptimes.is_none()),
        current: None,
        last: None,
        steps_back: 0,
        last_zoned: None,
        neighbour: None,
        zoned_back: 0,
    };
    each_region(opened, survey, |base, text| {
        (witness.current, witness.last, witness.last_zoned) = (None, None, None);
        witness.neighbour = None;
        for (start, _, line) in lines(text, 0) {
            witness.line(base + start as u64, &text[start..], line);
        }
    })?;
    let Witness { mut said, marks, hosts, spoken, served, counted, loose, stretches, steps_back, .. } =
        witness;
    said.stretches = stretches;
    said.mixed_labels = witness.zoned_back >= FEWEST_STEPS;
    let jumps: u32 = survey.chunks.iter().map(|(_, chunk)| chunk.jumps.0 + chunk.jumps.1).sum();
    said.jumps = jumps.saturating_sub(explained.len() as u32);
    said.sights = marks.finish();
    said.spoken = spoken.finish(|spoken| spoken.when.offset);
    said.served = served.finish(|served| served.when.offset);
    said.counted = counted.finish(|counted| counted.offset);
    said.counted.sort_by_key(|counted| counted.offset);
    said.loose = loose.finish(|loose| loose.offset);
    said.loose.sort_unstable();
    let text = |host: &[u8]| String::from_utf8_lossy(host).into_owned();
    said.hosts = vec![String::new(); hosts.len()];
    for (host, (number, _)) in &hosts {
        said.hosts[*number as usize] = text(host);
    }
    let host = hosts.into_iter().max_by(|a, b| a.1.1.cmp(&b.1.1).then_with(|| b.0.cmp(&a.0)));
    said.host = host.map(|(host, _)| text(&host));
    Ok((said, steps_back))
}

/// Keeps the step of the clock that a record tells of.
fn state_step(said: &mut Testimony, program: &[u8], message: &[u8], when: (u32, Written, i64), offset: u64) {
    if said.steps.len() < MOST_STEPS
        && let Some(by) = stated_step(program, message)
    {
        said.steps.push(StepStated { when, by, offset });
    }
}

/// Keeps the zone that a record states.
fn state_zone(said: &mut Testimony, message: &[u8], when: Option<(u32, Written, i64)>, offset: u64) {
    if said.zones.len() < MOST_ZONES
        && let Some(zone) = stated_zone(message)
    {
        said.zones.push(ZoneStated { when, name: zone.name.to_owned(), changed: zone.changed, offset });
    }
}

impl Witness<'_> {
    fn line(&mut self, offset: u64, text: &[u8], line: &[u8]) {
        let begun = self.layouts.begins(text, line.len(), &mut self.slots);
        let Some((id, head)) = begun else {
            self.header(line, offset);
            // A line of the record above.
            if let Some((piece, written, at)) = self.current {
                self.quotes(line, offset, (piece, written, at));
            }
            return;
        };
        self.current = None;
        let Some(stamp) = head.stamp else {
            if self.stampless {
                self.loose(id, &head, offset, line);
            }
            return;
        };
        if stamp.zone == WrittenZone::Boot {
            return self.counted((id, &head), &stamp, offset, line);
        }
        let Some((written, at)) = Written::of(&stamp) else { return };
        let index = self.survey.chunks.partition_point(|(start, _)| *start <= offset).saturating_sub(1);
        let piece = self.stretches.get(index).copied().unwrap_or(0);
        let reading = self.layouts.set.get(id).read(line, &head, &mut self.slots, false);
        self.said.states = self.said.states || self.layouts.set.stated(reading.message.of(line)).is_some();
        let part = |part: Known| self.slots.known(part).map(|span| span.of(line));
        let message = reading.message.of(line);
        // Everything behind the stamp itself may quote a time or name a thing.
        let stamp_end = self.slots.known(Known::Time).map_or(0, |span| span.end as usize);
        let body = &line[stamp_end.min(line.len())..];
        let (host, program, pid) = (part(Known::Host), part(Known::Program), part(Known::Pid));
        // What the file's own clock showed when another writer's record was written.
        let odd = self.said.odd(host, program).filter(|_| written != Written::Zoned);
        let at = match odd {
            Some(odd) if !odd.certain => return,
            Some(odd) => at - odd.offset,
            None => at,
        };
        let own_clock = odd.is_none();
        // Another host's clock may stand an hour apart because it was set wrongly: what it quotes says nothing of
        // this one.
        let foreign = odd.is_some_and(|odd| matches!(odd.writer, Writer::Host(_)));
        let by = hash(&[program.unwrap_or_default()]);
        self.said.programs |= self.said.last_program.replace(by).is_some_and(|last| last != by);
        let (last, back, least) = match written {
            Written::Zoned => (&mut self.last_zoned, &mut self.zoned_back, JUMP),
            _ => (&mut self.last, &mut self.steps_back, STEP_BACK),
        };
        *back += u32::from(last.replace(at).is_some_and(|last| last.saturating_sub(at) > least));
        self.current = Some((piece, written, at));
        self.beside((stamp.zone == WrittenZone::Epoch, piece, written, at), offset);
        let number = host.and_then(|host| self.number(host));
        let when = When { piece, written, at, width: stamp.resolution.width(), offset };
        if let (Some(number), Some(host), Some(program), Some(pid)) = (number, host, program, pid)
            && own_clock
            && message.len() >= SHORTEST_MESSAGE
        {
            let hash = hash(&[host, program, pid, message.trim_ascii()]);
            self.spoken.add(hash, Spoken { hash, host: number, when });
        }
        if own_clock {
            self.serve(id, line, stamp_end, when);
            state_zone(&mut self.said, message, Some((piece, written, at)), offset);
            state_step(&mut self.said, program.unwrap_or_default(), message, (piece, written, at), offset);
        }
        let by = number.map_or(SaidBy::Unnamed, SaidBy::Host);
        let add = |marks: &mut Marks, kind, hash| marks.add(piece, kind, written, hash, (at, offset), by);
        let words = if program.is_none() { behind_name(message.trim_ascii()) } else { message.trim_ascii() };
        if words.len() >= SHORTEST_MESSAGE {
            add(&mut self.marks, MarkKind::Message, hash(&[words]));
        }
        let marks = &mut self.marks;
        ids(body, |word| add(marks, MarkKind::Id, hash(&[word])));
        // Who made a request stands before the stamp in most access logs.
        deeds(line, |kind, hash| add(marks, kind, hash));
        if program == Some(KERNEL) {
            self.kernel(host.unwrap_or_default(), message, when);
        }
        if !foreign {
            self.quotes(body, offset, (piece, written, at));
        }
    }

    /// Notes a record without a zone whose neighbour in the file counts from 1970: a label may lie, such a count
    /// hardly can.
    fn beside(&mut self, own: (bool, u32, Written, i64), offset: u64) {
        let Some((last, place)) = self.neighbour.replace((own, offset)) else { return };
        let ((epoch, local), offset) = match (last.0, own.0) {
            (true, false) => ((last.3, own), offset),
            (false, true) => ((own.3, last), place),
            _ => return,
        };
        let (_, piece, written, at) = local;
        if written != Written::Zoned && self.said.beside.len() < MOST {
            self.said.beside.push(Anchor { piece, written, at, utc: epoch, form: Form::Epoch, offset });
        }
    }

    /// A kernel line, if it tells its uptime.
    fn kernel(&mut self, host: &[u8], message: &[u8], when: When) {
        let Some(uptime) = uptime(message).filter(|_| self.said.uptimes.len() < MOST) else { return };
        let said = &mut self.said;
        let kernel = said.kernels.iter().position(|known| known == host).unwrap_or_else(|| {
            said.kernels.push(host.to_vec());
            said.kernels.len() - 1
        }) as u32;
        let When { piece, written, at, width, offset } = when;
        let text = said_behind_uptime(message);
        said.uptimes.push(UptimePoint { piece, written, at, width, uptime, kernel, said: text, offset });
    }

    /// A line that begins no record: the zone that it names, if it is a header that does.
    fn header(&mut self, line: &[u8], offset: u64) {
        let named = self.layouts.set.get(self.layouts.format.primary).header_zone(line);
        let known = |zone| self.said.header_zones.iter().any(|(known, _)| *known == zone);
        if let Some(zone) = named.filter(|zone| !known(*zone)) {
            self.said.header_zones.push((zone, offset));
        }
    }

    /// A request with its duration.
    fn serve(&mut self, id: GrammarId, line: &[u8], stamp_end: usize, when: When) {
        let Some(took) = self.layouts.set.get(id).duration(line, &self.slots) else { return };
        // An identifier may stand before the stamp, where the order of fields is free.
        let stamped = self.slots.known(Known::Time).map_or(0..0, |span| span.start as usize..stamp_end);
        let served = &mut self.served;
        for part in [&line[..stamped.start.min(line.len())], &line[stamp_end.min(line.len())..]] {
            ids(part, |word| {
                let hash = hash(&[word]);
                served.add(hash, Served { hash, took, when });
            });
        }
    }

    /// A record that tells its uptime only.
    fn counted(&mut self, (id, head): (GrammarId, &Head), stamp: &Stamp, offset: u64, line: &[u8]) {
        let reading = self.layouts.set.get(id).read(line, head, &mut self.slots, false);
        let uptime = stamp.seconds.saturating_mul(NANOS_PER_SECOND).saturating_add(i64::from(stamp.nanos));
        let said = said(reading.message.of(line));
        self.counted
            .add(hash(&[&said.to_le_bytes(), &uptime.to_le_bytes()]), Counted { uptime, said, offset });
    }

    /// Marks of a line without a stamp.
    fn loose(&mut self, id: GrammarId, head: &Head, offset: u64, line: &[u8]) {
        let reading = self.layouts.set.get(id).read(line, head, &mut self.slots, false);
        let message = reading.message.of(line).trim_ascii();
        state_zone(&mut self.said, message, None, offset);
        let loose = &mut self.loose;
        let mut add = |kind, hash| loose.add(hash, Loose { kind, hash, offset });
        if message.len() >= SHORTEST_MESSAGE {
            add(MarkKind::Message, hash(&[message]));
        }
        ids(message, |word| add(MarkKind::Id, hash(&[word])));
    }

    /// The number of a host, as long as there are not too many. Counts that a record names it.
    fn number(&mut self, host: &[u8]) -> Option<u32> {
        const MOST_HOSTS: usize = 64;
        let next = self.hosts.len();
        if next >= MOST_HOSTS && !self.hosts.contains_key(host) {
            return None;
        }
        let entry = self.hosts.entry(host.to_vec()).or_insert((next as u32, 0));
        entry.1 += 1;
        Some(entry.0)
    }

    fn quotes(&mut self, text: &[u8], offset: u64, (piece, written, at): (u32, Written, i64)) {
        if self.said.anchors.len() >= MOST {
            return;
        }
        let (said, quoted) = (&mut self.said, &mut self.quoted);
        embedded(text, |time| {
            if quoted.insert((time.utc, time.form)) {
                said.anchors.push(Anchor { piece, written, at, utc: time.utc, form: time.form, offset });
            }
        });
    }
}
