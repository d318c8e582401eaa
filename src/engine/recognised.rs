//! Files known by their text: what was packed since an earlier run, or copied before its log was emptied, holds what
//! another file held then.
//!
//! Only files of one log are compared, those that came with those that no longer are what they were. A file is taken for
//! another when its text begins with all of that one's, byte for byte as far as a hash tells. So it is read once, and
//! most are told apart by how they begin.

use std::collections::BTreeSet;

use rayon::prelude::*;

use super::prepare::Candidate;
use super::surveyed::{Known, LOOK, News, Past, Recalled, Surveyed, hash, is_member};
use crate::io::{Opened, Sum, Unpacker, family};

/// Bytes that are looked at in one go.
const AT_ONCE: u64 = 1 << 20;

/// Recalls files by their text, of those that are not recalled by their place.
pub(super) fn recognise(surveyed: &Surveyed, candidates: &[Candidate], recalled: &mut [Recalled]) {
    let taken: BTreeSet<&str> = recalled.iter().filter_map(|file| file.past.was.as_deref()).collect();
    let left: Vec<(&str, String, &Known)> = surveyed
        .files
        .iter()
        .filter(|(name, known)| !taken.contains(&name[..]) && known.sum.is_some() && known.size > 0)
        .map(|(name, known)| (&name[..], family(name).0, known))
        .collect();
    if left.is_empty() {
        return;
    }
    let look = |(candidate, recalled): (&Candidate, &Recalled)| {
        if recalled.past.was.is_some() || is_member(&candidate.found.name) {
            return None;
        }
        let own = left.iter().filter(|(_, source, known)| {
            *source == candidate.source && known.format == candidate.format.primary
        });
        own.filter_map(|(name, _, known)| Some((*name, *known, begins_with(&candidate.opened, known)?)))
            .next()
    };
    let found: Vec<_> = candidates.par_iter().zip(&*recalled).with_max_len(1).map(look).collect();
    let mut taken = BTreeSet::new();
    for (recalled, found) in recalled.iter_mut().zip(found) {
        let (Some((name, known, news)), Some(place)) = (found, recalled.place) else { continue };
        // Of two copies of one file the second is new.
        if taken.insert(name) {
            // What it was changed at bounds what stands at its end, and that is new where it has grown.
            let moved = news == News::Nothing && place.mtime.0 != known.place.mtime.0;
            recalled.past = Past { news, was: Some(name.to_owned()), moved };
        }
    }
}

/// Text from its beginning, read in place or unpacked.
enum Text<'a> {
    Plain(&'a Opened, u64),
    Stream(Box<Unpacker>),
}

impl<'a> Text<'a> {
    fn new(opened: &'a Opened) -> Option<Self> {
        match opened.is_stream() {
            true => opened.unpack().ok().map(|unpacker| Self::Stream(Box::new(unpacker))),
            false => Some(Self::Plain(opened, 0)),
        }
    }

    /// The next bytes: so many, or fewer at the end. `None` where they cannot be had.
    fn next(&mut self, length: u64, bytes: &mut Vec<u8>) -> Option<()> {
        bytes.clear();
        match self {
            Self::Plain(opened, at) => {
                bytes.resize(length as usize, 0);
                let count = opened.read_at(*at, bytes).ok()?;
                bytes.truncate(count);
                *at += count as u64;
                Some(())
            }
            Self::Stream(unpacker) => unpacker.fill(bytes, length as usize).ok(),
        }
    }
}

/// What of a file is new, if it begins with all that another held.
fn begins_with(opened: &Opened, known: &Known) -> Option<News> {
    if !opened.is_stream() && opened.size < known.size {
        return None;
    }
    let (mut text, mut bytes) = (Text::new(opened)?, Vec::new());
    let (mut at, mut line, mut sum) = (0, None, Sum::default());
    while at < known.size {
        let length = if at == 0 { LOOK } else { AT_ONCE }.min(known.size - at);
        text.next(length, &mut bytes)?;
        if (bytes.len() as u64) < length || at == 0 && hash(&bytes) != known.ends.0 {
            return None;
        }
        sum.add(&bytes);
        line = memchr::memrchr(b'\n', &bytes).map(|newline| at + newline as u64 + 1).or(line);
        at += length;
    }
    if known.sum != Some(sum.finish()) {
        return None;
    }
    text.next(1, &mut bytes)?;
    if bytes.is_empty() {
        return Some(News::Nothing);
    }
    let from = line.filter(|from| known.size - from < LOOK)?;
    Some(News::Behind { from, torn: from < known.size })
}
