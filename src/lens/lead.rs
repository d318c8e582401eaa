//! What a polled table saw go wrong before anything logged an error.
//!
//! An error is an instant; a state that fell lasts. One that fell shortly before the first error, and had not
//! recovered by then, broke earlier. That is order in time: whether it has to do with the error is not said.

use std::collections::BTreeMap;

use super::first::{STRETCH, chronic};
use crate::base::SourceId;
use crate::poll::{Change, Kind, Trend};

/// The changes for the worse of each subject, as far as an onset goes.
#[derive(Default)]
struct Course<'a> {
    /// How often it got worse at all.
    fell: u64,
    /// When it first did.
    first: i64,
    /// Since when it has been bad at the onset.
    since: Option<&'a Change>,
}

/// The earliest change for the worse that is over ten minutes at most before `onset` (nanoseconds UTC), is proven to lie
/// before it, and still held then. A state that falls again and again over the whole of its source's `range` is no
/// beginning of anything.
pub fn lead(
    changes: &[Change],
    onset: i64,
    range: impl Fn(SourceId) -> Option<(i64, i64)>,
) -> Option<&Change> {
    let mut courses: BTreeMap<(SourceId, String), Course<'_>> = BTreeMap::new();
    let mut ordered: Vec<&Change> = changes.iter().filter(|change| change.kind == Kind::Changed).collect();
    ordered.sort_by_key(|change| change.place());
    for change in ordered {
        let course = courses.entry((change.source, change.subject())).or_default();
        if change.trend == Trend::Worse {
            course.first = if course.fell == 0 { change.instant.earliest } else { course.first };
            course.fell += 1;
        }
        if change.instant.latest <= onset {
            course.since = match change.trend {
                Trend::Worse => course.since.or(Some(change)),
                Trend::Better => None,
                Trend::Neither => course.since,
            };
        }
    }
    let usual = |source: SourceId, course: &Course<'_>| {
        range(source).is_some_and(|range| chronic(course.fell, course.first, range))
    };
    courses
        .iter()
        .filter(|((source, _), course)| !usual(*source, course))
        .filter_map(|(_, course)| course.since)
        .filter(|change| onset - change.instant.latest <= STRETCH)
        .min_by_key(|change| change.place())
}

#[cfg(test)]
mod tests {
    use super::super::order::tests::change;
    use super::*;
    use crate::base::NANOS_PER_SECOND;

    fn leads(changes: &[Change], onset: i64) -> Option<i64> {
        let all = Some((0, 100_000 * NANOS_PER_SECOND));
        let lead = lead(changes, onset * NANOS_PER_SECOND, |_| all);
        lead.map(|change| change.instant.earliest / NANOS_PER_SECOND)
    }

    #[test]
    fn what_fell_before_the_error_and_stayed_down_broke_first() {
        let fell = change(0, "ping", (1_000, 1_060), Trend::Worse);
        assert_eq!(leads(std::slice::from_ref(&fell), 1_100), Some(1_000));
        assert_eq!(leads(std::slice::from_ref(&fell), 1_059), None, "it may have fallen after the error");
        assert_eq!(leads(std::slice::from_ref(&fell), 1_661), None, "long before");
        let other = change(0, "link", (1_070, 1_071), Trend::Worse);
        assert_eq!(leads(&[other.clone(), fell.clone()], 1_100), Some(1_000), "the earlier one");
        let back = change(0, "ping", (1_080, 1_090), Trend::Better);
        assert_eq!(leads(&[fell.clone(), back, other], 1_100), Some(1_070), "it had recovered");
        let twice = change(0, "ping", (1_080, 1_090), Trend::Worse);
        assert_eq!(leads(&[fell, twice], 1_100), Some(1_000), "from bad to worse");
    }

    #[test]
    fn what_falls_all_the_time_begins_nothing() {
        let flaps: Vec<Change> = (0..50)
            .flat_map(|n| {
                let at = 100 + n * 2_000;
                [
                    change(0, "ping", (at, at + 10), Trend::Worse),
                    change(0, "ping", (at + 900, at + 910), Trend::Better),
                ]
            })
            .collect();
        assert_eq!(leads(&flaps, 50_200), None);
        assert_eq!(leads(&flaps[50..54], 50_200), Some(50_100), "the same, seen for an hour");
    }
}
