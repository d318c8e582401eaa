//! `timeline grep`: search, with context from the merged timeline.

use std::collections::{BTreeMap, BTreeSet, HashSet, VecDeque};
use std::io::IsTerminal as _;
use std::ops::ControlFlow;

use super::args::{GrepArgs, RowFormat};
use super::context::Context;
use super::outcome::Ending;
use super::output::Output;
use super::resolve;
use crate::base::{Batch, Error, Event, FileId, Flags, NANOS_PER_SECOND, Result};
use crate::engine::{Sink, Stretch};
use crate::grammar::Known;
use crate::present::{Decorate, Prose, Style, day_rule, push_jsonl, thousands, tie_cell};
use crate::query::{Matcher, MatcherOptions};
use crate::text::clean;
use crate::time::{duration, local_time};
use crate::view::{Entry, Place, Record, Scene};

/// How far context reaches: a number of records or a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reach {
    Records(usize),
    Time(i64),
}

impl Reach {
    const NONE: Self = Self::Records(0);

    fn parse(text: Option<&String>) -> Result<Option<Self>> {
        let Some(text) = text else { return Ok(None) };
        if let Ok(records) = text.parse() {
            return Ok(Some(Self::Records(records)));
        }
        duration(text).map(|span| Some(Self::Time(span))).map_err(|_| {
            Error::new(format!(
                "cannot read `{text}` as context; write a number of records (3) or a duration (30s)"
            ))
        })
    }
}

/// What `--count-by` counts by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum CountBy {
    Span(i64),
    Source,
    File,
    Format,
    Level,
    Pattern,
    Part(Known),
}

impl CountBy {
    fn parse(text: &str) -> Result<Self> {
        Ok(match text {
            "minute" => Self::Span(60),
            "hour" => Self::Span(3_600),
            "day" => Self::Span(86_400),
            "source" => Self::Source,
            "file" => Self::File,
            "format" => Self::Format,
            "level" => Self::Level,
            "pattern" => Self::Pattern,
            "host" => Self::Part(Known::Host),
            "program" => Self::Part(Known::Program),
            _ => {
                return Err(Error::new(format!(
                    "cannot count by `{text}`; fields are minute hour day source file format level host program pattern"
                )));
            }
        })
    }
}

/// What a search prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    Rows,
    Count,
    Files,
    Parts,
    CountBy(CountBy),
}

/// One event of a stretch, rendered (empty when it is not to be printed).
#[derive(Clone, Copy)]
struct Line {
    key: i64,
    matched: bool,
    file: FileId,
    pattern: u64,
    end: usize,
    /// In prose, where it stands and where in its text the tie cell is.
    place: Option<(Place, usize)>,
}

/// A stretch of matches and their surroundings.
struct Found {
    bytes: Vec<u8>,
    lines: Vec<Line>,
    counts: BTreeMap<String, u64>,
}

struct Search<'a> {
    scene: &'a Scene<'a>,
    matcher: &'a Matcher,
    mode: Mode,
    format: RowFormat,
    style: Style,
    before: Reach,
    after: Reach,
    first_only: bool,
    most: u64,
    output: Output,
    // What the timeline so far has led to.
    found: u64,
    files: BTreeSet<FileId>,
    counts: BTreeMap<String, u64>,
    seen: HashSet<u64>,
    /// Records that may turn out to be context before a match, and their text.
    waiting: VecDeque<(Line, Vec<u8>)>,
    /// Until where context after the last match reaches.
    after_left: usize,
    after_until: i64,
    /// Whether something was printed, and something left out since.
    printed: bool,
    skipped: bool,
    day: Option<i64>,
    /// The event printed last.
    above: Option<Place>,
}

impl Search<'_> {
    fn has_context(&self) -> bool {
        self.before != Reach::NONE || self.after != Reach::NONE
    }

    fn row(&self, prose: &mut Prose<'_>, bytes: &mut Vec<u8>, entry: Entry<'_>, matched: bool) {
        if self.format == RowFormat::Jsonl {
            return push_jsonl(bytes, self.scene, entry);
        }
        let paint = |text: &[u8], out: &mut Vec<u8>| {
            let mut at = 0;
            self.matcher.matches(text, |start, end| {
                out.extend_from_slice(&text[at..start]);
                out.extend_from_slice(b"\x1b[1;31m");
                out.extend_from_slice(&text[start..end]);
                out.extend_from_slice(b"\x1b[0m");
                at = end;
            });
            out.extend_from_slice(&text[at..]);
        };
        let highlight = self.style.color && matched && !self.matcher.inverts();
        prose.event(bytes, entry, highlight.then_some(&paint as &Decorate<'_>));
    }

    /// The matching parts alone, one a line.
    fn parts(&self, bytes: &mut Vec<u8>, batch: &Batch, event: &Event) {
        self.matcher.matches(batch.record(event), |start, end| {
            crate::text::push_clean(bytes, &batch.record(event)[start..end]);
            bytes.push(b'\n');
        });
    }

    fn count_key(&self, by: CountBy, batch: &Batch, event: &Event) -> String {
        let text = |text: Option<&[u8]>| {
            text.map_or("-".to_owned(), |text| String::from_utf8_lossy(text).into_owned())
        };
        match by {
            CountBy::Span(_) if event.flags.has(Flags::UNDATED) => "undated".to_owned(),
            CountBy::Span(seconds) => {
                let utc = event.key.div_euclid(NANOS_PER_SECOND);
                let offset = i64::from(self.scene.zone.offset_at(utc).0);
                let start = (utc + offset).div_euclid(seconds) * seconds - offset;
                let shown = local_time(&self.scene.zone, start * NANOS_PER_SECOND);
                shown[..if seconds == 86_400 { 10 } else { 16 }].to_owned()
            }
            CountBy::Source => self.scene.file(batch.file).source.clone(),
            CountBy::File => self.scene.file(batch.file).name.clone(),
            CountBy::Level => event.level.word().unwrap_or("-").to_owned(),
            CountBy::Pattern => format!("p{:016x}", event.pattern),
            CountBy::Format => Record::read(self.scene, batch, event).format().to_owned(),
            CountBy::Part(Known::Program) => text(Record::read(self.scene, batch, event).program()),
            CountBy::Part(part) => text(Record::read(self.scene, batch, event).part(part)),
        }
    }

    fn print(&mut self, line: &Line, mut bytes: &[u8]) -> Result<()> {
        if self.skipped && self.printed && self.has_context() {
            self.output.write(b"--\n")?;
        }
        self.skipped = false;
        self.printed = true;
        if self.style.collapse_dates && self.mode == Mode::Rows && self.format == RowFormat::Prose {
            let utc = line.key.div_euclid(NANOS_PER_SECOND);
            let day = utc.saturating_add(i64::from(self.scene.zone.offset_at(utc).0)).div_euclid(86_400);
            if self.day != Some(day) {
                self.output.write(&day_rule(self.scene, day, self.style))?;
                self.day = Some(day);
            }
        }
        if let Some((place, cell)) = line.place {
            if self.above.is_some_and(|above| !above.is_before(&place)) {
                self.output.write(&bytes[..cell])?;
                self.output.write(tie_cell(true, self.style))?;
                bytes = &bytes[cell + 1..];
            }
            self.above = Some(place);
        }
        self.output.write(bytes)
    }

    /// Takes the next event of the timeline; whether the search goes on.
    fn take(&mut self, line: &Line, bytes: &[u8]) -> Result<bool> {
        let matched = line.matched && (!self.first_only || self.seen.insert(line.pattern));
        if matched && self.found < self.most {
            self.found += 1;
            self.files.insert(line.file);
            if matches!(self.mode, Mode::Rows | Mode::Parts) {
                let waiting: Vec<(Line, Vec<u8>)> = self.waiting.drain(..).collect();
                for (above, text) in waiting {
                    if !matches!(self.before, Reach::Time(span) if line.key.saturating_sub(span) > above.key)
                    {
                        self.print(&above, &text)?;
                    } else {
                        self.skipped = true;
                    }
                }
                self.print(line, bytes)?;
            }
            (self.after_left, self.after_until) = match self.after {
                Reach::Records(records) => (records, i64::MIN),
                Reach::Time(span) => (0, line.key.saturating_add(span)),
            };
            return Ok(self.found < self.most || self.after != Reach::NONE);
        }
        if self.after_left > 0 || line.key < self.after_until {
            self.after_left = self.after_left.saturating_sub(1);
            self.print(line, bytes)?;
            return Ok(true);
        }
        if self.found >= self.most {
            return Ok(false);
        }
        let full = match self.before {
            Reach::Records(records) => self.waiting.len() >= records,
            Reach::Time(span) => {
                self.waiting.front().is_some_and(|(first, _)| first.key < line.key.saturating_sub(span))
            }
        };
        if self.before == Reach::NONE {
            self.skipped = true;
            return Ok(true);
        }
        if full {
            self.waiting.pop_front();
            self.skipped = true;
        }
        self.waiting.push_back((*line, bytes.to_vec()));
        Ok(true)
    }
}

impl Sink for Search<'_> {
    type Part = Found;

    fn part(&self, stretch: &mut dyn Stretch) -> Found {
        let mut found = Found { bytes: Vec::new(), lines: Vec::new(), counts: BTreeMap::new() };
        // Dates are collapsed by `print`, which knows what stands above.
        let mut prose = Prose::new(self.scene, self.style);
        stretch.each(&mut |entry| {
            let Entry { batch, event, .. } = entry;
            let start = found.bytes.len();
            let matched = event.flags.has(Flags::MATCH);
            match self.mode {
                Mode::Rows => {
                    prose.forget();
                    self.row(&mut prose, &mut found.bytes, entry, matched);
                }
                Mode::Parts => self.parts(&mut found.bytes, batch, event),
                Mode::CountBy(by) => *found.counts.entry(self.count_key(by, batch, event)).or_default() += 1,
                Mode::Count | Mode::Files => {}
            }
            let end = found.bytes.len();
            // What will stand above this line is known when it is printed.
            let place = prose.ends().map(|((place, cell), _)| (place, cell - start));
            let Event { key, pattern, .. } = *event;
            found.lines.push(Line { key, matched, file: batch.file, pattern, end, place });
        });
        found
    }

    fn accept(&mut self, part: Found) -> Result<ControlFlow<()>> {
        for (key, count) in part.counts {
            *self.counts.entry(key).or_default() += count;
        }
        let mut start = 0;
        for line in &part.lines {
            if !self.take(line, &part.bytes[start..line.end])? {
                return Ok(ControlFlow::Break(()));
            }
            start = line.end;
        }
        Ok(ControlFlow::Continue(()))
    }
}

/// All patterns: the positional one, `-e` and `-f`. With `-e` or `-f`, the first positional is an
/// input, as in grep.
fn patterns(args: &GrepArgs, inputs: &mut Vec<std::path::PathBuf>) -> Result<Vec<String>> {
    let mut patterns = args.regexp.clone();
    for path in &args.file {
        let text =
            std::fs::read_to_string(path).map_err(|error| Error::io("read the patterns", path, &error))?;
        patterns.extend(text.lines().map(str::to_owned));
    }
    if let Some(pattern) = &args.pattern {
        if args.regexp.is_empty() && args.file.is_empty() {
            patterns.push(pattern.clone());
        } else {
            inputs.insert(0, pattern.into());
        }
    }
    Ok(patterns)
}

/// Runs `timeline grep`.
pub(super) fn run(args: &GrepArgs) -> Result<Ending> {
    let mut inputs = args.input.inputs.clone();
    let options = MatcherOptions {
        fixed: args.fixed_strings,
        ignore_case: args.ignore_case,
        word: args.word_regexp,
        invert: args.invert_match,
    };
    let matcher = Matcher::new(&patterns(args, &mut inputs)?, options)?;
    let both = Reach::parse(args.context.as_ref())?;
    let before = Reach::parse(args.before_context.as_ref())?.or(both).unwrap_or(Reach::NONE);
    let after = Reach::parse(args.after_context.as_ref())?.or(both).unwrap_or(Reach::NONE);
    // As grep -q: the exit code alone answers, and the first match ends the search.
    let silent = args.common.quiet;
    let mode = match (&args.count_by, args.count, args.files_with_matches, args.only_matching) {
        (Some(field), ..) => Mode::CountBy(CountBy::parse(field)?),
        (None, true, ..) => Mode::Count,
        (None, _, true, _) => Mode::Files,
        (None, _, _, true) => Mode::Parts,
        _ => Mode::Rows,
    };
    let mode = if silent { Mode::Count } else { mode };
    let (before, after) = if mode == Mode::Rows { (before, after) } else { (Reach::NONE, Reach::NONE) };
    let timeless = args.common.since.is_none() && args.common.until.is_none() && args.common.around.is_none();
    // Counting needs no clocks: files that cannot match need not even be surveyed.
    let ahead =
        timeless && matches!(mode, Mode::Count | Mode::Files) && !args.first && args.max_count.is_none();
    let context = Context::with_patterns(
        &inputs,
        &args.common,
        (ahead && matcher.stays_in_lines()).then_some(&matcher),
    )?;
    let zone = &context.plan.settle.default_zone;
    let mut filter = resolve::filter(&args.common, args.level.as_deref(), zone)?;
    let has_context = before != Reach::NONE || after != Reach::NONE;
    filter.text = Some(Box::new(matcher.clone()));
    filter.marks = false;
    // Who asks for files or sources is told of each.
    let by_place = matches!(mode, Mode::Files | Mode::CountBy(CountBy::File | CountBy::Source));
    filter.fold_copies &= !by_place;
    filter.keep_all = has_context;
    filter.skip_chunks = !has_context;
    let terminal = std::io::stdout().is_terminal();
    if terminal {
        context.hush();
    }
    let scene = context.scene();
    let mut search = Search {
        scene: &scene,
        matcher: &matcher,
        mode,
        format: args.format,
        style: Style { color: resolve::color(args.common.color), collapse_dates: terminal },
        before,
        after,
        first_only: args.first,
        most: if silent { 1 } else { args.max_count.unwrap_or(u64::MAX) },
        output: Output::stdout(),
        found: 0,
        files: BTreeSet::new(),
        counts: BTreeMap::new(),
        seen: HashSet::new(),
        waiting: VecDeque::new(),
        after_left: 0,
        after_until: i64::MIN,
        printed: false,
        skipped: false,
        day: None,
        above: None,
    };
    let outcome = context.drive(&scene, &filter, &mut search)?;
    let totals = totals(&search);
    if !silent {
        search.output.write(totals.as_bytes())?;
    }
    let found = search.found;
    search.output.finish()?;
    Ok(context.ending(&outcome.remarks, if found > 0 { Ending::Good } else { Ending::Short }))
}

/// What is only known at the end: a count, file names, a table.
fn totals(search: &Search<'_>) -> String {
    match search.mode {
        Mode::Rows | Mode::Parts => String::new(),
        Mode::Count => format!("{}\n", search.found),
        Mode::Files => {
            let mut names: Vec<&str> =
                search.files.iter().map(|id| search.scene.file(*id).name.as_str()).collect();
            names.sort_unstable();
            names.iter().map(|name| format!("{}\n", clean(name))).collect()
        }
        Mode::CountBy(by) => {
            let mut rows: Vec<(&String, u64)> =
                search.counts.iter().map(|(key, count)| (key, *count)).collect();
            if !matches!(by, CountBy::Span(_)) {
                rows.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(b.0)));
            }
            let shown: Vec<String> = rows.iter().map(|(_, count)| thousands(*count)).collect();
            let widest = shown.iter().map(String::len).max().unwrap_or(0);
            rows.iter().zip(&shown).map(|((key, _), count)| format!("{count:>widest$}  {key}\n")).collect()
        }
    }
}
