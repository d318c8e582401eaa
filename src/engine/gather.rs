//! From files as found to all that can be read: each opened and looked at, archives taken apart. What is made of
//! a file's head is made at once: heads of all files together would not fit into memory.

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
pub(super) struct Gathered<T> {
    /// What was made of files in their order, then of members of archives in theirs.
    pub members: Vec<T>,
    /// Names of archives: what is said of one concerns all that it holds.
    pub archives: BTreeSet<String>,
}

/// Opens everything, in parallel, and lets `look` make something of each.
pub(super) fn gather<T: Send>(
    plan: &Plan,
    found: Vec<Found>,
    remarks: &mut Vec<Unread>,
    look: &(dyn Fn(Member) -> T + Sync),
) -> Gathered<T> {
    let keep = found.len() <= KEEP_OPEN;
    let seen = |contents| match contents {
        Contents::File(member) => Seen::File(look(member)),
        Contents::Archive(archive) => Seen::Archive(archive),
    };
    let mut contents: Vec<Seen<T>> =
        found.into_par_iter().map(|found| seen(open(found, keep, &plan.opening))).collect();
    for (found, bytes) in &plan.held {
        let found = Found { size: bytes.len() as u64, ..found.clone() };
        contents.push(seen(open_bytes(found, bytes.clone(), &plan.opening)));
    }
    let mut gathered = Gathered { members: Vec::new(), archives: BTreeSet::new() };
    let mut archives = Vec::new();
    for contents in contents {
        match contents {
            Seen::File(member) => gathered.members.push(member),
            Seen::Archive(archive) => {
                gathered.archives.insert(archive.name().to_owned());
                archives.push(archive);
            }
        }
    }
    for apart in take_apart(plan, &archives, look) {
        gathered.archives.extend(apart.archives);
        gathered.members.extend(apart.members);
        remarks.extend(apart.remarks);
    }
    gathered
}

/// What a file turned out to be.
enum Seen<T> {
    File(T),
    Archive(Archive),
}

/// An archive that was taken apart.
struct Apart<T> {
    members: Vec<T>,
    /// Archives inside of it.
    archives: BTreeSet<String>,
    remarks: Vec<Unread>,
}

impl<T> Apart<T> {
    fn of(archive: &Archive, plan: &Plan, budget: &Budget, look: &(dyn Fn(Member) -> T + Sync)) -> Self {
        let (members, remarks) = archive.open(&plan.opening, budget);
        let mut archives = BTreeSet::new();
        for (found, _, _) in &members {
            archives.extend(found.name.match_indices('!').map(|(end, _)| found.name[..end].to_owned()));
        }
        Self { members: members.into_iter().map(look).collect(), archives, remarks }
    }
}

/// Opens archives, several at a time; one after another if all of them together do not fit into memory.
fn take_apart<T: Send>(
    plan: &Plan,
    archives: &[Archive],
    look: &(dyn Fn(Member) -> T + Sync),
) -> Vec<Apart<T>> {
    let budget = Budget::shared(&plan.opening.limits);
    let next = AtomicUsize::new(0);
    let done: Mutex<Vec<(usize, Apart<T>)>> = Mutex::new(Vec::new());
    rayon::scope(|scope| {
        for _ in 0..rayon::current_num_threads().min(archives.len()) {
            scope.spawn(|_| {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(archive) = archives.get(index).filter(|_| !budget.overdrawn()) else { return };
                    let apart = Apart::of(archive, plan, &budget, look);
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
        return archives.iter().map(|archive| Apart::of(archive, plan, &budget, look)).collect();
    }
    done.sort_by_key(|(index, _)| *index);
    done.into_iter().map(|(_, apart)| apart).collect()
}
