//! Runs a grammar's own samples and counter-samples: the proof that it reads what it claims.

use super::compile::Place;
use super::detect::fits;
use super::fault::Fault;
use super::load::{GrammarSet, compile_alone};
use super::model::Grammar;
use super::schema::SampleFile;
use super::slots::{Known, Slots};
use super::table::Columns;
use crate::base::Level;

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
        let first = line.split(|byte| *byte == b'\n').next().map_or(0, <[u8]>::len);
        if fits(&grammar, line, first, &mut Slots::default()) {
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
        found.push("the sample's header is none: its first column must be one of `time`".into());
    }
    if grammar.has_stamps() && head.stamp.is_none() && !grammar.is_undated(&head) {
        found.push("no stamp was read".into());
    }
    found
}

impl GrammarSet {
    /// (grammar name, record) of every sample that shows its format: for the test that no other grammar takes them.
    pub fn samples(&self) -> impl Iterator<Item = (&str, &str)> {
        self.iter().flat_map(|(id, grammar)| {
            self.typed(id)
                .sample
                .iter()
                .filter(|sample| sample.detected)
                .map(|sample| (grammar.name.as_str(), sample.record.as_ref().as_str()))
        })
    }
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
    fn every_sample_is_detected_as_its_own_format() {
        let set = GrammarSet::embedded().unwrap_or_else(|error| panic!("{error}"));
        let mut wrong = Vec::new();
        for (name, record) in set.samples().filter(|(name, _)| *name != "plain") {
            let detection = super::super::detect(&set, record.as_bytes());
            let winner = detection.winner().map(|id| set.get(id).name.as_str());
            if winner != Some(name) {
                wrong.push(format!("{name}, taken for {winner:?}: {record}"));
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }
}
