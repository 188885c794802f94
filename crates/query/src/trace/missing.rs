//! Why a hop is missing.

use jiff::Timestamp;
use polar_graph::{GraphError, GraphStore};
use serde::Serialize;

use crate::verdict::{Reading, instances_of, last_having, readings, readings_found};

/// A hop on the way from a container to people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Hop {
    /// A running container.
    Container,
    /// The registry image.
    Image,
    /// The pipeline that built it.
    Pipeline,
    /// The job that pushed it.
    Job,
    /// The commit it was built from.
    Commit,
    /// The merge request that brought the commit in.
    MergeRequest,
}

/// Why it is missing, as a code that programs can go by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cause {
    /// Its source was read completely since, and does not have it.
    NotFound,
    /// Its source was never read completely.
    NotRead,
    /// Its source was read completely, but only before.
    ReadBefore,
    /// The reference names nothing that could be joined.
    Unresolvable,
    /// It was not there at the time that was asked for.
    NotThen,
    /// Its source was read, but does not say.
    NotTold,
}

/// A hop that is missing.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Missing {
    /// Which.
    pub hop: Hop,
    /// Why.
    pub reason: Cause,
    /// Why, in words.
    pub detail: String,
}

impl Missing {
    pub(crate) fn new(hop: Hop, reason: Cause, detail: impl Into<String>) -> Self {
        Self {
            hop,
            reason,
            detail: detail.into(),
        }
    }
}

/// Sources of a kind that were read completely, of these scopes.
async fn read(
    store: &dyn GraphStore,
    kind: &str,
    scopes: &[&str],
) -> Result<Option<Reading>, GraphError> {
    let keys = scopes.iter().map(|scope| format!("{kind}|{scope}"));
    let known = readings(store, keys).await?;
    Ok(known.into_iter().max_by_key(|reading| reading.at))
}

/// What a reading says of something that is not there and should have been since then.
fn judged(last: &Reading, since: Option<Timestamp>, what: &str) -> (Cause, String) {
    let Reading { scope, at } = last;
    if since.is_none_or(|since| *at >= since) {
        (
            Cause::NotFound,
            format!("{scope} was read completely at {at:.0}"),
        )
    } else {
        let detail = format!("{scope} was read completely at {at:.0}, before {what} was there");
        (Cause::ReadBefore, detail)
    }
}

/// Why no registry image is known for a name.
pub(crate) async fn image(
    store: &dyn GraphStore,
    registry: &str,
    repository: &str,
    since: Option<Timestamp>,
) -> Result<Missing, GraphError> {
    let name = format!("{registry}/{repository}");
    let (cause, detail) = match read(store, "registry", &[registry, &name]).await? {
        Some(last) => {
            let (cause, why) = judged(&last, since, "the container");
            let so = if cause == Cause::NotFound {
                "does not have it: "
            } else {
                "may have it by now: "
            };
            (cause, format!("the registry {so}{why}"))
        }
        None => (
            Cause::NotRead,
            format!("the registry {registry} was never read completely"),
        ),
    };
    Ok(Missing::new(
        Hop::Image,
        cause,
        format!("no registry image is known: {detail}"),
    ))
}

/// The last complete reading of a whole GitLab, whichever.
async fn gitlabs(store: &dyn GraphStore) -> Result<Vec<Reading>, GraphError> {
    readings_found(store, cypher!("verdict-gitlabs")).await
}

/// Why no pipeline, or no commit, is known for an image.
pub(crate) async fn build(
    store: &dyn GraphStore,
    hop: Hop,
    since: Option<Timestamp>,
) -> Result<Missing, GraphError> {
    let what = match hop {
        Hop::Commit => "no commit is known that it was built from",
        _ => "no pipeline is known to have built it",
    };
    let known = gitlabs(store).await?;
    let Some(last) = known.iter().max_by_key(|reading| reading.at) else {
        let detail = format!("{what}: no GitLab was read completely");
        return Ok(Missing::new(hop, Cause::NotRead, detail));
    };
    let (cause, why) = judged(last, since, "the image");
    Ok(Missing::new(hop, cause, format!("{what}: {why}")))
}

/// Why no merge request is known for a commit.
pub(crate) async fn merge_request(
    store: &dyn GraphStore,
    commit: &str,
) -> Result<Missing, GraphError> {
    let what = "no merge request is known to have brought it in";
    let known = gitlabs(store).await?;
    if known.is_empty() {
        let detail = format!("{what}: no GitLab was read completely");
        return Ok(Missing::new(Hop::MergeRequest, Cause::NotRead, detail));
    }
    let instances = instances_of(store, [commit].into_iter()).await?;
    Ok(match last_having(&known, &instances, commit) {
        Some(Reading { scope, at }) => {
            let detail = format!("{what}: {scope} was read completely at {at:.0}");
            Missing::new(Hop::MergeRequest, Cause::NotFound, detail)
        }
        None => {
            let detail = format!("{what}: the commit is in no GitLab that was read completely");
            Missing::new(Hop::MergeRequest, Cause::NotRead, detail)
        }
    })
}
