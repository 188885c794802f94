//! What changed in the provenance between two times?
//!
//! It is told from the times that the graph holds: what was removed leaves none.

use std::collections::BTreeMap;

use jiff::Timestamp;
use polar_graph::{GraphError, GraphStore, Row, Statement};
use polar_model::Value;
use serde::Serialize;

/// What no answer can tell, since the graph keeps no trace of it.
const CANNOT_TELL: [&str; 3] = [
    "links and findings that were removed leave nothing behind",
    "a link that was removed and drawn anew is told as new",
    "what is gone is told at the time of the reading that missed it; what came back since, not at all",
];

/// The answer to `diff`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Diff {
    /// Version of this form.
    pub schema: u32,
    /// `diff`.
    pub story: &'static str,
    /// From this time on.
    pub since: Timestamp,
    /// Before this time.
    pub until: Timestamp,
    /// All groups, in a fixed order, those without a change included.
    pub groups: Vec<ChangeGroup>,
    /// What such an answer cannot tell, in words.
    pub cannot_tell: Vec<&'static str>,
}

/// Changes of a kind.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ChangeGroup {
    /// `images`, `tags`, `containers`, `builds`, `commits` or `findings`.
    pub kind: &'static str,
    /// In the order of time, then by subject.
    pub changes: Vec<Change>,
}

/// What became of something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum Sign {
    /// It is gone.
    #[serde(rename = "-")]
    Gone,
    /// It is another one.
    #[serde(rename = "~")]
    Other,
    /// It is new.
    #[serde(rename = "+")]
    New,
}

/// One change.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Change {
    /// When.
    pub at: Timestamp,
    /// Key of what changed: an image, a tag, `cluster/namespace/pod/container`, or what a finding concerns.
    pub subject: String,
    /// `+`, `-` or `~`.
    pub sign: Sign,
    /// What it is now: a tag's digest, a container's image, a pipeline, a commit, a kind of finding.
    pub now: Option<String>,
    /// What it was before: a tag's digest.
    pub before: Option<String>,
    /// Why, where it was derived: the rule with its evidence; of a tag, who pushed it.
    pub because: Option<String>,
}

impl Diff {
    /// Whether anything changed.
    #[must_use]
    pub fn is_negative(&self) -> bool {
        self.groups.iter().any(|group| !group.changes.is_empty())
    }
}

impl Change {
    fn new(at: Timestamp, sign: Sign, subject: &str) -> Self {
        Self {
            at,
            subject: subject.to_owned(),
            sign,
            now: None,
            before: None,
            because: None,
        }
    }
}

/// A span of time, without its end.
#[derive(Clone, Copy)]
struct Span {
    since: Timestamp,
    until: Timestamp,
}

impl Span {
    fn asks(self, statement: Statement) -> Statement {
        statement
            .with("since", self.since)
            .with("until", self.until)
    }

    fn has(self, at: Option<Timestamp>) -> Option<Timestamp> {
        at.filter(|at| (self.since..self.until).contains(at))
    }
}

/// What changed from a time on until before another one.
///
/// # Errors
/// If the graph is out of reach.
pub async fn diff(
    store: &dyn GraphStore,
    since: Timestamp,
    until: Timestamp,
) -> Result<Diff, GraphError> {
    let span = Span { since, until };
    let builds = [cypher!("diff-builds"), cypher!("diff-builds-older")];
    let commits = [cypher!("diff-commits"), cypher!("diff-commits-older")];
    let mut groups = vec![
        ("images", images(store, span).await?),
        ("tags", tags(store, span).await?),
        ("containers", containers(store, span).await?),
        ("builds", derived(store, span, builds).await?),
        ("commits", derived(store, span, commits).await?),
        ("findings", findings(store, span).await?),
    ];
    for (_, changes) in &mut groups {
        changes.sort();
    }
    let group = |(kind, changes)| ChangeGroup { kind, changes };
    Ok(Diff {
        schema: 1,
        story: "diff",
        since,
        until,
        groups: groups.into_iter().map(group).collect(),
        cannot_tell: CANNOT_TELL.to_vec(),
    })
}

/// Images seen first, and gone.
async fn images(store: &dyn GraphStore, span: Span) -> Result<Vec<Change>, GraphError> {
    let rows = store.read(span.asks(cypher!("diff-images"))).await?;
    let mut changes = Vec::new();
    for row in &rows {
        let key = row.text("key");

        if let Some(at) = span.has(row.time("appeared")) {
            changes.push(Change::new(at, Sign::New, key));
        }
        if let Some(at) = span.has(row.time("gone_at")) {
            changes.push(Change::new(at, Sign::Gone, key));
        }
    }
    Ok(changes)
}

/// Tags that point to another digest, to one for the first time, or to none any more.
async fn tags(store: &dyn GraphStore, span: Span) -> Result<Vec<Change>, GraphError> {
    let rows = store.read(span.asks(cypher!("diff-tags"))).await?;
    // A time at which a tag left one digest, took another, or both.
    let mut moves: BTreeMap<(Timestamp, &str), Change> = BTreeMap::new();
    for row in &rows {
        let (tag, digest) = (row.text("tag"), row.text("digest"));
        let blank = |at| move || Change::new(at, Sign::Other, tag);
        if let Some(at) = span.has(row.time("begins")) {
            let change = moves.entry((at, tag)).or_insert_with(blank(at));
            change.now = Some(digest.to_owned());
            change.because = row.get("produced_by").as_str().map(str::to_owned);
        }
        if let Some(at) = span.has(row.time("closes")) {
            let change = moves.entry((at, tag)).or_insert_with(blank(at));
            change.before = Some(digest.to_owned());
        }
    }
    let signed = |mut change: Change| {
        change.sign = match (&change.before, &change.now) {
            (None, _) => Sign::New,
            (Some(_), None) => Sign::Gone,
            (Some(_), Some(_)) => Sign::Other,
        };
        change
    };
    Ok(moves.into_values().map(signed).collect())
}

/// Containers of pods that started, and those that are gone.
async fn containers(store: &dyn GraphStore, span: Span) -> Result<Vec<Change>, GraphError> {
    let rows = store.read(span.asks(cypher!("diff-containers"))).await?;
    let mut changes = Vec::new();
    for row in &rows {
        let names = ["cluster", "namespace", "pod", "name"].map(|column| row.text(column));
        let subject = names.join("/");
        let mut add = |at: Option<Timestamp>, sign| {
            if let Some(at) = span.has(at) {
                let now = row.get("image").as_str().map(str::to_owned);
                changes.push(Change {
                    now,
                    ..Change::new(at, sign, &subject)
                });
            }
        };
        add(row.time("started_at"), Sign::New);

        add(row.time("gone_at"), Sign::Gone);
    }
    Ok(changes)
}

/// Pairs of an image and what it was derived from that were first linked in the span: by the best of
/// the links of then. One statement finds the links, the other those of their images that are older.
async fn derived(
    store: &dyn GraphStore,
    span: Span,
    [links, older]: [Statement; 2],
) -> Result<Vec<Change>, GraphError> {
    let rows = store.read(span.asks(links)).await?;
    let mut pairs: BTreeMap<(&str, &str), Change> = BTreeMap::new();
    // The best comes first.
    for row in &rows {
        let Some(at) = row.time("first_seen") else {
            continue;
        };
        let (image, from) = pair(row);
        let change = pairs.entry((image, from)).or_insert_with(|| Change {
            now: Some(from.to_owned()),
            because: Some(format!("{}: {}", row.text("rule"), row.text("evidence"))),
            ..Change::new(at, Sign::New, image)
        });
        change.at = change.at.min(at);
    }
    let mut images: Vec<_> = pairs.keys().map(|(image, _)| *image).collect();
    images.dedup();
    let images: Vec<Value> = images
        .into_iter()
        .map(|key| Value::map([("key", key)]))
        .collect();
    let older = older.with("rows", images).with("since", span.since);
    let older = store.read(older).await?;
    for row in &older {
        pairs.remove(&pair(row));
    }
    Ok(pairs.into_values().collect())
}

fn pair(row: &Row) -> (&str, &str) {
    (row.text("image_key"), row.text("source"))
}

async fn findings(store: &dyn GraphStore, span: Span) -> Result<Vec<Change>, GraphError> {
    let rows = store.read(span.asks(cypher!("diff-findings"))).await?;
    let finding = |row: &Row| {
        let subject = format!("{} {}", row.text("label"), row.text("subject"));
        Some(Change {
            now: Some(row.text("kind").to_owned()),
            because: Some(row.text("evidence").to_owned()),
            ..Change::new(row.time("found_at")?, Sign::New, &subject)
        })
    };
    Ok(rows.iter().filter_map(finding).collect())
}
