//! What is looked for: patterns that were typed, and those that stand in files.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use crate::base::{Error, Result};
use crate::cli::args::GrepArgs;

/// Patterns in files at most, and their bytes: all are held against each record at once, and what does that is fifty
/// times as large as they are.
const MOST: usize = 250_000;
const MOST_BYTES: u64 = 8 << 20;

/// All patterns: the positional one, `-e` and `-f`. With `-e` or `-f`, the first positional is an
/// input, as in grep.
pub(super) fn patterns(args: &GrepArgs, inputs: &mut Vec<PathBuf>) -> Result<Vec<String>> {
    let mut patterns = args.regexp.clone();
    let mut room = MOST_BYTES;
    for path in &args.file {
        let text = read(path, room)?;
        room -= text.len() as u64;
        patterns.extend(text.lines().map(str::to_owned));
    }
    if patterns.len() > MOST && !args.file.is_empty() {
        let count = patterns.len();
        return Err(Error::new(format!(
            "{count} patterns are too many to look for at once (at most {MOST}): split them, or look for what they have in common"
        )));
    }
    if let Some(pattern) = &args.pattern {
        if args.regexp.is_empty() && args.file.is_empty() {
            patterns.push(pattern.clone());
        } else {
            inputs.insert(0, pattern.into());
        }
    }
    Ok(patterns)
}

/// The text of a file of patterns; `-` is standard input.
fn read(path: &Path, room: u64) -> Result<String> {
    let fault = |error: &std::io::Error| Error::io("read the patterns", path, error);
    let mut bytes = Vec::new();
    let source: Box<dyn Read> = match path == Path::new("-") {
        true => Box::new(std::io::stdin()),
        false => Box::new(File::open(path).map_err(|error| fault(&error))?),
    };
    source.take(room + 1).read_to_end(&mut bytes).map_err(|error| fault(&error))?;
    if bytes.len() as u64 > room {
        return Err(Error::new(format!(
            "{} is no file of patterns: they are more than {} MiB, and all are looked for at once",
            path.display(),
            MOST_BYTES >> 20
        )));
    }
    String::from_utf8(bytes).map_err(|error| {
        let good = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = good.iter().filter(|byte| **byte == b'\n').count() + 1;
        Error::new(format!("{}:{line}: this pattern is no UTF-8 text", path.display()))
    })
}
