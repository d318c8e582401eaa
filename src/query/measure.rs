//! Values with units, as people type them and as records write them: numbers, durations, sizes, addresses.

use std::cmp::Ordering;
use std::net::IpAddr;

/// A number, whole as long as it is: identities of twenty digits must not be rounded into each other.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Number {
    Whole(i128),
    Real(f64),
}

impl Number {
    /// Reads `42`, `-1`, `3.5`, `1e6`, `71%`.
    pub(super) fn read(text: &str) -> Option<Self> {
        let text = text.trim();
        let text = text.strip_suffix('%').unwrap_or(text);
        let first = text.trim_start_matches(['-', '+']).chars().next()?;
        if !first.is_ascii_digit() && first != '.' {
            return None;
        }
        if let Ok(whole) = text.parse() {
            return Some(Self::Whole(whole));
        }
        text.parse::<f64>().ok().filter(|real| real.is_finite()).map(Self::Real)
    }

    const fn real(self) -> f64 {
        match self {
            Self::Whole(whole) => whole as f64,
            Self::Real(real) => real,
        }
    }

    pub(super) fn compare(self, other: Self) -> Ordering {
        match (self, other) {
            (Self::Whole(a), Self::Whole(b)) => a.cmp(&b),
            // Both are finite.
            (a, b) => a.real().total_cmp(&b.real()),
        }
    }

    fn times(self, unit: f64) -> Self {
        match self {
            Self::Whole(whole) if unit.fract() == 0.0 && unit < 1e15 => {
                whole.checked_mul(unit as i128).map_or(Self::Real(self.real() * unit), Self::Whole)
            }
            Self::Whole(_) | Self::Real(_) => {
                let product = self.real() * unit;
                // What is whole after all is compared as such: 0.7 s are 700 ms.
                if product.abs() < 1e17 { Self::Whole(product.round() as i128) } else { Self::Real(product) }
            }
        }
    }
}

/// Units of time in nanoseconds.
const TIMES: [(&str, f64); 26] = [
    ("ns", 1.0),
    ("us", 1e3),
    ("µs", 1e3),
    ("μs", 1e3),
    ("usec", 1e3),
    ("ms", 1e6),
    ("msec", 1e6),
    ("s", 1e9),
    ("sec", 1e9),
    ("secs", 1e9),
    ("second", 1e9),
    ("seconds", 1e9),
    ("m", 60e9),
    ("min", 60e9),
    ("mins", 60e9),
    ("minute", 60e9),
    ("minutes", 60e9),
    ("h", 3600e9),
    ("hr", 3600e9),
    ("hour", 3600e9),
    ("hours", 3600e9),
    ("d", 86400e9),
    ("day", 86400e9),
    ("days", 86400e9),
    ("w", 604_800e9),
    ("week", 604_800e9),
];

/// Reads a duration with its units: `500ms`, `1.5s`, `1h30m`, `3 min`; nanoseconds. A bare number is none.
pub(super) fn duration(text: &str) -> Option<Number> {
    let mut rest = text.trim();
    let mut total: Option<i128> = None;
    while !rest.is_empty() {
        let number = rest.find(|c: char| !c.is_ascii_digit() && c != '.').filter(|at| *at > 0)?;
        let value = Number::read(&rest[..number])?;
        rest = rest[number..].trim_start();
        let end = rest.find(|c: char| !c.is_alphabetic()).unwrap_or(rest.len());
        let (_, unit) = TIMES.iter().find(|(name, _)| *name == &rest[..end])?;
        let Number::Whole(nanos) = value.times(*unit) else { return None };
        total = Some(total.unwrap_or(0).checked_add(nanos)?);
        rest = rest[end..].trim_start();
    }
    total.map(Number::Whole)
}

/// Reads a size with its unit: `10MiB`, `4k`, `1.5 GB`; bytes, in powers of 1024. A bare number is none.
pub(super) fn size(text: &str) -> Option<Number> {
    let text = text.trim();
    let at = text.find(|c: char| c.is_ascii_alphabetic())?;
    let value = Number::read(&text[..at]).filter(|_| !text[..at].contains('%'))?;
    let shift = match text[at..].to_ascii_lowercase().as_str() {
        "b" => 0,
        "k" | "kb" | "kib" => 10,
        "m" | "mb" | "mib" => 20,
        "g" | "gb" | "gib" => 30,
        "t" | "tb" | "tib" => 40,
        _ => return None,
    };
    Some(value.times((1_u64 << shift) as f64))
}

/// The last word of a field's name: `ms` of `took_ms`, `http.tookMs` and `took-ms`.
fn last_word(name: &str) -> String {
    let start = name
        .char_indices()
        .rev()
        .find(|(at, c)| {
            !c.is_alphanumeric()
                || (c.is_uppercase() && name[..*at].chars().next_back().is_some_and(char::is_lowercase))
        })
        .map_or(0, |(at, c)| if c.is_alphanumeric() { at } else { at + c.len_utf8() });
    name[start..].to_lowercase()
}

/// A field's value as a duration: with its own unit, else the one its name ends with, else seconds.
pub(super) fn duration_in(name: &str, value: &str) -> Option<Number> {
    let Some(number) = Number::read(value) else { return duration(value) };
    let unit = match last_word(name).as_str() {
        "millis" | "milliseconds" | "millisecond" | "msecs" => 1e6,
        "micros" | "microseconds" | "microsecond" | "usecs" => 1e3,
        "nanos" | "nanoseconds" | "nanosecond" | "nsec" | "nsecs" => 1.0,
        word => TIMES.iter().find(|(unit, _)| *unit == word && word.len() > 1).map_or(1e9, |(_, unit)| *unit),
    };
    Some(number.times(unit))
}

/// A field's value as a size: with its own unit, else the one its name says (`rss_kb`, `kbmemfree`), else
/// bytes.
pub(super) fn size_in(name: &str, value: &str) -> Option<Number> {
    let Some(number) = Number::read(value) else { return size(value) };
    let unit = match last_word(name).as_str() {
        "kb" | "kib" | "kbytes" => 1024.0,
        "mb" | "mib" | "mbytes" => 1_048_576.0,
        "gb" | "gib" => 1_073_741_824.0,
        // As sar calls its columns.
        word if word.starts_with("kb") && !name.contains('/') => 1024.0,
        _ => 1.0,
    };
    Some(number.times(unit))
}

/// A network, or a range of addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Net {
    from: u128,
    to: u128,
    is_v6: bool,
}

/// An address as a number, and whether it is one of IPv6.
fn number(address: IpAddr) -> (u128, bool) {
    match address.to_canonical() {
        IpAddr::V4(address) => (u128::from(address.to_bits()), false),
        IpAddr::V6(address) => (address.to_bits(), true),
    }
}

impl Net {
    /// Reads `10.0.0.0/8` and `2001:db8::/32`.
    pub(super) fn read(text: &str) -> Option<Self> {
        let (address, bits) = text.split_once('/')?;
        let (address, is_v6) = number(address.parse().ok()?);
        let bits: u32 = bits.parse().ok().filter(|_| bits.len() <= 3)?;
        let free = (if is_v6 { 128_u32 } else { 32 }).checked_sub(bits)?;
        let mask = if free == 128 { u128::MAX } else { (1_u128 << free) - 1 };
        Some(Self { from: address & !mask, to: address | mask, is_v6 })
    }

    /// All addresses from one to another.
    pub(super) fn between(from: &str, to: &str) -> Option<Self> {
        let (from, is_v6) = number(from.parse().ok()?);
        let (to, same) = number(to.parse().ok()?);
        (is_v6 == same).then_some(Self { from, to, is_v6 })
    }

    /// Whether an address as records write it lies within: with a port or without.
    pub(super) fn holds(&self, text: &str) -> bool {
        let text = text.trim();
        let bare = || text.parse::<IpAddr>().ok();
        let bracketed = || text.strip_prefix('[')?.split(']').next()?.parse::<IpAddr>().ok();
        let with_port = || {
            let (address, port) = text.split_once(':')?;
            port.parse::<u16>().ok()?;
            address.parse::<IpAddr>().ok()
        };
        bare().or_else(bracketed).or_else(with_port).is_some_and(|address| {
            let (address, is_v6) = number(address);
            is_v6 == self.is_v6 && (self.from..=self.to).contains(&address)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_read() {
        let nanos = |text: &str| duration(text);
        assert_eq!(nanos("500ms"), Some(Number::Whole(500_000_000)));
        assert_eq!(nanos("0.7s"), nanos("700ms"));
        assert_eq!(nanos("1h30m"), nanos("90 min"));
        for text in ["500", "", "ms", "5 parsecs", "1.2.3s", "-5s"] {
            assert_eq!(nanos(text), None, "{text}");
        }
        assert_eq!(size("10MiB"), Some(Number::Whole(10 << 20)));
        assert_eq!(size("1.5k"), Some(Number::Whole(1536)));
        assert_eq!(size("10"), None);
        assert_eq!(Number::read("71%"), Some(Number::Whole(71)));
        for text in ["", "x", "inf", "nan", "1.2.3", "0x10", "--1"] {
            assert_eq!(Number::read(text), None, "{text}");
        }
    }

    #[test]
    fn bare_numbers_take_the_unit_of_their_name() {
        let half = Some(Number::Whole(500_000_000));
        for (name, value) in [
            ("request_time", "0.5"),
            ("took_ms", "500"),
            ("tookMs", "500"),
            ("http.duration.millis", "500"),
            ("wait_us", "500000"),
            ("anything", "500ms"),
            ("ns", "500000000"),
        ] {
            assert_eq!(duration_in(name, value), half, "{name} {value}");
        }
        assert_eq!(duration_in("items", "1"), duration("1s"), "no unit ends this name");
        assert_eq!(size_in("kbmemfree", "2"), size_in("rss_kb", "2"));
        assert_eq!(size_in("bytes", "2048"), size_in("size", "2k"));
    }

    #[test]
    fn addresses_lie_in_networks() {
        let net = |text: &str| Net::read(text).unwrap_or_else(|| panic!("{text}"));
        assert!(net("10.0.0.0/8").holds("10.255.0.1") && !net("10.0.0.0/8").holds("11.0.0.1"));
        assert!(net("10.0.0.0/8").holds("10.1.2.3:8080") && net("10.0.0.0/8").holds("::ffff:10.1.2.3"));
        assert!(net("2001:db8::/32").holds("[2001:db8::7]:443") && !net("::/0").holds("10.0.0.1"));
        assert!(net("0.0.0.0/0").holds("255.255.255.255") && net("10.0.0.5/32").holds("10.0.0.5"));
        for text in ["10.0.0.0", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/-1", "x/8", "::/129"] {
            assert_eq!(Net::read(text), None, "{text}");
        }
        assert!(Net::between("10.0.0.5", "10.0.0.9").is_some_and(|net| net.holds("10.0.0.7")));
        assert_eq!(Net::between("10.0.0.5", "::1"), None);
    }
}
