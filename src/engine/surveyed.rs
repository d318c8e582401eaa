//! What an earlier run surveyed: where a file is as it was, or has only grown, its survey need not be made again.
//!
//! A survey is kept block by block, and one that was surveyed in two pieces, while its file grew, is surveyed once more:
//! so what is kept hangs on the file alone, and not on how often it was looked at. Whether a file is the same is told by
//! its inode, its size and its time, whatever it is called now; whether it has grown, by what stands at its beginning and
//! right above its former end as well. What was packed or copied since is known by its text ([`super::recognised`]).
//! Nothing here knows what a survey means.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hasher as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::prepare::Candidate;
use super::recognised::recognise;
use crate::base::{Loss, NANOS_PER_SECOND};
use crate::grammar::{GrammarId, MAX_HEAD};
use crate::io::{Content, Found, Opened, Short, birth_of, family};
use crate::survey::{ChunkSurvey, FileSurvey, Overlong, is_small, stretch_end};

/// What is looked at, at the beginning of a file and above its former end, to know it again: bytes.
pub(super) const LOOK: u64 = 64 << 10;

/// Surveys of a run's files, by name.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Surveyed {
    /// Bytes of a block.
    block: u64,
    pub(super) files: BTreeMap<String, Known>,
}

/// The survey of one file.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Known {
    /// The file on disk.
    pub(super) place: Place,
    /// What stands between its bytes and its text; empty for a plain file.
    pub(super) coded: String,
    /// Bytes of its text.
    pub(super) size: u64,
    /// Hash of what it begins with and of what it ended with, of a plain file.
    pub(super) ends: (u64, u64),
    /// Hash of all of it, where it is known.
    #[serde(skip)]
    pub(super) sum: Option<u64>,
    /// What its head was recognised as.
    pub(super) format: GrammarId,
    pieces: Vec<Piece>,
    /// What was not kept of lines that are too long, of what is packed.
    overlong: Option<Overlong>,
    /// Why the end of what is packed could not be had, if so, and what that loses.
    cut: Option<(String, Loss)>,
}

/// A file on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Place {
    identity: (u64, u64),
    /// When it was made, where the file system keeps that: numbers of files are used again.
    birth: Option<i64>,
    size: u64,
    /// Modification time, seconds since 1970 and nanoseconds.
    pub(super) mtime: (i64, i64),
}

/// The survey of a stretch of a file.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Piece {
    pub(super) from: u64,
    pub(super) to: u64,
    pub(super) chunks: Vec<(u64, ChunkSurvey)>,
    pub(super) used: BTreeSet<GrammarId>,
}

/// What of a file is new since an earlier run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum News {
    /// All of it.
    All,
    /// What stands at this offset, where a line begins, and behind it: the file has grown. `torn` says that the line
    /// was there in part.
    Behind {
        /// The offset.
        from: u64,
        /// Whether what was there ended within a line.
        torn: bool,
    },
    /// Nothing.
    Nothing,
}

/// What a file was in an earlier run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Past {
    /// What of it is new since.
    pub(super) news: News,
    /// What it was called then, where it was there.
    pub(super) was: Option<String>,
    /// Whether what it held then, and nothing else, stands in another file now, which was changed at another time.
    pub(super) moved: bool,
}

impl Past {
    /// That of a file that was not there.
    const NONE: Self = Self { news: News::All, was: None, moved: false };
}

/// What is known of a file before it is surveyed.
#[derive(Debug)]
pub(super) struct Recalled {
    pub(super) past: Past,
    /// The file on disk, as it was before it was surveyed: what changes meanwhile is seen as changed by a later run.
    pub(super) place: Option<Place>,
    /// Pieces that are as they were, in file order.
    pub(super) pieces: Vec<Piece>,
    pub(super) overlong: Option<Overlong>,
    pub(super) cut: Option<Short>,
}

impl Recalled {
    /// Of a file of which nothing is known.
    fn nothing(place: Option<Place>) -> Self {
        Self { past: Past::NONE, place, pieces: Vec::new(), overlong: None, cut: None }
    }
}

impl Place {
    /// The file at a path as it is now.
    fn of(path: &Path) -> Option<Self> {
        let metadata = std::fs::metadata(path).ok()?;
        Some(Self {
            identity: (metadata.dev(), metadata.ino()),
            birth: birth_of(&metadata),
            size: metadata.len(),
            mtime: (metadata.mtime(), metadata.mtime_nsec()),
        })
    }

    /// Modification time, nanoseconds since 1970.
    fn changed(&self) -> i64 {
        self.mtime.0.saturating_mul(NANOS_PER_SECOND).saturating_add(self.mtime.1)
    }

    /// Whether it is the file that was found, whatever became of it.
    fn is(&self, found: &Found) -> bool {
        self.identity == found.identity && self.birth == found.birth
    }
}

/// Hash of bytes.
pub(super) fn hash(bytes: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write(bytes);
    hasher.finish()
}

/// Hashes of what a log begins with, and of what stands above `end`.
fn ends(opened: &Opened, end: u64) -> Option<(u64, u64)> {
    let mut bytes = vec![0; LOOK.min(end) as usize];
    let mut look = |from: u64| {
        let count = opened.read_at(from, &mut bytes).ok()?;
        (count == bytes.len()).then(|| hash(&bytes))
    };
    Some((look(0)?, look(end - LOOK.min(end))?))
}

/// Where the line begins that bytes above `end` belong to: `end`, where they end with a line; `None` for one that begins
/// too far above.
fn line_start(opened: &Opened, end: u64) -> Option<u64> {
    let length = LOOK.min(end);
    let mut bytes = vec![0; length as usize];
    let count = opened.read_at(end - length, &mut bytes).ok()?;
    let newline = memchr::memrchr(b'\n', &bytes[..count]);
    newline.map(|newline| end - length + newline as u64 + 1)
}

impl Surveyed {
    /// Nothing is known yet of files that are surveyed in blocks of so many bytes.
    pub(super) fn new(block: u64) -> Self {
        Self { block, files: BTreeMap::new() }
    }

    /// What is `known` of files that are to be surveyed in blocks of so many bytes.
    pub(super) fn recall(known: Option<&Self>, candidates: &[Candidate], block: u64) -> Vec<Recalled> {
        let place = |candidate: &Candidate| {
            let place = Place::of(&candidate.found.path)?;
            // Another file may have come to stand there since this one was found.
            (is_member(&candidate.found.name) || place.is(&candidate.found)).then_some(place)
        };
        let Some(known) = known.filter(|known| known.block == block) else {
            return candidates.par_iter().map(|candidate| Recalled::nothing(place(candidate))).collect();
        };
        let files = known.files.iter().filter(|(name, _)| !is_member(name));
        let by_place = files.map(|(name, known)| (known.place.identity, &name[..])).collect();
        let recall = |candidate: &Candidate| {
            let place = place(candidate);
            let recalled = place.and_then(|place| known.known(candidate, place, &by_place));
            recalled.unwrap_or_else(|| Recalled::nothing(place))
        };
        let mut recalled: Vec<Recalled> = candidates.par_iter().map(recall).collect();
        recognise(known, candidates, &mut recalled);
        recalled
    }

    /// What is known of a file, by its place on the disk.
    fn known(
        &self,
        candidate: &Candidate,
        place: Place,
        by_place: &BTreeMap<(u64, u64), &str>,
    ) -> Option<Recalled> {
        let own = self.files.get_key_value(&candidate.found.name);
        let own = own.filter(|(_, known)| known.place.identity == place.identity);
        // Of two logs each is settled by itself: only within one does a file go on under another name.
        let renamed = || {
            let name = by_place.get(&place.identity).filter(|name| family(name).0 == candidate.source)?;
            self.files.get_key_value(*name)
        };
        let (name, known) = own.or_else(renamed)?;
        let opened = &candidate.opened;
        if known.format != candidate.format.primary || known.coded != opened.coded() {
            return None;
        }
        let past = |news| Past { news, was: Some(name.clone()), moved: false };
        let stream = opened.is_stream();
        if place == known.place && (stream || opened.size == known.size) {
            // A block that was surveyed in two pieces, while it grew, is surveyed once more.
            let whole = |piece: &&Piece| {
                stream
                    || piece.from.is_multiple_of(self.block)
                        && piece.to == known.size.min(piece.from + self.block)
            };
            let pieces = known.pieces.iter().filter(whole).cloned().collect();
            let cut = known.cut.clone().map(|(why, loss)| Short { why, loss });
            let (past, overlong) = (past(News::Nothing), known.overlong);
            return Some(Recalled { past, place: Some(place), pieces, overlong, cut });
        }
        let may_have_grown = (place.identity, place.birth) == (known.place.identity, known.place.birth)
            && !stream
            && opened.content() == Content::Plain
            && opened.size > known.size
            && is_small(opened.size) == is_small(known.size)
            && ends(opened, known.size) == Some(known.ends);
        // The last line of a block is looked at beyond its end.
        let whole = |piece: &&Piece| {
            piece.from.is_multiple_of(self.block)
                && piece.to == piece.from + self.block
                && piece.to + MAX_HEAD as u64 <= known.size
        };
        let from = may_have_grown.then(|| line_start(opened, known.size)).flatten()?;
        Some(Recalled {
            past: past(News::Behind { from, torn: from < known.size }),
            place: Some(place),
            pieces: known.pieces.iter().filter(whole).cloned().collect(),
            overlong: known.overlong,
            cut: None,
        })
    }

    /// Takes note of the hash of a file's bytes, of which there were so many.
    pub fn know_sum(&mut self, name: &str, bytes: u64, sum: u64) {
        if let Some(known) = self.files.get_mut(name)
            && known.coded.is_empty()
            && known.size == bytes
            && !is_member(name)
        {
            known.sum = Some(sum);
        }
    }

    /// Keeps the survey of a file, by its pieces in file order; not one that could not be read in place.
    pub(super) fn keep(&mut self, candidate: &Candidate, recalled: Recalled, survey: &FileSurvey) {
        let opened = &candidate.opened;
        if survey.cut.is_some() && !opened.is_stream() {
            return;
        }
        let ends = if opened.is_stream() { Some((0, 0)) } else { ends(opened, opened.size) };
        let (Some(place), Some(ends)) = (recalled.place, ends) else { return };
        if !opened.is_stream() && place.size < opened.size {
            return;
        }
        // Nor is that of a stream which was cut where what is new begins.
        let cut = opened.is_stream() && recalled.past.news.cut().is_some();
        let pieces = if cut { Vec::new() } else { recalled.pieces };
        let known = Known {
            place,
            coded: opened.coded(),
            size: if opened.is_stream() { survey.bytes } else { opened.size },
            ends,
            sum: None,
            format: candidate.format.primary,
            pieces,
            overlong: survey.overlong,
            cut: survey.cut.clone().map(|Short { why, loss }| (why, loss)),
        };
        self.files.insert(candidate.found.name.clone(), known);
    }

    /// Names of files that are gone, and with them what they held. One that bears another name now is not; nor is one
    /// that was packed since: then a new file of its family was written last when it was, or later, and none of the
    /// others in between.
    pub fn gone(&self, found: &[Found]) -> Vec<String> {
        let stands = |known: &Known| found.iter().any(|file| known.place.is(file));
        let mut gone: Vec<(&str, String, i64)> = self
            .files
            .iter()
            .filter(|(_, known)| !stands(known))
            .map(|(name, known)| (name.as_str(), family(name).0, known.place.changed()))
            .collect();
        let was = |file: &Found| self.files.values().any(|known| known.place.is(file));
        let (others, mut fresh): (Vec<&Found>, Vec<&Found>) = found.iter().partition(|file| was(file));
        fresh.sort_by_key(|file| file.mtime);
        for file in fresh {
            let (own, Some(written)) = (family(&file.name).0, file.mtime) else { continue };
            let before = |changed: i64| {
                let between = |other: &&Found| {
                    other.mtime.is_some_and(|at| (changed + 1..written).contains(&at))
                        && family(&other.name).0 == own
                };
                changed <= written && !others.iter().any(between)
            };
            let packed = gone.iter().enumerate().filter(|(_, (_, family, at))| *family == own && before(*at));
            if let Some((index, _)) = packed.max_by_key(|(_, (.., at))| *at) {
                gone.remove(index);
            }
        }
        gone.into_iter().map(|(name, ..)| name.to_owned()).collect()
    }

    /// Bytes of a block.
    pub(super) fn block(&self) -> u64 {
        self.block
    }
}

/// Whether a file's name is that of one in an archive.
pub(super) fn is_member(name: &str) -> bool {
    name.contains('!')
}

impl News {
    /// Where what is new begins, if it stands behind something.
    pub(super) fn cut(self) -> Option<u64> {
        match self {
            Self::Behind { from, .. } => Some(from),
            _ => None,
        }
    }
}

/// Stretches `[from, to)` in which a file of so many bytes is surveyed, in order: its blocks, but the one in which what
/// is new begins is cut there.
pub(super) fn stretches(size: u64, block: u64, news: News) -> Vec<(u64, u64)> {
    let ends = std::iter::successors(Some(0), |from| {
        let to = stretch_end(*from, block, news.cut());
        (to < size).then_some(to)
    });
    ends.take_while(|from| *from < size)
        .map(|from| (from, stretch_end(from, block, news.cut()).min(size)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known_at(identity: u64, mtime: i64) -> Known {
        let place = Place { identity: (1, identity), birth: None, size: 9, mtime: (mtime, 0) };
        Known {
            place,
            coded: String::new(),
            size: 9,
            ends: (0, 0),
            sum: None,
            format: GrammarId(0),
            pieces: Vec::new(),
            overlong: None,
            cut: None,
        }
    }

    #[test]
    fn what_was_renamed_or_packed_is_not_gone() {
        let known = [("messages", 1, 900), ("messages.1", 2, 800), ("messages.2.gz", 3, 700)];
        let files = known.map(|(name, identity, mtime)| (name.to_owned(), known_at(identity, mtime)));
        let surveyed = Surveyed { block: 10, files: files.into() };
        let gone = |now: &[(&str, u64, i64)]| {
            let found = now.iter().map(|(name, identity, mtime)| Found {
                name: (*name).to_owned(),
                identity: (1, *identity),
                mtime: Some(mtime * NANOS_PER_SECOND),
                ..Found::unnamed()
            });
            surveyed.gone(&found.collect::<Vec<_>>())
        };
        assert_eq!(gone(&[("messages", 1, 950), ("messages.1", 2, 800), ("messages.2.gz", 3, 700)]), [""; 0]);
        // Rotated: two renamed, one packed as it was.
        let rotated = [("messages", 7, 990), ("messages.1", 1, 980), ("messages.2.gz", 8, 800)];
        let oldest = [&rotated[..], &[("messages.3.gz", 3, 700)]].concat();
        assert_eq!(gone(&oldest), [""; 0]);
        assert_eq!(gone(&rotated), ["messages.2.gz"]);
        // Packed at once, and written to in between.
        let packed = [("messages", 7, 990), ("messages.1.gz", 8, 985), ("messages.2", 2, 800)];
        assert_eq!(gone(&packed), ["messages.2.gz"]);
        assert_eq!(gone(&[("app.log", 9, 990)]), ["messages", "messages.1", "messages.2.gz"]);
    }

    #[test]
    fn what_is_new_begins_a_stretch_of_its_own() {
        assert_eq!(stretches(25, 10, News::All), [(0, 10), (10, 20), (20, 25)]);
        let behind = |from| News::Behind { from, torn: false };
        assert_eq!(stretches(25, 10, behind(13)), [(0, 10), (10, 13), (13, 20), (20, 25)]);
        assert_eq!(stretches(25, 10, behind(20)), [(0, 10), (10, 20), (20, 25)]);
        assert_eq!(stretches(0, 10, News::All), []);
    }
}
