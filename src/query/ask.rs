//! A question, understood: asked of a row it is true, false, or not known yet.
//!
//! What is missing compares as false; what turns a comparison around (`!=`, `!~`, `not in`, `not`) turns that
//! around too. Only marks can be not known yet: they are settled when the timeline is merged.

use std::borrow::Cow;
use std::cmp::Ordering;

use regex::Regex;

pub(super) use super::measure::Net;
use super::measure::{Number, duration_in, size_in};
use super::name::{Count, Moment, Name};
use super::row::{Mark, Row};
use crate::base::{Basis, Level};
use crate::time::{Zone, local_time};

/// A store keeps microseconds: finer than that nothing is compared.
const FINEST: i64 = 1_000;

/// How two values are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    Equal,
    Less,
    AtMost,
    More,
    AtLeast,
}

impl Order {
    fn holds(self, ordering: Ordering) -> bool {
        match self {
            Self::Equal => ordering.is_eq(),
            Self::Less => ordering.is_lt(),
            Self::AtMost => ordering.is_le(),
            Self::More => ordering.is_gt(),
            Self::AtLeast => ordering.is_ge(),
        }
    }
}

/// A value, as its name asks for it. Numbers of fields keep their spelling: where a record's value is no
/// number, it can still be just that text.
#[derive(Clone, Debug)]
pub(super) enum Value {
    /// From, until: nanoseconds since 1970.
    Instant(i64, i64),
    Level(Level),
    Pattern(u64),
    Mark(Mark),
    Basis(Basis),
    Number(Number, String),
    /// Nanoseconds.
    Duration(Number, String),
    /// Bytes.
    Size(Number, String),
    Text(String),
}

impl Value {
    /// Whether both are of one kind.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        std::mem::discriminant(self) == std::mem::discriminant(other)
    }

    /// Whether a range from this to `other` holds nothing.
    pub(super) fn is_above(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Instant(from, _), Self::Instant(to, _)) => from >= to,
            (Self::Level(from), Self::Level(to)) => from > to,
            (Self::Number(from, _), Self::Number(to, _))
            | (Self::Duration(from, _), Self::Duration(to, _))
            | (Self::Size(from, _), Self::Size(to, _)) => from.compare(*to).is_gt(),
            (Self::Text(from), Self::Text(to)) => from > to,
            _ => false,
        }
    }
}

/// One of the values behind `in`.
#[derive(Clone, Debug)]
pub(super) enum Choice {
    Is(Value),
    /// Both ends lie within, but for times: those end before their second.
    Range(Value, Value),
    Net(Net),
}

/// What is asked of one part of a row.
#[derive(Clone, Debug)]
pub(super) enum Probe {
    Has,
    Order(Order, Value),
    Matches(Regex),
    Contains(String),
    Starts(String),
    Ends(String),
    Any(Vec<Choice>),
}

/// One comparison.
#[derive(Clone, Debug)]
pub(super) struct Test {
    pub(super) name: Name,
    pub(super) probe: Probe,
}

/// A question.
#[derive(Clone, Debug)]
pub(super) enum Node {
    Or(Vec<Node>),
    And(Vec<Node>),
    Not(Box<Node>),
    Test(Test),
}

impl Node {
    /// What asking costs: what an event has at hand, what must be read, what must be searched.
    pub(super) fn cost(&self) -> u8 {
        match self {
            Self::Or(parts) | Self::And(parts) => parts.iter().map(Self::cost).max().unwrap_or(0),
            Self::Not(part) => part.cost(),
            Self::Test(test) => {
                let searched = u8::from(matches!(test.probe, Probe::Matches(_) | Probe::Contains(_)));
                match test.name {
                    Name::Level | Name::Pattern | Name::Marks | Name::Moment(Moment::Time) => 0,
                    Name::Count(Count::Line | Count::Lines) => 0,
                    _ => 1 + searched,
                }
            }
        }
    }

    /// Calls `visit` for every comparison.
    pub(super) fn visit<'a>(&'a self, visit: &mut dyn FnMut(&'a Test)) {
        match self {
            Self::Or(parts) | Self::And(parts) => parts.iter().for_each(|part| part.visit(visit)),
            Self::Not(part) => part.visit(visit),
            Self::Test(test) => visit(test),
        }
    }

    /// Asks; `met` is told of each field asked for and whether the row has it.
    pub(super) fn ask(&self, row: &dyn Row, zone: &Zone, met: &dyn Fn(&str, bool)) -> Option<bool> {
        match self {
            Self::Or(parts) => first(parts, true, |part| part.ask(row, zone, met)),
            Self::And(parts) => first(parts, false, |part| part.ask(row, zone, met)),
            Self::Not(part) => part.ask(row, zone, met).map(|answer| !answer),
            Self::Test(test) => test.ask(row, zone, met),
        }
    }
}

/// The answer that settles it, from whichever part gives it; else its opposite, if all are known.
fn first(parts: &[Node], settles: bool, ask: impl Fn(&Node) -> Option<bool>) -> Option<bool> {
    let mut all_known = true;
    for part in parts {
        match ask(part) {
            Some(answer) if answer == settles => return Some(settles),
            Some(_) => {}
            None => all_known = false,
        }
    }
    all_known.then_some(!settles)
}

impl Test {
    fn ask(&self, row: &dyn Row, zone: &Zone, met: &dyn Fn(&str, bool)) -> Option<bool> {
        Some(match &self.name {
            Name::Marks => return self.marks(row),
            Name::Moment(moment) => {
                let at = match moment {
                    Moment::Time => row.time(),
                    Moment::Earliest => row.earliest(),
                    Moment::Latest => row.latest(),
                    Moment::Start => row.start(),
                };
                at.is_some_and(|at| self.moment(at))
            }
            Name::Count(count) => {
                let number = match count {
                    Count::Line => Some(row.line()),
                    Count::Lines => Some(row.lines()),
                    Count::Pid => row.pid().map(u64::from),
                };
                number.is_some_and(|number| self.count(number))
            }
            Name::Level => match row.level() {
                Level::Unknown => false,
                level => self.level(level),
            },
            Name::Pattern => self.pattern(row.pattern()),
            Name::Basis => {
                let basis = row.basis();
                self.any(|value| matches!(value, Value::Basis(word) if basis.has(*word)))
                    .unwrap_or_else(|| basis != Basis::default())
            }
            Name::Local => {
                row.time().is_some_and(|at| self.text("", &local_time(zone, at).replace(' ', "T")))
            }
            Name::Text(part) => row.text(*part).is_some_and(|text| self.text("", &text)),
            Name::Field(name) => {
                let value: Option<Cow<'_, str>> = row.field(name);
                met(name, value.is_some());
                value.is_some_and(|value| self.text(name, &value))
            }
        })
    }

    /// Whether one of the values fits, where single values are asked for.
    fn any(&self, fits: impl Fn(&Value) -> bool) -> Option<bool> {
        match &self.probe {
            Probe::Order(_, value) => Some(fits(value)),
            Probe::Any(choices) => {
                Some(choices.iter().any(|choice| matches!(choice, Choice::Is(value) if fits(value))))
            }
            _ => None,
        }
    }

    /// Marks: known, or not yet.
    fn marks(&self, row: &dyn Row) -> Option<bool> {
        let wanted = |value: &Value| matches!(value, Value::Mark(mark) if row.mark(*mark) == Some(true));
        if self.any(wanted).unwrap_or_else(|| Mark::ALL.iter().any(|mark| row.mark(*mark) == Some(true))) {
            return Some(true);
        }
        let open = |value: &Value| matches!(value, Value::Mark(mark) if row.mark(*mark).is_none());
        let open = self.any(open).unwrap_or_else(|| Mark::ALL.iter().any(|mark| row.mark(*mark).is_none()));
        (!open).then_some(false)
    }

    fn moment(&self, at: i64) -> bool {
        let cut = |at: i64| at.div_euclid(FINEST);
        let at = cut(at);
        // The end of a value is where the next one begins.
        let within = |from: i64, to: i64| cut(from) <= at && at < cut(to).max(cut(from) + 1);
        match &self.probe {
            Probe::Has => true,
            Probe::Order(Order::Equal, Value::Instant(from, to)) => within(*from, *to),
            Probe::Order(order, Value::Instant(from, _)) => order.holds(at.cmp(&cut(*from))),
            Probe::Any(choices) => choices.iter().any(|choice| match choice {
                Choice::Is(Value::Instant(from, to)) => within(*from, *to),
                Choice::Range(Value::Instant(from, _), Value::Instant(to, _)) => {
                    cut(*from) <= at && at < cut(*to)
                }
                _ => false,
            }),
            _ => false,
        }
    }

    fn count(&self, number: u64) -> bool {
        self.ordered(|value| match value {
            Value::Number(other, _) => Some(Number::Whole(i128::from(number)).compare(*other)),
            _ => None,
        })
    }

    fn level(&self, level: Level) -> bool {
        self.ordered(|value| match value {
            Value::Level(other) => Some(level.cmp(other)),
            _ => None,
        })
    }

    /// Comparisons of something that has an order.
    fn ordered(&self, compare: impl Fn(&Value) -> Option<Ordering>) -> bool {
        match &self.probe {
            Probe::Has => true,
            Probe::Order(order, value) => compare(value).is_some_and(|found| order.holds(found)),
            Probe::Any(choices) => choices.iter().any(|choice| match choice {
                Choice::Is(value) => compare(value).is_some_and(Ordering::is_eq),
                Choice::Range(from, to) => {
                    compare(from).is_some_and(Ordering::is_ge) && compare(to).is_some_and(Ordering::is_le)
                }
                Choice::Net(_) => false,
            }),
            _ => false,
        }
    }

    fn pattern(&self, pattern: u64) -> bool {
        let same = |value: &Value| matches!(value, Value::Pattern(other) if *other == pattern);
        self.any(same).unwrap_or_else(|| self.text("", &format!("p{pattern:016x}")))
    }

    fn text(&self, name: &str, text: &str) -> bool {
        match &self.probe {
            Probe::Matches(regex) => regex.is_match(text),
            Probe::Contains(part) => text.contains(part.as_str()),
            Probe::Starts(part) => text.starts_with(part.as_str()),
            Probe::Ends(part) => text.ends_with(part.as_str()),
            Probe::Any(choices)
                if choices.iter().any(|choice| matches!(choice, Choice::Net(net) if net.holds(text))) =>
            {
                true
            }
            Probe::Order(Order::Equal, value) => is(name, text, value),
            Probe::Any(choices) => choices.iter().any(|choice| match choice {
                Choice::Is(value) => is(name, text, value),
                Choice::Range(from, to) => {
                    compared(name, text, from).is_some_and(Ordering::is_ge)
                        && compared(name, text, to).is_some_and(Ordering::is_le)
                }
                Choice::Net(_) => false,
            }),
            Probe::Has | Probe::Order(..) => self.ordered(|value| compared(name, text, value)),
        }
    }
}

/// Whether a text is a value: compared as what the value is, else letter by letter.
fn is(name: &str, text: &str, value: &Value) -> bool {
    let spelt = match value {
        Value::Number(_, spelt) | Value::Duration(_, spelt) | Value::Size(_, spelt) | Value::Text(spelt) => {
            spelt.as_str()
        }
        _ => return false,
    };
    compared(name, text, value).map_or(text == spelt, Ordering::is_eq)
}

/// How a text compares with a value; not at all where it cannot be read as what the value is.
fn compared(name: &str, text: &str, value: &Value) -> Option<Ordering> {
    match value {
        Value::Number(other, _) => Number::read(text).map(|number| number.compare(*other)),
        Value::Duration(other, _) => duration_in(name, text).map(|number| number.compare(*other)),
        Value::Size(other, _) => size_in(name, text).map(|number| number.compare(*other)),
        Value::Text(other) => Some(text.cmp(other.as_str())),
        _ => None,
    }
}
