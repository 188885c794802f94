//! What repositories hold of signatures, attestations, scans and bills of materials. The same one can
//! be in several repositories: each reading closes its own edges, and what no edge holds is gone.

use jiff::Timestamp;
use polar_graph::{Counters, GraphError, GraphStore, Statement};
use polar_model::{EdgeType, Label, Value};

use crate::{EdgeFact, NodeId, attached::LABELS, changes::next_change, readings::BATCH};

/// The kind of reading that knows all that is attached to a registry's images.
pub(crate) const KIND: &str = "attached";

/// Where the repositories of a scope are found; a scope is named like its node.
const SCOPES: [&str; 2] = [
    "(:ContainerRegistry {key: $scope})-[:HAS_REPOSITORY]->(repository:ContainerRepository)",
    "(repository:ContainerRepository {key: $scope})",
];

/// Whether an edge says that a repository holds an artifact.
pub(crate) fn is_holding(edge: &EdgeFact) -> bool {
    edge.edge == EdgeType::Holds && LABELS.contains(&edge.to.0)
}

/// An artifact in a repository.
pub(crate) struct Holding {
    pub(crate) repository: NodeId,
    pub(crate) artifact: NodeId,
}

/// Closes what a scope was known to hold and `was_seen` does not know.
pub(crate) async fn close_unseen(
    store: &dyn GraphStore,
    scope: &str,
    gone_at: Timestamp,
    was_seen: impl Fn(&Holding) -> bool,
) -> Result<Counters, GraphError> {
    let mut written = Counters::default();
    for (path, label) in SCOPES
        .iter()
        .flat_map(|path| LABELS.map(|label| (*path, label)))
    {
        let unseen = unseen(store, scope, path, label, &was_seen).await?;
        for unseen in unseen.chunks(BATCH) {
            written += close(store, label, unseen, gone_at).await?;
        }
    }
    Ok(written)
}

async fn unseen(
    store: &dyn GraphStore,
    scope: &str,
    path: &str,
    label: Label,
    was_seen: impl Fn(&Holding) -> bool,
) -> Result<Vec<Value>, GraphError> {
    let text = include_str!("../cypher/held.cypher")
        .replace("{{path}}", path)
        .replace("{{label}}", label.as_str());
    let mut rows = store
        .stream(Statement::new(text).with("scope", scope))
        .await?;
    let mut unseen = Vec::new();
    while let Some(row) = rows.next().await {
        let row = row?;
        let (repository, key) = (row.text("repository"), row.text("key"));
        let holding = Holding {
            repository: (Label::ContainerRepository, repository.to_owned()),
            artifact: (label, key.to_owned()),
        };
        if !was_seen(&holding) {
            unseen.push(Value::map([("repository", repository), ("key", key)]));
        }
    }
    Ok(unseen)
}

/// Both in one transaction: an artifact is never held by none and not gone.
async fn close(
    store: &dyn GraphStore,
    label: Label,
    rows: &[Value],
    gone_at: Timestamp,
) -> Result<Counters, GraphError> {
    let texts = [
        include_str!("../cypher/held-close.cypher"),
        include_str!("../cypher/held-gone.cypher"),
    ];
    let mut statements = next_change();
    statements.extend(texts.map(|text| {
        Statement::new(text.replace("{{label}}", label.as_str()))
            .with("rows", rows.to_vec())
            .with("gone_at", gone_at)
    }));
    store.write(statements).await
}
