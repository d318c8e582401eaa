//! Lines that are nearly JSON, through the grammars that read JSON: no panic, no span beyond the line,
//! and every line that a strict parser takes for an object begins a record.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use timeline::grammar::{Grammar, GrammarSet, Known, Slots, Span};

static SET: LazyLock<GrammarSet> =
    LazyLock::new(|| GrammarSet::embedded().unwrap_or_else(|error| panic!("{error}")));

fn inside(span: Span, line: &[u8]) {
    assert!(span.start <= span.end && span.end as usize <= line.len(), "{span:?} of {}", line.len());
}

fn read(grammar: &Grammar, line: &[u8], slots: &mut Slots) -> bool {
    let Some(head) = grammar.begins(line, slots) else { return false };
    for quick in [true, false] {
        let Some(again) = grammar.begins(line, slots) else { panic!("begins changes its mind") };
        assert_eq!(again.stamp, head.stamp);
        let reading = grammar.read(line, &head, slots, quick);
        (0..32).filter_map(|slot| slots.get(slot)).for_each(|span| inside(span, line));
        inside(reading.message, line);
        assert!(reading.body as usize <= line.len());
        assert!(head.stamp.is_none() || slots.known(Known::Time).is_some());
        let mut message = Vec::new();
        grammar.message(line, slots, &reading, &mut message);
        assert!(grammar.pattern_parts(line, slots).all(|(part, _)| part.len() <= line.len()));
        grammar.fields(line, slots, reading.message, |name, _| assert!(name.len() <= 3 * line.len()));
    }
    true
}

/// What a strict parser says of the line: an object, and its only `message`.
fn strict(line: &[u8]) -> Option<Option<String>> {
    let serde_json::Value::Object(object) = serde_json::from_slice(line).ok()? else { return None };
    let message = object.get("message").and_then(|value| Some(value.as_str()?.to_owned()));
    // Keys that come twice, or that are spelled with escapes, are another matter.
    let twice = line.windows(7).filter(|word| word == b"message").count() != 1;
    let others = ["msg", "MESSAGE", "Message", "event", "log", "body", "textPayload"];
    let other = twice
        || others.iter().any(|name| object.contains_key(*name))
        || line.contains(&b'\\') && line.windows(2).any(|word| word == b"\\u");
    Some(message.filter(|_| !other))
}

fuzz_target!(|data: &[u8]| {
    let mut slots = Slots::default();
    for line in data.split(|byte| *byte == b'\n') {
        for (_, grammar) in SET.iter().filter(|(_, grammar)| grammar.name.contains("json")) {
            let begun = read(grammar, line, &mut slots);
            let Some(message) = strict(line) else { continue };
            assert!(begun, "{}: an object that begins nothing", grammar.name);
            if let (Some(message), "json") = (message, grammar.name.as_str()) {
                let head = grammar.begins(line, &mut slots).unwrap_or_else(|| panic!("begins"));
                let reading = grammar.read(line, &head, &mut slots, true);
                let mut found = Vec::new();
                grammar.message(line, &slots, &reading, &mut found);
                assert_eq!(String::from_utf8_lossy(&found), message);
            }
        }
    }
    // A record may have lines behind its first: they must not upset the reading.
    let first = data.split(|byte| *byte == b'\n').next().unwrap_or_default();
    for (_, grammar) in SET.iter() {
        let Some(head) = grammar.begins(first, &mut slots) else { continue };
        let reading = grammar.read(data, &head, &mut slots, false);
        (0..32).filter_map(|slot| slots.get(slot)).for_each(|span| inside(span, data));
        inside(reading.message, data);
        grammar.fields(data, &slots, reading.message, |_, _| {});
    }
});
