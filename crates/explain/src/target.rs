//! What is to be explained.

use polar_graph::{GraphError, GraphStore, Statement};
use polar_model::Label;
use polar_normalize::{Options, parse};
use polar_query::{similar, split_label};
use polar_rules::Rule;

use crate::{
    answer::{Explanation, Found, ReferenceAnswer, SCHEMA},
    ask::{Session, cypher, found, on_label},
    node, reference,
};

/// Nodes that are explained; how many more there are is told.
const EXPLAINED: usize = 20;

/// Labels whose keys are references, too. What is written so means all who identify it.
const REFERENCES: [Label; 4] = [
    Label::ImageReference,
    Label::ImageTag,
    Label::ContainerImageTag,
    Label::AcrImage,
];

/// Why nothing can be explained.
#[derive(Debug, thiserror::Error)]
pub enum ExplainError {
    /// The graph is out of reach, or refuses a query.
    #[error("{0}")]
    Graph(#[from] GraphError),
    /// The graph has nothing of this name.
    #[error("the graph has no `{target}`{}{}", told(.reason.as_deref()), listed("; near it are", .similar))]
    Unknown {
        /// As given.
        target: String,
        /// Why it is no reference either, if it is none.
        reason: Option<String>,
        /// What may be meant.
        similar: Vec<String>,
    },
    /// Several nodes have this name.
    #[error("`{target}` is the name of several{}", listed("; give one of", .nodes))]
    Ambiguous {
        /// As given.
        target: String,
        /// `Label:key`, or `cluster/namespace/pod`, of each.
        nodes: Vec<String>,
    },
}

fn told(reason: Option<&str>) -> String {
    reason
        .map(|reason| format!(", and it is no image reference: {reason}"))
        .unwrap_or_default()
}

fn listed(before: &str, names: &[String]) -> String {
    match names {
        [] => String::new(),
        names => format!("{before}\n  {}", names.join("\n  ")),
    }
}

/// Explains a node (`Label:key`, or its key), a pod (its name, or `cluster/namespace/name`) or an image
/// reference, by rules in the order they run.
///
/// # Errors
/// [`ExplainError`] if the target is unknown or ambiguous, or the graph is out of reach.
pub async fn explain(
    store: &dyn GraphStore,
    rules: &[Rule],
    options: &Options,
    target: &str,
) -> Result<Explanation, ExplainError> {
    let session = Session::new(store, options);
    let (nodes, reference) = resolve(&session, target).await?;
    let mut explained = Vec::new();
    for node in nodes.iter().take(EXPLAINED) {
        explained.push(node::explain(&session, rules, node).await?);
    }
    Ok(Explanation {
        schema: SCHEMA,
        target: target.to_owned(),
        reference,
        nodes: explained,
        left_out: nodes.len().saturating_sub(EXPLAINED) as u64,
        queries: session.store.asked(),
    })
}

type Resolved = (Vec<Found>, Option<ReferenceAnswer>);

async fn resolve(session: &Session<'_>, target: &str) -> Result<Resolved, ExplainError> {
    if let Some((label, key)) = split_label(target) {
        let nodes = by_key(session, &[label], key).await?;
        return match (nodes.first(), label) {
            (None, _) => Err(unknown(session, target, None).await?),
            (Some(_), Label::KubePod) => Ok((containers(session, key).await?, None)),
            _ => Ok((nodes, None)),
        };
    }
    let others: Vec<_> = Label::ALL
        .iter()
        .copied()
        .filter(|label| !REFERENCES.contains(label))
        .collect();
    let nodes = by_key(session, &others, target).await?;
    match nodes.as_slice() {
        [] => {}
        [one] if one.label == Label::KubePod.as_str() => {
            return Ok((containers(session, &one.key).await?, None));
        }
        [_] => return Ok((nodes, None)),
        several => {
            let named = several
                .iter()
                .map(|node| format!("{}:{}", node.label, node.key));
            return Err(ambiguous(target, named.collect()));
        }
    }
    if let Some(nodes) = pod(session, target).await? {
        return Ok((nodes, None));
    }
    by_reference(session, target).await
}

async fn by_reference(session: &Session<'_>, target: &str) -> Result<Resolved, ExplainError> {
    let image = match parse(target, session.options) {
        Ok(image) => image,
        Err(error) => return Err(unknown(session, target, Some(error.to_string())).await?),
    };
    let reference = reference::forms(session, &image).await?;
    if !reference.forms.iter().any(|form| form.known) {
        return Err(unknown(session, target, None).await?);
    }
    Ok((reference.nodes(), Some(reference)))
}

async fn by_key(
    session: &Session<'_>,
    labels: &[Label],
    key: &str,
) -> Result<Vec<Found>, GraphError> {
    let mut nodes = Vec::new();
    for label in labels {
        let asked = on_label(cypher!("find"), label.as_str()).with("key", key);
        nodes.extend(session.ask(asked).await?.iter().map(found));
    }
    Ok(nodes)
}

/// The containers of a pod by its name, or by `cluster/namespace/name`; none if there is no such pod.
async fn pod(session: &Session<'_>, target: &str) -> Result<Option<Vec<Found>>, ExplainError> {
    let parts: Vec<_> = target.split('/').collect();
    let (place, name) = match parts.as_slice() {
        [name] => (None, *name),
        [cluster, namespace, name] => (Some((*cluster, *namespace)), *name),
        _ => return Ok(None),
    };
    let mut rows = session
        .ask(Statement::new(cypher!("pods")).with("name", name))
        .await?;
    rows.retain(|row| {
        place.is_none_or(|place| place == (row.text("cluster"), row.text("namespace")))
    });
    match rows.as_slice() {
        [] => Ok(None),
        [one] => Ok(Some(containers(session, one.text("key")).await?)),
        several if place.is_some() => {
            // The same name again, after the pod before it was deleted.
            let named = several
                .iter()
                .map(|row| format!("KubePod:{}", row.text("key")));
            Err(ambiguous(target, named.collect()))
        }
        several => {
            let mut named: Vec<_> = several
                .iter()
                .map(|row| format!("{}/{}/{name}", row.text("cluster"), row.text("namespace")))
                .collect();
            named.dedup();
            if named.len() == 1 {
                named = several
                    .iter()
                    .map(|row| format!("KubePod:{}", row.text("key")))
                    .collect();
            }
            Err(ambiguous(target, named))
        }
    }
}

async fn containers(session: &Session<'_>, pod: &str) -> Result<Vec<Found>, GraphError> {
    let rows = session
        .ask(Statement::new(cypher!("containers")).with("key", pod))
        .await?;
    Ok(rows.iter().map(found).collect())
}

async fn unknown(
    session: &Session<'_>,
    target: &str,
    reason: Option<String>,
) -> Result<ExplainError, GraphError> {
    Ok(ExplainError::Unknown {
        target: target.to_owned(),
        reason,
        similar: similar(&session.store, target).await?,
    })
}

fn ambiguous(target: &str, nodes: Vec<String>) -> ExplainError {
    ExplainError::Ambiguous {
        target: target.to_owned(),
        nodes,
    }
}
