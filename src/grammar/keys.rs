//! Which keys of a JSON object fill which slots, and which of them must be found before the rest of a line is of
//! no interest. Reading the objects is the business of [`super::json`].

use super::compile::SlotNames;
use super::model::{JsonSpec, Shape};
use super::schema::JsonFile;
use super::slots::{Known, MAX_SLOTS};

/// The keys that hold well-known parts, and those without which it is another format.
pub(super) fn json_keys(json: &JsonFile, slots: &mut SlotNames) -> JsonSpec {
    let mut spec = JsonSpec::default();
    let mut add = |key: &str, slot: u8| {
        if spec.keys.len() <= key.len() {
            spec.keys.resize_with(key.len() + 1, Vec::new);
        }
        spec.keys[key.len()].push((key.as_bytes().into(), slot));
    };
    for (keys, part) in [
        (&json.time, Known::Time),
        (&json.level, Known::Level),
        (&json.message, Known::Message),
        (&json.program, Known::Program),
        (&json.host, Known::Host),
        (&json.pid, Known::Pid),
    ] {
        for key in keys {
            add(key, part as u8);
        }
    }
    for key in &json.require {
        if !json.time.contains(key) {
            add(key, slots.slot(key).min(MAX_SLOTS as u8 - 1));
        }
    }
    spec
}

/// Gives a slot to every field that templates, patterns and levels name, and says what suffices.
/// `pattern_slots` are those of the fields that make up pattern and level, when fields do.
pub(super) fn finish_json(
    shape: &mut Shape,
    typed: Option<&JsonFile>,
    slots: &SlotNames,
    pattern_slots: Option<&[u8]>,
) {
    let (Shape::Json(spec), Some(typed)) = (shape, typed) else { return };
    for (slot, name) in slots.0.iter().enumerate().skip(Known::NAMES.len()) {
        let known = |keys: &Vec<(Box<[u8]>, u8)>| keys.iter().any(|(key, _)| **key == *name.as_bytes());
        if !spec.keys.get(name.len()).is_some_and(known) {
            if spec.keys.len() <= name.len() {
                spec.keys.resize_with(name.len() + 1, Vec::new);
            }
            spec.keys[name.len()].push((name.as_bytes().into(), slot as u8));
        }
        spec.enough |= 1 << slot;
    }
    for (key, slot) in spec.keys.iter().flatten() {
        if typed.require.iter().any(|name| name.as_bytes() == &**key) {
            spec.require |= 1 << slot;
        }
    }
    // Parts that every line may have, wherever it has them.
    for (keys, part) in
        [(&typed.level, Known::Level), (&typed.program, Known::Program), (&typed.message, Known::Message)]
    {
        if !keys.is_empty() {
            spec.enough |= 1 << part as u8;
            spec.enough_for_pattern |= 1 << part as u8;
        }
    }
    spec.enough |= 1 << Known::Time as u8;
    spec.enough_for_pattern |= spec.require | 1 << Known::Time as u8;
    for slot in pattern_slots.unwrap_or_default() {
        spec.enough_for_pattern |= 1 << slot;
    }
    if pattern_slots.is_none() {
        // The message may come last: nothing short of the whole line suffices.
        spec.enough = u32::MAX;
        spec.enough_for_pattern = u32::MAX;
    }
}
