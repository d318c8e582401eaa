//! What every reading command sets up: threads, grammars, the prepared run, the scene.

use std::path::{Path, PathBuf};

use rayon::prelude::*;

use super::args::{Common, Input};
use super::boot_findings::boot_findings;
use super::clock_findings::clock_findings;
use super::clocks::{segments, zone_basis};
use super::notice;
use super::outcome::Ending;
use super::progress::Progress;
use super::resolve;
use super::screen;
use super::stored::{Stored, stored};
use crate::base::{Account, Basis, Error, Loss, Result, Unread};
use crate::clock::{Proof, Years};
use crate::engine::{
    Choice, FileState, Follower, Outcome, Plan, Prepared, Sink, SourceState, Surveyed, drive, prepare,
};
use crate::grammar::{GrammarId, GrammarSet};
use crate::ingest::{Filter, Picker};
use crate::lens::{Catalogue, Finding};
use crate::pattern::LevelRules;
use crate::poll::Change;
use crate::present::{Sheet, SourceRow};
use crate::query::Matcher;
use crate::store::{Heard, InputEntry, Kept, Rest, StoredFile, WriterRest};
use crate::text::clean;
use crate::view::{FileLabel, Scene, scene_labels};

/// What a run reads.
enum Material {
    /// Logs, surveyed and settled.
    Logs(Box<Prepared>, LevelRules),
    /// A store, where all of that was done when it was built.
    Store(Box<Stored>),
}

/// A run that is ready to read.
pub(super) struct Context {
    pub plan: Plan,
    pub set: GrammarSet,
    material: Material,
    pool: rayon::ThreadPool,
    progress: Progress,
    quiet: bool,
    strict: bool,
}

/// The grammars in the binary and the user's own.
pub(super) fn grammars() -> Result<GrammarSet> {
    match resolve::config_folder() {
        Some(folder) => GrammarSet::with_folder(&folder.join("grammars")),
        None => GrammarSet::embedded(),
    }
}

/// Boots named of one file of uptimes.
const MOST_BOOTS: usize = 4;

/// From the first to the last record of some sources, nanoseconds since 1970.
pub(super) fn reach(rows: &[SourceRow]) -> Option<(i64, i64)> {
    rows.iter().filter_map(|row| row.range).reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))
}

impl Context {
    /// Finds, surveys and settles everything that was typed.
    /// `output` is the file that this run writes: it is no input, wherever it stands.
    pub(super) fn new(input: &Input, common: &Common, output: Option<&Path>) -> Result<Self> {
        let mut plan = resolve::plan(&input.inputs, common)?;
        plan.output = output.map(Path::to_owned);
        Self::with_plan(plan, common, None, false)
    }

    /// The same for a build that takes surveys from an earlier one, or keeps its own for a later one.
    pub(super) fn building(
        input: &Input,
        common: &Common,
        output: Option<&Path>,
        (surveyed, keeps): (Option<Surveyed>, bool),
    ) -> Result<Self> {
        let mut plan = resolve::plan(&input.inputs, common)?;
        plan.output = output.map(Path::to_owned);
        (plan.surveyed, plan.keep_surveys) = (surveyed, keeps);
        Self::with_plan(plan, common, None, false)
    }

    /// The same from logs, also those in a store, with every source, whatever was selected.
    pub(super) fn with_all_sources(input: &Input, common: &Common) -> Result<Self> {
        let mut plan = resolve::plan(&input.inputs, common)?;
        plan.sources.clear();
        Self::with_plan(plan, common, None, true)
    }

    /// The same, leaving out files in which `ahead` can match nothing.
    pub(super) fn with_patterns(
        inputs: &[PathBuf],
        common: &Common,
        ahead: Option<&Matcher>,
    ) -> Result<Self> {
        Self::with_plan(resolve::plan(inputs, common)?, common, ahead, false)
    }

    fn with_plan(mut plan: Plan, common: &Common, ahead: Option<&Matcher>, logs: bool) -> Result<Self> {
        let set = grammars()?;
        // More threads than this only wait for each other, and take long to start.
        const MOST: usize = 256;
        let threads = common.jobs.unwrap_or(0).min(MOST);
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .map_err(|error| Error::new(format!("cannot start threads: {error}; try a smaller -j")))?;
        let progress = Progress::new(common.quiet);
        let material = match pool.install(|| stored(&mut plan, common, &set, logs))? {
            Some(stored) => Material::Store(Box::new(stored)),
            None => {
                let ahead = ahead.map(|matcher| matcher as &dyn Picker);
                let rules = LevelRules::embedded()?;
                let prepared = pool.install(|| prepare(&plan, &set, &rules, ahead, &progress));
                if prepared.is_err() {
                    progress.done();
                }
                Material::Logs(Box::new(prepared?), rules)
            }
        };
        let (quiet, strict) = (common.quiet, common.strict);
        let context = Self { plan, set, material, pool, progress, quiet, strict };
        if !quiet {
            if let Material::Store(stored) = &context.material {
                notice::chosen(&stored.chosen);
                notice::encoded(common);
            }
            // Files in which a pattern cannot be found were not looked at.
            if ahead.is_none() {
                notice::unmatched(&context, common);
            }
        }
        Ok(context)
    }

    /// The logs themselves, for whoever cannot do with a store.
    pub(super) fn prepared(&self) -> Result<&Prepared> {
        self.logs().map(|(prepared, _)| prepared)
    }

    fn logs(&self) -> Result<(&Prepared, &LevelRules)> {
        match &self.material {
            Material::Logs(prepared, rules) => Ok((prepared, rules)),
            Material::Store(_) => Err(Error::new(
                "this reads logs, and the input is a store: name the logs that it was built from",
            )),
        }
    }

    /// What is known to be said about single files before anything is read.
    pub(super) fn remarks(&self) -> &[Unread] {
        match &self.material {
            Material::Logs(prepared, _) => &prepared.ledger.remarks,
            Material::Store(stored) => &stored.run.remarks,
        }
    }

    /// What changed in polled tables.
    pub(super) fn changes(&self) -> &[Change] {
        match &self.material {
            Material::Logs(prepared, _) => &prepared.changes,
            Material::Store(stored) => &stored.run.changes,
        }
    }

    /// Findings that do not follow from events alone: of clocks and boots.
    pub(super) fn findings(&self) -> Vec<Finding> {
        match &self.material {
            Material::Logs(prepared, _) => {
                clock_findings(prepared).into_iter().chain(boot_findings(prepared)).collect()
            }
            Material::Store(stored) => stored.run.findings.clone(),
        }
    }

    /// Files by id: each one's name and source.
    pub(super) fn files(&self) -> Vec<StoredFile> {
        match &self.material {
            Material::Logs(prepared, _) => {
                let file = |file: &FileState| StoredFile {
                    name: file.name.clone(),
                    source: file.source,
                    mtime: file.mtime,
                    birth: file.birth,
                };
                prepared.files.iter().map(file).collect()
            }
            Material::Store(stored) => stored.run.files.clone(),
        }
    }

    /// What renderers need to know.
    pub(super) fn scene(&self) -> Scene<'_> {
        let (files, names): (Vec<FileLabel>, Vec<(&str, bool)>) = match &self.material {
            Material::Logs(prepared, _) => {
                let label = |file: &FileState| FileLabel {
                    name: file.name.clone(),
                    source: prepared.sources[file.source.0 as usize].name.clone(),
                    clock: file.clock.clone(),
                    mtime: file.mtime,
                    headers: file.headers.clone(),
                };
                let asked = |source: &SourceState| source.files.iter().any(|id| prepared.file(*id).asked);
                let sources = prepared.sources.iter().map(|source| (source.name.as_str(), asked(source)));
                (prepared.files.iter().map(label).collect(), sources.collect())
            }
            Material::Store(stored) => stored.labels(),
        };
        let shown: Vec<&str> = names.iter().filter(|(_, asked)| *asked).map(|(name, _)| *name).collect();
        // Sources that are not shown need no room.
        let mut short = scene_labels(&shown).into_iter();
        let labels = names.iter().map(|(_, asked)| asked.then(|| short.next()).flatten());
        Scene {
            set: &self.set,
            files,
            labels: labels.map(Option::unwrap_or_default).collect(),
            zone: self.plan.settle.default_zone.clone(),
        }
    }

    /// Every source, as renderers see it. With `prove`, with what proves its clock: that reads parts of
    /// files once more.
    pub(super) fn source_rows(&self, prove: bool) -> Vec<SourceRow> {
        match &self.material {
            Material::Logs(prepared, _) => {
                prepared.sources.iter().map(|source| self.source_row(prepared, source, prove)).collect()
            }
            Material::Store(stored) => stored.source_rows(),
        }
    }

    fn source_row<'a>(&'a self, prepared: &'a Prepared, source: &SourceState, prove: bool) -> SourceRow {
        let files: Vec<&FileState> =
            source.files.iter().map(|id| prepared.file(*id)).filter(|file| file.asked).collect();
        let newest = files.last();
        let year_less = files.iter().rev().find(|file| file.year_less);
        let range = files.iter().filter_map(|file| file.range).reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)));
        let mut account = Account::default();
        let mut others: Vec<String> = Vec::new();
        for file in &files {
            account.add(&file.ledger);
            others.extend(file.format.others.iter().map(|id| self.set.get(*id).name.clone()));
        }
        others.sort();
        others.dedup();
        let told = files.iter().filter_map(|file| self.plan.told.encodings.get(&file.name)).flatten();
        let own = files.iter().filter_map(|file| file.charset());
        let mut encodings: Vec<&str> = own.chain(told.map(|name| &name[..])).collect();
        encodings.sort_unstable();
        encodings.dedup();
        let segments = segments(&files);
        let mut proofs: Vec<String> = Vec::new();
        let told =
            |file: &'a FileState| file.clock.main_proofs().chain(file.clock.boot_proofs().take(MOST_BOOTS));
        for proof in files.iter().filter(|_| prove).flat_map(|file| told(file)) {
            let text = proven(prepared, proof);
            if !proofs.contains(&text) {
                proofs.push(text);
            }
        }
        let told = files.iter().filter(|_| prove).flat_map(|file| &file.clock.boots);
        let boots = told.map(|proof| proven(prepared, proof)).collect();
        SourceRow {
            boots,
            name: source.name.clone(),
            files: files.iter().map(|file| file.name.clone()).collect(),
            format: newest.map_or_else(String::new, |file| self.set.get(file.format.primary).name.clone()),
            others,
            encodings: encodings.into_iter().map(str::to_owned).collect(),
            zone_basis: range.and_then(|_| zone_basis(&files)).map(Into::into),
            segments,
            ambiguous: files.iter().any(|file| file.clock.reads_abbreviations()),
            proofs,
            year_basis: year_less.map_or_else(Basis::default, |file| file.clock.year_basis),
            years: year_less.map_or_else(Years::default, |file| file.clock.years.clone()),
            range,
            since_boot: files.iter().any(|file| file.uptimes > 0)
                && !files.iter().any(|file| file.zone_less || file.zoned),
            account,
        }
    }

    /// How many events hold a plain text, where a store tells that without reading any.
    pub(super) fn count_of(&self, filter: &Filter) -> Option<u64> {
        match &self.material {
            Material::Store(stored) if self.plan.sources.is_empty() => {
                self.pool.install(|| stored.store.count_of(filter))
            }
            _ => None,
        }
    }

    /// Files on disk with the hashes of their contents, those that are `known` and of the others all that can be read.
    pub(super) fn hashed(
        &self,
        files: &[InputEntry],
        known: &(dyn Fn(&InputEntry) -> Option<InputEntry> + Sync),
    ) -> Vec<InputEntry> {
        let hashed = |file: &InputEntry| known(file).unwrap_or_else(|| file.hashed());
        self.pool.install(|| files.par_iter().map(hashed).collect())
    }

    /// The moment at which this run can stop for a later one to go on.
    pub(super) fn resting_key(&self) -> Option<i64> {
        self.prepared().ok()?.resting_key()
    }

    /// Names of files and of sources, by id.
    fn names(prepared: &Prepared) -> (Vec<&str>, Vec<&str>) {
        let files = prepared.files.iter().map(|file| &file.name[..]).collect();
        (files, prepared.sources.iter().map(|source| &source.name[..]).collect())
    }

    /// What an earlier run heard below a moment, in this one's ids.
    pub(super) fn heard(&self, rest: &Rest) -> Option<Heard> {
        let prepared = self.prepared().ok()?;
        let (_, sources) = Self::names(prepared);
        rest.heard((&prepared.names_then(), &sources))
    }

    /// What a later build may take from this one, as a file of the store; empty where nothing is kept.
    pub(super) fn kept(&self, rested: Option<(i64, Heard, WriterRest)>) -> Vec<u8> {
        let Material::Logs(prepared, _) = &self.material else { return Vec::new() };
        let Some(surveyed) = &prepared.surveyed else { return Vec::new() };
        let (files, sources) = Self::names(prepared);
        let rest = rested
            .map(|(key, heard, writer)| Rest::new(prepared.below(key), (&files, &sources), &heard, writer));
        Kept::new(surveyed.clone(), rest).to_bytes()
    }

    /// Reads everything into `sink`. The remarks of reading join the ledger.
    pub(super) fn drive<S: Sink + Send>(
        &self,
        scene: &Scene<'_>,
        question: (&Filter, Option<Choice<'_>>),
        sink: &mut S,
    ) -> Result<Outcome> {
        let outcome = self.drive_on(scene, question, sink, Catalogue::default());
        self.progress.done();
        outcome
    }

    /// The same for a stretch of the timeline behind others, whose patterns are known.
    pub(super) fn drive_on<S: Sink + Send>(
        &self,
        scene: &Scene<'_>,
        question: (&Filter, Option<Choice<'_>>),
        sink: &mut S,
        known: Catalogue,
    ) -> Result<Outcome> {
        self.pool.install(|| match &self.material {
            Material::Logs(prepared, rules) => {
                drive(prepared, scene, rules, question, sink, &self.progress, known)
            }
            Material::Store(stored) => stored.store.drive(scene, &stored.files, question, sink),
        })
    }

    /// How many events are no records, and follow from some.
    pub(super) fn derived(&self) -> u64 {
        match &self.material {
            Material::Logs(prepared, _) => prepared.derived.len() as u64,
            Material::Store(_) => 0,
        }
    }

    /// Names of all sources.
    pub(super) fn source_names(&self) -> Vec<&str> {
        match &self.material {
            Material::Logs(prepared, _) => prepared.sources.iter().map(|source| &source.name[..]).collect(),
            Material::Store(stored) => stored.run.sources.iter().map(|source| &source.name[..]).collect(),
        }
    }

    /// What sentences about these files are written on.
    pub(super) fn sheet(&self) -> Sheet {
        Sheet::new(screen::columns(), self.files().iter().map(|file| &file.name[..]))
    }

    /// From the first to the last record of all sources that are shown, nanoseconds since 1970.
    pub(super) fn range(&self) -> Option<(i64, i64)> {
        reach(&self.source_rows(false))
    }

    /// What lies between two records on an average, nanoseconds: from the first of all sources that are shown to
    /// the last.
    pub(super) fn usual_gap(&self) -> Option<i64> {
        let rows = self.source_rows(false);
        let (first, last) = reach(&rows)?;
        let dated: u64 = rows.iter().map(|row| row.account.dated).sum();
        last.saturating_sub(first).checked_div(i64::try_from(dated).ok()?)
    }

    /// What the formats of this run call their fields.
    pub(super) fn field_names(&self) -> Vec<String> {
        let rows = self.source_rows(false);
        let mut formats: Vec<GrammarId> = rows.iter().filter_map(|row| self.set.find(&row.format)).collect();
        formats.sort_unstable();
        formats.dedup();
        let names = formats.iter().flat_map(|id| self.set.get(*id).field_names());
        let mut names: Vec<String> = names.map(str::to_owned).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// Follows the files of a run that has been read.
    pub(super) fn follower<'a>(
        &'a self,
        scene: &'a Scene<'a>,
        question: (&'a Filter, Option<Choice<'a>>),
        outcome: &Outcome,
    ) -> Result<Follower<'a>> {
        let (prepared, rules) = self.logs()?;
        Ok(Follower::new(prepared, scene, rules, question, &outcome.catalogue))
    }

    /// How a run ends whose output has told of every remark.
    pub(super) fn verdict(&self, remarks: &[Unread]) -> Ending {
        if self.strict && remarks.iter().any(|remark| remark.loss > Loss::None) {
            Ending::Short
        } else {
            Ending::Good
        }
    }

    /// Tells on stderr what was lost, and how the run ends. `remarks` are those made while reading.
    pub(super) fn ending(&self, remarks: &[Unread], good: Ending) -> Ending {
        self.progress.done();
        let mut all: Vec<&Unread> = self.remarks().iter().chain(remarks).collect();
        all.sort_by(|a, b| (&a.file, &a.why).cmp(&(&b.file, &b.why)));
        all.dedup();
        if !self.quiet {
            for remark in all.iter().filter(|remark| remark.loss > Loss::None) {
                let _ = std::io::Write::write_fmt(
                    &mut std::io::stderr(),
                    format_args!("timeline: {}: {}\n", clean(&remark.file), clean(&remark.why)),
                );
            }
        }
        if self.strict && all.iter().any(|remark| remark.loss > Loss::None) { Ending::Short } else { good }
    }

    /// Hides the bar: the terminal is about to get output.
    pub(super) fn hush(&self) {
        self.progress.done();
    }
}

/// A proof as a sentence: its places become `file:line`.
pub(super) fn proven(prepared: &Prepared, proof: &Proof) -> String {
    let mut text = proof.text.clone();
    for (index, place) in proof.places.iter().enumerate() {
        let name = prepared.files.get(place.file).map_or("", |file| &file.name);
        let line = prepared.line_at(*place).map_or_else(|| "?".to_owned(), |line| line.to_string());
        text = text.replace(&format!("{{{index}}}"), &format!("{name}:{line}"));
    }
    text
}
