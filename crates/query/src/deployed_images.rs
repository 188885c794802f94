//! What all workloads run.

use std::collections::{BTreeMap, BTreeSet};

use polar_graph::{GraphError, GraphStore};
use polar_model::Value;

use crate::{near::distance, rows::for_keys};

/// Names that are told where there is no such namespace.
const TOLD: usize = 5;

/// Why nothing can be listed.
#[derive(Debug, thiserror::Error)]
pub enum NamespaceError {
    /// The graph is out of reach, or refuses a query.
    #[error("{0}")]
    Graph(#[from] GraphError),
    /// No cluster has it.
    #[error("the graph has no namespace `{name}`{}", told(.similar))]
    Unknown {
        /// As given.
        name: String,
        /// What may be meant.
        similar: Vec<String>,
    },
}

fn told(similar: &[String]) -> String {
    match similar {
        [] => String::new(),
        names => format!("; near it are\n  {}", names.join("\n  ")),
    }
}

/// An image as far as it is known that a workload runs it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Running {
    /// A registry image, by its key.
    Image(String),
    /// A reference that a container names; what it runs is one of several images.
    Named(String),
    /// A reference of which the graph has no registry image.
    Unknown(String),
}

impl Running {
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Image(name) | Self::Named(name) | Self::Unknown(name) => name,
        }
    }

    pub(crate) fn image(&self) -> Option<&str> {
        match self {
            Self::Image(key) => Some(key),
            Self::Named(_) | Self::Unknown(_) => None,
        }
    }
}

/// What the workloads of a namespace (`namespace` or `cluster/namespace`), or all of them, run: by
/// the workload's key.
pub(crate) async fn deployed_images(
    store: &dyn GraphStore,
    namespace: Option<&str>,
) -> Result<BTreeMap<String, BTreeSet<Running>>, NamespaceError> {
    let namespaces = namespaces(store, namespace).await?;
    let keys = || namespaces.iter().map(String::as_str);
    let mut workloads: BTreeMap<String, BTreeSet<Running>> = BTreeMap::new();
    let mut add = |workload: &str, running: Running| {
        let of = workloads.entry(workload.to_owned()).or_default();
        of.insert(running);
    };
    let statement = cypher!("running-images-of-namespaces");
    for row in for_keys(store, &statement, keys()).await? {
        let running = if *row.get("certain") == Value::Bool(true) {
            Running::Image(row.text("image").to_owned())
        } else {
            Running::Named(row.text("named").to_owned())
        };
        add(row.text("workload"), running);
    }
    let statement = cypher!("running-unknown-of-namespaces");
    for row in for_keys(store, &statement, keys()).await? {
        let running = Running::Unknown(row.text("named").to_owned());
        add(row.text("workload"), running);
    }
    Ok(workloads)
}

/// Keys of the namespaces that are meant.
async fn namespaces(
    store: &dyn GraphStore,
    wanted: Option<&str>,
) -> Result<Vec<String>, NamespaceError> {
    let rows = store.read(cypher!("running-namespaces")).await?;
    let mut keys: Vec<_> = rows.iter().map(|row| row.text("key").to_owned()).collect();
    let Some(wanted) = wanted else {
        return Ok(keys);
    };
    let name = |key: &str| {
        key.split_once('/')
            .map_or(String::new(), |(_, name)| name.to_owned())
    };
    let is_meant = |key: &String| key == wanted || name(key) == wanted;
    if keys.iter().any(is_meant) {
        keys.retain(is_meant);
        return Ok(keys);
    }
    keys.sort_by_cached_key(|key| {
        let bare = distance(&name(key), wanted);
        (bare.min(distance(key, wanted)), key.clone())
    });
    keys.truncate(TOLD);
    Err(NamespaceError::Unknown {
        name: wanted.to_owned(),
        similar: keys,
    })
}
