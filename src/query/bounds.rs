//! What every wanted row must be like: enough to skip, unread, what cannot hold one. Never less than what is
//! wanted: where nothing is known, nothing is said.

use std::collections::{BTreeMap, BTreeSet};

use super::ask::{Choice, Node, Order, Probe, Test, Value};
use super::name::{Moment, Name, Part};
use crate::base::Level;

/// Limits of all rows that a predicate wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Dated, and not before this: nanoseconds since 1970, `i64::MIN` for no limit (then perhaps undated).
    pub since: i64,
    /// Dated, and before this; `i64::MAX` for no limit.
    pub until: i64,
    /// Of this level or worse; `Unknown` for any.
    pub level: Level,
    /// One of these patterns.
    pub patterns: Option<BTreeSet<u64>>,
    /// The part is one of these texts.
    pub equal: BTreeMap<Part, BTreeSet<String>>,
    /// The part holds all of these texts.
    pub holds: BTreeMap<Part, BTreeSet<String>>,
    /// No row at all is wanted.
    pub nothing: bool,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            since: i64::MIN,
            until: i64::MAX,
            level: Level::Unknown,
            patterns: None,
            equal: BTreeMap::new(),
            holds: BTreeMap::new(),
            nothing: false,
        }
    }
}

impl Bounds {
    pub(super) fn of(node: &Node) -> Self {
        let mut bounds = Self::inside(node, false);
        bounds.nothing = bounds.since >= bounds.until
            || bounds.patterns.as_ref().is_some_and(BTreeSet::is_empty)
            || bounds.equal.values().any(BTreeSet::is_empty);
        bounds
    }

    /// The bounds of a node, or of its opposite.
    fn inside(node: &Node, negated: bool) -> Self {
        match (node, negated) {
            (Node::Not(part), _) => Self::inside(part, !negated),
            (Node::Test(test), false) => Self::of_test(test),
            (Node::Test(_), true) => Self::default(),
            (Node::And(parts), false) | (Node::Or(parts), true) => {
                parts.iter().map(|part| Self::inside(part, negated)).fold(Self::default(), Self::and)
            }
            (Node::Or(parts), false) | (Node::And(parts), true) => {
                let all = parts.iter().map(|part| Self::inside(part, negated));
                all.reduce(Self::or).unwrap_or_default()
            }
        }
    }

    fn and(mut self, other: Self) -> Self {
        self.since = self.since.max(other.since);
        self.until = self.until.min(other.until);
        self.level = self.level.max(other.level);
        self.patterns = match (self.patterns, other.patterns) {
            (Some(a), Some(b)) => Some(a.intersection(&b).copied().collect()),
            (a, b) => a.or(b),
        };
        for (part, texts) in other.equal {
            match self.equal.get_mut(&part) {
                Some(own) => own.retain(|text| texts.contains(text)),
                None => {
                    self.equal.insert(part, texts);
                }
            }
        }
        for (part, texts) in other.holds {
            self.holds.entry(part).or_default().extend(texts);
        }
        self
    }

    fn or(mut self, mut other: Self) -> Self {
        self.since = self.since.min(other.since);
        self.until = self.until.max(other.until);
        self.level = self.level.min(other.level);
        self.patterns = self.patterns.zip(other.patterns).map(|(a, b)| a.union(&b).copied().collect());
        self.equal.retain(|part, own| match other.equal.remove(part) {
            Some(texts) => {
                own.extend(texts);
                true
            }
            None => false,
        });
        self.holds.retain(|part, own| {
            own.retain(|text| other.holds.get(part).is_some_and(|texts| texts.contains(text)));
            !own.is_empty()
        });
        self
    }

    fn of_test(test: &Test) -> Self {
        let mut bounds = Self::default();
        match (&test.name, &test.probe) {
            (Name::Moment(Moment::Time), probe) => (bounds.since, bounds.until) = times(probe),
            (Name::Level, probe) => bounds.level = least(probe),
            (Name::Pattern, Probe::Order(Order::Equal, Value::Pattern(pattern))) => {
                bounds.patterns = Some(BTreeSet::from([*pattern]));
            }
            (Name::Pattern, Probe::Any(choices)) => {
                let pattern = |choice: &Choice| match choice {
                    Choice::Is(Value::Pattern(pattern)) => Some(*pattern),
                    _ => None,
                };
                bounds.patterns = choices.iter().map(pattern).collect();
            }
            (Name::Text(part), Probe::Order(Order::Equal, Value::Text(text))) => {
                bounds.equal.insert(*part, BTreeSet::from([text.clone()]));
            }
            (Name::Text(part), Probe::Any(choices)) => {
                let text = |choice: &Choice| match choice {
                    Choice::Is(Value::Text(text)) => Some(text.clone()),
                    _ => None,
                };
                if let Some(texts) = choices.iter().map(text).collect() {
                    bounds.equal.insert(*part, texts);
                }
            }
            (Name::Text(part), Probe::Contains(text) | Probe::Starts(text) | Probe::Ends(text))
                if !text.is_empty() =>
            {
                bounds.holds.insert(*part, BTreeSet::from([text.clone()]));
            }
            _ => {}
        }
        bounds
    }
}

/// From and until, a microsecond wider than asked: finer than that rows are not compared.
fn times(probe: &Probe) -> (i64, i64) {
    const WIDER: i64 = 1_000;
    let (min, max) = (i64::MIN, i64::MAX);
    let low = |at: &i64| at.saturating_sub(WIDER);
    let high = |at: &i64| at.saturating_add(WIDER);
    match probe {
        Probe::Order(Order::Equal, Value::Instant(from, to)) => (low(from), high(to)),
        Probe::Order(Order::Less | Order::AtMost, Value::Instant(at, _)) => (min, high(at).saturating_add(1)),
        Probe::Order(Order::More | Order::AtLeast, Value::Instant(at, _)) => (low(at), max),
        Probe::Any(choices) => {
            let ends = choices.iter().map(|choice| match choice {
                Choice::Is(Value::Instant(from, to))
                | Choice::Range(Value::Instant(from, _), Value::Instant(to, _)) => (low(from), high(to)),
                _ => (min, max),
            });
            ends.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1))).unwrap_or((min, max))
        }
        _ => (min, max),
    }
}

fn least(probe: &Probe) -> Level {
    match probe {
        Probe::Order(Order::Equal | Order::AtLeast | Order::More, Value::Level(level)) => *level,
        Probe::Any(choices) => {
            let levels = choices.iter().map(|choice| match choice {
                Choice::Is(Value::Level(level)) | Choice::Range(Value::Level(level), _) => *level,
                _ => Level::Unknown,
            });
            levels.min().unwrap_or_default()
        }
        // Whatever else is asked of a level, a record without one is not wanted.
        _ => Level::Trace,
    }
}
