//! From files as found to all that can be read: each opened and looked at, archives taken apart.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::plan::Plan;
use crate::base::Unread;
use crate::io::{Archive, Budget, Contents, Found, Member, family, open, open_bytes};

/// With no more files than this, each keeps its descriptor through all passes.
const KEEP_OPEN: usize = 128;

/// Opens everything, in parallel: files in their order, then members of archives in theirs.
pub(super) fn gather(plan: &Plan, found: Vec<Found>, remarks: &mut Vec<Unread>) -> Vec<Member> {
    use rayon::prelude::*;
    let keep = found.len() <= KEEP_OPEN;
    let wants = |name: &str| plan.wants(name, &family(name).0);
    // Whether a file is an archive in which something is asked for, only its content tells.
    let mut contents: Vec<Contents> =
        found.into_par_iter().map(|found| open(found, keep, &plan.limits)).collect();
    if let Some(stdin) = &plan.stdin {
        let found = Found { size: stdin.len() as u64, ..Found::unnamed() };
        contents.push(open_bytes(found, stdin.clone(), &plan.limits));
    }
    let mut members = Vec::new();
    let mut archives = Vec::new();
    for contents in contents {
        match contents {
            Contents::File(member) if member.0.name == "-" || wants(&member.0.name) => members.push(member),
            Contents::File(_) => {}
            Contents::Archive(archive) => archives.push(archive),
        }
    }
    for (more, said) in take_apart(plan, &archives, &wants) {
        members.extend(more);
        remarks.extend(said);
    }
    members
}

type Apart = (Vec<Member>, Vec<Unread>);

/// Opens archives, several at a time; one after another if all of them together do not fit into memory.
fn take_apart(plan: &Plan, archives: &[Archive], wants: &(dyn Fn(&str) -> bool + Sync)) -> Vec<Apart> {
    let budget = Budget::shared(&plan.limits);
    let next = AtomicUsize::new(0);
    let done: Mutex<Vec<(usize, Apart)>> = Mutex::default();
    rayon::scope(|scope| {
        for _ in 0..rayon::current_num_threads().min(archives.len()) {
            scope.spawn(|_| {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(archive) = archives.get(index).filter(|_| !budget.overdrawn()) else { return };
                    let apart = archive.open(wants, &plan.limits, &budget);
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
        let budget = Budget::in_order(&plan.limits);
        return archives.iter().map(|archive| archive.open(wants, &plan.limits, &budget)).collect();
    }
    done.sort_by_key(|(index, _)| *index);
    done.into_iter().map(|(_, apart)| apart).collect()
}
