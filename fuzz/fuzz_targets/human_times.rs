//! Times, durations and zones as people type them: an answer or a sentence, never a panic.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use timeline::time::{Bound, Zone, duration, parse_bound, pretty_span, render_rfc3339};

/// Any time of a run that a machine's clock may show, in nanoseconds: 1970, 2014, 2100.
const NOWS: [i64; 3] = [0, 1_418_346_659_000_000_000, 4_102_444_800_000_000_000];

static ZONES: LazyLock<Vec<Zone>> = LazyLock::new(|| {
    ["UTC", "Asia/Seoul", "Europe/Berlin", "America/St_Johns", "-15:59"]
        .iter()
        .filter_map(|name| Zone::parse(name).ok())
        .collect()
});

fuzz_target!(|data: &[u8]| {
    let text = String::from_utf8_lossy(data);
    for zone in ZONES.iter() {
        for now in NOWS {
            if let Ok(Bound::At(at)) = parse_bound(&text, zone, now) {
                let offset = zone.offset_at(at.div_euclid(1_000_000_000)).0;
                let mut shown = Vec::new();
                render_rfc3339(&mut shown, at, 9, offset, true);
                // What we show, we read back.
                let shown = String::from_utf8_lossy(&shown);
                assert!(
                    shown.starts_with(['-', '+'])
                        || matches!(parse_bound(&shown, zone, now), Ok(Bound::At(back)) if back == at),
                    "{text:?} {shown}"
                );
            }
        }
    }
    if let Ok(span) = duration(&text) {
        assert!(span >= 0 && !pretty_span(span).is_empty());
    }
    if let Ok(zone) = Zone::parse(&text) {
        assert_eq!(Zone::parse(zone.name()).ok().as_ref(), Some(&zone), "{text:?}");
        let mut cursor = zone.cursor();
        for second in [i64::from(i32::MIN), 0, 1_418_346_659, 1_414_283_400, 4_102_444_800] {
            assert_eq!(cursor.to_utc(second), zone.to_utc(second).0);
            assert_eq!(cursor.offset_at(second), zone.offset_at(second).0);
        }
    }
});
