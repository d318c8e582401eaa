//! From a tree to a question: what each name stands for decides how its value is read and what may be asked.

use regex::{Regex, RegexBuilder};

use super::ask::{Choice, Net, Node, Order, Probe, Test, Value};
use super::fault::Fault;
use super::measure::{Number, duration, size};
use super::name::{Name, closest};
use super::predicate::Meaning;
use super::row::Mark;
use super::tree::{Item, Operator, Tree, Word};
use crate::base::{Basis, Level, NANOS_PER_SECOND};
use crate::time::{Bound, parse_bound};

/// Compiled regular expressions may be this large: as `regex` has it.
const LARGEST: usize = 10 << 20;

/// Understands an expression.
pub(super) fn check(tree: &Tree, meaning: &Meaning) -> Result<Node, Fault> {
    let all = |parts: &[Tree]| -> Result<Vec<Node>, Fault> {
        let mut nodes =
            parts.iter().map(|part| check(part, meaning)).collect::<Result<Vec<Node>, Fault>>()?;
        // Cheap ones first: the answer is the same.
        nodes.sort_by_key(Node::cost);
        Ok(nodes)
    };
    Ok(match tree {
        Tree::Or(parts) => Node::Or(all(parts)?),
        Tree::And(parts) => Node::And(all(parts)?),
        Tree::Not(part) => Node::Not(Box::new(check(part, meaning)?)),
        Tree::Has(name) => Node::Test(Test { name: read_name(name), probe: Probe::Has }),
        Tree::Test(name, operator, items) => test(name, *operator, items, meaning)?,
    })
}

fn read_name(word: &Word) -> Name {
    Name::read(&word.text, word.quoted)
}

fn test(word: &Word, operator: Operator, items: &[Item], meaning: &Meaning) -> Result<Node, Fault> {
    let name = read_name(word);
    allowed(word, &name, operator, items)?;
    let first = items.first();
    let value = || match first {
        Some(Item::One(value)) => Ok(value),
        Some(Item::Range(from, to)) => {
            let what = format!("`{}` compares with one value, and this is a range", operator.symbol());
            Err(Fault::new(from.at.start..to.at.end, what, format!("write: {} in {from}..{to}", word.text)))
        }
        None => Err(Fault::new(word.at.clone(), "a value is missing", "")),
    };
    let order = |order: Order| Ok(Probe::Order(order, read_value(&name, value()?, meaning)?));
    let probe = match operator {
        Operator::Equal | Operator::Unequal => {
            let value = value()?;
            if Net::read(&value.text).is_some() && !value.quoted && !matches!(name, Name::Moment(_)) {
                let what = format!("`{}` is a network; no address is equal to it", value.text);
                let hint = format!(
                    "write: {0} in {1}, or in quotes, if the record says just that",
                    word.text, value.text
                );
                return Err(Fault::new(value.at.clone(), what, hint));
            }
            Probe::Order(Order::Equal, read_value(&name, value, meaning)?)
        }
        Operator::Less => order(Order::Less)?,
        Operator::AtMost => order(Order::AtMost)?,
        Operator::More => order(Order::More)?,
        Operator::AtLeast => order(Order::AtLeast)?,
        Operator::Matches | Operator::MatchesNot => Probe::Matches(regex(value()?)?),
        Operator::Contains if matches!(name, Name::Marks | Name::Basis) => {
            Probe::Order(Order::Equal, read_value(&name, value()?, meaning)?)
        }
        Operator::Contains => Probe::Contains(value()?.text.clone()),
        Operator::Starts => Probe::Starts(value()?.text.clone()),
        Operator::Ends => Probe::Ends(value()?.text.clone()),
        Operator::In | Operator::NotIn => {
            Probe::Any(items.iter().map(|item| choice(&name, item, meaning)).collect::<Result<_, Fault>>()?)
        }
    };
    let node = Node::Test(Test { name, probe });
    let negated = matches!(operator, Operator::Unequal | Operator::MatchesNot | Operator::NotIn);
    Ok(if negated { Node::Not(Box::new(node)) } else { node })
}

/// Whether an operator says something of what a name stands for.
fn allowed(word: &Word, name: &Name, operator: Operator, items: &[Item]) -> Result<(), Fault> {
    use Operator::{Contains, Ends, In, Matches, MatchesNot, NotIn, Starts};
    let orders = matches!(operator, Operator::Less | Operator::AtMost | Operator::More | Operator::AtLeast);
    let of_text = matches!(operator, Matches | MatchesNot | Contains | Starts | Ends);
    let ranges = items.iter().any(|item| matches!(item, Item::Range(..))) && matches!(operator, In | NotIn);
    let (wrong, hint) = match name {
        Name::Moment(_) => {
            (of_text, "compare it with = != < <= > >= or `in A..B`; `stamp` is the stamp as written")
        }
        Name::Count(_) => (of_text, "compare it with = != < <= > >= or `in`"),
        Name::Level => (of_text, "compare it with = != < <= > >= or `in`: level >= warn"),
        Name::Pattern => (orders || ranges, "compare it with = != ~ starts or `in`"),
        Name::Marks => (orders || ranges || (of_text && operator != Contains), "write: mark = first"),
        Name::Basis => {
            (orders || ranges || (of_text && operator != Contains), "write: basis = zone:inferred")
        }
        Name::Local | Name::Text(_) | Name::Field(_) => (false, ""),
    };
    if !wrong {
        return Ok(());
    }
    let symbol = if ranges && !orders { ".." } else { operator.symbol() };
    Err(Fault::new(word.at.clone(), format!("`{}` cannot be asked with `{symbol}`", word.text), hint))
}

fn regex(word: &Word) -> Result<Regex, Fault> {
    RegexBuilder::new(&word.text).multi_line(true).size_limit(LARGEST).build().map_err(|error| {
        let text = error.to_string();
        let why = text.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
        let what = format!("`{}` is no regular expression: {why}", word.text);
        Fault::new(word.at.clone(), what, "`contains` looks for plain text")
    })
}

fn choice(name: &Name, item: &Item, meaning: &Meaning) -> Result<Choice, Fault> {
    let asks_text = matches!(name, Name::Field(_) | Name::Text(_));
    match item {
        Item::One(word) => {
            if asks_text
                && !word.quoted
                && let Some(net) = Net::read(&word.text)
            {
                return Ok(Choice::Net(net));
            }
            Ok(Choice::Is(read_value(name, word, meaning)?))
        }
        Item::Range(from, to) => {
            if asks_text && let Some(net) = Net::between(&from.text, &to.text) {
                return Ok(Choice::Net(net));
            }
            let both = || from.at.start..to.at.end;
            let (low, high) = (read_value(name, from, meaning)?, read_value(name, to, meaning)?);
            if !low.is_like(&high) {
                let what = "the two ends of this range are not of one kind";
                return Err(Fault::new(both(), what, "give both the same unit: in 100ms..2s"));
            }
            if low.is_above(&high) {
                let what = format!("this range is empty: {from} comes after {to}");
                return Err(Fault::new(both(), what, "write the smaller end first"));
            }
            Ok(Choice::Range(low, high))
        }
    }
}

/// Reads a value as what its name asks for.
fn read_value(name: &Name, word: &Word, meaning: &Meaning) -> Result<Value, Fault> {
    match name {
        Name::Moment(_) => instant(word, meaning),
        Name::Count(_) => match word.text.parse::<i128>() {
            Ok(number) => Ok(Value::Number(Number::Whole(number), word.text.clone())),
            Err(_) => Err(Fault::new(word.at.clone(), format!("`{}` is no whole number", word.text), "")),
        },
        Name::Level => Level::parse(word.text.as_bytes()).map(Value::Level).ok_or_else(|| {
            let words = || Level::ALL.iter().filter_map(|level| level.word());
            unknown(word, "level", words().collect(), "levels are")
        }),
        Name::Pattern => pattern(word),
        Name::Marks => match Mark::ALL.iter().find(|mark| mark.word() == word.text) {
            Some(mark) => Ok(Value::Mark(*mark)),
            None => Err(unknown(word, "mark", Mark::ALL.map(Mark::word).to_vec(), "marks are")),
        },
        Name::Basis => match Basis::of_word(&word.text) {
            Some(basis) => Ok(Value::Basis(basis)),
            None => Err(unknown(word, "word of a basis", Basis::all_words().collect(), "they are")),
        },
        Name::Local | Name::Text(_) => Ok(Value::Text(word.text.clone())),
        Name::Field(_) if word.quoted => Ok(Value::Text(word.text.clone())),
        Name::Field(_) => {
            let text = || word.text.clone();
            Ok(if let Some(number) = Number::read(&word.text) {
                Value::Number(number, text())
            } else if let Some(nanos) = duration(&word.text) {
                Value::Duration(nanos, text())
            } else if let Some(bytes) = size(&word.text) {
                Value::Size(bytes, text())
            } else {
                Value::Text(text())
            })
        }
    }
}

fn unknown(word: &Word, kind: &str, words: Vec<&'static str>, all: &str) -> Fault {
    let meant = closest(&word.text, words.iter().copied());
    let meant = meant.map_or_else(String::new, |meant| format!("did you mean `{meant}`? "));
    let hint = format!("{meant}{all} {}", words.join(" "));
    Fault::new(word.at.clone(), format!("`{}` is no {kind}", word.text), hint)
}

fn pattern(word: &Word) -> Result<Value, Fault> {
    let digits = word.text.strip_prefix('p').filter(|digits| digits.len() == 16);
    let number = digits.and_then(|digits| u64::from_str_radix(digits, 16).ok());
    number.map(Value::Pattern).ok_or_else(|| {
        let what = format!("`{}` is no pattern id", word.text);
        Fault::new(
            word.at.clone(),
            what,
            "one is p and 16 digits, as in --format jsonl; `starts` takes fewer",
        )
    })
}

/// An instant, and how far a value of so few parts reaches: `2014-12-12` is a day.
fn instant(word: &Word, meaning: &Meaning) -> Result<Value, Fault> {
    let wrong = |what: String| Fault::new(word.at.clone(), what, "");
    match parse_bound(&word.text, &meaning.zone, meaning.now) {
        Ok(Bound::At(at)) => {
            let text = word.text.trim();
            let is_date = text.as_bytes().get(4) == Some(&b'-');
            let seconds = match (is_date, text.len()) {
                (true, 10) => 86_400,
                (true, 13) => 3_600,
                (true, 16) => 60,
                (true, 19) => 1,
                _ => 0,
            };
            Ok(Value::Instant(at, at.saturating_add((seconds * NANOS_PER_SECOND).max(1))))
        }
        Ok(Bound::Relative(_)) => Err(wrong(format!("`{}` is a distance from another bound", word.text))),
        Err(error) => Err(wrong(error.to_string())),
    }
}
