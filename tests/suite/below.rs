//! Formats in which one line does not tell where a record begins, and JSON that has no line per record: cut
//! into chunks of any size, plain or compressed, they say the same.

use crate::util::{Scratch, diff, gzip};

/// Commits of several shapes, with lines between them that nearly begin one.
fn commits() -> String {
    let mut text = String::new();
    for number in 0..60 {
        text += &format!("commit {number:040x}\n");
        if number % 3 == 0 {
            text += "Merge: 1a2b3c4 5d6e7f8\n";
        }
        text += &format!(
            "Author: Kim <kim@example.com>\nDate:   Fri Dec 12 10:{:02}:{:02} 2014 +0900\n\n    words {number}\n",
            59 - number,
            number
        );
        if number % 4 == 0 {
            text +=
                &format!("\ncommit {number:040x}\ncommit without an author\n2014-12-12 10:10:59 no record\n");
        }
        text += "\n";
    }
    text
}

fn leases() -> String {
    let lease = |number: u32| {
        format!(
            "lease 192.0.2.{number} {{\r\n  starts 5 2014/12/12 01:10:{number:02};\r\n  ends never;\r\n}}\r\n"
        )
    };
    (0..40).map(lease).collect()
}

fn array() -> String {
    let object = |number: u32| {
        format!(
            "  {{\n    \"time\": \"2014-12-12T01:10:{:02}Z\",\n    \"msg\": \"}} \\\" {number}\",\n    \"in\": [{{\"a\": {{}}}}]\n  }}",
            number % 60
        )
    };
    format!("[\n{}\n]\n", (0..40).map(object).collect::<Vec<_>>().join(",\n"))
}

#[test]
fn chunks_change_no_byte() {
    for (name, text, events) in
        [("git.txt", commits(), 60), ("leases", leases(), 40), ("array.json", array(), 40)]
    {
        let scratch = Scratch::new("below");
        scratch.write(name, text.as_bytes());
        scratch.write(&format!("packed/{name}.gz"), gzip(text.as_bytes(), 6));
        let show = |file: &str, more: &[&str]| {
            let mut args = vec!["show", file, "--tz", "UTC", "--format", "jsonl"];
            args.extend(more);
            String::from_utf8(scratch.good(&args)).expect("text")
        };
        let plain = show(name, &[]);
        let dated = plain.lines().filter(|line| !line.contains(r#""stamp":null"#)).count();
        assert_eq!(dated, events, "{name}");
        for file in [name.to_owned(), format!("packed/{name}.gz")] {
            let whole = show(&file, &[]);
            assert_eq!(whole.lines().count(), plain.lines().count(), "{file}");
            for size in ["64", "100", "333", "4096"] {
                let cut = show(&file, &["--chunk-size", size, "-j", "2"]);
                assert!(cut == whole, "{file} in chunks of {size}\n{}", diff(&whole, &cut));
            }
        }
    }
}
