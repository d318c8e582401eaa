//! `timeline formats`: list, show, check and detect. What `new` does is in `formats_new`.

use std::fmt::Write as _;
use std::path::PathBuf;

use super::args::{FormatsAction, FormatsArgs};
use super::context::grammars;
use super::outcome::Ending;
use super::output::Output;
use super::resolve::opening;
use crate::base::{Error, Result};
use crate::grammar::{CheckReport, Fault, GrammarSet, check_company, check_grammar, check_newcomer, detect};
use crate::io::{Budget, Contents, Head, OpenOptions, open, walk};
use crate::text::{clean, width};

/// Runs `timeline formats`.
pub(super) fn run(args: &FormatsArgs) -> Result<Ending> {
    let set = grammars()?;
    let (text, ending) = match &args.action {
        None | Some(FormatsAction::List) => (list(&set), Ending::Good),
        Some(FormatsAction::Show { name }) => (show(&set, name)?, Ending::Good),
        Some(FormatsAction::Check { files }) => check(&set, files)?,
        Some(FormatsAction::Detect { files, opening: told }) => detect_files(&set, files, &opening(told)?)?,
        Some(FormatsAction::New(args)) => return super::formats_new::run(&set, args),
    };
    let mut output = Output::stdout();
    output.write(text.as_bytes())?;
    output.finish()?;
    Ok(ending)
}

fn list(set: &GrammarSet) -> String {
    let mut rows: Vec<_> = set.names().collect();
    rows.sort();
    let widest = rows.iter().map(|(name, _)| width(name)).max().unwrap_or(0);
    rows.iter().fold(String::new(), |mut text, (name, title)| {
        let _ = writeln!(text, "{name:widest$}  {title}");
        text
    })
}

fn show(set: &GrammarSet, name: &str) -> Result<String> {
    let id = set
        .find(name)
        .ok_or_else(|| Error::new(format!("no format is called `{name}`; `timeline formats` lists them")))?;
    Ok(set.text(id).to_owned())
}

fn check(set: &GrammarSet, files: &[PathBuf]) -> Result<(String, Ending)> {
    let mut texts: Vec<(String, String)> = Vec::new();
    if files.is_empty() {
        texts.extend(set.texts().map(|(file, text)| (file.to_owned(), text.to_owned())));
        texts.sort();
    }
    for path in files {
        let text = std::fs::read_to_string(path).map_err(|error| Error::io("read", path, &error))?;
        texts.push((path.display().to_string(), text));
    }
    let mut out = String::new();
    let mut failed = 0;
    for (file, text) in &texts {
        match check_one(set, file, text, !files.is_empty()) {
            Ok(report) if report.faults.is_empty() => {
                let (samples, counters) = report.samples;
                let _ =
                    writeln!(out, "ok      {}: {samples} samples, {counters} counter-samples", report.name);
            }
            Ok(report) => {
                failed += 1;
                let _ = writeln!(out, "FAILED  {}", report.name);
                for fault in report.faults {
                    let _ = writeln!(out, "{fault}");
                }
            }
            Err(fault) => {
                failed += 1;
                let _ = writeln!(out, "FAILED  {file}\n{fault}");
            }
        }
    }
    let _ = writeln!(out, "{} of {} formats pass", texts.len() - failed, texts.len());
    Ok((out, if failed == 0 { Ending::Good } else { Ending::Short }))
}

/// A grammar by itself, then in the company of all others; what is in the set already is no newcomer there.
fn check_one(
    set: &GrammarSet,
    file: &str,
    text: &str,
    newcomer: bool,
) -> std::result::Result<CheckReport, Fault> {
    let mut report = check_grammar(file, text)?;
    if report.faults.is_empty() {
        report.faults = match newcomer {
            true => check_newcomer(set, file, text, &report.name),
            false => check_company(set, &report.name),
        };
    }
    Ok(report)
}

fn detect_files(set: &GrammarSet, files: &[PathBuf], options: &OpenOptions) -> Result<(String, Ending)> {
    let (found, mut remarks) = walk(files, false)?;
    let budget = Budget::in_order(&options.limits);
    let mut members = Vec::new();
    for file in found {
        match open(file, false, options) {
            Contents::File((file, _, head)) => members.push((file.name, head)),
            Contents::Archive(archive) => {
                let (inside, said) = archive.open(options, &budget);
                members.extend(inside.into_iter().map(|(file, _, head)| (file.name, head)));
                remarks.extend(said);
            }
        }
    }
    let mut out = String::new();
    let members = members.iter().map(|(name, head)| (clean(name), head));
    let members: Vec<(String, &Head)> = members.collect();
    let widest = members.iter().map(|(name, _)| width(name)).max().unwrap_or(0);
    for (name, head) in &members {
        let verdict = match head {
            Head::Text(sample) => verdict(set, sample),
            Head::Empty => "empty".to_owned(),
            Head::Unread(why) => why.clone(),
        };
        let _ = writeln!(out, "{name}{}  {verdict}", " ".repeat(widest - width(name)));
    }
    for remark in remarks {
        let _ = writeln!(out, "{}: {}", clean(&remark.file), clean(&remark.why));
    }
    Ok((out, Ending::Good))
}

/// `nginx-error 37/37 (runner-up stamped 37/37)`
fn verdict(set: &GrammarSet, sample: &[u8]) -> String {
    let detection = detect(set, sample);
    let share = |index: usize| {
        detection.candidates.get(index).map(|candidate| {
            format!("{} {}/{}", set.get(candidate.grammar).name, candidate.lines, detection.sampled)
        })
    };
    match (share(0), share(1)) {
        (Some(winner), Some(second)) => format!("{winner} (also fits, less particular: {second})"),
        (Some(winner), None) => winner,
        _ => "plain: no stamp is recognised, every line is a record".to_owned(),
    }
}
