//! `timeline build`: reads everything, writes the store and prints the summary.

use std::io::IsTerminal as _;
use std::path::{Component, Path, PathBuf};
use std::sync::Mutex;

use super::analyse::{Analysis, Events, analyse};
use super::args::{BuildArgs, Input};
use super::context::Context;
use super::outcome::Ending;
use super::output::Output;
use super::question::Question;
use super::resolve;
use crate::base::{Error, Result};
use crate::io::walk;
use crate::present::{
    SummaryStyle, patterns_document, push_summary, report_json, sources_document, thousands,
};
use crate::store::{Beside, InputEntry, Made, Manifest, Run, Store, Writer, selection};
use crate::text::clean;
use crate::time::Zone;

/// Columns where the output is no terminal.
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
    let name = whole.file_name().map_or("root".into(), |name| name.to_string_lossy());
    Ok(format!("{}.timeline", name.strip_suffix(".timeline").unwrap_or(&name)).into())
}

/// The inputs of a build, in a form that does not hang on the working directory.
fn made_from(inputs: &[PathBuf]) -> Vec<String> {
    let whole = |input: &PathBuf| std::fs::canonicalize(input).unwrap_or_else(|_| input.clone());
    let mut inputs: Vec<String> =
        inputs.iter().map(|input| whole(input).to_string_lossy().into_owned()).collect();
    inputs.sort();
    inputs.dedup();
    inputs
}

/// The store of these very inputs that stands there, if one does: building again brings it up to date.
fn ours(path: &Path, args: &BuildArgs) -> Option<Manifest> {
    // One that cannot be read is nobody's.
    if args.force || !Store::is_store(path) {
        return None;
    }
    let known = Manifest::peek(path).ok()?;
    (known.made_from == made_from(&args.input.inputs)).then_some(known)
}

/// A store that holds more than this build chooses is not replaced unasked.
fn keeps_no_less(path: &Path, known: &Manifest, args: &BuildArgs) -> Result<()> {
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

/// Runs `timeline build`.
pub(super) fn run(args: &BuildArgs) -> Result<Ending> {
    let place = Place::of(args)?;
    Question::check(&args.chosen, &Zone::parse(&args.common.tz)?)?;
    let files = files(&args.input.inputs)?;
    if let Place::Store(path) = &place
        && is_up_to_date(path, args, &files)?
    {
        return tell_again(path, args);
    }
    let context = Context::new(&args.input, &args.common, place.path())?;
    let events = match &place {
        Place::Nowhere => Events::Nothing,
        Place::Rows(path) => Events::Rows(Output::create(Some(path))?),
        Place::Store(path) => Events::Store(Mutex::new(Box::new(Writer::create(path, args.bloom)?))),
    };
    let zone = &context.plan.settle.default_zone;
    let question = Question::of_window(&args.common, args.at_least.level.as_deref(), &args.chosen, zone)?;
    let (analysis, writer) = analyse(&context, &question, events)?;
    context.hush();
    let mut text = summary(&context, &analysis, args);
    if let (Place::Store(path), Some(writer)) = (&place, writer) {
        let events = finish(*writer, args, (&context, &files), &analysis)?;
        let name = clean(&path.to_string_lossy());
        text.push(b'\n');
        let plural = if events == 1 { "" } else { "s" };
        let count = format!("{} event{plural}", thousands(events));
        // Of a choice it is not known how many are in it.
        let all = selection(&options(args)).is_empty();
        let derived = match context.derived() {
            0 => String::new(),
            _ if !all => String::new(),
            derived => format!(" ({} of them marked derived: what others show)", thousands(derived)),
        };
        let said = format!("Store: {name}, {count}{derived}. Ask it: timeline show {name}\n");
        text.extend_from_slice(said.as_bytes());
    }
    let mut output = Output::stdout();
    output.write(&text)?;
    output.finish()?;
    question.tell_never_met(&context, args.common.quiet);
    // The summary has told of every loss: stderr need not repeat it.
    Ok(context.verdict(&analysis.remarks))
}

/// The summary, as wide as the terminal.
fn summary(context: &Context, analysis: &Analysis, args: &BuildArgs) -> Vec<u8> {
    let terminal = std::io::stdout().is_terminal();
    let columns = if terminal {
        terminal_size::terminal_size().map_or(80, |(width, _)| usize::from(width.0))
    } else {
        COLUMNS
    };
    let style = SummaryStyle { color: resolve::color(args.common.color), columns };
    let mut text = Vec::new();
    push_summary(&mut text, &analysis.report(context), &context.scene().labels, style);
    text
}

/// The files below the inputs, as they are now. They are looked at before they are read: what changes while they are
/// is seen as changed by the next build.
fn files(inputs: &[PathBuf]) -> Result<Vec<InputEntry>> {
    let on_disk: Vec<PathBuf> =
        inputs.iter().filter(|path| *path != Path::new("-") && !Store::is_store(path)).cloned().collect();
    let (found, _) = walk(&on_disk, on_disk.len() < inputs.len())?;
    Ok(found.iter().map(InputEntry::of).collect())
}

/// Whether a store was made of these very files by this program, asked the same. Formats of the user's own may have
/// changed since: with any, nothing is up to date.
fn is_up_to_date(path: &Path, args: &BuildArgs, files: &[InputEntry]) -> Result<bool> {
    let common = &args.common;
    let settled = common.as_written || common.year.is_some() || !common.assume_tz.is_empty();
    let others = args.input.inputs.iter().any(|input| input == Path::new("-") || Store::is_store(input));
    let grammars = resolve::config_folder().map(|folder| folder.join("grammars"));
    if settled || others || grammars.is_some_and(|folder| folder.exists()) || args.force {
        return Ok(false);
    }
    // A store that is damaged, or none, is built.
    let Ok(store) = Store::open(path, false) else { return Ok(false) };
    let made = store.manifest();
    let same = made.inputs.len() == files.len()
        && made.inputs.iter().zip(files).all(|(then, now)| then.looks_like(now));
    Ok(same
        && made.program == Manifest::program()
        && made.tz == Zone::parse(&common.tz)?.name()
        && made.made_from == made_from(&args.input.inputs)
        && made.options == options(args))
}

/// Says what was said when a store was built, out of the store.
fn tell_again(path: &Path, args: &BuildArgs) -> Result<Ending> {
    let input = Input { inputs: vec![path.to_owned()] };
    let context = Context::new(&input, &args.common, None)?;
    let zone = &context.plan.settle.default_zone;
    let question = Question::of_window(&args.common, args.at_least.level.as_deref(), &args.chosen, zone)?;
    let (analysis, _) = analyse(&context, &question, Events::Nothing)?;
    context.hush();
    let mut text = summary(&context, &analysis, args);
    let name = clean(&path.to_string_lossy());
    text.extend_from_slice(format!("\nStore: {name} is up to date: no file has changed\n").as_bytes());
    let mut output = Output::stdout();
    output.write(&text)?;
    output.finish()?;
    Ok(context.verdict(&analysis.remarks))
}

/// Completes the store; the number of its events.
fn finish(
    writer: Writer,
    args: &BuildArgs,
    (context, files): (&Context, &[InputEntry]),
    analysis: &Analysis,
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
    };
    let made = Made {
        tz: report.zone.name().to_owned(),
        options: options(args),
        from: made_from(&args.input.inputs),
        inputs: context.hashed(files),
    };
    writer.finish(&beside, made)
}

/// What was said on the command line that settles what is read and how: as it would be said again.
fn options(args: &BuildArgs) -> Vec<String> {
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
    for (name, set) in
        [("as-written", common.as_written), ("no-dedupe", common.no_dedupe), ("bloom", args.bloom)]
    {
        if set {
            options.push(format!("--{name}"));
        }
    }
    options
}
