//! Cases of the rules about images under several names, and about builds that cannot be told apart.

use serde_json::{Value, json};

use crate::{
    built::{attached, attestation, nothing_attached},
    facts::{
        REGISTRY, complete, digest, ended, held, index, manifest, moved, pipeline, pod, pushed,
        started,
    },
    rules::{COMMIT, Case, IMAGE, OTHER_COMMIT},
};

const RUN: &str = "PipelineRun gitlab.example.com/a/b/7";
const THIRD_COMMIT: &str = "9c9d353b5ed1547e1db8c76b2f3deeafff04f0ed";
const COPY: &str = "ACRImage mirror.example.com/copies/b:1";

/// An image of another registry.
fn copy(digest: &str) -> Value {
    json!({"v": 1, "type": "registry_image", "registry": "mirror.example.com",
           "repository": "copies/b", "tag": "1", "digest": digest})
}

/// An attestation that names what built the image.
pub(crate) fn attested(field: &str, own: char, id: i64, subject: &str) -> Value {
    let mut fact = attached("attestation", own, subject);
    fact["instance"] = "gitlab.example.com".into();
    fact["project"] = "a/b".into();
    fact[field] = id.into();
    fact
}

pub(crate) fn job(id: i64, pipeline: i64) -> Value {
    json!({"v": 1, "type": "gitlab_job", "instance": "gitlab.example.com", "project": "a/b",
           "id": id, "pipeline": pipeline, "name": "build"})
}

/// A pipeline that ran from one time to another.
fn ran(id: i64, sha: &str, from: &str, to: &str) -> Value {
    let mut fact = ended(id, sha, to);
    fact["created_at"] = from.into();
    fact
}

pub(crate) fn cases() -> Vec<Case> {
    [
        by_bytes(),
        by_name(),
        by_attestation(),
        by_time(),
        ambiguous(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn by_bytes() -> Vec<Case> {
    let [a, b, c] = ['a', 'b', 'c'].map(digest);
    let image = format!("ACRImage {IMAGE}@{a}");
    let runs_copy = |digest: &str| {
        pod(
            "mirror.example.com/b:1",
            Some(format!("mirror.example.com/b@{digest}")),
        )
    };
    let copied = || {
        vec![
            pushed(7, IMAGE, Some(a.clone())),
            copy(&b),
            index(&b, std::slice::from_ref(&a)),
        ]
    };
    vec![
        Case {
            rule: "runs-bytes",
            // It ran the image under its own name before.
            example: vec![
                held("1", &a),
                index(&a, std::slice::from_ref(&b)),
                pod(IMAGE, Some(format!("{REGISTRY}/a/b@{b}"))),
                runs_copy(&b),
            ],
            yields: vec![format!("KubeContainer c/u/app -> {image}")],
            undo: "MATCH (:KubeContainer)-[own:REPORTS]->() DELETE own",
            near_misses: vec![
                ("other bytes", vec![held("1", &a), runs_copy(&b)]),
                (
                    "a registry told of the bytes under the container's own name",
                    vec![
                        held("1", &a),
                        copy(&a),
                        pod(
                            "mirror.example.com/copies/b:1",
                            Some(format!("mirror.example.com/copies/b@{a}")),
                        ),
                    ],
                ),
                (
                    "it runs other bytes now",
                    vec![held("1", &a), runs_copy(&a), runs_copy(&c)],
                ),
                (
                    "an image of a registry that only one node means",
                    vec![
                        json!({"v": 1, "type": "registry_image", "registry": "localhost:5000",
                               "repository": "a/b", "tag": "1", "digest": a}),
                        runs_copy(&a),
                    ],
                ),
            ],
        },
        Case {
            rule: "resulted-in-by-digest",
            example: copied(),
            yields: vec![format!("{RUN} -> {COPY}@{b}")],
            undo: "MATCH (:ContainerImageTag)-[own:OF_MANIFEST]->() DELETE own",
            near_misses: vec![
                (
                    "other bytes",
                    vec![pushed(7, IMAGE, Some(a.clone())), copy(&c)],
                ),
                (
                    "the job told no digest",
                    vec![pushed(7, IMAGE, None), copy(&a)],
                ),
                (
                    "it is the same name",
                    vec![pushed(7, IMAGE, Some(a.clone())), held("1", &a)],
                ),
            ],
        },
        Case {
            rule: "built-from-digest",
            example: [copied(), vec![pipeline(7, COMMIT)]].concat(),
            yields: vec![format!("{COPY}@{b} -> GitCommit {COMMIT}")],
            undo: "MATCH (:ContainerImageTag)-[own:OF_MANIFEST]->() DELETE own",
            near_misses: vec![
                ("the pipeline is not known", copied()),
                (
                    "the job pushed it under this very name",
                    vec![
                        pipeline(7, COMMIT),
                        pushed(7, IMAGE, Some(a.clone())),
                        held("1", &a),
                    ],
                ),
            ],
        },
    ]
}

fn by_name() -> Vec<Case> {
    let [a, b] = ['a', 'b'].map(digest);
    let two = || vec![pushed(7, IMAGE, None), held("1", &a), held("1", &b)];
    let image = |digest: &str| format!("ACRImage {IMAGE}@{digest}");
    vec![
        Case {
            rule: "resulted-in-by-name",
            example: two(),
            yields: vec![
                format!("{RUN} -> {}", image(&a)),
                format!("{RUN} -> {}", image(&b)),
            ],
            undo: "MATCH (:PipelineRun)-[own:PRODUCED]->() DELETE own",
            near_misses: vec![
                (
                    "the tag had one digest only",
                    vec![pushed(7, IMAGE, None), held("1", &a), held("2", &b)],
                ),
                (
                    "the job told the digest",
                    vec![
                        pushed(7, IMAGE, Some(a.clone())),
                        held("1", &a),
                        held("1", &b),
                    ],
                ),
            ],
        },
        Case {
            rule: "built-from-name",
            example: [two(), vec![pipeline(7, COMMIT)]].concat(),
            yields: [&a, &b]
                .map(|digest| format!("{} -> GitCommit {COMMIT}", image(digest)))
                .into(),
            undo: "MATCH (:PipelineRun)-[own:PRODUCED]->() DELETE own",
            near_misses: vec![(
                "the tag had one digest only",
                vec![pipeline(7, COMMIT), pushed(7, IMAGE, None), held("1", &a)],
            )],
        },
    ]
}

fn by_attestation() -> Vec<Case> {
    let [a, b] = ['a', 'b'].map(digest);
    let of_index = || vec![held("1", &a), index(&a, std::slice::from_ref(&b))];
    let yields = || vec![format!("{RUN} -> ACRImage {IMAGE}@{a}")];
    let with = |facts: &[Value]| [of_index(), facts.to_vec()].concat();
    let undo = "MATCH (own:Attestation) SET own.gone_at = datetime()";
    let gone = |facts: &[Value]| [with(facts), nothing_attached().into()].concat();
    vec![
        Case {
            rule: "resulted-in-by-attested-job",
            example: with(&[job(3, 7), attested("job", 'e', 3, &b)]),
            yields: yields(),
            undo,
            near_misses: vec![
                (
                    "another job",
                    with(&[job(4, 7), attested("job", 'e', 3, &b)]),
                ),
                (
                    "about another image",
                    with(&[job(3, 7), attested("job", 'e', 3, &digest('d'))]),
                ),
                (
                    "the attestation is gone",
                    gone(&[job(3, 7), attested("job", 'e', 3, &b)]),
                ),
            ],
        },
        Case {
            rule: "resulted-in-by-attested-pipeline",
            example: with(&[attested("pipeline", 'e', 7, &b)]),
            yields: yields(),
            undo,
            near_misses: vec![
                (
                    "it names the commit alone",
                    with(&[pipeline(7, COMMIT), attestation('e', &b, COMMIT)]),
                ),
                (
                    "about another image",
                    with(&[attested("pipeline", 'e', 7, &digest('d'))]),
                ),
                (
                    "the attestation is gone",
                    gone(&[attested("pipeline", 'e', 7, &b)]),
                ),
            ],
        },
    ]
}

fn by_time() -> Vec<Case> {
    let [a, b, c] = ['a', 'b', 'c'].map(digest);
    let at = |minute: u32| format!("2026-05-04T02:{minute:02}:00Z");
    let then = || ran(7, COMMIT, &at(10), &at(20));
    let labelled = |minute| {
        vec![
            moved("1", &a, &at(minute)),
            index(&a, std::slice::from_ref(&b)),
            manifest(&b, &c, Some(COMMIT)),
        ]
    };
    let tagged = |minute| vec![moved("main-8b8d353c", &a, &at(minute))];
    let case = |rule, image: &dyn Fn(u32) -> Vec<Value>, key: &str| Case {
        rule,
        example: [image(15), vec![then()]].concat(),
        yields: vec![format!("{RUN} -> {key}")],
        undo: "MATCH (own:ACRImage) SET own.pushed_at = null",
        near_misses: vec![
            ("pushed before it began", [image(9), vec![then()]].concat()),
            ("pushed after it ended", [image(21), vec![then()]].concat()),
            (
                "it has not ended",
                [image(15), vec![pipeline(7, COMMIT)]].concat(),
            ),
            (
                "on another commit",
                [image(15), vec![ran(7, OTHER_COMMIT, &at(10), &at(20))]].concat(),
            ),
        ],
    };
    vec![
        case(
            "resulted-in-by-revision-in-time",
            &labelled,
            &format!("ACRImage {IMAGE}@{a}"),
        ),
        case(
            "resulted-in-by-sha-in-time",
            &tagged,
            &format!("ACRImage {REGISTRY}/a/b:main-8b8d353c@{a}"),
        ),
    ]
}

fn ambiguous() -> Vec<Case> {
    let [a, b, c] = ['a', 'b', 'c'].map(digest);
    let image = format!("ACRImage {IMAGE}@{a}");
    let labelled = || vec![held("1", &a), manifest(&a, &c, Some(COMMIT))];
    let gone = || {
        [
            started("registry", REGISTRY),
            held("2", &b),
            complete("registry", REGISTRY),
        ]
    };
    let again = [labelled(), vec![pipeline(7, COMMIT), pipeline(8, COMMIT)]].concat();
    let differ = vec![
        pipeline(7, COMMIT),
        pipeline(8, OTHER_COMMIT),
        pushed(7, IMAGE, Some(a.clone())),
        pushed(8, IMAGE, Some(a.clone())),
        held("1", &a),
    ];
    let better = |pushed_by, labelled: &str| {
        vec![
            pipeline(7, COMMIT),
            pipeline(8, OTHER_COMMIT),
            pushed(pushed_by, IMAGE, Some(a.clone())),
            held("1", &a),
            manifest(&a, &c, Some(labelled)),
        ]
    };
    vec![
        Case {
            rule: "ambiguous-build",
            example: again.clone(),
            yields: vec![image.clone()],
            undo: "MATCH (own:PipelineRun {id: 8}) DETACH DELETE own",
            near_misses: vec![
                (
                    "one pipeline",
                    [labelled(), vec![pipeline(7, COMMIT)]].concat(),
                ),
                (
                    "better evidence for one of them",
                    [again.clone(), vec![pushed(8, IMAGE, Some(a.clone()))]].concat(),
                ),
                (
                    "better evidence for the other",
                    [again.clone(), vec![pushed(7, IMAGE, Some(a.clone()))]].concat(),
                ),
                (
                    "two reasons for one pipeline",
                    vec![
                        held("1", &a),
                        pushed(7, IMAGE, Some(a.clone())),
                        attested("pipeline", 'e', 7, &a),
                    ],
                ),
                ("the image is gone", [again, gone().into()].concat()),
            ],
        },
        Case {
            rule: "ambiguous-commit",
            example: differ.clone(),
            yields: vec![image],
            undo: "MATCH (own:PipelineRun {id: 8}) DETACH DELETE own",
            near_misses: vec![
                (
                    "two pipelines of one commit",
                    [labelled(), vec![pipeline(7, COMMIT), pipeline(8, COMMIT)]].concat(),
                ),
                ("one has better evidence", better(7, OTHER_COMMIT)),
                ("the other has better evidence", better(8, COMMIT)),
                (
                    "two are equal, and a third is better",
                    vec![
                        held("1", &a),
                        index(&a, &[b.clone(), c.clone()]),
                        manifest(&b, &digest('d'), Some(COMMIT)),
                        manifest(&c, &digest('e'), Some(OTHER_COMMIT)),
                        pipeline(7, COMMIT),
                        pipeline(8, OTHER_COMMIT),
                        pipeline(9, THIRD_COMMIT),
                        pushed(9, IMAGE, Some(a.clone())),
                    ],
                ),
                (
                    "two reasons for one commit",
                    vec![
                        pipeline(7, COMMIT),
                        pushed(7, IMAGE, Some(a.clone())),
                        held("1", &a),
                        attestation('e', &a, COMMIT),
                    ],
                ),
                ("the image is gone", [differ, gone().into()].concat()),
            ],
        },
    ]
}
