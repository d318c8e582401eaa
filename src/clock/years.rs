//! Years for stamps that name none: one rotation family is one sequence, solved against constraints.
//!
//! The survey counted the New Years inside the sequence ("turns"); what is left is one number, the year
//! of turn 0. Feb 29, modification times and the present only exclude years. A year is told as a fact when
//! something says it and nothing contradicts: `--year`, dates in file names, full dates in the records, a
//! modification time that fits the last record to the minute, or sources of the same time that name their
//! years. Otherwise it stays a set, of which the likeliest is shown.

use std::collections::BTreeSet;

use crate::base::{Basis, NANOS_PER_SECOND, PROXY_YEAR, Stamp, civil_from_days, days_from_civil, is_leap};

const DAY: i64 = 86_400 * NANOS_PER_SECOND;

/// No log is taken to be older than this, unless something says so.
const OLDEST: i32 = 30;

/// How far a clock that was set wrongly may be ahead of the file times, when nothing says a year.
const AHEAD: i64 = 45 * DAY;

/// What bounds the years of one file of a family.
#[derive(Clone, Debug, Default)]
pub(super) struct FileBound {
    /// The earliest (turn, wall-clock nanoseconds in the proxy year) in the file.
    pub earliest: (i32, i64),
    /// The latest of them.
    pub latest: (i32, i64),
    /// The last one in file order.
    pub last: (i32, i64),
    /// Turns in which there is a Feb 29.
    pub leap_turns: BTreeSet<i32>,
    /// Modification time.
    pub mtime: Option<i64>,
    /// Modification time of what gzip packed.
    pub packed: Option<i64>,
    /// The day in the file's name, nanoseconds.
    pub suffix: Option<i64>,
    /// The day in the name of the file before it.
    pub previous_suffix: Option<i64>,
}

impl FileBound {
    /// When the file was written last, at the latest.
    fn written(&self) -> Option<i64> {
        self.packed.into_iter().chain(self.mtime).min()
    }
}

/// What is known besides the family itself.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Around<'a> {
    /// `--year`, of the newest record.
    pub given: Option<i32>,
    /// The year of turn 0 that full dates in the records say.
    pub quoted: Option<i32>,
    /// Ranges of the sources that name their years.
    pub others: &'a [(i64, i64)],
    /// The time of the run.
    pub now: i64,
}

/// The years of a family.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Solved {
    /// The year of turn 0: known, or the likeliest.
    pub year: i32,
    /// How.
    pub basis: Basis,
    /// All that are possible, ascending; one if it is settled.
    pub candidates: Vec<i32>,
    /// What settled it, or what excluded some.
    pub reason: String,
}

impl Solved {
    fn settled(year: i32, basis: Basis, reason: &str) -> Self {
        Self { year, basis, candidates: vec![year], reason: reason.to_owned() }
    }
}

/// One thing that says a year.
struct Word {
    year: i32,
    basis: Basis,
    reason: &'static str,
}

/// Solves a family.
pub(super) fn solve(bounds: &[FileBound], around: Around<'_>) -> Solved {
    let last_turn = bounds.iter().map(|bound| bound.latest.0).max().unwrap_or(0);
    let mut refused = String::new();
    if let Some(given) = around.given {
        let year = given - last_turn;
        if leaps(bounds, year) {
            return Solved::settled(year, Basis::YEAR_INFERRED, "from --year");
        }
        refused = format!("--year {given} is not possible: Feb 29 would fall into a year that has none; ");
    }
    let mut solved = by_evidence(bounds, around, last_turn);
    solved.reason.insert_str(0, &refused);
    solved
}

fn by_evidence(bounds: &[FileBound], around: Around<'_>, last_turn: i32) -> Solved {
    let words = words(bounds, around);
    let mut said: BTreeSet<i32> = words.iter().map(|word| word.year).collect();
    let candidates = candidates(bounds, (around.now, DAY), last_turn);
    let overlap = Overlap::new(bounds, around.others, last_turn);
    // A copy's time fits by chance on the days around its anniversary.
    if words.iter().all(|word| word.basis == Basis::YEAR_MTIME) && !words.is_empty() {
        said.extend(overlap.only(&candidates));
    }
    if let (Some(first), Some(word)) = (said.first(), words.first()) {
        let possible = said.len() == 1 && possible(bounds, *first, (around.now, DAY));
        if possible && follows_names(bounds, *first) {
            return Solved::settled(*first, word.basis, word.reason);
        }
        // A silence of more than a year that no stamp shows, or a name, a file time or a date that lies.
        let mut range = (*first, said.last().copied().unwrap_or(*first));
        if said.len() == 1 {
            range = (first - 1, first + 1);
        }
        let this_year = civil_from_days(around.now.div_euclid(DAY)).0;
        let candidates = (range.0..=range.1.min(this_year - last_turn).max(range.0)).collect();
        let reason = match said.len() {
            1 => format!("{} contradicts its records", word.reason.trim_start_matches("from ")),
            _ => "what speaks for one contradicts what speaks for another: a silence of more than a year?"
                .into(),
        };
        return Solved { year: word.year, basis: word.basis, candidates, reason };
    }
    if let Some(year) = overlap.only(&candidates) {
        let reason = "from sources of the same time that name theirs";
        return Solved::settled(year, Basis::YEAR_INFERRED, reason);
    }
    let best = candidates.iter().copied().max_by_key(|year| (overlap.nearness(*year), *year));
    let year = best.unwrap_or_else(|| civil_from_days(around.now.div_euclid(DAY)).0 - last_turn);
    let latest = candidates.last() == Some(&year);
    let leap = bounds.iter().any(|bound| !bound.leap_turns.is_empty());
    let reason = match (leap, latest) {
        (true, _) => "Feb 29 and file times only exclude years",
        (false, true) => "file times are an upper bound only",
        (false, false) => {
            "file times are an upper bound only; of sources that name their years some are near"
        }
    };
    let basis = if latest && !leap { Basis::YEAR_MTIME } else { Basis::YEAR_INFERRED };
    // The likeliest trusts the clocks; what is possible does not: one may have been weeks ahead.
    let candidates = self::candidates(bounds, (around.now, AHEAD), last_turn);
    Solved { year, basis, candidates, reason: reason.to_owned() }
}

/// All that says a year, the best first.
fn words(bounds: &[FileBound], around: Around<'_>) -> Vec<Word> {
    let mut words = Vec::new();
    for year in bounds.iter().rev().filter_map(by_name) {
        words.push(Word { year, basis: Basis::YEAR_ROTATION, reason: "from the dates in file names" });
    }
    if let Some(year) = around.quoted {
        let reason = "from full dates in the records";
        words.push(Word { year, basis: Basis::YEAR_INFERRED, reason });
    }
    for year in by_mtime(bounds) {
        let reason = "from modification times that fit the last records";
        words.push(Word { year, basis: Basis::YEAR_MTIME, reason });
    }
    words
}

/// The year of turn 0 that the date in a file's name says. Most names have the day of rotation, so that
/// the last record lies before it; some have the day the file was opened.
fn by_name(bound: &FileBound) -> Option<i32> {
    let suffix = bound.suffix?;
    let around = civil_from_days(suffix.div_euclid(DAY)).0;
    let last = |year: i32| in_year(year, bound.latest.1);
    let closed = (around - 1..=around + 1).rev().find(|year| last(*year) <= suffix + 2 * DAY)?;
    let year = closed - bound.latest.0;
    if suffix - last(closed) <= 180 * DAY {
        return Some(year);
    }
    let opened = in_year(year + 1 + bound.earliest.0, bound.earliest.1) - suffix;
    (-DAY..=31 * DAY).contains(&opened).then_some(year + 1)
}

/// Whether no file begins before the one above it was closed.
fn follows_names(bounds: &[FileBound], year: i32) -> bool {
    bounds.iter().all(|bound| {
        let first = in_year(year + bound.earliest.0, bound.earliest.1);
        bound.previous_suffix.is_none_or(|suffix| first >= suffix - 2 * DAY)
    })
}

/// Years of turn 0 that modification times fit in. What is written at once has a file time seconds behind
/// its stamp, but for the zone; any other file time, a copy's, comes as near by chance once in thousands.
/// What the newest file says comes first.
fn by_mtime(bounds: &[FileBound]) -> Vec<i32> {
    let fits = |bound: &FileBound| {
        let fit = |written: i64| {
            let around = civil_from_days(written.div_euclid(DAY)).0;
            [bound.last, bound.latest].into_iter().find_map(|(turn, at)| {
                let year = (around - 1..=around + 1).find(|year| {
                    let late = written - in_year(*year, at);
                    let rest = (late + 2 * NANOS_PER_SECOND).rem_euclid(900 * NANOS_PER_SECOND);
                    late.abs() <= 15 * 3_600 * NANOS_PER_SECOND && rest <= 122 * NANOS_PER_SECOND
                })?;
                Some((year - turn, written))
            })
        };
        bound.packed.and_then(fit).or_else(|| bound.mtime.and_then(fit))
    };
    let mut found: Vec<i32> = Vec::new();
    let newest = bounds.last().and_then(fits);
    found.extend(newest.map(|(year, _)| year));
    // Files of one copy say the same thing once, and the newest has said it.
    let mut times: Vec<i64> = bounds.last().and_then(FileBound::written).into_iter().collect();
    let mut older: Vec<i32> = Vec::new();
    for (year, written) in bounds.iter().rev().skip(1).filter_map(fits) {
        if times.iter().all(|time| (time - written).abs() > DAY) {
            times.push(written);
            older.push(year);
        }
    }
    for year in &older {
        if newest.is_some() || older.iter().filter(|other| *other == year).count() >= 2 {
            found.push(*year);
        }
    }
    found
}

/// The years of turn 0 that nothing excludes, ascending, where stamps may be `ahead` of the truth.
fn candidates(bounds: &[FileBound], (now, ahead): (i64, i64), last_turn: i32) -> Vec<i32> {
    let this_year = civil_from_days(now.div_euclid(DAY)).0;
    let range = || (this_year - 2 * OLDEST..=this_year + 1).map(|year| year - last_turn);
    let in_time = |year: &i32| possible(bounds, *year, (now, ahead));
    let mut years: Vec<i32> = range().filter(in_time).collect();
    if years.is_empty() {
        // Contradictory (a clock ahead of its file's time by days): file times are left out, then Feb 29.
        let present = |year: &i32| year + last_turn <= this_year;
        years = range().filter(present).filter(|year| leaps(bounds, *year)).collect();
        if years.is_empty() {
            years = range().filter(present).collect();
        }
    }
    let latest = years.last().copied().unwrap_or(this_year);
    years.retain(|year| latest - year <= OLDEST);
    years
}

fn leaps(bounds: &[FileBound], year: i32) -> bool {
    bounds.iter().flat_map(|bound| &bound.leap_turns).all(|turn| is_leap(year + turn))
}

/// Whether `year` as the year of turn 0 breaks no hard constraint.
fn possible(bounds: &[FileBound], year: i32, (now, ahead): (i64, i64)) -> bool {
    leaps(bounds, year)
        && bounds.iter().all(|bound| {
            let latest = in_year(year + bound.latest.0, bound.latest.1);
            // None of that leads into the future.
            let written = bound.written().unwrap_or(now);
            latest <= written.saturating_add(ahead).min(written.max(now).saturating_add(DAY))
        })
}

/// How a family lies to the sources that name their years.
struct Overlap {
    /// First and last of the family: turn and proxy time.
    family: ((i32, i64), (i32, i64)),
    /// Merged ranges of the others, in order.
    covered: Vec<(i64, i64)>,
    /// Ranges of the others.
    others: Vec<(i64, i64)>,
}

/// In the sum of ranges longer than this, a stranger would lie as well as not.
const LONGEST_COVER: i64 = 45 * DAY;

impl Overlap {
    fn new(bounds: &[FileBound], others: &[(i64, i64)], last_turn: i32) -> Self {
        let first = bounds.iter().map(|bound| bound.earliest).min().unwrap_or_default();
        let last = bounds.iter().map(|bound| bound.latest).max().unwrap_or((last_turn, first.1));
        let mut sorted = others.to_vec();
        sorted.sort_unstable();
        let mut covered: Vec<(i64, i64)> = Vec::new();
        for (from, to) in sorted {
            match covered.last_mut().filter(|known| from <= known.1.saturating_add(DAY)) {
                Some(known) => known.1 = known.1.max(to),
                None => covered.push((from, to)),
            }
        }
        Self { family: (first, last), covered, others: others.to_vec() }
    }

    fn family_in(&self, year: i32) -> (i64, i64) {
        let ((first_turn, first), (last_turn, last)) = self.family;
        (in_year(year + first_turn, first), in_year(year + last_turn, last))
    }

    /// Hundredths of the family's time in a year that the others cover. Zones are not known yet.
    fn share(&self, year: i32) -> i64 {
        let (first, last) = self.family_in(year);
        let pad = 15 * 3_600 * NANOS_PER_SECOND;
        let common = |(from, to): &(i64, i64)| {
            last.min(to.saturating_add(pad))
                .saturating_sub(first.max(from.saturating_sub(pad)))
                .max(-1)
                .saturating_add(1)
        };
        let together: i64 = self.covered.iter().map(common).fold(0, i64::saturating_add);
        (i128::from(together) * 100 / (i128::from(last.saturating_sub(first).max(0)) + 1)).min(100) as i64
    }

    /// The one candidate in which the family shares its time with others, if it is no chance.
    fn only(&self, candidates: &[i32]) -> Option<i32> {
        let length: i64 =
            self.covered.iter().map(|(from, to)| to.saturating_sub(*from)).fold(0, i64::saturating_add);
        let shared: Vec<i32> = candidates.iter().copied().filter(|year| self.share(*year) > 0).collect();
        if let [year] = shared[..]
            && length <= LONGEST_COVER
            && self.share(year) >= 50
        {
            return Some(year);
        }
        // One that begins and ends with the family.
        let alike: BTreeSet<i32> = candidates
            .iter()
            .copied()
            .filter(|year| {
                let (first, last) = self.family_in(*year);
                let near = (last.saturating_sub(first) / 20).clamp(DAY, 15 * DAY);
                let same = |(from, to): &(i64, i64)| {
                    first.abs_diff(*from) <= near.unsigned_abs() && last.abs_diff(*to) <= near.unsigned_abs()
                };
                self.others.iter().any(same)
            })
            .collect();
        (alike.len() == 1).then(|| alike.first().copied()).flatten()
    }

    /// Larger in likelier years.
    fn nearness(&self, year: i32) -> i64 {
        let (first, last) = self.family_in(year);
        let touches = |(from, to): &(i64, i64)| {
            first <= to.saturating_add(31 * DAY) && last >= from.saturating_sub(31 * DAY)
        };
        self.share(year) + i64::from(self.covered.iter().any(touches))
    }
}

/// Wall-clock nanoseconds of the proxy year, moved into `year` (Feb 29 of a common year counts as
/// Mar 1).
pub(super) fn in_year(year: i32, proxy: i64) -> i64 {
    let (_, month, day) = civil_from_days(proxy.div_euclid(DAY));
    days_from_civil(year, month, day) * DAY + proxy.rem_euclid(DAY)
}

/// Wall-clock seconds of a stamp in a year; Feb 29 of a common year counts as Mar 1.
#[inline]
pub(super) fn seconds(stamp: &Stamp, year: i32) -> i64 {
    const FEB_29: i64 = days_from_civil(PROXY_YEAR, 2, 29) * 86_400;
    stamp
        .seconds_in_year(year)
        .unwrap_or_else(|| days_from_civil(year, 3, 1) * 86_400 + stamp.seconds - FEB_29)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = date(2026, 11, 20);

    const fn at(month: u32, day: u32) -> i64 {
        days_from_civil(PROXY_YEAR, month, day) * DAY
    }

    const fn date(year: i32, month: u32, day: u32) -> i64 {
        days_from_civil(year, month, day) * DAY
    }

    fn bound(turn: i32, (first, last): (i64, i64), mtime: Option<i64>) -> FileBound {
        FileBound {
            earliest: (turn, first),
            latest: (turn, last),
            last: (turn, last),
            mtime,
            ..FileBound::default()
        }
    }

    fn around(others: &[(i64, i64)]) -> Around<'_> {
        Around { others, now: NOW, ..Around::default() }
    }

    #[test]
    fn a_modification_time_settles_only_what_it_fits() {
        let mut one = [bound(0, (at(12, 1), at(12, 12)), Some(date(2026, 11, 20)))];
        let open = solve(&one, around(&[]));
        assert_eq!((open.year, open.basis), (2025, Basis::YEAR_MTIME));
        assert_eq!((open.candidates.first(), open.candidates.len()), (Some(&1995), 31));
        // Nine hours and a few seconds behind: a zone.
        one[0].mtime = Some(date(2014, 12, 12) - 9 * 3_600 * NANOS_PER_SECOND + NANOS_PER_SECOND);
        assert_eq!(solve(&one, around(&[])).candidates, [2014]);
        // Seven minutes behind it is a copy.
        one[0].mtime = Some(date(2014, 12, 12) + 420 * NANOS_PER_SECOND);
        assert_eq!((solve(&one, around(&[])).candidates.len(), solve(&one, around(&[])).year), (31, 2014));
        // What gzip packed has its own.
        one[0].packed = Some(date(2012, 12, 12) + NANOS_PER_SECOND);
        assert_eq!(solve(&one, around(&[])).candidates, [2012]);
        let given = Around { given: Some(2019), ..around(&[]) };
        assert_eq!(solve(&one, given), Solved::settled(2019, Basis::YEAR_INFERRED, "from --year"));
    }

    #[test]
    fn file_times_that_disagree_leave_it_open() {
        let family = [
            bound(0, (at(3, 1), at(5, 1)), Some(date(2015, 5, 1))),
            bound(0, (at(6, 1), at(9, 1)), Some(date(2016, 9, 1))),
        ];
        assert_eq!(solve(&family, around(&[])).candidates, [2015, 2016]);
    }

    #[test]
    fn only_the_same_time_settles() {
        let one = [bound(0, (at(12, 1), at(12, 12)), Some(NOW))];
        for (others, candidates) in [
            (vec![(date(2014, 12, 1), date(2014, 12, 14))], vec![2014]),
            (vec![(date(2014, 12, 1), date(2014, 12, 14)), (date(2016, 12, 3), date(2016, 12, 6))], vec![]),
            // A year of another log holds any day of the year.
            (vec![(date(2014, 1, 20), date(2014, 12, 28))], vec![]),
            (vec![(date(2014, 12, 20), date(2014, 12, 28))], vec![]),
            (vec![(date(2014, 12, 1), date(2014, 12, 11)), (date(2010, 1, 1), date(2018, 1, 1))], vec![2014]),
        ] {
            let solved = solve(&one, around(&others));
            assert!(solved.candidates == candidates || candidates.is_empty(), "{others:?}: {solved:?}");
            assert_eq!(solved.candidates.len() > 1, candidates.is_empty(), "{others:?}: {solved:?}");
        }
        let near = [(date(2014, 12, 20), date(2014, 12, 28))];
        assert_eq!(solve(&one, around(&near)).year, 2014);
    }

    #[test]
    fn a_clock_that_was_ahead_leaves_its_year_possible() {
        let one = |month, day| {
            let one = [bound(0, (at(7, 1), at(month, day)), Some(date(2015, 7, 10)))];
            let solved = solve(&one, around(&[]));
            (solved.year, solved.candidates.last().copied())
        };
        assert_eq!(one(8, 3), (2014, Some(2015)));
        assert_eq!(one(9, 3), (2014, Some(2014)));
        assert_eq!(one(7, 3), (2015, Some(2015)));
    }

    #[test]
    fn a_dated_name_settles_its_whole_family() {
        let mut family =
            [bound(0, (at(12, 7), at(12, 14)), Some(NOW)), bound(1, (at(1, 1), at(1, 3)), Some(NOW))];
        family[0].suffix = Some(date(2014, 12, 14));
        let solved = solve(&family, around(&[]));
        assert_eq!((solved.basis, solved.candidates), (Basis::YEAR_ROTATION, vec![2014]));
        // The day it was opened.
        family[0].suffix = Some(date(2014, 12, 6));
        assert_eq!(solve(&family, around(&[])).candidates, [2014]);
        // A file that begins before the one above it was closed: a year is missing in between.
        family[0].suffix = Some(date(2014, 12, 14));
        family[1] =
            FileBound { previous_suffix: family[0].suffix, ..bound(0, (at(3, 1), at(4, 1)), Some(NOW)) };
        assert_eq!(solve(&family, around(&[])).candidates, [2013, 2014, 2015]);
    }

    #[test]
    fn feb_29_only_excludes() {
        let mut one = [bound(0, (at(2, 28), at(3, 1)), Some(date(2026, 3, 2)))];
        one[0].leap_turns.insert(0);
        let solved = solve(&one, around(&[]));
        assert_eq!((solved.year, &solved.candidates[5..]), (2024, &[2016, 2020, 2024][..]));
        let wrong = solve(&one, Around { given: Some(2015), ..around(&[]) });
        assert!(
            wrong.reason.starts_with("--year 2015 is not possible") && wrong.candidates.len() > 1,
            "{wrong:?}"
        );
        let mut two = [bound(2, (at(2, 28), at(3, 1)), Some(date(2026, 3, 2)))];
        two[0].leap_turns.insert(1);
        assert_eq!(solve(&two, around(&[])).year, 2023);
    }
}
