//! What every reading command sets up: threads, grammars, the prepared run, the scene.

use super::args::{Common, Input};
use super::outcome::Ending;
use super::progress::Progress;
use super::resolve;
use crate::base::{Error, Loss, Result, Unread};
use crate::engine::{FileState, Outcome, Plan, Prepared, Sink, drive, prepare};
use crate::grammar::GrammarSet;
use crate::ingest::Filter;
use crate::pattern::LevelRules;
use crate::present::{FileLabel, Scene, scene_labels};

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

impl Context {
    /// Finds, surveys and settles everything that was typed.
    pub fn new(input: &Input, common: &Common) -> Result<Self> {
        let plan = resolve::plan(input, common)?;
        let set = grammars()?;
        let threads = common.jobs.unwrap_or(0);
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .map_err(|error| Error::new(format!("cannot start threads: {error}; try a smaller -j")))?;
        let progress = Progress::new(common.quiet);
        let prepared = pool.install(|| prepare(&plan, &set, &progress));
        if prepared.is_err() {
            progress.done();
        }
        let rules = LevelRules::embedded()?;
        Ok(Self { plan, set, prepared: prepared?, rules, pool, progress, quiet: common.quiet, strict: common.strict })
    }

    /// What renderers need to know.
    pub fn scene(&self) -> Scene<'_> {
        let label = |file: &FileState| FileLabel {
            name: file.name.clone(),
            source: self.prepared.sources[file.source.0 as usize].name.clone(),
            clock: file.clock.clone(),
            mtime: file.mtime,
        };
        let names: Vec<&str> = self.prepared.sources.iter().map(|source| source.name.as_str()).collect();
        Scene {
            set: &self.set,
            files: self.prepared.files.iter().map(label).collect(),
            labels: scene_labels(&names),
            zone: self.plan.settle.default_zone.clone(),
        }
    }

    /// Reads everything into `sink`. The remarks of reading join the ledger.
    pub fn drive<S: Sink + Send>(&self, scene: &Scene<'_>, filter: &Filter, marks: bool, sink: &mut S) -> Result<Outcome> {
        let outcome =
            self.pool.install(|| drive(&self.prepared, scene, &self.rules, filter, marks, sink, &self.progress));
        self.progress.done();
        outcome
    }

    /// Tells on stderr what was lost, and how the run ends.
    pub fn ending(&self, remarks: &[Unread], good: Ending) -> Ending {
        self.progress.done();
        let all = || self.prepared.ledger.remarks.iter().chain(remarks);
        if !self.quiet {
            for remark in all().filter(|remark| remark.loss > Loss::None) {
                let _ = std::io::Write::write_fmt(
                    &mut std::io::stderr(),
                    format_args!("timeline: {}: {}\n", remark.file, remark.why),
                );
            }
        }
        if self.strict && all().any(|remark| remark.loss > Loss::None) { Ending::Short } else { good }
    }

    /// Hides the bar: the terminal is about to get output.
    pub fn hush(&self) {
        self.progress.done();
    }
}
