//! One error type: a sentence for a person, and whether it is their mistake.

use std::fmt;
use std::io;
use std::path::Path;

/// Shorthand used throughout.
pub type Result<T> = std::result::Result<T, Error>;

/// What went wrong, as one clear sentence: what, where, and what to do.
#[derive(Debug)]
pub struct Error {
    message: String,
    broken_pipe: bool,
}

impl Error {
    /// An error with this sentence.
    #[cold]
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), broken_pipe: false }
    }

    /// An operating-system error at a path: `cannot read PATH: why`.
    #[cold]
    pub fn io(doing: &str, path: &Path, error: &io::Error) -> Self {
        Self::new(format!("cannot {doing} {}: {}", path.display(), reason(error)))
    }

    /// An error while writing output; a reader that went away is told apart.
    #[cold]
    pub fn output(error: &io::Error) -> Self {
        Self {
            message: format!("cannot write output: {}", reason(error)),
            broken_pipe: error.kind() == io::ErrorKind::BrokenPipe,
        }
    }

    /// Whether the reader of our output went away, which is silence and not a failure.
    pub fn is_broken_pipe(&self) -> bool {
        self.broken_pipe
    }
}

/// The operating system's words without Rust's `(os error N)`.
pub(crate) fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    match text.find(" (os error") {
        Some(end) => text[..end].to_lowercase(),
        None => text,
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}
