//! Signed, verified, scanned, reviewed: yes, no or unknown, and why.
//!
//! A "no" here is what the rules of the same names call a finding where a workload runs the image.

mod attached;
mod reviewed;

use jiff::Timestamp;
use polar_graph::{GraphError, GraphStore, Row, Statement};
use serde::Serialize;

pub(crate) use reviewed::has as has_commit;

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
    /// Whether it was scanned for vulnerabilities.
    pub scanned: Verdict,
    /// Whether what it was built from was reviewed.
    pub reviewed: Verdict,
}

impl Verdict {
    fn new(answer: Answer, reason: Reason, detail: impl Into<String>) -> Self {
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
    let rows = store
        .read(cypher!("verdict-image").with("key", image))
        .await?;
    let Some(row) = rows.first() else {
        let unknown = || {
            let detail = format!("no registry image {image} is in the graph");
            Verdict::new(Answer::Unknown, Reason::NoSuchImage, detail)
        };
        return Ok(Verdicts {
            signed: unknown(),
            verified: unknown(),
            scanned: unknown(),
            reviewed: unknown(),
        });
    };
    let image = Image::of(image, row);
    let attached = attached::Evidence::of(store, &image).await?;
    Ok(Verdicts {
        signed: attached.signed(),
        verified: attached.verified(&image),
        scanned: attached.scanned(),
        reviewed: reviewed::reviewed(store, &image).await?,
    })
}

/// What verdicts go by.
struct Image {
    key: String,
    /// `registry/repository/`.
    place: String,
    pushed_at: Option<Timestamp>,
    first_seen: Option<Timestamp>,
}

impl Image {
    fn of(key: &str, row: &Row) -> Self {
        Self {
            key: key.to_owned(),
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

pub(crate) async fn readings(
    store: &dyn GraphStore,
    statement: Statement,
) -> Result<Vec<Reading>, GraphError> {
    let rows = store.read(statement).await?;
    let reading = |row: &Row| {
        Some(Reading {
            scope: row.text("scope").to_owned(),
            at: row.time("complete_at")?,
        })
    };
    Ok(rows.iter().filter_map(reading).collect())
}

async fn names(store: &dyn GraphStore, statement: Statement) -> Result<Vec<String>, GraphError> {
    let rows = store.read(statement).await?;
    let name = |row: &Row| row.text("username").to_owned();
    Ok(rows.iter().map(name).collect())
}
