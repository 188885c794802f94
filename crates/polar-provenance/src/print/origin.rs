//! The answer to "where did this running image come from?" as a tree, each hop with its reason.

use std::io::{self, Write};

use polar_query::{Answer, Build, Commit, ContainerOrigin, Derivation, ImageOrigin, Verdicts};
use termtree::Tree;

type Node = Tree<String>;

/// Prints origins, container by container.
pub(crate) fn origins(out: &mut impl Write, origins: &[ContainerOrigin]) -> io::Result<()> {
    for (index, origin) in origins.iter().enumerate() {
        if index > 0 {
            writeln!(out)?;
        }
        let tree = container(origin).to_string();
        for line in tree.lines() {
            writeln!(out, "{}", line.trim_end())?;
        }
    }
    Ok(())
}

fn container(origin: &ContainerOrigin) -> Node {
    let node = origin.node.as_ref().map(|node| format!(" on {node}"));
    let mut tree = Tree::new(format!(
        "container {} of pod {}{}",
        origin.container,
        origin.pod,
        node.unwrap_or_default()
    ));
    tree.push(Tree::new(format!(
        "{} in namespace {} of cluster {}",
        origin.workload, origin.namespace, origin.cluster
    )));
    tree.push(Tree::new(format!("image      {}", origin.image)));
    if let Some(reference) = &origin.reference {
        tree.push(Tree::new(format!("reference  {reference}")));
    }
    if let Some(digest) = &origin.digest {
        tree.push(Tree::new(format!("digest     {digest}")));
    }
    if let Some(code) = &origin.image_error {
        tree.push(Tree::new(format!("? joins nothing: {code}")));
    } else if origin.images.is_empty() {
        tree.push(Tree::new(
            "? no registry image is known for it: its registry was not read, or does not have it"
                .to_owned(),
        ));
    }
    for found in &origin.images {
        tree.push(image(found));
    }
    tree
}

fn image(origin: &ImageOrigin) -> Node {
    let mut tree = Tree::new(format!(
        "runs {}  {}",
        origin.image,
        because(&origin.because)
    ));
    if let Some(pushed_at) = &origin.pushed_at {
        tree.push(Tree::new(format!("pushed {pushed_at}")));
    }
    for platform in &origin.platforms {
        let name = platform.platform.as_deref().unwrap_or("unknown platform");
        let runs = if platform.runs {
            "  <- this one runs"
        } else {
            ""
        };
        tree.push(Tree::new(format!("{name}  {}{runs}", platform.digest)));
    }
    for attached in &origin.attached {
        let kind = attached
            .artifact_type
            .as_deref()
            .unwrap_or("of unknown type");
        let name = attached.kind.to_lowercase();
        tree.push(Tree::new(format!(
            "{name}  {kind}  {}",
            short(&attached.digest)
        )));
    }
    let Verdicts {
        signed,
        verified,
        attested,
        scanned,
        reviewed,
    } = &origin.verdicts;
    for (what, verdict) in [
        ("signed", signed),
        ("verified", verified),
        ("attested", attested),
        ("scanned", scanned),
        ("reviewed", reviewed),
    ] {
        let answer = match verdict.answer {
            Answer::Yes => "yes",
            Answer::No => "NO",
            Answer::Unknown => "? unknown",
        };
        tree.push(Tree::new(format!("{what} {answer}: {}", verdict.detail)));
    }
    if origin.builds.is_empty() {
        tree.push(Tree::new(
            "? no pipeline is known to have built it".to_owned(),
        ));
    }
    for (place, found) in origin.builds.iter().enumerate() {
        tree.push(build(found, place == 0));
    }
    tree
}

/// The first build is the one with the best reason; others are what else speaks for itself.
fn build(build: &Build, is_best: bool) -> Node {
    let id = build
        .id
        .map_or_else(|| build.pipeline.clone(), |id| id.to_string());
    let project = build.project.as_deref().unwrap_or("an unknown project");
    let built = if is_best { "built" } else { "or built" };
    let mut text = format!("{built} by pipeline {id} of {project}");
    if let Some(ref_name) = &build.ref_name {
        text += &format!(" on {ref_name}");
    }
    if let Some(status) = &build.status {
        text += &format!(", {status}");
    }
    if let Some(user) = &build.triggered_by {
        text += &format!(", started by {user}");
    }
    let mut tree = Tree::new(format!("{text}  {}", because(&build.because)));
    for reason in &build.also_because {
        tree.push(Tree::new(format!("also  {}", because(reason))));
    }
    if let Some(url) = &build.web_url {
        tree.push(Tree::new(url.clone()));
    }
    for job in &build.jobs {
        let name = job.name.as_deref().unwrap_or("unnamed");
        let runner = job.runner.as_deref().unwrap_or("an unknown runner");
        tree.push(Tree::new(format!(
            "pushed by job {} {name} on {runner}",
            job.id
        )));
    }
    tree.push(match &build.commit {
        Some(found) => commit(found),
        None => Tree::new("? its commit is not known".to_owned()),
    });
    tree
}

fn commit(commit: &Commit) -> Node {
    let title = commit.title.as_deref().unwrap_or("(title not known)");
    let author = commit.author.as_deref().unwrap_or("an unknown author");
    let mut tree = Tree::new(format!("commit {} \"{title}\" by {author}", commit.oid));
    if commit.merge_requests.is_empty() {
        tree.push(Tree::new(
            "? no merge request is known to have brought it in".to_owned(),
        ));
    }
    for request in &commit.merge_requests {
        let title = request.title.as_deref().unwrap_or_default();
        let mut node = Tree::new(format!("brought in by {} \"{title}\"", request.key));
        let mut people = |what: &str, names: &[String]| {
            if !names.is_empty() {
                node.push(Tree::new(format!("{what} {}", names.join(", "))));
            }
        };
        people("written by", &request.authors);
        people("approved by", &request.approvers);
        people("merged by", &request.merged_by);
        if request.approvers.is_empty() {
            node.push(Tree::new(
                "? nobody is known to have approved it".to_owned(),
            ));
        }
        tree.push(node);
    }
    tree
}

fn because(derivation: &Derivation) -> String {
    format!(
        "[{} {:?}: {}]",
        derivation.rule, derivation.confidence, derivation.evidence
    )
}

/// The begin of a digest, enough to know it by.
fn short(digest: &str) -> &str {
    digest.get(..19).unwrap_or(digest)
}
