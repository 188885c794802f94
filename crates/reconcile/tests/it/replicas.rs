//! Two replicas at once: the graph of one.

use std::sync::Arc;

use polar_graph::{GraphStore, Neo4jStore};
use polar_ingest::Ingest;
use polar_reconcile::PassSummary;
use polar_testkit::{SharedNeo4j, dump, neo4j, on_both, wipe};

use crate::facts::apply;

const FACTS: &[u8] = include_bytes!("../../../../demo/observations.jsonl");

async fn take_in(store: &dyn GraphStore) {
    let mut intake = Ingest::new(store, |_| ());
    intake.lines(FACTS, |_| ()).await.unwrap();
}

async fn of_one(store: &dyn GraphStore) -> (Vec<String>, u64) {
    take_in(store).await;
    let created = apply(store).await.created();
    let graph = dump(store).await;
    wipe(store).await;
    (graph, created)
}

async fn check(first: &dyn GraphStore, second: &dyn GraphStore) {
    let (wanted, created) = of_one(first).await;
    for _ in 0..3 {
        tokio::join!(take_in(first), take_in(second));
        let (one, other): (PassSummary, PassSummary) = tokio::join!(apply(first), apply(second));
        assert!(dump(first).await == wanted, "not the graph of one");
        assert!(one.created() + other.created() >= created);
        assert!(apply(second).await.written.is_zero());
        wipe(first).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_in_one_process_end_in_the_graph_of_one() {
    on_both(async |store: Arc<dyn GraphStore>| check(store.as_ref(), store.as_ref()).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_with_a_connection_each_end_in_the_graph_of_one() {
    let shared = SharedNeo4j::take();
    let first = neo4j(&shared).await;
    let second = Neo4jStore::connect(shared.settings.clone()).await.unwrap();
    check(&first, &second).await;
}
