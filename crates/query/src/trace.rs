//! Where did this running image come from?

mod asked;
mod build;
mod commit;
mod image;
mod missing;
mod moment;
mod nodes;
mod start;

use std::collections::BTreeSet;

use futures_util::future::try_join_all;
use jiff::Timestamp;
use polar_graph::GraphStore;
use serde::Serialize;

pub use build::{Build, Job};
pub use commit::{BuiltFrom, Commit, MergeRequest};
pub use image::{Attached, ImageHop, Platform};
pub use missing::{Cause, Hop, Missing};
pub use start::{Container, Period, Tag};

pub(crate) use build::builds;
pub(crate) use commit::built_from;
pub(crate) use missing::build as build_missing;
pub(crate) use moment::Moment;
use start::Start;
pub(crate) use start::{Found, starts};

use crate::{Target, TargetError, derivation::best};

/// Where what was asked about came from.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Trace {
    /// Version of this form.
    pub schema: u32,
    /// `trace`.
    pub story: &'static str,
    /// What was asked about, as it was given.
    pub target: String,
    /// As of when, if not of now.
    pub at: Option<Timestamp>,
    /// Whether no hop is missing on the most likely way of any chain.
    pub complete: bool,
    /// One for each image that runs, or that was asked about.
    pub chains: Vec<Chain>,
    /// Why there is none, where there is none.
    pub missing: Option<Missing>,
}

/// From containers, or a name, back to where the image came from.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Chain {
    /// Containers that run it; none if the image was asked about.
    pub containers: Vec<Container>,
    /// The image as the specification has it, or as it was asked about.
    pub written: Option<String>,
    /// The reference that it means.
    pub reference: Option<String>,
    /// The tag, and what it pointed to.
    pub tag: Option<Tag>,
    /// Registry images, the most certain first.
    pub images: Vec<ImageHop>,
    /// Why no registry image is known, where none is.
    pub missing: Option<Missing>,
}

/// Traces what was asked about, given as `text`, back to where it came from.
///
/// As of an earlier time, facts count by their own times: what ran then, what a tag pointed to then,
/// pipelines and approvals up to then. Facts without a time count as if they had always been so, and
/// links are those that are known now.
///
/// # Errors
/// If the graph is out of reach, or the name of a repository means several images.
pub async fn trace(
    store: &dyn GraphStore,
    text: &str,
    target: &Target,
    at: Option<Timestamp>,
) -> Result<Trace, TargetError> {
    let moment = Moment(at);
    let (starts, missing) = starts(store, target, moment).await?;
    // Each image once, however many containers run it.
    let found = starts.iter().flat_map(|start| &start.found);
    let keys: BTreeSet<&str> = found.map(|found| found.key.as_str()).collect();
    let images = keys.into_iter().map(|key| image::image(store, key, moment));
    let images = try_join_all(images).await?;
    let chains: Vec<_> = starts
        .into_iter()
        .map(|start| chain(start, &images))
        .collect();
    Ok(Trace {
        schema: 1,
        story: "trace",
        target: text.to_owned(),
        at,
        complete: missing.is_none() && chains.iter().all(Chain::is_complete),
        chains,
        missing,
    })
}

/// `images` are all that are found, known by themselves.
fn chain(start: Start, images: &[ImageHop]) -> Chain {
    let digests = start.containers.iter();
    let running: Vec<_> = digests
        .filter_map(|container| container.digest.as_deref())
        .collect();
    let found = start.found.into_iter().filter_map(|found| {
        let known = images.iter().find(|known| known.image == found.key)?;
        Some(known.clone().found(found, &running))
    });
    Chain {
        images: found.collect(),
        containers: start.containers,
        written: start.written,
        reference: start.reference,
        tag: start.tag,
        missing: start.missing,
    }
}

impl Chain {
    /// Whether no hop is missing on the most likely way; of several equally likely ones, on any.
    fn is_complete(&self) -> bool {
        let Some(first) = self.images.first() else {
            return false;
        };
        let likely = |image: &&ImageHop| best(&image.because) >= best(&first.because);
        self.missing.is_none() && self.images.iter().filter(likely).all(ImageHop::is_complete)
    }
}

impl ImageHop {
    fn is_complete(&self) -> bool {
        let Some(first) = self.builds.first() else {
            return false;
        };
        let likely = |build: &&Build| best(&build.because) >= best(&first.because);
        let is_complete = |build: &Build| {
            let commit = build.commit.as_ref();
            build.missing.is_empty() && commit.is_some_and(|commit| commit.missing.is_none())
        };
        self.builds.iter().filter(likely).all(is_complete)
    }
}
