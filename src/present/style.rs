//! How lines look: what a terminal allows, what was asked for, and the colours and names of sources.

use std::collections::HashSet;

use crate::text::{cut_left, width};

/// Pauses that are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gaps {
    /// From so many nanoseconds on.
    pub least: i64,
    /// Whether all records are shown: then a pause is a silence.
    pub of_all: bool,
}

/// How lines look.
#[derive(Clone, Copy, Debug, Default)]
pub struct Style {
    /// Colours.
    pub color: bool,
    /// The date once per day instead of on every line.
    pub collapse_dates: bool,
    /// Columns of the screen that lines are fitted to.
    pub columns: Option<usize>,
    /// Times count from this instant.
    pub relative: Option<i64>,
    /// Pauses that are shown as a rule.
    pub gaps: Option<Gaps>,
}

impl Style {
    /// Whether lines look as they do in a file.
    pub(super) const fn is_plain(&self) -> bool {
        !self.color
            && !self.collapse_dates
            && self.columns.is_none()
            && self.relative.is_none()
            && self.gaps.is_none()
    }
}

/// The first and the last of something in a stretch.
pub type Ends<T> = Option<(T, T)>;

/// Colours of sources: readable on light and on dark (contrast 3.2 at least on either), none of them a level's.
const CALM: [u8; 14] = [67, 65, 137, 97, 66, 132, 101, 63, 134, 68, 96, 104, 133, 61];

/// Labels of at most so many columns, or as many more as it takes to tell them apart.
pub(super) fn short_labels(labels: &[String], most: usize) -> Vec<String> {
    let widest = labels.iter().map(|label| width(label)).max().unwrap_or(0);
    let told_apart = |short: &[String]| {
        let whole: HashSet<&String> = labels.iter().collect();
        short.iter().collect::<HashSet<_>>().len() == whole.len()
    };
    let cut = |most: usize| labels.iter().map(|label| cut_left(label, most)).collect::<Vec<String>>();
    (most..widest).map(cut).find(|short| told_apart(short)).unwrap_or_else(|| labels.to_vec())
}

/// The colour of a source: always the same for the same name.
pub(super) fn calm(name: &str) -> u8 {
    // FNV-1a: short, and the same in every version.
    let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    CALM[(hash % CALM.len() as u64) as usize]
}
