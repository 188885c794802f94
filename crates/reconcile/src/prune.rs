//! What rules left behind that are no rules any more.

use std::collections::BTreeMap;

use polar_graph::{GraphError, GraphStore, Statement};
use polar_model::Value;
use polar_rules::Rule;
use serde::Serialize;

use crate::Stop;

/// What a rule that is no rule any more has left in the graph.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Leftover {
    /// Its name.
    pub rule: String,
    /// Links that it derived.
    pub links: u64,
    /// Findings that it derived.
    pub findings: u64,
}

/// Lists what carries the name of a rule that is not among `rules`. Only what bears all marks of a
/// derivation counts: an edge that somebody else gave a `rule` is theirs.
///
/// # Errors
/// If the graph is out of reach.
pub async fn leftovers(
    store: &dyn GraphStore,
    rules: &[Rule],
) -> Result<Vec<Leftover>, GraphError> {
    let names: Vec<Value> = rules.iter().map(|rule| rule.name.as_str().into()).collect();
    let count = async |text: &'static str| {
        let statement = Statement::new(text).with("rules", names.clone());
        store.read(statement).await
    };
    let mut found: BTreeMap<String, [u64; 2]> = BTreeMap::new();
    let links = count(include_str!("../cypher/prune-links.cypher")).await?;
    let findings = count(include_str!("../cypher/prune-findings.cypher")).await?;
    for (place, rows) in [links, findings].into_iter().enumerate() {
        for row in rows {
            let number = row.get("number").as_int().unwrap_or(0).unsigned_abs();
            let counts = found.entry(row.text("rule").to_owned()).or_default();
            counts[place] = number;
        }
    }
    let leftover = |(rule, [links, findings]): (String, [u64; 2])| Leftover {
        rule,
        links,
        findings,
    };
    Ok(found.into_iter().map(leftover).collect())
}

/// Removes what [`leftovers`] listed, batch by batch, and returns how many links and findings went.
///
/// # Errors
/// If the graph is out of reach; what was removed before stays removed.
pub async fn prune(
    store: &dyn GraphStore,
    leftovers: &[Leftover],
    stop: &Stop,
) -> Result<u64, GraphError> {
    let mut removed = 0;
    for leftover in leftovers {
        for text in [
            include_str!("../cypher/prune-links-delete.cypher"),
            include_str!("../cypher/prune-findings-delete.cypher"),
        ] {
            while !stop.asked() {
                let statement = Statement::new(text).with("rule", leftover.rule.as_str());
                let counters = store.write(vec![statement]).await?;
                if counters.is_zero() {
                    break;
                }
                // A finding goes with its edge, and counts once.
                removed += match counters.nodes_deleted {
                    0 => counters.edges_deleted,
                    findings => findings,
                };
            }
        }
    }
    Ok(removed)
}
