//! Boots that kernel lines tell of, as events of their own: each with the file and line of the kernel
//! line that tells it best.

use super::prepare::Prepared;
use crate::base::{Derived, FileId, Level, Resolution};
use crate::clock::Booted;
use crate::grammar::{GrammarSet, Known, Slots};
use crate::ingest::Picker;
use crate::survey::Layouts;
use crate::witness::KERNEL;

/// Pushes an event for every boot.
pub(super) fn derive_boots(prepared: &mut Prepared, set: &GrammarSet) {
    let events = prepared.boots.iter().filter_map(|boot| derived(prepared, set, boot));
    let events: Vec<Derived> = events.collect();
    prepared.derived.extend(events);
}

/// Whether a search may be for boots: their words stand in no file.
pub(super) fn may_name_a_boot(ahead: &dyn Picker) -> bool {
    !ahead.rules_out(message("604065.445632", "Dec 12 10:11:10").as_bytes())
}

fn message(uptime: &str, stamp: &str) -> String {
    format!("kernel booted (uptime {uptime} s at {stamp})")
}

fn derived(prepared: &Prepared, set: &GrammarSet, boot: &Booted) -> Option<Derived> {
    let (line, text) = prepared.record_at(boot.place)?;
    let file = FileId(boot.place.file as u32);
    let layouts = Layouts { set, format: &prepared.file(file).format };
    let mut slots = Slots::default();
    layouts.begins(&text, text.len(), &mut slots)?;
    let stamp = slots.known(Known::Time).map(|span| String::from_utf8_lossy(span.of(&text)).into_owned());
    let uptime = boot.uptime();
    Some(Derived {
        file,
        line,
        lines: 1,
        instant: boot.instant,
        resolution: Resolution::SECOND,
        message: message(&uptime, stamp.as_deref().unwrap_or_default()),
        stamp,
        host: boot.host.clone(),
        program: Some(String::from_utf8_lossy(KERNEL).into_owned()),
        level: Level::Unknown,
        fields: vec![("derived".to_owned(), "boot".to_owned()), ("uptime".to_owned(), uptime)],
    })
}
