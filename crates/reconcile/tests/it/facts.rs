//! Observations of a small estate, and what a pass derives from them.

use std::collections::BTreeSet;

use polar_graph::{Counters, GraphStore, Statement};
use polar_ingest::Ingest;
use polar_normalize::Options;
use polar_reconcile::{Mode, PassSummary, Stop, pass};
use polar_rules::{Rule, builtin_rules, in_order};
use serde_json::{Value, json};

pub(crate) const REGISTRY: &str = "r.example.com";
/// Before the readings of sources in [`complete`] end.
const SEEN_AT: &str = "2026-05-04T03:00:00Z";

/// A digest that is easy to tell from others.
pub(crate) fn digest(letter: char) -> String {
    format!("sha256:{}", letter.to_string().repeat(64))
}

pub(crate) fn pushed(pipeline: i64, image: &str, digest: Option<String>) -> Value {
    json!({"v": 1, "type": "pipeline_image", "instance": "gitlab.example.com", "project": "a/b",
           "pipeline": pipeline, "image": image, "digest": digest})
}

pub(crate) fn held(tag: &str, digest: &str) -> Value {
    json!({"v": 1, "type": "registry_image", "registry": REGISTRY, "repository": "a/b", "tag": tag,
           "digest": digest, "seen_at": SEEN_AT})
}

/// A tag as a registry tells that has times of its own.
pub(crate) fn moved(tag: &str, digest: &str, pushed_at: &str) -> Value {
    let mut fact = held(tag, digest);
    fact["pushed_at"] = pushed_at.into();
    fact
}

/// A pipeline that ended.
pub(crate) fn ended(id: i64, sha: &str, finished_at: &str) -> Value {
    let mut fact = pipeline(id, sha);
    fact["finished_at"] = finished_at.into();
    fact["user"] = "ada".into();
    fact
}

/// An image for one platform, with a config.
pub(crate) fn manifest(digest: &str, config: &str, revision: Option<&str>) -> Value {
    let labels = match revision {
        Some(revision) => json!({"org.opencontainers.image.revision": revision}),
        None => json!({}),
    };
    json!({"v": 1, "type": "image_manifest", "digest": digest, "config_digest": config,
           "labels": labels})
}

pub(crate) fn pipeline(id: i64, sha: &str) -> Value {
    json!({"v": 1, "type": "gitlab_pipeline", "instance": "gitlab.example.com", "project": "a/b",
           "id": id, "sha": sha})
}

pub(crate) fn index(digest: &str, manifests: &[String]) -> Value {
    json!({"v": 1, "type": "image_manifest", "digest": digest, "manifests": manifests})
}

/// A pod of the Deployment `app`.
pub(crate) fn pod(image: &str, image_id: Option<String>) -> Value {
    json!({"v": 1, "type": "kube_pod", "cluster": "c", "namespace": "n", "name": "app-1", "uid": "u",
           "workload": {"kind": "Deployment", "name": "app"}, "seen_at": SEEN_AT,
           "containers": [{"name": "app", "image": image, "image_id": image_id}]})
}

/// A complete reading of the cluster, in which the pod of [`pod`] has another container.
pub(crate) fn container_gone() -> [Value; 3] {
    let mut other = pod("r.example.com/a/other:1", None);
    other["containers"][0]["name"] = "other".into();
    [
        started("kubernetes", "c"),
        other,
        complete("kubernetes", "c"),
    ]
}

pub(crate) fn complete(kind: &str, scope: &str) -> Value {
    complete_at(kind, scope, "2026-05-04T03:02:01Z")
}

pub(crate) fn complete_at(kind: &str, scope: &str, time: &str) -> Value {
    json!({"v": 1, "type": "source_complete", "kind": kind, "scope": scope, "complete_at": time})
}

pub(crate) fn started(kind: &str, scope: &str) -> Value {
    json!({"v": 1, "type": "source_started", "kind": kind, "scope": scope, "started_at": SEEN_AT})
}

/// Takes observations in, and expects all of them to be good.
pub(crate) async fn ingest(store: &dyn GraphStore, facts: &[Value]) -> Counters {
    ingest_with(store, facts, &Options::default()).await
}

/// As [`ingest`], with references read as `options` say.
pub(crate) async fn ingest_with(
    store: &dyn GraphStore,
    facts: &[Value],
    options: &Options,
) -> Counters {
    take_in(store, &[facts], options).await
}

/// Takes in batches one after the other.
async fn take_in(store: &dyn GraphStore, batches: &[&[Value]], options: &Options) -> Counters {
    let mut intake = Ingest::new(store, |_| ()).with_options(options.clone());
    for facts in batches {
        let lines: String = facts.iter().map(|fact| format!("{fact}\n")).collect();
        intake.lines(lines.as_bytes(), |_| ()).await.unwrap();
    }
    let report = intake.report();
    let count: usize = batches.iter().map(|facts| facts.len()).sum();
    assert_eq!(report.observations, count as u64, "{report:?}");
    assert!(report.unknown_fields.is_empty(), "{report:?}");
    report.written
}

/// As [`ingest`], each in a batch of its own, so that what a later one takes back was written.
pub(crate) async fn ingest_each(store: &dyn GraphStore, facts: &[Value]) {
    let batches: Vec<_> = facts.chunks(1).collect();
    take_in(store, &batches, &Options::default()).await;
}

pub(crate) fn ordered_rules() -> Vec<Rule> {
    in_order(builtin_rules().unwrap()).unwrap()
}

/// A pass of the built-in rules.
pub(crate) async fn apply(store: &dyn GraphStore) -> PassSummary {
    let stop = Stop::default();
    let mut quiet = |_: &Rule, _| ();
    pass(store, &ordered_rules(), Mode::Apply, &stop, &mut quiet)
        .await
        .unwrap()
}

/// What a rule has derived: `from -> to` or the subject, by label and key.
pub(crate) async fn derived(store: &dyn GraphStore, rule: &str) -> BTreeSet<String> {
    let links = "MATCH (a)-[own]->(b) WHERE own.rule = $rule
                 RETURN labels(a)[0] AS a, a.key AS a_key, labels(b)[0] AS b, b.key AS b_key";
    let findings = "MATCH (own:Finding)-[:CONCERNS]->(b) WHERE own.rule = $rule
                    RETURN labels(b)[0] AS b, b.key AS b_key";
    let mut found = BTreeSet::new();
    for row in store
        .read(Statement::new(links).with("rule", rule))
        .await
        .unwrap()
    {
        let (a, a_key) = (row.text("a"), row.text("a_key"));
        found.insert(format!(
            "{a} {a_key} -> {} {}",
            row.text("b"),
            row.text("b_key")
        ));
    }
    for row in store
        .read(Statement::new(findings).with("rule", rule))
        .await
        .unwrap()
    {
        found.insert(format!("{} {}", row.text("b"), row.text("b_key")));
    }
    found
}

/// Runs a statement of somebody else.
pub(crate) async fn foreign(store: &dyn GraphStore, text: &'static str) -> Counters {
    store.write(vec![Statement::new(text)]).await.unwrap()
}

/// The number that a statement returns as `number`.
pub(crate) async fn number(store: &dyn GraphStore, text: &'static str) -> i64 {
    let rows = store.read(Statement::new(text)).await.unwrap();
    rows[0].get("number").as_int().unwrap()
}
