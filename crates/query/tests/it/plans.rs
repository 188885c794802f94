//! Questions about one thing begin at an index, however large the graph is.

use std::{collections::BTreeMap, future::Future, pin::Pin};

use polar_graph::{GraphStore, Recorded};
use polar_normalize::Options;
use polar_query::{
    ImageTarget, Kind, Policy, PolicyFile, Target, TargetError, commit_of, deployed, gate, places,
    resolve, retags, subgraph, trace, verdicts, who_built,
};
use polar_testkit::{Planner, SharedNeo4j, neo4j};

use crate::world::take_lines;

const DEMO: &str = include_str!("../../../../demo/observations.jsonl");
const CHECKOUT: &str = "acme.azurecr.io/shop/checkout";
const OLD: &str = "sha256:8af25aee58ef8a5e28007250191e6d478b6fb5593ec2f22dc8770c68ae4c9039";
const AMD64: &str = "sha256:844f6a7c448a51426275c1b925cf6ad2348c16ae9a87d2da5da72be16819ff18";

type Asked<'a> = Pin<Box<dyn Future<Output = ()> + 'a>>;
/// A name, and what asks.
type Question = (&'static str, for<'a> fn(&'a dyn GraphStore) -> Asked<'a>);

/// Each question about a single thing. It has to find what it asks about: a question that ends early
/// asks less.
const QUESTIONS: &[Question] = &[
    ("resolve a pod", |store| {
        Box::pin(found(
            store,
            "prod-weu/shop/checkout-7d9c6b5f4d-x2k8p",
            Kind::Running,
        ))
    }),
    ("resolve a workload", |store| {
        Box::pin(found(store, "prod-weu/shop/checkout", Kind::Running))
    }),
    ("resolve a commit", |store| {
        Box::pin(found(store, "8b8d353c", Kind::Commit))
    }),
    ("resolve a merge request", |store| {
        Box::pin(found(store, "shop/checkout!412", Kind::MergeRequest))
    }),
    ("resolve an image that nobody read", |store| {
        Box::pin(found(store, "docker.io/library/nginx", Kind::Image))
    }),
    ("resolve a name that nobody has", |store| {
        Box::pin(async move {
            let kinds = [Kind::Running, Kind::Commit, Kind::MergeRequest, Kind::Image];
            let name = "acme.azurecr.io/shop/chekout:1.4.0";
            let target = resolve(store, &Options::default(), name, &kinds).await;
            let Err(TargetError::Unknown { similar, .. }) = target else {
                unreachable!("{target:?}");
            };
            assert!(!similar.is_empty());
        })
    }),
    ("verdicts", |store| {
        Box::pin(async move {
            let key = format!("{CHECKOUT}:1.4.0@{OLD}");
            let all = verdicts(store, &key).await.unwrap();
            assert!(all.reviewed.detail.contains("bruno"), "{all:?}");
        })
    }),
    ("where, of a tag", |store| {
        Box::pin(runs(store, "acme.azurecr.io/shop/checkout:1.4.0"))
    }),
    ("where, of a repository", |store| {
        Box::pin(runs(store, CHECKOUT))
    }),
    ("where, of a digest", |store| Box::pin(runs(store, AMD64))),
    ("retags, of a tag", |store| {
        Box::pin(moved(store, "acme.azurecr.io/shop/checkout:1.4.0"))
    }),
    ("retags, of a repository", |store| {
        Box::pin(moved(store, CHECKOUT))
    }),
    ("retags, of a digest", |store| Box::pin(moved(store, OLD))),
    ("trace of a pod", |store| {
        Box::pin(traced(store, "prod-weu/shop/checkout-7d9c6b5f4d-x2k8p"))
    }),
    ("trace of a workload", |store| {
        Box::pin(traced(store, "prod-weu/shop/checkout"))
    }),
    ("trace of a tag", |store| {
        Box::pin(traced(store, "acme.azurecr.io/shop/payments:2.8.1"))
    }),
    ("trace of a digest", |store| Box::pin(traced(store, AMD64))),
    ("who-built", |store| {
        Box::pin(async move {
            let target = target(store, OLD).await;
            let answer = who_built(store, OLD, &target).await.unwrap();
            assert!(!answer.images[0].builds[0].jobs.is_empty(), "{answer:?}");
        })
    }),
    ("commit", |store| {
        Box::pin(async move {
            let target = target(store, OLD).await;
            let answer = commit_of(store, OLD, &target).await.unwrap();
            assert!(!answer.images[0].commits.is_empty(), "{answer:?}");
        })
    }),
    ("deployed, of a commit", |store| {
        Box::pin(runs_of(store, "8b8d353c", Kind::Commit))
    }),
    ("deployed, of a merge request", |store| {
        Box::pin(runs_of(store, "shop/checkout!412", Kind::MergeRequest))
    }),
    ("gate", |store| {
        Box::pin(async move {
            let policy = Policy::parse(include_str!("../../../../demo/policy.toml")).unwrap();
            let file = PolicyFile {
                name: None,
                file: String::new(),
                sha256: String::new(),
            };
            let target = image(store, OLD).await;
            let now = "2026-11-24T08:00:00Z".parse().unwrap();
            let answer = gate(store, &target, &policy, file, now).await.unwrap();
            assert!(answer.checks.len() > 8, "{answer:?}");
        })
    }),
    ("export", |store| {
        Box::pin(async move {
            let target = target(store, OLD).await;
            let answer = trace(store, OLD, &target, None).await.unwrap();
            let graph = subgraph(store, &answer.nodes()).await.unwrap();
            assert!(graph.edges.len() > 8, "{graph:?}");
        })
    }),
];

async fn target(store: &dyn GraphStore, text: &str) -> Target {
    let kinds = [Kind::Running, Kind::Image];
    resolve(store, &Options::default(), text, &kinds)
        .await
        .unwrap()
}

async fn traced(store: &dyn GraphStore, text: &str) {
    let target = target(store, text).await;
    let answer = trace(store, text, &target, None).await.unwrap();
    let mut images = answer.chains.iter().flat_map(|chain| &chain.images);
    assert!(images.any(|image| !image.builds.is_empty()), "{answer:?}");
}

async fn runs_of(store: &dyn GraphStore, text: &str, kind: Kind) {
    let target = resolve(store, &Options::default(), text, &[kind])
        .await
        .unwrap();
    let answer = deployed(store, text, &target).await.unwrap();
    assert!(!answer.places.is_empty(), "{answer:?}");
}

async fn found(store: &dyn GraphStore, text: &str, kind: Kind) {
    let target = resolve(store, &Options::default(), text, &[kind]).await;
    assert!(target.is_ok(), "{target:?}");
}

async fn image(store: &dyn GraphStore, text: &str) -> ImageTarget {
    let target = resolve(store, &Options::default(), text, &[Kind::Image]).await;
    let Ok(Target::Image(image)) = target else {
        unreachable!("{target:?}");
    };
    image
}

async fn runs(store: &dyn GraphStore, text: &str) {
    let target = image(store, text).await;
    let answer = places(store, &target, None).await.unwrap();
    assert!(!answer.workloads.is_empty());
}

async fn moved(store: &dyn GraphStore, text: &str) {
    let target = image(store, text).await;
    let answer = retags(store, Some(&target), None).await.unwrap();
    assert!(answer.any_moved() && answer.tags.iter().any(|tag| !tag.old.is_empty()));
}

#[tokio::test]
async fn questions_about_one_thing_begin_at_an_index() {
    let shared = SharedNeo4j::take();
    let store = neo4j(&shared).await;
    take_lines(&store, DEMO).await;
    let mut planner = Planner::connect(&shared.settings);
    let scan = planner.operators("MATCH (pod:KubePod) RETURN pod.key AS key");
    assert!(
        scans(&scan).next().is_some(),
        "a scan is not seen: {scan:?}"
    );
    let mut wrong: BTreeMap<String, (&str, Vec<String>)> = BTreeMap::new();
    for (name, question) in QUESTIONS {
        let recorded = Recorded::new(&store);
        question(&recorded).await;
        let asked = recorded.asked();
        assert!(!asked.is_empty(), "{name} asked nothing");
        for statement in asked {
            let plan = planner.operators(&statement.text);
            if scans(&plan).next().is_some() {
                wrong.insert(statement.text.into_owned(), (name, plan));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Whatever looks at all nodes or edges of a kind, or at all of an index.
fn scans(plan: &[String]) -> impl Iterator<Item = &String> {
    let name = |operator: &&String| {
        operator
            .split(' ')
            .next()
            .is_some_and(|name| name.contains("Scan"))
    };
    plan.iter().filter(name)
}
