//! Cases of the rules about signatures and scans.

use std::sync::Arc;

use polar_graph::GraphStore;
use polar_testkit::{on_both, wipe};
use serde_json::{Value, json};

use crate::{
    built::attached,
    facts::{
        apply, complete, complete_at, container_gone, derived, digest, held, index, ingest, pod,
        started,
    },
    rules::{Case, IMAGE, TOO_EARLY},
};

const HOST: &str = "r.example.com";
const WORKLOAD: &str = "KubeDeployment c/n/Deployment/app";

/// A workload that runs an image of which all that is attached is known.
fn running(more: &[Value]) -> Vec<Value> {
    let [a, b] = ['a', 'b'].map(digest);
    let running = [
        held("1", &a),
        index(&a, std::slice::from_ref(&b)),
        pod(IMAGE, Some(format!("{HOST}/a/b@{a}"))),
        complete("attached", HOST),
    ];
    [running.to_vec(), more.to_vec()].concat()
}

/// As [`running`], with one fact instead of the one of its type.
fn but(other: Value, more: &[Value]) -> Vec<Value> {
    let mut facts = running(more);
    facts.retain(|fact| fact["type"] != other["type"]);
    facts.push(other);
    facts
}

/// What makes it unknown, or past, whatever is attached.
fn not_judged(more: &[Value]) -> Vec<(&'static str, Vec<Value>)> {
    let gone = [started("kubernetes", "c"), complete("kubernetes", "c")];
    vec![
        ("the pod is gone", running(&[more, &gone].concat())),
        (
            "the container is gone",
            running(&[more, &container_gone()].concat()),
        ),
        (
            "it may run another image of the name",
            but(pod(IMAGE, None), more),
        ),
        (
            "only the tags were read",
            but(complete("registry", HOST), more),
        ),
        (
            "another repository was read",
            but(complete("attached", "r.example.com/a/c"), more),
        ),
        (
            "it was read before the image was seen",
            but(complete_at("attached", HOST, TOO_EARLY), more),
        ),
    ]
}

fn cases_of(rule: &'static str, example: Vec<Value>, more: &[Value]) -> Case {
    Case {
        rule,
        example,
        yields: vec![WORKLOAD.to_owned()],
        undo: "MATCH (own:Source) DETACH DELETE own",
        near_misses: not_judged(more),
    }
}

/// A signature or attestation on which keys were tried; `by` is the one that made it.
fn checked(kind: &str, own: char, subject: &str, by: Option<&Value>, with: &[Value]) -> Value {
    let mut fact = attached(kind, own, subject);
    fact["verified_by"] = by.into_iter().cloned().collect();
    fact["checked_with"] = with.into();
    fact
}

fn key(fingerprint: &str, repositories: &[&str]) -> Value {
    json!({"fingerprint": fingerprint, "repositories": repositories})
}

pub(crate) fn cases() -> Vec<Case> {
    vec![unsigned(), unscanned(), unverified()]
}

fn unsigned() -> Case {
    let [a, b, c] = ['a', 'b', 'c'].map(digest);
    // A signature of another image, and one that is gone.
    let example = running(&[
        attached("signature", 'f', &a),
        started("attached", HOST),
        attached("signature", 'd', &c),
        attached("attestation", 'e', &a),
        complete("attached", HOST),
    ]);
    let mut case = cases_of("unsigned", example, &[]);
    case.near_misses.extend([
        (
            "its index is signed",
            running(&[attached("signature", 'e', &a)]),
        ),
        (
            "a platform of it is signed",
            running(&[attached("signature", 'e', &b)]),
        ),
    ]);
    case
}

fn unscanned() -> Case {
    let [a, b] = ['a', 'b'].map(digest);
    let example = running(&[
        attached("scan", 'f', &a),
        started("attached", HOST),
        attached("signature", 'd', &a),
        complete("attached", HOST),
    ]);
    let mut case = cases_of("unscanned", example, &[]);
    case.near_misses.extend([
        (
            "its index was scanned",
            running(&[attached("scan", 'e', &a)]),
        ),
        (
            "a platform of it was scanned",
            running(&[attached("scan", 'e', &b)]),
        ),
    ]);
    case
}

fn unverified() -> Case {
    let [a, b] = ['a', 'b'].map(digest);
    let ours = key("k1", &["r.example.com/x/", "r.example.com/a/b/"]);
    let all = key("k2", &[]);
    let near = key("k3", &["r.example.com/a/b-tools/", "r.example.com/b/"]);
    let both = [ours.clone(), near.clone()];
    // Verified only with a key that does not count here; what counted is gone, or was taken back.
    let bad = checked("signature", 'd', &b, Some(&near), &both);
    let example = [
        checked("signature", 'd', &b, Some(&ours), &both),
        checked("signature", 'f', &a, Some(&ours), &both),
        started("attached", HOST),
        bad.clone(),
        complete("attached", HOST),
    ];
    let tried = checked("signature", 'd', &b, None, std::slice::from_ref(&all));
    let mut case = cases_of(
        "unverified",
        running(&example),
        std::slice::from_ref(&tried),
    );
    let gone = ["started", "complete"].map(|event| match event {
        "started" => started("attached", HOST),
        _ => complete("attached", HOST),
    });
    let good = |kind, by: &Value| checked(kind, 'e', &a, Some(by), &both);
    case.near_misses.extend([
        (
            "a signature is verified",
            running(&[bad.clone(), good("signature", &ours)]),
        ),
        (
            "by a key that counts for all",
            running(&[checked(
                "signature",
                'd',
                &a,
                Some(&all),
                std::slice::from_ref(&all),
            )]),
        ),
        (
            "an attestation is verified",
            running(&[bad.clone(), good("attestation", &ours)]),
        ),
        (
            "no key was tried",
            running(&[attached("signature", 'd', &a)]),
        ),
        ("nothing is signed", running(&[])),
        (
            "no key counts here",
            running(&[checked(
                "signature",
                'd',
                &a,
                None,
                std::slice::from_ref(&near),
            )]),
        ),
        (
            "the keys were taken back",
            running(&[bad.clone(), attached("signature", 'd', &b)]),
        ),
        (
            "the signature is gone",
            running(&[&[tried][..], &gone].concat()),
        ),
    ]);
    case
}

#[tokio::test]
async fn a_repository_or_its_registry_is_read() {
    on_both(async |store: Arc<dyn GraphStore>| {
        let store = store.as_ref();
        let key = key("k1", &[]);
        let tried = checked("signature", 'd', &digest('b'), None, &[key]);
        for scope in [HOST, "r.example.com/a/b"] {
            wipe(store).await;
            ingest(store, &but(complete("attached", scope), &[])).await;
            apply(store).await;
            for rule in ["unsigned", "unscanned"] {
                assert_eq!(derived(store, rule).await.len(), 1, "{rule} {scope}");
            }
            ingest(store, std::slice::from_ref(&tried)).await;
            apply(store).await;
            assert_eq!(derived(store, "unverified").await.len(), 1, "{scope}");
            assert_eq!(derived(store, "unsigned").await.len(), 0, "{scope}");
        }
    })
    .await;
}
