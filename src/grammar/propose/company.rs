//! Where a proposal stands among all formats: it takes no record from them, and they take none from its file.

use crate::grammar::check::{taken_by_others, taken_from_others};
use crate::grammar::detect::detect;
use crate::grammar::load::GrammarSet;
use crate::grammar::model::GrammarId;

/// How a proposal gets along.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// It passes `formats check`, and its file is read by it.
    Good,
    /// It takes records of this format: its rank must be lower than that one's. All that it takes records from.
    Below(Neighbour, Vec<String>),
    /// Formats that it takes records from, or that take its own.
    Rivals(Vec<String>),
}

/// A format of lower rank than a proposal is to stay below.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Neighbour {
    pub name: String,
    pub rank: u8,
}

/// Puts a grammar of this name and text among all others. `head` is the beginning of its file.
pub(super) fn standing(set: &GrammarSet, name: &str, text: &str, head: &[u8]) -> Standing {
    // It compiled alone: only the number of grammars can be too many, which `formats check` tells.
    let Ok(set) = set.and(name, text) else { return Standing::Good };
    let Some(id) = set.find(name) else { return Standing::Good };
    let robbed: Vec<GrammarId> = taken_from_others(&set, id).map(|(other, _)| other).collect();
    if let Some(lowest) = robbed.iter().map(|other| set.get(*other)).min_by_key(|other| other.rank) {
        // Where rank does not decide, a lower one does not help.
        return match lowest.rank > 0 && lowest.rank <= set.get(id).rank {
            true => {
                let neighbour = Neighbour { name: lowest.name.clone(), rank: lowest.rank };
                Standing::Below(neighbour, names(&set, robbed))
            }
            false => Standing::Rivals(names(&set, robbed)),
        };
    }
    let mut robbers: Vec<GrammarId> = taken_by_others(&set, id).into_iter().map(|(other, _)| other).collect();
    robbers.extend(detect(&set, head).winner().filter(|winner| *winner != id));
    match robbers.is_empty() {
        true => Standing::Good,
        false => Standing::Rivals(names(&set, robbers)),
    }
}

fn names(set: &GrammarSet, mut ids: Vec<GrammarId>) -> Vec<String> {
    ids.sort_unstable();
    ids.dedup();
    ids.into_iter().map(|id| set.get(id).name.clone()).collect()
}
