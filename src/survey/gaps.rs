//! How long the stamps of a stretch stand apart: a histogram in powers of two, cheap enough for every
//! record and small enough to keep for every chunk.

use serde::{Deserialize, Serialize};

/// Counts of gaps between neighbouring stamps, by magnitude. Merging is addition, so the result does
/// not depend on how a file was cut.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gaps {
    counts: [u32; 32],
}

/// The unit of the smallest bucket is 2^20 ns, about a millisecond.
const UNIT_BITS: u32 = 20;

impl Gaps {
    /// Counts a gap in nanoseconds; a step back counts as none.
    #[inline]
    pub fn add(&mut self, gap: i64) {
        let units = (gap.max(0) as u64) >> UNIT_BITS;
        let bucket = (64 - units.leading_zeros()) as usize;
        self.counts[bucket.min(31)] += 1;
    }

    /// Adds another histogram.
    pub fn merge(&mut self, other: &Self) {
        for (mine, theirs) in self.counts.iter_mut().zip(other.counts) {
            *mine = mine.saturating_add(theirs);
        }
    }

    /// How many gaps were counted.
    pub fn total(&self) -> u64 {
        self.counts.iter().map(|count| u64::from(*count)).sum()
    }

    /// A length in nanoseconds that at least `share` (0 to 1) of the gaps do not exceed: the upper edge
    /// of a bucket, so up to twice the true quantile. `None` without gaps.
    pub fn quantile(&self, share: f64) -> Option<i64> {
        let total = self.total();
        if total == 0 {
            return None;
        }
        let wanted = (total as f64 * share).ceil().max(1.0) as u64;
        let mut seen = 0;
        let bucket = self.counts.iter().position(|count| {
            seen += u64::from(*count);
            seen >= wanted
        })?;
        Some(1_i64 << (UNIT_BITS + bucket as u32))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantile_is_at_most_twice_too_long() {
        let mut gaps = Gaps::default();
        assert_eq!(gaps.quantile(0.5), None);
        for _ in 0..98 {
            gaps.add(1_000_000_000);
        }
        gaps.add(3_600_000_000_000);
        gaps.add(-5);
        let second = gaps.quantile(0.9).expect("gaps");
        assert!((1_000_000_000..=2_147_483_648).contains(&second), "{second}");
        assert!(gaps.quantile(1.0).expect("gaps") >= 3_600_000_000_000);
        let mut twice = gaps;
        twice.merge(&gaps);
        assert_eq!((twice.total(), twice.quantile(0.9)), (200, Some(second)));
    }
}
