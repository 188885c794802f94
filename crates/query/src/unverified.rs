//! What runs and is not known to be signed, verified, attested or scanned?

use std::collections::{BTreeMap, BTreeSet};

use polar_graph::GraphStore;
use serde::Serialize;

use crate::{
    Answer, Reason, Verdict, Workload,
    deployed_images::{NamespaceError, Running, deployed_images},
    verdict::{Attached, attached, images_of},
};

/// Workloads with images that are not known to be signed, verified, attested or scanned.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Unverified {
    /// Version of this document.
    pub schema: u32,
    /// `unverified`.
    pub story: &'static str,
    /// The namespace that was asked about; none for all.
    pub namespace: Option<String>,
    /// Whether it was asked only about scans.
    pub scanned_only: bool,
    /// Workloads that were judged.
    pub judged: usize,
    /// Those of them with an image that is not known to have all, by cluster, namespace, kind, name.
    pub workloads: Vec<UnverifiedWorkload>,
}

/// A workload, and those of its images that are not known to have all.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct UnverifiedWorkload {
    /// The workload.
    #[serde(flatten)]
    pub workload: Workload,
    /// Its images that are not known to have all.
    pub images: Vec<UnverifiedImage>,
}

/// An image that is not known to have all.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct UnverifiedImage {
    /// Key of the registry image; the image as written where none is known, or one of several.
    pub image: String,
    /// Whether somebody signed it; left out if it was asked only about scans.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signed: Option<Verdict>,
    /// Whether a given key that counts for it made a signature; likewise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verified: Option<Verdict>,
    /// Whether an attestation says how it was built; likewise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attested: Option<Verdict>,
    /// Whether it was scanned for vulnerabilities.
    pub scanned: Verdict,
}

impl UnverifiedImage {
    /// What was asked, and the answers.
    pub fn answers(&self) -> impl Iterator<Item = (&'static str, &Verdict)> {
        let all = [
            ("signed", self.signed.as_ref()),
            ("verified", self.verified.as_ref()),
            ("attested", self.attested.as_ref()),
            ("scanned", Some(&self.scanned)),
        ];
        all.into_iter()
            .filter_map(|(what, verdict)| Some((what, verdict?)))
    }
}

/// Lists workloads of a namespace, or all, with an image of which an answer is not "yes".
///
/// # Errors
/// If there is no such namespace, or the graph is out of reach.
pub async fn unverified(
    store: &dyn GraphStore,
    namespace: Option<&str>,
    scanned_only: bool,
) -> Result<Unverified, NamespaceError> {
    let deployed = deployed_images(store, namespace).await?;
    let keys: BTreeSet<&str> = deployed
        .values()
        .flatten()
        .filter_map(Running::image)
        .collect();
    let images = images_of(store, keys).await?;
    let verdicts = attached(store, &images).await?;
    let judged = deployed.len();
    let workloads = deployed.iter().filter_map(|(key, images)| {
        let images = images.iter().map(|one| image(one, &verdicts, scanned_only));
        let images: Vec<_> = images.filter(is_told).collect();
        let workload = Workload::of_key(key);
        (!images.is_empty()).then_some(UnverifiedWorkload { workload, images })
    });
    Ok(Unverified {
        schema: 1,
        story: "unverified",
        namespace: namespace.map(str::to_owned),
        scanned_only,
        judged,
        workloads: workloads.collect(),
    })
}

fn is_told(image: &UnverifiedImage) -> bool {
    image.answers().any(|(_, one)| one.answer != Answer::Yes)
}

fn image(
    running: &Running,
    verdicts: &BTreeMap<String, Attached>,
    scanned_only: bool,
) -> UnverifiedImage {
    let known = running.image().and_then(|key| verdicts.get(key));
    let all = known.cloned().unwrap_or_else(|| {
        let unknown = not_known(running);
        Attached {
            signed: unknown.clone(),
            verified: unknown.clone(),
            attested: unknown.clone(),
            scanned: unknown,
        }
    });
    let asked = |verdict: Verdict| (!scanned_only).then_some(verdict);
    UnverifiedImage {
        image: running.name().to_owned(),
        signed: asked(all.signed),
        verified: asked(all.verified),
        attested: asked(all.attested),
        scanned: all.scanned,
    }
}

/// The answer of which no registry image is known.
pub(crate) fn not_known(running: &Running) -> Verdict {
    let (reason, detail) = match running {
        Running::Named(_) => (
            Reason::NamedOnly,
            "it is named only: the cluster does not tell which image of the name it is",
        ),
        Running::Image(_) | Running::Unknown(_) => {
            (Reason::NoSuchImage, "no registry is known to have it")
        }
    };
    Verdict::new(Answer::Unknown, reason, detail)
}
