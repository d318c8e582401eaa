//! `timeline report`: the postmortem as Markdown or JSON.

use super::analyse::{Events, analyse};
use super::args::{ReportArgs, ReportFormat};
use super::context::Context;
use super::outcome::Ending;
use super::output::Output;
use super::question::Question;
use crate::base::Result;
use crate::present::{report_json, report_markdown};
use crate::time::Zone;

/// Runs `timeline report`.
pub(super) fn run(args: &ReportArgs) -> Result<Ending> {
    Output::check(args.output.output.as_deref(), args.output.force)?;
    Question::check(&args.chosen, &Zone::parse(&args.common.tz)?)?;
    let context = Context::new(&args.input, &args.common, args.output.output.as_deref())?;
    let mut output = Output::create(args.output.output.as_deref())?;
    let zone = &context.plan.settle.default_zone;
    let question = Question::of_window(&args.common, args.at_least.level.as_deref(), &args.chosen, zone)?;
    let analysis = analyse(&context, &question, Events::Nothing)?;
    let report = analysis.report(&context);
    output.write(&match args.format {
        ReportFormat::Md => report_markdown(&report),
        ReportFormat::Json => report_json(&report),
    })?;
    output.finish()?;
    question.tell_never_met(&context, args.common.quiet);
    Ok(context.ending(&analysis.remarks, Ending::Good))
}
