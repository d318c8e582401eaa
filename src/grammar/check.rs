//! Runs a grammar's own samples and counter-samples: the proof that it reads what it claims.

use super::compile::Place;
use super::detect::{detect, fits, wins};
use super::fault::Fault;
use super::load::{GrammarSet, compile_alone};
use super::model::{Grammar, GrammarId};
use super::schema::SampleFile;
use super::slots::{Known, Slots};
use super::table::Columns;
use crate::base::{Level, Resolution, Stamp, WrittenZone};

/// What a check found.
#[derive(Debug)]
pub struct CheckReport {
    /// The grammar's name.
    pub name: String,
    /// Samples and counter-samples that were run.
    pub samples: (usize, usize),
    /// What went wrong, ready to print.
    pub faults: Vec<Fault>,
}

/// Checks one grammar of a set, or a text that is not in it yet.
pub fn check_grammar(file: &str, text: &str) -> Result<CheckReport, Fault> {
    let (grammar, typed) = compile_alone(file, text)?;
    let place = Place { file, source: text };
    let mut faults = Vec::new();
    if typed.sample.is_empty() {
        faults.push(place.fault(&typed.name, 0, "a grammar needs at least one [[sample]]"));
    }
    if typed.counter_sample.is_empty() && grammar.name != "plain" {
        faults.push(place.fault(&typed.name, 0, "a grammar needs at least one [[counter_sample]]"));
    }
    for sample in &typed.sample {
        for message in differences(&grammar, sample) {
            faults.push(place.fault(&sample.record, 0, message));
        }
    }
    for counter in &typed.counter_sample {
        let line = counter.line.as_ref().as_bytes();
        if fits(&grammar, line, first_line(line), &mut Slots::default()) {
            faults.push(place.fault(
                &counter.line,
                0,
                format!("this line fits, but must not: {}", counter.why),
            ));
        }
    }
    let samples = (typed.sample.len(), typed.counter_sample.len());
    Ok(CheckReport { name: grammar.name, samples, faults })
}

/// Where the reading of a sample differs from what it promises.
fn differences(grammar: &Grammar, sample: &SampleFile) -> Vec<String> {
    let record = sample.record.as_ref().trim_end_matches('\n').as_bytes();
    let first = record.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let mut slots = Slots::default();
    let Some(head) = grammar.begins_in(record, first.len(), &mut slots) else {
        return vec!["no record begins here: the part up to {time} does not fit".into()];
    };
    let reading = grammar.read(record, &head, &mut slots, false);
    let mut found = Vec::new();
    if !reading.whole {
        found.push("the stamp fits, but no layout fits the rest of the line".to_owned());
    }
    let text = |part| slots.known(part).map(|span| String::from_utf8_lossy(span.of(record)).into_owned());
    let mut message = Vec::new();
    grammar.message(record, &slots, &reading, &mut message);
    let program = text(Known::Program).or_else(|| grammar.program.clone());
    let mut compare = |what: &str, wanted: Option<&str>, got: Option<String>| {
        if let Some(wanted) = wanted
            && got.as_deref() != Some(wanted)
        {
            found.push(format!(
                "{what} is {}, not `{wanted}`",
                got.map_or("absent".into(), |got| format!("`{got}`"))
            ));
        }
    };
    compare("stamp", sample.stamp.as_deref(), text(Known::Time));
    compare("level", sample.level.as_deref(), Level::word(reading.level).map(str::to_owned));
    compare("host", sample.host.as_deref(), text(Known::Host));
    compare("program", sample.program.as_deref(), program);
    compare("pid", sample.pid.map(|pid| pid.to_string()).as_deref(), text(Known::Pid));
    compare("message", sample.message.as_deref(), Some(String::from_utf8_lossy(&message).into_owned()));
    let mut fields = Vec::new();
    let mut found_header = true;
    grammar.fields(record, &slots, reading.message, |name, value| {
        fields.push((name.to_owned(), String::from_utf8_lossy(value).into_owned()));
    });
    if let (Some(header), true) = (&sample.header, grammar.sections.is_some()) {
        match grammar.header(header.as_bytes(), &mut Slots::default()) {
            Some((_, names)) => {
                grammar.cells(record, (&head, &slots), &Columns::section(names), |name, value| {
                    fields.push((name.to_owned(), String::from_utf8_lossy(value).into_owned()));
                });
            }
            None => found_header = false,
        }
    }
    if let (Some(header), Some(spec), Some(stamp)) =
        (&sample.header, &grammar.table, slots.known(Known::Time))
    {
        match Columns::header(spec, header.as_bytes()) {
            Some(columns) => columns.fields(&first[stamp.end as usize..], |name, value| {
                fields.push((name.to_owned(), String::from_utf8_lossy(value).into_owned()));
            }),
            None => found_header = false,
        }
    }
    for (name, wanted) in &sample.fields {
        let got = fields.iter().find(|(field, _)| field == name).map(|(_, value)| value.clone());
        compare(&format!("field {name}"), Some(wanted), got);
    }
    if !found_header {
        found.push("the sample's header is none".into());
    }
    if grammar.has_stamps() && head.stamp.is_none() && !grammar.is_undated(&head) {
        found.push("no stamp was read".into());
    }
    found
}

/// What is wrong with the company of a grammar that is not in the set yet: samples of its own that another one
/// would win, and samples of others that it would win.
pub fn check_newcomer(set: &GrammarSet, file: &str, text: &str, name: &str) -> Vec<Fault> {
    let set = match set.and(file, text) {
        Ok(set) => set,
        // It compiled alone: only the number of grammars can be too many.
        Err(error) => return vec![Fault::new(file, text, 0, error.to_string())],
    };
    let Some(id) = set.find(name) else { return Vec::new() };
    let mut faults: Vec<Fault> = taken_by_others(&set, id).into_iter().map(|(_, fault)| fault).collect();
    for (other, sample) in taken_from_others(&set, id) {
        let message = format!("`{name}` would take this record from `{}`", set.get(other).name);
        faults.push(place(&set, other).fault(&sample.record, 0, message).hint(
            "ask for more in its layouts, give it a lower rank, or leave the samples out of the other one",
        ));
    }
    faults
}

/// Samples of other grammars that this one would win.
pub(super) fn taken_from_others(
    set: &GrammarSet,
    id: GrammarId,
) -> impl Iterator<Item = (GrammarId, &SampleFile)> {
    let others = set.iter().filter(move |(other, _)| *other != id);
    let samples = others.flat_map(|(other, _)| set.samples(other).iter().map(move |it| (other, it)));
    samples.filter(move |(_, sample)| sample.detected && wins(set, id, sample.record.as_ref().as_bytes()))
}

/// What is wrong with the company that a grammar of the set is in: samples of its own that another one would win.
pub fn check_company(set: &GrammarSet, name: &str) -> Vec<Fault> {
    let faults = set.find(name).map(|id| taken_by_others(set, id)).unwrap_or_default();
    faults.into_iter().map(|(_, fault)| fault).collect()
}

/// Samples that another grammar would win, and which: one by one, and all of them as one file.
pub(super) fn taken_by_others(set: &GrammarSet, id: GrammarId) -> Vec<(GrammarId, Fault)> {
    let grammar = set.get(id);
    let samples = set.samples(id);
    let mut faults = Vec::new();
    if !grammar.has_stamps() {
        return faults;
    }
    for sample in samples {
        let record = sample.record.as_ref().as_bytes();
        let Some(winner) = detect(set, record).winner().filter(|winner| *winner != id) else { continue };
        let name = &set.get(winner).name;
        if sample.detected {
            let message = format!("a file of this record alone would be read as `{name}`");
            faults.push((winner, place(set, id).fault(&sample.record, 0, message)));
        } else if !agrees(first_stamp(set.get(winner), record), first_stamp(grammar, record)) {
            let message = format!("`{name}`, which would read this record, sees another time in it");
            faults.push((winner, place(set, id).fault(&sample.record, 0, message)));
        }
    }
    let shown = samples.iter().filter(|sample| sample.detected).collect::<Vec<_>>();
    let file: Vec<&str> = shown.iter().map(|sample| sample.record.as_ref().as_str()).collect();
    if let (Some(first), Some(winner)) = (shown.first(), detect(set, file.join("\n").as_bytes()).winner())
        && winner != id
        && faults.is_empty()
    {
        let message = format!("a file of all these samples would be read as `{}`", set.get(winner).name);
        faults.push((winner, place(set, id).fault(&first.record, 0, message)));
    }
    faults
}

fn place(set: &GrammarSet, id: GrammarId) -> Place<'_> {
    Place { file: &set.get(id).origin, source: set.text(id) }
}

/// Whether what another grammar reads is the stamp itself, or less of it: without its zone or fraction.
fn agrees(seen: Option<Stamp>, own: Option<Stamp>) -> bool {
    let Some((seen, own)) = seen.zip(own) else { return seen == own };
    let zone = seen.zone == own.zone || seen.zone == WrittenZone::Absent;
    let fraction = (seen.nanos, seen.resolution) == (own.nanos, own.resolution)
        || seen.nanos == 0 && seen.resolution == Resolution::SECOND;
    zone && fraction && (seen.seconds, seen.date) == (own.seconds, own.date)
}

/// The stamp of a record's first line.
fn first_stamp(grammar: &Grammar, record: &[u8]) -> Option<Stamp> {
    grammar.begins_in(record, first_line(record), &mut Slots::default())?.stamp
}

/// How long a record's first line is.
fn first_line(record: &[u8]) -> usize {
    record.iter().position(|byte| *byte == b'\n').unwrap_or(record.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_embedded_grammar_reads_its_samples() {
        let set = GrammarSet::embedded().unwrap_or_else(|error| panic!("{error}"));
        let mut faults = Vec::new();
        for (id, grammar) in set.iter() {
            let report =
                check_grammar(&grammar.origin, set.text(id)).unwrap_or_else(|fault| panic!("{fault}"));
            faults.extend(report.faults.iter().map(ToString::to_string));
        }
        assert!(faults.is_empty(), "{}", faults.join("\n\n"));
    }

    #[test]
    fn every_grammar_loses_against_the_samples_of_every_other_one() {
        let set = GrammarSet::embedded().unwrap_or_else(|error| panic!("{error}"));
        let mut wrong = Vec::new();
        for (id, grammar) in set.iter().filter(|(_, grammar)| grammar.has_stamps()) {
            wrong.extend(check_company(&set, &grammar.name).iter().map(ToString::to_string));
            for sample in set.samples(id).iter().filter(|sample| sample.detected) {
                let record = sample.record.as_ref();
                if detect(&set, record.as_bytes()).winner().is_none() {
                    wrong.push(format!("{}: nothing was detected in {record}\n", grammar.name));
                }
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.concat());
    }

    /// What a whole line of a grammar says of its time, any other grammar that reads the line whole must say
    /// too, or less of it: lines that share a file are read by either.
    #[test]
    fn no_two_grammars_read_different_times_from_one_line() {
        let set = GrammarSet::embedded().unwrap_or_else(|error| panic!("{error}"));
        let mut slots = Slots::default();
        let mut wrong = Vec::new();
        for (id, grammar) in set.iter().filter(|(_, grammar)| grammar.has_stamps()) {
            for sample in set.samples(id) {
                let record = sample.record.as_ref().as_bytes();
                let length = first_line(record);
                let own = first_stamp(grammar, record);
                for other in set.secondary().filter(|other| *other != id) {
                    let grammar = set.get(other);
                    let seen = first_stamp(grammar, record);
                    if fits(grammar, record, length, &mut slots) && !agrees(seen, own) {
                        let record = sample.record.as_ref();
                        wrong.push(format!("{} reads {seen:?}, not {own:?}: {record}\n", grammar.name));
                    }
                }
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.concat());
    }
}
