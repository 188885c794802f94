//! Linking a tag and a registry's image of each reference: (a) the single statement of the provenance
//! model, (b) one transaction for each reference, without and with an index, and (c) passes of the
//! rule `same-as`, all on one Neo4j with a heap of 2 GiB; and a pass on the embedded store. Beside it two
//! other designs that record what a pass does: one statement in one transaction, and statements for
//! slices of the references. Then what each costs when nothing changed, and when a thousand references
//! are new.
//!
//!     ./test --no-run                                  # fetches Neo4j, once
//!     cargo bench -p polar-reconcile --bench linking   # or: … --bench linking -- 10000 100000
#![expect(
    clippy::unwrap_used,
    reason = "a benchmark that cannot go on must fail"
)]

use std::time::{Duration, Instant};

use futures_util::{StreamExt, TryStreamExt, stream};
use polar_graph::{EmbeddedStore, GraphError, GraphStore, Neo4jStore, Statement, schema_items};
use polar_model::Value;
use polar_reconcile::{Mode, Reconciler, Stop, pass};
use polar_rules::{Rule, builtin_rules, in_order};
use polar_testkit::{
    ServerOptions, TestServer,
    bench::{leaves_out, machine, peak_since, sizes},
};

/// The allocator of the program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const HEAP: &str = "2g";
const SIZES: [u64; 3] = [10_000, 100_000, 1_000_000];
/// Each side's best of so many is taken, by turns: a server compiles its own code as it goes.
const ROUNDS: usize = 6;
/// With so many references it does so in the first round.
const LARGE: u64 = 1_000_000;
const ROUNDS_OF_LARGE: usize = 2;
/// How long (b) is looked at; it is even, and takes hours.
const SAMPLE: Duration = Duration::from_secs(10);
/// References that are new between two passes.
const CHANGED: u64 = 1_000;

const SINGLE: &str = "MATCH (tag:ContainerImageTag)-[:IDENTIFIES]->(ref:ImageReference)<-[:IDENTIFIES]-(image:ACRImage)
                      MERGE (tag)-[:SAME_AS]->(image)";
/// Another design: what a pass records, in one transaction.
const RECORDING: &str = "MATCH (from:ContainerImageTag)-[:IDENTIFIES]->(ref:ImageReference)<-[:IDENTIFIES]-(to:ACRImage)
                         WHERE from.tag = to.tag AND (from.digest IS NULL OR to.digest IS NULL OR from.digest = to.digest)
                         WITH from, to, min(ref.normalized) AS evidence
                         MERGE (from)-[own:SAME_AS {rule: 'same-as'}]->(to)
                         ON CREATE SET own.evidence = evidence, own.confidence = 1.0, own.first_seen = datetime()";
/// Another design: as `RECORDING`, for a slice of the references in each transaction.
const SLICE: &str = "MATCH (ref:ImageReference) WHERE ref.key > $after AND ref.key <= $last
                     MATCH (from:ContainerImageTag)-[:IDENTIFIES]->(ref)<-[:IDENTIFIES]-(to:ACRImage)
                     WHERE from.tag = to.tag AND (from.digest IS NULL OR to.digest IS NULL OR from.digest = to.digest)
                       AND NOT EXISTS { (from)-[own:SAME_AS]->(to) WHERE own.rule = 'same-as' AND own.evidence <= ref.normalized }
                     MERGE (from)-[own:SAME_AS {rule: 'same-as'}]->(to)
                     ON CREATE SET own.evidence = ref.normalized, own.confidence = 1.0, own.first_seen = datetime()";
/// Whether there is an index on `plain` or on `normalized` makes the difference.
const ONE: &str = "MATCH (tag:ContainerImageTag)-[:IDENTIFIES]->(ref:ImageReference {normalized: $name})<-[:IDENTIFIES]-(image:ACRImage)
                   MERGE (tag)-[:SAME_AS]->(image)";
const INDEX: &str = "CREATE INDEX polar IF NOT EXISTS FOR (ref:ImageReference) ON (ref.normalized)";
const NO_INDEX: &str = "DROP INDEX polar IF EXISTS";
const LOAD: &str = "MATCH (log:ChangeLog {key: 'changes'})
    UNWIND $rows AS row
    CREATE (:ContainerImageTag {key: row, registry: 'r.example.com', repository: 'team/app', tag: '1', change: log.last})
           -[:IDENTIFIES]->(:ImageReference {key: row, normalized: row, change: log.last})<-[:IDENTIFIES]-
           (:ACRImage {key: row, registry: 'r.example.com', repository: 'team/app', tag: '1', change: log.last})";
const COUNT: &str = "MATCH ()-[own:SAME_AS]->() RETURN count(own) AS number";
const UNLINK: &str = "MATCH ()-[own:SAME_AS]->() WITH own LIMIT 20000 DELETE own";

fn main() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    println!("{}", machine());
    println!(
        "Neo4j with a heap of {HEAP}; best of {ROUNDS} ({ROUNDS_OF_LARGE} at {LARGE}), by turns; ratio: how much faster than the single statement\n"
    );
    println!(
        "{:>10}  {:<44} {:>10} {:>9} {:>9} {:>8}",
        "references", "", "time", "links/s", "memory", "ratio"
    );
    for size in sizes(&SIZES) {
        if !leaves_out("neo4j") {
            runtime.block_on(neo4j(size));
        }
        if !leaves_out("embedded") {
            runtime.block_on(embedded(size));
        }
    }
}

async fn neo4j(size: u64) {
    let mut server = TestServer::start(ServerOptions {
        heap: HEAP,
        ..ServerOptions::default()
    });
    let store = Neo4jStore::connect(server.settings()).await.unwrap();
    load(&store, 0, size).await;
    let mut table = Table { size, single: None };
    let mut best: [Option<Taken>; 2] = [None, None];
    let mut refused = None;
    let rounds = if size >= LARGE {
        ROUNDS_OF_LARGE
    } else {
        ROUNDS
    };
    for _ in 0..rounds {
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
    table.single = best[1].map(|taken| taken.time);
    match (best[1], refused) {
        (Some(taken), _) => table.row("(a) the single statement", &taken, size),
        (None, Some((after, error))) => println!(
            "{size:>10}  (a) the single statement fails after {after:.1?}, nothing is linked: {}",
            error.lines().next().unwrap_or_default()
        ),
        (None, None) => {}
    }
    one_by_one(&store, &table).await;
    other_designs(&store, &table, &mut server).await;
    table.row("(c) a pass", &best[0].unwrap(), size);
    again(&store, &mut table, &mut server).await;
}

/// (b), for a while.
async fn one_by_one(store: &Neo4jStore, table: &Table) {
    for (name, index) in [
        ("(b) one by one, no index", NO_INDEX),
        ("(b) one by one, an index", INDEX),
    ] {
        unlink(store).await;
        store.write(vec![Statement::new(index)]).await.unwrap();
        store
            .read(Statement::new("CALL db.awaitIndexes(600)"))
            .await
            .unwrap();
        let begin = Instant::now();
        let mut done = 0;
        while done < table.size && begin.elapsed() < SAMPLE {
            let statement = Statement::new(ONE).with("name", name_of(done));
            store.write(vec![statement]).await.unwrap();
            done += 1;
        }
        let time = begin.elapsed();
        assert_eq!(count(store).await, done);
        table.sample(name, time, done);
    }
    store.write(vec![Statement::new(NO_INDEX)]).await.unwrap();
}

/// Leaves all linked by a pass.
async fn other_designs(store: &Neo4jStore, table: &Table, server: &mut TestServer) {
    let mut names: Vec<String> = (0..table.size).map(name_of).collect();
    names.sort_unstable();
    let slices = || {
        let last = names.chunks(10_000).filter_map(|slice| slice.last());
        let after = std::iter::once(String::new()).chain(last.clone().cloned());
        after.zip(last).map(|(after, last)| {
            let statement = Statement::new(SLICE).with("after", after);
            statement.with("last", last.as_str())
        })
    };
    for (name, at_a_time) in [("(e) slices", 1), ("(e) slices, two at a time", 2)] {
        unlink(store).await;
        server.peak_heap();
        let begin = Instant::now();
        let writes = slices().map(|statement| store.write(vec![statement]));
        let writes = stream::iter(writes).buffer_unordered(at_a_time);
        writes.try_collect::<Vec<_>>().await.unwrap();
        let taken = Taken::since(begin, server.peak_heap());
        assert_eq!(count(store).await, table.size);
        table.row(name, &taken, table.size);
    }
    unlink(store).await;
    server.peak_heap();
    let begin = Instant::now();
    let recording = Statement::new(RECORDING);
    match store.write(vec![recording]).await {
        Ok(_) => {
            let taken = Taken::since(begin, server.peak_heap());
            table.row(
                "(d) one statement that records the same",
                &taken,
                table.size,
            );
        }
        Err(error) => println!(
            "{:>10}  (d) one statement that records the same fails: {}",
            table.size,
            error.to_string().lines().next().unwrap_or_default()
        ),
    }
    unlink(store).await;
    assert_eq!(linked_by_pass(store, table.size).await, table.size);
}

/// What it costs when nothing changed, and when a little did. All is linked by a pass.
async fn again(store: &Neo4jStore, table: &mut Table, server: &mut TestServer) {
    let size = table.size;
    server.peak_heap();
    let begin = Instant::now();
    table.single = match single(store).await {
        Ok(()) => {
            let taken = Taken::since(begin, server.peak_heap());
            table.row("nothing new: (a)", &taken, 0);
            Some(taken.time)
        }
        Err(_) => {
            println!("{size:>10}  nothing new: (a) fails");
            None
        }
    };
    // (a) has edges of its own now, beside those of the rule.
    let begin = Instant::now();
    assert_eq!(linked_by_pass(store, size).await, 0);
    let taken = Taken::since(begin, server.peak_heap());
    table.row("nothing new: (c), looking at all", &taken, 0);
    for (name, rules) in [("one rule", same_as()), ("all rules", all_rules())] {
        let mut agent = Reconciler::new(rules, Duration::from_secs(86_400));
        cadence(store, &mut agent).await;
        let mut best = None;
        for _ in 0..ROUNDS {
            let begin = Instant::now();
            let (_, written) = cadence(store, &mut agent).await;
            assert_eq!(written, 0);
            keep(&mut best, begin.elapsed(), server.peak_heap());
        }
        table.row(&format!("nothing new: (c), {name}"), &best.unwrap(), 0);
        let mut best = None;
        for round in 0..ROUNDS as u64 {
            let from = 10_000_000 + round * CHANGED + u64::from(name == "all rules") * 100_000;
            load(store, from, from + CHANGED).await;
            let begin = Instant::now();
            let (created, _) = cadence(store, &mut agent).await;
            assert!(created >= CHANGED, "{created}");
            keep(&mut best, begin.elapsed(), server.peak_heap());
        }
        let what = format!("{CHANGED} new: (c), {name}");
        table.row(&what, &best.unwrap(), CHANGED);
    }
    load(store, 20_000_000, 20_000_000 + CHANGED).await;
    let begin = Instant::now();
    match single(store).await {
        Ok(()) => {
            let taken = Taken::since(begin, server.peak_heap());
            table.row(&format!("{CHANGED} new: (a)"), &taken, CHANGED);
        }
        Err(_) => println!("{size:>10}  {CHANGED} new: (a) fails"),
    }
}

/// One pass of an agent: what it created, and all it wrote.
async fn cadence(store: &dyn GraphStore, agent: &mut Reconciler) -> (u64, u64) {
    let summary = agent.pass(store, &Stop::default(), &mut |_, _| ()).await;
    let summary = summary.unwrap();
    (summary.created(), summary.written.total())
}

async fn embedded(size: u64) {
    let folder = tempfile::tempdir().unwrap();
    let store = EmbeddedStore::open(&folder.path().join("graph.mars")).unwrap();
    load(&store, 0, size).await;
    let table = Table { size, single: None };
    peak_since();
    let begin = Instant::now();
    assert_eq!(linked_by_pass(&store, size).await, size);
    let taken = Taken::since(begin, peak_since());
    table.row("embedded: a pass (memory: process)", &taken, size);
    let mut agent = Reconciler::new(all_rules(), Duration::from_secs(86_400));
    cadence(&store, &mut agent).await;
    let begin = Instant::now();
    let (_, written) = cadence(&store, &mut agent).await;
    assert_eq!(written, 0);
    let taken = Taken::since(begin, peak_since());
    table.row("embedded: nothing new, all rules", &taken, 0);
    load(&store, 10_000_000, 10_000_000 + CHANGED).await;
    let begin = Instant::now();
    cadence(&store, &mut agent).await;
    let taken = Taken::since(begin, peak_since());
    let what = format!("embedded: {CHANGED} new, all rules");
    table.row(&what, &taken, CHANGED);
}

/// A time and a peak of memory in bytes.
#[derive(Clone, Copy)]
struct Taken {
    time: Duration,
    peak: u64,
}

impl Taken {
    fn since(begin: Instant, peak: u64) -> Self {
        Self {
            time: begin.elapsed(),
            peak,
        }
    }
}

fn keep(best: &mut Option<Taken>, time: Duration, peak: u64) {
    if best.is_none_or(|kept| time < kept.time) {
        *best = Some(Taken { time, peak });
    }
}

/// Rows about a number of references.
struct Table {
    size: u64,
    /// What the single statement took.
    single: Option<Duration>,
}

#[expect(clippy::cast_precision_loss, reason = "figures for people")]
impl Table {
    fn row(&self, what: &str, taken: &Taken, links: u64) {
        let memory = format!("{} MiB", taken.peak >> 20);
        let seconds = taken.time.as_secs_f64();
        let single = self.single.map(|single| single.as_secs_f64() / seconds);
        self.print(what, seconds, links as f64 / seconds, &memory, single);
    }

    /// Of something that was not seen to its end.
    fn sample(&self, what: &str, time: Duration, links: u64) {
        let each = time.as_secs_f64() / links as f64;
        let single = self.single.map(|single| single.as_secs_f64());
        let single = single.map(|single| single / (each * self.size as f64));
        self.print(what, each * self.size as f64, 1.0 / each, "", single);
    }

    fn print(&self, what: &str, seconds: f64, rate: f64, memory: &str, ratio: Option<f64>) {
        let ratio = ratio.map_or_else(String::new, |ratio| format!("{ratio:.2}x"));
        println!(
            "{:>10}  {what:<44} {seconds:>8.3} s {rate:>9.0} {memory:>9} {ratio:>8}",
            self.size
        );
    }
}

fn name_of(number: u64) -> String {
    format!("r.example.com/team/app-{number}:1")
}

/// Loads references with these numbers as a write of facts does.
async fn load(store: &dyn GraphStore, from: u64, to: u64) {
    store.apply_schema(&schema_items()).await.unwrap();
    let mut at = from;
    while at < to {
        let end = to.min(at + 10_000);
        let rows: Vec<Value> = (at..end).map(|number| name_of(number).into()).collect();
        let mut statements = polar_ingest::next_change();
        statements.push(Statement::new(LOAD).with("rows", rows));
        store.write(statements).await.unwrap();
        at = end;
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

fn same_as() -> Vec<Rule> {
    let mut rules = builtin_rules().unwrap();
    rules.retain(|rule| rule.name == "same-as");
    rules
}

fn all_rules() -> Vec<Rule> {
    in_order(builtin_rules().unwrap()).unwrap()
}

/// Returns the number of links created.
async fn linked_by_pass(store: &dyn GraphStore, size: u64) -> u64 {
    let (rules, stop) = (same_as(), Stop::default());
    let summary = pass(store, &rules, Mode::Apply, &stop, &mut |_, _| ())
        .await
        .unwrap();
    assert_eq!(summary.rules[0].matched, Some(size));
    summary.created()
}

async fn single(store: &dyn GraphStore) -> Result<(), GraphError> {
    store.write(vec![Statement::new(SINGLE)]).await.map(drop)
}
