//! An event: one record on the timeline, as 40 bytes that point into its batch.
//!
//! Fields, host, program and the interval of the instant are not stored: whoever prints them reads
//! the record again with its grammar. Most events are only sorted and copied, and those stay cheap.

use super::level::Level;

/// Bits of [`Event::flags`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flags(u8);

impl Flags {
    /// The record has no stamp: `key` only says where it stands.
    pub const UNDATED: Self = Self(1);
    /// First occurrence of its pattern in its source.
    pub const FIRST: Self = Self(1 << 1);
    /// Its stamp counts from a boot: its interval stands in the batch's gaps.
    pub const COUNTED: Self = Self(1 << 2);
    /// The query matched it.
    pub const MATCH: Self = Self(1 << 3);
    /// The level was read from words of the message, not from a level field.
    pub const LEVEL_INFERRED: Self = Self(1 << 4);
    /// Derived from a record: what it is and when stands in [`super::Batch::derived`].
    pub const DERIVED: Self = Self(1 << 6);
    /// The undated record has no dated neighbour: the file's mtime is all there is.
    pub const MTIME_ONLY: Self = Self(1 << 5);

    /// A store tells of it: its parts and its interval stand in [`super::Batch::told`].
    pub const TOLD: Self = Self(1 << 7);

    /// Its interval is not that of its stamp's width.
    pub const APART: Self = Self(Self::UNDATED.0 | Self::COUNTED.0 | Self::DERIVED.0 | Self::TOLD.0);

    /// Whether all bits of `other` are set.
    pub const fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether any bit of either is set.
    pub const fn any(self, one: Self, other: Self) -> bool {
        self.0 & (one.0 | other.0) != 0
    }

    /// The bits, as a store keeps them.
    pub const fn bits(self) -> u8 {
        self.0
    }

    /// The inverse of [`Flags::bits`].
    pub const fn from_bits(bits: u8) -> Self {
        Self(bits)
    }

    /// Clears the bits of `other`.
    pub const fn clear(&mut self, other: Self) {
        self.0 &= !other.0;
    }

    /// Sets the bits of `other`.
    pub const fn set(&mut self, other: Self) {
        self.0 |= other.0;
    }
}

/// One record on the timeline. Offsets point into [`super::Batch::bytes`].
#[derive(Clone, Copy, Debug)]
pub struct Event {
    /// Best instant, nanoseconds since 1970 UTC; for an undated record, its place in the order.
    pub key: i64,
    /// Identity of its pattern.
    pub pattern: u64,
    /// Where the record starts.
    pub offset: u32,
    /// Bytes of the record, without the newline that ends it.
    pub len: u32,
    /// Physical line, counted from the batch's first line; of a derived event its place in
    /// [`super::Batch::derived`].
    pub line: u32,
    /// Physical lines of the record.
    pub lines: u32,
    /// Where, in the record, the part worth printing starts (past stamp, host and level).
    pub body: u16,
    /// Where, in the record, the message starts.
    pub message: u16,
    /// Which of the batch's layouts read it.
    pub layout: u8,
    /// Severity.
    pub level: Level,
    /// See [`Flags`].
    pub flags: Flags,
    /// Resolution of the stamp, packed.
    pub resolution: u8,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_stays_forty_bytes() {
        assert_eq!(size_of::<Event>(), 40);
    }
}
