//! The set of grammars of a run: those in the binary, and the user's own, which win by name.

use std::borrow::Cow;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use super::bodies;
use super::card::Card;
use super::compile::{compile, parse};
use super::fault::Fault;
use super::model::{Grammar, GrammarId};
use super::schema::{GrammarFile, SampleFile};
use super::stated::{Stated, StatedWords};
use crate::base::{ByteSet, Error, Result};

/// A grammar in the binary: its name in messages, its text, how much of that is rules, and its card, if it has
/// one. The samples behind the rules are half of the text, and only checks want them.
type Embedded = (&'static str, &'static str, usize, &'static str);

const EMBEDDED: &[Embedded] = &include!(concat!(env!("OUT_DIR"), "/grammars.rs"));

/// All grammars of a run, most specific first. Each is compiled when it is first asked for.
#[derive(Debug)]
pub struct GrammarSet {
    grammars: Vec<Arc<Entry>>,
    plain: GrammarId,
    /// For each first byte of a line, the formats that may appear midway in a file of another one and may
    /// begin a record so, most specific first.
    by_first: Vec<Vec<GrammarId>>,
    stated: StatedWords,
}

/// A grammar of a set. It is shared by the sets that differ in another one only.
#[derive(Debug)]
struct Entry {
    card: Card,
    /// Its name in messages.
    file: Cow<'static, str>,
    text: Cow<'static, str>,
    /// How much of the text is rules.
    rules: usize,
    /// `None` where it does not compile, which no card allows.
    grammar: OnceLock<Option<Grammar>>,
    samples: OnceLock<Vec<SampleFile>>,
}

impl Entry {
    /// A grammar that is known by its card.
    fn known((file, text, rules, card): Embedded) -> Option<Self> {
        let card = Card::read(card)?;
        let (grammar, samples) = (OnceLock::new(), OnceLock::new());
        Some(Self { card, file: file.into(), text: text.into(), rules, grammar, samples })
    }

    /// A grammar that is compiled to know it.
    fn unknown(file: Cow<'static, str>, text: Cow<'static, str>) -> Result<Self> {
        let (grammar, typed) = compile_alone(&file, &text).map_err(|fault| Error::new(fault.to_string()))?;
        let (card, rules) = (Card::of(&grammar), text.len());
        let (grammar, samples) = (OnceLock::from(Some(grammar)), OnceLock::from(typed.sample));
        Ok(Self { card, file, text, rules, grammar, samples })
    }

    fn grammar(&self) -> Option<&Grammar> {
        let compile = || Some(compile_alone(&self.file, self.text.get(..self.rules)?).ok()?.0);
        self.grammar.get_or_init(compile).as_ref()
    }

    fn samples(&self) -> &[SampleFile] {
        let read = || parse(&self.file, &self.text).map(|typed| typed.sample).unwrap_or_default();
        self.samples.get_or_init(read)
    }
}

/// Adds a grammar, in the place of one of the same name.
fn add(all: &mut Vec<Arc<Entry>>, entry: Entry) {
    all.retain(|known| known.card.name != entry.card.name);
    all.push(Arc::new(entry));
}

fn embedded() -> Result<Vec<Arc<Entry>>> {
    let mut all = Vec::with_capacity(EMBEDDED.len());
    for embedded in EMBEDDED {
        let entry = match Entry::known(*embedded) {
            Some(entry) => entry,
            None => Entry::unknown(embedded.0.into(), embedded.1.into())?,
        };
        add(&mut all, entry);
    }
    Ok(all)
}

impl GrammarSet {
    /// The embedded grammars alone.
    pub fn embedded() -> Result<Self> {
        Self::from_entries(embedded()?)
    }

    /// The embedded grammars and every `*.toml` of `folder`; a user's grammar replaces an embedded one
    /// of the same name. A folder that does not exist is no mistake; a mistake in a grammar is told at once.
    pub fn with_folder(folder: &Path) -> Result<Self> {
        let mut all = embedded()?;
        let mut paths: Vec<_> = match std::fs::read_dir(folder) {
            Ok(entries) => entries.filter_map(|entry| Some(entry.ok()?.path())).collect(),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(Error::io("read the grammar folder", folder, &error)),
        };
        paths.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
        paths.sort();
        for path in paths {
            let text = std::fs::read_to_string(&path)
                .map_err(|error| Error::io("read the grammar", &path, &error))?;
            add(&mut all, Entry::unknown(path.display().to_string().into(), text.into())?);
        }
        Self::from_entries(all)
    }

    /// The same set with one more grammar, which replaces one of the same name.
    pub fn and(&self, file: &str, text: &str) -> Result<Self> {
        let mut all = self.grammars.clone();
        add(&mut all, Entry::unknown(file.to_owned().into(), text.to_owned().into())?);
        Self::from_entries(all)
    }

    fn from_entries(mut grammars: Vec<Arc<Entry>>) -> Result<Self> {
        grammars.sort_by(|a, b| {
            let (a, b) = (&a.card, &b.card);
            (b.rank, b.weight).cmp(&(a.rank, a.weight)).then_with(|| a.name.cmp(&b.name))
        });
        if grammars.len() > usize::from(u8::MAX) {
            return Err(Error::new(format!("too many grammars: {} of at most {}", grammars.len(), u8::MAX)));
        }
        let missing = || Error::new("the grammar `plain` is missing");
        let plain = grammars.iter().position(|entry| entry.card.name == "plain").ok_or_else(missing)?;
        grammars[plain].grammar().ok_or_else(missing)?;
        let by_first = (0..=u8::MAX).map(|byte| {
            let ids = grammars.iter().enumerate().filter(|(index, entry)| {
                let card = &entry.card;
                *index != plain && !card.primary_only && !card.peeks && card.first.has(byte)
            });
            ids.map(|(index, _)| GrammarId(index as u8)).collect()
        });
        let by_first = by_first.collect();
        Ok(Self { grammars, plain: GrammarId(plain as u8), by_first, stated: StatedWords::embedded()? })
    }

    fn entry(&self, id: GrammarId) -> &Entry {
        &self.grammars[usize::from(id.0)]
    }

    fn cards(&self) -> impl Iterator<Item = (GrammarId, &Card)> {
        self.grammars.iter().enumerate().map(|(index, entry)| (GrammarId(index as u8), &entry.card))
    }

    /// A grammar by id.
    #[inline]
    pub fn get(&self, id: GrammarId) -> &Grammar {
        match self.entry(id).grammar() {
            Some(grammar) => grammar,
            // Such a grammar cannot read anything; a test compiles all that the binary has.
            None => self.get(self.plain),
        }
    }

    /// The format of files without any stamp: every line is a record.
    pub fn plain(&self) -> GrammarId {
        self.plain
    }

    /// A grammar by name.
    pub fn find(&self, name: &str) -> Option<GrammarId> {
        self.cards().find(|(_, card)| card.name == name).map(|(id, _)| id)
    }

    /// All grammars, most specific first. They are compiled for it: see [`Self::names`].
    pub fn iter(&self) -> impl Iterator<Item = (GrammarId, &Grammar)> {
        self.cards().map(|(id, _)| (id, self.get(id)))
    }

    /// The name of each grammar; none is compiled for it.
    pub fn ids(&self) -> impl Iterator<Item = (GrammarId, &str)> {
        self.cards().map(|(id, card)| (id, &*card.name))
    }

    /// Names and titles of all grammars.
    pub fn names(&self) -> impl Iterator<Item = (&str, &str)> {
        self.cards().map(|(_, card)| (&*card.name, &*card.title))
    }

    /// Names in messages and texts of all grammars.
    pub fn texts(&self) -> impl Iterator<Item = (&str, &str)> {
        self.grammars.iter().map(|entry| (&*entry.file, &*entry.text))
    }

    /// Formats with stamps whose records may begin with one of these bytes, most specific first.
    pub(super) fn starting(&self, bytes: ByteSet) -> impl Iterator<Item = (GrammarId, &Grammar)> {
        let may = self.cards().filter(move |(id, card)| *id != self.plain && card.first.meets(&bytes));
        may.map(|(id, _)| (id, self.get(id))).filter(|(_, grammar)| grammar.has_stamps())
    }

    /// Formats that may appear midway in a file of another one, most specific first.
    pub fn secondary(&self) -> impl Iterator<Item = GrammarId> {
        self.cards()
            .filter(|(id, card)| !card.primary_only && !card.peeks && *id != self.plain)
            .map(|(id, _)| id)
    }

    /// The same, without those that cannot begin a record with this line.
    #[inline]
    pub fn secondary_of(&self, line: &[u8]) -> &[GrammarId] {
        line.first().map_or(&[], |byte| &self.by_first[usize::from(*byte)])
    }

    /// The text a grammar is compiled from.
    pub fn text(&self, id: GrammarId) -> &str {
        &self.entry(id).text
    }

    /// The first instant that a message states (`started at 2014-12-12 01:00:00`).
    pub fn stated(&self, message: &[u8]) -> Option<Stated> {
        self.stated.find(message)
    }

    /// The samples of a grammar, read when first asked for.
    pub(super) fn samples(&self, id: GrammarId) -> &[SampleFile] {
        self.entry(id).samples()
    }
}

/// Compiles one grammar text, with the bodies that all grammars share.
pub(super) fn compile_alone(file: &str, text: &str) -> std::result::Result<(Grammar, GrammarFile), Fault> {
    let (mut grammar, typed) = compile(file, text)?;
    grammar.shared = bodies::shared;
    Ok((grammar, typed))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is cut off as samples must be nothing else, or a rule would be lost.
    #[test]
    fn samples_stand_behind_all_rules() {
        for (name, text, rules, _) in EMBEDDED {
            let behind: toml::Table =
                toml::from_str(&text[*rules..]).unwrap_or_else(|error| panic!("{name}: {error}"));
            let foreign: Vec<_> =
                behind.keys().filter(|key| !["sample", "counter_sample"].contains(&key.as_str())).collect();
            assert!(foreign.is_empty(), "{name}: {foreign:?} must stand above the first sample");
        }
    }

    #[test]
    fn all_embedded_grammars_compile() {
        for embedded in EMBEDDED {
            let known = Entry::known(*embedded);
            assert!(known.is_none_or(|entry| entry.grammar().is_some()), "{}", embedded.0);
        }
    }
}
