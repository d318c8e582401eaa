//! Stores: they answer as the logs do, and survive whatever happens to a build or to their files.

use std::fs;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::time::Duration;

use serde_json::Value;

use crate::util::{Random, Scratch, TIMELINE, package};

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Questions that logs and the store of them must answer alike.
const QUESTIONS: &[&[&str]] = &[
    &["show"],
    &["show", "--format", "jsonl"],
    &["show", "--format", "jsonl", "--no-dedupe"],
    &["show", "--format", "jsonl", "-l", "warn"],
    &["show", "--host", "web*"],
    &["show", "--program", "php*"],
    &["show", "--source", "*messages*"],
    &["show", "--since", "2014-12-12T01:00Z", "--until", "2014-12-13T00:00Z"],
    &["show", "--since", "2026-11-20T12:00Z"],
    &["show", "--around", "2014-12-12T01:10:59Z", "--window", "20m"],
    &["grep", "-c", "-i", "error"],
    &["grep", "-F", "fork() failed"],
    &["grep", "-c", "-F", "fork() failed"],
    &["grep", "-c", "Connection timed out"],
    &["grep", "-c", "is never said"],
    &["grep", "-c", "-F", "GET /"],
    &["grep", "-v", "-c", "a"],
    &["grep", "-C2", "-i", "fail"],
    &["grep", "-C", "30s", "-i", "fail"],
    &["grep", "-o", "[0-9]+\\.[0-9]+"],
    &["grep", "-l", "o"],
    &["grep", "--first", "."],
    &["grep", "--count-by", "hour", "."],
    &["grep", "--count-by", "pattern", "."],
    &["grep", "--count-by", "format", "--no-dedupe", "."],
    &["grep", "--count-by", "status", "."],
    &["grep", "--histogram", "-i", "error"],
    &["grep", "--json", "-C1", "fork"],
    &["show", "--where", "level >= warn and message ~ 'fail|refused'"],
    &["show", "--format", "jsonl", "--where", "status >= 500 and not has nothing or pid > 100"],
    &["show", "--where", "mark = first and basis != mtime"],
    &[
        "show",
        "--where",
        "start < 2014-12-12T01:11Z and request_time >= 0.5s or earliest > 2026-11-20T12:00Z",
    ],
    &[
        "show",
        "--where",
        "mark = derived or format in (syslog, plain)",
        "--columns",
        "time,mark,host,message",
    ],
    &["grep", "-C1", "-i", "fail", "--where", "lines > 1 or client in 0.0.0.0/0"],
    // What columns tell is asked of them before any record is made.
    &["show", "--where", "format = syslog and level >= warn"],
    &["show", "--format", "jsonl", "--where", "format in ('php-fpm', 'nginx-error') and mark = first"],
    &["show", "--where", "source = nowhere or host = nobody", "--until", "2026-11-20T12:00Z"],
    &["show", "--where", "time >= 2014-12-12T01:10Z and time < 2014-12-12T01:12Z and program = 'php-fpm'"],
    &["show", "--where", "pattern in (p8403b4a1fea955c7, p0123456789abcdef)"],
    &["show", "-l", "error", "--until", "2014-12-12T01:12Z", "--where", "level < critical"],
    // The first field is met where the format is another, the second nowhere.
    &["show", "--where", "format = syslog and client = '10.0.0.1'"],
    &["grep", "-c", "o", "--where", "client = '10.0.0.1' and format = syslog"],
    &["grep", "-c", "o", "--where", "no_such_field = 1 and format = syslog"],
    &["grep", "-c", "-i", "err", "--where", "format = syslog and program != kernel"],
    &["grep", "-F", "fork", "--where", "level >= warn", "--program", "*fpm*"],
    &["grep", "-c", "--no-dedupe", "e", "--where", "format = syslog", "--host", "*"],
    &["report", "--where", "level >= error"],
    &["report"],
    &["report", "--format", "json"],
    &["sources"],
    &["patterns"],
    &["patterns", "--json", "-l", "warn", "--where", "program != sshd"],
];

fn samples() -> Vec<PathBuf> {
    let folders = fs::read_dir(package().join("samples")).expect("samples").flatten();
    let mut folders: Vec<PathBuf> = folders.map(|entry| entry.path()).filter(|path| path.is_dir()).collect();
    folders.sort();
    folders
}

#[test]
fn a_store_answers_as_its_logs_do() {
    for folder in samples() {
        let scratch = Scratch::new("alike");
        let logs = folder.to_str().expect("a name");
        let built = scratch.run(&["build", logs, "--tz", "Asia/Seoul", "-o", "a.timeline"]);
        assert!(built.status.success(), "{logs}: {}", text(&built.stderr));
        // All questions on some, the plainest ones on all: each is asked twice.
        let thorough = ["php-fpm-oom", "vrrp-bond-down", "containers"];
        let all = thorough.iter().any(|name| folder.ends_with(name));
        for question in QUESTIONS.iter().take(if all { QUESTIONS.len() } else { 2 }) {
            let ask = |input: &str| {
                let args: Vec<&str> = question.iter().copied().chain([input, "--tz", "Asia/Seoul"]).collect();
                scratch.run(&args)
            };
            let (logs, store) = (ask(logs), ask("a.timeline"));
            let said = |output: &Output| (output.status.code(), text(&output.stdout), text(&output.stderr));
            assert!(
                said(&logs) == said(&store),
                "{} {question:?}: {:?} from the logs, {:?} from the store",
                folder.display(),
                first_difference(&logs.stdout, &store.stdout),
                first_difference(&store.stdout, &logs.stdout),
            );
        }
    }
}

/// Logs whose texts are awkward to look for: addresses next to digits and dots, quotations, Korean, bytes that are no
/// text, records of several lines, and records that two files have.
fn awkward_logs(scratch: &Scratch) -> Vec<String> {
    let mut random = Random(11);
    let (mut syslog, mut daemon, mut web, mut app) = (Vec::new(), Vec::new(), String::new(), String::new());
    for n in 0..300_u64 {
        let (minute, second) = (n / 60, n % 60);
        let address = match random.below(6) {
            0 => format!("10.0.1.{}", random.below(20)),
            1 => format!("110.0.1.{}", random.below(300)),
            2 => format!("10.0.1.117.{}", random.below(9)),
            3 => format!("fe80::1%{}", random.below(3)),
            _ => format!("198.18.{}.{}", random.below(256), random.below(256)),
        };
        let id = random.below(1 << 40);
        let said = match random.below(9) {
            0 => format!("Failed password for root from {address} port {}", random.below(65_536)),
            1 => format!(
                "child {} said into stderr: \"PHP Fatal error: memory of {id} bytes\"",
                random.below(99)
            ),
            2 => format!(
                "segfault at {id:x} ip {:x} error {} in lib{}.so",
                id * 7,
                random.below(9),
                random.below(4)
            ),
            3 => format!("메모리 부족: {}월 프로세스 {id:x} 종료", random.below(12)),
            4 => format!("v8.{}.0 is at ...{address}... <{id:08x}>", random.below(3)),
            5 => "session opened for user Deploy".to_owned(),
            6 => "session opened for user deploy".to_owned(),
            7 => format!("open '/srv/web{}/{id:x}.log' failed", random.below(3)),
            _ => format!("took {}.{} s, code={}", random.below(9), random.below(100), random.below(600)),
        };
        let line = format!("Dec 12 10:{minute:02}:{second:02} web{} sshd[{}]: ", n % 2, 800 + n % 7);
        let mut line = [line.as_bytes(), said.as_bytes()].concat();
        if random.chance(5) {
            line.extend(b" \xff\xfe 10.0.1.7\xb0 raw");
        }
        line.push(b'\n');
        if random.chance(10) {
            daemon.extend(&line);
        }
        syslog.extend(line);
        web += &format!(
            "{{\"@timestamp\":\"2014-12-12T10:{minute:02}:{second:02}Z\",\"remote_addr\":\"{address}\",\"request\":\"GET /p/{id:x}?q={} HTTP/1.1\",\"status\":\"{}\"}}\n",
            random.below(50),
            200 + random.below(4) * 100
        );
        app += &format!("2014-12-12T10:{minute:02}:{second:02}.{:03}Z ERROR {said}\n", n % 1000);
        if random.chance(10) {
            app += &format!("  at org.Thing.run(Thing.java:{})\n  caused by {address}\n", random.below(99));
        }
    }
    scratch.write("logs/messages", &syslog);
    scratch.write("logs/daemon.log", daemon);
    scratch.write("logs/access.json", &web);
    scratch.write("logs/app.log", &app);
    let text = String::from_utf8_lossy(&syslog);
    text.lines().chain(web.lines()).chain(app.lines()).map(str::to_owned).collect()
}

/// A piece of some line, whatever it cuts.
fn cut<'a>(random: &mut Random, lines: &'a [String]) -> &'a str {
    loop {
        let line = random.pick(lines);
        let start = random.below(line.len() as u64 + 1) as usize;
        let end = start + 1 + random.below(20) as usize;
        match line.get(start..end.min(line.len())) {
            Some(text) if !text.is_empty() && !text.contains('\u{fffd}') => return text,
            _ => {}
        }
    }
}

#[test]
fn what_a_store_finds_stands_in_its_logs() {
    let scratch = Scratch::new("found");
    let lines = awkward_logs(&scratch);
    scratch.good(&["build", "logs", "--tz", "UTC", "-o", "a.timeline"]);
    const FLAGS: &[&[&str]] = &[&["-F"], &["-F", "-i"], &["-F", "-w"], &["-F", "-v"], &["-i", "-w"], &[]];
    let mut random = Random(5);
    let mut asked: Vec<Vec<String>> = Vec::new();
    for n in 0..90 {
        let flags = random.pick(FLAGS).to_vec();
        let output = random.pick(&["-c", "-c", "-c", "-l", "-o", "--no-dedupe"]);
        let mut text = cut(&mut random, &lines).to_owned();
        if n % 4 == 0 {
            // What is looked for most: an address, or some of one.
            text = lines
                .iter()
                .filter_map(|line| line.split(' ').find(|word| word.contains(".0.1.")))
                .nth(n / 4)
                .map_or(text, |word| word[word.len().min(n % 3)..].to_owned());
        }
        if flags.contains(&"-i") && n % 2 == 0 {
            text = text.to_uppercase();
        }
        let plain = flags.contains(&"-F") || random.chance(20);
        let pattern =
            if plain { text } else { text.replace(['(', ')', '[', ']', '{', '}', '\\', '*', '?', '+'], ".") };
        let mut question: Vec<String> =
            ["grep", output].iter().chain(&flags).map(|word| (*word).to_owned()).collect();
        if random.chance(20) {
            question.extend(["-e".to_owned(), cut(&mut random, &lines).to_owned()]);
        }
        if random.chance(15) {
            question.extend(["--where".to_owned(), "status >= 300 or program = sshd".to_owned()]);
        }
        question.extend(["-e".to_owned(), pattern]);
        asked.push(question);
    }
    for expression in [
        "err[a-z]+ [0-9]+",
        "error:? (memory|[0-4]) ",
        "^  at .*[0-9]\\)$",
        "(?s)ERROR.*caused by 1",
        "[0-9]월 프로세스 [0-9a-f]+ 종료$",
        "10.0.1.7",
        "\\b10\\.0\\.1\\.7\\b",
        "user [dD]eploy",
        "never said|nor this",
        "",
    ] {
        for flag in ["-c", "-vc", "-ic", "-l"] {
            asked.push(["grep", flag, "-e", expression].map(str::to_owned).to_vec());
        }
    }
    for question in asked {
        let ask = |input: &str| {
            let args = question.iter().map(String::as_str).chain([input, "--tz", "UTC"]);
            let output = scratch.run(&args.collect::<Vec<_>>());
            (output.status.code(), text(&output.stdout), text(&output.stderr))
        };
        let (logs, store) = (ask("logs"), ask("a.timeline"));
        assert!(logs == store, "{question:?}: {logs:?} from the logs, {store:?} from the store");
    }
}

#[test]
fn a_damaged_index_is_no_answer() {
    let scratch = Scratch::new("index");
    let lines: String =
        (0..40).map(|n| format!("2024-05-01T10:00:{n:02}Z from 10.0.1.{n} user u{n}\n")).collect();
    scratch.write("app/a.log", lines);
    scratch.good(&["build", "app", "--tz", "UTC"]);
    let part = part(&scratch.work().join("app.timeline"));
    let whole = fs::read(&part).expect("a part");
    let count = |pattern: &str| scratch.run(&["grep", "-c", pattern, "app.timeline"]);
    let questions = [("from 10", "40\n"), ("10.0.1.7", "1\n"), ("user u[0-9]$", "10\n"), ("nothing", "0\n")];
    for (pattern, counted) in questions {
        assert_eq!(text(&count(pattern).stdout), counted, "{pattern}");
    }
    // Its index begins where the columns end, and where it is stands in the metadata behind it.
    let mut random = Random(9);
    for _ in 0..80 {
        let mut bytes = whole.clone();
        let at = bytes.len() - 1 - random.below(bytes.len() as u64 / 2) as usize;
        bytes[at] ^= 1 << random.below(8);
        fs::write(&part, &bytes).expect("flipped");
        for (pattern, counted) in questions {
            let output = count(pattern);
            let (said, told) = (text(&output.stdout), text(&output.stderr));
            let refused = output.status.code() == Some(2) && told.contains("not those that were written");
            assert!(refused || said == counted, "{at}: {pattern}: {said} {told}");
        }
    }
}

/// The first line of `one` that is not `other`'s.
fn first_difference(one: &[u8], other: &[u8]) -> Option<String> {
    let mut others = other.split(|byte| *byte == b'\n');
    one.split(|byte| *byte == b'\n').find(|line| others.next() != Some(line)).map(text)
}

#[test]
fn a_text_comes_back_byte_for_byte() {
    let scratch = Scratch::new("bytes");
    let mut log =
        b"Dec 12 10:10:59 web1 sshd[0811]: a\x00b\x01\x05\x06 \xff\xfe end\n  more \xed\x95\x9c\r\n".to_vec();
    log.extend(b"{\"time\":\"2014-12-12T10:11:00Z\",\"level\":\"info\",\"msg\":\"x \\u0000 \\\"q\\\"\",\"n\":[1,2]}\n");
    log.extend(b"no stamp at all\nDec 12 10:11:01 web1 cron: \n");
    scratch.write("logs/messages", &log);
    scratch.good(&["build", "logs", "--tz", "UTC", "--year", "2014", "-o", "a.timeline"]);
    for question in [&["show", "--format", "jsonl"][..], &["grep", "-o", "(?s-u).*"], &["show"]] {
        let ask = |input: &str| {
            let args: Vec<&str> =
                question.iter().copied().chain([input, "--tz", "UTC", "--year", "2014"]).collect();
            scratch.good(&args)
        };
        assert_eq!(text(&ask("logs")), text(&ask("a.timeline")), "{question:?}");
    }
}

#[test]
fn a_store_needs_no_name_where_it_is_the_only_one() {
    let scratch = Scratch::new("bare");
    scratch.write("app/a.log", "2024-05-01T10:00:00Z one\n");
    scratch.good(&["build", "app", "--tz", "Asia/Seoul"]);
    // In the zone that it was built with.
    assert!(text(&scratch.good(&["show"])).starts_with("2024-05-01T19:00:00"));
    scratch.good(&["build", "app", "-o", "other.timeline"]);
    let several = scratch.run(&["show"]);
    assert_eq!(
        (several.status.code(), text(&several.stderr)),
        (
            Some(2),
            "timeline: there are 2 stores here: name the one to read (app.timeline, other.timeline)\n".into()
        )
    );
}

#[test]
fn a_store_of_files_that_did_not_change_is_not_built_again() {
    let scratch = Scratch::new("again");
    let logs = package().join("samples/php-fpm-oom");
    let logs = logs.to_str().expect("a name");
    let build = |more: &[&str]| {
        let built = scratch.run(&[&["build", logs, "--tz", "Asia/Seoul"], more].concat());
        (built.status.code(), text(&built.stdout), text(&built.stderr))
    };
    let manifest =
        || fs::metadata(scratch.work().join("php-fpm-oom.timeline/manifest.json")).expect("a store");
    let (code, first, said) = build(&[]);
    let made = manifest().modified().expect("a time");
    let (again_code, again, again_said) = build(&[]);
    assert_eq!((code, said), (again_code, again_said));
    let summary = |text: &str| text.split("\nStore: ").next().expect("a summary").to_owned();
    assert_eq!(summary(&first), summary(&again), "the same summary");
    assert!(again.ends_with("is up to date: no file has changed\n"), "{again}");
    assert_eq!(manifest().modified().expect("a time"), made);
    // Asked otherwise, or damaged, it is built again.
    assert!(build(&["-l", "warn", "--force"]).1.contains("Ask it"));
    assert!(build(&[]).1.contains("Ask it"));
    fs::remove_file(part(&scratch.work().join("php-fpm-oom.timeline"))).expect("a part");
    assert!(build(&[]).1.contains("Ask it"));
    assert!(build(&["--force"]).1.contains("Ask it"), "--force builds whatever stands there");
}

/// The one part of a store of few events.
fn part(store: &Path) -> PathBuf {
    let day = fs::read_dir(store.join("events")).expect("events").flatten().next().expect("a day").path();
    fs::read_dir(day).expect("a day").flatten().next().expect("a part").path()
}

fn small_store(scratch: &Scratch) -> PathBuf {
    scratch.write(
        "app/a.log",
        "2024-05-01T10:00:00Z one\n2024-05-01T10:00:01Z two\n2024-05-03T10:00:01Z three\n",
    );
    scratch.good(&["build", "app", "--tz", "UTC"]);
    scratch.work().join("app.timeline")
}

#[test]
fn a_store_is_not_overwritten_by_another() {
    let scratch = Scratch::new("force");
    small_store(&scratch);
    scratch.write("else/b.log", "2024-05-01T10:00:00Z other\n");
    let refused = scratch.run(&["build", "else", "-o", "app.timeline"]);
    assert_eq!(
        (refused.status.code(), text(&refused.stderr)),
        (Some(2), "timeline: app.timeline exists; give another name, or --force to overwrite it\n".into())
    );
    assert!(text(&scratch.good(&["show"])).contains("three"));
    // The same inputs bring it up to date.
    scratch.write("app/a.log", "2024-05-01T10:00:00Z one\n2024-05-04T10:00:01Z four\n");
    scratch.good(&["build", "app", "--tz", "UTC"]);
    let shown = text(&scratch.good(&["show"]));
    assert!(shown.contains("four") && !shown.contains("three"), "{shown}");
    scratch.good(&["build", "else", "-o", "app.timeline", "--force"]);
    assert!(text(&scratch.good(&["show"])).contains("other"));
}

#[test]
fn damage_is_told_and_the_rest_is_read_with_salvage() {
    type Harm = fn(&Path);
    let cut: Harm = |store| {
        let part = part(store);
        let bytes = fs::read(&part).expect("a part");
        fs::write(part, &bytes[..bytes.len() / 2]).expect("cut");
    };
    let gone: Harm = |store| fs::remove_file(part(store)).expect("a part");
    let edited: Harm = |store| {
        let path = store.join("manifest.json");
        let manifest = fs::read_to_string(&path).expect("a manifest");
        fs::write(path, manifest.replace("\"tz\": \"UTC\"", "\"tz\": \"Asia/Seoul\"")).expect("edited");
    };
    let version: Harm = |store| {
        let path = store.join("manifest.json");
        let manifest = fs::read_to_string(&path).expect("a manifest");
        fs::write(path, manifest.replace("\"version\": 2", "\"version\": 99")).expect("edited");
    };
    let cases: [(&str, Harm, &str, bool); 4] = [
        ("cut", cut, "was written with", true),
        ("gone", gone, "it is missing", true),
        ("edited", edited, "it was edited", true),
        ("version", version, "is a store of version 99", false),
    ];
    for (name, harm, why, salvaged) in cases {
        let scratch = Scratch::new(name);
        let store = small_store(&scratch);
        harm(&store);
        let refused = scratch.run(&["show", "app.timeline", "--tz", "UTC"]);
        let said = text(&refused.stderr);
        assert!(
            refused.status.code() == Some(2) && said.contains(why) && said.lines().count() == 1,
            "{said}"
        );
        let rest = scratch.run(&["show", "app.timeline", "--tz", "UTC", "--salvage", "--strict"]);
        assert_eq!(rest.status.code(), Some(if salvaged { 1 } else { 2 }), "{name}");
        assert_eq!(text(&rest.stdout).lines().count() > 0, salvaged, "{name}: {}", text(&rest.stderr));
    }
}

#[test]
fn flipped_bytes_never_end_in_a_panic() {
    let scratch = Scratch::new("flip");
    let store = small_store(&scratch);
    let part = part(&store);
    let whole = fs::read(&part).expect("a part");
    let mut random = Random(7);
    for _ in 0..60 {
        let mut bytes = whole.clone();
        for _ in 0..=random.below(3) {
            let at = random.below(bytes.len() as u64) as usize;
            bytes[at] ^= 1 << random.below(8);
        }
        fs::write(&part, &bytes).expect("flipped");
        let shown = scratch.run(&["show", "--format", "jsonl", "app.timeline"]);
        let said = text(&shown.stderr);
        assert!(shown.status.code() == Some(2) && said.contains("not those that were written"), "{said}");
        let rest = scratch.run(&["show", "app.timeline", "--salvage"]);
        assert!(rest.status.success() && text(&rest.stderr).contains("not those that were written"));
    }
}

#[test]
fn a_killed_build_harms_no_store() {
    let scratch = Scratch::new("kill");
    small_store(&scratch);
    let before = text(&scratch.good(&["show", "app.timeline"]));
    let lines: String =
        (0..60_000).map(|n| format!("2024-05-01T10:{:02}:{:02}Z n {n}\n", n / 1000, n / 17 % 60)).collect();
    scratch.write("app/a.log", lines);
    let mut random = Random(3);
    for _ in 0..12 {
        let mut child =
            scratch.command(TIMELINE).args(["build", "app", "--tz", "UTC"]).spawn().expect("it runs");
        std::thread::sleep(Duration::from_millis(random.below(400)));
        child.kill().expect("it is killed, or done");
        let status = child.wait().expect("it ended");
        let shown = scratch.run(&["show", "app.timeline"]);
        assert!(shown.status.success(), "{}", text(&shown.stderr));
        let whole = text(&shown.stdout) == before
            || shown.stdout.iter().filter(|byte| **byte == b'\n').count() == 60_000;
        assert!(whole, "half a store after {status}");
        assert!(status.signal() == Some(9) || status.success(), "{status}");
    }
    // What killed builds left behind is no hindrance, and gone after the next.
    scratch.good(&["build", "app", "--tz", "UTC"]);
    let left: Vec<String> = fs::read_dir(scratch.work())
        .expect("work")
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .filter(|name| name.contains("building"))
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn of_two_builds_into_one_name_one_says_so() {
    let scratch = Scratch::new("two");
    small_store(&scratch);
    scratch.write("app/b.log", "2024-05-01T10:00:00Z new\n");
    // As another build would hold it.
    let folder = scratch.work().join(".app.timeline.building");
    fs::create_dir(&folder).expect("a folder");
    let held = fs::File::open(&folder).expect("a folder");
    held.lock().expect("a lock");
    let refused = scratch.run(&["build", "app"]);
    assert_eq!(
        (refused.status.code(), text(&refused.stderr)),
        (
            Some(2),
            "timeline: another build is writing app.timeline just now; wait for it, or give another name with -o\n"
                .into()
        )
    );
    drop(held);
    scratch.good(&["build", "app"]);
}

#[test]
fn the_files_beside_the_events_are_whole() {
    let scratch = Scratch::new("beside");
    let store = small_store(&scratch);
    let json = |name: &str| -> Value {
        serde_json::from_slice(&fs::read(store.join(name)).expect(name)).expect("JSON")
    };
    let manifest = json("manifest.json");
    assert_eq!((&manifest["rows"], &manifest["version"]), (&3.into(), &2.into()));
    assert_eq!(manifest["inputs"][0]["file"], "a.log");
    assert_eq!(json("sources.json")["sources"][0]["source"], "a.log");
    assert_eq!(json("findings.json")["schema"], 1);
    let patterns = json("patterns.json");
    let count = |row: &Value| row["count"].as_u64();
    assert_eq!(patterns["patterns"].as_array().expect("rows").iter().filter_map(count).sum::<u64>(), 3);
    let parts = manifest["events"].as_array().expect("parts");
    assert_eq!(parts.len(), 2, "a part a day");
    for part in parts {
        let path = store.join(part["path"].as_str().expect("a path"));
        assert_eq!(fs::metadata(path).expect("a part").len(), part["bytes"].as_u64().expect("bytes"));
    }
}

#[test]
fn stores_are_inputs_like_the_logs_that_they_hold() {
    let scratch = Scratch::new("merge");
    for (name, folder) in [("web", "php-fpm-oom"), ("lb", "vrrp-bond-down")] {
        let logs = package().join("samples").join(folder);
        std::os::unix::fs::symlink(logs, scratch.work().join(name)).expect("a link");
        scratch.run(&["build", name, "--tz", "Asia/Seoul"]);
    }
    // Settled against each other, as if the logs themselves had been named.
    let logs = scratch.run(&["show", "web", "lb", "--tz", "Asia/Seoul", "--format", "jsonl"]);
    let stores =
        scratch.run(&["show", "web.timeline", "lb.timeline", "--tz", "Asia/Seoul", "--format", "jsonl"]);
    assert_eq!(first_difference(&logs.stdout, &stores.stdout), None, "{}", text(&stores.stderr));
    let built =
        scratch.run(&["build", "web.timeline", "lb.timeline", "--tz", "Asia/Seoul", "-o", "all.timeline"]);
    assert!(built.status.success(), "{}", text(&built.stderr));
    let all = scratch.run(&["show", "all.timeline", "--format", "jsonl"]);
    assert_eq!(first_difference(&logs.stdout, &all.stdout), None);
    // What only logs tell is asked of those that a store holds.
    for question in [
        &["explain", "var/log/php-fpm/error.log-20141214:5"][..],
        &["show", "--as-written", "--since", "2014-12-14"],
    ] {
        let ask = |input: &str| {
            let args: Vec<&str> = question.iter().copied().chain([input, "--tz", "Asia/Seoul"]).collect();
            let said = scratch.run(&args);
            (said.status.code(), text(&said.stdout))
        };
        assert_eq!(ask("web"), ask("web.timeline"), "{question:?}");
    }
    // A copy of a store is that store.
    scratch.good(&["build", "web.timeline", "-o", "copy.timeline"]);
    let show = |store: &str| text(&scratch.run(&["show", store, "--format", "jsonl"]).stdout);
    assert_eq!(show("web.timeline"), show("copy.timeline"));
}
