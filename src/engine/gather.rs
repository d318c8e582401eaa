//! From files as found to all that can be read: each opened and looked at, archives taken apart.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::prelude::*;

use super::plan::Plan;
use crate::base::Unread;
use crate::io::{Archive, Budget, Contents, Found, Member, open, open_bytes};

/// With no more files than this, each keeps its descriptor through all passes.
const KEEP_OPEN: usize = 128;

/// All that was found, opened.
pub(super) struct Gathered {
    /// Files in their order, then members of archives in theirs.
    pub members: Vec<Member>,
    /// Names of archives: what is said of one concerns all that it holds.
    pub archives: BTreeSet<String>,
}

/// Opens everything, in parallel.
pub(super) fn gather(plan: &Plan, found: Vec<Found>, remarks: &mut Vec<Unread>) -> Gathered {
    let keep = found.len() <= KEEP_OPEN;
    let mut contents: Vec<Contents> =
        found.into_par_iter().map(|found| open(found, keep, &plan.opening)).collect();
    if let Some(stdin) = &plan.stdin {
        let found = Found { size: stdin.len() as u64, ..Found::unnamed() };
        contents.push(open_bytes(found, stdin.clone(), &plan.opening));
    }
    let mut gathered = Gathered { members: Vec::new(), archives: BTreeSet::new() };
    let mut archives = Vec::new();
    for contents in contents {
        match contents {
            Contents::File(member) => gathered.members.push(member),
            Contents::Archive(archive) => {
                gathered.archives.insert(archive.name().to_owned());
                archives.push(archive);
            }
        }
    }
    for (members, said) in take_apart(plan, &archives) {
        for (found, _, _) in &members {
            // Archives inside of archives.
            let ends = found.name.match_indices('!').map(|(end, _)| found.name[..end].to_owned());
            gathered.archives.extend(ends);
        }
        gathered.members.extend(members);
        remarks.extend(said);
    }
    gathered
}

type Apart = (Vec<Member>, Vec<Unread>);

/// Opens archives, several at a time; one after another if all of them together do not fit into memory.
fn take_apart(plan: &Plan, archives: &[Archive]) -> Vec<Apart> {
    let budget = Budget::shared(&plan.opening.limits);
    let next = AtomicUsize::new(0);
    let done: Mutex<Vec<(usize, Apart)>> = Mutex::default();
    rayon::scope(|scope| {
        for _ in 0..rayon::current_num_threads().min(archives.len()) {
            scope.spawn(|_| {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(archive) = archives.get(index).filter(|_| !budget.overdrawn()) else { return };
                    let apart = archive.open(&plan.opening, &budget);
                    if let Ok(mut done) = done.lock() {
                        done.push((index, apart));
                    }
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap_or_default();
    if budget.overdrawn() {
        drop(done);
        let budget = Budget::in_order(&plan.opening.limits);
        return archives.iter().map(|archive| archive.open(&plan.opening, &budget)).collect();
    }
    done.sort_by_key(|(index, _)| *index);
    done.into_iter().map(|(_, apart)| apart).collect()
}
