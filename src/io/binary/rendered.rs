//! A renderer as something to read from: its lines, and behind the last one what was lost.

use std::io::{self, BufRead, Read};

use super::journal::Journal;
use super::pcap::Capture;
use super::utmp::Records;
use super::{Kind, ReadAt, Render};

/// The text of a binary log, as a `Read`. An error comes behind the last line, once.
pub struct Rendered {
    render: Box<dyn Render>,
    text: Vec<u8>,
    taken: usize,
    ended: bool,
    failure: Option<io::Error>,
}

impl std::fmt::Debug for Rendered {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rendered").field("ended", &self.ended).finish_non_exhaustive()
    }
}

impl Rendered {
    /// The text that `render` makes.
    pub fn new(render: Box<dyn Render>) -> Self {
        Self { render, text: Vec::new(), taken: 0, ended: false, failure: None }
    }

    /// A binary log of a kind, from its first byte.
    pub fn of(kind: Kind, source: Box<dyn BufRead + Send>) -> Self {
        Self::new(match kind {
            Kind::Utmp(layout) => Box::new(Records::utmp(source, layout, false)),
            Kind::Btmp(layout) => Box::new(Records::utmp(source, layout, true)),
            Kind::Lastlog(layout) => Box::new(Records::lastlog(source, layout)),
            Kind::Packets => Box::new(Capture::new(source)),
        })
    }

    /// A journal of `len` bytes, read at any place.
    pub fn journal(bytes: impl ReadAt + 'static, len: u64) -> Self {
        Self::new(Box::new(Journal::new(Box::new(bytes), len)))
    }

    fn step(&mut self) {
        self.text.clear();
        self.taken = 0;
        while self.text.is_empty() && !self.ended {
            match self.render.more(&mut self.text) {
                Ok(true) => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                result => {
                    self.ended = true;
                    self.render.end(&mut self.text);
                    self.failure = match result {
                        Err(error) => Some(error),
                        Ok(_) => {
                            self.render.loss().map(|why| io::Error::new(io::ErrorKind::InvalidData, why))
                        }
                    };
                }
            }
        }
    }
}

impl Read for Rendered {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.taken == self.text.len() {
            self.step();
        }
        if self.text.is_empty()
            && let Some(failure) = self.failure.take()
        {
            return Err(failure);
        }
        let count = out.len().min(self.text.len() - self.taken);
        out[..count].copy_from_slice(&self.text[self.taken..self.taken + count]);
        self.taken += count;
        Ok(count)
    }
}
