//! A store with something that happens around each call.

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use async_trait::async_trait;
use polar_graph::{
    Counters, Engine, GraphError, GraphStore, Row, RowStream, SchemaItem, Statement,
};

/// What a call is about to do.
#[derive(Debug, Clone)]
pub struct Call {
    /// Its number, from 0, over reads and writes.
    pub number: usize,
    /// Whether it writes.
    pub writes: bool,
    /// The texts of its statements.
    pub texts: Vec<String>,
}

/// Whether a call has been made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// Not yet.
    Before,
    /// It has its answer, or is given up.
    After,
}

type Happening = Pin<Box<dyn Future<Output = ()> + Send>>;
type Hook = dyn Fn(When, &Call) -> Happening + Send + Sync;

/// A store that passes all on to another one.
pub struct Tapped {
    store: Arc<dyn GraphStore>,
    calls: AtomicUsize,
    hook: Box<Hook>,
}

impl Tapped {
    /// Has `hook` happen before and after each call.
    #[must_use]
    pub fn new<F: Future<Output = ()> + Send + 'static>(
        store: Arc<dyn GraphStore>,
        hook: impl Fn(When, &Call) -> F + Send + Sync + 'static,
    ) -> Self {
        Self {
            store,
            calls: AtomicUsize::new(0),
            hook: Box::new(move |when, call| Box::pin(hook(when, call))),
        }
    }

    async fn around<T>(
        &self,
        writes: bool,
        texts: Vec<String>,
        work: impl Future<Output = T> + Send,
    ) -> T {
        let call = Call {
            number: self.calls.fetch_add(1, Ordering::SeqCst),
            writes,
            texts,
        };
        (self.hook)(When::Before, &call).await;
        let mut given_up = GivenUp(Some((&*self.hook, &call)));
        let done = work.await;
        given_up.0 = None;
        (self.hook)(When::After, &call).await;
        done
    }
}

/// Has the hook happen of a call whose future is dropped.
struct GivenUp<'a>(Option<(&'a Hook, &'a Call)>);

impl Drop for GivenUp<'_> {
    fn drop(&mut self) {
        if let Some((hook, call)) = self.0 {
            tokio::spawn(hook(When::After, call));
        }
    }
}

#[async_trait]
impl GraphStore for Tapped {
    fn engine(&self) -> Engine {
        self.store.engine()
    }

    fn location(&self) -> String {
        self.store.location()
    }

    async fn read(&self, statement: Statement) -> Result<Vec<Row>, GraphError> {
        let texts = vec![statement.text.to_string()];
        self.around(false, texts, self.store.read(statement)).await
    }

    async fn stream(&self, statement: Statement) -> Result<RowStream, GraphError> {
        let texts = vec![statement.text.to_string()];
        self.around(false, texts, self.store.stream(statement))
            .await
    }

    async fn write(&self, statements: Vec<Statement>) -> Result<Counters, GraphError> {
        let texts = statements.iter().map(|one| one.text.to_string());
        self.around(true, texts.collect(), self.store.write(statements))
            .await
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
