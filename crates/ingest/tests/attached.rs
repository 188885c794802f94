//! What is attached to images, what holds it, and which keys verify it; and what a merge request
//! brought in: on both stores.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

use std::sync::Arc;

use polar_graph::{GraphStore, Statement};
use polar_ingest::{Ingest, Report};
use polar_testkit::{dump, on_both};
use serde_json::{Value, json};

type Store = Arc<dyn GraphStore>;

const HOST: &str = "r.example.com";

async fn take(store: &dyn GraphStore, facts: &[Value]) -> Report {
    let lines: String = facts.iter().map(|fact| format!("{fact}\n")).collect();
    let mut intake = Ingest::new(store, |_| ());
    intake.lines(lines.as_bytes(), |_| ()).await.unwrap();
    let report = intake.report().clone();
    assert_eq!(report.observations, facts.len() as u64, "{report:?}");
    assert!(report.unknown_fields.is_empty(), "{report:?}");
    report
}

/// The rows of a statement that returns `text`.
async fn texts(store: &dyn GraphStore, text: &'static str) -> Vec<String> {
    let rows = store.read(Statement::new(text)).await.unwrap();
    rows.iter().map(|row| row.text("text").to_owned()).collect()
}

async fn gone(store: &dyn GraphStore) -> Vec<String> {
    let text = "MATCH (n) WHERE n.gone_at IS NOT NULL RETURN labels(n)[0] + ' ' + n.key AS text \
                ORDER BY text";
    texts(store, text).await
}

async fn held(store: &dyn GraphStore) -> Vec<String> {
    let text = "MATCH (r:ContainerRepository)-[h:HOLDS]->(n) WHERE h.until IS NULL \
                RETURN r.key + ' ' + n.key AS text ORDER BY text";
    texts(store, text).await
}

fn artifact(kind: &str, digest: &str, repository: &str) -> Value {
    json!({"v": 1, "type": "artifact", "kind": kind, "digest": digest, "subject": "sha256:image",
           "registry": HOST, "repository": repository})
}

fn signature(digest: &str, repository: &str) -> Value {
    artifact("signature", digest, repository)
}

/// A complete reading of a scope that names facts.
fn read(scope: &str, facts: &[Value]) -> Vec<Value> {
    let began = json!({"v": 1, "type": "source_started", "kind": "attached", "scope": scope,
                       "started_at": "2026-01-01T00:00:00Z"});
    let ended = json!({"v": 1, "type": "source_complete", "kind": "attached", "scope": scope,
                       "complete_at": "2026-01-01T00:00:00Z"});
    [&[began], facts, &[ended]].concat()
}

#[tokio::test]
async fn what_no_repository_holds_is_gone() {
    on_both(async |store: Store| {
        let store = store.as_ref();
        let [one, two] = ["r.example.com/one", "r.example.com/two"];
        let all = [
            signature("s", "one"),
            signature("s", "two"),
            artifact("attestation", "a", "one"),
            artifact("scan", "c", "one"),
            artifact("sbom", "b", "one"),
        ];
        take(store, &read(one, &all)).await;
        let graph = dump(store).await;
        // One repository has it no more; the other one still does.
        let rest = &all[2..];
        take(store, &read(one, rest)).await;
        assert_eq!(gone(store).await, [""; 0]);
        let wanted = ["one a", "one b", "one c", "two s"];
        assert_eq!(
            held(store).await,
            wanted.map(|held| format!("{HOST}/{held}"))
        );
        assert!(take(store, &read(one, rest)).await.written.is_zero());
        take(store, &read(two, &all[1..2])).await;
        assert!(take(store, &read(two, &all[1..2])).await.written.is_zero());
        // Nobody read the other one completely, or all that is attached to it.
        let mut images = read(two, &[]);
        images
            .iter_mut()
            .for_each(|fact| fact["kind"] = "registry".into());
        take(store, &images).await;
        take(store, &read(two, &[])[1..]).await;
        assert_eq!(gone(store).await, [""; 0]);
        take(store, &read(two, &[])).await;
        assert_eq!(gone(store).await, ["Signature s"]);
        assert!(take(store, &read(two, &[])).await.written.is_zero());
        take(store, &read(one, &[])).await;
        let everything = ["Attestation a", "Sbom b", "Scan c", "Signature s"];
        assert_eq!(gone(store).await, everything);
        // Back again, it is as if it had never gone.
        take(store, &all).await;
        let found = dump(store).await.into_iter();
        let found: Vec<_> = found.filter(|line| !line.contains("(Source ")).collect();
        let graph: Vec<_> = graph
            .into_iter()
            .filter(|line| !line.contains("(Source "))
            .collect();
        assert_eq!(found, graph);
    })
    .await;
}

#[tokio::test]
async fn a_registry_without_a_repository() {
    on_both(async |store: Store| {
        let store = store.as_ref();
        let all = [
            signature("s", "one"),
            signature("t", "two"),
            signature("u", "two"),
        ];
        take(store, &read(HOST, &all)).await;
        assert_eq!(gone(store).await, [""; 0]);
        // A tag that gained a signature: its manifest is another one now.
        take(
            store,
            &read(HOST, &[signature("s", "one"), signature("v", "two")]),
        )
        .await;
        assert_eq!(gone(store).await, ["Signature t", "Signature u"]);
        take(store, &read(HOST, &[signature("s", "one")])).await;
        assert_eq!(
            gone(store).await,
            ["t", "u", "v"].map(|key| format!("Signature {key}"))
        );
        take(store, &read("other.example.com", &[])).await;
        assert_eq!(held(store).await, ["r.example.com/one s"]);
    })
    .await;
}

fn key(fingerprint: &str, repositories: &[&str]) -> Value {
    json!({"fingerprint": fingerprint, "name": "release", "repositories": repositories})
}

fn checked(verified_by: &[Value], checked_with: &[Value], reason: Option<&str>) -> Value {
    let mut fact = signature("s", "one");
    fact["verified_by"] = verified_by.into();
    fact["checked_with"] = checked_with.into();
    fact["unverified_reason"] = reason.into();
    fact
}

async fn keys(store: &dyn GraphStore) -> Vec<String> {
    let text = "MATCH (:Signature)-[e:VERIFIED_BY|CHECKED_WITH]->(k:VerificationKey) \
                RETURN type(e) + ' ' + k.key + CASE WHEN e.until IS NULL THEN '' ELSE ' closed' END \
                AS text ORDER BY text";
    texts(store, text).await
}

#[tokio::test]
async fn keys_that_are_given_no_more() {
    on_both(async |store: Store| {
        let store = store.as_ref();
        let (one, two) = (key("k1", &[]), key("k2", &["r.example.com/one/"]));
        let reason = "none of the given keys made its signature";
        let reasons = "MATCH (s:Signature) RETURN coalesce(s.unverified_reason, '') AS text";
        take(
            store,
            &[checked(&[], std::slice::from_ref(&two), Some(reason))],
        )
        .await;
        assert_eq!(keys(store).await, ["CHECKED_WITH k2"]);
        assert_eq!(texts(store, reasons).await, [reason]);
        let both = [one.clone(), two.clone()];
        let first = checked(std::slice::from_ref(&one), &both, None);
        take(store, std::slice::from_ref(&first)).await;
        let open = ["CHECKED_WITH k1", "CHECKED_WITH k2", "VERIFIED_BY k1"];
        assert_eq!(keys(store).await, open);
        assert_eq!(texts(store, reasons).await, [""]);
        assert!(
            take(store, std::slice::from_ref(&first))
                .await
                .written
                .is_zero()
        );
        let graph = dump(store).await;
        take(store, &[checked(&[], &[], None)]).await;
        assert_eq!(keys(store).await, open.map(|edge| format!("{edge} closed")));
        take(store, &[first]).await;
        assert_eq!(dump(store).await, graph);
        // A key that counts for everything from now on.
        take(store, &[checked(&[], &[key("k2", &[])], None)]).await;
        let prefixes =
            "MATCH (k:VerificationKey) WHERE k.repositories IS NOT NULL RETURN k.key AS text";
        assert_eq!(texts(store, prefixes).await, [""; 0]);
    })
    .await;
}

#[tokio::test]
async fn what_a_merge_request_brought_in() {
    on_both(async |store: Store| {
        let store = store.as_ref();
        let request = |commits: &[&str], merge: Option<&str>, squash: Option<&str>| {
            [
                json!({"v": 1, "type": "merge_request", "instance": "g", "project": "p", "iid": 1,
                    "commits": commits, "merge_commit": merge, "squash_commit": squash}),
            ]
        };
        let text = "MATCH (:MergeRequest)-[b:BROUGHT]->(c:GitCommit) RETURN c.key + ' ' + b.as + \
                    CASE WHEN b.until IS NULL THEN '' ELSE ' closed' END AS text ORDER BY text";
        let first = request(&["c1", "c2", "m", "s"], Some("m"), Some("s"));
        take(store, &first).await;
        let wanted = ["c1 commit", "c2 commit", "m merge", "s squash"];
        assert_eq!(texts(store, text).await, wanted);
        assert!(take(store, &first).await.written.is_zero());
        // The branch was pushed anew, without the first commit.
        take(store, &request(&["c2", "m"], Some("m"), Some("s"))).await;
        let wanted = ["c1 commit closed", "c2 commit", "m merge", "s squash"];
        assert_eq!(texts(store, text).await, wanted);
        // Its own commits are not known: nothing is said of them.
        let report = take(store, &request(&[], Some("m"), Some("s"))).await;
        assert!(report.written.is_zero());
        // In a fast-forward merge, the squash commit is what is merged.
        take(store, &request(&["c2"], Some("n"), Some("n"))).await;
        assert!(texts(store, text).await.contains(&"n merge".to_owned()));
    })
    .await;
}
