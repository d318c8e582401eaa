//! First occurrences: every pattern's first event is a marker. Ranked by severity, then by rarity; the
//! verdict is the earliest severe one in the densest stretch of them.

use crate::base::{Level, NANOS_PER_SECOND, SourceId};

use super::catalogue::{Catalogue, Example, PatternStat};
use super::evidence::Evidence;
use crate::view::second;

/// A pattern's first occurrence in a source.
#[derive(Clone, Debug)]
pub struct Marker {
    /// The source.
    pub source: SourceId,
    /// The pattern.
    pub pattern: u64,
    /// How often, from when to when, and how bad at worst.
    pub stat: PatternStat,
    /// Its first event.
    pub example: Example,
    /// The same as evidence.
    pub evidence: Evidence,
    /// The same record in other sources, where it is their first as well.
    pub also: Vec<Evidence>,
    /// It came while its source had only just begun: everything is new then.
    pub warm_up: bool,
    /// It has been there all along: spread evenly, its records would have begun about when they did.
    pub chronic: bool,
}

/// Nats of surprise that a pattern must carry to count as having begun: one in twenty.
const SURPRISE: f64 = 3.0;

/// Whether a pattern of `count` records, at an even rate over its source's range, would be expected to
/// start about `first`. The chance of hearing nothing for that long is exp(-count * elapsed / span).
/// Few records prove nothing either way.
pub(super) fn chronic(count: u64, first: i64, (from, to): (i64, i64)) -> bool {
    let elapsed = (first - from).max(0) as f64 / (to - from).max(1) as f64;
    count >= 5 && (count as f64) * elapsed < SURPRISE
}

impl Marker {
    /// Whether its level was read from words and not from a field.
    pub fn level_guessed(&self) -> bool {
        self.example.level_inferred && self.stat.level != Level::Unknown
    }

    /// How much it deserves attention, 0 to 1: severity first, rarity second.
    pub fn score(&self) -> f64 {
        let severity = f64::from(self.stat.level as u8) / 9.0;
        let rarity = 1.0 / (1.0 + (self.stat.count as f64).log2());
        let weight = match (self.warm_up && self.stat.level < Level::Error, self.chronic) {
            (true, _) => 0.3,
            (false, true) => 0.6,
            (false, false) => 1.0,
        };
        (0.75 * severity + 0.25 * rarity) * weight
    }
}

impl Marker {
    /// What two sources must agree in to have begun with one record; the time is compared apart.
    fn told(&self) -> (u64, i64, &Option<String>, &Option<String>, &str) {
        let example = &self.example;
        (self.pattern, second(self.stat.first_key), &example.host, &example.program, &example.message)
    }

    /// Whether another source's first record is this one: at the same instant, or at one cut to the second.
    fn is_copied_by(&self, other: &Self) -> bool {
        let at = self.stat.first_key;
        self.example.dated
            && other.example.dated
            && self.example.host.is_some()
            && [at, second(at)].contains(&other.stat.first_key)
            && self.told() == other.told()
    }

    /// Takes in another source's marker of the same record. How many records of it the sources share is not
    /// known: there are at least as many as one of them has.
    fn take_in(&mut self, other: Self) {
        self.stat.count = self.stat.count.max(other.stat.count);
        self.stat.last_key = self.stat.last_key.max(other.stat.last_key);
        self.stat.level = self.stat.level.max(other.stat.level);
        // The source that goes back further knows better whether it was new.
        self.warm_up &= other.warm_up;
        self.chronic &= other.chronic;
        self.also.push(other.evidence);
    }
}

/// Joins the markers of one record that several sources have: the finest stamp stands for it.
fn fold(mut markers: Vec<Marker>) -> Vec<Marker> {
    markers.sort_by(|a, b| {
        let finest = |marker: &Marker| (std::cmp::Reverse(marker.stat.first_key), marker.stat.first_place);
        a.told().cmp(&b.told()).then_with(|| finest(a).cmp(&finest(b)))
    });
    let mut kept: Vec<Marker> = Vec::with_capacity(markers.len());
    for marker in markers {
        match kept.last_mut().filter(|last| last.is_copied_by(&marker)) {
            Some(last) => last.take_in(marker),
            None => kept.push(marker),
        }
    }
    kept
}

const MINUTE: i64 = 60 * NANOS_PER_SECOND;

/// All markers, the most telling first: not from a warm-up unless severe, then by severity, by whether
/// they really began then, by rarity, time and place. With `fold_copies` a record that several sources have
/// is one.
pub fn markers(
    catalogue: &Catalogue,
    fold_copies: bool,
    first_of_source: impl Fn(SourceId) -> Option<(i64, i64)>,
) -> Vec<Marker> {
    let mut markers: Vec<Marker> = catalogue
        .patterns
        .iter()
        .filter_map(|((source, pattern), stat)| {
            let example = stat.example.clone()?;
            let range = first_of_source(*source);
            let warm_up = range.is_some_and(|(from, to)| {
                let span = ((to - from) / 20).min(10 * MINUTE);
                stat.first_key <= from.saturating_add(span)
            });
            let chronic = range.is_some_and(|range| chronic(stat.count, stat.first_key, range));
            let (file, line) = stat.first_place;
            let key = example.dated.then_some(stat.first_key);
            let evidence = Evidence::new(file, line, key, example.raw.as_bytes());
            Some(Marker {
                source: *source,
                pattern: *pattern,
                stat: stat.clone(),
                example,
                evidence,
                also: Vec::new(),
                warm_up,
                chronic,
            })
        })
        .collect();
    if fold_copies {
        markers = fold(markers);
    }
    markers.sort_by(|a, b| {
        let rank = |marker: &Marker| {
            let calm = marker.warm_up && marker.stat.level < Level::Error;
            (
                calm,
                std::cmp::Reverse(marker.stat.level),
                marker.chronic,
                marker.stat.count,
                marker.stat.first_key,
                marker.stat.first_place,
            )
        };
        rank(a).cmp(&rank(b)).then_with(|| a.pattern.cmp(&b.pattern))
    });
    markers
}

/// What broke first.
#[derive(Clone, Debug)]
pub struct Verdict<'a> {
    /// The earliest severe first occurrence of the densest stretch.
    pub first: &'a Marker,
    /// The other severe first occurrences of that stretch, in time order.
    pub followers: Vec<&'a Marker>,
    /// The level that counted as severe.
    pub level: Level,
}

/// Width of the stretch that is called one incident's beginning, in nanoseconds.
pub const STRETCH: i64 = 10 * MINUTE;

/// Finds what broke first: among markers at `error` or worse (else at `warn`) that are neither chronic
/// nor from a warm-up, the stretch of ten minutes in which most of them, from most sources, follow
/// soonest; of those the earliest.
pub fn verdict(markers: &[Marker]) -> Option<Verdict<'_>> {
    [Level::Error, Level::Warn].into_iter().find_map(|level| {
        let all: Vec<&Marker> =
            markers.iter().filter(|marker| marker.stat.level >= level && marker.example.dated).collect();
        let settled: Vec<&Marker> =
            all.iter().copied().filter(|marker| !marker.warm_up && !marker.chronic).collect();
        let mut severe = if settled.is_empty() { all } else { settled };
        severe.sort_by_key(|marker| (marker.stat.first_key, marker.stat.first_place, marker.pattern));
        let stretch = |start: usize| {
            let from = severe[start].stat.first_key;
            severe[start..].iter().take_while(|marker| marker.stat.first_key - from < STRETCH).count()
        };
        let weight = |start: usize| {
            let inside = &severe[start..start + stretch(start)];
            let mut sources: Vec<SourceId> = inside.iter().map(|marker| marker.source).collect();
            sources.sort();
            sources.dedup();
            // What follows at once weighs most: a stray error minutes ahead of an avalanche is not its start.
            let from = severe[start].stat.first_key;
            let severity: i64 = inside
                .iter()
                .map(|marker| {
                    let left = STRETCH - (marker.stat.first_key - from);
                    (left / NANOS_PER_SECOND) << (marker.stat.level as u32 - Level::Warn as u32)
                })
                .sum();
            severity * sources.len() as i64
        };
        let best = (0..severe.len()).max_by_key(|start| (weight(*start), std::cmp::Reverse(*start)))?;
        let (first, followers) = severe[best..best + stretch(best)].split_first()?;
        Some(Verdict { first, followers: followers.to_vec(), level })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::FileId;

    fn marker(source: u32, minute: i64, level: Level, warm_up: bool) -> Marker {
        let key = minute * MINUTE;
        let stat = PatternStat {
            count: 1,
            first_key: key,
            first_place: (FileId(source), minute as u64),
            last_key: key,
            level,
            example: None,
        };
        let example = Example {
            message: String::new(),
            raw: String::new(),
            program: None,
            program_written: false,
            host: None,
            level_inferred: false,
            dated: true,
            bounds: (key, key),
        };
        let evidence = Evidence::new(FileId(source), minute as u64, Some(key), b"");
        Marker {
            source: SourceId(source),
            pattern: minute as u64,
            stat,
            example,
            evidence,
            also: Vec::new(),
            warm_up,
            chronic: false,
        }
    }

    #[test]
    fn the_densest_stretch_wins_and_its_earliest_is_first() {
        let markers = [
            marker(0, 5, Level::Error, true),
            marker(0, 100, Level::Error, false),
            marker(1, 500, Level::Error, false),
            marker(0, 501, Level::Critical, false),
            marker(2, 505, Level::Error, false),
            marker(2, 900, Level::Warn, false),
        ];
        let verdict = verdict(&markers).expect("something broke");
        assert_eq!(verdict.first.pattern, 500);
        assert_eq!(verdict.followers.iter().map(|marker| marker.pattern).collect::<Vec<_>>(), [501, 505]);
    }

    #[test]
    fn one_record_of_two_sources_is_one_marker() {
        let of = |source: u32, nanos: i64, host: &str| {
            let mut marker = marker(source, 5, Level::Error, source == 0);
            marker.stat.first_key += nanos;
            marker.stat.count = u64::from(source) + 1;
            marker.example.host = (!host.is_empty()).then(|| host.to_owned());
            marker
        };
        let folded = fold(vec![of(0, 0, "web1"), of(1, 300, "web1"), of(2, 0, "web2"), of(3, 0, "")]);
        let places =
            |marker: &Marker| (marker.source.0, marker.also.len(), marker.stat.count, marker.warm_up);
        let mut all: Vec<_> = folded.iter().map(places).collect();
        all.sort_unstable();
        assert_eq!(all, [(1, 1, 2, false), (2, 0, 3, false), (3, 0, 4, false)]);
        let apart = fold(vec![of(0, 200, "web1"), of(1, 300, "web1"), of(4, 0, ""), of(3, 0, "")]);
        assert_eq!(apart.len(), 4, "two fractions are two records, and without a host nothing is told");
    }

    #[test]
    fn what_was_always_there_did_not_begin() {
        let range = (0, 1_000 * MINUTE);
        assert!(chronic(500, 3 * MINUTE, range));
        assert!(!chronic(8, 600 * MINUTE, range));
        assert!(!chronic(1, 3 * MINUTE, range), "one record proves nothing");
    }

    #[test]
    fn without_errors_warnings_count_and_without_those_nothing_does() {
        let calm = [marker(0, 5, Level::Info, false)];
        assert!(verdict(&calm).is_none());
        let uneasy = [marker(0, 5, Level::Info, false), marker(0, 9, Level::Warn, true)];
        assert_eq!(verdict(&uneasy).map(|verdict| verdict.level), Some(Level::Warn));
    }
}
