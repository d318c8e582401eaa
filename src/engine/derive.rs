//! Derived events on their way into the timeline: one batch per file, behind all chunks in rank, so that
//! at one instant the records stand first.

use super::prepare::Prepared;
use crate::base::{Batch, Derived, Event, FileId, Flags, Level};
use crate::grammar::GrammarSet;
use crate::ingest::Filter;
use crate::pattern::Skeleton;
use crate::text::is_printable;

/// The derived events that a filter keeps.
pub(super) fn derived_batches(prepared: &Prepared, set: &GrammarSet, filter: &Filter) -> Vec<Batch> {
    let mut kept: Vec<(&Derived, bool)> = prepared
        .derived
        .iter()
        .filter(|derived| prepared.file(derived.file).asked)
        .filter_map(|derived| {
            let (keep, matches) = filter.weigh(derived);
            keep.then_some((derived, matches))
        })
        .collect();
    // Whoever derived them, and in whatever order: the timeline is the same.
    kept.sort_by(|(a, _), (b, _)| {
        let place =
            |derived: &Derived| (derived.file, derived.instant.best, derived.instant.latest, derived.line);
        place(a).cmp(&place(b)).then_with(|| a.message.cmp(&b.message))
    });
    let by_file = kept.chunk_by(|(a, _), (b, _)| a.file == b.file);
    by_file.filter_map(|group| Some(batch(prepared, set, group.first()?.0.file, group))).collect()
}

fn batch(prepared: &Prepared, set: &GrammarSet, id: FileId, group: &[(&Derived, bool)]) -> Batch {
    let file = prepared.file(id);
    let class = set.get(file.format.primary).class;
    let mut bytes = Vec::new();
    let events = group.iter().enumerate().map(|(index, (derived, matches))| {
        let offset = bytes.len();
        bytes.extend_from_slice(derived.message.as_bytes());
        let mut flags = Flags::DERIVED;
        if *matches {
            flags.set(Flags::MATCH);
        }
        if derived.level != Level::Unknown {
            flags.set(Flags::LEVEL_INFERRED);
        }
        let mut skeleton = Skeleton::new(class);
        skeleton.exact(b"derived");
        skeleton.variable(derived.message.as_bytes());
        Event {
            key: derived.instant.best,
            pattern: skeleton.finish(),
            offset: offset as u32,
            len: derived.message.len() as u32,
            line: index as u32,
            lines: derived.lines,
            body: 0,
            message: 0,
            layout: file.format.primary.0,
            level: derived.level,
            flags,
            resolution: derived.resolution.code(),
        }
    });
    let events: Vec<Event> = events.collect();
    let rank = (prepared.chunks.len() as u32).saturating_add(id.0);
    Batch {
        printable: is_printable(&bytes),
        bytes,
        events,
        derived: group.iter().map(|(derived, _)| (*derived).clone()).collect(),
        ..Batch::new(id, file.source, rank)
    }
}
