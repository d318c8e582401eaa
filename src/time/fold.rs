//! Folds: the hours that a wall clock set back names twice.

use super::zone::Zone;

/// A day: no zone changes its offset twice within one.
const STEP: i64 = 86_400;

impl Zone {
    /// The folds that touch `[from, to]`, UTC seconds: each the stretch of instants whose wall-clock time
    /// comes a second time, and how many seconds later it does.
    pub fn folds(&self, from: i64, to: i64) -> Vec<(i64, i64, i64)> {
        let mut folds = Vec::new();
        if self.is_fixed() {
            return folds;
        }
        let offset = |at: i64| i64::from(self.offset_at(at).0);
        let mut at = from.saturating_sub(STEP);
        while at <= to {
            let (before, after) = (offset(at), offset(at.saturating_add(STEP)));
            if after < before {
                // The first second with the new offset.
                let (mut low, mut high) = (at, at + STEP);
                while high - low > 1 {
                    let middle = low + (high - low) / 2;
                    if offset(middle) == before { low = middle } else { high = middle }
                }
                folds.push((high - (before - after), high, before - after));
            }
            at = at.saturating_add(STEP);
        }
        folds.retain(|(start, end, _)| *start <= to && *end > from);
        folds
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::days_from_civil;

    #[test]
    fn each_fold_is_found_once() {
        let zone = Zone::parse("America/New_York").expect("a zone");
        let at = |year, month, day, hour: i64| days_from_civil(year, month, day) * 86_400 + hour * 3_600;
        let fold = (at(2014, 11, 2, 5), at(2014, 11, 2, 6), 3_600);
        assert_eq!(zone.folds(at(2014, 1, 1, 0), at(2014, 12, 31, 0)), [fold]);
        assert_eq!(zone.folds(at(2014, 11, 2, 5), at(2014, 11, 2, 5)), [fold]);
        assert_eq!(zone.folds(at(2014, 11, 2, 6), at(2015, 10, 1, 0)), []);
        assert_eq!(zone.folds(at(2000, 1, 1, 0), at(2010, 1, 1, 0)).len(), 10);
        for (start, end, by) in zone.folds(at(2000, 1, 1, 0), at(2010, 1, 1, 0)) {
            for (utc, second) in [(start - 1, None), (start, Some(start + by)), (end - 1, Some(end - 1 + by))]
            {
                let local = utc + i64::from(zone.offset_at(utc).0);
                assert_eq!(zone.to_utc(local), (utc, second));
            }
            let local = end + i64::from(zone.offset_at(end).0);
            assert_eq!(zone.to_utc(local).0, start, "read as the first time");
        }
        assert_eq!(Zone::fixed(3_600).folds(0, i64::MAX / 2), []);
    }
}
