//! A batch of facts against the graph: what is there, what differs, one transaction.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use futures_util::future::try_join;
use jiff::Timestamp;
use polar_graph::{Engine, GraphError, GraphStore, Statement};
use polar_model::{EdgeType, Label, TOUCHED_AT, Value};

use crate::{
    EdgeFact, Facts, NodeId, Whole,
    changes::Changes,
    merge::{Props, merge, retain_changes},
    present::{Present, Sought, present, side_by_side},
    shape::{EdgeId, arrow, walk},
};

/// Of a set, the edges that were not named. Asked for the plain key, the planner would begin at the index of all
/// keys.
const UNNAMED: &str = " AND NOT coalesce(other.key, '') IN row.named";
/// With more names than these, all edges of a set are handed out: the store looks through names one by one.
const NAMED: usize = 50;

/// When an edge was found to hold no longer; absent while it holds.
pub(crate) const UNTIL: &str = "until";

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
            whole.contains_key(&set(from, to, true)) || whole.contains_key(&set(to, from, false))
        };
        whole.is_empty() || !behind.edges.keys().any(is_of_one)
    }

    /// What differs from the graph, that of `behind` being there already. Where most is `known`, the store compares.
    pub(crate) async fn compare(
        self,
        store: &dyn GraphStore,
        behind: &Changes,
        known: bool,
        now: Timestamp,
    ) -> Result<Compared, GraphError> {
        let Wanted {
            nodes,
            edges,
            whole,
        } = self.wanted;
        let all = nodes.len();
        let closed = closed_edges(store, &whole, &edges, known, now);
        let nodes = changed_nodes(store, nodes, behind, known);
        let (changed, mut closed) = try_join(nodes, closed).await?;
        closed.extend(changed_edges(store, edges, &changed.new, behind, known).await?);
        let (nodes, edges) = (changed.nodes, closed);
        let known = changed.new.len() * 2 <= all;
        let changes = if nodes.is_empty() && edges.is_empty() {
            Changes::default()
        } else {
            Changes {
                nodes: touch(&self.around, nodes, &edges, now),
                edges,
                new: changed.new,
            }
        };
        Ok(Compared { changes, known })
    }
}

/// A batch that was compared with the graph.
pub(crate) struct Compared {
    pub(crate) changes: Changes,
    /// Whether the graph had most of its nodes.
    pub(crate) known: bool,
}

/// What a batch says, all observations together; where two differ, the later one holds.
#[derive(Default)]
struct Wanted {
    nodes: BTreeMap<NodeId, Props>,
    edges: BTreeMap<EdgeId, Props>,
    /// With the keys at the other ends that were named.
    whole: BTreeMap<Whole, Vec<String>>,
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
            }
            for edge in &facts.edges {
                let props = wanted.edges.entry(id(edge)).or_default();
                merge(props, &edge.props);
                if facts.whole.iter().any(|whole| whole.has(edge)) {
                    props.insert(UNTIL, Value::Null);
                }
            }
        }
        for (whole, edges) in named {
            let other = |(_, from, to): EdgeId| if whole.outgoing { to.1 } else { from.1 };
            let named = edges.into_iter().map(other);
            wanted.whole.insert(whole.clone(), named.collect());
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
    may_compare: bool,
) -> Result<ChangedNodes, GraphError> {
    let sought = wanted.iter().map(|(id, props)| Sought {
        kind: id.0,
        keys: vec![&id.1],
        wanted: props,
        comparable: may_compare && !behind.nodes.contains_key(id),
    });
    let mut found = present(store, sought.collect()).await?.into_iter();
    let mut new = HashSet::new();
    wanted.retain(|id, props| {
        match there(found.next().flatten(), behind.nodes.get(id)) {
            None => {
                new.insert(id.clone());
                return true;
            }
            Some(Present::Same) => return false,
            Some(Present::Props(present)) => retain_changes(props, &present),
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
    may_compare: bool,
) -> Result<BTreeMap<EdgeId, Props>, GraphError> {
    let can_be_there = |(_, from, to): &EdgeId| !new.contains(from) && !new.contains(to);
    let sought = wanted.iter().filter(|(id, _)| can_be_there(id));
    let sought = sought.map(|(id, props)| {
        let (shape, narrow, wide) = walk(id);
        Sought {
            kind: shape,
            keys: vec![narrow, wide],
            wanted: props,
            comparable: may_compare && !behind.edges.contains_key(id),
        }
    });
    let mut found = present(store, sought.collect()).await?.into_iter();
    wanted.retain(|id, props| {
        let found = if can_be_there(id) {
            found.next().flatten()
        } else {
            None
        };
        match there(found, behind.edges.get(id)) {
            None => return true,
            Some(Present::Same) => return false,
            Some(Present::Props(present)) => retain_changes(props, &present),
        }
        !props.is_empty()
    });
    Ok(wanted)
}

/// The properties of something once what is being written is there, whether or not it was found with
/// it already; nothing if it is in neither. What is being written is not compared by the store.
fn there(found: Option<Present>, behind: Option<&Props>) -> Option<Present> {
    let Some(behind) = behind else {
        return found;
    };
    let mut present = match found {
        Some(Present::Props(present)) => present,
        _ => BTreeMap::new(),
    };
    for (name, value) in behind {
        present.insert((*name).to_owned(), value.clone());
    }
    Some(Present::Props(present))
}

/// The open edges of sets known as a whole that nobody named: they hold no longer.
async fn closed_edges(
    store: &dyn GraphStore,
    sets: &BTreeMap<Whole, Vec<String>>,
    wanted: &BTreeMap<EdgeId, Props>,
    may_compare: bool,
    now: Timestamp,
) -> Result<BTreeMap<EdgeId, Props>, GraphError> {
    let mut by_kind: BTreeMap<(Label, EdgeType, Label, bool), Vec<Value>> = BTreeMap::new();
    let may_compare = may_compare && store.engine() == Engine::Neo4j;
    // The embedded store finds no row's column in a WHERE.
    let unnamed = if may_compare { UNNAMED } else { "" };
    for (set, named) in sets {
        let mut row = vec![("key", Value::from(set.node.1.as_str()))];
        if may_compare {
            let named = if named.len() > NAMED {
                &[]
            } else {
                named.as_slice()
            };
            let named = named.iter().map(|key| Value::from(key.as_str())).collect();
            row.push(("named", Value::List(named)));
        }
        let row = Value::map(row);
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
            .replace("{{unnamed}}", unnamed)
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
