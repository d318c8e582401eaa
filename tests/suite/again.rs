//! Building again: a store that was brought up to date is the store that a build from nothing makes, byte for byte,
//! whatever was appended, and nothing is read again that stands.

use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::Path;

use crate::util::{Random, Scratch, TIMELINE, date, days, gzip};

/// Says that a build went on from the one before.
pub(crate) const WENT_ON: &str = "Only what is new was read: ";

/// All files of a store but what it keeps for the next build, which says how often that was done.
fn files(store: &Path) -> BTreeMap<String, Vec<u8>> {
    fn walk(folder: &Path, root: &Path, files: &mut BTreeMap<String, Vec<u8>>) {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                walk(&path, root, files);
            } else if path.file_name().is_some_and(|name| name != "kept.bin") {
                let name = path.strip_prefix(root).expect("below").display().to_string();
                files.insert(name, fs::read(&path).expect("a file"));
            }
        }
    }
    let mut all = BTreeMap::new();
    walk(store, store, &mut all);
    all
}

pub(crate) fn append(scratch: &Scratch, name: &str, text: &str) {
    let path = scratch.work().join(name);
    fs::create_dir_all(path.parent().expect("below work")).expect("a folder");
    let mut file = OpenOptions::new().append(true).create(true).open(path).expect("a log");
    file.write_all(text.as_bytes()).expect("appended");
}

/// Builds, in blocks of so many bytes; what it says.
pub(crate) fn build(scratch: &Scratch, store: &str, block: u64, more: &[&str]) -> String {
    let mut command = scratch.command(TIMELINE);
    command.env("TIMELINE_CHUNK_SIZE", block.to_string());
    let output =
        command.args(["build", "logs", "--tz", "UTC", "-o", store]).args(more).output().expect("it runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// What a build says of its logs: without its last lines, which are about the store.
fn summary(said: &str) -> &str {
    said.split("\nStore: ").next().unwrap_or_default()
}

/// Brings the store up to date and makes another from nothing: both must be the same. Whether it went on.
pub(crate) fn brought_up(scratch: &Scratch, block: u64) -> bool {
    brought_up_with(scratch, block, &[]).contains(WENT_ON)
}

/// The same with further options; what it said.
pub(crate) fn brought_up_with(scratch: &Scratch, block: u64, more: &[&str]) -> String {
    let said = build(scratch, "again.timeline", block, more);
    let fresh = build(scratch, "fresh.timeline", block, &[more, &["--force"]].concat());
    assert_eq!(summary(&said), summary(&fresh));
    let again = files(&scratch.work().join("again.timeline"));
    let fresh = files(&scratch.work().join("fresh.timeline"));
    assert!(again.keys().eq(fresh.keys()), "{:?} {:?}", again.keys(), fresh.keys());
    for (name, bytes) in &again {
        assert!(*bytes == fresh[name], "{name} is not what a build from nothing writes");
    }
    let unchanged = build(scratch, "again.timeline", block, more);
    assert_eq!(summary(&unchanged), summary(&said));
    assert!(unchanged.ends_with("is up to date: no file has changed\n"), "{unchanged}");
    said
}

/// A second of December 2014, as the spellings of `writer` have it.
pub(crate) fn stamp(writer: usize, second: u64) -> String {
    let (year, month, day) = date(days(2014, 12, 1) + (second / 86_400) as i64);
    let (hour, minute, second) = (second / 3_600 % 24, second / 60 % 60, second % 60);
    match writer {
        0 => format!("Dec {day:>2} {hour:02}:{minute:02}:{second:02}"),
        1 => format!("[{day:02}-Dec-{year} {hour:02}:{minute:02}:{second:02}]"),
        _ => format!("{year}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z"),
    }
}

/// A record of a writer: of one line, of several, a sample, or one that other logs have as well.
pub(crate) fn record(random: &mut Random, writer: usize, second: u64) -> String {
    let (stamp, number) = (stamp(writer, second), random.below(40));
    match (writer, random.below(8)) {
        (0, 0) => format!("{stamp} web1 kernel: [{second:6}.000000] oom-killer: order={number}\n"),
        (0, 1) => format!("{stamp} web1 last message repeated {} times\n", number + 2),
        (0, _) => {
            format!("{stamp} web1 sshd[{number}]: Failed password for root from 10.0.0.{number} port 22\n")
        }
        (1, 0) => format!(
            "{stamp} WARNING: [pool www] child {number} exited on signal 9 (SIGKILL)\n#0 main\n#1 run\n"
        ),
        (1, _) => format!("{stamp} NOTICE: fpm is running, pid {number}\n"),
        (2, 0) => format!("{stamp} ERROR order {number} failed\n    at Cart.pay\n    at Shop.run\n"),
        _ => format!("{stamp} INFO order {number} done\n"),
    }
}

/// What is written to each log from one second to another.
pub(crate) fn written(random: &mut Random, from: u64, to: u64) -> [String; 3] {
    let mut logs = [String::new(), String::new(), String::new()];
    for second in from..to {
        for (writer, log) in logs.iter_mut().enumerate() {
            if random.below(40) == 0 {
                log.push_str(&record(random, writer, second));
            }
        }
    }
    logs
}

pub(crate) const NAMES: [&str; 3] = ["logs/web1/messages", "logs/web1/php-fpm.log", "logs/web1/app.log"];

#[test]
fn what_is_brought_up_to_date_is_what_is_built_from_nothing() {
    let mut went_on = 0;
    for seed in 0..6 {
        let mut random = Random(seed);
        let scratch = Scratch::new("again");
        let block = [200, 4_000, 70_000, 524_288][seed as usize % 4];
        let mut now = 60_000 + random.below(100_000);
        let mut logs = written(&mut random, 0, now);
        for round in 0..4 {
            for (name, log) in NAMES.iter().zip(&mut logs) {
                // Writers keep what they have not written yet, and not always whole lines of it.
                let held = if random.below(4) == 0 { random.below(60) as usize } else { 0 };
                let end = log.len().saturating_sub(held);
                let left = log.split_off(end);
                append(&scratch, name, log);
                *log = left;
            }
            went_on += usize::from(brought_up(&scratch, block) && round > 0);
            let later = now + 1 + random.below(900);
            for (log, more) in logs.iter_mut().zip(written(&mut random, now, later)) {
                log.push_str(&more);
            }
            now = later;
        }
    }
    // Else nothing is tested here.
    assert!(went_on > 8, "{went_on} of 18 went on");
}

#[test]
fn parts_that_are_whole_are_not_written_again() {
    let scratch = Scratch::new("whole-parts");
    let mut random = Random(7);
    let [messages, ..] = written(&mut random, 0, 3 * 86_400);
    append(&scratch, NAMES[0], &messages);
    assert!(!brought_up(&scratch, 524_288));
    // Which year it was, the log does not say.
    let parts = files(&scratch.work().join("again.timeline"));
    let part = parts.keys().find(|name| name.ends_with("/00000.parquet")).expect("a part");
    let part = scratch.work().join("again.timeline").join(part);
    let inode = |path: &Path| std::os::unix::fs::MetadataExt::ino(&fs::metadata(path).expect("a part"));
    let before = inode(&part);
    append(&scratch, NAMES[0], &format!("{} web1 sshd[1]: went on\n", stamp(0, 3 * 86_400 + 5)));
    assert!(brought_up(&scratch, 524_288));
    assert_eq!(inode(&part), before, "the file itself is taken over");
    let fresh = part.to_string_lossy().replace("again.timeline", "fresh.timeline");
    assert_ne!(inode(Path::new(&fresh)), before);
}

#[test]
fn what_reaches_back_is_read_with_all_the_rest() {
    let scratch = Scratch::new("reaches-back");
    let mut random = Random(3);
    for (name, log) in NAMES.iter().zip(written(&mut random, 0, 60_000)) {
        append(&scratch, name, &log);
    }
    assert!(!brought_up(&scratch, 524_288));
    let old = || stamp(2, 100);
    append(&scratch, NAMES[2], &format!("{} INFO late\n", old()));
    assert!(!brought_up(&scratch, 524_288), "a late record");
    append(&scratch, "logs/web1/new.log", &format!("{} INFO a log that came\n", old()));
    assert!(!brought_up(&scratch, 524_288), "a log that reaches back");
    let path = scratch.work().join(NAMES[1]);
    fs::rename(&path, path.with_file_name("other.log")).expect("renamed");
    assert!(!brought_up(&scratch, 524_288), "a log of another name");
    let path = scratch.work().join(NAMES[0]);
    let edited = fs::read_to_string(&path).expect("a log").replacen("sshd", "sshx", 1);
    fs::write(&path, edited).expect("written");
    assert!(!brought_up(&scratch, 524_288), "an edited log");
    append(&scratch, NAMES[2], &format!("{} INFO at last\n", stamp(2, 60_500)));
    assert!(brought_up(&scratch, 524_288), "and then it goes on");
}

#[test]
fn what_was_kept_and_is_damaged_is_as_good_as_none() {
    let scratch = Scratch::new("kept");
    let mut random = Random(5);
    for (name, log) in NAMES.iter().zip(written(&mut random, 0, 60_000)) {
        append(&scratch, name, &log);
    }
    for round in 0..6_u64 {
        assert!(!brought_up(&scratch, 524_288));
        let kept = scratch.work().join("again.timeline/kept.bin");
        let mut bytes = fs::read(&kept).expect("what is kept");
        match round {
            0 => drop(fs::remove_file(&kept)),
            1 => fs::write(&kept, &bytes[..bytes.len() / 2]).expect("written"),
            2 => fs::write(&kept, b"").expect("written"),
            _ => {
                let at = (bytes.len() as u64 * round / 7) as usize;
                bytes[at] ^= 0x10;
                fs::write(&kept, bytes).expect("written");
            }
        }
        append(&scratch, NAMES[2], &format!("{} INFO round {round}\n", stamp(2, 60_100 + round)));
    }
}

#[test]
fn what_logs_no_longer_hold_stays() {
    let scratch = Scratch::new("gone");
    append(&scratch, NAMES[1], "[01-Dec-2014 10:00:00] NOTICE: fpm is running, pid 1\n");
    append(&scratch, NAMES[2], "2014-12-01T10:00:00Z INFO went out\n");
    build(&scratch, "again.timeline", 524_288, &[]);
    fs::remove_file(scratch.work().join(NAMES[2])).expect("a log");
    append(&scratch, NAMES[1], "[01-Dec-2014 10:00:09] NOTICE: exiting, bye-bye!\n");
    let said = build(&scratch, "again.timeline", 524_288, &[]);
    let kept = said.lines().find_map(|line| line.strip_prefix("Kept: ")).expect("it is told");
    assert!(kept.ends_with(" still holds 1 file that is gone (web1/app.log)"), "{kept}");
    let aside = kept.split(' ').next().expect("a name");
    let shown = |store: &str| String::from_utf8_lossy(&scratch.good(&["show", store])).into_owned();
    assert!(shown(aside).contains("went out"), "{aside}");
    assert!(!shown("again.timeline").contains("went out"));
    // The store in the working directory is still the one that is meant.
    assert!(String::from_utf8_lossy(&scratch.good(&["show"])).contains("bye-bye"));
}

#[test]
fn one_store_put_aside_holds_what_goes_later_if_it_was_whole_there() {
    let scratch = Scratch::new("aside");
    for second in ["00", "10", "20", "30"] {
        let line = format!("2014-12-01T10:00:{second}Z INFO says {second}\n");
        append(&scratch, &format!("logs/{second}/app.log"), &line);
    }
    build(&scratch, "again.timeline", 524_288, &[]);
    let without = |second: &str| {
        fs::remove_file(scratch.work().join(format!("logs/{second}/app.log"))).expect("a log");
        let said = build(&scratch, "again.timeline", 524_288, &[]);
        let kept = said.lines().find_map(|line| line.strip_prefix("Kept: ")).expect("it is told");
        kept.split(' ').next().expect("a name").to_owned()
    };
    let first = without("10");
    // It stood there whole.
    assert_eq!(without("20"), first);
    append(&scratch, "logs/30/app.log", "2014-12-01T10:00:31Z INFO says more\n");
    build(&scratch, "again.timeline", 524_288, &[]);
    let second = without("30");
    assert_ne!(second, first);
    let shown = |store: &str| String::from_utf8_lossy(&scratch.good(&["show", store])).into_owned();
    assert!(shown(&first).contains("says 10") && shown(&first).contains("says 20"));
    assert!(shown(&second).contains("says more"));
}

#[test]
fn a_store_is_kept_up_while_logs_grow_and_are_rotated() {
    let scratch = Scratch::new("kept-up");
    append(&scratch, NAMES[2], "2014-12-01T10:00:00Z INFO one\n");
    let mut command = scratch.command(TIMELINE);
    command.env("TIMELINE_BUILD_SECONDS", "0.05").args(["build", "logs", "--tz", "UTC", "--follow"]);
    let mut child = command.spawn().expect("it runs");
    // However long it takes: whoever waits for ever fails the run.
    let wait_for = |text: &str| {
        loop {
            let shown = scratch.run(&["show", "logs.timeline"]);
            if String::from_utf8_lossy(&shown.stdout).contains(text) {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
    };
    wait_for("one");
    append(&scratch, NAMES[2], "2014-12-01T10:00:05Z INFO two\n");
    wait_for("two");
    let path = scratch.work().join(NAMES[2]);
    fs::rename(&path, path.with_extension("log.1")).expect("rotated");
    append(&scratch, NAMES[2], "2014-12-01T10:00:09Z INFO three\n");
    wait_for("three");
    child.kill().expect("it went on until then");
    child.wait().expect("it ends");
    let shown = scratch.good(&["show", "logs.timeline"]);
    assert_eq!(String::from_utf8_lossy(&shown).lines().count(), 3, "each once");
}

#[test]
fn what_a_limit_cut_off_is_read_without_it() {
    let scratch = Scratch::new("limits");
    let lines: String = (0..600).map(|n| format!("{} INFO order {n}\n", stamp(2, n))).collect();
    scratch.write("logs/app.log.1.gz", gzip(lines.as_bytes(), 6));
    let said = build(&scratch, "again.timeline", 524_288, &["--max-unpacked", "1024"]);
    assert!(!said.contains("600 lines"), "{said}");
    let said = build(&scratch, "again.timeline", 524_288, &[]);
    assert!(said.contains("600 lines"), "{said}");
    assert_eq!(scratch.good(&["show", "again.timeline"]).iter().filter(|byte| **byte == b'\n').count(), 600);
}

#[test]
fn what_cannot_be_kept_up_is_told() {
    let scratch = Scratch::new("not-kept-up");
    append(&scratch, NAMES[2], "2014-12-01T10:00:00Z INFO one\n");
    for (args, told) in [
        (&["build", "-", "--follow"][..], "standard input and stores are read once"),
        (&["build", "logs", "--follow", "-o", "x.jsonl"], "ends in .timeline"),
        (&["build", "logs", "--follow", "--no-store"], "cannot be used with"),
    ] {
        let output = scratch.run(args);
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.code() == Some(2) && stderr.contains(told), "{args:?}: {stderr}");
    }
}
