//! Whether a graph could run a rule.

use jiff::Timestamp;
use polar_graph::{GraphError, GraphStore, SchemaItem, Statement};
use polar_model::{KEY, Value};
use polar_rules::Rule;

use crate::pass::dialect;

/// What a graph said to a statement that follows from a rule.
#[derive(Debug)]
pub struct Refusal {
    /// The statement as the graph was given it.
    pub statement: String,
    /// What it said.
    pub error: GraphError,
}

/// Plans each statement that follows from a rule on the live graph, without running it.
///
/// # Errors
/// The graph's first refusal, or that it is out of reach.
pub async fn check(store: &dyn GraphStore, rule: &Rule) -> Result<(), Refusal> {
    let derived = rule.derive(dialect(store));
    let compared = [&derived.all, &derived.around];
    let reads = compared
        .into_iter()
        .flat_map(|compared| std::iter::once(&compared.missing).chain(&compared.stale));
    let wakes = derived.wakes.iter().map(|wake| &wake.text);
    let writes = [&derived.create, &derived.delete, &derived.count];
    for text in reads.chain(wakes).chain(writes) {
        let statement = format!("EXPLAIN {text}");
        if let Err(error) = store.read(with_parameters(&statement)).await {
            return Err(Refusal { statement, error });
        }
    }
    Ok(())
}

/// Parameters must have values for a plan to be made on either store.
fn with_parameters(text: &str) -> Statement {
    let parameters: [(&str, Value); 8] = [
        ("rows", Value::List(Vec::new())),
        ("rules", Value::List(Vec::new())),
        ("rule", "".into()),
        ("kind", "".into()),
        ("severity", "".into()),
        ("confidence", Value::Float(1.0)),
        ("since", Value::Int(0)),
        ("now", Timestamp::UNIX_EPOCH.into()),
    ];
    let statement = Statement::new(text.to_owned());
    parameters
        .into_iter()
        .fold(statement, |statement, (name, value)| {
            statement.with(name, value)
        })
}

/// The indexes without which a pass would read all nodes of a label for each row, or take several for
/// the same: each with the variable of the rule that needs it.
#[must_use]
pub fn needed_indexes(rule: &Rule) -> Vec<(&'static str, SchemaItem)> {
    let ends = rule.effect.ends().into_iter();
    let item = |(variable, label): (&'static str, &str)| {
        let item = SchemaItem {
            label: label.trim_matches('`').to_owned(),
            property: KEY.to_owned(),
            unique: true,
        };
        (variable, item)
    };
    ends.map(item).collect()
}
