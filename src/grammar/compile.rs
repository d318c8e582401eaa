//! From a grammar as typed to a grammar that runs. Every mistake is a [`Fault`] with its place.

use toml::Spanned;

use super::fault::{Fault, nearest};
use super::model::{
    Body, FastHead, Grammar, HeadGroup, JsonSpec, LevelRange, PatternPart, Piece, Shape, Tail,
};
use super::schema::{GrammarFile, JsonFile, LevelRangeFile};
use super::slots::{Known, MAX_SLOTS};
use super::step::{Kind, Step, Target};
use super::syntax::{self, Item};
use super::table::TableSpec;
use crate::base::Level;
use crate::time::{TimePattern, Zone};

/// Where a text stands, so that mistakes in it can be pointed at.
pub(super) struct Place<'a> {
    pub file: &'a str,
    pub source: &'a str,
}

impl Place<'_> {
    /// A mistake `inner` bytes into a quoted value.
    pub(super) fn fault(&self, value: &Spanned<String>, inner: usize, message: impl Into<String>) -> Fault {
        let start = value.span().start;
        let quotes = if self.source[start..].starts_with("'''") || self.source[start..].starts_with("\"\"\"")
        {
            3
        } else {
            1
        };
        Fault::new(self.file, self.source, start + quotes + inner, message)
    }
}

/// Parses and compiles the text of one grammar file. `file` is its name in messages.
pub(super) fn compile(file: &str, source: &str) -> Result<(Grammar, GrammarFile), Fault> {
    let typed = parse(file, source)?;
    let place = Place { file, source };
    let mut slots = SlotNames::new();
    let shape = match (&typed.json, typed.layout.is_empty()) {
        (Some(json), true) => Shape::Json(json_keys(json, &mut slots)),
        (None, false) => Shape::Text(layouts(&typed, &place, &mut slots)?),
        (None, true) => Shape::Plain,
        (Some(_), false) => {
            return Err(place.fault(&typed.name, 0, "a grammar is either [json] or [[layout]], not both"));
        }
    };
    let levels = typed
        .levels
        .iter()
        .map(|(word, level)| Ok((word.as_bytes().into(), level_word(&place, level)?)))
        .collect::<Result<_, Fault>>()?;
    let compose = match &typed.message {
        None => None,
        Some(template) => Some(compose(&place, template, &mut slots)?),
    };
    let pattern_of: Vec<PatternPart> = typed
        .pattern_of
        .iter()
        .map(|name| {
            let (name, keep) = name.strip_prefix('=').map_or((name.as_str(), false), |name| (name, true));
            PatternPart { slot: slots.slot(name), keep }
        })
        .collect();
    let duration = typed.duration.as_deref().map(|name| slots.slot(name));
    let ranges = level_ranges(&typed, &place, &mut slots)?;
    let zone = match &typed.zone {
        None => None,
        Some(zone) => {
            Some(Zone::parse(zone.as_ref()).map_err(|error| place.fault(zone, 0, error.to_string()))?)
        }
    };
    let bodies = typed.body.iter().map(|typed| body(&place, &typed.program, &typed.pattern));
    let bodies = bodies.collect::<Result<_, Fault>>()?;
    if slots.0.len() > MAX_SLOTS {
        return Err(place.fault(
            &typed.name,
            0,
            format!("too many fields: {} of at most {MAX_SLOTS}", slots.0.len()),
        ));
    }
    let mut shape = shape;
    let early: Vec<u8> =
        pattern_of.iter().map(|part| part.slot).chain(ranges.iter().map(|range| range.slot)).collect();
    finish_json(
        &mut shape,
        typed.json.as_ref(),
        &slots,
        if pattern_of.is_empty() { None } else { Some(&early) },
    );
    let grammar = Grammar {
        name: typed.name.as_ref().clone(),
        title: typed.title.clone(),
        url: typed.url.clone(),
        origin: file.to_owned(),
        program: typed.program.clone(),
        zone,
        class: class(typed.name.as_ref()),
        layout_lines: layout_lines(&shape),
        peeks: peeks(&place, &typed, &shape)?,
        table: typed.table.clone().map(TableSpec::new),
        rank: typed.rank,
        weight: weight(&shape),
        primary_only: typed.primary_only,
        shape,
        levels,
        ranges,
        duration,
        pattern_of,
        compose,
        bodies,
        shared: || &[],
        slot_names: slots.0,
    };
    Ok((grammar, typed))
}

/// Compiles one body: its names are its own, so that a message may have a `host` or `message` field.
pub(super) fn body(place: &Place<'_>, programs: &[String], pattern: &Spanned<String>) -> Result<Body, Fault> {
    let items = items(place, pattern)?;
    let is_time = |(_, item): &&(usize, Item)| matches!(item, Item::Capture { name, .. } if name == "time");
    if let Some((at, _)) = items.iter().find(is_time) {
        return Err(place.fault(pattern, *at, "a body has no {time}: the record's stamp is before it"));
    }
    let mut names = SlotNames(Vec::new());
    let mut steps = Vec::new();
    compile_items(place, pattern, &items, None, &mut names, &mut steps)?;
    if names.0.len() > MAX_SLOTS {
        return Err(place.fault(
            pattern,
            0,
            format!("too many fields: {} of at most {MAX_SLOTS}", names.0.len()),
        ));
    }
    Ok(Body { programs: programs.to_vec(), steps, slot_names: names.0 })
}

fn level_ranges(
    typed: &GrammarFile,
    place: &Place<'_>,
    slots: &mut SlotNames,
) -> Result<Vec<LevelRange>, Fault> {
    let range = |range: &LevelRangeFile| {
        let level = level_word(place, &range.level)?;
        Ok(LevelRange { slot: slots.slot(range.field.as_ref()), from: range.from, to: range.to, level })
    };
    typed.level_range.iter().map(range).collect()
}

fn parse(file: &str, source: &str) -> Result<GrammarFile, Fault> {
    toml::from_str(source).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start);
        let fault = Fault::new(file, source, at, error.message().to_owned());
        match error.message().split('`').nth(1) {
            Some(word) if error.message().starts_with("unknown field") => {
                match nearest(word, error.message().split('`').skip(3).step_by(2)) {
                    Some(known) => fault.hint(format!("did you mean `{known}`?")),
                    None => fault,
                }
            }
            _ => fault,
        }
    })
}

/// Names of a grammar's slots, in slot order; the well-known ones come first.
struct SlotNames(Vec<String>);

impl SlotNames {
    fn new() -> Self {
        Self(Known::NAMES.map(str::to_owned).to_vec())
    }

    fn slot(&mut self, name: &str) -> u8 {
        let found = self.0.iter().position(|known| known == name).unwrap_or_else(|| {
            self.0.push(name.to_owned());
            self.0.len() - 1
        });
        // One past the last slot is refused once the whole grammar has been read.
        found.min(MAX_SLOTS) as u8
    }

    fn target(&mut self, name: &str) -> Target {
        if name == "_" { None } else { Some(self.slot(name).min(MAX_SLOTS as u8 - 1)) }
    }
}

fn level_word(place: &Place<'_>, level: &Spanned<String>) -> Result<Level, Fault> {
    Level::parse(level.as_ref().as_bytes()).ok_or_else(|| {
        let words: Vec<_> = Level::ALL.iter().filter_map(|level| level.word()).collect();
        place
            .fault(level, 0, format!("`{}` is no level", level.as_ref()))
            .hint(format!("levels: {}", words.join(" ")))
    })
}

fn items(place: &Place<'_>, pattern: &Spanned<String>) -> Result<Vec<(usize, Item)>, Fault> {
    syntax::parse(pattern.as_ref()).map_err(|(at, message)| place.fault(pattern, at, message))
}

/// Compiles all layouts, grouped by what they share up to the stamp.
fn layouts(typed: &GrammarFile, place: &Place<'_>, slots: &mut SlotNames) -> Result<Vec<HeadGroup>, Fault> {
    let mut groups: Vec<(Vec<(usize, Item)>, HeadGroup)> = Vec::new();
    for layout in &typed.layout {
        let pattern = &layout.pattern;
        let items = items(place, pattern)?;
        let is_time =
            |(_, item): &(usize, Item)| matches!(item, Item::Capture { name, .. } if name == "time");
        let head_end = match items.iter().position(is_time) {
            Some(time) if !layout.undated => time + 1,
            // The text that it begins with tells it.
            None if layout.undated => {
                let is_text = |(_, item): &(usize, Item)| matches!(item, Item::Literal(_) | Item::Blank);
                items.iter().take_while(|item| is_text(item)).count()
            }
            Some(_) => return Err(place.fault(pattern, 0, "an `undated` layout has no {time}")),
            None => {
                return Err(place
                    .fault(pattern, 0, "a layout needs a {time:...} outside of any {?...}")
                    .hint("a format without stamps needs no [[layout]] at all; a line without one may be `undated = true`"));
            }
        };
        if !matches!(items.first(), Some((_, Item::Literal(_)))) && layout.undated {
            return Err(place.fault(
                pattern,
                0,
                "an `undated` layout must begin with text: nothing else tells it",
            ));
        }
        let evidence = layout.evidence && !layout.undated;
        let (head, tail) = items.split_at(head_end);
        let mut steps = Vec::new();
        compile_items(place, pattern, tail, None, slots, &mut steps)?;
        let head_text =
            |items: &[(usize, Item)]| items.iter().map(|(_, item)| item.clone()).collect::<Vec<_>>();
        match groups.iter_mut().find(|(known, _)| head_text(known) == head_text(head)) {
            Some((_, group)) => group.tails.push(Tail { steps, evidence }),
            None => {
                let mut head_steps = Vec::new();
                compile_items(place, pattern, head, None, slots, &mut head_steps)?;
                groups.push((
                    head.to_vec(),
                    HeadGroup {
                        fast: FastHead::of(&head_steps),
                        head: head_steps,
                        tails: vec![Tail { steps, evidence }],
                    },
                ));
            }
        }
    }
    if groups.len() > usize::from(u8::MAX) {
        return Err(place.fault(
            &typed.name,
            0,
            format!("too many different heads: {} of at most {}", groups.len(), u8::MAX),
        ));
    }
    Ok(groups.into_iter().map(|(_, group)| group).collect())
}

/// Compiles items to steps. `after` is what follows them outside, for captures that run to a literal.
fn compile_items(
    place: &Place<'_>,
    pattern: &Spanned<String>,
    items: &[(usize, Item)],
    after: Option<&Item>,
    slots: &mut SlotNames,
    steps: &mut Vec<Step>,
) -> Result<(), Fault> {
    for (index, (at, item)) in items.iter().enumerate() {
        let next = items.get(index + 1).map(|(_, item)| item).or(after);
        steps.push(match item {
            Item::Literal(text) => {
                literal(text, steps);
                continue;
            }
            Item::Blank => Step::Blanks,
            Item::Group(inner) => {
                let mut group = Vec::new();
                compile_items(place, pattern, inner, next, slots, &mut group)?;
                Step::Optional(group.into())
            }
            Item::Capture { name, spec } if name == "time" => time_step(place, pattern, *at, spec.as_ref())?,
            Item::Capture { name, spec: Some((_, words)) } if words.contains('|') => {
                let words = words.split('|').map(|word| word.as_bytes().into()).collect();
                Step::OneOf(slots.target(name), words)
            }
            Item::Capture { name, spec: Some((kind_at, kind)) } => {
                let Some((_, kind)) = Kind::NAMES.iter().find(|(name, _)| name == kind) else {
                    let names = Kind::NAMES.map(|(name, _)| name);
                    let fault = place.fault(pattern, *kind_at, format!("`{kind}` is no kind of capture"));
                    return Err(match nearest(kind, names) {
                        Some(known) => fault.hint(format!("did you mean `{known}`?")),
                        None => fault.hint(format!("kinds: {}", names.join(" "))),
                    });
                };
                Step::Take(slots.target(name), *kind)
            }
            Item::Capture { name, spec: None } => {
                let target = slots.target(name);
                match next {
                    None => Step::Take(target, Kind::Rest),
                    Some(Item::Literal(text)) if text.starts_with(b"\n") => Step::UntilBreak(target),
                    Some(Item::Literal(text)) => {
                        // What stands on the next line is not looked for in this one.
                        let here = text.split(|byte| *byte == b'\n').next().unwrap_or_default();
                        let behind = match here.len() == text.len() {
                            true => items.get(index + 2..).unwrap_or_default(),
                            false => &[],
                        };
                        let text = here;
                        match (text, behind) {
                            // `{a}, client:` runs to `, client:` and not to the first comma.
                            (_, [(_, Item::Blank), (_, Item::Literal(more)), ..]) => {
                                Step::UntilLiteral(target, [text, b" ", &more[..]].concat().into())
                            }
                            ([byte], _) => Step::UntilByte(target, *byte),
                            _ => Step::UntilLiteral(target, text.into()),
                        }
                    }
                    // `{user} [` runs to the blank before the bracket, `{a} {b}` to the first blank.
                    Some(Item::Blank) => match items.get(index + 2).map(|(_, item)| item) {
                        Some(Item::Literal(text)) => {
                            let text = text.split(|byte| *byte == b'\n').next().unwrap_or_default();
                            Step::UntilLiteral(target, [b" ", text].concat().into())
                        }
                        _ => Step::UntilByte(target, b' '),
                    },
                    Some(_) => {
                        return Err(place
                            .fault(pattern, *at, format!("`{{{name}}}` does not know where to end"))
                            .hint("give it a kind, such as {name:word}, or put a literal behind it"));
                    }
                }
            }
        });
    }
    Ok(())
}

/// A literal, cut at the ends of physical lines.
fn literal(text: &[u8], steps: &mut Vec<Step>) {
    for (index, part) in text.split(|byte| *byte == b'\n').enumerate() {
        if index > 0 {
            steps.push(Step::Break);
        }
        match part {
            [] => {}
            [byte] => steps.push(Step::Byte(*byte)),
            _ => steps.push(Step::Literal(part.into())),
        }
    }
}

fn time_step(
    place: &Place<'_>,
    pattern: &Spanned<String>,
    at: usize,
    spec: Option<&(usize, String)>,
) -> Result<Step, Fault> {
    let Some((spec_at, spec)) = spec else {
        return Err(place
            .fault(pattern, at, "{time} needs its layout")
            .hint("{time:iso}, {time:syslog}, {time:epoch}, {time:any} or {time:%Y/%m/%d %H:%M:%S}"));
    };
    TimePattern::compile(spec)
        .map(Step::Time)
        .map_err(|(inner, message)| place.fault(pattern, spec_at + inner, message))
}

fn compose(
    place: &Place<'_>,
    template: &Spanned<String>,
    slots: &mut SlotNames,
) -> Result<Vec<Piece>, Fault> {
    let mut pieces = Vec::new();
    for (at, item) in items(place, template)? {
        pieces.push(match item {
            Item::Literal(text) => Piece::Literal(String::from_utf8_lossy(&text).into_owned()),
            Item::Blank => Piece::Literal(" ".into()),
            Item::Capture { name, spec: None } => Piece::Slot(slots.slot(&name)),
            Item::Capture { .. } | Item::Group(_) => {
                return Err(place.fault(
                    template,
                    at,
                    "a message is put together from literals and plain {field} names",
                ));
            }
        });
    }
    Ok(pieces)
}

fn json_keys(json: &JsonFile, slots: &mut SlotNames) -> JsonSpec {
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
fn finish_json(shape: &mut Shape, typed: Option<&JsonFile>, slots: &SlotNames, pattern_slots: Option<&[u8]>) {
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

/// FNV-1a of a name: the same in every run and on every machine.
fn class(name: &str) -> u64 {
    name.bytes()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// How many physical lines the longest layout spans.
fn layout_lines(shape: &Shape) -> usize {
    let Shape::Text(groups) = shape else { return 1 };
    let of_group = |group: &HeadGroup| {
        let tails = group.tails.iter().map(|tail| breaks(&tail.steps));
        breaks(&group.head) + tails.max().unwrap_or(0)
    };
    1 + groups.iter().map(of_group).max().unwrap_or(0)
}

/// How many ends of physical lines steps run over at most.
fn breaks(steps: &[Step]) -> usize {
    let of_step = |step: &Step| match step {
        Step::Break => 1,
        Step::Optional(inner) => breaks(inner),
        _ => 0,
    };
    steps.iter().map(of_step).sum()
}

/// Whether the stamp stands below a record's first line. Then every layout must begin with text, so that
/// no line between can be taken for the beginning of a record: see `Grammar::begins`.
fn peeks(place: &Place<'_>, typed: &GrammarFile, shape: &Shape) -> Result<bool, Fault> {
    let Shape::Text(groups) = shape else { return Ok(false) };
    if groups.iter().all(|group| breaks(&group.head) == 0) {
        return Ok(false);
    }
    if groups.iter().all(|group| matches!(group.head.first(), Some(Step::Byte(_) | Step::Literal(_)))) {
        return Ok(true);
    }
    Err(place
        .fault(
            &typed.name,
            0,
            "where a stamp stands below a record's first line, every layout must begin with text",
        )
        .hint("or write two grammars"))
}

/// How much a format demands of a line: literals and typed parts. Breaks ties in detection.
fn weight(shape: &Shape) -> u32 {
    fn steps(steps: &[Step]) -> u32 {
        steps
            .iter()
            .map(|step| match step {
                Step::Byte(_) => 1,
                Step::Literal(text) => text.len() as u32,
                Step::OneOf(..) => 3,
                Step::Blanks | Step::Break => 1,
                Step::UntilByte(..) | Step::UntilLiteral(..) | Step::UntilBreak(_) => 1,
                Step::Time(_) => 4,
                Step::Take(_, Kind::Rest) => 0,
                Step::Take(..) => 2,
                Step::Optional(_) => 0,
            })
            .sum()
    }
    match shape {
        Shape::Plain => 0,
        Shape::Json(spec) => 8 + 4 * spec.require.count_ones(),
        Shape::Text(groups) => groups
            .iter()
            .map(|group| {
                steps(&group.head) + group.tails.iter().map(|tail| steps(&tail.steps)).max().unwrap_or(0)
            })
            .max()
            .unwrap_or(0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(source: &str) -> String {
        compile("x.toml", source).err().map_or_else(String::new, |fault| fault.to_string())
    }

    #[test]
    fn every_mistake_is_pointed_at() {
        for (source, place, hint) in [
            ("name='x'\ntitle='t'\n[[body]]\npattern='a {time:iso}'", "x.toml:4:12", "a body has no {time}"),
            (
                "name='x'\ntitle='t'\n[[layout]]\npattern='{time:iso} {a:wrod}'",
                "x.toml:4:24",
                "did you mean `word`?",
            ),
            ("name='x'\ntitle='t'\n[[layout]]\npattern='{time:%Y-%Q}'", "x.toml:4:19", ""),
            ("name='x'\ntitle='t'\n[[layout]]\npattern='{message}'", "x.toml:4:10", "needs no [[layout]]"),
            (
                "name='x'\ntitle='t'\n[[layout]]\npattern='{time:iso}{a}{b}'",
                "x.toml:4:20",
                "does not know where to end",
            ),
            ("name='x'\ntitel='t'\n", "x.toml:2:1", "did you mean `title`?"),
            ("name='x'\ntitle='t'\n[levels]\nfoo='bad'", "x.toml:4:6", "levels: trace"),
            ("name='x'\ntitle='t'\nzone='Mars'", "x.toml:3:7", "unknown time zone"),
        ] {
            let shown = fault(source);
            assert!(shown.starts_with(place) && shown.contains(hint), "{source}\n{shown}");
        }
    }

    #[test]
    fn a_capture_runs_to_all_the_words_behind_it() {
        let (grammar, _) = compile(
            "x.toml",
            "name='x'\ntitle='t'\n[[layout]]\npattern='{time:iso} {a}, client: {b}: {message}'\n[[layout]]\npattern=\"{time:iso} {a:word}\\n{message}\"\n",
        )
        .unwrap_or_else(|fault| panic!("{fault}"));
        assert_eq!(grammar.layout_lines, 2);
        let mut slots = crate::grammar::Slots::default();
        let line = b"2014-12-12 10:10:59 one, two, client: x: rest";
        let head = grammar.begins(line, &mut slots).expect("begins");
        assert!(grammar.read(line, &head, &mut slots, false).whole);
        let mut found = Vec::new();
        grammar.fields(line, &slots, slots.known(Known::Message).expect("there"), |name, value| {
            found.push(format!("{name}={}", String::from_utf8_lossy(value)));
        });
        assert_eq!(found, ["a=one, two", "b=x"]);
    }
}
