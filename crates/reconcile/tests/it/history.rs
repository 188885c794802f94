//! What a tag pointed to and when, from all who know, in any order.

use std::sync::Arc;

use polar_graph::{GraphStore, Row, Statement};
use polar_testkit::{on_both, wipe};
use serde_json::{Value, json};

use crate::facts::{
    REGISTRY, apply, complete_at, derived, digest, ended, held, index, ingest, moved, pushed,
    started,
};

const SHA: &str = "8b8d353c5ed1547e1db8c76b2f3deeafff04f0ed";

fn at(minute: u32) -> String {
    format!("2026-05-04T03:{minute:02}:00Z")
}

fn image() -> String {
    format!("{REGISTRY}/a/b:1")
}

/// A pod that runs the tag with a digest since some minute.
fn running(uid: &str, digest: &str, minute: u32) -> Value {
    json!({"v": 1, "type": "kube_pod", "cluster": "c", "namespace": "n", "name": uid, "uid": uid,
           "workload": {"kind": "Deployment", "name": "app"}, "started_at": at(minute),
           "containers": [{"name": "app", "image": image(),
                           "image_id": format!("{REGISTRY}/a/b@{digest}")}]})
}

/// The intervals of the tag: digest's letter, begin, end, rule, who.
async fn history(store: &dyn GraphStore) -> Vec<String> {
    let text = "MATCH (tag:ImageTag)-[own:POINTED_TO]->(manifest:ImageManifest)
                RETURN tag.key AS tag, manifest.key AS digest, toString(own.from) AS begins,
                       toString(own.until) AS until, own.rule AS rule, own.produced_by AS produced_by
                ORDER BY tag, begins, until";
    let rows = store.read(Statement::new(text)).await.unwrap();
    let line = |row: &Row| {
        let minute = |name| row.text(name).get(14..16).unwrap_or("").to_owned();
        format!(
            "{} {}-{} {} {}",
            &row.text("digest")[7..8],
            minute("begins"),
            minute("until"),
            row.text("rule").trim_start_matches("pointed-to-"),
            row.text("produced_by")
        )
    };
    rows.iter()
        .map(line)
        .map(|line| line.trim_end().to_owned())
        .collect()
}

/// Takes the facts in, each in a batch of its own, in several orders, with passes in between or not.
async fn check(facts: &[Value], wanted: &[&str]) {
    on_both(async |store: Arc<dyn GraphStore>| {
        let store = store.as_ref();
        for round in 0..4 {
            wipe(store).await;
            let mut facts = facts.to_vec();
            fastrand::Rng::with_seed(round).shuffle(&mut facts);
            for fact in &facts {
                ingest(store, std::slice::from_ref(fact)).await;
                if round == 3 {
                    apply(store).await;
                }
            }
            apply(store).await;
            assert_eq!(history(store).await, wanted, "{facts:#?}");
            assert!(apply(store).await.written.is_zero());
        }
    })
    .await;
}

#[tokio::test]
async fn a_registry_that_tells_times() {
    let [a, b] = ['a', 'b'].map(digest);
    let facts = [
        moved("1", &a, &at(10)),
        moved("1", &b, &at(20)),
        moved("1", &a, &at(30)),
        moved("1", &a, &at(10)),
    ];
    check(
        &facts,
        &["a 10-20 registry", "b 20-30 registry", "a 30- registry"],
    )
    .await;
}

#[tokio::test]
async fn a_move_that_only_a_pipeline_saw_and_who_made_each() {
    let [a, b, c] = ['a', 'b', 'c'].map(digest);
    let facts = [
        moved("1", &b, &at(20)),
        moved("1", &c, &at(40)),
        ended(7, SHA, &at(10)),
        pushed(7, &image(), Some(a)),
        // Its run ended later than the registry says that the tag was moved.
        ended(8, SHA, &at(50)),
        pushed(8, &image(), Some(c)),
    ];
    let wanted = [
        "a 10-20 pipeline pipeline gitlab.example.com/a/b/7 of ada",
        "b 20-40 registry",
        "c 40- registry pipeline gitlab.example.com/a/b/8 of ada",
    ];
    check(&facts, &wanted).await;
}

#[tokio::test]
async fn containers_tell_of_the_time_before_and_of_no_platform() {
    let [a, b, c, d] = ['a', 'b', 'c', 'd'].map(digest);
    let facts = [
        moved("1", &b, &at(20)),
        index(&b, std::slice::from_ref(&d)),
        running("early", &a, 10),
        running("stale", &c, 30),
        running("platform", &d, 5),
    ];
    check(&facts, &["a 10-20 container", "b 20- registry"]).await;
}

/// A job pushed `a` and its run ended at ten past.
#[tokio::test]
async fn a_pipeline_s_word_counts_where_the_registry_tells_nothing_else() {
    on_both(async |store: Arc<dyn GraphStore>| {
        let store = store.as_ref();
        let [a, b] = ['a', 'b'].map(digest);
        let run = [ended(7, SHA, &at(10)), pushed(7, &image(), Some(a.clone()))];
        let mut without_times = held("1", &a);
        without_times.as_object_mut().unwrap().remove("seen_at");
        let readings = |facts: &[Value], minute| {
            let mut begun = started("registry", REGISTRY);
            begun["started_at"] = at(minute - 1).into();
            let end = complete_at("registry", REGISTRY, &at(minute));
            [&[begun], facts, &[end]].concat()
        };
        let gone = [
            readings(&[moved("1", &b, &at(3))], 5),
            readings(&[held("2", &b)], 8),
        ]
        .concat();
        for (registry, wanted) in [
            (
                vec![moved("1", &a, &at(20))],
                vec!["a 20- registry pipeline gitlab.example.com/a/b/7 of ada"],
            ),
            (
                vec![without_times],
                vec!["a 10- pipeline pipeline gitlab.example.com/a/b/7 of ada"],
            ),
            (vec![moved("1", &b, &at(5))], vec!["b 05- registry"]),
            (
                gone,
                vec![
                    "b 03-08 registry",
                    "a 10- pipeline pipeline gitlab.example.com/a/b/7 of ada",
                ],
            ),
        ] {
            wipe(store).await;
            ingest(store, &registry).await;
            ingest(store, &run).await;
            apply(store).await;
            let mut told = history(store).await;
            told.retain(|line| !line.starts_with("b 00-"));
            assert_eq!(told, wanted, "{registry:?}");
        }
    })
    .await;
}

/// What it named and reported before says nothing of when it was so.
#[tokio::test]
async fn a_container_tells_of_what_it_names_and_reports_now() {
    on_both(async |store: Arc<dyn GraphStore>| {
        let store = store.as_ref();
        let [a, b] = ['a', 'b'].map(digest);
        let mut renamed = running("one", &a, 10);
        renamed["containers"][0]["image"] = format!("{REGISTRY}/a/b:2").into();
        for (then, now, wanted) in [
            (running("one", &a, 10), renamed, "a 10- container"),
            (
                running("one", &a, 10),
                running("one", &b, 20),
                "b 20- container",
            ),
        ] {
            wipe(store).await;
            ingest(store, &[then]).await;
            ingest(store, &[now]).await;
            apply(store).await;
            assert_eq!(history(store).await, [wanted]);
        }
    })
    .await;
}

#[tokio::test]
async fn a_registry_without_times_tells_by_complete_readings() {
    on_both(async |store: Arc<dyn GraphStore>| {
        let store = store.as_ref();
        wipe(store).await;
        let seen = |tag: &str, letter, minute| {
            let mut fact = held(tag, &digest(letter));
            fact["seen_at"] = at(minute).into();
            fact
        };
        let reading = |facts: Vec<Value>, minute: u32| {
            let begin = [started("registry", REGISTRY)];
            let end = [complete_at("registry", REGISTRY, &at(minute))];
            begin
                .into_iter()
                .chain(facts)
                .chain(end)
                .collect::<Vec<_>>()
        };
        ingest(store, &reading(vec![seen("1", 'a', 10)], 11)).await;
        ingest(store, &reading(vec![seen("1", 'b', 20)], 21)).await;
        ingest(store, &reading(vec![seen("1", 'a', 30)], 31)).await;
        apply(store).await;
        let wanted = ["a 10-20 registry", "b 20-30 registry", "a 30- registry"];
        assert_eq!(history(store).await, wanted);
        // An old reading that is told again changes nothing.
        ingest(store, &reading(vec![seen("1", 'b', 20)], 21)).await;
        assert!(apply(store).await.written.is_zero());
        assert_eq!(history(store).await, wanted);
        ingest(store, &reading(vec![], 41)).await;
        apply(store).await;
        assert_eq!(history(store).await[2], "a 30-41 registry");
        let none = std::collections::BTreeSet::new();
        assert_eq!(derived(store, "retag").await, none, "a tag that is gone");
        ingest(store, &reading(vec![seen("1", 'a', 50)], 51)).await;
        apply(store).await;
        assert_eq!(history(store).await[3], "a 50- registry");
        assert_eq!(retag(store).await, ["b from 20; a from 50"]);
        ingest(store, &reading(vec![], 55)).await;
        ingest(store, &reading(vec![seen("1", 'c', 58)], 59)).await;
        apply(store).await;
        let anew = ["a from 50; c from 58"];
        assert_eq!(retag(store).await, anew, "deleted, and pushed anew");
    })
    .await;
}

/// The evidence of retags as `a from 10; b from 20`: letters of digests and minutes.
async fn retag(store: &dyn GraphStore) -> Vec<String> {
    let text = "MATCH (f:Finding) WHERE f.rule = 'retag' RETURN f.evidence AS evidence";
    let rows = store.read(Statement::new(text)).await.unwrap();
    let short = |row: &Row| {
        let sides = row.text("evidence").split("; ");
        let sides = sides.map(|side| {
            let digest = side.strip_prefix("sha256:").unwrap();
            let (_, time) = side.split_once(" from ").unwrap();
            format!("{} from {}", &digest[..1], &time[14..16])
        });
        sides.collect::<Vec<_>>().join("; ")
    };
    rows.iter().map(short).collect()
}
