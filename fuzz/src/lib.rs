//! What holds for every binary log that is rendered into lines, whichever target makes the bytes.

use std::io::{Cursor, Read as _};

use timeline::io::MAX_LINE;
use timeline::io::binary::{Kind, Rendered};

/// Changes bytes as `choice` says: one of them, or where they end. `0` leaves them as they are.
pub fn damage(choice: u8, bytes: &mut Vec<u8>) {
    let place = bytes.len() * usize::from(choice >> 2) / 64;
    match choice & 3 {
        1 => bytes.truncate(place),
        2 => bytes.drain(..place.min(bytes.len())).for_each(drop),
        3 => bytes.extend_from_within(place..),
        _ => {}
    }
}

/// All lines of a binary log (a journal, if it is of no kind) asked for in these lengths, and what was lost.
fn render(kind: Option<Kind>, bytes: &[u8], lengths: &[usize]) -> (Vec<u8>, Option<String>) {
    let mut rendered = match kind {
        Some(kind) => Rendered::of(kind, Box::new(Cursor::new(bytes.to_vec()))),
        None => Rendered::journal(bytes.to_vec(), bytes.len() as u64),
    };
    let mut out = Vec::new();
    let mut piece = vec![0; lengths.iter().copied().max().unwrap_or(1)];
    for length in lengths.iter().cycle() {
        match rendered.read(&mut piece[..*length]) {
            Ok(0) => break,
            Ok(count) => out.extend_from_slice(&piece[..count]),
            Err(error) => {
                assert!(matches!(rendered.read(&mut piece), Ok(0)), "the end is the end");
                return (out, Some(error.to_string()));
            }
        }
    }
    (out, None)
}

/// Renders and checks; gives the lines.
pub fn check(kind: Option<Kind>, bytes: &[u8]) -> Vec<u8> {
    let whole = render(kind, bytes, &[1 << 16]);
    assert!(whole == render(kind, bytes, &[1, 7, 1000]));
    let (lines, loss) = whole;
    assert!(loss.is_none_or(|why| !why.is_empty() && why.len() < 4096));
    assert!(lines.is_empty() || lines.ends_with(b"\n"));
    for line in lines.split(|byte| *byte == b'\n') {
        assert!(line.len() < MAX_LINE);
        assert!(
            line.iter().all(|byte| *byte >= 0x20 && *byte != 0x7f),
            "{:?}",
            String::from_utf8_lossy(line)
        );
    }
    lines
}
