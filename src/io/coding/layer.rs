//! One layer at work: a decoder, what is below it, and coming again where it met damage.

use std::io::{self, BufRead, Read};
use std::ops::Range;

use super::{Coding, Decoder, Fault, Kind};
use crate::io::raw::{Raw, read_ready};

/// Bytes in order, from whatever is below.
pub(crate) type Source = Box<dyn BufRead + Send>;

/// Bytes decoded in one go. Fixed: what a decoder does must not depend on who asks for how much.
pub(super) const STEP: usize = 32 * 1024;

/// Starts decoding from the beginning: `codings` outermost first.
pub(crate) fn start(raw: &Raw, codings: &[Coding]) -> io::Result<Source> {
    let Some((coding, below)) = codings.split_last() else { return Ok(Box::new(raw.reader()?)) };
    Ok(Box::new(Layer {
        decoder: Some(coding.decoder(raw, below)?),
        coding: *coding,
        raw: raw.clone(),
        below: below.to_vec(),
        step: Vec::new(),
        ready: 0..0,
        careful: false,
        failure: None,
        produced: 0,
    }))
}

/// A decoder, and all that is needed to start it over.
struct Layer {
    coding: Coding,
    raw: Raw,
    below: Vec<Coding>,
    /// `None` at the end.
    decoder: Option<Decoder>,
    /// Room for a step, once one is asked for by [`BufRead`].
    step: Vec<u8>,
    /// What of `step` is decoded and not taken yet.
    ready: Range<usize>,
    /// Whether it asks for single bytes, because damage lies ahead.
    careful: bool,
    /// What is told behind the last byte.
    failure: Option<io::Error>,
    /// Bytes of whole steps.
    produced: u64,
}

impl Layer {
    /// Decodes the next step into `out`, which has room for just one: how many bytes it has, none at the end.
    fn next_step(&mut self, out: &mut [u8]) -> usize {
        let mut filled = 0;
        while filled < out.len()
            && let Some(decoder) = &mut self.decoder
        {
            let end = if self.careful { filled + 1 } else { out.len() };
            match decoder.read(&mut out[filled..end]) {
                Ok(0) => self.decoder = None,
                Ok(count) => filled += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                // What was decoded on the way to the damage may be lost: come again, byte by byte.
                Err(_) if !self.careful && !self.coding.is_rendered() && self.come_again(out) => filled = 0,
                Err(error) => {
                    self.decoder = None;
                    self.failure = Some(self.fault(error));
                }
            }
        }
        self.produced += filled as u64;
        filled
    }

    /// Goes back to the start and on to where the last whole step ended, by way of `scratch`; whether that worked.
    fn come_again(&mut self, scratch: &mut [u8]) -> bool {
        self.careful = true;
        let Ok(mut decoder) = self.coding.decoder(&self.raw, &self.below) else { return false };
        let mut left = self.produced;
        while left > 0 {
            let wanted = left.min(scratch.len() as u64) as usize;
            match decoder.read(&mut scratch[..wanted]) {
                Ok(0) => return false,
                Ok(count) => left -= count as u64,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return false,
            }
        }
        self.decoder = Some(decoder);
        true
    }

    /// The error with this coding's name, unless it comes from below or from the file system.
    fn fault(&self, error: io::Error) -> io::Error {
        if error.raw_os_error().is_some() || error.get_ref().is_some_and(|inner| inner.is::<Fault>()) {
            return error;
        }
        let kind = match error.kind() {
            _ if self.coding.is_rendered() => Kind::Lost(error.to_string()),
            io::ErrorKind::UnexpectedEof => Kind::Cut,
            _ if error.to_string().contains("checksum") => Kind::Damaged("its checksum does not fit".into()),
            _ => Kind::Damaged(error.to_string()),
        };
        io::Error::other(Fault { coding: self.coding.name(), kind })
    }
}

impl BufRead for Layer {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.ready.is_empty() {
            let mut step = std::mem::take(&mut self.step);
            step.resize(STEP, 0);
            self.ready = 0..self.next_step(&mut step);
            self.step = step;
            if self.ready.is_empty()
                && let Some(error) = self.failure.take()
            {
                return Err(error);
            }
        }
        Ok(&self.step[self.ready.clone()])
    }

    fn consume(&mut self, count: usize) {
        self.ready.start = (self.ready.start + count).min(self.ready.end);
    }
}

impl Read for Layer {
    /// Decodes in place where there is room for a step: what is unpacked is large, and a copy of it costs.
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let Some(step) = out.get_mut(..STEP).filter(|_| self.ready.is_empty()) else {
            return read_ready(self, out);
        };
        match (self.next_step(step), self.failure.is_some()) {
            (0, true) => self.failure.take().map_or(Ok(0), Err),
            (filled, _) => Ok(filled),
        }
    }
}
