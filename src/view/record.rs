//! One event read again in full: fields, host, program, the interval of its instant and its reasons.
//! A derived event is not read again: it brings all of that along.

use memchr::memchr;

use crate::base::{Basis, Batch, Derived, Event, Flags, Instant, Stamp, Start, ToldRows};
use crate::grammar::{Columns, Grammar, GrammarId, Head, Known, Slots};
use crate::survey::uptime;
use crate::view::Scene;
use crate::witness::KERNEL;

/// A record with everything its grammar can tell. Reading it costs another run over its text, paid only
/// for records that are shown with their fields.
pub struct Record<'a> {
    /// The grammar that read it.
    pub grammar: &'a Grammar,
    /// The record as written.
    pub text: &'a [u8],
    slots: Slots,
    reading: Option<crate::grammar::Reading>,
    /// The instant, when the record has a stamp; for an undated one its bounds.
    pub instant: Option<Instant>,
    /// The stamp as read, with its holes.
    pub stamp: Option<Stamp>,
    /// What a derived event is, instead of a text.
    derived: Option<&'a Derived>,
    /// Where a store tells of it: the rows, and which.
    told: Option<(&'a dyn ToldRows, u32)>,
    /// What the cells of a table's row are called.
    columns: Option<&'a Columns>,
    /// How the record begins.
    head: Option<Head>,
    /// Since when a row covers its time.
    since: Option<Start>,
}

impl<'a> Record<'a> {
    /// Reads an event's record again, whole.
    pub fn read(scene: &'a Scene<'_>, batch: &'a Batch, event: &Event) -> Self {
        Self::read_parts(scene, batch, event, false)
    }

    /// Reads as much of an event's record again as its message needs.
    pub fn read_message(scene: &'a Scene<'_>, batch: &'a Batch, event: &Event) -> Self {
        Self::read_parts(scene, batch, event, true)
    }

    fn read_parts(scene: &'a Scene<'_>, batch: &'a Batch, event: &Event, quick: bool) -> Self {
        let grammar = scene.set.get(GrammarId(event.layout));
        let text = batch.record(event);
        if let Some(derived) = batch.derived(event) {
            return Self {
                instant: Some(derived.instant),
                derived: Some(derived),
                ..Self::bare(grammar, text)
            };
        }
        if let Some((rows, row)) = batch.told(event) {
            return Self { instant: rows.instant(row), told: Some((rows, row)), ..Self::bare(grammar, text) };
        }
        let mut slots = Slots::default();
        let first = memchr(b'\n', text).map_or(text, |end| &text[..end]);
        let head = grammar.begins_in(text, first.len(), &mut slots);
        let reading = head.as_ref().map(|head| match quick {
            true => grammar.read_message(text, head, &mut slots),
            false => grammar.read(text, head, &mut slots, false),
        });
        let clock = &scene.file(batch.file).clock;
        let stamp = head.and_then(|head| head.stamp);
        let instant = if event.flags.has(Flags::UNDATED) {
            let known = if event.flags.has(Flags::MTIME_ONLY) { Basis::MTIME } else { Basis::BETWEEN };
            let basis = known.with(clock.landmarks.basis);
            let (earliest, latest) = batch.gap(event);
            let bounded = (earliest, latest) != (i64::MIN, i64::MAX);
            bounded.then_some(Instant { earliest, best: event.key, latest, basis })
        } else {
            let part = |part: Known| slots.known(part).map(|span| span.of(text));
            let odd = clock.odd(part(Known::Host), part(Known::Program));
            let instant = stamp.and_then(|stamp| clock.instant_at(&stamp, event.key, batch.segment, odd));
            let said = || uptime(reading.as_ref()?.message.of(text));
            match (instant, stamp) {
                (Some(instant), Some(stamp))
                    if !clock.kernels.is_empty() && part(Known::Program) == Some(KERNEL) =>
                {
                    let width = stamp.resolution.width();
                    let tight = |uptime| clock.tightened(instant, width, part(Known::Host), uptime);
                    Some(said().map_or(instant, tight))
                }
                _ => instant,
            }
        };
        let named = grammar.table.is_some() || has_cells(grammar, head.as_ref(), first, &slots);
        let headers = named.then_some(&scene.file(batch.file).headers);
        let columns = headers.and_then(|headers| headers.at(batch.line(event))).map(AsRef::as_ref);
        let since = batch.start(event);
        Self {
            grammar,
            text,
            slots,
            reading,
            instant,
            stamp,
            derived: None,
            told: None,
            columns,
            head,
            since,
        }
    }

    /// A record of which nothing was read.
    fn bare(grammar: &'a Grammar, text: &'a [u8]) -> Self {
        Self {
            grammar,
            text,
            slots: Slots::default(),
            reading: None,
            instant: None,
            stamp: None,
            derived: None,
            told: None,
            columns: None,
            head: None,
            since: None,
        }
    }

    /// The name of the format that read it.
    pub fn format(&self) -> &str {
        self.told.map_or(&self.grammar.name, |(rows, row)| rows.format(row))
    }

    /// A well-known part as written.
    pub fn part(&self, part: Known) -> Option<&'a [u8]> {
        if let Some(derived) = self.derived {
            let part = match part {
                Known::Time => &derived.stamp,
                Known::Host => &derived.host,
                Known::Program => &derived.program,
                _ => &None,
            };
            return part.as_deref().map(str::as_bytes);
        }
        if let Some((rows, row)) = self.told {
            let part = match part {
                Known::Time => rows.stamp(row),
                Known::Host => rows.host(row),
                Known::Program => rows.program(row).filter(|(_, written)| *written).map(|(name, _)| name),
                Known::Pid => rows.pid(row),
                _ => None,
            };
            return part.map(str::as_bytes);
        }
        self.slots.known(part).map(|span| span.of(self.text))
    }

    /// The program: named in the record, else by its format.
    pub fn program(&self) -> Option<&[u8]> {
        if let Some((rows, row)) = self.told {
            return rows.program(row).map(|(name, _)| name.as_bytes());
        }
        self.part(Known::Program).or(self.grammar.program.as_deref().map(str::as_bytes))
    }

    /// The message as people read it.
    pub fn message(&self, out: &mut Vec<u8>) {
        if let Some((rows, row)) = self.told {
            return out.extend_from_slice(rows.message(row));
        }
        if let (Some(columns), Some(head), Some(_)) = (self.columns, &self.head, &self.grammar.sections) {
            // Numbers without their names say nothing.
            let mut gap: &[u8] = b"";
            if self.stamp.is_none() {
                out.extend_from_slice(head.of(self.text).trim_ascii_end());
                gap = b"  ";
            }
            self.grammar.cells(self.text, (head, &self.slots), columns, |name, value| {
                for part in [gap, name.as_bytes(), b" ", value] {
                    out.extend_from_slice(part);
                }
                gap = b"  ";
            });
            return self.grammar.further_lines(self.text, out);
        }
        match &self.reading {
            Some(reading) => self.grammar.message(self.text, &self.slots, reading, out),
            None => out.extend_from_slice(self.text),
        }
    }

    /// When what the record tells of began, nanoseconds since 1970, where its stamp is the end of it.
    pub fn start(&self) -> Option<i64> {
        self.stamp?;
        let duration = || Some(self.instant?.best - self.grammar.duration(self.text, &self.slots)?);
        self.since.and_then(|since| since.from).or_else(duration)
    }

    /// Whether its values are averages since its machine started.
    pub fn is_since_boot(&self) -> bool {
        self.since.is_some_and(|since| since.boot)
    }

    /// Whether the date of its time of day stands on its own line.
    pub fn has_own_date(&self) -> bool {
        self.stamp.is_some() && self.grammar.date(self.text, &self.slots).is_some()
    }

    /// Calls `visit` for every further field.
    pub fn fields(&self, mut visit: impl FnMut(&str, &[u8])) {
        if let Some(derived) = self.derived {
            derived.fields.iter().for_each(|(name, value)| visit(name, value.as_bytes()));
        }
        if let Some((rows, row)) = self.told {
            return rows.fields(row, &mut |name, value| visit(name, value.as_bytes()));
        }
        if self.is_since_boot() {
            visit("since", b"boot");
        }
        if let (Some(columns), Some(head), true) = (self.columns, &self.head, self.grammar.sections.is_some())
        {
            if self.stamp.is_none() {
                visit("summary", head.of(self.text).trim_ascii_end());
            }
            return self.grammar.cells(self.text, (head, &self.slots), columns, visit);
        }
        if let (Some(columns), Some(stamp)) = (self.columns, self.slots.known(Known::Time)) {
            let first = self.text.split(|byte| matches!(byte, b'\n' | b'\r')).next().unwrap_or_default();
            return columns.fields(first.get(stamp.end as usize..).unwrap_or_default(), visit);
        }
        if let Some(reading) = &self.reading {
            self.grammar.fields(self.text, &self.slots, reading.message, visit);
        }
    }
}

/// Whether a record of sections has cells under its header: a row or what sums rows up, and no date line.
fn has_cells(grammar: &Grammar, head: Option<&Head>, line: &[u8], slots: &Slots) -> bool {
    let Some(sections) = &grammar.sections else { return false };
    let behind = slots.known(Known::Time).and_then(|stamp| line.get(stamp.end as usize..));
    head.is_some()
        && match behind {
            Some(rest) => !sections.is_remark(rest),
            None => grammar.date(line, slots).is_none(),
        }
}

impl std::fmt::Debug for Record<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Record({})", String::from_utf8_lossy(self.text))
    }
}
