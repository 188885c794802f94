//! `IDENTIFIES` from Polar's own nodes.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use polar_graph::{Counters, GraphError, GraphStore, Row, Statement};
use polar_model::Value;
use polar_normalize::Options;

use crate::{Problem, image, problem::Wrong};

/// Nodes compared at a time, and written in one transaction.
pub(crate) const BATCH: usize = 2000;

/// A mapping that identifies references.
pub(crate) struct Identify<'a> {
    pub(crate) store: &'a dyn GraphStore,
    pub(crate) options: &'a Options,
    pub(crate) mapping: &'a str,
    pub(crate) label: &'a str,
    pub(crate) key: &'a [String],
    pub(crate) image: &'a str,
    pub(crate) tagged: bool,
    pub(crate) now: Timestamp,
}

/// Columns of rows besides the key's properties, whose names all begin with a letter.
const ID: &str = "_id";
const REFERENCE: &str = "_reference";

/// The values of a node's key.
type Key = Vec<String>;

/// What nodes of one key name.
#[derive(Default)]
struct Named {
    /// Key properties for a statement.
    row: BTreeMap<String, Value>,
    /// Reference as written → key and UUID of the `ImageReference`.
    wanted: BTreeMap<String, (String, String)>,
}

/// An edge to draw or to close: the properties that the node is found by, and the reference.
type Edge = (BTreeMap<String, Value>, String);

impl Identify<'_> {
    /// Brings the edges of some nodes in line with what the nodes name.
    pub(crate) async fn batch(
        &self,
        rows: &[Row],
        problem: &mut (dyn FnMut(Problem) + Send),
    ) -> Result<Counters, GraphError> {
        let mut nodes: BTreeMap<Key, Named> = BTreeMap::new();
        for row in rows {
            if let Err(wrong) = self.read(row, &mut nodes) {
                problem(Problem::new(self.mapping, row, wrong));
            }
        }
        let nodes: Vec<Named> = nodes.into_values().collect();
        let open = self.open(&nodes).await?;
        let mut draw: Vec<Edge> = Vec::new();
        let mut close: Vec<Edge> = Vec::new();
        let mut references: BTreeMap<&str, &str> = BTreeMap::new();
        for (node, open) in nodes.iter().zip(&open) {
            for (written, (reference, uuid)) in &node.wanted {
                if !open.contains(&(written.clone(), reference.clone())) {
                    references.insert(reference, uuid);
                    let mut found_by = node.row.clone();
                    found_by.insert(self.image.to_owned(), written.as_str().into());
                    draw.push((found_by, reference.clone()));
                }
            }
            let named: BTreeSet<_> = node.wanted.values().map(|(form, _)| form).collect();
            let held: BTreeSet<_> = open.iter().map(|(_, form)| form).collect();
            for stale in held.difference(&named) {
                close.push((node.row.clone(), (*stale).clone()));
            }
        }
        self.write(&references, draw, close).await
    }

    /// Notes what a row says of its node.
    fn read(&self, row: &Row, nodes: &mut BTreeMap<Key, Named>) -> Result<(), Wrong> {
        let mut values = Vec::new();
        let mut properties = BTreeMap::new();
        for name in self.key {
            let Some(value) = row.get(name).as_str() else {
                let reason = format!("the node has no `{name}`, by which it could be found again");
                return Err(Wrong::new("no-key", reason));
            };
            values.push(value.to_owned());
            properties.insert(name.clone(), value.into());
        }
        let named = nodes.entry(values).or_default();
        named.row = properties;
        let Some(written) = row.get(self.image).as_str() else {
            return Ok(());
        };
        let reference = image::read(written, self.tagged, self.options)?;
        let form = reference.primary().into_owned();
        let uuid = reference.primary_uuid().to_string();
        named.wanted.insert(written.to_owned(), (form, uuid));
        Ok(())
    }

    /// For each node the references that it is drawn to, and as what they are written now.
    async fn open(&self, nodes: &[Named]) -> Result<Vec<BTreeSet<(String, String)>>, GraphError> {
        let rows: Vec<Value> = nodes
            .iter()
            .zip(0_i64..)
            .map(|(node, id)| {
                let mut row = node.row.clone();
                row.insert(ID.to_owned(), id.into());
                Value::Map(row)
            })
            .collect();
        let text = self.text(include_str!("../cypher/identifies-open.cypher"), self.key);
        let statement = self.statement(text, rows);
        let mut open = vec![BTreeSet::new(); nodes.len()];
        for row in self.store.read(statement).await? {
            let id = row
                .get("id")
                .as_int()
                .and_then(|id| usize::try_from(id).ok());
            if let Some(of_node) = id.and_then(|id| open.get_mut(id)) {
                of_node.insert((
                    row.text("image").to_owned(),
                    row.text("reference").to_owned(),
                ));
            }
        }
        Ok(open)
    }

    async fn write(
        &self,
        references: &BTreeMap<&str, &str>,
        draw: Vec<Edge>,
        close: Vec<Edge>,
    ) -> Result<Counters, GraphError> {
        if draw.is_empty() && close.is_empty() {
            return Ok(Counters::default());
        }
        let mut statements = polar_ingest::next_change();
        if !close.is_empty() {
            let text = self.text(include_str!("../cypher/identifies-close.cypher"), self.key);
            statements.push(self.statement(text, edges(close)));
        }
        if !draw.is_empty() {
            let rows = references
                .iter()
                .map(|(reference, uuid)| Value::map([(REFERENCE, *reference), ("uuid", *uuid)]));
            let text = include_str!("../cypher/references.cypher").to_owned();
            statements.push(self.statement(text, rows.collect()));
            // A node is found by what it names, too: another one of the same key may name another.
            let mut key = self.key.to_vec();
            if !key.iter().any(|name| name == self.image) {
                key.push(self.image.to_owned());
            }
            let text = self.text(include_str!("../cypher/identifies-draw.cypher"), &key);
            statements.push(self.statement(text, edges(draw)));
        }
        self.store.write(statements).await
    }

    /// Fills a template with names from the mapping's header, which were checked to be names.
    fn text(&self, template: &str, key: &[String]) -> String {
        let key: Vec<_> = key
            .iter()
            .map(|name| format!("{name}: row.{name}"))
            .collect();
        template
            .replace("{{label}}", self.label)
            .replace("{{key}}", &key.join(", "))
            .replace("{{image}}", self.image)
    }

    fn statement(&self, text: String, rows: Vec<Value>) -> Statement {
        Statement::new(text)
            .with("rows", rows)
            .with("mapping", self.mapping)
            .with("now", self.now)
    }
}

fn edges(edges: Vec<Edge>) -> Vec<Value> {
    let rows = edges.into_iter().map(|(mut row, reference)| {
        row.insert(REFERENCE.to_owned(), reference.into());
        Value::Map(row)
    });
    rows.collect()
}
