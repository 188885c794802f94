//! A replica that loses its lease in the middle of its work: nothing of the batch in hand is
//! written, and the one that takes over ends in the graph of one.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use async_trait::async_trait;
use polar_graph::{
    Acquired, Counters, EmbeddedStore, Engine, GraphError, GraphStore, Lease, LeasedStore,
    Neo4jStore, Row, RowStream, SchemaItem, Statement, schema_items,
};
use polar_ingest::{Ingest, IngestError};
use polar_model::Value;
use polar_reconcile::{BATCH, Mode, PassError, PassSummary, Stop, pass};
use polar_rules::Rule;
use polar_testkit::{SharedNeo4j, dump, neo4j, on_both, wipe};

use crate::facts::{derived, ordered_rules};

type Store = Arc<dyn GraphStore>;

const FACTS: &[u8] = include_bytes!("../../../../demo/observations.jsonl");
/// Longer than any test.
const LONG: std::time::Duration = std::time::Duration::from_secs(3600);

async fn expire(store: &Store) {
    let text = "MATCH (lease:Lease) SET lease.expires_at = datetime('2001-01-01T00:00:00Z')";
    store.write(vec![Statement::new(text)]).await.unwrap();
}

async fn taken(store: &Store, host: &str) -> Arc<Lease> {
    let lease = Lease::new(Arc::clone(store), host, LONG);
    assert_eq!(lease.acquire().await.unwrap(), Acquired::Mine);
    Arc::new(lease)
}

/// A graph whose clock, as its writer sees it, is off by some hours, and in which another replica
/// takes the lease right before a certain write.
struct Disturbed {
    store: Store,
    hours: i64,
    writes: AtomicUsize,
    stolen_before: Option<usize>,
}

impl Disturbed {
    fn new(store: &Store, hours: i64, stolen_before: Option<usize>) -> Arc<Self> {
        Arc::new(Self {
            store: Arc::clone(store),
            hours,
            writes: AtomicUsize::new(0),
            stolen_before,
        })
    }

    /// Every time that the writer tells, by its own clock.
    fn shifted(&self, mut statement: Statement) -> Statement {
        for name in ["now", "started_at", "finished_at"] {
            if let Some(Value::DateTime(time)) = statement.params.get_mut(name) {
                *time += jiff::SignedDuration::from_hours(self.hours);
            }
        }
        statement
    }
}

#[async_trait]
impl GraphStore for Disturbed {
    fn engine(&self) -> Engine {
        self.store.engine()
    }

    fn location(&self) -> String {
        self.store.location()
    }

    async fn stream(&self, statement: Statement) -> Result<RowStream, GraphError> {
        self.store.stream(self.shifted(statement)).await
    }

    async fn read(&self, statement: Statement) -> Result<Vec<Row>, GraphError> {
        self.store.read(self.shifted(statement)).await
    }

    async fn write(&self, statements: Vec<Statement>) -> Result<Counters, GraphError> {
        if Some(self.writes.fetch_add(1, Ordering::SeqCst)) == self.stolen_before {
            expire(&self.store).await;
            taken(&self.store, "thief").await;
        }
        let shifted = statements.into_iter().map(|one| self.shifted(one));
        self.store.write(shifted.collect()).await
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

async fn take_in(store: &dyn GraphStore, hours: i64) -> Result<(), GraphError> {
    let now = move || jiff::Timestamp::now() + jiff::SignedDuration::from_hours(hours);
    let mut intake = Ingest::new(store, |_| ()).with_clock(now);
    match intake.lines(FACTS, |_| ()).await {
        Ok(()) => Ok(()),
        Err(IngestError::Graph(error)) => Err(error),
        Err(error) => panic!("{error}"),
    }
}

async fn reconcile(store: &dyn GraphStore) -> Result<PassSummary, PassError> {
    let mut quiet = |_: &Rule, _| ();
    let (stop, rules) = (Stop::default(), ordered_rules());
    pass(store, &rules, Mode::Apply, &stop, &mut quiet).await
}

/// A replica takes the facts in and derives what follows, as the agent does.
async fn work(store: &dyn GraphStore, hours: i64) -> Result<(), GraphError> {
    take_in(store, hours).await?;
    match reconcile(store).await {
        Ok(_) => Ok(()),
        Err(
            PassError::Rule { source, .. } | PassError::Changes(source) | PassError::Record(source),
        ) => Err(source),
    }
}

/// What one replica ends in, and how often it writes.
async fn of_one() -> (Vec<String>, usize) {
    let store: Store = Arc::new(EmbeddedStore::in_memory().unwrap());
    store.apply_schema(&schema_items()).await.unwrap();
    let counting = Disturbed::new(&store, 0, None);
    work(counting.as_ref(), 0).await.unwrap();
    let writes = counting.writes.load(Ordering::SeqCst);
    work(counting.as_ref(), 0).await.unwrap();
    let again = counting.writes.load(Ordering::SeqCst);
    assert_eq!(
        again, writes,
        "what is known is not even tried to be written"
    );
    (dump(store.as_ref()).await, writes)
}

#[tokio::test]
async fn lost_before_any_write_nothing_of_it_is_written_and_the_next_one_ends_as_one() {
    let (wanted, writes) = of_one().await;
    on_both(async |store: Store| {
        let mut cut_short = 0;
        for number in 0..writes {
            wipe(store.as_ref()).await;
            // The first write is the lease's own.
            let disturbed: Store = Disturbed::new(&store, 5, Some(number + 1));
            let lease = taken(&disturbed, "one").await;
            let leased = LeasedStore::new(Arc::clone(&lease));
            let error = work(&leased, 5).await.unwrap_err();
            assert!(matches!(error, GraphError::Refused { .. }), "{error}");
            let lost = dump(store.as_ref()).await;
            // The last write may only tell of the pass.
            cut_short += usize::from(lost != wanted);
            // Whatever it still has to write is refused, too.
            assert!(work(&leased, 5).await.is_err() || lost == wanted);
            assert!(
                dump(store.as_ref()).await == lost,
                "stolen before write {number}"
            );

            // The other replica's clock is eight hours behind this one's.
            expire(&store).await;
            let other: Store = Disturbed::new(&store, -3, None);
            let next = LeasedStore::new(taken(&other, "next").await);
            work(&next, -3).await.unwrap();
            assert!(
                dump(store.as_ref()).await == wanted,
                "stolen before write {number}"
            );
            let quiet = reconcile(&next).await.unwrap();
            assert!(quiet.written.is_zero(), "{quiet:?}");
        }
        assert!(cut_short >= 8, "{cut_short} of {writes}");
    })
    .await;
}

#[tokio::test]
async fn lost_between_two_batches_of_a_rule_only_whole_batches_are_there() {
    on_both(async |store: Store| {
        let text = "UNWIND $rows AS row
            CREATE (:ContainerImageTag {key: row, tag: '1'})-[:IDENTIFIES]->(:ImageReference {key: row})
                   <-[:IDENTIFIES]-(:ACRImage {key: row, tag: '1'})";
        let rows: Vec<Value> = (0..BATCH + 10).map(|row| format!("i{row}").into()).collect();
        for rows in rows.chunks(BATCH) {
            let statement = Statement::new(text).with("rows", rows.to_vec());
            store.write(vec![statement]).await.unwrap();
        }
        // After the lease's own write and the first batch.
        let disturbed: Store = Disturbed::new(&store, 0, Some(2));
        let lease = taken(&disturbed, "one").await;
        let error = reconcile(&LeasedStore::new(lease)).await.unwrap_err();
        assert!(matches!(error.graph(), GraphError::Refused { .. }), "{error}");
        // Two are written at a time: the lease may be lost before either.
        let written = derived(store.as_ref(), "same-as").await.len();
        assert!([0, 10, BATCH].contains(&written), "{written}");
        expire(&store).await;
        let next = LeasedStore::new(taken(&store, "next").await);
        reconcile(&next).await.unwrap();
        assert_eq!(derived(store.as_ref(), "same-as").await.len(), rows.len());
    })
    .await;
}

/// Replicas with clocks apart, each with a connection of its own, that take the lease from each
/// other all the time and are given up anywhere.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn clocks_apart_and_given_up_anywhere_they_end_as_one() {
    let (wanted, _) = of_one().await;
    let shared = SharedNeo4j::take();
    let first: Store = Arc::new(neo4j(&shared).await);
    let second: Store = Arc::new(Neo4jStore::connect(shared.settings.clone()).await.unwrap());
    let replica = async |store: &Store, hours: i64| {
        for _ in 0..12 {
            let store: Store = Disturbed::new(store, hours, None);
            let lease = Arc::new(Lease::new(Arc::clone(&store), "replica", LONG));
            while lease.acquire().await.unwrap() != Acquired::Mine {
                tokio::time::sleep(std::time::Duration::from_millis(5)).await;
            }
            let leased = LeasedStore::new(lease);
            let killed = std::time::Duration::from_millis(fastrand::u64(1..400));
            let done = tokio::time::timeout(killed, work(&leased, hours)).await;
            if let Ok(Err(error)) = done {
                assert!(matches!(error, GraphError::Refused { .. }), "{error}");
            }
            // Nobody renews it; now the other one may take it.
            expire(&store).await;
        }
    };
    tokio::join!(replica(&first, 26), replica(&second, -26));
    expire(&first).await;
    let last = LeasedStore::new(taken(&first, "last").await);
    work(&last, 0).await.unwrap();
    let graph = dump(first.as_ref()).await;
    assert!(graph == wanted, "not the graph of one");
    assert!(reconcile(&last).await.unwrap().written.is_zero());
}
