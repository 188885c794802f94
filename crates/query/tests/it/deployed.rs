//! Where commits run.

use polar_graph::GraphStore;
use polar_query::{Cause, Deployed, Hop, Kind, deployed};
use polar_testkit::on_both;

use crate::{
    chain::{GITLAB, IMAGE, held, labelled, oid, pipeline, pod, pushed, request, target},
    world::{REGISTRY, complete, digest, take},
};

async fn asked(store: &dyn GraphStore, text: &str) -> Deployed {
    let kinds = [Kind::Commit, Kind::MergeRequest];
    let target = target(store, text, &kinds).await;
    deployed(store, text, &target).await.unwrap()
}

#[tokio::test]
async fn a_commit_and_what_a_request_brought_in() {
    on_both(|store| async move {
        let store = &*store;
        let facts = [
            held("r.example.com/a/b", "1", 'a', "2026-05-02T00:00:00Z"),
            labelled('a', 'd'),
            pipeline(1, 'c', "2026-05-01T00:00:00Z"),
            pipeline(2, 'd', "2026-05-01T00:00:00Z"),
            pushed(1, IMAGE, 'a'),
            request('c', &[]),
            complete("gitlab", GITLAB, "2026-05-05T00:00:00Z"),
            pod(IMAGE, Some(format!("r.example.com/a/b@{}", digest('a')))),
        ];
        take(store, &facts).await;
        for target in [&oid('c')[..7], "a/b!3", "gitlab.example.com/a/b!3"] {
            let answer = asked(store, target).await;
            let [place] = answer.places.as_slice() else {
                panic!("{answer:#?}")
            };
            let where_it_is = [&place.cluster, &place.namespace, &place.workload];
            assert_eq!(where_it_is, ["c", "n", "Deployment/app"]);
            assert_eq!(place.pods, ["app-1"]);
            assert!(place.likely && answer.idle.is_empty() && answer.missing.is_none());
        }
        // A label names another commit; the job's word is better.
        let answer = asked(store, &oid('d')).await;
        assert_eq!(answer.places.len(), 1, "{answer:#?}");
        assert!(!answer.places[0].likely, "{answer:#?}");
    })
    .await;
}

#[tokio::test]
async fn a_commit_that_runs_nowhere() {
    on_both(|store| async move {
        let store = &*store;
        let facts = [pipeline(1, 'c', "2026-05-01T00:00:00Z"), request('c', &[])];
        take(store, &facts).await;
        let missing = async || {
            let missing = asked(store, "gitlab.example.com/a/b!3")
                .await
                .missing
                .unwrap();
            (missing.hop, missing.reason)
        };
        assert_eq!(missing().await, (Hop::Image, Cause::NotRead));
        let read_at = "2026-05-05T00:00:00Z";
        take(store, &[complete("registry", REGISTRY, read_at)]).await;
        assert_eq!(missing().await, (Hop::Image, Cause::NotFound));
        let facts = [
            held("r.example.com/a/b", "1", 'a', "2026-05-02T00:00:00Z"),
            pushed(1, IMAGE, 'a'),
        ];
        take(store, &facts).await;
        assert_eq!(missing().await, (Hop::Container, Cause::NotRead));
        take(store, &[complete("kubernetes", "c", read_at)]).await;
        assert_eq!(missing().await, (Hop::Container, Cause::NotFound));
        assert_eq!(asked(store, "gitlab.example.com/a/b!3").await.idle.len(), 1);
    })
    .await;
}
