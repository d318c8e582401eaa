//! The story of one stamp for people. The first line answers. Everything below it is evidence, each piece
//! with its file and line.

use super::explain::{
    Covers, DerivedRow, Explanation, How, Ordered, YearRow, ZoneRow, both, clock, digits_of, lacks,
    width_words,
};
use super::fit::{Sheet, wrap};
use super::sources::{counted, either, thousands};
use crate::base::{Basis, Stamp, WrittenZone};
use crate::text::{clean, excerpt, width};
use crate::time::{Offset, render_rfc3339};

/// Columns of an excerpt.
const WIDE: usize = 100;
const NARROW: usize = 60;

/// Columns before what is told.
const LEAD: usize = 12;

fn lead(name: &str) -> String {
    format!("  {name:10}")
}

fn list(words: &[&str]) -> String {
    match words {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [all @ .., last] => format!("{} and {last}", all.join(", ")),
    }
}

/// Appends the story, the answer first.
pub fn push_explanation(out: &mut Vec<u8>, story: &Explanation, sheet: &Sheet) {
    sheet.push(out, "", &story.answer());
    out.push(b'\n');
    let start = out.len();
    let record = format!("{}{}", lead("record"), excerpt(&clean(&story.record), WIDE));
    out.extend_from_slice(record.trim_end().as_bytes());
    if let Some(columns) = sheet.columns {
        wrap(out, start, columns, LEAD);
    }
    out.push(b'\n');
    let mut line = |name: &str, value: &str| sheet.push(out, &lead(name), value);
    if let Some((text, stamp)) = &story.stamp {
        let wide = width_words(stamp.resolution.width());
        line("stamp", &format!("{}: {}{wide} wide", clean(text), holes(stamp)));
    }
    if let Some(text) = &story.unsettled {
        line("stamp", &format!("{}: no instant follows from it", clean(text)));
    }
    line("format", &story.format);
    if let Some(zone) = &story.zone {
        line("zone", &zone_words(zone));
        zone.proofs.iter().for_each(|proof| line("", &clean(proof)));
        for (name, at) in &zone.readings {
            line("", &format!("read in {name} it would be {}", both(&story.shown, *at, digits_of(*at))));
        }
        if let Some(settle) = &zone.settle {
            line("", settle);
        }
        let open = zone.how == How::Default || story.year.as_ref().is_some_and(YearRow::is_open);
        if open && story.alone {
            line("", "only this file was read: the logs beside it, given as INPUT, may know more");
        }
    }
    if let Some(writer) = &story.writer {
        line("writer", &clean(&writer.proof));
    }
    if let Some(skew) = &story.skew {
        line("skew", &clean(skew));
    }
    if let Some(year) = &story.year {
        match year.is_open() {
            true => {
                line("year", &format!("{} shown, not settled: {}", year.year, either(&year.candidates)));
                line("", &format!("{}; --year settles it", clean(&year.why)));
            }
            false => line("year", &format!("{}, {}", year.year, clean(&year.why))),
        }
    }
    if let Some(day) = &story.day {
        match &day.open {
            Some((first, last)) => {
                line("day", &format!("{} shown, not settled: any from {first} to {last}", day.day));
                line("", &clean(&day.why));
            }
            None => line("day", &format!("{}, {}", day.day, clean(&day.why))),
        }
    }
    line("interval", &interval(story));
    match story.covers {
        Some(Covers::From(start)) => {
            line("covers", &format!("from {} to its stamp", both(&story.shown, start, digits_of(start))));
        }
        Some(Covers::Boot) => line("covers", "from the start of its machine to its stamp: averages"),
        None => {}
    }
    let words: Vec<&str> = story.instant.iter().flat_map(|instant| instant.basis.words()).collect();
    if !words.is_empty() {
        line("basis", &words.join(" "));
    }
    for row in &story.derived {
        let name = if std::ptr::eq(row, &story.derived[0]) { "derived" } else { "" };
        line(name, &derived(story, row));
    }
    neighbours(story, sheet, &mut line);
    line("pattern", &pattern(story));
}

/// What a stamp leaves out: `no zone and no fraction; `.
fn holes(stamp: &Stamp) -> String {
    let ambiguous = matches!(stamp.zone, WrittenZone::Ambiguous(_));
    let lack = |part: &&str| match *part {
        "zone" if ambiguous => "no zone that is one only".to_owned(),
        part => format!("no {part}"),
    };
    let lacks: Vec<String> = lacks(stamp).iter().map(lack).collect();
    let lacks: Vec<&str> = lacks.iter().map(String::as_str).collect();
    if lacks.is_empty() { String::new() } else { format!("{}; ", list(&lacks)) }
}

fn zone_words(zone: &ZoneRow) -> String {
    let reach = match (zone.from_line, zone.to_line) {
        (1, None) => String::new(),
        (from, None) => format!(", from line {from} on"),
        (from, Some(to)) => format!(", lines {from} to {to}"),
    };
    let name = match Offset(zone.offset).to_string() {
        offset if offset == zone.name || zone.name == "UTC" => zone.name.clone(),
        offset => format!("{} ({offset})", zone.name),
    };
    match zone.how {
        How::Offset(_) => format!("{}: the stamp says so", zone.name),
        How::Boot => "none needed: the stamp counts from a boot".to_owned(),
        How::Epoch => "none needed: the stamp counts from 1970 UTC".to_owned(),
        How::Repaired(written, by) => format!(
            "the stamp says {}, which is wrong: read as {}",
            Offset(written),
            Offset(written - by as i32)
        ),
        How::Assumed => format!("{name}: you said so (--assume-tz)"),
        How::Format => format!("{name}: its format says so"),
        How::Inferred => format!("{name}: inferred{reach}"),
        How::Default if zone.proofs.is_empty() => {
            format!("{name}: a guess{reach}; nothing tells the zone of its stamps")
        }
        How::Default => format!("{name}: a guess{reach}"),
    }
}

fn interval(story: &Explanation) -> String {
    let Some(instant) = story.instant else { return "not known".to_owned() };
    let end = |at: i64| match at {
        i64::MIN | i64::MAX => "?".to_owned(),
        at => {
            let mut text = Vec::new();
            render_rfc3339(&mut text, at, digits_of(at), 0, true);
            String::from_utf8_lossy(&text).into_owned()
        }
    };
    let ends = format!("{} to {}", end(instant.earliest), end(instant.latest));
    match &story.stamp {
        Some(_) if story.year.as_ref().is_some_and(YearRow::is_open) => {
            format!("{ends}: all years that are possible, and a day on both sides")
        }
        Some(_) if story.day.as_ref().is_some_and(|day| day.open.is_some()) => {
            format!("{ends}: all days that are possible")
        }
        Some((_, stamp)) if stamp.zone == WrittenZone::Boot => {
            format!("{ends}: as far as kernel lines with times tell, and clocks drift or are set")
        }
        Some(_) if instant.basis.has(Basis::SKEW) => {
            format!("{ends}, with what its clock was off taken away")
        }
        Some((_, stamp)) if instant.latest - instant.earliest > stamp.resolution.width() => {
            format!("{ends}: its clock was set back here and showed this time twice")
        }
        Some((_, stamp)) if instant.latest - instant.earliest < stamp.resolution.width() => {
            format!("{ends}: narrowed by the kernel's own clock")
        }
        Some(_) => format!("{ends}, by its machine's own clock"),
        None => {
            let (above, below) = &story.bounds;
            match (above, below) {
                (Some(above), Some(below)) => {
                    format!("{ends}: {above} and {below} have the stamps around it")
                }
                (Some(above), None) => format!("{ends}: {above} has the last stamp above it"),
                (None, Some(below)) => format!("{ends}: {below} has the first stamp below it"),
                (None, None) if story.uptime.is_some() => format!("{ends}: nothing else dates it"),
                (None, None) => match &story.landmarks {
                    Some(landmarks) => format!("{ends}: {landmarks}"),
                    None => format!("{ends}: no record of its file is dated"),
                },
            }
        }
    }
}

fn derived(story: &Explanation, row: &DerivedRow) -> String {
    let words: Vec<&str> = row.instant.basis.words().collect();
    format!(
        "» {}  {} ({})",
        clock(&story.shown, row.instant.best, row.digits),
        clean(&row.message),
        words.join(" ")
    )
}

fn neighbours(story: &Explanation, sheet: &Sheet, line: &mut impl FnMut(&str, &str)) {
    let (before, after) = &story.neighbours;
    for (name, neighbour) in [("above", before), ("below", after)] {
        let Some(neighbour) = neighbour else {
            line(
                name,
                if name == "above" {
                    "nothing: the timeline begins here"
                } else {
                    "nothing: the timeline ends here"
                },
            );
            continue;
        };
        let time = match neighbour.key {
            Some(at) => clock(&story.shown, at, neighbour.digits),
            None => "(undated)".to_owned(),
        };
        let mark = if neighbour.derived { "» " } else { "" };
        let place = format!("{time}  {}", clean(&neighbour.place));
        let text = format!("{mark}{}", excerpt(&clean(&neighbour.text), NARROW));
        if sheet.has(LEAD + width(&place) + 2 + width(&text)) {
            line(name, &format!("{place}  {text}"));
        } else {
            line(name, &place);
            line("", &text);
        }
        line("", order_words(neighbour.order, name == "above"));
    }
}

fn order_words(order: Ordered, above: bool) -> &'static str {
    match (order, above) {
        (Ordered::File, true) => "earlier: a line above it in the same log",
        (Ordered::File, false) => "later: a line below it in the same log",
        (Ordered::Time, true) => "earlier: it was over before this one began",
        (Ordered::Time, false) => "later: it began when this one was over",
        (Ordered::IfGuessed, true) => "earlier, if what is guessed of zones and years is right",
        (Ordered::IfGuessed, false) => "later, if what is guessed of zones and years is right",
        (Ordered::Against, true) => {
            "~ its stamp is earlier, and it stands below in the same log: written late, or a clock was set"
        }
        (Ordered::Against, false) => {
            "~ its stamp is later, and it stands above in the same log: written late, or a clock was set"
        }
        (Ordered::Unknown, _) => "~ order not known: either may have been first",
    }
}

fn pattern(story: &Explanation) -> String {
    let pattern = &story.pattern;
    let source = clean(&story.source);
    match (pattern.count, pattern.is_first) {
        (..=1, _) => format!("the only one of its kind in {source}"),
        (count, true) => format!("the first of {} like it in {source}", counted(count, "record")),
        (count, false) => {
            format!("one of {} like it in {source}; the first is {}", thousands(count), clean(&pattern.first))
        }
    }
}
