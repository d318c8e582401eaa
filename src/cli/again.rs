//! Building again: what stands where a build will write, and what it may take from there.

use std::path::{Path, PathBuf};

use super::args::BuildArgs;
use super::resolve;
use crate::base::{Error, Result};
use crate::engine::Surveyed;
use crate::io::Found;
use crate::store::{InputEntry, Kept, Manifest, Rest, Store, selection};
use crate::time::Zone;

/// An earlier build of the same inputs by this program, asked the same.
#[derive(Debug)]
pub(super) struct Earlier {
    manifest: Manifest,
    kept: Option<Kept>,
}

impl Earlier {
    /// That of the store at a path. One that is damaged is none.
    pub(super) fn of(path: &Path, args: &BuildArgs) -> Result<Option<Self>> {
        if !is_repeatable(args) {
            return Ok(None);
        }
        let Ok(store) = Store::open(path, false) else { return Ok(None) };
        let made = store.manifest();
        let same = made.program == Manifest::program()
            && made.tz == Zone::parse(&args.common.tz)?.name()
            && made.made_from == made_from(&args.input.inputs)
            && made.options == options(args);
        Ok(same.then(|| Self { manifest: made.clone(), kept: Kept::read(path) }))
    }

    /// Whether it was made of these very files.
    pub(super) fn is_of(&self, files: &[InputEntry]) -> bool {
        let made = &self.manifest.inputs;
        made.len() == files.len() && made.iter().zip(files).all(|(then, now)| then.looks_like(now))
    }

    /// Names of files that it was made of and that are gone.
    pub(super) fn gone(&self, found: &[Found]) -> Vec<String> {
        self.kept.as_ref().map_or_else(Vec::new, |kept| kept.surveyed.gone(found))
    }

    /// What it says of itself, what it surveyed, and where one may go on from.
    pub(super) fn into_parts(self) -> (Option<Manifest>, Option<Surveyed>, Option<Rest>) {
        let (mut surveyed, rest) = self.kept.map_or((None, None), |kept| (Some(kept.surveyed), kept.rest));
        for file in &self.manifest.inputs {
            if let (Some(surveyed), Some(sum)) = (&mut surveyed, file.sum()) {
                surveyed.know_sum(&file.file, file.bytes, sum);
            }
        }
        (Some(self.manifest), surveyed, rest)
    }
}

/// Whether the same said again means the same, and nothing was chosen. Formats of the user's own may have changed
/// since: with any, nothing is the same.
pub(super) fn is_repeatable(args: &BuildArgs) -> bool {
    let common = &args.common;
    let settled = common.as_written || common.year.is_some() || !common.assume_tz.is_empty();
    let others = args.input.inputs.iter().any(|input| input == Path::new("-") || Store::is_store(input));
    let grammars = resolve::config_folder().map(|folder| folder.join("grammars"));
    !settled && !others && !grammars.is_some_and(|folder| folder.exists())
}

/// The inputs of a build, in a form that does not hang on the working directory.
pub(super) fn made_from(inputs: &[PathBuf]) -> Vec<String> {
    let whole = |input: &PathBuf| std::fs::canonicalize(input).unwrap_or_else(|_| input.clone());
    let mut inputs: Vec<String> =
        inputs.iter().map(|input| whole(input).to_string_lossy().into_owned()).collect();
    inputs.sort();
    inputs.dedup();
    inputs
}

/// The store of these very inputs that stands there, if one does: building again brings it up to date.
pub(super) fn ours(path: &Path, args: &BuildArgs) -> Option<Manifest> {
    // One that cannot be read is nobody's.
    if args.force || !Store::is_store(path) {
        return None;
    }
    let known = Manifest::peek(path).ok()?;
    (known.made_from == made_from(&args.input.inputs)).then_some(known)
}

/// A store that holds more than this build chooses is not replaced unasked.
pub(super) fn keeps_no_less(path: &Path, known: &Manifest, args: &BuildArgs) -> Result<()> {
    let options = options(args);
    let chosen = selection(&options);
    if chosen.is_empty() || chosen == known.selection() {
        return Ok(());
    }
    Err(Error::new(format!(
        "{} holds more of these logs than {} would keep; give the new store another name with -o, or replace this one with --force",
        path.display(),
        chosen.join(" ")
    )))
}

/// What was said on the command line that settles what is read and how: as it would be said again.
pub(super) fn options(args: &BuildArgs) -> Vec<String> {
    let common = &args.common;
    let mut options = Vec::new();
    let mut say = |name: &str, value: &str| options.push(format!("--{name}={value}"));
    let several = [
        ("assume-tz", &common.assume_tz),
        ("host", &common.host),
        ("program", &common.program),
        ("source", &common.source),
        ("encoding", &common.opening.encoding),
    ];
    for (name, values) in several {
        values.iter().for_each(|value| say(name, value));
    }
    let year = common.year.map(|year| year.to_string());
    let window = common.around.as_ref().map(|_| common.window.clone());
    let single = [
        ("year", &year),
        ("since", &common.since),
        ("until", &common.until),
        ("around", &common.around),
        ("window", &window),
        ("level", &args.at_least.level),
        ("where", &args.chosen.expression),
    ];
    for (name, value) in single {
        value.iter().for_each(|value| say(name, value));
    }
    // What was not read for a limit is read with a higher one: those that are not the usual ones are said.
    let opening = &common.opening;
    for (name, value, usual) in [
        ("max-unpacked", opening.max_unpacked, 64 << 30),
        ("max-ratio", opening.max_ratio, 1_000),
        ("max-depth", opening.max_depth as u64, 8),
        ("max-held", opening.max_held, 1 << 30),
    ] {
        if value != usual {
            say(name, &value.to_string());
        }
    }
    for (name, set) in
        [("as-written", common.as_written), ("no-dedupe", common.no_dedupe), ("bloom", args.bloom)]
    {
        if set {
            options.push(format!("--{name}"));
        }
    }
    options
}
