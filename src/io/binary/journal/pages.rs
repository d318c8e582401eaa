//! Reads at random places of a journal through a few pages kept in memory.

use std::io;

use super::Found;
use super::object::Object;
use crate::io::binary::ReadAt;

/// Bytes of a page, and pages kept: 4 MiB in all. What an entry names mostly stands just before it.
const PAGE: usize = 64 * 1024;
const PAGES: u64 = 64;

/// The bytes of a journal.
pub(super) struct Pages {
    bytes: Box<dyn ReadAt>,
    len: u64,
    /// By page number modulo `PAGES`.
    kept: Vec<(u64, Vec<u8>)>,
}

impl Pages {
    pub(super) fn new(bytes: Box<dyn ReadAt>, len: u64) -> Self {
        Self { bytes, len, kept: (0..PAGES).map(|_| (u64::MAX, Vec::new())).collect() }
    }

    /// Copies what stands at `offset` into `out`; how much there is.
    pub(super) fn read(&mut self, offset: u64, out: &mut [u8]) -> io::Result<usize> {
        let mut filled = 0;
        while filled < out.len() {
            let at = offset.saturating_add(filled as u64);
            let page = self.page(at / PAGE as u64)?;
            let start = (at % PAGE as u64) as usize;
            let there = page.get(start..).unwrap_or_default();
            let count = there.len().min(out.len() - filled);
            if count == 0 {
                break;
            }
            out[filled..filled + count].copy_from_slice(&there[..count]);
            filled += count;
        }
        Ok(filled)
    }

    /// The same, all or nothing.
    pub(super) fn whole<const N: usize>(&mut self, offset: u64) -> io::Result<Option<[u8; N]>> {
        let mut out = [0; N];
        Ok((self.read(offset, &mut out)? == N).then_some(out))
    }

    /// What stands at a place.
    pub(super) fn object(&mut self, offset: u64) -> io::Result<Found> {
        match self.whole::<16>(offset)? {
            None => Ok(Found::End),
            Some(head) => Ok(Object::judge(offset, &head, self.len)),
        }
    }

    /// The next place, from `offset` on, where an object stands with another one, zeros or the end behind it.
    pub(super) fn next_object(&mut self, offset: u64) -> io::Result<Option<u64>> {
        let mut at = offset.next_multiple_of(8);
        while at < self.len {
            if let Found::Object(object) = self.object(at)?
                && matches!(self.object(object.end())?, Found::Object(_) | Found::Zeros | Found::End)
            {
                return Ok(Some(at));
            }
            at += 8;
        }
        Ok(None)
    }

    fn page(&mut self, number: u64) -> io::Result<&[u8]> {
        let (kept, page) = &mut self.kept[(number % PAGES) as usize];
        if *kept != number {
            *kept = u64::MAX;
            page.resize(PAGE, 0);
            let left = self.len.saturating_sub(number.saturating_mul(PAGE as u64));
            let wanted = left.min(PAGE as u64) as usize;
            let count = match wanted {
                0 => 0,
                _ => self.bytes.read_at(number * PAGE as u64, &mut page[..wanted])?,
            };
            page.truncate(count);
            *kept = number;
        }
        Ok(page)
    }
}
