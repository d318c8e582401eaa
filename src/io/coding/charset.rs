//! Character sets: text that is not UTF-8, as UTF-8. Plain UTF-8 never comes here.
//!
//! UTF-16 and UTF-32 are decoded as they come. Of older sets every line is looked at by itself, because one
//! syslog holds what many programs wrote: a line that is UTF-8 stays as it is, and so does one that is
//! neither. Lines stay lines: none of these sets has the byte of a newline in another character.
//!
//! Which set it is, is found by the first bytes (Henri Sivonen, "chardetng: A More Compact Character Encoding
//! Detector for the Legacy Web", 2020), or told by the user.

use std::borrow::Cow;
use std::io::{self, BufRead as _, Read};

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Decoder, Encoding, UTF_8, UTF_16BE, UTF_16LE};

use super::Source;

/// A way to write text as bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Charset(Kind);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// UTF-16.
    Wide(&'static Encoding),
    /// UTF-32.
    Widest { big: bool },
    /// One that has ASCII as it is.
    Lines(&'static Encoding),
}

impl Charset {
    /// The one that somebody names: `euc-kr`, `cp949`, `utf-16le`, any label of the WHATWG's Encoding
    /// Standard. `None` for one that is not known or cannot be read line by line.
    pub fn named(name: &str) -> Option<Self> {
        Some(Self(match &name.to_ascii_lowercase()[..] {
            "utf-32" | "utf-32le" => Kind::Widest { big: false },
            "utf-32be" => Kind::Widest { big: true },
            // What the standard knows under other names.
            "cp949" | "uhc" => Kind::Lines(encoding_rs::EUC_KR),
            "cp932" => Kind::Lines(encoding_rs::SHIFT_JIS),
            "cp936" => Kind::Lines(encoding_rs::GBK),
            _ => match Encoding::for_label_no_replacement(name.as_bytes())? {
                found if found == UTF_16LE || found == UTF_16BE => Kind::Wide(found),
                found if found.is_ascii_compatible() => Kind::Lines(found),
                _ => return None,
            },
        }))
    }

    /// Whether it is the one that needs no decoding.
    pub fn is_utf8(self) -> bool {
        self.0 == Kind::Lines(UTF_8)
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self.0 {
            Kind::Wide(encoding) | Kind::Lines(encoding) => encoding.name(),
            Kind::Widest { big: true } => "UTF-32BE",
            Kind::Widest { big: false } => "UTF-32LE",
        }
    }

    pub(super) fn decoder(self, source: Source) -> Box<dyn Read + Send> {
        match self.0 {
            Kind::Wide(encoding) => Box::new(Wide {
                source,
                decoder: encoding.new_decoder_with_bom_removal(),
                ready: Ready::default(),
            }),
            Kind::Widest { big } => {
                Box::new(Widest { source, big, begun: false, unit: Vec::new(), ready: Ready::default() })
            }
            Kind::Lines(encoding) => {
                Box::new(Lines { source, encoding, line: Vec::new(), ready: Ready::default() })
            }
        }
    }
}

/// The set that a file's first bytes are in, if it is not UTF-8. `whole` says that they are all of the file.
pub(in crate::io) fn charset(head: &[u8], whole: bool) -> Option<Charset> {
    wide(head).or_else(|| older(head, whole))
}

/// UTF-16 or UTF-32, by its mark or by its zeros.
fn wide(head: &[u8]) -> Option<Charset> {
    let kind = match head {
        [0xff, 0xfe, 0, 0, ..] => Kind::Widest { big: false },
        [0, 0, 0xfe, 0xff, ..] => Kind::Widest { big: true },
        [0xff, 0xfe, ..] => Kind::Wide(UTF_16LE),
        [0xfe, 0xff, ..] => Kind::Wide(UTF_16BE),
        _ => unmarked(head)?,
    };
    Some(Charset(kind))
}

/// Bytes looked at for zeros.
const ZEROS_IN: usize = 8 * 1024;

/// Stamps and English are ASCII: in UTF-16 every other byte of them is zero, in UTF-32 three of four. What is
/// not that regular is left to be called binary.
fn unmarked(head: &[u8]) -> Option<Kind> {
    let looked = &head[..head.len().min(ZEROS_IN) / 4 * 4];
    if looked.len() < 8 {
        return None;
    }
    let mut zeros = [0; 4];
    for unit in looked.chunks_exact(4) {
        for (count, byte) in zeros.iter_mut().zip(unit) {
            *count += usize::from(*byte == 0);
        }
    }
    let units = looked.len() / 4;
    let most = |place: usize| zeros[place] * 10 > units * 7;
    let few = |place: usize| zeros[place] * 50 < units;
    let newline = |unit: &[u8]| looked.chunks_exact(unit.len()).any(|found| found == unit);
    if most(1) && most(2) && most(3) && few(0) {
        newline(b"\n\0\0\0").then_some(Kind::Widest { big: false })
    } else if most(0) && most(1) && most(2) && few(3) {
        newline(b"\0\0\0\n").then_some(Kind::Widest { big: true })
    } else if most(1) && most(3) && few(0) && few(2) {
        newline(b"\n\0").then_some(Kind::Wide(UTF_16LE))
    } else if most(0) && most(2) && few(1) && few(3) {
        newline(b"\0\n").then_some(Kind::Wide(UTF_16BE))
    } else {
        None
    }
}

/// The set of lines that are not UTF-8, if they are a part of the file and make sense in one.
fn older(head: &[u8], whole: bool) -> Option<Charset> {
    let end = match memchr::memrchr(b'\n', head) {
        Some(end) if !whole => end,
        _ => head.len(),
    };
    if head[..end].is_ascii() {
        return None;
    }
    let (mut known, mut odd) = (0_usize, Vec::new());
    for line in head[..end].split(|byte| *byte == b'\n').filter(|line| !line.is_ascii()) {
        match utf8(line) {
            Utf8::No => odd.push(line),
            Utf8::Yes | Utf8::Perhaps => known += 1,
        }
    }
    // A line of garbage among many of UTF-8 is garbage.
    if odd.is_empty() || odd.len() * 10 < known {
        return None;
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    for line in &odd {
        detector.feed(line, false);
        detector.feed(b"\n", false);
    }
    detector.feed(b"", true);
    let encoding = detector.guess(None, Utf8Detection::Deny);
    let (mut good, mut words) = (0, 0);
    for line in &odd {
        let text = encoding.decode_without_bom_handling_and_without_replacement(line)?;
        if text.chars().any(|c| c.is_control() && !matches!(c, '\t' | '\r' | '\x1b')) {
            return None;
        }
        for word in text.split(|c: char| !c.is_alphabetic()).filter(|word| !word.is_ascii()) {
            words += 1;
            good += usize::from(is_word(word));
        }
    }
    // Sets of one byte a character have one for nearly any byte: garbage is no words in any of them.
    let makes_sense = !encoding.is_single_byte() || (good > 0 && good * 2 >= words);
    makes_sense.then_some(Charset(Kind::Lines(encoding)))
}

/// Whether letters make a word as people write it: `Gerät`, `БАЗА`, not `ÿþÃ` or `ÿÿÿ`.
fn is_word(letters: &str) -> bool {
    let rest = || letters.chars().skip(1);
    let one_case = rest().all(|c| !c.is_uppercase()) || letters.chars().all(|c| !c.is_lowercase());
    rest().count() > 1 && one_case && !letters.chars().all(|c| letters.starts_with(c))
}

/// How much of a line is UTF-8.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Utf8 {
    /// It was written as that. A line that was cut within a character was too.
    Yes,
    /// It is that, but all its characters are of two bytes, as those of older sets are.
    Perhaps,
    No,
}

fn utf8(line: &[u8]) -> Utf8 {
    let (mut long, mut broken) = (0_usize, 0_usize);
    for chunk in line.utf8_chunks() {
        long += chunk.valid().chars().filter(|c| c.len_utf8() > 2).count();
        broken += usize::from(!chunk.invalid().is_empty());
    }
    match (long, broken) {
        (1.., _) if broken <= long => Utf8::Yes,
        (0, 0) => Utf8::Perhaps,
        _ => Utf8::No,
    }
}

/// Decoded bytes that wait.
#[derive(Default)]
struct Ready {
    bytes: Vec<u8>,
    taken: usize,
    ended: bool,
    failure: Option<io::Error>,
}

impl Ready {
    fn is_empty(&self) -> bool {
        self.taken == self.bytes.len()
    }

    fn clear(&mut self) {
        self.bytes.clear();
        self.taken = 0;
    }

    /// The next piece of a source, empty at its end; the bytes before an error come first.
    fn piece<'a>(&mut self, source: &'a mut Source) -> Option<&'a [u8]> {
        match source.fill_buf() {
            Ok(piece) => Some(piece),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => None,
            Err(error) => {
                self.failure = Some(error);
                Some(&[])
            }
        }
    }

    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let count = out.len().min(self.bytes.len() - self.taken);
        out[..count].copy_from_slice(&self.bytes[self.taken..self.taken + count]);
        self.taken += count;
        match self.failure.take_if(|_| count == 0 && !out.is_empty()) {
            Some(error) => Err(error),
            None => Ok(count),
        }
    }
}

/// UTF-16.
struct Wide {
    source: Source,
    decoder: Decoder,
    ready: Ready,
}

impl Read for Wide {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        while self.ready.is_empty() && !self.ready.ended {
            self.ready.clear();
            let Some(piece) = self.ready.piece(&mut self.source) else { continue };
            let (count, last) = (piece.len(), piece.is_empty());
            // A unit of two bytes becomes three at most; what is left over of the piece before, more.
            self.ready.bytes.resize(count / 2 * 3 + 16, 0);
            let (_, read, written, _) = self.decoder.decode_to_utf8(piece, &mut self.ready.bytes, last);
            self.ready.bytes.truncate(written);
            self.ready.ended = last;
            self.source.consume(read);
        }
        self.ready.read(out)
    }
}

/// UTF-32.
struct Widest {
    source: Source,
    big: bool,
    begun: bool,
    /// Bytes of a unit that is not whole yet.
    unit: Vec<u8>,
    ready: Ready,
}

impl Widest {
    fn unit(&mut self) {
        let Some(bytes) = self.unit.first_chunk().copied() else { return };
        self.unit.clear();
        let number = if self.big { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) };
        let c = char::from_u32(number).unwrap_or(char::REPLACEMENT_CHARACTER);
        if std::mem::replace(&mut self.begun, true) || c != '\u{feff}' {
            self.ready.bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
        }
    }
}

impl Read for Widest {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        while self.ready.is_empty() && !self.ready.ended {
            self.ready.clear();
            let Some(piece) = self.ready.piece(&mut self.source) else { continue };
            let piece = piece.to_vec();
            self.source.consume(piece.len());
            self.ready.ended = piece.is_empty();
            for byte in piece {
                self.unit.push(byte);
                self.unit();
            }
            if self.ready.ended && !std::mem::take(&mut self.unit).is_empty() {
                self.ready.bytes.extend_from_slice("\u{fffd}".as_bytes());
            }
        }
        self.ready.read(out)
    }
}

/// Lines in an older set, or in UTF-8.
struct Lines {
    source: Source,
    encoding: &'static Encoding,
    /// What came of a line that is not whole yet.
    line: Vec<u8>,
    ready: Ready,
}

/// A line longer than this is looked at in parts, in bytes.
const LONGEST: usize = 1 << 20;

impl Lines {
    fn end_line(&mut self) {
        let text = read_line(&self.line, self.encoding);
        self.ready.bytes.extend_from_slice(&text);
        self.line.clear();
    }
}

/// A line as UTF-8, where it can be.
fn read_line<'a>(line: &'a [u8], encoding: &'static Encoding) -> Cow<'a, [u8]> {
    match utf8(line) {
        Utf8::Yes => return Cow::Borrowed(line),
        Utf8::Perhaps if line.is_ascii() || encoding.is_single_byte() => return Cow::Borrowed(line),
        _ => {}
    }
    match encoding.decode_without_bom_handling_and_without_replacement(line) {
        Some(text) => Cow::Owned(text.into_owned().into_bytes()),
        None => Cow::Borrowed(line),
    }
}

impl Read for Lines {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        while self.ready.is_empty() && !self.ready.ended {
            self.ready.clear();
            let Some(piece) = self.ready.piece(&mut self.source) else { continue };
            let count = piece.len();
            if count == 0 {
                self.ready.ended = true;
                self.end_line();
                continue;
            }
            // Lines of ASCII, which are most, pass as they are.
            if self.line.is_empty()
                && let Some(end) = memchr::memrchr(b'\n', piece).filter(|end| piece[..*end].is_ascii())
            {
                self.ready.bytes.extend_from_slice(&piece[..=end]);
                self.source.consume(end + 1);
                continue;
            }
            let end = memchr::memchr(b'\n', piece).map_or(count, |end| end + 1);
            let end = end.min(LONGEST - self.line.len());
            self.line.extend_from_slice(&piece[..end]);
            self.source.consume(end);
            if self.line.ends_with(b"\n") || self.line.len() == LONGEST {
                self.end_line();
            }
        }
        self.ready.read(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(charset: Charset, bytes: &[u8]) -> String {
        let read = |capacity| {
            let bytes = io::Cursor::new(bytes.to_vec());
            let mut out = Vec::new();
            let source: Source = Box::new(io::BufReader::with_capacity(capacity, bytes));
            charset.decoder(source).read_to_end(&mut out).expect("in memory");
            out
        };
        let whole = read(1 << 16);
        for capacity in [1, 2, 3, 7] {
            assert_eq!(read(capacity), whole, "in pieces of {capacity}");
        }
        String::from_utf8_lossy(&whole).into_owned()
    }

    const KOREAN: &str = "2014-12-12 10:10:59 ERROR 결제 서버 연결이 끊어졌습니다\nplain\n2014-12-12 10:11:00 INFO 다시 연결\n";
    const JAPANESE: &str = "2014-12-12 10:10:59 ERROR データベースに接続できません\nplain\n2014-12-12 10:11:00 INFO 再接続しました\n";
    const GERMAN: &str =
        "2014-12-12 10:10:59 ERROR Verbindung für Benutzer müller abgelehnt, Gerät überhitzt\n";

    const RUSSIAN: &str = "2014-12-12 10:10:59 ERROR Ошибка подключения к базе данных\n";

    #[test]
    fn wide_sets_are_read() {
        for text in [KOREAN, JAPANESE, GERMAN, "a\u{1f525}b\n2014-12-12 10:10:59 x\n"] {
            for marked in [true, false] {
                let marked_text = if marked { format!("\u{feff}{text}") } else { text.to_owned() };
                let units: Vec<u16> = marked_text.encode_utf16().collect();
                let little: Vec<u8> = units.iter().flat_map(|unit| unit.to_le_bytes()).collect();
                let big: Vec<u8> = units.iter().flat_map(|unit| unit.to_be_bytes()).collect();
                let points: Vec<u32> = marked_text.chars().map(u32::from).collect();
                let little32: Vec<u8> = points.iter().flat_map(|point| point.to_le_bytes()).collect();
                let big32: Vec<u8> = points.iter().flat_map(|point| point.to_be_bytes()).collect();
                for (bytes, name) in
                    [(&little, "UTF-16LE"), (&big, "UTF-16BE"), (&little32, "UTF-32LE"), (&big32, "UTF-32BE")]
                {
                    if !marked && !text.starts_with("2014-12-12 10:10:59 ERROR Verb") && name < "UTF-32" {
                        continue;
                    }
                    let charset = wide(bytes).expect(name);
                    assert_eq!(charset.name(), name);
                    assert_eq!(read(charset, bytes), text, "{name}");
                }
            }
        }
    }

    #[test]
    fn older_sets_are_found_and_read() {
        for (text, encoding) in [
            (KOREAN, encoding_rs::EUC_KR),
            (JAPANESE, encoding_rs::SHIFT_JIS),
            (JAPANESE, encoding_rs::EUC_JP),
            (GERMAN, encoding_rs::WINDOWS_1252),
            (RUSSIAN, encoding_rs::WINDOWS_1251),
        ] {
            let (bytes, _, _) = encoding.encode(text);
            let charset = older(&bytes, true).unwrap_or_else(|| panic!("{}", encoding.name()));
            assert_eq!(charset.name(), encoding.name());
            assert_eq!(read(charset, &bytes), text);
            // Other programs write UTF-8 into the same file.
            let mixed = [&bytes[..], KOREAN.as_bytes(), b"\xff\xfe\xfd garbage\n"].concat();
            let charset = Charset(Kind::Lines(encoding));
            let out = read(charset, &mixed);
            assert!(out.starts_with(text) && out[text.len()..].starts_with(KOREAN), "{out}");
        }
    }

    #[test]
    fn utf8_and_binary_are_left_alone() {
        let cut = &KOREAN.as_bytes()[..KOREAN.len() - 2];
        for head in [
            KOREAN.as_bytes(),
            cut,
            b"plain\n",
            b"a caf\xc3\xa9\n\xec\x9e\x98\xeb\xa6\xbc \xec\xb2\n",
            b"GET /\x01\x02\xff\xfe\x80\n",
            b"\xff\xff\xff\xff\xff\n",
            b"a.log: \xff\xfe\x80\xc3( ok\n",
            b"\x1b[31m \"quoted\" back \xff\xfe\xc3(\n",
        ] {
            assert_eq!(older(head, true), None, "{}", String::from_utf8_lossy(head));
        }
        for head in [&b"a\0b\0c\0"[..], b"\0\0\0\0\0\0\0\0\0\0\0\0", b"ab\0\0cd\0\0ef\0\0"] {
            assert_eq!(wide(head), None);
        }
    }

    #[test]
    fn sets_have_names() {
        for (name, found) in
            [("EUC-KR", "EUC-KR"), ("cp949", "EUC-KR"), ("latin1", "windows-1252"), ("utf-16", "UTF-16LE")]
        {
            assert_eq!(Charset::named(name).map(Charset::name), Some(found), "{name}");
        }
        assert!(Charset::named("utf-8").is_some_and(Charset::is_utf8));
        assert_eq!(Charset::named("klingon"), None);
        assert_eq!(Charset::named("iso-2022-jp"), None);
    }
}
