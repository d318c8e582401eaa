//! `--where`: an expression, understood and ready to be asked of any row.

use std::sync::atomic::{AtomicBool, Ordering};

use super::ask::Node;
use super::bounds::Bounds;
use super::check::check;
use super::name::{Name, closest_name};
use super::parse::parse;
use super::row::Row;
use crate::base::Result;
use crate::time::Zone;

/// What words in an expression are read with.
#[derive(Clone, Debug)]
pub struct Meaning {
    /// The zone of times that name none.
    pub zone: Zone,
    /// Now, nanoseconds since 1970.
    pub now: i64,
}

/// A field that is asked for, and whether any row was asked for it and had it.
#[derive(Debug)]
struct Asked {
    field: String,
    asked: AtomicBool,
    met: AtomicBool,
}

/// An expression that is ready to be asked.
#[derive(Debug)]
pub struct Predicate {
    node: Node,
    zone: Zone,
    printed: String,
    needs_marks: bool,
    fields: Vec<Asked>,
}

impl Predicate {
    /// Reads an expression. An error shows the place and, where it can, what was meant.
    pub fn parse(text: &str, meaning: &Meaning) -> Result<Self> {
        let tree = parse(text).map_err(|fault| fault.explain(text))?;
        let node = check(&tree, meaning).map_err(|fault| fault.explain(text))?;
        let mut fields: Vec<Asked> = Vec::new();
        let mut needs_marks = false;
        node.visit(&mut |test| match &test.name {
            Name::Marks => needs_marks = true,
            Name::Field(name) if !fields.iter().any(|asked| asked.field == *name) => {
                let (asked, met) = (AtomicBool::new(false), AtomicBool::new(false));
                fields.push(Asked { field: name.clone(), asked, met });
            }
            _ => {}
        });
        Ok(Self { node, zone: meaning.zone.clone(), printed: tree.to_string(), needs_marks, fields })
    }

    /// Whether a row is wanted; `None` where that hangs on marks that it does not know yet.
    pub fn wants(&self, row: &dyn Row) -> Option<bool> {
        self.node.ask(row, &self.zone, &|name, met| {
            if let Some(asked) = self.fields.iter().find(|asked| asked.field == name) {
                asked.asked.store(true, Ordering::Relaxed);
                if met {
                    asked.met.store(true, Ordering::Relaxed);
                }
            }
        })
    }

    /// Whether it asks for marks: those are known only when all that came before was read.
    pub const fn needs_marks(&self) -> bool {
        self.needs_marks
    }

    /// What every wanted row must be like.
    pub fn bounds(&self) -> Bounds {
        Bounds::of(&self.node)
    }

    /// Whether it asks for fields that no row had so far.
    pub fn misses_fields(&self) -> bool {
        self.fields.iter().any(|asked| !asked.met.load(Ordering::Relaxed))
    }

    /// Fields that no row had although rows were asked for them, each with the name that was probably meant:
    /// one of `known`, or of the parts that every event has.
    pub fn never_met<'a>(&'a self, known: &'a [String]) -> impl Iterator<Item = (&'a str, Option<&'a str>)> {
        let unmet =
            |asked: &&Asked| asked.asked.load(Ordering::Relaxed) && !asked.met.load(Ordering::Relaxed);
        let unmet = self.fields.iter().filter(unmet);
        unmet.map(move |asked| (asked.field.as_str(), closest_name(&asked.field, known)))
    }
}

impl std::fmt::Display for Predicate {
    /// In the spelling that all spellings of it have in common.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.printed)
    }
}
