//! Observations of a small estate.

use polar_graph::GraphStore;
use polar_ingest::Ingest;
use polar_reconcile::{Mode, Stop, pass};
use polar_rules::{builtin_rules, in_order};
use serde_json::{Value, json};

pub(crate) const REGISTRY: &str = "r.example.com";
pub(crate) const COMMIT: &str = "aaaaaaaa1111111111111111111111111111aaaa";

/// A digest that is easy to tell from others.
pub(crate) fn digest(letter: char) -> String {
    format!("sha256:{}", letter.to_string().repeat(64))
}

/// `value` with the fields of `more`.
pub(crate) fn with(mut value: Value, more: &Value) -> Value {
    let fields = value.as_object_mut().unwrap();
    fields.extend(more.as_object().unwrap().clone());
    value
}

/// A tag of the repository `shop/app`, pushed at 10:00 on 2026-05-04.
pub(crate) fn held(tag: &str, letter: char) -> Value {
    with(
        held_untimed(tag, letter),
        &json!({"pushed_at": "2026-05-04T10:00:00Z"}),
    )
}

pub(crate) fn held_untimed(tag: &str, letter: char) -> Value {
    json!({"v": 1, "type": "registry_image", "registry": REGISTRY, "repository": "shop/app",
           "tag": tag, "digest": digest(letter)})
}

/// A pipeline of `shop/app` on a commit and a ref, with a job on a runner that pushed an image.
pub(crate) fn built(
    id: i64,
    git_ref: &str,
    runner: Option<&str>,
    tag: &str,
    letter: char,
) -> Vec<Value> {
    let of = json!({"v": 1, "instance": "g.example.com", "project": "shop/app", "pipeline": id});
    vec![
        json!({"v": 1, "type": "gitlab_pipeline", "instance": "g.example.com", "project": "shop/app",
               "id": id, "sha": COMMIT, "ref": git_ref, "created_at": "2026-05-04T09:50:00Z",
               "finished_at": "2026-05-04T10:10:00Z"}),
        with(
            json!({"type": "gitlab_job", "id": id * 10, "name": "push", "runner": runner}),
            &of,
        ),
        with(
            json!({"type": "pipeline_image", "job": id * 10, "digest": digest(letter),
                   "image": format!("{REGISTRY}/shop/app:{tag}")}),
            &of,
        ),
    ]
}

/// Something attached to a manifest.
pub(crate) fn attached(kind: &str, letter: char, subject: char, more: &Value) -> Value {
    let artifact = json!({"v": 1, "type": "artifact", "kind": kind, "digest": digest(letter),
                          "subject": digest(subject), "registry": REGISTRY, "repository": "shop/app"});
    with(artifact, more)
}

pub(crate) fn started(kind: &str, scope: &str, at: &str) -> Value {
    json!({"v": 1, "type": "source_started", "kind": kind, "scope": scope, "started_at": at})
}

pub(crate) fn complete(kind: &str, scope: &str, at: &str) -> Value {
    json!({"v": 1, "type": "source_complete", "kind": kind, "scope": scope, "complete_at": at})
}

/// Takes observations in, and runs a pass.
pub(crate) async fn take(store: &dyn GraphStore, facts: &[Value]) {
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
