//! An instant: what a stamp turned out to mean, as an interval with its reasons.

use serde::{Deserialize, Serialize};

/// Nanoseconds in a second.
pub const NANOS_PER_SECOND: i64 = 1_000_000_000;

/// How an instant is known: a set of the contract's basis words.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Basis(u32);

impl Basis {
    /// The line carries its own offset.
    pub const OFFSET: Self = Self(1);
    /// The line counts seconds since 1970.
    pub const EPOCH: Self = Self(1 << 1);
    /// The zone was given with `--assume-tz`.
    pub const ZONE_ASSUMED: Self = Self(1 << 2);
    /// The zone was inferred from evidence.
    pub const ZONE_INFERRED: Self = Self(1 << 3);
    /// Nothing is known of the zone: `--tz` is taken.
    pub const ZONE_DEFAULT: Self = Self(1 << 4);
    /// The line names an offset that evidence proves wrong: repaired.
    pub const ZONE_REPAIRED: Self = Self(1 << 5);
    /// The line names its year.
    pub const YEAR_STAMP: Self = Self(1 << 6);
    /// The year follows from the file's modification time: it fits the last record, or bounds it.
    pub const YEAR_MTIME: Self = Self(1 << 7);
    /// The year follows from the date in a rotated file's name.
    pub const YEAR_ROTATION: Self = Self(1 << 8);
    /// The year follows from other evidence: full dates in records, `--year`, or sources that overlap.
    pub const YEAR_INFERRED: Self = Self(1 << 9);
    /// Counted back from an age that a record tells: "in this state for so long".
    pub const AGE: Self = Self(1 << 10);
    /// Counted from a clock that started with the machine or the process.
    pub const UPTIME: Self = Self(1 << 11);
    /// The machine's clock was off by a constant, which is taken away.
    pub const SKEW: Self = Self(1 << 12);
    /// The machine's clock was set at some moment, which is taken into account.
    pub const STEP: Self = Self(1 << 13);
    /// Bounded by its neighbours in the file: an undated record, or a change between two samples.
    pub const BETWEEN: Self = Self(1 << 14);
    /// Undated: bounded by the file's modification time only.
    pub const MTIME: Self = Self(1 << 15);

    /// The words, in the order they are printed.
    const WORDS: [(Self, &'static str); 16] = [
        (Self::OFFSET, "offset"),
        (Self::EPOCH, "epoch"),
        (Self::ZONE_ASSUMED, "zone:assumed"),
        (Self::ZONE_INFERRED, "zone:inferred"),
        (Self::ZONE_DEFAULT, "zone:default"),
        (Self::ZONE_REPAIRED, "zone:repaired"),
        (Self::YEAR_STAMP, "year:stamp"),
        (Self::YEAR_MTIME, "year:mtime"),
        (Self::YEAR_ROTATION, "year:rotation"),
        (Self::YEAR_INFERRED, "year:inferred"),
        (Self::AGE, "age"),
        (Self::UPTIME, "uptime"),
        (Self::SKEW, "skew"),
        (Self::STEP, "step"),
        (Self::BETWEEN, "between"),
        (Self::MTIME, "mtime"),
    ];

    /// Both sets together.
    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether every word of `other` is in this set.
    pub const fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// The word's set; `None` when it is no basis word.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::WORDS.iter().find(|(_, known)| *known == word).map(|(bit, _)| *bit)
    }

    /// The contract's words, in a fixed order.
    pub fn words(self) -> impl Iterator<Item = &'static str> {
        Self::WORDS.iter().filter(move |(bit, _)| self.has(*bit)).map(|(_, word)| *word)
    }
}

/// A half-open UTC interval `[earliest, latest)` with a best value; nanoseconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Instant {
    /// Not before this.
    pub earliest: i64,
    /// The value shown and sorted by.
    pub best: i64,
    /// Before this.
    pub latest: i64,
    /// How this is known.
    pub basis: Basis,
}
