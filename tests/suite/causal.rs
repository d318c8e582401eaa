//! Precision of "before": processes with vector clocks write through several clocks and formats, and no
//! order may be claimed that did not happen.
//!
//! What the program prints is handed to `order`, the one part of the library that the suite uses. The
//! truth is the processes' own: a true time and a vector clock per line (C. Fidge, "Timestamps in
//! Message-Passing Systems That Preserve the Partial Ordering", 1988). Stamps keep less of it: whole
//! seconds without a zone or a year, milliseconds under other offsets, nothing at all on most lines.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;

use serde_json::Value;
use timeline::order::{Class, Edge, Node, Order};

use crate::util::{Random, Scratch, date, days, gzip, nanos, package};

const PROCESSES: usize = 6;
const SECOND: i64 = 1_000_000_000;

/// One line that a process wrote.
struct Said {
    process: usize,
    /// True time, nanoseconds since 1970: not before this, and not after that.
    at: i64,
    done: i64,
    /// Vector clock after it.
    clock: Vec<u32>,
    /// The message it sends or receives, and whether it is the sender.
    letter: Option<(usize, bool)>,
}

impl Said {
    /// Whether this happened before `other`, by vector clocks.
    fn leads_to(&self, other: &Self) -> bool {
        self.clock != other.clock && self.clock.iter().zip(&other.clock).all(|(a, b)| a <= b)
    }
}

/// Processes at work, sending each other messages that take up to two seconds. In order of true time.
fn history(random: &mut Random) -> Vec<Said> {
    let mut clocks = vec![vec![0_u32; PROCESSES]; PROCESSES];
    let mut under_way: Vec<(i64, usize, usize, Vec<u32>)> = Vec::new();
    let mut said = Vec::new();
    // 2026-11-20T00:00:00Z; no zone changes its offset that day.
    let mut at = days(2026, 11, 20) * 86_400 * SECOND + random.below(1 << 40) as i64;
    for letter in 0..240 {
        at += match random.below(10) {
            0 => random.below(20 * SECOND as u64),
            1..6 => random.below(400_000_000),
            _ => random.below(4_000_000),
        } as i64
            + 1;
        under_way.sort();
        while under_way.first().is_some_and(|(arrives, ..)| *arrives < at) {
            let (arrives, to, letter, clock) = under_way.remove(0);
            for (own, other) in clocks[to].iter_mut().zip(&clock) {
                *own = (*own).max(*other);
            }
            clocks[to][to] += 1;
            let clock = clocks[to].clone();
            said.push(Said { process: to, at: arrives, done: arrives, clock, letter: Some((letter, false)) });
        }
        let process = random.below(PROCESSES as u64) as usize;
        clocks[process][process] += 1;
        let clock = clocks[process].clone();
        let mut sent = None;
        if random.chance(55) {
            let to = (process + 1 + random.below(PROCESSES as u64 - 1) as usize) % PROCESSES;
            let slowest = *random.pick(&[50_000, 5_000_000, 2 * SECOND]);
            under_way.push((at + 1_000 + random.below(slowest as u64) as i64, to, letter, clock.clone()));
            sent = Some((letter, true));
        }
        said.push(Said { process, at, done: at, clock, letter: sent });
    }
    said
}

/// A stamp of true time `at` on a wall clock `offset` seconds east of UTC, with so many digits of fraction.
fn iso(at: i64, offset: i64, digits: usize) -> String {
    let local = at + offset * SECOND;
    let (year, month, day) = date(local.div_euclid(86_400 * SECOND));
    let second = local.div_euclid(SECOND).rem_euclid(86_400);
    let mut text = format!(
        "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}",
        second / 3_600,
        second / 60 % 60,
        second % 60
    );
    if digits > 0 {
        let fraction = format!("{:09}", local.rem_euclid(SECOND));
        let _ = write!(text, ".{}", &fraction[..digits]);
    }
    let sign = if offset < 0 { '-' } else { '+' };
    let _ = write!(text, "{sign}{:02}:{:02}", offset.abs() / 3_600, offset.abs() / 60 % 60);
    text
}

/// RFC 3164: whole seconds, no year, no zone.
fn bsd(at: i64, offset: i64) -> String {
    let iso = iso(at, offset, 0);
    let day = iso[8..10].trim_start_matches('0');
    format!("Nov {day:>2} {}", &iso[11..19])
}

/// The line a process writes: each has a clock and a format of its own.
fn line(random: &mut Random, number: usize, said: &Said) -> String {
    let Said { process, at, letter, .. } = said;
    let what = match letter {
        Some((letter, true)) => format!("e={number} sends m{letter}"),
        Some((letter, false)) => format!("e={number} receives m{letter}"),
        None => format!("e={number} works"),
    };
    match process {
        0 => format!("{} p0 worker[100]: {what}\n", bsd(*at, 9 * 3_600)),
        1 => format!("{} p1 worker[101]: {what}\n", bsd(*at, -5 * 3_600)),
        2 => format!("{} p2 worker[102]: {what}\n", iso(*at, 9 * 3_600, 6)),
        3 => format!("{} p3 worker[103]: {what}\n", iso(*at, -(3 * 3_600 + 1_800), 3)),
        4 => format!("{} p4 worker[104]: {what}\n", iso(*at, 0, 0)),
        // Hardly ever a stamp: bounded by neighbours.
        _ if random.chance(12) => format!("{{\"time\":\"{}\",\"msg\":\"{what}\"}}\n", iso(*at, 3_600, 3)),
        _ => format!("{{\"msg\":\"{what}\"}}\n"),
    }
}

/// Writes each process's log, some in two files; the one without stamps keeps its modification time.
fn write(random: &mut Random, scratch: &Scratch, history: &[Said]) {
    for process in 0..PROCESSES {
        let own = history.iter().enumerate().filter(|(_, said)| said.process == process);
        let lines: Vec<String> = own.map(|(number, said)| line(random, number, said)).collect();
        let cut = random.below(lines.len() as u64 + 1) as usize;
        if random.chance(50) {
            let older = lines[..cut].concat();
            match random.chance(50) {
                true => scratch.write(&format!("p{process}.log.1"), older),
                false => scratch.write(&format!("p{process}.log.2.gz"), gzip(older.as_bytes(), 6)),
            };
            scratch.write(&format!("p{process}.log"), lines[cut..].concat());
        } else {
            scratch.write(&format!("p{process}.log"), lines.concat());
        }
    }
}

const ARGS: [&str; 10] = [
    "show",
    ".",
    "--tz",
    "UTC",
    "--year",
    "2026",
    "--assume-tz",
    "p0.log*=Asia/Seoul",
    "--assume-tz",
    "p1.log*=America/New_York",
];

/// The number of an event, from its text.
fn number(text: &str) -> usize {
    let (_, rest) = text.split_once("e=").expect("an event of ours");
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    rest[..digits].parse().expect("a number")
}

/// What the program printed, as nodes by number of event, and the file order of each source.
fn read(bytes: &[u8]) -> (BTreeMap<usize, Node>, Vec<Edge>) {
    let text = std::str::from_utf8(bytes).expect("JSON is UTF-8");
    let mut nodes = BTreeMap::new();
    let mut sources: BTreeMap<String, Vec<(std::cmp::Reverse<String>, u64, usize)>> = BTreeMap::new();
    for line in text.lines() {
        let event: Value = serde_json::from_str(line).expect("JSON");
        let number = number(event["message"].as_str().expect("a message"));
        let bound = |key: &str| event[key].as_str().map(nanos);
        let node = Node {
            earliest: bound("earliest").unwrap_or(i64::MIN),
            latest: bound("latest").unwrap_or(i64::MAX),
            source: 0,
            line: number as u64,
        };
        assert!(nodes.insert(number, node).is_none(), "every line once: {event}");
        // `.2.gz` and `.1` are older than the file itself.
        let file = std::cmp::Reverse(event["file"].as_str().expect("a file").to_owned());
        let place = (file, event["line"].as_u64().expect("a line"), number);
        sources.entry(event["source"].as_str().expect("a source").to_owned()).or_default().push(place);
    }
    let mut edges = Vec::new();
    for places in sources.values_mut() {
        places.sort();
        let neighbours = places.windows(2);
        edges.extend(neighbours.map(|pair| Edge { class: Class::File, before: pair[0].2, after: pair[1].2 }));
    }
    (nodes, edges)
}

/// Edges from the sender of each message to its receiver.
fn links(history: &[Said]) -> Vec<Edge> {
    let mut letters: BTreeMap<usize, [Option<usize>; 2]> = BTreeMap::new();
    for (number, said) in history.iter().enumerate() {
        if let Some((letter, sends)) = said.letter {
            letters.entry(letter).or_default()[usize::from(!sends)] = Some(number);
        }
    }
    let pairs = letters.into_values().filter_map(|[before, after]| before.zip(after));
    pairs.map(|(before, after)| Edge { class: Class::Link, before, after }).collect()
}

/// No claim is false, no interval misses the truth; the share of true happens-before pairs that is claimed.
fn check(name: &str, history: &[Said], order: &Order) -> f64 {
    assert_eq!(order.dropped(), [], "{name}");
    let (mut led, mut claimed) = (0, 0);
    for (a, first) in history.iter().enumerate() {
        let (earliest, latest) = order.bounds(a);
        assert!(earliest <= first.done && first.at < latest, "{name}: {a} lies outside of its interval");
        for (b, second) in history.iter().enumerate() {
            let before = order.before(a, b);
            // Of two that overlap in true time nobody knows, and either may be claimed.
            assert!(!before || first.at <= second.done, "{name}: {a} is not before {b}");
            assert!(!before || !second.leads_to(first), "{name}: {b} leads to {a}");
            if first.leads_to(second) {
                led += 1;
                claimed += u32::from(before);
            }
        }
    }
    f64::from(claimed) / f64::from(led)
}

/// Checks what the program printed, without and with the links between processes, which together must
/// give all of the true partial order.
fn check_both(name: &str, printed: &[u8], history: &[Said], sources: usize) {
    let (nodes, mut edges) = read(printed);
    assert!(nodes.keys().copied().eq(0..history.len()), "{name}: every line");
    assert_eq!(edges.len(), history.len() - sources, "{name}: every line in its file");
    let nodes: Vec<Node> = nodes.into_values().collect();
    let recall = check(name, history, &Order::new(&nodes, &edges));
    assert!(recall > 0.6, "{name}: stamps and files alone claim {recall:.3} of all pairs");
    edges.extend(links(history));
    let recall = check(name, history, &Order::new(&nodes, &edges));
    assert!(recall == 1.0, "{name}: with links {recall:.3} of all pairs are claimed");
}

#[test]
fn no_order_is_claimed_that_did_not_happen() {
    for seed in 0..5 {
        let mut random = Random(seed);
        let scratch = Scratch::new("causal");
        let history = history(&mut random);
        write(&mut random, &scratch, &history);
        let printed = scratch.good(&[&ARGS[..], &["--format", "jsonl"]].concat());
        check_both(&format!("seed {seed}"), &printed, &history, PROCESSES);
    }
}

/// The recorded run: real processes, real rsyslogd (`samples/record/vector-clock.py`).
#[test]
fn no_order_is_claimed_that_did_not_happen_in_a_recorded_run() {
    let text =
        fs::read_to_string(package().join("samples/record/truth-vector-clock.tsv")).expect("the truth");
    let mut numbers = BTreeMap::new();
    let mut history = Vec::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let fields: Vec<&str> = line.split('\t').collect();
        let number: usize = fields[0].parse().expect("a number");
        let what = fields[4];
        let letter = what.split_once(" m").map(|(_, letter)| letter.parse().expect("a number"));
        numbers.insert(number, history.len());
        history.push(Said {
            process: number / 1_000,
            at: fields[1].parse().expect("a time"),
            done: fields[2].parse().expect("a time"),
            clock: fields[3].split(',').map(|count| count.parse().expect("a count")).collect(),
            letter: letter.map(|letter| (letter, what.starts_with("sends"))),
        });
    }
    let samples = package().join("samples/vector-clock");
    let printed = Scratch::new("recorded").good(&[
        "show",
        samples.to_str().expect("UTF-8"),
        "--tz",
        "UTC",
        "--year",
        "2026",
        "--assume-tz",
        "h1/*=Asia/Seoul",
        "--assume-tz",
        "h3/*=Europe/Berlin",
        "--format",
        "jsonl",
    ]);
    // Numbers of events as places in the history.
    let mut printed = String::from_utf8(printed).expect("UTF-8");
    for (number, place) in numbers.iter().rev() {
        printed = printed.replace(&format!("e={number} "), &format!("e=#{place} "));
    }
    check_both("recorded", printed.replace("e=#", "e=").as_bytes(), &history, 4);
}

#[test]
fn a_line_without_a_tilde_is_later_than_the_line_above() {
    // Behind the time and its offset.
    const TIE: usize = 29;
    for seed in 0..5 {
        let mut random = Random(seed);
        let scratch = Scratch::new("ties");
        let history = history(&mut random);
        write(&mut random, &scratch, &history);
        let printed = String::from_utf8(scratch.good(&ARGS)).expect("UTF-8");
        let lines: Vec<&str> = printed.lines().collect();
        assert_eq!(lines.len(), history.len());
        let (mut proven, mut wrong) = (0, 0);
        for pair in lines.windows(2) {
            let [above, below] = [pair[0], pair[1]].map(|line| &history[number(line)]);
            let tied = pair[1].as_bytes()[TIE] == b'~';
            assert!(tied || above.at < below.at, "seed {seed}:\n{}\n{}", pair[0], pair[1]);
            proven += u32::from(!tied);
            wrong += u32::from(above.at > below.at);
        }
        // There is something to be wrong about, and not everything is called a tie.
        assert!(wrong > 10 && proven > 100, "seed {seed}: {wrong} out of order, {proven} proven");
        for more in [["-j", "1", "--chunk-size", "90"], ["-j", "3", "--chunk-size", "1000"]] {
            assert!(
                scratch.good(&[&ARGS[..], &more].concat()) == printed.as_bytes(),
                "seed {seed}: {more:?}"
            );
            let jsonl = |more: &[&str]| scratch.good(&[&ARGS[..], &["--format", "jsonl"], more].concat());
            assert!(jsonl(&more) == jsonl(&[]), "seed {seed}: {more:?}");
            let context = ["grep", "-C", "2", "sends"].iter().chain(&ARGS[1..]).copied().collect::<Vec<_>>();
            assert!(scratch.good(&[&context[..], &more].concat()) == scratch.good(&context), "seed {seed}");
        }
    }
}
