//! What the agent does while it holds the writer's lease: passes, and readings of its sources.

use std::{collections::BTreeSet, time::Duration};

use futures_util::future::join_all;
use polar_dialect::Problem;
use polar_graph::{GraphError, GraphStore, LeasedStore};
use polar_normalize::Options;
use polar_reconcile::{Cadence, PassSummary, Reconciler, RuleSummary, Stop, run_on_cadence};
use polar_rules::Rule;
use tokio::sync::Mutex;

use crate::{config::Planned, exit, polar::Adopter, progress::Board, sources};

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
}

/// The work of one who holds the lease, until `stop` is asked for.
pub(super) struct Work<'a> {
    pub(super) plan: &'a Plan,
    pub(super) store: LeasedStore,
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
            store,
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
            run_on_cadence(cadence, &self.stop, move || self.read(planned))
        });
        let passes = run_on_cadence(self.plan.cadence, &self.stop, || self.reconcile());
        tokio::join!(passes, join_all(readings));
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
        match self.within_grace(self.pass()).await {
            Some(Ok(summary)) => log(&summary),
            Some(Err(error)) => tracing::error!(
                cause = exit::one_line(&error),
                "the pass failed; the next tick tries again"
            ),
            None => tracing::warn!("the pass was cut off; the next one goes on from there"),
        }
    }

    async fn pass(&self) -> anyhow::Result<PassSummary> {
        self.adopt().await?;
        let mut line = self.plan.board.line();
        let mut show = |rule: &Rule, done| line.set(&format!("rule {}: derived", rule.name), done);
        let mut reconciler = self.reconciler.lock().await;
        let summary = reconciler.pass(&self.store, &self.stop, &mut show).await;
        line.finish();
        Ok(summary?)
    }

    /// Takes in what Polar holds. Where a mapping fails, the pass goes on without it: it is tried
    /// again before the next one.
    async fn adopt(&self) -> anyhow::Result<()> {
        let mut told = self.told.lock().await;
        let note = |problem: &Problem| {
            if told.insert((problem.mapping.clone(), problem.kind.clone())) {
                tracing::warn!(%problem, "left out of what Polar holds; alike ones are counted");
            }
        };
        match self.plan.adopter.adopt(&self.store, &self.stop, note).await {
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
        tokio::select! {
            () = self.take_in(planned) => {}
            () = self.stop.wait() => tracing::info!(source = name, "the reading was stopped"),
        }
    }

    async fn take_in(&self, planned: &Planned) {
        let name = planned.name.as_str();
        let mut line = self.plan.board.line();
        let (outcome, report) = sources::take_in(
            planned.source.clone(),
            &self.store as &dyn GraphStore,
            &self.plan.options,
            |problem| tracing::warn!(source = name, problem, "left out"),
            |count| line.set(&format!("{name}: observations"), count),
        )
        .await;
        line.finish();
        match outcome {
            Ok(outcome) => tracing::info!(
                source = name,
                observations = report.observations,
                written = report.written.total(),
                joins_nothing = report.unresolvable,
                problems = outcome.problems,
                complete = outcome.complete,
                "source read"
            ),
            Err(error) => tracing::error!(
                source = name,
                cause = exit::one_line(&error.into()),
                "the reading failed; the next tick tries again"
            ),
        }
    }
}

/// Whether nothing can be written or read now, whatever it is.
fn ends_the_pass(error: &anyhow::Error) -> bool {
    let mut causes = error
        .chain()
        .filter_map(|cause| cause.downcast_ref::<GraphError>());
    causes.any(|cause| !matches!(cause, GraphError::Statement { .. }))
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
