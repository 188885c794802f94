//! From what was asked about to registry images: containers, references, tags.

use futures_util::future::try_join_all;
use jiff::Timestamp;
use polar_graph::{GraphError, GraphStore, Row};
use polar_model::Label;
use serde::Serialize;

use super::{
    missing::{self, Cause, Hop, Missing},
    moment::Moment,
};
use crate::{
    Target,
    derivation::{Derivation, derivation, gathered, tied},
    rows::text,
};

/// A running container.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Container {
    /// `cluster/uid/name`.
    pub key: String,
    /// Cluster.
    pub cluster: String,
    /// Namespace.
    pub namespace: String,
    /// Kind and name of the workload, e.g. `Deployment/checkout`.
    pub workload: String,
    /// Pod.
    pub pod: String,
    /// Node, where known.
    pub node: Option<String>,
    /// Container.
    pub container: String,
    /// The digest that the cluster reports, or that the image is pinned to.
    pub digest: Option<String>,
    /// When its pod started.
    pub started_at: Option<Timestamp>,
    /// When it was found to be gone.
    pub gone_at: Option<Timestamp>,
}

/// A tag, and what it pointed to.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Tag {
    /// `registry/repository:tag`.
    pub name: String,
    /// The oldest first.
    pub pointed_to: Vec<Period>,
}

/// What a tag pointed to for a while.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Period {
    /// The digest.
    pub digest: String,
    /// From when on.
    pub from: Option<Timestamp>,
    /// Until when; none if it still does, or did at the time that was asked for.
    pub until: Option<Timestamp>,
    /// Who moved it there.
    pub produced_by: Option<String>,
    /// Who says so.
    pub because: Derivation,
}

/// A registry image that is meant or run.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Found {
    pub(crate) key: String,
    pub(crate) because: Vec<Derivation>,
    pub(crate) equally_likely: bool,
    /// Whether its name is another one than was asked for.
    pub(crate) other_name: bool,
}

/// Where a trace begins.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Start {
    /// Those that are the same in all that follows.
    pub(crate) containers: Vec<Container>,
    pub(crate) written: Option<String>,
    pub(crate) reference: Option<String>,
    pub(crate) tag: Option<Tag>,
    pub(crate) found: Vec<Found>,
    pub(crate) missing: Option<Missing>,
}

/// Where the traces of a target begin, and why there are none.
pub(crate) async fn starts(
    store: &dyn GraphStore,
    target: &Target,
    moment: Moment,
) -> Result<(Vec<Start>, Option<Missing>), crate::TargetError> {
    Ok(match target {
        Target::Running { label, key } => running(store, *label, key, moment).await?,
        Target::Image(image) => {
            let start = super::asked::asked(store, image, moment).await?;
            (vec![start], None)
        }
        Target::Commit(_) | Target::MergeRequest(_) => (Vec::new(), None),
    })
}

async fn running(
    store: &dyn GraphStore,
    label: Label,
    key: &str,
    moment: Moment,
) -> Result<(Vec<Start>, Option<Missing>), GraphError> {
    let statement = match label {
        Label::KubePod => cypher!("trace-containers-of-pod"),
        _ => cypher!("trace-containers-of-workload"),
    };
    let rows = store.read(statement.with("key", key)).await?;
    let meant = rows
        .iter()
        .filter(|row| is_meant(row, label == Label::KubePod, moment));
    let all = try_join_all(meant.map(|row| of_container(store, row, moment))).await?;
    let mut starts: Vec<Start> = Vec::new();
    for mut next in all {
        let same = starts.iter_mut().find(|start| {
            same_images(&start.found, &next.found)
                && start.written == next.written
                && start.containers[0].container == next.containers[0].container
                && start.missing.as_ref().map(|missing| missing.reason)
                    == next.missing.as_ref().map(|missing| missing.reason)
        });
        match same {
            Some(start) => start.containers.append(&mut next.containers),
            None => starts.push(next),
        }
    }
    let missing = starts.is_empty().then(|| not_there(label, &rows, moment));
    Ok((starts, missing))
}

/// Whether the same images are run for the same kinds of reasons: what is reported may be one
/// platform's manifest or another's.
fn same_images(some: &[Found], others: &[Found]) -> bool {
    let rules = |found: &Found| {
        let because = found.because.iter();
        let rules: Vec<_> = because.map(|reason| reason.rule.clone()).collect();
        (found.key.clone(), rules)
    };
    some.iter().map(rules).eq(others.iter().map(rules))
}

/// A pod is told of also when it is gone; of a workload, what is there is meant.
fn is_meant(row: &Row, is_pod: bool, moment: Moment) -> bool {
    let ended = row.time("container_gone_at").or(row.time("gone_at"));
    let was_there = moment.is_since(row.time("started_at")) && moment.is_before(ended);
    was_there || (is_pod && moment.0.is_none())
}

fn not_there(label: Label, rows: &[Row], moment: Moment) -> Missing {
    let what = match label {
        Label::KubePod => "the pod",
        _ => "the workload",
    };
    match moment.0 {
        Some(at) if !rows.is_empty() => {
            let detail = format!("no container of {what} is known to have run at {at:.0}");
            Missing::new(Hop::Container, Cause::NotThen, detail)
        }
        _ => {
            let detail = format!("no container of {what} is known to run");
            Missing::new(Hop::Container, Cause::NotFound, detail)
        }
    }
}

async fn of_container(
    store: &dyn GraphStore,
    row: &Row,
    moment: Moment,
) -> Result<Start, GraphError> {
    let key = row.text("key");
    let current = async |statement: polar_graph::Statement| {
        let rows = store.read(statement.with("key", key)).await?;
        let all = rows
            .iter()
            .map(|row| (row.text("key").to_owned(), row.time("until")));
        Ok::<_, GraphError>(moment.current(all))
    };
    let reference = current(cypher!("trace-references")).await?;
    let tag = current(cypher!("trace-tags")).await?;
    let reports = current(cypher!("trace-reports")).await?;
    let tag = match tag.into_iter().next() {
        Some((name, _)) => Some(self::tag(store, &name, moment).await?),
        None => None,
    };
    // What a container ran before it was changed in place is told by what it reported then.
    let earlier = reports.iter().find(|(_, until)| until.is_some());
    let (digest, found) = match earlier {
        Some((digest, _)) => (
            Some(digest.clone()),
            reported(store, digest, &reference).await?,
        ),
        None => (text(row, "digest"), runs(store, key, moment).await?),
    };
    let container = Container {
        digest,
        ..container(row)
    };
    let missing = if found.is_empty() {
        Some(unknown(store, row, container.started_at).await?)
    } else {
        None
    };
    Ok(Start {
        containers: vec![container],
        written: text(row, "image").filter(|_| earlier.is_none()),
        reference: reference.into_iter().next().map(|(key, _)| key),
        tag,
        found,
        missing,
    })
}

fn container(row: &Row) -> Container {
    Container {
        key: row.text("key").to_owned(),
        cluster: row.text("cluster").to_owned(),
        namespace: row.text("namespace").to_owned(),
        workload: format!("{}/{}", row.text("workload_kind"), row.text("workload")),
        pod: row.text("pod").to_owned(),
        node: text(row, "node"),
        container: row.text("name").to_owned(),
        digest: None,
        started_at: row.time("started_at"),
        gone_at: row.time("container_gone_at").or(row.time("gone_at")),
    }
}

async fn unknown(
    store: &dyn GraphStore,
    row: &Row,
    since: Option<Timestamp>,
) -> Result<Missing, GraphError> {
    if let Some(code) = row.get("image_error").as_str() {
        let detail = format!("it joins nothing: {code}");
        return Ok(Missing::new(Hop::Image, Cause::Unresolvable, detail));
    }
    let (registry, repository) = (row.text("registry"), row.text("repository"));
    missing::image(store, registry, repository, since).await
}

async fn runs(
    store: &dyn GraphStore,
    container: &str,
    moment: Moment,
) -> Result<Vec<Found>, GraphError> {
    let rows = store
        .read(cypher!("trace-runs").with("key", container))
        .await?;
    let images = gathered(&rows, moment.0);
    let best = tied(&images);
    // The same bytes under several names leave no doubt.
    let digest = |place: usize| images[place].0.text("digest");
    let in_doubt = (1..best).any(|place| digest(place) != digest(0));
    let found = images
        .iter()
        .enumerate()
        .map(|(place, (row, because))| Found {
            key: row.text("key").to_owned(),
            because: because.clone(),
            equally_likely: in_doubt && place < best,
            other_name: because.iter().all(|reason| reason.rule == "runs-bytes"),
        });
    Ok(found.collect())
}

/// Images with a digest that a container reported once. Of several, those that its name then meant.
async fn reported(
    store: &dyn GraphStore,
    digest: &str,
    references: &[(String, Option<Timestamp>)],
) -> Result<Vec<Found>, GraphError> {
    let rows = store
        .read(cypher!("target-images-of-manifest").with("digest", digest))
        .await?;
    let named = |row: &&Row| {
        let name = format!("{}/{}", row.text("registry"), row.text("repository"));
        let begins = |(reference, _): &(String, _)| {
            let rest = reference.strip_prefix(&name);
            rest.is_some_and(|rest| rest.starts_with([':', '@']))
        };
        references.iter().any(begins)
    };
    let is_named = rows.iter().any(|row| named(&row));
    let meant = rows.iter().filter(|row| !is_named || named(row));
    Ok(meant
        .map(|row| Found {
            key: row.text("key").to_owned(),
            because: vec![Derivation {
                rule: "reported".to_owned(),
                evidence: digest.to_owned(),
                confidence: 1.0,
                known_then: None,
            }],
            equally_likely: false,
            other_name: !is_named,
        })
        .collect())
}

/// A tag with its history up to the moment.
pub(crate) async fn tag(
    store: &dyn GraphStore,
    name: &str,
    moment: Moment,
) -> Result<Tag, GraphError> {
    let rows = store
        .read(cypher!("trace-pointed-to").with("key", name))
        .await?;
    let begun = rows.iter().filter(|row| moment.is_since(row.time("begun")));
    let pointed_to = begun
        .map(|row| Period {
            digest: row.text("digest").to_owned(),
            from: row.time("begun"),
            until: row
                .time("ended")
                .filter(|end| moment.0.is_none_or(|at| *end <= at)),
            produced_by: text(row, "produced_by"),
            because: derivation(row, moment.0),
        })
        .collect();
    Ok(Tag {
        name: name.to_owned(),
        pointed_to,
    })
}
