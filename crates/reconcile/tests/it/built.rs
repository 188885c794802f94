//! Cases of the rules about what an image was built from.

use serde_json::{Value, json};

use crate::{
    facts::{complete, digest, held, index, manifest, pipeline, pushed, started},
    rules::{COMMIT, Case, IMAGE, OTHER_COMMIT, during},
};

/// Something attached to a manifest, in the repository of the images.
pub(crate) fn attached(kind: &str, own: char, subject: &str) -> Value {
    json!({"v": 1, "type": "artifact", "kind": kind, "digest": digest(own), "subject": subject,
           "registry": "r.example.com", "repository": "a/b"})
}

/// An attestation of provenance.
pub(crate) fn attestation(own: char, subject: &str, commit: &str) -> Value {
    let mut fact = attached("attestation", own, subject);
    fact["commit"] = commit.into();
    fact
}

/// A complete reading of all that is attached, in which nothing is.
pub(crate) fn nothing_attached() -> [Value; 2] {
    ["started", "complete"].map(|event| match event {
        "started" => started("attached", "r.example.com/a/b"),
        _ => complete("attached", "r.example.com/a/b"),
    })
}

/// A merge request that is merged, with commits of its own.
pub(crate) fn merged(commits: &[&str]) -> Value {
    json!({"v": 1, "type": "merge_request", "instance": "gitlab.example.com", "project": "a/b",
           "iid": 1, "state": "merged", "author": "alice", "commits": commits})
}

pub(crate) fn cases() -> Vec<Case> {
    let [a, b, c] = ['a', 'b', 'c'].map(digest);
    let image = format!("ACRImage {IMAGE}@{a}");
    let run = "PipelineRun gitlab.example.com/a/b/7";
    let commit = format!("GitCommit {COMMIT}");
    let built = vec![format!("{image} -> {commit}")];
    vec![
        Case {
            rule: "built-from-attestation",
            example: vec![
                held("1", &a),
                index(&a, std::slice::from_ref(&b)),
                attestation('e', &b, COMMIT),
            ],
            yields: built.clone(),
            undo: "MATCH (own:Attestation) SET own.gone_at = datetime()",
            near_misses: vec![
                (
                    "the attestation is gone",
                    [
                        vec![held("1", &a), attestation('e', &a, COMMIT)],
                        nothing_attached().into(),
                    ]
                    .concat(),
                ),
                (
                    "it is about another image",
                    vec![held("1", &a), attestation('e', &b, COMMIT)],
                ),
                (
                    "it names no commit",
                    vec![held("1", &a), attached("attestation", 'e', &a)],
                ),
            ],
        },
        Case {
            rule: "resulted-in-by-attested-commit",
            example: vec![
                pipeline(7, COMMIT),
                held("1", &a),
                index(&a, std::slice::from_ref(&b)),
                attestation('e', &b, COMMIT),
            ],
            yields: vec![format!("{run} -> {image}")],
            undo: "MATCH (own:Attestation) SET own.gone_at = datetime()",
            near_misses: vec![
                (
                    "the attestation is gone",
                    [
                        vec![
                            pipeline(7, COMMIT),
                            held("1", &a),
                            attestation('e', &a, COMMIT),
                        ],
                        nothing_attached().into(),
                    ]
                    .concat(),
                ),
                (
                    "another commit",
                    vec![
                        pipeline(7, OTHER_COMMIT),
                        held("1", &a),
                        attestation('e', &a, COMMIT),
                    ],
                ),
                (
                    "another image",
                    vec![
                        pipeline(7, COMMIT),
                        held("1", &a),
                        attestation('e', &b, COMMIT),
                    ],
                ),
            ],
        },
        Case {
            rule: "built-from-run",
            example: vec![pipeline(7, COMMIT), pushed(7, IMAGE, None), held("1", &a)],
            yields: built.clone(),
            undo: "MATCH (:PipelineRun)-[own:PRODUCED]->() DELETE own",
            near_misses: vec![
                (
                    "only the time speaks for it",
                    vec![pipeline(7, COMMIT), during(7, IMAGE, &a), held("1", &a)],
                ),
                (
                    "another image",
                    vec![
                        pipeline(7, COMMIT),
                        pushed(7, IMAGE, Some(b.clone())),
                        held("1", &a),
                    ],
                ),
            ],
        },
        Case {
            rule: "built-from-time",
            example: vec![pipeline(7, COMMIT), during(7, IMAGE, &a), held("1", &a)],
            yields: built.clone(),
            undo: "MATCH (:PipelineRun)-[own:RAN_DURING]->() DELETE own",
            near_misses: vec![
                (
                    "the job reported it",
                    vec![pipeline(7, COMMIT), pushed(7, IMAGE, None), held("1", &a)],
                ),
                (
                    "another image",
                    vec![pipeline(7, COMMIT), during(7, IMAGE, &b), held("1", &a)],
                ),
            ],
        },
        Case {
            rule: "built-from-revision",
            example: vec![
                pipeline(7, COMMIT),
                held("1", &a),
                index(&a, &[b.clone(), c.clone()]),
                manifest(&b, &digest('d'), Some(COMMIT)),
                manifest(&c, &digest('e'), Some(OTHER_COMMIT)),
                merged(&[OTHER_COMMIT]),
            ],
            yields: vec![
                built[0].clone(),
                format!("{image} -> GitCommit {OTHER_COMMIT}"),
            ],
            undo: "MATCH (:ACRImage)-[own:HAS_MANIFEST]->() DELETE own",
            near_misses: vec![
                (
                    "GitLab does not know the commit",
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
            rule: "built-from-sha",
            example: vec![pipeline(7, COMMIT), held("main-8b8d353c", &a)],
            yields: vec![format!(
                "ACRImage r.example.com/a/b:main-8b8d353c@{a} -> {commit}"
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
    ]
}
