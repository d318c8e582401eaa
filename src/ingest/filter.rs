//! What to keep of what is read: by time, level, host, program and text. What a whole record must hold, somebody above
//! decides.

use crate::base::{Derived, Event, Flags, Level};
use crate::grammar::{Grammar, Known, Slots};
use crate::text::glob;
use crate::time::Zone;

/// Decides on the text of a whole record.
pub trait Picker: Send + Sync {
    /// Whether the record is wanted.
    fn wants(&self, record: &[u8]) -> bool;
    /// Whether no record in these bytes can be wanted: a cheap look at a whole chunk.
    fn rules_out(&self, bytes: &[u8]) -> bool;
    /// The plain text that every wanted record holds and no other does, where there is one.
    fn literal(&self) -> Option<&[u8]> {
        None
    }
    /// What is looked for as one regular expression, where there is one; and whether records that it finds are those
    /// that are not wanted.
    fn expression(&self) -> Option<(&str, bool)> {
        None
    }
    /// A text that every wanted record holds, in upper or lower case.
    fn required(&self) -> Option<&[u8]> {
        None
    }
}

/// What to keep of what is read. The default keeps everything.
pub struct Filter {
    /// Keys before this are left out.
    pub since: i64,
    /// Keys from this on are left out.
    pub until: i64,
    /// The bounds hold for wall clocks as written, read in this zone, and not for settled keys.
    pub as_written: Option<Zone>,
    /// Records below this level are left out.
    pub level: Level,
    /// Globs of hosts; any when empty.
    pub hosts: Vec<String>,
    /// Globs of programs; any when empty.
    pub programs: Vec<String>,
    /// The text to look for.
    pub text: Option<Box<dyn Picker>>,
    /// Keep what does not match too, and flag what does.
    pub keep_all: bool,
    /// Chunks that cannot match need not be parsed: nobody asks for marks or counts of patterns.
    pub skip_chunks: bool,
    /// First occurrences are marked, and patterns are counted.
    pub marks: bool,
    /// Somebody asks for the counts of patterns: otherwise whoever knows the marks need not count.
    pub counts: bool,
    /// A record that several files have is shown once.
    pub fold_copies: bool,
}

impl Default for Filter {
    fn default() -> Self {
        Self {
            since: i64::MIN,
            until: i64::MAX,
            as_written: None,
            level: Level::Unknown,
            hosts: Vec::new(),
            programs: Vec::new(),
            text: None,
            keep_all: false,
            skip_chunks: false,
            marks: true,
            counts: true,
            fold_copies: false,
        }
    }
}

impl std::fmt::Debug for Filter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Filter")
            .field("since", &self.since)
            .field("until", &self.until)
            .finish_non_exhaustive()
    }
}

impl Filter {
    pub(super) fn names_fields(&self) -> bool {
        !self.hosts.is_empty() || !self.programs.is_empty()
    }

    /// Whether every record is wanted.
    pub fn is_empty(&self) -> bool {
        self.level == Level::Unknown && !self.names_fields() && self.text.is_none()
    }

    /// Whether records are asked for their text, and for nothing else.
    pub fn is_of_text(&self) -> bool {
        let any_time = self.since == i64::MIN && self.until == i64::MAX && self.as_written.is_none();
        let plain = any_time && self.level == Level::Unknown && !self.names_fields() && !self.keep_all;
        plain && self.text.is_some()
    }

    /// Whether a record whose parts are known is what is asked for, whenever it was.
    pub fn matches(&self, level: Level, host: Option<&str>, program: Option<&str>, text: &[u8]) -> bool {
        level >= self.level
            && self.wants_host(host)
            && self.wants_program(program)
            && self.text.as_ref().is_none_or(|picker| picker.wants(text))
    }

    /// Whether a record of this host is what is asked for.
    pub fn wants_host(&self, host: Option<&str>) -> bool {
        fits(&self.hosts, host)
    }

    /// Whether a record of this program is what is asked for.
    pub fn wants_program(&self, program: Option<&str>) -> bool {
        fits(&self.programs, program)
    }

    /// Whether a derived event is kept, and whether it matches: it is asked what a record is asked, with
    /// its message for a text.
    pub fn weigh(&self, derived: &Derived) -> (bool, bool) {
        let (host, program) = (derived.host.as_deref(), derived.program.as_deref());
        let matches = self.matches(derived.level, host, program, derived.message.as_bytes());
        let inside = (self.since..self.until).contains(&derived.instant.best);
        (inside && (matches || self.keep_all), matches)
    }

    /// Flags what matches, and drops the rest unless it is to be kept.
    pub(super) fn apply(&self, events: &mut Vec<Event>, bytes: &[u8]) {
        for event in events.iter_mut().filter(|event| event.flags.has(Flags::MATCH)) {
            let record = &bytes[event.offset as usize..(event.offset + event.len) as usize];
            if event.level < self.level || self.text.as_ref().is_some_and(|text| !text.wants(record)) {
                event.flags.clear(Flags::MATCH);
            }
        }
        if !self.keep_all {
            events.retain(|event| event.flags.has(Flags::MATCH));
        }
    }

    pub(super) fn wants_fields(&self, grammar: &Grammar, line: &[u8], slots: &Slots) -> bool {
        let written = |part: Known| slots.known(part).map(|span| String::from_utf8_lossy(span.of(line)));
        fits(&self.hosts, written(Known::Host).as_deref())
            && fits(&self.programs, written(Known::Program).as_deref().or(grammar.program.as_deref()))
    }
}

/// Whether a value fits any of these globs, of which none is all.
fn fits(globs: &[String], value: Option<&str>) -> bool {
    globs.is_empty() || value.is_some_and(|value| globs.iter().any(|pattern| glob(pattern, value)))
}
