//! What changed since an earlier pass, and which anchors of a rule that concerns.

use std::collections::{BTreeSet, HashMap};

use futures_util::{StreamExt, stream};
use polar_graph::{GraphError, GraphStore, Statement};
use polar_model::{Label, Value};
use polar_rules::{Cause, Wake};

use crate::pass::BATCH;

/// Beyond so many anchors all of them are looked at, which then costs less.
const MANY: usize = 200_000;

/// Questions at a time; the graph answers them side by side.
const READERS: usize = 4;

/// What of a rule is to be looked at.
#[derive(Debug, PartialEq)]
pub(crate) enum Anchors {
    /// All there is.
    All,
    /// What is around these nodes, each by its id.
    Some(Vec<String>),
}

/// What changed since a number, of facts and, as the pass goes on, of links.
pub(crate) struct Changes {
    since: i64,
    /// How many nodes of a label changed.
    counts: HashMap<String, i64>,
    /// What the changed facts concern, by the statement that asks: several rules ask the same. Links
    /// that come or go as the pass goes on wake rules by themselves.
    concerned: HashMap<String, Anchors>,
    /// Ends of the links that were created or removed: by type, and whether they start there.
    links: HashMap<(String, bool), BTreeSet<String>>,
}

/// The number of the last write of facts; 0 in a graph without any.
pub(crate) async fn last_change(store: &dyn GraphStore) -> Result<i64, GraphError> {
    let statement = Statement::new(include_str!("../cypher/change-last.cypher"));
    let rows = store.read(statement).await?;
    let last = rows.first().and_then(|row| row.get("last").as_int());
    Ok(last.unwrap_or(0))
}

impl Changes {
    pub(crate) fn since(since: i64) -> Self {
        Self {
            since,
            counts: HashMap::new(),
            concerned: HashMap::new(),
            links: HashMap::new(),
        }
    }

    /// Notes a link that was created or removed.
    pub(crate) fn linked(&mut self, link: &str, source: &str, target: &str) {
        for (starts, end) in [(true, source), (false, target)] {
            let ends = self.links.entry((link.to_owned(), starts)).or_default();
            ends.insert(end.to_owned());
        }
    }

    /// The anchors of a rule that the changes concern.
    pub(crate) async fn anchors(
        &mut self,
        store: &dyn GraphStore,
        wakes: &[Wake],
    ) -> Result<Anchors, GraphError> {
        let mut anchors = BTreeSet::new();
        let mut questions = Vec::new();
        for wake in wakes {
            match &wake.cause {
                Cause::Node { label } => {
                    if self.count(store, label).await? == 0 {
                        continue;
                    }
                    match self.concerned.get(&wake.text) {
                        Some(Anchors::All) => return Ok(Anchors::All),
                        Some(Anchors::Some(known)) => anchors.extend(known.iter().cloned()),
                        None => {
                            let statement = Statement::new(wake.text.clone());
                            questions.push((statement.with("since", self.since), wake));
                        }
                    }
                }
                Cause::Link { link, starts } => {
                    let ends = self.links.get(&(link.clone(), *starts));
                    let ends: Vec<_> = ends.into_iter().flatten().collect();
                    for ends in ends.chunks(BATCH) {
                        let row = |end: &&String| Value::map([("end", end.as_str())]);
                        let rows: Vec<Value> = ends.iter().map(row).collect();
                        let statement = Statement::new(wake.text.clone()).with("rows", rows);
                        questions.push((statement, wake));
                    }
                }
            }
        }
        let answers = questions.into_iter().map(|(statement, wake)| async move {
            let answer = answer(store, statement, wake.all).await?;
            Ok::<_, GraphError>((wake, answer))
        });
        let mut answers = stream::iter(answers).buffer_unordered(READERS);
        while let Some(answer) = answers.next().await {
            let (wake, found) = answer?;
            if let Anchors::Some(found) = &found {
                anchors.extend(found.iter().cloned());
            }
            let is_all = found == Anchors::All || anchors.len() > MANY;
            if matches!(wake.cause, Cause::Node { .. }) {
                self.concerned.insert(wake.text.clone(), found);
            }
            if is_all {
                return Ok(Anchors::All);
            }
        }
        Ok(Anchors::Some(anchors.into_iter().collect()))
    }

    async fn count(&mut self, store: &dyn GraphStore, label: &str) -> Result<i64, GraphError> {
        let drives = |known: &&Label| known.as_str() == label && known.drives_rules();
        let Some(label) = Label::ALL.iter().find(drives) else {
            return Ok(0);
        };
        if let Some(count) = self.counts.get(label.as_str()) {
            return Ok(*count);
        }
        let text =
            include_str!("../cypher/changed-count.cypher").replace("{{label}}", label.as_str());
        let statement = Statement::new(text).with("since", self.since);
        let rows = store.read(statement).await?;
        let count = rows.first().and_then(|row| row.get("number").as_int());
        let count = count.unwrap_or(0);
        self.counts.insert(label.as_str().to_owned(), count);
        Ok(count)
    }
}

/// Asks which anchors a change concerns.
async fn answer(
    store: &dyn GraphStore,
    statement: Statement,
    all: bool,
) -> Result<Anchors, GraphError> {
    let mut rows = store.stream(statement).await?;
    let mut anchors = Vec::new();
    while let Some(row) = rows.next().await {
        anchors.push(row?.text("anchor").to_owned());
        if all || anchors.len() > MANY {
            return Ok(Anchors::All);
        }
    }
    Ok(Anchors::Some(anchors))
}

/// Anchors as the rows that a statement takes.
pub(crate) fn rows(anchors: &[String]) -> Vec<Value> {
    let row = |anchor: &String| Value::map([("anchor", anchor.as_str())]);
    anchors.iter().map(row).collect()
}
