//! Taking in what Polar has.

use std::{collections::BTreeMap, sync::Mutex};

use jiff::Timestamp;
use polar_graph::{Counters, GraphStore, SchemaItem, Statement};
use polar_ingest::Ingest;
use serde::Serialize;

use crate::{
    AdoptError, Dialect, Effect, Mapping, Problem, Settings, Taken, add_missing,
    identify::{self, Identify},
    schema_items,
};

/// What became of a mapping's rows.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Adopted {
    /// The mapping.
    pub mapping: String,
    /// Rows that it yielded.
    pub rows: u64,
    /// Rows left to the agent's own observers, who have read completely what they are about.
    pub own: u64,
    /// Rows that could not be taken in, by kind of problem.
    pub problems: BTreeMap<String, u64>,
    /// Nodes, edges and properties written.
    pub written: u64,
}

/// What an adoption did.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Adoption {
    /// Mapping by mapping, in the order they ran; those whose labels the graph lacks did not.
    pub mappings: Vec<Adopted>,
    /// References in observations that cannot be joined, which become findings.
    pub unresolvable: u64,
    /// Indexes that were created on Polar's labels, as `Label.property`.
    pub indexes: Vec<String>,
    /// Whether it was asked to stop before its end.
    pub stopped: bool,
    /// What the store counted.
    #[serde(skip)]
    pub written: Counters,
}

impl Adoption {
    /// Rows that could not be taken in.
    #[must_use]
    pub fn problems(&self) -> u64 {
        let problems = self
            .mappings
            .iter()
            .flat_map(|mapping| mapping.problems.values());
        problems.sum()
    }

    /// Rows of all mappings.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.mappings.iter().map(|mapping| mapping.rows).sum()
    }
}

/// Takes in what Polar has in this graph; does nothing in a graph without its labels.
///
/// `problem` is handed the first problem of each kind in a mapping; the others are counted. `stopped`
/// is asked between two batches.
///
/// # Errors
/// [`AdoptError`] names the mapping that failed.
pub async fn adopt(
    store: &dyn GraphStore,
    mappings: &[Mapping],
    settings: &Settings,
    problem: &mut (dyn FnMut(&Problem) + Send),
    stopped: &(dyn Fn() -> bool + Sync),
) -> Result<Adoption, AdoptError> {
    let mut adoption = Adoption::default();
    let Some(dialect) = Dialect::find(store, mappings, settings).await? else {
        return Ok(adoption);
    };
    let needed = schema_items(store, mappings).await?;
    let created = add_missing(store, &needed).await?;
    adoption.indexes = created.iter().map(index_name).collect();
    for mapping in dialect.mappings() {
        if stopped() {
            break;
        }
        let mut work = Work {
            dialect: &dialect,
            mapping,
            adopted: Adopted {
                mapping: mapping.name.clone(),
                ..Adopted::default()
            },
            written: Counters::default(),
            unresolvable: 0,
            problem,
            stopped,
        };
        work.run().await?;
        let Work {
            mut adopted,
            written,
            unresolvable,
            ..
        } = work;
        adopted.written = written.total();
        tracing::debug!(
            mapping = adopted.mapping,
            rows = adopted.rows,
            written = adopted.written,
            "mapping done"
        );
        adoption.mappings.push(adopted);
        adoption.unresolvable += unresolvable;
        adoption.written += written;
    }
    adoption.stopped = stopped();
    Ok(adoption)
}

fn index_name(item: &SchemaItem) -> String {
    format!("{}.{}", item.label, item.property)
}

/// One mapping in one adoption.
struct Work<'a> {
    dialect: &'a Dialect<'a>,
    mapping: &'a Mapping,
    adopted: Adopted,
    written: Counters,
    unresolvable: u64,
    problem: &'a mut (dyn FnMut(&Problem) + Send),
    stopped: &'a (dyn Fn() -> bool + Sync),
}

impl Work<'_> {
    async fn run(&mut self) -> Result<(), AdoptError> {
        match &self.mapping.effect {
            Effect::Observation { gone, .. } => self.observe(*gone).await,
            Effect::Identifies {
                label,
                key,
                image,
                tagged,
            } => {
                let identify = Identify {
                    store: self.dialect.store,
                    options: &self.dialect.settings.options,
                    mapping: &self.mapping.name,
                    label,
                    key,
                    image,
                    tagged: *tagged,
                    now: Timestamp::now(),
                };
                self.identify(&identify).await
            }
        }
    }

    async fn observe(&mut self, gone: bool) -> Result<(), AdoptError> {
        let failed = AdoptError::of(&self.mapping.name);
        let mut rows = self.dialect.rows(self.mapping).await?;
        // An image that joins nothing becomes a finding; here it is only counted.
        let left_out = Mutex::new(Vec::new());
        let mut intake = Ingest::new(self.dialect.store, |problem| {
            if let (polar_ingest::Problem::BadLine { reason, .. }, Ok(mut left_out)) =
                (problem, left_out.lock())
            {
                left_out.push(reason);
            }
        })
        .with_options(self.dialect.settings.options.clone());
        while !(self.stopped)() {
            let batch = rows.next().await?;
            if batch.is_empty() {
                break;
            }
            let mut observations = Vec::new();
            for taken in batch {
                self.adopted.rows += 1;
                match taken {
                    Taken::Observation(observation) => observations.push(*observation),
                    Taken::Own => self.adopted.own += 1,
                    Taken::Problem(problem) => self.note(&problem),
                }
            }
            if gone {
                intake.gone(&observations).await.map_err(&failed)?;
            } else {
                for observation in &observations {
                    intake.observation(observation).await.map_err(&failed)?;
                }
            }
        }
        intake.flush().await.map_err(&failed)?;
        self.written += intake.report().written;
        self.unresolvable += intake.report().unresolvable;
        drop(intake);
        for reason in left_out.into_inner().unwrap_or_default() {
            self.note(&Problem {
                mapping: self.mapping.name.clone(),
                kind: "left-out".to_owned(),
                place: "left out".to_owned(),
                reason,
            });
        }
        Ok(())
    }

    async fn identify(&mut self, identify: &Identify<'_>) -> Result<(), AdoptError> {
        let failed = AdoptError::of(&self.mapping.name);
        let query = Statement::new(self.mapping.query.clone());
        let rows = self.dialect.store.stream(query).await;
        let mut rows = rows.map_err(&failed)?;
        while !(self.stopped)() {
            let batch = rows.next_batch(identify::BATCH).await.map_err(&failed)?;
            if batch.is_empty() {
                break;
            }
            self.adopted.rows += batch.len() as u64;
            let mut note = |problem: Problem| self.note(&problem);
            let written = identify.batch(&batch, &mut note).await.map_err(&failed)?;
            self.written += written;
        }
        Ok(())
    }

    /// Counts a problem, and tells it if it is the first of its kind.
    fn note(&mut self, problem: &Problem) {
        let count = self
            .adopted
            .problems
            .entry(problem.kind.clone())
            .or_default();
        *count += 1;
        if *count == 1 {
            (self.problem)(problem);
        }
    }
}
