//! Polar's labels in a graph, and the rows of the mappings over them.

use std::collections::BTreeSet;

use polar_graph::{GraphError, GraphStore, RowStream, Statement};
use polar_model::Observation;

use crate::{AdoptError, Effect, Mapping, Problem, Settings, convert::Reader, names::Names};

/// Rows read at a time.
const BATCH: usize = 1000;

/// The mappings that a graph has labels for, and what their rows are read with.
pub struct Dialect<'a> {
    pub(crate) store: &'a dyn GraphStore,
    pub(crate) settings: &'a Settings,
    mappings: Vec<&'a Mapping>,
    names: Names,
    /// Keys of `Source`s: what the agent's own observers have read completely.
    own: BTreeSet<String>,
}

impl<'a> Dialect<'a> {
    /// Looks for the labels that mappings need; `None` if the graph has those of none.
    ///
    /// # Errors
    /// If the graph is out of reach.
    pub async fn find(
        store: &'a dyn GraphStore,
        mappings: &'a [Mapping],
        settings: &'a Settings,
    ) -> Result<Option<Self>, GraphError> {
        let labels = mappings.iter().flat_map(|mapping| &mapping.labels);
        let there = present(store, labels.map(String::as_str)).await?;
        let mappings: Vec<_> = mappings
            .iter()
            .filter(|mapping| {
                mapping
                    .labels
                    .iter()
                    .all(|label| there.contains(label.as_str()))
            })
            .collect();
        if mappings.is_empty() {
            return Ok(None);
        }
        let text = include_str!("../cypher/sources.cypher");
        let own = store.read(Statement::new(text)).await?;
        Ok(Some(Self {
            store,
            settings,
            mappings,
            names: Names::load(store, settings).await?,
            own: own.iter().map(|row| row.text("key").to_owned()).collect(),
        }))
    }

    /// The mappings to run, in order.
    #[must_use]
    pub fn mappings(&self) -> &[&'a Mapping] {
        &self.mappings
    }

    /// The rows of a mapping to observations.
    ///
    /// # Errors
    /// If the graph is out of reach.
    pub async fn rows<'s>(&'s self, mapping: &'s Mapping) -> Result<Rows<'s>, AdoptError> {
        let query = Statement::new(mapping.query.clone());
        let rows = self.store.stream(query).await;
        Ok(Rows {
            dialect: self,
            mapping,
            rows: rows.map_err(AdoptError::of(&mapping.name))?,
        })
    }

    /// Whether the agent's own observers have read completely what an observation is about.
    fn is_own(&self, observation: &Observation) -> bool {
        let (kind, whole, part) = match observation {
            Observation::GitLabProject(o) => ("gitlab", &o.instance, &o.path),
            Observation::GitLabPipeline(o) => ("gitlab", &o.instance, &o.project),
            Observation::GitLabJob(o) => ("gitlab", &o.instance, &o.project),
            Observation::GitLabPackage(o) => ("gitlab", &o.instance, &o.project),
            Observation::ContainerRepository(o) => ("gitlab", &o.instance, &o.project),
            Observation::RegistryImage(o) => ("registry", &o.registry, &o.repository),
            Observation::KubeWorkload(o) => ("kubernetes", &o.cluster, &o.namespace),
            Observation::KubePod(o) => ("kubernetes", &o.cluster, &o.namespace),
            _ => return false,
        };
        self.own.contains(&format!("{kind}|{whole}"))
            || self.own.contains(&format!("{kind}|{whole}/{part}"))
    }
}

/// What became of a row.
#[derive(Debug, Clone, PartialEq)]
pub enum Taken {
    /// It is an observation.
    Observation(Box<Observation>),
    /// It is about something that the agent's own observers have read completely.
    Own,
    /// It cannot be taken in.
    Problem(Problem),
}

/// The rows of a mapping.
pub struct Rows<'a> {
    dialect: &'a Dialect<'a>,
    mapping: &'a Mapping,
    rows: RowStream,
}

impl Rows<'_> {
    /// Further rows; empty after the last one, and for a mapping that yields no observations.
    ///
    /// # Errors
    /// If the reading broke off.
    pub async fn next(&mut self) -> Result<Vec<Taken>, AdoptError> {
        let Mapping { name, effect, .. } = self.mapping;
        let Effect::Observation {
            type_name, convert, ..
        } = effect
        else {
            return Ok(Vec::new());
        };
        let reader = Reader {
            names: &self.dialect.names,
            options: &self.dialect.settings.options,
        };
        let rows = self.rows.next_batch(BATCH).await;
        let rows = rows.map_err(AdoptError::of(name))?;
        let taken = rows
            .iter()
            .map(|row| match reader.observation(type_name, convert, row) {
                Ok(observation) if self.dialect.is_own(&observation) => Taken::Own,
                Ok(observation) => Taken::Observation(Box::new(observation)),
                Err(wrong) => Taken::Problem(Problem::new(name, row, wrong)),
            });
        Ok(taken.collect())
    }
}

/// Which of some labels have a node.
pub(crate) async fn present<'l>(
    store: &dyn GraphStore,
    labels: impl Iterator<Item = &'l str>,
) -> Result<BTreeSet<&'l str>, GraphError> {
    let mut there = BTreeSet::new();
    for label in labels.collect::<BTreeSet<_>>() {
        let text = include_str!("../cypher/present.cypher").replace("{{label}}", label);
        if !store.read(Statement::new(text)).await?.is_empty() {
            there.insert(label);
        }
    }
    Ok(there)
}
