//! What a user may say about how files are opened. Nothing here decides what is usual.

use super::coding::Charset;
use super::limits::Limits;
use crate::text::glob;

/// What unpacking may cost, and character sets that were named.
#[derive(Clone, Debug)]
pub struct OpenOptions {
    /// What unpacking may cost.
    pub limits: Limits,
    /// In the order given; the last that fits a file wins.
    pub charsets: Vec<CharsetChoice>,
}

/// `--encoding [GLOB=]NAME`.
#[derive(Clone, Debug)]
pub struct CharsetChoice {
    /// Which files it is for; all without one.
    pub glob: Option<String>,
    /// The set they are in; `None` for UTF-8.
    pub charset: Option<Charset>,
}

impl OpenOptions {
    /// What was said of a file's character set, if anything was.
    pub(super) fn charset(&self, name: &str) -> Option<Option<Charset>> {
        let fits = |choice: &&CharsetChoice| choice.glob.as_ref().is_none_or(|pattern| glob(pattern, name));
        self.charsets.iter().rev().find(fits).map(|choice| choice.charset)
    }
}
