//! `diff`.

use polar_graph::{GraphStore, Statement};
use polar_query::{Change, Diff, Sign, diff};
use polar_testkit::on_both;
use serde_json::json;

use crate::{
    shop::{built, held},
    world::{REGISTRY, complete, digest, started, take},
};

async fn between(store: &dyn GraphStore, since: &str, until: &str) -> Diff {
    diff(store, since.parse().unwrap(), until.parse().unwrap())
        .await
        .unwrap()
}

fn of<'a>(answer: &'a Diff, kind: &str) -> &'a [Change] {
    let group = answer.groups.iter().find(|group| group.kind == kind);
    &group.unwrap().changes
}

fn told(changes: &[Change]) -> Vec<(Sign, String, Option<String>, Option<String>)> {
    let told = |change: &Change| {
        let Change {
            sign,
            subject,
            now,
            before,
            ..
        } = change.clone();
        (sign, subject, now, before)
    };
    changes.iter().map(told).collect()
}

#[tokio::test]
async fn a_tag_appears_moves_and_is_gone() {
    on_both(async |store| {
        let store = store.as_ref();
        let mut moved = held("1", 'b');
        moved["pushed_at"] = json!("2026-05-04T11:00:00Z");
        take(store, &[held("1", 'a'), moved]).await;
        let reading = [
            started("registry", REGISTRY, "2026-05-05T08:00:00Z"),
            complete("registry", REGISTRY, "2026-05-05T08:01:00Z"),
        ];
        take(store, &reading).await;
        let tag = format!("{REGISTRY}/shop/app:1");
        let answer = between(store, "2026-05-04T10:00:00Z", "2026-05-05T09:00:00Z").await;
        let wanted = [
            (Sign::New, tag.clone(), Some(digest('a')), None),
            (
                Sign::Other,
                tag.clone(),
                Some(digest('b')),
                Some(digest('a')),
            ),
            (Sign::Gone, tag.clone(), None, Some(digest('b'))),
        ];
        assert_eq!(told(of(&answer, "tags")), wanted);
        let gone = of(&answer, "images")
            .iter()
            .filter(|it| it.sign == Sign::Gone);
        assert_eq!(gone.count(), 2);
        // The end does not belong to it, the beginning does.
        let answer = between(store, "2026-05-04T10:00:00Z", "2026-05-04T11:00:00Z").await;
        assert_eq!(told(of(&answer, "tags")), wanted[..1]);
        let answer = between(store, "2026-05-04T11:00:00Z", "2026-05-04T12:00:00Z").await;
        assert_eq!(told(of(&answer, "tags")), wanted[1..2]);
    })
    .await;
}

#[tokio::test]
async fn containers_start_and_are_gone() {
    on_both(async |store| {
        let store = store.as_ref();
        let pod = json!({"v": 1, "type": "kube_pod", "cluster": "c", "namespace": "n", "name": "app-1",
            "uid": "u", "workload": {"kind": "Deployment", "name": "app"},
            "started_at": "2026-05-04T12:00:00Z", "containers": [{"name": "app", "image": "r.example.com/shop/app:1"}]});
        take(store, &[pod]).await;
        let reading = [
            started("kubernetes", "c", "2026-05-05T08:00:00Z"),
            complete("kubernetes", "c", "2026-05-05T08:01:00Z"),
        ];
        take(store, &reading).await;
        let image = || Some("r.example.com/shop/app:1".to_owned());
        let answer = between(store, "2026-05-04T00:00:00Z", "2026-05-06T00:00:00Z").await;
        let name = "c/n/app-1/app".to_owned();
        let wanted = [(Sign::New, name.clone(), image(), None), (Sign::Gone, name, image(), None)];
        assert_eq!(told(of(&answer, "containers")), wanted);
        let answer = between(store, "2026-05-06T00:00:00Z", "2026-05-07T00:00:00Z").await;
        assert!(!answer.is_negative());
    })
    .await;
}

#[tokio::test]
async fn links_are_new_once() {
    on_both(async |store| {
        let store = store.as_ref();
        let mut facts = vec![held("1", 'a')];
        facts.extend(built(7, "main", None, "1", 'a'));
        take(store, &facts).await;
        let always = ("2026-01-01T00:00:00Z", "2200-01-01T00:00:00Z");
        let answer = between(store, always.0, always.1).await;
        let image = format!("{REGISTRY}/shop/app:1@{}", digest('a'));
        let [build] = of(&answer, "builds") else { unreachable!("{answer:?}") };
        assert_eq!((&build.subject, build.now.as_deref()), (&image, Some("g.example.com/shop/app/7")));
        assert!(build.because.as_ref().unwrap().starts_with("resulted-in"));
        let [commit] = of(&answer, "commits") else { unreachable!("{answer:?}") };
        assert_eq!(commit.now.as_deref(), Some(crate::shop::COMMIT));
        // Of links to the same build, an older one says that it is not new.
        let age = "MATCH (:PipelineRun)-[link:RESULTED_IN]->(:ACRImage) WITH link ORDER BY link.rule LIMIT 1 \
                   SET link.first_seen = $at";
        let at: jiff::Timestamp = "2025-01-01T00:00:00Z".parse().unwrap();
        store.write(vec![Statement::new(age).with("at", at)]).await.unwrap();
        let answer = between(store, always.0, always.1).await;
        assert_eq!(of(&answer, "builds"), []);
        assert_eq!(of(&answer, "commits").len(), 1);
    })
    .await;
}

#[tokio::test]
async fn findings_are_new() {
    on_both(async |store| {
        let store = store.as_ref();
        take(
            store,
            &[
                held("1", 'a'),
                complete("gitlab", "g.example.com", "2026-05-06T00:00:00Z"),
            ],
        )
        .await;
        let answer = between(store, "2026-01-01T00:00:00Z", "2200-01-01T00:00:00Z").await;
        let [finding] = of(&answer, "findings") else {
            unreachable!("{answer:?}")
        };
        assert_eq!(finding.now.as_deref(), Some("unbuilt"));
        assert_eq!(
            finding.subject,
            format!("ACRImage {REGISTRY}/shop/app:1@{}", digest('a'))
        );
    })
    .await;
}
