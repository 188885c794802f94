//! Readings under way: what was seen since they began, and what of a scope was not.

use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    hash::{BuildHasher, RandomState},
};

use jiff::Timestamp;
use polar_graph::{Counters, GraphError, GraphStore, Statement};
use polar_model::{Label, Value};

use crate::{
    Facts, NodeFact, NodeId, Scope,
    changes::next_change,
    holdings::{self, Holding, is_holding},
};

/// Nodes in one transaction.
pub(crate) const BATCH: usize = 10_000;

/// Where the nodes of a scope are found: the kind of source, and what leads from the scope's own
/// node to them. A scope is named like its node, so that a path from another label finds nothing.
const MEMBERS: [(&str, &str, Label); 10] = [
    ("kubernetes", IN_CLUSTER_WORKLOAD, Label::KubeDeployment),
    ("kubernetes", IN_CLUSTER_POD, Label::KubePod),
    ("kubernetes", IN_CLUSTER_CONTAINER, Label::KubeContainer),
    ("helm", IN_CLUSTER_RELEASE, Label::HelmRelease),
    (
        "kubernetes",
        "(:KubeNamespace {key: $scope})-[:HAS_WORKLOAD]->",
        Label::KubeDeployment,
    ),
    ("kubernetes", IN_NAMESPACE_POD, Label::KubePod),
    ("kubernetes", IN_NAMESPACE_CONTAINER, Label::KubeContainer),
    (
        "helm",
        "(:KubeNamespace {key: $scope})-[:HAS_HELM_RELEASE]->",
        Label::HelmRelease,
    ),
    ("registry", IN_REGISTRY_IMAGE, Label::AcrImage),
    (
        "registry",
        "(:ContainerRepository {key: $scope})-[:HOLDS]->",
        Label::AcrImage,
    ),
];
const IN_CLUSTER_WORKLOAD: &str =
    "(:KubeCluster {key: $scope})-[:HAS_NAMESPACE]->(:KubeNamespace)-[:HAS_WORKLOAD]->";
const IN_CLUSTER_POD: &str = "(:KubeCluster {key: $scope})-[:HAS_NAMESPACE]->(:KubeNamespace)\
    -[:HAS_WORKLOAD]->(:KubeDeployment)-[:HAS_POD]->";
const IN_CLUSTER_CONTAINER: &str = "(:KubeCluster {key: $scope})-[:HAS_NAMESPACE]->(:KubeNamespace)\
    -[:HAS_WORKLOAD]->(:KubeDeployment)-[:HAS_POD]->(:KubePod)-[:HAS_CONTAINER]->";
const IN_CLUSTER_RELEASE: &str =
    "(:KubeCluster {key: $scope})-[:HAS_NAMESPACE]->(:KubeNamespace)-[:HAS_HELM_RELEASE]->";
const IN_NAMESPACE_POD: &str =
    "(:KubeNamespace {key: $scope})-[:HAS_WORKLOAD]->(:KubeDeployment)-[:HAS_POD]->";
const IN_NAMESPACE_CONTAINER: &str = "(:KubeNamespace {key: $scope})-[:HAS_WORKLOAD]->\
    (:KubeDeployment)-[:HAS_POD]->(:KubePod)-[:HAS_CONTAINER]->";
const IN_REGISTRY_IMAGE: &str =
    "(:ContainerRegistry {key: $scope})-[:HAS_REPOSITORY]->(:ContainerRepository)-[:HOLDS]->";

/// The readings that have begun and are not complete.
#[derive(Default)]
pub(crate) struct Readings {
    open: Vec<Scope>,
    /// Of those, the ones in which something was left out.
    missed: Vec<Scope>,
    /// Hashes of the nodes, and of what holds artifacts, seen since the first of them began: eight bytes each.
    seen: HashSet<u64>,
    hasher: RandomState,
}

impl Readings {
    /// A reading begins.
    pub(crate) fn start(&mut self, scope: &Scope) {
        self.open.push(scope.clone());
    }

    /// Something was left out, of whichever reading.
    pub(crate) fn miss(&mut self) {
        self.missed.clone_from(&self.open);
    }

    /// Ends a reading in which something was left out; says whether it was one.
    pub(crate) fn end_if_missed(&mut self, scope: &Scope) -> bool {
        let Some(at) = self.missed.iter().position(|missed| missed == scope) else {
            return false;
        };
        self.missed.remove(at);
        self.end(scope);
        true
    }

    fn end(&mut self, scope: &Scope) {
        if let Some(at) = self.open.iter().position(|open| open == scope) {
            self.open.remove(at);
        }
        if self.open.is_empty() {
            self.seen = HashSet::new();
        }
    }

    /// Notes what an observation saw.
    pub(crate) fn saw(&mut self, facts: &Facts) {
        if !self.open.is_empty() {
            let seen = facts.nodes.iter().filter(|node| node.is_there());
            let hasher = &self.hasher;
            self.seen
                .extend(seen.map(|NodeFact { label, key, .. }| hasher.hash_one((label, key))));
            let held = facts.edges.iter().filter(|edge| is_holding(edge));
            self.seen
                .extend(held.map(|edge| hasher.hash_one((&edge.from, &edge.to))));
        }
    }

    /// A reading is complete: what was not seen of its scope is gone. Does nothing if nobody said
    /// when the reading began.
    pub(crate) async fn complete(
        &mut self,
        store: &dyn GraphStore,
        scope: &Scope,
        gone_at: Timestamp,
        now: Timestamp,
    ) -> Result<Counters, GraphError> {
        let mut written = Counters::default();
        if !self.open.contains(scope) {
            return Ok(written);
        }
        let is_outdated = known_complete(store, scope).await? > Some(gone_at);
        let of_kind = MEMBERS.iter().filter(|_| !is_outdated);
        for (_, path, label) in of_kind.filter(|(kind, ..)| *kind == scope.kind) {
            let gone = self.unseen(store, scope, path, *label).await?;
            for gone in gone.chunks(BATCH) {
                written += close(store, gone, gone_at, now).await?;
            }
        }
        if scope.kind == holdings::KIND {
            let was_seen = |held: &Holding| {
                let hash = self.hasher.hash_one((&held.repository, &held.artifact));
                self.seen.contains(&hash)
            };
            let name = scope.name.as_str();
            written += holdings::close_unseen(store, name, gone_at, was_seen).await?;
        }
        self.end(scope);
        Ok(written)
    }

    async fn unseen(
        &self,
        store: &dyn GraphStore,
        scope: &Scope,
        path: &str,
        label: Label,
    ) -> Result<Vec<NodeId>, GraphError> {
        let text = include_str!("../cypher/members.cypher")
            .replace("{{path}}", path)
            .replace("{{label}}", label.as_str());
        let members = Statement::new(text).with("scope", scope.name.as_str());
        let mut rows = store.stream(members).await?;
        let mut unseen = Vec::new();
        while let Some(row) = rows.next().await {
            let key = row?.text("key").to_owned();
            if !self.seen.contains(&self.hasher.hash_one((label, &key))) {
                unseen.push((label, key));
            }
        }
        Ok(unseen)
    }
}

/// When a later reading of the scope, told earlier, was complete: what it saw stays.
async fn known_complete(
    store: &dyn GraphStore,
    scope: &Scope,
) -> Result<Option<Timestamp>, GraphError> {
    let statement = Statement::new(include_str!("../cypher/complete-at.cypher"))
        .with("key", format!("{}|{}", scope.kind, scope.name));
    let rows = store.read(statement).await?;
    Ok(rows.first().and_then(|row| row.time("complete_at")))
}

/// Marks those of some nodes as gone that the graph has and that are not marked yet.
pub(crate) async fn gone(
    store: &dyn GraphStore,
    nodes: &BTreeSet<NodeId>,
    now: Timestamp,
) -> Result<Counters, GraphError> {
    let mut there = Vec::new();
    for (label, rows) in keys_by_label(nodes) {
        let text = include_str!("../cypher/there.cypher").replace("{{label}}", label.as_str());
        let found = store.read(Statement::new(text).with("rows", rows)).await?;
        there.extend(found.iter().map(|row| (label, row.text("key").to_owned())));
    }
    if there.is_empty() {
        return Ok(Counters::default());
    }
    close(store, &there, now, now).await
}

/// Marks nodes as gone, and touches the references that they name.
async fn close(
    store: &dyn GraphStore,
    gone: &[NodeId],
    gone_at: Timestamp,
    now: Timestamp,
) -> Result<Counters, GraphError> {
    let mut statements = next_change();
    for (label, rows) in keys_by_label(gone) {
        for text in [
            include_str!("../cypher/gone-write.cypher"),
            include_str!("../cypher/gone-touch.cypher"),
        ] {
            let statement = Statement::new(text.replace("{{label}}", label.as_str()))
                .with("rows", rows.clone())
                .with("gone_at", gone_at)
                .with("now", now);
            statements.push(statement);
        }
    }
    store.write(statements).await
}

/// Rows of `key`, label by label.
fn keys_by_label<'a>(nodes: impl IntoIterator<Item = &'a NodeId>) -> BTreeMap<Label, Vec<Value>> {
    let mut rows: BTreeMap<Label, Vec<Value>> = BTreeMap::new();
    for (label, key) in nodes {
        let row = Value::map([("key", key.as_str())]);
        rows.entry(*label).or_default().push(row);
    }
    rows
}
