//! Journal files of any bytes. Lines are JSON, but for bytes of messages that are no UTF-8.

#![no_main]

use libfuzzer_sys::fuzz_target;
use timeline_fuzz::{check, damage};

fuzz_target!(|data: &[u8]| {
    let Some((choice, bytes)) = data.split_first() else { return };
    let mut bytes = bytes.to_vec();
    damage(*choice, &mut bytes);
    for line in check(None, &bytes).split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        let text = String::from_utf8_lossy(line);
        let value: serde_json::Value =
            serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
        assert!(value["__REALTIME_TIMESTAMP"].is_string(), "{text}");
    }
});
