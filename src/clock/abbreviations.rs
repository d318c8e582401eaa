//! What ambiguous abbreviations of zones are taken to mean where nothing decides a zone: a guess still, but at one of
//! the few offsets that the word can mean. Evidence knows nothing of it, and beats it.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::proof::{Place, Proof};
use crate::base::{Abbreviation, NANOS_PER_SECOND};
use crate::survey::{FileSurvey, Part, Range};
use crate::time::{Offset, Zone, usual_meaning};

/// The offset that stamps with an abbreviation are read by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading {
    /// The abbreviation.
    pub name: Abbreviation,
    /// Seconds east of UTC.
    pub offset: i32,
}

/// What is known beside the stamps of a file whose zone is a guess.
#[derive(Clone, Copy, Debug)]
pub(super) struct Guess<'a> {
    /// The zone that its stamps would be read in.
    pub zone: &'a Zone,
    /// Whether nothing in these logs speaks for it.
    pub given: bool,
    /// Offsets that logs of the same host are known to use.
    pub host: &'a BTreeSet<Offset>,
}

/// How the stamps of a file are read that name ambiguous abbreviations.
#[derive(Clone, Debug, Default)]
pub(super) struct Readings {
    /// One for each abbreviation that something is known of.
    pub readings: Arc<[Reading]>,
    /// Why.
    pub proofs: Vec<Proof>,
    /// The zone for what names none, where that of the guess has no such abbreviation.
    pub zone: Option<Zone>,
}

/// The abbreviations in a file, each once, in its order. Of the whole file, so that nothing hangs on where it is cut.
pub(super) fn found(survey: &FileSurvey) -> Vec<Part> {
    let mut found: Vec<Part> = Vec::new();
    let seen = survey.chunks.iter().filter_map(|(_, chunk)| chunk.abbreviated.as_deref());
    for part in seen.flat_map(|seen| seen.parts()).filter(|part| part.name.is_some()) {
        match found.iter_mut().find(|known| known.name == part.name) {
            Some(known) => {
                let (a, b) = (known.range, part.range);
                known.range = Range { min: a.min.min(b.min), max: a.max.max(b.max) };
            }
            None => found.push(*part),
        }
    }
    found
}

/// Reads the abbreviations of a file.
pub(super) fn read(file: usize, parts: &[Part], guess: Guess<'_>) -> Readings {
    let mut read = Readings::default();
    let mut readings = Vec::new();
    for part in parts {
        let Some(name) = part.name else { continue };
        let Some((offset, words, zone)) = meaning(name, part.range.max, guess) else { continue };
        // The first one speaks for what has no word of its own.
        if readings.is_empty() {
            read.zone = zone;
        }
        readings.push(Reading { name, offset: offset.0 });
        read.proofs.push(Proof {
            text: format!("{name:?} in {{0}} is read {words}, {offset}: a guess, as others write it too"),
            places: vec![Place { file, offset: part.first }],
        });
    }
    read.readings = readings.into();
    read
}

/// What an abbreviation is taken to mean near a wall clock's nanosecond, in whose words, and the zone that follows.
fn meaning(name: Abbreviation, local: i64, guess: Guess<'_>) -> Option<(Offset, String, Option<Zone>)> {
    if let Some(offset) = guess.zone.offset_named(name.name()) {
        return Some((offset, format!("as {} has it", guess.zone.name()), None));
    }
    let at = guess.zone.to_utc(local.div_euclid(NANOS_PER_SECOND)).0;
    let usual = usual_meaning(name, at);
    let mut possible = Zone::meanings(name.name(), at);
    possible.extend(usual.map(|(offset, _)| offset));
    let around = guess.zone.offset_at(at);
    if !guess.given && possible.contains(&around) {
        return Some((around, "as what is known around it has it".to_owned(), None));
    }
    let mut host = possible.intersection(guess.host);
    let fixed = |offset: Offset| Some(Zone::fixed(offset.0));
    if let (Some(offset), None) = (host.next(), host.next()) {
        return Some((*offset, "as other logs of its host have it".to_owned(), fixed(*offset)));
    }
    let (offset, authority) = usual?;
    Some((offset, authority.words().to_owned(), fixed(offset)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::days_from_civil;

    fn read_in(zone: &str, given: bool, host: &[i32], names: &[&str]) -> Vec<i32> {
        let zone = Zone::parse(zone).expect(zone);
        let host = host.iter().map(|hours| Offset(hours * 3_600)).collect();
        let at = days_from_civil(2014, 12, 12) * 86_400 * NANOS_PER_SECOND;
        let part = |name: &&str| Part {
            name: Abbreviation::of(name.as_bytes()),
            range: Range { min: at, max: at },
            first: 0,
        };
        let parts: Vec<Part> = names.iter().map(part).collect();
        let read = read(0, &parts, Guess { zone: &zone, given, host: &host });
        assert_eq!(read.proofs.len(), read.readings.len());
        read.readings.iter().map(|reading| reading.offset / 60).collect()
    }

    #[test]
    fn the_zone_at_hand_says_what_its_own_words_mean() {
        assert_eq!(read_in("Asia/Shanghai", true, &[], &["CST"]), [480]);
        assert_eq!(read_in("America/Chicago", true, &[], &["CST", "CDT"]), [-360, -300]);
        assert_eq!(read_in("Asia/Manila", true, &[], &["PST"]), [480]);
        assert_eq!(read_in("Asia/Kolkata", true, &[], &["IST"]), [330]);
    }

    #[test]
    fn else_the_host_does_and_then_the_standard() {
        assert_eq!(read_in("Asia/Seoul", true, &[], &["EST", "EDT"]), [-300, -240]);
        assert_eq!(read_in("Asia/Seoul", true, &[8], &["CST"]), [480]);
        assert_eq!(
            read_in("Asia/Seoul", true, &[8, -6], &["CST"]),
            [-360],
            "two logs that say different things"
        );
        assert_eq!(read_in("+08:00", false, &[], &["CST"]), [480]);
        assert_eq!(
            read_in("+08:00", true, &[], &["CST"]),
            [-360],
            "an offset that was given is no clock of it"
        );
        assert_eq!(read_in("Asia/Seoul", true, &[], &["IST"]), [0; 0]);
        assert_eq!(read_in("Asia/Seoul", true, &[2], &["IST"]), [120]);
    }
}
