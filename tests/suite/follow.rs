//! `show --follow` on files that grow: nothing is lost, nothing comes twice, and what comes within a moment comes
//! in order, through rotation and through files that are emptied in place. Nothing here waits for a time: each
//! step waits for what it wrote, and fails when that does not come at all.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::Value;

use crate::util::{Scratch, TIMELINE};

/// Far longer than anything takes: for a test that fails.
const LONGEST: Duration = Duration::from_secs(60);

/// The program, following.
struct Following {
    child: Child,
    lines: Receiver<String>,
}

impl Following {
    fn new(scratch: &Scratch, args: &[&str]) -> Self {
        let mut command = scratch.command(TIMELINE);
        command.args(["show", "--follow", "--tz", "UTC"]).args(args).stderr(Stdio::inherit());
        let mut child = command.spawn().expect("the program runs");
        let stdout = child.stdout.take().expect("a pipe");
        let (send, lines) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(stdout).lines() {
                if send.send(line.expect("UTF-8")).is_err() {
                    break;
                }
            }
        });
        Self { child, lines }
    }

    fn next(&self) -> String {
        self.lines.recv_timeout(LONGEST).expect("a line")
    }

    /// File, line and message of the next event.
    fn event(&self) -> (String, u64, String) {
        let line = self.next();
        let event: Value = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"));
        let text = |key: &str| event[key].as_str().unwrap_or_default().to_owned();
        (text("file"), event["line"].as_u64().expect("a line"), text("message"))
    }

    /// Interrupts it as a terminal does; what else it had to say.
    fn interrupt(mut self) -> Vec<String> {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-INT", &id]).status().expect("kill").success());
        let status = self.child.wait().expect("an end");
        assert_eq!(status.signal(), Some(2), "{status}");
        self.lines.iter().collect()
    }
}

impl Drop for Following {
    fn drop(&mut self) {
        // Gone already, mostly.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn append(path: &Path, text: &str) {
    let mut file = File::options().append(true).open(path).expect("the log");
    file.write_all(text.as_bytes()).expect("written");
}

fn event(file: &str, line: u64, message: &str) -> (String, u64, String) {
    (file.to_owned(), line, message.to_owned())
}

#[test]
fn what_comes_is_shown_once_and_in_order() {
    let scratch = Scratch::new("follow");
    let a = scratch.write("a.log", "2024-05-01T10:00:00Z INFO a one\n");
    let b = scratch.write("b.log", "2024-05-01T10:00:01Z INFO b one\n2024-05-01T10:00:02Z INFO b two\n");
    let following = Following::new(&scratch, &["--tail", "2", "--format", "jsonl", "a.log", "b.log"]);
    assert_eq!(following.event(), event("b.log", 1, "b one"));
    assert_eq!(following.event(), event("b.log", 2, "b two"));
    // The later one is written first.
    append(&a, "2024-05-01T10:00:09Z INFO a two\n");
    append(&b, "2024-05-01T10:00:08Z INFO b three\n");
    assert_eq!(following.event(), event("b.log", 3, "b three"));
    assert_eq!(following.event(), event("a.log", 2, "a two"));
    // Half a line is none.
    append(&a, "2024-05-01T10:00:10Z ERROR a thr");
    append(&b, "2024-05-01T10:00:11Z INFO b four\n");
    assert_eq!(following.event(), event("b.log", 4, "b four"));
    append(&a, "ee\n");
    assert_eq!(following.event(), event("a.log", 3, "a three"));
    // Lines below a record are its own.
    append(&b, "2024-05-01T10:00:12Z ERROR b five\n  at one\n  at two\n2024-05-01T10:00:13Z INFO b six\n");
    assert_eq!(following.event(), event("b.log", 5, "b five\n  at one\n  at two"));
    assert_eq!(following.event(), event("b.log", 8, "b six"));
    assert_eq!(following.interrupt(), Vec::<String>::new());
}

#[test]
fn files_are_rotated_and_emptied_under_way() {
    let scratch = Scratch::new("follow-rotation");
    let a = scratch.write("a.log", "2024-05-01T10:00:00Z INFO one\n");
    let following = Following::new(&scratch, &["--format", "jsonl", "."]);
    assert_eq!(following.event(), event("a.log", 1, "one"));
    // Renamed; its writer has not let go of it yet.
    let old = scratch.work().join("a.log.1");
    fs::rename(&a, &old).expect("renamed");
    append(&old, "2024-05-01T10:00:01Z INFO two\n2024-05-01T10:00:02Z INFO no end");
    fs::write(&a, "2024-05-01T10:00:03Z INFO three\n").expect("a new log");
    assert_eq!(following.event(), event("a.log", 2, "two"));
    assert_eq!(following.event(), event("a.log", 3, "no end"));
    assert_eq!(following.event(), event("a.log", 1, "three"));
    append(&a, "2024-05-01T10:00:04Z INFO four\n");
    assert_eq!(following.event(), event("a.log", 2, "four"));
    // Copied and emptied in place.
    fs::copy(&a, scratch.work().join("a.log.2")).expect("copied");
    File::options().write(true).open(&a).expect("the log").set_len(0).expect("emptied");
    append(&a, "2024-05-01T10:00:05Z INFO five\n");
    assert_eq!(following.event(), event("a.log", 1, "five"));
    assert_eq!(following.interrupt(), Vec::<String>::new());
}

#[test]
fn what_is_asked_is_asked_of_what_comes() {
    let scratch = Scratch::new("follow-where");
    let a = scratch.write("a.log", "2024-05-01T10:00:00Z INFO worker 1 started\n");
    let following = Following::new(&scratch, &["--where", "mark = first", "a.log"]);
    assert!(following.next().ends_with("worker 1 started"));
    append(&a, "2024-05-01T10:00:01Z INFO worker 2 started\n2024-05-01T10:00:02Z ERROR out of memory\n");
    append(&a, "2024-05-01T10:00:03Z ERROR out of memory\n2024-05-01T10:00:04Z WARN the end\n");
    let line = following.next();
    assert!(line.contains("* error") && line.ends_with("out of memory"), "{line}");
    assert!(following.next().ends_with("the end"));
    assert_eq!(following.interrupt(), Vec::<String>::new());
}
