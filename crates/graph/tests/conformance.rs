//! What a store must do, on both stores.
#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a test that cannot go on must fail"
)]

use std::{process::Command, sync::Arc, time::Duration};

use jiff::Timestamp;
use polar_graph::{
    Counters, EmbeddedStore, GraphError, GraphStore, Neo4jStore, SchemaItem, Statement,
    schema_items,
};
use polar_model::Value;
use polar_testkit::{ServerOptions, SharedNeo4j, TestServer, dump, neo4j, on_both};

type Store = Arc<dyn GraphStore>;

const MERGE: &str = "UNWIND $rows AS row MERGE (n:Source {key: row.key}) SET n += row.props";
const READ: &str = "MATCH (n:Source {key: $key}) RETURN properties(n) AS props";
const COUNT: &str = "MATCH (n:Source) RETURN count(n) AS number";

fn rows(range: std::ops::Range<i64>) -> Vec<Value> {
    let props = |number: i64| Value::map([("number", number)]);
    range
        .map(|number| {
            Value::map([
                ("key", Value::from(format!("k{number}"))),
                ("props", props(number)),
            ])
        })
        .collect()
}

fn merge(rows: Vec<Value>) -> Statement {
    Statement::new(MERGE).with("rows", rows)
}

async fn count(store: &dyn GraphStore) -> i64 {
    let rows = store.read(Statement::new(COUNT)).await.unwrap();
    rows[0].get("number").as_int().unwrap()
}

#[tokio::test]
async fn merges_create_once() {
    on_both(async |store: Store| {
        let first = store.write(vec![merge(rows(0..3))]).await.unwrap();
        assert_eq!(first.nodes_created, 3);
        assert!(
            first.properties_set >= 3,
            "one store counts the merge key, the other does not"
        );
        let second = store.write(vec![merge(rows(0..3))]).await.unwrap();
        assert_eq!(second.nodes_created, 0);
        let edges =
            "MATCH (a:Source {key: 'k0'}), (b:Source {key: 'k1'}) MERGE (a)-[:HAS_JOB]->(b)";
        let linked = store.write(vec![Statement::new(edges)]).await.unwrap();
        assert_eq!(linked.edges_created, 1);
        let again = store.write(vec![Statement::new(edges)]).await.unwrap();
        assert_eq!(again, Counters::default());
        let gone = Statement::new("MATCH (n:Source {key: 'k0'}) DETACH DELETE n");
        let gone = store.write(vec![gone]).await.unwrap();
        assert_eq!((gone.nodes_deleted, gone.edges_deleted), (1, 1));
        assert_eq!(count(store.as_ref()).await, 2);
    })
    .await;
}

#[tokio::test]
async fn values_come_back_as_they_were() {
    let instant: Timestamp = "2026-11-24T12:34:56.123456789Z".parse().unwrap();
    let early: Timestamp = "1901-02-03T04:05:06.000000001Z".parse().unwrap();
    let texts = [
        "",
        " ",
        "'\"`\\ $x {{y}} \n\r\t",
        "Zürich",
        "日本語",
        "👩‍💻",
        "e\u{301}",
        "\u{200f}rtl",
        "// no comment",
        "a\u{0}b",
    ];
    let mut values = vec![
        Value::Bool(true),
        Value::Bool(false),
        Value::Int(0),
        Value::Int(i64::MIN),
        Value::Int(i64::MAX),
        Value::Float(0.1),
        Value::Float(-1e308),
        Value::Float(1.0),
        Value::DateTime(instant),
        Value::DateTime(early),
        Value::DateTime(Timestamp::UNIX_EPOCH),
        Value::List(Vec::new()),
        Value::List(vec![1.into(), 2.into()]),
        Value::List(vec!["a".into(), "ä".into()]),
        Value::List(vec![true.into(), false.into()]),
        Value::List(vec![0.5.into()]),
        Value::List(vec![instant.into()]),
        Value::String("x".repeat(1_000_000)),
    ];
    values.extend(texts.map(Value::from));
    on_both(async |store: Store| {
        for (number, value) in values.iter().enumerate() {
            let key = format!("value {number}");
            let props = Value::map([("value", value.clone())]);
            let row = Value::map([("key", Value::from(key.as_str())), ("props", props)]);
            store.write(vec![merge(vec![row])]).await.unwrap();
            let read = store
                .read(Statement::new(READ).with("key", key.as_str()))
                .await
                .unwrap();
            let wanted = Value::map([("key", Value::from(key)), ("value", value.clone())]);
            assert_eq!(read[0].get("props"), &wanted, "as a property");
            let echo = Statement::new("RETURN $value AS value").with("value", value.clone());
            assert_eq!(
                store.read(echo).await.unwrap()[0].get("value"),
                value,
                "as a parameter"
            );
        }
    })
    .await;
}

#[tokio::test]
async fn null_removes_a_property_and_stays_null() {
    on_both(async |store: Store| {
        store.write(vec![merge(rows(0..1))]).await.unwrap();
        let null = Value::map([("number", Value::Null)]);
        let row = Value::map([("key", "k0".into()), ("props", null)]);
        let counters = store.write(vec![merge(vec![row])]).await.unwrap();
        assert_eq!(counters.properties_set, 1);
        let read = store
            .read(Statement::new(READ).with("key", "k0"))
            .await
            .unwrap();
        assert_eq!(read[0].get("props"), &Value::map([("key", "k0")]));
        let echo = Statement::new("RETURN $value AS value").with("value", Value::Null);
        assert!(store.read(echo).await.unwrap()[0].get("value").is_null());
    })
    .await;
}

#[tokio::test]
async fn keys_differ_by_every_character() {
    let keys = [
        "straße", "strasse", "STRASSE", "é", "e\u{301}", "a", "a ", "A",
    ];
    on_both(async |store: Store| {
        let row =
            |key: &str| Value::map([("key", key.into()), ("props", Value::map([("of", key)]))]);
        let all: Vec<_> = keys.iter().map(|key| row(key)).collect();
        store.write(vec![merge(all)]).await.unwrap();
        assert_eq!(count(store.as_ref()).await, 8);
        for key in keys {
            let read = store
                .read(Statement::new(READ).with("key", key))
                .await
                .unwrap();
            assert_eq!(read.len(), 1, "{key}");
            assert_eq!(
                read[0].get("props"),
                &Value::map([("key", key), ("of", key)])
            );
        }
    })
    .await;
}

#[tokio::test]
async fn large_batches_and_long_streams() {
    on_both(async |store: Store| {
        let counters = store.write(vec![merge(rows(0..25_000))]).await.unwrap();
        assert_eq!(counters.nodes_created, 25_000);
        let all =
            || Statement::new("MATCH (n:Source) WHERE n.number >= 0 RETURN n.number AS number");
        let mut stream = store.stream(all()).await.unwrap();
        let mut sum = 0;
        loop {
            let batch = stream.next_batch(7_000).await.unwrap();
            if batch.is_empty() {
                break;
            }
            sum += batch
                .iter()
                .map(|row| row.get("number").as_int().unwrap())
                .sum::<i64>();
        }
        assert_eq!(sum, (0..25_000).sum::<i64>());
        // A reader that goes away early, and one that writes while it reads.
        drop(store.stream(all()).await.unwrap());
        let mut stream = store.stream(all()).await.unwrap();
        let mut seen = 0;
        loop {
            let batch = stream.next_batch(10_000).await.unwrap();
            if batch.is_empty() {
                break;
            }
            seen += batch.len();
            store
                .write(vec![merge(rows(30_000..30_010))])
                .await
                .unwrap();
        }
        assert!((25_000..=25_010).contains(&seen), "{seen}");
    })
    .await;
}

#[tokio::test]
async fn a_failed_write_leaves_nothing() {
    on_both(async |store: Store| {
        let broken = vec![
            merge(rows(0..10)),
            Statement::new("CREATE (n:Source {key: 'k3'})"),
        ];
        let error = store.write(broken).await.unwrap_err();
        assert!(matches!(error, GraphError::Exists { .. }), "{error}");
        assert!(!error.is_out_of_reach());
        assert_eq!(count(store.as_ref()).await, 0);
        store.write(vec![merge(rows(0..10))]).await.unwrap();
        assert_eq!(count(store.as_ref()).await, 10, "the store goes on");
    })
    .await;
}

#[tokio::test]
async fn a_condition_that_does_not_hold_rolls_the_transaction_back() {
    on_both(async |store: Store| {
        store.write(vec![merge(rows(0..3))]).await.unwrap();
        let graph = dump(store.as_ref()).await;
        let condition = |number: i64| {
            let text = "MATCH (n:Source {key: 'k0'}) SET n.asked = true \
                        WITH n WHERE n.number = $number RETURN n.key AS key";
            let statement = Statement::new(text).with("number", number);
            statement.required("k0 has another number")
        };
        // Whatever stands before or after it, nothing of it is there.
        for wrong in [
            vec![condition(7)],
            vec![condition(7), merge(rows(3..9))],
            vec![merge(rows(3..9)), condition(7)],
            vec![condition(0), merge(rows(3..9)), condition(7)],
        ] {
            let error = store.write(wrong).await.unwrap_err();
            assert!(matches!(error, GraphError::Refused { .. }), "{error}");
            assert!(!error.is_out_of_reach());
            assert!(error.to_string().ends_with("k0 has another number"));
            assert_eq!(dump(store.as_ref()).await, graph);
        }
        let held = vec![condition(0), merge(rows(3..9)), condition(0)];
        assert_eq!(store.write(held).await.unwrap().nodes_created, 6);
        assert_eq!(count(store.as_ref()).await, 9);
        let alone = store.write(vec![condition(0)]).await.unwrap();
        assert!(alone.is_zero(), "what a condition changes is not counted");
        assert_ne!(dump(store.as_ref()).await, graph, "but it is changed");
    })
    .await;
}

#[tokio::test]
async fn a_write_whose_caller_goes_away_leaves_no_lock() {
    on_both(async |store: Store| gone_away(store.as_ref(), store.as_ref()).await).await;
    // A pool would break off what it finds unfinished: only another one sees the lock.
    let shared = SharedNeo4j::take();
    let first = neo4j(&shared).await;
    let second = Neo4jStore::connect(shared.settings.clone()).await.unwrap();
    gone_away(&first, &second).await;
}

async fn gone_away(store: &dyn GraphStore, other: &dyn GraphStore) {
    store.write(vec![merge(rows(0..1))]).await.unwrap();
    let batch: Vec<_> = (0..400)
        .map(|number| merge(rows(number..number + 1)))
        .collect();
    for patience in [1, 5, 20, 60] {
        let patience = Duration::from_millis(patience);
        // Whether it was given up or came to its end, there is no lock.
        drop(tokio::time::timeout(patience, store.write(batch.clone())).await);
        let text = "MATCH (n:Source {key: 'k0'}) SET n.number = -1";
        let next = other.write(vec![Statement::new(text)]);
        let next = tokio::time::timeout(Duration::from_secs(60), next).await;
        next.expect("the lock is free again").unwrap();
        assert!([1, 400].contains(&count(other).await));
    }
}

#[tokio::test]
async fn wrong_statements_are_told_from_a_missing_graph() {
    on_both(async |store: Store| {
        for wrong in [
            "MTCH (n) RETURN n",
            "RETURN x",
            "MATCH (n:Source {key: $missing}) RETURN n",
        ] {
            let error = store.read(Statement::new(wrong)).await.unwrap_err();
            assert!(!error.is_out_of_reach(), "{error}");
            assert!(error.to_string().contains(wrong), "{error}");
        }
        assert!(store.explain("MATCH (n:Source) RETURN n").await.is_ok());
        assert!(store.explain("MATCH (n:Source RETURN n").await.is_err());
    })
    .await;
}

#[tokio::test]
async fn the_schema_is_applied_once() {
    on_both(async |store: Store| {
        let needed = schema_items();
        assert_eq!(
            store.apply_schema(&needed).await.unwrap(),
            [],
            "the kit has applied it"
        );
        let present = store.schema().await.unwrap();
        for item in &needed {
            assert!(present.contains(item), "{item:?}");
        }
        let unique = |label: &str| SchemaItem {
            label: label.to_owned(),
            property: "key".to_owned(),
            unique: true,
        };
        for label in polar_model::Label::ALL {
            assert!(present.contains(&unique(label.as_str())), "{label}");
        }
    })
    .await;
}

const BATCH: i64 = 50;

/// Writes batches until it is killed.
#[tokio::test]
#[ignore = "run as a child of the test below, which kills it"]
async fn child_that_writes() {
    let path = std::env::var_os("CONFORMANCE_GRAPH").unwrap();
    let store = EmbeddedStore::open(path.as_ref()).unwrap();
    store.apply_schema(&schema_items()).await.unwrap();
    for batch in 0.. {
        let range = batch * BATCH..(batch + 1) * BATCH;
        store.write(vec![merge(rows(range))]).await.unwrap();
    }
}

#[tokio::test]
async fn embedded_reopens_after_a_crash_with_whole_batches() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("deep/er/graph.mars");
    let mut last = 0;
    for _ in 0..3 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--ignored", "--exact", "child_that_writes"])
            .env("CONFORMANCE_GRAPH", &path)
            .spawn()
            .unwrap();
        std::thread::sleep(std::time::Duration::from_millis(700));
        child.kill().unwrap();
        child.wait().unwrap();
        let store = EmbeddedStore::open(&path).unwrap();
        let number = count(&store).await;
        assert_eq!(number % BATCH, 0);
        assert!(number > 0 && number >= last, "{number} after {last}");
        last = number;
    }
}

#[tokio::test]
async fn embedded_files_are_one_process_s() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("graph.mars");
    let first = EmbeddedStore::open(&path).unwrap();
    let second = EmbeddedStore::open(&path).map(|_| ()).unwrap_err();
    assert!(
        matches!(second, GraphError::File { .. }) && second.is_out_of_reach(),
        "{second}"
    );
    drop(first);
    drop(EmbeddedStore::open(&path).unwrap());
    std::fs::write(folder.path().join("text"), "no graph").unwrap();
    let error = EmbeddedStore::open(&folder.path().join("text"))
        .map(|_| ())
        .unwrap_err();
    assert!(matches!(error, GraphError::File { .. }), "{error}");
}

#[tokio::test]
async fn neo4j_reopens_after_a_crash_with_whole_batches() {
    let mut server = TestServer::start(ServerOptions::default());
    let store = Neo4jStore::connect(server.settings()).await.unwrap();
    store.apply_schema(&schema_items()).await.unwrap();
    let writer = tokio::spawn(async move {
        let mut batch = 0;
        let error = loop {
            let range = batch * BATCH..(batch + 1) * BATCH;
            match store.write(vec![merge(rows(range))]).await {
                Ok(_) => batch += 1,
                Err(error) => break error,
            }
        };
        assert!(error.is_out_of_reach(), "{error}");
        batch * BATCH
    });
    tokio::time::sleep(std::time::Duration::from_secs(2)).await;
    tokio::task::spawn_blocking(move || {
        server.crash_and_restart();
        server
    })
    .await
    .map(|server| async move {
        let confirmed = writer.await.unwrap();
        let store = Neo4jStore::connect(server.settings()).await.unwrap();
        let number = count(&store).await;
        assert!(
            confirmed > 0 && number >= confirmed,
            "{number} of {confirmed}"
        );
        assert_eq!(number % BATCH, 0);
    })
    .unwrap()
    .await;
}
