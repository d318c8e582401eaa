//! A stream of text on its way out of its codings: within its limits, and no line of it endless.

use std::io::BufRead as _;

use super::MAX_LINE;
use super::coding::{Ahead, Coding, Fault, start};
use super::limits::Limits;
use super::raw::Raw;
use crate::base::{Loss, reason};

/// Why a stream has no more, though it may have had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Short {
    /// A phrase for the ledger.
    pub why: String,
    /// Whether anything is lost by it.
    pub loss: Loss,
}

/// A stream as it comes out of its codings, within its limits.
pub(super) struct Stream {
    source: Option<Ahead>,
    packed: u64,
    limits: Limits,
    produced: u64,
}

impl Stream {
    pub(super) fn new(raw: &Raw, codings: &[Coding], limits: Limits) -> std::io::Result<Self> {
        Ok(Self { source: Some(Ahead::new(start(raw, codings)?)), packed: raw.len, limits, produced: 0 })
    }

    /// Appends up to `length` bytes; none at the end. An error tells why there are no more, once: what came
    /// before it is already in `out`.
    pub(super) fn fill(&mut self, out: &mut Vec<u8>, length: usize) -> Result<(), Short> {
        let goal = out.len().saturating_add(length);
        while out.len() < goal
            && let Some(source) = &mut self.source
        {
            let ahead = match source.fill_buf() {
                Ok(ahead) => ahead,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
                Err(error) => {
                    self.source = None;
                    return Err(short(&error, self.produced));
                }
            };
            if ahead.is_empty() {
                self.source = None;
                break;
            }
            let allowed = self.limits.most(self.packed) - self.produced;
            let count = ahead.len().min(goal - out.len()).min(usize::try_from(allowed).unwrap_or(usize::MAX));
            if count == 0 {
                self.source = None;
                return Err(Short { why: self.limits.why_no_more(self.packed), loss: Loss::Part });
            }
            out.extend_from_slice(&ahead[..count]);
            source.consume(count);
            self.produced += count as u64;
        }
        Ok(())
    }

    /// Whether it is at its end.
    pub(super) fn ended(&self) -> bool {
        self.source.is_none()
    }
}

fn short(error: &std::io::Error, produced: u64) -> Short {
    match error.get_ref().and_then(|inner| inner.downcast_ref::<Fault>()) {
        Some(fault) => {
            let (why, lost) = fault.sentence(produced);
            Short { why, loss: if lost { Loss::Part } else { Loss::None } }
        }
        None => Short { why: reason(error), loss: Loss::Part },
    }
}

/// A file that is not text as it lies there, on its way to text.
pub struct Unpacker {
    stream: Stream,
    /// Bytes of the line under way that were handed out.
    line: usize,
    /// Bytes of overlong lines that were not.
    dropped: u64,
    /// Bytes that were handed out, and how many when the first line was cut.
    given: u64,
    first_cut: Option<u64>,
}

impl std::fmt::Debug for Unpacker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Unpacker").field("produced", &self.stream.produced).finish_non_exhaustive()
    }
}

impl Unpacker {
    pub(super) fn new(stream: Stream) -> Self {
        Self { stream, line: 0, dropped: 0, given: 0, first_cut: None }
    }

    /// Appends up to `length` bytes; none at the end of the data. An error tells why the rest cannot be
    /// had: what came before it is already in `out`. Of a line longer than [`MAX_LINE`] only so much is
    /// handed out; offsets count what is handed out, and so are the same in every pass.
    pub fn fill(&mut self, out: &mut Vec<u8>, length: usize) -> Result<(), Short> {
        let start = out.len();
        while out.len() - start < length && !self.stream.ended() {
            let before = out.len();
            let wanted = (length - (before - start)).min(MAX_LINE);
            let filled = self.stream.fill(out, wanted);
            self.cap_lines(out, before);
            filled?;
        }
        Ok(())
    }

    /// Bytes of overlong lines that were left out.
    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    /// The offset in what is handed out at which the first line was cut: where the rest of it would stand.
    pub fn first_cut(&self) -> Option<u64> {
        self.first_cut
    }

    /// Cuts the first line of `out[start..]` to what is left of its allowance. Lines inside a piece of at
    /// most [`MAX_LINE`] bytes cannot be longer than that.
    fn cap_lines(&mut self, out: &mut Vec<u8>, start: usize) {
        let first = memchr::memchr(b'\n', &out[start..]).unwrap_or(out.len() - start);
        let surplus = (self.line + first).saturating_sub(MAX_LINE).min(first);
        if surplus > 0 {
            out.drain(start + first - surplus..start + first);
            self.dropped += surplus as u64;
            self.first_cut.get_or_insert(self.given + (first - surplus) as u64);
        }
        self.given += (out.len() - start) as u64;
        self.line = match memchr::memrchr(b'\n', &out[start..]) {
            Some(newline) => out.len() - start - newline - 1,
            None => self.line + out.len() - start,
        };
    }
}
