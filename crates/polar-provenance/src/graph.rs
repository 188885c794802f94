//! Which graph a command works on.

use std::{fmt, path::PathBuf, str::FromStr, sync::Arc};

use anyhow::Context;
use etcetera::BaseStrategy;
use polar_graph::{EmbeddedStore, GraphStore, Neo4jSettings, Neo4jStore, Watched, schema_items};

use crate::{
    cli::Global,
    config::{Config, variable},
};

/// The value of `--graph`.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
#[serde(try_from = "String", into = "String")]
pub(crate) enum GraphChoice {
    /// The embedded store, in a file of its own or in the default one.
    Embedded(Option<PathBuf>),
    /// Neo4j, as the environment says.
    Neo4j,
}

impl FromStr for GraphChoice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once(':') {
            None if text == "neo4j" => Ok(Self::Neo4j),
            None if text == "embedded" => Ok(Self::Embedded(None)),
            Some(("embedded", path)) if !path.is_empty() => Ok(Self::Embedded(Some(path.into()))),
            _ => Err(
                "give `embedded`, `embedded:PATH` or `neo4j` (its address is GRAPH_ENDPOINT)"
                    .into(),
            ),
        }
    }
}

impl TryFrom<String> for GraphChoice {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl fmt::Display for GraphChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Neo4j => f.write_str("neo4j"),
            Self::Embedded(None) => f.write_str("embedded"),
            Self::Embedded(Some(path)) => write!(f, "embedded:{}", path.display()),
        }
    }
}

impl From<GraphChoice> for String {
    fn from(choice: GraphChoice) -> Self {
        choice.to_string()
    }
}

/// The user's data directory for this program.
pub(crate) fn data_dir() -> anyhow::Result<PathBuf> {
    let base = etcetera::choose_base_strategy()
        .context("no home directory for the embedded graph; give --graph embedded:PATH")?;
    Ok(base.data_dir().join("polar-provenance"))
}

/// What was chosen, or else what the configuration says, or else Neo4j if `GRAPH_ENDPOINT` is set,
/// else the embedded store.
pub(crate) fn choice(global: &Global, config: &Config) -> GraphChoice {
    let chosen = global.graph.clone().or_else(|| config.graph.clone());
    chosen.unwrap_or_else(|| match variable("GRAPH_ENDPOINT") {
        Some(_) => GraphChoice::Neo4j,
        None => GraphChoice::Embedded(None),
    })
}

/// The graph that a command line chooses.
pub(crate) fn chosen(global: &Global) -> anyhow::Result<GraphChoice> {
    Ok(choice(global, &Config::load(global)?))
}

/// Opens a graph as it is, to read it.
pub(crate) async fn open(choice: &GraphChoice) -> anyhow::Result<Arc<dyn GraphStore>> {
    match choice {
        GraphChoice::Neo4j => {
            let settings = Neo4jSettings::from_lookup(|name| std::env::var(name).ok())?;
            Ok(Arc::new(Neo4jStore::connect(settings).await?))
        }
        GraphChoice::Embedded(path) => {
            let path = match path {
                Some(path) => path.clone(),
                None => data_dir()?.join("graph.mars"),
            };
            let opened = tokio::task::spawn_blocking(move || EmbeddedStore::open(&path)).await?;
            Ok(Arc::new(opened?))
        }
    }
}

/// Opens a graph to write to it: what its schema lacks is created, and said.
pub(crate) async fn open_to_write(choice: &GraphChoice) -> anyhow::Result<Arc<dyn GraphStore>> {
    let store = open(choice).await?;
    let created = store.apply_schema(&schema_items()).await?;
    if !created.is_empty() {
        tracing::info!(
            graph = store.location(),
            created = created.len(),
            "created the indexes and constraints that the graph lacked"
        );
    }
    Ok(store)
}

/// A graph whose statements are told to traces.
pub(crate) fn traced(store: Arc<dyn GraphStore>) -> Arc<dyn GraphStore> {
    Arc::new(Watched::new(store, || ()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn graph_choices() {
        let parse = GraphChoice::from_str;
        assert_eq!(parse("neo4j"), Ok(GraphChoice::Neo4j));
        assert_eq!(parse("embedded"), Ok(GraphChoice::Embedded(None)));
        let with_colon = Some("/a:b/g".into());
        assert_eq!(
            parse("embedded:/a:b/g"),
            Ok(GraphChoice::Embedded(with_colon))
        );
        for wrong in ["", "embedded:", "bolt://h:1", "Neo4j", "neo4j:7687"] {
            assert!(
                parse(wrong).unwrap_err().contains("embedded:PATH"),
                "{wrong}"
            );
        }
    }
}
