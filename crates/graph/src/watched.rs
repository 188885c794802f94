//! A store whose use can be followed: by spans, and by a beat for each statement.

use std::sync::Arc;

use async_trait::async_trait;
use tracing::{Instrument, Span, field::Empty};

use crate::{Counters, Engine, GraphError, GraphStore, Row, RowStream, SchemaItem, Statement};

/// The target of all spans, by which they are told from logs.
pub const SPANS: &str = "polar_spans";

/// The longest name of a statement.
const LONGEST_NAME: usize = 60;

/// A store that passes all on to another one. Each statement gets a span of its own, named by its
/// first words; parameters are data, and never in it. Each beginning and end of one is a beat.
pub struct Watched {
    store: Arc<dyn GraphStore>,
    beat: Box<dyn Fn() + Send + Sync>,
}

impl Watched {
    /// `beat` is called as a statement begins, and as it ends.
    #[must_use]
    pub fn new(store: Arc<dyn GraphStore>, beat: impl Fn() + Send + Sync + 'static) -> Self {
        Self {
            store,
            beat: Box::new(beat),
        }
    }

    fn span(&self, operation: &'static str, text: &str, statements: usize) -> Span {
        tracing::info_span!(
            target: SPANS,
            "statement",
            otel.name = format!("{operation} {}", name(text)),
            otel.kind = "client",
            otel.status_code = Empty,
            db.system.name = match self.engine() {
                Engine::Neo4j => "neo4j",
                Engine::Embedded => "embedded",
            },
            db.operation.name = operation,
            db.operation.batch.size = statements,
        )
    }

    async fn within<T>(
        &self,
        span: Span,
        work: impl Future<Output = Result<T, GraphError>> + Send,
    ) -> Result<T, GraphError> {
        (self.beat)();
        let outcome = work.instrument(span.clone()).await;
        (self.beat)();
        if outcome.is_err() {
            span.record("otel.status_code", "ERROR");
        }
        outcome
    }
}

/// The first words of a statement.
fn name(text: &str) -> String {
    let lines = text.lines().map(str::trim);
    let mut words = lines
        .filter(|line| !line.starts_with("//"))
        .flat_map(str::split_whitespace);
    let mut name = words.next().unwrap_or_default().to_owned();
    for word in words {
        if name.len() + 1 + word.len() > LONGEST_NAME {
            break;
        }
        name.push(' ');
        name.push_str(word);
    }
    name
}

#[async_trait]
impl GraphStore for Watched {
    fn engine(&self) -> Engine {
        self.store.engine()
    }

    fn location(&self) -> String {
        self.store.location()
    }

    fn retries(&self) -> u64 {
        self.store.retries()
    }

    async fn read(&self, statement: Statement) -> Result<Vec<Row>, GraphError> {
        let span = self.span("read", &statement.text, 1);
        self.within(span, self.store.read(statement)).await
    }

    /// The span lasts until the last row was taken, or nobody takes any more.
    async fn stream(&self, statement: Statement) -> Result<RowStream, GraphError> {
        let span = self.span("stream", &statement.text, 1);
        let stream = self
            .within(span.clone(), self.store.stream(statement))
            .await?;
        Ok(stream.within(span))
    }

    async fn write(&self, statements: Vec<Statement>) -> Result<Counters, GraphError> {
        let first = statements.first().map_or("", |first| &first.text);
        let span = self.span("write", first, statements.len());
        self.within(span, self.store.write(statements)).await
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_statements() {
        assert_eq!(name(""), "");
        assert_eq!(name("RETURN 1 AS one"), "RETURN 1 AS one");
        let text = "// why\nMATCH (reference:ImageReference {key: $key})\n  SET reference.touched_at = $now";
        assert_eq!(
            name(text),
            "MATCH (reference:ImageReference {key: $key}) SET"
        );
        let word = "x".repeat(500);
        assert_eq!(name(&format!("MATCH {word}")), "MATCH");
    }
}
