//! Lists `grammars/*.toml` for embedding, so that adding a format means adding a file. Beside each stands how
//! much of it is rules (the samples behind them are half of the text, and only checks read them) and its line of
//! `grammars/cards.txt`, if that was made of this very text.

use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

fn main() {
    println!("cargo:rerun-if-changed=grammars");
    let root = env::var("CARGO_MANIFEST_DIR").expect("cargo sets the manifest folder");
    let folder = Path::new(&root).join("grammars");
    let mut paths: Vec<_> = fs::read_dir(&folder)
        .expect("the grammars folder exists")
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
        .collect();
    paths.sort();
    // A grammar without a card is compiled at every start, and a test tells.
    let cards = fs::read_to_string(folder.join("cards.txt")).unwrap_or_default();
    let mut list = String::from("[\n");
    for path in &paths {
        let name = path.file_name().and_then(|name| name.to_str()).expect("grammar files have plain names");
        let text = fs::read_to_string(path).expect("grammar files are text");
        let samples = ["\n[[sample]]", "\n[[counter_sample]]"];
        let rules = samples.iter().filter_map(|samples| text.find(samples)).min().unwrap_or(text.len());
        let hash = format!("{:016x} ", hash(&text));
        let card = cards.lines().find_map(|line| line.strip_prefix(&hash)).unwrap_or_default();
        writeln!(list, "    (\"grammars/{name}\", include_str!({path:?}), {rules}, {card:?}),")
            .expect("writing to a string");
    }
    list.push(']');
    let out = env::var("OUT_DIR").expect("cargo sets the output folder");
    fs::write(Path::new(&out).join("grammars.rs"), list).expect("the output folder is writable");
}

/// FNV-1a.
fn hash(text: &str) -> u64 {
    text.bytes()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}
