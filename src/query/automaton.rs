//! What is looked for, as an automaton that is led byte by byte: so texts of which only a part is known can be asked
//! whether what is looked for can be in them, or must be.
//!
//! It answers whether there is a match, never where. What it cannot tell it says: nothing rests on its guess.

use regex_automata::hybrid::LazyStateID;
use regex_automata::hybrid::dfa::{Cache, DFA};
use regex_automata::nfa::thompson;
use regex_automata::util::{start, syntax};

/// Bytes that its states may take for one walk: what needs more is told by reading texts.
const CACHE_BYTES: usize = 4 << 20;

/// A regular expression as an automaton.
#[derive(Clone, Debug)]
pub struct Automaton {
    dfa: DFA,
    /// The only bytes that lead away from the start, where they are few.
    leaving: Option<Vec<u8>>,
}

/// Where a walk stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct State(LazyStateID);

/// What a byte leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// On.
    To(State),
    /// A match ends before it: whatever follows, there is one.
    Found,
    /// There can be no match any more.
    Lost,
    /// It cannot tell.
    Unsure,
}

/// Walks through an automaton. States are those of one walker.
#[derive(Debug)]
pub struct Walker<'a> {
    dfa: &'a DFA,
    leaving: Option<&'a [u8]>,
    start: Option<LazyStateID>,
    cache: Cache,
}

impl Automaton {
    /// The automaton of an expression; `None` where there is none of a bearable size.
    pub fn new(expression: &str) -> Option<Self> {
        let config = DFA::config()
            // Word boundaries as the regular expression has them: from the first byte beyond ASCII it cannot tell.
            .unicode_word_boundary(true)
            .cache_capacity(CACHE_BYTES)
            // A cache that is emptied would turn states into others: rather none any more.
            .minimum_cache_clear_count(Some(0));
        let dfa = DFA::builder()
            .configure(config)
            .syntax(syntax::Config::new().utf8(false))
            .thompson(thompson::Config::new().utf8(false).nfa_size_limit(Some(1 << 20)))
            .build(expression)
            .ok()?;
        let mut automaton = Self { dfa, leaving: None };
        let mut walker = automaton.walker();
        if let Step::To(start) = walker.start() {
            let leaving = (0..=u8::MAX).filter(|byte| walker.step(start, *byte) != Step::To(start));
            // One more than can be looked for at once is too many.
            let leaving: Vec<u8> = leaving.take(4).collect();
            automaton.leaving = (leaving.len() <= 3).then_some(leaving);
        }
        Some(automaton)
    }

    /// Somebody who walks through it.
    pub fn walker(&self) -> Walker<'_> {
        Walker {
            dfa: &self.dfa,
            leaving: self.leaving.as_deref(),
            start: None,
            cache: self.dfa.create_cache(),
        }
    }
}

impl Walker<'_> {
    /// Before the first byte of a text.
    pub fn start(&mut self) -> Step {
        let start = self.dfa.start_state(&mut self.cache, &start::Config::new());
        self.start = start.as_ref().ok().copied();
        start.map_or(Step::Unsure, step)
    }

    /// Behind one more byte. That a match ended is told a byte later, or at the end.
    #[inline]
    pub fn step(&mut self, State(at): State, byte: u8) -> Step {
        self.dfa.next_state(&mut self.cache, at, byte).map_or(Step::Unsure, step)
    }

    /// Behind as many bytes as lead on; they are taken from `bytes`.
    pub fn along(&mut self, State(mut at): State, bytes: &mut &[u8]) -> State {
        while let [byte, rest @ ..] = bytes {
            if let Some(idle) = self.idle(State(at), bytes).filter(|idle| *idle > 0) {
                *bytes = &bytes[idle..];
                continue;
            }
            match self.dfa.next_state(&mut self.cache, at, *byte) {
                Ok(next) if !next.is_tagged() => at = next,
                _ => break,
            }
            *bytes = rest;
        }
        State(at)
    }

    /// Whether it stands at the start, and how many of these bytes leave it there; `None` where that is not known.
    pub fn idle(&self, State(at): State, bytes: &[u8]) -> Option<usize> {
        let leaving = self.leaving.filter(|_| self.start == Some(at))?;
        Some(find(leaving, bytes).unwrap_or(bytes.len()))
    }

    /// At the end of the text.
    pub fn end(&mut self, State(at): State) -> Step {
        match self.dfa.next_eoi_state(&mut self.cache, at).map_or(Step::Unsure, step) {
            Step::To(_) => Step::Lost,
            told => told,
        }
    }
}

/// The first of any of up to three bytes.
fn find(wanted: &[u8], bytes: &[u8]) -> Option<usize> {
    match *wanted {
        [a] => memchr::memchr(a, bytes),
        [a, b] => memchr::memchr2(a, b, bytes),
        [a, b, c] => memchr::memchr3(a, b, c, bytes),
        _ => None,
    }
}

#[inline]
fn step(id: LazyStateID) -> Step {
    match id {
        id if !id.is_tagged() || id.is_start() => Step::To(State(id)),
        id if id.is_match() => Step::Found,
        id if id.is_dead() => Step::Lost,
        _ => Step::Unsure,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(expression: &str, text: &str) -> Step {
        let automaton = Automaton::new(expression).expect("an automaton");
        let mut walker = automaton.walker();
        let mut at = walker.start();
        for byte in text.bytes() {
            let Step::To(state) = at else { return at };
            at = walker.step(state, byte);
        }
        match at {
            Step::To(state) => walker.end(state),
            told => told,
        }
    }

    #[test]
    fn a_walk_ends_as_a_search_does() {
        for (expression, text, found) in [
            ("err[a-z]+ [0-9]+", "an error 4 in", Step::Found),
            ("err[a-z]+ [0-9]+", "an error x", Step::Lost),
            ("", "", Step::Found),
            ("(?m)^second$", "first\nsecond", Step::Found),
            ("(?m)^second$", "a second", Step::Lost),
            (r"\b{start-half}(?:fail)\b{end-half}", "to fail.", Step::Found),
            (r"\b{start-half}(?:fail)\b{end-half}", "failed", Step::Lost),
            (r"\bfail\b", "메모리 fail", Step::Unsure),
            (r"\Aa", "ba", Step::Lost),
            ("메모리", "메모리 부족", Step::Found),
        ] {
            assert_eq!(told(expression, text), found, "{expression} {text}");
        }
    }
}
