//! Lists `grammars/*.toml` for embedding, so that adding a format means adding a file.

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
    let mut list = String::from("[\n");
    for path in &paths {
        let name = path.file_name().and_then(|name| name.to_str()).expect("grammar files have plain names");
        writeln!(list, "    (\"grammars/{name}\", include_str!({path:?})),").expect("writing to a string");
    }
    list.push(']');
    let out = env::var("OUT_DIR").expect("cargo sets the output folder");
    fs::write(Path::new(&out).join("grammars.rs"), list).expect("the output folder is writable");
}
