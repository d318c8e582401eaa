//! Grammars as anyone may type them: a mistake is a fault with a place, never a panic.
//!
//! An input is `pattern \0 record \0 line`: the pattern stands as layout, body and message of a small
//! grammar, and the two texts are its sample and counter-sample, so that what compiles is run too. The
//! whole input is also read as a grammar file of its own.

#![no_main]

use std::fmt::Write as _;

use libfuzzer_sys::fuzz_target;
use timeline::grammar::check_grammar;

/// A TOML string that holds any text.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if c.is_control() => {
                let _ = write!(out, "\\u{:04x}", c as u32);
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

fn check(text: &str) {
    match check_grammar("fuzz.toml", text) {
        // What is shown to the author must be showable.
        Ok(report) => assert!(report.faults.iter().all(|fault| !fault.to_string().is_empty())),
        Err(fault) => assert!(fault.to_string().starts_with("fuzz.toml:"), "{fault}"),
    }
}

fuzz_target!(|data: &[u8]| {
    let text = String::from_utf8_lossy(data);
    check(&text);

    let mut parts = text.splitn(3, '\0');
    let pattern = quoted(parts.next().unwrap_or_default());
    let record = quoted(parts.next().unwrap_or("2014-12-12 10:10:59 web app[1]: text"));
    let line = quoted(parts.next().unwrap_or_default());
    let samples =
        format!("[[sample]]\nrecord = {record}\n[[counter_sample]]\nline = {line}\nwhy = \"none\"\n");
    let head = "name = \"x\"\ntitle = \"t\"\n";
    check(&format!("{head}[[layout]]\npattern = {pattern}\n{samples}"));
    let layout = "[[layout]]\npattern = \"{time:any} {message}\"\n";
    check(&format!("{head}{layout}[[body]]\npattern = {pattern}\n{samples}"));
    check(&format!("{head}message = {pattern}\n{layout}{samples}"));
});
