//! Neo4j over Bolt.

use std::{
    pin::pin,
    sync::{
        Arc, Once,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    task::Poll,
    time::Duration,
};

use async_trait::async_trait;
use backon::{ExponentialBuilder, Retryable};
use futures_util::poll;
use neo4rs::{BoltType, ConfigBuilder, Error as BoltError, Neo4jErrorKind, Query};
use tokio::sync::RwLock;

use crate::{
    Counters, Engine, GraphError, GraphStore, Neo4jSettings, Row, RowStream, SchemaItem, Statement,
    Tls,
    connections::{Connections, LONGEST},
    convert_neo4j::{from_bolt, to_bolt},
    store::Unread,
};

/// How long a first connection may take.
const CONNECT: Duration = Duration::from_secs(10);
/// Planning a statement takes a tenth of a second, and is done anew while what labels hold grows.
const KEEP_PLAN: &str = "CYPHER replan=skip ";
/// Rows asked for at a time.
const FETCH: usize = 2000;

/// A Neo4j server or cluster.
pub struct Neo4jStore {
    connections: Arc<Connections>,
    settings: Neo4jSettings,
    /// Writes go side by side; one that met another in a deadlock is tried again alone.
    turns: Arc<RwLock<()>>,
    retries: Arc<AtomicU64>,
}

impl Neo4jStore {
    /// Connects, and asks the server one question to be sure.
    ///
    /// # Errors
    /// If the server is out of reach, refuses the user, or TLS fails.
    pub async fn connect(settings: Neo4jSettings) -> Result<Self, GraphError> {
        static PROVIDER: Once = Once::new();
        // An error only says that a provider is there already.
        PROVIDER.call_once(|| drop(rustls::crypto::ring::default_provider().install_default()));
        let tls_error = |reason: String| GraphError::Tls {
            endpoint: settings.endpoint.clone(),
            reason,
        };
        settings
            .check()
            .map_err(|error| tls_error(error.to_string()))?;
        let port = reach(&settings).await?;
        let mut config = ConfigBuilder::new()
            .uri(settings.driver_address())
            .user(&settings.user)
            .password(settings.password.as_str())
            .fetch_size(FETCH)
            // The driver bounds each read by it.
            .connection_timeout(LONGEST);
        if let Some(database) = &settings.database {
            config = config.db(database.as_str());
        }
        config = match &settings.tls {
            Tls::Scheme => config,
            Tls::ServerCa(ca) => config.with_client_certificate(ca),
            Tls::Mutual { ca, cert, key } => config.with_mutual_tls_validation(Some(ca), cert, key),
        };
        let connections = config
            .build()
            .and_then(|config| Connections::new(config, port, settings.timeout))
            .map_err(|error| bolt_error(&settings, "", error))?;
        let store = Self {
            connections: Arc::new(connections),
            settings,
            turns: Arc::default(),
            retries: Arc::default(),
        };
        let hello = store.read(Statement::new("RETURN 1 AS one"));
        match tokio::time::timeout(store.settings.timeout, hello).await {
            Ok(answer) => answer.map(|_| store),
            Err(_) => Err(GraphError::Unreachable {
                endpoint: store.settings.endpoint.clone(),
                reason: "it accepts connections but does not answer; is it a Bolt port, and does \
                         TLS match?"
                    .to_owned(),
            }),
        }
    }

    fn error(&self, text: &str, error: BoltError) -> GraphError {
        bolt_error(&self.settings, text, error)
    }
}

/// Why a transaction was not committed.
enum Failure {
    Bolt(BoltError),
    Refused(&'static str),
}

impl From<BoltError> for Failure {
    fn from(error: BoltError) -> Self {
        Self::Bolt(error)
    }
}

async fn write(
    connections: &Connections,
    settings: &Neo4jSettings,
    turns: &RwLock<()>,
    statements: &[Statement],
    retries: &AtomicU64,
) -> Result<Counters, GraphError> {
    // A deadlock or an election rolls the transaction back as a whole: the next try is clean.
    let backoff = ExponentialBuilder::default()
        .with_min_delay(Duration::from_millis(50))
        .with_max_times(8)
        .with_jitter();
    let is_first = AtomicBool::new(true);
    // Conditions alone are the lease's: a renewal must not wait for batches.
    let has_work = statements.iter().any(|one| one.required.is_none());
    let attempt = || async {
        let is_first = is_first.swap(false, Ordering::Relaxed);
        let (_beside_others, _alone) = match (has_work, is_first) {
            (false, _) => (None, None),
            (true, true) => (Some(turns.read().await), None),
            (true, false) => (None, Some(turns.write().await)),
        };
        write_once(connections, statements).await
    };
    let outcome = attempt
        .retry(backoff)
        .when(is_transient)
        .notify(|failure, wait| {
            retries.fetch_add(1, Ordering::Relaxed);
            if let Failure::Bolt(error) = failure {
                tracing::debug!(%error, ?wait, "transient error, trying again");
            }
        })
        .await;
    outcome.map_err(|failure| match failure {
        Failure::Refused(otherwise) => GraphError::Refused { otherwise },
        Failure::Bolt(error) => {
            let mut work = statements.iter().filter(|one| one.required.is_none());
            let text = work.next().or(statements.first()).map(|one| &one.text);
            bolt_error(settings, text.map_or("", |text| text), error)
        }
    })
}

async fn write_once(
    connections: &Connections,
    statements: &[Statement],
) -> Result<Counters, Failure> {
    let graph = connections.graph();
    let mut counters = Counters::default();
    let mut tx = connections.watched(graph.start_txn()).await?;
    connections.without_delay(statements);
    for statement in statements {
        let query = query(statement);
        if let Some(otherwise) = statement.required {
            let asked = async {
                let mut rows = tx.execute(query).await?;
                let holds = rows.next(tx.handle()).await?.is_some();
                rows.finish(tx.handle()).await?;
                Ok(holds)
            };
            if !connections.watched(asked).await? {
                connections.watched(tx.rollback()).await?;
                return Err(Failure::Refused(otherwise));
            }
            continue;
        }
        let summary = connections.watched(tx.run(query)).await?;
        let stats = summary.stats();
        counters += Counters {
            nodes_created: stats.nodes_created,
            nodes_deleted: stats.nodes_deleted,
            edges_created: stats.relationships_created,
            edges_deleted: stats.relationships_deleted,
            properties_set: stats.properties_set,
        };
    }
    connections.watched(tx.commit()).await?;
    Ok(counters)
}

/// Opens and closes a TCP connection: a server that is not there is told apart, and quickly. Returns
/// its port.
async fn reach(settings: &Neo4jSettings) -> Result<u16, GraphError> {
    let unreachable = |reason: String| GraphError::Unreachable {
        endpoint: settings.endpoint.clone(),
        reason,
    };
    let (_, host, port) = settings
        .address()
        .map_err(|error| unreachable(error.to_string()))?;
    let patience = CONNECT.min(settings.timeout);
    match tokio::time::timeout(patience, tokio::net::TcpStream::connect((host, port))).await {
        Ok(Ok(_)) => Ok(port),
        Ok(Err(error)) => Err(unreachable(error.to_string())),
        Err(_) => Err(unreachable(format!("no answer within {patience:?}"))),
    }
}

fn query(statement: &Statement) -> Query {
    let keep_plan = if statement.keyed { KEEP_PLAN } else { "" };
    let mut query = Query::new(format!("{keep_plan}{}", statement.text));
    for (name, value) in &statement.params {
        query = query.param(name, to_bolt(value));
    }
    query
}

fn is_transient(failure: &Failure) -> bool {
    matches!(failure, Failure::Bolt(BoltError::Neo4j(error)) if error.kind() == Neo4jErrorKind::Transient)
}

/// The code of a constraint that would be broken.
const NOT_UNIQUE: &str = "Neo.ClientError.Schema.ConstraintValidationFailed";

/// What the driver says of a server that ends the connection instead of greeting.
const NO_TLS: &str = "tls handshake eof";

fn bolt_error(settings: &Neo4jSettings, text: &str, error: BoltError) -> GraphError {
    let endpoint = settings.endpoint.clone();
    match error {
        BoltError::AuthenticationError(reason) => GraphError::Unauthorized {
            endpoint,
            user: settings.user.clone(),
            reason,
        },
        BoltError::Neo4j(error) if error.code() == NOT_UNIQUE => GraphError::Exists {
            reason: error.message().to_owned(),
        },
        BoltError::Neo4j(error) => {
            GraphError::statement(text, format!("{} ({})", error.message(), error.code()))
        }
        BoltError::IOError { detail } if detail.to_string() == NO_TLS => GraphError::Tls {
            endpoint,
            reason: "it does not speak TLS, and nothing is sent in plain text".to_owned(),
        },
        BoltError::IOError { detail } if is_tls(&detail) => GraphError::Tls {
            endpoint,
            reason: detail.to_string(),
        },
        // The driver's own words before it say less than the error.
        BoltError::IOError { detail } => GraphError::Unreachable {
            endpoint,
            reason: detail.to_string(),
        },
        error @ (BoltError::ConversionError
        | BoltError::StringTooLong
        | BoltError::MapTooBig
        | BoltError::ListTooLong
        | BoltError::DeserializationError(_)) => GraphError::statement(text, error),
        error => GraphError::Unreachable {
            endpoint,
            reason: error.to_string(),
        },
    }
}

fn is_tls(error: &std::io::Error) -> bool {
    error
        .get_ref()
        .is_some_and(|inner| inner.is::<rustls::Error>())
}

#[async_trait]
impl GraphStore for Neo4jStore {
    fn engine(&self) -> Engine {
        Engine::Neo4j
    }

    fn location(&self) -> String {
        self.settings.endpoint.clone()
    }

    fn retries(&self) -> u64 {
        self.retries.load(Ordering::Relaxed)
    }

    async fn stream(&self, statement: Statement) -> Result<RowStream, GraphError> {
        let text = statement.text.clone();
        let connections = Arc::clone(&self.connections);
        let graph = connections.graph();
        connections.without_delay(std::slice::from_ref(&statement));
        let mut rows = connections
            .watched(graph.execute_read(query(&statement)))
            .await
            .map_err(|error| self.error(&text, error))?;
        let (mut sender, stream) = RowStream::channel();
        let settings = self.settings.clone();
        tokio::spawn(async move {
            let mut columns: Arc<[String]> = Arc::from([]);
            let outcome = loop {
                let mut next = pin!(connections.watched(rows.next()));
                let next = match poll!(&mut next) {
                    Poll::Ready(row) => row,
                    // What is there must not wait for what is not.
                    Poll::Pending => match sender.send().await {
                        Ok(()) => next.await,
                        Err(Unread) => break Ok(()),
                    },
                };
                let row = match next {
                    Ok(None) => break Ok(()),
                    Ok(Some(row)) => row,
                    Err(error) => break Err(bolt_error(&settings, &text, error)),
                };
                if columns.is_empty() {
                    columns = row.keys().iter().map(|key| key.value.clone()).collect();
                }
                let values = columns
                    .iter()
                    .map(|name| row.get::<BoltType>(name).map(from_bolt))
                    .collect::<Result<_, _>>();
                let values = match values {
                    Ok(values) => values,
                    Err(error) => break Err(GraphError::statement(&text, error)),
                };
                let columns = Arc::clone(&columns);
                if sender.add(Row { columns, values }) && sender.send().await.is_err() {
                    break Ok(());
                }
            };
            sender.end(outcome).await;
        });
        Ok(stream)
    }

    async fn write(&self, statements: Vec<Statement>) -> Result<Counters, GraphError> {
        let (connections, settings) = (Arc::clone(&self.connections), self.settings.clone());
        let (turns, retries) = (Arc::clone(&self.turns), Arc::clone(&self.retries));
        // A transaction that is dropped half-way would keep its locks until the pool hands its
        // connection out again; a task of its own always comes to an end.
        let task = tokio::spawn(async move {
            write(&connections, &settings, &turns, &statements, &retries).await
        });
        task.await
            .map_err(|error| GraphError::statement("", error))?
    }

    async fn explain(&self, text: &str) -> Result<(), GraphError> {
        self.read(Statement::new(format!("EXPLAIN {text}"))).await?;
        Ok(())
    }

    async fn apply_schema(&self, items: &[SchemaItem]) -> Result<Vec<SchemaItem>, GraphError> {
        let present = self.schema().await?;
        let mut missing: Vec<_> = items
            .iter()
            .filter(|item| !present.contains(item))
            .cloned()
            .collect();
        missing.sort();
        for item in &missing {
            let text = item.statement(Engine::Neo4j);
            self.write(vec![Statement::new(text)]).await?;
        }
        if !missing.is_empty() {
            self.read(Statement::new("CALL db.awaitIndexes(600)"))
                .await?;
        }
        Ok(missing)
    }

    async fn schema(&self) -> Result<Vec<SchemaItem>, GraphError> {
        let rows = self
            .read(Statement::new(include_str!(
                "../cypher/neo4j/schema.cypher"
            )))
            .await?;
        let mut items: Vec<_> = rows
            .iter()
            .map(|row| SchemaItem {
                label: row.text("label").to_owned(),
                property: row.text("property").to_owned(),
                unique: *row.get("unique") == polar_model::Value::Bool(true),
            })
            .collect();
        items.sort();
        Ok(items)
    }
}
