//! How a run ends: exit codes, errors as sentences, and a reader that went away as silence.

use std::io::Write as _;
use std::process::ExitCode;

use crate::base::Error;

/// The end of a run that did not fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Exit code 0.
    Good,
    /// Exit code 1: nothing matched, or something was lost under `--strict`.
    Short,
}

/// Turns an ending into an exit code, and an error into a line on stderr.
pub(super) fn finish(ending: Result<Ending, Error>) -> ExitCode {
    match ending {
        Ok(Ending::Good) => ExitCode::SUCCESS,
        Ok(Ending::Short) => ExitCode::from(1),
        Err(error) if error.is_broken_pipe() => ExitCode::SUCCESS,
        Err(error) => {
            // Nobody is left to tell when stderr is gone too.
            let _ = writeln!(std::io::stderr(), "timeline: {error}");
            ExitCode::from(2)
        }
    }
}

/// Help, version, and mistakes in options.
pub(super) fn usage(error: &clap::Error) -> ExitCode {
    let _ = error.print();
    if error.use_stderr() { ExitCode::from(2) } else { ExitCode::SUCCESS }
}
