//! From matched records to bounds on clocks: what one message seen twice, or one request inside another,
//! says about the clocks of the hosts that stamped them.
//!
//! Only matches that cannot be a coincidence count. A false bound is worse than none: it moves a whole
//! host.

use std::collections::BTreeMap;

use super::{Bound, Match};

/// A message as one host's clock stamped it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Sighting {
    /// Identity of what was said: host, program, pid and message, as one hash.
    pub message: u64,
    /// The host whose clock wrote the stamp.
    pub clock: u32,
    /// Whether that is the host that said it: it wrote before anybody received.
    pub own: bool,
    /// The stamp's interval on that clock, `[earliest, latest)`, nanoseconds since 1970.
    pub interval: (i64, i64),
    /// The record; the caller's own number.
    pub evidence: u64,
}

/// A request as one host saw it: when it began and ended, each an interval on that host's clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Visit {
    /// The host whose clock wrote the stamps.
    pub clock: u32,
    /// When it began, `[earliest, latest)`, nanoseconds since 1970.
    pub start: (i64, i64),
    /// When it ended, `[earliest, latest)`, nanoseconds since 1970.
    pub end: (i64, i64),
    /// The record; the caller's own number.
    pub evidence: u64,
}

/// Bounds from messages that were written on their own host and received by a collector's file. The
/// evidence of a bound is that of the record received.
///
/// A message that either host has more than once is left out: nobody knows which copy is whose. So are all
/// messages between two hosts when none of them has another stamp at the collector than at home: such a
/// collector passes on the sender's stamp (rsyslog's `timereported`, the default), and its own clock is not
/// in it.
pub fn copies(sightings: &[Sighting]) -> Vec<Bound> {
    let mut sightings = sightings.to_vec();
    sightings.sort_unstable();
    let mut pairs: BTreeMap<(u32, u32), (bool, Vec<Bound>)> = BTreeMap::new();
    for same in sightings.chunk_by(|a, b| a.message == b.message) {
        let mut alone = same.chunk_by(|a, b| a.clock == b.clock).filter_map(|of_clock| match of_clock {
            [only] => Some(only),
            _ => None,
        });
        let (own, received): (Vec<&Sighting>, Vec<&Sighting>) = alone.by_ref().partition(|one| one.own);
        // Whose it is must be clear.
        let [own] = own[..] else { continue };
        if same.iter().any(|other| other.own && other.clock != own.clock) {
            continue;
        }
        for received in received {
            let bound = Bound {
                at: own.interval.0,
                class: Match::Copy,
                from: own.clock,
                to: received.clock,
                most: received.interval.1.saturating_sub(own.interval.0),
                evidence: received.evidence,
            };
            let entry = pairs.entry((own.clock, received.clock)).or_default();
            entry.0 |= own.interval.0 != received.interval.0;
            entry.1.push(bound);
        }
    }
    pairs.into_values().filter(|(stamped, _)| *stamped).flat_map(|(_, bounds)| bounds).collect()
}

/// Bounds from a request that a proxy passed on: the backend's visit lies inside the proxy's, so it begins
/// no earlier and ends no later, which bounds their clocks from both sides. Both must name the same
/// request. The evidence of both bounds is the backend's record.
pub fn enclosed(proxy: &Visit, backend: &Visit) -> [Bound; 2] {
    let bound = |from: u32, to: u32, most: i64| Bound {
        at: proxy.start.0,
        class: Match::Id,
        from,
        to,
        most,
        evidence: backend.evidence,
    };
    [
        bound(proxy.clock, backend.clock, backend.start.1.saturating_sub(proxy.start.0)),
        bound(backend.clock, proxy.clock, proxy.end.1.saturating_sub(backend.end.0)),
    ]
}

#[cfg(test)]
mod tests {
    use super::super::{WINDOW, solve};
    use super::*;

    const SECOND: i64 = 1_000_000_000;

    fn sighting(message: u64, clock: u32, own: bool, at: i64) -> Sighting {
        let evidence = message * 10 + u64::from(clock);
        Sighting { message, clock, own, interval: (at * SECOND, (at + 1) * SECOND), evidence }
    }

    #[test]
    fn a_collector_that_stamps_bounds_its_senders() {
        // The collector's clock is 30 s ahead.
        let mut seen = Vec::new();
        for message in 0..5 {
            let at = message as i64 * 10;
            seen.extend([sighting(message, 0, true, at), sighting(message, 9, false, at + 30)]);
        }
        // One that was said twice, and one that two hosts call their own.
        seen.extend([sighting(77, 0, true, 1), sighting(77, 0, true, 2), sighting(77, 9, false, 3)]);
        seen.extend([sighting(78, 0, true, 1), sighting(78, 1, true, 1), sighting(78, 9, false, 3)]);
        let bounds = copies(&seen);
        assert_eq!(bounds.len(), 5);
        assert!(bounds.iter().all(|bound| (bound.from, bound.to, bound.most) == (0, 9, 31 * SECOND)));
        assert_eq!(bounds.iter().map(|bound| bound.evidence).collect::<Vec<_>>(), [9, 19, 29, 39, 49]);
    }

    #[test]
    fn a_collector_that_passes_stamps_on_says_nothing() {
        let seen: Vec<Sighting> = (0..5)
            .flat_map(|message| [sighting(message, 0, true, 100), sighting(message, 9, false, 100)])
            .collect();
        assert_eq!(copies(&seen), []);
    }

    #[test]
    fn a_request_inside_another_bounds_both_sides() {
        // Whole seconds at the proxy, whose clock is right; the backend is 40 s behind.
        let proxy = Visit {
            clock: 0,
            start: (100 * SECOND, 101 * SECOND),
            end: (102 * SECOND, 103 * SECOND),
            evidence: 1,
        };
        let backend = Visit {
            clock: 1,
            start: (61 * SECOND, 62 * SECOND),
            end: (62 * SECOND, 63 * SECOND),
            evidence: 2,
        };
        let skew = solve(&enclosed(&proxy, &backend), WINDOW);
        let [piece] = skew.pieces[..] else { panic!("{skew:?}") };
        assert_eq!((piece.host, piece.reference), (1, 0));
        assert_eq!((piece.least, piece.most), (Some(-41 * SECOND), Some(-38 * SECOND)));
        assert_eq!(piece.correction(), Some((-39_500_000_000, 1_500_000_000)));
    }
}
