//! A set of bytes: which ones a line of some format can begin with.

/// Some of the 256 bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ByteSet([u64; 4]);

impl ByteSet {
    /// Every byte.
    pub const ALL: Self = Self([u64::MAX; 4]);

    /// The bytes of a text.
    pub fn of(bytes: impl AsRef<[u8]>) -> Self {
        let mut set = Self::default();
        for byte in bytes.as_ref() {
            set.0[usize::from(*byte / 64)] |= 1 << (byte % 64);
        }
        set
    }

    /// The bytes that a question is answered with yes for.
    pub fn matching(fits: impl Fn(u8) -> bool) -> Self {
        Self::of((0..=u8::MAX).filter(|byte| fits(*byte)).collect::<Vec<_>>())
    }

    /// The bytes of both sets.
    #[must_use]
    pub fn union(self, other: Self) -> Self {
        Self(std::array::from_fn(|at| self.0[at] | other.0[at]))
    }

    /// Whether any byte is in both sets.
    pub const fn meets(&self, other: &Self) -> bool {
        let mut at = 0;
        while at < 4 {
            if self.0[at] & other.0[at] != 0 {
                return true;
            }
            at += 1;
        }
        false
    }

    /// The set as 64 hexadecimal digits.
    pub fn to_hex(&self) -> String {
        self.0.iter().map(|part| format!("{part:016x}")).collect()
    }

    /// The set that [`Self::to_hex`] wrote.
    pub fn from_hex(digits: &str) -> Option<Self> {
        let mut set = Self::default();
        for (at, part) in set.0.iter_mut().enumerate() {
            *part = u64::from_str_radix(digits.get(at * 16..at * 16 + 16)?, 16).ok()?;
        }
        (digits.len() == 64).then_some(set)
    }

    /// Whether a byte is in it.
    #[inline]
    pub const fn has(&self, byte: u8) -> bool {
        self.0[byte as usize / 64] & (1 << (byte % 64)) != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_has_what_it_was_given() {
        let set = ByteSet::of("a\u{0}").union(ByteSet::matching(|byte| byte >= 250));
        let found: Vec<u8> = (0..=u8::MAX).filter(|byte| set.has(*byte)).collect();
        assert_eq!(found, [0, b'a', 250, 251, 252, 253, 254, 255]);
        assert!((0..=u8::MAX).all(|byte| ByteSet::ALL.has(byte)));
        assert_eq!(ByteSet::from_hex(&set.to_hex()), Some(set));
        assert_eq!(ByteSet::from_hex("00"), None);
        assert!(set.meets(&ByteSet::of("xa")) && !set.meets(&ByteSet::of("x")));
    }
}
