//! Records that are keys with values, one line each: JSON objects and logfmt.
//!
//! Which keys hold the stamp, the level, the message is a grammar's; how pairs are written is the
//! business of `json` and `logfmt`. Nothing here decides what a value means.

use memchr::memchr;

use super::compile::SlotNames;
use super::json::{self, Value};
use super::logfmt;
use super::model::Head;
use super::schema::PairsFile;
use super::slots::{Known, MAX_SLOTS, Slots, Span};
use crate::base::{ByteSet, Stamp};
use crate::time::{epoch, month_and_time, recognise};

/// How a line writes its pairs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Syntax {
    #[default]
    Json,
    Logfmt,
}

/// Keys of one object, by length: (key, slot).
#[derive(Debug, Default)]
pub(super) struct Keys(Vec<Vec<(Box<[u8]>, u8)>>);

impl Keys {
    fn add(&mut self, key: &str, slot: u8) {
        if self.0.len() <= key.len() {
            self.0.resize_with(key.len() + 1, Vec::new);
        }
        self.0[key.len()].push((key.as_bytes().into(), slot));
    }

    /// Whether a slot is known by its own name.
    fn contains(&self, key: &str) -> bool {
        self.slot(key.as_bytes()).is_some()
    }

    fn iter(&self) -> impl Iterator<Item = (&[u8], u8)> {
        self.0.iter().flatten().map(|(key, slot)| (&**key, *slot))
    }

    #[inline]
    fn slot(&self, key: &[u8]) -> Option<u8> {
        let same_length = self.0.get(key.len())?;
        same_length.iter().find(|(name, _)| **name == *key).map(|(_, slot)| *slot)
    }
}

/// What a grammar says of its keys.
#[derive(Debug, Default)]
pub(super) struct PairSpec {
    pub syntax: Syntax,
    /// Keys with a slot.
    pub keys: Keys,
    /// Keys one object deeper, by the key of that object: a dotted name is looked for there too.
    pub inside: Vec<(Box<[u8]>, Keys)>,
    /// Whether a stamp may stand at a key that is not named, where it is the only one.
    pub other_times: bool,
    /// Slots that must all be found.
    pub require: u32,
    /// When all of these are found, the rest of the line is of no interest.
    pub enough: u32,
    /// The same for the pattern and the level alone, which is all that sorting needs.
    pub enough_for_pattern: u32,
}

impl PairSpec {
    /// The keys that a grammar names.
    pub(super) fn compile(typed: &PairsFile, syntax: Syntax, slots: &mut SlotNames) -> Self {
        let mut spec = Self { syntax, other_times: typed.other_times, ..Self::default() };
        for (keys, part) in [
            (&typed.time, Known::Time),
            (&typed.level, Known::Level),
            (&typed.message, Known::Message),
            (&typed.program, Known::Program),
            (&typed.host, Known::Host),
            (&typed.pid, Known::Pid),
        ] {
            for key in keys {
                spec.add(key, part as u8);
            }
        }
        for key in &typed.require {
            // One that holds a well-known part has its slot already.
            if !spec.keys.contains(key) {
                spec.add(key, slots.slot(key).min(MAX_SLOTS as u8 - 1));
            }
        }
        spec
    }

    /// Gives a slot to every field that templates, patterns and levels name, and says what suffices.
    /// `pattern_slots` are those of the fields that make up pattern and level, when fields do.
    pub(super) fn finish(&mut self, typed: &PairsFile, slots: &SlotNames, pattern_slots: Option<&[u8]>) {
        for (slot, name) in slots.0.iter().enumerate().skip(Known::NAMES.len()) {
            if !self.keys.contains(name) {
                self.add(name, slot as u8);
            }
            self.enough |= 1 << slot;
        }
        for (key, slot) in self.keys.iter() {
            if typed.require.iter().any(|name| name.as_bytes() == key) {
                self.require |= 1 << slot;
            }
        }
        // Parts that every line may have, wherever it has them.
        for (keys, part) in
            [(&typed.level, Known::Level), (&typed.program, Known::Program), (&typed.message, Known::Message)]
        {
            if !keys.is_empty() {
                self.enough |= 1 << part as u8;
                self.enough_for_pattern |= 1 << part as u8;
            }
        }
        self.enough |= 1 << Known::Time as u8;
        self.enough_for_pattern |= self.require | 1 << Known::Time as u8;
        for slot in pattern_slots.unwrap_or_default() {
            self.enough_for_pattern |= 1 << slot;
        }
        if pattern_slots.is_none() {
            // The message may come last: nothing short of the whole line suffices.
            self.enough = u32::MAX;
            self.enough_for_pattern = u32::MAX;
        }
    }

    fn add(&mut self, key: &str, slot: u8) {
        self.keys.add(key, slot);
        if let Some((outer, inner)) = key.split_once('.') {
            match self.inside.iter_mut().find(|(name, _)| **name == *outer.as_bytes()) {
                Some((_, keys)) => keys.add(inner, slot),
                None => {
                    let mut keys = Keys::default();
                    keys.add(inner, slot);
                    self.inside.push((outer.as_bytes().into(), keys));
                }
            }
        }
    }

    /// Calls `visit` for every pair that has a slot, in a nested object too, until it returns `false`.
    #[inline]
    fn known(&self, line: &[u8], mut visit: impl FnMut(u8, Span, Value) -> bool) -> bool {
        self.pairs(line, |key, value, kind| {
            let key = key.of(line);
            match self.keys.slot(key) {
                // An object says nothing where a word is looked for; its own keys may.
                Some(slot) if kind != Value::Nested || slot > Known::Message as u8 => {
                    visit(slot, value, kind)
                }
                _ if kind == Value::Nested && !self.inside.is_empty() => {
                    self.deeper(line, key, value, &mut visit)
                }
                _ => true,
            }
        })
    }

    fn deeper(
        &self,
        line: &[u8],
        key: &[u8],
        outer: Span,
        visit: &mut impl FnMut(u8, Span, Value) -> bool,
    ) -> bool {
        let Some((_, keys)) = self.inside.iter().find(|(name, _)| **name == *key) else { return true };
        let mut more = true;
        let at = outer.start as usize;
        json::pairs(outer.of(line), |key, value, kind| {
            if let Some(slot) = keys.slot(key.of(outer.of(line)))
                && kind != Value::Nested
            {
                more = visit(slot, Span::new(at + value.start as usize, at + value.end as usize), kind);
            }
            more
        });
        more
    }

    /// What a line may begin with.
    pub(super) fn first_bytes(&self) -> ByteSet {
        match self.syntax {
            Syntax::Json => ByteSet::of(b"{ \t\r"),
            Syntax::Logfmt => {
                ByteSet::matching(|byte| byte.is_ascii_alphabetic() || matches!(byte, b'_' | b'@'))
            }
        }
    }

    fn pairs(&self, line: &[u8], visit: impl FnMut(Span, Span, Value) -> bool) -> bool {
        match self.syntax {
            Syntax::Json => json::pairs(line, visit),
            Syntax::Logfmt => logfmt::pairs(line, visit),
        }
    }

    /// The record that begins with a line. An object without a time is a record without a stamp; words
    /// with an equals sign are none.
    pub(super) fn head(&self, line: &[u8], slots: &mut Slots) -> Option<Head> {
        let mut stamp = None;
        let object = self.known(line, |slot, value, _| {
            if slot == Known::Time as u8 {
                stamp = stamp_of(value.of(line));
                if stamp.is_some() {
                    slots.put(slot, value);
                }
            }
            stamp.is_none()
        });
        if object && stamp.is_none() && self.other_times {
            stamp = self.only_stamp(line, slots);
        }
        (object && (stamp.is_some() || self.syntax == Syntax::Json)).then_some(Head::at_start(stamp))
    }

    /// The stamp at a key that no grammar names but that says what it is, if there is one such pair alone: of several,
    /// any may be that of the record.
    #[cold]
    fn only_stamp(&self, line: &[u8], slots: &mut Slots) -> Option<Stamp> {
        let mut found = Vec::new();
        let mut visit = |base: usize, key: &[u8], value: Span, kind: Value| {
            let value = Span::new(base + value.start as usize, base + value.end as usize);
            if kind != Value::Nested
                && names_a_time(key)
                && let Some(stamp) = stamp_of(value.of(line))
            {
                found.push((stamp, value));
            }
        };
        self.pairs(line, |key, value, kind| {
            visit(0, key.of(line), value, kind);
            if kind == Value::Nested {
                let outer = value.of(line);
                json::pairs(outer, |key, inner, kind| {
                    visit(value.start as usize, key.of(outer), inner, kind);
                    true
                });
            }
            true
        });
        let [(stamp, value)] = found[..] else { return None };
        slots.put(Known::Time as u8, value);
        Some(stamp)
    }

    /// Finds the other parts, until `enough` of them are there; whether the line is whole.
    pub(super) fn rest(&self, line: &[u8], slots: &mut Slots, enough: u32) -> bool {
        let object = self.known(line, |slot, value, _| {
            if slots.get(slot).is_none() {
                slots.put(slot, value);
            }
            slots.mark() & enough != enough
        });
        object && slots.mark() & self.require == self.require
    }

    /// Calls `visit(name, value)` for every pair that is none of the well-known parts, decoded.
    pub(super) fn fields(&self, text: &[u8], slots: &Slots, visit: &mut impl FnMut(&str, &[u8])) {
        let parts = 0..Known::NAMES.len() as u8;
        let stamp = slots.known(Known::Time);
        self.pairs(text, |key, value, kind| {
            let part = parts.clone().any(|slot| slots.get(slot) == Some(value));
            // `{"t": {"$date": ...}}` says no more than the stamp inside it.
            let holds_stamp = kind == Value::Nested
                && stamp.is_some_and(|stamp| value.start <= stamp.start && stamp.end <= value.end);
            if !part && !holds_stamp {
                let name = String::from_utf8_lossy(key.of(text));
                let value = value.of(text);
                if kind == Value::String && memchr(b'\\', value).is_some() {
                    let mut decoded = Vec::new();
                    json::unescape(value, &mut decoded);
                    visit(&name, &decoded);
                } else {
                    // A piece of the text: whoever wants to know where it stands sees it.
                    visit(&name, value);
                }
            }
            true
        });
    }

    /// Appends every pair that has no slot, as `name value`, two blanks between them.
    pub(super) fn others(&self, text: &[u8], slots: &Slots, out: &mut Vec<u8>) {
        let mut gap: &[u8] = b"";
        self.pairs(text, |key, value, kind| {
            // A key that a grammar names, and one of several that a part may stand at.
            let key = key.of(text);
            let known = self.keys.slot(key).is_some_and(|slot| slots.get(slot) == Some(value));
            if !known {
                for part in [gap, key, b" "] {
                    out.extend_from_slice(part);
                }
                match kind {
                    Value::String => json::unescape(value.of(text), out),
                    _ => out.extend_from_slice(value.of(text)),
                }
                gap = b"  ";
            }
            true
        });
    }
}

/// Whether a key says that its value is a time, and not one of another matter: what expires or was last seen.
fn names_a_time(key: &[u8]) -> bool {
    const SAYS: [&[u8]; 7] = [b"time", b"date", b"stamp", b"created", b"occurred", b"logged", b"epoch"];
    const DENIES: [&[u8]; 9] =
        [b"expir", b"birth", b"until", b"valid", b"next", b"last", b"update", b"timeout", b"due"];
    let key = key.to_ascii_lowercase();
    let has = |words: &[&[u8]]| words.iter().any(|word| memchr::memmem::find(&key, word).is_some());
    has(&SAYS) && !has(&DENIES)
}

/// .NET's `/Date(1418346659123)/`, its slashes escaped or not: milliseconds since 1970. An offset in it is of no matter.
fn dotnet(value: &[u8]) -> Option<Stamp> {
    let value = value.strip_prefix(b"\\").unwrap_or(value).strip_prefix(b"/Date(")?;
    let (stamp, end) = epoch(value)?;
    matches!(value.get(end), Some(b')' | b'+' | b'-')).then_some(stamp)
}

/// The stamp of a value: a number of seconds, milliseconds..., or a string of any known layout.
fn stamp_of(value: &[u8]) -> Option<Stamp> {
    if matches!(value.first(), Some(b'/' | b'\\')) {
        return dotnet(value);
    }
    let (stamp, end) = recognise(value).or_else(|| epoch(value)).or_else(|| month_and_time(value))?;
    (end == value.len()).then_some(stamp)
}
