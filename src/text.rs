//! Byte helpers shared by every layer above `base`: cleaning for terminals, globs, short excerpts.

/// Bytes as people type limits: `64 MiB`, in the largest unit in which they are a whole number.
pub fn binary_size(bytes: u64) -> String {
    let units = ["B", "KiB", "MiB", "GiB", "TiB"];
    let (mut number, mut unit) = (bytes, 0);
    while number > 0 && number % 1024 == 0 && unit + 1 < units.len() {
        number /= 1024;
        unit += 1;
    }
    format!("{number} {}", units[unit])
}

/// Reads `512`, `64K`, `1.5 GiB`: powers of 1024, whatever the unit's spelling. `None` for anything else.
pub fn parse_size(text: &str) -> Option<u64> {
    let text = text.trim();
    let unit_at = text.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(text.len());
    let (number, unit) = (text[..unit_at].trim(), text[unit_at..].to_ascii_lowercase());
    let shift = match unit.as_str() {
        "" | "b" => 0,
        "k" | "kb" | "kib" => 10,
        "m" | "mb" | "mib" => 20,
        "g" | "gb" | "gib" => 30,
        "t" | "tb" | "tib" => 40,
        _ => return None,
    };
    if !number.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    if let Ok(whole) = number.parse::<u64>() {
        return whole.checked_mul(1 << shift);
    }
    let bytes = number.parse::<f64>().ok()? * (1_u64 << shift) as f64;
    // Beyond this, whole numbers are no longer exact; nobody means a fraction there.
    (bytes < (1_u64 << 53) as f64).then_some(bytes as u64)
}

/// A text as UTF-8: bytes that are none become U+FFFD.
#[inline]
pub fn lossy(text: &[u8]) -> std::borrow::Cow<'_, str> {
    // Nearly all text is right, and asking that first goes by words and not by characters.
    std::str::from_utf8(text).map_or_else(|_| String::from_utf8_lossy(text), Into::into)
}

/// A file's name as text: bytes that are no UTF-8 become `\xNN`, so that no two names become one and each can be
/// typed. A backslash that would read as such a byte becomes `\x5c`.
pub fn file_name(name: &[u8]) -> String {
    let mut text = String::with_capacity(name.len());
    for chunk in name.utf8_chunks() {
        let mut rest = chunk.valid();
        while let Some(at) = rest.find("\\x") {
            let digits = rest.as_bytes().get(at + 2..at + 4).unwrap_or_default();
            let is_byte = matches!(digits, [b'8'..=b'9' | b'a'..=b'f', b'0'..=b'9' | b'a'..=b'f']);
            text.push_str(&rest[..at]);
            text.push_str(if is_byte { "\\x5cx" } else { "\\x" });
            rest = &rest[at + 2..];
        }
        text.push_str(rest);
        chunk.invalid().iter().for_each(|byte| text.push_str(&format!("\\x{byte:02x}")));
    }
    text
}

/// Whether a text is printable ASCII, tabs and newlines throughout.
#[inline]
pub fn is_printable(text: &[u8]) -> bool {
    // Vectorises: no early exit.
    text.iter()
        .fold(true, |plain, &byte| plain & ((0x20..0x7f).contains(&byte) | (byte == b'\t') | (byte == b'\n')))
}

/// Whether a text may go to a terminal as it is: valid UTF-8 without control characters (tabs are
/// fine).
#[inline]
pub fn is_clean(text: &[u8]) -> bool {
    // Vectorises: no early exit. Tabs and bytes beyond ASCII are looked at again below.
    let plain = text.iter().fold(true, |plain, &byte| plain & (0x20..0x7f).contains(&byte));
    if plain {
        return true;
    }
    is_clean_slowly(text)
}

#[inline(never)]
fn is_clean_slowly(text: &[u8]) -> bool {
    match std::str::from_utf8(text) {
        Ok(text) => !text.chars().any(|c| c != '\t' && is_unsafe(c)),
        Err(_) => false,
    }
}

/// Control characters, and the marks that reorder text on screen (CVE-2021-42574).
fn is_unsafe(c: char) -> bool {
    c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}')
}

/// Appends `text` so that a terminal shows it and does not obey it: control characters and invalid
/// UTF-8 become `\xNN` or `\u{N}`, newlines stay.
pub fn push_clean(out: &mut Vec<u8>, text: &[u8]) {
    if is_clean(text) {
        return out.extend_from_slice(text);
    }
    for chunk in text.utf8_chunks() {
        for c in chunk.valid().chars() {
            if matches!(c, '\t' | '\n') || !is_unsafe(c) {
                let mut buffer = [0; 4];
                out.extend_from_slice(c.encode_utf8(&mut buffer).as_bytes());
            } else if (c as u32) < 0x80 {
                out.extend_from_slice(format!("\\x{:02x}", c as u32).as_bytes());
            } else {
                out.extend_from_slice(format!("\\u{{{:x}}}", c as u32).as_bytes());
            }
        }
        for byte in chunk.invalid() {
            out.extend_from_slice(format!("\\x{byte:02x}").as_bytes());
        }
    }
}

/// The same as a new string: for names of files, which may hold anything but NUL and `/`.
pub fn clean(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len());
    push_clean(&mut out, text.as_bytes());
    String::from_utf8_lossy(&out).replace('\n', "\\n")
}

/// Columns a terminal needs for a text: two for East Asian wide characters, none for combining marks.
pub fn width(text: &str) -> usize {
    text.chars().map(char_width).sum()
}

/// The same of one character.
pub fn char_width(c: char) -> usize {
    match c as u32 {
        0..=0x1f | 0x7f..=0x9f | 0x300..=0x36f | 0x200b..=0x200f | 0xfe00..=0xfe0f => 0,
        0x1100..=0x115f
        | 0x2e80..=0x303e
        | 0x3041..=0xa4cf
        | 0xa960..=0xa97f
        | 0xac00..=0xd7a3
        | 0xf900..=0xfaff
        | 0xfe30..=0xfe6f
        | 0xff00..=0xff60
        | 0xffe0..=0xffe6
        | 0x1f300..=0x1f64f
        | 0x1f900..=0x1f9ff
        | 0x20000..=0x3fffd => 2,
        _ => 1,
    }
}

/// The first line of a text, cut to `columns` with `…` where it is longer.
pub fn excerpt(text: &str, columns: usize) -> String {
    let line = text.lines().next().unwrap_or_default();
    if width(line) <= columns {
        return line.to_owned();
    }
    let mut used = 0;
    let mut cut = String::new();
    for c in line.chars() {
        used += char_width(c);
        if used >= columns {
            break;
        }
        cut.push(c);
    }
    cut.push('…');
    cut
}

/// A text cut to `columns` on its left, with `…` where something is gone.
pub fn cut_left(text: &str, columns: usize) -> String {
    let mut over = width(text).saturating_sub(columns);
    if over == 0 {
        return text.to_owned();
    }
    // The mark takes one column of its own.
    over += 1;
    let mut chars = text.chars();
    while over > 0 {
        over = over.saturating_sub(chars.next().map_or(over, char_width));
    }
    format!("…{}", chars.as_str())
}

/// A shell-like glob: `*` any run, `?` any one character; without `/` it is held against the last
/// part of the path too (behind `!` stands the name of an archive's member).
pub fn glob(pattern: &str, path: &str) -> bool {
    fn fits(pattern: &[u8], text: &[u8]) -> bool {
        let (mut p, mut t) = (0, 0);
        let mut star: Option<(usize, usize)> = None;
        while t < text.len() {
            if p < pattern.len() && (pattern[p] == b'?' || pattern[p] == text[t]) && pattern[p] != b'*' {
                p += 1;
                t += 1;
            } else if p < pattern.len() && pattern[p] == b'*' {
                star = Some((p, t));
                p += 1;
            } else if let Some((at, from)) = star {
                p = at + 1;
                t = from + 1;
                star = Some((at, from + 1));
            } else {
                return false;
            }
        }
        pattern[p..].iter().all(|byte| *byte == b'*')
    }
    let last = path.rsplit(['/', '!']).next().unwrap_or(path);
    fits(pattern.as_bytes(), path.as_bytes())
        || (!pattern.contains('/') && fits(pattern.as_bytes(), last.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terminals_are_safe() {
        let mut out = Vec::new();
        push_clean(&mut out, b"a\x1b[31mred\x07\tok \xff \xc2\x9b \xe2\x80\xae");
        assert_eq!(String::from_utf8_lossy(&out), "a\\x1b[31mred\\x07\tok \\xff \\u{9b} \\u{202e}");
        assert!(is_clean("탭\t그리고 한글".as_bytes()));
        for dirty in [&b"\x1b"[..], b"\x7f", b"a\rb", b"\xff", "\u{9b}".as_bytes(), "\u{202e}".as_bytes()] {
            assert!(!is_clean(dirty), "{dirty:?}");
        }
    }

    #[test]
    fn names_of_files_stay_apart() {
        for (name, text) in [
            (&b"a.log"[..], "a.log"),
            ("서버 로그".as_bytes(), "서버 로그"),
            (b"a\xff.log", r"a\xff.log"),
            (b"a\xfe.log", r"a\xfe.log"),
            (b"a\xed\x95.log", r"a\xed\x95.log"),
            (br"a\xff.log", r"a\x5cxff.log"),
            (br"dev\x2dsda\x", r"dev\x2dsda\x"),
        ] {
            assert_eq!(file_name(name), text);
        }
    }

    #[test]
    fn korean_takes_two_columns() {
        assert_eq!(width("메모리 abc"), 10);
        assert_eq!(excerpt("메모리 부족", 7), "메모리…");
        assert_eq!(excerpt("short", 5), "short");
    }

    #[test]
    fn globs_as_shells_do() {
        for (pattern, path, fits) in [
            ("*.log", "var/log/php-fpm/error.log", true),
            ("var/*/error.log*", "var/log/php-fpm/error.log-20141214", true),
            ("error.*", "var/log/error.log", true),
            ("log/*", "var/log/error.log", false),
            ("messages", "var/log/messages", true),
            ("mess?ges", "messages", true),
            ("messages", "logs.tar!messages", true),
            ("", "x", false),
        ] {
            assert_eq!(glob(pattern, path), fits, "{pattern} {path}");
        }
    }

    #[test]
    fn sizes_are_read_and_written() {
        for (text, bytes) in [
            ("512", Some(512)),
            ("64K", Some(64 << 10)),
            ("1GiB", Some(1 << 30)),
            ("1.5 mb", Some(3 << 19)),
            ("2tb", Some(2 << 40)),
            ("", None),
            ("-1", None),
            ("many", None),
            ("5 parsecs", None),
            ("99999999999T", None),
            ("1e400", None),
            (".5G", None),
        ] {
            assert_eq!(parse_size(text), bytes, "{text}");
        }
        for (bytes, text) in [(0, "0 B"), (1000, "1000 B"), (3 << 19, "1536 KiB"), (4 << 40, "4 TiB")] {
            assert_eq!(binary_size(bytes), text);
        }
    }
}
