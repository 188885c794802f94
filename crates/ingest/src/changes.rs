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
    let mut nodes: BTreeMap<(&str, Label), Vec<Value>> = BTreeMap::new();
    for (node, props) in &changes.nodes {
        let (label, key) = node;
        let row = Value::map([
            ("key", key.as_str().into()),
            ("props", Value::map(props.clone())),
        ]);
        nodes
            .entry((make_node(new, node), *label))
            .or_default()
            .push(row);
    }
    for ((make, label), rows) in nodes {
        let text = include_str!("../cypher/nodes-write.cypher")
            .replace("{{make}}", make)
            .replace("{{label}}", label.as_str());
        statements.push(Statement::keyed(text).with("rows", rows));
    }
    let mut edges: BTreeMap<(&str, Shape), Vec<Value>> = BTreeMap::new();
    for (edge, props) in &changes.edges {
        let (shape, narrow, wide) = walk(edge);
        let row = Value::map([
            ("narrow", narrow.into()),
            ("wide", wide.into()),
            ("props", Value::map(props.clone())),
        ]);
        edges
            .entry((make_edge(new, edge), shape))
            .or_default()
            .push(row);
    }
    for ((make, shape), rows) in edges {
        let text =
            fill(include_str!("../cypher/edges-write.cypher"), shape).replace("{{make}}", make);
        statements.push(Statement::keyed(text).with("rows", rows));
    }
    statements
}

/// What is new is created; anything else is merged.
fn make_node(new: &HashSet<NodeId>, node: &NodeId) -> &'static str {
    if new.contains(node) {
        "CREATE"
    } else {
        "MERGE"
    }
}

/// As its newer end: nothing leads to a new node yet.
fn make_edge(new: &HashSet<NodeId>, (_, from, to): &EdgeId) -> &'static str {
    let newer = if new.contains(from) { from } else { to };
    make_node(new, newer)
}

/// A node, and what is to be set; nothing of one that only edges need.
type Placed<'a> = (&'a NodeId, Option<&'a Props>);

/// One statement for all.
fn together(changes: &Changes) -> Vec<Statement> {
    let mut nodes: BTreeMap<(Option<&str>, Label), Vec<Placed<'_>>> = BTreeMap::new();
    for (node, props) in &changes.nodes {
        let make = make_node(&changes.new, node);
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
    for (id, props) in &changes.edges {
        let (edge, from, to) = id;
        let make = make_edge(&changes.new, id);
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
