//! Repetitions that a log only counts, as events of their own: `last message repeated 3 times` becomes one event
//! with the message that was repeated, so that a search for that message finds it. The record itself stays where
//! its stamp puts it.
//!
//! One event, not three: when each of them was is not written anywhere. They lie between the record before and
//! the one that counts them. Only files in which the survey met such words are looked through.

use std::collections::HashMap;

use super::further::{self, MOST, Told};
use super::prepare::{Chunk, FileState, Prepared};
use crate::base::{Basis, Derived, FileId, Instant, Level, ORIGINAL, Stamp};
use crate::clock::ClockReader;
use crate::grammar::{GrammarSet, Known, Slots};
use crate::pattern::LevelRules;
use crate::survey::{Layouts, REPEATED};

/// Most writers of one file whose last message is remembered.
const MOST_WRITERS: usize = 4_096;
/// Longest message that is remembered: with the writers it bounds the memory.
const LONGEST: usize = 8 * 1024;
/// rsyslog writes no more than 800 bytes of the message that was repeated.
const CUT: usize = 800;

/// Pushes an event for every record that only counts repetitions.
pub(super) fn derive_repeats(prepared: &mut Prepared, set: &GrammarSet, rules: &LevelRules) {
    further::derive(prepared, |file| file.repeats, |prepared, id| in_file(prepared, set, rules, id));
}

fn in_file(prepared: &Prepared, set: &GrammarSet, rules: &LevelRules, id: FileId) -> Told {
    let state = prepared.file(id);
    let layouts = Layouts { set, format: &state.format };
    let mut repeats = Repeats { id, state, rules, slots: Slots::default(), lasts: Lasts::default() };
    let more = format_args!("count repetitions; what was repeated is only shown for the first {MOST}");
    further::each_line(prepared, id, ("repeated messages", more), |reader, chunk, number, line| {
        repeats.line(&layouts, reader, chunk, number, line)
    })
}

/// A stamp, the key it led to, and the segment of the clock that it was read with.
type Place = (Stamp, i64, u16);

/// Who wrote a record.
#[derive(Clone, Copy)]
struct Writer<'a> {
    host: Option<&'a [u8]>,
    program: Option<&'a [u8]>,
    pid: Option<&'a [u8]>,
}

/// The last record of a writer, or the last that counted its repetitions.
#[derive(Default)]
struct Last {
    host: Option<Vec<u8>>,
    program: Option<Vec<u8>>,
    pid: Option<Vec<u8>>,
    /// `None` when it is too long to be remembered.
    message: Option<Vec<u8>>,
    level: Level,
    /// The line of the record that says what is repeated.
    line: u64,
    /// Where the clock stood at the record before; `None` when it has no stamp.
    at: Option<Place>,
}

/// The last records of a file, by writer. Who is one too many is not remembered, and neither is that it came
/// last: what it repeats is then not known.
#[derive(Default)]
struct Lasts {
    all: Vec<Last>,
    by_writer: HashMap<Vec<u8>, usize>,
    of_host: HashMap<Vec<u8>, Option<usize>>,
    of_file: Option<usize>,
    /// Reused for names of writers.
    name: Vec<u8>,
}

impl Lasts {
    fn name(&mut self, writer: Writer<'_>) {
        self.name.clear();
        self.name.extend_from_slice(writer.host.unwrap_or_default());
        self.name.push(0);
        self.name.extend_from_slice(writer.program.unwrap_or_default());
    }

    /// The place for a writer's last record, which from now on is the last of its host and of the file.
    fn turn(&mut self, writer: Writer<'_>) -> Option<&mut Last> {
        self.name(writer);
        let known = self.by_writer.get(&self.name).copied();
        let index = known.or_else(|| {
            (self.all.len() < MOST_WRITERS).then(|| {
                self.all.push(Last::default());
                self.by_writer.insert(self.name.clone(), self.all.len() - 1);
                self.all.len() - 1
            })
        });
        self.came(writer.host, index);
        self.all.get_mut(index?)
    }

    /// Remembers what came last.
    fn came(&mut self, host: Option<&[u8]>, index: Option<usize>) {
        self.of_file = index;
        let Some(host) = host else { return };
        match self.of_host.get_mut(host) {
            Some(last) => *last = index,
            None if index.is_some() => drop(self.of_host.insert(host.to_vec(), index)),
            None => {}
        }
    }

    /// The record that a counting one is about.
    fn repeated(&mut self, writer: Writer<'_>, counted: &Counted<'_>) -> Option<usize> {
        let index = match (writer.program, writer.host) {
            (Some(_), _) => {
                self.name(writer);
                self.by_writer.get(&self.name).copied()
            }
            (None, Some(host)) => self.of_host.get(host).copied().flatten(),
            (None, None) => self.of_file,
        }?;
        let last = self.all.get(index)?;
        let message = last.message.as_deref()?.trim_ascii();
        let fits = counted.text.is_none_or(|text| {
            last.pid.as_deref() == writer.pid
                && (message == text || text.len() + 1 >= CUT && message.starts_with(text))
        });
        fits.then_some(index)
    }
}

/// What a record says of repetitions.
struct Counted<'a> {
    /// How many.
    times: u64,
    /// What was repeated, where it says that.
    text: Option<&'a [u8]>,
}

/// `last message repeated 3 times` of syslogd, `message repeated 3 times: [ text]` of rsyslog.
fn counted(message: &[u8]) -> Option<Counted<'_>> {
    let message = message.trim_ascii();
    let message = message.strip_prefix(b"--- ").unwrap_or(message);
    let (bare, message) = match message.strip_prefix(b"last ") {
        Some(rest) => (true, rest),
        None => (false, message),
    };
    let rest = message.strip_prefix(REPEATED)?;
    let (digits, rest) = rest.split_at(rest.iter().position(|byte| !byte.is_ascii_digit())?);
    let times = std::str::from_utf8(digits).ok()?.parse().ok()?;
    let rest = rest.strip_prefix(b" time")?;
    let rest = rest.strip_prefix(b"s").unwrap_or(rest);
    match (bare, rest) {
        (true, b"" | b" ---") => Some(Counted { times, text: None }),
        (false, text) => {
            let text = text.strip_prefix(b": [")?.strip_suffix(b"]")?.trim_ascii();
            Some(Counted { times, text: Some(text) })
        }
        _ => None,
    }
}

/// What the records of one file repeat.
struct Repeats<'a> {
    id: FileId,
    state: &'a FileState,
    rules: &'a LevelRules,
    slots: Slots,
    lasts: Lasts,
}

impl Repeats<'_> {
    fn line(
        &mut self,
        layouts: &Layouts<'_>,
        reader: &mut ClockReader,
        chunk: &Chunk,
        number: u64,
        (window, line): (&[u8], &[u8]),
    ) -> Option<Derived> {
        let begun = layouts.begins(window, line.len(), &mut self.slots);
        reader.heed(layouts, line, begun.as_ref(), &mut self.slots);
        let (id, head) = begun?;
        let grammar = layouts.set.get(id);
        let reading = grammar.read(line, &head, &mut self.slots, false);
        let part = |part: Known| self.slots.known(part).map(|span| span.of(line));
        let writer = Writer { host: part(Known::Host), program: part(Known::Program), pid: part(Known::Pid) };
        let clock = &self.state.clock;
        // The reader must see every stamp in order, also where nothing is repeated.
        let key = head.stamp.and_then(|stamp| reader.key(&stamp, clock.odd(writer.host, writer.program)));
        let at = head.stamp.zip(key).map(|(stamp, key)| (stamp, key, chunk.span.segment));
        let message = reading.message.of(line);
        let Some(counted) = counted(message) else {
            if let Some(last) = self.lasts.turn(writer) {
                last.remember(writer, message, reading.level, (number, at));
            }
            return None;
        };
        let index = self.lasts.repeated(writer, &counted)?;
        let last = self.lasts.all.get_mut(index)?;
        let instant = between(self.state, last, (writer, at?))?;
        last.at = at;
        let host = last.host.clone();
        let last = self.lasts.all.get(index)?;
        let message = last.message.as_deref()?;
        let text = |bytes: &Option<Vec<u8>>| {
            bytes.as_deref().map(|bytes| String::from_utf8_lossy(bytes).into_owned())
        };
        let derived = Derived {
            file: self.id,
            line: number,
            lines: 1,
            instant,
            resolution: at?.0.resolution,
            stamp: part(Known::Time).map(|stamp| String::from_utf8_lossy(stamp).into_owned()),
            host: text(&last.host),
            program: text(&last.program).or_else(|| grammar.program.clone()),
            level: match last.level {
                Level::Unknown => self.rules.suggest(message),
                level => level,
            },
            message: String::from_utf8_lossy(message).into_owned(),
            fields: vec![
                ("derived".to_owned(), "repeats".to_owned()),
                ("repeated".to_owned(), counted.times.to_string()),
                (ORIGINAL.to_owned(), format!("{}:{}", self.state.name, last.line)),
            ],
        };
        self.lasts.came(host.as_deref(), Some(index));
        (counted.times > 0).then_some(derived)
    }
}

impl Last {
    fn remember(&mut self, writer: Writer<'_>, text: &[u8], level: Level, (line, at): (u64, Option<Place>)) {
        let keep = |kept: &mut Option<Vec<u8>>, part: Option<&[u8]>| match (kept, part) {
            (Some(kept), Some(part)) => part.clone_into(kept),
            (kept, part) => *kept = part.map(<[u8]>::to_vec),
        };
        keep(&mut self.host, writer.host);
        keep(&mut self.program, writer.program);
        keep(&mut self.pid, writer.pid);
        keep(&mut self.message, (text.len() <= LONGEST).then_some(text));
        (self.level, self.line, self.at) = (level, line, at);
    }
}

/// When the repetitions were: after the record before them, and before the one that counts them was written.
fn between(state: &FileState, last: &Last, (writer, at): (Writer<'_>, Place)) -> Option<Instant> {
    let instant = |(stamp, key, segment): Place, host: Option<&[u8]>, program: Option<&[u8]>| {
        state.clock.instant_at(&stamp, key, segment, state.clock.odd(host, program))
    };
    let before = instant(last.at?, last.host.as_deref(), last.program.as_deref())?;
    let counted = instant(at, writer.host, writer.program)?;
    let basis = before.basis.with(counted.basis).with(Basis::BETWEEN);
    Some(Instant { earliest: before.earliest.min(counted.earliest), basis, ..counted })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_daemons_write() {
        let read = |text: &'static str| {
            counted(text.as_bytes()).map(|counted| (counted.times, counted.text.map(<[u8]>::to_vec)))
        };
        assert_eq!(read("last message repeated 3 times"), Some((3, None)));
        assert_eq!(read("last message repeated 1 time"), Some((1, None)));
        assert_eq!(read("--- last message repeated 2 times ---"), Some((2, None)));
        assert_eq!(read("message repeated 5 times: [ a [b] c]"), Some((5, Some(b"a [b] c".to_vec()))));
        for other in [
            "last message repeated times",
            "last message repeated 3 times: no",
            "last message repeated 99999999999999999999 times",
            "message repeated 3 times",
            "message repeated 3",
            "message repeated 3 times: [",
            "the message repeated 3 times",
            "message repeated 3 timeouts",
        ] {
            assert_eq!(read(other), None, "{other}");
        }
    }
}
