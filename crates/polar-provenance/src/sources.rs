//! Reading a source: what an observer sees goes to a taker, in the order it is seen.

use std::sync::Mutex;

use polar_cluster::Cluster;
use polar_gitlab::GitLab;
use polar_graph::{GraphError, GraphStore};
use polar_ingest::{Ingest, Problem, Report};
use polar_normalize::Options;
use polar_registry::Registry;
use polar_source::{Outcome, Retries, Seen, Sink, SourceError};

use crate::config::{Planned, Source};

impl Source {
    /// Takes what the graph knows, so that it is not read again.
    pub(crate) async fn knowing(mut self, store: &dyn GraphStore) -> Result<Self, GraphError> {
        match &mut self {
            Self::GitLab(options) => options.marks = polar_query::marks(store, "gitlab").await?,
            Self::Registry(options) => {
                options.known_manifests = polar_query::known_manifests(store).await?;
            }
            Self::Kubernetes(_) => {}
        }
        Ok(self)
    }

    /// Where it counts requests that are made again.
    pub(crate) fn retries(&self) -> &Retries {
        match self {
            Self::GitLab(options) => &options.http.retries,
            Self::Registry(options) => &options.http.retries,
            Self::Kubernetes(options) => &options.retries,
        }
    }

    async fn observe(self, sink: Sink) -> Result<Outcome, SourceError> {
        match self {
            Self::GitLab(options) => GitLab::new(options)?.observe(&sink).await,
            Self::Registry(options) => Registry::new(options)?.observe(&sink).await,
            Self::Kubernetes(options) => Cluster::connect(options).await?.observe(&sink).await,
        }
    }
}

impl Planned {
    /// What it is called in the graph, by kind and scope, as far as that is known beforehand.
    pub(crate) fn scope(&self) -> Option<(&'static str, String)> {
        match &self.source {
            Source::GitLab(options) => {
                let host = options.endpoint.host_str()?;
                let port = options.endpoint.port().map(|port| format!(":{port}"));
                Some(("gitlab", host.to_owned() + &port.unwrap_or_default()))
            }
            Source::Registry(options) => Some(("registry", options.registry.clone())),
            Source::Kubernetes(options) => {
                let name = options.name.as_ref().or(options.context.as_ref())?;
                Some(("kubernetes", name.clone()))
            }
        }
    }
}

/// Reads a source and hands what it sees to `take`; ends early if that fails.
pub(crate) async fn observe<E: From<SourceError>>(
    source: Source,
    mut take: impl AsyncFnMut(Seen) -> Result<(), E>,
) -> Result<Outcome, E> {
    let (sink, mut seen) = Sink::channel();
    let taking = async move {
        while let Some(seen) = seen.recv().await {
            take(seen).await?;
        }
        Ok::<(), E>(())
    };
    // A taker that fails drops its end; the observer hears of it at its next word.
    let (taken, read) = tokio::join!(taking, source.observe(sink));
    taken?;
    Ok(read?)
}

/// Why a source was not taken in.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TakeError {
    /// The source.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The graph.
    #[error(transparent)]
    Graph(#[from] GraphError),
}

/// Reads a source into the graph. What was seen before a failure is in the graph, too.
pub(crate) async fn take_in(
    source: Source,
    store: &dyn GraphStore,
    options: &Options,
    problem: impl FnMut(String) + Send,
    mut progress: impl FnMut(u64) + Send,
) -> (Result<Outcome, TakeError>, Report) {
    let problem = Mutex::new(problem);
    let say = |text: String| {
        if let Ok(mut problem) = problem.lock() {
            problem(text);
        }
    };
    // An image that joins nothing becomes a finding; here it is only counted.
    let is_lost = |found: &_| matches!(found, Problem::BadLine { .. });
    let mut intake = Ingest::new(store, |found| {
        if is_lost(&found) {
            say(found.to_string());
        }
    })
    .with_options(options.clone());
    let outcome = async {
        let source = source.knowing(store).await?;
        let mut count = 0;
        let outcome = observe(source, async |seen| {
            match seen {
                Seen::Observation(observation) => {
                    intake.observation(&observation).await?;
                    count += 1;
                    progress(count);
                }
                Seen::Problem(found) => say(found.to_string()),
            }
            Ok::<(), TakeError>(())
        })
        .await;
        let flushed = intake.flush().await;
        let outcome = outcome?;
        flushed?;
        Ok(outcome)
    }
    .await;
    let report = intake.report().clone();
    let outcome = outcome.map(|outcome| Outcome {
        complete: outcome.complete && report.bad_lines == 0,
        problems: outcome.problems + report.bad_lines,
    });
    (outcome, report)
}
