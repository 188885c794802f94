//! The trait that both stores implement.

use async_trait::async_trait;
use tokio::sync::mpsc;
use tracing::Span;

use crate::{Counters, GraphError, Row, SchemaItem, Statement};

/// Which store it is; the rule engine picks the matching Cypher.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// Neo4j 5.23 or later, over Bolt.
    Neo4j,
    /// marsdb, in this process.
    Embedded,
}

/// A property graph that speaks Cypher.
#[async_trait]
pub trait GraphStore: Send + Sync {
    /// Which store it is.
    fn engine(&self) -> Engine;

    /// Where it is, for people; holds no secret.
    fn location(&self) -> String;

    /// How many transactions were tried again so far, after a transient error.
    fn retries(&self) -> u64 {
        0
    }

    /// Runs a reading statement and collects its rows.
    ///
    /// # Errors
    /// If the graph is out of reach or refuses the statement.
    async fn read(&self, statement: Statement) -> Result<Vec<Row>, GraphError> {
        let mut rows = Vec::new();
        let mut stream = self.stream(statement).await?;
        while let Some(row) = stream.next().await {
            rows.push(row?);
        }
        Ok(rows)
    }

    /// Runs a reading statement and hands out its rows one by one.
    ///
    /// # Errors
    /// If the graph is out of reach or refuses the statement.
    async fn stream(&self, statement: Statement) -> Result<RowStream, GraphError>;

    /// Runs statements in one transaction; after an error nothing of it is in the graph. A caller
    /// that goes away half-way does not break it off: no transaction stays open with its locks.
    ///
    /// # Errors
    /// If the graph is out of reach, refuses a statement, or a [required](Statement::required) one
    /// yields no row.
    async fn write(&self, statements: Vec<Statement>) -> Result<Counters, GraphError>;

    /// Plans a statement without running it.
    ///
    /// # Errors
    /// If the graph is out of reach or refuses the statement.
    async fn explain(&self, text: &str) -> Result<(), GraphError>;

    /// Creates what is missing of a schema and returns what was missing.
    ///
    /// # Errors
    /// If the graph is out of reach, or holds data that breaks a constraint.
    async fn apply_schema(&self, items: &[SchemaItem]) -> Result<Vec<SchemaItem>, GraphError>;

    /// The indexes and uniqueness constraints that are there.
    ///
    /// # Errors
    /// If the graph is out of reach.
    async fn schema(&self) -> Result<Vec<SchemaItem>, GraphError>;
}

/// Rows as they arrive. Dropping it ends the reading.
#[derive(Debug)]
pub struct RowStream {
    rows: mpsc::Receiver<Result<Vec<Row>, GraphError>>,
    arrived: std::vec::IntoIter<Row>,
    /// Lasts as long as the stream.
    span: Option<Span>,
}

/// Rows that are handed over at a time: each time may wake the reader.
const TOGETHER: usize = 256;
/// Times that may wait between the store and the reader.
const WAITING: usize = 16;

impl RowStream {
    pub(crate) fn channel() -> (RowSender, Self) {
        let (sender, rows) = mpsc::channel(WAITING);
        let sender = RowSender {
            sender,
            together: Vec::new(),
        };
        let stream = Self {
            rows,
            arrived: Vec::new().into_iter(),
            span: None,
        };
        (sender, stream)
    }

    /// The stream, for as long as which a span lasts.
    pub(crate) fn within(mut self, span: Span) -> Self {
        self.span = Some(span);
        self
    }

    /// The next row; `None` after the last one.
    pub async fn next(&mut self) -> Option<Result<Row, GraphError>> {
        loop {
            if let Some(row) = self.arrived.next() {
                return Some(Ok(row));
            }
            match self.rows.recv().await {
                Some(Ok(rows)) => self.arrived = rows.into_iter(),
                Some(Err(error)) => return Some(Err(error)),
                None => {
                    self.span = None;
                    return None;
                }
            }
        }
    }

    /// Up to `size` further rows; empty after the last one.
    ///
    /// # Errors
    /// If the reading broke off.
    pub async fn next_batch(&mut self, size: usize) -> Result<Vec<Row>, GraphError> {
        let mut rows = Vec::new();
        while rows.len() < size {
            match self.next().await {
                Some(row) => rows.push(row?),
                None => break,
            }
        }
        Ok(rows)
    }
}

/// The store's end of a [`RowStream`].
pub(crate) struct RowSender {
    sender: mpsc::Sender<Result<Vec<Row>, GraphError>>,
    together: Vec<Row>,
}

/// Nobody reads any more.
pub(crate) struct Unread;

impl RowSender {
    /// Adds a row. The caller sends them, once there are enough.
    pub(crate) fn add(&mut self, row: Row) -> bool {
        self.together.push(row);
        self.together.len() >= TOGETHER
    }

    /// Sends what was added.
    pub(crate) async fn send(&mut self) -> Result<(), Unread> {
        match self.take() {
            None => Ok(()),
            Some(rows) => self.sender.send(rows).await.map_err(|_| Unread),
        }
    }

    /// As `send`, outside of the runtime.
    pub(crate) fn blocking_send(&mut self) -> Result<(), Unread> {
        match self.take() {
            None => Ok(()),
            Some(rows) => self.sender.blocking_send(rows).map_err(|_| Unread),
        }
    }

    fn take(&mut self) -> Option<Result<Vec<Row>, GraphError>> {
        let rows = std::mem::take(&mut self.together);
        (!rows.is_empty()).then_some(Ok(rows))
    }

    /// Sends what was added, and how the reading ended. A reader that has gone away needs neither.
    pub(crate) async fn end(mut self, outcome: Result<(), GraphError>) {
        if let (Ok(()), Err(error)) = (self.send().await, outcome) {
            drop(self.sender.send(Err(error)).await);
        }
    }

    /// As `end`, outside of the runtime.
    pub(crate) fn blocking_end(mut self, outcome: Result<(), GraphError>) {
        if let (Ok(()), Err(error)) = (self.blocking_send(), outcome) {
            drop(self.sender.blocking_send(Err(error)));
        }
    }
}
