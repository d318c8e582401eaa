//! Writes a proposal: TOML that its author can read, with what was found in comments.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::levels::Guesses;
use super::lines::{Lines, Records};
use super::pairs::{Pairs, pairs};
use super::{Ask, Neighbour, Sized, compiled, grow, listed, sample};
use crate::base::Level;
use crate::grammar::model::Grammar;
use crate::grammar::slots::{Known, Slots};
use crate::text::{clean, excerpt};

/// Columns of a comment.
const WIDE: usize = 100;

/// Lines shown of those that are not read.
const EXAMPLES: usize = 3;

/// Words of a level column that are listed.
const MAX_LEVELS: usize = 24;

/// All that makes up a proposal.
pub(super) struct Draft<'a> {
    pub ask: &'a Ask<'a>,
    pub rank: u8,
    /// The format that the rank is kept below.
    pub below: Option<String>,
    /// Formats that read the same records.
    pub rivals: Vec<String>,
    /// The pattern before the stamp, and the stamp's spelling.
    pub front: &'a str,
    pub spelling: &'a str,
    /// Lines with such a stamp somewhere else, by index.
    pub strays: &'a [usize],
    pub layouts: Vec<Sized>,
}

/// A word of the level column, the level it probably means, and whether the file has it.
struct Word {
    word: String,
    level: Option<String>,
    seen: bool,
}

/// A text as a TOML value.
pub(super) fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

impl Draft<'_> {
    /// Leaves to a format what it reads too.
    pub(super) fn stay_below(&mut self, neighbour: Neighbour, robbed: Vec<String>) {
        self.rank = neighbour.rank.saturating_sub(1);
        self.below = Some(neighbour.name);
        self.rivals.extend(robbed);
    }

    /// Leaves nothing to other formats, and says so.
    pub(super) fn stand_against(&mut self, rank: u8, rivals: Vec<String>) {
        self.rank = rank;
        self.below = None;
        self.rivals.extend(rivals);
        self.rivals.sort();
        self.rivals.dedup();
    }

    /// The text; `None` where what was drafted cannot be read back.
    pub(super) fn write(&self, guesses: &Guesses, lines: &Lines<'_>) -> Option<String> {
        let name = self.ask.name;
        let bare = self.body(&[], &[]);
        let (words, messages) = columns(&compiled(name, &bare)?, lines);
        let levels = levels(guesses, &words);
        let messages: Vec<&[u8]> = messages.iter().map(Vec::as_slice).collect();
        let names = self.layouts.first().map(|sized| sized.layout.names.clone()).unwrap_or_default();
        let body = self.body(&levels, &pairs(&messages, &names));
        let grammar = compiled(name, &body)?;
        let records = lines.records(&grammar);
        let kinds = self.kinds(&grammar, lines);
        let samples = sample::choose(&grammar, &records, &kinds);
        if samples.is_empty() {
            return None;
        }
        let mut text = self.head(lines, &records);
        text.push_str(&body);
        for record in samples {
            text.push_str(&sample::sample(&grammar, record));
        }
        text.push_str(&sample::counter(&grammar, &records, &lines.all)?);
        Some(text)
    }

    /// Which lines each layout that speaks for the format is the first to read.
    fn kinds(&self, grammar: &Grammar, lines: &Lines<'_>) -> Vec<Vec<bool>> {
        let mut slots = Slots::default();
        let tails: Vec<Option<&[u8]>> = lines
            .all
            .iter()
            .map(|line| {
                grammar.begins(line.text, &mut slots)?;
                Some(&line.text[slots.known(Known::Time)?.end as usize..])
            })
            .collect();
        let texts: Vec<&[u8]> = tails.iter().map(|tail| tail.unwrap_or_default()).collect();
        let mut taken = vec![false; texts.len()];
        let layouts = self.layouts.iter().filter(|sized| sized.evidence);
        layouts
            .map(|sized| {
                let reads = grow::reads(&sized.layout, &texts);
                let own =
                    reads.iter().enumerate().map(|(at, reads)| *reads && tails[at].is_some() && !taken[at]);
                let own: Vec<bool> = own.collect();
                taken.iter_mut().zip(&own).for_each(|(taken, own)| *taken |= own);
                own
            })
            .collect()
    }

    /// What the file's author is told.
    fn head(&self, lines: &Lines<'_>, records: &Records) -> String {
        let Ask { file, name, .. } = *self.ask;
        let file = clean(file);
        let mut text =
            format!("# Proposed from {} lines of {file}: read it over before use.\n#\n", lines.all.len());
        let evident = records.all.iter().filter(|record| record.evidence).count();
        let further = records.further.len();
        let plural =
            |count: usize, what: &str| format!("{count} {what}{}", if count == 1 { "" } else { "s" });
        let _ = writeln!(
            text,
            "# It reads {evident} of {} whole{}.",
            plural(records.all.len(), "record"),
            match further {
                0 => String::new(),
                1 => "; 1 further line belongs to the record above it".to_owned(),
                _ => format!("; {further} further lines belong to the records above them"),
            }
        );
        let mut examples = |what: &str, indexes: Vec<usize>| {
            if indexes.is_empty() {
                return;
            }
            let _ = writeln!(text, "# {what} ({}):", plural(indexes.len(), "line"));
            for index in indexes.iter().take(EXAMPLES) {
                let line = lines.all[*index];
                let number = line.number.map_or(String::new(), |number| format!("{number}: "));
                let shown = excerpt(&clean(&String::from_utf8_lossy(line.text)), WIDE - 4 - number.len());
                let _ = writeln!(text, "#   {number}{}", shown.trim_end());
            }
        };
        let poor = records.all.iter().filter(|record| record.whole && !record.evidence);
        examples(
            "Read by the last layout only, as stamp and message",
            poor.map(|record| record.line).collect(),
        );
        let unread = records.all.iter().filter(|record| !record.whole);
        examples("Stamped, but no layout fits", unread.map(|record| record.line).collect());
        examples("Above the first record, without a stamp", records.loose.clone());
        let strays = self.strays.iter().filter(|line| records.further.contains(line));
        examples("Such a stamp stands elsewhere in further lines", strays.copied().collect());
        if self.below.is_none() && !self.rivals.is_empty() {
            let _ = writeln!(
                text,
                "#\n# `formats check` will not pass: such records are read by {} too.\n\
                 # Ask for more in the layouts, or give this grammar the name of the one that it is to replace.",
                listed(&self.rivals)
            );
        }
        let _ = write!(
            text,
            "\
#
# 1. Name the fields as you call them. A layout's words outside of {{...}} must stand in every record.
# 2. The samples are copied from the file: take out what is secret before you pass this on.
# 3. Put it into ~/.config/timeline/grammars/{name}.toml ($XDG_CONFIG_HOME/timeline/grammars/), then
#      timeline formats check ~/.config/timeline/grammars/{name}.toml
#      timeline formats detect {file}
# The language: docs/grammar.md

"
        );
        text
    }

    /// Everything but samples.
    fn body(&self, levels: &[Word], pairs: &[Pairs]) -> String {
        let Ask { file, name, .. } = *self.ask;
        let title = format!("The layout of {}", clean(file));
        let below =
            self.below.as_ref().map(|name| format!("  # below `{name}`, whose records it would take"));
        let mut text = format!(
            "name = {}\ntitle = {}\nrank = {}{}\n",
            quoted(name),
            quoted(&title),
            self.rank,
            below.unwrap_or_default()
        );
        if let [only] = &self.layouts[..]
            && let Some(message) = only.layout.message()
        {
            let _ = writeln!(
                text,
                "# No column is a message: it is put together of these.\nmessage = {}",
                quoted(&message)
            );
        }
        for sized in &self.layouts {
            let pattern = format!("{}{{time:{}}}{}", self.front, self.spelling, sized.layout.pattern);
            let count = sized.count;
            let what = match (sized.evidence, self.layouts.len()) {
                (false, _) => format!(
                    "# What is left, {count} here: nearly any line fits, so it is no sign of this format.\n"
                ),
                (true, 1) => String::new(),
                (true, _) => format!("# {count} here.\n"),
            };
            let _ = write!(text, "\n{what}[[layout]]\npattern = {}\n", quoted(&pattern));
            if !sized.evidence {
                text.push_str("evidence = false\n");
            }
        }
        if !levels.is_empty() {
            text.push_str("\n# What these words mean is guessed: correct it.\n[levels]\n");
        }
        for Word { word, level, seen } in levels {
            let key = toml::Value::String(word.clone()).to_string();
            let key = if word.bytes().all(|byte| byte.is_ascii_alphanumeric()) { word } else { &key };
            let _ = match (level, seen) {
                (Some(level), true) => writeln!(text, "{key} = \"{level}\""),
                (Some(level), false) => writeln!(text, "{key} = \"{level}\"  # not seen"),
                (None, _) => writeln!(text, "# {key} = \"info\"  # what does it mean?"),
            };
        }
        for pairs in pairs {
            let _ = write!(
                text,
                "\n# Fields inside of {} messages here.\n[[body]]\npattern = {}\n",
                pairs.count,
                quoted(&pairs.pattern)
            );
        }
        text
    }
}

/// The words of the level column, and the messages.
fn columns(grammar: &Grammar, lines: &Lines<'_>) -> (BTreeMap<String, usize>, Vec<Vec<u8>>) {
    let mut words = BTreeMap::new();
    let mut messages = Vec::new();
    for record in lines.records(grammar).all {
        let mut slots = Slots::default();
        if grammar.begins(lines.all[record.line].text, &mut slots).is_none() {
            continue;
        }
        let reading = grammar.read(&record.text, &record.head, &mut slots, false);
        if let Some(span) = slots.known(Known::Level) {
            let word = String::from_utf8_lossy(span.of(&record.text)).trim().to_owned();
            *words.entry(word).or_default() += 1;
        }
        let mut message = Vec::new();
        grammar.message(&record.text, &slots, &reading, &mut message);
        messages.push(message);
    }
    (words, messages)
}

/// What must be said of the words of a level column that not every format knows.
fn levels(guesses: &Guesses, words: &BTreeMap<String, usize>) -> Vec<Word> {
    let own = words.keys().filter(|word| !word.is_empty() && Level::parse(word.as_bytes()).is_none());
    let mut found: Vec<Word> = own
        .map(|word| {
            let level = guesses.level(word.as_bytes()).map(str::to_owned);
            Word { word: clean(word), level, seen: true }
        })
        .collect();
    // A letter that the file does not show yet is most likely to be the worst one.
    let letters = || found.iter().filter(|known| known.word.chars().count() == 1 && known.level.is_some());
    if let Some(like) =
        letters().next().map(|known| known.word.clone()).filter(|_| letters().count() == found.len())
    {
        for (letter, level) in guesses.usual(&like) {
            if !found.iter().any(|known| known.word == letter) {
                found.push(Word { word: letter, level: Some(level.to_owned()), seen: false });
            }
        }
    }
    // Mildest first; what is not known comes last.
    let worth = |word: &Word| word.level.as_ref().and_then(|level| Level::parse(level.as_bytes()));
    found.sort_by_key(|word| (worth(word).is_none(), worth(word), word.word.clone()));
    found.truncate(MAX_LEVELS);
    found
}
