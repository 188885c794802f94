//! The hops behind a container: registry images, pipelines, commits, merge requests, people.

use std::collections::BTreeSet;

use polar_query::{Answer, Build, BuiltFrom, Commit, ImageHop, Job, MergeRequest, Verdicts};
use termtree::Tree;

use super::{
    super::words::{because, second, short, unknown},
    Node, relation,
};

pub(super) fn image(image: &ImageHop, runs: bool, is_first: bool) -> Node {
    let relation = relation(image, runs, is_first);
    let reasons = image
        .because
        .first()
        .map(|reason| format!("  {}", because(reason)));
    let other = if image.other_name {
        "  (the same bytes under another name)"
    } else {
        ""
    };
    let as_likely = likeness(image.equally_likely);
    let name = &image.image;
    let mut tree = Tree::new(format!(
        "{relation} {name}{other}{as_likely}{}",
        reasons.unwrap_or_default()
    ));
    let more = image.because.iter().skip(1);
    tree.extend(more.map(|reason| format!("also  {}", because(reason))));
    tree.extend(image.pushed_at.map(|at| format!("pushed {}", second(at))));
    let gone = image.gone_at.map(second);
    tree.extend(gone.map(|at| format!("gone from its registry since {at}")));
    let others = image.same_bytes.iter();
    tree.extend(others.map(|other| format!("the same bytes are {other}")));
    contents(&mut tree, image);
    tree.extend(image.verdicts.iter().flat_map(verdicts));
    tree.extend(
        image
            .missing
            .as_ref()
            .map(|missing| Tree::new(unknown(missing))),
    );
    let builds = image.builds.iter().enumerate();
    tree.extend(builds.map(|(place, found)| build(found, place == 0)));
    let led_to: BTreeSet<_> = image
        .builds
        .iter()
        .filter_map(|build| build.commit.as_ref())
        .map(|commit| commit.oid.as_str())
        .collect();
    for (place, built) in image.commits.iter().enumerate() {
        if !led_to.contains(built.commit.oid.as_str()) {
            tree.push(built_from(built, place == 0));
        }
    }
    tree
}

/// Platforms, and what is attached.
fn contents(tree: &mut Node, image: &ImageHop) {
    for platform in &image.platforms {
        let name = platform.platform.as_deref().unwrap_or("unknown platform");
        let runs = if platform.runs {
            "  <- this one runs"
        } else {
            ""
        };
        tree.push(Tree::new(format!("{name}  {}{runs}", platform.digest)));
    }
    for attached in &image.attached {
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
}

fn verdicts(verdicts: &Verdicts) -> Vec<String> {
    let Verdicts {
        signed,
        verified,
        attested,
        scanned,
        reviewed,
    } = verdicts;
    let all = [
        ("signed", signed),
        ("verified", verified),
        ("attested", attested),
        ("scanned", scanned),
        ("reviewed", reviewed),
    ];
    let told = all.into_iter().map(|(what, verdict)| {
        let answer = match verdict.answer {
            Answer::Yes => "yes",
            Answer::No => "NO",
            Answer::Unknown => "? unknown",
        };
        format!("{what} {answer}: {}", verdict.detail)
    });
    told.collect()
}

fn likeness(equally_likely: bool) -> &'static str {
    if equally_likely {
        "  (equally likely)"
    } else {
        ""
    }
}

/// A pipeline; what is not the first is told as an alternative.
pub(crate) fn build(build: &Build, is_first: bool) -> Node {
    let id = build
        .id
        .map_or_else(|| build.pipeline.clone(), |id| id.to_string());
    let project = build.project.as_deref().unwrap_or("an unknown project");
    let built = match (build.equally_likely, is_first) {
        (true, _) => "may be built",
        (false, true) => "built",
        (false, false) => "or built",
    };
    let mut text = format!("{built} by pipeline {id} of {project}");
    for (before, part) in [
        (" on ", &build.ref_name),
        (", ", &build.status),
        (", started by ", &build.triggered_by),
    ] {
        if let Some(part) = part {
            text += &format!("{before}{part}");
        }
    }
    text += likeness(build.equally_likely);
    let mut reasons = build.because.iter();
    if let Some(reason) = reasons.next() {
        text += &format!("  {}", because(reason));
    }
    let mut tree = Tree::new(text);
    tree.extend(reasons.map(|reason| format!("also  {}", because(reason))));
    tree.extend(build.web_url.clone());
    tree.extend(build.jobs.iter().map(job));
    tree.extend(build.missing.iter().map(unknown));
    tree.extend(build.commit.as_ref().map(|found| commit("commit", found)));
    tree
}

fn job(job: &Job) -> String {
    let id = job.id.map_or_else(|| job.key.clone(), |id| id.to_string());
    let name = job.name.as_deref().unwrap_or("unnamed");
    let runner = job.runner.as_deref().unwrap_or("an unknown runner");
    format!("pushed by job {id} {name} on {runner}")
}

/// A commit that no pipeline leads to, or that was asked for without one.
pub(crate) fn built_from(built: &BuiltFrom, is_first: bool) -> Node {
    let relation = match (built.equally_likely, is_first) {
        (true, _) => "may be from commit",
        (false, true) => "from commit",
        (false, false) => "or from commit",
    };
    let mut tree = commit(relation, &built.commit);
    let mut reasons = built.because.iter().map(because);
    if let Some(reason) = reasons.next() {
        tree.root += &format!("{}  {reason}", likeness(built.equally_likely));
    }
    for (place, reason) in reasons.enumerate() {
        tree.leaves
            .insert(place, Tree::new(format!("also  {reason}")));
    }
    tree
}

/// A commit and the review that brought it in.
pub(crate) fn commit(relation: &str, commit: &Commit) -> Node {
    let title = commit.title.as_deref().unwrap_or("(title not known)");
    let author = commit.author.as_deref().unwrap_or("an unknown author");
    let mut tree = Tree::new(format!("{relation} {} \"{title}\" by {author}", commit.oid));
    tree.extend(commit.missing.as_ref().map(unknown));
    tree.extend(commit.merge_requests.iter().map(merge_request));
    tree
}

fn merge_request(request: &MergeRequest) -> Node {
    let title = request.title.as_deref().unwrap_or_default();
    let mut node = Tree::new(format!("brought in by {} \"{title}\"", request.key));
    for (what, names) in [
        ("written by", &request.authors),
        ("approved by", &request.approvers),
        ("merged by", &request.merged_by),
    ] {
        if !names.is_empty() {
            node.push(Tree::new(format!("{what} {}", names.join(", "))));
        }
    }
    if request.approvers.is_empty() {
        node.push(Tree::new(
            "? nobody is known to have approved it".to_owned(),
        ));
    }
    node
}
