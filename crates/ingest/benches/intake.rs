//! Facts about tags that pipelines pushed, each with its tag, reference, run and their edges: taken
//! in by `Ingest` from JSON Lines, and taken in again; beside one transaction for each of them, as
//! Polar writes, without and with indexes.
//!
//!     ./test --no-run                              # fetches Neo4j, once
//!     cargo bench -p polar-ingest --bench intake   # or: … --bench intake -- 10000
#![expect(
    clippy::unwrap_used,
    reason = "a benchmark that cannot go on must fail"
)]

use std::{
    fmt::Write as _,
    time::{Duration, Instant},
};

use polar_graph::{EmbeddedStore, GraphStore, Neo4jStore, Statement, schema_items};
use polar_ingest::{BATCH, Ingest};
use polar_testkit::{
    ServerOptions, TestServer,
    bench::{leaves_out, machine, peak_since, sizes},
    wipe,
};

/// The allocator of the program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const SIZES: [u64; 2] = [10_000, 100_000];
const HEAP: &str = "2g";
/// How long one transaction for each fact is looked at.
const SAMPLE: Duration = Duration::from_secs(10);

const ONE: &str =
    "MERGE (tag:ContainerImageTag {registry: $registry, repository: $repository, tag: $tag})
    MERGE (ref:ImageReference {normalized: $reference})
    MERGE (run:PipelineRun {id: $run})
    MERGE (tag)-[:IDENTIFIES]->(ref)
    MERGE (run)-[:PRODUCED]->(tag)";
const INDEXES: [&str; 3] = [
    "CREATE INDEX polar_tag FOR (n:ContainerImageTag) ON (n.registry, n.repository, n.tag)",
    "CREATE INDEX polar_reference FOR (n:ImageReference) ON (n.normalized)",
    "CREATE INDEX polar_run FOR (n:PipelineRun) ON (n.id)",
];
const WITHOUT: [&str; 3] = [
    "DROP INDEX polar_tag",
    "DROP INDEX polar_reference",
    "DROP INDEX polar_run",
];

fn main() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    println!("{}", machine());
    println!("Neo4j with a heap of {HEAP}; ratio: how much faster than one by one with indexes\n");
    println!(
        "{:>8}  {:<42} {:>9} {:>9} {:>9} {:>8}",
        "facts", "", "time", "facts/s", "memory", "ratio"
    );
    for size in sizes(&SIZES) {
        let lines = lines(size);
        let table = Table {
            size,
            one_by_one: (!leaves_out("neo4j")).then(|| runtime.block_on(neo4j(size, &lines))),
        };
        if !leaves_out("embedded") {
            runtime.block_on(embedded(&lines, &table));
        }
    }
}

/// Returns how many facts a second go in one by one, with indexes.
async fn neo4j(size: u64, lines: &str) -> f64 {
    let mut server = TestServer::start(ServerOptions {
        heap: HEAP,
        ..ServerOptions::default()
    });
    let store = Neo4jStore::connect(server.settings()).await.unwrap();
    let rate = one_by_one(&store, size, &INDEXES).await;
    let table = Table {
        size,
        one_by_one: Some(rate),
    };
    table.rate("one by one, indexes", rate);
    wipe(&store).await;
    let without = one_by_one(&store, size, &WITHOUT).await;
    table.rate("one by one, no index", without);
    wipe(&store).await;
    store.apply_schema(&schema_items()).await.unwrap();
    // Other designs first, so that the server has seen the statements before they are timed.
    for (name, batch, overlap) in [
        ("batch after batch", BATCH, false),
        ("batches of 10,000", 10_000, true),
        ("taken in", BATCH, true),
    ] {
        wipe(&store).await;
        server.peak_heap();
        let (time, written) = take_in_as(&store, lines, batch, overlap).await;
        assert!(written > 0);
        table.row(name, time, server.peak_heap());
    }
    let (time, written) = take_in(&store, lines).await;
    assert_eq!(written, 0);
    table.row("taken in again", time, server.peak_heap());
    rate
}

async fn embedded(lines: &str, table: &Table) {
    let folder = tempfile::tempdir().unwrap();
    let store = EmbeddedStore::open(&folder.path().join("graph.mars")).unwrap();
    store.apply_schema(&schema_items()).await.unwrap();
    peak_since();
    let (time, _) = take_in(&store, lines).await;
    table.row("embedded: taken in (memory: process)", time, peak_since());
    let (time, written) = take_in(&store, lines).await;
    assert_eq!(written, 0);
    table.row("embedded: taken in again", time, peak_since());
}

/// Facts in a second, one transaction for each, seen for a while.
#[expect(clippy::cast_precision_loss, reason = "figures for people")]
async fn one_by_one(store: &Neo4jStore, size: u64, schema: &[&'static str]) -> f64 {
    for text in schema {
        store.write(vec![Statement::new(*text)]).await.unwrap();
    }
    store
        .read(Statement::new("CALL db.awaitIndexes(600)"))
        .await
        .unwrap();
    let begin = Instant::now();
    let mut done = 0;
    while done < size && begin.elapsed() < SAMPLE {
        let fact = Fact(done);
        let statement = Statement::new(ONE)
            .with("registry", REGISTRY)
            .with("repository", fact.repository())
            .with("tag", fact.tag())
            .with("reference", fact.image())
            .with("run", i64::try_from(fact.run()).unwrap());
        store.write(vec![statement]).await.unwrap();
        done += 1;
    }
    done as f64 / begin.elapsed().as_secs_f64()
}

/// The time, and how much was written.
async fn take_in(store: &dyn GraphStore, lines: &str) -> (Duration, u64) {
    take_in_as(store, lines, BATCH, true).await
}

/// As [`take_in`], in batches of so many facts; each written before the next is read, or meanwhile.
async fn take_in_as(
    store: &dyn GraphStore,
    lines: &str,
    batch: usize,
    overlap: bool,
) -> (Duration, u64) {
    let begin = Instant::now();
    let mut ingest = Ingest::new(store, |problem| panic_on(&problem)).with_batch(batch);
    if overlap {
        ingest.lines(lines.as_bytes(), |_| ()).await.unwrap();
    } else {
        let lines: Vec<&str> = lines.split_inclusive('\n').collect();
        for lines in lines.chunks(batch) {
            let lines = lines.concat();
            ingest.lines(lines.as_bytes(), |_| ()).await.unwrap();
        }
    }
    (begin.elapsed(), ingest.report().written.total())
}

fn panic_on(problem: &polar_ingest::Problem) {
    assert_eq!(problem.to_string(), "", "the facts are good");
}

const REGISTRY: &str = "r.example.com";

/// A fact by its number: a hundred tags in a repository, each pushed by a run of its own.
struct Fact(u64);

impl Fact {
    fn repository(&self) -> String {
        format!("team/app-{}", self.0 / 100)
    }

    fn tag(&self) -> String {
        format!("1.{}", self.0 % 100)
    }

    fn image(&self) -> String {
        format!("{REGISTRY}/{}:{}", self.repository(), self.tag())
    }

    fn run(&self) -> u64 {
        1_000_000 + self.0
    }
}

fn lines(size: u64) -> String {
    let mut lines = String::new();
    for fact in (0..size).map(Fact) {
        writeln!(
            lines,
            r#"{{"v":1,"type":"pipeline_image","instance":"g.example.com","project":"{}","pipeline":{},"image":"{}"}}"#,
            fact.repository(),
            fact.run(),
            fact.image()
        )
        .unwrap();
    }
    lines
}

struct Table {
    size: u64,
    one_by_one: Option<f64>,
}

#[expect(clippy::cast_precision_loss, reason = "figures for people")]
impl Table {
    fn row(&self, what: &str, time: Duration, peak: u64) {
        let seconds = time.as_secs_f64();
        let memory = format!("{} MiB", peak >> 20);
        self.print(what, seconds, self.size as f64 / seconds, &memory);
    }

    fn rate(&self, what: &str, rate: f64) {
        self.print(what, self.size as f64 / rate, rate, "");
    }

    fn print(&self, what: &str, seconds: f64, rate: f64, memory: &str) {
        let ratio = self.one_by_one.map(|other| format!("{:.2}x", rate / other));
        println!(
            "{:>8}  {what:<42} {seconds:>7.2} s {rate:>9.0} {memory:>9} {:>8}",
            self.size,
            ratio.unwrap_or_default()
        );
    }
}
