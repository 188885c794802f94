//! What a written reference means in the graph.

use polar_graph::{GraphError, Statement};
use polar_normalize::ImageRef;

use crate::{
    answer::{Form, Found, Identified, ReferenceAnswer},
    ask::{Session, cypher, found, number, on_label, time},
};

/// The references that `image` means, and what identifies each.
pub(crate) async fn forms(
    session: &Session<'_>,
    image: &ImageRef,
) -> Result<ReferenceAnswer, GraphError> {
    let tag = image.tag().map(|tag| format!(":{tag}")).unwrap_or_default();
    let digest = image
        .digest()
        .map(|digest| format!("@{digest}"))
        .unwrap_or_default();
    let mut forms = Vec::new();
    for (kind, reference) in [("tag", image.tag_form()), ("digest", image.digest_form())] {
        if let Some(reference) = reference {
            forms.push(form(session, kind, &reference).await?);
        }
    }
    Ok(ReferenceAnswer {
        canonical: format!("{}{tag}{digest}", image.name()),
        forms,
    })
}

async fn form(session: &Session<'_>, kind: &'static str, key: &str) -> Result<Form, GraphError> {
    let there = on_label(cypher!("find"), "ImageReference").with("key", key);
    let known = !session.ask(there).await?.is_empty();
    let mut identified_by = Vec::new();
    let mut left_out = 0;
    if known {
        let rows = session
            .ask(Statement::new(cypher!("identified-by")).with("key", key))
            .await?;
        identified_by.extend(rows.iter().map(|row| Identified {
            node: found(row),
            until: time(row, "until"),
        }));
        let count = Statement::new(cypher!("identified-count")).with("key", key);
        let count = number(&session.ask(count).await?);
        left_out = count.saturating_sub(identified_by.len() as u64);
    }
    Ok(Form {
        kind,
        reference: key.to_owned(),
        known,
        identified_by,
        left_out,
    })
}

impl ReferenceAnswer {
    /// All that identifies one of the forms, each once.
    pub(crate) fn nodes(&self) -> Vec<Found> {
        let mut nodes: Vec<Found> = Vec::new();
        for identified in self.forms.iter().flat_map(|form| &form.identified_by) {
            if !nodes.contains(&identified.node) {
                nodes.push(identified.node.clone());
            }
        }
        nodes
    }
}
