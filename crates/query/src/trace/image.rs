//! A registry image, what is attached to it, and its builds.

use futures_util::future::{try_join, try_join3, try_join4};
use jiff::Timestamp;
use polar_graph::{GraphError, GraphStore};
use serde::Serialize;

use super::{
    build::{Build, builds},
    commit::{BuiltFrom, built_from},
    missing::{self, Hop, Missing},
    moment::Moment,
    start::Found,
};
use crate::{Verdicts, derivation::Derivation, rows::text, verdicts};

/// A registry image and its builds.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ImageHop {
    /// `registry/repository:tag@digest`.
    pub image: String,
    /// Why it is believed to be meant or run, the best reason first; empty if it was asked for.
    pub because: Vec<Derivation>,
    /// Whether others are as likely, and none is likelier.
    pub equally_likely: bool,
    /// Whether it has the bytes that were asked for, or run, under another name.
    pub other_name: bool,
    /// When its tag was pushed.
    pub pushed_at: Option<Timestamp>,
    /// When its registry was found not to have it any more.
    pub gone_at: Option<Timestamp>,
    /// Other names of the same bytes.
    pub same_bytes: Vec<String>,
    /// Platforms, where it is an index.
    pub platforms: Vec<Platform>,
    /// Signatures, attestations, scans, bills of materials.
    pub attached: Vec<Attached>,
    /// Whether it is signed, verified, scanned and reviewed; not told of an earlier time.
    pub verdicts: Option<Verdicts>,
    /// Pipelines that resulted in it, the most certain first.
    pub builds: Vec<Build>,
    /// Commits that it was built from, the most certain first.
    pub commits: Vec<BuiltFrom>,
    /// Why no pipeline is known, where none is.
    pub missing: Option<Missing>,
}

/// One platform of an index.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Platform {
    /// e.g. `linux/amd64`.
    pub platform: Option<String>,
    /// Digest of its manifest.
    pub digest: String,
    /// Whether it is what a container reports.
    pub runs: bool,
}

/// Something attached to an image.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Attached {
    /// `Signature`, `Attestation`, `Scan` or `Sbom`.
    pub kind: String,
    /// Its digest.
    pub digest: String,
    /// Its type, where known.
    pub artifact_type: Option<String>,
}

impl ImageHop {
    /// It as it was found: for these reasons, by containers that report the digests `running`.
    pub(crate) fn found(self, found: Found, running: &[&str]) -> Self {
        let platforms = self.platforms.into_iter().map(|platform| Platform {
            runs: running.contains(&platform.digest.as_str()),
            ..platform
        });
        Self {
            platforms: platforms.collect(),
            because: found.because,
            equally_likely: found.equally_likely,
            other_name: found.other_name,
            ..self
        }
    }
}

/// What is known of an image by itself.
pub(crate) async fn image(
    store: &dyn GraphStore,
    key: &str,
    moment: Moment,
) -> Result<ImageHop, GraphError> {
    let own = store.read(cypher!("trace-image").with("key", key));
    let verdicts = async {
        match moment.0 {
            None => verdicts(store, key).await.map(Some),
            Some(_) => Ok(None),
        }
    };
    // What does not build on each other is asked at once: over a network, waiting is what takes time.
    let ((rows, builds, commits, verdicts), (same_bytes, platforms, attached)) = try_join(
        try_join4(
            own,
            builds(store, key, moment),
            built_from(store, key, moment),
            verdicts,
        ),
        try_join3(
            same_bytes(store, key, moment),
            platforms(store, key),
            attached(store, key, moment),
        ),
    )
    .await?;
    let column = |name| rows.first().and_then(|row| row.time(name));
    let pushed_at = column("pushed_at");
    let missing = if builds.is_empty() {
        let since = pushed_at.or(column("first_seen"));
        Some(missing::build(store, Hop::Pipeline, since).await?)
    } else {
        None
    };
    Ok(ImageHop {
        pushed_at,
        gone_at: column("gone_at").filter(|gone| moment.0.is_none_or(|at| *gone <= at)),
        same_bytes,
        platforms,
        attached,
        verdicts,
        commits,
        builds,
        missing,
        because: Vec::new(),
        equally_likely: false,
        other_name: false,
        image: key.to_owned(),
    })
}

async fn same_bytes(
    store: &dyn GraphStore,
    key: &str,
    moment: Moment,
) -> Result<Vec<String>, GraphError> {
    let mut rows = store
        .read(cypher!("trace-same-bytes").with("key", key))
        .await?;
    rows.retain(|row| moment.is_since(row.time("since")) && moment.is_before(row.time("gone_at")));
    Ok(rows.iter().map(|row| row.text("key").to_owned()).collect())
}

async fn platforms(store: &dyn GraphStore, key: &str) -> Result<Vec<Platform>, GraphError> {
    let rows = store
        .read(cypher!("trace-platforms").with("key", key))
        .await?;
    let platforms = rows.iter().map(|row| Platform {
        platform: text(row, "platform"),
        digest: row.text("digest").to_owned(),
        runs: false,
    });
    Ok(platforms.collect())
}

async fn attached(
    store: &dyn GraphStore,
    key: &str,
    moment: Moment,
) -> Result<Vec<Attached>, GraphError> {
    let mut rows = store
        .read(cypher!("trace-attached").with("key", key))
        .await?;
    rows.retain(|row| {
        moment.is_since(row.time("created_at")) && moment.is_before(row.time("gone_at"))
    });
    let attached = rows.iter().map(|row| Attached {
        kind: row.text("kind").to_owned(),
        digest: row.text("digest").to_owned(),
        artifact_type: text(row, "artifact_type"),
    });
    Ok(attached.collect())
}
