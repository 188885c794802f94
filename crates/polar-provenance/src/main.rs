//! The command line: arguments, environment, printing and exit codes. Everything it prints is
//! computed by the libraries; data goes to stdout, everything else to stderr.

mod cli;
mod commands;
mod config;
mod exit;
mod graph;
mod keys;
mod logging;
mod polar;
mod print;
mod progress;
mod rules;
mod sources;
mod tls;

use std::process::ExitCode;

use clap::FromArgMatches;

use crate::progress::Board;

fn main() -> ExitCode {
    let arguments = cli::grouped().get_matches();
    let cli = match cli::Cli::from_arg_matches(&arguments) {
        Ok(cli) => cli,
        Err(error) => error.exit(),
    };
    let board = Board::default();
    logging::set_up(&cli.command, &board);
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => return exit::report(&error.into()),
    };
    let outcome = runtime.block_on(commands::run(cli, &board));
    // Work that a signal cut short must not hold the process back.
    runtime.shutdown_background();
    outcome.unwrap_or_else(|error| exit::report(&error))
}
