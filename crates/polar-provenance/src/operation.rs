//! The agent as a service: what it tells of itself, to whom.

mod listener;
mod pulse;
mod readiness;

use std::{
    sync::{Arc, OnceLock},
    time::{Duration, SystemTime},
};

use polar_graph::GraphStore;
use polar_metrics::{Metrics, PassKind, PassOutcome, RuleFigures, Setup};
use polar_query::FindingKind;
use polar_reconcile::{PassSummary, RuleSummary, Stop};

use self::readiness::Readiness;
use crate::config::Planned;

pub(crate) use listener::Listener;
pub(crate) use pulse::Pulse;

/// What is known of the running agent. Whoever works tells it, the listener asks it.
pub(crate) struct Operation {
    pub(crate) metrics: Metrics,
    pub(crate) pulse: Pulse,
    readiness: Readiness,
    /// The graph, once it was reached.
    graph: OnceLock<Arc<dyn GraphStore>>,
    sources: Vec<Planned>,
    stop: Stop,
}

impl Operation {
    /// Of an agent that does nothing yet. A loop that was silent for `silence` longer than it said
    /// is taken for hung.
    pub(crate) fn new(
        setup: &Setup,
        sources: &[Planned],
        silence: Duration,
        stop: &Stop,
    ) -> Arc<Self> {
        Arc::new(Self {
            metrics: Metrics::new(setup),
            pulse: Pulse::new(silence),
            readiness: Readiness::default(),
            graph: OnceLock::new(),
            sources: sources.to_vec(),
            stop: stop.clone(),
        })
    }

    /// The graph was reached; there is one in an agent's life.
    pub(crate) fn reached(&self, graph: &Arc<dyn GraphStore>) {
        // An error says that it is known already.
        drop(self.graph.set(Arc::clone(graph)));
    }

    /// A pass has ended; `None` if it was cut off.
    pub(crate) fn pass_ended(&self, outcome: &Option<anyhow::Result<PassSummary>>, took: Duration) {
        let (kind, outcome) = match outcome {
            Some(Ok(summary)) => {
                for rule in &summary.rules {
                    self.metrics.rule(&rule.rule, &figures(rule));
                }
                let kind = if summary.full {
                    PassKind::Full
                } else {
                    PassKind::Incremental
                };
                let stopped = summary.stopped.then_some(PassOutcome::Stopped);
                (kind, stopped.unwrap_or(PassOutcome::Done))
            }
            // After either, the next pass is a full one; whether this one was is not told.
            Some(Err(_)) => (PassKind::Unknown, PassOutcome::Failed),
            None => (PassKind::Unknown, PassOutcome::CutOff),
        };
        self.metrics.pass(kind, outcome, took);
    }

    /// The findings were counted.
    pub(crate) fn findings(&self, counts: &[FindingKind]) {
        let count = |kind: &FindingKind| kind.number as u64;
        let counts = counts
            .iter()
            .map(|kind| (kind.kind.as_str(), kind.severity.as_str(), count(kind)));
        self.metrics.findings(counts);
    }

    /// A source is about to be read. When it was read completely last is asked of the graph once: as
    /// a new process, or a new writer, has not seen it.
    pub(crate) async fn reading_begins(&self, planned: &Planned, store: &dyn GraphStore) {
        let mut complete_at = None;
        if !self.metrics.knows_age(&planned.name)
            && let Some((kind, scope)) = planned.scope()
        {
            match polar_query::last_complete(store, kind, &scope).await {
                Ok(known) => complete_at = known.map(system_time),
                Err(error) => tracing::debug!(%error, "the age of a source is not known"),
            }
        }
        let now = SystemTime::now();
        self.metrics.reading_begins(&planned.name, now, complete_at);
    }

    /// The numbers, for Prometheus.
    fn metrics(&self) -> String {
        if let Some(graph) = self.graph.get() {
            self.metrics.graph_retries(graph.retries());
        }
        for planned in &self.sources {
            let so_far = planned.source.retries().so_far();
            self.metrics.source_retries(&planned.name, so_far);
        }
        self.metrics.render(SystemTime::now())
    }

    /// Whether each loop turns, and what to say about it.
    fn health(&self) -> (bool, String) {
        let hung = self.pulse.hung();
        if hung.is_empty() {
            return (true, "ok\n".to_owned());
        }
        let line = |(name, silent): &(String, Duration)| {
            format!("hung: {name}: silent for {} s\n", silent.as_secs())
        };
        (false, hung.iter().map(line).collect())
    }

    /// Whether the agent can do its work, and what is in the way.
    async fn ready(&self) -> (bool, String) {
        if self.stop.asked() {
            return (false, "stopping\n".to_owned());
        }
        let graph = self.readiness.of(self.graph.get()).await;
        let text = graph.unwrap_or_else(|wrong| wrong);
        (graph.is_ok(), format!("settings: ok\ngraph: {text}\n"))
    }
}

fn figures(rule: &RuleSummary) -> RuleFigures {
    RuleFigures {
        created: rule.created,
        removed: rule.removed,
        matched: rule.matched,
        took: Duration::from_millis(u64::try_from(rule.milliseconds).unwrap_or(u64::MAX)),
    }
}

fn system_time(instant: jiff::Timestamp) -> SystemTime {
    let since = u64::try_from(instant.as_second()).unwrap_or(0);
    SystemTime::UNIX_EPOCH + Duration::from_secs(since)
}
