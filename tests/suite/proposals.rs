//! What `formats new` must hold for any made-up layout: what it proposes passes `formats check`, is the format
//! that the file then has, and reads nine of ten records whole, with the stamp as the log wrote it. What no format
//! but its own can have, it says so.

use std::path::Path;

use serde_json::Value;

use crate::util::{Random, Scratch, date, package};

/// How a stamp is written: day first, and then such that the order shows.
fn stamp(random: &mut Random, spelling: u64, second: i64) -> String {
    let (year, month, day) = date(second.div_euclid(86_400));
    let of_day = second.rem_euclid(86_400);
    let clock = format!("{:02}:{:02}:{:02}", of_day / 3_600, of_day / 60 % 60, of_day % 60);
    let name = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        [month as usize - 1];
    let fraction = random.below(1_000);
    match spelling {
        0 => format!("{year:04}-{month:02}-{day:02} {clock}.{fraction:03}"),
        1 => format!("{year:04}-{month:02}-{day:02}T{clock}+09:00"),
        2 => format!("{year:04}/{month:02}/{day:02} {clock}"),
        3 => format!("{name} {day:2} {clock}"),
        4 => format!("{day:02}.{month:02}.{year:04} {clock}"),
        5 => format!("{month:02}/{day:02}/{year:04} {clock}.{fraction:03}"),
        6 => format!("{day:02}-{name}-{year:04} {clock}"),
        7 => format!("{year:04}{month:02}{day:02}-{}", clock.replace(':', "")),
        8 => format!("{second}.{fraction:03}"),
        _ => format!("{year:04}-{month:02}-{day:02} {}", &clock[..5]),
    }
}

const SEPARATORS: [&str; 6] = [" ", " | ", ";", "\t", "|", " - "];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Stamp,
    Level,
    Host,
    Thread,
    Program,
    Number,
}

/// A made-up format.
struct Made {
    spelling: u64,
    separator: &'static str,
    parts: Vec<Part>,
    letters: bool,
    bracketed: bool,
    ends: &'static str,
}

impl Made {
    fn new(random: &mut Random) -> Self {
        let mut parts = vec![Part::Stamp];
        for part in [Part::Level, Part::Host, Part::Thread, Part::Program, Part::Number] {
            if random.chance(60) {
                // Before the stamp stands one column at most, as in real logs.
                let first = usize::from(parts[0] != Part::Stamp || random.chance(80));
                let at = first + random.below((parts.len() + 1 - first) as u64) as usize;
                parts.insert(at, part);
            }
        }
        Self {
            spelling: random.below(10),
            separator: SEPARATORS[random.below(6) as usize],
            parts,
            letters: random.chance(40),
            bracketed: random.chance(30),
            ends: if random.chance(20) { "\r\n" } else { "\n" },
        }
    }

    fn record(&self, random: &mut Random, stamp: &str) -> String {
        let levels = if self.letters { ["I", "W", "E", "D"] } else { ["INFO", "WARN", "ERROR", "DEBUG"] };
        let mut cells: Vec<String> = Vec::new();
        for part in &self.parts {
            let cell = match part {
                Part::Stamp => stamp.to_owned(),
                Part::Level => (*random.pick(&levels)).to_owned(),
                Part::Host => format!("web{}", random.below(3)),
                Part::Thread => format!("worker-{}", random.below(20)),
                Part::Program => {
                    format!("{}[{}]", random.pick(&["cart", "checkout"]), 100 + random.below(9_000))
                }
                Part::Number => random.below(100_000).to_string(),
            };
            cells.push(if self.bracketed { format!("[{cell}]") } else { cell });
        }
        let messages = [
            "order 42 is lost",
            "slow answer from redis (1.2 s)",
            "연결이 끊어졌습니다: 10.0.0.7",
            "retrying in 30 s, attempt 3",
            "user=jo asks for \"quoted\" things",
            "done",
        ];
        cells.push((*random.pick(&messages)).to_owned());
        cells.join(self.separator)
    }
}

/// The lines of a made-up log, and its stamps.
fn made_up(made: &Made, random: &mut Random) -> (String, Vec<String>) {
    let mut second = 1_418_378_459;
    let (mut text, mut stamps) = (String::new(), Vec::new());
    for _ in 0..40 + random.below(40) {
        // Some days: the 13th and later show which number is the day.
        second += random.below(40_000) as i64;
        let stamp = stamp(random, made.spelling, second);
        text += &made.record(random, &stamp);
        text += made.ends;
        stamps.push(stamp);
        if random.chance(10) {
            text += &format!("    at Checkout.pay (/srv/shop/pay.js:31){}", made.ends);
        }
    }
    (text, stamps)
}

/// What is wrong with the proposal for the layout of a seed, which is kept for the user, if it is not refused;
/// whether there is one.
fn trial(scratch: &Scratch, folder: &Path, seed: u64) -> Result<bool, String> {
    let mut random = Random(seed);
    let made = Made::new(&mut random);
    let (text, stamps) = made_up(&made, &mut random);
    scratch.write("made.log", &text);
    let grammar = folder.join("made.toml");
    let _ = std::fs::remove_file(&grammar);
    let path = grammar.display().to_string();
    let answer = scratch.run(&["formats", "new", "--from", "made.log", "-o", &path]);
    let said = String::from_utf8_lossy(&answer.stderr).into_owned();
    if answer.status.code() == Some(1) {
        // What a format of the program reads needs no proposal.
        let known = said.contains(" is read by the format `") || said.contains("too much like those of");
        return if known { Ok(false) } else { Err(said) };
    }
    let proposal = std::fs::read_to_string(&grammar).map_err(|error| format!("{error}: {said}"))?;
    let wrong = |what: &str| {
        let shown = text.lines().take(3).collect::<Vec<_>>().join("\n");
        Err(format!("seed {seed}: {what}\n{shown}\n{proposal}"))
    };
    let checked = scratch.run(&["formats", "check", &path]);
    if !checked.status.success() {
        return wrong(&String::from_utf8_lossy(&checked.stdout));
    }
    let found = scratch.good(&["show", "made.log", "--tz", "UTC", "--year", "2015", "--format", "jsonl"]);
    let found = String::from_utf8(found).expect("UTF-8");
    let events: Vec<Value> = found.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let own =
        |event: &&Value| event["format"] == "made" && stamps.iter().any(|stamp| event["stamp"] == **stamp);
    let good = events.iter().filter(own).count();
    if good * 10 < stamps.len() * 9 || events.len() > stamps.len() * 11 / 10 {
        return wrong(&format!("{good} of {} records in {} events", stamps.len(), events.len()));
    }
    // What the comment says is what the grammar does: all but a tenth are read whole.
    let told = proposal.lines().find_map(|line| line.strip_prefix("# It reads ")).expect("a count");
    let counts: Vec<usize> = told.split_whitespace().filter_map(|word| word.parse().ok()).collect();
    if counts[0] * 10 < counts[1] * 9 || counts[1] != stamps.len() {
        return wrong(told);
    }
    Ok(true)
}

/// `TRIALS=700` tries more layouts than every run of the tests can wait for.
#[test]
fn proposals_read_what_they_were_made_from() {
    let trials = std::env::var("TRIALS").ok().and_then(|count| count.parse().ok()).unwrap_or(36);
    let scratch = Scratch::new("proposals");
    let folder = scratch.root().join("config/timeline/grammars");
    std::fs::create_dir_all(&folder).expect("folder");
    let mut proposed = 0;
    let mut wrong = Vec::new();
    for seed in 0..trials {
        match trial(&scratch, &folder, seed) {
            Ok(own) => proposed += u64::from(own),
            Err(why) => wrong.push(why),
        }
    }
    assert!(wrong.is_empty(), "{} of {trials} are wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert!(proposed * 2 > trials, "only {proposed} of {trials} have a proposal");
}

#[test]
fn every_sample_file_gets_a_sound_answer() {
    let scratch = Scratch::new("proposals");
    let folder = package().join("samples/formats");
    let mut paths: Vec<_> =
        std::fs::read_dir(&folder).expect("samples").map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    let (mut pass, mut fail) = (Vec::new(), Vec::new());
    // Every second one: they are many of few sorts, and each is a run of its own.
    for (number, path) in paths.iter().enumerate().step_by(2) {
        let path = path.display().to_string();
        let answer = scratch.run(&["formats", "new", "--anyway", "--name", "own", "--from", &path]);
        let said = String::from_utf8_lossy(&answer.stderr).into_owned();
        if answer.status.code() == Some(1) {
            assert!(said.starts_with("timeline: ") && said.lines().count() == 1, "{path}: {said}");
            continue;
        }
        assert!(answer.status.success() && said.is_empty(), "{path}: {said}");
        let file = format!("{number}.toml");
        scratch.write(&file, &answer.stdout);
        let text = String::from_utf8_lossy(&answer.stdout);
        if text.contains("# `formats check` will not pass") { fail.push(file) } else { pass.push(file) }
    }
    // Nearly all of these have a format, which stands in the way of a second one.
    assert!(fail.len() >= 12, "{} proposals pass, {} do not", pass.len(), fail.len());
    for (files, code) in [(pass, 0), (fail, 1)].into_iter().filter(|(files, _)| !files.is_empty()) {
        let args: Vec<&str> =
            ["formats", "check"].into_iter().chain(files.iter().map(String::as_str)).collect();
        let checked = scratch.run(&args);
        let said = String::from_utf8_lossy(&checked.stdout).into_owned();
        assert_eq!(checked.status.code(), Some(code), "{said}");
        assert!(code == 0 || said.contains(&format!("\n0 of {} formats pass\n", files.len())), "{said}");
    }
}
