//! `--histogram`: when matches were, as rows of bars that fit the screen.
//!
//! Matches are counted by the second until that is more than a screen needs; then by the next wider span.
//! Which span is shown follows from the range alone: the window that was asked for, or from the first match to
//! the last.

use std::collections::BTreeMap;

use crate::base::NANOS_PER_SECOND;
use crate::present::thousands;
use crate::time::{Zone, local_time};

/// Spans of one row in seconds; each is a multiple of the one before.
const SPANS: [i64; 15] = [
    1,
    10,
    60,
    300,
    600,
    1_800,
    3_600,
    10_800,
    21_600,
    43_200,
    86_400,
    604_800,
    2_419_200,
    29_030_400,
    290_304_000,
];

/// Rows at most: they are to be seen at once.
const MOST_ROWS: i64 = 40;

/// Counts kept at most before the next wider span is taken.
const MOST_COUNTS: usize = 100_000;

/// Matches by the local second that their span begins with.
#[derive(Clone, Debug, Default)]
pub(super) struct Histogram {
    /// Index into the spans.
    span: usize,
    counts: BTreeMap<i64, u64>,
    undated: u64,
}

impl Histogram {
    /// Counts a match; `None` for one without a time.
    pub(super) fn add(&mut self, key: Option<i64>, zone: &Zone) {
        let Some(key) = key else {
            self.undated += 1;
            return;
        };
        let utc = key.div_euclid(NANOS_PER_SECOND);
        let local = utc.saturating_add(i64::from(zone.offset_at(utc).0));
        *self.counts.entry(floor(local, SPANS[self.span])).or_default() += 1;
        if self.counts.len() > MOST_COUNTS && self.span + 1 < SPANS.len() {
            self.widen(self.span + 1);
        }
    }

    fn widen(&mut self, span: usize) {
        self.span = span;
        for (local, count) in std::mem::take(&mut self.counts) {
            *self.counts.entry(floor(local, SPANS[span])).or_default() += count;
        }
    }

    /// The rows.
    pub(super) fn render(&self, zone: &Zone, (since, until): (i64, i64), columns: usize) -> String {
        let mut whole = self.clone();
        let mut text = String::new();
        let local = |key: i64| {
            let utc = key.div_euclid(NANOS_PER_SECOND);
            utc.saturating_add(i64::from(zone.offset_at(utc).0))
        };
        let ends = self.counts.first_key_value().zip(self.counts.last_key_value());
        if let Some(((first, _), (last, _))) = ends {
            let from = if since == i64::MIN { *first } else { local(since).min(*first) };
            let to = if until == i64::MAX { *last } else { local(until.saturating_sub(1)).max(*last) };
            let fits = |span: &i64| (floor(to, *span) - floor(from, *span)) / span < MOST_ROWS;
            let span = SPANS.iter().position(fits).unwrap_or(SPANS.len() - 1);
            whole.widen(span.max(self.span));
            whole.rows(&mut text, from, to, columns);
        }
        if self.undated > 0 {
            text.push_str(&format!("{} undated\n", thousands(self.undated)));
        }
        text
    }

    fn rows(&self, text: &mut String, from: i64, to: i64, columns: usize) {
        let span = SPANS[self.span];
        let most = self.counts.values().copied().max().unwrap_or(1).max(1);
        let digits = thousands(most).len();
        let label = match span {
            86_400.. => 10,
            60.. => 16,
            _ => 19,
        };
        // Label, count, two blanks.
        let room = columns.saturating_sub(label + digits + 3).max(10) as u64;
        // What is counted is local already.
        let utc = Zone::utc();
        let mut day = None;
        let mut at = floor(from, span);
        while at <= to {
            let shown = local_time(&utc, at.saturating_mul(NANOS_PER_SECOND));
            let (date, clock) = shown.split_at(10);
            let clock = if span >= 60 { &clock[..6] } else { clock };
            let repeated = day.as_deref() == Some(date);
            let name = match (span >= 86_400, repeated) {
                (true, _) => date.to_owned(),
                (false, true) => format!("{:10}{clock}", ""),
                (false, false) => format!("{date}{clock}"),
            };
            day = Some(date.to_owned());
            let count = self.counts.get(&at).copied().unwrap_or(0);
            let bar = if count == 0 { 0 } else { (count.saturating_mul(room) / most).max(1) };
            let number = if count == 0 { ".".to_owned() } else { thousands(count) };
            let row = format!("{name:label$} {number:>digits$}  {}", "#".repeat(bar as usize));
            text.push_str(row.trim_end());
            text.push('\n');
            at = at.saturating_add(span);
        }
    }
}

fn floor(local: i64, span: i64) -> i64 {
    local.div_euclid(span) * span
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_fit_and_lose_nothing() {
        let zone = Zone::fixed(9 * 3_600);
        for (count, step) in [(1, 1), (50, 1), (3_000, 7), (200_000, 61), (400, 86_400)] {
            let mut histogram = Histogram::default();
            (0..count).for_each(|index| histogram.add(Some(index * step * NANOS_PER_SECOND), &zone));
            histogram.add(None, &zone);
            let text = histogram.render(&zone, (i64::MIN, i64::MAX), 60);
            let rows: Vec<&str> = text.lines().collect();
            assert!(rows.len() as i64 <= MOST_ROWS + 1, "{text}");
            assert!(rows.iter().all(|row| row.len() <= 60), "{text}");
            let number = |row: &&str| -> i64 {
                let words = row.split_whitespace().filter(|word| !word.contains(['-', ':', '#']));
                words.filter_map(|word| word.replace(',', "").parse::<i64>().ok()).sum()
            };
            assert_eq!(rows.iter().map(number).sum::<i64>(), count + 1, "{text}");
        }
    }

    #[test]
    fn the_window_is_drawn_whole() {
        let mut histogram = Histogram::default();
        let zone = Zone::utc();
        histogram.add(Some(90 * NANOS_PER_SECOND), &zone);
        let text = histogram.render(&zone, (0, 180 * NANOS_PER_SECOND), 40);
        assert_eq!(text.lines().count(), 18, "{text}");
    }
}
