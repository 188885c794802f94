//! What is not known to be signed, verified, attested, scanned and reviewed.

use std::sync::Arc;

use polar_graph::GraphStore;
use polar_query::{NamespaceError, Reason, Verdict, unreviewed, unverified, verdicts};
use polar_testkit::{on_both, wipe};
use serde_json::{Value, json};

use crate::world::{REGISTRY, at, complete, digest, held, pod, take};

fn attached(kind: &str, letter: char, subject: &str, more: &Value) -> Value {
    let mut fact = json!({"v": 1, "type": "artifact", "kind": kind, "digest": digest(letter),
                          "subject": subject, "registry": REGISTRY, "repository": "a/b"});
    for (name, value) in more.as_object().unwrap() {
        fact[name] = value.clone();
    }
    fact
}

fn running(workload: &str, tag: &str, digest: &str) -> Value {
    let image = format!("{REGISTRY}/a/b:{tag}");
    pod(
        workload,
        workload,
        &image,
        &format!("{REGISTRY}/a/b@{digest}"),
        "03:00",
    )
}

fn words(verdict: &Verdict) -> String {
    format!("{:?} {:?}", verdict.answer, verdict.reason)
}

#[tokio::test]
async fn an_attestation_counts_if_it_is_of_provenance() {
    on_both(async |store: Arc<dyn GraphStore>| {
        let store = store.as_ref();
        let image = digest('a');
        let type_of = |of: &str| json!({"artifact_type": of});
        for (more, wanted) in [
            (type_of("https://slsa.dev/provenance/v1"), "Yes Found"),
            (type_of("https://slsa.dev/provenance/v0.2"), "Yes Found"),
            (
                json!({"builder": "https://gitlab.example.com/-/runners/1"}),
                "Yes Found",
            ),
            (
                json!({"source": "https://gitlab.example.com/a/b"}),
                "Yes Found",
            ),
            (
                type_of("https://in-toto.io/attestation/test-result/v0.1"),
                "No NotFound",
            ),
            (json!({}), "No NotFound"),
        ] {
            wipe(store).await;
            let facts = [
                held("1", &image, "01:00"),
                attached("attestation", 'b', &image, &more),
                complete("attached", REGISTRY, &at("02:00")),
            ];
            take(store, &facts).await;
            let key = format!("{REGISTRY}/a/b:1@{image}");
            let all = verdicts(store, &key).await.unwrap();
            assert_eq!(
                words(&all.attested),
                wanted,
                "{more}: {}",
                all.attested.detail
            );
        }
        wipe(store).await;
        take(store, &[held("1", &image, "01:00")]).await;
        let key = format!("{REGISTRY}/a/b:1@{image}");
        let all = verdicts(store, &key).await.unwrap();
        assert_eq!(words(&all.attested), "Unknown NotRead");
    })
    .await;
}

#[tokio::test]
async fn each_workload_has_its_own_answers() {
    on_both(async |store: Arc<dyn GraphStore>| {
        let store = store.as_ref();
        let [good, bare] = ['a', 'b'].map(digest);
        let facts = [
            held("good", &good, "01:00"),
            held("bare", &bare, "01:00"),
            attached("signature", '1', &good, &json!({"verified_by": [{"fingerprint": "sha256:k"}], "checked_with": [{"fingerprint": "sha256:k"}]})),
            attached("attestation", '2', &good, &json!({"artifact_type": "https://slsa.dev/provenance/v1"})),
            attached("scan", '3', &good, &json!({})),
            attached("scan", '4', &bare, &json!({})),
            complete("attached", REGISTRY, &at("02:00")),
            running("well", "good", &good),
            running("bare", "bare", &bare),
            pod("named", "named", &format!("{REGISTRY}/a/b:bare"), "", "03:00"),
            pod("foreign", "foreign", "q.example.com/x:1", "", "03:00"),
        ];
        take(store, &facts).await;
        let answer = unverified(store, None, false).await.unwrap();
        assert_eq!(answer.judged, 4);
        let told = answer.workloads.iter().flat_map(|one| {
            one.images.iter().map(|image| {
                let answers = image.answers().map(|(what, verdict)| format!(" {what} {}", words(verdict)));
                format!("{}{}", one.workload.name, answers.collect::<String>())
            })
        });
        assert_eq!(told.collect::<Vec<_>>(), [
            "bare signed No NotFound verified No NotFound attested No NotFound scanned Yes Found",
            "foreign signed Unknown NoSuchImage verified Unknown NoSuchImage attested Unknown NoSuchImage scanned Unknown NoSuchImage",
            "named signed Unknown NamedOnly verified Unknown NamedOnly attested Unknown NamedOnly scanned Unknown NamedOnly",
        ]);
        let scanned = unverified(store, Some("c/n"), true).await.unwrap();
        let names: Vec<_> = scanned.workloads.iter().map(|one| &one.workload.name).collect();
        assert_eq!(names, ["foreign", "named"]);
        let wrong = unverified(store, Some("m"), false).await;
        assert!(matches!(wrong, Err(NamespaceError::Unknown { similar, .. }) if similar == ["c/n"]));
    })
    .await;
}

/// A merge request of a commit, with who approved it.
fn merged(iid: i64, commit: &str, approved: &[&str]) -> Value {
    let approvals: Vec<_> = approved
        .iter()
        .map(|user| json!({"user": user, "approved_at": at("00:30")}))
        .collect();
    json!({"v": 1, "type": "merge_request", "instance": "gitlab.example.com", "project": "a/b",
           "iid": iid, "state": "merged", "author": "ada", "commits": [commit],
           "approvals": approvals, "pushed_at": at("00:10")})
}

fn built(pipeline: i64, commit: &str, tag: &str, digest: &str) -> [Value; 2] {
    let run = json!({"v": 1, "type": "gitlab_pipeline", "instance": "gitlab.example.com",
                     "project": "a/b", "id": pipeline, "sha": commit});
    let image = json!({"v": 1, "type": "pipeline_image", "instance": "gitlab.example.com",
                       "project": "a/b", "pipeline": pipeline, "digest": digest,
                       "image": format!("{REGISTRY}/a/b:{tag}")});
    [run, image]
}

#[tokio::test]
async fn of_equally_good_commits_those_are_told_that_nobody_reviewed() {
    on_both(async |store: Arc<dyn GraphStore>| {
        let store = store.as_ref();
        let [a, b, c] = ['a', 'b', 'c'].map(digest);
        let commits = ['1', '2', '3'].map(|letter| letter.to_string().repeat(40));
        let facts = [
            vec![
                held("1", &a, "01:00"),
                held("2", &b, "01:00"),
                held("3", &c, "01:00"),
            ],
            built(1, &commits[0], "1", &a).to_vec(),
            // Two pipelines say that they pushed this one.
            built(2, &commits[0], "2", &b).to_vec(),
            built(3, &commits[1], "2", &b).to_vec(),
            vec![
                merged(7, &commits[0], &["bob"]),
                merged(8, &commits[1], &["ada"]),
                complete("gitlab", "gitlab.example.com", &at("02:00")),
                running("one", "1", &a),
                running("two", "2", &b),
                running("three", "3", &c),
            ],
        ];
        take(store, &facts.concat()).await;
        let answer = unreviewed(store, None).await.unwrap();
        assert_eq!(answer.judged, 3);
        let [image] = answer.unreviewed.as_slice() else {
            unreachable!("{answer:#?}")
        };
        assert_eq!(image.workloads[0].name, "two");
        let [review] = image.commits.as_slice() else {
            unreachable!("{answer:#?}")
        };
        assert_eq!(review.commit.as_ref(), Some(&commits[1]));
        assert_eq!(
            review.merge_request.as_deref(),
            Some("gitlab.example.com/a/b!8")
        );
        assert_eq!(review.verdict.reason, Reason::OwnApproval);
        let [unknown] = answer.unknown.as_slice() else {
            unreachable!("{answer:#?}")
        };
        assert_eq!(unknown.workloads[0].name, "three");
        assert_eq!(unknown.commits[0].verdict.reason, Reason::NoCommit);
    })
    .await;
}
