//! Containers that run an image, with their pods and workloads.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use jiff::Timestamp;
use polar_graph::{GraphError, GraphStore, Row, Statement};
use serde::Serialize;

use crate::rows::{When, for_keys, text};

/// A container that runs an image, or may.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Instance {
    /// Pod.
    pub pod: String,
    /// Container.
    pub container: String,
    /// Node, where known.
    pub node: Option<String>,
    /// The image as the pod's specification has it.
    pub image: String,
    /// The digest that the cluster reports, or that the image is pinned to.
    pub digest: Option<String>,
    /// When the pod started, else when it was first seen.
    pub since: Option<Timestamp>,
    /// Registry and repository of its image's name.
    #[serde(skip)]
    pub(crate) name: (String, String),
    /// Key of the container.
    #[serde(skip)]
    pub(crate) key: String,
    /// Key of the workload, `cluster/namespace/kind/name`.
    #[serde(skip)]
    pub(crate) workload: String,
}

/// A workload, or where something of it runs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Workload {
    /// Cluster.
    pub cluster: String,
    /// Namespace.
    pub namespace: String,
    /// Kind, e.g. `Deployment`.
    pub kind: String,
    /// Name.
    pub name: String,
}

impl fmt::Display for Workload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            cluster,
            namespace,
            kind,
            name,
        } = self;
        write!(f, "{cluster}/{namespace}/{kind}/{name}")
    }
}

impl Workload {
    /// Of its key, `cluster/namespace/kind/name`.
    #[must_use]
    pub fn of_key(key: &str) -> Self {
        let mut parts = key.splitn(4, '/').map(str::to_owned);
        let mut part = || parts.next().unwrap_or_default();
        Self {
            cluster: part(),
            namespace: part(),
            kind: part(),
            name: part(),
        }
    }
}

/// The manifests in indexes, and the indexes themselves: by digest, which of the given ones it
/// belongs to.
pub(crate) async fn with_platforms(
    store: &dyn GraphStore,
    digests: &BTreeSet<String>,
) -> Result<BTreeMap<String, BTreeSet<String>>, GraphError> {
    let own = |digest: &String| (digest.clone(), BTreeSet::from([digest.clone()]));
    let mut all: BTreeMap<_, _> = digests.iter().map(own).collect();
    let given = digests.iter().map(String::as_str);
    for row in for_keys(store, &cypher!("manifests-below"), given).await? {
        let of = all.entry(row.text("digest").to_owned()).or_default();
        of.insert(row.text("above").to_owned());
    }
    Ok(all)
}

/// Keys of the containers that are reported to run manifests, as manifests or by their configs, and
/// which ones.
pub(crate) async fn reporting<'a>(
    store: &dyn GraphStore,
    manifests: impl IntoIterator<Item = &'a str>,
    when: When,
) -> Result<BTreeSet<(String, String)>, GraphError> {
    let manifests: Vec<&str> = manifests.into_iter().collect();
    let mut found = BTreeSet::new();
    for statement in [
        cypher!("running-of-manifests"),
        cypher!("running-of-configs"),
    ] {
        let statement = when.of(statement);
        let rows = for_keys(store, &statement, manifests.iter().copied()).await?;
        found.extend(rows.iter().map(container_and_digest));
    }
    Ok(found)
}

fn container_and_digest(row: &Row) -> (String, String) {
    (
        row.text("container").to_owned(),
        row.text("digest").to_owned(),
    )
}

/// Keys of the containers that a statement finds, and the digests they run, as far as it is known.
pub(crate) async fn naming(
    store: &dyn GraphStore,
    statement: Statement,
    when: When,
) -> Result<Vec<(String, Option<String>)>, GraphError> {
    let rows = store.read(when.of(statement)).await?;
    let found = |row: &Row| (row.text("container").to_owned(), text(row, "digest"));
    Ok(rows.iter().map(found).collect())
}

/// Those of the containers that are there, by workload, pod and container.
pub(crate) async fn instances<'a>(
    store: &dyn GraphStore,
    containers: impl IntoIterator<Item = &'a str>,
    when: When,
) -> Result<Vec<Instance>, GraphError> {
    let statement = when.of(cypher!("running-instances"));
    let mut rows = for_keys(store, &statement, containers).await?;
    rows.sort_by(|a, b| {
        let order = |row: &Row| ["workload", "pod", "container", "key"].map(|c| text(row, c));
        order(a).cmp(&order(b))
    });
    Ok(rows.iter().map(instance).collect())
}

fn instance(row: &Row) -> Instance {
    let own = |column| row.text(column).to_owned();
    Instance {
        pod: own("pod"),
        container: own("container"),
        node: text(row, "node"),
        image: own("image"),
        digest: text(row, "digest"),
        since: row.time("since"),
        name: (own("registry"), own("repository")),
        key: own("key"),
        workload: own("workload"),
    }
}
