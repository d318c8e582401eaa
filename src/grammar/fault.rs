//! A mistake in a grammar, shown to its author: file, line, column, the line with a caret, a hint.

use std::fmt;

/// One mistake at one place of one grammar file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    file: String,
    line: usize,
    column: usize,
    text: String,
    message: String,
    hint: Option<String>,
}

impl Fault {
    /// A mistake at byte `at` of `source`, the text of `file`.
    pub(super) fn new(file: &str, source: &str, at: usize, message: impl Into<String>) -> Self {
        let at = (0..=at.min(source.len())).rev().find(|at| source.is_char_boundary(*at)).unwrap_or(0);
        let start = source[..at].rfind('\n').map_or(0, |newline| newline + 1);
        let text = source[start..].lines().next().unwrap_or_default();
        Self {
            file: file.to_owned(),
            line: source[..at].matches('\n').count() + 1,
            column: source[start..at].chars().count() + 1,
            text: text.to_owned(),
            message: message.into(),
            hint: None,
        }
    }

    /// Adds what to do about it.
    #[must_use]
    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = self.line.to_string();
        let gutter = " ".repeat(number.len());
        writeln!(f, "{}:{}:{}: {}", self.file, self.line, self.column, self.message)?;
        writeln!(f, "{gutter} |")?;
        writeln!(f, "{number} | {}", self.text)?;
        write!(f, "{gutter} | {}^", " ".repeat(self.column - 1))?;
        if let Some(hint) = &self.hint {
            write!(f, "\n{gutter} = hint: {hint}")?;
        }
        Ok(())
    }
}

/// The known word nearest to `word`, when it is near enough to be a slip of the fingers.
pub(super) fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    known
        .into_iter()
        .map(|candidate| (distance(word, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= 1 + candidate.len() / 4)
        .min()
        .map(|(_, candidate)| candidate)
}

/// Levenshtein distance over bytes.
fn distance(left: &str, right: &str) -> usize {
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (i, a) in left.bytes().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in right.bytes().enumerate() {
            let next = (diagonal + usize::from(a != b)).min(row[j] + 1).min(row[j + 1] + 1);
            diagonal = row[j + 1];
            row[j + 1] = next;
        }
    }
    row[right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_caret_stands_under_the_mistake() {
        let source = "name = 'x'\npattern = '{time:%Q}'\n";
        let fault =
            Fault::new("x.toml", source, source.find("%Q").unwrap_or(0), "no such part").hint("see docs");
        assert_eq!(
            fault.to_string(),
            "x.toml:2:18: no such part\n  |\n2 | pattern = '{time:%Q}'\n  |                  ^\n  = hint: see docs"
        );
    }

    #[test]
    fn slips_are_recognised() {
        assert_eq!(nearest("wrod", ["word", "int", "rest"]), None.or(Some("word")));
        assert_eq!(nearest("banana", ["word", "int"]), None);
    }
}
