//! Lists and times as parameters, and text in columns.

use jiff::Timestamp;
use polar_graph::{GraphError, GraphStore, Row, Statement};
use polar_model::Value;

/// Keys that go into one statement.
const BATCH: usize = 2000;

/// The rows of a statement that begins with `UNWIND $rows AS row`, for keys in batches.
pub(crate) async fn for_keys<'a>(
    store: &dyn GraphStore,
    statement: &Statement,
    keys: impl IntoIterator<Item = &'a str>,
) -> Result<Vec<Row>, GraphError> {
    let keys: Vec<&str> = keys.into_iter().collect();
    let mut found = Vec::new();
    for batch in keys.chunks(BATCH) {
        let rows: Vec<Value> = batch
            .iter()
            .map(|key| Value::map([("key", *key)]))
            .collect();
        let statement = statement.clone().with("rows", rows);
        found.extend(store.read(statement).await?);
    }
    Ok(found)
}

/// The text in a column, if there is one.
pub(crate) fn text(row: &Row, column: &str) -> Option<String> {
    row.get(column).as_str().map(str::to_owned)
}

/// When something has to have been there: now, or at a time.
#[derive(Debug, Clone, Copy)]
pub(crate) struct When(Option<Timestamp>);

impl When {
    pub(crate) const fn new(at: Option<Timestamp>) -> Self {
        Self(at)
    }

    pub(crate) const fn is_now(self) -> bool {
        self.0.is_none()
    }

    /// The statement with `$at`, and with what stands for a time that nobody told: `$ever` before and
    /// `$never` after all others.
    pub(crate) fn of(self, statement: Statement) -> Statement {
        // What holds now has no end, whatever the clocks of its sources say.
        let at = self.0.unwrap_or(END);
        statement
            .with("at", at)
            .with("ever", Timestamp::UNIX_EPOCH)
            .with("never", NEVER)
    }
}

/// 9000-01-01.
const END: Timestamp = Timestamp::constant(221_845_392_000, 0);
/// A second later.
const NEVER: Timestamp = Timestamp::constant(221_845_392_001, 0);
