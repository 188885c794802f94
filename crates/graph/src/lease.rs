//! The writer's lease: of several replicas, one writes.
//!
//! Invariants: whatever a [`LeasedStore`] writes is committed while its lease is the holder's, since
//! each transaction takes the lock of the lease's node last, finds the holder's name in it, and keeps
//! it until it is committed; a holder's name is never used again once another one has been seen. When a lease expires is
//! judged by the store's clock alone, and decides only when another replica may take it: no clock
//! can make two replicas write at a time.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use polar_model::Value;
use tokio::sync::Notify;

use crate::{Counters, Engine, GraphError, GraphStore, Row, RowStream, SchemaItem, Statement};

const LOST: &str = "this replica no longer holds the writer's lease";

/// What became of an attempt to take the lease.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Acquired {
    /// It is held now.
    Mine,
    /// Another one holds it.
    Others {
        /// Who, if it was still held when asked.
        holder: Option<String>,
    },
}

/// A lease on writing to a graph, which is held or asked for in one name. Who has lost it makes a
/// new one.
pub struct Lease {
    store: Arc<dyn GraphStore>,
    holder: String,
    time: Duration,
    /// A write was refused.
    refused: Notify,
}

impl Lease {
    /// How often it is renewed, or asked for again, in the time that it lasts.
    pub const BEATS: u32 = 3;

    /// A lease of `time`, not taken yet. `host` stands in the holder's name, for people.
    #[must_use]
    pub fn new(store: Arc<dyn GraphStore>, host: &str, time: Duration) -> Self {
        Self {
            store,
            holder: format!("{host}/{:016x}", fastrand::u64(..)),
            time,
            refused: Notify::new(),
        }
    }

    /// In whose name it is held: the host and a random part.
    #[must_use]
    pub fn holder(&self) -> &str {
        &self.holder
    }

    /// Takes the lease if nobody holds it, it has expired, or it is held in this name already.
    ///
    /// # Errors
    /// If the graph is out of reach. The attempt may have succeeded all the same: the next one, or
    /// [`Lease::release`], makes it sure.
    pub async fn acquire(&self) -> Result<Acquired, GraphError> {
        let take = self.statement(include_str!("../cypher/lease/take.cypher"));
        let take = take.required("another replica holds the writer's lease");
        match self.in_time(take).await {
            Ok(()) => Ok(Acquired::Mine),
            Err(GraphError::Refused { .. }) => {
                let holder = Statement::new(include_str!("../cypher/lease/holder.cypher"));
                let rows = self.store.read(holder).await?;
                let holder = rows.first().and_then(|row| row.get("holder").as_str());
                Ok(Acquired::Others {
                    holder: holder.map(str::to_owned),
                })
            }
            Err(error) => Err(error),
        }
    }

    /// Renews the lease.
    ///
    /// # Errors
    /// [`GraphError::Refused`] if it is held no longer; others if the graph is out of reach.
    pub async fn renew(&self) -> Result<(), GraphError> {
        self.in_time(self.keep()).await
    }

    /// Renews the lease in time, again and again. Comes back when that is not possible, or when
    /// something was not written since it is lost, with the reason. `beat` is called each time.
    pub async fn kept(&self, beat: impl Fn() + Send) -> GraphError {
        loop {
            tokio::select! {
                () = tokio::time::sleep(self.time / Self::BEATS) => {}
                () = self.refused.notified() => {}
            }
            if let Err(error) = self.renew().await {
                return error;
            }
            beat();
        }
    }

    /// Gives the lease back, if it is held; another replica can take it at once.
    ///
    /// # Errors
    /// If the graph is out of reach; the lease then expires.
    pub async fn release(&self) -> Result<(), GraphError> {
        self.in_time(self.statement(include_str!("../cypher/lease/release.cypher")))
            .await
    }

    /// The condition that the lease is held and stays so until the commit; renews it.
    fn keep(&self) -> Statement {
        self.statement(include_str!("../cypher/lease/keep.cypher"))
            .required(LOST)
    }

    /// The condition that the lease is held now.
    fn held(&self) -> Statement {
        let held = Statement::new(include_str!("../cypher/lease/held.cypher"));
        held.with("holder", self.holder.as_str()).required(LOST)
    }

    /// Whether it is known not to be held.
    async fn is_lost(&self) -> bool {
        let held = self.store.read(self.held()).await;
        held.is_ok_and(|rows| rows.is_empty())
    }

    fn statement(&self, text: &'static str) -> Statement {
        let milliseconds = i64::try_from(self.time.as_millis()).unwrap_or(i64::MAX);
        Statement::new(text)
            .with("holder", self.holder.as_str())
            .with("milliseconds", Value::Int(milliseconds))
    }

    /// A connection may be silent for long before the driver gives it up; a lease is lost by then.
    async fn in_time(&self, statement: Statement) -> Result<(), GraphError> {
        let answer = tokio::time::timeout(self.time, self.store.write(vec![statement])).await;
        answer
            .unwrap_or_else(|_| {
                Err(GraphError::Unreachable {
                    endpoint: self.store.location(),
                    reason: format!("no answer about the writer's lease within {:?}", self.time),
                })
            })
            .map(drop)
    }
}

/// A graph in which only the holder of a lease can write. Anybody can read it, and create what
/// its schema lacks, which is the same whoever does it.
pub struct LeasedStore {
    lease: Arc<Lease>,
}

impl LeasedStore {
    /// The graph that the lease is on.
    #[must_use]
    pub fn new(lease: Arc<Lease>) -> Self {
        Self { lease }
    }
}

#[async_trait]
impl GraphStore for LeasedStore {
    fn engine(&self) -> Engine {
        self.lease.store.engine()
    }

    fn location(&self) -> String {
        self.lease.store.location()
    }

    async fn read(&self, statement: Statement) -> Result<Vec<Row>, GraphError> {
        self.lease.store.read(statement).await
    }

    async fn stream(&self, statement: Statement) -> Result<RowStream, GraphError> {
        self.lease.store.stream(statement).await
    }

    /// The condition stands last, where its lock is held for the commit alone, so that batches can be
    /// written side by side; and first without a lock, so that nothing is done in vain.
    async fn write(&self, statements: Vec<Statement>) -> Result<Counters, GraphError> {
        let lease = &self.lease;
        let mut guarded = vec![lease.held()];
        guarded.extend(statements);
        guarded.push(lease.keep());
        let mut written = lease.store.write(guarded).await;
        // Another one's writes can be in the way before the last condition is asked.
        if written.is_err() && lease.is_lost().await {
            written = Err(GraphError::Refused { otherwise: LOST });
        }
        if matches!(written, Err(GraphError::Refused { .. })) {
            lease.refused.notify_one();
        }
        written
    }

    async fn explain(&self, text: &str) -> Result<(), GraphError> {
        self.lease.store.explain(text).await
    }

    async fn apply_schema(&self, items: &[SchemaItem]) -> Result<Vec<SchemaItem>, GraphError> {
        self.lease.store.apply_schema(items).await
    }

    async fn schema(&self) -> Result<Vec<SchemaItem>, GraphError> {
        self.lease.store.schema().await
    }
}
