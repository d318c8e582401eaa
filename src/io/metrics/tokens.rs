//! JSON read token by token: brackets, keys and values as written, in bounded memory. What stands around
//! documents is told apart from them; nothing here knows what a document means.

use std::io::{self, BufRead};

/// A value or key longer than this is kept so far.
const LONGEST: usize = 64 * 1024;

/// Brackets may stand this deep.
const DEEPEST: usize = 64;

/// What comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token {
    Open { array: bool },
    Close,
    Key,
    Value,
}

/// Why there is no next token.
#[derive(Debug)]
pub(super) enum Stop {
    /// The text ends inside of a document.
    Cut,
    /// It is no JSON from here on.
    Damage,
    /// What is below has no more.
    Below(io::Error),
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        Self::Below(error)
    }
}

/// A text on its way to tokens.
pub(super) struct Tokens {
    source: Box<dyn BufRead + Send>,
    /// Open brackets: whether each is an array.
    open: Vec<bool>,
    /// The last key or value, as written; a value's quotes included.
    text: Vec<u8>,
    /// How many bytes were taken.
    place: u64,
    /// The last byte that was taken.
    last: u8,
    /// Whether a comma must come before anything else but a closing bracket.
    comma: bool,
    /// Whether a key was the last token.
    keyed: bool,
    /// Whether some key or value was longer than is kept.
    pub(super) shortened: bool,
}

impl Tokens {
    pub(super) fn new(source: Box<dyn BufRead + Send>) -> Self {
        Self {
            source,
            open: Vec::new(),
            text: Vec::new(),
            place: 0,
            last: b'\n',
            comma: false,
            keyed: false,
            shortened: false,
        }
    }

    /// How many bytes were taken.
    pub(super) fn place(&self) -> u64 {
        self.place
    }

    /// How many brackets are open.
    pub(super) fn depth(&self) -> usize {
        self.open.len()
    }

    /// The last key or value.
    pub(super) fn text(&self) -> &[u8] {
        &self.text
    }

    /// Goes to the next document. Lines of other text are appended to `out`; `false` at the end.
    pub(super) fn next_document(&mut self, out: &mut Vec<u8>) -> io::Result<bool> {
        while let Some(byte) = self.peek()? {
            match byte {
                b'{' | b'[' => {
                    self.comma = false;
                    return Ok(true);
                }
                byte if byte.is_ascii_whitespace() || byte == b',' => self.take(1),
                // A byte order mark.
                0xef | 0xbb | 0xbf if self.place < 3 => self.take(1),
                _ => {
                    let mut length = 0;
                    while let Some(byte) = self.peek()?.filter(|byte| *byte != b'\n' && length < LONGEST) {
                        self.take(1);
                        out.push(byte);
                        length += 1;
                    }
                    out.truncate(out.trim_ascii_end().len());
                    out.push(b'\n');
                }
            }
        }
        Ok(false)
    }

    /// Leaves an open document: goes to the next line that one begins on.
    pub(super) fn give_up(&mut self) -> io::Result<()> {
        self.open.clear();
        (self.comma, self.keyed) = (false, false);
        while let Some(byte) = self.peek()? {
            if self.last == b'\n' && byte == b'{' {
                break;
            }
            self.take(1);
        }
        Ok(())
    }

    /// The next token of a document.
    pub(super) fn next(&mut self) -> Result<Token, Stop> {
        loop {
            let Some(byte) = self.peek()? else { return Err(Stop::Cut) };
            match byte {
                b' ' | b'\t' | b'\r' | b'\n' => self.take(1),
                b',' if self.comma => {
                    self.take(1);
                    self.comma = false;
                }
                b']' | b'}' => {
                    if self.keyed || self.open.pop() != Some(byte == b']') {
                        return Err(Stop::Damage);
                    }
                    self.take(1);
                    self.comma = true;
                    return Ok(Token::Close);
                }
                _ if self.comma => return Err(Stop::Damage),
                _ if self.open.last() == Some(&false) && !self.keyed => return self.key(byte),
                b'{' | b'[' => {
                    if self.open.len() == DEEPEST {
                        return Err(Stop::Damage);
                    }
                    self.take(1);
                    self.open.push(byte == b'[');
                    self.keyed = false;
                    return Ok(Token::Open { array: byte == b'[' });
                }
                _ => {
                    self.value(byte)?;
                    (self.keyed, self.comma) = (false, true);
                    return Ok(Token::Value);
                }
            }
        }
    }

    fn key(&mut self, byte: u8) -> Result<Token, Stop> {
        if byte != b'"' {
            return Err(Stop::Damage);
        }
        self.string()?;
        self.text.remove(0);
        self.text.pop();
        loop {
            match self.peek()? {
                None => return Err(Stop::Cut),
                Some(b':') => break self.take(1),
                Some(b' ' | b'\t' | b'\r' | b'\n') => self.take(1),
                Some(_) => return Err(Stop::Damage),
            }
        }
        self.keyed = true;
        Ok(Token::Key)
    }

    fn value(&mut self, byte: u8) -> Result<(), Stop> {
        if byte == b'"' {
            return self.string();
        }
        self.text.clear();
        while let Some(byte) = self.peek()?
            && (byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'+' | b'.'))
        {
            self.take(1);
            self.keep(byte);
        }
        match (self.text.is_empty(), self.peek()?) {
            (true, _) => Err(Stop::Damage),
            (false, None) => Err(Stop::Cut),
            _ => Ok(()),
        }
    }

    fn string(&mut self) -> Result<(), Stop> {
        self.text.clear();
        self.text.push(b'"');
        self.take(1);
        let mut escaped = false;
        loop {
            match self.peek()? {
                None => return Err(Stop::Cut),
                // No string of JSON holds the end of a line: this one was never closed.
                Some(b'\n') => return Err(Stop::Damage).inspect_err(|_| self.take(1)),
                Some(byte) => {
                    self.take(1);
                    if byte == b'"' && !escaped {
                        break;
                    }
                    escaped = byte == b'\\' && !escaped;
                    self.keep(byte);
                }
            }
        }
        while self.text.len() >= LONGEST && self.text.last() == Some(&b'\\') {
            // The rest of that escape is lost: it must not take the quote along.
            self.text.pop();
        }
        self.text.push(b'"');
        Ok(())
    }

    fn keep(&mut self, byte: u8) {
        if self.text.len() < LONGEST {
            self.text.push(byte);
        } else {
            self.shortened = true;
        }
    }

    fn peek(&mut self) -> io::Result<Option<u8>> {
        loop {
            match self.source.fill_buf() {
                Ok(ahead) => return Ok(ahead.first().copied()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Takes what [`Self::peek`] saw.
    fn take(&mut self, count: usize) {
        if let Ok(ahead) = self.source.fill_buf() {
            self.last = ahead.first().copied().unwrap_or(self.last);
            self.source.consume(count);
            self.place += count as u64;
        }
    }
}
