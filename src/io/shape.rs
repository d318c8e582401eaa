//! What a file holds, by its first bytes. A name is asked where bytes cannot tell: whether zeros are a lastlog, and
//! whether login records are of logins that failed.

use super::binary;
use super::coding::Coding;
use super::tar;

/// What a head shows.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// Text, as it is.
    Text,
    /// Something that a coding makes more of.
    Coded(Coding),
    /// A binary log that is read from its beginning.
    Binary(binary::Kind),
    /// A journal file.
    Journal,
    /// A tar archive.
    Tar,
    /// A zip archive.
    Zip,
    /// Nothing that we read, and why.
    Unread(String),
}

/// Containers and files that are known and not read.
const UNREAD: [(&[u8], &str); 12] = [
    (b"7z\xbc\xaf\x27\x1c", "7z is not read"),
    (b"Rar!\x1a\x07", "rar is not read"),
    (b"\x1f\x9d", "compress (.Z) is not read"),
    (b"\x89LZO\0", "lzop is not read"),
    (b"LZIP\x01", "lzip is not read"),
    (b"\x02\x21\x4c\x18", "the old frames of lz4 are not read"),
    (b"070701", "cpio is not read"),
    (b"!<arch>\n", "ar (a package) is not read"),
    (b"\xed\xab\xee\xdb", "an rpm package, not logs"),
    (b"ElfFile\0", "a Windows event log (evtx) is not read: export it as XML, an event a line"),
    (b"SQLite format 3\0", "a SQLite database is not read"),
    (b"\x7fELF", "a program, not text"),
];

/// Tells what a head is the head of. It must not be empty.
pub(super) fn shape(head: &[u8], name: &str) -> Shape {
    if let Some(coding) = coding(head) {
        return Shape::Coded(coding);
    }
    if [&b"PK\x03\x04"[..], b"PK\x05\x06", b"PK\x07\x08"].iter().any(|magic| head.starts_with(magic)) {
        return Shape::Zip;
    }
    if tar::is_header(head) {
        return Shape::Tar;
    }
    if binary::is_journal(head) {
        return Shape::Journal;
    }
    if let Some(kind) = binary::Kind::recognise(head, name) {
        return Shape::Binary(kind);
    }
    match not_text(head) {
        Some(why) => Shape::Unread(why),
        None => Shape::Text,
    }
}

fn coding(head: &[u8]) -> Option<Coding> {
    let skippable = matches!(head, [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..]);
    match head {
        [0x1f, 0x8b, ..] => Some(Coding::Gzip),
        [0x28, 0xb5, 0x2f, 0xfd, ..] => Some(Coding::Zstd),
        [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Some(Coding::Xz),
        [0x04, 0x22, 0x4d, 0x18, ..] => Some(Coding::Lz4),
        // What begins like `BZh9` could be text: the block behind it, or the end of an empty stream, is not.
        [b'B', b'Z', b'h', b'1'..=b'9', rest @ ..]
            if [&b"\x31\x41\x59\x26\x53\x59"[..], b"\x17\x72\x45\x38\x50\x90"]
                .iter()
                .any(|magic| rest.starts_with(magic) || (rest.len() < 6 && magic.starts_with(rest))) =>
        {
            Some(Coding::Bzip2)
        }
        // zstd and LZ4 share their skippable frames: what follows decides.
        _ if skippable => {
            let length = u32::from_le_bytes(*head.get(4..)?.first_chunk()?) as usize;
            match head.get(8 + length..).filter(|rest| !rest.is_empty()) {
                Some(rest) => coding(rest).filter(|coding| matches!(coding, Coding::Zstd | Coding::Lz4)),
                // pzstd writes the small ones; a larger one hides what follows, and zstd is the more usual.
                None => Some(Coding::Zstd),
            }
        }
        _ => None,
    }
}

/// Why a head is no text we can read, or `None`.
fn not_text(head: &[u8]) -> Option<String> {
    if let Some((_, why)) = UNREAD.iter().find(|(magic, _)| head.starts_with(magic)) {
        return Some((*why).to_owned());
    }
    // A crash or copytruncate leaves runs of NUL in honest text, so NUL alone proves nothing.
    let head = &head[leading_nuls(head)..];
    let looked = &head[..head.len().min(8 * 1024)];
    let text = looked.iter().filter(|byte| **byte != 0).count();
    let count = |is: fn(&u8) -> bool| looked.iter().filter(|byte| is(byte)).count();
    let control = count(|byte| *byte < 0x20 && !matches!(byte, 0 | b'\t' | b'\n' | b'\r' | 0x1b));
    // What chat clients write for bold, colour and their like: text, where there is nothing else of the kind.
    let chat = count(|byte| matches!(byte, 0x02 | 0x03 | 0x0f | 0x16 | 0x1d | 0x1f));
    let control = if control == chat && control * 4 < text { 0 } else { control };
    let nul = looked.len() - text;
    if text == 0 {
        return Some("nothing but NUL bytes".to_owned());
    }
    // A few runs after crashes are honest text; NUL behind every other byte is not.
    const CRASHES: usize = 3;
    let runs = looked.windows(2).filter(|pair| pair[0] != 0 && pair[1] == 0).count();
    let scattered = runs > CRASHES && nul * 10 > looked.len() && runs * 100 > text;
    (control * 20 > text || scattered).then(|| "binary data, not text".to_owned())
}

/// How many NUL bytes a text begins with.
pub(super) fn leading_nuls(text: &[u8]) -> usize {
    text.iter().position(|byte| *byte != 0).unwrap_or(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_are_told_apart() {
        for (head, part) in [
            (&b"7z\xbc\xaf\x27\x1crest"[..], Some("7z")),
            (b"\x01\x02\x03\x04\x05binary", Some("binary")),
            (b"a\0b\0c\0d\0e\0", Some("binary")),
            (b"\0\0\0\0", Some("NUL")),
            (b"\0\0\0\0\0\0\0\0Dec 12 10:10:59 web sshd[1]: after a crash\n", None),
            (b"Dec 12 10:10:59 web sshd[1]: \x1b[31mred\x1b[0m\n", None),
            (b"Dec 12 10:10:59 \x0319*\t\x02\x0319kim\x0f has joined\n", None),
            (b"\x02\x03\x02\x03 a\x0f", Some("binary")),
            (b"Dec 12 10:10:59 web a\n\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0Dec 12 10:11:00 web b\n", None),
            ("한글 로그\n".as_bytes(), None),
            (b"BZh9 is what bzip2 files begin with\n", None),
            (b"PK\n", None),
        ] {
            let (text, why) = match shape(head, "x.log") {
                Shape::Text => (true, String::new()),
                Shape::Unread(why) => (false, why),
                other => panic!("{head:?}: {other:?}"),
            };
            assert_eq!(text, part.is_none(), "{head:?}: {why}");
            assert!(why.contains(part.unwrap_or_default()));
        }
        for (head, coding) in [
            (&b"\x1f\x8b"[..], Coding::Gzip),
            (b"BZh9\x31\x41\x59\x26\x53\x59", Coding::Bzip2),
            (b"BZh11AY", Coding::Bzip2),
            (b"BZh9\x17\x72\x45\x38\x50\x90", Coding::Bzip2),
            (b"\xfd7zXZ\0\0\x04", Coding::Xz),
            (b"\x28\xb5\x2f\xfd\x04", Coding::Zstd),
            (b"\x50\x2a\x4d\x18\x04\0\0\0abcd\x28\xb5\x2f\xfd", Coding::Zstd),
            (b"\x50\x2a\x4d\x18\x04\0\0\0abcd\x04\x22\x4d\x18", Coding::Lz4),
            (b"\x04\x22\x4d\x18", Coding::Lz4),
        ] {
            assert_eq!(shape(head, "x.log"), Shape::Coded(coding));
        }
    }
}
