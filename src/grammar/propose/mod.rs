//! A grammar proposed from the lines of a file: its stamp, the columns beside it, samples, and a check.
//!
//! Lines in, TOML out. What is proposed is what the program's own readers found to fit; what the lines do not
//! prove, such as the order of day and month, is asked back. Nothing here is used when logs are read.

mod column;
mod company;
mod grow;
mod levels;
mod lines;
mod pairs;
mod pieces;
mod sample;
mod stamp;
mod write;

use company::{Neighbour, Standing, standing};
use grow::{Layout, Reach, front, reads, tail};
use levels::Guesses;
use lines::Lines;
use stamp::Trouble;
use write::Draft;

use super::check::check_grammar;
use super::detect::detect;
use super::load::{GrammarSet, compile_alone};
use super::model::Grammar;
use crate::base::{Error, Result};
use crate::text::clean;

/// What a grammar is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Ask<'a> {
    /// The file's name in what is written.
    pub file: &'a str,
    /// What the format is to be called.
    pub name: &'a str,
    /// How the stamp is spelt, if the file does not show it.
    pub time: Option<&'a str>,
    /// Propose one even if a format reads the file already.
    pub anyway: bool,
}

/// The answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Proposal {
    /// The text of a grammar that passes its own check.
    Grammar(String),
    /// Why there is none, in a sentence.
    Nothing(String),
}

/// Formats of this rank or less take any line that has a stamp: they do not know a format.
const FALLBACK_RANK: u8 = 10;
const RANK: u8 = 60;

/// So many records at most, spread over all, decide what a layout looks like; all are then held against it.
const GROWN_FROM: usize = 600;
const MAX_LAYOUTS: usize = 4;

/// How often a proposal is put below one more format whose records it would take.
const MAX_RANKS: usize = 6;
const MAX_LISTED: usize = 4;

/// Proposes a grammar for a file, given stretches of it that hold whole lines, its beginning first.
pub fn propose(set: &GrammarSet, stretches: &[Vec<u8>], ask: &Ask<'_>) -> Result<Proposal> {
    let lines = Lines::of(stretches);
    let file = clean(ask.file);
    if lines.all.is_empty() {
        return Ok(Proposal::Nothing(format!("{file} has no lines to propose a format from")));
    }
    let known = known(set, stretches.first().map_or(&[], Vec::as_slice));
    if let Some((grammar, Some(share))) = &known
        && !ask.anyway
    {
        let name = &grammar.name;
        return Ok(Proposal::Nothing(format!(
            "{file} is read by the format `{name}` already ({share}); --anyway proposes another one"
        )));
    }
    let texts: Vec<&[u8]> = lines.all.iter().map(|line| line.text).collect();
    let spelt = match stamp::find(&texts, ask.time) {
        Ok(spelt) => spelt,
        Err(Trouble::Spelling(why)) => return Err(Error::new(format!("--time: {why}"))),
        Err(trouble) => return Ok(Proposal::Nothing(sentence(&file, &texts, trouble))),
    };
    let rank = known.map_or(RANK, |(grammar, _)| RANK.max(grammar.rank.saturating_add(1)));
    let guesses = Guesses::embedded()?;
    let stamped = || texts.iter().zip(&spelt.places).filter_map(|(text, place)| Some((*text, (*place)?)));
    let fronts: Vec<&[u8]> = stamped().map(|(text, (start, _))| &text[..start]).collect();
    let tails: Vec<&[u8]> = stamped().map(|(text, (_, end))| &text[end..]).collect();
    if fronts.iter().filter(|front| front.starts_with(b"{")).count() * 2 > fronts.len() {
        return Ok(Proposal::Nothing(sentence(&file, &texts, Trouble::NoStamp)));
    }
    let Some(front) = front(&guesses, &spread(&fronts)) else {
        return Ok(Proposal::Nothing(format!(
            "{file}: the stamps stand behind something else in every line, such as `{}`; start from a neighbour: \
             timeline formats show stamped",
            clean(&String::from_utf8_lossy(fronts.first().copied().unwrap_or_default()))
        )));
    };
    let head = stretches.first().map_or(&[][..], Vec::as_slice);
    let mut spare: Option<(Draft<'_>, Vec<String>)> = None;
    // The richest that passes: what a simpler one leaves in the message is not lost.
    for reach in [Reach::Columns, Reach::Level, Reach::Message] {
        let mut draft = Draft {
            ask,
            rank,
            below: None,
            rivals: Vec::new(),
            front: &front.pattern,
            spelling: &spelt.spelling,
            strays: &spelt.strays,
            layouts: layouts(&guesses, &front, &tails, reach),
        };
        for _ in 0..MAX_RANKS {
            let Some(text) = draft.write(&guesses, &lines) else { break };
            if !check_grammar(ask.name, &text).is_ok_and(|report| report.faults.is_empty()) {
                break;
            }
            match standing(set, ask.name, &text, head) {
                Standing::Good => return Ok(Proposal::Grammar(text)),
                Standing::Below(neighbour, robbed) => draft.stay_below(neighbour, robbed),
                Standing::Rivals(rivals) => {
                    spare.get_or_insert((draft, rivals));
                    break;
                }
            }
        }
    }
    Ok(match spare {
        Some((mut draft, rivals)) if ask.anyway => {
            draft.stand_against(rank, rivals);
            draft.write(&guesses, &lines).map_or_else(|| nothing(&file), Proposal::Grammar)
        }
        Some((_, rivals)) => Proposal::Nothing(format!(
            "{file}: its lines are too much like those of the format{} {} for one of their own; --anyway proposes \
             one all the same",
            if rivals.len() == 1 { "" } else { "s" },
            listed(&rivals)
        )),
        None => nothing(&file),
    })
}

fn nothing(file: &str) -> Proposal {
    Proposal::Nothing(format!(
        "{file}: no grammar was found that reads its own samples; start from a neighbour: timeline formats show \
         stamped"
    ))
}

/// Names of formats as sentences have them, so many at most.
fn listed(names: &[String]) -> String {
    let shown: Vec<String> = names.iter().take(MAX_LISTED).map(|name| format!("`{name}`")).collect();
    match names.len() - shown.len() {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// The format that a file has, unless it is one that takes any stamped line; and how much it reads, if that is
/// all there is to read.
fn known<'a>(set: &'a GrammarSet, head: &[u8]) -> Option<(&'a Grammar, Option<String>)> {
    let detection = detect(set, head);
    let best = detection.candidates.first()?;
    let grammar = set.get(best.grammar);
    if grammar.rank <= FALLBACK_RANK {
        return None;
    }
    let fallback = |candidate: &&super::Candidate| set.get(candidate.grammar).rank <= FALLBACK_RANK;
    let stamped = detection.candidates.iter().find(fallback).map_or(0, |candidate| candidate.lines);
    // Lines that begin no record are not held against a format.
    let all = match stamped {
        0 => best.lines * 3 >= detection.sampled,
        stamped => best.lines * 10 >= stamped * 9,
    };
    Some((grammar, all.then(|| format!("{} of {} lines", best.lines, detection.sampled))))
}

/// Why the lines have no stamp to read.
fn sentence(file: &str, lines: &[&[u8]], trouble: Trouble) -> String {
    let looked = lines.len();
    match trouble {
        Trouble::Spelling(why) => why,
        Trouble::NoStamp if lines.iter().filter(|line| line.starts_with(b"{")).count() * 2 > looked => {
            format!(
                "{file}: its lines are JSON objects without a time that is known; write a grammar with [json], and \
             the time's key in it: docs/grammar.md"
            )
        }
        Trouble::NoStamp => format!(
            "{file}: no date and time can be told in the lines looked at ({looked}), so no format can date them; \
             if they have one, spell it: --time '%d.%m.%Y %H:%M:%S'"
        ),
        Trouble::NoDate => format!(
            "{file}: its lines have a time of day and no date that is known; if they have one, spell it: --time \
             '%d.%m.%Y %H:%M:%S'; if not: --time '%H:%M:%S%f', and the day comes from the file"
        ),
        Trouble::Orders(example, spellings) => {
            let choices: Vec<String> =
                spellings.iter().map(|spelling| format!("--time '{spelling}'")).collect();
            format!(
                "{file}: the {looked} lines looked at do not prove which number of `{}` is the day, the month \
                 or the year; say so: {}",
                clean(&example),
                choices.join(", or ")
            )
        }
        Trouble::Unread => format!("{file}: --time reads a stamp in none of the {looked} lines looked at"),
    }
}

/// A layout, how many records it reads, and whether it speaks for the format.
#[derive(Debug)]
struct Sized {
    layout: Layout,
    count: usize,
    evidence: bool,
}

/// One layout for each frequent sort of record, and one for what is left.
fn layouts(guesses: &Guesses, front: &Layout, tails: &[&[u8]], reach: Reach) -> Vec<Sized> {
    let mut found: Vec<Sized> = Vec::new();
    let mut left: Vec<&[u8]> = tails.to_vec();
    while !left.is_empty() && found.len() + 1 < MAX_LAYOUTS {
        let narrow = found.len() + 2 < MAX_LAYOUTS;
        let layout = tail(guesses, &spread(&left), reach, &front.names, narrow);
        let fits = reads(&layout, &left);
        let count = fits.iter().filter(|fits| **fits).count();
        // What is rare, or tells nothing but a message, is left to the last layout.
        if count == 0 || !found.is_empty() && (!layout.typed || count * 20 < tails.len()) {
            break;
        }
        let evidence = layout.typed;
        found.push(Sized { layout, count, evidence });
        left = left.into_iter().zip(fits).filter(|(_, fits)| !fits).map(|(text, _)| text).collect();
        if !evidence {
            break;
        }
    }
    if !left.is_empty() {
        let mut layout = tail(guesses, &spread(&left), Reach::Message, &front.names, false);
        if layout.pattern == "{message}" || reads(&layout, &left).contains(&false) {
            layout.pattern = "{? }{message}".into();
        }
        found.push(Sized { layout, count: left.len(), evidence: false });
    }
    // If nothing but messages was found, that is the format.
    if let [only] = &mut found[..] {
        only.evidence = true;
    }
    found
}

/// At most so many of all, evenly.
fn spread<'a>(texts: &[&'a [u8]]) -> Vec<&'a [u8]> {
    texts.iter().copied().step_by(1 + texts.len() / GROWN_FROM).collect()
}

/// Compiles a draft, and reads lines with it.
fn compiled(name: &str, text: &str) -> Option<Grammar> {
    compile_alone(name, text).ok().map(|(grammar, _)| grammar)
}

#[cfg(test)]
mod tests;
