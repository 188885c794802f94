//! The embedded store: marsdb in a file or in memory.

use std::{collections::HashMap, ops::ControlFlow, path::Path, sync::Arc};

use async_trait::async_trait;
use marsdb::{Database, ExecutionOptions, PropertyValue, QueryStats, RowSink, Value as MarsValue};
use tokio::sync::{Mutex, mpsc};

use crate::{
    Counters, Engine, GraphError, GraphStore, Row, RowStream, SchemaItem, Statement,
    convert_embedded::{from_store, to_store},
};

/// A graph in this process. One process may have its file open at a time.
pub struct EmbeddedStore {
    db: Arc<Database>,
    /// The store has one writer; waiting here does not block a thread.
    writer: Mutex<()>,
    location: String,
}

impl EmbeddedStore {
    /// Opens the file, creating it and its folder if they are not there.
    ///
    /// # Errors
    /// If the file cannot be opened, is none of the store's, or another process has it open.
    pub fn open(path: &Path) -> Result<Self, GraphError> {
        let file_error = |reason: String| GraphError::File {
            path: path.display().to_string(),
            reason,
        };
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(|error| file_error(error.to_string()))?;
        }
        let db = Database::open(path).map_err(|error| file_error(error.to_string()))?;
        Ok(Self::new(db, format!("embedded:{}", path.display())))
    }

    /// A graph in memory, gone with the store.
    ///
    /// # Errors
    /// If the store cannot be set up.
    pub fn in_memory() -> Result<Self, GraphError> {
        let db = Database::in_memory().map_err(|error| GraphError::File {
            path: ":memory:".to_owned(),
            reason: error.to_string(),
        })?;
        Ok(Self::new(db, "embedded:memory".to_owned()))
    }

    fn new(db: Database, location: String) -> Self {
        Self {
            db: Arc::new(db),
            writer: Mutex::new(()),
            location,
        }
    }

    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Database) -> Result<T, GraphError> + Send + 'static,
    ) -> Result<T, GraphError> {
        let db = Arc::clone(&self.db);
        tokio::task::spawn_blocking(move || work(&db))
            .await
            .map_err(|error| GraphError::statement("", error))?
    }
}

#[async_trait]
impl GraphStore for EmbeddedStore {
    fn engine(&self) -> Engine {
        Engine::Embedded
    }

    fn location(&self) -> String {
        self.location.clone()
    }

    async fn read(&self, statement: Statement) -> Result<Vec<Row>, GraphError> {
        self.blocking(move |db| {
            let (text, params) = parts(statement);
            let result = db
                .execute_with_params(&text, &params)
                .map_err(|error| GraphError::statement(&text, error))?;
            let columns: Arc<[String]> = result.columns.into();
            let rows = result.rows.into_iter().map(|values| row(&columns, values));
            Ok(rows.collect())
        })
        .await
    }

    async fn stream(&self, statement: Statement) -> Result<RowStream, GraphError> {
        let (sender, stream) = RowStream::channel();
        let db = Arc::clone(&self.db);
        tokio::task::spawn_blocking(move || {
            let (text, params) = parts(statement);
            let mut sink = ChannelSink {
                columns: Arc::from([]),
                sender,
            };
            if let Err(error) = send(&db, &text, &params, &mut sink) {
                let error = GraphError::statement(&text, error);
                // A reader that has gone away needs no error.
                drop(sink.sender.blocking_send(Err(error)));
            }
        });
        Ok(stream)
    }

    async fn write(&self, statements: Vec<Statement>) -> Result<Counters, GraphError> {
        let _one_writer = self.writer.lock().await;
        self.blocking(move |db| {
            let mut counters = Counters::default();
            let mut tx = db
                .begin_transaction()
                .map_err(|error| GraphError::statement("BEGIN", error))?;
            for statement in statements {
                let required = statement.required;
                let (text, params) = parts(statement);
                let result = tx
                    .execute_with_params(&text, &params)
                    .map_err(|error| GraphError::statement(&text, error))?;
                match required {
                    None => counters += result.stats.into(),
                    Some(otherwise) if result.rows.is_empty() => {
                        return Err(GraphError::Refused { otherwise });
                    }
                    Some(_) => {}
                }
            }
            tx.commit()
                .map_err(|error| GraphError::statement("COMMIT", error))?;
            Ok(counters)
        })
        .await
    }

    async fn explain(&self, text: &str) -> Result<(), GraphError> {
        self.read(Statement::new(format!("EXPLAIN {text}"))).await?;
        Ok(())
    }

    async fn apply_schema(&self, items: &[SchemaItem]) -> Result<Vec<SchemaItem>, GraphError> {
        let _one_writer = self.writer.lock().await;
        let present = self.schema().await?;
        let missing: Vec<_> = items
            .iter()
            .filter(|item| !present.contains(item))
            .cloned()
            .collect();
        let statements = missing.clone();
        self.blocking(move |db| {
            for item in statements {
                let text = item.statement(Engine::Embedded);
                db.execute(&text)
                    .map_err(|error| GraphError::statement(&text, error))?;
            }
            Ok(())
        })
        .await?;
        Ok(missing)
    }

    async fn schema(&self) -> Result<Vec<SchemaItem>, GraphError> {
        let rows = self.read(Statement::new("CALL db.indexes()")).await?;
        let mut items: Vec<_> = rows
            .iter()
            .filter_map(|row| match row.values() {
                [label, property, unique, ..] => Some(SchemaItem {
                    label: label.as_str()?.to_owned(),
                    property: property.as_str()?.to_owned(),
                    unique: *unique == polar_model::Value::Bool(true),
                }),
                _ => None,
            })
            .collect();
        items.sort();
        Ok(items)
    }
}

/// Streams rows; those of a statement that the store can only answer as a whole (several clauses,
/// DISTINCT) are collected first.
fn send(
    db: &Database,
    text: &str,
    params: &HashMap<String, PropertyValue>,
    sink: &mut ChannelSink,
) -> Result<(), marsdb::Error> {
    let options = ExecutionOptions::default();
    match db.execute_streaming(text, params, &options, sink) {
        Err(error) if error.to_string().contains("is not streamable") => {
            let result = db.execute_with_params(text, params)?;
            sink.columns(&result.columns);
            for row in result.rows {
                if sink.row(row).is_break() {
                    break;
                }
            }
            Ok(())
        }
        outcome => outcome.map(drop),
    }
}

fn parts(statement: Statement) -> (String, HashMap<String, PropertyValue>) {
    let params = statement
        .params
        .into_iter()
        .map(|(name, value)| (name, to_store(value)))
        .collect();
    (statement.text.into_owned(), params)
}

fn row(columns: &Arc<[String]>, values: Vec<MarsValue>) -> Row {
    Row {
        columns: Arc::clone(columns),
        values: values.into_iter().map(from_store).collect(),
    }
}

struct ChannelSink {
    columns: Arc<[String]>,
    sender: mpsc::Sender<Result<Row, GraphError>>,
}

impl RowSink for ChannelSink {
    fn columns(&mut self, columns: &[String]) {
        self.columns = columns.into();
    }

    fn row(&mut self, values: Vec<MarsValue>) -> ControlFlow<()> {
        match self.sender.blocking_send(Ok(row(&self.columns, values))) {
            Ok(()) => ControlFlow::Continue(()),
            Err(_) => ControlFlow::Break(()),
        }
    }
}

impl From<QueryStats> for Counters {
    fn from(stats: QueryStats) -> Self {
        Self {
            nodes_created: stats.nodes_created,
            nodes_deleted: stats.nodes_deleted,
            edges_created: stats.relationships_created,
            edges_deleted: stats.relationships_deleted,
            properties_set: stats.properties_set,
        }
    }
}
