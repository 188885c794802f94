//! Asking the graph, and keeping what was asked.

use polar_graph::{GraphError, GraphStore, Recorded, Row, Statement};
use polar_normalize::Options;

use crate::answer::Found;

/// One explanation under way.
pub(crate) struct Session<'a> {
    pub(crate) store: Recorded<'a>,
    pub(crate) options: &'a Options,
}

/// A statement from a file of this crate.
macro_rules! cypher {
    ($file:literal) => {
        include_str!(concat!("../cypher/", $file, ".cypher"))
    };
}
pub(crate) use cypher;

impl<'a> Session<'a> {
    pub(crate) fn new(store: &'a dyn GraphStore, options: &'a Options) -> Self {
        Self {
            store: Recorded::new(store),
            options,
        }
    }

    pub(crate) async fn ask(&self, statement: Statement) -> Result<Vec<Row>, GraphError> {
        self.store.read(statement).await
    }
}

/// A statement on nodes of a label of this program's.
pub(crate) fn on_label(template: &'static str, label: &str) -> Statement {
    Statement::new(template.replace("{{label}}", label))
}

pub(crate) fn found(row: &Row) -> Found {
    Found {
        label: row.text("label").to_owned(),
        key: row.text("key").to_owned(),
    }
}

pub(crate) fn text(row: &Row, column: &str) -> Option<String> {
    row.get(column).as_str().map(str::to_owned)
}

/// A time as RFC 3339.
pub(crate) fn time(row: &Row, column: &str) -> Option<String> {
    row.time(column).map(|instant| instant.to_string())
}

pub(crate) fn number(rows: &[Row]) -> u64 {
    let number = rows.first().and_then(|row| row.get("number").as_int());
    number
        .and_then(|number| u64::try_from(number).ok())
        .unwrap_or_default()
}
