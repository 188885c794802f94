//! Where images came from, as things are now.

use polar_query::{Cause, Hop, Kind, Missing, commit_of, who_built};
use polar_testkit::on_both;

use crate::{
    chain::{GITLAB, IMAGE, held, labelled, oid, pipeline, pod, pushed, request, target, traced},
    world::{REGISTRY, complete, digest, take},
};

const PUSHED: &str = "2026-05-02T00:00:00Z";
const APP: &str = "c/n/app";

fn reported(name: &str, letter: char) -> Option<String> {
    Some(format!("{name}@{}", digest(letter)))
}

fn reason(missing: Option<&Missing>) -> Option<(Hop, Cause)> {
    missing.map(|missing| (missing.hop, missing.reason))
}

#[tokio::test]
async fn a_complete_chain() {
    on_both(|store| async move {
        let store = &*store;
        let facts = [
            held("r.example.com/a/b", "1", 'a', PUSHED),
            pipeline(1, 'c', "2026-05-01T00:00:00Z"),
            pushed(1, IMAGE, 'a'),
            request('c', &[("bob", "2026-05-02T00:00:00Z")]),
            pod(IMAGE, reported("r.example.com/a/b", 'a')),
        ];
        take(store, &facts).await;
        let answer = traced(store, APP, None).await;
        assert!(answer.complete, "{answer:#?}");
        let [chain] = answer.chains.as_slice() else {
            panic!("{answer:#?}")
        };
        let build = &chain.images[0].builds[0];
        assert_eq!(build.jobs[0].id, Some(7));
        let request = &build.commit.as_ref().unwrap().merge_requests[0];
        assert_eq!(
            (&request.authors[..], &request.approvers[..]),
            (&["ann".to_owned()][..], &["bob".to_owned()][..])
        );
    })
    .await;
}

#[tokio::test]
async fn equally_good_evidence_is_told_as_such() {
    on_both(|store| async move {
        let store = &*store;
        // Two digests under one tag and no word of which runs; two pipelines on one commit.
        let facts = [
            held("r.example.com/a/b", "1", 'a', PUSHED),
            held("r.example.com/a/b", "1", 'b', "2026-05-03T00:00:00Z"),
            labelled('a', 'c'),
            pipeline(1, 'c', "2026-05-01T00:00:00Z"),
            pipeline(2, 'c', "2026-05-01T00:00:00Z"),
            pod(IMAGE, None),
        ];
        take(store, &facts).await;
        let answer = traced(store, APP, None).await;
        let images = &answer.chains[0].images;
        assert_eq!(images.len(), 2, "{images:#?}");
        assert!(images.iter().all(|image| image.equally_likely));
        assert!(
            images
                .iter()
                .all(|image| image.because[0].rule == "runs-by-name")
        );
        let builds = &images[0].builds;
        assert_eq!(builds.len(), 2, "{builds:#?}");
        assert!(builds.iter().all(|build| build.equally_likely));
        assert_eq!(builds[0].missing[0].hop, Hop::Job);
        assert!(!answer.complete);
        // A job's own word decides.
        take(store, &[pushed(2, IMAGE, 'a')]).await;
        let builds = traced(store, APP, None).await.chains[0].images[0]
            .builds
            .clone();
        assert_eq!(builds[0].id, Some(2));
        assert!(builds.iter().all(|build| !build.equally_likely));
    })
    .await;
}

#[tokio::test]
async fn the_same_bytes_under_another_name() {
    on_both(|store| async move {
        let store = &*store;
        let facts = [
            held("r.example.com/a/b", "1", 'a', PUSHED),
            held("r.example.com/a/copy", "2", 'a', PUSHED),
            pod(
                "mirror.example.com/b:1",
                reported("mirror.example.com/b", 'a'),
            ),
        ];
        take(store, &facts).await;
        let images = traced(store, APP, None).await.chains[0].images.clone();
        assert_eq!(images.len(), 2, "{images:#?}");
        for image in &images {
            assert!(image.other_name && !image.equally_likely, "{image:#?}");
        }
        assert_eq!(images[0].same_bytes, [images[1].image.clone()]);
        let by_digest = traced(store, &digest('a'), None).await;
        assert_eq!(by_digest.chains[0].images.len(), 2);
        let named = format!("mirror.example.com/b@{}", digest('a'));
        let named = traced(store, &named, None).await;
        assert!(named.chains[0].images[0].other_name, "{named:#?}");
    })
    .await;
}

#[tokio::test]
async fn a_missing_image_has_its_reason() {
    on_both(|store| async move {
        let store = &*store;
        take(store, &[pod(IMAGE, reported("r.example.com/a/b", 'a'))]).await;
        let missing = async || {
            let answer = traced(store, APP, None).await;
            assert!(!answer.complete);
            reason(answer.chains[0].missing.as_ref())
        };
        assert_eq!(missing().await, Some((Hop::Image, Cause::NotRead)));
        for (read_at, cause) in [
            ("2026-05-03T00:00:00Z", Cause::ReadBefore),
            ("2026-05-05T00:00:00Z", Cause::NotFound),
        ] {
            take(store, &[complete("registry", REGISTRY, read_at)]).await;
            assert_eq!(missing().await, Some((Hop::Image, cause)));
        }
    })
    .await;
}

#[tokio::test]
async fn a_missing_pipeline_and_commit_have_their_reason() {
    on_both(|store| async move {
        let store = &*store;
        take(store, &[held("r.example.com/a/b", "1", 'a', PUSHED)]).await;
        let asked = target(store, IMAGE, &[Kind::Image]).await;
        let missing = async || {
            let built = who_built(store, IMAGE, &asked).await.unwrap();
            let commit = commit_of(store, IMAGE, &asked).await.unwrap();
            assert!(!built.known && !commit.known);
            let traced = traced(store, IMAGE, None).await;
            let built = reason(built.images[0].missing.as_ref());
            assert_eq!(built, reason(traced.chains[0].images[0].missing.as_ref()));
            let (_, cause) = reason(commit.images[0].missing.as_ref()).unwrap();
            assert_eq!(built, Some((Hop::Pipeline, cause)));
            cause
        };
        assert_eq!(missing().await, Cause::NotRead);
        for (read_at, cause) in [
            ("2026-05-01T00:00:00Z", Cause::ReadBefore),
            ("2026-05-03T00:00:00Z", Cause::NotFound),
        ] {
            take(store, &[complete("gitlab", GITLAB, read_at)]).await;
            assert_eq!(missing().await, cause);
        }
    })
    .await;
}

#[tokio::test]
async fn a_commit_without_a_pipeline_and_without_a_request() {
    on_both(|store| async move {
        let store = &*store;
        let facts = [
            held("r.example.com/a/b", "1", 'a', PUSHED),
            labelled('a', 'c'),
            request('c', &[]),
        ];
        take(store, &facts).await;
        let image = traced(store, IMAGE, None).await.chains[0].images[0].clone();
        assert_eq!(image.builds, []);
        assert_eq!(image.commits[0].commit.oid, oid('c'));
        assert_eq!(image.commits[0].commit.missing, None);
        let asked = target(store, IMAGE, &[Kind::Image]).await;
        assert!(commit_of(store, IMAGE, &asked).await.unwrap().known);
        // Another one, that a pipeline ran on and nobody asked to merge.
        let facts = [
            pipeline(1, 'd', "2026-05-01T00:00:00Z"),
            pushed(1, IMAGE, 'a'),
        ];
        take(store, &facts).await;
        let image = traced(store, IMAGE, None).await.chains[0].images[0].clone();
        let commit = image.builds[0].commit.clone().unwrap();
        let missing = reason(commit.missing.as_ref());
        assert_eq!(missing, Some((Hop::MergeRequest, Cause::NotRead)));
        take(store, &[complete("gitlab", GITLAB, PUSHED)]).await;
        let image = traced(store, IMAGE, None).await.chains[0].images[0].clone();
        let commit = image.builds[0].commit.clone().unwrap();
        let missing = reason(commit.missing.as_ref());
        assert_eq!(missing, Some((Hop::MergeRequest, Cause::NotFound)));
    })
    .await;
}
