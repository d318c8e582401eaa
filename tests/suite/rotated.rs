//! Building again after logs were rotated: what was renamed, packed or copied is known again, and the store is the one
//! that a build from nothing makes, byte for byte.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write as _;
use std::os::unix::fs::DirEntryExt as _;
use std::path::{Path, PathBuf};

use crate::again::{NAMES, WENT_ON, append, brought_up, brought_up_with, written};
use crate::util::{Random, Scratch, gzip};

/// How a log is rotated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// `.1`, `.2`, ...
    Numbers,
    /// The same, `.2` and older packed.
    PackedLater,
    /// The same, packed as it is rotated.
    PackedAtOnce,
    /// A date behind its name; the one before is packed.
    Dates,
    /// Copied to `.1`, and emptied.
    Copied,
}

const WAYS: [Way; 5] = [Way::Numbers, Way::PackedLater, Way::PackedAtOnce, Way::Dates, Way::Copied];

/// A path with something behind its name.
fn with(path: &Path, end: &str) -> PathBuf {
    PathBuf::from(format!("{}{end}", path.display()))
}

/// Packs a file as `gzip` does: into another one of the same time.
fn pack(path: &Path) {
    let changed = fs::metadata(path).expect("a log").modified().expect("a time");
    let packed = with(path, ".gz");
    let mut file = File::create(&packed).expect("a file");
    file.write_all(&gzip(&fs::read(path).expect("a log"), 6)).expect("written");
    file.set_modified(changed).expect("a time");
    fs::remove_file(path).expect("packed");
}

/// Rotates a log; `count` is how often that was done.
fn rotate(log: &Path, way: Way, count: usize) {
    if !log.exists() {
        return;
    }
    if way == Way::Dates {
        let dated = |count: usize| with(log, &format!("-201412{:02}", count + 1));
        let before = (0..count).rev().map(dated).find(|path| path.exists());
        before.into_iter().for_each(|path| pack(&path));
        return fs::rename(log, dated(count)).expect("rotated");
    }
    for number in (1..=count).rev() {
        for end in ["", ".gz"] {
            let (from, to) = (format!(".{number}{end}"), format!(".{}{end}", number + 1));
            if with(log, &from).exists() {
                fs::rename(with(log, &from), with(log, &to)).expect("rotated");
            }
        }
    }
    let (first, second) = (with(log, ".1"), with(log, ".2"));
    if way == Way::Copied {
        fs::copy(log, &first).expect("copied");
        File::options().write(true).open(log).expect("a log").set_len(0).expect("emptied");
        return;
    }
    fs::rename(log, &first).expect("rotated");
    match way {
        Way::PackedLater if second.exists() => pack(&second),
        Way::PackedAtOnce => pack(&first),
        _ => {}
    }
}

/// A few days in the life of logs that are rotated at night; how often a build went on after that, and how often there
/// was one.
#[expect(clippy::print_stdout, reason = "a test that fails shows what came before, and so does --nocapture")]
fn nights(seed: u64) -> (usize, usize) {
    let mut random = Random(seed);
    let scratch = Scratch::new("rotated");
    let block = [200, 4_000, 70_000, 524_288][random.below(4) as usize];
    let names = &NAMES[random.below(3) as usize..];
    let ways: Vec<Way> = names.iter().map(|_| *random.pick(&WAYS)).collect();
    let mut counts = [0; NAMES.len()];
    let mut now = 40_000 + random.below(100_000);
    let logs_of =
        |random: &mut Random, from, to| written(random, from, to).into_iter().skip(NAMES.len() - names.len());
    let mut logs: Vec<String> = logs_of(&mut random, 0, now).collect();
    let (mut went_on, mut after_rotation) = (0, 0);
    let mut rotated = false;
    for round in 0..5 {
        for (name, log) in names.iter().zip(&mut logs) {
            let held = if random.chance(20) { random.below(60) as usize } else { 0 };
            let left = log.split_off(log.len().saturating_sub(held));
            append(&scratch, name, log);
            *log = left;
        }
        if round > 0 && random.chance(30) {
            brought_up(&scratch, block);
            rotated = false;
        }
        if round > 0 {
            for (index, name) in names.iter().enumerate() {
                if random.chance(60) {
                    rotate(&scratch.work().join(name), ways[index], counts[index]);
                    counts[index] += 1;
                    rotated = true;
                }
            }
            if random.chance(50) {
                let later = now + 1 + random.below(300);
                for (name, log) in names.iter().zip(logs_of(&mut random, now, later)) {
                    append(&scratch, name, &log);
                }
                now = later;
            }
        }
        let said = brought_up_with(&scratch, block, &[]);
        let told = said.lines().find(|line| line.starts_with("All of it") || line.starts_with(WENT_ON));
        println!("seed {seed} round {round}: {ways:?} rotated: {rotated}: {}", told.unwrap_or_default());
        let on = said.contains(WENT_ON);
        after_rotation += usize::from(rotated);
        went_on += usize::from(rotated && on);
        rotated = false;
        let later = now + 1 + random.below(900);
        for (log, more) in logs.iter_mut().zip(logs_of(&mut random, now, later)) {
            log.push_str(&more);
        }
        now = later;
    }
    (went_on, after_rotation)
}

#[test]
fn what_was_rotated_is_what_is_built_from_nothing() {
    // More of them: SEEDS=100..200.
    let seeds = std::env::var("SEEDS").unwrap_or_else(|_| "0..4".to_owned());
    let (from, to) = seeds.split_once("..").expect("from..to");
    let (mut went_on, mut all) = (0, 0);
    for seed in from.parse::<u64>().expect("a number")..to.parse().expect("a number") {
        let (on, of) = nights(seed);
        (went_on, all) = (went_on + on, all + of);
    }
    // Else nothing is tested here.
    assert!(went_on * 3 > all, "{went_on} of {all} went on after a rotation");
}

/// Inodes of a store's parts.
fn parts(store: &Path) -> BTreeMap<String, u64> {
    let days = fs::read_dir(store.join("events")).expect("days");
    let parts = days.flat_map(|day| fs::read_dir(day.expect("a day").path()).expect("parts"));
    let parts = parts.map(|part| part.expect("a part"));
    parts.map(|part| (part.file_name().to_string_lossy().into_owned(), part.ino())).collect()
}

#[test]
fn parts_are_brought_as_they_are_or_with_new_names() {
    for (log, options) in [(2, &[][..]), (2, &["--bloom"]), (0, &[])] {
        let scratch = Scratch::new("rotated-parts");
        let mut random = Random(11);
        let logs = written(&mut random, 0, 3 * 86_400);
        append(&scratch, NAMES[log], &logs[log]);
        // One that ends after a day.
        append(&scratch, "logs/web2/app.log", &written(&mut random, 0, 80_000)[2]);
        brought_up_with(&scratch, 524_288, options);
        let path = scratch.work().join(NAMES[log]);
        fs::rename(&path, with(&path, ".1")).expect("rotated");
        let later = written(&mut random, 3 * 86_400, 3 * 86_400 + 2_000);
        append(&scratch, NAMES[log], &later[log]);
        let said = brought_up_with(&scratch, 524_288, options);
        assert!(said.contains(WENT_ON), "{said}");
        let store = scratch.work().join("again.timeline");
        let before = parts(&store);
        pack(&scratch.work().join("logs/web2/app.log"));
        let said = brought_up_with(&scratch, 524_288, options);
        assert!(said.contains("Only what is new was read: 1 file had been renamed"), "{said}");
        let brought: Vec<bool> = parts(&store).iter().map(|(name, inode)| before[name] == *inode).collect();
        // The other log wrote on the first day alone; where the third ends was not yet whole.
        assert_eq!(brought, [false, true, false, false], "log {log}");
    }
}

#[test]
fn damage_is_not_written_again_under_a_new_name() {
    let scratch = Scratch::new("rotated-damage");
    let mut random = Random(12);
    append(&scratch, NAMES[2], &written(&mut random, 0, 2 * 86_400)[2]);
    brought_up(&scratch, 524_288);
    let part = scratch.work().join("again.timeline/events/date=2014-12-01/00000.parquet");
    let mut bytes = fs::read(&part).expect("a part");
    bytes[100] ^= 0x10;
    fs::write(&part, bytes).expect("damaged");
    let path = scratch.work().join(NAMES[2]);
    fs::rename(&path, with(&path, ".1")).expect("rotated");
    // The store is the one that a build from nothing makes: everything was read again.
    assert!(!brought_up(&scratch, 524_288));
}
