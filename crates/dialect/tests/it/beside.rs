//! Both dialects in one graph.

use polar_graph::GraphStore;
use polar_ingest::Ingest;
use polar_testkit::{dump, on_both};

use crate::polar::{
    CLUSTER, IMAGE, POD, POD_UID, Store, adopted, company, digest, lines, origin, origins, polars,
    reconcile,
};

const GITLAB: &str = "gitlab.acme.example";

/// What the agent's own observers see of the same company.
fn observations() -> String {
    let (index, amd64) = (digest('a'), digest('b'));
    let sha = crate::polar::SHA;
    let (registry, image_id) = (
        "registry.acme.example:5050",
        format!("registry.acme.example:5050/shop/checkout/app@{amd64}"),
    );
    [
        format!(r#"{{"v":1,"type":"gitlab_project","instance":"{GITLAB}","path":"shop/checkout","default_branch":"main"}}"#),
        format!(r#"{{"v":1,"type":"gitlab_pipeline","instance":"{GITLAB}","project":"shop/checkout","id":481516,"sha":"{sha}","ref":"v1.4.0","status":"success"}}"#),
        format!(r#"{{"v":1,"type":"pipeline_image","instance":"{GITLAB}","project":"shop/checkout","pipeline":481516,"image":"{IMAGE}","digest":"{index}","evidence":"artifact image.env"}}"#),
        format!(r#"{{"v":1,"type":"registry_image","registry":"{registry}","repository":"shop/checkout/app","tag":"1.4.0","digest":"{index}"}}"#),
        format!(r#"{{"v":1,"type":"image_manifest","digest":"{index}","manifests":["{amd64}"]}}"#),
        format!(r#"{{"v":1,"type":"kube_pod","cluster":"prod-weu","namespace":"shop","name":"{POD}","uid":"{POD_UID}","workload":{{"kind":"Deployment","name":"checkout"}},"containers":[{{"name":"checkout","image":"{IMAGE}","image_id":"{image_id}"}},{{"name":"proxy","image":"docker.io/envoyproxy/envoy:v1.31.2"}}]}}"#),
    ]
    .join("\n")
}

fn complete() -> String {
    [("gitlab", GITLAB), ("kubernetes", "prod-weu"), ("registry", "registry.acme.example:5050")]
        .map(|(kind, scope)| format!(r#"{{"v":1,"type":"source_complete","kind":"{kind}","scope":"{scope}","complete_at":"2026-11-24T06:00:00Z"}}"#))
        .join("\n")
}

async fn ingest(store: &dyn GraphStore, lines: String) {
    let mut intake = Ingest::new(store, |_| ());
    intake.lines(lines.as_bytes(), |_| ()).await.unwrap();
    assert_eq!(intake.report().bad_lines, 0, "{:?}", intake.report());
}

/// One pod, one image, one build.
async fn one_answer(store: &dyn GraphStore) {
    let origins = origins(store, POD).await;
    assert_eq!(origins.len(), 2, "{origins:#?}");
    let origin = origin(store, POD, "checkout").await;
    assert_eq!(origin.containers[0].cluster, "prod-weu");
    assert_eq!(origin.images.len(), 1, "{origin:#?}");
    assert_eq!(origin.images[0].builds.len(), 1, "{origin:#?}");
    let because = &origin.images[0].builds[0].because;
    assert_eq!(because.len(), 1, "{origin:#?}");
}

#[tokio::test]
async fn a_pod_that_both_saw_is_one() {
    on_both(async |store: Store| {
        let store = store.as_ref();
        ingest(store, observations()).await;
        company(store).await;
        let before = polars(store).await;
        adopted(store).await;
        reconcile(store).await;
        assert_eq!(polars(store).await, before);
        one_answer(store).await;
        let commits = lines(
            store,
            "MATCH (c:GitCommit) WHERE c.key IS NOT NULL RETURN c.oid AS line",
        )
        .await;
        assert_eq!(commits.len(), 1);
        let (again, _) = adopted(store).await;
        assert!(again.written.is_zero(), "{again:#?}");
    })
    .await;
}

#[tokio::test]
async fn what_own_observers_read_completely_stays_theirs() {
    on_both(async |store: Store| {
        let store = store.as_ref();
        ingest(store, observations() + "\n" + &complete()).await;
        company(store).await;
        let (adoption, problems) = adopted(store).await;
        assert_eq!(problems, []);
        let own: u64 = adoption.mappings.iter().map(|adopted| adopted.own).sum();
        assert!(own >= 8, "{adoption:#?}");
        reconcile(store).await;
        one_answer(store).await;
        // Neither undoes what the other wrote, in whatever order they come.
        let graph = dump(store).await;
        ingest(store, observations() + "\n" + &complete()).await;
        let (again, _) = adopted(store).await;
        assert!(again.written.is_zero(), "{again:#?}");
        assert_eq!(dump(store).await, graph);
        let clusters = lines(store, "MATCH (c:KubeCluster) RETURN c.key AS line").await;
        assert_eq!(clusters, ["prod-weu"], "{CLUSTER} is the same");
    })
    .await;
}
