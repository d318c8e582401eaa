//! One bar on stderr while a run lasts, when stderr is a terminal; nothing otherwise.

use std::io::IsTerminal as _;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::engine::Watch;

/// Runs shorter than this show no bar.
const PATIENCE: Duration = Duration::from_millis(400);

/// A progress bar, or silence.
pub(super) struct Progress {
    bar: Option<ProgressBar>,
    began: Instant,
}

impl Progress {
    /// A bar, unless `quiet` or stderr is no terminal.
    pub(super) fn new(quiet: bool) -> Self {
        let began = Instant::now();
        if quiet || !std::io::stderr().is_terminal() {
            return Self { bar: None, began };
        }
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
        let style = "{bar:24} {bytes}/{total_bytes} {bytes_per_sec} ETA {eta} {wide_msg}";
        if let Ok(style) = ProgressStyle::with_template(style) {
            bar.set_style(style);
        }
        Self { bar: Some(bar), began }
    }

    /// Removes the bar.
    pub(super) fn done(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

impl Watch for Progress {
    fn advance(&self, bytes: u64, file: &str) {
        if let Some(bar) = &self.bar {
            bar.inc(bytes);
            if bar.is_hidden() && !bar.is_finished() && self.began.elapsed() > PATIENCE {
                bar.set_draw_target(ProgressDrawTarget::stderr());
            }
            bar.set_message(file.to_owned());
        }
    }

    fn expect(&self, total: u64) {
        if let Some(bar) = &self.bar {
            bar.set_length(total);
        }
    }
}
