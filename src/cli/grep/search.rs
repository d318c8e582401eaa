//! The sink behind `grep`: stretches are searched and rendered in parallel, and put together in order with
//! their context.

use std::collections::{BTreeMap, BTreeSet, HashSet, VecDeque};
use std::ops::ControlFlow;

use super::super::args::RowFormat;
use super::super::output::Output;
use super::super::page::{self, Page};
use super::count::{self, CountBy};
use super::histogram::Histogram;
use super::reach::Reach;
use crate::base::{Batch, Event, FileId, Flags, Result};
use crate::engine::{Sink, Stretch};
use crate::present::{Columns, Decorate, Prose, Style, push_found_jsonl, push_jsonl};
use crate::query::{Matcher, closest_name};
use crate::text::clean;
use crate::view::{Entry, Place, Scene};

/// What a search prints.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    Rows,
    Count,
    Files,
    Parts,
    CountBy(CountBy),
    Histogram,
}

impl Mode {
    /// Whether each file or source is told of, also of copies.
    pub(super) fn counts_places(&self) -> bool {
        matches!(self, Self::CountBy(by) if by.is_place())
    }
}

/// How matches look.
#[derive(Clone, Copy, Debug)]
pub(super) struct Look<'a> {
    pub format: RowFormat,
    /// In JSON, also the record as written and where the matches are in it.
    pub spans: bool,
    pub style: Style,
    pub columns: &'a Columns,
}

/// One event of a stretch, rendered (empty when it is not to be printed).
#[derive(Clone, Copy)]
struct Line {
    key: i64,
    undated: bool,
    matched: bool,
    file: FileId,
    pattern: u64,
    end: usize,
    /// In prose, where it stands and where in its text the tie cell is.
    place: Option<(Place, usize)>,
}

/// A stretch of matches and their surroundings.
pub(super) struct Found {
    bytes: Vec<u8>,
    lines: Vec<Line>,
    counts: BTreeMap<String, u64>,
}

pub(super) struct Search<'a> {
    scene: &'a Scene<'a>,
    matcher: &'a Matcher,
    pub mode: Mode,
    look: Look<'a>,
    pub before: Reach,
    pub after: Reach,
    pub first_only: bool,
    pub most: u64,
    pub page: Page<'a>,
    // What the timeline so far has led to.
    pub found: u64,
    files: BTreeSet<FileId>,
    pub counts: BTreeMap<String, u64>,
    pub beats: Histogram,
    seen: HashSet<u64>,
    /// Records that may turn out to be context before a match, and their text.
    waiting: VecDeque<(Line, Vec<u8>)>,
    /// Until where context after the last match reaches.
    after_left: usize,
    after_until: i64,
    /// Whether something was printed, and something left out since.
    printed: bool,
    skipped: bool,
}

impl<'a> Search<'a> {
    /// A search that has not begun, without context and without an end.
    pub(super) fn new(
        (scene, matcher): (&'a Scene<'a>, &'a Matcher),
        mode: Mode,
        look: Look<'a>,
        output: Output,
    ) -> Self {
        Self {
            scene,
            matcher,
            mode,
            look,
            before: Reach::NONE,
            after: Reach::NONE,
            first_only: false,
            most: u64::MAX,
            page: Page::new(scene, look.style, output),
            found: 0,
            files: BTreeSet::new(),
            counts: BTreeMap::new(),
            beats: Histogram::default(),
            seen: HashSet::new(),
            waiting: VecDeque::new(),
            after_left: 0,
            after_until: i64::MIN,
            printed: false,
            skipped: false,
        }
    }

    /// The names of files with matches, a line each.
    pub(super) fn file_names(&self) -> String {
        let mut names: Vec<&str> = self.files.iter().map(|id| self.scene.file(*id).name.as_str()).collect();
        names.sort_unstable();
        names.iter().map(|name| format!("{}\n", clean(name))).collect()
    }

    /// What to say when matches are counted by a field that none of them has; `known` are names of fields.
    pub(super) fn unmet(&self, known: &[String]) -> Option<String> {
        let Mode::CountBy(CountBy::Field(name)) = &self.mode else { return None };
        let none_has_it = self.found > 0 && self.counts.keys().all(|key| key == count::NONE);
        none_has_it.then(|| {
            let meant = closest_name(name, known);
            let meant = meant.map_or_else(String::new, |meant| format!("; did you mean `{meant}`?"));
            format!("--count-by: no matching record has a field `{}`{meant}", clean(name))
        })
    }
}

impl Search<'_> {
    fn has_context(&self) -> bool {
        self.before != Reach::NONE || self.after != Reach::NONE
    }

    fn row(&self, prose: &mut Prose<'_>, bytes: &mut Vec<u8>, entry: Entry<'_>, matched: bool) {
        if self.look.format == RowFormat::Jsonl {
            if !self.look.spans {
                return push_jsonl(bytes, self.scene, entry);
            }
            let mut spans = Vec::new();
            if matched && !self.matcher.inverts() {
                self.matcher.matches(entry.batch.record(entry.event), |start, end| spans.push((start, end)));
            }
            return push_found_jsonl(bytes, self.scene, entry, matched, &spans);
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
        let highlight = self.look.style.color && matched && !self.matcher.inverts();
        prose.event(bytes, entry, highlight.then_some(&paint as &Decorate<'_>));
    }

    /// The matching parts alone, one a line.
    fn parts(&self, bytes: &mut Vec<u8>, batch: &Batch, event: &Event) {
        self.matcher.matches(batch.record(event), |start, end| {
            crate::text::push_clean(bytes, &batch.record(event)[start..end]);
            bytes.push(b'\n');
        });
    }

    fn print(&mut self, line: &Line, bytes: &[u8]) -> Result<()> {
        if self.skipped && self.printed && self.has_context() {
            self.page.output.write(b"--\n")?;
        }
        self.skipped = false;
        self.printed = true;
        match (&self.mode, self.look.format) {
            (Mode::Rows, RowFormat::Prose) => {
                let page = page::Line { key: line.key, dated: !line.undated, place: line.place };
                self.page.line(&page, bytes)
            }
            _ => self.page.output.write(bytes),
        }
    }

    /// Takes the next event of the timeline; whether the search goes on.
    fn take(&mut self, line: &Line, bytes: &[u8]) -> Result<bool> {
        let matched = line.matched && (!self.first_only || self.seen.insert(line.pattern));
        if matched && self.found < self.most {
            self.found += 1;
            self.files.insert(line.file);
            if matches!(self.mode, Mode::CountBy(_)) && self.most < u64::MAX {
                *self.counts.entry(String::from_utf8_lossy(bytes).into_owned()).or_default() += 1;
            }
            if self.mode == Mode::Histogram {
                self.beats.add((!line.undated).then_some(line.key), &self.scene.zone);
            }
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
        let mut prose = Prose::new(self.scene, self.look.style).with_columns(self.look.columns);
        stretch.each(&mut |entry| {
            let Entry { batch, event, .. } = entry;
            let start = found.bytes.len();
            let matched = event.flags.has(Flags::MATCH);
            match &self.mode {
                Mode::Rows => {
                    prose.forget();
                    self.row(&mut prose, &mut found.bytes, entry, matched);
                }
                Mode::Parts => self.parts(&mut found.bytes, batch, event),
                // Of a few matches it is known later which they are.
                Mode::CountBy(by) if self.most < u64::MAX => {
                    found.bytes.extend_from_slice(by.key(self.scene, batch, event).as_bytes());
                }
                Mode::CountBy(by) => {
                    *found.counts.entry(by.key(self.scene, batch, event)).or_default() += 1;
                }
                Mode::Count | Mode::Files | Mode::Histogram => {}
            }
            let end = found.bytes.len();
            // What will stand above this line is known when it is printed.
            let place = prose.ends().map(|((place, cell), _)| (place, cell - start));
            let Event { key, pattern, .. } = *event;
            let undated = event.flags.has(Flags::UNDATED);
            found.lines.push(Line { key, undated, matched, file: batch.file, pattern, end, place });
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
