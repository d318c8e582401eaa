//! Abbreviations of zones behind a stamp: which of them name one offset, and what the others usually mean.
//!
//! `PST` is Los Angeles' and Manila's. Only what has had one meaning since there are logs is read as an offset; any
//! other abbreviation leaves the stamp without one, and what is told here is a guess for `clock` to weigh.

use super::zone::{Offset, Zone};
use crate::base::Abbreviation;
use Meaning::{Former, Iana, One, Rfc5322};

/// What an abbreviation means; minutes east of UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Meaning {
    /// One offset wherever and whenever it was in use since there are logs.
    One(i32),
    /// Several; RFC 5322, section 4.3, has this one.
    Rfc5322(i32),
    /// Those of the zones in the tz database that use it.
    Iana,
    /// One that the tz database had until it gave up names of its own making, in 2016 and 2017.
    Former(i32),
}

/// Whose word a guess at an abbreviation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Authority {
    /// RFC 5322, section 4.3.
    Rfc5322,
    /// All zones of the tz database that use it at the time.
    Iana,
    /// The tz database as it was.
    Former,
}

impl Authority {
    /// `PST read as RFC 5322 has it`.
    pub fn words(self) -> &'static str {
        match self {
            Self::Rfc5322 => "as RFC 5322 has it",
            Self::Iana => "as the tz database has it",
            Self::Former => "as the tz database had it until 2017",
        }
    }
}

/// By name. Left out are English words that a message may begin with (`ACT`, `ART`, `EAST`, `GET`, `WEST`).
const KNOWN: [(&[u8], Meaning); 127] = [
    (b"ACDT", One(630)),
    (b"ACST", One(570)),
    (b"ADT", Iana),
    (b"AEDT", One(660)),
    (b"AEST", One(600)),
    (b"AFT", Former(270)),
    (b"AKDT", One(-480)),
    (b"AKST", One(-540)),
    (b"ALMT", Former(360)),
    (b"ANAT", Former(720)),
    (b"ARST", Former(-120)),
    (b"AST", Iana),
    (b"AWST", One(480)),
    (b"AZOST", Former(0)),
    (b"AZOT", Former(-60)),
    (b"AZST", Former(300)),
    (b"AZT", Former(240)),
    (b"BDT", Former(360)),
    (b"BNT", Former(480)),
    (b"BRST", Former(-120)),
    (b"BRT", Former(-180)),
    (b"BST", Iana),
    (b"BTT", Former(360)),
    (b"CAT", Iana),
    (b"CDT", Rfc5322(-300)),
    (b"CEST", One(120)),
    (b"CET", One(60)),
    (b"CHADT", Former(825)),
    (b"CHAST", Former(765)),
    (b"CHOT", Former(480)),
    (b"CHUT", Former(600)),
    (b"CKT", Former(-600)),
    (b"CLST", Former(-180)),
    (b"CLT", Former(-240)),
    (b"CST", Rfc5322(-360)),
    (b"CVT", Former(-60)),
    (b"EAT", Iana),
    (b"EDT", Rfc5322(-240)),
    (b"EEST", One(180)),
    (b"EET", One(120)),
    (b"EGST", Former(0)),
    (b"EGT", Former(-60)),
    (b"EST", Rfc5322(-300)),
    (b"FJT", Former(720)),
    (b"FKT", Former(-240)),
    (b"FNT", Former(-120)),
    (b"GFT", Former(-180)),
    (b"GILT", Former(720)),
    (b"GYT", Former(-240)),
    (b"HDT", Iana),
    (b"HKT", One(480)),
    (b"HOVT", Former(420)),
    (b"HST", Iana),
    (b"ICT", Former(420)),
    (b"IDT", Iana),
    (b"IRDT", Former(270)),
    (b"IRKT", Former(480)),
    (b"IRST", Former(210)),
    (b"IST", Iana),
    (b"KGT", Former(360)),
    (b"KOST", Former(660)),
    (b"KRAT", Former(420)),
    (b"LHDT", Former(660)),
    (b"LHST", Former(630)),
    (b"LINT", Former(840)),
    (b"MAGT", Former(660)),
    (b"MART", Former(-570)),
    (b"MDT", One(-360)),
    (b"MEST", Iana),
    (b"MHT", Former(720)),
    (b"MMT", Former(390)),
    (b"MSD", Iana),
    (b"MSK", Iana),
    (b"MST", Rfc5322(-420)),
    (b"MVT", Former(300)),
    (b"MYT", Former(480)),
    (b"NCT", Former(660)),
    (b"NDT", Iana),
    (b"NFT", Former(660)),
    (b"NOVT", Former(420)),
    (b"NPT", Former(345)),
    (b"NST", Iana),
    (b"NZDT", One(780)),
    (b"NZST", One(720)),
    (b"OMST", Former(360)),
    (b"ORAT", Former(300)),
    (b"PDT", One(-420)),
    (b"PETT", Former(720)),
    (b"PGT", Former(600)),
    (b"PHOT", Former(780)),
    (b"PHT", Former(480)),
    (b"PKST", Iana),
    (b"PKT", Iana),
    (b"PONT", Former(660)),
    (b"PST", Rfc5322(-480)),
    (b"PWT", Former(540)),
    (b"PYST", Former(-180)),
    (b"PYT", Former(-240)),
    (b"SAKT", Former(660)),
    (b"SAMT", Former(240)),
    (b"SAST", Iana),
    (b"SBT", Former(660)),
    (b"SGT", Former(480)),
    (b"SRET", Former(660)),
    (b"SRT", Former(-180)),
    (b"SST", Iana),
    (b"TAHT", Former(-600)),
    (b"TJT", Former(300)),
    (b"TMT", Former(300)),
    (b"TRT", Former(180)),
    (b"TVT", Former(720)),
    (b"ULAT", Former(480)),
    (b"UYST", Former(-120)),
    (b"UYT", Former(-180)),
    (b"UZT", Former(300)),
    (b"VLAT", Former(600)),
    (b"VOLT", Former(180)),
    (b"VUT", Former(660)),
    (b"WAKT", Former(720)),
    (b"WAT", Iana),
    (b"WGST", Former(-120)),
    (b"WGT", Former(-180)),
    (b"WIB", Iana),
    (b"WIT", Iana),
    (b"WITA", Iana),
    (b"YAKT", Former(540)),
    (b"YEKT", Former(300)),
];

/// The names as numbers: a level word behind a stamp is looked up for every line.
const KEYS: [u64; KNOWN.len()] = {
    let mut keys = [0; KNOWN.len()];
    let mut index = 0;
    while index < keys.len() {
        keys[index] = key(KNOWN[index].0);
        index += 1;
    }
    keys
};

/// A name of at most five letters as a number, in the order of names.
#[inline]
const fn key(name: &[u8]) -> u64 {
    let (mut key, mut at) = (0, 0);
    while at < Abbreviation::LONGEST {
        key = key << 8 | if at < name.len() { name[at] as u64 } else { 0 };
        at += 1;
    }
    key
}

#[inline]
fn known(name: &[u8]) -> Option<Meaning> {
    KEYS.binary_search(&key(name)).ok().map(|index| KNOWN[index].1)
}

/// What an abbreviation behind a stamp says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Word {
    /// Seconds east of UTC.
    Offset(i32),
    Ambiguous(Abbreviation),
}

/// The abbreviation at `at` and its end; none where a longer word or name stands.
#[inline]
pub(super) fn read(bytes: &[u8], at: usize) -> Option<(Word, usize)> {
    let rest = bytes.get(at..)?;
    let length = rest.iter().take(Abbreviation::LONGEST + 1).take_while(|b| b.is_ascii_uppercase()).count();
    if !(3..=Abbreviation::LONGEST).contains(&length) {
        return None;
    }
    let name = &rest[..length];
    if matches!(rest.get(length), Some(byte) if byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'/' | b'='))
    {
        return None;
    }
    let word = match known(name)? {
        One(minutes) => Word::Offset(minutes * 60),
        // `CST-web1` and `IST.example.com` are no zones, and a guess at one must not cut them.
        _ if matches!(rest.get(length), Some(b'-' | b'+' | b'.')) => return None,
        _ => Word::Ambiguous(Abbreviation::of(name)?),
    };
    Some((word, at + length))
}

/// What an ambiguous abbreviation usually means at a UTC second, and on whose word: a guess.
pub fn usual_meaning(name: Abbreviation, at: i64) -> Option<(Offset, Authority)> {
    match known(name.name().as_bytes())? {
        One(_) => None,
        Rfc5322(minutes) => Some((Offset(minutes * 60), Authority::Rfc5322)),
        Former(minutes) => Some((Offset(minutes * 60), Authority::Former)),
        Iana => Zone::meaning(name.name(), at).map(|offset| (offset, Authority::Iana)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::days_from_civil;

    fn usual(name: &str, year: i32) -> Option<i32> {
        let name = Abbreviation::of(name.as_bytes())?;
        usual_meaning(name, days_from_civil(year, 1, 15) * 86_400).map(|(offset, _)| offset.0 / 60)
    }

    #[test]
    fn the_list_can_be_searched() {
        assert!(KEYS.is_sorted_by(|a, b| a < b));
        for (name, meaning) in KNOWN {
            assert!(Abbreviation::of(name).is_some_and(|known| known.name().as_bytes() == name));
            let (One(minutes) | Rfc5322(minutes) | Former(minutes)) = meaning else { continue };
            assert!(minutes % 15 == 0 && (-720..=840).contains(&minutes));
        }
    }

    #[test]
    fn only_what_is_not_ambiguous_is_an_offset() {
        assert_eq!(read(b"CEST x", 0), Some((Word::Offset(7_200), 4)));
        assert_eq!(read(b" EET", 1), Some((Word::Offset(7_200), 4)));
        for text in ["CST", "IST]", "BST x", "EST", "PST:", "MSK", "VLAT)"] {
            let name = text.trim_end_matches(|end: char| !end.is_ascii_uppercase() || end == 'x').trim();
            let word = Abbreviation::of(name.as_bytes()).map(Word::Ambiguous);
            assert_eq!(read(text.as_bytes(), 0).map(|(word, _)| word), word, "{text}");
        }
        for text in
            ["WEST", "CETX", "WETTER", "", "EST5EDT", "PST8", "GET /", "CST-web1", "IST.example.com", "INFO"]
        {
            assert_eq!(read(text.as_bytes(), 0), None, "{text}");
        }
    }

    #[test]
    fn what_one_usually_means_is_told_where_somebody_says_so() {
        assert_eq!((usual("PST", 2014), usual("CDT", 2014)), (Some(-480), Some(-300)));
        assert_eq!((usual("MSK", 2013), usual("MSK", 2020)), (Some(240), Some(180)));
        assert_eq!((usual("IST", 2014), usual("CET", 2014), usual("XYZ", 2014)), (None, None, None));
        assert_eq!((usual("VLAT", 2014), usual("BRT", 2014)), (Some(600), Some(-180)));
    }
}
