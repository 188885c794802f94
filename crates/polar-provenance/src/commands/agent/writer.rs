//! One of several replicas: it stands by until it holds the writer's lease, and works while it does.

use std::{sync::Arc, time::Duration};

use polar_graph::{Acquired, GraphError, GraphStore, Lease, LeasedStore};
use polar_reconcile::Stop;

use super::work::{Plan, Work};
use crate::{
    config::variable,
    exit,
    graph::{self, GraphChoice},
};

/// How long giving the lease back may take at the end; it expires by itself.
const FAREWELL: Duration = Duration::from_secs(5);

/// The loop that asks for the lease and renews it.
const LEASE: &str = "lease";

pub(super) struct Writer<'a> {
    plan: &'a Plan,
    choice: GraphChoice,
    store: Option<Arc<dyn GraphStore>>,
    /// How long the lease lasts.
    time: Duration,
    /// The lease that is held, or may be: that an answer did not come does not say that it is not.
    lease: Option<Arc<Lease>>,
    stop: &'a Stop,
}

impl<'a> Writer<'a> {
    pub(super) fn new(plan: &'a Plan, choice: GraphChoice, time: Duration, stop: &'a Stop) -> Self {
        Self {
            plan,
            choice,
            store: None,
            time,
            lease: None,
            stop,
        }
    }

    /// The graph, opened once.
    pub(super) async fn connect(&mut self) -> anyhow::Result<Arc<dyn GraphStore>> {
        if let Some(store) = &self.store {
            return Ok(Arc::clone(store));
        }
        let opened = graph::open_to_write(&self.choice).await?;
        self.plan.operation.reached(&opened);
        self.store = Some(Arc::clone(&opened));
        Ok(opened)
    }

    /// Stands by and writes in turn, until a stop is asked for.
    pub(super) async fn serve(&mut self) {
        let operation = &self.plan.operation;
        while let Some(lease) = self.stand_by().await {
            operation.metrics.writes();
            self.write(lease).await;
            operation.metrics.stands_by();
        }
        operation.pulse.ends(LEASE);
        if let Some(lease) = &self.lease {
            match tokio::time::timeout(FAREWELL, lease.release()).await {
                Ok(Ok(())) => tracing::info!("gave the writer's lease back"),
                _ => tracing::warn!("could not give the writer's lease back; it will expire"),
            }
        }
    }

    /// Asks for the lease again and again; `None` if a stop is asked for.
    async fn stand_by(&mut self) -> Option<Arc<Lease>> {
        let (stop, wait) = (self.stop, self.time / Lease::BEATS);
        let mut told = None;
        while !stop.asked() {
            self.plan.operation.pulse.beat(LEASE);
            let attempt = tokio::select! {
                attempt = self.acquire() => attempt,
                () = stop.wait() => break,
            };
            match attempt {
                Ok((lease, Acquired::Mine)) => return Some(lease),
                Ok((_, Acquired::Others { holder })) => {
                    let holder = holder.unwrap_or_default();
                    if told.as_ref() != Some(&holder) {
                        tracing::info!(holder, "standing by: another replica writes");
                    }
                    told = Some(holder);
                }
                Err(error) => tracing::error!(
                    cause = exit::one_line(&error),
                    "cannot ask for the writer's lease; asking again soon"
                ),
            }
            self.plan.operation.pulse.rests(LEASE, wait);
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = stop.wait() => {}
            }
        }
        None
    }

    async fn acquire(&mut self) -> anyhow::Result<(Arc<Lease>, Acquired)> {
        let store = self.connect().await?;
        let new = || Arc::new(Lease::new(store, &host(), self.time));
        let lease = Arc::clone(self.lease.get_or_insert_with(new));
        let acquired = lease.acquire().await?;
        if acquired != Acquired::Mine {
            // What was written in its name is over; the next one has a name of its own.
            self.lease = None;
        }
        Ok((lease, acquired))
    }

    /// Works until the lease cannot be renewed or a stop is asked for.
    async fn write(&mut self, lease: Arc<Lease>) {
        tracing::info!(holder = lease.holder(), "this replica writes");
        let store = LeasedStore::new(Arc::clone(&lease));
        let work = Work::new(self.plan, store, Stop::default());
        let operation = Arc::clone(&self.plan.operation);
        let rest = self.time / Lease::BEATS;
        operation.pulse.rests(LEASE, rest);
        let watch = async {
            let lost = tokio::select! {
                error = lease.kept(|| operation.pulse.rests(LEASE, rest)) => Some(error),
                () = self.stop.wait() => None,
            };
            work.stop.ask();
            lost
        };
        let (lost, ()) = tokio::join!(watch, work.run());
        let Some(error) = lost else { return };
        operation.metrics.lease_lost();
        if matches!(error, GraphError::Refused { .. }) {
            self.lease = None;
        }
        let cause = exit::one_line(&error.into());
        tracing::warn!(
            cause,
            "this replica writes no longer; it asks for the lease again"
        );
    }
}

/// What this machine is called, for people.
fn host() -> String {
    let kernel = || std::fs::read_to_string("/proc/sys/kernel/hostname").ok();
    let host = variable("HOSTNAME").or_else(kernel).unwrap_or_default();
    match host.trim() {
        "" => "unknown".to_owned(),
        host => host.to_owned(),
    }
}
