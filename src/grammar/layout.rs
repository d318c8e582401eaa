//! From the patterns of layouts and bodies to the steps that read them. What a step does is said in `step`,
//! what else a grammar has is compiled in `compile`.

use toml::Spanned;

use super::compile::{Place, SlotNames, items};
use super::fault::{Fault, nearest};
use super::model::{FastHead, HeadGroup, Shape, Tail};
use super::schema::GrammarFile;
use super::step::{self, Kind, Step};
use super::syntax::Item;
use crate::time::TimePattern;

/// Compiles all layouts, grouped by what they share up to the stamp. `date` becomes the slot of the date that
/// lines name before their stamp or without one, if any do.
pub(super) fn layouts(
    typed: &GrammarFile,
    place: &Place<'_>,
    slots: &mut SlotNames,
    date: &mut Option<u8>,
) -> Result<Vec<HeadGroup>, Fault> {
    let mut groups: Vec<(Vec<(usize, Item)>, HeadGroup)> = Vec::new();
    for layout in &typed.layout {
        let pattern = &layout.pattern;
        let items = items(place, pattern)?;
        let named = |wanted: &str| {
            let is = |(_, item): &(usize, Item)| matches!(item, Item::Capture { name, .. } if name == wanted);
            items.iter().position(is)
        };
        let head_end = match (named("time"), named("date")) {
            (Some(time), day) if !layout.undated => {
                // The date may stand right behind the time as well.
                let day =
                    day.filter(|day| *day < time || *day == time + 2 && items[time + 1].1 == Item::Blank);
                if day.is_some() {
                    *date = Some(slots.slot("date"));
                }
                day.unwrap_or(time).max(time) + 1
            }
            (None, Some(day)) if layout.undated => {
                *date = Some(slots.slot("date"));
                day + 1
            }
            // The text that it begins with tells it.
            (None, None) if layout.undated => items.iter().take_while(|(_, item)| is_text(item)).count(),
            (Some(_), _) => return Err(place.fault(pattern, 0, "an `undated` layout has no {time}")),
            (None, _) => {
                return Err(place
                    .fault(pattern, 0, "a layout needs a {time:...} outside of any {?...}")
                    .hint("a format without stamps needs no [[layout]] at all; a line without one may be `undated = true`"));
            }
        };
        if layout.undated && !items.first().is_some_and(|(_, item)| *item != Item::Blank && is_text(item)) {
            return Err(place.fault(
                pattern,
                0,
                "an `undated` layout must begin with text: nothing else tells it",
            ));
        }
        let evidence = layout.evidence.unwrap_or(!layout.undated);
        let (head, tail) = items.split_at(head_end);
        let mut steps = Vec::new();
        compile_items(place, pattern, tail, None, slots, &mut steps)?;
        let head_text =
            |items: &[(usize, Item)]| items.iter().map(|(_, item)| item.clone()).collect::<Vec<_>>();
        let tail = Tail { next: step::first_bytes(&steps, true), steps, evidence };
        match groups.iter_mut().find(|(known, _)| head_text(known) == head_text(head)) {
            Some((_, group)) => group.tails.push(tail),
            None => {
                let mut head_steps = Vec::new();
                compile_items(place, pattern, head, None, slots, &mut head_steps)?;
                groups.push((
                    head.to_vec(),
                    HeadGroup { fast: FastHead::of(&head_steps), head: head_steps, tails: vec![tail] },
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

/// Whether an item is text, or one of a few texts.
fn is_text(item: &Item) -> bool {
    match item {
        Item::Literal(_) | Item::Blank => true,
        Item::Capture { spec: Some((_, words)), .. } => words.contains('|'),
        Item::Group(inner) => inner.iter().all(|(_, item)| is_text(item)),
        _ => false,
    }
}

/// Compiles items to steps. `after` is what follows them outside, for captures that run to a literal.
pub(super) fn compile_items(
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

/// How many physical lines the longest layout spans.
pub(super) fn layout_lines(shape: &Shape) -> usize {
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
pub(super) fn peeks(place: &Place<'_>, typed: &GrammarFile, shape: &Shape) -> Result<bool, Fault> {
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
