//! The image itself: where it is, how old, what was found of it, and how old what is known is.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use polar_graph::{GraphError, GraphStore};

use super::{
    Outcome, State, built,
    pattern::any_fits,
    policy::{Age, Findings, Readings, Registry, Source},
};
use crate::verdict;

/// A registry image.
pub(super) struct Image {
    pub(super) key: String,
    /// `registry/repository`.
    pub(super) name: String,
    pub(super) registry: String,
    pub(super) tag: String,
    pub(super) digest: String,
    pushed_at: Option<Timestamp>,
    first_seen: Option<Timestamp>,
    gone_at: Option<Timestamp>,
}

impl Image {
    pub(super) async fn read(
        store: &dyn GraphStore,
        key: &str,
    ) -> Result<Option<Self>, GraphError> {
        let rows = store.read(cypher!("gate-image").with("key", key)).await?;
        Ok(rows.first().map(|row| Self {
            key: key.to_owned(),
            name: format!("{}/{}", row.text("registry"), row.text("repository")),
            registry: row.text("registry").to_owned(),
            tag: row.text("tag").to_owned(),
            digest: row.text("digest").to_owned(),
            pushed_at: row.time("pushed_at"),
            first_seen: row.time("first_seen"),
            gone_at: row.time("gone_at"),
        }))
    }

    /// `registry/repository:tag`.
    pub(super) fn tag_key(&self) -> String {
        format!("{}:{}", self.name, self.tag)
    }

    /// When it was pushed, or else seen first.
    pub(super) fn appeared(&self) -> Option<Timestamp> {
        self.pushed_at.or(self.first_seen)
    }

    /// Whether its registry has it still.
    pub(super) fn is_there(&self) -> bool {
        self.gone_at.is_none()
    }

    pub(super) fn present(&self) -> Outcome {
        match self.gone_at {
            None => (State::Met, format!("{} has it", self.registry)),
            Some(at) => {
                let detail = format!("{} has it no longer: it was missed at {at}", self.registry);
                (State::NotMet, detail)
            }
        }
    }

    pub(super) fn registry(&self, asked: &Registry) -> Outcome {
        let name = &self.name;
        if any_fits(&asked.allow, name) {
            (State::Met, format!("{name} is allowed"))
        } else {
            let allowed = asked.allow.join(", ");
            (State::NotMet, format!("{name} is none of {allowed}"))
        }
    }

    /// That it was seen a while ago makes it at least that old; that it was seen lately says nothing.
    pub(super) fn age(&self, asked: &Age, now: Timestamp) -> Outcome {
        let is_too_old = |since: Timestamp| now.duration_since(since) > asked.max.0;
        let max = told(asked.max.0);
        match (self.pushed_at, self.first_seen) {
            (Some(at), _) if is_too_old(at) => {
                let detail = format!("pushed at {at}, more than {max} ago");
                (State::NotMet, detail)
            }
            (Some(at), _) => (State::Met, format!("pushed at {at}, at most {max} ago")),
            (None, Some(at)) if is_too_old(at) => {
                let detail = format!("seen at {at} already, more than {max} ago");
                (State::NotMet, detail)
            }
            (None, Some(at)) => {
                let detail = format!("seen first at {at}; nobody tells when it was pushed");
                (State::Unknown, detail)
            }
            (None, None) => (State::Unknown, "nobody tells when it was pushed".to_owned()),
        }
    }
}

/// A length of time for people, in the largest units.
fn told(length: SignedDuration) -> String {
    let seconds = length.as_secs();
    match () {
        () if seconds % 86_400 == 0 => format!("{}d", seconds / 86_400),
        () => format!("{length:#}"),
    }
}

/// Whether nothing of some kinds was found of the image.
pub(super) async fn findings(
    store: &dyn GraphStore,
    image: &Image,
    asked: &Findings,
) -> Result<Outcome, GraphError> {
    let mut found = BTreeSet::new();
    for statement in [
        cypher!("gate-findings-of-image"),
        cypher!("gate-findings-of-tag"),
        cypher!("gate-findings-of-pushed"),
    ] {
        for row in store
            .read(statement.with("key", image.key.as_str()))
            .await?
        {
            let kind = row.text("kind");
            if asked.none_of.iter().any(|asked| asked == kind) {
                found.insert(format!("{kind}: {}", row.text("evidence")));
            }
        }
    }
    if found.is_empty() {
        let detail = format!("none of {} was found", asked.none_of.join(", "));
        return Ok((State::Met, detail));
    }
    let found: Vec<_> = found.into_iter().collect();
    Ok((State::NotMet, found.join("; ")))
}

/// Whether the sources that tell of the image were read lately.
pub(super) async fn readings(
    store: &dyn GraphStore,
    image: &Image,
    asked: &Readings,
    now: Timestamp,
) -> Result<Outcome, GraphError> {
    let mut worst = (State::Met, Vec::new());
    for source in &asked.of {
        let (state, detail) = reading(store, image, *source, asked.max_age.0, now).await?;
        worst.0 = worst.0.max(state);
        worst.1.push((state, detail));
    }
    let (state, details) = worst;
    // What is well need not be told where something is not.
    let details = details.into_iter().filter(|(of, _)| *of == state);
    let details: Vec<_> = details.map(|(_, detail)| detail).collect();
    Ok((state, details.join("; ")))
}

async fn reading(
    store: &dyn GraphStore,
    image: &Image,
    source: Source,
    max: SignedDuration,
    now: Timestamp,
) -> Result<Outcome, GraphError> {
    let kind = source.kind();
    let scopes = match source {
        Source::Registry | Source::Attached => {
            BTreeSet::from([image.registry.clone(), image.name.clone()])
        }
        Source::Gitlab => built::scopes(store, image).await?,
    };
    if scopes.is_empty() {
        let detail = "it is not known in which GitLab it was built".to_owned();
        return Ok((State::Unknown, detail));
    }
    let of = scopes.iter().next_back().cloned().unwrap_or_default();
    let keys = scopes.into_iter().map(|scope| format!("{kind}|{scope}"));
    let known = verdict::readings(store, keys).await?;
    let Some(last) = known.into_iter().max_by_key(|reading| reading.at) else {
        let detail = format!("the {kind} source of {of} was never read completely");
        return Ok((State::Unknown, detail));
    };
    let (scope, at, max_told) = (&last.scope, last.at, told(max));
    Ok(if now.duration_since(at) > max {
        let detail = format!("{kind} {scope} was read at {at}, more than {max_told} ago");
        (State::NotMet, detail)
    } else {
        let detail = format!("{kind} {scope} was read at {at}, at most {max_told} ago");
        (State::Met, detail)
    })
}
