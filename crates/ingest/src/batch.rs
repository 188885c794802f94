//! A batch of facts against the graph: what is there, what differs, one transaction.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::Timestamp;
use polar_graph::{Counters, GraphError, GraphStore, Row, Statement};
use polar_model::{EdgeType, Label, TOUCHED_AT, Value};

use crate::{
    EdgeFact, Facts, NodeId, Whole,
    merge::{Props, merge, retain_changes},
};

/// The ends of an edge as a statement walks them.
type Shape = (EdgeType, Label, Label);
/// An edge by its type and its ends.
type EdgeId = (EdgeType, NodeId, NodeId);

/// When an edge was found to hold no longer; absent while it holds.
pub(crate) const UNTIL: &str = "until";

/// Writes what a batch says and the graph does not.
pub(crate) async fn write(
    store: &dyn GraphStore,
    batch: &[Facts],
    now: Timestamp,
) -> Result<Counters, GraphError> {
    let wanted = Wanted::from(batch);
    let nodes = changed_nodes(store, wanted.nodes).await?;
    let mut edges = closed_edges(store, &wanted.whole, &wanted.edges, now).await?;
    edges.extend(changed_edges(store, wanted.edges).await?);
    if nodes.is_empty() && edges.is_empty() {
        return Ok(Counters::default());
    }
    let nodes = touch(batch, nodes, &edges, now);
    let mut statements = next_change();
    for (label, rows) in by_label(nodes) {
        let text =
            include_str!("../cypher/nodes-write.cypher").replace("{{label}}", label.as_str());
        statements.push(Statement::new(text).with("rows", rows));
    }
    for (shape, rows) in by_shape(&edges) {
        let text = fill(include_str!("../cypher/edges-write.cypher"), shape);
        statements.push(Statement::new(text).with("rows", rows));
    }
    store.write(statements).await
}

/// What begins each write of facts: statements that take the next number, by which passes see what changed. The
/// statements after them stamp it: `SET node.change = log.last` of `(log:ChangeLog {key: 'changes'})`.
#[must_use]
pub fn next_change() -> Vec<Statement> {
    let texts = [
        include_str!("../cypher/change-begin.cypher"),
        include_str!("../cypher/change-number.cypher"),
    ];
    texts.map(Statement::new).into()
}

/// What a batch says, all observations together; where two differ, the later one holds.
#[derive(Default)]
struct Wanted {
    nodes: BTreeMap<NodeId, Props>,
    edges: BTreeMap<EdgeId, Props>,
    whole: BTreeSet<Whole>,
}

impl Wanted {
    fn from(batch: &[Facts]) -> Self {
        let mut wanted = Self::default();
        // Edges of the sets that are known as a whole, to take them back if a later one differs.
        let mut named: HashMap<&Whole, Vec<EdgeId>> = HashMap::new();
        for facts in batch {
            for node in &facts.nodes {
                let id = (node.label, node.key.clone());
                let props = wanted.nodes.entry(id).or_default();
                props.extend(node.absent.iter().map(|name| (*name, Value::Null)));
                merge(props, &node.props);
            }
            for whole in &facts.whole {
                for earlier in named.remove(whole).unwrap_or_default() {
                    wanted.edges.remove(&earlier);
                }
                let within = facts.edges.iter().filter(|edge| whole.has(edge)).map(id);
                named.insert(whole, within.collect());
                wanted.whole.insert(whole.clone());
            }
            for edge in &facts.edges {
                let props = wanted.edges.entry(id(edge)).or_default();
                merge(props, &edge.props);
                if facts.whole.iter().any(|whole| whole.has(edge)) {
                    props.insert(UNTIL, Value::Null);
                }
            }
        }
        wanted
    }
}

impl Whole {
    /// Whether an edge belongs to the set.
    fn has(&self, edge: &EdgeFact) -> bool {
        let (node, other) = if self.outgoing {
            (&edge.from, &edge.to)
        } else {
            (&edge.to, &edge.from)
        };
        self.edge == edge.edge && self.node == *node && self.other == other.0
    }
}

fn id(edge: &EdgeFact) -> EdgeId {
    (edge.edge, edge.from.clone(), edge.to.clone())
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
            keep_changes(&mut wanted, &id, &row);
        }
    }
    Ok(wanted)
}

/// The edges that are not in the graph, or lack a property, or hold another value.
async fn changed_edges(
    store: &dyn GraphStore,
    mut wanted: BTreeMap<EdgeId, Props>,
) -> Result<BTreeMap<EdgeId, Props>, GraphError> {
    for (shape, rows) in by_shape(&wanted) {
        let text = fill(include_str!("../cypher/edges-read.cypher"), shape);
        for row in store.read(Statement::new(text).with("rows", rows)).await? {
            let id = unwalk(shape, row.text("narrow"), row.text("wide"));
            keep_changes(&mut wanted, &id, &row);
        }
    }
    Ok(wanted)
}

/// Takes away what the graph has already.
fn keep_changes<Id: Ord>(wanted: &mut BTreeMap<Id, Props>, id: &Id, row: &Row) {
    let Value::Map(present) = row.get("props") else {
        return;
    };
    if let Some(props) = wanted.get_mut(id) {
        retain_changes(props, present);
        if props.is_empty() {
            wanted.remove(id);
        }
    }
}

/// The open edges of sets known as a whole that nobody named: they hold no longer.
async fn closed_edges(
    store: &dyn GraphStore,
    sets: &BTreeSet<Whole>,
    wanted: &BTreeMap<EdgeId, Props>,
    now: Timestamp,
) -> Result<BTreeMap<EdgeId, Props>, GraphError> {
    let mut by_kind: BTreeMap<(Label, EdgeType, Label, bool), Vec<Value>> = BTreeMap::new();
    for set in sets {
        let row = Value::map([("key", set.node.1.as_str())]);
        let kind = (set.node.0, set.edge, set.other, set.outgoing);
        by_kind.entry(kind).or_default().push(row);
    }
    let mut closed = BTreeMap::new();
    for ((label, edge, other, outgoing), rows) in by_kind {
        let (tail, head) = arrow(outgoing);
        let text = include_str!("../cypher/edges-open.cypher")
            .replace("{{node}}", label.as_str())
            .replace("{{other}}", other.as_str())
            .replace("{{edge}}", edge.as_str())
            .replace("{{tail}}", tail)
            .replace("{{head}}", head);
        for row in store.read(Statement::new(text).with("rows", rows)).await? {
            let node = (label, row.text("key").to_owned());
            let other = (other, row.text("other").to_owned());
            let id = if outgoing {
                (edge, node, other)
            } else {
                (edge, other, node)
            };
            if !wanted.contains_key(&id) {
                closed.insert(id, Props::from([(UNTIL, now.into())]));
            }
        }
    }
    Ok(closed)
}

/// Adds the nodes whose edges change, and moves `touched_at` of the references around a change.
fn touch(
    batch: &[Facts],
    mut changed: BTreeMap<NodeId, Props>,
    edges: &BTreeMap<EdgeId, Props>,
    now: Timestamp,
) -> BTreeMap<NodeId, Props> {
    let mut touched: BTreeSet<String> = BTreeSet::new();
    for facts in batch {
        let node = |node: &crate::NodeFact| changed.contains_key(&(node.label, node.key.clone()));
        let edge = |edge: &EdgeFact| edges.contains_key(&id(edge));
        if facts.nodes.iter().any(node) || facts.edges.iter().any(edge) {
            touched.extend(facts.references.iter().cloned());
        }
    }
    for id in edges.keys() {
        let (edge, _, (label, key)) = id;
        // A reference that lost a name is in no observation.
        if *label == Label::ImageReference {
            touched.insert(key.clone());
        }
        // An edge counts as its narrow end's own; one that patterns follow several times over, as
        // both ends'.
        let ((_, narrow, wide), narrow_key, wide_key) = walk(id);
        changed.entry((narrow, narrow_key.to_owned())).or_default();
        if *edge == EdgeType::HasManifest {
            changed.entry((wide, wide_key.to_owned())).or_default();
        }
    }
    for key in touched {
        let props = changed.entry((Label::ImageReference, key)).or_default();
        props.insert(TOUCHED_AT, now.into());
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

fn by_shape(edges: &BTreeMap<EdgeId, Props>) -> BTreeMap<Shape, Vec<Value>> {
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

/// An edge from its narrow end, the one with few edges of the type: stores walk from there, and a
/// project with a hundred thousand pipelines costs no more than one with ten.
fn walk((edge, from, to): &EdgeId) -> (Shape, &str, &str) {
    let (narrow, wide) = if starts_narrow(*edge) {
        (from, to)
    } else {
        (to, from)
    };
    ((*edge, narrow.0, wide.0), &narrow.1, &wide.1)
}

fn unwalk((edge, narrow, wide): Shape, narrow_key: &str, wide_key: &str) -> EdgeId {
    let narrow = (narrow, narrow_key.to_owned());
    let wide = (wide, wide_key.to_owned());
    if starts_narrow(edge) {
        (edge, narrow, wide)
    } else {
        (edge, wide, narrow)
    }
}

fn starts_narrow(edge: EdgeType) -> bool {
    match edge {
        EdgeType::OfCommit
        | EdgeType::Brought
        | EdgeType::Produced
        | EdgeType::RanDuring
        | EdgeType::Pushed
        | EdgeType::OfTag
        | EdgeType::OfManifest
        | EdgeType::Identifies
        | EdgeType::HasManifest
        | EdgeType::HasConfig
        | EdgeType::Claims
        | EdgeType::BeginsWith
        | EdgeType::TaggedWith
        | EdgeType::Attests
        | EdgeType::VerifiedBy
        | EdgeType::CheckedWith
        | EdgeType::Reports
        | EdgeType::ReportsConfig
        | EdgeType::OfChart => true,
        EdgeType::HasPipeline
        | EdgeType::HasJob
        | EdgeType::Triggered
        | EdgeType::Started
        | EdgeType::HasMergeRequest
        | EdgeType::HasRelease
        | EdgeType::HasPackage
        | EdgeType::Published
        | EdgeType::HasRepository
        | EdgeType::Holds
        | EdgeType::Authored
        | EdgeType::Approved
        | EdgeType::Merged
        | EdgeType::HasNamespace
        | EdgeType::HasWorkload
        | EdgeType::HasHelmRelease
        | EdgeType::HasPod
        | EdgeType::HasContainer
        | EdgeType::Installed => false,
    }
}

/// How an arrow is drawn between two nodes of a pattern.
fn arrow(outgoing: bool) -> (&'static str, &'static str) {
    if outgoing { ("-", "->") } else { ("<-", "-") }
}

fn fill(template: &str, (edge, narrow, wide): Shape) -> String {
    let (tail, head) = arrow(starts_narrow(edge));
    template
        .replace("{{narrow}}", narrow.as_str())
        .replace("{{wide}}", wide.as_str())
        .replace("{{edge}}", edge.as_str())
        .replace("{{tail}}", tail)
        .replace("{{head}}", head)
}
