//! A graph as text, the same for the same graph in any store.

use polar_graph::{GraphStore, Row, Statement};
use polar_model::Value;

/// Properties that tell when this program wrote something; they differ from run to run.
const CLOCKS: [&str; 5] = ["touched_at", "first_seen", "since", "change", "last"];

/// What tells how the graph came to be rather than what it holds.
const HISTORY: [&str; 2] = ["ProvenanceRun", "Lease"];

/// All nodes and edges by label and key, sorted, without the times of writing, the history of
/// passes, and the lease of who writes.
///
/// # Panics
/// If the store fails.
pub async fn dump(store: &dyn GraphStore) -> Vec<String> {
    let nodes = "MATCH (n) RETURN labels(n)[0] AS label, n.key AS key, properties(n) AS props";
    let edges = "MATCH (a)-[r]->(b) RETURN labels(a)[0] AS label, a.key AS key, type(r) AS type, \
                 properties(r) AS props, labels(b)[0] AS to_label, b.key AS to_key";
    let mut lines = Vec::new();
    for row in store.read(Statement::new(nodes)).await.unwrap() {
        if !HISTORY.contains(&row.text("label")) {
            lines.push(format!(
                "({} {}) {}",
                row.text("label"),
                row.text("key"),
                props(&row)
            ));
        }
    }
    for row in store.read(Statement::new(edges)).await.unwrap() {
        lines.push(format!(
            "({} {})-{}->({} {}) {}",
            row.text("label"),
            row.text("key"),
            row.text("type"),
            row.text("to_label"),
            row.text("to_key"),
            props(&row)
        ));
    }
    lines.sort();
    lines
}

fn props(row: &Row) -> String {
    let Value::Map(mut props) = row.get("props").clone() else {
        panic!("no properties in {row:?}");
    };
    props.retain(|name, _| !CLOCKS.contains(&name.as_str()));
    if let Some(until) = props.get_mut("until") {
        *until = "closed".into();
    }
    Value::Map(props).to_json().to_string()
}
