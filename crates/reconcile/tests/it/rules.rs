//! Each built-in rule: an example that yields it, its removal once it no longer holds, and near
//! misses that must yield nothing.

use std::{collections::BTreeSet, sync::Arc};

use polar_graph::GraphStore;
use polar_rules::{Effect, builtin_rules};
use polar_testkit::{on_both, wipe};
use serde_json::Value;

use crate::{
    attached, built, copies,
    facts::{
        REGISTRY, apply, complete, complete_at, derived, digest, ended, foreign, held, index,
        ingest_each, manifest, moved, pipeline, pod, pushed, started,
    },
    reviews,
};

pub(crate) struct Case {
    pub(crate) rule: &'static str,
    pub(crate) example: Vec<Value>,
    pub(crate) yields: Vec<String>,
    /// What somebody else does to the graph, after which the pattern no longer holds.
    pub(crate) undo: &'static str,
    pub(crate) near_misses: Vec<(&'static str, Vec<Value>)>,
}

pub(crate) const IMAGE: &str = "r.example.com/a/b:1";
pub(crate) const COMMIT: &str = "8b8d353c5ed1547e1db8c76b2f3deeafff04f0ed";
pub(crate) const OTHER_COMMIT: &str = "8b8d353b5ed1547e1db8c76b2f3deeafff04f0ed";
/// Before the images of these tests were seen.
pub(crate) const TOO_EARLY: &str = "2026-05-04T02:00:00Z";

/// A pod that ran one image, and runs another one now.
fn replaced(before: Value, now: Value) -> Vec<Value> {
    vec![before, now]
}

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
            example: vec![
                pushed(7, IMAGE, Some(a.clone())),
                held("1", &a),
                held("1", &b),
                pushed(7, "r.example.com/a/b:2", None),
                held("2", &c),
            ],
            yields: vec![
                format!("{run_key} -> {image_key}"),
                format!("{run_key} -> ACRImage {REGISTRY}/a/b:2@{c}"),
            ],
            undo: "MATCH (:PipelineRun)-[own:PRODUCED]->() DELETE own",
            near_misses: vec![
                (
                    "another digest",
                    vec![pushed(7, IMAGE, Some(b.clone())), held("1", &a)],
                ),
                (
                    "the job told no digest, and the tag had two",
                    vec![pushed(7, IMAGE, None), held("1", &a), held("1", &b)],
                ),
            ],
        },
        Case {
            rule: "resulted-in-by-revision",
            example: vec![
                pipeline(7, COMMIT),
                held("1", &a),
                index(&a, std::slice::from_ref(&b)),
                manifest(&b, &c, Some(COMMIT)),
            ],
            yields: vec![format!("{run_key} -> {image_key}")],
            undo: "MATCH (:PipelineRun)-[own:OF_COMMIT]->() DELETE own",
            near_misses: vec![
                (
                    "another commit",
                    vec![
                        pipeline(7, OTHER_COMMIT),
                        held("1", &a),
                        manifest(&a, &c, Some(COMMIT)),
                    ],
                ),
                (
                    "a revision that is no object id",
                    vec![
                        pipeline(7, COMMIT),
                        held("1", &a),
                        manifest(&a, &c, Some("main")),
                    ],
                ),
            ],
        },
        Case {
            rule: "resulted-in-by-sha",
            example: vec![pipeline(7, COMMIT), held("main-8b8d353c", &a)],
            yields: vec![format!(
                "{run_key} -> ACRImage {REGISTRY}/a/b:main-8b8d353c@{a}"
            )],
            undo: "MATCH (:ACRImage)-[own:TAGGED_WITH]->() DELETE own",
            near_misses: vec![
                (
                    "another commit",
                    vec![pipeline(7, OTHER_COMMIT), held("main-8b8d353c", &a)],
                ),
                (
                    "a tag that names none",
                    vec![pipeline(7, COMMIT), held("8b8d353", &a)],
                ),
            ],
        },
        Case {
            rule: "resulted-in-by-time",
            example: vec![during(7, IMAGE, &a), held("1", &a)],
            yields: vec![format!("{run_key} -> {image_key}")],
            undo: "MATCH (:PipelineRun)-[own:RAN_DURING]->() DELETE own",
            near_misses: vec![("another digest", vec![during(7, IMAGE, &b), held("1", &a)])],
        },
        Case {
            rule: "runs-config",
            example: vec![
                held("1", &a),
                manifest(&a, &c, None),
                pod(IMAGE, Some(c.clone())),
            ],
            yields: vec![format!("{container_key} -> {image_key}")],
            undo: "MATCH (:KubeContainer)-[own:REPORTS_CONFIG]->() DELETE own",
            near_misses: vec![
                (
                    "another config",
                    vec![
                        held("1", &a),
                        manifest(&a, &b, None),
                        pod(IMAGE, Some(c.clone())),
                    ],
                ),
                (
                    "the same config under another name",
                    vec![
                        held("1", &a),
                        manifest(&a, &c, None),
                        pod("mirror.example.com/a/b:1", Some(c.clone())),
                    ],
                ),
                (
                    "it ran before",
                    [
                        vec![held("1", &a), manifest(&a, &c, None)],
                        replaced(pod(IMAGE, Some(c.clone())), pod(IMAGE, reported(&b))),
                    ]
                    .concat(),
                ),
                (
                    "another image ran before",
                    [
                        vec![held("1", &a), manifest(&a, &c, None)],
                        replaced(
                            pod(IMAGE, Some(c.clone())),
                            pod("r.example.com/a/other:1", Some(c.clone())),
                        ),
                    ]
                    .concat(),
                ),
            ],
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
                    "it ran before",
                    [
                        vec![held("1", &a)],
                        replaced(pod(IMAGE, reported(&a)), pod(IMAGE, reported(&b))),
                    ]
                    .concat(),
                ),
                (
                    "another image ran before",
                    [
                        vec![held("1", &a)],
                        replaced(
                            pod(IMAGE, reported(&a)),
                            pod(
                                "r.example.com/a/other:1",
                                Some(format!("r.example.com/a/other@{a}")),
                            ),
                        ),
                    ]
                    .concat(),
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
                (
                    "a config is known",
                    vec![
                        held("1", &b),
                        held("1", &a),
                        manifest(&digest('d'), &c, None),
                        pod(IMAGE, Some(c.clone())),
                    ],
                ),
                (
                    "it ran before",
                    [
                        vec![held("1", &a)],
                        replaced(pod(IMAGE, None), pod("r.example.com/a/other:1", None)),
                    ]
                    .concat(),
                ),
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
                    "one project of it was",
                    vec![held("1", &a), complete("gitlab", "gitlab.example.com/a/b")],
                ),
                (
                    "it was read before the image was seen",
                    vec![
                        held("1", &a),
                        complete_at("gitlab", "gitlab.example.com", TOO_EARLY),
                    ],
                ),
                (
                    "the image is gone",
                    vec![
                        held("1", &a),
                        complete("gitlab", "gitlab.example.com"),
                        started("registry", "r.example.com/a/b"),
                        complete("registry", "r.example.com/a/b"),
                    ],
                ),
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
                    "only what is attached was read completely",
                    vec![pod(IMAGE, reported(&b)), complete("attached", REGISTRY)],
                ),
                (
                    "it was read before the digest was seen",
                    vec![
                        pod(IMAGE, reported(&b)),
                        complete_at("registry", REGISTRY, TOO_EARLY),
                    ],
                ),
                (
                    "the container runs another one now",
                    [
                        vec![held("1", &a)],
                        replaced(pod(IMAGE, reported(&b)), pod(IMAGE, reported(&a))),
                        vec![complete("registry", REGISTRY)],
                    ]
                    .concat(),
                ),
                (
                    "the container is gone",
                    vec![
                        pod(IMAGE, reported(&b)),
                        complete("registry", REGISTRY),
                        started("kubernetes", "c"),
                        complete("kubernetes", "c"),
                    ],
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
            rule: "retag",
            example: vec![
                moved("1", &a, TOO_EARLY),
                moved("1", &b, "2026-05-04T02:30:00Z"),
            ],
            yields: vec![format!("ImageTag {IMAGE}")],
            undo: "MATCH (image:ACRImage)-[own:OF_TAG]->() WHERE image.digest STARTS WITH 'sha256:a' DELETE own",
            near_misses: vec![
                (
                    "it was moved to the same digest",
                    vec![
                        moved("1", &a, TOO_EARLY),
                        moved("1", &a, "2026-05-04T02:30:00Z"),
                    ],
                ),
                (
                    "another tag",
                    vec![
                        moved("1", &a, TOO_EARLY),
                        moved("2", &b, "2026-05-04T02:30:00Z"),
                    ],
                ),
                (
                    "the tag in another case",
                    vec![
                        moved("rc", &a, TOO_EARLY),
                        moved("RC", &b, "2026-05-04T02:30:00Z"),
                    ],
                ),
                (
                    "the tag is gone",
                    vec![
                        moved("1", &a, TOO_EARLY),
                        moved("1", &b, "2026-05-04T02:30:00Z"),
                        started("registry", REGISTRY),
                        complete("registry", REGISTRY),
                    ],
                ),
            ],
        },
        Case {
            rule: "digest-conflict",
            example: vec![
                moved("1", &b, TOO_EARLY),
                ended(7, COMMIT, "2026-05-04T02:30:00Z"),
                pushed(7, IMAGE, Some(a.clone())),
                complete("registry", REGISTRY),
            ],
            yields: vec![tag_key.clone()],
            undo: "MATCH (own:Source) DETACH DELETE own",
            near_misses: vec![
                (
                    "the registry has it, too",
                    vec![
                        moved("1", &b, TOO_EARLY),
                        moved("1", &a, "2026-05-04T02:20:00Z"),
                        ended(7, COMMIT, "2026-05-04T02:30:00Z"),
                        pushed(7, IMAGE, Some(a.clone())),
                        complete("registry", REGISTRY),
                    ],
                ),
                (
                    "the job told no digest",
                    vec![
                        moved("1", &b, TOO_EARLY),
                        ended(7, COMMIT, "2026-05-04T02:30:00Z"),
                        pushed(7, IMAGE, None),
                        complete("registry", REGISTRY),
                    ],
                ),
                (
                    "the same digest",
                    vec![
                        moved("1", &a, TOO_EARLY),
                        ended(7, COMMIT, "2026-05-04T02:30:00Z"),
                        pushed(7, IMAGE, Some(a.clone())),
                        complete("registry", REGISTRY),
                    ],
                ),
                (
                    "the tag was moved after the run",
                    vec![
                        moved("1", &b, "2026-05-04T02:40:00Z"),
                        ended(7, COMMIT, "2026-05-04T02:30:00Z"),
                        pushed(7, IMAGE, Some(a.clone())),
                        complete("registry", REGISTRY),
                    ],
                ),
                (
                    "the registry was not read after the run",
                    vec![
                        moved("1", &b, TOO_EARLY),
                        ended(7, COMMIT, "2026-05-04T02:30:00Z"),
                        pushed(7, IMAGE, Some(a.clone())),
                        complete_at("registry", REGISTRY, "2026-05-04T02:29:00Z"),
                    ],
                ),
                (
                    "another registry was",
                    vec![
                        moved("1", &b, TOO_EARLY),
                        ended(7, COMMIT, "2026-05-04T02:30:00Z"),
                        pushed(7, IMAGE, Some(a.clone())),
                        complete("registry", "other.example.com"),
                    ],
                ),
                (
                    "another source was",
                    vec![
                        moved("1", &b, TOO_EARLY),
                        ended(7, COMMIT, "2026-05-04T02:30:00Z"),
                        pushed(7, IMAGE, Some(a.clone())),
                        complete("kubernetes", REGISTRY),
                    ],
                ),
                (
                    "what the registry had is gone",
                    vec![
                        moved("1", &b, TOO_EARLY),
                        ended(7, COMMIT, "2026-05-04T02:30:00Z"),
                        pushed(7, IMAGE, Some(a.clone())),
                        started("registry", REGISTRY),
                        complete("registry", REGISTRY),
                    ],
                ),
            ],
        },
        Case {
            rule: "tag-case-collision",
            example: vec![held("rc", &a), held("RC", &b)],
            yields: vec![format!("ImageTag {REGISTRY}/a/b:RC")],
            undo: "MATCH (:ImageTag)-[own:IDENTIFIES]->() DELETE own",
            near_misses: vec![
                ("another tag", vec![held("rc", &a), held("rc2", &b)]),
                ("the same tag twice", vec![held("rc", &a), held("rc", &b)]),
            ],
        },
        Case {
            rule: "unresolvable",
            example: vec![pod("localhost/a/b:1", None)],
            yields: vec![container_key],
            undo: "MATCH (container:KubeContainer) SET container.image_error = null",
            near_misses: vec![
                ("it can be joined", vec![pod(IMAGE, None)]),
                (
                    "it was replaced by one that can",
                    replaced(pod("localhost/a/b:1", None), pod(IMAGE, None)),
                ),
                (
                    "the container is gone",
                    vec![
                        pod("localhost/a/b:1", None),
                        started("kubernetes", "c/n"),
                        complete("kubernetes", "c/n"),
                    ],
                ),
            ],
        },
    ]
}

/// A tag that was pushed while a pipeline ran.
pub(crate) fn during(pipeline: i64, image: &str, digest: &str) -> Value {
    let mut fact = pushed(pipeline, image, Some(digest.to_owned()));
    fact["basis"] = "tag_time".into();
    fact["evidence"] = "pushed while job 3 ran".into();
    fact
}

pub(crate) fn all_cases() -> Vec<Case> {
    let more = [
        built::cases(),
        copies::cases(),
        reviews::cases(),
        attached::cases(),
    ];
    let mut all = cases();
    all.extend(more.into_iter().flatten());
    all
}

#[tokio::test]
async fn each_rule_yields_what_it_says_and_no_more() {
    on_both(async |store: Arc<dyn GraphStore>| {
        for case in all_cases() {
            let store = store.as_ref();
            let rule = case.rule;
            wipe(store).await;
            ingest_each(store, &case.example).await;
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
                ingest_each(store, &facts).await;
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
    let tested = BTreeSet::from_iter(all_cases().into_iter().map(|case| case.rule.to_owned()));
    // Timelines are tested in `history`: what they yield is more than pairs.
    let rules = builtin_rules().unwrap().into_iter();
    let rules = rules.filter(|rule| !matches!(rule.effect, Effect::Timeline { .. }));
    let rules = BTreeSet::from_iter(rules.map(|rule| rule.name));
    assert_eq!(tested, rules);
}
