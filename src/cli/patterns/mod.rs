//! `timeline patterns`: what kinds of messages there are, how often each came, and when first and last.

mod diff;

use std::collections::HashMap;
use std::io::IsTerminal as _;
use std::ops::ControlFlow;

use crate::base::{Error, Event, FileId, Flags, Level, Result, SourceId, Unread};
use crate::cli::args::{PatternsArgs, RowFormat};
use crate::cli::context::Context;
use crate::cli::notice;
use crate::cli::outcome::Ending;
use crate::cli::output::Output;
use crate::cli::pager;
use crate::cli::question::Question;
use crate::cli::resolve;
use crate::engine::{Sink, Stretch};
use crate::grammar::Known;
use crate::present::{CountedPattern, push_pattern_rows, push_patterns};
use crate::time::{Bound, Zone, parse_bound};
use crate::view::{Entry, Record, Scene};

/// What is known of a pattern in a source.
struct Seen {
    count: u64,
    /// Its first event: where it stands in time and in the logs.
    first: (i64, FileId, u64),
    last: i64,
    level: Level,
    /// Whether that level was read from words, and whether the first event is dated.
    guessed: bool,
    dated: bool,
    host: Option<String>,
    program: Option<String>,
    /// Whether the record itself names its program.
    named: bool,
    message: String,
}

impl Seen {
    /// What one event tells.
    fn of(scene: &Scene<'_>, Entry { batch, event, .. }: Entry<'_>) -> Self {
        let record = Record::read(scene, batch, event);
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let mut message = Vec::new();
        record.message(&mut message);
        Self {
            count: 0,
            first: (event.key, batch.file, batch.line(event)),
            last: event.key,
            level: Level::Unknown,
            guessed: false,
            dated: !event.flags.has(Flags::UNDATED),
            host: record.part(Known::Host).map(text),
            program: record.program().map(text),
            named: record.part(Known::Program).is_some(),
            message: text(&message),
        }
    }

    /// Counts an event.
    fn add(&mut self, event: &Event) {
        self.count += 1;
        self.last = self.last.max(event.key);
        self.rise(event.level, event.flags.has(Flags::LEVEL_INFERRED));
    }

    /// Takes the higher of two levels; of two that are the same one that was written is surer.
    fn rise(&mut self, level: Level, guessed: bool) {
        if level > self.level || level == self.level && self.guessed {
            (self.level, self.guessed) = (level, guessed);
        }
    }

    /// Takes in what another stretch tells.
    fn join(&mut self, mut other: Self) {
        if other.first < self.first {
            std::mem::swap(self, &mut other);
        }
        self.count += other.count;
        self.last = self.last.max(other.last);
        self.rise(other.level, other.guessed);
    }
}

type All = HashMap<(SourceId, u64), Seen>;

/// Counts patterns while the timeline goes by.
struct Count<'a> {
    scene: &'a Scene<'a>,
    all: All,
}

impl Sink for Count<'_> {
    type Part = All;

    fn part(&self, stretch: &mut dyn Stretch) -> All {
        let mut all = All::new();
        stretch.each(&mut |entry| {
            // What is derived from a record is none.
            if !entry.event.flags.has(Flags::DERIVED) {
                let seen = all.entry((entry.batch.source, entry.event.pattern));
                let seen = seen.or_insert_with(|| Seen::of(self.scene, entry));
                seen.add(entry.event);
            }
        });
        all
    }

    fn accept(&mut self, part: All) -> Result<ControlFlow<()>> {
        for (pattern, seen) in part {
            match self.all.entry(pattern) {
                std::collections::hash_map::Entry::Occupied(mut known) => known.get_mut().join(seen),
                std::collections::hash_map::Entry::Vacant(place) => {
                    place.insert(seen);
                }
            }
        }
        Ok(ControlFlow::Continue(()))
    }
}

/// Rows, the most frequent first; of those that came equally often, by their first event.
fn rows(all: All, scene: &Scene<'_>, new_since: i64) -> Vec<CountedPattern> {
    let mut all: Vec<_> = all.into_iter().filter(|(_, seen)| seen.first.0 >= new_since).collect();
    all.sort_by_key(|((source, pattern), seen)| {
        (std::cmp::Reverse(seen.count), seen.first, *source, *pattern)
    });
    all.into_iter().map(|((source, pattern), seen)| row(scene, source, pattern, seen)).collect()
}

fn row(scene: &Scene<'_>, source: SourceId, pattern: u64, seen: Seen) -> CountedPattern {
    let (first, file, line) = seen.first;
    CountedPattern {
        pattern,
        source: scene.file(file).source.clone(),
        label: scene.labels.get(source.0 as usize).cloned().unwrap_or_default(),
        count: seen.count,
        first: seen.dated.then_some(first),
        last: seen.dated.then_some(seen.last),
        level: seen.level,
        guessed: seen.guessed,
        file: scene.file(file).name.clone(),
        line,
        host: seen.host,
        program: seen.program,
        named: seen.named,
        message: seen.message,
    }
}

/// The instant from which on patterns are new.
fn moment(text: &str, zone: &Zone) -> Result<i64> {
    match parse_bound(text, zone, resolve::now())? {
        Bound::At(at) => Ok(at),
        Bound::Relative(_) => {
            Err(Error::new("--new-since needs a time of its own, not a distance such as +30m"))
        }
    }
}

/// Counts what is asked of one set of logs.
fn count(args: &PatternsArgs, context: &Context, scene: &Scene<'_>) -> Result<(All, Vec<Unread>)> {
    let (common, zone) = (&args.common, &context.plan.settle.default_zone);
    let mut question = Question::of_timeline(common, args.at_least.level.as_deref(), &args.chosen, zone)?;
    question.filter.marks = question.needs_marks();
    question.filter.counts = false;
    let mut count = Count { scene, all: All::new() };
    let outcome = context.drive(scene, (&question.filter, question.choice()), &mut count)?;
    question.tell_never_met(context, common.quiet);
    Ok((count.all, outcome.remarks))
}

/// Runs `timeline patterns`.
pub(super) fn run(args: &PatternsArgs) -> Result<Ending> {
    let common = &args.common;
    let typed_zone = Zone::parse(&common.tz)?;
    Question::check(&args.chosen, &typed_zone)?;
    if let [a, b] = &args.diff[..] {
        return diff::run(args, [a, b]);
    }
    let new_since = args.new_since.as_deref().map_or(Ok(i64::MIN), |text| moment(text, &typed_zone))?;
    let context = Context::new(&args.input, common, None)?;
    let terminal = std::io::stdout().is_terminal();
    let json = args.json || args.format == RowFormat::Jsonl;
    let zone = &context.plan.settle.default_zone;
    if terminal {
        context.hush();
    }
    let scene = context.scene();
    let (all, remarks) = count(args, &context, &scene)?;
    let rows = rows(all, &scene, new_since);
    let mut text = Vec::new();
    if json {
        push_pattern_rows(&mut text, &rows);
    } else {
        let columns = terminal.then(pager::columns);
        push_patterns(&mut text, &rows, zone, (columns, resolve::color(common.color)));
    }
    let mut output = Output::paged(pager::When::of(&args.pager));
    output.write(&text)?;
    output.finish()?;
    if rows.is_empty() && !common.quiet {
        notice::nothing(&context, zone);
    }
    Ok(context.ending(&remarks, Ending::Good))
}
