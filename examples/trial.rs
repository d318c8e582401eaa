//! Tries the program on made-up worlds whose true times are known: `trial --seeds 500`.
//!
//! Prints, by what a source suffers from, how often its zone, years and clock were told rightly, left open
//! or told wrongly, and each wrong answer with the command that shows it again. Exit 1 if any answer was
//! wrong. `tests/trial` says how worlds are made and scored.
//!
//! ```sh
//! cargo build && cargo run --example trial -- --seeds 500
//! cargo run --example trial -- --seed 17 --keep target/world    # writes the world, and keeps it
//! cargo run --example trial -- --trap delayed-queue --keep target/world
//! ```
//!
//! `--from N` starts at another seed; `--traps` runs all named worlds; `--program FILE` tries another build;
//! `--list` prints every outcome, so that `diff` shows what a change has changed;
//! what stands behind `--` goes to the program (`-- --assume-tz UTC` must give many wrong answers).

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program of its own: its answers belong there"
)]

#[path = "../tests/trial/mod.rs"]
mod trial;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use trial::{Answers, Asked, TRAPS, Tally, Verdict, World, score, trap, write};

const USAGE: &str = "trial [--seeds N] [--from N] [--seed N] [--trap NAME] [--traps] [--keep DIR] [--program FILE] [--list] [-- OPTION...]";

struct Options {
    seeds: std::ops::Range<u64>,
    traps: Vec<&'static str>,
    keep: Option<PathBuf>,
    program: PathBuf,
    list: bool,
    passed: Vec<String>,
}

fn main() -> ExitCode {
    match options().and_then(|options| run(&options)) {
        Ok(0) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(why) => {
            eprintln!("{why}\n{USAGE}");
            ExitCode::from(2)
        }
    }
}

fn options() -> Result<Options, String> {
    let own = std::env::current_exe().map_err(|why| why.to_string())?;
    // target/debug/examples/trial -> target/debug/timeline
    let built = own.parent().and_then(Path::parent).unwrap_or(Path::new(".")).join("timeline");
    let mut options = Options {
        seeds: 0..100,
        traps: Vec::new(),
        keep: None,
        program: built,
        list: false,
        passed: Vec::new(),
    };
    let (mut from, mut count) = (0, None);
    let mut args = std::env::args().skip(1);
    let number =
        |text: Option<String>| text.and_then(|text| text.parse::<u64>().ok()).ok_or("a number is missing");
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--seeds" => count = Some(number(args.next())?),
            "--from" => from = number(args.next())?,
            "--seed" => (from, count) = (number(args.next())?, Some(1)),
            "--traps" => options.traps = TRAPS.iter().map(|(name, ..)| *name).collect(),
            "--trap" => {
                let name = args.next().unwrap_or_default();
                let listed = || TRAPS.iter().map(|(name, about, _)| format!("  {name}: {about}\n")).collect();
                let known = TRAPS.iter().find(|(known, ..)| *known == name);
                options.traps = vec![known.map(|(name, ..)| *name).ok_or_else::<String, _>(listed)?];
            }
            "--keep" => options.keep = args.next().map(PathBuf::from),
            "--program" => options.program = args.next().map(PathBuf::from).ok_or("which program?")?,
            "--list" => options.list = true,
            "--" => options.passed = args.by_ref().collect(),
            _ => return Err(format!("what is {arg}?")),
        }
    }
    // A plan leaves some to chance: three worlds of each trap, unless one of them is to be looked at.
    let usual = if options.keep.is_some() { 1 } else { 3 };
    let count = count.unwrap_or(if options.traps.is_empty() { 100 } else { usual });
    options.seeds = from..from + count;
    Ok(options)
}

/// Runs all worlds; how many answers were wrong.
fn run(options: &Options) -> Result<u32, String> {
    let mut tally = Tally::default();
    for seed in options.seeds.clone() {
        if options.traps.is_empty() {
            try_world(
                options,
                &format!("trial --seed {seed} --keep DIR"),
                World::generate(seed),
                &mut tally,
            )?;
        }
        for name in &options.traps {
            let world = trap(name, seed).ok_or("no such trap")?;
            try_world(options, &format!("trial --trap {name} --seed {seed} --keep DIR"), world, &mut tally)?;
        }
    }
    let all = [Asked::Zone, Asked::Year, Asked::Label, Asked::Clock, Asked::Bounds, Asked::Line];
    if options.list {
        print!("{}", tally.list());
    }
    print!("{}\n{}", tally.faults(&all), tally.table());
    Ok(all.iter().map(|asked| tally.count(*asked, Verdict::Wrong)).sum())
}

fn try_world(options: &Options, name: &str, mut world: World, tally: &mut Tally) -> Result<(), String> {
    let scratch = std::env::temp_dir().join(format!("timeline-trial-{}", std::process::id()));
    let folder = options.keep.as_ref().unwrap_or(&scratch);
    if options.keep.is_some() {
        eprintln!("asked with --tz {}", world.tz);
    }
    // A world of before would be read as part of this one.
    if folder.exists() && fs::read_dir(folder).is_ok_and(|mut inside| inside.next().is_some()) {
        return Err(format!("{} is not empty", folder.display()));
    }
    let written = write(&mut world, folder).map_err(|why| format!("{}: {why}", folder.display()))?;
    let answers = Answers::ask(&options.program, &world, folder, &options.passed);
    if options.keep.is_none() {
        // A leftover in the temporary folder is no reason to stop.
        let _ = fs::remove_dir_all(folder);
    }
    tally.add(name, score(&world, &written, &answers.map_err(|why| format!("{name}: {why}"))?));
    Ok(())
}
