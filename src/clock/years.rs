//! Years for stamps that name none: one rotation family is one sequence, solved against constraints.
//!
//! The survey counted the New Years inside the sequence ("turns"); what is left is one number, the year
//! of turn 0. Hard constraints: Feb 29 needs a leap year; no record is later than its file's last
//! modification or the date in its file's name, a day of slack allowed. The latest year that satisfies
//! them all is taken, unless sources with full dates show that the logs belong to an earlier one (a
//! copied file's modification time proves nothing but an upper bound).

use crate::base::{Basis, NANOS_PER_SECOND, civil_from_days, days_from_civil, is_leap};

const DAY: i64 = 86_400 * NANOS_PER_SECOND;

/// What bounds the years of one file of a family.
#[derive(Clone, Copy, Debug)]
pub(super) struct FileBound {
    /// The latest (turn, wall-clock nanoseconds in the proxy year) in the file.
    pub latest: (i32, i64),
    /// The turn of a Feb 29.
    pub leap_turn: Option<i32>,
    /// Modification time.
    pub mtime: Option<i64>,
    /// The day in the file's name, nanoseconds.
    pub suffix: Option<i64>,
}

/// Solves a family: the year of turn 0 and how it is known. `others` is the range of sources with
/// full dates, `now` the time of the run.
pub(super) fn solve(
    bounds: &[FileBound],
    earliest: (i32, i64),
    given: Option<i32>,
    others: Option<(i64, i64)>,
    now: i64,
) -> (i32, Basis) {
    let last_turn = bounds.iter().map(|bound| bound.latest.0).max().unwrap_or(0);
    if let Some(year) = given {
        return (year - last_turn, Basis::YEAR_INFERRED);
    }
    let this_year = civil_from_days(now.div_euclid(DAY)).0;
    let candidates: Vec<i32> = (1970..=this_year + 1)
        .rev()
        .map(|year| year - last_turn)
        .filter(|year| possible(bounds, *year, now))
        .collect();
    let Some(latest) = candidates.first().copied() else {
        // Contradictory (a clock ahead of its file's mtime by days): the year of the newest bound.
        let bound = bounds.iter().filter_map(|bound| bound.suffix.or(bound.mtime)).max().unwrap_or(now);
        return (civil_from_days(bound.div_euclid(DAY)).0 - last_turn, Basis::YEAR_INFERRED);
    };
    if bounds.iter().any(|bound| bound.suffix.is_some()) {
        return (latest, Basis::YEAR_ROTATION);
    }
    // Logs collected together belong together: of the possible years, the latest in which this family
    // comes near the sources that name theirs.
    let near = |year: &i32| {
        let first = in_year(year + earliest.0, earliest.1);
        let last =
            in_year(year + last_turn, bounds.iter().map(|bound| bound.latest).max().map_or(0, |(_, at)| at));
        others.is_some_and(|(from, to)| {
            first <= to.saturating_add(31 * DAY) && last >= from.saturating_sub(31 * DAY)
        })
    };
    match candidates.iter().copied().find(near) {
        Some(year) if year != latest => (year, Basis::YEAR_INFERRED),
        _ if bounds.iter().any(|bound| bound.leap_turn.is_some()) => (latest, Basis::YEAR_INFERRED),
        _ => (latest, Basis::YEAR_MTIME),
    }
}

/// Whether `year` as the year of turn 0 breaks no hard constraint.
pub(super) fn possible(bounds: &[FileBound], year: i32, now: i64) -> bool {
    bounds.iter().all(|bound| {
        let latest = in_year(year + bound.latest.0, bound.latest.1);
        let bounded = |limit: Option<i64>| limit.is_none_or(|limit| latest <= limit.saturating_add(DAY));
        bound.leap_turn.is_none_or(|turn| is_leap(year + turn))
            && bounded(bound.mtime.or(Some(now)))
            && bounded(bound.suffix.map(|day| day.saturating_add(DAY)))
    })
}

/// Wall-clock nanoseconds of the proxy year, moved into `year` (Feb 29 of a common year counts as
/// Mar 1).
pub(super) fn in_year(year: i32, proxy: i64) -> i64 {
    let (_, month, day) = civil_from_days(proxy.div_euclid(DAY));
    days_from_civil(year, month, day) * DAY + proxy.rem_euclid(DAY)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::PROXY_YEAR;

    fn at(month: u32, day: u32) -> i64 {
        days_from_civil(PROXY_YEAR, month, day) * DAY
    }

    fn date(year: i32, month: u32, day: u32) -> i64 {
        days_from_civil(year, month, day) * DAY
    }

    fn bound(turn: i32, latest: i64, mtime: Option<i64>) -> FileBound {
        FileBound { latest: (turn, latest), leap_turn: None, mtime, suffix: None }
    }

    #[test]
    fn the_mtime_is_an_upper_bound_only() {
        let now = date(2026, 11, 20);
        let one = [bound(0, at(12, 12), Some(date(2026, 11, 20)))];
        assert_eq!(solve(&one, (0, at(12, 1)), None, None, now), (2025, Basis::YEAR_MTIME));
        let others = Some((date(2014, 12, 1), date(2014, 12, 14)));
        assert_eq!(solve(&one, (0, at(12, 1)), None, others, now), (2014, Basis::YEAR_INFERRED));
        assert_eq!(solve(&one, (0, at(12, 1)), Some(2019), others, now), (2019, Basis::YEAR_INFERRED));
    }

    #[test]
    fn a_dated_name_settles_its_whole_family() {
        let now = date(2026, 11, 20);
        let mut family = [bound(0, at(12, 14), Some(now)), bound(1, at(1, 3), Some(now))];
        family[0].suffix = Some(date(2014, 12, 14));
        assert_eq!(solve(&family, (0, at(12, 7)), None, None, now), (2014, Basis::YEAR_ROTATION));
    }

    #[test]
    fn feb_29_needs_a_leap_year() {
        let now = date(2026, 11, 20);
        let mut one = [bound(0, at(3, 1), Some(date(2026, 3, 1)))];
        one[0].leap_turn = Some(0);
        assert_eq!(solve(&one, (0, at(2, 28)), None, None, now), (2024, Basis::YEAR_INFERRED));
        let mut two = [bound(2, at(3, 1), Some(date(2026, 3, 1)))];
        two[0].leap_turn = Some(1);
        assert_eq!(solve(&two, (0, at(2, 28)), None, None, now).0, 2023);
    }
}
