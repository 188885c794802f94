//! Rows of any query, batch by batch.

use polar_graph::{Engine, GraphError, GraphStore, Row, RowStream, Statement};

/// Rows that are read, batch by batch.
pub(crate) enum Batches {
    /// As they arrive.
    Stream(RowStream),
    /// The embedded store streams no query of several clauses, and holds all rows anyway.
    All(std::vec::IntoIter<Row>),
}

impl Batches {
    pub(crate) async fn of(
        store: &dyn GraphStore,
        statement: Statement,
    ) -> Result<Self, GraphError> {
        Ok(match store.engine() {
            Engine::Neo4j => Self::Stream(store.stream(statement).await?),
            Engine::Embedded => Self::All(store.read(statement).await?.into_iter()),
        })
    }

    /// Up to `size` further rows; empty after the last one.
    pub(crate) async fn next(&mut self, size: usize) -> Result<Vec<Row>, GraphError> {
        match self {
            Self::Stream(rows) => rows.next_batch(size).await,
            Self::All(rows) => Ok(rows.take(size).collect()),
        }
    }
}
