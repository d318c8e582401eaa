//! Where output goes: standard output, or a file that is not overwritten unless told to.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::pager::{Pager, When};
use crate::base::{Error, Result};

/// Whether something stands there that is neither a file nor a folder.
fn is_special(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|metadata| !metadata.is_file() && !metadata.is_dir())
}

/// An output under way.
pub(super) struct Output {
    writer: Box<dyn Write + Send + Sync>,
    /// The temporary sibling and the name it gets at the end.
    rename: Option<(PathBuf, PathBuf)>,
}

impl Output {
    /// Standard output.
    pub(super) fn stdout() -> Self {
        Self { writer: Box::new(io::stdout()), rename: None }
    }

    /// Standard output, through a pager where that is wanted.
    pub(super) fn paged(when: When) -> Self {
        Self { writer: Box::new(Pager::new(when)), rename: None }
    }

    /// Whether an output may be made: a mistake is told before anything is read.
    pub(super) fn check(path: Option<&Path>, force: bool) -> Result<()> {
        match path {
            Some(path) if path != Path::new("-") && !force && path.exists() && !is_special(path) => {
                Err(Error::new(format!(
                    "{} exists; give another name, or --force to overwrite it",
                    path.display()
                )))
            }
            _ => Ok(()),
        }
    }

    /// `path`, or standard output for `None` and `-`. The file appears whole or not at all. Make it after
    /// the inputs were found: what is written must not be read.
    pub(super) fn create(path: Option<&Path>) -> Result<Self> {
        let Some(path) = path.filter(|path| *path != Path::new("-")) else { return Ok(Self::stdout()) };
        if is_special(path) {
            // A device, a pipe: there is nothing to replace, it is written to.
            let file =
                File::options().write(true).open(path).map_err(|error| Error::io("write", path, &error))?;
            return Ok(Self { writer: Box::new(file), rename: None });
        }
        // The file that a link leads to is replaced, and not the link.
        let path = &std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let mut name = path.file_name().unwrap_or_default().to_owned();
        name.push(format!(".tmp-{}", std::process::id()));
        let temporary = path.with_file_name(name);
        let file = File::create(&temporary).map_err(|error| Error::io("write", path, &error))?;
        Ok(Self { writer: Box::new(file), rename: Some((temporary, path.to_owned())) })
    }

    /// Writes bytes: callers bring large pieces.
    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.writer.write_all(bytes).map_err(|error| Error::output(&error))
    }

    /// What was written is to be seen now.
    pub(super) fn flush(&mut self) -> Result<()> {
        self.writer.flush().map_err(|error| Error::output(&error))
    }

    /// Completes the output: a file gets its name.
    pub(super) fn finish(mut self) -> Result<()> {
        self.writer.flush().map_err(|error| Error::output(&error))?;
        match self.rename.take() {
            Some((temporary, path)) => {
                std::fs::rename(&temporary, &path).map_err(|error| Error::io("write", &path, &error))
            }
            None => Ok(()),
        }
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        if let Some((temporary, _)) = &self.rename {
            // The run failed: leave no half file behind.
            let _ = std::fs::remove_file(temporary);
        }
    }
}
