//! The connections to one server, and whether it is still there.
//!
//! Invariant: nothing waits for a server that is gone. The first row of a pass over a large graph
//! takes a while, so silence alone says nothing. A server that is silent and does not answer a small
//! question on a connection of its own either hangs, or the network lost it: what waits for it is
//! given up, and its connections are closed, so that the server ends what they had under way.

use std::{
    io,
    sync::{PoisonError, RwLock},
    time::Duration,
};

use neo4rs::{Config, Error as BoltError, Graph, Query};
use polar_model::Value;

use crate::{Statement, nodelay};

/// How long one answer may take of a server that is there.
pub(crate) const LONGEST: Duration = Duration::from_secs(600);

/// The connections to one server.
pub(crate) struct Connections {
    config: Config,
    port: u16,
    /// How long the server may be silent before it is asked, and how long the answer may take.
    patience: Duration,
    pools: RwLock<Pools>,
}

/// Questions whether the server is there must not wait for a connection that works.
#[derive(Clone)]
struct Pools {
    work: Graph,
    questions: Graph,
}

impl Pools {
    fn new(config: &Config) -> Result<Self, BoltError> {
        Ok(Self {
            work: Graph::connect(config.clone())?,
            questions: Graph::connect(config.clone())?,
        })
    }
}

impl Connections {
    /// None is open yet.
    pub(crate) fn new(config: Config, port: u16, patience: Duration) -> Result<Self, BoltError> {
        let pools = RwLock::new(Pools::new(&config)?);
        Ok(Self {
            config,
            port,
            patience,
            pools,
        })
    }

    /// What statements run on.
    pub(crate) fn graph(&self) -> Graph {
        self.pools().work
    }

    /// Has the connections that are open by now send at once what is written to them, if one of the
    /// statements has rows: what is small goes out at once anyway.
    pub(crate) fn without_delay(&self, statements: &[Statement]) {
        let mut params = statements.iter().flat_map(|one| one.params.values());
        if params.any(|value| matches!(value, Value::List(_))) {
            nodelay::set(self.port);
        }
    }

    /// Waits for `work` for as long as the server is there, and not longer than `LONGEST`.
    pub(crate) async fn watched<T>(
        &self,
        work: impl Future<Output = Result<T, BoltError>>,
    ) -> Result<T, BoltError> {
        tokio::pin!(work);
        let mut waited = Duration::ZERO;
        let outcome = loop {
            let silent = async {
                tokio::time::sleep(self.patience).await;
                self.is_there().await
            };
            tokio::select! {
                biased;
                outcome = &mut work => break outcome,
                is_there = silent => {
                    waited += self.patience;
                    if !is_there {
                        break Err(gone(self.patience));
                    }
                    if waited >= LONGEST {
                        break Err(BoltError::ConnectionTimedOut);
                    }
                }
            }
        };
        if matches!(&outcome, Err(BoltError::ConnectionTimedOut)) || is_gone(&outcome) {
            // The connection still waits for its answer, and the server may work on it.
            self.renew();
        }
        outcome
    }

    /// Whether the server answers a small question in time. It may refuse it.
    async fn is_there(&self) -> bool {
        let questions = self.pools().questions;
        let asked = async {
            let mut rows = questions
                .execute_read(Query::new("RETURN 1".to_owned()))
                .await?;
            rows.next().await
        };
        match tokio::time::timeout(self.patience, asked).await {
            Ok(Ok(_) | Err(BoltError::Neo4j(_))) => true,
            Ok(Err(_)) | Err(_) => false,
        }
    }

    fn pools(&self) -> Pools {
        let pools = self.pools.read().unwrap_or_else(PoisonError::into_inner);
        pools.clone()
    }

    /// Closes all connections: those that rest now, the others as they end what they do.
    fn renew(&self) {
        // An error would have been one of the settings, and told before.
        if let Ok(pools) = Pools::new(&self.config) {
            *self.pools.write().unwrap_or_else(PoisonError::into_inner) = pools;
        }
    }
}

fn gone(patience: Duration) -> BoltError {
    let text = format!(
        "no answer within {patience:?}, nor to another question: the server hangs, or the network \
         lost it (GRAPH_TIMEOUT says how long is waited)"
    );
    io::Error::new(io::ErrorKind::TimedOut, text).into()
}

fn is_gone<T>(outcome: &Result<T, BoltError>) -> bool {
    matches!(outcome, Err(BoltError::IOError { detail }) if detail.kind() == io::ErrorKind::TimedOut)
}
