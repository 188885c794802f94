//! What comes nearest to an image that was not found.

use std::collections::BTreeSet;

use polar_graph::{GraphError, Row, Statement};

use polar_query::distance;

use crate::{
    answer::{Candidate, Found, Reason},
    ask::{Session, cypher, found, on_label, text, time},
    name::Name,
};

/// Candidates of one reason that are told.
const TOLD: usize = 5;

/// Nodes of the label `sought` that are nearly what `name` names, and why they do not match.
pub(crate) async fn nearest(
    session: &Session<'_>,
    name: &Name,
    sought: &str,
) -> Result<Vec<Candidate>, GraphError> {
    let mut all = BTreeSet::new();
    all.extend(same_tag(session, name, sought).await?);
    all.extend(elsewhere(session, name, sought).await?);
    if all.is_empty() {
        all.extend(other_tags(session, name, sought).await?);
    }
    let mut told: Vec<Candidate> = Vec::new();
    for candidate in all {
        let alike = told.iter().filter(|other| other.reason == candidate.reason);
        let again = told.iter().any(|other| other.node == candidate.node);
        if alike.count() < TOLD && !again {
            told.push(candidate);
        }
    }
    Ok(told)
}

fn named(name: &Name, template: &'static str, label: &str) -> Statement {
    on_label(template, label)
        .with("registry", &name.registry)
        .with("repository", &name.path)
}

/// What a query finds in the repository by the tag that is sought, and the tag; none if there is no
/// tag, or the name means no registry.
async fn by_tag<'n>(
    session: &Session<'_>,
    name: &'n Name,
    template: &'static str,
    sought: &str,
) -> Result<Option<(Vec<Row>, &'n String)>, GraphError> {
    let Some(tag) = name.tag.as_ref().filter(|_| !name.host_relative()) else {
        return Ok(None);
    };
    let asked = named(name, template, sought).with("tag", tag.to_ascii_lowercase());
    Ok(Some((session.ask(asked).await?, tag)))
}

async fn same_tag(
    session: &Session<'_>,
    name: &Name,
    sought: &str,
) -> Result<Vec<Candidate>, GraphError> {
    let Some((rows, tag)) = by_tag(session, name, cypher!("same-tag"), sought).await? else {
        return Ok(Vec::new());
    };
    Ok(rows
        .iter()
        .filter_map(|row| differs(name, tag, row))
        .collect())
}

/// How a node of the same tag, but for its case, differs.
fn differs(name: &Name, tag: &str, row: &Row) -> Option<Candidate> {
    let (reason, detail) = if row.text("tag") != tag {
        let detail = format!(
            "its tag is `{}`, not `{tag}`: tags are case-sensitive",
            row.text("tag")
        );
        (Reason::Case, detail)
    } else if let (Some(own), Some(other)) = (&name.digest, text(row, "digest"))
        && *own != other
    {
        (
            Reason::DigestDiffers,
            format!("its digest is {other}, not {own}"),
        )
    } else {
        let gone_at = time(row, "gone_at")?;
        (Reason::Gone, format!("it was there until {gone_at}"))
    };
    Some(candidate(reason, found(row), detail))
}

/// The same at another host, or under another path.
async fn elsewhere(
    session: &Session<'_>,
    name: &Name,
    sought: &str,
) -> Result<Vec<Candidate>, GraphError> {
    let asked = named(name, cypher!("other-host"), sought)
        .with("tag", name.tag.clone())
        .with("digest", name.digest.clone());
    let mut rows = session.ask(asked).await?;
    if let Some(digest) = name.digest.as_ref().filter(|_| sought == "ACRImage") {
        let asked = named(name, cypher!("same-digest"), sought).with("digest", digest);
        rows.extend(session.ask(asked).await?);
    }
    Ok(rows.iter().map(|row| at_other_host(name, row)).collect())
}

fn at_other_host(name: &Name, row: &Row) -> Candidate {
    let there = format!("{}/{}", row.text("registry"), row.text("repository"));
    if name.host_relative() {
        let detail = format!(
            "`{}` names no registry that others know; {there} has it, too",
            name.path
        );
        let mut told = candidate(Reason::HostRelative, found(row), detail);
        told.suggestion = Some(format!("name the image in full: {there}"));
        return told;
    }
    let here = format!("{}/{}", name.registry, name.repository);
    let (from, to) = alias(&here, &there);
    let detail = format!("{there} has it, and is not known to be {here}");
    let mut told = candidate(Reason::AliasNotConfigured, found(row), detail);
    told.suggestion = Some(format!(
        "[aliases] \"{from}\" = \"{to}\", if they are the same"
    ));
    told
}

/// The shortest prefixes of two `registry/repository` by which one becomes the other.
fn alias<'a>(here: &'a str, there: &'a str) -> (&'a str, &'a str) {
    let (mut here, mut there) = (here, there);
    while let (Some((left, last)), Some((right, other))) =
        (here.rsplit_once('/'), there.rsplit_once('/'))
        && last == other
    {
        (here, there) = (left, right);
    }
    (here, there)
}

/// Of the same repository, those whose tags are most like the one that was not found.
async fn other_tags(
    session: &Session<'_>,
    name: &Name,
    sought: &str,
) -> Result<Vec<Candidate>, GraphError> {
    let Some((mut rows, tag)) = by_tag(session, name, cypher!("other-tags"), sought).await? else {
        return Ok(Vec::new());
    };
    rows.sort_by_cached_key(|row| (distance(row.text("tag"), tag), row.text("key").to_owned()));
    let candidates = rows.iter().take(TOLD).map(|row| {
        let gone = time(row, "gone_at").map(|at| format!("; it was there until {at}"));
        let detail = format!(
            "its tag is `{}`{}",
            row.text("tag"),
            gone.unwrap_or_default()
        );
        candidate(Reason::TagDiffers, found(row), detail)
    });
    Ok(candidates.collect())
}

pub(crate) fn candidate(reason: Reason, node: Found, detail: String) -> Candidate {
    Candidate {
        reason,
        node: Some(node),
        detail,
        suggestion: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alias_is_as_short_as_it_can_be() {
        for (here, there, wanted) in [
            (
                "m.example/shop/a",
                "acme.io/shop/a",
                ("m.example", "acme.io"),
            ),
            (
                "m.example/hub/shop/a",
                "docker.io/shop/a",
                ("m.example/hub", "docker.io"),
            ),
            (
                "m.example/old/a",
                "m.example/new/a",
                ("m.example/old", "m.example/new"),
            ),
            ("m.example/a", "m.example/b", ("m.example/a", "m.example/b")),
        ] {
            assert_eq!(alias(here, there), wanted);
        }
    }
}
