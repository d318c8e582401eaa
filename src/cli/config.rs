//! `config.toml`: options by their long names, as what is taken where neither the command line nor the environment
//! says anything else.
//!
//! ```toml
//! tz = "Asia/Seoul"                 # every command that has the option
//! [show]
//! columns = ["time", "source", "message"]
//! ```
//! An option that is misspelt would be taken for granted for years: every name and value is checked, whichever
//! command runs.

use std::path::Path;

use clap::builder::FalseyValueParser;
use clap::error::ErrorKind;
use clap::{Arg, ArgAction, Command};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::base::{Error, Result, reason};
use crate::query::closest_name;

/// Options that belong to one run: neither the environment nor a file gives them.
const OF_ONE_RUN: [&str; 9] =
    ["output", "force", "regexp", "file", "extended-regexp", "window", "help", "version", "from"];

/// The name of the file in the folder of the configuration.
pub(super) const NAME: &str = "config.toml";

/// Gives every option of every command an environment variable: `TIMELINE_` and its long name. Where two commands
/// mean different things by one name, their own name stands before it.
pub(super) fn with_environment(command: Command) -> Command {
    let names: Vec<String> = command.get_subcommands().map(|sub| sub.get_name().to_owned()).collect();
    names.iter().fold(command, |command, name| {
        command.mut_subcommand(name, |sub| {
            let prefix = sub.get_name().to_uppercase();
            sub.mut_args(|arg| {
                let Some(long) = arg.get_long().map(str::to_owned) else { return arg };
                let is_flag = matches!(arg.get_action(), ArgAction::SetTrue);
                let arg = if is_flag { arg.value_parser(FalseyValueParser::new()) } else { arg };
                if arg.get_env().is_some() || OF_ONE_RUN.contains(&long.as_str()) {
                    return arg;
                }
                let long = long.to_uppercase().replace('-', "_");
                let own = if long == "FORMAT" { format!("{prefix}_") } else { String::new() };
                arg.env(format!("TIMELINE_{own}{long}"))
            })
        })
    })
}

/// Takes what a file says, if there is one, for the options' defaults.
pub(super) fn with_file(command: Command, path: &Path) -> Result<Command> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(command),
        Err(error) => return Err(Error::new(format!("cannot read {}: {}", path.display(), reason(&error)))),
    };
    with_text(command, &text).map_err(|(at, why)| {
        let line = text.as_bytes()[..at.min(text.len())].iter().filter(|byte| **byte == b'\n').count() + 1;
        Error::new(format!("{}:{line}: {why}", path.display()))
    })
}

/// What is wrong, and at which byte.
type Wrong = (usize, String);

/// One option as the file has it.
struct Setting<'a> {
    at: usize,
    /// The table it stands in; none above all tables.
    table: Option<&'a str>,
    name: &'a str,
    value: &'a Spanned<DeValue<'a>>,
}

fn with_text(command: Command, text: &str) -> std::result::Result<Command, Wrong> {
    let document = DeTable::parse(text).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start);
        (at, error.message().to_owned())
    })?;
    let mut settings = Vec::new();
    for (key, value) in document.get_ref() {
        let name: &str = key.get_ref();
        match value.get_ref() {
            DeValue::Table(table) => {
                if command.find_subcommand(name).is_none_or(|sub| longs(sub).next().is_none()) {
                    let commands: Vec<String> = tables(&command).map(str::to_owned).collect();
                    return Err((key.span().start, unknown("command", name, &commands)));
                }
                settings.extend(table.iter().map(|(key, value)| Setting {
                    at: key.span().start,
                    table: Some(name),
                    name: key.get_ref(),
                    value,
                }));
            }
            _ => settings.push(Setting { at: key.span().start, table: None, name, value }),
        }
    }
    // What holds for all commands first: a table says it better. And mistakes are told from the top.
    settings.sort_by_key(|setting| (setting.table.is_some(), setting.at));
    settings.iter().try_fold(command, set)
}

fn set(command: Command, setting: &Setting<'_>) -> std::result::Result<Command, Wrong> {
    let has = |sub: &Command| longs(sub).any(|long| long == setting.name);
    let wanted = |sub: &&Command| setting.table.is_none_or(|table| table == sub.get_name());
    let commands: Vec<String> = command
        .get_subcommands()
        .filter(|sub| wanted(sub) && has(sub))
        .map(|sub| sub.get_name().to_owned())
        .collect();
    if commands.is_empty() {
        let mut names: Vec<String> =
            command.get_subcommands().filter(wanted).flat_map(longs).map(str::to_owned).collect();
        names.sort_unstable();
        names.dedup();
        return Err((setting.at, unknown("option", setting.name, &names)));
    }
    let values = values(setting.value)?;
    let at = setting.value.span().start;
    let mut command = command;
    for name in commands {
        if let Some(arg) = command.find_subcommand(&name).and_then(|sub| find(sub, setting.name)) {
            let id = arg.get_id().as_str().to_owned();
            fits(&command, &name, arg, &values).map_err(|why| (at, why))?;
            let values = values.clone();
            command = command.mut_subcommand(&name, |sub| sub.mut_arg(&id, |arg| arg.default_values(values)));
        }
    }
    Ok(command)
}

/// Whether an option takes these values, told by having them parsed.
fn fits(command: &Command, sub: &str, arg: &Arg, values: &[String]) -> std::result::Result<(), String> {
    let long = arg.get_long().unwrap_or_default();
    if matches!(arg.get_action(), ArgAction::SetTrue) {
        let is_one = matches!(values, [value] if value == "true" || value == "false");
        return if is_one { Ok(()) } else { Err(format!("`{long}` is true or false")) };
    }
    if values.len() > 1 && !matches!(arg.get_action(), ArgAction::Append) {
        return Err(format!("`{long}` takes one value, and here are {}", values.len()));
    }
    let typed = values.iter().map(|value| format!("--{long}={value}"));
    let line: Vec<String> = ["timeline".to_owned(), sub.to_owned()].into_iter().chain(typed).collect();
    match command.clone().try_get_matches_from(line) {
        Err(error) if matches!(error.kind(), ErrorKind::InvalidValue | ErrorKind::ValueValidation) => {
            let text = error.to_string();
            let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
            let what = lines.next().unwrap_or_default().trim_start_matches("error: ").to_owned();
            let more = lines.find(|line| line.starts_with("[possible values"));
            Err(more.map_or(what.clone(), |more| format!("{what} {more}")))
        }
        _ => Ok(()),
    }
}

fn find<'a>(sub: &'a Command, long: &str) -> Option<&'a Arg> {
    sub.get_arguments().find(|arg| arg.get_long() == Some(long))
}

/// Commands that a table can be for.
fn tables(command: &Command) -> impl Iterator<Item = &str> {
    command.get_subcommands().filter(|sub| longs(sub).next().is_some()).map(Command::get_name)
}

/// Options of a command that a file can give.
fn longs(sub: &Command) -> impl Iterator<Item = &str> {
    let longs = sub.get_arguments().filter(|arg| !arg.is_hide_set()).filter_map(Arg::get_long);
    longs.filter(|long| *long == "window" || !OF_ONE_RUN.contains(long))
}

fn unknown(kind: &str, name: &str, known: &[String]) -> String {
    let meant = closest_name(name, known).filter(|meant| known.iter().any(|known| known == meant));
    match meant {
        Some(meant) => format!("there is no {kind} `{name}`; did you mean `{meant}`?"),
        None if kind == "command" => format!("there is no {kind} `{name}`; tables are {}", known.join(" ")),
        None => format!("there is no {kind} `{name}`; options stand here by their long names, as in --help"),
    }
}

/// The values as they would be typed.
fn values(value: &Spanned<DeValue<'_>>) -> std::result::Result<Vec<String>, Wrong> {
    Ok(match value.get_ref() {
        DeValue::String(text) => vec![text.to_string()],
        DeValue::Integer(number) => vec![number.as_str().to_owned()],
        DeValue::Float(number) => vec![number.as_str().to_owned()],
        DeValue::Boolean(value) => vec![value.to_string()],
        DeValue::Datetime(time) => vec![time.to_string()],
        DeValue::Array(items) => {
            let mut all = Vec::new();
            for item in items.iter() {
                all.extend(values(item)?);
            }
            all
        }
        DeValue::Table(_) => {
            return Err((value.span().start, "an option has a value, and no table".to_owned()));
        }
    })
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;
    use crate::cli::args::Cli;

    fn said(text: &str) -> std::result::Result<Command, Wrong> {
        with_text(with_environment(Cli::command()), text)
    }

    #[test]
    fn every_name_and_value_is_checked() {
        for (text, at, part) in [
            ("tz = \"UTC\"\ncolour = \"never\"\n", 11, "did you mean `color`?"),
            ("[shw]\ntz = \"UTC\"\n", 1, "did you mean `show`?"),
            ("[show]\nignore-case = true\n", 7, "no option `ignore-case`"),
            ("color = \"loud\"\n", 8, "[possible values: auto, always, never]"),
            ("strict = \"yes\"\n", 9, "`strict` is true or false"),
            ("output = \"x\"\n", 0, "no option `output`"),
            ("jobs = [1, 2]\n", 7, "one value"),
            ("tz = \n", 4, ""),
            ("[show]\ntail = { a = 1 }\n", 14, "no table"),
            ("year = 99\n", 7, "99"),
        ] {
            let (found, why) = said(text).err().unwrap_or_else(|| panic!("{text}"));
            assert!(why.contains(part), "{text}: {why}");
            assert!(found.abs_diff(at) <= 1, "{text}: {found} {why}");
        }
    }

    #[test]
    fn tables_say_it_better_than_the_top() {
        let command = said("[show]\ntail = 5\ntz = \"UTC\"\n").expect("fine");
        let command =
            with_text(command, "tail = 7\njobs = 2\nassume-tz = [\"*.log=UTC\", \"KST\"]\n").expect("fine");
        let tail = command.find_subcommand("show").and_then(|sub| find(sub, "tail")).expect("an option");
        assert_eq!(tail.get_default_values(), ["7"]);
        let command = said("tail = 7\n[show]\ntail = 5\n").expect("fine");
        let tail = command.find_subcommand("show").and_then(|sub| find(sub, "tail")).expect("an option");
        assert_eq!(tail.get_default_values(), ["5"]);
    }

    #[test]
    fn the_command_is_sound_with_its_environment() {
        with_environment(Cli::command()).debug_assert();
    }
}
