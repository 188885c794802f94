//! The command line: arguments, environment, printing and exit codes. Everything it prints is
//! computed by the libraries; data goes to stdout, everything else to stderr.

mod cli;
mod commands;
mod config;
mod exit;
mod graph;
mod keys;
mod logging;
mod operation;
mod polar;
mod print;
mod progress;
mod rules;
mod sources;
mod tls;
mod traces;

use std::process::ExitCode;

use clap::FromArgMatches;
use tokio::runtime::Runtime;

use crate::{cli::Cli, progress::Board, traces::Traces};

/// Taking in allocates for each property that it reads; the platform's allocator takes a third of the time for it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let arguments = cli::grouped().get_matches();
    let cli = match Cli::from_arg_matches(&arguments) {
        Ok(cli) => cli,
        Err(error) => error.exit(),
    };
    let format = cli.global.log_format;
    run(cli).unwrap_or_else(|error| exit::report(&error, format))
}

fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    let runtime = Runtime::new()?;
    let traces = {
        let _within = runtime.enter();
        Traces::from_environment()?
    };
    let board = Board::default();
    logging::set_up(&cli.command, cli.global.log_format, &board, traces.as_ref());
    let outcome = runtime.block_on(commands::run(cli, &board));
    if let Some(traces) = traces {
        traces.finish();
    }
    // Work that a signal cut short must not hold the process back.
    runtime.shutdown_background();
    outcome
}
