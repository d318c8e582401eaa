//! Outlines: what is constant in a record's text, so that plain words are looked for among a few thousand outlines
//! and not in millions of messages.
//!
//! An outline is a text with holes for what varies: for parts that stand in columns of their own, and for the holes
//! of its message's pattern. Records of one outline share their constants. What stands in holes is only kept as the
//! words in it, all together: a text none of whose words ever stood in a hole can only stand in constants.
//!
//! Why that is exact: a hole begins and ends where a word does (`Outliner::push` sees to it), so a text that
//! reaches into a hole and begins and ends with a letter has a whole word of its own in there, or all of itself.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::shape::{Part, pieces_of};
use crate::pattern::{Piece, pieces};

/// Stands for a hole: no byte of UTF-8.
const HOLE: u8 = 0xff;

/// More words than this tell nothing any more: ids that are all letters.
const MOST_WORDS: usize = 65_536;

/// Longest word that is kept: what is longer tells nothing.
const LONGEST: usize = 64;

/// Outlines of some records.
#[derive(Debug, Default)]
pub(super) struct Outliner {
    ids: HashMap<Vec<u8>, u32>,
    /// Outlines by id, and how many events have each, and how many copies of events.
    outlines: Vec<(Vec<u8>, [u64; 2])>,
    /// Patterns with the outlines that their records have: mostly one.
    patterns: BTreeSet<(u64, u32)>,
    /// The last outline of each pattern: that of its next record, nearly always.
    last: HashMap<u64, u32>,
    words: Words,
    scratch: Vec<u8>,
}

/// What an [`Outliner`] has found so far.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct OutlinerRest {
    outlines: Vec<(Vec<u8>, [u64; 2])>,
    patterns: Vec<(u64, u32)>,
    words: Option<Vec<Vec<u8>>>,
}

/// Words that stand in holes.
#[derive(Debug, Default)]
struct Words {
    /// The words; `None` when they are too many.
    known: Option<HashSet<Vec<u8>>>,
    /// Some that are known, of eight letters at most, as numbers: the same few come in every record.
    recent: Vec<u64>,
}

/// How many recent words are remembered: a few for each place.
const RECENT: usize = 1 << 10;

impl Words {
    /// Keeps the words of a hole.
    fn add(&mut self, text: &[u8]) {
        let (mut start, mut number) = (0, 0);
        for (at, byte) in text.iter().enumerate() {
            if byte.is_ascii_alphabetic() {
                number = number << 8 | u64::from(*byte);
            } else {
                if at > start {
                    self.keep(&text[start..at], number);
                }
                (start, number) = (at + 1, 0);
            }
        }
        if text.len() > start {
            self.keep(&text[start..], number);
        }
    }

    /// Keeps a word, whose last eight letters are this number.
    fn keep(&mut self, word: &[u8], number: u64) {
        let Some(known) = &mut self.known else { return };
        if word.len() <= 8 {
            // No letter is zero: no two words are one number.
            self.recent.resize(RECENT, 0);
            // Any mix of all bits will do: it is about speed only.
            let place = (number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 54) as usize;
            if std::mem::replace(&mut self.recent[place], number) == number {
                return;
            }
        }
        let word = &word[..word.len().min(LONGEST)];
        if !known.contains(word) {
            known.insert(word.to_vec());
            if known.len() > MOST_WORDS {
                self.known = None;
            }
        }
    }

    /// Takes in the words of a piece.
    fn absorb(&mut self, other: Self) {
        match (&mut self.known, other.known) {
            (Some(words), Some(others)) => words.extend(others),
            _ => self.known = None,
        }
        if self.known.as_ref().is_some_and(|words| words.len() > MOST_WORDS) {
            self.known = None;
        }
    }
}

impl Outliner {
    pub(super) fn new() -> Self {
        Self { words: Words { known: Some(HashSet::new()), recent: Vec::new() }, ..Self::default() }
    }

    /// Notes the outline of a record of a pattern, by its text, whether that is UTF-8, and where its parts stand in it.
    /// Copies of events are counted apart.
    pub(super) fn push(
        &mut self,
        (text, valid): (&[u8], bool),
        parts: &[(Range<usize>, Part)],
        pattern: u64,
        copy: bool,
    ) {
        let mut outline = std::mem::take(&mut self.scratch);
        outline.clear();
        let mut whole = valid;
        // Whether the text so far ends in a hole whose last byte is a letter.
        let mut in_word = false;
        pieces_of(text, parts, |text, part| match part {
            None => whole &= constant(&mut outline, text, &mut in_word),
            Some(Part::Message) => pieces(text, |piece| match piece {
                Piece::Constant(text) => whole &= constant(&mut outline, text, &mut in_word),
                Piece::Hole(text) => whole &= hole(&mut self.words, &mut outline, text, &mut in_word),
            }),
            Some(_) => whole &= hole(&mut self.words, &mut outline, text, &mut in_word),
        });
        if !whole {
            // Nothing is known of such a text.
            outline.clear();
            outline.extend([HOLE, HOLE]);
        }
        self.count(pattern, &outline, [u64::from(!copy), u64::from(copy)]);
        self.scratch = outline;
    }

    /// Counts the outline of a record of a pattern.
    fn count(&mut self, pattern: u64, outline: &[u8], count: [u64; 2]) {
        let last = self.last.get(&pattern).and_then(|id| self.outlines.get_mut(*id as usize));
        if let Some((known, counts)) = last
            && *known == outline
        {
            *counts = [counts[0] + count[0], counts[1] + count[1]];
            return;
        }
        let id = self.add(outline, count);
        self.patterns.insert((pattern, id));
        self.last.insert(pattern, id);
    }

    /// Counts an outline; its id.
    fn add(&mut self, outline: &[u8], count: [u64; 2]) -> u32 {
        if let Some(id) = self.ids.get(outline) {
            let known = &mut self.outlines[*id as usize].1;
            *known = [known[0] + count[0], known[1] + count[1]];
            return *id;
        }
        let id = self.outlines.len() as u32;
        self.outlines.push((outline.to_vec(), count));
        self.ids.insert(outline.to_vec(), id);
        id
    }

    /// All that was found, for a later build to go on from.
    pub(super) fn rest(&self) -> OutlinerRest {
        let words = self.words.known.as_ref().map(|words| {
            let mut words: Vec<Vec<u8>> = words.iter().cloned().collect();
            words.sort_unstable();
            words
        });
        let outlines = self.outlines.clone();
        OutlinerRest { outlines, patterns: self.patterns.iter().copied().collect(), words }
    }

    /// Goes on from what an earlier build found.
    pub(super) fn go_on(rest: OutlinerRest) -> Self {
        let ids = rest.outlines.iter().enumerate();
        Self {
            ids: ids.map(|(id, (outline, _))| (outline.clone(), id as u32)).collect(),
            outlines: rest.outlines,
            patterns: rest.patterns.into_iter().collect(),
            words: Words { known: rest.words.map(HashSet::from_iter), recent: Vec::new() },
            ..Self::default()
        }
    }

    /// Takes in the outlines of a piece.
    pub(super) fn absorb(&mut self, other: Self) {
        self.words.absorb(other.words);
        let ids: Vec<u32> = other.outlines.iter().map(|(outline, count)| self.add(outline, *count)).collect();
        self.patterns.extend(other.patterns.iter().map(|(pattern, id)| (*pattern, ids[*id as usize])));
    }
}

fn is_letter(byte: Option<&u8>) -> bool {
    byte.is_some_and(u8::is_ascii_alphabetic)
}

/// Appends constant text; whether it begins no word in the middle.
fn constant(outline: &mut Vec<u8>, text: &[u8], in_word: &mut bool) -> bool {
    let whole = !(*in_word && is_letter(text.first()));
    if !text.is_empty() {
        outline.extend_from_slice(text);
        *in_word = false;
    }
    whole
}

/// Appends a hole and keeps the words in it; whether it begins no word in the middle.
fn hole(words: &mut Words, outline: &mut Vec<u8>, text: &[u8], in_word: &mut bool) -> bool {
    let before = if outline.last() == Some(&HOLE) { *in_word } else { is_letter(outline.last()) };
    let whole = !(before && is_letter(text.first()));
    if outline.last() != Some(&HOLE) {
        outline.push(HOLE);
    }
    if !text.is_empty() {
        *in_word = is_letter(text.last());
    }
    words.add(text);
    whole
}

/// What outlines tell of a plain text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Outlines {
    /// Outlines by id: constants with holes between, and how many events and copies have each.
    outlines: Vec<(Vec<u8>, [u64; 2])>,
    /// Patterns with the outlines of their records, ascending.
    patterns: Vec<(u64, u32)>,
    /// Words in holes, between newlines; `None` when they are not known.
    words: Option<Vec<u8>>,
}

impl Outlines {
    /// The outlines of a store, as it keeps them.
    pub(super) fn new(outliner: Outliner) -> Self {
        let words = outliner.words.known.map(|words| {
            let mut words: Vec<Vec<u8>> = words.into_iter().collect();
            words.sort_unstable();
            let mut text = vec![b'\n'];
            for word in words {
                text.extend(word);
                text.push(b'\n');
            }
            text
        });
        Self { outlines: outliner.outlines, patterns: outliner.patterns.into_iter().collect(), words }
    }

    /// Patterns, ascending, some of whose records hold a text; `None` when that cannot be told from outlines.
    pub(super) fn patterns(&self, text: &[u8]) -> Option<Vec<u64>> {
        let holding = self.holding(text)?;
        let holds = |id: u32| holding.get(id as usize).copied().unwrap_or(true);
        let mut patterns: Vec<u64> =
            self.patterns.iter().filter(|(_, id)| holds(*id)).map(|(pattern, _)| *pattern).collect();
        patterns.dedup();
        Some(patterns)
    }

    /// For each outline whether its records hold a text; `None` when that cannot be told from outlines.
    fn holding(&self, text: &[u8]) -> Option<Vec<bool>> {
        let words = self.words.as_ref()?;
        let plain = |byte: &u8| byte.is_ascii() && !byte.is_ascii_digit() && !b"_/'\"\n\r\0".contains(byte);
        if !is_letter(text.first()) || !is_letter(text.last()) || !text.iter().all(plain) {
            return None;
        }
        // At its ends a word may be a part of a longer one.
        let parts: Vec<&[u8]> = text.split(|byte| !byte.is_ascii_alphabetic()).collect();
        let last = parts.len() - 1;
        let in_a_hole = parts.iter().enumerate().filter(|(_, part)| !part.is_empty()).any(|(index, part)| {
            let mut word = part[..part.len().min(LONGEST)].to_vec();
            if index > 0 {
                word.insert(0, b'\n');
            }
            if index < last && part.len() < LONGEST {
                word.push(b'\n');
            }
            memchr::memmem::find(words, &word).is_some()
        });
        if in_a_hole || self.outlines.iter().any(|(outline, _)| outline == &[HOLE, HOLE]) {
            return None;
        }
        let finder = memchr::memmem::Finder::new(text);
        Some(self.outlines.iter().map(|(outline, _)| finder.find(outline).is_some()).collect())
    }

    /// How many events hold a text; `None` when that cannot be told from outlines.
    pub(super) fn count(&self, text: &[u8]) -> Option<u64> {
        let holding = self.holding(text)?;
        let holding = self.outlines.iter().zip(holding).filter(|(_, holds)| *holds);
        // A copy may hold what its event does not: then it counts, and only the records tell.
        holding.map(|((_, [events, copies]), _)| (*copies == 0).then_some(*events)).sum()
    }

    /// As the store's file: `timeline outlines 2`, whether words are known, the words, how many outlines, those with
    /// their counts, then the patterns.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut out = MAGIC.to_vec();
        let words = self.words.as_deref();
        out.push(u8::from(words.is_some()));
        push_bytes(&mut out, words.unwrap_or_default());
        out.extend((self.outlines.len() as u64).to_le_bytes());
        for (outline, count) in &self.outlines {
            count.iter().for_each(|count| out.extend(count.to_le_bytes()));
            push_bytes(&mut out, outline);
        }
        for (pattern, id) in &self.patterns {
            out.extend(pattern.to_le_bytes());
            out.extend(id.to_le_bytes());
        }
        out
    }

    /// The inverse of [`Outlines::to_bytes`]; `None` for anything else.
    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let mut rest = bytes.strip_prefix(MAGIC)?;
        let known = *rest.split_off_first()? == 1;
        let words = take_bytes(&mut rest)?.to_vec();
        let mut outlines = Vec::new();
        for _ in 0..take_number(&mut rest)? {
            let count = [take_number(&mut rest)?, take_number(&mut rest)?];
            outlines.push((take_bytes(&mut rest)?.to_vec(), count));
        }
        let mut patterns = Vec::new();
        while !rest.is_empty() {
            let pattern = take_number(&mut rest)?;
            patterns.push((pattern, u32::from_le_bytes(rest.split_off(..4)?.try_into().ok()?)));
        }
        Some(Self { outlines, patterns, words: known.then_some(words) })
    }
}

const MAGIC: &[u8] = b"timeline outlines 2\n";

fn push_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    out.extend((bytes.len() as u64).to_le_bytes());
    out.extend_from_slice(bytes);
}

fn take_number(rest: &mut &[u8]) -> Option<u64> {
    Some(u64::from_le_bytes(rest.split_off(..8)?.try_into().ok()?))
}

fn take_bytes<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let length = take_number(rest)?;
    rest.split_off(..usize::try_from(length).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Outlines of records `STAMP HOST PROGRAM: MESSAGE`.
    fn outlines(messages: &[&str]) -> Outlines {
        let mut outliner = Outliner::new();
        for message in messages {
            let text = format!("Dec 12 10:10:59 web1 sshd: {message}");
            let parts = [
                (0..15, Part::Stamp),
                (16..20, Part::Host),
                (21..25, Part::Program),
                (27..text.len(), Part::Message),
            ];
            // One pattern for all: what it tells is what its outlines tell together.
            outliner.push((text.as_bytes(), true), &parts, 7, false);
        }
        let made = Outlines::new(outliner);
        assert_eq!(Outlines::from_bytes(&made.to_bytes()), Some(made.clone()));
        made
    }

    #[test]
    fn constants_are_counted_and_what_may_be_in_holes_is_not_told() {
        let outlines = outlines(&[
            "Failed password for root from 10.0.0.1",
            "Failed password for root from 10.0.0.2",
            "open \"/srv/failed upload\" ok",
            "session opened",
        ]);
        for (text, count) in [
            ("Failed password", Some(2)),
            ("session opened", Some(1)),
            ("password for", Some(2)),
            ("nothing like it", Some(0)),
            // Its words stand in a hole.
            ("failed upload", None),
            ("upload", None),
            ("uploa", None),
            // The program and the host are holes.
            ("sshd: Failed", None),
            // Digits may be anywhere.
            ("from 10", None),
            ("", None),
            (": Failed", None),
        ] {
            assert_eq!(outlines.count(text.as_bytes()), count, "{text}");
        }
    }

    #[test]
    fn what_outlines_tell_is_what_a_search_finds() {
        let messages = [
            "a b7c d/e \"f g\" h",
            "ab cd",
            "ab7 cd",
            "cd 'ab' x",
            "/ab/cd ef",
            "ef: gh (ij)",
            "gh7ij kl",
            "kl_m",
            "x=y z=7",
            "",
            "7",
            "ab,cd",
            "b c",
            "c(d)",
            "[ab] 1.2.3.4 cd",
            "f g",
            "pool (www) said no",
            "it said: pool, pool!",
            "said (pool) or no 7",
        ];
        let outlines = outlines(&messages);
        let records: Vec<String> =
            messages.iter().map(|m| format!("Dec 12 10:10:59 web1 sshd: {m}")).collect();
        let joined = records.join("\n");
        // Every piece of every record is asked for.
        let mut told = 0;
        for start in 0..joined.len() {
            for end in start + 1..(start + 9).min(joined.len()) {
                let Some(text) = joined.get(start..end).filter(|text| !text.contains('\n')) else { continue };
                if let Some(count) = outlines.count(text.as_bytes()) {
                    told += 1;
                    let found = records.iter().filter(|record| record.contains(text)).count();
                    assert_eq!(count, found as u64, "{text:?}");
                }
            }
        }
        assert!(told > 20, "nearly nothing is told: {told}");
    }

    #[test]
    fn damaged_bytes_are_no_outlines() {
        let bytes = outlines(&["one 2", "three"]).to_bytes();
        for end in 0..bytes.len() {
            // Whatever is read of a cut file is no panic.
            let _ = Outlines::from_bytes(&bytes[..end]);
        }
        assert_eq!(Outlines::from_bytes(b"else"), None);
    }
}
