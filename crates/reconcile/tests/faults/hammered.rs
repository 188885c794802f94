//! Somebody else, as Polar's consumers do, writes to the same nodes in large transactions in any
//! order while intakes and passes run.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use polar_graph::{GraphError, GraphStore, Neo4jStore, Statement};
use polar_testkit::{SharedNeo4j, dump, neo4j, on_both, wipe};
use tracing::{Event, Metadata, Subscriber, field::Visit, span};

use crate::common::{Store, assert_same, facts, reconcile, take_in};

/// How often the store met a transient error, of any caller in this process.
static TRANSIENT: AtomicUsize = AtomicUsize::new(0);

/// Counts what the store says when it tries again.
struct Counting;

struct IsTransient(bool);

impl Visit for IsTransient {
    fn record_debug(&mut self, field: &tracing::field::Field, value: &dyn std::fmt::Debug) {
        self.0 |= field.name() == "message" && format!("{value:?}").starts_with("transient error");
    }
}

impl Subscriber for Counting {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("polar_graph")
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut transient = IsTransient(false);
        event.record(&mut transient);
        TRANSIENT.fetch_add(usize::from(transient.0), Ordering::SeqCst);
    }

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}

/// Nodes as (label, key), each of which somebody else says something about.
async fn nodes(store: &dyn GraphStore) -> Vec<(String, String)> {
    let text = "MATCH (n) WHERE n.key IS NOT NULL RETURN labels(n)[0] AS label, n.key AS key";
    let rows = store.read(Statement::new(text)).await.unwrap();
    let nodes = rows
        .iter()
        .map(|row| (row.text("label").to_owned(), row.text("key").to_owned()));
    let ours = ["ChangeLog", "ProvenanceRun", "Lease", "Finding", "Source"];
    let mut nodes: Vec<_> = nodes
        .filter(|(label, _)| !ours.contains(&label.as_str()))
        .collect();
    nodes.sort();
    nodes
}

/// Nodes in one transaction of somebody else.
const AT_A_TIME: usize = 25;

/// One transaction about these nodes, one after the other.
fn transaction(nodes: &[(String, String)]) -> Vec<Statement> {
    let of = nodes.iter().map(|(label, key)| {
        let text = format!("MERGE (n:{label} {{key: $key}}) SET n.polar = 'seen'");
        Statement::new(text).with("key", key.as_str())
    });
    of.collect()
}

/// Some of the nodes, in any order.
fn some(nodes: &[(String, String)]) -> Vec<Statement> {
    let mut nodes = nodes.to_vec();
    fastrand::shuffle(&mut nodes);
    nodes.truncate(AT_A_TIME);
    transaction(&nodes)
}

/// Writes again and again until told to end; nothing it writes is lost. Returns how often.
async fn hammer(store: &dyn GraphStore, nodes: &[(String, String)], end: &AtomicBool) -> usize {
    let mut written = 0;
    while !end.load(Ordering::SeqCst) || written == 0 {
        match store.write(some(nodes)).await {
            Ok(_) => written += 1,
            // It has no more patience than anybody; its next message says the same.
            Err(GraphError::Statement { reason, .. }) if reason.contains("TransientError") => {}
            Err(error) => panic!("{error}"),
        }
    }
    written
}

/// What comes of an intake, a pass and somebody else's writes when each has its time.
async fn quiet(store: &dyn GraphStore, facts: &str) -> (Vec<(String, String)>, Vec<String>) {
    take_in(store, facts).await.unwrap();
    let nodes = nodes(store).await;
    store.write(transaction(&nodes)).await.unwrap();
    reconcile(store).await.unwrap();
    let graph = dump(store).await;
    wipe(store).await;
    (nodes, graph)
}

const ROUNDS: usize = 3;

async fn check(store: &dyn GraphStore, writers: &[Store]) {
    let facts = facts(6);
    let (nodes, wanted) = quiet(store, &facts).await;
    for round in 0..ROUNDS {
        let end = AtomicBool::new(false);
        let works = async {
            for _ in 0..3 {
                take_in(store, &facts).await.unwrap();
                reconcile(store).await.unwrap();
            }
            end.store(true, Ordering::SeqCst);
        };
        let hammers = writers
            .iter()
            .map(|writer| hammer(writer.as_ref(), &nodes, &end));
        let hammers = futures_util::future::join_all(hammers);
        let ((), written) = tokio::join!(works, hammers);
        let transient = TRANSIENT.load(Ordering::SeqCst);
        eprintln!(
            "round {round}: others wrote {written:?} times; transient errors so far: {transient}"
        );
        assert!(written.iter().all(|times| *times > 0), "{written:?}");
        // All of its messages have come by now.
        store.write(transaction(&nodes)).await.unwrap();
        reconcile(store).await.unwrap();
        assert_same(&dump(store).await, &wanted, "the hammering");
        assert!(reconcile(store).await.unwrap().written.is_zero());
        wipe(store).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_or_doubled_and_no_pass_fails_for_a_deadlock() {
    tracing::subscriber::set_global_default(Counting).unwrap();
    let shared = SharedNeo4j::take();
    let store = neo4j(&shared).await;
    let mut writers: Vec<Store> = Vec::new();
    for _ in 0..3 {
        let writer = Neo4jStore::connect(shared.settings.clone()).await.unwrap();
        writers.push(Arc::new(writer));
    }
    let before = TRANSIENT.load(Ordering::SeqCst);
    check(&store, &writers).await;
    let deadlocks = TRANSIENT.load(Ordering::SeqCst) - before;
    assert!(deadlocks >= 10, "hardly any deadlock: {deadlocks}");
}

/// One process has the embedded graph; its writers wait for each other.
#[tokio::test(flavor = "multi_thread")]
async fn in_one_process_writers_wait_for_each_other() {
    on_both(async |store: Store| {
        let writers = [Arc::clone(&store), Arc::clone(&store)];
        check(store.as_ref(), &writers).await;
    })
    .await;
}
