//! `key=value` at the end of messages or within them: what bodies find there.

use std::collections::BTreeMap;

use super::grow::Names;
use super::pieces::{field_name, key};

/// A sequence of keys, and how many messages have it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Pairs {
    /// As `[[body]]` takes it.
    pub pattern: String,
    pub count: usize,
}

/// Most bodies proposed, and most keys of one.
const MAX_BODIES: usize = 4;
const MAX_KEYS: usize = 10;

/// One message's run of pairs: its keys, the values, and whether text stands before it.
struct Run<'a> {
    keys: Vec<&'a [u8]>,
    values: Vec<&'a [u8]>,
    comma: bool,
    led: bool,
}

/// What one pattern can read: the keys, whether commas end values, whether text stands before.
type Sort<'a> = (&'a [&'a [u8]], bool, bool);

/// The bodies that the messages suggest, most frequent first.
pub(super) fn pairs(messages: &[&[u8]], taken: &Names) -> Vec<Pairs> {
    let runs: Vec<Run<'_>> = messages.iter().filter_map(|message| run(message)).collect();
    let mut groups: BTreeMap<Sort<'_>, Vec<&Run<'_>>> = BTreeMap::new();
    for run in &runs {
        groups.entry((&run.keys, run.comma, run.led)).or_default().push(run);
    }
    let mut found: Vec<Pairs> = groups
        .into_values()
        // One key in few messages is no layout: those of known daemons have bodies of their own.
        .filter(|group| {
            let share = if group[0].keys.len() > 1 { 20 } else { 4 };
            group.len() >= 2 && group.len() * share >= messages.len()
        })
        .map(|group| Pairs { pattern: pattern(&group, taken), count: group.len() })
        .collect();
    // Of two that fit one message the longer comes first: the first body that fits counts.
    found.sort_by_key(|pairs| (usize::MAX - pairs.count, pairs.pattern.clone()));
    found.truncate(MAX_BODIES);
    found.sort_by_key(|pairs| usize::MAX - pairs.pattern.matches('=').count());
    found
}

/// The last unbroken run of pairs on a message's first line.
fn run(message: &[u8]) -> Option<Run<'_>> {
    let line = message.split(|byte| *byte == b'\n').next().unwrap_or_default().trim_ascii_end();
    let mut found: Option<Run<'_>> = None;
    let mut open = false;
    let mut at = 0;
    while at < line.len() {
        let (token, length) = token(&line[at..]);
        match key(token) {
            Some(key) => {
                let value = &token[key.len() + 1..];
                let comma = value.ends_with(b",");
                let value = value.strip_suffix(b",").unwrap_or(value);
                let run = match found.take() {
                    Some(run) if open => run,
                    _ => Run { keys: Vec::new(), values: Vec::new(), comma, led: at > 0 },
                };
                let mut run = Run { comma: run.comma || comma, ..run };
                run.keys.push(key);
                run.values.push(value);
                found = Some(run);
                open = true;
            }
            None => open = false,
        }
        at += length;
        at += line[at..].iter().take_while(|byte| **byte == b' ').count();
    }
    found.filter(|run| run.keys.len() <= MAX_KEYS && run.values.iter().all(|value| !value.is_empty()))
}

/// Up to the next blank that is not between quotes: the token and its length.
fn token(text: &[u8]) -> (&[u8], usize) {
    let mut quoted = false;
    let end = text.iter().position(|byte| {
        quoted ^= *byte == b'"';
        *byte == b' ' && !quoted
    });
    let end = end.unwrap_or(text.len());
    (&text[..end], end)
}

fn pattern(group: &[&Run<'_>], taken: &Names) -> String {
    let first = group[0];
    let mut names = taken.clone();
    let mut pattern = String::from(if first.led { "{_} " } else { "" });
    for (index, key) in first.keys.iter().enumerate() {
        let all = |fits: &dyn Fn(&[u8]) -> bool| group.iter().all(|run| fits(run.values[index]));
        let last = index + 1 == first.keys.len();
        let name = field_name(key, &names);
        names.take(std::slice::from_ref(&name));
        let capture = match () {
            () if all(&|value| value.iter().all(u8::is_ascii_digit)) => format!("{{{name}:int}}"),
            () if all(&|value| value.len() >= 2 && value.starts_with(b"\"") && value.ends_with(b"\"")) => {
                format!("{{{name}:quoted}}")
            }
            () if first.comma && !last => format!("{{{name}}}"),
            () => format!("{{{name}:word}}"),
        };
        pattern.push_str(&String::from_utf8_lossy(key));
        pattern.push('=');
        pattern.push_str(&capture);
        if !last {
            pattern.push_str(if first.comma { ", " } else { " " });
        }
    }
    pattern
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_of_pairs_become_bodies() {
        let messages: Vec<&[u8]> = vec![
            b"pool full size=5 wait=12ms",
            b"pool empty size=0 wait=7ms",
            b"user=jo, ip=10.0.0.1, why=\"no such user\"",
            b"user=al, ip=10.0.0.2, why=\"wrong password\"",
            b"a=b is no pair of its own",
            b"nothing here",
        ];
        let patterns: Vec<String> =
            pairs(&messages, &Names::default()).into_iter().map(|pairs| pairs.pattern).collect();
        assert_eq!(
            patterns,
            ["user={user}, ip={ip}, why={why:quoted}", "{_} size={size:int} wait={wait:word}"]
        );
    }
}
