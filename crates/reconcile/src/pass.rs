//! One pass over all rules.

use std::{collections::BTreeMap, sync::Arc, time::Instant};

use jiff::Timestamp;
use polar_graph::{Counters, Engine, GraphError, GraphStore, Row, Statement};
use polar_model::Value;
use polar_rules::{Derived, Dialect, Effect, Rule};
use serde::Serialize;
use tokio::sync::watch;

use crate::{Change, ChangeKind};

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
    /// How many links or findings of the rule hold after the pass (in a dry run: would hold).
    pub matched: u64,
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
    /// Rule by rule, in the order they ran.
    pub rules: Vec<RuleSummary>,
    /// Whether it was asked to stop before its end.
    pub stopped: bool,
    /// What the store counted.
    #[serde(skip)]
    pub written: Counters,
}

impl PassSummary {
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
    /// Recording the pass.
    #[error("recording the pass: {0}")]
    Record(#[source] GraphError),
}

impl PassError {
    /// The graph's error behind it.
    #[must_use]
    pub fn graph(&self) -> &GraphError {
        match self {
            Self::Rule { source, .. } | Self::Record(source) => source,
        }
    }
}

/// Runs all rules once, in the order given, and records the pass if it changed something.
///
/// # Errors
/// [`PassError`] names the rule that failed.
pub async fn pass(
    store: &dyn GraphStore,
    rules: &[Rule],
    mut mode: Mode<'_>,
    stop: &Stop,
    progress: &mut (dyn FnMut(&Rule, u64) + Send),
) -> Result<PassSummary, PassError> {
    let started_at = Timestamp::now();
    let mut summary = PassSummary {
        started_at,
        rules: Vec::new(),
        stopped: false,
        written: Counters::default(),
    };
    for rule in rules {
        if stop.asked() {
            break;
        }
        let work = Work {
            store,
            rule,
            derived: rule.derive(dialect(store)),
            now: started_at,
        };
        let outcome = work.run(&mut mode, stop, progress, &mut summary.written);
        let outcome = outcome.await.map_err(|source| PassError::Rule {
            rule: rule.name.clone(),
            source,
        })?;
        summary.rules.push(outcome);
    }
    summary.stopped = stop.asked();
    if !summary.written.is_zero() {
        let recorded = record(store, &summary).await.map_err(PassError::Record)?;
        summary.written += recorded;
    }
    Ok(summary)
}

/// Plans each statement that follows from a rule on the live graph, without running it.
///
/// # Errors
/// The graph's refusal.
pub async fn check(store: &dyn GraphStore, rule: &Rule) -> Result<(), GraphError> {
    let derived = rule.derive(dialect(store));
    let all = [
        &derived.missing,
        &derived.create,
        &derived.delete,
        &derived.count,
    ];
    // Parameters must have values for a plan to be made on either store.
    let empty = |name: &str| match name {
        "rows" => Value::List(Vec::new()),
        "confidence" => Value::Float(1.0),
        "now" => Timestamp::UNIX_EPOCH.into(),
        _ => "".into(),
    };
    for text in all.into_iter().chain(&derived.stale) {
        let mut statement = Statement::new(format!("EXPLAIN {text}"));
        for name in ["rows", "rule", "confidence", "now", "kind", "severity"] {
            statement = statement.with(name, empty(name));
        }
        store.read(statement).await?;
    }
    Ok(())
}

fn dialect(store: &dyn GraphStore) -> Dialect {
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

/// One rule in one pass.
struct Work<'a> {
    store: &'a dyn GraphStore,
    rule: &'a Rule,
    derived: Derived,
    now: Timestamp,
}

impl Work<'_> {
    async fn run(
        &self,
        mode: &mut Mode<'_>,
        stop: &Stop,
        progress: &mut (dyn FnMut(&Rule, u64) + Send),
        written: &mut Counters,
    ) -> Result<RuleSummary, GraphError> {
        let began = Instant::now();
        let before = written.total();
        // What no longer holds goes first: an edge whose confidence changed is made anew.
        let mut removed = 0;
        for stale in &self.derived.stale {
            let done = self
                .each_batch(stale, ChangeKind::Remove, mode, stop, written, &mut |_| ())
                .await?;
            removed += done;
        }
        let mut report = |done| progress(self.rule, done);
        let created = self
            .each_batch(
                &self.derived.missing,
                ChangeKind::Create,
                mode,
                stop,
                written,
                &mut report,
            )
            .await?;
        let mut matched = self.holding().await?;
        if matches!(mode, Mode::DryRun(_)) {
            matched = (matched + created).saturating_sub(removed);
        }
        let summary = RuleSummary {
            rule: self.rule.name.clone(),
            matched,
            created,
            removed,
            milliseconds: began.elapsed().as_millis(),
        };
        tracing::debug!(
            rule = summary.rule,
            written = written.total() - before,
            "rule done"
        );
        Ok(summary)
    }

    /// Streams the rows of `select` and handles them batch by batch; returns how many links or
    /// findings changed.
    async fn each_batch(
        &self,
        select: &str,
        kind: ChangeKind,
        mode: &mut Mode<'_>,
        stop: &Stop,
        written: &mut Counters,
        report: &mut (dyn FnMut(u64) + Send),
    ) -> Result<u64, GraphError> {
        let mut rows = self.store.stream(self.with_rule(select)).await?;
        let mut done = 0;
        while !stop.asked() {
            let batch = rows.next_batch(BATCH).await?;
            if batch.is_empty() {
                break;
            }
            // Several matches of a pattern can say the same; the least evidence is kept, so that
            // any store keeps the same.
            let mut distinct: BTreeMap<(&str, &str), &Row> = BTreeMap::new();
            for row in &batch {
                let id = (row.text("source"), row.text("target"));
                let kept = distinct.entry(id).or_insert(row);
                if row.text("evidence") < kept.text("evidence") {
                    *kept = row;
                }
            }
            match mode {
                Mode::DryRun(report) => {
                    for row in distinct.values() {
                        report(self.change(kind, row));
                    }
                    done += distinct.len() as u64;
                }
                Mode::Apply => {
                    let counters = self.write(kind, distinct.into_values()).await?;
                    done += self.count(kind, &counters);
                    *written += counters;
                }
            }
            report(done);
        }
        Ok(done)
    }

    async fn write<'r>(
        &self,
        kind: ChangeKind,
        rows: impl Iterator<Item = &'r Row> + Send,
    ) -> Result<Counters, GraphError> {
        let rows: Vec<Value> = rows.map(|row| self.parameter(row)).collect();
        let text = match kind {
            ChangeKind::Create => &self.derived.create,
            ChangeKind::Remove => &self.derived.delete,
        };
        let statement = self.with_rule(text).with("rows", rows);
        self.store.write(vec![statement]).await
    }

    fn parameter(&self, row: &Row) -> Value {
        let column = |name: &'static str| (name, row.get(name).clone());
        let mut fields = vec![column("source"), column("target"), column("evidence")];
        if let Effect::Finding { .. } = self.rule.effect {
            let key = format!("{}|{}", self.rule.name, row.text("target"));
            fields.push(("finding", key.into()));
        }
        Value::map(fields)
    }

    /// Links or findings among what the store counted.
    fn count(&self, kind: ChangeKind, counters: &Counters) -> u64 {
        match (&self.rule.effect, kind) {
            (Effect::Link { .. }, ChangeKind::Create) => counters.edges_created,
            (Effect::Link { .. }, ChangeKind::Remove) => counters.edges_deleted,
            (Effect::Finding { .. }, ChangeKind::Create) => counters.nodes_created,
            (Effect::Finding { .. }, ChangeKind::Remove) => counters.nodes_deleted,
        }
    }

    fn change(&self, kind: ChangeKind, row: &Row) -> Change {
        let named = |label: &str, key: &str, id: &str| {
            // Nodes that this project did not write may have no key.
            let name = row.get(key).as_str().unwrap_or_else(|| row.text(id));
            format!("{label} {name}")
        };
        let (what, source, target) = match &self.rule.effect {
            Effect::Link { link, from, to, .. } => (
                link,
                named(from, "source_key", "source"),
                Some(named(to, "target_key", "target")),
            ),
            Effect::Finding { kind, subject, .. } => {
                (kind, named(subject, "target", "source"), None)
            }
        };
        Change {
            rule: self.rule.name.clone(),
            kind,
            what: what.clone(),
            source,
            target,
            evidence: row.text("evidence").to_owned(),
        }
    }

    async fn holding(&self) -> Result<u64, GraphError> {
        let rows = self.store.read(self.with_rule(&self.derived.count)).await?;
        let holding = rows.first().and_then(|row| row.get("holding").as_int());
        Ok(holding
            .and_then(|number| u64::try_from(number).ok())
            .unwrap_or(0))
    }

    fn with_rule(&self, text: &str) -> Statement {
        let statement = Statement::new(text.to_owned())
            .with("rule", self.rule.name.as_str())
            .with("now", self.now);
        match &self.rule.effect {
            Effect::Link { confidence, .. } => statement.with("confidence", *confidence),
            Effect::Finding { kind, severity, .. } => statement
                .with("kind", kind.as_str())
                .with("severity", severity.as_str()),
        }
    }
}
