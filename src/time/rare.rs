//! Stamps that few programs write, each in a form that nothing else has: days of the Modified Julian
//! calendar, TAI64N labels, a kernel's uptimes, and zones by their minutes.

use crate::base::{Resolution, Stamp, WrittenDate, WrittenZone};

use super::forms::YEARS;
use super::known::{Parts, digits, fraction, syslog, zone};

/// ntpd's statistics: the Modified Julian Day and the seconds of that day, in UTC: `57003 4259.123`. Two
/// numbers without a fraction could be anything.
pub(super) fn mjd(bytes: &[u8]) -> Option<(Stamp, usize)> {
    /// 1970-01-01, and years 2000 to 2099: five digits alone could be anything.
    const EPOCH: i64 = 40_587;
    const DAYS: std::ops::Range<u32> = 51_544..88_069;
    let day = digits(bytes, 0, 5).filter(|day| DAYS.contains(day))?;
    if bytes.get(5) != Some(&b' ') {
        return None;
    }
    let length = bytes.get(6..)?.iter().take(6).take_while(|byte| byte.is_ascii_digit()).count();
    let second = digits(bytes, 6, length).filter(|second| length > 0 && *second < 86_401)?;
    let (nanos, written, end) = fraction(bytes, 6 + length);
    if written < 3 {
        return None;
    }
    // The 86401st second is a leap second; it counts as the one before, as in any other stamp.
    let (nanos, resolution) = match second {
        86_400 => (0, Resolution::LEAP),
        _ => (nanos, Resolution::digits(written)),
    };
    let seconds = (i64::from(day) - EPOCH) * 86_400 + i64::from(second.min(86_399));
    Some((Stamp { seconds, nanos, zone: WrittenZone::Offset(0), resolution, date: WrittenDate::Full }, end))
}

/// Seconds since boot as a kernel writes them, padded with blanks to five digits: `    0.000000`,
/// `604065.445632`. Always six decimals.
#[inline]
pub(super) fn uptime(bytes: &[u8]) -> Option<(Stamp, usize)> {
    const DECIMALS: usize = 6;
    let blanks = bytes.iter().take(5).take_while(|byte| **byte == b' ').count();
    let whole = bytes[blanks..].iter().take(10).take_while(|byte| byte.is_ascii_digit()).count();
    let point = blanks + whole;
    // Ten digits would be three centuries, or an epoch.
    if !(1..=9).contains(&whole) || bytes.get(point) != Some(&b'.') {
        return None;
    }
    let micros = digits(bytes, point + 1, DECIMALS)?;
    let end = point + 1 + DECIMALS;
    if bytes.get(end).is_some_and(u8::is_ascii_digit) {
        return None;
    }
    let stamp = Stamp {
        seconds: i64::from(digits(bytes, blanks, whole)?),
        nanos: micros * 1_000,
        zone: WrittenZone::Boot,
        resolution: Resolution::digits(DECIMALS as u8),
        date: WrittenDate::Full,
    };
    Some((stamp, end))
}

/// daemontools, runit and s6: `@` and a TAI64N label of 24 hexadecimal digits. multilog and its
/// successors count ten seconds between TAI and UTC, whatever leap seconds there were.
pub(super) fn tai64n(bytes: &[u8]) -> Option<(Stamp, usize)> {
    const EPOCH: i64 = 0x4000_0000_0000_000a;
    let hex = |from: usize, to: usize| {
        let text = bytes.get(from..to)?;
        text.iter().try_fold(0_i64, |sum, byte| Some(sum << 4 | i64::from(char::from(*byte).to_digit(16)?)))
    };
    // The first digit is always 4 before the year 36 billion.
    if bytes.get(..2)? != b"@4" || bytes.get(25).is_some_and(u8::is_ascii_hexdigit) {
        return None;
    }
    let seconds = hex(1, 17)? - EPOCH;
    let nanos = u32::try_from(hex(17, 25)?).ok().filter(|nanos| *nanos < 1_000_000_000)?;
    // Years 1970 to 2286, as for other epochs.
    (0..10_000_000_000).contains(&seconds).then_some((
        Stamp {
            seconds,
            nanos,
            zone: WrittenZone::Epoch,
            resolution: Resolution::digits(9),
            date: WrittenDate::Full,
        },
        25,
    ))
}

/// Symantec's antivirus: six hexadecimal numbers of two digits, years since 1970, months from 0, then day, hour, minute and
/// second, of the local time: `2C0B0C0A0A3B` is `2014-12-12 10:10:59`.
pub(super) fn symantec(bytes: &[u8]) -> Option<(Stamp, usize)> {
    const LENGTH: usize = 12;
    if bytes.get(LENGTH).is_some_and(u8::is_ascii_alphanumeric) {
        return None;
    }
    let hex = |at: usize| {
        let nibble = |at: usize| char::from(*bytes.get(at)?).to_digit(16);
        Some(nibble(at)? << 4 | nibble(at + 1)?)
    };
    let parts = Parts {
        // 1999 is what its first version wrote.
        year: Some(1970 + hex(0).filter(|year| (29..130).contains(year))? as i32),
        month: hex(2)? + 1,
        day: hex(4)?,
        hour: hex(6)?,
        minute: hex(8)?,
        second: hex(10)?,
    };
    Some((parts.stamp(0, WrittenZone::Absent, Resolution::SECOND)?, LENGTH))
}

/// Minutes west of Greenwich, as Windows gives the bias of a zone: `-540` is Japan's.
pub(super) fn bias(bytes: &[u8], at: usize) -> (WrittenZone, usize) {
    let sign = match bytes.get(at) {
        Some(b'-') => 1,
        Some(b'+') => -1,
        _ => return (WrittenZone::Absent, at),
    };
    let length = bytes[at + 1..].iter().take(4).take_while(|byte| byte.is_ascii_digit()).count();
    match digits(bytes, at + 1, length) {
        Some(minutes) if (1..=3).contains(&length) && minutes <= 900 => {
            (WrittenZone::Offset(sign * minutes as i32 * 60), at + 1 + length)
        }
        _ => (WrittenZone::Absent, at),
    }
}

/// The offset that a word names, seconds east of UTC: `KST`, `+0900`; none where it may name several.
pub fn offset_of(word: &[u8]) -> Option<i32> {
    match super::known::zone(word, 0, false) {
        (WrittenZone::Offset(seconds), end) if end == word.len() => Some(seconds),
        _ => None,
    }
}

/// `2014 Dec 12 10:10:59`, as Cisco's NX-OS writes it.
pub(super) fn year_month_day(bytes: &[u8]) -> Option<(Stamp, usize)> {
    let year = digits(bytes, 0, 4).filter(|year| YEARS.contains(year) && bytes.get(4) == Some(&b' '))?;
    with_year(year, syslog(bytes.get(5..)?)?, 5, bytes)
}

/// A stamp without a year, and the year that stood elsewhere; `more` bytes lie before or within it.
fn with_year(year: u32, (stamp, end): (Stamp, usize), more: usize, bytes: &[u8]) -> Option<(Stamp, usize)> {
    if stamp.date != WrittenDate::NoYear {
        return None;
    }
    let seconds = stamp.seconds_in_year(year as i32)?;
    let (zone, end) = zone(bytes, end + more, true);
    Some((Stamp { seconds, zone, date: WrittenDate::Full, ..stamp }, end))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::days_from_civil;

    #[test]
    fn julian_days_are_utc() {
        let (stamp, end) = mjd(b"57003 4259.123 -0.000012 1.2 0.1").expect("reads");
        assert_eq!(stamp.seconds, days_from_civil(2014, 12, 12) * 86_400 + 4_259);
        assert_eq!((stamp.nanos, stamp.zone, end), (123_000_000, WrittenZone::Offset(0), 14));
        let (leap, _) = mjd(b"57753 86400.500 x").expect("the leap second of 2016");
        assert_eq!(
            (leap.seconds, leap.resolution),
            (days_from_civil(2017, 1, 1) * 86_400 - 1, Resolution::LEAP)
        );
        for line in [
            "57003",
            "57003 ",
            "57003 86401.000",
            "57003 x",
            "12345 4259.000",
            "157003 4259.000",
            "57003\t1.000",
            "57003 4259 x",
            "57003 4259.0 x",
        ] {
            assert_eq!(mjd(line.as_bytes()), None, "{line}");
        }
    }

    #[test]
    fn a_kernel_counts_from_its_boot() {
        for (text, seconds, nanos, end) in [
            ("    0.000000] Linux version", 0, 0, 12),
            ("604065.445632] php-fpm", 604_065, 445_632_000, 13),
            ("12345.678901", 12_345, 678_901_000, 12),
        ] {
            let (stamp, found) = uptime(text.as_bytes()).unwrap_or_else(|| panic!("{text}"));
            assert_eq!((stamp.seconds, stamp.nanos, found), (seconds, nanos, end), "{text}");
            assert_eq!((stamp.zone, stamp.resolution.width()), (WrittenZone::Boot, 1_000));
        }
        for text in
            ["", "     ", "25.123]", "1.1234567", "1418379059.000001", "-1.000000", ".000000", "1.00000x"]
        {
            assert_eq!(uptime(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn tai_labels_are_read_as_multilog_writes_them() {
        let (stamp, end) = tai64n(b"@400000005489e8dd0756b5b3 starting").expect("reads");
        assert_eq!((stamp.seconds, stamp.nanos, end), (0x5489_e8d3, 0x0756_b5b3, 25));
        for line in [
            "@",
            "@4",
            "@400000005489e8dd0756b5b",
            "@400000005489e8ddffffffff x",
            "@user said",
            "@400000005489e8dd0756b5b3a",
        ] {
            assert_eq!(tai64n(line.as_bytes()), None, "{line}");
        }
    }

    #[test]
    fn six_hexadecimal_numbers_are_a_stamp() {
        let (stamp, end) = symantec(b"2C0B0C0A0A3B,7").expect("reads");
        assert_eq!((stamp.seconds, end), (days_from_civil(2014, 12, 12) * 86_400 + 36_659, 12));
        for text in ["2C0C0C0A0A3B,", "2C0B0C0A0A3B0", "2C0B0C0A0A3", "000B0C0A0A3B", "hello, world,"] {
            assert_eq!(symantec(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn minutes_west_are_an_offset() {
        assert_eq!(bias(b"-540\"", 0), (WrittenZone::Offset(32_400), 4));
        assert_eq!(bias(b"+480\"", 0), (WrittenZone::Offset(-28_800), 4));
        for text in ["540", "-", "-5400", "-999", ""] {
            assert_eq!(bias(text.as_bytes(), 0).0, WrittenZone::Absent, "{text}");
        }
    }
}
