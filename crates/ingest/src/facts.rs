//! One observation as nodes and edges. Pure.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use polar_model::{EdgeType, Label, Observation, Value};
use polar_normalize::Options;

use crate::{attached, images};

/// A node's label and merge key.
pub type NodeId = (Label, String);

/// A node and the properties that an observation knows of it.
#[derive(Debug, Clone, PartialEq)]
pub struct NodeFact {
    /// Its label.
    pub label: Label,
    /// Its merge key.
    pub key: String,
    /// Known properties; what is not known is absent, and stays as it is in the graph.
    pub props: BTreeMap<&'static str, Value>,
    /// Properties that it is known not to have.
    pub absent: BTreeSet<&'static str>,
}

/// Length to which GitLab abbreviates object ids (`CI_COMMIT_SHORT_SHA`), in hex digits.
pub(crate) const SHORT_SHA: usize = 8;

/// When a fact was first seen; the earliest is kept.
pub(crate) const FIRST_SEEN: &str = "first_seen";

/// When a registry says that a tag was moved; the latest is kept.
pub(crate) const PUSHED_AT: &str = "pushed_at";

/// All times at which a registry said that a tag was moved to the digest.
pub(crate) const PUSHES: &str = "pushes";

/// When the last complete reading of a scope ended; the latest is kept.
pub(crate) const COMPLETE_AT: &str = "complete_at";

/// When a thing that was seen earlier was found to be gone; absent while it is there.
pub const GONE_AT: &str = "gone_at";

/// All times at which a thing was found to be gone and came back later.
pub(crate) const WAS_GONE_AT: &str = "was_gone_at";

/// All times at which a thing that was gone was seen again.
pub(crate) const BACK_AT: &str = "back_at";

impl NodeFact {
    /// Whether the observation saw the thing itself, and not only its name.
    #[must_use]
    pub fn is_there(&self) -> bool {
        self.absent.contains(GONE_AT)
    }
}

/// An edge between two nodes.
#[derive(Debug, Clone, PartialEq)]
pub struct EdgeFact {
    /// Its type.
    pub edge: EdgeType,
    /// Where it starts.
    pub from: NodeId,
    /// Where it ends.
    pub to: NodeId,
    /// Known properties.
    pub props: BTreeMap<&'static str, Value>,
}

/// All edges of one type at a node: an observation that knows them all closes those it does not name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Whole {
    /// The node.
    pub node: NodeId,
    /// The type of edge.
    pub edge: EdgeType,
    /// Label at the other end.
    pub other: Label,
    /// Whether the edges start at the node.
    pub outgoing: bool,
}

/// The beginning or the end of a reading.
#[derive(Debug, Clone, PartialEq)]
pub enum Reading {
    /// From here on, what is seen counts.
    Started(Scope),
    /// All of the scope has been seen: what was not is gone since then.
    Complete(Scope, Timestamp),
}

/// A part of a source that is read as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    /// `gitlab`, `registry`, `kubernetes` or `helm`.
    pub kind: String,
    /// Which part.
    pub name: String,
}

/// What one observation says.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Facts {
    /// Nodes, those that edges need included.
    pub nodes: Vec<NodeFact>,
    /// Edges.
    pub edges: Vec<EdgeFact>,
    /// Sets of edges that it knows as a whole.
    pub whole: Vec<Whole>,
    /// The beginning or the end of a reading, where it is one.
    pub reading: Option<Reading>,
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
    ) -> NodeId {
        let key = key.into();
        self.nodes.push(NodeFact {
            label,
            key: key.clone(),
            props: known(props),
            absent: BTreeSet::new(),
        });
        (label, key)
    }

    /// Says that the thing itself was seen, and adds to what is known of it.
    pub(crate) fn seen<const N: usize>(
        &mut self,
        node: &NodeId,
        props: [(&'static str, Value); N],
    ) {
        self.nodes.push(NodeFact {
            label: node.0,
            key: node.1.clone(),
            props: known(props),
            absent: BTreeSet::from([GONE_AT]),
        });
    }

    /// As [`Facts::seen`], and a property without a value is known to be absent.
    pub(crate) fn seen_whole<const N: usize>(
        &mut self,
        node: &NodeId,
        props: [(&'static str, Value); N],
    ) {
        let absent = props.iter().filter(|(_, value)| value.is_null());
        let absent = absent.map(|(name, _)| *name).collect::<Vec<_>>();
        self.seen(node, props);
        if let Some(node) = self.nodes.last_mut() {
            node.absent.extend(absent);
        }
    }

    /// Adds an edge.
    pub(crate) fn edge(&mut self, edge: EdgeType, from: &NodeId, to: &NodeId) {
        self.edge_with(edge, from, to, []);
    }

    /// Adds an edge with properties.
    pub(crate) fn edge_with<const N: usize>(
        &mut self,
        edge: EdgeType,
        from: &NodeId,
        to: &NodeId,
        props: [(&'static str, Value); N],
    ) {
        self.edges.push(EdgeFact {
            edge,
            from: from.clone(),
            to: to.clone(),
            props: known(props),
        });
    }

    /// Says that the edges of this type from the node to such nodes are all known.
    pub(crate) fn all_from(&mut self, node: &NodeId, edge: EdgeType, other: Label) {
        self.whole.push(Whole {
            node: node.clone(),
            edge,
            other,
            outgoing: true,
        });
    }

    /// Says that the edges of this type from such nodes to the node are all known.
    pub(crate) fn all_to(&mut self, node: &NodeId, edge: EdgeType, other: Label) {
        self.whole.push(Whole {
            node: node.clone(),
            edge,
            other,
            outgoing: false,
        });
    }

    fn user(&mut self, instance: &str, username: &str) -> NodeId {
        let key = format!("{instance}/{username}");
        let props = [("username", username.into())];
        self.node(Label::GitLabUser, key, props)
    }

    fn project(&mut self, instance: &str, path: &str) -> NodeId {
        let key = format!("{instance}/{path}");
        self.node(Label::GitLabProject, key, [("path", path.into())])
    }

    pub(crate) fn pipeline(&mut self, instance: &str, project: &str, id: i64) -> NodeId {
        let key = format!("{instance}/{project}/{id}");
        self.node(Label::PipelineRun, key, [("id", id.into())])
    }

    pub(crate) fn job(&mut self, instance: &str, project: &str, id: i64) -> NodeId {
        let key = format!("{instance}/{project}/{id}");
        self.node(Label::GitLabJob, key, [("id", id.into())])
    }

    pub(crate) fn commit(&mut self, oid: &str) -> NodeId {
        let commit = self.node(Label::GitCommit, oid, [("oid", oid.into())]);
        if let Some(prefix) = oid.get(..SHORT_SHA) {
            let prefix = self.node(Label::CommitPrefix, prefix, []);
            self.edge(EdgeType::BeginsWith, &commit, &prefix);
        }
        commit
    }

    pub(crate) fn repository(&mut self, registry: &str, repository: &str) -> NodeId {
        let host = self.node(
            Label::ContainerRegistry,
            registry,
            [("host", registry.into())],
        );
        let props = [
            ("registry", registry.into()),
            ("repository", repository.into()),
        ];
        let key = format!("{registry}/{repository}");
        let node = self.node(Label::ContainerRepository, key, props);
        self.edge(EdgeType::HasRepository, &host, &node);
        node
    }

    pub(crate) fn config(&mut self, digest: &str) -> NodeId {
        self.node(Label::ImageConfig, digest, [("digest", digest.into())])
    }

    pub(crate) fn manifest(&mut self, digest: &str) -> NodeId {
        self.node(Label::ImageManifest, digest, [("digest", digest.into())])
    }

    fn chart(&mut self, name: &str, version: &str) -> NodeId {
        let props = [("name", name.into()), ("version", version.into())];
        self.node(Label::HelmChart, format!("{name}-{version}"), props)
    }

    fn namespace(&mut self, cluster: &str, namespace: &str) -> NodeId {
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
    ) -> NodeId {
        let within = self.namespace(cluster, namespace);
        let key = format!("{cluster}/{namespace}/{kind}/{name}");
        let props = [("kind", kind.into()), ("name", name.into())];
        let workload = self.node(Label::KubeDeployment, key, props);
        self.edge(EdgeType::HasWorkload, &within, &workload);
        workload
    }
}

fn known<const N: usize>(props: [(&'static str, Value); N]) -> BTreeMap<&'static str, Value> {
    let known = props.into_iter().filter(|(_, value)| !value.is_null());
    known.collect()
}

/// The facts of an observation, with image references read as `options` say.
#[must_use]
pub fn facts(observation: &Observation, options: &Options) -> Facts {
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
            let (label, key) = f.commit(&o.oid);
            f.node(
                label,
                key,
                [
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
        Observation::GitLabRelease(o) => release(&mut f, o),
        Observation::GitLabPackage(o) => package(&mut f, o),
        Observation::ContainerRepository(o) => {
            let project = f.project(&o.instance, &o.project);
            let repository = f.repository(&o.registry, &o.repository);
            f.edge(EdgeType::HasRepository, &project, &repository);
        }
        Observation::PipelineImage(o) => images::pipeline_image(&mut f, o, options),
        Observation::RegistryImage(o) => images::registry_image(&mut f, o, options),
        Observation::ImageManifest(o) => images::manifest(&mut f, o),
        Observation::Artifact(o) => attached::artifact(&mut f, o),
        Observation::KubeWorkload(o) => workload(&mut f, o),
        Observation::KubePod(o) => images::pod(&mut f, o, options),
        Observation::HelmChart(o) => helm_chart(&mut f, o),
        Observation::HelmRelease(o) => helm_release(&mut f, o),
        Observation::SourceStarted(o) => {
            f.reading = Some(Reading::Started(Scope::new(&o.kind, &o.scope)));
        }
        Observation::SourceComplete(o) => {
            let scope = Scope::new(&o.kind, &o.scope);
            f.node(
                Label::Source,
                format!("{}|{}", o.kind, o.scope),
                [
                    ("kind", (&o.kind).into()),
                    ("scope", (&o.scope).into()),
                    (COMPLETE_AT, o.complete_at.into()),
                    ("mark", o.mark.clone().into()),
                ],
            );
            f.reading = Some(Reading::Complete(scope, o.complete_at));
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
            ("user", o.user.clone().into()),
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
    if let Some(username) = &o.user {
        let user = f.user(&o.instance, username);
        f.edge(EdgeType::Started, &user, &job);
    }
}

fn release(f: &mut Facts, o: &polar_model::GitLabRelease) {
    let project = f.project(&o.instance, &o.project);
    let release = f.node(
        Label::GitLabRelease,
        format!("{}/{}@{}", o.instance, o.project, o.tag),
        [
            ("tag", (&o.tag).into()),
            ("name", o.name.clone().into()),
            ("released_at", o.released_at.into()),
        ],
    );
    f.edge(EdgeType::HasRelease, &project, &release);
    if let Some(oid) = &o.sha {
        let commit = f.commit(oid);
        f.edge(EdgeType::OfCommit, &release, &commit);
    }
}

fn package(f: &mut Facts, o: &polar_model::GitLabPackage) {
    let project = f.project(&o.instance, &o.project);
    let package = f.node(
        Label::GitLabPackage,
        format!("{}/{}/{}", o.instance, o.project, o.id),
        [
            ("name", (&o.name).into()),
            ("version", o.version.clone().into()),
            ("package_type", o.package_type.clone().into()),
            ("created_at", o.created_at.into()),
        ],
    );
    f.edge(EdgeType::HasPackage, &project, &package);
    if let Some(id) = o.pipeline {
        let run = f.pipeline(&o.instance, &o.project, id);
        f.edge(EdgeType::Published, &run, &package);
    }
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
            ("author", o.author.clone().into()),
            ("pushed_at", o.pushed_at.into()),
        ],
    );
    f.edge(EdgeType::HasMergeRequest, &project, &request);
    brought(f, &request, o);
    let author = o.author.iter().map(|user| (EdgeType::Authored, user));
    let merger = o.merged_by.iter().map(|user| (EdgeType::Merged, user));
    for (edge, username) in author.chain(merger) {
        let user = f.user(&o.instance, username);
        f.edge(edge, &user, &request);
    }
    f.all_to(&request, EdgeType::Approved, Label::GitLabUser);
    for approval in &o.approvals {
        let user = f.user(&o.instance, &approval.user);
        let props = [("approved_at", approval.approved_at.into())];
        f.edge_with(EdgeType::Approved, &user, &request, props);
    }
}

/// Draws what a merge request brought in. Its own commits are known as a whole where any are named:
/// those that were pushed away were not brought in.
fn brought(f: &mut Facts, request: &NodeId, o: &polar_model::MergeRequest) {
    let mut roles: BTreeMap<&str, &str> = BTreeMap::new();
    let own = o.commits.iter().map(|oid| (oid, "commit"));
    let squash = o.squash_commit.iter().map(|oid| (oid, "squash"));
    let merge = o.merge_commit.iter().map(|oid| (oid, "merge"));
    for (oid, role) in own.chain(squash).chain(merge) {
        roles.insert(oid, role);
    }
    if !o.commits.is_empty() {
        f.all_from(request, EdgeType::Brought, Label::GitCommit);
    }
    for (oid, role) in roles {
        let commit = f.commit(oid);
        f.edge_with(EdgeType::Brought, request, &commit, [("as", role.into())]);
    }
}

fn workload(f: &mut Facts, o: &polar_model::KubeWorkload) {
    let workload = f.workload(&o.cluster, &o.namespace, &o.kind, &o.name);
    let images: Vec<Value> = o.images.iter().map(|image| image.as_str().into()).collect();
    let images = if images.is_empty() {
        Value::Null
    } else {
        images.into()
    };
    f.seen(
        &workload,
        [
            ("replicas", o.replicas.into()),
            ("images", images),
            ("app", o.app.clone().into()),
            ("app_version", o.app_version.clone().into()),
            ("release", o.release.clone().into()),
            ("chart", o.chart.clone().into()),
        ],
    );
}

fn helm_chart(f: &mut Facts, o: &polar_model::HelmChart) {
    let chart = f.chart(&o.name, &o.version);
    f.seen(
        &chart,
        [
            ("app_version", o.app_version.clone().into()),
            ("source", o.source.clone().into()),
        ],
    );
    let manifest = f.manifest(&o.digest);
    f.edge(EdgeType::HasManifest, &chart, &manifest);
    let repository = f.repository(&o.registry, &o.repository);
    f.edge(EdgeType::Holds, &repository, &chart);
}

fn helm_release(f: &mut Facts, o: &polar_model::HelmRelease) {
    let within = f.namespace(&o.cluster, &o.namespace);
    let key = format!("{}/{}/{}", o.cluster, o.namespace, o.name);
    let release = f.node(Label::HelmRelease, key, [("name", (&o.name).into())]);
    f.seen(
        &release,
        [
            ("revision", o.revision.into()),
            ("status", o.status.clone().into()),
            ("deployed_at", o.deployed_at.into()),
        ],
    );
    f.edge(EdgeType::HasHelmRelease, &within, &release);
    let chart = f.chart(&o.chart, &o.chart_version);
    f.edge(EdgeType::OfChart, &release, &chart);
    f.all_from(&release, EdgeType::OfChart, Label::HelmChart);
    for owned in &o.workloads {
        let workload = f.workload(&o.cluster, &o.namespace, &owned.kind, &owned.name);
        f.edge(EdgeType::Installed, &release, &workload);
    }
    f.all_from(&release, EdgeType::Installed, Label::KubeDeployment);
}

impl Scope {
    fn new(kind: &str, name: &str) -> Self {
        Self {
            kind: kind.to_owned(),
            name: name.to_owned(),
        }
    }
}
