//! A store in place of logs: the same files, sources and findings, as they were when it was built.
//!
//! Where stores are read beside others, or asked what only logs tell, they give their logs back instead.

use std::collections::{BTreeSet, HashMap};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use super::args::Common;
use crate::base::{Account, FileId, Loss, Result, SourceId, Unread};
use crate::clock::Clock;
use crate::engine::Plan;
use crate::grammar::{GrammarSet, Headers};
use crate::io::{Found, family};
use crate::present::SourceRow;
use crate::store::{Files, Run, Store, StoredFile};
use crate::text::file_name;
use crate::view::FileLabel;

/// A store that is open.
pub(super) struct Stored {
    pub store: Store,
    pub files: Files,
    pub run: Run,
    /// What chose its events, if it does not hold all of them.
    pub chosen: Vec<String>,
}

/// The store that is the run's one input, as it is. Where stores are to be read with others, or are asked what only
/// logs tell, their logs are put into the plan instead.
pub(super) fn stored(
    plan: &mut Plan,
    common: &Common,
    set: &GrammarSet,
    logs: bool,
) -> Result<Option<Stored>> {
    let (stores, inputs): (Vec<PathBuf>, Vec<PathBuf>) =
        std::mem::take(&mut plan.inputs).into_iter().partition(|input| Store::is_store(input));
    plan.inputs = inputs;
    // One that is named twice is one.
    let mut seen = BTreeSet::new();
    let whole = |root: &PathBuf| std::fs::canonicalize(root).unwrap_or_else(|_| root.clone());
    let stores: Vec<PathBuf> = stores.into_iter().filter(|root| seen.insert(whole(root))).collect();
    let resettled = common.as_written || common.year.is_some() || !common.assume_tz.is_empty();
    let root = match &stores[..] {
        [root] if plan.inputs.is_empty() && !logs && !resettled => root,
        several => {
            let alone = several.len() == 1 && plan.inputs.is_empty();
            for root in several {
                hold(plan, root, common, alone)?;
            }
            return Ok(None);
        }
    };
    let store = Store::open(root, common.salvage)?;
    let mut run = store.run()?;
    let inside = |archive: &str| run.files.iter().any(|file| file.name.starts_with(&format!("{archive}!")));
    let archives: Vec<bool> = run.remarks.iter().map(|remark| inside(&remark.file)).collect();
    let mut archives = archives.into_iter();
    run.remarks
        .retain(|remark| archives.next() == Some(true) || plan.wants(&remark.file, &family(&remark.file).0));
    let formats = set.ids().map(|(id, name)| (name.to_owned(), id.0)).collect();
    let mut by_name = HashMap::new();
    for (id, file) in run.files.iter().enumerate() {
        let source = run.sources.get(file.source.0 as usize).map_or("", |source| &source.name);
        let asked = plan.wants(&file.name, source);
        by_name.insert(file.name.clone(), (FileId(id as u32), file.source, asked));
    }
    let chosen = store.manifest().selection().into_iter().map(str::to_owned).collect();
    Ok(Some(Stored { store, files: Files { by_name, formats, plain: set.plain().0 }, run, chosen }))
}

/// Puts the logs that a store holds into the plan. Among others their names start with the store's.
fn hold(plan: &mut Plan, root: &Path, common: &Common, alone: bool) -> Result<()> {
    let store = Store::open(root, common.salvage)?;
    let run = store.run()?;
    let mut texts = store.texts(common.opening.max_held)?;
    let typed = root.with_extension("");
    let typed = file_name(typed.as_os_str().as_bytes());
    let typed = typed.strip_prefix("./").unwrap_or(&typed);
    let named = |name: &str| if alone { name.to_owned() } else { format!("{typed}/{name}") };
    for file in &run.files {
        let Some(bytes) = texts.remove(&file.name) else { continue };
        let (name, mtime, birth) = (named(&file.name), file.mtime, file.birth);
        let source = run.sources.get(file.source.0 as usize);
        if let Some(source) = source.filter(|source| !source.encodings.is_empty()) {
            plan.told.encodings.insert(name.clone(), source.encodings.clone());
        }
        let found = Found { name, path: root.to_owned(), mtime, birth, ..Found::unnamed() };
        plan.held.push((found, bytes));
    }
    // What is noticed beside losses is noticed again.
    let losses = run.remarks.into_iter().filter(|remark| remark.loss > Loss::None);
    plan.told.losses.extend(losses.map(|remark| Unread { file: named(&remark.file), ..remark }));
    Ok(())
}

impl Stored {
    /// Files, and sources with whether they are asked for.
    pub(super) fn labels(&self) -> (Vec<FileLabel>, Vec<(&str, bool)>) {
        let source = |id: SourceId| self.run.sources.get(id.0 as usize).map_or("", |source| &source.name);
        let label = |file: &StoredFile| FileLabel {
            name: file.name.clone(),
            source: source(file.source).to_owned(),
            clock: Clock::told(),
            mtime: None,
            headers: Headers::default(),
        };
        let rows = self.run.sources.iter();
        let sources = rows.map(|row| (row.name.as_str(), row.files.iter().any(|file| self.is_asked(file))));
        (self.run.files.iter().map(label).collect(), sources.collect())
    }

    fn is_asked(&self, file: &str) -> bool {
        self.files.by_name.get(file).is_some_and(|(_, _, asked)| *asked)
    }

    /// Sources as they were when the store was built. One that is not asked for has no files.
    pub(super) fn source_rows(&self) -> Vec<SourceRow> {
        let mut rows = self.run.sources.clone();
        for row in &mut rows {
            row.files.retain(|file| self.is_asked(file));
            if row.files.is_empty() {
                row.range = None;
                row.account = Account::default();
            }
        }
        rows
    }
}
