//! The set of grammars of a run: those in the binary, and the user's own, which win by name.

use std::path::Path;
use std::sync::Arc;

use super::bodies;
use super::compile::compile;
use super::fault::Fault;
use super::model::{Grammar, GrammarId};
use super::schema::GrammarFile;
use super::stated::{Stated, StatedWords};
use crate::base::{Error, Result};

/// The grammars in the binary: name in messages, text.
const EMBEDDED: &[(&str, &str)] = &include!(concat!(env!("OUT_DIR"), "/grammars.rs"));

/// All grammars of a run, most specific first.
#[derive(Debug)]
pub struct GrammarSet {
    grammars: Vec<Arc<Grammar>>,
    sources: Vec<Arc<(String, GrammarFile)>>,
    plain: GrammarId,
    /// For each first byte of a line, the formats that may appear midway in a file of another one and may
    /// begin a record so, most specific first.
    by_first: Vec<Vec<GrammarId>>,
    stated: StatedWords,
}

/// Grammars with their texts. They are shared by the sets that differ in one grammar only.
type Compiled = Vec<(Arc<Grammar>, Arc<(String, GrammarFile)>)>;

/// Adds a grammar, in the place of one of the same name.
fn add(all: &mut Compiled, file: &str, text: String) -> Result<()> {
    let (grammar, typed) = compile_alone(file, &text).map_err(|fault| Error::new(fault.to_string()))?;
    all.retain(|(known, _)| known.name != grammar.name);
    all.push((Arc::new(grammar), Arc::new((text, typed))));
    Ok(())
}

impl GrammarSet {
    /// The embedded grammars alone.
    pub fn embedded() -> Result<Self> {
        Self::from_texts(EMBEDDED.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())))
    }

    /// The embedded grammars and every `*.toml` of `folder`; a user's grammar replaces an embedded one
    /// of the same name. A folder that does not exist is no mistake.
    pub fn with_folder(folder: &Path) -> Result<Self> {
        let mut texts: Vec<(String, String)> =
            EMBEDDED.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
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
            texts.push((path.display().to_string(), text));
        }
        Self::from_texts(texts)
    }

    /// The same set with one more grammar, which replaces one of the same name.
    pub fn and(&self, file: &str, text: &str) -> Result<Self> {
        let mut all = Compiled::new();
        for (grammar, source) in self.grammars.iter().zip(&self.sources) {
            all.push((Arc::clone(grammar), Arc::clone(source)));
        }
        add(&mut all, file, text.to_owned())?;
        Self::from_compiled(all)
    }

    fn from_texts(texts: impl IntoIterator<Item = (String, String)>) -> Result<Self> {
        let mut all = Compiled::new();
        for (file, text) in texts {
            add(&mut all, &file, text)?;
        }
        Self::from_compiled(all)
    }

    fn from_compiled(mut compiled: Compiled) -> Result<Self> {
        compiled.sort_by(|(a, _), (b, _)| {
            (b.rank, b.weight).cmp(&(a.rank, a.weight)).then_with(|| a.name.cmp(&b.name))
        });
        if compiled.len() > usize::from(u8::MAX) {
            return Err(Error::new(format!("too many grammars: {} of at most {}", compiled.len(), u8::MAX)));
        }
        let plain = compiled.iter().position(|(grammar, ..)| grammar.name == "plain");
        let plain = plain.ok_or_else(|| Error::new("the grammar `plain` is missing"))?;
        let (grammars, sources): (Vec<_>, Vec<_>) = compiled.into_iter().unzip();
        let by_first = (0..=u8::MAX).map(|byte| {
            let ids = grammars.iter().enumerate().filter(|(index, grammar): &(usize, &Arc<Grammar>)| {
                *index != plain && !grammar.primary_only && !grammar.peeks && grammar.first.has(byte)
            });
            ids.map(|(index, _)| GrammarId(index as u8)).collect()
        });
        let by_first = by_first.collect();
        let plain = GrammarId(plain as u8);
        Ok(Self { grammars, sources, plain, by_first, stated: StatedWords::embedded()? })
    }

    /// A grammar by id.
    pub fn get(&self, id: GrammarId) -> &Grammar {
        &self.grammars[usize::from(id.0)]
    }

    /// The format of files without any stamp: every line is a record.
    pub fn plain(&self) -> GrammarId {
        self.plain
    }

    /// A grammar by name.
    pub fn find(&self, name: &str) -> Option<GrammarId> {
        self.iter().find(|(_, grammar)| grammar.name == name).map(|(id, _)| id)
    }

    /// All grammars, most specific first.
    pub fn iter(&self) -> impl Iterator<Item = (GrammarId, &Grammar)> {
        self.grammars.iter().enumerate().map(|(index, grammar)| (GrammarId(index as u8), &**grammar))
    }

    /// Formats that may appear midway in a file of another one, most specific first.
    pub fn secondary(&self) -> impl Iterator<Item = GrammarId> {
        self.iter()
            .filter(|(id, grammar)| !grammar.primary_only && !grammar.peeks && *id != self.plain)
            .map(|(id, _)| id)
    }

    /// The same, without those that cannot begin a record with this line.
    #[inline]
    pub fn secondary_of(&self, line: &[u8]) -> &[GrammarId] {
        line.first().map_or(&[], |byte| &self.by_first[usize::from(*byte)])
    }

    /// The text a grammar was compiled from.
    pub fn text(&self, id: GrammarId) -> &str {
        &self.sources[usize::from(id.0)].0
    }

    /// The first instant that a message states (`started at 2014-12-12 01:00:00`).
    pub fn stated(&self, message: &[u8]) -> Option<Stated> {
        self.stated.find(message)
    }

    pub(super) fn typed(&self, id: GrammarId) -> &GrammarFile {
        &self.sources[usize::from(id.0)].1
    }
}

/// Compiles one grammar text, with the bodies that all grammars share.
pub(super) fn compile_alone(file: &str, text: &str) -> std::result::Result<(Grammar, GrammarFile), Fault> {
    let (mut grammar, typed) = compile(file, text)?;
    grammar.shared = bodies::shared;
    Ok((grammar, typed))
}
