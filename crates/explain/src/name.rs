//! What a node calls its image.

use jiff::Timestamp;
use polar_graph::{GraphError, Row};
use polar_normalize::parse;

use crate::{
    answer::Found,
    ask::{Session, cypher, on_label, text},
};

/// An image's name as a node has it.
#[derive(Debug)]
pub(crate) struct Name {
    pub(crate) registry: String,
    pub(crate) repository: String,
    /// The repository as it was meant: without what Docker Hub puts before a short name.
    pub(crate) path: String,
    /// In its exact case, where the node knows it.
    pub(crate) tag: Option<String>,
    pub(crate) digest: Option<String>,
    /// Whether the registry was not written, so that Docker Hub's was taken for it.
    pub(crate) short: bool,
    /// Whether the registry is the own one of the machine it was used on.
    pub(crate) own: bool,
    /// When somebody needed it.
    pub(crate) seen_at: Option<Timestamp>,
}

impl Name {
    /// The name of a node of a label in `NAMING`; none if it is malformed.
    pub(crate) async fn of(
        session: &Session<'_>,
        node: &Found,
    ) -> Result<Option<Self>, GraphError> {
        let statement = on_label(cypher!("name"), &node.label).with("key", &node.key);
        let rows = session.ask(statement).await?;
        let Some(mut name) = rows.first().and_then(|row| Self::read(session, row)) else {
            return Ok(None);
        };
        let seen = match node.label.as_str() {
            "KubeContainer" => Some(cypher!("seen-container")),
            "ContainerImageTag" => Some(cypher!("seen-tag")),
            _ => None,
        };
        if let Some(seen) = seen {
            let rows = session
                .ask(on_label(seen, "").with("key", &node.key))
                .await?;
            name.seen_at = rows.first().and_then(|row| row.time("seen_at"));
        }
        Ok(Some(name))
    }

    /// Why a node's image joins nothing, if it does not.
    pub(crate) async fn refused(
        session: &Session<'_>,
        node: &Found,
    ) -> Result<Option<String>, GraphError> {
        let statement = on_label(cypher!("name"), &node.label).with("key", &node.key);
        let rows = session.ask(statement).await?;
        let image = rows.first().and_then(|row| text(row, "image"));
        Ok(
            image.and_then(|image| match parse(&image, session.options) {
                Ok(parsed) if parsed.host_relative() => {
                    Some(format!("`{image}` means the machine it is used on"))
                }
                Ok(_) => None,
                Err(error) => Some(error.to_string()),
            }),
        )
    }

    /// Whether the registry means nothing to others.
    pub(crate) fn host_relative(&self) -> bool {
        self.short || self.own
    }

    fn read(session: &Session<'_>, row: &Row) -> Option<Self> {
        let written = text(row, "image").and_then(|image| parse(&image, session.options).ok());
        let from_written = |part: fn(&polar_normalize::ImageRef) -> Option<&str>| {
            written.as_ref().and_then(part).map(str::to_owned)
        };
        let short = written
            .as_ref()
            .is_some_and(polar_normalize::ImageRef::registry_defaulted);
        let own = written
            .as_ref()
            .is_some_and(polar_normalize::ImageRef::host_relative);
        let repository =
            text(row, "repository").or_else(|| from_written(|image| Some(image.repository())))?;
        Some(Self {
            registry: text(row, "registry")
                .or_else(|| from_written(|image| Some(image.registry())))?,
            path: match repository.strip_prefix("library/") {
                Some(rest) if short => rest.to_owned(),
                _ => repository.clone(),
            },
            repository,
            tag: text(row, "tag").or_else(|| from_written(polar_normalize::ImageRef::tag)),
            digest: text(row, "digest").or_else(|| from_written(polar_normalize::ImageRef::digest)),
            short,
            own,
            seen_at: row.time("seen_at"),
        })
    }
}
