//! Where did this running image come from?

use polar_graph::{GraphError, GraphStore, Row};
use serde::Serialize;

use crate::{Verdicts, verdicts};

/// A running container, and where its image came from.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ContainerOrigin {
    /// Cluster.
    pub cluster: String,
    /// Namespace.
    pub namespace: String,
    /// Kind and name of the workload, e.g. `Deployment/checkout`.
    pub workload: String,
    /// Pod.
    pub pod: String,
    /// Node, where known.
    pub node: Option<String>,
    /// Container.
    pub container: String,
    /// The image as the pod's specification has it.
    pub image: String,
    /// The digest that the cluster reports, or that the image is pinned to.
    pub digest: Option<String>,
    /// Why the image joins nothing, where it does not (a code).
    pub image_error: Option<String>,
    /// The reference it resolves to.
    pub reference: Option<String>,
    /// Registry images it runs, the most certain first.
    pub images: Vec<ImageOrigin>,
}

/// Why a derived hop is there.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Derivation {
    /// The rule.
    pub rule: String,
    /// What it saw.
    pub evidence: String,
    /// From 0 to 1.
    pub confidence: f64,
}

/// A registry image and its builds.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ImageOrigin {
    /// `registry/repository:tag@digest`.
    pub image: String,
    /// Why the container is believed to run it.
    pub because: Derivation,
    /// When its tag was pushed, RFC 3339.
    pub pushed_at: Option<String>,
    /// Platforms, where it is an index.
    pub platforms: Vec<Platform>,
    /// Signatures, attestations, scans, bills of materials.
    pub attached: Vec<Attached>,
    /// Whether it is signed, verified, scanned and reviewed.
    pub verdicts: Verdicts,
    /// Pipelines that resulted in it.
    pub builds: Vec<Build>,
}

/// One platform of an index.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Platform {
    /// e.g. `linux/amd64`.
    pub platform: Option<String>,
    /// Digest of its manifest.
    pub digest: String,
    /// Whether it is what the container reports.
    pub runs: bool,
}

/// Something attached to an image.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Attached {
    /// `Signature`, `Attestation`, `Scan` or `Sbom`.
    pub kind: String,
    /// Its digest.
    pub digest: String,
    /// Its type, where known.
    pub artifact_type: Option<String>,
}

/// A pipeline that resulted in an image.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Build {
    /// `instance/project/id`.
    pub pipeline: String,
    /// Project path.
    pub project: Option<String>,
    /// Pipeline id.
    pub id: Option<i64>,
    /// Branch or tag.
    pub ref_name: Option<String>,
    /// Status.
    pub status: Option<String>,
    /// Page.
    pub web_url: Option<String>,
    /// Who started it.
    pub triggered_by: Option<String>,
    /// Why it is believed to have resulted in the image: the best reason.
    pub because: Derivation,
    /// Further reasons, weaker ones.
    pub also_because: Vec<Derivation>,
    /// Jobs of it that pushed the image.
    pub jobs: Vec<Job>,
    /// The commit it ran on.
    pub commit: Option<Commit>,
}

/// A job that pushed an image.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Job {
    /// Job id.
    pub id: i64,
    /// Name.
    pub name: Option<String>,
    /// Runner.
    pub runner: Option<String>,
}

/// A commit and the review that brought it in.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Commit {
    /// Object id.
    pub oid: String,
    /// First line of its message.
    pub title: Option<String>,
    /// Author.
    pub author: Option<String>,
    /// Merge requests that brought it in.
    pub merge_requests: Vec<MergeRequest>,
}

/// A merge request and its people.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MergeRequest {
    /// `instance/project!iid`.
    pub key: String,
    /// Title.
    pub title: Option<String>,
    /// State.
    pub state: Option<String>,
    /// Who wrote it.
    pub authors: Vec<String>,
    /// Who approved it.
    pub approvers: Vec<String>,
    /// Who merged it.
    pub merged_by: Vec<String>,
}

/// The containers of the pods of this name, in every cluster and namespace, with their origins.
///
/// # Errors
/// If the graph is out of reach.
pub async fn origin_of_pod(
    store: &dyn GraphStore,
    pod: &str,
) -> Result<Vec<ContainerOrigin>, GraphError> {
    let rows = store
        .read(cypher!("containers-of-pod").with("pod", pod))
        .await?;
    let mut origins = Vec::new();
    for row in &rows {
        origins.push(container(store, row).await?);
    }
    Ok(origins)
}

async fn container(store: &dyn GraphStore, row: &Row) -> Result<ContainerOrigin, GraphError> {
    let key = row.text("key");
    let references = store
        .read(cypher!("references-of-container").with("key", key))
        .await?;
    let digest = text(row, "digest");
    let mut images = Vec::new();
    for image_row in store
        .read(cypher!("images-of-container").with("key", key))
        .await?
    {
        images.push(image(store, &image_row, digest.as_deref()).await?);
    }
    Ok(ContainerOrigin {
        cluster: row.text("cluster").to_owned(),
        namespace: row.text("namespace").to_owned(),
        workload: format!("{}/{}", row.text("workload_kind"), row.text("workload")),
        pod: row.text("pod").to_owned(),
        node: text(row, "node"),
        container: row.text("name").to_owned(),
        image: row.text("image").to_owned(),
        digest,
        image_error: text(row, "image_error"),
        reference: references.first().and_then(|row| text(row, "normalized")),
        images,
    })
}

async fn image(
    store: &dyn GraphStore,
    row: &Row,
    running: Option<&str>,
) -> Result<ImageOrigin, GraphError> {
    let key = row.text("key");
    let platforms = store
        .read(cypher!("platforms-of-image").with("key", key))
        .await?;
    let attached = store
        .read(cypher!("evidence-of-image").with("key", key))
        .await?;
    let mut builds: Vec<Build> = Vec::new();
    for run in store
        .read(cypher!("runs-of-image").with("key", key))
        .await?
    {
        // A run comes once for each reason, the best first.
        let known = builds
            .iter_mut()
            .find(|build| build.pipeline == run.text("key"));
        match known {
            Some(build) => build.also_because.push(derivation(&run)),
            None => builds.push(build(store, &run, key).await?),
        }
    }
    Ok(ImageOrigin {
        image: key.to_owned(),
        because: derivation(row),
        pushed_at: row.time("pushed_at").map(|instant| instant.to_string()),
        platforms: platforms
            .iter()
            .map(|row| Platform {
                platform: text(row, "platform"),
                digest: row.text("digest").to_owned(),
                runs: running == Some(row.text("digest")),
            })
            .collect(),
        attached: attached
            .iter()
            .map(|row| Attached {
                kind: row.text("kind").to_owned(),
                digest: row.text("digest").to_owned(),
                artifact_type: text(row, "artifact_type"),
            })
            .collect(),
        verdicts: verdicts(store, key).await?,
        builds,
    })
}

async fn build(store: &dyn GraphStore, row: &Row, image: &str) -> Result<Build, GraphError> {
    let run = row.text("key");
    let jobs = cypher!("jobs-of-run").with("run", run).with("image", image);
    let jobs = store.read(jobs).await?;
    let projects = store
        .read(cypher!("project-of-run").with("run", run))
        .await?;
    let users = store.read(cypher!("user-of-run").with("run", run)).await?;
    let commits = store
        .read(cypher!("commit-of-run").with("run", run))
        .await?;
    let commit = match commits.first() {
        Some(row) => Some(commit(store, row).await?),
        None => None,
    };
    Ok(Build {
        pipeline: run.to_owned(),
        project: projects.first().and_then(|row| text(row, "path")),
        id: row.get("id").as_int(),
        ref_name: text(row, "ref"),
        status: text(row, "status"),
        web_url: text(row, "web_url"),
        triggered_by: users.first().and_then(|row| text(row, "username")),
        because: derivation(row),
        also_because: Vec::new(),
        jobs: jobs
            .iter()
            .map(|row| Job {
                id: row.get("id").as_int().unwrap_or_default(),
                name: text(row, "name"),
                runner: text(row, "runner"),
            })
            .collect(),
        commit,
    })
}

async fn commit(store: &dyn GraphStore, row: &Row) -> Result<Commit, GraphError> {
    let oid = row.text("oid");
    let mut merge_requests = Vec::new();
    for request in store
        .read(cypher!("requests-of-commit").with("oid", oid))
        .await?
    {
        let key = request.text("key");
        let people = store
            .read(cypher!("people-of-request").with("key", key))
            .await?;
        let in_role = |role: &str| {
            let people = people.iter().filter(|row| row.text("role") == role);
            people.map(|row| row.text("username").to_owned()).collect()
        };
        merge_requests.push(MergeRequest {
            key: key.to_owned(),
            title: text(&request, "title"),
            state: text(&request, "state"),
            authors: in_role("AUTHORED"),
            approvers: in_role("APPROVED"),
            merged_by: in_role("MERGED"),
        });
    }
    Ok(Commit {
        oid: oid.to_owned(),
        title: text(row, "title"),
        author: text(row, "author"),
        merge_requests,
    })
}

fn derivation(row: &Row) -> Derivation {
    Derivation {
        rule: row.text("rule").to_owned(),
        evidence: row.text("evidence").to_owned(),
        confidence: row.get("confidence").as_float().unwrap_or_default(),
    }
}

fn text(row: &Row, column: &str) -> Option<String> {
    row.get(column).as_str().map(str::to_owned)
}
