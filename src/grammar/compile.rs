//! From a grammar as typed to a grammar that runs. Every mistake is a [`Fault`] with its place.

use toml::Spanned;

use super::bodies::Body;
use super::fault::{Fault, nearest};
use super::layout::{compile_items, layout_lines, layouts, peeks};
use super::model::{Grammar, LevelRange, PatternPart, Piece, Shape};
use super::pairs::{PairSpec, Syntax};
use super::schema::{GrammarFile, LevelRangeFile};
use super::sections::Sections;
use super::slots::{Known, MAX_SLOTS};
use super::step::{Kind, Step, Target, first_bytes};
use super::syntax::{self, Item};
use super::table::TableSpec;
use crate::base::Level;
use crate::time::Zone;

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
    let mut date = None;
    let mut shape = shape(&typed, &place, &mut slots, &mut date)?;
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
    let message_from = typed.message_from.as_deref().map(|name| slots.slot(name));
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
    if let (Shape::Pairs(spec), Some(keys)) = (&mut shape, typed.json.as_ref().or(typed.logfmt.as_ref())) {
        let early: Vec<u8> =
            pattern_of.iter().map(|part| part.slot).chain(ranges.iter().map(|range| range.slot)).collect();
        spec.finish(keys, &slots, (!pattern_of.is_empty()).then_some(&early));
    }
    let grammar = Grammar {
        name: typed.name.as_ref().clone(),
        title: typed.title.clone(),
        url: typed.url.clone(),
        origin: file.to_owned(),
        program: typed.program.clone(),
        zone,
        class: class(typed.family.as_ref().unwrap_or(typed.name.as_ref())),
        layout_lines: layout_lines(&shape),
        peeks: peeks(&place, &typed, &shape)?,
        table: typed.table.clone().map(TableSpec::new),
        sections: typed.sections.clone().map(Sections::new),
        date,
        rank: typed.rank,
        weight: weight(&shape),
        primary_only: typed.primary_only,
        share: typed.share,
        year_first: typed.year_first,
        header: typed.header.clone(),
        first: shape.first_bytes(),
        shape,
        levels,
        ranges,
        duration,
        message_from,
        pattern_of,
        compose,
        bodies,
        series: super::series::compile(&place, &typed)?,
        shared: super::bodies::none,
        slot_names: slots.0,
    };
    Ok((grammar, typed))
}

fn shape(
    typed: &GrammarFile,
    place: &Place<'_>,
    slots: &mut SlotNames,
    date: &mut Option<u8>,
) -> Result<Shape, Fault> {
    Ok(match (&typed.json, &typed.logfmt, typed.layout.is_empty()) {
        (Some(keys), None, true) => Shape::Pairs(PairSpec::compile(keys, Syntax::Json, slots)),
        (None, Some(keys), true) => Shape::Pairs(PairSpec::compile(keys, Syntax::Logfmt, slots)),
        (None, None, false) => Shape::Text(layouts(typed, place, slots, date)?),
        (None, None, true) => Shape::Plain,
        _ => {
            return Err(place.fault(&typed.name, 0, "a grammar is one of [json], [logfmt] and [[layout]]"));
        }
    })
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
    let first = first_bytes(&steps, false);
    Ok(Body { first, programs: programs.to_vec(), steps, slot_names: names.0 })
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

pub(super) fn parse(file: &str, source: &str) -> Result<GrammarFile, Fault> {
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
pub(super) struct SlotNames(pub(super) Vec<String>);

impl SlotNames {
    fn new() -> Self {
        Self(Known::NAMES.map(str::to_owned).to_vec())
    }

    pub(super) fn slot(&mut self, name: &str) -> u8 {
        let found = self.0.iter().position(|known| known == name).unwrap_or_else(|| {
            self.0.push(name.to_owned());
            self.0.len() - 1
        });
        // One past the last slot is refused once the whole grammar has been read.
        found.min(MAX_SLOTS) as u8
    }

    pub(super) fn target(&mut self, name: &str) -> Target {
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

/// The parts of a pattern.
pub(super) fn items(place: &Place<'_>, pattern: &Spanned<String>) -> Result<Vec<(usize, Item)>, Fault> {
    syntax::parse(pattern.as_ref()).map_err(|(at, message)| place.fault(pattern, at, message))
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
            Item::Capture { name, spec: Some((_, kind)) } if name == "_" && kind == "rest" => Piece::Others,
            Item::Capture { .. } | Item::Group(_) => {
                return Err(place.fault(
                    template,
                    at,
                    "a message is put together from literals, plain {field} names and {_:rest}",
                ));
            }
        });
    }
    Ok(pieces)
}

/// FNV-1a of a name: the same in every run and on every machine.
fn class(name: &str) -> u64 {
    name.bytes()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
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
        Shape::Pairs(spec) => 8 + 4 * spec.require.count_ones(),
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
