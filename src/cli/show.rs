//! `timeline show`: the merged timeline.

use std::io::IsTerminal as _;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Mutex;

use super::args::{RowFormat, ShowArgs};
use super::context::Context;
use super::outcome::Ending;
use super::output::Output;
use super::pager::When;
use super::question::Question;
use super::resolve;
use crate::base::Result;
use crate::engine::{Sink, Stretch};
use crate::present::{Prose, Style, day_rule, push_jsonl, tie_cell};
use crate::time::Zone;
use crate::view::{Place, Scene};

/// A rendered stretch, and the days it starts and ends with.
pub(super) struct Rendered {
    pub bytes: Vec<u8>,
    pub days: Option<(i64, i64)>,
    /// The first event and the last one, each with where its tie cell is in `bytes`.
    pub ends: Option<((Place, usize), (Place, usize))>,
}

/// Renders events and writes them.
pub(super) struct Rows<'a> {
    pub scene: &'a Scene<'a>,
    pub format: RowFormat,
    pub style: Style,
    pub output: Output,
    pub day: Option<i64>,
    /// The event written last.
    pub above: Option<Place>,
    /// Buffers that were written, for the next stretches.
    pub spare: Mutex<Vec<Vec<u8>>>,
}

impl Sink for Rows<'_> {
    type Part = Rendered;

    fn part(&self, stretch: &mut dyn Stretch) -> Rendered {
        let mut bytes = self.spare.lock().ok().and_then(|mut spare| spare.pop()).unwrap_or_default();
        bytes.clear();
        match self.format {
            RowFormat::Jsonl => {
                stretch.each(&mut |entry| push_jsonl(&mut bytes, self.scene, entry));
                Rendered { bytes, days: None, ends: None }
            }
            RowFormat::Prose => {
                let mut prose = Prose::new(self.scene, self.style);
                stretch.each(&mut |entry| prose.event(&mut bytes, entry, None));
                Rendered { bytes, days: prose.days(), ends: prose.ends() }
            }
        }
    }

    fn accept(&mut self, part: Rendered) -> Result<ControlFlow<()>> {
        if let Some((first, last)) = part.days {
            if self.day != Some(first) {
                self.output.write(&day_rule(self.scene, first, self.style))?;
            }
            self.day = Some(last);
        }
        let mut rest = &part.bytes[..];
        if let Some(((first, cell), (last, _))) = part.ends {
            if self.above.is_some_and(|above| !above.is_before(&first)) {
                self.output.write(&rest[..cell])?;
                self.output.write(tie_cell(true, self.style))?;
                rest = &rest[cell + 1..];
            }
            self.above = Some(last);
        }
        self.output.write(rest)?;
        if let Ok(spare) = self.spare.get_mut() {
            spare.push(part.bytes);
        }
        Ok(ControlFlow::Continue(()))
    }
}

/// Runs `timeline show`.
pub(super) fn run(args: &ShowArgs) -> Result<Ending> {
    Output::check(args.output.output.as_deref(), args.output.force)?;
    Question::check(&args.chosen, &Zone::parse(&args.common.tz)?)?;
    let context = Context::new(&args.input, &args.common, args.output.output.as_deref())?;
    let to_stdout = args.output.output.as_deref().is_none_or(|path| path == Path::new("-"));
    let output = match to_stdout {
        true => Output::paged(When::of(&args.pager)),
        false => Output::create(args.output.output.as_deref())?,
    };
    let zone = &context.plan.settle.default_zone;
    let mut question =
        Question::of_timeline(&args.common, args.at_least.level.as_deref(), &args.chosen, zone)?;
    let to_terminal = args.output.output.is_none() && std::io::stdout().is_terminal();
    if to_terminal {
        context.hush();
    }
    let named_jsonl =
        args.output.output.as_ref().is_some_and(|path| path.extension().is_some_and(|end| end == "jsonl"));
    let format = args.format.unwrap_or(if named_jsonl { RowFormat::Jsonl } else { RowFormat::Prose });
    let scene = context.scene();
    let style = Style {
        color: args.output.output.is_none() && resolve::color(args.common.color),
        collapse_dates: to_terminal,
    };
    let mut rows =
        Rows { scene: &scene, format, style, output, day: None, above: None, spare: Mutex::default() };
    // In a window nothing is known of what came before it, so nothing can be called a first occurrence.
    question.filter.marks = question.filter.since == i64::MIN;
    let outcome = context.drive(&scene, (&question.filter, question.choice()), &mut rows)?;
    rows.output.finish()?;
    question.tell_never_met(&context, args.common.quiet);
    Ok(context.ending(&outcome.remarks, Ending::Good))
}
