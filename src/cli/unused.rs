//! Options that a command takes and has no use for: who types one expects something of it, and is told why there is
//! nothing. What the environment or the configuration says is said for all commands, and left alone.

use std::path::PathBuf;

use clap::parser::ValueSource;
use clap::{ArgMatches, Command};

use super::args::RowFormat;
use super::notice;

/// Options that choose records.
const CHOOSING: [&str; 8] =
    ["since", "until", "around", "window", "as-written", "no-dedupe", "host", "program"];

/// Commands that have no use for them, whatever else is typed, and why.
const NEVER: [(&str, &str); 2] = [
    ("sources", "it tells of sources as a whole; `show`, `grep`, `report` and `patterns` choose records"),
    ("explain", "it looks at the whole timeline, so that what it says of a record hangs on no choice"),
];

/// What was typed.
struct Typed<'a> {
    command: &'a Command,
    matches: &'a ArgMatches,
}

impl Typed<'_> {
    /// The option's identity among those of its command.
    fn id(&self, long: &str) -> Option<&str> {
        let known = self.command.get_arguments().find(|arg| arg.get_long() == Some(long));
        known.map(|arg| arg.get_id().as_str())
    }

    /// Whether an option stands on the command line.
    fn has(&self, long: &str) -> bool {
        self.id(long).is_some_and(|id| self.matches.value_source(id) == Some(ValueSource::CommandLine))
    }

    /// Whether a flag is set, wherever that is said.
    fn is_on(&self, long: &str) -> bool {
        self.id(long).is_some_and(|id| matches!(self.matches.try_get_one::<bool>(id), Ok(Some(true))))
    }

    /// Whether an option has a value, wherever that is said.
    fn is_given(&self, long: &str) -> bool {
        self.id(long).is_some_and(|id| {
            self.matches.value_source(id).is_some_and(|source| source != ValueSource::DefaultValue)
        })
    }

    /// Whether the file that is written ends like this.
    fn writes(&self, end: &str) -> bool {
        let path = self.matches.try_get_one::<PathBuf>("output").ok().flatten();
        path.and_then(|path| path.extension()).is_some_and(|extension| extension == end)
    }

    fn is_jsonl(&self) -> bool {
        match self.matches.try_get_one::<RowFormat>("format") {
            Ok(Some(format)) => *format == RowFormat::Jsonl || self.is_on("json"),
            _ => self.writes("jsonl"),
        }
    }

    /// What of the command line has no use beside the rest of it, and why.
    fn pointless(&self) -> Vec<(&'static str, String)> {
        let mut found: Vec<(&str, String)> = Vec::new();
        let mut tell = |options: &[&'static str], why: &str| {
            found.extend(options.iter().filter(|long| self.has(long)).map(|long| (*long, why.to_owned())));
        };
        let name = self.command.get_name();
        if let Some((_, why)) = NEVER.iter().find(|(command, _)| *command == name) {
            tell(&CHOOSING, why);
        }
        match name {
            "show" | "grep" if self.is_jsonl() => {
                tell(&["columns", "relative", "gaps"], "JSON lines have every part of a record, as it is");
            }
            "build" if self.is_on("no-store") || self.writes("jsonl") => {
                tell(&["bloom"], "no store is written");
            }
            _ => {}
        }
        if name == "show" && (self.is_on("follow") || self.is_given("output")) {
            tell(&["pager"], "what goes on, or into a file, goes through no pager");
        }
        let totals = ["count", "files-with-matches", "only-matching", "histogram"];
        let total = totals.into_iter().find(|long| self.is_on(long));
        let total = total.or_else(|| self.is_given("count-by").then_some("count-by"));
        if let (Some(total), "grep", false) = (total, name, self.is_on("quiet")) {
            let why = format!("--{total} prints no records");
            tell(&["columns", "relative", "json", "after-context", "before-context", "context"], &why);
            if self.is_jsonl() {
                tell(&["format"], &why);
            }
        }
        found
    }
}

/// Tells of what was typed and does nothing. The run goes on: these options are common to all commands, and scripts
/// give them to all.
pub(super) fn tell(command: &Command, matches: &ArgMatches) {
    let Some((name, matches)) = matches.subcommand() else { return };
    let Some(command) = command.find_subcommand(name) else { return };
    let typed = Typed { command, matches };
    if typed.is_on("quiet") {
        return;
    }
    for (long, why) in typed.pointless() {
        let arg = command.get_arguments().find(|arg| arg.get_long() == Some(long));
        let short = arg.and_then(clap::Arg::get_short).map_or(String::new(), |short| format!(" (-{short})"));
        notice::tell(&format!("--{long}{short} does nothing in `timeline {name}` here: {why}"));
    }
}

/// Leaves options out of the help and the configuration of commands that have no use for them.
pub(super) fn hidden(command: Command) -> Command {
    NEVER.iter().fold(command, |command, (name, _)| {
        command.mut_subcommand(name, |sub| {
            sub.mut_args(|arg| {
                let is_one = arg.get_long().is_some_and(|long| CHOOSING.contains(&long));
                if is_one { arg.hide(true) } else { arg }
            })
        })
    })
}
