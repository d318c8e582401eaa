//! Writers inside one file whose clock differs from the file's: a daemon in UTC inside a local syslog,
//! the lines of a host in another zone at a collector.
//!
//! A file is written in order. So a record between two others was written between them, and its stamp
//! minus theirs bounds how far its writer's clock is off. The bounds of all its records together leave
//! one multiple of a quarter of an hour, or several: then it is known to differ and not by how much.

use std::collections::BTreeMap;

use crate::base::NANOS_PER_SECOND;

/// Who wrote a record, as far as it says.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Writer {
    /// Every record of a host.
    Host(Vec<u8>),
    /// Every record of a program.
    Program(Vec<u8>),
}

/// A writer whose clock is not the file's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OddWriter {
    /// Who.
    pub writer: Writer,
    /// Its clock minus the file's, nanoseconds; 0 where it differs by an unknown amount.
    pub offset: i64,
    /// Whether it is known by how much it differs.
    pub certain: bool,
    /// Offset in the file of its first record, and how many were seen.
    pub first: (u64, usize),
    /// Whether only another file of the same log shows that it differs.
    pub elsewhere: bool,
}

/// One record on its way through: who wrote it, when by its stamp, where it stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Written<'a> {
    pub name: &'a [u8],
    pub at: i64,
    pub offset: u64,
}

const QUARTER: i64 = 900 * NANOS_PER_SECOND;

/// Two writers may be this much out of order where the offset is measured.
const LEEWAY: i64 = 5 * NANOS_PER_SECOND;

/// Half a quarter of an hour: who is out of order by less has the file's zone.
const HALF: i64 = QUARTER / 2;

/// Two zones are this far apart at most.
const FURTHEST: i64 = 26 * 3_600 * NANOS_PER_SECOND;

/// Fewest records of a writer that say anything of its clock.
const FEWEST: usize = 3;

/// Finds the writers whose clock differs from that of most others. `regions` hold records in file order.
pub(super) fn odd_writers(regions: &[Vec<Written<'_>>], writer: impl Fn(&[u8]) -> Writer) -> Vec<OddWriter> {
    let mut counts: BTreeMap<&[u8], usize> = BTreeMap::new();
    for record in regions.iter().flatten() {
        *counts.entry(record.name).or_default() += 1;
    }
    if counts.len() < 2 {
        return Vec::new();
    }
    // The file's own clock is that of the writers who fit in between all others; failing that, of the one
    // who writes most.
    let fits = |name: &[u8]| {
        let bounds = bounds(regions, name, |other| other != name);
        let fitting = bounds.iter().filter(|(low, high)| *low <= HALF && *high >= -HALF).count();
        !bounds.is_empty() && fitting * 10 >= bounds.len() * 8
    };
    let mut main: Vec<&[u8]> = counts.keys().copied().filter(|name| fits(name)).collect();
    let weight = |names: &[&[u8]]| names.iter().map(|name| counts[name]).sum::<usize>();
    if weight(&main) * 2 < regions.iter().map(Vec::len).sum() {
        main = counts
            .iter()
            .max_by_key(|(name, count)| (**count, **name))
            .map(|(name, _)| *name)
            .into_iter()
            .collect();
    }
    let others = counts.keys().filter(|name| !main.contains(name));
    // Bounds of those who wrote too little each.
    let mut few: Vec<(i64, i64)> = Vec::new();
    let odd = others.filter_map(|name| {
        let bounds = bounds(regions, name, |other| main.contains(&other));
        let place = regions.iter().flatten().find(|record| record.name == *name)?.offset;
        let first = (place, counts[name]);
        let fitting = bounds.iter().filter(|(low, high)| *low <= HALF && *high >= -HALF).count();
        if !bounds.is_empty() && fitting * 10 >= bounds.len() * 8 && !all_aside(&bounds) {
            return None;
        }
        if bounds.len() < FEWEST {
            few.extend(bounds);
            return Some((
                OddWriter { writer: writer(name), offset: 0, certain: false, first, elsewhere: false },
                false,
            ));
        }
        let low = bounds.iter().map(|bound| bound.0).max()? - LEEWAY;
        let high = bounds.iter().map(|bound| bound.1).min()? + LEEWAY;
        let start = low.div_euclid(QUARTER) * QUARTER;
        let mut grid = (0..=1 + (high - start).max(0) / QUARTER)
            .map(|step| start + step * QUARTER)
            .filter(|at| (low..=high).contains(at));
        // Nothing may fit: one of the clocks changed.
        let (offset, second) = (grid.next(), grid.next());
        // No two zones are further apart than a day and two hours: a clock that is was set wrongly, or changed.
        let zones = |offset: i64| offset != 0 && offset.abs() <= FURTHEST;
        let certain = second.is_none() && offset.is_some_and(zones);
        let offset = offset.filter(|_| certain).unwrap_or(0);
        Some((OddWriter { writer: writer(name), offset, certain, first, elsewhere: false }, true))
    });
    let odd: Vec<(OddWriter, bool)> = odd.collect();
    // Of those who wrote too little to tell nothing is known, once one is known to differ, or all of them agree on
    // another clock.
    let differs = odd.iter().any(|(_, judged)| *judged) || all_aside(&few);
    odd.into_iter().filter(|_| differs).map(|(odd, _)| odd).collect()
}

/// Whether bounds that would each allow for a late record leave no room for the file's clock together: several
/// exclude it, and all agree on another. (India and Nepal are a quarter of an hour apart.)
fn all_aside(bounds: &[(i64, i64)]) -> bool {
    const MINUTE: i64 = 60 * NANOS_PER_SECOND;
    let low = bounds.iter().map(|bound| bound.0).max().unwrap_or(i64::MIN);
    let high = bounds.iter().map(|bound| bound.1).min().unwrap_or(i64::MAX);
    let aside = bounds.iter().filter(|(low, high)| *low > MINUTE || *high < -MINUTE).count();
    aside >= FEWEST && low <= high.saturating_add(2 * LEEWAY)
}

/// Writers known to differ in another file of the log, and not shown here to have the file's clock.
pub(super) fn odd_elsewhere<'a>(
    regions: &[Vec<Written<'_>>],
    known: impl Iterator<Item = (&'a [u8], &'a Writer)>,
) -> Vec<OddWriter> {
    let known: BTreeMap<&[u8], &Writer> = known.collect();
    let mut seen: BTreeMap<&[u8], (u64, usize)> = BTreeMap::new();
    for record in regions.iter().flatten() {
        seen.entry(record.name).or_insert((record.offset, 0)).1 += 1;
    }
    if seen.len() < 2 {
        return Vec::new();
    }
    let differs = |(name, writer): (&&[u8], &&Writer)| {
        let first = *seen.get(name)?;
        let bounds = bounds(regions, name, |other| !known.contains_key(other));
        let fitting = bounds.iter().filter(|(low, high)| *low <= HALF && *high >= -HALF).count();
        let fits = fitting >= FEWEST && fitting * 10 >= bounds.len() * 8;
        let odd = OddWriter { writer: (*writer).clone(), offset: 0, certain: false, first, elsewhere: true };
        (!fits).then_some(odd)
    };
    known.iter().filter_map(differs).collect()
}

/// For each stretch of records by `name` between two records of `others`: the smallest and the largest
/// amount that its clock may be ahead.
fn bounds(regions: &[Vec<Written<'_>>], name: &[u8], others: impl Fn(&[u8]) -> bool) -> Vec<(i64, i64)> {
    let mut found = Vec::new();
    for records in regions {
        let mut before: Option<i64> = None;
        let mut waiting: Option<(i64, i64)> = None; // smallest and largest stamp of the stretch
        for record in records {
            if record.name == name {
                if before.is_some() {
                    let (least, most) = waiting.unwrap_or((record.at, record.at));
                    waiting = Some((least.min(record.at), most.max(record.at)));
                }
            } else if others(record.name) {
                if let (Some(before), Some((least, most))) = (before, waiting)
                    // Others that run back between them say nothing.
                    && record.at >= before - LEEWAY
                {
                    found.push((most - record.at, least - before));
                }
                waiting = None;
                before = Some(record.at);
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: i64 = NANOS_PER_SECOND;

    fn find(records: &[(&str, i64)]) -> Vec<OddWriter> {
        let records = records.iter().enumerate().map(|(index, (name, at))| Written {
            name: name.as_bytes(),
            at: at * SECOND,
            offset: index as u64,
        });
        odd_writers(&[records.collect()], |name| Writer::Program(name.to_vec()))
    }

    #[test]
    fn a_daemon_in_another_zone_is_found_exactly() {
        let hours = 9 * 3_600;
        let records: Vec<(&str, i64)> = (0..30)
            .map(|index| match index % 7 {
                3 => ("odd", index * 200 - hours),
                5 => ("sshd", index * 200),
                _ => ("cron", index * 200),
            })
            .collect();
        let found = find(&records);
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!((found[0].offset, found[0].certain), (-hours * SECOND, true));
        assert_eq!(found[0].first, (3, 4));
    }

    #[test]
    fn no_zone_is_days_away() {
        let records: Vec<(&str, i64)> = (0..30)
            .map(
                |index| {
                    if index % 3 == 1 { ("odd", index * 200 - 72 * 3_600) } else { ("cron", index * 200) }
                },
            )
            .collect();
        let found = find(&records);
        assert!(found.len() == 1 && !found[0].certain && found[0].offset == 0, "{found:?}");
    }

    #[test]
    fn far_neighbours_leave_several_readings() {
        let records: Vec<(&str, i64)> = (0..30)
            .map(
                |index| {
                    if index % 7 == 3 { ("odd", index * 3_000 - 32_400) } else { ("cron", index * 3_000) }
                },
            )
            .collect();
        let found = find(&records);
        assert!(found.len() == 1 && !found[0].certain, "{found:?}");
    }

    #[test]
    fn who_differs_elsewhere_is_not_believed_here_unless_it_fits() {
        let records = |count: i64| -> Vec<Written<'static>> {
            let names: [&[u8]; 2] = [b"cron", b"odd"];
            (0..count)
                .map(|index| Written {
                    name: names[index as usize % 2],
                    at: index * SECOND,
                    offset: index as u64,
                })
                .collect()
        };
        let odd = Writer::Program(b"odd".to_vec());
        let elsewhere = |count| odd_elsewhere(&[records(count)], [(&b"odd"[..], &odd)].into_iter());
        let found = elsewhere(4);
        assert!(found.len() == 1 && found[0].elsewhere && !found[0].certain, "{found:?}");
        assert_eq!(elsewhere(20), []);
        assert_eq!(elsewhere(1), []);
    }

    #[test]
    fn several_who_wrote_too_little_differ_together() {
        let records = |aside: i64| -> Vec<(&str, i64)> {
            (0..40)
                .map(|index| match index {
                    7 | 23 => ("dhclient", index * 80 + aside),
                    15 | 31 => ("kernel", index * 80 + aside),
                    _ => ("odd", index * 80),
                })
                .collect()
        };
        let found = find(&records(3_600));
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found.iter().all(|odd| !odd.certain && odd.offset == 0), "{found:?}");
        assert_eq!(find(&records(0)), []);
    }

    #[test]
    fn writers_in_order_are_not_odd() {
        let records: Vec<(&str, i64)> =
            (0..60).map(|index| (["a", "b", "c"][index as usize % 3], index * 40 - index % 2)).collect();
        assert_eq!(find(&records), []);
    }
}
