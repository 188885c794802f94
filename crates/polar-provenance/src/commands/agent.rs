//! `agent`.

use std::{collections::BTreeSet, process::ExitCode, sync::Arc, time::Duration};

use futures_util::future::join_all;
use polar_dialect::Problem;
use polar_graph::{GraphError, GraphStore};
use polar_normalize::Options;
use polar_reconcile::{Cadence, Mode, PassSummary, Stop, pass, run_on_cadence};
use polar_rules::Rule;
use tokio::{
    signal::unix::{SignalKind, signal},
    sync::Mutex,
};

use crate::{
    cli::{Agent, Global},
    config::{Config, Kind, Planned, RegistryConfig},
    exit,
    graph::{self, GraphChoice},
    polar::Adopter,
    progress::Board,
    rules, sources,
};

/// How long work may go on after a stop was asked for. Cut off then, its transaction is rolled
/// back; less than the 30 s that Kubernetes waits before it kills.
const GRACE: Duration = Duration::from_secs(10);

/// Time between two passes where nothing is said.
const EVERY: Duration = Duration::from_secs(30);

/// Jitter where nothing is said.
const JITTER: f64 = 0.1;

pub(crate) async fn run(global: &Global, args: &Agent, board: &Board) -> anyhow::Result<ExitCode> {
    let stop = Stop::default();
    stop_on_signal(&stop)?;
    let mut config = Config::load(global)?;
    let planned = planned(&mut config, args)?;
    let agent = Worker {
        rules: rules::ordered(global)?,
        choice: graph::choice(global, &config),
        options: config.options()?,
        adopter: Adopter::new(&config)?,
        told: Mutex::default(),
        store: Mutex::new(None),
        stop: stop.clone(),
        board: board.clone(),
    };
    // Settings that can never work are told at once; a graph that is not there yet may come.
    if let Err(error) = agent.connect().await {
        let unreachable = error.downcast_ref::<GraphError>();
        if !matches!(unreachable, Some(GraphError::Unreachable { .. })) {
            return Err(error);
        }
    }
    let every = args.every.or(config.every);
    let cadence = Cadence {
        every: every.map_or(EVERY, |every| every.0),
        jitter: args.jitter.or(config.jitter).unwrap_or(JITTER),
    };
    tracing::info!(
        every = ?cadence.every,
        rules = agent.rules.len(),
        sources = planned.len(),
        "agent started"
    );
    let readings = planned.iter().map(|planned| {
        let cadence = Cadence {
            every: planned.every,
            ..cadence
        };
        let agent = &agent;
        run_on_cadence(cadence, &stop, move || agent.read(planned))
    });
    let passes = run_on_cadence(cadence, &stop, || agent.reconcile());
    tokio::join!(passes, join_all(readings));
    tracing::info!("agent stopped");
    Ok(ExitCode::SUCCESS)
}

/// The sources to read: those asked for, else those in the configuration.
fn planned(config: &mut Config, args: &Agent) -> anyhow::Result<Vec<Planned>> {
    for host in &args.registry {
        config.registry.push(RegistryConfig {
            host: host.clone(),
            ..RegistryConfig::default()
        });
    }
    let mut kinds = args.observe.clone();
    if kinds.is_empty() {
        kinds = config.kinds();
    } else if !args.registry.is_empty() && !kinds.contains(&Kind::Registry) {
        anyhow::bail!("--registry needs `registry` among --observe");
    }
    kinds.sort_unstable();
    kinds.dedup();
    config.sources(&kinds)
}

struct Worker {
    rules: Vec<Rule>,
    choice: GraphChoice,
    options: Options,
    adopter: Adopter,
    /// Kinds of problems with what Polar holds that were logged already.
    told: Mutex<BTreeSet<(String, String)>>,
    store: Mutex<Option<Arc<dyn GraphStore>>>,
    stop: Stop,
    board: Board,
}

impl Worker {
    async fn connect(&self) -> anyhow::Result<Arc<dyn GraphStore>> {
        let mut store = self.store.lock().await;
        if let Some(store) = &*store {
            return Ok(Arc::clone(store));
        }
        let opened = graph::open_to_write(&self.choice).await?;
        *store = Some(Arc::clone(&opened));
        Ok(opened)
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
        let store = self.connect().await?;
        self.adopt(store.as_ref()).await?;
        let mut line = self.board.line();
        let mut show = |rule: &Rule, done| line.set(&format!("rule {}: derived", rule.name), done);
        let summary = pass(
            store.as_ref(),
            &self.rules,
            Mode::Apply,
            &self.stop,
            &mut show,
        )
        .await;
        line.finish();
        Ok(summary?)
    }

    /// Takes in what Polar holds. Where a mapping fails, the pass goes on without it: it is tried
    /// again before the next one.
    async fn adopt(&self, store: &dyn GraphStore) -> anyhow::Result<()> {
        let mut told = self.told.lock().await;
        let note = |problem: &Problem| {
            if told.insert((problem.mapping.clone(), problem.kind.clone())) {
                tracing::warn!(%problem, "left out of what Polar holds; alike ones are counted");
            }
        };
        match self.adopter.adopt(store, &self.stop, note).await {
            Ok(adoption) if adoption.mappings.is_empty() => {}
            Ok(adoption) => tracing::info!(
                rows = adoption.rows(),
                written = adoption.written.total(),
                joins_nothing = adoption.unresolvable,
                problems = adoption.problems(),
                indexes = adoption.indexes.join(", "),
                "adopted what Polar holds"
            ),
            Err(error) if is_out_of_reach(&error) => return Err(error),
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
        let failed = |error: anyhow::Error| {
            tracing::error!(
                source = name,
                cause = exit::one_line(&error),
                "the reading failed; the next tick tries again"
            );
        };
        let store = match self.connect().await {
            Ok(store) => store,
            Err(error) => return failed(error),
        };
        let mut line = self.board.line();
        let (outcome, report) = sources::take_in(
            planned.source.clone(),
            store.as_ref(),
            &self.options,
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
            Err(error) => failed(error.into()),
        }
    }
}

fn is_out_of_reach(error: &anyhow::Error) -> bool {
    let mut causes = error
        .chain()
        .filter_map(|cause| cause.downcast_ref::<GraphError>());
    causes.any(GraphError::is_out_of_reach)
}

fn log(summary: &PassSummary) {
    for rule in &summary.rules {
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
        created = summary.created(),
        removed = summary.removed(),
        stopped = summary.stopped,
        "pass done"
    );
}

/// Asks for a stop on SIGTERM or SIGINT; the second one ends the process at once.
pub(crate) fn stop_on_signal(stop: &Stop) -> anyhow::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let stop = stop.clone();
    tokio::spawn(async move {
        loop {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            if stop.asked() {
                std::process::exit(i32::from(exit::INTERRUPTED));
            }
            tracing::warn!("stopping after the batch in hand; once more to stop at once");
            stop.ask();
        }
    });
    Ok(())
}
