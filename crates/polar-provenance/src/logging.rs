//! Logs: to stderr, as `RUST_LOG` says, for people or for programs; and spans for traces.

use std::io::IsTerminal;

use polar_graph::SPANS;
use tracing_subscriber::{
    EnvFilter, Layer, Registry, filter::Targets, layer::SubscriberExt, util::SubscriberInitExt,
};

use crate::{
    cli::{Command, LogFormat},
    progress::Board,
    traces::Traces,
};

/// Sets up logs and spans. The Kubernetes client would tell each attempt that failed as an error,
/// also those that are tried again; what fails for good is told by us. Without `RUST_LOG` the agent
/// tells what it does; the other commands only warn.
///
/// Spans go to traces only: without those, nobody asks for them, and they are not made.
pub(crate) fn set_up(command: &Command, format: LogFormat, board: &Board, traces: Option<&Traces>) {
    let default = match command {
        Command::Agent(_) => "warn,kube_client=off,polar_provenance=info",
        _ => "warn,kube_client=off",
    };
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(default));
    let filter = match format!("{SPANS}=off").parse() {
        Ok(no_spans) => filter.add_directive(no_spans),
        Err(_) => filter,
    };
    let lines = tracing_subscriber::fmt::layer().with_writer(board.clone());
    let lines: Box<dyn Layer<Registry> + Send + Sync> = match format {
        LogFormat::Text => {
            let is_terminal = std::io::stderr().is_terminal();
            lines.with_target(false).with_ansi(is_terminal).boxed()
        }
        LogFormat::Json => lines
            .json()
            .flatten_event(true)
            .with_current_span(false)
            .with_span_list(false)
            .boxed(),
    };
    let spans = traces.map(|traces| {
        let layer = tracing_opentelemetry::layer()
            .with_tracer(traces.tracer())
            .with_location(false)
            .with_threads(false)
            .with_target(false);
        layer.with_filter(Targets::new().with_target(SPANS, tracing::Level::INFO))
    });
    tracing_subscriber::registry()
        .with(lines.with_filter(filter))
        .with(spans)
        .init();
}
