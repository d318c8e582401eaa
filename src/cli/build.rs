//! `timeline build`: reads everything, writes the store and prints the summary.

use std::os::unix::ffi::OsStrExt as _;
use std::path::{Component, Path, PathBuf};
use std::sync::Mutex;

use super::again::{Earlier, is_repeatable, keeps_no_less, made_from, options, ours};
use super::analyse::{Analysis, Course, Events, Storing, analyse_on};
use super::args::{BuildArgs, Input};
use super::aside;
use super::context::Context;
use super::growing::keep_up;
use super::outcome::Ending;
use super::output::Output;
use super::question::Question;
use super::resolve;
use crate::base::{Error, Result};
use crate::io::{Found, walk};
use crate::present::{
    SummaryStyle, patterns_document, push_summary, report_json, sources_document, thousands,
};
use crate::store::{Beside, InputEntry, Made, Manifest, Rest, Run, Store, Writer, selection};
use crate::text::{clean, file_name};
use crate::time::Zone;

/// Columns of tables where there is no screen.
const COLUMNS: usize = 120;

/// Where events go.
enum Place {
    Nowhere,
    Rows(PathBuf),
    Store(PathBuf),
}

impl Place {
    /// Where the events of a build go, and that they may go there: a mistake is told before anything is read.
    fn of(args: &BuildArgs) -> Result<Self> {
        if args.input.inputs.is_empty() {
            return Err(resolve::nothing_to_read());
        }
        let place = match &args.output {
            None if args.no_store => return Ok(Self::Nowhere),
            None => Self::Store(default_name(args.input.inputs.first().map_or(Path::new("."), |path| path))?),
            Some(path) => match path.extension().and_then(|extension| extension.to_str()) {
                Some("jsonl") => Self::Rows(path.clone()),
                Some("timeline") => Self::Store(path.clone()),
                _ => {
                    return Err(Error::new(format!(
                        "cannot tell what to write from the name {}; give one that ends in .timeline (a store) or .jsonl (one JSON object a line)",
                        path.display()
                    )));
                }
            },
        };
        match &place {
            Self::Store(path) => match ours(path, args) {
                Some(known) => keeps_no_less(path, &known, args)?,
                None => Output::check(Some(path), args.force)?,
            },
            Self::Rows(path) => Output::check(Some(path), args.force)?,
            _ => {}
        }
        Ok(place)
    }

    fn path(&self) -> Option<&Path> {
        match self {
            Self::Nowhere => None,
            Self::Rows(path) | Self::Store(path) => Some(path),
        }
    }
}

/// The store of an input without `-o`: the last part of its name, in the working directory.
fn default_name(input: &Path) -> Result<PathBuf> {
    if input == Path::new("-") {
        return Ok("stdin.timeline".into());
    }
    let whole = match input.components().next_back() {
        Some(Component::Normal(_)) => input.to_owned(),
        // `.`, `..` and `/` are no names.
        _ => std::fs::canonicalize(input).map_err(|error| Error::io("read", input, &error))?,
    };
    let name = whole.file_name().map_or("root".into(), |name| file_name(name.as_bytes()));
    Ok(format!("{}.timeline", name.strip_suffix(".timeline").unwrap_or(&name)).into())
}

/// Runs `timeline build`.
pub(super) fn run(args: &BuildArgs) -> Result<Ending> {
    let place = Place::of(args)?;
    Question::check(&args.chosen, &Zone::parse(&args.common.tz)?)?;
    let store = match (&place, args.follow) {
        (Place::Store(path), true) => Some(path),
        (_, true) => {
            return Err(Error::new(
                "--follow keeps a store up to date: give a name that ends in .timeline with -o",
            ));
        }
        _ => None,
    };
    if store.is_some() && args.input.inputs.iter().any(|path| path == Path::new("-") || Store::is_store(path))
    {
        return Err(Error::new(
            "--follow looks at files again and again: standard input and stores are read once",
        ));
    }
    let found = find(&args.input.inputs)?;
    let built = once(args, &place, &found, args.force)?;
    let mut output = Output::stdout();
    output.write(&built.summary)?;
    output.write(built.told.as_bytes())?;
    match store {
        Some(store) => {
            output.flush()?;
            keep_up(args, store, &|found| once(args, &place, found, false), (found, built.events))
        }
        None => {
            output.finish()?;
            Ok(built.ending)
        }
    }
}

/// What a build says, and how it ended.
pub(super) struct Built {
    /// What the logs tell.
    summary: Vec<u8>,
    /// What there is to be said of how they were read; lines.
    pub told: String,
    /// Events of the store.
    pub events: u64,
    ending: Ending,
}

/// Builds.
fn once(args: &BuildArgs, place: &Place, found: &[Found], force: bool) -> Result<Built> {
    let files: Vec<InputEntry> = found.iter().map(InputEntry::of).collect();
    let earlier = match place {
        Place::Store(path) if !force => Earlier::of(path, args)?,
        _ => None,
    };
    let earlier = match (place, earlier) {
        (Place::Store(path), Some(earlier)) if earlier.is_of(&files) => {
            return tell_again(path, args, earlier);
        }
        (_, earlier) => earlier,
    };
    let whole = selection(&options(args)).is_empty();
    let keeps = matches!(place, Place::Store(_)) && is_repeatable(args) && whole;
    let gone = earlier.as_ref().map_or_else(Vec::new, |earlier| earlier.gone(found));
    let (manifest, surveyed, rest) = earlier.map_or((None, None, None), Earlier::into_parts);
    let context = Context::building(&args.input, &args.common, place.path(), (surveyed, keeps))?;
    let (mut course, mut writing) = (Course::default(), Events::Nothing);
    let mut told = String::new();
    match place {
        Place::Nowhere => {}
        Place::Rows(path) => writing = Events::Rows(Output::create(Some(path))?),
        Place::Store(path) => {
            let mut writer = Writer::create(path, args.bloom)?;
            if let (Some(manifest), Some(rest)) = (&manifest, rest) {
                (writer, told) = go_on(writer, args, (&context, path), (manifest, rest), &mut course)?;
            }
            writing = Events::Store(Mutex::new(Storing::new(writer)));
        }
    }
    course.rest = context.resting_key().filter(|_| keeps);
    let zone = &context.plan.settle.default_zone;
    let question = Question::of_window(&args.common, args.at_least.level.as_deref(), &args.chosen, zone)?;
    let (analysis, (writer, rested)) = analyse_on(&context, &question, writing, course)?;
    context.hush();
    let mut summary = summary(&context, &analysis, args);
    let mut events = 0;
    if let (Place::Store(path), Some(writer)) = (place, writer) {
        let files = hashed(&context, &files, manifest.as_ref());
        let kept = context.kept(rested);
        let held = manifest.as_ref().and_then(|manifest| aside::holder(path, manifest, &gone));
        let aside = (!gone.is_empty() && held.is_none()).then(|| aside::place(path));
        events = finish(*writer, args, (&context, files), (&analysis, kept), aside.as_deref())?;
        summary.push(b'\n');
        summary.extend_from_slice(written(&context, path, events, args).as_bytes());
        told.extend(aside.or(held).map(|aside| aside::told(&aside, &gone)));
    }
    question.tell_never_met(&context, args.common.quiet);
    // The summary has told of every loss: stderr need not repeat it.
    let ending = context.verdict(&analysis.remarks);
    Ok(Built { summary, told, events, ending })
}

/// Goes on where an earlier build of this store was at rest, if what it found below stands; and what there is to be
/// said of it.
fn go_on(
    mut writer: Writer,
    args: &BuildArgs,
    (context, path): (&Context, &Path),
    (manifest, rest): (&Manifest, Rest),
    course: &mut Course,
) -> Result<(Writer, String)> {
    let heard = match context.prepared()?.goes_on(&rest.below) {
        Ok(()) => context.heard(&rest),
        Err(why) => return Ok((writer, format!("All of it was read again: {}\n", clean(&why)))),
    };
    let Some(heard) = heard else { return Ok((writer, String::new())) };
    let key = rest.below.key;
    let renamed = context.prepared()?.renamed();
    if let Err(why) = writer.go_on(path, manifest, &rest.writer, &renamed) {
        // What it would go on from is damaged: it is built from nothing.
        drop(writer);
        let told = format!("All of it was read again: {}\n", clean(&why.to_string()));
        return Ok((Writer::create(path, args.bloom)?, told));
    }
    course.known = Some((key, heard));
    Ok((writer, context.prepared()?.told_of_news()))
}

/// What is said of a store that was written.
fn written(context: &Context, path: &Path, events: u64, args: &BuildArgs) -> String {
    let name = clean(&path.to_string_lossy());
    let plural = if events == 1 { "" } else { "s" };
    let count = format!("{} event{plural}", thousands(events));
    // Of a choice it is not known how many are in it.
    let all = selection(&options(args)).is_empty();
    let derived = match context.derived() {
        0 => String::new(),
        _ if !all => String::new(),
        derived => format!(" ({} of them marked derived: what others show)", thousands(derived)),
    };
    format!("Store: {name}, {count}{derived}. Ask it: timeline show {name}\n")
}

/// The summary, as wide as the terminal.
fn summary(context: &Context, analysis: &Analysis, args: &BuildArgs) -> Vec<u8> {
    let sheet = context.sheet();
    let columns = sheet.columns.unwrap_or(COLUMNS);
    let style = SummaryStyle { color: resolve::color(args.common.color), columns };
    let mut text = Vec::new();
    push_summary(&mut text, &analysis.report(context), &context.scene().labels, (style, &sheet));
    text
}

/// The files below the inputs, as they are now. They are looked at before they are read: what changes while they are
/// is seen as changed by the next build.
pub(super) fn find(inputs: &[PathBuf]) -> Result<Vec<Found>> {
    let on_disk: Vec<PathBuf> =
        inputs.iter().filter(|path| *path != Path::new("-") && !Store::is_store(path)).cloned().collect();
    let (found, _) = walk(&on_disk, on_disk.len() < inputs.len())?;
    Ok(found)
}

/// Says what was said when a store was built: from where that was at rest, or out of the store.
fn tell_again(path: &Path, args: &BuildArgs, earlier: Earlier) -> Result<Built> {
    let (manifest, surveyed, rest) = earlier.into_parts();
    let mut course = Course::default();
    let context = match rest {
        Some(rest) => {
            let context = Context::building(&args.input, &args.common, Some(path), (surveyed, true))?;
            if context.prepared()?.goes_on(&rest.below).is_ok() {
                course.known = context.heard(&rest).map(|heard| (rest.below.key, heard));
            }
            context
        }
        None => Context::new(&Input { inputs: vec![path.to_owned()] }, &args.common, None)?,
    };
    let zone = &context.plan.settle.default_zone;
    let question = Question::of_window(&args.common, args.at_least.level.as_deref(), &args.chosen, zone)?;
    let (analysis, _) = analyse_on(&context, &question, Events::Nothing, course)?;
    context.hush();
    let summary = summary(&context, &analysis, args);
    let name = clean(&path.to_string_lossy());
    let told = format!("\nStore: {name} is up to date: no file has changed\n");
    let events = manifest.map_or(0, |manifest| manifest.rows);
    Ok(Built { summary, told, events, ending: context.verdict(&analysis.remarks) })
}

/// Files with the hashes of their contents; of those that are as they were for an earlier build, as it hashed them.
fn hashed(context: &Context, files: &[InputEntry], earlier: Option<&Manifest>) -> Vec<InputEntry> {
    let prepared = context.prepared().ok();
    let known = |file: &InputEntry| {
        let inputs = &earlier?.inputs;
        if let Some(then) = inputs.iter().find(|then| then.looks_like(file) && !then.hash.is_empty()) {
            return Some(then.clone());
        }
        // It may have been called otherwise.
        let was = prepared?.unchanged(&file.file)?;
        let then = inputs.iter().find(|then| then.file == was && !then.hash.is_empty())?;
        let same = (then.bytes, then.mtime) == (file.bytes, file.mtime);
        same.then(|| InputEntry { hash: then.hash.clone(), ..file.clone() })
    };
    context.hashed(files, &known)
}

/// Completes the store; the number of its events.
fn finish(
    writer: Writer,
    args: &BuildArgs,
    (context, inputs): (&Context, Vec<InputEntry>),
    (analysis, kept): (&Analysis, Vec<u8>),
    aside: Option<&Path>,
) -> Result<u64> {
    let report = analysis.report(context);
    let run = Run {
        files: context.files(),
        sources: analysis.rows.clone(),
        findings: analysis.findings.clone(),
        changes: analysis.changes.clone(),
        remarks: analysis.remarks.clone(),
    };
    let beside = Beside {
        sources: sources_document(&analysis.rows),
        patterns: patterns_document(&analysis.catalogue, &report),
        findings: report_json(&report),
        run: run.to_json()?,
        kept,
    };
    let made = Made {
        tz: report.zone.name().to_owned(),
        options: options(args),
        from: made_from(&args.input.inputs),
        inputs,
    };
    writer.finish(&beside, made, aside)
}
