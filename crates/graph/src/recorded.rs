//! A store that keeps what it was asked.

use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;

use crate::{Counters, Engine, GraphError, GraphStore, Row, RowStream, SchemaItem, Statement};

/// A store that passes all on to another one, and keeps each reading statement.
pub struct Recorded<'a> {
    store: &'a dyn GraphStore,
    asked: Mutex<Vec<Statement>>,
}

impl<'a> Recorded<'a> {
    /// Nothing was asked yet.
    #[must_use]
    pub fn new(store: &'a dyn GraphStore) -> Self {
        Self {
            store,
            asked: Mutex::default(),
        }
    }

    /// What was read, in order.
    #[must_use]
    pub fn asked(self) -> Vec<Statement> {
        self.asked
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn keep(&self, statement: &Statement) {
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        asked.push(statement.clone());
    }
}

#[async_trait]
impl GraphStore for Recorded<'_> {
    fn engine(&self) -> Engine {
        self.store.engine()
    }

    fn location(&self) -> String {
        self.store.location()
    }

    async fn read(&self, statement: Statement) -> Result<Vec<Row>, GraphError> {
        self.keep(&statement);
        self.store.read(statement).await
    }

    async fn stream(&self, statement: Statement) -> Result<RowStream, GraphError> {
        self.keep(&statement);
        self.store.stream(statement).await
    }

    async fn write(&self, statements: Vec<Statement>) -> Result<Counters, GraphError> {
        self.store.write(statements).await
    }

    async fn explain(&self, text: &str) -> Result<(), GraphError> {
        self.store.explain(text).await
    }

    async fn apply_schema(&self, items: &[SchemaItem]) -> Result<Vec<SchemaItem>, GraphError> {
        self.store.apply_schema(items).await
    }

    async fn schema(&self) -> Result<Vec<SchemaItem>, GraphError> {
        self.store.schema().await
    }
}
