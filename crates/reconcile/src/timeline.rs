//! Rules of one timeline in one pass: for a batch of anchors, what they say together against the
//! intervals that the graph has.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Instant,
};

use futures_util::future::{BoxFuture, OptionFuture, join, try_join, try_join_all};
use jiff::Timestamp;
use polar_graph::{Counters, GraphError, GraphStore, Row, Statement};
use polar_model::Value;
use polar_rules::{Derived, Effect, Rule};

use crate::{
    Change, ChangeKind, Mode, RuleSummary,
    interval::{Grounds, Interval, Sighting, intervals},
    wake::{Anchors, rows},
    work::Shared,
};

/// Anchors in one transaction; each has a few intervals.
const BATCH: usize = 2_000;

/// The rules of a timeline.
pub(crate) struct Timeline<'a> {
    pub(crate) store: &'a dyn GraphStore,
    pub(crate) link: &'a str,
    pub(crate) rules: Vec<(&'a Rule, Derived)>,
    pub(crate) now: Timestamp,
}

/// A batch that is being written.
type Writing<'a> = BoxFuture<'a, Result<Counters, GraphError>>;

/// What tells one interval of an anchor from another: its end, its beginning and its rule.
type IntervalId = (String, Timestamp, String);

#[derive(Default)]
struct Done {
    created: u64,
    removed: u64,
}

impl Timeline<'_> {
    pub(crate) async fn run(&self, shared: &mut Shared<'_, '_>) -> Result<RuleSummary, GraphError> {
        let began = Instant::now();
        let mut done = Done::default();
        let mut behind: Option<Writing<'_>> = None;
        match self.anchors(shared).await? {
            Anchors::All => {
                let all = Statement::new(self.derived().all.missing.clone());
                let mut found = self.store.stream(all).await?;
                while !shared.stop.asked() {
                    let batch = found.next_batch(BATCH).await?;
                    if batch.is_empty() {
                        break;
                    }
                    let anchors = batch.iter().map(|row| row.text("anchor").to_owned());
                    let anchors: Vec<_> = anchors.collect();
                    behind = self.compare(&anchors, behind, shared, &mut done).await?;
                }
            }
            Anchors::Some(anchors) => {
                for anchors in anchors.chunks(BATCH) {
                    if !shared.stop.asked() {
                        behind = self.compare(anchors, behind, shared, &mut done).await?;
                    }
                }
            }
        }
        if let Some(writing) = behind {
            shared.written += writing.await?;
        }
        Ok(RuleSummary {
            rule: self.link.to_lowercase().replace('_', "-"),
            matched: match (&shared.changes, &shared.mode) {
                (Some(_), _) => None,
                (None, Mode::Apply) => Some(self.holding().await?),
                (None, Mode::DryRun(_)) => {
                    let holding = self.holding().await? + done.created;
                    Some(holding.saturating_sub(done.removed))
                }
            },
            created: done.created,
            removed: done.removed,
            milliseconds: began.elapsed().as_millis(),
        })
    }

    fn derived(&self) -> &Derived {
        &self.rules[0].1
    }

    async fn anchors(&self, shared: &mut Shared<'_, '_>) -> Result<Anchors, GraphError> {
        let mut all = BTreeSet::new();
        for (_, derived) in &self.rules {
            match shared.anchors(self.store, derived).await? {
                Anchors::All => return Ok(Anchors::All),
                Anchors::Some(anchors) => all.extend(anchors),
            }
        }
        Ok(Anchors::Some(all.into_iter().collect()))
    }

    /// Compares what is around some anchors, while the batch before is written, and begins to write what differs:
    /// a batch has its anchors for itself.
    async fn compare(
        &self,
        anchors: &[String],
        behind: Option<Writing<'_>>,
        shared: &mut Shared<'_, '_>,
        done: &mut Done,
    ) -> Result<Option<Writing<'_>>, GraphError> {
        let own = Statement::new(self.derived().around.stale[0].clone())
            .with("rows", rows(anchors))
            .with("rules", self.names());
        let looked = try_join(self.wanted(anchors), self.store.read(own));
        let (looked, written) = join(looked, OptionFuture::from(behind)).await;
        if let Some(written) = written {
            shared.written += written?;
        }
        let (wanted, own) = looked?;
        let own = own.into_iter().map(|row| (row_id(&row), row));
        let mut present: BTreeMap<_, _> = own.collect();
        let mut written = Vec::new();
        for (id, interval) in &wanted {
            let known = present.remove(id);
            if known.as_ref().is_none_or(|row| !is_same(row, interval)) {
                written.push((id, interval, known.is_none()));
            }
        }
        done.created += written.iter().filter(|(_, _, is_new)| *is_new).count() as u64;
        done.removed += present.len() as u64;
        if let Mode::DryRun(report) = &mut shared.mode {
            for row in present.values() {
                report(self.removed(row));
            }
            for ((anchor, _), interval, _) in written {
                report(self.created(anchor, interval));
            }
            return Ok(None);
        }
        let deleted: Vec<Value> = present.values().map(row_value).collect();
        let created: Vec<Value> = written
            .iter()
            .map(|((anchor, _), interval, _)| interval_value(anchor, interval))
            .collect();
        let mut statements = Vec::new();
        for (text, rows) in [
            (&self.derived().delete, deleted),
            (&self.derived().create, created),
        ] {
            if !rows.is_empty() {
                let statement = Statement::new(text.clone());
                statements.push(statement.with("rows", rows).with("now", self.now));
            }
        }
        if let Some(changes) = &mut shared.changes {
            let gone = present.values();
            let gone = gone.map(|row| (row.text("source"), row.text("target")));
            let new = written.iter();
            let new =
                new.map(|((anchor, _), interval, _)| (anchor.as_str(), interval.target.as_str()));
            gone.chain(new)
                .for_each(|(source, target)| changes.linked(self.link, source, target));
        }
        (shared.progress)(self.rules[0].0, done.created);
        Ok((!statements.is_empty()).then(|| self.store.write(statements)))
    }

    /// The intervals that follow from what the rules say about the anchors.
    async fn wanted(
        &self,
        anchors: &[String],
    ) -> Result<BTreeMap<(String, IntervalId), Interval>, GraphError> {
        let readings = self.rules.iter().map(|(_, derived)| {
            let text = derived.around.missing.clone();
            let statement = Statement::new(text).with("rows", rows(anchors));
            self.store.read(statement)
        });
        let readings = try_join_all(readings).await?;
        let mut sightings: BTreeMap<String, Vec<Sighting>> = BTreeMap::new();
        for ((rule, _), rows) in self.rules.iter().zip(readings) {
            for row in rows {
                let sighting = sighting(rule, &row)?;
                let anchor = row.text("source").to_owned();
                sightings.entry(anchor).or_default().push(sighting);
            }
        }
        let mut wanted = BTreeMap::new();
        for (anchor, sightings) in sightings {
            for interval in intervals(&sightings) {
                let id = (
                    interval.target.clone(),
                    interval.from,
                    interval.grounds.rule.clone(),
                );
                wanted.insert((anchor.clone(), id), interval);
            }
        }
        Ok(wanted)
    }

    fn names(&self) -> Vec<Value> {
        let names = self.rules.iter().map(|(rule, _)| rule.name.as_str().into());
        names.collect()
    }

    async fn holding(&self) -> Result<u64, GraphError> {
        let mut holding = 0;
        for (rule, derived) in &self.rules {
            let statement = Statement::new(derived.count.clone()).with("rule", rule.name.as_str());
            let rows = self.store.read(statement).await?;
            let count = rows.first().and_then(|row| row.get("holding").as_int());
            holding += count.unwrap_or(0).unsigned_abs();
        }
        Ok(holding)
    }

    fn change(&self, kind: ChangeKind, rule: &str, ends: [&str; 2], evidence: String) -> Change {
        let [source, target] = ends;
        let (from, to) = match &self.rules[0].0.effect {
            Effect::Timeline { from, to, .. } => (from.as_str(), to.as_str()),
            _ => ("", ""),
        };
        Change {
            rule: rule.to_owned(),
            kind,
            what: self.link.to_owned(),
            source: format!("{from} {source}"),
            target: Some(format!("{to} {target}")),
            evidence,
        }
    }

    fn created(&self, anchor: &str, interval: &Interval) -> Change {
        let until = interval.until.map(|at| format!(" until {at}"));
        let evidence = format!(
            "from {}{}: {}",
            interval.from,
            until.unwrap_or_default(),
            interval.grounds.evidence
        );
        let ends = [anchor, interval.target.as_str()];
        self.change(ChangeKind::Create, &interval.grounds.rule, ends, evidence)
    }

    fn removed(&self, row: &Row) -> Change {
        let evidence = row.text("evidence").to_owned();
        let ends = [row.text("source"), row.text("target")];
        self.change(ChangeKind::Remove, row.text("rule"), ends, evidence)
    }
}

fn sighting(rule: &Rule, row: &Row) -> Result<Sighting, GraphError> {
    let Effect::Timeline {
        confidence,
        at,
        until,
        before_others,
        ..
    } = &rule.effect
    else {
        return Err(GraphError::statement(&rule.text, "not a timeline"));
    };
    let times = |name: &str, count: usize| {
        let mut times = Vec::new();
        for number in 0..count {
            let column = format!("{name}_{number}");
            add_times(row.get(&column), &mut times).map_err(|found| {
                let reason = format!("`{name}` must be a time or a list of times, not {found}");
                GraphError::statement(&rule.text, reason)
            })?;
        }
        Ok(times)
    };
    Ok(Sighting {
        target: row.text("target").to_owned(),
        key: row.text("target_key").to_owned(),
        at: times("at", at.len())?,
        until: times("until", until.len())?,
        by: row.get("produced_by").as_str().map(str::to_owned),
        grounds: Grounds {
            rule: rule.name.clone(),
            evidence: row.text("evidence").to_owned(),
            confidence: *confidence,
        },
        before_others: *before_others,
    })
}

fn add_times(value: &Value, times: &mut Vec<Timestamp>) -> Result<(), String> {
    match value {
        Value::Null => Ok(()),
        Value::DateTime(at) => {
            times.push(*at);
            Ok(())
        }
        Value::List(items) => items.iter().try_for_each(|item| add_times(item, times)),
        other => Err(other.to_json().to_string()),
    }
}

/// The anchor and the interval that a row of the graph stands for.
fn row_id(row: &Row) -> (String, IntervalId) {
    let begins = row.time("begins").unwrap_or(Timestamp::MIN);
    let id = (
        row.text("target").to_owned(),
        begins,
        row.text("rule").to_owned(),
    );
    (row.text("source").to_owned(), id)
}

fn is_same(row: &Row, interval: &Interval) -> bool {
    *row.get("until") == Value::from(interval.until)
        && *row.get("produced_by") == Value::from(interval.by.clone())
        && row.text("evidence") == interval.grounds.evidence
        && *row.get("confidence") == Value::from(interval.grounds.confidence)
}

fn row_value(row: &Row) -> Value {
    let column = |name: &'static str| (name, row.get(name).clone());
    Value::map([
        column("source"),
        column("target"),
        column("begins"),
        column("rule"),
    ])
}

fn interval_value(anchor: &str, interval: &Interval) -> Value {
    Value::map([
        ("source", Value::from(anchor)),
        ("target", interval.target.as_str().into()),
        ("begins", interval.from.into()),
        ("until", interval.until.into()),
        ("produced_by", interval.by.clone().into()),
        ("rule", interval.grounds.rule.as_str().into()),
        ("evidence", interval.grounds.evidence.as_str().into()),
        ("confidence", interval.grounds.confidence.into()),
    ])
}
