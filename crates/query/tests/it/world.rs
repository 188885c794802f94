//! Observations of a small estate, and where its images came from.

use jiff::Timestamp;
use polar_graph::GraphStore;
use polar_ingest::Ingest;
use polar_normalize::Options;
use polar_query::{Kind, Target, Trace, resolve, trace};
use polar_reconcile::{Mode, Stop, pass};
use polar_rules::{builtin_rules, in_order};
use serde_json::{Value, json};

pub(crate) const GITLAB: &str = "gitlab.example.com";
pub(crate) const REGISTRY: &str = "r.example.com";
/// The image that most tests are about.
pub(crate) const IMAGE: &str = "r.example.com/a/b:1";

/// A digest that is easy to tell from others.
pub(crate) fn digest(letter: char) -> String {
    format!("sha256:{}", letter.to_string().repeat(64))
}

/// Likewise a commit.
pub(crate) fn oid(letter: char) -> String {
    letter.to_string().repeat(40)
}

pub(crate) fn held(name: &str, tag: &str, letter: char, pushed_at: &str) -> Value {
    let (registry, repository) = name.split_once('/').unwrap();
    json!({"v": 1, "type": "registry_image", "registry": registry, "repository": repository,
           "tag": tag, "digest": digest(letter), "pushed_at": pushed_at})
}

/// A manifest whose labels name a commit.
pub(crate) fn labelled(letter: char, commit: char) -> Value {
    json!({"v": 1, "type": "image_manifest", "digest": digest(letter),
           "labels": {"org.opencontainers.image.revision": oid(commit)}})
}

pub(crate) fn pipeline(id: i64, commit: char, created_at: &str) -> Value {
    json!({"v": 1, "type": "gitlab_pipeline", "instance": GITLAB, "project": "a/b", "id": id,
           "sha": oid(commit), "created_at": created_at})
}

/// A job told that it pushed an image.
pub(crate) fn pushed(pipeline: i64, image: &str, letter: char) -> Value {
    json!({"v": 1, "type": "pipeline_image", "instance": GITLAB, "project": "a/b", "job": 7,
           "pipeline": pipeline, "image": image, "digest": digest(letter)})
}

pub(crate) fn request(commit: char, approvals: &[(&str, &str)]) -> Value {
    let approvals: Vec<_> = approvals
        .iter()
        .map(|(user, at)| json!({"user": user, "approved_at": at}))
        .collect();
    json!({"v": 1, "type": "merge_request", "instance": GITLAB, "project": "a/b", "iid": 3,
           "title": "Add it", "state": "merged", "author": "ann", "merged_by": "bob",
           "merged_at": "2026-05-03T00:00:00Z", "approvals": approvals, "commits": [oid(commit)]})
}

/// A pod `app-1` of `Deployment/app`, from the fourth of May.
pub(crate) fn pod(image: &str, reported: Option<String>) -> Value {
    json!({"v": 1, "type": "kube_pod", "cluster": "c", "namespace": "n", "name": "app-1", "uid": "u",
           "workload": {"kind": "Deployment", "name": "app"}, "started_at": "2026-05-04T00:00:00Z",
           "containers": [{"name": "app", "image": image, "image_id": reported}]})
}

pub(crate) fn started(kind: &str, scope: &str, at: &str) -> Value {
    json!({"v": 1, "type": "source_started", "kind": kind, "scope": scope, "started_at": at})
}

pub(crate) fn complete(kind: &str, scope: &str, at: &str) -> Value {
    json!({"v": 1, "type": "source_complete", "kind": kind, "scope": scope, "complete_at": at})
}

/// Takes observations in, and runs a pass.
pub(crate) async fn with(store: &dyn GraphStore, facts: &[Value]) {
    let lines: String = facts.iter().map(|fact| format!("{fact}\n")).collect();
    let mut intake = Ingest::new(store, |_| ());
    intake.lines(lines.as_bytes(), |_| ()).await.unwrap();
    assert_eq!(intake.report().observations, facts.len() as u64);
    let rules = in_order(builtin_rules().unwrap()).unwrap();
    let stop = Stop::default();
    pass(store, &rules, Mode::Apply, &stop, &mut |_, _| ())
        .await
        .unwrap();
}

pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub(crate) async fn target(store: &dyn GraphStore, text: &str, kinds: &[Kind]) -> Target {
    resolve(store, &Options::default(), text, kinds)
        .await
        .unwrap()
}

pub(crate) async fn traced(store: &dyn GraphStore, text: &str, at: Option<&str>) -> Trace {
    let target = target(store, text, &[Kind::Running, Kind::Image]).await;
    trace(store, text, &target, at.map(self::at)).await.unwrap()
}
