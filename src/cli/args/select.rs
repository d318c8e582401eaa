//! Options of every command that reads logs: clocks, selection, archives.

use clap::Args;

use super::ColorWhen;
use crate::text::parse_size;

/// Options of every command that reads logs.
#[derive(Debug, Args)]
pub(crate) struct Common {
    /// Zone shown, and first guess for stamps without one
    #[arg(long, value_name = "ZONE", env = "TIMELINE_TZ", default_value = "local", help_heading = "Clocks")]
    pub tz: String,
    /// Zone of stamps without one, for all files or those that fit a glob (repeatable)
    #[arg(
        long,
        value_name = "[GLOB=]ZONE",
        env = "TIMELINE_ASSUME_TZ",
        value_delimiter = ',',
        help_heading = "Clocks"
    )]
    pub assume_tz: Vec<String>,
    /// Year of the newest record, for stamps without one
    #[arg(long, value_name = "YEAR", env = "TIMELINE_YEAR", value_parser = clap::value_parser!(i32).range(1970..2200), help_heading = "Clocks")]
    pub year: Option<i32>,
    /// From this time on
    #[arg(
        short = 'S',
        long,
        value_name = "TIME",
        env = "TIMELINE_SINCE",
        allow_hyphen_values = true,
        help_heading = "Selection"
    )]
    pub since: Option<String>,
    /// Before this time
    #[arg(
        short = 'U',
        long,
        value_name = "TIME",
        env = "TIMELINE_UNTIL",
        allow_hyphen_values = true,
        help_heading = "Selection"
    )]
    pub until: Option<String>,
    /// A window around this time
    #[arg(long, value_name = "TIME", conflicts_with_all = ["since", "until"], allow_hyphen_values = true, help_heading = "Selection")]
    pub around: Option<String>,
    /// Width of the window on each side of --around
    #[arg(
        long,
        value_name = "DURATION",
        default_value = "5m",
        requires = "around",
        help_heading = "Selection"
    )]
    pub window: String,
    /// Bounds look at the wall clock as written in each record, not at what it turned out to mean
    #[arg(long, env = "TIMELINE_AS_WRITTEN", help_heading = "Selection")]
    pub as_written: bool,
    /// Show a record as often as files have it. (Else the same record in two files of a source, or of one
    /// host, program and pid in two sources, is shown once)
    #[arg(long, env = "TIMELINE_NO_DEDUPE", help_heading = "Selection")]
    pub no_dedupe: bool,
    /// Only records of hosts that fit this glob (repeatable)
    #[arg(long, value_name = "GLOB", env = "TIMELINE_HOST", help_heading = "Selection")]
    pub host: Vec<String>,
    /// Only records of programs that fit this glob (repeatable)
    #[arg(long, value_name = "GLOB", env = "TIMELINE_PROGRAM", help_heading = "Selection")]
    pub program: Vec<String>,
    /// Only files or sources that fit this glob (repeatable). All others are still heard when clocks are
    /// settled: the choice changes no time
    #[arg(long, value_name = "GLOB", env = "TIMELINE_SOURCE", help_heading = "Selection")]
    pub source: Vec<String>,
    /// Of a damaged store, read what is whole
    #[arg(long, help_heading = "Selection")]
    pub salvage: bool,
    #[command(flatten)]
    pub opening: Opening,
    /// Threads [default: all cores]
    #[arg(short = 'j', long = "jobs", value_name = "N", env = "TIMELINE_JOBS", help_heading = "Run")]
    pub jobs: Option<usize>,
    /// Any loss (an unreadable file, a cut archive) is exit code 1
    #[arg(long, env = "TIMELINE_STRICT", help_heading = "Run")]
    pub strict: bool,
    /// No progress bar, no remarks; in grep, no output at all
    #[arg(short = 'q', long, env = "TIMELINE_QUIET", help_heading = "Run")]
    pub quiet: bool,
    /// Colours
    #[arg(long, value_name = "WHEN", env = "TIMELINE_COLOR", default_value = "auto", help_heading = "Run")]
    pub color: ColorWhen,
    /// Bytes per chunk (for tests: results never depend on it)
    #[arg(long, value_name = "BYTES", hide = true, env = "TIMELINE_CHUNK_SIZE")]
    pub chunk_size: Option<usize>,
}

/// How files are opened: what unpacking may cost, and what text is in.
#[derive(Debug, Args)]
pub(crate) struct Opening {
    /// Encoding of text that is not UTF-8, for all files or those that fit a glob (repeatable): euc-kr, shift_jis,
    /// latin1, utf-16le... [default: found by the first 64 KiB of a file]
    #[arg(
        long,
        value_name = "[GLOB=]NAME",
        env = "TIMELINE_ENCODING",
        value_delimiter = ',',
        help_heading = "Text"
    )]
    pub encoding: Vec<String>,
    /// Unpacked bytes of one file, or of all members of one archive, at most
    #[arg(long, value_name = "SIZE", env = "TIMELINE_MAX_UNPACKED", default_value = "64GiB", value_parser = size, help_heading = "Archives")]
    pub max_unpacked: u64,
    /// Unpacked bytes per packed byte at most (from 64 MiB on)
    #[arg(
        long,
        value_name = "N",
        env = "TIMELINE_MAX_RATIO",
        default_value_t = 1000,
        help_heading = "Archives"
    )]
    pub max_ratio: u64,
    /// Layers of compression and archives around a log at most
    #[arg(
        long,
        value_name = "N",
        env = "TIMELINE_MAX_DEPTH",
        default_value_t = 8,
        help_heading = "Archives"
    )]
    pub max_depth: usize,
    /// Memory for members of compressed archives, in all
    #[arg(long, value_name = "SIZE", env = "TIMELINE_MAX_HELD", default_value = "1GiB", value_parser = size, help_heading = "Archives")]
    pub max_held: u64,
}

/// A number of bytes.
fn size(text: &str) -> Result<u64, String> {
    parse_size(text).ok_or_else(|| "write a size such as 512M or 4GiB".to_owned())
}

#[derive(Debug, Args)]
pub(crate) struct AtLeast {
    /// At least this level (trace debug info notice warn error critical alert emergency); records of
    /// unknown level are left out
    #[arg(short = 'l', long, value_name = "LEVEL", env = "TIMELINE_LEVEL", help_heading = "Selection")]
    pub level: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Where {
    /// Only records of which this is true: 'status >= 500 and request_time > 500ms', 'level >= warn and not
    /// host in (web1, web2)', 'remote_addr in 10.0.0.0/8', 'mark = first'. docs/query.md has all of it
    #[arg(long = "where", value_name = "EXPR", env = "TIMELINE_WHERE", help_heading = "Selection")]
    pub expression: Option<String>,
}
