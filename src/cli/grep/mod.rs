//! `timeline grep`: search, with context from the merged timeline.

mod count;
mod histogram;
mod reach;
mod search;
mod wanted;

use std::io::IsTerminal as _;
use std::path::PathBuf;

use super::args::{GrepArgs, RowFormat};
use super::context::Context;
use super::notice;
use super::outcome::Ending;
use super::output::Output;
use super::page;
use super::pager;
use super::question::Question;
use super::resolve;
use super::screen;
use crate::base::Result;
use crate::present::{Columns, Style};
use crate::query::{Matcher, MatcherOptions};
use crate::time::Zone;
use crate::view::Scene;
use count::CountBy;
use reach::Reach;
use search::{Look, Mode, Search};
use wanted::patterns;

/// Columns of a histogram where the output is no terminal.
const COLUMNS: usize = 80;

/// What is printed. As grep -q: the exit code alone answers, and the first match ends the search.
fn mode(args: &GrepArgs) -> Result<Mode> {
    Ok(match &args.count_by {
        _ if args.common.quiet || args.count => Mode::Count,
        Some(field) => Mode::CountBy(CountBy::parse(field)?),
        None if args.histogram => Mode::Histogram,
        None if args.files_with_matches => Mode::Files,
        None if args.only_matching => Mode::Parts,
        None => Mode::Rows,
    })
}

/// Before and behind a match.
fn reaches(args: &GrepArgs, mode: &Mode) -> Result<(Reach, Reach)> {
    let both = Reach::parse(args.context.as_ref())?;
    let before = Reach::parse(args.before_context.as_ref())?.or(both).unwrap_or(Reach::NONE);
    let after = Reach::parse(args.after_context.as_ref())?.or(both).unwrap_or(Reach::NONE);
    Ok(if *mode == Mode::Rows { (before, after) } else { (Reach::NONE, Reach::NONE) })
}

/// How matches look.
fn look<'a>(args: &GrepArgs, style: Style, columns: &'a Columns) -> Look<'a> {
    let format = if args.json { RowFormat::Jsonl } else { args.format };
    Look { format, spans: args.json, style, columns }
}

/// Finds, surveys and settles the inputs. Counting needs no clocks: files that cannot match need not even be
/// surveyed.
fn context(args: &GrepArgs, inputs: &[PathBuf], mode: &Mode, matcher: &Matcher) -> Result<Context> {
    let common = &args.common;
    let timeless = common.since.is_none() && common.until.is_none() && common.around.is_none();
    let only_text = args.chosen.expression.is_none() && !args.first && args.max_count.is_none();
    let ahead = timeless && only_text && matches!(mode, Mode::Count | Mode::Files);
    Context::with_patterns(inputs, common, (ahead && matcher.stays_in_lines()).then_some(matcher))
}

/// What is asked of records.
fn question(args: &GrepArgs, mode: &Mode, matcher: &Matcher, context: bool, zone: &Zone) -> Result<Question> {
    let mut question = Question::of_timeline(&args.common, args.level.as_deref(), &args.chosen, zone)?;
    if !context {
        question.narrow();
    }
    let needs_marks = question.needs_marks();
    let filter = &mut question.filter;
    filter.text = Some(Box::new(matcher.clone()));
    filter.marks = needs_marks;
    filter.counts = false;
    // Who asks for files or sources is told of each.
    filter.fold_copies &= !matches!(mode, Mode::Files) && !mode.counts_places();
    filter.keep_all = context;
    filter.skip_chunks = !context && !needs_marks;
    Ok(question)
}

/// The answer to `-c`, where a store knows it without making records of its rows.
fn counted(args: &GrepArgs, mode: &Mode, question: &Question, context: &Context) -> Option<u64> {
    let whole = *mode == Mode::Count && !args.common.quiet && !args.first && args.max_count.is_none();
    let plain = whole && question.choice().is_none() && question.filter.fold_copies;
    plain.then(|| context.count_of(&question.filter))?
}

/// Runs `timeline grep`.
pub(crate) fn run(args: &GrepArgs) -> Result<Ending> {
    let mut inputs = args.input.inputs.clone();
    let options = MatcherOptions {
        fixed: args.fixed_strings,
        ignore_case: args.ignore_case,
        word: args.word_regexp,
        invert: args.invert_match,
    };
    let matcher = Matcher::new(&patterns(args, &mut inputs)?, options)?;
    let mode = mode(args)?;
    let (before, after) = reaches(args, &mode)?;
    Question::check(&args.chosen, &Zone::parse(&args.common.tz)?)?;
    let terminal = std::io::stdout().is_terminal();
    let mut style = page::style(&args.view, &args.common, terminal, resolve::color(args.common.color))?;
    let columns = page::columns(&args.view)?;
    let context = context(args, &inputs, &mode, &matcher)?;
    let has_context = before != Reach::NONE || after != Reach::NONE;
    let zone = &context.plan.settle.default_zone;
    style.relative = page::relative(&args.view, zone)?;
    let question = question(args, &mode, &matcher, has_context, zone)?;
    if let Some(count) = counted(args, &mode, &question, &context) {
        let mut output = Output::stdout();
        output.write(format!("{count}\n").as_bytes())?;
        output.finish()?;
        return Ok(context.ending(&[], if count > 0 { Ending::Good } else { Ending::Short }));
    }
    if terminal {
        context.hush();
    }
    let mut scene = context.scene();
    if args.view.utc {
        scene.zone = Zone::utc();
    }
    let silent = args.common.quiet;
    let most = if silent { 1 } else { args.max_count.unwrap_or(u64::MAX) };
    let paged = matches!(mode, Mode::Rows | Mode::Parts);
    let output = if paged { Output::paged(pager::When::of(&args.pager)) } else { Output::stdout() };
    let look = look(args, style, &columns);
    let in_prose = mode == Mode::Rows && look.format == RowFormat::Prose;
    let mut search = Search::new((&scene, &matcher), mode, look, output);
    (search.before, search.after, search.first_only, search.most) = (before, after, args.first, most);
    let outcome = context.drive(&scene, (&question.filter, question.choice()), &mut search)?;
    if !silent {
        let window = (question.filter.since, question.filter.until);
        search.page.output.write(totals(&search, &scene, window).as_bytes())?;
    }
    let found = search.found;
    let unmet = search.unmet(&context.field_names());
    search.page.output.finish()?;
    question.tell_never_met(&context, silent);
    if let Some(unmet) = unmet.filter(|_| !silent) {
        notice::tell(&unmet);
    }
    if in_prose && found > 0 && !silent {
        notice::columns_never_met(&columns, &context);
    }
    Ok(context.ending(&outcome.remarks, if found > 0 { Ending::Good } else { Ending::Short }))
}

/// What is only known at the end: a count, file names, a table.
fn totals(search: &Search<'_>, scene: &Scene<'_>, window: (i64, i64)) -> String {
    match &search.mode {
        Mode::Rows | Mode::Parts => String::new(),
        Mode::Count => format!("{}\n", search.found),
        Mode::Files => search.file_names(),
        Mode::CountBy(by) => count::table(by, &search.counts),
        Mode::Histogram => {
            let columns = screen::columns().unwrap_or(COLUMNS);
            search.beats.render(&scene.zone, window, columns)
        }
    }
}
