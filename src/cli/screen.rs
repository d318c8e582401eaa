//! How wide the screen is: one answer for every command.
//!
//! Tables and sentences take it wherever they are written, so that `COLUMNS` holds for what is piped too. Rows of
//! `show` and `grep` are fitted on a terminal alone: another program reads a record a line.

use std::io::IsTerminal as _;

/// Where the terminal does not tell.
const USUAL: (usize, usize) = (80, 24);

/// Columns below which nothing is fitted: nothing would be left of a line.
const NARROWEST: usize = 40;

/// Columns and rows of the terminal.
pub(super) fn size() -> (usize, usize) {
    let size = terminal_size::terminal_size();
    size.map_or(USUAL, |(columns, rows)| (usize::from(columns.0).max(1), usize::from(rows.0).max(2)))
}

/// Columns of what is written to: what `COLUMNS` says, else those of the terminal; none where there is neither.
pub(super) fn columns() -> Option<usize> {
    let said = std::env::var("COLUMNS").ok().and_then(|text| text.trim().parse().ok());
    let known = said.filter(|columns| *columns > 0).or_else(|| {
        let terminal = std::io::stdout().is_terminal();
        terminal.then(|| size().0)
    });
    known.filter(|columns| *columns >= NARROWEST)
}
