//! Outlines: what is constant in a record's text, so that plain words are looked for among a few thousand outlines
//! and not in millions of messages.
//!
//! An outline is a text with holes for what varies: for parts that stand in columns of their own, and for the holes
//! of its message's pattern. Records of one outline share their constants. What stands in holes is only kept as the
//! words in it, all together: a text none of whose words ever stood in a hole can only stand in constants.
//!
//! Why that is exact: a hole begins and ends where a word does (`Outliner::push` sees to it), so a text that
//! reaches into a hole and begins and ends with a letter has a whole word of its own in there, or all of itself.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

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
    pub(super) outlines: Vec<(Vec<u8>, [u64; 2])>,
    /// Words that stand in holes; `None` when they are too many.
    pub(super) words: Option<HashSet<Vec<u8>>>,
    scratch: Vec<u8>,
}

impl Outliner {
    pub(super) fn new() -> Self {
        Self { words: Some(HashSet::new()), ..Self::default() }
    }

    /// The id of a record's outline, by its text and where its parts stand in it. Copies of events are
    /// counted apart.
    pub(super) fn push(&mut self, text: &[u8], parts: &[(Range<usize>, Part)], copy: bool) -> u32 {
        let mut outline = std::mem::take(&mut self.scratch);
        outline.clear();
        let mut whole = std::str::from_utf8(text).is_ok();
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
        let id = self.add(&outline, [u64::from(!copy), u64::from(copy)]);
        self.scratch = outline;
        id
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

    /// Takes in the outlines of a piece; for each of its ids the id here.
    pub(super) fn absorb(&mut self, other: Self) -> Vec<u32> {
        match (&mut self.words, other.words) {
            (Some(words), Some(others)) if words.len() + others.len() <= 4 * MOST_WORDS => {
                words.extend(others)
            }
            _ => self.words = None,
        }
        if self.words.as_ref().is_some_and(|words| words.len() > MOST_WORDS) {
            self.words = None;
        }
        other.outlines.iter().map(|(outline, count)| self.add(outline, *count)).collect()
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
fn hole(
    words: &mut Option<HashSet<Vec<u8>>>,
    outline: &mut Vec<u8>,
    text: &[u8],
    in_word: &mut bool,
) -> bool {
    let before = if outline.last() == Some(&HOLE) { *in_word } else { is_letter(outline.last()) };
    let whole = !(before && is_letter(text.first()));
    if outline.last() != Some(&HOLE) {
        outline.push(HOLE);
    }
    if !text.is_empty() {
        *in_word = is_letter(text.last());
    }
    if let Some(known) = words {
        for word in text.split(|byte| !byte.is_ascii_alphabetic()).filter(|word| !word.is_empty()) {
            let word = &word[..word.len().min(LONGEST)];
            if !known.contains(word) {
                known.insert(word.to_vec());
            }
        }
        if known.len() > MOST_WORDS {
            *words = None;
        }
    }
    whole
}

/// What outlines tell of a plain text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Outlines {
    /// Outlines by id: constants with holes between, and how many events and copies have each.
    outlines: Vec<(Vec<u8>, [u64; 2])>,
    /// Words in holes, between newlines; `None` when they are not known.
    words: Option<Vec<u8>>,
}

impl Outlines {
    /// The outlines of a store, as it keeps them.
    pub(super) fn new(outliner: Outliner) -> Self {
        let words = outliner.words.map(|words| {
            let mut words: Vec<Vec<u8>> = words.into_iter().collect();
            words.sort_unstable();
            let mut text = vec![b'\n'];
            for word in words {
                text.extend(word);
                text.push(b'\n');
            }
            text
        });
        Self { outlines: outliner.outlines, words }
    }

    /// For each outline whether its records hold a text; `None` when that cannot be told from outlines.
    pub(super) fn holding(&self, text: &[u8]) -> Option<Vec<bool>> {
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

    /// As the store's file: `timeline outlines 1`, whether words are known, then lengths and bytes.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut out = MAGIC.to_vec();
        let words = self.words.as_deref();
        out.push(u8::from(words.is_some()));
        push_bytes(&mut out, words.unwrap_or_default());
        for (outline, count) in &self.outlines {
            count.iter().for_each(|count| out.extend(count.to_le_bytes()));
            push_bytes(&mut out, outline);
        }
        out
    }

    /// The inverse of [`Outlines::to_bytes`]; `None` for anything else.
    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let mut rest = bytes.strip_prefix(MAGIC)?;
        let known = *rest.split_off_first()? == 1;
        let words = take_bytes(&mut rest)?.to_vec();
        let mut outlines = Vec::new();
        while !rest.is_empty() {
            let mut number = || Some(u64::from_le_bytes(rest.split_off(..8)?.try_into().ok()?));
            let count = [number()?, number()?];
            outlines.push((take_bytes(&mut rest)?.to_vec(), count));
        }
        Some(Self { outlines, words: known.then_some(words) })
    }
}

const MAGIC: &[u8] = b"timeline outlines 1\n";

fn push_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    out.extend((bytes.len() as u64).to_le_bytes());
    out.extend_from_slice(bytes);
}

fn take_bytes<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let length = u64::from_le_bytes(rest.split_off(..8)?.try_into().ok()?);
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
            outliner.push(text.as_bytes(), &parts, false);
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
