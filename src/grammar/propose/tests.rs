//! What proposals must hold for any lines: they pass their own check, or say why there is none.

use super::*;
use crate::grammar::check::check_newcomer;

fn embedded() -> GrammarSet {
    GrammarSet::embedded().unwrap_or_else(|error| panic!("{error}"))
}

fn proposal(set: &GrammarSet, text: &[u8], anyway: bool) -> Proposal {
    let ask = Ask { file: "a.log", name: "a", time: None, anyway };
    propose(set, &[text.to_vec()], &ask).unwrap_or_else(|error| panic!("{error}"))
}

fn patterns(text: &str) -> Vec<String> {
    match proposal(&embedded(), text.as_bytes(), true) {
        Proposal::Grammar(text) => {
            let lines = text.lines().filter_map(|line| line.strip_prefix("pattern = "));
            lines.map(|line| line.trim_matches(['"', '\'']).to_owned()).collect()
        }
        Proposal::Nothing(why) => panic!("{why}"),
    }
}

#[test]
fn layouts_of_all_sorts() {
    for (text, expected) in [
        (
            "2014-12-12 10:10:59.120;web1;W;checkout[4711];slow answer from redis (1.2 s)\n\
             2014-12-12 10:11:02.007;web1;E;checkout[4711];order 42 lost\n    at Checkout.pay\n",
            "{time:iso};{host:host};{level};{program:tag}[{pid:int}];{message}",
        ),
        (
            "2014-12-12 10:10:59 | ERROR | web1   | main     | no stock\n\
             2014-12-12 10:11:02 | INFO  | db2    | worker-1 | new order 7 came in\n",
            "{time:iso} | {level:level} | {host:host} | {thread:word} | {message}",
        ),
        (
            "[12/31/2014 10:10:59] [WARN] [main] shop.cart: slow\n\
             [12/31/2014 10:11:02] [INFO] [pool-1-thread-2] shop.pay: paid in full today\n",
            "[{time:%m/%d/%Y %H:%M:%S}] [{level:level}] [{thread}] {logger}: {message}",
        ),
        (
            "I0131 10:10:59.120 4711 cart.cc:12] started\nE0131 10:10:59.121 4711 pay.cc:130] cannot pay\n",
            "{level:D|E|F|I|W}{time:%m%d %H:%M:%S%f} {number:int} {file}:{line:int}] {message}",
        ),
    ] {
        assert_eq!(patterns(text)[0], expected, "{text}");
    }
}

#[test]
fn whatever_the_bytes_no_panic_and_no_failing_proposal() {
    // A small generator: the same bytes in every run.
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut below = |end: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % end
    };
    let parts: [&[u8]; 24] = [
        b"2014-12-12 10:10:59",
        b"Dec 12 10:10:59",
        b"01/02/14 10:10",
        b"\n",
        b"\r\n",
        b" ",
        b"\t",
        b"|",
        b";",
        b"[",
        b"]",
        b"{",
        b"}",
        b"\"",
        b"'''",
        b"W",
        b"ERROR",
        b"web1",
        b"a=b",
        b"\xff\xfe",
        b"\x1b[0m",
        "경고".as_bytes(),
        b"4711",
        b"\\",
    ];
    let set = embedded();
    for round in 0..300 {
        let shape: Vec<&[u8]> = (0..1 + below(8)).map(|_| parts[below(parts.len())]).collect();
        let mut text = Vec::new();
        for _ in 0..1 + below(12) {
            for part in &shape {
                text.extend_from_slice(if below(8) == 0 { parts[below(parts.len())] } else { part });
            }
            text.push(b'\n');
        }
        let anyway = round % 2 == 0;
        if let Proposal::Grammar(grammar) = proposal(&set, &text, anyway) {
            let report = check_grammar("a", &grammar).unwrap_or_else(|fault| panic!("{round}: {fault}"));
            assert!(report.faults.is_empty(), "{round}");
            let company = if anyway { Vec::new() } else { check_newcomer(&set, "a", &grammar, "a") };
            assert!(company.is_empty(), "{round}: {}", company[0]);
        }
    }
}
