//! Each built-in rule: an example that yields it, its removal once it no longer holds, and near
//! misses that must yield nothing.

use std::{collections::BTreeSet, sync::Arc};

use polar_graph::GraphStore;
use polar_rules::builtin_rules;
use polar_testkit::{on_both, wipe};
use serde_json::Value;

use crate::facts::{
    REGISTRY, apply, complete, derived, digest, foreign, held, index, ingest, pod, pushed,
};

struct Case {
    rule: &'static str,
    example: Vec<Value>,
    yields: Vec<String>,
    /// What somebody else does to the graph, after which the pattern no longer holds.
    undo: &'static str,
    near_misses: Vec<(&'static str, Vec<Value>)>,
}

const IMAGE: &str = "r.example.com/a/b:1";

fn cases() -> Vec<Case> {
    let [a, b, c] = ['a', 'b', 'c'].map(digest);
    let tag_key = format!("ContainerImageTag {IMAGE}@{a}");
    let image_key = format!("ACRImage {IMAGE}@{a}");
    let run_key = "PipelineRun gitlab.example.com/a/b/7".to_owned();
    let container_key = "KubeContainer c/u/app".to_owned();
    let reported = |digest: &str| Some(format!("{REGISTRY}/a/b@{digest}"));
    vec![
        Case {
            rule: "same-as",
            example: vec![pushed(7, IMAGE, Some(a.clone())), held("1", &a)],
            yields: vec![format!("{tag_key} -> {image_key}")],
            undo: "MATCH (:ContainerImageTag)-[own:IDENTIFIES]->() DELETE own",
            near_misses: vec![
                (
                    "another digest",
                    vec![pushed(7, IMAGE, Some(a.clone())), held("1", &b)],
                ),
                (
                    "the tag in another case",
                    vec![pushed(7, "r.example.com/a/b:RC", None), held("rc", &a)],
                ),
                (
                    "another tag",
                    vec![pushed(7, IMAGE, Some(a.clone())), held("2", &a)],
                ),
                (
                    "a registry that only this node means",
                    vec![pushed(7, "localhost/a/b:1", None), held("1", &a)],
                ),
            ],
        },
        Case {
            rule: "resulted-in",
            example: vec![pushed(7, IMAGE, None), held("1", &a)],
            yields: vec![format!("{run_key} -> {image_key}")],
            undo: "MATCH (:PipelineRun)-[own:PRODUCED]->() DELETE own",
            near_misses: vec![(
                "another digest",
                vec![pushed(7, IMAGE, Some(b.clone())), held("1", &a)],
            )],
        },
        Case {
            rule: "runs-reported",
            example: vec![
                held("1", &a),
                index(&a, &[b.clone(), c.clone()]),
                pod(IMAGE, reported(&b)),
            ],
            yields: vec![format!("{container_key} -> {image_key}")],
            undo: "MATCH (:KubeContainer)-[own:REPORTS]->() DELETE own",
            near_misses: vec![
                (
                    "a digest that is not in the index",
                    vec![
                        held("1", &a),
                        index(&a, std::slice::from_ref(&b)),
                        pod(IMAGE, reported(&c)),
                    ],
                ),
                (
                    "a bare digest, which may be a config's",
                    vec![held("1", &a), pod(IMAGE, Some(a.clone()))],
                ),
                (
                    "the same bytes under another name",
                    vec![
                        held("1", &a),
                        pod(
                            "mirror.example.com/a/b:1",
                            Some(format!("mirror.example.com/a/b@{a}")),
                        ),
                    ],
                ),
            ],
        },
        Case {
            rule: "runs-by-name",
            example: vec![held("1", &a), held("1", &b), pod(IMAGE, None)],
            yields: vec![
                format!("{container_key} -> {image_key}"),
                format!("{container_key} -> ACRImage {IMAGE}@{b}"),
            ],
            undo: "MATCH (:ACRImage)-[own:IDENTIFIES]->() DELETE own",
            near_misses: vec![
                (
                    "a digest is known",
                    vec![held("1", &a), pod(IMAGE, reported(&b))],
                ),
                ("another tag", vec![held("2", &a), pod(IMAGE, None)]),
            ],
        },
        Case {
            rule: "unbuilt",
            example: vec![
                held("1", &a),
                held("2", &b),
                pushed(7, IMAGE, None),
                complete("gitlab", "gitlab.example.com"),
            ],
            yields: vec![format!("ACRImage {REGISTRY}/a/b:2@{b}")],
            undo: "MATCH (own:Source) DETACH DELETE own",
            near_misses: vec![
                ("GitLab was not read completely", vec![held("1", &a)]),
                (
                    "another source was",
                    vec![held("1", &a), complete("kubernetes", "c")],
                ),
                (
                    "a pipeline built it",
                    vec![
                        held("1", &a),
                        pushed(7, IMAGE, None),
                        complete("gitlab", "gitlab.example.com"),
                    ],
                ),
            ],
        },
        Case {
            rule: "unknown-digest",
            example: vec![
                held("1", &a),
                pod(IMAGE, reported(&b)),
                complete("registry", REGISTRY),
            ],
            yields: vec!["KubeDeployment c/n/Deployment/app".to_owned()],
            undo: "MATCH (own:Source) DETACH DELETE own",
            near_misses: vec![
                (
                    "the registry was not read completely",
                    vec![pod(IMAGE, reported(&b))],
                ),
                (
                    "another registry was",
                    vec![
                        pod(IMAGE, reported(&b)),
                        complete("registry", "other.example.com"),
                    ],
                ),
                (
                    "the registry has it, in an index",
                    vec![
                        held("1", &a),
                        index(&a, std::slice::from_ref(&b)),
                        pod(IMAGE, reported(&b)),
                        complete("registry", REGISTRY),
                    ],
                ),
            ],
        },
        Case {
            rule: "unresolvable",
            example: vec![pod("localhost/a/b:1", None)],
            yields: vec![container_key],
            undo: "MATCH (container:KubeContainer) SET container.image_error = null",
            near_misses: vec![("it can be joined", vec![pod(IMAGE, None)])],
        },
    ]
}

#[tokio::test]
async fn each_rule_yields_what_it_says_and_no_more() {
    on_both(async |store: Arc<dyn GraphStore>| {
        for case in cases() {
            let store = store.as_ref();
            let rule = case.rule;
            wipe(store).await;
            ingest(store, &case.example).await;
            apply(store).await;
            let wanted = BTreeSet::from_iter(case.yields);
            assert_eq!(derived(store, rule).await, wanted, "{rule}: example");
            foreign(store, case.undo).await;
            let summary = apply(store).await;
            let removed = summary
                .rules
                .iter()
                .find(|done| done.rule == rule)
                .unwrap()
                .removed;
            assert_eq!(removed, wanted.len() as u64, "{rule}: {summary:?}");
            assert_eq!(
                derived(store, rule).await,
                BTreeSet::new(),
                "{rule}: removed"
            );
            for (name, facts) in case.near_misses {
                wipe(store).await;
                ingest(store, &facts).await;
                apply(store).await;
                let none = BTreeSet::new();
                assert_eq!(
                    derived(store, rule).await,
                    none,
                    "{rule}: near miss, {name}"
                );
            }
        }
    })
    .await;
}

#[test]
fn no_rule_goes_untested() {
    let tested = BTreeSet::from_iter(cases().into_iter().map(|case| case.rule.to_owned()));
    let rules = BTreeSet::from_iter(builtin_rules().unwrap().into_iter().map(|rule| rule.name));
    assert_eq!(tested, rules);
}
