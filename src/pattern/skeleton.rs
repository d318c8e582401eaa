//! Skeletons: one walk over a message that tells constant text from holes, used to hash a message and
//! to print its pattern.
//!
//! Holes are: words with a digit in them (numbers, hex, ids), several of them joined by
//! `. : , / @ - +` (addresses, times, UUIDs), paths, and what stands in quotes. Letters beyond ASCII
//! are text, so `12월` is a hole and `월`.

/// What a walk tells.
trait Parts {
    fn constant(&mut self, text: &[u8]);
    fn hole(&mut self);
}

/// A pattern's identity under construction.
#[derive(Clone, Copy, Debug)]
pub struct Skeleton(u64);

const SEED: u64 = 0x9e37_79b9_7f4a_7c15;
const MIX: u64 = 0xd6e8_feb8_6659_fd93;
const HOLE: u64 = 0xa076_1d64_78bd_642f;

impl Skeleton {
    /// A pattern of this class of records: records of different formats never share a pattern.
    pub const fn new(class: u64) -> Self {
        Self(SEED ^ class.wrapping_mul(MIX))
    }

    /// Adds a part whose variable pieces become holes.
    #[inline]
    pub fn variable(&mut self, text: &[u8]) {
        walk(text, self);
    }

    /// Adds a part as it is.
    #[inline]
    pub fn exact(&mut self, text: &[u8]) {
        self.constant(text);
        self.mix(text.len() as u64);
    }

    /// The identity.
    #[inline]
    pub const fn finish(self) -> u64 {
        let mixed = (self.0 ^ (self.0 >> 29)).wrapping_mul(MIX);
        mixed ^ (mixed >> 32)
    }

    #[inline(always)]
    const fn mix(&mut self, word: u64) {
        let product = (self.0 ^ word).wrapping_mul(MIX);
        self.0 = product ^ (product >> 32);
    }

    /// A folded multiplication of 64 by 64 bits, as in wyhash and foldhash.
    #[inline(always)]
    const fn mix_two(&mut self, low: u64, high: u64) {
        let product = ((self.0 ^ low) as u128).wrapping_mul((high ^ MIX) as u128);
        self.0 = (product as u64 ^ (product >> 64) as u64).wrapping_add(SEED);
    }
}

impl Parts for Skeleton {
    #[inline(always)]
    fn constant(&mut self, text: &[u8]) {
        let length = text.len() as u64;
        let mut rest = text;
        while let Some((first, second)) =
            rest.first_chunk::<8>().zip(rest.get(8..).and_then(|rest| rest.first_chunk::<8>()))
        {
            self.mix_two(u64::from_le_bytes(*first), u64::from_le_bytes(*second));
            rest = &rest[16..];
        }
        // The tail in two loads that may overlap: the length tells tails apart.
        let (low, high) = match rest.len() {
            8.. => (word(rest, 0), word(rest, rest.len() - 8)),
            4.. => (half(rest, 0), half(rest, rest.len() - 4)),
            1.. => {
                (u64::from(rest[0]), u64::from(rest[rest.len() / 2]) << 8 | u64::from(rest[rest.len() - 1]))
            }
            0 => (0, 0),
        };
        self.mix_two(low, high ^ length.wrapping_mul(HOLE));
    }

    #[inline(always)]
    fn hole(&mut self) {
        self.mix(HOLE);
    }
}

#[inline(always)]
fn word(text: &[u8], at: usize) -> u64 {
    text.get(at..).and_then(|text| text.first_chunk::<8>()).map_or(0, |chunk| u64::from_le_bytes(*chunk))
}

#[inline(always)]
fn half(text: &[u8], at: usize) -> u64 {
    text.get(at..)
        .and_then(|text| text.first_chunk::<4>())
        .map_or(0, |chunk| u64::from(u32::from_le_bytes(*chunk)))
}

/// The pattern of a message as people read it: holes are `<*>`.
pub fn skeleton_text(text: &[u8]) -> Vec<u8> {
    struct Text(Vec<u8>);
    impl Parts for Text {
        fn constant(&mut self, text: &[u8]) {
            self.0.extend_from_slice(text);
        }
        fn hole(&mut self) {
            self.0.extend_from_slice(b"<*>");
        }
    }
    let mut out = Text(Vec::with_capacity(text.len()));
    walk(text, &mut out);
    out.0
}

/// A piece of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    /// Text that is the same in all messages of the pattern.
    Constant(&'a [u8]),
    /// Text that varies. It begins and ends where a word does.
    Hole(&'a [u8]),
}

/// Calls `visit` for every piece of a message, in order.
pub fn pieces<'a>(text: &'a [u8], visit: impl FnMut(Piece<'a>)) {
    struct Pieces<'a, F> {
        text: &'a [u8],
        /// Where the pieces so far end.
        end: usize,
        visit: F,
    }
    impl<'a, F: FnMut(Piece<'a>)> Pieces<'a, F> {
        /// A hole up to `start`, if there is any text before it.
        fn hole_until(&mut self, start: usize) {
            if self.end < start {
                (self.visit)(Piece::Hole(&self.text[self.end..start]));
            }
            self.end = start;
        }
    }
    impl<'a, F: FnMut(Piece<'a>)> Parts for Pieces<'a, F> {
        fn constant(&mut self, text: &[u8]) {
            // A constant is a piece of the text: its place tells what the hole before it holds.
            let start = (text.as_ptr() as usize).saturating_sub(self.text.as_ptr() as usize);
            self.hole_until(start);
            self.end = start + text.len();
            (self.visit)(Piece::Constant(&self.text[start..self.end]));
        }
        fn hole(&mut self) {}
    }
    let mut pieces = Pieces { text, end: 0, visit };
    walk(text, &mut pieces);
    pieces.hole_until(text.len());
}

const fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

const fn is_joint(byte: u8) -> bool {
    matches!(byte, b'.' | b':' | b',' | b'/' | b'@' | b'-' | b'+')
}

/// 1 for bytes of a word, 2 for bytes that join holes.
const CLASS: [u8; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = if is_word(byte as u8) {
            1
        } else if is_joint(byte as u8) {
            2
        } else {
            0
        };
        byte += 1;
    }
    table
};

#[inline(always)]
fn in_word(byte: u8) -> bool {
    CLASS[usize::from(byte)] == 1
}

#[inline(always)]
fn walk(text: &[u8], parts: &mut impl Parts) {
    let mut constant = 0; // start of the constant text not yet told
    let mut last_hole = usize::MAX; // end of the hole told last, where `constant` starts
    let mut at = 0;
    while let Some(found) = next_special(text, at) {
        let (start, end) = match text[found] {
            b'0'..=b'9' => word_around(text, constant, found),
            b'/' => match path(text, found) {
                Some(end) => (found, end),
                None => {
                    at = found + 1;
                    continue;
                }
            },
            b'#' | b'&' => {
                at = found + 1;
                continue;
            }
            quote => match quoted(text, found, quote) {
                Some(end) => (found + 1, end),
                None => {
                    at = found + 1;
                    continue;
                }
            },
        };
        let between = &text[constant..start];
        if constant == last_hole && joins(between) {
            // One hole with the one before.
        } else {
            if !between.is_empty() {
                parts.constant(between);
            }
            parts.hole();
        }
        constant = end;
        last_hole = end;
        at = if matches!(text.get(end), Some(b'"' | b'\''))
            && end > 0
            && start > 0
            && text[start - 1] == text[end]
        {
            end + 1
        } else {
            end
        };
    }
    if constant < text.len() {
        parts.constant(&text[constant..]);
    }
}

/// The word around a digit, not reaching back before `from`.
#[inline(always)]
fn word_around(text: &[u8], from: usize, digit: usize) -> (usize, usize) {
    let mut start = digit;
    while start > from && in_word(text[start - 1]) {
        start -= 1;
    }
    let mut end = word_end(text, digit + 1);
    // A joint with a digit behind it goes along: `10.0.0.1:80` is one hole, found in one go.
    while let Some([joint, b'0'..=b'9']) = text.get(end..end + 2)
        && is_joint(*joint)
    {
        end = word_end(text, end + 2);
    }
    (start, end)
}

/// The first byte at or after `at` that belongs to no word. Eight bytes are classed without a branch:
/// how long a number is cannot be predicted.
#[inline(always)]
fn word_end(text: &[u8], mut at: usize) -> usize {
    while let Some(chunk) = text.get(at..).and_then(|rest| rest.first_chunk::<8>()) {
        let mut outside = 0_u32;
        for (bit, byte) in chunk.iter().enumerate() {
            outside |= u32::from(CLASS[usize::from(*byte)] != 1) << bit;
        }
        if outside != 0 {
            return at + outside.trailing_zeros() as usize;
        }
        at += 8;
    }
    while text.get(at).is_some_and(|byte| in_word(*byte)) {
        at += 1;
    }
    at
}

/// The end of a path that starts at `slash`, if one does: behind a blank, an opening or a separator.
#[inline(always)]
fn path(text: &[u8], slash: usize) -> Option<usize> {
    if slash > 0 && !matches!(text[slash - 1], b' ' | b'\t' | b'=' | b'(' | b'[' | b'<' | b'{' | b',' | b':')
    {
        return None;
    }
    let ends = |byte: &u8| {
        matches!(byte, b' ' | b'\t' | b'\n' | b')' | b']' | b'>' | b'}' | b',' | b';' | b'"' | b'\'')
    };
    let length = text[slash..].iter().position(ends).unwrap_or(text.len() - slash);
    // `a / b` is a division, not a path.
    let mut end = slash + length;
    while end > slash + 1 && matches!(text[end - 1], b':' | b'.') {
        end -= 1;
    }
    (length > 1).then_some(end)
}

/// The position of the quote that closes the one at `open`.
#[inline(always)]
fn quoted(text: &[u8], open: usize, quote: u8) -> Option<usize> {
    // An apostrophe inside a word opens nothing.
    if quote == b'\'' && open > 0 && in_word(text[open - 1]) {
        return None;
    }
    let inner = &text[open + 1..];
    let close = open + 1 + memchr::memchr(quote, inner)?;
    let outside = text.get(close + 1);
    (close > open + 1 && !(quote == b'\'' && outside.is_some_and(|byte| in_word(*byte)))).then_some(close)
}

/// Whether text between two holes merely joins them: `.` in an address, `-beef-` in a UUID.
#[inline(always)]
fn joins(between: &[u8]) -> bool {
    match between {
        [] => true,
        [first, .., last] if between.len() <= 24 => {
            is_joint(*first)
                && is_joint(*last)
                && between.iter().all(|byte| is_joint(*byte) || byte.is_ascii_hexdigit())
        }
        [only] => is_joint(*only),
        _ => false,
    }
}

/// The next digit, quote or slash at or after `at`: eight bytes at a time.
#[inline(always)]
fn next_special(text: &[u8], mut at: usize) -> Option<usize> {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGHS: u64 = 0x8080_8080_8080_8080;
    while let Some(chunk) = text.get(at..).and_then(|rest| rest.first_chunk::<8>()) {
        let word = u64::from_le_bytes(*chunk);
        let low = word & !HIGHS;
        // Bytes between `.` and `:`, exactly: a slash and the digits.
        let digits = (ONES * (127 + b':' as u64) - low) & (low + ONES * (127 - b'.' as u64)) & !word;
        // `"` and `'` differ in two bits; `#` and `&` come along and are sorted out by the caller.
        let quotes = (word & (ONES * 0xfa)) ^ (ONES * b'"' as u64);
        let hits = (digits | (quotes.wrapping_sub(ONES) & !quotes)) & HIGHS;
        if hits != 0 {
            return Some(at + hits.trailing_zeros() as usize / 8);
        }
        at += 8;
    }
    let rest = text.get(at..)?;
    rest.iter().position(|byte| matches!(byte, b'0'..=b'9' | b'"' | b'\'' | b'/')).map(|found| at + found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(text: &str) -> String {
        String::from_utf8_lossy(&skeleton_text(text.as_bytes())).into_owned()
    }

    fn id(text: &str) -> u64 {
        let mut skeleton = Skeleton::new(1);
        skeleton.variable(text.as_bytes());
        skeleton.finish()
    }

    #[test]
    fn variable_parts_become_holes() {
        for (text, expected) in [
            ("fork() failed: Cannot allocate memory (12)", "fork() failed: Cannot allocate memory (<*>)"),
            (
                "Failed password for root from 203.0.113.66 port 46265 ssh2",
                "Failed password for root from <*> port <*> <*>",
            ),
            ("segfault at 80001000321 ip 00000000005c8407", "segfault at <*> ip <*>"),
            ("open \"/srv/x y\" failed", "open \"<*>\" failed"),
            ("open '/srv/x' isn't there", "open '<*>' isn't there"),
            ("cannot open /var/www/a.php: no", "cannot open <*>: no"),
            ("id a1b2c3d4-dead-beef-0000-00000000abc1 ok", "id <*> ok"),
            ("12월 장애", "<*>월 장애"),
            ("up / down", "up / down"),
            ("eth0: link up, 1000Mbps", "<*>: link up, <*>"),
            ("", ""),
            ("\"", "\""),
        ] {
            assert_eq!(pattern(text), expected, "{text}");
        }
    }

    #[test]
    fn equal_text_is_equal_identity() {
        let messages = [
            "a 1 b",
            "a 22 b",
            "a 1.2.3.4:80 b",
            "a b",
            "ab",
            "a  b",
            "x=1",
            "x=",
            "Interface up",
            "Interface down",
            "took 3 ms",
            "took 40 ms",
            "GET /a 200",
            "GET /b 404",
            "\"q\" 1",
            "\"rr\" 2",
            "abcdefgh 1",
            "abcdefgi 1",
            "1",
            "22",
            "",
            "abcdefgh",
            "abcdefghi",
            "abcdefg",
            "bccccccc",
            "bcccccccb",
            ",-------",
            ",-------,",
        ];
        for left in messages {
            for right in messages {
                assert_eq!(pattern(left) == pattern(right), id(left) == id(right), "{left} / {right}");
            }
        }
    }
}
