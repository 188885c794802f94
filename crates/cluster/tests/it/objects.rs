//! Objects as the API server writes them, noise included.

use serde_json::{Value, json};

/// `metadata` with what every object has and nobody here reads.
pub(crate) fn meta(namespace: &str, name: &str, owner: Option<Value>) -> Value {
    let mut meta = json!({
        "name": name,
        "namespace": namespace,
        "uid": uid(namespace, name),
        "resourceVersion": "48151623",
        "generation": 7,
        "creationTimestamp": "2026-10-06T06:00:00Z",
        "labels": {"tier": "web"},
        "annotations": {"kubectl.kubernetes.io/last-applied-configuration": "{\"password\":\"hunter2\"}"},
        "managedFields": [{"manager": "helm", "operation": "Update", "apiVersion": "apps/v1",
            "time": "2026-10-06T06:00:00Z", "fieldsType": "FieldsV1",
            "fieldsV1": {"f:metadata": {"f:labels": {".": {}, "f:tier": {}}}}}],
    });
    if let Some(owner) = owner {
        meta["ownerReferences"] = json!([owner]);
    }
    meta
}

pub(crate) fn uid(namespace: &str, name: &str) -> String {
    format!("uid-{namespace}-{name}")
}

/// A reference to an owner that controls.
pub(crate) fn owner(api_version: &str, kind: &str, namespace: &str, name: &str) -> Value {
    json!({
        "apiVersion": api_version, "kind": kind, "name": name, "uid": uid(namespace, name),
        "controller": true, "blockOwnerDeletion": true,
    })
}

fn template(images: &[&str]) -> Value {
    let containers = images.iter().enumerate().map(|(i, image)| {
        json!({"name": format!("c{i}"), "image": image, "imagePullPolicy": "IfNotPresent",
            "env": [{"name": "PASSWORD", "value": "hunter2"}], "resources": {}})
    });
    json!({
        "metadata": {"creationTimestamp": null, "labels": {"app": "x"}},
        "spec": {"containers": containers.collect::<Vec<_>>(), "restartPolicy": "Always"},
    })
}

pub(crate) fn workload(meta: Value, images: &[&str]) -> Value {
    json!({
        "metadata": meta,
        "spec": {"replicas": 3, "selector": {"matchLabels": {"app": "x"}}, "template": template(images)},
        "status": {"observedGeneration": 7, "replicas": 3},
    })
}

pub(crate) fn daemon_set(meta: Value, images: &[&str]) -> Value {
    json!({
        "metadata": meta,
        "spec": {"template": template(images)},
        "status": {"desiredNumberScheduled": 5, "currentNumberScheduled": 4},
    })
}

pub(crate) fn job(meta: Value, images: &[&str]) -> Value {
    json!({
        "metadata": meta,
        "spec": {"parallelism": 1, "completions": 1, "template": template(images)},
        "status": {"succeeded": 1},
    })
}

pub(crate) fn cron_job(meta: Value, images: &[&str]) -> Value {
    json!({
        "metadata": meta,
        "spec": {"schedule": "0 3 * * *", "suspend": false,
            "jobTemplate": {"metadata": {}, "spec": {"template": template(images)}}},
        "status": {},
    })
}

/// A pod with one running container.
pub(crate) fn pod(namespace: &str, name: &str, owner: Option<Value>) -> Value {
    json!({
        "metadata": meta(namespace, name, owner),
        "spec": {
            "nodeName": "node-1",
            "containers": [{"name": "main", "image": "acme.azurecr.io/shop/app:1.4.0",
                "env": [{"name": "PASSWORD", "value": "hunter2"}]}],
            "tolerations": [{"key": "x", "operator": "Exists"}],
        },
        "status": {
            "phase": "Running", "startTime": "2026-10-06T06:00:12Z", "qosClass": "Burstable",
            "conditions": [{"type": "Ready", "status": "True", "lastProbeTime": null}],
            "containerStatuses": [{"name": "main", "ready": true, "restartCount": 0,
                "image": "acme.azurecr.io/shop/app:1.4.0",
                "imageID": "acme.azurecr.io/shop/app@sha256:844f", "state": {"running": {}}}],
        },
    })
}
