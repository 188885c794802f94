//! What of a batch is to be written: one transaction.
//!
//! Many edges at once are written to a server in one statement, in which they find their ends by their places
//! among the nodes: seeking each end by its key takes a third of the time. Its text is another one for each set
//! of labels and types, and is planned anew; for less than many edges there is a statement for each kind.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    sync::Arc,
};

use polar_graph::{Counters, Engine, GraphError, GraphStore, Statement};
use polar_model::{EdgeType, Label, Value};

use crate::{
    NodeId,
    merge::Props,
    present::at,
    shape::{EdgeId, Shape, fill, walk},
};

/// Edges that are many.
const TOGETHER_FROM: usize = 2000;

/// What is to be written, or is being written: nodes and edges with the properties that change.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Changes {
    pub(crate) nodes: BTreeMap<NodeId, Props>,
    pub(crate) edges: BTreeMap<EdgeId, Props>,
    /// The nodes that the graph did not have.
    pub(crate) new: HashSet<NodeId>,
}

impl Changes {
    /// Whether the graph says it all already.
    pub(crate) fn is_empty(&self) -> bool {
        self.nodes.is_empty() && self.edges.is_empty()
    }

    /// Writes it, in one transaction.
    pub(crate) async fn write(
        self: Arc<Self>,
        store: &dyn GraphStore,
    ) -> Result<Counters, GraphError> {
        // What is new is created without looking for it, and so are its edges: nothing leads to it.
        let first = match store.engine() {
            Engine::Neo4j if self.edges.len() >= TOGETHER_FROM => together(&self),
            Engine::Neo4j | Engine::Embedded => one_by_one(&self, &self.new),
        };
        match store.write(first).await {
            // Another writer has made it since.
            Err(GraphError::Exists { .. }) => store.write(one_by_one(&self, &HashSet::new())).await,
            written => written,
        }
    }
}

/// What begins each write of facts: statements that take the next number, by which passes see what changed. The
/// statements after them stamp it: `SET node.change = log.last` of `(log:ChangeLog {key: 'changes'})`.
#[must_use]
pub fn next_change() -> Vec<Statement> {
    let texts = [
        include_str!("../cypher/change-begin.cypher"),
        include_str!("../cypher/change-number.cypher"),
    ];
    texts.map(Statement::keyed).into()
}

/// A statement for each kind of node and of edge; what is in `new` is created without looking for it.
fn one_by_one(changes: &Changes, new: &HashSet<NodeId>) -> Vec<Statement> {
    let mut statements = next_change();
    let (created, changed): (Vec<_>, Vec<_>) = changes
        .nodes
        .iter()
        .partition(|(node, _)| new.contains(*node));
    for (make, nodes) in [("CREATE", created), ("MERGE", changed)] {
        for (label, rows) in by_label(nodes) {
            let text = include_str!("../cypher/nodes-write.cypher")
                .replace("{{make}}", make)
                .replace("{{label}}", label.as_str());
            statements.push(Statement::keyed(text).with("rows", rows));
        }
    }
    let (created, changed): (Vec<_>, Vec<_>) = changes
        .edges
        .iter()
        .partition(|((_, from, to), _)| new.contains(from) || new.contains(to));
    for (make, edges) in [("CREATE", created), ("MERGE", changed)] {
        for (shape, rows) in by_shape(edges) {
            let text =
                fill(include_str!("../cypher/edges-write.cypher"), shape).replace("{{make}}", make);
            statements.push(Statement::keyed(text).with("rows", rows));
        }
    }
    statements
}

fn by_label<'a>(
    nodes: impl IntoIterator<Item = (&'a NodeId, &'a Props)>,
) -> BTreeMap<Label, Vec<Value>> {
    let mut rows: BTreeMap<Label, Vec<Value>> = BTreeMap::new();
    for ((label, key), props) in nodes {
        let props = Value::map(props.clone());
        let row = Value::map([("key", Value::from(key.as_str())), ("props", props)]);
        rows.entry(*label).or_default().push(row);
    }
    rows
}

fn by_shape<'a>(
    edges: impl IntoIterator<Item = (&'a EdgeId, &'a Props)>,
) -> BTreeMap<Shape, Vec<Value>> {
    let mut rows: BTreeMap<Shape, Vec<Value>> = BTreeMap::new();
    for (id, props) in edges {
        let (shape, narrow, wide) = walk(id);
        let row = Value::map([
            ("narrow", narrow.into()),
            ("wide", wide.into()),
            ("props", Value::map(props.clone())),
        ]);
        rows.entry(shape).or_default().push(row);
    }
    rows
}

/// A node, and what is to be set; nothing of one that only edges need.
type Placed<'a> = (&'a NodeId, Option<&'a Props>);

/// One statement for all.
fn together(changes: &Changes) -> Vec<Statement> {
    let new = |node: &NodeId| changes.new.contains(node);
    let mut nodes: BTreeMap<(Option<&str>, Label), Vec<Placed<'_>>> = BTreeMap::new();
    for (node, props) in &changes.nodes {
        let make = if new(node) { "CREATE" } else { "MERGE" };
        let kind = nodes.entry((Some(make), node.0)).or_default();
        kind.push((node, Some(props)));
    }
    let ends = changes.edges.keys().flat_map(|(_, from, to)| [from, to]);
    let ends: BTreeSet<_> = ends
        .filter(|end| !changes.nodes.contains_key(*end))
        .collect();
    for node in ends {
        nodes.entry((None, node.0)).or_default().push((node, None));
    }

    let mut text = include_str!("../cypher/together/begin.cypher").to_owned();
    let mut params = Vec::new();
    let mut places: HashMap<&NodeId, Value> = HashMap::new();
    for (number, ((make, label), nodes)) in nodes.into_iter().enumerate() {
        let name = format!("nodes_{number}");
        let block = match make {
            None => include_str!("../cypher/together/there.cypher").to_owned(),
            Some(make) => include_str!("../cypher/together/nodes.cypher").replace("{{make}}", make),
        };
        let block = block.replace("{{rows}}", &name);
        text.push_str(&block.replace("{{label}}", label.as_str()));
        let rows = nodes.into_iter().map(|(node, props)| {
            let place = at(places.len());
            let props = props.map_or(Value::Null, |props| Value::map(props.clone()));
            let row = vec![place.clone(), node.1.as_str().into(), props];
            places.insert(node, place);
            Value::List(row)
        });
        params.push((name, rows.collect::<Vec<_>>()));
    }
    let lists: Vec<_> = params.iter().map(|(name, _)| name.as_str()).collect();
    text.push_str(&format!("WITH {} AS nodes\n", lists.join(" + ")));

    let mut edges: BTreeMap<(&str, EdgeType), Vec<Value>> = BTreeMap::new();
    for ((edge, from, to), props) in &changes.edges {
        let make = if new(from) || new(to) {
            "CREATE"
        } else {
            "MERGE"
        };
        let end = |node| places.get(node).cloned().unwrap_or(Value::Null);
        let row = vec![end(from), end(to), Value::map(props.clone())];
        edges
            .entry((make, *edge))
            .or_default()
            .push(Value::List(row));
    }
    for (number, ((make, edge), rows)) in edges.into_iter().enumerate() {
        let name = format!("edges_{number}");
        text.push_str(
            &include_str!("../cypher/together/edges.cypher")
                .replace("{{rows}}", &name)
                .replace("{{make}}", make)
                .replace("{{edge}}", edge.as_str()),
        );
        params.push((name, rows));
    }
    let mut statement = Statement::keyed(text);
    for (name, rows) in params {
        statement = statement.with(&name, rows);
    }
    let mut statements = next_change();
    statements.push(statement);
    statements
}
