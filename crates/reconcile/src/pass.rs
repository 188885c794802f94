//! One pass over all rules.

use std::sync::Arc;

use jiff::Timestamp;
use polar_graph::{Counters, Engine, GraphError, GraphStore, SPANS, Statement};
use polar_model::Value;
use polar_rules::{Dialect, Effect, Rule};
use serde::Serialize;
use tokio::sync::watch;
use tracing::Instrument;

use crate::{
    Change,
    timeline::Timeline,
    wake::Changes,
    work::{Shared, Work},
};

/// Rows in one transaction.
pub const BATCH: usize = 10_000;

/// Whether a pass writes.
pub enum Mode<'a> {
    /// It writes.
    Apply,
    /// It writes nothing and hands out each change it would make.
    DryRun(&'a mut (dyn FnMut(Change) + Send)),
}

/// A request to stop, heard between two batches. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Stop(Arc<watch::Sender<bool>>);

impl Stop {
    /// Asks for the stop.
    pub fn ask(&self) {
        self.0.send_replace(true);
    }

    /// Whether a stop was asked for.
    #[must_use]
    pub fn asked(&self) -> bool {
        *self.0.borrow()
    }

    /// Waits until a stop is asked for.
    pub async fn wait(&self) {
        // An error would mean that the sender is gone, and `self` holds it.
        drop(self.0.subscribe().wait_for(|asked| *asked).await);
    }
}

/// What a pass did with one rule.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RuleSummary {
    /// The rule.
    pub rule: String,
    /// How many links or findings of the rule hold after the pass (in a dry run: would hold); an
    /// incremental pass does not count them.
    pub matched: Option<u64>,
    /// How many were created.
    pub created: u64,
    /// How many were removed.
    pub removed: u64,
    /// Time taken, in milliseconds.
    pub milliseconds: u128,
}

/// What a pass did.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PassSummary {
    /// When it began.
    pub started_at: Timestamp,
    /// Whether it looked at the whole graph, or at what had changed.
    pub full: bool,
    /// Rule by rule, in the order they ran.
    pub rules: Vec<RuleSummary>,
    /// Whether it was asked to stop before its end.
    pub stopped: bool,
    /// What the store counted.
    #[serde(skip)]
    pub written: Counters,
}

impl PassSummary {
    /// Of a pass that had nothing to look at.
    pub(crate) fn nothing_new(stop: &Stop) -> Self {
        Self {
            started_at: Timestamp::now(),
            full: false,
            rules: Vec::new(),
            stopped: stop.asked(),
            written: Counters::default(),
        }
    }

    /// Links and findings created.
    #[must_use]
    pub fn created(&self) -> u64 {
        self.rules.iter().map(|rule| rule.created).sum()
    }

    /// Links and findings removed.
    #[must_use]
    pub fn removed(&self) -> u64 {
        self.rules.iter().map(|rule| rule.removed).sum()
    }
}

/// Why a pass failed. What it wrote before stays, and the next pass goes on from there.
#[derive(Debug, thiserror::Error)]
pub enum PassError {
    /// In a rule.
    #[error("rule {rule}: {source}")]
    Rule {
        /// Which.
        rule: String,
        /// The cause.
        source: GraphError,
    },
    /// Looking for what changed.
    #[error("looking for what changed: {0}")]
    Changes(#[source] GraphError),
    /// Recording the pass.
    #[error("recording the pass: {0}")]
    Record(#[source] GraphError),
}

impl PassError {
    /// The graph's error behind it.
    #[must_use]
    pub fn graph(&self) -> &GraphError {
        match self {
            Self::Rule { source, .. } | Self::Changes(source) | Self::Record(source) => source,
        }
    }
}

/// Runs all rules once over the whole graph, in the order given, and records the pass if it changed
/// something.
///
/// # Errors
/// [`PassError`] names the rule that failed.
pub async fn pass(
    store: &dyn GraphStore,
    rules: &[Rule],
    mode: Mode<'_>,
    stop: &Stop,
    progress: &mut (dyn FnMut(&Rule, u64) + Send),
) -> Result<PassSummary, PassError> {
    run(store, rules, mode, stop, progress, None).await
}

/// As [`pass`]; with `since`, only what changes of facts after that number concern.
pub(crate) async fn run(
    store: &dyn GraphStore,
    rules: &[Rule],
    mode: Mode<'_>,
    stop: &Stop,
    progress: &mut (dyn FnMut(&Rule, u64) + Send),
    since: Option<i64>,
) -> Result<PassSummary, PassError> {
    let started_at = Timestamp::now();
    let mut shared = Shared {
        mode,
        stop,
        progress,
        written: Counters::default(),
        changes: since.map(Changes::since),
    };
    let mut done = Vec::new();
    for rule in rules {
        if stop.asked() {
            break;
        }
        let span = || tracing::info_span!(target: SPANS, "rule", otel.name = format!("rule {}", rule.name));
        let outcome = match &rule.effect {
            Effect::Timeline { link, .. } => {
                // Its rules say together what follows: they are seen to with the first of them.
                let of_link = |other: &&Rule| is_timeline(other, link);
                let mut of_timeline = rules.iter().filter(of_link).peekable();
                if of_timeline
                    .peek()
                    .is_some_and(|first| first.name != rule.name)
                {
                    continue;
                }
                let timeline = Timeline {
                    store,
                    link,
                    rules: of_timeline
                        .map(|rule| (rule, rule.derive(dialect(store))))
                        .collect(),
                    now: started_at,
                };
                timeline.run(&mut shared).instrument(span()).await
            }
            Effect::Link { .. } | Effect::Finding { .. } => {
                let derived = match shared.mode {
                    Mode::Apply => rule.derive(dialect(store)),
                    Mode::DryRun(_) => rule.derive_named(dialect(store)),
                };
                let work = Work {
                    store,
                    rule,
                    derived,
                    now: started_at,
                };
                work.run(&mut shared).instrument(span()).await
            }
        };
        done.push(outcome.map_err(|source| PassError::Rule {
            rule: rule.name.clone(),
            source,
        })?);
    }
    let mut summary = PassSummary {
        started_at,
        full: since.is_none(),
        rules: done,
        stopped: stop.asked(),
        written: shared.written,
    };
    if !summary.written.is_zero() {
        let recorded = record(store, &summary).await.map_err(PassError::Record)?;
        summary.written += recorded;
    }
    Ok(summary)
}

fn is_timeline(rule: &Rule, of: &str) -> bool {
    matches!(&rule.effect, Effect::Timeline { link, .. } if link == of)
}

pub(crate) fn dialect(store: &dyn GraphStore) -> Dialect {
    match store.engine() {
        Engine::Neo4j => Dialect::ElementId,
        Engine::Embedded => Dialect::Key,
    }
}

async fn record(store: &dyn GraphStore, summary: &PassSummary) -> Result<Counters, GraphError> {
    let key = format!("{}|{:08x}", summary.started_at, fastrand::u32(..));
    let count = |number: u64| Value::Int(i64::try_from(number).unwrap_or(i64::MAX));
    let statement = Statement::new(include_str!("../cypher/run-record.cypher"))
        .with("key", key)
        .with("started_at", summary.started_at)
        .with("finished_at", Timestamp::now())
        .with("created", count(summary.created()))
        .with("removed", count(summary.removed()));
    store.write(vec![statement]).await
}
