//! Rows on a terminal that are more than its screen holds go through a pager, as git's do.
//!
//! Nothing is started until the screen is full. A pager that is left early is a reader that went away: silence.

use std::io::{self, IsTerminal as _, Write};
use std::process::{Child, Command, Stdio};

use super::args::{ColorWhen, PagerArgs};
use super::screen;
use crate::text::width;

/// `less`: colours, gone if all fits, no other screen; and an interrupt ends it, as it ends us.
const PAGER: &str = "less -RFXK";

/// When a pager is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum When {
    /// On a terminal, for what is longer than the screen.
    Longer,
    Always,
    Never,
}

impl When {
    /// What was asked for.
    pub(super) fn of(args: &PagerArgs) -> Self {
        match args.pager {
            _ if args.no_pager => Self::Never,
            ColorWhen::Always => Self::Always,
            ColorWhen::Auto if io::stdout().is_terminal() => Self::Longer,
            ColorWhen::Auto | ColorWhen::Never => Self::Never,
        }
    }
}

enum Way {
    /// What was written so far, and how many rows that is.
    Held(Vec<u8>, usize),
    Through(Child),
    Straight,
}

/// Standard output, perhaps through a pager.
pub(super) struct Pager {
    way: Way,
    columns: usize,
    rows: usize,
}

impl Pager {
    pub(super) fn new(when: When) -> Self {
        let (columns, rows) = screen::size();
        let way = match when {
            When::Longer => Way::Held(Vec::new(), 0),
            When::Always => start(),
            When::Never => Way::Straight,
        };
        Self { way, columns, rows }
    }

    /// Screen rows of a piece of output: long lines take several. Colours are counted as if they were seen,
    /// which starts the pager a little early and costs nothing: it is gone again if all fits.
    fn rows_of(&self, bytes: &[u8]) -> usize {
        let lines = bytes.split_inclusive(|byte| *byte == b'\n');
        lines.map(|line| width(&String::from_utf8_lossy(line)).div_ceil(self.columns).max(1)).sum()
    }
}

/// The pager, started; straight to the terminal if it cannot be.
fn start() -> Way {
    let named = |name: &str| std::env::var(name).ok().filter(|text| !text.trim().is_empty());
    let command = named("TIMELINE_PAGER").or_else(|| named("PAGER")).unwrap_or_else(|| PAGER.to_owned());
    if command.trim() == "cat" || !is_there(&command) {
        return Way::Straight;
    }
    let mut shell = Command::new("sh");
    shell.arg("-c").arg(&command).stdin(Stdio::piped());
    if std::env::var_os("LESS").is_none() {
        shell.env("LESS", "RFXK");
    }
    match shell.spawn() {
        Ok(child) => Way::Through(child),
        Err(_) => Way::Straight,
    }
}

/// Whether a command can be started at all: without `less`, nothing may be lost.
fn is_there(command: &str) -> bool {
    let program = command.split_whitespace().next().unwrap_or_default();
    // A path, or a line for the shell, is the user's own business.
    if program.is_empty() || program.contains(['/', '=', '"', '\'', '$', '(']) {
        return true;
    }
    std::env::var_os("PATH")
        .is_some_and(|path| std::env::split_paths(&path).any(|folder| folder.join(program).is_file()))
}

impl Write for Pager {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if let Way::Held(_, already) = &self.way {
            let rows = already + self.rows_of(bytes);
            let fits = rows < self.rows;
            if let Way::Held(held, already) = &mut self.way {
                held.extend_from_slice(bytes);
                *already = rows;
                if fits {
                    return Ok(bytes.len());
                }
                let held = std::mem::take(held);
                self.way = start();
                self.write_all(&held)?;
                return Ok(bytes.len());
            }
        }
        match &mut self.way {
            Way::Through(child) => match &mut child.stdin {
                Some(stdin) => stdin.write(bytes),
                None => Err(io::ErrorKind::BrokenPipe.into()),
            },
            Way::Held(..) | Way::Straight => io::stdout().write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.way {
            Way::Held(held, rows) => {
                let held = std::mem::take(held);
                *rows = 0;
                io::stdout().write_all(&held)?;
                io::stdout().flush()
            }
            Way::Through(child) => child.stdin.as_mut().map_or(Ok(()), Write::flush),
            Way::Straight => io::stdout().flush(),
        }
    }
}

impl Drop for Pager {
    fn drop(&mut self) {
        if let Way::Through(child) = &mut self.way {
            // It shows its last page until its reader leaves it.
            drop(child.stdin.take());
            let code = child.wait().ok().and_then(|status| status.code());
            // What a shell says of a command that it cannot run.
            if matches!(code, Some(126 | 127)) {
                let said = "timeline: the pager cannot be run, so nothing was shown; set TIMELINE_PAGER, or give --no-pager\n";
                let _ = io::stderr().write_all(said.as_bytes());
            }
        }
    }
}
