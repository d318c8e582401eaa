//! What may be typed. Nothing is decided here: see `resolve`.

mod look;
mod select;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

pub(super) use look::{ColorWhen, OutputFile, PagerArgs, RowFormat, ViewArgs};
pub(super) use select::{AtLeast, Common, Opening, Where};

const AFTER: &str = "\
Times: 2014-12-12T10:10, \"2014-12-12 10:10:59\", -2h, \"30m ago\", \"today 09:00\", +30m (from the other bound).
Zones: Asia/Seoul, UTC, local, +09:00.
Options marked [env: ...] can be set by that variable too, or by their long names in config.toml \
(~/.config/timeline/, or $XDG_CONFIG_HOME/timeline/): tz = \"Asia/Seoul\" for every command, below [show] for that \
one. What is typed comes first, then the environment, then the file.";

/// Reads every log copied off a few servers and merges them into one timeline
#[derive(Debug, Parser)]
#[command(name = "timeline", version, about, after_help = AFTER, max_term_width = 100)]
pub(super) struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Read everything and say what broke first, what is new, and what was read
    ///
    /// Writes a store, NAME.timeline, that the other commands ask in place of the logs: named after the first input
    /// unless -o says otherwise; --no-store writes none.
    Build(BuildArgs),
    /// Print the merged timeline
    ///
    /// `*` marks the first record of its kind in a source (not in a window: what came before is unknown
    /// there). `»` marks what follows from a record without being one, such as a change between two samples
    /// of a polled table: it is shown at its earliest, and "within" says how much later it can have been.
    /// `?` behind a level: read from words of the message. `~` behind the time: not proven to be later
    /// than the line above (another source's, of the same second, say). Lines of one source that have the same
    /// time keep the order of its files.
    Show(ShowArgs),
    /// Search the merged timeline
    ///
    /// A pattern is held against the record as written, all of its lines, with the stamp: `^` and `$` fit at each
    /// line. What is derived from a record (`»`) has no text of its own and is found by its message. `~` behind
    /// the time: not proven to be later than the line above.
    Grep(GrepArgs),
    /// Write the postmortem
    Report(ReportArgs),
    /// Per source: format, clock and how it is known, range, ledger
    Sources(SourcesArgs),
    /// The kinds of messages: how often each came, and when first and last
    ///
    /// A pattern is a message with holes (`<*>`) where numbers, ids, paths and quotations stand; each source has its
    /// own. The most frequent come first. `?` behind a level: read from words of the message.
    Patterns(PatternsArgs),
    /// How one record's instant was settled, and what stands around it
    ///
    /// FILE is the name that other commands print, or a path, or the end of either if only one file has it.
    /// Without INPUT, FILE alone is read; with INPUT all sources are settled together, and more may be
    /// known. The whole timeline is looked at, whatever is selected.
    Explain(ExplainArgs),
    /// The formats that are understood
    Formats(FormatsArgs),
    /// Print shell completions
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page (roff)
    Man,
}

#[derive(Debug, Args)]
pub(super) struct Input {
    /// Files, folders, or `-` for standard input
    #[arg(value_name = "INPUT")]
    pub inputs: Vec<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct BuildArgs {
    #[command(flatten)]
    pub input: Input,
    /// Write the store here (NAME.timeline), or all events as one JSON object a line (NAME.jsonl)
    /// [default: the last part of the first INPUT, with .timeline behind it, in the working directory]
    #[arg(short = 'o', long = "output", value_name = "NAME", conflicts_with = "no_store")]
    pub output: Option<PathBuf>,
    /// Write nothing: the summary is all
    #[arg(long)]
    pub no_store: bool,
    /// Go on until interrupted: bring the store up to date when logs have grown, every minute or when 64 MiB came
    #[arg(short = 'f', long, env = "TIMELINE_BUILD_FOLLOW", conflicts_with_all = ["no_store", "until", "around"])]
    pub follow: bool,
    /// Seconds between two times that the store is brought up to date, for tests
    #[arg(long, value_name = "SECONDS", hide = true, env = "TIMELINE_BUILD_SECONDS", default_value_t = 60.0)]
    pub follow_seconds: f64,
    /// Overwrite what stands there. A store of the same inputs is brought up to date without
    #[arg(long)]
    pub force: bool,
    /// Keep bloom filters of the values of fields, for engines that use them (this program does not yet)
    #[arg(long)]
    pub bloom: bool,
    #[command(flatten)]
    pub at_least: AtLeast,
    #[command(flatten)]
    pub chosen: Where,
    #[command(flatten)]
    pub common: Common,
}

#[derive(Debug, Args)]
pub(super) struct ShowArgs {
    #[command(flatten)]
    pub input: Input,
    /// How events are written [default: prose, or what the name of FILE says]
    #[arg(long, value_name = "FORMAT", env = "TIMELINE_FORMAT")]
    pub format: Option<RowFormat>,
    #[command(flatten)]
    pub output: OutputFile,
    /// Draw a rule where nothing was written for so long: a duration, `never`, or `auto`: on a terminal, from a
    /// minute on, or from twenty times what usually lies between two records, where that is more
    #[arg(long, value_name = "WHEN", env = "TIMELINE_GAPS", default_value = "auto", help_heading = "Output")]
    pub gaps: String,
    /// Only the last N events of what is asked for [default: all; 10 with --follow and no --since]
    #[arg(long, value_name = "N", env = "TIMELINE_TAIL", help_heading = "Output")]
    pub tail: Option<usize>,
    /// Go on with what files grow by, in merged order, until interrupted: the newest plain file of each source,
    /// also when it is rotated or emptied. Each record is held for a second, so that earlier ones can come in
    #[arg(short = 'f', long, env = "TIMELINE_FOLLOW", conflicts_with_all = ["until", "around", "output"], help_heading = "Output")]
    pub follow: bool,
    #[command(flatten)]
    pub view: ViewArgs,
    #[command(flatten)]
    pub pager: PagerArgs,
    #[command(flatten)]
    pub at_least: AtLeast,
    #[command(flatten)]
    pub chosen: Where,
    #[command(flatten)]
    pub common: Common,
}

#[derive(Debug, Args)]
pub(super) struct GrepArgs {
    /// What to look for: a regular expression, unless -F
    #[arg(value_name = "PATTERN", required_unless_present_any = ["regexp", "file"])]
    pub pattern: Option<String>,
    #[command(flatten)]
    pub input: Input,
    /// Another pattern (repeatable)
    #[arg(short = 'e', long, value_name = "PATTERN", allow_hyphen_values = true, help_heading = "Matching")]
    pub regexp: Vec<String>,
    /// Patterns from a file, one a line
    #[arg(short = 'f', long = "file", value_name = "FILE", help_heading = "Matching")]
    pub file: Vec<PathBuf>,
    /// Patterns are plain text
    #[arg(short = 'F', long, help_heading = "Matching")]
    pub fixed_strings: bool,
    /// Patterns are regular expressions (they are anyway)
    #[arg(short = 'E', long, hide = true, conflicts_with = "fixed_strings")]
    pub extended_regexp: bool,
    /// Upper and lower case are the same
    #[arg(short = 'i', long, help_heading = "Matching")]
    pub ignore_case: bool,
    /// Whole words only
    #[arg(short = 'w', long, help_heading = "Matching")]
    pub word_regexp: bool,
    /// Records that do not match
    #[arg(short = 'v', long, help_heading = "Matching")]
    pub invert_match: bool,
    /// Only the number of matching records
    #[arg(short = 'c', long, help_heading = "Output", conflicts_with_all = ["files_with_matches", "only_matching", "count_by", "histogram"])]
    pub count: bool,
    /// Only the names of files with matches
    #[arg(short = 'l', long, help_heading = "Output", conflicts_with_all = ["only_matching", "count_by"])]
    pub files_with_matches: bool,
    /// Only the parts that match
    #[arg(short = 'o', long, help_heading = "Output", conflicts_with = "count_by")]
    pub only_matching: bool,
    /// Stop after this many matching records
    #[arg(short = 'm', long, value_name = "N", help_heading = "Output")]
    pub max_count: Option<u64>,
    /// Records of the timeline after each match
    #[arg(short = 'A', long, value_name = "N|DURATION", help_heading = "Context")]
    pub after_context: Option<String>,
    /// Records of the timeline before each match
    #[arg(short = 'B', long, value_name = "N|DURATION", help_heading = "Context")]
    pub before_context: Option<String>,
    /// Both: 3 records, or all within 30s
    #[arg(short = 'C', long, value_name = "N|DURATION", help_heading = "Context")]
    pub context: Option<String>,
    /// Only the first match of each pattern of messages
    #[arg(long, help_heading = "Output")]
    pub first: bool,
    /// Count matches by: second, minute, hour, day, source, file, format, level, host, program, pid, pattern,
    /// message, or any field of the record (status)
    #[arg(long, value_name = "FIELD", help_heading = "Output", conflicts_with = "first")]
    pub count_by: Option<String>,
    /// When matches were: bars that fit the screen, over -S and -U or from the first match to the last
    #[arg(long, help_heading = "Output", conflicts_with_all = ["files_with_matches", "only_matching", "count_by"])]
    pub histogram: bool,
    /// One JSON object per event, as --format jsonl, and beside it what ripgrep's has: "type" (match or
    /// context), "text" (the record as written) and "submatches" in it
    #[arg(long, help_heading = "Output")]
    pub json: bool,
    /// How events are written
    #[arg(
        long,
        value_name = "FORMAT",
        env = "TIMELINE_FORMAT",
        default_value = "prose",
        help_heading = "Output"
    )]
    pub format: RowFormat,
    #[command(flatten)]
    pub view: ViewArgs,
    #[command(flatten)]
    pub pager: PagerArgs,
    /// At least this level (`-l` is grep's own here)
    #[arg(long, value_name = "LEVEL", env = "TIMELINE_LEVEL", help_heading = "Selection")]
    pub level: Option<String>,
    #[command(flatten)]
    pub chosen: Where,
    #[command(flatten)]
    pub common: Common,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum ReportFormat {
    /// Markdown
    Md,
    /// JSON: findings with evidence, sources, ledger
    Json,
}

#[derive(Debug, Args)]
pub(super) struct ReportArgs {
    #[command(flatten)]
    pub input: Input,
    /// How the report is written
    #[arg(long, value_name = "FORMAT", default_value = "md")]
    pub format: ReportFormat,
    #[command(flatten)]
    pub output: OutputFile,
    #[command(flatten)]
    pub at_least: AtLeast,
    #[command(flatten)]
    pub chosen: Where,
    #[command(flatten)]
    pub common: Common,
}

#[derive(Debug, Args)]
pub(super) struct SourcesArgs {
    #[command(flatten)]
    pub input: Input,
    /// How sources are written
    #[arg(long, value_name = "FORMAT", default_value = "prose")]
    pub format: RowFormat,
    #[command(flatten)]
    pub common: Common,
}

#[derive(Debug, Args)]
pub(super) struct PatternsArgs {
    #[command(flatten)]
    pub input: Input,
    /// Only patterns whose first record is not before this time
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub new_since: Option<String>,
    /// What two sets of logs, or two stores, have not in common: kinds of messages that one alone has, and those that one
    /// has far more often for its length
    #[arg(long, num_args = 2, value_names = ["A", "B"], conflicts_with_all = ["inputs", "new_since"])]
    pub diff: Vec<PathBuf>,
    /// One JSON object per pattern, as --format jsonl
    #[arg(long)]
    pub json: bool,
    /// How patterns are written
    #[arg(long, value_name = "FORMAT", default_value = "prose")]
    pub format: RowFormat,
    #[command(flatten)]
    pub pager: PagerArgs,
    #[command(flatten)]
    pub at_least: AtLeast,
    #[command(flatten)]
    pub chosen: Where,
    #[command(flatten)]
    pub common: Common,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum ExplainFormat {
    /// For people
    Prose,
    /// One JSON object
    Json,
}

#[derive(Debug, Args)]
pub(super) struct ExplainArgs {
    /// The record, by its file and any of its lines
    #[arg(value_name = "FILE:LINE", allow_hyphen_values = true)]
    pub line: String,
    #[command(flatten)]
    pub input: Input,
    /// How the answer is written
    #[arg(long, value_name = "FORMAT", default_value = "prose")]
    pub format: ExplainFormat,
    #[command(flatten)]
    pub common: Common,
}

#[derive(Debug, Args)]
pub(super) struct FormatsArgs {
    #[command(subcommand)]
    pub action: Option<FormatsAction>,
}

#[derive(Debug, Subcommand)]
pub(super) enum FormatsAction {
    /// All formats (the default)
    List,
    /// One format's grammar
    Show {
        /// Its name
        name: String,
    },
    /// Run grammars' samples: those given, or all
    Check {
        /// Grammar files
        files: Vec<PathBuf>,
    },
    /// Which format files have, with the runner-up
    Detect {
        /// Log files
        #[arg(required = true)]
        files: Vec<PathBuf>,
        #[command(flatten)]
        opening: Opening,
    },
    /// Propose a grammar for a log of your own, from its lines
    ///
    /// It prints TOML with comments: layouts, level words, and samples that are copied from the file. What it
    /// prints passes `formats check`. Read it over and put it into ~/.config/timeline/grammars/
    /// ($XDG_CONFIG_HOME/timeline/grammars/). If a format reads the file already, or its lines have no stamp,
    /// it says so, and the exit code is 1.
    New(NewFormatArgs),
}

#[derive(Debug, Args)]
pub(super) struct NewFormatArgs {
    /// The log, or `-` for standard input
    #[arg(long, value_name = "FILE")]
    pub from: PathBuf,
    /// What the format is called [default: from the name of FILE]
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
    /// How the stamp is spelt, where the lines do not show it: iso, syslog, epoch, or parts as in
    /// '%d.%m.%Y %H:%M:%S'
    #[arg(long, value_name = "PATTERN")]
    pub time: Option<String>,
    /// Propose one even if a format reads the file already; `formats check` then names the records of both
    #[arg(long)]
    pub anyway: bool,
    #[command(flatten)]
    pub output: OutputFile,
    #[command(flatten)]
    pub opening: Opening,
}
