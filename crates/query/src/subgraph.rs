//! A part of the graph: some nodes, and the edges between them.

use std::collections::{BTreeMap, BTreeSet};

use polar_graph::{GraphError, GraphStore, Row, Statement};
use polar_model::{CHANGE, Label, Value};

/// Nodes and the edges between them, in the order of labels and keys.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Subgraph {
    /// The nodes.
    pub nodes: Vec<SubNode>,
    /// The edges.
    pub edges: Vec<SubEdge>,
}

/// A node.
#[derive(Debug, Clone, PartialEq)]
pub struct SubNode {
    /// Its label.
    pub label: Label,
    /// Its key.
    pub key: String,
    /// All properties, the key among them, but the number of the graph's own change.
    pub properties: BTreeMap<String, Value>,
}

/// An edge.
#[derive(Debug, Clone, PartialEq)]
pub struct SubEdge {
    /// Where it begins, as a place among the nodes.
    pub from: usize,
    /// Where it ends.
    pub to: usize,
    /// Its type.
    pub kind: String,
    /// All properties.
    pub properties: BTreeMap<String, Value>,
}

/// Reads these nodes, as far as they are there, and all edges between them.
///
/// # Errors
/// If the graph is out of reach.
pub async fn subgraph(
    store: &dyn GraphStore,
    wanted: &BTreeSet<(Label, String)>,
) -> Result<Subgraph, GraphError> {
    let mut nodes = Vec::new();
    for (label, keys) in by_label(wanted) {
        let text = cypher_text!("subgraph-nodes").replace("{{label}}", label.as_str());
        let rows = store.read(Statement::new(text).with("rows", keys)).await?;
        nodes.extend(rows.iter().map(|row| SubNode {
            label,
            key: row.text("key").to_owned(),
            properties: without_change(properties(row)),
        }));
    }
    nodes.sort_by(|a, b| (a.label.as_str(), &a.key).cmp(&(b.label.as_str(), &b.key)));
    let edges = edges(store, wanted, &nodes).await?;
    Ok(Subgraph { nodes, edges })
}

async fn edges(
    store: &dyn GraphStore,
    wanted: &BTreeSet<(Label, String)>,
    nodes: &[SubNode],
) -> Result<Vec<SubEdge>, GraphError> {
    let places = nodes.iter().enumerate();
    let places: BTreeMap<_, _> = places
        .map(|(place, node)| ((node.label.as_str(), node.key.as_str()), place))
        .collect();
    let mut edges = Vec::new();
    for (label, keys) in by_label(wanted) {
        let text = cypher_text!("subgraph-edges-in").replace("{{label}}", label.as_str());
        let rows = store.read(Statement::new(text).with("rows", keys)).await?;
        edges.extend(rows.iter().filter_map(|row| {
            let to = places.get(&(label.as_str(), row.text("key")))?;
            let from = places.get(&(row.text("other_label"), row.text("other")))?;
            Some(SubEdge {
                from: *from,
                to: *to,
                kind: row.text("type").to_owned(),
                properties: properties(row),
            })
        }));
    }
    edges.sort_by(|a, b| {
        let order = |edge: &SubEdge| {
            let properties = edge.properties.iter();
            let told = properties.map(|(name, value)| (name.clone(), value.to_json().to_string()));
            (
                edge.from,
                edge.to,
                edge.kind.clone(),
                told.collect::<Vec<_>>(),
            )
        };
        order(a).cmp(&order(b))
    });
    Ok(edges)
}

/// Keys as rows, label by label.
fn by_label(wanted: &BTreeSet<(Label, String)>) -> BTreeMap<Label, Vec<Value>> {
    let mut all: BTreeMap<_, Vec<Value>> = BTreeMap::new();
    for (label, key) in wanted {
        let row = Value::map([("key", key.as_str())]);
        all.entry(*label).or_default().push(row);
    }
    all
}

/// The number of a change means something in its own graph only.
fn without_change(mut properties: BTreeMap<String, Value>) -> BTreeMap<String, Value> {
    properties.remove(CHANGE);
    properties
}

fn properties(row: &Row) -> BTreeMap<String, Value> {
    match row.get("properties") {
        Value::Map(properties) => properties.clone(),
        _ => BTreeMap::new(),
    }
}
