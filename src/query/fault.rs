//! What is wrong with an expression, where, and what was probably meant.

use std::ops::Range;

use crate::base::Error;
use crate::text::{clean, width};

/// A mistake in an expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    /// Bytes of the expression that are to blame.
    pub(super) at: Range<usize>,
    /// What is wrong, as part of a sentence.
    pub(super) what: String,
    /// What to do.
    pub(super) hint: String,
}

impl Fault {
    pub(super) fn new(at: Range<usize>, what: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { at, what: what.into(), hint: hint.into() }
    }

    /// The sentence, the expression with a mark under the place, and the hint.
    pub(super) fn explain(&self, expression: &str) -> Error {
        // Control characters would move the mark; each line break is one column.
        let shown = |text: &str| clean(&text.replace(['\n', '\t', '\r'], " "));
        let cut =
            |at: usize| (0..=at.min(expression.len())).rev().find(|at| expression.is_char_boundary(*at));
        let (start, end) = (cut(self.at.start).unwrap_or(0), cut(self.at.end).unwrap_or(0));
        let before = width(&shown(&expression[..start]));
        let marked = width(&shown(&expression[start..end.max(start)])).max(1);
        let mut text = format!(
            "--where: {}\n  {}\n  {}{}",
            self.what,
            shown(expression),
            " ".repeat(before),
            "^".repeat(marked)
        );
        if !self.hint.is_empty() {
            text.push_str("\n  ");
            text.push_str(&self.hint);
        }
        Error::new(text)
    }
}
