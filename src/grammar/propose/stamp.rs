//! Which stamp the lines of a file carry, how it is spelt, and where in the line it stands.
//!
//! Spellings are tried, never guessed at: where day and month could change places, both orders are held
//! against all lines, and only one that reads what the other cannot is taken.

use std::collections::{BTreeMap, BTreeSet};

use crate::base::{Stamp, WrittenDate, days_from_civil};
use crate::time::{MinuteCache, TimePattern, month};

/// The stamp of a file.
#[derive(Debug)]
pub(super) struct Spelt {
    /// As `{time:...}` takes it.
    pub spelling: String,
    /// For each line that begins a record, where its stamp starts and ends.
    pub places: Vec<Option<(usize, usize)>>,
    /// Lines that have such a stamp somewhere else, by index.
    pub strays: Vec<usize>,
}

/// Why there is none.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    /// No line holds a stamp.
    NoStamp,
    /// Lines hold a time of day and no date.
    NoDate,
    /// More than one order of day, month and year reads every stamp, or none does: an example, the spellings.
    Orders(String, Vec<String>),
    /// The spelling that was given is none, and why.
    Spelling(String),
    /// The spelling that was given reads no line.
    Unread,
}

/// Dates that can be read in one way only.
const DATES: [&str; 20] = [
    "%Y-%m-%d",
    "%Y/%m/%d",
    "%Y.%m.%d",
    "%Y%m%d",
    "%Y. %m. %d.",
    "%Y년 %m월 %d일",
    "%Y-%b-%d",
    "%d-%b-%Y",
    "%d/%b/%Y",
    "%d.%b.%Y",
    "%d %b %Y",
    "%d-%b-%y",
    "%d/%b/%y",
    "%b %e %Y",
    "%b %e, %Y",
    "%b %e",
    "%d %b",
    "%a, %d %b %Y",
    "%a %d %b %Y",
    "%a %b %e",
];

/// Dates of numbers that stand for one another: the `/` is any separator, or none.
const ORDERS: [&[&str]; 3] =
    [&["%d/%m/%Y", "%m/%d/%Y"], &["%y/%m/%d", "%d/%m/%y", "%m/%d/%y"], &["%m/%d", "%d/%m"]];

/// What stands between date and time of day.
const JOINTS: [&str; 16] =
    [" ", "T", "-", "_", ":", "", ", ", " - ", ";", ",", "\t", "|", " | ", "] [", "/", "@"];

/// Times of day. `%z` is left out where the date has no year.
const CLOCKS: [&str; 22] = [
    "%H:%M:%S",
    "%H:%M:%S%f",
    "%H:%M:%S%z",
    "%H:%M:%S%f%z",
    "%H:%M:%S %Y",
    "%H:%M:%S%f %Y",
    "%H:%M:%S%z %Y",
    "%H:%M",
    "%H.%M.%S",
    "%H.%M.%S%f",
    "%H.%M.%S%f%z",
    "%H-%M-%S",
    "%H%M%S",
    "%H%M%S%f",
    "%H%M%S%f%z",
    "%H시 %M분 %S초",
    "%I:%M:%S %p",
    "%I:%M:%S%f %p",
    "%I:%M:%S%p",
    "%I:%M:%S%f%p",
    "%I:%M %p",
    "%I:%M%p",
];

/// No stamp is looked for further into a line, nor at more places of it.
const MAX_FRONT: usize = 300;
const MAX_STARTS: usize = 32;

/// So many lines, spread over all, suggest spellings; all lines then decide.
const SUGGESTING: usize = 250;

/// A spelling, and what it is interchangeable with.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Candidate {
    spelling: String,
    /// The same for spellings that differ in the order of their numbers only.
    order: Option<String>,
}

/// Where a candidate reads lines, by what stands in front of the stamp.
struct Trial {
    candidate: Candidate,
    front: Vec<u8>,
    places: Vec<Option<(usize, usize)>>,
    strays: Vec<usize>,
    count: usize,
    start: usize,
    length: usize,
}

impl Trial {
    fn spelt(self) -> Spelt {
        Spelt { spelling: self.candidate.spelling, places: self.places, strays: self.strays }
    }
}

/// Finds the stamp of lines; with `given` this spelling and no other.
pub(super) fn find(lines: &[&[u8]], given: Option<&str>) -> Result<Spelt, Trouble> {
    if let Some(spelling) = given {
        let time = TimePattern::compile(spelling).map_err(|(_, why)| Trouble::Spelling(why))?;
        let candidate = Candidate { spelling: spelling.to_owned(), order: None };
        let trial = trial(candidate, &time, lines, true).ok_or(Trouble::Unread)?;
        return Ok(trial.spelt());
    }
    let mut trials: Vec<Trial> = candidates(lines)
        .into_iter()
        .filter_map(|candidate| {
            let time = TimePattern::compile(&candidate.spelling).ok()?;
            trial(candidate, &time, lines, false)
        })
        .collect();
    let filled = lines.iter().filter(|line| !line.is_empty()).count();
    // Few lines of a stack trace are stamped; a date quoted here and there is no stamp of the file.
    trials.retain(|trial| trial.count * 50 >= filled && (trial.count >= 3 || trial.count * 3 >= filled));
    let most = trials.iter().map(|trial| trial.count).max().unwrap_or(0);
    let best = trials
        .iter()
        .enumerate()
        .filter(|(_, trial)| trial.count * 10 >= most * 9)
        // The first to stand, the longest; of two that read the same, the one that asks for what stands there,
        // such as `PM`, then the plainest.
        .min_by_key(|(index, trial)| {
            let asks = trial.candidate.spelling.contains("%p");
            (trial.start, usize::MAX - trial.length * 1000 / trial.count, !asks, *index)
        })
        .map(|(index, _)| index);
    let Some(best) = best else {
        return Err(if only_clocks(lines) { Trouble::NoDate } else { Trouble::NoStamp });
    };
    if trials[best].candidate.order.is_some() {
        return proven_order(lines, trials, best);
    }
    Ok(trials.swap_remove(best).spelt())
}

/// The one order of numbers that reads all stamps which any order reads.
fn proven_order(lines: &[&[u8]], mut trials: Vec<Trial>, best: usize) -> Result<Spelt, Trouble> {
    let best = &trials[best];
    let same = |trial: &&Trial| trial.candidate.order == best.candidate.order && trial.front == best.front;
    let rivals: Vec<usize> = (0..trials.len()).filter(|index| same(&&trials[*index])).collect();
    let union =
        (0..lines.len()).filter(|line| rivals.iter().any(|trial| trials[*trial].places[*line].is_some()));
    let union = union.count();
    let mut whole = rivals.iter().copied().filter(|trial| trials[*trial].count == union);
    if let (Some(one), None) = (whole.next(), whole.next()) {
        return Ok(trials.swap_remove(one).spelt());
    }
    let example = best.places.iter().zip(lines).find_map(|(place, line)| {
        let (start, end) = (*place)?;
        Some(String::from_utf8_lossy(&line[start..end]).into_owned())
    });
    let spellings = rivals.iter().map(|trial| trials[*trial].candidate.spelling.clone()).collect();
    Err(Trouble::Orders(example.unwrap_or_default(), spellings))
}

/// The spellings that a spread of lines suggests, the named readers first.
fn candidates(lines: &[&[u8]]) -> Vec<Candidate> {
    let mut suggested = BTreeSet::new();
    for line in lines.iter().step_by(1 + lines.len() / SUGGESTING) {
        for start in starts(line) {
            suggest(&line[start..], &mut suggested);
        }
    }
    ["iso", "syslog", "epoch"]
        .into_iter()
        .map(|name| Candidate { spelling: name.to_owned(), order: None })
        .chain(suggested)
        .collect()
}

/// Adds every spelling whose shape stands at the start of `text`.
fn suggest(text: &[u8], found: &mut BTreeSet<Candidate>) {
    let mut date = |date: &str, order: Option<String>| {
        let Some(at) = shape(date, text) else { return };
        for joint in JOINTS {
            let Some(rest) = shape(joint, &text[at..]).map(|length| &text[at + length..]) else { continue };
            for clock in CLOCKS {
                let year = date.contains(['Y', 'y']) || clock.ends_with("%Y");
                let clock = if year { clock } else { clock.trim_end_matches("%z") };
                // A year stands once, and a compact time behind a compact date only.
                let twice = clock.ends_with("%Y") && date.contains(['Y', 'y']);
                let fused = joint.is_empty() && !(clock.starts_with("%H%M") && date == "%Y%m%d");
                if !twice && !fused && shape(clock, rest).is_some() {
                    let order = order.as_ref().map(|order| format!("{order}{joint}{clock}"));
                    found.insert(Candidate { spelling: format!("{date}{joint}{clock}"), order });
                }
            }
        }
    };
    for spelling in DATES {
        date(spelling, None);
    }
    for (number, orders) in ORDERS.iter().enumerate() {
        for separator in ["/", ".", "-", ""] {
            // Eight digits are a year first; four or less without a separator only where they open a line.
            if separator.is_empty() && number == 0 {
                continue;
            }
            for order in *orders {
                date(&order.replace('/', separator), Some(format!("{number}{separator}")));
            }
        }
    }
}

/// How many bytes of `text` have the shape of a spelling: digits and letters, whatever their value.
fn shape(spelling: &str, text: &[u8]) -> Option<usize> {
    let digits = |at: usize, most: usize| -> usize {
        text.iter().skip(at).take(most).take_while(|byte| byte.is_ascii_digit()).count()
    };
    let mut at = 0;
    let mut parts = spelling.bytes();
    while let Some(byte) = parts.next() {
        at += match byte {
            b'%' => match parts.next()? {
                b'Y' => {
                    (digits(at, 5) == 4 || spelling.contains("%Y%m") && digits(at, 4) == 4).then_some(4)?
                }
                b'y' | b'm' | b'M' | b'S' => (digits(at, 2) == 2).then_some(2)?,
                b'b' => month(text, at).map(|_| 3)?,
                b'a' => {
                    let letters = text.iter().skip(at).take_while(|byte| byte.is_ascii_alphabetic()).count();
                    (letters >= 3).then_some(letters)?
                }
                b'p' => text.get(at..at + 2).filter(|word| matches!(word[1], b'm' | b'M'))?.len(),
                b'f' => match text.get(at) {
                    Some(b'.' | b',') => 1 + digits(at + 1, 9),
                    _ => 0,
                },
                b'z' => {
                    let blank = usize::from(text.get(at) == Some(&b' '));
                    let name = text.iter().skip(at + blank).take_while(|byte| !matches!(byte, b' ' | b'\t'));
                    blank + name.count()
                }
                _ => {
                    let padded = usize::from(text.get(at) == Some(&b' '));
                    let width = digits(at + padded, 2 - padded);
                    (width > 0).then_some(padded + width)?
                }
            },
            b' ' => {
                let blanks = text.iter().skip(at).take_while(|byte| **byte == b' ').count();
                (blanks > 0).then_some(blanks)?
            }
            other => (text.get(at) == Some(&other)).then_some(1)?,
        };
    }
    Some(at)
}

/// Where a stamp could start: at the beginning of a word, and at a number's.
fn starts(line: &[u8]) -> impl Iterator<Item = usize> {
    let line = &line[..line.len().min(MAX_FRONT)];
    let start = |at: &usize| {
        let here = line[*at];
        let before = |count: usize| at.checked_sub(count).map_or(b' ', |at| line[at]);
        // The second number of `2014-12-12` begins no stamp.
        let inside = matches!(before(1), b'-' | b'/' | b'.') && before(2).is_ascii_digit();
        here.is_ascii_digit() && !before(1).is_ascii_digit() && !inside
            || here.is_ascii_alphabetic() && !before(1).is_ascii_alphanumeric()
    };
    (0..line.len()).filter(start).take(MAX_STARTS)
}

/// Where a spelling reads lines behind the front that most of them share; `None` if it reads none.
fn trial(candidate: Candidate, time: &TimePattern, lines: &[&[u8]], given: bool) -> Option<Trial> {
    let mut places = vec![None; lines.len()];
    let mut fronts: BTreeMap<Vec<u8>, usize> = BTreeMap::new();
    for (line, place) in lines.iter().zip(&mut places) {
        *place = starts(line).find_map(|start| {
            let (stamp, length) = time.read(&line[start..], &mut MinuteCache::default())?;
            let end = start + length;
            let written = &line[start..end];
            let bounded = given || bounded(line, end) && plausible(&candidate.spelling, stamp, written);
            bounded.then_some((start, end))
        });
        if let Some((start, _)) = *place {
            *fronts.entry(front(&line[..start])).or_default() += 1;
        }
    }
    // The most frequent front; of two, the shorter.
    let shared = fronts.into_iter().max_by_key(|(front, count)| (*count, usize::MAX - front.len()))?.0;
    let mut strays = Vec::new();
    for (index, place) in places.iter_mut().enumerate() {
        if place.is_some_and(|(start, _)| front(&lines[index][..start]) != shared) {
            *place = None;
            strays.push(index);
        }
    }
    let read = || places.iter().flatten();
    let (count, length) = (read().count(), read().map(|(start, end)| end - start).sum());
    let start = read().next()?.0;
    Some(Trial { candidate, front: shared, places, strays, count, start, length })
}

/// Whether a stamp ends here, and not in the middle of a longer number, word or time.
fn bounded(line: &[u8], end: usize) -> bool {
    let digit = |at: usize| line.get(at).is_some_and(u8::is_ascii_digit);
    match line.get(end) {
        Some(b':' | b'.' | b'-' | b'/') => !digit(end + 1),
        Some(byte) => !byte.is_ascii_alphanumeric(),
        None => true,
    }
}

/// Whether a stamp names a time of the age of logs. What a comma brings is a fraction only if it is as wide as
/// clocks write them: `10:10:59,4711` is two columns.
fn plausible(spelling: &str, stamp: Stamp, written: &[u8]) -> bool {
    let years = days_from_civil(1985, 1, 1) * 86_400..days_from_civil(2100, 1, 1) * 86_400;
    let dated = stamp.date != WrittenDate::Full || years.contains(&stamp.seconds);
    let comma = memchr::memrchr(b',', written).is_some_and(|at| at > 0 && written[at - 1].is_ascii_digit());
    let width = stamp.resolution.fraction_digits();
    // Ten digits that begin with 1 are the years 2001 to 2033; other long numbers are mostly none.
    dated && (!comma || matches!(width, 0 | 2 | 3 | 6 | 9)) && (spelling != "epoch" || written[0] == b'1')
}

/// What stands before a stamp, less what differs from line to line: names and numbers are one letter.
fn front(text: &[u8]) -> Vec<u8> {
    let class = |byte: &u8| match byte {
        b' ' | b'\t' => b' ',
        b'.' | b'-' | b'_' | b':' | b'/' | b'@' | b'$' | b'+' => b'a',
        byte if byte.is_ascii_alphanumeric() || *byte >= 0x80 => b'a',
        byte => *byte,
    };
    let mut front: Vec<u8> = text.iter().map(class).collect();
    front.dedup_by(|later, earlier| later == earlier && matches!(later, b'a' | b' '));
    // Blanks between names count, those that pad a column do not: `WARN |` is `ERROR|`.
    let name = |at: Option<usize>| at.and_then(|at| front.get(at)).is_none_or(|byte| *byte == b'a');
    let kept = |at: &usize| front[*at] != b' ' || name(at.checked_sub(1)) && name(Some(at + 1));
    (0..front.len()).filter(kept).map(|at| front[at]).collect()
}

/// Whether half of the lines hold a time of day: they lack a date, not a time.
fn only_clocks(lines: &[&[u8]]) -> bool {
    let clock = |line: &&&[u8]| starts(line).any(|start| shape("%H:%M:%S", &line[start..]).is_some());
    lines.iter().filter(clock).count() * 2 > lines.iter().filter(|line| !line.is_empty()).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spelling(lines: &[&str]) -> Result<String, Trouble> {
        let lines: Vec<&[u8]> = lines.iter().map(|line| line.as_bytes()).collect();
        find(&lines, None).map(|spelt| spelt.spelling)
    }

    #[test]
    fn spellings_are_found_wherever_they_stand() {
        for (line, expected) in [
            ("2014-12-12 10:10:59.120;web1;W;x", "iso"),
            ("WARN|web1|2014-12-12T10:10:59+09:00|x", "iso"),
            ("Dec 12 10:10:59 x", "syslog"),
            ("pid 7 1418379059.120 x", "epoch"),
            ("[12-Dec-2014 10:10:59] x", "%d-%b-%Y %H:%M:%S"),
            ("20141212 10:10:59 x", "%Y%m%d %H:%M:%S"),
            ("20141212101059.5 x", "%Y%m%d%H%M%S%f"),
            ("2014-12-12 10:10 x", "%Y-%m-%d %H:%M"),
            ("2014-12-12;10:10:59;x", "%Y-%m-%d;%H:%M:%S"),
            ("<Fri Dec 12 10:10:59 2014> x", "%a %b %e %H:%M:%S %Y"),
            ("2014년 12월 12일 10시 10분 59초 x", "%Y년 %m월 %d일 %H시 %M분 %S초"),
            ("12/31/2014 10:10:59 PM x", "%m/%d/%Y %I:%M:%S %p"),
            ("2014-12-12 10:10:59,4711,WARN,x", "%Y-%m-%d %H:%M:%S"),
            ("2014-12-12 10:10:59,123 WARN x", "iso"),
        ] {
            assert_eq!(spelling(&[line]), Ok(expected.to_owned()), "{line}");
        }
    }

    #[test]
    fn an_order_of_numbers_is_proven_or_not_taken() {
        let both = ["%d.%m.%Y %H:%M:%S".to_owned(), "%m.%d.%Y %H:%M:%S".to_owned()];
        assert_eq!(spelling(&["01.02.2014 10:10:59 a", "13.02.2014 10:10:59 a"]), Ok(both[0].clone()));
        assert_eq!(spelling(&["01.02.2014 10:10:59 a", "02.13.2014 10:10:59 a"]), Ok(both[1].clone()));
        let open = |lines: &[&str]| match spelling(lines) {
            Err(Trouble::Orders(_, mut spellings)) => {
                spellings.sort();
                spellings
            }
            other => panic!("{lines:?}: {other:?}"),
        };
        assert_eq!(open(&["01.02.2014 10:10:59 a", "02.02.2014 10:10:59 a"]), both);
        assert_eq!(open(&["13.02.2014 10:10:59 a", "02.13.2014 10:10:59 a"]), both);
        assert_eq!(open(&["14/01/02 10:10:59 a"]).len(), 2);
        assert_eq!(spelling(&["14/01/32 10:10:59 a"]), Ok("%d/%m/%y %H:%M:%S".to_owned()));
        assert_eq!(open(&["14/01/02 10:10:59 a", "14/01/13 10:10:59 a", "15/12/30 10:10:59"]).len(), 2);
        assert_eq!(spelling(&["44/01/02 10:10:59 a"]), Ok("%y/%m/%d %H:%M:%S".to_owned()));
    }

    #[test]
    fn no_stamp_is_no_stamp() {
        assert_eq!(spelling(&["server listening on port 3000", "ready"]), Err(Trouble::NoStamp));
        assert_eq!(spelling(&["10:10:59 a", "10:11:00 b"]), Err(Trouble::NoDate));
        assert_eq!(spelling(&["2014-13-12 10:10:59 a"]), Err(Trouble::NoDate));
        assert_eq!(spelling(&[]), Err(Trouble::NoStamp));
    }
}
