//! A further pass over files whose records tell of other moments than their own. How files are gone through, how
//! many events one may give and what is said where that was cut short is one for all; what a line tells is the
//! caller's.

use std::fmt::Display;

use rayon::prelude::*;

use super::prepare::{Chunk, FileState, Prepared};
use crate::base::{Derived, FileId, Loss, Unread, reason};
use crate::clock::ClockReader;
use crate::survey::lines;

/// Most events derived from one file in one pass.
pub(super) const MOST: usize = 20_000;

/// What was derived from one file, and what there is to say of it.
pub(super) type Told = (Vec<Derived>, Option<Unread>);

/// Lets `in_file` tell of every file that is asked for and `wanted`, in parallel.
pub(super) fn derive(
    prepared: &mut Prepared,
    wanted: impl Fn(&FileState) -> bool + Sync,
    in_file: impl Fn(&Prepared, FileId) -> Told + Sync,
) {
    let shared: &Prepared = prepared;
    let told: Vec<Told> = (0..shared.files.len())
        .into_par_iter()
        .with_max_len(1)
        .filter(|file| wanted(&shared.files[*file]) && shared.files[*file].asked)
        .map(|file| in_file(shared, FileId(file as u32)))
        .collect();
    for (derived, remark) in told {
        prepared.derived.extend(derived);
        prepared.ledger.remarks.extend(remark);
    }
}

/// Calls `visit` with the clock, the chunk, the number and the bytes of each line of a file, in order: first with
/// what follows it in the chunk, then alone. `what` it looks for and what is said of `more` than [`MOST`] are for
/// the ledger.
pub(super) fn each_line(
    prepared: &Prepared,
    id: FileId,
    (what, more): (&str, impl Display),
    mut visit: impl FnMut(&mut ClockReader, &Chunk, u64, (&[u8], &[u8])) -> Option<Derived>,
) -> Told {
    let state = prepared.file(id);
    let (mut kept, mut beyond) = (Vec::new(), 0_u64);
    let read = prepared.each_chunk(id, |chunk, bytes| {
        let mut reader = state.clock.reader(&chunk.span);
        for (index, (at, _, line)) in lines(bytes, 0).enumerate() {
            let number = chunk.first_line + index as u64;
            match visit(&mut reader, chunk, number, (&bytes[at..], line)) {
                Some(derived) if kept.len() < MOST => kept.push(derived),
                derived => beyond += u64::from(derived.is_some()),
            }
        }
    });
    let why = match (read, beyond) {
        (Err(error), _) => {
            Some((format!("not all of it was looked through for {what}: {}", reason(&error)), Loss::Part))
        }
        (Ok(()), 0) => None,
        (Ok(()), beyond) => Some((format!("{beyond} more records {more}"), Loss::None)),
    };
    (kept, why.map(|(why, loss)| Unread { file: state.name.clone(), why, loss }))
}
