//! A batch of facts against the graph: what is there, what differs, one transaction.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    future::Future,
    sync::Arc,
};

use futures_util::{StreamExt, TryStreamExt, future::try_join, stream};
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

/// Readings at a time.
const READERS: usize = 4;

/// When an edge was found to hold no longer; absent while it holds.
pub(crate) const UNTIL: &str = "until";

/// What is to be written, or is being written: nodes and edges with the properties that change.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Changes {
    nodes: BTreeMap<NodeId, Props>,
    edges: BTreeMap<EdgeId, Props>,
    /// The nodes that the graph did not have.
    new: HashSet<NodeId>,
}

/// What a batch says, before it is compared with the graph.
pub(crate) struct Batch {
    wanted: Wanted,
    /// What belongs to each observation that names images.
    around: Vec<Around>,
}

/// The nodes and edges of an observation, and the references that it speaks about.
struct Around {
    nodes: Vec<NodeId>,
    edges: Vec<EdgeId>,
    references: Vec<String>,
}

impl Batch {
    /// Gathers what observations say.
    pub(crate) fn of(batch: Vec<Facts>) -> Self {
        let wanted = Wanted::from(&batch);
        let around = batch
            .into_iter()
            .filter(|facts| !facts.references.is_empty());
        let around = around.map(|facts| Around {
            nodes: facts
                .nodes
                .into_iter()
                .map(|node| (node.label, node.key))
                .collect(),
            edges: facts.edges.iter().map(id).collect(),
            references: facts.references,
        });
        Self {
            around: around.collect(),
            wanted,
        }
    }

    /// Whether it can be compared with the graph while `behind` is being written: what is open of a
    /// set is read, and must not be about to change.
    pub(crate) fn can_overtake(&self, behind: &Changes) -> bool {
        let whole = &self.wanted.whole;
        let is_of_one = |(edge, from, to): &EdgeId| {
            let set = |node: &NodeId, other: &NodeId, outgoing| Whole {
                node: node.clone(),
                edge: *edge,
                other: other.0,
                outgoing,
            };
            whole.contains(&set(from, to, true)) || whole.contains(&set(to, from, false))
        };
        whole.is_empty() || !behind.edges.keys().any(is_of_one)
    }

    /// What differs from the graph, that of `behind` being there already.
    pub(crate) async fn compare(
        self,
        store: &dyn GraphStore,
        behind: &Changes,
        now: Timestamp,
    ) -> Result<Changes, GraphError> {
        let Wanted {
            nodes,
            edges,
            whole,
        } = self.wanted;
        let closed = closed_edges(store, &whole, &edges, now);
        let (changed, mut closed) = try_join(changed_nodes(store, nodes, behind), closed).await?;
        closed.extend(changed_edges(store, edges, &changed.new, behind).await?);
        let (nodes, edges) = (changed.nodes, closed);
        if nodes.is_empty() && edges.is_empty() {
            return Ok(Changes::default());
        }
        Ok(Changes {
            nodes: touch(&self.around, nodes, &edges, now),
            edges,
            new: changed.new,
        })
    }
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
        match store.write(self.statements(&self.new)).await {
            // Another writer has made it since.
            Err(GraphError::Exists { .. }) => store.write(self.statements(&HashSet::new())).await,
            written => written,
        }
    }

    fn statements(&self, new: &HashSet<NodeId>) -> Vec<Statement> {
        let mut statements = next_change();
        let (created, changed): (Vec<_>, Vec<_>) =
            self.nodes.iter().partition(|(node, _)| new.contains(*node));
        for (make, nodes) in [("CREATE", created), ("MERGE", changed)] {
            for (label, rows) in by_label(nodes) {
                let text = include_str!("../cypher/nodes-write.cypher")
                    .replace("{{make}}", make)
                    .replace("{{label}}", label.as_str());
                statements.push(Statement::keyed(text).with("rows", rows));
            }
        }
        let (created, changed): (Vec<_>, Vec<_>) = self
            .edges
            .iter()
            .partition(|((_, from, to), _)| new.contains(from) || new.contains(to));
        for (make, edges) in [("CREATE", created), ("MERGE", changed)] {
            for (shape, rows) in by_shape(edges) {
                let text = fill(include_str!("../cypher/edges-write.cypher"), shape)
                    .replace("{{make}}", make);
                statements.push(Statement::keyed(text).with("rows", rows));
            }
        }
        statements
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

/// Nodes that differ from the graph, and those of them that it does not have.
struct ChangedNodes {
    nodes: BTreeMap<NodeId, Props>,
    new: HashSet<NodeId>,
}

/// The nodes that are not in the graph, or lack a property, or hold another value.
async fn changed_nodes(
    store: &dyn GraphStore,
    mut wanted: BTreeMap<NodeId, Props>,
    behind: &Changes,
) -> Result<ChangedNodes, GraphError> {
    let mut keys: BTreeMap<Label, Vec<Value>> = BTreeMap::new();
    for (label, key) in wanted.keys() {
        let row = Value::map([("key", key.as_str())]);
        keys.entry(*label).or_default().push(row);
    }
    let reads = keys.into_iter().map(|(label, rows)| async move {
        let text = include_str!("../cypher/nodes-read.cypher").replace("{{label}}", label.as_str());
        let rows = store
            .read(Statement::keyed(text).with("rows", rows))
            .await?;
        Ok((label, rows))
    });
    let mut present = HashMap::new();
    for (label, rows) in side_by_side(reads).await? {
        for row in rows {
            present.insert((label, row.text("key").to_owned()), row);
        }
    }
    let mut new = HashSet::new();
    wanted.retain(|id, props| {
        match there(present.get(id), behind.nodes.get(id)) {
            Some(present) => retain_changes(props, &present),
            None => {
                new.insert(id.clone());
                return true;
            }
        }
        !props.is_empty()
    });
    Ok(ChangedNodes { nodes: wanted, new })
}

/// The edges that are not in the graph, or lack a property, or hold another value. One of a new node
/// cannot be there.
async fn changed_edges(
    store: &dyn GraphStore,
    mut wanted: BTreeMap<EdgeId, Props>,
    new: &HashSet<NodeId>,
    behind: &Changes,
) -> Result<BTreeMap<EdgeId, Props>, GraphError> {
    let can_be_there = wanted
        .iter()
        .filter(|((_, from, to), _)| !new.contains(from) && !new.contains(to));
    let reads = by_shape(can_be_there)
        .into_iter()
        .map(|(shape, rows)| async move {
            let text = fill(include_str!("../cypher/edges-read.cypher"), shape);
            let rows = store
                .read(Statement::keyed(text).with("rows", rows))
                .await?;
            Ok((shape, rows))
        });
    let mut present = HashMap::new();
    for (shape, rows) in side_by_side(reads).await? {
        for row in rows {
            present.insert(unwalk(shape, row.text("narrow"), row.text("wide")), row);
        }
    }
    wanted.retain(|id, props| {
        let Some(present) = there(present.get(id), behind.edges.get(id)) else {
            return true;
        };
        retain_changes(props, &present);
        !props.is_empty()
    });
    Ok(wanted)
}

/// The properties of something once what is being written is there, whether or not the row has it
/// already; nothing if neither has it.
fn there<'a>(
    row: Option<&'a Row>,
    behind: Option<&Props>,
) -> Option<Cow<'a, BTreeMap<String, Value>>> {
    let present = match row.map(|row| row.get("props")) {
        Some(Value::Map(present)) => Some(Cow::Borrowed(present)),
        _ => None,
    };
    let Some(behind) = behind else {
        return present;
    };
    let mut present = present.unwrap_or_default().into_owned();
    for (name, value) in behind {
        present.insert((*name).to_owned(), value.clone());
    }
    Some(Cow::Owned(present))
}

/// Runs a few readings at a time; the graph answers them side by side.
async fn side_by_side<T>(
    reads: impl Iterator<Item = impl Future<Output = Result<T, GraphError>>>,
) -> Result<Vec<T>, GraphError> {
    stream::iter(reads)
        .buffer_unordered(READERS)
        .try_collect()
        .await
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
    let reads = by_kind.into_iter().map(|(kind, rows)| async move {
        let (label, edge, other, outgoing) = kind;
        let (tail, head) = arrow(outgoing);
        let text = include_str!("../cypher/edges-open.cypher")
            .replace("{{node}}", label.as_str())
            .replace("{{other}}", other.as_str())
            .replace("{{edge}}", edge.as_str())
            .replace("{{tail}}", tail)
            .replace("{{head}}", head);
        let rows = store
            .read(Statement::keyed(text).with("rows", rows))
            .await?;
        Ok((kind, rows))
    });
    for ((label, edge, other, outgoing), rows) in side_by_side(reads).await? {
        for row in rows {
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
    around: &[Around],
    mut changed: BTreeMap<NodeId, Props>,
    edges: &BTreeMap<EdgeId, Props>,
    now: Timestamp,
) -> BTreeMap<NodeId, Props> {
    let mut touched: BTreeSet<String> = BTreeSet::new();
    for facts in around {
        let node = |node: &NodeId| changed.contains_key(node);
        let edge = |edge: &EdgeId| edges.contains_key(edge);
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
