//! What unpacking may cost: how deep, how much, at what ratio, and how much memory for what is held.
//!
//! Each limit has an option that raises it, and its sentence in the ledger names that option. Which
//! values are usual is decided above.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crate::text::binary_size;

/// Below this many unpacked bytes no ratio is too good: small files of one repeated line are honest.
const RATIO_FROM: u64 = 64 << 20;

/// Limits against archives that unpack to far more than anyone meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Unpacked bytes of one file, or of all members of one archive.
    pub unpacked: u64,
    /// Unpacked bytes per packed byte.
    pub ratio: u64,
    /// Layers: each compression and each archive around a log is one.
    pub depth: usize,
    /// Bytes of memory for members of compressed archives, over the whole run.
    pub held: u64,
}

impl Limits {
    /// Bytes that may come out of `packed` ones.
    pub(super) fn most(&self, packed: u64) -> u64 {
        self.unpacked.min(self.ratio.saturating_mul(packed).max(RATIO_FROM))
    }

    /// Why no more than [`Limits::most`] came out of `packed` bytes.
    pub(super) fn why_no_more(&self, packed: u64) -> String {
        let most = self.most(packed);
        if most == self.unpacked {
            format!("unpacks to more than {}: the rest is left out (--max-unpacked)", binary_size(most))
        } else {
            let ratio = self.ratio;
            format!(
                "unpacks to more than {ratio} times its size: from {} on it is left out (--max-ratio)",
                binary_size(most)
            )
        }
    }

    /// Why something is not opened.
    pub(super) fn why_no_deeper(&self) -> String {
        format!("packed in more than {} layers: not opened (--max-depth)", self.depth)
    }

    /// Why a member is not held.
    pub(super) fn why_not_held(&self) -> String {
        format!(
            "not read: members of compressed archives may take {} of memory, and others take it (--max-held)",
            binary_size(self.held)
        )
    }
}

/// The memory that all archives of a run share.
///
/// Which members fit must not depend on which archive is faster. So archives are opened at once only as
/// long as everything fits; if it does not, all is dropped and opened again, one archive after another in
/// canonical order, with a budget that is [`Budget::in_order`].
#[derive(Debug)]
pub struct Budget {
    limit: u64,
    used: AtomicU64,
    in_order: bool,
    overdrawn: AtomicBool,
}

impl Budget {
    /// For archives that are opened at the same time.
    pub fn shared(limits: &Limits) -> Self {
        Self {
            limit: limits.held,
            used: AtomicU64::new(0),
            in_order: false,
            overdrawn: AtomicBool::new(false),
        }
    }

    /// For archives that are opened one after another.
    pub fn in_order(limits: &Limits) -> Self {
        Self { in_order: true, ..Self::shared(limits) }
    }

    /// Whether archives that were opened at the same time wanted too much: what they gave is of no use.
    pub fn overdrawn(&self) -> bool {
        self.overdrawn.load(Ordering::Relaxed)
    }

    /// Whether there is no point in going on.
    pub(super) fn hopeless(&self) -> bool {
        !self.in_order && self.overdrawn()
    }

    pub(super) fn take(&self, bytes: u64) -> bool {
        let before = self.used.fetch_add(bytes, Ordering::Relaxed);
        if before.saturating_add(bytes) <= self.limit {
            return true;
        }
        self.give_back(bytes);
        self.overdrawn.store(true, Ordering::Relaxed);
        false
    }

    pub(super) fn give_back(&self, bytes: u64) {
        self.used.fetch_sub(bytes, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lower_limit_counts_and_is_named() {
        let limits = Limits { unpacked: 1 << 30, ratio: 1000, depth: 8, held: 10 };
        assert_eq!(limits.most(10), RATIO_FROM);
        assert_eq!(limits.most(1 << 20), 1000 << 20);
        assert_eq!(limits.most(1 << 30), 1 << 30);
        assert!(limits.why_no_more(10).contains("1000 times its size: from 64 MiB on"));
        assert!(limits.why_no_more(1 << 30).contains("more than 1 GiB"));
        assert_eq!(Limits { ratio: u64::MAX, ..limits }.most(u64::MAX), 1 << 30);
    }

    #[test]
    fn what_does_not_fit_is_given_back() {
        let limits = Limits { unpacked: 0, ratio: 0, depth: 0, held: 10 };
        let budget = Budget::in_order(&limits);
        assert!(budget.take(6) && !budget.take(5) && budget.take(4) && !budget.take(1));
        budget.give_back(6);
        assert!(budget.take(6) && budget.overdrawn() && !budget.hopeless());
        let shared = Budget::shared(&limits);
        assert!(!shared.take(11) && shared.hopeless());
    }
}
