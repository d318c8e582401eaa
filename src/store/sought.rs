//! What the outlines of a part tell of a text that is looked for: of each pattern whether all of its records hold it,
//! none, or some perhaps.
//!
//! The expression's automaton is led through an outline: through constants byte by byte, through a hole in all ways
//! that what stood there allows. Where all ways find it, all records hold it; where none does, none.

use std::rc::Rc;

use super::hole::Bytes;
use super::outline::{HOLE, Outlines};
use crate::query::{State, Step, Walker};

/// Most states that a walk stands in at once, and most steps through the outlines of a part where it goes several
/// ways: what needs more is told by reading texts.
const MOST_STATES: usize = 64;
const MOST_STEPS: usize = 1 << 20;

/// What is told of records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// None of them is wanted.
    Never,
    /// Some may be.
    Perhaps,
    /// All of them are.
    Always,
}

impl Verdict {
    /// What is told of both.
    fn and(self, other: Self) -> Self {
        if self == other { self } else { Self::Perhaps }
    }

    /// The same where what is found is not wanted.
    fn turned(self) -> Self {
        match self {
            Self::Never => Self::Always,
            Self::Perhaps => Self::Perhaps,
            Self::Always => Self::Never,
        }
    }
}

/// What the outlines of a part tell.
#[derive(Clone, Debug)]
pub(super) struct Told {
    /// Of each pattern that is listed, ascending.
    patterns: Vec<(u64, Verdict)>,
    /// Of those that are not.
    others: Verdict,
    /// Records that are wanted for sure.
    pub(super) always: u64,
    /// Records that may be.
    pub(super) perhaps: u64,
}

impl Told {
    /// Of a pattern.
    pub(super) fn of(&self, pattern: u64) -> Verdict {
        let place = self.patterns.binary_search_by_key(&pattern, |(pattern, _)| *pattern);
        place.map_or(self.others, |place| self.patterns[place].1)
    }
}

/// What is found where a walk goes on.
#[derive(Clone, Debug, Default)]
struct Ways {
    /// Where it stands; each once.
    at: Vec<State>,
    /// Whether some way found it, and whether some can find it no more.
    found: bool,
    lost: bool,
}

impl Ways {
    /// Becomes what comes behind `before`, of which nothing is taken yet.
    fn follow(&mut self, before: &Self) {
        self.at.clear();
        (self.found, self.lost) = (before.found, before.lost);
    }

    /// Whether no further byte tells more.
    fn is_over(&self) -> bool {
        self.at.is_empty() || self.found && self.lost
    }

    /// Takes a step; `None` where nothing can be told.
    fn take(&mut self, step: Step) -> Option<()> {
        match step {
            Step::To(state) if self.at.contains(&state) => {}
            Step::To(_) if self.at.len() >= MOST_STATES => return None,
            Step::To(state) => self.at.push(state),
            Step::Found => self.found = true,
            Step::Lost => self.lost = true,
            Step::Unsure => return None,
        }
        Some(())
    }
}

/// Judges the outlines of one part.
struct Judge<'a> {
    walker: Walker<'a>,
    outlines: &'a Outlines<'a>,
    /// Where each kind of hole leads to, from the few states that it was met in.
    known: Vec<Vec<(State, Option<Rc<Ways>>)>>,
    /// Which of them lead from the start to nowhere else, as far as that was asked.
    idle: Vec<Option<bool>>,
    steps: usize,
}

/// What outlines tell of what `walker` looks for; with `inverted`, records that hold it are not wanted.
pub(super) fn told(outlines: &Outlines<'_>, walker: Walker<'_>, inverted: bool) -> Told {
    let known = vec![Vec::new(); outlines.kinds_of_holes()];
    let idle = vec![None; outlines.kinds_of_holes()];
    let mut judge = Judge { walker, outlines, known, idle, steps: 0 };
    let verdict = |(text, holes, _): (&[u8], &[u32], u64)| {
        let verdict = judge.verdict(text, holes).unwrap_or(Verdict::Perhaps);
        if inverted { verdict.turned() } else { verdict }
    };
    let verdicts: Vec<Verdict> = outlines.each().map(verdict).collect();
    let count = |wanted: Verdict| {
        let counts = outlines.each().zip(&verdicts).filter(|(_, verdict)| **verdict == wanted);
        // A damaged count is any number.
        counts.fold(0, |all: u64, ((_, _, count), _)| all.saturating_add(count))
    };
    let of = |group: &[(u64, u32)]| {
        let verdicts = group.iter().map(|(_, outline)| verdicts[*outline as usize]);
        (group[0].0, verdicts.reduce(Verdict::and).unwrap_or(Verdict::Perhaps))
    };
    Told {
        patterns: outlines.patterns.chunk_by(|a, b| a.0 == b.0).map(of).collect(),
        others: Verdict::Perhaps,
        always: count(Verdict::Always),
        perhaps: count(Verdict::Perhaps),
    }
}

impl Judge<'_> {
    /// Of the records of an outline; `None` where nothing can be told.
    fn verdict(&mut self, mut rest: &[u8], holes: &[u32]) -> Option<Verdict> {
        let (mut ways, mut next) = (Ways::default(), Ways::default());
        ways.take(self.walker.start())?;
        let mut holes = holes.iter();
        while !(rest.is_empty() || ways.is_over()) {
            if let [state] = ways.at[..]
                && let Some(idle) = self.walker.idle(state, rest)
            {
                rest = self.past_idle(state, (rest, idle), &mut holes);
            }
            let constant = memchr::memchr(HOLE, rest).unwrap_or(rest.len());
            self.constant(&mut ways, &mut next, rest.split_off(..constant)?)?;
            if rest.split_off_first().is_some() {
                let hole = *holes.next()?;
                next.follow(&ways);
                for state in &ways.at {
                    let through = self.through(*state, hole)?;
                    next.found |= through.found;
                    next.lost |= through.lost;
                    through.at.iter().try_for_each(|state| next.take(Step::To(*state)))?;
                }
                std::mem::swap(&mut ways, &mut next);
            }
        }
        next.follow(&ways);
        ways.at.iter().try_for_each(|state| next.take(self.walker.end(*state)))?;
        Some(match (next.found, next.lost) {
            (true, false) => Verdict::Always,
            (false, _) => Verdict::Never,
            (true, true) => Verdict::Perhaps,
        })
    }

    /// What is left of an outline behind what leaves a walk at the start: constants of so many bytes, as far as the holes
    /// between them do so too.
    fn past_idle<'o>(
        &mut self,
        start: State,
        (mut rest, mut idle): (&'o [u8], usize),
        holes: &mut std::slice::Iter<'_, u32>,
    ) -> &'o [u8] {
        while let Some(constant) = memchr::memchr(HOLE, &rest[..idle]) {
            if !holes.as_slice().first().is_some_and(|hole| self.is_idle(start, *hole)) {
                return &rest[constant..];
            }
            holes.next();
            rest = &rest[constant + 1..];
            idle -= constant + 1;
        }
        &rest[idle..]
    }

    /// Whether a hole leads from the start to the start alone.
    fn is_idle(&mut self, start: State, hole: u32) -> bool {
        let known = self.idle[hole as usize];
        known.unwrap_or_else(|| {
            let through = self.through(start, hole);
            let idle = through.is_some_and(|ways| ways.at == [start] && !ways.found && !ways.lost);
            self.idle[hole as usize] = Some(idle);
            idle
        })
    }

    /// All ways through a constant.
    fn constant(&mut self, ways: &mut Ways, next: &mut Ways, mut constant: &[u8]) -> Option<()> {
        while !(constant.is_empty() || ways.is_over()) {
            // Mostly it is one way, and several are soon one again.
            if let [state] = &mut ways.at[..] {
                *state = self.walker.along(*state, &mut constant);
            }
            let Some(byte) = constant.split_off_first() else { break };
            self.spend(ways.at.len())?;
            next.follow(ways);
            ways.at.iter().try_for_each(|state| next.take(self.walker.step(*state, *byte)))?;
            std::mem::swap(ways, next);
        }
        Some(())
    }

    /// Counts steps; `None` when there were too many.
    fn spend(&mut self, steps: usize) -> Option<()> {
        self.steps += steps;
        (self.steps <= MOST_STEPS).then_some(())
    }

    /// Where a hole leads to from a state.
    fn through(&mut self, state: State, hole: u32) -> Option<Rc<Ways>> {
        let known = &self.known[hole as usize];
        if let Some((_, known)) = known.iter().find(|(known, _)| *known == state) {
            return known.clone();
        }
        let ways = self.all_ways(state, hole).map(Rc::new);
        self.known[hole as usize].push((state, ways.clone()));
        ways
    }

    /// All ways through a hole: any number of its bytes and words, but at least one. A hole of anything may be empty.
    fn all_ways(&mut self, state: State, hole: u32) -> Option<Ways> {
        let mut ways = Ways::default();
        let outlines = self.outlines;
        let (bytes, words) = outlines.hole(hole);
        if bytes == Bytes::ALL {
            ways.take(Step::To(state))?;
        }
        let (mut from, mut done) = (Some(state), 0);
        while let Some(state) = from {
            self.spend(bytes.count())?;
            bytes.each().try_for_each(|byte| ways.take(self.walker.step(state, byte)))?;
            for word in words {
                let mut word = outlines.words[*word as usize];
                self.spend(word.len())?;
                let mut step = Step::To(self.walker.along(state, &mut word));
                for byte in word {
                    let Step::To(state) = step else { break };
                    step = self.walker.step(state, *byte);
                }
                ways.take(step)?;
            }
            from = ways.at.get(done).copied();
            done += 1;
        }
        Some(ways)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ingest::Picker as _;
    use crate::query::{Automaton, Matcher, MatcherOptions};
    use crate::store::outline::Outliner;
    use crate::store::shape::Part;

    const MESSAGES: [&str; 24] = [
        "Failed password for root from 10.0.0.1",
        "Failed password for root from 10.0.0.2",
        "open \"/srv/failed upload\" ok",
        "session opened",
        "segfault at 3129cd ip 0000179c error 4 in opcache.so[bdf5+a1000]",
        "segfault at 966c9fc1 ip 00000bbb error 7 in opcache.so[17fc+a1000]",
        "a b7c d/e \"f g\" h",
        "ab cd",
        "ab7 cd",
        "cd 'ab' x",
        "/ab/cd ef",
        "ef: gh (ij)",
        "gh7ij kl",
        "kl_m",
        "x=y z=7",
        "",
        "7",
        "[ab] 1.2.3.4 cd",
        "pool (www) said no",
        "it said: pool, pool!",
        "메모리 부족: 12월 프로세스 811",
        "메모리 부족: 12월 프로세스 9",
        "first\n  second 5 third",
        "first\n  second 6 third",
    ];

    /// Records `STAMP HOST PROGRAM: MESSAGE`, and their outlines. All are of one pattern, which tells nothing.
    fn outlines() -> (Vec<String>, Vec<u8>) {
        let mut outliner = Outliner::default();
        let record = |message: &&str| format!("Dec 12 10:10:59 web1 sshd: {message}");
        let records: Vec<String> = MESSAGES.iter().map(record).collect();
        for record in &records {
            let end = record.len();
            let parts = [
                (0..15, Part::Stamp),
                (16..20, Part::Host),
                (21..25, Part::Program),
                (27..end, Part::Message),
            ];
            outliner.push(record.as_bytes(), &parts, 7);
        }
        (records, outliner.finish())
    }

    /// What is told of what is looked for, if it holds of all records.
    fn checked(outlines: &Outlines<'_>, records: &[String], pattern: &str, options: MatcherOptions) -> Told {
        let matcher = Matcher::new(&[pattern.to_owned()], options).expect("a pattern");
        let (expression, inverted) = matcher.expression().expect("short");
        let automaton = Automaton::new(expression).expect("an automaton");
        let told = told(outlines, automaton.walker(), inverted);
        let found = records.iter().filter(|record| matcher.wants(record.as_bytes())).count() as u64;
        let range = told.always..=told.always + told.perhaps;
        assert!(range.contains(&found), "{pattern} {options:?}: {found} found, {range:?} told");
        told
    }

    #[test]
    fn what_is_told_is_what_a_search_finds() {
        let (records, bytes) = outlines();
        let outlines = Outlines::from_bytes(&bytes).expect("outlines");
        let (mut known, mut all) = (0, 0);
        for record in &records {
            for start in (0..record.len()).step_by(11) {
                for end in start + 1..=record.len().min(start + 9) {
                    let Some(text) = record.get(start..end) else { continue };
                    let [ignore_case, word, invert] = [1, 2, 4].map(|bit| (start + end) & bit != 0);
                    let options = MatcherOptions { fixed: true, ignore_case, word, invert };
                    let told = checked(&outlines, &records, text, options);
                    all += 1;
                    known += u64::from(told.perhaps == 0);
                }
            }
        }
        assert!(known * 8 > all, "{known} of {all} are told");
    }

    #[test]
    fn expressions_are_told_by_what_stands_in_holes() {
        let (records, bytes) = outlines();
        let outlines = Outlines::from_bytes(&bytes).expect("outlines");
        for (expression, always, perhaps) in [
            ("Failed password", 2, 0),
            ("error [0-9]+ in", 2, 0),
            ("err[a-z]+ [0-9]+", 2, 0),
            ("err[a-z]+ [5-9]+", 0, 2),
            ("^  second [0-9]+ ", 2, 0),
            ("^  second [0-9] ", 0, 2),
            ("^second", 0, 0),
            ("first.*third", 0, 0),
            ("(?s)first.*third", 2, 0),
            ("failed upload", 0, 1),
            ("never said|nor this", 0, 0),
            ("프로세스 [0-9]+$", 2, 0),
            ("sshd: Failed", 2, 0),
            ("web1 ", 0, 24),
            ("", 24, 0),
            ("webx", 0, 0),
        ] {
            let options = MatcherOptions::default();
            let told = checked(&outlines, &records, expression, options);
            assert_eq!((told.always, told.perhaps), (always, perhaps), "{expression}");
            let turned = checked(&outlines, &records, expression, MatcherOptions { invert: true, ..options });
            assert_eq!((turned.always, turned.perhaps), (24 - always - perhaps, perhaps), "{expression}");
        }
    }

    #[test]
    fn of_what_is_no_text_nothing_is_told() {
        let mut outliner = Outliner::default();
        for (record, pattern) in [(&b"plain"[..], 1), (b"od\xff\xffd plain", 1), (b"\xff", 2)] {
            outliner.push(record, &[(0..record.len(), Part::Message)], pattern);
        }
        let bytes = outliner.finish();
        let outlines = Outlines::from_bytes(&bytes).expect("outlines");
        let automaton = Automaton::new("plain").expect("an automaton");
        let told = told(&outlines, automaton.walker(), false);
        assert_eq!((told.always, told.perhaps), (1, 2));
        assert_eq!([1, 2].map(|pattern| told.of(pattern)), [Verdict::Perhaps; 2]);
    }

    #[test]
    fn damaged_bytes_are_no_outlines() {
        let mut outliner = Outliner::default();
        outliner.push(b"one 2 a/web/c9", &[(0..14, Part::Message)], 1);
        let bytes = outliner.finish();
        for at in 0..bytes.len() {
            // Whatever is read of damaged bytes is no panic.
            let _ = Outlines::from_bytes(&bytes[..at]);
            for bit in 0..8 {
                let mut bytes = bytes.clone();
                bytes[at] ^= 1 << bit;
                let read = Outlines::from_bytes(&bytes).unwrap_or_default();
                let automaton = Automaton::new("2 a").expect("an automaton");
                let _ = told(&read, automaton.walker(), false);
            }
        }
    }
}
