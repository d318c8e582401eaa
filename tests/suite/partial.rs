//! Stores that hold part of their logs, and outputs that are no plain files: what is kept, and what is said.

use std::fs;
use std::os::unix::fs::FileTypeExt as _;

use crate::util::{Scratch, TIMELINE};

const LOG: &str = "2014-12-12 10:10:57 ERROR fork failed\n2014-12-12 10:10:59 INFO went on\n";

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn logs(scratch: &Scratch) {
    scratch.write("logs/app.log", LOG);
}

#[test]
fn a_store_is_not_replaced_by_less_of_it() {
    let scratch = Scratch::new("less");
    logs(&scratch);
    let build = ["build", "logs", "--tz", "Asia/Seoul"];
    scratch.good(&build);
    let less = [&build[..], &["-l", "error"]].concat();
    let refused = scratch.run(&less);
    assert_eq!(refused.status.code(), Some(2));
    assert!(text(&refused.stderr).contains("--level=error"), "{}", text(&refused.stderr));
    assert_eq!(text(&scratch.good(&["grep", "-c", "went on"])), "1\n");
    // Asked for, it is done, and whoever asks the store is told.
    scratch.good(&[&less[..], &["--force"]].concat());
    let shown = scratch.run(&["show"]);
    assert_eq!(text(&shown.stdout).lines().count(), 1, "{}", text(&shown.stdout));
    assert!(text(&shown.stderr).contains("--level=error"), "{}", text(&shown.stderr));
    // All of it is more than a part.
    scratch.good(&build);
    assert_eq!(text(&scratch.good(&["show"])).lines().count(), 2);
}

#[test]
fn a_time_that_others_are_told_from_is_in_the_zone_of_the_store() {
    let scratch = Scratch::new("relative");
    logs(&scratch);
    scratch.good(&["build", "logs", "--tz", "Asia/Seoul"]);
    for command in [&["show"][..], &["grep", "."]] {
        let asked = [command, &["--relative", "2014-12-12 10:10:57"]].concat();
        let told = text(&scratch.good(&asked));
        assert!(told.trim_start().starts_with("T+00:00 "), "{command:?}: {told}");
    }
}

#[test]
fn a_store_without_its_manifest_is_no_folder_of_logs() {
    let scratch = Scratch::new("manifest");
    logs(&scratch);
    scratch.good(&["build", "logs"]);
    fs::remove_file(scratch.work().join("logs.timeline/manifest.json")).expect("a manifest");
    let asked = scratch.run(&["show", "logs.timeline"]);
    assert_eq!((asked.status.code(), text(&asked.stdout)), (Some(2), String::new()));
    assert!(text(&asked.stderr).contains("manifest.json"), "{}", text(&asked.stderr));
}

#[test]
fn what_was_edited_is_told_where_it_is_read_all_the_same() {
    let scratch = Scratch::new("edited");
    logs(&scratch);
    scratch.good(&["build", "logs"]);
    let run = scratch.work().join("logs.timeline/run.json");
    let edited = fs::read_to_string(&run).expect("a file").replace("app.log", "web.log");
    fs::write(&run, edited).expect("written");
    assert_eq!(scratch.run(&["show", "logs.timeline"]).status.code(), Some(2));
    let salvaged = scratch.run(&["show", "logs.timeline", "--salvage", "--strict"]);
    assert_eq!(salvaged.status.code(), Some(1));
    assert!(text(&salvaged.stderr).contains("edited"), "{}", text(&salvaged.stderr));
}

#[test]
fn a_store_that_is_named_twice_counts_once() {
    let scratch = Scratch::new("twice");
    logs(&scratch);
    scratch.good(&["build", "logs"]);
    std::os::unix::fs::symlink("logs.timeline", scratch.work().join("link.timeline")).expect("a link");
    let once = text(&scratch.good(&["show", "logs.timeline"]));
    assert_eq!(text(&scratch.good(&["show", "logs.timeline", "link.timeline"])), once);
}

#[test]
fn a_pipe_is_written_to_and_a_link_stays_one() {
    let scratch = Scratch::new("special");
    logs(&scratch);
    let work = scratch.work();
    scratch.write("kept.txt", "old\n");
    std::os::unix::fs::symlink("kept.txt", work.join("link.txt")).expect("a link");
    scratch.good(&["show", "logs", "-o", "link.txt", "--force"]);
    assert!(work.join("link.txt").is_symlink());
    assert_eq!(fs::read_to_string(work.join("kept.txt")).expect("a file").lines().count(), 2);
    let pipe = work.join("pipe");
    assert!(scratch.command("mkfifo").arg(&pipe).status().expect("started").success());
    let writer = scratch.command(TIMELINE).args(["show", "logs", "-o", "pipe"]).spawn().expect("started");
    let got = fs::read_to_string(&pipe).expect("what was written");
    assert!(writer.wait_with_output().expect("ended").status.success());
    assert_eq!(got.lines().count(), 2, "{got}");
    assert!(fs::symlink_metadata(&pipe).expect("still there").file_type().is_fifo());
}

/// A writer without `O_APPEND` goes on where he was when his log was truncated: a hole, and then text.
#[test]
fn a_log_that_begins_with_a_hole_is_read_behind_it() {
    let scratch = Scratch::new("hole");
    for hole in [60_000, 70_000, 3 << 20] {
        let mut bytes = vec![0; hole];
        bytes.extend(LOG.as_bytes());
        scratch.write("logs/app.log", bytes);
        let shown = text(&scratch.good(&["show", "logs", "--tz", "UTC"]));
        assert!(shown.contains("went on"), "{hole}: {shown}");
        let told = text(&scratch.good(&["sources", "logs", "--tz", "UTC"]));
        assert!(told.contains("format  logback") || told.contains("format  stamped"), "{hole}: {told}");
    }
}

#[test]
fn a_pattern_that_fits_nothing_is_told() {
    let scratch = Scratch::new("globs");
    logs(&scratch);
    for option in [["--source", "zzz*"], ["--assume-tz", "zzz*=UTC"]] {
        let asked = scratch.run(&["show", "logs", option[0], option[1]]);
        let told = text(&asked.stderr);
        assert!(told.contains("zzz*") && told.contains(option[0]), "{option:?}: {told}");
    }
}
