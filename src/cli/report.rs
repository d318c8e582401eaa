//! `timeline report`: the postmortem as Markdown or JSON.

use super::analyse::{Events, analyse};
use super::args::{ReportArgs, ReportFormat};
use super::context::Context;
use super::outcome::Ending;
use super::output::Output;
use super::resolve;
use crate::base::Result;
use crate::present::{report_json, report_markdown};

/// Runs `timeline report`.
pub(super) fn run(args: &ReportArgs) -> Result<Ending> {
    Output::check(args.output.output.as_deref(), args.output.force)?;
    let context = Context::new(&args.input, &args.common, args.output.output.as_deref())?;
    let mut output = Output::create(args.output.output.as_deref())?;
    let zone = &context.plan.settle.default_zone;
    let filter = resolve::filter(&args.common, args.at_least.level.as_deref(), zone)?;
    let (analysis, _) = analyse(&context, &filter, Events::Nothing)?;
    let report = analysis.report(&context);
    output.write(&match args.format {
        ReportFormat::Md => report_markdown(&report),
        ReportFormat::Json => report_json(&report),
    })?;
    output.finish()?;
    Ok(context.ending(&analysis.remarks, Ending::Good))
}
