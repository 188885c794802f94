//! What an observer need not read again.

use std::collections::{BTreeMap, HashSet};

use polar_graph::{GraphError, GraphStore, Statement};

/// From where readings of a kind of source can go on: marks by scope.
///
/// # Errors
/// If the graph is out of reach.
pub async fn marks(
    store: &dyn GraphStore,
    kind: &str,
) -> Result<BTreeMap<String, String>, GraphError> {
    let statement = Statement::new(include_str!("../cypher/marks.cypher")).with("kind", kind);
    let rows = store.read(statement).await?;
    let mark = |row: &polar_graph::Row| (row.text("scope").to_owned(), row.text("mark").to_owned());
    Ok(rows.iter().map(mark).collect())
}

/// Digests of the image manifests whose contents are in the graph.
///
/// # Errors
/// If the graph is out of reach.
pub async fn known_manifests(store: &dyn GraphStore) -> Result<HashSet<String>, GraphError> {
    let statement = Statement::new(include_str!("../cypher/known-manifests.cypher"));
    let mut rows = store.stream(statement).await?;
    let mut known = HashSet::new();
    while let Some(row) = rows.next().await {
        known.insert(row?.text("digest").to_owned());
    }
    Ok(known)
}
