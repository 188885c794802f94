//! Where an image runs.

use std::sync::Arc;

use polar_graph::GraphStore;
use polar_normalize::Options;
use polar_query::{How, ImageTarget, places};
use polar_testkit::on_both;
use serde_json::Value;

use crate::world::{REGISTRY, at, complete, digest, held, index, pod, started, take, with_config};

/// `how pod` of each instance, by workload and pod.
async fn told(store: &dyn GraphStore, target: &str, then: Option<&str>) -> Vec<String> {
    let target = ImageTarget::read(target, &Options::default()).unwrap();
    let then = then.map(|time| at(time).parse().unwrap());
    let answer = places(store, &target, then).await.unwrap();
    let instances = answer.workloads.iter().flat_map(|place| &place.instances);
    let told: Vec<_> = instances
        .map(|one| {
            let how = match one.how {
                How::Runs => "runs",
                How::SameBytes => "same-bytes",
                How::Likely => "likely",
            };
            format!("{how} {}", one.instance.pod)
        })
        .collect();
    let likely = told.iter().filter(|one| one.starts_with("likely")).count();
    assert_eq!(
        (answer.likely_pods, answer.pods),
        (likely, told.len() - likely)
    );
    told
}

/// A tag that was moved from a to c; a is an index of b, whose config is e.
fn estate() -> Vec<Value> {
    let [a, b, c, d, e] = ['a', 'b', 'c', 'd', 'e'].map(digest);
    let image = format!("{REGISTRY}/a/b:1");
    let own = |digest: &str| format!("{REGISTRY}/a/b@{digest}");
    vec![
        index(&a, &[&b]),
        with_config(&b, &e),
        held("1", &a, "01:00"),
        held("1", &c, "02:00"),
        held("2", &d, "02:00"),
        started("kubernetes", "c", &at("02:30")),
        pod("app", "platform", &image, &own(&b), "03:00"),
        pod("app", "whole", &image, &own(&a), "03:00"),
        pod("app", "new", &image, &own(&c), "03:00"),
        pod("app", "config", &image, &e, "03:00"),
        pod("app", "named", &image, "", "03:00"),
        pod("app", "pinned", &own(&b), &own(&b), "03:00"),
        pod(
            "other",
            "copy",
            "mirror.example.com/b:9",
            &format!("mirror.example.com/b@{b}"),
            "03:00",
        ),
        pod(
            "other",
            "two",
            &format!("{REGISTRY}/a/b:2"),
            &own(&d),
            "03:00",
        ),
        complete("kubernetes", "c", &at("04:00")),
    ]
}

#[tokio::test]
async fn by_tag_digest_config_and_name() {
    on_both(async |store: Arc<dyn GraphStore>| {
        let store = store.as_ref();
        take(store, &estate()).await;
        let [a, b, c, e] = ['a', 'b', 'c', 'e'].map(digest);
        let of_tag = [
            "runs config",
            "likely named",
            "runs new",
            "runs pinned",
            "runs platform",
            "runs whole",
            "same-bytes copy",
        ];
        assert_eq!(told(store, "r.example.com/a/b:1", None).await, of_tag);
        assert_eq!(told(store, "r.example.com/a/b:2", None).await, ["runs two"]);
        let all = told(store, "r.example.com/a/b", None).await;
        assert_eq!(all, [of_tag.as_slice(), &["runs two"]].concat());
        // By a digest, a name or none: who runs a platform runs the index; who reports the index may
        // run a platform.
        for (target, wanted) in [
            (
                a.clone(),
                vec![
                    "runs config",
                    "likely named",
                    "runs pinned",
                    "runs platform",
                    "runs whole",
                    "runs copy",
                ],
            ),
            (
                format!("{REGISTRY}/a/b@{a}"),
                vec![
                    "runs config",
                    "likely named",
                    "runs pinned",
                    "runs platform",
                    "runs whole",
                    "same-bytes copy",
                ],
            ),
            (
                b.clone(),
                vec![
                    "runs config",
                    "likely named",
                    "runs pinned",
                    "runs platform",
                    "likely whole",
                    "runs copy",
                ],
            ),
            (
                e.clone(),
                vec![
                    "runs config",
                    "likely named",
                    "runs pinned",
                    "runs platform",
                    "likely whole",
                    "runs copy",
                ],
            ),
            (c.clone(), vec!["likely named", "runs new"]),
            (digest('f'), vec![]),
        ] {
            assert_eq!(told(store, &target, None).await, wanted, "{target}");
        }
        // The mirror's own name.
        let of_mirror = told(store, "mirror.example.com/b:9", None).await;
        assert_eq!(
            of_mirror,
            [
                "same-bytes config",
                "same-bytes pinned",
                "same-bytes platform",
                "runs copy"
            ]
        );
    })
    .await;
}

#[tokio::test]
async fn at_a_time() {
    on_both(async |store: Arc<dyn GraphStore>| {
        let store = store.as_ref();
        take(store, &estate()).await;
        let [a, c] = ['a', 'c'].map(digest);
        let image = format!("{REGISTRY}/a/b:1");
        let own = |digest: &str| format!("{REGISTRY}/a/b@{digest}");
        // Of all pods two are left; one of them was started anew on other bytes.
        let later = [
            started("kubernetes", "c", &at("05:00")),
            pod("app", "whole", &image, &own(&a), "05:30"),
            pod("app", "new", &image, &own(&c), "05:30"),
            complete("kubernetes", "c", &at("06:00")),
        ];
        take(store, &later).await;
        let old = format!("{REGISTRY}/a/b@{a}");
        assert_eq!(told(store, &old, None).await, ["runs whole"]);
        assert_eq!(told(store, &image, None).await, ["runs new", "runs whole"]);
        assert_eq!(
            told(store, &format!("{REGISTRY}/a/b:2"), None).await,
            [""; 0]
        );
        assert_eq!(
            told(store, &format!("{REGISTRY}/a/b:2"), Some("03:30")).await,
            ["runs two"]
        );
        assert_eq!(told(store, &image, Some("02:59")).await, [""; 0]);
    })
    .await;
}

#[tokio::test]
async fn bytes_that_a_container_ran_before() {
    on_both(async |store: Arc<dyn GraphStore>| {
        let store = store.as_ref();
        let [a, c] = ['a', 'c'].map(digest);
        let image = format!("{REGISTRY}/a/b:1");
        let own = |digest: &str| format!("{REGISTRY}/a/b@{digest}");
        let mut again = pod("app", "p", &image, &own(&c), "03:00");
        again["seen_at"] = at("04:00").into();
        take(store, &[held("1", &a, "01:00"), held("1", &c, "02:00")]).await;
        take(store, &[pod("app", "p", &image, &own(&a), "03:00")]).await;
        take(store, &[again]).await;
        let (a, c) = (own(&a), own(&c));
        assert_eq!(told(store, &c, None).await, ["runs p"]);
        assert_eq!(told(store, &a, None).await, [""; 0]);
        // It ran a from three o'clock on, until it was seen with c.
        assert_eq!(told(store, &c, Some("03:30")).await, [""; 0]);
        assert_eq!(told(store, &a, Some("03:30")).await, ["runs p"]);
    })
    .await;
}
