//! Holes in rotation families: a number or a date that is missing among the names of one log.
//!
//! A hole is said only where names and times agree. Numbers count without gaps, so one that is missing was
//! taken away or not copied; but only files that follow each other in time are rotations (`web.8080` and
//! `web.8443` are two logs). A date may be missing because nothing was rotated that day: then the next file
//! goes on where the last one ended, and there is no hole; if it does not, the log is silent for as long, and
//! whether a file is lost or had nothing to hold is not known. A long pause between two neighbours proves nothing.

use std::collections::{BTreeMap, BTreeSet};

use super::prepare::FileState;
use crate::base::{Loss, NANOS_PER_SECOND, Unread, civil_from_days, days_from_civil};
use crate::io::{Rotation, family};
use crate::time::{Zone, local_time};

const DAY: i64 = 86_400 * NANOS_PER_SECOND;

/// Says where rotations are missing. `files` are those with records, each family in a row from the oldest;
/// `names` all that were found, read or not; times are told in `zone`.
pub(super) fn holes(files: &[FileState], names: &[String], zone: &Zone) -> Vec<Unread> {
    let mut found: BTreeMap<String, Vec<Rotation>> = BTreeMap::new();
    for name in names {
        let (source, rotation) = family(name);
        found.entry(source).or_default().push(rotation);
    }
    let mut holes = Vec::new();
    for members in files.chunk_by(|a, b| a.source == b.source) {
        let source = family(&members[0].name).0;
        let rotations = found.get(&source).map_or(&[][..], Vec::as_slice);
        let numbers = Numbers::of(rotations);
        let days = Days::of(rotations);
        for pair in members.windows(2).filter(|pair| pair[1].asked) {
            let (older, newer) = (&pair[0], &pair[1]);
            let (Some((_, from)), Some((to, _))) = (older.range, newer.range) else { continue };
            let silence = format!(
                "nothing is known of this log from {} to {}",
                local_time(zone, from),
                local_time(zone, to)
            );
            let why = match (&older.rotation, &newer.rotation) {
                (Rotation::Number(older_number), newer_rotation) if from <= to => {
                    numbers.missing(*older_number, newer_rotation).map(|(low, high)| {
                        let (names, verb) = match low == high {
                            true => (format!("{source}.{low}"), "is"),
                            false => (format!("{source}.{low} to .{high}"), "are"),
                        };
                        format!("{names} {verb} missing between {} and {}: {silence}", older.name, newer.name)
                    })
                }
                (Rotation::Date(y1, m1, d1, _), Rotation::Date(y2, m2, d2, _)) => {
                    let (a, b) = (days_from_civil(*y1, *m1, *d1), days_from_civil(*y2, *m2, *d2));
                    days.missing(a, b, to.saturating_sub(from)).map(|missing| {
                        format!(
                            "no file is dated {missing}, between {} and {}: lost, or there was nothing to rotate; {silence}",
                            older.name, newer.name
                        )
                    })
                }
                _ => None,
            };
            holes.extend(why.map(|why| Unread { file: newer.name.clone(), why, loss: Loss::None }));
        }
    }
    holes
}

/// The numbers of a family.
struct Numbers {
    present: BTreeSet<u32>,
}

impl Numbers {
    fn of(rotations: &[Rotation]) -> Self {
        let number = |rotation: &Rotation| match rotation {
            Rotation::Number(number) => Some(*number),
            _ => None,
        };
        Self { present: rotations.iter().filter_map(number).collect() }
    }

    /// The numbers that are missing between two neighbours, lowest and highest.
    fn missing(&self, older: u32, newer: &Rotation) -> Option<(u32, u32)> {
        let low = match newer {
            Rotation::Number(newer) => newer.checked_add(1)?,
            // Where a file ends in `.0`, that is the first.
            _ => u32::from(!self.present.contains(&0)),
        };
        let high = older.checked_sub(1)?;
        let missing = low <= high && self.present.range(low..=high).next().is_none();
        // More that are missing than are there: these numbers mean something else.
        let few = missing && (high - low) as usize <= self.present.len();
        few.then_some((low, high))
    }
}

/// The days that a family's files are named after.
struct Days {
    present: BTreeSet<i64>,
    /// Days between one file and the next, where at least two pairs show it and none is nearer.
    usual: Option<i64>,
}

impl Days {
    fn of(rotations: &[Rotation]) -> Self {
        let day = |rotation: &Rotation| match rotation {
            Rotation::Date(year, month, day, _) => Some(days_from_civil(*year, *month, *day)),
            _ => None,
        };
        let present: BTreeSet<i64> = rotations.iter().filter_map(day).collect();
        let gaps = || present.iter().zip(present.iter().skip(1)).map(|(a, b)| b - a);
        let usual = gaps().min().filter(|least| gaps().filter(|gap| gap == least).count() >= 2);
        Self { present, usual }
    }

    /// The dates that are missing between two neighbours, where the log is silent for as long.
    fn missing(&self, older: i64, newer: i64, silence: i64) -> Option<String> {
        let usual = self.usual?;
        let count = (newer - older) / usual - 1;
        let fits = count > 0 && (newer - older) % usual == 0;
        let between = fits && self.present.range(older + 1..newer).next().is_none();
        // The files around a hole may end early and begin late, but not by half of what one holds.
        let silent =
            silence >= count.saturating_mul(usual).saturating_mul(DAY) - usual.saturating_mul(DAY / 2);
        let date = |day: i64| {
            let (year, month, day) = civil_from_days(day);
            format!("{year:04}-{month:02}-{day:02}")
        };
        (between && silent).then(|| match count {
            1 => date(older + usual),
            _ => format!("{} to {}", date(older + usual), date(newer - usual)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rotations(names: &[&str]) -> Vec<Rotation> {
        names.iter().map(|name| family(name).1).collect()
    }

    #[test]
    fn numbers_count_without_gaps() {
        let numbers = |names: &[&str]| Numbers::of(&rotations(names));
        let some = numbers(&["a.log", "a.log.1", "a.log.3.gz", "a.log.6.gz"]);
        assert_eq!(some.missing(3, &Rotation::Number(1)), Some((2, 2)));
        assert_eq!(some.missing(6, &Rotation::Number(3)), Some((4, 5)));
        assert_eq!(some.missing(1, &Rotation::Live), None);
        assert_eq!(some.missing(6, &Rotation::Number(1)), None, "an empty or unread file stands between");
        assert_eq!(numbers(&["a.log", "a.log.2"]).missing(2, &Rotation::Live), Some((1, 1)));
        assert_eq!(numbers(&["a.log", "a.log.0", "a.log.1"]).missing(0, &Rotation::Live), None);
        assert_eq!(numbers(&["web.8080", "web.8443"]).missing(8443, &Rotation::Number(8080)), None);
    }

    #[test]
    fn dates_need_a_pace_and_a_silence() {
        let days = |names: &[&str]| Days::of(&rotations(names));
        let at = |day: u32| days_from_civil(2014, 12, day);
        let daily = days(&["a-20141208", "a-20141209", "a-20141210", "a-20141212"]);
        assert_eq!(daily.missing(at(10), at(12), DAY).as_deref(), Some("2014-12-11"));
        assert_eq!(daily.missing(at(10), at(12), DAY / 3), None, "not rotated that day");
        assert_eq!(daily.missing(at(9), at(10), 3 * DAY), None, "a pause");
        let weekly = days(&["a-20141102", "a-20141109", "a-20141116", "a-20141207"]);
        let november = |day: u32| days_from_civil(2014, 11, day);
        assert_eq!(
            weekly.missing(november(16), at(7), 14 * DAY).as_deref(),
            Some("2014-11-23 to 2014-11-30")
        );
        assert_eq!(days(&["a-20141208", "a-20141210"]).missing(at(8), at(10), 2 * DAY), None, "no pace");
    }
}
