//! Whether those who would know were asked.

use polar_graph::{GraphError, Statement};

use crate::{
    answer::{Candidate, Reason},
    ask::{Session, cypher},
    knowledge,
    name::Name,
};

/// What speaks against taking the graph's silence for an answer of the sources of a kind.
pub(crate) async fn silence(
    session: &Session<'_>,
    kind: &str,
    name: Option<&Name>,
) -> Result<Option<Candidate>, GraphError> {
    let by_registry = knowledge::reads_registries(kind);
    // Nobody else knows the registry that only one machine means.
    if by_registry && name.is_none_or(|name| name.own) {
        return Ok(None);
    }
    let scope = name
        .filter(|_| by_registry)
        .map_or("", |name| name.registry.as_str());
    let asked = Statement::new(cypher!("sources"))
        .with("kind", kind)
        .with("scope", scope);
    let rows = session.ask(asked).await?;
    let covers = |read: &str| match name.filter(|_| by_registry) {
        Some(name) => {
            let rest = read.strip_prefix(name.registry.as_str());
            rest.is_some_and(|rest| {
                rest.is_empty() || rest.strip_prefix('/') == Some(&name.repository)
            })
        }
        None => !read.contains('/'),
    };
    let within =
        |read: &str| scope.is_empty() || read == scope || read.starts_with(&format!("{scope}/"));
    let all: Vec<_> = rows
        .iter()
        .filter(|row| within(row.text("scope")))
        .collect();
    let whole = all.iter().filter(|row| covers(row.text("scope")));
    let last = whole.filter_map(|row| row.time("complete_at")).max();
    let what = if scope.is_empty() { "all" } else { scope };
    let needed = name.and_then(|name| name.seen_at);
    let (reason, detail) = match (last, needed) {
        (None, _) if all.is_empty() => (
            Reason::NotRead,
            format!("nothing of {what} was ever read ({kind})"),
        ),
        (None, _) => {
            let detail = format!("of {what} only parts were read completely ({kind})");
            (Reason::SourceIncomplete, detail)
        }
        (Some(last), Some(needed)) if last < needed => {
            let detail = format!(
                "the last complete reading of {what} ended at {last} ({kind}), before {needed}"
            );
            (Reason::SourceIncomplete, detail)
        }
        _ => return Ok(None),
    };
    Ok(Some(Candidate {
        reason,
        node: None,
        detail,
        suggestion: None,
    }))
}
