//! Helm releases.

use std::io::Write;

use base64::{Engine, engine::general_purpose::STANDARD};
use flate2::{Compression, write::GzEncoder};
use serde_json::{Value, json};

use crate::{
    objects::meta,
    world::{World, healthy, status},
};

const MANIFEST: &str = "---\n# Source: shop-service/templates/deployment.yaml\n\
    apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: checkout\n  labels:\n    a: b\n\
    spec: {}\n---\napiVersion: v1\nkind: Secret\nmetadata:\n  name: checkout\ndata:\n  \
    password: hunter2\n";

/// A release's secret, packed as Helm packs it.
pub(crate) fn secret(namespace: &str, name: &str, revision: i64, status: &str) -> Value {
    let release = json!({
        "name": name, "namespace": namespace, "version": revision,
        "info": {"first_deployed": "2026-01-06T07:59:48+02:00", "deleted": "", "status": status,
            "last_deployed": "2026-10-06T07:59:48.5+02:00", "notes": "the password is hunter2"},
        "chart": {"metadata": {"name": "shop-service", "version": format!("2.{revision}.0"),
            "appVersion": "1.4.0", "apiVersion": "v2"}, "lock": null,
            "templates": [{"name": "templates/deployment.yaml", "data": "aHVudGVyMg=="}],
            "values": {"password": "hunter2"}, "schema": null},
        "config": {"password": "hunter2"}, "manifest": MANIFEST, "hooks": [],
    });
    let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
    gzip.write_all(release.to_string().as_bytes()).unwrap();
    let inner = STANDARD.encode(gzip.finish().unwrap());
    let secret = format!("sh.helm.release.v1.{name}.v{revision}");
    let mut metadata = meta(namespace, &secret, None);
    metadata["labels"] = json!({"modifiedAt": "1791273588", "name": name, "owner": "helm",
        "status": status, "version": revision.to_string()});
    json!({
        "metadata": metadata, "type": "helm.sh/release.v1",
        "data": {"release": STANDARD.encode(inner)},
    })
}

/// Three revisions of one release, in the order of their names, and two more releases.
pub(crate) fn secrets() -> Vec<Value> {
    vec![
        secret("shop", "checkout", 10, "deployed"),
        secret("shop", "checkout", 8, "superseded"),
        secret("shop", "checkout", 9, "superseded"),
        secret("web", "checkout", 1, "failed"),
        secret("web", "site", 3, "uninstalled"),
    ]
}

#[tokio::test]
async fn the_newest_revision_counts() {
    let read = World::new(healthy()).await.read().await;
    read.healthy();
    let release = |namespace, name, revision: i64, status, workloads: Value| {
        json!({
            "type": "helm_release", "cluster": "prod-weu", "namespace": namespace, "name": name,
            "chart": "shop-service", "chart_version": format!("2.{revision}.0"),
            "revision": revision, "status": status, "deployed_at": "2026-10-06T05:59:48.5Z",
            "workloads": workloads,
        })
    };
    let workloads = json!([{"kind": "Deployment", "name": "checkout"}]);
    let wanted = [
        release("shop", "checkout", 10, "deployed", workloads.clone()),
        release("web", "checkout", 1, "failed", workloads),
        release("web", "site", 3, "uninstalled", json!([])),
    ];
    assert_eq!(read.of("helm_release"), wanted);
    assert_eq!(read.complete(), ["helm|prod-weu", "kubernetes|prod-weu"]);
}

#[tokio::test]
async fn without_rights_on_secrets_all_else_is_complete() {
    let is_secrets = |path: &str| path.ends_with("/secrets");
    let world = World::with(healthy(), move |asked| {
        is_secrets(&asked.path).then(|| status(403, "Forbidden"))
    })
    .await;
    let read = world.read().await;
    assert!(read.outcome.as_ref().unwrap().complete);
    assert_eq!(read.complete(), ["kubernetes|prod-weu"]);
    assert_eq!(read.of("kube_pod").len(), 10);
    let problem = read.problem();
    for said in [
        "403: the credentials may not list secrets; allow it by a ClusterRole with",
        r#"apiGroups: [""], resources: ["secrets"], verbs: ["list"]"#,
        "only Helm releases are left out for it",
    ] {
        assert!(problem.contains(said), "{problem}");
    }
}

#[tokio::test]
async fn a_release_that_cannot_be_read_is_a_problem() {
    // An older revision that is damaged does not matter.
    let mut objects = healthy();
    objects.get_mut("secrets").unwrap()[1]["data"]["release"] = json!("hunter2");
    World::new(objects).await.read().await.healthy();

    type Change = fn(&mut Value);
    let cases: [(Change, &str); 4] = [
        (
            |secret| secret["data"]["release"] = json!("hunter2"),
            "HelmRelease shop/checkout: revision 10: it is not the Base64 of Base64",
        ),
        (
            |secret| secret["data"] = json!({"other": "hunter2"}),
            "Secret shop/sh.helm.release.v1.checkout.v10: unreadable: missing field `release`",
        ),
        (
            |secret| secret["data"] = json!("hunter2"),
            "Secret shop/sh.helm.release.v1.checkout.v10: unreadable: invalid type: string …",
        ),
        (
            |secret| secret["metadata"]["labels"]["version"] = json!("x"),
            "Secret shop/sh.helm.release.v1.checkout.v10: neither its labels nor its name",
        ),
    ];
    for (change, said) in cases {
        let mut objects = healthy();
        change(&mut objects.get_mut("secrets").unwrap()[0]);
        let read = World::new(objects).await.read().await;
        let problem = read.problem();
        assert!(problem.starts_with(said), "{problem}");
        assert_eq!(read.complete(), ["kubernetes|prod-weu"]);
        assert!(read.of("helm_release").len() >= 2);
    }
}
