//! A batch of facts against the graph: what is there, what differs, one transaction.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use jiff::Timestamp;
use polar_graph::{Counters, GraphError, GraphStore, Statement};
use polar_model::{EdgeType, Label, TOUCHED_AT, Value};

use crate::{EdgeFact, Facts};

type Props = BTreeMap<&'static str, Value>;
type NodeId = (Label, String);
/// The ends of an edge as a statement walks them.
type Shape = (EdgeType, Label, Label);

/// Writes what a batch says and the graph does not.
pub(crate) async fn write(
    store: &dyn GraphStore,
    batch: &[Facts],
    now: Timestamp,
) -> Result<Counters, GraphError> {
    let mut wanted: BTreeMap<NodeId, Props> = BTreeMap::new();
    let mut edges: BTreeSet<&EdgeFact> = BTreeSet::new();
    for facts in batch {
        for node in &facts.nodes {
            let props = wanted.entry((node.label, node.key.clone())).or_default();
            props.extend(
                node.props
                    .iter()
                    .map(|(name, value)| (*name, value.clone())),
            );
        }
        edges.extend(&facts.edges);
    }
    let changed = changed_nodes(store, wanted).await?;
    let missing = missing_edges(store, &edges).await?;
    if changed.is_empty() && missing.is_empty() {
        return Ok(Counters::default());
    }
    let changed = touch(batch, changed, &missing, now);
    let mut statements = Vec::new();
    for (label, rows) in by_label(changed) {
        let text =
            include_str!("../cypher/nodes-write.cypher").replace("{{label}}", label.as_str());
        statements.push(Statement::new(text).with("rows", rows));
    }
    for (shape, rows) in by_shape(missing) {
        let text = fill(include_str!("../cypher/edges-write.cypher"), shape);
        statements.push(Statement::new(text).with("rows", rows));
    }
    store.write(statements).await
}

/// The nodes that are not in the graph, or lack a property, or hold another value.
async fn changed_nodes(
    store: &dyn GraphStore,
    mut wanted: BTreeMap<NodeId, Props>,
) -> Result<BTreeMap<NodeId, Props>, GraphError> {
    let mut keys: BTreeMap<Label, Vec<Value>> = BTreeMap::new();
    for (label, key) in wanted.keys() {
        let row = Value::map([("key", key.as_str())]);
        keys.entry(*label).or_default().push(row);
    }
    for (label, rows) in keys {
        let text = include_str!("../cypher/nodes-read.cypher").replace("{{label}}", label.as_str());
        for row in store.read(Statement::new(text).with("rows", rows)).await? {
            let id = (label, row.text("key").to_owned());
            let Value::Map(present) = row.get("props") else {
                continue;
            };
            if let Some(props) = wanted.get_mut(&id) {
                props.retain(|name, value| present.get(*name) != Some(value));
                if props.is_empty() {
                    wanted.remove(&id);
                }
            }
        }
    }
    Ok(wanted)
}

async fn missing_edges(
    store: &dyn GraphStore,
    edges: &BTreeSet<&EdgeFact>,
) -> Result<Vec<EdgeFact>, GraphError> {
    let mut present: HashSet<(Shape, String, String)> = HashSet::new();
    for (shape, rows) in by_shape(edges.iter().copied().cloned()) {
        let text = fill(include_str!("../cypher/edges-read.cypher"), shape);
        for row in store.read(Statement::new(text).with("rows", rows)).await? {
            present.insert((
                shape,
                row.text("narrow").to_owned(),
                row.text("wide").to_owned(),
            ));
        }
    }
    let is_missing = |edge: &&&EdgeFact| {
        let (shape, narrow, wide) = walk(edge);
        !present.contains(&(shape, narrow.to_owned(), wide.to_owned()))
    };
    Ok(edges.iter().filter(is_missing).copied().cloned().collect())
}

/// Moves `touched_at` of the references around which something changes.
fn touch(
    batch: &[Facts],
    mut changed: BTreeMap<NodeId, Props>,
    missing: &[EdgeFact],
    now: Timestamp,
) -> BTreeMap<NodeId, Props> {
    let missing: HashSet<&EdgeFact> = missing.iter().collect();
    let touched: BTreeSet<&String> = batch
        .iter()
        .filter(|facts| {
            let node =
                |node: &crate::NodeFact| changed.contains_key(&(node.label, node.key.clone()));
            facts.nodes.iter().any(node) || facts.edges.iter().any(|edge| missing.contains(edge))
        })
        .flat_map(|facts| &facts.references)
        .collect();
    for key in touched {
        let id = (Label::ImageReference, key.clone());
        changed
            .entry(id)
            .or_default()
            .insert(TOUCHED_AT, now.into());
    }
    changed
}

fn by_label(nodes: BTreeMap<NodeId, Props>) -> BTreeMap<Label, Vec<Value>> {
    let mut rows: BTreeMap<Label, Vec<Value>> = BTreeMap::new();
    for ((label, key), props) in nodes {
        let row = Value::map([("key", Value::from(key)), ("props", Value::map(props))]);
        rows.entry(label).or_default().push(row);
    }
    rows
}

fn by_shape(edges: impl IntoIterator<Item = EdgeFact>) -> HashMap<Shape, Vec<Value>> {
    let mut rows: HashMap<Shape, Vec<Value>> = HashMap::new();
    for edge in edges {
        let (shape, narrow, wide) = walk(&edge);
        let row = Value::map([("narrow", narrow), ("wide", wide)]);
        rows.entry(shape).or_default().push(row);
    }
    rows
}

/// An edge from its narrow end, the one with few edges of the type: stores walk from there, and a
/// project with a hundred thousand pipelines costs no more than one with ten.
fn walk(edge: &EdgeFact) -> (Shape, &str, &str) {
    let (narrow, wide) = if starts_narrow(edge.edge) {
        (&edge.from, &edge.to)
    } else {
        (&edge.to, &edge.from)
    };
    ((edge.edge, narrow.0, wide.0), &narrow.1, &wide.1)
}

fn starts_narrow(edge: EdgeType) -> bool {
    match edge {
        EdgeType::OfCommit
        | EdgeType::Brought
        | EdgeType::Produced
        | EdgeType::Pushed
        | EdgeType::Identifies
        | EdgeType::HasManifest
        | EdgeType::Attests
        | EdgeType::Reports
        | EdgeType::OfChart => true,
        EdgeType::HasPipeline
        | EdgeType::HasJob
        | EdgeType::Triggered
        | EdgeType::HasMergeRequest
        | EdgeType::Authored
        | EdgeType::Approved
        | EdgeType::Merged
        | EdgeType::HasNamespace
        | EdgeType::HasWorkload
        | EdgeType::HasPod
        | EdgeType::HasContainer
        | EdgeType::Installed => false,
    }
}

fn fill(template: &str, (edge, narrow, wide): Shape) -> String {
    let (tail, head) = if starts_narrow(edge) {
        ("-", "->")
    } else {
        ("<-", "-")
    };
    template
        .replace("{{narrow}}", narrow.as_str())
        .replace("{{wide}}", wide.as_str())
        .replace("{{edge}}", edge.as_str())
        .replace("{{tail}}", tail)
        .replace("{{head}}", head)
}
