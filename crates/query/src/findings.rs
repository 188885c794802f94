//! What the rules found.

use polar_graph::{GraphError, GraphStore, Statement};
use serde::Serialize;

/// One finding and what it concerns.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FindingRow {
    /// Its kind, e.g. `unbuilt`.
    pub kind: String,
    /// `low`, `medium` or `high`.
    pub severity: String,
    /// The rule that found it.
    pub rule: String,
    /// What to look at.
    pub evidence: String,
    /// When it was first found, RFC 3339.
    pub since: String,
    /// Label of what it concerns.
    pub label: String,
    /// Key of what it concerns.
    pub subject: String,
}

/// All findings, by kind and subject.
///
/// # Errors
/// If the graph is out of reach.
pub async fn findings(store: &dyn GraphStore) -> Result<Vec<FindingRow>, GraphError> {
    let statement = Statement::new(include_str!("../cypher/findings.cypher"));
    let rows = store.read(statement).await?;
    let text = |row: &polar_graph::Row, name: &str| row.text(name).to_owned();
    Ok(rows
        .iter()
        .map(|row| FindingRow {
            kind: text(row, "kind"),
            severity: text(row, "severity"),
            rule: text(row, "rule"),
            evidence: text(row, "evidence"),
            since: row.time("since")
                .map(|instant| instant.to_string())
                .unwrap_or_default(),
            label: text(row, "label"),
            subject: text(row, "subject"),
        })
        .collect())
}
