//! A small estate, and the work that a disturbance meets.

use std::{sync::Arc, time::Duration};

use polar_graph::{EmbeddedStore, GraphError, GraphStore, Statement, schema_items};
use polar_ingest::{Ingest, IngestError};
use polar_reconcile::{Mode, PassError, PassSummary, Stop, pass};
use polar_rules::{Rule, builtin_rules, in_order};
use polar_testkit::dump;
use serde_json::json;

pub(crate) type Store = Arc<dyn GraphStore>;

/// Longer than anything takes that has not gone wrong.
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);

fn digest(number: usize) -> String {
    format!("sha256:{number:064x}")
}

/// Facts of some images, each with all that leads from a pod to a commit.
pub(crate) fn facts(images: usize) -> String {
    let seen_at = "2026-05-04T03:00:00Z";
    let mut facts = vec![
        json!({"v": 1, "type": "source_started", "kind": "kubernetes", "scope": "c",
               "started_at": seen_at}),
    ];
    for number in 0..images {
        let (repository, tag) = (format!("a/b{number}"), format!("1.{number}"));
        let image = format!("r.example.com/{repository}:{tag}");
        let sha = format!("{number:040x}");
        facts.extend([
            json!({"v": 1, "type": "gitlab_pipeline", "instance": "gitlab.example.com",
                   "project": repository, "id": number, "sha": sha, "user": "ada",
                   "finished_at": seen_at}),
            json!({"v": 1, "type": "pipeline_image", "instance": "gitlab.example.com",
                   "project": repository, "pipeline": number, "job": number, "image": image,
                   "digest": digest(number)}),
            json!({"v": 1, "type": "image_manifest", "digest": digest(number),
                   "config_digest": digest(images + number),
                   "labels": {"org.opencontainers.image.revision": sha}}),
            json!({"v": 1, "type": "registry_image", "registry": "r.example.com",
                   "repository": repository, "tag": tag, "digest": digest(number),
                   "seen_at": seen_at, "pushed_at": seen_at}),
            json!({"v": 1, "type": "kube_pod", "cluster": "c", "namespace": "n",
                   "name": format!("app-{number}"), "uid": format!("u{number}"),
                   "workload": {"kind": "Deployment", "name": "app"}, "seen_at": seen_at,
                   "containers": [{"name": "app", "image": image,
                                   "image_id": format!("{repository}@{}", digest(number))}]}),
        ]);
    }
    facts.push(
        json!({"v": 1, "type": "source_complete", "kind": "kubernetes", "scope": "c",
               "complete_at": "2026-05-04T03:02:01Z"}),
    );
    facts.iter().map(|fact| format!("{fact}\n")).collect()
}

pub(crate) async fn take_in(store: &dyn GraphStore, facts: &str) -> Result<(), GraphError> {
    let mut intake = Ingest::new(store, |problem| panic!("{problem}"));
    match intake.lines(facts.as_bytes(), |_| ()).await {
        Ok(()) => Ok(()),
        Err(IngestError::Graph(error)) => Err(error),
        Err(error) => panic!("{error}"),
    }
}

pub(crate) fn rules() -> Vec<Rule> {
    in_order(builtin_rules().unwrap()).unwrap()
}

pub(crate) async fn reconcile(store: &dyn GraphStore) -> Result<PassSummary, GraphError> {
    reconcile_by(store, &rules()).await
}

async fn reconcile_by(store: &dyn GraphStore, rules: &[Rule]) -> Result<PassSummary, GraphError> {
    let mut quiet = |_: &Rule, _| ();
    let outcome = pass(store, rules, Mode::Apply, &Stop::default(), &mut quiet).await;
    outcome.map_err(|error| match error {
        PassError::Rule { source, .. } | PassError::Changes(source) | PassError::Record(source) => {
            source
        }
    })
}

/// An intake and a pass. It ends, whatever happens.
pub(crate) async fn work(store: &dyn GraphStore, facts: &str) -> Result<(), GraphError> {
    work_by(store, facts, &rules()).await
}

/// As [`work`], with some of the rules.
pub(crate) async fn work_by(
    store: &dyn GraphStore,
    facts: &str,
    rules: &[Rule],
) -> Result<(), GraphError> {
    let work = async {
        take_in(store, facts).await?;
        reconcile_by(store, rules).await.map(drop)
    };
    let ended = tokio::time::timeout(PATIENCE, work).await;
    assert!(ended.is_ok(), "it hangs");
    ended.unwrap()
}

/// What an undisturbed run ends in, on any store.
pub(crate) async fn undisturbed(facts: &str) -> Vec<String> {
    undisturbed_by(facts, &rules()).await
}

/// As [`undisturbed`], with some of the rules.
pub(crate) async fn undisturbed_by(facts: &str, rules: &[Rule]) -> Vec<String> {
    let store = EmbeddedStore::in_memory().unwrap();
    store.apply_schema(&schema_items()).await.unwrap();
    work_by(&store, facts, rules).await.unwrap();
    let graph = dump(&store).await;
    for derived in ["-SAME_AS->", "-RESULTED_IN->", "-RUNS->", "-POINTED_TO->"] {
        assert!(
            graph.iter().any(|line| line.contains(derived)),
            "the estate has no {derived}: {graph:#?}"
        );
    }
    graph
}

pub(crate) fn assert_same(graph: &[String], wanted: &[String], after: &str) {
    let extra: Vec<_> = graph.iter().filter(|line| !wanted.contains(line)).collect();
    let lost: Vec<_> = wanted.iter().filter(|line| !graph.contains(line)).collect();
    assert!(
        graph == wanted,
        "after {after}, not the graph of an undisturbed run: {extra:#?} instead of {lost:#?}"
    );
}

/// That the server has no transaction under way but the one that asks.
pub(crate) async fn assert_no_transaction(store: &dyn GraphStore, after: &str) {
    let text = "SHOW TRANSACTIONS YIELD currentQuery RETURN currentQuery";
    let mut rows = Vec::new();
    for _ in 0..200 {
        rows = store.read(Statement::new(text)).await.unwrap();
        if rows.len() <= 1 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("after {after}, transactions are left: {rows:#?}");
}
