//! One observation as nodes and edges. Pure.

use std::collections::BTreeMap;

use polar_model::{ArtifactKind, EdgeType, Label, Observation, Value};

use crate::images;

/// A node and the properties that an observation knows of it.
#[derive(Debug, Clone, PartialEq)]
pub struct NodeFact {
    /// Its label.
    pub label: Label,
    /// Its merge key.
    pub key: String,
    /// Known properties; what is not known is absent, and stays as it is in the graph.
    pub props: BTreeMap<&'static str, Value>,
}

/// An edge between two nodes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EdgeFact {
    /// Its type.
    pub edge: EdgeType,
    /// Where it starts: label and key.
    pub from: (Label, String),
    /// Where it ends: label and key.
    pub to: (Label, String),
}

/// What one observation says.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Facts {
    /// Nodes, those that edges need included.
    pub nodes: Vec<NodeFact>,
    /// Edges.
    pub edges: Vec<EdgeFact>,
    /// Keys of the `ImageReference`s it speaks about.
    pub references: Vec<String>,
    /// References that cannot be joined: the reference as written, and why.
    pub unresolvable: Vec<(String, String)>,
}

impl Facts {
    /// Adds a node and returns its place, to draw edges with.
    pub(crate) fn node<const N: usize>(
        &mut self,
        label: Label,
        key: impl Into<String>,
        props: [(&'static str, Value); N],
    ) -> (Label, String) {
        let key = key.into();
        let props = props
            .into_iter()
            .filter(|(_, value)| !value.is_null())
            .collect();
        self.nodes.push(NodeFact {
            label,
            key: key.clone(),
            props,
        });
        (label, key)
    }

    /// Adds an edge.
    pub(crate) fn edge(&mut self, edge: EdgeType, from: &(Label, String), to: &(Label, String)) {
        self.edges.push(EdgeFact {
            edge,
            from: from.clone(),
            to: to.clone(),
        });
    }

    fn user(&mut self, instance: &str, username: &str) -> (Label, String) {
        let key = format!("{instance}/{username}");
        let props = [("username", username.into())];
        self.node(Label::GitLabUser, key, props)
    }

    fn project(&mut self, instance: &str, path: &str) -> (Label, String) {
        let key = format!("{instance}/{path}");
        self.node(Label::GitLabProject, key, [("path", path.into())])
    }

    pub(crate) fn pipeline(&mut self, instance: &str, project: &str, id: i64) -> (Label, String) {
        let key = format!("{instance}/{project}/{id}");
        self.node(Label::PipelineRun, key, [("id", id.into())])
    }

    pub(crate) fn job(&mut self, instance: &str, project: &str, id: i64) -> (Label, String) {
        let key = format!("{instance}/{project}/{id}");
        self.node(Label::GitLabJob, key, [("id", id.into())])
    }

    fn commit(&mut self, oid: &str) -> (Label, String) {
        self.node(Label::GitCommit, oid, [("oid", oid.into())])
    }

    pub(crate) fn manifest(&mut self, digest: &str) -> (Label, String) {
        self.node(Label::ImageManifest, digest, [("digest", digest.into())])
    }

    fn namespace(&mut self, cluster: &str, namespace: &str) -> (Label, String) {
        let at = self.node(Label::KubeCluster, cluster, [("name", cluster.into())]);
        let key = format!("{cluster}/{namespace}");
        let within = self.node(Label::KubeNamespace, key, [("name", namespace.into())]);
        self.edge(EdgeType::HasNamespace, &at, &within);
        within
    }

    pub(crate) fn workload(
        &mut self,
        cluster: &str,
        namespace: &str,
        kind: &str,
        name: &str,
    ) -> (Label, String) {
        let within = self.namespace(cluster, namespace);
        let key = format!("{cluster}/{namespace}/{kind}/{name}");
        let props = [("kind", kind.into()), ("name", name.into())];
        let workload = self.node(Label::KubeDeployment, key, props);
        self.edge(EdgeType::HasWorkload, &within, &workload);
        workload
    }
}

/// The facts of an observation.
#[must_use]
pub fn facts(observation: &Observation) -> Facts {
    let mut f = Facts::default();
    match observation {
        Observation::GitLabProject(o) => {
            let key = format!("{}/{}", o.instance, o.path);
            f.node(
                Label::GitLabProject,
                key,
                [
                    ("path", (&o.path).into()),
                    ("web_url", o.web_url.clone().into()),
                    ("default_branch", o.default_branch.clone().into()),
                ],
            );
        }
        Observation::GitLabUser(o) => {
            let key = format!("{}/{}", o.instance, o.username);
            f.node(
                Label::GitLabUser,
                key,
                [
                    ("username", (&o.username).into()),
                    ("name", o.name.clone().into()),
                ],
            );
        }
        Observation::GitCommit(o) => {
            f.node(
                Label::GitCommit,
                &o.oid,
                [
                    ("oid", (&o.oid).into()),
                    ("title", o.title.clone().into()),
                    ("author_name", o.author_name.clone().into()),
                    ("committed_at", o.committed_at.into()),
                    ("web_url", o.web_url.clone().into()),
                ],
            );
        }
        Observation::GitLabPipeline(o) => pipeline(&mut f, o),
        Observation::GitLabJob(o) => job(&mut f, o),
        Observation::MergeRequest(o) => merge_request(&mut f, o),
        Observation::PipelineImage(o) => images::pipeline_image(&mut f, o),
        Observation::RegistryImage(o) => images::registry_image(&mut f, o),
        Observation::ImageManifest(o) => images::manifest(&mut f, o),
        Observation::Artifact(o) => artifact(&mut f, o),
        Observation::KubeWorkload(o) => {
            let (label, key) = f.workload(&o.cluster, &o.namespace, &o.kind, &o.name);
            f.node(label, key, [("replicas", o.replicas.into())]);
        }
        Observation::KubePod(o) => images::pod(&mut f, o),
        Observation::HelmRelease(o) => helm_release(&mut f, o),
        Observation::SourceComplete(o) => {
            let key = format!("{}|{}", o.kind, o.scope);
            f.node(
                Label::Source,
                key,
                [
                    ("kind", (&o.kind).into()),
                    ("scope", (&o.scope).into()),
                    ("complete_at", o.complete_at.into()),
                ],
            );
        }
    }
    f
}

fn pipeline(f: &mut Facts, o: &polar_model::GitLabPipeline) {
    let project = f.project(&o.instance, &o.project);
    let (label, key) = f.pipeline(&o.instance, &o.project, o.id);
    let run = f.node(
        label,
        key,
        [
            ("sha", (&o.sha).into()),
            ("ref", o.ref_name.clone().into()),
            ("status", o.status.clone().into()),
            ("source", o.source.clone().into()),
            ("web_url", o.web_url.clone().into()),
            ("created_at", o.created_at.into()),
            ("finished_at", o.finished_at.into()),
        ],
    );
    f.edge(EdgeType::HasPipeline, &project, &run);
    let commit = f.commit(&o.sha);
    f.edge(EdgeType::OfCommit, &run, &commit);
    if let Some(username) = &o.user {
        let user = f.user(&o.instance, username);
        f.edge(EdgeType::Triggered, &user, &run);
    }
}

fn job(f: &mut Facts, o: &polar_model::GitLabJob) {
    let run = f.pipeline(&o.instance, &o.project, o.pipeline);
    let (label, key) = f.job(&o.instance, &o.project, o.id);
    let job = f.node(
        label,
        key,
        [
            ("name", (&o.name).into()),
            ("stage", o.stage.clone().into()),
            ("status", o.status.clone().into()),
            ("runner", o.runner.clone().into()),
            ("started_at", o.started_at.into()),
            ("finished_at", o.finished_at.into()),
        ],
    );
    f.edge(EdgeType::HasJob, &run, &job);
}

fn merge_request(f: &mut Facts, o: &polar_model::MergeRequest) {
    let project = f.project(&o.instance, &o.project);
    let key = format!("{}/{}!{}", o.instance, o.project, o.iid);
    let request = f.node(
        Label::MergeRequest,
        key,
        [
            ("iid", o.iid.into()),
            ("title", o.title.clone().into()),
            ("state", o.state.clone().into()),
            ("target_branch", o.target_branch.clone().into()),
            ("merged_at", o.merged_at.into()),
            ("web_url", o.web_url.clone().into()),
        ],
    );
    f.edge(EdgeType::HasMergeRequest, &project, &request);
    for oid in &o.commits {
        let commit = f.commit(oid);
        f.edge(EdgeType::Brought, &request, &commit);
    }
    let approvers = o.approved_by.iter().map(|user| (EdgeType::Approved, user));
    let author = o.author.iter().map(|user| (EdgeType::Authored, user));
    let merger = o.merged_by.iter().map(|user| (EdgeType::Merged, user));
    for (edge, username) in author.chain(approvers).chain(merger) {
        let user = f.user(&o.instance, username);
        f.edge(edge, &user, &request);
    }
}

fn artifact(f: &mut Facts, o: &polar_model::Artifact) {
    let label = match o.kind {
        ArtifactKind::Signature => Label::Signature,
        ArtifactKind::Attestation => Label::Attestation,
        ArtifactKind::Scan => Label::Scan,
        ArtifactKind::Sbom => Label::Sbom,
    };
    let artifact = f.node(
        label,
        &o.digest,
        [
            ("digest", (&o.digest).into()),
            ("artifact_type", o.artifact_type.clone().into()),
            ("created_at", o.created_at.into()),
        ],
    );
    let subject = f.manifest(&o.subject);
    f.edge(EdgeType::Attests, &artifact, &subject);
}

fn helm_release(f: &mut Facts, o: &polar_model::HelmRelease) {
    let key = format!("{}/{}/{}", o.cluster, o.namespace, o.name);
    let release = f.node(
        Label::HelmRelease,
        key,
        [("name", (&o.name).into()), ("revision", o.revision.into())],
    );
    let chart = f.node(
        Label::HelmChart,
        format!("{}-{}", o.chart, o.chart_version),
        [
            ("name", (&o.chart).into()),
            ("version", (&o.chart_version).into()),
        ],
    );
    f.edge(EdgeType::OfChart, &release, &chart);
    for owned in &o.workloads {
        let workload = f.workload(&o.cluster, &o.namespace, &owned.kind, &owned.name);
        f.edge(EdgeType::Installed, &release, &workload);
    }
}
