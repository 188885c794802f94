//! An image from its commit to a pod, and what is answered of it.

use jiff::Timestamp;
use polar_graph::GraphStore;
use polar_normalize::Options;
use polar_query::{Kind, Target, Trace, resolve, trace};
use serde_json::{Value, json};

use crate::world::digest;

pub(crate) const GITLAB: &str = "gitlab.example.com";
/// The image that most tests are about.
pub(crate) const IMAGE: &str = "r.example.com/a/b:1";

/// A commit that is easy to tell from others.
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
