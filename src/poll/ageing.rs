//! What ages tell: the half of the watcher that follows them.
//!
//! A growing age says again and again when its state began. An age that started anew dates a change. One
//! that does neither contradicts the clock, and the other rows of the round tell which of them is wrong.

use std::sync::Arc;

use super::age::{Age, age};
use super::change::{Change, Kind, Sighting, Trend, Turn, between};
use super::run::{Fit, Run, Window, common, window};
use super::watch::{Entity, Look, Watcher};
use crate::base::{Basis, NANOS_PER_SECOND, Resolution};
use crate::grammar::{Columns, Role};

/// An age as a row has it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Aged<'a> {
    written: &'a str,
    age: Age,
    window: Window,
}

/// An age that started anew, unless the clock was set: what to tell in either case.
#[derive(Debug)]
pub(super) struct Doubt {
    key: String,
    /// The beginning of the state before and that of this one, if there may be two.
    renewed: Option<(Option<Change>, Change)>,
    step: Change,
    written: String,
    aged: Aged<'static>,
}

impl Watcher<'_> {
    /// Follows the age of a row; whether it was reset, and so has dated the row's change of state.
    pub(super) fn look_at_age(&mut self, entity: &mut Entity, look: &Look<'_>) -> bool {
        let columns = look.row.columns;
        let written = look.row.cells.iter().find(|(column, _)| columns.role(*column) == Role::Age);
        let read = written.and_then(|(column, text)| {
            let age = age(text)?;
            Some((*column, *text, age, window(&look.now.instant, &age)?))
        });
        let Some((column, written, age, window)) = read else { return false };
        self.aged = true;
        let Some(mut run) = entity.run.take() else {
            entity.run = Some(Run::new((window, window), &age, written, &look.now, state_of(look, column)));
            return false;
        };
        let turned = self.turned(entity, look);
        let counted = look.counted.is_some_and(|counted| counted != 0);
        let shrank = age.nanos < run.age;
        // The last row that had the old state.
        let rows = turned.iter().map(|(_, row)| row).chain([&run.last]);
        let before = Arc::clone(rows.max_by_key(|row| row.instant.earliest).unwrap_or(&run.last));
        let bounds = (before.instant.earliest, look.now.instant.latest);
        let possible = look.back || common(window, bounds).is_some();
        let aged = Aged { written, age, window };
        let fit = run.fit(window, &look.now);
        let reset = match fit {
            Fit::Apart(_) => !turned.is_empty() || shrank || counted,
            _ => !turned.is_empty() && (shrank || counted),
        };
        let state = match run.foreign {
            true => started(look.row.columns, column),
            false => state_of(look, column),
        };
        if possible && reset {
            let (kind, turns) = match turned.is_empty() {
                false => (Kind::Changed, turned.into_iter().map(|(turn, _)| turn).collect()),
                true => (Kind::Renewed, vec![state]),
            };
            let told = (self.beginning(look, &run), self.reset(look, &before, &aged, kind, turns));
            entity.run = Some(self.tell_reset(told, &run, &aged, &look.now, state_of(look, column)));
            return true;
        }
        match fit {
            Fit::Apart(moved) => {
                let or_renewed = possible && !look.back && look.counted != Some(0);
                let renewed = or_renewed.then(|| {
                    (self.beginning(look, &run), self.reset(look, &before, &aged, Kind::Renewed, vec![state]))
                });
                self.round.doubts.push(Doubt {
                    key: look.entity.unwrap_or_default().to_owned(),
                    renewed,
                    step: self.disagreement(look, &run, moved, or_renewed),
                    written: written.to_owned(),
                    aged: Aged { written: "", ..aged },
                });
            }
            _ => self.round.agreed = true,
        }
        run.foreign |= !turned.is_empty();
        // The windows meet, and yet this may be another state: then it says nothing of the first.
        let same = turned.is_empty() && !shrank && !counted;
        run.take(
            if same || matches!(fit, Fit::Apart(_)) { fit } else { Fit::Drifts },
            window,
            &age,
            &look.now,
        );
        self.narrow(&run);
        entity.run = Some(run);
        false
    }

    /// The change that an age started anew dates. An age runs from a moment since the last sample, unless
    /// the clock was set back.
    fn reset(
        &self,
        look: &Look<'_>,
        before: &Arc<Sighting>,
        aged: &Aged<'_>,
        kind: Kind,
        turns: Vec<Turn>,
    ) -> Change {
        let bounds = (before.instant.earliest, look.now.instant.latest);
        let began = if look.back { None } else { common(aged.window, bounds) }.unwrap_or(aged.window);
        let mut change = self.change(look, kind, turns, began, Basis::AGE, before);
        change.resolution = resolution(&aged.age, look.now.resolution);
        change.age = Some(aged.written.to_owned());
        change.missed =
            look.counted.map_or(0, |counted| u64::try_from(counted.saturating_sub(1)).unwrap_or(0));
        change
    }

    /// Tells that a state began, and when the one before it had: the run of the new state.
    fn tell_reset(
        &mut self,
        (beginning, change): (Option<Change>, Change),
        run: &Run,
        aged: &Aged<'_>,
        now: &Arc<Sighting>,
        state: Turn,
    ) -> Run {
        if let Some(beginning) = beginning.filter(|_| run.change.is_none()) {
            self.push(beginning, None);
        }
        let began = (change.instant.earliest, change.instant.latest);
        let mut next = Run::new((aged.window, began), &aged.age, aged.written, now, state);
        next.change = self.push(change, None);
        next
    }

    /// The state that the first row of an entity was in began before the table: worth telling once that
    /// state ends.
    fn beginning(&self, look: &Look<'_>, run: &Run) -> Option<Change> {
        if run.change.is_some() || run.foreign {
            return None;
        }
        let mut change =
            self.change(look, Kind::Began, vec![run.state.clone()], run.began, Basis::AGE, &run.first);
        change.after = Arc::clone(&run.first);
        change.instant.basis = run.first.instant.basis.with(Basis::AGE);
        if let Some(age) = age(&run.written) {
            change.resolution = resolution(&age, run.first.resolution);
        }
        (change.age, change.samples) = (Some(run.written.clone()), run.samples);
        change.trend = Trend::Neither;
        Some(change)
    }

    /// Clock and age contradict each other.
    fn disagreement(&self, look: &Look<'_>, run: &Run, moved: i64, or_renewed: bool) -> Change {
        // On the clock as it is now, the last sample was taken `moved` later than its stamp says.
        let from = run.last.instant.earliest.saturating_add(moved).saturating_sub(NANOS_PER_SECOND);
        let from = if or_renewed { from.min(run.last.instant.earliest) } else { from };
        let span = (from.min(look.now.instant.earliest), look.now.instant.latest);
        let kind = Kind::Disagree { moved, or_renewed };
        let mut change = self.change(look, kind, Vec::new(), span, Basis::STEP, &run.last);
        change.entity = None;
        change
    }

    /// Settles what one row alone left open. Where another age of the round goes on as it was, the clock
    /// was not set: the state is another one, or the age is odd. Else the clock was, for all rows alike:
    /// that is told once.
    pub(super) fn settle_doubts(&mut self, doubts: Vec<Doubt>, agreed: bool) {
        for (index, doubt) in doubts.into_iter().enumerate() {
            let mut step = doubt.step;
            match (agreed, doubt.renewed) {
                (true, Some(renewed)) => {
                    let Some(run) = self.entities.get_mut(&doubt.key).and_then(|entity| entity.run.take())
                    else {
                        continue;
                    };
                    let aged = Aged { written: &doubt.written, ..doubt.aged };
                    let (now, state) = (Arc::clone(&renewed.1.after), renewed.1.turns[0].clone());
                    let next = self.tell_reset(renewed, &run, &aged, &now, state);
                    if let Some(entity) = self.entities.get_mut(&doubt.key) {
                        entity.run = Some(next);
                    }
                }
                (true, None) => {
                    step.entity = Some(doubt.key);
                    step.instant = step.after.instant;
                    self.push(step, None);
                }
                (false, _) if index == 0 => {
                    self.push(step, None);
                }
                (false, _) => {}
            }
        }
    }

    /// Further samples have narrowed the beginning of a state: so is its change.
    fn narrow(&mut self, run: &Run) {
        if let Some(found) = run.change.and_then(|index| self.found.get_mut(index)) {
            let basis = found.change.instant.basis;
            found.change.instant = between(run.began.0, run.began.1, basis);
            found.change.samples = run.samples;
        }
    }
}

/// The state that a row's age speaks of: its most telling column; the age itself where the table has no
/// state.
fn state_of(look: &Look<'_>, age: usize) -> Turn {
    let columns = look.row.columns;
    let states = look.row.cells.iter().filter_map(|(column, value)| match columns.role(*column) {
        Role::State(rank) => Some((rank, columns.name(*column), *value)),
        _ => None,
    });
    match states.min() {
        Some((_, column, value)) => {
            Turn { column: column.to_owned(), from: value.to_owned(), to: value.to_owned() }
        }
        None => started(columns, age),
    }
}

/// An age that started, of what the table does not say.
fn started(columns: &Columns, age: usize) -> Turn {
    Turn { column: columns.name(age).to_owned(), from: "started".to_owned(), to: "started".to_owned() }
}

/// How fine the ends of a window are: as fine as the finer of stamp and age.
pub(super) fn resolution(age: &Age, stamp: Resolution) -> Resolution {
    let digits = (0..=9).find(|digits| Resolution::digits(*digits).width() <= age.unit).unwrap_or(9);
    if stamp.width() <= Resolution::digits(digits).width() { stamp } else { Resolution::digits(digits) }
}
