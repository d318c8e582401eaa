//! What bounds records without a stamp when only the file itself can: its birth and its last change.
//!
//! A file system that keeps no birth leaves that side open; the tests then ask for the other one alone.

use std::fs::{self, File};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::Value;

use crate::util::{Scratch, gzip};

/// `earliest` and `latest` of each event of a file.
fn bounds(scratch: &Scratch, name: &str) -> Vec<(Option<String>, Option<String>)> {
    let printed = scratch.good(&["show", name, "--tz", "UTC", "--format", "jsonl"]);
    let text = String::from_utf8(printed).expect("UTF-8");
    let bound = |event: &Value, key: &str| event[key].as_str().map(str::to_owned);
    text.lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .map(|event: Value| (bound(&event, "earliest"), bound(&event, "latest")))
        .collect()
}

/// The year a file was made in, where the file system knows; as the program prints it.
fn birth_year(scratch: &Scratch, name: &str) -> Option<String> {
    let birth = fs::metadata(scratch.work().join(name)).expect("the file").created().ok()?;
    let seconds = birth.duration_since(UNIX_EPOCH).ok()?.as_secs();
    Some(crate::util::date((seconds / 86_400) as i64).0.to_string())
}

fn change(scratch: &Scratch, name: &str, at: SystemTime) {
    let file = File::options().append(true).open(scratch.work().join(name)).expect("the file");
    file.set_modified(at).expect("a modification time");
}

#[test]
fn a_birth_older_than_the_first_stamp_bounds_what_stands_above_it() {
    let scratch = Scratch::new("birth");
    let log = |year: u32| format!("a banner\n{year}-05-01 10:00:00 ERROR first dated\n");
    scratch.write("ahead.log", log(2099));
    scratch.write("copied.log", log(2014));
    let ahead = &bounds(&scratch, "ahead.log")[0];
    assert_eq!(ahead.1.as_deref(), Some("2099-05-01T10:00:01Z"));
    assert_eq!(ahead.0.as_ref().map(|at| at[..4].to_owned()), birth_year(&scratch, "ahead.log"));
    // Born after its first stamp: a copy.
    assert_eq!(bounds(&scratch, "copied.log")[0], (None, Some("2014-05-01T10:00:01Z".to_owned())));
}

#[test]
fn a_copy_is_not_bounded_by_its_birth() {
    let scratch = Scratch::new("life");
    let text = "listening\nECONNREFUSED\n";
    for name in ["copied.log", "ahead.log"] {
        scratch.write(name, text);
    }
    scratch.write("packed.log.gz", gzip(text.as_bytes(), 6));
    let later = SystemTime::now() + Duration::from_secs(3_600);
    for name in ["ahead.log", "packed.log.gz"] {
        change(&scratch, name, later);
    }
    // Written at once, as copies are; changed at a time that is not yet; and packed later than it was written. What
    // grew for long is bounded by its birth: `engine::behind` tests it, as no file here can be that old.
    for name in ["copied.log", "ahead.log", "packed.log.gz"] {
        assert!(
            bounds(&scratch, name).iter().all(|(earliest, latest)| earliest.is_none() && latest.is_some())
        );
    }
}

#[test]
fn standard_input_has_no_bounds_and_claims_none() {
    let scratch = Scratch::new("stdin");
    let output = scratch.run_with(&["show", "-", "--tz", "UTC", "--format", "jsonl"], b"listening\n");
    let event: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert!(event["time"].is_null() && event["earliest"].is_null() && event["latest"].is_null());
    assert_eq!(event["basis"], Value::Array(Vec::new()));
}
