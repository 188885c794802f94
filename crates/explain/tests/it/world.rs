//! Observations of a small estate, and what is explained in it.

use polar_explain::{Candidate, ExplainError, Explanation, Reason, RuleAnswer, explain};
use polar_graph::GraphStore;
use polar_ingest::Ingest;
use polar_normalize::Options;
use polar_reconcile::{Mode, Stop, pass};
use polar_rules::{Rule, builtin_rules, in_order};
use serde_json::{Value, json};

pub(crate) const REGISTRY: &str = "r.example.com";
pub(crate) const CONTAINER: &str = "KubeContainer:c/u/app";

/// A digest that is easy to tell from others.
pub(crate) fn digest(letter: char) -> String {
    format!("sha256:{}", letter.to_string().repeat(64))
}

pub(crate) fn pushed(pipeline: i64, image: &str, digest: Option<String>) -> Value {
    json!({"v": 1, "type": "pipeline_image", "instance": "gitlab.example.com", "project": "a/b",
           "pipeline": pipeline, "image": image, "digest": digest})
}

pub(crate) fn pipeline(id: i64, sha: &str) -> Value {
    json!({"v": 1, "type": "gitlab_pipeline", "instance": "gitlab.example.com", "project": "a/b",
           "id": id, "sha": sha, "finished_at": "2026-05-04T02:30:00Z"})
}

pub(crate) fn held_at(registry: &str, repository: &str, tag: &str, digest: &str) -> Value {
    json!({"v": 1, "type": "registry_image", "registry": registry, "repository": repository,
           "tag": tag, "digest": digest, "pushed_at": "2026-05-04T02:00:00Z"})
}

pub(crate) fn held(tag: &str, digest: &str) -> Value {
    held_at(REGISTRY, "a/b", tag, digest)
}

pub(crate) fn pod(image: &str, image_id: Option<String>) -> Value {
    json!({"v": 1, "type": "kube_pod", "cluster": "c", "namespace": "n", "name": "app-1", "uid": "u",
           "workload": {"kind": "Deployment", "name": "app"}, "started_at": "2026-05-04T03:00:00Z",
           "containers": [{"name": "app", "image": image, "image_id": image_id}]})
}

pub(crate) fn started(kind: &str, scope: &str, at: &str) -> Value {
    json!({"v": 1, "type": "source_started", "kind": kind, "scope": scope, "started_at": at})
}

pub(crate) fn complete(kind: &str, scope: &str, at: &str) -> Value {
    json!({"v": 1, "type": "source_complete", "kind": kind, "scope": scope, "complete_at": at})
}

/// The registry as read after the pod started.
pub(crate) fn read() -> Value {
    complete("registry", REGISTRY, "2026-05-04T04:00:00Z")
}

pub(crate) fn rules() -> Vec<Rule> {
    in_order(builtin_rules().unwrap()).unwrap()
}

/// Takes observations in, and runs a pass.
pub(crate) async fn with(store: &dyn GraphStore, facts: &[Value]) {
    let lines: String = facts.iter().map(|fact| format!("{fact}\n")).collect();
    let mut intake = Ingest::new(store, |_| ());
    intake.lines(lines.as_bytes(), |_| ()).await.unwrap();
    assert_eq!(intake.report().observations, facts.len() as u64);
    let stop = Stop::default();
    pass(store, &rules(), Mode::Apply, &stop, &mut |_, _| ())
        .await
        .unwrap();
}

pub(crate) async fn ask(store: &dyn GraphStore, target: &str) -> Result<Explanation, ExplainError> {
    explain(store, &rules(), &Options::default(), target).await
}

/// What is said of a rule at the one node that a target means.
pub(crate) async fn at(store: &dyn GraphStore, target: &str, rule: &str) -> RuleAnswer {
    let explanation = ask(store, target).await.unwrap();
    assert_eq!(explanation.nodes.len(), 1, "{target}");
    let mut rules = explanation.nodes[0].rules.clone().into_iter();
    rules.find(|answer| answer.rule == rule).unwrap()
}

/// Reason and key of each candidate.
pub(crate) fn reasons(candidates: &[Candidate]) -> Vec<(Reason, String)> {
    let key = |candidate: &Candidate| {
        let node = candidate.node.as_ref();
        node.map_or_else(String::new, |node| node.key.clone())
    };
    candidates
        .iter()
        .map(|candidate| (candidate.reason, key(candidate)))
        .collect()
}
