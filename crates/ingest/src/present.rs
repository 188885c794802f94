//! What the graph has of what a batch wants.
//!
//! A store in this process hands out what it has. A server compares for itself and tells only what
//! differs: values that are there already need not travel back.

use std::collections::BTreeMap;

use futures_util::{StreamExt, TryStreamExt, stream};
use polar_graph::{Engine, GraphError, GraphStore, Row, Statement};
use polar_model::Value;

use crate::merge::Props;

/// Readings at a time.
const READERS: usize = 4;

/// With fewer things that want the same properties, a text of their own costs more to plan than it
/// spares.
const COMPARED_FROM: usize = 100;

/// What the graph has of something.
#[derive(Debug, PartialEq)]
pub(crate) enum Present {
    /// The properties that are wanted, as they are wanted.
    Same,
    /// These properties.
    Props(BTreeMap<String, Value>),
}

/// What the graph has of each thing, by its place.
type Found = [Option<Present>];

/// Nodes of a label, or edges between two.
pub(crate) trait Kind: Copy + Ord + Send {
    /// What keys are called in a row.
    const KEYS: &'static [&'static str];

    /// A statement that hands out properties.
    fn read(self) -> String;

    /// A statement that compares, but for `{{same}}`.
    fn compare(self) -> String;
}

/// Something that is looked for.
pub(crate) struct Sought<'a, K> {
    pub(crate) kind: K,
    pub(crate) keys: Vec<&'a str>,
    pub(crate) wanted: &'a Props,
    /// Whether the store may compare it.
    pub(crate) comparable: bool,
}

/// What the graph has of each; nothing of what it does not have.
pub(crate) async fn present<K: Kind>(
    store: &dyn GraphStore,
    sought: Vec<Sought<'_, K>>,
) -> Result<Vec<Option<Present>>, GraphError> {
    let mut found: Vec<Option<Present>> = Vec::new();
    found.resize_with(sought.len(), || None);
    let (statements, take): (_, fn(Row, &mut Found)) = match store.engine() {
        Engine::Embedded => (readings(&sought), read),
        Engine::Neo4j => (comparisons(&sought), compared),
    };
    let readings = statements.into_iter().map(|one| store.read(one));
    for row in side_by_side(readings).await?.into_iter().flatten() {
        take(row, &mut found);
    }
    Ok(found)
}

/// Runs a few readings at a time; the graph answers them side by side.
pub(crate) async fn side_by_side<T>(
    reads: impl Iterator<Item = impl Future<Output = Result<T, GraphError>>>,
) -> Result<Vec<T>, GraphError> {
    stream::iter(reads)
        .buffer_unordered(READERS)
        .try_collect()
        .await
}

fn readings<K: Kind>(sought: &[Sought<'_, K>]) -> Vec<Statement> {
    let mut rows: BTreeMap<K, Vec<Value>> = BTreeMap::new();
    for (place, one) in sought.iter().enumerate() {
        let keys = K::KEYS.iter().zip(&one.keys);
        let keys = keys.map(|(name, key)| (*name, Value::from(*key)));
        let row = Value::map([("at", at(place))].into_iter().chain(keys));
        rows.entry(one.kind).or_default().push(row);
    }
    rows.into_iter()
        .map(|(kind, rows)| Statement::keyed(kind.read()).with("rows", rows))
        .collect()
}

fn read(mut row: Row, found: &mut Found) {
    if let Value::Map(props) = row.take("props") {
        put(row.get("at"), Present::Props(props), found);
    }
}

/// Names of properties; none where nothing is to be compared.
type Names = Option<Vec<&'static str>>;

fn comparisons<K: Kind>(sought: &[Sought<'_, K>]) -> Vec<Statement> {
    let mut rows: BTreeMap<(K, Names), Vec<Value>> = BTreeMap::new();
    for (place, one) in sought.iter().enumerate() {
        let names = one
            .comparable
            .then(|| one.wanted.keys().copied().collect::<Vec<_>>());
        let mut row = vec![at(place)];
        row.extend(one.keys.iter().map(|key| Value::from(*key)));
        if names.is_some() {
            row.push(Value::List(one.wanted.values().map(or_nothing).collect()));
        }
        rows.entry((one.kind, names)).or_default().push(row.into());
    }
    let mut few: BTreeMap<K, Vec<Value>> = BTreeMap::new();
    let mut statements = Vec::new();
    for ((kind, names), rows) in rows {
        match names {
            Some(names) if rows.len() >= COMPARED_FROM => {
                let present = names
                    .iter()
                    .map(|name| format!("coalesce(n.`{name}`, [[]])"));
                let present = present.collect::<Vec<_>>().join(", ");
                let same = format!("[{present}] = row[{}]", K::KEYS.len() + 1);
                statements.push(statement(kind, &same, rows));
            }
            _ => few.entry(kind).or_default().extend(rows),
        }
    }
    statements.extend(
        few.into_iter()
            .map(|(kind, rows)| statement(kind, "false", rows)),
    );
    statements
}

fn statement<K: Kind>(kind: K, same: &str, rows: Vec<Value>) -> Statement {
    Statement::keyed(kind.compare().replace("{{same}}", same)).with("rows", rows)
}

/// A value as it is compared: no property can hold what stands for one that is not there, and nothing equals null.
fn or_nothing(value: &Value) -> Value {
    match value {
        Value::Null => Value::List(vec![Value::List(Vec::new())]),
        value => value.clone(),
    }
}

fn compared(mut row: Row, found: &mut Found) {
    let mut list = |column| match row.take(column) {
        Value::List(items) => items,
        _ => Vec::new(),
    };
    for place in list("same") {
        put(&place, Present::Same, found);
    }
    for pair in list("other") {
        let Value::List(pair) = pair else { continue };
        let mut pair = pair.into_iter();
        if let (Some(place), Some(Value::Map(props))) = (pair.next(), pair.next()) {
            put(&place, Present::Props(props), found);
        }
    }
}

/// A place in a list, as a value.
pub(crate) fn at(place: usize) -> Value {
    Value::Int(i64::try_from(place).unwrap_or(i64::MAX))
}

fn put(place: &Value, present: Present, found: &mut Found) {
    let place = place.as_int().and_then(|at| usize::try_from(at).ok());
    if let Some(found) = place.and_then(|at| found.get_mut(at)) {
        *found = Some(present);
    }
}
