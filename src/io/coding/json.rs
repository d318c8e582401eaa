//! JSON that is no line per record: an array of objects (`[{...},{...}]`), an object around such an array
//! (`{"Records":[{...},{...}]}`) and objects written over many lines. Exports of clouds come like that.
//!
//! What comes out is one object per line, in the order of the file, whatever its size: nothing is parsed, only
//! quotes and brackets are followed. Brackets, commas and the array's name around the objects are left out;
//! anything else around them becomes a line of its own. So the line of a record is its place in the array, as
//! `jq -c '.[]'` would print it.
//!
//! It is the last coding of a stack: text in, text out. What is cut off or damaged below it has its records
//! first, then the error.

use std::io::{self, BufRead as _, Read};

use super::Source;

/// The text of a source, a line per record.
pub(super) struct Unfolded {
    source: Source,
    unfold: Unfold,
    /// Lines that are ready, and how much of them is taken.
    ready: Vec<u8>,
    taken: usize,
    ended: bool,
    failure: Option<io::Error>,
}

impl Unfolded {
    /// `element` is what [`element`] said.
    pub(super) fn new(source: Source, element: u8) -> Self {
        let unfold = Unfold { element: usize::from(element), ..Unfold::default() };
        Self { source, unfold, ready: Vec::new(), taken: 0, ended: false, failure: None }
    }

    /// Unfolds what the source has next.
    fn more(&mut self) {
        self.ready.clear();
        self.taken = 0;
        let read = match self.source.fill_buf() {
            Ok(piece) => {
                self.unfold.push(piece, &mut self.ready);
                piece.len()
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => return,
            Err(error) => {
                self.failure = Some(error);
                0
            }
        };
        self.source.consume(read);
        if read == 0 {
            self.ended = true;
            self.unfold.finish(&mut self.ready);
        }
    }
}

impl Read for Unfolded {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        while self.taken == self.ready.len() && !self.ended {
            self.more();
        }
        let count = out.len().min(self.ready.len() - self.taken);
        out[..count].copy_from_slice(&self.ready[self.taken..self.taken + count]);
        self.taken += count;
        match self.failure.take_if(|_| count == 0 && !out.is_empty()) {
            Some(error) => Err(error),
            None => Ok(count),
        }
    }
}

/// Unfolds a stream piece by piece; how it is cut into pieces changes nothing.
#[derive(Debug, Default)]
struct Unfold {
    /// How deep the objects stand that are records.
    element: usize,
    depth: usize,
    within: bool,
    string: bool,
    escaped: bool,
    /// Blanks and line ends were passed over inside an object.
    gap: bool,
    /// The last byte of an object that was passed on.
    last: u8,
    /// Text around objects, until it is known what it is.
    frame: Vec<u8>,
}

/// Text around objects longer than this becomes a line before it ends.
const LONGEST_FRAME: usize = 64 * 1024;

/// What a file's first bytes say: whether it is to be unfolded, and how deep the records stand.
pub(in crate::io) fn element(head: &[u8]) -> Option<u8> {
    let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
    let at = blanks(head, 0);
    match head.get(at)? {
        b'[' => {
            let first = blanks(head, at + 1);
            let key = blanks(head, first + 1);
            (head.get(first) == Some(&b'{') && head.get(key) == Some(&b'"')).then_some(1)
        }
        b'{' => object(head, at),
        _ => None,
    }
}

impl Unfold {
    /// Takes a piece and appends what is ready to `out`.
    fn push(&mut self, piece: &[u8], out: &mut Vec<u8>) {
        for &byte in piece {
            if self.within {
                self.inside(byte, out);
            } else {
                self.around(byte, out);
            }
        }
    }

    /// Appends what is left at the end.
    fn finish(&mut self, out: &mut Vec<u8>) {
        self.flush(out);
        if std::mem::take(&mut self.within) {
            out.push(b'\n');
        }
    }

    /// A byte of an object.
    fn inside(&mut self, byte: u8, out: &mut Vec<u8>) {
        if self.string {
            match byte {
                _ if self.escaped => self.escaped = false,
                b'\\' => self.escaped = true,
                // No string of JSON holds the end of a line: this one was never closed.
                b'"' | b'\n' => self.string = false,
                _ => {}
            }
            self.last = byte;
            out.push(byte);
            return;
        }
        if matches!(byte, b' ' | b'\t' | b'\r' | b'\n') {
            self.gap = true;
            return;
        }
        let tight = matches!(byte, b'}' | b']' | b',' | b':') || matches!(self.last, b'{' | b'[');
        if std::mem::take(&mut self.gap) && !tight {
            out.push(b' ');
        }
        match byte {
            b'"' => self.string = true,
            b'{' | b'[' => self.depth += 1,
            b'}' | b']' => self.depth = self.depth.saturating_sub(1),
            _ => {}
        }
        self.last = byte;
        out.push(byte);
        if self.depth <= self.element {
            self.within = false;
            out.push(b'\n');
        }
    }

    /// A byte between objects.
    fn around(&mut self, byte: u8, out: &mut Vec<u8>) {
        // Outside of all brackets stands any text, in which a quote or bracket means nothing.
        let text = self.depth == 0 && !self.frame.iter().all(|byte| b" \t\r,".contains(byte));
        match byte {
            b'\n' if self.depth == 0 => return self.flush(out),
            _ if text => {}
            _ if self.string => match byte {
                _ if self.escaped => self.escaped = false,
                b'\\' => self.escaped = true,
                b'"' | b'\n' => self.string = false,
                _ => {}
            },
            b'{' if self.depth == self.element => {
                self.flush(out);
                (self.within, self.gap) = (true, false);
                self.depth += 1;
                self.last = byte;
                return out.push(byte);
            }
            b'"' => self.string = self.depth > 0,
            b'{' | b'[' => self.depth += 1,
            b'}' | b']' => self.depth = self.depth.saturating_sub(1),
            _ => {}
        }
        self.frame.push(match byte {
            b'\n' | b'\r' => b' ',
            byte => byte,
        });
        let closed = self.depth == 0 && !text && matches!(byte, b'}' | b']');
        if closed || self.frame.len() >= LONGEST_FRAME {
            self.flush(out);
        }
    }

    /// Ends the text before an object: a line of its own, unless it is nothing but the frame.
    fn flush(&mut self, out: &mut Vec<u8>) {
        let frame = std::mem::take(&mut self.frame);
        if !is_bare(&frame) {
            out.extend_from_slice(frame.trim_ascii());
            out.push(b'\n');
        }
    }
}

/// Whether text around objects is brackets and commas with one name at most: `{"Records":[`.
fn is_bare(frame: &[u8]) -> bool {
    let mut quotes = 0;
    frame.iter().all(|byte| {
        quotes += usize::from(*byte == b'"');
        match byte {
            b' ' | b'\t' | b'[' | b']' | b'{' | b'}' | b',' | b'"' => quotes <= 2,
            b':' => quotes == 2,
            _ => quotes == 1,
        }
    })
}

fn blanks(text: &[u8], mut at: usize) -> usize {
    while text.get(at).is_some_and(u8::is_ascii_whitespace) {
        at += 1;
    }
    at
}

/// How deep the records stand in a file that begins with an object.
fn object(head: &[u8], at: usize) -> Option<u8> {
    let line_end = head[at + 1..].iter().find(|byte| !matches!(byte, b' ' | b'\t' | b'\r'));
    let spread = line_end == Some(&b'\n');
    let mut dated = false;
    let mut array = None;
    keys(head, at, |key, value| {
        dated |= is_time(key);
        let first = blanks(head, value + 1);
        if head.get(value) == Some(&b'[') && head.get(first) == Some(&b'{') && !dated {
            let mut holds = false;
            keys(head, first, |key, _| {
                holds |= is_time(key);
                !holds
            });
            array = holds.then_some(2);
        }
        !dated && array.is_none()
    });
    array.or((spread && dated).then_some(0))
}

/// Calls `visit(key, place of its value)` for the keys of the object at `at`, as far as the text goes.
pub(in crate::io) fn keys(text: &[u8], at: usize, mut visit: impl FnMut(&[u8], usize) -> bool) {
    let (mut depth, mut at) = (0_usize, at);
    while let Some(byte) = text.get(at) {
        match byte {
            b'{' | b'[' => depth += 1,
            b'}' | b']' if depth <= 1 => return,
            b'}' | b']' => depth -= 1,
            b'"' => {
                let start = at + 1;
                at = start;
                while let Some(byte) = text.get(at).filter(|byte| **byte != b'"') {
                    at += 1 + usize::from(*byte == b'\\');
                }
                let colon = blanks(text, at + 1);
                if depth == 1
                    && text.get(colon) == Some(&b':')
                    && !visit(text.get(start..at).unwrap_or_default(), blanks(text, colon + 1))
                {
                    return;
                }
            }
            _ => {}
        }
        at += 1;
    }
}

/// Whether a key is likely to hold a time.
fn is_time(key: &[u8]) -> bool {
    let key = key.to_ascii_lowercase();
    let has = |word: &[u8]| key.windows(word.len()).any(|part| part == word);
    has(b"time") || has(b"date") || matches!(&key[..], b"ts" | b"t" | b"when")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unfolded(text: &str) -> Option<String> {
        let element = element(text.as_bytes())?;
        let read = |capacity| {
            let bytes = io::Cursor::new(text.as_bytes().to_vec());
            let source: Source = Box::new(io::BufReader::with_capacity(capacity, bytes));
            let mut out = Vec::new();
            Unfolded::new(source, element).read_to_end(&mut out).expect("in memory");
            out
        };
        let whole = read(1 << 20);
        assert_eq!(whole, read(1), "cut into bytes");
        Some(String::from_utf8(whole).expect("whole characters"))
    }

    #[test]
    fn records_get_a_line_each() {
        for (text, lines) in [
            (
                r#"[{"time":1},{"time":2,"a":[{"b":"}\""}]}]"#,
                "{\"time\":1}\n{\"time\":2,\"a\":[{\"b\":\"}\\\"\"}]}\n",
            ),
            (
                "[\n  {\n    \"a\": 1,\n    \"c\": {}\n  },\n  {\n    \"a\": \"x  y\"\n  }\n]\n",
                "{\"a\": 1, \"c\": {}}\n{\"a\": \"x  y\"}\n",
            ),
            (
                r#"{"Records":[{"eventTime":"x"},{"eventTime":"y"}]}"#,
                "{\"eventTime\":\"x\"}\n{\"eventTime\":\"y\"}\n",
            ),
            (
                r#"{"owner":"1","logEvents":[{"timestamp":1}],"next":null}{"owner":"2","logEvents":[{"timestamp":2}]}"#,
                "{\"owner\":\"1\",\"logEvents\":[\n{\"timestamp\":1}\n],\"next\":null}\n{\"owner\":\"2\",\"logEvents\":[\n{\"timestamp\":2}\n",
            ),
            ("{\n \"time\": 1\n}\n{\n \"time\": 2\n}\n", "{\"time\": 1}\n{\"time\": 2}\n"),
            (
                "{\n \"time\": 1\n}\nplain {text\" here\n{\n \"time\": 2\n}",
                "{\"time\": 1}\nplain {text\" here\n{\"time\": 2}\n",
            ),
            (r#"[{"time":1},{"time":2"#, "{\"time\":1}\n{\"time\":2\n"),
        ] {
            assert_eq!(unfolded(text).as_deref(), Some(lines), "{text}");
        }
    }

    #[test]
    fn what_is_a_record_per_line_is_left_alone() {
        for text in [
            "{\"time\":1,\"tags\":[{\"time\":2}]}\n{\"time\":3}\n",
            "{\"tags\":[{\"a\":2}],\"time\":1}\n",
            "{\"a\":1}\n",
            "{\n \"name\": \"x\"\n}\n",
            "[2014-12-12 10:10:59] x",
            "[{1,2}] x",
            "[1,2]",
            "[",
            "{",
            "",
            "plain",
        ] {
            assert!(element(text.as_bytes()).is_none(), "{text}");
        }
    }
}
