//! `timeline completions` and `timeline man`.

use super::outcome::Ending;
use crate::base::{Error, Result};

/// Prints completions for a shell.
pub(super) fn completions(shell: clap_complete::Shell) -> Result<Ending> {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut super::command(), "timeline", &mut text);
    print(&text)
}

/// Prints the manual page.
pub(super) fn man() -> Result<Ending> {
    let mut text = Vec::new();
    let command = super::command();
    let rendered = clap_mangen::Man::new(command.clone()).render(&mut text).and_then(|()| {
        command.get_subcommands().filter(|sub| sub.get_name() != "help").try_for_each(|sub| {
            let page = clap_mangen::Man::new(sub.clone());
            writeln_section(&mut text, sub.get_name())?;
            page.render_synopsis_section(&mut text)?;
            page.render_description_section(&mut text)?;
            page.render_options_section(&mut text)
        })
    });
    rendered.map_err(|error| Error::output(&error))?;
    print(&text)
}

fn writeln_section(text: &mut Vec<u8>, name: &str) -> std::io::Result<()> {
    use std::io::Write as _;
    writeln!(text, ".SH \"TIMELINE {}\"", name.to_uppercase())
}

fn print(text: &[u8]) -> Result<Ending> {
    let mut output = super::output::Output::stdout();
    output.write(text)?;
    output.finish()?;
    Ok(Ending::Good)
}
