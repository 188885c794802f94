//! What holds for any pass.

use std::sync::Arc;

use polar_graph::{GraphStore, Statement};
use polar_model::Value;
use polar_reconcile::{BATCH, ChangeKind, Mode, Stop, leftovers, pass, prune};
use polar_rules::Rule;
use polar_testkit::{dump, on_both};

use crate::facts::{
    apply, complete, derived, digest, foreign, held, ingest, number, ordered_rules, pod, pushed,
};

type Store = Arc<dyn GraphStore>;

const RUNS: &str = "MATCH (run:ProvenanceRun) RETURN count(run) AS number";

fn estate() -> Vec<serde_json::Value> {
    vec![
        pushed(7, "r.example.com/a/b:1", None),
        held("1", &digest('a')),
        held("2", &digest('b')),
        pod("r.example.com/a/b:1", None),
        complete("gitlab", "gitlab.example.com"),
    ]
}

#[tokio::test]
async fn a_pass_that_finds_nothing_new_writes_nothing() {
    on_both(async |store: Store| {
        let store = store.as_ref();
        assert!(apply(store).await.written.is_zero(), "an empty graph");
        assert_eq!(number(store, RUNS).await, 0);
        ingest(store, &estate()).await;
        let first = apply(store).await;
        assert!(first.created() >= 4, "{first:?}");
        assert_eq!(number(store, RUNS).await, 1);
        let graph = dump(store).await;
        let second = apply(store).await;
        assert!(second.written.is_zero(), "{second:?}");
        assert_eq!((second.created(), second.removed()), (0, 0));
        let holding = |summary: &polar_reconcile::PassSummary| -> u64 {
            summary.rules.iter().filter_map(|rule| rule.matched).sum()
        };
        assert_eq!(holding(&second), first.created());
        assert_eq!(number(store, RUNS).await, 1);
        assert_eq!(dump(store).await, graph);
    })
    .await;
}

#[tokio::test]
async fn what_others_drew_stays() {
    on_both(async |store: Store| {
        let store = store.as_ref();
        ingest(store, &estate()).await;
        // Look-alikes of each link and finding: without a rule, and of a rule not among these.
        for text in [
            "MATCH (a:ContainerImageTag), (b:ACRImage) WHERE a.tag = b.tag CREATE (a)-[:SAME_AS {by: 'hand'}]->(b)",
            "MATCH (a:ContainerImageTag), (b:ACRImage) WHERE a.tag = b.tag CREATE (a)-[:SAME_AS {rule: 'my-rule'}]->(b)",
            "MATCH (a:KubeContainer), (b:ACRImage) CREATE (a)-[:RUNS {by: 'hand'}]->(b)",
            "MATCH (a:ImageTag), (b:ImageManifest) CREATE (a)-[:POINTED_TO {by_hand: true, rule: 'my-rule'}]->(b)",
            "MATCH (b:ACRImage) CREATE (:Finding {key: b.key, kind: 'unbuilt', by: 'hand'})-[:CONCERNS]->(b)",
        ] {
            foreign(store, text).await;
        }
        let before = dump(store).await;
        apply(store).await;
        assert_eq!(derived(store, "same-as").await.len(), 1, "drawn beside the look-alikes");
        for text in [
            "MATCH ()-[own:IDENTIFIES|PRODUCED|OF_TAG]->() DELETE own",
            "MATCH (own:Source) DETACH DELETE own",
        ] {
            foreign(store, text).await;
        }
        let summary = apply(store).await;
        for rule in ["same-as", "resulted-in", "runs-by-name", "unbuilt"] {
            let done = summary.rules.iter().find(|done| done.rule == rule).unwrap();
            assert_eq!(done.removed, 1, "{rule}: {summary:?}");
            assert!(derived(store, rule).await.is_empty(), "{rule}");
        }
        let after = dump(store).await;
        let taken_away = |line: &&String| {
            ["-IDENTIFIES->", "-PRODUCED->", "-OF_TAG->", "(Source "].iter().any(|what| line.contains(what))
        };
        let left: Vec<_> = before.iter().filter(|line| !taken_away(line)).collect();
        assert_eq!(after.iter().collect::<Vec<_>>(), left);
    })
    .await;
}

/// What somebody else filled in need not tell digests.
#[tokio::test]
async fn a_registry_image_without_a_digest_is_that_of_its_tag() {
    on_both(async |store: Store| {
        let store = store.as_ref();
        let text = "CREATE (:ContainerImageTag {key: 'r/a:1', tag: '1', digest: 'sha256:1'})-[:IDENTIFIES]->
                           (:ImageReference {key: 'r/a:1', normalized: 'r/a:1'})
                           <-[:IDENTIFIES]-(:ACRImage {key: 'r/a:1', tag: '1'})";
        foreign(store, text).await;
        apply(store).await;
        let link = "ContainerImageTag r/a:1 -> ACRImage r/a:1";
        assert_eq!(derived(store, "same-as").await, [link.to_owned()].into());
    })
    .await;
}

#[tokio::test]
async fn a_dry_run_says_what_a_pass_then_does() {
    on_both(async |store: Store| {
        let store = store.as_ref();
        ingest(store, &estate()).await;
        apply(store).await;
        ingest(store, &[held("3", &digest('c'))]).await;
        foreign(
            store,
            "MATCH (:KubeContainer)-[own:IDENTIFIES]->() DELETE own",
        )
        .await;
        let graph = dump(store).await;
        let mut changes = Vec::new();
        let mut note = |change| changes.push(change);
        let (stop, rules) = (Stop::default(), ordered_rules());
        let said = pass(
            store,
            &rules,
            Mode::DryRun(&mut note),
            &stop,
            &mut |_, _| (),
        )
        .await
        .unwrap();
        assert!(said.written.is_zero());
        assert_eq!(dump(store).await, graph);
        let of = |kind| changes.iter().filter(|change| change.kind == kind).count() as u64;
        // A finding and the tag's history.
        assert_eq!(of(ChangeKind::Create), 2, "{changes:?}");
        assert_eq!(of(ChangeKind::Remove), 1, "{changes:?}");
        let done = apply(store).await;
        assert_eq!(
            (done.created(), done.removed()),
            (said.created(), said.removed())
        );
        let holds = |summary: &polar_reconcile::PassSummary| -> Vec<_> {
            let rules = summary.rules.iter();
            rules
                .map(|rule| (rule.rule.clone(), rule.matched))
                .collect()
        };
        assert_eq!(holds(&done), holds(&said));
    })
    .await;
}

/// References with a tag and a registry's image each.
async fn many(store: &dyn GraphStore, count: usize) {
    let text = "UNWIND $rows AS row
        CREATE (:ContainerImageTag {key: row, tag: '1'})-[:IDENTIFIES]->(:ImageReference {key: row})
               <-[:IDENTIFIES]-(:ACRImage {key: row, tag: '1'})";
    let rows: Vec<Value> = (0..count).map(|row| format!("i{row}").into()).collect();
    for rows in rows.chunks(10_000) {
        let statement = Statement::new(text).with("rows", rows.to_vec());
        store.write(vec![statement]).await.unwrap();
    }
}

#[tokio::test]
async fn a_stop_is_heard_between_two_batches_and_the_next_pass_goes_on() {
    on_both(async |store: Store| {
        let store = store.as_ref();
        let count = 2 * BATCH + 10;
        many(store, count).await;
        let stop = Stop::default();
        let batch = BATCH as u64;
        let mut after_one = |_: &Rule, done: u64| {
            assert!(done == batch || done == 2 * batch, "{done}");
            stop.ask();
        };
        let rules = ordered_rules();
        let cut = pass(store, &rules, Mode::Apply, &stop, &mut after_one)
            .await
            .unwrap();
        assert!(cut.stopped);
        // The batch beside it was being written.
        assert!([batch, 2 * batch].contains(&cut.created()), "{cut:?}");
        let rest = apply(store).await;
        assert!(!rest.stopped);
        assert_eq!(rest.created(), count as u64 - cut.created(), "{rest:?}");
        assert_eq!(derived(store, "same-as").await.len(), count);
    })
    .await;
}

#[tokio::test]
async fn a_rule_that_the_store_refuses_is_named() {
    on_both(async |store: Store| {
        let text = "//! title = \"t\"\n//! link = \"L\"\n//! reads = []\n//! evidence = \"1\"\n\
                    MATCH (from:ACRImage)-[:IDENTIFIES]->(to:ImageReference)\n\
                    WHERE no_such_function(from.tag) = 1";
        ingest(store.as_ref(), &estate()).await;
        let rules = [Rule::parse("my-rule", text).unwrap()];
        let mut quiet = |_: &Rule, _| ();
        let stop = Stop::default();
        let error = pass(store.as_ref(), &rules, Mode::Apply, &stop, &mut quiet)
            .await
            .unwrap_err();
        let said = error.to_string();
        assert!(said.starts_with("rule my-rule: "), "{said}");
        assert!(said.contains("no_such_function"), "{said}");
    })
    .await;
}

#[tokio::test]
async fn a_replaced_rule_says_anew_what_it_judges_otherwise() {
    on_both(async |store: Store| {
        let store = store.as_ref();
        ingest(store, &estate()).await;
        apply(store).await;
        let rules = ordered_rules()
            .into_iter()
            .map(|rule| match rule.name.as_str() {
                "unbuilt" => {
                    let text = rule.text.replace("\"medium\"", "\"high\"");
                    Rule::parse("unbuilt", &text).unwrap()
                }
                _ => rule,
            });
        let rules: Vec<_> = rules.collect();
        let stop = Stop::default();
        let mut quiet = |_: &Rule, _| ();
        let mut changes = Vec::new();
        let mut note = |change: polar_reconcile::Change| changes.push((change.kind, change.what));
        let mode = Mode::DryRun(&mut note);
        pass(store, &rules, mode, &stop, &mut quiet).await.unwrap();
        let what = || "unbuilt".to_owned();
        assert_eq!(
            changes,
            [(ChangeKind::Remove, what()), (ChangeKind::Create, what())]
        );
        let high = "MATCH (own:Finding {severity: 'high'}) RETURN count(own) AS number";
        for (created, written) in [(1, true), (0, false)] {
            let summary = pass(store, &rules, Mode::Apply, &stop, &mut quiet)
                .await
                .unwrap();
            assert_eq!((summary.created(), summary.removed()), (created, created));
            assert_eq!(!summary.written.is_zero(), written);
            assert_eq!(number(store, high).await, 1);
        }
    })
    .await;
}

#[tokio::test]
async fn what_a_rule_left_behind_can_be_pruned_and_nothing_else() {
    on_both(async |store: Store| {
        let store = store.as_ref();
        ingest(store, &estate()).await;
        // Look-alikes: a rule's name is not enough to be its work.
        for text in [
            "MATCH (a:ContainerImageTag), (b:ACRImage) WHERE a.tag = b.tag CREATE (a)-[:SAME_AS {rule: 'my-rule'}]->(b)",
            "MATCH (a:ImageTag), (b:ImageManifest) CREATE (a)-[:POINTED_TO {by_hand: true, rule: 'my-rule'}]->(b)",
            "MATCH (b:ACRImage) CREATE (:Finding {key: b.key, kind: 'unbuilt', rule: 'my-rule'})-[:CONCERNS]->(b)",
        ] {
            foreign(store, text).await;
        }
        let before = dump(store).await;
        apply(store).await;
        let whole = dump(store).await;
        let all = ordered_rules();
        assert_eq!(leftovers(store, &all).await.unwrap(), []);
        let is_kept = |rule: &&Rule| !["same-as", "unbuilt"].contains(&rule.name.as_str());
        let kept: Vec<Rule> = all.iter().filter(is_kept).cloned().collect();
        let left = leftovers(store, &kept).await.unwrap();
        let counts = left.iter().map(|left| (left.rule.as_str(), left.links, left.findings));
        assert_eq!(counts.collect::<Vec<_>>(), [("same-as", 1, 0), ("unbuilt", 0, 1)]);
        assert_eq!(dump(store).await, whole, "listing removes nothing");
        let stop = Stop::default();
        assert_eq!(prune(store, &left, &stop).await.unwrap(), 2);
        assert!(derived(store, "same-as").await.is_empty());
        assert!(derived(store, "unbuilt").await.is_empty());
        let pruned = dump(store).await;
        assert!(before.iter().all(|line| pruned.contains(line)));
        assert_eq!(leftovers(store, &kept).await.unwrap(), []);
        // The rules are back, and so is what they say.
        apply(store).await;
        assert_eq!(dump(store).await, whole);
    })
    .await;
}
