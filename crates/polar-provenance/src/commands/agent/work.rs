//! What the agent does while it holds the writer's lease: passes, and readings of its sources.

use std::{
    collections::BTreeSet,
    sync::Arc,
    time::{Duration, Instant, SystemTime},
};

use futures_util::future::join_all;
use polar_dialect::Problem;
use polar_graph::{GraphError, GraphStore, LeasedStore, SPANS, Watched};
use polar_metrics::ReadingOutcome;
use polar_normalize::Options;
use polar_reconcile::{Cadence, PassSummary, Reconciler, RuleSummary, Stop, run_on_cadence};
use polar_rules::Rule;
use tokio::sync::Mutex;
use tracing::{Instrument, field::Empty};

use crate::{
    config::Planned,
    exit,
    operation::{Operation, Pulse},
    polar::Adopter,
    progress::Board,
    sources,
};

/// The loop of passes.
const PASSES: &str = "passes";

/// How long work may go on after a stop was asked for; less than the 30 s that Kubernetes waits
/// before it kills.
const GRACE: Duration = Duration::from_secs(10);

/// What is to be done, whoever does it.
pub(super) struct Plan {
    pub(super) rules: Vec<Rule>,
    pub(super) full_every: Duration,
    pub(super) sources: Vec<Planned>,
    pub(super) options: Options,
    pub(super) adopter: Adopter,
    pub(super) cadence: Cadence,
    pub(super) board: Board,
    pub(super) operation: Arc<Operation>,
}

/// The work of one who holds the lease, until `stop` is asked for.
pub(super) struct Work<'a> {
    pub(super) plan: &'a Plan,
    pub(super) store: Arc<dyn GraphStore>,
    pub(super) stop: Stop,
    /// New with each lease: what others wrote in between is seen by its first pass, a full one.
    reconciler: Mutex<Reconciler>,
    /// Kinds of problems with what Polar holds that were logged already.
    told: Mutex<BTreeSet<(String, String)>>,
}

impl<'a> Work<'a> {
    pub(super) fn new(plan: &'a Plan, store: LeasedStore, stop: Stop) -> Self {
        let reconciler = Reconciler::new(plan.rules.clone(), plan.full_every);
        Self {
            plan,
            store: Arc::new(store),
            stop,
            reconciler: Mutex::new(reconciler),
            told: Mutex::default(),
        }
    }

    /// Passes and readings, each on its cadence.
    pub(super) async fn run(&self) {
        let readings = self.plan.sources.iter().map(|planned| {
            let cadence = Cadence {
                every: planned.every,
                ..self.plan.cadence
            };
            async move {
                run_on_cadence(cadence, &self.stop, || self.read(planned)).await;
                self.pulse().ends(&planned.name);
            }
        });
        let passes = async {
            run_on_cadence(self.plan.cadence, &self.stop, || self.reconcile()).await;
            self.pulse().ends(PASSES);
        };
        tokio::join!(passes, join_all(readings));
    }

    fn pulse(&self) -> &Pulse {
        &self.plan.operation.pulse
    }

    /// The graph, where each statement is a sign of life of a loop.
    fn watched(&self, name: &str) -> Watched {
        let (operation, name) = (Arc::clone(&self.plan.operation), name.to_owned());
        Watched::new(Arc::clone(&self.store), move || operation.pulse.beat(&name))
    }

    /// Ends `work` some time after a stop was asked for; `None` if it was cut off.
    async fn within_grace<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        let cut_off = async {
            self.stop.wait().await;
            tokio::time::sleep(GRACE).await;
        };
        tokio::select! {
            done = work => Some(done),
            () = cut_off => None,
        }
    }

    /// One pass.
    async fn reconcile(&self) {
        self.pulse().beat(PASSES);
        let store = self.watched(PASSES);
        let began = Instant::now();
        let span =
            tracing::info_span!(target: SPANS, "pass", full = Empty, otel.status_code = Empty);
        let outcome = self.within_grace(self.pass(&store).instrument(span.clone()));
        let outcome = outcome.await;
        self.plan.operation.pass_ended(&outcome, began.elapsed());
        match outcome {
            Some(Ok(summary)) => {
                span.record("full", summary.full);
                log(&summary);
                let counting = self.count(&store, &summary);
                self.within_grace(counting).await;
            }
            Some(Err(error)) => {
                span.record("otel.status_code", "ERROR");
                tracing::error!(
                    cause = exit::one_line(&error),
                    "the pass failed; the next tick tries again"
                );
            }
            None => tracing::warn!("the pass was cut off; the next one goes on from there"),
        }
        self.pulse().rests(PASSES, longest(self.plan.cadence));
    }

    /// Counts the findings, where they may have changed.
    async fn count(&self, store: &Watched, summary: &PassSummary) {
        if summary.stopped || (summary.written.is_zero() && !summary.full) {
            return;
        }
        match polar_query::finding_counts(store).await {
            Ok(counts) => self.plan.operation.findings(&counts),
            Err(error) => tracing::warn!(
                cause = exit::one_line(&error.into()),
                "the findings cannot be counted for /metrics"
            ),
        }
    }

    async fn pass(&self, store: &Watched) -> anyhow::Result<PassSummary> {
        self.adopt(store).await?;
        let mut line = self.plan.board.line();
        let mut show = |rule: &Rule, done| line.set(&format!("rule {}: derived", rule.name), done);
        let mut reconciler = self.reconciler.lock().await;
        let summary = reconciler.pass(store, &self.stop, &mut show).await;
        line.finish();
        if let Some(seen) = reconciler.seen() {
            self.plan.operation.metrics.change_seen(seen);
        }
        Ok(summary?)
    }

    /// Takes in what Polar holds. Where a mapping fails, the pass goes on without it: it is tried
    /// again before the next one.
    async fn adopt(&self, store: &Watched) -> anyhow::Result<()> {
        let mut told = self.told.lock().await;
        let note = |problem: &Problem| {
            if told.insert((problem.mapping.clone(), problem.kind.clone())) {
                tracing::warn!(%problem, "left out of what Polar holds; alike ones are counted");
            }
        };
        match self.plan.adopter.adopt(store, &self.stop, note).await {
            Ok(adoption) if adoption.mappings.is_empty() => {}
            Ok(adoption) => tracing::info!(
                rows = adoption.rows(),
                written = adoption.written.total(),
                joins_nothing = adoption.unresolvable,
                problems = adoption.problems(),
                indexes = adoption.indexes.join(", "),
                "adopted what Polar holds"
            ),
            Err(error) if ends_the_pass(&error) => return Err(error),
            Err(error) => tracing::error!(
                cause = exit::one_line(&error),
                "what Polar holds was not taken in; the next pass tries again"
            ),
        }
        Ok(())
    }

    /// One reading of a source. A stop ends it at once: what is not read now is read next time.
    async fn read(&self, planned: &Planned) {
        let name = planned.name.as_str();
        let operation = &self.plan.operation;
        self.pulse().beat(name);
        let began = Instant::now();
        let span = tracing::info_span!(
            target: SPANS,
            "reading",
            otel.name = format!("reading {name}"),
            otel.status_code = Empty,
        );
        let outcome = tokio::select! {
            outcome = self.take_in(planned).instrument(span.clone()) => outcome,
            () = self.stop.wait() => {
                tracing::info!(source = name, "the reading was stopped");
                ReadingOutcome::Stopped
            }
        };
        if outcome == ReadingOutcome::Failed {
            span.record("otel.status_code", "ERROR");
        }
        let (took, now) = (began.elapsed(), SystemTime::now());
        operation.metrics.reading(name, outcome, took, now);
        let cadence = Cadence {
            every: planned.every,
            ..self.plan.cadence
        };
        self.pulse().rests(name, longest(cadence));
    }

    async fn take_in(&self, planned: &Planned) -> ReadingOutcome {
        let name = planned.name.as_str();
        let operation = &self.plan.operation;
        let store = self.watched(name);
        operation.reading_begins(planned, &store).await;
        let mut line = self.plan.board.line();
        let (outcome, report) = sources::take_in(
            planned.source.clone(),
            &store,
            &self.plan.options,
            |problem| {
                self.pulse().beat(name);
                operation.metrics.problem(name);
                tracing::warn!(source = name, problem, "left out");
            },
            |count| {
                self.pulse().beat(name);
                operation.metrics.observed(name, 1);
                line.set(&format!("{name}: observations"), count);
            },
        )
        .await;
        line.finish();
        match outcome {
            Ok(outcome) => {
                tracing::info!(
                    source = name,
                    observations = report.observations,
                    written = report.written.total(),
                    joins_nothing = report.unresolvable,
                    problems = outcome.problems,
                    complete = outcome.complete,
                    "source read"
                );
                if outcome.complete {
                    ReadingOutcome::Complete
                } else {
                    ReadingOutcome::Incomplete
                }
            }
            Err(error) => {
                tracing::error!(
                    source = name,
                    cause = exit::one_line(&error.into()),
                    "the reading failed; the next tick tries again"
                );
                ReadingOutcome::Failed
            }
        }
    }
}

/// No wait of a cadence is longer: jitter adds all of it at most.
fn longest(cadence: Cadence) -> Duration {
    cadence.every.saturating_mul(2)
}

/// Whether nothing can be written or read now, whatever it is.
fn ends_the_pass(error: &anyhow::Error) -> bool {
    let mut causes = error
        .chain()
        .filter_map(|cause| cause.downcast_ref::<GraphError>());
    causes.any(|cause| cause.is_out_of_reach() || matches!(cause, GraphError::Refused { .. }))
}

fn log(summary: &PassSummary) {
    // Of a pass over what changed, only the rules that did something.
    let told = |rule: &&RuleSummary| summary.full || rule.created + rule.removed > 0;
    for rule in summary.rules.iter().filter(told) {
        tracing::info!(
            rule = rule.rule,
            matched = rule.matched,
            created = rule.created,
            removed = rule.removed,
            milliseconds = rule.milliseconds,
            "rule"
        );
    }
    tracing::info!(
        full = summary.full,
        created = summary.created(),
        removed = summary.removed(),
        stopped = summary.stopped,
        "pass done"
    );
}
