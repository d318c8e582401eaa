//! Times of day without a date, and dates without a time, as locales write them: what `sar` and its kin
//! put on rows and above them.
//!
//! `12/11/14` names a day only to whoever knows which number is the month. That is not decided here:
//! [`WrittenDay::day`] takes the order as an argument, and `clock` settles it for a whole file.

use serde::{Deserialize, Serialize};

use super::known::{digits, fraction};
use crate::base::{Resolution, Stamp, days_from_civil, is_leap};

/// Which number of a date like `12/11/14` is the month, and which the year.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DateOrder {
    /// Month, day, year.
    MonthFirst,
    /// Day, month, year.
    DayFirst,
    /// Year, month, day: only where the year has two digits. One of four says itself that it is the year.
    YearFirst,
}

impl DateOrder {
    /// All, in the order results are kept in: each stands at the place that its number as an integer says.
    pub const ALL: [Self; 3] = [Self::MonthFirst, Self::DayFirst, Self::YearFirst];
}

/// A date as written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WrittenDay {
    /// The three numbers as they stand there.
    numbers: [u32; 3],
    shape: DayShape,
}

/// What is known of the order of a date's numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum DayShape {
    /// Year, month, day.
    Plain,
    /// The year last, of four digits.
    YearLast,
    /// The year last, of four digits, with points between the numbers: the day is first.
    Points,
    /// The year of two digits, wherever it stands.
    Short,
    /// The same with points: the month is not first.
    ShortPoints,
}

impl WrittenDay {
    /// Reads a date at the start of `bytes`: the date and its length. It must not go on as a longer number
    /// or word.
    pub fn read(bytes: &[u8]) -> Option<(Self, usize)> {
        let (day, end) = year_first(bytes).or_else(|| year_last(bytes))?;
        let real = DateOrder::ALL.iter().any(|order| day.day(*order).is_some());
        let ends = !bytes.get(end).is_some_and(|byte| byte.is_ascii_alphanumeric());
        (real && ends).then_some((day, end))
    }

    /// The same date, whose year stands last even where it has two digits: what no locale of sysstat's writes otherwise.
    pub fn with_year_last(self) -> Self {
        let [first, second, third] = self.numbers;
        let shape = match self.shape {
            DayShape::Short => DayShape::YearLast,
            DayShape::ShortPoints => DayShape::Points,
            _ => return self,
        };
        Self { numbers: [first, second, century(third)], shape }
    }

    /// The day, counted from 1970, when its numbers stand in this order; `None` where the calendar has no
    /// such day, or the numbers no such order.
    pub fn day(self, order: DateOrder) -> Option<i64> {
        let [first, second, third] = self.numbers;
        let short = matches!(self.shape, DayShape::Short | DayShape::ShortPoints);
        let (year, month, day) = match (self.shape, order) {
            (DayShape::Plain, _) => (first, second, third),
            (DayShape::YearLast | DayShape::Short, DateOrder::MonthFirst) => (third, first, second),
            (DayShape::Short | DayShape::ShortPoints, DateOrder::YearFirst) => (first, second, third),
            (_, DateOrder::YearFirst) => return None,
            _ => (third, second, first),
        };
        let year = if short { century(year) } else { year } as i32;
        let length = match month {
            2 => 28 + u32::from(is_leap(year)),
            4 | 6 | 9 | 11 => 30,
            1..=12 => 31,
            _ => return None,
        };
        (1..=length).contains(&day).then(|| days_from_civil(year, month, day))
    }
}

/// A year of two digits: as POSIX strptime has it, 69..99 are the 1900s.
fn century(year: u32) -> u32 {
    match year {
        0..69 => 2000 + year,
        69..100 => 1900 + year,
        _ => year,
    }
}

/// One or two digits: the value and the end.
fn short(bytes: &[u8], at: usize) -> Option<(u32, usize)> {
    let width = if bytes.get(at + 1).is_some_and(u8::is_ascii_digit) { 2 } else { 1 };
    Some((digits(bytes, at, width)?, at + width))
}

/// Blanks.
fn blanks(bytes: &[u8], at: usize) -> usize {
    at + bytes.get(at..).unwrap_or_default().iter().take_while(|byte| **byte == b' ').count()
}

/// Where one of some words that stands at `at`, after blanks, ends.
fn word(bytes: &[u8], at: usize, words: &[&str]) -> Option<usize> {
    let at = blanks(bytes, at);
    let rest = bytes.get(at..)?;
    words.iter().find(|word| rest.starts_with(word.as_bytes())).map(|word| at + word.len())
}

/// `2014-12-12`, `2014/12/12`, `2014.12.12`, `2014. 12. 12.`, `2014년 12월 12일`, `2014年12月12日`.
fn year_first(bytes: &[u8]) -> Option<(WrittenDay, usize)> {
    let year = digits(bytes, 0, 4)?;
    let plain = |month, day| WrittenDay { numbers: [year, month, day], shape: DayShape::Plain };
    if let Some(separator) = bytes.get(4).filter(|byte| matches!(byte, b'-' | b'/' | b'.')) {
        // Windows in Korean puts a blank behind each point, and a point behind the day.
        let spaced = *separator == b'.' && bytes.get(5) == Some(&b' ');
        let width = 1 + usize::from(spaced);
        let (month, at) = short(bytes, 4 + width)?;
        let (day, end) = short(bytes, at + width).filter(|_| bytes.get(at) == Some(separator))?;
        return Some((plain(month, day), end + usize::from(spaced && bytes.get(end) == Some(&b'.'))));
    }
    let (month, at) = short(bytes, blanks(bytes, word(bytes, 4, &["년", "年"])?))?;
    let (day, at) = short(bytes, blanks(bytes, word(bytes, at, &["월", "月"])?))?;
    Some((plain(month, day), word(bytes, at, &["일", "日"])?))
}

/// `12/11/2014`, `12/11/14`, `12-11-14`, `12.11.2014`: with points the day comes first.
fn year_last(bytes: &[u8]) -> Option<(WrittenDay, usize)> {
    let (first, at) = short(bytes, 0)?;
    let separator = bytes.get(at).filter(|byte| matches!(byte, b'-' | b'/' | b'.'))?;
    let (second, at) = short(bytes, at + 1)?;
    if bytes.get(at) != Some(separator) {
        return None;
    }
    let points = *separator == b'.';
    let (third, end, shape) = match bytes.get(at + 3).is_some_and(u8::is_ascii_digit) {
        true if points => (digits(bytes, at + 1, 4)?, at + 5, DayShape::Points),
        true => (digits(bytes, at + 1, 4)?, at + 5, DayShape::YearLast),
        false if points => (digits(bytes, at + 1, 2)?, at + 3, DayShape::ShortPoints),
        false => (digits(bytes, at + 1, 2)?, at + 3, DayShape::Short),
    };
    Some((WrittenDay { numbers: [first, second, third], shape }, end))
}

/// A stamp without a day; `None` where no clock shows it. A leap second counts as second 59.
pub(super) fn of_day(
    (hour, minute, second): (u32, u32, u32),
    nanos: u32,
    resolution: Resolution,
) -> Option<Stamp> {
    let leap = second == 60;
    let seconds = hour * 3_600 + minute * 60 + second.min(59);
    (hour < 24 && minute < 60 && second <= 60).then(|| match leap {
        true => Stamp::of_day(seconds, 0, Resolution::LEAP),
        false => Stamp::of_day(seconds, nanos, resolution),
    })
}

/// Halves of a day: words before the time or behind it, and whether they mean after noon.
const HALVES: [(&str, bool); 10] = [
    ("AM", false),
    ("PM", true),
    ("am", false),
    ("pm", true),
    ("오전", false),
    ("오후", true),
    ("午前", false),
    ("午後", true),
    ("上午", false),
    ("下午", true),
];

fn half(bytes: &[u8], at: usize) -> Option<(bool, usize)> {
    let at = blanks(bytes, at);
    let rest = bytes.get(at..)?;
    let (name, afternoon) = HALVES.iter().find(|(name, _)| rest.starts_with(name.as_bytes()))?;
    let end = at + name.len();
    (!bytes.get(end).is_some_and(u8::is_ascii_alphanumeric) || !name.is_ascii()).then_some((*afternoon, end))
}

/// A time of day to the second, as locales write it: `10:10:01`, `10:10:01.123`, `10:10:01 PM`,
/// `10시 10분 01초`, `오후 10:10:01`, `10時10分01秒`. The stamp and its length.
///
/// A half of the day beside an hour of 24 (`13:05:00 PM`) says nothing new.
pub fn time_of_day(bytes: &[u8]) -> Option<(Stamp, usize)> {
    let before = match bytes.first()? {
        b'0'..=b'9' => None,
        0xe4 | 0xe5 | 0xec | b'A' | b'P' | b'a' | b'p' => Some(half(bytes, 0)?),
        _ => return None,
    };
    let start = before.map_or(0, |(_, end)| blanks(bytes, end));
    let (hour, at) = short(bytes, start)?;
    let words = |at: usize, words: &[&str]| word(bytes, at, words).map(|end| blanks(bytes, end));
    let (minute, second, at) = if bytes.get(at) == Some(&b':') {
        let minute = digits(bytes, at + 1, 2)?;
        if bytes.get(at + 3) != Some(&b':') {
            // Without seconds only beside a half of the day: two numbers alone are a ratio or a verse.
            return to_minute((hour, minute), before, bytes, at + 3);
        }
        (minute, digits(bytes, at + 4, 2)?, at + 6)
    } else {
        let (minute, at) = short(bytes, words(at, &["시", "時", "时"])?)?;
        let (second, at) = short(bytes, words(at, &["분", "分"])?)?;
        (minute, second, word(bytes, at, &["초", "秒"])?)
    };
    let (nanos, written, at) = fraction(bytes, at);
    // A longer number is no time of day.
    let goes_on = match bytes.get(at) {
        Some(b':') => bytes.get(at + 1).is_some_and(u8::is_ascii_digit),
        Some(byte) => byte.is_ascii_digit(),
        None => false,
    };
    if goes_on {
        return None;
    }
    let (hour, end) = match before.or_else(|| half(bytes, at)) {
        Some((afternoon, end)) => match hour {
            1..=12 => (hour % 12 + if afternoon { 12 } else { 0 }, end.max(at)),
            _ => (hour, end.max(at)),
        },
        None => (hour, at),
    };
    Some((of_day((hour, minute, second), nanos, Resolution::digits(written))?, end))
}

/// `10:10 PM`, `오후 10:10`: a time of day to the minute that ends at `at`.
fn to_minute(
    (hour, minute): (u32, u32),
    before: Option<(bool, usize)>,
    bytes: &[u8],
    at: usize,
) -> Option<(Stamp, usize)> {
    let (afternoon, end) = before.or_else(|| half(bytes, at)).filter(|_| (1..=12).contains(&hour))?;
    if bytes.get(at).is_some_and(|byte| byte.is_ascii_digit() || matches!(byte, b':' | b'.' | b',')) {
        return None;
    }
    let hour = hour % 12 + if afternoon { 12 } else { 0 };
    Some((of_day((hour, minute, 0), 0, Resolution::MINUTE)?, end.max(at)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::WrittenDate;

    #[test]
    fn dates_of_many_locales() {
        let fixed = days_from_civil(2014, 12, 11);
        for text in [
            "2014-12-11",
            "2014/12/11 ",
            "2014.12.11.",
            "2014. 12. 11.",
            "2014년 12월 11일",
            "2014年12月11日",
        ] {
            let (day, _) = WrittenDay::read(text.as_bytes()).expect(text);
            assert_eq!(DateOrder::ALL.map(|order| day.day(order)), [Some(fixed); 3], "{text}");
        }
        let turned = Some(days_from_civil(2014, 11, 12));
        let back = Some(days_from_civil(2011, 12, 14));
        for (text, days) in [
            ("11.12.2014", [Some(fixed), Some(fixed), None]),
            ("12/11/2014", [Some(fixed), turned, None]),
            ("12/11/14 \t", [Some(fixed), turned, Some(days_from_civil(2012, 11, 14))]),
            ("12-11-14", [Some(fixed), turned, Some(days_from_civil(2012, 11, 14))]),
            ("14/12/11", [None, Some(days_from_civil(2011, 12, 14)), Some(fixed)]),
            ("14.12.11", [back, back, Some(fixed)]),
        ] {
            let (day, _) = WrittenDay::read(text.as_bytes()).expect(text);
            assert_eq!(DateOrder::ALL.map(|order| day.day(order)), days, "{text}");
        }
        let (only, end) = WrittenDay::read(b"12/31/14").expect("a date");
        assert_eq!((only.day(DateOrder::DayFirst), end), (None, 8));
        for text in
            ["", "12/11", "32/13/14", "2014-02-29", "12/11-14", "2014-12-111", "10:10:59", "2014년 12월"]
        {
            assert_eq!(WrittenDay::read(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn times_of_day_of_many_locales() {
        for (text, second, end) in [
            ("10:10:01", 36_601, 8),
            ("10:10:01 AM  IFACE", 36_601, 11),
            ("10:10:01 PM", 79_801, 11),
            ("12:00:01 AM", 1, 11),
            ("12:00:01 PM", 43_201, 11),
            ("10:10:01 PMs", 36_601, 8),
            ("10시 10분 01초  CPU", 36_601, 17),
            ("오후 10시 10분 01초", 79_801, 24),
            ("오전 12:10:01", 601, 15),
            ("10時10分01秒", 36_601, 15),
            ("午後10時10分01秒 x", 79_801, 21),
            ("9:10:01 x", 33_001, 7),
            ("上午 10:10:01", 36_601, 15),
            ("10:10 PM x", 79_800, 8),
            ("오후 10:10", 79_800, 12),
            ("10:10:01: x", 36_601, 8),
        ] {
            let (stamp, length) = time_of_day(text.as_bytes()).expect(text);
            assert_eq!(
                (stamp.nanos_of_day() / 1_000_000_000, stamp.date),
                (second, WrittenDate::NoDay),
                "{text}"
            );
            assert_eq!(length, end, "{text}");
        }
        let (stamp, end) = time_of_day(b"23:59:59,123 [main]").expect("a time");
        assert_eq!((stamp.nanos, end), (123_000_000, 12));
        for text in
            ["", "10:10", "24:00:00", "10:60:00", "10:10:01:02", "10:10:0", "Average:", "10:10:010", "오늘"]
        {
            assert_eq!(time_of_day(text.as_bytes()), None, "{text}");
        }
    }
}
