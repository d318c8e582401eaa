//! `timeline sources`: what each source is, how its clock is known, and what was read of it.

use super::args::{RowFormat, SourcesArgs};
use super::context::Context;
use super::outcome::Ending;
use super::output::Output;
use crate::base::Result;
use crate::present::{SourceRow, push_sources, sources_json};

/// Runs `timeline sources`. Only the survey is needed: no record is read.
pub(super) fn run(args: &SourcesArgs) -> Result<Ending> {
    let context = Context::new(&args.input, &args.common, None)?;
    context.hush();
    let rows: Vec<SourceRow> = context.source_rows(true);
    let mut text = Vec::new();
    match args.format {
        RowFormat::Prose => {
            let zone = &context.plan.settle.default_zone;
            push_sources(&mut text, &rows, context.remarks(), zone, &context.sheet());
        }
        RowFormat::Jsonl => {
            for row in sources_json(&rows) {
                text.extend_from_slice(row.to_string().as_bytes());
                text.push(b'\n');
            }
        }
    }
    let mut output = Output::stdout();
    output.write(&text)?;
    output.finish()?;
    Ok(context.ending(&[], Ending::Good))
}
