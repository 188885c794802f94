//! Progress of long work: a spinner a piece of work on a terminal, a log line now and then elsewhere.

use std::{
    io::{self, Write},
    time::{Duration, Instant},
};

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use tracing_subscriber::fmt::MakeWriter;

use crate::print::harmless;

/// Between two log lines.
const QUIET: Duration = Duration::from_secs(10);

/// Where all spinners of the process stand, below each other; logs are written above them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Board(MultiProgress);

impl Board {
    /// A piece of work, which shows once it has something to say.
    pub(crate) fn line(&self) -> Progress {
        let spinner = self.0.add(ProgressBar::new_spinner());
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} {human_pos} [{elapsed}]") {
            spinner.set_style(style);
        }
        Progress {
            spinner,
            board: self.clone(),
            logged: Instant::now(),
        }
    }
}

impl<'a> MakeWriter<'a> for Board {
    type Writer = LogLine;

    fn make_writer(&'a self) -> LogLine {
        LogLine(self.clone())
    }
}

/// Writes to stderr without disturbing the spinners.
pub(crate) struct LogLine(Board);

impl Write for LogLine {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let Self(Board(spinners)) = self;
        spinners.suspend(|| io::stderr().write_all(bytes))?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}

/// Progress of one piece of work, counted.
pub(crate) struct Progress {
    spinner: ProgressBar,
    board: Board,
    logged: Instant,
}

impl Progress {
    /// Starts to show progress on stderr.
    pub(crate) fn start() -> Self {
        Board::default().line()
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

    /// Prints a line on stderr without disturbing the spinners.
    pub(crate) fn note(&self, line: &str) {
        self.board.0.suspend(|| eprintln!("{}", harmless(line)));
    }

    /// Takes the spinner away.
    pub(crate) fn finish(&self) {
        self.spinner.finish_and_clear();
        self.board.0.remove(&self.spinner);
    }
}
