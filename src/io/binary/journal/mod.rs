//! Journal files of systemd (`*.journal`, `*.journal~`): one JSON object a line for each entry, with the
//! names that `journalctl -o json` uses.
//!
//! Objects lie one behind another in the order they were written, and every entry stands behind the data it
//! names. So the file is walked from its first object to its last, and no table or chain in it is believed:
//! what is whole is found in a file that was not closed, cut off or damaged, too.
//!
//! Not done: hashes and seals are not checked (`journalctl --verify` does); files of one boot are not joined.

mod entry;
mod object;
mod pages;
mod payload;

use std::io;

use super::losses::{Losses, together};
use super::{ReadAt, Render};
use object::{Header, Kind, Object};
use pages::Pages;
use payload::Payloads;

/// The first bytes of every journal file.
const MAGIC: &[u8; 8] = b"LPKSHHRH";

/// Objects walked in one go.
const AT_ONCE: usize = 256;

/// Whether a file begins like a journal.
pub fn is_journal(head: &[u8]) -> bool {
    head.starts_with(MAGIC)
}

/// Renders a journal file, in file order.
pub struct Journal {
    pages: Pages,
    header: Option<Header>,
    payloads: Payloads,
    at: u64,
    /// Whether the object before was damaged, and `at` is where the next one may begin.
    lost: bool,
    damaged: Losses,
    cut: Losses,
    entries: Losses,
    fields: Losses,
    large: Losses,
}

impl Journal {
    /// A journal of so many bytes.
    pub fn new(bytes: Box<dyn ReadAt>, len: u64) -> Self {
        Self {
            pages: Pages::new(bytes, len),
            header: None,
            payloads: Payloads::default(),
            at: 0,
            lost: false,
            damaged: Losses::new("damaged stretches, passed over"),
            cut: Losses::new("objects cut off where the journal ends"),
            entries: Losses::new("damaged entries"),
            fields: Losses::new("fields of entries that are damaged or missing"),
            large: Losses::new("values left out (null), over 256 KiB or beyond 768 KiB of one entry"),
        }
    }

    /// One object further; `false` at the end.
    fn step(&mut self, header: &Header, out: &mut Vec<u8>) -> io::Result<bool> {
        let object = match self.pages.object(self.at)? {
            Found::Object(object) => object,
            Found::End => return Ok(false),
            // Room that journald set aside and did not use yet.
            Found::Zeros if self.at > header.tail || self.lost => return self.next_object(),
            Found::Cut if !self.lost => {
                self.cut.add(self.at);
                self.lost = true;
                return self.next_object();
            }
            Found::Zeros | Found::Cut | Found::Damaged => {
                if !std::mem::replace(&mut self.lost, true) {
                    self.damaged.add(self.at);
                }
                return self.next_object();
            }
        };
        self.lost = false;
        if object.kind == Kind::Entry {
            self.entry(header, &object, out)?;
        }
        self.at = object.end();
        Ok(true)
    }

    /// Looks for the next place where an object may begin, behind a place where none does.
    fn next_object(&mut self) -> io::Result<bool> {
        match self.pages.next_object(self.at + 8)? {
            Some(at) => {
                self.at = at;
                Ok(true)
            }
            None => Ok(false),
        }
    }
}

/// What stands where an object should.
enum Found {
    Object(Object),
    Zeros,
    /// It would reach beyond the end.
    Cut,
    Damaged,
    End,
}

impl Render for Journal {
    fn more(&mut self, out: &mut Vec<u8>) -> io::Result<bool> {
        let header = match self.header {
            Some(header) => header,
            None => {
                let header = Header::read(&mut self.pages)?;
                self.at = header.size;
                self.header = Some(header);
                header
            }
        };
        for _ in 0..AT_ONCE {
            if !self.step(&header, out)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn loss(&self) -> Option<String> {
        together([&self.damaged, &self.cut, &self.entries, &self.fields, &self.large])
    }
}
