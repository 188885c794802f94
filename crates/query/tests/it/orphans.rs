//! What has no origin.

use std::sync::Arc;

use polar_graph::GraphStore;
use polar_query::{NotJudged, Orphans, orphans};
use polar_testkit::on_both;
use serde_json::{Value, json};

use crate::world::{REGISTRY, at, complete, digest, held, pod, take};

fn unknown(answer: &Orphans) -> Vec<(NotJudged, usize)> {
    let all = answer.unknown_images.iter();
    all.map(|one| (one.reason, one.count)).collect()
}

#[tokio::test]
async fn images_are_orphans_only_if_gitlab_was_read_since() {
    on_both(async |store: Arc<dyn GraphStore>| {
        let store = store.as_ref();
        let [a, b] = ['a', 'b'].map(digest);
        take(store, &[held("1", &a, "01:00"), held("2", &b, "03:00")]).await;
        let answer = orphans(store).await.unwrap();
        assert!(answer.is_empty());
        assert_eq!(unknown(&answer), [(NotJudged::NotRead, 2)]);
        take(
            store,
            &[complete("gitlab", "gitlab.example.com", &at("02:00"))],
        )
        .await;
        let answer = orphans(store).await.unwrap();
        let images: Vec<_> = answer.images.iter().map(|one| one.image.clone()).collect();
        assert_eq!(images, [format!("{REGISTRY}/a/b:1@{a}")]);
        assert_eq!(unknown(&answer), [(NotJudged::ReadBefore, 1)]);
        assert!(!answer.is_empty());
    })
    .await;
}

#[tokio::test]
async fn digests_that_the_registry_does_not_have() {
    on_both(async |store: Arc<dyn GraphStore>| {
        let store = store.as_ref();
        let [a, b] = ['a', 'b'].map(digest);
        let image = |digest: &str| format!("{REGISTRY}/a/b@{digest}");
        let facts = [
            held("1", &a, "01:00"),
            pod("lost", "lost", &image(&b), &image(&b), "03:00"),
            pod("known", "known", &image(&a), &image(&a), "03:00"),
            complete("registry", REGISTRY, &at("04:00")),
        ];
        take(store, &facts).await;
        let answer = orphans(store).await.unwrap();
        let [one] = answer.digests.as_slice() else {
            unreachable!("{answer:#?}")
        };
        assert_eq!((one.workload.name.as_str(), &one.digest), ("lost", &b));
        assert_eq!(one.images, [image(&b)]);
    })
    .await;
}

fn release(name: &str, chart: &str) -> Value {
    json!({"v": 1, "type": "helm_release", "cluster": "c", "namespace": "n", "name": name,
           "chart": chart, "chart_version": "1.0.0"})
}

fn chart(name: &str) -> Value {
    json!({"v": 1, "type": "helm_chart", "registry": REGISTRY, "repository": format!("charts/{name}"),
           "name": name, "version": "1.0.0", "digest": digest('c')})
}

#[tokio::test]
async fn charts_that_nobody_holds() {
    on_both(async |store: Arc<dyn GraphStore>| {
        let store = store.as_ref();
        let package = json!({"v": 1, "type": "gitlab_package", "instance": "gitlab.example.com",
                             "project": "a/b", "id": 1, "name": "packed", "version": "1.0.0",
                             "package_type": "helm"});
        let facts = [
            release("one", "lost"),
            release("two", "lost"),
            release("three", "held"),
            release("four", "packed"),
            release("five", "changed"),
            chart("held"),
            // Nobody installed it.
            chart("spare"),
            package,
        ];
        take(store, &facts).await;
        // Another chart now: the earlier one is not installed any more.
        take(store, &[release("five", "held")]).await;
        let answer = orphans(store).await.unwrap();
        let [one] = answer.charts.as_slice() else {
            unreachable!("{answer:#?}")
        };
        assert_eq!(
            (one.chart.as_str(), &one.releases),
            (
                "lost-1.0.0",
                &vec!["c/n/one".to_owned(), "c/n/two".to_owned()]
            )
        );
    })
    .await;
}
