//! gzip, bzip2 and xz: any number of members one after another, as one text.
//!
//! Zeros behind a member are padding (xz has it, and tapes); anything else that starts like no member is told,
//! and left out.

use std::io::{self, BufRead as _, Read};

use super::{Coding, Source, at_end, behind};

/// A decoder of one member.
pub(super) trait Member: Read + Sized {
    const CODING: Coding;
    /// The first byte of each member.
    const FIRST: u8;
    fn begin(source: Source) -> io::Result<Self>;
    fn source(self) -> Source;
}

impl Member for flate2::bufread::GzDecoder<Source> {
    const CODING: Coding = Coding::Gzip;
    const FIRST: u8 = 0x1f;

    fn begin(source: Source) -> io::Result<Self> {
        Ok(Self::new(source))
    }

    fn source(self) -> Source {
        self.into_inner()
    }
}

impl Member for bzip2::bufread::BzDecoder<Source> {
    const CODING: Coding = Coding::Bzip2;
    const FIRST: u8 = b'B';

    fn begin(source: Source) -> io::Result<Self> {
        Ok(Self::new(source))
    }

    fn source(self) -> Source {
        self.into_inner()
    }
}

/// All members of a source.
pub(super) struct Members<M> {
    /// The member under way; `None` at the end.
    member: Option<M>,
}

impl<M: Member> Members<M> {
    pub(super) fn new(source: Source) -> io::Result<Self> {
        Ok(Self { member: Some(M::begin(source)?) })
    }

    /// Goes on to the member behind the one that ended.
    fn next(&mut self) -> io::Result<()> {
        let Some(member) = self.member.take() else { return Ok(()) };
        let mut source = member.source();
        if at_end(&mut source, true)? {
            return Ok(());
        }
        if source.fill_buf()?.first() != Some(&M::FIRST) {
            return Err(behind(M::CODING));
        }
        self.member = Some(M::begin(source)?);
        Ok(())
    }
}

impl<M: Member> Read for Members<M> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if out.is_empty() {
            return Ok(0);
        }
        while let Some(member) = &mut self.member {
            match member.read(out)? {
                0 => self.next()?,
                count => return Ok(count),
            }
        }
        Ok(0)
    }
}
