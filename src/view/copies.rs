//! One record in several files: `messages` and `daemon.log`, `.1` and `.1.gz`, a host's log and its copy at a
//! collector. It is shown once, with all its places.
//!
//! Two records are one when they name the same instant as finely, say the same, and either stand in two files
//! of one source with every byte alike, or name the same host, program and pid. The lines of one file are never
//! copies of each other: what a file says twice was said twice, and is shown as often as the file that says it
//! most often.

use crate::base::{Batch, Event, Flags};
use crate::grammar::Known;
use crate::view::{Record, Scene};

/// An event with the events elsewhere that are copies of it.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'a> {
    /// Where the event is.
    pub batch: &'a Batch,
    /// The event: that of the first file in canonical order.
    pub event: &'a Event,
    /// Its copies.
    pub also: &'a [(&'a Batch, &'a Event)],
}

/// Takes events in timeline order and finds the copies among those of one instant.
pub struct Copies<'a> {
    scene: &'a Scene<'a>,
    /// The events of one instant.
    ties: Vec<(&'a Batch, &'a Event)>,
    /// Whether they are of several files.
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
    /// Looks for copies among events that come in timeline order.
    pub fn new(scene: &'a Scene<'a>) -> Self {
        Self { scene, ties: Vec::new(), mixed: false, original: Vec::new(), by_pattern: Vec::new() }
    }

    /// Takes the next event; those of the instant before go to `emit`.
    #[inline]
    pub fn push(&mut self, batch: &'a Batch, event: &'a Event, emit: &mut dyn FnMut(Entry<'_>)) {
        if let Some((first, tie)) = self.ties.first() {
            if tie.key != event.key {
                self.finish(emit);
            } else if first.file != batch.file {
                self.mixed = true;
            }
        }
        self.ties.push((batch, event));
    }

    /// What is left goes to `emit`.
    pub fn finish(&mut self, emit: &mut dyn FnMut(Entry<'_>)) {
        if !std::mem::take(&mut self.mixed) || !self.find() {
            for (batch, event) in self.ties.drain(..) {
                emit(Entry { batch, event, also: &[] });
            }
            return;
        }
        let mut also = Vec::new();
        for (index, (batch, event)) in self.ties.iter().enumerate() {
            if self.original[index] != index as u32 {
                continue;
            }
            also.clear();
            let copies = self.original[index + 1..].iter().zip(&self.ties[index + 1..]);
            also.extend(copies.filter(|(of, _)| **of == index as u32).map(|(_, tie)| *tie));
            emit(Entry { batch, event, also: &also });
        }
        self.ties.clear();
    }

    /// Finds the copies among the ties; whether there are any.
    fn find(&mut self) -> bool {
        let Self { ties, by_pattern, original, .. } = self;
        by_pattern.clear();
        let records = ties.iter().enumerate();
        let records = records.filter(|(_, (_, event))| !event.flags.any(Flags::UNDATED, Flags::DERIVED));
        by_pattern.extend(records.map(|(index, (_, event))| (event.pattern, index as u32)));
        by_pattern.sort_unstable();
        original.clear();
        let mut any = false;
        for alike in by_pattern.chunk_by(|a, b| a.0 == b.0) {
            let several = alike
                .windows(2)
                .any(|pair| ties[pair[0].1 as usize].0.file != ties[pair[1].1 as usize].0.file);
            if several {
                if original.is_empty() {
                    original.extend(0..ties.len() as u32);
                }
                any |= copies(self.scene, ties, alike, original);
            }
        }
        any
    }
}

/// Records that say the same at one instant: the originals in order, and how many each file had so far.
struct Said {
    originals: Vec<u32>,
    counts: Vec<(u32, usize)>,
}

/// Finds the copies among ties of one pattern; whether there are any.
fn copies(scene: &Scene<'_>, ties: &[(&Batch, &Event)], alike: &[(u64, u32)], original: &mut [u32]) -> bool {
    let mut any = false;
    let mut said: Vec<Said> = Vec::new();
    for &(_, index) in alike {
        let tie = ties[index as usize];
        let file = tie.0.file.0;
        let known = said.iter_mut().find(|said| {
            let first = said.originals[0];
            ties[first as usize].0.file != tie.0.file && same(scene, ties[first as usize], tie)
                || ties[first as usize].0.file == tie.0.file && text(ties[first as usize]) == text(tie)
        });
        let Some(known) = known else {
            said.push(Said { originals: vec![index], counts: vec![(file, 1)] });
            continue;
        };
        let position = known.counts.iter().position(|(known, _)| *known == file).unwrap_or_else(|| {
            known.counts.push((file, 0));
            known.counts.len() - 1
        });
        let count = &mut known.counts[position].1;
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

/// The record as written.
fn text<'a>((batch, event): (&'a Batch, &Event)) -> &'a [u8] {
    batch.record(event)
}

/// Whether two records of different files, of one instant and one pattern, are one.
fn same(scene: &Scene<'_>, a: (&Batch, &Event), b: (&Batch, &Event)) -> bool {
    if a.1.resolution != b.1.resolution {
        return false;
    }
    if a.0.source == b.0.source {
        return text(a) == text(b);
    }
    let message = |tie: (&Batch, &Event)| text(tie).len() - usize::from(tie.1.message);
    let (long, other) = (message(a), message(b));
    let (one, two) = (text(a), text(b));
    if long != other || one[one.len() - long..] != two[two.len() - long..] {
        return false;
    }
    let (one, two) = (Record::read_message(scene, a.0, a.1), Record::read_message(scene, b.0, b.1));
    let alike = |part: Known| one.part(part) == two.part(part);
    one.part(Known::Host).is_some() && alike(Known::Host) && alike(Known::Program) && alike(Known::Pid)
}
