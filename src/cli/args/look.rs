//! Options of how output looks and where it goes.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ColorWhen {
    Auto,
    Always,
    Never,
}

/// How rows look.
#[derive(Debug, Args)]
pub(crate) struct ViewArgs {
    /// What stands in a line: time, mark, level, source, message, host, program, pid, file, line, lines, format,
    /// stamp, earliest, latest, start, basis, pattern, or any field of the record (status) [default:
    /// time,mark,level,source and the message with its program]
    #[arg(
        long,
        value_name = "NAME,...",
        env = "TIMELINE_COLUMNS",
        value_delimiter = ',',
        help_heading = "Output"
    )]
    pub columns: Vec<String>,
    /// Show times in UTC (--tz still is the first guess for stamps without a zone, and the zone of -S and -U)
    #[arg(long, env = "TIMELINE_UTC", help_heading = "Output")]
    pub utc: bool,
    /// Show times as they are from this one: T+00:01.250
    #[arg(
        long,
        value_name = "TIME",
        env = "TIMELINE_RELATIVE",
        allow_hyphen_values = true,
        help_heading = "Output"
    )]
    pub relative: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct PagerArgs {
    /// Through a pager: what is longer than the screen (auto), all, or nothing. It is $TIMELINE_PAGER, $PAGER,
    /// or `less -RFXK`
    #[arg(long, value_name = "WHEN", env = "TIMELINE_PAGING", default_value = "auto", help_heading = "Run")]
    pub pager: ColorWhen,
    /// The same as --pager never
    #[arg(long, help_heading = "Run")]
    pub no_pager: bool,
}

#[derive(Debug, Args)]
pub(crate) struct OutputFile {
    /// Write here instead of standard output (`-`)
    #[arg(short = 'o', long = "output", value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Overwrite FILE
    #[arg(long)]
    pub force: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum RowFormat {
    /// Aligned lines for people
    Prose,
    /// One JSON object per event
    Jsonl,
}
