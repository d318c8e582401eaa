//! One record in several files: `messages` and `daemon.log`, `.1` and `.1.gz`, a host's log and its copy at a
//! collector. It is shown once, with all its places.
//!
//! Two records are one when they name the same instant as finely, say the same, and either stand in two files
//! of one source with every byte alike, or name the same host, program and pid. A stamp cut to the second may
//! be that of a finer one (`super::coarse`): so the events of one whole second are looked at together. The
//! lines of one file are never copies of each other: what a file says twice was said twice, and is shown as
//! often as the file that says it most often.

use std::borrow::Cow;
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use super::coarse;
use crate::base::{Batch, Derived, Event, Flags, NANOS_PER_SECOND, ORIGINAL};
use crate::grammar::Known;
use crate::view::{Record, Scene};

/// An event with the events elsewhere that are copies of it.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'a> {
    /// Where the event is.
    pub batch: &'a Batch,
    /// The event: the one whose stamp is finest, of several the one in the first file in canonical order.
    pub event: &'a Event,
    /// Its copies.
    pub also: &'a [(&'a Batch, &'a Event)],
}

/// The second that an instant lies in: its first nanosecond.
pub fn second(key: i64) -> i64 {
    key.saturating_sub(key.rem_euclid(NANOS_PER_SECOND))
}

/// Takes events in timeline order and finds the copies among those of one second.
pub struct Copies<'a> {
    scene: &'a Scene<'a>,
    /// Seconds that are not looked through, ascending.
    crowded: &'a [i64],
    /// The events of one second.
    ties: Vec<(&'a Batch, &'a Event)>,
    /// That second, and whether its events are of several files.
    second: i64,
    mixed: bool,
    /// For each tie the one that it is a copy of, or itself.
    original: Vec<u32>,
    /// Ties by pattern, where copies are looked for.
    by_pattern: Vec<(u64, u32)>,
}

impl std::fmt::Debug for Copies<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Copies").field("ties", &self.ties.len()).finish_non_exhaustive()
    }
}

impl<'a> Copies<'a> {
    /// Looks for copies among events that come in timeline order, those of each second in one go. In the
    /// `crowded` seconds, which are ascending, none are looked for.
    pub fn new(scene: &'a Scene<'a>, crowded: &'a [i64]) -> Self {
        let (original, by_pattern) = (Vec::new(), Vec::new());
        Self { scene, crowded, ties: Vec::new(), second: i64::MIN, mixed: false, original, by_pattern }
    }

    /// Takes the next event; those of the second before go to `emit`.
    #[inline]
    pub fn push(&mut self, batch: &'a Batch, event: &'a Event, emit: &mut dyn FnMut(Entry<'_>)) {
        if let Some((first, _)) = self.ties.first() {
            if event.key.saturating_sub(self.second) >= NANOS_PER_SECOND {
                self.finish(emit);
            } else if first.file != batch.file {
                self.mixed = true;
            }
        }
        if self.ties.is_empty() {
            self.second = second(event.key);
        }
        self.ties.push((batch, event));
    }

    /// What is left goes to `emit`.
    pub fn finish(&mut self, emit: &mut dyn FnMut(Entry<'_>)) {
        let looked = std::mem::take(&mut self.mixed) && self.crowded.binary_search(&self.second).is_err();
        if !looked || !self.find() {
            for (batch, event) in self.ties.drain(..) {
                emit(Entry { batch, event, also: &[] });
            }
            return;
        }
        let originals = self.original.iter().enumerate();
        let copies = originals.filter(|(index, of)| *index as u32 != **of);
        let mut copies: Vec<(u32, u32)> = copies.map(|(index, of)| (*of, index as u32)).collect();
        copies.sort_unstable();
        let mut rest = &copies[..];
        let mut also = Vec::new();
        for (index, (batch, event)) in self.ties.iter().enumerate() {
            if self.original[index] != index as u32 {
                continue;
            }
            let (own, later) = rest.split_at(rest.partition_point(|(of, _)| *of <= index as u32));
            rest = later;
            also.clear();
            also.extend(own.iter().map(|(_, copy)| self.ties[*copy as usize]));
            emit(Entry { batch, event, also: &also });
        }
        self.ties.clear();
    }

    /// Finds the copies among the ties; whether there are any.
    fn find(&mut self) -> bool {
        let Self { ties, by_pattern, original, .. } = self;
        by_pattern.clear();
        let records = ties.iter().enumerate();
        let records = records.filter(|(_, (_, event))| !event.flags.has(Flags::UNDATED));
        by_pattern.extend(records.map(|(index, (_, event))| (event.pattern, index as u32)));
        by_pattern.sort_unstable();
        original.clear();
        let tie = |place: &(u64, u32)| ties[place.1 as usize];
        let several = |alike: &[(u64, u32)]| alike.iter().any(|one| tie(one).0.file != tie(&alike[0]).0.file);
        let mut any = false;
        for alike in by_pattern.chunk_by(|a, b| a.0 == b.0).filter(|alike| several(alike)) {
            if original.is_empty() {
                original.extend(0..ties.len() as u32);
            }
            for tied in alike.chunk_by(|a, b| tie(a).1.key == tie(b).1.key).filter(|tied| several(tied)) {
                any |= copies(self.scene, ties, tied, original);
            }
            any |= coarse::find(self.scene, ties, alike, original);
        }
        any
    }
}

/// Records that say the same at one instant: the originals in order, and how many each file had so far.
struct Said {
    originals: Vec<u32>,
    counts: HashMap<u32, usize>,
}

/// With no more ties than this each is compared with all; from there on only with those of one hash.
const FEW: usize = 4;

/// Finds the copies among ties of one pattern; whether there are any.
fn copies(scene: &Scene<'_>, ties: &[(&Batch, &Event)], alike: &[(u64, u32)], original: &mut [u32]) -> bool {
    let mut any = false;
    // Three hundred hosts say the same in one second: each record must not be compared with all of them.
    let mut said: HashMap<u64, Vec<Said>> = HashMap::new();
    for &(_, index) in alike {
        let tie = ties[index as usize];
        let file = tie.0.file.0;
        let hash = if alike.len() > FEW { hash(scene, tie) } else { 0 };
        let said = said.entry(hash).or_default();
        let known = said.iter_mut().find(|said| {
            let first = said.originals[0];
            ties[first as usize].0.file != tie.0.file && same(scene, ties[first as usize], tie)
                || ties[first as usize].0.file == tie.0.file && text(ties[first as usize]) == text(tie)
        });
        let Some(known) = known else {
            said.push(Said { originals: vec![index], counts: HashMap::from([(file, 1)]) });
            continue;
        };
        let count = known.counts.entry(file).or_default();
        match known.originals.get(*count) {
            Some(first) => {
                original[index as usize] = *first;
                any = true;
            }
            None => known.originals.push(index),
        }
        *count += 1;
    }
    any
}

/// The same for records that are [`same`].
fn hash(scene: &Scene<'_>, (batch, event): (&Batch, &Event)) -> u64 {
    let record = Record::read_message(scene, batch, event);
    let message = message(&record, (batch, event));
    let mut hasher = DefaultHasher::new();
    [Known::Host, Known::Program, Known::Pid].map(|part| record.part(part)).hash(&mut hasher);
    message.hash(&mut hasher);
    hasher.finish()
}

/// The record as written.
fn text<'a>((batch, event): (&'a Batch, &Event)) -> &'a [u8] {
    batch.record(event)
}

/// What a record says, as all spellings of it have it: JSON has it in other characters, and more behind it; blanks
/// at its beginning (sudo's) are syslog's to lose.
pub(super) fn message<'a>(record: &Record<'_>, tie: (&'a Batch, &Event)) -> Cow<'a, [u8]> {
    if record.grammar.message_is_tail() {
        let tail = text(tie).get(usize::from(tie.1.message)..).unwrap_or_default();
        return Cow::Borrowed(tail.trim_ascii_start());
    }
    let mut decoded = Vec::new();
    record.message(&mut decoded);
    match decoded.trim_ascii_start().len() {
        length if length == decoded.len() => Cow::Owned(decoded),
        length => Cow::Owned(decoded.split_off(decoded.len() - length)),
    }
}

/// Whether what is derived from two records is the same in all its parts, but for its proof; records are.
pub(super) fn same_parts<'a>(a: (&'a Batch, &Event), b: (&'a Batch, &Event)) -> bool {
    match (a.0.derived(a.1), b.0.derived(b.1)) {
        (None, None) => true,
        (Some(a), Some(b)) => {
            let parts = |of: &'a Derived| of.fields.iter().filter(|(name, _)| name != ORIGINAL);
            parts(a).eq(parts(b))
        }
        _ => false,
    }
}

/// Whether two records of different files, of one instant and one pattern, are one.
fn same(scene: &Scene<'_>, a: (&Batch, &Event), b: (&Batch, &Event)) -> bool {
    if a.1.resolution != b.1.resolution || !same_parts(a, b) {
        return false;
    }
    if a.0.source == b.0.source {
        return text(a) == text(b);
    }
    let (one, two) = (Record::read_message(scene, a.0, a.1), Record::read_message(scene, b.0, b.1));
    if message(&one, a) != message(&two, b) {
        return false;
    }
    let alike = |part: Known| one.part(part) == two.part(part);
    one.part(Known::Host).is_some() && alike(Known::Host) && alike(Known::Program) && alike(Known::Pid)
}
