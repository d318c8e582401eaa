//! Which rows an answer needs: told from few columns, so that the others are read for those rows alone.
//!
//! It never leaves out a row that is wanted; rows that are not may be among what it names, and are left out when
//! their records are seen.

use std::ops::Range;

use parquet::arrow::arrow_reader::RowSelector;

use super::open::{OpenPart, selection};
use super::outline::Outlines;
use super::rows::StoredRows;
use super::schema::Column;
use crate::base::{Level, Result};
use crate::engine::Choice;
use crate::ingest::{Filter, Picker};
use crate::query::{Bounds, Part};

/// Rows that are looked at together: their columns stay in the processor's caches.
const ROWS: usize = 8_192;

/// What is known of all rows that are wanted.
pub(super) struct Wanted<'a> {
    filter: &'a Filter,
    bounds: Bounds,
    /// Patterns that may hold the text that is looked for, where outlines tell.
    patterns: Option<Vec<u64>>,
}

impl<'a> Wanted<'a> {
    /// What a filter and a choice want. `outlines` reads them, where a text is looked for.
    pub(super) fn new(
        filter: &'a Filter,
        choice: Option<Choice<'_>>,
        outlines: impl FnOnce() -> Option<Outlines>,
    ) -> Self {
        let mut bounds = choice.map_or_else(Bounds::default, |choice| {
            let bounds = choice.predicate.bounds();
            let (since, until) = choice.window;
            Bounds { since: bounds.since.max(since), until: bounds.until.min(until), ..bounds }
        });
        bounds.level = bounds.level.max(filter.level);
        let literal = filter.text.as_ref().and_then(|picker| picker.literal());
        let patterns = literal.and_then(|text| outlines()?.patterns(text));
        Self { filter, bounds, patterns }
    }

    /// The stretch of time in which all of them stand.
    pub(super) fn window(&self) -> (i64, i64) {
        if self.bounds.nothing {
            return (i64::MAX, i64::MAX);
        }
        (self.filter.since.max(self.bounds.since), self.filter.until.min(self.bounds.until))
    }

    /// Which of these rows of a part may be wanted; `None` for all.
    pub(super) fn rows(&self, open: &OpenPart, rows: &Range<u64>) -> Result<Option<Vec<bool>>> {
        let columns = self.columns();
        let text = self.filter.text.as_deref().filter(|_| self.patterns.is_none());
        if columns.is_empty() && text.is_none() {
            return Ok(None);
        }
        let mut wanted = vec![true; rows.end.saturating_sub(rows.start) as usize];
        if !columns.is_empty() {
            let mut rest = &mut wanted[..];
            for read in open.read_some(&selection(rows.clone()), ROWS, Some(&columns))? {
                let Some(these) = rest.split_off_mut(..read.len()) else { break };
                self.by_columns(&read, these);
            }
        }
        if let Some(picker) = text.filter(|_| wanted.contains(&true)) {
            by_text(open, rows, picker, &mut wanted)?;
        }
        Ok(Some(wanted))
    }

    /// The columns that tell something.
    fn columns(&self) -> Vec<Column> {
        let Self { filter, bounds, patterns } = self;
        let mut columns: Vec<Column> = bounds.equal.keys().filter_map(|part| column(*part)).collect();
        let asked = [
            (Column::Level, bounds.level > Level::Unknown),
            (Column::Pattern, bounds.patterns.is_some() || patterns.is_some()),
            (Column::Host, !filter.hosts.is_empty()),
            (Column::Program, !filter.programs.is_empty()),
        ];
        columns.extend(asked.iter().filter(|(_, asked)| *asked).map(|(column, _)| *column));
        columns
    }

    /// Takes out rows of which a column says that they are not wanted.
    fn by_columns(&self, rows: &StoredRows, wanted: &mut [bool]) {
        let Self { filter, bounds, patterns } = self;
        if bounds.level > Level::Unknown {
            rows.keep(Column::Level, wanted, |word| {
                word.and_then(|word| Level::parse(word.as_bytes())).unwrap_or_default() >= bounds.level
            });
        }
        if bounds.patterns.is_some() || patterns.is_some() {
            let any = |pattern: u64| {
                bounds.patterns.as_ref().is_none_or(|these| these.contains(&pattern))
                    && patterns.as_ref().is_none_or(|these| these.binary_search(&pattern).is_ok())
            };
            rows.keep(Column::Pattern, wanted, |text| {
                text.is_none_or(|text| any(StoredRows::pattern_of(text)))
            });
        }
        if !filter.hosts.is_empty() {
            rows.keep(Column::Host, wanted, |host| filter.wants_host(host));
        }
        if !filter.programs.is_empty() {
            rows.keep(Column::Program, wanted, |program| filter.wants_program(program));
        }
        for (part, texts) in &bounds.equal {
            if let Some(column) = column(*part) {
                rows.keep(column, wanted, |text| text.is_some_and(|text| texts.contains(text)));
            }
        }
    }
}

/// The column of a part that is one of few texts.
fn column(part: Part) -> Option<Column> {
    match part {
        Part::Source => Some(Column::Source),
        Part::File => Some(Column::File),
        Part::Host => Some(Column::Host),
        Part::Program => Some(Column::Program),
        Part::Format => Some(Column::Format),
        Part::Stamp | Part::Message => None,
    }
}

/// Takes out rows whose records do not hold what is looked for.
fn by_text(open: &OpenPart, rows: &Range<u64>, picker: &dyn Picker, wanted: &mut [bool]) -> Result<()> {
    let read = open.read_some(&selected(rows.start, wanted), ROWS, Some(&StoredRows::TEXT))?;
    let (mut bytes, mut ends) = (Vec::new(), Vec::new());
    let mut these = wanted.iter_mut().filter(|wanted| **wanted);
    for rows in read {
        bytes.clear();
        ends.clear();
        for row in 0..rows.len() as u32 {
            rows.push_text(row, &mut bytes);
            ends.push(bytes.len());
            bytes.push(b'\n');
        }
        let none = picker.rules_out(&bytes);
        let mut start = 0;
        for (end, wanted) in ends.iter().zip(these.by_ref()) {
            *wanted = !none && picker.wants(&bytes[start..*end]);
            start = end + 1;
        }
    }
    Ok(())
}

/// The wanted rows of those from `start` on, as a selection of a part's rows.
pub(super) fn selected(start: u64, wanted: &[bool]) -> Vec<RowSelector> {
    let mut rows = vec![RowSelector::skip(start as usize)];
    for run in wanted.chunk_by(|a, b| a == b) {
        rows.push(if run[0] { RowSelector::select(run.len()) } else { RowSelector::skip(run.len()) });
    }
    rows
}
