//! Each stage alone, in bytes per second: stamps, layouts, patterns, merging, whole chunks.
//!
//! `cargo bench` runs them. Whole commands are measured from outside (see docs/performance.md).

use divan::counter::BytesCount;
use divan::{Bencher, black_box};
use timeline::base::{Batch, Event, FileId, Flags, Level, SourceId};
use timeline::grammar::{GrammarSet, Slots};
use timeline::merge::{Run, merge};
use timeline::pattern::Skeleton;
use timeline::time::{MinuteCache, TimePattern};

fn main() {
    divan::main();
}

const LINES: [(&str, &str); 6] = [
    (
        "syslog",
        "Oct 29 14:28:39 web-01 sshd[21988]: Failed password for root from 203.0.113.115 port 54504 ssh2",
    ),
    (
        "rsyslog-iso",
        "2026-10-29T14:28:37.996745+09:00 web-01 sshd[20083]: Failed password for invalid user oracle from 198.18.162.243 port 31160 ssh2",
    ),
    (
        "nginx-json",
        r#"{"@timestamp":"2026-10-29T05:28:39+00:00","remote_addr":"198.18.30.145","host":"172.12.1.189","request":"POST /api/v1/orders HTTP/1.1","status": "200","body_bytes_sent":"542","request_time":"2.029","http_referrer":"","http_user_agent":"Mozilla/5.0 (Windows NT 10.0; Win64; x64)"}"#,
    ),
    (
        "nginx-error",
        r#"2026/10/19 00:00:01 [error] 1234#1234: *567 connect() failed (111: Connection refused) while connecting to upstream, client: 203.0.113.7, server: example.com, request: "GET / HTTP/1.1", upstream: "fastcgi://127.0.0.1:9000", host: "example.com""#,
    ),
    (
        "php-fpm",
        "[29-Oct-2026 14:28:39] WARNING: [pool www] seems busy (you may need to increase pm.start_servers, or pm.min/max_spare_servers), spawning 8 children, there are 3 idle, and 50 total children",
    ),
    (
        "spring",
        "2026-10-29 14:28:36.096  INFO 2817 --- [io-8080-exec-72] c.e.order.OrderController     : POST /api/v1/orders 201 313ms user=85570",
    ),
];

fn line(format: &str) -> &'static str {
    LINES.iter().find(|(name, _)| *name == format).map(|(_, line)| *line).expect("a known format")
}

/// A record's head and the rest of its first line.
#[divan::bench(args = ["syslog", "rsyslog-iso", "nginx-json", "nginx-error", "php-fpm", "spring"])]
fn layout(bencher: Bencher<'_, '_>, format: &str) {
    let set = GrammarSet::embedded().expect("the embedded grammars compile");
    let grammar = set.get(set.find(format).expect("a known format"));
    let text = line(format).as_bytes();
    let mut slots = Slots::default();
    bencher.counter(BytesCount::of_slice(text)).bench_local(|| {
        let head = grammar.begins(black_box(text), &mut slots).expect("a record begins");
        grammar.read(text, &head, &mut slots, true)
    });
}

/// A stamp in the minute of the one before, and one in another minute.
#[divan::bench(args = ["same minute", "other minute"])]
fn stamp(bencher: Bencher<'_, '_>, which: &str) {
    let texts = match which {
        "same minute" => ["2026-10-29T14:28:37.996745+09:00 x", "2026-10-29T14:28:38.996745+09:00 x"],
        _ => ["2026-10-29T14:28:37.996745+09:00 x", "2026-10-29T14:29:37.996745+09:00 x"],
    };
    let pattern = TimePattern::compile("iso").expect("a known layout");
    let mut cache = MinuteCache::default();
    let mut turn = 0;
    bencher.counter(BytesCount::of_str(texts[0])).bench_local(|| {
        turn ^= 1;
        pattern.read(black_box(texts[turn].as_bytes()), &mut cache)
    });
}

/// The identity of a message's pattern.
#[divan::bench(args = ["syslog", "nginx-error", "php-fpm", "spring"])]
fn skeleton(bencher: Bencher<'_, '_>, format: &str) {
    let text = line(format).as_bytes();
    bencher.counter(BytesCount::of_slice(text)).bench_local(|| {
        let mut skeleton = Skeleton::new(1);
        skeleton.variable(black_box(text));
        skeleton.finish()
    });
}

/// Merging runs whose events alternate: the worst case.
#[divan::bench(args = [2, 8, 64])]
fn merging(bencher: Bencher<'_, '_>, sources: u32) {
    let batches: Vec<Batch> = (0..sources).map(|source| alternating(source, i64::from(sources))).collect();
    let runs: Vec<Run<'_>> =
        batches.iter().map(|batch| Run { batch, start: 0, end: batch.events.len() }).collect();
    let events: usize = batches.iter().map(|batch| batch.events.len()).sum();
    bencher.counter(divan::counter::ItemsCount::new(events)).bench_local(|| {
        let mut sum = 0;
        merge(black_box(&runs), |_, event| sum += event.key);
        sum
    });
}

fn alternating(source: u32, sources: i64) -> Batch {
    let event = |at: i64| Event {
        key: at * sources + i64::from(source),
        pattern: 0,
        offset: 0,
        len: 0,
        line: 0,
        lines: 1,
        body: 0,
        message: 0,
        layout: 0,
        level: Level::Unknown,
        flags: Flags::default(),
        resolution: 0,
    };
    let events = (0..20_000 / sources).map(event).collect();
    Batch { printable: true, events, ..Batch::new(FileId(source), SourceId(source), source) }
}
