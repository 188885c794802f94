//! Observations of a small estate.

use polar_graph::GraphStore;
use polar_ingest::Ingest;
use polar_reconcile::{Mode, Stop, pass};
use polar_rules::{builtin_rules, in_order};
use serde_json::{Value, json};

pub(crate) const REGISTRY: &str = "r.example.com";

/// A digest that is easy to tell from others.
pub(crate) fn digest(letter: char) -> String {
    format!("sha256:{}", letter.to_string().repeat(64))
}

/// A time on the day of the estate, e.g. `03:15`.
pub(crate) fn at(time: &str) -> String {
    format!("2026-05-04T{time}:00Z")
}

/// A registry's tag of the repository `a/b`, pushed at a time.
pub(crate) fn held(tag: &str, digest: &str, time: &str) -> Value {
    json!({"v": 1, "type": "registry_image", "registry": REGISTRY, "repository": "a/b",
           "tag": tag, "digest": digest, "pushed_at": at(time)})
}

pub(crate) fn index(digest: &str, manifests: &[&str]) -> Value {
    json!({"v": 1, "type": "image_manifest", "digest": digest, "manifests": manifests})
}

pub(crate) fn with_config(digest: &str, config: &str) -> Value {
    json!({"v": 1, "type": "image_manifest", "digest": digest, "config_digest": config})
}

/// A pod of a Deployment, with one container, that started at a time.
pub(crate) fn pod(workload: &str, pod: &str, image: &str, image_id: &str, time: &str) -> Value {
    let image_id = (!image_id.is_empty()).then_some(image_id);
    json!({"v": 1, "type": "kube_pod", "cluster": "c", "namespace": "n", "name": pod, "uid": pod,
           "workload": {"kind": "Deployment", "name": workload}, "started_at": at(time),
           "seen_at": at(time),
           "containers": [{"name": "app", "image": image, "image_id": image_id}]})
}

/// A source begins to be read at a time such as `2026-05-04T03:15:00Z`.
pub(crate) fn started(kind: &str, scope: &str, time: &str) -> Value {
    json!({"v": 1, "type": "source_started", "kind": kind, "scope": scope, "started_at": time})
}

pub(crate) fn complete(kind: &str, scope: &str, time: &str) -> Value {
    json!({"v": 1, "type": "source_complete", "kind": kind, "scope": scope, "complete_at": time})
}

/// Takes observations in, and runs a pass.
pub(crate) async fn take(store: &dyn GraphStore, facts: &[Value]) {
    let lines: String = facts.iter().map(|fact| format!("{fact}\n")).collect();
    take_lines(store, &lines).await;
}

/// Likewise, of JSON Lines.
pub(crate) async fn take_lines(store: &dyn GraphStore, lines: &str) {
    let mut intake = Ingest::new(store, |_| ());
    intake.lines(lines.as_bytes(), |_| ()).await.unwrap();
    assert_eq!(intake.report().observations, lines.lines().count() as u64);
    let rules = in_order(builtin_rules().unwrap()).unwrap();
    let stop = Stop::default();
    pass(store, &rules, Mode::Apply, &stop, &mut |_, _| ())
        .await
        .unwrap();
}
