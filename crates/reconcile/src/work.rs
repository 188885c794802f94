//! One rule in one pass.

use std::{collections::BTreeMap, future::Future, pin::pin, time::Instant};

use futures_util::{StreamExt, stream::FuturesUnordered};
use jiff::Timestamp;
use polar_graph::{Counters, GraphError, GraphStore, Row, Statement};
use polar_model::Value;
use polar_rules::{Compared, Derived, Effect, Rule};

use crate::{
    Change, ChangeKind, Mode, RuleSummary, Stop,
    pass::BATCH,
    wake::{Anchors, Changes, rows},
};

/// Batches that are written at a time. With more, they wait for each other's locks.
const WRITERS: usize = 2;

/// What the rules of one pass share.
pub(crate) struct Shared<'a, 'm> {
    pub(crate) mode: Mode<'m>,
    pub(crate) stop: &'a Stop,
    pub(crate) progress: &'a mut (dyn FnMut(&Rule, u64) + Send),
    pub(crate) written: Counters,
    /// What changed, where the pass is an incremental one.
    pub(crate) changes: Option<Changes>,
}

impl Shared<'_, '_> {
    /// What of a rule is to be looked at.
    pub(crate) async fn anchors(
        &mut self,
        store: &dyn GraphStore,
        derived: &Derived,
    ) -> Result<Anchors, GraphError> {
        match &mut self.changes {
            None => Ok(Anchors::All),
            Some(changes) => changes.anchors(store, &derived.wakes).await,
        }
    }
}

/// One rule in one pass.
pub(crate) struct Work<'a> {
    pub(crate) store: &'a dyn GraphStore,
    pub(crate) rule: &'a Rule,
    pub(crate) derived: Derived,
    pub(crate) now: Timestamp,
}

impl Work<'_> {
    pub(crate) async fn run(&self, shared: &mut Shared<'_, '_>) -> Result<RuleSummary, GraphError> {
        let began = Instant::now();
        let mut done = Done::default();
        let mut matched = None;
        match shared.anchors(self.store, &self.derived).await? {
            Anchors::All => {
                let held = self.holding().await?;
                self.compare(&self.derived.all, &[], held > 0, shared, &mut done)
                    .await?;
                if shared.changes.is_none() {
                    matched = Some((held + done.created).saturating_sub(done.removed));
                }
            }
            Anchors::Some(anchors) => {
                for anchors in anchors.chunks(BATCH) {
                    self.compare(&self.derived.around, anchors, true, shared, &mut done)
                        .await?;
                }
            }
        }
        Ok(RuleSummary {
            rule: self.rule.name.clone(),
            matched,
            created: done.created,
            removed: done.removed,
            milliseconds: began.elapsed().as_millis(),
        })
    }

    /// Removes what no longer holds, if something may, then creates what is missing: an edge whose confidence
    /// changed is made anew.
    async fn compare(
        &self,
        compared: &Compared,
        anchors: &[String],
        holds: bool,
        shared: &mut Shared<'_, '_>,
        done: &mut Done,
    ) -> Result<(), GraphError> {
        let statement = |text: &String| self.with_rule(text).with("rows", rows(anchors));
        for stale in compared.stale.iter().filter(|_| holds) {
            self.each_batch(statement(stale), ChangeKind::Remove, shared, done)
                .await?;
        }
        self.each_batch(
            statement(&compared.missing),
            ChangeKind::Create,
            shared,
            done,
        )
        .await
    }

    /// Streams the rows of `select` and handles them batch by batch.
    async fn each_batch(
        &self,
        select: Statement,
        kind: ChangeKind,
        shared: &mut Shared<'_, '_>,
        done: &mut Done,
    ) -> Result<(), GraphError> {
        let mut rows = self.store.stream(select).await?;
        let mut writing = FuturesUnordered::new();
        loop {
            // While the store commits a batch, the next one is read.
            let batch = if shared.stop.asked() {
                Vec::new()
            } else {
                let mut reading = pin!(rows.next_batch(BATCH));
                loop {
                    tokio::select! {
                        biased;
                        Some(written) = writing.next() => self.wrote(kind, &written?, shared, done),
                        batch = &mut reading => break batch?,
                    }
                }
            };
            while writing.len() >= WRITERS {
                if let Some(written) = writing.next().await {
                    self.wrote(kind, &written?, shared, done);
                }
            }
            // A stop is heard while batches are written, too; those in hand are carried to their end.
            if batch.is_empty() || shared.stop.asked() {
                while let Some(written) = writing.next().await {
                    self.wrote(kind, &written?, shared, done);
                }
                return Ok(());
            }
            let rows = distinct(&batch);
            if let (Some(changes), Effect::Link { link, .. }) =
                (&mut shared.changes, &self.rule.effect)
            {
                for row in &rows {
                    changes.linked(link, row.text("source"), row.text("target"));
                }
            }
            match &mut shared.mode {
                Mode::DryRun(report) => {
                    rows.iter().for_each(|row| report(self.change(kind, row)));
                    self.add(kind, rows.len() as u64, shared, done);
                }
                Mode::Apply => writing.push(self.write(kind, &rows)),
            }
        }
    }

    fn wrote(
        &self,
        kind: ChangeKind,
        written: &Counters,
        shared: &mut Shared<'_, '_>,
        done: &mut Done,
    ) {
        shared.written += *written;
        self.add(kind, self.count(kind, written), shared, done);
    }

    fn add(&self, kind: ChangeKind, number: u64, shared: &mut Shared<'_, '_>, done: &mut Done) {
        match kind {
            ChangeKind::Remove => done.removed += number,
            ChangeKind::Create => {
                done.created += number;
                (shared.progress)(self.rule, done.created);
            }
        }
    }

    /// Begins to write rows; they are copied before this returns.
    fn write(
        &self,
        kind: ChangeKind,
        rows: &[&Row],
    ) -> impl Future<Output = Result<Counters, GraphError>> + Send + use<'_> {
        let rows: Vec<Value> = rows.iter().map(|row| self.parameter(row)).collect();
        let text = match kind {
            ChangeKind::Create => &self.derived.create,
            ChangeKind::Remove => &self.derived.delete,
        };
        let statement = self.with_rule(text).with("rows", rows);
        self.store.write(vec![statement])
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
            (Effect::Link { .. } | Effect::Timeline { .. }, ChangeKind::Create) => {
                counters.edges_created
            }
            (Effect::Link { .. } | Effect::Timeline { .. }, ChangeKind::Remove) => {
                counters.edges_deleted
            }
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
            Effect::Link { link, from, to, .. } | Effect::Timeline { link, from, to, .. } => (
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
            Effect::Link { confidence, .. } | Effect::Timeline { confidence, .. } => {
                statement.with("confidence", *confidence)
            }
            Effect::Finding { kind, severity, .. } => statement
                .with("kind", kind.as_str())
                .with("severity", severity.as_str()),
        }
    }
}

/// Several matches of a pattern can say the same; the least evidence is kept, so that any store keeps
/// the same.
fn distinct(batch: &[Row]) -> Vec<&Row> {
    let mut distinct: BTreeMap<(&str, &str), &Row> = BTreeMap::new();
    for row in batch {
        let id = (row.text("source"), row.text("target"));
        let kept = distinct.entry(id).or_insert(row);
        if row.text("evidence") < kept.text("evidence") {
            *kept = row;
        }
    }
    distinct.into_values().collect()
}

/// What a pass did with a rule so far.
#[derive(Default)]
struct Done {
    created: u64,
    removed: u64,
}
