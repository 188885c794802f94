//! Has this tag ever changed its digest, and who still runs the old one?

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use polar_graph::{GraphError, GraphStore, Row};
use polar_model::Value;
use serde::Serialize;

use crate::{
    Answer, ImageTarget, Instance, Workload,
    rows::{When, for_keys, text},
    running::{instances, reporting, with_platforms},
};

/// What tags pointed to, and when.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Retags {
    /// Version of this document.
    pub schema: u32,
    /// `retags`.
    pub story: &'static str,
    /// The image that was asked about; none for all tags that were moved.
    pub target: Option<String>,
    /// The time up to which is told; none is now.
    pub at: Option<Timestamp>,
    /// The tags, by name.
    pub tags: Vec<TagHistory>,
}

/// What a tag pointed to.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TagHistory {
    /// `registry/repository:tag`.
    pub tag: String,
    /// Whether it changed its digest; unknown where nobody told when it pointed to anything.
    pub moved: Answer,
    /// Digest that it points to; none if it is gone, or not known.
    pub now: Option<String>,
    /// What it pointed to, the earliest first.
    pub intervals: Vec<TagInterval>,
    /// Containers that name it and run a digest that it does not point to any more.
    pub old: Vec<OldInstance>,
}

/// What a tag pointed to for a while.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TagInterval {
    /// Digest of the index or manifest.
    pub digest: String,
    /// From when.
    pub from: Option<Timestamp>,
    /// Until when; none if it still does.
    pub until: Option<Timestamp>,
    /// Who pushed it, where known.
    pub produced_by: Option<String>,
    /// The rule that says so.
    pub rule: String,
    /// On what evidence.
    pub evidence: String,
    /// How sure it is.
    pub confidence: Option<f64>,
}

/// A container that runs what the tag pointed to earlier.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct OldInstance {
    /// The digest that the tag pointed to.
    pub old_digest: String,
    /// Its workload.
    #[serde(flatten)]
    pub workload: Workload,
    /// The container.
    #[serde(flatten)]
    pub instance: Instance,
}

impl Retags {
    /// Whether a tag among them was moved.
    #[must_use]
    pub fn any_moved(&self) -> bool {
        self.tags.iter().any(|tag| tag.moved == Answer::Yes)
    }
}

/// The history of an image's tags, or of all tags that were moved, as known up to a time.
///
/// # Errors
/// If the graph is out of reach.
pub async fn retags(
    store: &dyn GraphStore,
    target: Option<&ImageTarget>,
    at: Option<Timestamp>,
) -> Result<Retags, GraphError> {
    let names = names(store, target).await?;
    let mut histories: BTreeMap<String, Vec<TagInterval>> =
        names.into_iter().map(|tag| (tag, Vec::new())).collect();
    let keys: Vec<String> = histories.keys().cloned().collect();
    let rows = for_keys(
        store,
        &cypher!("retags-history"),
        keys.iter().map(String::as_str),
    )
    .await?;
    for row in &rows {
        if let Some(interval) = interval(row, at) {
            let of = histories.entry(row.text("tag").to_owned()).or_default();
            of.push(interval);
        }
    }
    let mut tags: Vec<_> = histories.into_iter().map(history).collect();
    if target.is_none() {
        // By the time that was asked about, some were not moved yet.
        tags.retain(|tag| tag.moved == Answer::Yes);
    }
    still_running(store, &mut tags, When::new(at)).await?;
    Ok(Retags {
        schema: 1,
        story: "retags",
        target: target.map(ImageTarget::text),
        at,
        tags,
    })
}

/// Keys of the tags that are meant.
async fn names(
    store: &dyn GraphStore,
    target: Option<&ImageTarget>,
) -> Result<Vec<String>, GraphError> {
    let statement = match target {
        None => cypher!("retags-moved"),
        Some(ImageTarget {
            name: Some((registry, repository)),
            tag,
            digest,
        }) => match (tag, digest) {
            (Some(tag), _) => return Ok(vec![format!("{registry}/{repository}:{tag}")]),
            (None, Some(digest)) => {
                let all = cypher!("retags-of-digest").with("digest", digest.as_str());
                let prefix = format!("{registry}/{repository}:");
                let mut tags = tags(&store.read(all).await?);
                tags.retain(|tag| tag.starts_with(&prefix));
                return Ok(tags);
            }
            (None, None) => {
                cypher!("retags-of-repository").with("prefix", format!("{registry}/{repository}:"))
            }
        },
        Some(ImageTarget { digest, .. }) => {
            cypher!("retags-of-digest").with("digest", digest.as_deref().unwrap_or_default())
        }
    };
    Ok(tags(&store.read(statement).await?))
}

fn tags(rows: &[Row]) -> Vec<String> {
    rows.iter().map(|row| row.text("tag").to_owned()).collect()
}

/// An interval as it was known at a time, if it had begun.
fn interval(row: &Row, at: Option<Timestamp>) -> Option<TagInterval> {
    let (from, until) = (row.time("begins"), row.time("until"));
    let is_after = |time: Timestamp| at.is_some_and(|at| time > at);
    if from.is_some_and(is_after) {
        return None;
    }
    Some(TagInterval {
        digest: row.text("digest").to_owned(),
        from,
        until: until.filter(|until| !is_after(*until)),
        produced_by: text(row, "produced_by"),
        rule: row.text("rule").to_owned(),
        evidence: row.text("evidence").to_owned(),
        confidence: match row.get("confidence") {
            Value::Float(confidence) => Some(*confidence),
            _ => None,
        },
    })
}

fn history((tag, mut intervals): (String, Vec<TagInterval>)) -> TagHistory {
    intervals.sort_by(|a, b| (a.from, a.until, &a.digest).cmp(&(b.from, b.until, &b.digest)));
    let digests: BTreeSet<_> = intervals.iter().map(|one| &one.digest).collect();
    let moved = match digests.len() {
        0 => Answer::Unknown,
        1 => Answer::No,
        _ => Answer::Yes,
    };
    let last = intervals.iter().rfind(|one| one.until.is_none());
    TagHistory {
        tag,
        moved,
        now: last.map(|one| one.digest.clone()),
        intervals,
        old: Vec::new(),
    }
}

/// Adds who still runs what a tag pointed to earlier. Who runs the same bytes by another tag means
/// that tag, and is not told.
async fn still_running(
    store: &dyn GraphStore,
    tags: &mut [TagHistory],
    when: When,
) -> Result<(), GraphError> {
    let moved = tags.iter().filter(|tag| tag.moved == Answer::Yes);
    let keys: Vec<&str> = moved.clone().map(|tag| tag.tag.as_str()).collect();
    let mut naming: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let statement = when.of(cypher!("retags-naming"));
    for row in for_keys(store, &statement, keys).await? {
        let of = naming.entry(row.text("tag").to_owned()).or_default();
        of.insert(row.text("container").to_owned());
    }
    let digests = moved.flat_map(old_digests).collect();
    let all = with_platforms(store, &digests).await?;
    let reported = reporting(store, all.keys().map(String::as_str), when).await?;
    let mut runs: BTreeMap<String, BTreeSet<&String>> = BTreeMap::new();
    for (container, digest) in reported {
        let of = all.get(&digest).into_iter().flatten();
        runs.entry(container).or_default().extend(of);
    }
    let named = naming.values().flatten();
    let wanted: BTreeSet<&str> = named
        .filter(|container| runs.contains_key(*container))
        .map(String::as_str)
        .collect();
    let there = instances(store, wanted, when).await?;
    for tag in tags.iter_mut().filter(|tag| tag.moved == Answer::Yes) {
        let names = naming.remove(&tag.tag).unwrap_or_default();
        let old = old_digests(tag);
        for instance in there.iter().filter(|one| names.contains(&one.key)) {
            let digests = runs.get(&instance.key);
            let mut digests = digests.into_iter().flatten();
            if let Some(digest) = digests.find(|digest| old.contains(**digest)) {
                tag.old.push(OldInstance {
                    old_digest: (*digest).clone(),
                    workload: Workload::of_key(&instance.workload),
                    instance: instance.clone(),
                });
            }
        }
    }
    Ok(())
}

fn old_digests(tag: &TagHistory) -> BTreeSet<String> {
    let all = tag.intervals.iter().map(|one| &one.digest);
    all.filter(|digest| Some(*digest) != tag.now.as_ref())
        .cloned()
        .collect()
}
