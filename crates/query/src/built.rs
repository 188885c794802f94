//! Who built an image, and from which commit.

use std::collections::BTreeSet;

use polar_graph::{GraphError, GraphStore};
use serde::Serialize;

use crate::{
    Build, BuiltFrom, Derivation, Hop, Missing, Target, TargetError,
    derivation::best,
    trace::{Found, Moment, build_missing, builds, built_from, starts},
};

/// What is not known to be a registry image, and why.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct NoImage {
    /// The image as it was written.
    pub written: Option<String>,
    /// Why.
    pub missing: Missing,
}

/// Who built what was asked about.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct WhoBuilt {
    /// Version of this form.
    pub schema: u32,
    /// `who-built`.
    pub story: &'static str,
    /// What was asked about, as it was given.
    pub target: String,
    /// Whether a pipeline is known for each image that is likely meant.
    pub known: bool,
    /// The images that are meant, or run.
    pub images: Vec<BuiltImage>,
    /// What has no registry image.
    pub unknown: Vec<NoImage>,
}

/// An image and its builds.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BuiltImage {
    /// `registry/repository:tag@digest`.
    pub image: String,
    /// Why it is believed to be meant or run; empty if it was asked for.
    pub because: Vec<Derivation>,
    /// Whether others are as likely, and none is likelier.
    pub equally_likely: bool,
    /// Pipelines that resulted in it, the most certain first.
    pub builds: Vec<Build>,
    /// Why none is known, where none is.
    pub missing: Option<Missing>,
}

/// What commit what was asked about was built from.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CommitAnswer {
    /// Version of this form.
    pub schema: u32,
    /// `commit`.
    pub story: &'static str,
    /// What was asked about, as it was given.
    pub target: String,
    /// Whether a commit is known for each image that is likely meant.
    pub known: bool,
    /// The images that are meant, or run.
    pub images: Vec<CommittedImage>,
    /// What has no registry image.
    pub unknown: Vec<NoImage>,
}

/// An image and its commits.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CommittedImage {
    /// `registry/repository:tag@digest`.
    pub image: String,
    /// Why it is believed to be meant or run; empty if it was asked for.
    pub because: Vec<Derivation>,
    /// Whether others are as likely, and none is likelier.
    pub equally_likely: bool,
    /// Commits that it was built from, the most certain first.
    pub commits: Vec<BuiltFrom>,
    /// Why none is known, where none is.
    pub missing: Option<Missing>,
}

/// The images that a target means or runs.
struct Images {
    /// Each once, and whether it is among the likeliest of its chain.
    found: Vec<(Found, bool)>,
    unknown: Vec<NoImage>,
}

async fn images(store: &dyn GraphStore, target: &Target) -> Result<Images, TargetError> {
    let (starts, none) = starts(store, target, Moment(None)).await?;
    let mut unknown = Vec::new();
    unknown.extend(none.map(|missing| NoImage {
        written: None,
        missing,
    }));
    let mut found = Vec::new();
    let mut seen = BTreeSet::new();
    for start in starts {
        let most = start
            .found
            .first()
            .map_or(0.0, |found| best(&found.because));
        for image in start.found {
            if seen.insert(image.key.clone()) {
                let is_likely = best(&image.because) >= most;
                found.push((image, is_likely));
            }
        }
        let written = start.written.or(start.reference);
        unknown.extend(start.missing.map(|missing| NoImage { written, missing }));
    }
    Ok(Images { found, unknown })
}

/// Who built what was asked about, given as `text`.
///
/// # Errors
/// If the graph is out of reach, or the name of a repository means several images.
pub async fn who_built(
    store: &dyn GraphStore,
    text: &str,
    target: &Target,
) -> Result<WhoBuilt, TargetError> {
    let Images { found, unknown } = images(store, target).await?;
    let mut known = unknown.is_empty();
    let mut images = Vec::new();
    for (image, is_likely) in found {
        let builds = builds(store, &image.key, Moment(None)).await?;
        known &= !(is_likely && builds.is_empty());
        images.push(BuiltImage {
            missing: missing(store, &image.key, Hop::Pipeline, builds.is_empty()).await?,
            image: image.key,
            because: image.because,
            equally_likely: image.equally_likely,
            builds,
        });
    }
    Ok(WhoBuilt {
        schema: 1,
        story: "who-built",
        target: text.to_owned(),
        known,
        images,
        unknown,
    })
}

/// What commit what was asked about, given as `text`, was built from.
///
/// # Errors
/// If the graph is out of reach, or the name of a repository means several images.
pub async fn commit_of(
    store: &dyn GraphStore,
    text: &str,
    target: &Target,
) -> Result<CommitAnswer, TargetError> {
    let Images { found, unknown } = images(store, target).await?;
    let mut known = unknown.is_empty();
    let mut images = Vec::new();
    for (image, is_likely) in found {
        let commits = built_from(store, &image.key, Moment(None)).await?;
        known &= !(is_likely && commits.is_empty());
        images.push(CommittedImage {
            missing: missing(store, &image.key, Hop::Commit, commits.is_empty()).await?,
            image: image.key,
            because: image.because,
            equally_likely: image.equally_likely,
            commits,
        });
    }
    Ok(CommitAnswer {
        schema: 1,
        story: "commit",
        target: text.to_owned(),
        known,
        images,
        unknown,
    })
}

async fn missing(
    store: &dyn GraphStore,
    image: &str,
    hop: Hop,
    is_missing: bool,
) -> Result<Option<Missing>, GraphError> {
    if !is_missing {
        return Ok(None);
    }
    let rows = store
        .read(cypher!("trace-image").with("key", image))
        .await?;
    let column = |name| rows.first().and_then(|row| row.time(name));
    let since = column("pushed_at").or(column("first_seen"));
    Ok(Some(build_missing(store, hop, since).await?))
}
