//! `agent`.

mod work;
mod writer;

use std::{process::ExitCode, time::Duration};

use polar_graph::GraphError;
use polar_reconcile::{Cadence, Stop};
use tokio::signal::unix::{SignalKind, signal};

use self::{work::Plan, writer::Writer};
use crate::{
    cli::{Agent, Global},
    config::{Config, Kind, Planned, RegistryConfig},
    exit, graph,
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

pub(crate) async fn run(global: &Global, args: &Agent, board: &Board) -> anyhow::Result<ExitCode> {
    let stop = Stop::default();
    stop_on_signal(&stop)?;
    let mut config = Config::load(global)?;
    let every = args.every.or(config.every);
    let full_every = args.full_every.or(config.full_every);
    let plan = Plan {
        sources: planned(&mut config, args)?,
        rules: rules::ordered(global)?,
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
    let mut writer = Writer::new(&plan, graph::choice(global, &config), lease, &stop);
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
