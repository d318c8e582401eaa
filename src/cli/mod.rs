//! The binary's half: what was typed, what it means, and how a run ends.

mod analyse;
mod args;
mod boot_findings;
mod build;
mod clock_findings;
mod clocks;
mod completions;
mod context;
mod explain;
mod follow;
mod formats;
mod formats_new;
mod grep;
mod outcome;
mod output;
mod page;
mod pager;
mod progress;
mod question;
mod report;
mod resolve;
mod show;
mod sources;
mod spot;

use std::process::ExitCode;

use clap::Parser as _;

pub use outcome::Ending;

/// Runs the command line and says how the process ends.
pub fn run() -> ExitCode {
    let typed = match args::Cli::try_parse() {
        Ok(typed) => typed,
        Err(error) => return outcome::usage(&error),
    };
    let ending = match &typed.command {
        args::Command::Build(args) => build::run(args),
        args::Command::Show(args) => show::run(args),
        args::Command::Grep(args) => grep::run(args),
        args::Command::Report(args) => report::run(args),
        args::Command::Sources(args) => sources::run(args),
        args::Command::Explain(args) => explain::run(args),
        args::Command::Formats(args) => formats::run(args),
        args::Command::Completions { shell } => completions::completions(*shell),
        args::Command::Man => completions::man(),
    };
    outcome::finish(ending)
}
