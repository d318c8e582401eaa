//! The manifest: what a store holds, of what it was made, and how to tell that it is whole.

use std::fs::File;
use std::hash::Hasher as _;
use std::io::Read;
use std::path::Path;

use serde::{Deserialize, Serialize};
use twox_hash::XxHash3_64 as Hasher;

use crate::base::{Error, Result, reason};
use crate::io::Found;

/// Version of the store's layout that this program writes, and the only one it reads.
pub const FORMAT_VERSION: u32 = 2;

/// Name of the manifest in the store's folder.
pub(super) const MANIFEST: &str = "manifest.json";

/// One Parquet file of a table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartEntry {
    /// Its path in the store.
    pub path: String,
    /// Its rows.
    pub rows: u64,
    /// Its size.
    pub bytes: u64,
    /// Number of its first row in the timeline.
    pub first_seq: u64,
    /// Where its first row stands in time, nanoseconds since 1970.
    pub first_key: i64,
    /// Where its last row stands in time, nanoseconds since 1970.
    pub last_key: i64,
    /// Hash of its bytes.
    pub hash: String,
    /// Where the sections of its index stand: of each its offset, its length and its hash. None for series.
    #[serde(default)]
    pub index: Option<String>,
}

impl PartEntry {
    /// Hash of its bytes in the store at `root`, as they are.
    pub(super) fn sum(&self, root: &Path) -> Result<String> {
        let path = root.join(&self.path);
        let sum = File::open(&path).and_then(|mut file| hash(&mut file, self.bytes));
        sum.map_err(|error| Error::io("read", &path, &error))
    }

    /// What is wrong with the part in the store at `root`, if anything is; with `wholly`, by all of its bytes.
    pub(super) fn fault(&self, root: &Path, wholly: bool) -> Option<String> {
        let look = || -> std::io::Result<Option<String>> {
            let mut file = File::open(root.join(&self.path))?;
            let bytes = file.metadata()?.len();
            if bytes != self.bytes {
                return Ok(Some(format!("it has {bytes} bytes, and was written with {}", self.bytes)));
            }
            let differs = wholly && hash(&mut file, bytes)? != self.hash;
            Ok(differs.then(|| "its bytes are not those that were written".to_owned()))
        };
        match look() {
            Ok(fault) => fault,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Some("it is missing".to_owned()),
            Err(error) => Some(reason(&error)),
        }
    }
}

/// One file that a store was made of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InputEntry {
    /// The `file` of the contract.
    pub file: String,
    /// Its path, as reached from where the store was built.
    pub path: String,
    /// Its size on disk, packed if it is packed.
    pub bytes: u64,
    /// Modification time, nanoseconds since 1970.
    pub mtime: Option<i64>,
    /// Hash of its content.
    pub hash: String,
}

impl InputEntry {
    /// A file as it was found; its content is not looked at.
    pub fn of(found: &Found) -> Self {
        Self {
            file: found.name.clone(),
            path: found.path.to_string_lossy().into_owned(),
            bytes: found.size,
            mtime: found.mtime,
            hash: String::new(),
        }
    }

    /// The same with the hash of its content, as much of it as there was; one that cannot be read has none.
    pub fn hashed(&self) -> Self {
        let content = || hash(&mut File::open(&self.path)?, self.bytes);
        Self { hash: content().unwrap_or_default(), ..self.clone() }
    }

    /// The hash of its content as a number; none where it has none.
    pub fn sum(&self) -> Option<u64> {
        u64::from_str_radix(&self.hash, 16).ok()
    }

    /// Whether a file is the same, as far as its place, its size and its time tell.
    pub fn looks_like(&self, other: &Self) -> bool {
        (&self.file, &self.path, self.bytes, self.mtime)
            == (&other.file, &other.path, other.bytes, other.mtime)
    }
}

/// Those of the options of a build that choose among events.
pub fn selection(options: &[String]) -> Vec<&str> {
    const CHOOSE: [&str; 9] = [
        "--host",
        "--program",
        "--source",
        "--since",
        "--until",
        "--around",
        "--window",
        "--level",
        "--where",
    ];
    let chooses = |option: &&str| option.split_once('=').is_some_and(|(name, _)| CHOOSE.contains(&name));
    options.iter().map(String::as_str).filter(chooses).collect()
}

/// XXH3 (64 bits) of the first `length` bytes of a content, or of all there are.
fn hash(content: &mut impl Read, length: u64) -> std::io::Result<String> {
    let mut hasher = Hasher::new();
    let mut buffer = vec![0; 1 << 20];
    let mut content = content.take(length);
    loop {
        match content.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => hasher.write(&buffer[..count]),
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(format!("{:016x}", hasher.finish()))
}

/// What a store was made of, and how.
#[derive(Clone, Debug, Default)]
pub struct Made {
    /// The zone that was shown.
    pub tz: String,
    /// What was said on the command line.
    pub options: Vec<String>,
    /// The inputs as they were named, from the root of the file system.
    pub from: Vec<String>,
    /// The files.
    pub inputs: Vec<InputEntry>,
}

/// What a store holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Always `timeline-store`.
    pub kind: String,
    /// [`FORMAT_VERSION`] of the program that wrote it.
    pub version: u32,
    /// The program that wrote it.
    pub program: String,
    /// The zone that was shown and taken where nothing else is known.
    pub tz: String,
    /// What was said on the command line that settles what is read and how.
    pub options: Vec<String>,
    /// The inputs as they were named, from the root of the file system.
    pub made_from: Vec<String>,
    /// The files that it was made of.
    pub inputs: Vec<InputEntry>,
    /// Events.
    pub rows: u64,
    /// Parts of the events, in timeline order.
    pub events: Vec<PartEntry>,
    /// Parts of the copies of events, in the order of what they are copies of.
    pub copies: Vec<PartEntry>,
    /// Parts of the samples of series, in timeline order; each is sorted by series, labels and time.
    #[serde(default)]
    pub series: Vec<PartEntry>,
    /// Hash of the manifest without this line, and of the other JSON files of the store: what was edited is told.
    #[serde(default)]
    pub checksum: String,
}

impl Manifest {
    /// What [`Manifest::kind`] says.
    const KIND: &str = "timeline-store";

    /// The manifest of a store that holds nothing yet.
    pub(super) fn new(made: Made) -> Self {
        Self {
            kind: Self::KIND.to_owned(),
            version: FORMAT_VERSION,
            program: Self::program(),
            tz: made.tz,
            options: made.options,
            made_from: made.from,
            inputs: made.inputs,
            rows: 0,
            events: Vec::new(),
            copies: Vec::new(),
            series: Vec::new(),
            checksum: String::new(),
        }
    }

    /// What chose its events, as it was said on the command line; nothing where it holds all of them.
    pub fn selection(&self) -> Vec<&str> {
        selection(&self.options)
    }

    /// This program, as manifests name it.
    pub fn program() -> String {
        format!("timeline {}", env!("CARGO_PKG_VERSION"))
    }

    /// What the store in a folder says of itself; nothing is checked but that it can be read.
    pub fn peek(root: &Path) -> Result<Self> {
        Self::read(root, true)
    }

    /// Name of the outlines of all texts, which stores had before each part had its own.
    pub(super) const OUTLINES: &str = "outlines.bin";
    /// Name of what the program itself needs.
    pub(super) const RUN: &str = "run.json";
    /// Names of the other files of a store: sources, patterns, findings, and what the program itself needs.
    pub(super) const BESIDE: [&str; 5] =
        ["sources.json", "patterns.json", "findings.json", Self::RUN, Self::OUTLINES];

    /// As the file says it.
    pub(super) fn to_json(&self) -> Vec<u8> {
        let mut bytes = serde_json::to_vec_pretty(self).unwrap_or_default();
        bytes.push(b'\n');
        bytes
    }

    /// The checksum of the store in `root` with this manifest: XXH3 (64 bits) over the manifest with an empty
    /// checksum and over the files beside it, each behind its length.
    pub(super) fn sum(&self, root: &Path) -> String {
        let mut hasher = Hasher::new();
        let mut add = |bytes: &[u8]| {
            hasher.write(&(bytes.len() as u64).to_le_bytes());
            hasher.write(bytes);
        };
        add(&Self { checksum: String::new(), ..self.clone() }.to_json());
        for name in Self::BESIDE {
            add(&std::fs::read(root.join(name)).unwrap_or_default());
        }
        format!("{:016x}", hasher.finish())
    }

    /// Whether the one in a folder is that of another version: then nothing of it is damaged.
    pub(super) fn is_of_another_version(root: &Path) -> bool {
        let bytes = std::fs::read(root.join(MANIFEST)).unwrap_or_default();
        let value: serde_json::Value = serde_json::from_slice(&bytes).unwrap_or_default();
        value["version"].as_u64().is_some_and(|version| version != u64::from(FORMAT_VERSION))
    }

    /// The manifest of the store in a folder. With `salvage` one that was edited is taken as it is.
    pub(super) fn read(root: &Path, salvage: bool) -> Result<Self> {
        let path = root.join(MANIFEST);
        let damaged = |why: &str| {
            let path = path.display();
            Error::new(format!(
                "{path} is damaged: {why}; build the store again from its logs, or read what is whole with --salvage"
            ))
        };
        let bytes = std::fs::read(&path).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => damaged("it is missing"),
            _ => Error::io("read", &path, &error),
        })?;
        // The version is asked first: another version may have other fields.
        let value: serde_json::Value =
            serde_json::from_slice(&bytes).map_err(|error| damaged(&format!("it is no JSON ({error})")))?;
        if value["kind"] != Self::KIND {
            return Err(damaged("it is no manifest of a store"));
        }
        match value["version"].as_u64() {
            Some(version) if version == u64::from(FORMAT_VERSION) => {}
            Some(version) => {
                return Err(Error::new(format!(
                    "{} is a store of version {version}, and this program reads version {FORMAT_VERSION}; build it again from its logs",
                    root.display()
                )));
            }
            None => return Err(damaged("it names no version")),
        }
        let manifest: Self = serde_json::from_value(value).map_err(|error| damaged(&error.to_string()))?;
        if !salvage && manifest.checksum != manifest.sum(root) {
            let why = "it was edited, or a file beside it, since the store was written";
            return Err(damaged(why));
        }
        Ok(manifest)
    }
}
