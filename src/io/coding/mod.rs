//! Codings: what stands between bytes as they lie somewhere and the text of a log, one layer each.
//!
//! A file has a stack of them, outermost first; none for plain text, which is then read in place. With any,
//! its text is a stream that is decoded from its beginning, once per pass.
//!
//! What a coding must do (one more is a variant of [`Coding`], its arm in `Coding::decoder`, and how its
//! content is recognised in `super::shape`):
//! 1. It is a `Read` over a [`Source`]. The same bytes in give the same bytes out, whatever the sizes in
//!    which it is asked; `Ok(0)` is the end, and stays the end.
//! 2. It is told from content alone, by the first bytes of what stands below it. Names prove nothing (`binary::Kind`
//!    has the one exception).
//! 3. Damage is an error, never a panic, and comes after all that was decoded before it. A decoder that
//!    drops what it had decoded in the call that failed is fine: the layer around it comes again and asks
//!    for one byte at a time.
//! 4. Its error says what is wrong in a few words; the layer adds the coding's name. `UnexpectedEof` means
//!    that the data is cut off. What stands behind whole data and is none of its own is [`behind`].
//! 5. Memory is bounded: by a window that the format names, and that the decoder limits, never by the file.
//! 6. What is bytes stays bytes: a coding between bytes and text (a character set, a binary log rendered
//!    into lines) is the last one of a stack, or has only JSON above it. It must keep lines in order.
//!
//! A coding that needs its bytes at random places cannot be a `Read` over a stream: hold what is below it
//! first, as is done for a zip file inside of another container (`super::archive`). A journal is such a coding:
//! nothing is ever below it.

mod ahead;
mod charset;
mod checked;
mod json;
mod layer;
mod lz4;
mod members;
mod returns;
mod sum;
mod xz;
mod zstd;

use std::io::{self, BufRead, Read};

use super::binary::{self, Rendered};
use super::metrics;
use super::raw::Raw;
use members::Members;

pub(super) use ahead::Ahead;
pub use charset::Charset;
pub(super) use charset::charset;
pub(super) use json::{element, keys};
pub(super) use layer::{Source, start};
pub(super) use returns::has_returns;
pub use sum::Sum;

/// One layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Coding {
    /// RFC 1952, any number of members.
    Gzip,
    /// RFC 8878, any number of frames, skippable ones too.
    Zstd,
    /// .xz, any number of streams.
    Xz,
    /// Any number of streams.
    Bzip2,
    /// LZ4 frames, any number, skippable ones too.
    Lz4,
    /// RFC 1951, as zip has it.
    Deflate,
    /// As it is, of a known length and checksum: a member of a zip file.
    Checked {
        /// Its length.
        len: u64,
        /// Its CRC-32.
        crc: u32,
    },
    /// Text that is not UTF-8.
    Charset(Charset),
    /// JSON that has no line per record.
    Json {
        /// How deep the records stand.
        element: u8,
    },
    /// Text whose lines end in a carriage return.
    Returns,
    /// Documents of metrics.
    Metrics(metrics::Kind),
    /// A binary log that is read from its beginning.
    Binary(binary::Kind),
    /// A journal file, read at any place: the only coding of its stack.
    Journal,
}

type Decoder = Box<dyn Read + Send>;

/// Unpacks .xz data whose dictionary must not be larger than so many bytes.
pub(super) fn xz(packed: Vec<u8>, most_dictionary: u64) -> io::Result<impl Read> {
    xz::limited(Box::new(io::Cursor::new(packed)), most_dictionary)
}

impl Coding {
    /// What it is called in a sentence.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
            Self::Xz => "xz",
            Self::Bzip2 => "bzip2",
            Self::Lz4 => "lz4",
            Self::Deflate | Self::Checked { .. } => "zip",
            Self::Charset(charset) => charset.name(),
            Self::Json { .. } => "JSON",
            Self::Returns => "carriage returns",
            Self::Metrics(kind) => kind.name(),
            Self::Binary(kind) => kind.name(),
            Self::Journal => "journal",
        }
    }

    /// Whether it gives lines: the last coding of its stack.
    pub(super) fn gives_text(self) -> bool {
        matches!(self, Self::Json { .. } | Self::Returns) || self.is_rendered()
    }

    /// Whether it renders records of something else into lines. Its decoder loses nothing that it had rendered
    /// when it met damage, and its error says all.
    fn is_rendered(self) -> bool {
        matches!(self, Self::Binary(_) | Self::Journal | Self::Metrics(_))
    }

    fn decoder(self, raw: &Raw, below: &[Self]) -> io::Result<Decoder> {
        let below = start(raw, below)?;
        Ok(match self {
            Self::Gzip => Box::new(Members::<flate2::bufread::GzDecoder<Source>>::new(below)?),
            Self::Bzip2 => Box::new(Members::<bzip2::bufread::BzDecoder<Source>>::new(below)?),
            Self::Zstd => Box::new(zstd::Zstd::new(below)?),
            Self::Xz => Box::new(Members::<liblzma::bufread::XzDecoder<Source>>::new(below)?),
            Self::Lz4 => Box::new(lz4::Lz4::new(below)),
            Self::Deflate => Box::new(flate2::bufread::DeflateDecoder::new(below)),
            Self::Charset(charset) => charset.decoder(below),
            Self::Json { element } => Box::new(json::Unfolded::new(below, element)),
            Self::Returns => Box::new(returns::Returns::new(below)),
            Self::Checked { len, crc } => Box::new(checked::Checked::new(below, len, crc)),
            Self::Metrics(kind) => Box::new(kind.rendered(below)),
            Self::Binary(kind) => Box::new(Rendered::of(kind, below)),
            Self::Journal => Box::new(Rendered::journal(raw.reader()?, raw.len)),
        })
    }
}

/// Why a layer has no more, as it travels through the layers above it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    coding: &'static str,
    kind: Kind,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Kind {
    Cut,
    Damaged(String),
    Behind,
    /// What a renderer lost, as a sentence: the rest is there.
    Lost(String),
}

impl Fault {
    /// The sentence, and whether anything was lost.
    pub(super) fn sentence(&self, produced: u64) -> (String, bool) {
        let coding = self.coding;
        match &self.kind {
            Kind::Cut => (format!("the {coding} data is cut off after {produced} unpacked bytes"), true),
            Kind::Damaged(how) => {
                (format!("the {coding} data is damaged after {produced} unpacked bytes ({how})"), true)
            }
            Kind::Lost(what) => (what.clone(), true),
            Kind::Behind => {
                (format!("bytes behind the {coding} data that are not {coding} are ignored"), false)
            }
        }
    }
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.sentence(0).0)
    }
}

impl std::error::Error for Fault {}

/// The error of a decoder that found something behind whole data that is not its own.
fn behind(coding: Coding) -> io::Error {
    io::Error::other(Fault { coding: coding.name(), kind: Kind::Behind })
}

/// The error of a decoder that cannot go on.
fn damaged(how: impl Into<String>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, how.into())
}

fn cut() -> io::Error {
    io::ErrorKind::UnexpectedEof.into()
}

/// Fills `out`, or says that the data is cut off.
fn exactly(source: &mut Source, out: &mut [u8]) -> io::Result<()> {
    source.read_exact(out).map_err(|error| match error.kind() {
        io::ErrorKind::UnexpectedEof if error.get_ref().is_none_or(|inner| !inner.is::<Fault>()) => cut(),
        _ => error,
    })
}

/// Whether nothing is left in a source. Zeros are padding where `padding` says so, and left out.
fn at_end(source: &mut Source, padding: bool) -> io::Result<bool> {
    loop {
        let ahead = source.fill_buf()?;
        if ahead.is_empty() {
            return Ok(true);
        }
        let zeros = match padding {
            true => ahead.iter().take_while(|byte| **byte == 0).count(),
            false => 0,
        };
        if zeros == 0 {
            return Ok(false);
        }
        source.consume(zeros);
    }
}
