//! Where a commit runs.

use std::collections::BTreeMap;

use polar_graph::{GraphError, GraphStore, Row};
use serde::Serialize;

use crate::{
    Cause, Derivation, Hop, Missing, Target, TargetError,
    derivation::{best, gathered},
    rows::text,
    verdict::readings_found,
};

/// Where a commit, or what a merge request brought in, runs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Deployed {
    /// Version of this form.
    pub schema: u32,
    /// `deployed`.
    pub story: &'static str,
    /// What was asked about, as it was given.
    pub target: String,
    /// The commits that are meant.
    pub commits: Vec<AskedCommit>,
    /// Where they run, the likely first.
    pub places: Vec<Place>,
    /// Images that were built from them and run nowhere.
    pub idle: Vec<Idle>,
    /// Why they run nowhere, where they do.
    pub missing: Option<Missing>,
}

/// A commit that is meant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AskedCommit {
    /// Object id.
    pub oid: String,
    /// First line of its message.
    pub title: Option<String>,
    /// Author.
    pub author: Option<String>,
    /// What it is in the merge request that was asked about: `commit`, `merge` or `squash`.
    pub brought_as: Option<String>,
}

/// A workload that runs an image built from a commit.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Place {
    /// Cluster.
    pub cluster: String,
    /// Namespace.
    pub namespace: String,
    /// Kind and name, e.g. `Deployment/checkout`.
    pub workload: String,
    /// Container.
    pub container: String,
    /// Pods, by name.
    pub pods: Vec<String>,
    /// `registry/repository:tag@digest`.
    pub image: String,
    /// The commit.
    pub commit: String,
    /// Whether nothing speaks more for another commit, or another image.
    pub likely: bool,
    /// Why it is believed to run the image: the best reason.
    pub runs: Derivation,
    /// Why the image is believed to be built from the commit: the best reason.
    pub built: Derivation,
}

/// An image that was built from a commit and runs nowhere.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Idle {
    /// `registry/repository:tag@digest`.
    pub image: String,
    /// The commit.
    pub commit: String,
    /// Whether nothing speaks more for another commit.
    pub likely: bool,
    /// Why the image is believed to be built from the commit: the best reason.
    pub built: Derivation,
}

/// Says where a commit or a merge request, given as `text`, runs. Commits that came after it are not
/// looked at: the graph does not tell which commits lead to which.
///
/// # Errors
/// If the graph is out of reach.
pub async fn deployed(
    store: &dyn GraphStore,
    text: &str,
    target: &Target,
) -> Result<Deployed, TargetError> {
    let commits = commits(store, target).await?;
    let (mut places, mut idle) = (Vec::new(), Vec::new());
    for commit in &commits {
        for image in images(store, &commit.oid).await? {
            let here = running(store, &image).await?;
            if here.is_empty() {
                idle.push(image);
            } else {
                places.extend(here);
            }
        }
    }
    places.sort_by(|a, b| place_order(a).cmp(&place_order(b)));
    idle.sort_by(|a, b| (!a.likely, &a.image, &a.commit).cmp(&(!b.likely, &b.image, &b.commit)));
    let missing = if places.is_empty() {
        Some(nowhere(store, idle.is_empty()).await?)
    } else {
        None
    };
    Ok(Deployed {
        schema: 1,
        story: "deployed",
        target: text.to_owned(),
        commits,
        places,
        idle,
        missing,
    })
}

fn place_order(place: &Place) -> (bool, [&String; 6]) {
    let Place {
        cluster,
        namespace,
        workload,
        container,
        image,
        commit,
        ..
    } = place;
    (
        !place.likely,
        [cluster, namespace, workload, container, image, commit],
    )
}

async fn commits(store: &dyn GraphStore, target: &Target) -> Result<Vec<AskedCommit>, GraphError> {
    let asked = |oid: &str, row: Option<&Row>| AskedCommit {
        oid: oid.to_owned(),
        title: row.and_then(|row| text(row, "title")),
        author: row.and_then(|row| text(row, "author")),
        brought_as: row.and_then(|row| text(row, "as_what")),
    };
    Ok(match target {
        Target::Commit(oid) => {
            let key = oid.as_str();
            let rows = store.read(cypher!("trace-commit").with("key", key)).await?;
            vec![asked(oid, rows.first())]
        }
        Target::MergeRequest(key) => {
            let statement = cypher!("deployed-brought").with("key", key.as_str());
            let rows = store.read(statement).await?;
            rows.iter()
                .map(|row| asked(row.text("key"), Some(row)))
                .collect()
        }
        Target::Running { .. } | Target::Image(_) => Vec::new(),
    })
}

/// The images that were built from a commit.
async fn images(store: &dyn GraphStore, commit: &str) -> Result<Vec<Idle>, GraphError> {
    let rows = store
        .read(cypher!("deployed-images").with("key", commit))
        .await?;
    let mut images = Vec::new();
    for (row, because) in gathered(&rows, None) {
        let key = row.text("key");
        let others = store
            .read(cypher!("trace-built-from").with("key", key))
            .await?;
        images.extend(because.first().map(|built| Idle {
            image: key.to_owned(),
            commit: commit.to_owned(),
            likely: best(&because) >= most(&others),
            built: built.clone(),
        }));
    }
    Ok(images)
}

/// How sure the best of all is.
fn most(rows: &[Row]) -> f64 {
    gathered(rows, None)
        .first()
        .map_or(0.0, |(_, reasons)| best(reasons))
}

/// The workloads that run an image.
async fn running(store: &dyn GraphStore, image: &Idle) -> Result<Vec<Place>, GraphError> {
    let rows = store
        .read(cypher!("deployed-containers").with("key", image.image.as_str()))
        .await?;
    let mut places: BTreeMap<_, Place> = BTreeMap::new();
    for (row, because) in gathered(&rows, None) {
        let Some(runs) = because.first() else {
            continue;
        };
        let key = row.text("key");
        // What is certain needs no look at what else it may run.
        let is_best = runs.confidence >= 1.0 || {
            let others = cypher!("trace-runs").with("key", key);
            runs.confidence >= most(&store.read(others).await?)
        };
        let likely = image.likely && is_best;
        let workload = format!("{}/{}", row.text("kind"), row.text("workload"));
        let own = |column| row.text(column).to_owned();
        let (cluster, namespace, container) = (own("cluster"), own("namespace"), own("container"));
        let id = (
            likely,
            cluster.clone(),
            namespace.clone(),
            workload.clone(),
            container.clone(),
        );
        let place = places.entry(id).or_insert_with(|| Place {
            cluster,
            namespace,
            workload,
            container,
            pods: Vec::new(),
            image: image.image.clone(),
            commit: image.commit.clone(),
            likely,
            runs: runs.clone(),
            built: image.built.clone(),
        });
        place.pods.push(own("pod"));
        place.pods.sort();
    }
    Ok(places.into_values().collect())
}

async fn nowhere(store: &dyn GraphStore, has_no_image: bool) -> Result<Missing, GraphError> {
    let (hop, kind, sources, what) = if has_no_image {
        let what = "no image is known to have been built from it";
        (Hop::Image, "registry", "registry", what)
    } else {
        let what = "no container is known to run its images";
        (Hop::Container, "kubernetes", "cluster", what)
    };
    let read = readings_found(store, cypher!("read-completely").with("kind", kind)).await?;
    let Some(last) = read.iter().map(|reading| reading.at).max() else {
        let detail = format!("{what}: no {sources} was read completely");
        return Ok(Missing::new(hop, Cause::NotRead, detail));
    };
    let scopes: Vec<_> = read.iter().map(|reading| reading.scope.as_str()).collect();
    let scopes = scopes.join(", ");
    let detail = format!("{what}: {scopes} read completely, last at {last:.0}");
    Ok(Missing::new(hop, Cause::NotFound, detail))
}
