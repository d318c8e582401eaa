//! Tables: a header line names columns, rows below it fill them.
//!
//! Whether a line is a row is told by the line alone (it starts with its time), as for every format.
//! What its cells are called needs the header, which may stand far above: whoever wants names keeps the
//! [`Columns`] of the header that holds for the line.

use std::sync::Arc;

use super::schema::TableFile;

/// What a column means to whoever watches the table for changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// The stamp: always the first column.
    Time,
    /// What the row is about; several such columns name it together.
    Entity,
    /// How long the state has lasted.
    Age,
    /// A state that an age speaks of; a smaller number is more telling.
    State(u8),
    /// A counter of changes.
    Count,
    /// Anything else.
    Other,
}

/// The vocabulary of a table's grammar.
#[derive(Clone, Debug)]
pub struct TableSpec {
    typed: TableFile,
}

impl TableSpec {
    pub(super) fn new(typed: TableFile) -> Self {
        Self { typed }
    }

    fn role(&self, index: usize, name: &str) -> Role {
        let place = |words: &[String]| words.iter().position(|word| word.eq_ignore_ascii_case(name));
        let typed = &self.typed;
        if index == 0 {
            Role::Time
        } else if place(&typed.entity).is_some() {
            Role::Entity
        } else if place(&typed.age).is_some() {
            Role::Age
        } else if let Some(rank) = place(&typed.state) {
            Role::State(u8::try_from(rank).unwrap_or(u8::MAX))
        } else if place(&typed.count).is_some() {
            Role::Count
        } else {
            Role::Other
        }
    }

    /// Whether a value speaks of health.
    pub fn is_good(&self, value: &str) -> bool {
        self.typed.good.iter().any(|word| word.eq_ignore_ascii_case(value))
    }

    /// Whether a value speaks of trouble.
    pub fn is_bad(&self, value: &str) -> bool {
        self.typed.bad.iter().any(|word| word.eq_ignore_ascii_case(value))
    }
}

/// What stands between two cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Separator {
    /// This byte, blanks around it or not; `"..."` protects it.
    Byte(u8),
    /// A tab, or two blanks or more.
    Wide,
    /// Any blanks.
    Blank,
}

/// The columns that one header names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Columns {
    separator: Separator,
    names: Vec<String>,
    roles: Vec<Role>,
}

/// Longest name of a column, and most columns, that a header may have: anything beyond is prose.
const LONGEST_NAME: usize = 40;
const MOST_COLUMNS: usize = 256;
/// A header is short.
const LONGEST_HEADER: usize = 4096;

impl Columns {
    /// The columns of a header line; `None` when the line is none.
    pub fn header(spec: &TableSpec, line: &[u8]) -> Option<Self> {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.len() > LONGEST_HEADER {
            return None;
        }
        let line = line.strip_prefix(b"#").unwrap_or(line);
        let text = std::str::from_utf8(line).ok()?.trim();
        // Cheap: most lines that are asked about are none.
        let first: &str = text.split([',', ';', '|', '\t']).next()?;
        let separator = match text.as_bytes().get(first.len()) {
            Some(b'\t') => Separator::Wide,
            Some(byte) => Separator::Byte(*byte),
            None if text.contains("  ") => Separator::Wide,
            None => Separator::Blank,
        };
        let columns = Self { separator, names: Vec::new(), roles: Vec::new() };
        let mut names: Vec<String> = Vec::new();
        for cell in columns.split(text.as_bytes()).take(MOST_COLUMNS + 1) {
            let name = std::str::from_utf8(cell).ok()?;
            if names.is_empty() && !spec.typed.time.iter().any(|word| word.eq_ignore_ascii_case(name)) {
                return None;
            }
            let starts = name.starts_with(|c: char| c.is_alphabetic() || matches!(c, '_' | '%' | '@'));
            if !starts || name.len() > LONGEST_NAME {
                return None;
            }
            names.push(name.to_owned());
        }
        let roles: Vec<Role> = names.iter().enumerate().map(|(index, name)| spec.role(index, name)).collect();
        let known = roles.iter().skip(1).any(|role| *role != Role::Other);
        // Blanks alone separate the words of any sentence: such a header must say something we know.
        let least = if matches!(separator, Separator::Byte(_)) { 2 } else { 3 };
        if names.len() < least || names.len() > MOST_COLUMNS || (least == 3 && !known) {
            return None;
        }
        Some(Self { separator, names: unique(names), roles })
    }

    /// The columns of a section, from the names behind the stamp of its header.
    pub fn section(names: &[u8]) -> Self {
        let cells = names.split(u8::is_ascii_whitespace).filter(|cell| !cell.is_empty()).take(MOST_COLUMNS);
        let cells = cells.map(|cell| String::from_utf8_lossy(cell).into_owned());
        let names = unique(std::iter::once("time".to_owned()).chain(cells).collect());
        let roles = vec![Role::Other; names.len()];
        Self { separator: Separator::Blank, names, roles }
    }

    /// How many columns there are, the time included.
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// Never: a header has at least two.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// A column's name.
    pub fn name(&self, column: usize) -> &str {
        self.names.get(column).map_or("", String::as_str)
    }

    /// A column's meaning.
    pub fn role(&self, column: usize) -> Role {
        self.roles.get(column).copied().unwrap_or(Role::Other)
    }

    /// The cells of a row behind its stamp, with their columns. Ragged rows are what they are: cells
    /// that lack are not there, cells beyond the last column have no name.
    pub fn cells<'a>(&'a self, rest: &'a [u8]) -> impl Iterator<Item = (usize, &'a [u8])> {
        let mut rest = rest.trim_ascii_start();
        if let Separator::Byte(byte) = self.separator {
            rest = rest.strip_prefix(&[byte]).unwrap_or(rest);
        }
        let nothing = rest.is_empty();
        self.split(rest).enumerate().filter(move |_| !nothing).map(|(index, cell)| (index + 1, cell))
    }

    /// How many cells stand behind a row's stamp.
    pub(super) fn count_cells(&self, rest: &[u8]) -> usize {
        self.cells(rest).count()
    }

    /// Calls `visit(name, value)` for every cell behind a row's stamp that is not empty.
    pub fn fields(&self, rest: &[u8], mut visit: impl FnMut(&str, &[u8])) {
        for (column, cell) in self.cells(rest).filter(|(_, cell)| !cell.is_empty()) {
            match self.names.get(column) {
                Some(name) => visit(name, cell),
                None => visit(&format!("column_{}", column + 1), cell),
            }
        }
    }

    /// The cells of a text, trimmed, without their quotes.
    fn split<'a>(&self, text: &'a [u8]) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        let separator = self.separator;
        let mut rest = Some(text.trim_ascii());
        std::iter::from_fn(move || {
            let text = rest?;
            let quoted = matches!(separator, Separator::Byte(_)) && text.first() == Some(&b'"');
            let from = if quoted { closing_quote(text).unwrap_or(0) } else { 0 };
            let blank = |byte: &u8| matches!(byte, b' ' | b'\t');
            let end = match separator {
                Separator::Byte(byte) => text[from..].iter().position(|other| *other == byte),
                Separator::Blank => text.iter().position(blank),
                Separator::Wide => {
                    let tab = text.iter().position(|byte| *byte == b'\t');
                    let wide = text.windows(2).position(|pair| pair == b"  ");
                    tab.into_iter().chain(wide).min()
                }
            };
            let Some(end) = end.map(|end| end + from) else {
                rest = None;
                return Some(unquoted(text.trim_ascii()));
            };
            let skip = match separator {
                Separator::Byte(_) => 1,
                _ => text[end..].iter().take_while(|byte| blank(byte)).count(),
            };
            rest = Some(text[end + skip..].trim_ascii_start());
            Some(unquoted(text[..end].trim_ascii()))
        })
    }
}

/// Which columns hold from which line of a file on.
#[derive(Clone, Debug, Default)]
pub struct Headers {
    /// The different headers, and which of them holds from which line on.
    kinds: Vec<Arc<Columns>>,
    from: Vec<(u64, usize)>,
    /// From here on there were too many.
    end: Option<u64>,
}

impl Headers {
    /// Two tables that take turns in one file change columns all the time; a hundred tables do not.
    const MOST_KINDS: usize = 100;
    const MOST_TURNS: usize = 1_000_000;

    /// A header on a line, below all others. The same one once more changes nothing.
    pub fn put(&mut self, line: u64, columns: Columns) {
        let known = self.kinds.iter().position(|kind| **kind == columns);
        if self.end.is_some() || known.is_some() && known == self.from.last().map(|(_, kind)| *kind) {
            return;
        }
        if self.from.len() >= Self::MOST_TURNS || known.is_none() && self.kinds.len() >= Self::MOST_KINDS {
            self.end = Some(line);
            return;
        }
        let kind = known.unwrap_or(self.kinds.len());
        if known.is_none() {
            self.kinds.push(Arc::new(columns));
        }
        self.from.push((line, kind));
    }

    /// The columns of a line; none above the first header, or where headers change beyond all reason.
    pub fn at(&self, line: u64) -> Option<&Arc<Columns>> {
        let above = self.from.partition_point(|(from, _)| *from <= line);
        let (_, kind) = self.from.get(above.checked_sub(1)?)?;
        self.kinds.get(*kind).filter(|_| self.end.is_none_or(|end| line < end))
    }

    /// The line from which on headers were too many to follow.
    pub fn lost_from(&self) -> Option<u64> {
        self.end
    }

    /// What holds at the top of the next file of a rotation.
    #[must_use]
    pub fn carried(&self) -> Self {
        let last =
            self.from.last().and_then(|(_, kind)| self.kinds.get(*kind)).filter(|_| self.end.is_none());
        let kinds: Vec<Arc<Columns>> = last.cloned().into_iter().collect();
        Self { from: kinds.iter().map(|_| (0, 0)).collect(), kinds, end: None }
    }
}

/// Where the quote that opens a cell closes, one past it; a doubled quote does not close.
fn closing_quote(text: &[u8]) -> Option<usize> {
    let mut at = 1;
    loop {
        at += text.get(at..)?.iter().position(|byte| *byte == b'"')? + 1;
        match text.get(at) {
            Some(b'"') => at += 1,
            _ => return Some(at),
        }
    }
}

fn unquoted(cell: &[u8]) -> &[u8] {
    match cell {
        [b'"', inner @ .., b'"'] => inner,
        _ => cell,
    }
}

/// Names that stand there more than once get a number from the second on: `ping`, `ping_2`.
fn unique(names: Vec<String>) -> Vec<String> {
    let mut out: Vec<String> = Vec::with_capacity(names.len());
    for name in names {
        let numbered = (2..).map(|number| format!("{name}_{number}"));
        let fresh = std::iter::once(name.clone()).chain(numbered).find(|name| !out.contains(name));
        out.push(fresh.unwrap_or(name));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grammar::GrammarSet;

    fn columns(header: &str) -> Option<Columns> {
        let set = GrammarSet::embedded().expect("the built-in grammars");
        let spec = set.iter().find_map(|(_, grammar)| grammar.table.clone()).expect("a table grammar");
        Columns::header(&spec, header.as_bytes())
    }

    fn fields(header: &str, rest: &str) -> Vec<(String, String)> {
        let mut out = Vec::new();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let columns = columns(header).expect("a header");
        columns.fields(rest.as_bytes(), |name, value| out.push((name.to_owned(), text(value))));
        out
    }

    fn pairs(found: &[(String, String)]) -> Vec<(&str, &str)> {
        found.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
    }

    #[test]
    fn headers_are_told_from_prose() {
        assert!(columns("date,\t\t if,\tcarr,\tping,\tping\r").is_some());
        assert!(columns("# time  name  state").is_some());
        assert!(columns("time name age").is_some());
        for other in [
            "",
            "date",
            "date of the last change",
            "Time flies like an arrow",
            "if, date, state",
            "date, 1, 2",
            "2017-11-30T18:57:12+0900, dp0bond0, 0",
            "time,,",
        ] {
            assert_eq!(columns(other), None, "{other}");
        }
    }

    #[test]
    fn ragged_rows_are_what_they_are() {
        let header = "date, if, ping, ping";
        assert_eq!(pairs(&fields(header, ", eth0, 1, 0")), [("if", "eth0"), ("ping", "1"), ("ping_2", "0")]);
        assert_eq!(pairs(&fields(header, ", eth0")), [("if", "eth0")]);
        assert_eq!(pairs(&fields(header, ", , , 0")), [("ping_2", "0")]);
        assert_eq!(pairs(&fields(header, ",a,b,c,d")).last(), Some(&("column_5", "d")));
        assert_eq!(pairs(&fields(header, "")), []);
        assert_eq!(pairs(&fields(header, ",\"a, b\",1")), [("if", "a, b"), ("ping", "1")]);
        assert_eq!(
            pairs(&fields(header, ",\"a, b,1")),
            [("if", "\"a"), ("ping", "b"), ("ping_2", "1")].map(|(a, b)| (a, b.trim_end_matches(',')))
        );
    }

    #[test]
    fn tables_that_take_turns_keep_their_names() {
        let (a, b) = (columns("date, if, x").expect("a header"), columns("date, disk, y").expect("a header"));
        let mut headers = Headers::default();
        for line in 1..5_000 {
            headers.put(2 * line, if line % 2 == 0 { a.clone() } else { b.clone() });
        }
        assert_eq!(headers.at(1), None);
        assert_eq!(headers.at(9_001).map(|columns| columns.name(1)), Some("if"));
        assert_eq!(headers.at(9_003).map(|columns| columns.name(1)), Some("disk"));
        assert_eq!(headers.carried().at(1).map(|columns| columns.name(1)), Some("disk"));
        for kind in 0..200 {
            headers.put(20_000 + kind, columns(&format!("date, if, x{kind}")).expect("a header"));
        }
        assert_eq!(headers.lost_from(), Some(20_098));
        assert!(
            headers.at(20_097).is_some() && headers.at(20_098).is_none() && headers.carried().at(1).is_none()
        );
    }

    #[test]
    fn wide_tables_keep_single_blanks() {
        let header = "TIME                  NAME    RESTARTS      AGE";
        let found = fields(header, "  web-1   2 (30s ago)   5m");
        assert_eq!(pairs(&found), [("NAME", "web-1"), ("RESTARTS", "2 (30s ago)"), ("AGE", "5m")]);
    }
}
