//! One record whose stamp one daemon wrote to the microsecond and another cut to the second: `messages` beside
//! the same host's `syslog` in ISO 8601, or a relay's file in RFC 5424.
//!
//! A cut stamp is a copy of the finer one that begins with it. Its own record may be any that says the same in
//! that second, so there must be as many of either: then they are paired in order, and else all are shown.
//!
//! sudo and others tell syslog no pid, and the journal knows it: what is left is looked through once more for
//! cut ones without a pid and finer ones with any.

use std::borrow::Cow;

use super::copies::{message, same_parts};
use crate::base::{Batch, Event, Flags, NANOS_PER_SECOND, Resolution};
use crate::grammar::Known;
use crate::view::{Record, Scene};

/// What two spellings of one record agree in: the stamp as the coarser one writes it, host, program, pid and
/// message, and whether a query matched it.
type Said<'a> = (i64, &'a [u8], Option<&'a [u8]>, Option<&'a [u8]>, Cow<'a, [u8]>, bool);

/// Finds the copies among records of one pattern and second; whether there are any. What is a copy already
/// stays one.
pub(super) fn find(
    scene: &Scene<'_>,
    ties: &[(&Batch, &Event)],
    alike: &[(u64, u32)],
    original: &mut [u32],
) -> bool {
    let event = |index: u32| ties[index as usize].1;
    let first = event(alike[0].1).resolution;
    if alike.iter().all(|(_, index)| event(*index).resolution == first) {
        return false;
    }
    let mut widths: Vec<i64> = alike.iter().map(|(_, index)| width(event(*index))).collect();
    widths.sort_unstable();
    widths.dedup();
    let mut any = false;
    // The finer ones first: what is a copy of a copy is one of the finest.
    for pids in [Pids::Alike, Pids::OfFiner] {
        for width in widths.iter().skip(1).filter(|width| **width <= NANOS_PER_SECOND) {
            any |= cut_to((*width, pids), scene, ties, alike, original);
        }
    }
    any
}

/// What is asked of the pids of two spellings of one record.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Pids {
    /// Both name the same, or neither names one.
    Alike,
    /// The finer one names one, the cut one none.
    OfFiner,
}

/// How wide its stamp is.
fn width(event: &Event) -> i64 {
    Resolution::from_code(event.resolution).width()
}

/// Finds finer records for those whose stamps are this wide.
fn cut_to(
    wide: (i64, Pids),
    scene: &Scene<'_>,
    ties: &[(&Batch, &Event)],
    alike: &[(u64, u32)],
    original: &mut [u32],
) -> bool {
    let shown = alike.iter().filter(|(_, index)| original[*index as usize] == *index);
    let said = shown.filter_map(|(_, index)| said(wide, scene, ties[*index as usize], *index));
    let mut said: Vec<(Said<'_>, bool, u32)> = said.collect();
    said.sort_unstable();
    let mut any = false;
    for same in said.chunk_by(|a, b| a.0 == b.0) {
        let (finer, cut) = same.split_at(same.partition_point(|(_, is_cut, _)| !is_cut));
        let apart = |(finer, cut): (u32, u32)| {
            let (finer, cut) = (ties[finer as usize], ties[cut as usize]);
            finer.0.file != cut.0.file && same_parts(finer, cut)
        };
        let pairs = || finer.iter().zip(cut).map(|(finer, cut)| (finer.2, cut.2));
        if finer.len() == cut.len() && pairs().all(apart) {
            for (finer, cut) in pairs() {
                original[cut as usize] = finer;
            }
            any = true;
        }
    }
    if any {
        for (_, index) in alike {
            original[*index as usize] = original[original[*index as usize] as usize];
        }
    }
    any
}

/// What a record says, whether it is one of those cut this wide, and its index.
fn said<'a>(
    (wide, pids): (i64, Pids),
    scene: &'a Scene<'_>,
    (batch, event): (&'a Batch, &Event),
    index: u32,
) -> Option<(Said<'a>, bool, u32)> {
    let over = event.key.rem_euclid(wide);
    let is_cut = width(event) == wide;
    // A clock that is off by a fraction, or counts from a boot, does not tell where a stamp was cut.
    if width(event) > wide || event.flags.has(Flags::COUNTED) || is_cut && over != 0 {
        return None;
    }
    let record = Record::read_message(scene, batch, event);
    let host = record.part(Known::Host)?;
    let message = message(&record, (batch, event));
    let (program, pid) = (record.part(Known::Program), record.part(Known::Pid));
    if pids == Pids::OfFiner && (program.is_none() || pid.is_some() == is_cut) {
        return None;
    }
    let pid = pid.filter(|_| pids == Pids::Alike);
    Some(((event.key - over, host, program, pid, message, event.flags.has(Flags::MATCH)), is_cut, index))
}
