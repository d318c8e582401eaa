//! Patterns: two messages with the same pattern text have the same identity, and only those.
//!
//! Messages are built from a small alphabet, so that pairs are often nearly alike. It leaves out `<`, `*`
//! and `>`: who writes `<*>` into a message gets the text of a hole without its identity.

#![no_main]

use libfuzzer_sys::fuzz_target;
use timeline::pattern::{LevelRules, Skeleton, skeleton_text};

const ALPHABET: &[u8; 32] = b"afz019_.:,/@-+ '\"=()[]{};\t%x g2\x80";

thread_local! {
    static RULES: LevelRules = LevelRules::embedded().unwrap_or_else(|error| panic!("{error}"));
}

fn identity(text: &[u8]) -> u64 {
    let mut skeleton = Skeleton::new(7);
    skeleton.variable(text);
    skeleton.finish()
}

/// The same message with other digits.
fn other_digits(text: &[u8]) -> Vec<u8> {
    text.iter()
        .map(|byte| if byte.is_ascii_digit() { b'0' + (byte - b'0' + 3) % 10 } else { *byte })
        .collect()
}

fuzz_target!(|data: &[u8]| {
    let _ = (identity(data), skeleton_text(data));
    let mut exact = Skeleton::new(7);
    exact.exact(data);
    let _ = exact.finish();

    let built: Vec<u8> = data.iter().map(|byte| ALPHABET[usize::from(*byte) % ALPHABET.len()]).collect();
    let (left, right) = built.split_at(built.len() / 2);
    let shorter = left.split_last().map_or(left, |(_, rest)| rest);
    let messages =
        [left.to_vec(), right.to_vec(), other_digits(left), shorter.to_vec(), [right, b"1"].concat()];
    let known: Vec<(Vec<u8>, u64)> =
        messages.iter().map(|message| (skeleton_text(message), identity(message))).collect();
    for (message, (text, id)) in messages.iter().zip(&known) {
        for (other, (other_text, other_id)) in messages.iter().zip(&known) {
            assert_eq!(
                text == other_text,
                id == other_id,
                "{:?} / {:?}",
                String::from_utf8_lossy(message),
                String::from_utf8_lossy(other)
            );
            // One pattern suggests one level.
            if id == other_id {
                RULES.with(|rules| assert_eq!(rules.suggest(message), rules.suggest(other)));
            }
        }
    }
});
