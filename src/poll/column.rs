//! Which columns are states at all: those with few values, told by all that the table holds.

use std::collections::BTreeSet;

/// With more different values than this a column of words is no state but a text.
const FEW: usize = 6;

/// What is known of a column whose name says nothing.
#[derive(Debug, Default)]
pub(super) struct Column {
    values: BTreeSet<String>,
    /// Its values are measurements or texts: their changes are not told.
    pub(super) free: bool,
    /// In some round two entities had different values: it is about entities, not about the round.
    pub(super) mixed: bool,
    /// Rounds of several entities in which it was seen.
    pub(super) rounds: u64,
}

impl Column {
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
