//! The main job, end to end, on both stores.

use crate::common::{Outcome, dump_file, embedded, polar, variables};
use polar_testkit::{SharedNeo4j, dump, neo4j};
use serde_json::{Value, json};

fn demo(graph: &str, variables: &[(&str, &str)]) -> Value {
    let outcome = polar(&["demo", "--format", "json", "--graph", graph], variables);
    assert_eq!(outcome.code, 0, "{outcome:?}");
    serde_json::from_str(&outcome.stdout).unwrap()
}

/// An answer without what differs from run to run.
fn timeless(mut answer: Value) -> Value {
    for field in ["graph", "pass", "facts_written", "pass_written"] {
        answer.as_object_mut().unwrap().remove(field).unwrap();
    }
    for finding in answer["findings"].as_array_mut().unwrap() {
        finding.as_object_mut().unwrap().remove("since").unwrap();
    }
    answer
}

fn assert_wrote_nothing(answer: &Value) {
    assert_eq!(answer["facts_written"], 0, "{answer}");
    assert_eq!(answer["pass_written"], 0, "{answer}");
}

#[tokio::test]
async fn both_stores_hold_the_same_graph_and_a_second_run_writes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("demo.mars");
    let first = demo(&embedded(&file), &[]);
    assert!(first["facts_written"].as_u64().unwrap() > 200, "{first}");
    assert!(first["pass_written"].as_u64().unwrap() > 50, "{first}");
    let graph = dump_file(&file).await;
    let second = demo(&embedded(&file), &[]);
    assert_wrote_nothing(&second);
    assert_eq!(dump_file(&file).await, graph);

    let shared = SharedNeo4j::take();
    let store = neo4j(&shared).await;
    let there = demo("neo4j", &variables(&shared.settings));
    pretty_assert(&dump(&store).await, &graph);
    let again = demo("neo4j", &variables(&shared.settings));
    assert_wrote_nothing(&again);
    pretty_assert(&dump(&store).await, &graph);
    for answer in [second, there, again] {
        assert_eq!(timeless(answer), timeless(first.clone()));
    }
}

fn pretty_assert(graph: &[String], wanted: &[String]) {
    for line in graph {
        assert!(wanted.contains(line), "too much: {line}");
    }
    for line in wanted {
        assert!(graph.contains(line), "missing: {line}");
    }
    assert_eq!(graph.len(), wanted.len());
}

fn printed(args: &[&str]) -> Outcome {
    let folder = tempfile::tempdir().unwrap();
    let graph = embedded(&folder.path().join("demo.mars"));
    let mut all = vec!["demo", "--graph", &graph];
    all.extend(args);
    polar(&all, &[])
}

#[test]
fn the_chain_leads_from_the_pod_to_the_people() {
    let outcome = printed(&[]);
    assert_eq!(
        (outcome.code, outcome.stderr.as_str()),
        (0, ""),
        "{outcome:?}"
    );
    let mut rest = outcome.stdout.as_str();
    // In this order.
    for hop in [
        "container checkout of pod checkout-7d9c6b5f4d-x2k8p",
        "Deployment/checkout in namespace shop of cluster prod-weu",
        "runs acme.azurecr.io/shop/checkout:1.4.0@sha256:",
        "linux/amd64",
        "<- this one runs",
        "attestation  https://slsa.dev/provenance/v1",
        "signature",
        "built by pipeline 481516 of shop/checkout on v1.4.0, success, started by release-bot",
        "pushed by job",
        "commit ",
        "brought in by gitlab.acme.example/shop/checkout!412",
        "written by alice",
        "approved by bruno, dana",
        "merged by bruno",
        "Findings",
        "unbuilt",
    ] {
        let at = rest
            .find(hop)
            .unwrap_or_else(|| panic!("no `{hop}` in\n{rest}"));
        rest = &rest[at + hop.len()..];
    }
}

#[test]
fn the_findings_are_these() {
    let folder = tempfile::tempdir().unwrap();
    let answer = demo(&embedded(&folder.path().join("demo.mars")), &[]);
    let found: Vec<_> = answer["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| {
            let subject = finding["subject"].as_str().unwrap();
            // Without the digest or the pod's uid, which say nothing to a reader.
            let name = subject.split('@').next().unwrap();
            let name = if finding["label"] == "KubeContainer" {
                name.rsplit('/').next().unwrap()
            } else {
                name
            };
            json!([finding["kind"], name])
        })
        .collect();
    assert_eq!(
        Value::Array(found),
        json!([
            ["retag", "acme.azurecr.io/shop/checkout:1.4.0"],
            [
                "tag-case-collision",
                "acme.azurecr.io/shop/catalog:v2.0-RC1"
            ],
            ["unbuilt", "acme.azurecr.io/legacy/fax-gateway:7"],
            ["unbuilt", "acme.azurecr.io/shop/catalog:v2.0-RC1"],
            ["unbuilt", "acme.azurecr.io/shop/checkout:1.4.0"],
            ["unknown-digest", "prod-weu/shop/Deployment/fulfilment"],
            ["unresolvable-image", "preview"],
            ["unresolvable-image", "tool"],
            ["unresolvable-image", "search"],
            ["unreviewed", "prod-weu/shop/Deployment/payments"],
            ["unreviewed", "staging-weu/shop/Deployment/catalog-next"],
            ["unscanned", "prod-weu/data/CronJob/reports"],
            ["unscanned", "prod-weu/ingress/DaemonSet/ingress"],
            ["unscanned", "prod-weu/legacy/Pod/fax-gateway"],
            ["unscanned", "prod-weu/shop/Deployment/checkout"],
            ["unscanned", "prod-weu/shop/Deployment/payments"],
            ["unscanned", "staging-weu/shop/Deployment/catalog-next"],
            ["unscanned", "staging-weu/shop/Deployment/catalog-qa"],
            ["unscanned", "staging-weu/shop/Deployment/checkout"],
            ["unsigned", "prod-weu/data/CronJob/reports"],
            ["unsigned", "prod-weu/legacy/Pod/fax-gateway"],
            ["unsigned", "prod-weu/shop/Deployment/checkout"],
            ["unsigned", "prod-weu/shop/Deployment/payments"],
            ["unsigned", "staging-weu/shop/Deployment/catalog-next"],
            ["unsigned", "staging-weu/shop/Deployment/catalog-qa"],
            ["unverified", "prod-weu/ingress/DaemonSet/ingress"],
        ])
        .as_array()
        .map(|all| {
            let mut all = all.clone();
            all.sort_by_key(|finding| sort_key(&answer, finding));
            Value::Array(all)
        })
        .unwrap()
    );
}

/// Findings come by kind and subject; a container's subject begins with its cluster and pod's uid.
fn sort_key(answer: &Value, finding: &Value) -> (String, String) {
    let name = finding[1].as_str().unwrap();
    let subject = answer["findings"]
        .as_array()
        .unwrap()
        .iter()
        .find_map(|found| {
            let subject = found["subject"].as_str().unwrap();
            subject
                .split('@')
                .next()
                .unwrap()
                .ends_with(name)
                .then(|| subject.to_owned())
        });
    (
        finding[0].as_str().unwrap().to_owned(),
        subject.unwrap_or_default(),
    )
}

#[test]
fn a_pod_that_is_not_there() {
    let outcome = printed(&["nobody"]);
    assert_eq!(outcome.code, 2, "{outcome:?}");
    assert!(outcome.stderr.contains("no pod `nobody`"), "{outcome:?}");
}
