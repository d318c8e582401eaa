//! Captures of any bytes.

#![no_main]

use libfuzzer_sys::fuzz_target;
use timeline::io::binary::Kind;
use timeline_fuzz::{check, damage};

fuzz_target!(|data: &[u8]| {
    let Some((choice, bytes)) = data.split_first() else { return };
    let mut bytes = bytes.to_vec();
    damage(*choice, &mut bytes);
    let lines = check(Some(Kind::Packets), &bytes);
    assert!(
        lines
            .split(|byte| *byte == b'\n')
            .all(|line| line.is_empty() || line.windows(7).any(|part| part == b" pcap: "))
    );
});
