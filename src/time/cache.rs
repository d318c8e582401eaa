//! The minute that was read last, so that the stamps of one minute are not read whole again and again. It changes
//! how fast a stamp is read and never what it is.

use crate::base::Stamp;

/// The minute read last: most stamps of a log differ from their predecessor in the seconds only, and
/// those need not be read whole.
#[derive(Clone, Copy, Debug, Default)]
pub struct MinuteCache {
    /// The pattern that read it.
    pub(super) pattern: u32,
    /// The stamp's text up to the `:` before its seconds: its length, its bytes, and which of them count.
    pub(super) length: u8,
    pub(super) text: [u64; 3],
    pub(super) mask: [u64; 3],
    /// The stamp at second 0.
    pub(super) minute: Option<Stamp>,
}

impl MinuteCache {
    /// Longest text kept.
    pub(super) const LONGEST: usize = 24;

    #[inline(always)]
    pub(super) fn words(text: &[u8; Self::LONGEST]) -> [u64; 3] {
        let mut words = [0; 3];
        for (word, chunk) in words.iter_mut().zip(text.chunks_exact(8)) {
            *word = chunk.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte));
        }
        words
    }

    /// Whether `bytes` start with the minute kept. Texts too short to compare in three words are not
    /// looked up.
    #[inline(always)]
    pub(super) fn holds(&self, bytes: &[u8]) -> bool {
        bytes.first_chunk::<{ Self::LONGEST }>().is_some_and(|head| {
            let words = Self::words(head);
            (0..3).fold(0, |differ, at| differ | ((words[at] ^ self.text[at]) & self.mask[at])) == 0
        })
    }
}
