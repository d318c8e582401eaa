//! What every reading command sets up: threads, grammars, the prepared run, the scene.

use std::path::{Path, PathBuf};

use super::args::{Common, Input};
use super::clocks::{segments, zone_basis};
use super::outcome::Ending;
use super::progress::Progress;
use super::resolve;
use crate::base::{Account, Basis, Error, Loss, Result, Unread};
use crate::clock::{Proof, Years};
use crate::engine::{
    Choice, FileState, Follower, Outcome, Plan, Prepared, Sink, SourceState, drive, prepare,
};
use crate::grammar::{GrammarId, GrammarSet};
use crate::ingest::{Filter, Picker};
use crate::pattern::LevelRules;
use crate::present::SourceRow;
use crate::query::Matcher;
use crate::text::clean;
use crate::view::{FileLabel, Scene, scene_labels};

/// A run that is ready to read.
pub(super) struct Context {
    pub plan: Plan,
    pub set: GrammarSet,
    pub prepared: Prepared,
    rules: LevelRules,
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

impl Context {
    /// Finds, surveys and settles everything that was typed.
    /// `output` is the file that this run writes: it is no input, wherever it stands.
    pub(super) fn new(input: &Input, common: &Common, output: Option<&Path>) -> Result<Self> {
        let mut plan = resolve::plan(&input.inputs, common)?;
        plan.output = output.map(Path::to_owned);
        Self::with_plan(plan, common, None)
    }

    /// The same, with every source, whatever was selected.
    pub(super) fn with_all_sources(input: &Input, common: &Common) -> Result<Self> {
        let mut plan = resolve::plan(&input.inputs, common)?;
        plan.sources.clear();
        Self::with_plan(plan, common, None)
    }

    /// The same, leaving out files in which `ahead` can match nothing.
    pub(super) fn with_patterns(
        inputs: &[PathBuf],
        common: &Common,
        ahead: Option<&Matcher>,
    ) -> Result<Self> {
        Self::with_plan(resolve::plan(inputs, common)?, common, ahead)
    }

    fn with_plan(plan: Plan, common: &Common, ahead: Option<&Matcher>) -> Result<Self> {
        let set = grammars()?;
        let rules = LevelRules::embedded()?;
        let threads = common.jobs.unwrap_or(0);
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .map_err(|error| Error::new(format!("cannot start threads: {error}; try a smaller -j")))?;
        let progress = Progress::new(common.quiet);
        let ahead = ahead.map(|matcher| matcher as &dyn Picker);
        let prepared = pool.install(|| prepare(&plan, &set, &rules, ahead, &progress));
        if prepared.is_err() {
            progress.done();
        }
        Ok(Self {
            plan,
            set,
            prepared: prepared?,
            rules,
            pool,
            progress,
            quiet: common.quiet,
            strict: common.strict,
        })
    }

    /// What renderers need to know.
    pub(super) fn scene(&self) -> Scene<'_> {
        let label = |file: &FileState| FileLabel {
            name: file.name.clone(),
            source: self.prepared.sources[file.source.0 as usize].name.clone(),
            clock: file.clock.clone(),
            mtime: file.mtime,
            headers: file.headers.clone(),
        };
        let sources = &self.prepared.sources;
        let asked = |source: &SourceState| source.files.iter().any(|id| self.prepared.file(*id).asked);
        let names: Vec<&str> =
            sources.iter().filter(|source| asked(source)).map(|source| source.name.as_str()).collect();
        // Sources that are not shown need no room.
        let mut short = scene_labels(&names).into_iter();
        let labels = sources.iter().map(|source| asked(source).then(|| short.next()).flatten());
        Scene {
            set: &self.set,
            files: self.prepared.files.iter().map(label).collect(),
            labels: labels.map(Option::unwrap_or_default).collect(),
            zone: self.plan.settle.default_zone.clone(),
        }
    }

    /// Every source, as renderers see it. With `prove`, with what proves its clock: that reads parts of
    /// files once more.
    pub(super) fn source_rows(&self, prove: bool) -> Vec<SourceRow> {
        self.prepared.sources.iter().map(|source| self.source_row(source, prove)).collect()
    }

    fn source_row<'a>(&'a self, source: &SourceState, prove: bool) -> SourceRow {
        let files: Vec<&FileState> =
            source.files.iter().map(|id| self.prepared.file(*id)).filter(|file| file.asked).collect();
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
        let mut encodings: Vec<&str> = files.iter().filter_map(|file| file.charset()).collect();
        encodings.sort_unstable();
        encodings.dedup();
        let segments = segments(&files);
        let mut proofs: Vec<String> = Vec::new();
        let told =
            |file: &'a FileState| file.clock.main_proofs().chain(file.clock.boot_proofs().take(MOST_BOOTS));
        for proof in files.iter().filter(|_| prove).flat_map(|file| told(file)) {
            let text = self.prove(proof);
            if !proofs.contains(&text) {
                proofs.push(text);
            }
        }
        let told = files.iter().filter(|_| prove).flat_map(|file| &file.clock.boots);
        let boots = told.map(|proof| self.prove(proof)).collect();
        SourceRow {
            boots,
            name: source.name.clone(),
            files: files.iter().map(|file| file.name.clone()).collect(),
            format: newest.map_or_else(String::new, |file| self.set.get(file.format.primary).name.clone()),
            others,
            encodings,
            zone_basis: range.and_then(|_| zone_basis(&files)),
            segments,
            proofs,
            year_basis: year_less.map_or_else(Basis::default, |file| file.clock.year_basis),
            years: year_less.map_or_else(Years::default, |file| file.clock.years.clone()),
            range,
            since_boot: files.iter().any(|file| file.uptimes > 0)
                && !files.iter().any(|file| file.zone_less || file.zoned),
            account,
        }
    }

    /// A proof as a sentence: its places become `file:line`.
    pub(super) fn prove(&self, proof: &Proof) -> String {
        let mut text = proof.text.clone();
        for (index, place) in proof.places.iter().enumerate() {
            let name = self.prepared.files.get(place.file).map_or("", |file| &file.name);
            let line = self.prepared.line_at(*place).map_or_else(|| "?".to_owned(), |line| line.to_string());
            text = text.replace(&format!("{{{index}}}"), &format!("{name}:{line}"));
        }
        text
    }

    /// Reads everything into `sink`. The remarks of reading join the ledger.
    pub(super) fn drive<S: Sink + Send>(
        &self,
        scene: &Scene<'_>,
        question: (&Filter, Option<Choice<'_>>),
        sink: &mut S,
    ) -> Result<Outcome> {
        let outcome =
            self.pool.install(|| drive(&self.prepared, scene, &self.rules, question, sink, &self.progress));
        self.progress.done();
        outcome
    }

    /// What lies between two records on an average, nanoseconds: from the first of all sources that are shown to
    /// the last.
    pub(super) fn usual_gap(&self) -> Option<i64> {
        let files = || self.prepared.files.iter().filter(|file| file.asked);
        let (first, last) =
            files().filter_map(|file| file.range).reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))?;
        let dated: u64 = files().map(|file| file.ledger.dated).sum();
        last.saturating_sub(first).checked_div(i64::try_from(dated).ok()?)
    }

    /// What the formats of this run call their fields.
    pub(super) fn field_names(&self) -> Vec<String> {
        let mut formats: Vec<GrammarId> =
            self.prepared.files.iter().map(|file| file.format.primary).collect();
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
    ) -> Follower<'a> {
        Follower::new(&self.prepared, scene, &self.rules, question, &outcome.catalogue)
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
        let mut all: Vec<&Unread> = self.prepared.ledger.remarks.iter().chain(remarks).collect();
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

    /// A remark on stderr.
    pub(super) fn tell(&self, remark: &str) {
        // Nobody is left to tell when stderr is gone.
        let _ = std::io::Write::write_fmt(&mut std::io::stderr(), format_args!("timeline: {remark}\n"));
    }

    /// Hides the bar: the terminal is about to get output.
    pub(super) fn hush(&self) {
        self.progress.done();
    }
}
