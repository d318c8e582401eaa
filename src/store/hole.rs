//! Holes: what varies in records of one outline, told by few words: which bytes stood there, and which words of letters.
//!
//! It always tells more than there was (a hole with `eth0` and `lo7` may hold `lo0` as well), and never less: what
//! cannot be in a hole was in none.

use std::collections::HashMap;

/// Most words that a hole remembers: with more of them any letters may stand there.
const MOST_OF_HOLE: usize = 256;

/// Most words of a part: more are ids that are all letters.
const MOST_WORDS: usize = 65_536;

/// Longest word that is remembered.
const LONGEST: usize = 64;

/// How many recent words are found without hashing them: the same few come in every record.
const RECENT: usize = 1 << 10;

/// A set of bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Bytes(pub(super) [u64; 4]);

impl Bytes {
    /// The digits.
    pub(super) const DIGITS: Self = Self::of(b'0', b'9');
    /// All bytes.
    pub(super) const ALL: Self = Self([u64::MAX; 4]);

    /// Bytes from `first` to `last`.
    const fn of(first: u8, last: u8) -> Self {
        let (mut set, mut byte) = ([0; 4], first);
        while byte <= last {
            set[byte as usize >> 6] |= 1 << (byte & 63);
            byte += 1;
        }
        Self(set)
    }

    /// Adds other bytes.
    fn add(&mut self, other: Self) {
        self.0.iter_mut().zip(other.0).for_each(|(bits, other)| *bits |= other);
    }

    /// Whether all of `other` are among them.
    fn holds(self, other: Self) -> bool {
        self.0.iter().zip(other.0).all(|(bits, other)| other & !bits == 0)
    }

    /// The bytes, ascending.
    pub(super) fn each(self) -> impl Iterator<Item = u8> {
        self.0.into_iter().zip((0_u8..).step_by(64)).flat_map(|(mut bits, first)| {
            std::iter::from_fn(move || {
                let byte = (bits != 0).then(|| first + bits.trailing_zeros() as u8)?;
                bits &= bits - 1;
                Some(byte)
            })
        })
    }

    /// How many there are.
    pub(super) fn count(self) -> usize {
        self.0.iter().map(|bits| bits.count_ones() as usize).sum()
    }
}

/// Letters of hexadecimal numbers, by case: they stand in words of no meaning.
const HEX: [Bytes; 2] = [Bytes::of(b'a', b'f'), Bytes::of(b'A', b'F')];

/// All letters.
const LETTERS: [Bytes; 2] = [Bytes::of(b'a', b'z'), Bytes::of(b'A', b'Z')];

/// Kinds of bytes, a bit each.
const DIGIT: u8 = 1;
const LOWER_HEX: u8 = 2;
const UPPER_HEX: u8 = 4;
const LETTER: u8 = 8;
const OTHER: u8 = 16;

/// The kind of each byte.
const KINDS: [u8; 256] = {
    let mut kinds = [OTHER; 256];
    let mut byte = 0;
    while byte < 256 {
        kinds[byte] = match byte as u8 {
            b'0'..=b'9' => DIGIT,
            b'a'..=b'f' => LOWER_HEX,
            b'A'..=b'F' => UPPER_HEX,
            b'g'..=b'z' | b'G'..=b'Z' => LETTER,
            _ => OTHER,
        };
        byte += 1;
    }
    kinds
};

/// What is told of those kinds that are told by all of their bytes.
const SETS: [(u8, Bytes); 3] = [(DIGIT, Bytes::DIGITS), (LOWER_HEX, HEX[0]), (UPPER_HEX, HEX[1])];

/// The bytes that are told of a text of these kinds: others by themselves.
fn told(kinds: u8, text: &[u8]) -> Bytes {
    let mut bytes = Bytes::default();
    SETS.iter().filter(|(kind, _)| kinds & kind != 0).for_each(|(_, set)| bytes.add(*set));
    if kinds & OTHER != 0 {
        let others = text.iter().filter(|byte| KINDS[usize::from(**byte)] == OTHER);
        others.for_each(|byte| bytes.0[usize::from(byte >> 6)] |= 1 << (byte & 63));
    }
    bytes
}

/// What stood in a hole.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Hole {
    /// Bytes that are no letters of words: of digits all, if there was one.
    pub(super) bytes: Bytes,
    /// Words of letters, by their places, ascending.
    pub(super) words: Vec<u32>,
}

impl Hole {
    /// A hole of anything.
    pub(super) fn any() -> Self {
        Self { bytes: Bytes::ALL, words: Vec::new() }
    }

    /// Adds a text that stood in it.
    pub(super) fn add(&mut self, text: &[u8], words: &mut Words) {
        if self.bytes == Bytes::ALL {
            return;
        }
        let kinds = text.iter().fold(0, |kinds, byte| kinds | KINDS[usize::from(*byte)]);
        // Without words, which is most often, and where any letters may stand there already.
        if kinds & LETTER == 0 || LETTERS.into_iter().all(|letters| self.bytes.holds(letters)) {
            self.bytes.add(told(kinds, text));
            return;
        }
        let mut bytes = told(kinds & (DIGIT | OTHER), text);
        // The run of letters that ends at each byte that is none; one step more, behind the end.
        let (mut start, mut letters, mut number) = (0, 0, 0_u64);
        for at in 0..=text.len() {
            if let Some(byte) = text.get(at).filter(|byte| byte.is_ascii_alphabetic()) {
                letters |= KINDS[usize::from(*byte)];
                number = number << 8 | u64::from(*byte);
                continue;
            }
            if letters & LETTER != 0 {
                self.word(words.place(&text[start..at], number));
            } else {
                bytes.add(told(letters, b""));
            }
            (start, letters, number) = (at + 1, 0, 0);
        }
        self.bytes.add(bytes);
    }

    /// Adds a word.
    fn word(&mut self, place: Option<u32>) {
        match place.map(|place| (place, self.words.binary_search(&place))) {
            Some((_, Ok(_))) => {}
            Some((place, Err(at))) if self.words.len() < MOST_OF_HOLE => self.words.insert(at, place),
            _ => {
                LETTERS.into_iter().for_each(|letters| self.bytes.add(letters));
                self.words.clear();
            }
        }
    }
}

/// Words that stand in holes: each once.
#[derive(Debug, Default)]
pub(super) struct Words {
    places: HashMap<Box<[u8]>, u32>,
    /// Those of eight letters at most that came last, as numbers, with their places.
    recent: Vec<(u64, u32)>,
}

impl Words {
    /// The place of a word whose last eight letters are this number; `None` where it is not to be remembered.
    fn place(&mut self, word: &[u8], number: u64) -> Option<u32> {
        if word.len() > LONGEST {
            return None;
        }
        // Any mix of all bits will do: it is about speed only. No letter is zero, so no two words are one number.
        let slot = (number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 54) as usize;
        self.recent.resize(RECENT, (0, 0));
        let short = word.len() <= 8;
        if short && self.recent[slot].0 == number {
            return Some(self.recent[slot].1);
        }
        let place = match self.places.get(word) {
            Some(place) => *place,
            None if self.places.len() >= MOST_WORDS => return None,
            None => {
                let place = self.places.len() as u32;
                self.places.insert(word.into(), place);
                place
            }
        };
        if short {
            self.recent[slot] = (number, place);
        }
        Some(place)
    }

    /// The words, by place.
    pub(super) fn into_list(self) -> Vec<Box<[u8]>> {
        let mut list: Vec<_> = self.places.into_iter().collect();
        list.sort_unstable_by_key(|(_, place)| *place);
        list.into_iter().map(|(word, _)| word).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hole(texts: &[&str]) -> (Hole, Vec<String>) {
        let (mut hole, mut words) = (Hole::default(), Words::default());
        texts.iter().for_each(|text| hole.add(text.as_bytes(), &mut words));
        let list = words.into_list();
        let named =
            hole.words.iter().map(|place| String::from_utf8_lossy(&list[*place as usize]).into_owned());
        let named = named.collect();
        (hole, named)
    }

    #[test]
    fn a_hole_tells_bytes_and_words() {
        assert_eq!(hole(&["4", "71"]).0.bytes, Bytes::DIGITS);
        let (numbers, words) = hole(&["00ffc1", "7a", "10.0.0.1", "DEAD"]);
        assert!(words.is_empty());
        assert_eq!(numbers.bytes.each().collect::<Vec<_>>(), b".0123456789ABCDEFabcdef");
        let (paths, words) = hole(&["/srv/web1", "/srv/log", "x"]);
        assert_eq!(words, ["srv", "web", "log", "x"]);
        assert_eq!(paths.bytes.each().collect::<Vec<_>>(), b"/0123456789");
    }

    #[test]
    fn of_too_many_words_any_letters_are_told() {
        let texts: Vec<String> = (0..=MOST_OF_HOLE)
            .map(|n| format!("w{}z{}", char::from(b'g' + (n % 20) as u8), "y".repeat(n / 20)))
            .collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        for texts in [&texts[..], &[&"g".repeat(65)]] {
            let (letters, words) = hole(&[texts, &["more/"]].concat());
            assert!(words.is_empty());
            let told = letters.bytes.each().collect::<Vec<_>>();
            assert_eq!(told, b"/ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");
        }
    }
}
