//! From the paths a person typed to the files behind them, in an order that depends on names only.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use crate::base::{Error, Loss, Result, Unread};
use crate::text::file_name;

/// A file to read.
#[derive(Clone, Debug)]
pub struct Found {
    /// As reached from the input given.
    pub name: String,
    /// Where it is.
    pub path: PathBuf,
    /// Bytes, when looked at.
    pub size: u64,
    /// Modification time, nanoseconds since 1970; none where it says that there is none.
    pub mtime: Option<i64>,
    /// When the file was made, nanoseconds since 1970, where the file system keeps that.
    pub birth: Option<i64>,
    /// Device and inode.
    pub identity: (u64, u64),
}

/// The earliest modification time that is believed: 1990, nanoseconds since 1970. Where none is kept, file systems,
/// packers and image builders say 0, 1 (Nix), 1980-01-01 (DOS, zip) or 1985-10-26 (npm).
const OLDEST: i64 = 631_152_000 * 1_000_000_000;

/// A modification time, if it is one.
pub(super) fn told_time(at: Option<i64>) -> Option<i64> {
    at.filter(|at| *at >= OLDEST)
}

/// When a file was made, nanoseconds since 1970, where the file system keeps that.
pub fn birth_of(metadata: &fs::Metadata) -> Option<i64> {
    let since = metadata.created().ok()?.duration_since(std::time::UNIX_EPOCH).ok()?;
    i64::try_from(since.as_nanos()).ok()
}

impl Found {
    /// Standard input: bytes without a name, a place or a time.
    pub fn unnamed() -> Self {
        Self { name: "-".into(), path: "-".into(), size: 0, mtime: None, birth: None, identity: (0, 0) }
    }
}

/// Finds every regular file below `inputs`. A folder given alone lends its files names relative to
/// it; with several inputs, or others `beside` them, every name starts with the input it was reached through.
/// What cannot be read becomes a remark; an input that does not exist is an error, because somebody typed it.
pub fn walk(inputs: &[PathBuf], beside: bool) -> Result<(Vec<Found>, Vec<Unread>)> {
    let mut walker = Walker { found: Vec::new(), remarks: Vec::new() };
    for input in inputs {
        let metadata = fs::metadata(input).map_err(|error| Error::io("read", input, &error))?;
        let typed = file_name(input.as_os_str().as_bytes());
        let typed = typed.strip_prefix("./").unwrap_or(&typed).trim_end_matches('/');
        let typed = if typed.is_empty() && !input.is_absolute() { "." } else { typed };
        if metadata.is_dir() {
            let prefix = if inputs.len() == 1 && !beside || typed == "." {
                String::new()
            } else {
                format!("{typed}/")
            };
            walker.folder(input, &prefix, &mut vec![(metadata.dev(), metadata.ino())]);
        } else {
            walker.file(input, typed.to_owned(), &metadata);
        }
    }
    Ok(walker.finish())
}

struct Walker {
    /// With whether the name goes through a symbolic link.
    found: Vec<(bool, Found)>,
    remarks: Vec<Unread>,
}

impl Walker {
    fn remark(&mut self, file: String, why: impl Into<String>, loss: Loss) {
        self.remarks.push(Unread { file, why: why.into(), loss });
    }

    fn folder(&mut self, path: &Path, prefix: &str, above: &mut Vec<(u64, u64)>) {
        let shown =
            || if prefix.is_empty() { ".".to_owned() } else { prefix.trim_end_matches('/').to_owned() };
        let entries = match fs::read_dir(path) {
            Ok(entries) => entries,
            Err(error) => return self.remark(shown(), crate::base::reason(&error), Loss::Whole),
        };
        for entry in entries {
            let entry = match entry {
                Ok(entry) => entry,
                Err(error) => {
                    self.remark(shown(), crate::base::reason(&error), Loss::Part);
                    continue;
                }
            };
            let path = entry.path();
            let name = format!("{prefix}{}", file_name(entry.file_name().as_bytes()));
            let metadata = match fs::metadata(&path) {
                Ok(metadata) => metadata,
                Err(error) => {
                    self.remark(name, crate::base::reason(&error), Loss::Whole);
                    continue;
                }
            };
            if !metadata.is_dir() {
                self.file(&path, name, &metadata);
                continue;
            }
            let identity = (metadata.dev(), metadata.ino());
            if is_store(&path) {
                self.remark(name, "a timeline store, not logs", Loss::None);
            } else if above.contains(&identity) {
                self.remark(name, "leads back to a folder above it (a loop)", Loss::None);
            } else {
                above.push(identity);
                self.folder(&path, &format!("{name}/"), above);
                above.pop();
            }
        }
    }

    fn file(&mut self, path: &Path, name: String, metadata: &fs::Metadata) {
        if !metadata.is_file() {
            return self.remark(name, "not a regular file (a socket, pipe or device)", Loss::None);
        }
        let linked = fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_symlink());
        let mtime =
            metadata.mtime().checked_mul(1_000_000_000).and_then(|at| at.checked_add(metadata.mtime_nsec()));
        let mtime = told_time(mtime);
        let identity = (metadata.dev(), metadata.ino());
        let (birth, size) = (birth_of(metadata), metadata.len());
        self.found.push((linked, Found { name, path: path.to_owned(), size, mtime, birth, identity }));
    }

    /// Each file once, by its best name: not through a link, then the first in order.
    fn finish(mut self) -> (Vec<Found>, Vec<Unread>) {
        self.found.sort_by(|(linked_a, a), (linked_b, b)| (linked_a, &a.name).cmp(&(linked_b, &b.name)));
        let mut first: BTreeMap<(u64, u64), String> = BTreeMap::new();
        let mut kept = Vec::new();
        for (_, file) in std::mem::take(&mut self.found) {
            match first.get(&file.identity) {
                Some(same) if *same == file.name => {}
                Some(same) => {
                    let why = format!("the same file as {same}");
                    self.remark(file.name, why, Loss::None);
                }
                None => {
                    first.insert(file.identity, file.name.clone());
                    kept.push(file);
                }
            }
        }
        kept.sort_by(|a, b| a.name.cmp(&b.name));
        self.remarks.sort_by(|a, b| (&a.file, &a.why).cmp(&(&b.file, &b.why)));
        (kept, self.remarks)
    }
}

/// Whether a folder is named as a store is, or as one that was put aside or is being built.
fn is_store(path: &Path) -> bool {
    path.file_name().is_some_and(|name| {
        let name = name.to_string_lossy();
        name.ends_with(".timeline") || name.contains(".timeline.")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scratch(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("timeline-walk-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(folder.join("a/b")).expect("scratch folder");
        folder
    }

    #[test]
    fn loops_links_and_doubles_are_remarks() {
        let root = scratch("loops");
        fs::write(root.join("a/x.log"), "x\n").expect("file");
        std::os::unix::fs::symlink(&root, root.join("a/b/up")).expect("link");
        std::os::unix::fs::symlink(root.join("a/x.log"), root.join("current")).expect("link");
        std::os::unix::fs::symlink("nowhere", root.join("dangling")).expect("link");
        let (found, remarks) = walk(std::slice::from_ref(&root), false).expect("walks");
        let names: Vec<_> = found.iter().map(|file| file.name.as_str()).collect();
        assert_eq!(names, ["a/x.log"]);
        let shown: Vec<_> = remarks.iter().map(|remark| format!("{}: {}", remark.file, remark.why)).collect();
        assert_eq!(
            shown,
            [
                "a/b/up: leads back to a folder above it (a loop)",
                "current: the same file as a/x.log",
                "dangling: no such file or directory",
            ]
        );
        let twice = walk(&[root.clone(), root.join("a")], false).expect("walks");
        assert_eq!(twice.0.len(), 1);
        fs::remove_dir_all(root).expect("clean up");
    }

    #[test]
    fn stores_are_no_logs() {
        let root = scratch("stores");
        for name in
            ["x.timeline", "x.timeline.until-2026-11-22T024707Z", ".x.timeline.building", "timeline.d"]
        {
            fs::create_dir_all(root.join(name)).expect("a folder");
            fs::write(root.join(name).join("run.json"), "{}\n").expect("file");
        }
        let (found, remarks) = walk(std::slice::from_ref(&root), false).expect("walks");
        let names: Vec<_> = found.iter().map(|file| file.name.as_str()).collect();
        assert_eq!((names, remarks.len()), (vec!["timeline.d/run.json"], 3));
        fs::remove_dir_all(root).expect("clean up");
    }

    #[test]
    fn an_input_that_does_not_exist_is_an_error() {
        let error = walk(&[PathBuf::from("/no/such/place")], false).err().map(|error| error.to_string());
        assert_eq!(error.as_deref(), Some("cannot read /no/such/place: no such file or directory"));
    }
}
