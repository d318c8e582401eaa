//! Zones: names and fixed offsets, and the way between wall clocks and UTC through DST.
//!
//! The only file that knows chrono and chrono-tz. A named zone is tabulated once (offsets from 1970
//! to 2100), so that the hot loop compares two integers per stamp instead of asking a database.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use chrono::{NaiveDateTime, Offset as _, TimeZone as _};
use chrono_tz::OffsetName as _;

use crate::base::{Error, Result, civil_from_days, days_from_civil};

const WEEK: i64 = 7 * 86_400;

/// Seconds east of UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Offset(pub i32);

impl fmt::Display for Offset {
    /// `+09:00`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { '-' } else { '+' };
        let minutes = self.0.abs() / 60;
        write!(f, "{sign}{:02}:{:02}", minutes / 60, minutes % 60)
    }
}

/// A stretch of UTC with one offset.
#[derive(Clone, Copy, Debug)]
struct Piece {
    /// First UTC second of the stretch.
    from: i64,
    offset: i32,
}

/// A zone to read wall clocks by or to show instants in.
#[derive(Clone)]
pub struct Zone {
    name: Arc<str>,
    pieces: Arc<[Piece]>,
}

impl fmt::Debug for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Zone({})", self.name)
    }
}

impl PartialEq for Zone {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Zone {
    /// UTC.
    pub fn utc() -> Self {
        Self::fixed(0)
    }

    /// A fixed offset, seconds east of UTC.
    pub fn fixed(seconds: i32) -> Self {
        let name = if seconds == 0 { "UTC".into() } else { Offset(seconds).to_string() };
        Self { name: name.into(), pieces: [Piece { from: i64::MIN, offset: seconds }].into() }
    }

    /// What a person types: an IANA name (any case), `UTC`, `Z`, `local` or `±hh:mm`.
    pub fn parse(text: &str) -> Result<Self> {
        let text = text.trim();
        if text.eq_ignore_ascii_case("utc") || text.eq_ignore_ascii_case("z") {
            return Ok(Self::utc());
        }
        if text.eq_ignore_ascii_case("local") {
            return Self::local();
        }
        if let Some(seconds) = parse_offset(text) {
            return Ok(Self::fixed(seconds));
        }
        let named = chrono_tz::TZ_VARIANTS.iter().find(|zone| zone.name().eq_ignore_ascii_case(text));
        match named {
            Some(zone) => Ok(Self::named(*zone)),
            None => Err(Error::new(format!(
                "unknown time zone `{text}`; use a name such as Asia/Seoul, `UTC`, `local` or an offset such as +09:00 (abbreviations are ambiguous){}",
                suggestion(text)
            ))),
        }
    }

    /// The machine's own zone: `TZ`, else /etc/localtime, else UTC.
    fn local() -> Result<Self> {
        let of_file = |path: &str| {
            let target = std::fs::canonicalize(path).ok()?;
            let target = target.to_str()?;
            Some(target.split_once("/zoneinfo/")?.1.trim_start_matches("posix/").to_owned())
        };
        let from_env = std::env::var("TZ").ok().map(|tz| tz.trim_start_matches(':').to_owned());
        let name = match from_env.filter(|tz| !tz.is_empty()) {
            // A path names the file of a zone.
            Some(path) if path.starts_with('/') => of_file(&path).or(Some(path)),
            Some(name) => Some(name),
            None => of_file("/etc/localtime"),
        };
        match name.as_deref() {
            None => Ok(Self::utc()),
            // `TZ=local` names nothing: without a zone of its own the machine is taken to be in UTC.
            Some(name) if name.trim().eq_ignore_ascii_case("local") => Ok(Self::utc()),
            Some(name) => Self::parse(name).map_err(|_| {
                Error::new(format!("the machine's own zone `{name}` is not a known name; give --tz"))
            }),
        }
    }

    fn named(zone: chrono_tz::Tz) -> Self {
        let offset_at = |second: i64| {
            let utc =
                chrono::DateTime::from_timestamp(second, 0).map_or(NaiveDateTime::MIN, |at| at.naive_utc());
            zone.offset_from_utc_datetime(&utc).fix().local_minus_utc()
        };
        let start = 0;
        let end = days_from_civil(2100, 1, 1) * 86_400;
        let mut pieces = vec![Piece { from: i64::MIN, offset: offset_at(start) }];
        let mut last = start;
        let mut current = offset_at(start);
        while last < end {
            let next = last + WEEK;
            let offset = offset_at(next);
            if offset != current {
                // The change lies in (last, next]: halve until the first second with the new offset.
                let (mut low, mut high) = (last, next);
                while high - low > 1 {
                    let middle = low.midpoint(high);
                    if offset_at(middle) == current { low = middle } else { high = middle }
                }
                pieces.push(Piece { from: high, offset: offset_at(high) });
                current = offset;
            }
            last = next;
        }
        Self { name: zone.name().into(), pieces: pieces.into() }
    }

    /// The name as settled: an IANA name, `UTC` or an offset.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether one offset holds for all time.
    pub fn is_fixed(&self) -> bool {
        self.pieces.len() == 1
    }

    /// Whether one offset holds from one UTC second to another.
    pub fn is_steady(&self, from: i64, to: i64) -> bool {
        let piece = |at: i64| self.pieces.partition_point(|piece| piece.from <= at);
        piece(from) == piece(to)
    }

    /// Whether any known zone sets its clock back between two UTC seconds, less than half a year apart, from or to
    /// an offset.
    pub fn any_sets_back(offset: Offset, from: i64, to: i64) -> bool {
        any_zone(offset, from, to, |before, after| before > after)
    }

    /// Whether any known zone sets its clock at all between two UTC seconds, less than half a year apart, from or to
    /// an offset.
    pub fn any_sets(offset: Offset, from: i64, to: i64) -> bool {
        any_zone(offset, from, to, |before, after| before != after)
    }

    /// Whether any known zone has an offset at a UTC second.
    pub fn any_has(offset: Offset, at: i64) -> bool {
        let Some(at) = chrono::DateTime::from_timestamp(at, 0).map(|at| at.naive_utc()) else { return false };
        let has =
            |zone: &chrono_tz::Tz| zone.offset_from_utc_datetime(&at).fix().local_minus_utc() == offset.0;
        chrono_tz::TZ_VARIANTS.iter().any(has)
    }

    /// The offset at which this zone uses an abbreviation, if there is one and only one.
    pub fn offset_named(&self, abbreviation: &str) -> Option<Offset> {
        let zone = chrono_tz::TZ_VARIANTS.iter().find(|zone| *zone.name() == *self.name)?;
        let used = |piece: &&Piece| {
            let at = chrono::DateTime::from_timestamp(piece.from.max(0), 0).map(|at| at.naive_utc());
            at.is_some_and(|at| zone.offset_from_utc_datetime(&at).abbreviation() == Some(abbreviation))
        };
        let mut offsets = self.pieces.iter().filter(used).map(|piece| piece.offset);
        let first = offsets.next()?;
        offsets.all(|offset| offset == first).then_some(Offset(first))
    }

    /// The offsets at which known zones use an abbreviation at a UTC second.
    pub fn meanings(abbreviation: &str, at: i64) -> BTreeSet<Offset> {
        let Some(at) = chrono::DateTime::from_timestamp(at, 0).map(|at| at.naive_utc()) else {
            return BTreeSet::new();
        };
        let offsets = chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.offset_from_utc_datetime(&at));
        let named = offsets.filter(|offset| offset.abbreviation() == Some(abbreviation));
        named.map(|offset| Offset(offset.fix().local_minus_utc())).collect()
    }

    /// The offset at which all known zones that use an abbreviation at a UTC second do.
    pub fn meaning(abbreviation: &str, at: i64) -> Option<Offset> {
        let meanings = Self::meanings(abbreviation, at);
        meanings.first().filter(|_| meanings.len() == 1).copied()
    }

    /// A cursor for many look-ups in nearly ascending order.
    pub fn cursor(&self) -> OffsetCursor {
        OffsetCursor { pieces: Arc::clone(&self.pieces), local: (0, 0, 0), utc: (0, 0, 0) }
    }

    /// The offset in force at a UTC second.
    pub fn offset_at(&self, utc: i64) -> Offset {
        Offset(self.pieces[piece_at(&self.pieces, utc)].offset)
    }

    /// UTC seconds of a wall-clock second: the reading, and a second one where the clock was set
    /// back and the wall clock named that second twice. A second that the clock skipped is read
    /// with the offset before the gap.
    pub fn to_utc(&self, local: i64) -> (i64, Option<i64>) {
        let index = piece_at_local(&self.pieces, local);
        let first = local - i64::from(self.pieces[index].offset);
        let second = self.pieces.get(index + 1).and_then(|next| {
            let reading = local - i64::from(next.offset);
            (reading >= next.from).then_some(reading)
        });
        (first, second)
    }
}

thread_local! {
    /// Zones by the name that lines write, and names that no zone has. A file has one or two.
    static NAMED: RefCell<Vec<(Vec<u8>, Option<Zone>)>> = const { RefCell::new(Vec::new()) };
}

/// The offset that a zone's name, as a line writes it, means at a wall clock's second; the earlier one
/// where the clock was set back and the second came twice.
pub(super) fn named_offset(name: &[u8], local: i64) -> Option<Offset> {
    const MOST: usize = 64;
    NAMED.with_borrow_mut(|known| {
        let index = known.iter().position(|(text, _)| text == name).unwrap_or_else(|| {
            let text = std::str::from_utf8(name).unwrap_or_default();
            let named = chrono_tz::TZ_VARIANTS.iter().find(|zone| zone.name().eq_ignore_ascii_case(text));
            known.truncate(MOST - 1);
            known.push((name.to_vec(), named.map(|zone| Zone::named(*zone))));
            known.len() - 1
        });
        let zone = known[index].1.as_ref()?;
        Some(Offset((local - zone.to_utc(local).0) as i32))
    })
}

/// Whether any known zone goes from one offset to another between two UTC seconds so that `sets` says yes, and one of
/// the two is `offset`.
fn any_zone(offset: Offset, from: i64, to: i64, sets: impl Fn(i32, i32) -> bool) -> bool {
    let naive = |second: i64| chrono::DateTime::from_timestamp(second, 0).map(|at| at.naive_utc());
    let (Some(from), Some(to)) = (naive(from), naive(to)) else { return false };
    chrono_tz::TZ_VARIANTS.iter().any(|zone| {
        let at = |utc: &NaiveDateTime| zone.offset_from_utc_datetime(utc).fix().local_minus_utc();
        let (before, after) = (at(&from), at(&to));
        sets(before, after) && (before == offset.0 || after == offset.0)
    })
}

fn piece_at(pieces: &[Piece], utc: i64) -> usize {
    pieces.partition_point(|piece| piece.from <= utc).saturating_sub(1)
}

/// The piece that reads `local`: the earlier one of two, and the one before a gap.
fn piece_at_local(pieces: &[Piece], local: i64) -> usize {
    let (mut low, mut high) = (0, pieces.len() - 1);
    while low < high {
        let middle = (low + high).div_ceil(2);
        if local >= local_start(pieces, middle) { low = middle } else { high = middle - 1 }
    }
    low
}

/// First wall-clock second that a piece (not the first) reads by itself.
fn local_start(pieces: &[Piece], index: usize) -> i64 {
    pieces[index].from + i64::from(pieces[index - 1].offset.max(pieces[index].offset))
}

/// Remembers the stretch last used, so that most look-ups are two comparisons.
#[derive(Clone, Debug)]
pub struct OffsetCursor {
    pieces: Arc<[Piece]>,
    /// (from, to, offset) in wall-clock seconds.
    local: (i64, i64, i32),
    /// (from, to, offset) in UTC seconds.
    utc: (i64, i64, i32),
}

impl OffsetCursor {
    /// UTC second of a wall-clock second, as [`Zone::to_utc`] reads it first.
    #[inline]
    pub fn to_utc(&mut self, local: i64) -> i64 {
        if !(self.local.0..self.local.1).contains(&local) {
            self.find_local(local);
        }
        local - i64::from(self.local.2)
    }

    /// The offset in force at a UTC second.
    #[inline]
    pub fn offset_at(&mut self, utc: i64) -> i32 {
        if !(self.utc.0..self.utc.1).contains(&utc) {
            let index = piece_at(&self.pieces, utc);
            let end = self.pieces.get(index + 1).map_or(i64::MAX, |next| next.from);
            self.utc = (self.pieces[index].from, end, self.pieces[index].offset);
        }
        self.utc.2
    }

    #[cold]
    fn find_local(&mut self, local: i64) {
        let index = piece_at_local(&self.pieces, local);
        let piece = self.pieces[index];
        let start = if index == 0 { i64::MIN } else { local_start(&self.pieces, index) };
        let end =
            if index + 1 == self.pieces.len() { i64::MAX } else { local_start(&self.pieces, index + 1) };
        self.local = (start, end, piece.offset);
    }
}

/// `+09:00`, `-0330` or `+9`: seconds east of UTC.
fn parse_offset(text: &str) -> Option<i32> {
    let (sign, rest) = match text.as_bytes().first()? {
        b'+' => (1, &text[1..]),
        b'-' => (-1, &text[1..]),
        _ => return None,
    };
    let (hours, minutes) = match rest.split_once(':') {
        Some(parts) => parts,
        None if rest.len() == 4 && rest.is_ascii() => rest.split_at(2),
        None => (rest, "0"),
    };
    let (hours, minutes): (i32, i32) = (hours.parse().ok()?, minutes.parse().ok()?);
    ((0..=15).contains(&hours) && (0..60).contains(&minutes)).then(|| sign * (hours * 3_600 + minutes * 60))
}

/// `; did you mean X?` for a name that is nearly one, by its last part.
fn suggestion(text: &str) -> String {
    let wanted = text.rsplit('/').next().unwrap_or(text).replace(' ', "_");
    chrono_tz::TZ_VARIANTS
        .iter()
        .map(|zone| zone.name())
        .find(|name| name.rsplit('/').next().is_some_and(|last| last.eq_ignore_ascii_case(&wanted)))
        .map_or(String::new(), |name| format!(" (did you mean {name}?)"))
}

/// Writes `nanos` since 1970 as RFC 3339 with `digits` fraction digits, in an offset; offset 0 as
/// `Z` when `zulu`.
pub fn render_rfc3339(out: &mut Vec<u8>, nanos: i64, digits: usize, offset: i32, zulu: bool) {
    let local = nanos.div_euclid(1_000_000_000) + i64::from(offset);
    let (year, month, day) = civil_from_days(local.div_euclid(86_400));
    let second = local.rem_euclid(86_400) as u32;
    if (0..=9_999).contains(&year) {
        push_padded(out, year as u32, 4);
    } else {
        out.extend_from_slice(format!("{year:+05}").as_bytes());
    }
    for (separator, value) in
        [(b'-', month), (b'-', day), (b'T', second / 3_600), (b':', second / 60 % 60), (b':', second % 60)]
    {
        out.push(separator);
        push_padded(out, value, 2);
    }
    if digits > 0 {
        out.push(b'.');
        let fraction = nanos.rem_euclid(1_000_000_000) as u32 / 10_u32.pow(9 - digits.min(9) as u32);
        push_padded(out, fraction, digits.min(9));
    }
    if offset == 0 && zulu {
        out.push(b'Z');
    } else {
        out.push(if offset < 0 { b'-' } else { b'+' });
        let minutes = offset.unsigned_abs() / 60;
        push_padded(out, minutes / 60, 2);
        out.push(b':');
        push_padded(out, minutes % 60, 2);
    }
}

/// Appends a number, zero-padded to `width` digits (its last `width` digits).
pub fn push_padded(out: &mut Vec<u8>, value: u32, width: usize) {
    let start = out.len();
    out.resize(start + width, b'0');
    let mut rest = value;
    for slot in out[start..].iter_mut().rev() {
        *slot = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn local(year: i32, month: u32, day: u32, hour: i64, minute: i64) -> i64 {
        days_from_civil(year, month, day) * 86_400 + hour * 3_600 + minute * 60
    }

    #[test]
    fn seoul_is_nine_hours_ahead_and_had_summer_time_in_1988() {
        let seoul = Zone::parse("asia/seoul").expect("a name in any case");
        assert_eq!(seoul.name(), "Asia/Seoul");
        assert_eq!(seoul.offset_at(local(2014, 12, 12, 0, 0)), Offset(32_400));
        assert_eq!(seoul.offset_at(local(1988, 7, 1, 0, 0)), Offset(36_000));
    }

    #[test]
    fn a_fold_has_two_readings_and_a_gap_none_of_its_own() {
        let berlin = Zone::parse("Europe/Berlin").expect("known");
        let fold = local(2014, 10, 26, 2, 30);
        assert_eq!(berlin.to_utc(fold), (fold - 7_200, Some(fold - 3_600)));
        let gap = local(2014, 3, 30, 2, 30);
        assert_eq!(berlin.to_utc(gap), (gap - 3_600, None));
        assert_eq!(berlin.to_utc(gap + 3_600), (gap + 3_600 - 7_200, None));
    }

    #[test]
    fn the_cursor_agrees_with_the_table() {
        for name in ["Europe/Berlin", "America/St_Johns", "Asia/Seoul", "Africa/Casablanca", "+05:45"] {
            let zone = Zone::parse(name).expect("known");
            let mut cursor = zone.cursor();
            let mut second = local(2013, 12, 1, 0, 0);
            while second < local(2016, 2, 1, 0, 0) {
                assert_eq!(cursor.to_utc(second), zone.to_utc(second).0, "{name} at {second}");
                assert_eq!(Offset(cursor.offset_at(second)), zone.offset_at(second), "{name} at {second}");
                second += 1_717;
            }
        }
    }

    #[test]
    fn mistakes_get_a_sentence() {
        for (text, part) in
            [("Seoul", "did you mean Asia/Seoul"), ("+25:00", "unknown time zone"), ("", "unknown")]
        {
            let error = Zone::parse(text).err().map(|error| error.to_string()).unwrap_or_default();
            assert!(error.contains(part), "{text}: {error}");
        }
    }

    #[test]
    fn rfc3339_keeps_the_digits_asked_for() {
        let mut out = Vec::new();
        render_rfc3339(&mut out, 1_418_346_659_123_456_789, 3, 32_400, true);
        assert_eq!(out, b"2014-12-12T10:10:59.123+09:00");
        out.clear();
        render_rfc3339(&mut out, -1, 0, 0, true);
        assert_eq!(out, b"1969-12-31T23:59:59Z");
    }
}
