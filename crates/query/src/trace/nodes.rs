//! The nodes that a trace leads through.

use std::collections::BTreeSet;

use polar_model::Label;

use super::{Build, Chain, Commit, Container, ImageHop, MergeRequest, Trace};

/// Label and key.
type Node = (Label, String);

impl Trace {
    /// The nodes that it leads through, by label and key. What has no node of its own (a project that
    /// nobody told of) may be among them.
    #[must_use]
    pub fn nodes(&self) -> BTreeSet<(Label, String)> {
        let mut nodes = BTreeSet::new();
        for chain in &self.chains {
            of_chain(&mut nodes, chain);
        }
        nodes
    }
}

fn of_chain(nodes: &mut BTreeSet<Node>, chain: &Chain) {
    for container in &chain.containers {
        of_container(nodes, container);
    }
    if let Some(reference) = &chain.reference {
        nodes.insert((Label::ImageReference, reference.clone()));
    }
    if let Some(tag) = &chain.tag {
        nodes.insert((Label::ImageTag, tag.name.clone()));
        for period in &tag.pointed_to {
            nodes.insert((Label::ImageManifest, period.digest.clone()));
        }
    }
    for image in &chain.images {
        of_image(nodes, image);
    }
}

fn of_container(nodes: &mut BTreeSet<Node>, container: &Container) {
    let Container {
        key,
        cluster,
        namespace,
        workload,
        digest,
        ..
    } = container;
    let digest = digest.iter();
    nodes.extend(digest.map(|digest| (Label::ImageManifest, digest.clone())));
    let pod = key.rsplit_once('/').map_or(key.as_str(), |(pod, _)| pod);
    nodes.extend([
        (Label::KubeContainer, key.clone()),
        (Label::KubePod, pod.to_owned()),
        (Label::KubeCluster, cluster.clone()),
        (Label::KubeNamespace, format!("{cluster}/{namespace}")),
        (
            Label::KubeDeployment,
            format!("{cluster}/{namespace}/{workload}"),
        ),
    ]);
}

fn of_image(nodes: &mut BTreeSet<Node>, image: &ImageHop) {
    nodes.insert((Label::AcrImage, image.image.clone()));
    if let Some((name, digest)) = image.image.split_once('@') {
        nodes.insert((Label::ImageManifest, digest.to_owned()));
        nodes.insert((Label::ImageTag, name.to_owned()));
        if let Some((repository, _)) = name.rsplit_once(':') {
            nodes.insert((Label::ContainerRepository, repository.to_owned()));
        }
    }
    for platform in &image.platforms {
        nodes.insert((Label::ImageManifest, platform.digest.clone()));
    }
    for attached in &image.attached {
        let label = Label::ALL
            .iter()
            .find(|label| label.as_str() == attached.kind);
        nodes.extend(label.map(|label| (*label, attached.digest.clone())));
    }
    for build in &image.builds {
        of_build(nodes, build);
    }
    for built in &image.commits {
        of_commit(nodes, &built.commit);
    }
}

fn of_build(nodes: &mut BTreeSet<Node>, build: &Build) {
    let instance = instance(&build.pipeline);
    let user = |name: &String| (Label::GitLabUser, format!("{instance}/{name}"));
    nodes.insert((Label::PipelineRun, build.pipeline.clone()));
    nodes.extend(build.triggered_by.as_ref().map(user));
    let project = build.project.as_ref();
    nodes.extend(project.map(|path| (Label::GitLabProject, format!("{instance}/{path}"))));
    for job in &build.jobs {
        nodes.insert((Label::GitLabJob, job.key.clone()));
        nodes.extend(job.started_by.as_ref().map(user));
        let pushed = job.evidence.iter();
        nodes.extend(pushed.map(|evidence| (Label::ContainerImageTag, evidence.clone())));
    }
    if let Some(commit) = &build.commit {
        of_commit(nodes, commit);
    }
}

fn of_commit(nodes: &mut BTreeSet<Node>, commit: &Commit) {
    nodes.insert((Label::GitCommit, commit.oid.clone()));
    for request in &commit.merge_requests {
        let MergeRequest {
            key,
            authors,
            approvers,
            merged_by,
            ..
        } = request;
        let instance = instance(key);
        nodes.insert((Label::MergeRequest, key.clone()));
        for name in authors.iter().chain(approvers).chain(merged_by) {
            nodes.insert((Label::GitLabUser, format!("{instance}/{name}")));
        }
    }
}

/// The host in a key that begins with it.
fn instance(key: &str) -> &str {
    key.split('/').next().unwrap_or(key)
}
