//! Questions about a single image, asked of a large estate on a Neo4j of its own: a million
//! references, the tags and digests of a registry; 100,000 pipelines that built the last tags of each
//! repository; and for each of these a pod with two containers that run it.
//!
//! One repository is taken in as observations and linked by a pass, as any other; the others are
//! copies of it under other names.
//!
//!     ./test --no-run                                # fetches Neo4j, once
//!     cargo bench -p polar-query --bench stories     # or: … --bench stories -- 50 for that many repositories
#![expect(
    clippy::unwrap_used,
    reason = "a benchmark that cannot go on must fail"
)]

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    future::Future,
    time::{Duration, Instant},
};

use jiff::Timestamp;
use polar_graph::{GraphStore, Neo4jStore, Statement, schema_items};
use polar_ingest::Ingest;
use polar_model::Value;
use polar_normalize::Options;
use polar_query::{
    ImageTarget, Kind, Policy, PolicyFile, Target, commit_of, deployed, gate, places, resolve,
    retags, trace, who_built,
};
use polar_reconcile::{Mode, Stop, pass};
use polar_rules::{builtin_rules, in_order};
use polar_testkit::{ServerOptions, TestServer};
use serde_json::json;

const HEAP: &str = "4g";
const REPOSITORIES: u32 = 5_000;
/// Tags in a repository.
const TAGS: u32 = 100;
/// Those of them, the last ones, that pipelines built and pods run.
const BUILT: u32 = 20;
/// How often each question is asked, each time of another thing.
const ASKED: u32 = 200;
/// Repositories that are copied at once.
const CHUNK: u32 = 40;
/// The number of the repository that is copied, wherever it is written.
const ORIGINAL: u32 = 0xface_ca11;

const REGISTRY: &str = "r.example.com";
const GITLAB: &str = "g.example.com";
const CLUSTER: &str = "production";
const POLICY: &str = "[signed]\n[verified]\n[attested]\n[scanned]\n[reviewed]\n[built_by]\n[findings]\nnone_of = [\"retag\"]\n";

/// A tag of the estate.
#[derive(Clone, Copy)]
struct Tag {
    repository: u32,
    number: u32,
}

impl Tag {
    fn project(self) -> String {
        format!("team/app-{:08x}", self.repository)
    }

    fn name(self) -> String {
        format!("1.{}", self.number)
    }

    fn image(self) -> String {
        format!("{REGISTRY}/{}:{}", self.project(), self.name())
    }

    fn digest(self) -> String {
        format!("sha256:{:08x}{:056x}", self.repository, self.number)
    }

    fn commit(self) -> String {
        format!("{:08x}{:032x}", self.repository, self.number)
    }

    fn is_built(self) -> bool {
        self.number >= TAGS - BUILT
    }

    fn pod(self) -> String {
        format!("app-{:08x}-{}", self.repository, self.number)
    }

    /// `cluster/namespace/pod`.
    fn place(self) -> String {
        format!("{CLUSTER}/{}/{}", self.namespace(), self.pod())
    }

    fn namespace(self) -> String {
        format!("team-{:08x}", self.repository)
    }

    /// What is observed of it, as JSON Lines.
    fn facts(self, lines: &mut String) {
        let at = "2026-05-04T10:00:00Z";
        let project = self.project();
        let mut add = |fact: serde_json::Value| writeln!(lines, "{fact}").unwrap();
        add(
            json!({"v": 1, "type": "registry_image", "registry": REGISTRY, "repository": project,
                   "tag": self.name(), "digest": self.digest(),
                   "pushed_at": at}),
        );
        if !self.is_built() {
            return;
        }
        let id = self.number;
        add(
            json!({"v": 1, "type": "image_manifest", "digest": self.digest(),
                   "labels": {"org.opencontainers.image.revision": self.commit()}}),
        );
        add(
            json!({"v": 1, "type": "gitlab_pipeline", "instance": GITLAB, "project": project,
                   "id": id, "sha": self.commit(), "ref": "main", "status": "success",
                   "user": "ann", "finished_at": "2026-05-04T10:10:00Z"}),
        );
        add(
            json!({"v": 1, "type": "gitlab_job", "instance": GITLAB, "project": project,
                   "pipeline": id, "id": id, "name": "push", "runner": "runner-1"}),
        );
        add(
            json!({"v": 1, "type": "pipeline_image", "instance": GITLAB, "project": project,
                   "pipeline": id, "job": id, "image": self.image(), "digest": self.digest()}),
        );
        add(
            json!({"v": 1, "type": "git_commit", "oid": self.commit(), "title": "Add it",
                   "author_name": "Ann"}),
        );
        add(
            json!({"v": 1, "type": "merge_request", "instance": GITLAB, "project": project,
                   "iid": id, "title": "Add it", "state": "merged", "author": "ann",
                   "merged_by": "bob", "merged_at": "2026-05-03T00:00:00Z",
                   "approvals": [{"user": "bob", "approved_at": "2026-05-02T00:00:00Z"}],
                   "commits": [self.commit()]}),
        );
        let image_id = format!("{REGISTRY}/{project}@{}", self.digest());
        add(json!({"v": 1, "type": "kube_pod", "cluster": CLUSTER,
                   "namespace": self.namespace(), "name": self.pod(),
                   "uid": self.pod(), "started_at": "2026-05-05T00:00:00Z",
                   "workload": {"kind": "Deployment", "name": "app"},
                   "containers": [
                       {"name": "app", "image": self.image(), "image_id": image_id},
                       {"name": "init", "image": self.image(), "image_id": image_id}]}));
    }
}

fn main() {
    let number = std::env::args().find_map(|number| number.parse().ok());
    let repositories: u32 = number.unwrap_or(REPOSITORIES).max(1);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(asked(repositories));
}

async fn asked(repositories: u32) {
    let mut server = TestServer::start(ServerOptions {
        heap: HEAP,
        ..ServerOptions::default()
    });
    let store = Neo4jStore::connect(server.settings()).await.unwrap();
    let begin = Instant::now();
    take_in_one(&store).await;
    multiply(&store, repositories).await;
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    println!("Neo4j, heap {HEAP}, {cores} cores");
    for label in ["ImageReference", "PipelineRun", "KubeContainer"] {
        let text = format!("MATCH (n:{label}) RETURN count(n) AS number");
        let rows = store.read(Statement::new(text)).await.unwrap();
        let number = rows[0].get("number").as_int().unwrap();
        println!("{number:>9} {label}");
    }
    println!(
        "made in {:.0?}, peak heap {} MiB\n",
        begin.elapsed(),
        server.peak_heap() >> 20
    );
    let policy = Policy::parse(POLICY).unwrap();
    let store = &store;
    println!(
        "{:<24} {:>10} {:>10} {:>10}",
        "", "median", "95 %", "slowest"
    );
    ask(repositories, "trace POD", async |tag| {
        traced(store, &tag.place()).await
    })
    .await;
    ask(repositories, "trace IMAGE", async |tag| {
        traced(store, &tag.image()).await
    })
    .await;
    ask(repositories, "who-built IMAGE", async |tag| {
        let target = target(store, &tag.image()).await;
        let answer = who_built(store, &tag.image(), &target).await.unwrap();
        assert!(answer.known);
    })
    .await;
    ask(repositories, "commit POD", async |tag| {
        let target = target(store, &tag.place()).await;
        let answer = commit_of(store, &tag.place(), &target).await.unwrap();
        assert!(answer.known);
    })
    .await;
    ask(repositories, "deployed COMMIT", async |tag| {
        let commit = tag.commit();
        let options = Options::default();
        let target = resolve(store, &options, &commit, &[Kind::Commit])
            .await
            .unwrap();
        let answer = deployed(store, &commit, &target).await.unwrap();
        assert_eq!(answer.places.len(), 2);
    })
    .await;
    ask(repositories, "where IMAGE", async |tag| {
        let answer = places(store, &image(store, &tag.image()).await, None)
            .await
            .unwrap();
        assert_eq!(answer.workloads.len(), 1);
    })
    .await;
    ask(repositories, "where DIGEST", async |tag| {
        let answer = places(store, &image(store, &tag.digest()).await, None)
            .await
            .unwrap();
        assert_eq!(answer.workloads.len(), 1);
    })
    .await;
    ask(repositories, "retags IMAGE", async |tag| {
        let target = image(store, &tag.image()).await;
        let answer = retags(store, Some(&target), None).await.unwrap();
        assert_eq!(answer.tags.len(), 1);
    })
    .await;
    ask(repositories, "gate IMAGE", async |tag| {
        let file = PolicyFile {
            name: None,
            file: String::new(),
            sha256: String::new(),
        };
        let target = image(store, &tag.image()).await;
        let now = Timestamp::now();
        let answer = gate(store, &target, &policy, file, now).await.unwrap();
        assert_eq!(answer.images.len(), 1);
    })
    .await;
}

/// Takes in the facts of a single repository, and links them.
async fn take_in_one(store: &dyn GraphStore) {
    store.apply_schema(&schema_items()).await.unwrap();
    let mut lines = String::new();
    for number in 0..TAGS {
        let repository = ORIGINAL;
        Tag { repository, number }.facts(&mut lines);
    }
    let mut intake = Ingest::new(store, |_| ());
    intake.lines(lines.as_bytes(), |_| ()).await.unwrap();
    let report = intake.report();
    assert_eq!(report.bad_lines, 0, "{report:?}");
    let rules = in_order(builtin_rules().unwrap()).unwrap();
    let stop = Stop::default();
    pass(store, &rules, Mode::Apply, &stop, &mut |_, _| ())
        .await
        .unwrap();
}

/// The type of an edge, and the labels of its ends.
type Shape = (String, String, String);

/// Copies the repository under other names, all that bears its number.
async fn multiply(store: &dyn GraphStore, repositories: u32) {
    let number = format!("{ORIGINAL:08x}");
    let nodes = "MATCH (n) WHERE n.key CONTAINS $number
                 RETURN labels(n)[0] AS label, properties(n) AS props";
    let edges = "MATCH (a)-[e]->(b) WHERE a.key CONTAINS $number OR b.key CONTAINS $number
                 RETURN labels(a)[0] AS a, a.key AS a_key, type(e) AS edge, properties(e) AS props,
                        labels(b)[0] AS b, b.key AS b_key";
    let asked = |text: &'static str| store.read(Statement::new(text).with("number", &*number));
    let mut nodes_of: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for row in asked(nodes).await.unwrap() {
        let of = nodes_of.entry(row.text("label").to_owned()).or_default();
        of.push(row.get("props").clone());
    }
    let mut edges_of: BTreeMap<Shape, Vec<Value>> = BTreeMap::new();
    for row in asked(edges).await.unwrap() {
        let text = |column| row.text(column).to_owned();
        let shape = (text("edge"), text("a"), text("b"));
        let ends = ["a_key", "b_key", "props"].map(|column| (column, row.get(column).clone()));
        edges_of.entry(shape).or_default().push(Value::map(ends));
    }
    let mut from = 0;
    while from < repositories {
        let to = repositories.min(from + CHUNK);
        let copies = |all: &[Value]| -> Vec<Value> {
            let of_one = |copy: u32| {
                let copy = format!("{copy:08x}");
                let number = &number;
                all.iter().map(move |value| renamed(value, number, &copy))
            };
            (from..to).flat_map(of_one).collect()
        };
        let mut statements = Vec::new();
        for (label, all) in &nodes_of {
            let text = format!("UNWIND $rows AS row CREATE (n:{label}) SET n = row");
            statements.push(Statement::new(text).with("rows", copies(all)));
        }
        for ((edge, a, b), all) in &edges_of {
            let text = format!(
                "UNWIND $rows AS row MATCH (a:{a} {{key: row.a_key}}) MATCH (b:{b} {{key: row.b_key}})
                 CREATE (a)-[e:{edge}]->(b) SET e = row.props"
            );
            statements.push(Statement::new(text).with("rows", copies(all)));
        }
        store.write(statements).await.unwrap();
        from = to;
    }
}

/// The value with another number in all texts.
fn renamed(value: &Value, number: &str, copy: &str) -> Value {
    let all = |items: &[Value]| {
        items
            .iter()
            .map(|item| renamed(item, number, copy))
            .collect()
    };
    match value {
        Value::String(text) => text.replace(number, copy).into(),
        Value::List(items) => Value::List(all(items)),
        Value::Map(fields) => {
            let field =
                |(name, value): (&String, &Value)| (name.clone(), renamed(value, number, copy));
            Value::Map(fields.iter().map(field).collect())
        }
        other => other.clone(),
    }
}

async fn target(store: &dyn GraphStore, text: &str) -> Target {
    let kinds = [Kind::Running, Kind::Image];
    resolve(store, &Options::default(), text, &kinds)
        .await
        .unwrap()
}

async fn image(store: &dyn GraphStore, text: &str) -> ImageTarget {
    match resolve(store, &Options::default(), text, &[Kind::Image]).await {
        Ok(Target::Image(image)) => image,
        other => unreachable!("{text}: {other:?}"),
    }
}

async fn traced(store: &dyn GraphStore, text: &str) {
    let target = target(store, text).await;
    let answer = trace(store, text, &target, None).await.unwrap();
    assert!(answer.complete, "{answer:?}");
}

/// Asks a question of things spread over the estate, and prints how long that took.
async fn ask<F: Future<Output = ()>>(repositories: u32, name: &str, question: impl Fn(Tag) -> F) {
    let nth = |number: u32| Tag {
        // Primes, so that it is seldom one after the other.
        repository: number * 7919 % repositories,
        number: TAGS - 1 - number % BUILT,
    };
    // The first of them, so that the server has planned the question.
    for number in 0..10 {
        question(nth(number)).await;
    }
    let mut times: Vec<Duration> = Vec::new();
    for number in 10..10 + ASKED {
        let begin = Instant::now();
        question(nth(number)).await;
        times.push(begin.elapsed());
    }
    times.sort_unstable();
    let at = |percent: usize| times[(times.len() - 1) * percent / 100].as_secs_f64() * 1e3;
    println!(
        "{name:<24} {:>7.1} ms {:>7.1} ms {:>7.1} ms",
        at(50),
        at(95),
        at(100)
    );
}
