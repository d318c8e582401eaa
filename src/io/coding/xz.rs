//! xz: streams of the .xz format, by the C library. What follows one stream is [`super::members`]' to tell.

use std::io;

use liblzma::bufread::XzDecoder;
use liblzma::stream::Stream;

use super::members::Member;
use super::{Coding, Source};

/// The largest dictionary that is taken; `xz -9` has 64 MiB.
const MOST_DICTIONARY: u64 = 1 << 30;

/// What the library wants beside the dictionary, and more.
const BESIDE: u64 = 1 << 20;

impl Member for XzDecoder<Source> {
    const CODING: Coding = Coding::Xz;
    const FIRST: u8 = 0xfd;

    fn begin(source: Source) -> io::Result<Self> {
        limited(source, MOST_DICTIONARY)
    }

    fn source(self) -> Source {
        self.into_inner()
    }
}

/// Unpacks one stream whose dictionary must not be larger than so many bytes.
pub(super) fn limited(source: Source, most_dictionary: u64) -> io::Result<XzDecoder<Source>> {
    Ok(XzDecoder::new_stream(source, Stream::new_stream_decoder(most_dictionary + BESIDE, 0)?))
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};

    use liblzma::stream::{Check, Filters, LzmaOptions, Stream};
    use liblzma::write::XzEncoder;

    use super::super::members::Members;
    use super::*;

    /// What comes out, and how it ends.
    fn decoded(packed: &[u8]) -> (Vec<u8>, Option<io::ErrorKind>) {
        let source: Source = Box::new(io::Cursor::new(packed.to_vec()));
        let mut decoder = Members::<XzDecoder<Source>>::new(source).expect("a decoder");
        let (mut out, mut piece) = (Vec::new(), vec![0; 1]);
        loop {
            match decoder.read(&mut piece) {
                Ok(0) => return (out, None),
                Ok(count) => out.extend_from_slice(&piece[..count]),
                Err(error) => return (out, Some(error.kind())),
            }
        }
    }

    fn stream(text: &[u8], dictionary: u32) -> Vec<u8> {
        let mut options = LzmaOptions::new_preset(1).expect("a preset");
        options.dict_size(dictionary);
        let mut filters = Filters::new();
        filters.lzma2(&options);
        let stream = Stream::new_stream_encoder(&filters, Check::Crc64).expect("an encoder");
        let mut encoder = XzEncoder::new_stream(Vec::new(), stream);
        encoder.write_all(text).expect("memory");
        encoder.finish().expect("memory")
    }

    fn text() -> Vec<u8> {
        let lines = (0..2000_u32).map(|line| format!("{line} {}\n", line.wrapping_mul(2_654_435_761)));
        lines.collect::<String>().into_bytes()
    }

    #[test]
    fn streams_follow_each_other_with_zeros_between() {
        let (text, dictionary) = (text(), 1 << 16);
        let packed =
            [&stream(&text, dictionary)[..], &[0; 8], &stream(b"last\n", dictionary), &[0; 4]].concat();
        assert!(decoded(&packed) == ([&text[..], b"last\n"].concat(), None));
        let garbage = [&stream(b"text\n", dictionary)[..], b"\0other"].concat();
        assert_eq!(decoded(&garbage), (b"text\n".to_vec(), Some(io::ErrorKind::Other)));
    }

    #[test]
    fn what_stands_before_damage_is_read() {
        let text = text();
        let packed = stream(&text, 1 << 16);
        for cut in (0..packed.len()).step_by(97) {
            let (out, error) = decoded(&packed[..cut]);
            assert_eq!(error, Some(io::ErrorKind::UnexpectedEof), "{cut}");
            assert!(
                text.starts_with(&out) && (cut < packed.len() / 2 || out.len() > text.len() / 4),
                "{cut}"
            );
        }
        for at in (0..packed.len()).step_by(97) {
            let mut damaged = packed.clone();
            damaged[at] ^= 1 << (at % 8);
            let (out, error) = decoded(&damaged);
            assert!(error.is_some() || out == text, "{at}");
        }
    }

    #[test]
    fn a_dictionary_has_a_limit() {
        let packed = stream(b"text", 16 << 20);
        let unpack = |most| {
            let source: Source = Box::new(io::Cursor::new(packed.clone()));
            let mut out = Vec::new();
            limited(source, most).and_then(|mut decoder| decoder.read_to_end(&mut out)).map(|_| out)
        };
        assert_eq!(unpack(16 << 20).expect("within the limit"), b"text");
        assert!(unpack(8 << 20).is_err());
    }
}
