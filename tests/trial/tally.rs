//! Counts outcomes by what a source suffers from, and prints them.

use std::collections::BTreeMap;
use std::fmt::Write as _;

/// What is asked about a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Asked {
    /// The zone of stamps without one.
    Zone,
    /// The year of stamps without one.
    Year,
    /// The year after a silence of more than one, which no stamp shows: told wrongly, it is a pity only.
    HiddenYear,
    /// Offsets written into stamps.
    Label,
    /// A clock that was off: did the program correct it, and rightly?
    Clock,
    /// Bounds of records without any stamp.
    Bounds,
    /// Does each record begin an event?
    Line,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Verdict {
    Right,
    /// Right for some lines, open for the others.
    Part,
    Open,
    Wrong,
}

/// A wrong answer.
#[derive(Clone, Debug)]
pub(crate) struct Fault {
    pub(crate) file: String,
    pub(crate) line: u64,
    pub(crate) said: String,
    pub(crate) truth: String,
}

/// The verdict on one source and one question.
#[derive(Clone, Debug)]
pub(crate) struct Outcome {
    /// The source: path of its live file.
    pub(crate) log: String,
    pub(crate) asked: Asked,
    pub(crate) verdict: Verdict,
    pub(crate) kinds: Vec<&'static str>,
    pub(crate) fault: Option<Fault>,
}

/// All outcomes of a trial.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    counts: BTreeMap<(Asked, &'static str), [u32; 4]>,
    faults: Vec<(String, Asked, Vec<&'static str>, Fault)>,
    list: String,
}

impl Tally {
    /// Adds a world's outcomes; `name` is what reproduces it.
    pub(crate) fn add(&mut self, name: &str, outcomes: Vec<Outcome>) {
        for outcome in outcomes {
            // Writing to a string cannot fail.
            let _ = writeln!(
                self.list,
                "{:?} {:?}  {name}  {}  ({})",
                outcome.asked,
                outcome.verdict,
                outcome.log,
                outcome.kinds.join(", ")
            );
            for kind in ["(all)"].into_iter().chain(outcome.kinds.iter().copied()) {
                self.counts.entry((outcome.asked, kind)).or_default()[outcome.verdict as usize] += 1;
            }
            if let Some(fault) = outcome.fault {
                self.faults.push((name.to_owned(), outcome.asked, outcome.kinds, fault));
            }
        }
    }

    /// How many sources have this verdict on a question.
    pub(crate) fn count(&self, asked: Asked, verdict: Verdict) -> u32 {
        self.counts.get(&(asked, "(all)")).map_or(0, |counts| counts[verdict as usize])
    }

    /// Wrong answers to some questions, one paragraph each.
    pub(crate) fn faults(&self, asked: &[Asked]) -> String {
        let mut text = String::new();
        for (name, what, kinds, fault) in self.faults.iter().filter(|(_, what, ..)| asked.contains(what)) {
            let Fault { file, line, said, truth } = fault;
            let kinds = kinds.join(", ");
            // Writing to a string cannot fail.
            let _ = writeln!(
                text,
                "{what:?} WRONG  {name}  {file}:{line}  ({kinds})\n  said  {said}\n  truth {truth}"
            );
        }
        text
    }

    /// Every outcome, one line each: two of these lists, of two programs, show what a change has changed.
    pub(crate) fn list(&self) -> &str {
        &self.list
    }

    pub(crate) fn table(&self) -> String {
        let mut text = format!("{:38}{:>7}{:>7}{:>7}{:>7}\n", "sources", "right", "part", "open", "wrong");
        for ((asked, kind), [right, part, open, wrong]) in &self.counts {
            let name = format!("{asked:?}: {kind}");
            let _ = writeln!(text, "{name:38}{right:>7}{part:>7}{open:>7}{wrong:>7}");
        }
        text
    }
}
