//! Linking a tag and a registry's image of each reference: one pass of the rule `same-as`, beside
//! the single statement that says the same, on a Neo4j of its own with a heap of 2 GiB.
//!
//!     ./test --no-run                                  # fetches Neo4j, once
//!     cargo bench -p polar-reconcile --bench linking   # or: … --bench linking -- 10000 100000
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a benchmark that cannot go on must fail"
)]

use std::{
    fs,
    time::{Duration, Instant},
};

use polar_graph::{EmbeddedStore, GraphError, GraphStore, Neo4jStore, Statement, schema_items};
use polar_model::Value;
use polar_reconcile::{Mode, Stop, pass};
use polar_rules::{Rule, builtin_rules};
use polar_testkit::{ServerOptions, TestServer};

const HEAP: &str = "2g";
/// Where the single statement and a pass are put side by side, and where only a pass goes on.
const SIZES: [u64; 2] = [100_000, 1_000_000];
/// Each side's best of so many is taken, by turns.
const ROUNDS: usize = 3;

/// The statement of the provenance model, in one transaction.
const SINGLE: &str = "MATCH (tag:ContainerImageTag)-[:IDENTIFIES]->(ref:ImageReference)<-[:IDENTIFIES]-(image:ACRImage)
                      MERGE (tag)-[:SAME_AS]->(image)";
const LOAD: &str = "UNWIND $rows AS row
    CREATE (:ContainerImageTag {key: row, registry: 'r.example.com', repository: 'team/app', tag: '1'})
           -[:IDENTIFIES]->(:ImageReference {key: row, normalized: row})<-[:IDENTIFIES]-
           (:ACRImage {key: row, registry: 'r.example.com', repository: 'team/app', tag: '1'})";
const COUNT: &str = "MATCH ()-[own:SAME_AS]->() RETURN count(own) AS number";
const UNLINK: &str = "MATCH ()-[own:SAME_AS]->() WITH own LIMIT 20000 DELETE own";

fn main() {
    let sizes: Vec<u64> = std::env::args()
        .filter_map(|size| size.parse().ok())
        .collect();
    let sizes = if sizes.is_empty() {
        SIZES.to_vec()
    } else {
        sizes
    };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    println!("{}", machine());
    println!("Neo4j 5.26, heap {HEAP}; best of {ROUNDS}, by turns\n");
    println!(
        "{:>10}  {:<34} {:>9} {:>12} {:>11} {:>8}",
        "references", "", "time", "links/s", "peak heap", "ratio"
    );
    for size in sizes {
        runtime.block_on(neo4j(size));
        runtime.block_on(embedded(size));
    }
}

async fn neo4j(size: u64) {
    let mut server = TestServer::start(ServerOptions {
        heap: HEAP,
        ..ServerOptions::default()
    });
    let store = Neo4jStore::connect(server.settings()).await.unwrap();
    load(&store, size).await;
    let mut best: [Option<Taken>; 2] = [None, None];
    let mut refused = None;
    for _ in 0..ROUNDS {
        // A statement that was refused once is not asked again.
        if refused.is_none() {
            unlink(&store).await;
            server.peak_heap();
            let begin = Instant::now();
            match single(&store).await {
                Ok(()) => {
                    assert_eq!(count(&store).await, size);
                    keep(&mut best[1], begin.elapsed(), server.peak_heap());
                }
                Err(error) => {
                    assert_eq!(count(&store).await, 0, "it should have been rolled back");
                    refused = Some((begin.elapsed(), error.to_string()));
                }
            }
        }
        unlink(&store).await;
        server.peak_heap();
        let begin = Instant::now();
        assert_eq!(linked_by_pass(&store, size).await, size);
        keep(&mut best[0], begin.elapsed(), server.peak_heap());
    }
    let ours = best[0].expect("at least one round");
    print(size, "Neo4j, a pass", &ours, best[1].as_ref());
    if let Some(single) = &best[1] {
        print(size, "Neo4j, the single statement", single, None);
    }
    if let Some((after, error)) = refused {
        let cause = error.lines().next().unwrap_or_default();
        println!(
            "{size:>10}  Neo4j, the single statement: fails after {after:.1?}, nothing is linked: {cause}"
        );
    }
    let begin = Instant::now();
    let again = linked_by_pass(&store, size).await;
    assert_eq!(again, 0);
    println!(
        "{size:>10}  Neo4j, a pass that finds nothing new: {:.2?}",
        begin.elapsed()
    );
}

async fn embedded(size: u64) {
    let folder = tempfile::tempdir().unwrap();
    let store = EmbeddedStore::open(&folder.path().join("graph.mars")).unwrap();
    load(&store, size).await;
    let begin = Instant::now();
    assert_eq!(linked_by_pass(&store, size).await, size);
    let time = begin.elapsed();
    let ours = Taken {
        time,
        peak: peak_of_this_process(),
    };
    print(size, "embedded, a pass (peak: RSS)", &ours, None);
}

/// A time and a peak of memory in bytes.
#[derive(Clone, Copy)]
struct Taken {
    time: Duration,
    peak: u64,
}

fn keep(best: &mut Option<Taken>, time: Duration, peak: u64) {
    if best.is_none_or(|kept| time < kept.time) {
        *best = Some(Taken { time, peak });
    }
}

#[expect(clippy::cast_precision_loss, reason = "figures for people")]
fn print(size: u64, what: &str, taken: &Taken, beside: Option<&Taken>) {
    let seconds = taken.time.as_secs_f64();
    let ratio = beside.map_or_else(String::new, |other| {
        format!("{:.2}x", other.time.as_secs_f64() / seconds)
    });
    println!(
        "{size:>10}  {what:<34} {seconds:>7.2} s {:>12.0} {:>7} MiB {ratio:>8}",
        size as f64 / seconds,
        taken.peak >> 20,
    );
}

async fn load(store: &dyn GraphStore, size: u64) {
    store.apply_schema(&schema_items()).await.unwrap();
    let mut from = 0;
    while from < size {
        let to = size.min(from + 10_000);
        let rows: Vec<Value> = (from..to)
            .map(|row| format!("r.example.com/team/app-{row}:1").into())
            .collect();
        let statement = Statement::new(LOAD).with("rows", rows);
        store.write(vec![statement]).await.unwrap();
        from = to;
    }
}

async fn unlink(store: &dyn GraphStore) {
    while !store
        .write(vec![Statement::new(UNLINK)])
        .await
        .unwrap()
        .is_zero()
    {}
}

async fn count(store: &dyn GraphStore) -> u64 {
    let rows = store.read(Statement::new(COUNT)).await.unwrap();
    rows[0].get("number").as_int().unwrap().unsigned_abs()
}

/// Returns the number of links created.
async fn linked_by_pass(store: &dyn GraphStore, size: u64) -> u64 {
    let rules: Vec<Rule> = builtin_rules().unwrap();
    let rules: Vec<Rule> = rules
        .into_iter()
        .filter(|rule| rule.name == "same-as")
        .collect();
    let stop = Stop::default();
    let summary = pass(store, &rules, Mode::Apply, &stop, &mut |_, _| ())
        .await
        .unwrap();
    assert_eq!(summary.rules[0].matched, Some(size));
    summary.created()
}

async fn single(store: &dyn GraphStore) -> Result<(), GraphError> {
    store.write(vec![Statement::new(SINGLE)]).await.map(drop)
}

fn machine() -> String {
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let field = |text: &str, name: &str| {
        let line = text
            .lines()
            .find(|line| line.starts_with(name))
            .unwrap_or_default();
        line.split(':').nth(1).unwrap_or_default().trim().to_owned()
    };
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    format!(
        "{}, {cores} cores, {} of memory",
        field(&read("/proc/cpuinfo"), "model name"),
        field(&read("/proc/meminfo"), "MemTotal"),
    )
}

fn peak_of_this_process() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmHWM:"))
        .unwrap_or_default();
    let kib: u64 = line
        .split_whitespace()
        .nth(1)
        .and_then(|kib| kib.parse().ok())
        .unwrap_or(0);
    kib * 1024
}
