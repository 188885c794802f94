//! What goes wrong while a mapping runs.

use std::fmt;

use polar_graph::{GraphError, Row};
use polar_model::Value;

/// A row that could not be taken in; the others are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The mapping.
    pub mapping: String,
    /// The kind of problem, e.g. `no-tag`; few enough to count by.
    pub kind: String,
    /// The row, by its columns.
    pub place: String,
    /// Why.
    pub reason: String,
}

impl Problem {
    pub(crate) fn new(mapping: &str, row: &Row, wrong: Wrong) -> Self {
        Self {
            mapping: mapping.to_owned(),
            kind: wrong.kind,
            place: place(row),
            reason: wrong.reason,
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            mapping,
            place,
            reason,
            ..
        } = self;
        write!(f, "{mapping}: {place}: {reason}")
    }
}

/// The plain columns of a row, in an order that is the same on all stores.
fn place(row: &Row) -> String {
    let mut plain: Vec<_> = row
        .columns()
        .iter()
        .zip(row.values())
        .filter(|(_, value)| {
            matches!(
                value,
                Value::String(_) | Value::Int(_) | Value::Bool(_) | Value::Float(_)
            )
        })
        .map(|(column, value)| format!("{column} {}", value.to_json()))
        .collect();
    plain.sort();
    plain.join(", ")
}

/// What is wrong with a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wrong {
    pub(crate) kind: String,
    pub(crate) reason: String,
}

impl Wrong {
    pub(crate) fn new(kind: impl Into<String>, reason: impl fmt::Display) -> Self {
        Self {
            kind: kind.into(),
            reason: reason.to_string(),
        }
    }
}

/// Why an adoption stopped. What it wrote before stays, and the next one goes on from there.
#[derive(Debug, thiserror::Error)]
pub enum AdoptError {
    /// In a mapping.
    #[error("mapping {mapping}: {source}")]
    Mapping {
        /// Which.
        mapping: String,
        /// The cause.
        source: GraphError,
    },
    /// Finding out what the graph holds, or adding the indexes that mappings need.
    #[error("looking for what Polar holds: {0}")]
    Graph(#[from] GraphError),
}

impl AdoptError {
    pub(crate) fn of(mapping: &str) -> impl Fn(GraphError) -> Self {
        move |source| Self::Mapping {
            mapping: mapping.to_owned(),
            source,
        }
    }
}
