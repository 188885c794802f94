//! What Polar holds in the chosen graph: `[polar]` in the configuration, and adopting it.

use std::{collections::BTreeMap, io::Write};

use polar_dialect::{
    Adoption, Dialect, Effect, Mapping, Problem, Settings, Taken, adopt, builtin_mappings,
};
use polar_graph::GraphStore;
use polar_model::to_line;
use polar_reconcile::Stop;
use serde::{Deserialize, Serialize};

use crate::{config::Config, progress::Progress};

/// `[polar]`.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct PolarConfig {
    /// Name of a GitLab that Polar knows no address of.
    #[serde(skip_serializing_if = "Option::is_none")]
    instance: Option<String>,
    /// Name of a cluster that has no other.
    #[serde(skip_serializing_if = "Option::is_none")]
    cluster: Option<String>,
    /// Names of GitLabs by Polar's id.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    instances: BTreeMap<String, String>,
    /// Names of clusters by the uid of their `kube-system`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    clusters: BTreeMap<String, String>,
}

/// What a graph is adopted with.
pub(crate) struct Adopter {
    pub(crate) mappings: Vec<Mapping>,
    settings: Settings,
}

impl Adopter {
    pub(crate) fn new(config: &Config) -> anyhow::Result<Self> {
        let PolarConfig {
            instance,
            cluster,
            instances,
            clusters,
        } = config.polar.clone().unwrap_or_default();
        Ok(Self {
            mappings: builtin_mappings()?,
            settings: Settings {
                options: config.options()?,
                instance,
                cluster,
                instances,
                clusters,
            },
        })
    }

    /// Takes in what Polar holds; tells the first problem of each kind.
    pub(crate) async fn adopt(
        &self,
        store: &dyn GraphStore,
        stop: &Stop,
        mut problem: impl FnMut(&Problem) + Send,
    ) -> anyhow::Result<Adoption> {
        let stopped = || stop.asked();
        Ok(adopt(
            store,
            &self.mappings,
            &self.settings,
            &mut problem,
            &stopped,
        )
        .await?)
    }

    /// Whether the graph has something to adopt.
    pub(crate) async fn finds(&self, store: &dyn GraphStore) -> anyhow::Result<bool> {
        let dialect = Dialect::find(store, &self.mappings, &self.settings).await?;
        Ok(dialect.is_some())
    }

    /// Prints what Polar holds as observations; returns whether all of it could be.
    pub(crate) async fn observe(
        &self,
        store: &dyn GraphStore,
        out: &mut impl Write,
    ) -> anyhow::Result<bool> {
        let Some(dialect) = Dialect::find(store, &self.mappings, &self.settings).await? else {
            eprintln!("polar: the graph holds nothing of Polar's");
            return Ok(true);
        };
        let mut progress = Progress::start();
        let (mut count, mut problems) = (0, 0_u64);
        for mapping in dialect.mappings() {
            if !matches!(mapping.effect, Effect::Observation { gone: false, .. }) {
                continue;
            }
            let mut rows = dialect.rows(mapping).await?;
            loop {
                let batch = rows.next().await?;
                if batch.is_empty() {
                    break;
                }
                for taken in batch {
                    match taken {
                        Taken::Observation(observation) => {
                            writeln!(out, "{}", to_line(&observation)?)?;
                            count += 1;
                        }
                        Taken::Own => {}
                        Taken::Problem(problem) => {
                            problems += 1;
                            progress.note(&format!("polar: left out: {problem}"));
                        }
                    }
                }
                progress.set("polar: observations", count);
            }
        }
        progress.finish();
        Ok(problems == 0)
    }
}
