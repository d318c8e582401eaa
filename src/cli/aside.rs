//! Stores that a build puts aside: what logs no longer hold stays where it was kept.
//!
//! Logs go away each night, a postmortem takes weeks. One store put aside holds what goes in the nights that follow as
//! well, as long as those files had stood in it as they were at their end: so it is not every night that leaves one.

use std::path::{Path, PathBuf};

use super::resolve;
use crate::store::{InputEntry, Manifest, Store};
use crate::text::clean;
use crate::time::render_rfc3339;

/// What stands between a store's name and the time at which it was put aside.
const UNTIL: &str = ".until-";

/// Where a store is put.
pub(super) fn place(path: &Path) -> PathBuf {
    let mut now = Vec::new();
    render_rfc3339(&mut now, resolve::now(), 0, 0, true);
    let now = String::from_utf8_lossy(&now).replace(':', "");
    let named = |count: u32| {
        let mut name = path.file_name().unwrap_or_default().to_owned();
        name.push(format!("{UNTIL}{now}"));
        if count > 1 {
            name.push(format!("-{count}"));
        }
        path.with_file_name(name)
    };
    // Two of one second are told apart.
    (1..u32::MAX).map(named).find(|place| !place.exists()).unwrap_or_else(|| named(u32::MAX))
}

/// A store that was put aside earlier and holds all of these files of `manifest`'s, which are gone, as they were there.
pub(super) fn holder(path: &Path, manifest: &Manifest, gone: &[String]) -> Option<PathBuf> {
    if gone.is_empty() {
        return None;
    }
    let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let prefix = format!("{}{UNTIL}", path.file_name()?.to_str()?);
    let entries = std::fs::read_dir(folder).ok()?.flatten();
    let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    let mut asides: Vec<String> = names.filter(|name| name.starts_with(&prefix)).collect();
    asides.sort_unstable();
    let holds = |aside: &PathBuf| {
        let Ok(store) = Store::open(aside, false) else { return false };
        let kept = store.manifest();
        let same = (&kept.made_from, &kept.tz, &kept.options)
            == (&manifest.made_from, &manifest.tz, &manifest.options);
        same && gone.iter().all(|name| {
            let last = manifest.inputs.iter().find(|input| input.file == *name);
            last.is_some_and(|last| kept.inputs.iter().any(|input| holds_the_same(input, last)))
        })
    };
    asides.into_iter().rev().map(|name| path.with_file_name(name)).find(holds)
}

/// Whether a file has the very bytes of another: what is packed since does not, and counts as another.
fn holds_the_same(file: &InputEntry, other: &InputEntry) -> bool {
    !file.hash.is_empty() && (&file.hash, file.bytes) == (&other.hash, other.bytes)
}

/// Says what stands aside.
pub(super) fn told(aside: &Path, gone: &[String]) -> String {
    let named: Vec<String> = gone.iter().take(3).map(|name| clean(name)).collect();
    let more = if gone.len() > named.len() { ", ..." } else { "" };
    let (files, are) = if gone.len() == 1 { ("file", "is") } else { ("files", "are") };
    format!(
        "Kept: {} still holds {} {files} that {are} gone ({}{more})\n",
        clean(&aside.to_string_lossy()),
        gone.len(),
        named.join(", ")
    )
}
