//! Cases of the rules about reviews, and what a finding says of its reason.

use std::sync::Arc;

use polar_graph::{GraphStore, Statement};
use polar_testkit::{on_both, wipe};
use serde_json::{Value, json};

use crate::{
    built::{attestation, merged},
    facts::{
        apply, complete, complete_at, container_gone, digest, held, ingest, manifest, pipeline,
        pod, pushed, started,
    },
    rules::{COMMIT, Case, IMAGE, OTHER_COMMIT, TOO_EARLY},
};

const BEFORE: &str = "2026-05-01T08:00:00Z";
const PUSHED: &str = "2026-05-01T09:00:00Z";
const AFTER: &str = "2026-05-01T10:00:00Z";
const MERGE: &str = "cccccccc5ed1547e1db8c76b2f3deeafff04f0ed";

/// A merge request that brought the commit in, pushed at nine.
fn request(approvals: &[(&str, Option<&str>)]) -> Value {
    let mut fact = merged(&[COMMIT]);
    fact["pushed_at"] = PUSHED.into();
    let approvals = approvals.iter();
    fact["approvals"] = approvals
        .map(|(user, at)| json!({"user": user, "approved_at": at}))
        .collect();
    fact
}

fn with(mut fact: Value, field: &str, value: Value) -> Value {
    fact[field] = value;
    fact
}

fn committed(oid: &str, at: &str) -> Value {
    json!({"v": 1, "type": "git_commit", "oid": oid, "committed_at": at})
}

/// A workload that runs an image which a pipeline built from the commit.
fn running() -> Vec<Value> {
    let a = digest('a');
    vec![
        pipeline(7, COMMIT),
        pushed(7, IMAGE, Some(a.clone())),
        held("1", &a),
        pod(IMAGE, Some(format!("r.example.com/a/b@{a}"))),
        complete("gitlab", "gitlab.example.com"),
    ]
}

fn running_with(more: &[Value]) -> Vec<Value> {
    [running(), more.to_vec()].concat()
}

/// As [`running`], with one fact instead of the one of its type.
fn running_but(other: Value) -> Vec<Value> {
    let mut facts = running();
    facts.retain(|fact| fact["type"] != other["type"]);
    facts.push(other);
    facts
}

pub(crate) fn cases() -> Vec<Case> {
    vec![reviewed(), unreviewed()]
}

fn reviewed() -> Case {
    let at = |user, at| request(&[(user, Some(at))]);
    let without_push = |fact| with(fact, "pushed_at", Value::Null);
    Case {
        rule: "reviewed",
        example: vec![
            request(&[
                ("bruno", Some(AFTER)),
                ("dana", None),
                ("erin", Some(PUSHED)),
                ("alice", Some(AFTER)),
                ("frank", Some(BEFORE)),
            ]),
            committed(COMMIT, "2026-05-03T00:00:00Z"),
        ],
        yields: ["bruno", "dana", "erin"]
            .map(|user| {
                format!(
                    "GitLabUser gitlab.example.com/{user} -> MergeRequest gitlab.example.com/a/b!1"
                )
            })
            .into(),
        undo: "MATCH ()-[own:APPROVED]->() SET own.until = datetime()",
        near_misses: vec![
            ("its author approved it", vec![at("alice", AFTER)]),
            (
                "it was pushed after the approval",
                vec![at("bruno", BEFORE)],
            ),
            (
                "the approval was revoked",
                vec![at("bruno", AFTER), request(&[])],
            ),
            (
                "without a time of the push, a commit is newer",
                vec![without_push(at("bruno", BEFORE)), committed(COMMIT, PUSHED)],
            ),
        ],
    }
}

fn unreviewed() -> Case {
    let a = digest('a');
    let good = request(&[("bruno", Some(AFTER))]);
    let brought = |commits: &[&str]| with(good.clone(), "commits", commits.into());
    let elsewhere = |fact: &str| with(pipeline(7, COMMIT), "instance", fact.into());
    let gone = [started("kubernetes", "c"), complete("kubernetes", "c")];
    Case {
        rule: "unreviewed",
        example: running(),
        yields: vec!["KubeDeployment c/n/Deployment/app".to_owned()],
        undo: "MATCH (own:Source) DETACH DELETE own",
        near_misses: vec![
            (
                "somebody else approved it",
                running_with(std::slice::from_ref(&good)),
            ),
            (
                "its merge commit",
                running_with(&[with(
                    brought(&[OTHER_COMMIT]),
                    "merge_commit",
                    COMMIT.into(),
                )]),
            ),
            (
                "its squash commit",
                running_with(&[with(
                    brought(&[OTHER_COMMIT]),
                    "squash_commit",
                    COMMIT.into(),
                )]),
            ),
            ("the pod is gone", running_with(&gone)),
            ("the container is gone", running_with(&container_gone())),
            (
                "the container runs something else now",
                running_with(&[pod(
                    IMAGE,
                    Some(format!("r.example.com/a/b@{}", digest('b'))),
                )]),
            ),
            (
                "only another GitLab was read, and a merge request knows the commit",
                vec![
                    held("1", &a),
                    attestation('e', &a, COMMIT),
                    pod(IMAGE, Some(format!("r.example.com/a/b@{a}"))),
                    request(&[]),
                    complete("gitlab", "other.example.com"),
                ],
            ),
            (
                "it may run another image of the name",
                running_but(pod(IMAGE, None)),
            ),
            (
                "there is better evidence of a commit that was reviewed",
                vec![
                    pipeline(7, OTHER_COMMIT),
                    held("1", &a),
                    manifest(&a, &digest('c'), Some(OTHER_COMMIT)),
                    attestation('e', &a, COMMIT),
                    pod(IMAGE, Some(format!("r.example.com/a/b@{a}"))),
                    good.clone(),
                    complete("gitlab", "gitlab.example.com"),
                ],
            ),
            (
                "GitLab was read before the image was seen",
                running_but(complete_at("gitlab", "gitlab.example.com", TOO_EARLY)),
            ),
            (
                "one project of it was read",
                running_but(complete("gitlab", "gitlab.example.com/a/b")),
            ),
            (
                "another source was read",
                running_but(complete("kubernetes", "gitlab.example.com")),
            ),
            (
                "another GitLab was read",
                running_but(complete("gitlab", "other.example.com")),
            ),
            (
                "another GitLab whose name begins the same",
                vec![
                    elsewhere("gitlab.example.com.evil"),
                    held("1", &a),
                    attestation('e', &a, COMMIT),
                    pod(IMAGE, Some(format!("r.example.com/a/b@{a}"))),
                    complete("gitlab", "gitlab.example.com"),
                ],
            ),
            (
                "no GitLab knows the commit",
                vec![
                    held("1", &a),
                    attestation('e', &a, COMMIT),
                    pod(IMAGE, Some(format!("r.example.com/a/b@{a}"))),
                    complete("gitlab", "gitlab.example.com"),
                ],
            ),
            (
                "nobody knows what it was built from",
                vec![
                    held("1", &a),
                    pod(IMAGE, Some(format!("r.example.com/a/b@{a}"))),
                    complete("gitlab", "gitlab.example.com"),
                ],
            ),
        ],
    }
}

async fn evidence(store: &dyn GraphStore) -> Vec<String> {
    let text = "MATCH (own:Finding) WHERE own.kind = 'unreviewed' RETURN own.evidence AS text";
    let rows = store.read(Statement::new(text)).await.unwrap();
    rows.iter().map(|row| row.text("text").to_owned()).collect()
}

/// What a workload runs and why nobody reviewed it, in the words of the finding.
pub(crate) fn not_reviewed() -> Vec<(Vec<Value>, &'static str)> {
    let direct = "no merged merge request brought it in";
    let by_author = request(&[("alice", Some(AFTER))]);
    let good = request(&[("bruno", Some(AFTER))]);
    let cases = vec![
        (vec![], direct),
        (vec![with(good.clone(), "state", "opened".into())], direct),
        // The branch was pushed anew, without the commit.
        (
            vec![good.clone(), with(good.clone(), "commits", json!([MERGE]))],
            direct,
        ),
        (vec![request(&[])], "its merge request was not approved"),
        (
            vec![good, request(&[])],
            "its merge request was not approved",
        ),
        (
            vec![by_author],
            "its merge request was approved only by its author",
        ),
        (
            vec![request(&[("bruno", Some(BEFORE)), ("alice", Some(AFTER))])],
            "its branch was pushed after the approval",
        ),
    ];
    let running = cases.into_iter();
    running
        .map(|(facts, reason)| (running_with(&facts), reason))
        .collect()
}

#[tokio::test]
async fn a_finding_says_why_nothing_counts() {
    on_both(async |store: Arc<dyn GraphStore>| {
        let store = store.as_ref();
        for (facts, reason) in not_reviewed() {
            wipe(store).await;
            ingest(store, &facts).await;
            apply(store).await;
            assert_eq!(
                evidence(store).await,
                [format!("commit {COMMIT}: {reason}")]
            );
            assert!(apply(store).await.written.is_zero(), "{reason}");
        }
        // A merge request alone makes the commit known to GitLab.
        wipe(store).await;
        let a = digest('a');
        let facts = [
            held("1", &a),
            attestation('e', &a, COMMIT),
            pod(IMAGE, Some(format!("r.example.com/a/b@{a}"))),
            request(&[]),
            complete("gitlab", "gitlab.example.com"),
        ];
        ingest(store, &facts).await;
        apply(store).await;
        assert_eq!(evidence(store).await.len(), 1);
        // An approved one, from which the commit was pushed away.
        wipe(store).await;
        let approved = request(&[("bruno", Some(AFTER))]);
        ingest(store, &running_with(std::slice::from_ref(&approved))).await;
        apply(store).await;
        assert!(evidence(store).await.is_empty());
        ingest(store, &[with(approved, "commits", json!([OTHER_COMMIT]))]).await;
        apply(store).await;
        let none = format!("commit {COMMIT}: no merged merge request brought it in");
        assert_eq!(evidence(store).await, [none]);
    })
    .await;
}

#[tokio::test]
async fn without_a_time_of_the_push_the_newest_own_commit_stands_for_it() {
    on_both(async |store: Arc<dyn GraphStore>| {
        let store = store.as_ref();
        let request = |merge: Option<&str>| {
            let fact = with(request(&[("bruno", Some(AFTER))]), "pushed_at", Value::Null);
            let fact = with(fact, "commits", json!([OTHER_COMMIT, COMMIT]));
            with(fact, "merge_commit", merge.into())
        };
        let times = [committed(OTHER_COMMIT, BEFORE), committed(COMMIT, PUSHED)];
        ingest(store, &running_with(&times)).await;
        // The merge is newer than the approval, as it always is, and no push.
        let late = committed(MERGE, "2026-05-02T00:00:00Z");
        ingest(store, &[request(Some(MERGE)), late]).await;
        apply(store).await;
        assert!(evidence(store).await.is_empty());
        ingest(store, &[committed(OTHER_COMMIT, "2026-05-02T00:00:00Z")]).await;
        apply(store).await;
        assert_eq!(evidence(store).await.len(), 1);
        // What was pushed away is not its own any more.
        let rest = with(request(Some(MERGE)), "commits", json!([COMMIT]));
        ingest(store, &[rest]).await;
        apply(store).await;
        assert!(evidence(store).await.is_empty());
    })
    .await;
}
