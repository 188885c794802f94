//! Questions about a single image, asked of a large estate on a Neo4j of its own: a million tags in
//! a registry, the last tenth of them built by pipelines, each of which a pod with two containers
//! runs. The facts come in as observations, and a pass links them.
//!
//!     ./test --no-run                                # fetches Neo4j, once
//!     cargo bench -p polar-query --bench stories     # or: … --bench stories -- 10000 for that many tags
#![expect(
    clippy::unwrap_used,
    reason = "a benchmark that cannot go on must fail"
)]

use std::{
    fmt::Write as _,
    future::Future,
    time::{Duration, Instant},
};

use jiff::Timestamp;
use polar_graph::{GraphStore, Neo4jStore, schema_items};
use polar_ingest::Ingest;
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
const TAGS: u64 = 1_000_000;
/// Tags in a repository.
const OF_REPOSITORY: u64 = 100;
/// Those of them, the last ones, that pipelines built and pods run.
const BUILT: u64 = 10;
/// How often each question is asked, each time of another thing.
const ASKED: u64 = 200;
/// Facts that are taken in at once.
const CHUNK: u64 = 2_000;

const REGISTRY: &str = "r.example.com";
const GITLAB: &str = "g.example.com";
const POLICY: &str = "[signed]\n[verified]\n[attested]\n[scanned]\n[reviewed]\n[built_by]\n[findings]\nnone_of = [\"retag\"]\n";

/// A tag of the estate, by its number.
#[derive(Clone, Copy)]
struct Tag(u64);

impl Tag {
    fn project(self) -> String {
        let repository = self.0 / OF_REPOSITORY;
        format!("team-{}/app-{repository}", repository % 100)
    }

    fn image(self) -> String {
        format!("{REGISTRY}/{}:1.{}", self.project(), self.0 % OF_REPOSITORY)
    }

    fn digest(self) -> String {
        format!("sha256:{:064x}", self.0)
    }

    fn commit(self) -> String {
        // The first digits tell it from others, as those of a real one do.
        let mixed = self.0.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        format!("{mixed:016x}{:024x}", self.0)
    }

    fn is_built(self) -> bool {
        self.0 % OF_REPOSITORY >= OF_REPOSITORY - BUILT
    }

    fn pod(self) -> String {
        format!("app-{}-{}", self.0 / OF_REPOSITORY, self.0 % OF_REPOSITORY)
    }

    /// `cluster/namespace/pod`.
    fn place(self) -> String {
        format!("{}/team-{}/{}", self.cluster(), self.team(), self.pod())
    }

    fn team(self) -> u64 {
        self.0 / OF_REPOSITORY % 100
    }

    fn cluster(self) -> String {
        format!("cluster-{}", self.0 % 4)
    }

    /// What is observed of it, as JSON Lines.
    fn facts(self, lines: &mut String) {
        let at = "2026-05-04T10:00:00Z";
        let project = self.project();
        let mut add = |fact: serde_json::Value| writeln!(lines, "{fact}").unwrap();
        add(
            json!({"v": 1, "type": "registry_image", "registry": REGISTRY, "repository": project,
                   "tag": format!("1.{}", self.0 % OF_REPOSITORY), "digest": self.digest(),
                   "pushed_at": at}),
        );
        if !self.is_built() {
            return;
        }
        let id = self.0 + 1;
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
        add(
            json!({"v": 1, "type": "kube_pod", "cluster": self.cluster(),
                   "namespace": format!("team-{}", self.team()), "name": self.pod(),
                   "uid": id.to_string(), "started_at": "2026-05-05T00:00:00Z",
                   "workload": {"kind": "Deployment",
                                "name": format!("app-{}", self.0 / OF_REPOSITORY)},
                   "containers": [
                       {"name": "app", "image": self.image(), "image_id": image_id},
                       {"name": "init", "image": self.image(), "image_id": image_id}]}),
        );
    }
}

fn main() {
    let size = std::env::args().find_map(|size| size.parse().ok());
    let tags: u64 = size.unwrap_or(TAGS).max(OF_REPOSITORY);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(asked(tags));
}

async fn asked(tags: u64) {
    let mut server = TestServer::start(ServerOptions {
        heap: HEAP,
        ..ServerOptions::default()
    });
    let store = Neo4jStore::connect(server.settings()).await.unwrap();
    let built = tags / OF_REPOSITORY * BUILT;
    println!(
        "Neo4j, heap {HEAP}, {} cores; {tags} references, {built} pipelines, {} containers",
        std::thread::available_parallelism().map_or(1, usize::from),
        2 * built
    );
    load(&store, tags).await;
    link(&store).await;
    println!("peak heap {} MiB\n", server.peak_heap() >> 20);
    let policy = Policy::parse(POLICY).unwrap();
    let store = &store;
    println!(
        "{:<24} {:>10} {:>10} {:>10}",
        "", "median", "95 %", "slowest"
    );
    ask(tags, "trace POD", async |tag| {
        traced(store, &tag.place()).await
    })
    .await;
    ask(tags, "trace IMAGE", async |tag| {
        traced(store, &tag.image()).await
    })
    .await;
    ask(tags, "who-built IMAGE", async |tag| {
        let target = target(store, &tag.image()).await;
        let answer = who_built(store, &tag.image(), &target).await.unwrap();
        assert!(answer.known);
    })
    .await;
    ask(tags, "commit POD", async |tag| {
        let target = target(store, &tag.place()).await;
        let answer = commit_of(store, &tag.place(), &target).await.unwrap();
        assert!(answer.known);
    })
    .await;
    ask(tags, "deployed COMMIT", async |tag| {
        let commit = tag.commit();
        let options = Options::default();
        let target = resolve(store, &options, &commit, &[Kind::Commit])
            .await
            .unwrap();
        let answer = deployed(store, &commit, &target).await.unwrap();
        assert_eq!(answer.places.len(), 2);
    })
    .await;
    ask(tags, "where IMAGE", async |tag| {
        let answer = places(store, &image(store, &tag.image()).await, None)
            .await
            .unwrap();
        assert_eq!(answer.workloads.len(), 1);
    })
    .await;
    ask(tags, "where DIGEST", async |tag| {
        let answer = places(store, &image(store, &tag.digest()).await, None)
            .await
            .unwrap();
        assert_eq!(answer.workloads.len(), 1);
    })
    .await;
    ask(tags, "retags IMAGE", async |tag| {
        let target = image(store, &tag.image()).await;
        let answer = retags(store, Some(&target), None).await.unwrap();
        assert_eq!(answer.tags.len(), 1);
    })
    .await;
    ask(tags, "gate IMAGE", async |tag| {
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

/// Takes in the facts of an estate.
async fn load(store: &dyn GraphStore, tags: u64) {
    store.apply_schema(&schema_items()).await.unwrap();
    let begin = Instant::now();
    let mut intake = Ingest::new(store, |_| ());
    let mut lines = String::new();
    for tag in (0..tags).map(Tag) {
        tag.facts(&mut lines);
        if (tag.0 + 1) % CHUNK == 0 || tag.0 + 1 == tags {
            intake.lines(lines.as_bytes(), |_| ()).await.unwrap();
            lines.clear();
        }
    }
    let scopes = [
        ("registry", REGISTRY),
        ("attached", REGISTRY),
        ("gitlab", GITLAB),
    ];
    for (kind, scope) in scopes {
        let read = json!({"v": 1, "type": "source_complete", "kind": kind, "scope": scope,
                          "complete_at": "2026-05-06T00:00:00Z"});
        intake
            .lines(read.to_string().as_bytes(), |_| ())
            .await
            .unwrap();
    }
    let report = intake.report();
    assert_eq!(report.bad_lines, 0, "{report:?}");
    let rate = u128::from(report.observations) * 1000 / begin.elapsed().as_millis().max(1);
    println!(
        "took in {} facts in {:.1?}, {rate}/s",
        report.observations,
        begin.elapsed()
    );
}

async fn link(store: &dyn GraphStore) {
    let rules = in_order(builtin_rules().unwrap()).unwrap();
    let begin = Instant::now();
    let stop = Stop::default();
    let summary = pass(store, &rules, Mode::Apply, &stop, &mut |_, _| ())
        .await
        .unwrap();
    println!(
        "a pass created {} in {:.1?}",
        summary.created(),
        begin.elapsed()
    );
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
async fn ask<F: Future<Output = ()>>(tags: u64, name: &str, question: impl Fn(Tag) -> F) {
    let built = tags / OF_REPOSITORY * BUILT;
    let nth = |number: u64| {
        let place = number * built / ASKED.min(built);
        Tag(place / BUILT * OF_REPOSITORY + OF_REPOSITORY - BUILT + place % BUILT)
    };
    // The first of them, so that the server has planned the question.
    for number in 0..5 {
        question(nth(number)).await;
    }
    let mut times: Vec<Duration> = Vec::new();
    for number in 0..ASKED.min(built) {
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
