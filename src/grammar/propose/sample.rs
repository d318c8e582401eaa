//! Samples and the counter-sample of a proposal: records of the file itself, with what the grammar reads in them.

use std::fmt::Write as _;

use super::lines::{Line, Record, Records};
use super::write::quoted;
use crate::base::Level;
use crate::grammar::detect::fits;
use crate::grammar::model::Grammar;
use crate::grammar::slots::{Known, Slots};
use crate::text::is_clean;

const MAX_SAMPLES: usize = 4;

/// Records that are longer make poor samples; lines of one record that are shown.
const LONG: usize = 300;
const SHOWN_LINES: usize = 4;

/// The records that make good samples, 4 at most: one of each kind, the worst, one of several lines, one of each
/// level.
pub(super) fn choose<'a>(grammar: &Grammar, records: &'a Records, kinds: &[Vec<bool>]) -> Vec<&'a Record> {
    let usable: Vec<&Record> =
        records.all.iter().filter(|record| record.evidence && is_text(&record.text)).collect();
    let short = |fits: &dyn Fn(&Record) -> bool| {
        let fitting = || usable.iter().copied().filter(|record| fits(record));
        let short = fitting().find(|record| record.text.len() <= LONG);
        short.or_else(|| fitting().min_by_key(|record| record.text.len()))
    };
    let mut levels: Vec<Level> = usable.iter().map(|record| level(grammar, record)).collect();
    levels.sort_unstable_by_key(|level| std::cmp::Reverse(*level));
    levels.dedup();
    let mut of_levels = levels.iter().map(|wanted| short(&|record| level(grammar, record) == *wanted));
    let worst = of_levels.next();
    let mut wanted: Vec<Option<&Record>> = kinds
        .iter()
        .map(|kind| short(&|record| kind.get(record.line).copied().unwrap_or(false)))
        .chain(worst)
        .collect();
    wanted.push(short(&|record| record.lines > 1 && record.lines <= SHOWN_LINES));
    wanted.push(short(&|record| record.lines > 1));
    wanted.extend(of_levels);
    wanted.push(usable.last().copied());
    let mut chosen: Vec<&Record> = Vec::new();
    for record in wanted.into_iter().flatten() {
        let last = usable.last().is_some_and(|last| std::ptr::eq(*last, record));
        let known = chosen.iter().any(|known| std::ptr::eq(*known, record));
        // The last record is there for want of a second one.
        if !known && chosen.len() < MAX_SAMPLES && !(last && chosen.len() > 1) {
            chosen.push(record);
        }
    }
    chosen
}

/// Whether TOML and a terminal can hold a record.
fn is_text(text: &[u8]) -> bool {
    text.split(|byte| *byte == b'\n').all(is_clean)
}

fn level(grammar: &Grammar, record: &Record) -> Level {
    let mut slots = Slots::default();
    let Some(head) = grammar.begins(first_line(&record.text), &mut slots) else { return Level::Unknown };
    grammar.read(&record.text, &head, &mut slots, false).level
}

fn first_line(text: &[u8]) -> &[u8] {
    text.split(|byte| *byte == b'\n').next().unwrap_or_default()
}

/// A `[[sample]]` of a record.
pub(super) fn sample(grammar: &Grammar, record: &Record) -> String {
    let end = memchr::memchr_iter(b'\n', &record.text).nth(SHOWN_LINES - 1).unwrap_or(record.text.len());
    let shown = record.text[..end].trim_ascii_end();
    let mut slots = Slots::default();
    // `begins` fills the slots; a record that began once begins again.
    let _ = grammar.begins(first_line(shown), &mut slots);
    let reading = grammar.read(shown, &record.head, &mut slots, false);
    let text = |known| slots.known(known).map(|span| String::from_utf8_lossy(span.of(shown)).into_owned());
    let mut out = format!("\n[[sample]]\nrecord = {}\n", quoted(&String::from_utf8_lossy(shown)));
    let mut line = |key: &str, value: Option<String>| {
        if let Some(value) = value {
            let _ = writeln!(out, "{key} = {value}");
        }
    };
    line("stamp", text(Known::Time).as_deref().map(quoted));
    line("level", Level::word(reading.level).map(quoted));
    line("host", text(Known::Host).as_deref().map(quoted));
    line("program", text(Known::Program).as_deref().map(quoted));
    let pid =
        text(Known::Pid).and_then(|pid| pid.parse::<u32>().ok().filter(|number| number.to_string() == pid));
    line("pid", pid.map(|pid| pid.to_string()));
    let mut message = Vec::new();
    grammar.message(shown, &slots, &reading, &mut message);
    line("message", Some(quoted(&String::from_utf8_lossy(&message))));
    let mut fields: Vec<(String, String)> = Vec::new();
    grammar.fields(shown, &slots, reading.message, |name, value| {
        if !fields.iter().any(|(known, _)| known == name) {
            fields.push((name.to_owned(), String::from_utf8_lossy(value).into_owned()));
        }
    });
    if !fields.is_empty() {
        let pairs: Vec<String> =
            fields.iter().map(|(name, value)| format!("{name} = {}", quoted(value))).collect();
        line("fields", Some(format!("{{ {} }}", pairs.join(", "))));
    }
    out
}

/// A `[[counter_sample]]`: a line that the grammar leaves alone, and why.
pub(super) fn counter(grammar: &Grammar, records: &Records, lines: &[Line<'_>]) -> Option<String> {
    let mut slots = Slots::default();
    let mut good =
        |line: &[u8]| !line.is_empty() && is_clean(line) && !fits(grammar, line, line.len(), &mut slots);
    let write = |line: &[u8], why: &str| {
        let line = quoted(&String::from_utf8_lossy(line));
        Some(format!("\n[[counter_sample]]\nline = {line}\nwhy = {}\n", quoted(why)))
    };
    let first = records.all.iter().find(|record| record.evidence && is_text(&record.text))?;
    let text = first_line(&first.text);
    let mut slots = Slots::default();
    grammar.begins(text, &mut slots)?;
    let stamp = slots.known(Known::Time)?;
    // A look-alike says most: the stamp and one word of what follows.
    let word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte >= 0x80;
    let start = stamp.end as usize + text[stamp.end as usize..].iter().take_while(|byte| !word(byte)).count();
    let cut = &text[..start + text[start..].iter().take_while(|byte| word(byte)).count()];
    if cut.len() < text.len() && good(cut) {
        return write(cut, "cut off: the columns behind are missing");
    }
    let further =
        records.further.iter().chain(&records.loose).map(|index| lines[*index].text.trim_ascii_end());
    let further: Vec<&[u8]> = further.filter(|line| line.len() <= LONG).collect();
    if let Some(line) = further.into_iter().find(|line| good(line)) {
        return write(line, "no stamp where this format has it");
    }
    let behind = text[stamp.end as usize..].trim_ascii();
    if good(behind) {
        return write(behind, "no stamp");
    }
    good(b"no stamp here").then(|| write(b"no stamp here", "no stamp")).flatten()
}
