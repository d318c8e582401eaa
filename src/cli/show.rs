//! `timeline show`: the merged timeline.

use std::collections::VecDeque;
use std::io::IsTerminal as _;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Mutex;

use super::args::{RowFormat, ShowArgs};
use super::context::Context;
use super::follow::follow;
use super::notice;
use super::outcome::Ending;
use super::output::Output;
use super::page::{self, Edges, Line, Page};
use super::pager::When;
use super::question::Question;
use super::resolve;
use crate::base::{Error, Flags, Result};
use crate::engine::{Sink, Stretch};
use crate::present::{Columns, Prose, push_jsonl};
use crate::time::Zone;
use crate::view::Entry;

/// Events shown before those that come, as `tail -f` has it.
const FOLLOWED: usize = 10;

/// A rendered stretch.
pub(super) struct Rendered {
    bytes: Vec<u8>,
    edges: Edges,
    /// Its events one by one, each with where its text ends, where that is asked for.
    lines: Vec<(Line, usize)>,
}

/// Renders events and writes them.
pub(super) struct Rows<'a> {
    pub page: Page<'a>,
    pub format: RowFormat,
    pub columns: &'a Columns,
    /// Buffers that were written, for the next stretches.
    spare: Mutex<Vec<Vec<u8>>>,
    /// Of how many events only the last ones are written, and those so far.
    tail: Option<usize>,
    last: VecDeque<(Line, Vec<u8>)>,
    /// Whether there was anything to write.
    pub any: bool,
}

impl<'a> Rows<'a> {
    pub(super) fn new(page: Page<'a>, format: RowFormat, columns: &'a Columns, tail: Option<usize>) -> Self {
        Self { page, format, columns, spare: Mutex::default(), tail, last: VecDeque::new(), any: false }
    }

    /// Renders one event alone.
    pub(super) fn render(&self, prose: &mut Prose<'_>, bytes: &mut Vec<u8>, entry: Entry<'_>) -> Line {
        let start = bytes.len();
        let flags = entry.event.flags;
        let dated = !flags.has(Flags::UNDATED) && !flags.has(Flags::DERIVED);
        let key = entry.event.key;
        if self.format == RowFormat::Jsonl {
            push_jsonl(bytes, self.page.scene, entry);
            return Line { key, dated, place: None };
        }
        prose.forget();
        prose.event(bytes, entry, None);
        let place = prose.ends().map(|((place, cell), _)| (place, cell - start));
        Line { key, dated, place }
    }

    pub(super) fn prose(&self) -> Prose<'a> {
        Prose::new(self.page.scene, self.page.style).with_columns(self.columns)
    }

    /// Writes one event that was rendered alone.
    pub(super) fn write(&mut self, line: &Line, bytes: &[u8]) -> Result<()> {
        match self.format {
            RowFormat::Jsonl => self.page.output.write(bytes),
            RowFormat::Prose => self.page.line(line, bytes),
        }
    }

    /// Writes what waited for the end.
    pub(super) fn end(&mut self) -> Result<()> {
        std::mem::take(&mut self.last).iter().try_for_each(|(line, bytes)| self.write(line, bytes))
    }
}

impl Sink for Rows<'_> {
    type Part = Rendered;

    fn part(&self, stretch: &mut dyn Stretch) -> Rendered {
        let mut bytes = self.spare.lock().ok().and_then(|mut spare| spare.pop()).unwrap_or_default();
        bytes.clear();
        let mut prose = self.prose();
        let mut lines = Vec::new();
        match (self.tail, self.format) {
            (Some(_), _) => stretch.each(&mut |entry| {
                let line = self.render(&mut prose, &mut bytes, entry);
                lines.push((line, bytes.len()));
            }),
            (None, RowFormat::Jsonl) => {
                stretch.each(&mut |entry| push_jsonl(&mut bytes, self.page.scene, entry));
            }
            (None, RowFormat::Prose) => {
                stretch.each(&mut |entry| prose.event(&mut bytes, entry, None));
                let edges = Edges { days: prose.days(), places: prose.ends(), keys: prose.keys() };
                return Rendered { bytes, edges, lines };
            }
        }
        Rendered { bytes, edges: Edges::default(), lines }
    }

    fn accept(&mut self, part: Rendered) -> Result<ControlFlow<()>> {
        self.any |= !part.bytes.is_empty();
        match self.tail {
            None => self.page.stretch(&part.edges, &part.bytes)?,
            Some(most) => {
                let wanted = part.lines.len().saturating_sub(most);
                let mut start = 0;
                for (index, (line, end)) in part.lines.iter().enumerate() {
                    if index >= wanted {
                        self.last.push_back((*line, part.bytes[start..*end].to_vec()));
                    }
                    start = *end;
                }
                let over = self.last.len().saturating_sub(most);
                self.last.drain(..over);
            }
        }
        if let Ok(spare) = self.spare.get_mut() {
            spare.push(part.bytes);
        }
        Ok(ControlFlow::Continue(()))
    }
}

/// How many events are shown of what was there.
fn tail(args: &ShowArgs) -> Option<usize> {
    let some = args.follow && args.common.since.is_none();
    args.tail.or(some.then_some(FOLLOWED))
}

/// Runs `timeline show`.
pub(super) fn run(args: &ShowArgs) -> Result<Ending> {
    let file = args.output.output.as_deref();
    Output::check(file, args.output.force)?;
    Question::check(&args.chosen, &Zone::parse(&args.common.tz)?)?;
    let to_stdout = file.is_none_or(|path| path == Path::new("-"));
    let to_terminal = file.is_none() && std::io::stdout().is_terminal();
    let color = file.is_none() && resolve::color(args.common.color);
    let mut style = page::style(&args.view, &args.common, to_terminal, color)?;
    let columns = page::columns(&args.view)?;
    let context = Context::new(&args.input, &args.common, file)?;
    if args.follow && context.prepared().is_err() {
        return Err(Error::new(
            "--follow reads logs while they grow, and the input is a store: name the logs that it was built from",
        ));
    }
    let output = match to_stdout {
        true if args.follow => Output::stdout(),
        true => Output::paged(When::of(&args.pager)),
        false => Output::create(file)?,
    };
    let zone = &context.plan.settle.default_zone;
    let mut question =
        Question::of_timeline(&args.common, args.at_least.level.as_deref(), &args.chosen, zone)?;
    style.relative = page::relative(&args.view, zone)?;
    style.gaps = page::gaps(&args.gaps, to_terminal, question.is_all(), context.usual_gap())?;
    if to_terminal {
        context.hush();
    }
    let named_jsonl = file.is_some_and(|path| path.extension().is_some_and(|end| end == "jsonl"));
    let format = args.format.unwrap_or(if named_jsonl { RowFormat::Jsonl } else { RowFormat::Prose });
    let mut scene = context.scene();
    if args.view.utc {
        scene.zone = Zone::utc();
    }
    let mut rows = Rows::new(Page::new(&scene, style, output), format, &columns, tail(args));
    // In a window nothing is known of what came before it, so nothing can be called a first occurrence.
    question.filter.marks = question.filter.since == i64::MIN;
    question.filter.counts = false;
    let outcome = context.drive(&scene, (&question.filter, question.choice()), &mut rows)?;
    rows.end()?;
    if args.follow {
        rows.page.output.flush()?;
        let mut follower = context.follower(&scene, (&question.filter, question.choice()), &outcome)?;
        // What was lost so far is told now: nobody knows how this ends.
        context.ending(&[&outcome.remarks, follower.unread()].concat(), Ending::Good);
        if follower.files() == 0 {
            return Err(Error::new(
                "nothing to follow: --follow needs plain files that grow, and none of these is one",
            ));
        }
        follow(&mut follower, &mut rows)?;
    }
    let any = rows.any;
    let unmet = any && format == RowFormat::Prose && !args.common.quiet;
    rows.page.output.finish()?;
    question.tell_never_met(&context, args.common.quiet);
    if unmet {
        notice::columns_never_met(&columns, &context);
    }
    if !any && !args.common.quiet {
        notice::nothing(&context, &scene.zone);
    }
    Ok(context.ending(&outcome.remarks, Ending::Good))
}
