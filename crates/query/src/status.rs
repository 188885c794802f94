//! How complete and how old is the graph?

use std::collections::BTreeSet;

use jiff::Timestamp;
use polar_graph::{GraphError, GraphStore, Row, schema_items};
use polar_model::{Label, Value};
use serde::Serialize;

use crate::{
    FindingKind,
    findings::{counts, findings},
};

/// The answer to `status`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Status {
    /// Version of this form.
    pub schema: u32,
    /// `status`.
    pub story: &'static str,
    /// When it was asked.
    pub at: Timestamp,
    /// Sources that were read completely, by kind and scope.
    pub sources: Vec<StatusSource>,
    /// Sources of which there are facts, or that are configured, and that were never read completely.
    pub never_complete: Vec<Unread>,
    /// Nodes by label; labels without nodes are left out.
    pub nodes: Vec<Labelled>,
    /// Links by type.
    pub links: Vec<Typed>,
    /// Findings by kind, the highest severity first.
    pub findings: Vec<FindingKind>,
    /// The last passes that changed something, the newest first.
    pub passes: Vec<PassRow>,
    /// Who holds the lease on writing; none if nobody does.
    pub writer: Option<Writer>,
    /// Number of the last change of facts; none if there was none yet.
    pub last_change: Option<i64>,
    /// Indexes and constraints that the graph lacks; `schema apply` creates them.
    pub missing_schema: Vec<MissingItem>,
}

/// A source that was read completely.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StatusSource {
    /// `gitlab`, `registry`, `attached`, `kubernetes` or `helm`.
    pub kind: String,
    /// What was read, e.g. a registry or `registry/repository`.
    pub scope: String,
    /// When its last complete reading ended.
    pub complete_at: Timestamp,
    /// How long ago that was, in seconds.
    pub age_seconds: i64,
}

/// A source that was never read completely.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Unread {
    /// `gitlab`, `registry` or `kubernetes`.
    pub kind: String,
    /// Its name: an instance, a registry, a cluster.
    pub scope: String,
}

/// Nodes of a label.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Labelled {
    /// The label.
    pub label: &'static str,
    /// How many there are.
    pub number: i64,
    /// How many of them are gone.
    pub gone: i64,
}

/// Links of a type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Typed {
    /// The type.
    #[serde(rename = "type")]
    pub link: String,
    /// How many there are.
    pub number: i64,
}

/// A pass that changed something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PassRow {
    /// When it began.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
    /// Links and findings that it created.
    pub created: i64,
    /// Links and findings that it removed.
    pub removed: i64,
}

/// Who may write.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Writer {
    /// The holder: its host and a random part.
    pub holder: String,
    /// When it renewed the lease last.
    pub renewed_at: Option<Timestamp>,
    /// When the lease expires.
    pub expires_at: Option<Timestamp>,
    /// Whether it has expired, by the graph's clock: it is held until another one takes it.
    pub expired: bool,
}

/// An index or a constraint that is not there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MissingItem {
    /// The label.
    pub label: String,
    /// The property.
    pub property: String,
    /// Whether it is a constraint: values must be unique.
    pub unique: bool,
}

impl Status {
    /// Whether something is not as it should be: a source was never read completely, or the graph
    /// lacks an index.
    #[must_use]
    pub fn is_negative(&self) -> bool {
        let none_was_read = self.sources.is_empty();
        none_was_read || !self.never_complete.is_empty() || !self.missing_schema.is_empty()
    }
}

/// How complete and how old the graph is; `configured` are sources that should be read, by kind and
/// name.
///
/// # Errors
/// If the graph is out of reach.
pub async fn status(
    store: &dyn GraphStore,
    configured: &[(&str, String)],
    at: Timestamp,
) -> Result<Status, GraphError> {
    let sources = sources(store, at).await?;
    let first = async |statement| {
        let rows = store.read(statement).await?;
        Ok::<_, GraphError>(rows.into_iter().next())
    };
    let writer = first(cypher!("status-lease")).await?;
    let log = first(cypher!("status-changes")).await?;
    Ok(Status {
        schema: 1,
        story: "status",
        at,
        never_complete: never_complete(store, configured, &sources).await?,
        sources,
        nodes: nodes(store).await?,
        links: links(store).await?,
        findings: counts(&findings(store).await?),
        passes: passes(store).await?,
        writer: writer.as_ref().and_then(holder),
        last_change: log.and_then(|row| row.get("last").as_int()),
        missing_schema: missing_schema(store).await?,
    })
}

/// When a source was read completely last: as a whole, or else the part of it that was read last.
///
/// # Errors
/// If the graph is out of reach.
pub async fn last_complete(
    store: &dyn GraphStore,
    kind: &str,
    scope: &str,
) -> Result<Option<Timestamp>, GraphError> {
    let whole = Unread {
        kind: kind.to_owned(),
        scope: scope.to_owned(),
    };
    let mut of_it = sources(store, Timestamp::now()).await?;
    of_it.retain(|source| is_of(source, &whole));
    let exact = of_it.iter().find(|source| source.scope == scope);
    let newest = || of_it.iter().max_by_key(|source| source.complete_at);
    Ok(exact.or_else(newest).map(|source| source.complete_at))
}

async fn sources(store: &dyn GraphStore, at: Timestamp) -> Result<Vec<StatusSource>, GraphError> {
    let rows = store.read(cypher!("status-sources")).await?;
    let source = |row: &Row| {
        let complete_at = row.time("complete_at")?;
        Some(StatusSource {
            kind: row.text("kind").to_owned(),
            scope: row.text("scope").to_owned(),
            complete_at,
            age_seconds: at.duration_since(complete_at).as_secs(),
        })
    };
    Ok(rows.iter().filter_map(source).collect())
}

/// Whose facts are in the graph without a complete reading of them, or of a part of them.
async fn never_complete(
    store: &dyn GraphStore,
    configured: &[(&str, String)],
    sources: &[StatusSource],
) -> Result<Vec<Unread>, GraphError> {
    let unread = |kind: &str, scope: &str| Unread {
        kind: kind.to_owned(),
        scope: scope.to_owned(),
    };
    let mut known: BTreeSet<Unread> = BTreeSet::new();
    known.extend(configured.iter().map(|(kind, name)| unread(kind, name)));
    for (kind, statement) in [
        ("gitlab", cypher!("status-projects")),
        ("registry", cypher!("status-registries")),
        ("kubernetes", cypher!("status-clusters")),
    ] {
        let mut rows = store.stream(statement).await?;
        while let Some(row) = rows.next().await {
            let row = row?;
            let key = row.text("key");
            known.insert(unread(kind, key.split('/').next().unwrap_or(key)));
        }
    }
    known.retain(|unread| !sources.iter().any(|source| is_of(source, unread)));
    Ok(known.into_iter().collect())
}

/// Whether it is a reading of the whole or of a part.
fn is_of(source: &StatusSource, whole: &Unread) -> bool {
    let rest = source.scope.strip_prefix(whole.scope.as_str());
    source.kind == whole.kind && rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

async fn nodes(store: &dyn GraphStore) -> Result<Vec<Labelled>, GraphError> {
    let mut nodes = Vec::new();
    for label in Label::ALL {
        let label = label.as_str();
        let text = cypher_text!("status-nodes").replace("{{label}}", label);
        let rows = store.read(polar_graph::Statement::new(text)).await?;
        let number = |column| rows.first().and_then(|row| row.get(column).as_int());
        let (number, gone) = (number("number").unwrap_or(0), number("gone").unwrap_or(0));
        if number > 0 {
            nodes.push(Labelled {
                label,
                number,
                gone,
            });
        }
    }
    Ok(nodes)
}

async fn links(store: &dyn GraphStore) -> Result<Vec<Typed>, GraphError> {
    let rows = store.read(cypher!("status-links")).await?;
    let link = |row: &Row| Typed {
        link: row.text("type").to_owned(),
        number: row.get("number").as_int().unwrap_or(0),
    };
    Ok(rows.iter().map(link).collect())
}

async fn passes(store: &dyn GraphStore) -> Result<Vec<PassRow>, GraphError> {
    let rows = store.read(cypher!("status-passes")).await?;
    let pass = |row: &Row| PassRow {
        started_at: row.time("started_at"),
        finished_at: row.time("finished_at"),
        created: row.get("created").as_int().unwrap_or(0),
        removed: row.get("removed").as_int().unwrap_or(0),
    };
    Ok(rows.iter().map(pass).collect())
}

fn holder(row: &Row) -> Option<Writer> {
    Some(Writer {
        holder: row.get("holder").as_str()?.to_owned(),
        renewed_at: row.time("renewed_at"),
        expires_at: row.time("expires_at"),
        expired: row.get("expired") == &Value::Bool(true),
    })
}

async fn missing_schema(store: &dyn GraphStore) -> Result<Vec<MissingItem>, GraphError> {
    let present = store.schema().await?;
    let mut missing = schema_items();
    missing.retain(|item| !present.contains(item));
    missing.sort();
    let item = |item: polar_graph::SchemaItem| MissingItem {
        label: item.label,
        property: item.property,
        unique: item.unique,
    };
    Ok(missing.into_iter().map(item).collect())
}
