//! Commits, and the reviews that brought them in.

use futures_util::future::{try_join, try_join_all};
use jiff::Timestamp;
use polar_graph::{GraphError, GraphStore, Row};
use serde::Serialize;

use super::{
    missing::{self, Missing},
    moment::Moment,
};
use crate::{
    derivation::{Derivation, gathered, tied},
    rows::text,
};

/// A commit and the review that brought it in.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Commit {
    /// Object id.
    pub oid: String,
    /// First line of its message.
    pub title: Option<String>,
    /// Author.
    pub author: Option<String>,
    /// When it was committed.
    pub committed_at: Option<Timestamp>,
    /// Page.
    pub web_url: Option<String>,
    /// Merge requests that brought it in.
    pub merge_requests: Vec<MergeRequest>,
    /// Why none is known, where none is.
    pub missing: Option<Missing>,
}

/// A merge request and its people.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MergeRequest {
    /// `instance/project!iid`.
    pub key: String,
    /// Title.
    pub title: Option<String>,
    /// State.
    pub state: Option<String>,
    /// What the commit is in it: `commit`, `merge` or `squash`.
    pub brought_as: Option<String>,
    /// When it was merged.
    pub merged_at: Option<Timestamp>,
    /// Page.
    pub web_url: Option<String>,
    /// Who wrote it.
    pub authors: Vec<String>,
    /// Who approved it.
    pub approvers: Vec<String>,
    /// Who merged it.
    pub merged_by: Vec<String>,
}

/// A commit that an image was built from.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BuiltFrom {
    /// Why it is believed to be so, the best reason first.
    pub because: Vec<Derivation>,
    /// Whether others are as likely, and none is likelier.
    pub equally_likely: bool,
    /// The commit.
    pub commit: Commit,
}

/// The commits that an image may have been built from, the most certain first.
pub(crate) async fn built_from(
    store: &dyn GraphStore,
    image: &str,
    moment: Moment,
) -> Result<Vec<BuiltFrom>, GraphError> {
    let mut rows = store
        .read(cypher!("trace-built-from").with("key", image))
        .await?;
    rows.retain(|row| moment.is_since(row.time("committed_at")));
    let commits = gathered(&rows, moment.0);
    let best = tied(&commits);
    let known = commits.iter();
    let known = known.map(|(row, _)| commit(store, row.text("key"), moment));
    let known = try_join_all(known).await?.into_iter();
    let all = known.zip(commits).enumerate();
    let all = all.map(|(place, (commit, (_, because)))| BuiltFrom {
        because,
        equally_likely: best > 1 && place < best,
        commit,
    });
    Ok(all.collect())
}

pub(crate) async fn commit(
    store: &dyn GraphStore,
    oid: &str,
    moment: Moment,
) -> Result<Commit, GraphError> {
    let (known, mut requests) = try_join(
        store.read(cypher!("trace-commit").with("key", oid)),
        store.read(cypher!("trace-requests").with("key", oid)),
    )
    .await?;
    requests.retain(|row| moment.is_before(row.time("until")));
    let merge_requests = requests.iter().map(|row| merge_request(store, row, moment));
    let merge_requests = try_join_all(merge_requests).await?;
    let missing = if merge_requests.is_empty() {
        Some(missing::merge_request(store, oid).await?)
    } else {
        None
    };
    let column = |name| known.first().and_then(|row| text(row, name));
    Ok(Commit {
        oid: oid.to_owned(),
        title: column("title"),
        author: column("author"),
        committed_at: known.first().and_then(|row| row.time("committed_at")),
        web_url: column("web_url"),
        merge_requests,
        missing,
    })
}

async fn merge_request(
    store: &dyn GraphStore,
    row: &Row,
    moment: Moment,
) -> Result<MergeRequest, GraphError> {
    let key = row.text("key");
    let mut people = store.read(cypher!("trace-people").with("key", key)).await?;
    people.retain(|row| {
        moment.is_before(row.time("until")) && moment.is_since(row.time("approved_at"))
    });
    let in_role = |role: &str| {
        let people = people.iter().filter(|row| row.text("role") == role);
        people.map(|row| row.text("username").to_owned()).collect()
    };
    let merged_at = row.time("merged_at");
    let was_merged = moment.is_since(merged_at);
    Ok(MergeRequest {
        key: key.to_owned(),
        title: text(row, "title"),
        state: if was_merged { text(row, "state") } else { None },
        brought_as: text(row, "as_what"),
        merged_at: merged_at.filter(|_| was_merged),
        web_url: text(row, "web_url"),
        authors: in_role("AUTHORED"),
        approvers: in_role("APPROVED"),
        merged_by: if was_merged {
            in_role("MERGED")
        } else {
            Vec::new()
        },
    })
}
