//! Signed, verified, attested, scanned, reviewed: yes, no or unknown, and why.
//!
//! A "no" here is what the rules of the same names call a finding where a workload runs the image.

mod attached;
mod reviewed;

use std::collections::BTreeMap;

use futures_util::future::try_join;
use jiff::Timestamp;
use polar_graph::{GraphError, GraphStore, Row, Statement};
use serde::Serialize;

use crate::rows::for_keys;

pub(crate) use attached::counts_for;
pub use reviewed::Review;
pub(crate) use reviewed::{instances_of, last_having};

/// What is known of a property of an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Answer {
    /// It has it.
    Yes,
    /// It has not: what would tell of it was read completely.
    No,
    /// Nobody knows.
    Unknown,
}

impl Answer {
    /// Of several answers, the highest one counts: one "no" is enough.
    pub(crate) const fn badness(self) -> u8 {
        match self {
            Self::No => 2,
            Self::Unknown => 1,
            Self::Yes => 0,
        }
    }
}

/// Why, as a code that programs can go by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// What is asked for is there.
    Found,
    /// It is not there, and its source was read completely since.
    NotFound,
    /// The source that would tell was never read completely.
    NotRead,
    /// The source was read completely, but before the image was there.
    ReadBefore,
    /// The graph has no such image.
    NoSuchImage,
    /// It is named, and several images may be meant.
    NamedOnly,
    /// A signature is there, but no key that counts for the image was tried on it.
    NotChecked,
    /// Keys that count were tried, and none made a signature.
    NoKeyVerifies,
    /// It is not known what commit the image was built from.
    NoCommit,
    /// No GitLab that was read has the commit.
    CommitNotKnown,
    /// No merged merge request brought the commit in.
    NoMergeRequest,
    /// The merge request was not approved.
    NotApproved,
    /// The merge request was approved only by its author.
    OwnApproval,
    /// The branch was pushed after the approval.
    PushedAfter,
}

/// An answer with its reason.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Verdict {
    /// The answer.
    pub answer: Answer,
    /// Its reason.
    pub reason: Reason,
    /// The reason in words.
    pub detail: String,
}

/// What is known of an image.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Verdicts {
    /// Whether somebody signed it.
    pub signed: Verdict,
    /// Whether a given key that counts for it made a signature.
    pub verified: Verdict,
    /// Whether an attestation says how it was built.
    pub attested: Verdict,
    /// Whether it was scanned for vulnerabilities.
    pub scanned: Verdict,
    /// Whether what it was built from was reviewed.
    pub reviewed: Verdict,
}

impl Verdict {
    pub(crate) fn new(answer: Answer, reason: Reason, detail: impl Into<String>) -> Self {
        Self {
            answer,
            reason,
            detail: detail.into(),
        }
    }
}

/// What is known of a registry image, by its key `registry/repository:tag@digest`.
///
/// # Errors
/// If the graph is out of reach.
pub async fn verdicts(store: &dyn GraphStore, image: &str) -> Result<Verdicts, GraphError> {
    let mut all = verdicts_of(store, [image]).await?;
    Ok(all.remove(image).unwrap_or_else(|| {
        let unknown = || no_such_image(image);
        Verdicts {
            signed: unknown(),
            verified: unknown(),
            attested: unknown(),
            scanned: unknown(),
            reviewed: unknown(),
        }
    }))
}

fn no_such_image(image: &str) -> Verdict {
    let detail = format!("no registry image {image} is in the graph");
    Verdict::new(Answer::Unknown, Reason::NoSuchImage, detail)
}

/// What is known of registry images, by key; those that the graph does not have are left out.
///
/// # Errors
/// If the graph is out of reach.
pub async fn verdicts_of<'a>(
    store: &dyn GraphStore,
    images: impl IntoIterator<Item = &'a str>,
) -> Result<BTreeMap<String, Verdicts>, GraphError> {
    let images = images_of(store, images).await?;
    let (mut attached, mut reviews) =
        try_join(attached(store, &images), reviews(store, &images)).await?;
    let all = images.into_iter().filter_map(|image| {
        let Attached {
            signed,
            verified,
            attested,
            scanned,
        } = attached.remove(&image.key)?;
        let reviewed = Review::worst(reviews.remove(&image.key)?).verdict;
        let verdicts = Verdicts {
            signed,
            verified,
            attested,
            scanned,
            reviewed,
        };
        Some((image.key, verdicts))
    });
    Ok(all.collect())
}

/// Verdicts that go by what is attached.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Attached {
    pub(crate) signed: Verdict,
    pub(crate) verified: Verdict,
    pub(crate) attested: Verdict,
    pub(crate) scanned: Verdict,
}

/// Those verdicts of images, by key.
pub(crate) async fn attached(
    store: &dyn GraphStore,
    images: &[Image],
) -> Result<BTreeMap<String, Attached>, GraphError> {
    let evidence = attached::evidence(store, images).await?;
    let verdicts = |(image, evidence): (&Image, attached::Evidence)| {
        let verdicts = Attached {
            signed: evidence.signed(),
            verified: evidence.verified(image),
            attested: evidence.attested(),
            scanned: evidence.scanned(),
        };
        (image.key.clone(), verdicts)
    };
    Ok(images.iter().zip(evidence).map(verdicts).collect())
}

/// What each image was built from, as far as it is known best, and whether that was reviewed: by key.
pub(crate) use reviewed::reviews;

/// The answer of an image to which no `what` is attached: no, if all that is attached is known.
pub(crate) async fn lacking(
    store: &dyn GraphStore,
    image: &str,
    what: &str,
) -> Result<Verdict, GraphError> {
    let images = images_of(store, [image]).await?;
    let evidence = attached::evidence(store, &images).await?;
    Ok(evidence
        .first()
        .map_or_else(|| no_such_image(image), |evidence| evidence.none(what)))
}

/// What verdicts go by.
#[derive(Debug, Clone)]
pub(crate) struct Image {
    pub(crate) key: String,
    /// `registry/repository/`.
    place: String,
    pushed_at: Option<Timestamp>,
    first_seen: Option<Timestamp>,
}

/// Those of the images that the graph has.
pub(crate) async fn images_of<'a>(
    store: &dyn GraphStore,
    keys: impl IntoIterator<Item = &'a str>,
) -> Result<Vec<Image>, GraphError> {
    let rows = for_keys(store, &cypher!("verdict-image"), keys).await?;
    Ok(rows.iter().map(Image::of).collect())
}

impl Image {
    fn of(row: &Row) -> Self {
        Self {
            key: row.text("image").to_owned(),
            place: format!("{}/{}/", row.text("registry"), row.text("repository")),
            pushed_at: row.time("pushed_at"),
            first_seen: row.time("first_seen"),
        }
    }
}

/// A source that was read completely, and when that was last.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Reading {
    pub(crate) scope: String,
    pub(crate) at: Timestamp,
}

/// Those of the sources that were read completely, by their keys `kind|scope`.
pub(crate) async fn readings(
    store: &dyn GraphStore,
    keys: impl IntoIterator<Item = String>,
) -> Result<Vec<Reading>, GraphError> {
    let keys: Vec<String> = keys.into_iter().collect();
    let keys = keys.iter().map(String::as_str);
    let rows = for_keys(store, &cypher!("verdict-sources"), keys).await?;
    Ok(rows.iter().filter_map(Reading::of).collect())
}

/// Those that a statement finds.
pub(crate) async fn readings_found(
    store: &dyn GraphStore,
    statement: Statement,
) -> Result<Vec<Reading>, GraphError> {
    let rows = store.read(statement).await?;
    Ok(rows.iter().filter_map(Reading::of).collect())
}

impl Reading {
    fn of(row: &Row) -> Option<Self> {
        Some(Self {
            scope: row.text("scope").to_owned(),
            at: row.time("complete_at")?,
        })
    }
}

/// Rows by the text in a column.
fn grouped(rows: Vec<Row>, column: &str) -> BTreeMap<String, Vec<Row>> {
    let mut groups: BTreeMap<String, Vec<Row>> = BTreeMap::new();
    for row in rows {
        let of = groups.entry(row.text(column).to_owned()).or_default();
        of.push(row);
    }
    groups
}
