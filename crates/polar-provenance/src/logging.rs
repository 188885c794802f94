//! Logs: to stderr, as `RUST_LOG` says.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

use crate::{cli::Command, progress::Board};

/// Sets up logs. The Kubernetes client would tell each attempt that failed as an error, also those
/// that are tried again; what fails for good is told by us. Without `RUST_LOG` the agent tells what it does; the other commands only warn.
pub(crate) fn set_up(command: &Command, board: &Board) {
    let default = match command {
        Command::Agent(_) => "warn,kube_client=off,polar_provenance=info",
        _ => "warn,kube_client=off",
    };
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(default));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_target(false)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(board.clone())
        .init();
}
