//! The pattern language of grammars, from text to a tree. Parsed with nom.
//!
//! ```text
//! pattern  = { literal | blank | "{{" | "}}" | group | capture }
//! group    = "{?" pattern "}"                  optional part
//! capture  = "{" name [ ":" spec ] "}"
//! name     = lowercase letter { letter | digit | "_" } | "_" (matched, not kept)
//! spec     = for `time`: a time pattern; else: word int num tag host hex quoted rest, or a choice
//!            of words, the longest first: "warnings|errors"
//! ```
//! A blank matches one or more blanks. A capture without a spec runs to the literal that follows
//! it, or to the end of the line.

use nom::branch::alt;
use nom::bytes::complete::{tag, take_while, take_while1};
use nom::character::complete::{char, satisfy};
use nom::combinator::{cut, map, opt, recognize, value};
use nom::multi::many0;
use nom::{IResult, Parser};

/// One item of a pattern, with the byte offset it starts at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Item {
    Literal(Vec<u8>),
    Blank,
    Group(Vec<(usize, Item)>),
    Capture { name: String, spec: Option<(usize, String)> },
}

/// Parses a whole pattern. The error is a byte offset and what was expected there.
pub(super) fn parse(text: &str) -> Result<Vec<(usize, Item)>, (usize, String)> {
    let total = text.len();
    match items(total, 0).parse(text) {
        Ok(("", items)) => Ok(items),
        Ok((rest, _)) => Err((total - rest.len(), stray(rest))),
        Err(nom::Err::Failure(error) | nom::Err::Error(error)) => {
            Err((total - error.input.len(), stray(error.input)))
        }
        Err(nom::Err::Incomplete(_)) => Err((total, "the pattern ends too early".into())),
    }
}

fn stray(rest: &str) -> String {
    match rest.chars().next() {
        None => "the pattern ends inside `{...}`: a `}` is missing".into(),
        Some('}') => "this `}` closes nothing (write `}}` for a brace)".into(),
        Some('{') => {
            "a capture is `{name}`, `{name:kind}` or an optional part `{?...}` (write `{{` for a brace)"
                .into()
        }
        Some(other) => format!("`{other}` cannot stand here"),
    }
}

/// Groups may nest this deep.
const MAX_DEPTH: usize = 8;

fn items<'a>(
    total: usize,
    depth: usize,
) -> impl Parser<&'a str, Output = Vec<(usize, Item)>, Error = nom::error::Error<&'a str>> {
    many0(move |input: &'a str| -> IResult<&'a str, (usize, Item)> {
        let at = total - input.len();
        let (rest, item) =
            alt((literal, blank, |i| group(i, total, depth), |i| capture(i, total))).parse(input)?;
        Ok((rest, (at, item)))
    })
}

fn literal(input: &str) -> IResult<&str, Item> {
    let plain = take_while1(|c: char| !matches!(c, '{' | '}' | ' ' | '\t'));
    let piece = alt((plain, value("{", tag("{{")), value("}", tag("}}"))));
    map(nom::multi::many1(piece), |pieces| Item::Literal(pieces.concat().into_bytes())).parse(input)
}

fn blank(input: &str) -> IResult<&str, Item> {
    value(Item::Blank, take_while1(|c: char| matches!(c, ' ' | '\t'))).parse(input)
}

fn group(input: &str, total: usize, depth: usize) -> IResult<&str, Item> {
    let (rest, _) = tag("{?").parse(input)?;
    if depth >= MAX_DEPTH {
        return Err(nom::Err::Failure(nom::error::Error::new(input, nom::error::ErrorKind::TooLarge)));
    }
    let (rest, inner) = items(total, depth + 1).parse(rest)?;
    let (rest, _) = cut(char('}')).parse(rest)?;
    Ok((rest, Item::Group(inner)))
}

fn capture(input: &str, total: usize) -> IResult<&str, Item> {
    let (rest, _) = char('{').parse(input)?;
    let (rest, name) = cut(recognize((
        satisfy(|c| c.is_ascii_lowercase() || c == '_'),
        take_while(|c: char| c.is_ascii_alphanumeric() || c == '_'),
    )))
    .parse(rest)?;
    let (rest, colon) = opt(char(':')).parse(rest)?;
    let (rest, spec) = match colon {
        None => (rest, None),
        Some(_) => {
            let at = total - rest.len();
            let (rest, text) = cut(take_while1(|c: char| !matches!(c, '{' | '}'))).parse(rest)?;
            (rest, Some((at, text.to_owned())))
        }
    };
    let (rest, _) = cut(char('}')).parse(rest)?;
    Ok((rest, Item::Capture { name: name.to_owned(), spec }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_becomes_items() {
        let items = parse("[{time:%d-%b-%Y %H}] {?{{{pid:int}}} }{message}").expect("parses");
        let kinds: Vec<_> = items
            .iter()
            .map(|(at, item)| {
                (
                    *at,
                    match item {
                        Item::Literal(text) => String::from_utf8_lossy(text).into_owned(),
                        Item::Blank => " ".into(),
                        Item::Group(inner) => format!("?{}", inner.len()),
                        Item::Capture { name, spec } => {
                            format!("<{name} {}>", spec.as_ref().map_or("", |(_, spec)| spec))
                        }
                    },
                )
            })
            .collect();
        let expected: Vec<(usize, String)> = vec![
            (0, "[".into()),
            (1, "<time %d-%b-%Y %H>".into()),
            (19, "]".into()),
            (20, " ".into()),
            (21, "?4".into()),
            (38, "<message >".into()),
        ];
        assert_eq!(kinds, expected);
    }

    #[test]
    fn mistakes_have_a_place() {
        for (text, at, word) in [
            ("{time", 5, "missing"),
            ("a } b", 2, "closes nothing"),
            ("{?{a}", 5, "missing"),
            ("{Time}", 1, "cannot stand"),
            ("{a:}", 2, "cannot"),
        ] {
            let (place, message) = parse(text).expect_err(text);
            assert!(
                place.abs_diff(at) <= 1 && !message.is_empty(),
                "{text}: {place} {message} (wanted {at}, {word})"
            );
        }
    }
}
