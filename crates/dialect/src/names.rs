//! Names that Polar has ids for: GitLabs and clusters.

use std::collections::{BTreeMap, BTreeSet};

use polar_graph::{GraphError, GraphStore, Statement};
use polar_model::Value;
use polar_normalize::Options;
use url::Url;

/// What adoption goes by, besides the graph.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Settings {
    /// How references are read.
    pub options: Options,
    /// Name of a GitLab that Polar knows no address of; else its id.
    pub instance: Option<String>,
    /// Name of a cluster that has no other; else its id.
    pub cluster: Option<String>,
    /// Names of GitLabs by Polar's id.
    pub instances: BTreeMap<String, String>,
    /// Names of clusters by Polar's id: the uid of the namespace `kube-system`.
    pub clusters: BTreeMap<String, String>,
}

/// The name of a cluster that Polar has no id of, as earlier versions of it.
const UNNAMED_CLUSTER: &str = "kubernetes";
/// Likewise of a GitLab.
const UNNAMED_INSTANCE: &str = "gitlab";

/// Pods in one question.
const BATCH: usize = 1000;

/// The names in a graph.
#[derive(Debug, Default)]
pub(crate) struct Names {
    instances: BTreeMap<String, String>,
    clusters: BTreeMap<String, String>,
    instance: Option<String>,
    cluster: Option<String>,
}

impl Names {
    /// Settings first, then what the graph tells.
    pub(crate) async fn load(
        store: &dyn GraphStore,
        settings: &Settings,
    ) -> Result<Self, GraphError> {
        let mut instances = addresses(store).await?;
        instances.extend(settings.instances.clone());
        let mut clusters = clusters_known_by_their_pods(store, settings).await?;
        clusters.extend(settings.clusters.clone());
        Ok(Self {
            instances,
            clusters,
            instance: settings.instance.clone(),
            cluster: settings.cluster.clone(),
        })
    }

    pub(crate) fn instance(&self, id: Option<&str>) -> String {
        name(
            &self.instances,
            id,
            self.instance.as_deref(),
            UNNAMED_INSTANCE,
        )
    }

    pub(crate) fn cluster(&self, id: Option<&str>) -> String {
        name(&self.clusters, id, self.cluster.as_deref(), UNNAMED_CLUSTER)
    }
}

fn name(
    known: &BTreeMap<String, String>,
    id: Option<&str>,
    default: Option<&str>,
    unnamed: &str,
) -> String {
    let known = id.and_then(|id| known.get(id)).map(String::as_str);
    known.or(default).or(id).unwrap_or(unnamed).to_owned()
}

/// Hosts of GitLabs, with the port where it is not the scheme's own: as the GitLab observer names them.
async fn addresses(store: &dyn GraphStore) -> Result<BTreeMap<String, String>, GraphError> {
    let text = include_str!("../cypher/instances.cypher");
    let rows = store.read(Statement::new(text)).await?;
    let named = rows.iter().filter_map(|row| {
        let url = Url::parse(row.text("address")).ok()?;
        let host = url.host_str()?;
        let name = match url.port() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_owned(),
        };
        Some((row.text("id").to_owned(), name))
    });
    Ok(named.collect())
}

/// A pod's uid is the same whoever saw it: where a cluster of another name has a pod of Polar's, it is
/// the same cluster, and its name is kept.
async fn clusters_known_by_their_pods(
    store: &dyn GraphStore,
    settings: &Settings,
) -> Result<BTreeMap<String, String>, GraphError> {
    let mut found = BTreeMap::new();
    let names = store
        .read(Statement::new(include_str!("../cypher/clusters.cypher")))
        .await?;
    let ids = store
        .read(Statement::new(include_str!("../cypher/cluster-ids.cypher")))
        .await?;
    let ids: BTreeSet<&str> = ids.iter().map(|row| row.text("id")).collect();
    let names: Vec<&str> = names
        .iter()
        .map(|row| row.text("name"))
        .filter(|name| !ids.contains(name))
        .collect();
    if names.is_empty() {
        return Ok(found);
    }
    let pods = Statement::new(include_str!("../cypher/pods.cypher"));
    let mut pods = store.stream(pods).await?;
    loop {
        let batch = pods.next_batch(BATCH).await?;
        if batch.is_empty() {
            return Ok(found);
        }
        let open = batch.iter().filter(|pod| {
            let id = pod.text("id");
            !found.contains_key(id) && !settings.clusters.contains_key(id)
        });
        let rows: Vec<Value> = open
            .flat_map(|pod| {
                names
                    .iter()
                    .map(move |name| candidate(pod.text("id"), name, pod.text("uid")))
            })
            .collect();
        if rows.is_empty() {
            continue;
        }
        let text = include_str!("../cypher/pods-known.cypher");
        for row in store.read(Statement::new(text).with("rows", rows)).await? {
            found
                .entry(row.text("id").to_owned())
                .or_insert_with(|| row.text("name").to_owned());
        }
    }
}

fn candidate(id: &str, name: &str, uid: &str) -> Value {
    Value::map([
        ("id", id.to_owned()),
        ("name", name.to_owned()),
        ("key", format!("{name}/{uid}")),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_the_best_that_is_known() {
        let known = BTreeMap::from([("a".to_owned(), "prod".to_owned())]);
        for (id, default, wanted) in [
            (Some("a"), Some("d"), "prod"),
            (Some("b"), Some("d"), "d"),
            (Some("b"), None, "b"),
            (None, Some("d"), "d"),
            (None, None, "x"),
        ] {
            assert_eq!(name(&known, id, default, "x"), wanted, "{id:?} {default:?}");
        }
    }
}
