//! The rules of the house, held by a test: layers, doors, sizes, and that what is written about the
//! program is true.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use crate::util::{Scratch, package};

/// Modules of `src/`, lowest first: a module imports only from those above its own line here.
const LAYERS: [&str; 21] = [
    "base", "text", "time", "io", "grammar", "pattern", "series", "survey", "witness", "clock", "poll",
    "ingest", "merge", "query", "view", "order", "lens", "present", "engine", "store", "cli",
];

/// Crates that only some places may name.
const DOORS: &[(&str, &[&str])] = &[
    ("clap", &["src/cli/"]),
    ("clap_complete", &["src/cli/"]),
    ("clap_mangen", &["src/cli/"]),
    ("terminal_size", &["src/cli/screen.rs"]),
    ("indicatif", &["src/cli/progress.rs"]),
    ("rayon", &["src/engine/", "src/store/", "src/cli/context.rs"]),
    ("chrono", &["src/time/zone.rs"]),
    ("chrono_tz", &["src/time/zone.rs"]),
    ("flate2", &["src/io/"]),
    ("bzip2", &["src/io/coding/"]),
    ("lz4_flex", &["src/io/"]),
    ("liblzma", &["src/io/coding/"]),
    ("encoding_rs", &["src/io/coding/"]),
    ("chardetng", &["src/io/coding/"]),
    ("twox_hash", &["src/io/coding/", "src/store/"]),
    ("postcard", &["src/store/"]),
    ("zstd", &["src/io/", "src/store/"]),
    ("parquet", &["src/store/"]),
    ("arrow_array", &["src/store/"]),
    ("arrow_schema", &["src/store/"]),
    ("arrow_select", &["src/store/"]),
    ("rustix", &["src/store/"]),
    ("nom", &["src/grammar/syntax.rs"]),
    ("regex", &["src/query/"]),
    ("regex_automata", &["src/query/"]),
    ("aho_corasick", &["src/query/", "src/pattern/"]),
    ("serde_json", &["src/present/", "src/store/"]),
    ("toml", &["src/grammar/", "src/pattern/", "src/cli/config.rs"]),
    (
        "serde",
        &[
            "src/grammar/",
            "src/pattern/",
            "src/store/",
            "src/base/",
            "src/clock/mod.rs",
            "src/lens/",
            "src/poll/change.rs",
            "src/present/sources.rs",
            "src/survey/",
            "src/time/day.rs",
            "src/engine/",
        ],
    ),
];

/// Lines a file of `src/` may have, and from where on it is time to think about a cut.
const MOST_LINES: usize = 600;
const MANY_LINES: usize = 400;

/// Every file of `src/` (or of any folder), by its path in the package.
fn sources(folder: &str) -> Vec<(String, String)> {
    fn walk(folder: &Path, paths: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                walk(&path, paths);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                paths.push(path);
            }
        }
    }
    let mut paths = Vec::new();
    walk(&package().join(folder), &mut paths);
    paths.sort();
    let read = |path: PathBuf| {
        let name = path.strip_prefix(package()).expect("in the package").display().to_string();
        (name, fs::read_to_string(path).expect("a source file"))
    };
    paths.into_iter().map(read).collect()
}

/// Code without comments and string literals, so that neither counts as a use of anything.
fn code(text: &str) -> String {
    let mut out = String::new();
    for line in text.lines() {
        let mut inside = false;
        let mut kept = String::new();
        let mut chars = line.chars().peekable();
        while let Some(c) = chars.next() {
            match c {
                '\\' if inside => {
                    chars.next();
                }
                '"' => inside = !inside,
                '/' if !inside && chars.peek() == Some(&'/') => break,
                c if !inside => kept.push(c),
                _ => {}
            }
        }
        out.push_str(&kept);
        out.push('\n');
    }
    out
}

/// `base` of `src/base/event.rs`, `merge` of `src/merge.rs`.
fn module(path: &str) -> &str {
    let inner = path.strip_prefix("src/").unwrap_or(path);
    inner.split('/').next().unwrap_or(inner).trim_end_matches(".rs")
}

/// Names behind `crate::`, those of `use crate::{a, b::c}` included.
fn imports(code: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for (at, _) in code.match_indices("crate::") {
        let before = code[..at].chars().next_back();
        if before.is_some_and(|c| c.is_alphanumeric() || c == '_') {
            continue;
        }
        let rest = &code[at + "crate::".len()..];
        let name = |text: &str| -> String {
            text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
        };
        let Some(list) = rest.strip_prefix('{') else {
            names.insert(name(rest));
            continue;
        };
        let mut depth = 0;
        let mut item = String::new();
        for c in list.chars() {
            match c {
                '{' => depth += 1,
                '}' if depth == 0 => break,
                '}' => depth -= 1,
                ',' if depth == 0 => {
                    names.insert(name(item.trim()));
                    item.clear();
                    continue;
                }
                _ => {}
            }
            item.push(c);
        }
        names.insert(name(item.trim()));
    }
    names.remove("");
    names
}

#[test]
fn imports_are_found() {
    let text = code(
        "use crate::base::{A, B}; // crate::cli\nuse crate::{text::x, time::{a, b}, io};\nlet a = \"crate::lens\";",
    );
    assert_eq!(imports(&text).into_iter().collect::<Vec<_>>(), ["base", "io", "text", "time"]);
}

#[test]
fn imports_go_down_only() {
    let level = |module: &str| LAYERS.iter().position(|layer| *layer == module);
    let mut wrong = Vec::new();
    for (path, text) in sources("src") {
        let own = module(&path).to_owned();
        if matches!(own.as_str(), "lib" | "main") {
            continue;
        }
        let Some(from) = level(&own) else {
            wrong.push(format!("{path}: module `{own}` has no layer; give it a place in LAYERS"));
            continue;
        };
        for name in imports(&code(&text)) {
            match level(&name) {
                _ if name == own => {}
                Some(to) if to < from => {}
                Some(_) => wrong.push(format!("{path}: `{own}` imports `{name}`, which lies above it")),
                None => wrong.push(format!("{path}: imports `crate::{name}`, which is no layer")),
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_layer_exists() {
    let found: BTreeSet<String> = sources("src").iter().map(|(path, _)| module(path).to_owned()).collect();
    let missing: Vec<_> = LAYERS.iter().filter(|layer| !found.contains(**layer)).collect();
    assert!(missing.is_empty(), "no such modules: {missing:?}");
}

#[test]
fn no_module_imports_itself_through_another() {
    // Follows from the layers; says so even where somebody reorders them into a circle.
    let mut edges: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (path, text) in sources("src") {
        edges.entry(module(&path).to_owned()).or_default().extend(imports(&code(&text)));
    }
    for start in edges.keys().filter(|start| *start != "lib") {
        let mut reached = BTreeSet::new();
        let mut ahead: Vec<&String> = edges[start].iter().filter(|next| *next != start).collect();
        while let Some(next) = ahead.pop() {
            assert_ne!(next, start, "a cycle through `{start}`");
            if reached.insert(next) {
                ahead.extend(edges.get(next).into_iter().flatten().filter(|further| *further != next));
            }
        }
    }
}

#[test]
fn crates_have_one_door() {
    let mut wrong = Vec::new();
    for (path, text) in sources("src") {
        let text = code(&text);
        for (name, doors) in DOORS {
            let used = text.match_indices(name).any(|(at, _)| {
                let before = text[..at].chars().next_back();
                let path_like = text[at + name.len()..].starts_with("::");
                let imported =
                    text[..at].ends_with("use ") && text[at + name.len()..].starts_with([';', ' ']);
                !before.is_some_and(|c| c.is_alphanumeric() || matches!(c, '_' | ':' | '.'))
                    && (path_like || imported)
            });
            if used && !doors.iter().any(|door| path.starts_with(door)) {
                wrong.push(format!("{path} names {name}; its door is {}", doors.join(" or ")));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn files_are_short_and_say_what_they_are_for() {
    let mut wrong = Vec::new();
    for (path, text) in sources("src").into_iter().chain(sources("tests")) {
        if !text.starts_with("//!") {
            wrong.push(format!("{path} does not open with `//!`"));
        }
        let lines = text.lines().count();
        if path.starts_with("src/") && lines > MANY_LINES {
            eprintln!("{path} has {lines} lines: time to think about a cut");
        }
        if lines > MOST_LINES {
            wrong.push(format!("{path} has {lines} lines; at most {MOST_LINES}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn nothing_is_unsafe() {
    for (path, text) in sources("src") {
        let text = code(&text);
        let used = text.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == "unsafe");
        assert!(!used, "{path} is unsafe");
    }
    let manifest: toml::Table =
        toml::from_str(&fs::read_to_string(package().join("Cargo.toml")).expect("Cargo.toml")).expect("TOML");
    let lint = manifest
        .get("lints")
        .and_then(|lints| lints.get("rust")?.get("unsafe_code"))
        .map(toml::Value::to_string);
    let root = fs::read_to_string(package().join("src/lib.rs")).expect("src/lib.rs");
    let forbidden = root.contains("forbid(unsafe_code)")
        || lint.is_some_and(|lint| lint.contains("forbid") || lint.contains("deny"));
    assert!(forbidden, "unsafe code must be forbidden, in src/lib.rs or in Cargo.toml's [lints]");
}

#[test]
fn nothing_below_cli_prints_or_exits() {
    let mut wrong = Vec::new();
    for (path, text) in sources("src") {
        if path.starts_with("src/cli/") {
            continue;
        }
        let shipped = text.split("#[cfg(test)]").next().unwrap_or_default();
        for word in
            ["println!", "eprintln!", "print!(", "process::exit", "dbg!", "todo!", "stdout()", "stderr()"]
        {
            if code(shipped).contains(word) {
                wrong.push(format!("{path} has {word}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_grammar_proves_itself() {
    let mut wrong = Vec::new();
    let mut names = BTreeSet::new();
    for entry in fs::read_dir(package().join("grammars")).expect("grammars/") {
        let path = entry.expect("an entry").path();
        if path.extension().is_none_or(|extension| extension != "toml") {
            continue;
        }
        let shown = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let table: toml::Table =
            toml::from_str(&fs::read_to_string(&path).expect("a grammar")).expect("TOML");
        let count = |key: &str| table.get(key).and_then(toml::Value::as_array).map_or(0, Vec::len);
        let name = table.get("name").and_then(toml::Value::as_str).unwrap_or_default().to_owned();
        if Some(name.as_str()) != shown.strip_suffix(".toml") {
            wrong.push(format!("{shown}: it calls itself `{name}`"));
        }
        if count("sample") == 0 {
            wrong.push(format!("{shown}: no [[sample]]"));
        }
        // `plain` reads every line there is.
        if count("counter_sample") == 0 && name != "plain" {
            wrong.push(format!("{shown}: no [[counter_sample]]"));
        }
        names.insert(name);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let scratch = Scratch::new("grammars");
    let listed = String::from_utf8(scratch.good(&["formats"])).expect("UTF-8");
    let listed: BTreeSet<String> =
        listed.lines().filter_map(|line| Some(line.split_whitespace().next()?.to_owned())).collect();
    assert_eq!(listed, names, "`timeline formats` and grammars/");
    let checked = String::from_utf8(scratch.good(&["formats", "check"])).expect("UTF-8");
    assert!(checked.ends_with(&format!("{0} of {0} formats pass\n", names.len())), "{checked}");
}

/// Commands of fenced code blocks that begin with `cargo run` or `timeline`.
fn commands(text: &str) -> Vec<String> {
    let mut commands = Vec::new();
    let mut fenced = false;
    let mut pending = String::new();
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
            continue;
        }
        let line = line.trim().trim_start_matches("$ ");
        if fenced && (!pending.is_empty() || line.starts_with("cargo run") || line.starts_with("timeline ")) {
            pending.push_str(line.trim_end_matches('\\'));
            if !line.ends_with('\\') {
                commands.push(std::mem::take(&mut pending));
            }
        }
    }
    commands
}

#[test]
fn written_commands_name_what_exists() {
    let help = String::from_utf8(Scratch::new("readme").good(&["--help"])).expect("UTF-8");
    let known: BTreeSet<&str> =
        help.lines().filter_map(|line| line.strip_prefix("  ")?.split_whitespace().next()).collect();
    let pages = ["README.md", "docs/query.md", "docs/time.md"];
    let text = |page: &str| fs::read_to_string(package().join(page)).expect(page);
    let all =
        pages.iter().flat_map(|page| commands(&text(page)).into_iter().map(move |command| (page, command)));
    for (page, command) in all {
        let typed = match command.split_once(" -- ") {
            Some((_, typed)) => typed,
            None => command.strip_prefix("timeline ").unwrap_or(""),
        };
        let words: Vec<&str> = typed.split_whitespace().collect();
        if let Some(first) = words.first().filter(|word| !word.starts_with('-')) {
            assert!(known.contains(first), "{page}: `{command}`: no command is called {first}");
        }
        for word in words {
            let word = word.trim_matches(['\'', '"']);
            let inside =
                ["samples/", "tests/", "grammars/", "docs/"].iter().any(|folder| word.starts_with(folder));
            assert!(!inside || package().join(word).exists(), "{page}: `{command}`: {word} does not exist");
        }
    }
}
