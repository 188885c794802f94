//! What the rules found.

use std::collections::BTreeMap;

use jiff::Timestamp;
use polar_graph::{GraphError, GraphStore};
use serde::Serialize;

/// One finding and what it concerns.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FindingRow {
    /// Its kind, e.g. `unbuilt`.
    pub kind: String,
    /// `low`, `medium` or `high`.
    pub severity: String,
    /// The rule that found it.
    pub rule: String,
    /// What to look at.
    pub evidence: String,
    /// When it was first found, RFC 3339.
    pub since: String,
    /// Label of what it concerns.
    pub label: String,
    /// Key of what it concerns.
    pub subject: String,
}

/// How many findings there are of a kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FindingKind {
    /// The kind.
    pub kind: String,
    /// `low`, `medium` or `high`.
    pub severity: String,
    /// How many.
    pub number: usize,
}

/// The answer to `findings`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Findings {
    /// Version of this form.
    pub schema: u32,
    /// `findings`.
    pub story: &'static str,
    /// The kinds that were asked for; empty if all were.
    pub kinds: Vec<String>,
    /// Since when, if that was asked for.
    pub since: Option<Timestamp>,
    /// By severity, the highest first, then by kind and subject.
    pub findings: Vec<FindingRow>,
    /// How many of each kind, in the same order.
    pub counts: Vec<FindingKind>,
}

/// All findings, by kind and subject.
///
/// # Errors
/// If the graph is out of reach.
pub async fn findings(store: &dyn GraphStore) -> Result<Vec<FindingRow>, GraphError> {
    let rows = store.read(cypher!("findings")).await?;
    let text = |row: &polar_graph::Row, name: &str| row.text(name).to_owned();
    Ok(rows
        .iter()
        .map(|row| FindingRow {
            kind: text(row, "kind"),
            severity: text(row, "severity"),
            rule: text(row, "rule"),
            evidence: text(row, "evidence"),
            since: row
                .time("since")
                .map(|instant| instant.to_string())
                .unwrap_or_default(),
            label: text(row, "label"),
            subject: text(row, "subject"),
        })
        .collect())
}

/// How many findings there are of each kind, counted by the graph.
///
/// # Errors
/// If the graph is out of reach.
pub async fn finding_counts(store: &dyn GraphStore) -> Result<Vec<FindingKind>, GraphError> {
    let rows = store.read(cypher!("finding-counts")).await?;
    let count = |row: &polar_graph::Row| FindingKind {
        kind: row.text("kind").to_owned(),
        severity: row.text("severity").to_owned(),
        number: row
            .get("number")
            .as_int()
            .and_then(|number| usize::try_from(number).ok())
            .unwrap_or(0),
    };
    Ok(rows.iter().map(count).collect())
}

/// The findings of some kinds, or of all if none is given, found at a time or since.
///
/// # Errors
/// If the graph is out of reach.
pub async fn found(
    store: &dyn GraphStore,
    kinds: &[String],
    since: Option<Timestamp>,
) -> Result<Findings, GraphError> {
    let is_asked = |finding: &FindingRow| {
        let found: Option<Timestamp> = finding.since.parse().ok();
        (kinds.is_empty() || kinds.contains(&finding.kind)) && (since.is_none() || found >= since)
    };
    let mut all = findings(store).await?;
    all.retain(is_asked);
    all.sort_by(|a, b| order(a).cmp(&order(b)));
    Ok(Findings {
        schema: 1,
        story: "findings",
        kinds: kinds.to_vec(),
        since,
        counts: counts(&all),
        findings: all,
    })
}

fn order(finding: &FindingRow) -> (u8, &str, &str, &str) {
    let FindingRow {
        kind,
        severity,
        subject,
        rule,
        ..
    } = finding;
    (rank(severity), kind, subject, rule)
}

/// The highest severity first; one that nobody knows last.
fn rank(severity: &str) -> u8 {
    match severity {
        "high" => 0,
        "medium" => 1,
        "low" => 2,
        _ => 3,
    }
}

/// How many findings there are of each kind, the highest severity first.
pub(crate) fn counts(findings: &[FindingRow]) -> Vec<FindingKind> {
    let mut numbers: BTreeMap<(u8, &str, &str), usize> = BTreeMap::new();
    for finding in findings {
        let (kind, severity) = (finding.kind.as_str(), finding.severity.as_str());
        *numbers.entry((rank(severity), kind, severity)).or_default() += 1;
    }
    let count = |((_, kind, severity), number): ((u8, &str, &str), usize)| FindingKind {
        kind: kind.to_owned(),
        severity: severity.to_owned(),
        number,
    };
    numbers.into_iter().map(count).collect()
}
