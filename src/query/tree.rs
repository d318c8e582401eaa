//! An expression as it was typed, with the place of each word; printed, it reads back as the same.

use std::fmt;
use std::ops::Range;

/// A name or a value as typed.
#[derive(Clone, Debug)]
pub(super) struct Word {
    pub(super) text: String,
    /// In quotes: a name is then a field, a value is text.
    pub(super) quoted: bool,
    /// Bytes of the expression.
    pub(super) at: Range<usize>,
}

impl PartialEq for Word {
    /// Where it stands makes no other word of it.
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text && self.quoted == other.quoted
    }
}

/// What a name and a value are held together by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    Equal,
    Unequal,
    Less,
    AtMost,
    More,
    AtLeast,
    Matches,
    MatchesNot,
    Contains,
    Starts,
    Ends,
    In,
    NotIn,
}

impl Operator {
    pub(super) const fn symbol(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::Unequal => "!=",
            Self::Less => "<",
            Self::AtMost => "<=",
            Self::More => ">",
            Self::AtLeast => ">=",
            Self::Matches => "~",
            Self::MatchesNot => "!~",
            Self::Contains => "contains",
            Self::Starts => "starts",
            Self::Ends => "ends",
            Self::In => "in",
            Self::NotIn => "not in",
        }
    }
}

/// One value, or a range of them.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Item {
    One(Word),
    Range(Word, Word),
}

/// An expression.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Tree {
    Or(Vec<Tree>),
    And(Vec<Tree>),
    Not(Box<Tree>),
    Has(Word),
    /// Several items only behind `in`.
    Test(Word, Operator, Vec<Item>),
}

impl fmt::Display for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.quoted {
            return f.write_str(&self.text);
        }
        if !self.text.contains('\'') {
            return write!(f, "'{}'", self.text);
        }
        write!(f, "\"{}\"", self.text.replace('\\', "\\\\").replace('"', "\\\""))
    }
}

impl fmt::Display for Item {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::One(word) => word.fmt(f),
            Self::Range(from, to) => write!(f, "{from}..{to}"),
        }
    }
}

impl Tree {
    /// Writes a part of an `and`, an `or` or a `not`, in parentheses where it would fall apart.
    fn inner(&self, f: &mut fmt::Formatter<'_>, in_or: bool) -> fmt::Result {
        match self {
            Self::And(_) if in_or => write!(f, "{self}"),
            Self::And(_) | Self::Or(_) => write!(f, "({self})"),
            _ => write!(f, "{self}"),
        }
    }
}

impl fmt::Display for Tree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Or(parts) | Self::And(parts) => {
                let is_or = matches!(self, Self::Or(_));
                for (index, part) in parts.iter().enumerate() {
                    if index > 0 {
                        f.write_str(if is_or { " or " } else { " and " })?;
                    }
                    part.inner(f, is_or)?;
                }
                Ok(())
            }
            Self::Not(part) => {
                f.write_str("not ")?;
                part.inner(f, false)
            }
            Self::Has(name) => write!(f, "has {name}"),
            Self::Test(name, operator, items) => {
                write!(f, "{name} {} ", operator.symbol())?;
                match items.as_slice() {
                    [one] => one.fmt(f),
                    several => {
                        for (index, item) in several.iter().enumerate() {
                            f.write_str(if index == 0 { "(" } else { ", " })?;
                            item.fmt(f)?;
                        }
                        f.write_str(")")
                    }
                }
            }
        }
    }
}
