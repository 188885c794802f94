//! What has no origin: images without a build, workloads of unknown digests, charts without source.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use polar_graph::{GraphError, GraphStore, Row};
use serde::Serialize;

use crate::{Workload, rows::for_keys, verdict::readings_found};

/// What has no origin.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Orphans {
    /// Version of this document.
    pub schema: u32,
    /// `orphans`.
    pub story: &'static str,
    /// Registry images that no pipeline's history has (finding `unbuilt`), by key.
    pub images: Vec<OrphanImage>,
    /// How many more have no known build, where it is not known whether a pipeline built them.
    pub unknown_images: Vec<UnknownBuilds>,
    /// Workloads that run digests that their registries do not have (finding `unknown-digest`).
    pub digests: Vec<OrphanDigest>,
    /// Installed charts that name no source, and that no registry and no GitLab project is known to
    /// hold.
    pub charts: Vec<OrphanChart>,
}

/// A registry image that no pipeline's history has.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct OrphanImage {
    /// Key of the registry image.
    pub image: String,
    /// Since when this is known.
    pub since: Option<Timestamp>,
}

/// Images without a known build, of which nothing follows.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct UnknownBuilds {
    /// Why it is not known.
    pub reason: NotJudged,
    /// The reason in words.
    pub detail: &'static str,
    /// How many.
    pub count: usize,
}

/// Why it is not known whether a pipeline built an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum NotJudged {
    /// No GitLab was read completely.
    NotRead,
    /// GitLab was read completely, but before the image was there.
    ReadBefore,
    /// No pass judged it since then.
    NoPass,
}

impl NotJudged {
    const fn detail(self) -> &'static str {
        match self {
            Self::NotRead => "no GitLab was read completely",
            Self::ReadBefore => "no GitLab was read completely since they were pushed",
            Self::NoPass => "no pass with the rule `unbuilt` was run since GitLab was read",
        }
    }
}

/// A workload that runs a digest that its registry does not have.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct OrphanDigest {
    /// The workload.
    #[serde(flatten)]
    pub workload: Workload,
    /// The digest.
    pub digest: String,
    /// Images that have it in the workload's pods, as written.
    pub images: Vec<String>,
    /// Since when this is known.
    pub since: Option<Timestamp>,
}

/// A chart without source.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct OrphanChart {
    /// Its name and version, e.g. `shop-service-2.3.0`.
    pub chart: String,
    /// Releases of it, as `cluster/namespace/name`.
    pub releases: Vec<String>,
}

impl Orphans {
    /// Whether nothing is listed. What is only unknown is not.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.images.is_empty() && self.digests.is_empty() && self.charts.is_empty()
    }
}

/// Lists what has no origin.
///
/// # Errors
/// If the graph is out of reach.
pub async fn orphans(store: &dyn GraphStore) -> Result<Orphans, GraphError> {
    let images = found(store, "unbuilt").await?.into_iter();
    let images: Vec<_> = images
        .map(|(image, _, since)| OrphanImage { image, since })
        .collect();
    Ok(Orphans {
        schema: 1,
        story: "orphans",
        unknown_images: unknown_builds(store, &images).await?,
        images,
        digests: digests(store).await?,
        charts: charts(store).await?,
    })
}

/// Subject, evidence and time of the findings of a kind.
async fn found(
    store: &dyn GraphStore,
    kind: &str,
) -> Result<Vec<(String, String, Option<Timestamp>)>, GraphError> {
    let rows = store
        .read(cypher!("orphans-findings").with("kind", kind))
        .await?;
    let finding = |row: &Row| {
        (
            row.text("subject").to_owned(),
            row.text("evidence").to_owned(),
            row.time("since"),
        )
    };
    Ok(rows.iter().map(finding).collect())
}

async fn unknown_builds(
    store: &dyn GraphStore,
    found: &[OrphanImage],
) -> Result<Vec<UnknownBuilds>, GraphError> {
    let found: BTreeSet<&str> = found.iter().map(|one| one.image.as_str()).collect();
    let gitlabs = readings_found(store, cypher!("verdict-gitlabs")).await?;
    let read = gitlabs.iter().map(|reading| reading.at).max();
    let mut counts: BTreeMap<NotJudged, usize> = BTreeMap::new();
    let mut images = store.stream(cypher!("orphans-no-build")).await?;
    while let Some(row) = images.next().await {
        let row = row?;
        if found.contains(row.text("key")) {
            continue;
        }
        let reason = match (read, row.time("since")) {
            (None, _) => NotJudged::NotRead,
            (Some(read), Some(since)) if read >= since => NotJudged::NoPass,
            (Some(_), _) => NotJudged::ReadBefore,
        };
        *counts.entry(reason).or_default() += 1;
    }
    let counted = |(reason, count): (NotJudged, usize)| UnknownBuilds {
        reason,
        detail: reason.detail(),
        count,
    };
    Ok(counts.into_iter().map(counted).collect())
}

async fn digests(store: &dyn GraphStore) -> Result<Vec<OrphanDigest>, GraphError> {
    let found = found(store, "unknown-digest").await?;
    let keys: BTreeSet<&str> = found.iter().map(|one| one.0.as_str()).collect();
    let rows = for_keys(store, &cypher!("orphans-containers"), keys).await?;
    let digest = |(workload, digest, since): (String, String, Option<Timestamp>)| {
        let has = |row: &&Row| row.text("workload") == workload && row.text("digest") == digest;
        let images = rows
            .iter()
            .filter(has)
            .map(|row| row.text("image").to_owned());
        OrphanDigest {
            images: images.collect(),
            workload: Workload::of_key(&workload),
            digest,
            since,
        }
    };
    Ok(found.into_iter().map(digest).collect())
}

async fn charts(store: &dyn GraphStore) -> Result<Vec<OrphanChart>, GraphError> {
    let packages = store.read(cypher!("orphans-packages")).await?;
    let packages: BTreeSet<&str> = packages.iter().map(|row| row.text("chart")).collect();
    let mut charts: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for row in store.read(cypher!("orphans-charts")).await? {
        if !packages.contains(row.text("chart")) {
            let of = charts.entry(row.text("chart").to_owned()).or_default();
            of.push(row.text("release").to_owned());
        }
    }
    let chart = |(chart, releases)| OrphanChart { chart, releases };
    Ok(charts.into_iter().map(chart).collect())
}
