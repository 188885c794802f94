//! The embedded store: marsdb in a file or in memory.

use std::{
    collections::HashMap,
    ops::ControlFlow,
    path::{Path, PathBuf},
    sync::{Arc, Mutex as Lock, PoisonError},
};

use async_trait::async_trait;
use marsdb::{Database, ExecutionOptions, PropertyValue, QueryStats, RowSink, Value as MarsValue};
use tokio::sync::Mutex;

use crate::{
    Counters, Engine, GraphError, GraphStore, Row, RowStream, SchemaItem, Statement,
    convert_embedded::{from_store, to_store},
    store::RowSender,
};

/// A graph in this process. One process may have its file open at a time.
pub struct EmbeddedStore {
    file: Arc<File>,
    /// The store has one writer; waiting here does not block a thread.
    writer: Mutex<()>,
    location: String,
}

/// What the graph is kept in. After an error of the disk, the store asks to be closed; it is opened
/// anew by the next one who needs it, with what was committed.
struct File {
    /// None for a graph in memory.
    path: Option<PathBuf>,
    open: Lock<Option<Arc<Database>>>,
}

impl File {
    fn database(&self) -> Result<Arc<Database>, GraphError> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(db) = &*open {
            return Ok(Arc::clone(db));
        }
        let db = match &self.path {
            None => Database::in_memory().map_err(|error| self.error(error.to_string()))?,
            Some(path) => self.open_or_create(path)?,
        };
        Ok(Arc::clone(open.insert(Arc::new(db))))
    }

    /// A store that is killed while it sets up its file leaves one behind that nobody can open. So a
    /// new file is set up under another name, and gets its own once it is whole.
    fn open_or_create(&self, path: &Path) -> Result<Database, GraphError> {
        let open =
            |path: &Path| Database::open(path).map_err(|error| self.error(error.to_string()));
        let failed = |error: std::io::Error| self.error(error.to_string());
        if path.exists() {
            return open(path);
        }
        let folder = match path.parent() {
            Some(folder) if folder != Path::new("") => folder,
            _ => Path::new("."),
        };
        std::fs::create_dir_all(folder).map_err(failed)?;
        let mut named = tempfile::Builder::new();
        named.prefix(".graph-").suffix(".new");
        // As the user's files are, not as those of a secret are.
        #[cfg(unix)]
        named.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        let new = named.tempfile_in(folder).map_err(failed)?.into_temp_path();
        let db = open(&new)?;
        match new.persist_noclobber(path) {
            Ok(()) => Ok(db),
            // Another process was faster.
            Err(error) if error.error.kind() == std::io::ErrorKind::AlreadyExists => open(path),
            Err(error) => Err(failed(error.error)),
        }
    }

    fn error(&self, reason: String) -> GraphError {
        let path = self.path.as_deref().unwrap_or(Path::new(":memory:"));
        GraphError::File {
            path: path.display().to_string(),
            reason,
        }
    }

    /// What an error of the store is to the caller.
    fn failed(&self, text: &str, error: &marsdb::Error) -> GraphError {
        let reason = error.to_string();
        if reason.contains("unique constraint violation") {
            return GraphError::Exists { reason };
        }
        // Errors of the disk are those of a lower layer, whose types are not shown. It may not tell
        // more than that there was one: what was the first may be lost on the way.
        let Some((_, told)) = reason
            .split_once("I/O error")
            .filter(|_| self.path.is_some())
        else {
            return GraphError::statement(text, reason);
        };
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        *open = None;
        let told = if told.starts_with(": ") { told } else { "" };
        self.error(format!(
            "it cannot be written to or read from{told}; is the disk full? What was written before \
             stays: make room, and run it again"
        ))
    }
}

impl EmbeddedStore {
    /// Opens the file, creating it and its folder if they are not there.
    ///
    /// # Errors
    /// If the file cannot be opened, is none of the store's, or another process has it open.
    pub fn open(path: &Path) -> Result<Self, GraphError> {
        let store = Self::new(Some(path), format!("embedded:{}", path.display()));
        store.file.database()?;
        Ok(store)
    }

    /// A graph in memory, gone with the store.
    ///
    /// # Errors
    /// If the store cannot be set up.
    pub fn in_memory() -> Result<Self, GraphError> {
        let store = Self::new(None, "embedded:memory".to_owned());
        store.file.database()?;
        Ok(store)
    }

    fn new(path: Option<&Path>, location: String) -> Self {
        Self {
            file: Arc::new(File {
                path: path.map(Path::to_owned),
                open: Lock::default(),
            }),
            writer: Mutex::new(()),
            location,
        }
    }

    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Database, &File) -> Result<T, GraphError> + Send + 'static,
    ) -> Result<T, GraphError> {
        let file = Arc::clone(&self.file);
        tokio::task::spawn_blocking(move || work(&*file.database()?, &file))
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
        self.blocking(move |db, file| {
            let (text, params) = parts(statement);
            let result = db
                .execute_with_params(&text, &params)
                .map_err(|error| file.failed(&text, &error))?;
            let columns: Arc<[String]> = result.columns.into();
            let rows = result.rows.into_iter().map(|values| row(&columns, values));
            Ok(rows.collect())
        })
        .await
    }

    async fn stream(&self, statement: Statement) -> Result<RowStream, GraphError> {
        let (sender, stream) = RowStream::channel();
        let file = Arc::clone(&self.file);
        tokio::task::spawn_blocking(move || {
            let (text, params) = parts(statement);
            let mut sink = ChannelSink {
                columns: Arc::from([]),
                sender,
            };
            let sent = file.database().and_then(|db| {
                send(&db, &text, &params, &mut sink).map_err(|error| file.failed(&text, &error))
            });
            sink.sender.blocking_end(sent);
        });
        Ok(stream)
    }

    async fn write(&self, statements: Vec<Statement>) -> Result<Counters, GraphError> {
        let _one_writer = self.writer.lock().await;
        self.blocking(move |db, file| {
            let mut counters = Counters::default();
            let mut tx = db
                .begin_transaction()
                .map_err(|error| file.failed("BEGIN", &error))?;
            for statement in statements {
                let required = statement.required;
                let (text, params) = parts(statement);
                let result = tx
                    .execute_with_params(&text, &params)
                    .map_err(|error| file.failed(&text, &error))?;
                match required {
                    None => counters += result.stats.into(),
                    Some(otherwise) if result.rows.is_empty() => {
                        return Err(GraphError::Refused { otherwise });
                    }
                    Some(_) => {}
                }
            }
            tx.commit().map_err(|error| file.failed("COMMIT", &error))?;
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
        self.blocking(move |db, file| {
            for item in statements {
                let text = item.statement(Engine::Embedded);
                db.execute(&text)
                    .map_err(|error| file.failed(&text, &error))?;
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
    let text = if statement.keyed {
        let lines = statement.text.lines();
        let lines = lines.filter(|line| !line.starts_with("USING INDEX SEEK "));
        lines.collect::<Vec<_>>().join("\n")
    } else {
        statement.text.into_owned()
    };
    (text, params)
}

fn row(columns: &Arc<[String]>, values: Vec<MarsValue>) -> Row {
    Row {
        columns: Arc::clone(columns),
        values: values.into_iter().map(from_store).collect(),
    }
}

struct ChannelSink {
    columns: Arc<[String]>,
    sender: RowSender,
}

impl RowSink for ChannelSink {
    fn columns(&mut self, columns: &[String]) {
        self.columns = columns.into();
    }

    fn row(&mut self, values: Vec<MarsValue>) -> ControlFlow<()> {
        if self.sender.add(row(&self.columns, values)) && self.sender.blocking_send().is_err() {
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
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
