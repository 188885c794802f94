//! Names and digests that mislead: what a container runs, where they are read naively or rightly.

use std::{collections::BTreeSet, sync::Arc};

use polar_graph::GraphStore;
use polar_normalize::{AliasTable, Options};
use polar_testkit::{on_both, wipe};
use serde_json::{Value, json};

use crate::facts::{REGISTRY, apply, derived, digest, held, index, ingest_with, manifest, pod};

struct Trap {
    name: &'static str,
    facts: Vec<Value>,
    /// Keys of the images that the container runs, and the rule that says so.
    runs: Vec<(String, &'static str)>,
}

fn image(name: &str, digest: &str) -> String {
    format!("{name}@{digest}")
}

fn hub(tag: &str, digest: &str) -> Value {
    json!({"v": 1, "type": "registry_image", "registry": "docker.io", "repository": "library/nginx",
           "tag": tag, "digest": digest})
}

fn traps() -> Vec<Trap> {
    let [a, b, c] = ['a', 'b', 'c'].map(digest);
    let name = format!("{REGISTRY}/a/b");
    let in_index = |parent: &str| vec![held("1", parent), index(parent, std::slice::from_ref(&b))];
    let reported = |digest: &str| Some(format!("{name}@{digest}"));
    vec![
        Trap {
            name: "pinned to a digest, with a tag that has moved on since",
            facts: vec![
                held("1", &a),
                held("1", &b),
                pod(&format!("{name}:1@{a}"), reported(&a)),
            ],
            runs: vec![(image(&format!("{name}:1"), &a), "runs-reported")],
        },
        Trap {
            name: "pinned to a digest, with a tag that never was",
            facts: vec![
                held("1", &a),
                pod(&format!("{name}:no-such@{a}"), reported(&a)),
            ],
            runs: vec![(image(&format!("{name}:1"), &a), "runs-reported")],
        },
        Trap {
            name: "pinned to a digest, and not started yet",
            facts: vec![
                held("1", &a),
                held("2", &b),
                pod(&format!("{name}@{a}"), None),
            ],
            runs: vec![(image(&format!("{name}:1"), &a), "runs-reported")],
        },
        Trap {
            name: "the index in the specification, the platform in the status",
            facts: [
                in_index(&a),
                vec![pod(&format!("{name}@{a}"), reported(&b))],
            ]
            .concat(),
            runs: vec![(image(&format!("{name}:1"), &a), "runs-reported")],
        },
        Trap {
            name: "a tag in the specification, the platform in the status",
            facts: [in_index(&a), vec![pod(&format!("{name}:1"), reported(&b))]].concat(),
            runs: vec![(image(&format!("{name}:1"), &a), "runs-reported")],
        },
        Trap {
            name: "the config's digest in the status",
            facts: [
                in_index(&a),
                vec![
                    manifest(&b, &c, None),
                    pod(&format!("{name}:1"), Some(format!("docker://{c}"))),
                ],
            ]
            .concat(),
            runs: vec![(image(&format!("{name}:1"), &a), "runs-config")],
        },
        Trap {
            name: "Docker Hub's short name",
            facts: vec![
                hub("1.27", &a),
                pod("nginx:1.27", Some(format!("docker-pullable://nginx@{a}"))),
            ],
            runs: vec![(image("docker.io/library/nginx:1.27", &a), "runs-reported")],
        },
        Trap {
            name: "Docker Hub under its other names",
            facts: vec![
                hub("latest", &a),
                pod(
                    "index.docker.io/library/nginx",
                    Some(format!("registry-1.docker.io/library/nginx@{a}")),
                ),
            ],
            runs: vec![(image("docker.io/library/nginx:latest", &a), "runs-reported")],
        },
        Trap {
            name: "a mirror that pulls through, named in the aliases",
            facts: vec![
                hub("1.27", &a),
                pod(
                    "mirror.example.com/dockerhub/nginx:1.27",
                    Some(format!("mirror.example.com/dockerhub/nginx@{a}")),
                ),
            ],
            runs: vec![(image("docker.io/library/nginx:1.27", &a), "runs-reported")],
        },
        Trap {
            name: "a mirror that is in no alias",
            facts: vec![
                hub("1.27", &a),
                pod(
                    "other.example.com/nginx:1.27",
                    Some(format!("other.example.com/nginx@{a}")),
                ),
            ],
            runs: vec![(image("docker.io/library/nginx:1.27", &a), "runs-bytes")],
        },
        Trap {
            name: "localhost, on two nodes",
            facts: vec![
                json!({"v": 1, "type": "registry_image", "registry": "localhost:5000",
                       "repository": "a/b", "tag": "1", "digest": a}),
                pod(
                    "localhost:5000/a/b:1",
                    Some(format!("localhost:5000/a/b@{a}")),
                ),
            ],
            runs: vec![],
        },
        Trap {
            name: "the same tag in another case",
            facts: vec![
                held("rc1", &a),
                held("RC1", &b),
                pod(&format!("{name}:RC1"), reported(&b)),
            ],
            runs: vec![(image(&format!("{name}:RC1"), &b), "runs-reported")],
        },
    ]
}

#[tokio::test]
async fn each_trap_is_seen_through() {
    let mut aliases = AliasTable::new();
    aliases
        .insert("mirror.example.com/dockerhub", "docker.io")
        .unwrap();
    let options = Options {
        aliases,
        ..Options::default()
    };
    on_both(async |store: Arc<dyn GraphStore>| {
        for trap in traps() {
            let store = store.as_ref();
            wipe(store).await;
            ingest_with(store, &trap.facts, &options).await;
            apply(store).await;
            let mut found = BTreeSet::new();
            for rule in ["runs-reported", "runs-config", "runs-bytes", "runs-by-name"] {
                for link in derived(store, rule).await {
                    let (_, image) = link.split_once(" -> ACRImage ").unwrap();
                    found.insert((image.to_owned(), rule));
                }
            }
            assert_eq!(found, BTreeSet::from_iter(trap.runs), "{}", trap.name);
        }
    })
    .await;
}
