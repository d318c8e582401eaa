//! What must not kill a run: sizes, counts and streams at their limits.

use std::ffi::OsStr;
use std::io::{BufWriter, Write as _};
use std::os::unix::ffi::OsStrExt as _;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::util::{Scratch, TIMELINE, gzip};

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn a_line_of_100_mib() {
    const LINE: usize = 100 << 20;
    let scratch = Scratch::new("long");
    let mut file = BufWriter::new(std::fs::File::create(scratch.work().join("a.log")).expect("file"));
    let piece = vec![b'x'; 1 << 20];
    file.write_all(b"2024-05-01T10:00:00Z first\n2024-05-01T10:00:01Z ").expect("disk");
    for _ in 0..LINE >> 20 {
        file.write_all(&piece).expect("disk");
    }
    file.write_all(b"\n2024-05-01T10:00:02Z last\n").expect("disk");
    file.into_inner().expect("disk");
    let start = Instant::now();
    let sources = scratch.good(&["sources", "a.log", "--tz", "UTC", "--format", "jsonl", "-q"]);
    let row: Value = serde_json::from_slice(&sources).expect("JSON");
    assert_eq!((&row["ledger"]["records"], &row["ledger"]["lines"]), (&3.into(), &3.into()), "{row}");
    assert_eq!(row["last"], "2024-05-01T10:00:02Z", "{row}");
    // A line that long is not kept whole, and that is said.
    let output = scratch.run(&["show", "a.log", "--tz", "UTC", "--strict"]);
    assert_eq!(output.status.code(), Some(1));
    let stderr = text(&output.stderr);
    assert!(
        stderr.starts_with(
            "timeline: a.log: from line 2 on, lines over 1048576 bytes are cut: 103809045 bytes are left out"
        ) && stderr.lines().count() == 1,
        "{stderr}"
    );
    let lines: Vec<&[u8]> = output.stdout.split(|byte| *byte == b'\n').collect();
    assert_eq!(lines.len(), 4);
    assert!(lines[1].ends_with(b"xxx") && lines[2].ends_with(b"last"), "{}", lines[1].len());
    assert_eq!(text(&scratch.run(&["grep", "-c", "last", "a.log", "--tz", "UTC"]).stdout), "1\n");
    assert!(start.elapsed() < Duration::from_secs(120), "{:?}", start.elapsed());
}

#[test]
fn only_newlines() {
    let scratch = Scratch::new("newlines");
    scratch.write("a.log", "\n".repeat(300_000));
    let row: Value =
        serde_json::from_slice(&scratch.good(&["sources", "a.log", "--format", "jsonl"])).expect("JSON");
    assert_eq!(
        (&row["ledger"]["lines"], &row["ledger"]["joined"], &row["ledger"]["records"]),
        (&300_000.into(), &300_000.into(), &0.into())
    );
    assert_eq!(scratch.good(&["show", "a.log"]), b"");
}

#[test]
fn more_files_than_descriptors() {
    let scratch = Scratch::new("many");
    for number in 0..2_000 {
        scratch.write(
            &format!("d{}/f{number}.log", number % 20),
            format!("2024-05-01T10:{:02}:{:02}Z line {number}\n", number / 60 % 60, number % 60),
        );
    }
    let mut command = scratch.command("sh");
    command
        .args(["-c", &format!("ulimit -n 256 && exec '{TIMELINE}' show . --tz UTC --format jsonl --strict")]);
    let output = command.output().expect("sh runs");
    assert!(output.status.success(), "{}: {}", output.status, text(&output.stderr));
    assert_eq!(output.stdout.iter().filter(|byte| **byte == b'\n').count(), 2_000);
}

#[test]
fn more_compressed_files_than_descriptors() {
    let scratch = Scratch::new("manygz");
    for number in 0..600 {
        scratch.write(
            &format!("f{number}.log.gz"),
            gzip(format!("2024-05-01T10:00:00Z line {number}\n").as_bytes(), 6),
        );
    }
    let mut command = scratch.command("sh");
    command.args(["-c", &format!("ulimit -n 256 && exec '{TIMELINE}' show . --tz UTC --strict")]);
    let output = command.output().expect("sh runs");
    assert!(output.status.success(), "{}: {}", output.status, text(&output.stderr));
    assert_eq!(output.stdout.iter().filter(|byte| **byte == b'\n').count(), 600);
}

#[test]
fn a_gzip_file_cut_anywhere() {
    let lines: String = (0..2_000)
        .map(|number| format!("2024-05-01T10:{:02}:{:02}Z line {number}\n", number / 60, number % 60))
        .collect();
    let whole = gzip(lines.as_bytes(), 6);
    for cut in [1, 4, 8, 9, 100, whole.len() / 2, whole.len() - 20, whole.len() - 11] {
        let scratch = Scratch::new("cut");
        scratch.write("a.log.gz", &whole[..whole.len() - cut]);
        scratch.write("ok.log", "2024-05-01T09:00:00Z fine\n");
        let output = scratch.run(&["show", ".", "--tz", "UTC"]);
        assert!(output.status.success(), "cut {cut}: {}", output.status);
        assert!(
            text(&output.stdout).contains("ok.log") && text(&output.stdout).contains("fine"),
            "cut {cut}"
        );
        let stderr = text(&output.stderr);
        assert!(
            stderr.starts_with("timeline: a.log.gz: the gzip data is ") && stderr.lines().count() == 1,
            "cut {cut}: {stderr}"
        );
        assert_eq!(
            scratch.run(&["show", ".", "--tz", "UTC", "--strict"]).status.code(),
            Some(1),
            "cut {cut}"
        );
    }
}

#[test]
fn a_large_gzip_file_is_read_as_the_plain_one() {
    let lines: String = (0..60_000)
        .map(|number| {
            format!(
                "2024-05-01T10:{:02}:{:02}Z line {number} {}\n",
                number / 1_800 % 60,
                number / 30 % 60,
                "pad ".repeat(8)
            )
        })
        .collect();
    let plain = Scratch::new("plain");
    plain.write("a.log.1", &lines);
    let packed = Scratch::new("packed");
    packed.write("a.log.1.gz", gzip(lines.as_bytes(), 6));
    let args = ["show", ".", "--tz", "UTC", "-j", "2"];
    assert!(plain.good(&args) == packed.good(&args));
}

#[test]
fn standard_input() {
    let scratch = Scratch::new("stdin");
    let log = b"2024-05-01T10:00:00Z one\n  joined\n2024-05-01T10:00:01Z two";
    for args in [&["show", "-", "--tz", "UTC"][..], &["show", "--tz", "UTC", "--", "-"]] {
        let output = scratch.run_with(args, log);
        assert!(
            output.status.success() && text(&output.stdout).lines().count() == 3,
            "{}",
            text(&output.stdout)
        );
    }
    for args in [&["show", "-", "--tz", "UTC"][..], &["build", "-", "--tz", "UTC"], &["grep", "-c", "x", "-"]]
    {
        let output = scratch.run_with(args, b"");
        assert!(
            output.stderr.is_empty() && output.status.code() < Some(2),
            "{args:?}: {}",
            text(&output.stderr)
        );
    }
    let jsonl = scratch.run_with(&["show", "-", "--tz", "UTC", "--format", "jsonl"], log).stdout;
    let first: Value = serde_json::from_str(text(&jsonl).lines().next().expect("an event")).expect("JSON");
    assert_eq!((&first["file"], &first["line"], &first["lines"]), (&"-".into(), &1.into(), &2.into()));
}

#[test]
fn compressed_standard_input() {
    let scratch = Scratch::new("stdingz");
    let output =
        scratch.run_with(&["show", "-", "--tz", "UTC", "--strict"], &gzip(b"2024-05-01T10:00:00Z one\n", 6));
    assert!(output.status.success() && text(&output.stdout).contains("one"), "{}", text(&output.stderr));
}

#[test]
fn a_reader_that_goes_away_is_silence() {
    let scratch = Scratch::new("pipe");
    let lines: String = (0..100_000).map(|number| format!("2024-05-01T10:00:00Z line {number}\n")).collect();
    scratch.write("a.log", lines);
    let mut command = scratch.command("sh");
    command.args(["-c", &format!("'{TIMELINE}' show a.log --tz UTC; echo \"exit $?\" >&2")]);
    let mut child = command.spawn().expect("sh runs");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("sh ends");
    assert_eq!(text(&output.stderr), "exit 0\n");
}

#[test]
fn a_full_disk_is_told() {
    let scratch = Scratch::new("full");
    if !std::path::Path::new("/dev/full").exists() {
        return eprintln!("skipped: no /dev/full here");
    }
    scratch.write("a.log", "2024-05-01T10:00:00Z a\n");
    let mut command = scratch.command("sh");
    command.args(["-c", &format!("'{TIMELINE}' show a.log --tz UTC >/dev/full")]);
    let output = command.output().expect("sh runs");
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(text(&output.stderr), "timeline: cannot write output: no space left on device\n");
}

#[test]
fn an_unreadable_file_is_a_remark() {
    use std::os::unix::fs::PermissionsExt as _;
    let scratch = Scratch::new("unreadable");
    scratch.write("ok.log", "2024-05-01T10:00:00Z fine\n");
    let secret = scratch.write("secret.log", "2024-05-01T10:00:00Z secret\n");
    std::fs::set_permissions(&secret, std::fs::Permissions::from_mode(0o0)).expect("mode");
    if std::fs::read(&secret).is_ok() {
        return eprintln!("skipped: root reads everything");
    }
    let output = scratch.run(&["show", ".", "--tz", "UTC", "--strict"]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(text(&output.stderr), "timeline: secret.log: permission denied\n");
    assert!(text(&output.stdout).contains("fine"));
}

#[test]
fn a_pipe_in_the_folder_is_no_trap() {
    let scratch = Scratch::new("fifo");
    scratch.write("ok.log", "2024-05-01T10:00:00Z fine\n");
    let made = scratch.command("mkfifo").arg("pipe").status();
    if !made.is_ok_and(|status| status.success()) {
        return eprintln!("skipped: no mkfifo here");
    }
    assert!(text(&scratch.good(&["build", ".", "--tz", "UTC"])).contains("not a regular file"));
}

#[test]
fn a_file_that_shrinks_or_grows_is_read_as_it_was() {
    // From outside we cannot stand between the two passes; this only hunts for panics.
    let scratch = Scratch::new("moving");
    let lines: String = (0..20_000).map(|number| format!("2024-05-01T10:00:00Z line {number}\n")).collect();
    let path = scratch.write("a.log", &lines);
    let done = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(std::sync::atomic::Ordering::Relaxed) {
                std::fs::write(&path, &lines[..lines.len() / 3]).expect("disk");
                std::fs::write(&path, &lines).expect("disk");
            }
        });
        for _ in 0..12 {
            let output = scratch.run(&["show", "a.log", "--tz", "UTC", "--chunk-size", "4096"]);
            let stderr = text(&output.stderr);
            assert!(output.status.success() && !stderr.contains("panicked"), "{}: {stderr}", output.status);
        }
        done.store(true, std::sync::atomic::Ordering::Relaxed);
    });
}

/// However the file is packed and cut, and whoever is asked: the same of each line is kept, and the same is said.
#[test]
fn long_lines_are_cut_alike() {
    let scratch = Scratch::new("cut");
    let line = |second: u32, text: &str| format!("2024-05-01T10:00:{second:02}Z {text}\n");
    let long = "긴줄".repeat(200_000);
    let log = [line(1, "one"), line(2, &long), line(3, "three"), line(4, &long), line(5, "end")].concat();
    scratch.write("plain/a.log", &log);
    scratch.write("packed/a.log.gz", gzip(log.as_bytes(), 6));
    let lost = "from line 2 on, lines over 1048576 bytes are cut: 302890 bytes are left out\n";
    let mut seen = Vec::new();
    for (folder, name) in [("plain", "a.log"), ("packed", "a.log.gz")] {
        let store = format!("{folder}.timeline");
        let built = text(&scratch.good(&["build", folder, "-o", &store, "--tz", "UTC"]));
        assert!(built.contains(lost), "{built}");
        for input in [folder, &store] {
            let sources = text(&scratch.good(&["sources", input, "--tz", "UTC", "-q"]));
            assert!(sources.ends_with(&format!("read in part\n  {name}  {lost}")), "{sources}");
            for size in ["65536", "16777216"] {
                let shown = scratch.good(&["show", input, "--tz", "UTC", "-q", "--chunk-size", size]);
                seen.push((format!("{input} {size}"), shown));
            }
        }
    }
    for (run, shown) in &seen {
        assert_eq!(shown.len(), seen[0].1.len(), "{run}");
        assert_eq!(shown, &seen[0].1, "{run}");
    }
}

/// Two names that differ in bytes that are no UTF-8 are two files, and each can be named.
#[test]
fn names_that_are_no_text() {
    let scratch = Scratch::new("names");
    for (name, second) in [(&b"a\xfe.log"[..], 1), (b"a\xff.log", 2), ("가.log".as_bytes(), 3)] {
        let line = format!("2024-05-01T10:00:0{second}Z {second}\n");
        std::fs::write(scratch.work().join(OsStr::from_bytes(name)), line).expect("disk");
    }
    let said = text(&scratch.good(&["sources", ".", "--tz", "UTC"]));
    let names: Vec<&str> = said.lines().filter(|line| !line.starts_with(' ') && !line.is_empty()).collect();
    assert_eq!(names, [r"a\xfe.log", r"a\xff.log", "가.log"], "{said}");
    scratch.good(&["build", ".", "-o", "all.timeline", "--tz", "UTC"]);
    for input in [".", "all.timeline"] {
        let files = ["grep", "-l", ".", "--source", r"a\xff.log", input, "--tz", "UTC"];
        assert_eq!(text(&scratch.good(&files)), "a\\xff.log\n", "{input}");
    }
    let told = text(&scratch.good(&["explain", r"a\xfe.log:1", ".", "--tz", "UTC"]));
    assert!(told.starts_with(r"a\xfe.log:1 was written at 2024-05-01 10:00:01 UTC"), "{told}");
}
