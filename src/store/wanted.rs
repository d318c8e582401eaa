//! Which rows an answer needs: told from few columns, so that the others are read for those rows alone.
//!
//! It never leaves out a row that is wanted; rows that are not may be among what it names, and are left out when
//! their records are seen.

use std::collections::HashMap;
use std::ops::Range;
use std::path::Path;

use parquet::arrow::arrow_reader::RowSelector;
use rayon::prelude::*;

use super::index::{PartIndex, Unpacker};
use super::joined::Joined;
use super::manifest::PartEntry;
use super::open::{OpenPart, selection};
use super::outline::Outlines;
use super::rows::StoredRows;
use super::schema::Column;
use super::sought::{Told, Verdict, told};
use crate::base::{Level, Result};
use crate::engine::Choice;
use crate::ingest::{Filter, Picker};
use crate::query::{Automaton, Bounds, Part};

/// Rows that are looked at together: their columns stay in the processor's caches.
const ROWS: usize = 8_192;

/// What is known of all rows that are wanted.
pub(super) struct Wanted<'a> {
    filter: &'a Filter,
    bounds: Bounds,
    /// What is looked for, and whether what holds it is not wanted.
    automaton: Option<(Automaton, bool)>,
    joined: Option<Joined>,
    /// What indexes tell, by the path of their part.
    answers: HashMap<&'a str, Answer>,
}

/// What the index of a part tells of rows that are wanted.
#[derive(Debug)]
pub(super) enum Answer {
    /// What their patterns tell.
    Told(Told),
    /// Those that may be, where joined numbers are looked for; and whether all of them are.
    Rows(Vec<u32>, bool),
}

impl Answer {
    /// How many rows are wanted, where that is known.
    pub(super) fn count(&self) -> Option<u64> {
        match self {
            Self::Told(told) => (told.perhaps == 0).then_some(told.always),
            Self::Rows(rows, exact) => (*exact || rows.is_empty()).then_some(rows.len() as u64),
        }
    }
}

impl<'a> Wanted<'a> {
    /// What a filter and a choice want.
    pub(super) fn new(filter: &'a Filter, choice: Option<Choice<'_>>) -> Self {
        let mut bounds = choice.map_or_else(Bounds::default, |choice| {
            let bounds = choice.predicate.bounds();
            let (since, until) = choice.window;
            Bounds { since: bounds.since.max(since), until: bounds.until.min(until), ..bounds }
        });
        bounds.level = bounds.level.max(filter.level);
        let picker = filter.text.as_ref();
        let expression = picker.and_then(|picker| picker.expression());
        let automaton = expression.and_then(|(text, inverted)| Some((Automaton::new(text)?, inverted)));
        let joined = picker.and_then(|picker| {
            let mut joined = Joined::of(picker.required()?)?;
            joined.whole &= picker.literal() == picker.required();
            Some(joined)
        });
        Self { filter, bounds, automaton, joined, answers: HashMap::new() }
    }

    /// Asks the indexes of parts. Parts in which nothing is wanted are those whose answer counts none.
    pub(super) fn look(&mut self, root: &Path, parts: &[&'a PartEntry]) {
        let Some((automaton, inverted)) = &self.automaton else { return };
        let answer = |unpacker: &mut Unpacker, part: &&'a PartEntry| {
            let mut index = PartIndex::open(root, part)?;
            let joined = self.joined.as_ref();
            let rows =
                joined.and_then(|joined| Some(Answer::Rows(joined.rows(&index.joined()?)?, joined.whole)));
            let answer = match rows {
                Some(rows) => rows,
                None => {
                    let bytes = index.outlines(unpacker)?;
                    Answer::Told(told(&Outlines::from_bytes(bytes)?, automaton.walker(), *inverted))
                }
            };
            Some((part.path.as_str(), answer))
        };
        let answers = parts.par_iter().map_init(Unpacker::default, answer);
        self.answers = answers.flatten_iter().collect();
    }

    /// What the index of a part told.
    pub(super) fn answer(&self, part: &PartEntry) -> Option<&Answer> {
        self.answers.get(part.path.as_str())
    }

    /// The stretch of time in which all of them stand.
    pub(super) fn window(&self) -> (i64, i64) {
        if self.bounds.nothing {
            return (i64::MAX, i64::MAX);
        }
        (self.filter.since.max(self.bounds.since), self.filter.until.min(self.bounds.until))
    }

    /// Which of these rows of a part may be wanted; `None` for all. Those whose text alone was asked for are.
    pub(super) fn rows(
        &self,
        part: &PartEntry,
        open: &OpenPart,
        rows: &Range<u64>,
    ) -> Result<Option<Vec<bool>>> {
        let count = rows.end.saturating_sub(rows.start) as usize;
        let (told, listed) = match self.answer(part) {
            Some(Answer::Told(told)) => (Some(told), None),
            Some(Answer::Rows(listed, exact)) => (None, Some((listed, *exact))),
            None => (None, None),
        };
        let columns = self.columns(told);
        if columns.is_empty() && listed.is_none() && self.filter.text.is_none() {
            return Ok(None);
        }
        let mut wanted = vec![listed.is_none(); count];
        for row in listed.iter().flat_map(|(listed, _)| *listed) {
            let place = u64::from(*row).checked_sub(rows.start);
            if let Some(wanted) = place.and_then(|place| wanted.get_mut(place as usize)) {
                *wanted = true;
            }
        }
        // Whose texts must be read to know.
        let exact = listed.is_some_and(|(_, exact)| exact);
        let mut unsure = vec![self.filter.text.is_some() && !exact; count];
        if !columns.is_empty() && wanted.contains(&true) {
            let (mut wanted, mut unsure) = (&mut wanted[..], &mut unsure[..]);
            for read in open.read_some(&selection(rows.clone()), ROWS, Some(&columns))? {
                let these = (wanted.split_off_mut(..read.len()), unsure.split_off_mut(..read.len()));
                let (Some(these), Some(open)) = these else { break };
                self.by_columns(&read, these);
                if let Some(told) = told {
                    by_patterns(&read, told, these, open);
                }
            }
        }
        unsure.iter_mut().zip(&wanted).for_each(|(unsure, wanted)| *unsure &= wanted);
        if let Some(picker) = self.filter.text.as_deref().filter(|_| unsure.contains(&true)) {
            by_text(open, rows.start, picker, (&mut wanted, &unsure))?;
        }
        Ok(Some(wanted))
    }

    /// The columns that tell something.
    fn columns(&self, told: Option<&Told>) -> Vec<Column> {
        let Self { filter, bounds, .. } = self;
        let mut columns: Vec<Column> = bounds.equal.keys().filter_map(|part| column(*part)).collect();
        let asked = [
            (Column::Level, bounds.level > Level::Unknown),
            (Column::Pattern, bounds.patterns.is_some() || told.is_some()),
            (Column::Host, !filter.hosts.is_empty()),
            (Column::Program, !filter.programs.is_empty()),
        ];
        columns.extend(asked.iter().filter(|(_, asked)| *asked).map(|(column, _)| *column));
        columns
    }

    /// Takes out rows of which a column says that they are not wanted.
    fn by_columns(&self, rows: &StoredRows, wanted: &mut [bool]) {
        let Self { filter, bounds, .. } = self;
        if bounds.level > Level::Unknown {
            rows.keep(Column::Level, wanted, |word| {
                word.and_then(|word| Level::parse(word.as_bytes())).unwrap_or_default() >= bounds.level
            });
        }
        if let Some(patterns) = &bounds.patterns {
            rows.keep(Column::Pattern, wanted, |text| {
                text.is_none_or(|text| patterns.contains(&StoredRows::pattern_of(text)))
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

/// Takes out rows whose patterns never are wanted, and rows that always are out of those that are `unsure`.
fn by_patterns(rows: &StoredRows, told: &Told, wanted: &mut [bool], unsure: &mut [bool]) {
    let of = |text: Option<&str>| text.map_or(Verdict::Perhaps, |text| told.of(StoredRows::pattern_of(text)));
    rows.keep(Column::Pattern, wanted, |text| of(text) != Verdict::Never);
    rows.keep(Column::Pattern, unsure, |text| of(text) == Verdict::Perhaps);
}

/// Takes out rows whose records do not hold what is looked for, of those that are `unsure`.
fn by_text(
    open: &OpenPart,
    start: u64,
    picker: &dyn Picker,
    (wanted, unsure): (&mut [bool], &[bool]),
) -> Result<()> {
    let mut of_fields = Vec::with_capacity(unsure.len());
    for rows in open.read_some(&selected(start, unsure), ROWS, Some(&[Column::Shape]))? {
        of_fields.extend(rows.of_fields());
    }
    // Fields are the dearest column, and most texts are made without them.
    for with_fields in [false, true] {
        let mut of_fields = of_fields.iter();
        let these = unsure.iter().map(|unsure| *unsure && of_fields.next() == Some(&with_fields));
        let these: Vec<bool> = these.collect();
        if !these.contains(&true) {
            continue;
        }
        let columns = if with_fields { &StoredRows::TEXT[..] } else { &StoredRows::TEXT[1..] };
        let read = open.read_some(&selected(start, &these), ROWS, Some(columns))?;
        let asked = wanted.iter_mut().zip(these).filter(|(_, asked)| *asked).map(|(wanted, _)| wanted);
        search(&read, picker, asked);
    }
    Ok(())
}

/// Says of rows whether their texts are wanted.
fn search<'a>(read: &[StoredRows], picker: &dyn Picker, mut wanted: impl Iterator<Item = &'a mut bool>) {
    let (mut bytes, mut ends) = (Vec::new(), Vec::new());
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
        for (end, wanted) in ends.iter().zip(wanted.by_ref()) {
            *wanted = !none && picker.wants(&bytes[start..*end]);
            start = end + 1;
        }
    }
}

/// The wanted rows of those from `start` on, as a selection of a part's rows.
pub(super) fn selected(start: u64, wanted: &[bool]) -> Vec<RowSelector> {
    let mut rows = vec![RowSelector::skip(start as usize)];
    for run in wanted.chunk_by(|a, b| a == b) {
        rows.push(if run[0] { RowSelector::select(run.len()) } else { RowSelector::skip(run.len()) });
    }
    rows
}
