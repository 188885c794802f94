//! `agent`.

mod work;
mod writer;

use std::{process::ExitCode, sync::Arc, time::Duration};

use polar_graph::GraphError;
use polar_metrics::Setup;
use polar_reconcile::{Cadence, Stop};
use polar_rules::Rule;
use tokio::signal::unix::{SignalKind, signal};

use self::{work::Plan, writer::Writer};
use crate::{
    cli::{Agent, Global},
    config::{Config, Kind, Planned, RegistryConfig},
    exit,
    graph::{self, GraphChoice},
    operation::{Listener, Operation},
    polar::Adopter,
    progress::Board,
    rules,
};

/// Time between two passes where nothing is said.
const EVERY: Duration = Duration::from_secs(30);

/// Time between two passes over the whole graph where nothing is said.
const FULL_EVERY: Duration = Duration::from_secs(60 * 60);

/// Jitter where nothing is said.
const JITTER: f64 = 0.1;

/// How long the writer's lease lasts where nothing is said.
const LEASE: Duration = Duration::from_secs(30);

/// How long a loop may be silent where nothing is said: twice what the graph may take to begin its
/// answer, after which the driver gives it up.
const HUNG_AFTER: Duration = Duration::from_secs(20 * 60);

pub(crate) async fn run(global: &Global, args: &Agent, board: &Board) -> anyhow::Result<ExitCode> {
    let stop = Stop::default();
    stop_on_signal(&stop)?;
    let mut config = Config::load(global)?;
    let every = args.every.or(config.every);
    let full_every = args.full_every.or(config.full_every);
    let sources = planned(&mut config, args)?;
    let rules = rules::ordered(global)?;
    let choice = graph::choice(global, &config);
    let hung_after = args.hung_after.or(config.hung_after);
    let hung_after = hung_after.map_or(HUNG_AFTER, |time| time.0);
    let setup = setup(&choice, &rules, &sources);
    let operation = Operation::new(&setup, &sources, hung_after, &stop);
    let plan = Plan {
        operation: Arc::clone(&operation),
        sources,
        rules,
        full_every: full_every.map_or(FULL_EVERY, |every| every.0),
        options: config.options()?,
        adopter: Adopter::new(&config)?,
        cadence: Cadence {
            every: every.map_or(EVERY, |every| every.0),
            jitter: args.jitter.or(config.jitter).unwrap_or(JITTER),
        },
        board: board.clone(),
    };
    let lease = args.lease.or(config.lease);
    let lease = lease.map_or(LEASE, |lease| lease.0);
    // Before the graph is asked for, which may take long to answer.
    let listener = match args.listen.or(config.listen) {
        Some(listen) => Some(Listener::start(listen.0, operation).await?),
        None => None,
    };
    if let Some(listener) = &listener {
        tracing::info!(address = %listener.address(), "listening");
    }
    let mut writer = Writer::new(&plan, choice, lease, &stop);
    // Settings that can never work are told at once; a graph that is not there yet may come.
    if let Err(error) = writer.connect().await {
        let unreachable = error.downcast_ref::<GraphError>();
        if !matches!(unreachable, Some(GraphError::Unreachable { .. })) {
            return Err(error);
        }
    }
    tracing::info!(
        every = ?plan.cadence.every,
        rules = plan.rules.len(),
        sources = plan.sources.len(),
        "agent started"
    );
    writer.serve().await;
    tracing::info!("agent stopped");
    Ok(ExitCode::SUCCESS)
}

/// What the agent's numbers are about.
fn setup(choice: &GraphChoice, rules: &[Rule], sources: &[Planned]) -> Setup {
    Setup {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        graph: match choice {
            GraphChoice::Neo4j => "neo4j",
            GraphChoice::Embedded(_) => "embedded",
        },
        rules: rules.iter().map(|rule| rule.name.clone()).collect(),
        sources: sources.iter().map(|source| source.name.clone()).collect(),
    }
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
