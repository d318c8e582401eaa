//! Asks the program about a world and holds its answers against the truth.
//!
//! A claim is an event whose basis is not `zone:default`, or a source's segment. Where a host's clock was
//! off, both the true instant and what the clock showed are accepted, as long as the program does not say
//! that it corrected the clock: then the true instant alone is.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use super::clock::{DAY, HOUR, SECOND, Zone, zulu};
use super::disk::Written;
use super::line::Layout;
use super::tally::{Asked, Fault, Outcome, Verdict};
use super::world::{Truth, World};

/// What the program said about a world.
pub(crate) struct Answers {
    sources: Vec<Value>,
    events: Vec<Value>,
}

impl Answers {
    /// Answers that did not come from the program.
    #[cfg(test)]
    pub(crate) fn made(sources: Vec<Value>, events: Vec<Value>) -> Self {
        Self { sources, events }
    }

    pub(crate) fn ask(
        program: &Path,
        world: &World,
        folder: &Path,
        options: &[String],
    ) -> Result<Self, String> {
        let options = [&[format!("--tz={}", world.tz)], options].concat();
        let run = |command| run(program, command, folder, &options);
        Ok(Self { sources: run("sources")?, events: run("show")? })
    }
}

fn run(program: &Path, command: &str, folder: &Path, options: &[String]) -> Result<Vec<Value>, String> {
    let output = Command::new(program)
        .args([command, "--format", "jsonl", "--quiet", "--no-dedupe"])
        .args(options)
        .arg(folder)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        // No settings of whoever runs the trial.
        .env("HOME", folder.join("nobody"))
        .env("XDG_CONFIG_HOME", folder.join("nobody"))
        .stdin(Stdio::null())
        .output()
        .map_err(|why| format!("{}: {why}", program.display()))?;
    if !output.status.success() {
        return Err(format!("{command}: {}: {}", output.status, String::from_utf8_lossy(&output.stderr)));
    }
    let text = String::from_utf8(output.stdout).map_err(|why| why.to_string())?;
    text.lines()
        .map(|line| serde_json::from_str(line).map_err(|why| format!("{command}: {why}: {line}")))
        .collect()
}

/// An event as far as the scorer reads it.
struct Said<'a> {
    time: Option<i64>,
    earliest: Option<i64>,
    latest: Option<i64>,
    basis: BTreeSet<&'a str>,
}

impl<'a> Said<'a> {
    fn read(event: &'a Value) -> Self {
        let nanos = |key: &str| {
            let time = chrono::DateTime::parse_from_rfc3339(event[key].as_str()?).ok()?;
            time.timestamp_nanos_opt()
        };
        let basis = event["basis"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        Self { time: nanos("time"), earliest: nanos("earliest"), latest: nanos("latest"), basis }
    }

    fn has(&self, word: &str) -> bool {
        self.basis.contains(word)
    }

    fn holds(&self, instant: i64) -> bool {
        self.earliest.is_some_and(|earliest| earliest <= instant)
            && self.latest.is_some_and(|latest| instant < latest)
    }

    fn width(&self) -> i64 {
        self.latest.zip(self.earliest).map_or(i64::MAX, |(latest, earliest)| latest.saturating_sub(earliest))
    }

    fn words(&self) -> String {
        let show = |at: Option<i64>| at.map_or_else(|| "null".to_owned(), |at| zulu(at, 3));
        let basis: Vec<&str> = self.basis.iter().copied().collect();
        format!(
            "{} in [{}, {}) by {}",
            show(self.time),
            show(self.earliest),
            show(self.latest),
            basis.join(" ")
        )
    }
}

/// Compares. One outcome per source and question, and the first fault of each.
pub(crate) fn score(world: &World, written: &Written, answers: &Answers) -> Vec<Outcome> {
    let mut judged: BTreeMap<(usize, Asked), (BTreeSet<Verdict>, Option<Fault>)> = BTreeMap::new();
    let mut judge = |log: usize, asked: Asked, verdict: Verdict, fault: &dyn Fn() -> Fault| {
        let entry = judged.entry((log, asked)).or_default();
        entry.0.insert(verdict);
        if verdict == Verdict::Wrong && entry.1.is_none() {
            entry.1 = Some(fault());
        }
    };
    let mut seen = BTreeSet::new();
    for event in &answers.events {
        let (file, line) = (event["file"].as_str().unwrap_or_default(), event["line"].as_u64().unwrap_or(0));
        let key = (file.to_owned(), line);
        let derived =
            event["marks"].as_array().is_some_and(|marks| marks.iter().any(|mark| mark == "derived"));
        let Some(truth) = written.truths.get(&key).filter(|_| !derived) else { continue };
        let said = Said::read(event);
        let fault = || Fault {
            file: file.to_owned(),
            line,
            said: said.words(),
            truth: format!("{}, offset {} s, stamp {}", zulu(truth.at, 3), truth.offset, event["stamp"]),
        };
        let log = written.logs[file];
        // Whether a late line was stamped before or after a change of zone, nobody can tell.
        if truth.late && world.logs[log].zones.changes() {
            seen.insert(key);
            continue;
        }
        let host = world.logs[log].host;
        let lying = world.logs.iter().any(|log| log.host == host && log.lie.is_some());
        let hidden = world.logs[log].kinds.contains(&"silent year");
        // An uptime is dated by the clock as it stood when a kernel line had a time.
        let told: Vec<i64> = world.hosts[host].ahead.values().map(|ahead| truth.at + ahead).collect();
        for (asked, verdict) in event_verdicts(&said, truth, (&told, lying)) {
            let asked = if hidden && asked == Asked::Year { Asked::HiddenYear } else { asked };
            judge(log, asked, verdict, &fault);
        }
        seen.insert(key);
    }
    for ((file, line), truth) in &written.truths {
        if truth.layout != Layout::Plain && !seen.contains(&(file.clone(), *line)) {
            let fault = || Fault {
                file: file.clone(),
                line: *line,
                said: "no event begins here".into(),
                truth: zulu(truth.at, 3),
            };
            judge(written.logs[file], Asked::Line, Verdict::Wrong, &fault);
        }
    }
    for row in &answers.sources {
        let Some((log, fault)) = wrong_segment(row, written) else { continue };
        judge(log, Asked::Zone, Verdict::Wrong, &|| fault.clone());
    }
    let outcome =
        |((log, asked), (verdicts, fault)): ((usize, Asked), (BTreeSet<Verdict>, Option<Fault>))| {
            let verdict = match (verdicts.contains(&Verdict::Wrong), verdicts.len()) {
                (true, _) => Verdict::Wrong,
                (false, 1) => verdicts.into_iter().next().unwrap_or(Verdict::Open),
                (false, _) => Verdict::Part,
            };
            Outcome {
                log: world.logs[log].path.clone(),
                asked,
                verdict,
                kinds: world.logs[log].kinds.clone(),
                fault,
            }
        };
    judged.into_iter().map(outcome).collect()
}

/// What one event answers to each question. `told` are its instants by the clocks that its host had, and whether a
/// label on that host lies.
fn event_verdicts(said: &Said<'_>, truth: &Truth, (told, lying): (&[i64], bool)) -> Vec<(Asked, Verdict)> {
    let mut verdicts = Vec::new();
    if truth.layout == Layout::Plain {
        if said.earliest.is_some() && said.latest.is_some() && !said.has("zone:default") {
            let held = told.iter().chain([&truth.at]).any(|at| said.holds(*at));
            let verdict = match held {
                true => Verdict::Right,
                // What follows from a label that lies, and that nothing contradicts, is no claim of ours either.
                false if lying && said.has("offset") => Verdict::Open,
                false => Verdict::Wrong,
            };
            verdicts.push((Asked::Bounds, verdict));
        }
        return verdicts;
    }
    let corrected = said.has("skew") || said.has("step");
    let held = said.holds(truth.at) || (!corrected && said.holds(truth.reading));
    if truth.layout.yearless() {
        // A clock that nobody had set yet shows no year that means anything.
        let unset = (truth.reading - truth.at).abs() > 180 * DAY;
        let far = unset || said.time.is_some_and(|time| (time - truth.reading).abs() > 180 * DAY);
        let year = match said.time {
            None => Verdict::Open,
            Some(_) if held && said.width() > 180 * DAY => Verdict::Open,
            Some(_) if far && !held => Verdict::Wrong,
            Some(_) => Verdict::Right,
        };
        verdicts.push((Asked::Year, year));
        if unset || year != Verdict::Right {
            return verdicts;
        }
    }
    if corrected {
        verdicts.push((Asked::Clock, if held { Verdict::Right } else { Verdict::Wrong }));
        if !held {
            return verdicts;
        }
    } else if truth.at != truth.reading {
        verdicts.push((Asked::Clock, Verdict::Open));
    }
    let asked = if truth.label.is_some() { Asked::Label } else { Asked::Zone };
    let lies = truth.label.is_some_and(|label| label != truth.offset);
    let verdict = if said.has("zone:default") || said.time.is_none() {
        Verdict::Open
    } else if held {
        // Two readings an hour apart are one answer (a clock set back names them both); more are not.
        if said.width() > 2 * HOUR { Verdict::Open } else { Verdict::Right }
    } else if lies && said.has("offset") && !said.has("zone:repaired") {
        // Believing a stamp that nothing contradicts is no claim of ours.
        Verdict::Open
    } else {
        Verdict::Wrong
    };
    verdicts.push((asked, verdict));
    verdicts
}

/// The first line whose segment, in a source whose zone is decided, tells another offset than the truth.
fn wrong_segment(row: &Value, written: &Written) -> Option<(usize, Fault)> {
    if !matches!(row["zone_basis"].as_str()?, "zone:inferred" | "zone:repaired" | "zone:assumed") {
        return None;
    }
    let files: Vec<&str> = row["files"].as_array()?.iter().filter_map(Value::as_str).collect();
    let log = *written.logs.get(*files.first()?)?;
    let (writers, segments): (Vec<&Value>, Vec<&Value>) = row["segments"]
        .as_array()?
        .iter()
        .partition(|one| one["program"].is_string() || one["host"].is_string());
    // Lines of a family count through its files, oldest first, unless segments name their file.
    let mut before = 0;
    for file in files {
        let lines = written.truths.range((file.to_owned(), 0)..=(file.to_owned(), u64::MAX));
        let mut count = 0;
        for ((_, line), truth) in lines {
            count = *line;
            if truth.label.is_some() || truth.odd || truth.late || truth.layout == Layout::Plain {
                continue;
            }
            // Which writer a line is by is told by its event, which is scored.
            if writers.iter().any(|writer| writer["file"].as_str().is_none_or(|name| name == file)) {
                continue;
            }
            let begun = |segment: &&&Value| {
                let from = segment["from_line"].as_u64().unwrap_or(1);
                match segment["file"].as_str() {
                    Some(name) => name == file && from <= *line,
                    None => from <= before + line,
                }
            };
            let named = segments.iter().rfind(begun);
            let Some(segment) = named else { continue };
            if segment["zone_basis"].as_str() == Some("zone:default") {
                continue;
            }
            let zone = segment["zone"].as_str().unwrap_or_default();
            let claimed = match Zone::parse(zone) {
                Some(zone @ Zone::Named(_)) => zone.offset(truth.reading),
                _ => segment["offset_seconds"].as_i64()? as i32,
            };
            let instant = truth.wall - i64::from(claimed) * SECOND;
            let tick = truth.layout.tick();
            let near = |truth: i64| (instant - truth).abs() <= tick;
            if !near(truth.reading) && !near(truth.at) {
                let said = format!("segment {segment} of {}", row["zone_basis"]);
                let truth = format!("offset {} s", truth.offset);
                return Some((log, Fault { file: file.to_owned(), line: *line, said, truth }));
            }
        }
        before += count;
    }
    None
}
