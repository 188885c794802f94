//! What runs and was built from code that nobody else reviewed?

use std::collections::{BTreeMap, BTreeSet};

use polar_graph::GraphStore;
use serde::Serialize;

use crate::{
    Answer, Review, Workload,
    deployed_images::{NamespaceError, Running, deployed_images},
    unverified::not_known,
    verdict::{images_of, reviews},
};

/// Images that run, and were built from code that nobody else reviewed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Unreviewed {
    /// Version of this document.
    pub schema: u32,
    /// `unreviewed`.
    pub story: &'static str,
    /// The namespace that was asked about; none for all.
    pub namespace: Option<String>,
    /// Images that were judged.
    pub judged: usize,
    /// Those that were built from code that was not reviewed, by image.
    pub unreviewed: Vec<UnreviewedImage>,
    /// Those of which it is not known, by image.
    pub unknown: Vec<UnreviewedImage>,
}

/// An image, and what runs it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct UnreviewedImage {
    /// Key of the registry image; the image as written where none is known, or one of several.
    pub image: String,
    /// The commits that it may have been built from equally well, and why they count as they do:
    /// those alone that give the answer.
    pub commits: Vec<Review>,
    /// Workloads that run it.
    pub workloads: Vec<Workload>,
}

/// Lists images that run in a namespace, or anywhere, and are not known to be reviewed.
///
/// # Errors
/// If there is no such namespace, or the graph is out of reach.
pub async fn unreviewed(
    store: &dyn GraphStore,
    namespace: Option<&str>,
) -> Result<Unreviewed, NamespaceError> {
    let deployed = deployed_images(store, namespace).await?;
    let mut running: BTreeMap<&Running, Vec<Workload>> = BTreeMap::new();
    for (workload, images) in &deployed {
        for image in images {
            let of = running.entry(image).or_default();
            of.push(Workload::of_key(workload));
        }
    }
    let keys: BTreeSet<&str> = running.keys().filter_map(|one| one.image()).collect();
    let images = images_of(store, keys).await?;
    let mut reviews = reviews(store, &images).await?;
    let judged = running.len();
    let (mut unreviewed, mut unknown) = (Vec::new(), Vec::new());
    for (image, workloads) in running {
        let known = image.image().and_then(|key| reviews.remove(key));
        let mut commits = known.unwrap_or_else(|| vec![no_image(image)]);
        let answers = commits.iter().map(|review| review.verdict.answer);
        let Some(answer) = answers.max_by_key(|answer| answer.badness()) else {
            continue;
        };
        commits.retain(|review| review.verdict.answer == answer);
        let told = UnreviewedImage {
            image: image.name().to_owned(),
            commits,
            workloads,
        };
        match answer {
            Answer::No => unreviewed.push(told),
            Answer::Unknown => unknown.push(told),
            Answer::Yes => {}
        }
    }
    Ok(Unreviewed {
        schema: 1,
        story: "unreviewed",
        namespace: namespace.map(str::to_owned),
        judged,
        unreviewed,
        unknown,
    })
}

fn no_image(running: &Running) -> Review {
    Review {
        commit: None,
        merge_request: None,
        verdict: not_known(running),
    }
}
