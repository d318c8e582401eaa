//! Login records and lastlogs of any bytes, in both layouts.

#![no_main]

use libfuzzer_sys::fuzz_target;
use timeline::io::binary::Kind;
use timeline::io::binary::utmp::Layout;
use timeline_fuzz::{check, damage};

fuzz_target!(|data: &[u8]| {
    let Some((choice, bytes)) = data.split_first() else { return };
    let mut bytes = bytes.to_vec();
    damage(*choice, &mut bytes);
    for layout in [Layout::Narrow, Layout::Wide] {
        for kind in [Kind::Utmp(layout), Kind::Btmp(layout), Kind::Lastlog(layout)] {
            let lines = check(Some(kind), &bytes);
            // A record is a line or none.
            let count = lines.iter().filter(|byte| **byte == b'\n').count();
            assert!(count <= bytes.len() / 292);
        }
    }
});
