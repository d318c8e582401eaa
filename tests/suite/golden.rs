//! Golden cases: every `tests/cases/<topic>/*.toml` is one run of the program and what must come out.
//!
//! A case says what is there and what is typed:
//!
//! ```toml
//! about = "why this case exists"             # optional
//! args = ["show", "a.log", "--tz", "UTC"]    # `$DIR` is the case's folder, `$CONFIG` its config folder
//! env = { TIMELINE_TZ = "UTC" }              # optional
//! stdin = "text"                             # optional
//! head = 3                                   # optional: only so many lines of stdout are compared
//! outputs = ["out.jsonl"]                    # optional: files whose text is compared afterwards
//! [files]                                    # below the folder it runs in; `config:` is $XDG_CONFIG_HOME
//! "a.log" = "Dec 12 ..."                     # text, or a table:
//! "b.gz" = { gzip = ["one member", "two"], cut = 4, mtime = "2014-12-14T00:00:00Z" }
//! ```
//!
//! A case with `bug = "what is wrong"` expects what ought to come out: it is left out of its topic and run by
//! `known_bugs` alone (ignored; `cargo test -- --ignored`), until the program is right and the key is gone.
//!
//! A file's table has one of `text`, `hex`, `gzip` (text, or members), `copy` (a path in this package),
//! `link` (a symbolic link to that), `folder = true`; then, in this order, `repeat` (times), `cut` (bytes
//! off the end), `append_hex`; and `mtime`, `mode`. Files without `mtime` were last written on
//! 2015-01-01T00:00:00Z: years of RFC 3164 stamps depend on it.
//!
//! `[expect]`, at the end, holds `code`, `stdout`, `stderr`, `outputs` (a name that is missing there must
//! not exist). Bytes that are no UTF-8 show as `⟦ff⟧`, the scratch folder as `$TMP`.
//! `UPDATE_CASES=1 cargo test` rewrites `[expect]`: read every change before you keep it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use serde::Deserialize;

use crate::util::{Scratch, TIMELINE, days, diff, feed, gzip, package};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    #[serde(default)]
    #[expect(dead_code, reason = "for people who read the case")]
    about: String,
    args: Vec<String>,
    #[serde(default)]
    bug: Option<String>,
    #[serde(default)]
    env: BTreeMap<String, String>,
    #[serde(default)]
    stdin: Option<String>,
    #[serde(default)]
    head: Option<usize>,
    #[serde(default)]
    outputs: Vec<String>,
    #[serde(default)]
    files: BTreeMap<String, FileSpec>,
    #[serde(default)]
    expect: Expect,
}

#[derive(Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
struct Expect {
    code: i32,
    #[serde(default)]
    stdout: String,
    #[serde(default)]
    stderr: String,
    #[serde(default)]
    outputs: BTreeMap<String, String>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum FileSpec {
    Text(String),
    Made(Box<Made>),
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Made {
    text: Option<String>,
    hex: Option<String>,
    gzip: Option<Members>,
    copy: Option<String>,
    link: Option<String>,
    #[serde(default)]
    folder: bool,
    repeat: Option<usize>,
    cut: Option<usize>,
    append_hex: Option<String>,
    mtime: Option<String>,
    mode: Option<u32>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Members {
    One(String),
    Many(Vec<String>),
}

impl Made {
    fn bytes(&self) -> Vec<u8> {
        let mut bytes = match (&self.text, &self.hex, &self.gzip, &self.copy) {
            (Some(text), None, None, None) => text.clone().into_bytes(),
            (None, Some(hex), None, None) => unhex(hex),
            (None, None, Some(members), None) => {
                // Stored, not deflated: a cut then leaves the same text whatever the encoder.
                let level = if self.cut.is_some() { 0 } else { 6 };
                match members {
                    Members::One(text) => gzip(text.as_bytes(), level),
                    Members::Many(texts) => {
                        texts.iter().flat_map(|text| gzip(text.as_bytes(), level)).collect()
                    }
                }
            }
            (None, None, None, Some(path)) => fs::read(package().join(path)).expect("the file to copy"),
            _ => panic!("a file needs exactly one of text, hex, gzip, copy, link, folder"),
        };
        bytes = bytes.repeat(self.repeat.unwrap_or(1));
        bytes.truncate(bytes.len() - self.cut.unwrap_or(0));
        bytes.extend(unhex(self.append_hex.as_deref().unwrap_or_default()));
        bytes
    }
}

fn unhex(text: &str) -> Vec<u8> {
    let digits: Vec<u32> =
        text.chars().filter(|c| !c.is_whitespace()).map(|c| c.to_digit(16).expect("hex")).collect();
    digits.chunks(2).map(|pair| (pair[0] * 16 + pair[1]) as u8).collect()
}

/// `2014-12-14T00:00:00Z` as a time.
fn instant(text: &str) -> SystemTime {
    let number = |from: usize, to: usize| -> i64 { text[from..to].parse().expect("digits in a time") };
    assert!(text.len() == 20 && text.ends_with('Z'), "{text}: write a time as 2014-12-14T00:00:00Z");
    let day = days(number(0, 4), number(5, 7), number(8, 10));
    let seconds = day * 86_400 + number(11, 13) * 3_600 + number(14, 16) * 60 + number(17, 19);
    SystemTime::UNIX_EPOCH + Duration::from_secs(seconds.try_into().expect("after 1970"))
}

const MTIME: &str = "2015-01-01T00:00:00Z";

fn place(scratch: &Scratch, name: &str) -> PathBuf {
    match name.strip_prefix("config:") {
        Some(name) => scratch.root().join("config").join(name),
        None => scratch.work().join(name),
    }
}

fn lay_out(scratch: &Scratch, name: &str, spec: &FileSpec) {
    let path = place(scratch, name);
    fs::create_dir_all(path.parent().expect("below the folder")).expect("folder");
    let plain;
    let made = match spec {
        FileSpec::Made(made) => made,
        FileSpec::Text(text) => {
            plain = Made { text: Some(text.clone()), ..Made::default() };
            &plain
        }
    };
    if let Some(target) = &made.link {
        return std::os::unix::fs::symlink(target, &path).expect("link");
    }
    if made.folder {
        return fs::create_dir_all(&path).expect("folder");
    }
    fs::write(&path, made.bytes()).expect("file");
    let file = fs::File::options().write(true).open(&path).expect("file");
    file.set_modified(instant(made.mtime.as_deref().unwrap_or(MTIME))).expect("mtime");
    if let Some(mode) = made.mode {
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("mode");
    }
}

fn visible(scratch: &Scratch, bytes: &[u8]) -> String {
    let mut text = String::new();
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        for byte in chunk.invalid() {
            text.push_str(&format!("⟦{byte:02x}⟧"));
        }
    }
    text.replace(&scratch.root().display().to_string(), "$TMP")
}

fn run(path: &Path, case: &Case) -> Expect {
    let scratch = Scratch::new(&path.file_stem().unwrap_or_default().to_string_lossy());
    for (name, spec) in &case.files {
        lay_out(&scratch, name, spec);
    }
    let folder = scratch.work().display().to_string();
    let config = scratch.root().join("config").display().to_string();
    let mut command = scratch.command(TIMELINE);
    command.args(case.args.iter().map(|arg| arg.replace("$DIR", &folder).replace("$CONFIG", &config)));
    command.envs(&case.env);
    let output = match &case.stdin {
        Some(stdin) => feed(command, stdin.as_bytes()),
        None => command.output().expect("the program runs"),
    };
    let mut stdout = visible(&scratch, &output.stdout);
    if let Some(head) = case.head {
        stdout = stdout.split_inclusive('\n').take(head).collect();
    }
    let left =
        |name: &String| Some((name.clone(), visible(&scratch, &fs::read(place(&scratch, name)).ok()?)));
    Expect {
        code: output.status.code().unwrap_or(-1),
        stdout,
        stderr: visible(&scratch, &output.stderr),
        outputs: case.outputs.iter().filter_map(left).collect(),
    }
}

/// A TOML string: over several lines where it has some.
fn quoted(text: &str) -> String {
    let literal = !text.contains("'''")
        && !text.ends_with('\'')
        && !text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\t'));
    if text.contains('\n') && literal {
        return format!("'''\n{text}'''");
    }
    let mut out = String::from(if text.contains('\n') { "\"\"\"\n" } else { "\"" });
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push('\n'),
            '\t' => out.push_str("\\t"),
            c if c.is_control() => out.push_str(&format!("\\u{:04X}", c as u32)),
            c => out.push(c),
        }
    }
    out.push_str(if text.contains('\n') { "\"\"\"" } else { "\"" });
    out
}

fn rewrite(path: &Path, text: &str, got: &Expect) {
    let kept = text.find("[expect]").map_or(text, |at| &text[..at]).trim_end();
    let mut out = format!("{kept}\n\n[expect]\ncode = {}\n", got.code);
    for (name, value) in [("stdout", &got.stdout), ("stderr", &got.stderr)] {
        if !value.is_empty() {
            out.push_str(&format!("{name} = {}\n", quoted(value)));
        }
    }
    if !got.outputs.is_empty() {
        out.push_str("\n[expect.outputs]\n");
        for (name, value) in &got.outputs {
            out.push_str(&format!("{} = {}\n", quoted(name), quoted(value)));
        }
    }
    fs::write(path, out).expect("the case is writable");
}

/// What differs, or nothing.
fn compare(expected: &Expect, got: &Expect) -> String {
    let mut text = String::new();
    if expected.code != got.code {
        text.push_str(&format!(" exit code: expected {}, got {}\n", expected.code, got.code));
    }
    let mut part = |name: &str, expected: &str, got: &str| {
        if expected != got {
            text.push_str(&format!(" {name} (- expected, + got):\n{}", diff(expected, got)));
        }
    };
    part("stdout", &expected.stdout, &got.stdout);
    part("stderr", &expected.stderr, &got.stderr);
    let names: BTreeSet<&String> = expected.outputs.keys().chain(got.outputs.keys()).collect();
    for name in names {
        let text = |of: &Expect| of.outputs.get(name).cloned().unwrap_or_else(|| "(no such file)".to_owned());
        part(name, &text(expected), &text(got));
    }
    text
}

fn cases(topic: &str) -> Vec<PathBuf> {
    let folder = package().join("tests/cases").join(topic);
    let entries = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("entry").path()).collect();
    paths.sort();
    paths
}

fn topic(name: &str) {
    check(cases(name), |case| case.bug.is_none());
}

fn check(paths: Vec<PathBuf>, wanted: impl Fn(&Case) -> bool) {
    let update = std::env::var_os("UPDATE_CASES").is_some();
    let mut failed = Vec::new();
    for path in &paths {
        let shown = path.strip_prefix(package()).unwrap_or(path).display();
        let text = fs::read_to_string(path).expect("a case");
        let case: Case = match toml::from_str(&text) {
            Ok(case) => case,
            Err(error) => {
                failed.push(format!("{shown}: {error}"));
                continue;
            }
        };
        if !wanted(&case) {
            continue;
        }
        let got = run(path, &case);
        let difference = compare(&case.expect, &got);
        if difference.is_empty() && text.contains("[expect]") {
            continue;
        }
        if update && case.bug.is_none() {
            rewrite(path, &text, &got);
        } else {
            let bug = case.bug.as_ref().map_or(String::new(), |bug| format!(" bug: {bug}\n"));
            failed.push(format!("{shown}: timeline {}\n{bug}{difference}", case.args.join(" ")));
        }
    }
    assert!(failed.is_empty(), "{} of {} cases failed\n\n{}", failed.len(), paths.len(), failed.join("\n"));
}

macro_rules! topics {
    ($($name:ident)*) => {
        const TOPICS: &[&str] = &[$(stringify!($name)),*];
        $(#[test]
        fn $name() {
            topic(stringify!($name));
        })*
    };
}

topics! { analysis bad_input binary clocks config containers encodings explain formats grep jsonl kernel metrics mistakes output patterns poll query records rotations selection show skew times_of_day zones }

#[test]
#[ignore = "bug: each case marked `bug` says which one"]
fn known_bugs() {
    check(TOPICS.iter().flat_map(|topic| cases(topic)).collect(), |case| case.bug.is_some());
}

#[test]
fn every_topic_is_run() {
    let folder = fs::read_dir(package().join("tests/cases")).expect("the cases");
    let mut found: Vec<String> =
        folder.map(|entry| entry.expect("entry").file_name().to_string_lossy().into_owned()).collect();
    found.sort();
    assert_eq!(found, TOPICS, "tests/cases and the list of topics above must agree");
}
