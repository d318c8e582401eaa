//! One bar on stderr while a run lasts, when stderr is a terminal; nothing otherwise.

use std::io::IsTerminal as _;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use crate::engine::Watch;

/// A progress bar, or silence.
pub(super) struct Progress(Option<ProgressBar>);

impl Progress {
    /// A bar, unless `quiet` or stderr is no terminal. On a terminal that also gets the timeline
    /// itself, a bar would scribble over it: `quiet` is the caller's to set.
    pub(super) fn new(quiet: bool) -> Self {
        if quiet || !std::io::stderr().is_terminal() {
            return Self(None);
        }
        let bar = ProgressBar::new(0);
        let style = "{bar:24} {bytes}/{total_bytes} {bytes_per_sec} ETA {eta} {wide_msg}";
        if let Ok(style) = ProgressStyle::with_template(style) {
            bar.set_style(style);
        }
        // A run that is over at once shows no bar at all.
        bar.enable_steady_tick(Duration::from_millis(200));
        Self(Some(bar))
    }

    /// Removes the bar.
    pub(super) fn done(&self) {
        if let Some(bar) = &self.0 {
            bar.finish_and_clear();
        }
    }
}

impl Watch for Progress {
    fn advance(&self, bytes: u64, file: &str) {
        if let Some(bar) = &self.0 {
            bar.inc(bytes);
            bar.set_message(file.to_owned());
        }
    }

    fn expect(&self, total: u64) {
        if let Some(bar) = &self.0 {
            bar.set_length(total);
        }
    }
}
