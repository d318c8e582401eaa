//! The watcher of one table: rows in, changes out.
//!
//! 1. An age that was reset dates the change of the states it speaks of; every other change lies between
//!    two samples.
//! 2. A column that has the same value for all entities in every round of samples is about the round:
//!    its change is told once, and lies between two rounds.
//! 3. Across a clock set back nothing is dated by samples alone.
//!
//! Memory is bounded: by the entities of the table and the changes told of, and both have a limit.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::age::{Age, counter};
use super::ageing::Doubt;
use super::change::{Change, Kind, Sighting, Trend, Turn, between};
use super::column::{Column, Rhythm};
use super::run::{Run, Window, common, window};
use crate::base::{Basis, SourceId};
use crate::grammar::{Columns, Role, TableSpec};

/// Entities of one table that are watched, and changes of one table that are told: more than any
/// table that a person polls, and little enough to keep.
const MOST_ENTITIES: usize = 10_000;
const MOST_CHANGES: usize = 20_000;

/// A row as it comes.
#[derive(Debug)]
pub struct Row<'a> {
    /// Where and when.
    pub sighting: Sighting,
    /// Its cells behind the stamp, by column; empty ones left out.
    pub cells: Vec<(usize, &'a str)>,
    /// What the columns are called.
    pub columns: &'a Columns,
}

/// One entity of the table.
#[derive(Debug, Default)]
pub(super) struct Entity {
    pub(super) last: Option<Arc<Sighting>>,
    /// Column to value, and the last row that said so.
    pub(super) values: BTreeMap<String, (String, Arc<Sighting>)>,
    pub(super) count: Option<(i64, Arc<Sighting>)>,
    pub(super) run: Option<Run>,
}

/// Rows that were sampled together.
#[derive(Debug, Default)]
pub(super) struct Round {
    pub(super) first: Option<Arc<Sighting>>,
    pub(super) latest: i64,
    pub(super) seen: BTreeSet<String>,
    /// Column to value, and whether two rows differ in it.
    pub(super) values: BTreeMap<String, (String, bool)>,
    /// An age went on as it was.
    pub(super) agreed: bool,
    pub(super) doubts: Vec<Doubt>,
}

/// A change, and the column on which it depends whether it counts.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) change: Change,
    column: Option<String>,
}

/// Watches one table over all its files.
#[derive(Debug)]
pub struct Watcher<'a> {
    pub(super) source: SourceId,
    pub(super) spec: &'a TableSpec,
    pub(super) entities: BTreeMap<String, Entity>,
    pub(super) columns: BTreeMap<String, Column>,
    pub(super) rounds: BTreeMap<String, (String, Arc<Sighting>)>,
    pub(super) round: Round,
    pub(super) found: Vec<Found>,
    rhythm: Rhythm,
    /// An age was read: whoever writes ages writes them to be polled.
    pub(super) aged: bool,
    /// Rows of entities beyond the limit, and changes beyond theirs.
    pub(super) crowd: u64,
    pub(super) untold: u64,
}

/// A row under the loupe: its age and its counter, read.
pub(super) struct Look<'a> {
    pub(super) row: &'a Row<'a>,
    pub(super) now: Arc<Sighting>,
    pub(super) entity: Option<&'a str>,
    /// The clock was set back since the entity's last row.
    pub(super) back: bool,
    /// By how much a counter of changes moved.
    pub(super) counted: Option<i64>,
}

impl<'a> Watcher<'a> {
    /// A watcher for the table of one source.
    pub fn new(source: SourceId, spec: &'a TableSpec) -> Self {
        Self {
            source,
            spec,
            entities: BTreeMap::new(),
            columns: BTreeMap::new(),
            rounds: BTreeMap::new(),
            round: Round::default(),
            found: Vec::new(),
            rhythm: Rhythm::default(),
            aged: false,
            crowd: 0,
            untold: 0,
        }
    }

    /// A header: what follows is a new round of samples.
    pub fn header(&mut self) {
        self.close_round();
    }

    /// The next row.
    pub fn row(&mut self, row: &Row<'_>) {
        let names: Vec<&str> = row
            .cells
            .iter()
            .filter(|(column, _)| row.columns.role(*column) == Role::Entity)
            .map(|(_, cell)| *cell)
            .collect();
        let key = names.join("/");
        if self.round.seen.contains(&key) {
            self.close_round();
        }
        if !self.entities.contains_key(&key) && self.entities.len() >= MOST_ENTITIES {
            self.crowd += 1;
            return;
        }
        let now = Arc::new(row.sighting.clone());
        self.round.seen.insert(key.clone());
        self.round.first.get_or_insert_with(|| Arc::clone(&now));
        self.round.latest = self.round.latest.max(now.instant.latest);
        let mut entity = self.entities.remove(&key).unwrap_or_default();
        let count = row.cells.iter().find(|(column, _)| row.columns.role(*column) == Role::Count);
        let count = count.and_then(|(column, cell)| Some((*column, counter(cell)?)));
        let look = Look {
            row,
            back: entity.last.as_ref().is_some_and(|last| now.instant.earliest < last.instant.earliest),
            counted: count.and_then(|(_, (number, _))| number.checked_sub(entity.count.as_ref()?.0)),
            now,
            entity: (!key.is_empty()).then_some(key.as_str()),
        };
        if let Some(last) = &entity.last {
            self.rhythm.add(look.now.instant.best.saturating_sub(last.instant.best));
        }
        let dated = self.look_at_age(&mut entity, &look);
        self.look_at_values(&mut entity, &look, dated);
        if let Some((column, (number, ago))) = count {
            self.look_at_count(&mut entity, &look, column, (number, ago));
        }
        entity.last = Some(look.now);
        self.entities.insert(key, entity);
    }

    /// State columns that differ from the last row that had them, the most telling first.
    pub(super) fn turned(&self, entity: &Entity, look: &Look<'_>) -> Vec<(Turn, Arc<Sighting>)> {
        let mut turned: Vec<(Role, Turn, Arc<Sighting>)> = Vec::new();
        for (column, cell) in &look.row.cells {
            let role = look.row.columns.role(*column);
            let name = look.row.columns.name(*column);
            if let (Role::State(_), Some((value, row))) = (role, entity.values.get(name))
                && value != cell
            {
                let turn = Turn { column: name.to_owned(), from: value.clone(), to: (*cell).to_owned() };
                turned.push((role, turn, Arc::clone(row)));
            }
        }
        turned.sort_by_key(|(role, ..)| *role);
        turned.into_iter().map(|(_, turn, row)| (turn, row)).collect()
    }

    /// Compares the cells of a row with what the entity had.
    fn look_at_values(&mut self, entity: &mut Entity, look: &Look<'_>, dated: bool) {
        let turned = self.turned(entity, look);
        // A clock set back leaves nothing that a sample could bound.
        let before = turned.iter().map(|(_, row)| row).min_by_key(|row| row.instant.earliest).cloned();
        let hopeless = |turn: &Turn| self.columns.get(&turn.column).is_some_and(Column::is_hopeless);
        let worth = !dated && !look.back && !turned.iter().all(|(turn, _)| hopeless(turn));
        if let Some(before) = before.filter(|_| worth) {
            let span = (before.instant.earliest, look.now.instant.latest);
            let turns = turned.into_iter().map(|(turn, _)| turn).collect();
            let change = self.change(look, Kind::Changed, turns, span, Basis::BETWEEN, &before);
            self.push(change, None);
        }
        for (column, cell) in &look.row.cells {
            let name = look.row.columns.name(*column);
            let role = look.row.columns.role(*column);
            if name.is_empty() || !matches!(role, Role::State(_) | Role::Other) {
                continue;
            }
            if let Some((value, _)) = entity.values.get(name) {
                let differs = value != cell;
                self.columns.entry(name.to_owned()).or_default().compare(differs);
            }
            if role == Role::Other {
                self.look_at_other(entity, look, name, cell);
            }
            entity.values.insert(name.to_owned(), ((*cell).to_owned(), Arc::clone(&look.now)));
        }
    }

    /// A column whose name says nothing: watched as one of the entity and as one of the round.
    fn look_at_other(&mut self, entity: &Entity, look: &Look<'_>, name: &str, cell: &str) {
        let known = self.columns.entry(name.to_owned()).or_default();
        known.learn(cell);
        if known.free || known.is_hopeless() {
            return;
        }
        let round = self.round.values.entry(name.to_owned()).or_insert_with(|| (cell.to_owned(), false));
        round.1 |= round.0 != cell;
        if let Some((value, before)) = entity.values.get(name)
            && value != cell
            && !look.back
        {
            let turn = Turn { column: name.to_owned(), from: value.clone(), to: cell.to_owned() };
            let span = (before.instant.earliest, look.now.instant.latest);
            let change = self.change(look, Kind::Changed, vec![turn], span, Basis::BETWEEN, before);
            self.push(change, Some(name));
        }
    }

    /// A counter that says itself when it last went up: `2 (30s ago)`.
    fn look_at_count(
        &mut self,
        entity: &mut Entity,
        look: &Look<'_>,
        column: usize,
        (number, ago): (i64, Option<Age>),
    ) {
        let name = look.row.columns.name(column);
        if let (Some(ago), Some((last, before))) = (ago, &entity.count)
            && number > *last
            && let Some(window) = window(&look.now.instant, &ago)
            && let Some(span) = common(window, (before.instant.earliest, look.now.instant.latest))
        {
            let turn = Turn { column: name.to_owned(), from: last.to_string(), to: number.to_string() };
            let mut change = self.change(look, Kind::Changed, vec![turn], span, Basis::AGE, before);
            change.missed = number.abs_diff(*last) - 1;
            change.age =
                look.row.cells.iter().find(|(at, _)| *at == column).map(|(_, text)| (*text).to_owned());
            if name.to_ascii_lowercase().contains("restart") {
                change.trend = Trend::Worse;
            }
            self.push(change, None);
        }
        entity.count = Some((number, Arc::clone(&look.now)));
    }

    /// Ends a round: columns that were the same for all its entities are compared with the last round.
    fn close_round(&mut self) {
        let mut round = std::mem::take(&mut self.round);
        self.settle_doubts(std::mem::take(&mut round.doubts), round.agreed);
        let Some(first) = round.first.filter(|_| round.seen.len() > 1) else { return };
        for (name, (value, mixed)) in round.values {
            let column = self.columns.entry(name.clone()).or_default();
            column.mixed |= mixed;
            column.rounds += 1;
            if column.mixed || column.free {
                continue;
            }
            let last = self.rounds.insert(name.clone(), (value.clone(), Arc::clone(&first)));
            let Some((was, before)) = last.filter(|(was, _)| *was != value) else { continue };
            if first.instant.earliest < before.instant.earliest {
                continue;
            }
            let turns = vec![Turn { column: name.clone(), from: was, to: value }];
            let basis = before.instant.basis.with(first.instant.basis).with(Basis::BETWEEN);
            let change = Change {
                source: self.source,
                entity: None,
                kind: Kind::Changed,
                trend: trend(self.spec, &turns),
                turns,
                instant: between(before.instant.earliest, round.latest, basis),
                resolution: first.resolution,
                age: None,
                samples: 1,
                missed: 0,
                before,
                after: Arc::clone(&first),
            };
            self.push(change, Some(&name));
        }
    }

    pub(super) fn change(
        &self,
        look: &Look<'_>,
        kind: Kind,
        turns: Vec<Turn>,
        span: Window,
        basis: Basis,
        before: &Arc<Sighting>,
    ) -> Change {
        let basis = before.instant.basis.with(look.now.instant.basis).with(basis);
        Change {
            source: self.source,
            entity: look.entity.map(str::to_owned),
            kind,
            trend: trend(self.spec, &turns),
            turns,
            instant: between(span.0, span.1, basis),
            resolution: look.now.resolution,
            age: None,
            samples: 1,
            missed: 0,
            before: Arc::clone(before),
            after: Arc::clone(&look.now),
        }
    }

    pub(super) fn push(&mut self, change: Change, column: Option<&str>) -> Option<usize> {
        if self.found.len() >= MOST_CHANGES {
            self.untold += 1;
            return None;
        }
        self.found.push(Found { change, column: column.map(str::to_owned) });
        Some(self.found.len() - 1)
    }

    /// The changes, in the order of their rows, and what is to be said about what was left out.
    pub fn finish(mut self) -> (Vec<Change>, Vec<String>) {
        self.close_round();
        let poll = self.aged || self.rhythm.is_steady();
        let busy = |name: &str| self.columns.get(name).is_some_and(Column::is_busy);
        let counts = |found: &Found| match &found.column {
            _ if !poll => false,
            None => found.change.age.is_some() || !found.change.turns.iter().any(|turn| busy(&turn.column)),
            Some(name) => self.columns.get(name).is_some_and(|column| {
                // About the round unless two rows of one ever differed, or there never were two.
                let of_round = column.rounds > 0 && !column.mixed;
                let fits = found.change.entity.is_none() == of_round || self.entities.len() == 1;
                fits && !column.free && !column.is_busy()
            }),
        };
        let mut changes: Vec<Change> =
            self.found.into_iter().filter(|found| counts(found)).map(|found| found.change).collect();
        changes.sort_by(|a, b| {
            let place = |change: &Change| (change.after.file, change.after.line, change.instant.earliest);
            place(a).cmp(&place(b)).then_with(|| a.turns.len().cmp(&b.turns.len()))
        });
        let mut remarks = Vec::new();
        if self.crowd > 0 && !changes.is_empty() {
            remarks.push(format!(
                "more than {MOST_ENTITIES} entities in one table: {} rows of further ones are not watched for changes",
                self.crowd
            ));
        }
        if self.untold > 0 {
            remarks.push(format!(
                "more than {MOST_CHANGES} changes in one table: {} are not derived",
                self.untold
            ));
        }
        (changes, remarks)
    }
}

fn trend(spec: &TableSpec, turns: &[Turn]) -> Trend {
    let bad = |value: &str| spec.is_bad(value);
    if turns.iter().any(|turn| bad(&turn.to) && !bad(&turn.from)) {
        Trend::Worse
    } else if turns.iter().any(|turn| bad(&turn.from) && spec.is_good(&turn.to)) {
        Trend::Better
    } else {
        Trend::Neither
    }
}
