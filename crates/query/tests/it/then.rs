//! Where images came from, as things were.

use polar_query::Cause;
use polar_testkit::on_both;

use crate::{
    chain::{IMAGE, held, pipeline, pod, pushed, request, traced},
    world::{complete, digest, started, take},
};

const APP: &str = "c/n/app";

fn reported(letter: char) -> Option<String> {
    Some(format!("r.example.com/a/b@{}", digest(letter)))
}

#[tokio::test]
async fn a_pod_is_told_of_while_it_was_there() {
    on_both(|store| async move {
        let store = &*store;
        let facts = [
            held("r.example.com/a/b", "1", 'a', "2026-05-02T00:00:00Z"),
            pod(IMAGE, reported('a')),
        ];
        take(store, &facts).await;
        // Read again, without it.
        let facts = [
            started("kubernetes", "c", "2026-05-06T00:00:00Z"),
            complete("kubernetes", "c", "2026-05-06T00:01:00Z"),
        ];
        take(store, &facts).await;
        let now = traced(store, "KubeDeployment:c/n/Deployment/app", None).await;
        assert_eq!(now.missing.unwrap().reason, Cause::NotFound);
        let pod = traced(store, "app-1", None).await;
        assert!(pod.chains[0].containers[0].gone_at.is_some(), "{pod:#?}");
        for (time, count) in [
            ("2026-05-03T00:00:00Z", 0),
            ("2026-05-05T00:00:00Z", 1),
            ("2026-05-07T00:00:00Z", 0),
        ] {
            for target in [APP, "app-1"] {
                let then = traced(store, target, Some(time)).await;
                assert_eq!(then.chains.len(), count, "{target} at {time}: {then:#?}");
                let missing = then.missing.map(|missing| missing.reason);
                let wanted = (count == 0).then_some(Cause::NotThen);
                assert_eq!(missing, wanted, "{target} at {time}");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_tag_means_what_it_pointed_to() {
    on_both(|store| async move {
        let store = &*store;
        let facts = [
            held("r.example.com/a/b", "1", 'a', "2026-05-02T00:00:00Z"),
            held("r.example.com/a/b", "1", 'b', "2026-05-04T00:00:00Z"),
        ];
        take(store, &facts).await;
        for (time, letter, periods) in [
            (None, Some('b'), 2),
            (Some("2026-05-05T00:00:00Z"), Some('b'), 2),
            (Some("2026-05-03T00:00:00Z"), Some('a'), 1),
            (Some("2026-05-01T00:00:00Z"), None, 0),
        ] {
            let answer = traced(store, IMAGE, time).await;
            let chain = &answer.chains[0];
            let images: Vec<_> = chain
                .images
                .iter()
                .map(|image| image.image.clone())
                .collect();
            let wanted = letter.map(|letter| format!("{IMAGE}@{}", digest(letter)));
            assert_eq!(images, wanted.into_iter().collect::<Vec<_>>(), "{time:?}");
            let told = chain.tag.as_ref().map_or(0, |tag| tag.pointed_to.len());
            assert_eq!(told, periods, "{time:?}");
            assert_eq!(chain.missing.is_some(), letter.is_none(), "{time:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_container_that_was_changed_in_place() {
    on_both(|store| async move {
        let store = &*store;
        let facts = [
            held("r.example.com/a/b", "1", 'a', "2026-05-02T00:00:00Z"),
            held("r.example.com/a/b", "2", 'b', "2026-05-03T00:00:00Z"),
            pod(IMAGE, reported('a')),
        ];
        take(store, &facts).await;
        take(store, &[pod("r.example.com/a/b:2", reported('b'))]).await;
        let now = traced(store, APP, None).await;
        assert!(now.chains[0].images[0].image.ends_with(&digest('b')));
        // The change was seen just now: until then it ran the other one.
        let then = traced(store, APP, Some("2026-05-05T00:00:00Z")).await;
        let chain = &then.chains[0];
        assert_eq!(chain.written, None);
        assert_eq!(chain.reference.as_deref(), Some(IMAGE));
        assert_eq!(chain.containers[0].digest, Some(digest('a')));
        let image = &chain.images[0];
        assert!(image.image.ends_with(&digest('a')), "{chain:#?}");
        assert_eq!(image.because[0].rule, "reported");
    })
    .await;
}

#[tokio::test]
async fn pipelines_and_approvals_up_to_then() {
    on_both(|store| async move {
        let store = &*store;
        let both = [
            ("bob", "2026-05-02T00:00:00Z"),
            ("cy", "2026-05-09T00:00:00Z"),
        ];
        let facts = [
            held("r.example.com/a/b", "1", 'a', "2026-05-01T12:00:00Z"),
            pipeline(1, 'c', "2026-05-01T00:00:00Z"),
            pushed(1, IMAGE, 'a'),
            pipeline(2, 'c', "2026-05-08T00:00:00Z"),
            pushed(2, IMAGE, 'a'),
            request('c', &both),
        ];
        take(store, &facts).await;
        for (time, runs, approvers, merged) in [
            (None, 2, vec!["bob", "cy"], true),
            (Some("2026-05-05T00:00:00Z"), 1, vec!["bob"], true),
            (Some("2026-05-01T13:00:00Z"), 1, vec![], false),
        ] {
            let answer = traced(store, IMAGE, time).await;
            let image = &answer.chains[0].images[0];
            assert_eq!(image.builds.len(), runs, "{time:?}");
            assert_eq!(image.verdicts.is_some(), time.is_none());
            let known = image.builds[0].because[0].known_then;
            assert_eq!(known, time.map(|_| false));
            let request = &image.builds[0].commit.as_ref().unwrap().merge_requests[0];
            assert_eq!(request.approvers, approvers, "{time:?}");
            assert_eq!(request.merged_at.is_some(), merged, "{time:?}");
            assert_eq!(request.merged_by.is_empty(), !merged, "{time:?}");
        }
        // What is revoked now stood then.
        take(store, &[request('c', &both[1..])]).await;
        for (time, wanted) in [(None, "cy"), (Some("2026-05-05T00:00:00Z"), "bob")] {
            let answer = traced(store, IMAGE, time).await;
            let build = &answer.chains[0].images[0].builds[0];
            let request = &build.commit.as_ref().unwrap().merge_requests[0];
            assert_eq!(request.approvers, [wanted], "{time:?}");
        }
    })
    .await;
}
