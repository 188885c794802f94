//! A node and the rules around it.

use polar_explain::State;
use polar_graph::{EmbeddedStore, GraphStore, Neo4jStore, Row, Statement, schema_items};
use polar_model::Value;
use polar_testkit::{SharedNeo4j, neo4j, on_both};
use serde_json::json;

use crate::world::{
    CONTAINER, REGISTRY, ask, at, digest, held, pipeline, pod, pushed, read, rules, with,
};

const COMMIT: &str = "8b8d353c5ed1547e1db8c76b2f3deeafff04f0ed";

fn built() -> Vec<serde_json::Value> {
    let a = digest('a');
    let labels = json!({"org.opencontainers.image.revision": COMMIT});
    vec![
        held("1", &a),
        json!({"v": 1, "type": "image_manifest", "digest": a, "labels": labels}),
        pipeline(7, COMMIT),
        pipeline(8, COMMIT),
        pushed(7, &format!("{REGISTRY}/a/b:1"), Some(a)),
    ]
}

#[tokio::test]
async fn alternatives_stay_visible_and_the_best_is_marked() {
    on_both(|store| async move {
        with(&*store, &built()).await;
        let image = format!("ACRImage:{REGISTRY}/a/b:1@{}", digest('a'));
        let explanation = ask(&*store, &image).await.unwrap();
        let links = explanation.nodes[0]
            .rules
            .iter()
            .filter(|rule| rule.derives == "RESULTED_IN");
        let derived: Vec<_> = links
            .flat_map(|rule| {
                rule.derived
                    .iter()
                    .map(|link| (rule.rule.clone(), link.clone()))
            })
            .map(|(rule, link)| (rule, link.node.key, link.confidence.unwrap(), link.best))
            .collect();
        let run = |id: u8| format!("gitlab.example.com/a/b/{id}");
        let by = |rule: &str| rule.to_owned();
        assert_eq!(
            derived,
            [
                (by("resulted-in-by-revision"), run(7), 0.8, false),
                (by("resulted-in-by-revision"), run(8), 0.8, false),
                (by("resulted-in"), run(7), 1.0, true),
            ]
        );
        let from_below = at(
            &*store,
            "PipelineRun:gitlab.example.com/a/b/8",
            "resulted-in",
        )
        .await;
        assert_eq!(from_below.end, "from");
        assert_eq!(from_below.state, State::ByAnother);
        assert_eq!(
            from_below.because.unwrap(),
            "gitlab.example.com/a/b/8 reported that it pushed no ContainerImageTag"
        );
    })
    .await;
}

#[tokio::test]
async fn rules_come_in_the_order_they_run_and_each_at_its_end() {
    on_both(|store| async move {
        with(&*store, &built()).await;
        let image = format!("ACRImage:{REGISTRY}/a/b:1@{}", digest('a'));
        let explanation = ask(&*store, &image).await.unwrap();
        let told: Vec<_> = explanation.nodes[0]
            .rules
            .iter()
            .map(|rule| (rule.rule.as_str(), rule.end))
            .collect();
        let rules = rules();
        let wanted: Vec<_> = rules
            .iter()
            .flat_map(|rule| {
                rule.probes("ACRImage")
                    .into_iter()
                    .map(|probe| (rule.name.as_str(), probe.end.variable()))
            })
            .collect();
        assert_eq!(told, wanted);
        assert!(told.contains(&("same-as", "to")) && told.contains(&("unbuilt", "subject")));
    })
    .await;
}

#[tokio::test]
async fn the_parts_of_a_condition_that_fail_are_told_with_values() {
    on_both(|store| async move {
        let image = format!("{REGISTRY}/a/b:1");
        let [a, b] = ['a', 'b'].map(digest);
        with(
            &*store,
            &[pushed(7, &image, Some(a.clone())), held("1", &b), read()],
        )
        .await;
        let answer = at(
            &*store,
            &format!("ContainerImageTag:{image}@{a}"),
            "same-as",
        )
        .await;
        assert_eq!(answer.state, State::Missing);
        assert_eq!(answer.failed.len(), 1, "the tags agree: {answer:#?}");
        let part = "(from.digest IS NULL OR to.digest IS NULL OR from.digest = to.digest)";
        assert_eq!(answer.failed[0].condition, part);
        assert_eq!(
            json!(answer.failed[0].values),
            json!({"from.digest": a, "to.digest": b})
        );
        assert_eq!(answer.because.unwrap(), format!("`{part}` does not hold"));
        assert_eq!(answer.hops.len(), 2);
        assert!(answer.hops.iter().all(|hop| hop.count == 1));
        let finding = at(&*store, &format!("ACRImage:{image}@{b}"), "unbuilt").await;
        assert_eq!(finding.state, State::DoesNotApply);
        assert!(
            finding.failed[0]
                .condition
                .starts_with("EXISTS { (source:Source)"),
            "{finding:#?}"
        );
    })
    .await;
}

#[tokio::test]
async fn the_first_hop_that_is_missing_ends_the_walk() {
    on_both(|store| async move {
        with(&*store, &[pod(&format!("{REGISTRY}/a/b:1"), None), read()]).await;
        let answer = at(&*store, CONTAINER, "runs-reported").await;
        assert_eq!(
            answer.because.unwrap(),
            "no ACRImage identifies r.example.com/a/b:1"
        );
        let hops: Vec<_> = answer
            .hops
            .iter()
            .map(|hop| (hop.hop.as_str(), hop.count))
            .collect();
        assert_eq!(
            hops,
            [
                (
                    "(from:KubeContainer)-[names:IDENTIFIES]->(ref:ImageReference)",
                    1
                ),
                ("(ref:ImageReference)<-[:IDENTIFIES]-(to:ACRImage)", 0),
            ]
        );
        assert_eq!(answer.hops[0].examples[0].key, "r.example.com/a/b:1");
    })
    .await;
}

#[tokio::test]
async fn timelines_tell_their_intervals_or_the_time_that_nobody_knows() {
    on_both(|store| async move {
        let a = digest('a');
        let image = format!("{REGISTRY}/a/b:1");
        let mut unknown = held("2", &a);
        unknown.as_object_mut().unwrap().remove("pushed_at");
        with(&*store, &[held("1", &a), unknown, pushed(7, &image, Some(a.clone()))]).await;
        let known = at(&*store, &format!("ImageTag:{image}"), "pointed-to-registry").await;
        assert_eq!(known.state, State::Present);
        assert_eq!(known.derived[0].from.as_deref(), Some("2026-05-04T02:00:00Z"));
        assert_eq!(known.derived[0].until, None);
        assert_eq!(known.derived[0].produced_by.as_deref(), Some("pipeline gitlab.example.com/a/b/7"));
        let by = at(&*store, &format!("ImageTag:{image}"), "pointed-to-by").await;
        assert_eq!(by.state, State::Covered);
        let pipeline = at(&*store, &format!("ImageTag:{image}"), "pointed-to-pipeline").await;
        assert_eq!(pipeline.state, State::ByAnother);
        store
            .write(vec![Statement::new("MATCH (image:ACRImage) WHERE image.tag = '2' SET image.first_seen = null, image.pushes = null")])
            .await
            .unwrap();
        store
            .write(vec![Statement::new("MATCH (tag:ImageTag)-[own:POINTED_TO]->() WHERE tag.tag = '2' DELETE own")])
            .await
            .unwrap();
        let nobody = at(&*store, &format!("ImageTag:{REGISTRY}/a/b:2"), "pointed-to-registry").await;
        assert_eq!(nobody.because.unwrap(), "none of the times that it goes by is known");
    })
    .await;
}

#[tokio::test]
async fn what_was_derived_comes_with_its_hops_and_is_stale_once_they_are_gone() {
    on_both(|store| async move {
        with(&*store, &built()).await;
        let image = format!("ACRImage:{REGISTRY}/a/b:1@{}", digest('a'));
        let answer = at(&*store, &image, "resulted-in").await;
        assert_eq!((answer.state, answer.because), (State::Present, None));
        let counts: Vec<_> = answer.hops.iter().map(|hop| hop.count).collect();
        assert_eq!(counts, [1, 1]);
        let two_digests = [built(), vec![held("1", &digest('b'))]].concat();
        for (facts, undo) in [
            (
                built(),
                "MATCH (:PipelineRun)-[own:PRODUCED]->() DELETE own",
            ),
            (
                two_digests,
                "MATCH (tag:ContainerImageTag) SET tag.digest = null",
            ),
        ] {
            with(&*store, &facts).await;
            store.write(vec![Statement::new(undo)]).await.unwrap();
            let answer = at(&*store, &image, "resulted-in").await;
            assert_eq!(answer.state, State::Stale, "{undo}");
            assert_eq!(answer.derived.len(), 1);
            assert!(answer.because.unwrap().contains("the next pass removes it"));
        }
    })
    .await;
}

#[tokio::test]
async fn what_the_next_pass_derives_is_due() {
    on_both(|store| async move {
        with(&*store, &built()).await;
        let undo = "MATCH (:ContainerImageTag)-[own:SAME_AS]->() DELETE own";
        store.write(vec![Statement::new(undo)]).await.unwrap();
        let tag = format!("ContainerImageTag:{REGISTRY}/a/b:1@{}", digest('a'));
        assert_eq!(at(&*store, &tag, "same-as").await.state, State::Due);
    })
    .await;
}

/// The same graph in both stores, explained at all sorts of nodes.
#[tokio::test]
async fn both_stores_answer_the_same() {
    let shared = SharedNeo4j::take();
    let server: Neo4jStore = neo4j(&shared).await;
    let embedded = EmbeddedStore::in_memory().unwrap();
    embedded.apply_schema(&schema_items()).await.unwrap();
    let facts = polar_demo();
    let targets = [
        "prod-weu/shop/checkout-7d9c6b5f4d-x2k8p",
        "acme.azurecr.io/shop/catalog:v2.0-rc1",
        "acme.azurecr.io/shop/checkout:1.4.0",
        "KubeDeployment:prod-weu/shop/Deployment/fulfilment",
        "gitlab.acme.example/shop/checkout/481516",
        "gitlab.acme.example/shop/checkout!412",
        "GitLabUser:gitlab.acme.example/bruno",
    ];
    let mut answers = Vec::new();
    for store in [&embedded as &dyn GraphStore, &server] {
        with(store, &facts).await;
        let mut told = Vec::new();
        for target in targets {
            let mut explanation = ask(store, target).await.unwrap();
            let rules = explanation
                .nodes
                .iter_mut()
                .flat_map(|node| &mut node.rules);
            for outcome in rules.flat_map(|rule| &mut rule.derived) {
                // The clock of the pass.
                assert!(outcome.first_seen.take().is_some());
            }
            told.push(serde_json::to_string_pretty(&explanation).unwrap());
        }
        answers.push(told);
    }
    for (one, other) in answers[0].iter().zip(&answers[1]) {
        for (one, other) in one.lines().zip(other.lines()) {
            assert_eq!(one, other);
        }
    }
    assert_eq!(answers[0], answers[1]);

    // What was asked can be pasted: as text without parameters, it yields what it yielded.
    for target in targets {
        let explanation = ask(&server, target).await.unwrap();
        assert!(explanation.cypher().len() > 1);
        for (asked, text) in explanation.queries.iter().zip(explanation.cypher()) {
            let pasted = server.read(Statement::new(text.clone())).await.unwrap();
            let wanted = server.read(asked.clone()).await.unwrap();
            assert_eq!(columns(&pasted), columns(&wanted), "{text}");
        }
    }
}

fn polar_demo() -> Vec<serde_json::Value> {
    let text = include_str!("../../../../demo/observations.jsonl");
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// Rows whose columns come in an order of their own each time.
fn columns(rows: &[Row]) -> Vec<Vec<(&str, &Value)>> {
    let sorted = |row| {
        let row: &Row = row;
        let names = row.columns().iter().map(String::as_str);
        let mut columns: Vec<_> = names.map(|name| (name, row.get(name))).collect();
        columns.sort_by_key(|column| column.0);
        columns
    };
    rows.iter().map(sorted).collect()
}
