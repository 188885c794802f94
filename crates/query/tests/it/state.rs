//! `status` and `findings`.

use std::{sync::Arc, time::Duration};

use polar_graph::{Acquired, GraphStore, Lease, Statement};
use polar_query::{Status, Unread, found, status};
use polar_testkit::on_both;
use serde_json::json;

use crate::{
    shop::held,
    world::{REGISTRY, complete, started, take},
};

async fn now(store: &dyn GraphStore, configured: &[(&str, String)]) -> Status {
    let at = "2026-05-05T10:00:00Z".parse().unwrap();
    status(store, configured, at).await.unwrap()
}

#[tokio::test]
async fn sources_that_were_never_read_completely() {
    on_both(async |store| {
        let store = store.as_ref();
        let workload = json!({"v": 1, "type": "kube_workload", "cluster": "c", "namespace": "n",
                              "kind": "Deployment", "name": "app"});
        let project = json!({"v": 1, "type": "gitlab_project", "instance": "g.example.com", "path": "shop/app"});
        // An image that only GitLab told of.
        let of_gitlab = [
            json!({"v": 1, "type": "container_repository", "instance": "g.example.com",
                   "project": "shop/app", "registry": "registry.g.example.com", "repository": "shop/app"}),
            json!({"v": 1, "type": "registry_image", "registry": "registry.g.example.com",
                   "repository": "shop/app", "tag": "1", "digest": crate::world::digest('c')}),
        ];
        take(store, &[&[held("1", 'a'), workload, project][..], &of_gitlab].concat()).await;
        let configured = [("registry", "other.example.com".to_owned())];
        let answer = now(store, &configured).await;
        let unread = |kind: &str, scope: &str| Unread { kind: kind.to_owned(), scope: scope.to_owned() };
        let wanted = [
            unread("gitlab", "g.example.com"),
            unread("kubernetes", "c"),
            unread("registry", "other.example.com"),
            unread("registry", REGISTRY),
        ];
        assert_eq!(answer.never_complete, wanted);
        assert!(answer.is_negative() && answer.sources.is_empty());
        // A part that was read counts; one whose name begins alike does not.
        let at = "2026-05-05T09:00:00Z";
        let read = [
            complete("gitlab", "g.example.com/shop/app", at),
            complete("kubernetes", "c2", at),
            complete("registry", REGISTRY, at),
        ];
        take(store, &read).await;
        let answer = now(store, &[]).await;
        assert_eq!(answer.never_complete, [unread("kubernetes", "c")]);
        assert_eq!(answer.sources.len(), 3);
        assert!(answer.sources.iter().all(|source| source.age_seconds == 3600));
        assert!(answer.missing_schema.is_empty());
        take(store, &[complete("kubernetes", "c", at)]).await;
        assert!(!now(store, &[]).await.is_negative());
    })
    .await;
}

#[tokio::test]
async fn counts() {
    on_both(async |store| {
        let store = store.as_ref();
        take(store, &[held("1", 'a'), held("2", 'b')]).await;
        let reading = [
            started("registry", REGISTRY, "2026-05-05T08:00:00Z"),
            held("2", 'b'),
            complete("registry", REGISTRY, "2026-05-05T08:01:00Z"),
        ];
        take(store, &reading).await;
        let answer = now(store, &[]).await;
        let images = answer.nodes.iter().find(|nodes| nodes.label == "ACRImage");
        assert_eq!(images.map(|nodes| (nodes.number, nodes.gone)), Some((2, 1)));
        let holds = answer.links.iter().find(|links| links.link == "HOLDS");
        assert_eq!(holds.map(|links| links.number), Some(2));
        assert!(answer.last_change.is_some_and(|last| last >= 2));
        assert!(!answer.passes.is_empty());
    })
    .await;
}

#[tokio::test]
async fn the_lease() {
    on_both(async |store: Arc<dyn GraphStore>| {
        assert_eq!(now(store.as_ref(), &[]).await.writer, None);
        let lease = Lease::new(store.clone(), "host", Duration::from_secs(600));
        assert_eq!(lease.acquire().await.unwrap(), Acquired::Mine);
        let writer = now(store.as_ref(), &[]).await.writer.unwrap();
        assert_eq!(writer.holder, lease.holder());
        assert!(!writer.expired && writer.expires_at > writer.renewed_at);
        let long_ago = "MATCH (lease:Lease {key: 'writer'}) SET lease.expires_at = datetime('2020-01-01T00:00:00Z')";
        store.write(vec![Statement::new(long_ago)]).await.unwrap();
        assert!(now(store.as_ref(), &[]).await.writer.unwrap().expired);
        lease.release().await.unwrap();
        assert_eq!(now(store.as_ref(), &[]).await.writer, None);
    })
    .await;
}

#[tokio::test]
async fn findings_of_a_kind_and_since() {
    on_both(async |store| {
        let store = store.as_ref();
        take(
            store,
            &[
                held("1", 'a'),
                held("2", 'b'),
                complete("gitlab", "g.example.com", "2026-05-06T00:00:00Z"),
            ],
        )
        .await;
        let kinds = |kinds: &[&str]| {
            kinds
                .iter()
                .map(|kind| (*kind).to_owned())
                .collect::<Vec<_>>()
        };
        let answer = found(store, &[], None).await.unwrap();
        assert_eq!(answer.counts.len(), 1);
        assert_eq!(
            (answer.counts[0].kind.as_str(), answer.counts[0].number),
            ("unbuilt", 2)
        );
        let subjects: Vec<_> = answer
            .findings
            .iter()
            .map(|it| it.subject.clone())
            .collect();
        assert!(subjects.is_sorted());
        assert!(
            found(store, &kinds(&["retag"]), None)
                .await
                .unwrap()
                .findings
                .is_empty()
        );
        let since = |at: &str| Some(at.parse().unwrap());
        let asked = kinds(&["retag", "unbuilt"]);
        let answer = found(store, &asked, since("2026-01-01T00:00:00Z"))
            .await
            .unwrap();
        assert_eq!(answer.findings.len(), 2);
        let answer = found(store, &asked, since("2200-01-01T00:00:00Z"))
            .await
            .unwrap();
        assert!(answer.findings.is_empty() && answer.counts.is_empty());
    })
    .await;
}
