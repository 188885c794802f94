//! Observations of the repository `shop/app`.

use serde_json::{Value, json};

use crate::world::{REGISTRY, digest};

pub(crate) const COMMIT: &str = "aaaaaaaa1111111111111111111111111111aaaa";

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
