//! What every module needs: a scratch folder, the program, and a clean environment around it.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::Value;

/// The program as cargo built it.
pub(crate) const TIMELINE: &str = env!("CARGO_BIN_EXE_timeline");

/// The package's folder.
pub(crate) fn package() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A folder that is gone when the test is over. `work` is where the program runs, `config` its
/// `$XDG_CONFIG_HOME`: outside of `work`, so that reading `.` never meets them.
pub(crate) struct Scratch {
    root: PathBuf,
}

impl Scratch {
    pub(crate) fn new(name: &str) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let root =
            std::env::temp_dir().join(format!("timeline-suite-{}-{number}-{name}", std::process::id()));
        for folder in ["work", "home", "config"] {
            fs::create_dir_all(root.join(folder)).expect("scratch folder");
        }
        let root = root.canonicalize().expect("scratch folder");
        Self { root }
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    pub(crate) fn work(&self) -> PathBuf {
        self.root.join("work")
    }

    /// Writes a file below `work`.
    pub(crate) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.work().join(name);
        fs::create_dir_all(path.parent().expect("below work")).expect("folder");
        fs::write(&path, bytes).expect("file");
        path
    }

    /// A command in this folder with nothing of our own environment in it.
    pub(crate) fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(self.work())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.root.join("home"))
            .env("XDG_CONFIG_HOME", self.root.join("config"))
            .env("TZ", "UTC")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Runs the program.
    pub(crate) fn run(&self, args: &[&str]) -> Output {
        self.command(TIMELINE).args(args).output().expect("the program runs")
    }

    /// Runs the program with something on standard input.
    pub(crate) fn run_with(&self, args: &[&str], stdin: &[u8]) -> Output {
        let mut command = self.command(TIMELINE);
        command.args(args);
        feed(command, stdin)
    }

    /// Runs the program, which must succeed and say nothing on stderr; what it printed.
    pub(crate) fn good(&self, args: &[&str]) -> Vec<u8> {
        let output = self.run(args);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.success() && stderr.is_empty(),
            "timeline {args:?}: {}\n{stderr}",
            output.status
        );
        output.stdout
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if std::env::var_os("KEEP_SCRATCH").is_none() {
            // A leftover in /tmp is no reason to fail.
            let _ = fs::remove_dir_all(&self.root);
        }
    }
}

/// Runs a command with these bytes on its standard input.
pub(crate) fn feed(mut command: Command, stdin: &[u8]) -> Output {
    let mut child = command.stdin(Stdio::piped()).spawn().expect("the program runs");
    let mut pipe = child.stdin.take().expect("a pipe");
    let bytes = stdin.to_vec();
    let writer = std::thread::spawn(move || {
        // The program may well end without reading it all.
        let _ = pipe.write_all(&bytes);
    });
    let output = child.wait_with_output().expect("the program ends");
    writer.join().expect("the writer ends");
    output
}

/// One gzip member.
pub(crate) fn gzip(bytes: &[u8], level: u32) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::new(level));
    encoder.write_all(bytes).expect("memory");
    encoder.finish().expect("memory")
}

/// Days from 1970-01-01 to a date of the Gregorian calendar.
pub(crate) fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let of_year = (153 * (month + if month > 2 { -3 } else { 9 }) + 2) / 5 + day - 1;
    365 * year + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400) + of_year - 719_468
}

/// The date of a day counted from 1970-01-01.
pub(crate) fn date(days: i64) -> (i64, i64, i64) {
    let mut year = 1970 + days.div_euclid(366);
    while self::days(year + 1, 1, 1) <= days {
        year += 1;
    }
    let month = (1..=12).rev().find(|month| self::days(year, *month, 1) <= days).expect("January fits");
    (year, month, days - self::days(year, month, 1) + 1)
}

/// Nanoseconds since 1970 of an RFC 3339 time in UTC.
pub(crate) fn nanos(time: &str) -> i64 {
    let number = |range: std::ops::Range<usize>| time[range].parse::<i64>().expect("a number");
    let seconds = days(number(0..4), number(5..7), number(8..10)) * 86_400
        + number(11..13) * 3_600
        + number(14..16) * 60
        + number(17..19);
    let fraction = time[19..].trim_start_matches('.').trim_end_matches('Z');
    seconds * 1_000_000_000 + format!("{fraction:0<9}").parse::<i64>().expect("a fraction")
}

/// What a folder's logs are told to be, which is the same however they are cut into chunks, and of which the ledger
/// counts as many undated records as are shown: the events.
pub(crate) fn events_of_any_cut(scratch: &Scratch, what: &str) -> Vec<Value> {
    let run = |command: &str, more: &[&str]| {
        let args = [&[command, ".", "--tz", "UTC", "--format", "jsonl"], more].concat();
        let output = scratch.run(&args);
        assert!(output.status.success(), "{args:?}");
        String::from_utf8(output.stdout).expect("JSON")
    };
    let (events, sources) = (run("show", &["-j", "1"]), run("sources", &["-j", "1"]));
    for size in ["64", "100", "1000", "7000"] {
        assert!(run("show", &["--chunk-size", size]) == events, "{what}, chunks of {size}");
        assert!(run("sources", &["--chunk-size", size]) == sources, "{what}, chunks of {size}");
    }
    let parse = |text: &str| -> Vec<Value> {
        text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
    };
    let (events, sources) = (parse(&events), parse(&sources));
    let undated = events.iter().filter(|event| event["time"].is_null()).count() as u64;
    let told: u64 = sources.iter().map(|row| row["undated"].as_u64().expect("a number")).sum();
    assert_eq!(told, undated, "{what}");
    events
}

/// A small generator of pseudo-random numbers (splitmix64): the same log for the same seed, anywhere.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % end
    }

    pub(crate) fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    pub(crate) fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len() as u64) as usize]
    }
}

/// Lines that differ, with `-` expected and `+` got, and two lines around each.
pub(crate) fn diff(expected: &str, got: &str) -> String {
    let left: Vec<&str> = expected.split('\n').collect();
    let right: Vec<&str> = got.split('\n').collect();
    let head = left.iter().zip(&right).take_while(|(a, b)| a == b).count();
    let tail = left[head..].iter().rev().zip(right[head..].iter().rev()).take_while(|(a, b)| a == b).count();
    let mut text = String::new();
    let mut line = |mark: &str, line: &str| text.push_str(&format!("  {mark} {line}\n"));
    for same in &left[head.saturating_sub(2)..head] {
        line(" ", same);
    }
    for gone in &left[head..left.len() - tail] {
        line("-", gone);
    }
    for new in &right[head..right.len() - tail] {
        line("+", new);
    }
    for same in left[left.len() - tail..].iter().take(2) {
        line(" ", same);
    }
    text
}

#[test]
fn dates_and_days_agree() {
    for (year, month, day, number) in [(1970, 1, 1, 0), (2000, 2, 29, 11_016), (2014, 12, 12, 16_416)] {
        assert_eq!(days(year, month, day), number);
        assert_eq!(date(number), (year, month, day));
    }
}
