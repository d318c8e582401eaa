//! The logs that a store was made of, given back as texts: for questions that need the logs themselves, and to
//! settle the clocks of several stores against each other.
//!
//! Every record stands on its own line again, so places in a file are what they were. What the store never had
//! (records that a filter left out, blank lines) is blank.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::open::OpenPart;
use super::reader::Store;
use super::rows::StoredRows;
use crate::base::{Error, Flags, Result};

/// Rows read at once.
const ROWS: usize = 65_536;

/// The records of one file, and where each stands.
#[derive(Debug, Default)]
struct Pieces {
    bytes: Vec<u8>,
    /// Line, and where its text is in the bytes.
    places: Vec<(u64, usize, usize)>,
}

impl Store {
    /// The text of every file, by name. `most` bounds their bytes: they are held in memory.
    pub fn texts(&self, most: u64) -> Result<BTreeMap<String, Vec<u8>>> {
        let mut files: BTreeMap<String, Pieces> = BTreeMap::new();
        let parts: Vec<_> = self.parts().collect();
        self.verify(&parts)?;
        let mut total = 0;
        for wave in parts.chunks(rayon::current_num_threads()) {
            let read: Vec<Result<Vec<StoredRows>>> = wave
                .par_iter()
                .map(|part| {
                    let read =
                        OpenPart::new(self.root(), part).and_then(|open| open.read(0..part.rows, ROWS));
                    read.map_err(|error| self.damaged(&part.path, &error.to_string()))
                })
                .collect();
            for rows in read {
                for rows in rows? {
                    total += take(&rows, &mut files);
                }
            }
            if total > most {
                return Err(Error::new(format!(
                    "the logs in {} take more than {most} bytes of memory (--max-held): raise that, or name the logs themselves",
                    self.root().display()
                )));
            }
        }
        Ok(files.into_iter().map(|(name, pieces)| (name, pieces.join())).collect())
    }
}

/// Takes the records out of rows; their bytes.
fn take(rows: &StoredRows, files: &mut BTreeMap<String, Pieces>) -> u64 {
    let mut total = 0;
    for row in 0..rows.len() as u32 {
        // What is derived is derived again.
        if Flags::from_bits(rows.facts(row).flags).has(Flags::DERIVED) {
            continue;
        }
        let name = rows.file.get(row as usize).unwrap_or_default();
        if !files.contains_key(name) {
            files.insert(name.to_owned(), Pieces::default());
        }
        let Some(pieces) = files.get_mut(name) else { continue };
        let start = pieces.bytes.len();
        rows.push_text(row, &mut pieces.bytes);
        total += (pieces.bytes.len() - start) as u64;
        pieces.places.push((rows.line.value(row as usize), start, pieces.bytes.len()));
    }
    total
}

impl Pieces {
    /// The records in the order of their lines, each on its own.
    fn join(mut self) -> Vec<u8> {
        self.places.sort_unstable();
        let mut out = Vec::with_capacity(self.bytes.len() + self.places.len());
        let mut next = 1;
        for (line, start, end) in self.places {
            let text = &self.bytes[start..end];
            // A damaged store may name any line: blank lines are not made up without end.
            let blank = line.saturating_sub(next).min(self.bytes.len() as u64 + 1);
            out.extend(std::iter::repeat_n(b'\n', blank as usize));
            out.extend_from_slice(text);
            out.push(b'\n');
            next += blank + 1 + memchr::memchr_iter(b'\n', text).count() as u64;
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_stand_on_their_lines() {
        let pieces = Pieces {
            bytes: b"threeone\n more".to_vec(),
            places: vec![(5, 0, 5), (2, 5, 14), (u64::MAX, 0, 0)],
        };
        let text = pieces.join();
        assert!(text.starts_with(b"\none\n more\n\nthree\n") && text.len() < 64, "{text:?}");
    }
}
