//! A layout grows piece by piece from the stamp outwards: a piece stays if the pattern so far, run by the same
//! steps that will read the logs, still fits nine of ten records.

use std::collections::{BTreeMap, BTreeSet};

use toml::Spanned;

use super::column::{KNOWN, describe};
use super::levels::Guesses;
use super::pieces::{self, Piece};
use crate::grammar::bodies::Body;
use crate::grammar::compile::{Place, body};

/// What all records have left behind the pieces so far is captured by this name; no field is called so.
const REST: &str = "rest";

/// Most pieces of one layout: a grammar has 32 slots.
const MAX_PIECES: usize = 60;
const MAX_CAPTURES: usize = 16;

/// How much of a record a layout takes apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    /// All that looks like a column.
    Columns,
    /// The level, if it stands near the stamp.
    Level,
    /// Only what stands between stamp and message.
    Message,
}

/// A pattern without its stamp.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Layout {
    pub pattern: String,
    /// Whether it tells anything but the message.
    pub typed: bool,
    /// Names that it gives.
    pub names: Names,
}

impl Layout {
    /// A message put together of the fields behind the stamp, where none of the columns is one.
    pub(super) fn message(&self) -> Option<String> {
        if self.names.0.contains("message") {
            return None;
        }
        let captures = self.pattern.split('{').skip(1).filter_map(|part| part.split([':', '}']).next());
        let own = |name: &&str| self.names.0.contains(*name) && !KNOWN.contains(name);
        let fields: Vec<String> = captures.filter(own).map(|name| format!("{{{name}}}")).collect();
        (!fields.is_empty()).then(|| fields.join(" "))
    }
}

/// The names that the captures of a layout have so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Names(BTreeSet<String>);

impl Names {
    /// Whether a well-known name is still to be had.
    pub(super) fn free(&self, name: &str) -> bool {
        !self.0.contains(name)
    }

    /// A name like `base` that is not taken: numbered, or a plain one where a well-known name is taken.
    pub(super) fn fresh(&self, base: &str) -> String {
        let taken =
            |name: &str| self.0.contains(name) || name == REST || matches!(name, "time" | "pri" | "_");
        let base = match base {
            base if !taken(base) => return base.to_owned(),
            "pid" => "number",
            base if KNOWN.contains(&base) || base == REST => "field",
            base => base,
        };
        let numbered = (2..).map(|number| format!("{base}_{number}"));
        std::iter::once(base.to_owned()).chain(numbered).find(|name| !taken(name)).unwrap_or_default()
    }

    pub(super) fn take(&mut self, names: &[String]) {
        self.0.extend(names.iter().cloned());
    }
}

/// A layout under way.
pub(super) struct Growth<'a> {
    pattern: String,
    pub names: Names,
    /// The records that fit so far: whole, and what is left of them.
    live: Vec<(&'a [u8], &'a [u8])>,
    /// How many there were at first.
    origin: usize,
    /// The separator before the column under way.
    pub separator: Option<u8>,
    pub reach: Reach,
    /// Whether all must be taken apart, since a stamp follows: also words that could be part of a sentence.
    pub front: bool,
    pub guesses: &'a Guesses,
}

/// What stands before the stamp, from the texts there; `None` where no pattern fits most of them.
pub(super) fn front(guesses: &Guesses, texts: &[&[u8]]) -> Option<Layout> {
    let mut growth = Growth::new(guesses, texts, Reach::Columns, Names::default());
    growth.front = true;
    growth.run(false);
    let done = growth.live.iter().filter(|(_, rest)| rest.is_empty()).count();
    (done * 10 >= growth.origin * 9).then_some(Layout {
        typed: !growth.names.0.is_empty(),
        pattern: growth.pattern,
        names: growth.names,
    })
}

/// What stands behind the stamp, from the texts there. With `narrow`, the layout may be that of a part of the
/// records only.
pub(super) fn tail(guesses: &Guesses, texts: &[&[u8]], reach: Reach, names: &Names, narrow: bool) -> Layout {
    let mut growth = Growth::new(guesses, texts, reach, names.clone());
    growth.run(narrow);
    let rests: Vec<&[u8]> = growth.live.iter().map(|(_, rest)| *rest).collect();
    let typed = growth.names != *names;
    if growth.names.free("message") {
        // Nothing is left where the last column took all.
        if !typed || rests.iter().any(|rest| !rest.is_empty()) {
            growth.pattern.push_str("{message}");
            growth.names.take(&["message".to_owned()]);
        }
    } else if rests.iter().any(|rest| !rest.is_empty()) {
        let name = growth.names.fresh(describe(&rests, false).name);
        growth.pattern.push_str(&format!("{{{name}}}"));
        growth.names.take(&[name]);
    }
    Layout { pattern: growth.pattern, typed, names: growth.names }
}

/// Whether a layout reads a text to its end.
pub(super) fn reads(layout: &Layout, texts: &[&[u8]]) -> Vec<bool> {
    // A pattern that ends in a capture without a kind reads to the end anyway.
    let open = layout.pattern.ends_with('}')
        && layout.pattern.rfind('{').is_some_and(|at| !layout.pattern[at..].contains(':'));
    let pattern = if open { layout.pattern.clone() } else { format!("{}{{{REST}}}", layout.pattern) };
    let Some(body) = compiled(&pattern) else { return vec![false; texts.len()] };
    texts.iter().map(|text| rest(&body, text).is_some_and(<[u8]>::is_empty)).collect()
}

fn compiled(pattern: &str) -> Option<Body> {
    body(&Place { file: "", source: "" }, &[], &Spanned::new(0..0, pattern.to_owned())).ok()
}

/// What a pattern that ends in `{rest}` leaves of a text; `None` where it does not fit.
fn rest<'a>(body: &Body, text: &'a [u8]) -> Option<&'a [u8]> {
    let mut length = 0;
    let fits = body.fields(None, text, &mut |name, value| {
        if name == REST {
            length = value.len();
        }
    });
    fits.then(|| &text[text.len() - length..])
}

impl<'a> Growth<'a> {
    fn new(guesses: &'a Guesses, texts: &[&'a [u8]], reach: Reach, names: Names) -> Self {
        let live: Vec<_> = texts.iter().map(|text| (*text, *text)).collect();
        Self {
            pattern: String::new(),
            names,
            origin: live.len(),
            live,
            separator: None,
            reach,
            front: false,
            guesses,
        }
    }

    fn run(&mut self, narrow: bool) {
        let mut narrow = narrow && self.reach == Reach::Columns;
        for _ in 0..MAX_PIECES {
            let rests: Vec<&[u8]> = self.live.iter().map(|(_, rest)| *rest).collect();
            if rests.iter().all(|rest| rest.is_empty()) || self.names.0.len() >= MAX_CAPTURES {
                return;
            }
            let proposals = pieces::proposals(self, &rests);
            if proposals.into_iter().any(|piece| self.accept(piece)) {
                continue;
            }
            if !narrow || !self.narrow() {
                return;
            }
            narrow = false;
        }
    }

    /// Whether nothing stands before what comes next: a syslog priority stands only there.
    pub(super) fn at_start(&self) -> bool {
        self.front && self.pattern.is_empty()
    }

    /// Takes a piece if the records still fit.
    fn accept(&mut self, piece: Piece) -> bool {
        if self.fits(format!("{}{}", self.pattern, piece.pattern), &piece) {
            return true;
        }
        // `{a}] [` ends `a` at one blank between brackets; where there are more or a tab, the blank must be
        // one that may be missing.
        let padded = self.pattern.strip_suffix(' ').filter(|pattern| !pattern.ends_with('}'));
        padded
            .map(|pattern| format!("{pattern}{{? }}{}", piece.pattern))
            .is_some_and(|it| self.fits(it, &piece))
    }

    /// Goes on with a pattern if nine of ten records fit it.
    fn fits(&mut self, pattern: String, piece: &Piece) -> bool {
        let Some(body) = compiled(&format!("{pattern}{{{REST}}}")) else { return false };
        let fitting: Vec<_> =
            self.live.iter().filter_map(|(text, _)| Some((*text, rest(&body, text)?))).collect();
        // Nine of ten of what is left, and not much less of what there was.
        if fitting.len() * 10 < self.live.len() * 9 || fitting.len() * 100 < self.origin * 85 {
            return false;
        }
        self.pattern = pattern;
        self.live = fitting;
        self.names.take(&piece.names);
        self.separator = piece.separator.or(self.separator);
        true
    }

    /// Where records differ in what comes next: goes on with the most frequent that is no plain word.
    fn narrow(&mut self) -> bool {
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for (_, rest) in &self.live {
            if let Some(class) = pieces::class(self, rest) {
                *counts.entry(class).or_default() += 1;
            }
        }
        let Some((class, count)) = counts.into_iter().max_by_key(|(_, count)| *count) else { return false };
        if count < 3 || count * 10 < self.live.len() * 3 {
            return false;
        }
        let live = std::mem::take(&mut self.live);
        self.live =
            live.into_iter().filter(|(_, rest)| pieces::class(self, rest).as_ref() == Some(&class)).collect();
        self.origin = self.live.len();
        true
    }
}
