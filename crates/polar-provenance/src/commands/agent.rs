//! `agent`.

use std::{process::ExitCode, time::Duration};

use polar_graph::{GraphError, GraphStore};
use polar_reconcile::{Cadence, Mode, PassSummary, Stop, pass, run_on_cadence};
use polar_rules::Rule;
use tokio::{
    signal::unix::{SignalKind, signal},
    sync::Mutex,
};

use crate::{
    cli::{Agent, Global},
    exit,
    graph::{self, GraphChoice},
    rules,
};

/// How long a pass may go on after a stop was asked for. Cut off then, its transaction is rolled
/// back; less than the 30 s that Kubernetes waits before it kills.
const GRACE: Duration = Duration::from_secs(10);

pub(crate) async fn run(global: &Global, args: &Agent) -> anyhow::Result<ExitCode> {
    let stop = Stop::default();
    stop_on_signal(&stop)?;
    let agent = Worker {
        rules: rules::ordered(global)?,
        choice: graph::choice(global),
        store: Mutex::new(None),
    };
    // Settings that can never work are told at once; a graph that is not there yet may come.
    if let Err(error) = agent.connect().await {
        let unreachable = error.downcast_ref::<GraphError>();
        if !matches!(unreachable, Some(GraphError::Unreachable { .. })) {
            return Err(error);
        }
    }
    let cadence = Cadence {
        every: args.every.0,
        jitter: args.jitter,
    };
    tracing::info!(every = ?cadence.every, rules = agent.rules.len(), "agent started");
    let once = || agent.tick(&stop);
    run_on_cadence(cadence, &stop, once).await;
    tracing::info!("agent stopped");
    Ok(ExitCode::SUCCESS)
}

struct Worker {
    rules: Vec<Rule>,
    choice: GraphChoice,
    store: Mutex<Option<Box<dyn GraphStore>>>,
}

impl Worker {
    async fn connect(&self) -> anyhow::Result<()> {
        let mut store = self.store.lock().await;
        if store.is_none() {
            *store = Some(graph::open_to_write(&self.choice).await?);
        }
        Ok(())
    }

    async fn tick(&self, stop: &Stop) {
        let cut_off = async {
            stop.wait().await;
            tokio::time::sleep(GRACE).await;
        };
        tokio::select! {
            outcome = self.pass(stop) => match outcome {
                Ok(summary) => log(&summary),
                Err(error) => tracing::error!(
                    cause = exit::one_line(&error),
                    "the pass failed; the next tick tries again"
                ),
            },
            () = cut_off => tracing::warn!("the pass was cut off; the next one goes on from there"),
        }
    }

    async fn pass(&self, stop: &Stop) -> anyhow::Result<PassSummary> {
        self.connect().await?;
        let store = self.store.lock().await;
        let Some(store) = store.as_deref() else {
            anyhow::bail!("not connected");
        };
        let mut quiet = |_: &Rule, _| ();
        Ok(pass(store, &self.rules, Mode::Apply, stop, &mut quiet).await?)
    }
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
