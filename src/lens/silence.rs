//! Silence: a source that spoke steadily and then did not.
//!
//! A source is judged by its own cadence only, and only when it has one: gaps of at least a second
//! between neighbouring records, at least a hundred of them, the 99th percentile within twelve medians.
//! Access logs, probes and pollers pass; logs that come in bursts do not, and nothing is said of them.
//! A gap is a silence when it is five times the 99th percentile, three times the longest gap that is
//! none, and so long that a steady (Poisson) source would show one like it less than once in a million
//! logs of this length.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

use super::evidence::Evidence;
use crate::base::{Batch, Event, FileId, Flags, NANOS_PER_SECOND, SourceId};
use crate::text::lossy;

/// Eight buckets an octave: a quantile is right within nine per cent.
const PER_OCTAVE: u16 = 8;
/// Gaps kept with their neighbours.
const LONGEST: usize = 8;
/// At most this many silences of one source; more is its way of life.
const MOST: usize = 3;

/// A gap between two records of a source.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Gap {
    nanos: i64,
    before: Evidence,
    after: Option<Evidence>,
}

/// The rhythm of one source: mergeable in time order.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Pulse {
    /// Gaps per bucket: how many, and their sum in nanoseconds. Only those that have any: there is a pulse for each
    /// source and stretch of the timeline, and most know a handful of gaps.
    buckets: BTreeMap<u16, (u32, i64)>,
    longest: Vec<Gap>,
    first: Option<Evidence>,
    last: Option<Evidence>,
}

fn bucket(nanos: i64) -> u16 {
    let value = nanos.max(1) as u64;
    let octave = value.ilog2() as u16;
    let within = if octave >= 3 { (value >> (octave - 3)) & 7 } else { 0 };
    octave * PER_OCTAVE + within as u16
}

impl Pulse {
    /// Takes the source's next record, in time order.
    #[inline]
    pub fn add(&mut self, batch: &Batch, event: &Event) {
        if event.flags.has(Flags::UNDATED) {
            return;
        }
        let gap = self.last.as_ref().and_then(|last| last.key).map_or(0, |last| event.key - last);
        if self.first.is_some() && gap < NANOS_PER_SECOND {
            // Within a burst: only the place of the last record moves on.
            if let Some(last) = &mut self.last {
                (last.key, last.file, last.line) = (Some(event.key), batch.file, batch.line(event));
                last.raw.clear();
                let record = batch.record(event);
                last.raw.push_str(&lossy(&record[..record.len().min(200)]));
            }
            return;
        }
        let evidence = Evidence::new(batch.file, batch.line(event), Some(event.key), batch.record(event));
        self.next(evidence);
    }

    fn next(&mut self, evidence: Evidence) {
        if let (Some(last), Some(key)) = (&self.last, evidence.key) {
            let nanos = key - last.key.unwrap_or(key);
            if nanos >= NANOS_PER_SECOND {
                let (count, sum) = self.buckets.entry(bucket(nanos)).or_default();
                (*count, *sum) = (*count + 1, sum.saturating_add(nanos));
                let shortest = self.longest.last().map_or(0, |gap| gap.nanos);
                if self.longest.len() < LONGEST || nanos > shortest {
                    self.keep(Gap { nanos, before: last.clone(), after: Some(evidence.clone()) });
                }
            }
        }
        self.first.get_or_insert_with(|| evidence.clone());
        self.last = Some(evidence);
    }

    fn keep(&mut self, gap: Gap) {
        self.longest.push(gap);
        self.longest.sort_by(|a, b| b.nanos.cmp(&a.nanos).then_with(|| a.before.key.cmp(&b.before.key)));
        self.longest.truncate(LONGEST);
    }

    /// Appends the rhythm of the stretch that follows.
    pub fn append(&mut self, later: Self) {
        for (bucket, (more, longer)) in later.buckets {
            let (count, sum) = self.buckets.entry(bucket).or_default();
            (*count, *sum) = (*count + more, sum.saturating_add(longer));
        }
        for gap in later.longest {
            self.keep(gap);
        }
        if let Some(first) = later.first {
            self.next(first);
            self.last = later.last;
        }
    }

    /// The same rhythm where files bear other ids.
    #[must_use]
    pub fn refiled(mut self, new: impl Fn(FileId) -> FileId) -> Self {
        let gaps = self.longest.iter_mut();
        let ends = gaps.flat_map(|gap| std::iter::once(&mut gap.before).chain(&mut gap.after));
        for evidence in ends.chain(&mut self.first).chain(&mut self.last) {
            evidence.file = new(evidence.file);
        }
        self
    }

    /// The gap that a share of all gaps does not exceed: the mean of the bucket it lies in.
    fn quantile(&self, share: f64) -> i64 {
        let total: u64 = self.buckets.values().map(|(count, _)| u64::from(*count)).sum();
        let wanted = (total as f64 * share).ceil() as u64;
        let mut seen = 0;
        for (count, sum) in self.buckets.values() {
            seen += u64::from(*count);
            if seen >= wanted && seen > 0 {
                return sum / i64::from(*count).max(1);
            }
        }
        0
    }
}

/// A source that stopped, and perhaps came back.
#[derive(Clone, Debug)]
pub struct Silence {
    /// The source.
    pub source: SourceId,
    /// The last record before.
    pub before: Evidence,
    /// The first record after; `None` when it never came back.
    pub after: Option<Evidence>,
    /// When it ended, or the end of what its neighbours wrote.
    pub end: i64,
    /// The median gap, nanoseconds.
    pub period: i64,
    /// Records that a steady source would have written.
    pub missing: i64,
}

/// Finds silences. `ends` gives, for each source, the last instant that its neighbours (other sources of
/// the same host) wrote at: a source that stops long before them has fallen silent too.
pub fn silences(pulses: &[Pulse], ends: &[Option<i64>]) -> Vec<Silence> {
    let mut found = Vec::new();
    for (index, pulse) in pulses.iter().enumerate() {
        let source = SourceId(index as u32);
        let mut gaps = pulse.longest.clone();
        if let (Some(last), Some(end)) = (&pulse.last, ends[index])
            && let Some(key) = last.key
            && end > key
        {
            gaps.push(Gap { nanos: end - key, before: last.clone(), after: None });
            gaps.sort_by(|a, b| b.nanos.cmp(&a.nanos).then_with(|| a.before.key.cmp(&b.before.key)));
        }
        let (Some(first), Some(last)) = (&pulse.first, &pulse.last) else { continue };
        let count: i64 = pulse.buckets.values().map(|(count, _)| i64::from(*count)).sum();
        let median = pulse.quantile(0.5);
        let usual = pulse.quantile(0.99);
        if count < 100 || usual > median.saturating_mul(12) {
            continue;
        }
        let span = last.key.unwrap_or(0) - first.key.unwrap_or(0);
        let mean = span / count.max(1);
        let unlikely = (mean as f64 * ((count as f64).ln() + 13.8)) as i64;
        let long = |gap: &Gap| gap.nanos >= usual.saturating_mul(5).max(unlikely).max(10 * NANOS_PER_SECOND);
        let silent = gaps.iter().take_while(|gap| long(gap)).count();
        let longest_usual = gaps.get(silent).map_or(usual, |gap| gap.nanos);
        if silent > MOST || gaps[..silent].iter().any(|gap| gap.nanos < longest_usual.saturating_mul(3)) {
            continue;
        }
        found.extend(gaps.into_iter().take(silent).map(|gap| Silence {
            source,
            end: gap.after.as_ref().and_then(|after| after.key).or(ends[index]).unwrap_or(0),
            period: median,
            missing: gap.nanos / median.max(1),
            before: gap.before,
            after: gap.after,
        }));
    }
    found.sort_by_key(|a| (a.before.key, a.source));
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pulse(seconds: &[i64]) -> Pulse {
        let mut pulse = Pulse::default();
        for (line, second) in seconds.iter().enumerate() {
            pulse.next(Evidence::new(FileId(0), line as u64 + 1, Some(second * NANOS_PER_SECOND), b"x"));
        }
        pulse
    }

    /// Pseudo-random gaps of a steady source, seconds: mean about `mean`.
    fn steady(count: usize, mean: i64, seed: u64) -> Vec<i64> {
        let mut state = seed;
        let mut at = 0;
        (0..count)
            .map(|_| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                let uniform = ((state >> 33) as f64 + 1.0) / (1_u64 << 31) as f64;
                at += (-(uniform.min(1.0).ln()) * mean as f64) as i64 + 1;
                at
            })
            .collect()
    }

    #[test]
    fn a_beat_that_stops_is_silence() {
        let mut seconds: Vec<i64> = (0..200).map(|beat| beat * 10).collect();
        seconds.extend((0..50).map(|beat| 2_500 + beat * 10));
        let found = silences(&[pulse(&seconds)], &[None]);
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].before.line, found[0].end / NANOS_PER_SECOND), (200, 2_500));
        assert_eq!((found[0].period / NANOS_PER_SECOND, found[0].missing), (10, 51));
    }

    #[test]
    fn a_source_that_never_comes_back_is_silent_to_its_neighbours_end() {
        let seconds: Vec<i64> = (0..200).map(|beat| beat * 10).collect();
        let end = Some(10_000 * NANOS_PER_SECOND);
        let found = silences(&[pulse(&seconds)], &[end]);
        assert_eq!(found.len(), 1);
        assert!(found[0].after.is_none());
        assert!(silences(&[pulse(&seconds)], &[Some(2_010 * NANOS_PER_SECOND)]).is_empty());
    }

    #[test]
    fn ordinary_logs_raise_no_alarm() {
        for seed in 0..200 {
            let steady = steady(3_000, 20, seed);
            assert!(silences(&[pulse(&steady)], &[None]).is_empty(), "steady, seed {seed}");
            // Bursts: forty lines, then an hour of nothing; nights without a line.
            let bursty: Vec<i64> =
                (0..4_000).map(|line| (line / 40) * 3_600 + line % 40 + (line / 1_000) * 30_000).collect();
            assert!(silences(&[pulse(&bursty)], &[None]).is_empty());
        }
    }

    #[test]
    fn appending_stretches_is_one_stretch() {
        let seconds = steady(1_000, 7, 3);
        let whole = pulse(&seconds);
        for cut in [0, 1, 2, 500, 999, 1_000] {
            let mut left = pulse(&seconds[..cut]);
            left.append(pulse(&seconds[cut..]));
            assert_eq!(left.buckets, whole.buckets);
            let lengths = |pulse: &Pulse| pulse.longest.iter().map(|gap| gap.nanos).collect::<Vec<_>>();
            assert_eq!(lengths(&left), lengths(&whole));
        }
    }
}
