//! Time patterns of grammars: a small strptime, compiled once and run over bytes.
//!
//! `%Y %m %d %e %H %M %S %b %y %p %I` as in strptime(3), numbers of one digit included; `%f` a fraction
//! with its point or comma, if there is one, `%N` one without; `%z` a zone, if there is one; `%Z` the same
//! or a zone's name (`Asia/Seoul`); `%W` the minutes that Windows is west of Greenwich; `%a` a weekday's
//! name; a blank is one or more blanks. Names stand for hand-written readers: `iso`, `syslog`, `epoch`,
//! `uptime`, `mjd`, `tai64n`, `symantec`, `any`, and `clock`, a time of day as locales write it. A pattern without month
//! and day reads a time of day: which day is for the clock to settle.

use super::cache::MinuteCache;
use super::day;
use super::forms;
use super::known::{self, Parts, digits, fraction};
use super::rare;
use super::tail;
use super::zone::named_offset;
use crate::base::{ByteSet, Resolution, Stamp, WrittenZone};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Literal(u8),
    Blanks,
    Year,
    ShortYear,
    Month,
    MonthName,
    Day,
    PaddedDay,
    Hour,
    HalfHour,
    Meridiem,
    Minute,
    Second,
    Fraction,
    BareFraction,
    Zone,
    NamedZone,
    Bias,
    Weekday,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Reader {
    Iso,
    Syslog,
    Epoch,
    Uptime,
    Mjd,
    Tai64n,
    Symantec,
    Any,
    Clock,
    Steps(Vec<Step>),
}

/// What zone may follow a stamp.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ZoneTail {
    None,
    Offset,
    Named,
}

/// A compiled time pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimePattern {
    reader: Reader,
    /// Tells patterns apart in a cache: never 0.
    identity: u32,
    /// Whether a year with a zone may stand behind it: it names none, and its month is a word.
    yearless: bool,
    /// What may follow the seconds: a fraction, a zone; `None` where a cached minute does not help.
    tail: Option<(bool, ZoneTail)>,
}

impl TimePattern {
    /// Compiles a pattern. The error says what is wrong and where: a byte offset in `text`.
    pub fn compile(text: &str) -> Result<Self, (usize, String)> {
        let reader = match text {
            "iso" => Reader::Iso,
            "syslog" => Reader::Syslog,
            "epoch" => Reader::Epoch,
            "uptime" => Reader::Uptime,
            "mjd" => Reader::Mjd,
            "tai64n" => Reader::Tai64n,
            "symantec" => Reader::Symantec,
            "any" => Reader::Any,
            "clock" => Reader::Clock,
            _ => Reader::Steps(steps(text)?),
        };
        let tail = match &reader {
            Reader::Iso => Some((true, ZoneTail::Offset)),
            Reader::Syslog => Some((true, ZoneTail::None)),
            Reader::Epoch | Reader::Uptime | Reader::Mjd | Reader::Tai64n | Reader::Symantec => None,
            Reader::Any | Reader::Clock => None,
            // A zone or a fraction before the seconds differs from stamp to stamp: no minute to keep.
            Reader::Steps(steps) if early_parts(steps) => None,
            Reader::Steps(steps) => match () {
                () if steps.ends_with(&[Step::Minute, Step::Literal(b':'), Step::Second]) => {
                    Some((false, ZoneTail::None))
                }
                () if steps.ends_with(&[Step::Literal(b':'), Step::Second, Step::Fraction]) => {
                    Some((true, ZoneTail::None))
                }
                () if steps.ends_with(&[Step::Literal(b':'), Step::Second, Step::Fraction, Step::Zone]) => {
                    Some((true, ZoneTail::Offset))
                }
                () if steps.ends_with(&[
                    Step::Literal(b':'),
                    Step::Second,
                    Step::Fraction,
                    Step::NamedZone,
                ]) =>
                {
                    Some((true, ZoneTail::Named))
                }
                () => None,
            },
        };
        let identity = text
            .bytes()
            .fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
        let yearless = match &reader {
            Reader::Steps(steps) => {
                steps.contains(&Step::MonthName)
                    && !steps.iter().any(|step| matches!(step, Step::Year | Step::ShortYear))
            }
            _ => false,
        };
        Ok(Self { reader, identity: identity | 1, yearless, tail })
    }

    /// Whether two patterns are the same.
    #[inline]
    pub fn is(&self, other: &Self) -> bool {
        self.identity == other.identity && self.reader == other.reader
    }

    /// Reads a stamp at the start of `bytes`: the stamp and its length. The cache changes the speed and
    /// never the result.
    #[inline]
    pub fn read(&self, bytes: &[u8], cache: &mut MinuteCache) -> Option<(Stamp, usize)> {
        let Some((with_fraction, with_zone)) = self.tail else {
            let (stamp, end) = self.read_whole(bytes)?;
            return self.with_tail(bytes, stamp, end);
        };
        let length = usize::from(cache.length);
        if cache.pattern == self.identity
            && let Some(mut stamp) = cache.minute
            && cache.holds(bytes)
            && let Some(second) = digits(bytes, length, 2).filter(|second| *second < 60)
        {
            stamp.seconds += i64::from(second);
            let mut end = length + 2;
            if with_fraction {
                let (nanos, written, after) = fraction(bytes, end);
                (stamp.nanos, stamp.resolution, end) = (nanos, Resolution::digits(written), after);
            }
            if with_zone != ZoneTail::None {
                (stamp.zone, end) = match with_zone {
                    ZoneTail::Named => known::offset_zone(bytes, end, true),
                    _ => known::zone(bytes, end, true),
                };
            }
            if with_zone == ZoneTail::Named && stamp.zone == WrittenZone::Absent {
                (stamp.zone, end) = zone_by_name(bytes, end, stamp.seconds);
            }
            return self.with_tail(bytes, stamp, end);
        }
        let (stamp, end) = self.read_whole(bytes)?;
        self.remember(bytes, end, stamp, cache);
        self.with_tail(bytes, stamp, end)
    }

    /// The stamp with what stands behind it and belongs to it, asked for or not.
    #[inline]
    fn with_tail(&self, bytes: &[u8], stamp: Stamp, end: usize) -> Option<(Stamp, usize)> {
        match self.reader {
            Reader::Syslog | Reader::Any => Some(tail::with_year(bytes, stamp, end)),
            // A grammar knows its layout: a number alone is none of the stamp's.
            _ if self.yearless => match tail::with_year(bytes, stamp, end) {
                found if found.0.zone != WrittenZone::Absent => Some(found),
                _ => Some(tail::of(bytes, stamp, end)),
            },
            Reader::Clock if tail::offset(bytes, end).is_some() => None,
            _ => Some(tail::of(bytes, stamp, end)),
        }
    }

    /// Keeps the minute of a stamp just read whole.
    fn remember(&self, bytes: &[u8], end: usize, stamp: Stamp, cache: &mut MinuteCache) {
        let second = stamp.seconds.rem_euclid(60);
        let written = |at: usize| digits(bytes, at + 1, 2) == Some(second as u32);
        // The last `:` with the stamp's own seconds behind it, in a stamp short enough to keep.
        let colon = (0..end.min(MinuteCache::LONGEST))
            .rev()
            .find(|at| bytes[*at] == b':' && written(*at) && at + 3 <= end);
        let Some(colon) = colon.filter(|colon| {
            *colon >= 5 && bytes[colon - 3] == b':' && stamp.resolution != Resolution::MINUTE
        }) else {
            return;
        };
        cache.pattern = self.identity;
        cache.length = colon as u8 + 1;
        let mut text = [0; MinuteCache::LONGEST];
        let mut mask = text;
        text[..=colon].copy_from_slice(&bytes[..=colon]);
        mask[..=colon].fill(0xff);
        cache.text = MinuteCache::words(&text);
        cache.mask = MinuteCache::words(&mask);
        cache.minute = Some(Stamp {
            seconds: stamp.seconds - second,
            nanos: 0,
            zone: WrittenZone::Absent,
            resolution: Resolution::SECOND,
            ..stamp
        });
    }

    /// What a stamp of this pattern may begin with.
    pub fn first_bytes(&self) -> ByteSet {
        let digits = || ByteSet::matching(|byte| byte.is_ascii_digit());
        let letters = || ByteSet::matching(|byte| byte.is_ascii_alphabetic());
        match &self.reader {
            Reader::Iso | Reader::Epoch | Reader::Mjd => digits(),
            Reader::Uptime => digits().union(ByteSet::of(" ")),
            Reader::Tai64n => ByteSet::of("@"),
            Reader::Symantec => ByteSet::of("234567"),
            // A month may have its name in other languages: `12월`, `août`.
            Reader::Syslog | Reader::Any => {
                digits().union(letters()).union(ByteSet::matching(|byte| byte >= 0xc3))
            }
            // The half of the day may stand before it, in any language.
            Reader::Clock => ByteSet::ALL,
            Reader::Steps(steps) => match steps.first() {
                Some(Step::Literal(byte)) => ByteSet::of([*byte]),
                Some(Step::Blanks) => ByteSet::of(" \t"),
                Some(Step::Day | Step::PaddedDay) => digits().union(ByteSet::of(" ")),
                Some(Step::MonthName) => ByteSet::of("JFMASONDjfmasond"),
                Some(Step::Weekday) => letters(),
                // A half of the day may be Korean.
                Some(Step::Meridiem | Step::Fraction | Step::Zone | Step::NamedZone | Step::Bias) | None => {
                    ByteSet::ALL
                }
                Some(_) => digits(),
            },
        }
    }

    fn read_whole(&self, bytes: &[u8]) -> Option<(Stamp, usize)> {
        match &self.reader {
            Reader::Iso => known::iso(bytes),
            Reader::Syslog => known::syslog(bytes).or_else(|| forms::local_syslog(bytes)),
            Reader::Epoch => known::epoch(bytes),
            Reader::Uptime => rare::uptime(bytes),
            Reader::Mjd => rare::mjd(bytes),
            Reader::Tai64n => rare::tai64n(bytes),
            Reader::Symantec => rare::symantec(bytes),
            Reader::Any => known::recognise(bytes),
            Reader::Clock => day::time_of_day(bytes),
            Reader::Steps(steps) => run(steps, bytes),
        }
    }
}

/// Whether a zone or a fraction stands before the seconds.
fn early_parts(steps: &[Step]) -> bool {
    let end = steps.iter().position(|step| *step == Step::Second).unwrap_or(steps.len());
    steps[..end].iter().any(|step| {
        matches!(step, Step::Zone | Step::NamedZone | Step::Bias | Step::Fraction | Step::BareFraction)
    })
}

fn steps(text: &str) -> Result<Vec<Step>, (usize, String)> {
    let mut steps = Vec::new();
    let mut bytes = text.bytes().enumerate().peekable();
    while let Some((at, byte)) = bytes.next() {
        let step = match byte {
            b'%' => match bytes.next().map(|(_, letter)| letter) {
                Some(b'Y') => Step::Year,
                Some(b'y') => Step::ShortYear,
                Some(b'm') => Step::Month,
                Some(b'b') => Step::MonthName,
                Some(b'd') => Step::Day,
                Some(b'e') => Step::PaddedDay,
                Some(b'H') => Step::Hour,
                Some(b'I') => Step::HalfHour,
                Some(b'p') => Step::Meridiem,
                Some(b'M') => Step::Minute,
                Some(b'S') => Step::Second,
                Some(b'f') => Step::Fraction,
                Some(b'N') => Step::BareFraction,
                Some(b'W') => Step::Bias,
                Some(b'z') => Step::Zone,
                Some(b'Z') => Step::NamedZone,
                Some(b'a') => Step::Weekday,
                Some(b'%') => Step::Literal(b'%'),
                Some(other) => {
                    let letter = char::from(other);
                    return Err((
                        at,
                        format!(
                            "`%{letter}` is no part of a time; known: %Y %y %m %b %d %e %H %I %p %M %S %f %N %z %Z %W %a"
                        ),
                    ));
                }
                None => return Err((at, "a time pattern cannot end in `%`".into())),
            },
            b' ' => Step::Blanks,
            other => Step::Literal(other),
        };
        steps.push(step);
    }
    if !steps.iter().any(|step| matches!(step, Step::Hour | Step::HalfHour)) {
        return Err((0, "a time pattern needs at least an hour (%H or %I)".into()));
    }
    let has = |wanted: &[Step]| steps.iter().any(|step| wanted.contains(step));
    if has(&[Step::Zone, Step::NamedZone, Step::Bias]) && !has(&[Step::Year, Step::ShortYear]) {
        return Err((0, "a zone (%z, %Z, %W) needs a year (%Y or %y) beside it".into()));
    }
    let month = has(&[Step::Month, Step::MonthName]);
    let day = has(&[Step::Day, Step::PaddedDay]);
    if month != day || (!day && has(&[Step::Year, Step::ShortYear])) {
        return Err((0, "a time pattern needs a month and a day, or neither of them nor a year".into()));
    }
    if !day && !has(&[Step::Minute]) {
        return Err((0, "a time of day needs its minutes (%M)".into()));
    }
    let has_year = steps.iter().any(|step| matches!(step, Step::Year | Step::ShortYear));
    if steps.contains(&Step::NamedZone) && !(has_year && steps.last() == Some(&Step::NamedZone)) {
        return Err((
            0,
            "%Z must come last and needs a year: the offset of a named zone depends on the day".into(),
        ));
    }
    Ok(steps)
}

fn run(steps: &[Step], bytes: &[u8]) -> Option<(Stamp, usize)> {
    let mut at = 0;
    let mut parts = Parts::default();
    let mut nanos = 0;
    let mut resolution = Resolution::MINUTE;
    let mut zone = WrittenZone::Absent;
    let mut afternoon = None;
    for step in steps {
        match step {
            Step::Literal(byte) => {
                if bytes.get(at) != Some(byte) {
                    return None;
                }
                at += 1;
            }
            Step::Blanks => at += run_of(bytes, at, 1, |byte| matches!(byte, b' ' | b'\t'))?,
            Step::Year => {
                parts.year = Some(digits(bytes, at, 4)? as i32);
                at += 4;
            }
            Step::ShortYear => {
                let year = digits(bytes, at, 2)? as i32;
                // POSIX strptime: 69..99 are the 1900s.
                parts.year = Some(if year < 69 { 2000 + year } else { 1900 + year });
                at += 2;
            }
            Step::Month => (parts.month, at) = number(bytes, at)?,
            Step::MonthName => {
                parts.month = known::month(bytes, at)?;
                at += 3;
            }
            Step::Day | Step::PaddedDay => (parts.day, at) = day(bytes, at)?,
            Step::Hour | Step::HalfHour => (parts.hour, at) = number(bytes, at)?,
            Step::Meridiem => {
                let (half, end) = meridiem(bytes, at)?;
                (afternoon, at) = (Some(half), end);
            }
            Step::Minute => (parts.minute, at) = number(bytes, at)?,
            Step::Second => {
                (parts.second, at) = number(bytes, at)?;
                resolution = Resolution::SECOND;
            }
            Step::Fraction => {
                let (value, written, end) = fraction(bytes, at);
                (nanos, at) = (value, end);
                resolution = Resolution::digits(written);
            }
            Step::BareFraction => {
                let (value, written, end) = bare_fraction(bytes, at)?;
                (nanos, at) = (value, end);
                resolution = Resolution::digits(written);
            }
            Step::Zone => (zone, at) = known::zone(bytes, at, true),
            Step::Bias => (zone, at) = rare::bias(bytes, at),
            Step::NamedZone => {
                (zone, at) = known::offset_zone(bytes, at, true);
                if zone == WrittenZone::Absent {
                    let wall = parts.stamp(nanos, zone, resolution)?;
                    (zone, at) = zone_by_name(bytes, at, wall.seconds);
                }
            }
            Step::Weekday => at += run_of(bytes, at, 3, u8::is_ascii_alphabetic)?,
        }
    }
    if let Some(afternoon) = afternoon {
        if !(1..=12).contains(&parts.hour) {
            return None;
        }
        parts.hour = parts.hour % 12 + if afternoon { 12 } else { 0 };
    }
    if parts.month == 0 && !steps.iter().any(|step| matches!(step, Step::Month | Step::MonthName)) {
        return Some((day::of_day((parts.hour, parts.minute, parts.second), nanos, resolution)?, at));
    }
    Some((parts.stamp(nanos, zone, resolution)?, at))
}

/// How many bytes from `at` on are of a kind, if there are at least so many.
fn run_of(bytes: &[u8], at: usize, least: usize, fits: impl Fn(&u8) -> bool) -> Option<usize> {
    let count = bytes.get(at..)?.iter().take_while(|byte| fits(byte)).count();
    (count >= least).then_some(count)
}

/// A day of one or two digits, perhaps padded with a blank: the day and its end.
fn day(bytes: &[u8], at: usize) -> Option<(u32, usize)> {
    let padded = bytes.get(at) == Some(&b' ');
    let single = !bytes.get(at + 1).is_some_and(u8::is_ascii_digit);
    let (start, width) = match (padded, single) {
        (true, _) => (at + 1, 1),
        (false, true) => (at, 1),
        (false, false) => (at, 2),
    };
    Some((digits(bytes, start, width)?, start + width))
}

/// A number of two digits, or of one if no other follows: the number and its end.
fn number(bytes: &[u8], at: usize) -> Option<(u32, usize)> {
    let width = if bytes.get(at + 1).is_some_and(u8::is_ascii_digit) { 2 } else { 1 };
    Some((digits(bytes, at, width)?, at + width))
}

/// The digits of a fraction whose point stands elsewhere, or nowhere: nanoseconds, digits, end.
fn bare_fraction(bytes: &[u8], at: usize) -> Option<(u32, u8, usize)> {
    let length = bytes.get(at..)?.iter().take(10).take_while(|byte| byte.is_ascii_digit()).count();
    let value = digits(bytes, at, length).filter(|_| (1..=9).contains(&length))?;
    Some((value * 10_u32.pow(9 - length as u32), length as u8, at + length))
}

/// `AM` or `PM`, or the Korean words, at `at`: true after noon, and the end.
fn meridiem(bytes: &[u8], at: usize) -> Option<(bool, usize)> {
    const WORDS: [(&str, bool); 4] = [("AM", false), ("PM", true), ("오전", false), ("오후", true)];
    WORDS.iter().find_map(|(word, afternoon)| {
        let end = at + word.len();
        bytes.get(at..end)?.eq_ignore_ascii_case(word.as_bytes()).then_some((*afternoon, end))
    })
}

/// A blank and the name of a zone at `at`, if they are there: its offset at a wall clock's second, and
/// the end. A name that no zone has stays unread.
fn zone_by_name(bytes: &[u8], at: usize, local: i64) -> (WrittenZone, usize) {
    let start = at + 1;
    let letter = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'_' | b'-' | b'+');
    if bytes.get(at) != Some(&b' ') || !bytes.get(start).is_some_and(u8::is_ascii_alphabetic) {
        return (WrittenZone::Absent, at);
    }
    let end = start + bytes[start..].iter().take_while(|byte| letter(byte)).count();
    match named_offset(&bytes[start..end], local) {
        Some(offset) => (WrittenZone::Offset(offset.0), end),
        // A zone's name comes before an abbreviation: the zone CET has summer time.
        None => known::abbreviated(bytes, start).unwrap_or((WrittenZone::Absent, at)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::WrittenDate;

    #[test]
    fn patterns_read_what_they_say() {
        let at = |pattern: &str, text: &str| {
            TimePattern::compile(pattern)
                .unwrap_or_else(|(at, why)| panic!("{pattern}:{at}: {why}"))
                .read(text.as_bytes(), &mut MinuteCache::default())
        };
        let (stamp, end) = at("%d-%b-%Y %H:%M:%S", "12-Dec-2014 10:10:59] x").expect("reads");
        assert_eq!((end, stamp.date), (20, WrittenDate::Full));
        let (half, _) = at("%m/%d/%Y %I:%M:%S %p", "12/12/2014 10:10:59 PM").expect("reads");
        assert_eq!(half.seconds - stamp.seconds, 12 * 3_600);
        let (short, _) = at("%y/%m/%d %H:%M", "14/12/12 10:10").expect("reads");
        assert_eq!(stamp.seconds - short.seconds, 59);
        assert_eq!(short.resolution, Resolution::MINUTE);
        let (korean, end) = at("%Y-%m-%d %p %I:%M:%S", "2014-12-12 오후 10:10:59").expect("reads");
        assert_eq!((korean.seconds, end), (half.seconds, "2014-12-12 오후 10:10:59".len()));
        let (single, _) = at("%Y-%m-%d-%H:%M:%S", "2014-1-2-3:4:5").expect("reads");
        assert_eq!(single.seconds, crate::base::days_from_civil(2014, 1, 2) * 86_400 + 3 * 3_600 + 245);
        let (bare, end) = at("%Y-%m-%d %H:%M:%S:%N", "2014-12-12 10:10:59:123 x").expect("reads");
        assert_eq!((bare.nanos, bare.resolution, end), (123_000_000, Resolution::digits(3), 23));
        let (west, _) =
            at("%H:%M:%S%f%W\" date=\"%m-%d-%Y", "10:10:59.123-540\" date=\"12-12-2014").expect("reads");
        assert_eq!((west.seconds, west.zone), (stamp.seconds, WrittenZone::Offset(32_400)));
        assert_eq!(at("%d %b %H:%M:%S%f", "31 Feb 10:00:00.1"), None);
        let zone = |text: &'static str| {
            at("%d-%b-%Y %H:%M:%S%f%Z", text).map(|(stamp, end)| (stamp.zone, &text[end..]))
        };
        assert_eq!(zone("12-Dec-2014 10:11:00 Asia/Seoul] x"), Some((WrittenZone::Offset(32_400), "] x")));
        assert_eq!(zone("12-Dec-2014 10:11:00 America/New_York]"), Some((WrittenZone::Offset(-18_000), "]")));
        assert_eq!(zone("12-Jun-2014 10:11:00 America/New_York]"), Some((WrittenZone::Offset(-14_400), "]")));
        assert_eq!(zone("12-Dec-2014 10:11:00 UTC]"), Some((WrittenZone::Offset(0), "]")));
        assert_eq!(zone("12-Dec-2014 10:11:00 Mars/Base]"), Some((WrittenZone::Absent, " Mars/Base]")));
        assert_eq!(zone("12-Dec-2014 10:11:00 local]"), Some((WrittenZone::Absent, " local]")));
        assert_eq!(zone("12-Jun-2014 10:11:00 CET]"), Some((WrittenZone::Offset(7_200), "]")));
        assert_eq!(zone("12-Jun-2014 10:11:00 CEST]"), Some((WrittenZone::Offset(7_200), "]")));
        assert_eq!(zone("12-Dec-2014 10:11:00] x"), Some((WrittenZone::Absent, "] x")));
    }

    #[test]
    fn the_cache_never_changes_a_reading() {
        let texts = [
            "2014-12-12 10:10:59.123456+09:00",
            "2014-12-12 10:10:00",
            "2014-12-12T10:10:07Z",
            "2014-12-12 10:11:61",
            "2014-12-12 10:10:60",
            "2014-12-12 10:10:58 PM",
            "2014-12-12 10:10:57 AM",
            "2014-12-12 10:10:5",
            "2014-12-12 10:10:",
            "2014-12-12 10:10:10,5 UTC",
            "Dec 12 10:10:59",
            "Dec 12 10:10:01.5",
            "Dec  2 10:10:59",
            "Dec 12 2014 10:10:59",
            "Feb 29 10:10:10",
            "12-Dec-2014 10:10:59",
            "12-Dec-2014 10:10:10.25",
            "12-Dec-2014 10:10:10 Europe",
            "12-Dec-2014 10:10:10 UTC]",
            "12/12 10:10:10:10",
            "2014 Dec 12 +0900 10:10:59",
            "2014 Dec 12 +0200 10:10:59",
            "10:10:10:10",
            "59:59:59:59",
            "12-Dec-2014 10:10:10 Asia/Seoul]",
            "12-Dec-2014 10:10:11.5 Europe/Berlin x",
            "12-Dec-2014 10:10:11.5 CEST x",
            "2014-12-12 10:10:07 CEST",
            "2014-12-12 10:10:08 EST",
        ];
        for pattern in [
            "iso",
            "syslog",
            "%d-%b-%Y %H:%M:%S%f%z",
            "%d-%b-%Y %H:%M:%S%f%Z",
            "%d-%b-%Y %H:%M:%S",
            "%m/%d %H:%M:%S%f",
            "any",
            "clock",
            "%H:%M:%S%f",
        ] {
            let compiled = TimePattern::compile(pattern).unwrap_or_else(|(_, why)| panic!("{why}"));
            let mut cache = MinuteCache::default();
            for first in texts {
                for second in texts {
                    for text in [first, second] {
                        let fresh = compiled.read(text.as_bytes(), &mut MinuteCache::default());
                        assert_eq!(
                            compiled.read(text.as_bytes(), &mut cache),
                            fresh,
                            "{pattern}: {text} after {first}"
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn a_pattern_that_cannot_date_a_line_is_refused() {
        for (pattern, place) in [
            ("%Y-%q", 3),
            ("%H", 0),
            ("%Y %H:%M", 0),
            ("%d %H:%M", 0),
            ("%Y-%m-%d", 0),
            ("%H%", 2),
            ("%b %d %H:%M%Z", 0),
            ("%H %Z %d %b %Y", 0),
        ] {
            assert_eq!(TimePattern::compile(pattern).map_err(|(at, _)| at), Err(place), "{pattern}");
        }
    }
}
