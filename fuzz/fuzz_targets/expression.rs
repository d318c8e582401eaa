//! `--where`: an expression is understood or explained, never a panic; what it prints is read as the same.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use timeline::query::{Meaning, Predicate};
use timeline::time::Zone;

static MEANING: LazyLock<Option<Meaning>> = LazyLock::new(|| {
    let zone = Zone::parse("Asia/Seoul").ok()?;
    Some(Meaning { zone, now: 1_418_346_659_000_000_000 })
});

fuzz_target!(|data: &[u8]| {
    let (text, Some(meaning)) = (String::from_utf8_lossy(data), MEANING.as_ref()) else { return };
    match Predicate::parse(&text, meaning) {
        Ok(predicate) => {
            let printed = predicate.to_string();
            let again = Predicate::parse(&printed, meaning).map(|again| again.to_string());
            assert_eq!(again.ok().as_ref(), Some(&printed), "{text:?}");
            let _ = predicate.bounds();
        }
        Err(error) => assert!(error.to_string().contains('^'), "{text:?} {error}"),
    }
});
