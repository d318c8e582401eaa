//! A walk through documents: where each value stands, and lines out of the points it passes.

use std::io;

use super::tokens::{Stop, Token, Tokens};
use crate::io::binary::{Losses, Render};

/// A line longer than this takes no more pairs.
const LONGEST_LINE: usize = 512 * 1024;

/// One step of the way to a value, from the outermost bracket inwards.
#[derive(Clone, Debug)]
pub(super) struct Step {
    /// The key it stands at; none in an array.
    pub key: Option<Vec<u8>>,
    /// Its place in an array.
    index: u64,
    /// How many elements it has so far, if it is an array itself.
    elements: u64,
    /// Whether it is an array.
    pub array: bool,
}

/// Where something stands. The outermost bracket is no step.
pub(super) type Way = [Step];

/// Whether a way is this one; `""` stands for any element of an array.
pub(super) fn is(way: &Way, keys: &[&str]) -> bool {
    way.len() == keys.len() && starts(way, keys)
}

/// Whether a way leads through this one.
pub(super) fn starts(way: &Way, keys: &[&str]) -> bool {
    way.len() >= keys.len() && way.iter().zip(keys).all(|(step, key)| step.is(key))
}

impl Step {
    fn is(&self, key: &str) -> bool {
        self.key.as_deref().unwrap_or_default() == key.as_bytes()
    }
}

/// The name of a value below a way: `io-reads.rtps`.
pub(super) fn dotted(way: &Way) -> Vec<u8> {
    let mut name = Vec::new();
    for step in way {
        if !name.is_empty() {
            name.push(b'.');
        }
        match &step.key {
            Some(key) => name.extend_from_slice(key),
            None => name.extend_from_slice(step.index.to_string().as_bytes()),
        }
    }
    name
}

/// Pairs of a line, as written: `,"key":value` again and again.
#[derive(Clone, Debug, Default)]
pub(super) struct Pairs {
    text: Vec<u8>,
    left_out: u64,
}

impl Pairs {
    /// One pair.
    pub(super) fn of(key: &[u8], value: &[u8]) -> Self {
        let mut pairs = Self::default();
        pairs.push(key, value);
        pairs
    }

    /// Appends a pair. Where the line becomes too long, it is left out, and the line says so.
    pub(super) fn push(&mut self, key: &[u8], value: &[u8]) {
        if self.text.len() + key.len() + value.len() > LONGEST_LINE {
            self.left_out += 1;
            return;
        }
        for part in [b",\"", key, b"\":", value] {
            self.text.extend_from_slice(part);
        }
    }

    pub(super) fn len(&self) -> usize {
        self.text.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    pub(super) fn clear(&mut self) {
        self.text.clear();
        self.left_out = 0;
    }
}

/// Appends a line of pairs; none of no pairs.
pub(super) fn line(out: &mut Vec<u8>, parts: &[&Pairs]) {
    let left_out: u64 = parts.iter().map(|part| part.left_out).sum();
    let mut texts = parts.iter().map(|part| &part.text[..]).filter(|text| !text.is_empty());
    let Some(first) = texts.next() else { return };
    out.push(b'{');
    out.extend_from_slice(first.strip_prefix(b",").unwrap_or(first));
    texts.for_each(|text| out.extend_from_slice(text));
    if left_out > 0 {
        out.extend_from_slice(format!(",\"left_out\":{left_out}").as_bytes());
    }
    out.extend_from_slice(b"}\n");
}

/// Appends what a document says beside its points: a line without a stamp, if there is any.
pub(super) fn remark(out: &mut Vec<u8>, series_of: &[u8], about: &[u8], pairs: &[&Pairs]) {
    if pairs.iter().any(|pairs| !pairs.is_empty()) {
        let mut head = Pairs::of(b"series_of", series_of);
        head.push(b"metric", about);
        line(out, &[&[&head][..], pairs].concat());
    }
}

/// What makes lines of the values of one kind of document.
pub(super) trait Shape: Send {
    /// A bracket opens; the last step is its own.
    fn open(&mut self, _way: &Way, _out: &mut Vec<u8>) {}

    /// A value, as written.
    fn value(&mut self, way: &Way, value: &[u8], out: &mut Vec<u8>);

    /// A bracket closes; the last step is its own.
    fn close(&mut self, way: &Way, out: &mut Vec<u8>);

    /// The document ends, whole or not: what is held goes out, and nothing is kept.
    fn end(&mut self, out: &mut Vec<u8>);

    /// What was left out, as a sentence.
    fn loss(&self) -> Option<String> {
        None
    }
}

/// Documents as lines.
pub(super) struct Walk {
    tokens: Tokens,
    shape: Box<dyn Shape>,
    way: Vec<Step>,
    key: Option<Vec<u8>>,
    inside: bool,
    damaged: Losses,
    cut: Losses,
    /// Bytes that were passed over on the way to the next document.
    left_out: u64,
}

impl Walk {
    pub(super) fn new(tokens: Tokens, shape: Box<dyn Shape>) -> Self {
        Self {
            tokens,
            shape,
            way: Vec::new(),
            key: None,
            inside: false,
            damaged: Losses::new("documents that are no JSON from some byte on"),
            cut: Losses::new("documents that are cut off"),
            left_out: 0,
        }
    }

    fn step(&mut self, array: bool) {
        let key = self.key.take();
        let index = self.way.last_mut().filter(|outer| outer.array).map_or(0, |outer| {
            outer.elements += 1;
            outer.elements - 1
        });
        self.way.push(Step { key, index, elements: 0, array });
    }

    fn token(&mut self, token: Token, out: &mut Vec<u8>) {
        // The outermost bracket stands first, and is nowhere.
        match token {
            Token::Key => self.key = Some(self.tokens.text().to_vec()),
            Token::Value => {
                self.step(false);
                self.shape.value(&self.way[1..], self.tokens.text(), out);
                self.way.pop();
            }
            Token::Open { array } => {
                self.step(array);
                self.shape.open(&self.way[1..], out);
            }
            Token::Close => {
                self.shape.close(self.way.get(1..).unwrap_or_default(), out);
                self.way.pop();
                if self.tokens.depth() == 0 {
                    self.leave(out);
                }
            }
        }
    }

    fn leave(&mut self, out: &mut Vec<u8>) {
        self.way.clear();
        self.key = None;
        self.inside = false;
        self.shape.end(out);
    }
}

impl Render for Walk {
    fn more(&mut self, out: &mut Vec<u8>) -> io::Result<bool> {
        if !self.inside {
            self.inside = self.tokens.next_document(out)?;
            return Ok(self.inside);
        }
        match self.tokens.next() {
            Ok(token) => self.token(token, out),
            Err(Stop::Below(error)) => return Err(error),
            Err(Stop::Cut) => {
                self.cut.add(self.tokens.place());
                self.leave(out);
            }
            Err(Stop::Damage) => {
                self.leave(out);
                let from = self.tokens.place();
                self.damaged.add(from);
                self.tokens.give_up()?;
                self.left_out += self.tokens.place() - from;
            }
        }
        Ok(true)
    }

    fn end(&mut self, out: &mut Vec<u8>) {
        self.leave(out);
    }

    fn loss(&self) -> Option<String> {
        let damaged = self.damaged.sentence().map(|why| match self.left_out {
            0 => why,
            bytes => format!("{why}, {bytes} bytes of them skipped"),
        });
        let long = self.tokens.shortened.then(|| "values that are too long are cut".to_owned());
        let told: Vec<String> =
            [damaged, self.cut.sentence(), long, self.shape.loss()].into_iter().flatten().collect();
        (!told.is_empty()).then(|| told.join("; "))
    }
}
