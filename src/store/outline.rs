//! Outlines: what is constant in a record's text, so that what is looked for is held against a few thousand outlines
//! and not against millions of messages.
//!
//! An outline is a text with holes for what varies: for parts that stand in columns of their own, and for the holes
//! of its message's pattern. Records of one outline share their constants; what stood in each hole is told by its
//! bytes and words (`hole`).

use std::collections::{BTreeSet, HashMap};
use std::ops::Range;

use super::hole::{Bytes, Hole, Words};
use super::packing::{push_bytes, push_number, take_bytes, take_number};
use super::shape::{Part, pieces_of};
use crate::pattern::{Piece, pieces};

/// Stands for a hole: no byte of UTF-8.
pub(super) const HOLE: u8 = 0xff;

/// Most bytes of the outlines of a part. Where records have no more in common than that, the rest of them is one
/// outline of anything, and patterns that come then are not listed.
const MOST_BYTES: usize = 1 << 20;

/// So many outlines of one pattern are told apart by what is said within quotations: with more of them a quotation is
/// a hole as any other.
const MOST_QUOTED: u32 = 16;

/// An outline under way.
#[derive(Debug)]
struct Outline {
    /// Its text, with holes.
    text: Box<[u8]>,
    /// Its holes.
    holes: Vec<Hole>,
    /// How many records have it.
    count: u64,
}

/// Outlines of some records, under way.
#[derive(Debug, Default)]
pub(super) struct Outliner {
    ids: HashMap<Box<[u8]>, u32>,
    outlines: Vec<Outline>,
    /// Bytes of all of them.
    bytes: usize,
    /// The outline of records of which nothing is known.
    anything: Option<u32>,
    /// Patterns with the outlines that their records have: mostly one.
    patterns: BTreeSet<(u64, u32)>,
    /// The last outline of each pattern, that of its next record, nearly always; and how many it has.
    last: HashMap<u64, (u32, u32)>,
    words: Words,
    text: Vec<u8>,
    /// Where the holes of a record are.
    holes: Vec<Range<usize>>,
}

impl Outliner {
    /// Notes the outline of a record of a pattern, by its text and where its parts stand in it.
    pub(super) fn push(&mut self, text: &[u8], parts: &[(Range<usize>, Part)], pattern: u64) {
        let Self { text: outline, holes, .. } = self;
        outline.clear();
        holes.clear();
        let known = std::str::from_utf8(text).is_ok();
        let quoted = self.last.get(&pattern).is_none_or(|(_, count)| *count < MOST_QUOTED);
        let mut hole = |outline: &mut Vec<u8>, piece: &[u8]| {
            let start = (piece.as_ptr() as usize).saturating_sub(text.as_ptr() as usize);
            if !piece.is_empty() {
                outline.push(HOLE);
                holes.push(start..start + piece.len());
            }
        };
        if known {
            pieces_of(text, parts, |piece, part| match part {
                None => outline.extend_from_slice(piece),
                Some(Part::Message) => pieces(piece, |piece| match piece {
                    Piece::Constant(piece) => outline.extend_from_slice(piece),
                    // A quotation of several words says much that is always the same.
                    Piece::Hole(piece) if quoted && piece.contains(&b' ') => {
                        pieces(piece, |piece| match piece {
                            Piece::Constant(piece) => outline.extend_from_slice(piece),
                            Piece::Hole(piece) => hole(outline, piece),
                        })
                    }
                    Piece::Hole(piece) => hole(outline, piece),
                }),
                Some(_) => hole(outline, piece),
            });
        }
        let outline = std::mem::take(&mut self.text);
        let id = if known { self.find(&outline, pattern) } else { self.unknown(pattern) };
        self.text = outline;
        let Some(outline) = self.outlines.get_mut(id as usize) else { return };
        outline.count += 1;
        for (hole, place) in outline.holes.iter_mut().zip(&self.holes) {
            hole.add(&text[place.clone()], &mut self.words);
        }
    }

    /// The id of an outline, which a record of this pattern has.
    fn find(&mut self, outline: &[u8], pattern: u64) -> u32 {
        if let Some((last, _)) = self.last.get(&pattern)
            && *self.outlines[*last as usize].text == *outline
        {
            return *last;
        }
        let id = match self.ids.get(outline) {
            Some(id) => *id,
            None if self.bytes + outline.len() > MOST_BYTES => return self.unknown(pattern),
            None => {
                let id = self.add(outline.into(), Hole::default());
                self.ids.insert(outline.into(), id);
                id
            }
        };
        let new = self.patterns.insert((pattern, id));
        let last = self.last.entry(pattern).or_default();
        *last = (id, last.1 + u32::from(new));
        id
    }

    /// The id of the outline of a record of which nothing is known but its pattern.
    fn unknown(&mut self, pattern: u64) -> u32 {
        let id = match self.anything {
            Some(id) => id,
            None => self.add([HOLE].into(), Hole::any()),
        };
        self.anything = Some(id);
        if self.last.contains_key(&pattern) {
            self.patterns.insert((pattern, id));
        }
        id
    }

    fn add(&mut self, text: Box<[u8]>, hole: Hole) -> u32 {
        self.bytes += text.len();
        let holes = vec![hole; memchr::memchr_iter(HOLE, &text).count()];
        self.outlines.push(Outline { text, holes, count: 0 });
        self.outlines.len() as u32 - 1
    }

    /// As bytes: the words that holes name, holes, outlines with the places of their holes, patterns with the places
    /// of their outlines.
    pub(super) fn finish(self) -> Vec<u8> {
        let Self { outlines, patterns, words, .. } = self;
        let (mut kept, mut places) = (Vec::new(), HashMap::new());
        let (mut kinds, mut ids) = (Vec::new(), HashMap::new());
        let list = words.into_list();
        let mut told = Vec::new();
        for Outline { text, holes, count } in outlines {
            push_bytes(&mut told, &text);
            push_number(&mut told, count);
            for mut hole in holes {
                for word in &mut hole.words {
                    *word = *places.entry(*word).or_insert_with(|| {
                        kept.push(&list[*word as usize]);
                        kept.len() as u32 - 1
                    });
                }
                hole.words.sort_unstable();
                let id = *ids.entry(hole.clone()).or_insert_with(|| {
                    kinds.push(hole);
                    kinds.len() - 1
                });
                push_number(&mut told, id as u64);
            }
        }
        let mut out = Vec::new();
        push_number(&mut out, kept.len() as u64);
        kept.iter().for_each(|word| push_bytes(&mut out, word));
        push_number(&mut out, kinds.len() as u64);
        for Hole { bytes, words } in &kinds {
            bytes.0.iter().for_each(|bits| out.extend(bits.to_le_bytes()));
            push_number(&mut out, words.len() as u64);
            words.iter().for_each(|word| push_number(&mut out, u64::from(*word)));
        }
        push_bytes(&mut out, &told);
        for (pattern, id) in patterns {
            out.extend(pattern.to_le_bytes());
            push_number(&mut out, u64::from(id));
        }
        out
    }
}

/// Outlines of the records of a part, in the bytes that tell of them.
#[derive(Debug, Default)]
pub(super) struct Outlines<'a> {
    /// Words that holes name.
    pub(super) words: Vec<&'a [u8]>,
    /// Holes: each kind once, by its bytes and the range of its words in `named`.
    holes: Vec<(Bytes, Range<usize>)>,
    /// The words of all holes, by their places.
    named: Vec<u32>,
    /// Outlines: their texts, how many records have them, and the ranges of their holes in `kinds`.
    outlines: Vec<(&'a [u8], u64, Range<usize>)>,
    /// The holes of all outlines, by their places.
    kinds: Vec<u32>,
    /// Patterns, ascending, with the places of their outlines. One that is not here has records of anything.
    pub(super) patterns: Vec<(u64, u32)>,
}

impl<'a> Outlines<'a> {
    /// The inverse of [`Outliner::finish`]; `None` for anything else.
    pub(super) fn from_bytes(mut bytes: &'a [u8]) -> Option<Self> {
        let rest = &mut bytes;
        let mut outlines = Self::default();
        let place = |rest: &mut &[u8], of: usize| {
            take_number(rest).filter(|place| *place < of as u64).map(|place| place as u32)
        };
        for _ in 0..take_number(rest)? {
            outlines.words.push(take_bytes(rest)?);
        }
        for _ in 0..take_number(rest)? {
            let mut bytes = Bytes::default();
            for bits in &mut bytes.0 {
                *bits = u64::from_le_bytes(rest.split_off(..8)?.try_into().ok()?);
            }
            let start = outlines.named.len();
            for _ in 0..take_number(rest)? {
                outlines.named.push(place(rest, outlines.words.len())?);
            }
            outlines.holes.push((bytes, start..outlines.named.len()));
        }
        let told = &mut take_bytes(rest)?;
        while !told.is_empty() {
            let (text, count) = (take_bytes(told)?, take_number(told)?);
            let start = outlines.kinds.len();
            for _ in memchr::memchr_iter(HOLE, text) {
                outlines.kinds.push(place(told, outlines.holes.len())?);
            }
            outlines.outlines.push((text, count, start..outlines.kinds.len()));
        }
        while !rest.is_empty() {
            let pattern = u64::from_le_bytes(rest.split_off(..8)?.try_into().ok()?);
            outlines.patterns.push((pattern, place(rest, outlines.outlines.len())?));
        }
        Some(outlines)
    }

    /// Outlines: the text of each, its holes by their places, and how many records have it.
    pub(super) fn each(&self) -> impl Iterator<Item = (&'a [u8], &[u32], u64)> {
        self.outlines.iter().map(|(text, count, holes)| (*text, &self.kinds[holes.clone()], *count))
    }

    /// How many kinds of holes there are.
    pub(super) fn kinds_of_holes(&self) -> usize {
        self.holes.len()
    }

    /// What stood in a hole: its bytes, and its words by their places.
    pub(super) fn hole(&self, hole: u32) -> (Bytes, &[u32]) {
        let (bytes, words) = &self.holes[hole as usize];
        (*bytes, &self.named[words.clone()])
    }
}
