//! The binary's half: what was typed, what it means, and how a run ends.

mod again;
mod analyse;
mod args;
mod aside;
mod boot_findings;
mod build;
mod clock_findings;
mod clocks;
mod completions;
mod config;
mod context;
mod explain;
mod follow;
mod formats;
mod formats_new;
mod grep;
mod growing;
mod notice;
mod outcome;
mod output;
mod page;
mod pager;
mod patterns;
mod progress;
mod question;
mod report;
mod resolve;
mod screen;
mod show;
mod sources;
mod spot;
mod stored;
mod unused;

use std::process::ExitCode;

use clap::{CommandFactory as _, FromArgMatches as _};

use crate::base::Result;

pub use outcome::Ending;

/// The command line, as completions, the manual page and everybody else know it.
fn command() -> clap::Command {
    unused::hidden(config::with_environment(args::Cli::command()))
}

/// What was typed, or set, or stands in the file: in this order.
fn typed() -> Result<clap::error::Result<args::Cli>> {
    let matches = |command: clap::Command| command.try_get_matches();
    let parsed = |command: clap::Command| {
        let said = matches(command.clone());
        if let Ok(said) = &said {
            unused::tell(&command, said);
        }
        Ok(said.and_then(|said| args::Cli::from_arg_matches(&said)))
    };
    let Some(path) =
        resolve::config_folder().map(|folder| folder.join(config::NAME)).filter(|path| path.exists())
    else {
        return parsed(command());
    };
    // Whoever asks for help gets it, whatever stands in the file.
    if let Err(error) = matches(command())
        && !error.use_stderr()
    {
        return Ok(Err(error));
    }
    config::with_file(command(), &path).and_then(parsed)
}

/// Runs the command line and says how the process ends.
pub fn run() -> ExitCode {
    let typed = match typed() {
        Ok(Ok(typed)) => typed,
        Ok(Err(error)) => return outcome::usage(&error),
        Err(error) => return outcome::finish(Err(error)),
    };
    let ending = match &typed.command {
        args::Command::Build(args) => build::run(args),
        args::Command::Show(args) => show::run(args),
        args::Command::Grep(args) => grep::run(args),
        args::Command::Report(args) => report::run(args),
        args::Command::Sources(args) => sources::run(args),
        args::Command::Patterns(args) => patterns::run(args),
        args::Command::Explain(args) => explain::run(args),
        args::Command::Formats(args) => formats::run(args),
        args::Command::Completions { shell } => completions::completions(*shell),
        args::Command::Man => completions::man(),
    };
    outcome::finish(ending)
}
