//! Several agents on one graph: one writes, whatever becomes of the others.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command},
    sync::{Arc, Mutex},
    thread::JoinHandle,
    time::{Duration, Instant},
};

use polar_graph::{GraphStore, Statement};
use polar_testkit::{SharedNeo4j, dump, neo4j, wipe};

use crate::{
    common::{command, dump_file, embedded, facts, polar, variables},
    estate::Estate,
    sources::{is_read, run_agent},
};

const PATIENCE: Duration = Duration::from_secs(180);
const WRITES: &str = "this replica writes holder=";

/// A running agent whose log is gathered.
struct Agent {
    child: Child,
    log: Arc<Mutex<Vec<String>>>,
    reader: JoinHandle<()>,
}

impl Agent {
    fn start(args: &[&str], variables: &[(&str, &str)]) -> Self {
        let mut child = command(args, variables).spawn().unwrap();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        let log = Arc::new(Mutex::new(Vec::new()));
        let lines = Arc::clone(&log);
        let reader = std::thread::spawn(move || {
            for line in stderr.lines().map_while(Result::ok) {
                lines.lock().unwrap().push(line);
            }
        });
        Self { child, log, reader }
    }

    /// How often it has said something.
    fn said(&self, what: &str) -> usize {
        count(&self.log.lock().unwrap(), what)
    }

    /// All that it said, once it has ended.
    fn log(self) -> Vec<String> {
        self.reader.join().unwrap();
        self.log.lock().unwrap().clone()
    }

    /// Asks it to stop, and waits for it.
    fn stop(mut self) -> Vec<String> {
        let pid = self.child.id().to_string();
        let asked = Command::new("kill").args(["-TERM", &pid]).status().unwrap();
        assert!(asked.success());
        let status = self.child.wait().unwrap();
        let log = self.log();
        assert!(status.success(), "{log:#?}");
        log
    }

    /// Ends it as a power cut would.
    fn kill(mut self) -> Vec<String> {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        self.log()
    }
}

/// Who holds the lease.
async fn holder(store: &dyn GraphStore) -> Option<String> {
    let text = "MATCH (lease:Lease {key: 'writer'}) RETURN lease.holder AS holder";
    let rows = store.read(Statement::new(text)).await.unwrap();
    let holder = rows.first()?.get("holder").as_str()?;
    Some(holder.to_owned())
}

async fn wait_until(what: &str, is_so: impl AsyncFn() -> bool) {
    let begin = Instant::now();
    while !is_so().await {
        assert!(begin.elapsed() < PATIENCE, "never {what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

async fn passes(store: &dyn GraphStore) -> i64 {
    let text = "MATCH (run:ProvenanceRun) RETURN count(run) AS number";
    let rows = store.read(Statement::new(text)).await.unwrap();
    rows[0].get("number").as_int().unwrap()
}

fn count(log: &[String], what: &str) -> usize {
    log.iter().filter(|line| line.contains(what)).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn one_of_two_agents_writes_and_the_other_takes_over_when_it_stops() {
    let shared = SharedNeo4j::take();
    let store = neo4j(&shared).await;
    let there = variables(&shared.settings);
    let args = ["agent", "--every", "100ms", "--lease", "15s"];
    let first = Agent::start(&args, &there);
    wait_until("held", async || holder(&store).await.is_some()).await;
    let held_by = holder(&store).await;
    let second = Agent::start(&args, &there);
    let demo = concat!(env!("CARGO_MANIFEST_DIR"), "/../../demo/observations.jsonl");
    // What takes facts in by hand needs no lease.
    assert_eq!(polar(&["ingest", demo], &there).code, 0);
    wait_until("a pass", async || passes(&store).await > 0).await;
    wait_until("stood by", async || second.said("standing by") > 0).await;
    wait_until("some quiet passes", async || first.said("pass done") > 3).await;
    assert_eq!(holder(&store).await, held_by, "the second one stands by");

    let first = tokio::task::block_in_place(|| first.stop());
    wait_until("taken over", async || {
        let now = holder(&store).await;
        now.is_some() && now != held_by
    })
    .await;
    let took_over = holder(&store).await.unwrap();
    let extra = "MERGE (tag:ContainerImageTag {key: 'x'}) SET tag.tag = '1'
                 MERGE (image:ACRImage {key: 'x'}) SET image.tag = '1'
                 MERGE (reference:ImageReference {key: 'x'})
                 MERGE (tag)-[:IDENTIFIES]->(reference) MERGE (image)-[:IDENTIFIES]->(reference)";
    let before = passes(&store).await;
    store.write(vec![Statement::new(extra)]).await.unwrap();
    wait_until("a pass of the second", async || {
        passes(&store).await > before
    })
    .await;
    let second = tokio::task::block_in_place(|| second.stop());
    assert_eq!(holder(&store).await, None, "given back");
    let graph = dump(&store).await;
    wipe(&store).await;

    let held_by = held_by.unwrap();
    assert_eq!(
        count(&first, &format!("{WRITES}\"{held_by}\"")),
        1,
        "{first:#?}"
    );
    assert_eq!(count(&first, "standing by"), 0, "{first:#?}");
    assert_eq!(
        count(&first, "gave the writer's lease back"),
        1,
        "{first:#?}"
    );
    // It says once that it stands by, and for whom.
    assert_eq!(count(&second, "standing by"), 1, "{second:#?}");
    assert_eq!(
        count(&second, &format!("holder=\"{held_by}\"")),
        1,
        "{second:#?}"
    );
    assert_eq!(
        count(&second, &format!("{WRITES}\"{took_over}\"")),
        1,
        "{second:#?}"
    );
    let begin = second
        .iter()
        .position(|line| line.contains(WRITES))
        .unwrap();
    assert_eq!(count(&second[..begin], "pass done"), 0, "{second:#?}");
    assert!(count(&second[begin..], "pass done") > 0, "{second:#?}");
    // Each line begins with its time: the passes of the one end before those of the other begin.
    let last = first
        .iter()
        .rfind(|line| line.contains("pass done"))
        .unwrap();
    assert!(
        last.split(' ').next() < second[begin].split(' ').next(),
        "{last}\n{}",
        second[begin]
    );
    assert!(graph.iter().any(|line| line.contains("-SAME_AS->")));
}

#[tokio::test(flavor = "multi_thread")]
async fn two_agents_killed_at_random_end_in_the_graph_of_one() {
    let estate = Estate::new().await;
    let alone = estate.folder.path().join("alone.mars");
    let graph = embedded(&alone);
    tokio::task::block_in_place(|| run_agent(&estate, &graph, &[], is_read(2)));
    let wanted = facts(dump_file(&alone).await);

    estate.gitlab.reset();
    estate.kubernetes.reset();
    let shared = SharedNeo4j::take();
    let store = neo4j(&shared).await;
    let (config, ca) = (
        estate.config.display().to_string(),
        estate.ca.display().to_string(),
    );
    let mut there = variables(&shared.settings).to_vec();
    there.push(("PROXY_CA_CERT", &ca));
    let args = [
        "agent", "--config", &config, "--graph", "neo4j", "--lease", "600ms",
    ];
    let start = || Agent::start(&args, &there);
    let mut agents = [start(), start()];
    let mut killed = Vec::new();
    for _ in 0..16 {
        let wait = Duration::from_millis(fastrand::u64(50..2500));
        tokio::time::sleep(wait).await;
        let unlucky = &mut agents[fastrand::usize(..2)];
        let agent = std::mem::replace(unlucky, start());
        killed.push(tokio::task::block_in_place(|| agent.kill()));
    }
    wait_until("the graph of one", async || {
        facts(dump(&store).await) == wanted
    })
    .await;
    let [one, other] = agents;
    let rest = tokio::task::block_in_place(|| [one.stop(), other.stop()]);
    // Passes have come to rest, and a further one finds nothing to do.
    assert!(facts(dump(&store).await) == wanted, "not the graph of one");
    let dry = polar(&["reconcile", "--dry-run", "--exit-code"], &there);
    assert_eq!(dry.code, 0, "{dry:?}");
    wipe(&store).await;
    let writers = killed
        .iter()
        .chain(&rest)
        .filter(|log| count(log, WRITES) > 0);
    assert!(
        writers.count() >= 3,
        "hardly any of them wrote: {killed:#?}"
    );
    for log in killed.iter().chain(&rest) {
        for secret in Estate::secrets() {
            assert_eq!(count(log, secret), 0);
        }
    }
}
