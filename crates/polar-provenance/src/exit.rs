//! Exit codes: 0 done, 1 a negative answer, 2 usage or settings, 3 a source or the graph out of
//! reach, 130 interrupted.

use std::{io, process::ExitCode};

use polar_graph::GraphError;
use polar_query::TargetError;

use crate::{cli::LogFormat, print};

/// A negative answer where one was asked for: bad lines, refused rules, differences.
pub(crate) const NEGATIVE: u8 = 1;
const USAGE: u8 = 2;
const OUT_OF_REACH: u8 = 3;
/// As shells say it: 128 + SIGINT.
pub(crate) const INTERRUPTED: u8 = 130;

/// A file or stream that was to be read cannot be.
#[derive(Debug, thiserror::Error)]
#[error("cannot read {name}: {source}")]
pub(crate) struct SourceError {
    pub(crate) name: String,
    pub(crate) source: io::Error,
}

/// Prints an error as one line and says how to exit.
pub(crate) fn report(error: &anyhow::Error, format: LogFormat) -> ExitCode {
    if is_broken_pipe(error) {
        // Whoever read the output has seen enough.
        return ExitCode::SUCCESS;
    }
    match format {
        LogFormat::Text => eprintln!("error: {}", print::harmless(&one_line(error))),
        LogFormat::Json => eprintln!("{}", log_line(error)),
    }
    ExitCode::from(code(error))
}

/// The error as a line of the log, with the exit code.
fn log_line(error: &anyhow::Error) -> serde_json::Value {
    serde_json::json!({
        "timestamp": jiff::Timestamp::now().to_string(),
        "level": "ERROR",
        "target": env!("CARGO_CRATE_NAME"),
        "message": one_line(error),
        "exit_code": code(error),
    })
}

/// The error and its causes, without repeating what an error already says of its cause.
pub(crate) fn one_line(error: &anyhow::Error) -> String {
    let mut line = String::new();
    for cause in error.chain() {
        let text = cause.to_string();
        if line.ends_with(&text) {
            continue;
        }
        if !line.is_empty() {
            line.push_str(": ");
        }
        line.push_str(&text);
    }
    line
}

fn code(error: &anyhow::Error) -> u8 {
    let out_of_reach = |cause: &(dyn std::error::Error + 'static)| {
        let observed = cause.downcast_ref::<polar_source::SourceError>();
        let asked = cause.downcast_ref::<TargetError>();
        cause.is::<GraphError>()
            || matches!(asked, Some(TargetError::Graph(_)))
            || cause.is::<SourceError>()
            || observed
                .is_some_and(|error| !matches!(error, polar_source::SourceError::Settings(_)))
    };
    if error.chain().any(out_of_reach) {
        OUT_OF_REACH
    } else {
        USAGE
    }
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        let io = cause.downcast_ref::<io::Error>();
        io.is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
    })
}

#[cfg(test)]
mod tests {
    use polar_query::{NamespaceError, TargetError};

    use super::*;

    fn unreachable() -> GraphError {
        GraphError::Unreachable {
            endpoint: "bolt://localhost:1".to_owned(),
            reason: "nobody is there".to_owned(),
        }
    }

    #[test]
    fn a_graph_that_goes_away_in_the_middle_of_a_question_is_out_of_reach() {
        let once = one_line(&unreachable().into());
        for error in [
            anyhow::Error::from(TargetError::Graph(unreachable())),
            anyhow::Error::from(NamespaceError::Graph(unreachable())),
        ] {
            assert_eq!(code(&error), OUT_OF_REACH);
            assert_eq!(one_line(&error), once);
        }
        let name = "shopp".to_owned();
        let similar = Vec::new();
        assert_eq!(
            code(&NamespaceError::Unknown { name, similar }.into()),
            USAGE
        );
    }
}
