//! Progress of long work: a spinner on a terminal, a log line now and then elsewhere.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

/// Between two log lines.
const QUIET: Duration = Duration::from_secs(10);

/// Progress of one piece of work, counted.
pub(crate) struct Progress {
    spinner: ProgressBar,
    logged: Instant,
}

impl Progress {
    /// Starts to show progress on stderr.
    pub(crate) fn start() -> Self {
        let spinner = ProgressBar::new_spinner();
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} {human_pos} [{elapsed}]") {
            spinner.set_style(style);
        }
        Self {
            spinner,
            logged: Instant::now(),
        }
    }

    /// Shows that `done` of `what` are done.
    pub(crate) fn set(&mut self, what: &str, done: u64) {
        self.spinner.set_message(what.to_owned());
        self.spinner.set_position(done);
        self.spinner.tick();
        if self.spinner.is_hidden() && self.logged.elapsed() >= QUIET {
            self.logged = Instant::now();
            tracing::warn!("{what} {done}");
        }
    }

    /// Prints a line on stderr without disturbing the spinner.
    pub(crate) fn note(&self, line: &str) {
        self.spinner.suspend(|| eprintln!("{line}"));
    }

    /// Takes the spinner away.
    pub(crate) fn finish(&self) {
        self.spinner.finish_and_clear();
    }
}
