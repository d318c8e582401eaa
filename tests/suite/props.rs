//! What must hold for any log: on generated folders of mixed, broken and rotated files.
//!
//! 1. Threads, chunk sizes and the order of arguments never change a byte of output.
//! 2. `show` is sorted by time; events of one second and one file keep the order of that file.
//! 3. Lines in are lines out: per source, lines = records + joined, and `show` has one event per record.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::util::{Random, Scratch, date, gzip};

const MESSAGES: [&str; 8] = [
    "connection from 10.0.0.7 port 4711 closed",
    "worker 17 took 12.5 ms",
    "ERROR cannot open /var/lib/app/data.db: no such file",
    "한글 메시지: 연결 실패",
    "retrying in 30 s (attempt 3)",
    "out of memory",
    "",
    "GET /index.php?id=42 \"quoted\" \\ back \u{1b}[31mred",
];

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// A line of one of the layouts at a second since 1970.
fn stamped(random: &mut Random, layout: u64, second: i64) -> String {
    let (year, month, day) = date(second.div_euclid(86_400));
    let of_day = second.rem_euclid(86_400);
    let clock = format!("{:02}:{:02}:{:02}", of_day / 3_600, of_day / 60 % 60, of_day % 60);
    let name = MONTHS[month as usize - 1];
    let message = random.pick(&MESSAGES);
    match layout {
        0 => format!(
            "{name} {day:2} {clock} web{} sshd[{}]: {message}",
            random.below(3),
            random.below(9_999_999)
        ),
        1 => format!(
            "{year:04}-{month:02}-{day:02}T{clock}.{:06}+09:00 web1 app[12]: {message}",
            random.below(1_000_000)
        ),
        2 => format!("{year:04}-{month:02}-{day:02} {clock},{:03} WARN {message}", random.below(1_000)),
        3 => format!("[{day:02}-{name}-{year:04} {clock}] ERROR: {message}"),
        4 => format!(
            "{{\"time\":\"{year:04}-{month:02}-{day:02}T{clock}Z\",\"level\":\"info\",\"msg\":\"m {}\"}}",
            random.below(50)
        ),
        5 => format!("{year:04}/{month:02}/{day:02} {clock} [error] 12#12: *5 {message}"),
        _ => format!(
            "10.0.0.{} - - [{day:02}/{name}/{year:04}:{clock} +0000] \"GET /{} HTTP/1.1\" 200 1 \"-\" \"c\"",
            random.below(255),
            random.below(99)
        ),
    }
}

/// What a generated log may contain beside ordinary lines.
#[derive(Clone, Copy)]
struct Trouble {
    /// Runs of NUL in front of lines, as a crash leaves them.
    nuls: bool,
    /// Lines without a stamp above the first record.
    heads: bool,
}

const ALL: Trouble = Trouble { nuls: true, heads: true };

/// The text of a log: in time order mostly, with everything that honest logs contain.
fn log(random: &mut Random, trouble: Trouble) -> Vec<u8> {
    let mut bytes = Vec::new();
    let layout = random.below(7);
    let crlf = random.chance(15);
    let disorder = random.chance(30);
    let mixed = random.chance(25);
    // Dec 30 2014: some runs cross New Year.
    let mut second = 1_419_897_600 + random.below(90_000) as i64;
    let end: &[u8] = if crlf { b"\r\n" } else { b"\n" };
    if random.chance(30) && trouble.heads {
        for _ in 0..random.below(4) {
            bytes.extend_from_slice(b"a banner without a stamp");
            bytes.extend_from_slice(end);
        }
    }
    for _ in 0..random.below(120) {
        second += random.below(3) as i64 * random.below(40) as i64;
        let at = if disorder && random.chance(20) { second - random.below(300) as i64 } else { second };
        let layout = if mixed && random.chance(30) { random.below(7) } else { layout };
        if random.chance(2) && trouble.nuls {
            bytes.extend(std::iter::repeat_n(0, random.below(40) as usize));
        }
        bytes.extend_from_slice(stamped(random, layout, at).as_bytes());
        bytes.extend_from_slice(end);
        if random.chance(12) {
            for _ in 0..=random.below(3) {
                let lines: [&[u8]; 5] =
                    [b"\tat a.b.C(C.java:1)", b"", b"  continued", b"\xff\xfe junk", b"Caused by: x"];
                let line = random.pick(&lines);
                bytes.extend_from_slice(line);
                bytes.extend_from_slice(end);
            }
        }
        if random.chance(5) {
            bytes.extend_from_slice(&b"x".repeat(random.below(400) as usize));
            bytes.extend_from_slice(end);
        }
    }
    if random.chance(25) {
        bytes.truncate(bytes.len().saturating_sub(end.len()));
    }
    bytes
}

/// A folder of logs; the lines it holds, by file.
fn folder(seed: u64) -> (Scratch, BTreeMap<String, u64>) {
    folder_with(seed, ALL)
}

fn folder_with(seed: u64, trouble: Trouble) -> (Scratch, BTreeMap<String, u64>) {
    let scratch = Scratch::new("props");
    let mut random = Random(seed);
    let mut lines = BTreeMap::new();
    for number in 0..2 + random.below(5) {
        for rotation in 0..1 + random.below(3) {
            let text = log(&mut random, trouble);
            let plain = ["", ".1", ".2"][rotation as usize];
            let zipped = rotation > 0 && random.chance(60);
            let name = format!("h{}/app{number}.log{plain}{}", number % 2, if zipped { ".gz" } else { "" });
            let count = text.iter().filter(|byte| **byte == b'\n').count() as u64
                + u64::from(text.last().is_some_and(|byte| *byte != b'\n'));
            scratch.write(&name, if zipped { gzip(&text, 6) } else { text });
            lines.insert(name, count);
        }
    }
    (scratch, lines)
}

const SEEDS: std::ops::Range<u64> = 0..8;

#[test]
fn threads_and_chunks_change_no_byte() {
    threads_and_chunks(Trouble { nuls: false, heads: false });
}

#[test]
fn threads_and_chunks_change_no_byte_of_logs_with_nuls() {
    threads_and_chunks(Trouble { nuls: true, heads: false });
}

#[test]
fn threads_and_chunks_change_no_byte_of_logs_with_undated_heads() {
    threads_and_chunks(Trouble { nuls: false, heads: true });
}

fn threads_and_chunks(trouble: Trouble) {
    for seed in SEEDS {
        let (scratch, _) = folder_with(seed, trouble);
        for command in [
            &["show", "."][..],
            &["show", ".", "--format", "jsonl"],
            &["build", ".", "--no-store"],
            &["report", ".", "--format", "json"],
            &["grep", "-i", "-C", "2", "error|worker", "."],
            &["sources", ".", "--format", "jsonl"],
            &["show", ".", "--format", "jsonl", "--where", "mark = first or message contains worker"],
        ] {
            let run = |more: &[&str]| {
                let mut args = command.to_vec();
                args.extend(["--tz", "Asia/Seoul"]);
                args.extend(more);
                let output = scratch.run(&args);
                assert!(output.stderr.is_empty(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
                output.stdout
            };
            let expected = run(&["-j", "1"]);
            for more in [
                ["-j", "2", "--chunk-size", "64"],
                ["-j", "1", "--chunk-size", "100"],
                ["-j", "7", "--chunk-size", "1000"],
                ["-j", "2", "--chunk-size", "100000"],
            ] {
                let got = run(&more);
                assert!(
                    got == expected,
                    "seed {seed}: {command:?} differs with {more:?}\n{}",
                    first_difference(&expected, &got)
                );
            }
        }
    }
}

#[test]
fn the_order_of_arguments_changes_no_byte() {
    for seed in SEEDS {
        let (scratch, lines) = folder(seed);
        let mut names: Vec<&str> = lines.keys().map(String::as_str).collect();
        for command in [
            &["show", "--tz", "UTC"][..],
            &["build", "--tz", "UTC", "--no-store"],
            &["show", "--format", "jsonl", "--tz", "UTC"],
        ] {
            let run = |names: &[&str]| scratch.good(&[command, names].concat());
            let expected = run(&names);
            names.reverse();
            let got = run(&names);
            assert!(
                got == expected,
                "seed {seed}: {command:?} {names:?}\n{}",
                first_difference(&expected, &got)
            );
            let middle = names.len() / 2;
            names.rotate_left(middle);
            assert!(run(&names) == expected, "seed {seed}: {command:?} {names:?}");
        }
    }
}

#[test]
fn the_timeline_is_sorted_and_stable() {
    for seed in SEEDS {
        let (scratch, _) = folder(seed);
        let events = jsonl(&scratch.good(&["show", ".", "--format", "jsonl", "--tz", "UTC"]));
        let mut last = String::new();
        let mut lines: BTreeMap<(String, String), u64> = BTreeMap::new();
        for event in &events {
            let Some(time) = event["time"].as_str() else { continue };
            // Digits differ from line to line: compare as nanoseconds of fixed width.
            let key = fixed(time);
            assert!(last <= key, "seed {seed}: {last} stands before {key}: {event}");
            let file = event["file"].as_str().expect("a file").to_owned();
            let line = event["line"].as_u64().expect("a line");
            let before = lines.insert((file, key.clone()), line).unwrap_or(0);
            assert!(
                before < line,
                "seed {seed}: line {before} stands before {line} of the same instant: {event}"
            );
            last = key;
        }
    }
}

/// `2014-12-12T10:10:59.5Z` with nine digits of fraction.
fn fixed(time: &str) -> String {
    let (whole, fraction) =
        time.trim_end_matches('Z').split_once('.').unwrap_or((time.trim_end_matches('Z'), ""));
    format!("{whole}.{fraction:0<9}")
}

#[test]
fn every_event_lies_in_its_interval() {
    for seed in SEEDS {
        let (scratch, _) = folder(seed);
        for event in jsonl(&scratch.good(&["show", ".", "--format", "jsonl", "--tz", "America/New_York"])) {
            let Some(time) = event["time"].as_str() else { continue };
            let [earliest, latest] =
                ["earliest", "latest"].map(|key| fixed(event[key].as_str().expect("a bound")));
            assert!(earliest <= fixed(time) && fixed(time) < latest, "seed {seed}: {event}");
            let basis: BTreeSet<&str> =
                event["basis"].as_array().expect("words").iter().filter_map(Value::as_str).collect();
            assert!(!basis.is_empty(), "seed {seed}: {event}");
        }
    }
}

#[test]
fn lines_in_are_lines_out() {
    for seed in SEEDS {
        let (scratch, lines) = folder(seed);
        let events = jsonl(&scratch.good(&["show", ".", "--format", "jsonl", "--tz", "UTC"]));
        let mut shown: BTreeMap<String, (u64, u64, u64)> = BTreeMap::new();
        let mut places = BTreeSet::new();
        for event in &events {
            let of_source = shown.entry(event["source"].as_str().expect("a source").to_owned()).or_default();
            of_source.0 += 1;
            of_source.1 += u64::from(event["time"].is_null());
            of_source.2 += event["lines"].as_u64().expect("lines");
            let place = (event["file"].to_string(), event["line"].as_u64());
            assert!(places.insert(place), "seed {seed}: shown twice: {event}");
        }
        let mut total = 0;
        for source in jsonl(&scratch.good(&["sources", ".", "--format", "jsonl", "--tz", "UTC"])) {
            let name = source["source"].as_str().expect("a name");
            let [read, records, joined, dated, undated] = ["lines", "records", "joined", "dated", "undated"]
                .map(|key| source["ledger"][key].as_u64().expect("a number"));
            assert_eq!(read, records + joined, "seed {seed}: {source}");
            assert_eq!(records, dated + undated, "seed {seed}: {source}");
            let (events, without_time, physical) = shown.get(name).copied().unwrap_or_default();
            assert_eq!((events, without_time), (records, undated), "seed {seed}: {source}");
            // Blank lines above the first record belong to nobody: they are counted, not shown.
            assert!(physical <= read, "seed {seed}: {source}: {physical} lines shown");
            let files = source["files"].as_array().expect("files").iter().filter_map(Value::as_str);
            assert_eq!(read, files.map(|file| lines[file]).sum::<u64>(), "seed {seed}: {source}");
            total += read;
        }
        assert_eq!(total, lines.values().sum::<u64>(), "seed {seed}");
    }
}

#[test]
fn grep_and_show_agree() {
    for seed in SEEDS {
        let (scratch, _) = folder(seed);
        let all = scratch.good(&["show", ".", "--format", "jsonl", "--tz", "UTC"]);
        let count = |args: &[&str]| {
            let output = scratch.run(&[&["grep", "-c", "--tz", "UTC"], args, &["."]].concat());
            String::from_utf8_lossy(&output.stdout).trim().parse::<usize>().expect("a number")
        };
        let records = jsonl(&all).len();
        assert_eq!(count(&["-e", ""]), records, "seed {seed}");
        for pattern in ["error", "worker 17", "한글", "Caused by"] {
            let sum = count(&["-i", "-e", pattern]) + count(&["-i", "-v", "-e", pattern]);
            assert_eq!(sum, records, "seed {seed}: {pattern} with and without -v");
            assert_eq!(
                count(&["-F", "-e", pattern]),
                count(&["-e", pattern]),
                "seed {seed}: {pattern} with -F"
            );
        }
    }
}

#[test]
fn where_is_a_choice_of_the_whole() {
    let first =
        |event: &Value| event["marks"].as_array().is_some_and(|marks| marks.contains(&"first".into()));
    let worse = |event: &Value| matches!(event["level"].as_str(), Some("warn" | "error" | "critical"));
    let says = |event: &Value, text: &str| event["message"].as_str().is_some_and(|said| said.contains(text));
    type Fits<'a> = &'a dyn Fn(&Value) -> bool;
    let choices: [(&str, Fits<'_>); 6] = [
        ("mark = first", &first),
        ("mark != first and level >= warn", &|event| !first(event) && worse(event)),
        ("level in (warn, error, critical) or message ~ 'worker \\d+'", &|event| {
            worse(event) || says(event, "worker")
        }),
        ("not (message contains 한글) and has pid", &|event| {
            !says(event, "한글") && !event["pid"].is_null()
        }),
        ("status = 200 and lines = 1", &|event| event["fields"]["status"] == "200" && event["lines"] == 1),
        ("has time and time < 2014-12-31", &|event| {
            event["time"].as_str().is_some_and(|time| fixed(time) < fixed("2014-12-31T00:00:00Z"))
        }),
    ];
    for seed in SEEDS {
        let (scratch, _) = folder(seed);
        let show = |more: &[&str]| {
            jsonl(
                &scratch
                    .run(&[&["show", ".", "--format", "jsonl", "--tz", "UTC", "--no-dedupe"], more].concat())
                    .stdout,
            )
        };
        let whole = show(&[]);
        for (expression, fits) in &choices {
            let expected: Vec<&Value> = whole.iter().filter(|event| fits(event)).collect();
            let got = show(&["--where", expression, "--chunk-size", "300"]);
            let differ = expected.iter().zip(&got).find(|(a, b)| **a != *b);
            assert!(
                expected.len() == got.len() && differ.is_none(),
                "seed {seed}: {expression}: {} and {} events\n{differ:?}",
                expected.len(),
                got.len()
            );
        }
    }
}

#[test]
fn a_window_is_a_cut_of_the_whole() {
    for seed in SEEDS {
        let (scratch, _) = folder_with(seed, Trouble { nuls: false, heads: false });
        let (from, to) = ("2014-12-31T00:00:00Z", "2014-12-31T06:00:00Z");
        let dated = |bytes: &[u8]| -> Vec<Value> {
            jsonl(bytes)
                .into_iter()
                .filter(|event| !event["time"].is_null())
                .map(|mut event| {
                    // In a window nothing can be called a first occurrence.
                    event["marks"].take();
                    event
                })
                .collect()
        };
        let whole = dated(&scratch.good(&["show", ".", "--format", "jsonl", "--tz", "UTC"]));
        let expected: Vec<Value> = whole
            .into_iter()
            .filter(|event| {
                event["time"].as_str().is_some_and(|time| (fixed(from)..fixed(to)).contains(&fixed(time)))
            })
            .collect();
        let got = dated(&scratch.good(&[
            "show",
            ".",
            // A window may hold nothing, which is said.
            "-q",
            "--format",
            "jsonl",
            "--tz",
            "UTC",
            "-S",
            from,
            "-U",
            to,
            "--chunk-size",
            "500",
        ]));
        let differ = expected.iter().zip(&got).find(|(a, b)| a != b);
        assert!(
            got == expected,
            "seed {seed}: {} events and {} in the window\n{differ:?}",
            expected.len(),
            got.len()
        );
    }
}

fn jsonl(bytes: &[u8]) -> Vec<Value> {
    let text = std::str::from_utf8(bytes).expect("JSON is UTF-8");
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect()
}

fn first_difference(a: &[u8], b: &[u8]) -> String {
    let (a, b) = (String::from_utf8_lossy(a), String::from_utf8_lossy(b));
    match a.lines().zip(b.lines()).enumerate().find(|(_, (a, b))| a != b) {
        Some((line, (a, b))) => format!("line {}:\n- {a}\n+ {b}", line + 1),
        None => format!("{} and {} lines", a.lines().count(), b.lines().count()),
    }
}
