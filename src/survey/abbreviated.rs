//! Stamps of a stretch by the abbreviation of a zone that they name, where it is ambiguous. What any of them means is
//! for `clock` to settle; here it is a wall clock.

use serde::{Deserialize, Serialize};

use super::scan::Range;
use crate::base::Abbreviation;

/// Stamps of a stretch that name an ambiguous abbreviation, and those beside them that name no zone.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Abbreviated {
    parts: Vec<Part>,
}

/// Stamps of one abbreviation; of none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// What they name.
    pub name: Option<Abbreviation>,
    /// Smallest and largest, wall-clock nanoseconds.
    pub range: Range<i64>,
    /// Where the first record with one begins in the file; 0 for those without.
    pub first: u64,
}

impl Abbreviated {
    /// Behind stamps that name nothing, if there were some.
    pub(super) fn behind(plain: Option<Range<i64>>) -> Box<Self> {
        let parts = plain.map(|range| Part { name: None, range, first: 0 }).into_iter().collect();
        Box::new(Self { parts })
    }

    /// Takes a stamp of the record at `offset`.
    pub(super) fn add(&mut self, name: Option<Abbreviation>, at: i64, offset: u64) {
        match self.parts.iter_mut().find(|part| part.name == name) {
            Some(part) => {
                part.range = Range { min: part.range.min.min(at), max: part.range.max.max(at) };
            }
            None => self.parts.push(Part {
                name,
                range: Range { min: at, max: at },
                first: if name.is_some() { offset } else { 0 },
            }),
        }
    }

    /// By abbreviation.
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stamps_are_told_apart_by_what_they_name() {
        let [est, edt] = [b"EST", b"EDT"].map(|name| Abbreviation::of(name));
        let mut seen = Abbreviated::behind(Some(Range { min: 1, max: 3 }));
        for (name, at, offset) in [(est, 9, 100), (edt, 5, 200), (None, 7, 300), (est, 4, 400)] {
            seen.add(name, at, offset);
        }
        let part = |name, min, max, first| Part { name, range: Range { min, max }, first };
        assert_eq!(seen.parts(), [part(None, 1, 7, 0), part(est, 4, 9, 100), part(edt, 5, 5, 200)]);
    }
}
