//! A compiled grammar, and how it reads a record.
//!
//! Two calls matter. `begins` looks at the head of a line, up to its stamp, and says whether a record
//! begins there: both passes over the input ask it of every line, so they always agree. `read`
//! follows the rest of the first line. Full field lists are made only for records that are printed
//! with their fields.

use serde::{Deserialize, Serialize};

use super::bodies::{Body, Shared};
use super::pairs::PairSpec;
use super::sections::Sections;
use super::series::SeriesSpec;
use super::slots::{Known, Slots, Span};
use super::step::{self, Found, Step};
use super::table::TableSpec;
use crate::base::{ByteSet, Level, Stamp};
use crate::time::{TimePattern, Zone};

/// Index of a grammar in its set, most specific first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct GrammarId(pub u8);

/// No line is looked at further than this to find its stamp, in either pass.
pub const MAX_HEAD: usize = 64 * 1024;

/// A compiled format.
#[derive(Debug)]
pub struct Grammar {
    /// Short name.
    pub name: String,
    /// One line for people.
    pub title: String,
    /// Where the format is described.
    pub url: Option<String>,
    /// Where the grammar was read from.
    pub origin: String,
    /// `program` of records that name none.
    pub program: Option<String>,
    /// Zone of stamps without one, where the format fixes it.
    pub zone: Option<Zone>,
    /// A number of its own for the identity of patterns: a hash of its family's name.
    pub class: u64,
    /// How many physical lines a record's longest layout spans: more than one where level or message
    /// stand on a line of their own behind the stamp's. `read` must be given as many to find them.
    pub layout_lines: usize,
    /// Whether the stamp stands below a record's first line, so that telling where a record begins takes
    /// more than one line.
    pub peeks: bool,
    /// Where records are rows of a table: what its columns mean.
    pub table: Option<TableSpec>,
    /// Where records are rows below header lines that have stamps too.
    pub sections: Option<Sections>,
    /// The slot of a date that stands before a time of day, or that lines without a stamp name.
    pub(super) date: Option<u8>,
    pub(super) rank: u8,
    pub(super) weight: u32,
    pub(super) primary_only: bool,
    /// How many of a hundred lines of a file it must fit, at least.
    pub(super) share: u8,
    /// Whether a year of two digits may stand first in its dates.
    pub(super) year_first: bool,
    /// What one of a file's first lines must begin with.
    pub(super) header: Option<String>,
    /// What a record may begin with.
    pub(super) first: ByteSet,
    pub(super) shape: Shape,
    pub(super) levels: Vec<(Box<[u8]>, Level)>,
    pub(super) ranges: Vec<LevelRange>,
    /// The slot of a duration in seconds.
    pub(super) duration: Option<u8>,
    /// The slot that the message begins with, where the stamp stands inside the message.
    pub(super) message_from: Option<u8>,
    pub(super) pattern_of: Vec<PatternPart>,
    pub(super) compose: Option<Vec<Piece>>,
    pub(super) bodies: Vec<Body>,
    /// How its records become samples of series.
    pub(super) series: Vec<SeriesSpec>,
    /// Bodies of well-known daemons, whatever format brings their messages; compiled when first asked for.
    pub(super) shared: fn() -> &'static Shared,
    /// Field name of each slot; the well-known ones first.
    pub(super) slot_names: Vec<String>,
}

#[derive(Debug)]
pub(super) enum Shape {
    Text(Vec<HeadGroup>),
    /// Keys and values: JSON or logfmt.
    Pairs(PairSpec),
    /// No stamp at all: every line is a record of its own.
    Plain,
}

/// A head that is a stamp, behind one byte at most: both passes ask for it on every line.
#[derive(Debug)]
pub(super) struct FastHead {
    /// The byte before the stamp, if one must be there.
    pub opens: Option<u8>,
    /// A line that starts with this byte may have an optional part before its stamp: run the steps.
    pub unless: Option<u8>,
    pub time: TimePattern,
}

impl FastHead {
    pub(super) fn of(head: &[Step]) -> Option<Self> {
        let starts = |step: &Step| match step {
            Step::Byte(byte) => Some(*byte),
            Step::Literal(text) => text.first().copied(),
            _ => None,
        };
        match head {
            [Step::Time(time)] => Some(Self { opens: None, unless: None, time: time.clone() }),
            [Step::Byte(byte), Step::Time(time)] => {
                Some(Self { opens: Some(*byte), unless: None, time: time.clone() })
            }
            [Step::Optional(inner), Step::Time(time)] => {
                Some(Self { opens: None, unless: Some(starts(inner.first()?)?), time: time.clone() })
            }
            _ => None,
        }
    }

    /// The stamp and its end; `None` also where only the steps can tell.
    #[inline]
    fn read(&self, line: &[u8], slots: &mut Slots) -> Option<(Stamp, usize)> {
        let at = usize::from(self.opens.is_some());
        if self.opens.is_some_and(|byte| line.first() != Some(&byte)) {
            return None;
        }
        let (stamp, length) = self.time.read(line.get(at..)?, &mut slots.minute)?;
        slots.put(Known::Time as u8, Span::new(at, at + length));
        Some((stamp, at + length))
    }
}

/// Layouts that share everything up to and including the stamp.
#[derive(Debug)]
pub(super) struct HeadGroup {
    /// The head once more, when it is so plain that no loop over steps is needed.
    pub fast: Option<FastHead>,
    pub head: Vec<Step>,
    pub tails: Vec<Tail>,
}

impl HeadGroup {
    /// The stamp's pattern, if a line that begins with this byte has its stamp right there.
    #[inline]
    fn stamp_first(&self, byte: u8) -> Option<&TimePattern> {
        let fast = self.fast.as_ref().filter(|fast| fast.opens.is_none() && fast.unless != Some(byte));
        fast.map(|fast| &fast.time)
    }
}

/// A layout from its stamp on.
#[derive(Debug)]
pub(super) struct Tail {
    pub steps: Vec<Step>,
    /// What may stand behind the stamp, blanks left out: most layouts of most lines end here.
    pub next: ByteSet,
    /// Whether a line that fits speaks for the format.
    pub evidence: bool,
}

#[derive(Debug)]
pub(super) struct LevelRange {
    pub slot: u8,
    pub from: u32,
    pub to: u32,
    pub level: Level,
}

/// A field that makes up the pattern; `keep` takes its value as it is.
#[derive(Clone, Copy, Debug)]
pub(super) struct PatternPart {
    pub slot: u8,
    pub keep: bool,
}

#[derive(Debug)]
pub(super) enum Piece {
    Literal(String),
    Slot(u8),
    /// All pairs that have no slot, each with its name.
    Others,
}

/// What `begins` learned of a line.
#[derive(Clone, Copy, Debug)]
pub struct Head {
    /// The stamp; `None` for a record that begins without one.
    pub stamp: Option<Stamp>,
    group: u8,
    pub(super) end: u32,
}

impl Head {
    /// The part of the line that it was found in.
    pub fn of<'a>(&self, line: &'a [u8]) -> &'a [u8] {
        line.get(..self.end as usize).unwrap_or_default()
    }
}

impl Shape {
    /// What a record may begin with.
    pub(super) fn first_bytes(&self) -> ByteSet {
        match self {
            Self::Text(groups) => groups
                .iter()
                .fold(ByteSet::default(), |set, group| set.union(step::first_bytes(&group.head, false))),
            Self::Pairs(spec) => spec.first_bytes(),
            Self::Plain => ByteSet::ALL,
        }
    }
}

impl Head {
    /// A record whose stamp, if it has one, says nothing of where the rest begins.
    pub(super) const fn at_start(stamp: Option<Stamp>) -> Self {
        Self { stamp, group: 0, end: 0 }
    }
}

/// What `read` learned of a record's first line.
#[derive(Clone, Copy, Debug)]
pub struct Reading {
    /// Where the part worth printing starts.
    pub body: u32,
    /// The message on the first line.
    pub message: Span,
    /// Severity, if the record names one.
    pub level: Level,
    /// Whether the whole layout fitted, not only its head.
    pub whole: bool,
    /// Whether that speaks for the format: a layout that nearly any line fits does not.
    pub evidence: bool,
}

impl Grammar {
    /// Whether a record of this format begins with `line` (the first physical line, no newline).
    #[inline]
    pub fn begins(&self, line: &[u8], slots: &mut Slots) -> Option<Head> {
        self.begins_in(line, line.len(), slots)
    }

    /// The same, for the line that is the first `length` bytes of `window`. The lines below it are looked
    /// at only by formats whose stamp stands there, and never further than [`MAX_HEAD`].
    #[inline]
    pub fn begins_in(&self, window: &[u8], length: usize, slots: &mut Slots) -> Option<Head> {
        let head = self.head(window, length, slots)?;
        match &self.sections {
            Some(sections) if head.stamp.is_some() => {
                let rest = window[..length].get(head.end as usize..).unwrap_or_default();
                (!sections.is_header(rest)).then_some(head)
            }
            _ => Some(head),
        }
    }

    /// How a line begins, whether a record or a header.
    #[inline]
    pub(super) fn head(&self, window: &[u8], length: usize, slots: &mut Slots) -> Option<Head> {
        slots.clear();
        let line = &window[..if self.peeks { window.len() } else { length }.min(MAX_HEAD)];
        let head = match &self.shape {
            Shape::Text(groups) => groups.iter().enumerate().find_map(|(index, group)| {
                // Another head may have left something behind before it did not fit.
                slots.clear();
                if let Some(fast) = &group.fast
                    && (fast.unless.is_none() || line.first().copied() != fast.unless)
                    && line.first() != Some(&step::ESCAPE)
                {
                    let (stamp, end) = fast.read(line, slots)?;
                    return Some(Head { stamp: Some(stamp), group: index as u8, end: end as u32 });
                }
                let mut found = Found::default();
                let start = step::past_colors(line, 0);
                let end = step::run(&group.head, line, start, slots, &mut found)?;
                Some(Head { stamp: found.stamp, group: index as u8, end: end as u32 })
            }),
            Shape::Pairs(spec) => spec.head(line, slots),
            Shape::Plain => (!line.is_empty()).then_some(Head::at_start(None)),
        }?;
        if self.peeks && self.starts_within(line, length, head.end as usize) {
            return None;
        }
        Some(head)
    }

    /// Whether any line below the first and above a head's end looks like the beginning of a record. Such a
    /// head is none: so no line of a head begins a record, wherever a file is cut into chunks.
    #[cold]
    fn starts_within(&self, text: &[u8], length: usize, end: usize) -> bool {
        let Shape::Text(groups) = &self.shape else { return false };
        let is_text = |step: &&Step| matches!(step, Step::Byte(_) | Step::Literal(_) | Step::Blanks);
        let starts = |line: &[u8]| {
            groups.iter().any(|group| {
                let prefix = group.head.iter().take_while(is_text).count();
                let (slots, found) = (&mut Slots::default(), &mut Found::default());
                step::run(&group.head[..prefix], line, 0, slots, found).is_some()
            })
        };
        let inner = text.get(length..end).unwrap_or_default();
        memchr::memchr_iter(b'\n', inner).any(|at| starts(&text[length + at + 1..]))
    }

    /// Whether a head is that of a layout that has no stamp by its nature.
    pub(super) fn is_undated(&self, head: &Head) -> bool {
        match &self.shape {
            Shape::Text(groups) => {
                let is_time = |step: &Step| matches!(step, Step::Time(_));
                groups.get(usize::from(head.group)).is_some_and(|group| !group.head.iter().any(is_time))
            }
            _ => false,
        }
    }

    /// Whether this grammar can be ruled out for a line that begins a record of another one: its layouts
    /// have the same stamp at the line's beginning, and none goes on with the byte behind it.
    #[inline]
    pub fn is_ruled_out(&self, line: &[u8], first: &Self, head: &Head) -> bool {
        let (Shape::Text(own), Shape::Text(others)) = (&self.shape, &first.shape) else { return false };
        let Some(byte) = line.first() else { return false };
        let Some(stamp) = others[usize::from(head.group)].stamp_first(*byte) else { return false };
        let behind = line[head.end as usize..].iter().find(|byte| !matches!(byte, b' ' | b'\t'));
        behind.is_some_and(|behind| {
            own.iter().all(|group| {
                group.stamp_first(*byte).is_some_and(|own| own.is(stamp))
                    && !group.tails.iter().any(|tail| tail.next.has(*behind))
            })
        })
    }

    /// Reads on from a head that `begins` found in the same line. With the whole record as `text`, a
    /// message that runs to the end takes the continuation lines along. `quick` may leave out parts
    /// that neither message, level nor pattern need.
    #[inline]
    pub fn read(&self, text: &[u8], head: &Head, slots: &mut Slots, quick: bool) -> Reading {
        let enough = match &self.shape {
            Shape::Pairs(spec) if quick => spec.enough_for_pattern,
            _ => u32::MAX,
        };
        self.read_until(text, head, slots, enough)
    }

    /// The same, as far as the message needs it.
    pub fn read_message(&self, text: &[u8], head: &Head, slots: &mut Slots) -> Reading {
        let enough = match &self.shape {
            Shape::Pairs(spec) => spec.enough,
            _ => u32::MAX,
        };
        self.read_until(text, head, slots, enough)
    }

    #[inline]
    fn read_until(&self, text: &[u8], head: &Head, slots: &mut Slots, enough: u32) -> Reading {
        let end = head.end as usize;
        if end > text.len() {
            // The head reaches below what is to be read: only the first line of it is at hand.
            slots.clear();
            let (message, level) = (Span::new(0, text.len()), Level::Unknown);
            return Reading { body: 0, message, level, whole: false, evidence: false };
        }
        let mut whole = true;
        let mut evidence = true;
        // Of a record without a stamp the whole line is worth printing.
        let mut body = if head.stamp.is_some() { end } else { 0 };
        match &self.shape {
            Shape::Text(groups) => {
                let mark = slots.mark();
                let behind = text[end..].iter().find(|byte| !matches!(byte, b' ' | b'\t'));
                let fitted = groups[usize::from(head.group)].tails.iter().find(|tail| {
                    if behind.is_some_and(|byte| !tail.next.has(*byte)) {
                        return false;
                    }
                    slots.rewind(mark);
                    step::run(&tail.steps, text, end, slots, &mut Found::default())
                        .is_some_and(|end| matches!(text.get(end), None | Some(b'\n' | b'\r')))
                });
                whole = fitted.is_some();
                match fitted {
                    Some(tail) => evidence = tail.evidence,
                    None => slots.rewind(mark),
                }
            }
            Shape::Pairs(spec) => {
                whole = spec.rest(text, slots, enough);
                body = 0;
            }
            Shape::Plain => {}
        }
        let message = self.message_span(text, slots, &mut body);
        Reading {
            body: body as u32,
            message,
            level: self.level(text, slots),
            whole,
            evidence: whole && evidence,
        }
    }

    /// Where the message is, and where the printed part starts: at the program, when there is one.
    #[inline]
    fn message_span(&self, text: &[u8], slots: &Slots, body: &mut usize) -> Span {
        let blank = |at: &usize| matches!(text.get(*at), Some(b' ' | b'\t'));
        let from = self.message_from.and_then(|slot| slots.get(slot));
        let from = from.map(|span| Span::new(span.start as usize, text.len()));
        let message = from.or_else(|| slots.known(Known::Message)).unwrap_or_else(|| {
            let mut start = *body;
            while blank(&start) {
                start += 1;
            }
            Span::new(start, text.len())
        });
        *body = match slots.known(Known::Program) {
            Some(program) if program.start < message.start && !matches!(self.shape, Shape::Pairs(_)) => {
                program.start as usize
            }
            _ => message.start as usize,
        };
        message
    }

    #[inline]
    fn level(&self, text: &[u8], slots: &Slots) -> Level {
        if let Some(span) = slots.known(Known::Level) {
            let word = span.of(text);
            if let Some((_, level)) = self.levels.iter().find(|(name, _)| name.eq_ignore_ascii_case(word)) {
                return *level;
            }
            if let Some(level) = Level::parse(word) {
                return level;
            }
        }
        if let Some(value) = slots.known(Known::Priority).and_then(|span| number(span.of(text))) {
            return Level::from_syslog(value);
        }
        for range in &self.ranges {
            if let Some(value) = slots.get(range.slot).and_then(|span| number(span.of(text)))
                && (range.from..=range.to).contains(&value)
            {
                return range.level;
            }
        }
        Level::Unknown
    }

    /// The parts that identify a record's pattern, in order; the flag says to take the value as is.
    /// Empty means: the message.
    #[inline]
    pub fn pattern_parts<'a>(
        &'a self,
        text: &'a [u8],
        slots: &'a Slots,
    ) -> impl Iterator<Item = (&'a [u8], bool)> {
        self.pattern_of.iter().filter_map(|part| Some((slots.get(part.slot)?.of(text), part.keep)))
    }

    /// Whether the pattern is made of fields rather than of the message.
    #[inline]
    pub fn has_pattern_parts(&self) -> bool {
        !self.pattern_of.is_empty()
    }

    /// Whether records of this format carry stamps at all.
    pub fn has_stamps(&self) -> bool {
        !matches!(self.shape, Shape::Plain)
    }
}

fn number(digits: &[u8]) -> Option<u32> {
    if digits.is_empty() || digits.len() > 9 {
        return None;
    }
    digits.iter().try_fold(0_u32, |sum, byte| {
        let digit = byte.wrapping_sub(b'0');
        (digit < 10).then(|| sum * 10 + u32::from(digit))
    })
}
