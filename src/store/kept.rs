//! What a build keeps for the next one, which then reads only what is new: the surveys of its files, and how far
//! everything was at a moment late in its timeline.
//!
//! It is no part of what a store answers from. It is this program's own, byte for byte: one that another program
//! wrote, or that is damaged, is as good as none, and costs a build from nothing.

use std::collections::HashMap;
use std::path::Path;

use serde::{Deserialize, Serialize};
use twox_hash::XxHash3_64;

use super::manifest::Manifest;
use super::writer::WriterRest;
use crate::base::{FileId, SourceId};
use crate::engine::{Below, Surveyed};
use crate::lens::{Catalogue, PatternStat, Pulse};

/// Its name in the store's folder.
pub(super) const KEPT: &str = "kept.bin";

/// What the file begins with.
const MAGIC: &[u8] = b"timeline kept 1\n";

/// What a build keeps for the next one.
#[derive(Debug, Serialize, Deserialize)]
pub struct Kept {
    /// The program that wrote it: its version, and its file's size and time.
    program: String,
    /// The surveys of files.
    pub surveyed: Surveyed,
    /// How far everything was, where the timeline has a moment to go on from.
    pub rest: Option<Rest>,
}

/// How far a build was at a moment.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Rest {
    /// The moment, and what decides about the events below it.
    pub below: Below,
    /// Names of files and of sources, by their ids then.
    files: Vec<String>,
    sources: Vec<String>,
    /// Patterns, ascending.
    patterns: Vec<((SourceId, u64), PatternStat)>,
    /// Rhythms of sources.
    pulses: Vec<Pulse>,
    /// How many records of a pattern its source has more than once, ascending.
    again: Vec<((SourceId, u64), u64)>,
    /// How far the store was.
    pub writer: WriterRest,
}

/// How many records of a pattern a source has in another of its files as well.
pub type Again = HashMap<(SourceId, u64), u64>;

/// What is known of events that went by: what goes on when further ones do.
#[derive(Clone, Debug, Default)]
pub struct Heard {
    /// Every pattern.
    pub catalogue: Catalogue,
    /// The rhythm of each source.
    pub pulses: Vec<Pulse>,
    /// Records that sources have more than once.
    pub again: Again,
}

/// This program: another one may survey or read otherwise, though it bears the same version.
fn program() -> String {
    let own = std::env::current_exe().and_then(std::fs::metadata);
    let own = own.map(|file| (file.len(), file.modified().ok()));
    format!("{} {own:?}", Manifest::program())
}

impl Kept {
    /// What is kept for the next build.
    pub fn new(surveyed: Surveyed, rest: Option<Rest>) -> Self {
        Self { program: program(), surveyed, rest }
    }

    /// What an earlier build of the store at `root` by this very program kept, if it did.
    pub fn read(root: &Path) -> Option<Self> {
        let bytes = std::fs::read(root.join(KEPT)).ok()?;
        let rest = bytes.strip_prefix(MAGIC)?;
        let (sum, rest) = rest.split_first_chunk::<8>()?;
        if u64::from_le_bytes(*sum) != XxHash3_64::oneshot(rest) {
            return None;
        }
        postcard::from_bytes(rest).ok().filter(|kept: &Self| kept.program == program())
    }

    /// As the store's file; empty where it cannot be written.
    pub fn to_bytes(&self) -> Vec<u8> {
        let Ok(rest) = postcard::to_stdvec(self) else { return Vec::new() };
        [MAGIC, &XxHash3_64::oneshot(&rest).to_le_bytes(), &rest].concat()
    }
}

/// The new id of each old one, by name; `None` where one has none.
fn places(old: &[String], new: &[&str]) -> Option<Vec<u32>> {
    let known: HashMap<&str, usize> = new.iter().enumerate().map(|(id, name)| (*name, id)).collect();
    old.iter().map(|name| known.get(name.as_str()).map(|id| *id as u32)).collect()
}

impl Rest {
    /// What was heard of the events below a moment, and how far the store was there.
    pub fn new(
        below: Below,
        (files, sources): (&[&str], &[&str]),
        heard: &Heard,
        writer: WriterRest,
    ) -> Self {
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let patterns = heard.catalogue.patterns.iter();
        let mut patterns: Vec<_> = patterns.map(|(pattern, stat)| (*pattern, stat.clone())).collect();
        patterns.sort_unstable_by_key(|(pattern, _)| *pattern);
        let mut again: Vec<_> = heard.again.iter().map(|(pattern, count)| (*pattern, *count)).collect();
        again.sort_unstable();
        let pulses = heard.pulses.clone();
        Self { below, files: names(files), sources: names(sources), patterns, pulses, again, writer }
    }

    /// What was heard, in the ids of files and sources of these names; `None` where one of the old is not among them.
    pub fn heard(&self, (files, sources): (&[&str], &[&str])) -> Option<Heard> {
        let (of_file, of_source) = (places(&self.files, files)?, places(&self.sources, sources)?);
        let file = |id: FileId| FileId(of_file.get(id.0 as usize).copied().unwrap_or(u32::MAX));
        let source = |id: SourceId| SourceId(of_source.get(id.0 as usize).copied().unwrap_or(u32::MAX));
        let mut heard = Heard { pulses: vec![Pulse::default(); sources.len()], ..Heard::default() };
        for ((id, pattern), stat) in &self.patterns {
            let first_place = (file(stat.first_place.0), stat.first_place.1);
            let stat = PatternStat { first_place, ..stat.clone() };
            heard.catalogue.patterns.insert((source(*id), *pattern), stat);
        }
        for (pulse, id) in self.pulses.iter().zip(&of_source) {
            *heard.pulses.get_mut(*id as usize)? = pulse.clone().refiled(file);
        }
        heard.again =
            self.again.iter().map(|((id, pattern), count)| ((source(*id), *pattern), *count)).collect();
        Some(heard)
    }
}
