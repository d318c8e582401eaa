//! What is asked of records: the options that select, and `--where`, made into what the engine reads by.

use super::args::{Common, Where};
use super::context::Context;
use super::notice;
use super::resolve;
use crate::base::{Error, Result};
use crate::engine::Choice;
use crate::ingest::Filter;
use crate::query::{Meaning, Predicate};
use crate::text::clean;
use crate::time::Zone;

/// A filter, and an expression beside it.
#[derive(Debug)]
pub(super) struct Question {
    pub filter: Filter,
    predicate: Option<Predicate>,
    window: (i64, i64),
}

impl Question {
    /// Reads `--where` alone: a mistake is told before anything is read.
    pub(super) fn check(expression: &Where, zone: &Zone) -> Result<()> {
        predicate(expression, zone).map(drop)
    }

    /// The question of a command whose marks are those of the window that it reads.
    pub(super) fn of_window(
        common: &Common,
        level: Option<&str>,
        expression: &Where,
        zone: &Zone,
    ) -> Result<Self> {
        let mut filter = resolve::filter(common, level, zone)?;
        let predicate = predicate(expression, zone)?;
        if let Some(predicate) = &predicate {
            filter.level = filter.level.max(predicate.bounds().level);
        }
        Ok(Self { filter, predicate, window: (i64::MIN, i64::MAX) })
    }

    /// The question of a command whose marks are those of all that came before: who asks for marks has all of
    /// it read.
    pub(super) fn of_timeline(
        common: &Common,
        level: Option<&str>,
        expression: &Where,
        zone: &Zone,
    ) -> Result<Self> {
        let mut question = Self::of_window(common, level, expression, zone)?;
        if question.needs_marks() {
            let Filter { since, until, .. } = question.filter;
            if common.as_written && (since, until) != (i64::MIN, i64::MAX) {
                return Err(Error::new(
                    "--where asks for marks, and --as-written for a window: what is first in all logs is not known there; give one of them",
                ));
            }
            question.window = (since, until);
            (question.filter.since, question.filter.until) = (i64::MIN, i64::MAX);
        }
        Ok(question)
    }

    /// Whether every record of a stretch of time is wanted.
    pub(super) fn is_all(&self) -> bool {
        self.predicate.is_none() && self.filter.is_empty()
    }

    /// Whether it asks for marks.
    pub(super) fn needs_marks(&self) -> bool {
        self.predicate.as_ref().is_some_and(Predicate::needs_marks)
    }

    /// Reads no more than the times in the expression need, where nobody asks what came before.
    pub(super) fn narrow(&mut self) {
        if let Some(predicate) = &self.predicate
            && !self.needs_marks()
            && self.filter.as_written.is_none()
        {
            let bounds = predicate.bounds();
            self.filter.since = self.filter.since.max(bounds.since);
            self.filter.until = self.filter.until.min(bounds.until);
        }
    }

    /// The expression, for the engine.
    pub(super) fn choice(&self) -> Option<Choice<'_>> {
        self.predicate.as_ref().map(|predicate| Choice { predicate, window: self.window })
    }

    /// Tells on stderr of fields that were asked for and that no record has: mostly a slip of the finger.
    pub(super) fn tell_never_met(&self, context: &Context, quiet: bool) {
        let Some(predicate) = self.predicate.as_ref().filter(|_| !quiet) else { return };
        let known = context.field_names();
        for (field, meant) in predicate.never_met(&known) {
            let meant = match meant {
                Some(part) if part == field => format!("; the part `{part}` has no quotes and no `fields.`"),
                Some(meant) => format!("; did you mean `{meant}`?"),
                None => String::new(),
            };
            notice::tell(&format!("--where: no record that was asked has a field `{}`{meant}", clean(field)));
        }
    }
}

fn predicate(expression: &Where, zone: &Zone) -> Result<Option<Predicate>> {
    let meaning = Meaning { zone: zone.clone(), now: resolve::now() };
    expression.expression.as_deref().map(|text| Predicate::parse(text, &meaning)).transpose()
}
