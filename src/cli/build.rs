//! `timeline build`: reads everything and prints the summary.

use std::io::IsTerminal as _;

use super::analyse::analyse;
use super::args::BuildArgs;
use super::context::Context;
use super::outcome::Ending;
use super::output::Output;
use super::question::Question;
use super::resolve;
use crate::base::{Error, Result};
use crate::present::{SummaryStyle, push_summary};
use crate::time::Zone;

/// Columns where the output is no terminal.
const COLUMNS: usize = 120;

/// Runs `timeline build`.
pub(super) fn run(args: &BuildArgs) -> Result<Ending> {
    let path = args.output.as_deref();
    if let Some(path) = path.filter(|path| path.extension().is_none_or(|extension| extension != "jsonl")) {
        return Err(Error::new(format!(
            "cannot write {}: this version writes events as JSON lines only; give a name that ends in .jsonl",
            path.display()
        )));
    }
    Output::check(path, args.force)?;
    Question::check(&args.chosen, &Zone::parse(&args.common.tz)?)?;
    let context = Context::new(&args.input, &args.common, path)?;
    let events = path.map(|path| Output::create(Some(path))).transpose()?;
    let zone = &context.plan.settle.default_zone;
    let question = Question::of_window(&args.common, args.at_least.level.as_deref(), &args.chosen, zone)?;
    let analysis = analyse(&context, &question, events)?;
    context.hush();
    let terminal = std::io::stdout().is_terminal();
    let columns = if terminal {
        terminal_size::terminal_size().map_or(80, |(width, _)| usize::from(width.0))
    } else {
        COLUMNS
    };
    let style = SummaryStyle { color: resolve::color(args.common.color), columns };
    let mut text = Vec::new();
    push_summary(&mut text, &analysis.report(&context), &context.scene().labels, style);
    let mut output = Output::stdout();
    output.write(&text)?;
    output.finish()?;
    question.tell_never_met(&context, args.common.quiet);
    // The summary has told of every loss: stderr need not repeat it.
    Ok(context.verdict(&analysis.remarks))
}
