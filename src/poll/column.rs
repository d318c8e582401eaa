//! Which columns are states at all, and which tables are polls: told by all that the table holds.
//!
//! A state has few values, and keeps one for a while. A poll comes again and again after about the same
//! time; a log written as a table has columns of few values too, but its rows come when they come.

use std::collections::BTreeSet;

/// With more different values than this a column of words is no state but a text.
const FEW: usize = 6;

/// Time between two rows of one thing: enough of them to tell a rhythm.
#[derive(Debug, Default)]
pub(super) struct Rhythm {
    gaps: Vec<i64>,
}

impl Rhythm {
    /// More tell nothing new.
    const ENOUGH: usize = 1_024;

    pub(super) fn add(&mut self, gap: i64) {
        if self.gaps.len() < Self::ENOUGH {
            self.gaps.push(gap);
        }
    }

    /// Whether three of four gaps are within a factor of two of the middle one. Polls that wait for an
    /// answer are late now and then; too few gaps to tell count as steady.
    pub(super) fn is_steady(&self) -> bool {
        let mut sorted = self.gaps.clone();
        sorted.sort_unstable();
        let middle = sorted.get(sorted.len() / 2).copied().unwrap_or(1);
        let near = sorted.iter().filter(|gap| (middle / 2..=middle.saturating_mul(2)).contains(*gap)).count();
        sorted.len() < 4 || middle > 0 && near * 4 >= sorted.len() * 3
    }
}

/// What is known of a column whose name says nothing.
#[derive(Debug, Default)]
pub(super) struct Column {
    values: BTreeSet<String>,
    /// Its values are measurements or texts: their changes are not told.
    pub(super) free: bool,
    /// In some round two entities had different values: it is about entities, not about the round.
    pub(super) mixed: bool,
    /// How often a value was compared with the one before, and how often it differed.
    compared: u64,
    changed: u64,
    /// Rounds of several entities in which it was seen.
    pub(super) rounds: u64,
}

impl Column {
    /// Learns how a value compares with the one before.
    pub(super) fn compare(&mut self, differs: bool) {
        self.compared += 1;
        self.changed += u64::from(differs);
    }

    /// Whether it changes so often that samples say nothing: in most of them.
    pub(super) fn is_busy(&self) -> bool {
        self.compared >= 16 && self.changed * 2 > self.compared
    }

    /// The same, for certain: its further changes need not even be kept.
    pub(super) fn is_hopeless(&self) -> bool {
        self.compared >= 256 && self.is_busy()
    }

    /// Learns a value.
    pub(super) fn learn(&mut self, value: &str) {
        if self.free || self.values.contains(value) {
            return;
        }
        let numeric = value.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '-' | '+' | '.'));
        self.free = (numeric && !matches!(value, "0" | "1")) || self.values.len() >= FEW || value.len() > 64;
        self.values.insert(value.to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn polls_are_steady_and_logs_are_not() {
        let steady = |gaps: &[i64]| {
            let mut rhythm = Rhythm::default();
            gaps.iter().for_each(|gap| rhythm.add(*gap));
            rhythm.is_steady()
        };
        assert!(steady(&[]) && steady(&[5]));
        assert!(steady(&[60, 70, 64, 70, 70, 60, 3_600, 60]));
        assert!(!steady(&[1, 30, 2, 0, 9, 120, 1, 44]));
        assert!(!steady(&[0, 0, 0, 0, 0]));
        assert!(!steady(&[i64::MAX, i64::MAX, i64::MIN, i64::MIN, 0, 0]));
    }

    #[test]
    fn few_values_are_a_state() {
        let free = |values: &[&str]| {
            let mut column = Column::default();
            values.iter().for_each(|value| column.learn(value));
            column.free
        };
        assert!(!free(&["1", "0", "1", "0"]));
        assert!(!free(&["up", "down", "unknown"]));
        assert!(free(&["0", "1", "2"]));
        assert!(free(&["0.5"]));
        assert!(free(&["a", "b", "c", "d", "e", "f", "g"]));
    }
}
