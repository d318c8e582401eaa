//! Stamps of any bytes: no panic, no length beyond the input, and a cached minute that changes nothing.
//!
//! An input is lines; the first one is also tried as a time pattern.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use timeline::base::Stamp;
use timeline::time::{MinuteCache, TimePattern, epoch, iso, recognise, syslog};

/// What the grammars of the program use, and more.
const PATTERNS: [&str; 14] = [
    "iso",
    "syslog",
    "epoch",
    "any",
    "%d-%b-%Y %H:%M:%S%f%z",
    "%d-%b-%Y %H:%M:%S%f%Z",
    "%d-%b-%Y %H:%M:%S",
    "%d/%b/%Y:%H:%M:%S%f%z",
    "%a %b %e %H:%M:%S%f %Y",
    "%Y/%m/%d %H:%M:%S%f",
    "%b %d, %Y %I:%M:%S %p",
    "%y%m%d %H%M%S",
    "%m/%d %H:%M:%S%f",
    "%j %m %d %H:%M",
];

static COMPILED: LazyLock<Vec<TimePattern>> =
    LazyLock::new(|| PATTERNS.iter().filter_map(|text| TimePattern::compile(text).ok()).collect());

fn check(text: &[u8], found: Option<(Stamp, usize)>) {
    let Some((stamp, length)) = found else { return };
    assert!(length <= text.len() && length > 0, "length {length} of {}", text.len());
    assert!(stamp.nanos < 1_000_000_000 && stamp.resolution.fraction_digits() <= 9);
    assert!(stamp.resolution.width() > 0);
}

fn agree(pattern: &TimePattern, text: &[u8], warm: &mut MinuteCache) {
    let fresh = pattern.read(text, &mut MinuteCache::default());
    check(text, fresh);
    assert_eq!(pattern.read(text, warm), fresh, "{pattern:?} {:?}", String::from_utf8_lossy(text));
}

fuzz_target!(|data: &[u8]| {
    let lines: Vec<&[u8]> = data.split(|byte| *byte == b'\n').collect();
    for text in &lines {
        for read in [recognise, iso, syslog, epoch] {
            check(text, read(text));
        }
        if let Some(stamp) = iso(text) {
            assert_eq!(recognise(text), Some(stamp));
        }
    }
    let own = std::str::from_utf8(lines[0]).ok().and_then(|text| TimePattern::compile(text).ok());
    // One cache for all patterns, as one reader has, and one for each.
    let mut shared = MinuteCache::default();
    for pattern in COMPILED.iter().chain(&own) {
        let mut warm = MinuteCache::default();
        for text in &lines {
            agree(pattern, text, &mut warm);
            agree(pattern, text, &mut shared);
        }
    }
    for text in &lines {
        for pattern in COMPILED.iter().chain(&own) {
            agree(pattern, text, &mut shared);
        }
    }
});
