//! A batch is compared with the graph while the one before it is written. Whatever is where by then,
//! the graph is as if one had come after the other.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

use std::{
    collections::HashSet,
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use jiff::Timestamp;
use polar_graph::{
    Counters, EmbeddedStore, Engine, GraphError, GraphStore, Row, RowStream, SchemaItem, Statement,
    schema_items,
};
use polar_ingest::{Ingest, Report};
use polar_testkit::{Planner, SharedNeo4j, dump, neo4j, on_both, wipe};

const FACTS: &str = include_str!("../../../demo/observations.jsonl");

/// Images that are told of again and again, with times that come late.
fn images() -> String {
    let mut lines = String::new();
    for round in 0..6 {
        for tag in ["1", "2"] {
            let (at, digest) = (6 - round, round % 2);
            lines.push_str(&format!(
                r#"{{"v":1,"type":"registry_image","registry":"r.example.com","repository":"a/b","tag":"{tag}","digest":"sha256:{digest:064x}","pushed_at":"2026-03-0{at}T00:00:00Z","seen_at":"2026-03-0{at}T00:00:00Z"}}"#
            ));
            lines.push('\n');
        }
    }
    lines
}

/// Approvals that are taken back and given again.
fn requests() -> String {
    let mut lines = String::new();
    for round in 0..8 {
        let (one, other) = (round % 2, round % 3);
        lines.push_str(&format!(
            r#"{{"v":1,"type":"merge_request","instance":"g.example.com","project":"a/b","iid":1,"title":"t","author":"ann","approvals":[{{"user":"u{one}"}},{{"user":"u{other}"}}],"state":"merged","commits":["{one:040x}"]}}"#
        ));
        lines.push('\n');
    }
    lines
}

async fn taken_in(store: &dyn GraphStore, lines: &str, batch: usize) -> Report {
    let mut intake = intake(store).with_batch(batch);
    intake.lines(lines.as_bytes(), |_| ()).await.unwrap();
    intake.report().clone()
}

/// Each batch is written to its end before the next one is read.
async fn one_after_the_other(store: &dyn GraphStore, lines: &str, batch: usize) {
    let lines: Vec<&str> = lines.split_inclusive('\n').collect();
    let mut intake = intake(store);
    for lines in lines.chunks(batch) {
        let lines = lines.concat();
        intake.lines(lines.as_bytes(), |_| ()).await.unwrap();
    }
}

fn intake(store: &dyn GraphStore) -> Ingest<'_> {
    let now: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
    Ingest::new(store, |_| ()).with_clock(move || now)
}

async fn empty() -> EmbeddedStore {
    let store = EmbeddedStore::in_memory().unwrap();
    store.apply_schema(&schema_items()).await.unwrap();
    store
}

#[tokio::test]
async fn what_is_being_written_counts_as_there() {
    for (lines, sizes) in [
        (images().as_str(), [1, 2, 3]),
        (&requests(), [1, 2, 3]),
        (FACTS, [7, 20, 50]),
    ] {
        for batch in sizes {
            let plain = empty().await;
            one_after_the_other(&plain, lines, batch).await;
            let late = Late(empty().await);
            taken_in(&late, lines, batch).await;
            assert_eq!(dump(&late).await, dump(&plain).await, "batches of {batch}");
        }
    }
}

#[tokio::test]
async fn on_both_stores_as_well() {
    on_both(async |store: Arc<dyn GraphStore>| {
        let store = store.as_ref();
        let lines = images() + &requests();
        one_after_the_other(store, &lines, 3).await;
        let graph = dump(store).await;
        wipe(store).await;
        taken_in(store, &lines, 3).await;
        assert_eq!(dump(store).await, graph);
    })
    .await;
}

/// A store in which writes are seen late: the next batch is read before.
struct Late(EmbeddedStore);

#[async_trait]
impl GraphStore for Late {
    fn engine(&self) -> Engine {
        self.0.engine()
    }

    fn location(&self) -> String {
        self.0.location()
    }

    async fn read(&self, statement: Statement) -> Result<Vec<Row>, GraphError> {
        self.0.read(statement).await
    }

    async fn stream(&self, statement: Statement) -> Result<RowStream, GraphError> {
        self.0.stream(statement).await
    }

    async fn write(&self, statements: Vec<Statement>) -> Result<Counters, GraphError> {
        tokio::time::sleep(Duration::from_millis(5)).await;
        self.0.write(statements).await
    }

    async fn explain(&self, text: &str) -> Result<(), GraphError> {
        self.0.explain(text).await
    }

    async fn apply_schema(&self, items: &[SchemaItem]) -> Result<Vec<SchemaItem>, GraphError> {
        self.0.apply_schema(items).await
    }

    async fn schema(&self) -> Result<Vec<SchemaItem>, GraphError> {
        self.0.schema().await
    }
}

/// A plan that was made for an empty graph is kept while it grows, so it has to be a good one.
#[tokio::test]
async fn statements_begin_at_an_index_in_an_empty_graph_already() {
    let shared = SharedNeo4j::take();
    let store = neo4j(&shared).await;
    // Once they were full and are empty again, indexes are known to be empty.
    taken_in(&store, FACTS, 2_000).await;
    wipe(&store).await;
    let sampled = Statement::new("CALL db.prepareForReplanning(60)");
    store.read(sampled).await.unwrap();
    let planned = Planned {
        planner: Mutex::new(Planner::connect(&shared.settings)),
        seen: Mutex::default(),
        store: &store,
    };
    taken_in(&planned, FACTS, 2_000).await;
    assert!(planned.seen.lock().unwrap().len() > 60);
}

struct Planned<'a> {
    store: &'a dyn GraphStore,
    planner: Mutex<Planner>,
    seen: Mutex<HashSet<String>>,
}

impl Planned<'_> {
    fn look_at(&self, statement: &Statement) {
        let text = statement.text.to_string();
        if !self.seen.lock().unwrap().insert(text.clone()) {
            return;
        }
        let operators = self.planner.lock().unwrap().operators(&text);
        let is_scan = |operator: &String| operator.split(' ').next().unwrap().contains("Scan");
        assert!(!operators.iter().any(is_scan), "{text}\n{operators:#?}");
    }
}

#[async_trait]
impl GraphStore for Planned<'_> {
    fn engine(&self) -> Engine {
        self.store.engine()
    }

    fn location(&self) -> String {
        self.store.location()
    }

    async fn read(&self, statement: Statement) -> Result<Vec<Row>, GraphError> {
        self.look_at(&statement);
        self.store.read(statement).await
    }

    async fn stream(&self, statement: Statement) -> Result<RowStream, GraphError> {
        self.store.stream(statement).await
    }

    async fn write(&self, statements: Vec<Statement>) -> Result<Counters, GraphError> {
        statements.iter().for_each(|one| self.look_at(one));
        self.store.write(statements).await
    }

    async fn explain(&self, text: &str) -> Result<(), GraphError> {
        self.store.explain(text).await
    }

    async fn apply_schema(&self, items: &[SchemaItem]) -> Result<Vec<SchemaItem>, GraphError> {
        self.store.apply_schema(items).await
    }

    async fn schema(&self) -> Result<Vec<SchemaItem>, GraphError> {
        self.store.schema().await
    }
}
