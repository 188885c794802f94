//! Who built an image, what commit it was built from, and where a commit runs.

use std::io::{self, Write};

use polar_query::{
    AskedCommit, Build, CommitAnswer, CommittedImage, Deployed, Derivation, Job, NoImage, Place,
    WhoBuilt,
};
use termtree::Tree;

use super::{
    table::Table,
    trace::{Node, build, built_from, trees_apart},
    words::{because, second, short, unknown},
};

/// Who built what was asked about.
pub(crate) fn who_built(out: &mut impl Write, answer: &WhoBuilt) -> io::Result<()> {
    let mut trees: Vec<_> = answer.unknown.iter().map(no_image).collect();
    for image in &answer.images {
        let mut tree = headed(&image.image, image.equally_likely, &image.because);
        tree.extend(image.missing.as_ref().map(unknown));
        let builds = image.builds.iter().enumerate();
        tree.extend(builds.map(|(place, found)| in_full(found, place == 0)));
        trees.push(tree);
    }
    trees_apart(out, &trees)
}

/// What commit what was asked about was built from.
pub(crate) fn commits(out: &mut impl Write, answer: &CommitAnswer) -> io::Result<()> {
    let mut trees: Vec<_> = answer.unknown.iter().map(no_image).collect();
    trees.extend(answer.images.iter().map(committed));
    trees_apart(out, &trees)
}

fn committed(image: &CommittedImage) -> Node {
    let mut tree = headed(&image.image, image.equally_likely, &image.because);
    tree.extend(image.missing.as_ref().map(unknown));
    let commits = image.commits.iter().enumerate();
    tree.extend(commits.map(|(place, found)| built_from(found, place == 0)));
    tree
}

fn headed(image: &str, equally_likely: bool, reasons: &[Derivation]) -> Node {
    let reason = reasons
        .first()
        .map(|reason| format!("  {}", because(reason)));
    let likeness = if equally_likely {
        "  (equally likely)"
    } else {
        ""
    };
    Tree::new(format!("{image}{likeness}{}", reason.unwrap_or_default()))
}

fn no_image(none: &NoImage) -> Node {
    let detail = unknown(&none.missing);
    match &none.written {
        Some(written) => Tree::new(written.clone()).with_leaves([detail]),
        None => Tree::new(detail),
    }
}

/// A build with its times, and what its jobs pushed.
fn in_full(found: &Build, is_first: bool) -> Node {
    let mut tree = build(found, is_first);
    let times = [("created", found.created_at), ("ended", found.finished_at)];
    let times: Vec<_> = times
        .into_iter()
        .filter_map(|(what, at)| Some(format!("{what} {}", second(at?))))
        .collect();
    if !times.is_empty() {
        tree.leaves.insert(0, Tree::new(times.join(", ")));
    }
    for job in &found.jobs {
        let place = tree
            .leaves
            .iter()
            .position(|leaf| leaf.root.starts_with(&pushed_by(job)));
        if let Some(place) = place {
            tree.leaves[place].extend(evidence(job));
        }
    }
    tree
}

fn pushed_by(job: &Job) -> String {
    let id = job.id.map_or_else(|| job.key.clone(), |id| id.to_string());
    format!("pushed by job {id} ")
}

fn evidence(job: &Job) -> Vec<String> {
    let mut told = Vec::new();
    let stage = job.stage.as_ref().map(|stage| format!("stage {stage}"));
    let status = job.status.clone();
    let user = job
        .started_by
        .as_ref()
        .map(|user| format!("started by {user}"));
    let ended = job.finished_at.map(|at| format!("ended {}", second(at)));
    let parts: Vec<_> = [stage, status, user, ended].into_iter().flatten().collect();
    if !parts.is_empty() {
        told.push(parts.join(", "));
    }
    told.extend(
        job.evidence
            .iter()
            .map(|evidence| format!("evidence  {evidence}")),
    );
    told
}

/// Where a commit runs.
pub(crate) fn deployed(out: &mut impl Write, answer: &Deployed) -> io::Result<()> {
    for commit in &answer.commits {
        writeln!(out, "{}", asked(commit))?;
    }
    if answer.commits.is_empty() {
        writeln!(out, "? no commit is known that it brought in")?;
    }
    writeln!(out)?;
    if let Some(missing) = &answer.missing {
        writeln!(out, "{}", unknown(missing))?;
    } else {
        places(out, &answer.places)?;
    }
    if !answer.idle.is_empty() {
        writeln!(out, "\nBuilt from it and run nowhere:")?;
        for idle in &answer.idle {
            let likely = if idle.likely {
                ""
            } else {
                "  (another commit is likelier)"
            };
            writeln!(out, "  {}{likely}  {}", idle.image, because(&idle.built))?;
        }
    }
    Ok(())
}

fn asked(commit: &AskedCommit) -> String {
    let title = commit.title.as_deref().unwrap_or("(title not known)");
    let author = commit.author.as_deref().unwrap_or("an unknown author");
    let kind = match commit.brought_as.as_deref() {
        Some("merge") => "merge commit",
        Some("squash") => "squash commit",
        _ => "commit",
    };
    format!("{kind} {} \"{title}\" by {author}", commit.oid)
}

fn places(out: &mut impl Write, places: &[Place]) -> io::Result<()> {
    let mut table = Table::new([
        "cluster",
        "namespace",
        "workload",
        "container",
        "pods",
        "image",
        "commit",
        "because",
    ]);
    for place in places {
        let confidence = place.runs.confidence.min(place.built.confidence);
        let doubt = if place.likely { "" } else { "unlikely: " };
        let because = format!(
            "{doubt}{}, {} ({confidence:?})",
            place.runs.rule, place.built.rule
        );
        table.row([
            &place.cluster,
            &place.namespace,
            &place.workload,
            &place.container,
            &place.pods.len().to_string(),
            &shortened(&place.image),
            place.commit.get(..12).unwrap_or(&place.commit),
            &because,
        ]);
    }
    table.print(out)
}

/// An image with the begin of its digest.
fn shortened(image: &str) -> String {
    match image.split_once('@') {
        Some((name, digest)) => format!("{name}@{}", short(digest)),
        None => image.to_owned(),
    }
}
