//! Order: which of two things that went wrong near each other went wrong first, where that is proven.
//!
//! A change of a polled table lies in an interval. It came before another one if its interval ends before
//! the other's begins: that is order, proven, and nothing more. Intervals that overlap leave the order
//! open, and that is said as well.

use super::evidence::Evidence;
use super::finding::{Finding, Subject, Value};
use crate::base::{Basis, NANOS_PER_SECOND};
use crate::poll::{Change, Kind, Sighting, Trend};

/// Changes further apart than this are not told in one breath.
const NEAR: i64 = 3_600 * NANOS_PER_SECOND;
/// Subjects of one stretch of trouble that are put in order.
const MOST_SUBJECTS: usize = 50;
/// Orders told of.
const MOST: usize = 200;

/// Two changes for the worse, the earlier one first as far as that is known.
#[derive(Clone, Debug)]
pub struct Order {
    /// What came first.
    pub before: Change,
    /// What came later.
    pub after: Change,
    /// Whether that is proven; otherwise their order is unknown.
    pub proven: bool,
}

/// The orders among changes for the worse: per stretch of trouble, the first change of each subject
/// against the one before it and against the last one that it is proven to follow.
pub fn orders(changes: &[Change]) -> Vec<Order> {
    let mut worse: Vec<&Change> = changes
        .iter()
        .filter(|change| change.trend == Trend::Worse && change.kind == Kind::Changed)
        .collect();
    worse.sort_by_key(|change| (change.place(), change.subject()));
    let near = |a: &&Change, b: &&Change| b.instant.earliest.saturating_sub(a.instant.earliest) <= NEAR;
    let mut orders = Vec::new();
    for stretch in worse.chunk_by(near) {
        let mut firsts: Vec<&Change> = Vec::new();
        for change in stretch {
            let same = |first: &&Change| first.source == change.source && first.subject() == change.subject();
            if firsts.len() < MOST_SUBJECTS && !firsts.iter().any(same) {
                firsts.push(change);
            }
        }
        for (index, after) in firsts.iter().enumerate() {
            let earlier = firsts[..index].iter().filter(|before| near(before, after));
            let mut earlier = earlier.rev().map(|before| order(before, after));
            let Some(last) = earlier.next() else { continue };
            let more = if last.proven { None } else { earlier.find(|order| order.proven) };
            orders.extend(more);
            orders.push(last);
        }
    }
    orders.truncate(MOST);
    orders
}

fn order(before: &Change, after: &Change) -> Order {
    let apart = before.instant.latest <= after.instant.earliest;
    // Two sources may have two clocks: a zone that was only assumed by default proves nothing between them.
    let comparable = before.source == after.source
        || [before, after].iter().all(|change| !change.instant.basis.has(Basis::ZONE_DEFAULT));
    Order { before: before.clone(), after: after.clone(), proven: apart && comparable }
}

impl Order {
    /// At least so many nanoseconds lie between the two.
    pub fn gap(&self) -> i64 {
        self.after.instant.earliest.saturating_sub(self.before.instant.latest)
    }

    /// One line: `ping 1 -> 0 before dp0bond0 state up -> down: proven`.
    pub fn title(&self) -> String {
        let (before, after) = (self.before.title(), self.after.title());
        match self.proven {
            true => format!("{before} before {after}: proven"),
            false => format!("{before}, {after}: order unknown"),
        }
    }

    /// The rows that prove it: of each change the last row before it and the first row after.
    pub fn evidence(&self) -> Vec<Evidence> {
        let mut rows: Vec<&Sighting> = Vec::new();
        for row in [&self.before.before, &self.before.after, &self.after.before, &self.after.after] {
            if !rows.contains(&row.as_ref()) {
                rows.push(row);
            }
        }
        let evidence =
            |row: &Sighting| Evidence::new(row.file, row.line, Some(row.instant.best), row.raw.as_bytes());
        rows.into_iter().map(evidence).collect()
    }

    /// The finding it is.
    pub fn finding(&self) -> Finding {
        let (before, after) = (&self.before.instant, &self.after.instant);
        let seconds = |nanos: i64| Value::Number(nanos as f64 / NANOS_PER_SECOND as f64);
        let mut values = vec![
            ("before".into(), Value::Text(self.before.title())),
            ("after".into(), Value::Text(self.after.title())),
            ("proven".into(), Value::Flag(self.proven)),
            ("before_earliest".into(), Value::Time(before.earliest)),
            ("before_latest".into(), Value::Time(before.latest)),
            ("after_earliest".into(), Value::Time(after.earliest)),
            ("after_latest".into(), Value::Time(after.latest)),
        ];
        if self.proven {
            values.push(("at_least_seconds".into(), seconds(self.gap())));
        }
        Finding {
            kind: "order".into(),
            title: self.title(),
            start: Some(before.earliest),
            end: Some(after.latest),
            earliest: Some(before.earliest),
            latest: Some(before.latest),
            score: if self.proven { 0.8 } else { 0.3 },
            subject: Subject {
                source: (self.before.source == self.after.source).then_some(self.before.source),
                entity: self.after.entity.clone(),
                ..Subject::default()
            },
            values,
            claim: u8::from(self.proven),
            evidence: self.evidence(),
            against: Vec::new(),
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::base::{FileId, Instant, Resolution, SourceId};
    use crate::poll::Turn;

    const SECOND: i64 = NANOS_PER_SECOND;

    pub(in crate::lens) fn change(source: u32, column: &str, (from, to): (i64, i64), trend: Trend) -> Change {
        let instant = Instant {
            earliest: from * SECOND,
            best: from * SECOND,
            latest: to * SECOND,
            basis: Basis::OFFSET,
        };
        let row = |line: i64| {
            Arc::new(Sighting {
                file: FileId(source),
                line: line as u64,
                instant,
                resolution: Resolution::SECOND,
                stamp: String::new(),
                raw: format!("row {line}"),
            })
        };
        Change {
            source: SourceId(source),
            entity: None,
            kind: Kind::Changed,
            turns: vec![Turn { column: column.to_owned(), from: "1".to_owned(), to: "0".to_owned() }],
            trend,
            instant,
            resolution: Resolution::SECOND,
            age: None,
            samples: 1,
            missed: 0,
            before: row(from),
            after: row(to),
        }
    }

    fn titles(changes: &[Change]) -> Vec<String> {
        orders(changes).iter().map(Order::title).collect()
    }

    #[test]
    fn intervals_that_do_not_meet_are_in_order() {
        let (a, b) = (change(0, "a", (0, 10), Trend::Worse), change(0, "b", (10, 12), Trend::Worse));
        assert_eq!(titles(&[b.clone(), a.clone()]), ["a 1 -> 0 before b 1 -> 0: proven"]);
        let finding = orders(&[a.clone(), b])[0].finding();
        assert_eq!((finding.kind.as_ref(), finding.claim, finding.evidence.len()), ("order", 1, 4));
        let overlapping = change(0, "b", (9, 12), Trend::Worse);
        assert_eq!(titles(&[a, overlapping.clone()]), ["a 1 -> 0, b 1 -> 0: order unknown"]);
        assert_eq!(orders(&[change(0, "a", (0, 10), Trend::Worse), overlapping])[0].finding().claim, 0);
    }

    #[test]
    fn what_got_better_or_happened_long_before_is_not_put_in_order() {
        let a = change(0, "a", (0, 10), Trend::Worse);
        assert!(titles(&[a.clone(), change(0, "b", (20, 30), Trend::Better)]).is_empty());
        assert!(titles(&[a.clone(), change(0, "b", (4_000, 4_001), Trend::Worse)]).is_empty());
        assert!(
            titles(&[a.clone(), change(0, "a", (20, 30), Trend::Worse)]).is_empty(),
            "the same thing again"
        );
    }

    #[test]
    fn a_third_one_is_put_behind_the_last_that_it_is_proven_to_follow() {
        let changes = [
            change(0, "a", (0, 10), Trend::Worse),
            change(0, "b", (20, 40), Trend::Worse),
            change(0, "c", (30, 31), Trend::Worse),
        ];
        assert_eq!(
            titles(&changes),
            [
                "a 1 -> 0 before b 1 -> 0: proven",
                "a 1 -> 0 before c 1 -> 0: proven",
                "b 1 -> 0, c 1 -> 0: order unknown"
            ]
        );
    }

    #[test]
    fn a_zone_taken_by_default_proves_nothing_between_two_sources() {
        let mut there = change(1, "b", (20, 30), Trend::Worse);
        there.instant.basis = Basis::ZONE_DEFAULT;
        let here = change(0, "a", (0, 10), Trend::Worse);
        assert_eq!(titles(&[here.clone(), there.clone()]), ["a 1 -> 0, b 1 -> 0: order unknown"]);
        there.source = SourceId(0);
        assert_eq!(titles(&[here, there]), ["a 1 -> 0 before b 1 -> 0: proven"]);
    }
}
