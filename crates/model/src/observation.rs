//! What a source can report: one type per fact.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

macro_rules! observations {
    ($($(#[$doc:meta])* $variant:ident($body:ident) = $tag:literal,)*) => {
        /// One fact, as a source reported it. On a line of JSON, `type` names the variant.
        #[derive(Debug, Clone, PartialEq, Serialize)]
        #[serde(tag = "type")]
        pub enum Observation {
            $($(#[$doc])* #[serde(rename = $tag)] $variant($body),)*
        }

        impl Observation {
            /// The names that `type` can have, in the order of the documentation.
            pub const TYPES: &[&'static str] = &[$($tag,)*];

            /// The name of this observation's type.
            #[must_use]
            pub fn type_name(&self) -> &'static str {
                match self { $(Self::$variant(_) => $tag,)* }
            }

            /// Reads the body of an observation whose `type` is `name`; `None` if there is none.
            pub(crate) fn from_body(
                name: &str,
                body: serde_json::Value,
            ) -> Option<Result<Self, serde_json::Error>> {
                match name {
                    $($tag => Some(serde_json::from_value(body).map(Self::$variant)),)*
                    _ => None,
                }
            }
        }
    };
}

observations! {
    /// A project.
    GitLabProject(GitLabProject) = "gitlab_project",
    /// An account.
    GitLabUser(GitLabUser) = "gitlab_user",
    /// A commit.
    GitCommit(GitCommit) = "git_commit",
    /// A pipeline.
    GitLabPipeline(GitLabPipeline) = "gitlab_pipeline",
    /// A job.
    GitLabJob(GitLabJob) = "gitlab_job",
    /// A merge request with its approvals and commits.
    MergeRequest(MergeRequest) = "merge_request",
    /// A release.
    GitLabRelease(GitLabRelease) = "gitlab_release",
    /// A package in a project's package registry.
    GitLabPackage(GitLabPackage) = "gitlab_package",
    /// A repository for images that belongs to a project.
    ContainerRepository(ContainerRepository) = "container_repository",
    /// An image that a pipeline pushed.
    PipelineImage(PipelineImage) = "pipeline_image",
    /// A tag and its digest in a registry.
    RegistryImage(RegistryImage) = "registry_image",
    /// A manifest or an index.
    ImageManifest(ImageManifest) = "image_manifest",
    /// A signature, attestation, scan report or bill of materials.
    Artifact(Artifact) = "artifact",
    /// A Deployment, StatefulSet, DaemonSet, Job, CronJob or bare Pod.
    KubeWorkload(KubeWorkload) = "kube_workload",
    /// A pod with its containers.
    KubePod(KubePod) = "kube_pod",
    /// A chart in a registry.
    HelmChart(HelmChart) = "helm_chart",
    /// An installed chart.
    HelmRelease(HelmRelease) = "helm_release",
    /// A reading of a source begins.
    SourceStarted(SourceStarted) = "source_started",
    /// A source has been read completely.
    SourceComplete(SourceComplete) = "source_complete",
}

macro_rules! body {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $field:ident: $type:ty,)* }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
        pub struct $name { $($(#[$doc])* pub $field: $type,)* }
    };
}

body! {
    /// A GitLab project (GitLab API: `GET /projects`).
    GitLabProject {
        /// Host name of the GitLab instance, e.g. `gitlab.example.com`.
        instance: String,
        /// `path_with_namespace`, e.g. `shop/checkout`.
        path: String,
        /// Address of the project's page.
        web_url: Option<String>,
        /// Name of the default branch.
        default_branch: Option<String>,
    }
}

body! {
    /// A GitLab account (GitLab API: `GET /users`).
    GitLabUser {
        /// Host name of the GitLab instance.
        instance: String,
        /// Login name.
        username: String,
        /// Display name.
        name: Option<String>,
    }
}

body! {
    /// A commit (GitLab API: `GET /projects/:id/repository/commits`).
    GitCommit {
        /// Full object id, hex.
        oid: String,
        /// First line of the message.
        title: Option<String>,
        /// Author's name as the commit has it.
        author_name: Option<String>,
        /// When it was committed.
        committed_at: Option<Timestamp>,
        /// Address of the commit's page.
        web_url: Option<String>,
    }
}

body! {
    /// A pipeline (GitLab API: `GET /projects/:id/pipelines`).
    GitLabPipeline {
        /// Host name of the GitLab instance.
        instance: String,
        /// `path_with_namespace` of the project.
        project: String,
        /// Pipeline id, unique in the instance.
        id: i64,
        /// Full object id of the commit it ran on.
        sha: String,
        /// Branch or tag it ran on.
        #[serde(rename = "ref")]
        ref_name: Option<String>,
        /// e.g. `success`.
        status: Option<String>,
        /// What started it, e.g. `push`.
        source: Option<String>,
        /// Login name of who started it.
        user: Option<String>,
        /// Address of the pipeline's page.
        web_url: Option<String>,
        /// When it was created.
        created_at: Option<Timestamp>,
        /// When it ended.
        finished_at: Option<Timestamp>,
    }
}

body! {
    /// A job (GitLab API: `GET /projects/:id/pipelines/:id/jobs`).
    GitLabJob {
        /// Host name of the GitLab instance.
        instance: String,
        /// `path_with_namespace` of the project.
        project: String,
        /// Pipeline id.
        pipeline: i64,
        /// Job id, unique in the instance.
        id: i64,
        /// Name in the pipeline's configuration.
        name: String,
        /// Stage.
        stage: Option<String>,
        /// e.g. `success`.
        status: Option<String>,
        /// Description of the runner.
        runner: Option<String>,
        /// Login name of who started it.
        user: Option<String>,
        /// When it started.
        started_at: Option<Timestamp>,
        /// When it ended.
        finished_at: Option<Timestamp>,
    }
}

body! {
    /// A merge request (GitLab API: `GET /projects/:id/merge_requests`, `…/approvals`, `…/commits`).
    MergeRequest {
        /// Host name of the GitLab instance.
        instance: String,
        /// `path_with_namespace` of the project.
        project: String,
        /// Number within the project.
        iid: i64,
        /// Title.
        title: Option<String>,
        /// e.g. `merged`.
        state: Option<String>,
        /// Branch it goes to.
        target_branch: Option<String>,
        /// Login name of its author.
        author: Option<String>,
        /// Login name of who merged it.
        merged_by: Option<String>,
        /// When it was merged.
        merged_at: Option<Timestamp>,
        /// Address of its page.
        web_url: Option<String>,
        /// Approvals that stand: those of earlier observations that are not among them were revoked.
        #[serde(default)]
        approvals: Vec<Approval>,
        /// Object ids of the commits it brought in: its own, the merge and the squash commit.
        #[serde(default)]
        commits: Vec<String>,
        /// Object id of its merge commit, one of `commits`; where it is not said, that commit counts
        /// as one of its own.
        merge_commit: Option<String>,
        /// Object id of its squash commit, one of `commits`.
        squash_commit: Option<String>,
        /// When its branch was last pushed, by the server's clock.
        pushed_at: Option<Timestamp>,
    }
}

body! {
    /// An approval of a merge request.
    Approval {
        /// Login name of who gave it.
        user: String,
        /// When it was given.
        approved_at: Option<Timestamp>,
    }
}

body! {
    /// A release (GitLab API: `GET /projects/:id/releases`).
    GitLabRelease {
        /// Host name of the GitLab instance.
        instance: String,
        /// `path_with_namespace` of the project.
        project: String,
        /// The Git tag it was made from.
        tag: String,
        /// Name.
        name: Option<String>,
        /// Full object id of its commit.
        sha: Option<String>,
        /// When it was released.
        released_at: Option<Timestamp>,
    }
}

body! {
    /// A package (GitLab API: `GET /projects/:id/packages`).
    GitLabPackage {
        /// Host name of the GitLab instance.
        instance: String,
        /// `path_with_namespace` of the project.
        project: String,
        /// Package id, unique in the instance.
        id: i64,
        /// Name.
        name: String,
        /// Version.
        version: Option<String>,
        /// e.g. `helm`, `generic`.
        package_type: Option<String>,
        /// Id of the pipeline that published it.
        pipeline: Option<i64>,
        /// When it was published.
        created_at: Option<Timestamp>,
    }
}

body! {
    /// A repository for images that belongs to a project (GitLab API:
    /// `GET /projects/:id/registry/repositories`).
    ContainerRepository {
        /// Host name of the GitLab instance.
        instance: String,
        /// `path_with_namespace` of the project.
        project: String,
        /// Registry host with port, e.g. `registry.gitlab.example.com`.
        registry: String,
        /// Repository, e.g. `shop/payments`.
        repository: String,
    }
}

body! {
    /// An image that a pipeline pushed, or may have.
    PipelineImage {
        /// Host name of the GitLab instance.
        instance: String,
        /// `path_with_namespace` of the project.
        project: String,
        /// Pipeline id.
        pipeline: i64,
        /// Job id, where known.
        job: Option<i64>,
        /// The reference it pushed to, as written, e.g. `acme.azurecr.io/shop/checkout:1.4.0`.
        image: String,
        /// Digest of what it pushed, where the job reported it.
        digest: Option<String>,
        /// What speaks for it; absent: the job reported it.
        #[serde(default)]
        basis: Basis,
        /// Where to look, e.g. `artifact image.env` or `pushed 40 s before the job ended`.
        evidence: Option<String>,
    }
}

/// What speaks for a pipeline having pushed an image.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// The job reported it.
    #[default]
    Reported,
    /// The tag was pushed to a repository of the project while the job ran.
    TagTime,
}

body! {
    /// A tag in a registry (OCI Distribution `GET /v2/<name>/tags/list` and the manifest's digest).
    RegistryImage {
        /// Registry host with port, e.g. `acme.azurecr.io`.
        registry: String,
        /// Repository, e.g. `shop/checkout`.
        repository: String,
        /// Tag, exact case.
        tag: String,
        /// Digest of the manifest or index the tag points to.
        digest: String,
        /// When the tag was last moved, as the registry says.
        pushed_at: Option<Timestamp>,
        /// When the tag was seen to point to the digest.
        seen_at: Option<Timestamp>,
    }
}

body! {
    /// A manifest or an index (OCI image specification).
    ImageManifest {
        /// Its digest.
        digest: String,
        /// Its media type.
        media_type: Option<String>,
        /// Its platform, where it has one.
        platform: Option<Platform>,
        /// Digest of its config, where it is a manifest.
        config_digest: Option<String>,
        /// When its image was made, as its config says.
        created_at: Option<Timestamp>,
        /// Digests of the manifests in it, where it is an index.
        #[serde(default)]
        manifests: Vec<String>,
        /// Labels of its config, e.g. `org.opencontainers.image.revision`.
        #[serde(default)]
        labels: BTreeMap<String, String>,
    }
}

body! {
    /// What an image runs on (OCI image index, `platform`).
    Platform {
        /// e.g. `linux`.
        os: String,
        /// e.g. `amd64`.
        architecture: String,
        /// e.g. `v8`.
        variant: Option<String>,
    }
}

body! {
    /// Something attached to a manifest.
    Artifact {
        /// What it is.
        kind: ArtifactKind,
        /// Its own digest.
        digest: String,
        /// Digest of the manifest it is about.
        subject: String,
        /// Registry that holds it; goes with `repository`.
        registry: Option<String>,
        /// Repository that holds it.
        repository: Option<String>,
        /// Type as the registry says, or an in-toto predicate type.
        artifact_type: Option<String>,
        /// When it was made.
        created_at: Option<Timestamp>,
        /// Who built it, as an attestation of provenance says: an address of the builder.
        builder: Option<String>,
        /// Repository it was built from, as an attestation of provenance says.
        source: Option<String>,
        /// Full object id of the commit it was built from, as an attestation of provenance says.
        commit: Option<String>,
        /// Host name of the GitLab that built it, as an attestation of provenance says; goes with
        /// `project`.
        instance: Option<String>,
        /// Project whose job built it, as an attestation of provenance says.
        project: Option<String>,
        /// Id of the pipeline that built it, as an attestation of provenance says.
        pipeline: Option<i64>,
        /// Id of the job that built it, as an attestation of provenance says.
        job: Option<i64>,
        /// Number of vulnerabilities by severity, as a scan says, e.g. `{"critical": 1}`.
        #[serde(default, deserialize_with = "counts")]
        vulnerabilities: BTreeMap<String, i64>,
        /// Given keys that made a signature in it.
        #[serde(default)]
        verified_by: Vec<VerificationKey>,
        /// Given keys that were tried, whether they made one or not.
        #[serde(default)]
        checked_with: Vec<VerificationKey>,
        /// Why none of the keys verifies it.
        unverified_reason: Option<String>,
    }
}

/// Numbers of things, of which there cannot be less than none.
fn counts<'de, D>(deserializer: D) -> Result<BTreeMap<String, i64>, D::Error>
where
    D: serde::Deserializer<'de>,
{
    let counts = BTreeMap::<String, i64>::deserialize(deserializer)?;
    match counts.iter().find(|(_, count)| **count < 0) {
        Some((name, count)) => Err(serde::de::Error::custom(format!(
            "{count} of `{name}`: a number of things cannot be negative"
        ))),
        None => Ok(counts),
    }
}

body! {
    /// A public key that was given to verify with.
    VerificationKey {
        /// `sha256:` and the digest of its `SubjectPublicKeyInfo` (DER) in hex.
        fingerprint: String,
        /// Name that it was given.
        name: Option<String>,
        /// Repositories for which it counts: prefixes of `registry/repository/` that end with `/`;
        /// empty: all.
        #[serde(default)]
        repositories: Vec<String>,
    }
}

/// The kinds of supply-chain evidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ArtifactKind {
    /// A signature.
    Signature,
    /// An attestation.
    Attestation,
    /// A vulnerability scan.
    Scan,
    /// A bill of materials.
    Sbom,
}

body! {
    /// A workload (Kubernetes API groups `apps/v1` and `batch/v1`, or a bare Pod).
    KubeWorkload {
        /// Name given to the cluster.
        cluster: String,
        /// Namespace.
        namespace: String,
        /// e.g. `Deployment`.
        kind: String,
        /// Name.
        name: String,
        /// Wanted number of pods.
        replicas: Option<i64>,
        /// Images in its template, as written.
        #[serde(default)]
        images: Vec<String>,
        /// Label `app.kubernetes.io/name`.
        app: Option<String>,
        /// Label `app.kubernetes.io/version`.
        app_version: Option<String>,
        /// Name of the Helm release that manages it (annotation `meta.helm.sh/release-name`).
        release: Option<String>,
        /// Label `helm.sh/chart`, e.g. `shop-service-2.4.0`.
        chart: Option<String>,
    }
}

body! {
    /// A pod (Kubernetes core `v1`).
    KubePod {
        /// Name given to the cluster.
        cluster: String,
        /// Namespace.
        namespace: String,
        /// Name.
        name: String,
        /// `metadata.uid`.
        uid: String,
        /// Node it runs on.
        node: Option<String>,
        /// e.g. `Running`.
        phase: Option<String>,
        /// When it started.
        started_at: Option<Timestamp>,
        /// When it was seen with these containers.
        seen_at: Option<Timestamp>,
        /// The workload at the top of its chain of owners; absent for a bare pod.
        workload: Option<WorkloadRef>,
        /// Its owners from the nearest to the top, e.g. a ReplicaSet and a Deployment.
        #[serde(default)]
        owners: Vec<WorkloadRef>,
        /// Its containers.
        containers: Vec<Container>,
    }
}

body! {
    /// The workload that owns a pod, in the pod's namespace.
    WorkloadRef {
        /// e.g. `Deployment`.
        kind: String,
        /// Name.
        name: String,
    }
}

body! {
    /// A container of a pod.
    Container {
        /// Name, unique in the pod.
        name: String,
        /// `spec.containers[].image`, as written.
        image: String,
        /// `status.containerStatuses[].imageID`, as reported.
        image_id: Option<String>,
        /// Whether it is an init container.
        #[serde(default)]
        init: bool,
        /// Whether it is an ephemeral container.
        #[serde(default)]
        ephemeral: bool,
    }
}

body! {
    /// A chart in a registry (an OCI artifact of Helm).
    HelmChart {
        /// Registry host with port.
        registry: String,
        /// Repository, e.g. `charts/shop-service`.
        repository: String,
        /// Name.
        name: String,
        /// Version.
        version: String,
        /// Version of the application it installs.
        app_version: Option<String>,
        /// Digest of its manifest.
        digest: String,
        /// Address of its source.
        source: Option<String>,
    }
}

body! {
    /// An installed chart (Helm's release secret).
    HelmRelease {
        /// Name given to the cluster.
        cluster: String,
        /// Namespace.
        namespace: String,
        /// Release name.
        name: String,
        /// Chart name.
        chart: String,
        /// Chart version.
        chart_version: String,
        /// Revision of the release.
        revision: Option<i64>,
        /// e.g. `deployed`.
        status: Option<String>,
        /// When it was last installed or upgraded.
        deployed_at: Option<Timestamp>,
        /// Workloads it installed.
        #[serde(default)]
        workloads: Vec<WorkloadRef>,
    }
}

body! {
    /// The beginning of a reading that may become complete.
    SourceStarted {
        /// `gitlab`, `registry`, `attached` for what is attached to a registry's images,
        /// `kubernetes`, or `helm` for a cluster's Helm releases.
        kind: String,
        /// What is read, as in `source_complete`.
        scope: String,
        /// When the reading began.
        started_at: Timestamp,
    }
}

body! {
    /// The end of a complete reading.
    SourceComplete {
        /// `gitlab`, `registry`, `attached` for what is attached to a registry's images,
        /// `kubernetes`, or `helm` for a cluster's Helm releases.
        kind: String,
        /// What was read: an instance or `instance/project`, a registry or `registry/repository`, a
        /// cluster or `cluster/namespace`.
        scope: String,
        /// When the reading ended.
        complete_at: Timestamp,
        /// From where the next reading can go on, in the source's own terms.
        mark: Option<String>,
    }
}
